"""The D-Bus notifier with servers that can less than dunst, or answer strangely; and without jeepney."""

import html
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from jeepney import (  # type: ignore[import-untyped]  # jeepney carries no types
    DBusAddress,
    HeaderFields,
    MessageType,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.io.blocking import DBusConnection  # type: ignore[import-untyped]  # jeepney carries no types

from recovery.notify.choose import choose
from recovery.notify.dbus_adapter import NO_NUMBER, DBusNotifier
from recovery.notify.port import HandedOver, Note, Shown, Undelivered
from tests.desktop import LIMIT_SECONDS, NOTIFICATIONS, Desktop
from tests.notify.conftest import drive, drive_deliveries

NOTE = Note("ice", "<b> & co", "<i>20</i> & min\nmore", actions=(("done", "Done"),), tag=1)

Answer = tuple[str, tuple[Any, ...]]
"""A signature with values, or the name of an error with its text."""

GOOD: dict[str, Answer] = {
    "GetServerInformation": ("ssss", ("odd", "maker", "1", "1.2")),
    "GetCapabilities": ("as", (["body"],)),
    "Notify": ("u", (7,)),
    "CloseNotification": ("", ()),
}


class Asked(list[tuple[str, Any]]):
    """What a server was asked, as (member, values); and a way to let it speak by itself."""

    def __init__(self, connection: DBusConnection) -> None:
        super().__init__()
        self._connection = connection
        self.before: dict[str, list[tuple[str, str, tuple[Any, ...]]]] = {}
        """Signals (member, signature, values) that go out before the answer to a call, by its member."""

    def emit(self, path: str, interface: str, member: str, signature: str, values: tuple[Any, ...]) -> None:
        """Send a signal."""
        self._connection.send(new_signal(DBusAddress(path, interface=interface), member, signature, values))


@contextmanager
def server(desktop: Desktop, answers: dict[str, Answer], *names: str) -> Iterator[Asked]:
    """A notification server of these answers, which has other names as well."""
    connection = desktop.hang_server(*names)
    asked = Asked(connection)
    is_over = threading.Event()

    def serve() -> None:
        while not is_over.is_set():
            try:
                message = connection.receive(timeout=0.05)
            except TimeoutError:
                continue
            if message.header.message_type is not MessageType.method_call:
                continue
            member = message.header.fields[HeaderFields.member]
            asked.append((member, message.body))
            if member not in answers:
                continue  # silence
            kind, values = answers[member]
            for word in asked.before.pop(member, ()):
                asked.emit("/org/freedesktop/Notifications", NOTIFICATIONS, *word)
            make = new_error if "." in kind else new_method_return
            connection.send(
                make(message, kind, "s", values) if "." in kind else make(message, kind or None, values)
            )

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield asked
    finally:
        is_over.set()
        thread.join(LIMIT_SECONDS)
        connection.close()


def notified(asked: list[tuple[str, Any]]) -> Any:
    [values] = [values for member, values in asked if member == "Notify"]
    return values


def test_a_server_without_markup_and_buttons_is_given_plain_text_alone(
    bare_desktop: Desktop, notifier: DBusNotifier
) -> None:
    with server(bare_desktop, GOOD) as asked:
        notifier.show(NOTE)
        assert drive_deliveries(notifier) == [Shown(1, "dbus")]

    app, replaces, icon, title, body, actions, hints, timeout = notified(asked)
    assert (app, replaces, icon, timeout) == ("recovery", 0, "", -1)
    assert (title, body, actions) == ("<b> & co", "<i>20</i> & min\nmore", [])
    assert hints == {"urgency": ("y", 1), "desktop-entry": ("s", "recovery")}
    can = notifier.capabilities()
    assert can
    assert (can.markup, can.buttons) == (False, False)


def test_a_server_with_markup_and_buttons_is_given_both(
    bare_desktop: Desktop, notifier: DBusNotifier
) -> None:
    can: Answer = ("as", (["body", "body-markup", "actions", "persistence"],))
    with server(bare_desktop, GOOD | {"GetCapabilities": can}) as asked:
        notifier.show(NOTE)
        drive_deliveries(notifier)

    _, _, _, title, body, actions, *_ = notified(asked)
    assert (title, body) == ("<b> & co", "&lt;i&gt;20&lt;/i&gt; &amp; min\nmore")
    assert actions == ["done", "Done"]


def test_titles_and_buttons_are_plain_text_to_every_server(
    bare_desktop: Desktop, notifier: DBusNotifier
) -> None:
    """Only the body is markup by the specification: escaped, a title or a label would show its `&lt;`."""
    can: Answer = ("as", (["body", "body-markup", "body-hyperlinks", "body-images", "actions"],))
    bad = "<b onclick='x'>\x1b[31m\u202e$(id) %s {0} &amp; <img src='file:///etc/passwd'/>"
    with server(bare_desktop, GOOD | {"GetCapabilities": can}) as asked:
        notifier.show(Note("ice", bad, bad, actions=(("done", bad),), tag=1))
        drive_deliveries(notifier)

    _, _, _, title, body, actions, *_ = notified(asked)
    plain = bad.replace("\x1b", "\ufffd").replace("\u202e", "\ufffd")
    assert title == plain
    assert actions == ["done", plain]
    assert body == html.escape(plain, quote=False)


def test_a_server_s_words_for_an_error_command_nothing(bare_desktop: Desktop, notifier: DBusNotifier) -> None:
    words = "<b>no\x1b]0;x\x07\u202e\nway\x9b2J {0} %s"
    with server(bare_desktop, GOOD | {"Notify": ("org.odd.Error.\x41", (words,))}):
        notifier.show(NOTE)
        [lost] = drive_deliveries(notifier)

    assert isinstance(lost, Undelivered)
    assert lost.reason == "the notification server refused it (<b>no]0;x way2J {0} %s)"


def test_a_server_that_shows_titles_alone_loses_no_text(
    bare_desktop: Desktop, notifier: DBusNotifier
) -> None:
    with server(bare_desktop, GOOD | {"GetCapabilities": ("as", (["actions"],))}) as asked:
        notifier.show(NOTE)
        drive_deliveries(notifier)

    assert notified(asked)[3:5] == ("<b> & co: <i>20</i> & min more", "")


@pytest.mark.parametrize(
    "answer",
    [("org.freedesktop.DBus.Error.UnknownMethod", ("no such thing",)), ("", ()), ("u", (1,))],
)
def test_a_server_that_does_not_tell_what_it_can_is_taken_to_be_plain(
    bare_desktop: Desktop, notifier: DBusNotifier, answer: Answer
) -> None:
    with server(bare_desktop, GOOD | {"GetCapabilities": answer}) as asked:
        notifier.show(NOTE)
        assert drive_deliveries(notifier) == [Shown(1, "dbus")]

    assert notified(asked)[4:6] == ("<i>20</i> & min\nmore", [])


@pytest.mark.parametrize(
    "answer",
    [
        ("", ()),
        ("s", ("seven",)),
        ("as", (["seven"],)),
        ("u", (0,)),
        ("i", (-7,)),
        ("b", (True,)),
        ("t", (2**32,)),
    ],
)
def test_an_answer_that_names_no_note_is_not_shown(
    bare_desktop: Desktop, notifier: DBusNotifier, answer: Answer
) -> None:
    answers = GOOD | {"Notify": answer}
    with server(bare_desktop, answers):
        notifier.show(NOTE)
        assert drive_deliveries(notifier) == [Undelivered(1, "dbus", NO_NUMBER)]
        assert notifier.problem() == NO_NUMBER
        notifier.withdraw("ice")
        answers["Notify"] = GOOD["Notify"]
        notifier.show(NOTE)
        assert drive_deliveries(notifier) == [Shown(1, "dbus")]
        assert notifier.problem() == ""


@pytest.mark.parametrize(
    ("error", "text", "reason", "lack"),
    [
        ("org.example.Error.Full", "too many", "the notification server refused it (too many)", ""),
        ("org.example.Error.Full", "", "the notification server refused it (org.example.Error.Full)", ""),
        ("org.freedesktop.DBus.Error.Timeout", "", "the notification server does not answer", ""),
        (
            "org.freedesktop.DBus.Error.Spawn.ChildExited",
            "",
            "no notification server is running on this desktop",
            "server",
        ),
    ],
)
def test_a_refusal_is_told(  # pytest gives them by name
    bare_desktop: Desktop, notifier: DBusNotifier, error: str, text: str, reason: str, lack: str
) -> None:
    with server(bare_desktop, GOOD | {"Notify": (error, (text,))}):
        notifier.show(NOTE)
        [outcome] = drive_deliveries(notifier)

    assert isinstance(outcome, Undelivered)
    assert (outcome.reason, outcome.lack) == (reason, lack)


def test_a_refused_question_for_capabilities_is_told(bare_desktop: Desktop, notifier: DBusNotifier) -> None:
    refusal: Answer = ("org.freedesktop.DBus.Error.AccessDenied", ("not you",))
    with server(bare_desktop, GOOD | {"GetCapabilities": refusal}):
        notifier.show(NOTE)
        [outcome] = drive_deliveries(notifier)

    assert outcome == Undelivered(1, "dbus", "the notification server refused it (not you)")


def test_an_idle_probe_of_a_hung_server_ends_with_the_problem(
    bare_desktop: Desktop, notifier: DBusNotifier
) -> None:
    with bare_desktop.hang_server():
        notifier.probe()
        drive(notifier, lambda _: notifier.problem(), limit=3.5)

    assert notifier.deadline() is None


@pytest.fixture
def without_jeepney(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "jeepney"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "jeepney", None)
    monkeypatch.delitem(sys.modules, "recovery.notify.dbus", raising=False)
    monkeypatch.delattr("recovery.notify.dbus", raising=False)


def test_without_jeepney_the_reason_names_it(without_jeepney: None) -> None:
    notifier = DBusNotifier({})
    notifier.show(NOTE)

    [outcome] = drive_deliveries(notifier)
    assert isinstance(outcome, Undelivered)
    assert outcome.lack == "library"
    assert outcome.reason.startswith("the Python package jeepney")
    assert notifier.problem() == outcome.reason


def test_without_jeepney_plyer_reaches_the_desktop(desktop: Desktop) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "recovery.notify.dbus", None)
        patch.delattr("recovery.notify.dbus", raising=False)
        notifier = choose("auto", environ=desktop.environ, platform="linux")
        notifier.show(NOTE)
        assert drive_deliveries(notifier) == [HandedOver(1, "plyer")]

    assert (notifier.name, notifier.problem()) == ("plyer", "")
    notifier.close()
    [received] = desktop.received()
    assert received.title == "<b> & co"
