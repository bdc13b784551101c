"""A small good protocol to vary, and ways to check it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from recovery.protocol.library import Library, installed_folder
from recovery.protocol.problems import Problem
from recovery.protocol.reading import check_file

SECTIONS = {
    "format": "format: 1",
    "id": "id: small",
    "version": "version: 1.0.0",
    "title": "title: Small",
    "summary": "summary: A small protocol.",
    "region": "region: hip",
    "inputs": "inputs: [onset, grade, side]",
    "sources": "sources:\n  nhs: {title: Advice}",
    "observe": """observe:
  pain: {ask: "Pain?", scale: 0..10, fresh: 24h, source: own}
  swelling:
    ask: "Swelling?"
    scale: 0..3
    labels: [none, slight, moderate, marked]
    fresh: 24h
    source: own
  rom: {ask: "Movement?", choices: [limited, full], fresh: 24h, source: own}""",
    "limits": "limits:\n"
    "  - {id: cold-session, of: cold, longest: 20min, gap: 30min, to: [cold, warm], source: nhs}",
    # The small protocol is about other things than the floor of the language.
    "responsible": "responsible: {name: Dr. Small, role: Tester, on: 2026-11-01, because: It is a test.}",
    "tables": "tables:\n  heal: {I: 2w..4w, II: 4w..8w, III: 3mo..12mo, source: own}",
    "healing": "healing: {from: injury, table: heal, late: {level: routine, say: Late}, source: own}",
    "red_flags": "red_flags:\n"
    "  - {id: grade-iii, when: grade == III, level: urgent, say: See a doctor, source: own}",
}

LOOK = """      - {id: ask, kind: check-in, ask: [pain, swelling, rom], every: 12h, source: own}"""
FIRST = """  - id: first
    min: 24h
    max: 72h
    {gate}
    at_max: {{level: routine, say: Too long}}
    source: own
    do:
"""


def _indented(text: str, depth: int) -> str:
    return "\n".join(" " * depth + line if line else line for line in text.strip("\n").splitlines())


def whole(
    *, activities: str = "", phases: str = "", gate: str = "leave_when: pain <= 3", **sections: str
) -> str:
    """A whole file: the small protocol with other sections, more activities in its phase, more phases."""
    parts = [sections.get(name, text) for name, text in SECTIONS.items()]
    phase = FIRST.format(gate=_indented(gate, 4).strip()) + LOOK
    if activities:
        phase += "\n" + _indented(activities, 6)
    if phases:
        phase += "\n" + _indented(phases, 2)
    return "\n".join([*parts, "phases:", phase, ""])


@pytest.fixture(name="whole")
def _whole() -> Callable[..., str]:
    return whole


@pytest.fixture
def library(tmp_path: Path) -> Library:
    own = tmp_path / "protocols"
    own.mkdir()
    return Library((own, installed_folder()))


@pytest.fixture
def check(tmp_path: Path, library: Library) -> Callable[..., tuple[Problem, ...]]:
    """The problems of a text or of bytes, as a file outside the library."""

    def checked(content: str | bytes) -> tuple[Problem, ...]:
        path = tmp_path / "small.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        _, problems = check_file(path, library)
        return problems

    return checked
