"""An episode is the fold of its facts, in whatever portions they come."""

from datetime import timedelta

import pytest

from recovery.engine import facts as f
from recovery.engine.acts import Stop
from recovery.engine.decide import turn
from recovery.engine.episode import ACTIVE, LEDGER_MEMORY, TAKEN_BACK, Answer, Episode
from recovery.engine.facts import LOOKBACK, SHORT_LIVED, Fact
from recovery.engine.fold import apply, begin, fold
from recovery.engine.rehearsal import Rehearsal
from recovery.engine.written import from_ms, to_ms
from recovery.simulation.people import PERSONAS, Persona
from recovery.values import replace
from recovery.words.reasons import file_text, worded
from tests.engine.examples import ASK, GAP, ICE, ONSET, Life, shipped, small, started

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def journal_of(name: str, persona: str, days: int, *, is_worded: bool = True) -> tuple[Episode, list[Fact]]:
    """What a made-up person's journal holds after some days, and the episode that led there."""
    episode, opening = started(shipped(name))
    facts = [opening]
    run = Rehearsal(episode, ONSET, ONSET + days * DAY, persona=Persona.named(persona))
    for happening in run.happenings():
        if happening.fact is not None:
            fact = happening.fact
            written = worded(fact, happening.episode.place, happening.at) if is_worded else fact
            facts.append(replace(written, seq=len(facts) + 1))
    return run.episode, facts


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("name", ["rice", "contrast", "strain"])
def test_folding_all_facts_is_applying_each_as_it_came(name: str, persona: str) -> None:
    live, facts = journal_of(name, persona, 12, is_worded=False)
    folded = fold(live.pinned, facts)
    step_by_step = begin(live.pinned, facts[0])
    for fact in facts[1:]:
        step_by_step = apply(step_by_step, fact)
    assert folded == step_by_step
    # On its way the live one had no places in a journal, by which cues are known.
    assert replace(folded, pending={}) == replace(live, pending={})


@pytest.mark.parametrize("persona", PERSONAS)
def test_the_facts_of_the_last_two_weeks_lead_to_the_same_decisions_as_all(persona: str) -> None:
    live, facts = journal_of("strain", persona, 75)
    now = ONSET + 75 * DAY
    kept = [fact for fact in facts if not isinstance(fact.what, SHORT_LIVED) or fact.at >= now - LOOKBACK]
    assert len(kept) < len(facts)
    all_of_them, recent = fold(live.pinned, facts), fold(live.pinned, kept)
    assert turn(recent, now).look_again_at == turn(all_of_them, now).look_again_at
    for hours in (0, 1, 5, 16, 24, 70):
        later = now + hours * HOUR
        assert turn(recent, later).facts == turn(all_of_them, later).facts


def test_the_fleeting_facts_are_those_of_occurrences_and_cues() -> None:
    lasting = {
        f.Started,
        f.Answered,
        f.PhaseChanged,
        f.Paused,
        f.Resumed,
        f.Alerted,
        f.Completed,
        f.Stopped,
        f.TakenBack,
    }
    assert not lasting & {*SHORT_LIVED}


def test_what_was_taken_back_never_was() -> None:
    life = Life(small(ASK))
    life.answer(pain=9)
    life.go("Mon 08:00").answer(pain=3)
    undone = [fact.seq for fact in life.of("answered")][-1]
    life.undo(undone)
    assert [answer.value for answer in life.episode.answers["pain"]] == [9]
    without = [fact for fact in life.facts if fact.seq != undone and not isinstance(fact.what, f.TakenBack)]
    never = replace(fold(life.episode.tailored, without), pending={})
    assert replace(never, said_at=life.now) == replace(life.episode, pending={}), "the undo was a word"


def test_a_start_that_was_taken_back_leaves_an_episode_that_is_over() -> None:
    life = Life(small(ICE))
    life.undo(1)
    assert life.episode.state == TAKEN_BACK
    assert life.episode.is_over
    assert turn(life.episode, life.now).look_again_at is None


def test_taking_back_the_last_word_makes_it_active_again() -> None:
    life = Life(small(ICE)).go("Mon 12:00")
    life.accepted(Stop())
    life.undo(life.facts[-1].seq)
    assert life.episode.state == ACTIVE
    assert life.go("Mon 15:00").times(activity="ice")[-1] == "Mon 14:00"


def test_answers_are_in_the_order_in_which_they_were_true() -> None:
    life = Life(small(ASK)).go("Mon 20:00")
    for at, pain in (("Mon 18:00", 4), ("Mon 09:00", 8), ("Mon 12:00", 6)):
        life.answer(at=life.at(at), pain=pain)
    assert life.episode.answers["pain"] == (
        Answer(life.at("Mon 09:00"), 8), Answer(life.at("Mon 12:00"), 6), Answer(life.at("Mon 18:00"), 4),
    )  # fmt: skip


def test_facts_without_a_start_are_no_episode() -> None:
    with pytest.raises(ValueError, match="without a start"):
        fold(small(ICE), [Fact("small-1", ONSET, f.Resumed.of({}), seq=1)])


def test_facts_about_what_is_not_known_any_more_change_nothing() -> None:
    episode, _ = started(small(ICE))
    about = {"phase": "gone", "activity": "gone", "occurrence": "small-1/gone/gone/2026-11-23.1"}
    due = {"due": to_ms(ONSET), "day": "2026-11-23", "until": to_ms(ONSET), "reason": "", "overrun": 0}
    for kind in (f.Begun, f.Ended, f.Done, f.Skipped, f.Snoozed, f.Missed, f.Withheld, f.OfALaterVersion):
        changed = apply(episode, Fact("small-1", ONSET, kind.of(about | due), seq=5))
        assert replace(changed, names={}) == episode
    gone = Fact("small-1", ONSET, f.PhaseChanged.of({"phase": "gone", "state": "left", "reasons": []}))
    assert apply(episode, gone) == episode


@pytest.mark.parametrize("state", ["entered", "held", "offered", "way back"])
def test_a_phase_that_the_protocol_lacks_is_not_passed_over(state: str) -> None:
    """Else the person would be in no phase, and all of the first one would be told anew."""
    episode, _ = started(small(ICE))
    data = {"phase": "rjce", "state": state, "reasons": [], "unmet": []}
    with pytest.raises(ValueError, match="no phase rjce"):
        apply(episode, Fact("small-1", ONSET, f.PhaseChanged.of(data)))


def test_the_ledger_forgets_what_no_limit_asks_for() -> None:
    life = Life(small(ICE, limits=[GAP])).go(ONSET + 20 * DAY)
    assert life.episode.ledger[0].began_at >= life.episode.ledger[-1].began_at - LEDGER_MEMORY
    assert len(life.episode.names) <= 5


def test_instants_in_facts_are_whole_milliseconds() -> None:
    instant = ONSET + timedelta(microseconds=1999)
    assert from_ms(to_ms(instant)) == ONSET + timedelta(milliseconds=1)
    assert from_ms(to_ms(ONSET - timedelta(microseconds=1))) == ONSET - timedelta(milliseconds=1)


def test_cues_wait_until_they_are_told() -> None:
    life = Life(small(ICE))
    (cue,) = life.episode.pending.values()
    assert (cue.kind, cue.seq, cue.critical) == ("start", 3, False)
    trouble = Fact("small-1", ONSET, f.NotDelivered.of({"seq": 3, "via": "dbus", "reason": "no bus"}), seq=4)
    episode = apply(life.episode, trouble)
    assert episode.troubles == {3: "no bus"}
    delivered = apply(
        episode, Fact("small-1", ONSET, f.Delivered.of({"seq": 3, "via": "dbus", "late": 0}), seq=5)
    )
    assert (delivered.pending, delivered.troubles) == ({}, {})


def test_texts_know_the_sides() -> None:
    def text(side: str | None) -> str:
        return file_text("{side}, {other side}, {0}, {side.__class__}", started(small(ICE), side=side)[0])

    assert text("left") == "left, right, {0}, {side.__class__}"
    assert text("right") == "right, left, {0}, {side.__class__}"
    assert text(None) == "injured, other, {0}, {side.__class__}"


def test_an_activity_for_another_grade_is_no_part_of_the_episode() -> None:
    some = [
        f"{{id: {id_}, kind: advice, say: So, only_if: {when}}}"
        for id_, when in {
            "first": "grade == I",
            "others": "grade != I",
            "later": "[grade == III, pain <= 3]",
            "any": "{any: [grade == I, pain <= 3]}",
        }.items()
    ]
    protocol = small(ICE, ASK, *some)
    for grade, left_out in (("I", {"others", "later"}), ("II", {"first", "later"}), ("III", {"first"})):
        _, opening = started(protocol, grade=grade)
        episode = fold(protocol, [opening])
        activities = {activity.id for activity in episode.tailored.phase("only").activities}
        assert activities == {"ice", "ask", "first", "others", "later", "any"} - left_out
        assert episode.pinned is protocol
