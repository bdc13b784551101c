"""The processes that keep the journal locked, as far as the system tells: on Linux, by the table of locks in /proc."""

import os
from contextlib import suppress
from pathlib import Path

_WRITING = {"": (0x4000_0000, 0x4000_0001), "-shm": (120, 120)}
"""The bytes that SQLite locks for writing: of the database itself, and of the memory that is shared about it."""

_LONGEST = 60
"""Characters of a command line that are told."""


def holder(path: Path) -> tuple[int, str] | None:
    """The other process that has the database at `path` locked for writing: its number and its command line."""
    wanted: dict[int, tuple[int, int]] = {}
    for end, bytes_ in _WRITING.items():
        with suppress(OSError):
            wanted[path.with_name(path.name + end).stat().st_ino] = bytes_
    try:
        lines = Path("/proc/locks").read_text("ascii").splitlines()
    except (OSError, ValueError):
        return None
    for line in lines:
        # 5: POSIX  ADVISORY  WRITE 3462 08:01:2621447 120 120
        words = line.split()
        with suppress(IndexError, ValueError):
            span = wanted.get(int(words[5].rpartition(":")[2]))
            first, last = int(words[6]), float("inf") if words[7] == "EOF" else int(words[7])
            pid = int(words[4])
            is_held = words[3] == "WRITE" and span is not None and first <= span[1] and span[0] <= last
            if is_held and pid > 0 and pid != os.getpid():
                return pid, _name(pid)
    return None


def _name(pid: int) -> str:
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return "?"
    words = " ".join(raw.replace(b"\0", b" ").decode("utf-8", "replace").split())
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
