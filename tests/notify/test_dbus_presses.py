"""Which signals count: whose, of which note, of which button; in whatever order a server sends them."""

from collections.abc import Iterator
from typing import Any

import pytest
from jeepney import DBusAddress, HeaderFields, new_signal  # type: ignore[import-untyped]  # jeepney carries no types

from recovery.notify.dbus_adapter import DBusNotifier
from recovery.notify.port import Closed, Freed, Ignored, Note, Outcome, Pressed, Shown
from tests.desktop import NOTIFICATIONS, Desktop, until
from tests.notify.conftest import drive, drive_deliveries
from tests.notify.test_dbus_odd_servers import GOOD, Answer, Asked, server

PATH = "/org/freedesktop/Notifications"
NOTE = Note(
    "ice", "Cold pack on", "", actions=(("begin", "Start"), ("skip", "Skip")), tag=1, about="t/rest/ice/1"
)
LAST = Note("last", "Last", "", tag=99)
ABLE = GOOD | {"GetCapabilities": ("as", (["body", "actions"],))}

PRESS = ("ActionInvoked", "us", (7, "begin"))
Word = tuple[str, str, tuple[Any, ...]]


@pytest.fixture
def answers() -> dict[str, Answer]:
    return dict(ABLE)


@pytest.fixture
def odd(bare_desktop: Desktop, notifier: DBusNotifier, answers: dict[str, Answer]) -> Iterator[Asked]:
    """A server that has shown the note as number 7."""
    with server(bare_desktop, answers) as asked:
        notifier.show(NOTE)
        assert drive_deliveries(notifier) == [Shown(1, "dbus")]
        yield asked


def say(asked: Asked, *words: Word) -> None:
    for member, signature, values in words:
        asked.emit(PATH, NOTIFICATIONS, member, signature, values)


def heard(notifier: DBusNotifier, answers: dict[str, Answer]) -> list[Outcome]:
    """What became of all that was said so far, without what was ignored: the answer to one more note comes after it."""
    answers["Notify"] = ("u", (99,))
    notifier.show(LAST)
    outcomes = drive_deliveries(notifier)
    return [each for each in outcomes if not isinstance(each, (Shown, Ignored))]


def closed(reason: int, number: int = 7) -> Word:
    return "NotificationClosed", "uu", (number, reason)


def test_a_press_counts_once_and_comes_back_with_what_it_is_about(
    odd: Asked, notifier: DBusNotifier, answers: dict[str, Answer]
) -> None:
    say(odd, PRESS, PRESS, ("ActionInvoked", "us", (7, "skip")))
    pressed = [each for each in heard(notifier, answers) if isinstance(each, Pressed)]
    assert pressed == [Pressed("ice", "begin", "t/rest/ice/1")]


@pytest.mark.parametrize("is_broadcast", [True, False])
def test_nobody_but_the_server_can_press_or_close(
    bare_desktop: Desktop, odd: Asked, notifier: DBusNotifier, answers: dict[str, Answer], is_broadcast: bool
) -> None:
    with bare_desktop.connect() as stranger:
        names = range(1, 10) if not is_broadcast else [0]
        for number in names:
            for member, signature, values in (PRESS, closed(2)):
                signal = new_signal(DBusAddress(PATH, interface=NOTIFICATIONS), member, signature, values)
                if number:
                    signal.header.fields[HeaderFields.destination] = f":1.{number}"
                stranger.send(signal)
        # An answer of the bus to the stranger means that it has passed all of that on.
        from jeepney import new_method_call

        bus = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
        stranger.send_and_get_reply(new_method_call(bus, "GetId"), timeout=15)
    assert heard(notifier, answers) == []
    say(odd, PRESS)
    assert isinstance(drive(notifier, len)[0], Pressed)


@pytest.mark.parametrize(
    "word",
    [
        ("ActionInvoked", "us", (7, "stop")),
        ("ActionInvoked", "us", (7, "setback")),
        ("ActionInvoked", "us", (7, "default")),
        ("ActionInvoked", "us", (7, "Begin")),
        ("ActionInvoked", "us", (8, "begin")),
        ("ActionInvoked", "us", (0, "begin")),
        ("ActionInvoked", "bs", (True, "begin")),
        ("ActionInvoked", "su", ("begin", 7)),
        ("ActionInvoked", "u", (7,)),
        ("ActionInvoked", "uss", (7, "begin", "more")),
        ("ActionInvoked", "", ()),
        ("NotificationClosed", "s", ("7",)),
        ("NotificationClosed", "", ()),
        ("NotificationClosed", "uu", (8, 2)),
        ("ActivationToken", "us", (7, "token")),
        ("NotificationReplied", "us", (7, "begin")),
    ],
)
def test_what_is_no_press_of_this_note_changes_nothing(
    odd: Asked, notifier: DBusNotifier, answers: dict[str, Answer], word: Word
) -> None:
    say(odd, word)
    assert heard(notifier, answers) == []
    say(odd, PRESS)
    assert isinstance(drive(notifier, len)[0], Pressed)


def test_what_is_ignored_is_said_a_few_times_and_not_for_ever(odd: Asked, notifier: DBusNotifier) -> None:
    say(odd, *[("ActionInvoked", "us", (7, f"x{number}")) for number in range(100)], PRESS)
    outcomes = drive(notifier, lambda outcomes: any(isinstance(each, Pressed) for each in outcomes))
    assert len([each for each in outcomes if isinstance(each, Ignored)]) == 20


@pytest.mark.parametrize(
    ("words", "comes"),
    [
        ([closed(1), PRESS], ["expired", "press"]),
        ([closed(1), closed(1), PRESS], ["expired", "press"]),
        ([closed(1), closed(2)], ["expired", "dismissed"]),
        ([closed(2), PRESS], ["dismissed", "press"]),
        ([closed(3), PRESS], ["withdrawn", "press"]),
        ([closed(4), closed(4)], ["unknown"]),
        ([closed(99), closed(0)], ["unknown"]),
        ([PRESS, closed(2), closed(2)], ["press", "dismissed"]),
    ],
)
def test_orders_and_doubles_are_taken_rightly(
    odd: Asked, notifier: DBusNotifier, answers: dict[str, Answer], words: list[Word], comes: list[str]
) -> None:
    answers.pop("CloseNotification")
    say(odd, *words)
    outcomes = heard(notifier, answers)
    events = [each for each in outcomes if isinstance(each, (Pressed, Closed))]
    assert ["press" if isinstance(each, Pressed) else each.reason for each in events] == comes


def test_a_press_before_the_answer_to_notify_counts(bare_desktop: Desktop, notifier: DBusNotifier) -> None:
    answers: dict[str, Answer] = dict(ABLE)
    del answers["Notify"]
    with server(bare_desktop, answers) as asked:
        asked.before["Notify"] = [PRESS]
        answers["Notify"] = ("u", (7,))
        notifier.show(NOTE)
        outcomes = drive(notifier, lambda outcomes: any(isinstance(each, Pressed) for each in outcomes))
    assert [type(each) for each in outcomes][:2] == [Shown, Pressed]


def test_a_number_that_is_given_again_is_of_the_new_note(odd: Asked, notifier: DBusNotifier) -> None:
    other = Note("walk", "Walk", "", actions=(("done", "Done"),), tag=2, about="t/rest/walk/1")
    notifier.show(other)
    assert drive(notifier, lambda outcomes: len(outcomes) == 2) == [
        Closed("ice", "unknown"),
        Shown(2, "dbus"),
    ]
    say(odd, PRESS, ("ActionInvoked", "us", (7, "done")))
    outcomes = drive(notifier, lambda outcomes: any(isinstance(each, Pressed) for each in outcomes))
    assert [each for each in outcomes if isinstance(each, Pressed)] == [
        Pressed("walk", "done", "t/rest/walk/1")
    ]


def test_what_was_not_replaced_is_closed_and_keeps_what_it_is_about(
    odd: Asked, notifier: DBusNotifier, answers: dict[str, Answer]
) -> None:
    answers["Notify"] = ("u", (8,))
    notifier.show(Note("ice", "Cold pack on", "", actions=NOTE.actions, tag=2, about="t/rest/ice/2"))
    drive_deliveries(notifier)
    say(odd, PRESS, ("ActionInvoked", "us", (8, "skip")))
    outcomes = drive(
        notifier, lambda outcomes: len([each for each in outcomes if isinstance(each, Pressed)]) == 2
    )
    assert [each.about for each in outcomes if isinstance(each, Pressed)] == ["t/rest/ice/1", "t/rest/ice/2"]
    until(lambda: ("CloseNotification", (7,)) in odd, "the old note is closed")


def test_another_server_does_not_press_the_notes_of_the_one_before(
    bare_desktop: Desktop, notifier: DBusNotifier
) -> None:
    answers: dict[str, Answer] = dict(ABLE)
    with server(bare_desktop, answers):
        notifier.show(NOTE)
        drive_deliveries(notifier)
    assert drive(notifier, len) == [Closed("ice", "lost")]
    with server(bare_desktop, answers) as asked:
        assert drive(notifier, len) == [Freed()]
        say(asked, PRESS)
        assert heard(notifier, answers) == []
