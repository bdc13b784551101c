"""`recovery service` on a Linux without a systemd user manager; with one: tests/daemon/test_user_manager.py."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from recovery.cli.daemon import service
from recovery.errors import NotThere, UsageError


class Person:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._environ = {
            "HOME": str(folder),
            "RECOVERY_HOME": str(folder / "home"),
            "XDG_RUNTIME_DIR": None,
            "XDG_CONFIG_HOME": None,
            "DBUS_SESSION_BUS_ADDRESS": None,
        }

    def types(self, *words: str) -> Any:
        return CliRunner().invoke(service, words, env=self._environ, standalone_mode=False)

    def files(self) -> list[Path]:
        return [path for path in (self.folder / ".config").rglob("*") if path.is_file()]


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def test_from_the_first_to_the_last(person: Person) -> None:
    assert isinstance(person.types("status").exception, NotThere)
    first = person.types("install")
    (file,) = person.files()
    assert first.output.splitlines() == [
        f"Written: {file}",
        "The desktop starts it at the next log-in.",
        "It does not run yet: recovery daemon start",
        "To undo it: recovery service uninstall",
    ]
    assert person.types("status").output == f"xdg: {file}\n"
    assert person.types("uninstall").output == f"Removed: {file}\n"
    assert person.files() == []
    assert isinstance(person.types("uninstall").exception, NotThere)


def test_twice_is_once(person: Person) -> None:
    person.types("install")
    before = person.files()[0].stat().st_mtime_ns
    person.types("install")

    assert [file.stat().st_mtime_ns for file in person.files()] == [before]


def test_as_json(person: Person) -> None:
    answer = json.loads(person.types("install", "--json").output)
    assert (answer["v"], answer["way"], answer["undo"]) == (1, "xdg", "recovery service uninstall")
    assert answer["place"] == str(person.files()[0])
    status = person.types("status", "--json")
    assert (status.return_value, json.loads(status.output)["installed"]) == (0, True)
    assert json.loads(person.types("uninstall", "--json").output)["installed"] is False
    status = person.types("status", "--json")
    assert (status.return_value, json.loads(status.output)) == (3, {"v": 1, "installed": False, "ways": []})


@pytest.mark.parametrize("way", ["systemd", "launchd", "schtasks"])
def test_a_way_that_is_not_there(person: Person, way: str) -> None:
    ran = person.types("install", "--way", way)

    assert isinstance(ran.exception, UsageError)
    assert ran.exception.message.startswith(f"{way} cannot be used here: ")
    assert person.files() == []


def test_the_usual_folder_has_the_plain_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    person._environ["RECOVERY_HOME"] = str(tmp_path / "data" / "recovery")
    person.types("install")

    assert [file.name for file in person.files()] == ["recovery.desktop"]
    assert f" RECOVERY_HOME={tmp_path}/data/recovery " in person.files()[0].read_text()
