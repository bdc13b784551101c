"""Lengths and instants as people say them."""

from datetime import timedelta

import pytest

from recovery.protocol.terms import All, AnyOf, Comparison, Not
from recovery.words.terms import condition_words, filled, spell, spell_when
from tests.engine.examples import local, place


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (40, "40 s"),
        (95, "1 min 35 s"),
        (600, "10 min"),
        (659, "10 min"),
        (5700, "1 h 35 min"),
        (7200, "2 h"),
        (86400 * 3 + 4 * 3600, "3 d 4 h"),
        (86400, "1 d"),
    ],
)
def test_lengths_are_said_in_two_units(seconds: int, words: str) -> None:
    assert spell(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("2026-11-23 14:20", "14:20"),
        ("2026-11-24 07:00", "tomorrow 07:00"),
        ("2026-11-22 07:00", "yesterday 07:00"),
        ("2026-11-30 07:00", "Mon 30 Nov 07:00"),
        ("2028-01-03 07:00", "Mon 3 Jan 2028 07:00"),
    ],
)
def test_instants_are_said_as_short_as_is_clear(when: str, words: str) -> None:
    assert spell_when(place(), local(when), local("2026-11-23 08:00")) == words


def test_conditions_keep_their_meaning_in_words() -> None:
    is_full, falls = Comparison("rom", "==", "full"), Comparison("pain", "falling")
    both = All((is_full, AnyOf((falls, Not(is_full)))))
    assert condition_words(both, "en") == "rom is full and (pain lower than at first or rom is not full)"
    assert condition_words(Not(both), "en").startswith("not (rom is full and (")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "pain at least 2 higher than two answers ago, and still higher"),
        ("de", "pain um mindestens 2 höher als vor zwei Antworten, und noch immer höher"),
    ],
)
def test_a_change_that_went_on_says_since_when_and_that_it_did(language: str, words: str) -> None:
    assert condition_words(Comparison("pain", "rise", 2.0, "second-last"), language) == words


@pytest.mark.parametrize(
    ("side", "words"),
    [
        ("left", "Belasten Sie das linke Bein nicht. Linke Hüfte, rechtes Knie."),
        ("right", "Belasten Sie das rechte Bein nicht. Rechte Hüfte, linkes Knie."),
        ("both", "Belasten Sie beide Beine nicht. Verletzte Hüfte, anderes Knie."),
        (None, "Belasten Sie das verletzte Bein nicht. Verletzte Hüfte, anderes Knie."),
    ],
)
def test_a_side_takes_the_endings_of_a_language(side: str | None, words: str) -> None:
    text = "Belasten Sie {das {side-}e Bein|beide Beine} nicht. {Side-}e Hüfte, {other side-}es Knie."
    assert filled(text, "de", side, {}) == words


def test_a_capital_in_a_placeholder_gives_its_word_one() -> None:
    text = "Im Muskel {Muscle}; in the {muscle}. {Side} hip, {other side-} knee."
    assert (
        filled(text, "en", "left", {"muscle": "gluteus-medius"})
        == "Im Muskel Gluteus medius; in the gluteus medius. Left hip, right knee."
    )
