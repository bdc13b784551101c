"""What the daemon does without its journal, and how it keeps copies of it, on a virtual clock."""

import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from recovery.daemon.service import DOUBT, PATIENCE, TROUBLE_WAIT
from recovery.engine.facts import Delivered, Ended
from recovery.store import backups
from recovery.store.backups import BACKUP_WAIT
from recovery.store.journal import Journal
from tests.daemon.conftest import MINUTE, NOON, Watch, start
from tests.desktop import PROMPT_SECONDS
from tests.profile import ICE, protocol

Made = Callable[..., Watch]
DAY = timedelta(days=1)
OFTEN = ICE.replace("per_day: 1", "every: 2h").format(length="20min")


def copies(daemon: Watch) -> list[str]:
    return sorted(file.name for file in (daemon.folder / "backups").glob("*"))


def test_only_the_end_of_what_was_begun_is_told_from_memory(watch: Made) -> None:
    """Sessions that would have come while the journal cannot be used were never told to begin."""
    daemon = watch(OFTEN)
    daemon.wake()
    file = daemon.folder / "journal.db"
    good = file.read_bytes()
    file.write_bytes(b"rubbish" * 1000)
    while daemon.now < NOON + timedelta(hours=5):
        daemon.wake_when_due()
    assert daemon.titles() == ["Ice: start, 20 min, until 12:20", "Ice: stop"]

    file.write_bytes(good)
    daemon.wake_when_due()
    assert daemon.titles().count("Ice: stop") == 1, "nor a second time as late"
    ends = {fact.seq for fact in daemon.facts("ended")}
    (shown,) = [fact for fact in daemon.facts("delivered") if fact.data["seq"] in ends]
    assert shown.at == NOON + timedelta(minutes=20), "written down as shown at its own time"


@pytest.mark.parametrize("back", [10 * MINUTE, timedelta(hours=1), 14 * DAY, 3650 * DAY])
def test_the_end_told_from_memory_comes_by_the_steady_clock(watch: Made, back: timedelta) -> None:
    """The journal cannot be used, and the clock is set back meanwhile: the pack is not on for longer."""
    daemon = watch(OFTEN)
    daemon.wake(lived=DAY)
    file = daemon.folder / "journal.db"
    good = file.read_bytes()
    file.write_bytes(b"rubbish" * 1000)
    daemon.wake(NOON + 5 * MINUTE - back, lived=DAY + 5 * MINUTE)
    daemon.wake(NOON + 19 * MINUTE - back, lived=DAY + 19 * MINUTE)
    assert "Ice: stop" not in daemon.titles()
    daemon.wake(NOON + 20 * MINUTE - back, lived=DAY + 20 * MINUTE)
    assert daemon.titles()[-1] == "Ice: stop"

    file.write_bytes(good)
    daemon.wake(NOON + 25 * MINUTE - back, lived=DAY + 25 * MINUTE)
    daemon.wake(NOON + 26 * MINUTE, lived=DAY + 26 * MINUTE)
    assert daemon.titles().count("Ice: stop") == 1, "nor a second time as late"
    (ended,) = daemon.facts("ended")
    shown = [fact.data for fact in daemon.facts("delivered") if fact.data["seq"] == ended.seq]
    assert len([data for data in shown if "repeat" not in data]) == 1


def test_a_clock_that_catches_up_with_the_record_is_looked_for(watch: Made) -> None:
    """While it is doubted nothing is offered that would wake the daemon: the end of the doubt does."""
    walk = "      - {id: walk, kind: reminder, of: rest, title: Walk, every: 1h, say: A short walk., source: own}\n"
    daemon, back, lived = watch(walk), timedelta(hours=30), DAY
    daemon.wake(lived=lived)
    daemon.wake(NOON - back, lived=lived)
    assert daemon.titles() == ["Walk", "The clock looks wrong"]
    assert DOUBT in daemon.notifier.on_screen
    believed_at = NOON - DAY
    while daemon.now < believed_at:
        assert daemon.next is not None
        assert daemon.now < daemon.next <= believed_at
        lived += daemon.next - daemon.now
        daemon.wake(daemon.next, lived=lived)
    assert DOUBT not in daemon.notifier.on_screen


@pytest.mark.parametrize("back", [10 * MINUTE, timedelta(hours=1), 14 * DAY])
def test_a_clock_set_back_lets_no_further_try_wait_longer(watch: Made, back: timedelta) -> None:
    daemon = watch(OFTEN)
    daemon.wake(lived=DAY)
    daemon.notifier.break_down("no server")
    daemon.wake(NOON + 20 * MINUTE, lived=DAY + 20 * MINUTE)
    daemon.wake(NOON + 20 * MINUTE - back, lived=DAY + 20 * MINUTE)
    daemon.notifier.mend()
    assert daemon.next is not None
    assert daemon.next - daemon.now <= timedelta(seconds=15)
    daemon.wake(daemon.next, lived=DAY + 20 * MINUTE + (daemon.next - daemon.now))
    assert "Ice: stop" in daemon.titles()


@pytest.mark.parametrize("content", [None, b""])
def test_a_journal_that_is_gone_is_looked_for(
    watch: Made, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    daemon = watch()
    daemon.wake()
    file = daemon.folder / "journal.db"
    good = file.read_bytes()
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    daemon.wake(NOON + 20 * MINUTE)
    assert daemon.titles()[1:] == ["Ice: stop"]
    assert daemon.next == daemon.now + TROUBLE_WAIT
    daemon.wake_when_due()
    assert [line.message for line in caplog.records if line.levelname == "ERROR"] == [
        f"{file}: is not there any more"
    ]
    assert not file.exists() or file.read_bytes() == content

    file.write_bytes(good)
    daemon.wake_when_due()
    assert len(daemon.facts(Ended)) == 1


def test_what_was_shown_as_the_journal_went_is_written_when_it_is_back(watch: Made, tmp_path: Path) -> None:
    daemon = watch()
    daemon.wake()
    daemon.notifier.answers = False
    daemon.next = daemon.service.wake(NOON + 20 * MINUTE)
    away = tmp_path / "away.db"
    (daemon.folder / "journal.db").rename(away)
    daemon.notifier.answers = True
    daemon.notifier.answer()
    daemon.wake(NOON + 21 * MINUTE)
    away.rename(daemon.folder / "journal.db")
    daemon.wake_when_due()

    assert daemon.titles()[1:] == ["Ice: stop"]
    assert [fact.at for fact in daemon.facts(Delivered)][1:] == [NOON + 21 * MINUTE]


def test_a_lock_keeps_an_end_waiting_a_second_at_most(watch: Made) -> None:
    daemon = watch()
    daemon.wake()
    with closing(sqlite3.connect(daemon.folder / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        daemon.wake_when_due()
        assert time.monotonic() - began < PATIENCE + PROMPT_SECONDS
    assert daemon.titles()[1:] == ["Ice: stop"]


def test_a_record_that_makes_no_sense_does_not_end_the_daemon(
    watch: Made, caplog: pytest.LogCaptureFixture
) -> None:
    daemon = watch()
    daemon.wake()
    file = daemon.folder / "journal.db"
    good = file.read_bytes()
    with closing(sqlite3.connect(file)) as other:
        other.execute("DROP TRIGGER fact_is_never_changed")
        other.execute("UPDATE fact SET data = '{}' WHERE kind = 'started'")
        other.commit()
    daemon.wake(NOON + 20 * MINUTE)
    assert daemon.titles()[1:] == ["Ice: stop"]
    assert "quick-1 cannot be told from its facts: fact 1: onset: is missing" in caplog.text

    file.write_bytes(good)
    daemon.wake_when_due()
    assert len(daemon.facts(Ended)) == 1


AT_ONCE = """\
      - id: packs
        kind: alternation
        title: Packs
        per_day: 1
        steps:
          - {of: compression, duration: 10min, start: Cold on., end: Cold off.}
          - {of: elevation, duration: 10min, start: Warm on., end: Warm off.}
          - {of: compression, duration: 10min, start: Cold again., end: Cold off again.}
        source: own
"""


@pytest.fixture
def together(tmp_path: Path) -> Watch:
    """A round without a wait between its steps."""
    start(tmp_path, protocol(AT_ONCE))
    return Watch(tmp_path)


def test_an_end_is_told_though_the_next_step_begins_with_it(together: Watch) -> None:
    daemon = together
    daemon.wake()
    for _ in range(3):
        daemon.wake_when_due()
    bodies = [note.body for note in daemon.notifier.shown]
    assert bodies == ["Cold on.", "Cold off.", "Warm on.", "Warm off.", "Cold again.", "Cold off again."]


def test_an_end_whose_daemon_was_killed_is_told_before_its_step(
    together: Watch,
) -> None:
    together.wake()
    together.notifier.answers = False
    together.service.wake(NOON + 10 * MINUTE)
    another = Watch(together.folder, NOON + 12 * MINUTE)
    another.wake()
    bodies = [note.body for note in another.notifier.shown]
    assert bodies == ["Cold off. (This comes 2 min late.)", "Warm on. (This comes 2 min late.)"]


def test_of_a_round_that_nobody_saw_only_what_was_begun_is_ended(together: Watch) -> None:
    """The desktop goes after the first start, and comes back after the round: no storm of ends."""
    daemon = together
    daemon.wake()
    daemon.notifier.break_down("no screen")
    while len(daemon.facts(Ended)) < 3:
        daemon.wake_when_due()
    daemon.notifier.mend()
    daemon.wake(daemon.now + 30 * MINUTE)
    ends = [note.body.partition(" (")[0] for note in daemon.notifier.shown if note.title.endswith("stop")]
    assert ends == ["Cold off.", "Cold off again."]


def test_a_copy_a_day(watch: Made) -> None:
    daemon = watch()
    for hours in range(0, 72, 5):
        daemon.service.daily_copy.make(NOON + timedelta(hours=hours))
    days = {(NOON + timedelta(hours=hours)).astimezone().date() for hours in range(0, 72, 5)}
    assert copies(daemon) == sorted(f"daily-{day}.db" for day in days)


def test_without_a_journal_nothing_is_copied_until_there_is_one(watch: Made) -> None:
    daemon = watch()
    file = daemon.folder / "journal.db"
    good = file.read_bytes()
    file.unlink()
    daemon.service.daily_copy.make(NOON)
    assert copies(daemon) == []
    file.write_bytes(good)
    daemon.service.daily_copy.make(NOON)
    assert len(copies(daemon)) == 1


def test_a_copy_that_fails_is_told_once_and_stops_nothing(
    watch: Made, caplog: pytest.LogCaptureFixture
) -> None:
    daemon = watch()
    (daemon.folder / "backups").write_text("in the way")
    for _ in range(3):
        daemon.service.daily_copy.make(NOON)
        daemon.service.daily_copy.make(NOON + BACKUP_WAIT)
        daemon.service.daily_copy.make(NOON + 2 * BACKUP_WAIT)
    (line,) = caplog.records
    assert line.levelname == "ERROR"
    assert line.message.startswith("no copy of the journal: ")
    daemon.wake()
    assert daemon.titles() == ["Ice: start, 20 min, until 12:20"]

    (daemon.folder / "backups").unlink()
    daemon.service.daily_copy.make(NOON + 3 * BACKUP_WAIT)
    assert len(copies(daemon)) == 1


def test_even_a_mistake_in_copying_stops_nothing(
    watch: Made, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(backups, "back_up_daily", broken)
    caplog.set_level(logging.INFO)
    daemon = watch()
    daemon.service.daily_copy.make(NOON)
    daemon.service.daily_copy.make(NOON + DAY)
    assert [line.message for line in caplog.records] == ["no copy of the journal: oops"]
    with Journal.open(daemon.folder, now=NOON) as journal:
        assert journal.episodes() == ("quick-1",)
