"""Protocol files as a person names them: read, compared, drafted, installed."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recovery import clock, files
from recovery.errors import RecoveryError, UsageError
from recovery.language import _, current
from recovery.protocol import compiled
from recovery.protocol.library import NoSuchProtocol, default_library, is_id, starter
from recovery.protocol.model import FrontDoor, RecoveryProtocol
from recovery.protocol.syntax import LONGEST_FILE
from recovery.values import Value

if TYPE_CHECKING:
    from recovery.protocol.differences import Difference
    from recovery.protocol.outcome import Reading
    from recovery.protocol.problems import Problem
    from recovery.protocol.shelf import Listed

# Reading ----------------------------------------------------------------------------------------


def read_wanted(wanted: str, now: datetime | None = None) -> "Reading":
    """Read the protocol of an id or of a path. Raises `NotThere`, `ProtocolError`.

    With `now` nobody can have answered for it after the local date.
    """
    from recovery.protocol.shelf import reading_of

    library = default_library()
    return reading_of(library.find(wanted), library, today=_local_date(now))


def in_own_words(protocol: RecoveryProtocol) -> RecoveryProtocol:
    """Return a protocol in the language of this process."""
    return compiled.in_language(protocol, current())


def if_protocol(document: RecoveryProtocol | FrontDoor) -> RecoveryProtocol | None:
    """Return a protocol in the language of this process; None for a front door."""
    return in_own_words(document) if isinstance(document, RecoveryProtocol) else None


def every_listed() -> "tuple[Listed, ...]":
    """All protocols that can be started, and the files that cannot be used."""
    from recovery.protocol.shelf import listed

    return listed(default_library())


def check_wanted(wanted: str) -> "tuple[RecoveryProtocol | None, Iterable[Problem]]":
    """The protocol of an id or of a path, None where it has errors, and all its errors and warnings.

    Raises `NotThere` for an id that nothing has.
    """
    from recovery.protocol.outcome import ProtocolError

    try:
        reading = read_wanted(wanted)
    except ProtocolError as error:
        return None, error.problems
    return reading.protocol, reading.warnings


def front_door(region: str) -> FrontDoor:
    """Read the front door for a part of the body, in one's own language. Raises `NotThere`, `ProtocolError`."""
    from recovery.protocol.reading import read_door

    door: FrontDoor = compiled.in_words_of(current(), read_door(region, default_library()))
    return door


def validated(wanted: str, now: datetime) -> "tuple[RecoveryProtocol | FrontDoor | None, Iterable[Problem]]":
    """Check a file, or what is installed under an id where there is no file of that name. As `check_wanted`."""
    from recovery.protocol.reading import check_document

    library, path = default_library(), Path(wanted)
    if not path.exists() and wanted in library.ids():
        path = library.find(wanted)
    return check_document(path, library, today=_local_date(now))


def compared(old: str, new: str) -> "tuple[Difference, ...]":
    """Compare two protocols, each an id or a path. Raises `NotThere`, `ProtocolError`."""
    from recovery.protocol.differences import differences

    return differences(read_wanted(old).protocol, read_wanted(new).protocol)


def _local_date(now: datetime | None) -> date | None:
    return None if now is None else clock.on_the_wall(now).date()


def schema_of_files() -> dict[str, Any]:
    """The JSON Schema of protocol files."""
    from recovery.protocol.schema import json_schema

    return json_schema()


# A first draft ----------------------------------------------------------------------------------


def draft(id_: str) -> str:
    """Compose a first protocol file, whole and without errors. Raises `UsageError` for what is no id."""
    if not is_id(id_):
        raise UsageError(
            _("{id!r} is not an id", id=id_[:60]),
            _("write small letters, digits and hyphens, a letter first, at most 40, such as my-hip"),
        )
    return starter(id_)


def write_draft(text: str, path: Path) -> None:
    """Write a draft to a file that is not there yet. Raises `RecoveryError`."""
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


# Installing -------------------------------------------------------------------------------------


class Piece(Value):
    """A file to install, and what it takes the place of."""

    protocol: RecoveryProtocol
    text: str
    path: Path
    """The place where it goes."""
    before: Path | None
    """The file that stands there already."""
    hides: Path | None
    """The installed file that is not found any more, because one's own comes first."""


class Installation(Value):
    """A protocol to install, with the files from beside it that it uses."""

    protocol: RecoveryProtocol | None
    """None: it has errors."""
    problems: "tuple[Problem, ...]"
    pieces: tuple[Piece, ...] = ()
    """The files that are not installed already with their very texts."""


def installation(path: Path, now: datetime) -> Installation:
    """Read a file to install it. Raises `ProtocolError` for errors of another file that it uses."""
    from recovery.protocol.outcome import ProtocolError
    from recovery.protocol.shelf import reading_of

    try:
        reading = reading_of(path, default_library(), today=_local_date(now))
    except ProtocolError as error:
        return Installation(None, error.problems)
    return Installation(reading.protocol, reading.warnings, tuple(_pieces(reading, path)))


def _pieces(reading: "Reading", path: Path) -> Iterator[Piece]:
    from recovery.protocol.shelf import reading_of

    library = default_library()
    for id_, text in reading.texts.items():
        if _is_installed(id_, text):
            continue
        protocol = reading.protocol
        if id_ != protocol.id:
            protocol = reading_of(path.parent / f"{id_}.yaml", library).protocol
        own, *shipped = (folder / f"{id_}.yaml" for folder in library.folders)
        hides = next((each for each in shipped if each.exists()), None)
        yield Piece(protocol, text, own, own if own.exists() else None, hides)


def _is_installed(id_: str, text: str) -> bool:
    from recovery.protocol.outcome import content_hash

    try:
        installed = files.read_whole(default_library().find_id(id_), LONGEST_FILE).decode()
    except (NoSuchProtocol, OSError, ValueError):
        return False
    return content_hash({id_: installed}) == content_hash({id_: text})


def changes(piece: Piece) -> "tuple[Difference, ...] | None":
    """Find what would change of the protocol in whose place a piece goes; None: that has errors, or there is none."""
    from recovery.protocol.differences import differences
    from recovery.protocol.outcome import ProtocolError
    from recovery.protocol.shelf import reading_of

    if piece.before is None:
        return None
    try:
        return differences(reading_of(piece.before, default_library()).protocol, piece.protocol)
    except ProtocolError:
        return None


def install_piece(piece: Piece, folder: Path) -> None:
    """Write a file whole or not at all, for its owner alone. Raises `RecoveryError`."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        files.write_whole(piece.path, [piece.text])
    except OSError as error:
        raise RecoveryError(
            _("{path}: cannot be written: {reason}", path=piece.path, reason=error.strerror),
            _("set RECOVERY_HOME to a folder that you can write to"),
        ) from None
