"""The page that the project was asked to follow: what of it is cited, by the numbers of its lines."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

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


# The table of what is where ------------------------------------------------------------------------

SECTIONS = {
    "limit": "limits",
    "red flag": "red_flags",
    "screen": "screen",
    "option": "options",
    "observe": "observe",
    "table": "tables",
    "about": "about",
    "phase": "phases",
    "question": "questions",
    "sign": "signs",
    "outcome": "outcomes",
}
ACTIVITIES = ("session", "alternation", "reminder", "hold", "check-in", "advice", "checklist")
KINDS = "|".join((*SECTIONS, *ACTIVITIES, "assess", "use"))
PLACE = re.compile(rf"(?:([a-z0-9/-]+): )?({KINDS}) ([a-z0-9, -]+?)(?: > ([a-z_, ]+))?")
_LINES = re.compile(r"\(([\d, -]+)\)$")


class Row(NamedTuple):
    """One row of the table: a fact of the page, its lines, and where it is."""

    fact: str
    lines: frozenset[int]
    where: str

    @property
    def is_refused(self) -> bool:
        return self.where.startswith("refused: ")

    def places(self) -> Iterator[tuple[str, str, str, str]]:
        """Each place that is named: the file, the kind, the id, and a key of it or nothing."""
        file = ""
        for code in re.findall(r"`([^`]+)`", self.where):
            if named := PLACE.fullmatch(code):
                file = named[1] or file
                for name in named[3].split(", "):
                    yield from ((file, named[2], name, key) for key in (named[4] or "").split(", "))


def rows() -> list[Row]:
    section = (
        (installed_folder() / "README.md").read_text(encoding="utf-8").partition("## What is where\n")[2]
    )
    cells = [re.split(r" *\| *", line.strip("| ")) for line in section.splitlines() if line.startswith("| ")]
    return [_row(each[0], each[-1]) for each in cells if each[0] != "fact, and its line"]


def _row(fact: str, where: str) -> Row:
    named = _LINES.search(fact)
    spans = [each.split("-") for each in named[1].split(", ")] if named else []
    return Row(fact, frozenset(n for each in spans for n in range(int(each[0]), int(each[-1]) + 1)), where)


@cache
def things(file: str) -> dict[tuple[str, str], dict[str, Any]]:
    """What a file has, by kind and id, each as it is written."""
    data = yaml.safe_load((installed_folder() / f"{file}.yaml").read_text(encoding="utf-8"))
    here: dict[tuple[str, str], dict[str, Any]] = {}
    for kind, key in SECTIONS.items():
        section = data.get(key) or {}
        items = section.items() if isinstance(section, dict) else ((each.get("id"), each) for each in section)
        here |= {(kind, name): item for name, item in items if name}
    here |= {("assess", each["id"]): each for each in data.get("assess", {}).get("questions", ())}
    for phase in data.get("phases", ()):
        here |= {("use", phase["use"]): phase} if "use" in phase else {}
        for part in (phase, *phase.get("steps", ())):
            here |= {(each["kind"], each["id"]): each for each in part.get("do", ())}
    return here


def test_no_line_of_the_page_is_left_out_of_the_table() -> None:
    placed = frozenset().union(*(row.lines for row in rows()))
    assert placed == CONTENT


def test_what_the_table_does_not_refuse_is_cited_by_a_file() -> None:
    cited = {int(n) for file in FILES for n in re.findall(r"seed:(\d+)", file.read_text(encoding="utf-8"))}
    kept = frozenset().union(*(row.lines for row in rows() if not row.is_refused))
    assert kept == cited
    assert CONTENT - kept == {24, 42, 44, 63, 80, 189}


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.fact)
def test_every_place_in_the_table_is_there(row: Row) -> None:
    places = [*row.places()]
    has_reason = row.is_refused or "the language: " in row.where or "from other sources" in row.where
    assert places or has_reason
    for file, kind, name, key in places:
        there = things(file)
        assert (kind, name) in there, f"{file} has no {kind} {name}"
        assert not key or key in there[kind, name], f"{kind} {name} of {file} has no {key}"


def test_no_place_is_written_so_that_nobody_checks_it() -> None:
    """Find places that are written otherwise: nobody would check them."""
    for row in rows():
        codes = re.findall(r"`([^`]+)`", row.where)
        odd = [code for code in codes if re.match(rf"({KINDS}) |[a-z/0-9-]+: ({KINDS})", code)]
        assert [code for code in odd if not PLACE.fullmatch(code)] == []
