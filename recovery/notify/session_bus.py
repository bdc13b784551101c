"""The address of the session bus: the one that the environment names, or the person's own bus."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from recovery.language import _

BUS = "DBUS_SESSION_BUS_ADDRESS"
OWN_PLACES = "/run/user"
"""The folder in which the system keeps one of each user who is logged in, with their bus in it."""


def session_bus_address(environ: Mapping[str, str]) -> str:
    """A D-Bus address, which lists where to try in turn: the bus that is named, then the person's own; or "".

    Their own is `bus` in `XDG_RUNTIME_DIR`; where that names no folder of theirs (cron has none, `su` leaves another
    user's), in their folder of `OWN_PLACES`. It counts where it is a socket of theirs.
    """
    own = [path for path in own_buses(environ) if is_own_socket(path)]
    listed = [environ.get(BUS, ""), *(f"unix:path={_escape(path)}" for path in own)]
    return ";".join(dict.fromkeys(address for address in listed if address))


def why_no_bus(environ: Mapping[str, str]) -> str:
    """The plain words for an empty `session_bus_address`."""
    path = next(iter(own_buses(environ)), "")
    if environ.get("XDG_RUNTIME_DIR"):
        return _(
            "there is no desktop session to show it on (DBUS_SESSION_BUS_ADDRESS is not set and there is no {path})",
            path=path,
        )
    if path:
        return _(
            "there is no desktop session to show it on"
            " (DBUS_SESSION_BUS_ADDRESS is not set, XDG_RUNTIME_DIR is not set, and there is no {path})",
            path=path,
        )
    return _(
        "there is no desktop session to show it on"
        " (DBUS_SESSION_BUS_ADDRESS is not set and XDG_RUNTIME_DIR is not set)"
    )


def own_buses(environ: Mapping[str, str]) -> list[str]:
    """The paths at which the person's own bus may be."""
    named = environ.get("XDG_RUNTIME_DIR", "")
    paths = [str(Path(named) / "bus")] if named.startswith("/") else []
    if hasattr(os, "geteuid") and not (paths and is_own_folder(named)):
        paths.append(f"{OWN_PLACES}/{os.geteuid()}/bus")
    return list(dict.fromkeys(paths))


def is_own_folder(path: str) -> bool:
    """True for a folder that belongs to this user."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()


def is_own_socket(path: str) -> bool:
    """True where a socket is that belongs to this user."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return False
    return stat.S_ISSOCK(status.st_mode) and status.st_uid == os.geteuid()


def bare(address: str) -> str:
    """One address without the number of its bus: the rest says where it is."""
    return address.partition(",guid=")[0]


def _escape(path: str) -> str:
    """The path as a D-Bus address value: bytes outside the plain set become %xx."""
    plain = b"-/._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return "".join(chr(byte) if byte in plain else f"%{byte:02x}" for byte in os.fsencode(path))
