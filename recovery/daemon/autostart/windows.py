"""Started by Windows, as a task of its scheduler."""

import re
import subprocess

from recovery.daemon import launch
from recovery.daemon.autostart.way import UNDO, Machine, ProgramAnswer, StepsTaken, remove, write_file
from recovery.errors import RecoveryError
from recovery.language import _


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

    def install(self) -> StepsTaken:
        path = self._machine.folder / "autostart.xml"
        is_new = write_file(path, task_xml(self._machine).encode("utf-16"))
        if not is_new and self.is_installed():
            return StepsTaken((), UNDO)
        launch.stop_daemon(self._machine.folder)
        for words in (("/Create", "/XML", str(path), "/F"), ("/Run",)):
            said = self._call(*words)
            if said.status:
                raise RecoveryError(_("schtasks {word}: {reason}", word=words[0], reason=said.text))
        did = _("Windows starts it at log-in, by the task {task}. It runs now.", task=self.task)
        return StepsTaken((did,), UNDO)

    def uninstall(self) -> StepsTaken:
        remove(self._machine.folder / "autostart.xml")
        if self._call("/Delete", "/F").status:
            return StepsTaken((), "recovery service install")
        did = _("The task {task} is removed. The daemon goes on: recovery daemon stop", task=self.task)
        return StepsTaken((did,), "recovery service install")

    def state(self) -> str:
        return ""

    def _call(self, word: str, *more: str) -> ProgramAnswer:
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
