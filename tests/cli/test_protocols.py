"""`protocols`, `validate`, `schema`."""

import json

import pytest

from tests.cli.conftest import Person
from tests.profile import ICE, LONG, protocol

BAD = protocol(ICE.format(length="20 parsecs")).replace("title: Ice", "tilte: Ice")


def test_the_list_names_every_protocol(person: Person) -> None:
    out = person.types("protocols").out
    assert all(name in out for name in ("contrast", "rice", "strain"))

    listed = person.lines("protocols")
    assert [one["id"] for one in listed] == [
        "cold-10-10-10", "contrast", "peace-and-love", "rice", "sitting", "strain", "trigger-point",
    ]  # fmt: skip
    assert set(listed[0]) == {"v", "id", "title", "version", "file", "usable", "summary"}
    assert all(one["usable"] for one in listed)


def test_a_bad_file_hides_no_other_and_is_named(person: Person) -> None:
    own = person.home / "protocols"
    own.mkdir(parents=True)
    (own / "quick.yaml").write_text(BAD)
    out = person.types("protocols").out

    assert "cannot be used; recovery validate" in out
    assert "strain" in out
    assert [one["usable"] for one in person.lines("protocols") if one["id"] == "quick"] == [False]


def test_a_protocol_is_a_page_with_its_sources(person: Person) -> None:
    out = person.types("protocols", "show", "strain").out

    for words in (
        "Recovery from a muscle strain",
        "Phase rice:",
        "Phase contrast:",
        "Phase loading:",
        "Phase return:",
    ):
        assert words in out
    assert "grade III: 3 months to 12 months" in out
    assert "* The project's own default" in out
    assert "Not medical advice." in out


def test_a_protocol_as_json_is_what_was_compiled(person: Person) -> None:
    told = person.json("protocols", "show", "rice")
    assert told["v"] == 1
    assert told["protocol"]["protocol"]["id"] == "rice"


def test_showing_what_is_not_there_is_status_3(person: Person) -> None:
    assert "did you mean 'rice'?" in person.types("protocols", "show", "ricee", status=3).err


def test_a_good_file_is_said_to_be_good(person: Person) -> None:
    path = person.file(protocol(LONG.format(length="20min")))
    assert f"{path}: Seconds, version 1.0.0: no errors\n" in person.types("validate", path).out
    assert all(one["severity"] != "error" for one in person.lines("validate", path))


def test_all_errors_of_all_files_are_told_with_their_places(person: Person) -> None:
    bad, good = person.file(BAD, "bad.yaml"), person.file(protocol(LONG.format(length="20min")))
    lines = person.types("validate", bad, good, "rice", status=1).out.splitlines()

    assert any(line.startswith(f"{bad}:25:") and "did you mean" in line and "title" in line for line in lines)
    assert any(line.startswith(f"{bad}:27:") and "parsecs" in line for line in lines)
    assert any("rice" in line and line.endswith("no errors") for line in lines)


def test_problems_as_json_have_all_fields(person: Person) -> None:
    problems = person.lines("validate", person.file(BAD), status=1)
    (length,) = [one for one in problems if one["line"] == 27]

    assert {"file", "line", "column", "path", "severity", "message", "expected", "found"} <= set(length)
    assert length["severity"] == "error"
    assert "ice" in length["path"]
    assert "parsecs" in length["found"]
    assert length["expected"]


def test_validating_nothing_is_wrong_usage(person: Person) -> None:
    assert person.types("validate", status=2).err.startswith("Error: no file given")


@pytest.mark.parametrize("name", ["nowhere.yaml", "."])
def test_what_cannot_be_read_is_an_error_of_its_own(person: Person, name: str) -> None:
    ran = person.types("validate", name, status=1)
    assert name in ran.out


def test_the_schema_is_json_schema(person: Person) -> None:
    schema = json.loads(person.types("schema").out)

    assert schema["type"] == "object"
    assert "phases" in schema["properties"]
    assert schema["$schema"].startswith("https://json-schema.org/")
