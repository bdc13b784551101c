"""The answers file of a simulation: one JSON object a line, what a person does and when.

`{"at": "2026-11-23T08:00+01:00", "do": "checkin", "pain": 4, "swelling": 1}`
"""

import json
from datetime import datetime
from typing import Any

from recovery.engine.acts import Act
from recovery.engine.rehearsal import PlannedAct
from recovery.engine.times import Place
from recovery.engine.verbs import VERBS
from recovery.errors import UsageError
from recovery.language import _, n_
from recovery.protocol.durations import parse_duration
from recovery.words.typed import parse_day, parse_moment

_KEYS = {
    "begin": {"activity"},
    "end": {"activity"},
    "done": {"activity"},
    "skip": {"activity", "because"},
    "snooze": {"activity", "for"},
    "pause": {"for", "because"},
    "resume": set(),
    "move": {"timezone"},
    "advance": {"because", "by", "on"},
    "step-back": {"because"},
    "setback": {"onset", "grade", "because"},
    "correct": {"onset", "grade", "side", "because"},
    "flag": {"flag"},
    "clear": {"flag", "because"},
    "stop": {"because"},
}
_ANSWERING = ("checkin", "screen", "tick")
"""The verbs beside which the answers stand."""


def parse_answers(text: str, name: str, start: datetime, place: Place) -> tuple[PlannedAct, ...]:
    """The acts of an answers file, in order of time. `name` is what errors call it.

    A time without an offset is local time in the place's zone. Raises `UsageError` with every wrong line.
    """
    acts: list[PlannedAct] = []
    problems: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            acts.append(_read(json.loads(line), start, place))
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


def _read(line: Any, start: datetime, place: Place) -> PlannedAct:
    if not isinstance(line, dict):
        raise ValueError(_("not a JSON object"))
    verb, typed = line.get("do"), line.get("at")
    if verb not in VERBS:
        raise ValueError(_("'do' is {verb!r}; it can be {known}", verb=verb, known=", ".join(VERBS)))
    if not isinstance(typed, str):
        raise ValueError(_("'at' is missing: the time of the act, as text"))
    at = parse_moment(typed, start, place)
    rest = {key: value for key, value in line.items() if key not in ("do", "at")}
    if verb in _ANSWERING:
        for key, value in rest.items():
            if isinstance(value, bool) or not isinstance(value, int | str):
                raise ValueError(
                    _("{key!r} is {value!r}; an answer is a whole number or a word", key=key, value=value)
                )
        return PlannedAct(at, Act(verb, values={key: str(value) for key, value in rest.items()}), line)
    unknown = [key for key in rest if key not in _KEYS[verb]]
    if unknown:
        takes = ", ".join(sorted(_KEYS[verb])) or _("nothing else")
        raise ValueError(
            _(
                "{key!r} does not go with {verb!r}, which takes {known}",
                key=unknown[0],
                verb=verb,
                known=takes,
            )
        )
    wrong = [key for key, value in rest.items() if not isinstance(value, str)]
    if wrong:
        raise ValueError(_("{key!r} has to be text", key=wrong[0]))
    length = parse_duration(rest["for"]) if "for" in rest else None
    onset = parse_moment(rest["onset"], start, place) if "onset" in rest else None
    act = Act(
        verb,
        activity=rest.get("activity", rest.get("flag")),
        values={name: rest[name] for name in ("grade", "side") if name in rest},
        length=length,
        because=rest.get("because", ""),
        by=rest.get("by", ""),
        on=parse_day(rest["on"]) if "on" in rest else None,
        zone=rest.get("timezone", ""),
        at=onset,
    )
    return PlannedAct(at, act, line)
