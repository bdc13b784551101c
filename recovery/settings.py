"""What a person sets once, for all protocols: `settings.toml` in the state folder. Never written by us."""

import re
from collections.abc import Callable, Mapping
from datetime import time
from pathlib import Path
from typing import Any

from recovery.errors import SettingsError
from recovery.values import Value

NAME = "settings.toml"
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
    """Whether a phase whose gate is open ends by itself; otherwise its end is offered."""


def load(folder: Path) -> Settings:
    """The settings in `folder`; the defaults where there is no file.

    Raises `SettingsError` with every problem of the file, one a line, each with its place.
    """
    path = folder / NAME
    text = _read(path)
    if text is None:
        return Settings()
    found = _parse(path, text)
    problems = []
    values: dict[str, Any] = {}
    for key, value in found.items():
        try:
            if key not in _READERS:
                raise ValueError(f"unknown setting {key!r}{_did_you_mean(key, _READERS)}")
            values[key] = _READERS[key](value)
        except ValueError as error:
            problems.append(f"{_place(path, text, key)}: {error}")
    settings = Settings(**values)
    if settings.wake == settings.bedtime and not problems:
        key = "bedtime" if "bedtime" in found else "wake"
        problems.append(
            f"{_place(path, text, key)}: expected a bedtime other than the time of waking,"
            f" found {settings.bedtime:%H:%M} for both"
        )
    if problems:
        raise SettingsError("\n".join(problems), f"correct {path}, or move it away to use the defaults")
    return settings


def _read(path: Path) -> str | None:
    hint = "correct it, or move it away to use the defaults"
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}", hint) from None
    if len(content) > MOST_BYTES:
        raise SettingsError(f"{path}: is larger than {MOST_BYTES // 1024} KiB", hint)
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")  # editors on Windows begin with a mark
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path}:{line}: expected UTF-8 text, found other bytes", hint) from None


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
            f"{place}: is not TOML: {message}",
            'write one setting a line, texts and times in quotes, such as wake = "07:00"',
        ) from None


def _place(path: Path, text: str, key: str) -> str:
    """`file:line` of a key, or the file alone where the key is written in an unusual way."""
    pattern = rf"""\s*\[*\s*(["']?){re.escape(key)}\1\s*[=.\]]"""
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(pattern, line):
            return f"{path}:{number}"
    return str(path)


def _did_you_mean(word: str, known: Mapping[str, Any]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, 1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"


def _time(value: Any) -> time:
    expected = 'expected a time in quotes from "00:00" to "23:59"'
    if not isinstance(value, str):
        raise ValueError(f"{expected}, found {_shown(value)}")
    hours, _, minutes = value.partition(":")
    is_clock = all(len(part) == 2 and part.isascii() and part.isdigit() for part in (hours, minutes))
    if not is_clock or int(hours) > 23 or int(minutes) > 59:
        raise ValueError(f"{expected}, found {_shown(value)}")
    return time(int(hours), int(minutes))


def _zone(value: Any) -> str:
    expected = 'expected the name of a time zone such as "Europe/Berlin", or "" for the machine\'s'
    if not isinstance(value, str):
        raise ValueError(f"{expected}, found {_shown(value)}")
    if not value:
        return value
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(value)
    except (LookupError, ValueError, OSError):  # not there; not a key at all; the name of a folder
        from difflib import get_close_matches

        near = get_close_matches(value, available_timezones(), 1)
        advice = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"{expected}, found {_shown(value)}{advice}") from None
    return value


def _notifier(value: Any) -> str:
    if value not in NOTIFIERS:
        names = ", ".join(f'"{name}"' for name in NOTIFIERS)
        raise ValueError(f"expected one of {names}, found {_shown(value)}")
    return str(value)


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false, without quotes, found {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    """A value as the file has it, more or less, and not too long."""
    match value:
        case bool():
            text = str(value).lower()
        case str():
            text = f'"{value}"'
        case dict():
            text = "a table"
        case list():
            text = "a list"
        case _:
            text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_READERS: dict[str, Callable[[Any], Any]] = {
    "wake": _time,
    "bedtime": _time,
    "timezone": _zone,
    "notifier": _notifier,
    "auto_advance": _yes_or_no,
}
