"""Protocol files: `protocols` (list, show), `validate`, `schema`. These load pydantic and YAML."""

import json
from pathlib import Path

import click

from recovery.cli.params import json_option
from recovery.cli.render_json import VERSION, print_json
from recovery.errors import UsageError
from recovery.protocol import compiled
from recovery.protocol.library import default_library
from recovery.protocol.problems import Problem


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def protocols(context: click.Context, as_json: bool) -> int:
    """The protocols that can be started.

    \b
    recovery protocols
    recovery protocols show strain
    """
    if context.invoked_subcommand is not None:
        return 0
    from recovery.cli import render_rich

    listed = default_library().entries()
    if as_json:
        for one in listed:
            known = {"id": one.id, "title": one.title, "version": one.version, "file": str(one.path)}
            print_json({"v": VERSION, **known, "usable": one.is_usable, "summary": one.summary})
    else:
        render_rich.library(listed)
    return 0


@protocols.command()
@click.argument("protocol")
@json_option
def show(protocol: str, as_json: bool) -> int:
    """A protocol as a page to read: phases, what happens when, gates, limits, sources.

    \b
    recovery protocols show strain
    recovery protocols show ./my-protocol.yaml
    """
    from recovery.cli import render_rich
    from recovery.protocol.reading import read_protocol

    library = default_library()
    known = read_protocol(library.find(protocol), library).protocol
    if as_json:
        print_json({"v": VERSION, "protocol": json.loads(compiled.to_json(known))})
    else:
        render_rich.protocol(known)
    return 0


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
        raise UsageError("no file given", "write for instance: recovery validate my-protocol.yaml")
    library = default_library()
    found: list[Problem] = []
    for name in files:
        path = Path(name)
        if not path.exists() and name in library.ids():
            path = library.find(name)
        known, problems = check_file(path, library)
        found += problems
        for problem in problems:
            if as_json:
                print_json(_problem(problem))
            else:
                click.echo(f"{problem}" if problem.is_error else f"{problem} [warning]")
        if known is not None and not as_json and not any(p.is_error for p in problems):
            click.echo(f"{name}: {known.title}, version {known.version}: no errors")
    return 1 if any(problem.is_error for problem in found) else 0


def _problem(problem: Problem) -> dict[str, object]:
    return {
        "v": VERSION,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "severity": problem.severity,
        "message": problem.message,
        "expected": problem.expected,
        "found": problem.found,
        "rule": problem.rule,
    }


@click.command()
def schema() -> int:
    """The JSON Schema of protocol files, for editors.

    \b
    recovery schema > protocol.schema.json
    """
    from recovery.protocol.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return 0
