"""The daemon is killed at random instants, again and again: no cue is lost, and none comes twice but one in flight.

A course of sessions of one second each has two cues a second. Half of the kills come at any instant of the daemon's
life, its start included; the others within milliseconds of a write to the journal: before it, between it and the
notifier, while the desktop answers.
"""

import random
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from recovery import clock
from recovery.engine.facts import Delivered, Ended, Fact, Offered
from recovery.store.checking import check
from tests.desktop import Desktop, until
from tests.profile import HEAD, LOOK, Profile

PACKS = """\
      - id: packs
        kind: alternation
        title: Packs
        per_day: 1
        source: own
        steps:
"""
STEP = "          - {{of: {of}, duration: 1s, start: On {number}., end: Off {number}.}}\n"
WAIT = "          - wait: 1s\n"


def course(steps: int) -> str:
    """A protocol with that many sessions, one after the other; each cue has a text of its own."""
    head = HEAD.format(id="quick", inputs="onset").replace("[cold, warm]", "exercise")
    walks = "".join(
        STEP.format(of=("exercise", "rest")[number % 2], number=number) + WAIT * (number % 3 > 0)
        for number in range(steps)
    )
    return head + PACKS + walks + LOOK


class Victim:
    """The daemon of a profile, as often as it is needed, and what the desktop has shown of it."""

    def __init__(self, person: Profile, desktop: Desktop, seed: int) -> None:
        self._person = person
        self._desktop = desktop
        self._random = random.Random(seed)
        self.first_at = 0.0
        """When the first one was called: what came before, nobody could tell."""
        self.kills: list[tuple[float, set[str], Counter[str]]] = []
        """When, which cues the journal knew as shown by then, and how often each had been on the screen."""

    def start(self) -> "subprocess.Popen[bytes]":
        self.first_at = self.first_at or time.time()
        return subprocess.Popen(
            [sys.executable, "-m", "recovery.daemon", "-", ""],
            env=self._person.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def live_and_die(self) -> None:
        with self.start() as daemon:
            if self._random.random() < 0.5:
                self._pass(self._random.uniform(0, 1.5))
            else:
                self._pass(self._random.uniform(0, 1))
                before = self._written()
                over = time.monotonic() + 3
                while self._written() == before and time.monotonic() < over:
                    pass
                self._pass(self._random.uniform(0, 0.03))
            daemon.kill()
        self.kills.append((time.time(), self.recorded(), self.shown()))

    def recorded(self) -> set[str]:
        """The texts of the cues that the journal knows as shown."""
        facts = {fact.seq: fact for fact in self._person.facts()}
        return {_text(facts[fact.data["seq"]]) for fact in facts.values() if isinstance(fact.what, Delivered)}

    def shown(self) -> Counter[str]:
        """How often each text has been on the screen."""
        bodies = (re.match(r"(On|Off) \d+\.", note.body) for note in self._desktop.received())
        return Counter(matched[0] for matched in bodies if matched)

    def _written(self) -> tuple[int, ...]:
        figures = []
        for name in ("journal.db", "journal.db-wal"):
            try:
                status = (self._person.home / name).stat()
            except OSError:
                figures += [0]
            else:
                figures += [status.st_size, status.st_mtime_ns]
        return tuple(figures)

    @staticmethod
    def _pass(seconds: float) -> None:
        over = time.monotonic() + seconds
        until(lambda: time.monotonic() >= over, "")


def _text(fact: Fact) -> str:
    matched = re.match(r"(On|Off) \d+\.", fact.data["cue"]["body"])
    return matched[0] if matched else ""


def kill_again_and_again(kills: int, steps: int, desktop: Desktop, person: Profile, seed: int) -> str:
    person.run("start", person.file(course(steps)), "--onset", "1h ago", "--no-daemon")
    # A session of one second leaves no time to ask two programs whether one may disturb.
    (person.home / "settings.toml").write_text("respect_dnd = false\n")
    victim = Victim(person, desktop, seed)
    for _ in range(kills):
        victim.live_and_die()
    with victim.start() as daemon:
        until(lambda: len(person.facts(Ended)) == steps, "the course is over", 30 + 3 * steps)
        until(lambda: f"Off {steps - 1}." in victim.recorded(), "all is told")
        daemon.terminate()

    assert check(person.home / "journal.db", now=clock.now()).faults == ()
    shown = victim.shown()
    facts = person.facts()
    offered = [fact for fact in facts if isinstance(fact.what, Offered) and "seconds" in fact.data]
    ended = [fact for fact in facts if isinstance(fact.what, Ended)]
    assert len(offered) == len(ended) == steps
    assert len({fact.data["occurrence"] for fact in ended}) == steps

    recorded = victim.recorded()
    lost = [number for number in range(steps) if not shown[f"Off {number}."]]
    assert [number for number in lost if f"On {number}." in recorded] == [], "ends that were lost"
    for number, (begin, end) in enumerate(zip(offered, ended, strict=True)):
        if not shown[f"On {number}."]:
            span = begin.at.timestamp() - 0.1, end.at.timestamp() + 0.1
            alone = [*(at for at, *_rest in victim.kills), victim.first_at]
            assert any(span[0] <= at <= span[1] for at in alone), f"start {number} was lost"
    for _at, at_once, before in victim.kills:
        twice = [text for text in at_once if text and shown[text] != before[text]]
        assert twice == [], "told again though it was known as told"
    again = Counter[int]()
    for (_at, _recorded, before), (_later, _more, after) in zip(victim.kills, victim.kills[1:], strict=False):
        again[sum(after[text] - count for text, count in before.items())] += 1
    assert set(again) <= {0, 1, 2}, "no more than was in flight: an end, and the start that follows it"
    return (
        f"{kills} kills, {sum(shown.values())} notes, told again: {dict(again)}, never on the screen: {lost}"
    )


def test_killed_a_dozen_times_it_loses_no_cue(desktop: Desktop, tmp_path: Path) -> None:
    with Profile(tmp_path, desktop.environ) as person:
        print(kill_again_and_again(12, 5, desktop, person, seed=12))


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("seed", [random.randrange(10**6)])
def test_killed_200_times_it_loses_no_cue(desktop: Desktop, tmp_path: Path, seed: int) -> None:
    with Profile(tmp_path, desktop.environ) as person:
        print(kill_again_and_again(200, 100, desktop, person, seed))
