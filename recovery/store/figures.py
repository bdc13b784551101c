"""Figures of the journal for a person who looks after it, read from a copy in memory: nothing is changed."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from recovery.engine.facts import Delivered, NotDelivered
from recovery.engine.written import to_ms
from recovery.store import copying, migrations
from recovery.store.journal import Journal
from recovery.values import Value

_LATE = f"""
    SELECT json_extract(data, '$.late') FROM fact
    WHERE kind = '{Delivered.kind}' AND at >= ? AND json_extract(data, '$.via') <> 'text'"""  # noqa: S608 - constants only
_LOST = f"""
    SELECT count(DISTINCT json_extract(data, '$.seq')) FROM fact
    WHERE kind = '{NotDelivered.kind}' AND at >= ?"""  # noqa: S608 - constants only


class Lateness(Value):
    """The lateness of the cues that came to the desktop."""

    count: int = 0
    median: timedelta = timedelta()
    p95: timedelta = timedelta()
    """95 of 100 were not later than this."""
    most: timedelta = timedelta()
    later: int = 0
    """How many were later than the limit asked about."""


class Figures(Value):
    size: int
    """Bytes, with what is not yet in the main file."""
    schema: int
    newest: int
    """The newest schema that this program knows."""
    fault: str = ""
    """The first thing that SQLite's quick look finds wrong; "" where there is none."""
    lateness: Lateness = Lateness()
    not_shown: int = 0
    """Cues that could not be shown at their first try, or at all."""


def figures(path: Path, since: datetime, limit: timedelta) -> Figures:
    """Of the journal at `path`: cues since then, and how many came later than `limit`. Raises `StoreError`."""
    size = sum(file.stat().st_size for file in (path, path.with_name(f"{path.name}-wal")) if file.exists())
    newest = migrations.MIGRATIONS[-1].number
    with closing(copying.to_memory(path)) as connection:
        schema = migrations.schema_of(connection, path)
        fault = _fault(connection)
        if fault or schema == 0:
            return Figures(size, schema, newest, fault)
        late = [row[0] for row in connection.execute(_LATE, (to_ms(since),)) if isinstance(row[0], int)]
        ((not_shown,),) = connection.execute(_LOST, (to_ms(since),))
    return Figures(size, schema, newest, "", lateness(late, limit), not_shown)


@contextmanager
def copied(path: Path, now: datetime) -> Iterator[Journal]:
    """A copy of the journal at `path`, which may be of an older schema, in memory. Raises `StoreError`."""
    with closing(copying.to_memory(path)) as connection:
        migrations.migrate(connection, path, now, keeps_copy=False)
        yield Journal(connection, path)


def lateness(milliseconds: Sequence[int], limit: timedelta) -> Lateness:
    """The figures of some latenesses."""
    if not milliseconds:
        return Lateness()
    late = [timedelta(milliseconds=each) for each in sorted(milliseconds)]
    return Lateness(
        count=len(late),
        median=late[(len(late) - 1) // 2],
        p95=late[-(-95 * len(late) // 100) - 1],
        most=late[-1],
        later=sum(each > limit for each in late),
    )


def _fault(connection: sqlite3.Connection) -> str:
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        return str(error)
    return "" if found == "ok" else str(found)
