"""`recovery upgrade`: another text of its protocol for a running episode, shown in words before it is applied."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from recovery import clock, paths
from recovery.care import upgrade as upgrading
from recovery.care.record import bring_up
from recovery.cli import render_text
from recovery.cli.output import did
from recovery.cli.params import json_option
from recovery.cli.person import Person, loaded, open_journal, opened
from recovery.cli.render_json import difference_json, print_json
from recovery.daemon import handing
from recovery.engine.episode import Episode
from recovery.errors import NotThere, RecoveryError
from recovery.language import _
from recovery.protocol.differences import Difference
from recovery.protocol.library import Library, NoSuchProtocol, default_library
from recovery.store.journal import Journal, Pinned
from recovery.store.pinned import protocol_of

if TYPE_CHECKING:
    from recovery.protocol.reading import Reading


@click.command()
@click.option(
    "--episode", "-e", metavar="ID", help="Which episode, such as strain-1; needed when there are several."
)
@click.option("--yes", "is_wanted", is_flag=True, help="Apply it without asking.")
@json_option
def upgrade(episode: str | None, is_wanted: bool, as_json: bool) -> int:
    """Go on with the text of the protocol that is installed now: shows what changes, and asks.

    A running episode keeps the text it was started with until you say so. recovery undo takes it back.

    \b
    recovery upgrade
    recovery upgrade --yes
    """
    with opened() as person:
        before = person.one(episode)
        pinned = person.journal.pinned(before.id)
        reading = _installed(pinned.protocol_id, before.id, default_library())
        versions = {
            "episode": before.id,
            "protocol": pinned.protocol_id,
            "from": {"version": pinned.version, "hash": pinned.hash},
            "to": {"version": reading.protocol.version, "hash": reading.content_hash},
        }
        if reading.content_hash == pinned.hash:
            if as_json:
                print_json(
                    {**versions, "up_to_date": True, "upgraded": False, "refused": None, "differences": []}
                )
            else:
                about = {"protocol": pinned.protocol_id, "version": pinned.version}
                click.echo(_("{episode} is up to date: {protocol} {version}.", episode=before.id, **about))
            return 0
        from recovery.protocol.differences import differences

        found = differences(protocol_of(person.journal, before.id, ""), reading.protocol)
        reason = upgrading.refusal(before, reading.protocol)
        if not as_json:
            _show(before, pinned, reading, found)
        if reason and not as_json:
            raise _refused(reason)
        is_wanted = not reason and (is_wanted or _is_confirmed(as_json))
        after = _applied(person, before, reading) if is_wanted else before
    if as_json:
        told = [difference_json(one) for one in found]
        outcome = {"up_to_date": False, "upgraded": is_wanted, "refused": reason or None}
        print_json({**versions, **outcome, "differences": told})
        return 1 if reason else 0
    if not is_wanted:
        click.echo(_("Nothing is changed. recovery upgrade --yes applies it."))
        return 0
    click.echo(_goes_on(after))
    if any(question.id not in after.screened for question in after.whole.screen):
        click.echo(_("It asks what was not asked before: recovery screen"))
    click.echo(_("recovery undo takes it back."))
    return 0


def _installed(protocol_id: str, episode: str, library: Library) -> "Reading":
    """The text that is installed now. Raises `NotThere`, `ProtocolError`."""
    from recovery.protocol.reading import read_protocol

    try:
        return read_protocol(library.find_id(protocol_id), library)
    except NoSuchProtocol:
        raise NotThere(
            _("{episode} runs {protocol}, which is not installed", episode=episode, protocol=protocol_id),
            _("recovery protocols add FILE installs a text of it"),
        ) from None


def _show(episode: Episode, pinned: Pinned, reading: "Reading", found: tuple[Difference, ...]) -> None:
    """The two versions, and what the other one changes."""
    versions = {"old": pinned.version, "new": reading.protocol.version}
    runs = _("{episode} runs {protocol} {old}.", episode=episode.id, protocol=pinned.protocol_id, **versions)
    click.echo(f"{runs} {_('Installed is {new}. What changes:', **versions)}")
    for line in render_text.difference_lines(found):
        click.echo(line)
    if not found:
        click.echo(_("- comments and layout only"))


def _is_confirmed(as_json: bool) -> bool:
    return not as_json and sys.stdin.isatty() and click.confirm(_("Go on with the new text?"))


def _refused(reason: str) -> RecoveryError:
    return RecoveryError(_("not now: {reason}", reason=reason), _("the episode keeps its text"))


def _applied(person: Person, before: Episode, reading: "Reading") -> Episode:
    """The episode under its new text, written down. Raises `RecoveryError` where meanwhile it cannot have it."""
    protocol, pinned = reading.protocol, upgrading.pinned_from(reading)
    # Anew: the person may have taken their time to answer, and who only looks may have a copy in memory.
    with open_journal() as (journal, now), journal.transaction():
        record = bring_up(journal, loaded(journal, now), now)
        if record.is_clock_doubted:
            raise _refused(_("nothing is begun or moved on by this clock"))
        episode = record.of(before.id)
        reason = upgrading.refusal(episode, protocol)
        if reason:
            raise _refused(reason)
        record = upgrading.upgrade(journal, episode, pinned, protocol, now)
    # Only now: the daemon must find the facts when it looks.
    handing.wake(person.folder)
    after = record.of(before.id)
    did(_goes_on(after))
    return after


def _goes_on(episode: Episode) -> str:
    about = {
        "protocol": episode.protocol.id,
        "version": episode.protocol.version,
        "phase": episode.phase.title,
    }
    return _("{episode} goes on with {protocol} {version}, in: {phase}.", episode=episode.id, **about)


def offers(library: Library) -> Iterator[str]:
    """A line for each running episode for which another text is installed. A record that fails says nothing here."""
    from recovery.protocol.reading import read_protocol

    now = clock.now()
    with suppress(RecoveryError):
        journal = Journal.open_to_look(paths.home(), now=now)
        if journal is None:
            return
        with journal:
            for id_ in journal.open_episodes():
                pinned = journal.pinned(id_)
                with suppress(RecoveryError):
                    reading = read_protocol(library.find_id(pinned.protocol_id), library)
                    if reading.content_hash != pinned.hash:
                        about = {"protocol": pinned.protocol_id, "version": pinned.version, "episode": id_}
                        yield _(
                            "{episode} runs another text of {protocol}, {version}: recovery upgrade", **about
                        )
