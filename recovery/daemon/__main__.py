"""The daemon's own program: `python -m recovery.daemon DESCRIPTOR NOTIFIER`.

DESCRIPTOR is told when reminders can be shown, or cannot; it is `-` in the foreground. The command line starts
it as a program of its own, in which nothing of the command line takes room.
"""

import os
import sys
from contextlib import suppress

from recovery import paths
from recovery.daemon.run import run_daemon
from recovery.errors import RecoveryError
from recovery.language import _, chosen, use
from recovery.notify.wording import in_codes
from recovery.settings import wanted_language
from recovery.streams import fill_closed, let_go


def main() -> int:
    """Be the daemon; the exit status. Last words go to standard error, which `launch` reads."""
    ready, notifier = sys.argv[1:]
    fill_closed()
    os.umask(0o077)  # whatever it and its libraries write is for its owner alone
    try:
        folder = paths.make_home()
        use(chosen(os.environ, wanted_language(folder)))
        on_ready = int(ready) if ready != "-" and os.name == "posix" else None
        run_daemon(folder, notifier=notifier or None, foreground=ready == "-", on_ready=on_ready)
    except RecoveryError as error:
        # In the foreground for a person; otherwise for the command that started it.
        words = _("Error: {message}", message=error.message) if ready == "-" else error.message
        hint = f"\n  {error.hint}" if error.hint else ""
        with suppress(OSError):  # where nobody can be told, the exit status has to do
            sys.stderr.write(in_codes(f"{words}{hint}\n"))
        return error.exit_status
    finally:
        let_go()
    return 0


if __name__ == "__main__":
    sys.exit(main())
