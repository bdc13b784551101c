"""A virtual machine: no disk, no network, no screen; two serial lines, and QEMU's own word on what it does."""

import json
import os
import select
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.vm.image import Image

MEMORY = 1536
"""MiB; the root file system lies in it, and for a while both the archive and what came out of it."""

STARTS_AT = "2026-11-23T12:00:00"
"""What its clock shows first: noon, so that waking hours hold whenever the test runs."""

KERNEL_WORDS = (
    "console=ttyS0 loglevel=5 rdinit=/lib/systemd/systemd systemd.show_status=0 systemd.unit=multi-user.target "
    "systemd.wants=scenario.service systemd.mask=timers.target systemd.mask=serial-getty@ttyS0.service "
    "mem_sleep_default=deep no_console_suspend"
)


@dataclass(frozen=True)
class Event:
    """Something that QEMU says has happened, and when, in seconds since 1970 on the host."""

    name: str
    at: float


@dataclass
class Run:
    """What a machine told from its start to its end."""

    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What its scenario told, by the name of the step."""
    arrived: dict[str, float] = field(default_factory=dict)
    """When each of them came, as the host's clock has it."""
    events: list[Event] = field(default_factory=list)

    def happened(self, name: str) -> list[float]:
        return [event.at for event in self.events if event.name == name]


class Machine:
    """A machine that runs until its scenario is over. Use as a context manager: it is gone afterwards."""

    def __init__(self, image: Image, folder: Path) -> None:
        self.console = folder / "console.log"
        self._said = b""
        self._heard = b""
        self._control, theirs = socket.socketpair()
        words = ["qemu-system-x86_64", "-accel", "tcg", "-m", str(MEMORY), "-nodefaults", "-no-user-config"]
        words += ["-display", "none", "-rtc", f"base={STARTS_AT}", "-no-reboot"]
        words += ["-kernel", str(image.kernel), "-initrd", str(image.memory_disk), "-append", KERNEL_WORDS]
        words += ["-serial", f"file:{self.console}", "-serial", "stdio"]
        words += [
            "-chardev",
            f"socket,id=control,fd={theirs.fileno()}",
            "-mon",
            "chardev=control,mode=control",
        ]
        self._line, out = os.pipe()
        passed = [theirs.fileno()]
        self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, pass_fds=passed)
        theirs.close()
        os.close(out)
        self._control.sendall(b'{"execute": "qmp_capabilities"}\n')

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._control.close()
        os.close(self._line)

    def run(self, limit: float) -> Run:
        """Listen until the machine is off. Raises `TimeoutError` after `limit` seconds, with what it said last."""
        run = Run()
        give_up_at = time.monotonic() + limit
        while (left := give_up_at - time.monotonic()) > 0:
            ready, _, _ = select.select([self._line, self._control.fileno()], [], [], left)
            if self._control.fileno() in ready:
                self._hear(run)
            if self._line in ready and not self._listen(run):
                return run
        last = self.console.read_text(errors="replace")[-2000:]
        raise TimeoutError(f"not over after {limit:g} s; told: {[*run.steps]}, {run.events}\n{last}")

    def _listen(self, run: Run) -> bool:
        """Whether there will be more."""
        data = os.read(self._line, 65536)
        now = time.time()
        self._said += data
        *lines, self._said = self._said.split(b"\n")
        for step in _objects(lines):
            run.steps[step["step"]] = step
            run.arrived[step["step"]] = now
        return bool(data)

    def _hear(self, run: Run) -> None:
        self._heard += self._control.recv(65536)
        *lines, self._heard = self._heard.split(b"\n")
        for said in _objects(lines):
            if "event" in said:
                stamp = said["timestamp"]
                run.events.append(Event(said["event"], stamp["seconds"] + stamp["microseconds"] / 1e6))


def _objects(lines: list[bytes]) -> Iterator[dict[str, Any]]:
    """What of these lines is a JSON object; firmware may have its say on a serial line, too."""
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield value
