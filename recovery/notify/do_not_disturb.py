"""Do not disturb and full screen: what a desktop says of them, asked of it, without anything being assumed.

Measured with the servers themselves (Debian 12). KDE Plasma has the property `Inhibited` of the specification, dunst
has `paused`; Xfce keeps a switch in Xfconf, GNOME and MATE in GSettings, which has no way over the bus but tells there
that something changed. Each holds back or drops what is normal and shows what is critical, but MATE, which drops both,
and dunst, which keeps both until it goes on.
Of a full screen only GNOME knows by itself: elsewhere, on X11, the active window is asked.
"""

import shutil
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recovery.language import N_

PROPERTIES = "org.freedesktop.DBus.Properties"
SERVER = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
DUNST = "org.dunstproject.cmd0"
XFCONF = "org.xfce.Xfconf"

HELD = N_("the desktop is not to disturb")
UNSEEN = N_("the desktop shows nothing now, not even what is urgent")
FULL_SCREEN = N_("a program has the full screen")


@dataclass(frozen=True)
class Server:
    """The program that shows notes."""

    name: str = ""
    vendor: str = ""

    @property
    def drops_what_is_urgent(self) -> bool:
        """True if it shows nothing at all while the person does not want to be disturbed, and nothing of it later."""
        return self.vendor == "MATE"

    @property
    def keeps_what_is_urgent(self) -> bool:
        """True if it shows what is urgent only when that is over, as all else."""
        return self.name == "dunst"


@dataclass(frozen=True)
class Call:
    """A question over the session's bus."""

    by: str
    """Who answers, for people."""
    service: str
    path: str
    interface: str
    member: str
    values: tuple[str, ...] = ()
    unset: str = ""
    """The name of the error that means no."""

    @property
    def signature(self) -> str:
        """Of the values: they are all text."""
        return "s" * len(self.values)


PROPERTY_CALLS = (
    Call("Inhibited", SERVER, PATH, PROPERTIES, "Get", (SERVER, "Inhibited")),
    Call("dunst", SERVER, PATH, PROPERTIES, "Get", (DUNST, "paused")),
)
"""True where notes are held back."""

_XFCE = ("xfce4-notifyd", "/do-not-disturb")
XFCE_CALL = Call(
    "Xfce", XFCONF, "/org/xfce/Xfconf", XFCONF, "GetProperty", _XFCE, f"{XFCONF}.Error.PropertyNotFound"
)

_GSETTINGS = {
    "GNOME": ("org.gnome.desktop.notifications", "show-banners", "false"),
    "MATE": ("org.mate.NotificationDaemon", "do-not-disturb", "true"),
}
"""(schema, key, the value that holds notes back)."""

_DCONF_KEYS = (
    "/org/gnome/desktop/notifications/show-banners",
    "/org/mate/notification-daemon/do-not-disturb",
)

RULES = (
    f"type='signal',sender='{SERVER}',path='{PATH}',interface='{PROPERTIES}'",
    f"type='signal',sender='{XFCONF}',interface='{XFCONF}',arg0='{_XFCE[0]}',arg1='{_XFCE[1]}'",
    *(f"type='signal',interface='ca.desrt.dconf.Writer',member='Notify',arg0='{key}'" for key in _DCONF_KEYS),
)
"""Match rules for the signals that `is_freed` reads."""

Dialogue = Generator[tuple[str, ...], str, bool | None]
"""Commands to run, one after the other; each gets what the one before has written. True: held back; None: unknown."""


def calls(server: Server) -> Iterator[Call]:
    """List what may be asked of a server over the bus."""
    yield from PROPERTY_CALLS
    if server.name.startswith("Xfce"):
        yield XFCE_CALL


def switch(server: Server, environ: Mapping[str, str]) -> tuple[str, Dialogue] | None:
    """Name the program that knows if the person may be disturbed, and how to ask; None where none does."""
    by = "GNOME" if server.name == "gnome-shell" else server.vendor
    if by not in _GSETTINGS or not _which("gsettings", environ):
        return None
    return by, _setting(*_GSETTINGS[by])


def full_screen(server: Server, environ: Mapping[str, str]) -> Dialogue | None:
    """Say how to ask if the active window takes the full screen; None where the desktop sees to it, or cannot tell."""
    is_x11 = environ.get("DISPLAY") and not environ.get("WAYLAND_DISPLAY")
    if not is_x11 or server.name == "gnome-shell" or not _which("xprop", environ):
        return None
    return _active_window()


def _which(program: str, environ: Mapping[str, str]) -> bool:
    return shutil.which(program, path=environ.get("PATH")) is not None


def _setting(schema: str, key: str, holds: str) -> Dialogue:
    said = yield ("gsettings", "get", schema, key)
    return said.strip() == holds if said.strip() in ("true", "false") else None


def _active_window() -> Dialogue:
    said = yield ("xprop", "-root", "_NET_ACTIVE_WINDOW")
    number = said.partition("#")[2].partition(",")[0].strip()  # xfwm4 has a second one
    try:
        if int(number, 16) == 0:
            return False  # no window is active
    except ValueError:
        return None  # the window manager does not say
    said = yield ("xprop", "-id", number, "_NET_WM_STATE")
    return "_NET_WM_STATE_FULLSCREEN" in said


def run(dialogue: Dialogue, ask: Callable[[tuple[str, ...]], str]) -> bool | None:
    """The end of a dialogue, for who may wait."""
    try:
        command = next(dialogue)
        while True:
            command = dialogue.send(ask(command))
    except StopIteration as ended:
        answer: bool | None = ended.value
        return answer


def flag(values: Any) -> bool | None:
    """The answer to a `Call`; None where there is no such property, or it is something else than yes or no."""
    match values:
        case ((_signature, bool(held)),):
            return held
    return None


def is_freed(member: str, values: Any) -> bool:
    """Tell if a signal may mean that notes are shown again: it is worth asking then."""
    match member, values:
        case "PropertiesChanged", (str(), dict(changed), list(invalidated)):
            names = [call.values[1] for call in PROPERTY_CALLS]
            return any(name in invalidated or flag((changed.get(name),)) is False for name in names)
        case "PropertyChanged", (_, _, value):
            return flag((value,)) is False
        case ("PropertyRemoved", _) | ("Notify", _):
            return True
    return False
