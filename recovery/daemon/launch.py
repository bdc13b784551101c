"""Starting and stopping the daemon from another process."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recovery import clock
from recovery.care.record import load
from recovery.daemon import control, presence
from recovery.daemon.handing import hand_over_and_wait, read_steady, wake
from recovery.daemon.presence import Presence
from recovery.engine.telling import pending_cues
from recovery.errors import RecoveryError, StoreError
from recovery.language import _
from recovery.notify.desktop_session import without_shell
from recovery.store.journal import Journal

CUES_SETTLED_WITHIN = 1.5
_LOOK_SECONDS = 0.05


def ensure_running(folder: Path, notifier: str | None = None) -> Presence:
    """The daemon of a folder, started in the background if none runs, once it is ready.

    Raises `RecoveryError` with its last words if it does not come up within `presence.READY_WITHIN` seconds.
    """
    for _try in range(2):  # the one that was found running may have been about to end
        if not presence.is_running(folder) and (notifier or not _started_by_system(folder)):
            _start(folder, notifier)
        there = presence.heard_of(folder)
        if there is not None:
            return there
    raise RecoveryError(_("the daemon ended right after its start"), presence.its_log(folder))


def begin_reminding(folder: Path, notifier: str | None = None) -> Presence:
    """Have a daemon look at what is new in the record, started if none runs. Raises `RecoveryError`."""
    there = ensure_running(folder, notifier)
    # Before it is woken: one that was started elsewhere would have nobody to show the first cues to.
    there, _is_handed = hand_over_and_wait(folder, there)
    return wake(folder) or there


def once_settled(folder: Path, there: Presence) -> Presence:
    """Wait `CUES_SETTLED_WITHIN` seconds at most for the fate of the cues that are due when a daemon begins.

    Return the daemon's report on itself.
    """
    limit = clock.monotonic() + CUES_SETTLED_WITHIN
    while clock.monotonic() < limit:
        are_settled, had_trouble = _fate(folder)
        there = presence.read(folder) or there
        if are_settled and (there.problem or not had_trouble):  # it writes the trouble down before it says so
            break
        time.sleep(_LOOK_SECONDS)
    return there


def _fate(folder: Path) -> tuple[bool, bool]:
    """Tell if the fate of all that is due is known, and if some of it could not be shown."""
    now = clock.now()
    try:
        journal = Journal.open_to_look(folder, now=now)
        if journal is None:
            return True, False
        with journal:
            record = load(journal, now, read_steady(folder))
    except RecoveryError:  # a journal that cannot be read has nothing to wait for
        return True, False
    had_trouble = [
        cue.seq in episode.troubles for episode in record.all for cue in pending_cues(episode, now)
    ]
    return all(had_trouble), any(had_trouble)


def _started_by_system(folder: Path) -> bool:
    """Tell if the service that a person has installed for this folder has started it."""
    from recovery.daemon.autostart.systemd import start_service  # only when there is something to start

    return start_service(folder)


def _stopped_by_system(folder: Path) -> bool:
    from recovery.daemon.autostart.systemd import stop_service

    return stop_service(folder)


def _start(folder: Path, notifier: str | None) -> None:
    ours, theirs = os.pipe()
    # Not the command line: click would cost the daemon 4 MiB for nothing.
    command = [sys.executable, "-m", "recovery.daemon", str(theirs), notifier or ""]
    try:
        child = subprocess.Popen(  # noqa: S603  # our own interpreter and our own words, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(theirs,) if os.name == "posix" else (),
            start_new_session=True,
            cwd=folder,
            env={**without_shell(os.environ), "RECOVERY_HOME": str(folder)},
        )
    finally:
        os.close(theirs)
    try:
        _await(child, ours, folder)
    finally:
        os.close(ours)


def _await(child: "subprocess.Popen[bytes]", ready: int, folder: Path) -> None:
    """Until the daemon says that it is ready, or ends, or time is up."""
    assert child.stderr is not None
    limit = clock.monotonic() + presence.READY_WITHIN
    while clock.monotonic() < limit:
        if os.name == "posix":
            heard, *_others = select.select([ready], [], [], 0.2)
            if heard and os.read(ready, 16):
                child.stderr.close()
                return
        elif presence.is_running(folder):
            return
        if child.poll() is not None:
            reason, hint = _last_words(child.stderr.read())
            if presence.is_running(folder):
                return  # somebody else was quicker
            raise RecoveryError(
                _("the daemon could not start: {reason}", reason=reason or _("no reason given")),
                "; ".join(part for part in (hint, presence.its_log(folder)) if part),
            )
    if not presence.is_running(folder):
        raise RecoveryError(
            _("the daemon was not ready within {seconds:.0f} s", seconds=presence.READY_WITHIN),
            presence.its_log(folder),
        )


def _last_words(said: bytes) -> tuple[str, str]:
    """Find why a daemon ended, and what to do: its last line, and what is set in below it."""
    lines = said.decode("utf-8", "replace").rstrip().splitlines()
    hints: list[str] = []
    while lines and lines[-1].startswith("  "):
        hints.insert(0, lines.pop().strip())
    return (lines[-1].strip(), " ".join(hints)) if lines else ("", "")


def stop_daemon(folder: Path) -> bool:
    """End the daemon of a folder, and its service where the system runs it, and wait until it is gone.

    False where none ran. Raises `RecoveryError`: see `control.end`.
    """
    was_the_system_s = _stopped_by_system(folder)
    return control.end_daemon(folder) or was_the_system_s


@contextmanager
def without_daemon(home: Path) -> Iterator[None]:
    """While no daemon runs, nor can be started; one that ran is started again, come what may."""
    was_running = stop_daemon(home)
    lock = presence.Lock(home)
    try:
        if not lock.take():
            raise StoreError(_("a daemon was started meanwhile"), _("run the command again"))
        yield
    finally:
        lock.release()
        if was_running:
            ensure_running(home)
