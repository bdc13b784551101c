"""The events of the machine interface, version 1: a run on a virtual clock, told one JSON object at a time."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from recovery.engine import facts as f
from recovery.engine.episode import Episode
from recovery.engine.facts import Fact
from recovery.engine.gates import healing_range
from recovery.engine.rehearsal import Happening, Rehearsal
from recovery.language import tr
from recovery.protocol.terms import Duration
from recovery.simulation.script import as_line
from recovery.words.reasons import dose, sentence, worded

USUALLY = Duration(days=30)
"""The length of a simulation of a protocol without a healing time; else its length past the latest healing."""

VERSION = 1


def usual_end(*episodes: Episode) -> datetime:
    """Until when a simulation runs if nobody says: past the latest healing time of all, or a month."""
    return max(_usual_end(episode) for episode in episodes)


def _usual_end(episode: Episode) -> datetime:
    if episode.tailored.healing is None:
        return episode.place.after(episode.started_at, USUALLY)
    return episode.place.after(max(healing_range(episode)[1], episode.started_at), USUALLY)


class Events:
    """Happenings as events, in the same order. Keeps what it has told, so that nothing is told twice."""

    def __init__(self, *, names_protocol: bool = False) -> None:
        self._names_protocol = names_protocol
        self._on: dict[str, datetime] = {}
        """Sessions told to have started, by occurrence, and when."""

    def of(self, happening: Happening) -> Iterator[dict[str, Any]]:
        """The events of one happening."""
        at = happening.episode.place.local(happening.at).isoformat()
        opening = {"v": VERSION, "at": at}
        if self._names_protocol:
            opening["protocol"] = happening.episode.pinned.id
        if happening.scripted is not None:
            yield {**opening, "event": "answer", **_answer(happening)}
        if happening.fact is not None:
            fact = worded(happening.fact, happening.episode.place, happening.at)
            for event in self._events(fact, happening.episode):
                yield {**opening, **event}

    def _events(self, fact: Fact, episode: Episode) -> Iterator[dict[str, Any]]:
        match fact.what:
            case f.PhaseChanged() as changed if changed.state != "no way back":
                yield _phase(changed, episode)
            case f.Stepped() as stepped:
                yield {"event": "step", **_about(stepped, "phase", "step", "direction", "reasons")}
            case f.Offered() as offered if offered.length is not None:
                yield self._start(offered, fact.at, episode)
            case f.Offered() as offered if offered.asks is not None:
                yield {"event": "check_in", **_about(offered, "phase", "activity", "asks")}
            case f.Offered(cue=cue) as offered:
                text = cue.body if cue is not None else _suggestion(offered, episode, fact.at)
                about = _about(offered, "phase", "activity", "modality", "occurrence")
                yield {"event": "reminder", **about, "text": text}
            case f.Begun() as begun if self._on.get(begun.occurrence) != fact.at:
                yield self._start(begun, fact.at, episode)
            case f.Ended() as ended if self._on.pop(ended.occurrence, None) is not None:
                about = _about(ended, "phase", "activity", "modality", "occurrence", "seconds")
                yield {"event": "session_end", **about, "overrun_seconds": int(ended.overrun.total_seconds())}
            case f.Withheld(until=until) as withheld if withheld.modality:
                when = None if until is None else episode.place.local(until).isoformat()
                yield {
                    "event": "withheld",
                    **_about(withheld, "activity", "modality", "reason"),
                    "until": when,
                }
            case f.Missed() as missed:
                yield {"event": "missed", **_about(missed, "activity", "occurrence", "reason")}
            case f.Alerted(cleared=False) as alerted:
                yield {"event": "alert", **_about(alerted, "level", "reason", "source")}
            case f.Unheard() as unheard:
                text = "" if unheard.cue is None else unheard.cue.body
                yield {"event": "silence", **_about(unheard, "state", "reason"), "text": text}
            case f.Completed() as completed:
                yield {"event": "completed", **_about(completed, "reasons")}
            case f.Skipped(occurrence=occurrence) | f.Snoozed(occurrence=occurrence):
                self._on.pop(occurrence, None)

    def _start(self, session: f.Offered | f.Begun, at: datetime, episode: Episode) -> dict[str, Any]:
        self._on[session.occurrence] = at
        about = _about(session, "phase", "activity", "modality", "occurrence", "seconds")
        cards = [dose(each) for each in getattr(episode.activity(session.activity), "exercises", ())]
        return {"event": "session_start", **about, **({"exercises": cards} if cards else {})}


def _suggestion(offered: f.Offered, episode: Episode, at: datetime) -> str:
    """The words of what the end of the session before it suggested."""
    steps = getattr(episode.activity(offered.activity), "steps", ())
    return " ".join(sentence(episode.text(step.start), episode.place, at) for step in steps[:1])


def _about(what: f.What, *keys: str) -> dict[str, Any]:
    return {key: what.json[key] for key in keys}


def _phase(changed: f.PhaseChanged, episode: Episode) -> dict[str, Any]:
    state, reasons = changed.state, changed.reasons
    if state == "offered":
        state, reasons = (
            "held",
            [tr(episode.place.language, "waits for confirmation: recovery advance"), *reasons],
        )
    if state == "way back":
        better = tr(episode.place.language, "{phase} would fit better: recovery step-back", phase=changed.to)
        state, reasons = "held", [better, *reasons]
    return {"event": "phase", "phase": changed.phase, "state": state, "reasons": reasons}


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
    """The events of a run, one JSON object each, in order of time; each names its protocol where several are played."""
    events = Events(names_protocol=len(run.episodes) > 1)
    for happening in run.happenings():
        yield from events.of(happening)
