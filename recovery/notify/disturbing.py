"""Do not disturb: what notification servers say of it on the bus, without anything being assumed of one.

KDE Plasma and some others have the property `Inhibited` of the specification (on Plasma true for full screen and
shared screens as well, as its settings have it); dunst has `paused`. GNOME has only a setting, which cannot be asked
over the bus, and xfce4-notifyd a file: both hold notes back by themselves, and show what is critical.
"""

from typing import Any

from recovery.language import N_

PROPERTIES = "org.freedesktop.DBus.Properties"
SERVER = "org.freedesktop.Notifications"
DUNST = "org.dunstproject.cmd0"

QUESTIONS = ((SERVER, "Inhibited"), (DUNST, "paused"))
"""(interface, property) of the server's object; true where notes are held back."""

HELD = N_("the desktop is not to disturb")


def flag(values: Any) -> bool | None:
    """The answer to `Get` of a property that is yes or no; None where the server has none such."""
    match values:
        case ((_signature, bool(held)),):
            return held
    return None


def is_freed(values: Any) -> bool:
    """Whether a `PropertiesChanged` signal may mean that notes are shown again."""
    match values:
        case (str(), dict(changed), list(invalidated)):
            for _interface, name in QUESTIONS:
                if name in invalidated or (name in changed and flag((changed[name],)) is False):
                    return True
    return False
