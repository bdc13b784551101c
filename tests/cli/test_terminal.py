"""At a terminal: questions, and styles where they are wanted."""

import os
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop import LIMIT_SECONDS
from tests.profile import COMMAND, ICE, Profile, protocol

pty = pytest.importorskip("pty")

ESCAPE = "\x1b["


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Profile]:
    with Profile(tmp_path) as profile:
        yield profile


def at_terminal(person: Profile, *arguments: str, types: str = "", status: int = 0, **environ: str) -> str:
    """All that appears on a terminal on which a command runs and `types` is typed."""
    here, there = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=there,
        stdout=there,
        stderr=there,
        cwd=person.folder,
        env={**person.environ, "TERM": "xterm-256color", "COLUMNS": "100", **environ},
        start_new_session=True,
    )
    os.close(there)
    os.write(here, types.encode())
    seen, limit = b"", time.monotonic() + LIMIT_SECONDS
    try:
        while select.select([here], [], [], max(0.0, limit - time.monotonic()))[0]:
            data = os.read(here, 4096)
            if not data:
                break
            seen += data
    except OSError:  # how Linux says that nobody holds the other end any more
        pass
    finally:
        os.close(here)
    assert process.wait(LIMIT_SECONDS) == status, seen.decode()
    return seen.decode().replace("\r\n", "\n")


def test_what_a_start_needs_is_asked_for(person: Profile) -> None:
    seen = at_terminal(person, "start", "strain", "--no-daemon", types="2h ago\n2\nleft\n")

    assert 'When did it happen ("2h ago", "yesterday 18:00"):' in seen
    assert "Which grade:" in seen
    assert "This one needs a doctor today." in seen
    assert "Which side is injured (left, right):" in seen
    (episode,) = person.json("status")["episodes"]
    assert (episode["grade"], episode["side"]) == ("II", "left")


def test_only_what_is_missing_is_asked_for(person: Profile) -> None:
    seen = at_terminal(
        person, "start", "strain", "--no-daemon", "--onset", "2h ago", "--grade", "1", types="right\n"
    )
    assert "Which grade" not in seen
    assert "Which side" in seen


def test_a_wrong_answer_is_asked_for_again(person: Profile) -> None:
    seen = at_terminal(
        person, "start", "strain", "--no-daemon", types="lately\nin 2h\n2h ago\n7\n3\nup\nleft\n"
    )
    assert "Error: 'lately' is not a time that I know" in seen
    assert "Error: the injury cannot be in the future" in seen
    assert "'7' is not a grade" in seen
    assert "'up' is not one of" in seen
    assert person.json("status")["episodes"][0]["grade"] == "III"


def test_an_answer_can_be_refused_by_leaving(person: Profile) -> None:
    at_terminal(person, "start", "strain", "--no-daemon", types="2h ago\n\x04", status=130)
    assert not (person.home / "journal.db").exists()


def test_a_check_in_asks_what_the_phase_asks(person: Profile) -> None:
    person.start(protocol(ICE.format(length="20min")), "--no-daemon")
    seen = at_terminal(person, "checkin", types="12\n3\n")

    assert seen.count("Pain?:") == 2
    assert "That takes a whole number from 0 to 10; Enter alone leaves it out." in seen
    assert "Noted: pain 3." in seen


def test_a_check_in_without_any_answer_notes_nothing(person: Profile) -> None:
    person.start(protocol(ICE.format(length="20min")), "--no-daemon")
    assert "Error: no answers given" in at_terminal(person, "checkin", types="\n", status=2)
    assert person.facts("answered") == []


def test_styles_are_shown_on_a_terminal_that_has_them(person: Profile) -> None:
    person.start(protocol(ICE.format(length="20min")), "--no-daemon")
    for command in ("status", "agenda"):
        assert f"{ESCAPE}1;36m" in at_terminal(person, command), "bold and cyan"
        assert "36m" not in at_terminal(person, command, NO_COLOR="1")
    assert ESCAPE not in at_terminal(person, "status", NO_COLOR="1")
    assert ESCAPE not in at_terminal(person, "status", TERM="dumb")


def test_a_narrow_terminal_cuts_nothing_short(person: Profile) -> None:
    seen = at_terminal(person, "protocols", "show", "strain", COLUMNS="60", NO_COLOR="1")
    assert "Phase rice: Rest, ice, compression, elevation" in seen
    assert "Not medical advice." in seen
