"""Every command that reads a file, given what is none: it says so soon, and takes little memory."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.desktop import LIMIT_SECONDS
from tests.profile import COMMAND, ICE, Profile, protocol

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")

READERS = (
    ("validate", "FILE"),
    ("protocols", "add", "FILE"),
    ("protocols", "show", "FILE"),
    ("protocols", "preview", "FILE"),
    ("protocols", "diff", "rice", "FILE"),
    ("start", "FILE", "--onset", "1h ago", "--no-daemon"),
    ("simulate", "FILE", "--onset", "2026-11-23T18:00"),
    ("simulate", "rice", "--onset", "2026-11-23T18:00", "--answers", "FILE"),
    ("store", "check", "FILE"),
    ("store", "restore", "FILE", "--yes"),
    ("store", "import", "FILE"),
)
MOST_KIB = 600_000
"""Of addresses, not of memory in use: Python with all that it loads has a third of it."""


def said_of(profile: Profile, path: str, stdin: int | None = subprocess.DEVNULL) -> list[str]:
    """The error that each of the commands ends with, which are run side by side."""
    commands = [[path if word == "FILE" else word for word in words] for words in READERS]
    running = [
        subprocess.Popen(
            ["sh", "-c", f'ulimit -v {MOST_KIB}; exec "$@"', "sh", *COMMAND, *words],
            env=profile.environ,
            cwd=profile.folder,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for words in commands
    ]
    said = []
    for process in running:
        out, _err = process.communicate(timeout=LIMIT_SECONDS)
        assert process.returncode == 1, (process.args, out)
        assert "Traceback" not in out, (process.args, out)
        said.append(out)
    return said


def test_a_pipe_that_nobody_writes_to(profile: Profile) -> None:
    pipe = profile.folder / "pipe.yaml"
    os.mkfifo(pipe)
    for said in said_of(profile, str(pipe)):
        assert "this is a pipe or a device, not a file" in said


@pytest.mark.parametrize(
    "device",
    ["/dev/zero", *(pytest.param(name, marks=pytest.mark.slow) for name in ("/dev/urandom", "/dev/tty"))],
)
def test_a_device(profile: Profile, device: str) -> None:
    if device == "/dev/tty" and not Path(device).exists():
        pytest.skip("no such device here")
    for said in said_of(profile, device):
        assert "this is a pipe or a device, not a file" in said


def test_a_folder(profile: Profile) -> None:
    for said in said_of(profile, f"{profile.folder}/"):
        assert "this is a folder, not a file" in said or "Is a directory" in said


def test_a_huge_file(profile: Profile) -> None:
    huge = profile.folder / "huge.yaml"
    huge.touch()
    os.truncate(huge, 1 << 36)
    for said in said_of(profile, str(huge)):
        assert "large" in said or "big" in said or "not a database" in said or "whole" in said, said


def test_standard_input_that_is_a_terminal(profile: Profile) -> None:
    ours, theirs = os.openpty()
    try:
        for said in said_of(profile, os.ttyname(theirs), theirs):
            assert "this is a pipe or a device, not a file" in said
        for words in (("validate", "-"), ("protocols", "add", "-"), ("store", "import", "-")):
            done = subprocess.run(
                [*COMMAND, *words],
                stdin=theirs,
                env=profile.environ,
                capture_output=True,
                text=True,
                timeout=LIMIT_SECONDS,
                check=False,
            )
            assert (done.returncode, "this is a terminal" in done.stdout + done.stderr) == (1, True), done
    finally:
        os.close(ours)
        os.close(theirs)


def shell(profile: Profile, line: str) -> "subprocess.CompletedProcess[str]":
    words = " ".join(COMMAND)
    return subprocess.run(
        ["bash", "-c", f'set -o pipefail; recovery() {{ {words} "$@"; }}; {line}'],
        env=profile.environ,
        cwd=profile.folder,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


def test_an_export_goes_through_a_pipe_into_another_home(profile: Profile) -> None:
    profile.start(protocol(ICE.format(length="20min")), "--no-daemon")
    there = profile.folder / "there"
    ran = shell(profile, f"recovery store export | RECOVERY_HOME={there} recovery store import - --json")
    assert (ran.returncode, json.loads(ran.stdout)["episodes"]) == (0, 1), ran
    ran = shell(profile, f"RECOVERY_HOME={there}-2 recovery store import --json <(recovery store export)")
    assert (ran.returncode, json.loads(ran.stdout)["episodes"]) == (0, 1), ran
    ran = shell(profile, f"recovery store export | RECOVERY_HOME={there}-3 recovery store import /dev/stdin")
    assert (ran.returncode, ran.stdout.startswith("Imported: one episode")) == (0, True), ran


def test_a_protocol_comes_through_a_pipe(profile: Profile) -> None:
    for line in (
        "recovery protocols new my-hip --to - | recovery validate -",
        "recovery protocols new my-hip --to - | recovery validate /dev/stdin",
        "recovery validate <(recovery protocols new my-hip --to -)",
        "recovery protocols new my-hip --to - | recovery protocols add -",
        "recovery protocols new my-hip --to - | recovery protocols preview /dev/stdin",
    ):
        ran = shell(profile, line)
        assert (ran.returncode, ran.stderr) == (0, ""), (line, ran)
    assert (profile.home / "protocols" / "my-hip.yaml").exists()


def test_answers_come_through_a_pipe(profile: Profile) -> None:
    line = '{"at": "2026-11-24T08:00+00:00", "do": "checkin", "pain": 4, "swelling": 1}'
    ran = shell(
        profile,
        f"recovery simulate rice --onset 2026-11-23T18:00 --json --timezone UTC --answers <(echo '{line}')",
    )
    assert ran.returncode == 0, ran
    assert '"event": "answer"' in ran.stdout


def test_a_pipe_among_the_files_of_the_home_holds_nothing_up(profile: Profile) -> None:
    profile.run("protocols", "new", "my-hip")
    (profile.home / "protocols").mkdir(parents=True)
    os.mkfifo(profile.home / "protocols" / "my-hip.yaml")
    assert "my-hip" in profile.run("protocols").out
    profile.run("protocols", "add", "my-hip.yaml", status=1)
    os.mkfifo(profile.home / "settings.toml")
    said = profile.run("start", "rice", "--onset", "1h ago", "--no-daemon", status=1).err
    reason = "cannot be read: this is a pipe or a device, not a file"
    assert said.startswith(f"Error: {profile.home}/settings.toml: {reason}")
    assert profile.run("status", status=3).err.startswith("Error: no episode is active")
