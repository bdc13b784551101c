"""Running episodes of older protocol files: they go on as they are, and an upgrade says what changes and where one is.

The samples were written by the program as it was when each version was its newest (29 November 2026), on a virtual
clock, of somebody who was injured on the left some days before 23 November and answers now and then:
strain on the first step of loading, which is stretching in 1.1.0; rice on its second day; trigger-point on its fifth.
"""

import gzip
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Person

SAMPLES = Path(__file__).with_name("samples")
OLD = {
    "strain-1.1.0": ("loading", "stretching"),
    "strain-1.2.0": ("loading", "motion"),
    "rice-1.1.0": ("rice", None),
    "rice-1.2.0": ("rice", None),
    "trigger-point-1.0.0": ("press", None),
    "trigger-point-1.2.0": ("press", None),
}
"""The phase and the step that each is in."""


def place(episode: dict[str, Any]) -> tuple[str, str | None]:
    step = episode["phase"]["step"]
    return episode["phase"]["id"], step and step["id"]


def only(person: Person) -> dict[str, Any]:
    (episode,) = person.json("status")["episodes"]
    return dict(episode)


@pytest.fixture
def veteran(person: Person, request: pytest.FixtureRequest) -> Person:
    person.home.mkdir(mode=0o700)
    packed = (SAMPLES / f"{request.param}.db.gz").read_bytes()
    (person.home / "journal.db").write_bytes(gzip.decompress(packed))
    return person


@pytest.mark.parametrize(("veteran", "sample"), [(name, name) for name in OLD], indirect=["veteran"])
def test_it_goes_on_as_it_is(veteran: Person, sample: str) -> None:
    episode = only(veteran)

    assert (f"{episode['protocol']}-{episode['version']}", episode["state"]) == (sample, "active")
    assert place(episode) == OLD[sample]
    assert veteran.json("next")["next"], "something comes"
    for command in ("agenda", "explain", "log", "screen", "flag"):
        veteran.types(command)
    veteran.waits(hours=20)
    assert only(veteran)["version"] == episode["version"]


@pytest.mark.parametrize(("veteran", "sample"), [(name, name) for name in OLD], indirect=["veteran"])
def test_it_can_have_the_text_of_today_and_go_back(veteran: Person, sample: str) -> None:
    veteran.types("status")
    before = [fact for fact in veteran.lines("log", "--all") if fact["by"] == "person"]

    veteran.types("upgrade", "--yes")

    episode = only(veteran)
    assert f"{episode['protocol']}-{episode['version']}" != sample
    assert episode["phase"]["id"] == OLD[sample][0], "it stays in its phase"
    assert [fact for fact in veteran.lines("log", "--all") if fact["by"] == "person"][: len(before)] == before
    veteran.waits(hours=20)
    for command in ("status", "next", "agenda", "explain", "log", "screen"):
        veteran.types(command)
    if only(veteran)["now"]:
        veteran.types("end")
        veteran.types("undo")  # of the end
        veteran.waits(hours=1)
    veteran.types("undo")
    assert f"{episode['protocol']}-{only(veteran)['version']}" == sample


@pytest.mark.parametrize("veteran", ["strain-1.1.0"], indirect=True)
def test_a_step_that_is_gone_is_told_and_nobody_gets_further_by_it(veteran: Person) -> None:
    gone = "The step where you are, Stretching of Gradual loading, is gone."
    assert gone in veteran.types("upgrade").out
    assert gone in veteran.json("upgrade")["moves"]

    words = veteran.types("upgrade", "--yes").out

    assert "in: Gradual loading, Easy movement.\n" in words
    assert place(only(veteran)) == ("loading", "motion")
    assert "recovery screen" in words, "what was not asked before"
    veteran.waits(minutes=1)
    veteran.types("undo")
    assert place(only(veteran)) == ("loading", "stretching")


@pytest.mark.parametrize(("veteran", "sample"), [(name, name) for name in OLD], indirect=["veteran"])
def test_what_changes_where_one_is_comes_first_and_the_rest_if_asked(veteran: Person, sample: str) -> None:
    short, whole = veteran.types("upgrade").out, veteran.types("upgrade", "--all").out

    changes = [line for line in short.splitlines() if line.startswith("- ")]
    here = f"- phase {OLD[sample][0]}"
    assert "version" in changes[0]
    assert all(line.startswith(here) or "less strict" in short for line in changes[1:-1])
    assert "--all" in changes[-1]
    assert len(changes) < 60 < len(whole.splitlines()) or len(whole.splitlines()) < 60
    assert "--all" not in whole
    assert not [line for line in changes if " in de " in line or ": source " in line]
