"""Bits of the file that are not as they were written: noticed wherever they change what the journal says."""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from recovery.errors import StoreError
from recovery.store.backups import back_up_daily
from recovery.store.checking import check
from recovery.store.journal import Journal
from tests.daemon.conftest import MINUTE, NOON
from tests.fuzz.trying import typed
from tests.store.damaging import two_episodes

DAY = 24 * 60 * MINUTE
TABLES = ("pinned", "episode", "fact")
WORSE = """UPDATE fact SET data = '{"values":{"pain":6}}' WHERE seq = 8"""
COLUMNS = {
    "pinned": "number, hash, protocol_id, version, texts",  # its compiled form is made anew where it does not fit
    "episode": "number, id, protocol_id, pinned",
    "fact": "seq, episode, at, recorded_at, kind, by, data",
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_episodes(tmp_path_factory.mktemp("kept") / "home")


def content(journal: Path) -> Any:
    """All that the tables say; None where they cannot be read."""
    with closing(sqlite3.connect(f"{journal.as_uri()}?immutable=1", uri=True)) as database:
        database.text_factory = bytes
        try:
            return [database.execute(f"SELECT {COLUMNS[name]} FROM {name}").fetchall() for name in TABLES]
        except sqlite3.Error:
            return None


def flipped(
    kept: Path, folder: Path, places: Iterator[tuple[int, int]]
) -> Iterator[tuple[Path, tuple[int, int]]]:
    """The journal once for each place, with the bit there turned round."""
    whole = kept.read_bytes()
    journal = folder / "journal.db"
    for byte, bit in places:
        for end in ("-wal", "-shm"):
            journal.with_name(journal.name + end).unlink(missing_ok=True)
        changed = bytearray(whole)
        changed[byte] ^= 1 << bit
        journal.write_bytes(changed)
        yield journal, (byte, bit)


def at_random(kept: Path, count: int, first: int = 0, last: int | None = None) -> Iterator[tuple[int, int]]:
    chance = random.Random(9)
    size = kept.stat().st_size if last is None else last
    return ((chance.randrange(first, size), chance.randrange(8)) for _ in range(count))


def change(journal: Path, statement: str) -> None:
    """Change the tables behind the back of the triggers that forbid it."""
    with closing(sqlite3.connect(journal)) as database:
        triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _sql in triggers:
            database.execute(f"DROP TRIGGER {name}")
        database.execute(statement)
        for _name, sql in triggers:
            database.execute(sql)
        database.commit()


def faults_of(journal: Path) -> list[str]:
    try:
        return [str(fault) for fault in check(journal, now=NOON).faults]
    except StoreError as error:
        return [error.message]


def test_no_flipped_bit_changes_what_is_said_unnoticed(kept: Path, tmp_path: Path) -> None:
    before, noticed = content(kept), 0
    assert faults_of(kept) == []
    for journal, place in flipped(kept, tmp_path, at_random(kept, 300)):
        faults = faults_of(journal)
        noticed += bool(faults)
        assert faults or content(journal) == before, place
    assert noticed > 30


def test_every_bit_of_the_rows_of_facts_counts(kept: Path, tmp_path: Path) -> None:
    text = b'{"values":{"pain":4}}'
    start = kept.read_bytes().index(text)
    places = ((start + byte, bit) for byte in range(-30, len(text)) for bit in range(8))
    for journal, place in flipped(kept, tmp_path, places):
        assert faults_of(journal), place


def test_a_flip_in_the_head_or_the_schema_of_the_file_is_told_as_damage(own_home: Path, kept: Path) -> None:
    own_home.mkdir()
    before = content(kept)
    places = [
        *at_random(kept, 80, last=100),
        *at_random(kept, 120, 100, 4096),
        *((byte, 0) for byte in range(60, 72)),
    ]
    for journal, place in flipped(kept, own_home, iter(places)):
        faults = faults_of(journal)
        assert faults or content(journal) == before, place
        assert not any("bug" in fault for fault in faults), (place, faults)
        for command in ("status", "checkin pain=3 --episode walks-1"):
            status, said = typed(*command.split())
            assert status in (0, 1), (place, said)
            assert "likely a bug" not in said, (place, said)


def test_the_check_names_the_first_fact_that_does_not_fit(kept: Path, tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    shutil.copyfile(kept, journal)
    change(journal, WORSE)
    (fault,) = faults_of(journal)
    assert fault.startswith("fact 8: its checksum does not fit")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM fact WHERE seq = 7",
        "UPDATE fact SET seq = 40 WHERE seq = 11",
        "UPDATE fact SET at = at - 60000 WHERE seq = 8",
        "UPDATE fact SET episode = 2 WHERE seq = 8",
        "UPDATE fact SET by = 'engine' WHERE seq = 8",
        "UPDATE fact SET chain = chain + 1 WHERE seq = 8",
        "UPDATE episode SET id = 'quick-3' WHERE number = 1",
        "UPDATE episode SET pinned = 2 WHERE number = 1",
    ],
)
def test_whatever_is_changed_is_noticed(kept: Path, tmp_path: Path, statement: str) -> None:
    journal = tmp_path / "journal.db"
    shutil.copyfile(kept, journal)
    change(journal, statement)
    assert faults_of(journal)


def test_no_daily_copy_of_a_damaged_journal_takes_the_place_of_a_good_one(kept: Path, tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    shutil.copyfile(kept, journal)
    good = [back_up_daily(tmp_path, NOON + day * DAY) for day in range(7)]
    change(journal, WORSE)
    for day in range(7, 10):
        with pytest.raises(StoreError, match=r"is damaged.*fact 8"):
            back_up_daily(tmp_path, NOON + day * DAY)
    assert sorted((tmp_path / "backups").iterdir()) == good


def test_what_is_added_after_a_damage_hangs_on_what_is_there(kept: Path, tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    shutil.copyfile(kept, journal)
    change(journal, WORSE)
    with Journal.open(tmp_path, now=NOON) as opened, opened.transaction():
        last = opened.all_facts()[-1]
        opened.append([last], now=NOON)
    assert [fault.partition(":")[0] for fault in faults_of(journal)] == ["fact 8"]
