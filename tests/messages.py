"""The catalogue of messages: `python -m tests.messages` brings it up to date with the code and lists what is missing.

New messages are added to `recovery.po`, untranslated, those that are gone are taken out, and `recovery.mo`, which the
program reads, is written anew. Then translate what it lists, in `recovery.po`, and run it again; or write many
translations into a JSON file, `{"message": "translation", "one thing": ["one", "many"]}`, and give its name.
"""

import ast
import io
import json
import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from recovery.cli.commands import help_pieces

PACKAGE = Path(__file__).parents[1] / "recovery"
FOLDER = PACKAGE / "locale" / "de" / "LC_MESSAGES"
PO, MO = FOLDER / "recovery.po", FOLDER / "recovery.mo"

Id = str | tuple[str, ...]
"""A message, or the two of one that has a plural."""

SINGULAR = {"_": 0, "N_": 0, "tr": 1}
PLURAL = {"n_": 0, "NN_": 0, "trn": 1}
"""What marks messages, and at which of its arguments."""

OF_CLICK: tuple[Id, ...] = (
    "Usage:",
    "Options",
    "Commands",
    "required",
    "default: {default}",
    "Show this message and exit.",
    "Show the version and exit.",
    "Aborted!",
    "Error: {message}",
    "Missing command.",
    "Missing argument",
    "Missing option",
    "Missing parameter",
    "Choose from:\n\t{choices}",
    "Invalid value: {message}",
    "Invalid value for {param_hint}: {message}",
    "No such command {name!r}.",
    "No such option {name!r}.",
    "Option {name!r} does not take a value.",
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
)
"""Words of click's own (8.1 to 8.5) that people see here."""


def messages() -> dict[Id, set[str]]:
    """Every message of the code and of click, and the files that it is in."""
    places: dict[Id, set[str]] = {message: set() for message in OF_CLICK}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE.parent).as_posix()
        for message in _in_code(ast.parse(path.read_text("utf-8"))):
            places.setdefault(message, set()).add(name)
    return places


def _in_code(tree: ast.Module) -> Iterator[Id]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=args) if name in SINGULAR:
                yield from _literals(args[SINGULAR[name] :][:1])
            case ast.Call(func=ast.Name(id=name), args=args) if name in PLURAL:
                if len(both := tuple(_literals(args[PLURAL[name] :][:2]))) == 2:
                    yield both
            case ast.FunctionDef() if any(_makes_command(each) for each in node.decorator_list):
                yield from _pieces(ast.get_docstring(node) or "")
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg == "help":
                    yield from _in_help(keyword.value)


def _literals(nodes: list[ast.expr]) -> Iterator[str]:
    """Literals; a name is that of a message marked elsewhere."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
            yield node.value


def _in_help(node: ast.expr) -> Iterator[str]:
    for text in _literals([node]):
        yield from _pieces(cleandoc(text))


def _pieces(text: str) -> Iterator[str]:
    return (piece for piece, is_message in help_pieces(text) if is_message and piece)


def _makes_command(decorator: ast.expr) -> bool:
    """Tell if it is `@click.command()`, `@click.group(...)`, `@daemon.command("run")`, `@command("begin")`."""
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in ("command", "group")


def catalogue() -> Catalog:
    """The translations as they are written down."""
    with PO.open("rb") as file:
        return read_po(file, locale="de", domain="recovery", abort_invalid=True)


def compiled(catalog: Catalog) -> bytes:
    """What the program reads of them."""
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def update(former: Catalog) -> Catalog:
    """The translations of the messages that there are, each with the files that it is in."""
    new = Catalog(
        locale="de",
        domain="recovery",
        project="recovery",
        version="1",
        msgid_bugs_address="none",
        last_translator="recovery",
        language_team="German",
        header_comment="# The German words of recovery. Kept by `python -m tests.messages`.",
        creation_date=former.creation_date,
        revision_date=former.revision_date,
        fuzzy=False,
    )
    for message, files in sorted(messages().items(), key=lambda item: (sorted(item[1])[:1], str(item[0]))):
        before = former.get(message[0] if isinstance(message, tuple) else message)
        is_same = before is not None and before.id == message
        new.add(
            message,
            before.string if before is not None and is_same else None,
            locations=[(name, 0) for name in sorted(files)],
        )
    return new


def untranslated(catalog: Catalog) -> list[Id]:
    """The messages without a translation."""
    return [
        each.id
        for each in catalog
        if each.id
        and (each.fuzzy or not all(each.string if isinstance(each.string, tuple) else (each.string,)))
    ]


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    catalog = update(catalogue() if PO.exists() else Catalog(locale="de"))
    for path in sys.argv[1:]:
        for message, words in json.loads(Path(path).read_text("utf-8")).items():
            if (each := catalog.get(message)) is not None:
                each.string = tuple(words) if isinstance(words, list) else words
    with PO.open("wb") as file:
        write_po(file, catalog, width=110, include_lineno=False, ignore_obsolete=True)
    MO.write_bytes(compiled(catalog))
    missing = untranslated(catalog)
    for message in missing:
        print(f"untranslated: {message!r}")
    print(f"{len(catalog)} messages, {len(missing)} of them untranslated.")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
