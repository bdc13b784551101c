"""`protocols`, with `new` and `add`; `validate`, `schema`."""

import json
import os
from pathlib import Path

import pytest

from recovery.protocol.library import Library, installed_folder, starter
from recovery.protocol.reading import check_file
from tests.cli.conftest import ZONE, Person
from tests.profile import ICE, LONG, protocol

BAD = protocol(ICE.format(length="20 parsecs")).replace("title: Ice", "tilte: Ice")
GOOD = protocol(LONG.format(length="20min"))
LONGER = GOOD.replace("duration: 20min", "duration: 25min").replace("version: 1.0.0", "version: 1.1.0")
FAULTY = GOOD.replace("title: Ice", "tilte: Ice").replace("per_day: 1", "per_day: often")


def test_the_list_names_every_protocol(person: Person) -> None:
    out = person.types("protocols").out
    assert all(name in out for name in ("contrast", "rice", "strain"))

    listed = person.lines("protocols")
    assert [each["id"] for each in listed] == [
        "cold-10-10-10", "contrast", "overuse", "peace-and-love", "prevention", "rice", "sitting", "strain",
        "trigger-point",
    ]  # fmt: skip
    assert set(listed[0]) == {"v", "id", "title", "version", "file", "usable", "summary"}
    assert all(each["usable"] for each in listed)


def test_a_bad_file_hides_no_other_and_is_named(person: Person) -> None:
    own = person.home / "protocols"
    own.mkdir(parents=True)
    (own / "quick.yaml").write_text(BAD)
    out = person.types("protocols").out

    assert "cannot be used; recovery validate" in out
    assert "strain" in out
    assert [each["usable"] for each in person.lines("protocols") if each["id"] == "quick"] == [False]


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
    answer = person.json("protocols", "show", "rice")
    assert answer["v"] == 1
    assert answer["protocol"]["protocol"]["id"] == "rice"


def test_showing_what_is_not_there_is_status_3(person: Person) -> None:
    assert "did you mean 'rice'?" in person.types("protocols", "show", "ricee", status=3).err


def test_a_good_file_is_said_to_be_good(person: Person) -> None:
    path = person.file(protocol(LONG.format(length="20min")))
    assert f"{path}: Seconds, version 1.0.0: no errors\n" in person.types("validate", path).out
    assert all(each["severity"] != "error" for each in person.lines("validate", path))


def test_all_errors_of_all_files_are_told_with_their_places(person: Person) -> None:
    bad, good = person.file(BAD, "bad.yaml"), person.file(protocol(LONG.format(length="20min")))
    lines = person.types("validate", bad, good, "rice", status=1).out.splitlines()

    assert any(line.startswith(f"{bad}:25:") and "did you mean" in line and "title" in line for line in lines)
    assert any(line.startswith(f"{bad}:27:") and "parsecs" in line for line in lines)
    assert any("rice" in line and line.endswith("no errors") for line in lines)


def test_problems_as_json_have_all_fields(person: Person) -> None:
    problems = person.lines("validate", person.file(BAD), status=1)
    (length,) = [each for each in problems if each["line"] == 27]

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


# new ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id_", ["my-hip", "a", "x" * 40, "no", "true", "on", "null"])
def test_the_first_file_has_neither_errors_nor_warnings(tmp_path: Path, id_: str) -> None:
    path = tmp_path / f"{id_}.yaml"
    path.write_text(starter(id_), "utf-8")
    checked, problems = check_file(path, Library((tmp_path, installed_folder())))

    assert problems == ()
    assert checked is not None
    assert checked.id == id_


def test_the_first_file_can_be_lived_to_its_end(person: Person) -> None:
    path = person.folder / "my-hip.yaml"
    person.types("protocols", "new", "my-hip", "--to", str(path))
    assert (
        "Completed: "
        in person.types("protocols", "preview", str(path), "--for", "6w", "--timezone", ZONE).out
    )


def test_a_new_file_is_named_by_its_id(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(person.folder)
    words = person.types("protocols", "new", "my-hip").out

    assert words == "Written: my-hip.yaml. Change it, then: recovery protocols preview my-hip.yaml\n"
    assert (person.folder / "my-hip.yaml").read_text("utf-8") == starter("my-hip")
    assert not person.home.exists()


def test_a_file_that_is_there_is_never_overwritten(person: Person) -> None:
    path = person.file("mine")
    words = person.types("protocols", "new", "quick", "--to", path, status=1).err

    assert words.startswith(f"Error: {path}: is there already")
    assert Path(path).read_text() == "mine"


def test_a_dash_prints_it(person: Person) -> None:
    assert person.types("protocols", "new", "my-hip", "--to", "-").out == starter("my-hip")


def test_where_nothing_can_be_written_is_said(person: Person) -> None:
    path = str(person.folder / "nowhere" / "x.yaml")
    words = person.types("protocols", "new", "x", "--to", path, status=1).err
    assert (
        words
        == f"Error: {path}: cannot be written: No such file or directory\n  write it elsewhere with --to FILE\n"
    )


@pytest.mark.parametrize("id_", ["My Hip", "", "1st", "a/b", "../x", "x" * 41, "ü"])
def test_what_is_no_id_is_wrong_usage(person: Person, id_: str) -> None:
    assert "is not an id" in person.types("protocols", "new", "--to", "-", "--", id_, status=2).err


# add ---------------------------------------------------------------------------------------------


def own(person: Person, id_: str = "quick") -> Path:
    return person.home / "protocols" / f"{id_}.yaml"


def test_a_good_file_is_installed_for_its_owner_alone(person: Person) -> None:
    words = person.types("protocols", "add", person.file(GOOD, "some name.yaml")).out

    assert words == f"Installed: quick 1.0.0, as {own(person)}\nStart it with: recovery start quick\n"
    assert own(person).read_text("utf-8") == GOOD
    if os.name == "posix":
        assert own(person).stat().st_mode & 0o777 == 0o600
    assert [file.name for file in own(person).parent.iterdir()] == ["quick.yaml"]
    assert "quick" in person.types("protocols").out
    person.starts("start", "quick", "--onset", "2h ago")


def test_a_file_with_errors_is_refused_with_all_of_them(person: Person) -> None:
    path = person.file(FAULTY)
    words = person.types("protocols", "add", path, status=1).err

    assert "tilte" in words
    assert "often" in words
    assert words.endswith(
        f"Error: {path}: not installed: 2 errors\n  recovery validate {path} shows all that is wrong\n"
    )
    assert not person.home.exists()


def test_a_file_that_is_not_there_is_told(person: Person) -> None:
    assert "nowhere.yaml" in person.types("protocols", "add", "nowhere.yaml", status=1).err


def test_the_same_again_changes_nothing(person: Person) -> None:
    path = person.file(GOOD)
    person.types("protocols", "add", path)
    before = own(person).stat().st_mtime_ns
    assert "quick is installed already, and is the same." in person.types("protocols", "add", path).out
    assert own(person).stat().st_mtime_ns == before
    assert person.json("protocols", "add", path) == {"v": 1, "protocol": "quick", "installed": []}


def test_another_text_of_the_same_id_is_shown_and_needs_a_word(person: Person) -> None:
    person.types("protocols", "add", person.file(GOOD))
    path = person.file(LONGER)
    ran = person.types("protocols", "add", path, status=1)

    assert ran.out == (
        "quick is installed already. What changes:\n"
        "- version 1.0.0 becomes 1.1.0\n"
        "- phase only, activity ice: duration 20min becomes 25min  [less strict]\n"
    )
    assert ran.err == (
        "Error: quick: is installed already, with another text\n"
        f"  recovery protocols add {path} --replace puts the new one in its place\n"
    )
    assert own(person).read_text() == GOOD
    assert "Installed: quick 1.1.0" in person.types("protocols", "add", path, "--replace").out
    assert own(person).read_text() == LONGER


@pytest.mark.parametrize(("typed", "text"), [("y\n", LONGER), ("n\n", GOOD)])
def test_on_a_terminal_it_asks(
    person: Person, monkeypatch: pytest.MonkeyPatch, typed: str, text: str
) -> None:
    person.types("protocols", "add", person.file(GOOD))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.confirm", lambda words: typed == "y\n")
    person.types("protocols", "add", person.file(LONGER), status=0 if typed == "y\n" else 1)
    assert own(person).read_text() == text


def test_an_installed_one_with_errors_can_be_replaced(person: Person) -> None:
    own(person).parent.mkdir(parents=True)
    own(person).write_text(FAULTY)
    path = person.file(GOOD)
    assert "cannot be compared" in person.types("protocols", "add", path, status=1).out
    person.types("protocols", "add", path, "--replace")
    assert own(person).read_text() == GOOD


def test_hiding_one_that_comes_with_the_program_is_said(person: Person) -> None:
    shipped = (installed_folder() / "rice.yaml").read_text("utf-8")
    path = person.file(shipped.replace("version: 1.", "version: 9."), "rice.yaml")

    assert "It hides the rice that comes with the program." in person.types("protocols", "add", path).out
    answer = person.json("protocols", "add", person.file(shipped + "# mine\n", "rice.yaml"), "--replace")
    (installed,) = answer["installed"]
    assert installed == {
        "id": "rice",
        "version": installed["version"],
        "file": str(own(person, "rice")),
        "replaced": True,
        "hides": str(installed_folder() / "rice.yaml"),
    }


def test_what_it_uses_from_beside_it_is_installed_with_it(person: Person) -> None:
    person.file(protocol(LONG.format(length="20min"), name="part"), "part.yaml")
    whole = (
        protocol(name="whole")
        .replace("phases:\n", "phases:\n  - use: part\n")
        .replace("id: only", "id: after")
    )
    words = person.types("protocols", "add", person.file(whole, "whole.yaml")).out

    assert f"Installed: whole 1.0.0, as {own(person, 'whole')}\n" in words
    assert f"Installed: part 1.0.0, as {own(person, 'part')}\n" in words
    assert all(each["usable"] for each in person.lines("protocols"))
    assert "Phase after" in person.types("protocols", "show", "whole").out


def test_what_it_uses_that_is_installed_stays_where_it_is(person: Person) -> None:
    text = (installed_folder() / "strain.yaml").read_text("utf-8")
    person.types("protocols", "add", person.file(text + "# mine\n", "strain.yaml"))
    assert [file.name for file in own(person).parent.iterdir()] == ["strain.yaml"]


def test_where_nothing_can_be_installed_is_said(person: Person) -> None:
    person.home.mkdir()
    (person.home / "protocols").write_text("a file")
    words = person.types("protocols", "add", person.file(GOOD), status=1).err
    assert "cannot be written" in words


@pytest.mark.parametrize("name", ["strain", "trigger-point"])
def test_the_page_says_what_there_is_to_know_and_what_it_may_be_instead(person: Person, name: str) -> None:
    out = " ".join(person.types("protocols", "show", name).out.split())
    page = out.partition("Good to know")[2]

    assert "Where the muscle is: The gluteus medius lies at the back and the side of the hip." in page
    for other in (
        "trochanteric bursitis",
        "sacroiliac joint",
        "bursa under the gluteus medius",
        "sciatica",
        "dislocated hip",
        "hip pointer",
        "radiculopathy of L4 or L5",
        "intervertebral stenosis",
        "ankylosing spondylitis",
        "coccygodynia",
        "tensor fasciae latae syndrome",
        "cauda equina syndrome",
    ):
        assert other in page
