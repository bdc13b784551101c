"""Every kind of fact, the fields of its data, and the values that each field may have.

`SHAPES` is the table. A check gets a value and the fact it stands in, and returns the words for what should stand
there, or "" where the value is right. It relies on no other value of the fact: what belongs together is looked at in
`recovery.store.course`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from recovery.engine import facts as f
from recovery.engine.facts import Fact, to_ms
from recovery.engine.occurrences import Occurrence
from recovery.language import LANGUAGES, _, current
from recovery.protocol.durations import LONGEST
from recovery.protocol.model import AnyActivity, Checklist, RecoveryProtocol
from recovery.protocol.terms import (
    GRADES,
    LEVELS,
    MODALITIES,
    SIDES,
)
from recovery.values import Value, field
from recovery.words.typed import expected_answer

EARLIEST = datetime(1900, 1, 1, tzinfo=f.EPOCH.tzinfo)
LATEST = datetime(2262, 4, 11, tzinfo=f.EPOCH.tzinfo)
"""Between these something may have happened. Linux keeps no later time: its clock counts nanoseconds in 63 bits."""

LONGEST_PLANNED = timedelta(seconds=LONGEST.about_seconds) + timedelta(days=366)
"""How far ahead of what happened something may be planned: no length of the language is longer."""

LONGEST_TEXT = 200_000
"""Characters: more than a command line of any system can hold."""

MOST = 1_000_000
"""Of anything that is counted."""

LAST_PLACE = 2**53
"""The last place of a journal: whatever reads JSON counts so far, and nobody writes so many facts."""

CUES = (
    "start", "suggestion", "end", "reminder", "check-in", "on", "off", "phase", "offer", "way-back", "alert",
)  # fmt: skip

PHASES = ("entered", "left", "held", "offered", "way back", "no way back")

_DAY = re.compile(r"(19|2[0-3])\d\d-\d\d-\d\d", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_ZONE = re.compile(r"[A-Za-z0-9_+\-]{1,40}(/[A-Za-z0-9_+\-]{1,40}){0,3}|UTC[+\-]\d\d:\d\d(:\d\d)?", re.ASCII)


class Surroundings(Value):
    """Of a fact: the protocol that its episode is pinned to at that point, and what lies in the journal before it."""

    episode: str
    protocol: RecoveryProtocol
    hashes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The protocols that are pinned: id and version by hash."""


Check = Callable[[Any, Surroundings], str]


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# Values of any protocol --------------------------------------------------------------------------


def text(value: Any, _around: Surroundings) -> str:
    return "" if isinstance(value, str) and len(value) <= LONGEST_TEXT else _("a text")


def name(value: Any, _around: Surroundings) -> str:
    return "" if isinstance(value, str) and 0 < len(value) <= 300 else _("a name")


def flag(value: Any, _around: Surroundings) -> str:
    return "" if isinstance(value, bool) else _("true or false")


def instant(value: Any, _around: Surroundings) -> str:
    """Milliseconds since 1970, at which something was or will be."""
    if _is_whole(value) and to_ms(EARLIEST) <= value <= to_ms(LATEST + LONGEST_PLANNED):
        return ""
    return _("an instant in milliseconds since 1970")


def day(value: Any, _around: Surroundings) -> str:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            datetime.fromisoformat(value)
            return ""
    except ValueError:
        pass
    return _("a date such as 2026-11-23")


def clock(value: Any, _around: Surroundings) -> str:
    return "" if isinstance(value, str) and _CLOCK.fullmatch(value) else _("a time of day such as 07:30")


def zone(value: Any, _around: Surroundings) -> str:
    """The shape of a name alone: which zones there are depends on the machine."""
    return "" if isinstance(value, str) and _ZONE.fullmatch(value) else _("the name of a time zone")


def occurrence(value: Any, around: Surroundings) -> str:
    try:
        if isinstance(value, str) and Occurrence.parse(value).episode == around.episode:
            return ""
    except ValueError:
        pass
    return _("the name of an occurrence of this episode")


def count(least: int, most: int = MOST) -> Check:
    def check(value: Any, _around: Surroundings) -> str:
        if _is_whole(value) and least <= value <= most:
            return ""
        return _("a whole number from {least} to {most}", least=least, most=most)

    return check


_LENGTH = int(LONGEST_PLANNED.total_seconds())
length = count(0, _LENGTH)
_AGES = (to_ms(LATEST) - to_ms(EARLIEST)) // 1000
"""Seconds: by how much a clock can be set at the most, and how late something can come."""

_AGES_MS = 1000 * (_AGES + _LENGTH)
lateness = count(-_AGES_MS, _AGES_MS)
"""Milliseconds. A clock that was set back makes it negative."""


def one_of(*known: str) -> Check:
    def check(value: Any, _around: Surroundings) -> str:
        return "" if isinstance(value, str) and value in known else _listed(known)

    return check


def _listed(known: Iterable[str]) -> str:
    names = ", ".join(repr(each) for each in known)
    return _("one of {names}", names=names) if names else _("there, as the protocol has none of it")


def perhaps(check: Check) -> Check:
    """Null, or what the check asks for."""

    def either(value: Any, around: Surroundings) -> str:
        return "" if value is None else check(value, around)

    return either


def each(check: Check, most: int = 1000) -> Check:
    """A list of what the check asks for."""

    def all_of_them(value: Any, around: Surroundings) -> str:
        if not isinstance(value, list) or len(value) > most:
            return _("a list")
        return next((wanted for item in value if (wanted := check(item, around))), "")

    return all_of_them


def pair(check: Check) -> Check:
    def both(value: Any, around: Surroundings) -> str:
        if not isinstance(value, list) or len(value) != 2:
            return _("a list of two")
        return next((wanted for item in value if (wanted := check(item, around))), "")

    return both


def by_name(value_check: Check, known: Callable[[RecoveryProtocol], Iterable[str]] | None = None) -> Check:
    """An object whose keys are names, of those that the protocol has where `known` tells them."""

    def check(value: Any, around: Surroundings) -> str:
        if not isinstance(value, dict) or len(value) > 10_000:
            return _("an object")
        for key, item in value.items():
            if known is not None and key not in known(around.protocol):
                return _listed(known(around.protocol))
            if wanted := value_check(item, around):
                return wanted
        return ""

    return check


# Values that the protocol knows ------------------------------------------------------------------


def answers(value: Any, around: Surroundings) -> str:
    """Answers by observation, each within its scale."""
    if not isinstance(value, dict) or not value:
        return _("an object")
    known = around.protocol.observations
    for asked, given in value.items():
        if asked not in known:
            return _listed(known)
        observation = known[asked]
        if observation.choices:
            if not isinstance(given, str) or given not in observation.choices:
                return expected_answer(observation, current())
        elif not _is_whole(given) or not observation.least <= given <= observation.most:
            return expected_answer(observation, current())
    return ""


def options(value: Any, around: Surroundings) -> str:
    if not isinstance(value, dict):
        return _("an object")
    known = around.protocol.options
    for option, choice in value.items():
        if option not in known:
            return _listed(known)
        if not isinstance(choice, str) or choice not in known[option].choices:
            return _listed(known[option].choices)
    return ""


def observed(value: Any, around: Surroundings) -> str:
    return _one_of(value, around.protocol.observations)


def phase(value: Any, around: Surroundings) -> str:
    return _one_of(value, phases_of(around.protocol))


def activity(value: Any, around: Surroundings) -> str:
    return _one_of(value, {known for _phase, known in activities_of(around.protocol)})


def rung(value: Any, around: Surroundings) -> str:
    return _one_of(value, {step.id for each in around.protocol.phases for step in each.ladder})


def pinned(value: Any, around: Surroundings) -> str:
    is_there = isinstance(value, str) and value in around.hashes
    return "" if is_there else _("the hash of a protocol that is there")


def _one_of(value: Any, known: Iterable[str]) -> str:
    return "" if isinstance(value, str) and value in known else _listed(sorted(known))


@lru_cache(maxsize=8)
def _phases(protocol: "_Same") -> frozenset[str]:
    return frozenset(each.id for each in protocol.value.phases)


@lru_cache(maxsize=8)
def _activities(protocol: "_Same") -> dict[tuple[str, str], AnyActivity]:
    return {(each.id, a.id): a for each in protocol.value.phases for a in each.everything()}


@lru_cache(maxsize=8)
def _alerts(protocol: "_Same") -> frozenset[str]:
    of_flags = (f"flag/{flag.id}" for flag in protocol.value.red_flags)
    of_phases = (f"phase/{each.id}" for each in protocol.value.phases if each.at_most is not None)
    of_healing = () if protocol.value.healing is None else ("healing/late",)
    return frozenset((*of_flags, *of_phases, *of_healing))


class _Same:
    """A protocol by its identity: to hash all that is in it costs more than what is kept by it."""

    def __init__(self, value: RecoveryProtocol) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value


def phases_of(protocol: RecoveryProtocol) -> frozenset[str]:
    return _phases(_Same(protocol))


def activities_of(protocol: RecoveryProtocol) -> dict[tuple[str, str], AnyActivity]:
    """The activities of a protocol, by phase and id."""
    return _activities(_Same(protocol))


def alerts_of(protocol: RecoveryProtocol) -> frozenset[str]:
    """The ids of the alerts that an episode of a protocol can raise."""
    return _alerts(_Same(protocol))


def _questions(protocol: RecoveryProtocol) -> list[str]:
    return [question.id for question in protocol.screen]


def _items(protocol: RecoveryProtocol) -> set[str]:
    lists = (a for a in activities_of(protocol).values() if isinstance(a, Checklist))
    return {item.id for each in lists for item in each.items}


# The table ---------------------------------------------------------------------------------------


class Shape(Value):
    """The fields of a kind of fact, or of an object in it: those that it must have, and those that it may have."""

    must: Mapping[str, Check]
    may: Mapping[str, Check] = field(default_factory=dict)

    def wrong(self, data: Mapping[str, Any], around: Surroundings) -> str:
        """The first thing that is wrong, with its field; "" where nothing is."""
        for key in self.must:
            if key not in data:
                return f"{key}: {_('is missing')}"
        for key, value in data.items():
            check = self.must.get(key) or self.may.get(key)
            if check is None:
                return f"{str(key)[:60]}: {_('does not belong there')}"
            if wanted := check(value, around):
                shown = repr(value)
                shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
                return f"{key}: {_('{value} is not {wanted}', value=shown, wanted=wanted)}"
        return ""

    def __call__(self, value: Any, around: Surroundings) -> str:
        """As a check: an object of this shape."""
        if not isinstance(value, dict):
            return _("an object")
        wrong = self.wrong(value, around)
        return f"{_('an object')} ({wrong})" if wrong else ""


CUE = Shape(
    {"key": name, "kind": one_of(*CUES), "title": text, "body": text, "due": instant},
    {"critical": flag, "expires": instant},
)

WORD = Shape({"by": text, "on": day})

_ABOUT = {"phase": phase, "activity": activity, "occurrence": occurrence}
_DUE = {**_ABOUT, "due": instant, "day": day}
_SPAN = {"modality": one_of(*MODALITIES), "seconds": length}
_ANSWERED_BY = one_of("yes", "no", "unsure")

SHAPES: Mapping[str, Shape] = {
    f.STARTED: Shape(
        {"onset": instant, "zone": zone, "wake": clock, "bedtime": clock},
        {
            "protocol": name, "version": name, "hash": pinned,
            "grade": perhaps(one_of(*GRADES)), "side": perhaps(one_of(*SIDES)),
            "options": options, "screen": by_name(flag, _questions),
            "work": pair(clock), "workdays": each(count(0, 6), 7), "quiet": each(pair(clock), 24),
            "language": one_of(*LANGUAGES), "confirms": flag, "discreet": flag, "travels": flag,
            "assessment": Shape(
                {"answers": by_name(_ANSWERED_BY), "grade": one_of(*GRADES), "reasons": each(text)}
            ),
        },
    ),
    f.ANSWERED: Shape({"values": answers}),
    f.PHASE: Shape(
        {"phase": phase, "state": one_of(*PHASES), "reasons": each(text)},
        {"unmet": each(text), "keys": each(text), "to": name, "anew": flag, "word": WORD, "cue": CUE},
    ),
    f.STEPPED: Shape(
        {"phase": phase, "step": rung, "direction": one_of("up", "down"), "reasons": each(text)},
        {"word": WORD, "cue": CUE},
    ),
    f.SCREENED: Shape({"answers": by_name(flag, _questions)}),
    f.SETBACK: Shape({"onset": instant}, {"grade": perhaps(one_of(*GRADES)), "because": text}),
    f.CORRECTED: Shape(
        {},
        {
            "onset": instant, "grade": perhaps(one_of(*GRADES)), "side": perhaps(one_of(*SIDES)),
            "options": options, "because": text,
        },
    ),
    f.TICKED: Shape({"phase": phase, "activity": activity, "items": by_name(flag, _items)}),
    f.OFFERED: Shape(
        _DUE,
        {
            "modality": one_of("", *MODALITIES), "seconds": length, "step": count(0, 1000),
            "on": flag, "asks": each(observed), "cue": CUE,
        },
    ),
    f.BEGUN: Shape({**_ABOUT}, _SPAN),
    f.ENDED: Shape({**_ABOUT, "overrun": count(0, _AGES)}, {**_SPAN, "counts_from": instant, "cue": CUE}),
    f.DONE: Shape(_ABOUT, {"due": instant, "day": day}),
    f.SKIPPED: Shape(_DUE, {"step": count(0, 1000), "reason": text}),
    f.SNOOZED: Shape({**_ABOUT, "until": instant}),
    f.MISSED: Shape({**_DUE, "reason": text}, {"counts_from": instant}),
    f.WITHHELD: Shape(
        {"phase": phase, "activity": activity, "reason": text},
        {"modality": one_of("", *MODALITIES), "until": perhaps(instant), "key": text},
    ),
    f.PAUSED: Shape({}, {"until": perhaps(instant), "because": text}),
    f.RESUMED: Shape({}, {"because": text, "cue": CUE}),
    f.ALERTED: Shape(
        {"id": name},
        {
            "cleared": flag, "because": text, "level": one_of(*LEVELS), "reason": text, "source": text,
            "suspends": each(one_of(*MODALITIES)), "cue": CUE,
        },
    ),
    f.COMPLETED: Shape({"reasons": each(text)}, {"cue": CUE}),
    f.STOPPED: Shape({}, {"because": text}),
    f.UNDONE: Shape({"seq": count(1, LAST_PLACE)}),
    f.UPGRADED: Shape(
        {"protocol": name, "version": name, "hash": pinned, "from_version": name, "from_hash": pinned}
    ),
    f.MOVED: Shape({"zone": zone, "from": zone}, {"follows": flag, "cue": CUE}),
    f.CLOCK: Shape(
        {"boot": text, "steady": count(0, _AGES_MS), "seconds": count(-_AGES, _AGES)},
        {"says": instant, "since": instant, "behind": instant, "off": flag},
    ),
    f.RIGHTED: Shape({"seconds": count(0, _AGES), "names": by_name(count(0))}),
    f.DELIVERED: Shape(
        {"seq": count(1, LAST_PLACE), "via": text, "late": lateness}, {"repeat": count(1)}
    ),
    f.UNDELIVERED: Shape({"seq": count(1, LAST_PLACE), "via": text, "reason": text}),
}  # fmt: skip
"""By kind. A field that the program begins to write is told here, or `recovery store check` calls it damage."""


def wrong_instants(fact: Fact) -> str:
    """Say what is wrong with the instants of a fact; "" where nothing is."""
    assert fact.recorded_at is not None
    for moment in (fact.at, fact.recorded_at):
        if not EARLIEST <= moment <= LATEST:
            return _("{instant} is no time at which a clock can stand", instant=f"{moment:%Y-%m-%d %H:%M}")
    return ""
