"""Rules of what a careful file says twice: what is done, and what it must not become.

A limit that is missing breaks nothing else, so nothing else can miss it. These rules ask for it: a fresh injury has its
prohibitions, a gate is a limit too, a text says the number that holds. They ask for words, never for a number: how
long and how far is for the file and its sources to say, down to the floor (`lint.floor`).
"""

import re
from collections.abc import Iterable, Iterator
from functools import partial

from recovery.language import _
from recovery.protocol.floor import is_as_late, time_since_injury, treated
from recovery.protocol.lint.gates import is_contradictory
from recovery.protocol.lint.rules import WHOLE, Finding, Walk, is_first_draft, rule
from recovery.protocol.lint.sessions import earliest_entries
from recovery.protocol.model import Limit, Phase, modalities
from recovery.protocol.problems import KeyPath
from recovery.protocol.terms import AGREED, All, Anchor, Condition, Duration, Not, comparisons, parts_of

_PACKS = ("cold", "warm")
_ON_A_FRESH_INJURY = ("cold", "warm", "massage", "exercise")
"""What a phase that counts from the injury has to speak about, by doing it or by a limit."""

once_sourced = partial(rule, warns_where=is_first_draft, needs=WHOLE)
"""A rule that a first draft may break, whose sources do not say their numbers yet."""


@once_sourced(
    "until-without-limit",
    "a session that has to be over so long after the injury has a limit that says so",
)
def until_without_limit(walk: Walk) -> Iterator[Finding]:
    """An end since the injury binds one activity; a limit binds whatever else there is."""
    for path, phase, activity in walk.treatments:
        if activity.until is None or activity.until.origin != "injury":
            continue
        for modality in sorted(modalities(activity)):
            ends = [limit.not_after for limit in walk.limits(phase) if modality in limit.of]
            if not any(is_as_late(activity.until, end) for end in ends):
                end = {"modality": modality, "until": activity.until}
                message = _("no limit ends {modality} by {until} here", **end)
                expected = _("a limit of {modality} with not_after: {until}", **end)
                yield Finding((*path, "until"), message, expected)


# Gates and limits -----------------------------------------------------------------------------------


@once_sourced("begins-before-limit", "a phase is not entered before its limits let its sessions begin")
def begins_before_limit(walk: Walk) -> Iterator[Finding]:
    earliest = earliest_entries(walk)
    for path, phase, activity in walk.treatments:
        begins, own = _begins(walk, phase), 0.0
        if activity.begins and activity.begins.origin == "injury":
            own = activity.begins.offset.about_seconds
        for modality in sorted(modalities(activity) & {*begins}):
            begin = begins[modality]
            if begin.about_seconds > max(earliest[phase.id], own):
                message = _(
                    "the phase can be entered before its limits let {modality} begin", modality=modality
                )
                expected = _("enter_when: injury >= {length}, or begins: injury+{length}", length=begin)
                yield Finding(path, message, expected)
    for phase, enter, limit, needed in _states(walk):
        if not all(
            each in parts_of(enter) or is_contradictory(All((enter, Not(each))), walk.protocol.observations)
            for each in parts_of(needed)
        ):
            message = _(
                "the phase can be entered in a state in which the limit {limit!r} lets nothing begin",
                limit=limit.id,
            )
            expected = _("what {limit!r} needs, or more", limit=limit.id)
            yield Finding(("phases", phase.id, "enter_when"), message, expected)


@once_sourced(
    "gate-without-limit",
    "a time since the injury that a phase waits for is a limit, too: no command gets round that",
)
def gate_without_limit(walk: Walk) -> Iterator[Finding]:
    for phase in walk.protocol.phases:
        done, begins = treated([phase]), _begins(walk, phase)
        latest = max((begins[each].about_seconds for each in done & {*begins}), default=0.0)
        if done and time_since_injury(phase.enter_when) > latest:
            message = _("the time since the injury that it waits for is no limit: a command gets round it")
            expected = _("a limit with not_before of {modalities}", modalities=_(" or ").join(sorted(done)))
            yield Finding(("phases", phase.id, "enter_when"), message, expected)
    for _phase, enter, limit, needed in _states(walk):
        asked = {each.subject for each in comparisons(enter)} & {*walk.protocol.observations}
        missing = asked - {each.subject for each in comparisons(needed)}
        if missing:
            message = _(
                "it asks for {names}, and the limit {limit!r} does not",
                names=", ".join(sorted(missing)),
                limit=limit.id,
            )
            expected = _("the same observations in both: a command gets round a gate, nothing round a limit")
            yield Finding(("limits", limit.id, "needs"), message, expected)


def _begins(walk: Walk, phase: Phase) -> dict[str, Duration]:
    """The time since the injury before which the limits of a phase forbid a modality; the last limit's, of several."""
    return {
        modality: limit.not_before.offset
        for limit in walk.limits(phase)
        if limit.not_before is not None and limit.not_before.origin == "injury"
        for modality in limit.of
    }


def _states(walk: Walk) -> Iterator[tuple[Phase, Condition, Limit, Condition]]:
    """Each phase that asks for a state, with each limit that asks for a state for what is done in it."""
    for phase in walk.protocol.phases:
        for limit in walk.limits(phase):
            if phase.enter_when is None or limit.needs is None or not {*limit.of} & treated([phase]):
                continue
            yield phase, phase.enter_when, limit, limit.needs


# Fresh injuries -------------------------------------------------------------------------------------


@once_sourced(
    "fresh-injury-open",
    "a phase that counts from the injury says of cold, warm, massage and exercise if they may be",
)
def fresh_injury_open(walk: Walk) -> Iterator[Finding]:
    anywhere = treated(walk.protocol.phases)
    for phase in walk.protocol.phases:
        if phase.zero != "injury":
            continue
        missing = [
            each
            for each in _ON_A_FRESH_INJURY
            if each not in treated([phase]) and not _is_spoken_of(walk, each, phase, anywhere)
        ]
        if missing:
            message = _(
                "the phase counts from the injury and does not say whether there may be {modalities}",
                modalities=", ".join(missing),
            )
            expected = _(
                "a limit with never, not_before or needs for each, so that no other protocol does it meanwhile"
            )
            if {*missing} & {*_PACKS} - anywhere:
                expected += _("; for packs that no activity uses, without 'in'")
            yield Finding(("phases", phase.id), message, expected)


def _is_spoken_of(walk: Walk, modality: str, phase: Phase, anywhere: set[str]) -> bool:
    """Tell if limits say that something may not be, at all or for now.

    Packs that are used nowhere in the protocol are spoken about for all of its phases.
    """
    is_unused_pack = modality in _PACKS and modality not in anywhere
    return all(
        any(modality in limit.of and _forbids(limit) for limit in walk.limits(each))
        for each in (walk.protocol.phases if is_unused_pack else (phase,))
    )


def _forbids(limit: Limit) -> bool:
    return limit.never or limit.not_before is not None or limit.needs is not None


# Red flags ------------------------------------------------------------------------------------------


@rule("released-without-reason", "a red flag that waits for a professional stops something until then")
def released_without_reason(walk: Walk) -> Iterator[Finding]:
    for flag in walk.protocol.red_flags:
        if flag.waits_for_release and not flag.suspends and flag.level != "emergency":
            message = _("a professional has to release it, and nothing waits for that")
            yield Finding(("red_flags", flag.id, "cleared_by"), message, _("'suspend' with what waits"))


@rule("agreed-as-no", "for a red flag a yes to a question is a yes, also where a professional agreed")
def agreed_as_no(walk: Walk) -> Iterator[Finding]:
    agreeable = {each.id for each in walk.protocol.screen if each.level == "ask" and not each.refuses}
    for flag in walk.protocol.red_flags:
        if flag.when is None:
            continue
        compared = [*walk.with_polarity(flag.when, ("red_flags", flag.id, "when"))]
        agreed = {each.subject for each, _is_negated, _path in compared if each.value == AGREED}
        for comparison, is_negated, path in compared:
            is_of_yes = comparison.value == "yes" and comparison.test == ("!=" if is_negated else "==")
            if is_of_yes and comparison.subject in agreeable - agreed:
                message = _("an answer that a professional agreed to counts as a no here")
                expected = _("such as {example}", example=f"{comparison.subject} != no")
                yield Finding(path, message, expected, str(comparison))


@rule("harm-goes-on", "a red flag of what a treatment does stops that treatment")
def harm_goes_on(walk: Walk) -> Iterator[Finding]:
    for flag in walk.protocol.red_flags:
        missing = sorted({*flag.harm} - {*flag.suspends})
        if missing and flag.level != "emergency":
            names = ", ".join(missing)
            message = _("it comes from {names}, which goes on", names=names)
            yield Finding(("red_flags", flag.id, "harm"), message, _("'suspend' with {names}", names=names))


# What a text tells ----------------------------------------------------------------------------------

_COUNTS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 7 * 86400}
_LENGTH = re.compile(rf"(?i)\b(\d+|an|half an|{'|'.join(_COUNTS)})[ -]({'|'.join(_UNITS)})s?\b")
_LEVEL = re.compile(r"\b(\d+) or (?:more|less)\b")


@once_sourced(
    "text-says-otherwise",
    "what a limit, a sign or a longest time tells a person is the number that holds",
)
def text_says_otherwise(walk: Walk) -> Iterator[Finding]:
    protocol = walk.protocol
    for limit in protocol.limits:
        numbers = (limit.longest, limit.gap, limit.not_before, limit.not_after)
        yield from _text(("limits", limit.id, "say"), limit.say, [_seconds(each) for each in numbers if each])
    for phase in protocol.phases:
        if phase.at_most is not None and isinstance(phase.most, Duration):
            yield from _text(("phases", phase.id, "at_max", "say"), phase.at_most.say, [_seconds(phase.most)])
    for flag in protocol.red_flags:
        values = [each.value for each in comparisons(flag.when)]
        lengths = [_seconds(value) for value in values if isinstance(value, Duration)]
        levels = [value for value in values if isinstance(value, float)]
        yield from _text(("red_flags", flag.id, "say"), flag.say, lengths, levels)


def _seconds(length: Duration | Anchor) -> float:
    return (length.offset if isinstance(length, Anchor) else length).about_seconds


def _text(path: KeyPath, text: str, lengths: list[float], levels: Iterable[float] = ()) -> Iterator[Finding]:
    """Lengths and levels of a text are among those that hold, where any of the kind hold."""
    said = (
        [(match[0], _in_seconds(match[1], match[2])) for match in _LENGTH.finditer(text)] if lengths else []
    )
    wrong = [words for words, seconds in said if seconds not in lengths]
    wrong += [match[0] for match in _LEVEL.finditer(text) if levels and float(match[1]) not in levels]
    for words in wrong:
        message = _("the text says another number than the one that holds")
        yield Finding(path, message, _("the same number in both"), repr(words))


def _in_seconds(count: str, unit: str) -> float:
    words = count.lower()
    number = 0.5 if words.startswith("half") else 1.0 if words == "an" else 0.0
    number = number or (float(words) if words.isdigit() else _COUNTS.index(words) + 2.0)
    return number * _UNITS[unit.lower()]
