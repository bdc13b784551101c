"""Rules of the floor: a file says how long, how often and when, and is as strict as `protocol.floor` at least.

What several limits say together counts, and only what binds in the phase.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

from recovery.language import _
from recovery.protocol import floor
from recovery.protocol.floor import Bound, is_looked_at, is_short
from recovery.protocol.lint.rules import (
    WAKING,
    Finding,
    Walk,
    is_answered_for,
    is_unbound,
    round_length,
    rule,
    seconds_of_day,
    times_a_day,
)
from recovery.protocol.model import Limit, Phase, RecoveryProtocol, RedFlag, Step, Treatment
from recovery.protocol.problems import KeyPath
from recovery.protocol.terms import LEVELS, ON_THE_SKIN, Anchor, At, Duration, Every, PerDay
from recovery.values import replace

_PACKS = ("cold", "warm")

of_the_floor = partial(rule, warns_where=is_unbound)
"""A rule about what a file leaves out of the floor."""

Below = tuple[KeyPath, Bound, Duration | Anchor | int]
"""A number of a file that is less strict than the floor: where it is, the number of the floor, its own."""


@rule(
    "below-floor",
    "cold, warmth, TENS and massage are as strict as the floor, or a professional answers for it",
    warns_where=is_answered_for,
)
def below_floor(walk: Walk) -> Iterator[Finding]:
    for path, bound, number in less_strict(walk):
        words = _(bound.what, to=_(" or ").join(bound.to))
        message = _(
            "less strict than the floor of the language: {modality}, {what}", modality=bound.of, what=words
        )
        about = {"number": bound.number, "source": _(bound.source)}
        expected = (
            _("{number} or more ({source}), or a professional under 'responsible'", **about)
            if bound.is_least
            else _("{number} or less ({source}), or a professional under 'responsible'", **about)
        )
        yield Finding(path, message, expected, str(number))


def less_strict(walk: Walk) -> Iterator[Below]:
    """Every number of a file that is less strict than the floor."""
    for path, phase, activity in walk.treatments:
        limits = walk.limits(phase)
        yield from _too_long(path, activity, limits)
        yield from _too_long_in_a_row(walk.protocol, path, activity)
        if _is_fresh(walk):
            yield from _too_early(activity, limits)
            if not is_looked_at(walk.protocol, phase):
                yield from _too_late(activity, limits)
    yield from _too_soon_again(walk)
    yield from _too_often(walk)


def _of(activity: object) -> tuple[str, ...]:
    """The modalities of a session, each once."""
    steps = activity.steps if isinstance(activity, Treatment) else ()
    return tuple(dict.fromkeys(step.modality for step in steps))


def _amount(number: Duration | Anchor | int) -> float:
    """The seconds, or the count."""
    length = number.offset if isinstance(number, Anchor) else number
    return length.about_seconds if isinstance(length, Duration) else length


_OfLimit = tuple[Any, str]
"""The number of a limit, and its id."""


def _said(limits: Iterable[Limit], key: str, modality: str) -> list[_OfLimit]:
    """The numbers that limits say under a key about a modality."""
    own = [(getattr(limit, key), limit.id) for limit in limits if modality in limit.of]
    return [(number, name) for number, name in own if number is not None]


def _size(said: _OfLimit) -> float:
    return _amount(said[0])


# Lengths ------------------------------------------------------------------------------------------


def _planned(activity: Treatment, modality: str) -> Duration:
    return max((s.duration.most for s in activity.steps if s.modality == modality), key=_amount)


def _too_long(path: KeyPath, activity: Treatment, limits: list[Limit]) -> Iterator[Below]:
    for modality in _of(activity):
        if (bound := floor.LONGEST_SESSION.get(modality)) is None:
            continue
        said = _said(limits, "longest", modality)
        longest, name = min(said, key=_size, default=(_planned(activity, modality), ""))
        if _amount(longest) > bound.amount:
            yield ("limits", name, "longest") if name else path, bound, longest


@of_the_floor("session-without-limit", "what is put on the skin has a limit on how long")
def session_without_limit(walk: Walk) -> Iterator[Finding]:
    for path, phase, activity in walk.treatments:
        for modality in _of(activity):
            bound = floor.LONGEST_SESSION.get(modality)
            if bound is None or _said(walk.limits(phase), "longest", modality):
                continue
            if _amount(_planned(activity, modality)) <= bound.amount:
                message = _("no limit says how long {modality} may go on here", modality=modality)
                yield Finding(path, message, _("a limit of {modality} with 'longest'", modality=modality))


def _too_long_in_a_row(protocol: RecoveryProtocol, path: KeyPath, activity: Treatment) -> Iterator[Below]:
    """Packs with short waits between them count as one: those of one round, and rounds that follow at once."""
    bound = floor.IN_A_ROUND
    alone = max(_runs(activity.steps, bound.of), default=0.0)
    if alone > bound.amount:
        if len(activity.steps) > 1:  # of one pack `_too_long` says it
            yield (*path, "steps"), bound, Duration(seconds=int(alone))
        return
    wait, key = _between(activity)
    first, last = activity.steps[0], activity.steps[-1]
    if first.modality == last.modality == bound.of:
        wait = max(wait, 0.0, *map(_size, _gaps(protocol, bound.of, bound.of)))
    if not key or wait >= floor.SAME_ROUND.about_seconds:
        return
    two = (*activity.steps[:-1], replace(last, wait=Duration(seconds=int(wait))), *activity.steps)
    runs = _runs(two, bound.of)
    together = (
        alone * (1 + WAKING // (wait + round_length(activity))) if len(runs) == 1 else max(runs, default=0.0)
    )
    if together > bound.amount:
        yield (*path, key), bound, Duration(seconds=int(together))


def _between(activity: Treatment) -> tuple[float, str]:
    """The least seconds from the end of one round to the start of the next, and the key that says so."""
    match activity.cadence:
        case Every(interval):
            return interval.least.about_seconds, "every"
        case PerDay(most=most):
            return WAKING / most - round_length(activity), "per_day"
        case At(times) if len(times) > 1:
            at = sorted(map(seconds_of_day, times))
            return min(after - before for before, after in pairwise(at)) - round_length(activity), "at"
    return float(WAKING), ""


def _runs(steps: Iterable[Step], modality: str) -> list[float]:
    """The seconds of each run of treatments that follow one another within the hour."""
    runs: list[float] = []
    since = float("inf")
    for step in steps:
        if step.modality != modality:
            since += step.duration.least.about_seconds + step.wait.about_seconds
            continue
        if since >= floor.SAME_ROUND.about_seconds:
            runs.append(0.0)
        runs[-1] += step.duration.most.about_seconds
        since = step.wait.about_seconds
    return runs


# Waits --------------------------------------------------------------------------------------------


def _waits(walk: Walk) -> Iterator[tuple[Bound, str, list[_OfLimit]]]:
    """From pack to pack, also to those of another protocol, and to what needs a skin that feels, with their limits."""
    for bound in floor.WAITS:
        for other in bound.to:
            if bound.of in walk.treated and (other in walk.treated or other in _PACKS):
                yield bound, other, _gaps(walk.protocol, bound.of, other)


def _too_soon_again(walk: Walk) -> Iterator[Below]:
    for bound, other, gaps in _waits(walk):
        comes_back_soon = (bound.of, other) == ("cold", "cold") and is_short(walk.protocol)
        least = floor.SHORT_WAIT if comes_back_soon else bound
        gap, name = max(gaps, key=_size, default=(None, ""))
        if gap is not None and _amount(gap) < least.amount:
            yield ("limits", name, "gap"), replace(least, to=(other,)), gap


@of_the_floor(
    "session-without-gap",
    "packs and massage have a limit on the wait between them, packs on that to what follows",
)
def session_without_gap(walk: Walk) -> Iterator[Finding]:
    for bound, other, gaps in _waits(walk):
        if not gaps:
            message = _("no limit says how long to wait from {one} to {other}", one=bound.of, other=other)
            expected = _("a limit of {one} with 'gap', to {other}, in all phases", one=bound.of, other=other)
            yield Finding(walk.treated[bound.of], message, expected)


def _gaps(protocol: RecoveryProtocol, of: str, to: str) -> list[_OfLimit]:
    """The waits from one modality to another that always bind."""
    return _said((limit for limit in protocol.limits if not limit.during and to in limit.to), "gap", of)


# How often ----------------------------------------------------------------------------------------


def _too_often(walk: Walk) -> Iterator[Below]:
    """Count what is planned for a day, unless a limit holds it; check the number of such a limit."""
    for bound in floor.A_DAY.values():
        for phase in walk.protocol.phases:
            most = bound.amount * _in_one_round(phase, bound.of)
            counts = _said(walk.limits(phase), "most_per_day", bound.of)
            if counts:
                count, name = min(counts)
                if count > most and any(bound.of in _of(activity) for activity in phase.everything()):
                    yield ("limits", name, "most_per_day"), bound, count
            elif bound.of != "warm":  # `warmth_without_limit` asks for its limit
                planned, path = _planned_in(walk, phase, bound.of)
                if planned > bound.amount:
                    yield path, bound, planned


def _in_one_round(phase: Phase, modality: str) -> int:
    """Count the packs of a round, which count once: the most of any session of a phase."""
    rounds = [
        (
            len([step for step in activity.steps if step.modality == modality]),
            len(_runs(activity.steps, modality)),
        )
        for activity in phase.everything()
        if isinstance(activity, Treatment)
    ]
    return max((packs - runs + 1 for packs, runs in rounds if runs), default=1)


def _planned_in(walk: Walk, phase: Phase, modality: str) -> tuple[int, KeyPath]:
    """The most rounds that are planned for a day of a phase, on one step of its ladder, and where most of them are."""
    counts = {
        path: times_a_day(activity, phase, at_most=True) * len(_runs(activity.steps, modality))
        for path, where, activity in walk.treatments
        if where is phase
    }
    if not counts:
        return 0, ("phases", phase.id)
    by_step: dict[KeyPath, int] = {}
    for path, count in counts.items():
        by_step[path[:-2]] = by_step.get(path[:-2], 0) + count
    everywhere = by_step.pop(("phases", phase.id), 0)
    return everywhere + max(by_step.values(), default=0), max(counts, key=lambda path: counts[path])


# After an injury ----------------------------------------------------------------------------------


def _too_early(activity: Treatment, limits: list[Limit]) -> Iterator[Below]:
    for modality in _of(activity):
        bound = floor.NOT_BEFORE.get(modality)
        begin, name = max(_said(limits, "not_before", modality), key=_size, default=(None, ""))
        if bound is None or begin is None or _is_forbidden(modality, limits):
            continue
        if _amount(begin) < bound.amount:
            yield ("limits", name, "not_before"), bound, begin


def _is_forbidden(modality: str, limits: Iterable[Limit]) -> bool:
    return any(limit.never and modality in limit.of for limit in limits)


def _too_late(activity: Treatment, limits: list[Limit]) -> Iterator[Below]:
    """Cold on a fresh injury ends; later it waits for a phase that looks at the state first."""
    end, name = min(_ends(limits), key=_size, default=(None, ""))
    if floor.NOT_AFTER.of in _of(activity) and end is not None and _amount(end) > floor.NOT_AFTER.amount:
        yield ("limits", name, "not_after"), floor.NOT_AFTER, end


def _ends(limits: Iterable[Limit]) -> list[_OfLimit]:
    """The instants after the injury by which limits end cold."""
    return [each for each in _said(limits, "not_after", floor.NOT_AFTER.of) if each[0].origin == "injury"]


@of_the_floor(
    "fresh-without-limit",
    "cold and massage have a limit on when after the injury they may be",
)
def fresh_without_limit(walk: Walk) -> Iterator[Finding]:
    protocol = walk.protocol
    for path, phase, activity in walk.treatments if "onset" in protocol.inputs else ():
        limits = walk.limits(phase)
        for modality in _of(activity):
            bound = floor.NOT_BEFORE.get(modality)
            is_open = not (_said(limits, "not_before", modality) or _is_forbidden(modality, limits))
            if (
                bound is not None and is_open and modality != "warm"
            ):  # `warmth_without_limit` says it of warmth
                yield _never_said(path, bound)
        if floor.NOT_AFTER.of in _of(activity) and not is_looked_at(protocol, phase) and not _ends(limits):
            yield _never_said(path, floor.NOT_AFTER)


def _never_said(path: KeyPath, bound: Bound) -> Finding:
    """A time since the injury that no limit says."""
    message = _("no limit says when after the injury there may be {modality}", modality=bound.of)
    key = "not_before" if bound.is_least else "not_after"
    about = {"modality": bound.of, "key": key, "number": bound.number, "source": _(bound.source)}
    return Finding(path, message, _("a limit of {modality} with {key}: injury+{number} ({source})", **about))


@of_the_floor(
    "warmth-without-limit",
    "warmth has limits on how often a day, and after an injury on from when and in what state",
)
def warmth_without_limit(walk: Walk) -> Iterator[Finding]:
    """After an injury warm packs wait for a time and for a state, whatever the gates say."""
    path = walk.treated.get("warm")
    if path is None:
        return
    limits = [limit for limit in walk.protocol.limits if "warm" in limit.of and not limit.during]
    if not any(limit.most_per_day is not None for limit in limits):
        message = _("no limit says how often a day there may be warmth")
        yield Finding(path, message, _("a limit of warm with 'most_per_day'"))
    if not _is_fresh(walk):
        return
    if not any(limit.not_before is not None and limit.not_before.origin == "injury" for limit in limits):
        message = _("no limit says from when after the injury there may be warmth")
        yield Finding(path, message, _("a limit of warm with not_before: injury+..."))
    if not any(limit.needs is not None for limit in limits):
        message = _("no limit says in what state there may be warmth")
        yield Finding(path, message, _("a limit of warm with needs: ..."))


# What a person is asked ---------------------------------------------------------------------------


@of_the_floor(
    "missing-sign",
    "the signs of the floor that refer to a professional are asked, as urgent as they are",
)
def missing_sign(walk: Walk) -> Iterator[Finding]:
    """Signs are asked of everybody to whom something is done, or whose injury is fresh."""
    if not _has_to_ask(walk):
        return
    done = floor.touches(walk.protocol.phases)
    flags = {flag.id: flag for flag in walk.protocol.red_flags}
    wanted = [sign for sign in floor.SIGNS if _is_fresh(walk) or not sign.is_for_fresh]
    missing = [sign for sign in wanted if sign.id not in flags]
    if missing:
        names = ", ".join(f"{sign.id} ({sign.level})" for sign in missing)
        message = _("signs that refer to a professional are not asked: {names}", names=names)
        sources = "; ".join(dict.fromkeys(_(sign.source) for sign in missing))
        expected = _(
            "a red flag with 'ask' for each, as in rice.yaml ({source}), or a professional under 'responsible'",
            source=sources,
        )
        yield Finding(("red_flags",), message, expected)
    for sign in wanted:
        if sign.id in flags:
            yield from _too_mild(flags[sign.id], sign, done)


def _has_to_ask(walk: Walk) -> bool:
    """Tell if something is done to a body there, or an injury exercised that is fresh; a draft may begin with it."""
    done = floor.touches(walk.protocol.phases)
    is_exercised = _is_fresh(walk) and bool(walk.protocol.sources) and "exercise" in done
    return is_exercised or bool(done & {*ON_THE_SKIN, "compression"})


def _is_fresh(walk: Walk) -> bool:
    return "onset" in walk.protocol.inputs


def _too_mild(flag: RedFlag, sign: floor.WantedSign, done: set[str]) -> Iterator[Finding]:
    where: KeyPath = ("red_flags", flag.id)
    about = {"source": _(sign.source), "level": sign.level}
    if not flag.ask:
        message = _("the person is not asked about this sign")
        expected = _("'ask' ({source}), or a professional under 'responsible'", **about)
        yield Finding(where, message, expected)
    if flag.begins is not None:
        message = _("this sign is asked from the start on")
        expected = _("no 'begins' ({source}), or a professional under 'responsible'", **about)
        yield Finding((*where, "begins"), message, expected, str(flag.begins))
    if LEVELS.index(flag.level) < LEVELS.index(sign.level):
        message = _("this sign is more urgent")
        expected = _("{level} ({source}), or a professional under 'responsible'", **about)
        yield Finding((*where, "level"), message, expected, flag.level)
    if sign.level == "emergency" and not done <= {*flag.suspends}:
        message = _("an emergency stops all that the protocol does")
        expected = _("suspend: all ({source}), or a professional under 'responsible'", **about)
        yield Finding((*where, "suspend"), message, expected, ", ".join(flag.suspends))


@of_the_floor(
    "missing-question",
    "the start asks what speaks against a treatment, as the floor says",
)
def missing_question(walk: Walk) -> Iterator[Finding]:
    asked = {question.id: question for question in walk.protocol.screen}
    used = floor.touches(walk.protocol.phases)
    wanted = floor.QUESTIONS if _is_fresh(walk) else (*floor.QUESTIONS, floor.FRESH)
    for each in wanted:
        question, guarded = asked.get(each.id), {*each.guards} & used
        answers = guarded if question is None else guarded - {*question.forbids}
        if question is None and not answers and each.is_for_fresh and _is_fresh(walk) and _has_to_ask(walk):
            yield _not_asked(each)
        if not answers or (question is not None and question.refuses):
            continue
        message = _(
            "the start does not ask {name!r}, which speaks against {modalities}",
            name=each.id,
            modalities=", ".join(sorted(answers)),
        )
        must = "refuse: true" if each is floor.FRESH else f"forbid: [{', '.join(sorted(answers))}]"
        expected = _(
            "a screening question {name!r} with {must} ({source}), or a professional under 'responsible'",
            name=each.id,
            must=must,
            source=_(each.source),
        )
        yield Finding(("screen",) if question is None else ("screen", each.id), message, expected)


def _not_asked(each: floor.WantedQuestion) -> Finding:
    """Say of a question that nothing in the file is forbidden by that a fresh injury asks for it all the same."""
    message = _("the start does not ask {name!r}, which makes a fresh injury urgent", name=each.id)
    about = {"name": each.id, "source": _(each.source)}
    expected = _("a screening question {name!r} ({source}), or a professional under 'responsible'", **about)
    return Finding(("screen",), message, expected)
