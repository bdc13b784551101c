"""The daemon in the background, as `launch` starts it: `python -m recovery.daemon DESCRIPTOR NOTIFIER`.

DESCRIPTOR is told when reminders can be shown, or cannot. In the foreground: `recovery daemon run`.
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
        on_ready = int(ready) if os.name == "posix" else None
        run(paths.make_home(), notifier=notifier or None, foreground=False, on_ready=on_ready)
    except RecoveryError as error:
        sys.stderr.write(f"{error.message}\n")
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
