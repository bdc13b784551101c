"""Copies of the journal: one a day by itself, one when a person asks, and the way back from any of them."""

import os
import re
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from recovery import clock
from recovery.errors import NotThere, StoreError
from recovery.language import _, n_
from recovery.store import copying
from recovery.store.failures import BACKUPS, Damaged, in_plain_words
from recovery.store.journal import JOURNAL_FILE, Journal

if TYPE_CHECKING:
    import logging

KEPT = 7
"""So many daily copies are kept; those that a person made are never removed."""

BACKUP_WAIT = timedelta(hours=1)
"""When to try again to copy the journal after that failed."""

_DAILY = re.compile(r"daily-(\d{4}-\d{2}-\d{2})\.db")
_PIECE = 1024 * 1024
_UNFINISHED = re.compile(r"\.daily-\d{4}-\d{2}-\d{2}\.db\..*\.part")


def back_up(home: Path, now: datetime, target: Path | None = None, *, name: str = "journal") -> Path:
    """Copy the journal of `home`; where the copy is. A file that is there already is never overwritten.

    `target` is a file or a folder; without it the copy goes among the others, by local date and time.
    Raises `NotThere` without a journal, `Damaged`, `StoreError`.
    """
    source = home / JOURNAL_FILE
    if not _is_there(source):
        raise NotThere(_("there is no journal yet: nothing to copy"), str(source))
    if target is None or target.is_dir():
        folder = _folder(home) if target is None else target
        target = _unused(folder, f"{name}-{clock.on_the_wall(now):%Y-%m-%dT%H%M%S}")
    elif target.exists():
        raise StoreError(
            _("{path}: is there already, and is left as it is", path=target), _("name another file")
        )
    copying.to_file(source, target)
    return target


def back_up_daily(home: Path, now: datetime) -> Path | None:
    """The copy of the journal of `home` of this local day, made if need be; None where there is no journal.

    Only when the new copy is there and good do older ones of its kind go. Raises `StoreError`.
    """
    source, today = home / JOURNAL_FILE, clock.on_the_wall(now).date()
    if not _is_there(source):
        return None
    target = home / BACKUPS / f"daily-{today}.db"
    if _is_there(target):
        return target
    folder = _folder(home)
    with in_plain_words(target):
        for file in folder.iterdir():
            if _UNFINISHED.fullmatch(file.name):  # of a daemon that was killed meanwhile
                file.unlink(missing_ok=True)
    copying.to_file(source, target)
    with in_plain_words(target):
        _prune(folder, today)
    return target


class DailyCopy:
    """The daily copies of the journal of one folder, which a daemon makes after its other work."""

    def __init__(self, folder: Path, log: "logging.Logger") -> None:
        self._folder = folder
        self._log = log
        self._made_on: date | None = None
        """The local day of the newest copy."""
        self._again_at: datetime | None = None
        self._trouble = ""
        self.damage = ""
        """The damage of the journal, so that no copy of it is made; "" where there is none, as far as was seen."""

    def make(self, now: datetime) -> None:
        """Keep a copy of the journal, at most once a local day. Whatever goes wrong with it is told in the log."""
        today = clock.on_the_wall(now).date()
        if today == self._made_on or (self._again_at is not None and now < self._again_at):
            return
        try:
            if back_up_daily(self._folder, now) is None:
                return
        except Exception as error:  # a copy is never worth a reminder
            self._again_at = now + BACKUP_WAIT
            if str(error) != self._trouble:
                self._log.error("no copy of the journal: %s", error)
            self._trouble = str(error)
            self.damage = str(error) if isinstance(error, Damaged) else ""
            return
        self._made_on, self._again_at, self._trouble, self.damage = today, None, "", ""


def restore(home: Path, source: Path, now: datetime) -> Path | None:
    """Put the journal at `source` in the place of that of `home`; where the one before was kept, if there was one.

    The file is copied, and the copy looked over, before anything is changed. No daemon should run.
    Raises `StoreError` for a file that has faults.
    """
    # Here, so that the daemon, which makes copies only, need not carry them.
    import shutil
    import tempfile

    from recovery.store.checking import check

    journal = home / JOURNAL_FILE
    with in_plain_words(journal):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_there(journal) and source.exists() and source.samefile(journal):
            raise StoreError(_("{path}: is the present journal itself", path=source))
        folder = Path(tempfile.mkdtemp(prefix=".restore-", dir=home))
    try:
        copy = folder / JOURNAL_FILE
        copying.to_file(source, copy, sums=False)  # it is looked over as a whole
        report = check(copy, now=now)
        if report.faults:
            raise unfit(source, len(report.faults))
        kept = None
        if _is_there(journal):
            aside = _set_aside(home, now)  # before SQLite opens it, which may change one that is damaged
            try:
                kept = back_up(home, now, name="before-restore")
            except Damaged:
                kept = aside
                _replace(copy, journal)
            else:
                copying.copy_over(copy, journal)
            finally:
                if kept != aside:
                    _remove(aside)
        else:
            _replace(copy, journal)
        Journal.open(home, now=now).close()  # an older schema becomes the present one
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return kept


def unfit(source: Path, count: int) -> StoreError:
    """The error for a copy that has faults, and so many of them."""
    return StoreError(
        _(
            "{path}: is not put in place, because it is not whole: {faults}",
            path=source,
            faults=n_("one fault", "{count} faults", count),
        ),
        _("recovery store check {path} tells what is wrong; take another copy", path=source),
    )


def _is_there(file: Path) -> bool:
    with in_plain_words(file):
        try:
            return file.stat().st_size > 0
        except FileNotFoundError:
            return False


def _folder(home: Path) -> Path:
    """Make the folder of copies. The home itself is not made: a disk that is gone shall not be filled in its place."""
    folder = home / BACKUPS
    with in_plain_words(folder / JOURNAL_FILE):
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _unused(folder: Path, stem: str) -> Path:
    """A name that is not taken: two copies may be made within a second."""
    path, number = folder / f"{stem}.db", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.db"
    return path


def _prune(folder: Path, today: date) -> None:
    """Keep the last few daily copies. Those of days to come were made by a clock that was wrong: they go first."""
    ours = {
        file: date.fromisoformat(match[1])
        for file in folder.iterdir()
        if (match := _DAILY.fullmatch(file.name))
    }
    oldest_first = sorted(ours, key=lambda file: (ours[file] <= today, ours[file]))
    for file in oldest_first[:-KEPT]:
        file.unlink(missing_ok=True)


def _set_aside(home: Path, now: datetime) -> Path:
    """Keep the very bytes of a damaged journal, with all that SQLite has beside it."""
    kept = _unused(_folder(home), f"damaged-{clock.on_the_wall(now):%Y-%m-%dT%H%M%S}")
    try:
        with in_plain_words(kept):
            for end in ("", "-wal"):
                file = kept.with_name(kept.name + end)
                with suppress(FileNotFoundError), (home / (JOURNAL_FILE + end)).open("rb") as source:
                    descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
                    with os.fdopen(descriptor, "wb") as target:
                        target.writelines(iter(lambda: source.read(_PIECE), b""))
    except BaseException:
        _remove(kept)
        raise
    return kept


def _remove(kept: Path) -> None:
    for end in ("", "-wal"):
        with suppress(OSError):
            kept.with_name(kept.name + end).unlink(missing_ok=True)


def _replace(copy: Path, journal: Path) -> None:
    with in_plain_words(journal):
        for end in ("-wal", "-shm"):  # of the one before: SQLite would apply them to this one
            journal.with_name(journal.name + end).unlink(missing_ok=True)
        copy.replace(journal)
