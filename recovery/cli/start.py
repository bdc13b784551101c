"""`recovery start`: check what is given, show the plan with dates, keep the episode, start the daemon."""

import sys
import time as time_
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recovery import clock, paths, settings
from recovery.cli import params, render_text
from recovery.cli.daemon import how_it_reminds, notifier_option
from recovery.cli.params import json_option
from recovery.cli.person import opened as opened_record
from recovery.cli.person import show_untold
from recovery.cli.render_json import VERSION, print_json
from recovery.daemon import control, presence
from recovery.daemon.presence import Presence
from recovery.engine import facts as f
from recovery.engine.episode import Episode
from recovery.engine.facts import Fact, to_ms
from recovery.engine.fold import begin
from recovery.engine.outlook import outlook
from recovery.engine.times import Place
from recovery.errors import RecoveryError, UsageError
from recovery.protocol import compiled
from recovery.protocol.library import default_library
from recovery.protocol.model import SIDES
from recovery.store.journal import Journal, Pinned
from recovery.store.record import Record, bring_up, load, load_one, untold

if TYPE_CHECKING:
    from recovery.protocol.reading import Reading

FIRST_CUES_WITHIN = 1.5
"""Seconds to wait for the fate of the first cues, to show as text those that no desktop takes."""


@click.command()
@click.argument("protocol")
@click.option(
    "--onset", metavar="TIME", help='When it happened: "yesterday 18:00", "2h ago", 2026-11-23T18:00.'
)
@click.option("--grade", type=params.GRADE, help="I, II or III, also 1, 2, 3.")
@click.option("--side", type=click.Choice(SIDES), help="Which side is injured.")
@click.option("--wake", type=params.CLOCK, help="When you get up. [default: the setting, or 07:00]")
@click.option("--bedtime", type=params.CLOCK, help="When you go to bed. [default: the setting, or 23:00]")
@click.option(
    "--timezone", metavar="NAME", help="Where you are, such as Europe/Berlin. [default: the machine's]"
)
@click.option("--no-daemon", is_flag=True, help="Only keep the episode; nothing reminds.")
@notifier_option
@json_option
def start(
    protocol: str,
    onset: str | None,
    grade: str | None,
    side: str | None,
    wake: time | None,
    bedtime: time | None,
    timezone: str | None,
    no_daemon: bool,
    notifier: str | None,
    as_json: bool,
) -> int:
    """Start a protocol: shows the plan, keeps it, and reminds from now on.

    PROTOCOL is an id (see `recovery protocols`) or the path of a protocol file. What is not given is asked
    for on a terminal.

    \b
    recovery start strain --grade 2 --onset "yesterday 18:00" --side left
    recovery start rice --onset "2h ago" --side right
    """
    folder, now = paths.make_home(), clock.now()
    known = settings.load(folder)
    place = params.place(timezone or known.timezone, wake or known.wake, bedtime or known.bedtime)
    from recovery.protocol.reading import read_protocol

    library = default_library()
    reading = read_protocol(library.find(protocol), library)
    wanted = {"onset": onset, "grade": grade, "side": side}
    given = _complete(reading, wanted, now, place, ask=not as_json)
    injury = _onset(given["onset"], now, place)
    data = {
        "protocol": reading.protocol.id,
        "version": reading.protocol.version,
        "hash": reading.content_hash,
        "onset": to_ms(injury),
        "grade": given["grade"],
        "side": given["side"],
        "zone": place.zone.key,
        "wake": f"{place.wake:%H:%M}",
        "bedtime": f"{place.bedtime:%H:%M}",
        "confirms": not known.auto_advance,
    }
    episode = _keep(folder, reading, data, now)
    there = None if no_daemon else _see_that_it_runs(folder, notifier)
    if as_json:
        print_json({"v": VERSION, "episode": episode.id, "daemon": there is not None})
        return 0
    _tell(episode, now, there)
    if there is not None:
        _show_what_no_desktop_showed(folder)
    return 0


def _complete(
    reading: "Reading", given: dict[str, str | None], now: datetime, place: Place, *, ask: bool
) -> dict[str, str | None]:
    """All inputs that the protocol wants: asked for on a terminal, else an error that names the options."""
    missing = [name for name in reading.protocol.inputs if given[name] is None]
    if not missing:
        return given
    if not ask or not sys.stdin.isatty():
        options = " ".join(f"--{name}" for name in missing)
        raise UsageError(
            f"{reading.protocol.id} needs {options}",
            'for instance: --onset "yesterday 18:00" --grade 2 --side left',
        )
    return given | {name: _ask(name, now, place) for name in missing}


def _ask(name: str, now: datetime, place: Place) -> str:
    match name:
        case "grade":
            click.echo("Grade I: pain, but little or no loss of movement or strength.")
            click.echo("Grade II: some loss of movement and strength, perhaps a limp. If unsure, take this.")
            click.echo("Grade III: complete loss of movement and strength. This one needs a doctor today.")
            answer: str = click.prompt("Which grade", type=params.GRADE)
        case "side":
            answer = click.prompt("Which side is injured", type=click.Choice(SIDES))
        case _:

            def known(text: str) -> str:
                try:
                    _onset(text, now, place)
                except UsageError as error:
                    raise click.UsageError(error.message.removeprefix("--onset: ")) from None
                return text

            answer = click.prompt('When did it happen ("2h ago", "yesterday 18:00")', value_proc=known)
    return answer


def _onset(text: str | None, now: datetime, place: Place) -> datetime:
    """The injury; a protocol that does not ask for one counts from now. Raises `UsageError`."""
    if text is None:
        return now
    injury = params.moment(text, "--onset", now, place)
    if injury > now:
        raise UsageError(
            "--onset: the injury cannot be in the future", 'write for instance "yesterday 18:00"'
        )
    return injury


def _keep(folder: Path, reading: "Reading", data: dict[str, object], now: datetime) -> Episode:
    """The episode in the journal, with what is due at once. Raises `RecoveryError`."""
    protocol = reading.protocol
    with Journal.open(folder, now=now) as journal:
        with journal.transaction():
            record = load(journal, now)
            _refuse_twice(record, protocol.id, data["side"])
            pinned = Pinned(
                reading.content_hash,
                protocol.id,
                protocol.version,
                reading.texts,
                compiled.to_json(protocol),
                compiled.FORMAT,
            )
            journal.pin(pinned)
            id_ = journal.create_episode(protocol.id, pinned.hash)
            started = journal.append([Fact(id_, now, f.STARTED, data, "person")], now=now)[0]
            bring_up(journal, Record((*record.episodes, begin(protocol, started)), record.ended), now)
        return load_one(journal, id_, now)


def _refuse_twice(record: Record, protocol_id: str, side: object) -> None:
    for episode in record.episodes:
        if episode.protocol.id == protocol_id and (side is None or episode.side in (None, side)):
            raise RecoveryError(
                f"{episode.id} is active already",
                f"recovery status shows it; recovery stop --episode {episode.id} ends it",
            )


def _see_that_it_runs(folder: Path, notifier: str | None) -> Presence | None:
    from recovery.daemon.launch import ensure_running

    try:
        there = ensure_running(folder, notifier)
    except RecoveryError as error:
        click.echo(f"The episode is kept, but nothing reminds: {error.message}", err=True)
        click.echo(f"  {error.hint or 'recovery daemon run shows why'}", err=True)
        return None
    control.call(folder, control.WAKE)
    return presence.read(folder) or there


def _tell(episode: Episode, now: datetime, there: Presence | None) -> None:
    click.echo(render_text.plan(episode, now))
    click.echo()
    click.echo(render_text.first(outlook(episode, now)))
    click.echo()
    if there is None:
        click.echo("No daemon: no reminders come until recovery daemon start.")
    else:
        click.echo(how_it_reminds(there))
    click.echo("recovery checkin tells how it is; recovery status shows where you are.")
    click.secho(
        "Not medical advice. Get help now for numbness between the legs, loss of bladder or bowel", dim=True
    )
    click.secho("control, weakness in both legs, or chest pain with a swollen leg.", dim=True)


def _show_what_no_desktop_showed(folder: Path) -> None:
    """The first cues as text, once the daemon is known to have had no luck with them."""
    limit = clock.monotonic() + FIRST_CUES_WITHIN
    while clock.monotonic() < limit:
        with opened_record() as person:
            known = load(person.journal, person.now).all
            if all(cue.seq in e.troubles for e in known for cue in untold(e, person.now)):
                break
        time_.sleep(0.05)
    with opened_record() as person:
        show_untold(person, is_daemon_running=presence.is_running(folder))
