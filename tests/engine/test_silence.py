"""Silence is no symptom: who says nothing is asked kindly, then left in peace, and is never told how their body is."""

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import Begin, MarkDone, Pause, RaiseFlag, Resume
from recovery.engine.fold import fold
from recovery.engine.outlook import coming, outlook
from recovery.protocol import compiled as form
from tests.engine.examples import ASK, ICE, Life, events, of_kind, shipped, small

SILENCE = "silence: {after: 3d, ask: Are you there?, rest: 7d, say: I stop.}"
RAISE = "{id: raise, kind: reminder, of: elevation, title: Raise, at: ['08:00'], say: Up}"
WRAP = "{id: wrap, kind: hold, of: compression, on: Wrap on, off: Wrap off}"
FLAGS = (
    "{id: late, when: injury >= 8d, level: routine, say: Late}",
    "{id: grave, when: injury >= 8d, level: urgent, say: Grave}",
    "{id: saddle, ask: Numb?, level: urgent, say: Now, suspend: cold}",
)


def life(*activities: str) -> Life:
    return Life(small(*(activities or (RAISE, ASK)), top=SILENCE, flags=FLAGS))


def bodies(life: Life, kind: str) -> list[str]:
    cues = [fact.data["cue"] for fact in life.facts if "cue" in fact.data]
    return [cue["body"] for cue in cues if cue["kind"] == kind]


def test_after_three_days_one_kind_question_a_day_takes_the_place_of_the_others() -> None:
    silent = life().go("Mon 07:00").go("2026-11-30 06:00")
    asked = silent.times(f.Offered, "ask")
    assert asked[:7] == [
        f"{day} {clock}" for day in ("Mon", "Tue", "Wed") for clock in ("07:00", "19:00")
    ] + ["Thu 07:00"]
    assert asked[7:] == ["Fri 07:00", "Sat 07:00", "Sun 07:00"]
    assert set(bodies(silent, "check-in")[6:]) == {"Are you there? Type: recovery checkin"}


def test_after_seven_days_it_rests_and_says_so_once() -> None:
    silent = life().go("2026-12-20 12:00")
    last = silent.of(f.Offered)[-1]
    assert f"{silent.episode.place.local(last.at):%d %H:%M}" == "29 08:00"
    assert silent.cues("phase") == [("Mon 07:00", "Reminders rest")]
    assert bodies(silent, "phase")[0].startswith("I stop. Any answer brings them back")
    assert silent.look_again_at is None or silent.look_again_at > silent.now
    assert silent.of(f.Missed) == [], "what rests is not missed"


def test_of_alerts_only_what_presses_is_told_meanwhile() -> None:
    silent = life().go("2026-12-20 12:00")
    assert [fact.data["id"] for fact in silent.of(f.Alerted)] == ["flag/grave"]


@pytest.mark.parametrize(
    "word", [Resume(), MarkDone("raise"), RaiseFlag("saddle"), None], ids=["resume", "done", "flag", "answer"]
)
def test_any_act_or_answer_brings_everything_back_without_a_debt(word: Resume | None) -> None:
    silent = life().go("2026-12-10 12:00")
    before = len(silent.of(f.Missed))
    if word is None:
        silent.answer(pain=3, swelling=1)
    else:
        silent.accepted(word)
    assert silent.episode.silence == ""
    assert silent.of(f.Unheard)[-1].data["state"] == "over"
    told = len(silent.of(f.Offered, "raise"))
    silent.go("2026-12-12 07:30")
    assert silent.times(f.Offered, "raise")[told:] == ["Fri 08:00"]
    assert len(silent.of(f.Missed)) == before


def test_the_end_of_a_session_that_is_on_is_told_and_what_is_worn_comes_off() -> None:
    silent = life(ICE, WRAP, ASK).go("2026-11-30 06:59")
    silent.go("2026-12-01 12:00")
    assert silent.episode.under_way is None
    assert not silent.episode.track("wrap").is_on
    assert len(silent.of(f.Ended)) == len([each for each in silent.of(f.Offered) if "seconds" in each.data])


def test_a_session_can_be_begun_while_reminders_rest() -> None:
    silent = life(ICE, ASK).go("2026-12-01 12:00")
    silent.accepted(Begin("ice"))
    assert silent.episode.silence == ""
    silent.go("2026-12-01 12:20")
    assert silent.cues("end")[-1] == ("Tue 12:20", "Ice: stop")


def test_a_word_about_another_episode_counts() -> None:
    other = life()
    silent = Life(small(RAISE, ASK, top=SILENCE), others=(other.episode,)).go("2026-12-01 12:00")
    assert silent.episode.silence == f.RESTS
    other.go(silent.now).answer(pain=3, swelling=0)
    silent.others = (other.episode,)
    silent.turn()
    assert silent.episode.silence == ""


def test_a_pause_is_no_silence() -> None:
    silent = life()
    silent.accepted(Pause(until=silent.at("2026-12-15 12:00")))
    silent.go("2026-12-16 12:00")
    assert silent.of(f.Unheard) == []


def test_who_is_asked_for_nothing_in_a_protocol_without_it_is_reminded_for_ever() -> None:
    silent = Life(small(RAISE, ASK)).go("2026-12-20 12:00")
    assert silent.times(f.Offered, "raise")[-1] == "Sun 08:00"
    assert silent.of(f.Unheard) == []


def test_the_plan_ends_where_it_will_rest_and_says_why_there_is_none() -> None:
    there = life().go("Mon 09:00")
    later = list(coming(there.episode, there.now, until=there.at("2026-12-05 12:00")))
    (rest,) = [cue for cue in later if cue.kind == "phase"]
    assert (there.words(rest.title), rest.at) == ("Reminders rest", there.at("2026-11-30 07:00"))
    assert [there.words(cue.title) for cue in later if cue.at > rest.at] == ["See somebody today"]
    silent = there.go("2026-12-01 12:00")
    assert list(coming(silent.episode, silent.now)) == []
    (rests,) = outlook(silent.episode, silent.now).rests
    assert silent.words(rests) == (
        "all reminders, as nothing was heard of you since Mon 23 Nov 07:00. "
        "Any answer or act wakes them: recovery resume"
    )
    assert any("Any answer or act wakes them" in reason for reason in silent.explained("raise"))


def test_the_journal_tells_the_same() -> None:
    silent = life().go("2026-12-01 12:00")
    silent.answer(pain=3, swelling=1)
    silent.go("2026-12-06 12:00")
    folded = fold(silent.episode.pinned, silent.facts)
    assert (
        (folded.silence, folded.heard_at)
        == (silent.episode.silence, silent.episode.heard_at)
        == (
            f.ASKS,
            silent.at("2026-12-01 12:00"),
        )
    )


@pytest.mark.parametrize("name", ["strain", "contrast", "trigger-point", "overuse", "peace-and-love"])
def test_a_silent_person_is_left_in_peace_by_every_protocol_that_asks(name: str) -> None:
    story = events(shipped(name), Life(shipped(name)).at("2027-01-20 12:00"), persona="silent")
    assert [event["state"] for event in of_kind(story, "silence")] == ["asks", "rests"]
    rest = next(event["at"] for event in story if event["event"] == "silence" and event["state"] == "rests")
    after = [event for event in story if event["at"] > rest and event["event"] != "session_end"]
    assert [event for event in after if event.get("level") != "urgent"] == []


def test_it_is_said_in_german() -> None:
    silent = Life(form.in_language(shipped("strain"), "de"), language="de").go("2026-12-02 12:00")
    assert silent.cues("phase")[-1][1] == "Die Erinnerungen ruhen"
    assert "Wie es Ihnen geht, weiß" in bodies(silent, "phase")[-1]
    assert bodies(silent, "check-in")[-1].startswith("Sind Sie noch da? Wie geht es Ihnen?")
