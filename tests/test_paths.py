"""Where state lives, for users and folders of every kind."""

import os
from pathlib import Path

import pytest

from recovery import paths
from recovery.cli.main import status_of
from recovery.errors import RecoveryError


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECOVERY_HOME", raising=False)


def test_a_relative_place_for_data_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("data", "./data", "~/data"):
        monkeypatch.setenv("XDG_DATA_HOME", name)
        assert paths.home() == tmp_path / ".local/share/recovery"


@pytest.mark.parametrize("named", ["~nobody-at-all/x", "~nobody-at-all"])
def test_a_home_that_nobody_has_is_told(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOVERY_HOME", named)
    with pytest.raises(RecoveryError) as caught:
        paths.home()
    assert caught.value.message == f"{named}: this user has no home folder on this machine"
    assert "RECOVERY_HOME" in caught.value.hint


@pytest.mark.skipif(os.name != "posix", reason="of POSIX permissions")
def test_a_folder_that_others_can_rename_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    monkeypatch.setenv("RECOVERY_HOME", str(shared / "deep" / "mine"))
    with pytest.raises(RecoveryError) as caught:
        paths.make_home()
    assert str(shared) in caught.value.message
    assert "chmod go-w" in caught.value.hint

    (tmp_path / "own").mkdir(mode=0o700)
    (shared / "link").symlink_to(tmp_path / "own")
    monkeypatch.setenv("RECOVERY_HOME", str(shared / "link"))
    with pytest.raises(RecoveryError, match=str(shared)):
        paths.make_home()

    monkeypatch.setenv("RECOVERY_HOME", str(shared / "deep" / "mine"))
    shared.chmod(0o1777)  # as /tmp is: only the owner may rename
    assert paths.make_home() == shared / "deep" / "mine"


@pytest.mark.parametrize("line", ["protocols", "validate strain", "schema", "simulate rice --onset now"])
def test_what_keeps_nothing_needs_no_home(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECOVERY_HOME", "~nobody-at-all/x")
    assert status_of(line.split()) == 0, capsys.readouterr().err


@pytest.mark.parametrize("line", ["status", "next", "log", "checkin pain=1", "doctor", "store check"])
def test_what_keeps_something_names_the_way_out(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECOVERY_HOME", "~nobody-at-all/x")
    assert status_of(line.split()) == 1
    out, err = capsys.readouterr()
    assert "RECOVERY_HOME" in (out if line == "doctor" else err)  # doctor tells it among all the rest
