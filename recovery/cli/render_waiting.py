"""Waiting, rest and possible harm of an episode: a label and words each, for the page of status."""

from recovery.engine.outlook import Outlook
from recovery.language import _
from recovery.protocol.model import Hold, Treatment
from recovery.words.reasons import sentence
from recovery.words.terms import under


def what_waits(look: Outlook) -> list[tuple[str, str]]:
    """List the sessions that a limit, a red flag or another episode holds back, and nothing but an answer brings."""
    episode = look.episode
    if episode.is_over:
        return []
    begun = () if episode.phase_stay.phase is None else episode.phase.activities
    held = [
        under(activity.title, sentence(episode.track(activity.id).withheld, episode.place, look.now))
        for activity in begun
        if isinstance(activity, Treatment)
        and episode.track(activity.id).withheld
        and episode.track(activity.id).withheld_until is None
    ]
    resting = [(_("Rests"), sentence(why, episode.place, look.now)) for why in look.rests]
    return [*resting, *((_("Waits"), words) for words in held)]


def may_harm(look: Outlook) -> list[tuple[str, str]]:
    """Name the command that tells of harm, while a treatment is on that may do it: its note may be gone."""
    episode, on = look.episode, look.under_way
    worn = {
        activity.modality
        for activity in episode.phase.activities
        if isinstance(activity, Hold) and episode.track(activity.id).is_on
    }
    flags = episode.pinned.red_flags
    rows = []
    if on is not None and any(on.modality in flag.harm for flag in flags):
        command = f"recovery harm{look.which}"
        rows.append((_("Skin"), _("white, burnt, blistered or numb: {command}", command=command)))
    for flag in flags:
        if worn.intersection(flag.harm):
            command = f"recovery harm {flag.id}{look.which}"
            rows.append((_("Worn"), _("numb, tingling, blue or cold below it: {command}", command=command)))
    return rows
