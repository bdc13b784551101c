"""Who answers for a protocol below the floor is told wherever the protocol is checked, installed, started or lived."""

import pytest

from recovery.protocol.library import installed_folder
from tests.cli.conftest import Person
from tests.profile import ICE, protocol

SIGNED = """responsible:
  name: Dr. Jana Meyer
  role: Physiotherapist
  registration: HCPC PH12345
  on: 2026-11-20
  because: Ice under my eyes.
"""
TOLD = (
    "Dr. Jana Meyer, Physiotherapist, HCPC PH12345 answers for what is less strict here than the floor of the language "
    "(2026-11-20): Ice under my eyes."
)
IN_GERMAN = (
    "Dr. Jana Meyer, Physiotherapist, HCPC PH12345 steht für das ein, was hier weniger streng ist als die Untergrenze "
    "der Sprache (2026-11-20): Ice under my eyes."
)
DATA = {
    "name": "Dr. Jana Meyer",
    "role": "Physiotherapist",
    "registration": "HCPC PH12345",
    "on": "2026-11-20",
    "because": "Ice under my eyes.",
}
DRAFT = """format: 1
id: draft
version: 0.1.0
title: Ice all day
summary: Ice as I like.
region: hip
inputs: [onset, side]
phases:
  - id: a
    min: 1d
    source: own
    do:
      - {id: ice, kind: session, of: cold, duration: 20min, every: 2h, start: On, end: Off, source: own}
"""
START = ("--onset", "2h ago", "--side", "left", "--screen", "none", "--signs", "none")


def rewritten(signed: str = "") -> str:
    """Rice with half an hour of ice, and with who answers for it."""
    text = (installed_folder() / "rice.yaml").read_text("utf-8")
    text = text.replace("\nid: rice\n", "\nid: mine\n").replace(
        "\nthen: contrast\n", f"\nthen: contrast\n{signed}"
    )
    old = "A cold pack stays on for at most 20 minutes; longer can harm the skin and the nerves."
    assert old in text
    text = text.replace(old, "A cold pack stays on for at most 30 minutes.")
    limit = '    longest: 20min\n    say: A cold pack stays on for at most 30 minutes.\n    source: "seed:183, nhs"\n'
    assert limit in text
    return text.replace(limit, limit.replace("20min", "30min").replace('"seed:183, nhs"', "own"))


@pytest.fixture
def signed(person: Person) -> str:
    return person.file(rewritten(SIGNED), "mine.yaml")


@pytest.fixture
def unsigned(person: Person) -> str:
    return person.file(rewritten(), "mine.yaml")


def test_unsigned_it_is_refused_everywhere(person: Person, unsigned: str) -> None:
    words = "less strict than the floor of the language: cold, longest session"
    assert words in person.types("validate", unsigned, status=1).out
    assert words in person.types("protocols", "add", unsigned, status=1).err
    assert words in person.types("start", unsigned, *START, "--no-daemon", status=1).err
    assert words in person.types("simulate", unsigned, "--onset", "2026-11-23 12:00", status=1).err
    assert person.json("status", status=3)["episodes"] == []
    assert not (person.home / "protocols" / "mine.yaml").exists()


def test_it_is_told_by_validate_and_what_is_below_the_floor_too(person: Person, signed: str) -> None:
    out = person.types("validate", signed).out
    assert TOLD in out.splitlines()
    assert "limit 'cold-session' > longest: less strict than the floor" in out
    (problem,) = [
        each for each in person.lines("validate", signed) if each["message"].startswith("less strict")
    ]
    assert (problem["severity"], problem["found"]) == ("warning", "30min")


def test_it_is_told_by_add_and_show(person: Person, signed: str) -> None:
    assert person.types("protocols", "add", signed).out.splitlines()[0] == TOLD
    assert "Dr. Jana Meyer" in person.types("protocols", "show", "mine").out
    assert person.json("protocols", "add", signed, "--replace")["responsible"] == DATA


def test_it_is_told_before_a_start_and_in_status(person: Person, signed: str) -> None:
    assert person.starts("start", signed, *START).out.splitlines()[0] == TOLD
    assert TOLD in person.types("status").out.splitlines()
    assert person.json("status")["episodes"][0]["responsible"] == DATA


def test_as_json_a_start_says_it(person: Person, signed: str) -> None:
    assert person.json("start", signed, *START, "--no-daemon")["responsible"] == DATA


def test_a_draft_that_leaves_much_of_the_floor_out_is_told_as_one(person: Person) -> None:
    path = person.file(protocol(ICE.format(length="20min")))
    out = person.starts("start", path, "--onset", "2h ago").out
    assert "\nA first draft without sources: it leaves out 11 things of the floor." in out
    words = "A first draft without sources: the floor of the language binds it."
    assert words in person.types("status").out.splitlines()
    assert person.json("status")["episodes"][0]["draft"] is True


def test_a_draft_has_no_ice_back_to_back_by_any_command(person: Person) -> None:
    path = person.file(DRAFT, "draft.yaml")
    person.starts("start", path, "--onset", "10min ago", "--side", "left")
    person.types("end")
    person.waits(minutes=20)
    words = person.types("begin", "ice", status=1).err
    assert "the floor of the language (the page on the gluteus medius, line 183)" in words
    person.types("stop")
    warm = DRAFT.replace("of: cold", "of: warm").replace("id: draft", "id: heat")
    person.starts("start", person.file(warm, "heat.yaml"), "--onset", "10min ago", "--side", "left")
    assert "no warm before 48 h after the injury" in person.types("begin", "ice", status=1).err


@pytest.mark.parametrize("day", ["2026-11-24", "2099-01-01", "1999-12-31"])
def test_nobody_answers_on_a_day_to_come_or_before_there_were_sources(person: Person, day: str) -> None:
    path = person.file(rewritten(SIGNED.replace("2026-11-20", day)), "mine.yaml")
    assert "responsible > on" in person.types("validate", path, status=1).out
    assert "responsible > on" in person.types("protocols", "add", path, status=1).err
    person.types("start", path, *START, "--no-daemon", status=1)
    today = person.file(rewritten(SIGNED.replace("2026-11-20", "2026-11-23")), "mine.yaml")
    person.types("validate", today)


def test_where_nobody_answers_nothing_is_said(patient: Person) -> None:
    assert "responsible" not in patient.json("status")["episodes"][0]
    assert "answers for" not in patient.types("status").out
    assert "answers for" not in patient.types("validate", "rice").out


@pytest.mark.usefixtures("german")
def test_it_is_told_in_german(person: Person, signed: str) -> None:
    assert IN_GERMAN in person.types("validate", signed).out
    assert IN_GERMAN in person.starts("start", signed, *START).out
    assert IN_GERMAN in person.types("status").out


def test_an_answer_that_is_new_is_less_strict_in_a_difference(person: Person, signed: str) -> None:
    out = person.types("protocols", "diff", "rice", signed).out
    words = " ".join(out.split())
    who = "Dr. Jana Meyer, Physiotherapist, HCPC PH12345, 2026-11-20"
    assert f"responsible {who}: Ice under my eyes. is new [less strict]" in words
