"""Random input for a while: each target gets its time, each input its limit.

    tests/run -m fuzz

A finding shows the input, made small by hypothesis. It becomes a test among the others, where it belongs.
"""

import io
import random
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from recovery.cli import main
from recovery.cli.main import status_of
from recovery.cli.output import Guarded
from recovery.errors import BUG

SECONDS = 30.0
"""How long each target is tried: the budget of a run is this times their number, some ten minutes."""

HANG_SECONDS = 2.0
"""Of processor time, for one input."""

MEMORY_BYTES = 512 * 1024 * 1024
"""More than the process had at the beginning: who needs it is a finding."""

settings.register_profile(
    "fuzz",
    deadline=None,  # hypothesis measures the time on the wall, and other programs run, too
    max_examples=100,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),  # to explain costs a tracer, and so the time limit
)


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


ODD = st.sampled_from(
    [
        *(
            "\x1b[31m",
            "\x1b]0;x\x07",
            "\x9b2J",
            "\0",
            "\r",
            "\x08",
            "\u202e",
            "\u2028",
            "\ufeff",
            "\ud83d",
            "é",
            "🧊",
        ),
        *(
            "{0}",
            "%s",
            "{side}",
            "{side.__class__}",
            "$(id)",
            "`id`",
            "<b>",
            "&lt;",
            "'; DROP TABLE fact; --",
        ),
        *("\u0663", "\u06f2", "²", "½", "-", ""),
    ]
)
TEXTS = st.text(max_size=40) | ODD | st.lists(ODD | st.text(max_size=5), max_size=4).map("".join)
NUMBERS = (
    st.integers()
    | st.sampled_from([0, -1, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63), 10**30])
    | st.floats(allow_nan=False, allow_infinity=False)
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


class Hang(BaseException):
    """An input takes too long. Nothing that is tried may catch it."""


def for_a_while(strategy: st.SearchStrategy[Any], tried: Callable[[Any], object]) -> None:
    """Try what the strategy gives until the time is over."""
    end, count = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:

        @seed(random.getrandbits(64))
        @settings(settings.get_profile("fuzz"))
        @given(strategy)
        def once(value: Any) -> None:
            nonlocal count
            if time.monotonic() < end:
                count += 1
                with _in_time():
                    tried(value)

        with _in_memory():
            once()
    print(f"{count} inputs")


@contextmanager
def _in_time() -> Iterator[None]:
    def ring(_number: int, _frame: object) -> None:
        raise Hang(f"more than {HANG_SECONDS:g} s")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, HANG_SECONDS)
    try:
        yield
    except Hang as hang:
        raise AssertionError(str(hang)) from hang
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def _in_memory() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY_BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


class Bug(AssertionError):
    """A command ended with a bug, exit status 70."""


def typed(*arguments: str) -> tuple[int, str]:
    """A command in this process: its exit status and all that it said, as a pipe would get it. Raises `Bug`."""
    memory = io.BytesIO()
    stream = Guarded(memory, encoding="utf-8", errors="replace")
    kept, sys.stdout, sys.stderr = (sys.stdout, sys.stderr, sys.stdin, main.report_bug), stream, stream
    sys.stdin = io.StringIO()
    caught: list[Exception] = []

    def report(error: Exception) -> int:
        caught.append(error)
        return BUG

    main.report_bug = report
    try:
        status = status_of(list(arguments))
        stream.flush()
        said = memory.getvalue().decode()
    finally:
        sys.stdout, sys.stderr, sys.stdin, main.report_bug = kept
    if caught:
        raise Bug(repr(arguments)) from caught[0]
    assert status in (0, 1, 2, 3), (arguments, status)
    assert status != BUG
    obeyed = {
        c for c in said if not c.isprintable() and (c < " " or "\x7f" <= c < "\xa0" or c in "\u202e\u2028")
    }
    assert obeyed <= {"\n", "\t"}, (obeyed, arguments)
    return status, said


def changed(draw: st.DrawFn, tree: Any, values: st.SearchStrategy[Any]) -> Any:
    """A tree of dicts and lists with one thing in it left out, doubled, moved or replaced."""
    path, place = [], tree
    while isinstance(place, dict | list) and place and (not path or draw(st.integers(0, 4))):
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        path.append((place, key))
        place = place[key]
    if not path:
        return draw(values)
    holder, key = path[-1]
    match draw(st.integers(0, 4)):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, list):
            holder.insert(draw(st.integers(0, len(holder))), holder[key])
        case 1:
            holder[draw(TEXTS | st.sampled_from(sorted(holder)))] = holder[key]
        case 2:
            other, there = draw(st.sampled_from(path))
            holder[key] = other[there] if not isinstance(other[there], dict | list) else draw(values)
        case _:
            holder[key] = draw(values)
    return tree
