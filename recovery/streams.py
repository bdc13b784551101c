"""The three standard streams of a process that was started without some of them."""

import os
import sys


def fill_closed() -> None:
    """Open the standard streams that the caller has closed (`recovery status >&-`).

    Left closed, their numbers go to the next files that are opened, and what is meant for a person ends up there.
    Reading gives nothing. Writing fails, as it does in any program that finds its output closed; where a program
    without a window has none (Windows), it goes nowhere.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            place = os.open(os.devnull, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
            os.set_inheritable(place, True)  # the daemon takes the place of `daemon run` in this very process
            opened = os.fdopen(place, "r" if name == "stdin" else "w", 1, "utf-8", "replace", closefd=False)
            setattr(sys, name, opened)


def let_go() -> None:
    """Write out what is left, or lead it nowhere: Python's own last flush would turn a failure into exit status 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
