"""Protocols that were read before, kept compiled: to read and check a file costs ten times as much.

A reading is kept by a hash of all that it came from: the files of the library, the language, and the modules of this
package. So it is used only where reading again would give the same. It may be lost or spoilt at any time; then the
file is read.
"""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from recovery import files, paths
from recovery.language import _, current
from recovery.protocol import compiled
from recovery.protocol.library import Library
from recovery.protocol.outcome import ProtocolError, Reading

if TYPE_CHECKING:
    from recovery.protocol.problems import Problem

LONGEST = 8 << 20
"""In bytes, of a file of the shelf: many times the largest protocol."""
MOST = 40
"""The readings that are kept; the oldest go. The shipped protocols are nine."""


@dataclass(frozen=True)
class Listed:
    """One protocol file of the library: what it is, or what is wrong with it."""

    id: str
    path: Path
    title: str = ""
    version: str = ""
    summary: str = ""
    problems: "tuple[Problem, ...]" = ()

    @property
    def is_usable(self) -> bool:
        return not any(problem.is_error for problem in self.problems)


def reading_of(path: Path, library: Library, *, today: date | None = None) -> Reading:
    """Take a protocol of the library from the shelf, or read it as `reading.read_protocol` does, and keep it.

    Files with warnings, and files that somebody answers for from a day on, are read each time.
    """
    return _Shelf(library).read(path, today)


def listed(library: Library) -> tuple[Listed, ...]:
    """All protocols of a library with their titles, or what is wrong with them: a bad file hides no other."""
    shelf, entries = _Shelf(library), []
    for name, path in sorted(library.files().items()):
        try:
            read = shelf.read(path)
        except ProtocolError as error:
            entries.append(Listed(name, path, problems=error.problems))
        else:
            titles = (read.protocol.title, read.protocol.version, read.protocol.summary)
            entries.append(Listed(name, path, *titles, read.warnings))
    for path in library.misnamed():
        from recovery.protocol.problems import Problem

        why = Problem(str(path), 0, 0, "", "error", _("ignored: the file's name has to end in .yaml"))
        entries.append(Listed(path.name, path, problems=(why,)))
    return tuple(entries)


class _Shelf:
    """The place of all readings of a library as its files are now."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.folder: Path | None = None
        self.state = hashlib.sha256()
        self.state.update(repr((compiled.FORMAT, current())).encode())
        with suppress(OSError, ValueError):  # what cannot be looked at cannot be kept
            for each in sorted(
                Path(__file__).parent.rglob("*.py")
            ):  # whose code decides what a reading gives
                status = each.stat()
                self.state.update(f"{each}\0{status.st_mtime_ns}\0{status.st_size}\0".encode())
            for name, file in sorted(library.files().items()):
                data = files.read_whole(file, LONGEST)
                self.state.update(f"{name}\0{file}\0{len(data)}\0".encode())
                self.state.update(data)
            self.folder = paths.cache()

    def read(self, path: Path, today: date | None = None) -> Reading:
        """The reading of a file. Raises `reading.ProtocolError`."""
        place = self._place(path)
        if place is not None and (kept := _kept(place)) is not None:
            return kept
        from recovery.protocol import reading  # heavy

        read = reading.read_protocol(path, self.library, today=today)
        if place is None or read.warnings or read.protocol.responsible is not None:
            return read
        if place == _Shelf(self.library)._place(path):  # no file was changed meanwhile
            with suppress(OSError):  # a full disk, or one that nobody may write to: it is read again then
                _keep(read, place)
        return read

    def _place(self, path: Path) -> Path | None:
        if self.folder is None or not self.library.holds(path):
            return None
        state = self.state.copy()
        state.update(str(path).encode(errors="surrogateescape"))
        return self.folder / f"{path.stem}-{state.hexdigest()[:32]}.json"


def _kept(place: Path) -> Reading | None:
    """The reading at a place of the shelf; None where there is none that is whole and ours."""
    try:
        _refuse_others(place.parent)
        head, texts, protocol = files.read_whole(place, LONGEST).decode().split("\n")
        if head == _sum(texts, protocol):
            return Reading(compiled.from_json(protocol), json.loads(texts))
    except (OSError, ValueError):
        pass  # not there, or spoilt: it is read again
    return None


def _keep(read: Reading, place: Path) -> None:
    """Keep a reading for its owner alone. Raises `OSError`."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_others(place.parent)
    texts, protocol = json.dumps(dict(read.texts), separators=(",", ":")), compiled.to_json(read.protocol)
    files.write_whole(place, (_sum(texts, protocol), "\n", texts, "\n", protocol))
    by_age = sorted(place.parent.glob("*.json"), key=lambda each: each.stat().st_mtime_ns)
    for old in by_age[:-MOST]:
        old.unlink(missing_ok=True)


def _sum(texts: str, protocol: str) -> str:
    return hashlib.sha256(f"{texts}\n{protocol}".encode()).hexdigest()


def _refuse_others(folder: Path) -> None:
    """Refuse a folder that somebody else can write to. Raises `OSError`."""
    status = folder.stat()
    if os.name == "posix" and (status.st_uid != os.geteuid() or status.st_mode & 0o022):
        raise PermissionError(f"{folder} is open to others")
