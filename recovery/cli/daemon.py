"""`recovery daemon`, the process that reminds, and `recovery service`, which has it started at log-in."""

import os
import sys
from pathlib import Path

import click

from recovery import paths
from recovery.cli.output import did
from recovery.cli.params import json_option, notifier_option
from recovery.cli.render_json import daemon_json, print_json
from recovery.daemon import presence
from recovery.daemon.autostart import choose
from recovery.daemon.autostart.way import Machine, Way
from recovery.daemon.handing import hand_over_and_wait
from recovery.errors import NotThere, RecoveryError
from recovery.language import _


@click.group()
def daemon() -> None:
    """The process that reminds. `recovery start` starts it; these are for looking after it.

    \b
    recovery daemon status
    recovery daemon run          # in the foreground, with the log on standard error
    """


@daemon.command("run")
@notifier_option
def daemon_run(notifier: str | None) -> int:
    """Remind until stopped, in the foreground. Where there is no desktop, cues are shown as text.

    \b
    recovery daemon run
    recovery daemon run --notifier text
    """
    folder = paths.make_home()
    if sys.platform != "win32":
        # In a new program: what the command line has loaded by now would stay with the daemon.
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-m", "recovery.daemon", "-", notifier or ""])  # noqa: S606  # no shell
    from recovery.daemon.run import run_daemon

    run_daemon(folder, notifier=notifier)
    return 0


@daemon.command("start")
@notifier_option
@json_option
def daemon_start(notifier: str | None, as_json: bool) -> int:
    """Start it in the background. One that runs already speaks to the desktop of this session from now on.

    \b
    recovery daemon start
    """
    from recovery.daemon.launch import ensure_running, once_settled

    folder = paths.make_home()
    was = presence.is_running(folder)
    there, is_handed = hand_over_and_wait(folder, ensure_running(folder, notifier))
    there = once_settled(folder, there)
    message = _("Started: process {pid}.", pid=there.pid)
    if was:
        message = _running_already(there, is_handed=is_handed)
    did(message)
    if as_json:
        print_json(daemon_json(there))
        return 0
    click.echo(message)
    click.echo(how_it_reminds(there))
    return 0


def _running_already(there: presence.Presence, *, is_handed: bool) -> str:
    """Name the daemon, and tell what became of this session's desktop where it was handed over."""
    words = _("Running already: process {pid}.", pid=there.pid)
    if is_handed and not there.not_taken:
        return _("Running already: process {pid}; it now speaks to this desktop.", pid=there.pid)
    if is_handed and not there.problem:
        reason = there.not_taken
        return f"{words}\n" + _("It stays with the desktop that it has: {reason}.", reason=reason)
    return words


def see_that_it_runs(
    folder: Path, notifier: str | None, *, is_wanted: bool, settles: bool
) -> presence.Presence | None:
    """Have a daemon remind of the episode just kept. None where none does; why it cannot is on standard error.

    With `settles` wait a little for the fate of its first cues.
    """
    if not is_wanted:
        presence.forget(folder)
        return None
    from recovery.daemon.launch import begin_reminding, once_settled

    try:
        there = begin_reminding(folder, notifier)
    except RecoveryError as error:
        message = _("The episode is kept, but nothing reminds: {reason}", reason=error.message)
        click.echo(message, err=True)
        click.echo(f"  {error.hint or _('recovery daemon run shows why')}", err=True)
        return None
    return once_settled(folder, there) if settles else there


def how_it_reminds(there: presence.Presence | None) -> str:
    """Tell if reminders arrive, in one sentence."""
    if there is None:
        return _("No daemon: no reminders come until recovery daemon start.")
    if there.problem:
        trouble = _("Notifications do not reach a desktop: {reason}.", reason=there.problem)
        advice = _(
            "Cues are kept, and shown as text by the next command. A command on your desktop brings them there. "
            "To have them here as they come: recovery daemon stop, then recovery daemon run."
        )
        return f"{trouble}\n{advice}"
    return _("Reminders come as desktop notifications, by {notifier}.", notifier=there.notifier)


@daemon.command("stop")
@json_option
def daemon_stop(as_json: bool) -> int:
    """End it. No reminders come until it is started again.

    \b
    recovery daemon stop
    """
    from recovery.daemon.launch import stop_daemon

    if not stop_daemon(paths.home()):
        raise NotThere(_("no daemon is running"))
    message = _("Stopped. No reminders come until: recovery daemon start")
    did(message)
    if as_json:
        print_json(daemon_json(None))
        return 0
    click.echo(message)
    return 0


@daemon.command("status")
@json_option
def daemon_status(as_json: bool) -> int:
    """Tell if it runs, since when, how it reminds, and when it wakes next. Exit status 3 if it does not run.

    \b
    recovery daemon status --json
    """
    from recovery.daemon.presence import heard_of

    folder = paths.home()
    try:
        there = heard_of(folder)
    except RecoveryError:
        if as_json:
            print_json(daemon_json(None))
        raise
    if there is not None:
        there, _is_handed = hand_over_and_wait(folder, there)
    if as_json:
        print_json(daemon_json(there))
        return 0 if there else NotThere.exit_status
    if there is None:
        raise NotThere(_("no daemon is running"), "recovery daemon start")
    since = f"{there.since_at:%Y-%m-%d %H:%M:%S} UTC"
    click.echo(_("Running: process {pid}, since {since}.", pid=there.pid, since=since))
    click.echo(how_it_reminds(there))
    if there.wakes_at is not None:
        at = f"{there.wakes_at:%Y-%m-%d %H:%M:%S} UTC"
        click.echo(_("Wakes next at {at}.", at=at))
    return 0


# At log-in -----------------------------------------------------------------------------------------


@click.group()
def service() -> None:
    """Start the daemon at log-in, by what this system has for it: systemd, the desktop, launchd, Windows' tasks.

    \b
    recovery service install
    recovery service status
    """


@service.command("install")
@click.option("--way", type=click.Choice(choose.WAY_NAMES), help="How; without it the best way there is.")
@json_option
def service_install(way: str | None, as_json: bool) -> int:
    """Start the daemon at log-in from now on. systemd and launchd also start it again when it fails.

    \b
    recovery service install
    recovery service install --way xdg
    """
    machine = Machine(paths.make_home(), os.environ)
    used, done = choose.install(machine, way)
    for line in done.did:
        did(line)
    if as_json:
        print_json({**_told(used), "did": done.did, "undo": done.undo})
        return 0
    for line in done.did or (_("Installed already: {place}", place=used.place),):
        click.echo(line)
    click.echo(_("To undo it: {command}", command=done.undo))
    return 0


@service.command("uninstall")
@json_option
def service_uninstall(as_json: bool) -> int:
    """Start the daemon at log-in no more. Exit status 3 if nothing was installed.

    \b
    recovery service uninstall
    """
    machine = Machine(paths.home(), os.environ)
    ways = choose.installed(machine)
    done = tuple(line for way in ways for line in way.uninstall().did)
    for line in done:
        did(line)
    if as_json:
        print_json({"installed": False, "did": done})
        return 0 if ways else NotThere.exit_status
    if not ways:
        raise _nothing_installed()
    for line in done:
        click.echo(line)
    return 0


@service.command("status")
@json_option
def service_status(as_json: bool) -> int:
    """Tell if the daemon is started at log-in, and how. Exit status 3 if it is not.

    \b
    recovery service status --json
    """
    machine = Machine(paths.home(), os.environ)
    ways = choose.installed(machine)
    if as_json:
        print_json({"installed": bool(ways), "ways": [_told(way) for way in ways]})
        return 0 if ways else NotThere.exit_status
    if not ways:
        raise _nothing_installed()
    for way in ways:
        state = way.state()
        click.echo(f"{way.name}: {way.place}" + (f" ({state})" if state else ""))
    return 0


def _told(way: Way) -> dict[str, str]:
    return {"way": way.name, "place": way.place, "state": way.state()}


def _nothing_installed() -> NotThere:
    return NotThere(_("nothing starts the daemon at log-in"), "recovery service install")
