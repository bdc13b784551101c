"""The short commands: read without click, to the same values, and without loading anything dear."""

import json
import subprocess
import sys
from typing import Any

import click
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recovery.cli.commands import LazyGroup, as_click, cli
from recovery.cli.quick import HOMES, Command, declared
from tests.cli.conftest import Person
from tests.desktop import LIMIT_SECONDS

DEAR = ("pydantic", "yaml", "apscheduler", "plyer", "asyncio", "rich", "click", "importlib.metadata")
QUICK: dict[str, Command] = {name: command for name in HOMES if (command := declared(name, Command))}
LEISURELY = {"agenda", "log"}
"""These draw tables."""

VALUES = (
    "ice",
    "pain=4",
    "3",
    "0",
    "20min",
    "x",
    "",
    "yesterday 20:00",
    "a=b",
    "-",
    "--",
    "-n",
    "--json",
    "-x",
    "ß",
)


def argument_lists(short: Command) -> st.SearchStrategy[list[str]]:
    """Command lines for a command: right ones, wrong ones, and those in between."""
    flags = [flag for each in short.parameters for flag in each.flags]
    joined = [f"{flag}={value}" for flag in flags for value in VALUES]
    glued = [f"{flag}{value}" for flag in flags for value in ("3", "x", "")]
    return st.lists(
        st.sampled_from([*flags, *VALUES, *joined, *glued, "--help", "-h", "-e", "--bogus"]), max_size=5
    )


def by_click(short: Command, arguments: list[str]) -> dict[str, Any]:
    """What click makes of it. Raises click's errors."""
    return as_click(short).make_context(short.name, list(arguments)).params


COMMAND_LINES = st.sampled_from(sorted(QUICK)).flatmap(
    lambda name: st.tuples(st.just(QUICK[name]), argument_lists(QUICK[name]))
)


@given(COMMAND_LINES)
@example((QUICK["next"], ["-n=5"]))
@example((QUICK["next"], ["-n5"]))
@example((QUICK["status"], ["-e=strain-1"]))
@example((QUICK["skip"], ["--because", "--json"]))
@example((QUICK["skip"], ["--because="]))
@example((QUICK["log"], ["--all=yes"]))
@example((QUICK["checkin"], ["--", "pain=4"]))
def test_what_is_read_without_click_is_what_click_reads(line: tuple[Command, list[str]]) -> None:
    short, arguments = line
    given_ = short.read(arguments)
    if given_ is not None:
        assert by_click(short, arguments) == given_


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("status", []),
        ("status", ["--json", "--episode", "strain-1"]),
        ("status", ["--episode=strain-1"]),
        ("next", ["-n", "7", "-e", "rice-2"]),
        ("checkin", ["pain=4", "--at", "yesterday 20:00", "swelling=1"]),
        ("snooze", ["ice", "--for=20min"]),
        ("pause", ["--until", "tomorrow 08:00", "--because", "a trip"]),
    ],
)
def test_what_people_type_in_passing_is_read_without_click(name: str, arguments: list[str]) -> None:
    assert QUICK[name].read(arguments) is not None


@pytest.mark.parametrize("name", sorted(QUICK))
def test_help_and_mistakes_are_left_to_click(name: str) -> None:
    for arguments in (["--help"], ["-h"], ["--bogus"], ["--episode"]):
        assert QUICK[name].read(arguments) is None


def commands(group: click.Group, *names: str) -> list[tuple[tuple[str, ...], click.Command]]:
    """All commands below a group, with their words."""
    leaves: list[tuple[tuple[str, ...], click.Command]] = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        leaves.append(((*names, name), command))
        if isinstance(command, click.Group):
            leaves += commands(command, *names, name)
    return leaves


ALL = commands(cli)


@pytest.mark.parametrize("words", [words for words, _ in ALL], ids=" ".join)
def test_the_help_of_every_command_has_an_example(person: Person, words: tuple[str, ...]) -> None:
    out = person.types(*words, "--help").out

    assert out.startswith(f"Usage: recovery {' '.join(words)} ")
    examples = [line for line in out.splitlines() if line.startswith(f"  recovery {words[0]}")]
    assert any(line.split()[1 : 1 + len(words)] == list(words) for line in examples), out


def test_the_help_lists_every_command(person: Person) -> None:
    out = person.types("--help").out
    assert isinstance(cli, LazyGroup)
    for words, _ in ALL:
        if len(words) == 1:
            assert f"\n  {words[0]} " in out
    assert person.types("-h").out == out


def test_every_option_of_every_command_says_what_it_is() -> None:
    for words, command in ALL:
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{' '.join(words)} {parameter.opts}"


def test_an_unknown_command_is_told_its_neighbour(person: Person) -> None:
    assert person.types("statsu", status=2).err == (
        "Error: No such command 'statsu'. Did you mean 'status'?\n  recovery --help shows what it takes\n"
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["next", "-n", "0"], "Invalid value for '-n': '0' is not a whole number from 1 to 100000"),
        (["next", "soon"], "Got unexpected extra argument (soon)"),
        (["status", "--bogus"], "--bogus"),
        (["snooze", "--for", "long"], "'long' is not a length of time"),
        (["checkin", "--at"], "Option '--at' requires an argument."),
        (["daemon", "frob"], "No such command 'frob'."),
    ],
)
def test_wrong_usage_starts_with_what_is_wrong(person: Person, arguments: list[str], says: str) -> None:
    ran = person.types(*arguments, status=2)

    assert ran.out == ""
    assert ran.err.startswith("Error: ")
    assert says in ran.err.splitlines()[0]
    assert "--help shows what it takes" in ran.err


DRIVER = """
import contextlib, io, json, sys
dear = json.loads(sys.argv[1])
there = set(sys.modules)
from recovery.cli.main import status_of
loaded = {}
for arguments in json.loads(sys.argv[2]):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        status = status_of(arguments)
    loaded[" ".join(arguments)] = status, [name for name in dear if name in sys.modules and name not in there]
print(json.dumps(loaded))
"""


def test_short_commands_load_nothing_dear(patient: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one process, so that the first command to load something is found out."""
    acts = [
        ["status"],
        ["status", "--json"],
        ["next", "-n", "20"],
        ["explain"],
        ["checkin", "pain=4", "swelling=1", "--at", "now"],
        ["undo"],
        ["begin"],
        ["end", "--at", "now"],
        ["done", "ice"],
        ["skip", "ice", "--because", "for the test"],
        ["snooze", "elevate", "--for", "20min"],
        ["pause", "--for", "2h"],
        ["resume"],
        ["advance"],
        ["step-back"],
        ["log", "--json"],
        ["agenda", "--json"],
        ["screen"],
        ["screen", "raynaud=yes", "skin=no"],
        ["flag"],
        ["flag", "saddle"],
        ["flag", "clear", "saddle", "--because", "seen"],
        ["harm", "skin-cold"],
        ["release", "grade-iii", "--by", "Dr. Meyer"],
        ["checklist"],
        ["checklist", "psoas=yes"],
        ["correct", "grade=1"],
        ["up-until", "00:30"],
        ["choose", "ice", "2h"],
        ["test", "stance", "--left", "25s", "--right", "30s"],
        ["move", "--timezone", "Europe/Lisbon"],
        ["setback", "--onset", "1h ago", "--grade", "2"],
        ["stop"],
    ]
    assert {arguments[0] for arguments in acts} == set(QUICK)
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, json.dumps(DEAR), json.dumps(acts)],
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT_SECONDS,
    )
    loaded = json.loads(done.stdout)

    assert {line: names for line, (_, names) in loaded.items() if names} == {}
    assert {status for status, _ in loaded.values()} <= {0, 1, 2}, loaded


@pytest.mark.parametrize("command", sorted(LEISURELY))
def test_commands_for_looking_at_leisure_load_rich_and_no_more(patient: Person, command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, json.dumps(DEAR), json.dumps([[command]])],
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT_SECONDS,
    )
    _, names = json.loads(done.stdout)[command]

    assert set(names) <= {"rich", "importlib.metadata", "asyncio"}
