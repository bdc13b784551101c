"""The acts on the course of an episode: pauses, a change of place, steps and phases, the end."""

from collections.abc import Sequence
from datetime import date, datetime

from recovery.engine import facts as f
from recovery.engine.episode import ACTIVE, PAUSED, only_assumed
from recovery.engine.facts import to_ms
from recovery.engine.gates import (
    Need,
    Truth,
    gate_needs,
    open_reasons,
    pressing,
    standing,
    step_needs,
    unmet_reason,
)
from recovery.engine.limits import flag_stands
from recovery.engine.occurrences import Offer
from recovery.engine.phases import go_back, leave, take_step
from recovery.engine.turn import Turn
from recovery.engine.verdict import PersonAct, Refused, Verdict, accepted, overtaken
from recovery.language import N_
from recovery.protocol.persons import is_name
from recovery.protocol.terms import Duration
from recovery.words.terms import word_words
from recovery.words.times import spell_when
from recovery.zones import is_known, is_lost

UNKNOWN = N_(
    "{name!r} is not a time zone that I know; write one such as Europe/Berlin"
    " (older names come with the package tzdata-legacy, or Python's: pip install tzdata)"
)


class Pause(PersonAct):
    """Pause the reminders. Healing, gaps and limits go on counting."""

    verb = "pause"
    length: Duration | None = None
    """Stands above `until`; without either the pause lasts until it is ended."""
    until: datetime | None = None
    because: str = ""


class Resume(PersonAct):
    """End a pause."""

    verb = "resume"
    needs_right_clock = True


class Move(PersonAct):
    """Go by the times of day of another zone from now on."""

    verb = "move"
    zone: str
    """The name of a time zone."""
    follows: bool = False
    """True if the episode goes with the machine's zone from then on."""


class _OfOffer(PersonAct):
    because: str = ""
    """The person's own reason."""
    about: Offer = Offer()
    """The one that is meant and no other, as a button tells it (`Cue.about`); none: whichever stands now."""


class Advance(_OfOffer):
    """Go on to the next step or phase."""

    verb = "advance"
    needs_right_clock = True
    by: str = ""
    """The professional on whose word it is done."""
    on: date | None = None
    """The local date of that word; None: today."""


class StepBack(_OfOffer):
    """Go back by a step or a phase, or to the phase that is offered."""

    verb = "step-back"


class Stop(PersonAct):
    """End the episode before it is completed."""

    verb = "stop"
    because: str = ""


# Pauses and places ------------------------------------------------------------------------------


def pause_reminders(turn: Turn, act: Pause) -> Verdict:
    until = act.until if act.length is None else turn.episode.place.after(turn.now, act.length)
    if until is not None and until <= turn.now:
        return Refused(turn.say("that is not later than now"))
    turn.add(f.PAUSED, {"until": None if until is None else to_ms(until), "because": act.because}, "person")
    when = "recovery resume" if until is None else spell_when(turn.episode.place, until, turn.now)
    sentences = [
        turn.say("Paused until {when}.", when=when),
        turn.say("Healing, gaps and limits go on counting; no phase ends and nothing is caught up."),
    ]
    return accepted(turn, " ".join([*sentences, *_still_told(turn)]))


def _still_told(turn: Turn) -> list[str]:
    """Say that the end cue of the session under way comes all the same."""
    on = turn.episode.under_way
    return [turn.say("The end of the session under way is still told.")] if on else []


def resume_reminders(turn: Turn, _act: Resume) -> Verdict:
    if turn.episode.state != PAUSED:
        return Refused(turn.say("{episode} is not paused", episode=turn.episode.id))
    turn.add(f.RESUMED, {}, "person")
    return accepted(turn, turn.say("Reminders are on again."))


def move_to_zone(turn: Turn, act: Move) -> Verdict:
    episode, before = turn.episode, turn.episode.place.zone
    if not is_known(act.zone):
        return Refused(turn.say(UNKNOWN, name=act.zone))
    if (act.zone, act.follows) == (before.key, episode.travels) and not is_lost(before):
        return Refused(turn.say("{episode} is in {zone} already", episode=episode.id, zone=act.zone))
    turn.add(f.MOVED, {"zone": act.zone, "from": before.key, "follows": act.follows}, "person")
    message = turn.say(
        "The times of {episode} are those of {zone} now. Gaps and limits stay elapsed time.",
        episode=episode.id,
        zone=act.zone,
    )
    return accepted(turn, message)


# On and back ------------------------------------------------------------------------------------


def advance_course(turn: Turn, act: Advance) -> Verdict:
    """To the next phase or step: confirmed where its gate is open, on somebody's word where that may be.

    A word stands in for conditions only, and for those that the protocol lets it pass. Nobody's word
    stands in for a least time, nor while an urgent red flag stands.
    """
    episode, by = turn.episode, act.by.strip()
    if episode.state != ACTIVE:
        return Refused(turn.say("the episode is paused; recovery resume ends the pause"))
    if refused := overtaken(turn, act.about, _offer_since(turn, episode.stay.offered_at)):
        return refused
    flags = standing(episode)
    if flags:
        return Refused(turn.words(flag_stands(episode, flags[0], turn.others)))
    if refused := _no_word(turn, by, act.on):
        return refused
    is_step = episode.rung is not None and episode.stay.rung + 1 < len(episode.phase.ladder)
    needs = step_needs(episode, turn.now) if is_step else gate_needs(episode, turn.now)
    unmet = [need for need in needs if need.state is not Truth.YES]
    if unmet and (refused := _not_passed(turn, unmet, by, act.because, is_step=is_step)):
        return refused
    word = {"by": by, "on": (act.on or _today(turn)).isoformat()} if by else None
    whys = [word_words(word, episode.place.language)] if word else []
    whys += [_own_reason(turn, act.because)] if act.because else []
    why = "; ".join(whys) or turn.say("confirmed by the person")
    if is_step:
        take_step(turn, episode.stay.rung + 1, (why,), "person", word)
        return accepted(turn, turn.say("Now on step {step}: {title}.", **_step_now(turn)))
    on = episode.under_way
    if episode.next_phase is None and on is not None:
        return Refused(turn.say("a session is on; it has to end first"), on.ends_at)
    reasons = [unmet_reason(need) for need in unmet] or open_reasons(needs)
    leave(turn, (*reasons, why), "person", word)
    if turn.episode.is_over:
        return accepted(turn, turn.say("{title}: completed.", title=turn.episode.protocol.title))
    phase = turn.episode.phase.title
    return accepted(turn, turn.say("Now in: {phase}. The limits still hold.", phase=phase))


def _no_word(turn: Turn, by: str, on: date | None) -> Refused | None:
    """Refuse a professional's word without a name, or of a day outside the injury to today."""
    if by and not is_name(by):
        return Refused(
            turn.say(
                '{typed!r} is not a name; a word is that of a professional, such as --by "Dr. Meyer"',
                typed=by,
            )
        )
    if on is None:
        return None
    if not by:
        return Refused(turn.say("a word needs a name: --by"))
    if not turn.episode.place.local(turn.episode.onset).date() <= on <= _today(turn):
        return Refused(turn.say("a word is given on a day between the injury and today"))
    return None


def _not_passed(turn: Turn, unmet: Sequence[Need], by: str, because: str, *, is_step: bool) -> Refused | None:
    """Refuse where nothing that was said passes a shut gate; None where it does."""
    episode = turn.episode
    shut = "; ".join(turn.words(unmet_reason(need)) for need in unmet)
    binding = [need for need in unmet if not need.is_passable]
    if binding:
        times = [need.met_at for need in binding if need.met_at is not None]
        earliest = max(times) if len(times) == len(binding) else None
        if episode.next_phase is None and not is_step:
            too_early = turn.say(
                "it is too early to finish: {reasons}. recovery stop ends the episode", reasons=shut
            )
            return Refused(too_early, earliest)
        return Refused(turn.say("the gate is shut: {reasons}. No word passes that", reasons=shut), earliest)
    urgent, whose = pressing(episode), episode.phase.may_pass
    if urgent:
        return Refused(turn.words(flag_stands(episode, urgent[0], turn.others)))
    if whose == "nobody":
        return Refused(
            turn.say("the gate is shut: {reasons}. The protocol lets nobody pass it", reasons=shut)
        )
    if by and whose == "professional":
        return None
    if any(need.state is Truth.UNKNOWN for need in unmet):
        return Refused(turn.say("the gate is shut: {reasons}. Answer first: recovery checkin", reasons=shut))
    if by:
        return None
    if whose == "professional":
        return Refused(
            turn.say(
                'the gate is shut: {reasons}. A professional may pass it: --by "a name" --on DATE',
                reasons=shut,
            )
        )
    if not because:
        return Refused(
            turn.say(
                'the gate is shut: {reasons}. To go on all the same: --because "your reason"', reasons=shut
            )
        )
    return None


def take_step_back(turn: Turn, act: StepBack) -> Verdict:
    episode = turn.episode
    if episode.state != ACTIVE:
        return Refused(turn.say("the episode is paused; recovery resume ends the pause"))
    if refused := overtaken(turn, act.about, _offer_since(turn, episode.stay.way_back_at)):
        return refused
    back = episode.phase.back_to
    why = _own_reason(turn, act.because) if act.because else turn.say("stepped back by the person")
    index = episode.stay.index - 1
    if episode.stay.way_back and back is not None:
        ids = [phase.id for phase in episode.protocol.phases]
        if back.phase not in ids:
            return Refused(
                turn.say(
                    "that is a protocol of its own: recovery stop, then recovery start {protocol}",
                    protocol=back.phase,
                )
            )
        index = ids.index(back.phase)
    elif episode.rung is not None and episode.stay.rung > 0:
        take_step(turn, episode.stay.rung - 1, (why,), "person")
        return accepted(turn, turn.say("Back on step {step}: {title}.", **_step_now(turn)))
    if index < 0:
        return Refused(turn.say("this is the first phase"))
    go_back(turn, index, why, "person", anew=True)
    phase = turn.episode.phase.title
    return accepted(turn, turn.say("Back in: {phase}. The limits still hold.", phase=phase))


def _own_reason(turn: Turn, because: str) -> str:
    """The person's own reason for a change."""
    return turn.say("the person: {reason}", reason=because)


def _today(turn: Turn) -> date:
    return turn.episode.place.local(turn.now).date()


def _offer_since(turn: Turn, at: datetime | None) -> Offer:
    return Offer() if at is None else Offer.of(turn.episode.id, turn.episode.phase.id, at)


def _step_now(turn: Turn) -> dict[str, object]:
    """The step of the ladder that the person is on."""
    at = turn.episode.stay.rung
    return {"step": at + 1, "title": turn.episode.phase.ladder[at].title}


# The end ----------------------------------------------------------------------------------------


def stop_episode(turn: Turn, act: Stop) -> Verdict:
    turn.add(f.STOPPED, {"because": act.because}, "person")
    sentences = [turn.say("{episode} is stopped. Its record is kept: recovery log.", episode=turn.episode.id)]
    return accepted(turn, " ".join([*sentences, *_still_counts(turn), *_still_told(turn)]))


def _still_counts(turn: Turn) -> list[str]:
    """Say that the last session of today, which is only assumed, binds, and how the person takes that away."""
    episode, day = turn.episode, turn.episode.place.waking_day
    last = max(episode.ledger, key=lambda session: session.began_at, default=None)
    if last is None or not only_assumed(last) or day(last.began_at) != day(turn.now):
        return []
    warning = turn.say(
        "{title}, {when}, is only assumed, and counts for the limits."
        " If it did not happen, say so after the next start: {command}",
        title=episode.title_of(last),
        when=spell_when(episode.place, last.began_at, turn.now),
        command=f"recovery skip {last.activity}",
    )
    return [warning]
