"""The fate of the cues that are due when a daemon begins, or an episode."""

import time as time_
from pathlib import Path

from recovery import clock
from recovery.cli.person import loaded, open_journal, opened, show_untold
from recovery.daemon import presence
from recovery.daemon.presence import Presence
from recovery.engine.telling import pending_cues
from recovery.errors import RecoveryError

CUES_SETTLED_WITHIN = 1.5
_LOOK_SECONDS = 0.05


def once_settled(folder: Path, there: Presence) -> Presence:
    """Wait `CUES_SETTLED_WITHIN` seconds at most for the fate of these cues. Return the daemon's report on itself."""
    limit = clock.monotonic() + CUES_SETTLED_WITHIN
    while clock.monotonic() < limit:
        are_known, had_trouble = _fate()
        there = presence.read(folder) or there
        if are_known and (there.problem or not had_trouble):  # it writes the trouble down before it says so
            break
        time_.sleep(_LOOK_SECONDS)
    return there


def _fate() -> tuple[bool, bool]:
    """Tell if the fate of all that is due is known, and if some of it could not be shown."""
    try:
        with open_journal(looks=True) as (journal, now):
            had_trouble = [
                cue.seq in episode.troubles
                for episode in loaded(journal, now).all
                for cue in pending_cues(episode, now)
            ]
    except RecoveryError:  # a journal that is not there, or cannot be read, has nothing to wait for
        return True, False
    return all(had_trouble), any(had_trouble)


def show_what_no_desktop_showed(folder: Path) -> None:
    """Those that could not be shown, as text."""
    with opened() as person:
        show_untold(person, is_daemon_running=presence.is_running(folder))
