"""Notes through plyer, each in a child process: macOS, Windows, and Linux where jeepney cannot help."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from recovery import clock
from recovery.language import N_, _, current
from recovery.notify.desktop_session import bare, session_bus_address, why_no_bus
from recovery.notify.port import (
    WITHDRAWN_UNSEEN,
    Capabilities,
    HandedOver,
    Lack,
    Note,
    Outcome,
    Readable,
    Undelivered,
)
from recovery.notify.wording import BODY_LIMIT, TITLE_LIMIT, clean, cut, one_line

CHILDREN_AT_ONCE = 4
TIME_LIMIT_SECONDS = 10.0
POLL_SECONDS = 0.02
"""Between the end of a child's output and its exit, and where pipes cannot be watched (Windows)."""

REASON_LIMIT = 500
OUTPUT_LIMIT_BYTES = 4_000
PROGRAM_SILENT = N_("the notification program does not answer within {seconds:g} s")

_WATCHES_PIPES = os.name == "posix"
_PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])
CHILD_COMMAND = (sys.executable, "-P", "-m", "recovery.notify.plyer_child")
"""`-P`: no module of the current folder (a `dbus.py`, say) takes the place of a real one."""


@dataclass
class _Child:
    note: Note
    process: subprocess.Popen[bytes]
    errors: IO[bytes]
    """The child's output of both kinds: a pipe, or a file where pipes cannot be watched."""
    kill_at: float
    said: bytearray = field(default_factory=bytearray)
    has_finished_talking: bool = False
    is_killed: bool = False


class PlyerNotifier:
    """Starts plyer in a child process for each note, and kills it after 10 s.

    plyer reports nothing, so success is `HandedOver`; anything the child writes is the reason of a failure.
    """

    name = "plyer"

    def __init__(
        self,
        environ: Mapping[str, str] = os.environ,
        monotonic: Callable[[], float] = clock.monotonic,
        command: Sequence[str] = CHILD_COMMAND,
        time_limit_seconds: float = TIME_LIMIT_SECONDS,
    ) -> None:
        self._environ = environ
        self._monotonic = monotonic
        self._command = command
        self._time_limit = time_limit_seconds
        self._problem = ""
        self._ready: list[Outcome] = []
        self._waiting: list[Note] = []
        self._children: list[_Child] = []
        self._next_poll = 0.0

    def capabilities(self) -> Capabilities | None:
        return Capabilities()

    def problem(self) -> str:
        return self._problem

    def bus(self) -> str | None:
        if sys.platform in ("win32", "darwin"):
            return None
        return bare(session_bus_address(self._environ).partition(";")[0])

    def probe(self) -> None:
        """Only a missing session bus can be found out without showing something."""
        self._problem = self._missing_bus()

    def show(self, note: Note) -> None:
        reason = self._missing_bus()
        if reason:
            self._fail(note, reason, "bus")
            return
        self._waiting.append(note)
        self._start_waiting()

    def withdraw(self, key: str) -> None:
        """Notes not yet started are dropped; plyer cannot take back the others."""
        for note in [each for each in self._waiting if each.key == key]:
            self._waiting.remove(note)
            self._ready.append(Undelivered(note.tag, self.name, _(WITHDRAWN_UNSEEN)))

    def adopt(self, note: Note, token: str) -> None:
        """No note is ever taken over: it has no token."""

    def sources(self) -> tuple[Readable, ...]:
        if not _WATCHES_PIPES:
            return ()
        return tuple(child.errors for child in self._children if not child.has_finished_talking)

    def deadline(self) -> float | None:
        if self._ready:
            return 0.0
        limits = [child.kill_at for child in self._children if not child.is_killed]
        if any(
            child.has_finished_talking or child.is_killed or not _WATCHES_PIPES for child in self._children
        ):
            limits.append(self._next_poll)
        return min(limits, default=None)

    def collect(self, monotonic: float) -> list[Outcome]:
        for child in self._children[:]:
            if _WATCHES_PIPES:
                _listen(child)
            if child.has_finished_talking or child.is_killed or not _WATCHES_PIPES:
                self._finish(child)
            if not child.is_killed and child.process.returncode is None and monotonic >= child.kill_at:
                _kill(child)
                self._fail(child.note, _(PROGRAM_SILENT, seconds=self._time_limit), "")
        self._next_poll = monotonic + POLL_SECONDS
        self._start_waiting()
        outcomes, self._ready = self._ready, []
        return outcomes

    def close(self) -> None:
        for child in self._children:
            _kill(child)
            child.process.wait()  # a killed process ends at once
            child.errors.close()
        self._children.clear()
        self._waiting.clear()

    def _missing_bus(self) -> str:
        if sys.platform in ("win32", "darwin") or session_bus_address(self._environ):
            return ""
        return why_no_bus(self._environ)

    def _fail(self, note: Note, reason: str, lack: Lack) -> None:
        self._problem = reason
        self._ready.append(Undelivered(note.tag, self.name, reason, lack))

    def _start_waiting(self) -> None:
        while self._waiting and len(self._children) < CHILDREN_AT_ONCE:
            note = self._waiting.pop(0)
            try:
                self._children.append(self._start(note))
            except OSError as error:
                reason = _("the notification program cannot be started ({reason})", reason=error.strerror)
                self._fail(note, reason, "")

    def _start(self, note: Note) -> _Child:
        # A file, not a pipe, for the input: a pipe may be too small to take it without waiting.
        with tempfile.TemporaryFile() as given:
            words = {"title": clean(note.title, TITLE_LIMIT), "body": clean(note.body, BODY_LIMIT)}
            given.write(json.dumps(words).encode())
            given.seek(0)
            output = None if _WATCHES_PIPES else tempfile.TemporaryFile()  # noqa: SIM115  # closed in _finish
            process = subprocess.Popen(  # noqa: S603  # our own module, no shell, the note goes over stdin
                self._command,
                stdin=given,
                stdout=output or subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=self._child_environ(),
                bufsize=0,
                start_new_session=_WATCHES_PIPES,
            )
        errors = cast(IO[bytes], output or process.stdout)
        if sys.platform != "win32":
            os.set_blocking(errors.fileno(), False)
        return _Child(note, process, errors, self._monotonic() + self._time_limit)

    def _child_environ(self) -> dict[str, str]:
        environ = dict(self._environ)
        address = session_bus_address(environ)
        if address:
            environ["DBUS_SESSION_BUS_ADDRESS"] = address
        paths = [_PACKAGE_ROOT, environ.get("PYTHONPATH", "")]
        environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        environ["PYTHONIOENCODING"] = "utf-8:backslashreplace"
        environ["LANGUAGE"] = current()
        return environ

    def _finish(self, child: _Child) -> None:
        """Take the result of a child that has ended; one that has not is asked again soon."""
        status = child.process.poll()
        if status is None:
            return
        self._children.remove(child)
        if not _WATCHES_PIPES:
            child.errors.seek(0)
            child.said += child.errors.read(OUTPUT_LIMIT_BYTES)
        child.errors.close()
        if child.is_killed:
            return
        lines = [line for line in child.said.decode("utf-8", "replace").splitlines() if line.strip()]
        if lines:
            self._fail(child.note, cut(one_line(lines[-1]), REASON_LIMIT), "server")
        elif status:
            reason = _("the notification program ended with status {status}", status=status)
            self._fail(child.note, reason, "server")
        else:
            self._problem = ""
            self._ready.append(HandedOver(child.note.tag, self.name))


def _listen(child: _Child) -> None:
    """Read what there is; the rest of a long talk is thrown away."""
    while not child.has_finished_talking:
        try:
            data = os.read(child.errors.fileno(), OUTPUT_LIMIT_BYTES)
        except BlockingIOError:
            return
        child.has_finished_talking = not data
        child.said += data[: OUTPUT_LIMIT_BYTES - len(child.said)]


def _kill(child: _Child) -> None:
    """End the child and what it has started: notify-send is the one that hangs."""
    child.is_killed = True
    child.has_finished_talking = True
    with suppress(ProcessLookupError):
        if sys.platform == "win32":
            child.process.kill()
        else:
            os.killpg(child.process.pid, signal.SIGKILL)
