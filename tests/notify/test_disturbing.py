"""What servers say of do not disturb is asked when a note that can wait is to be shown, and only then."""

from collections.abc import Iterator
from typing import Any

import pytest

from recovery.notify.dbus_adapter import DBusNotifier
from recovery.notify.disturbing import DUNST, HELD, SERVER, is_freed
from recovery.notify.port import Freed, Note, Shown, Undelivered
from tests.desktop import Desktop
from tests.notify.conftest import drive, drive_deliveries
from tests.notify.test_dbus_odd_servers import GOOD, notified, server

NOTE = Note("ice", "Ice: start", "Cold pack on.", tag=1, can_wait=True)
YES, NO = ("v", (("b", True),)), ("v", (("b", False),))
UNKNOWN = ("org.freedesktop.DBus.Error.UnknownProperty", ("no such property",))


@pytest.fixture
def notifier(bare_desktop: Desktop) -> Iterator[DBusNotifier]:
    bare_desktop.start_bus()
    subject = DBusNotifier(bare_desktop.environ)
    yield subject
    subject.close()


def pause(desktop: Desktop, is_on: bool) -> None:
    desktop.ask("org.freedesktop.DBus.Properties", "Set", "ssv", (DUNST, "paused", ("b", is_on)))


def members(asked: list[tuple[str, Any]]) -> list[str]:
    return [member for member, _values in asked]


def test_an_inhibited_server_is_not_sent_what_can_wait(bare_desktop: Desktop, notifier: DBusNotifier) -> None:
    with server(bare_desktop, {**GOOD, "Get": YES}) as asked:
        notifier.show(NOTE)
        [outcome] = drive_deliveries(notifier)
        assert outcome == Undelivered(1, "dbus", HELD, is_held=True)
        assert notifier.problem() == "", "nothing is wrong"
        assert "Notify" not in members(asked)
        notifier.show(Note("end", "Ice: stop", "", critical=True, tag=2))
        assert drive_deliveries(notifier) == [Shown(2, "dbus")]


@pytest.mark.parametrize("answer", [NO, UNKNOWN, ("s", ("strange",)), ("", ())])
def test_a_server_that_says_no_or_cannot_tell_is_sent_to(
    bare_desktop: Desktop, notifier: DBusNotifier, answer: Any
) -> None:
    with server(bare_desktop, {**GOOD, "Get": answer}) as asked:
        notifier.show(NOTE)
        assert drive_deliveries(notifier) == [Shown(1, "dbus")]
        assert members(asked).count("Get") == 2
        notifier.show(NOTE)
        drive_deliveries(notifier)
    assert members(asked).count("Get") == (4 if answer is NO else 2), "who cannot tell is asked once"
    assert members(asked).count("Notify") == 2


def test_a_server_that_does_not_answer_is_sent_to_after_a_second(
    bare_desktop: Desktop, notifier: DBusNotifier
) -> None:
    with server(bare_desktop, GOOD) as asked:
        notifier.show(NOTE)
        assert drive_deliveries(notifier) == [Shown(1, "dbus")]
    assert members(asked).count("Notify") == 1


def test_nothing_is_asked_for_what_cannot_wait(bare_desktop: Desktop, notifier: DBusNotifier) -> None:
    with server(bare_desktop, {**GOOD, "Get": YES}) as asked:
        notifier.show(Note("end", "Ice: stop", "", critical=True, tag=2))
        drive_deliveries(notifier)
    assert "Get" not in members(asked)


def test_several_notes_are_one_question(bare_desktop: Desktop, notifier: DBusNotifier) -> None:
    with server(bare_desktop, {**GOOD, "Get": NO}) as asked:
        for tag in range(1, 4):
            notifier.show(Note(f"note {tag}", "Drink", "", tag=tag, can_wait=True))
        drive_deliveries(notifier, 3)
    assert members(asked).count("Get") == 2


def test_a_paused_dunst_says_when_it_goes_on(desktop: Desktop) -> None:
    notifier = DBusNotifier(desktop.environ)
    pause(desktop, True)
    notifier.show(NOTE)
    [outcome] = drive_deliveries(notifier)
    assert outcome == Undelivered(1, "dbus", HELD, is_held=True)
    pause(desktop, False)
    assert Freed() in drive(notifier, lambda outcomes: Freed() in outcomes)
    notifier.show(NOTE)
    assert drive_deliveries(notifier) == [Shown(1, "dbus")]
    desktop.wait_for_displayed(1)
    notifier.close()


def test_a_server_that_goes_frees_what_it_held(desktop: Desktop) -> None:
    notifier = DBusNotifier(desktop.environ)
    pause(desktop, True)
    notifier.show(NOTE)
    drive_deliveries(notifier)
    desktop.stop_server()
    assert Freed() in drive(notifier, lambda outcomes: Freed() in outcomes)
    notifier.close()


@pytest.mark.parametrize(
    ("values", "freed"),
    [
        ((DUNST, {"paused": ("b", False)}, []), True),
        ((SERVER, {"Inhibited": ("b", False)}, []), True),
        ((SERVER, {}, ["Inhibited"]), True),
        ((SERVER, {"Inhibited": ("b", True)}, []), False),
        ((DUNST, {"displayedLength": ("u", 1)}, []), False),
        (("rubbish",), False),
        ((), False),
    ],
)
def test_a_change_of_a_property_is_read(values: Any, freed: bool) -> None:
    assert is_freed(values) is freed


@pytest.mark.parametrize(("listed", "named"), [(["body", "sound"], "alarm-clock-elapsed"), (["body"], None)])
def test_a_sound_is_named_only_where_the_server_plays_one(
    bare_desktop: Desktop, notifier: DBusNotifier, listed: list[str], named: str | None
) -> None:
    with server(bare_desktop, {**GOOD, "GetCapabilities": ("as", (listed,))}) as asked:
        notifier.show(Note("end", "Ice: stop", "", critical=True, tag=1, sound="alarm-clock-elapsed"))
        drive_deliveries(notifier)
    hints = notified(asked)[6]
    assert hints.get("sound-name", ("s", None))[1] == named
    assert ("sound-name" in hints) == (named is not None)


def test_a_note_with_a_sound_comes_for_real(desktop: Desktop) -> None:
    notifier = DBusNotifier(desktop.environ)
    notifier.show(Note("end", "Ice: stop", "Off.", critical=True, tag=1, sound="alarm-clock-elapsed"))
    assert drive_deliveries(notifier) == [Shown(1, "dbus")]
    assert [note.title for note in desktop.received()] == ["Ice: stop"]
    notifier.close()
