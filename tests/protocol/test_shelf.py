"""What was read before is kept compiled, and used only where reading again would give the same."""

import os
from datetime import date
from pathlib import Path

import pytest

from recovery.protocol import reading
from recovery.protocol.library import Library, installed_folder
from recovery.protocol.outcome import ProtocolError, Reading
from recovery.protocol.shelf import MOST, listed, reading_of

LIBRARY = Library((installed_folder(),))


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty shelf."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "recovery"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read, and not taken from the shelf."""
    names, really = [], reading.read_protocol

    def read(path: Path, library: Library, *, today: date | None = None) -> Reading:
        names.append(path.stem)
        return really(path, library, today=today)

    monkeypatch.setattr(reading, "read_protocol", read)
    return names


@pytest.fixture
def own(tmp_path: Path) -> Library:
    """A person's own protocol, in the place of a shipped one."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "sitting.yaml").write_text(
        (installed_folder() / "sitting.yaml").read_text("utf-8"), "utf-8"
    )
    return Library((tmp_path / "mine", installed_folder()))


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("name", LIBRARY.ids())
def test_what_is_kept_is_what_was_read(name: str, reads: list[str]) -> None:
    path = LIBRARY.find_id(name)
    first, again = reading_of(path, LIBRARY), reading_of(path, LIBRARY)
    assert (first, reads) == (again, [name])
    assert first.content_hash == again.content_hash


@pytest.mark.usefixtures("shelf")
def test_a_changed_file_is_read_again(own: Library, reads: list[str]) -> None:
    path = own.find_id("sitting")
    before = reading_of(path, own)
    path.write_text(path.read_text("utf-8").replace("version: ", "version: 1"), "utf-8")
    assert reading_of(path, own) != before
    assert reads == ["sitting", "sitting"]


@pytest.mark.usefixtures("shelf")
def test_another_file_of_the_library_may_change_the_reading(own: Library, reads: list[str]) -> None:
    path = own.find_id("sitting")
    reading_of(path, own)
    (path.parent / "other.yaml").write_text("id: other", "utf-8")
    reading_of(path, own)
    assert reads == ["sitting", "sitting"]


@pytest.mark.parametrize("spoil", ["", "\n\n", "x" * 100, "cut", "flipped"])
def test_what_is_spoilt_is_read_again(own: Library, shelf: Path, reads: list[str], spoil: str) -> None:
    path = own.find_id("sitting")
    first = reading_of(path, own)
    (kept,) = shelf.iterdir()
    text = kept.read_text("utf-8")
    kept.write_text({"cut": text[:-10], "flipped": text.replace("Stand", "Stund")}.get(spoil, spoil), "utf-8")
    assert reading_of(path, own) == first
    assert reads == ["sitting", "sitting"]


@pytest.mark.skipif(os.name != "posix", reason="no permissions of this kind")
def test_a_shelf_that_others_can_write_to_is_left_alone(own: Library, shelf: Path, reads: list[str]) -> None:
    shelf.mkdir(parents=True)
    shelf.chmod(0o777)
    for _time in range(2):
        reading_of(own.find_id("sitting"), own)
    assert reads == ["sitting", "sitting"]
    assert not [*shelf.iterdir()]


@pytest.mark.usefixtures("shelf")
def test_a_file_with_a_fault_is_told_each_time(own: Library) -> None:
    path = own.find_id("sitting")
    path.write_text(path.read_text("utf-8").replace("every: ", "every: x"), "utf-8")
    for _time in range(2):
        with pytest.raises(ProtocolError) as caught:
            reading_of(path, own)
        assert [problem for problem in caught.value.problems if problem.is_error]
        assert [entry.id for entry in listed(own) if not entry.is_usable] == ["sitting"]


def test_a_file_that_changes_while_it_is_read_is_not_kept(
    own: Library, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, really = own.find_id("sitting"), reading.read_protocol

    def change_first(path: Path, library: Library, *, today: date | None = None) -> Reading:
        path.write_text(path.read_text("utf-8") + "# changed\n", "utf-8")
        return really(path, library, today=today)

    monkeypatch.setattr(reading, "read_protocol", change_first)
    assert reading_of(path, own).protocol.id == "sitting"
    assert not shelf.exists()


def test_no_place_to_keep_it_is_no_fault(own: Library, shelf: Path) -> None:
    shelf.parent.write_text("a file where a folder should be", "utf-8")
    assert reading_of(own.find_id("sitting"), own).protocol.id == "sitting"


def test_the_shelf_does_not_grow_for_ever(own: Library, shelf: Path) -> None:
    path = own.find_id("sitting")
    text = path.read_text("utf-8")
    for number in range(MOST + 3):
        path.write_text(f"{text}# {number}\n", "utf-8")
        reading_of(path, own)
    assert len([*shelf.iterdir()]) == MOST
