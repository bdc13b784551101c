"""Protocol files: `protocols` (list, show, diff, ...), `validate`, `schema`. These load pydantic and YAML."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from recovery import clock, paths
from recovery.care import protocols as care
from recovery.care.protocols import Installation, Piece
from recovery.cli import render_text
from recovery.cli.output import did
from recovery.cli.params import json_option
from recovery.cli.render_json import (
    difference_json,
    json_line,
    picked,
    print_json,
    protocol_json,
    responsible_json,
)
from recovery.cli.simulate import preview
from recovery.cli.upgrade import offers
from recovery.errors import RecoveryError, UsageError
from recovery.language import _, n_


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def protocols(context: click.Context, as_json: bool) -> int:
    """The protocols that can be started.

    \b
    recovery protocols
    recovery protocols show strain
    recovery protocols preview ./my-protocol.yaml
    """
    if context.invoked_subcommand is not None:
        return 0
    from recovery.cli import render_tables

    entries = care.every_listed()
    if as_json:
        for entry in entries:
            about = picked(entry, "id", "title", "version")
            print_json({**about, "file": entry.path, **picked(entry, "is_usable", "summary")})
    else:
        render_tables.print_library(entries)
        for line in offers(clock.now()):
            click.echo(line)
    return 0


@protocols.command()
@click.argument("protocol")
@click.option("--numbers", is_flag=True, help="Every number with its source; the project's own are marked.")
@json_option
def show(protocol: str, numbers: bool, as_json: bool) -> int:
    """A protocol as a page to read: phases, what happens when, conditions, limits, sources.

    \b
    recovery protocols show strain
    recovery protocols show strain --numbers
    recovery protocols show ./my-protocol.yaml
    """
    shown = care.read_wanted(protocol).protocol
    if as_json:
        print_json(protocol_json(shown))
    elif numbers:
        from recovery.cli import render_tables

        render_tables.print_numbers(shown)
    else:
        from recovery.cli import render_tables

        render_tables.print_protocol(care.in_own_words(shown))
    return 0


@protocols.command()
@click.argument("old")
@click.argument("new")
@json_option
def diff(old: str, new: str, as_json: bool) -> int:
    """Show what changed between two protocols, in words; what is less strict is marked.

    OLD and NEW are ids or paths. With --json one object a difference.

    \b
    recovery protocols diff rice my-rice.yaml
    """
    changed = care.compared(old, new)
    if as_json:
        for difference in changed:
            print_json(difference_json(difference))
        return 0
    for line in render_text.difference_lines(changed):
        click.echo(line)
    if not changed:
        click.echo(_("no differences"))
    return 0


protocols.add_command(preview)


@click.command()
@click.argument("files", nargs=-1, metavar="FILE...")
@json_option
def validate(files: tuple[str, ...], as_json: bool) -> int:
    """Check protocol files and tell all that is wrong, with file:line:column. Status 1 if there is an error.

    \b
    recovery validate my-protocol.yaml
    recovery validate protocols/*.yaml --json
    """
    if not files:
        raise UsageError(_("no file given"), _("write for instance: recovery validate my-protocol.yaml"))
    has_error = False
    for name in files:
        protocol, problems = care.validated(name, clock.now())
        for problem in problems:
            has_error = has_error or problem.is_error
            if as_json:
                print_json(vars(problem))
            else:
                click.echo(render_text.problem_line(problem))
        if protocol is not None and not as_json:
            about = {"file": name, "title": protocol.title, "version": protocol.version}
            click.echo(_("{file}: {title}, version {version}: no errors", **about))
            for line in render_text.responsible_lines(care.if_protocol(protocol)):
                click.echo(line)
    return 1 if has_error else 0


@click.command()
def schema() -> int:
    """The JSON Schema of protocol files, for editors.

    \b
    recovery schema > protocol.schema.json
    """
    click.echo(json_line(care.schema_of_files(), indent=2))
    return 0


# Protocols of one's own ----------------------------------------------------------------------------


STDOUT = "-"


@protocols.command()
@click.argument("id_", metavar="ID")
@click.option("--to", metavar="FILE", help="Where to write it; - prints it. [default: ID.yaml, here]")
def new(id_: str, to: str | None) -> int:
    """Write a first protocol file to change: whole, without errors, and commented.

    ID is its short name: small letters, digits and hyphens. A file that is there already is never overwritten.

    \b
    recovery protocols new my-hip
    recovery protocols new my-hip --to -
    """
    text = care.draft(id_)
    if to == STDOUT:
        click.echo(text, nl=False)
        return 0
    path = paths.typed(to or f"{id_}.yaml")
    care.write_draft(text, path)
    message = _("Written: {path}. Change it, then: recovery protocols preview {path}", path=path)
    did(message)
    click.echo(message)
    return 0


@protocols.command()
@click.argument("file")
@click.option(
    "--replace", "is_replacing", is_flag=True, help="Put it in the place of one that is there already."
)
@json_option
def add(file: str, is_replacing: bool, as_json: bool) -> int:
    """Check a protocol file and install it, so that it can be started by its id.

    What it uses is looked for beside it, then among the installed ones; files from beside it are installed
    with it. A running episode keeps its text: recovery upgrade offers it the new one.

    \b
    recovery protocols add my-hip.yaml
    recovery protocols add my-hip.yaml --replace
    """
    path = paths.typed(file)
    wanted = care.installation(path, clock.now())
    _tell_problems(path, wanted, as_json=as_json)
    protocol = wanted.protocol
    assert protocol is not None
    taken = [piece for piece in wanted.pieces if piece.before is not None]
    if not as_json:
        for line in render_text.responsible_lines(care.in_own_words(protocol)):
            click.echo(line)
        for piece in taken:
            _show_differences(piece)
    if taken and not is_replacing and not _is_confirmed(as_json):
        names = ", ".join(piece.protocol.id for piece in taken)
        raise RecoveryError(
            _("{names}: is installed already, with another text", names=names),
            _("recovery protocols add {file} --replace puts the new one in its place", file=file),
        )
    folder = paths.make_home() / "protocols"
    for piece in wanted.pieces:
        care.install_piece(piece, folder)
        did(_installed(piece))
    _tell(protocol.id, wanted.pieces, responsible_json(protocol), as_json=as_json)
    return 0


def _tell_problems(path: Path, wanted: Installation, *, as_json: bool) -> None:
    """Tell what is wrong with a protocol to install. Raises `RecoveryError` where it has errors."""
    if wanted.protocol is None or not as_json:
        for problem in wanted.problems:
            click.echo(render_text.problem_line(problem), err=True)
    if wanted.protocol is None:
        count = sum(problem.is_error for problem in wanted.problems)
        raise RecoveryError(
            _("{path}: not installed: {errors}", path=path, errors=n_("one error", "{count} errors", count)),
            _("recovery validate {path} shows all that is wrong", path=path),
        )


def _show_differences(piece: Piece) -> None:
    """Show what would change of the protocol that is installed under this id."""
    id_, changed = piece.protocol.id, care.changes(piece)
    if changed is None:
        click.echo(_("{id}: the installed one has errors, so the two cannot be compared.", id=id_))
        return
    click.echo(_("{id} is installed already. What changes:", id=id_))
    for line in render_text.difference_lines(changed):
        click.echo(line)
    if not changed:
        click.echo(_("- comments and layout only"))


def _is_confirmed(as_json: bool) -> bool:
    return not as_json and sys.stdin.isatty() and click.confirm(_("Put the new one in its place?"))


def _installed(piece: Piece) -> str:
    return _(
        "Installed: {id} {version}, as {path}",
        id=piece.protocol.id,
        version=piece.protocol.version,
        path=piece.path,
    )


def _tell(id_: str, pieces: Sequence[Piece], about: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        installed = [
            {
                "id": piece.protocol.id,
                "version": piece.protocol.version,
                "file": piece.path,
                "replaced": piece.before is not None,
                "hides": piece.hides,
            }
            for piece in pieces
        ]
        print_json({"protocol": id_, "installed": installed, **about})
        return
    if not pieces:
        click.echo(_("{id} is installed already, and is the same.", id=id_))
    for piece in pieces:
        click.echo(_installed(piece))
        if piece.hides is not None and piece.before is None:
            click.echo(_("It hides the {id} that comes with the program.", id=piece.protocol.id))
    if any(piece.before is not None for piece in pieces):
        click.echo(_("Running episodes keep the old text: recovery upgrade offers them the new one."))
    click.echo(_("Start it with: recovery start {id}", id=id_))
