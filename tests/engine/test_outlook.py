"""What a person is told about where they are and what comes next is what then happens."""

from copy import copy
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery.engine.acts import Advance, AnswerCheckIn, Begin, Pause, Resume, Snooze, Stop
from recovery.engine.outlook import coming, explain_each, outlook, phase_ranges
from recovery.engine.reasons import TimeSince
from recovery.protocol.terms import (
    Anchor,
    At,
    Duration,
    Every,
    LocalMoment,
    Once,
    PerDay,
    PerWeek,
    parse_duration,
    parse_range,
)
from recovery.words.terms import cadence_words, duration_words
from tests.engine.examples import (
    ABLE,
    ASK,
    GAP,
    ICE,
    ONSET,
    PACKS,
    Life,
    an_act,
    local,
    place,
    shipped,
    small,
    started,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CAREFUL = (
    '{id: train, kind: session, of: exercise, duration: 20min, at: "17:00", only_if: pain <= 3, '
    "start: Go, end: Enough}"
)


@pytest.mark.parametrize("name", ["rice", "contrast", "strain"])
@pytest.mark.parametrize("hours", [0, 5, 13.4, 20, 49, 80])
def test_the_next_cues_are_those_that_come(name: str, hours: float) -> None:
    life = Life(shipped(name)).go(ONSET + hours * HOUR)
    foretold = [
        (item.at, item.kind, item.activity)
        for item in coming(life.episode, life.now, until=life.now + 30 * HOUR)
    ]
    life.go(life.now + 30 * HOUR - MINUTE)
    came = [
        (fact.at, fact.data["cue"]["kind"], fact.data.get("activity", ""))
        for fact in life.facts
        if fact.at > ONSET + hours * HOUR and "cue" in fact.data and fact.kind != "ended"
    ]
    assert foretold == came


def test_looking_ahead_changes_nothing() -> None:
    life = Life(shipped("strain")).go("Mon 12:00")
    before = life.episode
    assert outlook(life.episode, life.now).coming
    assert life.episode is before


def test_an_outlook_tells_where_the_person_is() -> None:
    life = Life(shipped("strain"), grade="II").go("Tue 08:00")
    life.answer(pain=5, swelling=2)
    seen = outlook(life.episode, life.now, most=3)
    assert seen.day == 2
    assert (seen.opens_earliest, seen.deadline) == (ONSET + DAY, ONSET + 72 * HOUR)
    assert seen.healing is not None
    assert (seen.healing.earliest, seen.healing.latest, seen.healing.day) == (
        local("2026-12-21 07:00"), local("2027-01-18 07:00"), 2,
    )  # fmt: skip
    assert len(seen.coming) == 3
    assert seen.needs[0].condition == TimeSince("injury", parse_duration("24h"))
    assert [alert.id for alert in seen.alerts] == ["flag/grade-ii"]


def test_urgent_alerts_come_first() -> None:
    flags = [
        f"{{id: {level[0]}, when: injury >= 0s, level: {level}, say: Go}}"
        for level in ("routine", "emergency", "urgent")
    ]
    life = Life(small(ASK, flags=flags))
    assert [alert.level for alert in outlook(life.episode, life.now).alerts] == [
        "emergency",
        "urgent",
        "routine",
    ]


def test_nothing_comes_when_it_is_over_or_paused_for_good() -> None:
    life = Life(small(ICE)).go("Mon 08:00")
    life.accepted(Pause())
    assert outlook(life.episode, life.now).coming == ()
    life.accepted(Resume())
    assert outlook(life.episode, life.now).coming
    life.accepted(Stop())
    assert outlook(life.episode, life.now).coming == ()


def test_after_a_pause_with_an_end_the_next_cues_are_foretold() -> None:
    life = Life(small("{id: stand, kind: reminder, of: posture, every: 3h, say: Up}")).go("Mon 08:00")
    life.accepted(Pause(length=parse_duration("1d")))
    assert [(item.at, item.kind) for item in outlook(life.episode, life.now, most=2).coming] == [
        (life.at("Tue 08:00"), "phase"), (life.at("Tue 10:00"), "reminder"),
    ]  # fmt: skip


def test_a_session_of_another_episode_delays_what_is_foretold() -> None:
    other = Life(small(ICE, limits=[GAP], id_="other"), number=2)
    life = Life(small(ICE, limits=[GAP]), others=(other.episode,))
    (first, *_) = coming(life.episode, life.now, (other.episode,))
    assert first.at == life.at("Mon 08:20")


def test_an_alternation_tells_which_pack_comes() -> None:
    life = Life(small(PACKS)).go("Mon 07:20")
    assert [life.words(item.title) for item in outlook(life.episode, life.now).coming] == [
        "Packs, warm",
        "Packs, cold",
        "Packs, warm",
    ]


# Phases as ranges ---------------------------------------------------------------------------------


def test_phases_are_laid_on_the_calendar_as_ranges() -> None:
    episode, _ = started(shipped("strain"), grade="I")
    foreseen = [
        [
            f"{episode.place.local(at):%d %b %H:%M}" if at else ""
            for at in (r.begins_earliest, r.ends_earliest, r.ends_usually)
        ]
        for r in phase_ranges(episode)
    ]
    assert [r.phase.id for r in phase_ranges(episode)] == ["rice", "contrast", "loading", "return"]
    assert foreseen == [
        ["23 Nov 07:00", "25 Nov 07:00", "26 Nov 07:00"],
        ["25 Nov 07:00", "26 Nov 07:00", "10 Dec 07:00"],
        ["26 Nov 07:00", "29 Nov 07:00", "31 Dec 07:00"],
        ["29 Nov 07:00", "06 Dec 07:00", "25 Feb 07:00"],
    ]


def test_the_ranges_of_a_late_starter_begin_when_they_start() -> None:
    episode, _ = started(shipped("strain"), ONSET, ONSET + 10 * DAY)
    ranges = phase_ranges(episode)
    assert ranges[0].begins_earliest == ranges[0].ends_earliest == ONSET + 10 * DAY
    assert all(r.begins_earliest <= r.ends_earliest for r in ranges)


def test_no_phase_is_left_before_its_range_says_whatever_is_answered() -> None:
    life = Life(shipped("strain"), grade="I")
    ranges = {r.phase.id: r for r in phase_ranges(life.episode)}
    for half_days in range(80):
        life.go(ONSET + half_days * 12 * HOUR)
        if life.episode.is_over:
            break
        bad = 6 if half_days == 0 else 0
        life.answer(pain=bad, swelling=min(3, bad), morning=bad, **ABLE)
        if life.episode.phase_stay.offered:
            life.accepted(Advance())
    left = [fact for fact in life.of("phase") if fact.data["state"] == "left"]
    assert len(left) == 4
    for fact in left:
        assert fact.at >= ranges[fact.data["phase"]].ends_earliest


# Why ----------------------------------------------------------------------------------------------


def explained(life: Life, activity: str) -> tuple[str, list[str]]:
    (next_time,) = [
        each for each in explain_each(life.episode, life.now, life.others) if each.activity == activity
    ]
    at = f"{life.episode.place.local(next_time.at):%a %H:%M}" if next_time.at else ""
    return at, life.explained(activity)


def test_the_next_time_is_explained_by_its_rules() -> None:
    life = Life(shipped("rice")).go("Mon 07:30")
    at, reasons = explained(life, "ice")
    assert at == "Mon 10:20"
    assert reasons[0] == "3 h after the last one ended"
    assert reasons[1] == "counted from 07:20, when the last one ended"
    (ice,) = [each for each in explain_each(life.episode, life.now) if each.activity == "ice"]
    assert ice.sources == ("seed:183", "nhs", "own", "seed:177")


def test_what_is_withheld_is_explained_with_its_limit() -> None:
    life = Life(small(PACKS, limits=["{id: calm, of: cold, needs: pain <= 3}"])).go("Mon 08:00")
    at, reasons = explained(life, "packs")
    assert at == ""
    assert reasons[-1] == "not now: it is not known whether this is so: pain at most 3"


def test_what_is_on_put_off_paused_or_not_begun_is_explained() -> None:
    life = Life(small(ICE))
    assert explained(life, "ice")[1][-1] == "it is on until 07:20, assumed since its cue"
    life.accepted(Begin("ice"))
    assert explained(life, "ice")[1][-1] == "it is on until 07:20, begun by you"
    put_off = Life(small(ICE))
    put_off.accepted(Snooze("ice"))
    assert explained(put_off, "ice") == (
        "Mon 07:10",
        ["2 h to 3 h after the last one ended", "put off by you until 07:10"],
    )
    put_off.accepted(Pause(length=parse_duration("2h")))
    assert explained(put_off, "ice")[1][-1] == "the episode is paused until 09:00"
    waiting = Life(small(ICE, phase="enter_when: pain <= 3\nmin: 1d"))
    assert explained(waiting, "ice") == (
        "",
        ["2 h to 3 h after the last one ended", "the phase has not begun"],
    )


@pytest.mark.parametrize("name", ["rice", "contrast", "strain", "sitting"])
def test_what_is_explained_is_what_comes(name: str) -> None:
    life = Life(shipped(name))
    for hours in range(1, 60, 3):
        life.go(ONSET + hours * HOUR)
        assert_one_plan(life)


def assert_one_plan(life: Life) -> None:
    """What is explained names the times that `next` names, and what comes if nobody does anything."""
    foretold = list(coming(life.episode, life.now))
    later = lived_beside(life).go(life.now + 30 * HOUR)
    for each in explain_each(life.episode, life.now):
        came = [
            fact.at
            for fact in later.facts[len(life.facts) :]
            if fact.at > life.now
            and fact.kind == "offered"
            and (fact.data["activity"], fact.data["phase"]) == (each.activity, life.episode.phase.id)
        ]
        if came:
            assert each.at == came[0], each
        elif each.at is not None:
            assert each.at > life.now + 30 * HOUR, each
        named = [item.at for item in foretold if item.activity == each.activity]
        if each.at is not None and named:
            assert each.at == named[0], each


def lived_beside(life: Life) -> Life:
    """The same life, to be lived on beside it."""
    other = copy(life)
    other.facts = [*life.facts]
    return other


@given(
    st.lists(
        st.tuples(
            st.integers(1, 600),
            st.sampled_from(["begin", "end", "skip", "snooze", "pause", "resume", "checkin"]),
            st.sampled_from(["", "10min", "90min", "5h"]),
            st.integers(0, 10),
        ),
        max_size=12,
    ),
    st.sampled_from(["rice", "contrast", "strain"]),
)
@settings(max_examples=40, deadline=None)
def test_whatever_was_done_before_one_plan_names_all_times(
    deeds: list[tuple[int, str, str, int]], name: str
) -> None:
    life = Life(shipped(name))
    for minutes, verb, length, pain in deeds:
        life.go(life.now + minutes * MINUTE)
        if verb == "checkin":
            life.do(AnswerCheckIn({"pain": str(pain)}))
        else:
            life.do(an_act(verb, length=parse_duration(length) if length else None))
    assert_one_plan(life)


# Words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cadence", "words"),
    [
        (Every(parse_range("2h")), "every 2 h, from waking on"),
        (Every(parse_range("2h..3h")), "every 2 h to 3 h, from waking on"),
        (PerDay(1, 3), "1 to 3 times a day, spread over the waking hours"),
        (PerDay(1, 1), "once a day"),
        (
            At((LocalMoment(), LocalMoment("wake", minutes=30))),
            "every day at 00:00 and 30 min after getting up",
        ),
        (PerWeek(3, LocalMoment("bedtime", minutes=-60)), "3 times a week, 1 h before bedtime"),
        (Once(Anchor("phase", Duration(days=3))), "once, 3 days after the phase began"),
    ],
)
def test_cadences_are_said_in_words(cadence: object, words: str) -> None:
    assert cadence_words(cadence) == words  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("length", "words"),
    [
        ("20min", "20 min"), ("90min", "1 h 30 min"), ("48h", "48 h"), ("1d", "1 day"), ("2w", "2 weeks"),
        ("10d", "10 days"), ("3mo", "3 months"), ("1mo1d2h", "1 month 1 day 2 h"),
    ],
)  # fmt: skip
def test_lengths_are_said_in_words(length: str, words: str) -> None:
    assert duration_words(parse_duration(length)) == words


def test_no_length_is_said_too() -> None:
    assert duration_words(Duration()) == "0 min"


def test_an_outlook_at_night_names_the_morning() -> None:
    life = Life(small(CAREFUL, ASK), lives=place(bedtime="22:00")).go("Mon 22:30")
    assert [item.at for item in outlook(life.episode, life.now, most=1).coming] == [life.at("Tue 07:00")]
