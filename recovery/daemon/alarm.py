"""APScheduler as an alarm clock and nothing else, on one thread around `selectors`.

There is one job, the next wake-up. Left alone APScheduler waits on a clock that stands still while the
machine sleeps, so here the wait is a real-time timer that is cancelled when the clock is set (Linux), or is never
longer than `CAP`, after which the wall clock is looked at again.
"""

import ctypes
import errno
import inspect
import os
import selectors
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any

from recovery import clock

# APScheduler wants one function of asyncio, which costs the daemon 5.6 MiB. From Python 3.14 on it takes that from
# `inspect`; before, a stand-in holds it while APScheduler is being imported, and is gone afterwards.
if TYPE_CHECKING or "asyncio" in sys.modules or sys.version_info >= (3, 14):
    from apscheduler.executors.debug import DebugExecutor
    from apscheduler.schedulers.base import BaseScheduler
else:
    stand_in = ModuleType("asyncio")
    stand_in.iscoroutinefunction = inspect.iscoroutinefunction
    sys.modules["asyncio"] = stand_in
    try:
        from apscheduler.executors.debug import DebugExecutor
        from apscheduler.schedulers.base import BaseScheduler
    finally:
        del sys.modules["asyncio"]

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


CAP = 30.0
"""Seconds: the longest wait where no timer tells of a changed clock."""

JUMP_SECONDS = 2.0
"""Seconds by which the wall clock and the monotonic one may drift apart in a wait without being a jump."""

_JOB = "next wake-up"


class AlarmClock(BaseScheduler):  # type: ignore[misc]  # apscheduler has no types
    """Calls `ring` when the time set has come, and whenever the clock was changed.

    Others that have to be heard in the same wait register with `selector`.
    """

    def __init__(self, ring: Callable[[], None], on_jump: Callable[[float, float], None]) -> None:
        """`on_jump` is told by how many seconds the clock was set, and for how many the machine slept."""
        super().__init__(
            timezone=UTC,
            executors={"default": DebugExecutor()},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._ring = ring
        self._on_jump = on_jump
        self.selector = selectors.DefaultSelector()
        """For whoever else has to be heard: register for reading, with a callable as data."""
        self._timer = RealTimeTimer.create()
        self._is_told_to_stop = False
        self._is_due = False
        if self._timer is not None:
            self.selector.register(self._timer, selectors.EVENT_READ, self._fired)

    def set(self, at: datetime | None) -> None:
        """Ring at that instant (UTC) and not before; None: only when the clock is changed or somebody calls."""
        if at is None:
            if self.get_job(_JOB) is not None:
                self.remove_job(_JOB)
            return
        self.add_job(self._note, "date", run_date=at, id=_JOB, replace_existing=True)

    def _note(self) -> None:
        # Not the ringing itself: APScheduler removes the job after it ran, and with it one set meanwhile.
        self._is_due = True

    def wakeup(self) -> None:
        """Part of APScheduler's contract; on a single thread there is nobody to wake."""

    def shutdown(self, wait: bool = True) -> None:
        """Part of APScheduler's contract: nothing of ours runs on after it."""
        super().shutdown(wait)

    def stop(self) -> None:
        """Leave `run` after the present round, or before the first one."""
        self._is_told_to_stop = True

    def run(
        self,
        prepare: Callable[[], None],
        deadline: Callable[[], float | None],
        on_deadline: Callable[[], None],
    ) -> None:
        """Wait and ring until `stop`. `prepare` is called before each wait.

        `deadline` gives the monotonic time (seconds) at which `on_deadline` has to be called at the latest.
        """
        self.start()
        try:
            while not self._is_told_to_stop:
                wait: float | None = self._process_jobs()
                if self._is_due:
                    self._is_due = False
                    self._ring()
                    continue
                prepare()
                self._wait(wait, deadline())
                limit = deadline()
                if limit is not None and limit <= clock.monotonic():
                    on_deadline()
        finally:
            self.shutdown(wait=False)
            self.selector.close()
            if self._timer is not None:
                self._timer.close()

    def _wait(self, wait: float | None, limit: float | None) -> None:
        wall, steady, lived = clock.now(), clock.monotonic(), clock.since_boot()
        job = self.get_job(_JOB)
        armed = self._timer is not None and self._timer.arm(job.next_run_time.timestamp() if job else None)
        longest = None if armed else min(CAP, CAP if wait is None else max(wait, 0.0))
        if limit is not None:
            until = max(0.0, limit - steady)
            longest = until if longest is None else min(longest, until)
        for key, _ in self.selector.select(longest):
            heard: Any = key.data
            heard()
        lived = clock.since_boot() - lived
        slept = lived - (clock.monotonic() - steady)
        was_set = (clock.now() - wall).total_seconds() - lived
        if abs(was_set) >= JUMP_SECONDS or slept >= JUMP_SECONDS:
            self._on_jump(was_set, slept)
            self._is_due = True

    def _fired(self) -> None:
        assert self._timer is not None
        if self._timer.drain():
            self._is_due = True
