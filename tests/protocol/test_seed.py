"""The page that the project was asked to follow: what of it is cited, by the numbers of its lines."""

import re
from pathlib import Path

import pytest

from recovery.protocol.library import installed_folder

HEADINGS = frozenset(
    {1, 3, 9, 10, 13, 15, 19, 26, 30, 46, 61, 65, 74, 78, 90, 94, 98}
    | {104, 120, 122, 124, 131, 135, 139, 150, 160, 170, 187, 191, 201}
)
"""The lines that only say what comes after them. All others of `LINES` are empty."""
CONTENT = frozenset(
    {
        5,
        7,
        17,
        21,
        22,
        24,
        28,
        *range(32, 41),
        42,
        44,
        *range(48, 60),
        63,
        *range(67, 73),
        76,
        80,
        82,
        84,
        86,
        88,
    }
    | {
        92,
        96,
        *range(100, 103),
        *range(106, 118),
        *range(126, 130),
        133,
        137,
        *range(141, 149),
        *range(152, 159),
    }
    | {*range(162, 169), 172, 174, *range(176, 180), 181, 183, 185, 189, 193, 195, 197, 199, *range(203, 207)}
)
"""The lines of the page that say something."""
LINES = range(1, 207)
FILES = sorted(installed_folder().glob("**/*.yaml"))


def test_a_line_is_a_heading_or_says_something() -> None:
    assert not HEADINGS & CONTENT
    assert set(LINES) > HEADINGS | CONTENT
    assert len(CONTENT) == 106


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_cited_of_the_page_says_something(file: Path) -> None:
    cited = {int(number) for number in re.findall(r"seed:(\d+)", file.read_text(encoding="utf-8"))}
    assert cited
    assert cited <= CONTENT, "headings and empty lines say nothing"
