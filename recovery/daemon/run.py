"""The daemon's process: one instance, one thread, ended by SIGTERM within a second."""

import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from recovery import __version__, clock, settings
from recovery.daemon import control, handing, logs, presence
from recovery.daemon.alarm import JUMP_SECONDS, AlarmClock
from recovery.daemon.presence import Lock, Presence
from recovery.daemon.service import Service
from recovery.daemon.supervisor import Supervisor
from recovery.engine.written import to_ms
from recovery.errors import RecoveryError
from recovery.language import _
from recovery.notify.choose import choose
from recovery.notify.desktop_session import screens
from recovery.notify.logind import Logind
from recovery.notify.moving import Handed, MovingNotifier
from recovery.notify.port import Watch
from recovery.values import replace

GONE_WAIT = timedelta(seconds=5)
"""How soon to look again for a folder that is gone."""

GONE_FOR = timedelta(hours=24)
"""How long a folder may be gone, on a disk that is not there for instance, before the daemon takes it for removed."""

CALM = timedelta(seconds=10)
"""What must not be late is this far away when the journal is copied."""


class AlreadyRunning(RecoveryError):
    """Another daemon lives in the folder."""


class Daemon:
    """The daemon of one folder, from its start to its end."""

    def __init__(
        self,
        folder: Path,
        lock: Lock,
        notifier: MovingNotifier,
        log: logging.Logger,
        on_ready: int | None = None,
    ) -> None:
        self._folder = folder
        self._lock = lock
        self._notifier = notifier
        self._log = log
        self._on_ready = on_ready
        self._is_ready = False
        self._service = Service(folder, notifier, log, clock.steady)
        self._alarm = AlarmClock(self._ring, self._jumped)
        self._watch = Watch(self._alarm.selector, self._collect)
        self._logind = Logind(self._before_sleep, self._after_sleep, _("to bring its journal to the disk"))
        self._sleep_watch = Watch(self._alarm.selector, self._hear_of_sleep)
        self._supervisor = Supervisor(os.environ, os.getpid(), clock.monotonic())
        self._sign = Presence(
            pid=os.getpid(),
            since=to_ms(clock.now()),
            version=__version__,
            since_boot=round(clock.since_boot() * 1000),
            lock=lock.inode(),
        )
        self._handed = Handed()
        self._said: Presence | None = None
        self._is_mute = False
        """True if the last attempt to say it failed."""
        self._gone_since: datetime | None = None
        self._ear: control.ControlSocket | None = None
        self._strangers: set[int | None] = set()
        """The users whose calls were refused."""

    def run(self) -> None:
        """Live until told to stop, or until the folder is no longer ours. Its lock must be held."""
        self._listen()
        bell, ringer = socket.socketpair()
        for end in (bell, ringer):
            end.setblocking(False)
        self._alarm.selector.register(bell, 1, lambda: self._signalled(bell))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._alarm.stop())
        signal.set_wakeup_fd(ringer.fileno(), warn_on_full_buffer=False)
        self._log.info("daemon %d begins, notifier %s", os.getpid(), self._notifier.name)
        try:
            self._notifier.probe()
            self._ring()
            self._alarm.run(self._prepare, self._deadline, self._on_deadline)
            # Only here: the sign of a daemon that ends by a mistake stays, and the next command starts another.
            if self._lock.is_in_place():
                with suppress(OSError):
                    presence.erase(self._folder)
        finally:
            self._supervisor.stopping()
            signal.set_wakeup_fd(-1)
            self._notifier.close()
            self._logind.close()
            if self._ear is not None:
                self._ear.close(is_ours=self._lock.is_in_place())
            self._log.info("daemon %d ends", os.getpid())

    def _ring(self) -> None:
        now = clock.now()
        if not self._has_place(now):
            self._log.error("%s is gone: daemon %d has nothing left to do", self._folder, os.getpid())
            self._alarm.stop()
            return
        at = self._service.wake(now)
        if self._gone_since is not None:
            at = min(now + GONE_WAIT, at or now + GONE_WAIT)
        self._set(at)

    def _has_place(self, now: datetime) -> bool:
        """Tell if to go on: our lock is in the folder, or may be again.

        A folder that is not there may lie on a disk that comes back; until then ends are told from memory. One that
        was made anew is another daemon's, or becomes ours: two in it would tell everything twice.
        """
        if self._lock.is_in_place():
            if self._gone_since is not None:
                self._log.info("%s is back", self._folder)
                self._gone_since = None
            return True
        if self._lock.is_gone():
            if self._gone_since is None:
                self._log.error("%s is gone: looked for until it is back", self._folder)
                self._gone_since = now
            return now - self._gone_since < GONE_FOR
        if not self._lock.take_again():
            return False
        self._log.info("%s is back, with another lock: taken", self._folder)
        self._sign = replace(self._sign, lock=self._lock.inode())
        self._gone_since = self._said = None
        if self._ear is not None:
            self._alarm.selector.unregister(self._ear)
            self._ear.close(is_ours=False)
            self._ear = None
        try:
            self._listen()
        except RecoveryError as error:  # deaf is better than gone
            self._log.error("%s", error.message)
        return True

    def _listen(self) -> None:
        ear = self._ear = control.ControlSocket(self._folder, self._refuse)
        self._alarm.selector.register(ear, 1, lambda: self._heard(ear))

    def _refuse(self, user: int | None) -> None:
        # Once for each: who calls without end shall not fill the log.
        if user not in self._strangers:
            self._strangers.add(user)
            self._log.warning("a call by another user is refused, and will be: number %s", user)

    def _set(self, at: datetime | None) -> None:
        self._alarm.set(at)
        self._sign = replace(self._sign, next_wakeup=None if at is None else to_ms(at))

    def _jumped(self, was_set: float, slept: float) -> None:
        if slept >= JUMP_SECONDS:
            self._log.info("the machine slept for %.1f s: planned anew", slept)
        if abs(was_set) >= JUMP_SECONDS:
            self._log.warning("the clock went %+.1f s against the steady one: planned anew", was_set)

    def _heard(self, ear: control.ControlSocket) -> None:
        calls = ear.hear()
        desktops = [call for call in calls if call.startswith(control.DESKTOP)]
        if control.STOP in calls:
            self._alarm.stop()
            return
        if control.WAKE in calls:
            self._ring()
        if desktops:  # the newest counts
            self._take_desktop(desktops[-1])

    def _take_desktop(self, call: bytes) -> None:
        try:
            number, desktop = handing.unpacked(call)
        except ValueError as error:
            self._log.warning("ignored: a call that hands over no desktop (%s)", error)
            return
        self._notifier.move(desktop, number)

    def _signalled(self, bell: socket.socket) -> None:
        with suppress(BlockingIOError):
            bell.recv(64)

    def _collect(self) -> None:
        if self._service.collect(clock.monotonic(), clock.now()):
            self._ring()

    def _hear_of_sleep(self) -> None:
        self._logind.advance(clock.monotonic())

    def _before_sleep(self) -> None:
        self._log.info("the machine goes to sleep")
        self._service.settle(clock.now())

    def _after_sleep(self) -> None:
        self._log.info("the machine is awake again")
        self._ring()

    def _deadline(self) -> float | None:
        limits = (self._notifier.deadline(), self._supervisor.deadline(), self._logind.deadline())
        return min((limit for limit in limits if limit is not None), default=None)

    def _on_deadline(self) -> None:
        self._supervisor.live(clock.monotonic())
        self._hear_of_sleep()
        self._collect()

    def _prepare(self) -> None:
        """Before each wait: hear what the notifier has open, and say how things are."""
        # This one first: what it lets go of has a number that the notifier may have been given since.
        self._sleep_watch.follow(self._logind.sources())
        self._watch.follow(self._notifier.sources())
        problem, handed, bus = self._notifier.problem(), self._notifier.handed, self._notifier.bus()
        if bus != self._sign.bus:
            self._log.info("notes go to %s", bus or "no session bus")
        if handed.problem and handed.problem != self._handed.problem:
            self._log.info("a desktop was handed over and is not used: %s", handed.problem)
        self._handed = handed
        self._sign = replace(
            self._sign,
            notifier=self._notifier.name,
            problem=problem,
            bus=bus,
            screen=screens(self._notifier.environ),
            handed=handed.number,
            not_taken=handed.problem,
        )
        self._say(problem)
        is_known = problem or self._notifier.capabilities() is not None
        if is_known and not self._is_ready:
            self._is_ready = True
            self._supervisor.ready()
            if self._on_ready is not None:
                self._tell_starter(self._on_ready)
        self._back_up()
        if self._service.daily_copy.damage != self._sign.damage:
            self._sign = replace(self._sign, damage=self._service.daily_copy.damage)
            self._say(problem)

    def _say(self, problem: str) -> None:
        """Write down how things are, where that is new. Raises `RecoveryError` where nobody could see that we run."""
        if self._sign != self._said and self._gone_since is None:
            try:
                presence.announce(self._folder, self._sign)
                self._said, self._is_mute = self._sign, False
                self._supervisor.status(problem or _("reminds by {notifier}", notifier=self._sign.notifier))
            except OSError as error:
                if self._said is None:  # nobody could see that we run, nor would anything be recorded
                    raise RecoveryError(
                        _("{path}: cannot be written: {reason}", path=self._folder, reason=error.strerror)
                    ) from None
                if not self._is_mute:
                    self._log.error("%s cannot be written: %s", self._folder, error.strerror)
                self._is_mute = True

    def _back_up(self) -> None:
        """Copy the journal once a day, when all is told and nothing will be due for a while."""
        now, at = clock.now(), self._sign.next_wakeup
        is_near = at is not None and at <= to_ms(now + CALM)
        if self._is_ready and self._notifier.deadline() is None and not is_near and self._gone_since is None:
            self._service.daily_copy.make(now)

    def _tell_starter(self, descriptor: int) -> None:
        """From then on nobody reads our standard error: it leads nowhere first, rather than into a broken pipe."""
        with suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
        with suppress(OSError):
            os.write(descriptor, b"ready\n")
            os.close(descriptor)


def run_daemon(
    folder: Path, *, notifier: str | None = None, foreground: bool = True, on_ready: int | None = None
) -> None:
    """Be the daemon of a folder until SIGTERM or a call to stop.

    `notifier` overrides the setting. `on_ready` is a descriptor that is told once reminders can be shown, or
    cannot. Raises `AlreadyRunning`, `RecoveryError`.
    """
    lock = Lock(folder)
    if not lock.take():
        there = presence.read(folder)
        handing.hand_over(folder, there)  # started at log-in: what runs is from an older one, perhaps
        message = _("a daemon is running already")
        if there and there.pid:
            message = _("a daemon is running already, process {pid}", pid=there.pid)
        raise AlreadyRunning(message, _("recovery daemon stop ends it"))
    log = logs.set_up(folder, foreground=foreground)
    stream = sys.stdout if foreground and sys.stdout is not None and sys.stdout.isatty() else None
    try:
        name = notifier or settings.read_settings(folder).notifier
        chosen = MovingNotifier(lambda environ: choose(name, stream, environ), os.environ)
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
