"""What programs cost, measured in one round robin: on a shared machine only ratios within a run mean anything."""

import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recovery.engine.facts import Fact, read_fact
from recovery.engine.written import to_ms
from recovery.store.journal import Journal
from tests.profile import Profile

MOST_TIMES = 6.0
"""The CPU time of a short command against `python -c pass`."""

PASS = [sys.executable, "-c", "pass"]
COMMANDS = {
    "status": ["status"],
    "status --json": ["status", "--json"],
    "next": ["next"],
    "explain": ["explain"],
    "checkin": ["checkin", "pain=4", "swelling=1"],
    "begin": ["begin", "ice"],
    "done": ["done", "elevate"],
    "skip": ["skip", "elevate"],
    "snooze": ["snooze", "ice"],
    "pause": ["pause", "--for", "1h"],
    "resume": ["resume"],
    "undo": ["undo"],
}
"""Refused or accepted, a command looks at the same things; `undo` takes back what the ones before it did."""


def cpu_ms(command: Sequence[str], environ: Mapping[str, str]) -> float:
    """User and system time of one run, in milliseconds."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    try:
        actions = [(os.POSIX_SPAWN_DUP2, nowhere, number) for number in (0, 1, 2)]
        pid = os.posix_spawn(command[0], command, dict(environ), file_actions=actions)
    finally:
        os.close(nowhere)
    _, status, used = os.wait4(pid, 0)
    assert os.waitstatus_to_exitcode(status) in (0, 1, 2), command
    return (used.ru_utime + used.ru_stime) * 1000


def round_robin(
    commands: Mapping[str, Sequence[str]], environ: Mapping[str, str], rounds: int
) -> dict[str, float]:
    """The median CPU time of each command, in milliseconds."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            cost = cpu_ms(command, environ)
            if number:  # the first round warms up
                taken[name].append(cost)
    return {name: statistics.median(costs) for name, costs in taken.items()}


STRAIN = (
    "start", "strain", "--onset", "2h ago", "--grade", "2", "--side", "left", "--screen", "none", "--signs", "none",
)  # fmt: skip


def patient(folder: Path, *, sessions: int = 0, answers: int = 0, per_day: int = 2) -> Profile:
    """Somebody with a strain, and with so many sessions of five facts each in the journal, 2 h apart, till now.

    Or with so many answers, till now as well.
    """
    folder.mkdir(exist_ok=True)
    profile = Profile(folder)
    profile.run(*STRAIN, "--no-daemon")
    profile.run("status")
    if sessions:
        now = datetime.now(UTC)
        with Journal.open(profile.home, now=now) as journal, journal.transaction():
            (episode,) = journal.episodes()
            first = len(journal.all_facts()) + 1
            facts = [
                fact
                for number in range(sessions)
                for fact in _session(
                    episode, now - timedelta(hours=2 * (sessions - number)), first + 5 * number
                )
            ]
            journal.append(facts, now=now)
    if answers:
        now = datetime.now(UTC)
        with Journal.open(profile.home, now=now) as journal, journal.transaction():
            (episode,) = journal.episodes()
            times = [now - timedelta(days=1) / per_day * (answers - number) for number in range(answers)]
            values = {"pain": 4, "swelling": 1}
            journal.append(
                read_fact(episode, at, "answered", {"values": values}, "person", at) for at in times
            )
    return profile


def _session(episode: str, at: datetime, seq: int) -> list[Fact]:
    """A session of ice as the engine, the daemon and the person write it down."""
    end, day = at + timedelta(minutes=20), at.date().isoformat()
    name = f"{episode}/rice/ice/{day}.{at.hour // 2 + 1}"
    about = {"phase": "rice", "activity": "ice", "modality": "cold", "occurrence": name}
    cue = {
        "key": name,
        "kind": "start",
        "title": "Ice: start, 20 min",
        "due": to_ms(at),
        "expires": to_ms(end),
    }
    over = {"key": f"{name}/end", "kind": "end", "title": "Ice: stop", "body": "Off.", "due": to_ms(end)}
    offered = about | {"due": to_ms(at), "day": day, "seconds": 1200, "step": 0}
    return [
        read_fact(episode, at, "offered", offered | {"cue": cue | {"body": "A cloth between ice and skin."}}),
        read_fact(episode, at, "delivered", {"seq": seq, "via": "dbus", "late": 3}, "daemon"),
        read_fact(episode, at, "begun", about | {"seconds": 1200}, "person"),
        read_fact(episode, end, "ended", about | {"seconds": 1200, "overrun": 0, "cue": over}),
        read_fact(episode, end, "delivered", {"seq": seq + 3, "via": "dbus", "late": 3}, "daemon"),
    ]
