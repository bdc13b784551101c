"""The checksums of the facts. Each covers its fact and the checksum before it, so that damage anywhere is noticed.

They are CRC-32, which finds what a disk, a cable or a copy did to the file. They are no seal: whoever can write the
file can make them anew.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zlib import crc32

from recovery.engine.facts import Started, Upgraded

_LAST = "SELECT seq, chain FROM fact ORDER BY seq DESC LIMIT 1"
_FACTS = "SELECT seq, episode, at, recorded_at, kind, by, data, chain FROM fact ORDER BY seq"
_OWNERS = """
    SELECT e.id, e.protocol_id, p.hash FROM episode AS e JOIN pinned AS p ON p.number = e.pinned
    WHERE e.number = ?"""
_TEXTS = "SELECT texts FROM pinned WHERE hash = ?"


class Chain:
    """The chain of the journal that is open as `connection`, for adding to its end or for going along it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._owners: dict[int, tuple[Any, ...]] = {}
        self._texts: dict[str, tuple[Any, ...]] = {}

    def last(self) -> tuple[int, int]:
        """The place and the checksum of the last fact; zeros where there is none."""
        return self._connection.execute(_LAST).fetchone() or (0, 0)

    def checksum(self, before: int, seq: int, row: tuple[Any, ...]) -> int:
        """The checksum of a fact at the place `seq`, after the one that has the checksum `before`.

        `row` is its episode's number, the instants, kind, by and data, as the table has them. Covered, too, is to
        whom the fact belongs, and of facts that pin a protocol its text.
        """
        number, at, recorded_at, kind, by, data = row
        parts = [
            before,
            seq,
            *self._owner(number),
            at,
            recorded_at,
            kind,
            by,
            data,
            *self._pinned(number, kind, data),
        ]
        return crc32(b"\x1f".join(_bytes(part) for part in parts)) - 2**31  # signed: four bytes of the file

    def misfits(self) -> Iterator[int]:
        """The places of the facts whose checksum is another than the one they have."""
        before = 0
        with as_it_stands(self._connection):
            for seq, *row, kept in self._connection.execute(_FACTS):
                if self.checksum(before, seq, (*row,)) != kept:
                    yield seq
                before = kept

    def make_anew(self) -> None:
        """Give every fact the checksum that fits. For facts that can be changed at present: in a migration."""
        before, fitting = 0, []
        with as_it_stands(self._connection):
            for seq, *row, _none in self._connection.execute(_FACTS):
                before = self.checksum(before, seq, (*row,))
                fitting.append((before, seq))
        self._connection.executemany("UPDATE fact SET chain = ? WHERE seq = ?", fitting)

    def _owner(self, number: int) -> tuple[Any, ...]:
        if number not in self._owners:
            self._owners[number] = self._connection.execute(_OWNERS, (number,)).fetchone() or ()
        return self._owners[number]

    def _pinned(self, number: int, kind: Any, data: Any) -> tuple[Any, ...]:
        """The text of the protocol that a fact pins; nothing for other facts."""
        if kind == Started.kind:
            pinned_hash = self._owner(number)[-1]
        elif kind == Upgraded.kind:
            pinned_hash = _hash_in(data)
        else:
            return ()
        if pinned_hash not in self._texts:
            self._texts[pinned_hash] = self._connection.execute(_TEXTS, (pinned_hash,)).fetchone() or ()
        return self._texts[pinned_hash]


@contextmanager
def as_it_stands(connection: sqlite3.Connection) -> Iterator[None]:
    """Read a text that is none as bytes, so that its reader stumbles over it alone."""
    before, connection.text_factory = connection.text_factory, _as_text
    try:
        yield
    finally:
        connection.text_factory = before


def _as_text(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _hash_in(data: Any) -> str:
    try:
        return str(json.loads(data)["hash"])
    except (KeyError, TypeError, RecursionError, ValueError):
        return ""


def _bytes(value: Any) -> bytes:
    """A value of the table, texts apart from blobs: a flipped bit can turn the one into the other."""
    if isinstance(value, bytes):
        return b"blob " + value
    return str(value).encode()
