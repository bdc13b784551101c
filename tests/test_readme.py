"""The README is run: its commands on a fixed day, their output compared with what it prints.

`python -m tests.test_readme` writes the output anew where it has changed.
"""

import contextlib
import io
import os
import re
import shlex
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine

from recovery.cli.main import status_of
from recovery.cli.quick import HOMES
from recovery.daemon import control, presence

README = Path(__file__).parent.parent / "README.md"
DAY = "2026-11-23"
ZONE = ZoneInfo("Europe/Berlin")
BLOCK = re.compile(r"(```console\n)(.*?)(```)", re.DOTALL)
AT = re.compile(r"# (?:on (?P<day>\d{4}-\d{2}-\d{2}) )?at (?P<clock>\d{2}:\d{2})")


@contextlib.contextmanager
def a_person(home: Path) -> Iterator[None]:
    """A home with a daemon that says it reminds, and ears for it: the README does not wait for real cues."""
    home.mkdir(mode=0o700, exist_ok=True)
    lock = presence.Lock(home)
    assert lock.take()
    presence.announce(home, presence.Presence(pid=os.getpid(), since=0, notifier="dbus"))
    ear = control.ControlSocket(home)
    before = {name: os.environ.get(name) for name in ("RECOVERY_HOME", "TZ")}
    os.environ.update(RECOVERY_HOME=str(home), TZ=ZONE.key)
    time.tzset()
    try:
        yield
    finally:
        ear.close()
        lock.release()
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        time.tzset()


def output_of(command: str, moment: datetime) -> str:
    """What a command prints at a moment, both streams, without the spaces that pad a table."""
    printed = io.StringIO()
    with (
        time_machine.travel(moment, tick=False),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
    ):
        status_of(shlex.split(command)[1:])
    return "".join(f"{line.rstrip()}\n" for line in printed.getvalue().splitlines())


def played(block: str, day: str) -> tuple[str, str]:
    """A console block with the output of its commands as it is now, and the day on which it ends."""
    clock, lines = "16:40", []
    for line in block.splitlines():
        moved = AT.fullmatch(line)
        if moved:
            day, clock = moved["day"] or day, moved["clock"]
            lines.append(f"{line}\n")
        elif line.startswith("$ "):
            moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZONE)
            lines.append(f"{line}\n{output_of(line.removeprefix('$ '), moment)}")
    return "".join(lines), day


def written_anew(text: str) -> str:
    """The README with the output of all its console blocks, played one after the other."""
    day = DAY

    def play(match: re.Match[str]) -> str:
        nonlocal day
        body, day = played(match[2], day)
        return f"{match[1]}{body}{match[3]}"

    return BLOCK.sub(play, text)


def test_the_readme_shows_what_its_commands_print(tmp_path: Path) -> None:
    text = README.read_text("utf-8")
    assert BLOCK.search(text), "the README shows no commands"
    with a_person(tmp_path / "home"):
        assert written_anew(text) == text, "python -m tests.test_readme writes it anew"


def test_the_readme_names_every_command() -> None:
    text = README.read_text("utf-8")
    missing = [name for name in HOMES if not re.search(rf"(`|recovery ){name}\b", text)]
    assert not missing


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)\)", README.read_text("utf-8")))
def test_the_readme_links_to_what_there_is(target: str) -> None:
    assert (README.parent / target).exists()


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder, a_person(Path(folder) / "home"):
        README.write_text(written_anew(README.read_text("utf-8")), "utf-8")
    sys.exit()
