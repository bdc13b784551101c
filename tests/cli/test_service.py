"""`recovery service` on a Linux without a systemd user manager; with one: tests/daemon/test_user_manager.py."""

from pathlib import Path

import pytest

from tests.cli.conftest import Person

pytestmark = pytest.mark.usefixtures("own_folder")


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_RUNTIME_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name)


def files(person: Person) -> list[Path]:
    return [path for path in (person.folder / ".config").rglob("*") if path.is_file()]


def test_from_the_first_to_the_last(person: Person) -> None:
    person.types("service", "status", status=3)
    first = person.types("service", "install")
    (file,) = files(person)
    assert first.out.splitlines() == [
        f"Written: {file}",
        "The desktop starts it at the next log-in.",
        "It does not run yet: recovery daemon start",
        "To undo it: recovery service uninstall",
    ]
    assert person.types("service", "status").out == f"xdg: {file}\n"
    assert person.types("service", "uninstall").out == f"Removed: {file}\n"
    assert files(person) == []
    person.types("service", "uninstall", status=3)


def test_twice_is_once(person: Person) -> None:
    person.types("service", "install")
    before = files(person)[0].stat().st_mtime_ns
    person.types("service", "install")

    assert [file.stat().st_mtime_ns for file in files(person)] == [before]


def test_as_json(person: Person) -> None:
    answer = person.json("service", "install")
    assert (answer["v"], answer["way"], answer["undo"]) == (1, "xdg", "recovery service uninstall")
    assert answer["place"] == str(files(person)[0])
    assert person.json("service", "status")["installed"] is True
    assert person.json("service", "uninstall")["installed"] is False
    assert person.json("service", "status", status=3) == {"v": 1, "installed": False, "ways": []}


@pytest.mark.parametrize("way", ["systemd", "launchd", "schtasks"])
def test_a_way_that_is_not_there(person: Person, way: str) -> None:
    ran = person.types("service", "install", "--way", way, status=2)

    assert ran.err.startswith(f"Error: {way} cannot be used here: ")
    assert files(person) == []


def test_the_usual_folder_has_the_plain_name(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = person.folder / "data" / "recovery"
    monkeypatch.setenv("XDG_DATA_HOME", str(usual.parent))
    monkeypatch.setenv("RECOVERY_HOME", str(usual))
    person.types("service", "install")

    assert [file.name for file in files(person)] == ["recovery.desktop"]
    assert f" RECOVERY_HOME={usual} " in files(person)[0].read_text()
