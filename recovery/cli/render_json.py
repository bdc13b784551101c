"""Values as JSON, version 1: the machine interface of `--json`. `plain` is the rule for all of them."""

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recovery.daemon.presence import Presence
from recovery.engine.episode import Episode, signs_of
from recovery.engine.facts import Fact
from recovery.engine.gates import Need, releasing
from recovery.engine.outlook import Explained, Outlook, UpcomingCue
from recovery.engine.reasons import Statement, as_written
from recovery.engine.times import Place
from recovery.engine.turn import Accepted, Verdict
from recovery.engine.witness import Testimony
from recovery.protocol.model import AnyActivity, RecoveryProtocol, RedFlag
from recovery.store.episodes import UnreadableEpisode
from recovery.words.reasons import dose, file_text, sentence, timeless
from recovery.zones import is_lost

if TYPE_CHECKING:
    from recovery.protocol.differences import Difference

_VERSION = 1

YES_OR_NO = {True: "yes", False: "no", None: None}
"""The answer to a question that may be open."""


def print_json(data: Mapping[str, Any], place: Place | None = None) -> None:
    """One object on a line of standard output, with the version of this interface; instants as those of `place`."""
    print(json_line({"v": _VERSION, **plain(data, place)}))


def json_line(value: Any, indent: int | None = None) -> str:
    """A value as a line of JSON, or with `indent` as several; in codes where the output does not speak UTF-8."""
    speaks_utf = (sys.stdout.encoding or "utf-8").lower().startswith("utf")  # in memory there is none
    return json.dumps(value, indent=indent, ensure_ascii=not speaks_utf)


def plain(value: Any, place: Place | None = None) -> Any:
    """A value as JSON knows it: an instant as RFC 3339 with offset, to the second; a length in whole seconds.

    Instants are told in the local time of `place`, and words in its language; without one in UTC, and in English.
    """
    match value:
        case datetime():
            return (value if place is None else place.local(value)).isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case timedelta():
            return int(value / timedelta(seconds=1))
        case Mapping():
            return {name: plain(each, place) for name, each in value.items()}
        case tuple() | list():
            return [plain(each, place) for each in value]
        case Path():
            return str(value)
        case Statement():
            return timeless(value, "en" if place is None else place.language)
    return value


def picked(value: object, *names: str) -> dict[str, Any]:
    """These fields of a value by name; `is_` is left out of a name."""
    return {name.removeprefix("is_"): getattr(value, name) for name in names}


# What is asked often -----------------------------------------------------------------------------


def status_json(
    looks: Iterable[Outlook],
    there: Presence | None,
    now: datetime,
    unreadable: Mapping[str, UnreadableEpisode],
    testimony: Testimony | None = None,
) -> dict[str, Any]:
    """`recovery status --json`; with `clock` where that is doubted."""
    seen = list(looks)
    place = seen[0].episode.place if seen else None
    status: dict[str, Any] = {
        "now": plain(now, place),
        "daemon": plain(daemon_json(there)),
        "episodes": [plain(_episode(look), look.episode.place) for look in seen],
    }
    if unreadable:
        status["unreadable"] = [{"id": id_, "reason": error.reason} for id_, error in unreadable.items()]
    if testimony is not None and testimony.is_doubted:
        status["clock"] = {"doubted": True, "says": plain(testimony.says, place)}
    return status


def daemon_json(there: Presence | None) -> dict[str, Any]:
    """The daemon's part of a status. Its instants are UTC: it has no place of its own."""
    report = there or Presence(0, 0)
    return {
        "running": there is not None,
        "pid": report.pid or None,
        "since": report.since_at if report.since else None,
        "notifier": report.notifier or None,
        "problem": report.problem or None,
        "next_wakeup": report.wakes_at,
        **({"damage": report.damage} if report.damage else {}),
    }


def _episode(look: Outlook) -> dict[str, Any]:
    episode, protocol, zone = look.episode, look.episode.tailored, look.episode.place.zone
    lost = {"zone": {"name": zone.key, "known": False, "times_of": zone.stand_in()}} if is_lost(zone) else {}
    session = (
        picked(look.under_way, "activity", "modality", "began_at", "ends_at", "is_assumed")
        | _cards(episode.treatment_of(look.under_way), episode)
        if look.under_way
        else None
    )
    return {
        "id": episode.id,
        "protocol": protocol.id,
        "version": protocol.version,
        **responsible_json(protocol),
        **({"draft": True} if not protocol.sources and protocol.floor else {}),
        **picked(episode, "grade", "side", "options"),
        "screen": {q.id: episode.screening(q.id) for q in episode.pinned.screen},
        **({"agreed": {name: word.json for name, word in episode.agreed.items()}} if episode.agreed else {}),
        **picked(episode, "onset", "state", "paused_until"),
        "phase": _phase(look),
        "healing": look.healing and picked(look.healing, "earliest", "latest", "day"),
        "now": session,
        "next": [cue_json(cue) for cue in look.coming],
        "questions": [
            {
                "id": q.observation,
                **picked(q, "activity", "ask"),
                "needed_for": q.waits,
            }
            for q in look.questions
        ],
        **({"signs": [_sign(each, episode) for each in look.signs]} if look.signs else {}),
        **({"rests": [*look.rests]} if look.rests else {}),
        "advice": advice_json(look),
        "alerts": [
            picked(a, "id", "level", "reason", "source", "at", "suspends", "cleared_by") for a in look.alerts
        ],
        "waits_for_release": [
            {"id": a.name, **picked(a, "suspends"), "command": releasing(a.name, look.which)}
            for a in look.alerts
            if a.waits_for_release
        ],
        "released": {id_.rpartition("/")[2]: word.json for id_, word in episode.released.items()},
        **lost,
    }


def advice_json(look: Outlook) -> list[dict[str, Any]]:
    """The advice that holds, the tip of the day first."""
    return [picked(a, "id", "title") | {"text": file_text(a.say, look.episode)} for a in look.advice]


def _sign(flag: RedFlag, episode: Episode) -> dict[str, str]:
    return {"id": flag.id, "level": flag.level, "text": file_text(flag.ask, episode)}


def _need(need: Need, look: Outlook) -> dict[str, str]:
    texts = {"condition": as_written(need.condition), "value": need.value}
    about = {name: sentence(text, look.episode.place, look.now) for name, text in texts.items()}
    return {**about, "state": need.state.value}


def _phase(look: Outlook) -> dict[str, Any]:
    """The phase and its gate, the step of its ladder, and the way back where there is one."""
    episode, stay = look.episode, look.episode.phase_stay
    phase, rung = episode.phase, episode.rung
    step = (
        {
            **picked(rung, "id", "title"),
            "number": stay.rung + 1,
            "of": len(phase.ladder),
            "since": episode.stepped_at,
        }
        if rung is not None
        else None
    )
    return {
        **picked(phase, "id", "title"),
        "entered_at": None if stay.phase is None else stay.entered_at,
        "day": look.day,
        "gate": {
            **picked(look, "opens_earliest", "deadline"),
            "offered": stay.offered,
            "needs": [_need(need, look) for need in look.needs],
        },
        "step": step,
        "way_back": phase.back_to.phase if stay.way_back and phase.back_to else None,
        **({} if stay.word is None else {"word": stay.word.json}),
    }


def _cards(activity: AnyActivity | None, episode: Episode) -> dict[str, Any]:
    """The exercises of a session, each as a card; nothing of what has none."""
    exercises = getattr(activity, "exercises", ())
    cards = [{**dose(each), **picked(each, "title", "load", "picture", "link")} for each in exercises]
    hows = [{"how": file_text(each.how, episode)} for each in exercises]
    return {"exercises": [card | how for card, how in zip(cards, hows, strict=True)]} if cards else {}


def explanation_json(explained: Explained, episode: Episode, now: datetime) -> dict[str, Any]:
    """Say why an activity comes when it comes."""
    place = episode.place
    return {
        **picked(explained, "activity", "title", "at"),
        "reasons": [sentence(reason, place, now) for reason in explained.reasons],
        **picked(explained, "sources"),
        **_cards(episode.activity(explained.activity), episode),
    }


def protocol_json(protocol: RecoveryProtocol) -> dict[str, Any]:
    """A protocol as it is kept, with its numbers and their sources."""
    from recovery.protocol import compiled
    from recovery.protocol.lint.numbers import cited_numbers

    names = ("where", "field", "value", "sources", "is_own")
    numbers = [picked(each, *names) for each in cited_numbers(protocol)]
    return {"protocol": json.loads(compiled.to_json(protocol)), "numbers": numbers}


def responsible_json(protocol: RecoveryProtocol) -> dict[str, Any]:
    """Name the professional who answers for a protocol below the floor; nothing where nobody does."""
    return {} if protocol.responsible is None else {"responsible": protocol.responsible.as_data()}


def cue_json(cue: UpcomingCue) -> dict[str, Any]:
    """A cue to come."""
    return {
        "at": cue.at,
        "activity": cue.activity or None,
        **picked(cue, "kind", "title"),
        "seconds": cue.length,
    }


def verdict_json(verdict: Verdict, episode: Episode, now: datetime) -> dict[str, Any]:
    """Show the verdict of a person's act at `now`."""
    about = {"episode": episode.id, "accepted": isinstance(verdict, Accepted)}
    if isinstance(verdict, Accepted):
        message = sentence(verdict.message, episode.place, now)
        needed = [timeless(each, episode.place.language) for each in verdict.needed]
        return {**about, "message": message, **({"needed": needed} if needed else {})}
    return {**about, "reason": sentence(verdict.reason, episode.place, now), **picked(verdict, "earliest")}


def fact_json(fact: Fact) -> dict[str, Any]:
    """A fact of the journal; its `data` as stored, with instants in milliseconds since 1970 (UTC)."""
    recorded = fact.recorded_at
    return {
        **picked(fact, "seq", "episode"),
        "at": fact.at.isoformat(timespec="milliseconds"),
        "recorded_at": None if recorded is None else recorded.isoformat(timespec="milliseconds"),
        **picked(fact, "kind", "by", "data"),
    }


def difference_json(difference: "Difference") -> dict[str, Any]:
    """A difference. Its words are those of the files, whatever the language of the program."""
    return {
        **picked(difference, "change", "section", "where", "field"),
        "from": difference.old,
        "to": difference.new,
        "less_strict": difference.is_weaker,
    }


# Reports -----------------------------------------------------------------------------------------


def flag_rows(episode: Episode, now: datetime) -> list[dict[str, Any]]:
    """The red flags that stand, and those that are asked at `now`."""
    rows = [
        {
            "id": a.name,
            "level": a.level,
            "text": timeless(a.reason, episode.place.language),
            "stands": True,
        }
        for a in episode.alerts.values()
    ]
    standing = {row["id"] for row in rows}
    return rows + [
        {**_sign(each, episode), "stands": False}
        for each in signs_of(episode, now)
        if each.id not in standing
    ]


def screening_rows(episode: Episode) -> list[dict[str, Any]]:
    """The screening questions with their answers."""
    return [
        {
            "id": question.id,
            "ask": file_text(question.ask, episode),
            "answer": episode.screening(question.id),
            "level": question.level,
            "forbids": question.forbids,
            "refuses": question.refuses,
            **(word.json if (word := episode.agreed.get(question.id)) else {}),
        }
        for question in episode.pinned.screen
    ]


def checklist_rows(episode: Episode) -> list[dict[str, Any]]:
    """The checklists with what was found."""
    return [
        {
            "id": each.id,
            "title": each.title,
            "items": [
                {
                    "id": item.id,
                    "title": item.title,
                    "answer": YES_OR_NO[episode.ticked.get(each.id, {}).get(item.id)],
                }
                for item in each.items
            ],
        }
        for each in episode.checklists
    ]
