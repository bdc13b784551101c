"""A daemon's loop in small."""

import selectors
import time
from collections.abc import Callable, Iterator

import pytest

from recovery.notify.dbus_adapter import DBusNotifier
from recovery.notify.port import HandedOver, Notifier, Outcome, Shown, Undelivered, Watch
from tests.desktop import LIMIT_SECONDS, Desktop


def drive(
    notifier: Notifier, is_enough: Callable[[list[Outcome]], object], limit: float = LIMIT_SECONDS
) -> list[Outcome]:
    """Run the notifier as the daemon does, until its outcomes are enough; fail after `limit` seconds."""
    outcomes: list[Outcome] = []
    with selectors.DefaultSelector() as selector:
        watch = Watch(selector)
        give_up_at = time.monotonic() + limit
        while True:
            watch.follow(notifier.sources())
            deadline = notifier.deadline()
            wake_at = give_up_at if deadline is None else min(deadline, give_up_at)
            selector.select(max(0.0, wake_at - time.monotonic()))
            outcomes += notifier.collect(time.monotonic())
            if is_enough(outcomes):
                return outcomes
            if time.monotonic() >= give_up_at:
                pytest.fail(f"not within {limit:g} s; so far: {outcomes}; problem: {notifier.problem()!r}")


def deliveries(outcomes: list[Outcome]) -> list[Shown | HandedOver | Undelivered]:
    return [each for each in outcomes if isinstance(each, (Shown, HandedOver, Undelivered))]


def drive_deliveries(notifier: Notifier, count: int = 1, limit: float = LIMIT_SECONDS) -> list[Outcome]:
    """Run until `count` notes have their outcome."""
    return drive(notifier, lambda outcomes: len(deliveries(outcomes)) >= count, limit)


@pytest.fixture
def notifier(bare_desktop: Desktop) -> Iterator[DBusNotifier]:
    """On a bus on which no server runs yet."""
    bare_desktop.start_bus()
    subject = DBusNotifier(bare_desktop.environ)
    yield subject
    subject.close()
