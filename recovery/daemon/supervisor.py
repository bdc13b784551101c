"""Telling systemd how the daemon is: its notify protocol, datagrams to the socket that it names.

The watchdog is the one reason to wake up when nothing is due, so it costs that only where somebody watches.
"""

import socket
from collections.abc import MutableMapping
from contextlib import suppress

MOST_STATUS = 300
"""Characters of the status line."""


class Supervisor:
    """Whoever started the daemon and wants to hear from it, perhaps nobody. Nothing here waits or fails."""

    def __init__(self, environ: MutableMapping[str, str], pid: int, monotonic: float) -> None:
        """Takes its variables out of `environ`: a program that the daemon starts is not the daemon."""
        variables = {
            name: environ.pop(name, "") for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
        }
        self._address = variables["NOTIFY_SOCKET"] if hasattr(socket, "AF_UNIX") else ""
        self.interval = (
            _interval(variables["WATCHDOG_USEC"], variables["WATCHDOG_PID"], pid) if self._address else None
        )
        """Seconds from one sign of life to the next: half of what the watchdog grants; None: nobody watches."""
        self._due = monotonic
        self._status = ""

    def deadline(self) -> float | None:
        """The monotonic time at which the next sign of life is due."""
        return None if self.interval is None else self._due

    def live(self, monotonic: float) -> None:
        """Give a sign of life if one is due."""
        if self.interval is not None and monotonic >= self._due:
            self._due = monotonic + self.interval
            self._tell("WATCHDOG=1")

    def ready(self) -> None:
        """The daemon is up: reminders can be shown, or cannot, which the status says."""
        self._tell("READY=1")

    def stopping(self) -> None:
        """The daemon ends, and means to."""
        self._tell("STOPPING=1")

    def status(self, text: str) -> None:
        """A line for `systemctl --user status`."""
        if text != self._status:
            self._status = text
            self._tell(f"STATUS={' '.join(text.split())[:MOST_STATUS]}")

    def _tell(self, line: str) -> None:
        if not self._address:
            return
        # A leading @ stands for the NUL of an abstract address.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with suppress(OSError, ValueError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line_out:
            line_out.setblocking(False)
            line_out.sendto(line.encode("utf-8", "replace"), address)


def _interval(microseconds: str, watched: str, pid: int) -> float | None:
    if not microseconds.isdecimal() or int(microseconds) <= 0 or (watched and watched != str(pid)):
        return None
    return int(microseconds) / 2_000_000
