"""The buttons of a notification: which ones a cue has, and what a person says by pressing one."""

from recovery.engine.acts import Act
from recovery.engine.facts import END_KEY, Cue
from recovery.language import N_, tr

_BUTTONS = {
    "start": ("begin", "snooze", "skip"),
    "suggestion": ("begin", "skip"),
    "end": ("end",),
    "reminder": ("done", "snooze"),
    "offer": ("advance",),
    "way-back": ("step-back",),
}
"""The verbs of a cue's buttons, in order, by the cue's kind."""

_LABELS = {
    "begin": N_("Start"),
    "snooze": N_("Snooze 10 min"),
    "skip": N_("Skip"),
    "end": N_("Done"),
    "done": N_("Done"),
    "advance": N_("Go on"),
    "step-back": N_("Step back"),
}


def buttons(cue: Cue, language: str) -> tuple[tuple[str, str], ...]:
    """(verb, label) of each button of a cue, in order."""
    return tuple((verb, tr(language, _LABELS[verb])) for verb in _BUTTONS.get(cue.kind, ()))


def said_by(key: str, verb: str) -> Act:
    """What pressing a button of the note with `key` says: `key` is an occurrence, or an episode's change of phase."""
    parts = key.removesuffix(END_KEY).split("/")
    is_about_activity = len(parts) > 2
    return Act(verb, parts[2] if is_about_activity else None)
