"""Answers of long ago: the few that still count are found, and the others are not even read."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.care import record
from recovery.care.record import Record, bring_up, do
from recovery.engine.acts import AnswerCheckIn, Setback
from recovery.engine.decide import turn
from recovery.engine.episode import Episode
from recovery.engine.facts import Answered, ClockRighted, Fact, PhaseChanged, Started, TakenBack
from recovery.engine.fold import begin
from recovery.engine.gates import Truth, gate_needs, truth
from recovery.engine.outlook import coming, explain_each
from recovery.engine.questions import still_needed
from recovery.engine.turn import Accepted
from recovery.engine.written import to_ms
from recovery.protocol import compiled
from recovery.store import episodes, migrations
from recovery.store.checking import check_copy
from recovery.store.episodes import load_one
from recovery.store.journal import Journal, Pinned
from recovery.values import replace
from tests.engine.examples import an_act, condition, in_words, phase_text, small
from tests.store.material import raw

NOW = datetime.fromisoformat("2026-11-23T12:00+00:00")
LOOK = "{id: look, kind: check-in, ask: [pain, swelling, rom], at: [wake+30min, wake+10h]}"
WALK = (
    "{id: walk, kind: session, of: exercise, duration: 10min, every: 2h..3h, start: Go, end: Stop,"
    " only_if: pain falling}"
)
LADDER = """
min: 1d
leave_when: {any: [pain falling since phase, {all: [swelling == 0, rom == full]}]}
climb_when: [pain <= 6, pain falling since phase]
step_back_when: {any: [pain rise >= 2, pain rising since worst]}
steps:
  - {id: one, title: One, do: [{id: a, kind: reminder, of: exercise, every: 3h, say: A}]}
  - {id: two, title: Two, do: [{id: b, kind: reminder, of: exercise, every: 3h, say: B}]}
"""
LATER = phase_text(
    "later",
    LOOK,
    WALK,
    body="""
min: 1d
leave_when: pain drop >= 3 since first
back_to: {phase: only, when: pain rising since last, say: Back}
""",
)
LAST = phase_text("last", LOOK)
PROTOCOL = small(
    LOOK,
    WALK,
    "{id: ice, kind: session, of: cold, duration: 20min, every: 2h..3h, start: On, end: Off}",
    phase=LADDER,
    more=[LATER, LAST],
    flags=["{id: worse, when: pain rise >= 4 since last, level: routine, say: Worse}"],
)
CONDITIONS = [
    condition(f"{name} {trend}{since}")
    for name in ("pain", "swelling", "rom")
    for trend in ("falling", "rising", *(("drop >= 2", "rise >= 1") if name != "rom" else ()))
    for since in ("", " since first", " since last", " since worst", " since phase")
]


@contextmanager
def in_memory() -> Iterator[Journal]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as memory:
        migrations.migrate(memory, Path(":memory:"), NOW, keeps_copy=False)
        yield Journal(memory, Path(":memory:"))


def started(journal: Journal, now: datetime = NOW) -> str:
    with journal.transaction():
        journal.pin(
            Pinned("h", PROTOCOL.id, PROTOCOL.version, {}, compiled.to_json(PROTOCOL), compiled.FORMAT)
        )
        id_ = journal.create_episode(PROTOCOL.id, "h")
        data = {
            "onset": to_ms(now - timedelta(hours=1)),
            "zone": "Europe/Berlin",
            "wake": "07:00",
            "bedtime": "23:00",
        }
        (opened,) = journal.append(
            [Fact(id_, now, Started.of(data | {"grade": "II", "side": "left"}), "person")], now=now
        )
        bring_up(journal, Record((begin(PROTOCOL, opened),)), now)
    return id_


def decisions(episode: Episode, now: datetime) -> list[Any]:
    """All that is decided at a moment, and foreseen then."""
    turned = turn(episode, now)
    after = turned.episode
    seen = [
        replace(in_words(after), answers={}, leaves_out_answers=False, written_at=None),
        [(f.kind, f.at, f.data) for f in turned.facts],
    ]
    seen += [truth(each, after, now) for each in CONDITIONS]
    return [*seen, gate_needs(after, now), still_needed(after, now), turned.look_again_at]


def foreseen(episode: Episode, now: datetime) -> list[Any]:
    """What comes next, if nobody answers: the plan plays the days to come."""
    after = turn(episode, now).episode
    if after.is_over:
        return []
    return [*coming(after, now, (), now + timedelta(hours=30)), *explain_each(after, now)]


ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "pain": st.integers(0, 10),
        "swelling": st.integers(0, 3),
        "rom": st.sampled_from(["limited", "full"]),
    },
).filter(bool)
CHECK_IN = st.tuples(st.just("checkin"), ANSWERS, st.sampled_from([0, 0, 30, 600, 1300]))
OTHER = st.tuples(
    st.sampled_from(
        ["undo", "undo", "advance", "step-back", "setback", "correct", "correct", "pause", "resume", "begin"]
    ),
    st.just({}),
    st.sampled_from([0, 40, 1500, 9000, 20_000]),
)
CLOCK = st.tuples(st.just("clock"), st.just({}), st.sampled_from([-600, -1500, 600, 5000]))
STEPS = st.lists(
    st.tuples(
        st.sampled_from([1, 7, 200, 700, 1500, 20_000]), st.one_of(CHECK_IN, CHECK_IN, OTHER, OTHER, CLOCK)
    ),
    max_size=6,
)
PAST = st.integers(0, 2**32).map(Random)


def lived(journal: Journal, id_: str, by: Random) -> datetime:
    """Many answers over some weeks, some told late, some taken back, and changes of phase; when it is then."""
    now = NOW
    with journal.transaction():
        for _ in range(by.randint(20, 60)):
            now += timedelta(minutes=by.choice([1, 30, 300, 1000, 3000]))
            at = now - timedelta(minutes=by.choice([0, 0, 0, 100, 2000, 9000]))
            asked = {
                "pain": by.randint(0, 10),
                "swelling": by.randint(0, 3),
                "rom": by.choice(["limited", "full"]),
            }
            values = {name: asked[name] for name in by.sample([*asked], by.randint(1, 3))}
            (answered,) = journal.append([Fact(id_, at, Answered.of({"values": values}), "person")], now=now)
            if by.random() < 0.15:
                journal.append([Fact(id_, now, TakenBack.of({"seq": answered.seq}), "person")], now=now)
            if by.random() < 0.05:
                phase = {"phase": by.choice(["only", "later"]), "state": "entered"}
                journal.append([Fact(id_, now, PhaseChanged.of(phase))], now=now)
    return now


def live(
    journal: Journal, id_: str, now: datetime, verb: str, values: dict[str, Any], minutes: int
) -> datetime:
    """Do one thing at `now`; when it is afterwards."""
    if verb == "clock":
        return now + timedelta(minutes=minutes)
    with journal.transaction():
        if verb == "undo":
            last = journal.last_by_person(id_)
            if last is not None and not isinstance(last.what, Started):
                journal.append([Fact(id_, now, TakenBack.of({"seq": last.seq}), "person")], now=now)
            return now
        at = now - timedelta(minutes=abs(minutes)) if verb in ("checkin", "setback", "correct") else None
        before = record.load(journal, now)
        if before.episodes:
            answers = {name: str(value) for name, value in values.items()}
            given = {"answers": answers, "values": answers, "at": at, "onset": at, "because": "so", **values}
            act = an_act(verb, **given)
            do(journal, before, id_, act, now)
    return now


def both(journal: Journal, id_: str, now: datetime) -> tuple[Episode, Episode]:
    """The episode with the answers that are needed, and with all there are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(episodes, "NEWEST", 10**9)
        every = load_one(journal, id_, now)
    assert not every.leaves_out_answers
    return load_one(journal, id_, now), every


@given(PAST, STEPS)
def test_what_is_decided_is_what_all_answers_would_decide(
    past: Random, steps: list[tuple[int, tuple[str, dict[str, Any], int]]]
) -> None:
    with in_memory() as journal, pytest.MonkeyPatch.context() as patch:
        patch.setattr(episodes, "NEWEST", 2)
        id_ = started(journal)
        now = lived(journal, id_, past)
        for passing, step in [(0, ("clock", {}, 0)), *steps]:
            now = live(journal, id_, now + timedelta(minutes=passing), *step)
            for later in (now, now + timedelta(hours=9)):
                few, every = both(journal, id_, later)
                assert decisions(few, later) == decisions(every, later)
        few, every = both(journal, id_, now)
        assert foreseen(few, now) == foreseen(every, now)


def many(journal: Journal, count: int, per_day: int = 2) -> tuple[str, datetime]:
    """An episode with so many answers, the last one just now; its id, and when that is."""
    id_ = started(journal)
    now = NOW + timedelta(days=1) / per_day * count
    facts = [
        Fact(
            id_,
            now - timedelta(days=1) / per_day * (count - number),
            Answered.of({"values": values}),
            "person",
        )
        for number in range(count)
        for values in [{"pain": 9 if number == 7 else number % 5, "rom": ("limited", "full")[number % 3 > 0]}]
    ]
    with journal.transaction():
        journal.append(facts, now=now)
    return id_, now


@pytest.mark.parametrize("per_day", [2, 200])
def test_looking_and_a_check_in_cost_the_same_after_years_of_answers(per_day: int) -> None:
    def cost(count: int) -> tuple[int, int]:
        """Steps of SQLite's machine, and answers in memory."""
        with in_memory() as journal:
            id_, now = many(journal, count, per_day)
            steps = 0

            def tick() -> int:
                nonlocal steps
                steps += 1
                return 0

            journal._connection.set_progress_handler(tick, 10)
            with journal.transaction():
                before, outcome = do(
                    journal, record.load(journal, now), id_, AnswerCheckIn({"pain": "3"}), now
                )
            assert isinstance(outcome, Accepted)
            return steps, sum(map(len, before.of(id_).answers.values()))

    few, many_ = cost(4_000), cost(40_000)
    assert many_[0] <= few[0] * 1.2
    assert many_[1] <= few[1] + 5


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE answer SET at = at + 1 WHERE value = 9",
        "INSERT INTO answer SELECT episode, 'pain', at - 1, seq, 10 FROM answer WHERE value = 9",
    ],
)
def test_a_table_of_answers_that_does_not_fit_is_made_anew(damage: str) -> None:
    with in_memory() as journal:
        id_, now = many(journal, 300)
        few, every = both(journal, id_, now)
        assert few.leaves_out_answers
        raw(journal, damage)
        assert check_copy(journal._connection, journal.path, now=now).faults

        damaged = load_one(journal, id_, now)
        assert decisions(damaged, now) == decisions(every, now)
        assert raw(journal, "SELECT count(*) FROM answer WHERE value = 9") == [(1,)]
        assert load_one(journal, id_, now) == few


def test_the_worst_since_the_injury_is_found_after_years() -> None:
    with in_memory() as journal:
        id_, now = many(journal, 3_000)
        episode = load_one(journal, id_, now)
    assert sum(map(len, episode.answers.values())) < 300
    assert truth(condition("pain drop >= 5 since worst"), episode, now) is Truth.YES
    assert truth(condition("pain drop >= 6 since worst"), episode, now) is Truth.NO


def answer(journal: Journal, id_: str, now: datetime, at: datetime, **values: Any) -> None:
    with journal.transaction():
        journal.append([Fact(id_, at, Answered.of({"values": values}), "person")], now=now)


def test_an_answer_closes_its_check_in_after_many_of_days_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(episodes, "NEWEST", 2)
    with in_memory() as journal:
        id_, now = many(journal, 20)
        now = now.replace(hour=18)
        with journal.transaction():
            bring_up(journal, record.load(journal, now), now)
        assert load_one(journal, id_, now).track("look").is_open
        answer(journal, id_, now, now, pain=3, swelling=1, rom="full")
        for days in (3, 4, 5):
            answer(journal, id_, now, now - timedelta(days=days), pain=2)
        few, every = both(journal, id_, now)
        assert few.leaves_out_answers
        assert not few.track("look").is_open
        assert decisions(few, now) == decisions(every, now)


def test_with_another_onset_other_answers_are_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(episodes, "NEWEST", 2)
    with in_memory() as journal:
        id_, now = many(journal, 40)
        act = Setback(onset=now - timedelta(days=10), because="so")
        with journal.transaction():
            before, outcome = do(journal, record.load(journal, now), id_, act, now)
        assert isinstance(outcome, Accepted)
        _few, every = both(journal, id_, now)
        assert decisions(in_words(before.of(id_)), now) == decisions(every, now)


def test_answers_under_a_clock_ahead_count_from_when_it_was_put_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(episodes, "NEWEST", 2)
    with in_memory() as journal:
        id_, now = many(journal, 20)
        for days in (30, 31, 32):
            answer(journal, id_, now + timedelta(days=days), now + timedelta(days=days), pain=10)
        with journal.transaction():
            journal.append([Fact(id_, now, ClockRighted.of({"seconds": 32 * 86_400, "names": {}}))], now=now)
        for days in range(1, 40):
            later = now + timedelta(days=days)
            answer(journal, id_, later, later, pain=days % 3)
            few, every = both(journal, id_, later)
            assert decisions(few, later) == decisions(every, later)
