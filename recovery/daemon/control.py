"""Calling the daemon: one datagram, `wake`, `stop` or a desktop, to a socket in the folder of all state.

Only the user whose daemon it is is heard. On Linux the kernel says with each datagram who sent it (SO_PASSCRED),
whatever became of the modes of folder and socket. Other systems tell that of connections alone (LOCAL_PEERCRED on
macOS), not of datagrams: there the folder's 0700 and the socket's 0600 keep others out. Where there are no local
sockets (Windows, or a disk that takes none), a datagram on the loopback address with a token from a private file does
the same.
"""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from recovery import clock
from recovery.daemon import presence
from recovery.daemon.presence import ADDRESS, SOCKET
from recovery.errors import RecoveryError
from recovery.language import _

WAKE = b"wake"
STOP = b"stop"
DESKTOP = b"desktop "
"""The beginning of a call that hands over a desktop; a list in JSON follows: see `handing`."""

GONE_WITHIN = 5.0
"""Seconds that a daemon gets to end."""

_LOOK_SECONDS = 0.01
_HAS_LOCAL = hasattr(socket, "AF_UNIX")
_LONGEST = 100
"""Bytes of a socket's path that every system takes; a longer one is reached through the folder."""


_LONGEST_CALL = 1 << 14

_AT_ONCE = 1000
"""So many calls are heard in one go: who never stops calling must not hold the daemon."""

_CREDENTIALS = 12
"""The length of a sender's credentials on Linux: three 32-bit numbers, process, user and group."""


class ControlSocket:
    """The daemon's ear. `hear` never waits.

    `refused` is told the number of a user whose call was passed over; None where the system did not say who it was.
    """

    def __init__(self, folder: Path, refused: Callable[[int | None], None] = lambda _user: None) -> None:
        """Raises `RecoveryError` where no socket can be made."""
        self._folder = folder
        self._token = b""
        self._refused = refused
        problem = None
        if _HAS_LOCAL:
            try:
                self._socket = _local_ear(folder)
            except OSError as error:
                problem = error
        self._is_local = _HAS_LOCAL and problem is None
        if not self._is_local:
            try:
                self._socket, self._token = _loopback_ear(folder)
            except OSError as error:
                raise RecoveryError(
                    _(
                        "{path}: no socket can be made, in which commands call the daemon: {reason}",
                        path=folder,
                        reason=(problem or error).strerror or str(problem or error),
                    ),
                    _("set RECOVERY_HOME to a folder on a disk of this machine"),
                ) from None
        with suppress(OSError):  # of a daemon that was called in the other way
            (folder / (ADDRESS if self._is_local else SOCKET)).unlink()
        self._socket.setblocking(False)

    def fileno(self) -> int:
        return self._socket.fileno()

    def hear(self) -> list[bytes]:
        """The calls that have come in; anything that is not one of ours is passed over."""
        calls = []
        with suppress(BlockingIOError):
            for _one in range(_AT_ONCE):
                call = self._next()
                if call.startswith(self._token):
                    calls.append(call.removeprefix(self._token))
        return [call for call in calls if call in (WAKE, STOP) or call.startswith(DESKTOP + b"[")]

    def _next(self) -> bytes:
        """The next call; empty where it comes from another user. Raises `BlockingIOError`."""
        if sys.platform != "linux" or not self._is_local:
            return self._socket.recv(_LONGEST_CALL)
        # There is room for who sent it and for nothing else: the kernel closes any files that were sent along.
        call, said, _flags, _address = self._socket.recvmsg(_LONGEST_CALL, socket.CMSG_LEN(_CREDENTIALS))
        users = [
            int.from_bytes(data[4:8], sys.byteorder)
            for level, kind, data in said
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS) and len(data) == _CREDENTIALS
        ]
        if users != [os.geteuid()]:
            self._refused(users[0] if users else None)
            return b""
        return call

    def close(self, *, is_ours: bool = True) -> None:
        """Hear no more. The address goes, too, unless another daemon has made it its own by now."""
        self._socket.close()
        if not is_ours:
            return
        with suppress(OSError):
            (self._folder / (SOCKET if self._is_local else ADDRESS)).unlink()


def _local_ear(folder: Path) -> socket.socket:
    """A socket in the folder, for its owner alone. Raises `OSError`."""
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        if sys.platform == "linux":
            ear.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        with suppress(FileNotFoundError):
            (folder / SOCKET).unlink()
        with _short_path(folder) as path:
            ear.bind(path)
        (folder / SOCKET).chmod(0o600)
    except BaseException:
        ear.close()
        raise
    return ear


def _loopback_ear(folder: Path) -> tuple[socket.socket, bytes]:
    """A socket of this machine, and the token that a call must begin with. Raises `OSError`."""
    import secrets  # dear: every command loads this module

    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        ear.bind(("127.0.0.1", 0))
        token = secrets.token_hex(16)
        port = ear.getsockname()[1]
        address = os.open(folder / ADDRESS, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(address, "w", encoding="utf-8") as file:
            file.write(f"{port} {token}")
    except BaseException:
        ear.close()
        raise
    return ear, token.encode()


def call(folder: Path, word: bytes) -> bool:
    """Send `WAKE`, `STOP` or a `DESKTOP` to the folder's daemon. False where none listens. Never waits."""
    return (_HAS_LOCAL and _call_in_folder(folder, word)) or _call_by_address(folder, word)


def end_daemon(folder: Path) -> bool:
    """End the daemon of a folder and wait until it is gone. False where none ran.

    Raises `RecoveryError` if it does not go within `GONE_WITHIN` seconds.
    """
    there = presence.await_presence(folder)
    if there is None:
        presence.forget(folder)  # one that died: no command starts another after this
        return False
    if not call(folder, STOP):
        if not there.pid:
            raise presence.nobody_there(folder)
        os.kill(there.pid, signal.SIGTERM)
    limit = clock.monotonic() + GONE_WITHIN
    while presence.is_running(folder):
        if clock.monotonic() > limit:
            message = _("the daemon, process {pid}, does not end", pid=there.pid)
            raise RecoveryError(message, presence.its_log(folder))
        time.sleep(_LOOK_SECONDS)
    return True


def _call_in_folder(folder: Path, word: bytes) -> bool:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line, _short_path(folder) as path:
            line.setblocking(False)
            line.sendto(word, path)
    except BlockingIOError:
        return True  # its ear is full of calls that it has yet to hear: this one adds nothing
    except OSError:
        return False
    return True


def _call_by_address(folder: Path, word: bytes) -> bool:
    try:
        port, token = (folder / ADDRESS).read_text("utf-8").split()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.sendto(token.encode() + word, ("127.0.0.1", int(port)))
    except (OSError, ValueError, OverflowError):
        return False
    return True


@contextmanager
def _short_path(folder: Path) -> Iterator[str]:
    """The socket's path, through a descriptor of its folder where it would be too long to be an address."""
    path = str(folder / SOCKET)
    if len(os.fsencode(path)) <= _LONGEST:
        yield path
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)
