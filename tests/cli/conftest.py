"""The command line in this process, on a clock that a test sets."""

import json
import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from recovery import clock
from recovery.cli.main import status_of
from recovery.daemon import presence
from recovery.engine.written import to_ms
from recovery.language import use
from tests.daemon.conftest import Watch
from tests.fakes import FakeNotifier
from tests.profile import Ran

ZONE = "Europe/Berlin"
NOW = datetime(2026, 11, 23, 16, 40, tzinfo=ZoneInfo(ZONE))
STRAIN = (
    "start", "strain", "--grade", "2", "--onset", "yesterday 18:00", "--screen", "none", "--signs", "none",
    "--choose", "ice=2h", "--side", "left",
)  # fmt: skip
"""Of somebody who chooses ice as often as the protocol lets them."""


class Person:
    """Somebody who types commands. It is Monday 16:40; time stands still unless told otherwise."""

    def __init__(
        self, home: Path, capsys: pytest.CaptureFixture[str], traveller: time_machine.Traveller
    ) -> None:
        self.home = home
        self.folder = home.parent
        self._capsys = capsys
        self._clock = traveller
        self._set_by = timedelta(0)
        self._starts = 1
        self._watch: Watch | None = None
        self._lock = presence.Lock(home)
        self.notifier = FakeNotifier()

    def types(self, *arguments: str, status: int = 0) -> Ran:
        ran = self._run(*arguments)
        assert ran.status == status, ran
        return ran

    def tries(self, *arguments: str) -> str:
        """All that a command says, accepted or refused; a bug it must not be."""
        ran = self._run(*arguments)
        assert ran.status in (0, 1, 2, 3), ran
        return ran.out + ran.err

    def _run(self, *arguments: str) -> Ran:
        self._capsys.readouterr()
        return Ran(status_of(list(arguments)), *self._capsys.readouterr())

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

    def sets_the_clock(self, **by: float) -> None:
        """The clock is set, and no time passes."""
        self._clock.shift(timedelta(**by))
        self._set_by += timedelta(**by)

    def starts_the_machine_anew(self) -> None:
        """What its steady clock said before compares with nothing from here on, and no daemon has seen it."""
        self._starts += 1
        self.daemon_dies()

    def steady(self) -> tuple[str, int]:
        """What a clock says that nobody sets."""
        return f"start {self._starts}", round((time.time() - self._set_by.total_seconds()) * 1000)

    def daemon_dies(self) -> None:
        self._watch = None
        self._lock.release()

    def daemon_wakes(self) -> None:
        """The daemon does what is due, as it does when the clock is set and when a command calls it."""
        if self._watch is None:
            self._watch = Watch(self.home, notifier=self.notifier, steady=self.steady)
            self._lock.take()
            sign = presence.Presence(
                os.getpid(), to_ms(clock.now()), since_boot=self.steady()[1], lock=self._lock.inode()
            )
            presence.announce(self.home, sign)
        self._watch.wake(clock.now())

    def file(self, text: str, name: str = "quick.yaml") -> str:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return str(path)


@pytest.fixture
def person(
    own_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Person]:
    with time_machine.travel(NOW, tick=False) as traveller:
        person = Person(own_home, capsys, traveller)
        monkeypatch.setattr(clock, "steady", person.steady)
        yield person
        person.daemon_dies()


@pytest.fixture
def german() -> Iterator[None]:
    use("de")
    yield
    use("en")


@pytest.fixture
def patient(person: Person) -> Person:
    """Somebody whose strain, grade II of the left side, happened yesterday at 18:00."""
    person.starts()
    person.types("status")  # the first cues are told as text, out of the way
    return person
