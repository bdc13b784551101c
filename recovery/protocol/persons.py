"""Names of people, as a file and a command are given them: somebody who can be asked."""

import re

_TITLES = frozenset(("dr", "prof", "med", "mr", "mrs", "ms", "miss", "herr", "frau", "doctor", "doktor"))
_NOBODY = frozenset(
    (
        *("me", "myself", "i", "self", "you", "us", "we", "nobody", "no one", "noone", "none", "null", "nil"),
        *("na", "n a", "nn", "n n", "tbd", "todo", "unknown", "anonymous", "somebody", "someone", "anybody"),
        *("name", "a name", "test", "foo", "bar", "no", "yes", "nothing"),
        *(
            "ich",
            "selbst",
            "ich selbst",
            "niemand",
            "keiner",
            "jemand",
            "unbekannt",
            "anonym",
            "nichts",
            "kein",
        ),
    )
)
_LEAST_LETTERS = 2


def is_name(text: str) -> bool:
    """Tell if a text may name a person: no word that means nobody or oneself, nor a letter alone or again and again."""
    words = re.sub(r"[\W_]+", " ", text.casefold()).split()
    while words and words[0] in _TITLES:
        del words[0]
    letters = [letter for word in words for letter in word if letter.isalpha()]
    is_one_letter = len(letters) < _LEAST_LETTERS or (len({*letters}) == 1 and letters[0].isascii())
    return not is_one_letter and " ".join(words) not in _NOBODY
