"""Choosing a way of being started at log-in by what there is, and using it."""

from pathlib import Path

from recovery.daemon.autostart.launchd import Launchd
from recovery.daemon.autostart.systemd import Systemd
from recovery.daemon.autostart.way import Machine, StepsTaken, Way, how_to_stay, refuse_passing
from recovery.daemon.autostart.windows import ScheduledTask
from recovery.daemon.autostart.xdg import Autostart
from recovery.errors import RecoveryError, UsageError
from recovery.language import _


def ways(machine: Machine) -> tuple[Way, ...]:
    """Every way, the best first."""
    return (Systemd(machine), Autostart(machine), Launchd(machine), ScheduledTask(machine))


WAY_NAMES = ("systemd", "xdg", "launchd", "schtasks")


def chosen_way(machine: Machine, name: str | None = None) -> Way:
    """The way of that name, or the best there is. Raises `UsageError` where it cannot be used here."""
    offered = ways(machine)
    if name is None:
        usable = [way for way in offered if not way.why_not()]
        if not usable:
            reasons = "; ".join(f"{way.name}: {way.why_not()}" for way in offered)
            raise UsageError(_("there is no way of starting at log-in here ({reasons})", reasons=reasons))
        return usable[0]
    way = next(way for way in offered if way.name == name)
    if reason := way.why_not():
        raise UsageError(_("{name} cannot be used here: {reason}", name=name, reason=reason))
    return way


def installed(machine: Machine) -> tuple[Way, ...]:
    """The ways that start the daemon of this folder now; more than one after a change by hand."""
    return tuple(way for way in ways(machine) if way.is_installed())


def install(machine: Machine, name: str | None = None) -> tuple[Way, StepsTaken]:
    """Start at log-in in one way, and in no other. Raises `RecoveryError`."""
    way = chosen_way(machine, name)
    _refuse_unwritable(machine.folder)
    refuse_passing(machine)
    _refuse_unfindable(machine)
    did: tuple[str, ...] = ()
    for other in installed(machine):
        if other.name != way.name:
            did += other.uninstall().did
    done = way.install()
    return way, StepsTaken((*did, *done.did), done.undo)


def _refuse_unwritable(folder: Path) -> None:
    """A path that the files could not name. Raises `RecoveryError`."""
    text = str(folder)
    if not text.isprintable():  # a line break, or bytes that are no text
        raise RecoveryError(
            _("{path!r} cannot be written into a configuration file", path=text),
            _("give RECOVERY_HOME a path without control characters"),
        )


def _refuse_unfindable(machine: Machine) -> None:
    """At log-in there is no current folder and no PYTHONPATH to find us by. Raises `RecoveryError`."""
    code = "import os, sys; os.chdir(os.path.abspath(os.sep)); import recovery.daemon.__main__"
    clean = [machine.python, "-P", "-E", "-c", code]
    if machine.run(clean).status:
        raise RecoveryError(
            _(
                "{python} does not find recovery by itself, so nothing could start it at log-in",
                python=machine.python,
            ),
            how_to_stay(),
        )
