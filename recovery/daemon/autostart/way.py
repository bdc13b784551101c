"""The form of a way of being started at log-in, and what each stands on: the machine, its programs and its files."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Protocol
from zlib import crc32

from recovery import paths
from recovery.errors import RecoveryError
from recovery.language import N_, _
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


class StepsTaken(Value):
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

    def install(self) -> StepsTaken:
        """Raises `RecoveryError`."""
        ...

    def uninstall(self) -> StepsTaken:
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


_CACHE = N_("in the cache of a tool")
_TEMPORARY = N_("in a folder for temporary files")
_SHELL = N_("of a shell that has it only while it is open")

_OF_CACHES = frozenset({".cache", "caches", "archive-v0", ".tox", ".nox"})
"""Names of folders in which tools keep what they can make anew (archive-v0: uv, wherever its cache is)."""

_TAG = "CACHEDIR.TAG"
_SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"
"""A folder with this file, which begins so, is a cache (bford.info/cachedir). Environments carry one, too."""

_INITS = frozenset({"systemd", "init", "openrc-init", "runit", "s6-svscan", "dinit", "shepherd"})


def refuse_passing(machine: Machine) -> None:
    """Raises `RecoveryError`, with what to type instead, for an interpreter that will not be there for long."""
    what = _passing(machine)
    if what is None:
        return
    raise RecoveryError(
        _(
            "{python} is {what}: it may be gone at the next log-in, so nothing is installed",
            python=machine.python,
            what=_(what),
        ),
        how_to_stay(),
    )


def _passing(machine: Machine) -> str | None:
    """Name the sign of a passing environment round the interpreter; None where there is none."""
    flavour = PureWindowsPath if machine.platform == "win32" else PurePosixPath
    python = flavour(machine.python)
    if any(python.is_relative_to(folder) for folder in _caches(machine, flavour)):
        return _CACHE
    if any(part.lower() in _OF_CACHES for part in python.parts) or _is_tagged(python):
        return _CACHE
    if any(python.is_relative_to(folder) for folder in _temporary(machine, flavour)):
        return _TEMPORARY
    for name, store in (("IN_NIX_SHELL", "/nix/store"), ("GUIX_ENVIRONMENT", "/gnu/store")):
        if machine.environ.get(name) and python.is_relative_to(store):
            return _SHELL
    return None


def _caches(machine: Machine, flavour: type[PurePath]) -> Iterator[PurePath]:
    environ = machine.environ
    if machine.platform == "win32":
        for name, below in (("LOCALAPPDATA", r"uv\cache"), ("LOCALAPPDATA", r"pipx\pipx\Cache")):
            if environ.get(name):
                yield flavour(environ[name]) / below
    home = environ.get("HOME", "")
    for name in ("XDG_CACHE_HOME", "UV_CACHE_DIR"):
        folder = flavour(environ.get(name, ""))
        # One that holds the whole home tells nothing.
        if folder.is_absolute() and not (home and flavour(home).is_relative_to(folder)):
            yield folder


def _is_tagged(python: PurePath) -> bool:
    """Tell if a folder above the environment, which is the one with `bin`, says that it is a cache."""
    for folder in python.parents[2:]:
        with suppress(OSError), Path(folder, _TAG).open("rb") as tag:
            if tag.read(len(_SIGNATURE)) == _SIGNATURE:
                return True
    return False


def _temporary(machine: Machine, flavour: type[PurePath]) -> Iterator[PurePath]:
    environ = machine.environ
    if machine.platform == "win32":
        names: tuple[str, ...] = ("TEMP", "TMP")
    elif machine.platform == "darwin":
        names = ("TMPDIR",)
        for folder in ("/tmp", "/var/tmp", "/var/folders"):  # noqa: S108  # nothing is written there
            yield from (flavour(folder), flavour(f"/private{folder}"))
    else:
        names = ()
        yield from (flavour("/dev/shm"), flavour("/run/user"))  # noqa: S108  # nothing is written there
        yield from (flavour(folder) for folder in ("/tmp", "/var/tmp") if _is_cleared(folder))  # noqa: S108  # nor there
    for name in names:
        if flavour(environ.get(name, "")).is_absolute():
            yield flavour(environ[name])


def _is_cleared(folder: str) -> bool:
    """Tell if a start of the machine empties it: it is in memory, or there is an init; containers have none."""
    with suppress(OSError):
        for line in Path("/proc/mounts").read_text().splitlines():
            _device, place, kind, *_rest = line.split(" ")
            if place == folder and kind in ("tmpfs", "ramfs"):
                return True
    try:
        return Path("/proc/1/comm").read_text().strip() in _INITS
    except OSError:
        return True


_INTERPRETER = re.compile(rb'[=\s">](/[^\s"<>]*/python[\w.]*)["\s<]')


def gone(way: Way) -> str:
    """The interpreter that an installed way names and that is not there any more; "" where it is, or is not seen."""
    interpreter = _INTERPRETER.search(content_of(Path(way.place)) or b"")
    if interpreter is None:
        return ""
    python = os.fsdecode(interpreter[1])
    return "" if Path(python).exists() else python


def how_to_stay() -> str:
    """Say how to install this program for good, from the source that it was installed from."""
    import json
    from importlib.metadata import PackageNotFoundError, distribution
    from shlex import quote

    try:
        origin = json.loads(distribution("recovery").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, OSError, ValueError):
        origin = {}
    url = str(origin.get("url", ""))
    vcs = origin.get("vcs_info", {}).get("vcs")
    return _(
        "install recovery to stay: pipx install {source}, or uv tool install {source}; "
        "then: recovery service install",
        source=quote(f"{vcs}+{url}" if vcs else url or "recovery"),
    )
