"""`recovery doctor`: on a real desktop with parts missing, and on folders with something wrong."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from recovery import __version__
from recovery.cli import doctor as examination
from recovery.cli.doctor import Check, doctor, examine
from recovery.daemon import presence
from recovery.daemon.autostart.choose import install
from recovery.daemon.autostart.way import Machine, ProgramAnswer
from recovery.daemon.presence import Lock, Presence
from recovery.engine import facts as f
from recovery.engine.facts import Fact
from recovery.engine.written import to_ms
from recovery.errors import RecoveryError
from recovery.store.checking import lateness
from recovery.store.journal import Journal
from tests.desktop import LIMIT_SECONDS, Desktop, until
from tests.profile import ICE, Profile, protocol

NOTHING: Mapping[str, str] = {"PATH": os.environ.get("PATH", "")}


def nobody(command: Sequence[str]) -> ProgramAnswer:
    return ProgramAnswer(127, "")


def looked(folder: Path, environ: Mapping[str, str] = NOTHING, **more: Any) -> dict[str, Check]:
    """The checks of a folder by name."""
    machine = Machine(folder, environ, more.pop("platform", "linux"), run=more.pop("run", nobody))
    return {check.name: check for check in examine(machine, **more)}


def states(checks: Mapping[str, Check]) -> dict[str, str]:
    return {name: check.state for name, check in checks.items()}


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Profile]:
    with Profile(tmp_path) as profile:
        profile.start(protocol(ICE.format(length="20min")), "--no-daemon")
        profile.home.chmod(0o700)
        yield profile


# The desktop -------------------------------------------------------------------------------------


def test_a_desktop_as_it_should_be(desktop: Desktop, tmp_path: Path) -> None:
    checks = looked(tmp_path / "none", desktop.environ)

    assert checks["bus"].found == desktop.address
    assert checks["server"].found.startswith("dunst ")
    assert "actions" in checks["server"].found
    assert checks["quiet"] == Check("quiet", "ok", "off (dunst)")
    assert checks["notifier"] == Check("notifier", "ok", "dbus, by itself: the best way there is")
    assert set(states(checks).values()) == {"ok", "warn"}
    assert states(checks)["autostart"] == "warn"
    assert desktop.displayed() == 0, "looking shows nothing"


def test_a_desktop_that_holds_notifications_back(desktop: Desktop, tmp_path: Path) -> None:
    subprocess.run(["dunstctl", "set-paused", "true"], env=desktop.environ, check=True)
    check = looked(tmp_path, desktop.environ)["quiet"]

    assert check.state == "warn"
    assert "held back (dunst)" in check.found
    assert "the ends of sessions as well" in check.found
    subprocess.run(check.advice.split(), env=desktop.environ, check=True)
    assert looked(tmp_path, desktop.environ)["quiet"].state == "ok", "the advice helps"


def test_a_server_with_the_property_of_kde_is_asked_by_it(bare_desktop: Desktop, tmp_path: Path) -> None:
    bare_desktop.start_bus()
    with pretended(bare_desktop, inhibited=True):
        check = looked(tmp_path, bare_desktop.environ)["quiet"]

    assert (check.state, "(Inhibited)" in check.found) == ("warn", True)


@pytest.mark.parametrize(("said", "state"), [("true", "ok"), ("false", "warn"), ("", "ok")])
def test_gnome_is_asked_by_its_settings(
    bare_desktop: Desktop, tmp_path: Path, said: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, **_: f"/usr/bin/{name}")
    bare_desktop.start_bus()

    def run(command: Sequence[str]) -> ProgramAnswer:
        return ProgramAnswer(0, said) if command[0] == "gsettings" else nobody(command)

    with pretended(bare_desktop, name="gnome-shell"):
        checks = looked(tmp_path, bare_desktop.environ, run=run)

    assert checks["quiet"].state == state
    assert checks["server"].state == "warn", "this one has no buttons"


def test_an_interrupted_test_leaves_no_note(desktop: Desktop) -> None:
    command = [sys.executable, "-m", "recovery", "doctor", "--test"]
    with subprocess.Popen(command, env=desktop.environ, stdout=subprocess.DEVNULL) as doctor:
        desktop.wait_for_displayed(1)
        doctor.send_signal(signal.SIGINT)
        assert doctor.wait(LIMIT_SECONDS) == 130
    desktop.wait_for_displayed(0)


def test_a_session_without_a_server(bare_desktop: Desktop, tmp_path: Path) -> None:
    bare_desktop.start_bus()
    checks = looked(tmp_path, bare_desktop.environ)

    assert states(checks)["bus"] == "ok"
    assert checks["server"].state == "fail"
    assert "dunst" in checks["server"].advice
    assert checks["notifier"].state == "fail"
    assert "quiet" not in checks


def test_a_server_that_hangs(bare_desktop: Desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recovery.notify.desktop_probe.ANSWER_SECONDS", 0.3)
    bare_desktop.start_bus()
    with bare_desktop.hang_server():
        check = looked(tmp_path, bare_desktop.environ)["server"]

    assert (check.state, check.found) == ("fail", "it does not answer within 0.3 s")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "unix:path=/nowhere/bus",
        "tcp:host=localhost,port=1",
        "rubbish",
        "unix:abstract=nobody-listens-here",
    ],
)
def test_a_session_without_a_bus(tmp_path: Path, address: str) -> None:
    checks = looked(tmp_path, {**NOTHING, "DBUS_SESSION_BUS_ADDRESS": address})

    assert checks["bus"].state == "fail"
    assert checks["bus"].advice
    assert "server" not in checks


def test_a_bus_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "bus"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        check = looked(tmp_path, {**NOTHING, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}"})["bus"]

    assert (check.state, check.found) == ("fail", "the session bus does not answer")


def test_who_wants_text_is_told_mildly(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('notifier = "text"\n')
    checks = looked(tmp_path)

    assert (checks["bus"].state, checks["notifier"].state) == ("warn", "warn")
    assert checks["notifier"].found.startswith("text, by the setting 'text'")


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_a_system_without_a_session_bus_is_not_asked_for_one(tmp_path: Path, platform: str) -> None:
    checks = looked(tmp_path, platform=platform)

    assert "bus" not in checks
    assert checks["notifier"].found.startswith("plyer, ")


# The test notification ---------------------------------------------------------------------------


def test_a_pressed_button_is_the_proof(desktop: Desktop, tmp_path: Path) -> None:
    def press() -> None:
        desktop.wait_for_displayed(1)
        desktop.press("I see it")

    person = threading.Thread(target=press)
    person.start()
    check = looked(tmp_path, desktop.environ, test_within=10.0)["test"]
    person.join()

    assert check == Check("test", "ok", "shown, and its button was pressed")
    desktop.wait_for_displayed(0)


def test_a_button_that_nobody_presses(desktop: Desktop, tmp_path: Path) -> None:
    check = looked(tmp_path, desktop.environ, test_within=1.0)["test"]

    assert check.state == "fail"
    assert "nobody pressed its button within 1 s" in check.found
    assert "recovery doctor --test" in check.advice
    desktop.wait_for_displayed(0)


def test_a_test_that_is_closed(desktop: Desktop, tmp_path: Path) -> None:
    def close() -> None:
        desktop.wait_for_displayed(1)
        desktop.close_all()

    person = threading.Thread(target=close)
    person.start()
    check = looked(tmp_path, desktop.environ, test_within=10.0)["test"]
    person.join()

    assert (check.state, check.found) == ("warn", "shown, and closed without the button")


def test_a_test_without_a_server_does_not_wait(bare_desktop: Desktop, tmp_path: Path) -> None:
    bare_desktop.start_bus()
    check = looked(tmp_path, bare_desktop.environ, test_within=60.0)["test"]

    assert (check.state, "no notification server" in check.found) == ("fail", True)


def test_a_test_on_a_server_without_buttons(bare_desktop: Desktop, tmp_path: Path) -> None:
    bare_desktop.start_bus()
    with pretended(bare_desktop):
        check = looked(tmp_path, bare_desktop.environ, test_within=60.0)["test"]

    assert (check.state, check.found) == ("warn", "shown, without a button: this server has none")


# The daemon --------------------------------------------------------------------------------------


def test_a_real_daemon_is_found_with_all_it_says(person: Profile) -> None:
    person.run("daemon", "start", "--notifier", "text")
    there = person.wait_for_sign(lambda there: there.next_wakeup, "it has planned")
    checks = looked(person.home)

    assert checks["daemon"].state == "ok"
    assert f"running, process {there.pid}, since " in checks["daemon"].found
    assert "; wakes at " in checks["daemon"].found
    assert there.version == __version__
    assert checks["clock"].state == "ok"
    assert "+0.0 s against the steady clock" in checks["clock"].found.replace("-0.0", "+0.0")
    assert checks["notifier"].state == "fail", "text reaches no desktop"


def test_no_daemon_matters_where_an_episode_needs_it(person: Profile, tmp_path: Path) -> None:
    check = looked(person.home)["daemon"]
    assert (check.state, check.advice) == ("fail", "recovery daemon start")
    assert looked(tmp_path / "fresh")["daemon"].state == "ok"


class Pretender:
    """The sign of a daemon, and its lock."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder
        self._lock = Lock(folder)
        assert self._lock.take()

    def says(self, **words: Any) -> None:
        now = datetime.now(UTC)
        usual = {"pid": 4242, "since": to_ms(now), "version": __version__, "notifier": "dbus"}
        presence.announce(self._folder, Presence(**(usual | {"lock": self._lock.inode()} | words)))

    def dies(self) -> None:
        self._lock.release()


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Pretender]:
    made = Pretender(tmp_path / "home")
    yield made
    made.dies()


def test_a_daemon_of_another_version(tmp_path: Path, daemon: Pretender) -> None:
    daemon.says(version="0.0.1")
    check = looked(tmp_path / "home")["daemon"]

    assert check.state == "warn"
    assert f"of version 0.0.1; this is {__version__}" in check.found


def test_a_daemon_that_has_overslept(tmp_path: Path, daemon: Pretender) -> None:
    daemon.says(next_wakeup=to_ms(datetime.now(UTC) - timedelta(minutes=5)))
    check = looked(tmp_path / "home")["daemon"]

    assert check.state == "fail"
    assert "should have woken at" in check.found


def test_a_daemon_that_has_died(tmp_path: Path, daemon: Pretender) -> None:
    daemon.says()
    daemon.dies()

    assert looked(tmp_path / "home")["daemon"].found == "died, process 4242, without being told to"


def test_a_daemon_whose_notes_go_nowhere(tmp_path: Path, daemon: Pretender) -> None:
    daemon.says(problem="the moon is full")
    check = looked(tmp_path / "home")["notifier"]

    assert (check.state, check.found.endswith("; the moon is full")) == ("fail", True)


def test_a_clock_that_was_set(tmp_path: Path, daemon: Pretender) -> None:
    from recovery import clock

    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    daemon.says(since=to_ms(an_hour_ago), since_boot=round(clock.since_boot() * 1000) - 60_000)
    check = looked(tmp_path / "home")["clock"]

    assert check.state == "warn"
    assert check.found.startswith("+3540.")


def test_the_time_that_looking_takes_does_not_count(
    tmp_path: Path, daemon: Pretender, bare_desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recovery import clock

    monkeypatch.setattr("recovery.notify.desktop_probe.ANSWER_SECONDS", 2.5)
    daemon.says(since_boot=round(clock.since_boot() * 1000))
    bare_desktop.start_bus()
    with bare_desktop.hang_server():
        check = looked(tmp_path / "home", bare_desktop.environ)["clock"]

    assert check.state == "ok"


@pytest.mark.parametrize(
    ("said", "state", "words"), [("yes", "ok", "synchronised"), ("no", "warn", "not synchronised")]
)
def test_a_clock_that_is_synchronised_or_not(
    tmp_path: Path, said: str, state: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, **_: f"/usr/bin/{name}")
    check = looked(tmp_path, run=lambda _: ProgramAnswer(0, said))["clock"]

    assert (check.state, check.found) == (state, words)


def test_an_episode_of_another_zone(person: Profile) -> None:
    answer = json.loads(person.run("doctor", "--json", TZ="Pacific/Apia", status=None).out)
    check = next(each for each in answer["checks"] if each["name"] == "zone")

    assert check["state"] == "warn"
    assert check["found"].startswith("Pacific/Apia here; episodes go by another: quick-1: Etc/GMT")


def test_what_starts_it_at_log_in(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    environ = {**NOTHING, "HOME": str(tmp_path)}
    machine = Machine(
        folder, environ, run=lambda command: ProgramAnswer(0 if command[0] == sys.executable else 1, "")
    )
    install(machine, "xdg")
    check = looked(folder, environ)["autostart"]

    assert (check.state, check.found.startswith(f"xdg: {tmp_path}/.config/autostart/")) == ("ok", True)


@pytest.mark.parametrize("way", ["xdg", "systemd"])
def test_an_entry_for_an_interpreter_that_is_gone_is_told(tmp_path: Path, way: str) -> None:
    folder, python = tmp_path / "home", tmp_path / "env" / "bin" / "python3"
    folder.mkdir(mode=0o700)
    python.parent.mkdir(parents=True)
    python.touch()
    environ = {**NOTHING, "HOME": str(tmp_path), "PATH": f"{tmp_path}/bin"}
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "systemctl").touch(mode=0o755)
    install(Machine(folder, environ, python=str(python), run=lambda _: ProgramAnswer(0, "active")), way)
    assert looked(folder, environ)["autostart"].state == "ok"

    python.unlink()
    check = looked(folder, environ)["autostart"]
    assert (check.state, check.advice) == ("fail", "recovery service install")
    assert check.found.endswith(f"starts nothing, because {python} is not there any more")


# Disk and journal --------------------------------------------------------------------------------


def test_a_folder_that_others_can_read(person: Profile) -> None:
    (person.home / "daemon.log").write_text("")
    (person.home / "daemon.log").chmod(0o644)
    assert looked(person.home)["disk"].state == "ok", "in a closed folder the mode of a file does not matter"
    person.home.chmod(0o755)
    check = looked(person.home)["disk"]

    assert check.state == "warn"
    assert check.found.startswith(f"{person.home} can be read by others (755)")
    assert " more)" in check.found
    subprocess.run(["sh", "-c", check.advice], check=True)
    assert looked(person.home)["disk"].state == "ok", "the advice helps"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user(person: Profile) -> None:
    os.chown(person.home / "journal.db", 65534, 65534)
    check = looked(person.home)["disk"]

    assert (check.state, check.found) == ("warn", f"{person.home / 'journal.db'} belongs to another user")


@pytest.mark.parametrize(("free", "state"), [(1 << 20, "fail"), (100 << 20, "warn"), (1 << 40, "ok")])
def test_room_on_the_disk(person: Profile, free: int, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: real._replace(free=free))

    assert looked(person.home)["disk"].state == state


def test_a_whole_journal(person: Profile) -> None:
    check = looked(person.home)["journal"]

    assert check.state == "ok"
    assert check.found.startswith("schema ")


def test_looking_changes_nothing(person: Profile) -> None:
    path = person.home / "journal.db"
    path.chmod(0o644)
    before = {file.name: (file.stat().st_mode, file.stat().st_mtime_ns) for file in person.home.iterdir()}
    looked(person.home)

    assert {
        file.name: (file.stat().st_mode, file.stat().st_mtime_ns) for file in person.home.iterdir()
    } == before


@pytest.mark.parametrize("offset", [0, 8192])
def test_a_damaged_journal(person: Profile, offset: int) -> None:
    path = person.home / "journal.db"
    for file in person.home.glob("journal.db-*"):
        file.unlink()
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"\xff" * 4096)
    checks = looked(person.home)

    assert checks["journal"].state == "fail"
    assert checks["journal"].advice
    assert "lateness" not in checks


def test_wrong_settings_are_told_and_the_rest_is_looked_at(person: Profile) -> None:
    (person.home / "settings.toml").write_text('wake = "noon"\n')
    checks = looked(person.home)

    assert checks["settings"].state == "fail"
    assert "settings.toml:1: " in checks["settings"].found
    assert checks["journal"].state == "ok"


# Lateness ----------------------------------------------------------------------------------------


def tell(person: Profile, *late: int, via: str = "dbus", days_ago: float = 1) -> None:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    with Journal.open(person.home, now=at) as journal, journal.transaction():
        facts = [
            Fact("quick-1", at, f.Delivered.of({"seq": 1, "via": via, "late": each}), "daemon")
            for each in late
        ]
        journal.append(facts, now=at)


def test_lateness_by_what_came_to_the_desktop_in_a_week(person: Profile) -> None:
    tell(person, *range(10, 210, 10))
    tell(person, 9_000, via="text")
    tell(person, 9_000, days_ago=8)
    check = looked(person.home)["lateness"]

    assert check.state == "ok"
    assert (
        check.found == "20 cues in 7 days, late by 100 ms (median), 190 ms (95 %), 200 ms (most); 0 over 2 s"
    )


def test_lateness_that_is_too_much(person: Profile) -> None:
    tell(person, 5, 7, 2_001, 7_200_000)
    check = looked(person.home)["lateness"]

    assert check.state == "warn"
    assert check.found == "4 cues in 7 days, late by 7 ms (median), 2 h (95 %), 2 h (most); 2 over 2 s"
    assert check.advice


def test_nothing_shown_yet(person: Profile) -> None:
    assert looked(person.home)["lateness"].found == "no cue came to the desktop in the last 7 days"


def test_the_95th_of_a_hundred() -> None:
    late = lateness(range(100, 0, -1), timedelta(milliseconds=98))
    ms = timedelta(milliseconds=1)

    assert (late.median / ms, late.p95 / ms, late.most / ms, late.later) == (50, 95, 100, 2)


# The command -------------------------------------------------------------------------------------


def typed(home: Path, environ: Mapping[str, str], *words: str) -> Any:
    inherited = {"RECOVERY_HOME": str(home), "DBUS_SESSION_BUS_ADDRESS": None, "XDG_RUNTIME_DIR": None}
    return CliRunner().invoke(doctor, words, env={**inherited, **environ}, standalone_mode=False)


def test_the_command_tells_what_to_type_and_fails(person: Profile) -> None:
    ran = typed(person.home, {})

    assert ran.return_value == 1
    assert "WRONG  Daemon: not running, so no reminders come\n         recovery daemon start\n" in ran.output
    assert ran.output.endswith(" things are wrong.\n")


def test_the_command_where_nothing_is_wrong(desktop: Desktop, tmp_path: Path) -> None:
    ran = typed(tmp_path / "none", desktop.environ | {"RECOVERY_HOME": str(tmp_path / "none")})

    assert ran.return_value == 0
    assert ran.output.splitlines()[-1].startswith("Nothing is wrong")
    assert not (tmp_path / "none").exists(), "looking makes nothing"


def test_the_command_as_json(person: Profile) -> None:
    ran = typed(person.home, {}, "--json")
    answer = json.loads(ran.output)

    assert ran.return_value == 1
    assert (answer["v"], answer["state"]) == (1, "fail")
    assert [each["name"] for each in answer["checks"]] == [
        "bus", "notifier", "daemon", "autostart", "clock", "zone", "disk", "journal", "lateness",
    ]  # fmt: skip
    assert all(each.keys() == {"name", "state", "found", "advice"} for each in answer["checks"])


def test_every_check_has_a_title() -> None:
    assert examination.TITLES.keys() >= {"bus", "server", "quiet", "notifier", "test", "settings"}


@pytest.mark.parametrize("within", ["0s", "2h", "1d"])
def test_a_wait_that_makes_no_sense(person: Profile, within: str) -> None:
    from recovery.errors import UsageError

    assert isinstance(typed(person.home, {}, "--test", "--within", within).exception, UsageError)


# A server of another kind ------------------------------------------------------------------------

SERVER = """
import sys
from jeepney import DBusAddress, MessageType, new_error, new_method_call, new_method_return
from jeepney.io.blocking import open_dbus_connection

name, inhibited = sys.argv[1], sys.argv[2]
bus = open_dbus_connection()
ask = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
bus.send_and_get_reply(new_method_call(ask, "RequestName", "su", ("org.freedesktop.Notifications", 4)))
print("up", flush=True)
while True:
    call = bus.receive()
    if call.header.message_type is not MessageType.method_call:
        continue
    member = call.header.fields[3]
    if member == "GetServerInformation":
        answer = new_method_return(call, "ssss", (name, "nobody", "1", "1.2"))
    elif member == "GetCapabilities":
        answer = new_method_return(call, "as", (["body"],))
    elif member == "Notify":
        answer = new_method_return(call, "u", (1,))
    elif member == "Get" and call.body[1] == "Inhibited" and inhibited:
        answer = new_method_return(call, "v", (("b", True),))
    else:
        answer = new_error(call, "org.freedesktop.DBus.Error.UnknownProperty", "s", ("No such property",))
    bus.send(answer)
"""


class pretended:
    """A notification server without buttons, of any name."""

    def __init__(self, desktop: Desktop, name: str = "plain", *, inhibited: bool = False) -> None:
        command = [sys.executable, "-c", SERVER, name, "yes" if inhibited else ""]
        self._process = subprocess.Popen(command, env=desktop.environ, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> None:
        assert self._process.stdout is not None
        until(lambda: self._process.stdout and self._process.stdout.readline() == "up\n", "the server is up")

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


# Without a home ----------------------------------------------------------------------------------


@pytest.fixture
def homeless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Profile:
    """A user who has no folder of state: the one that is named is in the home of nobody."""
    return Profile(tmp_path, {"RECOVERY_HOME": "~nobody-of-that-name/x"})


def test_somebody_without_a_home_is_told_it_and_the_rest(homeless: Profile) -> None:
    ran = homeless.run("doctor", status=1)
    assert ran.out.startswith(
        "WRONG  Folder of all state: ~nobody-of-that-name/x: this user has no home folder on this machine\n"
        "         set RECOVERY_HOME to a folder of your own\n"
    )
    answer = homeless.json("doctor", status=1)
    assert [check["name"] for check in answer["checks"]] == ["home", "bus", "notifier", "clock", "zone"]
    assert answer["state"] == "fail"


def test_somebody_without_a_home_can_try_the_desktop(desktop: Desktop, homeless: Profile) -> None:
    person = Profile(homeless.folder, {**desktop.environ, **homeless.environ})
    ran = person.run("doctor", "--test", "--within", "1s", status=1)
    assert "ok     Session bus: " in ran.out
    assert "Test notification: shown" in ran.out


@pytest.mark.parametrize(
    "name", ["_daemon", "_autostart", "_clock", "_zone", "_disk", "_journal", "_notifier"]
)
@pytest.mark.parametrize("error", [RecoveryError("so it is", "do this"), PermissionError(13, "Denied", "/x")])
def test_a_check_that_fails_stops_no_other(
    person: Profile, monkeypatch: pytest.MonkeyPatch, name: str, error: Exception
) -> None:
    every = looked(person.home)

    def fails(*_: object) -> Check:
        raise error

    monkeypatch.setattr(examination, name, fails)
    checks = looked(person.home)
    failed = checks[name.removeprefix("_")]
    assert (failed.state, failed.found) == (
        "fail",
        "so it is" if failed.advice == "do this" else "/x: Denied",
    )
    assert checks.keys() >= every.keys() - {"lateness"}


def test_the_autostart_of_somebody_without_a_home_is_told(person: Profile) -> None:
    """`RECOVERY_HOME` is set, and the folder of the desktop's settings would be in a home that there is not."""
    ran = person.run("doctor", status=1, HOME="~nobody-of-that-name")
    assert (
        "WRONG  Start at log-in: ~nobody-of-that-name: this user has no home folder on this machine"
        in ran.out
    )
    assert "ok     Journal: " in ran.out
    for command in ("install", "status", "uninstall"):
        said = person.run("service", command, status=1, HOME="~nobody-of-that-name").err
        assert said.endswith("set HOME to a folder of your own\n")
    person.run("daemon", "start", "--notifier", "text", HOME="~nobody-of-that-name")
    person.run("daemon", "stop", HOME="~nobody-of-that-name")


@pytest.mark.parametrize(
    "words",
    [
        ("validate", "~nobody-of-that-name/x.yaml"),
        ("protocols", "show", "~nobody-of-that-name/x.yaml"),
        ("protocols", "add", "~nobody-of-that-name/x.yaml"),
        ("protocols", "new", "my-hip", "--to", "~nobody-of-that-name/x.yaml"),
        ("start", "~nobody-of-that-name/x.yaml", "--onset", "1h ago"),
        ("simulate", "rice", "--onset", "2026-11-23T18:00", "--answers", "~nobody-of-that-name/x"),
        ("store", "backup", "~nobody-of-that-name/x.db"),
        ("store", "check", "~nobody-of-that-name/x.db"),
        ("store", "import", "~nobody-of-that-name/x.json"),
        ("store", "export", "~nobody-of-that-name/x.json"),
    ],
)
def test_a_path_in_the_home_of_nobody_is_told(person: Profile, words: tuple[str, ...]) -> None:
    ran = person.run(*words, status=None)
    assert ran.status in (1, 3), ran
    assert "~nobody-of-that-name/x" in ran.out + ran.err
