"""Time zones by name, and what stands in for one that this machine does not know."""

import re
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import TypeGuard
from zoneinfo import ZoneInfo

_FIXED = r"UTC([+-])([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?"

_OF_NO_PLACE = ("localtime", "posixrules", "Factory")
"""Files of the zone database that are another zone on every machine, or say that nobody has set one."""

NO_ZONE = (OSError, ValueError, KeyError, AssertionError, struct.error)
"""Raised for a folder, a file that is no zone or not all of one, a name that is no path."""


class Named(tzinfo):
    """A zone under a name that the zone database does not have here. Equal where name and zone are."""

    def __init__(self, key: str, zone: tzinfo, *, is_lost: bool = False) -> None:
        self.key, self._zone = key, zone
        self.is_lost = is_lost
        """True if the name means another zone, for which this one stands in."""

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        return self._zone.utcoffset(self._there(when))

    def dst(self, when: datetime | None) -> timedelta | None:
        return self._zone.dst(self._there(when))

    def tzname(self, when: datetime | None) -> str | None:
        return self._zone.tzname(self._there(when))

    def fromutc(self, when: datetime) -> datetime:
        return self._zone.fromutc(when.replace(tzinfo=self._zone)).replace(tzinfo=self)

    def stand_in(self) -> str:
        """The name of the zone whose times these are."""
        return str(getattr(self._zone, "key", self._zone))

    def _there(self, when: datetime | None) -> datetime | None:
        return None if when is None else when.replace(tzinfo=self._zone)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and (self.key, self._zone) == (other.key, other._zone)

    def __hash__(self) -> int:
        return hash((self.key, self._zone))


Zone = ZoneInfo | Named
Elsewhere = Callable[[str], Zone]
"""Gives what stands in for a zone whose name is not known."""


@lru_cache
def named(name: str) -> Zone:
    """The zone of a name: one of the zone database, or a fixed distance from UTC such as `UTC+01:00`.

    Raises `KeyError` for a name that is not known here. It may be known later: only what was found is remembered.
    """
    if not isinstance(name, str):
        raise TypeError(f"a zone's name is a text, not {name!r}")
    if name.startswith("UTC") and (fixed := re.fullmatch(_FIXED, name)):  # rare, and compiled only then
        sign, hours, minutes, seconds = fixed.groups("0")
        ahead = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
        return Named(name, timezone(-ahead if sign == "-" else ahead))
    if not name or name in _OF_NO_PLACE:
        raise KeyError(name)
    try:
        return ZoneInfo(name)
    except NO_ZONE:
        raise KeyError(name) from None


def is_known(name: str) -> bool:
    """Tell if `named` has a zone of that name."""
    try:
        named(name)
    except KeyError:
        return False
    return True


def named_or(name: str, elsewhere: Elsewhere) -> Zone:
    """The zone of a name, or what stands in for it."""
    try:
        return named(name)
    except KeyError:
        return elsewhere(name)


def as_utc(name: str) -> Zone:
    """UTC, under the name of a zone that is not known."""
    return Named(name, UTC, is_lost=True)


def is_lost(zone: Zone) -> TypeGuard[Named]:
    """Tell if another zone stands in for this one, whose name is not known here."""
    return isinstance(zone, Named) and zone.is_lost
