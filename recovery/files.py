"""Reading and writing what a person names as a file. Reading: never for ever, never more than is wanted.

A file is read. A pipe (`<(…)`, `… | recovery store import -`) is read to its end where the caller takes one, and given
up on when nothing comes. Folders, devices and terminals are told by their names.
"""

import errno
import os
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from recovery.language import _

WRITER_WITHIN = 5.0
"""Seconds until somebody has to write to a pipe with a name."""

PIPE_SECONDS = 30.0
"""Seconds that one thing is waited for, all pauses together: somebody may have to type a password first."""

EARNS_A_SECOND = 1 << 16
"""Bytes for which a writer is waited for a second longer: a slow line is no silence."""

STDIN = Path("-")
"""The name of standard input, where a pipe is taken."""

_PIECE = 1 << 16


class CannotRead(OSError):
    """The thing named cannot be read: `strerror` says why."""

    strerror: str

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EINVAL, reason)


class TooLarge(CannotRead):
    """It holds more than is wanted."""

    def __init__(self) -> None:
        super().__init__(_("is too large"))


def read_whole(path: Path, most: int, *, pipes: bool = False) -> bytes:
    """Read a file, `most` bytes at most; with `pipes` also a pipe, or `-`. Raises `OSError`."""
    if pipes and path == STDIN:
        return _of_stdin(most)
    try:
        refuse_other(path, pipes=pipes)
    except ValueError as error:  # a name with a zero byte
        raise OSError(errno.EINVAL, str(error)) from None
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(descriptor)
        _refuse(status, pipes=pipes)  # again: it may have been replaced meanwhile
        return _read(descriptor, status, most)
    finally:
        os.close(descriptor)


def write_whole(path: Path, pieces: Iterable[str]) -> None:
    """Write a text file whole or not at all, for its owner alone; one that is there is replaced. Raises `OSError`."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)  # of a process that was killed, and had this number
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def refuse_other(path: Path, *, pipes: bool = False) -> None:
    """Raises `OSError` for what is no file, nor, with `pipes`, a pipe."""
    _refuse(path.stat(), pipes=pipes)


def _of_stdin(most: int) -> bytes:
    try:
        descriptor = sys.stdin.fileno()
    except (OSError, AttributeError):  # in memory
        buffer = getattr(sys.stdin, "buffer", None)
        data: bytes = buffer.read(most + 1) if buffer else sys.stdin.read(most + 1).encode()
        if len(data) > most:
            raise TooLarge from None
        return data
    status = os.fstat(descriptor)
    if os.isatty(descriptor):
        raise CannotRead(_("this is a terminal; write it to a file first, or let a command write it"))
    _refuse(status, pipes=True)
    return _read(descriptor, status, most)


def _refuse(status: os.stat_result, *, pipes: bool) -> None:
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if stat.S_ISREG(mode) or _is_nothing(status) or (pipes and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode))):
        return
    raise CannotRead(_("this is a pipe or a device, not a file"))


def _is_nothing(status: os.stat_result) -> bool:
    """Tell if it is /dev/null, which people put in the place of a file that they want empty."""
    try:
        return os.path.samestat(status, Path(os.devnull).stat())
    except OSError:
        return False


def _read(descriptor: int, status: os.stat_result, most: int) -> bytes:
    """All there is, piece by piece. Raises `CannotRead`."""
    if stat.S_ISREG(status.st_mode):
        if status.st_size > most:
            raise TooLarge
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(most + 1) or b""
        if len(data) > most:  # it grows, or is one of the system's, which do not tell their size
            raise TooLarge
        return data
    waiting = _Waiting(descriptor)
    pieces = [waiting.first()]
    size = len(pieces[0])
    while pieces[-1]:
        if size > most:
            raise TooLarge
        pieces.append(waiting.next())
        size += len(pieces[-1])
    return b"".join(pieces)


class _Waiting:
    """Reads a pipe for as long as its writer is waited for."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._left = PIPE_SECONDS
        self._silence = 0.0
        """Seconds waited since something came."""

    def first(self) -> bytes:
        """The first piece: from a pipe with a name once somebody writes to it. Raises `CannotRead`."""
        if not self._is_ready(WRITER_WITHIN) and not os.get_blocking(self._descriptor):
            try:
                if not (piece := os.read(self._descriptor, _PIECE)):
                    raise CannotRead(_("this is a pipe or a device, not a file, and nobody writes to it"))
                return piece
            except BlockingIOError:
                pass  # there is a writer, who has not begun yet
        return self.next()

    def next(self) -> bytes:
        """The next piece; empty at the end. Raises `CannotRead`."""
        if not self._is_ready(self._left):
            if self._silence < 0.9 * PIPE_SECONDS:
                raise CannotRead(
                    _("it comes too slowly: waited for {seconds:.0f} s in all", seconds=PIPE_SECONDS)
                )
            raise CannotRead(_("nothing comes from it, for {seconds:.0f} s now", seconds=PIPE_SECONDS))
        piece = os.read(self._descriptor, _PIECE)
        self._left = min(PIPE_SECONDS, self._left + len(piece) / EARNS_A_SECOND)
        self._silence = 0.0
        return piece

    def _is_ready(self, within: float) -> bool:
        """Tell if something can be read, or the end. Windows tells it of sockets only."""
        if os.name != "posix":
            return True
        import select  # only where there is something to wait for

        from recovery import clock

        began = clock.monotonic()
        is_ready = bool(select.select([self._descriptor], [], [], min(within, self._left))[0])
        waited = clock.monotonic() - began
        self._left = max(0.0, self._left - waited)
        self._silence += waited
        return is_ready
