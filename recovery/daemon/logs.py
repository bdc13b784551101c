"""The daemon's log: a rotating file in the folder of all state, and standard error in the foreground."""

import logging
import logging.handlers
import os
import sys
from pathlib import Path

from recovery.notify.wording import in_codes

LOG = "daemon.log"
_BYTES, _KEPT = 512 * 1024, 3


def set_up(folder: Path, *, foreground: bool) -> logging.Logger:
    """The log of the daemon in `folder`, private to its owner."""
    log = logging.getLogger("recovery")
    log.setLevel(logging.INFO)
    log.propagate = False
    words = _Harmless("%(asctime)s.%(msecs)03d %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    file = _PrivateFile(folder / LOG, maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8", delay=True)
    handlers: list[logging.Handler] = [file]
    if foreground:
        handlers.append(logging.StreamHandler(sys.stderr))
    for handler in handlers:
        handler.setFormatter(words)
        log.addHandler(handler)
    # APScheduler tells of its own inner life; only its troubles are ours.
    library = logging.getLogger("apscheduler")
    library.setLevel(logging.WARNING)
    library.propagate = False
    library.addHandler(file)
    # A full disk must not turn every line of the log into a traceback on standard error.
    logging.raiseExceptions = False
    return log


class _Harmless(logging.Formatter):
    """Lines that command no terminal, whoever reads the log on one."""

    def format(self, record: logging.LogRecord) -> str:
        return in_codes(super().format(record))


class _PrivateFile(logging.handlers.RotatingFileHandler):
    def _open(self):  # type: ignore[no-untyped-def]  # the base class leaves its stream untyped, too
        # Private from its first byte, whatever the umask says.
        os.close(os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        opened = super()._open()
        Path(self.baseFilename).chmod(0o600)
        return opened
