"""The variables that tell of the desktop on which a command is typed, and those that are of its shell alone."""

from collections.abc import Mapping

from recovery.notify.session_bus import BUS

NAMES = (
    BUS,
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
    given = {name: environ.get(name, "") for name in NAMES}
    if environ.get("SSH_CONNECTION") and not given["DISPLAY"].startswith(":"):
        given["DISPLAY"] = ""  # a screen at the other end: it goes with the connection
    return {name: value for name, value in given.items() if value and _is_plain(value)}


def screen(environ: Mapping[str, str]) -> str:
    """The names of the screens that the surroundings tell of, for comparing."""
    usable = surroundings(environ)
    return " ".join(usable[name] for name in ("DISPLAY", "WAYLAND_DISPLAY") if name in usable)


def moved(environ: Mapping[str, str], to: Mapping[str, str]) -> dict[str, str]:
    """An environment with other surroundings: what is not among them is not in it either."""
    return {name: value for name, value in environ.items() if name not in NAMES} | surroundings(to)


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
