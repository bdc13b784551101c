"""The program's own words: English, as they stand in the code, or a translation of them by gettext.

A message is a literal with named fields, marked by the function that it is given to: `_("{count} left", count=3)`.
Its translation stands in the catalogue, `locale/<language>/LC_MESSAGES/recovery.mo`, which `python -m tests.messages`
keeps. English costs nothing: neither gettext nor a catalogue is loaded for it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gettext import GNUTranslations

LANGUAGES = ("en", "de")
"""Those that are complete; the first one is the language of the code."""

_ENGLISH = LANGUAGES[0]

_process = _ENGLISH
_catalogues: dict[str, "GNUTranslations | None"] = {}


def tr(language: str, message: str, /, **values: object) -> str:
    """A message in a language, with its fields filled; English where there is no translation.

    Only the message is a template: what stands in the values is never looked at. Without values the message is
    taken as it is, braces and all.
    """
    if language != _ENGLISH and message and (catalogue := _catalogue(language)) is not None:
        message = catalogue.gettext(message)
    return message.format(**values) if values else message


def trn(language: str, single: str, many: str, count: int, /, **values: object) -> str:
    """The message for one thing or for many, in a language; `count` is one of its fields."""
    catalogue = None if language == _ENGLISH else _catalogue(language)
    english = single if count == 1 else many
    message = english if catalogue is None else catalogue.ngettext(single, many, count)
    return message.format(count=count, **values)


def _(message: str, /, **values: object) -> str:
    """`tr` in the language of this process."""
    return tr(_process, message, **values)


def n_(single: str, many: str, count: int, /, **values: object) -> str:
    """`trn` in the language of this process."""
    return trn(_process, single, many, count, **values)


def N_(message: str) -> str:
    """Marks a message that is translated where it is used: `_(WORDS[key])`."""
    return message


def NN_(one: str, many: str) -> tuple[str, str]:
    """Marks the message for one thing and that for many, as `N_` does."""
    return one, many


def use(language: str) -> None:
    """Speak that language in this process from now on; English where it is none of `LANGUAGES`."""
    global _process  # noqa: PLW0603  # what the whole process speaks
    _process = language if language in LANGUAGES else _ENGLISH


def current() -> str:
    """The language of this process: English until `use` says otherwise."""
    return _process


def chosen(environ: Mapping[str, str], wanted: str = "") -> str:
    """The language by a person's setting, else by the locale, as gettext looks for it; else English.

    The first of LC_ALL, LC_MESSAGES and LANG that is set is the locale. LANGUAGE, a list with the best first, comes
    before it, unless the locale is C or POSIX: a script that asks for the plain words gets them.
    """
    if wanted in LANGUAGES:
        return wanted
    named = (environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, named), "")
    if environ.get("LANGUAGE") and locale.partition(".")[0] not in ("C", "POSIX"):
        listed = map(_of_locale, environ["LANGUAGE"].split(":"))
        return next((language for language in listed if language in LANGUAGES), _ENGLISH)
    return _of_locale(locale) if _of_locale(locale) in LANGUAGES else _ENGLISH


def _of_locale(name: str) -> str:
    """`de` for `de`, `de_AT`, `de_DE.UTF-8@euro`."""
    for mark in "@._-":
        name = name.partition(mark)[0]
    return name.lower()


def _catalogue(language: str) -> "GNUTranslations | None":
    """The translations into a language, read once; None where there are none."""
    if language not in _catalogues:
        _catalogues[language] = _read(language) if language in LANGUAGES else None
    return _catalogues[language]


def _read(language: str) -> "GNUTranslations | None":
    from gettext import GNUTranslations
    from io import BytesIO

    try:
        return GNUTranslations(BytesIO(_data(language)))
    except Exception:  # not installed, or damaged in whatever way: the program speaks on, in English
        return None


def _data(language: str) -> bytes:
    """The catalogue of a language, which lies beside this file."""
    path = f"{__file__.removesuffix('language.py')}locale/{language}/LC_MESSAGES/recovery.mo"
    with open(path, "rb") as file:  # noqa: PTH123  # the engine speaks, too, and knows no pathlib
        return file.read()
