"""Started by the desktop, from its autostart folder (XDG)."""

import re

from recovery.daemon import presence
from recovery.daemon.autostart.way import UNDO, Machine, StepsTaken, remove, write_file
from recovery.language import _


class Autostart:
    """A file in the desktop's autostart folder: for Linux without a systemd user manager. Nothing restarts it."""

    name = "xdg"

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.path = machine.configuration / "autostart" / f"recovery{machine.suffix}.desktop"

    @property
    def place(self) -> str:
        return str(self.path)

    def why_not(self) -> str:
        return (
            _("desktops there have no autostart folder")
            if self._machine.platform in ("win32", "darwin")
            else ""
        )

    def is_installed(self) -> bool:
        return self.path.exists()

    def install(self) -> StepsTaken:
        did = []
        if write_file(self.path, desktop_text(self._machine).encode()):
            did.append(_("Written: {path}", path=self.path))
            did.append(_("The desktop starts it at the next log-in."))
        if not presence.is_running(self._machine.folder):
            did.append(_("It does not run yet: recovery daemon start"))
        return StepsTaken(tuple(did), UNDO)

    def uninstall(self) -> StepsTaken:
        did = [_("Removed: {path}", path=self.path)] if remove(self.path) else []
        if did and presence.is_running(self._machine.folder):
            did.append(_("The daemon goes on until the session ends: recovery daemon stop"))
        return StepsTaken(tuple(did), "recovery service install")

    def state(self) -> str:
        return ""


def desktop_text(machine: Machine) -> str:
    """The autostart file of a folder."""
    words = ("/usr/bin/env", f"RECOVERY_HOME={machine.folder}", machine.python)
    command = " ".join(_quoted_argument(word) for word in (*words, "-P", "-m", "recovery", "daemon", "start"))
    # In a value of the file a backslash stands for more than itself once more.
    command = command.replace("\\", "\\\\")
    return f"""\
[Desktop Entry]
# Written by `recovery service install`; `recovery service uninstall` removes it.
Type=Application
Name=Recovery reminders
Name[de]=Erinnerungen von recovery
Comment=Reminders for the recovery from a strain
Comment[de]=Erinnerungen zur Genesung von einer Zerrung
Exec={command}
Terminal=false
NoDisplay=true
X-GNOME-Autostart-enabled=true
"""


def _quoted_argument(text: str) -> str:
    """A word of an Exec line, by the Desktop Entry Specification."""
    plain = text.replace("%", "%%")
    if re.fullmatch(r"[A-Za-z0-9_./:=%-]+", plain):
        return plain
    return '"' + re.sub(r'(["`$\\])', r"\\\1", plain) + '"'
