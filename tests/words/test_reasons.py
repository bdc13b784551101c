"""Each statement of the engine has its sentence, and the sentence its facts."""

import re
from collections.abc import Iterator

import pytest

from recovery.engine import reasons
from recovery.engine.reasons import (
    Cards,
    Late,
    Measured,
    OfFile,
    Remark,
    Rhythm,
    Sentences,
    Statement,
    TimeSince,
)
from recovery.words.reasons import SENTENCES
from recovery.words.terms import MEASURED, SINCE

WITH_WORDS_OF_THEIR_OWN = {Cards, OfFile, Remark, Sentences, Rhythm, TimeSince, Measured, Late}


def statements() -> Iterator[type[Statement]]:
    for kind in vars(reasons).values():
        if isinstance(kind, type) and issubclass(kind, Statement) and kind is not Statement:
            yield kind


@pytest.mark.parametrize(
    "kind", sorted({*statements()} - WITH_WORDS_OF_THEIR_OWN, key=lambda each: each.__name__)
)
def test_a_sentence_has_every_fact_of_its_statement(kind: type[Statement]) -> None:
    templates = SENTENCES[kind.__name__]
    for template in [templates] if isinstance(templates, str) else templates:
        assert {*re.findall(r"{(\w+)", template)} == {*kind._fields}


def test_no_sentence_is_left_without_a_statement() -> None:
    assert {*SENTENCES} == {kind.__name__ for kind in {*statements()} - WITH_WORDS_OF_THEIR_OWN}
    assert all("{length}" in template for template in SINCE.values())
    assert all("{value}" in template and "{reference}" in template for template in MEASURED.values())
