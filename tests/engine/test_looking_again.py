"""A turn says when to look again: before that instant there is nothing to tell."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recovery.engine import facts as f
from recovery.engine.acts import (
    Advance,
    AnswerCheckIn,
    Begin,
    End,
    MarkDone,
    Pause,
    Resume,
    Skip,
    Snooze,
    StepBack,
)
from recovery.engine.decide import turn
from recovery.engine.facts import Fact
from recovery.protocol.model import RecoveryProtocol
from recovery.protocol.terms import Duration
from tests.engine.examples import ONSET, Life, phase_text, place, small

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

BY_TIME = st.sampled_from(["injury >= 26h", "injury < 3d", "start >= 5h", "phase >= 30h", "phase < 8h"])
BY_WORD = st.sampled_from(["ache <= 4", "ache falling", "ache >= 8"])
GRIDS = ["every: 5h", "per_day: 3", 'at: "17:00"', "at: [wake+30min, bedtime-1h]"]
CADENCES = [*GRIDS, "every: 2h..3h", 'per_week: 3, at: "12:00"', "once: phase+20h", "once: injury+2d"]
THREE_HOURS = Duration(seconds=3 * 3600)
LIMITS = [
    "{id: gap, of: [cold, warm], gap: 1h, to: [cold, warm, exercise, compression]}",
    "{id: day, of: [exercise, massage], most_per_day: 2}",
    "{id: late, of: [cold, compression], not_after: injury+60h}",
    "{id: early, of: [warm, compression, exercise], not_before: injury+20h}",
]


@st.composite
def conditions(draw: st.DrawFn) -> str:
    """A condition, mostly of time."""
    parts = draw(st.lists(st.one_of(BY_TIME, BY_TIME, BY_WORD), min_size=1, max_size=2, unique=True))
    shape = draw(st.sampled_from(["[{}]", "{{any: [{}]}}", "{{not: {{all: [{}]}}}}"]))
    return shape.format(", ".join(parts))


@st.composite
def activities(draw: st.DrawFn, name: str) -> str:
    """One of any kind, under any cadence, and perhaps only from or until a time or while something is true."""
    rest = ""
    for key, values in (
        ("only_if", conditions()),
        ("begins", st.sampled_from(["phase+3h", "injury+30h"])),
        ("until", st.sampled_from(["phase+30h", "injury+4d"])),
    ):
        if draw(st.integers(0, 2)) == 0:
            rest += f", {key}: {draw(values)}"
    cadence = draw(st.sampled_from(CADENCES))
    modality = draw(st.sampled_from(["cold", "warm", "exercise", "massage"]))
    session = f"of: {modality}, duration: 20min, {cadence}, start: On, end: Off"
    of_kind = {
        "session": session,
        "optional": f"{session}, optional: true",
        "reminder": f"of: rest, {cadence}, say: Rest",
        "hold": "of: compression, 'on': On, 'off': Off",
        "check-in": f"ask: [ache], {cadence}",
        "alternation": (
            "per_day: 1..3, steps: [{of: cold, duration: 20min, start: A, end: B}, {wait: 1h},"
            " {of: warm, duration: 20min, start: C, end: D}, {wait: 1h}]"
        ),
    }
    kind = draw(st.sampled_from(sorted(of_kind)))
    if kind == "check-in":
        rest = ""
    return f"{{id: {name}, kind: {kind.replace('optional', 'session')}, {of_kind[kind]}{rest}}}"


@st.composite
def protocols(draw: st.DrawFn) -> RecoveryProtocol:
    """Two phases of any activities, with gates, limits and red flags that look at the time."""
    phases = []
    for name in ("first", "second"):
        lines = [f"min: {draw(st.sampled_from(['0h', '7h', '2d']))}"]
        if draw(st.booleans()):
            lines += [f"max: {draw(st.sampled_from(['3d', '60h']))}", "at_max: {level: routine, say: Late}"]
            lines += [f"zero: {draw(st.sampled_from(['injury', 'phase']))}"]
        if draw(st.booleans()):
            lines.append(f"leave_when: {draw(conditions())}")
        if name == "second" and draw(st.booleans()):
            lines.append(f"back_to: {{phase: first, when: {draw(conditions())}, say: Back}}")
        kinds = [draw(activities(f"{name}-{n}")) for n in range(draw(st.integers(1, 3)))]
        phases.append((kinds, "\n".join(lines)))
    flags = [
        f"{{id: flag-{level}, when: {draw(conditions())}, level: {level}, say: Go, suspend: [{stops}]}}"
        for level, stops in (("routine", "cold"), ("urgent", "exercise"))
        if draw(st.booleans())
    ]
    limits = draw(st.lists(st.sampled_from(LIMITS), max_size=2, unique=True))
    if draw(st.booleans()):
        limits = [*limits, f"{{id: needs, of: [warm, exercise, compression], needs: {draw(conditions())}}}"]
    (first, body), (second, other) = phases
    return small(
        *first,
        phase=body,
        more=[phase_text("second", *second, body=other)],
        limits=limits,
        flags=flags,
        healing=draw(st.booleans()),
        observe='ache: {ask: "Ache?", scale: 0..10, fresh: 90d}',
    )


def heard(facts: tuple[Fact, ...]) -> list[Fact]:
    """What a person hears of, and what changes their course."""
    return [
        fact
        for fact in facts
        if "cue" in fact.data or isinstance(fact.what, f.PhaseChanged | f.Stepped | f.Alerted)
    ]


def looks_in_vain(life: Life, share: float) -> None:
    turned = turn(life.episode, life.now, life.others)
    assert turned.facts == (), "a turn leaves nothing to do"
    at = turned.look_again_at
    assert at is None or at > life.now
    last = at or life.now + 30 * DAY
    between = life.now + (last - life.now) * share
    if life.now < between < last:
        missed = heard(turn(life.episode, between, life.others).facts)
        assert missed == [], (life.now, between, at)


@given(
    data=st.data(),
    protocol=protocols(),
    hours=st.sampled_from([("07:00", "23:00"), ("18:30", "10:00"), ("09:00", "01:00")]),
    quiet=st.sampled_from([[], [["12:30", "13:15"], ["21:30", "09:30"]]]),
    confirms=st.booleans(),
)
@settings(suppress_health_check=list(HealthCheck), deadline=None)
def test_nothing_comes_before_it_is_looked_for(
    data: st.DataObject,
    protocol: RecoveryProtocol,
    hours: tuple[str, str],
    quiet: list[list[str]],
    confirms: bool,
) -> None:
    life = Life(protocol, ONSET, lives=place(wake=hours[0], bedtime=hours[1]), confirms=confirms, quiet=quiet)
    names = sorted(a.id for p in protocol.phases for a in p.activities)
    for _ in range(data.draw(st.integers(5, 30))):
        looks_in_vain(life, data.draw(st.floats(0, 1)))
        match data.draw(st.sampled_from(["wake", "wake", "wake", "late", "act", "answer"])):
            case "wake":
                at = life.look_again_at
                life.now = at if at is not None else life.now + HOUR
                life.turn()
            case "late":
                life.sleep(life.now + data.draw(st.sampled_from([3, 60, 500, 4000])) * MINUTE)
            case "answer":
                life.do(AnswerCheckIn({"ache": str(data.draw(st.integers(0, 10)))}))
            case "act":
                name = data.draw(st.sampled_from(names))
                of_it = [Begin(name), End(name), Skip(name), MarkDone(name), Snooze(name, length=THREE_HOURS)]
                life.do(
                    data.draw(st.sampled_from([*of_it, Pause(THREE_HOURS), Resume(), Advance(), StepBack()]))
                )
