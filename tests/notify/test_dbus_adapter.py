"""The D-Bus notifier on a real bus with a real server: text, buttons, closing, replacing."""

from collections.abc import Iterator

import pytest

from recovery.notify.dbus_adapter import DBusNotifier
from recovery.notify.port import WITHDRAWN_UNSEEN, Closed, Note, Outcome, Pressed, Shown, Undelivered
from tests.desktop import Desktop
from tests.notify.conftest import drive, drive_deliveries


@pytest.fixture
def notifier(desktop: Desktop) -> Iterator[DBusNotifier]:
    subject = DBusNotifier(desktop.environ)
    yield subject
    subject.close()


def show(notifier: DBusNotifier, note: Note) -> list[Outcome]:
    notifier.show(note)
    return drive_deliveries(notifier)


@pytest.mark.parametrize(
    ("text", "arrives"),
    [
        ("20 minutes, with a cloth between.", "20 minutes, with a cloth between."),
        ("<b>bold</b>", "&lt;b&gt;bold&lt;/b&gt;"),
        ("ice & rest", "ice &amp; rest"),
        ("&lt;", "&amp;lt;"),
        ('it\'s "so"', 'it\'s "so"'),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("Eis auf 🧊 für", "Eis auf 🧊 für"),
        ("-20 min", "-20 min"),
        ("--help", "--help"),
        ("C:\\new\\table", "C:\\new\\table"),
        ("a\0b", "a\N{REPLACEMENT CHARACTER}b"),
        ("a\ud83db", "a\N{REPLACEMENT CHARACTER}b"),
        ("a\x1b[31mb", "a\N{REPLACEMENT CHARACTER}[31mb"),
    ],
)
def test_text_arrives_exactly(desktop: Desktop, notifier: DBusNotifier, text: str, arrives: str) -> None:
    """The body is markup for dunst, so it is escaped; the title is not."""
    assert show(notifier, Note("ice", text, text, tag=1)) == [Shown(1, "dbus")]

    [received] = desktop.received()
    title = text if "&" in arrives else arrives
    assert (received.title, received.body, received.app) == (title, arrives, "recovery")


def test_a_long_body_arrives_whole_and_a_monstrous_note_is_cut(
    desktop: Desktop, notifier: DBusNotifier
) -> None:
    show(notifier, Note("ice", "Cold pack on", "é" * 2_000))
    show(notifier, Note("rest", "x" * 100_000, "x" * 100_000))

    long, monstrous = desktop.received()
    assert long.body == "é" * 2_000
    assert (monstrous.title, monstrous.body) == ("x" * 499 + "…", "x" * 3_999 + "…")


def test_the_server_is_known_after_the_first_note(notifier: DBusNotifier) -> None:
    show(notifier, Note("ice", "Cold pack on", ""))

    can = notifier.capabilities()
    assert can
    assert (can.buttons, can.replace, can.close, can.urgency, can.markup) == (True, True, True, True, True)
    assert notifier.server.startswith("dunst 1.")


def test_a_probe_finds_the_server_without_showing_anything(desktop: Desktop, notifier: DBusNotifier) -> None:
    notifier.probe()
    drive(notifier, lambda _: notifier.capabilities())

    assert notifier.problem() == ""
    assert desktop.received() == []


def test_a_note_with_the_same_key_replaces(desktop: Desktop, notifier: DBusNotifier) -> None:
    notifier.show(Note("ice", "Cold pack on", "", tag=1))
    notifier.show(Note("ice", "Cold pack off", "", tag=2))
    assert drive_deliveries(notifier, 2) == [Shown(1, "dbus"), Shown(2, "dbus")]
    notifier.show(Note("rest", "Rest", "", tag=3))
    drive_deliveries(notifier)

    desktop.wait_for_displayed(2)
    assert [each.title for each in desktop.received()] == ["Cold pack off", "Rest"]


def test_a_withdrawn_note_leaves_the_screen(desktop: Desktop, notifier: DBusNotifier) -> None:
    show(notifier, Note("ice", "Cold pack on", ""))
    desktop.wait_for_displayed(1)

    notifier.withdraw("ice")

    assert drive(notifier, len) == [Closed("ice", "withdrawn")]
    desktop.wait_for_displayed(0)


def test_a_note_withdrawn_before_it_is_sent_is_undelivered(desktop: Desktop, notifier: DBusNotifier) -> None:
    notifier.show(Note("ice", "Cold pack on", "", tag=1))
    notifier.withdraw("ice")

    assert drive_deliveries(notifier) == [Undelivered(1, "dbus", WITHDRAWN_UNSEEN)]
    assert desktop.received() == []


def test_a_note_withdrawn_while_it_is_on_its_way_leaves_the_screen(
    desktop: Desktop, notifier: DBusNotifier
) -> None:
    notifier.probe()
    drive(notifier, lambda _: notifier.capabilities())
    notifier.show(Note("ice", "Cold pack on", "", tag=1))
    notifier.withdraw("ice")

    outcomes = drive(notifier, lambda outcomes: len(outcomes) == 2)
    assert outcomes == [Shown(1, "dbus"), Closed("ice", "withdrawn")]
    desktop.wait_for_displayed(0)


@pytest.mark.parametrize(("critical", "urgency"), [(True, "critical"), (False, "normal")])
def test_urgency(desktop: Desktop, notifier: DBusNotifier, critical: bool, urgency: str) -> None:
    show(notifier, Note("ice", "Cold pack off", "", critical=critical))

    [received] = desktop.received()
    assert received.urgency == urgency


@pytest.mark.parametrize(
    ("label", "action"), [("Done", "done"), ("Snooze 10 min", "snooze"), ("Skip", "skip")]
)
def test_a_pressed_button_comes_back_and_the_note_goes(
    desktop: Desktop, notifier: DBusNotifier, label: str, action: str
) -> None:
    buttons = (("done", "Done"), ("snooze", "Snooze 10 min"), ("skip", "Skip"))
    show(notifier, Note("ice", "Cold pack on", "", actions=buttons))
    desktop.wait_for_displayed(1)

    desktop.press(label)

    outcomes = drive(notifier, lambda outcomes: len(outcomes) == 2)
    assert outcomes == [Pressed("ice", action), Closed("ice", "withdrawn")]
    desktop.wait_for_displayed(0)


def test_the_only_button_answers_to_a_click_on_the_note(desktop: Desktop, notifier: DBusNotifier) -> None:
    show(notifier, Note("ice", "Cold pack on", "", actions=(("done", "Done"),)))
    desktop.wait_for_displayed(1)

    desktop.press_default()

    assert drive(notifier, len)[0] == Pressed("ice", "done")


def test_a_dismissed_note_says_so(desktop: Desktop, notifier: DBusNotifier) -> None:
    show(notifier, Note("ice", "Cold pack on", ""))
    desktop.wait_for_displayed(1)

    desktop.close_all()

    assert drive(notifier, len) == [Closed("ice", "dismissed")]


def test_an_expired_note_says_so_and_a_critical_one_stays(screen: str) -> None:
    with Desktop(screen, timeout="300ms") as desktop:
        desktop.start()
        notifier = DBusNotifier(desktop.environ)
        notifier.show(Note("ice", "Cold pack on", "", tag=1))
        notifier.show(Note("off", "Cold pack off", "", critical=True, tag=2))

        outcomes = drive(notifier, lambda outcomes: len(outcomes) == 3)
        notifier.close()

        assert outcomes == [Shown(1, "dbus"), Shown(2, "dbus"), Closed("ice", "expired")]
        desktop.wait_for_displayed(1)


def test_the_runtime_folder_is_enough_to_find_the_bus(desktop: Desktop) -> None:
    environ = {"XDG_RUNTIME_DIR": str(desktop.folder)}
    notifier = DBusNotifier(environ)

    notifier.show(Note("ice", "Cold pack on", "", tag=1))

    assert drive_deliveries(notifier) == [Shown(1, "dbus")]
    notifier.close()


# Notes of a process before this one ---------------------------------------------------------------


def token_of(outcomes: list[Outcome]) -> str:
    (shown,) = outcomes
    assert isinstance(shown, Shown)
    assert shown.token
    return shown.token


@pytest.fixture
def token(desktop: Desktop) -> str:
    """Of a note that a process has shown which is no more."""
    before = DBusNotifier(desktop.environ)
    token = token_of(show(before, Note("ice", "Cold pack on", "")))
    before.close()
    desktop.wait_for_displayed(1)
    return token


@pytest.mark.parametrize("is_connected", [False, True])
def test_a_note_of_the_process_before_is_replaced(
    desktop: Desktop, notifier: DBusNotifier, token: str, is_connected: bool
) -> None:
    if is_connected:
        notifier.probe()
        drive(notifier, lambda _: notifier.capabilities())
    notifier.adopt(Note("ice", "", ""), token)
    assert show(notifier, Note("ice", "Cold pack on, once more", "", tag=2)) == [Shown(2, "dbus")]

    desktop.wait_for_displayed(1)
    assert [each.title for each in desktop.received()] == ["Cold pack on, once more"]


def test_a_note_of_the_process_before_is_withdrawn(
    desktop: Desktop, notifier: DBusNotifier, token: str
) -> None:
    notifier.adopt(Note("ice", "", ""), token)
    notifier.withdraw("ice")

    assert drive(notifier, len) == [Closed("ice", "withdrawn")]
    desktop.wait_for_displayed(0)


def test_the_note_of_another_server_is_left_alone(
    desktop: Desktop, notifier: DBusNotifier, token: str
) -> None:
    desktop.stop_server()
    desktop.start_server()
    others = DBusNotifier(desktop.environ)
    show(others, Note("mail", "Somebody wrote", ""))
    assert token.rpartition("/")[2] == token_of(show(others, Note("mail", "Again", ""))).rpartition("/")[2]
    others.close()

    notifier.adopt(Note("ice", "", ""), token)
    notifier.withdraw("ice")
    assert drive(notifier, len) == [Closed("ice", "unknown")]
    show(notifier, Note("rest", "Rest", ""))
    desktop.wait_for_displayed(2)


@pytest.mark.parametrize("number", ["0", "-1", "99999999999", "9" * 5000, "²"])
def test_a_number_that_no_server_gives_is_no_note(
    desktop: Desktop, notifier: DBusNotifier, token: str, number: str
) -> None:
    notifier.adopt(Note("ice", "", ""), f"{token.rpartition('/')[0]}/{number}")
    assert drive(notifier, len) == [Closed("ice", "unknown")]


def test_what_nobody_can_have_shown_is_gone_however_late_it_is_asked(bare_desktop: Desktop) -> None:
    bare_desktop.start_bus()
    subject = DBusNotifier(bare_desktop.environ)
    subject.adopt(Note("rest", "", ""), "a/b/1")
    assert drive(subject, len) == [Closed("rest", "unknown")]
    subject.adopt(Note("ice", "", ""), "a/b/2")  # by now it is known that there is no server
    assert drive(subject, len) == [Closed("ice", "unknown")]
    subject.close()


@pytest.mark.parametrize("token", ["", "/", "x/y", "//-1", "a/b/c/9" * 100])
def test_what_is_no_token_is_no_note(desktop: Desktop, notifier: DBusNotifier, token: str) -> None:
    notifier.adopt(Note("ice", "", ""), token)
    assert drive(notifier, len) == [Closed("ice", "unknown")]


def test_without_a_server_nothing_is_taken_over(bare_desktop: Desktop, notifier: DBusNotifier) -> None:
    subject = DBusNotifier({"PATH": "/nowhere"})
    subject.adopt(Note("ice", "", ""), "a/b/1")
    assert drive(subject, len) == [Closed("ice", "unknown")]
    subject.close()
