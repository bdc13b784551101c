"""A person's profile for tests: its own folder of state and environment, in which real commands are run.

    profile = Profile(tmp_path)
    profile.run("start", profile.file(ICE), "--no-daemon")
    profile.json("status")["episodes"]

Local time there is always about noon, so that waking hours hold at any time of day.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recovery.daemon import launch, presence
from recovery.engine.facts import Fact, What
from recovery.errors import RecoveryError
from recovery.store.journal import Journal
from tests.desktop import LIMIT_SECONDS, until

_SCRIPT = Path(sys.executable).with_name("recovery")
COMMAND = [str(_SCRIPT)] if _SCRIPT.exists() else [sys.executable, "-m", "recovery"]

HEAD = """\
format: 1
id: {id}
version: 1.0.0
title: Seconds
summary: For tests.
region: hip
inputs: [{inputs}]
observe:
  pain: {{ask: "Pain?", scale: 0..10, fresh: 24h, source: own}}
limits:
  - {{id: long, of: [cold, warm], longest: 20min, say: Not longer., source: own}}
  - {{id: gap, of: cold, gap: 1h, to: cold, say: Not at once., source: own}}
  - {{id: turn, of: exercise, gap: 1s, to: exercise, say: In turn., source: own}}
phases:
  - id: only
    title: Only phase
    min: 1d
    max: 5d
    leave_when: pain <= 3
    at_max: {{level: routine, say: Long enough.}}
    source: own
    do:
"""

ICE = """\
      - id: ice
        kind: session
        title: Ice
        of: cold
        duration: {length}
        per_day: 1
        start: Cold pack on, with a <cloth> & care.
        end: Cold pack off.
        source: own
"""

LONG = ICE.replace("of: cold", "of: exercise")
"""Of what may go on for hours."""

PACKS = """\
      - id: packs
        kind: alternation
        title: Packs
        per_day: 1
        steps:
          - {of: cold, duration: 1s, start: Cold on., end: Cold off.}
          - wait: 1s
          - {of: warm, duration: 1s, start: Warm on., end: Warm off.}
          - wait: 1s
        source: own
"""

LOOK = """\
      - {id: look, kind: check-in, title: How is it?, ask: [pain], at: [bedtime-5min], source: own}
"""
"""What the gate of every phase needs; due late in the day, so that it stays out of the way."""


def protocol(*activities: str, name: str = "quick", inputs: str = "onset") -> str:
    """A protocol file with one phase; `inputs` are those that it asks for."""
    return HEAD.format(id=name, inputs=inputs) + "".join(activities) + LOOK


def noonish() -> str:
    """A time zone in which it is between 12:00 and 13:00 now."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"  # POSIX: Etc/GMT-5 is five hours ahead


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    status: int
    out: str
    err: str


class Profile:
    """Everything a command of one person needs. Use as a context manager: it ends the daemon."""

    def __init__(self, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.home = Path((environ or {}).get("RECOVERY_HOME") or folder / "home")
        own = {"HOME": str(folder), "RECOVERY_HOME": str(self.home), "TZ": noonish(), "LANG": "C.UTF-8"}
        for name in (
            "XDG_RUNTIME_DIR",
            "XDG_CACHE_HOME",
        ):  # an empty one, and one that all share: see conftest
            own[name] = os.environ.get(name, "")
        self.environ = {"PATH": os.environ.get("PATH", ""), **own, **(environ or {})}

    def __enter__(self) -> "Profile":
        return self

    def __exit__(self, *_: object) -> None:
        there = presence.read(self.home)
        try:
            launch.stop_daemon(self.home)
        except RecoveryError:
            if there is not None and there.pid > 0:  # 0 would be ourselves
                os.kill(there.pid, signal.SIGKILL)
            raise

    def run(self, *arguments: str, status: int | None = 0, **environ: str) -> Ran:
        """Run a command without a terminal."""
        done = subprocess.run(
            [*COMMAND, *arguments],
            input="",
            env={**self.environ, **environ},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            encoding="utf-8",
            timeout=2 * LIMIT_SECONDS,
        )
        ran = Ran(done.returncode, done.stdout, done.stderr)
        assert status is None or ran.status == status, ran
        assert "Traceback" not in ran.err, ran
        return ran

    def start(self, text: str, *more: str) -> Ran:
        """Start a protocol file an hour after the injury."""
        return self.run("start", self.file(text), "--onset", "1h ago", *more)

    def json(self, *arguments: str, status: int | None = 0) -> Any:
        """What a command with `--json` says, one object."""
        return json.loads(self.run(*arguments, "--json", status=status).out)

    def file(self, text: str, name: str = "quick.yaml") -> str:
        """A protocol file in the profile's folder; its path."""
        path = self.folder / name
        path.write_text(text, "utf-8")
        return str(path)

    def facts(self, kind: type[What] | str = "") -> list[Fact]:
        """The journal, or one kind of fact."""
        name = kind if isinstance(kind, str) else kind.kind
        journal = Journal.open_existing(self.home)
        if journal is None:
            return []
        with journal:
            return [fact for fact in journal.all_facts() if name in ("", fact.kind)]

    def wait_for(self, kind: type[What] | str, count: int = 1, limit: float = LIMIT_SECONDS) -> list[Fact]:
        """The facts of a kind, once there are so many."""
        until(lambda: len(self.facts(kind)) >= count, f"{count} x {kind} in the journal", limit)
        return self.facts(kind)

    def wait_for_sign(self, is_so: Callable[[presence.Presence], object], what: str) -> presence.Presence:
        """What the daemon says of itself, once it says that."""

        def says() -> bool:
            there = presence.read(self.home)
            return there is not None and there.pid > 0 and bool(is_so(there))

        until(says, what)
        there = presence.read(self.home)
        assert there is not None
        return there

    def pid(self) -> int:
        """The number of the daemon, once it says who it is."""
        return self.wait_for_sign(lambda there: True, "the daemon says who it is").pid

    def log(self) -> str:
        """The daemon's log."""
        path = self.home / "daemon.log"
        return path.read_text("utf-8") if path.exists() else ""


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked after does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
