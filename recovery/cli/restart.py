"""Starting a daemon again that died without being told to: where no service manager does, the next command."""

from pathlib import Path

from recovery.cli.style import tell
from recovery.daemon import presence
from recovery.errors import RecoveryError
from recovery.language import _


def restart_if_died(folder: Path) -> bool:
    """Tell if a daemon runs again in that folder because the last one had died. Tells it on standard error.

    One that was told to end has taken its sign away, so nothing is started after `recovery daemon stop`, nor where
    none ever ran. A start that fails is not tried again by the next command.
    """
    dead = presence.left_behind(folder)
    if dead is None:
        return False
    from recovery.daemon.launch import ensure_running

    try:
        there = ensure_running(folder)
    except RecoveryError as error:
        presence.forget(folder)
        tell(
            _(
                "The daemon, process {pid}, has died and cannot start again: {reason}",
                pid=dead.pid,
                reason=error.message,
            )
        )
        return False
    tell(
        _("The daemon, process {dead}, had died: started again, process {pid}.", dead=dead.pid, pid=there.pid)
    )
    return True
