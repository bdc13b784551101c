"""What is done inside the virtual machine, by root and by a person whose daemon reminds.

Each step is told over the second serial line as a JSON object with its name. Instants are seconds since the machine
was started, those asleep included: that clock nobody can set, and dunst writes it beside every note that it is given.
"""

import json
import os
import re
import signal
import sqlite3
import subprocess
import time
import tty
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

HOME = Path("/home/person")
STATE = HOME / ".local/share/recovery"
UNIT = "recovery.service"
NUMBER = 1000
BUS = Path(f"/run/user/{NUMBER}/bus")
ENVIRON = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": str(HOME),
    "XDG_RUNTIME_DIR": str(BUS.parent),
    "DBUS_SESSION_BUS_ADDRESS": f"unix:path={BUS}",
}
SIGN = "to bring its journal to the disk"
"""Why the daemon makes sleep wait."""

HOUR, DAY = 3600, 86400


def since_boot() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def asleep() -> float:
    """Seconds that the machine has slept since its start."""
    return since_boot() - time.monotonic()


def root(*words: str) -> str:
    """Run a program as root; what it said, and how it ended where that was not well."""
    return _said(subprocess.run(words, capture_output=True, text=True, check=False, timeout=120))


def person(*words: str) -> str:
    """Run a program as the person."""
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        user=NUMBER,
        group=NUMBER,
        extra_groups=[],
        env=ENVIRON,
        cwd=HOME,
    )
    return _said(done)


def _said(done: "subprocess.CompletedProcess[str]") -> str:
    return done.stdout.strip() + (f"[{done.returncode}] {done.stderr.strip()}" if done.returncode else "")


def recovery(*words: str) -> str:
    return person("python3", "-P", "-m", "recovery", *words)


def manager(*words: str) -> str:
    """The person's own systemd."""
    return person("systemctl", "--user", "--no-pager", *words)


def daemon() -> int:
    """The daemon's process."""
    return int(manager("show", "-P", "MainPID", UNIT) or 0)


def log() -> list[str]:
    file = STATE / "daemon.log"
    return file.read_text("utf-8").splitlines() if file.exists() else []


def shown(kind: str, start: int = 0) -> list[str]:
    """What the daemon says to have shown, in the lines of its log from `start` on."""
    return [line for line in log()[start:] if f" shown {kind} " in line]


def inhibitors() -> str:
    """Who makes sleep wait, as logind lists them."""
    return root("systemd-inhibit", "--list", "--no-pager")


def kept() -> list[str]:
    """The kinds of the facts in the one file of the journal as it was when the machine went to sleep."""
    connection = sqlite3.connect("/run/journal.db")
    try:
        return [kind for (kind,) in connection.execute("SELECT kind FROM fact ORDER BY seq")]
    finally:
        connection.close()


def switches() -> int:
    """How often the daemon has gone to sleep of its own will."""
    status = Path(f"/proc/{daemon()}/status").read_text()
    return int(re.findall(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.MULTILINE)[0])


def is_calm() -> bool:
    """Whether the daemon waits, and has done nothing for a second."""
    before = switches()
    time.sleep(1)
    return switches() == before


def is_noticed(start: int) -> bool:
    """Whether the daemon has seen that the clock was changed, by the lines of its log from `start` on."""
    return any("planned anew" in line for line in log()[start:])


def wait(is_so: Callable[[], Any], limit: float = 60) -> Any:
    """What `is_so` says, as soon as that is something, or at the end of so many seconds awake."""
    end = time.monotonic() + limit
    while not (value := is_so()) and time.monotonic() < end:
        time.sleep(0.05)
    return value


class Scenario:
    def __init__(self, line: int) -> None:
        self._line = line

    def tell(self, step: str, **what: Any) -> None:
        message = json.dumps({"step": step, "at": since_boot(), "wall": time.time(), **what}).encode() + b"\n"
        while message:
            message = message[os.write(self._line, message) :]

    def run(self) -> None:
        self.prepare()
        self.kill()
        self.sleep("overslept", "brief.yaml", seconds=160)
        self.sleep("nap", "minute.yaml", seconds=20)
        self.set_clock()
        self.look()

    def prepare(self) -> None:
        # What was built by another Python than the one here would be compiled anew by every command.
        root("python3", "-m", "compileall", "-q", "/usr/local/lib")
        root("loginctl", "enable-linger", "person")
        wait(BUS.exists)
        desktop = manager("start", "dunst.service")
        self.tell(
            "prepare", desktop=desktop, service=recovery("service", "install"), kernel=root("uname", "-r")
        )

    def session(self, protocol: str) -> int:
        """A new episode whose session has just begun; the length of the log before."""
        before = len(log())
        recovery("start", str(HOME / protocol), "--onset", "1h ago")
        recovery("begin", "ice")
        return before

    def stop(self) -> None:
        """No more of the episode that is there."""
        recovery("stop", "--because", "the next scenario")

    def kill(self) -> None:
        self.session("brief.yaml")
        first = daemon()
        os.kill(first, signal.SIGKILL)
        second = wait(lambda: (now := daemon()) not in (0, first) and now)
        wait(lambda: shown("end"))
        self.tell("kill", first=first, second=second)
        self.stop()

    def sleep(self, step: str, protocol: str, seconds: int) -> None:
        """Sleep in the middle of a session, until the alarm of the machine's own clock."""
        before = self.session(protocol)
        locks, slept = inhibitors(), asleep()
        alarm = root("rtcwake", "--mode", "no", "--seconds", str(seconds))
        began, asked = since_boot(), root("systemctl", "suspend")
        if not wait(lambda: asleep() - slept > 1):
            raise RuntimeError(f"the machine does not sleep: {alarm} {asked}")
        wait(lambda: shown("end", before), 90)
        self.tell(f"{step}, end told")
        wait(lambda: SIGN in inhibitors())
        self.tell(
            step,
            began=began,
            slept=asleep() - slept,
            awake=awake_again(),
            locks=locks,
            locks_again=inhibitors(),
            on_disk=kept(),
            how=Path("/sys/power/mem_sleep").read_text().strip(),
            log=log()[before:],
        )
        self.stop()

    def set_clock(self) -> None:
        """Over the end of a session, back, right again, and a day on."""
        before = self.session("hours.yaml")
        jumps = {}
        for step, seconds in (
            ("half an hour on", HOUR // 2),
            ("back", -HOUR),
            ("right", HOUR),
            ("a day on", DAY),
        ):
            wait(is_calm)
            length, begins = len(log()), since_boot()
            root("date", "--set", f"@{time.time() + seconds:.3f}")
            wait(partial(is_noticed, length))
            time.sleep(3)  # for what must not come
            jumps[step] = {"from": begins, "log": log()[length:]}
        self.tell("clock", jumps=jumps, log=log()[before:])

    def look(self) -> None:
        """How all is at the end."""
        number = daemon()
        person("dunstctl", "close-all")
        time.sleep(1)
        self.tell(
            "look",
            daemon=number,
            restarts=manager("show", "-P", "NRestarts", UNIT),
            memory=Path(f"/proc/{number}/smaps_rollup").read_text(),
            history=json.loads(person("dunstctl", "history"))["data"][0],
            facts=[json.loads(line) for line in recovery("log", "--all", "--json").splitlines()],
            log=log(),
            doctor=recovery("doctor"),
            kernel=[text for _, text in kernel_said()],
        )


def kernel_said() -> list[tuple[float, str]]:
    """The kernel's messages, each with the time of its own clock, in seconds."""
    messages = []
    device = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    try:
        while True:
            head, _, text = os.read(device, 8192).decode(errors="replace").partition(";")
            messages.append((int(head.split(",")[2]) / 1e6, text.partition("\n")[0]))
    except BlockingIOError:
        return messages
    finally:
        os.close(device)


def awake_again() -> float:
    """The instant at which the kernel let the processes go on after the last sleep.

    Its messages carry the time of another clock, which stands still in sleep: one of our own, written at a known
    instant, says how far the two are apart.
    """
    sign = f"scenario {since_boot():.6f}"
    Path("/dev/kmsg").write_text(sign + "\n")
    messages = kernel_said()
    said_at = next(at for at, text in messages if text == sign)
    restarted = [at for at, text in messages if re.match(r"(PM: )?Restarting tasks", text)]
    return restarted[-1] - said_at + float(sign.split()[1])


if __name__ == "__main__":
    serial = os.open("/dev/ttyS1", os.O_WRONLY | os.O_NOCTTY)
    tty.setraw(serial)
    scenario = Scenario(serial)
    try:
        scenario.run()
    except Exception as error:
        scenario.tell("failed", why=repr(error), log=log())
        raise
    finally:
        scenario.tell("over")
