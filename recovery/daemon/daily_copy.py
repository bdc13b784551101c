"""The daily copy of the journal, which the daemon makes after its other work."""

import logging
from datetime import date, datetime, timedelta
from pathlib import Path

from recovery import clock
from recovery.store.backups import back_up_daily
from recovery.store.failures import Damaged

BACKUP_WAIT = timedelta(hours=1)
"""When to try again to copy the journal after that failed."""


class DailyCopy:
    """The copies of the journal of one folder."""

    def __init__(self, folder: Path, log: logging.Logger) -> None:
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
