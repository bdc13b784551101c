"""The way in for acts: `judge` accepts one, or refuses it, by the rule of its subject.

The facts of an accepted act are the person's; the turn that follows is the engine's.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from recovery.engine import acts
from recovery.engine import acts_course as course
from recovery.engine import acts_flags as flags
from recovery.engine import acts_reports as reports
from recovery.engine import acts_sessions as sessions
from recovery.engine.episode import Episode
from recovery.engine.reasons import Remark
from recovery.engine.turn import Refused, Turn, Verdict, in_an_emergency


def judge(episode: Episode, now: datetime, act: acts.Act, others: Sequence[Episode] = ()) -> Verdict:
    """Judge a person's act at `now`. The episode must have had its turn for `now` already."""
    if episode.is_over and not (isinstance(act, acts.Release) and episode.waiting):
        return Refused(Remark("episode-over", episode=episode.id, state=episode.state))
    turn = Turn(episode, now, others)
    if isinstance(act, acts.Advance | acts.StepBack | acts.Setback) and (refused := in_an_emergency(turn)):
        return refused
    match act:
        case acts.AnswerCheckIn():
            return reports.answer_check_in(turn, act)
        case acts.Begin():
            return sessions.begin_session(turn, act)
        case acts.End():
            return sessions.end_session(turn, act)
        case acts.MarkDone():
            return sessions.mark_done(turn, act)
        case acts.Skip():
            return sessions.skip_occurrence(turn, act)
        case acts.Snooze():
            return sessions.snooze_occurrence(turn, act)
        case acts.Pause():
            return course.pause_reminders(turn, act)
        case acts.Resume():
            return course.resume_reminders(turn, act)
        case acts.Move():
            return course.move_to_zone(turn, act)
        case acts.StayUp():
            return course.stay_up(turn, act)
        case acts.Choose():
            return course.choose_within(turn, act)
        case acts.Advance():
            return course.advance_course(turn, act)
        case acts.StepBack():
            return course.take_step_back(turn, act)
        case acts.Setback():
            return reports.record_setback(turn, act)
        case acts.Correct():
            return reports.correct_start(turn, act)
        case acts.RaiseFlag():
            return flags.report_flag(turn, act)
        case acts.ClearFlag():
            return flags.clear_flag(turn, act)
        case acts.Release():
            return flags.release(turn, act)
        case acts.ReportHarm():
            return flags.report_harm(turn, act)
        case acts.AnswerScreening():
            return reports.answer_screening(turn, act)
        case acts.TickItems():
            return reports.tick_items(turn, act)
        case acts.Stop():
            return course.stop_episode(turn, act)
        case _:
            assert_never(act)
