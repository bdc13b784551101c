"""The command line in this process, on a clock that a test sets."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from recovery.cli.main import status_of
from tests.profile import Ran

ZONE = "Europe/Berlin"
NOW = datetime(2026, 11, 23, 16, 40, tzinfo=ZoneInfo(ZONE))
STRAIN = (
    "start", "strain", "--grade", "2", "--onset", "yesterday 18:00", "--screen", "none", "--signs", "none",
    "--side", "left",
)  # fmt: skip


class Person:
    """Somebody who types commands. It is Monday 16:40; time stands still unless told otherwise."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str], clock: time_machine.Traveller) -> None:
        self.home = home
        self.folder = home.parent
        self._capsys = capsys
        self._clock = clock

    def types(self, *arguments: str, status: int = 0) -> Ran:
        self._capsys.readouterr()
        found = status_of(list(arguments))
        out, err = self._capsys.readouterr()
        assert found == status, Ran(found, out, err)
        return Ran(found, out, err)

    def json(self, *arguments: str, status: int = 0) -> Any:
        """What a command with `--json` says, one object."""
        ran = self.types(*arguments, "--json", status=status)
        assert ran.out.count("\n") == 1, ran
        return json.loads(ran.out)

    def lines(self, *arguments: str, status: int = 0) -> list[Any]:
        """What a command with `--json` says, an object a line."""
        return [json.loads(line) for line in self.types(*arguments, "--json", status=status).out.splitlines()]

    def starts(self, *arguments: str) -> Ran:
        """Start a protocol without a daemon."""
        return self.types(*(arguments or STRAIN), "--timezone", ZONE, "--no-daemon")

    def waits(self, **length: float) -> None:
        self._clock.shift(timedelta(**length))

    def file(self, text: str, name: str = "quick.yaml") -> str:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return str(path)


@pytest.fixture
def person(own_home: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Person]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield Person(own_home, capsys, clock)


@pytest.fixture
def patient(person: Person) -> Person:
    """Somebody whose strain, grade II of the left side, happened yesterday at 18:00."""
    person.starts()
    person.types("status")  # the first cues are told as text, out of the way
    return person
