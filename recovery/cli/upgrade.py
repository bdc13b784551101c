"""`recovery upgrade`: another text of its protocol for a running episode, shown in words before it is applied."""

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from recovery import paths
from recovery.care import upgrade as care
from recovery.care.record import changing
from recovery.care.upgrade import InstalledText
from recovery.cli import render_text
from recovery.cli.context import looking, open_journal, wake_daemon
from recovery.cli.output import did
from recovery.cli.params import episode_option, json_option
from recovery.cli.render_json import difference_json, print_json
from recovery.engine.episode import Episode
from recovery.errors import RecoveryError
from recovery.language import _


@click.command()
@episode_option
@click.option(
    "--all", "shows_all", is_flag=True, help="Show all that changes, in every phase, text and source."
)
@click.option("--yes", "is_wanted", is_flag=True, help="Apply it without asking.")
@json_option
def upgrade(episode: str | None, shows_all: bool, is_wanted: bool, as_json: bool) -> int:
    """Go on with the text of the protocol that is installed now: shows what changes, and asks.

    A running episode keeps the text it was started with until you say so. recovery undo takes it back.

    \b
    recovery upgrade
    recovery upgrade --yes
    """
    with looking() as context:
        text = care.installed_text(context, episode)
        if text.is_the_same:
            return _tell_up_to_date(text, as_json=as_json)
        if not as_json:
            _show(text, shows_all=shows_all)
            if text.refusal:
                raise care.refused(text.refusal)
        is_wanted = not text.refusal and (is_wanted or _is_confirmed(as_json))
        after = _applied(text) if is_wanted else text.episode
    if as_json:
        outcome = {
            "up_to_date": False,
            "upgraded": is_wanted,
            "refused": text.refusal or None,
            "moves": text.moves or None,
        }
        listed = [difference_json(each) for each in text.differences]
        print_json({**_versions(text), **outcome, "differences": listed})
        return 1 if text.refusal else 0
    if not is_wanted:
        click.echo(_("Nothing is changed. recovery upgrade --yes applies it."))
        return 0
    click.echo(_goes_on(after))
    if any(question.id not in after.screened for question in after.pinned.screen):
        click.echo(_("It asks what was not asked before: recovery screen"))
    click.echo(_("recovery undo takes it back."))
    return 0


def _versions(text: InstalledText) -> dict[str, Any]:
    return {
        "episode": text.episode.id,
        "protocol": text.pinned.protocol_id,
        "from": {"version": text.pinned.version, "hash": text.pinned.hash},
        "to": {"version": text.reading.protocol.version, "hash": text.reading.content_hash},
    }


def _tell_up_to_date(text: InstalledText, *, as_json: bool) -> int:
    if as_json:
        outcome = {"up_to_date": True, "upgraded": False, "refused": None, "moves": None}
        print_json({**_versions(text), **outcome, "differences": []})
    else:
        about = {"protocol": text.pinned.protocol_id, "version": text.pinned.version}
        click.echo(_("{episode} is up to date: {protocol} {version}.", episode=text.episode.id, **about))
    return 0


def _show(text: InstalledText, *, shows_all: bool) -> None:
    """The two versions, and what the other one changes, all of it or what is near; and how much more there is."""
    shown = text.differences if shows_all else text.near
    versions = {"old": text.pinned.version, "new": text.reading.protocol.version}
    about = {"episode": text.episode.id, "protocol": text.pinned.protocol_id}
    runs = _("{episode} runs {protocol} {old}.", **about, **versions)
    click.echo(f"{runs} {_('Installed is {new}. What changes:', **versions)}")
    for line in render_text.difference_lines(shown):
        click.echo(line)
    if more := len(text.differences) - len(shown):
        click.echo(
            _("- and {count} more in other phases, questions, signs, words and sources: --all", count=more)
        )
    if not text.differences:
        click.echo(_("- comments and layout only"))
    if text.moves:
        click.echo(text.moves)


def _is_confirmed(as_json: bool) -> bool:
    return not as_json and sys.stdin.isatty() and click.confirm(_("Go on with the new text?"))


def _applied(text: InstalledText) -> Episode:
    """The episode under its other text, written down. Raises `RecoveryError` where meanwhile it cannot have it."""
    # Anew: the person may have taken their time to answer, and who only looks may have a copy in memory.
    with open_journal() as (journal, moment), changing(journal, moment) as context:
        after = care.go_on_with(context, text)
    # Only now: the daemon must find the facts when it looks.
    wake_daemon(context.folder)
    did(_goes_on(after))
    return after


def _goes_on(episode: Episode) -> str:
    places = [episode.phase.title, *([episode.rung.title] if episode.rung else [])]
    about = {
        "protocol": episode.tailored.id,
        "version": episode.tailored.version,
        "phase": ", ".join(places),
    }
    return _("{episode} goes on with {protocol} {version}, in: {phase}.", episode=episode.id, **about)


def offers(now: datetime) -> Iterator[str]:
    """A line for each running episode for which another text is installed. Where no record is, it says nothing."""
    try:
        home = paths.home()
    except RecoveryError:
        return
    for id_, pinned in care.outdated(home, now):
        about = {"protocol": pinned.protocol_id, "version": pinned.version, "episode": id_}
        yield _("{episode} runs another text of {protocol}, {version}: recovery upgrade", **about)
