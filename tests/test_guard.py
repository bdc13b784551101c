"""The guard of `conftest.py` works: a test that forgets its own folder of state fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from recovery import paths
from recovery.errors import RecoveryError

TOP = Path(__file__).parents[1]


def test_state_lives_in_a_folder_of_the_test(own_home: Path, tmp_path: Path) -> None:
    assert paths.home() == own_home
    assert tmp_path in own_home.parents
    assert not own_home.exists()


@pytest.mark.parametrize("forgotten", ["", None])
def test_the_default_place_raises(forgotten: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if forgotten is None:
        monkeypatch.delenv("RECOVERY_HOME")
    else:
        monkeypatch.setenv("RECOVERY_HOME", forgotten)
    with pytest.raises(AssertionError, match="default state"):
        paths.home()
    with pytest.raises(AssertionError, match="default state"):
        paths.make_home()


def test_a_program_that_a_test_starts_cannot_make_the_default_folder() -> None:
    code = (
        "from recovery import paths; from recovery.errors import RecoveryError\n"
        "try: paths.make_home()\n"
        "except RecoveryError as error: print(error.message)"
    )
    environment = {key: value for key, value in os.environ.items() if key != "RECOVERY_HOME"}
    environment["PYTHONPATH"] = str(TOP)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert "cannot be used as the folder for recovery's data" in done.stdout


def test_another_folder_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOVERY_HOME", str(tmp_path / "other"))
    assert paths.make_home() == tmp_path / "other"
    (tmp_path / "file").touch()
    monkeypatch.setenv("RECOVERY_HOME", str(tmp_path / "file" / "below"))
    with pytest.raises(RecoveryError):
        paths.make_home()
