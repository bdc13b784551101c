"""The machine's time zone changes under the running daemon, and under commands.

TZ may name a file as well as a zone. Where it does, a link of the test's own stands for the machine's `/etc/localtime`,
and the test changes that one.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recovery import clock
from recovery.daemon import control
from tests.desktop import until
from tests.profile import ICE, Profile, noonish, protocol

ZONES = Path("/usr/share/zoneinfo")
WALK = """\
      - {id: walk, kind: reminder, of: rest, title: Walk, every: 1h, say: A short walk., source: own}
"""
SESSION = ICE.format(length="20min")

pytestmark = pytest.mark.skipif(
    not (ZONES / "Asia/Tokyo").exists(),
    reason="there is no /usr/share/zoneinfo. Type: apt-get install -y tzdata",
)


class Traveller(Profile):
    """A person whose machine can be in another zone at any time."""

    def __init__(self, folder: Path) -> None:
        self._link = folder / "localtime"
        super().__init__(folder, {"TZ": f":{self._link}"})
        self.be_in(noonish())

    def be_in(self, zone: str) -> None:
        """As `timedatectl set-timezone` does it."""
        draft = self._link.with_suffix(".new")
        draft.symlink_to(ZONES / zone)
        draft.replace(self._link)

    def zone(self) -> str:
        """Where the episode is."""
        (started,) = self.facts("started")
        moved = self.facts("moved")
        return str((moved[-1] if moved else started).data["zone"])


def an_hour_east() -> str:
    """A zone in which it is between 13:00 and 14:00."""
    ahead = 13 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Traveller]:
    traveller = Traveller(tmp_path)
    with traveller:
        yield traveller


def test_the_running_daemon_follows_the_machine(person: Traveller) -> None:
    person.start(protocol(SESSION, WALK))
    assert person.zone() == noonish()
    before = [fact.data["cue"]["key"] for fact in person.facts("offered")]
    person.be_in(an_hour_east())
    assert control.call(person.home, control.WAKE)
    (moved,) = person.wait_for("moved")

    assert moved.data["zone"] == an_hour_east() == person.zone()
    assert moved.data["cue"]["body"].startswith(f"Times are now those of {an_hour_east()}.")
    until(lambda: f"quick-1: times are now those of {an_hour_east()}" in person.log(), "the log says so")
    said = person.run("log").out
    assert "times are now those of" in said
    after = [fact.data["cue"]["key"] for fact in person.facts("offered")]
    assert after[: len(before)] == before
    assert len(after) == len({*after})
    # The log's own times are those of the place as well.
    assert "T13:" in person.log().splitlines()[-1].split()[0]


def test_nothing_moves_while_the_zone_is_the_same(person: Traveller) -> None:
    person.start(protocol(SESSION))
    for _ in range(3):
        person.be_in(noonish())
        assert control.call(person.home, control.WAKE)
    person.run("skip", "ice")

    assert person.facts("moved") == []


def test_a_command_that_acts_notices_it_too(person: Traveller) -> None:
    person.start(protocol(SESSION), "--no-daemon")
    person.be_in(an_hour_east())
    person.run("skip", "ice")

    assert person.zone() == an_hour_east()
    assert len(person.facts("moved")) == 1
    assert person.json("status")["episodes"]


def test_who_gave_a_zone_stays_in_it(person: Traveller) -> None:
    person.start(protocol(SESSION), "--no-daemon", "--timezone", noonish())
    person.be_in(an_hour_east())
    person.run("skip", "ice")

    assert person.facts("moved") == []


def test_a_terminal_with_a_zone_of_its_own_moves_nobody(person: Traveller) -> None:
    person.start(protocol(SESSION), "--no-daemon")
    person.run("skip", "ice", TZ="Asia/Tokyo")

    assert person.facts("moved") == []


def test_the_machine_s_zone_is_that_of_its_link(tmp_path: Path) -> None:
    link = tmp_path / "localtime"
    link.symlink_to(ZONES / "Asia/Tokyo")
    environ = {"TZ": str(link)}
    assert clock.machine_zone(environ) == clock.machine_zone(environ) == "Asia/Tokyo"
    link.unlink()
    link.symlink_to(ZONES / "Europe/Berlin")
    assert clock.machine_zone(environ) == "Europe/Berlin"
    link.unlink()
    assert clock.machine_zone(environ) == ""


def test_a_zone_in_the_environment_says_nothing_of_the_machine() -> None:
    assert clock.machine_zone({"TZ": "Asia/Tokyo"}) == ""
    assert clock.machine_zone({"TZ": ":Asia/Tokyo"}) == ""


def test_looking_again_costs_next_to_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = tmp_path / "localtime"
    link.symlink_to(ZONES / "Asia/Tokyo")
    assert clock.machine_zone({"TZ": str(link)}) == "Asia/Tokyo"
    monkeypatch.setattr(clock, "_zone_of", lambda *_args, **_more: pytest.fail("looked up once more"))
    assert clock.machine_zone({"TZ": str(link)}) == "Asia/Tokyo"
    assert os.environ.get("TZ", "") != str(link)
