"""Lint rules of what is asked of a person: options, screening, grading, red flags, checklists."""

import re
from collections.abc import Iterator

from recovery.language import N_, _
from recovery.protocol.lint.walk import Finding, Path, activities, modalities
from recovery.protocol.model import After, AnyActivity, Phase, RecoveryProtocol, Treatment
from recovery.protocol.problems import Places, did_you_mean, name_list

_BRACES = re.compile(r"\{([^{}]*)\}")


def check_persons(protocol: RecoveryProtocol, places: Places) -> Iterator[Finding]:
    del places
    yield from _names(protocol)
    yield from _grading(protocol)
    yield from _screening(protocol)
    yield from _follow_ups(protocol)
    yield from _placeholders(protocol)


def _names(protocol: RecoveryProtocol) -> Iterator[Finding]:
    """One word of a condition means one thing."""
    taken = dict.fromkeys(protocol.observations, N_("an observation"))
    taken |= dict.fromkeys(("injury", "start", "phase"), N_("an instant"))
    taken |= dict.fromkeys(("grade", "side", "onset"), N_("an input"))
    named: list[tuple[Path, str, str]] = [
        (("options", name), name, N_("an option")) for name in protocol.options
    ]
    named += [(("screen", each.id), each.id, N_("a screening question")) for each in protocol.screen]
    for path, name, what in named:
        if name in taken:
            message = _("{name!r} is {what} already", name=name, what=_(taken[name]))
            yield Finding("reserved-id", path, message, _("another id"))
        taken.setdefault(name, what)


def _grading(protocol: RecoveryProtocol) -> Iterator[Finding]:
    if protocol.assessment is None:
        return
    if "grade" not in protocol.inputs:
        message = _("a grade is found, but 'inputs' does not ask for 'grade'")
        yield Finding("missing-input", ("assess",), message, _("{name} among the inputs", name="grade"))
    asked = {flag.id for flag in protocol.red_flags if flag.ask}
    for question in protocol.assessment.questions:
        if question.raises and question.raises not in asked:
            message = _("no red flag with a question is called {name!r}", name=question.raises)
            near = did_you_mean(question.raises, asked)
            path = ("assess", "questions", question.id, "raises")
            listed = _("one of {names}", names=name_list(sorted(asked))) if asked else _("none is defined")
            yield Finding("unknown-flag", path, message + near, listed, about=question.raises)


def _screening(protocol: RecoveryProtocol) -> Iterator[Finding]:
    """A question that changes nothing should not be asked."""
    known = {modality for phase in protocol.phases for modality in modalities(phase)}
    for question in protocol.screen:
        if question.forbids and not known & {*question.forbids}:
            message = _(
                "no activity is {forbidden}: the question forbids nothing",
                forbidden=_(" or ").join(question.forbids),
            )
            yield Finding("unused", ("screen", question.id), message, severity="warning")


def _follow_ups(protocol: RecoveryProtocol) -> Iterator[Finding]:
    for path, phase, activity in activities(protocol):
        cadence = getattr(activity, "cadence", None)
        if not isinstance(cadence, After):
            continue
        sessions = {each.id for each in _beside(phase, activity) if isinstance(each, Treatment)} - {
            activity.id
        }
        if cadence.activity not in sessions:
            message = _("no other session that is there with it is called {name!r}", name=cadence.activity)
            message += did_you_mean(cadence.activity, sessions)
            listed = (
                _("one of {names}", names=name_list(sorted(sessions))) if sessions else _("there is none")
            )
            yield Finding("unknown-activity", (*path, "after"), message, listed)
        elif activity.id in _followed(phase, cadence):
            message = _("it follows {name!r}, which follows it: neither ever begins", name=cadence.activity)
            expected = _("a session with a time of its own")
            yield Finding("unknown-activity", (*path, "after"), message, expected)


def _beside(phase: Phase, activity: AnyActivity) -> Iterator[AnyActivity]:
    """The activities that are there while an activity is: on a step those of the phase and of the step."""
    rung = next((rung for rung in phase.ladder if activity in rung.activities), None)
    return phase.everything() if rung is None else iter((*phase.activities, *rung.activities))


def _followed(phase: Phase, cadence: After) -> set[str]:
    """The activities that one follows, directly and through others."""
    known = {each.id: getattr(each, "cadence", None) for each in phase.everything()}
    found: set[str] = set()
    following: object = cadence
    while isinstance(following, After) and following.activity not in found:
        found.add(following.activity)
        following = known.get(following.activity)
    return found


def _placeholders(protocol: RecoveryProtocol) -> Iterator[Finding]:
    known = {"side", "other side", *protocol.options}
    for path, text in texts(protocol):
        for name in _BRACES.findall(text):
            if name not in known:
                message = _("there is no option {name!r}", name=name) + did_you_mean(name, known)
                listed = _(" or ").join(f"{{{each}}}" for each in sorted(known))
                yield Finding("unknown-option", path, message, listed, about=name)


def texts(protocol: RecoveryProtocol) -> Iterator[tuple[Path, str]]:
    """Every text for a person in which braces may stand, and where it is written."""
    for option in protocol.options.values():
        yield ("options", option.id, "ask"), option.ask
    for question in protocol.screen:
        yield ("screen", question.id, "ask"), question.ask
        yield ("screen", question.id, "say"), question.say
    for each in protocol.excludes:
        yield ("excludes", each.id, "say"), each.say
    for one in protocol.assessment.questions if protocol.assessment else ():
        yield ("assess", "questions", one.id, "ask"), one.ask
    for asked in protocol.observations.values():
        yield ("observe", asked.id, "ask"), asked.ask
    for limit in protocol.limits:
        yield ("limits", limit.id, "say"), limit.say
    if protocol.healing is not None:
        yield ("healing", "late", "say"), protocol.healing.late.say
    for flag in protocol.red_flags:
        yield ("red_flags", flag.id, "say"), flag.say
        yield ("red_flags", flag.id, "ask"), flag.ask
    for phase in protocol.phases:
        path: Path = ("phases", phase.id)
        yield (*path, "goal"), phase.goal
        if phase.at_most is not None:
            yield (*path, "at_max", "say"), phase.at_most.say
        if phase.back_to is not None:
            yield (*path, "back_to", "say"), phase.back_to.say
    for path, _phase, activity in activities(protocol):
        for key in ("title", "say", "on", "off"):
            if text := getattr(activity, key, ""):
                yield (*path, key), text
        if isinstance(activity, Treatment):
            # Steps and waits are entries of one list; a problem without an exact place is shown at the activity.
            for step in activity.steps:
                for key in ("start", "end", "stop_if"):
                    yield (*path, key), getattr(step, key)
