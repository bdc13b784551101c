"""Single comparisons as people write them: `pain <= 3`, `swelling falling`, `injury >= 48h`.

There is no expression language. `all`, `any` and `not` are keys of the file, see `schema`.
"""

import re

from recovery.language import N_, _
from recovery.protocol.terms import (
    GRADES,
    ORIGINS,
    REFERENCES,
    SIDES,
    Comparison,
    parse_duration,
    without_forms,
)

CONDITION_FORMS = N_(
    "write one comparison, such as pain <= 3, swelling falling, pain rising, pain drop >= 2, "
    "grade == III, injury >= 48h or rom == full"
)
EXAMPLES = N_(
    "one comparison, such as pain <= 3, swelling falling, pain rising, pain drop >= 2, "
    "grade == III, injury >= 48h or rom == full"
)

_COMPARED = re.compile(r"([a-z][a-z0-9-]{0,39})\s*(<=|>=|==|!=|<|>)\s*(\S.*)", re.ASCII)
_SINCE = r"(?:\s+since\s+(\S+))?"
_CHANGE = re.compile(rf"([a-z][a-z0-9-]{{0,39}})\s+(drop|rise)\s*>=\s*(\S+){_SINCE}", re.ASCII)
_TREND = re.compile(rf"([a-z][a-z0-9-]{{0,39}})\s+(falling|rising){_SINCE}", re.ASCII)
_NUMBER = re.compile(r"\d{1,4}(?:\.\d{1,3})?", re.ASCII)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9 -]{0,39}", re.ASCII)
_WORDS_OF = {"grade": GRADES, "side": SIDES}


def parse_condition_text(text: str) -> Comparison:
    """Read one comparison. Raises `ValueError` that shows the accepted forms.

    Numbers become floats. Whether the observation exists and has such a value is for `lint` to say.
    """
    if joined := _joined(text.strip()):
        raise _wrong(N_("{text!r} is not one comparison: {way}; {forms}"), text, way=joined)
    return _single(text)


def _joined(text: str) -> str:
    """Say how to write conditions joined with and, or, not; empty if the text is no such thing."""
    if negated := re.fullmatch(r"not\s+(.+)", text):
        if not _is_single(negated[1]):
            return ""
        return _("for not, write it as a key: {example}", example=f"{{not: {negated[1]}}}")
    parts = [part for part in re.split(r"\s+(?:and|or)\s+|\s*(?:,|&+|\|+)\s*", text) if part]
    if len(parts) < 2 or not all(_is_single(part) for part in parts):
        return ""
    if re.search(r"\sor\s|\|", text):
        return _("for or, write a list under any: {example}", example=f"{{any: [{', '.join(parts)}]}}")
    return _("for and, write a list: {example}", example=f"[{', '.join(parts)}]")


def _is_single(text: str) -> bool:
    try:
        _single(text)
    except ValueError:
        return False
    return True


def _wrong(message: str, text: str, **about: str) -> ValueError:
    return ValueError(_(message, text=text, forms=_(CONDITION_FORMS), **about))


def _single(text: str) -> Comparison:
    stripped = text.strip()
    if trend := _TREND.fullmatch(stripped):
        return Comparison(_observation(trend[1], text), trend[2], since=_reference(trend[3], text))
    if change := _CHANGE.fullmatch(stripped):
        by, since = _number(change[3], text), _reference(change[4], text)
        return Comparison(_observation(change[1], text), change[2], by, since)
    compared = _COMPARED.fullmatch(stripped)
    if compared is None:
        raise _wrong(N_("{text!r} is not a condition; {forms}"), text)
    subject, test, value = compared.groups()
    if subject in ORIGINS:
        return _time_passed(subject, test, value, text)
    if subject in _WORDS_OF:
        return _one_of(subject, test, value, text)
    if value[0].isdigit():
        return Comparison(subject, test, _number(value, text))
    if not _WORD.fullmatch(value):
        message = N_("{text!r} compares with {value!r}, neither a number nor a word; {forms}")
        raise _wrong(message, text, value=value)
    return Comparison(subject, test, value)


def _observation(subject: str, text: str) -> str:
    if subject in ORIGINS or subject in _WORDS_OF:
        message = N_("{text!r} is not a condition: {subject!r} has no trend; {forms}")
        raise _wrong(message, text, subject=subject)
    return subject


def _reference(since: str | None, text: str) -> str:
    if since is not None and since not in REFERENCES:
        message = N_("{text!r} is not a condition: since is followed by one of {known}; {forms}")
        raise _wrong(message, text, known=", ".join(REFERENCES))
    return since or ""


def _number(value: str, text: str) -> float:
    if not _NUMBER.fullmatch(value):
        message = N_("{text!r} compares with {value!r}, which is not a number; {forms}")
        raise _wrong(message, text, value=value)
    return float(value)


def _time_passed(subject: str, test: str, value: str, text: str) -> Comparison:
    if test in ("==", "!="):
        message = N_("{text!r} is not a condition: time passed is compared with >=, >, < or <=; {forms}")
        raise _wrong(message, text)
    try:
        return Comparison(subject, test, parse_duration(value))
    except ValueError as error:
        why = without_forms(error).removeprefix(repr(value)).strip()
        message = N_("{text!r} compares with {value!r}, which {why}; {forms}")
        raise _wrong(message, text, value=value, why=why) from None


def _one_of(subject: str, test: str, value: str, text: str) -> Comparison:
    words = _WORDS_OF[subject]
    if test not in ("==", "!="):
        message = N_("{text!r} is not a condition: {subject} is compared with == or !=; {forms}")
        raise _wrong(message, text, subject=subject)
    if value not in words:
        message = N_("{text!r} is not a condition: {subject} is one of {known}; {forms}")
        raise _wrong(message, text, subject=subject, known=", ".join(words))
    return Comparison(subject, test, value)
