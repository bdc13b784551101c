"""Where state lives: one private folder, `RECOVERY_HOME`."""

import os
import sys
from pathlib import Path

from recovery.errors import RecoveryError


def home() -> Path:
    """The folder of all state. `RECOVERY_HOME` names it; otherwise the platform's place for data."""
    named = os.environ.get("RECOVERY_HOME")
    if named:
        return Path(named).expanduser().absolute()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Application Support"
    else:
        base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "recovery"


def make_home() -> Path:
    """`home()`, created if need be and closed to other users (0700).

    Raises `RecoveryError` where the folder cannot be made or is not a folder.
    """
    folder = home()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix" and folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise RecoveryError(
            f"{folder}: cannot be used as the folder for recovery's data: {error.strerror}",
            "set RECOVERY_HOME to a folder that you can write to",
        ) from None
    return folder
