"""What every notifier promises the daemon: the same tests for the fake, D-Bus, plyer and text."""

import io
import time
from collections.abc import Callable

import pytest

from recovery.notify.dbus_adapter import DBusNotifier
from recovery.notify.moving import MovingNotifier
from recovery.notify.plyer_adapter import PlyerNotifier
from recovery.notify.port import Note, Notifier, Undelivered
from recovery.notify.text import TextNotifier
from tests.desktop import Desktop
from tests.fakes import FakeNotifier
from tests.notify.conftest import deliveries, drive_deliveries

AT_ONCE_SECONDS = 1.5

WAYS: dict[str, Callable[[Desktop], Notifier]] = {
    "fake": lambda _: FakeNotifier(),
    "moving": lambda desktop: MovingNotifier(DBusNotifier, desktop.environ),
    "dbus": lambda desktop: DBusNotifier(desktop.environ),
    "plyer": lambda desktop: PlyerNotifier(desktop.environ),
    "text": lambda _: TextNotifier(io.StringIO()),
}


@pytest.fixture(params=WAYS)
def notifier(request: pytest.FixtureRequest, desktop: Desktop):  # type: ignore[no-untyped-def]  # a generator fixture
    subject = WAYS[request.param](desktop)
    yield subject
    subject.close()


def test_a_note_is_started_at_once_and_has_one_outcome_with_its_tag(notifier: Notifier) -> None:
    begun = time.monotonic()
    notifier.show(Note("ice", "Cold pack on", "20 minutes", tag=7))
    assert time.monotonic() - begun < AT_ONCE_SECONDS

    [outcome] = deliveries(drive_deliveries(notifier))

    assert not isinstance(outcome, Undelivered)
    assert (outcome.tag, outcome.via) == (7, notifier.name)
    assert notifier.problem() == ""


def test_each_of_many_notes_has_one_outcome(notifier: Notifier) -> None:
    for tag in range(1, 11):
        notifier.show(Note(f"note {tag % 7}", "Cold pack on", "", tag=tag))

    outcomes = deliveries(drive_deliveries(notifier, 10))

    assert sorted(each.tag for each in outcomes) == list(range(1, 11))


def test_nothing_shown_means_nothing_to_wait_for(notifier: Notifier) -> None:
    assert notifier.collect(time.monotonic()) == []
    assert notifier.deadline() is None


def test_after_the_outcome_there_is_nothing_to_wait_for(notifier: Notifier) -> None:
    notifier.show(Note("ice", "Cold pack on", ""))
    drive_deliveries(notifier)

    assert notifier.deadline() is None
    assert notifier.collect(time.monotonic()) == []


def test_capabilities_are_known_after_the_first_note(notifier: Notifier) -> None:
    notifier.show(Note("ice", "Cold pack on", ""))
    drive_deliveries(notifier)

    assert notifier.capabilities() is not None


def test_buttons_are_left_out_where_there_are_none(notifier: Notifier) -> None:
    notifier.show(Note("ice", "Cold pack on", "", actions=(("done", "Done"), ("skip", "Skip"))))

    [outcome] = deliveries(drive_deliveries(notifier))
    assert not isinstance(outcome, Undelivered)


def test_withdrawing_what_is_not_there_does_nothing(notifier: Notifier) -> None:
    notifier.withdraw("never shown")

    assert notifier.collect(time.monotonic()) == []


@pytest.mark.parametrize(
    "text", ["", "\0", "\ud83d", "\x1b[31m", "-", "--help", "<b>", "&", "\\", "'", "x" * 20_000]
)
def test_no_text_breaks_it(notifier: Notifier, text: str) -> None:
    notifier.show(Note(text, text, text, actions=((text, text),)))

    [outcome] = deliveries(drive_deliveries(notifier))
    assert not isinstance(outcome, Undelivered)


def test_closing_twice_is_harmless(notifier: Notifier) -> None:
    notifier.show(Note("ice", "Cold pack on", ""))
    notifier.close()
    notifier.close()
