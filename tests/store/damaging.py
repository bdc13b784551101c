"""A journal of two episodes, and changes to the rows of the first that no trigger keeps from it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from recovery.care.record import do, load
from recovery.engine.acts import Act, AnswerCheckIn, Begin
from recovery.engine.facts import Fact, TakenBack
from recovery.store.journal import Journal
from tests.daemon.conftest import MINUTE, NOON, Watch, start
from tests.profile import ICE, protocol
from tests.store.real import WALK

OTHERS: tuple[Any, ...] = (
    *(None, True, -1, 0, 10**30, 1.5, 2**53, 253_402_300_000_000, -62_135_596_800_000),
    *("", "6", "9999-12-31", "\ud83d", [], {}),
)
"""What may stand in the place of a value."""

TEXTS: tuple[Any, ...] = (None, b"\xff\xfe", "{", "[]", 7)
COLUMNS: dict[str, tuple[Any, ...]] = {
    "at": (0, -(2**62), 2**62, "x", b"\xff", 253_402_300_000_000, -62_135_596_800_000),
    "recorded_at": (2**62, "x"),
    "kind": ("x", b"\xff", "offered", "ended", "undone", "upgraded", "moved", "completed"),
    "by": (b"\xff", "nobody"),
}


def two_episodes(folder: Path) -> Path:
    """quick-1, whose ice is on since 12:02, and walks-1, whose first walk was shown at 12:04; the journal's file."""
    folder.mkdir(parents=True)
    start(folder, protocol(ICE.format(length="20min")))
    # Of what has not to wait for the ice.
    start(folder, protocol(WALK.replace("of: exercise", "of: posture"), name="walks"))

    def acts(minute: int, act: Act) -> None:
        now = NOON + minute * MINUTE
        with Journal.open(folder, now=now) as journal, journal.transaction():
            do(journal, load(journal, now), "quick-1", act, now)

    acts(2, Begin("ice"))
    acts(3, AnswerCheckIn({"pain": "4"}))
    Watch(folder).wake(NOON + 4 * MINUTE)
    acts(5, AnswerCheckIn({"pain": "5"}))
    now = NOON + 6 * MINUTE
    with Journal.open(folder, now=now) as journal, journal.transaction():
        last = journal.last_by_person("quick-1")
        assert last is not None
        journal.append([Fact("quick-1", now, TakenBack.of({"seq": last.seq}), "person")], now=now)
    with closing(sqlite3.connect(folder / "journal.db")) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / "journal.db"


Change = tuple[str, Any, int]
"""A column, what is to stand there, and in which fact."""


def changes(journal: Path) -> Iterator[Change]:
    """Everything in the facts of the first episode, each replaced by all that may stand there instead."""
    with closing(sqlite3.connect(journal)) as other:
        rows = other.execute("SELECT seq, data FROM fact WHERE episode = 1 ORDER BY seq").fetchall()
    for seq, text in rows:
        for path in leaves(json.loads(text)):
            for value in OTHERS:
                yield "data", json.dumps(_put(json.loads(text), path, value)), seq
        for value in TEXTS:
            yield "data", value, seq
        for column, values in COLUMNS.items():
            for value in values:
                yield column, value, seq


def make(journal: Path, change: Change) -> bool:
    """Change the file. False where SQLite does not let it."""
    column, value, seq = change
    with closing(sqlite3.connect(journal, isolation_level=None)) as other:
        for (trigger,) in other.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            other.execute(f"DROP TRIGGER {trigger}")
        put = "CAST(? AS TEXT)" if isinstance(value, bytes) else "?"
        try:
            other.execute(f"UPDATE fact SET {column} = {put} WHERE seq = ?", (value, seq))
        except sqlite3.Error:
            return False
    return True


def leaves(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to every value of a tree, and to the tree itself."""
    if isinstance(tree, dict | list) and tree:
        for key in tree if isinstance(tree, dict) else range(len(tree)):
            yield from leaves(tree[key], (*path, key))
    yield path


def _put(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    place = tree
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return tree
