"""The search for protocol files: a person's own first, then the installed ones.

Finding a file needs neither YAML nor pydantic; `reading` reads them.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from recovery import paths
from recovery.errors import NotThere, RecoveryError
from recovery.language import _
from recovery.values import Value

_ID = "[a-z][a-z0-9-]{0,39}"
_SUFFIXES = (".yaml", ".yml")
DOORS = "assess"
"""The folder of front doors, inside one with protocols."""


class NoSuchProtocol(NotThere):
    """No protocol has this id."""

    def __init__(self, wanted: str, ids: Iterable[str]) -> None:
        from difflib import get_close_matches  # finding should cost nothing

        self.ids = tuple(sorted(ids))
        near = get_close_matches(wanted, self.ids, n=1)
        message = _("there is no protocol {wanted!r}", wanted=wanted[:60])
        if near:
            message += _("; did you mean {near!r}?", near=near[0])
        hint = _("there are none; or give the path of a file")
        if self.ids:
            hint = _("there are: {names}; or give the path of a file", names=", ".join(self.ids))
        super().__init__(message, hint)


def installed_folder() -> Path:
    """The protocols that come with the program: in the wheel, or beside the package in a checkout."""
    package = Path(__file__).resolve().parent.parent
    shipped = package / "_protocols"
    return shipped if shipped.is_dir() else package.parent / "protocols"


def starter(protocol_id: str) -> str:
    """Compose a first file with that id, to change: small, whole, and commented so that it teaches the language."""
    text = Path(__file__).with_name("starter.yaml").read_text(encoding="utf-8")
    title = protocol_id.replace("-", " ").capitalize()
    return text.replace("first-draft", protocol_id).replace("First draft", title)


def is_id(text: str) -> bool:
    """Tell if a protocol can have this id: small letters, digits and hyphens, a letter first, at most 40."""
    return re.fullmatch(_ID, text) is not None


def default_library() -> "Library":
    """`protocols` in the folder of all state, then the installed ones."""
    try:
        return Library((paths.home() / "protocols", installed_folder()))
    except RecoveryError:  # no home folder: who keeps something is told, and reading needs none
        return Library((installed_folder(),))


class Library(Value):
    """Folders with protocol files named `<id>.yaml`. A file in an earlier folder hides one of the same id."""

    folders: tuple[Path, ...]

    def find(self, wanted: str) -> Path:
        """The file of an id, or the path that was given. Raises `NotThere`.

        Anything with a `/`, with the ending of a YAML file, or that names an existing file is a path.
        """
        is_path = "/" in wanted or "\\" in wanted or wanted.endswith(_SUFFIXES)
        if not is_path and re.fullmatch(_ID, wanted):
            try:
                return self.find_id(wanted)
            except NoSuchProtocol:
                if not _exists(Path(wanted)):
                    raise
        path = paths.typed(wanted)
        if wanted and _exists(path):
            return path
        if is_path:
            raise NotThere(
                _("{path}: there is no such file", path=wanted),
                _("give the path of a protocol file, or an id"),
            )
        raise NoSuchProtocol(wanted, self.ids())

    def door(self, region: str) -> Path:
        """The file of the front door for a part of the body. Raises `NotThere`."""
        doors = {
            path.stem: path for folder in reversed(self.folders) for path in sorted(_inside(folder / DOORS))
        }
        if region not in doors:
            raise NotThere(
                _("there are no questions for {region!r}", region=region[:60]),
                _("there are: {listed}", listed=", ".join(sorted(doors)) or _("none")),
            )
        return doors[region]

    def find_id(self, wanted: str) -> Path:
        """The file of an id. Raises `NoSuchProtocol`."""
        if re.fullmatch(_ID, wanted):
            for folder in self.folders:
                path = folder / f"{wanted}.yaml"
                if _exists(path):
                    return path
        raise NoSuchProtocol(wanted, self.ids())

    def holds(self, path: Path) -> bool:
        """Tell if it stands in one of the folders, so that its name has to be its id."""
        return any(_same(path.parent, folder) for folder in self.folders)

    def ids(self) -> tuple[str, ...]:
        """The ids of all files, in order."""
        return tuple(sorted(self.files()))

    def misnamed(self) -> Iterator[Path]:
        """Files that would be protocols if their names ended in .yaml."""
        for folder in self.folders:
            yield from sorted(path for path in _inside(folder) if path.suffix.lower() == ".yml")

    def files(self) -> dict[str, Path]:
        """The file of each id."""
        by_id: dict[str, Path] = {}
        for folder in self.folders:
            for path in sorted(_inside(folder)):
                if path.suffix == ".yaml" and re.fullmatch(_ID, path.stem):
                    by_id.setdefault(path.stem, path)
        return by_id


def _inside(folder: Path) -> list[Path]:
    try:
        return [*folder.iterdir()]
    except OSError:
        return []


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _same(folder: Path, other: Path) -> bool:
    try:
        return folder.resolve() == other.resolve()
    except (OSError, ValueError, RuntimeError):
        return False
