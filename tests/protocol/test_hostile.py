"""Whatever the bytes: problems, never another exception, and quickly."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from recovery.protocol.library import Library, installed_folder
from recovery.protocol.outcome import ProtocolError
from recovery.protocol.reading import check_file, compile_texts
from tests.protocol.mutants import mixed_up

LIBRARY = Library((installed_folder(),))
FILES = [path.read_text(encoding="utf-8") for path in sorted(installed_folder().glob("*.yaml"))]
IDS = [path.stem for path in sorted(installed_folder().glob("*.yaml"))]
PIECES = [
    *(
        "{",
        "}",
        "[",
        "]",
        ": ",
        "- ",
        "'",
        '"',
        "\t",
        "&a ",
        "*a",
        "!x ",
        "?",
        "|",
        ">",
        "#",
        "%",
        "\n",
        "  ",
    ),
    *("\x07", "never", "all:", "injury+48h", "20min", "..", "\ud800", "\u2028", "\ufeff", "0", "{side}"),
    *("use: rice", "---\n"),
]

fuzz = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def tried(data: bytes, folder: Path) -> None:
    path = folder / "x.yaml"
    path.write_bytes(data)
    protocol, problems = check_file(path, LIBRARY)
    assert (protocol is None) == any(problem.is_error for problem in problems)
    for problem in problems:
        assert str(problem).isprintable()
        assert len(str(problem)) < 2000


@fuzz
@given(data=st.binary(max_size=200))
@example(data=b"\xff")
@example(data=b"a: !!binary x")
@example(data=b"%YAML 9.9\n---\na: b")
@example(data=b"a: |99\n x")
def test_any_bytes(data: bytes, tmp_path: Path) -> None:
    tried(data, tmp_path)


@fuzz
@given(text=st.text(max_size=200))
def test_any_text(text: str, tmp_path: Path) -> None:
    tried(text.encode("utf-8", "surrogatepass"), tmp_path)


@fuzz
@given(text=st.sampled_from(FILES), data=st.data())
def test_shipped_files_with_something_put_in_or_left_out(
    text: str, data: st.DataObject, tmp_path: Path
) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 30))
        text = text[:place] + data.draw(st.sampled_from(PIECES)) + text[place + length :]
    tried(text.encode("utf-8", "surrogatepass"), tmp_path)


@fuzz
@given(seed=st.integers(0, 10**9))
def test_shipped_files_with_lines_mixed_up(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    tried(mixed_up(dice.choice(FILES), dice).encode(), tmp_path)


@fuzz
@given(st.sampled_from(IDS), st.dictionaries(st.sampled_from([*IDS, "x", ""]), st.text(max_size=60)))
def test_any_texts(wanted: str, texts: dict[str, str]) -> None:
    with pytest.raises(ProtocolError):
        compile_texts(texts, wanted)


@pytest.mark.parametrize("key", ["<b>", "<text>", "<list>", "<>", "session", "[key]"])
@pytest.mark.parametrize("text", FILES, ids=IDS)
def test_a_key_that_looks_like_part_of_a_location(key: str, text: str, tmp_path: Path) -> None:
    """pydantic names the members of a union in its locations: they look like `<text>`."""
    path = tmp_path / "x.yaml"
    for place in ("\nphases:\n", "\nsources:\n", "\nobserve:\n", "\nlimits:\n"):
        tried(text.replace(place, f'\n"{key}": x{place}', 1).encode(), tmp_path)
    tried(f'"{key}": x\n{text}'.encode(), tmp_path)
    _, problems = check_file(path, LIBRARY)
    assert any(f"unknown key {key!r}" in str(problem) for problem in problems)
