"""Texts from outside, in protocol files, answers and what a person types: shown as they are, and obeyed by nothing."""

import io
import json
import sqlite3
import unicodedata
from contextlib import closing
from pathlib import Path

import pytest

from recovery.cli.main import status_of
from recovery.cli.output import Guarded
from tests.cli.conftest import ZONE, Person
from tests.cli.test_terminal import at_terminal
from tests.profile import ICE, Profile, protocol

COMMANDS = (
    "$(touch pwned) `touch pwned` ; touch pwned | %s %(x)s %n <b>bold</b> &lt; [red]x[/red] :smile: __class__"
)
"""What shells, templates, markup and rich's own markup would make something of. No part of it may be."""

OBEYED = ["\x1b[31m", "\x1b]0;title\x07", "\x9b2J", "\r", "\x08", "\u202e", "\u2066", "\u061c", "\x7f"]


def obeyed(text: str) -> set[str]:
    """What in an output a terminal would obey, or what turns text round."""
    return {
        c for c in text if c not in "\n\t" and (unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs"))
    }


def with_commands() -> str:
    text = protocol(ICE.format(length="20min")).replace(
        "Cold pack on, with a <cloth> & care.", f"'{COMMANDS}'"
    )
    return text.replace("title: Only phase", "title: '%s <b>$(touch pwned)</b>'")


def test_a_protocol_s_text_is_shown_and_never_run(profile: Profile) -> None:
    file = profile.file(with_commands())
    said = profile.start(with_commands()).out
    said += (
        profile.run("status").out
        + profile.run("next").out
        + profile.run("agenda").out
        + profile.run("log").out
    )
    said += (
        profile.run("explain").out
        + profile.run("begin", status=None).out
        + profile.run("skip", status=None).out
    )
    assert "%s <b>$(touch pwned)</b>" in said
    page = profile.run("protocols", "show", file).out + profile.run("protocols", "preview", file).out
    assert "$(touch pwned)" in page
    assert "[red]x[/red]" in " ".join(page.split())
    assert ":smile:" in page
    notes = [fact.data["cue"]["body"] for fact in profile.facts("offered")]
    assert COMMANDS in notes[0]

    assert obeyed(said + page) == set()
    assert [*profile.folder.rglob("pwned")] == []
    assert not Path("pwned").exists()


def test_a_simulation_shows_it_too(person: Person) -> None:
    file = person.file(with_commands())
    ran = person.types("simulate", file, "--onset", "2h ago", "--timezone", ZONE, "--for", "1d")
    assert obeyed(ran.out + ran.err) == set()
    for event in person.lines("simulate", file, "--onset", "2h ago", "--timezone", ZONE, "--for", "1d"):
        assert event["v"] == 1


@pytest.mark.parametrize("braces", ["{0}", "{side.__class__}", "{side!r}", "{}", "{{side}}", "{quick}"])
def test_braces_that_are_no_placeholder_are_refused(person: Person, braces: str) -> None:
    said = person.types(
        "validate", person.file(protocol(ICE.format(length="20min").replace("<cloth>", braces))), status=1
    )
    assert "brace" in said.out + said.err or "option" in said.out + said.err


@pytest.mark.parametrize("written", ["\\e[31m", "\\x9b2J", "\\u202e", "\\u2066", "\\0", "\\r", "\\x7f"])
@pytest.mark.parametrize("place", ["title: Ice", "source: own", "id: ice", "of: cold", "duration: 20min"])
def test_escapes_of_yaml_bring_no_control_character_in(person: Person, written: str, place: str) -> None:
    """Written `"\\e"`, they are no control characters yet when the file is looked over as a text."""
    key, _, value = place.partition(": ")
    value = f"seed:{value}" if key == "source" else value
    text = protocol(ICE.format(length="20min").replace(place, f'{key}: "{value}{written}"'))
    said = person.types("validate", person.file(text), status=1)

    assert obeyed(said.out + said.err) == set()
    assert "can be seen" in said.out + said.err


@pytest.mark.parametrize("bad", OBEYED)
def test_a_reason_that_a_person_types(profile: Profile, bad: str) -> None:
    profile.start(protocol(ICE.format(length="20min")), "--no-daemon")
    profile.run("pause", "--for", "1h", "--because", f"well{bad}known")
    code = "".join(f"\\u{ord(c):04x}" if c in obeyed(bad) else c for c in bad)
    for command in (["log"], ["status"], ["log", "--json"]):
        assert obeyed(profile.run(*command).out) == set()
    assert f"well{code}known" in profile.run("log").out
    assert f"well{code}known" in profile.facts("paused")[0].data["because"]


def test_bytes_that_are_no_text_are_written_down_as_codes(profile: Profile) -> None:
    profile.start(protocol(ICE.format(length="20min")), "--no-daemon")
    profile.run("pause", "--for", "1h", "--because", b"a\xffb".decode("utf-8", "surrogateescape"))
    assert profile.facts("paused")[0].data["because"] == "a\\udcffb"
    for words in (
        ["--episode"],
        ["begin"],
        ["checkin"],
        ["flag"],
        ["screen"],
        ["explain"],
        ["setback", "--onset"],
    ):
        command = ["status", *words] if words[0].startswith("-") else words
        ran = profile.run(*command, b"\xff=\x1b[2J".decode("utf-8", "surrogateescape"), status=None)
        assert ran.status in (1, 2, 3), ran
        assert obeyed(ran.err) == set()


@pytest.mark.parametrize("bad", OBEYED)
def test_an_answers_file(person: Person, bad: str) -> None:
    good = {"at": "2026-11-23T18:05+01:00", "do": "skip", "activity": "ice", "because": f"x{bad}y"}
    for line in (
        good,
        {**good, "do": bad},
        {**good, "at": bad},
        {**good, bad: bad},
        {**good, "activity": bad},
    ):
        file = person.file(json.dumps(line), "answers.jsonl")
        stream = Guarded(io.BytesIO(), encoding="utf-8")
        given = ("simulate", "rice", "--onset", "2026-11-23T18:00+01:00", "--for", "6h", "--timezone", ZONE)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdout", stream)
            patch.setattr("sys.stderr", stream)
            person.types(
                *given,
                "--answers",
                file,
                status=2 if "simulate" not in given or _is_wrong(line, good) else 0,
            )
            stream.flush()
        assert isinstance(stream.buffer, io.BytesIO)
        assert obeyed(stream.buffer.getvalue().decode()) == set()


def _is_wrong(line: dict[str, str], good: dict[str, str]) -> bool:
    return line["do"] != good["do"] or line["at"] != good["at"] or line.keys() != good.keys()


@pytest.mark.parametrize("bad", OBEYED)
def test_a_journal_that_somebody_else_has_written_in(profile: Profile, bad: str) -> None:
    profile.start(protocol(ICE.format(length="20min")), "--no-daemon")
    with closing(sqlite3.connect(profile.home / "journal.db")) as journal, journal:
        journal.execute(
            "UPDATE pinned SET compiled = replace(compiled, 'Ice', ?)", (json.dumps(f"I{bad}ce")[1:-1],)
        )
        for (trigger,) in journal.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            journal.execute(f"DROP TRIGGER {trigger}")
        journal.execute("UPDATE fact SET data = replace(data, 'only', ?)", (json.dumps(f"only{bad}")[1:-1],))
    for command in (
        ["status"],
        ["log"],
        ["next"],
        ["log", "--json"],
        ["status", "--json"],
        ["store", "check"],
        ["begin"],
    ):
        ran = profile.run(*command, status=None)
        assert obeyed(ran.out + ran.err) == set(), command
        assert ran.status != 70


def test_names_of_files(profile: Profile) -> None:
    for command in (
        ["validate"],
        ["start"],
        ["protocols", "show"],
        ["simulate", "rice", "--onset", "1h ago", "--answers"],
    ):
        ran = profile.run(*command, "no\x1b[31m\u202ewhere\r.yaml", status=None)
        assert ran.status in (1, 2, 3)
        assert obeyed(ran.out + ran.err) == set()


def test_at_a_terminal_styles_pass_and_nothing_else(profile: Profile) -> None:
    profile.start(protocol(ICE.format(length="20min")), "--no-daemon")
    profile.run("pause", "--for", "1h", "--because", "a\x1b[31mb\x1b[2J\x9b2Jc")
    for command in ("log", "status"):
        seen = at_terminal(profile, command)
        plain = seen.replace("\x1b[", "", 1) if command == "" else seen
        assert "\x1b[1m" in plain or "\x1b[1;36m" in plain, "styles are shown"
        assert not {"\x1b[31m", "\x1b[2J", "\x9b"} & {
            seen[i : i + n] for i in range(len(seen)) for n in (1, 4, 5)
        }


def written(text: str, *, is_terminal: bool) -> str:
    class Terminal(Guarded):
        def isatty(self) -> bool:
            return is_terminal

    memory = io.BytesIO()
    stream = Terminal(memory, encoding="utf-8", errors="replace")
    assert stream.write(text) >= len(text)
    stream.flush()
    return memory.getvalue().decode()


def test_the_guard_of_an_output() -> None:
    styles = "\x1b[1mbold\x1b[0m \x1b[1;36mcyan\x1b[0m \x1b[2;9mgone\x1b[m"
    assert written(styles, is_terminal=True) == styles
    assert "\x1b" not in written(styles, is_terminal=False)
    hidden = "\x1b[8mhidden\x1b[5mblink\x1b[2J\x1b]0;title\x07\x1b[31\x1b[;m\x1b[1;8m\x9b31m"
    assert obeyed(written(hidden, is_terminal=True)) == set()
    assert written("é\tü\n✓ █ 🧊\n", is_terminal=False) == "é\tü\n✓ █ 🧊\n"
    assert (
        json.loads(written(json.dumps("\x7f\x9b\u202e", ensure_ascii=False), is_terminal=False))
        == "\x7f\x9b\u202e"
    )


@pytest.mark.parametrize(
    "data", [b"", b"\xff", 7, "[]", "7", "null", "1],[2", "[" * 50_000, "{}", '{"values": 1}']
)
@pytest.mark.parametrize("kind", ["started", "answered", "offered", "undone"])
def test_a_fact_that_makes_no_sense_is_told_in_words(person: Person, data: object, kind: str) -> None:
    person.types(
        "start", person.file(protocol(ICE.format(length="20min"))), "--onset", "1h ago", "--no-daemon"
    )
    person.types("checkin", "pain=4")
    person.types("checkin", "pain=5")
    person.types("undo")
    with closing(sqlite3.connect(person.home / "journal.db")) as journal, journal:
        for (trigger,) in journal.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            journal.execute(f"DROP TRIGGER {trigger}")
        try:
            journal.execute(
                "UPDATE fact SET data = ? WHERE seq = (SELECT max(seq) FROM fact WHERE kind = ?)",
                (data, kind),
            )
        except sqlite3.IntegrityError:
            pytest.skip("SQLite takes no such value itself")
    for command in ("status", "log", "next", "undo", "begin"):
        status = status_of([command])
        assert status in (0, 1, 3), command
    assert not (person.home / "bug.log").exists()
