"""Small protocols in the language itself, people under them, and a virtual life to put both through."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from recovery.engine import facts as f
from recovery.engine.acts import ACTS, Act, AnswerCheckIn
from recovery.engine.decide import turn
from recovery.engine.episode import Episode
from recovery.engine.facts import Fact
from recovery.engine.fold import apply, begin
from recovery.engine.gates import Held, gate, gate_needs
from recovery.engine.judging import judge
from recovery.engine.outlook import explain_each
from recovery.engine.reasons import Text, as_written
from recovery.engine.rehearsal import PlannedAct, Rehearsal, Span
from recovery.engine.times import Place
from recovery.engine.turn import Accepted, Refused, Verdict
from recovery.engine.written import to_ms
from recovery.protocol.library import installed_folder
from recovery.protocol.model import RecoveryProtocol
from recovery.protocol.reading import compile_texts
from recovery.protocol.terms import Condition
from recovery.simulation.events import simulate
from recovery.simulation.people import Persona
from recovery.store.shapes import Surroundings, wrong_fields
from recovery.values import replace
from recovery.words.reasons import sentence, worded

BERLIN = "Europe/Berlin"

OBSERVE = """observe:
  pain: {ask: "Pain?", scale: 0..10, fresh: 24h}
  swelling: {ask: "Swelling?", scale: 0..3, labels: [none, slight, moderate, marked], fresh: 24h}
  strength: {ask: "Strength?", scale: 0..100, better: higher, fresh: 8d}
  rom: {ask: "Movement?", choices: [limited, full], fresh: 24h}"""
TABLES = "tables:\n  heal: {I: 2w..4w, II: 4w..8w, III: 3mo..12mo}"
HEALING = "healing: {from: injury, table: heal, late: {level: routine, say: Late}}"

ICE = "{id: ice, kind: session, of: cold, duration: 20min, every: 2h..3h, start: On, end: Off}"
ASK = "{id: ask, kind: check-in, ask: [pain, swelling], every: 12h}"
GAP = "{id: gap, of: [cold, warm], gap: 1h, to: [cold, warm]}"
PACKS = """
id: packs
kind: alternation
per_day: 1..3
steps:
  - {of: cold, duration: 20min, start: Cold on, end: Cold off}
  - wait: 1h
  - {of: warm, duration: 20min, start: Warm on, end: Warm off}
  - wait: 1h
"""


ABLE: dict[str, object] = {
    "rom": "full",
    "exercise-pain": 0,
    "effort": 3,
    "stance": 99,
    "abduction": "30/30",
    "squat": 99,
    "step-down": 99,
    "pressing": 0,
    "confidence": 9,
}
"""The answers, besides pain and swelling, of somebody who can do everything again."""


def small(
    *activities: str,
    limits: Iterable[str] = (),
    flags: Iterable[str] = (),
    phase: str = "",
    more: Sequence[str] = (),
    region: str = "hip",
    healing: bool = False,
    id_: str = "small",
    observe: str = "",
    top: str = "",
) -> RecoveryProtocol:
    """A protocol with one phase, `only`, that has these activities, and `more` phases as they are given.

    Nothing but its own limits binds: what the floor adds has tests of its own (`test_floor_limits`).
    `observe` are further observations, `top` further lines of the file.
    """
    text = [
        f"format: 1\nid: {id_}\nversion: 1.0.0\ntitle: Small\nsummary: Small.\nregion: {region}",
        "inputs: [onset, grade, side]",
        OBSERVE,
        *(f"  {line}" for line in observe.strip().splitlines()),
        *([top.strip()] if top else []),
        *([TABLES, HEALING] if healing else []),
        *(["limits:", *_items(limits)] if limits else []),
        *(["red_flags:", *_items(flags)] if flags else []),
        "phases:",
        phase_text("only", *activities, body=phase),
        *more,
    ]
    return replace(compiled("\n".join(text), id_), floor=())


def phase_text(id_: str, *activities: str, body: str = "") -> str:
    """A phase of a protocol's text; `body` are its other lines, without which it lasts for months."""
    other = body.strip() or "min: 90d"
    lines = [f"  - id: {id_}", *(f"    {line}" for line in other.splitlines()), "    do:"]
    return "\n".join([*lines, *(f"  {line}" for line in _items(activities or (ICE,), 4))])


def _items(items: Iterable[str], depth: int = 2) -> list[str]:
    lines = []
    for item in items:
        first, *rest = item.strip().splitlines()
        lines += [f"{' ' * depth}- {first}", *(f"{' ' * depth}  {line}" for line in rest)]
    return lines


@cache
def compiled(text: str, id_: str) -> RecoveryProtocol:
    return compile_texts({id_: text}, id_)


@cache
def texts() -> dict[str, str]:
    """The texts of the protocols that come with the program, by id."""
    return {file.stem: file.read_text(encoding="utf-8") for file in installed_folder().glob("*.yaml")}


@cache
def shipped(id_: str) -> RecoveryProtocol:
    return compile_texts(texts(), id_)


def changed(id_: str, change: Callable[[str], str]) -> RecoveryProtocol:
    """A shipped protocol with the text of every file changed, without their translations and without the floor."""
    plain = {name: text.partition("\ntranslations:")[0] + "\n" for name, text in texts().items()}
    other = {name: change(text) for name, text in plain.items()}
    assert other != plain
    return replace(compile_texts(other, id_), floor=())


def condition(text: str) -> Condition:
    """A condition as the language writes it."""
    indented = "\n".join(f"        {line}" for line in text.strip().splitlines())
    made = small(ASK, phase=f"leave_when:\n{indented}").phases[0].leave_when
    assert made is not None
    return made


def local(text: str, zone: str = BERLIN) -> datetime:
    """The instant of a local time such as `2026-11-23 18:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


MONDAY = "2026-11-23 "
ONSET = local(MONDAY + "07:00")


def place(zone: str = BERLIN, wake: str = "07:00", bedtime: str = "23:00") -> Place:
    return Place(ZoneInfo(zone), time.fromisoformat(wake), time.fromisoformat(bedtime))


def started(
    protocol: RecoveryProtocol,
    onset: datetime = ONSET,
    start: datetime | None = None,
    *,
    grade: str | None = "II",
    side: str | None = "left",
    lives: Place | None = None,
    confirms: bool = False,
    number: int = 1,
    screen: dict[str, bool] | None = None,
    **more: Any,
) -> tuple[Episode, Fact]:
    """A new episode, with the fact that opens it. Without `screen` all questions are answered no."""
    lives = lives or place()
    data = {
        "onset": to_ms(onset),
        "grade": grade,
        "side": side,
        "zone": lives.zone.key,
        "wake": f"{lives.wake:%H:%M}",
        "bedtime": f"{lives.bedtime:%H:%M}",
        "confirms": confirms,
        "screen": {question.id: False for question in protocol.screen} if screen is None else screen,
        "options": {o.id: o.default or o.choices[0] for o in protocol.options.values()},
    } | more
    opening = Fact(f"{protocol.id}-{number}", start or onset, f.Started.of(data), "person", seq=1)
    return begin(protocol, opening), opening


def an_act(verb: str, **given: Any) -> Act:
    """An act of any kind, with what it takes of what is given."""
    kind = ACTS[verb]
    return kind(**{name: value for name, value in given.items() if name in kind._fields})


class Life:
    """One episode on a virtual clock, driven by a test as the daemon and the command line would drive it.

    `facts` is its journal: numbered, as the store keeps it.
    """

    def __init__(
        self, protocol: RecoveryProtocol, *args: Any, others: tuple[Episode, ...] = (), **options: Any
    ) -> None:
        self.episode, opening = started(protocol, *args, **options)
        self.now = opening.at
        self.facts = [opening]
        self.others = others
        self.turn()

    def turn(self) -> list[Fact]:
        turned = turn(self.episode, self.now, self.others)
        self._turned_at, self._look_again_at = self.now, turned.look_again_at
        return self.keep(turned.facts)

    @property
    def look_again_at(self) -> datetime | None:
        """The next instant at which something may be due."""
        if self._turned_at != self.now:
            return turn(self.episode, self.now, self.others).look_again_at
        return self._look_again_at

    def keep(self, facts: Iterable[Fact]) -> list[Fact]:
        """Put facts into the journal, numbered, each of the shape that its check asks for, and apply them."""
        as_kept = (worded(fact, self.episode.place, self.now) for fact in facts)
        kept = [replace(fact, seq=len(self.facts) + n) for n, fact in enumerate(as_kept, 1)]
        around = Surroundings(self.episode.id, self.episode.pinned)
        for fact in kept:
            assert wrong_fields(type(fact.what), json.loads(json.dumps(fact.data)), around) == "", fact
        self.facts += kept
        for fact in kept:
            self.episode = apply(self.episode, fact)
        return kept

    def go(self, until: datetime | str) -> "Life":
        """Live on until an instant, waking up whenever something may be due."""
        end = self.at(until)
        while True:
            waking = self.look_again_at
            if waking is None or waking > end:
                break
            self.now = waking
            self.turn()
        self.now = end
        return self

    def sleep(self, until: datetime | str) -> "Life":
        """The machine is off until an instant; then it takes its turn."""
        self.now = self.at(until)
        self.turn()
        return self

    def at(self, when: datetime | str) -> datetime:
        """An instant, or a local time: `Mon 18:00` of the first week, or with a date."""
        if isinstance(when, datetime):
            return when
        days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
        day, _, clock = when.partition(" ")
        if day in days:
            date = local(MONDAY + clock, self.episode.place.zone.key) + timedelta(days=days.index(day))
            return local(
                f"{date.astimezone(self.episode.place.zone):%Y-%m-%d} {clock}", self.episode.place.zone.key
            )
        return local(when, self.episode.place.zone.key)

    def do(self, act: Act) -> Verdict:
        """What the person does now, with what follows from it."""
        verdict = judge(self.episode, self.now, act, self.others)
        if isinstance(verdict, Accepted):
            self.keep(verdict.facts)
            self.turn()
        return verdict

    def accepted(self, act: Act) -> str:
        """What the person is told of an act that is accepted."""
        now, verdict = self.now, self.do(act)
        assert isinstance(verdict, Accepted), verdict
        return self.words(verdict.message, now)

    def refused(self, act: Act) -> Refused:
        """The refusal of an act, with the reason as the person is told it."""
        verdict = self.do(act)
        assert isinstance(verdict, Refused), verdict
        return replace(verdict, reason=self.words(verdict.reason))

    def words(self, text: Text, now: datetime | None = None) -> str:
        """What the person is told, in their language."""
        return sentence(text, self.episode.place, now or self.now)

    def needs(self, now: datetime | None = None) -> list[tuple[str, str]]:
        """What the gate needs, and what is known of it; conditions as the file writes them."""
        needs = gate_needs(self.episode, now or self.now)
        return [(self.words(as_written(n.condition), now), self.words(n.value, now)) for n in needs]

    def held(self) -> list[str]:
        """The reasons why the gate is shut."""
        held = gate(self.episode, self.now)
        assert isinstance(held, Held)
        return [self.words(reason) for reason in held.reasons]

    def explained(self, activity: str) -> list[str]:
        """What is said of when an activity comes."""
        (next_time,) = [
            each for each in explain_each(self.episode, self.now, self.others) if each.activity == activity
        ]
        return [self.words(reason) for reason in next_time.reasons]

    def answer(self, at: datetime | None = None, **answers: object) -> str:
        return self.accepted(AnswerCheckIn({name: str(answer) for name, answer in answers.items()}, at))

    def undo(self, *seqs: int) -> None:
        """Take facts back and fold the journal anew, as the command line does."""
        from recovery.engine.fold import fold

        taken = [Fact(self.episode.id, self.now, f.TakenBack.of({"seq": seq}), "person") for seq in seqs]
        self.facts += [replace(fact, seq=len(self.facts) + n) for n, fact in enumerate(taken, 1)]
        self.episode = fold(self.episode.pinned, self.facts)
        self.turn()

    # What the journal tells ----------------------------------------------------------------------

    def of(self, kind: type[f.What] | str, activity: str | None = None) -> list[Fact]:
        name = kind if isinstance(kind, str) else kind.kind
        return [
            fact for fact in self.facts if fact.kind == name and activity in (None, fact.data.get("activity"))
        ]

    def times(self, kind: type[f.What] | str = f.Offered, activity: str | None = None) -> list[str]:
        """When facts of a kind happened, in local time: `Mon 09:20`."""
        return [f"{self.episode.place.local(fact.at):%a %H:%M}" for fact in self.of(kind, activity)]

    def cues(self, kind: str) -> list[tuple[str, str]]:
        """The cues of a kind: when they were told, and their title."""
        return [
            (f"{self.episode.place.local(fact.at):%a %H:%M}", fact.data["cue"]["title"])
            for fact in self.facts
            if fact.data.get("cue", {}).get("kind") == kind
        ]


def instants(first: int, last: int) -> st.SearchStrategy[datetime]:
    """Any instant of some years."""
    bounds = (datetime(year, 1, 1) for year in (first, last))  # noqa: DTZ001  # hypothesis wants them bare
    return st.datetimes(*bounds, timezones=st.just(UTC))


def events(
    protocol: RecoveryProtocol,
    end: datetime,
    *,
    answers: Iterable[PlannedAct] = (),
    persona: str | None = None,
    asleep: tuple[Span, ...] = (),
    confirms: bool = True,
    onset: datetime = ONSET,
    start: datetime | None = None,
    **options: Any,
) -> list[dict[str, Any]]:
    """The events of a simulation, as the machine interface tells them."""
    episode, _ = started(protocol, onset, start, confirms=not confirms, **options)
    who = Persona.named(persona) if persona else None
    run = Rehearsal(
        episode, start or onset, end, answers=answers, persona=who, asleep=asleep, confirms=confirms
    )
    return list(simulate(run))


def of_kind(happened: Iterable[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    return [event for event in happened if event["event"] in kinds]


def in_words(episode: Episode) -> Episode:
    """An episode as it is when its record is read again: the reasons of a decision are in words there."""
    tracks = {
        name: replace(track, withheld=sentence(track.withheld, episode.place, track.withheld_at))
        if track.withheld_at
        else track
        for name, track in episode.tracks.items()
    }
    alerts = {
        id_: replace(alert, reason=sentence(alert.reason, episode.place, alert.at))
        for id_, alert in episode.alerts.items()
    }
    return replace(episode, tracks=tracks, alerts=alerts)
