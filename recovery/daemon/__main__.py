"""The daemon's own program: `python -m recovery.daemon DESCRIPTOR NOTIFIER`.

DESCRIPTOR is told when reminders can be shown, or cannot; it is `-` in the foreground. The command line starts
it as a program of its own, in which nothing of the command line takes room.
"""

import os
import sys

from recovery import paths
from recovery.daemon.run import run
from recovery.errors import RecoveryError


def main() -> int:
    """Be the daemon; the exit status. Last words go to standard error, which `launch` reads."""
    ready, notifier = sys.argv[1:]
    try:
        on_ready = int(ready) if ready != "-" and os.name == "posix" else None
        run(paths.make_home(), notifier=notifier or None, foreground=ready == "-", on_ready=on_ready)
    except RecoveryError as error:
        hint = f"\n  {error.hint}" if error.hint and ready == "-" else ""
        sys.stderr.write(f"{'Error: ' if ready == '-' else ''}{error.message}{hint}\n")
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
