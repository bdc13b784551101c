"""The person's settings while the daemon lives: read anew when the file has changed, so that no restart is needed."""

import logging
from pathlib import Path

from recovery import settings
from recovery.errors import SettingsError
from recovery.settings import SETTINGS_FILE, Settings


class LiveSettings:
    """The settings in a folder. A file with mistakes changes nothing; they are told in the log, once."""

    def __init__(self, folder: Path, log: logging.Logger) -> None:
        self._folder = folder
        self._log = log
        self._seen: tuple[int, int] | None = None
        self._known = Settings()

    def now(self) -> Settings:
        try:
            there = (self._folder / SETTINGS_FILE).stat()
            seen = (there.st_mtime_ns, there.st_size)
        except OSError:
            self._seen, self._known = None, Settings()
            return self._known
        if seen != self._seen:
            self._seen = seen
            try:
                self._known = settings.load(self._folder)
            except SettingsError as error:
                self._log.error("the settings stay as they were: %s", error.message)
        return self._known
