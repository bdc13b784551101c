"""An episode that cannot be read: the others go on, and every command says which it is and why."""

import json
import random
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
import time_machine

from recovery.care.record import do, load
from recovery.engine.acts import Begin
from recovery.engine.facts import Delivered
from recovery.engine.turn import Accepted, Refused, Verdict
from recovery.store.journal import Journal
from tests.cli.conftest import NOW, Person
from tests.daemon.conftest import MINUTE, NOON, Watch, start
from tests.fuzz.trying import typed
from tests.profile import ICE, Profile, protocol
from tests.store.damaging import Change, changes, make, two_episodes

NO_ZONE = ("data", '{"onset":1795420800000,"wake":"07:00","bedtime":"23:00"}', 1)
LATER = NOON + 30 * MINUTE


@pytest.fixture
def two(person: Person) -> Person:
    """Somebody with quick-1, which cannot be read, and walks-1; half an hour after noon."""
    journal = two_episodes(person.home)
    assert make(journal, NO_ZONE)
    person.waits(seconds=(LATER - NOW).total_seconds())
    return person


def test_status_tells_the_others_and_which_cannot_be_read_and_why(two: Person) -> None:
    out = two.types("status").out
    assert "Walk" in out
    assert "quick-1 cannot be read" in out
    assert "fact 1: zone: is missing" in out
    assert "recovery store check" in out

    answer = two.json("status")
    assert [episode["id"] for episode in answer["episodes"]] == ["walks-1"]
    assert answer["unreadable"] == [{"id": "quick-1", "reason": "fact 1: zone: is missing"}]


@pytest.mark.parametrize("command", ["next", "agenda", "explain", "pause", "log"])
def test_other_commands_work_for_the_others_and_say_it_on_standard_error(two: Person, command: str) -> None:
    ran = two.types(command)
    assert "quick-1 cannot be" in ran.err
    assert two.types(command, "--json").out.count("\n") >= 1


def test_an_act_on_the_one_that_cannot_be_read_says_why(two: Person) -> None:
    ran = two.types("checkin", "pain=3", "--episode", "quick-1", status=1)
    assert "quick-1 cannot be told from its facts: fact 1: zone: is missing" in ran.err
    assert "recovery store check" in ran.err


def test_what_was_entered_in_another_is_taken_back(two: Person) -> None:
    two.types("pause", "--for", "1h")
    assert "walks-1" in two.types("undo", "--episode", "walks-1").out
    assert "quick-1 cannot be told" in two.types("undo", "--episode", "quick-1", status=1).err


def test_where_none_can_be_read_status_says_so_and_fails(two: Person) -> None:
    assert make(two.home / "journal.db", ("data", "{", 4))
    assert "cannot be told from its facts" in two.types("status", status=1).err
    answer = two.json("status", status=1)
    assert (answer["episodes"], [each["id"] for each in answer["unreadable"]]) == ([], ["quick-1", "walks-1"])


def test_doctor_names_it(two: Person) -> None:
    checks = two.json("doctor", status=1)["checks"]
    (journal,) = (check for check in checks if check["name"] == "journal")
    assert journal["state"] == "fail"
    assert "quick-1 cannot be told" in journal["found"]


def test_a_log_tells_what_it_can(two: Person) -> None:
    journal = two.home / "journal.db"
    assert make(journal, ("data", '{"values": 7}', 8))
    out = two.types("log", "--all").out
    assert "makes no sense: recovery store check" in out
    assert "walks-1" in out

    assert make(journal, ("data", b"\xff\xfe", 8))
    ran = two.types("log", "--all")
    assert "walks-1" in ran.out
    assert "quick-1: " in ran.err
    assert "is damaged" in two.types("log", "--episode", "quick-1", status=1).err


def test_an_upgrade_or_undo_of_one_that_cannot_be_read_is_its_own_matter(two: Person) -> None:
    journal = two.home / "journal.db"
    assert make(journal, ("kind", "upgraded", 8))
    assert make(journal, ("data", "{", 11))
    two.types("pause", "--for", "1h")
    two.types("undo", "--episode", "walks-1")
    assert [e["id"] for e in two.json("status")["episodes"]] == ["walks-1"]


@pytest.mark.parametrize("change", [NO_ZONE, ("data", "{", 8), ("kind", "undone", 8), ("data", b"\xff", 2)])
def test_the_limits_of_another_count_what_it_had_on(own_home: Path, change: Change) -> None:
    journal_file = two_episodes(own_home)
    text = protocol(ICE.format(length="20min"), name="cold")
    start(own_home, text.replace("per_day: 1", "at: [20:00]"))

    def begins(now: datetime) -> Verdict:
        with Journal.open(own_home, now=now) as journal, journal.transaction():
            record = load(journal, now)
            assert "quick-1" in record.unreadable
            return do(journal, record, "cold-1", Begin("ice"), now)[1]

    assert make(journal_file, change)
    for minute in (10, 80):
        refused = begins(NOON + minute * MINUTE)
        assert isinstance(refused, Refused)
        assert refused.earliest == NOON + 82 * MINUTE
    assert isinstance(begins(NOON + 83 * MINUTE), Accepted)


# The daemon --------------------------------------------------------------------------------------


def test_the_daemon_tells_the_ends_of_the_others(own_home: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = two_episodes(own_home)
    assert make(journal, ("data", '{"onset":1795420800000,"wake":"07:00","bedtime":"23:00"}', 4))
    watch = Watch(own_home)
    watch.wake(NOON + 22 * MINUTE)
    assert watch.titles() == ["Ice: stop"]
    assert caplog.text.count("walks-1 cannot be told from its facts") == 1
    watch.wake(NOON + 23 * MINUTE)
    assert caplog.text.count("walks-1 cannot be told from its facts") == 1
    assert watch.titles() == ["Ice: stop"]


def test_the_daemon_tells_from_memory_the_end_of_what_was_on(own_home: Path) -> None:
    journal = two_episodes(own_home)
    watch = Watch(own_home)
    watch.wake(NOON + 10 * MINUTE)
    assert make(journal, NO_ZONE)
    watch.wake(NOON + 12 * MINUTE)
    watch.wake_when_due()
    assert (watch.now, watch.titles()) == (NOON + 22 * MINUTE, ["Ice: stop"])
    before = len(watch.facts(Delivered))
    watch.wake(NOON + 130 * MINUTE)
    assert watch.titles() == ["Ice: stop", "Walk ❄"]
    assert len(watch.facts(Delivered)) == before + 1


def test_a_daemon_starts_beside_it(tmp_path: Path) -> None:
    with Profile(tmp_path) as person:
        journal = two_episodes(person.home)
        assert make(journal, NO_ZONE)
        person.run("daemon", "start", "--notifier", "text")
        assert person.json("status")["daemon"]["running"]
        person.run("daemon", "stop")
        assert "quick-1 cannot be told from its facts: fact 1: zone: is missing" in person.log()


# Whatever the file holds -------------------------------------------------------------------------


def test_nothing_that_an_episode_holds_stops_another(own_home: Path) -> None:
    kept = two_episodes(own_home.with_name("kept"))
    own_home.mkdir()
    tried = random.Random(4).sample([*changes(kept)], 80)
    for change in tried:
        if not _laid(kept, own_home, change):
            continue
        with time_machine.travel(LATER, tick=False):
            for command in ("status", "next", "log --episode walks-1", "pause --for 1h --episode walks-1"):
                status, said = typed(*command.split())
                assert status == 0, (change, command, said)
            for command in ("log --all", "undo", "checkin pain=3 --episode quick-1", "store check"):
                typed(*command.split())
        assert _laid(kept, own_home, change)
        watch = Watch(own_home)
        watch.wake(NOON + 150 * MINUTE)
        assert watch.service._trouble == "", change
        assert any("Walk" in f"{note.title} {note.body}" for note in watch.notifier.shown), change


def _laid(kept: Path, home: Path, change: tuple[str, object, int]) -> bool:
    for end in ("", "-wal", "-shm"):
        (home / f"journal.db{end}").unlink(missing_ok=True)
    shutil.copyfile(kept, home / "journal.db")
    return make(home / "journal.db", change)


# A flipped bit in the phase -----------------------------------------------------------------------


def rewritten(journal: Path, seq: int, data: str) -> None:
    """Change what a fact says, and nothing else: the triggers are as they were."""
    with closing(sqlite3.connect(journal, isolation_level=None)) as other:
        ((trigger,),) = other.execute("SELECT sql FROM sqlite_master WHERE name = 'fact_is_never_changed'")
        other.execute("DROP TRIGGER fact_is_never_changed")
        other.execute("UPDATE fact SET data = ? WHERE seq = ?", (data, seq))
        other.execute(trigger)


def flipped(home: Path) -> Path:
    """A journal in which the phase that was entered has another name by one bit."""
    journal = two_episodes(home)
    with closing(sqlite3.connect(journal)) as other:
        ((seq, data),) = other.execute("SELECT seq, data FROM fact WHERE kind = 'phase' AND episode = 1")
    rewritten(journal, seq, data.replace('"phase":"only"', '"phase":"onli"'))
    return journal


def test_a_phase_that_is_another_by_one_bit_is_told_and_not_entered_anew(person: Person) -> None:
    flipped(person.home)
    person.waits(seconds=(LATER - NOW).total_seconds())
    out = person.types("status").out
    assert "quick-1 cannot be read, so nothing reminds of it: fact " in out
    assert "phase: 'onli' is not one of 'only'" in out
    watch = Watch(person.home)
    before = watch.facts("phase")
    watch.wake(LATER)
    assert watch.facts("phase") == before


def test_doctor_does_not_call_a_journal_whole_that_store_check_does_not(person: Person) -> None:
    """Also where every episode can be told: an answer is another one."""
    journal = two_episodes(person.home)
    copy = person.json("store", "backup")["file"]
    rewritten(journal, 8, '{"values":{"pain":6}}')
    person.types("store", "check", status=1)
    (answer,) = (check for check in person.json("doctor", status=1)["checks"] if check["name"] == "journal")
    assert answer["state"] == "fail"
    assert "not whole: fact 8: its checksum does not fit" in answer["found"]
    assert "the daemon makes no copy of it any more" in answer["advice"]
    assert copy in answer["advice"]


def test_status_tells_of_damage_once_the_daemon_has_found_it(tmp_path: Path) -> None:
    with Profile(tmp_path) as person:
        journal = two_episodes(person.home)
        rewritten(journal, 8, '{"values":{"pain":6}}')
        person.run("daemon", "start", "--notifier", "text")
        person.wait_for_sign(lambda sign: sign.damage, "the damage in the sign")
        assert "fact 8: its checksum does not fit" in person.json("status")["daemon"]["damage"]
        assert "fact 8: its checksum does not fit" in person.run("status").out
        assert "recovery store check tells what is wrong" in person.run("status").out
        person.run("daemon", "stop")


# What can be typed ---------------------------------------------------------------------------------


def test_a_fresh_start_that_cannot_be_read_can_be_taken_back_as_it_says(person: Person) -> None:
    person.home.mkdir()
    start(person.home, protocol(ICE.format(length="20min")))
    journal = person.home / "journal.db"
    with closing(sqlite3.connect(journal)) as other:
        (seq, data) = other.execute("SELECT seq, data FROM fact WHERE kind = 'phase'").fetchone()
    stateless = {key: value for key, value in json.loads(data).items() if key != "state"}
    rewritten(journal, seq, json.dumps(stateless))
    person.waits(seconds=(NOON - NOW).total_seconds() + 60)
    out = person.types("status", status=1).err
    assert f"fact {seq}: " in out
    assert "state" in out.partition(f"fact {seq}: ")[2]
    assert "Error" not in out.partition(f"fact {seq}: ")[2]
    assert "recovery undo --episode quick-1 takes back its start" in out
    assert "Taken back" in person.types("undo", "--episode", "quick-1").out
