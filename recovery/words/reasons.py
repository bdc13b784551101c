"""The sentences of the engine's statements, one for each class of `recovery.engine.reasons`.

The fields of a statement fill the placeholders of its sentence, each worded by its type: see `_field`.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from recovery.engine.episode import Episode
from recovery.engine.facts import Fact
from recovery.engine.reasons import (
    Cards,
    Late,
    Measured,
    OfFile,
    Remark,
    Rhythm,
    Sentences,
    Statement,
    Text,
    TimeSince,
)
from recovery.engine.times import Place
from recovery.language import N_, NN_, tr, trn
from recovery.protocol.model import Exercise, Observation
from recovery.protocol.terms import All, Anchor, AnyOf, Comparison, Duration, Not, called
from recovery.values import replace
from recovery.words.terms import (
    MEASURED,
    SINCE,
    anchor_words,
    condition_words,
    duration_words,
    exercise_line,
    expected_answer,
    filled,
    spell,
    spell_date,
    spell_when,
    timing_words,
)

SENTENCES: dict[str, str | tuple[str, str]] = {
    "OfWhich": "{title} ({which})",
    # Limits
    "OfEpisode": "{reason} ({episode})",
    "ByLimit": "{reason}: {because}",
    "FloorOfTheLanguage": N_("the floor of the language ({source})"),
    "NotWithinWakingHours": N_("it would not end within the waking hours ({wake} to {bedtime})"),
    "OnlyAsSession": N_("{modality} only as a session, which has an end and is counted"),
    "SessionUnderWay": N_("{title} is on until {until}"),
    "SessionTitle": "{title}, {modality}",
    "EndItNow": N_("{title} is on: end it now, {command}."),
    "FlagStands": N_("a warning sign stands: {reason} When it is dealt with: {command}"),
    "WaitsForRelease": N_("it waits for a professional: {reason} When one has released it: {command}"),
    "ScreeningOpen": N_("a question is open: {question} {command} answers it"),
    "Never": N_("no {modality}"),
    "NotInThisPhase": N_("no {modality} in this phase"),
    "GivesWay": N_('no {modality} beside "{title}"'),
    "NotBefore": N_("no {modality} before {instant}"),
    "NotLaterThan": N_("no {modality} later than {instant}"),
    "OnlyWhen": N_("only when this is so: {condition}"),
    "NotKnownWhether": N_("it is not known whether this is so: {condition}"),
    "GapNotOver": N_("{length} after the last session, which ended {ended_at}"),
    "LongerThan": N_("{length} is longer than {longest}"),
    "LongerInAll": N_("{length} in all, with waits under {wait}, is longer than {longest}"),
    "TooManyToday": NN_("{modality} at most {count} time a day", "{modality} at most {count} times a day"),
    # Gates
    "NotYet": N_("not yet: {condition}"),
    "NotKnown": N_("not known: {condition}"),
    "Met": "{condition}: {value}",
    "NoFlagStands": N_("no warning sign stands that stops something"),
    "FlagToClear": "{reason} {command}",
    "SomebodyStops": N_("somebody stops it"),
    "GoesOnUntilStopped": N_("it goes on until recovery stop"),
    "UsuallyHealed": N_("the earliest usual healing time of grade {grade}"),
    "DayOnStep": N_("one step a day"),
    "TimeOnStep": N_("{length} on this step, and one step a day"),
    "OnStep": N_("on step {step} of {steps}, {title}"),
    "LastStep": N_("the last step, {title}"),
    "DayOnLastStep": N_("a day on the last step"),
    "TimeOnLastStep": N_("{length} on the last step"),
    "TimeLeft": N_("in {length}, {until}"),
    "Answers": "{answers}",
    "AnswerTo": "{observation} {answer}",
    "NotToldYet": N_("not told yet"),
    "LastTold": N_("last told {length} ago"),
    "ToldOnce": N_("{value}, one answer so far"),
    # A turn
    "OutsideWakingHours": N_("outside the waking hours"),
    "InQuietTime": N_("it would be in a quiet time"),
    "OnlyUntil": N_("only until {instant}"),
    "WaitNotOver": N_("{length} after the last treatment, which ended {ended_at}"),
    "AskedToday": N_("one question a day is enough, as long as nobody answers"),
    "QuestionFirst": N_("a question comes first: {title}"),
    "MachineAsleep": N_("the machine was off or asleep"),
    "ZoneChange": N_("the time zone changed"),
    "ClockSetForward": N_("the clock was set forward"),
    "TooLate": N_("too late to be right: the next one is nearer"),
    "RoundOver": N_("the day of its round is over"),
    "NoLonger": N_("no longer: {condition}"),
    "PhaseOverItsTime": N_("{phase} is over its time"),
    # Open questions
    "SignToAnswer": N_("{ask} If so, type: {if_so}. If not: {if_not}"),
    "StillNeeded": N_("Still needed for {what}: {questions} Type: {command}"),
    "TodaysExercises": N_("today's exercises"),
    "NextStep": N_("the next step"),
    "EndOfPhase": N_("the end of it"),
    # A grade
    "QuestionAnswered": "{answer}: {question}",
    "Unsure": N_("unsure"),
}
"""By the name of the class; of two sentences the first is for one thing, the other for many (`count`)."""

_TRANSLATED = ("modality", "source", "answer", "state", "which")
"""The fields that are messages themselves."""

_SEPARATOR = {"reasons": "; "}
"""What stands between the parts of a field, other than a comma."""


def sentence(text: Text, place: Place, now: datetime) -> str:
    """A text in the language of a place, with the instants in it as they are said at `now`."""
    return _said(text, place.language, lambda instant: spell_when(place, instant, now))


def timeless(text: Text, language: str) -> str:
    """A text without an instant in it, in a language."""
    return _said(text, language, str)


def file_text(text: str, episode: Episode) -> str:
    """A text of an episode's protocol, with its placeholders filled in."""
    return timeless(episode.text(text), episode.place.language)


def dose(exercise: Exercise) -> dict[str, Any]:
    """The numbers of an exercise as JSON knows them: those that the file gives, `hold` in seconds."""
    hold = None if exercise.hold is None else exercise.hold.seconds
    given = {"sets": exercise.sets, "repetitions": [*(exercise.repetitions or ())], "hold": hold}
    return {"id": exercise.id, **{name: value for name, value in given.items() if value}}


def worded(fact: Fact, place: Place, now: datetime) -> Fact:
    """A fact as it goes into the record, its statements in words."""
    return replace(fact, what=fact.what.of(_told(fact.data, place, now)))


def _told(data: Any, place: Place, now: datetime) -> Any:
    match data:
        case dict():
            return {key: _told(value, place, now) for key, value in data.items()}
        case list() | tuple():
            return [_told(value, place, now) for value in data]
        case Statement() | All() | AnyOf() | Comparison() | Not():
            return sentence(data, place, now)
    return data


def _said(text: Text, language: str, when: Callable[[datetime], str]) -> str:
    match text:
        case str():
            return text
        case Sentences(texts):
            return " ".join(_said(each, language, when) for each in texts)
        case Cards(exercises):
            return "; ".join(exercise_line(each, language) for each in exercises) + "."
        case OfFile(words, side, options):
            return filled(words, language, side, options)
        case Late():
            due = tr(
                language,
                "{text} (Due {when}.)",
                text=_said(text.text, language, when),
                when=when(text.due_at),
            )
            return due.strip()
        case Rhythm(activity):
            return timing_words(activity, language)
        case TimeSince(origin):
            template: str | tuple[str, str] = SINCE[origin]
        case Measured(_, against):
            template = MEASURED[against]
        case Remark(name, facts):
            return _remark(name, facts, language, when)
        case Statement():
            template = SENTENCES[type(text).__name__]
        case _:
            return condition_words(text, language)
    fields = {name: _field(name, value, language, when) for name, value in text.__dict__.items()}
    if isinstance(template, tuple):
        singular, plural = template
        return trn(language, singular, plural, fields.pop("count"), **fields)
    return tr(language, template, **fields)


def _remark(name: str, facts: Mapping[str, object], language: str, when: Callable[[datetime], str]) -> str:
    from recovery.words.remarks import REMARKS  # who only looks at an episode needs none of them

    template = REMARKS[name]
    fields = {each: _field(each, value, language, when) for each, value in facts.items()}
    # A text of a file that a full stop follows loses its own.
    ended = {each: fields[each].rstrip(".") for each in ("text", "reason") if f"{{{each}}}." in template}
    return tr(language, template, **fields | ended)


def _field(name: str, value: Any, language: str, when: Callable[[datetime], str]) -> Any:
    """A field as it stands in a sentence."""
    match value:
        case str():
            return tr(language, called(value)) if name in _TRANSLATED else called(value)
        case Statement() | All() | AnyOf() | Comparison() | Not():
            return _said(value, language, when)
        case datetime():
            return when(value)
        case date():
            return f"{spell_date(value, language)} {value.year}"
        case Observation():
            return expected_answer(value, language)
        case timedelta():
            return spell(value)
        case Duration():
            return duration_words(value, language)
        case time():
            return f"{value:%H:%M}"
        case Anchor():
            return anchor_words(value, language)
        case tuple():
            return _SEPARATOR.get(name, ", ").join(_field(name, part, language, when) for part in value)
    return value
