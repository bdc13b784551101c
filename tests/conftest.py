"""For all tests: nobody's real state is touched, and properties are the same in every run."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from recovery import paths
from recovery.notify import desktop_session
from tests.desktop import Desktop, display
from tests.profile import Profile

# A failure comes again in the next run, on every machine; the slow profile looks further each time.
settings.register_profile("fast", deadline=None, max_examples=30, derandomize=True, database=None)
settings.register_profile("slow", deadline=None, max_examples=1500, print_blob=True)
settings.load_profile("fast")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell has it so for what it starts in the background, and every program that a test starts would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

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
        folder_of_state = _default_home()
        if nowhere in folder_of_state.parents:
            raise AssertionError(f"a test looked for the default state: {folder_of_state}")
        return folder_of_state

    monkeypatch.setattr(paths, "home", guarded)
    return folder


_OF_THE_SURROUNDINGS = (
    *("LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LC_TIME", "LC_CTYPE", "TZ", "TERM", "COLUMNS", "LINES"),
    *("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "PAGER", "EDITOR", "VISUAL"),
    *("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "NOTIFY_SOCKET", "WATCHDOG_USEC"),
    *("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "XDG_CURRENT_DESKTOP"),
    *("XDG_SESSION_TYPE", "XDG_SESSION_ID", "XDG_CONFIG_DIRS", "XDG_DATA_DIRS"),
    *("PYTHONWARNINGS", "PYTHONOPTIMIZE", "PYTHONUNBUFFERED", "PYTHONIOENCODING", "PYTHONDEVMODE"),
    *("PYTHONVERBOSE", "PYTHONINSPECT", "PYTHONDONTWRITEBYTECODE", "CI"),
)


@pytest.fixture(autouse=True)
def own_surroundings(
    own_home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Each test runs in an empty folder, without the settings of whoever runs it."""
    for name in _OF_THE_SURROUNDINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "dumb")
    # Not the bus of whoever runs the tests: for this process, and for the programs that a test starts.
    runtime = tmp_path_factory.getbasetemp() / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    monkeypatch.setattr(desktop_session, "OWN_PLACES", str(runtime / "of-users"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    # Whoever has read a shipped protocol once has it on the shelf; of all that run the tests side by side.
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared / "cache"))
    empty = tmp_path_factory.getbasetemp() / "nothing-beside" / "empty"
    empty.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(empty)
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def profile(tmp_path: Path) -> Iterator[Profile]:
    """Somebody whose commands run as processes, with no desktop."""
    with Profile(tmp_path) as profile:
        yield profile


@pytest.fixture(scope="session")
def screen() -> Iterator[str]:
    """One virtual screen for all tests; each has its own bus and server on it."""
    with display() as name:
        yield name


@pytest.fixture
def bare_desktop(screen: str) -> Iterator[Desktop]:
    """A session in which nothing has been started yet."""
    with Desktop(screen) as desktop:
        yield desktop


@pytest.fixture
def desktop(bare_desktop: Desktop) -> Desktop:
    bare_desktop.start()
    return bare_desktop
