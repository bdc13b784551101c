"""Started by macOS, as a launch agent."""

import os
import re
from pathlib import Path

from recovery.daemon import launch
from recovery.daemon.autostart.way import UNDO, Machine, ProgramAnswer, StepsTaken, remove, write_file
from recovery.errors import RecoveryError
from recovery.language import _


class Launchd:
    """A launch agent. Written by the documents; never run by us."""

    name = "launchd"

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.label = f"recovery.daemon{machine.suffix}"

    @property
    def path(self) -> Path:
        """Raises `RecoveryError` for somebody without a home folder."""
        return self._machine.home / "Library" / "LaunchAgents" / f"{self.label}.plist"

    @property
    def place(self) -> str:
        return str(self.path)

    def why_not(self) -> str:
        return "" if self._machine.platform == "darwin" else _("this is not macOS")

    def is_installed(self) -> bool:
        return not self.why_not() and self.path.exists()

    def install(self) -> StepsTaken:
        is_new = write_file(self.path, plist(self._machine, self.label))
        if not is_new and self.state():
            return StepsTaken((), UNDO)
        did = [_("Written: {path}", path=self.path)] if is_new else []
        self._call("bootout", f"{self._domain()}/{self.label}")
        launch.stop_daemon(self._machine.folder)
        said = self._call("bootstrap", self._domain(), str(self.path))
        if said.status:
            raise RecoveryError(_("launchctl bootstrap: {reason}", reason=said.text))
        did.append(_("launchd starts it at log-in, and again whenever it fails. It runs now."))
        return StepsTaken(tuple(did), UNDO)

    def uninstall(self) -> StepsTaken:
        self._call("bootout", f"{self._domain()}/{self.label}")
        did = [_("Removed: {path}", path=self.path)] if remove(self.path) else []
        if did:
            did.append(_("The daemon is ended. No reminders come until: recovery daemon start"))
        return StepsTaken(tuple(did), "recovery service install")

    def state(self) -> str:
        said = self._call("print", f"{self._domain()}/{self.label}")
        state = re.search(r"^\s*state = (.+)$", said.text, re.MULTILINE)
        return state[1] if state and not said.status else ""

    def _domain(self) -> str:
        return f"gui/{os.getuid()}" if hasattr(os, "getuid") else "gui/0"

    def _call(self, *words: str) -> ProgramAnswer:
        return self._machine.run(["launchctl", *words])


def plist(machine: Machine, label: str) -> bytes:
    """The launch agent of a folder."""
    import plistlib

    return plistlib.dumps(
        {
            "Label": label,
            "ProgramArguments": [machine.python, "-P", "-m", "recovery.daemon", "-", ""],
            "EnvironmentVariables": {"RECOVERY_HOME": str(machine.folder)},
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 10,
            "ProcessType": "Background",
            "LimitLoadToSessionType": "Aqua",
            "Umask": 0o077,
        }
    )
