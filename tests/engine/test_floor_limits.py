"""The floor of the language binds in the engine: what a file does not say, every command, and who answers for less."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from recovery.engine.acts import Begin, Choose, End
from recovery.engine.turn import Accepted, Refused
from recovery.protocol import compiled as form
from recovery.protocol.floor import BOUNDS
from recovery.protocol.model import RecoveryProtocol
from tests.engine.examples import ONSET, Life, compiled, local, shipped

SIGNED = "responsible: {name: Dr. Jana Meyer, role: Physiotherapist, on: 2026-11-20, because: Under my eyes.}"
LATE = local("2026-11-21 07:00")
"""An injury two days before the first day."""


def silent(
    of: str = "cold", length: str = "20min", top: str = "", inputs: str = "onset, side"
) -> RecoveryProtocol:
    """A draft that says nothing about how long, how often and when; its sessions come at night only."""
    text = f"""\
format: 1
id: draft
version: 1.0.0
title: Draft
summary: A draft.
region: hip
inputs: [{inputs}]
{top}
phases:
  - id: only
    min: 30d
    do:
      - {{id: it, kind: session, of: {of}, duration: {length}, at: "22:30", start: On, end: Off}}
      - {{id: walk, kind: session, of: exercise, duration: 5min, at: "22:30", start: Go, end: Stop}}
"""
    return compiled(text, "draft")


def whole_day(life: Life, activity: str, until: str = "Mon 22:00") -> list[tuple[str, str]]:
    """Begin it whenever it is let, and end it when planned: the times of begin and end."""
    had = []
    while life.now < life.at(until):
        outcome = life.do(Begin(activity))
        if isinstance(outcome, Refused):
            if outcome.earliest is None or outcome.earliest >= life.at(until):
                break
            life.go(outcome.earliest)
            continue
        assert life.episode.under_way is not None
        began = life.now
        life.go(life.episode.under_way.ends_at).accepted(End(activity))
        had.append((_clock(life, began), _clock(life, life.now)))
    return had


def _clock(life: Life, at: datetime) -> str:
    return f"{life.episode.place.local(at):%a %H:%M}"


def test_a_silent_draft_has_no_ice_back_to_back() -> None:
    life = Life(silent())
    life.accepted(Begin("it"))
    life.go("Mon 07:20").accepted(End("it"))
    refused = life.refused(Begin("it"))
    assert refused.earliest == life.at("Mon 08:20")
    assert refused.reason == (
        "1 h after the last session, which ended 07:20: the floor of the language "
        "(the page on the gluteus medius, line 183)"
    )
    life.go("Mon 07:49").refused(Begin("walk"))
    life.go("Mon 07:50").accepted(Begin("walk"))


@pytest.mark.parametrize(("of", "count"), [("cold", 8), ("warm", 3), ("tens", 3), ("massage", 6)])
def test_a_silent_draft_is_counted(of: str, count: int) -> None:
    life = Life(silent(of, "2min"), LATE if of != "cold" else ONSET, ONSET)
    assert len(whole_day(life, "it")) == count
    assert "the floor of the language" in life.refused(Begin("it")).reason


@pytest.mark.parametrize("of", ["warm", "massage"])
def test_a_silent_draft_waits_after_the_injury(of: str) -> None:
    life = Life(silent(of, "2min"))
    assert life.refused(Begin("it")).earliest == life.at("Wed 07:00")
    assert isinstance(Life(silent(of, "2min", inputs="side")).do(Begin("it")), Accepted)


def test_a_silent_draft_has_no_late_ice() -> None:
    life = Life(silent())
    life.go("Wed 06:59")
    assert life.refused(Begin("it")).reason.startswith(
        "no cold later than 48 h after the injury: the floor of the language"
    )


@pytest.mark.parametrize(
    ("of", "length"), [("cold", "90min"), ("warm", "21min"), ("tens", "61min"), ("massage", "3min")]
)
def test_a_session_that_is_too_long_never_begins(of: str, length: str) -> None:
    """A text that was pinned before there was a floor, or comes from elsewhere."""
    life = Life(silent(of, length, inputs="side"))
    assert life.refused(Begin("it")).reason.startswith(
        ("1 h 30 min is longer", "21 min is", "1 h 1 min is", "3 min is")
    )


TENS = """limits:
  - {id: l, of: cold, longest: 10min}
  - {id: g, of: cold, gap: 10min, to: cold}
  - {id: d, of: cold, most_per_day: 40}"""


def test_ten_on_and_ten_off_is_one_pack_of_twenty_minutes() -> None:
    life = Life(silent(length="10min", top=TENS))
    assert whole_day(life, "it", "Mon 10:30") == [
        ("Mon 07:00", "Mon 07:10"),
        ("Mon 07:20", "Mon 07:30"),
        ("Mon 08:30", "Mon 08:40"),
        ("Mon 08:50", "Mon 09:00"),
        ("Mon 10:00", "Mon 10:10"),
        ("Mon 10:20", "Mon 10:30"),
    ]
    refused = life.refused(Begin("it"))
    assert refused.reason == (
        "30 min in all, with waits under 1 h, is longer than 20 min: the floor of the language (Bleakley 2006)"
    )
    assert refused.earliest == life.at("Mon 11:30")


def test_packs_that_count_as_one_are_one_of_the_day() -> None:
    life = Life(silent(length="10min", top=TENS))
    assert len(whole_day(life, "it")) == 16
    life.go("Mon 22:10")
    assert life.refused(Begin("it")).reason.startswith("cold at most 8 times a day: the floor")


def test_what_the_skin_had_counts_and_not_what_was_planned() -> None:
    life = Life(silent(length="10min", top=TENS))
    life.accepted(Begin("it"))
    life.go("Mon 07:18").accepted(End("it"))
    assert life.go("Mon 07:28").refused(Begin("it")).earliest == life.at("Mon 08:18")


def test_an_end_some_seconds_late_is_no_longer_pack() -> None:
    life = Life(silent(length="10min", top=TENS))
    life.accepted(Begin("it"))
    life.go(life.at("Mon 07:10") + timedelta(seconds=40)).accepted(End("it"))
    life.go("Mon 07:21").accepted(Begin("it"))


@pytest.mark.parametrize(
    ("name", "activity", "count"),
    [("rice", "ice", 8), ("contrast", "tens", 3), ("trigger-point", "press", 6)],
)
def test_a_shipped_protocol_is_counted_whatever_is_typed(name: str, activity: str, count: int) -> None:
    is_late = name == "contrast"
    device = {"options": {"tens": "yes"}} if is_late else {}
    life = Life(shipped(name), LATE if is_late else ONSET, ONSET, **device)
    if is_late:
        life.answer(pain=5, swelling=2)
        life.now += timedelta(seconds=1)
        life.answer(pain=2, swelling=0)
    assert len(whole_day(life, activity)) == count
    assert "times a day: the floor of the language" in life.refused(Begin(activity)).reason


def test_the_shipped_rhythm_of_ten_minutes_keeps_its_rounds() -> None:
    life = Life(shipped("cold-10-10-10"))
    life.accepted(Choose("ice", "1h30min"))
    life.go("Mon 22:59")
    assert [len(life.times(kind, "ice")) for kind in ("offered", "ended")] == [16, 16]


# Who answers ----------------------------------------------------------------------------------------


def test_what_somebody_answers_for_holds_and_the_rest_of_the_floor_binds() -> None:
    said = f"limits: [{{id: l, of: cold, longest: 30min}}]\n{SIGNED}"
    life = Life(silent(length="30min", top=said))
    life.accepted(Begin("it"))
    life.go("Mon 07:30").accepted(End("it"))
    assert life.refused(Begin("it")).earliest == life.at("Mon 08:30")
    assert len(whole_day(life, "it")) == 7


def test_what_somebody_answers_for_may_stand_in_the_activity_alone() -> None:
    Life(silent(length="90min", top=SIGNED)).accepted(Begin("it"))


# The limits themselves ------------------------------------------------------------------------------


def said(protocol: RecoveryProtocol) -> dict[str, Any]:
    return {
        limit.id: next(
            getattr(limit, name)
            for name in ("most_per_day", "longest", "gap", "not_before", "not_after")
            if getattr(limit, name)
        )
        for limit in protocol.floor
    }


def test_only_what_the_file_leaves_open_is_added() -> None:
    assert set(said(shipped("rice"))) == {"floor-cold-to-massage", "floor-cold-to-tens", "floor-cold-a-day"}
    assert said(shipped("peace-and-love")) == said(shipped("sitting")) == {}
    strict = "limits: [{id: l, of: cold, longest: 5min}, {id: d, of: cold, most_per_day: 2}]"
    assert not {"floor-cold-longest", "floor-cold-a-day"} & set(said(silent(length="5min", top=strict)))
    in_a_phase = "limits: [{id: l, of: cold, in: only, longest: 5min}]"
    assert "floor-cold-longest" in said(silent(length="5min", top=in_a_phase))


def test_no_number_of_the_floor_is_without_a_limit() -> None:
    everything = [
        silent(of, length, top=top)
        for of, length, top in (
            ("cold", "20min", ""),
            ("cold", "10min", TENS),
            ("warm", "20min", ""),
            ("tens", "1h", ""),
            ("massage", "2min", ""),
        )
    ]
    made = {(limit.of[0], limit.floor) for protocol in everything for limit in protocol.floor}
    # Of the short pack its own limit says how long: without that it is none.
    assert {(bound.of, bound.source) for bound in BOUNDS} <= made


def test_the_floor_is_kept_with_the_protocol_in_the_persons_language() -> None:
    protocol = silent()
    assert form.from_json(form.to_json(protocol)) == protocol
    life = Life(form.in_language(protocol, "de"), language="de")
    life.accepted(Begin("it"))
    life.go("Mon 07:20").accepted(End("it"))
    assert "Untergrenze der Sprache" in life.refused(Begin("it")).reason
