"""Words for what is written short, in a language: modalities, levels, sides, lengths, times, cadences, conditions."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from recovery.engine import facts as f
from recovery.engine.times import DAY, Place
from recovery.language import N_, tr, trn
from recovery.protocol.model import Exercise, Observation, Responsible, Timed, Treatment
from recovery.protocol.terms import (
    AGREED,
    BOTH,
    After,
    All,
    Anchor,
    AnyOf,
    At,
    Cadence,
    Comparison,
    Condition,
    Duration,
    Every,
    LocalMoment,
    Not,
    Once,
    PerDay,
    PerWeek,
    Range,
    by_side,
    called,
)

MODALITY_WORDS = {
    "cold": N_("cold"),
    "warm": N_("warm"),
    "tens": N_("tens"),
    "massage": N_("massage"),
    "compression": N_("compression"),
    "elevation": N_("elevation"),
    "rest": N_("rest"),
    "exercise": N_("exercise"),
    "posture": N_("posture"),
}
NO_SUCH_ZONE = N_(
    "{name!r} is not a time zone that I know; write one such as Europe/Berlin"
    " (older names come with the package tzdata-legacy, or Python's: pip install tzdata)"
)

LEVEL_WORDS = {
    "routine": N_("Worth a visit"),
    "urgent": N_("See somebody today"),
    "emergency": N_("EMERGENCY"),
}
ANSWERS = {"yes": N_("yes"), "no": N_("no"), "unsure": N_("unsure")}
"""The answers to a question of a self-grading."""
SIDE_WORDS = {"left": N_("left"), "right": N_("right"), BOTH: N_("both sides")}
STEMS = {"left": N_("left-"), "right": N_("right-"), "injured": N_("injured-"), "other": N_("other-")}
"""The words for sides to which an ending is added, in German `das {side-}e Bein`; without the hyphen."""
FACTS = {
    f.Started: N_("started"),
    f.Answered: N_("answered"),
    f.PhaseChanged: N_("phase"),
    f.Offered: N_("offered"),
    f.Begun: N_("begun"),
    f.Ended: N_("ended"),
    f.Done: N_("done"),
    f.Skipped: N_("skipped"),
    f.Snoozed: N_("snoozed"),
    f.Missed: N_("missed"),
    f.Withheld: N_("withheld"),
    f.Paused: N_("paused"),
    f.Resumed: N_("resumed"),
    f.Alerted: N_("alert"),
    f.Completed: N_("completed"),
    f.Stopped: N_("stopped"),
    f.Screened: N_("screening"),
    f.SetBack: N_("setback"),
    f.Corrected: N_("corrected"),
    f.Chosen: N_("chosen"),
    f.Stepped: N_("step"),
    f.Ticked: N_("checklist"),
    f.Upgraded: N_("upgraded"),
    f.ZoneChanged: N_("moved"),
    f.StaysUp: N_("bedtime put off"),
    f.Unheard: N_("silence"),
    f.ClockRighted: N_("clock put right"),
    f.ClockRead: N_("clock"),
    f.TakenBack: N_("taken back"),
    f.Delivered: N_("shown"),
    f.NotDelivered: N_("not shown"),
}
"""The kinds of facts."""

SUBJECTS = {"grade": N_("grade"), "side": N_("side")}
"""The words for what a condition may compare besides answers and times."""

_AFTER = {
    "injury": N_("{length} after the injury"),
    "start": N_("{length} after the start"),
    "phase": N_("{length} after the phase began"),
}
_ORIGINS = {"injury": N_("the injury"), "start": N_("the start"), "phase": N_("the phase's beginning")}
_MOMENTS = {"wake": N_("on getting up"), "bedtime": N_("at bedtime")}
"""The words for a time of day that moves with the person."""
_AWAY = {"wake": N_("{length} after getting up"), "bedtime": N_("{length} before bedtime")}
"""The same, for so long away from it."""


def modality_words(modality: str, language: str) -> str:
    """A modality's name in a language."""
    return tr(language, MODALITY_WORDS.get(modality, modality))


def level_words(level: str, language: str) -> str:
    """Say in a language how soon a level asks for a look: `See somebody today`."""
    return tr(language, LEVEL_WORDS.get(level, level))


def side_words(side: str | None, language: str) -> str:
    """A side's name in a language; empty for none."""
    return tr(language, SIDE_WORDS.get(side or "", side or ""))


def anchor_words(anchor: Anchor, language: str) -> str:
    """An instant as people say it in a language: `72 h after the injury`, `the start`."""
    if anchor.offset == Duration():
        return tr(language, _ORIGINS[anchor.origin])
    return tr(language, _AFTER[anchor.origin], length=duration_words(anchor.offset, language))


def moment_words(moment: LocalMoment, language: str) -> str:
    """A time of day as people say it: `at 22:00`, `1 h before bedtime`."""
    if moment.base == "clock":
        return tr(language, "at {clock}", clock=moment)
    if not moment.minutes:
        return tr(language, _MOMENTS[moment.base])
    return tr(language, _AWAY[moment.base], length=spell(timedelta(minutes=abs(moment.minutes))))


def responsible_words(responsible: Responsible, language: str) -> str:
    """Name the professional who answers for a protocol below the floor of the language."""
    return tr(
        language,
        "{who} answers for what is less strict here than the floor of the language ({day}): {because}",
        who=responsible.who,
        day=responsible.on,
        because=responsible.because,
    )


SCREENING_WORDS = {None: N_("open"), "yes": N_("yes"), "no": N_("no"), AGREED: N_("agreed")}
"""The answer to a screening question; None while it is open."""

ON_THE_WORD = N_("on the word of {name}, {day}")


def word_words(by: str, on: date, language: str) -> str:
    """A professional's word, as it is recorded: who gave it, and on which local date."""
    return tr(language, ON_THE_WORD, name=by, day=on)


def filled(text: str, language: str, side: str | None, options: Mapping[str, str]) -> str:
    """A protocol's text with its placeholders filled in; nothing else is ever formatted. Options stay as they are.

    A capital in a placeholder gives its word one.
    """
    if "{" not in text:
        return text
    here, there = {"left": ("left", "right"), "right": ("right", "left")}.get(
        side or "", ("injured", "other")
    )
    words = {name: word.replace("-", " ") for name, word in options.items()}
    for name, which in (("side", here), ("other side", there)):
        words[name] = tr(language, which)
        words[f"{name}-"] = tr(language, STEMS[which]).removesuffix("-")
    text = by_side(text, side)
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
        text = text.replace(f"{{{name[0].upper()}{name[1:]}}}", word[:1].upper() + word[1:])
    return text


def range_words(length: Range, language: str = "en") -> str:
    """A range in words: `20 min`, `2 h to 3 h`."""
    least, most = duration_words(length.least, language), duration_words(length.most, language)
    return least if least == most else tr(language, "{least} to {most}", least=least, most=most)


def duration_words(duration: Duration, language: str = "en") -> str:
    """A protocol's length in words: `20 min`, `48 h`, `2 weeks`, `3 months`."""
    parts = []
    if duration.months:
        parts.append(trn(language, "{count} month", "{count} months", duration.months))
    weeks, days = divmod(duration.days, 7)
    if weeks and not days:
        parts.append(trn(language, "{count} week", "{count} weeks", weeks))
    elif duration.days:
        parts.append(trn(language, "{count} day", "{count} days", duration.days))
    if duration.seconds:
        hours = timedelta(seconds=duration.seconds)
        whole, rest = divmod(duration.seconds, 3600)
        parts.append(f"{whole} h" if whole and not rest else spell(hours))
    return " ".join(parts) or "0 min"


def under(title: str, words: str) -> str:
    """Words with the title that they stand under: `Ice: 20 min`, and after a question `How is it? 20 min`."""
    return f"{title} {words}" if title.endswith("?") else f"{title}: {words}"


# Cadences ----------------------------------------------------------------------------------------


def timing_words(activity: Timed, language: str) -> str:
    """Say how often an activity comes, and by whose hours where these are not the place's."""
    words = cadence_words(activity.cadence, is_treatment=isinstance(activity, Treatment), language=language)
    if activity.follows_body:
        words += tr(language, ", on a journey by the hours of where the phase began")
    return words


def cadence_words(cadence: Cadence, *, is_treatment: bool = False, language: str = "en") -> str:
    """A cadence in words: `2 to 3 h after the last one ended`, `3 times a day`, `at 08:00 and 20:00`."""
    match cadence:
        case Every(interval):
            length = range_words(interval, language)
            if is_treatment:
                return tr(language, "{length} after the last one ended", length=length)
            return tr(language, "every {length}, from waking on", length=length)
        case PerDay(least, most):
            if most == 1:
                return tr(language, "once a day")
            count = tr(language, "{least} to {most}", least=least, most=most) if least != most else most
            return tr(language, "{count} times a day, spread over the waking hours", count=count)
        case At(times):
            moments = tr(language, " and ").join(moment_words(moment, language) for moment in times)
            return tr(language, "every day {moments}", moments=moments)
        case PerWeek(count, at):
            moment = moment_words(at, language)
            return trn(
                language,
                "once a week, {moment}",
                "{count} times a week, {moment}",
                count,
                moment=moment,
            )
        case Once(after):
            instant = anchor_words(after, language)
            if after.offset == Duration():
                return tr(language, "once, at {instant}", instant=instant)
            return tr(language, "once, {instant}", instant=instant)
        case After(activities):
            listed = tr(language, " or ").join(map(called, activities))
            return tr(language, "each time after: {activity}", activity=listed)


# Exercises ---------------------------------------------------------------------------------------


def exercise_line(exercise: Exercise, language: str) -> str:
    """An exercise in short: `Bridge (3 x 8 to 12, hold 5 s, own weight)`."""
    dose = dose_words(exercise, language)
    return f"{exercise.title} ({dose})" if dose else exercise.title


def dose_words(exercise: Exercise, language: str) -> str:
    """The dose of an exercise: `3 x 8 to 12, hold 5 s, own weight`; empty where the file gives none."""
    parts = []
    if exercise.repetitions is not None:
        least, most = exercise.repetitions
        times = str(most) if least == most else tr(language, "{least} to {most}", least=least, most=most)
        # As it stands on every sheet of exercises: three rounds of ten.
        parts.append(times + " x" if exercise.sets is None else f"{exercise.sets} x {times}")
    elif exercise.sets is not None:
        parts.append(trn(language, "{count} round", "{count} rounds", exercise.sets))
    if exercise.hold is not None:
        parts.append(tr(language, "hold {length}", length=duration_words(exercise.hold, language)))
    if exercise.load:
        parts.append(exercise.load)
    return ", ".join(parts)


# Answers ----------------------------------------------------------------------------------------


def expected_answer(observation: Observation, language: str) -> str:
    """Describe the answer that an observation takes."""
    if observation.choices:
        return tr(language, " or ").join(observation.words)
    if observation.labels:
        named = ", ".join(f"{observation.least + n} {word}" for n, word in enumerate(observation.words))
        return tr(language, "one of {names}", names=named)
    least, most = observation.least, observation.most
    return tr(language, "a whole number from {least} to {most}", least=least, most=most)


# Conditions -------------------------------------------------------------------------------------


SINCE = {
    "injury": N_("{length} since the injury"),
    "start": N_("{length} since the start"),
    "phase": N_("{length} since the phase began"),
}
"""The words for so much time passed, by what it counts from."""

# These follow the name of what is compared: "pain at most 3".
_TESTS = {
    "<=": N_("at most {value}"),
    "<": N_("below {value}"),
    ">=": N_("at least {value}"),
    ">": N_("above {value}"),
    "==": N_("is {value}"),
    "!=": N_("is not {value}"),
    "falling": N_("lower than {reference}"),
    "rising": N_("higher than {reference}"),
    "drop": N_("at least {value} lower than {reference}"),
    "rise": N_("at least {value} higher than {reference}"),
}
_REFERENCES = {
    "first": N_("at first"),
    "last": N_("last time"),
    "second-last": N_("two answers ago"),
    "phase": N_("when the phase began"),
    "worst": N_("at its worst"),
}

_STILL = {
    "falling": N_("{test}, and still lower"),
    "rising": N_("{test}, and still higher"),
    "drop": N_("{test}, and still lower"),
    "rise": N_("{test}, and still higher"),
}
"""The words for a change that went on through both of the last answers."""

MEASURED = {
    "first": N_("{value}, first {reference}"),
    "last": N_("{value}, before {reference}"),
    "second-last": N_("{value}, two answers ago {reference}"),
    "phase": N_("{value}, at the beginning {reference}"),
    "worst": N_("{value}, at worst {reference}"),
}
"""The words for an answer beside the one that it is compared with, by which that is."""


def condition_words(condition: Condition, language: str) -> str:
    """A condition as people say it: `pain at most 3 and swelling lower than at first`."""
    match condition:
        case All(parts):
            return tr(language, " and ").join(_part(part, AnyOf, language) for part in parts)
        case AnyOf(parts):
            return tr(language, " or ").join(_part(part, All, language) for part in parts)
        case Not(Comparison(subject, "==" | "!=" as test, value)):
            return _comparison(Comparison(subject, {"==": "!=", "!=": "=="}[test], value), language)
        case Not(Comparison() as part):
            return _comparison(part, language, is_negated=True)
        case Not(part):
            return tr(language, "not ({condition})", condition=condition_words(part, language))
        case Comparison():
            return _comparison(condition, language)


def _part(part: Condition, in_brackets: type, language: str) -> str:
    words = condition_words(part, language)
    return f"({words})" if isinstance(part, in_brackets) else words


def _comparison(comparison: Comparison, language: str, *, is_negated: bool = False) -> str:
    """`pain at most 3`, `swelling lower than at first`, `at least 48 h since the injury`."""
    if isinstance(comparison.value, Duration):
        passed = tr(language, _TESTS[comparison.test], value=duration_words(comparison.value, language))
        return tr(
            language, SINCE[comparison.subject], length=_negated(passed, language) if is_negated else passed
        )
    value = f"{comparison.value:g}" if isinstance(comparison.value, float) else called(comparison.value or "")
    test = tr(
        language,
        _TESTS[comparison.test],
        value=value,
        reference=tr(language, _REFERENCES[comparison.reference]),
    )
    if comparison.reference == "second-last":
        test = tr(language, _STILL[comparison.test], test=test)
    subject = tr(language, SUBJECTS.get(comparison.subject, called(comparison.subject)))
    return f"{subject} {_negated(test, language) if is_negated else test}"


def _negated(test: str, language: str) -> str:
    return tr(language, "not {test}", test=test)


# Lengths and times ------------------------------------------------------------------------------


def spell(length: timedelta) -> str:
    """A length as people say it: `1 h 35 min`, `3 d 4 h`, `40 s`. Rounded down to two units."""
    seconds = max(0, int(length.total_seconds()))
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {seconds} s" if seconds and minutes < 5 else f"{minutes} min"
    return f"{seconds} s"


_WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
_MONTHS = (
    *(N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun")),
    *(N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec")),
)


def spell_date(local: date, language: str = "en") -> str:
    """`Mon 23 Nov`, `Mo 23. Nov`: in a language, whatever the locale."""
    weekday, month = tr(language, _WEEKDAYS[local.weekday()]), tr(language, _MONTHS[local.month - 1])
    return tr(language, "{weekday} {day} {month}", weekday=weekday, day=local.day, month=month)


def spell_when(place: Place, instant: datetime, now: datetime) -> str:
    """`14:20`, `tomorrow 07:00`, `Mon 30 Nov 07:00`, `Mon 3 Jan 2028 07:00`: as short as is clear at `now`.

    In the language of the place.
    """
    local, today = place.local(instant), place.local(now).date()
    clock = f"{local:%H:%M}"
    if local.date() == today:
        return clock
    if local.date() == today + DAY:
        return tr(place.language, "tomorrow {clock}", clock=clock)
    if local.date() == today - DAY:
        return tr(place.language, "yesterday {clock}", clock=clock)
    year = "" if local.year == today.year else f" {local.year}"
    return f"{spell_date(local, place.language)}{year} {clock}"


def doubt_words(place: Place, says: datetime, goes_on_to: datetime) -> str:
    """Say that the clock looks wrong, what follows, and how to end it."""
    return tr(
        place.language,
        "the clock looks wrong: it says {says}, and the record goes on to {known}. Until it is right nothing new is"
        " offered, begun or moved on. If it is right now: recovery resume --clock-is-right",
        says=_dated(place, says),
        known=_dated(place, goes_on_to),
    )


def _dated(place: Place, instant: datetime) -> str:
    local = place.local(instant)
    return f"{spell_date(local, place.language)} {local.year} {local:%H:%M}"
