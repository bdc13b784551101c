"""The daemon's process: one instance, one thread, ended by SIGTERM within a second."""

import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from recovery import clock, settings
from recovery.daemon import control, logs, presence
from recovery.daemon.alarm import AlarmClock
from recovery.daemon.presence import Lock, Presence
from recovery.daemon.service import Service
from recovery.engine.facts import to_ms
from recovery.errors import RecoveryError
from recovery.notify.choose import choose
from recovery.notify.port import Notifier
from recovery.notify.watching import Watch
from recovery.values import replace


class AlreadyRunning(RecoveryError):
    """Another daemon lives in the folder."""


class Daemon:
    """The daemon of one folder, from its start to its end."""

    def __init__(
        self, folder: Path, lock: Lock, notifier: Notifier, log: logging.Logger, on_ready: int | None = None
    ) -> None:
        self._folder = folder
        self._lock = lock
        self._notifier = notifier
        self._log = log
        self._on_ready = on_ready
        self._service = Service(folder, notifier, log)
        self._alarm = AlarmClock(self._ring, self._jumped)
        self._watch = Watch(self._alarm.selector, self._collect)
        self._sign = Presence(pid=os.getpid(), since=to_ms(clock.now()))
        self._said: Presence | None = None

    def run(self) -> None:
        """Live until told to stop, or until the folder is no longer ours. Its lock must be held."""
        ear = control.ControlSocket(self._folder)
        bell, ringer = socket.socketpair()
        for end in (bell, ringer):
            end.setblocking(False)
        self._alarm.selector.register(ear, 1, lambda: self._heard(ear))
        self._alarm.selector.register(bell, 1, lambda: self._signalled(bell))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._alarm.stop())
        signal.set_wakeup_fd(ringer.fileno(), warn_on_full_buffer=False)
        self._log.info("daemon %d begins, notifier %s", os.getpid(), self._notifier.name)
        try:
            self._notifier.probe()
            self._ring()
            self._alarm.run(self._prepare, self._notifier.deadline, self._collect)
        finally:
            signal.set_wakeup_fd(-1)
            self._notifier.close()
            ear.close(is_ours=self._lock.is_in_place())
            if self._lock.is_in_place():
                with suppress(OSError):
                    presence.erase(self._folder)
            self._log.info("daemon %d ends", os.getpid())

    def _ring(self) -> None:
        if not self._lock.is_in_place():
            # Removed, perhaps made anew with another daemon: to go on would tell everything twice.
            self._log.error("%s is gone: daemon %d has nothing left to do", self._folder, os.getpid())
            self._alarm.stop()
            return
        self._set(self._service.wake(clock.now()))

    def _set(self, at: datetime | None) -> None:
        self._alarm.set(at)
        self._sign = replace(self._sign, next_wakeup=None if at is None else to_ms(at))

    def _jumped(self, seconds: float) -> None:
        self._log.warning("the clock went %+.1f s against the steady one: planned anew", seconds)

    def _heard(self, ear: control.ControlSocket) -> None:
        calls = ear.hear()
        if control.STOP in calls:
            self._alarm.stop()
        elif control.WAKE in calls:
            self._ring()

    def _signalled(self, bell: socket.socket) -> None:
        with suppress(BlockingIOError):
            bell.recv(64)

    def _collect(self) -> None:
        if self._service.collect(clock.monotonic(), clock.now()):
            self._ring()

    def _prepare(self) -> None:
        """Before each wait: hear what the notifier has open, and say how things are."""
        self._watch.follow(self._notifier.sources())
        problem = self._notifier.problem()
        self._sign = replace(self._sign, notifier=self._notifier.name, problem=problem)
        if self._sign != self._said:
            try:
                presence.write(self._folder, self._sign)
                self._said = self._sign
            except OSError as error:
                if self._said is None:  # nobody could see that we run, nor would anything be recorded
                    raise RecoveryError(f"{self._folder}: cannot be written: {error.strerror}") from None
                self._log.error("%s cannot be written: %s", self._folder, error.strerror)
        is_known = problem or self._notifier.capabilities() is not None
        if self._on_ready is not None and is_known:
            self._tell_starter(self._on_ready)
            self._on_ready = None

    def _tell_starter(self, descriptor: int) -> None:
        """From here on nobody reads our standard error: it leads nowhere rather than into a broken pipe."""
        with suppress(OSError):
            os.write(descriptor, b"ready\n")
            os.close(descriptor)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)


def run(
    folder: Path, *, notifier: str | None = None, foreground: bool = True, on_ready: int | None = None
) -> None:
    """Be the daemon of a folder until SIGTERM or a call to stop.

    `notifier` overrides the setting. `on_ready` is a descriptor that is told once reminders can be shown, or
    cannot. Raises `AlreadyRunning`, `RecoveryError`.
    """
    lock = Lock(folder)
    try:
        is_ours = lock.take()
    except OSError as error:
        raise RecoveryError(f"{folder}: the daemon's lock cannot be made: {error.strerror}") from None
    if not is_ours:
        there = presence.read(folder)
        who = f", process {there.pid}" if there and there.pid else ""
        raise AlreadyRunning(f"a daemon is running already{who}", "recovery daemon stop ends it")
    log = logs.set_up(folder, foreground=foreground)
    stream = sys.stdout if foreground and sys.stdout is not None and sys.stdout.isatty() else None
    try:
        chosen = choose(notifier or settings.load(folder).notifier, stream)
        with suppress(OSError):
            presence.erase(folder)  # of one that was killed: nobody shall take its process for ours
        Daemon(folder, lock, chosen, log, on_ready).run()
    except RecoveryError as error:
        log.error("%s", error.message)
        raise
    except Exception:
        log.exception("a bug ended the daemon")
        raise
    finally:
        lock.release()
