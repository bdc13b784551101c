"""Somebody who looks for a way round the limits: every verb in any order, against the skin's own memory.

The walker keeps a diary of the packs that were said to be on, from nothing but what it typed and what the program wrote
down as new. No word takes anything out of it: what was on the skin was on the skin, whether the words are taken back,
the episode is stopped, or another is started. Clocks are left alone; `test_machine` turns them.
"""

import random
import shlex
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine

from recovery.engine import facts as f
from recovery.engine.facts import Fact
from recovery.store.journal import Journal
from tests.daemon.conftest import Watch
from tests.fuzz.trying import typed
from tests.store.following import misfits

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=ZoneInfo("Europe/Berlin"))
LONGEST, GAP = 20 * MINUTE, HOUR
"""Of a cold or warm pack, and between one and the next: what the page about the muscle says."""

THERMAL = ("cold", "warm")
SURE = "--screen none --signs none --no-daemon --timezone Europe/Berlin --wake 06:00 --bedtime 23:00"
STARTS = (
    *2 * (f"start rice --grade {{grade}} --side {{side}} --onset '1h ago' {SURE}",),
    f"start strain --grade {{grade}} --side {{side}} --onset '2h ago' {SURE}",
    *2 * (f"start contrast --side {{side}} --onset '100h ago' {SURE}",),
)
ENDS = (
    *("end", "end ice", "end packs", "end --at '{ago}min ago'", "done", "done ice", "done packs"),
    *("skip", "skip ice", "skip packs", "snooze", "snooze ice --for 5min", "stop"),
)
DEEDS = (
    *("begin cold", "begin warm", "begin tens", "begin motion", "done look", "pause --for 1h", "resume"),
    *("advance", "advance --because better", "advance --by Kim --on 2026-11-23", "step-back"),
    *("setback --onset '{ago}min ago'", "correct grade={grade}", "correct side={side}"),
    *("correct onset='{onset}h ago'", "checkin pain={pain} swelling={swelling}", "checkin pain=2"),
    *("flag no-weight", "flag clear no-weight --because seen", "screen raynaud=no"),
    *("move --timezone Asia/Tokyo", "move", "upgrade --yes", "status", "next", "log", "store backup"),
)


class Pack:
    """One that was said to be on, by a word of the person."""

    def __init__(self, offered: Fact) -> None:
        self.modality = offered.data["modality"]
        self.planned = timedelta(seconds=offered.data["seconds"])
        self.on_at = offered.at
        self.off_at: datetime | None = None
        self.is_said = False

    def until(self) -> datetime:
        """When it is off the skin, as far as anybody has said."""
        return self.off_at or self.on_at + self.planned


class Skin:
    """A diary of the packs. It reads each new fact once, and forgets nothing."""

    def __init__(self) -> None:
        self.packs: dict[str, Pack] = {}
        self.seen: dict[int, Fact] = {}
        self.undone: set[int] = set()

    def read(self, facts: list[Fact]) -> None:
        for fact in facts:
            if fact.seq not in self.seen:
                self.seen[fact.seq] = fact
                self._read(fact)

    def _read(self, fact: Fact) -> None:
        name = fact.data.get("occurrence", "")
        if isinstance(fact.what, f.Offered) and "seconds" in fact.data:
            self._may_be_on(name, fact)
            if name not in self.packs or not self.packs[name].is_said:
                self.packs[name] = Pack(fact)
        elif isinstance(fact.what, f.Begun):
            self._may_be_on(name, fact)
            self.packs[name].on_at, self.packs[name].is_said = fact.at, True
            self.packs[name].planned = timedelta(seconds=fact.data["seconds"])
        elif isinstance(fact.what, f.Ended) and name in self.packs:
            pack = self.packs[name]
            pack.is_said = pack.is_said or fact.by == "person"
            pack.off_at = fact.at
        elif isinstance(fact.what, f.TakenBack):
            self.undone.add(fact.data["seq"])
            taken = self.seen.get(fact.data["seq"])
            if taken is not None and isinstance(taken.what, f.Ended) and taken.by == "person":
                self.packs[taken.data["occurrence"]].off_at = None  # so it is on, if its time is not over

    def side(self, occurrence: str) -> str | None:
        """Where the pack went, by what was said last."""
        said = [
            fact.data["side"]
            for fact in self.seen.values()
            if isinstance(fact.what, f.Started | f.Corrected)
            and fact.episode == occurrence.partition("/")[0]
            and fact.data.get("side")
            and fact.seq not in self.undone
        ]
        return said[-1] if said else None

    def _may_be_on(self, name: str, fact: Fact) -> None:
        modality, at = fact.data["modality"], fact.at
        if modality in THERMAL:
            assert timedelta(seconds=fact.data["seconds"]) <= LONGEST, fact
        for other, pack in self.packs.items():
            if not pack.is_said:
                continue
            assert pack.until() <= at, f"{other} is on until {pack.until()}, and {name} at {at}"
            is_same_side = self.side(name) == self.side(other)
            if is_same_side and modality in THERMAL and pack.modality in THERMAL:
                since = at - pack.until()
                assert since >= GAP, f"{name} at {at}, {since} after {other} ({pack.modality})"


class Walk:
    """A person and the daemon, on one clock."""

    def __init__(self, home: Path, seed: int, clock: time_machine.Traveller) -> None:
        self.home, self.chance, self.clock = home, random.Random(seed), clock
        self.now = MORNING
        self.watch = Watch(home, MORNING)
        self.skin = Skin()
        self.trail: list[str] = []

    def waits(self, length: timedelta) -> None:
        end = self.now + length
        while self.watch.next is not None and self.watch.next <= end:
            self._comes(max(self.watch.next, self.now + timedelta(milliseconds=1)))
            self.watch.wake(self.now)
            self.looks()
        self._comes(end)
        self.watch.wake(self.now)
        self.looks()
        self.trail.append(f"{self.now:%d %H:%M:%S}")

    def _comes(self, now: datetime) -> None:
        self.now = now
        self.clock.move_to(now)

    def types(self, line: str) -> None:
        chance = self.chance
        words = line.format(
            grade=chance.choice("123"), side=chance.choice(("left", "right")), ago=chance.choice((1, 5, 15, 40)),
            onset=chance.choice((1, 1, 1, 2, 20, 47)), pain=chance.randrange(5), swelling=chance.randrange(3),
        )  # fmt: skip
        if words.split()[0] not in ("start", "store"):
            words += self.one_of_the_open()
        status, said = typed(*shlex.split(words))
        self.trail.append(
            f"  {words} -> {status} {said.strip().splitlines()[0][:110] if said.strip() else ''}"
        )
        self._comes(self.now + timedelta(milliseconds=7))
        self.looks()
        self.watch.wake(self.now)
        self.looks()

    def one_of_the_open(self) -> str:
        journal = Journal.open_existing(self.home, now=self.now)
        if journal is None:
            return ""
        with journal:
            open_ = journal.open_episodes()
        return f" --episode {self.chance.choice(open_)}" if open_ else ""

    def looks(self) -> None:
        journal = Journal.open_existing(self.home, now=self.now)
        if journal is not None:
            with journal:
                self.skin.read(journal.all_facts())

    def goes(self, steps: int) -> None:
        self.types(self.chance.choice(STARTS))
        self.types("checkin pain=3 swelling=1")
        for _ in range(steps):
            which = self.chance.random()
            if which < 0.3:
                self.waits(self.chance.choice((1, 3, 10, 20, 30, 61, 61)) * MINUTE)
            elif which < 0.34:
                self.types(self.chance.choice(STARTS))
            elif which < 0.5:
                self.types(f"begin {self.chance.choice(('ice', 'packs', ''))}")
            elif which < 0.65:
                self.types("undo")
            elif which < 0.75:
                self.types(self.chance.choice(ENDS))
            else:
                self.types(self.chance.choice(DEEDS))


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


def walk(home: Path, seed: int, clock: time_machine.Traveller, steps: int) -> Walk:
    walker = Walk(home, seed, clock)
    try:
        walker.goes(steps)
        with Journal.open(home, now=walker.now) as journal:
            assert misfits(journal) == []
    except AssertionError as error:
        pytest.fail("\n".join([*walker.trail, f"seed {seed}: {error}"]), pytrace=False)
    return walker


@pytest.mark.parametrize("seed", range(6))
def test_no_verb_leads_round_the_limits(own_home: Path, clock: time_machine.Traveller, seed: int) -> None:
    walk(own_home, seed, clock, 60)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(100, 300))
def test_no_verb_leads_round_the_limits_for_long(
    own_home: Path, clock: time_machine.Traveller, seed: int
) -> None:
    walk(own_home, seed, clock, 150)
