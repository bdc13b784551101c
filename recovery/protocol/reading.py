"""Reading protocol files: from bytes to a `RecoveryProtocol`, or to all the problems that a file has.

Nothing but `ProtocolError` comes out of here, whatever the bytes. A protocol is read together with those that
it uses; their texts are kept (`Reading.texts`), so that an episode can pin them and read them again.
"""

import re
from collections import ChainMap
from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

from recovery.language import _, n_
from recovery.protocol.compiling import Compiler
from recovery.protocol.explaining import Shape, cut_to_size, without_errors
from recovery.protocol.floor import with_floor
from recovery.protocol.library import DOORS, Library, NoSuchProtocol
from recovery.protocol.lint.door import problems_of_door
from recovery.protocol.lint.rules import UNKNOWN_PROTOCOL, Gaps, Walk
from recovery.protocol.model import FrontDoor, RecoveryProtocol
from recovery.protocol.outcome import ProtocolError, Reading
from recovery.protocol.problems import (
    MOST_PROBLEMS,
    KeyPath,
    Location,
    Places,
    Problem,
    did_you_mean,
    in_short,
    name_list,
    place_at,
)
from recovery.protocol.schema import FILE_FORMAT, Entry, UseEntry, entry_of
from recovery.protocol.syntax import (
    LONGEST_FILE,
    Document,
    PlacesOf,
    UnreadableFile,
    decode,
    load_bytes,
    read_document,
    shown_path,
)

MOST_FILES = 20
_DOOR = re.compile(r"^door:", re.MULTILINE)
LARGEST_TOGETHER = LONGEST_FILE
"""In characters: a file with those that it uses."""


@dataclass(frozen=True)
class _Text:
    """A text and the name to give it in problems."""

    text: str
    file: str


_Choices = dict[str, tuple[str, ...]]
_Find = Callable[[str], _Text]
"""The text of a protocol by its id. Raises `NoSuchProtocol`, `UnreadableFile`."""


def read_protocol(path: Path, library: Library, *, today: date | None = None) -> Reading:
    """Read a file, and through `library` the files that it uses. Raises `ProtocolError` with all problems.

    A file outside the library's folders may also use files that stand beside it; they come first. `today` is the
    local date after which nobody can have answered for a file.
    """
    reading, problems = _check(path, library, today)
    if reading is None:
        raise ProtocolError(problems)
    return reading


def check_file(
    path: Path, library: Library, *, today: date | None = None
) -> tuple[RecoveryProtocol | None, tuple[Problem, ...]]:
    """The protocol of a file (None where it has errors) and all its errors and warnings. `today`: as above."""
    reading, problems = _check(path, library, today)
    return (None if reading is None else reading.protocol), problems


def read_door(region: str, library: Library) -> FrontDoor:
    """Read the front door for a part of the body. Raises `NotThere`, `ProtocolError`."""
    door, problems = check_document(library.door(region), library)
    if not isinstance(door, FrontDoor):
        raise ProtocolError(problems)
    return door


def check_document(
    path: Path, library: Library, *, today: date | None = None
) -> tuple[RecoveryProtocol | FrontDoor | None, tuple[Problem, ...]]:
    """The protocol or the front door of a file (None where it has errors), and all its errors and warnings."""
    try:
        main = _main(path, library)
        if _DOOR.search(main.text):
            return check_door(
                main.text, main.file, path.stem if path.parent.name == DOORS else "", library.ids()
            )
    except UnreadableFile as unreadable:
        return None, (unreadable.problem,)
    reading, problems = _whole(main, path, library, today)
    return (None if reading is None else reading.protocol), problems


def check_door(
    text: str, file: str, wanted: str, protocols: Collection[str]
) -> tuple[FrontDoor | None, tuple[Problem, ...]]:
    """The front door of a text (None where it has errors) and all its problems. Raises `UnreadableFile`.

    `wanted` is the name that the file has, empty for any; `protocols` are the ids of those that can be started.
    """
    document = read_document(text, file)
    cut_to_size(document)
    shape, places = Shape(document, entry_of(FrontDoor)), PlacesOf(document)
    problems = [*document.problems, *shape.explain()[0]]
    if shape.entry is None or problems:
        return None, tuple(problems)
    compiler = Compiler(shape.entry, {}, places)
    door: FrontDoor = compiler.alone()
    problems = [*compiler.problems, *problems_of_door(door, wanted, protocols, places)]
    return (None if any(each.is_error for each in problems) else door), tuple(problems)


def compile_texts(
    texts: Mapping[str, str], protocol_id: str, *, is_from_elsewhere: bool = False
) -> RecoveryProtocol:
    """Read a protocol again from the texts of a `Reading`. Raises `ProtocolError`.

    It is not linted again: a rule of a later version shall not stop an episode that is running. What comes from
    elsewhere may have been read by nobody: there, what is below the floor is an error.
    """

    def find(wanted: str) -> _Text:
        if wanted not in texts:
            raise NoSuchProtocol(wanted, texts)
        return _Text(texts[wanted], f"{wanted}.yaml")

    if protocol_id not in texts:
        missing = Problem(f"{protocol_id}.yaml", 0, 0, "", "error", _("its text is not among those kept"))
        raise ProtocolError((missing,))
    files = _Files(find, is_checked=False, is_from_elsewhere=is_from_elsewhere)
    reading, problems = files.whole(find(protocol_id), protocol_id)
    if reading is None:
        raise ProtocolError(problems)
    return reading.protocol


def _check(path: Path, library: Library, today: date | None) -> tuple[Reading | None, tuple[Problem, ...]]:
    try:
        main = _main(path, library)
    except UnreadableFile as unreadable:
        return None, (unreadable.problem,)
    return _whole(main, path, library, today)


def _main(path: Path, library: Library) -> _Text:
    """The text of the file asked for. Raises `UnreadableFile`."""
    return _Text(decode(load_bytes(path, pipes=not library.holds(path)), shown_path(path)), shown_path(path))


def _whole(
    main: _Text, path: Path, library: Library, today: date | None
) -> tuple[Reading | None, tuple[Problem, ...]]:
    is_installed = library.holds(path)
    where = library if is_installed else Library((path.parent, *library.folders))

    def find(wanted: str) -> _Text:
        file = where.find_id(wanted)
        return _Text(decode(load_bytes(file), shown_path(file)), shown_path(file))

    return _Files(find, today=today).whole(main, path.stem if is_installed else "")


class _Files:
    """The files of one reading: the one asked for and those that it uses, each read once."""

    def __init__(
        self,
        find: _Find,
        *,
        is_checked: bool = True,
        is_from_elsewhere: bool = False,
        today: date | None = None,
    ) -> None:
        self.find = find
        self.is_checked = is_checked
        """True if sizes and sense are checked, not the shape alone."""
        self.is_from_elsewhere = is_from_elsewhere
        """True if it is held against the floor all the same."""
        self.today = today
        self.texts: dict[str, str] = {}
        self.protocols: dict[str, RecoveryProtocol] = {}
        self.places: ChainMap[KeyPath, Location] = ChainMap()
        self.problems: list[Problem] = []
        self.unlisted = 0
        """How many errors there are besides."""
        self.choices: dict[str, _Choices | None] = {}
        """The words of the options of other files; None for a file that cannot be read."""
        self.left_out: frozenset[KeyPath] = frozenset()
        """What could not be used of the main file."""
        self.is_use_missing = False
        """True if a protocol that one of them uses cannot be used."""

    def whole(self, main: _Text, wanted: str) -> tuple[Reading | None, tuple[Problem, ...]]:
        """The reading of the main file (None where anything has errors) and its problems.

        Of many problems the first are listed, errors before warnings, and the last says how many more there are.
        """
        protocol = self._file(main, wanted, ())
        if protocol is not None:
            walk = Walk(protocol, self.places)
            self.problems.extend([*self._linted(walk), *self._not_yet_answered(protocol)])

        # The file itself first, then those it uses; within a file from top to bottom.
        def place(problem: Problem) -> tuple[bool, str, int, int, str]:
            return problem.file != main.file, problem.file, problem.line, problem.column, str(problem)

        distinct = sorted(set(self.problems), key=place)
        is_usable = protocol is not None and not any(problem.is_error for problem in distinct)
        ordered = sorted(
            sorted(distinct, key=lambda problem: not problem.is_error)[:MOST_PROBLEMS], key=place
        )
        if more := len(distinct) - len(ordered) + self.unlisted:
            severity = "warning" if is_usable else "error"
            message = n_(
                "{count} more problem is not listed; mend these first",
                "{count} more problems are not listed; mend these first",
                more,
            )
            ordered.append(Problem(main.file, 0, 0, "", severity, message))
        problems = tuple(ordered)
        if protocol is None or not is_usable:
            return None, problems
        return Reading(_bound(walk), dict(self.texts), problems), problems

    def _linted(self, walk: Walk) -> Iterator[Problem]:
        """The breaches of rules: of all, or of what comes from elsewhere the breaches of the floor."""
        if not (self.is_checked or self.is_from_elsewhere):
            return
        from recovery.protocol.lint import linter  # heavy, and not for a text that was read before

        if self.is_checked:
            gaps = None
            if any(problem.is_error for problem in self.problems):
                gaps = Gaps(self.left_out, is_whole=not self.is_use_missing)
            yield from linter.problems(walk, gaps)
            yield from self._others(walk)
        else:
            yield from linter.floor.below_floor.problems(walk)

    def _not_yet_answered(self, protocol: RecoveryProtocol) -> Iterator[Problem]:
        """Nobody has answered for it on a day to come."""
        word = protocol.responsible
        if word is not None and self.today is not None and word.on > self.today.isoformat():
            place = place_at(self.places, "responsible", "on")
            expected = _("{day} or earlier", day=self.today)
            yield place.problem(_("nobody has answered for it yet"), expected=expected, found=word.on)

    def _others(self, walk: Walk) -> Iterator[Problem]:
        """List the problems of other protocols that the file names: they are not there, or lack an option.

        The one that usually follows may be missing: it is only suggested.
        """
        from recovery.protocol.lint.names import unknown_option

        for path, wanted, options in walk.other_protocols:
            is_phase = path[-2:] == ("back_to", "phase")
            if is_phase and (self.is_use_missing or ("phases", wanted) in self.left_out):
                continue  # it may be the phase that could not be read
            place = place_at(self.places, *path)
            severity = "warning" if path == ("then",) else "error"
            try:
                if wanted not in self.choices:
                    self.choices[wanted] = _choices(self.find(wanted))
            except NoSuchProtocol as error:
                message, names = _no_protocol(wanted, error)
                yield UNKNOWN_PROTOCOL.problem(place, message, expected=names, severity=severity)
                continue
            except UnreadableFile:
                continue  # it is there, and whoever starts it will be told
            choices = self.choices[wanted]
            for option, value in options.items():
                words = () if choices is None else choices.get(option, ())
                if choices is not None and value not in words:
                    message = _(
                        "{wanted!r} has no option {option!r} with {value!r}",
                        wanted=wanted,
                        option=option,
                        value=value,
                    )
                    names = _("one of {names}", names=name_list(words)) if words else _("no such option")
                    where = place_at(self.places, *path[:-1], "set", option)
                    yield unknown_option.problem(where, message, expected=names)

    def _file(self, source: _Text, wanted: str, above: tuple[str, ...]) -> RecoveryProtocol | None:
        """One file with those below it; None where the file is of no use. Problems are collected.

        Of the main file, what is left without its errors is taken, so that the rest is checked as well.
        """
        try:
            document = read_document(source.text, source.file)
        except UnreadableFile as unreadable:
            self.problems.append(unreadable.problem)
            return None
        if self.is_checked:
            cut_to_size(document)
        places = PlacesOf(document)
        entry = self._validated(document, places, is_main=not above)
        if entry is None or document.is_cut:
            return None
        if wanted and entry.id != wanted and ("id",) not in self.left_out:
            place = place_at(places, "id")
            message = _("the id is not the file's name")
            self.problems.append(place.problem(message, expected=repr(wanted), found=repr(entry.id)))
            if above:
                return None
        self.texts[entry.id] = source.text
        if self.is_checked and sum(map(len, self.texts.values())) > LARGEST_TOGETHER:
            most = _("at most {count} KiB", count=LARGEST_TOGETHER // 1024)
            message = _("the file and those that it uses are too big together")
            self.problems.append(place_at(places, "id").problem(message, expected=most))
            return None
        used = self._used(entry, places, (*above, entry.id))
        compiler = Compiler(entry, used, places)
        protocol = compiler.compile()
        self.problems.extend(compiler.problems)
        # What a file says itself stands before what it uses.
        maps = [places, *self.places.maps] if not above else [*self.places.maps, places]
        self.places = ChainMap(*cast(list[MutableMapping[KeyPath, Location]], maps))
        return protocol

    def _validated(self, document: Document, places: Places, *, is_main: bool) -> Entry | None:
        """The entries of a document, or what is left of them. Problems are collected."""
        version = document.value.get("format")
        if version is not None and version != FILE_FORMAT:
            message = _("this file is written in another format of the language")
            place = place_at(places, "format")
            self.problems.append(place.problem(message, expected=FILE_FORMAT, found=in_short(version)))
            return None
        shape = Shape(document)
        taken = {(problem.line, problem.column) for problem in document.problems}
        explained, more = shape.explain()
        others = [problem for problem in explained if (problem.line, problem.column) not in taken]
        self.problems.extend([*document.problems, *others])
        self.unlisted += document.unlisted + more
        if not explained:
            return shape.entry
        if not is_main or more:  # with so many mistakes what is left says nothing
            return None
        entry, self.left_out = without_errors(document)
        return entry

    def _used(self, entry: Entry, places: Places, above: tuple[str, ...]) -> dict[str, RecoveryProtocol]:
        used: dict[str, RecoveryProtocol] = {}
        for item in entry.phases:
            if not isinstance(item, UseEntry) or item.use in used:
                continue
            place = place_at(places, "phases", item.use, "use")
            if item.use in above:
                circle = _(" uses ").join((*above[above.index(item.use) :], item.use))
                message = _("protocols use each other in a circle: {circle}", circle=circle)
                self.problems.append(place.problem(message))
            elif item.use in self.protocols:
                used[item.use] = self.protocols[item.use]
            elif len(self.texts) >= MOST_FILES:
                message = _("too many protocols use one another")
                self.problems.append(place.problem(message, expected=_("at most {count}", count=MOST_FILES)))
            elif (protocol := self._fetched(item.use, place, above)) is not None:
                used[item.use] = self.protocols[item.use] = protocol
            if item.use not in used:
                self.is_use_missing = True
        return used

    def _fetched(self, wanted: str, place: Location, above: tuple[str, ...]) -> RecoveryProtocol | None:
        before = len(self.problems)
        try:
            protocol = self._file(self.find(wanted), wanted, above)
        except NoSuchProtocol as error:
            message, names = _no_protocol(wanted, error)
            self.problems.append(place.problem(message, expected=names))
            return None
        except UnreadableFile as unreadable:
            self.problems.append(unreadable.problem)
            protocol = None
        if any(problem.is_error for problem in self.problems[before:]):
            message = _("the protocol {wanted!r} that it uses has errors", wanted=wanted)
            self.problems.append(place.problem(message))
        return protocol


def _bound(walk: Walk) -> RecoveryProtocol:
    """A protocol with the floor of the language, where nobody answers for less."""
    if walk.protocol.responsible is None:
        return with_floor(walk.protocol)
    from recovery.protocol.lint.floor import less_strict

    return with_floor(walk.protocol, [bound for _path, bound, _number in less_strict(walk)])


def _choices(source: _Text) -> _Choices | None:
    """The words of each option of another file; None where the file cannot be read."""
    try:
        options = read_document(source.text, source.file).value.get("options", {})
        return {name: tuple(option["choices"]) for name, option in options.items()}
    except (UnreadableFile, AttributeError, TypeError, KeyError):
        return None


def _no_protocol(wanted: str, error: NoSuchProtocol) -> tuple[str, str]:
    """Say that no protocol has this id, and list those that there are."""
    message = _("there is no protocol {wanted!r}", wanted=wanted) + did_you_mean(wanted, error.ids)
    return message, _("one of {names}", names=name_list(sorted(error.ids)))
