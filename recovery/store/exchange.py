"""The whole journal as one JSON document, for other programs and other machines, and the way back.

    {"format": 1, "exported_at": "...", "recovery": "...",
     "protocols": [{"id", "version", "hash", "texts"}], "episodes": [{"id", "protocol", "hash"}],
     "facts": [{"seq", "episode", "at", "recorded_at", "kind", "by", "data"}]}

It holds everything, in the order of the journal, what was taken back as well. Instants are RFC 3339 in UTC; those
within `data` are milliseconds since 1970. What a text compiles to is left out: it is made anew.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

from recovery import __version__, files
from recovery.engine.facts import FACT_KINDS, Fact, read_fact
from recovery.engine.written import LAST_PLACE
from recovery.errors import NotThere, RecoveryError, StoreError
from recovery.language import _
from recovery.protocol import compiled
from recovery.store import migrations
from recovery.store.checking import BY, Fault, Report, Tick, check_copy, in_lots, keep_silent
from recovery.store.journal import JOURNAL_FILE, Journal, Pinned
from recovery.values import Value, replace

EXPORT_FORMAT = 1

LONGEST_NUMBER = 100
"""Digits of a whole number that is read; no number of a journal has more than twenty."""

LARGEST = 64 * 1024 * 1024
"""Bytes of a document that are read. 100,000 facts take a third of it; rubbish of this size fits into memory."""

MOST_FAULTS = 1_000
"""Faults after which reading ends: such a document is no export, and each fault costs memory."""

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?(Z|[+-]\d\d:\d\d)")
_HALF = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
"""Half of a character, as JSON writes it; most times the other half comes after it."""
STEPS = 4
"""Each fact is read, written, looked at by itself, and with all others of its episode."""

_HEADER = ("format", "exported_at", "recovery")


def opened(home: Path, now: datetime) -> Journal:
    """Open the journal of a folder for an export. Raises `NotThere`, `StoreError`."""
    journal = Journal.open_to_look(home, now=now)
    if journal is None:
        raise NotThere(_("there is no journal yet: nothing to export"), str(home / JOURNAL_FILE))
    return journal


def exported(journal: Journal, now: datetime) -> Iterator[str]:
    """The document in pieces, a line each, of one moment. Raises `StoreError`."""
    with journal.snapshot():
        yield f'{{"format":{EXPORT_FORMAT},"exported_at":{_text(_told(now))},"recovery":{_text(__version__)},\n'
        pinned = (
            {"id": each.protocol_id, "version": each.version, "hash": each.hash, "texts": dict(each.texts)}
            for each in journal.each_pinned()
        )
        yield from _listed("protocols", pinned, ",\n")
        episodes = (
            {"id": name, "protocol": protocol_id, "hash": pinned_hash}
            for name, protocol_id, pinned_hash in journal.each_episode()
        )
        yield from _listed("episodes", episodes, ",\n")
        yield from _listed("facts", map(_plain, journal.each_fact()), "}\n")


def write_document(path: Path, pieces: Iterator[str]) -> None:
    """Write a file whole or not at all, for its owner alone; never over another. Raises `RecoveryError`."""
    if path.exists():
        raise RecoveryError(
            _("{path}: is there already, and is left as it is", path=path), _("name another file")
        )
    try:
        files.write_whole(path, pieces)
    except OSError as error:
        raise RecoveryError(
            _("{path}: cannot be written: {reason}", path=path, reason=error.strerror),
            _("name another file"),
        ) from None


def _listed(name: str, items: Iterator[dict[str, Any]], end: str) -> Iterator[str]:
    yield f'"{name}":['
    mark = "\n"
    for item in items:
        yield f"{mark}{_text(item)}"
        mark = ",\n"
    yield f"\n]{end}" if mark == ",\n" else f"]{end}"


def _plain(fact: Fact) -> dict[str, Any]:
    assert fact.recorded_at is not None, "a fact of the journal has it"
    return {
        "seq": fact.seq,
        "episode": fact.episode,
        "at": _told(fact.at),
        "recorded_at": _told(fact.recorded_at),
        "kind": fact.kind,
        "by": fact.by,
        "data": fact.data,
    }


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _told(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")


# And back ----------------------------------------------------------------------------------------


class Export(Value):
    """An export, read: of the shape that it has to have."""

    protocols: tuple[Pinned, ...]
    episodes: tuple[tuple[str, str, str], ...]
    facts: tuple[Fact, ...]
    checked: Journal | None = None
    """The same as a journal in memory, once it was looked over."""


class NotImported(StoreError):
    """An export that cannot be taken over. All that is wrong with it is in `faults`."""

    def __init__(self, message: str, faults: tuple[Fault, ...], hint: str = "") -> None:
        super().__init__(message, hint)
        self.faults = faults


def text_of_document(path: Path, name: str) -> str:
    """Read the text of a document; `name` is what errors call it. Raises `RecoveryError`."""
    try:
        return files.read_whole(path, LARGEST, pipes=True).decode("utf-8-sig")
    except files.TooLarge:
        raise RecoveryError(
            _("{path}: is too large for an export: over {count} MiB", path=name, count=LARGEST // 1024**2),
            _("recovery store export writes what can be imported; nothing was changed"),
        ) from None
    except OSError as error:
        raise RecoveryError(_("{path}: cannot be read: {reason}", path=name, reason=error.strerror)) from None
    except UnicodeDecodeError as error:
        raise RecoveryError(
            _("{path}: is no text in UTF-8: byte {place}", path=name, place=error.start + 1),
            _("recovery store export writes what can be imported; nothing was changed"),
        ) from None


def read_export(text: str, name: str, *, now: datetime, tick: Tick = keep_silent) -> tuple[Export, Report]:
    """An export, looked over as a whole, and what it holds. Nothing is written. Raises `NotImported`.

    `tick` hears of each lot of facts that has come one of `STEPS` further.
    """
    try:
        return _looked_over(_document(text, name, tick), name, now, tick)
    except RecursionError:  # each of these steps goes into the depth of it
        raise _unreadable(name, [Fault("", _("is no JSON: its brackets are nested too deeply"))]) from None


def _document(text: str, name: str, tick: Tick) -> Export:
    reader = _Reader(may_hold_halves=_HALF.search(text) is not None, tick=tick)
    try:
        document = reader.document(_parsed(text, name))
    except _TooManyFaults:
        document = None
    if document is None or reader.faults:
        raise _unreadable(name, reader.faults)
    return document


def _looked_over(document: Export, name: str, now: datetime, tick: Tick) -> tuple[Export, Report]:
    memory = sqlite3.connect(":memory:", isolation_level=None)
    try:
        memory.execute("PRAGMA foreign_keys = ON")
        migrations.migrate(memory, Path(name), now, keeps_copy=False)
        journal = Journal(memory, Path(name))
        with journal.transaction():
            journal.put_back(document.protocols, document.episodes, in_lots(document.facts, tick))
        report = check_copy(memory, Path(name), now=now, tick=tick)
        if report.faults:
            raise _unreadable(name, [*report.faults])
    except BaseException:
        memory.close()
        raise
    return replace(document, checked=journal), report


def import_(home: Path, document: Export, now: datetime) -> None:
    """Write an export that was read into the journal of `home`. Raises `StoreError` where that has episodes."""
    with Journal.open(home, now=now) as journal, journal.transaction():
        if journal.episodes():
            raise StoreError(
                _(
                    "{path}: holds episodes already; an import goes into an empty journal only",
                    path=home / JOURNAL_FILE,
                ),
                _(
                    "name another folder by RECOVERY_HOME, or move this journal away: recovery store backup copies it"
                ),
            )
        if document.checked is None or any(journal.each_pinned()):
            journal.put_back(document.protocols, document.episodes, document.facts)
        else:
            journal.take_over(document.checked)


def _unreadable(name: str, faults: list[Fault]) -> NotImported:
    hint = _("recovery store export writes what can be imported; nothing was changed")
    if len(faults) == MOST_FAULTS:
        hint = _("reading ended after {count} faults; {hint}", count=MOST_FAULTS, hint=hint)
    return NotImported(_("{path}: is not imported: {first}", path=name, first=faults[0]), (*faults,), hint)


class _Endless(str):
    """A number as it is written that is larger than any that can be meant."""


def _parsed(text: str, name: str) -> Any:
    """Read a text that may be any rubbish. Raises `NotImported`."""
    endless: list[_Endless] = []

    def whole(digits: str) -> int | _Endless:
        return int(digits) if len(digits) <= LONGEST_NUMBER else beyond(digits)

    def decimal(digits: str) -> float | _Endless:
        number = float(digits)
        return number if number - number == 0 else beyond(digits)

    def beyond(digits: str) -> _Endless:
        endless.append(_Endless(digits))
        return endless[-1]

    try:
        document = json.loads(
            text, parse_constant=_refuse, parse_int=whole, parse_float=decimal, object_pairs_hook=_unique
        )
        if endless:
            raise _unreadable(name, [*islice(_places_of_endless(document, ""), MOST_FAULTS)])
        return document
    except json.JSONDecodeError as error:
        place = _("line {line}, column {column}", line=error.lineno, column=error.colno)
        raise _unreadable(name, [Fault(place, _("is no JSON: {reason}", reason=error.msg))]) from None
    except ValueError as error:
        raise _unreadable(name, [Fault("", _("is no JSON: {reason}", reason=error))]) from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(_("{word} is no number in JSON", word=constant))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in pairs:
        if key in read:
            raise ValueError(_("the key {key!r} stands twice in an object", key=key))
        read[key] = value
    return read


def _places_of_endless(tree: Any, place: str) -> Iterator[Fault]:
    """Find the numbers that are too large, such as `facts[14].data.values.pain`."""
    if isinstance(tree, _Endless):
        shown = tree if len(tree) <= 20 else f"{tree[:20]}…"
        what = _("{word} is too large for a number", word=shown)
        yield Fault(place, what if place else _("is no JSON: {reason}", reason=what))
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from _places_of_endless(value, f"{place}.{key[:60]}".removeprefix("."))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from _places_of_endless(value, f"{place}[{number}]")


class _TooManyFaults(Exception):
    """End the reading of a document."""


class _Reader:
    """Reads the parts of a document, and collects what is wrong with them."""

    def __init__(self, *, may_hold_halves: bool = True, tick: Tick = keep_silent) -> None:
        self.faults: list[Fault] = []
        self._may_hold_halves = may_hold_halves
        self._tick = tick

    def document(self, tree: Any) -> Export | None:
        if not isinstance(tree, dict) or "format" not in tree:
            self._wrong("", _('is no export of recovery: it has no "format"'))
            return None
        if type(tree["format"]) is not int or tree["format"] != EXPORT_FORMAT:
            wanted = _(
                "has the format {found!r}; this program reads {known}",
                found=tree["format"],
                known=EXPORT_FORMAT,
            )
            self._wrong("", wanted)
            return None
        for key in tree.keys() - {*_HEADER, "protocols", "episodes", "facts"}:
            self._wrong(key, _("does not belong there"))
        for key in tree.keys() & {"exported_at", "recovery"}:
            written = self._field("", tree, key, str)
            if key == "exported_at":
                self._instant(key, written)
        protocols = [*self._each(tree, "protocols", self._pinned)]
        episodes = [*self._each(tree, "episodes", self._episode)]
        facts = [*in_lots(self._each(tree, "facts", self._fact), self._tick)]
        if not self.faults:
            self._belong(protocols, episodes, facts)
        return Export((*protocols,), (*episodes,), (*facts,))

    def _each(
        self, tree: dict[str, Any], name: str, read: Callable[[str, dict[str, Any]], Any]
    ) -> Iterator[Any]:
        items = tree.get(name)
        if not isinstance(items, list):
            self._wrong(name, _("is not a list") if name in tree else _("is missing"))
            return
        for number, item in enumerate(items):
            where = f"{name}[{number}]"
            if not isinstance(item, dict):
                self._wrong(where, _("is not an object"))
                continue
            before = len(self.faults)
            value = read(where, item)
            if len(self.faults) == before:
                yield value

    def _pinned(self, where: str, item: dict[str, Any]) -> Pinned | None:
        id_, version, pinned_hash, texts = self._fields(
            where, item, id=str, version=str, hash=str, texts=dict
        )
        for key, text in (texts or {}).items():
            if not isinstance(text, str):
                self._wrong(f"{where}.texts.{key}", _("is not a text"))
                return None
        if texts is None or id_ is None:
            return None
        form = _compiled(texts, id_)
        if isinstance(form, Fault):
            self._wrong(where, form.what)
            return None
        return Pinned(pinned_hash, id_, version, texts, form, compiled.FORMAT)

    def _episode(self, where: str, item: dict[str, Any]) -> tuple[str, str, str]:
        name, protocol_id, pinned_hash = self._fields(where, item, id=str, protocol=str, hash=str)
        return name, protocol_id, pinned_hash

    def _fact(self, where: str, item: dict[str, Any]) -> Fact | None:
        seq, episode, at, recorded_at, kind, by, data = self._fields(
            where, item, seq=int, episode=str, at=str, recorded_at=str, kind=str, by=str, data=dict
        )
        if seq is not None and not 0 < seq <= LAST_PLACE // 2:  # so many more may follow
            self._wrong(f"{where}.seq", _("is no place in a journal: {seq}", seq=seq))
        if kind is not None and kind not in FACT_KINDS:
            self._wrong(
                f"{where}.kind", _("is a kind of fact that this program does not know: {kind!r}", kind=kind)
            )
        if by is not None and by not in BY:
            self._wrong(f"{where}.by", _("nobody called {name!r} writes facts", name=by))
        happened, written = (
            self._instant(f"{where}.at", at),
            self._instant(f"{where}.recorded_at", recorded_at),
        )
        if happened is None or written is None or None in (seq, episode, kind, by, data):
            return None
        return read_fact(episode, happened, kind, data, by, written, seq)

    def _fields(self, where: str, item: dict[str, Any], **kinds: type) -> list[Any]:
        """The fields of an object; None where one is not what it has to be."""
        for key in item.keys() - kinds.keys():
            self._wrong(f"{where}.{key}", _("does not belong there"))
        return [self._field(where, item, name, kind) for name, kind in kinds.items()]

    def _field(self, where: str, item: dict[str, Any], name: str, kind: type) -> Any:
        place = f"{where}.{name}" if where else name
        if name not in item:
            self._wrong(place, _("is missing"))
            return None
        value = item[name]
        if not isinstance(value, kind) or isinstance(value, bool):
            words = {str: _("is not a text"), int: _("is not a whole number"), dict: _("is not an object")}
            self._wrong(place, words[kind])
            return None
        if self._may_hold_halves:
            try:
                _text(value).encode()
            except UnicodeEncodeError:
                self._wrong(place, _("holds half a character"))
                return None
        return value

    def _instant(self, where: str, text: str | None) -> datetime | None:
        if text is None:
            return None
        try:
            if not _INSTANT.fullmatch(text):
                raise ValueError
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            self._wrong(
                where, _("is no instant such as 2026-11-23T15:30:00.000+00:00: {text!r}", text=text[:60])
            )
            return None

    def _belong(
        self, protocols: list[Pinned], episodes: list[tuple[str, str, str]], facts: list[Fact]
    ) -> None:
        """Tell if the parts fit one another."""
        hashes = {each.hash: each.protocol_id for each in protocols}
        if len(hashes) < len(protocols):
            self._wrong("protocols", _("one stands there twice"))
        names = {name for name, *_rest in episodes}
        if len(names) < len(episodes):
            self._wrong("episodes", _("one stands there twice"))
        count: dict[str, int] = {}
        for number, (name, protocol_id, pinned_hash) in enumerate(episodes):
            if hashes.get(pinned_hash) != protocol_id:
                self._wrong(
                    f"episodes[{number}].hash", _("is not that of a protocol {id} there", id=protocol_id)
                )
            count[protocol_id] = count.get(protocol_id, 0) + 1
            if name != f"{protocol_id}-{count[protocol_id]}":
                expected = f"{protocol_id}-{count[protocol_id]}"
                self._wrong(f"episodes[{number}].id", _("is not {expected}", expected=expected))
        last = 0
        for number, fact in enumerate(facts):
            if fact.episode not in names:
                self._wrong(
                    f"facts[{number}].episode", _("there is no episode {episode}", episode=fact.episode)
                )
            if fact.seq <= last:
                self._wrong(f"facts[{number}].seq", _("{seq} comes after {last}", seq=fact.seq, last=last))
            last = fact.seq

    def _wrong(self, where: str, what: str) -> None:
        """Note a fault. Raises `_TooManyFaults`."""
        self.faults.append(Fault(where, what))
        if len(self.faults) == MOST_FAULTS:
            raise _TooManyFaults


def _compiled(texts: Mapping[str, str], id_: str) -> str | Fault:
    from recovery.protocol.lint.floor import below_floor  # heavy, as the next
    from recovery.protocol.outcome import ProtocolError
    from recovery.protocol.reading import compile_texts

    try:
        return compiled.to_json(compile_texts(texts, id_, is_from_elsewhere=True))
    except ProtocolError as error:
        if any(problem.rule == below_floor.id for problem in error.problems):
            return Fault("", _("its text is refused: {reason}", reason=error.message))
        return Fault("", _("its text cannot be read: {reason}", reason=error.message))
