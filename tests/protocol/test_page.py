"""The page of a protocol: `recovery protocols show`."""

import pytest

from recovery.cli import render_tables
from recovery.protocol.library import Library
from recovery.protocol.reading import listed, read_protocol
from recovery.protocol.terms import (
    All,
    AnyOf,
    Comparison,
    Not,
)
from recovery.words.terms import condition_words


@pytest.fixture
def page(library: Library, capsys: pytest.CaptureFixture[str]) -> str:
    render_tables.print_protocol(read_protocol(library.find("strain"), library).protocol)
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "words",
    [
        "Then wait 1 h.",
        "until 48 h after the injury",
        "no warm earlier than 48 h after the injury",
        "urgent, if pain at least 8: Pain of 8",
        "an answer counts for 36 h",
        "the other side, with the injured hip raised",
        "Strength of the injured hip",
        "swelling lower than at first and swelling not higher than last time",
        "grade I: 2 weeks to 4 weeks [seed:193]",
        "[loading: own] *",
    ],
)
def test_it_is_in_words(page: str, words: str) -> None:
    assert words in page


def test_nothing_is_left_in_braces_or_as_the_file_writes_it(page: str) -> None:
    assert not any(sign in page for sign in ("{", "}", "<=", ">=", "==", "injury+", "phase+"))


def test_a_phase_that_wants_confirmation_says_so(
    library: Library, capsys: pytest.CaptureFixture[str], whole: object
) -> None:
    path = library.folders[0] / "small.yaml"
    path.write_text(whole(gate="leave_when: pain <= 3\nconfirm: true"))  # type: ignore[operator]
    render_tables.print_protocol(read_protocol(path, library).protocol)
    assert "once you have confirmed it" in capsys.readouterr().out


def test_conditions_keep_their_meaning_in_words() -> None:
    is_full, falls = Comparison("rom", "==", "full"), Comparison("pain", "falling")
    both = All((is_full, AnyOf((falls, Not(is_full)))))
    assert condition_words(both, "en") == "rom is full and (pain lower than at first or rom is not full)"
    assert condition_words(Not(both), "en").startswith("not (rom is full and (")


def test_a_file_that_is_ignored_is_named(
    library: Library, capsys: pytest.CaptureFixture[str], whole: object
) -> None:
    (library.folders[0] / "mine.yml").write_text(whole())  # type: ignore[operator]
    render_tables.print_library(listed(library))
    assert "ignored: the file's name has to end in .yaml" in capsys.readouterr().out
