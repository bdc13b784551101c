"""Text made fit to be sent."""

import json

import pytest

from recovery.notify.wording import clean, cut, cut_utf16, in_codes, one_line


@pytest.mark.parametrize(
    "text", ["", "plain", "tab\tand\nnewline", "é 🧊 \N{ZERO WIDTH JOINER}", "<b> & \\ \" '"]
)
def test_what_can_be_sent_is_left_alone(text: str) -> None:
    assert clean(text, 100) == text


@pytest.mark.parametrize(
    "character",
    ["\0", "\x08", "\x1b", "\x7f", "\x9b", "\ud83d", "\uffff", "\r", "\u202e", "\u2066", "\u061c"],
)
def test_what_cannot_be_sent_is_replaced_one_for_one(character: str) -> None:
    assert clean(f"a{character}b", 100) == "a\N{REPLACEMENT CHARACTER}b"


def test_windows_line_ends_are_line_ends() -> None:
    assert clean("a\r\nb", 100) == "a\nb"


def test_a_cut_text_has_the_length_asked_for() -> None:
    assert cut("12345", 5) == "12345"
    assert cut("123456", 5) == "1234…"


def test_a_character_of_two_units_is_not_split() -> None:
    assert cut_utf16("🧊🧊", 4) == "🧊🧊"
    assert cut_utf16("🧊🧊🧊", 4) == "🧊…"


def test_one_line_is_one_line() -> None:
    assert one_line(" a\n\tb\x1b[0m \x07 c\u2028d ") == "a b[0m c d"


def test_what_a_terminal_would_obey_is_shown_as_its_code() -> None:
    assert in_codes("a\x1b[31mb\r\x9b\u202e\ud83d") == "a\\u001b[31mb\\u000d\\u009b\\u202e\\ud83d"
    assert (
        in_codes("tab\tand\nnewline é 🧊 \N{ZERO WIDTH JOINER}")
        == "tab\tand\nnewline é 🧊 \N{ZERO WIDTH JOINER}"
    )


def test_json_stays_the_same_json() -> None:
    text = "".join(map(chr, range(0x3000)))
    written = in_codes(json.dumps(text, ensure_ascii=False))
    assert json.loads(written) == text
    assert "\x9b" not in written
