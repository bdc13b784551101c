"""A fact's subject in words: what `log` and `undo` say of it beside its kind."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from recovery.engine import facts as f
from recovery.engine.facts import Fact, from_ms
from recovery.engine.limits import LONGEST_ON
from recovery.engine.times import Place
from recovery.language import N_, _, current
from recovery.words.terms import FACTS, LEVELS, side_words
from recovery.words.times import spell, spell_when

_START = {
    "protocol": N_("protocol {value}"),
    "version": N_("version {value}"),
    "grade": N_("grade {value}"),
    "side": N_("side {value}"),
}


def entry_words(entry: Fact, place: Place) -> str:
    """Say what a person entered: an activity or a sign by its name, all else as the log says it."""
    if entry.kind in (f.ANSWERED, f.CORRECTED, f.SCREENED, f.SETBACK, f.MOVED, f.STEPPED, f.TICKED, f.PAUSED):
        subject = about_words(entry, place)
    else:
        subject = str(entry.data.get("activity", "") or entry.data.get("id", "").rpartition("/")[2])
    if entry.kind == f.ALERTED and entry.data.get("cleared"):
        return _("{name} is dealt with", name=subject)
    return f"{_(FACTS.get(entry.kind, entry.kind))} {subject}".rstrip()


def about_words(fact: Fact, place: Place) -> str:
    """Say what a fact is about; "" where its kind says all. Raises what a damaged fact raises."""
    data = fact.data
    match fact.kind:
        case f.ANSWERED:
            return ", ".join(f"{name} {value}" for name, value in data["values"].items())
        case f.PHASE | f.COMPLETED:
            parts = [data.get("phase", ""), "; ".join(data["reasons"])]
            return ": ".join(part for part in parts if part)
        case f.ALERTED:
            if data.get("cleared"):
                because = f": {data['because']}" if data.get("because") else ""
                return _("{alert} no longer", alert=data["id"]) + because
            return f"{_(LEVELS.get(data['level'], data['level']))}: {data['reason']}"
        case f.SCREENED:
            return _answers(data["answers"])
        case f.TICKED:
            return f"{data['activity']}: {_answers(data['items'])}"
        case f.STEPPED:
            return f"{data['step']}: {'; '.join(data['reasons'])}"
        case f.SETBACK | f.CORRECTED:
            return _corrected(fact, place)
        case f.UNDONE | f.DELIVERED | f.UNDELIVERED:
            return _("number {number}", number=data["seq"])
        case f.CLOCK:
            return _clock(data, place, fact.at)
        case f.MOVED:
            return _("times are now those of {zone}", zone=data["zone"])
        case f.UPGRADED:
            before, after = data["from_version"], data["version"]
            return _(
                "{protocol} {before} becomes {after}", protocol=data["protocol"], before=before, after=after
            )
        case f.STARTED:
            return ", ".join(_given(data))
        case f.ENDED if 60 <= data["overrun"] <= LONGEST_ON.total_seconds():
            length = spell(timedelta(seconds=data["overrun"]))
            return _("{activity}, {length} too late", activity=data["activity"], length=length)
        case f.ENDED:
            return str(data["activity"])
        case f.OFFERED if "cue" in data:
            return str(data["cue"]["title"])
        case f.MISSED:
            return _(
                "{activity}, due {when}: {reason}",
                activity=data["activity"],
                when=spell_when(place, from_ms(data["due"]), fact.at),
                reason=data["reason"],
            )
        case f.SNOOZED | f.PAUSED | f.WITHHELD:
            return _with_until(fact, place)
        case _:
            return ": ".join(str(data[key]) for key in ("activity", "reason", "because") if data.get(key))


def _given(data: Mapping[str, Any]) -> list[str]:
    """List the parts of a start that are given, in words."""
    given = {**data, "side": side_words(data.get("side"), current())}
    return [_(words, value=given[key]) for key, words in _START.items() if given.get(key)]


def _corrected(fact: Fact, place: Place) -> str:
    """Say what is new of the injury, and why."""
    data, injured = fact.data, ""
    if "onset" in data:
        injured = _("injured {when}", when=spell_when(place, from_ms(data["onset"]), fact.at))
    options = [f"{name} {word}" for name, word in data.get("options", {}).items()]
    return ", ".join(part for part in (injured, *_given(data), *options, data.get("because", "")) if part)


def _clock(data: Mapping[str, Any], place: Place, at: datetime) -> str:
    """Describe a change of the clock."""
    if "says" in data:
        return _("doubted: it says {when}", when=spell_when(place, from_ms(data["says"]), at))
    if "since" in data:
        return _("right again")
    if "behind" in data:
        return _("behind what was written {when}", when=spell_when(place, from_ms(data["behind"]), at))
    length = spell(timedelta(seconds=abs(data["seconds"])))
    return (
        _("set back by {length}", length=length)
        if data["seconds"] < 0
        else _("set forward by {length}", length=length)
    )


def _answers(answers: Mapping[str, bool]) -> str:
    return ", ".join(f"{name} {_('yes') if is_yes else _('no')}" for name, is_yes in answers.items())


def _with_until(fact: Fact, place: Place) -> str:
    data = fact.data
    words = ": ".join(str(data[key]) for key in ("activity", "reason", "because") if data.get(key))
    until: datetime | None = None if data.get("until") is None else from_ms(data["until"])
    when = "" if until is None else _("until {when}", when=spell_when(place, until, fact.at))
    return ", ".join(part for part in (words.rstrip("."), when) if part)
