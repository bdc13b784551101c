"""A system bus of a test's own, with a logind that does what the test says.

    with system_bus() as address, MockLogind(address) as logind:
        ...                       # something connects to DBUS_SYSTEM_BUS_ADDRESS=address
        lock = logind.grant()     # answers its call for a lock
        logind.prepare_for_sleep(True)
        until(lock.is_released, "...")

Nobody else is on that bus: the machine's own is left alone.
"""

import os
import select
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from jeepney import DBusAddress, MessageType, new_method_call, new_method_return, new_signal  # type: ignore[import-untyped]  # it carries no types
from jeepney.io.blocking import open_dbus_connection  # type: ignore[import-untyped]  # it carries no types
from jeepney.low_level import HeaderFields  # type: ignore[import-untyped]  # it carries no types

from tests.desktop import BUS_CONFIGURATION, LIMIT_SECONDS, end, need, until

LOGIN = "org.freedesktop.login1"
MANAGER = DBusAddress("/org/freedesktop/login1", interface="org.freedesktop.login1.Manager")
_BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")


@contextmanager
def system_bus() -> Iterator[str]:
    """A bus with nobody on it; its address."""
    need("dbus-daemon")
    folder = Path(tempfile.mkdtemp(prefix="recovery-bus-"))  # not below tmp_path: a socket's path is short
    configuration = folder / "bus.conf"
    configuration.write_text(BUS_CONFIGURATION.format(socket=folder / "bus"))
    address = f"unix:path={folder / 'bus'}"
    bus = subprocess.Popen(
        ["dbus-daemon", f"--config-file={configuration}", "--nofork", "--nopidfile"],
        stderr=subprocess.DEVNULL,
    )

    def answers() -> bool:
        with suppress(OSError, ValueError):
            open_dbus_connection(address, auth_timeout=LIMIT_SECONDS).close()
            return True
        return False

    try:
        until(answers, "the bus answers")
        yield address
    finally:
        end(bus)
        shutil.rmtree(folder, ignore_errors=True)


class GrantedLock:
    """Our end of a lock: it hangs up when the other one is closed."""

    def __init__(self, words: tuple[str, ...], end: int) -> None:
        self.words = words
        """What it was asked for with: what, who, why, mode."""
        self._end = end

    def is_released(self) -> bool:
        poll = select.poll()
        poll.register(self._end, select.POLLHUP)
        return any(what & select.POLLHUP for _, what in poll.poll(0))

    def close(self) -> None:
        os.close(self._end)


class MockLogind:
    """Owns logind's name on a bus."""

    def __init__(self, address: str) -> None:
        self._bus = open_dbus_connection(address, enable_fds=True, auth_timeout=LIMIT_SECONDS)
        reply = self._bus.send_and_get_reply(
            new_method_call(_BUS, "RequestName", "su", (LOGIN, 4)), timeout=LIMIT_SECONDS
        )
        assert reply.body == (1,)
        self._locks: list[GrantedLock] = []
        self._caller = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bus.close()
        for lock in self._locks:
            lock.close()

    def grant(self) -> GrantedLock:
        """Wait for a call for a lock and grant it."""
        while True:
            call = self._bus.receive(timeout=LIMIT_SECONDS)
            fields = call.header.fields
            if (
                call.header.message_type is MessageType.method_call
                and fields[HeaderFields.member] == "Inhibit"
            ):
                break
        self._caller = fields[HeaderFields.sender]
        ours, theirs = os.pipe()
        self._bus.send(new_method_return(call, "h", (theirs,)))
        os.close(theirs)
        lock = GrantedLock(call.body, ours)
        self._locks.append(lock)
        return lock

    def send_a_file_along(self) -> GrantedLock:
        """A signal that nobody asked for, to whoever was granted a lock, with an open file."""
        ours, theirs = os.pipe()
        signal = new_signal(MANAGER, "Gift", "h", (theirs,))
        signal.header.fields[HeaderFields.destination] = self._caller
        self._bus.send(signal)
        os.close(theirs)
        sent = GrantedLock((), ours)
        self._locks.append(sent)
        return sent

    def prepare_for_sleep(self, is_about_to: bool) -> None:
        """True: the machine is about to sleep; False: it is back."""
        self._bus.send(new_signal(MANAGER, "PrepareForSleep", "b", (is_about_to,)))

    def is_quiet_for(self, seconds: float) -> bool:
        """Whether nothing is sent to it for so long."""
        try:
            self._bus.receive(timeout=seconds)
        except TimeoutError:
            return True
        return False
