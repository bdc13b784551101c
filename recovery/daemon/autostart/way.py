"""The form of a way of being started at log-in, and what each stands on: the machine, its programs and its files."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from zlib import crc32

from recovery import paths
from recovery.errors import RecoveryError
from recovery.language import _
from recovery.values import Value

ASK_SECONDS = 60.0

UNDO = "recovery service uninstall"
"""Takes back what any of them has installed."""


class ProgramAnswer(Value):
    """The answer of a program of the system: its exit status and its output."""

    status: int
    text: str


def ask(command: Sequence[str]) -> ProgramAnswer:
    """Run a program of the system; one that is not there or does not end has failed."""
    try:
        done = subprocess.run(  # noqa: S603  # our own words, no shell
            [*command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=ASK_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return ProgramAnswer(127, str(error))
    return ProgramAnswer(done.returncode, (done.stdout + done.stderr).strip())


class Machine(Value):
    """All that the ways depend on."""

    folder: Path
    """Of all state: what the daemon is started for."""
    environ: Mapping[str, str]
    platform: str = sys.platform
    python: str = sys.executable
    run: Callable[[Sequence[str]], ProgramAnswer] = ask

    @property
    def suffix(self) -> str:
        """The suffix that tells several folders of state apart; "" for the usual folder."""
        with suppress(RecoveryError):  # no home folder: then no folder is the usual one
            if self.folder == paths.default_home():
                return ""
        return f"-{crc32(os.fsencode(self.folder)):08x}"

    @property
    def home(self) -> Path:
        """The person's own folder. Raises `RecoveryError` where they have none."""
        folder = paths.home_folder(environ=self.environ)
        if folder is None:
            raise RecoveryError(
                _(
                    "{path}: this user has no home folder on this machine",
                    path=self.environ.get("HOME") or "~",
                ),
                _("set HOME to a folder of your own"),
            )
        return folder

    @property
    def configuration(self) -> Path:
        """The folder of the desktop's own settings. A relative one does not count (XDG). Raises as `home` does."""
        named = self.environ.get("XDG_CONFIG_HOME", "")
        return Path(named) if named.startswith("/") else self.home / ".config"


class Done(Value):
    """The steps taken, in sentences, and the way to take them back. No sentence: nothing had to be done."""

    did: tuple[str, ...]
    undo: str = ""


class Way(Protocol):
    """A way of being started at log-in."""

    @property
    def name(self) -> str: ...

    @property
    def place(self) -> str:
        """The place where it stands: a path, or the name of a task."""
        ...

    def why_not(self) -> str:
        """Say why it cannot be used on this machine; "" where it can."""
        ...

    def is_installed(self) -> bool: ...

    def install(self) -> Done:
        """Raises `RecoveryError`."""
        ...

    def uninstall(self) -> Done:
        """Raises `RecoveryError`."""
        ...

    def state(self) -> str:
        """Say how it is at the moment, in the system's own words; "" where nothing more is known."""
        ...


def content_of(path: Path) -> bytes | None:
    """Read what a file holds; None where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def write_file(path: Path, content: bytes) -> bool:
    """Tell if the file had to be written: it is whole or as it was. Raises `RecoveryError`."""
    if content_of(path) == content:
        return False
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_bytes(content)
        draft.chmod(0o644)
        draft.replace(path)
    except OSError as error:
        message = _("{path}: cannot be written: {reason}", path=path, reason=error.strerror)
        raise RecoveryError(message) from None
    return True


def remove(path: Path) -> bool:
    """Tell if there was such a file. Raises `RecoveryError`."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        message = _("{path}: cannot be removed: {reason}", path=path, reason=error.strerror)
        raise RecoveryError(message) from None
    return True
