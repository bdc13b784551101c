"""The page of a protocol: `recovery protocols show`."""

import pytest

from tests.cli.conftest import Person
from tests.protocol.conftest import whole


@pytest.fixture
def page(person: Person) -> str:
    return " ".join(person.types("protocols", "show", "strain").out.split())


@pytest.mark.parametrize(
    "words",
    [
        "Then wait 1 h.",
        "until 48 h after the injury",
        "no warm earlier than 48 h after the injury",
        "See somebody today, if pain at least 8: With pain of 8",
        "an answer counts for 36 h",
        "the other side, with the injured hip raised",
        "Stand beside a wall, one finger on it.",
        "swelling lower than at first and swelling not higher than last time",
        "grade I: 2 weeks to 4 weeks [seed:193]",
        "[loading: own] *",
    ],
)
def test_it_is_in_words(page: str, words: str) -> None:
    assert words in page


def test_nothing_is_left_in_braces_or_as_the_file_writes_it(page: str) -> None:
    assert not any(sign in page for sign in ("{", "}", "<=", ">=", "==", "injury+", "phase+"))


def test_a_phase_that_wants_confirmation_says_so(person: Person) -> None:
    path = person.file(whole(gate="leave_when: pain <= 3\nconfirm: true"), "small.yaml")
    assert "once you have confirmed it" in person.types("protocols", "show", path).out


def test_a_file_that_is_ignored_is_named(person: Person) -> None:
    own = person.home / "protocols"
    own.mkdir(parents=True)
    (own / "mine.yml").write_text(whole())
    assert "ignored: the file's name has to end in .yaml" in person.types("protocols").out
