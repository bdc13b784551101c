"""The unit under a real systemd user manager, with a real bus and dunst, in namespaces of its own.

It needs root, to make those; nothing of the machine's own systemd, if it has one, is touched.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.desktop import DUNST_CONFIGURATION, need
from tests.profile import ICE, protocol

SYSTEMD = Path("/lib/systemd/systemd")
BUS = Path("/usr/lib/systemd/user/dbus.socket")
NOBODY = 65534

MACHINE = """\
set -e
umount -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p /sys/fs/cgroup/{name}
echo $$ > /sys/fs/cgroup/{name}/cgroup.procs
chown -R {user} /sys/fs/cgroup/{name}
# By this folder systemd knows that it has a machine to itself.
mount -t tmpfs none /run/systemd
mkdir /run/systemd/system
mkdir -p /run/user
mount -t tmpfs none /run/user
mkdir -m 700 /run/user/{user}
chown {user} /run/user/{user}
cd {folder}
exec {become} env -i PATH="$PATH" LANG=C.UTF-8 HOME={folder} XDG_RUNTIME_DIR=/run/user/{user} DISPLAY={screen} \\
  {python} -P {folder}/scenario.py
"""

SCENARIO = """\
import json, os, re, signal, subprocess, sys, time
from pathlib import Path

HOME = Path(os.environ["HOME"])
STATE = HOME / "st ate %h $x"
os.environ["RECOVERY_HOME"] = str(STATE)
found = {}

def run(*words, **more):
    done = subprocess.run(words, capture_output=True, text=True, timeout=100, **more)
    return done.stdout.strip() + (f"[{done.returncode}] {done.stderr.strip()}" if done.returncode else "")

def manager(*words):
    return run("systemctl", "--user", "--no-pager", *words)

def until(is_so, what, limit=20):
    end = time.monotonic() + limit
    while not (value := is_so()):
        if time.monotonic() > end:
            found["late"] = what
            report()
            os._exit(1)
        time.sleep(0.05)
    return value

def report():
    found["log"] = (STATE / "daemon.log").read_text() if (STATE / "daemon.log").exists() else ""
    (HOME / "found.json").write_text(json.dumps(found))

def recovery(*words):
    return run(sys.executable, "-P", "-m", "recovery", *words)

def service(*words):
    code = f"from recovery.cli.daemon import service; service({list(words)!r}, standalone_mode=False)"
    return run(sys.executable, "-P", "-c", code)

def pid():
    return int(manager("show", "-P", "MainPID", unit) or 0)

def facts():
    return [json.loads(line) for line in recovery("log", "--all", "--json").splitlines()]

# Its scopes and log are its own; nothing is left when this process, the first of its namespace, is gone.
systemd = subprocess.Popen(["/lib/systemd/systemd", "--user"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
until(lambda: manager("is-system-running") in ("running", "degraded[1] "), "the manager is up")
bus = f"unix:path={os.environ['XDG_RUNTIME_DIR']}/bus"
os.environ["DBUS_SESSION_BUS_ADDRESS"] = bus
nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
dunst = subprocess.Popen(["dunst", "-conf", str(HOME / "dunstrc")], **nowhere)
until(lambda: "true" in run("busctl", "--user", "call", "org.freedesktop.DBus", "/", "org.freedesktop.DBus",
                            "NameHasOwner", "s", "org.freedesktop.Notifications"), "dunst is up")

found["install"] = service("install")
(file,) = (HOME / ".config/systemd/user").glob("recovery-*.service")
unit = file.name
found["again"] = service("install")
found["status"] = service("status")
found["shown"] = manager("status", unit)
first = pid()
found["process"] = Path(f"/proc/{first}/status").read_text()
found["mounts"] = Path(f"/proc/{first}/mountinfo").read_text()

found["start"] = recovery("start", str(HOME / "quick.yaml"), "--onset", "1h ago")
until(lambda: any("delivered" in json.dumps(fact) for fact in facts()), "a cue is on the screen")

os.kill(first, signal.SIGKILL)
second = until(lambda: (now := pid()) not in (0, first) and now, "systemd has started it again")
found["restarts"] = manager("show", "-P", "NRestarts", unit)

drop = file.with_name(unit + ".d")
drop.mkdir()
(drop / "short.conf").write_text("[Service]\\nWatchdogSec=1s\\nTimeoutAbortSec=1s\\nRestartSec=100ms\\n")
manager("daemon-reload")
manager("restart", unit)
third = pid()
time.sleep(2.5)
found["outlives"] = pid() == third
os.kill(third, signal.SIGSTOP)
fourth = until(lambda: (now := pid()) not in (0, third) and now, "the watchdog has seen that it hangs")

found["stop"] = recovery("daemon", "stop")
time.sleep(1)
found["after stop"] = manager("show", "-P", "ActiveState", unit)
found["begin"] = recovery("daemon", "start")
found["is its own"] = json.loads(recovery("daemon", "status", "--json"))["pid"] == pid()
found["uninstall"] = service("uninstall")
found["left"] = [str(path) for path in (HOME / ".config").rglob("*recovery*") if path.is_file()]
found["after all"] = manager("show", "-P", "ActiveState", unit)
report()
"""


def why_not() -> str:
    """What keeps a user manager from being started here; "" if nothing."""
    if not sys.platform.startswith("linux"):
        return "systemd is for Linux"
    if not SYSTEMD.exists() or not BUS.exists():
        return "no systemd with a session bus: apt-get install systemd dbus-user-session"
    if os.geteuid() != 0:
        return "namespaces for a systemd of our own need root"
    probe = [
        "unshare",
        "-m",
        "-p",
        "-f",
        "-C",
        "--mount-proc",
        "sh",
        "-c",
        "mount -t cgroup2 none /sys/fs/cgroup",
    ]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        return "this container lets nobody have a cgroup of their own"
    return ""


def somebody() -> tuple[int, str]:
    """Another user than root, if our Python is open to them, and how to become them."""
    become = f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups"
    # By way of env: setpriv itself still looks for the program with all rights.
    probe = [*become.split(), "env", sys.executable, "-P", "-c", "import recovery.cli.main, jeepney, yaml"]
    if (
        shutil.which("setpriv")
        and not subprocess.run(probe, capture_output=True, check=False, cwd="/").returncode
    ):
        return NOBODY, become
    return 0, ""


@pytest.fixture(scope="module")
def report(screen: str) -> Iterator[dict[str, Any]]:
    """What a person's systemd did with the unit, from its installation to its removal."""
    if reason := why_not():
        pytest.skip(reason)
    need("dunst", "dbus-daemon")
    user, become = somebody()
    folder = Path(tempfile.mkdtemp(prefix="recovery-manager-"))
    try:
        (folder / "scenario.py").write_text(SCENARIO)
        # A day's time in which cues come, whatever the hour.
        text = protocol(ICE.format(length="1s"))
        (folder / "quick.yaml").write_text(text)
        state = folder / "st ate %h $x"
        state.mkdir(mode=0o700)
        (state / "settings.toml").write_text('wake = "00:00"\nbedtime = "23:59"\n')
        (folder / "dunstrc").write_text(DUNST_CONFIGURATION.format(menu="/bin/true", timeout="0"))
        name = folder.name
        script = MACHINE.format(
            name=name, user=user, folder=folder, become=become, python=sys.executable, screen=screen
        )
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, user)
        ran = subprocess.run(
            ["unshare", "-m", "-p", "-f", "-C", "--mount-proc", "bash", "-c", script],
            capture_output=True,
            text=True,
            check=False,
            timeout=110,
        )
        file = folder / "found.json"
        if not file.exists():
            pytest.fail(f"the scenario ended early: {ran.stdout}{ran.stderr}")
        answers: dict[str, Any] = json.loads(file.read_text())
        assert "late" not in answers, answers
        yield answers
    finally:
        # All processes went with their namespace; the kernel keeps the groups until they are removed.
        sweep = f"mount -t cgroup2 none /mnt && find /mnt/{folder.name} -depth -type d -exec rmdir {{}} +"
        subprocess.run(
            ["unshare", "-m", "-C", "sh", "-c", sweep], capture_output=True, check=False, timeout=30
        )
        shutil.rmtree(folder, ignore_errors=True)


def test_it_is_installed_once_and_runs(report: dict[str, Any]) -> None:
    assert "It runs now: systemctl --user status recovery-" in report["install"]
    assert "allows no namespaces" not in report["install"], "the whole sandbox works here"
    assert report["again"].startswith("Installed already: ")
    assert report["status"].endswith(".service (enabled, active)")


def test_systemd_is_told_that_it_is_ready_and_how_it_is(report: dict[str, Any]) -> None:
    assert "Active: active (running)" in report["shown"]
    assert 'Status: "reminds by dbus"' in report["shown"]


def test_the_sandbox_holds_and_the_folder_is_open(report: dict[str, Any]) -> None:
    process = dict(line.split(":\t", 1) for line in report["process"].splitlines() if ":\t" in line)
    mounts = {line.split()[4]: line.split()[5] for line in report["mounts"].splitlines()}

    assert process["NoNewPrivs"] == "1"
    assert process["Seccomp"] == "2"
    assert process["CapEff"].strip("0") == ""
    assert mounts["/"].startswith("ro")
    (state,) = [options for place, options in mounts.items() if "st\\040ate\\040%h\\040$x" in place]
    assert state.startswith("rw")


def test_cues_come_out_of_the_sandbox(report: dict[str, Any]) -> None:
    assert "Reminders come as desktop notifications, by dbus." in report["start"]
    assert "via=dbus" in report["log"]


def test_a_killed_daemon_comes_back(report: dict[str, Any]) -> None:
    assert int(report["restarts"]) >= 1


def test_the_watchdog_leaves_a_living_daemon_alone_and_ends_a_hung_one(report: dict[str, Any]) -> None:
    assert report["outlives"] is True


def test_stop_is_stop_and_start_is_the_unit_s(report: dict[str, Any]) -> None:
    assert report["stop"].startswith("Stopped.")
    assert report["after stop"] == "inactive"
    assert report["begin"].startswith("Started: process ")
    assert report["is its own"] is True


def test_nothing_is_left(report: dict[str, Any]) -> None:
    assert "The daemon is ended." in report["uninstall"]
    assert [path for path in report["left"] if not path.endswith("short.conf")] == []
    assert report["after all"] == "inactive"
