"""Answers as words of the command line, such as `raynaud=yes,skin=no`.

Loads nothing dear.
"""

from collections.abc import Iterable, Sequence

from recovery.errors import UsageError
from recovery.language import _

NONE = "none"
"""All that is not named is answered no."""

LATER = "later"

_SAME = {
    "y": "yes", "j": "yes", "ja": "yes", "n": "no", "nein": "no", "unsicher": "unsure", "?": "unsure",
    "keine": NONE, "keins": NONE, "keines": NONE, "nichts": NONE, "später": LATER, "links": "left", "rechts": "right",
}  # fmt: skip


def canonical(word: str) -> str:
    """A word that people type for an answer as the program knows it: y, j, ja and YES are yes."""
    plain = word.strip().lower()
    return _SAME.get(plain, plain)


def split(words: Iterable[str]) -> list[str]:
    """Single words: several may stand in one, with commas. `none` in small letters however it is written."""
    single = [each for word in words for each in word.replace(",", " ").split()]
    return [NONE if canonical(each) == NONE else each for each in single]


def pairs(words: Iterable[str], option: str, values: Sequence[str]) -> dict[str, str]:
    """`ID=VALUE` words as answers; several may stand in one word, with commas. Raises `UsageError`."""
    given: dict[str, str] = {}
    for word in split(words):
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


def known_only(given: Iterable[str], known: Iterable[str], option: str) -> None:
    """Raises `UsageError` for a name that nothing has."""
    from difflib import get_close_matches

    names = [*known]
    for name in given:
        if name not in names:
            near = get_close_matches(name, names, 1)
            hint = (
                _("did you mean {name!r}?", name=near[0])
                if near
                else _("there are: {listed}", listed=", ".join(names) or _("none"))
            )
            raise UsageError(_("{option}: nothing is called {name!r}", option=option, name=name), hint)
