"""Nothing of the shipped protocols can be broken unnoticed: every mutant is refused, or proven harmless.

A mutant (see `mutants`) is put in the place of its file in a copy of the library. It is *refused* if reading it, or a
shipped file that uses it, gives an error. Otherwise one of these has to be shown, in this order:

* `same plan`: the compiled protocols are equal but for where their numbers come from: nobody is treated otherwise;
* `stricter`: what was changed became stricter: a tighter limit, a later begin, a shorter session, a sign told sooner;
* `words`: nothing is equal but what advice is shown, or what is suggested to be started afterwards;
* `idle`: a limit that binds nothing that could happen: no session of its kind is left without a limit that is as
  strict, in this protocol and in all shipped ones that may run beside it; or an exclusion that the other file has, too;
* `shown as own` or `given`: the file shows the number as the project's own default, or all of its sources say which
  numbers they give, and give this one; and a few people, some hasty, some unlucky, live with the mutant and every
  protocol that uses it, and break no rule of the independent checker (`tests/engine/checker.py`).

Everything else is a hole, and fails the test.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from recovery.engine.acts import Act, Advance, AnswerCheckIn, Begin, End, MarkDone, Skip, Snooze
from recovery.engine.episode import Episode
from recovery.engine.facts import Fact
from recovery.engine.rehearsal import PlannedAct, Rehearsal
from recovery.protocol.compiled import to_json
from recovery.protocol.library import Library, installed_folder
from recovery.protocol.model import Limit, Phase, RecoveryProtocol, Treatment
from recovery.protocol.reading import check_file
from recovery.simulation.events import simulate
from recovery.values import replace
from tests.engine.checker import Checker, Person
from tests.engine.examples import ABLE, place, started
from tests.protocol.mutants import Mutant, mutants, read

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FOLDER = installed_folder()
NAMES = tuple(path.stem for path in sorted(FOLDER.glob("*.yaml")))
ONSET = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)

# Proof by comparing --------------------------------------------------------------------------------


def plain(protocol: RecoveryProtocol, *left_out: str) -> Any:
    """All that a protocol does, without where its numbers come from."""
    gone = {"cites", "sources", *left_out}

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without(inner) for key, inner in value.items() if key not in gone}
        return [without(inner) for inner in value] if isinstance(value, list) else value

    return without(json.loads(to_json(protocol)))


def treated(protocol: RecoveryProtocol) -> Any:
    """What is left without what is only said: advice, and what may be started afterwards."""
    made = plain(protocol, "then")
    for phase in made["protocol"]["phases"]:
        phase["activities"] = [each for each in phase["activities"] if each["$"] != "Advice"]
    return made


@cache
def trees() -> dict[str, dict[str, Any]]:
    return {name: read(FOLDER / f"{name}.yaml") for name in NAMES}


@cache
def whole(name: str) -> RecoveryProtocol:
    protocol, problems = check_file(FOLDER / f"{name}.yaml", Library((FOLDER,)))
    assert protocol is not None, problems
    return protocol


@cache
def users(name: str) -> tuple[str, ...]:
    """The shipped protocols that use one, and itself first."""
    return (name, *(other for other in NAMES if name in whole(other).uses))


# Proof by idleness ----------------------------------------------------------------------------------

BOUNDS = ("longest", "gap", "not_before", "not_after", "most_per_day", "never", "needs")


def done_in(phases: Iterable[Phase]) -> set[str]:
    return {
        step.modality
        for phase in phases
        for activity in phase.everything()
        if isinstance(activity, Treatment)
        for step in activity.steps
    }


def may_run_beside(this: RecoveryProtocol, other: RecoveryProtocol) -> bool:
    mine, theirs = {this.id, *this.uses}, {other.id, *other.uses}
    excluded = {each.id for each in this.excludes} & theirs or {each.id for each in other.excludes} & mine
    return this.region == other.region and not excluded and not mine & theirs


def is_as_strict(limit: Limit, other: Limit) -> bool:
    """Whether a limit bounds at least as much, in all that the other one bounds."""
    for bound in BOUNDS:
        here, there = getattr(limit, bound), getattr(other, bound)
        if there in (None, False) or here == there:
            continue
        if bound in ("longest", "most_per_day", "gap") and here is not None:
            size, limited = (getattr(each, "about_seconds", each) for each in (here, there))
            if (size >= limited) if bound == "gap" else (size <= limited):
                continue
        return False
    return True


def is_bound(protocol: RecoveryProtocol, phase: Phase, of: str, to: str, lost: Limit) -> bool:
    """Whether something else says, for a modality in a phase, what the lost limit said."""
    return any(
        of in limit.of
        and (not limit.during or phase.id in limit.during)
        and (not to or to in limit.to)
        and is_as_strict(limit, lost)
        for limit in protocol.limits
    )


def is_idle(name: str, protocols: dict[str, RecoveryProtocol]) -> bool:
    """Whether limits are all that was changed, and no session of the library is bound less than before."""
    for each in users(name):
        if plain(protocols[each], "limits", "excludes") != plain(whole(each), "limits", "excludes"):
            return False
        if not set(map(exclusion_of, protocols[each].excludes)) >= set(
            map(exclusion_of, whole(each).excludes)
        ):
            lost = {x.id for x in whole(each).excludes} - {x.id for x in protocols[each].excludes}
            if any(each not in {x.id for x in whole(other).excludes} for other in lost & {*NAMES}):
                return False
        for limit in whole(each).limits:
            for phase in protocols[each].phases:
                if limit.during and phase.id not in limit.during:
                    continue
                for of in limit.of:
                    for to in limit.to or ("",):
                        if not is_bound(protocols[each], phase, of, to, limit) and may_matter(
                            each, phase, to or of
                        ):
                            return False
    return True


def exclusion_of(each: Any) -> str:
    return str(each.id)


def may_matter(name: str, phase: Phase, modality: str) -> bool:
    """Whether a session of a modality could take place while a phase of a protocol lasts."""
    if modality in done_in([phase]):
        return True
    return any(
        modality in done_in(whole(other).phases) and may_run_beside(whole(name), whole(other))
        for other in NAMES
    )


# Proof by living ------------------------------------------------------------------------------------


class Somebody:
    """Reacts to cues: mostly begins, sometimes late, sometimes too long, and wants to go on."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def reactions(self, _: Episode, fact: Fact) -> Iterator[tuple[datetime, Act]]:
        kind, activity = fact.data.get("cue", {}).get("kind"), fact.data.get("activity")
        later = fact.at + timedelta(minutes=self.random.choice([0, 0, 1, 12, 55]))
        if kind == "start":
            yield later, self.random.choice([Begin, Begin, Begin, Skip, Snooze])(activity)
        elif kind == "end":
            yield later, self.random.choice([End, End, MarkDone, Begin])(activity)


LENGTHS = {"strain": 24, "rice": 5, "contrast": 9, "cold-10-10-10": 5}
CLINICAL = re.compile(
    "is longer than|starts .*after|ice after|warmth before|has not lessened|unknown or stale|in the night|bedtime"
    "|earliest healing|before 48 h|before 24 h|fourth warm|while the red flag|starts while|not of the step"
    "|exercise too early|two steps in a day"
)
"""What harms. The checker also holds the files' own defaults (the days of a step, the level of a morning) against the
engine, and keeps its books; a number that is shown as own may be another one there."""
PEOPLE = ("well", "ups and downs", "stuck", "hasty")
GET_FAR = ("well", "hasty", "lasting")
"""Of a strain: grade I, and the months of grade III."""


def answers_of(who: str, at: int, random: Random) -> dict[str, object]:
    """What somebody answers on the `at`th check-in, three a day."""
    match who:
        case "well" | "hasty" | "lasting":
            pain = max(0, 6 - at // 2)
            swelling = min(3, pain // 2)
        case "ups and downs":
            pain, swelling = random.randint(0, 6), random.randint(0, 3)
        case _:
            pain, swelling = 5, 2
    return {
        "pain": pain,
        "swelling": swelling,
        "morning": pain,
        **ABLE,
        "tender": pain,
    }


def script(who: str, name: str, protocol: RecoveryProtocol, length: timedelta) -> list[PlannedAct]:
    """Check-ins, and deeds at odd times; of the hasty also many a wish to go on."""
    random = Random(f"{who} {name}")
    acts = []
    activities = [
        each.id for phase in protocol.phases for each in phase.everything() if isinstance(each, Treatment)
    ]
    for number in range(int(length / (8 * HOUR))):
        at = ONSET + number * 8 * HOUR + timedelta(minutes=random.randint(0, 59))
        values = {
            key: str(each)
            for key, each in answers_of(who, number, random).items()
            if key in protocol.observations
        }
        if values:
            acts.append(PlannedAct(at, AnswerCheckIn(values)))
        if activities and who != "lasting":
            acts += [
                PlannedAct(at + timedelta(minutes=random.randint(1, 400)), Begin(random.choice(activities)))
                for _ in range(3)
            ]
        if who == "hasty":
            acts.append(PlannedAct(at + HOUR, Advance(because="in a hurry")))
        elif who == "lasting" or number % 4 == 0:
            acts.append(PlannedAct(at + HOUR, Advance()))
    return acts


def breaches(protocol: RecoveryProtocol, who: str) -> set[str]:
    """The rules that a life breaks: what the checker says, without times and names of occurrences."""
    lasts = 100 if who == "lasting" and protocol.id == "strain" else LENGTHS.get(protocol.id, 7)
    grade = "III" if who == "lasting" else {"well": "I", "hasty": "I"}.get(who, "II")
    length = lasts * DAY
    person = Person(ONSET, "Europe/Berlin", time(7), time(23), grade)
    lives = place(person.zone)
    episode, _ = started(protocol, ONSET, ONSET, grade=grade, lives=lives)
    acts = script(who, protocol.id, protocol, length)
    reacts = None if who == "lasting" else Somebody(len(who))
    events = simulate(Rehearsal(episode, ONSET, ONSET + length, answers=acts, persona=reacts))
    said = Checker(person, protocol.id).read(events, ONSET + length)
    clinical = (words for words in said if CLINICAL.search(words))
    return {re.sub(r"\S*\d\S*|'[^']*'", "", words) for words in clinical}


@cache
def breaches_before(name: str, who: str) -> frozenset[str]:
    return frozenset(breaches(whole(name), who))


def people_of(name: str, mutant: Mutant) -> tuple[str, ...]:
    """Who lives with a protocol of which a file was changed: those who get to where the change is."""
    if name != "strain":
        return PEOPLE
    if mutant.file != "strain":
        return ("ups and downs", "hasty")
    return GET_FAR if {"tables", "healing", "min"} & {*mutant.path} else GET_FAR[:2]


def harm(protocols: dict[str, RecoveryProtocol], mutant: Mutant) -> str:
    """A rule of the checker that somebody breaks with a mutant and not without it; empty: nobody does."""
    for name, protocol in protocols.items():
        for who in people_of(name, mutant):
            if broken := breaches(protocol, who) - breaches_before(name, who):
                return f"{who}, {name}: {min(broken)}"
    return ""


# Judging --------------------------------------------------------------------------------------------


def says(ref: str, file: str) -> bool:
    """Whether a source of a file tells which numbers it gives."""
    return any(
        "says" in trees()[name].get("sources", {}).get(ref.partition(":")[0], {}) for name in users_of(file)
    )


def users_of(file: str) -> tuple[str, ...]:
    return (file, *whole(file).uses)


class Judge:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.library = Library((folder, FOLDER))
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.holes: list[str] = []

    def judge(self, mutant: Mutant) -> None:
        outcome = self._outcome(mutant)
        self.outcomes[mutant.kind, outcome] += 1
        if outcome == "HOLE":
            self.holes[-1:] = [f"{mutant} [{', '.join(mutant.refs)}] {self.holes[-1]}"]

    def _outcome(self, mutant: Mutant) -> str:
        path = self.folder / f"{mutant.file}.yaml"
        path.write_text(mutant.applied(trees()[mutant.file]), encoding="utf-8")
        try:
            protocols = {}
            for name in users(mutant.file):
                where = path if name == mutant.file else FOLDER / f"{name}.yaml"
                protocol, _ = check_file(where, self.library)
                if protocol is None:
                    return "refused"
                protocols[name] = protocol
        finally:
            path.unlink()
        if all(plain(protocols[name]) == plain(whole(name)) for name in protocols):
            return "same plan"
        if mutant.is_stricter:
            return "stricter"
        if all(treated(protocols[name]) == treated(whole(name)) for name in protocols):
            return "words"
        if is_idle(mutant.file, protocols):
            return "idle"
        is_own = "own" in mutant.refs
        is_given = (
            bool(mutant.refs)
            and mutant.kind in ("number", "limit")
            and all(says(ref, mutant.file) for ref in mutant.refs)
        )
        if not is_own and not is_given:
            self.holes.append("neither own nor given")
            return "HOLE"
        if why := harm(protocols, mutant):
            self.holes.append(why)
            return "HOLE"
        return "shown as own" if is_own else "given"

    def table(self) -> str:
        kinds = sorted({kind for kind, _ in self.outcomes})
        outcomes = sorted({outcome for _, outcome in self.outcomes})
        rows = [["", *outcomes, "all"]]
        for kind in kinds:
            counts = [self.outcomes[kind, outcome] for outcome in outcomes]
            rows.append([kind, *map(str, counts), str(sum(counts))])
        sums = [sum(self.outcomes[kind, outcome] for kind in kinds) for outcome in outcomes]
        rows.append(["all", *map(str, sums), str(sum(sums))])
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
        )


def judged(chosen: Iterable[Mutant], folder: Path) -> Judge:
    own = folder / "mutated"
    own.mkdir()
    judge = Judge(own)
    for mutant in chosen:
        judge.judge(mutant)
    print(f"\n{judge.table()}")  # with -s
    return judge


def every() -> Iterator[Mutant]:
    for name, tree in trees().items():
        yield from mutants(name, tree)


def test_what_is_broken_in_a_shipped_protocol_is_refused_or_harmless(tmp_path: Path) -> None:
    """Of all mutants every so manyth, another one of each item; the whole is slow."""
    assert judged([each for number, each in enumerate(every()) if number % 80 == 7], tmp_path).holes == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_whatever_is_broken_in_a_shipped_protocol_is_refused_or_harmless(tmp_path: Path) -> None:
    assert judged(every(), tmp_path).holes == []


def test_the_people_see_a_protocol_that_harms() -> None:
    """The proof by living is worth something: somebody breaks a rule when the limits are gone."""
    protocol = whole("contrast")
    open_to_all = replace(protocol, limits=(), phases=(replace(protocol.phases[0], enter_when=None),))
    assert harm({"contrast": open_to_all}, Mutant("contrast", "limit", (), "all dropped", None))
