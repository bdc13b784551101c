"""The floor of the language: how strict a protocol file has to be about what is done to a body.

A file that is less strict is refused, unless a named professional answers for it (`responsible`). The numbers are
those of published sources, `own` where there is none: the project's default. Lengths are elapsed time from the real
end of a session or from the injury; a day is the person's waking day. `lint.floor` holds files against this table,
`protocols/README.md` shows it. As limits it binds what a file does not say, and every command: `with_floor`.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from recovery.language import N_
from recovery.protocol.model import Hold, Limit, Phase, RecoveryProtocol, Treatment, modalities
from recovery.protocol.terms import (
    ON_THE_SKIN,
    Anchor,
    Comparison,
    Condition,
    Duration,
    comparisons,
    parts_of,
)
from recovery.values import Value, replace


class Bound(Value):
    """One number of the floor."""

    of: str
    """The modality."""
    what: str
    """The thing that is bounded: a message."""
    number: Duration | int
    source: str
    """A message."""
    to: tuple[str, ...] = ()
    """Of a wait: what has to wait."""
    is_least: bool = False
    """True if a file may have more, and not less."""

    @property
    def amount(self) -> float:
        """The seconds, or the count."""
        return self.number.about_seconds if isinstance(self.number, Duration) else self.number


class WantedSign(Value):
    """A red flag that a file asks for, by its id."""

    id: str
    level: str
    """At least so urgent."""
    source: str
    is_for_fresh: bool = False
    """True if it is asked of a fresh injury only."""


class WantedQuestion(Value):
    """A screening question that a file asks, by its id, before it uses one of these modalities."""

    id: str
    guards: tuple[str, ...]
    source: str
    is_for_fresh: bool = False
    """True if a fresh injury asks for it whatever is used: a yes makes it urgent."""


def _minutes(count: int) -> Duration:
    return Duration(seconds=count * 60)


_HOUR = _minutes(60)
_TWO_DAYS = Duration(seconds=48 * 3600)
_LONGEST, _WAIT, _A_DAY = N_("longest session"), N_("shortest wait until {to}"), N_("most times a day")
_EARLIEST, _LATEST = N_("earliest after the injury"), N_("over after the injury by")
_HEAT = N_("NHS Midlands Partnership, safe use of heat")
_FRESH = N_("NHS, sprains and strains; nidirect")
_ICE_PAGE = N_("the page on the gluteus medius, line 183; NHS, sprains and strains")
_WARM_PAGE = N_("the page on the gluteus medius, line 183")
_ICE_ENDS = N_("the page on the gluteus medius, line 177; BMJ Best Practice")
_MASSAGE_PAGE = N_("the page on the gluteus medius, lines 88 and 96")
_GAPS_PAGE = N_("the page on the gluteus medius, line 183")
_GAPS_OWN = N_("the page on the gluteus medius, line 183; own")
_at_least = partial(Bound, is_least=True)


def _by_modality(*bounds: Bound) -> dict[str, Bound]:
    return {bound.of: bound for bound in bounds}


LONGEST_SESSION = _by_modality(
    Bound("cold", _LONGEST, _minutes(20), _ICE_PAGE),
    Bound("warm", _LONGEST, _minutes(20), _WARM_PAGE),
    Bound("tens", _LONGEST, _minutes(60), "own"),
    Bound("massage", _LONGEST, _minutes(2), _MASSAGE_PAGE),
)
IN_A_ROUND = Bound("cold", N_("longest in all, with waits under an hour"), _minutes(20), "Bleakley 2006")
SAME_ROUND = _HOUR
"""Packs with shorter waits between them count as one."""
SHORT_COLD = Bound("cold", N_("longest session with shorter waits"), _minutes(10), "Bleakley 2006")
"""Where no session of a file is longer, the pack may come back after `SHORT_WAIT`."""
_AFTER_SHORT = N_("shortest wait after so short a session")
SHORT_WAIT = _at_least("cold", _AFTER_SHORT, _minutes(10), "Bleakley 2006", ("cold",))
WAITS = (
    _at_least("cold", _WAIT, _HOUR, _GAPS_PAGE, ("cold", "warm")),
    _at_least("cold", _WAIT, _minutes(30), N_("MacAuley 2001; for massage own"), ("exercise", "massage")),
    _at_least("cold", _WAIT, _HOUR, "own", ("tens",)),
    _at_least("warm", _WAIT, _HOUR, _GAPS_OWN, ("cold", "warm")),
    _at_least("warm", _WAIT, _HOUR, "own", ("tens",)),
    _at_least("massage", _WAIT, _minutes(30), "own", ("massage",)),
)
A_DAY = _by_modality(
    Bound("cold", _A_DAY, 8, N_("HealthInfo New Zealand, soft tissue injuries")),
    Bound("warm", _A_DAY, 3, _HEAT),
    Bound("tens", _A_DAY, 3, "own"),
    Bound("massage", _A_DAY, 6, "own"),
)
"""Packs that follow one another in a round count once."""
NOT_BEFORE = _by_modality(
    _at_least("warm", _EARLIEST, _TWO_DAYS, N_("NHS, sprains and strains; own")),
    _at_least("massage", _EARLIEST, _TWO_DAYS, _FRESH),
)
NOT_AFTER = Bound("cold", _LATEST, _TWO_DAYS, _ICE_ENDS)
"""Later only in a phase that waits for that time and for an answer."""

BOUNDS = (
    *LONGEST_SESSION.values(),
    IN_A_ROUND,
    *WAITS,
    SHORT_COLD,
    SHORT_WAIT,
    *A_DAY.values(),
    *NOT_BEFORE.values(),
    NOT_AFTER,
)

_NHS = N_("NHS, hip fracture, and sprains and strains")
_HIP = N_("NHS Gloucestershire, red flags for hip conditions")
_fresh = partial(WantedSign, is_for_fresh=True)
SIGNS = (
    WantedSign("saddle", "emergency", N_("GIRFT and CSP 2024; the cauda equina card, Greenhalgh 2016")),
    WantedSign("breathless", "emergency", N_("NHS, deep vein thrombosis; own")),
    _fresh("broken", "emergency", _NHS),
    WantedSign(
        "dislocated",
        "emergency",
        N_("University Hospitals Plymouth NHS Trust and Circle Health Group, hip dislocation"),
    ),
    WantedSign("deformed", "emergency", _NHS),
    _fresh("tense", "emergency", N_("British Orthopaedic Association 2014; NHS, compartment syndrome")),
    WantedSign("no-weight", "urgent", _NHS),
    _fresh("cannot-move", "urgent", _HIP),
    _fresh("gap", "urgent", N_("the page on the gluteus medius, line 197; own")),
    _fresh("numb-below", "urgent", _NHS),
    WantedSign("redness", "urgent", N_("NHS, septic arthritis")),
    WantedSign("swollen-leg", "urgent", N_("NHS, deep vein thrombosis; Gloucestershire Hospitals (NHS)")),
)
"""An emergency suspends all that the file does."""

_COLD = N_("Sirona (NHS), heat and cold; NHS Midlands Partnership, safe use of cold")
_TENS = N_("Camden MSK (NHS), TENS; own")
_PACKS = N_("NHS Midlands Partnership, safe use of cold and of heat")
_SKIN = N_("NHS Midlands Partnership, safe use of cold and of heat; Cambridge University Hospitals; own")
_WORN = N_("NHS Midlands Partnership, safe use of cold and of heat; BMJ Best Practice")
_BURNS = N_("Mun 2012; NHS Midlands Partnership, safe use of cold and of heat; BMJ Best Practice")
_BLOOD = N_("NHS, side effects of anticoagulants; NCCIH, massage therapy; own")
_CLOT = N_("Gloucestershire Hospitals (NHS), deep vein thrombosis; own")
_FEVER = N_("NHS Midlands Partnership, safe use of cold and of heat; own")
_CANCER = N_("NHS Midlands Partnership, safe use of cold and of heat; NCCIH, massage therapy; own")
_PREGNANT = N_("Camden MSK (NHS), TENS; NCCIH, massage therapy")
_BONES = N_("NHS Gloucestershire, red flags for spinal conditions; own")
_JOINT = N_("the page on the gluteus medius, lines 58 and 59; own")
QUESTIONS = (
    WantedQuestion("raynaud", ("cold",), _COLD),
    WantedQuestion("skin", (*ON_THE_SKIN, "compression"), _SKIN),
    WantedQuestion("circulation", ("cold", "warm", "compression"), _WORN),
    WantedQuestion("diabetes", ("cold", "warm", "compression"), _BURNS),
    WantedQuestion("heart", ("cold", "warm"), _PACKS),
    WantedQuestion("bleeding", ("tens", "massage"), _BLOOD, is_for_fresh=True),
    WantedQuestion("clot", ("warm", "massage", "compression"), _CLOT),
    WantedQuestion("fever", ON_THE_SKIN, _FEVER),
    WantedQuestion("cancer", ON_THE_SKIN, _CANCER),
    WantedQuestion("heat-reaction", ("warm",), _HEAT),
    WantedQuestion("implant", ("tens",), _TENS),
    WantedQuestion("pregnant", ("tens", "massage"), _PREGNANT),
    WantedQuestion("bones", ("massage",), _BONES),
    WantedQuestion("injection", ("tens", "massage"), _JOINT),
    WantedQuestion("hip-replacement", ("tens", "massage"), _JOINT),
)
FRESH = WantedQuestion("fresh", ON_THE_SKIN, _FRESH)
"""Asked by a file that does not ask when the injury happened: a yes refuses it."""


# As limits ----------------------------------------------------------------------------------------


def with_floor(protocol: RecoveryProtocol, answered: Iterable[Bound] = ()) -> RecoveryProtocol:
    """A protocol that is bound by the floor wherever its file has no limit that is as strict at all times.

    Where a professional answers for the file, its own word holds instead of each number that it is less strict than:
    `answered`. What it leaves unsaid binds there, too.
    """
    spoken_for = {(bound.of, bound.what, bound.to) for bound in answered}
    done = treated(protocol.phases)
    return replace(
        protocol,
        floor=tuple(
            limit
            for bound, limit in _limits(protocol)
            if bound.of in done
            and (bound.of, bound.what, bound.to) not in spoken_for
            and not any(not own.during and _is_as_strict(own, limit) for own in protocol.limits)
        ),
    )


def _limits(protocol: RecoveryProtocol) -> Iterator[tuple[Bound, Limit]]:
    """Every number of the floor with the limit that says it."""
    for bound in LONGEST_SESSION.values():
        yield bound, _limit(bound, "longest", longest=_length(bound))
    comes_back_soon = is_short(protocol)
    for whole in WAITS:
        for other in whole.to:
            bound = replace(whole, to=(other,))
            if comes_back_soon and (bound.of, other) == ("cold", "cold"):
                bound = replace(SHORT_WAIT, to=(other,))
            yield bound, _limit(bound, f"to-{other}", gap=_length(bound), to=(other,))
    for bound in A_DAY.values():
        together = SAME_ROUND if comes_back_soon and bound.of == IN_A_ROUND.of else None
        yield bound, _limit(bound, "a-day", most_per_day=int(bound.amount), together=together)
    if comes_back_soon:
        yield IN_A_ROUND, _limit(IN_A_ROUND, "round", longest=_length(IN_A_ROUND), together=SAME_ROUND)
    if "onset" in protocol.inputs:
        for bound in NOT_BEFORE.values():
            yield bound, _limit(bound, "not-before", not_before=Anchor("injury", _length(bound)))
        yield from _latest(protocol)


def _latest(protocol: RecoveryProtocol) -> Iterator[tuple[Bound, Limit]]:
    """Cold ends in the phases that have it and do not look at the state first, where the file does not say so."""
    limit = _limit(NOT_AFTER, "not-after", not_after=Anchor("injury", _length(NOT_AFTER)))
    open_ = [
        phase.id
        for phase in protocol.phases
        if NOT_AFTER.of in phase.modalities
        and not is_looked_at(protocol, phase)
        and not any(phase.id in own.during and _is_as_strict(own, limit) for own in protocol.limits)
    ]
    if open_:
        yield NOT_AFTER, replace(limit, during=tuple(open_))


def _length(bound: Bound) -> Duration:
    assert isinstance(bound.number, Duration)
    return bound.number


def _limit(bound: Bound, name: str, **says: Any) -> Limit:
    return Limit(id=f"floor-{bound.of}-{name}", of=(bound.of,), floor=bound.source, **says)


def _is_as_strict(own: Limit, limit: Limit) -> bool:
    """Tell if a limit of the file is as strict as one of the floor."""
    if not {*limit.of} <= {*own.of}:
        return False
    if limit.gap is not None:
        return {*limit.to} <= {*own.to} and _is_as_long(own.gap, limit.gap)
    if limit.longest is not None and limit.together is None:
        return own.longest is not None and _is_as_long(limit.longest, own.longest)
    if limit.most_per_day is not None:
        return own.most_per_day is not None and own.most_per_day <= limit.most_per_day
    if limit.not_before is not None:
        return is_as_late(own.not_before, limit.not_before)
    if limit.not_after is not None:
        return is_as_late(limit.not_after, own.not_after)
    return False


def _is_as_long(length: Duration | None, other: Duration) -> bool:
    return length is not None and length.about_seconds >= other.about_seconds


def is_as_late(instant: Anchor | None, other: Anchor | None) -> bool:
    """Tell if an instant after the injury is not before another."""
    if instant is None or other is None or not instant.origin == other.origin == "injury":
        return False
    return _is_as_long(instant.offset, other.offset)


# What a file says -----------------------------------------------------------------------------------


def treated(phases: Iterable[Phase]) -> set[str]:
    """The modalities of planned sessions."""
    activities = (activity for phase in phases for activity in phase.everything())
    return {
        modality
        for activity in activities
        if isinstance(activity, Treatment)
        for modality in modalities(activity)
    }


def touches(phases: Iterable[Phase]) -> set[str]:
    """The modalities of planned sessions, and of what is kept on."""
    activities = (activity for phase in phases for activity in phase.everything())
    kept_on = {activity.modality for activity in activities if isinstance(activity, Hold)}
    return treated(phases) | kept_on


def is_short(protocol: RecoveryProtocol) -> bool:
    """Tell if no cold of the protocol is longer than what may come back after a short wait."""
    return any(
        limit.longest is not None
        and not limit.during
        and SHORT_COLD.of in limit.of
        and limit.longest.about_seconds <= SHORT_COLD.amount
        for limit in protocol.limits
    )


def is_looked_at(protocol: RecoveryProtocol, phase: Phase) -> bool:
    """Tell if it is entered after the time of ice only, and by what is known of the person's state."""
    is_late = time_since_injury(phase.enter_when) >= NOT_AFTER.amount
    return is_late and any(each.subject in protocol.observations for each in comparisons(phase.enter_when))


def time_since_injury(condition: Condition | None) -> float:
    """The seconds since the injury that a condition asks for, where it does so plainly."""
    waits = [
        each for each in parts_of(condition) if isinstance(each, Comparison) and each.subject == "injury"
    ]
    return max((each.awaited.about_seconds for each in waits if each.awaited is not None), default=0.0)
