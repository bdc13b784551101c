"""Protocols as JSON, for the store: read back without pydantic, YAML or any looking into types.

Each value of `model` is an object that says its class under `$`; tuples are arrays, mappings are objects.
"""

import json
from datetime import time
from typing import Any

from recovery.protocol import durations, model
from recovery.protocol.model import RecoveryProtocol

FORMAT = 1
"""Raised with every change of `model` that changes what is written. Other formats are refused."""

_CLASSES: tuple[type[Any], ...] = (
    durations.Duration,
    durations.Range,
    model.Source,
    model.Anchor,
    model.Comparison,
    model.All,
    model.AnyOf,
    model.Not,
    model.LocalMoment,
    model.Every,
    model.PerDay,
    model.At,
    model.PerWeek,
    model.Once,
    model.Step,
    model.Session,
    model.Reminder,
    model.Hold,
    model.CheckIn,
    model.Advice,
    model.Observation,
    model.Limit,
    model.Table,
    model.TableRef,
    model.Escalation,
    model.RedFlag,
    model.Healing,
    model.Phase,
    model.RecoveryProtocol,
)
_BY_NAME: dict[str, type[Any]] = {cls.__name__: cls for cls in _CLASSES}
_FIELDS: dict[type[Any], tuple[str, ...]] = {cls: cls._fields for cls in _CLASSES}


def to_json(protocol: RecoveryProtocol) -> str:
    """The protocol as one line of JSON."""
    return json.dumps(
        {"format": FORMAT, "protocol": _plain(protocol)}, ensure_ascii=False, separators=(",", ":")
    )


def from_json(text: str) -> RecoveryProtocol:
    """The protocol of `to_json`. Raises `ValueError` for another format or anything else."""
    try:
        written = json.loads(text)
        if not isinstance(written, dict) or written.get("format") != FORMAT:
            raise ValueError("not a compiled protocol of this format")
        protocol = _value(written.get("protocol"))
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"not a compiled protocol: {error!r}") from None
    if not isinstance(protocol, RecoveryProtocol):
        raise ValueError("not a compiled protocol")
    return protocol


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    fields = _FIELDS.get(type(value))
    if fields is not None:
        return {"$": type(value).__name__, **{name: _plain(getattr(value, name)) for name in fields}}
    if isinstance(value, time):
        return {"$": "time", "at": value.isoformat()}
    if "$" in value:
        raise ValueError("a mapping with the key '$' cannot be written")
    return {key: _plain(item) for key, item in value.items()}


def _value(written: Any) -> Any:
    if isinstance(written, dict):
        name = written.get("$")
        if name is None:
            return {key: _value(item) for key, item in written.items()}
        if name == "time":
            return time.fromisoformat(written["at"])
        return _BY_NAME[name](**{key: _value(item) for key, item in written.items() if key != "$"})
    if isinstance(written, list):
        return tuple([_value(item) for item in written])
    return written
