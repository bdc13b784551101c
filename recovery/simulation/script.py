"""The answers file of a simulation: one JSON object a line, what a person does and when.

`{"at": "2026-11-23T08:00+01:00", "do": "checkin", "pain": 4, "swelling": 1}`
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from recovery.engine.acts import ACTS, Act, Correct, Pause
from recovery.engine.rehearsal import PlannedAct
from recovery.engine.times import Place
from recovery.errors import UsageError
from recovery.language import _, n_
from recovery.protocol.terms import parse_duration
from recovery.words.moments import parse_clock, parse_day, parse_moment

_FIELDS = {
    "activity": "activity",
    "flag": "flag",
    "what": "what",
    "for": "length",
    "because": "because",
    "by": "by",
    "on": "on",
    "timezone": "zone",
    "onset": "onset",
    "until": "until",
    "grade": "grade",
    "value": "value",
}
"""The fields of acts by their keys in a line. Answers stand beside them, each under its own name."""

_CORRECTED = ("grade", "side")
"""The keys of what a correction may change besides the onset."""

_NAMES = ("flag", "zone")
"""The fields that an act cannot do without; left out they name nothing, and the act is refused."""


def parse_answers(
    text: str, name: str, start: datetime, place: Place, episodes: Mapping[str, str] | None = None
) -> tuple[PlannedAct, ...]:
    """The acts of an answers file, in order of time. `name` is what errors call it.

    `episodes` are the ids of those that are played, by protocol: a line may name one.
    A time without an offset is local time in the place's zone. Raises `UsageError` with every wrong line.
    """
    acts: list[PlannedAct] = []
    problems: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            acts.append(_read(json.loads(line), start, place, episodes or {}))
        except (ValueError, RecursionError) as error:
            reason = (
                _("not a JSON object")
                if isinstance(error, json.JSONDecodeError | RecursionError)
                else str(error)
            )
            problems.append(f"{name}:{number}: {reason}")
    if problems:
        shown = "\n".join(problems[:20])
        left = len(problems) - 20
        more = "\n" + n_("and {count} more", "and {count} more", left) if left > 0 else ""
        example = '{"at": "2026-11-23T08:00+01:00", "do": "checkin", "pain": 4}'
        raise UsageError(shown + more, _("a line looks like {example}", example=example))
    return tuple(sorted(acts, key=lambda scripted: scripted.at))


def _read(line: Any, start: datetime, place: Place, episodes: Mapping[str, str]) -> PlannedAct:
    if not isinstance(line, dict):
        raise ValueError(_("not a JSON object"))
    verb, typed = line.get("do"), line.get("at")
    kind = ACTS.get(verb) if isinstance(verb, str) else None
    if kind is None:
        raise ValueError(_("'do' is {verb!r}; it can be {known}", verb=verb, known=", ".join(ACTS)))
    if not isinstance(typed, str):
        raise ValueError(_("'at' is missing: the time of the act, as text"))
    at = parse_moment(typed, start, place)
    protocol = line.get("protocol", "")
    if "protocol" in line and not (isinstance(protocol, str) and protocol in episodes):
        known = ", ".join(episodes)
        raise ValueError(_("'protocol' is {value!r}; it can be {known}", value=protocol, known=known))
    rest = {key: value for key, value in line.items() if key not in ("do", "at", "protocol")}
    if "answers" in kind._fields:
        said: dict[str, Any] = {
            key: rest.pop(key) for key in ("by", "on") if key in rest and key in kind._fields
        }
        fields = _answers(rest) | _fields(kind, said, start, place)
    else:
        fields = _fields(kind, rest, start, place)
    return PlannedAct(at, kind(**fields), line, episodes.get(protocol, ""))


def _answers(rest: dict[str, Any]) -> dict[str, Any]:
    for key, value in rest.items():
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError(
                _("{key!r} is {value!r}; an answer is a whole number or a word", key=key, value=value)
            )
    return {"answers": {key: str(value) for key, value in rest.items()}}


def _fields(kind: type[Act], rest: dict[str, Any], start: datetime, place: Place) -> dict[str, Any]:
    """The fields of an act that takes no answers, read."""
    keys = {key for key, name in _FIELDS.items() if name in kind._fields}
    if kind is Correct:
        keys |= {*_CORRECTED}
    unknown = [key for key in rest if key not in keys]
    if unknown:
        takes = ", ".join(sorted(keys)) or _("nothing else")
        raise ValueError(
            _(
                "{key!r} does not go with {verb!r}, which takes {known}",
                key=unknown[0],
                verb=kind.verb,
                known=takes,
            )
        )
    wrong = [key for key, value in rest.items() if not isinstance(value, str)]
    if wrong:
        raise ValueError(_("{key!r} has to be text", key=wrong[0]))
    fields: dict[str, Any] = {name: "" for name in _NAMES if name in kind._fields}
    if kind is Correct:
        fields["values"] = {key: rest.pop(key) for key in _CORRECTED if key in rest}
    for key, text in rest.items():
        match key:
            case "for":
                fields["length"] = parse_duration(text)
            case "on":
                fields["on"] = parse_day(text)
            case "until":
                fields["until"] = parse_moment(text, start, place) if kind is Pause else parse_clock(text)
            case "onset":
                fields["onset"] = parse_moment(text, start, place)
            case _:
                fields[_FIELDS[key]] = text
    return fields


def as_typed(value: object) -> str:
    """A value as a line has it: a time of day in hours and minutes."""
    return f"{value:%H:%M}" if isinstance(value, time) else str(value)


def as_line(act: Act) -> dict[str, Any]:
    """An act as a line of an answers file, without its time."""
    line: dict[str, Any] = {"do": act.verb}
    for name, answer in getattr(act, "answers", {}).items():
        line[name] = int(answer) if answer.isdigit() else answer
    for key, name in _FIELDS.items():
        if value := getattr(act, name, None):
            line[key] = value.isoformat() if isinstance(value, date) else as_typed(value)
    return line
