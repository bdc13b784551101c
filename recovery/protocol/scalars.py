"""The single values of a protocol file. Each arrives as text and is read here, for pydantic and for editors.

A value that cannot be read raises a `language` error that carries what was expected and what was found.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import AfterValidator, Discriminator, Field, PlainValidator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from recovery.language import N_, _
from recovery.protocol import conditions, terms
from recovery.protocol.problems import did_you_mean, in_short
from recovery.protocol.terms import Anchor, Comparison, Duration, LocalMoment, Range, TableRef, is_name

LONGEST_CUE = 500
LONGEST_PROSE = 4000
LONGEST_NAME = 120
_EARLIEST_WORD = date(2000, 1, 1)
"""Of a professional: before the sources of the floor were written."""
_LONGEST_WORD = 200
_TEN_YEARS = 3653 * 86400

ID = r"[a-z][a-z0-9-]{0,39}"
_LENGTH = r"(\d{1,6} ?(s|sec|m|min|h|d|w|mo) ?)+"
_REF = re.compile(rf"({ID})(?::(\S.{{0,99}}))?", re.ASCII)
_TABLE_END = re.compile(rf"({ID})\.(min|max)", re.ASCII)
_ANCHOR = re.compile(rf"({'|'.join(terms.ORIGINS)})(?:\s*\+\s*(\S.*))?", re.ASCII)
_PLACEHOLDER = re.compile(rf"\{{(?:(?:other )?side-?|{ID})\}}", re.ASCII | re.IGNORECASE)
PLACEHOLDERS = ("{side}", "{other side}", "{<option>}")
"""What a text for a person may have in braces; whether there is such an option is for `lint` to say."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# Characters that could make a text look like another one: breaks and changes of direction.
_DECEIVING = re.compile("[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")

_VISIBLE = N_("only characters that can be seen")
_NO_OPTION = N_("only {side}, {other side} or the id of an option")

# In a value of a few words there is no place for control characters either, which YAML can write as "\\e".
_UNSEEN = re.compile(f"{_CONTROL.pattern}|{_DECEIVING.pattern}")


def fault(message: str, expected: str = "", found: str = "") -> PydanticCustomError:
    """An error of the language, as pydantic carries it."""
    context = {"message": message, "expected": expected, "found": found}
    return PydanticCustomError("language", "{message}", context)


def _scalar(
    read: Callable[[str], Any],
    expected: str,
    pattern: str = "",
    *,
    description: str,
    number: bool = False,
    names: tuple[str, ...] = (),
) -> tuple[PlainValidator, WithJsonSchema]:
    """The two annotations of a type: how to read its text, and what an editor should know of it.

    `expected` is a message that `N_` marks; `names` are its only value, if it has one.
    """

    def validate(value: object) -> Any:
        wanted = _(expected, names=", ".join(names)) if names else _(expected)
        if not isinstance(value, str) or value == "":
            raise fault(
                _("not a single value") if value else _("a value is missing"), wanted, in_short(value)
            )
        if unseen := _UNSEEN.search(value):
            raise fault(_("a character that cannot be seen"), _(_VISIBLE), in_short(unseen[0]))
        if len(value) > _LONGEST_WORD:
            message = _("a value of {count} characters is too long", count=len(value))
            raise fault(message, wanted, in_short(value))
        try:
            return read(value)
        except ValueError as error:
            raise fault(
                terms.without_forms(error, conditions.CONDITION_FORMS), wanted, in_short(value)
            ) from None

    text: dict[str, Any] = {"type": "string", "description": description}
    if pattern:
        text["pattern"] = f"^{pattern}$"
    if number:
        text = {"description": description, "anyOf": [{"type": "integer", "minimum": 0}, text]}
    return PlainValidator(validate), WithJsonSchema(text)


def _text(value: object, longest: int, placeholders: tuple[str, ...]) -> str:
    expected = _("a text of at most {longest} characters", longest=longest)
    if not isinstance(value, str):
        quoted = _("a text of at most {longest} characters, in quotes", longest=longest)
        raise fault(_("a text that contains { or [ needs quotes round it"), quoted, in_short(value))
    if control := _CONTROL.search(value):
        raise fault(_("a control character in a text"), _(_VISIBLE), in_short(control[0]))
    if deceiving := _DECEIVING.search(value):
        raise fault(_("an invisible character in a text"), _(_VISIBLE), in_short(deceiving[0]))
    folded = " ".join(value.split())
    if not folded:
        raise fault(_("a text is missing"), expected, _("nothing"))
    if len(folded) > longest:
        raise fault(_("the text is too long"), expected, _("{count} characters", count=len(folded)))
    rest = terms.by_side(_PLACEHOLDER.sub("", folded), None) if placeholders else folded
    if "{" in rest or "}" in rest:
        allowed = _(_NO_OPTION) if placeholders else _("no braces here")
        start = max(0, min(folded.find(brace) % (len(folded) + 1) for brace in "{}") - 10)
        raise fault(_("a brace in a text"), allowed, in_short(folded[start:]))
    return folded


def _texts(
    longest: int, placeholders: tuple[str, ...], description: str
) -> tuple[PlainValidator, WithJsonSchema]:
    """The annotations of a text for a person."""
    schema = {"type": "string", "minLength": 1, "maxLength": longest, "description": description}
    return PlainValidator(lambda value: _text(value, longest, placeholders)), WithJsonSchema(schema)


def _pattern(pattern: str, message: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.ASCII)

    def read(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(_(message))
        return value

    return read


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in words:
            raise ValueError(_("unknown word {word!r}", word=value[:40]) + did_you_mean(value, words))
        return value

    return read


def one_of(*words: str) -> tuple[PlainValidator, WithJsonSchema]:
    """The annotations of a value that is one of a few words."""
    validator, _any_text = _scalar(_one_of(words), N_("one of {names}"), description="", names=words)
    return validator, WithJsonSchema({"type": "string", "enum": list(words)})


# Reading ------------------------------------------------------------------------------------------


def _duration(value: str) -> Duration:
    return _bounded(terms.parse_duration(value))


def _positive(value: str) -> Duration:
    return _of_some_length(_duration(value))


def _exact(value: str) -> Duration:
    return _of_exact_length(_positive(value))


def _gap(value: str) -> Duration:
    length = _exact(value)
    if length.seconds > terms.LONGEST_GAP.seconds:
        raise ValueError(_("the ledger looks back {length} and no further", length=terms.LONGEST_GAP))
    return length


def _range(value: str) -> Range:
    range_ = terms.parse_range(value)
    _of_some_length(_bounded(range_.least))
    _bounded(range_.most)
    return range_


def _exact_range(value: str) -> Range:
    range_ = _range(value)
    _of_exact_length(range_.least)
    _of_exact_length(range_.most)
    return range_


def _bounded(duration: Duration) -> Duration:
    if duration.about_seconds > _TEN_YEARS:
        raise ValueError(_("longer than ten years"))
    return duration


def _of_some_length(duration: Duration) -> Duration:
    if duration == Duration():
        raise ValueError(_("a length of nothing"))
    return duration


def _of_exact_length(duration: Duration) -> Duration:
    if not duration.is_exact:
        raise ValueError(_("days, weeks and months are not exact lengths"))
    return duration


def _length(value: str) -> Duration | TableRef:
    if table := _TABLE_END.fullmatch(value):
        return TableRef(table[1], table[2])
    return _duration(value)


def _anchor(value: str) -> Anchor:
    match = _ANCHOR.fullmatch(value)
    if match is None:
        raise ValueError(_("not an instant that a protocol can know"))
    return Anchor(match[1], _duration(match[2]) if match[2] else Duration())


def _day(value: str) -> str:
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            raise ValueError
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(_("{value!r} is not a date", value=value[:40])) from None
    if day < _EARLIEST_WORD:
        raise ValueError(_("nobody can have answered for it so early"))
    return day.isoformat()


def _name(wrong: str) -> Callable[[str], str]:
    """Read the name of somebody or something; `wrong` is a message that `N_` marks."""

    def read(value: str) -> str:
        name = _text(value, LONGEST_NAME, ())
        if not is_name(name):
            raise ValueError(_(wrong, value=name[:40]))
        return name

    return read


def _count(value: str) -> int:
    if not re.fullmatch(r"\d{1,2}", value, re.ASCII) or int(value) == 0:
        raise ValueError(_("not a number of times"))
    return int(value)


def _counts(value: str) -> tuple[int, int]:
    least, dots, most = value.partition("..")
    low = _count(least.strip())
    high = _count(most.strip()) if dots else low
    if low > high:
        raise ValueError(_("the range goes from more to fewer"))
    return low, high


def _scale(value: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,4})\.\.(\d{1,4})", value, re.ASCII)
    if match is None or int(match[1]) >= int(match[2]):
        raise ValueError(_("not a scale"))
    return int(match[1]), int(match[2])


def _says(value: str) -> str:
    """Check what a source gives: a number (a length, a count, a value of a scale), a range, or a comparison.

    After a number may stand what it is for: `20min a session`, `1h between`, `3 a day`, `3 a week`.
    """
    number, _use = terms.number_and_use(value)
    parts = number.split("..")
    if len(parts) > 2:
        raise ValueError(_("neither a number nor a range"))
    if re.match("[a-z]", value, re.ASCII):
        conditions.parse_condition_text(value)
        return value
    for part in parts:
        if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", part.strip(), re.ASCII):
            terms.parse_duration(part.strip())
    return value


def _word(values: Mapping[str, bool], wrong: str) -> Callable[[str], bool]:
    """Read a word that stands for yes or no; `wrong` is a message that `N_` marks."""

    def read(value: str) -> bool:
        if value not in values:
            raise ValueError(_(wrong))
        return values[value]

    return read


def _refs(value: str) -> tuple[str, ...]:
    refs = tuple(ref.strip() for ref in value.split(","))
    for ref in refs:
        if not _REF.fullmatch(ref):
            raise ValueError(_("{ref!r} does not name a source", ref=ref[:40]))
    return refs


# Types --------------------------------------------------------------------------------------------

TOLD = object()
"""Marks a text that is told to a person, and may be translated."""


def is_told(written: Any) -> bool:
    """Tell if what is written so is a text that may be translated, or a list of such."""
    return TOLD in getattr(written, "__metadata__", ()) or any(map(is_told, get_args(written)))


def shape(value: Any) -> str:
    """The tag of a value by how it is written: one value, a list or a mapping."""
    match value:
        case list() | tuple():
            return "<list>"
        case dict():
            return "<mapping>"
    return "<text>"


class Words:
    """Words that stand for yes or no."""

    def __init__(self, values: Mapping[str, bool]) -> None:
        self.values = values

    def of(self, value: bool) -> str:
        """The word of a value."""
        return next(word for word, each in self.values.items() if each is value)


def words(**values: bool) -> Any:
    """The type of a few words that stand for yes or no."""
    return Annotated[Literal[tuple(values)], AfterValidator(values.__getitem__), Words(values)]


def words_of(written: Any) -> Words | None:
    """The words of what is written so, if it is written in such."""
    own = (each for each in getattr(written, "__metadata__", ()) if isinstance(each, Words))
    return next(own, None) or next(filter(None, map(words_of, get_args(written))), None)


T = TypeVar("T")
_One = Annotated[T, AfterValidator(lambda value: (value,)), Tag("<text>")]
OneOrMore = Annotated[
    _One[T] | Annotated[tuple[T, ...], Field(min_length=1), Tag("<list>")], Discriminator(shape)
]
"""A value, or a list of at least one: a tuple."""
OneOrList = Annotated[_One[T] | Annotated[tuple[T, ...], Tag("<list>")], Discriminator(shape)]

_A_LENGTH = N_("a length of time, such as 20min, 1h30min, 48h, 2d, 4w or 3mo")
_A_GAP = N_("a length in hours, minutes or seconds, at most 72h")
_AN_EXACT = N_("a length in hours, minutes or seconds, such as 20min or 1h30min")
_ID_FORM = N_("a short name: small letters, digits and hyphens, at most 40, a letter first")
_YES_NO = {"true": True, "false": False}
_HOURS = {"waking": False, "work": True}
_BOOL = {"anyOf": [{"type": "boolean"}, {"type": "string", "enum": [*_YES_NO]}]}

Printed = Annotated[str, *_texts(120, (), "A short title.")]
"""As it is printed: it is not translated."""
PrintedProse = Annotated[str, *_texts(LONGEST_PROSE, (), "A text for the reader of the protocol.")]
Title = Annotated[Printed, TOLD]
Prose = Annotated[PrintedProse, TOLD]
CueTitle = Annotated[
    str, *_texts(120, PLACEHOLDERS, "A short title; may use {side}, {other side}, {<option>}."), TOLD
]
Cue = Annotated[
    str,
    *_texts(LONGEST_CUE, PLACEHOLDERS, "What the person is told; may use {side}, {other side}, {<option>}."),
    TOLD,
]
Translation = Annotated[str, *_texts(LONGEST_PROSE, PLACEHOLDERS, "The text in that language.")]
Label = Annotated[
    str,
    *_scalar(
        _pattern(r"[A-Za-z][A-Za-z0-9 -]{0,39}", N_("not a label")),
        N_("a label of letters, digits, spaces and hyphens"),
        "[A-Za-z][A-Za-z0-9 -]{0,39}",
        description="A word that an answer can be.",
    ),
]
Id = Annotated[
    str, *_scalar(_pattern(ID, N_("not a usable id")), _ID_FORM, ID, description="A short name, unique.")
]
Version = Annotated[
    str,
    *_scalar(
        _pattern(r"\d{1,6}\.\d{1,6}\.\d{1,6}", N_("not a version")),
        N_("three numbers, such as 1.0.0"),
        r"\d+\.\d+\.\d+",
        description="The version of this file: three numbers.",
    ),
]
PositiveDuration = Annotated[
    Duration, *_scalar(_positive, _A_LENGTH, _LENGTH, description="A length of time, such as 20min or 2w.")
]
ExactDuration = Annotated[
    Duration, *_scalar(_exact, _AN_EXACT, _LENGTH, description="A length in hours, minutes or seconds.")
]
Gap = Annotated[
    Duration,
    *_scalar(_gap, _A_GAP, _LENGTH, description="A length in hours, minutes or seconds, at most 72h."),
]
DurationRange = Annotated[
    Range,
    *_scalar(
        _range,
        N_("a length of time, such as 20min, 1h30min, 48h, 2d, 4w or 3mo, or a range such as 2w..4w"),
        rf"{_LENGTH}(\.\.{_LENGTH})?",
        description="A length of time or a range, such as 2w..4w.",
    ),
]
ExactRange = Annotated[
    Range,
    *_scalar(
        _exact_range,
        N_("a length in hours, minutes or seconds, such as 20min or 1h30min, or a range such as 2h..3h"),
        rf"{_LENGTH}(\.\.{_LENGTH})?",
        description="A length in hours, minutes or seconds, or a range, such as 2h..3h.",
    ),
]
PhaseLength = Annotated[
    Duration | TableRef,
    *_scalar(
        _length,
        N_(
            "a length of time, such as 20min, 1h30min, 48h, 2d, 4w or 3mo, or the end of a table, such as loading.min"
        ),
        rf"({_LENGTH}|{ID}\.(min|max))",
        description="A length of time, or one end of a table for the person's grade, such as loading.min.",
    ),
]
Instant = Annotated[
    Anchor,
    *_scalar(
        _anchor,
        N_("injury, start or phase, with a length after it: injury+48h"),
        rf"({'|'.join(terms.ORIGINS)})( ?\+ ?{_LENGTH})?",
        description="An instant: injury, start or phase, and a length after it, such as injury+48h.",
    ),
]
Moment = Annotated[
    LocalMoment,
    *_scalar(
        terms.parse_time_of_day,
        N_('a time of day: "08:00", wake, wake+30min, bedtime or bedtime-1h'),
        rf"({terms.TIME_OF_DAY_FORM}|wake( ?\+ ?{_LENGTH})?|bedtime( ?- ?{_LENGTH})?)",
        description='A time of day: "08:00", wake+30min or bedtime-1h.',
    ),
]
Day = Annotated[
    str,
    *_scalar(
        _day, N_("a date such as 2026-12-01"), r"\d{4}-\d{2}-\d{2}", description="A date, such as 2026-12-01."
    ),
]
PersonName = Annotated[
    str,
    *_scalar(
        _name(N_("{value!r} is not a name")),
        N_("the name of a person, such as Dr. Jana Meyer"),
        r".*\S.*",
        description="The name of a person.",
    ),
]
Profession = Annotated[
    str,
    *_scalar(
        _name(N_("{value!r} is not a profession")),
        N_("a profession, such as physiotherapist"),
        r".*\S.*",
        description="A profession, such as physiotherapist.",
    ),
    TOLD,
]
Count = Annotated[
    int, *_scalar(_count, N_("a whole number from 1 to 99"), "[1-9][0-9]?", description="", number=True)
]
Counts = Annotated[
    tuple[int, int],
    *_scalar(
        _counts,
        N_("a number of times from 1 to 99 or a range, such as 3 or 1..3"),
        r"[1-9][0-9]?(\.\.[1-9][0-9]?)?",
        description="So many times, or a range, such as 1..3.",
        number=True,
    ),
]
Scale = Annotated[
    tuple[int, int],
    *_scalar(
        _scale,
        N_("two whole numbers, the smaller first, such as 0..10"),
        r"\d{1,4}\.\.\d{1,4}",
        description="The least and the most of a scale, such as 0..10.",
    ),
]
YesNo = Annotated[
    bool,
    _scalar(_word(_YES_NO, N_("neither true nor false")), N_("true or false"), description="")[0],
    WithJsonSchema(_BOOL),
]
ComparisonText = Annotated[
    Comparison,
    *_scalar(
        conditions.parse_condition_text,
        conditions.EXAMPLES,
        r"\S+( ?(<=|>=|==|!=|<|>) ?| falling| rising| (drop|rise) ?>= ?).*",
        description="One comparison, such as pain <= 3, swelling falling, pain drop >= 2, grade == III.",
    ),
]
Hours = Annotated[
    bool,
    _scalar(_word(_HOURS, N_("neither waking nor work")), N_("waking or work"), description="")[0],
    WithJsonSchema({"type": "string", "enum": [*_HOURS]}),
    Words(_HOURS),
]
Said = Annotated[
    str,
    *_scalar(
        _says,
        N_(
            "a number or a range as the source gives it, such as 20min a session, 1h between, 3 a day or 2h..3h"
        ),
        description="A number that the source gives, such as 20min a session, 1h between, 1..3 a day, 3 a week.",
        number=True,
    ),
]
SourcePlace = Annotated[
    str,
    *_scalar(
        _pattern(r"[^\s,:][^,:]{0,99}", N_("not a place in a source")),
        N_("a place such as a line or page number, or all"),
        description="A place in the source, or all.",
    ),
]
TextPath = Annotated[
    str,
    *_scalar(
        _pattern(r"[a-z0-9_.-]+", N_("not the path of a text")),
        N_("the keys that lead to the text, such as phases.rice.do.ice.start"),
        description="The path of a text in the file.",
    ),
]
Language = Annotated[
    str,
    *_scalar(
        _pattern("[a-z]{2}", N_("not a language")),
        N_("two small letters, such as de"),
        "[a-z]{2}",
        description="A language: two small letters, such as de.",
    ),
]
Grade = Annotated[str, *one_of(*terms.GRADES)]
Refs = Annotated[
    tuple[str, ...],
    *_scalar(
        _refs,
        N_("sources with commas between, such as seed:183, nhs (own is the project's own)"),
        rf"{ID}(:[^,]+)?(, ?{ID}(:[^,]+)?)*",
        description="The sources, such as seed:183, nhs. own: the project's own default.",
    ),
]
Modality = Annotated[str, *one_of(*terms.MODALITIES)]
Level = Annotated[str, *one_of(*terms.LEVELS)]
Origin = Annotated[str, *one_of(*terms.ORIGINS)]
ToChoose = Annotated[str, *one_of(*terms.TO_CHOOSE)]
Input = Annotated[str, *one_of("onset", "grade", "side")]
Better = Annotated[str, *one_of("lower", "higher")]
AllOrSome = Annotated[
    Annotated[
        str,
        *one_of("all", *terms.MODALITIES),
        AfterValidator(lambda word: terms.MODALITIES if word == "all" else (word,)),
        Tag("<text>"),
    ]
    | Annotated[tuple[Modality, ...], Field(min_length=1), Tag("<list>")],
    Discriminator(shape),
]
Sources = Annotated[
    Annotated[Refs, Tag("<text>")] | Annotated[dict[str, Refs], Tag("<mapping>")], Discriminator(shape)
]
