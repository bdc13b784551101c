"""Grades, zones and answers as people type them: `2`, `unsure`, `raynaud=yes,skin=no`. Strict: all else is an error.

Times stand in `moments`.
"""

from collections.abc import Iterable, Mapping, Sequence

from recovery.engine.questions import UNSURE, read_answer
from recovery.engine.reasons import Remark
from recovery.errors import UsageError
from recovery.language import _, current
from recovery.protocol.model import Observation
from recovery.protocol.terms import AGREED, BOTH, GRADES, SCREENING_ANSWERS
from recovery.words.reasons import timeless
from recovery.words.terms import NO_SUCH_ZONE, expected_answer
from recovery.zones import is_known


def read_grade(text: str) -> str:
    """I, II or III, also as 1, 2, 3; or `UNSURE`. Raises `ValueError`."""
    word = text.strip().upper()
    if word == "UNSURE":
        return UNSURE
    if word in ("1", "2", "3"):
        return GRADES[int(word) - 1]
    if word not in GRADES:
        raise ValueError(
            _("{text!r} is not a grade; write 1, 2 or 3 (I mild, II moderate, III severe)", text=text)
        )
    return word


def parse_zone(text: str) -> str:
    """The name of a time zone. Raises `ValueError`."""
    if not is_known(text):
        raise ValueError(_(NO_SUCH_ZONE, name=text))
    return text


# Answers ----------------------------------------------------------------------------------------


NONE = "none"
"""All that is not named is answered no."""

LATER = "later"

_SAME = {
    "y": "yes", "j": "yes", "ja": "yes", "n": "no", "nein": "no", "unsicher": "unsure", "?": "unsure",
    "abgesprochen": AGREED,
    "keine": NONE, "keins": NONE, "keines": NONE, "nichts": NONE, "später": LATER, "links": "left", "rechts": "right",
    "beide": BOTH, "beides": BOTH, "beidseits": BOTH,
}  # fmt: skip


def canonical(word: str) -> str:
    """A word that people type for an answer as the program knows it: y, j, ja and YES are yes."""
    plain = word.strip().lower()
    return _SAME.get(plain, plain)


def split_words(words: Iterable[str]) -> list[str]:
    """Single words: several may stand in one, with commas. `none` in small letters however it is written."""
    single = [each for word in words for each in word.replace(",", " ").split()]
    return [NONE if canonical(each) == NONE else each for each in single]


def read_pairs(words: Iterable[str], option: str, values: Sequence[str]) -> dict[str, str]:
    """`ID=VALUE` words as answers; several may stand in one word, with commas. Raises `UsageError`."""
    given: dict[str, str] = {}
    for word in split_words(words):
        name, equals, typed = word.partition("=")
        value = canonical(typed)
        if not name or value not in values:
            from difflib import get_close_matches

            if not equals and get_close_matches(name.lower(), [NONE]):
                raise UsageError(
                    _("{option}: {word!r} is not an answer", option=option, word=word),
                    _("did you mean none?"),
                )
            expected = _(" or ").join(f"{name or 'ID'}={each}" for each in values)
            raise UsageError(
                _("{option}: {word!r} is not an answer", option=option, word=word),
                _("write {expected}", expected=expected),
            )
        if given.get(name, value) != value:
            raise UsageError(_("{option}: {name} is answered twice", option=option, name=name))
        given[name] = value
    return given


def read_screening(words: Iterable[str], option: str) -> dict[str, str]:
    """`ID=yes`, `ID=no` or `ID=agreed` words as answers. Raises `UsageError`."""
    return read_pairs(words, option, SCREENING_ANSWERS)


def refuse_unknown(given: Iterable[str], names: Iterable[str], option: str) -> None:
    """Raises `UsageError` for a name that nothing has."""
    from difflib import get_close_matches

    there = [*names]
    for name in given:
        if name not in there:
            near = get_close_matches(name, there, 1)
            hint = (
                _("did you mean {name!r}?", name=near[0])
                if near
                else _("there are: {listed}", listed=", ".join(there) or _("none"))
            )
            raise UsageError(_("{option}: nothing is called {name!r}", option=option, name=name), hint)


def observation_id(named: str, observations: Mapping[str, Observation]) -> str:
    """The id of an observation that people name by its id or its title; the name where none is called so."""
    name = named.strip().lower()
    return next((id_ for id_, each in observations.items() if name in (id_, each.title.lower())), name)


def expected_instead(typed: str, observation: Observation) -> str:
    """Describe the answer that an observation takes where `typed` is none; "" where it is one."""
    return "" if read_answer(typed, observation) is not None else expected_answer(observation, current())


def wrong_answer(typed: str, observation: Observation) -> str:
    """Say that an answer as typed is none that an observation takes; "" where it is one."""
    if read_answer(typed, observation) is not None:
        return ""
    return timeless(Remark("no-answer", name=observation.title, expected=observation, typed=typed), current())
