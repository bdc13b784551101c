"""Each remark of the engine on an act has its sentence, and the sentence its facts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import recovery.engine
from recovery.words.remarks import REMARKS


def remarks() -> Iterator[tuple[str, set[str]]]:
    """The names of the remarks that the engine makes, each with its facts."""
    for path in Path(recovery.engine.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(ast.Name("Remark"), [ast.Constant(str(name))], keywords):
                    yield name, {keyword.arg or "**" for keyword in keywords}


def test_a_sentence_has_the_facts_of_its_remark() -> None:
    made = [*remarks()]
    assert len(made) > 90
    for name, facts in made:
        assert facts == {*re.findall(r"{(\w+)", REMARKS[name])}, name


def test_no_sentence_is_left_without_a_remark() -> None:
    assert {*REMARKS} == {name for name, _facts in remarks()}
