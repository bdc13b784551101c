"""Letting the system start the daemon at log-in: one class a way, chosen by what there is.

Each way writes one file (or one task) of its own for a folder of state, with every path absolute, and can say what
it did and take it back. Doing it twice changes nothing.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol
from zlib import crc32

from recovery import paths
from recovery.daemon import launch, presence
from recovery.errors import RecoveryError, UsageError
from recovery.language import _
from recovery.values import Value

WATCHDOG_SECONDS = 300
"""How long the daemon may say nothing before systemd takes it for hung: it wakes at half of that to say so.

Nothing that it does takes longer than a locked journal's 5 s; two and a half minutes are 24 wake-ups an hour.
"""

ASK_SECONDS = 60.0

SETUP_FAILED = range(200, 244)
"""The exit statuses by which systemd says that it could not set up a process at all (systemd.exec(5))."""


class Answer(Value):
    """What a program of the system said."""

    status: int
    text: str


def ask(command: Sequence[str]) -> Answer:
    """Run a program of the system; one that is not there or does not end has failed."""
    try:
        done = subprocess.run(  # noqa: S603  # our own words, no shell
            [*command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=ASK_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Answer(127, str(error))
    return Answer(done.returncode, (done.stdout + done.stderr).strip())


class Machine(Value):
    """All that the ways depend on."""

    folder: Path
    """Of all state: what the daemon is started for."""
    environ: Mapping[str, str]
    platform: str = sys.platform
    python: str = sys.executable
    run: Callable[[Sequence[str]], Answer] = ask

    @property
    def suffix(self) -> str:
        """What tells several folders of state apart: nothing for the usual one."""
        if self.folder == paths.default_home():
            return ""
        return f"-{crc32(os.fsencode(self.folder)):08x}"

    @property
    def home(self) -> Path:
        return Path(self.environ.get("HOME") or "~").expanduser()

    @property
    def configuration(self) -> Path:
        """The folder of the desktop's own settings. A relative one does not count (XDG)."""
        named = self.environ.get("XDG_CONFIG_HOME", "")
        return Path(named) if named.startswith("/") else self.home / ".config"


class Done(Value):
    """What was done, in sentences, none where nothing had to be; and how to take it back."""

    did: tuple[str, ...]
    undo: str = ""


class Way(Protocol):
    """A way of being started at log-in."""

    @property
    def name(self) -> str: ...

    @property
    def place(self) -> str:
        """Where it stands: a path, or the name of a task."""
        ...

    def why_not(self) -> str:
        """Why it cannot be used on this machine; "" where it can."""
        ...

    def is_installed(self) -> bool: ...

    def install(self) -> Done:
        """Raises `RecoveryError`."""
        ...

    def uninstall(self) -> Done:
        """Raises `RecoveryError`."""
        ...

    def state(self) -> str:
        """How it is at the moment, in the system's own words; "" where nothing more is known."""
        ...


def ways(machine: Machine) -> tuple[Way, ...]:
    """Every way, the best first."""
    return (Systemd(machine), Autostart(machine), Launchd(machine), ScheduledTask(machine))


NAMES = ("systemd", "xdg", "launchd", "schtasks")


def chosen(machine: Machine, name: str | None = None) -> Way:
    """The way of that name, or the best there is. Raises `UsageError` where it cannot be used here."""
    known = ways(machine)
    if name is None:
        usable = [way for way in known if not way.why_not()]
        if not usable:
            reasons = "; ".join(f"{way.name}: {way.why_not()}" for way in known)
            raise UsageError(_("there is no way of starting at log-in here ({reasons})", reasons=reasons))
        return usable[0]
    way = next(way for way in known if way.name == name)
    if reason := way.why_not():
        raise UsageError(_("{name} cannot be used here: {reason}", name=name, reason=reason))
    return way


def installed(machine: Machine) -> tuple[Way, ...]:
    """The ways that start the daemon of this folder now; more than one after a change by hand."""
    return tuple(way for way in ways(machine) if way.is_installed())


def install(machine: Machine, name: str | None = None) -> tuple[Way, Done]:
    """Start at log-in in one way, and in no other. Raises `RecoveryError`."""
    way = chosen(machine, name)
    _refuse_unwritable(machine.folder)
    _refuse_unfindable(machine)
    did: tuple[str, ...] = ()
    for other in installed(machine):
        if other.name != way.name:
            did += other.uninstall().did
    done = way.install()
    return way, Done((*did, *done.did), done.undo)


def start_service(folder: Path) -> bool:
    """Have systemd start the folder's daemon, where its unit is installed. False: it has to be started otherwise."""
    unit = _unit(folder)
    return unit is not None and unit.start().status == 0


def stop_service(folder: Path) -> bool:
    """Have systemd end the folder's daemon, also one that it was about to start again. False: it had none."""
    unit = _unit(folder)
    return unit is not None and unit.stop()


def _unit(folder: Path) -> "Systemd | None":
    """The folder's unit, if it is installed and can be used."""
    if not sys.platform.startswith("linux"):
        return None
    unit = Systemd(Machine(folder, os.environ))
    return unit if unit.is_installed() and not unit.why_not() else None


def _refuse_unwritable(folder: Path) -> None:
    """A path that the files could not name. Raises `RecoveryError`."""
    text = str(folder)
    if not text.isprintable():  # a line break, or bytes that are no text
        raise RecoveryError(
            _("{path!r} cannot be written into a configuration file", path=text),
            _("give RECOVERY_HOME a path without control characters"),
        )


def _refuse_unfindable(machine: Machine) -> None:
    """At log-in there is no current folder and no PYTHONPATH to find us by. Raises `RecoveryError`."""
    code = "import os, sys; os.chdir(os.path.abspath(os.sep)); import recovery.daemon.__main__"
    clean = [machine.python, "-P", "-E", "-c", code]
    if machine.run(clean).status:
        raise RecoveryError(
            _(
                "{python} does not find recovery by itself, so nothing could start it at log-in",
                python=machine.python,
            ),
            _("install recovery for it: {python} -m pip install .", python=machine.python),
        )


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _write(path: Path, content: bytes) -> bool:
    """Whether the file had to be written: it is whole or as it was. Raises `RecoveryError`."""
    if _content(path) == content:
        return False
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_bytes(content)
        draft.chmod(0o644)
        draft.replace(path)
    except OSError as error:
        message = _("{path}: cannot be written: {reason}", path=path, reason=error.strerror)
        raise RecoveryError(message) from None
    return True


def _remove(path: Path) -> bool:
    """Whether there was such a file. Raises `RecoveryError`."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        message = _("{path}: cannot be removed: {reason}", path=path, reason=error.strerror)
        raise RecoveryError(message) from None
    return True


def _undo() -> str:
    return "recovery service uninstall"


# systemd -----------------------------------------------------------------------------------------


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

    def install(self) -> Done:
        with_desktop = self._call("is-active", "graphical-session.target").status == 0
        did = []
        # A sandbox that could not be had here the last time is not tried again.
        loose = unit_text(self._machine, with_desktop=with_desktop, has_namespaces=False).encode()
        is_new = _content(self.path) != loose and _write(
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
            return Done(tuple(did), _undo())
        if not is_active and launch.stop(self._machine.folder):
            did.append(_("The daemon that was running is ended; systemd's takes its place."))
        self._begin(with_desktop=with_desktop, did=did)
        did.append(_("It runs now: systemctl --user status {unit}", unit=self.unit))
        return Done(tuple(did), _undo())

    def _begin(self, *, with_desktop: bool, did: list[str]) -> None:
        """Start it, without the part of the sandbox that needs namespaces where the system allows none."""
        self._call("reset-failed", self.unit)
        said = self._call("restart", self.unit)
        if said.status and self._exit_status() in SETUP_FAILED:
            _write(
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
                _("journalctl --user -u {unit} says why; {undo} takes it back", unit=self.unit, undo=_undo()),
            )

    def start(self) -> Answer:
        """Start it, and wait until it is ready."""
        self._call("reset-failed", self.unit)
        return self._call("start", self.unit)

    def stop(self) -> bool:
        """End it, or what was to start it again. False where there was nothing to end."""
        state = self._call("is-active", self.unit).text.partition("\n")[0]
        return state in ("active", "activating", "reloading") and self._call("stop", self.unit).status == 0

    def uninstall(self) -> Done:
        did = []
        was_active = self._call("is-active", self.unit).status == 0
        self._call("disable", "--now", self.unit)
        if _remove(self.path):
            did.append(_("Removed: {path}", path=self.path))
        self._call("daemon-reload")
        self._call("reset-failed", self.unit)
        if was_active:
            did.append(_("The daemon is ended. No reminders come until: recovery daemon start"))
        return Done(tuple(did), "recovery service install")

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

    def _call(self, *words: str) -> Answer:
        return self._machine.run(["systemctl", "--user", "--no-pager", *words])


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


# The desktop's own folder ------------------------------------------------------------------------


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

    def install(self) -> Done:
        did = []
        if _write(self.path, desktop_text(self._machine).encode()):
            did.append(_("Written: {path}", path=self.path))
            did.append(_("The desktop starts it at the next log-in."))
        if not presence.is_running(self._machine.folder):
            did.append(_("It does not run yet: recovery daemon start"))
        return Done(tuple(did), _undo())

    def uninstall(self) -> Done:
        did = [_("Removed: {path}", path=self.path)] if _remove(self.path) else []
        if did and presence.is_running(self._machine.folder):
            did.append(_("The daemon goes on until the session ends: recovery daemon stop"))
        return Done(tuple(did), "recovery service install")

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


# macOS -------------------------------------------------------------------------------------------


class Launchd:
    """A launch agent. Written by the documents; never run by us."""

    name = "launchd"

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.label = f"recovery.daemon{machine.suffix}"
        self.path = machine.home / "Library" / "LaunchAgents" / f"{self.label}.plist"

    @property
    def place(self) -> str:
        return str(self.path)

    def why_not(self) -> str:
        return "" if self._machine.platform == "darwin" else _("this is not macOS")

    def is_installed(self) -> bool:
        return self.path.exists()

    def install(self) -> Done:
        is_new = _write(self.path, plist(self._machine, self.label))
        if not is_new and self.state():
            return Done((), _undo())
        did = [_("Written: {path}", path=self.path)] if is_new else []
        self._call("bootout", f"{self._domain()}/{self.label}")
        launch.stop(self._machine.folder)
        said = self._call("bootstrap", self._domain(), str(self.path))
        if said.status:
            raise RecoveryError(_("launchctl bootstrap: {reason}", reason=said.text))
        did.append(_("launchd starts it at log-in, and again whenever it fails. It runs now."))
        return Done(tuple(did), _undo())

    def uninstall(self) -> Done:
        self._call("bootout", f"{self._domain()}/{self.label}")
        did = [_("Removed: {path}", path=self.path)] if _remove(self.path) else []
        if did:
            did.append(_("The daemon is ended. No reminders come until: recovery daemon start"))
        return Done(tuple(did), "recovery service install")

    def state(self) -> str:
        said = self._call("print", f"{self._domain()}/{self.label}")
        found = re.search(r"^\s*state = (.+)$", said.text, re.MULTILINE)
        return found[1] if found and not said.status else ""

    def _domain(self) -> str:
        return f"gui/{os.getuid()}" if hasattr(os, "getuid") else "gui/0"

    def _call(self, *words: str) -> Answer:
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


# Windows -----------------------------------------------------------------------------------------


class ScheduledTask:
    """A task of the Windows task scheduler. Written by the documents; never run by us."""

    name = "schtasks"

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.task = f"recovery{machine.suffix}"

    @property
    def place(self) -> str:
        return self.task

    def why_not(self) -> str:
        return "" if self._machine.platform == "win32" else _("this is not Windows")

    def is_installed(self) -> bool:
        return not self.why_not() and self._call("/Query").status == 0

    def install(self) -> Done:
        path = self._machine.folder / "autostart.xml"
        is_new = _write(path, task_xml(self._machine).encode("utf-16"))
        if not is_new and self.is_installed():
            return Done((), _undo())
        launch.stop(self._machine.folder)
        for words in (("/Create", "/XML", str(path), "/F"), ("/Run",)):
            said = self._call(*words)
            if said.status:
                raise RecoveryError(_("schtasks {word}: {reason}", word=words[0], reason=said.text))
        did = _("Windows starts it at log-in, by the task {task}. It runs now.", task=self.task)
        return Done((did,), _undo())

    def uninstall(self) -> Done:
        _remove(self._machine.folder / "autostart.xml")
        if self._call("/Delete", "/F").status:
            return Done((), "recovery service install")
        did = _("The task {task} is removed. The daemon goes on: recovery daemon stop", task=self.task)
        return Done((did,), "recovery service install")

    def state(self) -> str:
        return ""

    def _call(self, word: str, *more: str) -> Answer:
        return self._machine.run(["schtasks", word, "/TN", self.task, *more])


def task_xml(machine: Machine) -> str:
    """The task of a folder. A task has no environment of its own, so a line of Python sets RECOVERY_HOME."""
    from xml.sax.saxutils import escape

    # Without a console window.
    python = re.sub(r"python\.exe$", "pythonw.exe", machine.python)
    code = (
        "import os,runpy,sys;os.environ['RECOVERY_HOME']=sys.argv[1];sys.argv=['recovery.daemon','-',''];"
        "runpy.run_module('recovery.daemon',run_name='__main__',alter_sys=True)"
    )
    # list2cmdline is how Windows takes a line of words apart.
    arguments = subprocess.list2cmdline(["-P", "-c", code, str(machine.folder)])
    user = "\\".join(
        filter(None, (machine.environ.get("USERDOMAIN", ""), machine.environ.get("USERNAME", "")))
    )
    return f"""\
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Reminders for the recovery from a strain (recovery service install)</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>{escape(user)}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{escape(user)}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>5</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{escape(python)}</Command>
      <Arguments>{escape(arguments)}</Arguments>
    </Exec>
  </Actions>
</Task>
"""
