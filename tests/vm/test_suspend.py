"""The machine really sleeps, and its clock is really set: in a virtual one, built and run once for all tests here.

Elsewhere libfaketime, SIGSTOP and a logind of our own stand for that. Here it is Debian's kernel, systemd, logind, a
person's own service manager, and dunst; README.md says what it costs and how to look at a run. Lateness is counted
from the kernel's word that processes go on, or from before `date` is started, to dunst's own note of when it was
given the cue: nothing of it is the daemon's own word, and the emulation, several times slower than a machine, is in it.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import inf
from typing import Any

import pytest

from tests.vm.guest import lay
from tests.vm.image import NUMBER, built, why_not
from tests.vm.machine import Machine, Run

pytestmark = [pytest.mark.vm, pytest.mark.timeout(3600)]

SOON = 1.0
"""Seconds within which the due cues have to come."""

LIMIT = 1500.0
"""Seconds for a run; it takes five and a half minutes where nobody else wants the processor."""

HOUR, DAY = 3600, 86400

SLEEPS = ("overslept", "nap")

ORDER = (
    "the machine goes to sleep",
    "the journal is on the disk",
    "the machine is awake again",
    "shown end ",
)
"""What the daemon's log has to say of each sleep; the last two in whichever order."""


@dataclass(frozen=True)
class Note:
    """A note as dunst kept it."""

    title: str
    body: str
    at: float
    """When it came, in seconds since the machine was started."""


class Guest:
    """What a machine found out."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.steps = run.steps
        self.last = run.steps["look"]
        history = [{name: part["data"] for name, part in each.items()} for each in self.last["history"]]
        self.notes = sorted(
            (Note(each["summary"], each["body"], each["timestamp"] / 1e6) for each in history),
            key=lambda note: note.at,
        )

    def between(self, begin: float, end: float, title: str = "") -> list[Note]:
        """What dunst was given in a span of time."""
        return [note for note in self.notes if begin <= note.at < end and title in ("", note.title)]

    def ends(self, since: float) -> list[Note]:
        return self.between(since, inf, "Ice: stop")

    def facts(self, kind: str) -> list[dict[str, Any]]:
        return [fact for fact in self.last["facts"] if fact["kind"] == kind]

    def lateness(self, step: str, episode: str) -> float:
        """By how many seconds the end of the session that the person began was late; `inf` for ever."""
        (begun,) = [fact for fact in self.facts("begun") if fact["episode"] == episode]
        due = datetime.fromisoformat(begun["at"]).timestamp() + begun["data"]["seconds"]
        report = self.steps[step]
        started_at = float(report["wall"] - report["at"])
        ends = self.between(0, report["at"], "Ice: stop")
        return ends[-1].at + started_at - due if ends else inf

    def jump(self, name: str) -> tuple[float, float]:
        """When the clock began to be set, and when it was set the next time, or all was over."""
        clock = self.steps["clock"]
        starts: dict[str, float] = {step: jump["from"] for step, jump in clock["jumps"].items()}
        spans = pairwise([*starts.values(), float(clock["at"])])
        return dict(zip(starts, spans, strict=True))[name]

    def figures(self) -> Iterator[str]:
        """What was measured, to be read with `-s`."""
        for step in SLEEPS:
            yield f"{step}: asleep for {self.steps[step]['slept']:.1f} s, {self.steps[step]['how']}"
        awake = self.steps["overslept"]["awake"]
        yield from (f"end after waking: {1000 * (end.at - awake):.0f} ms" for end in self.ends(awake)[:1])
        host = self.run.arrived["overslept, end told"] - self.run.happened("WAKEUP")[0]
        yield f"the same by the host's clock, the kernel's waking included: {1000 * host:.0f} ms"
        for step in self.steps["clock"]["jumps"]:
            begin, end = self.jump(step)
            late = [f"{note.title} {1000 * (note.at - begin):.0f} ms" for note in self.between(begin, end)]
            yield f"clock {step}: {', '.join(late) or 'nothing told'}"
        yield f"end after a nap: {1000 * self.lateness('nap', 'minute-1'):.0f} ms"
        yield f"end after a kill: {1000 * self.lateness('kill', 'brief-1'):.0f} ms"
        yield from (line for line in self.last["memory"].splitlines() if line.startswith(("Rss:", "Pss:")))


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Guest:
    """One machine for all, from power on to power off."""
    if reason := why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("vm")
    lay(folder / "own")
    image = built(folder / "own", folder)
    try:
        with Machine(image, folder) as machine:
            run = machine.run(LIMIT)
    finally:
        image.memory_disk.unlink()  # a quarter of a gigabyte
    (folder / "steps.json").write_text(json.dumps(run.steps, indent=1))
    if "look" not in run.steps:
        reached = run.steps.get("failed", [*run.steps])
        pytest.fail(f"the scenario ended early, see {folder}: {reached}", pytrace=False)
    seen = Guest(run)
    print("", *seen.figures(), sep="\n  ")
    return seen


@pytest.mark.parametrize("step", SLEEPS)
def test_the_machine_sleeps_by_its_own_word_and_by_that_of_qemu(guest: Guest, step: str) -> None:
    number = SLEEPS.index(step)
    asleep, awake = (guest.run.happened(name) for name in ("SUSPEND", "WAKEUP"))
    report = guest.steps[step]

    assert len(asleep) == len(awake) == 2
    assert awake[number] - asleep[number] > 15
    assert report["slept"] == pytest.approx(awake[number] - asleep[number], abs=5)
    assert "[deep]" in report["how"]
    assert sum("to enter system sleep state S3" in line for line in guest.last["kernel"]) == 2


def test_an_end_that_was_overslept_comes_within_a_second_of_waking(guest: Guest) -> None:
    report = guest.steps["overslept"]
    (end,) = guest.between(report["began"], report["at"], "Ice: stop")

    assert 0 <= end.at - report["awake"] < SOON


def test_by_the_clock_of_the_host_it_comes_soon_too(guest: Guest) -> None:
    """From the instant at which QEMU wakes the machine: the kernel's own waking is in it, and our way of looking."""
    woken, _ = guest.run.happened("WAKEUP")

    assert 0 < guest.run.arrived["overslept, end told"] - woken < 3 * SOON


def test_it_says_by_how_much(guest: Guest) -> None:
    report = guest.steps["overslept"]
    (end,) = guest.between(report["began"], report["at"], "Ice: stop")
    (words,) = re.findall(r"It has been on for (\d+) min (?:(\d+) s )?too long\.", end.body)
    minutes, seconds = (int(word or 0) for word in words)
    (overrun,) = [fact["data"]["overrun"] for fact in guest.facts("ended") if fact["episode"] == "brief-2"]

    assert overrun == pytest.approx(report["slept"] - 30, abs=10)
    assert 60 * minutes + seconds == overrun


def test_an_end_that_falls_after_a_nap_comes_at_its_time(guest: Guest) -> None:
    """What waits by a clock that stands still in sleep is late by as much as the machine has slept."""
    report = guest.steps["nap"]
    (end,) = guest.between(report["began"], report["at"], "Ice: stop")

    assert report["awake"] + 10 < end.at
    assert 0 <= guest.lateness("nap", "minute-1") < SOON


@pytest.mark.parametrize("step", SLEEPS)
def test_before_sleep_the_journal_is_on_the_disk(guest: Guest, step: str) -> None:
    report = guest.steps[step]
    said = " ".join(report["log"])
    places = [said.find(f" INFO {words}") for words in ORDER]

    assert -1 not in places
    assert places[:2] == sorted(places[:2])
    assert places[1] < min(places[2:])
    assert report["on_disk"][-2:] == ["delivered", "begun"], "all until then is in the one file"


@pytest.mark.parametrize("step", SLEEPS)
@pytest.mark.parametrize("when", ["locks", "locks_again"])
def test_sleep_waits_for_the_daemon_before_and_again_after(guest: Guest, step: str, when: str) -> None:
    (lock,) = [line for line in guest.steps[step][when].splitlines() if line.startswith("recovery ")]

    assert lock.split()[1] == str(NUMBER)
    assert lock.rstrip().endswith("delay")
    assert " sleep " in lock
    assert "to bring its journal to the disk" in lock


def test_a_clock_set_forward_brings_the_end_within_a_second(guest: Guest) -> None:
    begin, end = guest.jump("half an hour on")
    (note,) = guest.between(begin, end, "Ice: stop")

    assert 0 <= note.at - begin < SOON
    assert "too long" not in note.body, "nobody has had it on for so long"


@pytest.mark.parametrize("step", ["back", "right"])
def test_a_clock_set_back_and_right_again_repeats_nothing(guest: Guest, step: str) -> None:
    assert guest.between(*guest.jump(step)) == []


def test_a_day_forward_is_caught_up_once_and_soon(guest: Guest) -> None:
    begin, end = guest.jump("a day on")
    notes = guest.between(begin, end)
    titles = Counter(note.title for note in notes)

    assert 1 <= len(notes) <= 2, "one for each activity at the most"
    assert max(titles.values()) == 1
    assert max(note.at - begin for note in notes) < SOON


def test_every_change_of_the_clock_is_noticed(guest: Guest) -> None:
    for step, seconds in {"half an hour on": HOUR / 2, "back": -HOUR, "right": HOUR, "a day on": DAY}.items():
        log = guest.steps["clock"]["jumps"][step]["log"]
        (noticed,) = [by for line in log for by in re.findall(r"clock went ([+-][\d.]+) s", line)]
        assert float(noticed) == pytest.approx(seconds, abs=2)


def test_killed_it_comes_back_and_tells_the_end(guest: Guest) -> None:
    report = guest.steps["kill"]

    assert report["second"] not in (0, report["first"])
    assert guest.last["restarts"] == "1"
    assert 0 <= guest.lateness("kill", "brief-1") < SOON
    assert guest.last["daemon"] == report["second"], "and lives through all that comes after"


def test_nothing_is_told_twice(guest: Guest) -> None:
    cues = [(fact["kind"], fact["data"]["cue"]) for fact in guest.last["facts"] if fact["data"].get("cue")]
    keys = Counter((kind, cue["key"], cue["due"]) for kind, cue in cues)
    ends = Counter(fact["data"]["occurrence"] for fact in guest.facts("ended"))

    assert {key: count for key, count in keys.items() if count > 1} == {}
    assert len(ends) == 4, "killed, overslept, nap, clock"
    assert set(ends.values()) == {1}
    assert sum(note.title == "Ice: stop" for note in guest.notes) == len(ends)


def test_nothing_goes_wrong(guest: Guest) -> None:
    troubles = [line for line in guest.last["log"] if " INFO " not in line and "planned anew" not in line]

    assert troubles == []
