"""Commands that only look: they wait for no writer, and a disk that takes nothing is no hindrance to them."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import click
import pytest

from recovery.cli.commands import cli
from tests.cli.conftest import Person
from tests.desktop import LIMIT_SECONDS
from tests.profile import Profile

ACTING = {
    *(
        "start",
        "checkin",
        "begin",
        "end",
        "done",
        "skip",
        "snooze",
        "pause",
        "resume",
        "advance",
        "step-back",
    ),
    *(
        "release",
        "harm",
        "up-until",
        "test",
        "setback",
        "correct",
        "stop",
        "undo",
        "move",
        "daemon run",
        "daemon start",
        "daemon stop",
    ),
    *("service install", "service uninstall", "protocols new", "protocols add"),
    *("store backup", "store restore", "store import"),
}
"""They write something down or start something. All others only look, and stand below."""

LOOKS: dict[str, int] = {
    "status": 0,
    "status --json": 0,
    "next": 0,
    "next --json": 0,
    "agenda": 0,
    "agenda --json": 0,
    "explain": 0,
    "explain --json": 0,
    "choose": 0,
    "choose --json": 0,
    "log": 0,
    "log --all": 0,
    "log --all --json": 0,
    "flag": 0,
    "flag --json": 0,
    "screen": 0,
    "checklist": 0,
    "protocols": 0,
    "upgrade": 0,
    "upgrade --json": 0,
    "doctor": 1,  # no daemon runs
    "doctor --json": 1,
    "store check": 0,
    "store check --json": 0,
    "store export": 0,
    "daemon status": 3,  # none runs
}
"""Command lines that read the journal or its folder, with the exit status that they have at any time."""

LOOKS_ELSEWHERE = {
    "assess": 2,  # without answers it asks, on a terminal
    "completion bash": 0,
    "protocols diff rice rice": 0,
    "protocols preview rice --for 1d": 0,
    "protocols show rice": 0,
    "schema": 0,
    "service status": 3,  # nothing is installed
    "simulate rice --onset 2026-11-23T08:00 --for 1d": 0,
    "validate": 2,  # no file
}
"""The same for those that need no journal."""

FOR_EVER = """
from recovery.store import failures
failures.BUSY_SECONDS = 3600
from recovery.cli.main import run
run()
"""
"""The program, only that whoever waits for a writer would do so until the test is given up."""


def commands(group: click.Group, path: str = "") -> Iterator[str]:
    """All commands of the program by their whole names."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
            if command.invoke_without_command:
                yield f"{path}{name}"
        else:
            yield f"{path}{name}"


def test_every_command_is_known_to_look_or_to_act() -> None:
    every = set(commands(cli))
    tried = {
        max((name for name in every if f"{line} ".startswith(f"{name} ")), key=len)
        for line in (LOOKS | LOOKS_ELSEWHERE)
    }
    assert tried | ACTING == every
    assert not tried & ACTING


# Situations -------------------------------------------------------------------------------------


@contextmanager
def locked(home: Path, how: str = "IMMEDIATE") -> Iterator[tuple[str, ...]]:
    """While another process, which is in the middle of writing, holds the write lock."""
    program = f"""
import sqlite3, sys
journal = sqlite3.connect(sys.argv[1], isolation_level=None)
journal.execute("BEGIN {how}")
journal.execute("INSERT INTO pinned VALUES (99, 'x', 'x', 'x', 'x', 'x', 1)")
print("held", flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", program, str(home / "journal.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"held\n"
        yield ()
        assert writer.stdin is not None
        writer.stdin.close()


@contextmanager
def locked_exclusively(home: Path) -> Iterator[tuple[str, ...]]:
    with locked(home, "EXCLUSIVE") as words:
        yield words


@contextmanager
def locked_with_an_older_schema(home: Path) -> Iterator[tuple[str, ...]]:
    with closing(sqlite3.connect(home / "journal.db")) as journal:
        journal.executescript(
            "DROP INDEX fact_upgraded; ALTER TABLE fact DROP COLUMN chain;"
            " DELETE FROM migration WHERE number > 1; PRAGMA user_version = 1"
        )
    with locked(home) as words:
        yield words


@contextmanager
def locked_with_an_older_compiled_form(home: Path) -> Iterator[tuple[str, ...]]:
    with closing(sqlite3.connect(home / "journal.db")) as journal:
        journal.execute("UPDATE pinned SET compiled = '', compiled_format = 0")
        journal.commit()
    with locked(home) as words:
        yield words


@contextmanager
def on_a_read_only_disk(home: Path) -> Iterator[tuple[str, ...]]:
    """The words that put a command into a mount namespace in which the folder is read-only."""
    unshare = shutil.which("unshare")
    mounts = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && ! touch "$0/x" 2>&- && exec "$@"'
    words = ("--map-root-user", "--mount", "sh", "-c", mounts, str(home))
    if (
        unshare is None
        or subprocess.run([unshare, *words, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("needs a mount namespace, to have a read-only disk")
    yield (unshare, *words)


@contextmanager
def on_a_read_only_disk_after_a_crash(home: Path) -> Iterator[tuple[str, ...]]:
    """What was written last stands in the -wal file, and nothing else of SQLite is left."""
    leave = """
import os, pathlib, sys
from recovery.store.journal import Journal
journal = Journal.open_existing(pathlib.Path(sys.argv[1]))
with journal.transaction():
    journal.append([journal.all_facts()[-1]])
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", leave, str(home)], check=True, cwd=Path(__file__).parents[2])
    assert (home / "journal.db-wal").stat().st_size > 0
    (home / "journal.db-shm").unlink()
    with on_a_read_only_disk(home) as words:
        yield words


Situation = Callable[[Path], AbstractContextManager[tuple[str, ...]]]
SITUATIONS: list[Situation] = [
    locked,
    locked_exclusively,
    locked_with_an_older_schema,
    locked_with_an_older_compiled_form,
    on_a_read_only_disk,
    on_a_read_only_disk_after_a_crash,
]
OFTEN = (locked, locked_with_an_older_schema, on_a_read_only_disk_after_a_crash)


@pytest.fixture
def patient(tmp_path: Path) -> Profile:
    """Somebody whom nothing reminds, so that every command has something to tell and to note as told."""
    profile = Profile(tmp_path)
    words = ("--onset", "2h ago", "--grade", "2", "--side", "left", "--screen", "none", "--signs", "none")
    profile.run("start", "strain", *words, "--no-daemon")
    return profile


def runs(patient: Profile, line: str, words: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*words, sys.executable, "-c", FOR_EVER, *line.split()],
        env=patient.environ,
        cwd=patient.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "situation",
    [
        pytest.param(each, id=each.__name__, marks=() if each in OFTEN else pytest.mark.slow)
        for each in SITUATIONS
    ],
)
def test_looking_goes_on(situation: Situation, patient: Profile) -> None:
    kept = patient.facts()
    lines = LOOKS | LOOKS_ELSEWHERE if situation is locked else LOOKS
    with situation(patient.home) as words:
        ran = {line: runs(patient, line, words) for line in lines}
    assert {line: each for line, each in ran.items() if each.returncode != lines[line]} == {}
    assert {line: each for line, each in ran.items() if "journal.db" in each.stderr} == {}
    answer = [json.loads(line) for line in ran["log --all --json"].stdout.splitlines()]
    there = patient.facts()
    assert [(each["seq"], each["kind"]) for each in answer] == [(fact.seq, fact.kind) for fact in there]
    assert there[: len(kept)] == kept
    assert len(there) - len(kept) == (situation is on_a_read_only_disk_after_a_crash), "nothing was written"


def test_what_cannot_be_written_down_is_told_all_the_same_and_once_more(person: Person) -> None:
    person.starts()
    person.waits(minutes=21)
    before = person.lines("log", "--all")
    with locked(person.home):
        shown = person.types("status").err
        assert person.types("status").err == shown
    assert shown.count("\n") > 4, "several cues"
    assert person.lines("log", "--all") == before

    assert person.types("status").err == shown
    assert len(person.lines("log", "--all")) > len(before)
    assert person.types("status").err == ""


def test_who_acts_waits_and_then_says_who_holds_it(patient: Profile) -> None:
    with locked(patient.home):
        ran = patient.run("checkin", "pain=4", status=1)
    assert "another program has kept it locked for more than 5 seconds" in ran.err
    if sys.platform == "linux":
        assert re.search(r": process \d+ \(.*python.*\)\n", ran.err)
