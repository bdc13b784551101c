"""The buttons of a notification: which ones a cue has, and what a person says by pressing one."""

from datetime import timedelta

from recovery.engine.acts import Act
from recovery.engine.acts_sessions import SNOOZE
from recovery.engine.facts import Cue
from recovery.language import N_, tr
from recovery.words.times import spell

_BUTTONS = {
    "start": ("begin", "snooze", "skip"),
    "suggestion": ("begin", "skip"),
    "end": ("end",),
    "reminder": ("done", "snooze"),
    "offer": ("advance",),
    "way-back": ("step-back",),
}
"""The verbs of a cue's buttons, in order, by the cue's kind."""

_OF_THE_COURSE = ("advance", "step-back")
"""The verbs that speak of an offer to change the phase, not of an activity."""

_LABELS = {
    "begin": N_("Start"),
    "snooze": N_("Snooze {length}"),
    "skip": N_("Skip"),
    "end": N_("Done"),
    "done": N_("Done"),
    "advance": N_("Go on"),
    "step-back": N_("Step back"),
}


def buttons(cue: Cue, language: str) -> tuple[tuple[str, str], ...]:
    """(verb, label) of each button of a cue, in order."""
    snooze = spell(timedelta(seconds=SNOOZE.seconds))
    return tuple((verb, tr(language, _LABELS[verb], length=snooze)) for verb in _BUTTONS.get(cue.kind, ()))


def said_by(occurrence: str, verb: str) -> Act | None:
    """Turn the press of a button into an act on the note's occurrence (`Cue.occurrence`); None for no such button."""
    if verb not in _LABELS or not occurrence:
        return None
    parts = occurrence.split("/")
    return Act(verb, None if verb in _OF_THE_COURSE else parts[2], occurrence=occurrence)
