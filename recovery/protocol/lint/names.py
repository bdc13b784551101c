"""Rules of names: everything named is there, means one thing, and is there for something."""

from collections.abc import Iterator

from recovery.language import N_, _
from recovery.protocol.lint.gates import is_always_true
from recovery.protocol.lint.rules import WHOLE, Finding, Walk, is_first_draft, listed_names, not_there, rule
from recovery.protocol.model import AnyActivity, CheckIn, Observation, Phase, Timed, Treatment
from recovery.protocol.problems import KeyPath, did_you_mean, name_list
from recovery.protocol.terms import (
    BOTH,
    ORIGINS,
    After,
    Anchor,
    At,
    Comparison,
    Every,
    PerDay,
    by_side,
    comparisons,
    placeholders,
)

# Observations ---------------------------------------------------------------------------------------


@rule("unknown-observation", "check-ins and conditions name observations that are there", needs="observe")
def unknown_observation(walk: Walk) -> Iterator[Finding]:
    observations = walk.protocol.observations
    named = [
        (observations, name, (*path, "ask", str(index)))
        for path, _phase, activity in walk.activities
        if isinstance(activity, CheckIn)
        for index, name in enumerate(activity.asks)
    ]
    named += [(walk.answers, comparison.subject, path) for comparison, path in _of_answers(walk)]
    for names, name, path in named:
        if name not in names:
            yield not_there(path, N_("there is no observation {name!r}"), name, names)


def _of_answers(walk: Walk) -> Iterator[tuple[Comparison, KeyPath]]:
    """The comparisons of answers, with their paths: all but those of grade, side and time."""
    for _gate, comparison, path in walk.compared:
        if comparison.subject not in (*ORIGINS, "grade", "side"):
            yield comparison, path


@rule("value-not-possible", "conditions compare with values that an answer can have", needs="observe")
def value_not_possible(walk: Walk) -> Iterator[Finding]:
    for comparison, path in _of_answers(walk):
        asked = walk.answers.get(comparison.subject)
        if asked is not None:
            yield from _impossible(asked, comparison, path)


def _impossible(asked: Observation, comparison: Comparison, path: KeyPath) -> Iterator[Finding]:
    """The value is one that an answer can have, and the test one that the observation allows."""
    value, test = comparison.value, comparison.test
    if asked.choices and test not in ("==", "!="):
        message = _("{name!r} is a choice of words, not a scale", name=asked.id)
        yield Finding(path, message, _("== or !="), str(comparison), about=asked.id)
    elif asked.choices and value not in asked.choices:
        message = _("{name!r} is never {value}", name=asked.id, value=_shown(value))
        message += did_you_mean(str(value), asked.choices)
        yield Finding(path, message, listed_names(asked.choices), about=asked.id)
    elif not asked.choices and isinstance(value, str):
        message = _("{name!r} has no label {value!r}", name=asked.id, value=value)
        message += did_you_mean(value, asked.labels)
        yield Finding(path, message, _answers(asked), about=asked.id)
    elif not _is_possible(asked, comparison):
        message = _("{name!r} never gets there", name=asked.id)
        yield Finding(path, message, _answers(asked), str(comparison), about=asked.id)


@rule("always-true", "every comparison can become false", severity="warning", needs="observe")
def always_true(walk: Walk) -> Iterator[Finding]:
    for comparison, path in _of_answers(walk):
        asked = walk.answers.get(comparison.subject)
        if asked is None or asked.choices or isinstance(comparison.value, str):
            continue
        if _is_possible(asked, comparison) and is_always_true(comparison, walk.answers):
            message = _("every answer to {name!r} makes this true", name=asked.id)
            expected = _("a comparison that some of {answers} makes false", answers=_answers(asked))
            yield Finding(path, message, expected, str(comparison), about=asked.id)


def _is_possible(asked: Observation, comparison: Comparison) -> bool:
    """Tell if the number of a comparison is one that a scale, or a change on it, can have."""
    if asked.choices or not isinstance(comparison.value, float):
        return True
    if comparison.test in ("drop", "rise"):
        return 0 < comparison.value <= asked.most - asked.least
    return asked.least <= comparison.value <= asked.most


def _shown(value: object) -> str:
    return repr(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)


def _answers(asked: Observation) -> str:
    scale = f"{asked.least}..{asked.most}"
    return _(" or ").join((scale, ", ".join(asked.labels))) if asked.labels else scale


# Other names ----------------------------------------------------------------------------------------


@rule("unknown-phase", "limits and ways back name phases that are there", needs="phases")
def unknown_phase(walk: Walk) -> Iterator[Finding]:
    phases = {phase.id for phase in walk.protocol.phases}
    for limit in walk.protocol.limits:
        for index, name in enumerate(limit.during):
            if name not in phases:
                path = ("limits", limit.id, "in", str(index))
                yield not_there(path, N_("there is no phase {name!r}"), name, phases)


@rule("unknown-table", "tables that are named are there", needs="tables")
def unknown_table(walk: Walk) -> Iterator[Finding]:
    tables = walk.protocol.tables
    for keyed, name in walk.tables:
        if name not in tables:
            yield not_there(keyed.path, N_("there is no table {name!r}"), name, tables)


@rule("unknown-flag", "a grading question reports a red flag that is asked", needs="red_flags")
def unknown_flag(walk: Walk) -> Iterator[Finding]:
    asked = {flag.id for flag in walk.protocol.red_flags if flag.ask}
    for question in walk.protocol.assessment.questions if walk.protocol.assessment else ():
        if question.raises and question.raises not in asked:
            path = ("assess", "questions", question.id, "raises")
            yield not_there(
                path, N_("no red flag with a question is called {name!r}"), question.raises, asked
            )


@rule(
    "unknown-option",
    "texts name only the side and options that are there, and so does a checklist",
    needs="options",
)
def unknown_option(walk: Walk) -> Iterator[Finding]:
    options = {*_SIDES, *walk.protocol.options}
    for keyed in walk.values:
        for name in sorted(placeholders(keyed.value)) if keyed.is_text else ():
            if name not in options:
                message = _("there is no option {name!r}", name=name) + did_you_mean(name, options)
                expected = _(" or ").join(f"{{{each}}}" for each in sorted(options))
                yield Finding(keyed.path, message, expected, about=name)


@rule(
    "no-other-side",
    "a text that names the other side says what holds where both are injured",
    severity="warning",
)
def no_other_side(walk: Walk) -> Iterator[Finding]:
    for keyed in walk.values:
        if keyed.is_text and "other side" in placeholders(by_side(keyed.value, BOTH)):
            message = _("with both sides injured there is no other side")
            yield Finding(
                keyed.path, message, _("the words for one side and for both: {... {other side}|...}")
            )


@rule("unknown-activity", "what follows an activity names a session of its phase", needs=WHOLE)
def unknown_activity(walk: Walk) -> Iterator[Finding]:
    for path, phase, activity in walk.activities:
        cadence = getattr(activity, "cadence", None)
        if not isinstance(cadence, After):
            continue
        beside = {each.id for each in _beside(phase, activity) if isinstance(each, Treatment)}
        sessions = beside - {activity.id}
        missing = [name for name in cadence.activities if name not in sessions]
        for name in missing:
            message = _("no other session that is there with it is called {name!r}", name=name)
            message += did_you_mean(name, sessions)
            yield Finding(
                (*path, "after"), message, listed_names(sessions) if sessions else _("there is none")
            )
        if not missing and activity.id in _followed(phase, cadence):
            followed = name_list(cadence.activities)
            message = _("it follows {name!r}, which follows it: neither ever begins", name=followed)
            yield Finding((*path, "after"), message, _("a session with a time of its own"))


@rule(
    "unknown-companion",
    "what is told with an activity names one of its phase that comes by itself",
    needs=WHOLE,
)
def unknown_companion(walk: Walk) -> Iterator[Finding]:
    for path, phase, activity in walk.activities:
        name = getattr(activity, "comes_with", "")
        if not name:
            continue
        beside = {each.id for each in _beside(phase, activity) if _comes_by_itself(each)} - {activity.id}
        if name not in beside:
            message = N_("no other activity that comes by itself every day is called {name!r}")
            yield not_there((*path, "with"), message, name, beside)


def _comes_by_itself(activity: AnyActivity) -> bool:
    """Tell if others can be told with an activity: it comes day by day, and waits for no other."""
    is_daily = isinstance(activity, Timed) and isinstance(activity.cadence, Every | PerDay | At)
    return (
        is_daily and not getattr(activity, "is_optional", False) and not getattr(activity, "comes_with", "")
    )


def _beside(phase: Phase, activity: AnyActivity) -> Iterator[AnyActivity]:
    """The activities that are there while an activity is: on a step those of the phase and of the step."""
    rung = next((rung for rung in phase.ladder if activity in rung.activities), None)
    return phase.everything() if rung is None else iter((*phase.activities, *rung.activities))


def _followed(phase: Phase, cadence: After) -> set[str]:
    """The activities that one follows, directly and through others."""
    cadences = {each.id: getattr(each, "cadence", None) for each in phase.everything()}
    followed: set[str] = set()
    ahead: list[object] = [cadence]
    while ahead:
        following = ahead.pop()
        names = {*following.activities} - followed if isinstance(following, After) else set[str]()
        followed |= names
        ahead += [cadences.get(name) for name in names]
    return followed


@rule(
    "reserved-id",
    "no observation, option or screening question is named like another, an input or an instant",
)
def reserved_id(walk: Walk) -> Iterator[Finding]:
    protocol = walk.protocol
    for name in protocol.observations:
        if name in (*ORIGINS, "grade", "side"):
            message = _("{name!r} means something else in a condition", name=name)
            yield Finding(("observe", name), message, _("another id"))
    taken = dict.fromkeys(protocol.observations, N_("an observation"))
    taken |= dict.fromkeys(ORIGINS, N_("an instant"))
    taken |= dict.fromkeys(("grade", "side", "onset"), N_("an input"))
    named = [("options", name, N_("an option")) for name in protocol.options]
    named += [("screen", each.id, N_("a screening question")) for each in protocol.screen]
    for section, name, what in named:
        if name in taken:
            message = _("{name!r} is {what} already", name=name, what=_(taken[name]))
            yield Finding((section, name), message, _("another id"))
        taken.setdefault(name, what)


@rule("unused", "nothing is defined for nothing", severity="warning", needs=WHOLE)
def unused(walk: Walk) -> Iterator[Finding]:
    protocol = walk.protocol
    refs = {ref for part in walk.parts for refs in getattr(part.value, "cites", {}).values() for ref in refs}
    cited = {ref.partition(":")[0] for ref in refs}
    for name in protocol.sources:
        if name not in cited and name != "own":
            yield Finding(("sources", name), _("the source {name!r} is never used", name=name))
    asked = {
        name for _path, _phase, each in walk.activities if isinstance(each, CheckIn) for name in each.asks
    }
    for name in protocol.observations:
        if name not in asked and name not in (*ORIGINS, "grade", "side"):
            yield Finding(("observe", name), _("no check-in asks for {name!r}", name=name))
    tables = {name for _written, name in walk.tables}
    for name in protocol.tables:
        if name not in tables:
            message = _("the table {name!r} is never used: its numbers bind nothing", name=name)
            severity = "" if is_first_draft(protocol) else "error"
            yield Finding(("tables", name), message, severity=severity)
    done = {modality for phase in protocol.phases for modality in phase.modalities}
    told = {each.subject for flag in protocol.red_flags for each in comparisons(flag.when)}
    for question in protocol.screen:
        if question.forbids and question.id not in told and not done & {*question.forbids}:
            message = _(
                "no activity is {forbidden}: the question forbids nothing",
                forbidden=_(" or ").join(question.forbids),
            )
            yield Finding(("screen", question.id), message)


# Inputs ---------------------------------------------------------------------------------------------


@rule("missing-input", "a start asks for all that the protocol needs: onset, grade, side")
def missing_input(walk: Walk) -> Iterator[Finding]:
    inputs = walk.protocol.inputs
    for path, needed, why in _needed(walk):
        if needed not in inputs:
            message = _("{why}, but 'inputs' does not ask for {needed!r}", why=why, needed=needed)
            yield Finding(path, message, _("{name} among the inputs", name=needed))
    if walk.protocol.assessment is not None and "grade" not in inputs:
        message = _("a grade is found, but 'inputs' does not ask for 'grade'")
        yield Finding(("assess",), message, _("{name} among the inputs", name="grade"))


_INPUTS = {
    "injury": ("onset", N_("the condition is about the injury")),
    "grade": ("grade", N_("the condition is about the grade")),
    "side": ("side", N_("the condition is about the side")),
}
"""What a start asks for so that a condition can be decided, by what the condition is about."""
_SIDES = {"side", "other side"}
_NAMES_SIDE = N_("the text names the {side}")


def _needed(walk: Walk) -> Iterator[tuple[KeyPath, str, str]]:
    """List what a start has to ask for: the path that needs it, the input, the reason."""
    for _gate, comparison, path in walk.compared:
        if comparison.subject in _INPUTS:
            needed, why = _INPUTS[comparison.subject]
            yield path, needed, _(why)
    for table, _name in walk.tables:
        yield table.path, "grade", _("the table has a row for each grade")
    for keyed in walk.values:
        match keyed.value:
            case "injury" if keyed.key == "zero":
                yield keyed.path, "onset", _("the phase counts from the injury")
            case "injury" if keyed.key == "from":
                yield keyed.path, "onset", _("healing counts from the injury")
            case Anchor(origin="injury") as instant:
                why = _("{instant!r} counts from the injury", instant=str(instant))
                yield keyed.path, "onset", why
            case str(text) if keyed.is_text and (_SIDES & placeholders(text) or by_side(text, None) != text):
                yield keyed.path, "side", _(_NAMES_SIDE)
