"""Render what to do in full, as plain text: the cards of exercises, and the advice of a phase."""

from collections.abc import Callable, Iterable, Iterator

from recovery.cli.output import styled
from recovery.engine.outlook import Outlook
from recovery.language import _
from recovery.protocol.model import AnyActivity, Exercise, Treatment
from recovery.words.reasons import file_text
from recovery.words.terms import exercise_line


def card_lines(exercises: Iterable[Exercise], language: str, fill: Callable[[str], str]) -> Iterator[str]:
    """The cards of exercises: each with its dose, how it is done, and where it is shown."""
    for each in exercises:
        shown = " ".join(address for address in (each.picture, each.link) if address)
        yield f"- {exercise_line(each, language)}: {fill(each.how)}" + (f" {shown}" if shown else "")


def cards(activity: AnyActivity | None, look: Outlook) -> list[str]:
    """The cards of what a session is made of; none of any other activity."""
    if not isinstance(activity, Treatment):
        return []
    episode = look.episode
    return [*card_lines(activity.exercises, episode.place.language, lambda text: file_text(text, episode))]


def tip(look: Outlook) -> list[str]:
    """The tip of the day in one line, with how much advice there is."""
    count = len(look.advice)
    more = [_("(1 of {count}: recovery explain)", count=count)] if count > 1 else []
    return [" ".join([file_text(each.say, look.episode), *more]) for each in look.advice[:1]]


def advice_lines(look: Outlook) -> list[str]:
    """All advice that holds now, with its sources."""
    lines = [styled(_("Advice"), "bold")] if look.advice else []
    for each in look.advice:
        refs = ", ".join(dict.fromkeys(ref for cited in each.cites.values() for ref in cited))
        lines.append(f"  {each.title}: {file_text(each.say, look.episode)}" + styled(f"  [{refs}]", "dim"))
    return lines
