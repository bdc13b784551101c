"""The commands that a person is advised to type: only such as would be accepted. The verbs themselves are asked."""

from collections.abc import Sequence
from datetime import datetime

from recovery.engine.episode import Episode
from recovery.engine.limits import may_go_on


def advised(
    episode: Episode, now: datetime, others: Sequence[Episode] = (), *, is_clock_doubted: bool = False
) -> tuple[str, ...]:
    """List the verbs that go with what is on, and with a phase that is offered, and that are accepted at `now`.

    The episode must have had its turn for `now` already. Of a session that the person said to be on there is nothing
    to say while it may go on.
    """
    wanted: list[str] = []
    on = episode.under_way
    if on is not None and on.is_assumed:
        wanted += ["begin", "end", "skip"]
    elif on is not None and not may_go_on(episode, on, now, others):
        wanted.append("end")
    if episode.stay.offered:
        wanted.append("advance")
    if not wanted:
        return ()
    from recovery.engine.acts import Accepted, Act  # who has nothing on and nothing offered needs none of it
    from recovery.engine.verbs import BY_THE_CLOCK, act

    return tuple(
        verb
        for verb in wanted
        if not (is_clock_doubted and verb in BY_THE_CLOCK)
        and isinstance(act(episode, now, Act(verb), others), Accepted)
    )
