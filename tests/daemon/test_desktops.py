"""The daemon outlives the shell and the log-in that it was started in: real buses, each with a real server."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from recovery.daemon import control, handing, presence
from recovery.daemon.notes import HELD_WAIT, MOST_LOSSES
from recovery.engine.written import to_ms
from recovery.notify.desktop_session import BUS_VARIABLE
from recovery.notify.port import Lack
from tests.daemon.conftest import Watch
from tests.desktop import Desktop, until
from tests.notify.test_dbus_odd_servers import GOOD, server
from tests.profile import COMMAND, ICE, Profile, protocol

HOURLY = ICE.format(length="20min")


def may_mount() -> bool:
    """True for root, outside of a container that forbids it."""
    try:
        tried = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /run"]
        return subprocess.run(tried, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


needs_mounts = pytest.mark.skipif(not may_mount(), reason="only root can lay another folder over /run/user")


@pytest.fixture
def other(screen: str) -> Iterator[Desktop]:
    """Another log-in, with a bus and a server of its own."""
    with Desktop(screen) as desktop:
        desktop.start()
        yield desktop


@pytest.fixture
def bare_other(screen: str) -> Iterator[Desktop]:
    """Another log-in, in which nothing has been started yet."""
    with Desktop(screen) as desktop:
        yield desktop


def at(desktop: Desktop) -> dict[str, str]:
    """What a terminal of that desktop sets."""
    return {name: desktop.environ[name] for name in (BUS_VARIABLE, "DISPLAY", "XDG_RUNTIME_DIR")}


def here(desktop: Desktop) -> dict[str, str]:
    """The same where the bus is the person's own, in the runtime folder."""
    return {**at(desktop), BUS_VARIABLE: "", "XDG_RUNTIME_DIR": str(desktop.folder)}


def waits_without_desktop(profile: Profile, **environ: str) -> None:
    """A daemon as cron or ssh starts it, and a cue that it could show to nobody."""
    profile.start(protocol(HOURLY), "--no-daemon")
    profile.run("daemon", "start", **environ)
    profile.wait_for("undelivered")


def speaks_to(profile: Profile, desktop: Desktop) -> presence.Presence:
    return profile.wait_for_sign(
        lambda there: there.bus == desktop.address and not there.problem, "it speaks to that desktop"
    )


def environ_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(line.split("=", 1) for line in lines if line)


# The shell ---------------------------------------------------------------------------------------


def test_nothing_of_the_shell_stays(profile: Profile, tmp_path: Path) -> None:
    of_a_shell = {"SSH_CONNECTION": "1", "SSH_AUTH_SOCK": "/x", "TMUX": "/x", "STY": "1", "TERM": "xterm"}
    of_a_shell |= {"OLDPWD": "/", "PWD": "/", "SHLVL": "3", "WINDOWID": "7", "VTE_VERSION": "1"}
    of_a_shell |= {"XDG_SESSION_ID": "c2", "SUDO_USER": "me", "NOTIFY_SOCKET": "/x", "GPG_TTY": "/dev/pts/1"}
    place = tmp_path / "a mounted stick"
    place.mkdir()
    environ = {**profile.environ, **of_a_shell, "DISPLAY": "localhost:10.0", "LC_TIME": "C.UTF-8"}
    subprocess.run([*COMMAND, "daemon", "start"], env=environ, cwd=place, umask=0, check=True)
    pid = profile.wait_for_sign(lambda there: True, "it runs").pid
    kept = environ_of(pid)

    assert not kept.keys() & {*of_a_shell, "DISPLAY"}
    assert kept["LC_TIME"] == "C.UTF-8"
    assert kept["RECOVERY_HOME"] == str(profile.home)
    process = Path(f"/proc/{pid}")
    assert (process / "cwd").resolve() == profile.home
    assert {(process / "fd" / str(number)).resolve() for number in range(3)} == {Path(os.devnull)}
    assert Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[4] == "0", "no terminal"


def test_from_cron_it_finds_the_persons_own_bus(desktop: Desktop, profile: Profile) -> None:
    """`bus` in the runtime folder is the person's own; cron sets no address of it."""
    environ = {"XDG_RUNTIME_DIR": str(desktop.folder), "DISPLAY": ""}
    profile.run("daemon", "start", **environ)

    speaks_to(profile, desktop)


def test_an_address_that_leads_nowhere_gives_way_to_the_persons_own_bus(
    desktop: Desktop, profile: Profile
) -> None:
    gone = f"unix:path={profile.folder}/gone"
    profile.run("daemon", "start", DBUS_SESSION_BUS_ADDRESS=gone, XDG_RUNTIME_DIR=str(desktop.folder))

    speaks_to(profile, desktop)


@needs_mounts
def test_with_no_environment_at_all_it_finds_the_persons_own_bus(desktop: Desktop, profile: Profile) -> None:
    over = 'mount -t tmpfs none /run && mkdir -p "$1" && mount --bind "$0" "$1" && shift && exec env -i "$@"'
    place = f"/run/user/{os.geteuid()}"
    command = [f"RECOVERY_HOME={profile.home}", *COMMAND, "daemon", "start"]
    subprocess.run(
        ["unshare", "--mount", "sh", "-c", over, str(desktop.folder), place, *command],
        check=True,
        cwd="/",
    )

    profile.wait_for_sign(lambda there: there.bus == f"unix:path={place}/bus" and not there.problem, "found")


@pytest.mark.parametrize("is_named", [True, False])
def test_the_bus_is_heard_of_when_it_comes_back(desktop: Desktop, profile: Profile, is_named: bool) -> None:
    """A log-out and a log-in, without any command."""
    environ = at(desktop) if is_named else here(desktop)
    profile.run("start", profile.file(protocol(HOURLY)), "--onset", "1h ago", **environ)
    desktop.wait_for_displayed(1)
    desktop.stop_server()
    desktop.stop_bus()
    there = profile.wait_for_sign(lambda there: there.problem and not there.bus, "it has noticed")
    assert there.next_wakeup is not None
    minutes = (there.next_wakeup - to_ms(datetime.now(UTC))) / 60_000
    assert minutes > 10, "it is not woken to look"
    desktop.start()

    speaks_to(profile, desktop)
    desktop.wait_for_displayed(1)


@pytest.mark.parametrize("is_folder_gone", [False, True])
def test_the_first_log_in_after_the_daemon(
    bare_other: Desktop, profile: Profile, tmp_path: Path, is_folder_gone: bool
) -> None:
    """The folder of the user comes with the log-in, too, and is moved into its place here."""
    place = bare_other.folder / "runtime"
    if is_folder_gone:
        place.rmdir()
    waits_without_desktop(profile, XDG_RUNTIME_DIR=str(place))
    bare_other.start_bus()
    if is_folder_gone:
        ready = tmp_path / "ready"
        ready.mkdir(mode=0o700)
        (ready / "bus").symlink_to(bare_other.folder / "bus")
        ready.replace(place)
    else:
        (place / "bus").symlink_to(bare_other.folder / "bus")
    profile.wait_for_sign(lambda there: there.bus == f"unix:path={place}/bus", "it has heard of it")
    bare_other.start_server()

    bare_other.wait_for_displayed(1)


@needs_mounts
def test_the_users_folder_is_mounted_with_the_log_in(bare_other: Desktop, profile: Profile) -> None:
    """As logind does it: the daemon hears of the folder, and then another one lies on it."""
    place = f"/run/user/{os.geteuid()}"
    words = f'"{place}" && mount -t tmpfs none "{place}" && ln -s "$0/bus" "{place}/bus"'
    over = f'mount -t tmpfs none /run && mkdir -p /run/user && env -i "$@" && mkdir -m 700 {words}'
    command = [f"RECOVERY_HOME={profile.home}", *COMMAND, "daemon", "start"]
    bare_other.start()
    subprocess.run(
        ["unshare", "--mount", "sh", "-c", over, str(bare_other.folder), *command],
        check=True,
        cwd="/",
    )

    profile.wait_for_sign(
        lambda there: there.bus == f"unix:path={place}/bus" and not there.problem, "heard of"
    )


# From one desktop to another ---------------------------------------------------------------------


def test_what_waits_for_a_desktop_is_shown_on_the_first_that_comes(
    desktop: Desktop, profile: Profile
) -> None:
    waits_without_desktop(profile)
    said = profile.run("daemon", "start", **at(desktop))

    assert "; it now speaks to this desktop.\nReminders come as desktop notifications, by dbus." in said.out
    desktop.wait_for_displayed(1)
    assert profile.wait_for("delivered")[0].data["via"] == "dbus"


@pytest.mark.parametrize(
    "line",
    [
        *(
            "status",
            "next",
            "agenda",
            "explain",
            "log",
            "screen",
            "flag",
            "checklist",
            "checkin pain=4",
            "begin ice",
        ),
        *(
            "skip ice",
            "snooze ice",
            "end ice",
            "done ice",
            "pause --for 1h",
            "resume",
            "advance",
            "step-back",
        ),
        *(
            "setback",
            "correct onset=now",
            "move --timezone Asia/Tokyo",
            "undo",
            "stop",
            "upgrade",
            "daemon status",
        ),
        *("store check", "store backup", "store export", "next --json", "daemon status --json"),
    ],
)
def test_any_command_of_a_desktop_hands_it_over(desktop: Desktop, profile: Profile, line: str) -> None:
    profile.start(protocol(HOURLY))
    ran = profile.run(*line.split(), status=None, **at(desktop))

    assert ran.status in (0, 1, 3), ran
    speaks_to(profile, desktop)


def test_daemon_status_says_how_it_is_afterwards(desktop: Desktop, profile: Profile) -> None:
    waits_without_desktop(profile)
    said = profile.run("daemon", "status", **at(desktop)).out

    assert "Reminders come as desktop notifications, by dbus." in said
    assert "A command on your desktop" not in said


def test_a_start_on_a_desktop_is_shown_there_by_a_daemon_of_elsewhere(
    desktop: Desktop, profile: Profile
) -> None:
    profile.run("daemon", "start")
    ran = profile.run("start", profile.file(protocol(HOURLY)), "--onset", "1h ago", **at(desktop))

    assert "Reminders come as desktop notifications, by dbus." in ran.out
    assert "Not shown on the desktop" not in ran.err
    desktop.wait_for_displayed(1)
    assert profile.facts("undelivered") == []


@pytest.mark.parametrize("is_running", [False, True])
def test_a_start_waits_for_the_fate_of_the_first_note(
    bare_other: Desktop, profile: Profile, is_running: bool
) -> None:
    """A server that is there, knows what it can, and answers the note with nonsense."""
    bare_other.start_bus()
    with server(bare_other, GOOD | {"Notify": ("s", ("seven",))}):
        if is_running:
            profile.run("daemon", "start", **at(bare_other))
        ran = profile.run("start", profile.file(protocol(HOURLY)), "--onset", "1h ago", **at(bare_other))
        assert "Reminders come as desktop notifications" not in ran.out
        assert "did not say which note it made of it" in ran.out
        assert "Ice: start" in ran.err
        profile.run("daemon", "stop")
        profile.run("stop")


def test_a_new_log_in_gets_what_stood_and_the_old_one_is_cleared(
    desktop: Desktop, other: Desktop, profile: Profile
) -> None:
    profile.run("start", profile.file(protocol(HOURLY)), "--onset", "1h ago", **at(desktop))
    desktop.wait_for_displayed(1)
    said = profile.run("daemon", "start", **at(other)).out

    assert "it now speaks to this desktop" in said
    other.wait_for_displayed(1)
    desktop.wait_for_displayed(0)
    other.press("Start")
    profile.wait_for("begun")


def test_a_bus_that_died_and_the_next_log_in(desktop: Desktop, other: Desktop, profile: Profile) -> None:
    profile.run("start", profile.file(protocol(HOURLY)), "--onset", "1h ago", **at(desktop))
    desktop.wait_for_displayed(1)
    desktop.stop_server()
    desktop.stop_bus()
    profile.wait_for_sign(lambda there: there.problem and not there.bus, "it has noticed")
    profile.run("daemon", "start", **at(other))

    speaks_to(profile, other)
    other.wait_for_displayed(1)
    assert [note.title.partition(",")[0] for note in other.received()] == ["Ice: start"]


def test_a_daemon_at_log_in_hands_its_desktop_to_the_one_that_runs(
    desktop: Desktop, profile: Profile
) -> None:
    """As systemd starts it."""
    profile.run("daemon", "start")
    refused = profile.run("daemon", "run", status=1, **at(desktop))

    assert "running already" in refused.err
    speaks_to(profile, desktop)


def test_the_autostart_file_heals_it(desktop: Desktop, profile: Profile) -> None:
    profile.run("service", "install", "--way", "xdg")
    profile.run("daemon", "start")
    (file,) = (profile.folder / ".config" / "autostart").iterdir()
    line = next(line for line in file.read_text().splitlines() if line.startswith("Exec="))
    subprocess.run(line.removeprefix("Exec=").split(), env={**profile.environ, **at(desktop)}, check=True)

    speaks_to(profile, desktop)


def test_a_desktop_that_shows_notes_is_not_left_for_one_that_does_not(
    desktop: Desktop, bare_other: Desktop, profile: Profile
) -> None:
    profile.run("daemon", "start", **at(desktop))
    bare_other.start_bus()
    said = profile.run("daemon", "start", **at(bare_other)).out

    assert "It stays with the desktop that it has: no notification server is running there.\n" in said
    assert speaks_to(profile, desktop).not_taken == "no notification server is running there"


def test_a_bus_without_a_server_is_better_than_none(bare_other: Desktop, profile: Profile) -> None:
    waits_without_desktop(profile)
    bare_other.start_bus()
    said = profile.run("daemon", "start", **at(bare_other)).out

    assert "no notification server is running on this desktop" in said
    bare_other.start_server()
    bare_other.wait_for_displayed(1)


def test_the_same_desktop_is_not_handed_over_again(desktop: Desktop, profile: Profile) -> None:
    profile.run("daemon", "start", **at(desktop))
    there = speaks_to(profile, desktop)
    for command in (("daemon", "start"), ("status",)):
        profile.run(*command, status=None, **at(desktop))

    assert presence.read(profile.home) == there
    assert handing.hand_over(profile.home, there, at(desktop)) == 0


def test_the_same_bus_tells_the_screen_that_was_not_known(desktop: Desktop, profile: Profile) -> None:
    profile.run("daemon", "start", DBUS_SESSION_BUS_ADDRESS=desktop.address)
    assert speaks_to(profile, desktop).screen == ""
    profile.run("daemon", "start", **at(desktop))

    assert speaks_to(profile, desktop).screen == desktop.environ["DISPLAY"]
    profile.run("daemon", "start", **{**at(desktop), "DISPLAY": ":7", "WAYLAND_DISPLAY": "wayland-0"})
    there = speaks_to(profile, desktop)
    assert there.screen == ":7 wayland-0", "a new log-in on the same bus"
    for less in ({"DISPLAY": ":7"}, {"DISPLAY": ""}, {"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "1"}):
        assert handing.hand_over(profile.home, there, {**at(desktop), **less}) == 0


def test_plyer_goes_along(desktop: Desktop, other: Desktop, profile: Profile) -> None:
    profile.run("daemon", "start", "--notifier", "plyer", **at(desktop))
    said = profile.run("start", profile.file(protocol(HOURLY)), "--onset", "1h ago", **at(other)).out

    assert "by plyer" in said
    assert speaks_to(profile, other).notifier == "plyer"
    profile.wait_for("delivered")
    other.wait_for_displayed(1)


def test_a_note_goes_with_its_bus_again_and_again_only_so_often(watch: Callable[..., Watch]) -> None:
    daemon = watch(HOURLY)
    daemon.wake()
    (start,) = daemon.notifier.shown
    for _time in range(10):
        daemon.notifier.close_note(start.key, "lost")
        daemon.notifier.move()
        daemon.service.collect(0.0, daemon.now)
        daemon.wake()

    assert len(daemon.notifier.shown) == 1 + MOST_LOSSES
    daemon.wake(daemon.now + HELD_WAIT)
    assert len(daemon.notifier.shown) == 2 + MOST_LOSSES


@pytest.mark.parametrize("lack", ["bus", "server"])
@pytest.mark.parametrize("how", ["free", "move"])
def test_what_has_waited_for_long_is_shown_as_soon_as_there_is_a_desktop(
    watch: Callable[..., Watch], lack: Lack, how: str
) -> None:
    daemon = watch(HOURLY)
    daemon.notifier.break_down("there is none", lack)
    daemon.wake()
    for _time in range(MOST_LOSSES + 1):
        daemon.wake_when_due()
    assert daemon.titles() == []
    daemon.now += timedelta(seconds=1)
    daemon.notifier.mend()
    getattr(daemon.notifier, how)()
    daemon.service.collect(0.0, daemon.now)
    daemon.wake()

    assert [title.partition(",")[0] for title in daemon.titles()] == ["Ice: start"]


def test_what_went_with_the_desktop_wakes_nobody_until_there_is_another(watch: Callable[..., Watch]) -> None:
    daemon = watch(HOURLY)
    daemon.wake()
    planned = daemon.next
    (start,) = daemon.notifier.shown
    daemon.notifier.break_down("there is none", "bus")
    daemon.notifier.close_note(start.key, "lost")
    daemon.service.collect(0.0, daemon.now)
    daemon.wake()
    assert daemon.next == planned

    daemon.notifier.mend()
    daemon.notifier.move()
    daemon.service.collect(0.0, daemon.now)
    daemon.wake()
    assert daemon.titles() == [start.title] * 2


def test_a_server_that_hangs_there_is_no_reason_to_go(
    desktop: Desktop, bare_other: Desktop, profile: Profile
) -> None:
    profile.run("daemon", "start", **at(desktop))
    bare_other.start_bus()
    with bare_other.hang_server():
        said = profile.run("daemon", "start", **at(bare_other)).out

    assert "It stays with the desktop that it has: the notification server there does not answer." in said
    speaks_to(profile, desktop)


def test_a_bus_without_a_server_is_left_for_the_one_of_the_desktop(
    desktop: Desktop, bare_other: Desktop, profile: Profile
) -> None:
    """Started by cron on the person's own bus, beside a desktop that has made a bus of its own."""
    bare_other.start_bus()
    profile.run("daemon", "start", **here(bare_other))
    profile.wait_for_sign(lambda there: there.problem and there.bus == bare_other.address, "it has no server")
    profile.run("daemon", "start", **{**at(desktop), "XDG_RUNTIME_DIR": str(bare_other.folder)})

    speaks_to(profile, desktop)


def test_of_a_dead_address_and_the_persons_own_bus_the_second_is_taken(
    desktop: Desktop, profile: Profile
) -> None:
    """A terminal that is older than the log-in."""
    profile.run("daemon", "start")
    gone = f"unix:path={profile.folder}/gone"
    profile.run("daemon", "start", **{**here(desktop), BUS_VARIABLE: gone})

    speaks_to(profile, desktop)


# What is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("rubbish", "DBUS_SESSION_BUS_ADDRESS is not a D-Bus address"),
        ("tcp:host=localhost,port=1", "the session bus is reached over tcp, which is not supported here"),
        ("unix:path=/nowhere/bus", "unix:path=/nowhere/bus: No such file or directory"),
        ("unix:path=/", "unix:path=/: it is no socket"),
        ("unix:abstract=nobody-listens-here", "unix:abstract=nobody-listens-here: Connection refused"),
    ],
)
def test_an_address_that_is_none_is_told(
    desktop: Desktop, profile: Profile, address: str, reason: str
) -> None:
    profile.run("daemon", "start", **at(desktop))
    said = profile.run("daemon", "start", DBUS_SESSION_BUS_ADDRESS=address).out

    assert f"It stays with the desktop that it has: {reason}.\n" in said
    speaks_to(profile, desktop)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_the_bus_of_another_user_is_refused(desktop: Desktop, other: Desktop, profile: Profile) -> None:
    profile.run("daemon", "start", **at(desktop))
    os.chown(other.folder / "bus", 65534, 65534)
    said = profile.run("daemon", "start", **at(other)).out

    assert f"{other.address}: it belongs to another user (number 65534)" in said


def test_no_other_variable_is_taken_over(desktop: Desktop) -> None:
    given = {**at(desktop), "LD_PRELOAD": "/x", "PATH": "/x", "PYTHONPATH": "/x", "DISPLAY": "a\nb"}
    number, environ = handing.unpacked(handing.packed(given, 7))

    assert number == 7
    assert environ.keys() == {BUS_VARIABLE, "XDG_RUNTIME_DIR"}


@pytest.mark.parametrize(
    "call", [b"[]", b"[0, {}]", b"[true, {}]", b"[1, []]", b"[\xff", b"[" * 9000, b'[1, {"a": 1']
)
def test_a_call_that_is_none_does_not_disturb_it(desktop: Desktop, profile: Profile, call: bytes) -> None:
    profile.run("daemon", "start", **at(desktop))
    there = speaks_to(profile, desktop)
    assert control.call(profile.home, control.DESKTOP + call)
    until(lambda: "hands over no desktop" in profile.log(), "it is in the log")

    assert speaks_to(profile, desktop).pid == there.pid


# What it tells -----------------------------------------------------------------------------------


def check(profile: Profile, **environ: str) -> Any:
    answer = json.loads(profile.run("doctor", "--json", status=None, **environ).out)
    return {each["name"]: each for each in answer["checks"]}["desktop"]


def test_doctor_compares_the_desktops(desktop: Desktop, other: Desktop, profile: Profile) -> None:
    profile.run("daemon", "start", **at(desktop))
    assert check(profile, **at(desktop))["state"] == "ok"
    elsewhere = check(profile, **at(other))
    assert (elsewhere["state"], elsewhere["advice"]) == ("warn", "recovery daemon start")
    assert desktop.address in elsewhere["found"]
    assert other.address in elsewhere["found"]

    desktop.stop_server()
    desktop.stop_bus()
    profile.wait_for_sign(lambda there: there.problem, "it has noticed")
    dead = check(profile, **at(other))
    assert (dead["state"], dead["advice"]) == ("fail", "recovery daemon start")
    profile.run("daemon", "start", **at(other))
    assert check(profile, **at(other))["state"] == "ok", "the advice helps"


def test_doctor_without_a_desktop_sends_to_one(profile: Profile) -> None:
    profile.run("daemon", "start")
    lost = check(profile)

    assert lost["state"] == "fail"
    assert lost["advice"] == "type in a terminal of your desktop: recovery daemon start"


def test_doctor_knows_that_the_screen_is_not_known(desktop: Desktop, profile: Profile) -> None:
    profile.run("daemon", "start", DBUS_SESSION_BUS_ADDRESS=desktop.address)
    blind = check(profile, **at(desktop))

    assert (blind["state"], blind["advice"]) == ("warn", "recovery daemon start")
    profile.run("daemon", "start", **at(desktop))
    assert check(profile, **at(desktop))["state"] == "ok"
