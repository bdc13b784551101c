"""`recovery store`: check, backup, restore, export, import. For looking after the journal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from recovery import clock, paths
from recovery.cli.context import clocks, daemon_here, open_journal, tell_clock, wake_daemon
from recovery.cli.output import Guarded, did, failure_of, harmless, is_plain
from recovery.cli.params import json_option
from recovery.cli.render_json import picked, print_json
from recovery.errors import RecoveryError, UsageError
from recovery.language import _, n_
from recovery.store.checking import Fault, Report, check, journal_of, not_whole

STDIO = "-"

_TOLD = 20
"""So many faults are told as text; `--json` tells all."""


@click.group()
def store() -> None:
    """Look after the journal, in which everything is written down.

    A copy is made by itself once a day while the daemon runs; the last seven are kept, in the folder backups.

    \b
    recovery store check
    recovery store backup
    recovery store restore ~/.local/share/recovery/backups/daily-2026-11-23.db
    """


@store.command("check")
@click.argument("file", required=False)
@json_option
def check_command(file: str | None, as_json: bool) -> int:
    """Check that the journal is whole, and every episode can be told from it. Status 1 if not.

    FILE is another journal, such as a copy. Nothing is changed.

    \b
    recovery store check
    recovery store check my-copy.db --json
    """
    path = _path(file) if file else journal_of(paths.home())
    report = check(path, now=clock.now())
    if not file:
        _tell_doubted()
    if as_json:
        print_json(_as_json(report))
        return 1 if report.faults else 0
    if not report.faults:
        click.echo(_("{path}: whole, {content}.", path=path, content=_content(report)))
        return 0
    _tell(report.faults)
    raise not_whole(report, is_copy=bool(file))


@store.command()
@click.argument("file", required=False)
@json_option
def backup(file: str | None, as_json: bool) -> int:
    """Copy the journal, while the daemon runs or not; the copy is read again before it counts.

    FILE is where to, or a folder; without it the copy goes into the folder backups, named by date and time. A file
    that is there already is never overwritten.

    \b
    recovery store backup
    recovery store backup /media/stick/
    """
    from recovery.store.backups import back_up

    written = back_up(paths.home(), clock.now(), _path(file) if file else None)
    _tell_doubted()
    message = _("Copied: {path}", path=written)
    did(message)
    if as_json:
        print_json({"file": written, "bytes": written.stat().st_size})
        return 0
    click.echo(message)
    return 0


@store.command("restore")
@click.argument("file")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@json_option
def restore_command(file: str, is_sure: bool, as_json: bool) -> int:
    """Put a copy in the place of the journal. The present one is kept among the copies.

    The copy is checked first. A running daemon is stopped, and started again afterwards.

    \b
    recovery store restore ~/.local/share/recovery/backups/daily-2026-11-23.db
    recovery store restore my-copy.db --yes
    """
    from recovery.daemon.launch import without_daemon
    from recovery.store import backups

    source, home, now = _path(file), paths.home(), clock.now()
    report = check(source, now=now)
    if report.faults:
        _tell(report.faults)
        raise backups.unfit(source, len(report.faults))
    is_running = daemon_here() is not None
    if not as_json:
        click.echo(_("{path}: whole, {content}.", path=source, content=_content(report)))
        if is_running:
            click.echo(_("The daemon is stopped for it, and started again."))
    if not is_sure and not _is_confirmed(as_json, _("Put it in the place of the present journal?")):
        raise UsageError(_("nothing was changed"), _("--yes puts it in place without asking"))
    paths.make_home()
    with without_daemon(home):
        kept = backups.restore(home, source, now)
        message = _("Restored: {path}", path=journal_of(home))
        did(message)
    if as_json:
        print_json({**_as_json(report), "kept": kept})
        return 0
    click.echo(message)
    if kept is not None:
        click.echo(_("What was there before: {path}", path=kept))
    return 0


@store.command()
@click.argument("file", default=STDIO)
def export(file: str) -> int:
    """Everything as one JSON document: episodes, protocols with their texts, all facts, those taken back as well.

    FILE is where to; without it, or with -, it goes to standard output.

    \b
    recovery store export my-recovery.json
    recovery store export | jq '.facts | length'
    """
    from recovery.store.exchange import exported, opened, write_document

    now = clock.now()
    journal = opened(paths.home(), now)
    _tell_doubted()
    with journal:
        if file == STDIO:
            if isinstance(sys.stdout, Guarded):
                sys.stdout.speak_utf8()
            for piece in exported(journal, now):
                print(harmless(piece), end="")
                if failure_of(sys.stdout):
                    break
            return 0
        path = _path(file)
        write_document(path, exported(journal, now))
    click.echo(_("Exported: {path}", path=path), err=True)
    return 0


@store.command("import")
@click.argument("file")
@json_option
def import_command(file: str, as_json: bool) -> int:
    """Read a document that export wrote, into a journal that holds no episode.

    It is looked over as a whole before anything is written. With - it comes from standard input.

    \b
    recovery store import my-recovery.json
    """
    from recovery.store import exchange

    now, _steady = clocks()  # a daemon that may do better with this desktop has it then
    name = _("standard input") if file == STDIO else str(_path(file))
    text = exchange.text_of_document(_path(file), name)
    try:
        with _progress(text, as_json=as_json) as tick:
            document, report = exchange.read_export(text, name, now=now, tick=tick)
    except exchange.NotImported as error:
        if as_json:
            print_json({"file": name, "faults": [vars(fault) for fault in error.faults]})
        elif len(error.faults) > 1:
            _tell(error.faults)
        raise
    home = paths.make_home()
    exchange.import_(home, document, now)
    message = _("Imported: {content}.", content=_content(report))
    did(message)
    is_running = wake_daemon(home)
    if as_json:
        print_json({**_as_json(report), "file": name})
        return 0
    click.echo(message)
    if not is_running:
        click.echo(_("Reminders come once it runs: recovery daemon start"))
    return 0


@contextmanager
def _progress(text: str, *, as_json: bool) -> Iterator[Callable[[int], None]]:
    """Show the progress of an import as a bar, on a terminal only; give the function that moves it on."""
    from recovery.store.exchange import STEPS

    if as_json or not sys.stderr.isatty() or is_plain():
        yield lambda _count: None
        return
    facts = text.count('"recorded_at":')
    with click.progressbar(length=STEPS * facts, label=_("Reading"), file=sys.stderr) as bar:
        yield bar.update


def _path(file: str) -> Path:
    path = paths.typed(file)
    if "\0" in file:
        raise UsageError(_("{path!r} cannot be the name of a file", path=file))
    return path


def _content(report: Report) -> str:
    """Say what a journal holds."""
    episodes = n_("one episode", "{count} episodes", report.episodes)
    facts = n_("one fact", "{count} facts", report.facts)
    if report.last_at is None:
        return f"{episodes}, {facts}"
    last = f"{clock.on_the_wall(report.last_at):%Y-%m-%d %H:%M}"
    return _("{episodes}, {facts}, the last one of {last}", episodes=episodes, facts=facts, last=last)


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "file": report.path,
        "whole": not report.faults,
        **picked(report, "schema", "protocols", "episodes", "facts"),
        "last": report.last_at,
        "faults": [vars(fault) for fault in report.faults],
    }


def _tell(faults: tuple[Fault, ...]) -> None:
    for fault in faults[:_TOLD]:
        click.echo(str(fault), err=True)
    if more := len(faults[_TOLD:]):
        click.echo(n_("and one more", "and {count} more", more), err=True)


def _tell_doubted() -> None:
    """Say where the clock looks wrong. What else is wrong with the journal is told by whoever looks for it."""
    with suppress(RecoveryError), open_journal(looks=True) as (journal, moment):
        tell_clock(journal, moment)


def _is_confirmed(as_json: bool, question: str) -> bool:
    return not as_json and sys.stdin.isatty() and click.confirm(question)
