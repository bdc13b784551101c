"""The events of the machine interface, version 1: a run on a virtual clock, told one JSON object at a time."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from recovery.engine import facts as f
from recovery.engine.episode import Episode
from recovery.engine.facts import Fact, from_ms
from recovery.engine.gates import healing_range
from recovery.engine.rehearsal import Happening, Rehearsal
from recovery.language import tr
from recovery.protocol.terms import Duration
from recovery.simulation.script import as_line
from recovery.words.reasons import sentence, worded

USUALLY = Duration(days=30)
"""The length of a simulation of a protocol without a healing time; else its length past the latest healing."""

VERSION = 1


def usual_end(episode: Episode) -> datetime:
    """Until when a simulation runs if nobody says: past the latest healing time, or a month."""
    if episode.protocol.healing is None:
        return episode.place.after(episode.started_at, USUALLY)
    return episode.place.after(max(healing_range(episode)[1], episode.started_at), USUALLY)


class Events:
    """Happenings as events, in the same order. Keeps what it has told, so that nothing is told twice."""

    def __init__(self) -> None:
        self._on: dict[str, datetime] = {}
        """Sessions told to have started, by occurrence, and when."""

    def of(self, happening: Happening) -> Iterator[dict[str, Any]]:
        """The events of one happening."""
        at = happening.episode.place.local(happening.at).isoformat()
        if happening.scripted is not None:
            yield {"v": VERSION, "at": at, "event": "answer", **_answer(happening)}
        if happening.fact is not None:
            fact = worded(happening.fact, happening.episode.place, happening.at)
            for event in self._events(fact, happening.episode):
                yield {"v": VERSION, "at": at, **event}

    def _events(self, fact: Fact, episode: Episode) -> Iterator[dict[str, Any]]:
        data = fact.data
        match fact.kind:
            case f.PHASE if data["state"] != "no way back":
                yield _phase(data, episode)
            case f.STEPPED:
                yield {"event": "step", **_about(data, "phase", "step", "direction", "reasons")}
            case f.OFFERED if "seconds" in data:
                yield self._start(fact)
            case f.OFFERED if "asks" in data:
                yield {"event": "check_in", **_about(data, "phase", "activity"), "asks": data["asks"]}
            case f.OFFERED:
                about = _about(data, "phase", "activity", "modality", "occurrence")
                yield {"event": "reminder", **about, "text": data["cue"]["body"]}
            case f.BEGUN if self._on.get(data["occurrence"]) != fact.at:
                yield self._start(fact)
            case f.ENDED if self._on.pop(data["occurrence"], None) is not None:
                about = _about(data, "phase", "activity", "modality", "occurrence", "seconds")
                yield {"event": "session_end", **about, "overrun_seconds": data["overrun"]}
            case f.WITHHELD:
                until = data["until"]
                when = None if until is None else episode.place.local(from_ms(until)).isoformat()
                yield {"event": "withheld", **_about(data, "activity", "modality", "reason"), "until": when}
            case f.MISSED:
                yield {"event": "missed", **_about(data, "activity", "occurrence", "reason")}
            case f.ALERTED if not data.get("cleared"):
                yield {"event": "alert", **_about(data, "level", "reason", "source")}
            case f.COMPLETED:
                yield {"event": "completed", "reasons": data["reasons"]}
            case f.SKIPPED | f.SNOOZED:
                self._on.pop(data["occurrence"], None)

    def _start(self, fact: Fact) -> dict[str, Any]:
        self._on[fact.data["occurrence"]] = fact.at
        about = _about(fact.data, "phase", "activity", "modality", "occurrence", "seconds")
        return {"event": "session_start", **about}


def _about(data: Any, *keys: str) -> dict[str, Any]:
    return {key: data[key] for key in keys}


def _phase(data: Any, episode: Episode) -> dict[str, Any]:
    state, reasons = data["state"], data["reasons"]
    if state == "offered":
        state, reasons = (
            "held",
            [tr(episode.place.language, "waits for confirmation: recovery advance"), *reasons],
        )
    if state == "way back":
        better = tr(episode.place.language, "{phase} would fit better: recovery step-back", phase=data["to"])
        state, reasons = "held", [better, *reasons]
    return {"event": "phase", "phase": data["phase"], "state": state, "reasons": reasons}


def _answer(happening: Happening) -> dict[str, Any]:
    assert happening.scripted is not None
    scripted = happening.scripted
    line = as_line(scripted.act) if scripted.line is None else scripted.line
    line = {key: value for key, value in line.items() if key != "at"}
    if happening.refused is None:
        return line
    earliest = happening.refused.earliest
    when = None if earliest is None else happening.episode.place.local(earliest).isoformat()
    reason = sentence(happening.refused.reason, happening.episode.place, happening.at)
    return {**line, "refused": True, "reason": reason, "earliest": when}


def simulate(run: Rehearsal) -> Iterator[dict[str, Any]]:
    """The events of a run, one JSON object each, in order of time."""
    events = Events()
    for happening in run.happenings():
        yield from events.of(happening)
