"""The front door: what a file of it may say, and what is wrong with it."""

from itertools import product
from pathlib import Path

import pytest

from recovery.engine.questions import GRADING_ANSWERS, recognised
from recovery.protocol.compiled import in_words_of
from recovery.protocol.library import Library, installed_folder
from recovery.protocol.model import FrontDoor
from recovery.protocol.outcome import ProtocolError
from recovery.protocol.reading import check_document, check_door, read_door, read_protocol
from recovery.protocol.screening import MOST_QUESTIONS

GOOD = """format: 1
door: hip
version: 1.0.0
title: What is it?
sources: {nhs: {title: NHS}}
signs:
  - {id: tense, ask: "Tense?", level: emergency, say: Call., suspend: all, source: nhs}
questions:
  - {id: sudden, ask: "Sudden?", source: nhs}
  - {id: slow, ask: "Slow?", source: own}
outcomes:
  - {id: tear, title: A tear, when: [sudden == yes, slow == no], start: strain, say: A tear., source: nhs}
otherwise: {level: routine, say: None of it.}
"""


def problems(text: str) -> list[str]:
    return [str(each) for each in check_door(text, "hip.yaml", "hip", ("strain", "rice"))[1]]


def shipped() -> FrontDoor:
    return read_door("hip", Library((installed_folder(),)))


def test_a_whole_one_has_no_problems() -> None:
    assert problems(GOOD) == []
    door = check_door(GOOD, "hip.yaml", "", ("strain",))[0]
    assert door is not None
    assert recognised(door, {"sudden": "yes", "slow": "no"}).outcome == door.outcomes[0]
    assert recognised(door, {"sudden": "yes", "slow": "unsure"}).outcome is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("door: hip", "door: knee", "door: the id is not the file's name (expected 'hip', found 'knee')"),
        ("title: What is it?", "titel: What is it?", "unknown key 'titel'; did you mean 'title'?"),
        ("level: emergency", "level: urgent", "sign 'tense': the door asks for signs of an emergency only"),
        ('ask: "Tense?"', "when: pain >= 8", "sign 'tense': the door asks for signs of an emergency only"),
        ("id: tense", "id: slow", "sign 'slow': two of the same kind have the id 'slow'"),
        ("id: slow, ask", "id: sudden, ask", "question 'sudden': two of the same kind have the id 'sudden'"),
        ("sudden == yes", "suden == yes", "there is no question 'suden'; did you mean 'sudden'?"),
        ("sudden == yes", "sudden >= 3", "'sudden' is a choice of words, not a scale"),
        ("sudden == yes", "sudden == perhaps", "'sudden' is never 'perhaps'"),
        ("[sudden == yes, slow == no]", "slow == no", "it fits somebody who answers no to everything"),
        ("[sudden == yes, slow == no]", "sudden == yes", "question 'slow': nothing depends on 'slow'"),
        ("start: strain", "start: strian", "there is no protocol 'strian'; did you mean 'strain'?"),
        ("say: A tear., source: nhs", "say: A tear., source: nhss", "there is no source 'nhss'"),
        (', source: own', "", "question 'slow': 'source' is missing"),
        ("say: None of it.", "tell: None of it.", "'say' is missing"),
        ("format: 1", "format: 2", "not a possible value"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(old: str, new: str, says: str) -> None:
    assert old in GOOD
    assert any(says in each for each in problems(GOOD.replace(old, new, 1))), problems(
        GOOD.replace(old, new, 1)
    )


def test_nine_questions_are_too_many() -> None:
    more = "".join(f"  - {{id: q{n}, ask: Q, source: own}}\n" for n in range(7))
    uses = ", ".join(f"q{n} == no" for n in range(7))
    text = GOOD.replace("outcomes:", more + "outcomes:").replace("slow == no", f"slow == no, {uses}")
    (said,) = problems(text)
    assert "questions: too many of them (expected at most 8, found 9)" in said


def test_it_is_told_from_a_protocol_by_itself(tmp_path: Path) -> None:
    library = Library((installed_folder(),))
    (tmp_path / "mine.yaml").write_text(GOOD)
    assert check_document(tmp_path / "mine.yaml", library) == (
        check_door(GOOD, "mine.yaml", "", library.ids())[0], ()
    )  # fmt: skip
    assert len(check_document(tmp_path / "gone.yaml", library)[1]) == 1


def test_ones_own_comes_first_and_a_bad_one_is_refused(tmp_path: Path) -> None:
    library = Library((tmp_path, installed_folder()))
    assert read_door("hip", library).title == "What is it, at the hip?"
    (tmp_path / "assess").mkdir()
    (tmp_path / "assess" / "hip.yaml").write_text(GOOD)
    assert read_door("hip", library).title == "What is it?"
    (tmp_path / "assess" / "hip.yaml").write_text(GOOD + "more: 1\n")
    with pytest.raises(ProtocolError, match="unknown key 'more'"):
        read_door("hip", library)


# The shipped one ------------------------------------------------------------------------------------


def test_the_shipped_one_has_no_problems_and_speaks_german() -> None:
    library = Library((installed_folder(),))
    assert check_document(installed_folder() / "assess" / "hip.yaml", library)[1] == ()
    german = in_words_of("de", shipped())
    assert "Rufen Sie jetzt 112 an" in german.signs[0].say
    assert not {each.ask for each in german.questions} & {each.ask for each in shipped().questions}


def test_its_signs_are_those_of_the_protocols_word_for_word() -> None:
    library = Library((installed_folder(),))
    flags = [
        flag
        for name in library.ids()
        for flag in read_protocol(library.find(name), library).protocol.red_flags
    ]
    for sign in shipped().signs:
        others = {(flag.ask, flag.say, flag.level) for flag in flags if flag.id == sign.id}
        assert others <= {(sign.ask, sign.say, sign.level)}, sign.id


def test_all_that_can_be_answered_comes_to_one_thing_at_the_most_and_no_to_neither_place_nor_start() -> None:
    door = shipped()
    names = [each.id for each in door.questions]
    assert len(names) <= MOST_QUESTIONS
    by_outcome: dict[str, int] = {}
    for answers in product(("yes", "no"), repeat=len(names)):
        given = dict(zip(names, answers, strict=True))
        outcome = recognised(door, given).outcome
        name = outcome.id if outcome is not None else "neither"
        by_outcome[name] = by_outcome.get(name, 0) + 1
        if given["place"] == "no":
            assert name == "neither"
        if given["swollen"] == "yes":
            assert name != "trigger-point", "what is swollen is not pressed"
        if name == "overuse":
            assert given["sudden"] == "no", "what began at one moment is cooled first"
    assert {*by_outcome} == {"strain", "overuse", "trigger-point", "neither"}


def test_no_sudden_injury_is_ever_a_trigger_point_nor_overuse_whatever_nobody_is_sure_of() -> None:
    door = shipped()
    others = [each.id for each in door.questions if each.id != "sudden"]
    for answers in product(GRADING_ANSWERS, repeat=len(others)):
        given = {"sudden": "yes", **dict(zip(others, answers, strict=True))}
        outcome = recognised(door, given).outcome
        assert outcome is None or outcome.id == "strain", given


@pytest.mark.parametrize(
    ("yes", "outcome"),
    [
        ("", None),
        ("place", None),
        ("sudden moving loss swollen", None),
        ("place sudden", None),
        ("place sudden moving", "strain"),
        ("place sudden swollen", "strain"),
        ("place sudden crept-up loss", "strain"),
        ("place crept-up moving", "overuse"),
        ("place crept-up loss staying", "overuse"),
        ("place crept-up moving point staying", "overuse"),
        ("place point", "trigger-point"),
        ("place point staying", "trigger-point"),
        ("place sudden point staying", None),
        ("place crept-up point staying", "trigger-point"),
        ("place staying", None),
    ],
)
def test_what_the_page_says_of_each_is_recognised(yes: str, outcome: str | None) -> None:
    door = shipped()
    given = {each.id: "yes" if each.id in yes.split() else "no" for each in door.questions}
    came = recognised(door, given).outcome
    assert (came.id if came is not None else None) == outcome


def test_unsure_about_everything_is_neither() -> None:
    door = shipped()
    assert recognised(door, {each.id: "unsure" for each in door.questions}).outcome is None
