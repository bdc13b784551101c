"""Words for what protocol files call by a name: what is done with the body, levels, sides, instants, times of day."""

from collections.abc import Mapping

from recovery.language import N_, tr
from recovery.protocol.durations import Duration
from recovery.protocol.model import Anchor, LocalMoment

MODALITIES = {
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
LEVELS = {"routine": N_("routine"), "urgent": N_("urgent"), "emergency": N_("emergency")}
SIDES = {"left": N_("left"), "right": N_("right")}

_ORIGINS = {"injury": N_("injury"), "start": N_("start"), "phase": N_("phase")}
_MOMENTS = {"wake": N_("wake"), "bedtime": N_("bedtime")}


def modality_words(modality: str, language: str) -> str:
    """A modality's name in a language."""
    return tr(language, MODALITIES.get(modality, modality))


def level_words(level: str, language: str) -> str:
    """A level's name in a language, loud: `URGENT`."""
    return tr(language, LEVELS.get(level, level)).upper()


def side_words(side: str | None, language: str) -> str:
    """A side's name in a language; empty for none."""
    return tr(language, SIDES.get(side or "", side or ""))


def anchor_words(anchor: Anchor, language: str) -> str:
    """An instant as the file writes it, `injury+72h`, with the origin's name in a language."""
    origin = tr(language, _ORIGINS[anchor.origin])
    return f"{origin}+{anchor.offset}" if anchor.offset != Duration() else origin


def moment_words(moment: LocalMoment, language: str) -> str:
    """A time of day as the file writes it, `22:00` or `bedtime-1h`, with the base's name in a language."""
    if moment.base == "clock":
        return str(moment)
    base = tr(language, _MOMENTS[moment.base])
    return f"{base}{moment.minutes:+}min" if moment.minutes else base


def filled(text: str, language: str, side: str | None, options: Mapping[str, str]) -> str:
    """A protocol's text with its placeholders filled in; nothing else is ever formatted. Options stay as they are."""
    if "{" not in text:
        return text
    other = {"left": "right", "right": "left"}.get(side or "")
    text = text.replace("{other side}", side_words(other, language) or tr(language, "other"))
    text = text.replace("{side}", side_words(side, language) or tr(language, "injured"))
    for name, word in options.items():
        text = text.replace(f"{{{name}}}", word.replace("-", " "))
    return text
