"""The alarm clock: rings when due, and when the clock was changed; never waits for what cannot wake it."""

import select
import selectors
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recovery import clock
from recovery.daemon import alarm as alarms
from recovery.daemon.alarm import CAP, AlarmClock, RealTimeTimer

LIMIT_SECONDS = 60.0


class FakeTimer:
    """A timer that a test fires."""

    def __init__(self) -> None:
        self._here, self._there = socket.socketpair()
        self.armed: list[float | None] = []
        self.is_cancelled = False

    def fileno(self) -> int:
        return self._here.fileno()

    def arm(self, at: float | None) -> bool:
        self.armed.append(at)
        return True

    def fire(self, *, by_change: bool) -> None:
        self.is_cancelled = by_change
        self._there.send(b"x")

    def drain(self) -> bool:
        self._here.recv(8)
        return self.is_cancelled

    def close(self) -> None:
        self._here.close()
        self._there.close()


class FakeSelector(selectors.BaseSelector):
    """Hears nothing; keeps how long it was asked to wait, and lets something happen meanwhile."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self.waits: list[float | None] = []
        self._meanwhile = meanwhile

    def select(self, timeout: float | None = None) -> list[Any]:
        self.waits.append(timeout)
        self._meanwhile()
        return []

    def register(self, *_: Any) -> Any: ...
    def unregister(self, *_: Any) -> Any: ...
    def get_map(self) -> Any: ...


def run(alarm: AlarmClock) -> None:
    """Until something stops it; fails after some seconds."""
    limit = time.monotonic() + LIMIT_SECONDS
    alarm.run(lambda: None, lambda: limit, lambda: pytest.fail("nobody stopped the alarm clock"))


def rings(
    count: int, then: Callable[[AlarmClock], None] = lambda alarm: None
) -> tuple[AlarmClock, list[datetime]]:
    """An alarm clock that stops after so many rings, and when it rang. `then` is called at each."""
    rung: list[datetime] = []

    def ring() -> None:
        rung.append(datetime.now(UTC))
        then(alarm)
        if len(rung) == count:
            alarm.stop()

    alarm = AlarmClock(ring, lambda was_set, slept: None)
    return alarm, rung


def in_ms(milliseconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(milliseconds=milliseconds)


def test_rings_when_due_and_not_before() -> None:
    alarm, rung = rings(1)
    due = in_ms(30)
    alarm.set(due)
    run(alarm)

    assert timedelta(0) <= rung[0] - due < timedelta(seconds=1)


def test_what_is_overdue_rings_at_once() -> None:
    alarm, rung = rings(1)
    alarm.set(in_ms(-3_600_000))
    run(alarm)

    assert len(rung) == 1


def test_a_time_set_while_it_rings_survives() -> None:
    alarm, rung = rings(3, lambda alarm: alarm.set(in_ms(20)))
    alarm.set(in_ms(20))
    run(alarm)

    assert len(rung) == 3


def test_the_last_time_set_counts() -> None:
    alarm, rung = rings(1)
    alarm.set(in_ms(3_600_000))
    alarm.set(in_ms(20))
    run(alarm)
    assert len(rung) == 1


def test_without_a_time_it_rings_no_more() -> None:
    alarm, rung = rings(2)
    alarm.set(in_ms(20))
    alarm.set(None)
    limit = time.monotonic() + 0.1
    alarm.run(lambda: None, lambda: limit, alarm.stop)

    assert rung == []


def test_told_to_stop_before_it_runs_it_does_not_run() -> None:
    """SIGTERM may come while the daemon is still on its way to its first wait."""
    alarm, rung = rings(1)
    alarm.set(in_ms(-1))
    alarm.stop()
    run(alarm)

    assert rung == []


def test_others_are_heard_in_the_same_wait() -> None:
    alarm, rung = rings(1)
    here, there = socket.socketpair()
    with here, there:
        alarm.selector.register(here, selectors.EVENT_READ, alarm.stop)
        there.send(b"x")
        run(alarm)

    assert rung == []


@pytest.mark.parametrize("by_change", [True, False])
def test_a_changed_clock_rings_at_once(monkeypatch: pytest.MonkeyPatch, *, by_change: bool) -> None:
    timer = FakeTimer()
    monkeypatch.setattr(RealTimeTimer, "create", lambda: timer)
    alarm, rung = rings(1)
    alarm.set(in_ms(3_600_000))
    timer.fire(by_change=by_change)
    limit = time.monotonic() + 0.1
    alarm.run(lambda: None, lambda: limit, alarm.stop)

    assert bool(rung) is by_change
    assert timer.armed


def test_the_timer_is_armed_for_the_instant_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    timer = FakeTimer()
    monkeypatch.setattr(RealTimeTimer, "create", lambda: timer)
    alarm, _ = rings(1)
    due = datetime(2100, 1, 1, tzinfo=UTC)
    alarm.set(due)
    limit = time.monotonic()
    alarm.run(lambda: None, lambda: limit, alarm.stop)

    assert timer.armed == [due.timestamp()]


@pytest.mark.parametrize(("due", "longest"), [(None, CAP), (3600.0, CAP), (5.0, 5.0)])
def test_where_there_is_no_timer_no_wait_is_longer_than_the_cap(
    monkeypatch: pytest.MonkeyPatch, due: float | None, longest: float
) -> None:
    monkeypatch.setattr(RealTimeTimer, "create", lambda: None)
    alarm, _ = rings(1)
    alarm.selector = selector = FakeSelector(alarm.stop)
    alarm.set(None if due is None else in_ms(due * 1000))
    alarm.run(lambda: None, lambda: None, lambda: None)

    (wait,) = selector.waits
    assert wait is not None
    assert longest - 1 <= wait <= longest


def test_with_a_timer_it_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RealTimeTimer, "create", FakeTimer)
    alarm, _ = rings(1)
    alarm.selector = selector = FakeSelector(alarm.stop)
    alarm.run(lambda: None, lambda: None, lambda: None)

    assert selector.waits == [None]


@pytest.mark.parametrize(
    ("was_set", "slept", "reported"),
    [
        (2.0, 0.0, (7200, 0)),
        (-1.0, 0.0, (-3600, 0)),
        (0.0, 8.0, (0, 28800)),
        (1.0, 8.0, (3600, 28800)),
        (0.0, 0.0, None),
    ],
)
def test_a_clock_that_was_set_and_a_machine_that_slept_ring_once(
    monkeypatch: pytest.MonkeyPatch, was_set: float, slept: float, reported: tuple[int, int] | None
) -> None:
    hours = {"now": 0.0, "boot": 0.0}
    jumps: list[tuple[int, int]] = []
    rung: list[int] = []

    def pass_by() -> None:
        if hours["boot"] or hours["now"] or reported is None:
            alarm.stop()
        hours["now"], hours["boot"] = was_set + slept, slept

    real, lived = clock.now, clock.since_boot
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(hours=hours["now"]))
    monkeypatch.setattr(clock, "since_boot", lambda: lived() + 3600 * hours["boot"])
    alarm = AlarmClock(lambda: rung.append(1), lambda *jump: jumps.append((round(jump[0]), round(jump[1]))))
    alarm.selector = FakeSelector(pass_by)
    alarm.run(lambda: None, lambda: None, lambda: None)

    assert jumps == ([] if reported is None else [reported])
    assert len(rung) == len(jumps)


def test_the_deadline_of_others_is_kept() -> None:
    alarm, _ = rings(1)
    called: list[float] = []
    limit = time.monotonic() + 0.03

    def at_the_limit() -> None:
        called.append(time.monotonic())
        alarm.stop()

    alarm.run(lambda: None, lambda: limit, at_the_limit)

    assert called[0] >= limit


def test_the_real_timer_fires_when_due_and_tells_no_change() -> None:
    timer = RealTimeTimer.create()
    if timer is None:
        pytest.skip("this system has no timerfd")
    assert timer.drain() is False
    assert timer.arm(None)
    assert not select.select([timer], [], [], 0)[0]
    assert timer.arm(time.time() + 0.02)
    assert select.select([timer], [], [], LIMIT_SECONDS)[0]
    assert timer.drain() is False
    timer.close()
    timer.close()


def test_the_cap_is_half_a_minute() -> None:
    assert alarms.CAP == 30.0
