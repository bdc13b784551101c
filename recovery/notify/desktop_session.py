"""The desktop session that the environment tells of: its variables, and the address of its bus or the person's own."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from recovery.language import _

BUS_VARIABLE = "DBUS_SESSION_BUS_ADDRESS"
ANSWER_SECONDS = 3.0
"""The time in which a bus that is looked at has to answer."""

OWN_PLACES = "/run/user"
"""The folder in which the system keeps one of each user who is logged in, with their bus in it."""


def session_bus_address(environ: Mapping[str, str]) -> str:
    """A D-Bus address, which lists where to try in turn: the bus that is named, then the person's own; or "".

    Their own is `bus` in `XDG_RUNTIME_DIR`; where that names no folder of theirs (cron has none, `su` leaves another
    user's), in their folder of `OWN_PLACES`. It counts where it is a socket of theirs.
    """
    own = [path for path in own_buses(environ) if is_own_socket(path)]
    listed = [environ.get(BUS_VARIABLE, ""), *(f"unix:path={_escape(path)}" for path in own)]
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


VARIABLES = (
    BUS_VARIABLE,
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_TYPE",
    "XDG_CURRENT_DESKTOP",
)
"""All that is ever taken over; xprop, gsettings and notify-send are started with it."""

_LONGEST = 1000
"""Characters of one of them."""


def surroundings(environ: Mapping[str, str]) -> dict[str, str]:
    """Those of the list that are set, to something that can be used."""
    given = {name: environ.get(name, "") for name in VARIABLES}
    if environ.get("SSH_CONNECTION") and not given["DISPLAY"].startswith(":"):
        given["DISPLAY"] = ""  # a screen at the other end: it goes with the connection
    return {name: value for name, value in given.items() if value and _is_plain(value)}


def screens(environ: Mapping[str, str]) -> str:
    """The names of the screens that the surroundings tell of, for comparing."""
    usable = surroundings(environ)
    return " ".join(usable[name] for name in ("DISPLAY", "WAYLAND_DISPLAY") if name in usable)


def moved(environ: Mapping[str, str], to: Mapping[str, str]) -> dict[str, str]:
    """An environment with other surroundings: what is not among them is not in it either."""
    return {name: value for name, value in environ.items() if name not in VARIABLES} | surroundings(to)


_OF_A_SHELL = (
    *("_", "COLORTERM", "COLUMNS", "DESKTOP_STARTUP_ID", "GPG_TTY", "INVOCATION_ID", "JOURNAL_STREAM"),
    *("LINES", "LS_COLORS", "MAIL", "OLDPWD", "PAGER", "EDITOR", "VISUAL", "PS1", "PS2", "PWD", "SHELL"),
    *("SESSION_MANAGER", "SHLVL", "STY", "SUDO_ASKPASS", "WINDOW", "WINDOWID", "XDG_ACTIVATION_TOKEN"),
    *("XDG_SEAT", "XDG_SESSION_CLASS", "XDG_SESSION_ID", "XDG_VTNR"),
)
_BEGINNINGS_OF_A_SHELL = (
    *("BASH", "GNOME_TERMINAL_", "ITERM_", "KITTY_", "KONSOLE_", "LESS", "LISTEN_", "NOTIFY_SOCKET"),
    *("SSH_", "SUDO_", "SYSTEMD_", "TERM", "TILIX_", "TMUX", "VTE_", "WATCHDOG_", "WEZTERM_", "ZSH"),
)


def without_shell(environ: Mapping[str, str]) -> dict[str, str]:
    """Leave out what goes with the shell, the terminal, the connection or the unit that a command is typed in.

    The rest stays: what an interpreter, a loader or a desktop's library needs has no list (PYTHON…, LD_…, NIX_…).
    """
    kept = {
        name: value
        for name, value in environ.items()
        if name not in _OF_A_SHELL and not name.startswith(_BEGINNINGS_OF_A_SHELL)
    }
    return moved(kept, environ)


def _is_plain(value: str) -> bool:
    return len(value) <= _LONGEST and value.isprintable() and value.isascii()
