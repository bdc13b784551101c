"""The settings of a person, for all protocols: `settings.toml` in the state folder. Never written by us."""

import re
from collections.abc import Callable, Mapping
from datetime import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recovery import files
from recovery.errors import SettingsError
from recovery.language import LANGUAGES, _
from recovery.values import Value

if TYPE_CHECKING:
    import logging

SETTINGS_FILE = "settings.toml"
NOTIFIERS = ("auto", "dbus", "plyer", "text")
MOST_BYTES = 64 * 1024


class Settings(Value):
    """The waking hours are `[wake, bedtime)` in local time; a `bedtime` before `wake` is after midnight."""

    wake: time = time(7, 0)
    bedtime: time = time(23, 0)
    timezone: str = ""
    """A name of the IANA database, such as `Europe/Berlin`; empty: the machine's."""
    notifier: str = "auto"
    auto_advance: bool = True
    """True if a phase whose gate is open ends by itself; otherwise its end is offered."""
    language: str = ""
    """One of `language.LANGUAGES`; empty: by the locale."""
    work: tuple[time, time] = (time(9, 0), time(17, 0))
    """The working hours, half-open; an end that is not later than the beginning is on the next date."""
    workdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    """On which days work begins; Monday is 0."""
    quiet: tuple[tuple[time, time], ...] = ()
    """Times of every day in which nothing but the end of a session and urgent alerts is told, half-open."""
    end_repeats: int = 3
    """How often the end of a session that nobody has answered is told again."""
    start_repeats: int = 0
    """The same for its start, while it is only assumed to be on."""
    respect_dnd: bool = True
    """True if all but ends and urgent alerts waits while the desktop is not to disturb."""
    discreet: bool = False
    """True if notes say nothing that others should not read over a shoulder or on a locked screen."""
    sound: bool = False
    """True if notes ask for a sound of the desktop."""


def read_settings(folder: Path) -> Settings:
    """The settings in `folder`; the defaults where there is no file.

    Raises `SettingsError` with every problem of the file, one a line, each with its place.
    """
    path = folder / SETTINGS_FILE
    text = _read(path)
    if text is None:
        return Settings()
    table = _parse(path, text)
    problems = []
    values: dict[str, Any] = {}
    for key, value in table.items():
        try:
            if key not in _READERS:
                raise ValueError(_unknown(key, _READERS))
            values[key] = _READERS[key](value)
        except ValueError as error:
            problems.append(f"{_place(path, text, key)}: {error}")
    settings = Settings(**values)
    if settings.wake == settings.bedtime and not problems:
        key = "bedtime" if "bedtime" in table else "wake"
        problem = _(
            "expected a bedtime other than the time of waking, found {clock} for both",
            clock=f"{settings.bedtime:%H:%M}",
        )
        problems.append(f"{_place(path, text, key)}: {problem}")
    if problems:
        hint = _("correct {path}, or move it away to use the defaults", path=path)
        raise SettingsError("\n".join(problems), hint)
    return settings


def wanted_language(folder: Path) -> str:
    """The language that the settings in `folder` ask for, whatever else they say; "" where they do not.

    For every command, even those that need no settings: so it reads that one line and nothing of TOML.
    """
    try:
        content = files.read_whole(folder / SETTINGS_FILE, MOST_BYTES)
        lines = content.decode("utf-8-sig", "replace").splitlines()
    except OSError:
        return ""
    values = [line.partition("=")[2] for line in lines if line.partition("=")[0].strip() == "language"]
    wanted = values[0].partition("#")[0].strip().strip("\"'") if values else ""
    return wanted if wanted in LANGUAGES else ""


def _read(path: Path) -> str | None:
    hint = _("correct it, or move it away to use the defaults")
    try:
        content = files.read_whole(path, MOST_BYTES)
    except FileNotFoundError:
        return None
    except files.TooLarge:
        most = MOST_BYTES // 1024
        raise SettingsError(_("{path}: is larger than {most} KiB", path=path, most=most), hint) from None
    except OSError as error:
        message = _("{path}: cannot be read: {reason}", path=path, reason=error.strerror)
        raise SettingsError(message, hint) from None
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")  # editors on Windows begin with a mark
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = _("{place}: expected UTF-8 text, found other bytes", place=f"{path}:{line}")
        raise SettingsError(message, hint) from None


def _parse(path: Path, text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        message = str(error)
        at = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
        message = message[: at.start()] if at else message
        if at is None:
            place = str(path)
        elif at[1]:
            place = f"{path}:{at[1]}:{at[2]}"
        else:
            place = f"{path}:{text.count(chr(10)) + 1}"
        raise SettingsError(
            _("{place}: is not TOML: {reason}", place=place, reason=message),
            _('write one setting a line, texts and times in quotes, such as wake = "07:00"'),
        ) from None


def _place(path: Path, text: str, key: str) -> str:
    """`file:line` of a key, or the file alone where the key is written in an unusual way."""
    pattern = rf"""\s*\[*\s*(["']?){re.escape(key)}\1\s*[=.\]]"""
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(pattern, line):
            return f"{path}:{number}"
    return str(path)


def _unknown(word: str, names: Mapping[str, Any]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, names, 1)
    if near:
        return _("unknown setting {word!r}; did you mean {near}?", word=word, near=near[0])
    return _("unknown setting {word!r}; there are {known}", word=word, known=", ".join(names))


def _time(value: Any) -> time:
    hours, colon, minutes = value.partition(":") if isinstance(value, str) else ("", "", "")
    is_clock = colon and all(
        len(part) == 2 and part.isascii() and part.isdigit() for part in (hours, minutes)
    )
    if not is_clock or int(hours) > 23 or int(minutes) > 59:
        raise ValueError(
            _('expected a time in quotes from "00:00" to "23:59", found {found}', found=_shown(value))
        )
    return time(int(hours), int(minutes))


def read_work(value: Any) -> tuple[time, time]:
    """Working hours from `09:00-17:00`. Raises `ValueError`."""
    begin, dash, end = value.partition("-") if isinstance(value, str) else ("", "", "")
    try:
        hours = _time(begin.strip().rjust(5, "0")), _time(end.strip().rjust(5, "0"))
    except ValueError:
        dash = ""
    if not dash or hours[0] == hours[1]:
        shown = _shown(value)
        raise ValueError(_('expected working hours such as "09:00-17:00", found {found}', found=shown))
    return hours


def read_quiet(value: Any) -> tuple[tuple[time, time], ...]:
    """Quiet times from `12:30-13:15`, or from several with commas between them. Raises `ValueError`."""
    message = _('expected quiet times such as "12:30-13:15", found {found}', found=_shown(value))
    try:
        parts = value.split(",") if isinstance(value, str) and value.strip() else []
        return tuple(sorted({read_work(part) for part in parts}))
    except ValueError:
        raise ValueError(message) from None


def _quiet(value: Any) -> tuple[tuple[time, time], ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(
            _('expected quiet times such as ["12:30-13:15"], found {found}', found=_shown(value))
        )
    return tuple(sorted({span for each in value for span in read_quiet(each)}))


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read_workdays(value: Any) -> tuple[int, ...]:
    """Days of the week from `mon-fri` or `mon, wed, fri`; Monday is 0. Raises `ValueError`."""
    days: set[int] = set()
    for part in value.lower().split(",") if isinstance(value, str) else [""]:
        first, _dash, last = (each.strip() for each in part.partition("-"))
        if first not in DAYS or (last or first) not in DAYS:
            shown = _shown(value)
            raise ValueError(
                _('expected days such as "mon-fri" or "mon, wed, fri", found {found}', found=shown)
            )
        begin, end = DAYS.index(first), DAYS.index(last or first)
        days.update(day % 7 for day in range(begin, end + 1 if end >= begin else end + 8))
    return tuple(sorted(days))


def _zone(value: Any) -> str:
    if value == "":
        return ""
    from recovery.zones import is_known

    near = []
    if isinstance(value, str):
        if is_known(value):
            return value
        from difflib import get_close_matches
        from zoneinfo import available_timezones

        near = get_close_matches(value, available_timezones(), 1)
    message = _(
        'expected the name of a time zone such as "Europe/Berlin", or "" for the machine\'s, found {found}',
        found=_shown(value),
    )
    raise ValueError(message + (_("; did you mean {near}?", near=near[0]) if near else ""))


def _one_of(names: tuple[str, ...], value: Any) -> str:
    if value not in names:
        quoted = ", ".join(f'"{name}"' for name in names)
        raise ValueError(_("expected one of {names}, found {found}", names=quoted, found=_shown(value)))
    return str(value)


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(_("expected true or false, without quotes, found {found}", found=_shown(value)))
    return value


MOST_REPEATS = 10


def _repeats(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_REPEATS:
        shown, most = _shown(value), MOST_REPEATS
        raise ValueError(_("expected a number from 0 to {most}, found {found}", most=most, found=shown))
    return value


def _shown(value: Any) -> str:
    """A value as the file has it, more or less, and not too long."""
    match value:
        case bool():
            text = str(value).lower()
        case str():
            text = f'"{value}"'
        case dict():
            text = _("a table")
        case list():
            text = _("a list")
        case _:
            text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_READERS: dict[str, Callable[[Any], Any]] = {
    "wake": _time,
    "bedtime": _time,
    "timezone": _zone,
    "notifier": partial(_one_of, NOTIFIERS),
    "auto_advance": _yes_or_no,
    "language": partial(_one_of, ("", *LANGUAGES)),
    "work": read_work,
    "workdays": read_workdays,
    "quiet": _quiet,
    "end_repeats": _repeats,
    "start_repeats": _repeats,
    "respect_dnd": _yes_or_no,
    "discreet": _yes_or_no,
    "sound": _yes_or_no,
}


class LiveSettings:
    """The settings in a folder, read anew when the file has changed: a daemon needs no restart.

    A file with mistakes changes nothing; they are told in the log, once.
    """

    def __init__(self, folder: Path, log: "logging.Logger") -> None:
        self._folder = folder
        self._log = log
        self._seen: tuple[int, int] | None = None
        self._settings = Settings()

    def now(self) -> Settings:
        try:
            there = (self._folder / SETTINGS_FILE).stat()
            seen = (there.st_mtime_ns, there.st_size)
        except OSError:
            self._seen, self._settings = None, Settings()
            return self._settings
        if seen != self._seen:
            self._seen = seen
            try:
                self._settings = read_settings(self._folder)
            except SettingsError as error:
                self._log.error("the settings stay as they were: %s", error.message)
        return self._settings
