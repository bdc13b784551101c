from collections.abc import Callable
from pathlib import Path

import pytest

from recovery.errors import NotThere
from recovery.protocol.library import Library, default_library, installed_folder
from recovery.protocol.shelf import listed

Whole = Callable[..., str]


def test_installed_protocols_are_found_by_their_ids(library: Library) -> None:
    assert {"rice", "contrast", "strain", "trigger-point", "sitting"} <= set(library.ids())
    assert library.find("rice") == installed_folder() / "rice.yaml"


def test_an_own_file_hides_the_installed_one(library: Library, whole: Whole) -> None:
    own = library.folders[0] / "rice.yaml"
    own.write_text(whole(id="id: rice"))
    assert library.find("rice") == own
    assert library.ids().count("rice") == 1


def test_the_default_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RECOVERY_HOME", str(tmp_path))
    assert default_library().folders == (tmp_path / "protocols", installed_folder())


def test_an_unknown_id_is_told_with_the_nearest_and_all(library: Library) -> None:
    with pytest.raises(NotThere, match="no protocol 'stain'; did you mean 'strain'") as raised:
        library.find("stain")
    assert ", ".join(library.ids()) in raised.value.hint
    assert raised.value.exit_status == 3


@pytest.mark.parametrize(
    "wanted", ["", "../x", "RICE", "rice.yml", "x" * 5000, "a\0b", "-", "~nobody/x.yaml"]
)
def test_odd_words_are_not_there(library: Library, wanted: str) -> None:
    with pytest.raises(NotThere):
        library.find(wanted)


def test_paths_are_taken_as_paths(
    library: Library, tmp_path: Path, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("mine.yaml", "mine.yml", "mine"):
        (tmp_path / name).write_text(whole())
        assert library.find(name) == Path(name)
    assert library.find(str(tmp_path / "mine")) == tmp_path / "mine"


def test_an_id_is_not_hidden_by_something_in_the_current_folder(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rice").mkdir()
    assert library.find("rice") == installed_folder() / "rice.yaml"


def test_a_listing_tells_title_version_and_summary(library: Library) -> None:
    entries = {entry.id: entry for entry in listed(library)}
    assert entries["strain"].title == "Recovery from a muscle strain"
    assert entries["strain"].version == "1.3.0"
    assert "4 to 8 weeks" in entries["strain"].summary
    assert entries["strain"].is_usable


def test_a_bad_file_hides_no_other(library: Library, whole: Whole) -> None:
    own = library.folders[0]
    (own / "bad.yaml").write_bytes(b"\xff\xfe")
    (own / "folder.yaml").mkdir()
    (own / "good.yaml").write_text(whole(id="id: good"))
    (own / "notes.txt").write_text("not a protocol")
    (own / "Capital.yaml").write_text("not an id")
    entries = {entry.id: entry for entry in listed(library)}
    installed = {path.stem for path in installed_folder().glob("*.yaml")}
    assert set(entries) == {"bad", "folder", "good", *installed}
    assert not entries["bad"].is_usable
    assert "not UTF-8" in entries["bad"].problems[0].message
    assert entries["good"].is_usable


def test_a_file_with_another_ending_is_listed_as_ignored(library: Library, whole: Whole) -> None:
    (library.folders[0] / "mine.yml").write_text(whole(id="id: mine"))
    entries = {entry.id: entry for entry in listed(library)}
    assert not entries["mine.yml"].is_usable
    assert entries["mine.yml"].problems[0].message == "ignored: the file's name has to end in .yaml"
    assert "mine" not in library.ids()


def test_a_name_that_is_not_the_id_is_an_error_in_the_library_only(
    library: Library, whole: Whole, tmp_path: Path
) -> None:
    (library.folders[0] / "other.yaml").write_text(whole())
    entries = {entry.id: entry for entry in listed(library)}
    assert entries["other"].problems[0].message == "the id is not the file's name"
    assert entries["other"].problems[0].line == 2


def test_folders_that_are_not_there_are_empty(tmp_path: Path) -> None:
    library = Library((tmp_path / "none",))
    assert library.ids() == ()
    assert listed(library) == ()
    with pytest.raises(NotThere) as raised:
        library.find("rice")
    assert "there are none" in raised.value.hint
