"""What servers say of do not disturb is asked when a note that can wait is to be shown, and only then."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from recovery.notify import do_not_disturb
from recovery.notify.dbus_adapter import DBusNotifier
from recovery.notify.do_not_disturb import (
    DUNST,
    FULL_SCREEN,
    HELD,
    SERVER,
    UNSEEN,
    XFCONF,
    Server,
    full_screen,
    is_freed,
    run_dialogue,
)
from recovery.notify.port import WITHDRAWN_UNSEEN, Freed, Note, Shown, Undelivered
from tests.desktop import LIMIT_SECONDS, Desktop, display, end, need, until
from tests.notify.conftest import deliveries, drive, drive_deliveries
from tests.notify.test_dbus_odd_servers import GOOD, notified, server
from tests.profile import is_alive

NOTE = Note("ice", "Ice: start", "Cold pack on.", tag=1, can_wait=True)
YES, NO = ("v", (("b", True),)), ("v", (("b", False),))
CHANGED = "PropertiesChanged"
UNKNOWN = ("org.freedesktop.DBus.Error.UnknownProperty", ("no such property",))


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


def test_the_answer_for_a_note_that_was_withdrawn_is_not_that_for_the_next(
    bare_desktop: Desktop, notifier: DBusNotifier
) -> None:
    answers = {**GOOD, "Get": YES}
    with server(bare_desktop, answers):
        notifier.probe()
        drive(notifier, lambda _: notifier.capabilities())
        notifier.show(NOTE)
        notifier.withdraw(NOTE.key)
        assert drive_deliveries(notifier) == [Undelivered(1, "dbus", WITHDRAWN_UNSEEN)]
        answers["Get"] = NO
        notifier.show(NOTE)
        assert drive_deliveries(notifier) == [Shown(1, "dbus")]


def test_a_paused_dunst_says_when_it_goes_on(desktop: Desktop) -> None:
    notifier = DBusNotifier(desktop.environ)
    desktop.pause(True)
    notifier.show(NOTE)
    [outcome] = drive_deliveries(notifier)
    assert outcome == Undelivered(1, "dbus", HELD, is_held=True)
    desktop.pause(False)
    assert Freed() in drive(notifier, lambda outcomes: Freed() in outcomes)
    notifier.show(NOTE)
    assert drive_deliveries(notifier) == [Shown(1, "dbus")]
    desktop.wait_for_displayed(1)
    notifier.close()


def test_a_server_that_goes_frees_what_it_held(desktop: Desktop) -> None:
    notifier = DBusNotifier(desktop.environ)
    desktop.pause(True)
    notifier.show(NOTE)
    drive_deliveries(notifier)
    desktop.stop_server()
    assert Freed() in drive(notifier, lambda outcomes: Freed() in outcomes)
    notifier.close()


@pytest.mark.parametrize(
    ("member", "values", "freed"),
    [
        (CHANGED, (DUNST, {"paused": ("b", False)}, []), True),
        (CHANGED, (SERVER, {"Inhibited": ("b", False)}, []), True),
        (CHANGED, (SERVER, {}, ["Inhibited"]), True),
        (CHANGED, (SERVER, {"Inhibited": ("b", True)}, []), False),
        (CHANGED, (DUNST, {"displayedLength": ("u", 1)}, []), False),
        (CHANGED, ("rubbish",), False),
        (CHANGED, (), False),
        ("PropertyChanged", ("xfce4-notifyd", "/do-not-disturb", ("b", False)), True),
        ("PropertyChanged", ("xfce4-notifyd", "/do-not-disturb", ("b", True)), False),
        ("PropertyChanged", ("rubbish",), False),
        ("PropertyRemoved", ("xfce4-notifyd", "/do-not-disturb"), True),
        ("Notify", ("/org/gnome/desktop/notifications/show-banners", [""], ":1.1:user:8"), True),
        ("NameAcquired", (":1.7",), False),
    ],
)
def test_a_change_of_a_property_is_read(member: str, values: Any, freed: bool) -> None:
    assert is_freed(member, values) is freed


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


# Xfce, GNOME, MATE --------------------------------------------------------------------------------

XFCE = {
    **GOOD,
    "GetServerInformation": ("ssss", ("Xfce Notify Daemon", "Xfce", "0.7.3", "1.2")),
    "Get": UNKNOWN,
}
GNOME = {**GOOD, "GetServerInformation": ("ssss", ("gnome-shell", "GNOME", "43.9", "1.2")), "Get": UNKNOWN}
MATE = {
    **GOOD,
    "GetServerInformation": ("ssss", ("Notification Daemon", "MATE", "1.26.0", "1.1")),
    "Get": UNKNOWN,
}
NEVER_SET = ("org.xfce.Xfconf.Error.PropertyNotFound", ('Property "/do-not-disturb" does not exist',))
END = Note("end", "Ice: stop", "", critical=True, tag=2)


def program(folder: Path, name: str, text: str) -> dict[str, str]:
    """An environment in which a program of that name is a script."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


@pytest.fixture
def asking(bare_desktop: Desktop, tmp_path: Path) -> Iterator[Callable[[str], DBusNotifier]]:
    """A notifier whose `gsettings` says what it is told to; the switch is a file, and nothing else is there to ask."""
    bare_desktop.start_bus()
    made: list[DBusNotifier] = []

    def notifier(answer: str) -> DBusNotifier:
        (tmp_path / "switch").write_text(answer)
        path = program(tmp_path, "gsettings", f"echo $@ >> {tmp_path}/asked; cat {tmp_path}/switch")
        made.append(DBusNotifier({**bare_desktop.environ, **path, "WAYLAND_DISPLAY": "wayland-0"}))
        return made[-1]

    yield notifier
    for each in made:
        each.close()


@pytest.mark.parametrize(
    ("answer", "is_held"), [("false", True), ("true", False), ("", False), ("x" * 99_999, False)]
)
def test_gnome_is_asked_by_its_settings(
    bare_desktop: Desktop, tmp_path: Path, asking: Callable[[str], DBusNotifier], answer: str, is_held: bool
) -> None:
    with server(bare_desktop, GNOME) as asked:
        notifier = asking(answer)
        notifier.show(NOTE)
        [outcome] = drive_deliveries(notifier)
        assert isinstance(outcome, Undelivered) == is_held
        assert ("Notify" in members(asked)) != is_held
        notifier.show(END)
        assert deliveries(drive_deliveries(notifier)) == [Shown(2, "dbus")], "GNOME shows what is urgent"
    assert (tmp_path / "asked").read_text() == "get org.gnome.desktop.notifications show-banners\n"


def test_gnome_says_that_its_settings_have_changed(
    bare_desktop: Desktop, tmp_path: Path, asking: Callable[[str], DBusNotifier]
) -> None:
    with server(bare_desktop, GNOME) as desktop:
        notifier = asking("false")
        notifier.show(NOTE)
        assert drive_deliveries(notifier) == [Undelivered(1, "dbus", HELD, is_held=True)]
        (tmp_path / "switch").write_text("true")
        path, key = "/ca/desrt/dconf/Writer/user", "/org/gnome/desktop/notifications/show-banners"
        desktop.emit(path, "ca.desrt.dconf.Writer", "Notify", "sass", (key, [""], ":1.1:user:8"))
        assert drive(notifier, len) == [Freed()]
        notifier.show(NOTE)
        assert drive_deliveries(notifier) == [Shown(1, "dbus")]


def test_mate_shows_nothing_so_what_is_urgent_is_not_called_shown(
    bare_desktop: Desktop, asking: Callable[[str], DBusNotifier]
) -> None:
    with server(bare_desktop, MATE) as asked:
        notifier = asking("true")
        notifier.show(END)
        assert drive_deliveries(notifier) == [Undelivered(2, "dbus", UNSEEN, is_held=True)]
        assert members(asked).count("Notify") == 1, "it is sent all the same"


def test_settings_that_do_not_answer_hold_nothing_back(
    bare_desktop: Desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(do_not_disturb, "LIMIT_SECONDS", 0.2)
    bare_desktop.start_bus()
    path = program(tmp_path, "gsettings", f"echo $$ > {tmp_path}/pid; exec sleep 60")
    notifier = DBusNotifier({**bare_desktop.environ, **path, "WAYLAND_DISPLAY": "wayland-0"})
    with server(bare_desktop, GNOME):
        notifier.show(NOTE)
        assert drive_deliveries(notifier) == [Shown(1, "dbus")]
    assert not is_alive(int((tmp_path / "pid").read_text())), "it is not left behind"
    notifier.close()


@pytest.mark.parametrize(
    ("answer", "is_held"), [(YES, True), (NO, False), (NEVER_SET, False), (("s", ("?",)), False)]
)
def test_xfce_is_asked_by_xfconf(
    bare_desktop: Desktop, notifier: DBusNotifier, answer: Any, is_held: bool
) -> None:
    with server(bare_desktop, {**XFCE, "GetProperty": answer}, XFCONF) as asked:
        notifier.show(NOTE)
        [outcome] = drive_deliveries(notifier)
        assert isinstance(outcome, Undelivered) == is_held
        assert [values for member, values in asked if member == "GetProperty"] == [
            ("xfce4-notifyd", "/do-not-disturb")
        ]


GONE = ("org.freedesktop.DBus.Error.NameHasNoOwner", ("nobody",))


def test_xfce_is_asked_again_where_only_its_settings_were_away(
    bare_desktop: Desktop, notifier: DBusNotifier
) -> None:
    answers = {**XFCE, "GetProperty": GONE}
    with server(bare_desktop, answers, XFCONF):
        notifier.show(NOTE)
        assert drive_deliveries(notifier) == [Shown(1, "dbus")]
        answers["GetProperty"] = YES
        notifier.show(NOTE)
        assert drive_deliveries(notifier) == [Undelivered(1, "dbus", HELD, is_held=True)]


@pytest.mark.parametrize(
    ("member", "signature", "values"),
    [
        ("PropertyChanged", "ssv", ("xfce4-notifyd", "/do-not-disturb", ("b", False))),
        ("PropertyRemoved", "ss", ("xfce4-notifyd", "/do-not-disturb")),
    ],
)
def test_xfce_says_that_it_may_be_disturbed_again(
    bare_desktop: Desktop, notifier: DBusNotifier, member: str, signature: str, values: Any
) -> None:
    with server(bare_desktop, {**XFCE, "GetProperty": YES}, XFCONF) as asked:
        notifier.show(NOTE)
        drive_deliveries(notifier)
        asked.emit("/org/xfce/Xfconf", XFCONF, member, signature, values)
        assert drive(notifier, len) == [Freed()]


def test_another_desktop_is_not_asked_by_xfconf(bare_desktop: Desktop, notifier: DBusNotifier) -> None:
    with server(bare_desktop, {**GOOD, "Get": UNKNOWN, "GetProperty": YES}, XFCONF) as asked:
        notifier.show(NOTE)
        assert drive_deliveries(notifier) == [Shown(1, "dbus")]
    assert "GetProperty" not in members(asked)


# Full screen --------------------------------------------------------------------------------------

WINDOW, STATE = "_NET_ACTIVE_WINDOW(WINDOW): window id # 0x80000c", "_NET_WM_STATE(ATOM) = "


@pytest.mark.parametrize(
    ("said", "is_full"),
    [
        # as they were, with xfwm4, openbox, KWin, and without a window manager
        ([f"{WINDOW}, 0x0", f"{STATE}_NET_WM_STATE_FULLSCREEN, _NET_WM_STATE_FOCUSED"], True),
        ([WINDOW, f"{STATE}_NET_WM_STATE_FULLSCREEN"], True),
        ([WINDOW, f"{STATE}_NET_WM_STATE_FOCUSED"], False),
        ([WINDOW, STATE], False),
        ([WINDOW, ""], False),
        (["_NET_ACTIVE_WINDOW(WINDOW): window id # 0x0, 0x16f30f0"], False),
        (["_NET_ACTIVE_WINDOW:  not found."], None),
        (["_NET_ACTIVE_WINDOW:  no such atom on any window."], None),
        ([""], None),
    ],
)
def test_what_xprop_says_of_the_active_window(said: list[str], is_full: bool | None) -> None:
    lines = iter(said)
    dialogue = full_screen(Server(), {"DISPLAY": ":1", "PATH": os.environ["PATH"]})
    assert dialogue is not None
    assert run_dialogue(dialogue, lambda _command: next(lines)) is is_full
    assert next(lines, "all is read") == "all is read"


@pytest.mark.parametrize(
    "environ", [{}, {"DISPLAY": ":1", "WAYLAND_DISPLAY": "wayland-0"}, {"DISPLAY": ":1", "PATH": "/nowhere"}]
)
def test_where_nobody_could_say_it_is_not_asked(environ: dict[str, str]) -> None:
    assert full_screen(Server(), {"PATH": os.environ["PATH"], **environ}) is None


def test_gnome_sees_to_full_screens_itself() -> None:
    assert full_screen(Server("gnome-shell", "GNOME"), {"DISPLAY": ":1", "PATH": os.environ["PATH"]}) is None


def test_a_full_screen_holds_back_what_can_wait_for_real() -> None:
    need("openbox", "xterm", "xprop")
    with display() as screen, Desktop(screen) as desktop:
        desktop.start()
        notifier = DBusNotifier(desktop.environ)
        manager = subprocess.Popen(
            ["openbox", "--sm-disable"], env=desktop.environ, stderr=subprocess.DEVNULL
        )
        until(lambda: "window id" in _xprop(desktop, "-root", "_NET_SUPPORTING_WM_CHECK"), "openbox runs")
        window = subprocess.Popen(["xterm", "-fullscreen"], env=desktop.environ, stderr=subprocess.DEVNULL)
        try:
            until(lambda: _takes_the_screen(desktop), "the terminal has the full screen")
            notifier.show(NOTE)
            assert drive_deliveries(notifier) == [Undelivered(1, "dbus", FULL_SCREEN, is_held=True)]
            notifier.show(END)
            assert drive_deliveries(notifier) == [Shown(2, "dbus")]
            end(window)
            until(lambda: not _takes_the_screen(desktop), "it is gone")
            notifier.show(NOTE)
            assert drive_deliveries(notifier) == [Shown(1, "dbus")]
        finally:
            notifier.close()
            end(window)
            end(manager)


def _takes_the_screen(desktop: Desktop) -> bool | None:
    dialogue = full_screen(Server(), desktop.environ)
    assert dialogue is not None
    return run_dialogue(dialogue, lambda command: _xprop(desktop, *command[1:]))


def _xprop(desktop: Desktop, *words: str) -> str:
    done = subprocess.run(
        ["xprop", *words],
        env=desktop.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )
    return done.stdout
