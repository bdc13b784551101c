"""All that a person can do, and the way in: `judge` accepts an act, or refuses it.

Each act stands in the module of its subject, as a value beside the rule that judges it. The facts of an accepted act
are the person's; the turn that follows is the engine's.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never, get_args

from recovery.engine import acts_course as course
from recovery.engine import acts_reports as reports
from recovery.engine import acts_sessions as sessions
from recovery.engine.episode import Episode
from recovery.engine.reasons import Remark
from recovery.engine.turn import Refused, Turn, Verdict

Act = (
    reports.AnswerCheckIn
    | sessions.Begin
    | sessions.End
    | sessions.MarkDone
    | sessions.Skip
    | sessions.Snooze
    | course.Pause
    | course.Resume
    | course.Move
    | course.Advance
    | course.StepBack
    | reports.Setback
    | reports.Correct
    | reports.RaiseFlag
    | reports.ClearFlag
    | reports.AnswerScreening
    | reports.TickItems
    | course.Stop
)

ACTS: dict[str, type[Act]] = {kind.verb: kind for kind in get_args(Act)}
"""The kinds of acts, by their verbs."""


def judge(episode: Episode, now: datetime, act: Act, others: Sequence[Episode] = ()) -> Verdict:
    """Judge a person's act at `now`. The episode must have had its turn for `now` already."""
    if episode.is_over:
        return Refused(Remark("episode-over", episode=episode.id, state=episode.state))
    turn = Turn(episode, now, others)
    match act:
        case reports.AnswerCheckIn():
            return reports.answer_check_in(turn, act)
        case sessions.Begin():
            return sessions.begin_session(turn, act)
        case sessions.End():
            return sessions.end_session(turn, act)
        case sessions.MarkDone():
            return sessions.mark_done(turn, act)
        case sessions.Skip():
            return sessions.skip_occurrence(turn, act)
        case sessions.Snooze():
            return sessions.snooze_occurrence(turn, act)
        case course.Pause():
            return course.pause_reminders(turn, act)
        case course.Resume():
            return course.resume_reminders(turn, act)
        case course.Move():
            return course.move_to_zone(turn, act)
        case course.Advance():
            return course.advance_course(turn, act)
        case course.StepBack():
            return course.take_step_back(turn, act)
        case reports.Setback():
            return reports.record_setback(turn, act)
        case reports.Correct():
            return reports.correct_start(turn, act)
        case reports.RaiseFlag():
            return reports.report_flag(turn, act)
        case reports.ClearFlag():
            return reports.clear_flag(turn, act)
        case reports.AnswerScreening():
            return reports.answer_screening(turn, act)
        case reports.TickItems():
            return reports.tick_items(turn, act)
        case course.Stop():
            return course.stop_episode(turn, act)
        case _:
            assert_never(act)
