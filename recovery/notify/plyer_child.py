"""Shows one note with plyer: `python -m recovery.notify.plyer_child < {"title": ..., "body": ...}`.

The only module that names plyer, and a process of its own, because plyer may block for 75 seconds. Exit
status 0: handed over, as far as plyer can tell; otherwise one line on standard error says why not. What its
helpers (notify-send, a Windows thread) write there is left alone: the parent takes it for a failure.
"""

import html
import json
import os
import re
import shutil
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recovery.language import _, chosen, use
from recovery.notify.wording import APP_NAME, BODY_LIMIT, TITLE_LIMIT, clean, cut_utf16

SECONDS_ON_WINDOWS = 5
"""The Windows balloon holds its process for as long as it shows."""

Wording = tuple[str, str]


def main() -> int:
    use(chosen(os.environ))
    warnings.simplefilter("ignore")  # plyer warns where dbus-python is missing, which is the usual case
    try:
        note = json.load(sys.stdin.buffer)
        title = clean(note["title"], TITLE_LIMIT) or "Recovery"
        notify, word = way_of_this_platform()
        title, body = word(title, clean(note["body"], BODY_LIMIT))
        notify(title=title, message=body, app_name=APP_NAME, timeout=SECONDS_ON_WINDOWS)
    except NotImplementedError:
        return _fail(_("plyer knows no way of notifying here (is notify-send installed?)"))
    except ImportError as error:
        return _fail(_("the Python package {name} is not installed", name=error.name))
    except Exception as error:  # whatever a platform's backend raises is the reason to tell
        return _fail(f"plyer: {type(error).__name__}: {error}")
    return 0


def _fail(reason: str) -> int:
    print(" ".join(reason.split()), file=sys.stderr)  # noqa: T201  # this module is a program
    return 1


def way_of_this_platform() -> tuple[Callable[..., Any], Callable[[str, str], Wording]]:
    """plyer's function to call, and how to word a note so that it arrives through it.

    Imported here (PLC0415), where a failing import becomes a reason.
    """
    if sys.platform == "win32":
        from plyer import notification

        return notification.notify, for_windows
    if not sys.platform.startswith("linux"):
        from plyer import notification

        return notification.notify, as_it_is
    from plyer.platforms.linux import notification as linux

    backend = linux.instance()
    if isinstance(backend, linux.NotifyDesktopPortals):
        # plyer takes any folder /app for Flatpak; many containers have one.
        if Path("/.flatpak-info").exists():
            return backend.notify, for_portal
        if not shutil.which("notify-send"):
            raise NotImplementedError
        backend = linux.NotifySendNotification()
    if isinstance(backend, linux.NotifySendNotification):
        return backend.notify, for_notify_send
    return backend.notify, for_dbus


def as_it_is(title: str, body: str) -> Wording:
    return title, body


def for_dbus(title: str, body: str) -> Wording:
    """plyer cannot ask whether the server reads markup; nearly all do, in the body only."""
    return title, html.escape(body, quote=False)


def for_notify_send(title: str, body: str) -> Wording:
    """notify-send takes a leading hyphen for an option and undoes backslashes in the body.

    Without a way to pass `--`, the hyphen becomes a minus sign, which looks the same.
    """
    minus = "\N{MINUS SIGN}"
    escaped = html.escape(body, quote=False).replace("\\", "\\\\")
    return re.sub("^-", minus, title), re.sub("^-", minus, escaped)


def for_portal(title: str, body: str) -> Wording:
    """plyer pastes both between single quotes of a GVariant text, where a backslash escapes."""

    def quoted(text: str) -> str:
        return text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")

    return quoted(title), quoted(body)


def for_windows(title: str, body: str) -> Wording:
    """Windows keeps 64 and 256 UTF-16 units, the closing NUL among them."""
    return cut_utf16(title, 63), cut_utf16(body, 255)


if __name__ == "__main__":
    sys.exit(main())
