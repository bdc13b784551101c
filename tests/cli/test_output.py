"""Output that goes away or fails: what a command was told to do is done, and what could not be written is told."""

import array
import fcntl
import os
import re
import shutil
import subprocess
import termios
from collections.abc import Callable, Iterator, Set
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest

from recovery.cli import commands
from recovery.daemon import presence
from tests.desktop import LIMIT_SECONDS, until
from tests.profile import COMMAND, ICE, Profile, protocol

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")

START = (
    *("start", "strain", "--grade", "2", "--onset", "1h ago", "--side", "left"),
    *("--screen", "none", "--signs", "none", "--no-daemon"),
)  # fmt: skip


class Case(NamedTuple):
    """A command line, and what was typed before it."""

    words: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()


def case(line: str, *before: str) -> Case:
    return Case(tuple(line.split()), tuple(tuple(each.split()) for each in before))


CASES = {
    "start": Case(("start", "sitting", "--screen-later", "--signs", "none", "--no-daemon")),
    "status": case("status"),
    "next": case("next"),
    "agenda": case("agenda"),
    "explain": case("explain"),
    "checkin": case("checkin pain=4 swelling=1"),
    "begin": case("begin ice"),
    "end": case("end ice", "begin ice"),
    "done": case("done ice", "begin ice"),
    "skip": case("skip ice"),
    "snooze": case("snooze ice"),
    "pause": case("pause --for 1h"),
    "resume": case("resume", "pause --for 1h"),
    "advance": case("advance"),
    "step-back": case("step-back"),
    "setback": case("setback"),
    "harm": case("harm skin-cold"),
    "release": case("release grade-iii --by Meyer"),
    "up-until": case("up-until 23:30"),
    "choose": case("choose ice 2h"),
    "test": case("test stance --left 25s --right 30s"),
    "correct": case("correct grade=1"),
    "flag": case("flag"),
    "screen": case("screen"),
    "checklist": case("checklist"),
    "stop": case("stop"),
    "undo": case("undo", "checkin pain=4 swelling=1"),
    "log": case("log --all"),
    "assess": case("assess complete-loss=no some-loss=unsure"),
    "simulate": case("simulate strain --onset 2026-11-23T18:00 --timezone Europe/Berlin --json"),
    "protocols": case("protocols"),
    "protocols show": case("protocols show strain"),
    "protocols diff": case("protocols diff rice contrast"),
    "protocols preview": case("protocols preview rice"),
    "protocols new": case("protocols new my-hip"),
    "protocols add": case("protocols add my-hip.yaml", "protocols new my-hip"),
    "upgrade": case("upgrade"),
    "validate": case("validate strain"),
    "schema": case("schema"),
    "daemon run": case("daemon run", "daemon start --notifier text"),  # one runs already
    "daemon start": case("daemon start --notifier text"),
    "daemon stop": case("daemon stop", "daemon start --notifier text"),
    "daemon status": case("daemon status", "daemon start --notifier text"),
    "service install": case("service install --way xdg"),
    "service uninstall": case("service uninstall", "service install --way xdg"),
    "service status": case("service status", "service install --way xdg"),
    "doctor": case("doctor"),
    "move": case("move --timezone Asia/Tokyo"),
    "store check": case("store check"),
    "store backup": case("store backup"),
    "store restore": case("store restore copy.db --yes", "store backup copy.db"),
    "store export": case("store export"),
    "store import": case("store import - --json"),
    "completion": case("completion bash"),
}


def leaves(group: click.Group, *above: str) -> Iterator[str]:
    """Every command that does something, with the words above it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        words = (*above, name)
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield " ".join(words)
        if isinstance(command, click.Group):
            yield from leaves(command, *words)


def test_every_command_is_tried() -> None:
    assert sorted(leaves(commands.cli)) == sorted(CASES)


Surroundings = Callable[..., "subprocess.CompletedProcess[bytes]"]


def open_all(command: list[str], **how: Any) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(command, capture_output=True, timeout=LIMIT_SECONDS, check=False, **how)


def closed_pipe(command: list[str], **how: Any) -> "subprocess.CompletedProcess[bytes]":
    """Nobody reads from the first byte on."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return subprocess.run(
            command, stdout=writer, stderr=subprocess.PIPE, timeout=LIMIT_SECONDS, check=False, **how
        )
    finally:
        os.close(writer)


def pipe_of_both(command: list[str], **how: Any) -> "subprocess.CompletedProcess[bytes]":
    """`2>&1 | head -c1`: the reader goes after the first byte."""
    reader, writer = os.pipe()
    with subprocess.Popen(command, stdout=writer, stderr=writer, **how) as process:
        os.close(writer)
        os.read(reader, 1)
        os.close(reader)
        return subprocess.CompletedProcess(command, process.wait(LIMIT_SECONDS), b"", b"")


def by_shell(redirection: str) -> Surroundings:
    def run(command: list[str], **how: Any) -> "subprocess.CompletedProcess[bytes]":
        return open_all(["sh", "-c", f'exec "$@" {redirection}', "sh", *command], **how)

    return run


QUIET = {
    "a closed pipe": closed_pipe,
    "a pipe for both, closed after a byte": pipe_of_both,
    "2>&-": by_shell("2>&-"),
    "2>/dev/full": by_shell("2>/dev/full"),
    "<&-": by_shell("<&-"),
}
"""Surroundings in which nothing is lost that anybody wanted to read."""

FAILING = {
    ">/dev/full": (by_shell(">/dev/full"), "No space left on device"),
    ">&-": (by_shell(">&-"), "Bad file descriptor"),
    "1</dev/null": (by_shell("1</dev/null"), "Bad file descriptor"),
    ">&- 2>&-": (by_shell(">&- 2>&-"), ""),
}
"""Surroundings in which the output is lost, and the reason, where it can be told."""


class Left(NamedTuple):
    """What there is after a command: the kinds of facts by the person, files, and whether a daemon runs."""

    facts: tuple[str, ...]
    files: frozenset[str]
    is_running: bool


class Tried(NamedTuple):
    status: int
    out: bytes
    err: str
    before: Left
    after: Left


class Bench:
    """A folder in which a command is run again and again, each time from the same state."""

    def __init__(self, folder: Path, begun: Path, name: str) -> None:
        self.folder, self.case = folder, CASES[name]
        self.person = Profile(folder / "now", {"XDG_CONFIG_HOME": str(folder / "now" / "config")})
        shutil.copytree(begun, self.person.folder)
        self.told = self.person.folder / "told"
        if name == "store import":
            self.told.write_text(self.person.run("store", "export").out)
            shutil.rmtree(self.person.home)
        else:
            self.told.touch()
        for words in self.case.before:
            if words[0] != "daemon":
                self.person.run(*words)
        shutil.copytree(self.person.folder, folder / "before")

    def tries(self, surroundings: Surroundings) -> Tried:
        shutil.rmtree(self.person.folder)
        shutil.copytree(self.folder / "before", self.person.folder)
        with self.person as person, self.told.open("rb") as stdin:
            for words in self.case.before:
                if words[0] == "daemon":
                    person.run(*words)
            before = self.left()
            how = {"stdin": stdin, "env": person.environ, "cwd": person.folder}
            done = surroundings([*COMMAND, *self.case.words], **how)
            return Tried(
                done.returncode, done.stdout or b"", (done.stderr or b"").decode(), before, self.left()
            )

    def left(self) -> Left:
        facts = tuple(fact.kind for fact in self.person.facts() if fact.by == "person")
        folder, home = self.person.folder, self.person.home
        paths = {*folder.glob("*"), *folder.glob("config/**/*"), *home.glob("*/*")}
        # The names of copies tell when they were made.
        names = frozenset(
            re.sub(r"\d", "0", str(path.relative_to(folder))) for path in paths if "daily" not in path.name
        )
        return Left(facts, names, presence.is_running(home))


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of somebody who has begun, and has read the first cues."""
    person = Profile(tmp_path_factory.mktemp("begun"))
    person.run(*START)
    person.run("status")
    return person.folder


LIKE_SKIP = {
    *("done", "snooze", "pause", "resume", "advance", "step-back", "setback", "harm", "release", "up-until"),
    *("choose", "test", "correct"),
}
"""Acts that end as `skip` does, by the same function: their turn comes with the slow tests."""


@pytest.mark.parametrize("name", [name for name in CASES if name not in LIKE_SKIP])
def test_a_command_does_the_same_whoever_listens(tmp_path: Path, begun: Path, name: str) -> None:
    check(Bench(tmp_path, begun, name), name, {"a closed pipe", ">/dev/full"})


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_command_does_the_same_in_all_surroundings(tmp_path: Path, begun: Path, name: str) -> None:
    check(Bench(tmp_path, begun, name), name, QUIET.keys() | FAILING.keys())


def check(bench: Bench, name: str, tried_in: Set[str]) -> None:
    plain = bench.tries(open_all)
    assert plain.status != 70, plain
    for what in QUIET.keys() & tried_in:
        if (what, name) == ("<&-", "store import"):  # which reads it
            continue
        tried = bench.tries(QUIET[what])
        about = (what, plain, tried)
        assert (tried.status, tried.after) == (plain.status, plain.after), about
        for words in ("Traceback", "Exception ignored", "standard output"):
            assert words not in tried.err, about
    for what in FAILING.keys() & tried_in:
        surroundings, reason = FAILING[what]
        tried = bench.tries(surroundings)
        about = (what, plain, tried)
        assert tried.status == (plain.status or (1 if plain.out else 0)), about
        assert tried.after == plain.after, about
        for words in ("Traceback", "Exception ignored"):
            assert words not in tried.err, about
        if plain.out and reason:
            assert f"Error: standard output: {reason}\n" in tried.err, about
            assert ("  Done all the same: " in tried.err) == (plain.before != plain.after), about


def test_an_act_that_was_recorded_is_told_in_its_own_words(tmp_path: Path, begun: Path) -> None:
    tried = Bench(tmp_path, begun, "begin").tries(by_shell(">/dev/full"))
    assert tried.status == 1
    assert (
        "Error: standard output: No space left on device\n"
        "  Done all the same: begin is recorded. Cold pack on, wrapped in a thin towel"
    ) in tried.err


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "PYTHONUNBUFFERED"])
def test_what_nobody_could_read_is_told_by_the_next_command(tmp_path: Path, unbuffered: str) -> None:
    """A cue that was written to a closed standard error was not shown."""
    with Profile(tmp_path, {"PYTHONUNBUFFERED": unbuffered}) as person:
        person.start(protocol(ICE.format(length="20min")), "--no-daemon")
        for redirection in ("2>&-", "2>/dev/full"):
            by_shell(redirection)([*COMMAND, "status"], env=person.environ)
            assert person.facts("delivered") == []
        assert "Cold pack on" in person.run("status").err
        assert len(person.facts("delivered")) == 1
        assert "Cold pack on" not in person.run("status").err


def test_a_reader_that_is_slow_gets_all_of_it(tmp_path: Path) -> None:
    """A pipe that another program has set not to wait is no failure."""
    with Profile(tmp_path) as person:
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        command = [*COMMAND, "schema"]
        with subprocess.Popen(command, stdout=writer, stderr=subprocess.PIPE, env=person.environ) as process:
            os.close(writer)
            until(lambda: _is_full(reader), "a full pipe")
            with os.fdopen(reader, encoding="utf-8") as pipe:
                text = pipe.read()
            assert process.stderr is not None
            assert (process.wait(LIMIT_SECONDS), process.stderr.read()) == (0, b"")
        assert text == person.run("schema").out


def _is_full(reader: int) -> bool:
    waiting = array.array("i", [0])
    fcntl.ioctl(reader, termios.FIONREAD, waiting)
    return waiting[0] >= fcntl.fcntl(reader, fcntl.F_GETPIPE_SZ) - 4096


@pytest.mark.parametrize("redirection", ["", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full 2>/dev/full"])
def test_a_daemon_in_the_foreground_needs_no_streams(tmp_path: Path, redirection: str) -> None:
    with Profile(tmp_path) as person:
        person.start(protocol(ICE.format(length="20min")), "--no-daemon")
        command = ["sh", "-c", f'exec "$@" {redirection}', "sh", *COMMAND, "daemon", "run"]
        with subprocess.Popen(command, env=person.environ, stdin=subprocess.DEVNULL) as process:
            there = person.wait_for_sign(lambda sign: sign.pid, "a daemon")
            assert there.pid == process.pid
            if redirection:
                for number in range(3):  # else the journal may be where an error is written
                    opened = Path(f"/proc/{process.pid}/fd/{number}").readlink()
                    assert str(opened).startswith("/dev/"), opened
            person.run("daemon", "stop")
            assert process.wait(LIMIT_SECONDS) == 0
