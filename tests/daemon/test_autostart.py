"""What is written for being started at log-in, read by those who have to understand it.

The plist is read by plistlib and the task by an XML reader only: neither macOS nor Windows is here.
"""

import os
import plistlib
import re
import shutil
import subprocess
import sys
import venv
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import pytest

from recovery import paths
from recovery.daemon.autostart import choose
from recovery.daemon.autostart.launchd import Launchd
from recovery.daemon.autostart.systemd import Systemd, unit_text
from recovery.daemon.autostart.way import Machine, ProgramAnswer, refuse_passing
from recovery.daemon.autostart.windows import ScheduledTask, task_xml
from recovery.daemon.autostart.xdg import Autostart, desktop_text
from recovery.daemon.presence import Lock
from recovery.errors import RecoveryError, UsageError
from recovery.values import replace
from tests.desktop import LIMIT_SECONDS

ODD = 'odd %h "name" $HOME `id` it\'s {b} ü \\ end'
"""A folder's name with all that some format takes for more than itself."""

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="for Linux")


def machine(tmp_path: Path, platform: str = "linux", name: str = ODD, **more: object) -> Machine:
    environ = {
        "HOME": str(tmp_path / "user"),
        "PATH": os.environ["PATH"],
        "USERNAME": "jo & co",
        "USERDOMAIN": "PC",
    }
    folder = tmp_path / name
    folder.mkdir(exist_ok=True)
    return Machine(folder, environ, platform, **more)  # type: ignore[arg-type]


class System:
    """The system's programs: what they were asked, and prepared answers by the beginning of the question."""

    def __init__(self, **answers: ProgramAnswer) -> None:
        self.asked: list[str] = []
        self.answers = {name.replace("_", "-"): answer for name, answer in answers.items()}

    def __call__(self, command: Sequence[str]) -> ProgramAnswer:
        if command[0] == sys.executable:
            return ProgramAnswer(0, "")
        words = [word for word in command[1:] if word not in ("--user", "--no-pager")]
        self.asked.append(" ".join(words))
        return self.answers.get(words[0].strip("/").lower(), ProgramAnswer(0, ""))


# Choosing ----------------------------------------------------------------------------------------


def test_the_best_way_there_is_is_chosen(tmp_path: Path) -> None:
    def names(platform: str, system: System) -> str:
        return choose.chosen_way(machine(tmp_path, platform, run=system)).name

    assert names("linux", System()) == "systemd"
    assert names("linux", System(show=ProgramAnswer(1, "no bus"))) == "xdg"
    assert names("darwin", System()) == "launchd"
    assert names("win32", System()) == "schtasks"


def test_a_way_that_is_not_there_is_refused_with_the_reason(tmp_path: Path) -> None:
    here = machine(tmp_path, run=System(show=ProgramAnswer(1, "Failed to connect to bus: No medium found")))
    for name, reason in (
        ("systemd", "No medium found"),
        ("launchd", "not macOS"),
        ("schtasks", "not Windows"),
    ):
        with pytest.raises(UsageError, match=f"^{name} cannot be used here: .*{reason}"):
            choose.chosen_way(here, name)
    assert choose.chosen_way(here, "xdg").name == "xdg"


def test_every_way_has_its_name(tmp_path: Path) -> None:
    assert tuple(way.name for way in choose.ways(machine(tmp_path))) == choose.WAY_NAMES


def test_each_folder_of_state_has_its_own_and_the_usual_one_a_plain_name(tmp_path: Path) -> None:
    first, other = machine(tmp_path, name="one"), machine(tmp_path, name="other")
    usual = Machine(paths.default_home(), {})

    assert Systemd(usual).unit == "recovery.service"
    assert len({Systemd(each).unit for each in (first, other, usual)}) == 3


def test_a_path_that_no_file_can_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecoveryError, match="cannot be written into a configuration file"):
        choose.install(machine(tmp_path, name="two\nlines", run=System()), "xdg")


def test_a_python_that_does_not_find_us_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecoveryError, match="does not find recovery by itself"):
        choose.install(machine(tmp_path, python="/bin/false"), "xdg")


CACHED = "/home/jo/.cache/uv/archive-v0/bF-3XeJX/bin/python"


@pytest.mark.parametrize(
    ("platform", "python", "environ", "what"),
    [
        ("linux", CACHED, {}, "in the cache of a tool"),
        ("linux", "/home/jo/.cache/pipx/6c556b52/bin/python", {}, "in the cache of a tool"),
        ("linux", "/home/jo/.local/pipx/.cache/6c55/bin/python", {}, "in the cache of a tool"),
        ("linux", "/disk/c/uv/x/bin/python", {"XDG_CACHE_HOME": "/disk/c"}, "in the cache of a tool"),
        ("linux", "/disk/u/x/bin/python", {"UV_CACHE_DIR": "/disk/u"}, "in the cache of a tool"),
        ("linux", "/src/recovery/.tox/py312/bin/python", {}, "in the cache of a tool"),
        ("linux", "/dev/shm/venv/bin/python", {}, "in a folder for temporary files"),
        ("linux", "/run/user/1000/venv/bin/python", {}, "in a folder for temporary files"),
        ("linux", "/nix/store/0x-env/bin/python3", {"IN_NIX_SHELL": "impure"}, "of a shell"),
        ("darwin", "/Users/jo/Library/Caches/pipx/6c/bin/python", {}, "in the cache of a tool"),
        ("darwin", "/Users/jo/.cache/uv/archive-v0/x/bin/python", {}, "in the cache of a tool"),
        ("darwin", "/private/var/folders/zz/T/venv/bin/python", {}, "in a folder for temporary files"),
        (
            "win32",
            r"C:\Users\jo\AppData\Local\uv\cache\archive-v0\x\python.exe",
            {},
            "in the cache of a tool",
        ),
        (
            "win32",
            r"C:\users\JO\appdata\local\pipx\pipx\Cache\6c\Scripts\python.exe",
            {"LOCALAPPDATA": r"C:\Users\jo\AppData\Local"},
            "in the cache of a tool",
        ),
        (
            "win32",
            r"C:\Users\jo\AppData\Local\Temp\v\Scripts\python.exe",
            {"TEMP": r"C:\Users\jo\AppData\Local\Temp"},
            "in a folder for temporary files",
        ),
    ],
)
def test_an_interpreter_that_will_not_stay_is_refused(
    tmp_path: Path, platform: str, python: str, environ: dict[str, str], what: str
) -> None:
    system = System()
    here = machine(tmp_path, platform, python=python, run=system)
    here = replace(here, environ={**here.environ, **environ})
    with pytest.raises(RecoveryError, match=f"^{re.escape(python)} is {what}") as raised:
        choose.install(here)
    assert raised.value.hint.startswith("install recovery to stay: pipx install ")
    assert "uv tool install " in raised.value.hint
    assert not any(word in " ".join(system.asked) for word in ("enable", "disable", "bootout", "Create"))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("platform", "python"),
    [
        ("linux", "/usr/bin/python3"),
        ("linux", "/home/jo/.local/share/uv/tools/recovery/bin/python"),
        ("linux", "/home/jo/.local/share/pipx/venvs/recovery/bin/python"),
        ("linux", "/home/jo/recovery/.venv/bin/python"),
        ("linux", "/nix/store/0x-python3-3.12-env/bin/python3"),
        ("darwin", "/opt/homebrew/opt/python@3.12/bin/python3.12"),
        ("win32", r"C:\Users\jo\AppData\Roaming\uv\tools\recovery\Scripts\python.exe"),
        ("win32", r"C:\Users\jo\pipx\venvs\recovery\Scripts\python.exe"),
    ],
)
def test_an_interpreter_that_stays_is_taken(tmp_path: Path, platform: str, python: str) -> None:
    refuse_passing(machine(tmp_path, platform, python=python))


def test_a_folder_that_says_it_is_a_cache_is_one(tmp_path: Path) -> None:
    """As uv and pipx write it: into their cache, and into every environment."""
    python = tmp_path / "tools" / "recovery" / "bin" / "python"
    python.parent.mkdir(parents=True)
    tag = "Signature: 8a477f597d28d172789f06886806bc55\n# This file is a cache directory tag created by uv.\n"
    (tmp_path / "tools" / "recovery" / "CACHEDIR.TAG").write_text(tag)
    refuse_passing(machine(tmp_path, python=str(python)))
    (tmp_path / "tools" / "CACHEDIR.TAG").write_text(tag)
    with pytest.raises(RecoveryError, match="in the cache of a tool"):
        refuse_passing(machine(tmp_path, python=str(python)))


@LINUX
def test_the_command_of_a_cached_environment_writes_nothing(tmp_path: Path) -> None:
    environment = tmp_path / ".cache" / "uv" / "archive-v0" / "x"
    venv.create(environment, symlinks=True)
    (packages,) = environment.glob("lib/python3*/site-packages")
    ours = [str(Path(paths.__file__).parents[1]), *(path for path in sys.path if "site-packages" in path)]
    (packages / "ours.pth").write_text("\n".join(ours))
    done = subprocess.run(
        [environment / "bin" / "python", "-m", "recovery", "service", "install", "--way", "xdg"],
        env={"HOME": str(tmp_path), "RECOVERY_HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"]},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        f"Error: {environment}/bin/python is in the cache of a tool: it may be gone"
    )
    assert "pipx install " in done.stderr
    assert not (tmp_path / ".config").exists()


# systemd -----------------------------------------------------------------------------------------


def settings_of(text: str) -> dict[str, list[str]]:
    settings: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            settings.setdefault(name, []).append(value)
    return settings


def analyze(path: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not there: apt-get install systemd")
    runtime = path.parent / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    return subprocess.run(
        ["systemd-analyze", "--user", "--no-pager", *words, str(path)],
        env={
            "PATH": os.environ["PATH"],
            "XDG_RUNTIME_DIR": str(runtime),
            "HOME": str(path.parent),
            "LANG": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )


@LINUX
@pytest.mark.parametrize("with_desktop", [True, False])
@pytest.mark.parametrize("has_namespaces", [True, False])
def test_systemd_understands_all_of_the_unit(
    tmp_path: Path, with_desktop: bool, has_namespaces: bool
) -> None:
    path = tmp_path / "recovery.service"
    here = machine(tmp_path)
    path.write_text(unit_text(here, with_desktop=with_desktop, has_namespaces=has_namespaces))
    verified = analyze(path, "verify")

    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")


@LINUX
@pytest.mark.parametrize(("has_namespaces", "most"), [(True, 2.5), (False, 6.2)])
def test_the_unit_is_closed_as_far_as_a_person_s_units_go(
    tmp_path: Path, has_namespaces: bool, most: float
) -> None:
    path = tmp_path / "recovery.service"
    path.write_text(unit_text(machine(tmp_path), with_desktop=True, has_namespaces=has_namespaces))
    said = analyze(path, "security", "--offline=true").stdout
    exposure = re.search(r"exposure level for recovery\.service: ([0-9.]+)", said)
    assert exposure, said

    assert float(exposure[1]) <= most


def test_the_unit_is_restarted_watched_and_part_of_the_desktop(tmp_path: Path) -> None:
    settings = settings_of(unit_text(machine(tmp_path), with_desktop=True))

    assert settings["Type"] == ["notify"]
    assert settings["Restart"] == ["on-failure"]
    assert settings["WatchdogSec"] == ["300s"]
    assert settings["PartOf"] == settings["WantedBy"] == ["graphical-session.target"]
    assert settings["NoNewPrivileges"] == ["yes"]
    assert settings["RestrictAddressFamilies"] == ["AF_UNIX"]
    assert settings["ProtectHome"] == ["read-only"]


def test_the_unit_does_not_hide_the_session_bus(tmp_path: Path) -> None:
    """In a person's service these come with an empty /run (systemd 252), where the bus is; and some are in /tmp."""
    settings = settings_of(unit_text(machine(tmp_path), with_desktop=True))
    hiding = {
        "ProtectProc",
        "ProcSubset",
        "ProtectControlGroups",
        "MountAPIVFS",
        "PrivateTmp",
        "PrivateNetwork",
    }

    assert not hiding & settings.keys()


def test_installing_twice_changes_nothing(tmp_path: Path) -> None:
    system = System(is_enabled=ProgramAnswer(0, "enabled"))
    here = machine(tmp_path, run=system)
    choose.install(here)
    system.asked.clear()
    _way, done = choose.install(here)

    assert done.did == ()
    assert done.undo == "recovery service uninstall"
    assert not {line.split()[0] for line in system.asked} & {"daemon-reload", "reenable", "restart", "start"}


def test_without_a_graphical_session_it_starts_at_log_in(tmp_path: Path) -> None:
    here = machine(tmp_path, run=System(is_active=ProgramAnswer(3, "inactive")))
    choose.install(here)

    assert "WantedBy=default.target" in Systemd(here).path.read_text()


class Strict(System):
    """A system that lets no person's service have namespaces."""

    def __init__(self, unit: Path) -> None:
        super().__init__(is_active=ProgramAnswer(3, "inactive"), is_enabled=ProgramAnswer(0, "enabled"))
        self._unit = unit

    def __call__(self, command: Sequence[str]) -> ProgramAnswer:
        said = super().__call__(command)
        if self.asked and self.asked[-1].startswith("restart"):
            return ProgramAnswer(1 if "PrivateUsers" in self._unit.read_text() else 0, "Job failed.")
        if self.asked and self.asked[-1].startswith("show --property=ExecMainStatus"):
            return ProgramAnswer(0, "226")
        return said


def test_where_no_namespaces_are_allowed_the_unit_goes_without_and_says_so(tmp_path: Path) -> None:
    here = machine(tmp_path)
    system = Strict(Systemd(here).path)
    here = machine(tmp_path, run=system)
    _way, done = choose.install(here)
    text = Systemd(here).path.read_text()

    assert any("allows no namespaces" in line for line in done.did)
    assert "PrivateUsers" not in text
    assert "SystemCallFilter" in text
    choose.install(here)
    assert Systemd(here).path.read_text() == text, "it is not tried again"


def test_a_unit_that_does_not_start_is_told(tmp_path: Path) -> None:
    here = machine(
        tmp_path, run=System(restart=ProgramAnswer(1, "Job for it failed.\nmore"), show=ProgramAnswer(0, "1"))
    )
    with pytest.raises(RecoveryError, match=r"is installed, but does not start: Job for it failed\.$"):
        choose.install(here)


def test_installing_one_way_removes_the_other(tmp_path: Path) -> None:
    here = machine(tmp_path, run=System(is_active=ProgramAnswer(3, "inactive")))
    choose.install(here, "xdg")
    _way, done = choose.install(here, "systemd")

    assert [way.name for way in choose.installed(here)] == ["systemd"]
    assert any(line.startswith("Removed: ") for line in done.did)


def test_uninstalling_leaves_nothing(tmp_path: Path) -> None:
    here = machine(tmp_path, run=System())
    for name in ("systemd", "xdg"):
        way, _done = choose.install(here, name)
        assert any(line.startswith("Removed: ") for line in way.uninstall().did)
        assert way.uninstall().did == () or name == "systemd"

    assert choose.installed(here) == ()
    assert [path for path in (tmp_path / "user").rglob("*") if path.is_file()] == []


def test_a_folder_of_settings_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "user").write_text("not a folder")
    with pytest.raises(RecoveryError, match=r"recovery-[0-9a-f]{8}\.desktop: cannot be written: "):
        choose.install(machine(tmp_path, run=System()), "xdg")


# The desktop's own folder ------------------------------------------------------------------------


def exec_words(value: str) -> list[str]:
    """An Exec line as the Desktop Entry Specification reads it."""
    escapes = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
    text = re.sub(r"\\(.)", lambda matched: escapes[matched[1]], value)
    words = []
    for quoted, bare in re.findall(
        r'"((?:[^"\\`$]|\\["`$\\])*)"(?= |$)|([^\s"\'\\><~|&;$*?#()`]+)(?= |$)', text
    ):
        words.append(re.sub(r"\\(.)", r"\1", quoted) if quoted else bare)
    assert sum(map(len, words)) > 0
    return [word.replace("%%", "%") for word in words]


def test_the_autostart_file_names_everything_as_it_is(tmp_path: Path) -> None:
    here = machine(tmp_path)
    text = desktop_text(here)
    lines = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)

    assert text.startswith("[Desktop Entry]\n")
    assert lines["Type"] == "Application"
    assert exec_words(lines["Exec"]) == [
        "/usr/bin/env", f"RECOVERY_HOME={here.folder}", sys.executable, "-P", "-m", "recovery", "daemon", "start",
    ]  # fmt: skip


@LINUX
def test_the_desktop_s_own_checker_finds_nothing(tmp_path: Path) -> None:
    if not shutil.which("desktop-file-validate"):
        pytest.skip("desktop-file-validate is not there: apt-get install desktop-file-utils")
    path = tmp_path / "recovery.desktop"
    path.write_text(desktop_text(machine(tmp_path)))
    ran = subprocess.run(
        ["desktop-file-validate", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )

    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


@LINUX
def test_a_desktop_starts_what_is_meant(tmp_path: Path) -> None:
    """GLib, which reads these files for most desktops, runs the line; a script in place of Python writes it down."""
    if not shutil.which("gio"):
        pytest.skip("gio is not there: apt-get install libglib2.0-bin")
    python = tmp_path / "pyth on"
    python.write_text(
        f'#!/bin/sh\ncd "{tmp_path}"\nprintf "%s\\n" "$RECOVERY_HOME" "$@" > part\nmv part said\n'
    )
    python.chmod(0o755)
    here = machine(tmp_path, python=str(python))
    path = tmp_path / "recovery.desktop"
    path.write_text(desktop_text(here))
    subprocess.run(["gio", "launch", str(path)], check=True, timeout=LIMIT_SECONDS)
    for _ in range(500):
        if (tmp_path / "said").exists():
            break
        subprocess.run(["sleep", "0.01"], check=True)

    said = (tmp_path / "said").read_text().splitlines()
    assert said == [str(here.folder), "-P", "-m", "recovery", "daemon", "start"]


def test_it_says_whether_it_runs_by_now(tmp_path: Path) -> None:
    here = machine(tmp_path, run=System())
    _way, done = choose.install(here, "xdg")
    assert done.did[-1] == "It does not run yet: recovery daemon start"
    lock = Lock(here.folder)
    lock.take()
    _way, done = choose.install(here, "xdg")
    lock.release()

    assert done.did == ()


def test_a_relative_folder_of_settings_does_not_count(tmp_path: Path) -> None:
    here = Machine(tmp_path, {"HOME": "/h", "XDG_CONFIG_HOME": "conf"})

    assert Autostart(here).path.parent == Path("/h/.config/autostart")


# macOS and Windows, never run ---------------------------------------------------------------------


def test_the_launch_agent_is_read_back_as_it_was_meant(tmp_path: Path) -> None:
    system = System(print=ProgramAnswer(113, "Could not find service"))
    here = machine(tmp_path, "darwin", python="/usr/local/bin/python3", run=system)
    way, _done = choose.install(here)
    assert isinstance(way, Launchd)
    read = plistlib.loads(way.path.read_bytes())

    assert read["ProgramArguments"] == ["/usr/local/bin/python3", "-P", "-m", "recovery.daemon", "-", ""]
    assert read["EnvironmentVariables"] == {"RECOVERY_HOME": str(here.folder)}
    assert read["KeepAlive"] == {"SuccessfulExit": False}
    assert read["Label"] == way.label
    asked = [line.split()[0] for line in system.asked]
    assert [word for word in asked if word != "-P"] == ["bootout", "bootstrap"]  # -P: of the interpreter
    way.uninstall()
    assert not way.is_installed()


def test_the_task_is_well_formed_and_its_line_sets_the_folder(tmp_path: Path) -> None:
    here = machine(tmp_path, "win32", python=r"C:\Program Files\Python\python.exe")
    tree = ET.fromstring(task_xml(here).encode("utf-16"))
    space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    command = tree.find(".//t:Command", space)
    arguments = tree.find(".//t:Arguments", space)
    user = tree.find(".//t:LogonTrigger/t:UserId", space)
    assert command is not None
    assert arguments is not None
    assert user is not None

    assert command.text == r"C:\Program Files\Python\pythonw.exe"
    assert user.text == "PC\\jo & co"
    assert arguments.text is not None
    assert arguments.text.startswith("-P -c ")


def test_the_line_of_the_task_starts_the_daemon(tmp_path: Path) -> None:
    """Its Python, at least, runs everywhere: told to be the daemon of a folder that is a file, it refuses."""
    folder = tmp_path / "file"
    folder.touch()
    tree = ET.fromstring(task_xml(Machine(folder, {}, "win32")).encode("utf-16"))
    arguments = next(element.text or "" for element in tree.iter() if element.tag.endswith("Arguments"))
    matched = re.fullmatch(r"-P -c (\S+|\".*?\") (\S+)", arguments)
    assert matched
    code = matched[1].strip('"')
    ran = subprocess.run(
        [sys.executable, "-P", "-c", code, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )

    assert ran.stderr.startswith(f"Error: {folder}: cannot be used as the folder for recovery's data")


def test_a_task_is_made_started_and_removed(tmp_path: Path) -> None:
    system = System(query=ProgramAnswer(1, "not there"))
    here = machine(tmp_path, "win32", name="plain", run=system)
    way, done = choose.install(here)
    assert isinstance(way, ScheduledTask)
    assert [line.split()[0] for line in system.asked if "Query" not in line] == ["/Create", "/Run"]
    assert done.did
    way.uninstall()

    assert system.asked[-1].startswith("/Delete")
