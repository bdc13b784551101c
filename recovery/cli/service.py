"""`recovery service`: have the system start the daemon at log-in."""

import os

import click

from recovery import paths
from recovery.cli.output import did
from recovery.cli.params import json_option
from recovery.cli.render_json import VERSION, print_json
from recovery.daemon.autostart import choose
from recovery.daemon.autostart.way import Machine, Way
from recovery.errors import NotThere
from recovery.language import _


@click.group()
def service() -> None:
    """Start the daemon at log-in, by what this system has for it: systemd, the desktop, launchd, Windows' tasks.

    \b
    recovery service install
    recovery service status
    """


@service.command()
@click.option("--way", type=click.Choice(choose.NAMES), help="How; without it the best way there is.")
@json_option
def install(way: str | None, as_json: bool) -> int:
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
        print_json({"v": VERSION, **_told(used), "did": done.did, "undo": done.undo})
        return 0
    for line in done.did or (_("Installed already: {place}", place=used.place),):
        click.echo(line)
    click.echo(_("To undo it: {command}", command=done.undo))
    return 0


@service.command()
@json_option
def uninstall(as_json: bool) -> int:
    """Start the daemon at log-in no more. Exit status 3 if nothing was installed.

    \b
    recovery service uninstall
    """
    machine = Machine(paths.home(), os.environ)
    found = choose.installed(machine)
    done = tuple(line for way in found for line in way.uninstall().did)
    for line in done:
        did(line)
    if as_json:
        print_json({"v": VERSION, "installed": False, "did": done})
        return 0 if found else NotThere.exit_status
    if not found:
        raise _nothing_installed()
    for line in done:
        click.echo(line)
    return 0


@service.command()
@json_option
def status(as_json: bool) -> int:
    """Whether the daemon is started at log-in, and how. Exit status 3 if it is not.

    \b
    recovery service status --json
    """
    machine = Machine(paths.home(), os.environ)
    found = choose.installed(machine)
    if as_json:
        print_json({"v": VERSION, "installed": bool(found), "ways": [_told(way) for way in found]})
        return 0 if found else NotThere.exit_status
    if not found:
        raise _nothing_installed()
    for way in found:
        state = way.state()
        click.echo(f"{way.name}: {way.place}" + (f" ({state})" if state else ""))
    return 0


def _told(way: Way) -> dict[str, str]:
    return {"way": way.name, "place": way.place, "state": way.state()}


def _nothing_installed() -> NotThere:
    return NotThere(_("nothing starts the daemon at log-in"), "recovery service install")
