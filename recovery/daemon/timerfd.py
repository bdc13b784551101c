"""A timer on the real-time clock that also fires when that clock is set or the machine resumes (Linux).

`os.timerfd_create` came with Python 3.13; before that the same calls are made through ctypes.
"""

import ctypes
import errno
import os
import sys
from contextlib import suppress

_CLOCK_REALTIME = 0
_NONBLOCK = os.O_NONBLOCK if hasattr(os, "O_NONBLOCK") else 0
_CLOEXEC = 0o2000000
_ABSTIME = 1
_CANCEL_ON_SET = 2
_FAR = 2**40
"""Seconds since 1970 that no clock will show: a timer without a due time still tells of a changed clock."""


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class RealTimeTimer:
    """One timer; readable when its time has come or the clock was changed. Linux only."""

    def __init__(self, descriptor: int, libc: ctypes.CDLL) -> None:
        self._descriptor = descriptor
        self._libc = libc

    @classmethod
    def create(cls) -> "RealTimeTimer | None":
        """A new timer; None where the system has none."""
        if not sys.platform.startswith("linux"):
            return None
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            descriptor = libc.timerfd_create(_CLOCK_REALTIME, _NONBLOCK | _CLOEXEC)
        except (OSError, AttributeError):
            return None
        return None if descriptor < 0 else cls(descriptor, libc)

    def fileno(self) -> int:
        return self._descriptor

    def arm(self, at: float | None) -> bool:
        """Fire at `at` (seconds since 1970), or never; in both cases when the clock is changed.

        False where the system refuses; then nobody can rely on being woken.
        """
        seconds = _FAR if at is None else max(at, 0.001)
        whole = int(seconds)
        value = _Timespec(whole, int((seconds - whole) * 1e9))
        spec = _Itimerspec(_Timespec(0, 0), value)
        flags = _ABSTIME | _CANCEL_ON_SET
        return int(self._libc.timerfd_settime(self._descriptor, flags, ctypes.byref(spec), None)) == 0

    def drain(self) -> bool:
        """Take note of having fired. True if it was because the clock was changed."""
        try:
            os.read(self._descriptor, 8)
        except BlockingIOError:
            return False
        except OSError as error:
            return error.errno == errno.ECANCELED
        return False

    def close(self) -> None:
        with suppress(OSError):
            os.close(self._descriptor)
