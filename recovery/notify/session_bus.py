"""Where the session bus is, from the environment alone."""

import os
from collections.abc import Mapping
from pathlib import Path

from recovery.language import _


def session_bus_address(environ: Mapping[str, str]) -> str:
    """`DBUS_SESSION_BUS_ADDRESS`, or `$XDG_RUNTIME_DIR/bus` where that is a socket (cron, ssh), or ""."""
    named = environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    if named:
        return named
    path = _runtime_path(environ)
    try:
        is_there = bool(path) and Path(path).is_socket()
    except (OSError, ValueError):
        is_there = False
    return f"unix:path={_escape(path)}" if is_there else ""


def why_no_bus(environ: Mapping[str, str]) -> str:
    """The plain words for an empty `session_bus_address`."""
    path = _runtime_path(environ)
    if path:
        return _(
            "there is no desktop session to show it on (DBUS_SESSION_BUS_ADDRESS is not set and there is no {path})",
            path=path,
        )
    return _(
        "there is no desktop session to show it on"
        " (DBUS_SESSION_BUS_ADDRESS is not set and XDG_RUNTIME_DIR is not set)"
    )


def _runtime_path(environ: Mapping[str, str]) -> str:
    folder = environ.get("XDG_RUNTIME_DIR", "")
    return str(Path(folder) / "bus") if folder else ""


def _escape(path: str) -> str:
    """The path as a D-Bus address value: bytes outside the plain set become %xx."""
    plain = b"-/._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return "".join(chr(byte) if byte in plain else f"%{byte:02x}" for byte in os.fsencode(path))
