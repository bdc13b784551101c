"""The verbs of a person's acts, each with who carries it out: `act` accepts an act, or refuses it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from recovery.engine.acts import Act, Outcome, Refused
from recovery.engine.acts_corrections import Corrections
from recovery.engine.acts_course import Course
from recovery.engine.acts_reports import Reports
from recovery.engine.acts_sessions import Sessions
from recovery.engine.episode import OVER, Episode


def act(episode: Episode, now: datetime, wish: Act, others: Sequence[Episode] = ()) -> Outcome:
    """Do a person's act at `now`: accept or refuse it. The episode must have had its turn for `now` already."""
    if episode.is_over:
        state = episode.say(OVER[episode.state])
        return Refused(episode.say("{episode} is {state}", episode=episode.id, state=state))
    if wish.at is not None and wish.at > now:
        return Refused(episode.say("that is in the future"))
    verb = _VERBS.get(wish.verb)
    if verb is None:
        known = ", ".join(VERBS)
        return Refused(
            episode.say("nothing known as {name!r}; known are {known}", name=wish.verb, known=known)
        )
    desk = _Desk(episode, now, others)
    return desk.over() if desk.is_gone(wish) else verb(desk, wish)


class _Desk(Sessions, Course, Reports, Corrections):
    """The desk for all of them."""


_VERBS: dict[str, Callable[[_Desk, Act], Outcome]] = {
    "checkin": Reports.check_in,
    "begin": Sessions.begin,
    "end": Sessions.end,
    "done": Sessions.done,
    "skip": Sessions.skip,
    "snooze": Sessions.snooze,
    "pause": Course.pause,
    "resume": Course.resume,
    "move": Course.move,
    "advance": Course.advance,
    "step-back": Course.step_back,
    "setback": Course.setback,
    "correct": Corrections.correct,
    "flag": Reports.flag,
    "clear": Reports.clear,
    "screen": Reports.screen,
    "tick": Reports.tick,
    "stop": Course.stop,
}
VERBS = tuple(_VERBS)
"""All that a person can say."""

BY_THE_CLOCK = ("begin", "snooze", "advance", "setback", "resume")
"""The verbs that nothing but the clock could allow: refused while that is doubted."""
