"""`recovery store`: what it says, its exit statuses, and a daemon that runs meanwhile."""

import io
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from recovery.cli.main import status_of
from recovery.daemon import presence
from tests.cli.conftest import Person
from tests.profile import ICE, Profile, protocol


def damage(home: Path) -> None:
    with (home / "journal.db").open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(4096 * 4))


def test_a_whole_journal(patient: Person) -> None:
    said = patient.types("store", "check").out
    assert said.startswith(f"{patient.home}/journal.db: whole, one episode, ")
    answer = patient.json("store", "check")
    assert (answer["v"], answer["whole"], answer["episodes"], answer["faults"]) == (1, True, 1, [])


def test_without_a_journal(person: Person) -> None:
    for command in ("check", "backup", "export"):
        assert "Error: there is no journal yet" in person.types("store", command, status=3).err
    assert not person.home.exists()


def test_a_damaged_journal_is_told_with_what_to_do(patient: Person) -> None:
    patient.types("store", "backup")
    (copy,) = (patient.home / "backups").iterdir()
    damage(patient.home)
    ran = patient.types("store", "check", status=1)
    assert f"Error: {patient.home}/journal.db: is not whole: " in ran.err
    assert f"recovery store restore {copy} puts back the newest copy" in ran.err
    assert patient.json("store", "check", status=1)["whole"] is False
    assert f"recovery store restore {copy}" in patient.types("status", status=1).err

    said = patient.types("store", "restore", str(copy), "--yes").out
    assert (
        f"Restored: {patient.home}/journal.db\nWhat was there before: {patient.home}/backups/damaged-" in said
    )
    assert patient.types("store", "check").out
    assert "strain-1" in patient.types("status").out


def test_another_file_is_checked(patient: Person) -> None:
    copy = patient.json("store", "backup", str(patient.folder / "copy.db"))["file"]
    assert patient.types("store", "check", copy).out.startswith(f"{copy}: whole")
    Path(copy).write_bytes(b"soup" * 1000)
    assert "take another copy" in patient.types("store", "check", copy, status=1).err
    assert (
        patient.types("store", "check", "nothing.db", status=1).err
        == "Error: nothing.db: there is no such file\n"
    )
    assert "cannot be the name of a file" in patient.types("store", "check", "a\0b", status=2).err
    damaged = patient.types("store", "restore", copy, "--yes", status=1)
    assert "is not put in place, because it is not whole: one fault" in damaged.err


def test_restore_asks_and_changes_nothing_without_an_answer(
    patient: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = patient.json("store", "backup")["file"]
    patient.types("checkin", "pain=4", "swelling=1")
    ran = patient.types("store", "restore", copy, status=2)
    assert "nothing was changed" in ran.err
    assert "--yes" in ran.err
    assert patient.types("store", "restore", copy, "--json", status=2)
    before = patient.json("store", "check")["facts"]
    answer = patient.json("store", "restore", copy, "--yes")
    assert answer["facts"] < before
    assert patient.json("store", "check")["facts"] == answer["facts"]
    again = patient.json("store", "restore", answer["kept"], "--yes")
    assert again["facts"] == before


def test_export_and_import(patient: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    text = patient.types("store", "export").out
    file = patient.folder / "all.json"
    assert patient.types("store", "export", str(file)).err == f"Exported: {file}\n"
    assert file.read_text("utf-8") == text
    assert file.stat().st_mode & 0o777 == 0o600
    assert "is there already" in patient.types("store", "export", str(file), status=1).err
    assert "cannot be written" in patient.types("store", "export", "/nowhere/x.json", status=1).err
    assert "holds episodes already" in patient.types("store", "import", str(file), status=1).err

    monkeypatch.setenv("RECOVERY_HOME", str(patient.folder / "new"))
    said = patient.types("store", "import", str(file)).out
    assert said.startswith("Imported: one episode, ")
    assert said.endswith("Reminders come once it runs: recovery daemon start\n")
    assert patient.types("store", "export").out == text

    monkeypatch.setenv("RECOVERY_HOME", str(patient.folder / "newer"))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode()), isatty=lambda: False))
    assert patient.json("store", "import", "-")["episodes"] == 1


def test_what_cannot_be_imported_is_said_and_nothing_is_made(person: Person) -> None:
    file = person.folder / "x.json"
    for content, words in (
        (b"\xff\xfe", "x.json: is no text in UTF-8: byte 1"),
        (b"{", "x.json: is not imported: line 1, column 2: is no JSON"),
        (b'{"format": 1}', "protocols: is missing"),
    ):
        file.write_bytes(content)
        assert words in person.types("store", "import", str(file), status=1).err
    answer = json.loads(person.types("store", "import", str(file), "--json", status=1).out)
    assert [fault["where"] for fault in answer["faults"]] == ["protocols", "episodes", "facts"]
    assert "cannot be read: No such file" in person.types("store", "import", "nothing", status=1).err
    assert not (person.home / "journal.db").exists()


@pytest.mark.filterwarnings(
    "ignore:.*:pytest.PytestUnraisableExceptionWarning"
)  # our daemon outlives its starter
def test_a_running_daemon_is_stopped_and_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Profile(tmp_path) as somebody:
        for name, value in somebody.environ.items():
            monkeypatch.setenv(name, value)
        somebody.start(protocol(ICE.format(length="20min")))
        assert status_of(["store", "backup", "--json"]) == 0
        copy = json.loads(capsys.readouterr().out)["file"]
        somebody.run("skip", "ice")
        first = presence.read(somebody.home)
        assert status_of(["store", "restore", copy, "--yes"]) == 0
        said = capsys.readouterr().out
        assert "The daemon is stopped for it, and started again." in said
        second = somebody.wait_for_sign(lambda there: True, "it runs again")
        assert first is not None
        assert second.pid != first.pid
        assert somebody.facts("skipped") == []
        assert status_of(["store", "check"]) == 0

        Path(copy).write_bytes(b"soup")
        assert status_of(["store", "restore", copy, "--yes"]) == 1
        assert presence.is_running(somebody.home)
