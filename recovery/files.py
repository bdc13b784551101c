"""Reading what a person names as a file, whatever stands there: never for ever, never more than is wanted.

A file is read. A pipe (`<(…)`, `… | recovery store import -`) is read to its end where the caller takes one, and given
up on when nothing comes. Folders, devices and terminals are told by their names.
"""

import errno
import os
import stat
import sys
from pathlib import Path

from recovery.language import _

WRITER_WITHIN = 5.0
"""Seconds until somebody has to write to a pipe with a name."""

SILENCE = 30.0
"""Seconds that a writer may be silent: somebody may have to type a password first."""

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


def read(path: Path, most: int, *, pipes: bool = False) -> bytes:
    """Read a file, `most` bytes at most; with `pipes` also a pipe, or `-`. Raises `OSError`."""
    if pipes and path == STDIN:
        return _of_stdin(most)
    try:
        refuse_other(path, pipes=pipes)
    except ValueError as error:  # a name with a zero byte
        raise OSError(errno.EINVAL, str(error)) from None
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        known = os.fstat(descriptor)
        _refuse(known, pipes=pipes)  # again: it may have been replaced meanwhile
        return _read(descriptor, known, most)
    finally:
        os.close(descriptor)


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
    known = os.fstat(descriptor)
    if os.isatty(descriptor):
        raise CannotRead(_("this is a terminal; write it to a file first, or let a command write it"))
    _refuse(known, pipes=True)
    return _read(descriptor, known, most)


def _refuse(known: os.stat_result, *, pipes: bool) -> None:
    mode = known.st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if stat.S_ISREG(mode) or _is_nothing(known) or (pipes and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode))):
        return
    raise CannotRead(_("this is a pipe or a device, not a file"))


def _is_nothing(known: os.stat_result) -> bool:
    """Tell if it is /dev/null, which people put in the place of a file that they want empty."""
    try:
        return os.path.samestat(known, Path(os.devnull).stat())
    except OSError:
        return False


def _read(descriptor: int, known: os.stat_result, most: int) -> bytes:
    """All there is, piece by piece. Raises `CannotRead`."""
    if stat.S_ISREG(known.st_mode):
        if known.st_size > most:
            raise TooLarge
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(most + 1) or b""
        if len(data) > most:  # it grows, or is one of the system's, which do not tell their size
            raise TooLarge
        return data
    pieces = [_first(descriptor)]
    size = len(pieces[0])
    while pieces[-1]:
        if size > most:
            raise TooLarge
        pieces.append(_next(descriptor))
        size += len(pieces[-1])
    return b"".join(pieces)


def _first(descriptor: int) -> bytes:
    """The first piece: from a pipe with a name once somebody writes to it."""
    if not _is_ready(descriptor, WRITER_WITHIN) and not os.get_blocking(descriptor):
        try:
            if not (piece := os.read(descriptor, _PIECE)):
                raise CannotRead(_("this is a pipe or a device, not a file, and nobody writes to it"))
            return piece
        except BlockingIOError:
            pass  # there is a writer, who has not begun yet
    return _next(descriptor)


def _next(descriptor: int) -> bytes:
    if not _is_ready(descriptor, SILENCE):
        raise CannotRead(_("nothing comes from it, for {seconds:.0f} s now", seconds=SILENCE))
    return os.read(descriptor, _PIECE)


def _is_ready(descriptor: int, within: float) -> bool:
    """Tell if something can be read, or the end. Windows tells it of sockets only."""
    if os.name != "posix":
        return True
    import select  # only where there is something to wait for

    return bool(select.select([descriptor], [], [], within)[0])
