"""Lint rules of the floor: a file says how long, how often and when, and is as strict as `floor` at least.

What several limits say together counts, and only what binds in the phase. With `responsible` the findings are
warnings: `lint` sees to that.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from recovery.language import _
from recovery.protocol import floor
from recovery.protocol.floor import Bound
from recovery.protocol.lint.gates import WAKING, seconds_of_day
from recovery.protocol.lint.sessions import round_length, time_since_injury
from recovery.protocol.lint.walk import Finding, Path, activities, binds
from recovery.protocol.model import (
    After,
    At,
    Every,
    Limit,
    PerDay,
    Phase,
    RecoveryProtocol,
    RedFlag,
    Step,
    Treatment,
)
from recovery.protocol.problems import Places
from recovery.protocol.terms import (
    LEVELS,
    ON_THE_SKIN,
    Anchor,
    Duration,
    comparisons,
)
from recovery.values import replace

_PACKS = ("cold", "warm")


def check_floor(protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    del places
    done = sessions(protocol)
    is_fresh = "onset" in protocol.inputs
    for path, phase, activity in activities(protocol):
        if isinstance(activity, Treatment):
            limits = [limit for limit in protocol.limits if binds(limit, phase)]
            yield from _longest(path, activity, limits)
            yield from _round(protocol, path, activity)
            if is_fresh:
                yield from _earliest(path, activity, limits)
                if not is_looked_at(protocol, phase):
                    yield from _latest(path, activity, limits)
    yield from _waits(protocol, done)
    yield from _a_day(protocol)
    yield from _warmth(protocol, done)
    yield from _signs(protocol, done)
    yield from _questions(protocol, done)


def sessions(protocol: RecoveryProtocol) -> dict[str, Path]:
    """The modalities of sessions, each with the first session that has it."""
    found: dict[str, Path] = {}
    for path, _phase, activity in activities(protocol):
        for modality in _of(activity):
            found.setdefault(modality, path)
    return found


def _of(activity: object) -> tuple[str, ...]:
    """The modalities of a session, each once."""
    steps = activity.steps if isinstance(activity, Treatment) else ()
    return tuple(dict.fromkeys(step.modality for step in steps))


def _below(path: Path, bound: Bound, found: Duration | Anchor | int) -> Finding:
    """A number that is less strict than the floor."""
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
    return Finding("below-floor", path, message, expected, str(found), bound=bound)


def _never_said(path: Path, bound: Bound) -> Finding:
    """A time since the injury that no limit says."""
    message = _("no limit says when after the injury there may be {modality}", modality=bound.of)
    key = "not_before" if bound.is_least else "not_after"
    about = {"modality": bound.of, "key": key, "number": bound.number, "source": _(bound.source)}
    expected = _("a limit of {modality} with {key}: injury+{number} ({source})", **about)
    return Finding("fresh-without-limit", path, message, expected)


def _seconds(length: Duration | Anchor | None) -> float:
    length = length.offset if isinstance(length, Anchor) else length
    return 0.0 if length is None else length.about_seconds


# Lengths ------------------------------------------------------------------------------------------


def _longest(path: Path, activity: Treatment, limits: Iterable[Limit]) -> Iterator[Finding]:
    for modality in _of(activity):
        bound = floor.LONGEST.get(modality)
        if bound is None:
            continue
        own = [(limit.longest, limit.id) for limit in limits if limit.longest and modality in limit.of]
        planned = max((s.duration.most for s in activity.steps if s.modality == modality), key=_seconds)
        if own:
            longest, name = min(own, key=lambda each: _seconds(each[0]))
            if _seconds(longest) > bound.amount:
                yield _below(("limits", name, "longest"), bound, longest)
        elif _seconds(planned) > bound.amount:
            yield _below(path, bound, planned)
        else:
            message = _("no limit says how long {modality} may go on here", modality=modality)
            expected = _("a limit of {modality} with 'longest'", modality=modality)
            yield Finding("session-without-limit", path, message, expected)


def _round(protocol: RecoveryProtocol, path: Path, activity: Treatment) -> Iterator[Finding]:
    """Packs with short waits between them count as one: those of one round, and rounds that follow at once."""
    bound = floor.IN_A_ROUND
    alone = max(_runs(activity.steps, bound.of), default=0.0)
    if alone > bound.amount:
        if len(activity.steps) > 1:  # of one pack `_longest` says it
            yield _below((*path, "steps"), bound, Duration(seconds=int(alone)))
        return
    wait, key = _between(activity)
    first, last = activity.steps[0], activity.steps[-1]
    if first.modality == last.modality == bound.of:
        wait = max(wait, 0.0, *(_seconds(gap) for gap, _name in _gaps(protocol, bound.of, bound.of)))
    if not key or wait >= floor.HOUR.about_seconds:
        return
    two = (*activity.steps[:-1], replace(last, wait=Duration(seconds=int(wait))), *activity.steps)
    runs = _runs(two, bound.of)
    together = (
        alone * (1 + WAKING // (wait + round_length(activity))) if len(runs) == 1 else max(runs, default=0.0)
    )
    if together > bound.amount:
        yield _below((*path, key), bound, Duration(seconds=int(together)))


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
        if since >= floor.HOUR.about_seconds:
            runs.append(0.0)
        runs[-1] += step.duration.most.about_seconds
        since = step.wait.about_seconds
    return runs


# Waits --------------------------------------------------------------------------------------------


def _waits(protocol: RecoveryProtocol, done: dict[str, Path]) -> Iterator[Finding]:
    """From pack to pack, also to those of another protocol, and to what needs a skin that feels."""
    for bound in floor.WAITS:
        for other in bound.to:
            if bound.of not in done or not (other in done or other in _PACKS):
                continue
            gaps = _gaps(protocol, bound.of, other)
            if not gaps:
                message = _("no limit says how long to wait from {one} to {other}", one=bound.of, other=other)
                expected = _(
                    "a limit of {one} with 'gap', to {other}, in all phases", one=bound.of, other=other
                )
                yield Finding("session-without-gap", done[bound.of], message, expected)
                continue
            comes_back_soon = (bound.of, other) == ("cold", "cold") and is_short(protocol)
            least = floor.SHORT_WAIT if comes_back_soon else bound
            gap, name = max(gaps, key=lambda each: _seconds(each[0]))
            if _seconds(gap) < least.amount:
                yield _below(("limits", name, "gap"), replace(least, to=(other,)), gap)


def _gaps(protocol: RecoveryProtocol, of: str, to: str) -> list[tuple[Duration, str]]:
    """The waits from one modality to another that always bind, each with its limit."""
    return [
        (limit.gap, limit.id)
        for limit in protocol.limits
        if limit.gap and not limit.during and of in limit.of and to in limit.to
    ]


def is_short(protocol: RecoveryProtocol) -> bool:
    """Tell if no cold of the protocol is longer than what may come back after a short wait."""
    most = floor.SHORT_COLD.amount
    return any(
        limit.longest is not None
        and not limit.during
        and floor.SHORT_COLD.of in limit.of
        and _seconds(limit.longest) <= most
        for limit in protocol.limits
    )


# How often ----------------------------------------------------------------------------------------


def _a_day(protocol: RecoveryProtocol) -> Iterator[Finding]:
    """Count what is planned for a day, unless a limit holds it; check the number of such a limit."""
    for bound in floor.A_DAY.values():
        for phase in protocol.phases:
            most = bound.amount * _in_one_round(phase, bound.of)
            counts = [
                (limit.most_per_day, limit.id)
                for limit in protocol.limits
                if limit.most_per_day is not None and bound.of in limit.of and binds(limit, phase)
            ]
            if counts:
                count, name = min(counts)
                if count > most and _is_done(phase, bound.of):
                    yield _below(("limits", name, "most_per_day"), bound, count)
            elif bound.of != "warm":  # its limit is asked for below
                planned, where = _planned_in(protocol, phase, bound.of)
                if planned > bound.amount:
                    yield _below(where, bound, planned)


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


def _is_done(phase: Phase, modality: str) -> bool:
    return any(modality in _of(activity) for activity in phase.everything())


def _planned_in(protocol: RecoveryProtocol, phase: Phase, modality: str) -> tuple[int, Path]:
    """The most rounds that are planned for a day of a phase, on one step of its ladder, and where most of them are."""
    counts = {
        path: _planned(activity, phase) * len(_runs(activity.steps, modality))
        for path, where, activity in activities(protocol)
        if where is phase and isinstance(activity, Treatment)
    }
    if not counts:
        return 0, ("phases", phase.id)
    by_step: dict[Path, int] = {}
    for path, count in counts.items():
        by_step[path[:-2]] = by_step.get(path[:-2], 0) + count
    everywhere = by_step.pop(("phases", phase.id), 0)
    return everywhere + max(by_step.values(), default=0), max(counts, key=lambda path: counts[path])


def _planned(activity: Treatment, phase: Phase) -> int:
    """Count how often a day it comes if every one takes place, suggestions included."""
    match activity.cadence:
        case PerDay(most=most):
            return most
        case At(times):
            return len(times)
        case Every(interval):
            length = round_length(activity)
            return 1 + max(0, int((WAKING - length) // (length + interval.least.about_seconds)))
        case After(followed):
            before = next((each for each in phase.everything() if each.id == followed), None)
            if isinstance(before, Treatment) and not isinstance(before.cadence, After):
                return _planned(before, phase) * len(before.steps)
    return 1


# After an injury ----------------------------------------------------------------------------------


def _earliest(path: Path, activity: Treatment, limits: Iterable[Limit]) -> Iterator[Finding]:
    for modality in _of(activity):
        bound = floor.EARLIEST.get(modality)
        own = [limit for limit in limits if modality in limit.of]
        if bound is None or any(limit.never for limit in own):
            continue
        begins = [(limit.not_before, limit.id) for limit in own if limit.not_before is not None]
        if begins:
            begin, name = max(begins, key=lambda each: _seconds(each[0]))
            if _seconds(begin) < bound.amount:
                yield _below(("limits", name, "not_before"), bound, begin)
        elif modality != "warm":  # for warmth `_warmth` says so
            yield _never_said(path, bound)


def _latest(path: Path, activity: Treatment, limits: Iterable[Limit]) -> Iterator[Finding]:
    """Cold on a fresh injury ends; later it waits for a phase that looks at the state first."""
    bound = floor.LATEST
    if bound.of not in _of(activity):
        return
    ends = [(limit.not_after, limit.id) for limit in limits if limit.not_after and bound.of in limit.of]
    since_injury = [(end, name) for end, name in ends if end.origin == "injury"]
    if not since_injury:
        yield _never_said(path, bound)
        return
    end, name = min(since_injury, key=lambda each: _seconds(each[0]))
    if _seconds(end) > bound.amount:
        yield _below(("limits", name, "not_after"), bound, end)


def is_looked_at(protocol: RecoveryProtocol, phase: Phase) -> bool:
    """Tell if it is entered after the time of ice only, and by what is known of the person's state."""
    is_late = time_since_injury(phase.enter_when) >= floor.LATEST.amount
    return is_late and any(one.subject in protocol.observations for one in comparisons(phase.enter_when))


def _warmth(protocol: RecoveryProtocol, done: dict[str, Path]) -> Iterator[Finding]:
    """Warm packs are counted; after an injury they wait for a time and for a state, whatever the gates say."""
    path = done.get("warm")
    if path is None:
        return
    limits = [limit for limit in protocol.limits if "warm" in limit.of and not limit.during]
    if not any(limit.most_per_day is not None for limit in limits):
        message = _("no limit says how often a day there may be warmth")
        yield Finding("warmth-without-limit", path, message, _("a limit of warm with 'most_per_day'"))
    if "onset" not in protocol.inputs:
        return
    if not any(limit.not_before is not None and limit.not_before.origin == "injury" for limit in limits):
        message = _("no limit says from when after the injury there may be warmth")
        expected = _("a limit of warm with not_before: injury+...")
        yield Finding("warmth-without-limit", path, message, expected)
    if not any(limit.needs is not None for limit in limits):
        message = _("no limit says in what state there may be warmth")
        yield Finding("warmth-without-limit", path, message, _("a limit of warm with needs: ..."))


# What a person is asked ---------------------------------------------------------------------------


def _signs(protocol: RecoveryProtocol, done: dict[str, Path]) -> Iterator[Finding]:
    """The signs that refer to a professional are asked, where something is done to a person or an injury is fresh."""
    is_fresh = "onset" in protocol.inputs
    if not ({*done} & {*ON_THE_SKIN} or (is_fresh and protocol.sources and "exercise" in done)):
        return
    flags = {flag.id: flag for flag in protocol.red_flags}
    wanted = [sign for sign in floor.SIGNS if is_fresh or not sign.is_for_fresh]
    missing = [sign for sign in wanted if sign.id not in flags]
    if missing:
        names = ", ".join(f"{sign.id} ({sign.level})" for sign in missing)
        message = _("signs that refer to a professional are not asked: {names}", names=names)
        sources = "; ".join(dict.fromkeys(_(sign.source) for sign in missing))
        expected = _(
            "a red flag with 'ask' for each, as in rice.yaml ({source}), or a professional under 'responsible'",
            source=sources,
        )
        yield Finding("missing-sign", ("red_flags",), message, expected)
    for sign in wanted:
        flag = flags.get(sign.id)
        if flag is not None:
            yield from _sign(flag, sign, {*done})


def _sign(flag: RedFlag, sign: floor.Sign, done: set[str]) -> Iterator[Finding]:
    where: Path = ("red_flags", flag.id)
    about = {"source": _(sign.source), "level": sign.level}
    if not flag.ask:
        message = _("the person is not asked about this sign")
        expected = _("'ask' ({source}), or a professional under 'responsible'", **about)
        yield Finding("missing-sign", where, message, expected)
    if LEVELS.index(flag.level) < LEVELS.index(sign.level):
        message = _("this sign is more urgent")
        expected = _("{level} ({source}), or a professional under 'responsible'", **about)
        yield Finding("missing-sign", (*where, "level"), message, expected, flag.level)
    if sign.level == "emergency" and not done <= {*flag.suspends}:
        message = _("an emergency stops all that the protocol does")
        expected = _("suspend: all ({source}), or a professional under 'responsible'", **about)
        yield Finding("missing-sign", (*where, "suspend"), message, expected, ", ".join(flag.suspends))


def _questions(protocol: RecoveryProtocol, done: dict[str, Path]) -> Iterator[Finding]:
    """Ask for the questions that a modality needs before the start."""
    asked = {question.id: question for question in protocol.screen}
    wanted = [(each, {*each.guards} & {*done}) for each in floor.QUESTIONS]
    if "onset" not in protocol.inputs:
        wanted.append((floor.FRESH, {*floor.FRESH.guards} & {*done}))
    for each, guarded in wanted:
        question = asked.get(each.id)
        answers = guarded if question is None else guarded - {*question.forbids}
        if not answers or (question is not None and question.refuses):
            continue
        path: Path = ("screen", each.id) if question is not None else ("screen",)
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
        yield Finding("missing-question", path, message, expected)
