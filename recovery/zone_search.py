"""The name of the zone that this process goes by, where the machine does not plainly say it.

The C library is right about the hour, whatever the machine calls its zone: every name is held against it, over the
days of the coming year. A zone without a name is looked for by the bytes of its file, then by its hours.
"""

import os
import re
import sys
import time
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from recovery.language import _
from recovery.values import Value
from recovery.zones import NO_ZONE, Zone, is_known, named

LOCALTIME, TIMEZONE = "/etc/localtime", "/etc/timezone"

_DAYS = 366
_MOST_BYTES = 1 << 20
"""Of a file with a zone in it; they are some kilobytes."""

_NOT_SET = "-00"
"""What the database calls the hour of a machine whose zone nobody has set (`Factory`)."""

_RULE = re.compile(r"(<[A-Za-z0-9+-]{3,}>|[A-Za-z]{3,})[+-]?\d.*", re.ASCII)
"""A zone told by its rule, as POSIX has it: `CET-1`."""

_BEST_KNOWN = (
    "UTC", "Europe/Berlin", "Europe/London", "Europe/Helsinki", "Europe/Lisbon", "Europe/Moscow", "Europe/Istanbul",
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Anchorage",
    "America/Halifax", "America/St_Johns", "America/Santiago", "America/Sao_Paulo", "Africa/Cairo", "Asia/Jerusalem",
    "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "Australia/Adelaide", "Pacific/Auckland",
)  # fmt: skip
"""Of several zones with the same hours, one of these is the name."""


class Whereabouts(Value):
    """The zone of a process."""

    name: str
    """One that `zones.named` takes."""
    doubt: str = ""
    """Why the times of that zone may be the wrong ones, as a sentence; "" where nothing speaks against it."""
    advice: str = ""


def of_process(environ: Mapping[str, str], now: datetime) -> Whereabouts:
    """The zone that the C library goes by. `environ` is that of the process: TZ goes before the machine's files."""
    if sys.platform == "win32":
        return Whereabouts(_of_windows() or _fixed(now))
    variable = environ.get("TZ", "localtime")
    word = variable.removeprefix(":")
    if word == "localtime":
        return _of_file(LOCALTIME, now)
    if word.startswith("/"):
        return _of_file(word, now)
    name = _plain(word)
    if is_known(name):
        return _held_against_the_clock(name, now)
    return _by_hours(
        now, is_told=word == "" or _RULE.fullmatch(word) is not None, source=f"TZ={_on_a_line(variable)}"
    )


def _on_a_line(word: str) -> str:
    return word if word.isprintable() else repr(word)


def of_file(path: str, now: datetime, usual: str = "") -> str:
    """The name of the zone in a file of the machine, which has no link to one; "" where it cannot be told.

    Of several zones with the same bytes it is the `usual` one.
    """
    if sys.platform == "win32":
        return _of_windows()
    hints = _hints(path, usual)
    is_told = _holds_a_zone(path) and _letters(now) != _NOT_SET
    return _by_bytes(path, hints) or (_name_by_hours(now, hints) if is_told else "")


def linked(path: str) -> str:
    """The name of the zone to which a file is a link; "" where it is none."""
    if Path(path).is_symlink():
        _, is_zone, name = os.path.realpath(path).rpartition("/zoneinfo/")
        if is_zone:
            return _plain(name)
    return ""


def _plain(name: str) -> str:
    """A name without the variant of the database: with leap seconds, or without."""
    return name.removeprefix("posix/").removeprefix("right/")


def _of_file(path: str, now: datetime) -> Whereabouts:
    name = linked(path)
    if is_known(name):
        return _held_against_the_clock(name, now)
    hints = _hints(path)
    if name := _by_bytes(path, hints):
        return Whereabouts(name)
    # Without such a file the machine's time is UTC; one that cannot be read is another matter.
    is_told = _holds_a_zone(path) or (path == LOCALTIME and not os.path.lexists(path))
    there = _by_hours(now, is_told=is_told, source=_on_a_line(path), hints=hints)
    for hint in hints if path == LOCALTIME else ():
        if not there.doubt and not _agrees(named(hint), _hours(now)):
            return _at_odds(hint, there.name, there.name)
    return there


def _held_against_the_clock(name: str, now: datetime) -> Whereabouts:
    hours = _hours(now)
    return Whereabouts(name) if _agrees(named(name), hours) else _at_odds(name, name, _fixed(now) or "?")


def _at_odds(claimed: str, name: str, hour: str) -> Whereabouts:
    return Whereabouts(
        name,
        _(
            "this machine is said to be in {told}, but its clock goes by {hour}: times are those of {name}",
            told=claimed,
            hour=hour,
            name=name,
        ),
        _("install the package tzdata, and set the machine's zone: timedatectl set-timezone NAME"),
    )


def _by_hours(now: datetime, *, is_told: bool, source: str, hints: Sequence[str] = ()) -> Whereabouts:
    name = _name_by_hours(now, hints)
    is_told = is_told and _letters(now) != _NOT_SET
    if name and (is_told or name != "UTC"):
        return Whereabouts(name)
    advice = _("say where you are, such as: --timezone Europe/Berlin")
    hour = _fixed(now)
    if not name and hour:
        doubt = _(
            "{source} changes the hour by a rule that no zone has: times are those of {hour}, as now",
            source=source,
            hour=hour,
        )
        return Whereabouts(hour, doubt, advice)
    return Whereabouts(
        "UTC", _("{source} names no time zone that I know: times are those of UTC", source=source), advice
    )


# By the clock -----------------------------------------------------------------------------------

HourReadings = Sequence[tuple[datetime, timedelta]]
"""Instants with how far the C library is from UTC then."""


def _hours(now: datetime) -> HourReadings:
    days = (now + timedelta(days=day) for day in range(_DAYS))
    return [(day, timedelta(seconds=time.localtime(day.timestamp()).tm_gmtoff)) for day in days]


def _fixed(now: datetime) -> str:
    """Name the present distance of the clock from UTC, as a zone; "" for a day or more, which no zone is away."""
    ahead = timedelta(seconds=time.localtime(now.timestamp()).tm_gmtoff)
    if abs(ahead) >= timedelta(days=1):
        return ""
    return str(timezone(ahead)) if ahead else "UTC"


def _letters(now: datetime) -> str:
    """Return the C library's name of the present hour."""
    return time.localtime(now.timestamp()).tm_zone


def _agrees(zone: Zone, hours: HourReadings) -> bool:
    return all(zone.utcoffset(day.astimezone(zone)) == ahead for day, ahead in hours)


def _name_by_hours(now: datetime, hints: Sequence[str] = ()) -> str:
    """A zone with the hours of the C library for a year from now; "" where no zone has them."""
    hours = _hours(now)
    if all(ahead == hours[0][1] for _day, ahead in hours):
        for hint in hints:
            if _agrees(named(hint), hours):
                return hint
        return _fixed(now)
    letters = _letters(now)
    alike = ""
    for name in (*hints, *_BEST_KNOWN, *sorted(zoneinfo.available_timezones())):
        if not is_known(name) or not _agrees(zone := named(name), hours):
            continue
        if zone.tzname(now.astimezone(zone)) == letters:
            return name
        alike = alike or name
    return alike


# By the files -----------------------------------------------------------------------------------


def _hints(path: str, usual: str = "") -> Sequence[str]:
    """Names that may be the right ones: what Debian keeps beside the file, and the one in use."""
    beside = ""
    if path == LOCALTIME:
        try:
            beside = Path(TIMEZONE).read_text("utf-8")[:200].strip()
        except (OSError, ValueError):
            beside = ""
    return [name for name in (beside, usual) if name and is_known(name)]


def _holds_a_zone(path: str) -> bool:
    """Tell if a file holds a zone, and all of it."""
    content = _bytes(path)
    is_first_version = content[4:5] == b"\0"
    # The rule at the end of the later ones is read until its line ends, for ever where it does not.
    if not content.endswith(b"\n") and not is_first_version:
        return False
    try:
        ZoneInfo.from_file(BytesIO(content))
    except NO_ZONE:
        return False
    return True


def _bytes(path: str | Path) -> bytes:
    try:
        if not Path(path).is_file():  # to read a pipe would wait for its writer
            return b""
        with Path(path).open("rb") as file:
            return file.read(_MOST_BYTES)
    except OSError:
        return b""


def _by_bytes(path: str, hints: Iterable[str]) -> str:
    """The zone of the database whose file is the same, the best known of them; "" where there is none."""
    content = _bytes(path)
    if content[:4] != b"TZif":
        return ""
    for name in (*hints, *_BEST_KNOWN):
        if _is_same(name, content):
            return name
    return min((n for n in _files_of(len(content)) if _is_same(n, content)), key=_by_region, default="")


def _is_same(name: str, content: bytes) -> bool:
    return is_known(name) and any(_bytes(Path(folder, name)) == content for folder in zoneinfo.TZPATH)


def _by_region(name: str) -> tuple[bool, str]:
    return "/" not in name or name.startswith("Etc/"), name


def _files_of(size: int) -> Iterator[str]:
    """The names of the files in the database that are so long."""
    for folder in zoneinfo.TZPATH:
        for parent, folders, files in os.walk(folder):
            if parent == folder:
                folders[:] = [name for name in folders if name not in ("posix", "right")]
            for file in files:
                path = Path(parent, file)
                try:
                    if path.stat().st_size == size:
                        yield path.relative_to(folder).as_posix()
                except OSError:
                    continue


@lru_cache(maxsize=1)
def _of_windows() -> str:
    """Windows has names of its own for zones, which tzlocal translates; "" where it cannot."""
    import warnings

    import tzlocal

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it has to say is for programmers
            name = str(tzlocal.get_localzone_name() or "")
    except Exception:  # it raises whatever its reading of the system raises
        return ""
    return name if is_known(name) else ""
