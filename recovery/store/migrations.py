"""The schema of the journal as ordered, append-only migrations.

A released migration is never edited: a change is a new one at the end, with a sample database of the
schema before it under tests/store/samples. `PRAGMA user_version` is the schema's number.
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from recovery import clock
from recovery.engine.written import to_ms
from recovery.errors import StoreError
from recovery.language import _
from recovery.store.failures import damaged
from recovery.values import Value

APPLICATION_ID = 0x5245434F
"""`RECO`: tells our file from any other SQLite database."""

FLEETING_SQL = (
    "'begun', 'delivered', 'done', 'ended', 'missed',"
    " 'offered', 'skipped', 'snoozed', 'undelivered', 'withheld'"
)
"""`facts.SHORT_LIVED` as the indexes know it. Queries repeat it literally, or SQLite cannot use them.

A kind that joins or leaves `facts.SHORT_LIVED` needs a migration with new indexes.
"""

TURNS_SQL = "'completed', 'started', 'stopped', 'undone'"
"""The kinds that decide whether an episode is open, likewise."""

_NEVER_CHANGED = """CREATE TRIGGER fact_is_never_changed BEFORE UPDATE ON fact
                BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"""


ANSWERS_SQL = (
    "SELECT told.episode, each.key, told.at, told.seq, each.value"
    " FROM {told}, json_each(iif(json_valid(told.data), told.data, '{{}}'), '$.values') AS each"
    " WHERE told.kind = 'answered' AND typeof(told.at) = 'integer' AND each.type IN ('integer', 'text')"
)
"""The rows of `answer` for the facts of `told`."""

_REMEMBER = "INSERT OR REPLACE INTO answer"  # of a key that stands twice in an object the last counts
_NEW = "(SELECT NEW.episode, NEW.at, NEW.seq, NEW.kind, NEW.data) AS told"


class Migration(Value):
    """One step of the schema. `number` counts from 1 without gaps."""

    number: int
    name: str
    statements: tuple[str, ...]
    fill: Callable[[sqlite3.Connection], None] | None = None
    """The work that statements cannot do; it comes before the last of them."""


def _chain(connection: sqlite3.Connection) -> None:
    from recovery.store.chain import Chain  # needed once in the life of a journal

    Chain(connection).make_anew()


MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        1,
        "episodes, pinned protocols, facts",
        (
            f"PRAGMA application_id = {APPLICATION_ID}",
            """CREATE TABLE migration (
                number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL)""",
            """CREATE TABLE pinned (
                number INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, protocol_id TEXT NOT NULL,
                version TEXT NOT NULL, texts TEXT NOT NULL,
                compiled TEXT NOT NULL, compiled_format INTEGER NOT NULL)""",
            """CREATE TABLE episode (
                number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, protocol_id TEXT NOT NULL,
                pinned INTEGER NOT NULL REFERENCES pinned (number))""",
            """CREATE TABLE fact (
                seq INTEGER PRIMARY KEY, episode INTEGER NOT NULL REFERENCES episode (number),
                at INTEGER NOT NULL, recorded_at INTEGER NOT NULL,
                kind TEXT NOT NULL, by TEXT NOT NULL, data TEXT NOT NULL)""",
            # Four small indexes instead of one wide: most facts are in one of them only.
            f"CREATE INDEX fact_lasting ON fact (episode) WHERE kind NOT IN ({FLEETING_SQL})",
            f"CREATE INDEX fact_fleeting ON fact (episode, at) WHERE kind IN ({FLEETING_SQL})",
            f"CREATE INDEX fact_turn ON fact (kind) WHERE kind IN ({TURNS_SQL})",
            "CREATE INDEX fact_person ON fact (seq) WHERE by = 'person'",
            _NEVER_CHANGED,
            """CREATE TRIGGER fact_is_never_deleted BEFORE DELETE ON fact
                BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
            """CREATE TRIGGER episode_is_never_changed BEFORE UPDATE ON episode
                BEGIN SELECT RAISE(ABORT, 'an episode is never changed'); END""",
            """CREATE TRIGGER episode_is_never_deleted BEFORE DELETE ON episode
                BEGIN SELECT RAISE(ABORT, 'an episode is never deleted'); END""",
            """CREATE TRIGGER pinned_is_never_changed
                BEFORE UPDATE OF number, hash, protocol_id, version, texts ON pinned
                BEGIN SELECT RAISE(ABORT, 'a pinned protocol is never changed'); END""",
            """CREATE TRIGGER pinned_is_never_deleted BEFORE DELETE ON pinned
                BEGIN SELECT RAISE(ABORT, 'a pinned protocol is never deleted'); END""",
        ),
    ),
    Migration(
        2,
        "upgrades of a running episode",
        ("CREATE INDEX fact_upgraded ON fact (episode) WHERE kind = 'upgraded'",),
    ),
    Migration(
        3,
        "checksums that chain the facts",
        (
            "DROP TRIGGER fact_is_never_changed",
            "ALTER TABLE fact ADD COLUMN chain INTEGER NOT NULL DEFAULT 0",
            _NEVER_CHANGED,
        ),
        fill=_chain,
    ),
    Migration(
        4,
        "answers by what they tell",
        (
            # All of this is made of the facts, so what there is of it may go.
            "DROP TABLE IF EXISTS answer",
            "DROP INDEX IF EXISTS fact_lasting",
            "DROP TRIGGER IF EXISTS fact_answers",
            f"CREATE INDEX fact_lasting ON fact (episode, kind = 'answered') WHERE kind NOT IN ({FLEETING_SQL})",
            # Made of the facts, which are the truth: to find among years of answers the few that still matter.
            """CREATE TABLE answer (
                episode INTEGER NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL, seq INTEGER NOT NULL,
                value NOT NULL, PRIMARY KEY (episode, name, at, seq)) WITHOUT ROWID""",
            "CREATE INDEX answer_by_value ON answer (episode, name, value)",
            f"{_REMEMBER} {ANSWERS_SQL.format(told='fact AS told')}",
            (
                "CREATE TRIGGER fact_answers AFTER INSERT ON fact WHEN NEW.kind = 'answered'"
                f" BEGIN {_REMEMBER} {ANSWERS_SQL.format(told=_NEW)}; END"
            ),
        ),
    ),
)


CHAINED = 3
"""The first schema with checksums of the facts."""


def schema_of(connection: sqlite3.Connection, path: Path) -> int:
    """The schema's number; 0 for a database without any table.

    Raises `Damaged` where the file contradicts itself, `StoreError` for a database that is not a journal of ours.
    """
    # All from one moment: another process may be making the schema right now.
    is_mine = not connection.in_transaction
    if is_mine:
        connection.execute("BEGIN")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (owner,) = connection.execute("PRAGMA application_id").fetchone()
        tables = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        last = None
        if "migration" in tables:
            (last,) = connection.execute("SELECT max(number) FROM migration").fetchone()
    finally:
        if is_mine and connection.in_transaction:
            connection.execute("ROLLBACK")
    if owner == APPLICATION_ID and version == last:
        return int(version)
    if version == 0 and not tables:
        return 0
    if owner == APPLICATION_ID and version > MIGRATIONS[-1].number:
        raise _of_a_newer(path, version, last)
    if owner == APPLICATION_ID or {"migration", "fact"} <= tables:
        reason = f"application {owner:#x}, schema {version}, migration {last}"
        raise damaged(path, sqlite3.DatabaseError(reason))
    raise StoreError(
        _("{path}: is an SQLite database, but not a journal of recovery", path=path),
        _("move it out of that folder, or set RECOVERY_HOME to another folder"),
    )


def _of_a_newer(path: Path, version: int, last: object) -> StoreError:
    message = _(
        "{path}: was written by a newer recovery (schema {version}; this one knows up to {newest})",
        path=path,
        version=version,
        newest=MIGRATIONS[-1].number,
    )
    if version != last:
        message = _(
            "{message}, or is damaged: its own list of schemas ends with {last}", message=message, last=last
        )
    return StoreError(message, _("update recovery, or set RECOVERY_HOME to another folder"))


def migrate(
    connection: sqlite3.Connection,
    path: Path,
    now: datetime | None = None,
    steps: Sequence[Migration] | None = None,
    *,
    keeps_copy: bool = True,
) -> None:
    """Bring the database at `path`, open as `connection`, to the newest schema.

    Every step commits together with its record, so a crash leaves a whole schema, old or new. A database that
    held one already is copied to `journal-before-N.db` first, N being the first new schema, unless `keeps_copy`
    is False, for what is a copy itself. Several processes
    may try at once: one does the work. `now` (default: the clock) is only noted down.
    Raises `StoreError` where the schema is newer than the last step, and `sqlite3.Error`.
    """
    steps = MIGRATIONS if steps is None else steps
    newest = steps[-1].number
    version = schema_of(connection, path)
    is_saved = version == 0 or not keeps_copy
    while version < newest:
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = schema_of(connection, path)  # again, now that no other process can change it
            if version < newest:
                if not is_saved and version > 0:
                    _back_up(path, path.with_name(f"journal-before-{version + 1}.db"))
                    is_saved = True
                step = steps[version]
                *first, last = step.statements
                for statement in first:
                    connection.execute(statement)
                if step.fill is not None:
                    step.fill(connection)
                connection.execute(last)
                record = (step.number, step.name, to_ms(now or clock.now()))
                connection.execute("INSERT INTO migration VALUES (?, ?, ?)", record)
                connection.execute(f"PRAGMA user_version = {step.number}")
                version = step.number
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
    if version > newest:
        raise _of_a_newer(path, version, version)


def _back_up(source: Path, target: Path) -> None:
    # By a second connection: SQLite does not copy through the one that holds the write lock.
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(part)) as new:
        old.backup(new)
    part.replace(target)
