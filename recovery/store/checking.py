"""Check that a journal is whole: its file, its schema, the pinned protocols, every fact, every episode.

It looks at a copy in memory. The file is read and nothing else, also one of an older schema, or of another folder.
Here is also why one episode cannot be told, and the figures of the journal for a person who looks after it.
"""

import json
import sqlite3
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from recovery.engine import facts as f
from recovery.engine.episode import RECENT
from recovery.engine.facts import Delivered, Fact, NotDelivered, read_fact
from recovery.engine.fold import fold
from recovery.engine.written import LAST_PLACE, from_ms, to_ms
from recovery.errors import NotThere, RecoveryError, StoreError
from recovery.language import _, n_
from recovery.protocol import compiled
from recovery.protocol.model import RecoveryProtocol
from recovery.store import copying, migrations
from recovery.store.chain import Chain, as_it_stands
from recovery.store.course import Course
from recovery.store.failures import NONSENSE, Damaged, in_plain_words, remedy
from recovery.store.journal import JOURNAL_FILE, Journal
from recovery.store.migrations import ANSWERS_SQL
from recovery.store.pinned import protocol_of, under_new_protocol
from recovery.values import Value

BY = ("person", "engine", "daemon")
"""By whom facts are written."""

_SHOWN = 20
"""So many faults of the file's pages are told; a broken one has thousands."""

_FACTS = "SELECT seq, episode, at, recorded_at, kind, by, data FROM fact ORDER BY seq"
_PINNED = """
    SELECT hash, protocol_id, version, texts, compiled, compiled_format FROM pinned ORDER BY number"""
_COURSES = """
    SELECT e.number, e.id, p.hash FROM episode AS e JOIN pinned AS p ON p.number = e.pinned"""
_OBJECTS = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"

_LATE = f"""
    SELECT json_extract(data, '$.late') FROM fact
    WHERE kind = '{Delivered.kind}' AND at >= ? AND json_extract(data, '$.via') <> 'text'"""  # noqa: S608 - constants only
_LOST = f"""
    SELECT count(DISTINCT json_extract(data, '$.seq')) FROM fact
    WHERE kind = '{NotDelivered.kind}' AND at >= ?"""  # noqa: S608 - constants only


Tick = Callable[[int], None]
"""Hears how many more facts were dealt with."""

_LOT = 500

_Item = TypeVar("_Item")


def keep_silent(_count: int) -> None:
    """Tell nobody how far it is."""


def in_lots(items: Iterable[_Item], tick: Tick) -> Iterator[_Item]:
    """Give the items on, and tell of each lot of them."""
    count = 0
    for count, item in enumerate(items, 1):  # the last one is asked for
        yield item
        if not count % _LOT:
            tick(_LOT)
    tick(count % _LOT)


class Fault(Value):
    """One thing that is wrong."""

    where: str
    """`fact 12`, `episode strain-1`, `protocol rice 1.0.0`; empty for the file as a whole."""
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class Report(Value):
    """The result of a check: what was looked at, and all that is wrong with it."""

    path: Path
    faults: tuple[Fault, ...]
    schema: int = 0
    protocols: int = 0
    episodes: int = 0
    facts: int = 0
    last_at: datetime | None = None
    """When the newest fact was written down."""


def check(path: Path, *, now: datetime) -> Report:
    """Look over the journal at `path`. `now` is for a copy that has to be migrated, and leaves no trace.

    Raises `StoreError` for a file that cannot be looked at: not there, no permission, of a newer program.
    """
    try:
        with closing(copying.to_memory(path)) as connection:
            return check_copy(connection, path, now=now)
    except Damaged as error:
        return Report(path, (Fault("", error.message.removeprefix(f"{path}: ")),))


def journal_of(home: Path) -> Path:
    """The journal of a folder. Raises `NotThere` where there is none yet."""
    path = home / JOURNAL_FILE
    if not path.exists():
        raise NotThere(_("there is no journal yet"), str(path))
    return path


def not_whole(report: Report, *, is_copy: bool) -> StoreError:
    """The error for a journal that has faults."""
    faults = n_("one fault", "{count} faults", len(report.faults))
    return StoreError(
        _("{path}: is not whole: {faults}", path=report.path, faults=faults),
        _("take another copy") if is_copy else remedy(report.path),
    )


def check_copy(
    connection: sqlite3.Connection, path: Path, *, now: datetime, tick: Tick = keep_silent
) -> Report:
    """Look over a copy in memory of the journal at `path`; it is brought to the newest schema.

    Raises `Damaged` where that cannot be done.
    """
    with in_plain_words(path):
        return _report(connection, path, now, tick)


def _report(connection: sqlite3.Connection, path: Path, now: datetime, tick: Tick) -> Report:
    broken = (*_of_the_file(connection),)
    if broken:
        return Report(path, broken)  # what else could be found would only follow from it
    schema = migrations.schema_of(connection, path)
    if schema == 0:
        return Report(path, (Fault("", _("holds nothing")),))
    migrations.migrate(connection, path, now, keeps_copy=False)
    faults = [*_of_the_schema(connection), *_of_references(connection)]
    if not faults:
        read: dict[str, RecoveryProtocol] = {}
        names: dict[str, tuple[str, str]] = {}
        with as_it_stands(connection):
            faults = [*_of_protocols(connection, read, names), *_of_facts(connection, read, names, tick)]
        faults = faults or [*_of_answers(connection)]  # what is wrong with a fact is told of it alone
        if not faults:  # what else could be found would only follow from them
            faults += _of_episodes(Journal(connection, path), tick)
    protocols, episodes, facts, last = connection.execute(
        "SELECT (SELECT count(*) FROM pinned), (SELECT count(*) FROM episode), count(*), max(recorded_at) FROM fact"
    ).fetchone()
    return Report(path, (*faults,), schema, protocols, episodes, facts, _instant(last))


def _of_the_file(connection: sqlite3.Connection) -> Iterator[Fault]:
    try:
        for (lines,) in connection.execute(f"PRAGMA integrity_check({_SHOWN})"):
            if lines != "ok":
                yield from (Fault("", line) for line in lines.splitlines() if not line.startswith("***"))
    except sqlite3.Error as error:
        yield Fault("", str(error))


def _of_the_schema(connection: sqlite3.Connection) -> Iterator[Fault]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        migrations.migrate(fresh, Path(":memory:"), from_ms(0), keeps_copy=False)
        wanted = {(kind, name): sql for kind, name, sql in fresh.execute(_OBJECTS)}
    there = {
        (_legible(kind), _legible(name)): _legible(sql) for kind, name, sql in connection.execute(_OBJECTS)
    }
    for key in sorted(wanted.keys() | there.keys()):
        where = " ".join(key)
        if key not in there:
            yield Fault(where, _("is missing"))
        elif key not in wanted:
            yield Fault(where, _("does not belong there"))
        elif _spaced(there[key]) != _spaced(wanted[key]):
            yield Fault(where, _("is not as it was made"))


def _legible(text: str | bytes | None) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text or ""


def _spaced(sql: str) -> str:
    return " ".join(sql.split())


def _of_references(connection: sqlite3.Connection) -> Iterator[Fault]:
    for table, row, parent, _number in connection.execute("PRAGMA foreign_key_check"):
        name = _("fact {seq}", seq=row) if table == "fact" else f"{table} {row}"
        yield Fault(name, _("belongs to a row of {table} that is not there", table=parent))


def _of_protocols(
    connection: sqlite3.Connection, read: dict[str, RecoveryProtocol], names: dict[str, tuple[str, str]]
) -> Iterator[Fault]:
    """List the faults of the pinned protocols; those that can be read go into `read`, all into `names`, by hash."""
    from recovery.protocol.outcome import content_hash  # heavy
    from recovery.protocol.reading import compile_texts

    for pinned_hash, id_, version, texts, form, form_format in connection.execute(_PINNED):
        where = _("protocol {id} {version}", id=id_, version=version)
        names[pinned_hash] = id_, version
        try:
            pinned_texts = json.loads(texts)
            if content_hash(pinned_texts) != pinned_hash:
                yield Fault(where, _("its text is not the one that was pinned: the hash differs"))
                continue
            protocol = compile_texts(pinned_texts, id_)
        except RecoveryError as error:
            yield Fault(where, _("its text cannot be read: {reason}", reason=error.message))
            continue
        except (ValueError, TypeError, AttributeError) as error:
            yield Fault(where, _("its text cannot be read: {reason}", reason=error))
            continue
        read[pinned_hash] = protocol
        if (protocol.id, protocol.version) != (id_, version):
            yield Fault(
                where, _("its text is that of {id} {version}", id=protocol.id, version=protocol.version)
            )
        if form_format == compiled.FORMAT and compiled.to_json(protocol) != form:
            yield Fault(where, _("its compiled form is not what its text says"))


def _of_facts(
    connection: sqlite3.Connection,
    read: dict[str, RecoveryProtocol],
    names: dict[str, tuple[str, str]],
    tick: Tick,
) -> Iterator[Fault]:
    courses = {
        number: Course(id_, pinned_hash, read, names)
        for number, id_, pinned_hash in connection.execute(_COURSES)
    }
    misfits = {*Chain(connection).misfits()}
    for seq, episode, *columns in in_lots(connection.execute(_FACTS), tick):
        course = courses[episode]
        fact, wrong = read_row(course.episode, seq, *columns)
        wrong = wrong or course.wrong(fact)
        if seq in misfits:
            wrong = wrong or _(
                "its checksum does not fit: it is not as it was written, or one before it is gone"
            )
        if wrong:
            course.is_spoilt = True
            yield Fault(_("fact {seq}", seq=seq), wrong)


def _of_answers(connection: sqlite3.Connection) -> Iterator[Fault]:
    """Tell if the table that finds answers tells what the facts tell."""
    from_facts, table = ANSWERS_SQL.format(told="fact AS told"), "SELECT * FROM answer"
    for first, second in ((from_facts, table), (table, from_facts)):
        if connection.execute(f"SELECT * FROM ({first} EXCEPT {second}) LIMIT 1").fetchone():  # noqa: S608 - constants only
            yield Fault("table answer", _("is not what the facts tell"))
            return


def read_row(
    episode: str, seq: int, at: Any, recorded_at: Any, kind: Any, by: Any, text: Any
) -> tuple[Fact, str]:
    """A fact as its row has it, and what keeps it from being read."""
    nothing = read_fact(episode, from_ms(0), str(kind), {}, str(by), from_ms(0), seq)
    if not 0 < seq <= LAST_PLACE:
        return nothing, _("is no place in a journal: {seq}", seq=seq)
    try:
        happened, written = from_ms(at), from_ms(recorded_at)
    except (TypeError, OverflowError):
        return nothing, _("its time is none: {at}, {recorded_at}", at=at, recorded_at=recorded_at)
    if by not in BY:
        return nothing, _("nobody called {name!r} writes facts", name=by)
    try:
        data = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return nothing, _("what it says cannot be read")
    if not isinstance(data, dict):
        return nothing, _("what it says is not an object")
    return read_fact(episode, happened, str(kind), data, by, written, seq), ""


def _of_episodes(journal: Journal, tick: Tick) -> Iterator[Fault]:
    """Those that cannot be told from their facts."""
    for id_ in journal.episodes():
        where = _("episode {id}", id=id_)
        try:
            facts = journal.facts(id_)
            protocol = protocol_of(journal, id_)
        except RecoveryError as error:
            yield Fault(where, _("cannot be read: {reason}", reason=error.message))
            continue
        except (ValueError, KeyError, TypeError):
            yield Fault(where, _("cannot be read"))
            continue
        tick(len(facts))
        if reason := stumbling_block(protocol, facts):
            yield Fault(
                where, _("{episode} cannot be told from its facts: {reason}", episode=id_, reason=reason)
            )


def stumbling_block(protocol: RecoveryProtocol, facts: list[Fact]) -> str:
    """Say which fact does not fit where no single one is wrong; "" where they fold."""
    if not facts:
        return _("it has no start")
    if _folds(protocol, facts):
        return ""
    first = bisect_left(range(1, len(facts)), True, key=lambda count: not _folds(protocol, facts[:count]))
    return _("fact {seq} does not fit what comes before it", seq=facts[first].seq)


def _folds(protocol: RecoveryProtocol, facts: list[Fact]) -> bool:
    try:
        fold(protocol, under_new_protocol(protocol, facts))
    except Exception:  # facts that make no sense raise whatever the rule trips over
        return False
    return True


def _instant(milliseconds: Any) -> datetime | None:
    try:
        return None if milliseconds is None else from_ms(milliseconds)
    except (TypeError, OverflowError):
        return None


# One episode -----------------------------------------------------------------------------------


def why_unreadable(journal: Journal, id_: str) -> str:
    """The first fact that does not fit, in words; that the protocol or the whole does not, where none is."""
    with suppress(StoreError, sqlite3.Error, *NONSENSE):
        protocol = protocol_of(journal, id_)
        return next(_faults_of_facts(journal, id_), "") or stumbling_block(protocol, journal.facts(id_))
    return _("its protocol, or what belongs to it, cannot be read")


def what_to_type(journal: Journal, id_: str, now: datetime) -> str:
    """Say what to type about it."""
    words = _("recovery store check tells what is wrong")
    with suppress(StoreError, sqlite3.Error, *NONSENSE):
        start, *rest = journal.facts(id_)
        by_person = [fact for fact in rest if fact.by == "person"]
        if isinstance(start.what, f.Started) and now - start.at <= RECENT and not by_person:
            undo = _("recovery undo --episode {episode} takes back its start", episode=id_)
            return f"{words}; {undo}"
    return words


def _faults_of_facts(journal: Journal, id_: str) -> Iterator[str]:
    texts, names = _pinned(journal)
    hashes = {name: pinned_hash for name, _protocol, pinned_hash in journal.each_episode()}
    course = Course(id_, hashes[id_], texts, names)
    for seq, *columns in journal.rows_of(id_):
        fact, wrong = read_row(id_, seq, *columns)
        if wrong := wrong or course.wrong(fact):
            yield _("fact {seq}: {fault}", seq=seq, fault=wrong)


def _pinned(journal: Journal) -> tuple[Mapping[str, RecoveryProtocol], Mapping[str, tuple[str, str]]]:
    """The protocols by hash, and the names of all, also of those that an older program compiled."""
    pinned = [*journal.each_pinned()]
    current = (each for each in pinned if each.compiled_format == compiled.FORMAT)
    texts = {each.hash: compiled.from_json(each.compiled) for each in current}
    return texts, {each.hash: (each.protocol_id, each.version) for each in pinned}


# Figures ---------------------------------------------------------------------------------------


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
        fault = _first_fault(connection)
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


def _first_fault(connection: sqlite3.Connection) -> str:
    try:
        answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        return str(error)
    return "" if answer == "ok" else str(answer)
