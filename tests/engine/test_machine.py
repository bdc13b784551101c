"""A person, a daemon and a real journal, in any order: the state machine of hypothesis over all that can happen."""

import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from recovery.care.history import concluded_from, entered_with
from recovery.care.record import Record, bring_up, do, load, seen_at, write
from recovery.cli.render_text import status_page
from recovery.engine import facts as f
from recovery.engine.acts import Act, AnswerCheckIn, AnswerScreening, Pause, Resume, Setback, Stop, TickItems
from recovery.engine.decide import turn
from recovery.engine.episode import Episode
from recovery.engine.facts import LOOKBACK, Fact
from recovery.engine.fold import fold
from recovery.engine.judging import judge
from recovery.engine.outlook import outlook
from recovery.engine.telling import pending_cues, shown
from recovery.engine.turn import Accepted
from recovery.engine.written import to_ms
from recovery.protocol import compiled
from recovery.protocol.model import RecoveryProtocol
from recovery.protocol.outcome import content_hash
from recovery.protocol.reading import compile_texts
from recovery.protocol.terms import parse_duration
from recovery.store.episodes import load_one
from recovery.store.journal import Journal, Pinned
from tests.engine.advised import advised
from tests.engine.examples import ABLE, an_act, in_words, texts
from tests.store.following import misfits

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BREATH = timedelta(milliseconds=7)
"""No two commands are given in the same millisecond."""
ACTIVITIES = st.sampled_from(
    [
        *("ice", "packs", "tens", "cold", "warm", "elevate", "compress", "look", "stretch", None),
        *("press", "cool", "loosen", "others", "stand"),
    ]
)
FLAGS = st.sampled_from(
    ["saddle", "numb-below", "no-weight", "redness", "leg-nerve", "worse-again", "severe-pain"]
)


CLIMB = """
format: 1
id: climb
version: 1.0.0
title: Climb
summary: A short ladder, which a strain takes weeks to come to.
region: hip
inputs: [onset, grade, side]
observe:
  pain: {ask: "Pain?", scale: 0..10, fresh: 24h}
  morning: {ask: "Pain this morning?", scale: 0..10, fresh: 36h}
red_flags:
  - {id: no-weight, ask: "No weight?", level: urgent, say: Go., suspend: [exercise, massage]}
phases:
  - id: loading
    min: 0h
    leave_when: pain <= 1
    climb_when: [pain <= 6, morning <= 6]
    step_back_when: {any: [morning > 7, morning rise >= 4]}
    back_to: {phase: loading, when: pain >= 9, say: Anew.}
    do:
      - {id: look, kind: check-in, ask: [pain, morning], at: wake+30min}
      - {id: rest, kind: reminder, of: rest, after: stretch, say: Rest.}
    steps:
      - id: one
        title: One
        do: [{id: stretch, kind: session, of: exercise, duration: 10min, every: 3h, start: Go, end: Stop}]
      - id: two
        title: Two
        min: 1d
        do:
          - {id: ice, kind: session, of: cold, duration: 20min, every: 2h..3h, start: On, end: Off}
          - {id: compress, kind: hold, of: compression, on: "On", off: "Off"}
      - id: three
        title: Three
        do:
          - {id: heavy, kind: session, of: exercise, duration: 30min, at: "17:00", optional: true, start: Go, end: Stop}
  - id: last
    min: 1d
    do: [{id: look, kind: check-in, ask: [pain, morning], at: wake+30min}]
limits:
  - {id: gap, of: [cold, warm], gap: 1h, to: [cold, warm]}
"""
TEXTS = {**texts(), "climb": CLIMB}


@cache
def protocol_of(id_: str) -> RecoveryProtocol:
    return compile_texts(TEXTS, id_)


class Session:
    def __init__(self, modality: str, start: datetime, length: timedelta) -> None:
        self.modality, self.start, self.length = modality, start, length
        self.end: datetime | None = None


def sessions(facts: Iterable[Fact], undone: set[int]) -> dict[str, Session]:
    """The sessions that took place or are assumed to have, by what the journal says now."""
    by_name: dict[str, Session] = {}
    for fact in facts:
        name = fact.data.get("occurrence", "")
        if fact.seq in undone:
            continue
        if isinstance(fact.what, f.Offered) and "seconds" in fact.data:
            by_name[name] = Session(fact.data["modality"], fact.at, timedelta(seconds=fact.data["seconds"]))
        elif isinstance(fact.what, f.Begun) and name in by_name:
            by_name[name].start = fact.at
        elif isinstance(fact.what, f.Ended) and name in by_name:
            by_name[name].end = fact.at
        elif isinstance(fact.what, f.Skipped | f.Snoozed):
            by_name.pop(name, None)
    return by_name


class Machine(RuleBasedStateMachine):
    """The person's commands and the daemon share one journal; each command loads it anew, as a process does."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="recovery-machine-"))
        self.journal = Journal.open(self.folder, now=datetime(2026, 1, 1, tzinfo=UTC))
        self.now = datetime(2026, 10, 23, 6, tzinfo=UTC)
        self.start = self.now
        self.daemon = Record(())
        """What a daemon would know that had never loaded the journal again."""
        self.checked = 0

    def teardown(self) -> None:
        try:
            assert misfits(self.journal) == []
        finally:
            self.journal.close()
        shutil.rmtree(self.folder)

    @initialize(
        ids=st.sampled_from(
            [
                ["strain"],
                ["rice"],
                ["contrast"],
                ["strain", "contrast"],
                ["rice", "contrast"],
                ["trigger-point"],
                ["climb"],
                ["climb", "strain"],
                ["strain", "trigger-point"],
                ["strain", "sitting"],
            ]
        ),
        is_screened=st.booleans(),
        late=st.integers(0, 80),
        grade=st.sampled_from(["I", "II", "III"]),
        zone=st.sampled_from(["Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe"]),
        hours=st.sampled_from([("07:00", "23:00"), ("18:30", "10:00")]),
        confirms=st.booleans(),
    )
    def start_episodes(
        self, ids: list[str], late: int, grade: str, zone: str, hours: tuple[str, str], confirms: bool,
        is_screened: bool,
    ) -> None:  # fmt: skip
        for id_ in ids:
            hash_ = content_hash(TEXTS)
            pinned = Pinned(
                f"{id_}-{hash_}", id_, "1", TEXTS, compiled.to_json(protocol_of(id_)), compiled.FORMAT
            )
            data = {
                "onset": to_ms(self.now - late * HOUR * ("onset" in protocol_of(id_).inputs)),
                "grade": grade, "side": "left", "zone": zone,
                "wake": hours[0], "bedtime": hours[1], "confirms": confirms,
                "screen": {question.id: False for question in protocol_of(id_).screen if is_screened},
                "options": {
                    option.id: "yes" if option.id == "tens" else option.default
                    for option in protocol_of(id_).options.values()
                },
            }  # fmt: skip
            with self.journal.transaction():
                self.journal.pin(pinned)
                episode = self.journal.create_episode(id_, pinned.hash)
                self.journal.append([Fact(episode, self.now, f.Started.of(data), "person")], now=self.now)
                bring_up(self.journal, load(self.journal, self.now), self.now)
        self.daemon = load(self.journal, self.now)

    # What the daemon does --------------------------------------------------------------------------

    def wake_up(self) -> None:
        with self.journal.transaction():
            self.daemon = bring_up(self.journal, self.daemon, self.now)

    @rule()
    def tick(self) -> None:
        waking = self.daemon.look_again_at
        if waking is not None:
            self.pass_until(max(waking, self.moment + timedelta(milliseconds=1)))
            self.wake_up()

    @rule(share=st.floats(0.01, 0.99))
    def look_too_early(self, share: float) -> None:
        """Before it is looked again there is nothing to tell."""
        at, now, record = self.daemon.look_again_at, self.moment, self.daemon
        early = now + ((at or now + 30 * DAY) - now) * share
        for episode in record.all:
            turned = turn(episode, early, record.others(episode), is_clock_doubted=record.is_clock_doubted)
            assert [fact for fact in turned.facts if "cue" in fact.data] == [], (now, early, at)

    @property
    def moment(self) -> datetime:
        """When it is for the daemon: by the clock, unless that is doubted."""
        return self.daemon.moment(self.now)

    def pass_until(self, moment: datetime) -> None:
        self.now += moment - self.moment

    @rule(
        minutes=st.sampled_from([1, 7, 20, 45, 70, 3 * 60, 9 * 60, 26 * 60]),
        late=st.sampled_from([0, 0.004, 1.5]),
    )
    def live(self, minutes: int, late: float) -> None:
        end = self.now + minutes * MINUTE
        while (waking := self.daemon.look_again_at) is not None:
            if self.now + (waking - self.moment) > end:
                break
            self.pass_until(waking + timedelta(seconds=late))
            self.wake_up()
        self.now = max(self.now, end)

    @rule(minutes=st.sampled_from([5, 30, 90, 5 * 60, 11 * 60, 50 * 60, 12 * 24 * 60]))
    def sleep(self, minutes: int) -> None:
        self.now += minutes * MINUTE
        self.wake_up()

    @rule(minutes=st.sampled_from([1, 20, 60, 5 * 60, 24 * 60]))
    def set_the_clock_back(self, minutes: int) -> None:
        """Not before the start; what has happened stays, and nothing of it comes again."""
        self.now = max(self.now - minutes * MINUTE, self.start + MINUTE)
        self.wake_up()

    @rule(minutes=st.sampled_from([1, 60, 24 * 60]))
    def set_the_clock_forward(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule(is_shown=st.booleans())
    def tell(self, is_shown: bool) -> None:
        for episode in load(self.journal, self.now).all:
            facts = [shown(episode, cue, "test", self.moment) for cue in pending_cues(episode, self.moment)]
            if is_shown and facts:
                with self.journal.transaction():
                    self.daemon = write(self.journal, self.daemon, facts, self.moment)

    @rule(is_in_between=st.booleans())
    def crash(self, is_in_between: bool) -> None:
        if is_in_between:
            self.now += 3 * HOUR
            with suppress(KeyboardInterrupt), self.journal.transaction():
                bring_up(self.journal, load(self.journal, self.now), self.now)
                raise KeyboardInterrupt
        self.journal.close()
        self.journal = Journal.open(self.folder, now=self.now)
        self.daemon = load(self.journal, self.now)
        self.wake_up()

    # What the person does --------------------------------------------------------------------------

    def act(self, number: int, act: Act) -> None:
        self.now += BREATH
        record = load(self.journal, self.now)
        if not record.episodes:
            return
        id_ = record.episodes[number % len(record.episodes)].id
        with self.journal.transaction():
            record, outcome = (
                do(self.journal, record, id_, act, self.now)
                if id_ in [episode.id for episode in bring_up(self.journal, record, self.now).episodes]
                else (record, None)
            )
        assert outcome is None or isinstance(outcome, Accepted) or outcome.reason
        self.daemon = load(self.journal, self.now)

    @rule(
        number=st.integers(0, 1),
        pain=st.integers(0, 10),
        swelling=st.integers(0, 3),
        ago=st.sampled_from([0, 0, 0, 90, 2000]),
    )
    def check_in(self, number: int, pain: int, swelling: int, ago: int) -> None:
        at = self.now - ago * MINUTE if ago else None
        answers = {"pain": pain, "swelling": swelling, "morning": pain, "tender": pain}
        words = {**ABLE, "tight": "yes"}
        episodes = self.daemon.episodes
        asked = episodes[number % len(episodes)].tailored.observations if episodes else {}
        values = {name: str(value) for name, value in (answers | words).items() if name in asked}
        self.act(number, AnswerCheckIn(values, at=at))

    @rule(number=st.integers(0, 1), verb=st.sampled_from(["flag", "clear", "clear"]), flag=FLAGS)
    def raise_or_clear(self, number: int, verb: str, flag: str) -> None:
        self.act(number, an_act(verb, flag=flag, because="seen"))

    @rule(
        number=st.integers(0, 1),
        which=st.integers(0, 20),
        word=st.sampled_from(["no", "no", "no", "yes"]),
        all_=st.booleans(),
    )
    def screen(self, number: int, which: int, word: str, all_: bool) -> None:
        episodes = self.daemon.episodes
        asked = (
            [question.id for question in episodes[number % len(episodes)].pinned.screen] if episodes else []
        )
        if asked:
            answers = dict.fromkeys(asked, "no") if all_ else {asked[which % len(asked)]: word}
            self.act(number, AnswerScreening(answers))

    @rule(
        number=st.integers(0, 1),
        ago=st.sampled_from([0, 0, 2, 30]),
        grade=st.sampled_from([None, None, "I", "III"]),
    )
    def setback(self, number: int, ago: int, grade: str | None) -> None:
        at = self.now - ago * HOUR if ago else None
        self.act(number, Setback(at, grade))

    @rule(number=st.integers(0, 1), item=st.sampled_from(["piriformis", "gluteus-minimus"]))
    def tick_off(self, number: int, item: str) -> None:
        self.act(number, TickItems({item: "yes"}))

    @rule(
        number=st.integers(0, 1),
        verb=st.sampled_from(["begin", "begin", "end", "done", "skip", "snooze"]),
        activity=ACTIVITIES,
        length=st.sampled_from(["5min", "2h", "1200mo"]),
        ago=st.sampled_from([0, 0, 10]),
    )
    def treatment_of(self, number: int, verb: str, activity: str | None, length: str, ago: int) -> None:
        at = self.now - ago * MINUTE if ago else None
        self.act(number, an_act(verb, activity=activity, length=parse_duration(length), at=at))

    @rule(number=st.integers(0, 1), length=st.sampled_from(["", "2h", "3d"]))
    def pause(self, number: int, length: str) -> None:
        self.act(number, Pause(length=parse_duration(length) if length else None))

    @rule(
        number=st.integers(0, 1),
        verb=st.sampled_from(["resume", "resume", "advance", "step-back"]),
        because=st.sampled_from(["", "I say so"]),
    )
    def change(self, number: int, verb: str, because: str) -> None:
        self.act(number, an_act(verb, because=because))

    @rule(number=st.integers(0, 1))
    @precondition(lambda self: self.now > self.start + 2 * DAY)
    def stop(self, number: int) -> None:
        self.act(number, Stop())

    @rule()
    def undo(self) -> None:
        """As `recovery undo` does it."""
        self.now += BREATH
        last = self.journal.last_by_person()
        if last is None or isinstance(last.what, f.Started):
            return
        taken = [*entered_with(self.journal, last), *concluded_from(self.journal, last)]
        with self.journal.transaction():
            moment = load(self.journal, self.now).moment(self.now)
            undone = [Fact(last.episode, moment, f.TakenBack.of({"seq": seq}), "person") for seq in taken]
            self.journal.append(undone, now=moment)
            bring_up(self.journal, load(self.journal, self.now), self.now)
        self.daemon = load(self.journal, self.now)

    # What always holds -----------------------------------------------------------------------------

    @invariant()
    def what_was_done_is_the_same_when_it_is_read_again(self) -> None:
        self.wake_up()
        for episode in self.daemon.all:
            again = load_one(self.journal, episode.id, self.now)
            whole = fold(episode.pinned, self.journal.facts(episode.id))
            if self.was_paused_for_long(episode):
                continue  # what was begun before such a pause is forgotten in one and not in the other
            if self.now - self.start < LOOKBACK:
                assert again == in_words(episode)
                assert whole == in_words(episode)
            for other in (again, whole):
                assert decisions(other, self.moment, self.daemon) == decisions(
                    episode, self.moment, self.daemon
                )

    @invariant()
    def what_status_advises_is_accepted(self) -> None:
        self.wake_up()
        is_doubted = self.daemon.is_clock_doubted
        for episode in self.daemon.episodes:
            others = self.daemon.others(episode)
            look = outlook(episode, self.moment, others, 0, is_clock_doubted=is_doubted)
            for owner, act in advised(status_page(look), self.daemon):
                if is_doubted and act.needs_right_clock:
                    assert isinstance(act, Resume), "it is told beside that nothing is taken up again yet"
                    continue
                verdict = judge(owner, self.moment, act, self.daemon.others(owner))
                assert isinstance(verdict, Accepted), (act, verdict)

    def was_paused_for_long(self, episode: Episode) -> bool:
        pauses = [fact.at for fact in self.journal.all_facts(episode.id) if isinstance(fact.what, f.Paused)]
        ends = [fact.at for fact in self.journal.all_facts(episode.id) if isinstance(fact.what, f.Resumed)]
        return any(min([end for end in ends if end >= at], default=self.now) - at > 10 * DAY for at in pauses)

    @invariant()
    def nothing_is_left_to_do(self) -> None:
        self.wake_up()
        before = len(self.journal.all_facts())
        self.wake_up()
        assert len(self.journal.all_facts()) == before
        assert seen_at(self.daemon, self.now, self.journal.path) == self.daemon
        waking = self.daemon.look_again_at
        assert waking is None or waking > self.moment

    @invariant()
    def limits_hold(self) -> None:
        facts = self.journal.all_facts()
        new = [number for number, fact in enumerate(facts) if fact.seq > self.checked]
        for number in new:
            fact = facts[number]
            if isinstance(fact.what, f.Begun) or (
                isinstance(fact.what, f.Offered) and "seconds" in fact.data
            ):
                self.may_begin(fact, facts[:number])
            if (
                isinstance(fact.what, f.PhaseChanged)
                and fact.data["state"] == "entered"
                and not fact.data.get("anew")
            ):
                stopping = self.standing(facts[:number], fact.episode)
                since = [
                    each for each in facts[:number] if each.episode == fact.episode and each.at == fact.at
                ]
                is_first = not any(
                    isinstance(each.what, f.PhaseChanged) and each.episode == fact.episode
                    for each in facts[:number]
                )
                # The first phase and a setback begin whatever stands, which stops the same in them.
                if not is_first and not any(isinstance(each.what, f.SetBack) for each in since):
                    assert not [flag for flag in stopping if flag.data["level"] != "routine"]
            if isinstance(fact.what, f.Stepped) and fact.by == "engine":
                self.may_step(fact, facts[:number])
        if facts:
            self.checked = facts[-1].seq

    def may_begin(self, fact: Fact, before: list[Fact]) -> None:
        earlier = sessions(before, {x.data["seq"] for x in before if isinstance(x.what, f.TakenBack)})
        earlier.pop(fact.data["occurrence"], None)
        assert fact.data["seconds"] <= 1200 or fact.data["modality"] not in ("cold", "warm")
        for name, other in earlier.items():
            assert other.end is not None, f"{name} is on"
            if fact.data["modality"] in ("cold", "warm") and other.modality in ("cold", "warm"):
                assert fact.at - other.end >= HOUR, f"{name} ended {fact.at - other.end} before"
        undone = {x.data["seq"] for x in before if isinstance(x.what, f.TakenBack)}
        kept = [x for x in before if x.seq not in undone]
        modality = fact.data["modality"]
        open_ = {x.episode for x in before} - {
            x.episode for x in kept if isinstance(x.what, f.Stopped | f.Completed)
        }
        for episode in open_:
            for flag in self.standing(before, episode):
                assert modality not in flag.data["suspends"], f"while {flag.data['id']} stands in {episode}"
            phases = [
                x for x in kept if x.episode == episode and isinstance(x.what, f.PhaseChanged | f.SetBack)
            ]
            if phases and phases[-1].data.get("phase") == "rice":
                assert modality not in ("warm", "massage", "exercise"), f"{modality} in rice"
        if modality == "massage":
            assert fact.data["seconds"] <= 120
            ends = [other.end for other in earlier.values() if other.modality in ("cold", "massage")]
            assert all(end is None or fact.at - end >= HOUR / 2 for end in ends)
        injuries = [
            x for x in kept if isinstance(x.what, f.Started | f.SetBack) and x.episode == fact.episode
        ]
        since = to_ms(fact.at) - injuries[-1].data["onset"]
        if modality == "warm" and fact.data["phase"] != "press":
            assert since >= 48 * 3600_000
        if fact.data["modality"] == "cold" and fact.data["phase"] == "rice":
            assert since + fact.data["seconds"] * 1000 <= 48 * 3600_000

    @staticmethod
    def standing(facts: list[Fact], episode: str) -> list[Fact]:
        """The red flags of an episode that stop something, by what the journal says."""
        undone = {fact.data["seq"] for fact in facts if isinstance(fact.what, f.TakenBack)}
        alerts: dict[str, Fact] = {}
        for fact in facts:
            if isinstance(fact.what, f.Alerted) and fact.episode == episode and fact.seq not in undone:
                alerts.pop(fact.data["id"], None)
                if fact.data.get("suspends"):
                    alerts[fact.data["id"]] = fact
        return [*alerts.values()]

    def may_step(self, fact: Fact, before: list[Fact]) -> None:
        """By itself one step a day: no other one on that day, and not the day of the phase's entry."""
        undone = {x.data["seq"] for x in before if isinstance(x.what, f.TakenBack)}
        place = next(episode.place for episode in self.daemon.all if episode.id == fact.episode)
        kept = [x for x in before if x.seq not in undone and x.episode == fact.episode]
        changes = [
            x
            for x in kept
            if isinstance(x.what, f.Stepped)
            or (isinstance(x.what, f.PhaseChanged) and x.data["state"] == "entered")
        ]
        assert place.waking_day(changes[-1].at) < place.waking_day(fact.at)
        assert fact.data["direction"] == "down" or not [
            flag for flag in self.standing(before, fact.episode) if flag.data["level"] != "routine"
        ]

    @invariant()
    def each_occurrence_has_one_fate(self) -> None:
        facts = self.journal.all_facts()
        undone = {fact.data["seq"] for fact in facts if isinstance(fact.what, f.TakenBack)}
        fates: dict[str, list[Fact]] = {}
        for fact in facts:
            if "occurrence" in fact.data and fact.seq not in undone:
                fates.setdefault(fact.data["occurrence"], []).append(fact)
        for name, told_of in fates.items():
            kinds = [fact.kind for fact in told_of]
            assert kinds.count(f.Missed) <= 1, name
            if f.Missed in kinds and "/compress/" not in name:
                assert not {f.Ended, f.Begun, f.Skipped, f.Done} & {*kinds}, (name, kinds)
            starts = [fact for fact in told_of if fact.data.get("cue", {}).get("kind") in ("start", "on")]
            assert len(starts) <= 1 + kinds.count(f.Snoozed), (name, kinds)

    @invariant()
    def no_occurrence_is_told_to_start_twice_or_ended_twice_by_the_clock(self) -> None:
        facts = self.journal.all_facts()
        undone = {fact.data["seq"] for fact in facts if isinstance(fact.what, f.TakenBack)}
        ends = [
            fact.data["occurrence"]
            for fact in facts
            if isinstance(fact.what, f.Ended) and fact.by == "engine"
        ]
        again = {
            fact.data["occurrence"]
            for fact in facts
            if isinstance(fact.what, f.Snoozed | f.Skipped)
            or (fact.seq in undone and "occurrence" in fact.data)
        }
        assert len([name for name in ends if name not in again]) == len({*ends} - again)


def decisions(episode: Episode, now: datetime, record: Record) -> list[object]:
    """What an episode makes of the days to come, as far as a program that knows it would see."""
    others = tuple(other for other in record.all if other.id != episode.id)
    decided: list[object] = []
    for hours in (0, 1, 14, 80):
        turned = turn(episode, now + hours * HOUR, others)
        decided.append(turned.look_again_at)
        decided.append([(fact.kind, fact.at, fact.data) for fact in turned.facts])
    return decided


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=10, stateful_step_count=30)


@pytest.mark.slow
@pytest.mark.timeout(7200)
class TestMachineForLong(Machine.TestCase):  # type: ignore[misc,name-defined]  # made when it runs
    settings = settings(
        settings.get_profile("slow"), stateful_step_count=80, suppress_health_check=list(HealthCheck)
    )
