"""Before and after the machine's sleep, on a virtual clock."""

import shutil
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from recovery.daemon import service
from recovery.engine.facts import Fact
from recovery.store.journal import JOURNAL_FILE, Journal
from tests.daemon.conftest import NOON, Watch
from tests.profile import ICE, LONG, PACKS

DAY = timedelta(days=1)


def facts_in(file: Path) -> int:
    connection = sqlite3.connect(file)
    try:
        (count,) = connection.execute("SELECT count(*) FROM fact").fetchone()
    finally:
        connection.close()
    return int(count)


def test_before_sleep_all_that_is_written_is_in_the_one_file(
    tmp_path: Path, watch: Callable[..., Watch]
) -> None:
    reminding = watch()
    with Journal.open(tmp_path, now=NOON):  # somebody looks at it: what is written waits in the -wal
        reminding.wake()
        alone = tmp_path / "alone.db"
        shutil.copy(tmp_path / JOURNAL_FILE, alone)
        before = facts_in(alone)
        reminding.service.settle(NOON)
        shutil.copy(tmp_path / JOURNAL_FILE, alone)
        assert facts_in(alone) > before


def test_a_journal_that_cannot_be_used_delays_no_sleep(
    tmp_path: Path, watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PATIENCE", 0.0)
    reminding = watch()
    reminding.wake()
    for file in tmp_path.glob(f"{JOURNAL_FILE}*"):
        file.unlink()
    reminding.service.settle(NOON)  # told in the log

    assert not (tmp_path / JOURNAL_FILE).exists()


@pytest.mark.parametrize("days", [1, 9, 11, 40, 400])
def test_a_session_that_was_on_is_ended_after_an_outage_of_any_length(
    watch: Callable[..., Watch], days: int
) -> None:
    reminding = watch(ICE.format(length="20min"))
    reminding.wake()
    reminding.wake(NOON + days * DAY)
    first, *_others = reminding.facts("ended")

    assert first.data["overrun"] == days * 86400 - 20 * 60
    assert reminding.titles().count("Ice: stop") == 1
    reminding.wake(NOON + days * DAY + timedelta(minutes=1))
    assert sum(fact.data["occurrence"] == first.data["occurrence"] for fact in reminding.facts("ended")) == 1


WALK = (
    "      - {id: walk, kind: reminder, of: rest, title: Walk, every: 1h, say: A short walk., source: own}\n"
)
CHAIN = LONG.format(length="20min").replace("per_day: 1", "every: 2h..3h")
TURNS = PACKS.replace("of: cold", "of: exercise").replace("of: warm", "of: compression")


def offered(reminding: Watch) -> list[Fact]:
    return reminding.facts("offered")


@pytest.mark.parametrize("days", [2, 30, 365])
def test_a_clock_that_was_far_ahead_silences_nothing_once_it_is_right(
    watch: Callable[..., Watch], days: int
) -> None:
    reminding = watch(CHAIN, WALK, TURNS)
    reminding.wake(lived=timedelta(minutes=1))
    reminding.wake(NOON + days * DAY, lived=timedelta(minutes=2))
    ahead = len(offered(reminding))
    reminding.wake(NOON + timedelta(minutes=25), lived=timedelta(minutes=26))
    again = [fact.data["activity"] for fact in offered(reminding)[ahead:]]
    assert again == ["packs"], "they have waited for the ice; nothing is told again"
    for _ in range(200):
        reminding.wake_when_due()
        if reminding.now > NOON + timedelta(hours=24):
            break
    since = {fact.data["activity"] for fact in offered(reminding)[ahead:]}
    names = [(fact.kind, fact.data["occurrence"]) for fact in offered(reminding)]

    assert {"ice", "walk", "packs"} <= since
    assert len(names) == len({*names})
    assert reminding.facts("righted") == [], "it was seen to be set: nothing had moved on"


@pytest.mark.parametrize("hours", [0, 1, 26])
def test_a_clock_that_was_not_far_ahead_was_not_wrong(watch: Callable[..., Watch], hours: int) -> None:
    reminding = watch(CHAIN, WALK)
    reminding.wake()
    reminding.wake(NOON + timedelta(hours=hours))
    reminding.wake(NOON + timedelta(minutes=1))

    assert reminding.facts("righted") == []


@pytest.mark.parametrize(
    "back",
    [
        timedelta(hours=30),
        pytest.param(9 * DAY, marks=pytest.mark.slow),
        pytest.param(9000 * DAY, marks=pytest.mark.slow),
    ],
)
def test_a_clock_that_is_far_behind_is_wrong_itself(watch: Callable[..., Watch], back: timedelta) -> None:
    """An empty battery: nothing is told by such a clock, and when it is right all goes on."""
    reminding = watch(CHAIN, WALK, TURNS)
    reminding.wake()
    end = NOON + 5 * DAY
    while reminding.next is not None and reminding.next < end:
        reminding.wake_when_due()
    reminding.wake(end)
    before = len(offered(reminding))
    for minutes in (0, 1, 90):
        reminding.wake(end - back + timedelta(minutes=minutes))
    reminding.wake(end + timedelta(minutes=1))

    assert reminding.facts("righted") == []
    assert len(offered(reminding)) <= before + 1
    names = [fact.data["occurrence"] for fact in offered(reminding)]
    assert len(names) == len({*names})
