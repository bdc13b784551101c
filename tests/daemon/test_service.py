"""What the daemon does when it wakes, on a virtual clock and with a fake desktop."""

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from recovery.care.record import load, write
from recovery.daemon.service import RETRIES, TROUBLE_WAIT
from recovery.engine.acts import AnswerCheckIn, ClearFlag, End, MarkDone, RaiseFlag, Snooze, Stop
from recovery.engine.facts import Alerted, Delivered, Ended, NotDelivered
from recovery.engine.telling import pending_cues, shown
from recovery.notify.port import WITHDRAWN_UNSEEN
from recovery.store import failures
from recovery.store.journal import Journal
from tests.daemon.conftest import MINUTE, NOON, Watch, start
from tests.profile import ICE, LONG, protocol

Made = Callable[..., Watch]

DRINK = """\
      - {id: drink, kind: reminder, of: rest, title: Drink, every: 2h, say: A glass of water., source: own}
"""
WALK = """\
      - {id: walk, kind: reminder, of: exercise, title: Walk, every: 2h, say: A short walk., source: own}
"""


def test_a_session_is_told_at_its_start_and_at_its_end(watch: Made) -> None:
    daemon = watch()
    daemon.wake()
    assert daemon.titles() == ["Ice: start, 20 min, until 12:20"]
    assert daemon.next == NOON + 20 * MINUTE

    daemon.wake_when_due()
    assert daemon.titles()[1:] == ["Ice: stop"]
    assert [note.critical for note in daemon.notifier.shown] == [False, True]


def test_the_start_cue_leaves_the_screen_with_the_end_cue(watch: Made) -> None:
    daemon = watch()
    daemon.wake()
    daemon.wake_when_due()

    assert [note.title for note in daemon.notifier.on_screen.values()] == ["Ice: stop"]


def test_an_end_cue_leaves_the_screen_when_the_person_has_answered_it(watch: Made) -> None:
    daemon = watch()
    daemon.wake()
    daemon.wake_when_due()
    daemon.act(End("ice"))
    daemon.wake()

    assert [note.title for note in daemon.notifier.on_screen.values()] == []


def test_an_end_cue_leaves_the_screen_when_the_next_session_begins(watch: Made) -> None:
    daemon = watch()
    daemon.wake()
    while sum(title.startswith("Ice: start") for title in daemon.titles()) < 2:
        daemon.wake_when_due()
    on_screen = [note.title for note in daemon.notifier.on_screen.values()]

    assert "Ice: stop" in daemon.titles()
    assert "Ice: stop" not in on_screen


def test_the_fate_of_a_cue_is_in_the_journal(watch: Made) -> None:
    daemon = watch()
    daemon.wake(NOON + timedelta(milliseconds=40))

    (fact,) = daemon.facts(Delivered)
    assert (fact.at, fact.by) == (daemon.now, "daemon")
    assert (fact.data["via"], fact.data["late"]) == ("fake", 40)


def test_a_cue_is_shown_once(watch: Made) -> None:
    daemon = watch()
    for seconds in range(0, 600, 60):
        daemon.wake(NOON + timedelta(seconds=seconds))

    assert len(daemon.titles()) == 1


def test_what_cannot_be_shown_is_tried_again_ever_more_seldom(watch: Made) -> None:
    daemon = watch()
    daemon.notifier.break_down("no screen")
    daemon.wake()
    waits = []
    while len(waits) < 4:
        assert daemon.next is not None
        waits.append(daemon.next - daemon.now)
        daemon.wake_when_due()

    assert waits == list(RETRIES[:4])


def test_after_the_last_wait_a_cue_is_tried_when_something_else_is_due(watch: Made) -> None:
    daemon = watch(LONG.format(length="10h"))
    daemon.notifier.break_down("no screen")
    daemon.wake()
    for _ in RETRIES:
        daemon.wake_when_due()
    assert daemon.next == NOON + timedelta(hours=10), "without a desktop nothing is gained by waking for it"

    daemon.notifier.mend()
    daemon.wake(NOON + timedelta(hours=3))
    assert any(title.startswith("Ice: start") for title in daemon.titles())


def test_a_desktop_that_comes_back_is_not_stormed(watch: Made) -> None:
    daemon = watch()
    daemon.notifier.break_down("no screen")
    daemon.wake()
    while daemon.now < NOON + timedelta(days=6):
        daemon.wake_when_due()
    daemon.notifier.shown.clear()
    daemon.notifier.mend()
    daemon.wake()

    assert len(daemon.titles()) <= 2


def test_a_reason_is_written_down_once_however_often_it_is_met(watch: Made) -> None:
    daemon = watch()
    daemon.notifier.break_down("no screen")
    daemon.wake()
    daemon.wake_when_due()
    daemon.notifier.break_down("no bus")
    daemon.wake_when_due()
    daemon.wake_when_due()

    assert [fact.data["reason"] for fact in daemon.facts(NotDelivered)] == ["no screen", "no bus"]


def test_a_cue_arrives_once_the_desktop_is_there(watch: Made) -> None:
    daemon = watch()
    daemon.notifier.break_down("no screen")
    daemon.wake()
    daemon.notifier.mend()
    daemon.wake_when_due()

    assert len(daemon.titles()) == 1
    assert daemon.facts(Delivered)[0].at == NOON + RETRIES[0]
    assert daemon.next == NOON + 20 * MINUTE


def test_a_cue_that_a_command_has_told_is_not_shown_any_more(watch: Made) -> None:
    daemon = watch()
    daemon.notifier.break_down("no screen")
    daemon.wake()
    with Journal.open(daemon.folder, now=NOON) as journal, journal.transaction():
        record = load(journal, NOON)
        (episode,) = record.episodes
        write(
            journal, record, [shown(episode, cue, "text", NOON) for cue in pending_cues(episode, NOON)], NOON
        )
    daemon.notifier.mend()
    daemon.wake_when_due()

    assert daemon.titles() == []
    assert daemon.next == NOON + 20 * MINUTE


def test_after_an_outage_an_end_comes_first_and_says_how_late(watch: Made) -> None:
    daemon = watch(WALK, ICE.format(length="20min").replace("of: cold", "of: compression"), DRINK)
    daemon.wake()
    daemon.notifier.shown.clear()
    daemon.wake(NOON + timedelta(hours=2, minutes=5))

    titles = daemon.titles()
    assert titles[0] == "Ice: stop"
    assert titles[1:] == ["Walk · Drink"]
    assert "it should have been off since 12:20" in daemon.notifier.shown[0].body


def test_a_cue_that_a_newer_one_has_replaced_is_never_shown(watch: Made) -> None:
    daemon = watch()
    daemon.notifier.break_down("no screen")
    daemon.wake()
    daemon.act(Snooze("ice"))
    daemon.notifier.mend()
    daemon.wake(NOON + 10 * MINUTE)
    daemon.wake(NOON + 11 * MINUTE)

    assert daemon.titles() == ["Ice: start, 20 min, until 12:30"]


def test_a_silent_desktop_holds_up_nothing(watch: Made) -> None:
    daemon = watch()
    daemon.notifier.answers = False
    daemon.wake()
    assert daemon.next == NOON + 20 * MINUTE
    daemon.wake_when_due()

    assert len(daemon.facts(Ended)) == 1
    daemon.notifier.give_up("silent")
    daemon.wake()
    reasons = [fact.data["reason"] for fact in daemon.facts(NotDelivered)]
    assert reasons == [WITHDRAWN_UNSEEN, "silent"], (
        "the start cue, overtaken by the end cue, has its fate too"
    )
    daemon.notifier.answers = True
    daemon.wake_when_due()
    assert daemon.titles() == ["Ice: stop"]


def test_a_start_that_could_not_be_shown_is_not_shown_after_the_end(watch: Made) -> None:
    daemon = watch()
    daemon.notifier.break_down("no screen")
    daemon.wake()
    daemon.notifier.mend()
    daemon.wake(NOON + 21 * MINUTE)

    assert daemon.titles() == ["Ice: stop"]


def test_a_session_under_way_gets_its_end_though_the_episode_is_stopped(watch: Made) -> None:
    daemon = watch()
    daemon.wake()
    daemon.act(Stop())
    daemon.wake(NOON + MINUTE)
    assert daemon.next == NOON + 20 * MINUTE
    daemon.wake_when_due()

    assert daemon.titles()[1:] == ["Ice: stop"]
    assert daemon.facts(Delivered)[-1].at == daemon.now
    assert daemon.next is None


def test_the_last_cue_of_an_episode_is_tried_again_too(watch: Made) -> None:
    daemon = watch()
    daemon.wake(NOON + timedelta(days=1))
    daemon.wake_when_due()
    daemon.wake(daemon.now + 21 * MINUTE)
    daemon.notifier.break_down("no screen")
    daemon.act(AnswerCheckIn({"pain": "0"}))
    daemon.wake()
    assert [fact.data["reason"] for fact in daemon.facts(NotDelivered)] == ["no screen"]
    daemon.notifier.mend()
    daemon.wake_when_due()

    assert daemon.titles()[-1] == "Seconds: completed"
    assert daemon.facts(Delivered)[-1].at == daemon.now


def test_without_a_journal_there_is_nothing_to_do(tmp_path: object, watch: Made) -> None:
    daemon = watch()
    for file in daemon.folder.glob("journal.db*"):
        file.unlink()
    daemon.wake()

    assert (daemon.next, daemon.titles()) == (None, [])


def test_trouble_with_the_journal_is_logged_once_and_tried_again(
    watch: Made, caplog: pytest.LogCaptureFixture
) -> None:
    daemon = watch()
    file = daemon.folder / "journal.db"
    good = file.read_bytes()
    file.write_bytes(b"rubbish" * 1000)
    daemon.wake()
    assert daemon.next == NOON + TROUBLE_WAIT
    daemon.wake_when_due()
    daemon.wake_when_due()
    assert [line.levelname for line in caplog.records] == ["ERROR"]
    assert "damaged" in caplog.records[0].message

    file.write_bytes(good)
    daemon.wake_when_due()
    assert daemon.titles() == ["Ice: start, 20 min, until 12:20"]
    file.write_bytes(b"rubbish" * 1000)
    daemon.wake_when_due()
    assert [line.levelname for line in caplog.records].count("ERROR") == 2, "a new trouble is news"


def test_the_end_of_a_session_does_not_wait_for_the_journal(
    watch: Made, caplog: pytest.LogCaptureFixture
) -> None:
    daemon = watch()
    daemon.wake()
    file = daemon.folder / "journal.db"
    good = file.read_bytes()
    file.write_bytes(b"rubbish" * 1000)
    daemon.wake(NOON + 20 * MINUTE - timedelta(seconds=10))
    assert daemon.next == NOON + 20 * MINUTE, "sooner than the next try at the journal"
    daemon.wake_when_due()
    daemon.wake_when_due()
    assert daemon.titles()[1:] == ["Ice: stop"]
    assert "told from memory end quick-1/only/ice/2026-11-23.1/end" in caplog.messages

    file.write_bytes(good)
    daemon.wake_when_due()
    assert daemon.titles()[1:] == ["Ice: stop"], "not a second time as late"


def test_what_was_shown_is_not_shown_again_without_a_journal(
    watch: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "BUSY_SECONDS", 0.01)
    daemon = watch()
    daemon.next = daemon.service.wake(NOON)
    with closing(sqlite3.connect(daemon.folder / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert daemon.service.collect(0.0, NOON), "to be planned anew"
        daemon.wake(NOON + timedelta(seconds=1))
        assert daemon.next == daemon.now + TROUBLE_WAIT
        other.execute("ROLLBACK")
    daemon.wake_when_due()

    assert len(daemon.titles()) == 1
    assert [fact.at for fact in daemon.facts(Delivered)] == [NOON], (
        "when it was shown, not when it was written"
    )
    assert daemon.next == NOON + 20 * MINUTE


def test_the_log_has_one_line_a_cue_with_due_shown_and_lateness(
    watch: Made, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    daemon = watch()
    daemon.wake(NOON + timedelta(milliseconds=7))

    (line,) = caplog.records
    times = "due=12:00:00.000000Z now=12:00:00.007000Z late=7ms"
    assert line.message == f"shown start quick-1/only/ice/2026-11-23.1 {times} via=fake"
    caplog.clear()
    daemon.notifier.break_down("no screen")
    daemon.wake_when_due()
    (line,) = caplog.records
    assert line.levelname == "WARNING"
    assert line.message.endswith("due=12:20:00.000000Z now=12:20:00.000000Z late=0ms via=fake: no screen")


def test_a_routine_alert_of_the_night_is_kept_for_the_morning(tmp_path: Path) -> None:
    pack = ICE.format(length="20min").replace("of: cold", "of: compression")  # cold is over after two days
    start(tmp_path, protocol(pack).replace("max: 5d", "max: 110h"))
    daemon = Watch(tmp_path)
    daemon.wake()
    while not daemon.facts(Alerted):
        daemon.wake_when_due()
    assert daemon.now == NOON + timedelta(hours=110), "two in the morning"
    assert "Worth a visit" not in daemon.titles()

    daemon.wake_when_due()
    assert daemon.now == NOON + timedelta(hours=115)
    note = daemon.notifier.shown[-1]
    assert note.title.startswith("Ice: start"), "they fall together"
    assert "Worth a visit: It has taken longer than it should" in note.body


# Cues that fall together -------------------------------------------------------------------------


def test_reminders_that_fall_together_are_one_note(watch: Made) -> None:
    daemon = watch(WALK, DRINK)
    daemon.wake()

    (note,) = daemon.notifier.shown
    assert note.title == "Walk · Drink"
    assert note.body.splitlines() == ["• Walk: A short walk.", "• Drink: A glass of water."]
    assert len(daemon.facts(Delivered)) == 2, "each has its fate"
    daemon.wake(NOON + MINUTE)
    assert len(daemon.titles()) == 1


def test_the_start_of_a_session_takes_the_rest_along(watch: Made) -> None:
    daemon = watch(WALK, ICE.format(length="20min"), DRINK)
    daemon.wake()

    (note,) = daemon.notifier.shown
    assert note.title == "Ice: start, 20 min, until 12:20"
    assert note.body.splitlines()[1:] == [
        "Also: Walk · Drink",
        "• Walk: A short walk.",
        "• Drink: A glass of water.",
    ]
    assert len(daemon.facts(Delivered)) == 3


def test_two_episodes_share_a_note(tmp_path: Path) -> None:
    start(tmp_path, protocol(WALK, name="walks"))
    start(tmp_path, protocol(DRINK, name="drinks"))
    daemon = Watch(tmp_path)
    daemon.wake()

    assert daemon.titles() == ["Walk · Drink"]
    assert {fact.episode for fact in daemon.facts(Delivered)} == {"walks-1", "drinks-1"}


def test_an_end_shares_no_note(watch: Made) -> None:
    daemon = watch(LONG.format(length="2h"), DRINK)
    daemon.wake()
    daemon.wake_when_due()

    end, drink = daemon.notifier.shown[1:]
    assert (end.title, end.critical, end.body) == ("Ice: stop", True, "Cold pack off.")
    assert (drink.title, drink.critical) == ("Drink", False)


def test_a_group_that_failed_is_tried_again_as_a_group(watch: Made) -> None:
    daemon = watch(WALK, DRINK)
    daemon.notifier.break_down("no screen")
    daemon.wake()
    assert [fact.data["reason"] for fact in daemon.facts(NotDelivered)] == ["no screen"] * 2
    assert daemon.next == NOON + RETRIES[0]
    daemon.wake_when_due()
    daemon.notifier.mend()
    daemon.wake_when_due()

    assert daemon.titles() == ["Walk · Drink"]
    assert len(daemon.facts(Delivered)) == 2


def test_what_was_answered_meanwhile_is_not_tried_again_with_the_rest(watch: Made) -> None:
    daemon = watch(WALK, DRINK)
    daemon.notifier.break_down("no screen")
    daemon.wake()
    daemon.act(MarkDone("walk"))
    daemon.notifier.mend()
    daemon.wake_when_due()

    assert daemon.titles() == ["Drink"]
    assert len(daemon.facts(Delivered)) == 1


def test_a_silent_desktop_loses_nothing_of_a_group(watch: Made) -> None:
    daemon = watch(WALK, DRINK)
    daemon.notifier.answers = False
    daemon.wake()
    daemon.notifier.give_up("silent")
    daemon.wake(NOON + MINUTE)
    assert [fact.data["reason"] for fact in daemon.facts(NotDelivered)] == ["silent"] * 2
    daemon.notifier.answers = True
    daemon.wake_when_due()

    assert daemon.titles() == ["Walk · Drink"]
    assert len(daemon.facts(Delivered)) == 2


def test_what_went_along_with_a_start_outlives_it(watch: Made) -> None:
    """The start is over before the desktop has answered: its note goes, the reminder gets one of its own."""
    daemon = watch(ICE.format(length="20min"), DRINK)
    daemon.notifier.answers = False
    daemon.wake()
    daemon.wake_when_due()
    assert WITHDRAWN_UNSEEN in {fact.data["reason"] for fact in daemon.facts(NotDelivered)}
    daemon.notifier.answers = True
    daemon.notifier.answer()
    while "Drink" not in daemon.titles():
        daemon.wake_when_due()

    assert daemon.now < NOON + 21 * MINUTE
    assert daemon.titles() == ["Ice: stop", "Drink"]
    assert len(daemon.facts(Delivered)) == 2


def test_another_daemon_tells_what_the_one_before_could_not(watch: Made) -> None:
    daemon = watch(WALK, DRINK)
    daemon.notifier.answers = False
    daemon.wake()
    another = Watch(daemon.folder, NOON + MINUTE)
    another.wake()

    assert another.titles() == ["Walk · Drink"]
    assert len(another.facts(Delivered)) == 2


def test_a_shown_group_is_not_shown_again_while_the_journal_cannot_take_it(
    watch: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "BUSY_SECONDS", 0.01)
    daemon = watch(WALK, DRINK)
    daemon.next = daemon.service.wake(NOON)
    with closing(sqlite3.connect(daemon.folder / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert daemon.service.collect(0.0, NOON), "to be planned anew"
        daemon.wake(NOON + timedelta(seconds=1))
        other.execute("ROLLBACK")
    daemon.wake_when_due()

    assert len(daemon.titles()) == 1
    assert [fact.at for fact in daemon.facts(Delivered)] == [NOON] * 2


FLAG = """red_flags:
  - {id: numb, ask: "Numb?", level: urgent, say: Have it seen today., suspend: [cold], source: own}
phases:
"""


def test_a_red_flag_is_told_at_once_and_alone_until_it_is_dealt_with(tmp_path: Path) -> None:
    start(tmp_path, protocol(ICE.format(length="20min"), DRINK).replace("phases:\n", FLAG))
    daemon = Watch(tmp_path)
    daemon.notifier.break_down("no screen")
    daemon.wake()
    daemon.act(RaiseFlag("numb"))
    daemon.notifier.mend()
    daemon.wake()

    assert daemon.titles() == ["See somebody today"]
    assert daemon.notifier.shown[0].critical
    daemon.wake(NOON + RETRIES[0])
    assert daemon.titles()[0] == "See somebody today"
    assert len(daemon.notifier.on_screen) == len(daemon.titles())
    daemon.act(ClearFlag("numb", because="seen"))
    daemon.wake()
    assert "See somebody today" not in [note.title for note in daemon.notifier.on_screen.values()]
