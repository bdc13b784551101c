"""Protocol files: `protocols` (list, show, diff, ...), `validate`, `schema`. These load pydantic and YAML."""

import json
from pathlib import Path

import click

from recovery import clock
from recovery.cli import render_differences, render_problems, render_text
from recovery.cli.own_protocols import add, new
from recovery.cli.params import json_option
from recovery.cli.preview import preview
from recovery.cli.render_json import VERSION, as_line, print_json
from recovery.cli.upgrade import offers
from recovery.errors import UsageError
from recovery.language import _, current
from recovery.protocol import compiled
from recovery.protocol.library import default_library
from recovery.protocol.problems import Problem
from recovery.protocol.provenance import cited_numbers


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
    from recovery.cli import render_rich
    from recovery.protocol.reading import listed

    library = default_library()
    entries = listed(library)
    if as_json:
        for entry in entries:
            about = {"id": entry.id, "title": entry.title, "version": entry.version, "file": str(entry.path)}
            print_json({"v": VERSION, **about, "usable": entry.is_usable, "summary": entry.summary})
    else:
        render_rich.library(entries)
        for line in offers(library):
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
    from recovery.protocol.reading import read_protocol

    library = default_library()
    known = read_protocol(library.find(protocol), library).protocol
    if as_json:
        rows = [
            {
                "where": one.where,
                "field": one.field,
                "value": one.value,
                "sources": one.sources,
                "own": one.is_own,
            }
            for one in cited_numbers(known)
        ]
        print_json({"v": VERSION, "protocol": json.loads(compiled.to_json(known)), "numbers": rows})
    elif numbers:
        from recovery.cli.render_numbers import numbers as told

        told(known, [*cited_numbers(known)])
    else:
        from recovery.cli import render_rich

        render_rich.protocol(compiled.in_language(known, current()))
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
            print_json(render_differences.as_json(difference))
        return 0
    for line in render_differences.lines(found):
        click.echo(line)
    if not found:
        click.echo(_("no differences"))
    return 0


protocols.add_command(preview)
protocols.add_command(new)
protocols.add_command(add)


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
                print_json(render_problems.as_json(problem))
            else:
                click.echo(render_problems.line(problem))
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

    click.echo(as_line(json_schema(), indent=2))
    return 0
