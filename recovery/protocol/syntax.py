"""YAML as text with positions: every scalar stays what was written, every value knows its line and column.

Only a small part of YAML is taken: mappings, lists and scalars. The events of the parser are read one by one
with a limit on depth, so that no file, however made, can exhaust the stack or the memory.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from recovery import files
from recovery.language import N_, _
from recovery.protocol.problems import (
    MOST_PROBLEMS,
    KeyPath,
    Location,
    Places,
    Problem,
    TreePath,
    in_short,
    in_words,
    inside,
    item_id,
)

LONGEST_FILE = 256 * 1024
DEEPEST = 20

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_BREAK = re.compile("\r\n|\r|\n")
_NOT_UTF8 = N_("the file is not UTF-8 text; save it as UTF-8")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class UnreadableFile(Exception):
    """A file of which nothing can be read, and the one problem that says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Spot(NamedTuple):
    """The place of a value, and of the key before it (the same, where there is none). Lines count from 1."""

    line: int
    column: int
    key_line: int
    key_column: int


@dataclass
class Document:
    """The values of a file, where they stand, and what is wrong with the writing alone."""

    file: str
    value: Any = ""
    spots: dict[TreePath, Spot] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unlisted: int = 0
    """How many problems of the writing there are besides."""
    is_cut: bool = False
    """True if something was left out because it was too much."""

    def note(self, problem: Problem) -> None:
        """Keep a problem of the writing, or count it where there are enough of them."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)
        else:
            self.unlisted += 1


def _whole(file: str, message: str, expected: str = "", found: str = "") -> UnreadableFile:
    return UnreadableFile(Problem(file, 0, 0, "", "error", message, expected, found))


def _at(
    file: str, where: tuple[int, int], message: str, expected: str = "", found: str = ""
) -> UnreadableFile:
    return UnreadableFile(Location(file, *where, "").problem(message, expected=expected, found=found))


def load_bytes(path: Path, *, pipes: bool = False) -> bytes:
    """The bytes of a file of the allowed size; with `pipes` also of a pipe, or `-`. Raises `UnreadableFile`."""
    try:
        return files.read_whole(path, LONGEST_FILE, pipes=pipes)
    except files.TooLarge:
        raise _too_big(shown_path(path)) from None
    except files.CannotRead as error:
        raise _whole(shown_path(path), error.strerror, _("a protocol file")) from None
    except FileNotFoundError:
        raise _whole(shown_path(path), _("there is no such file")) from None
    except IsADirectoryError:
        raise _whole(shown_path(path), _("this is a folder, not a file"), _("a protocol file")) from None
    except PermissionError:
        raise _whole(shown_path(path), _("no permission to read it")) from None
    except OSError as error:
        raise _whole(shown_path(path), _("cannot be read: {reason}", reason=error.strerror)) from None


def _too_big(file: str) -> UnreadableFile:
    most = _("at most {count} KiB", count=LONGEST_FILE // 1024)
    return _whole(file, _("the file is too big"), most, _("more"))


def shown_path(path: Path) -> str:
    """A path as it may be printed."""
    text = str(path)
    return text if text.isprintable() else repr(text)


def decode(data: bytes, file: str) -> str:
    """The text of a file: UTF-8, a byte order mark left out. Raises `UnreadableFile`."""
    if len(data) > LONGEST_FILE:
        raise _too_big(file)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _whole(file, _(_NOT_UTF8), "UTF-8", "UTF-16")
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace").removeprefix("\ufeff")
        byte = _("byte {byte:#04x} at offset {offset}", byte=data[error.start], offset=error.start)
        where = _position(before, len(before))
        raise _at(file, where, _(_NOT_UTF8), "UTF-8", byte) from None


def _position(text: str, offset: int) -> tuple[int, int]:
    line, start = 1, 0
    for end in _BREAK.finditer(text, 0, offset):
        line, start = line + 1, end.end()
    return line, offset - start + 1


def read_document(text: str, file: str) -> Document:
    """The one mapping of a text.

    Duplicate keys, anchors, aliases and tags are noted in `problems` and read past. Raises `UnreadableFile` where
    there is nothing to go on with: a mistake of syntax, an empty file, no mapping, too deep, two documents.
    """
    if odd := _UNPRINTABLE.search(text):
        where = _position(text, odd.start())
        expected = _("only characters that can be seen")
        raise _at(file, where, _("a control character"), expected, in_short(odd[0]))
    document = Document(file)
    builder = _Builder(document)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        builder.refuse_depth_ahead(text, error.problem_mark)
        raise _mistake(error, text, file) from None
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())[:200]
        raise _whole(file, _("this is not YAML: {reason}", reason=reason)) from None
    if not builder.documents or document.value == "":
        raise _whole(file, _("the file is empty"), _("a protocol"), _("nothing"))
    if not isinstance(document.value, dict):
        shown = in_short(document.value)
        expected = _("keys with values, such as id: rice")
        raise _at(file, (1, 1), _("not a protocol file"), expected, shown)
    return document


def _mistake(error: yaml.MarkedYAMLError, text: str, file: str) -> UnreadableFile:
    """A mistake of syntax, placed where it is best mended."""
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return _whole(file, _("this is not YAML: {reason}", reason=error.problem))
    start = error.context_mark or mark
    here, opened = (mark.line + 1, mark.column + 1), (start.line + 1, start.column + 1)
    said = hint(str(error.problem), str(error.context), _BREAK.split(text), here, opened)
    return _at(file, said.place or here, said.message, found=said.found)


@dataclass
class _Open:
    """A mapping or list that is not closed yet."""

    container: Any
    path: TreePath
    key: str | None = None
    key_mark: Any = None
    index: int = 0


class _Builder:
    """Makes the tree out of events, without recursion."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.stack: list[_Open] = []
        self.skipping = 0
        """How many containers deep inside the value of a duplicate key: left out."""
        self.documents = 0
        self.brackets = 0
        """How many of the open containers are written with brackets: always the innermost."""
        self.read_to = 0
        """The offset of the end of the last event."""

    def refuse_depth_ahead(self, text: str, mark: Any) -> None:
        """Raise `UnreadableFile` where brackets before the mark, of which no event told, go too deep."""
        if mark is None:
            return
        levels = DEEPEST - len(self.stack) - self.skipping
        is_in_brackets = self.brackets > 0
        offset = _first_too_deep(
            text, self.read_to, mark.index + 1, levels=levels, is_in_brackets=is_in_brackets
        )
        if offset is not None:
            raise self._too_deep(_position(text, offset))

    def take(self, event: Any) -> None:
        self.read_to = event.end_mark.index
        match event:  # the most frequent first
            case yaml.ScalarEvent():
                self._refuse_extras(event)
                self._scalar(event, event.value)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._refuse_extras(event)
                if len(self.stack) + self.skipping >= DEEPEST:
                    mark: Any = event.start_mark
                    raise self._too_deep((mark.line + 1, mark.column + 1))
                self.brackets += bool(event.flow_style)
                self._open(event, {} if isinstance(event, yaml.MappingStartEvent) else [])
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.brackets -= self.brackets > 0
                self._close()
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise self._unreadable(
                        event, _("a second document (---) in one file"), _("one protocol a file")
                    )
            case yaml.AliasEvent():
                self._note(
                    event.start_mark,
                    _("an alias (*) is not used here; write it out, or put quotes round a text"),
                )
                self._scalar(event, "")

    def _too_deep(self, where: tuple[int, int]) -> UnreadableFile:
        path = self._here() if self.stack else ()
        outside = path[: len(path) - self.brackets][
            :4
        ]  # the same, whether events told of the brackets or not
        place = Location(self.document.file, *where, in_words(self.document.value, outside))
        most = _("at most {count} levels", count=DEEPEST)
        return UnreadableFile(place.problem(_(TOO_DEEP), expected=most))

    def _unreadable(self, event: Any, message: str, expected: str) -> UnreadableFile:
        mark = event.start_mark
        return _at(self.document.file, (mark.line + 1, mark.column + 1), message, expected)

    def _refuse_extras(self, event: Any) -> None:
        if event.anchor is not None:
            self._note(
                event.start_mark,
                _("an anchor (&) is not used here; write it out, or put quotes round a text"),
            )
        if event.tag is not None:
            self._note(
                event.start_mark,
                _("a tag (!) is not used here; put quotes round a text that starts with !"),
            )

    def _note(self, mark: Any, message: str, found: str = "") -> None:
        words = in_words(self.document.value, self._here()) if self.stack else ""
        place = Location(self.document.file, mark.line + 1, mark.column + 1, words)
        self.document.note(place.problem(message, found=found))

    def _here(self) -> TreePath:
        top = self.stack[-1]
        if isinstance(top.container, list):
            return (*top.path, top.index)
        return top.path if top.key is None else (*top.path, top.key)

    def _open(self, event: Any, container: Any) -> None:
        if self.skipping:
            self.skipping += 1
            return
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.container, dict) and top.key is None:
            raise self._unreadable(
                event,
                _("a key has to be a plain word; put quotes round a text with { or ["),
                _("a word"),
            )
        path = self._here() if self.stack else ()
        if not self._place(event, container):
            self.skipping = 1
            return
        self.stack.append(_Open(container, path))

    def _close(self) -> None:
        if self.skipping:
            self.skipping -= 1
            return
        self.stack.pop()

    def _scalar(self, event: Any, value: str) -> None:
        if self.skipping:
            return
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.container, dict) and top.key is None:
            top.key, top.key_mark = value, event.start_mark
            return
        self._place(event, value)

    def _place(self, event: Any, value: Any) -> bool:
        """Put a value where it belongs. False for the value of a duplicate key."""
        mark = event.start_mark
        if not self.stack:
            self.document.value = value
            self.document.spots[()] = Spot(mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 1)
            return True
        top, path = self.stack[-1], self._here()
        key_mark = top.key_mark if isinstance(top.container, dict) else mark
        spot = Spot(mark.line + 1, mark.column + 1, key_mark.line + 1, key_mark.column + 1)
        if isinstance(top.container, list):
            top.container.append(value)
            top.index += 1
        else:
            key, top.key = str(top.key), None
            if key in top.container:
                first = self.document.spots[path].key_line
                place = Location(
                    self.document.file, spot.key_line, spot.key_column, in_words(self.document.value, path)
                )
                message = _("the key {key!r} is given twice; first on line {line}", key=key[:40], line=first)
                self.document.note(place.problem(message))
                return False
            top.container[key] = value
        self.document.spots[path] = spot
        return True


class PlacesOf(Places):
    """The places of all values, by a path in which ids stand for list positions (of equal ids the first).

    A place is put into words when it is asked for: most of them never are.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.paths: dict[KeyPath, TreePath] = {}
        named: dict[TreePath, KeyPath] = {}
        values: dict[TreePath, Any] = {}
        for path in document.spots:  # what contains comes before what is in it
            above = path[:-1]
            value = inside(values.get(above), path[-1]) if path else document.value
            if isinstance(value, dict | list):
                values[path] = value
            named[path] = (*named[above], _name(value, path[-1])) if path else ()
            self.paths.setdefault(named[path], path)

    def __getitem__(self, named: KeyPath) -> Location:
        path = self.paths[named]
        spot = self.document.spots[path]
        return Location(self.document.file, spot.line, spot.column, in_words(self.document.value, path))

    def __contains__(self, named: object) -> bool:
        return named in self.paths

    def __iter__(self) -> Iterator[KeyPath]:
        return iter(self.paths)

    def __len__(self) -> int:
        return len(self.paths)


def _name(item: Any, step: str | int) -> str:
    return step if isinstance(step, str) else item_id(item) or str(step)


# Brackets that the parser of YAML has read, but of which it has given no event yet. A bracket may open a key, so the
# parser looks for its colon on the same line before it tells of the bracket, up to 1,024 characters on. Whatever it
# dislikes there, such as more brackets than its own limit, comes as an error of its own. Reading that stretch here
# lets the limit of the language answer first, with every parser.
_BEFORE = re.compile(r"(?:[\s,:?-]+|#[^\r\n]*|[&!][^\s\[\]{},]*)*")
_IN_BRACKETS = re.compile(
    r"""
    (?P<open>[\[{]) | (?P<close>[\]}])
    | "(?:\\. | [^"\\])*+"? | '[^']*+'?  # quoted texts
    | (?<=\s)\#[^\r\n]*
    | [^\s\[\]{},"'][^\[\]{},]*+  # other texts, which may have quotes inside
    """,
    re.VERBOSE | re.DOTALL,
)


def _first_too_deep(text: str, start: int, end: int, *, levels: int, is_in_brackets: bool) -> int | None:
    """Find the first bracket of `text[start:end]` that opens more than `levels`; None where none does.

    `is_in_brackets` tells whether an unclosed bracket stands before `start`: without, a text may hold brackets.
    """
    depth = 0
    before = None if is_in_brackets else _BEFORE.match(text, start, end)
    at = before.end() if before else start
    for part in _IN_BRACKETS.finditer(text, at, end):
        if part["open"]:
            depth += 1
            if depth > levels:
                return part.start()
        elif part["close"]:
            depth -= 1
        if depth == 0 and not is_in_brackets:
            return None  # a text, or the end of what the bracket began
    return None


# Mistakes of syntax --------------------------------------------------------------------------------

QUOTES = N_('put quotes round the text: "..."')
TOO_DEEP = N_("nested too deep; close brackets, or indent less")
_SIGNS = N_("a text that starts with *, &, !, | or > needs quotes")
_NAMES_A_SIGN = re.compile(r"\b(anchor|alias|tag|block scalar)\b")
_NEAR = 200
_LONGEST_KEY = 1024
"""In characters: the parser looks no further for the colon of a key."""


@dataclass(frozen=True)
class Hint:
    message: str
    found: str = ""
    place: tuple[int, int] | None = None
    """Where to point at, if not at where the reader gave up: where a quote or bracket opens."""


def hint(
    problem: str, context: str, lines: list[str], here: tuple[int, int], opened: tuple[int, int]
) -> Hint:
    """Say what a syntax error most likely means.

    `here` is where the parser gave up, `opened` where the part began: line and column, from 1. Of a long line
    only what is near is looked at.
    """
    line, column = here
    whole = lines[line - 1] if line <= len(lines) else ""
    at, written = whole[column - 1 : column], whole[max(0, column - _NEAR) : column + _NEAR]
    found = in_short(written.strip())
    opening = in_short(lines[opened[0] - 1][:_NEAR].strip()) if opened[0] <= len(lines) else ""
    if "\t" in whole[: len(whole) - len(whole.lstrip())]:
        return Hint(_("a tab at the start of a line; indent with spaces"), found)
    if at == "\t":
        return Hint(_("a tab where only spaces may stand"), found)
    if "nesting" in problem:
        return Hint(_(TOO_DEEP), found)
    if "quoted scalar" in context and ("end of stream" in problem or "document" in problem):
        return Hint(_("a quote that is never closed"), opening, opened)
    if (directive := _directive(problem, context, lines, line)) is not None:
        return directive
    if _NAMES_A_SIGN.search(context) or "tag handle" in problem:
        return Hint(_quoted(_(_SIGNS)), found)
    if "escape" in problem or ("quoted scalar" in context and "hex" in problem):
        return Hint(
            _("a backslash in double quotes means something else; use single quotes, or write it twice"),
            found,
        )
    if at == ":" and column > _LONGEST_KEY:
        return Hint(_("a key of more than {count} characters", count=_LONGEST_KEY), found)
    if "could not find expected ':'" in problem:
        return Hint(_("a colon is missing, here or on the line before; write key: value"), found)
    if "mapping values are not allowed" in problem:
        return _second_colon(written, found)
    if "block sequence entries" in problem or "sequence entries are not allowed" in problem:
        message = _("a list starts on a line of its own, and a text that starts with - needs quotes")
        return Hint(_quoted(message), found)
    if (at and at in "@`%") or "cannot start any token" in problem or (at == "," and "flow" not in context):
        return Hint(_quoted(_("a text cannot start with {sign!r}", sign=at)), found)
    if (quote := _open_quote(lines, line)) is not None:
        return Hint(_("a quote that is not closed on its line"), in_short(lines[quote[0] - 1].strip()), quote)
    unquoted = _unquoted(at, problem, written)
    if unquoted:
        return Hint(_quoted(unquoted), found)
    if re.search(r"""(?:[:\[{,-]|^)\s*(["']).*\1\s*[^\s#:,}\]]""", written):
        message = _("something follows the closing quote; put the whole text in one pair of quotes")
        return Hint(message, found)
    if "flow" in context:
        return _in_brackets(context, at, written, found, opening, here, opened)
    if at and at in "]}":
        return Hint(_("{sign} closes nothing here; take it away, or put it in quotes", sign=at), found)
    return Hint(_("the line does not fit: check its indentation, its colon, and quotes round texts"), found)


def _directive(problem: str, context: str, lines: list[str], line: int) -> Hint | None:
    """Explain an error in the lines that YAML has round a document: `%...` before it, `...` after it."""
    if "directive" not in context + problem and "document start" not in problem:
        return None
    for number, written in enumerate(lines[:line], 1):
        if written.startswith("%"):
            return Hint(
                _quoted(_("a text cannot start with {sign!r}", sign="%")), in_short(written), (number, 1)
            )
        if written.startswith("..."):
            return Hint(_("a line of three dots ends the file; take it away"), in_short(written), (number, 1))
    return None


def _in_brackets(
    context: str,
    at: str,
    written: str,
    found: str,
    opening: str,
    here: tuple[int, int],
    opened: tuple[int, int],
) -> Hint:
    closing = "}" if "mapping" in context else "]"
    if not at or here[0] > opened[0] or (at in "]}" and at != closing and "node" not in context):
        return Hint(_("what opens here is never closed with {sign}", sign=closing), opening, opened)
    if at == ",":
        return Hint(_("nothing stands before the comma; take it away, or put it in quotes"), found)
    if ": " in written:
        return Hint(_quoted(_("inside {...} a text with a colon or a comma needs quotes")), found)
    return Hint(_("the line does not fit: check its indentation, its colon, and quotes round texts"), found)


def _quoted(message: str) -> str:
    return f"{message}; {_(QUOTES)}"


def _unquoted(at: str, problem: str, written: str) -> str:
    """Say what kind of text in a line needs quotes; empty where none does."""
    if "mapping keys are not allowed" in problem or at == "?" or re.search(r"[:\[{,]\s*\?", written):
        return _("a text that starts with ? needs quotes")
    if re.search(r"[{\[].*\?\s*[,}\]]", written):
        return _("a question inside {...} needs quotes")
    if re.search(r"\{(other )?side\}", written) or re.search(r":\s*[{\[].*[}\]]\s*[^\s,}\]#]", written):
        return _("a text that contains { or [ needs quotes")
    if re.search(r":\s*[*&!|>]", written):
        return _(_SIGNS)
    return ""


def _open_quote(lines: list[str], line: int) -> tuple[int, int] | None:
    """Find where a text opens a quote that its line does not close. The next quote of the file ended it."""
    written = lines[line - 1] if line <= len(lines) else ""
    for number in range(min(line, len(lines)), max(0, line - 40), -1):
        opens = re.search(r""":\s+("[^"]*|'[^']*)$""", lines[number - 1])
        if opens and opens[1][0] in written:
            return number, opens.start(1) + 1
    return None


def _second_colon(written: str, found: str) -> Hint:
    if re.search(r":\s+\S.*:(\s|$)", written):
        return Hint(_quoted(_("a text that contains a colon and a space needs quotes")), found)
    return Hint(
        _(
            "the line is indented further than the text above it allows; check the indentation, "
            "and whether a colon is missing, here or on the line before"
        ),
        found,
    )
