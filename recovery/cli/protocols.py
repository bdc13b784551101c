"""Protocol files: `protocols` (list, show, diff, ...), `validate`, `schema`. These load pydantic and YAML."""

import json
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recovery import clock, files, paths
from recovery.cli import render_text
from recovery.cli.output import did
from recovery.cli.params import json_option
from recovery.cli.render_json import (
    difference_json,
    fields,
    json_line,
    print_json,
    responsible_json,
)
from recovery.cli.simulate import preview
from recovery.cli.upgrade import offers
from recovery.errors import RecoveryError, UsageError
from recovery.language import _, current, n_
from recovery.protocol import compiled
from recovery.protocol.library import Library, NoSuchProtocol, default_library, is_id
from recovery.protocol.model import RecoveryProtocol
from recovery.protocol.problems import Problem
from recovery.protocol.starter import starter
from recovery.protocol.syntax import LONGEST_FILE
from recovery.values import Value

if TYPE_CHECKING:
    from recovery.protocol.reading import Reading


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
    from recovery.protocol.reading import listed

    library = default_library()
    entries = listed(library)
    if as_json:
        for entry in entries:
            about = fields(entry, "id", "title", "version")
            print_json({**about, "file": entry.path, **fields(entry, "is_usable", "summary")})
    else:
        render_tables.print_library(entries)
        for line in offers():
            click.echo(line)
    return 0


@protocols.command()
@click.argument("protocol")
@click.option("--numbers", is_flag=True, help="Every number with its source; the project's own are marked.")
@json_option
def show(protocol: str, numbers: bool, as_json: bool) -> int:
    """A protocol as a page to read: phases, what happens when, gates, limits, sources.

    \b
    recovery protocols show strain
    recovery protocols show strain --numbers
    recovery protocols show ./my-protocol.yaml
    """
    from recovery.protocol.provenance import cited_numbers
    from recovery.protocol.reading import read_protocol

    library = default_library()
    known = read_protocol(library.find(protocol), library).protocol
    if as_json:
        rows = [fields(each, "where", "field", "value", "sources", "is_own") for each in cited_numbers(known)]
        print_json({"protocol": json.loads(compiled.to_json(known)), "numbers": rows})
    elif numbers:
        from recovery.cli import render_tables

        render_tables.print_numbers(known, [*cited_numbers(known)])
    else:
        from recovery.cli import render_tables

        render_tables.print_protocol(compiled.in_language(known, current()))
    return 0


@protocols.command()
@click.argument("old")
@click.argument("new")
@json_option
def diff(old: str, new: str, as_json: bool) -> int:
    """What changed between two protocols, in words; what is less strict is marked.

    OLD and NEW are ids or paths. With --json one object a difference.

    \b
    recovery protocols diff rice my-rice.yaml
    """
    from recovery.protocol.differences import differences
    from recovery.protocol.reading import read_protocol

    library = default_library()
    before, after = (read_protocol(library.find(name), library).protocol for name in (old, new))
    found = differences(before, after)
    if as_json:
        for difference in found:
            print_json(difference_json(difference))
        return 0
    for line in render_text.difference_lines(found):
        click.echo(line)
    if not found:
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
    from recovery.protocol.reading import check_file

    if not files:
        raise UsageError(_("no file given"), _("write for instance: recovery validate my-protocol.yaml"))
    library = default_library()
    found: list[Problem] = []
    for name in files:
        path = Path(name)
        if not path.exists() and name in library.ids():
            path = library.find(name)
        known, problems = check_file(path, library, today=clock.on_the_wall(clock.now()).date())
        found += problems
        for problem in problems:
            if as_json:
                print_json(vars(problem))
            else:
                click.echo(render_text.problem_line(problem))
        if known is not None and not as_json and not any(p.is_error for p in problems):
            about = {"file": name, "title": known.title, "version": known.version}
            click.echo(_("{file}: {title}, version {version}: no errors", **about))
            for line in render_text.responsible_lines(compiled.in_language(known, current())):
                click.echo(line)
    return 1 if any(problem.is_error for problem in found) else 0


@click.command()
def schema() -> int:
    """The JSON Schema of protocol files, for editors.

    \b
    recovery schema > protocol.schema.json
    """
    from recovery.protocol.schema import json_schema

    click.echo(json_line(json_schema(), indent=2))
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
    if not is_id(id_):
        raise UsageError(
            _("{id!r} is not an id", id=id_[:60]),
            _("write small letters, digits and hyphens, a letter first, at most 40, such as my-hip"),
        )
    text = starter(id_)
    if to == STDOUT:
        click.echo(text, nl=False)
        return 0
    path = paths.typed(to or f"{id_}.yaml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise RecoveryError(
            _("{path}: is there already, and is left as it is", path=path),
            _("write it elsewhere with --to FILE"),
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RecoveryError(
            _("{path}: cannot be written: {reason}", path=path, reason=reason),
            _("write it elsewhere with --to FILE"),
        ) from None
    message = _("Written: {path}. Change it, then: recovery protocols preview {path}", path=path)
    did(message)
    click.echo(message)
    return 0


class Piece(Value):
    """A file to install, and what it takes the place of."""

    known: RecoveryProtocol
    text: str
    path: Path
    """The place where it goes."""
    before: Path | None
    """The file that stands there already."""
    hides: Path | None
    """The installed file that is not found any more, because one's own comes first."""


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
    library = default_library()
    reading = _read(paths.typed(file), library)
    if not as_json:
        for warning in reading.warnings:
            click.echo(render_text.problem_line(warning), err=True)
    pieces = _pieces(reading, paths.typed(file), library)
    if not as_json:
        for line in render_text.responsible_lines(compiled.in_language(reading.protocol, current())):
            click.echo(line)
    taken = [piece for piece in pieces if piece.before is not None]
    if not as_json:
        for piece in taken:
            _show_differences(piece, library)
    if taken and not is_replacing and not _is_confirmed(as_json):
        names = ", ".join(piece.known.id for piece in taken)
        raise RecoveryError(
            _("{names}: is installed already, with another text", names=names),
            _("recovery protocols add {file} --replace puts the new one in its place", file=file),
        )
    folder = paths.make_home() / "protocols"
    for piece in pieces:
        _install(piece, folder)
        did(_installed(piece))
    _tell(reading.protocol, pieces, as_json=as_json)
    return 0


def _read(path: Path, library: Library) -> "Reading":
    """The reading of a file. Tells all that is wrong with it, and raises `RecoveryError`, where it has errors."""
    from recovery.protocol.reading import ProtocolError, read_protocol

    try:
        return read_protocol(path, library, today=clock.on_the_wall(clock.now()).date())
    except ProtocolError as error:
        for problem in error.problems:
            click.echo(render_text.problem_line(problem), err=True)
        count = sum(problem.is_error for problem in error.problems)
        raise RecoveryError(
            _("{path}: not installed: {errors}", path=path, errors=n_("one error", "{count} errors", count)),
            _("recovery validate {path} shows all that is wrong", path=path),
        ) from None


def _pieces(reading: "Reading", path: Path, library: Library) -> list[Piece]:
    """The file, and those from beside it that it uses, as far as the library has not their very texts already."""
    from recovery.protocol.reading import read_protocol

    pieces = []
    for id_, text in reading.texts.items():
        if _has_it(library, id_, text):
            continue
        is_itself = id_ == reading.protocol.id
        known = (
            reading.protocol if is_itself else read_protocol(path.parent / f"{id_}.yaml", library).protocol
        )
        own, *shipped = (folder / f"{id_}.yaml" for folder in library.folders)
        hides = next((one for one in shipped if one.exists()), None)
        pieces.append(Piece(known, text, own, own if own.exists() else None, hides))
    return pieces


def _has_it(library: Library, id_: str, text: str) -> bool:
    from recovery.protocol.reading import content_hash

    try:
        found = files.read(library.find_id(id_), LONGEST_FILE).decode()
    except (NoSuchProtocol, OSError, ValueError):
        return False
    return content_hash({id_: found}) == content_hash({id_: text})


def _show_differences(piece: Piece, library: Library) -> None:
    """Show what would change of the protocol that is installed under this id."""
    from recovery.protocol.differences import differences
    from recovery.protocol.reading import ProtocolError, read_protocol

    assert piece.before is not None
    try:
        before = read_protocol(piece.before, library).protocol
    except ProtocolError:
        click.echo(_("{id}: the installed one has errors, so the two cannot be compared.", id=piece.known.id))
        return
    found = differences(before, piece.known)
    click.echo(_("{id} is installed already. What changes:", id=piece.known.id))
    for line in render_text.difference_lines(found):
        click.echo(line)
    if not found:
        click.echo(_("- comments and layout only"))


def _is_confirmed(as_json: bool) -> bool:
    return not as_json and sys.stdin.isatty() and click.confirm(_("Put the new one in its place?"))


def _install(piece: Piece, folder: Path) -> None:
    """Write a file whole or not at all, for its owner alone. Raises `RecoveryError`."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        number, name = tempfile.mkstemp(prefix=f".{piece.known.id}-", suffix=".part", dir=folder)  # is 0600
        try:
            with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
                file.write(piece.text)
            Path(name).replace(piece.path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise RecoveryError(
            _("{path}: cannot be written: {reason}", path=piece.path, reason=error.strerror),
            _("set RECOVERY_HOME to a folder that you can write to"),
        ) from None


def _installed(piece: Piece) -> str:
    return _(
        "Installed: {id} {version}, as {path}",
        id=piece.known.id,
        version=piece.known.version,
        path=piece.path,
    )


def _tell(protocol: RecoveryProtocol, pieces: list[Piece], *, as_json: bool) -> None:
    id_, about = protocol.id, responsible_json(protocol)
    if as_json:
        installed = [
            {
                "id": piece.known.id,
                "version": piece.known.version,
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
            click.echo(_("It hides the {id} that comes with the program.", id=piece.known.id))
    if any(piece.before is not None for piece in pieces):
        click.echo(_("Running episodes keep the old text: recovery upgrade offers them the new one."))
    click.echo(_("Start it with: recovery start {id}", id=id_))
