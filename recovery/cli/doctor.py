"""`recovery doctor`: whether cues arrive, and if not, why, and what to type."""

import os
from collections.abc import Iterator
from pathlib import Path

import click

from recovery import clock, paths
from recovery.cli.doctor_checks import TITLES, Check, State, examine
from recovery.cli.output import styled
from recovery.cli.params import DURATION, json_option
from recovery.cli.render_json import print_json
from recovery.daemon.autostart.way import Machine
from recovery.errors import RecoveryError, UsageError
from recovery.language import N_, _, n_
from recovery.protocol.terms import Duration

_STYLES = {"ok": "green", "warn": "yellow", "fail": "red"}
_WORDS = {"ok": N_("ok"), "warn": N_("note"), "fail": N_("WRONG")}
_LONGEST_TEST = 3600


@click.command()
@click.option("--test", is_flag=True, help="Show a notification, and wait until you press its button.")
@click.option(
    "--within",
    type=DURATION,
    default="30s",
    metavar="LENGTH",
    help="How long --test waits.",
    show_default=True,
)
@json_option
def doctor(test: bool, within: Duration, as_json: bool) -> int:
    """Look for what keeps reminders from coming: the desktop, the daemon, the clock, the disk, the journal.

    Exit status 1 if something is wrong. Nothing is changed.

    \b
    recovery doctor
    recovery doctor --test       # and press the button
    """
    if not within.is_exact or not 1 <= within.seconds <= _LONGEST_TEST:
        raise UsageError(_("--within takes from 1s to 1h"), _("write for instance --within 30s"))
    seconds = within.seconds if test else None
    checks = []
    for check in _all(seconds):
        checks.append(check)
        if not as_json:
            _tell(check)
    state = _worst(checks)
    if as_json:
        told = [vars(check) | {"advice": check.advice or None} for check in checks]
        print_json({"now": clock.now(), "state": state, "checks": told})
    else:
        _tell_sum(checks)
    return 1 if state == "fail" else 0


def _all(test_within: float | None) -> Iterator[Check]:
    try:
        machine = Machine(paths.home(), os.environ)
    except RecoveryError as error:
        nowhere = Machine(Path(os.devnull), os.environ)
        return examine(nowhere, test_within=test_within, homeless=error)
    return examine(machine, test_within=test_within)


def _worst(checks: list[Check]) -> State:
    states = {check.state for check in checks}
    return "fail" if "fail" in states else "warn" if "warn" in states else "ok"


def _tell(check: Check) -> None:
    word = styled(f"{_(_WORDS[check.state]):<6}", _STYLES[check.state])
    click.echo(f"{word} {_(TITLES[check.name])}: {check.found}")
    if check.advice:
        click.echo(f"         {check.advice}")


def _tell_sum(checks: list[Check]) -> None:
    wrong = sum(check.state == "fail" for check in checks)
    noted = sum(check.state == "warn" for check in checks)
    if wrong:
        click.echo(n_("{count} thing is wrong.", "{count} things are wrong.", wrong))
    elif noted:
        click.echo(
            n_("Nothing is wrong; {count} thing to note.", "Nothing is wrong; {count} things to note.", noted)
        )
    else:
        click.echo(_("Nothing is wrong."))
