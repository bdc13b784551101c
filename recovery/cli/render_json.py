"""Values as JSON, version 1: the machine interface of `--json`. Instants are RFC 3339 with offset."""

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from recovery.daemon.presence import Presence
from recovery.engine.acts import Accepted, Outcome
from recovery.engine.episode import Episode
from recovery.engine.facts import Fact, from_ms
from recovery.engine.outlook import Explained, Outlook, UpcomingCue
from recovery.engine.times import Place
from recovery.engine.witness import Testimony
from recovery.protocol.model import RecoveryProtocol
from recovery.store.episodes import UnreadableEpisode
from recovery.zones import is_lost

if TYPE_CHECKING:
    from recovery.protocol.differences import Difference
    from recovery.protocol.problems import Problem

VERSION = 1


def print_json(value: Any) -> None:
    """One line of JSON on standard output."""
    print(as_line(value))


def as_line(value: Any, indent: int | None = None) -> str:
    """A value as a line of JSON, or with `indent` as several; in codes where the output does not speak UTF-8."""
    speaks_utf = (sys.stdout.encoding or "utf-8").lower().startswith("utf")  # in memory there is none
    return json.dumps(value, indent=indent, ensure_ascii=not speaks_utf)


def _told(place: Place, instant: datetime | None) -> str | None:
    return None if instant is None else place.local(instant).isoformat(timespec="seconds")


def status_json(
    looks: Iterable[Outlook],
    there: Presence | None,
    now: datetime,
    unreadable: Mapping[str, UnreadableEpisode],
    testimony: Testimony | None = None,
) -> dict[str, Any]:
    """`recovery status --json`; with `clock` where that is doubted."""
    known = list(looks)
    place = known[0].episode.place if known else None
    told = now.isoformat(timespec="seconds") if place is None else _told(place, now)
    status: dict[str, Any] = {
        "v": VERSION,
        "now": told,
        "daemon": daemon_json(there),
        "episodes": [_episode(look) for look in known],
    }
    if unreadable:
        status["unreadable"] = [{"id": id_, "reason": error.reason} for id_, error in unreadable.items()]
    if testimony is not None and testimony.is_doubted:
        says = testimony.says.isoformat(timespec="seconds") if place is None else _told(place, testimony.says)
        status["clock"] = {"doubted": True, "says": says}
    return status


def daemon_json(there: Presence | None) -> dict[str, Any]:
    """The daemon's part of a status. Its instants are UTC: it has no place of its own."""
    if there is None:
        return {
            "running": False,
            "pid": None,
            "since": None,
            "notifier": None,
            "problem": None,
            "next_wakeup": None,
        }
    waking = there.next_wakeup
    damage = {"damage": there.damage} if there.damage else {}
    return {
        "running": True,
        "pid": there.pid or None,
        "since": from_ms(there.since).isoformat(timespec="seconds") if there.since else None,
        "notifier": there.notifier or None,
        "problem": there.problem or None,
        "next_wakeup": None if waking is None else from_ms(waking).isoformat(timespec="seconds"),
        **damage,
    }


def _episode(look: Outlook) -> dict[str, Any]:
    episode, place = look.episode, look.episode.place
    stay = episode.stay
    phase: dict[str, Any] = {
        "id": episode.phase.id,
        "title": episode.phase.title,
        "entered_at": None if stay.phase is None else _told(place, stay.entered_at),
        "day": look.day,
        "gate": {
            "opens_earliest": _told(place, look.opens_earliest),
            "deadline": _told(place, look.deadline),
            "offered": stay.offered,
            "needs": [
                {"condition": n.condition, "value": n.value, "state": n.state.value} for n in look.needs
            ],
        },
    }
    healing = look.healing and {
        "earliest": _told(place, look.healing.earliest),
        "latest": _told(place, look.healing.latest),
        "day": look.healing.day,
    }
    rung = episode.rung
    phase["step"] = (
        None
        if rung is None
        else {
            "id": rung.id,
            "title": rung.title,
            "number": stay.rung + 1,
            "of": len(episode.phase.ladder),
            "since": _told(place, episode.stepped_at),
        }
    )
    phase["way_back"] = episode.phase.back_to.phase if stay.way_back and episode.phase.back_to else None
    if stay.word is not None:
        phase["word"] = stay.word
    zone = place.zone
    lost = {"zone": {"name": zone.key, "known": False, "times_of": zone.stand_in()}} if is_lost(zone) else {}
    on = look.under_way
    return {
        "id": episode.id,
        "protocol": episode.protocol.id,
        "version": episode.protocol.version,
        **responsible_json(episode.protocol),
        **({"draft": True} if not episode.protocol.sources and episode.protocol.floor else {}),
        "grade": episode.grade,
        "side": episode.side,
        "options": dict(episode.options),
        "screen": {
            q.id: {True: "yes", False: "no", None: None}[episode.screened.get(q.id)]
            for q in episode.whole.screen
        },
        "onset": _told(place, episode.onset),
        "state": episode.state,
        "paused_until": _told(place, episode.paused_until),
        "phase": phase,
        "healing": healing,
        "now": on
        and {
            "activity": on.activity,
            "modality": on.modality,
            "began_at": _told(place, on.began_at),
            "ends_at": _told(place, on.ends_at),
            "assumed": on.is_assumed,
        },
        "next": [coming_json(coming, place) for coming in look.coming],
        "questions": [
            {"id": q.observation, "activity": q.activity, "ask": q.ask, "needed_for": q.waits}
            for q in look.questions
        ],
        "alerts": [
            {
                "id": a.id,
                "level": a.level,
                "reason": a.reason,
                "source": a.source,
                "at": _told(place, a.at),
                "suspends": a.suspends,
            }
            for a in look.alerts
        ],
        **lost,
    }


def responsible_json(protocol: RecoveryProtocol) -> dict[str, Any]:
    """Name the professional who answers for a protocol below the floor; nothing where nobody does."""
    return {} if protocol.responsible is None else {"responsible": protocol.responsible.as_data()}


def coming_json(coming: UpcomingCue, place: Place) -> dict[str, Any]:
    """A cue to come."""
    return {
        "at": _told(place, coming.at),
        "activity": coming.activity or None,
        "kind": coming.kind,
        "title": coming.title,
        "seconds": None if coming.length is None else int(coming.length / timedelta(seconds=1)),
    }


def outcome_json(outcome: Outcome, episode: Episode) -> dict[str, Any]:
    """Show the outcome of a person's act."""
    if isinstance(outcome, Accepted):
        told = {"v": VERSION, "episode": episode.id, "accepted": True, "message": outcome.message}
        return told | ({"needed": outcome.needed} if outcome.needed else {})
    earliest = _told(episode.place, outcome.earliest)
    return {
        "v": VERSION,
        "episode": episode.id,
        "accepted": False,
        "reason": outcome.reason,
        "earliest": earliest,
    }


def explained_json(explained: Explained, place: Place) -> dict[str, Any]:
    """Show why an activity comes when it comes."""
    return {
        "activity": explained.activity,
        "title": explained.title,
        "at": _told(place, explained.at),
        "reasons": explained.reasons,
        "sources": explained.sources,
    }


def fact_json(fact: Fact) -> dict[str, Any]:
    """A fact of the journal; its `data` as stored, with instants in milliseconds since 1970 (UTC)."""
    return {
        "v": VERSION,
        "seq": fact.seq,
        "episode": fact.episode,
        "at": fact.at.isoformat(timespec="milliseconds"),
        "recorded_at": fact.recorded_at.isoformat(timespec="milliseconds") if fact.recorded_at else None,
        "kind": fact.kind,
        "by": fact.by,
        "data": fact.data,
    }


def problem_json(problem: "Problem") -> dict[str, Any]:
    """A problem of a protocol file."""
    return {"v": VERSION, **vars(problem)}


def difference_json(difference: "Difference") -> dict[str, Any]:
    """A difference. Its words are those of the files, whatever the language of the program."""
    return {
        "v": VERSION,
        "change": difference.change,
        "section": difference.section,
        "where": list(difference.where),
        "field": difference.field,
        "from": difference.old,
        "to": difference.new,
        "less_strict": difference.is_weaker,
    }
