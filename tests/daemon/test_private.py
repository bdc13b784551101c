"""Health data is its owner's alone: modes, owners, links, and who may call the daemon."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from recovery import paths
from recovery.daemon import control
from recovery.errors import RecoveryError
from tests.desktop import until
from tests.profile import COMMAND, ICE, Profile, is_alive, protocol

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes and owners are POSIX's")

needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="only root can give a file away, or be another user",
)
NOBODY = 65534
HOURLY = ICE.format(length="20min")


def modes(folder: Path) -> dict[str, int]:
    """The mode of everything in a folder, by name."""
    return {str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode) for path in folder.rglob("*")}


def open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)


def is_closed(folder: Path) -> bool:
    return not any(mode & 0o077 for mode in (stat.S_IMODE(folder.stat().st_mode), *modes(folder).values()))


def run_with_umask(profile: Profile, umask: int, *arguments: str) -> None:
    subprocess.run(
        [*COMMAND, *arguments],
        env=profile.environ,
        cwd=profile.folder,
        umask=umask,
        check=True,
        capture_output=True,
    )


def test_no_umask_widens_anything(tmp_path: Path) -> None:
    home = tmp_path / "made" / "on the way" / "home"
    with Profile(tmp_path, {"RECOVERY_HOME": str(home)}) as profile:
        run_with_umask(
            profile, 0, "start", profile.file(protocol(HOURLY)), "--onset", "1h ago", "--notifier", "text"
        )
        run_with_umask(profile, 0, "checkin", "pain=4")
        run_with_umask(
            profile, 0, "protocols", "add", profile.file(protocol(HOURLY, name="mine"), "mine.yaml")
        )
        until(
            lambda: (home / "backups").is_dir() and any((home / "backups").glob("daily-*.db")),
            "the daily copy",
        )

        with closing(
            sqlite3.connect(home / "journal.db")
        ) as reader:  # SQLite's files are there while it is open
            reader.execute("SELECT count(*) FROM fact").fetchone()
            mode_of = modes(home)
        assert {
            "journal.db",
            "journal.db-wal",
            "journal.db-shm",
            "daemon.log",
            "daemon.json",
            "daemon.lock",
        } <= {*mode_of}
        assert {"daemon.sock", "backups", "protocols", "protocols/mine.yaml"} <= {*mode_of}
        assert {name: oct(mode) for name, mode in mode_of.items() if mode & 0o077} == {}
        for folder in (home, home.parent, home.parent.parent):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_is_open_is_closed_when_an_episode_and_when_the_daemon_starts(profile: Profile) -> None:
    profile.start(protocol(HOURLY), "--no-daemon")
    (profile.home / "settings.toml").write_text('notifier = "text"\n', "utf-8")
    for folder in ("backups", "protocols"):
        (profile.home / folder).mkdir(exist_ok=True)
        (profile.home / folder / "file").touch()

    open_to_all(profile.home)
    profile.run("daemon", "start")
    assert is_closed(profile.home), modes(profile.home)

    profile.run("daemon", "stop")
    open_to_all(profile.home)
    profile.run("start", "sitting", "--no-daemon", "--screen", "none", "--signs", "none", status=None)
    assert is_closed(profile.home), modes(profile.home)


def test_short_commands_do_not_look(profile: Profile) -> None:
    """Each would pay for it; the folder is looked at by the daemon that they start."""
    profile.start(protocol(HOURLY), "--no-daemon")
    profile.home.chmod(0o750)
    profile.run("status")

    assert stat.S_IMODE(profile.home.stat().st_mode) == 0o750


@needs_root
def test_a_folder_of_another_user_is_refused_in_words(profile: Profile) -> None:
    profile.home.mkdir(mode=0o700)
    os.chown(profile.home, NOBODY, NOBODY)
    for command in (
        ("daemon", "start"),
        ("start", profile.file(protocol(HOURLY)), "--onset", "1h ago", "--no-daemon"),
    ):
        said = profile.run(*command, status=1).err
        assert said.startswith(
            f"Error: {profile.home}: belongs to another user (number {NOBODY}), who could read"
        ), said
        assert "sudo chown -R 0 " in said
    assert list(profile.home.iterdir()) == []
    os.chown(profile.home, 0, 0)


@needs_root
@pytest.mark.parametrize("name", ["journal.db", "daemon.lock", "backups", "protocols/mine.yaml"])
def test_a_file_of_another_user_is_refused_in_words(tmp_path: Path, name: str) -> None:
    (tmp_path / "protocols").mkdir()
    (tmp_path / name).touch()
    os.chown(tmp_path / name, NOBODY, NOBODY)
    with pytest.raises(RecoveryError, match=f"{name}: belongs to another user"):
        paths.keep_private(tmp_path)


def test_a_link_to_a_folder_of_ones_own_is_fine(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir(mode=0o755)
    (tmp_path / "home").symlink_to(tmp_path / "disk")
    paths.keep_private(tmp_path / "home")

    assert stat.S_IMODE((tmp_path / "disk").stat().st_mode) == 0o700
    assert (tmp_path / "home").is_symlink()


@pytest.mark.parametrize("place", ["shared", "shared/mine"])
def test_a_link_to_where_others_can_write_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "shared" / "mine").mkdir(parents=True)
    (tmp_path / "shared").chmod(0o777)
    (tmp_path / "home").symlink_to(tmp_path / place)

    with pytest.raises(
        RecoveryError, match=f"is a link to where others can write: {tmp_path / 'shared'}"
    ) as refused:
        paths.keep_private(tmp_path / "home")
    assert "chmod go-w" in refused.value.hint
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o777


@needs_root
def test_a_link_that_another_user_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(mode=0o700)
    (tmp_path / "home").symlink_to(tmp_path / "mine")
    os.chown(tmp_path / "home", NOBODY, NOBODY, follow_symlinks=False)

    with pytest.raises(RecoveryError, match="belongs to another user"):
        paths.keep_private(tmp_path / "home")


def test_files_behind_links_in_the_folder_are_left_as_they_are(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    dotfile = tmp_path / "settings-of-mine"
    dotfile.touch(mode=0o644)
    dotfile.chmod(0o644)
    (home / "settings.toml").symlink_to(dotfile)
    paths.keep_private(home)

    assert stat.S_IMODE(dotfile.stat().st_mode) == 0o644


@pytest.mark.parametrize("mode", [0o1777, 0o1700])
def test_a_folder_that_everybody_shares_is_not_closed_to_them(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    with pytest.raises(RecoveryError, match="is shared with other users"):
        paths.keep_private(tmp_path)

    assert stat.S_IMODE(tmp_path.stat().st_mode) == mode
    tmp_path.chmod(0o700)


# Who may call ------------------------------------------------------------------------------------

CALLER = f"""\
import os, socket, sys
os.chdir(sys.argv[1])  # while we may: what leads there is closed to the other user
os.setgid({NOBODY}); os.setuid({NOBODY})
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
    for _ in range(3):
        line.sendto(b"stop", "daemon.sock")
"""


@needs_root
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who sent a datagram")
def test_a_call_by_another_user_is_refused_and_logged(profile: Profile) -> None:
    profile.run("daemon", "start", "--notifier", "text")
    pid = profile.wait_for_sign(lambda there: True, "it is there").pid
    refused = subprocess.run(
        [sys.executable, "-c", CALLER, str(profile.home)], capture_output=True, check=False
    )
    assert refused.returncode != 0, "the folder keeps them out"
    assert b"Permission denied" in refused.stderr

    profile.home.chmod(0o755)  # as if somebody had opened both
    (profile.home / "daemon.sock").chmod(0o666)
    subprocess.run([sys.executable, "-c", CALLER, str(profile.home)], check=True)
    until(lambda: "by another user" in profile.log(), "the refusal is in the log")

    assert profile.log().count(f"refused, and will be: number {NOBODY}") == 1
    assert is_alive(pid)
    assert profile.run("daemon", "stop").out.startswith("Stopped.")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who sent a datagram")
def test_files_that_are_sent_along_are_not_kept(tmp_path: Path) -> None:
    import socket

    ear = control.ControlSocket(tmp_path)
    before = len([*Path("/proc/self/fd").iterdir()])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line, Path(os.devnull).open("rb") as file:
        line.connect(str(tmp_path / "daemon.sock"))
        socket.send_fds(line, [control.WAKE], [file.fileno()] * 5)
    assert ear.hear() == [control.WAKE]
    assert len([*Path("/proc/self/fd").iterdir()]) == before
    ear.close()
