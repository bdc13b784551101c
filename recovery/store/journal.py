"""The journal: facts, their episodes, and the protocols these are pinned to, in one SQLite file.

Facts are appended and never changed. Several processes may read and write at any time; a `Journal` itself
belongs to the thread that opened it. What SQLite cannot do becomes a `StoreError` in plain words, and undoes
the transaction it happened in. Wrong use (no transaction, a naive datetime) raises Python's own errors.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from recovery import clock
from recovery.engine.facts import Completed, Fact, Started, Stopped, TakenBack, read_fact
from recovery.engine.written import from_ms, to_ms
from recovery.errors import NotThere, StoreError
from recovery.language import _
from recovery.store import failures, migrations
from recovery.store import queries as q
from recovery.store.database import Database, closed_on_failure, connect, use_wal, without_waiting
from recovery.store.failures import Nonsense, in_plain_words, nonsense
from recovery.store.migrations import ANSWERS_SQL, FLEETING_SQL
from recovery.store.older import AnswerRow, Older
from recovery.values import Value, replace

JOURNAL_FILE = "journal.db"


FactRow = tuple[int, int, int, str, str, str]
"""A fact's episode by number, its two instants in milliseconds, kind, by and data, as the table has them."""


class Pinned(Value):
    """A protocol as an episode keeps it: the texts of its files by name, and the form compiled from them."""

    hash: str
    protocol_id: str
    version: str
    texts: Mapping[str, str]
    compiled: str
    compiled_format: int


class Journal(Database):
    """The journal of one folder, open. Also a context manager that closes it."""

    def __init__(self, connection: sqlite3.Connection, path: Path, patience: float | None = None) -> None:
        super().__init__(connection, path, patience)
        self._foreseen: int | None = None
        """In `foreseen`: the place of the last fact."""
        self._numbers: dict[str, int] = {}

    @classmethod
    def open(cls, folder: Path, *, now: datetime) -> Self:
        """The journal in `folder`, made (folder 0700, files 0600) or brought to the newest schema if need be.

        `now` is when a change of the schema is noted to have happened. Raises `StoreError`.
        """
        path = folder / JOURNAL_FILE
        with in_plain_words(path):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileExistsError):
                # Private from the first byte; SQLite gives the -wal and -shm files the same mode.
                # An existing file must not be opened here: closing it would drop SQLite's own locks.
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            connection = connect(path)
            try:
                if migrations.schema_of(connection, path) == 0 and not use_wal(connection):
                    connection.close()
                    connection = connect(path)
                migrations.migrate(connection, path, now)
            except BaseException:
                connection.close()
                raise
        return cls(connection, path)

    @classmethod
    def open_existing(
        cls, folder: Path, *, now: datetime | None = None, patience: float | None = None
    ) -> Self | None:
        """The journal in `folder`, or None where none was made yet; then nothing is created.

        A journal of an older schema is migrated, noted at `now` (default: the clock). `patience` is how long to wait
        for other processes, in seconds (default: `BUSY_SECONDS`). Raises `StoreError`.
        """
        path = folder / JOURNAL_FILE
        with in_plain_words(path, patience):
            connection = _connected(path, patience)
            if connection is None:
                return None
            with closed_on_failure(connection):
                migrations.migrate(connection, path, now)
        return cls(connection, path, patience)

    @classmethod
    def open_to_look(cls, folder: Path, *, now: datetime | None = None) -> Self | None:
        """The journal in `folder` for looking at it, or None where none was made yet.

        One that cannot be written now (it is locked, its disk is read-only or full), and whose schema is older or
        which nobody can share there, is a copy in memory: what is written to it is gone when it is closed.
        Raises `StoreError`.
        """
        path = folder / JOURNAL_FILE
        with in_plain_words(path):
            connection = None
            try:
                connection = _connected(path)
                if connection is None:
                    return None
                with without_waiting(connection):
                    migrations.migrate(connection, path, now)
            except BaseException as error:
                if connection is not None:
                    connection.close()
                is_for_writing = isinstance(error, OSError) or failures.is_about_writing(error)
                if not is_for_writing and (connection is None or not failures.is_busy(error)):
                    raise
            else:
                return cls(connection, path)
            from recovery.store import copying

            copy = copying.to_memory(path)
            with closed_on_failure(copy):
                migrations.migrate(copy, path, now, keeps_copy=False)
        return cls(copy, path)

    @contextmanager
    def foreseen(self) -> Iterator[None]:
        """As a `transaction`, but nothing is written: what is appended inside gets its place, and is gone at the end.

        Raises `StoreError`.
        """
        with self.snapshot():
            ((self._foreseen,),) = self._rows("SELECT coalesce(max(seq), 0) FROM fact")
            try:
                yield
            finally:
                self._foreseen = None

    def append(self, facts: Iterable[Fact], *, now: datetime | None = None) -> list[Fact]:
        """Add facts, all or none; they come back as they will be read, with `seq` and `recorded_at`.

        Instants are cut to whole milliseconds. A fact keeps a `recorded_at` of its own; others get `now`
        (default: the clock). Needs a transaction.
        Raises `NotThere` for an unknown episode, `TypeError` or `ValueError` for data that is not JSON.
        """
        self._in_transaction()
        moment = now or clock.now()
        ready = [self._as_kept(fact, moment) for fact in facts]
        if self._foreseen is None:
            places = self._added((0, row) for _fact, row in ready)
            return [replace(fact, seq=seq) for (fact, _row), seq in zip(ready, places, strict=True)]
        first, self._foreseen = self._foreseen + 1, self._foreseen + len(ready)
        return [replace(fact, seq=seq) for seq, (fact, _row) in enumerate(ready, first)]

    def _added(self, rows: Iterable[tuple[int, FactRow]]) -> Iterator[int]:
        """Write facts at their places, or at the next ones where these are 0; the places."""
        from recovery.store.chain import Chain  # who only looks adds nothing

        chain = Chain(self._connection)
        with self._words():
            last, before = chain.last()
        for place, row in rows:
            seq = place or last + 1
            if seq <= last:
                raise ValueError(f"fact {seq} comes after fact {last}")
            with self._words():
                before = chain.checksum(before, seq, row)
                self._connection.execute(q.APPEND, (seq, *row, before))
            yield seq
            last = seq

    def pin(self, pinned: Pinned) -> None:
        """Keep a protocol for episodes to come. The same again changes nothing.

        Raises `ValueError` if its hash is taken by other texts.
        """
        fixed = (pinned.protocol_id, pinned.version, _to_json(pinned.texts))
        self._rows(q.PIN, pinned.hash, *fixed, pinned.compiled, pinned.compiled_format)
        kept = self._rows("SELECT protocol_id, version, texts FROM pinned WHERE hash = ?", pinned.hash)
        if kept != [fixed]:
            raise ValueError(f"the hash {pinned.hash} is taken by other texts")

    def recompile(self, pinned_hash: str, compiled: str, compiled_format: int) -> None:
        """Replace the compiled form of a pinned protocol; its texts never change. Raises `NotThere`.

        Without a transaction it waits for nobody: where the form cannot be written, the next one to need it makes it.
        """
        if not self._rows("SELECT 1 FROM pinned WHERE hash = ?", pinned_hash):
            message = _("{path}: holds no protocol with the hash {hash}", path=self.path, hash=pinned_hash)
            raise NotThere(message)
        change = "UPDATE pinned SET compiled = ?, compiled_format = ? WHERE hash = ?"
        if not self._connection.in_transaction:
            with suppress(StoreError), without_waiting(self._connection):
                self._rows(change, compiled, compiled_format, pinned_hash)
        elif self._foreseen is None:
            self._rows(change, compiled, compiled_format, pinned_hash)

    def pinned(self, episode: str) -> Pinned:
        """The protocol that an episode is pinned to: that of its start, or of the latest upgrade that stands.

        Raises `NotThere` for an unknown episode.
        """
        number = self._number(episode)
        upgrades = self._rows(q.UPGRADES, number)
        undone = self.undone() if upgrades else ()
        rows: list[Any] = []
        for seq, data in upgrades:
            if not rows and seq not in undone:
                rows = self._rows(q.PINNED_LATER, self._decoded(data)["hash"])
        rows = rows or self._rows(q.PINNED, number)
        if not rows:
            raise nonsense(self.path, LookupError(f"the protocol of {episode}"))
        ((pinned_hash, protocol_id, version, texts, *compiled),) = rows
        return Pinned(pinned_hash, protocol_id, version, self._decoded(texts), *compiled)

    def create_episode(self, protocol_id: str, pinned_hash: str) -> str:
        """A new episode's readable id: `strain-1`, `strain-2`, ... never used again. Needs a transaction.

        Raises `NotThere` if that protocol is not pinned under this hash.
        """
        self._in_transaction()
        of_hash = "SELECT number FROM pinned WHERE hash = ? AND protocol_id = ?"
        pins = self._rows(of_hash, pinned_hash, protocol_id)
        if not pins:
            raise NotThere(
                _(
                    "{path}: holds no protocol {protocol} with the hash {hash}",
                    path=self.path,
                    protocol=protocol_id,
                    hash=pinned_hash,
                )
            )
        # Counting is enough: triggers keep episodes from ever going away.
        ((count,),) = self._rows("SELECT count(*) FROM episode WHERE protocol_id = ?", protocol_id)
        episode = f"{protocol_id}-{count + 1}"
        insert = "INSERT INTO episode (id, protocol_id, pinned) VALUES (?, ?, ?)"
        self._rows(insert, episode, protocol_id, pins[0][0])
        return episode

    def episodes(self) -> tuple[str, ...]:
        """All episodes, open or not, in the order in which they were started."""
        return (*self._named().values(),)

    def open_episodes(self, shut_since: datetime | None = None) -> tuple[str, ...]:
        """Those that are neither completed nor stopped, and whose start was not taken back, in order.

        With `shut_since` also those that were completed or stopped at that instant or later, or bind others until then
        (`facts.Stopped`). One of which that cannot be told counts as open.
        """
        turns = self._rows(q.TURNS)
        undone: set[int] = set()
        doubtful: set[int] = set()
        for _seq, at, episode, kind, data in turns:
            taken_back = self._taken_back_by(data) if kind == TakenBack.kind else 0
            undone.add(taken_back or 0)
            if taken_back is None or at is None:
                doubtful.add(episode)
        lately = 2**63 if shut_since is None else to_ms(shut_since)
        shut = {
            episode
            for seq, at, episode, kind, data in turns
            if episode not in doubtful
            and (
                (
                    kind in (Completed.kind, Stopped.kind)
                    and seq not in undone
                    and max(at, _binds_until(data)) < lately
                )
                or (kind == Started.kind and seq in undone)
            )
        }
        return tuple(name for number, name in self._named().items() if number not in shut)

    def facts(self, episode: str, since: datetime | None = None) -> list[Fact]:
        """The facts of an episode, in the order of the journal.

        Of the fleeting kinds (`facts.SHORT_LIVED`) those at or after `since` only, to the millisecond.
        Raises `NotThere` for an unknown episode.
        """
        return sorted([*self.but_answers(episode, since), *self.answers(episode)], key=lambda fact: fact.seq)

    def but_answers(self, episode: str, since: datetime | None = None) -> list[Fact]:
        """The same without answers, of which there may be many years."""
        earliest = -(2**63) if since is None else to_ms(since)
        rows = self._rows(q.BUT_ANSWERS, self._number(episode), earliest)
        return self._read([(episode, *row) for row in rows])

    def fleeting_since(self, episode: str, count: int) -> datetime | None:
        """Return when the first of the latest `count` facts of the fleeting kinds happened.

        Raises `NotThere` for an unknown episode.
        """
        ((earliest,),) = self._rows(q.FLEETING_SINCE, self._number(episode), count)
        return None if earliest is None else from_ms(earliest)

    def answers(self, episode: str, first: int = 0) -> list[Fact]:
        """The answers from a place of the journal on, in its order. Raises `NotThere` for an unknown episode."""
        rows = self._rows(q.ANSWERS_FROM, self._number(episode), first)
        return self._read([(episode, *row) for row in rows])

    def nth_newest_answer(self, episode: str, n: int) -> int:
        """The place of the fact that holds the `n`th newest answer, from 1; 0 where there are fewer."""
        rows = self._rows(q.NTH_NEWEST_ANSWER, self._number(episode), n - 1)
        return int(rows[0][0]) if rows else 0

    def answers_since(self, episode: str, name: str, since: datetime, after: int, before: int) -> list[int]:
        """The places, between two, of the facts that answer a question for an instant or a later one."""
        return [
            seq
            for (seq,) in self._rows(
                q.ANSWERS_SINCE, self._number(episode), name, to_ms(since), after, before
            )
        ]

    def older(self, episode: str, before: int, counts: Callable[[str, AnswerRow], bool]) -> Older:
        """The answers before a place of the journal, as far as they count, for finding single ones of them."""
        return Older(self._each, self._number(episode), before, counts)

    def remake_answers(self) -> None:
        """Make the table of answers anew of the facts, if that can be done at once."""
        if self._foreseen is not None:
            return
        if not self._connection.in_transaction:
            with suppress(StoreError), self.transaction_if_free():
                self.remake_answers()
            return
        self._rows("DELETE FROM answer")
        self._rows(f"INSERT OR REPLACE INTO answer {ANSWERS_SQL.format(told='fact AS told')}")

    def rows_of(self, episode: str) -> list[tuple[Any, ...]]:
        """The rows of an episode as the table has them, a text that is none as bytes: place first, data last.

        Raises `NotThere` for an unknown episode, `StoreError`.
        """
        from recovery.store.chain import as_it_stands  # hardly ever needed

        number = self._number(episode)
        with as_it_stands(self._connection):
            return self._rows(q.ROWS_OF, number)

    def all_facts(self, episode: str | None = None, limit: int | None = None) -> list[Fact]:
        """The facts of one episode or of all, whatever their age, in the order of the journal.

        With `limit` the last so many.
        Raises `NotThere` for an unknown episode, `ValueError` for a negative limit.
        """
        if limit is not None and limit < 0:
            raise ValueError(f"a limit is 0 or more, not {limit}")
        names = self._named()
        where, values = ("", ()) if episode is None else ("WHERE episode = ?", (self._number(episode),))
        rows = self._rows(
            f"SELECT episode, {q.COLUMNS} FROM fact {where} ORDER BY seq DESC LIMIT ?",  # noqa: S608 - constants only
            *values,
            -1 if limit is None else limit,
        )
        return self._read([(names[number], *rest) for number, *rest in reversed(rows)])

    def between(self, first: int, last: int) -> list[Fact]:
        """The facts of all episodes from one place of the journal to another, both included.

        One that makes no sense is left out: it may be of an episode that nobody has asked for.
        """
        with suppress(Nonsense):
            return self._read(self._rows(q.BETWEEN_PLACES, first, last))
        return self._legible("seq BETWEEN ? AND ?", first, last)

    def those(self, seqs: Collection[int]) -> list[Fact]:
        """The facts at some places of the journal, in its order."""
        return self._read(self._rows(q.AT_PLACES, json.dumps([*seqs]))) if seqs else []

    def legible(self, episode: str, since: datetime) -> list[Fact]:
        """The facts of an episode that make sense; of the fleeting kinds those at or after `since` only."""
        where = f"episode = ? AND (kind NOT IN ({FLEETING_SQL}) OR at >= ?)"
        return self._legible(where, self._number(episode), to_ms(since))

    def _legible(self, where: str, *values: int) -> list[Fact]:
        facts: list[Fact] = []
        for (seq,) in self._rows(f"SELECT seq FROM fact WHERE {where} ORDER BY seq", *values):  # noqa: S608 - constants only
            with suppress(Nonsense):
                facts += self._read(self._rows(q.AT_PLACE, seq))
        return facts

    # All of it, as it stands: for checking, for other programs, and back from them --------------------

    def each_pinned(self) -> Iterator[Pinned]:
        """All pinned protocols, in the order in which they were pinned. Raises `StoreError`."""
        with self._words():
            for row in self._connection.execute(q.ALL_PINNED):
                pinned_hash, protocol_id, version, texts, *compiled = row
                yield Pinned(pinned_hash, protocol_id, version, self._decoded(texts), *compiled)

    def each_episode(self) -> Iterator[tuple[str, str, str]]:
        """All episodes in order: id, protocol, and the hash that it was started with. Raises `StoreError`."""
        with self._words():
            yield from self._connection.execute(q.ALL_EPISODES)

    def each_fact(self) -> Iterator[Fact]:
        """All facts, one at a time. Raises `StoreError`."""
        with self._words():
            for row in self._connection.execute(q.ALL_FACTS):
                yield from self._read([row])

    def put_back(
        self, pinned: Iterable[Pinned], episodes: Iterable[tuple[str, str, str]], facts: Iterable[Fact]
    ) -> None:
        """Write what the three methods above gave, with the places that the facts had. Needs a transaction.

        For a journal without episodes. Raises `StoreError`; `ValueError` for what cannot have been a journal.
        """
        self._in_transaction()
        for each in pinned:
            self.pin(each)
        numbers = {hash_: number for number, hash_ in self._rows("SELECT number, hash FROM pinned")}
        for name, protocol_id, pinned_hash in episodes:
            insert = "INSERT INTO episode (id, protocol_id, pinned) VALUES (?, ?, ?)"
            self._rows(insert, name, protocol_id, numbers[pinned_hash])
        for _place in self._added((fact.seq, self._row(fact, fact.at)) for fact in facts):
            pass

    def take_over(self, other: "Journal") -> None:
        """Write all that another journal of this schema holds into one that holds nothing. Needs a transaction."""
        self._in_transaction()
        for table, columns in (
            ("pinned", "number, hash, protocol_id, version, texts, compiled, compiled_format"),
            ("episode", "number, id, protocol_id, pinned"),
            ("fact", "seq, episode, at, recorded_at, kind, by, data, chain"),
        ):
            places = ", ".join("?" * len(columns.split(",")))
            with self._words():
                rows = other._each(f"SELECT {columns} FROM {table} ORDER BY 1")  # noqa: S608 - constants only
                self._connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)  # noqa: S608 - constants only

    def last_by_person(self, episode: str | None = None) -> Fact | None:
        """The latest fact that a person entered and that still stands: what `undo` would take back.

        Facts of the kind `undone` are no candidates. Raises `NotThere` for an unknown episode.
        """
        number = None if episode is None else self._number(episode)
        undone = self.undone()
        with self._words():
            for seq, kind, owner in self._connection.execute(q.BY_PERSON):
                if kind != TakenBack.kind and seq not in undone and number in (None, owner):
                    break
            else:
                return None
        return self._read(self._rows(q.AT_PLACE, seq))[0]

    def _number(self, episode: str) -> int:
        if episode not in self._numbers:
            rows = self._rows("SELECT number FROM episode WHERE id = ?", episode)
            if not rows:
                raise NotThere(
                    _("there is no episode {episode}", episode=episode),
                    _("`recovery status` lists those there are"),
                )
            self._numbers[episode] = rows[0][0]
        return self._numbers[episode]

    def _named(self) -> dict[int, str]:
        """All episodes by number, in order. A name that is no text is told as far as it is one."""
        names = {
            number: bytes(name or b"").decode(errors="replace")
            for number, name in self._rows(q.EPISODE_NAMES)
        }
        self._numbers.update({name: number for number, name in names.items()})
        return names

    def _as_kept(self, fact: Fact, moment: datetime) -> tuple[Fact, FactRow]:
        row = self._row(fact, moment)
        _number, at, recorded_at, _kind, _by, text = row
        return replace(
            fact, at=from_ms(at), recorded_at=from_ms(recorded_at), what=fact.what.of(json.loads(text))
        ), row

    def _row(self, fact: Fact, moment: datetime) -> FactRow:
        at, recorded_at = to_ms(fact.at), to_ms(fact.recorded_at or moment)
        return self._number(fact.episode), at, recorded_at, fact.kind, fact.by, _to_json(fact.data)

    def _read(self, rows: list[Any]) -> list[Fact]:
        # One call for all the JSON: half the time of one call a fact.
        try:
            data = self._decoded(f"[{','.join(row[6] for row in rows)}]")
            if not all(type(each) is dict for each in data):
                raise ValueError("data that is no object")
            return [
                read_fact(episode, from_ms(at), kind, body, by, from_ms(recorded_at), seq)
                for (episode, seq, at, recorded_at, kind, by, _), body in zip(rows, data, strict=True)
            ]
        except (OverflowError, TypeError, ValueError) as error:
            raise nonsense(self.path, error) from error

    def _decoded(self, text: str) -> Any:
        try:
            return json.loads(text)
        except (TypeError, RecursionError, ValueError) as error:
            raise nonsense(self.path, error) from error

    def undone(self) -> set[int]:
        """The places of the facts that were taken back, in whatever episode."""
        return {self._taken_back_by(data) or 0 for (data,) in self._rows(q.UNDOINGS)}

    def _taken_back_by(self, data: bytes) -> int | None:
        """The place of the fact that an `undone` fact is about; None where that cannot be read."""
        try:
            seq = json.loads(data)["seq"]
        except (KeyError, TypeError, RecursionError, ValueError):
            return None
        return seq if type(seq) is int else None

    def _roll_back(self) -> None:
        self._numbers.clear()  # an episode made in this transaction is gone with it
        super()._roll_back()


def _connected(path: Path, patience: float | None = None) -> sqlite3.Connection | None:
    """A connection to a journal that has a schema; None where there is none, or another process is just making it."""
    try:
        path.stat()
    except FileNotFoundError:
        return None
    connection = connect(path, patience)
    with closed_on_failure(connection):
        is_made = migrations.schema_of(connection, path) != 0
    if is_made:
        return connection
    connection.close()
    return None


def _to_json(value: Mapping[str, Any]) -> str:
    text = json.dumps(dict(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text.encode()  # half of a surrogate pair is not text: refuse it before anything is written
    return text


def _binds_until(data: bytes) -> int:
    """Until when the end of an episode binds others, in milliseconds; 0 where nothing does."""
    if b'"binds_until"' not in data:
        return 0
    try:
        until = json.loads(data)["binds_until"]
    except (KeyError, TypeError, RecursionError, ValueError):
        return 0
    return until if type(until) is int else 0
