"""What a person sees of a bug: one line and where the rest is. The traceback goes to a file."""

import sys
import tempfile
import traceback
from pathlib import Path

from recovery import __version__, paths


def report(error: Exception, status: int) -> int:
    """Write the traceback down and say where; the exit status for it."""
    words = f"recovery {__version__}, Python {sys.version}\n{' '.join(sys.argv)}\n" + "".join(
        traceback.format_exception(error)
    )
    where = _write(words)
    print(f"Error: this is a bug in recovery: {type(error).__name__}", file=sys.stderr)
    print(f"  Please report it with this file: {where}", file=sys.stderr)
    return status


def _write(words: str) -> Path:
    try:
        path = paths.make_home() / "bug.log"
        path.write_text(words, "utf-8")
    except Exception:  # the folder of state may be the very thing that is broken
        with tempfile.NamedTemporaryFile("w", prefix="recovery-bug-", suffix=".log", delete=False) as file:
            file.write(words)
        return Path(file.name)
    path.chmod(0o600)
    return path
