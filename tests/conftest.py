"""For all tests: nobody's real state is touched, and properties are the same in every run."""

from pathlib import Path

import pytest
from hypothesis import settings

from recovery import paths

# A failure comes again in the next run, on every machine; the slow profile looks further each time.
settings.register_profile("fast", deadline=None, max_examples=60, derandomize=True, database=None)
settings.register_profile("slow", deadline=None, max_examples=1500, print_blob=True)
settings.load_profile("fast")

_default_home = paths.home


@pytest.fixture(autouse=True)
def own_home(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Each test has a folder of state of its own. Without it there is none: the default place raises.

    Programs that a test starts are guarded too: below a file no folder can be made, not even by root.
    """
    nowhere = tmp_path_factory.getbasetemp() / "no-home"
    nowhere.touch()
    folder = tmp_path / "recovery-home"
    monkeypatch.setenv("RECOVERY_HOME", str(folder))
    monkeypatch.setenv("HOME", str(nowhere))
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(nowhere / "data"))

    def guarded() -> Path:
        found = _default_home()
        if nowhere in found.parents:
            raise AssertionError(f"a test looked for the default state: {found}")
        return found

    monkeypatch.setattr(paths, "home", guarded)
    return folder
