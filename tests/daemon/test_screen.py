"""What the daemon before left on the screen: cleared up, replaced, never lost."""

import json
import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from recovery.daemon import presence
from recovery.daemon.notes import STANDING_FILE
from recovery.engine.acts import ClearFlag, RaiseFlag, Skip
from tests.daemon.conftest import MINUTE, NOON, Watch, start
from tests.desktop import Desktop, until
from tests.profile import ICE, Profile, is_alive, protocol

Made = Callable[..., Watch]

WALK = (
    "      - {id: walk, kind: reminder, of: rest, title: Walk, every: 2h, say: A short walk., source: own}\n"
)
ONE = "quick-1/only/ice/2026-11-23.1"


def another(daemon: Watch) -> Watch:
    """A daemon after one that was killed: the same folder, the same screen, nothing else."""
    later = Watch(daemon.folder, daemon.now)
    later.notifier.on_screen = daemon.notifier.on_screen
    return later


def test_what_was_answered_while_nobody_ran_leaves_the_screen(watch: Made) -> None:
    daemon = watch(ICE.format(length="20min"))
    daemon.wake()
    (key,) = daemon.notifier.on_screen
    daemon.act(Skip("ice"))

    later = another(daemon)
    later.wake()
    assert later.notifier.adopted == {key: f"token of {key}"}
    assert later.notifier.on_screen == {}


def test_what_nobody_answered_stays_and_is_not_shown_again(watch: Made) -> None:
    daemon = watch(ICE.format(length="20min"), WALK)
    daemon.wake()
    before = {**daemon.notifier.on_screen}

    later = another(daemon)
    later.wake()
    assert later.notifier.shown == []
    assert later.notifier.on_screen == before


def test_the_end_takes_the_start_of_the_daemon_before_off_the_screen(watch: Made) -> None:
    daemon = watch(ICE.format(length="20min"))
    daemon.wake()
    later = another(daemon)
    later.wake(NOON + 20 * MINUTE)
    assert list(later.notifier.on_screen) == [f"{ONE}/end"]


def test_a_button_of_the_daemon_before_works_where_all_are_told(watch: Made) -> None:
    daemon = watch(ICE.format(length="20min"))
    daemon.wake()
    later = another(daemon)
    later.wake(NOON + 5 * MINUTE)
    later.press(ONE, "begin")
    (begun,) = later.facts("begun")
    assert (begun.at, begun.by) == (NOON + 5 * MINUTE, "person")


def test_what_shared_the_note_that_goes_gets_one_of_its_own(watch: Made) -> None:
    daemon = watch(ICE.format(length="20min"), WALK)
    daemon.wake()
    (note,) = daemon.notifier.shown
    assert "Walk" in note.body
    later = another(daemon)
    later.wake(NOON + MINUTE)
    later.press(ONE, "skip")
    assert [note.title for note in later.notifier.on_screen.values()] == ["Walk"]


def test_a_note_that_is_gone_is_forgotten(watch: Made) -> None:
    daemon = watch(ICE.format(length="20min"))
    daemon.wake()
    later = another(daemon)
    later.notifier.on_screen = {}  # as after a log-out
    later.wake()
    assert later.notifier.shown == [], "it was told once, and stands in the journal"
    assert json.loads((daemon.folder / STANDING_FILE).read_text("utf-8")) == {}


def test_the_file_is_private_and_says_nothing_in_words(watch: Made) -> None:
    daemon = watch(ICE.format(length="20min"))
    daemon.wake()
    path = daemon.folder / STANDING_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text("utf-8")) == {ONE: [f"token of {ONE}", [["quick-1", 3]]]}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "null", '{"a": 1}', '{"a": ["b", [["c"]]]}', '{"a": ["b", [["quick-1", 9999]]]}',
     '{"a": ["b", [["quick-1", 1]]]}', '{"a": ["b", [["other", 2]]]}', '{"a": ["b", [["quick-1", 1e400]]]}',
     '{"a": ["b", []]}', '{"a": ["b", [["quick-1", 99999999999999999999999]]]}',
     '{"a": ["b", [["quick-1", -1]]]}', "[" * 100_000, "\udcff"],
)  # fmt: skip
def test_rubbish_in_the_file_is_no_obstacle(watch: Made, text: str) -> None:
    daemon = watch(ICE.format(length="20min"))
    (daemon.folder / STANDING_FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    daemon.wake()
    assert daemon.notifier.adopted == {}
    assert [note.key for note in daemon.notifier.shown] == [ONE]


def test_where_it_cannot_be_written_reminders_come_all_the_same(
    watch: Made, caplog: pytest.LogCaptureFixture
) -> None:
    daemon = watch(ICE.format(length="20min"))
    (daemon.folder / STANDING_FILE).mkdir()
    with caplog.at_level(logging.WARNING):
        daemon.wake()
        daemon.wake(NOON + 20 * MINUTE)
    assert len(daemon.notifier.shown) == 2
    assert caplog.text.count("is not written down") == 1
    assert not list(daemon.folder.glob("notes.*[0-9]")), "no draft is left behind"


def test_restarted_it_takes_off_the_real_screen_what_was_answered(
    desktop: Desktop, bare_desktop: Desktop, tmp_path: Path
) -> None:
    with Profile(tmp_path, bare_desktop.environ) as person:
        person.start(protocol(ICE.format(length="20min")))
        desktop.wait_for_displayed(1)
        person.wait_for("delivered", 1)
        until((person.home / STANDING_FILE).exists, "the note is written down")
        there = presence.read(person.home)
        assert there is not None
        os.kill(there.pid, signal.SIGKILL)
        until(lambda: not is_alive(there.pid), "the daemon is dead")
        assert desktop.displayed() == 1

        person.run("status")  # finds no daemon, and starts another
        person.wait_for_sign(lambda there: there.notifier == "dbus", "another daemon")
        desktop.wait_for_displayed(1)
        person.run("skip", "ice")
        until(lambda: desktop.displayed() == 0, "what the first daemon showed is gone")


def test_a_note_that_somebody_else_closed_is_forgotten(watch: Made) -> None:
    daemon = watch(ICE.format(length="20min"))
    daemon.wake()
    assert ONE in json.loads((daemon.folder / STANDING_FILE).read_text("utf-8"))
    daemon.notifier.close_note(ONE, "withdrawn")  # as "clear all" of a panel may
    daemon.wake()
    assert json.loads((daemon.folder / STANDING_FILE).read_text("utf-8")) == {}


SADDLE = (
    "red_flags:\n"
    "  - {id: saddle, ask: 'Numb?', level: emergency, say: Call for help., suspend: all, source: own}\n"
)


def test_an_emergency_clears_the_screen_of_all_but_itself_and_what_ends(tmp_path: Path) -> None:
    text = protocol(ICE.format(length="20min"), WALK).replace("phases:\n", f"{SADDLE}phases:\n", 1)
    start(tmp_path, text)
    daemon = Watch(tmp_path)
    daemon.wake()
    daemon.act(RaiseFlag("saddle"))
    daemon.wake(NOON + MINUTE)
    assert [note.body.splitlines()[0][:14] for note in daemon.notifier.on_screen.values()] == [
        "Call for help."
    ]
    daemon.wake(NOON + 20 * MINUTE)
    assert any(note.title == "Ice: stop" for note in daemon.notifier.on_screen.values())
    daemon.act(ClearFlag("saddle", "looked at"))
    daemon.wake(NOON + 21 * MINUTE)
    assert "Walk" not in {note.title for note in daemon.notifier.on_screen.values()}, "that time is over"


def test_an_emergency_of_one_episode_overtakes_the_notes_of_another(tmp_path: Path) -> None:
    start(tmp_path, protocol(WALK, name="one").replace("phases:\n", f"{SADDLE}phases:\n", 1))
    start(tmp_path, protocol(WALK, name="two"))
    daemon = Watch(tmp_path)
    daemon.wake()
    assert daemon.notifier.on_screen
    daemon.act(RaiseFlag("saddle"))
    daemon.wake(NOON + MINUTE)
    assert [note.critical for note in daemon.notifier.on_screen.values()] == [True]
