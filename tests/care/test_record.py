"""A person's record: what is loaded is what was applied, and what is over still counts where it has to."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.care.record import Record, bring_up, do, load, sound, write
from recovery.engine.acts import ACTS, Stop
from recovery.engine.episode import Episode
from recovery.engine.facts import Fact, Started, read_fact
from recovery.engine.fold import apply, begin, fold
from recovery.engine.telling import not_shown, pending_cues, shown
from recovery.protocol.library import Library, installed_folder
from recovery.protocol.model import RecoveryProtocol
from recovery.protocol.reading import read_protocol
from recovery.store.journal import Journal
from tests.daemon.conftest import start
from tests.engine.examples import an_act, in_words
from tests.profile import ICE, protocol

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def strain() -> RecoveryProtocol:
    library = Library((installed_folder(),))
    return read_protocol(library.find_id("strain"), library).protocol


STRAIN = strain()
ANSWERS = {"pain": "2", "swelling": "1"}
STEPS = st.tuples(
    st.integers(1, 900),
    st.sampled_from(["", *ACTS]),
    st.sampled_from([None, "ice", "elevate"]),
    st.sampled_from(["shown", "lost", "nothing"]),
)


class Unwritten:
    """A journal that only numbers its facts."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def append(self, facts: list[Fact], *, now: datetime) -> list[Fact]:
        from recovery.values import replace

        added = [replace(fact, seq=len(self.facts) + n) for n, fact in enumerate(facts, 1)]
        self.facts += added
        return added


@given(st.lists(STEPS, max_size=12))
def test_folding_the_journal_gives_what_applying_fact_by_fact_gave(
    steps: list[tuple[int, str, str | None, str]],
) -> None:
    journal: Journal = Unwritten()  # type: ignore[assignment]  # all that `bring_up` and `do` ask of one
    data = {
        "onset": 1795420800000,
        "zone": "UTC",
        "wake": "07:00",
        "bedtime": "23:00",
        "grade": "II",
        "side": "left",
    }
    (started,) = journal.append([Fact("strain-1", NOW, Started.of(data), "person")], now=NOW)
    now, record = NOW, bring_up(journal, Record((begin(STRAIN, started),)), NOW)
    for minutes, verb, activity, fate in steps:
        now += timedelta(minutes=minutes)
        if not record.episodes[0].is_over and verb:
            act = an_act(verb, activity=activity, answers=ANSWERS, flag="no-weight", zone="UTC")
            record, _ = do(journal, record, "strain-1", act, now)
        record = bring_up(journal, record, now)
        for cue in pending_cues(record.episodes[0], now)[:2]:
            (episode,) = record.episodes
            if fate != "nothing":
                fact = (
                    shown(episode, cue, "x", now)
                    if fate == "shown"
                    else not_shown(episode, cue, "x", "y", now)
                )
                record = write(journal, record, [fact], now)

    facts = journal.facts  # type: ignore[attr-defined]
    kept = in_words(record.episodes[0])
    assert fold(STRAIN, facts) == kept
    one_by_one = begin(STRAIN, facts[0])
    for fact in facts[1:]:
        one_by_one = apply(one_by_one, fact)
    assert one_by_one == kept


def test_an_ended_episode_is_remembered_for_its_sessions_and_then_no_more(tmp_path: Path) -> None:
    id_ = start(tmp_path, protocol(ICE.format(length="20min")), NOW)
    with Journal.open(tmp_path, now=NOW) as journal:
        with journal.transaction():
            record, _ = do(journal, load(journal, NOW), id_, Stop(), NOW)
        assert [e.id for e in record.all] == [id_]

        later = load(journal, NOW + timedelta(days=2))
        assert (later.episodes, [e.id for e in later.ended]) == ((), [id_])
        assert load(journal, NOW + timedelta(days=5)).all == ()


def test_a_taken_back_episode_is_not_remembered(tmp_path: Path) -> None:
    id_ = start(tmp_path, protocol(ICE.format(length="20min")), NOW)
    with Journal.open(tmp_path, now=NOW) as journal:
        with journal.transaction():
            journal.append([read_fact(id_, NOW, "undone", {"seq": 1}, "person")], now=NOW)
        assert load(journal, NOW).all == ()


@pytest.mark.parametrize("days", [9, 11, 30, 3650])
def test_a_session_under_way_stays_in_memory_after_a_jump_of_the_clock(tmp_path: Path, days: int) -> None:
    """That its start was shown is written at once, before the daemon looks at what is due."""
    id_ = start(tmp_path, protocol(ICE.format(length="20min")), NOW)
    later = NOW + timedelta(days=days)
    with Journal.open(tmp_path, now=NOW) as journal, journal.transaction():
        record = load(journal, later)
        episode = record.of(id_)
        assert episode.under_way is not None
        write(
            journal, record, [shown(episode, cue, "test", later) for cue in episode.pending.values()], later
        )
        again = load(journal, later).of(id_).under_way
        assert again is not None
        assert again.occurrence == episode.under_way.occurrence
        ended = bring_up(journal, load(journal, later), later).of(id_)
        assert ended.under_way is None
        assert load(journal, later).of(id_) == in_words(ended)


def test_a_session_that_ended_after_a_long_outage_stays_in_the_ledger(tmp_path: Path) -> None:
    """Its begin was longer ago than decisions look back on; its end is of now, and a gap counts from it."""
    id_ = start(tmp_path, protocol(ICE.format(length="20min")), NOW)
    later = NOW + timedelta(days=12)
    with Journal.open(tmp_path, now=NOW) as journal, journal.transaction():
        bring_up(journal, load(journal, later), later)
        (session,) = load(journal, later).of(id_).ledger
    assert session.ended_at == later


def test_an_episode_that_makes_no_sense_keeps_nobody_from_looking_again(tmp_path: Path) -> None:
    now, damaged = NOW, start(tmp_path, protocol(ICE.format(length="20min")))
    other = start(tmp_path, protocol(ICE.format(length="10min")))

    def use(episode: Episode) -> None:
        if episode.id == damaged:
            raise KeyError("what is not there")

    with Journal.open(tmp_path, now=now) as journal, journal.transaction():
        record = bring_up(journal, load(journal, now), now)
        left = sound(record, journal.path, use, now)
    assert [episode.id for episode in left.episodes] == [other]
    assert left.look_again_at is not None
    assert left.look_again_at == record.look_again_at
