"""The rules of the acts that tell how the person is: answers, checklists, a setback, a correction."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from recovery.engine import facts as f
from recovery.engine.acts import (
    AnswerCheckIn,
    AnswerScreening,
    Correct,
    Setback,
    TickItems,
)
from recovery.engine.episode import Episode
from recovery.engine.facts import Fact
from recovery.engine.gates import Truth, binds_until, healing_range, signs_to_answer, truth
from recovery.engine.limits import excluded, may_go_on
from recovery.engine.offers import end_holds, tell_hold
from recovery.engine.phases import go_back
from recovery.engine.questions import (
    left_open,
    read_answer,
    read_sides,
    screened,
    wrong_screening,
)
from recovery.engine.reasons import AnswerTo, Remark, Text
from recovery.engine.turn import Refused, Turn, Verdict, accepted, ahead, or_none
from recovery.protocol.model import Checklist, Hold, modalities
from recovery.protocol.terms import GRADES, SIDES, Comparison, Condition, parts_of
from recovery.values import replace

# Answers ----------------------------------------------------------------------------------------


def answer_check_in(turn: Turn, act: AnswerCheckIn) -> Verdict:
    if refused := ahead(turn, act.at):
        return refused
    at, episode = act.at or turn.now, turn.episode
    # Now is never before it, whatever a clock says that was set back.
    if act.at is not None and at < episode.onset:
        return Refused(Remark("before-the-injury"), episode.onset)
    asked = episode.tailored.observations
    answers: dict[str, int | str] = {}
    measured: dict[str, tuple[int, int]] = {}
    for name, typed in act.answers.items():
        observation = asked.get(name)
        if observation is None:
            return Refused(Remark("not-asked", protocol=episode.tailored.id, name=name, known=tuple(asked)))
        answer = read_answer(typed, observation, episode.side)
        sides = read_sides(typed) if observation.test is not None else None
        if answer is None and sides is not None:
            return Refused(Remark("nothing-to-compare", name=observation.title))
        if sides is not None:
            measured[name] = sides
        if answer is None:
            return Refused(Remark("no-answer", name=observation.title, expected=observation, typed=typed))
        answers[name] = answer
    if not answers:
        return Refused(Remark("no-answers", known=tuple(asked)))
    before = {each.id for each in _stopped(turn)}
    _record_answers(turn, answers, measured, at)
    noted = tuple(AnswerTo(asked[name].name, asked[name].answer(answer)) for name, answer in answers.items())
    message: list[Text] = [Remark("noted", answers=noted)]
    if act.at:
        message = [Remark("noted-of-earlier", answers=noted, when=at)]
    message += turn.end_now(each for each in _stopped(turn) if each.id not in before)
    message += signs_to_answer(turn.episode, turn.now, turn.others)
    needed = left_open(turn.episode, at, turn.now, turn.others)
    return replace(accepted(turn, *message), needed=needed)


def _stopped(turn: Turn) -> list[Episode]:
    """The person's episodes whose session is on and may not stay on, by what is said."""
    everyone = (turn.episode, *turn.others)
    return [
        each
        for each in everyone
        if not each.is_over
        and (on := each.under_way) is not None
        and not may_go_on(each, on, turn.now, [other for other in everyone if other is not each])
    ]


def _record_answers(
    turn: Turn, answers: dict[str, int | str], measured: dict[str, tuple[int, int]], at: datetime
) -> None:
    """Write down answers that were true at `at`, by a clock that may be behind what was written before."""
    behind = turn.episode.in_order(turn.now) - turn.now
    written_at = turn.now if behind else None
    turn.keep(
        Fact(
            turn.episode.id,
            at + behind,
            f.Answered(values=answers, measured=measured or None),
            "person",
            written_at,
        )
    )


def answer_screening(turn: Turn, act: AnswerScreening) -> Verdict:
    episode = turn.episode
    questions = {question.id: question for question in episode.pinned.screen}
    today = episode.place.local(turn.now).date()
    if wrong := wrong_screening(episode.pinned.screen, act.answers, act.by, act.on, today):
        return Refused(wrong)
    if not act.answers:
        return Refused(Remark("nothing-answered"))
    yes = [questions[name] for name, answer in act.answers.items() if answer == "yes"]
    refusing = [question for question in yes if question.refuses]
    forbidden = {modality for question in yes for modality in question.forbids}
    for activity in episode.phase.activities:
        is_worn = isinstance(activity, Hold) and episode.track(activity.id).is_on
        if is_worn and (refusing or forbidden & modalities(activity)):
            assert isinstance(activity, Hold)
            tell_hold(turn, activity, turn.now, on=False)
    turn.add(screened(act.answers, act.by, act.on or today), "person")
    if refusing:
        says = episode.text(refusing[0].say)
        turn.add(f.Stopped(because=says, binds_until=binds_until(turn.episode)), "person")
        return accepted(turn, Remark("stopped-by-answer", episode=episode.id, reason=says))
    consequences: list[Text] = [episode.text(question.say) for question in yes]
    if act.by:
        consequences.append(Remark("agreed-by", name=act.by, day=(act.on or today).isoformat()))
    on = turn.episode.under_way
    ending = turn.end_now([turn.episode] if on is not None and on.modality in forbidden else [])
    return accepted(turn, _yes_and_no(act.answers), *consequences, *ending)


def tick_items(turn: Turn, act: TickItems) -> Verdict:
    every = (activity for phase in turn.episode.tailored.phases for activity in phase.everything())
    lists = [activity for activity in every if isinstance(activity, Checklist)]
    list_of = {item.id: checklist.id for checklist in lists for item in checklist.items}
    ticked: dict[str, dict[str, bool]] = {}
    for name, typed in act.answers.items():
        if name not in list_of:
            return Refused(Remark("no-such-item", name=name, known=or_none(list_of)))
        if refused := _neither_yes_nor_no(name, typed):
            return refused
        ticked.setdefault(list_of[name], {})[name] = typed == "yes"
    if not ticked:
        return Refused(Remark("nothing-ticked"))
    for checklist, items in ticked.items():
        turn.add(f.Ticked(phase=turn.episode.phase.id, activity=checklist, items=items), "person")
    return accepted(turn, _yes_and_no(act.answers))


def _neither_yes_nor_no(name: str, typed: str) -> Refused | None:
    """Refuse an answer other than yes or no."""
    if typed in ("yes", "no"):
        return None
    return Refused(Remark("neither-yes-nor-no", name=name, typed=typed))


def _yes_and_no(answers: Mapping[str, str]) -> Remark:
    return Remark("noted", answers=tuple(AnswerTo(name, answer) for name, answer in answers.items()))


# A new injury -----------------------------------------------------------------------------------


def record_setback(turn: Turn, act: Setback) -> Verdict:
    if refused := ahead(turn, act.onset):
        return refused
    episode, onset = turn.episode, act.onset or turn.now
    if "onset" not in episode.tailored.inputs:
        return Refused(Remark("no-injury", protocol=episode.tailored.id))
    if onset < episode.onset:
        return Refused(Remark("before-this-injury"), episode.onset)
    if act.grade is not None and act.grade not in GRADES:
        return Refused(Remark("no-such-grade", known=GRADES, typed=act.grade))
    end_holds(turn)
    for alert in list(episode.alerts.values()):
        is_flag = alert.id.startswith("flag/")
        if not is_flag or (alert.level == "routine" and not alert.waits_for_release):
            turn.add(f.Alerted(id=alert.id, cleared=True))
    turn.add(f.SetBack(onset=onset, grade=act.grade, because=act.because), "person")
    sentences = [Remark("new-injury", when=onset)]
    if turn.episode.tailored.healing is not None:
        place = episode.place
        earliest, latest = (place.local(end).date() for end in healing_range(turn.episode))
        sentences.append(Remark("usually-healed", first=earliest, last=latest))
    return accepted(turn, *sentences, Remark("undo-helps"))


# A correction of the start ------------------------------------------------------------------------


def correct_start(turn: Turn, act: Correct) -> Verdict:
    if refused := ahead(turn, act.onset):
        return refused
    changes = _changes(turn, act)
    if isinstance(changes, Refused):
        return changes
    if not changes:
        return Refused(Remark("nothing-changes"))
    before, instead = turn.episode, _instead(turn.episode, changes)
    turn.add(f.Corrected(**changes, because=act.because), "person")
    beside = excluded(before.pinned, turn.episode.side, turn.episode.options, turn.others)
    if beside is not None:
        return Refused(Remark("same-injury", episode=beside.by.id))
    _clear_what_was_never_so(turn, before)
    message: list[Text] = [Remark("corrected", changes=instead), *_back_to_where_it_belongs(turn)]
    return accepted(turn, *message, *turn.end_now(_stopped(turn)))


def _changes(turn: Turn, act: Correct) -> dict[str, Any] | Refused:
    """Collect the values that differ from those before, by the fields of the fact."""
    episode, protocol = turn.episode, turn.episode.pinned
    asked = [*protocol.inputs, *protocol.options]
    given = [*act.values, *(() if act.onset is None else ("onset",))]
    if not given:
        return Refused(Remark("nothing-to-correct", names=or_none(asked)))
    for name in given:
        if name not in asked:
            return Refused(
                Remark("not-asked-at-start", protocol=protocol.id, name=name, names=or_none(asked))
            )
    changes: dict[str, Any] = {}
    if act.onset is not None and act.onset != episode.onset:
        if act.onset > episode.started_at:
            return Refused(Remark("after-the-start"))
        changes["onset"] = act.onset
    plain = {"grade": (GRADES, episode.grade), "side": (SIDES, episode.side)}
    for name, word in act.values.items():
        choices, current = plain.get(name) or (protocol.options[name].choices, episode.options.get(name))
        if word not in choices:
            return Refused(Remark("no-such-choice", name=name, choices=tuple(choices), typed=word))
        if word == current:
            continue
        if name in plain:
            changes[name] = word
        else:
            changes.setdefault("options", {})[name] = word
    return changes


def _instead(episode: Episode, changes: dict[str, Any]) -> tuple[Remark, ...]:
    """Each change with what it takes the place of."""
    before = {"grade": episode.grade, "side": episode.side, **episode.options}
    remarks: list[Remark] = []
    for name, value in changes.items():
        if name == "onset":
            remarks.append(Remark("injury-instead", when=value, before=episode.onset))
            continue
        pairs = value if name == "options" else {name: value}
        remarks += [
            Remark("instead", name=each, value=word, before=before.get(each)) for each, word in pairs.items()
        ]
    return tuple(remarks)


def _clear_what_was_never_so(turn: Turn, before: Episode) -> None:
    """Clear an alert that stood because of the grade or the side alone: it goes with the mistake.

    What waits for a release stays: the person's word ends it in no way.
    """
    for flag in turn.episode.pinned.red_flags:
        name = f"flag/{flag.id}"
        alert = turn.episode.alerts.get(name)
        if flag.when is None or alert is None or alert.waits_for_release:
            continue
        was_so = truth(flag.when, before, turn.now) is Truth.YES
        if flag.is_of_the_start and was_so and truth(flag.when, turn.episode, turn.now) is Truth.NO:
            turn.add(f.Alerted(id=name, cleared=True))


def _back_to_where_it_belongs(turn: Turn) -> list[Remark]:
    """Go back to the phase that the corrected times allow, where they are not so far yet; say so."""
    episode = turn.episode
    index = _furthest_phase(episode, turn.now)
    if episode.phase_stay.phase is None or index >= episode.phase_stay.index:
        return []
    reason = Remark("too-early-by-correction", phase=episode.phase.title)
    go_back(turn, index, reason)
    return [Remark("back-in-phase", phase=turn.episode.phase.title)]


def _furthest_phase(episode: Episode, now: datetime) -> int:
    """The furthest phase that the protocol's times allow at `now`: its place, never beyond the current one.

    Nobody has come further than the fastest course, on which each phase took its least time.
    """
    at = episode.started_at
    for index, phase in enumerate(episode.tailored.phases[: episode.phase_stay.index + 1]):
        at = max([at, *_opens(episode, phase.enter_when)])
        if at > now:
            return max(0, index - 1)
        length = episode.tailored.length(phase.least, episode.grade)
        at = max(
            at,
            episode.place.after(at, length) if phase.zero == "phase" else episode.reached(phase.zero, length),
        )
        at = max([at, *_opens(episode, phase.leave_when)])
        if at > now:
            return index
    return episode.phase_stay.index


def _opens(episode: Episode, condition: Condition | None) -> Iterator[datetime]:
    """List the times that a condition waits for by itself: `injury >= 48h`."""
    for part in parts_of(condition):
        if isinstance(part, Comparison) and part.subject != "phase" and part.awaited is not None:
            yield episode.reached(part.subject, part.awaited)
