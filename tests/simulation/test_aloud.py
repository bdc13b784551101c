"""What a person reads in a whole course is in their language, for people, and whole."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from recovery.protocol.compiled import in_language, to_json
from recovery.protocol.model import RecoveryProtocol
from recovery.values import replace
from tests.engine.examples import shipped, texts
from tests.simulation.aloud import aloud

TYPED = re.compile(
    r"recovery [a-z-]+(?: clear)?(?: [a-z0-9-]*=\S*| --[a-z-]+| \"[^\"]*\"| [a-z0-9-]+(?=[.,;:]|$| --))*"
)
"""A command, which names things by their ids."""
LISTED = re.compile(
    r"^  [a-z0-9-]+ {2,}(?=[A-ZÄÖÜ])"
    r"|^ *[a-z0-9-]+ +(?=(?:yes|no|open|ja|nein|offen) )"
)
"""An id that a page lists, to be typed."""
CITED = re.compile(r"^ +(?:sources|Quellen): .*|\[[^]]*\]$")
NUMBERED = re.compile(r"\b[a-z0-9-]+-1\b")
"""The id of an episode."""
NAMED = re.compile("PEACE and LOVE")
ENGLISH = frozenset(
    [
        "the",
        "and",
        "of",
        "is",
        "not",
        "with",
        "for",
        "you",
        "your",
        "be",
        "when",
        "no",
        "are",
        "it",
        "this",
        "that",
        "left",
        "right",
        "yes",
        "how",
        "what",
        "until",
    ]
)
BROKEN = re.compile(r"[{}]|(?<!\d)[.,;:?!][.,;:](?!/)|[,;]$|\(\)|\w [.,;:?!](?!\w)|\b(\w+) \1\b")
"""A placeholder, two ends of a sentence, an end that promises more, empty brackets, a word twice."""
UNITS = {"min", "h", "d"}


def prose(paragraphs: Iterable[str]) -> list[str]:
    """The lines, without commands, the numbers of episodes, and the ids that are listed to be typed."""
    lines = (line for paragraph in paragraphs for line in paragraph.split("\n"))
    return [taken_out(line) for line in lines]


def taken_out(line: str) -> str:
    for names in (TYPED, CITED, LISTED, NUMBERED, NAMED):
        line = names.sub("…", line)
    return line


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", sorted(texts()))
def test_a_course_read_aloud_is_for_people(name: str, language: str) -> None:
    lines = prose(aloud(name, spoken=language))
    words = {line: set(re.findall(r"[\w-]+", line)) for line in lines}
    raw = ids(shipped(name), language)
    wrong = {line: words[line] & raw for line in lines if words[line] & raw}
    assert wrong == {}
    if language == "de":
        assert {line: words[line] & ENGLISH for line in lines if words[line] & ENGLISH} == {}
    assert [line for line in lines if BROKEN.search(line)] == []


def ids(protocol: RecoveryProtocol, language: str) -> set[str]:
    """The ids of a file that are no words of its texts in a language."""
    document = to_json(in_language(replace(protocol, sources={}), language))
    written = [*strings(json.loads(document))]
    said = (text for text in written if " " in text or text != text.lower())
    words = {word for text in said for each in re.findall(r"[\w-]+", text) for word in (each, each.lower())}
    # An English id may be a word of the program's own: only what no language joins so is told apart.
    named = "[a-z][a-z0-9-]+" if language != "en" else "[a-z0-9]+(-[a-z0-9]+)+"
    return {text for text in written if re.fullmatch(named, text)} - words - UNITS


def strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            yield from strings([*value.items()])
        case list() | tuple():
            for each in value:
                yield from strings(each)
