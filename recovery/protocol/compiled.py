"""Protocols as JSON, for the store: read back without pydantic, YAML or any looking into types.

Each value of `model` is an object that says its class under `$`; tuples are arrays, mappings are objects.
"""

import json
from collections.abc import Callable, Mapping
from datetime import time
from functools import lru_cache
from typing import Any

from recovery.protocol import model, terms
from recovery.protocol.model import RecoveryProtocol
from recovery.values import Value

EDITION = 10
"""Raised where the same names get another meaning, or the floor changes."""

_BY_NAME: dict[str, type[Any]] = {
    name: each
    for name, each in {**vars(terms), **vars(model), "Session": model.Treatment}.items()
    if isinstance(each, type) and issubclass(each, Value)
}
"""The names in what is written, which other programs read, too: a treatment is a session of the file."""
_NAMES = {each: name for name, each in _BY_NAME.items()}
_FIELDS = [(name, each._fields) for name, each in _BY_NAME.items()]
FORMAT = int.from_bytes(f"{EDITION} {_FIELDS}".encode()) % 2_147_483_647
"""Another number with every name that is new, gone or otherwise. Other formats are refused."""


def to_json(protocol: RecoveryProtocol) -> str:
    """The protocol as one line of JSON."""
    return json.dumps(
        {"format": FORMAT, "protocol": _plain(protocol)}, ensure_ascii=False, separators=(",", ":")
    )


@lru_cache(maxsize=8)  # the daemon decides again and again by the same few, and `undo` reads the record twice
def from_json(text: str, language: str = "") -> RecoveryProtocol:
    """The protocol of `to_json`, its texts in a language where it has them in that; without one in all.

    Raises `ValueError` for another format or anything else.
    """
    try:
        written = json.loads(text, object_hook=_reader(language))
        if not isinstance(written, dict) or written.get("format") != FORMAT:
            raise ValueError("not a compiled protocol of this format")
        protocol = written.get("protocol")
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"not a compiled protocol: {error!r}") from None
    if not isinstance(protocol, RecoveryProtocol):
        raise ValueError("not a compiled protocol")
    return protocol


def in_language(protocol: RecoveryProtocol, language: str) -> RecoveryProtocol:
    """A protocol as it was read, with its texts in a language where it has them in that."""
    return from_json(to_json(protocol), language)


def in_words_of(language: str, value: Any) -> Any:
    """A value of a file with its texts in a language, where it has them in that."""
    match value:
        case terms.Text():
            return value.others.get(language, str(value))
        case tuple():
            return tuple(in_words_of(language, each) for each in value)
        case Mapping():
            return {name: in_words_of(language, each) for name, each in value.items()}
        case Value():
            return type(value)(
                **{name: in_words_of(language, getattr(value, name)) for name in value._fields}
            )
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, terms.Text):
        return {"$": "Text", "": str(value), **value.others}
    if isinstance(value, terms.Titled):
        return {"$": "Titled", "": str(value), "called": _plain(value.called)}
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Value):
        return {"$": _NAMES[type(value)], **{name: _plain(getattr(value, name)) for name in value._fields}}
    if isinstance(value, time):
        return {"$": "time", "at": value.isoformat()}
    if "$" in value:
        raise ValueError("a mapping with the key '$' cannot be written")
    return {key: _plain(item) for key, item in value.items()}


def _reader(language: str) -> Callable[[dict[str, Any]], Any]:
    """Give the function that makes each JSON object a value, or leaves it the mapping that it is.

    The JSON reader calls it itself, innermost objects first, and a value takes all its fields at once: every command
    reads a protocol.
    """

    def read(written: dict[str, Any]) -> Any:
        name = written.pop("$", None)
        if name == "Text":
            if language:
                return written.get(language) or written[""]
            return terms.Text(written.pop(""), written)
        if name == "Titled":
            return terms.Titled(written[""], written["called"])
        for key, item in written.items():
            if type(item) is list:
                written[key] = _tuple(item)
        if name is None:
            return written
        if name == "time":
            return time.fromisoformat(written["at"])
        kind: Any = _BY_NAME[name]
        if written.keys() != kind._names:
            raise TypeError(f"{name} has other fields")
        value = kind.__new__(kind)
        object.__setattr__(value, "__dict__", written)
        return value

    return read


def _tuple(items: list[Any]) -> tuple[Any, ...]:
    return tuple([_tuple(item) if type(item) is list else item for item in items])
