"""Started by systemd, as a unit of the person's own service manager."""

import os
import re
import shutil
import sys
from pathlib import Path

from recovery.daemon import control
from recovery.daemon.autostart.way import (
    UNDO,
    Machine,
    ProgramAnswer,
    StepsTaken,
    content_of,
    remove,
    write_file,
)
from recovery.errors import RecoveryError
from recovery.language import _

WATCHDOG_SECONDS = 300
"""How long the daemon may say nothing before systemd takes it for hung: it wakes at half of that to say so.

Nothing that it does takes longer than a locked journal's 5 s; two and a half minutes are 24 wake-ups an hour.
"""

SETUP_FAILED = range(200, 244)
"""The exit statuses by which systemd says that it could not set up a process at all (systemd.exec(5))."""


class Systemd:
    """A unit of the person's own service manager: started with the desktop, and again whenever it fails."""

    name = "systemd"

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.unit = f"recovery{machine.suffix}.service"
        self.path = machine.configuration / "systemd" / "user" / self.unit

    @property
    def place(self) -> str:
        return str(self.path)

    def why_not(self) -> str:
        if not self._machine.platform.startswith("linux"):
            return _("this is not Linux")
        if shutil.which("systemctl", path=self._machine.environ.get("PATH")) is None:
            return _("there is no systemctl")
        said = self._call("show", "--property=Version")
        if said.status:
            return _("no systemd user manager runs ({reason})", reason=said.text.partition("\n")[0])
        return ""

    def is_installed(self) -> bool:
        return self.path.exists()

    def install(self) -> StepsTaken:
        with_desktop = self._call("is-active", "graphical-session.target").status == 0
        did = []
        # A sandbox that could not be had here the last time is not tried again.
        loose = unit_text(self._machine, with_desktop=with_desktop, has_namespaces=False).encode()
        is_new = content_of(self.path) != loose and write_file(
            self.path, unit_text(self._machine, with_desktop=with_desktop).encode()
        )
        if is_new:
            did.append(_("Written: {path}", path=self.path))
            self._must("daemon-reload")
        if is_new or self._call("is-enabled", self.unit).text != "enabled":
            self._must("reenable", self.unit)
            when = _("with the desktop") if with_desktop else _("at log-in")
            did.append(_("systemd starts it {when}, and again whenever it fails.", when=when))
        is_active = self._call("is-active", self.unit).status == 0
        if is_active and not is_new:
            return StepsTaken(tuple(did), UNDO)
        if not is_active and control.end_daemon(self._machine.folder):
            did.append(_("The daemon that was running is ended; systemd's takes its place."))
        self._begin(with_desktop=with_desktop, did=did)
        did.append(_("It runs now: systemctl --user status {unit}", unit=self.unit))
        return StepsTaken(tuple(did), UNDO)

    def _begin(self, *, with_desktop: bool, did: list[str]) -> None:
        """Start it, without the part of the sandbox that needs namespaces where the system allows none."""
        self._call("reset-failed", self.unit)
        said = self._call("restart", self.unit)
        if said.status and self._exit_status() in SETUP_FAILED:
            write_file(
                self.path, unit_text(self._machine, with_desktop=with_desktop, has_namespaces=False).encode()
            )
            self._must("daemon-reload")
            self._call("reset-failed", self.unit)
            said = self._call("restart", self.unit)
            did.append(
                _(
                    "This system allows no namespaces to a person's services: the unit goes without read-only "
                    "folders, and keeps the filter of system calls and the closed network."
                )
            )
        if said.status:
            reason = said.text.partition("\n")[0]
            raise RecoveryError(
                _("{unit} is installed, but does not start: {reason}", unit=self.unit, reason=reason),
                _("journalctl --user -u {unit} says why; {undo} takes it back", unit=self.unit, undo=UNDO),
            )

    def start(self) -> ProgramAnswer:
        """Start it, and wait until it is ready."""
        self._call("reset-failed", self.unit)
        return self._call("start", self.unit)

    def stop(self) -> bool:
        """End it, or what was to start it again. False where there was nothing to end."""
        state = self._call("is-active", self.unit).text.partition("\n")[0]
        return state in ("active", "activating", "reloading") and self._call("stop", self.unit).status == 0

    def uninstall(self) -> StepsTaken:
        did = []
        was_active = self._call("is-active", self.unit).status == 0
        self._call("disable", "--now", self.unit)
        if remove(self.path):
            did.append(_("Removed: {path}", path=self.path))
        self._call("daemon-reload")
        self._call("reset-failed", self.unit)
        if was_active:
            did.append(_("The daemon is ended. No reminders come until: recovery daemon start"))
        return StepsTaken(tuple(did), "recovery service install")

    def state(self) -> str:
        if self.why_not():
            return ""
        active = self._call("is-active", self.unit).text.partition("\n")[0]
        enabled = self._call("is-enabled", self.unit).text.partition("\n")[0]
        return f"{enabled}, {active}"

    def _exit_status(self) -> int:
        said = self._call("show", "--property=ExecMainStatus", "--value", self.unit).text
        return int(said) if said.isdecimal() else 0

    def _must(self, *words: str) -> None:
        said = self._call(*words)
        if said.status:
            reason = said.text.partition("\n")[0]
            raise RecoveryError(_("systemctl --user {words}: {reason}", words=" ".join(words), reason=reason))

    def _call(self, *words: str) -> ProgramAnswer:
        return self._machine.run(["systemctl", "--user", "--no-pager", *words])


def start_service(folder: Path) -> bool:
    """Have systemd start the folder's daemon, where its unit is installed. False: it has to be started otherwise."""
    unit = _unit(folder)
    return unit is not None and unit.start().status == 0


def stop_service(folder: Path) -> bool:
    """Have systemd end the folder's daemon, also one that it was about to start again. False: it had none."""
    unit = _unit(folder)
    return unit is not None and unit.stop()


def _unit(folder: Path) -> Systemd | None:
    """The folder's unit, if it is installed and can be used."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        unit = Systemd(Machine(folder, os.environ))
    except RecoveryError:  # no home folder, so no unit in it
        return None
    return unit if unit.is_installed() and not unit.why_not() else None


def unit_text(machine: Machine, *, with_desktop: bool, has_namespaces: bool = True) -> str:
    """The unit of a folder. `with_desktop`: it lives as long as the graphical session."""
    target = "graphical-session.target" if with_desktop else "default.target"
    session = "\nPartOf=graphical-session.target\nAfter=graphical-session.target" if with_desktop else ""
    folder = str(machine.folder)
    command = " ".join(
        _quoted_command(word) for word in (machine.python, "-P", "-m", "recovery.daemon", "-", "")
    )
    home, temporary = (_quoted(f"{name}={folder}") for name in ("RECOVERY_HOME", "SQLITE_TMPDIR"))
    namespaces = NAMESPACES.format(folder=_quoted(f"-{folder}")) if has_namespaces else ""
    return UNIT.format(
        session=session,
        command=command,
        home=home,
        temporary=temporary,
        watchdog=WATCHDOG_SECONDS,
        namespaces=namespaces,
        target=target,
    )


UNIT = """\
# Written by `recovery service install`; `recovery service uninstall` removes it.
[Unit]
Description=Reminders for the recovery from a strain
StartLimitIntervalSec=5min
StartLimitBurst=5{session}

[Service]
Type=notify
NotifyAccess=main
ExecStart={command}
Environment={home}
Environment={temporary}
Restart=on-failure
RestartSec=5s
TimeoutStopSec=10s
WatchdogSec={watchdog}s
# Nothing of a person's record in a core file.
LimitCORE=0
UMask=0077
TasksMax=32

NoNewPrivileges=yes
KeyringMode=private
LockPersonality=yes
MemoryDenyWriteExecute=yes
# No network of any kind. Not PrivateNetwork=: it would hide a session bus with an abstract address.
RestrictAddressFamilies=AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
{namespaces}
[Install]
WantedBy={target}
"""

NAMESPACES = """\
# These need a namespace of the person's own. Not ProtectProc=, ProcSubset= and ProtectControlGroups=: in a person's
# service they come with an empty /run, which hides the session bus. Not PrivateTmp=: some buses are there.
PrivateUsers=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={folder}
PrivateDevices=yes
PrivateMounts=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelModules=yes
"""


def _quoted(text: str) -> str:
    """A word of a unit file: in quotes, with what is special there made plain."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{plain}"'


def _quoted_command(text: str) -> str:
    """A word of a command in a unit file, where a dollar sign stands for a variable."""
    if re.fullmatch(r"[A-Za-z0-9_./-]+", text):
        return text
    return _quoted(text).replace("$", "$$")
