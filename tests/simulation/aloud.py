"""A course read aloud: `python -m tests.simulation.aloud strain --grade II --persona steady --language de`.

A made-up person lives through a protocol, and every text that they would see is printed in order: what a start asks
and shows, each note of the daemon with its buttons, questions and what answers are met with, alerts, refusals, and at
each change the pages that `status`, `explain`, `flags` and `log` show. The words are those of the commands and of
the daemon. What differs from what was said already in its numbers, times and dates alone is not printed again.
"""

import argparse
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from recovery import language
from recovery.cli import render_text as text
from recovery.cli.asking import fill_in
from recovery.daemon.notes import CueDelivery, as_note, grouped
from recovery.engine import facts as f
from recovery.engine.episode import Episode
from recovery.engine.fold import read_cue
from recovery.engine.outlook import explain_each, outlook
from recovery.engine.rehearsal import Happening, Rehearsal
from recovery.protocol.compiled import in_language
from recovery.protocol.model import RecoveryProtocol
from recovery.protocol.terms import GRADES, SIDES
from recovery.simulation.events import usual_end
from recovery.simulation.people import PERSONAS, Persona, imagined
from recovery.values import replace
from recovery.words.about import about_words
from recovery.words.reasons import sentence, worded
from recovery.words.terms import FACTS, LEVEL_WORDS, expected_answer, spell_date
from tests.engine.examples import local, place, shipped

ONSET = local("2026-11-23 07:00")
_VARYING = re.compile(r"\d+|[█░·✓✗?]+")
_PAGES_AT = (f.PhaseChanged, f.Stepped, f.Alerted, f.Completed, f.Paused)
"""The facts after which a person would look where they are."""


def aloud(
    name: str,
    *,
    grade: str | None = None,
    persona: str = "steady",
    side: str = "left",
    spoken: str = "en",
    length: timedelta | None = None,
) -> Iterator[str]:
    """List every text of a course, one a paragraph, in order, each once; `spoken` is the language."""
    language.use(spoken)
    try:
        said, dated = {""}, _dated(spoken)
        for paragraph in _course(name, grade, persona, side, spoken, length):
            lines = {_gist(line, dated): line for line in paragraph.split("\n")}
            if fresh := [line for gist, line in lines.items() if gist not in said]:
                yield "\n".join(fresh)
            said |= {*lines}
    finally:
        language.use("en")


def _gist(line: str, dated: frozenset[str]) -> str:
    """A line without what differs from day to day."""
    return " ".join(word for word in _VARYING.sub("", line).split() if word.strip(",.()") not in dated)


def _dated(spoken: str) -> frozenset[str]:
    """The names of days and months."""
    year = (ONSET.date() + timedelta(days=day) for day in range(366))
    return frozenset(word for day in year for word in spell_date(day, spoken).split())


def _course(
    name: str, grade: str | None, persona: str, side: str, spoken: str, length: timedelta | None
) -> Iterator[str]:
    protocol = in_language(shipped(name), spoken)
    lives = replace(place(), language=spoken)
    episode = imagined(protocol, ONSET, ONSET, lives, grade, side, confirms=False)
    end = usual_end(episode) if length is None else ONSET + length
    run = Rehearsal(episode, ONSET, end, persona=Persona.named(persona))
    yield from _before(protocol, episode)
    yield text.started(outlook(episode, ONSET), "")
    for at, happenings in groupby(run.happenings(), attrgetter("at")):
        yield from _moment(at, [*happenings])


def _before(protocol: RecoveryProtocol, episode: Episode) -> Iterator[str]:
    """What is read and asked before a plan."""
    side, options = episode.side, episode.options
    yield "\n".join([protocol.title, protocol.summary, *protocol.notes])
    if protocol.assessment is not None:
        yield "\n".join(fill_in(each.ask, side, options) for each in protocol.assessment.questions)
    for flag in protocol.red_flags:
        level = language.tr(episode.place.language, LEVEL_WORDS[flag.level])
        yield f"{level}: {fill_in(flag.ask, side, options)} {fill_in(flag.say, side, options)}"
    for asked in protocol.screen:
        yield f"{fill_in(asked.ask, side, options)} {fill_in(asked.say, side, options)}"
    for observed in protocol.observations.values():
        expected = expected_answer(observed, episode.place.language)
        yield f"{observed.title}: {fill_in(observed.ask, side, options)} {expected}"


def _moment(at: datetime, happenings: list[Happening]) -> Iterator[str]:
    """What is told at one moment: answers first, then the notes, then the pages where something changed."""
    last = happenings[-1].episode
    deliveries = []
    for number, each in enumerate(happenings):
        yield from _answer(each)
        if each.fact is None:
            continue
        fact = replace(worded(each.fact, each.episode.place, at), seq=number)
        yield f"{language._(FACTS[type(fact.what)])}: {about_words(fact, each.episode.place, each.episode.pinned)}"
        if fact.cue is not None:
            deliveries.append(CueDelivery(each.episode.id, each.episode.place.language, read_cue(fact)))
    for group in grouped(deliveries):
        note = as_note(group, at, is_discreet=False, has_sound=False)
        labels = " ".join(f"[{label}]" for _verb, label in note.actions)
        yield "\n".join(part for part in (note.title, note.body, labels) if part)
    if any(isinstance(each.fact.what, _PAGES_AT) for each in happenings if each.fact is not None):
        yield from _pages(last, at)


def _answer(happening: Happening) -> Iterator[str]:
    episode, at = happening.episode, happening.at
    if happening.refused is not None:
        yield sentence(happening.refused.reason, episode.place, at)
    elif happening.scripted is not None:
        yield sentence(happening.message, episode.place, at)


def _pages(episode: Episode, at: datetime) -> Iterator[str]:
    look = outlook(episode, at)
    yield text.status_page(look)
    yield text.explanation_page(look, explain_each(episode, at), with_gate=True)
    yield text.flags_page(episode, at)
    yield text.screening_page(episode)
    if episode.checklists:
        yield text.checklists_page(episode)


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.aloud", description=__doc__)
    parser.add_argument("protocol")
    parser.add_argument("--grade", choices=GRADES)
    parser.add_argument("--persona", choices=PERSONAS, default="steady")
    parser.add_argument("--side", choices=SIDES, default="left")
    parser.add_argument("--language", choices=language.LANGUAGES, default="en")
    parser.add_argument("--days", type=int, help="for how long; the usual length of a simulation without it")
    typed = parser.parse_args(arguments if arguments is None else [*arguments])
    length = None if typed.days is None else timedelta(days=typed.days)
    for paragraph in aloud(
        typed.protocol,
        grade=typed.grade,
        persona=typed.persona,
        side=typed.side,
        spoken=typed.language,
        length=length,
    ):
        print(paragraph, end="\n\n")


if __name__ == "__main__":
    main()
