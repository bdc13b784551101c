"""Lint rules of what a careful file says twice: what is done, and what it must not become.

A limit that is missing breaks nothing else, so nothing else can miss it. These rules ask for it: a fresh injury has its
prohibitions, a gate is a limit too, a text says the number that holds. They ask for words, never for a number: how
long and how far is for the file and its sources to say, down to the floor (`lint.floor`).
"""

import re
from collections.abc import Iterable, Iterator

from recovery.language import _
from recovery.protocol.lint.contradictions import is_contradictory
from recovery.protocol.lint.sessions import earliest_entries, time_since_injury
from recovery.protocol.lint.walk import Finding, Path, activities, binds
from recovery.protocol.model import (
    Limit,
    Phase,
    RecoveryProtocol,
    Treatment,
)
from recovery.protocol.problems import Places
from recovery.protocol.terms import (
    All,
    Anchor,
    Duration,
    Not,
    comparisons,
)

_PACKS = ("cold", "warm")
_ON_A_FRESH_INJURY = ("cold", "warm", "massage", "exercise")
"""What a phase that counts from the injury has to speak about, by doing it or by a limit."""


def check_safety(protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    del places
    for path, phase, activity in activities(protocol):
        if isinstance(activity, Treatment):
            limits = [limit for limit in protocol.limits if binds(limit, phase)]
            yield from _over_by(path, activity, limits)
    for phase in protocol.phases:
        yield from _fresh(protocol, phase)
    yield from _gates(protocol)
    yield from _texts(protocol)


def _over_by(path: Path, activity: Treatment, limits: list[Limit]) -> Iterator[Finding]:
    """An end since the injury binds one activity; a limit binds whatever else there is."""
    if activity.until is None or activity.until.origin != "injury":
        return
    for modality in dict.fromkeys(step.modality for step in activity.steps):
        ends = [limit.not_after for limit in limits if modality in limit.of]
        if not any(_is_within(end, activity.until) for end in ends):
            end = {"modality": modality, "until": activity.until}
            message = _("no limit ends {modality} by {until} here", **end)
            expected = _("a limit of {modality} with not_after: {until}", **end)
            yield Finding("until-without-limit", (*path, "until"), message, expected)


def _is_within(end: Anchor | None, until: Anchor) -> bool:
    return (
        end is not None
        and end.origin == until.origin
        and end.offset.about_seconds <= until.offset.about_seconds
    )


def _gates(protocol: RecoveryProtocol) -> Iterator[Finding]:
    """A gate and the limits of what it leads to say the same: advance gets round a gate, nothing round a limit."""
    for phase, earliest in zip(protocol.phases, earliest_entries(protocol), strict=True):
        limits = [limit for limit in protocol.limits if limit.not_before is not None and binds(limit, phase)]
        begins = {
            modality: limit.not_before.offset
            for limit in limits
            if limit.not_before is not None and limit.not_before.origin == "injury"
            for modality in limit.of
        }
        for path, where, activity in activities(protocol):
            if where is not phase or not isinstance(activity, Treatment):
                continue
            own = (
                activity.begins.offset.about_seconds
                if activity.begins and activity.begins.origin == "injury"
                else 0
            )
            for modality in dict.fromkeys(step.modality for step in activity.steps):
                begin = begins.get(modality)
                if begin is not None and begin.about_seconds > max(earliest, own):
                    message = _(
                        "the phase can be entered before its limits let {modality} begin", modality=modality
                    )
                    expected = _(
                        "enter_when: injury >= {length}, or begins: injury+{length}",
                        length=begin,
                    )
                    yield Finding("begins-before-limit", path, message, expected)
        asked = time_since_injury(phase.enter_when)
        done = _done([phase])
        latest = max((begins[each].about_seconds for each in begins if each in done), default=0.0)
        if done and asked > latest:
            message = _("the time since the injury that it waits for is no limit: a command gets round it")
            expected = _("a limit with not_before of {modalities}", modalities=_(" or ").join(sorted(done)))
            yield Finding("gate-without-limit", ("phases", phase.id, "enter_when"), message, expected)
        yield from _states(protocol, phase, done)


def _states(protocol: RecoveryProtocol, phase: Phase, done: Iterable[str]) -> Iterator[Finding]:
    """A phase is not entered in a state in which its limits let nothing begin, and both ask about the same."""
    enter = phase.enter_when
    for limit in protocol.limits:
        if enter is None or limit.needs is None or not binds(limit, phase) or not {*limit.of} & {*done}:
            continue
        where = ("phases", phase.id, "enter_when")
        needed = limit.needs.parts if isinstance(limit.needs, All) else (limit.needs,)
        asked = enter.parts if isinstance(enter, All) else (enter,)
        if not all(
            each in asked or is_contradictory(All((enter, Not(each))), protocol.observations)
            for each in needed
        ):
            message = _(
                "the phase can be entered in a state in which the limit {limit!r} lets nothing begin",
                limit=limit.id,
            )
            expected = _("what {limit!r} needs, or more", limit=limit.id)
            yield Finding("begins-before-limit", where, message, expected)
        known = {one.subject for one in comparisons(limit.needs)}
        missing = {one.subject for one in comparisons(enter)} & {*protocol.observations} - known
        if missing:
            message = _(
                "it asks for {names}, and the limit {limit!r} does not",
                names=", ".join(sorted(missing)),
                limit=limit.id,
            )
            expected = _("the same observations in both: a command gets round a gate, nothing round a limit")
            yield Finding("gate-without-limit", ("limits", limit.id, "needs"), message, expected)


def _done(phases: Iterable[Phase]) -> dict[str, Path]:
    """The modalities of sessions, each with the first session that has it."""
    found: dict[str, Path] = {}
    for phase in phases:
        for activity in phase.activities:
            _note(found, ("phases", phase.id, "do", activity.id), activity)
        for rung in phase.ladder:
            for activity in rung.activities:
                _note(found, ("phases", phase.id, "steps", rung.id, "do", activity.id), activity)
    return found


def _note(found: dict[str, Path], path: Path, activity: object) -> None:
    if isinstance(activity, Treatment):
        for step in activity.steps:
            found.setdefault(step.modality, path)


def _fresh(protocol: RecoveryProtocol, phase: Phase) -> Iterator[Finding]:
    if phase.zero != "injury":
        return
    here, anywhere = _done([phase]), _done(protocol.phases)
    missing = []
    for each in _ON_A_FRESH_INJURY:
        limits = [limit for limit in protocol.limits if each in limit.of and _forbids(limit)]
        # Packs that are used nowhere in the protocol are spoken about for all of its phases.
        phases = protocol.phases if each in _PACKS and each not in anywhere else (phase,)
        if each not in here and not all(any(binds(limit, one) for limit in limits) for one in phases):
            missing.append(each)
    if missing:
        message = _(
            "the phase counts from the injury and does not say whether there may be {modalities}",
            modalities=", ".join(missing),
        )
        expected = _(
            "a limit with never, not_before or needs for each, so that no other protocol does it meanwhile"
        )
        if {*missing} & {*_PACKS} - {*anywhere}:
            expected += _("; for packs that no activity uses, without 'in'")
        yield Finding("fresh-injury-open", ("phases", phase.id), message, expected)


def _forbids(limit: Limit) -> bool:
    """Tell if it says that something may not be, at all or for now."""
    return limit.never or limit.not_before is not None or limit.needs is not None


# What a text tells ----------------------------------------------------------------------------------

_COUNTS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 7 * 86400}
_LENGTH = re.compile(rf"(?i)\b(\d+|an|half an|{'|'.join(_COUNTS)})[ -]({'|'.join(_UNITS)})s?\b")
_LEVEL = re.compile(r"\b(\d+) or (?:more|less)\b")


def _texts(protocol: RecoveryProtocol) -> Iterator[Finding]:
    """A person reads the text: what it says of a limit, a sign or a longest time is what holds."""
    for limit in protocol.limits:
        numbers = (limit.longest, limit.gap, limit.not_before, limit.not_after)
        yield from _text(("limits", limit.id, "say"), limit.say, [_seconds(each) for each in numbers if each])
    for phase in protocol.phases:
        if phase.at_most is not None and isinstance(phase.most, Duration):
            yield from _text(("phases", phase.id, "at_max", "say"), phase.at_most.say, [_seconds(phase.most)])
    for flag in protocol.red_flags:
        values = [one.value for one in comparisons(flag.when)]
        lengths = [_seconds(value) for value in values if isinstance(value, Duration)]
        levels = [value for value in values if isinstance(value, float)]
        yield from _text(("red_flags", flag.id, "say"), flag.say, lengths, levels)


def _seconds(length: Duration | Anchor) -> float:
    return (length.offset if isinstance(length, Anchor) else length).about_seconds


def _text(path: Path, text: str, lengths: list[float], levels: Iterable[float] = ()) -> Iterator[Finding]:
    """Lengths and levels of a text are among those that hold, where any of the kind hold."""
    told = [(found[0], _told(found[1], found[2])) for found in _LENGTH.finditer(text)] if lengths else []
    wrong = [words for words, seconds in told if seconds not in lengths]
    wrong += [found[0] for found in _LEVEL.finditer(text) if levels and float(found[1]) not in levels]
    for words in wrong:
        message = _("the text says another number than the one that holds")
        yield Finding("text-says-otherwise", path, message, _("the same number in both"), repr(words))


def _told(count: str, unit: str) -> float:
    words = count.lower()
    number = 0.5 if words.startswith("half") else 1.0 if words == "an" else 0.0
    number = number or (float(words) if words.isdigit() else _COUNTS.index(words) + 2.0)
    return number * _UNITS[unit.lower()]
