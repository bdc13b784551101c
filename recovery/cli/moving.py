"""`recovery move`: another place, whose times of day an episode goes by."""

from recovery import clock
from recovery.cli.acts import carry_out
from recovery.cli.where import tell_doubt
from recovery.engine.acts import Act


def move(timezone: str | None, episode: str | None, as_json: bool) -> int:
    """Go by another zone's times of day; without a name by the machine's, which is followed from then on."""
    if timezone is not None:
        return carry_out(episode, as_json, Act("move", zone=timezone))
    here = clock.local_zone()
    tell_doubt(here)
    return carry_out(episode, as_json, Act("move", zone=here.name, follows=here.name == clock.machine_zone()))
