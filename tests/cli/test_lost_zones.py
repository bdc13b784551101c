"""An episode in a zone that this machine does not know: a system without tzdata-legacy, a file from elsewhere.

The zone database is a folder of the test's own, without Python's beside it; a zone is lost by being taken out of it.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from recovery.daemon import control
from recovery.store.journal import JOURNAL_FILE
from tests.desktop import until
from tests.profile import ICE, Profile, protocol

ZONES = Path("/usr/share/zoneinfo")
PLACES = ("Asia/Tokyo", "Europe/Lisbon", "Etc/UTC")
FILE = protocol(ICE.format(length="20min"))

RUBBISH = ("../x", "/etc/passwd", "localtime", "posixrules", "Europe", "", "a\x00b", "\u00e9", "x" * 5000)

pytestmark = pytest.mark.skipif(
    not (ZONES / "Asia/Tokyo").exists(),
    reason="there is no /usr/share/zoneinfo. Type: apt-get install -y tzdata",
)


class Emigrant(Profile):
    """A person in Tokyo, with an episode of Old/Town."""

    def __init__(self, folder: Path) -> None:
        self._database = folder / "zones"
        nothing = folder / "without"
        (nothing / "tzdata").mkdir(parents=True)
        (nothing / "tzdata/__init__.py").touch()
        ways = {"PYTHONTZPATH": str(self._database), "PYTHONPATH": str(nothing), "TZ": "Asia/Tokyo"}
        super().__init__(folder, ways)
        for name in (*PLACES, "Old/Town"):
            (self._database / name).parent.mkdir(parents=True, exist_ok=True)
        for name in PLACES:
            (self._database / name).write_bytes((ZONES / name).read_bytes())
        self.bring_back()

    def bring_back(self) -> None:
        (self._database / "Old/Town").write_bytes((ZONES / "America/New_York").read_bytes())

    def lose(self) -> None:
        (self._database / "Old/Town").unlink()

    def is_at(self) -> str:
        """How far the times of the episode are from UTC."""
        answer = datetime.fromisoformat(self.json("status")["now"])
        return f"{answer:%z}"


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Emigrant]:
    emigrant = Emigrant(tmp_path)
    with emigrant:
        emigrant.start(FILE, "--no-daemon", "--timezone", "Old/Town", "--bedtime", "06:59")
        assert emigrant.is_at() in ("-0500", "-0400")
        emigrant.lose()
        yield emigrant


def write_zone(home: Path, name: str) -> None:
    """As if the episode had been started so."""
    with closing(sqlite3.connect(home / JOURNAL_FILE)) as journal, journal:
        ((trigger,),) = journal.execute("SELECT sql FROM sqlite_master WHERE name = 'fact_is_never_changed'")
        journal.execute("DROP TRIGGER fact_is_never_changed")
        data: Any
        ((seq, data),) = journal.execute("SELECT seq, data FROM fact WHERE kind = 'started'")
        data = json.dumps({**json.loads(data), "zone": name})
        journal.execute("UPDATE fact SET data = ? WHERE seq = ?", (data, seq))
        journal.execute(trigger)


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["next"],
        ["agenda"],
        ["explain"],
        ["log"],
        ["checkin", "pain=4"],
        ["begin", "ice"],
        ["undo"],
    ],
    ids=lambda words: words[0],
)
def test_every_command_goes_on_in_the_zone_of_the_machine(person: Emigrant, words: list[str]) -> None:
    if words == ["undo"]:
        person.run("checkin", "pain=4")
    ran = person.run(*words)

    assert "does not know the time zone 'Old/Town'; times are those of Asia/Tokyo meanwhile" in ran.err
    assert "tzdata-legacy" in ran.err
    assert "recovery move --timezone NAME" in ran.err


def test_its_times_are_those_of_the_machine_until_the_zone_is_back(person: Emigrant) -> None:
    (answer,) = person.json("status")["episodes"]
    assert answer["zone"] == {"name": "Old/Town", "known": False, "times_of": "Asia/Tokyo"}
    assert person.is_at() == "+0900"
    person.run("checkin", "pain=4")

    person.bring_back()
    assert person.is_at() in ("-0500", "-0400")
    assert person.run("status").err.count("Old/Town") == 0
    assert person.facts("moved") == []


def test_the_limits_need_no_zone(person: Emigrant) -> None:
    """The gap of a second is elapsed time; the activity's own hours are those of the machine."""
    person.run("begin", "ice")
    again = person.run("begin", "ice", status=1).err
    assert "Old/Town" in again
    person.run("end", "ice")
    assert [fact.data["modality"] for fact in person.facts("ended")] == ["cold"]


def test_the_daemon_says_it_once_and_goes_on(person: Emigrant) -> None:
    person.run("daemon", "start")
    until(lambda: "does not know the time zone 'Old/Town'" in person.log(), "the log says so")
    for _ in range(3):
        assert control.call(person.home, control.WAKE)
    assert person.log().count("does not know the time zone") == 1
    person.bring_back()
    assert control.call(person.home, control.WAKE)
    assert "Old/Town" not in person.run("status").err


def test_another_zone_takes_its_place(person: Emigrant) -> None:
    assert "those of Europe/Lisbon now" in person.run("move", "--timezone", "Europe/Lisbon").out
    assert person.is_at() in ("+0000", "+0100")
    assert person.run("status").err.count("Old/Town") == 0
    assert person.facts("moved")[0].data["from"] == "Old/Town"
    person.run("store", "check")

    person.run("undo")
    assert "Old/Town" in person.run("status").err


def test_a_zone_that_is_none_takes_no_place(person: Emigrant) -> None:
    for name in ("Old/Town", "localtime", "../x", "Europe"):
        err = person.run("move", "--timezone", name, status=2).err
        assert "is not a time zone that I know" in err
    assert person.facts("moved") == []


def test_who_moves_to_where_they_are_is_told_so(person: Emigrant) -> None:
    person.run("move", "--timezone", "Asia/Tokyo")
    assert "is in Asia/Tokyo already" in person.run("move", "--timezone", "Asia/Tokyo", status=1).err


def test_it_is_no_damage(person: Emigrant, tmp_path: Path) -> None:
    person.run("store", "check")
    copy = tmp_path / "copy.json"
    person.run("store", "export", str(copy))
    person.run("store", "import", str(copy), RECOVERY_HOME=str(tmp_path / "other"))
    assert "Old/Town" in person.run("status", RECOVERY_HOME=str(tmp_path / "other")).err


def test_doctor_says_it(person: Emigrant) -> None:
    checks = {each["name"]: each for each in person.json("doctor", status=None)["checks"]}
    assert checks["zone"]["state"] == "warn"
    assert "Old/Town" in checks["zone"]["found"]
    assert "recovery move --timezone NAME" in checks["zone"]["advice"]


@pytest.mark.parametrize("name", RUBBISH, ids=lambda name: ascii(name[:12]))
def test_rubbish_for_a_name_leaves_the_journal_readable(person: Emigrant, name: str) -> None:
    write_zone(person.home, name)
    assert person.is_at() == "+0900"
    assert "does not know the time zone" in person.run("status").err
    person.run("checkin", "pain=4")
    person.run("move", "--timezone", "Europe/Lisbon")
    assert person.run("status").err.count("does not know") == 0


def test_old_names_come_from_python_s_own_database(tmp_path: Path) -> None:
    with Profile(tmp_path, {"PYTHONTZPATH": ""}) as someone:
        out = someone.start(FILE, "--no-daemon", "--timezone", "US/Eastern").out
        assert "times of US/Eastern" in out
        assert "does not know" not in someone.run("status").err
