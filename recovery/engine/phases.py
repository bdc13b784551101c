"""The course of an episode: phases left and entered, steps of a ladder, the way back, another text of the protocol."""

from datetime import datetime

from recovery.engine import facts as f
from recovery.engine.advice import advice_now, tip_words
from recovery.engine.alerts import clear_deadline, raise_deadline_alert
from recovery.engine.choices import rounds_left
from recovery.engine.episode import ACTIVE, Episode, naming_option, on_rung
from recovery.engine.facts import CueKey, Fact
from recovery.engine.gates import (
    Held,
    Passed,
    Truth,
    climbs_at,
    deadline,
    gate,
    is_held_by_time,
    need_moments,
    on_the_step,
    opens_at,
    standing,
    way_back_ends,
)
from recovery.engine.offers import end_holds, tell_hold
from recovery.engine.reasons import (
    NoLonger,
    NotYet,
    PhaseOverItsTime,
    Remark,
    Sentences,
    Text,
    as_written,
    key_of,
)
from recovery.engine.turn import Turn
from recovery.protocol.model import Hold, Phase, RecoveryProtocol


def change_phase(turn: Turn) -> None:
    """Move on as far as the gates are open; say why not where one is shut."""
    for _ in range(len(turn.episode.tailored.phases) + 1):
        if turn.episode.phase_stay.phase is not None and turn.episode.phase_stay.phase.is_endless:
            return
        if is_held_by_time(turn.episode, turn.now):
            turn.look_at(opens_at(turn.episode), deadline(turn.episode))
            return
        answer = gate(turn.episode, turn.now)
        turn.look_at(*need_moments(answer.needs, turn.episode))
        match answer:
            case Passed():
                reasons = answer.reasons
                phase = turn.episode.phase_stay.phase
                if turn.episode.next_phase is None and turn.episode.under_way is not None:
                    return  # nothing completes over a session whose end is still to be told
                if phase is not None and (phase.confirm or turn.episode.confirms):
                    _offer_change(turn, reasons)
                    return
                leave(turn, reasons)
                if turn.episode.state != ACTIVE:
                    return
            case Held():
                _record_held(turn, answer)
                raise_deadline_alert(turn, answer)
                return


def _record_held(turn: Turn, held: Held) -> None:
    """Record what holds the phase past its least, once for each change of it."""
    opens = opens_at(turn.episode)
    if opens is not None and opens > turn.now:
        return
    # An answer grown old overnight holds nothing anew.
    unmet = [need.condition for need in held.unmet if need.state is Truth.NO]
    keys = [key_of(condition) for condition in unmet]
    if keys != turn.episode.phase_stay.held:
        held_here = f.PhaseChanged(
            phase=turn.episode.phase.id,
            state="held",
            reasons=held.reasons,
            unmet=[NotYet(as_written(each)) for each in unmet],
            keys=keys,
        )
        turn.add(held_here)


def _offer_change(turn: Turn, reasons: tuple[Text, ...]) -> None:
    if turn.episode.phase_stay.offered:
        return
    following = turn.episode.next_phase
    what = Remark("may-move-on", phase=following.title) if following else Remark("may-finish")
    body = Remark("type-advance")
    cue = turn.cue(CueKey.about(turn.episode.id, "phase"), "offer", what, body, turn.now)
    turn.add(f.PhaseChanged(phase=turn.episode.phase.id, state="offered", reasons=reasons, cue=cue))


def leave(turn: Turn, reasons: tuple[Text, ...], by: str = "engine", word: f.Word | None = None) -> None:
    """End the current phase: enter the next one, or complete the episode; `word` is a professional's."""
    clear_deadline(turn)
    if turn.episode.phase_stay.phase is not None:
        end_holds(turn)
        turn.add(f.PhaseChanged(phase=turn.episode.phase.id, state="left", reasons=reasons), by)
    following = turn.episode.next_phase
    if following is None:
        then = turn.episode.tailored.then
        body = Remark("what-follows", protocol=then) if then else Remark("well-done")
        title = Remark("is-completed", title=turn.episode.tailored.title)
        cue = turn.cue(CueKey.about(turn.episode.id, "phase"), "phase", title, body, turn.now)
        turn.add(f.Completed(reasons=reasons, cue=cue), by)
        return
    enter_phase(turn, turn.episode.following, reasons, by, word=word)


def enter_phase(
    turn: Turn,
    index: int,
    reasons: tuple[Text, ...],
    by: str = "engine",
    *,
    anew: bool = False,
    word: f.Word | None = None,
) -> None:
    """Begin the phase at that place of the protocol; `anew` after a step back."""
    phase = turn.episode.tailored.phases[index]
    cue = None
    if turn.episode.phase_stay.phase is not None or index > 0:
        title = Remark("new-phase", phase=phase.title)
        body = Sentences((_why_here(turn, phase), *_tip_and_choices(turn, index)))
        cue = turn.cue(CueKey.about(turn.episode.id, "phase"), "phase", title, body, turn.now)
    entered = f.PhaseChanged(phase=phase.id, state="entered", reasons=reasons, anew=anew, word=word, cue=cue)
    turn.add(entered, by)


def _why_here(turn: Turn, phase: Phase) -> Text:
    """Say what a phase is for; to somebody who starts late, why it is not the first one."""
    if turn.episode.phase_stay.phase is None:
        return Remark("past-phase", phase=turn.episode.tailored.phases[0].title)
    return turn.episode.text(phase.goal) if phase.goal else Remark("see-status")


def _tip_and_choices(turn: Turn, index: int) -> tuple[Remark, ...]:
    """Give the tip of the day on which the phase at that place begins, and what may come more often in it."""
    phase = on_rung(turn.episode.tailored.phases[index], 0)
    there = turn.episode.at_the_start_of(phase, index, turn.now)
    tips = (tip_words(there, tip) for tip in advice_now(there, turn.now)[:1])
    which = naming_option(there, turn.others)
    rounds = (
        Remark(
            "more-rounds",
            title=each.activity.title,
            most=each.most,
            command=f"recovery choose {each.activity.id} {each.most}{which}",
        )
        for each in rounds_left(there)
    )
    return (*tips, *rounds)


def go_back(turn: Turn, index: int, reason: Text, by: str = "engine", *, anew: bool = False) -> None:
    """Leave the current phase for the one at an earlier place of the protocol."""
    end_holds(turn)
    clear_deadline(turn)
    turn.add(f.PhaseChanged(phase=turn.episode.phase.id, state="left", reasons=[reason]), by)
    enter_phase(turn, index, (reason,), by, anew=anew)


def change_step(turn: Turn) -> None:
    """Go one step of the ladder up or down where its rule holds: by day, and at most one a day.

    Only answers given on the step count: those before it brought the person here. Up lead only those of the
    day itself, after the step's first one: the next morning decides. While a red flag stops something nobody
    goes up.
    """
    episode, phase = turn.episode, turn.episode.phase
    if episode.rung is None:
        return
    seen = on_the_step(episode, turn.now)
    if seen is None or not episode.place.is_awake(turn.now):
        turn.look_at(episode.place.next_waking(turn.now))
        return
    here, today = seen
    at = episode.phase_stay.rung
    down, up = phase.step_back_when, phase.climb_when
    climbs = climbs_at(episode)
    turn.look_at(climbs)
    if at > 0 and down is not None and turn.truth(down, here) is Truth.YES:
        take_step(turn, at - 1, (down,))
    elif (
        at + 1 < len(phase.ladder)
        and up is not None
        and not standing(episode)
        and climbs <= turn.now
        and turn.truth(up, today) is Truth.YES
    ):
        take_step(turn, at + 1, (up,))


def take_step(
    turn: Turn,
    index: int,
    reasons: tuple[Text, ...],
    by: str = "engine",
    word: f.Word | None = None,
) -> None:
    """Go to a step of the phase's ladder."""
    phase, now_on = turn.episode.phase, turn.episode.phase_stay.rung
    rung = phase.ladder[index]
    for activity in phase.ladder[now_on].activities:
        if isinstance(activity, Hold) and turn.episode.track(activity.id).is_on:
            tell_hold(turn, activity, turn.now, on=False)
    is_up = index > now_on
    title = Remark("next-step", title=rung.title) if is_up else Remark("one-step-back", title=rung.title)
    body = Remark("step-of", step=index + 1, steps=len(phase.ladder), reasons=reasons)
    stepped = f.Stepped(
        phase=phase.id,
        step=rung.id,
        direction="up" if is_up else "down",
        reasons=reasons,
        cue=turn.cue(CueKey.about(turn.episode.id, "step"), "phase", title, body, turn.now),
        word=word,
    )
    turn.add(stepped, by)


def offer_way_back(turn: Turn) -> None:
    """Offer an earlier phase while its condition is true, if there is still time for it."""
    back = turn.episode.phase.back_to
    if back is None or turn.episode.phase_stay.phase is None:
        return
    state, is_offered = turn.truth(back.when), turn.episode.phase_stay.way_back
    here = turn.episode.phase.id
    ends = way_back_ends(turn.episode, back.phase)
    turn.look_at(ends)
    has_time = ends is None or turn.now < ends  # one that counts from the injury may be over its time already
    if state is Truth.YES and not is_offered and has_time:
        says = turn.episode.text(back.say)
        is_here = any(phase.id == back.phase for phase in turn.episode.tailored.phases)
        how = "recovery step-back" if is_here else f"recovery start {back.phase}"
        cue = turn.cue(
            CueKey.about(turn.episode.id, "phase"),
            "way-back",
            Remark("way-back"),
            Remark("type", text=says, command=how),
            turn.now,
        )
        turn.add(f.PhaseChanged(phase=here, to=back.phase, state="way back", reasons=[back.when], cue=cue))
    elif is_offered and (state is Truth.NO or not has_time):
        why = NoLonger(back.when) if has_time else PhaseOverItsTime(back.phase)
        turn.add(f.PhaseChanged(phase=here, to=back.phase, state="no way back", reasons=[why]))


# Another text of the protocol ----------------------------------------------------------------------


def upgrade_refused(episode: Episode, protocol: RecoveryProtocol) -> Remark | None:
    """Say why an episode cannot go on with `protocol` now; None: it can."""
    inputs = {"grade": episode.grade, "side": episode.side}
    missing = [name for name in protocol.inputs if name in inputs and inputs[name] is None]
    missing += [
        name
        for name, option in protocol.options.items()
        if name not in episode.options and not option.default
    ]
    if missing:
        return Remark("upgrade-asks-more", inputs=tuple(missing))
    on = episode.under_way
    if on is not None:
        return Remark("upgrade-waits", title=episode.title_of(on))
    return None


def moved_by_upgrade(episode: Episode, protocol: RecoveryProtocol) -> Remark | None:
    """Say what `protocol` has no more of where an episode is; None: it has all of it.

    The episode then goes on in the last place before that `protocol` has, as folding its facts anew finds it; nobody
    is moved on by a text.
    """
    if episode.phase_stay.phase is None:
        return None
    here, rung = episode.phase, episode.rung
    phase = next((phase for phase in protocol.phases if phase.id == here.id), None)
    if phase is None:
        return Remark("upgrade-lacks-phase", phase=here.title)
    if rung is not None and not any(step.id == rung.id for step in phase.ladder):
        return Remark("upgrade-lacks-step", phase=here.title, step=rung.title)
    return None


def follow_upgrade(episode: Episode, protocol: RecoveryProtocol, now: datetime) -> list[Fact]:
    """Give the facts that follow from going on with `protocol`.

    Alerts of red flags that it does not have end, but for those that suspend something: a person lifts these.
    """
    still_there = {f"flag/{flag.id}" for flag in protocol.red_flags}
    gone = [
        Fact(episode.id, now, f.Alerted(id=alert.id, cleared=True))
        for alert in episode.alerts.values()
        if alert.id.startswith("flag/") and alert.id not in still_there and not alert.suspends
    ]
    return [*gone, *count_anew(episode, now)]


def count_anew(episode: Episode, now: datetime) -> list[Fact]:
    """Let what is new in a text count from now: nothing of it was missed before it was there.

    A pause that ends does the same, and one that is on will do so when it ends.
    """
    if episode.state != ACTIVE:
        return []
    return [Fact(episode.id, now, f.Resumed(because=Remark("another-text")))]
