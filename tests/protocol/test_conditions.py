import pytest

from recovery.protocol.conditions import parse_condition_text
from recovery.protocol.terms import Comparison, Duration


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("pain <= 3", Comparison("pain", "<=", 3.0)),
        ("pain<=3", Comparison("pain", "<=", 3.0)),
        ("  pain  !=  3.5 ", Comparison("pain", "!=", 3.5)),
        ("swelling falling", Comparison("swelling", "falling")),
        ("pain rising", Comparison("pain", "rising")),
        ("pain drop >= 2", Comparison("pain", "drop", 2.0)),
        ("grade == III", Comparison("grade", "==", "III")),
        ("side != left", Comparison("side", "!=", "left")),
        ("injury >= 48h", Comparison("injury", ">=", Duration(seconds=48 * 3600))),
        ("phase > 1w", Comparison("phase", ">", Duration(days=7))),
        ("start < 1h 30min", Comparison("start", "<", Duration(seconds=5400))),
        ("rom == full", Comparison("rom", "==", "full")),
        ("swelling <= slight", Comparison("swelling", "<=", "slight")),
    ],
)
def test_every_form_is_read(text: str, meaning: Comparison) -> None:
    assert parse_condition_text(text) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pain",
        "pain less than 3",
        "pain = 3",
        "pain =< 3",
        "pain <= ",
        "pain <= three!",
        "pain <= 3 and swelling <= 1",
        "pain <= -1",
        "3 <= pain",
        "pain drop 2",
        "pain drop >= two",
        "pain drop <= 2",
        "grade falling",
        "injury rising",
        "grade == IV",
        "grade >= II",
        "side == up",
        "injury == 48h",
        "injury >= 48",
        "injury >= 48 hours",
        "pain <= 3\npain >= 2",
        "__import__('os')",
        "pain <= 1e3",
        "pain <= ٣",
    ],
)
def test_anything_else_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match="write one comparison, such as pain <= 3, swelling falling"):
        parse_condition_text(text)


def test_a_comparison_is_printed_as_it_is_written() -> None:
    for text in ("pain <= 3", "swelling falling", "pain drop >= 2", "grade == III", "injury >= 48h"):
        assert str(parse_condition_text(text)) == text
