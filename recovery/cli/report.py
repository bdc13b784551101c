"""The reports of a person besides check-ins and red flags: screening, setbacks, checklists."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from recovery.cli.context import looking
from recovery.cli.entering import enter
from recovery.cli.quick import BECAUSE, EPISODE, JSON, ON, PROFESSIONAL, TypedTime, argument, command, option
from recovery.cli.render_json import checklist_rows, print_json, screening_rows
from recovery.cli.render_text import checklists_page, screening_page
from recovery.engine.acts import AnswerScreening, Correct, Setback, TickItems
from recovery.engine.episode import Episode
from recovery.errors import UsageError
from recovery.language import _
from recovery.protocol.model import Item
from recovery.words.typed import (
    NONE,
    canonical,
    read_pairs,
    read_screening,
    refuse_unknown,
    split_words,
)


def show_listed(
    wanted: str | None,
    as_json: bool,
    name: str,
    rows: Callable[[Episode], list[dict[str, Any]]],
    show: Callable[[Episode], str],
) -> int:
    """Show what an episode has of something, as text or JSON."""
    episode = _having(wanted, rows)
    if as_json:
        print_json({"episode": episode.id, name: rows(episode)})
    else:
        print(show(episode))
    return 0


def _having(wanted: str | None, rows: Callable[[Episode], list[dict[str, Any]]]) -> Episode:
    """The episode that is named, or the only one that has something to list."""
    with looking() as context:
        record = context.record
        having = [each for each in record.episodes if wanted is None and rows(each)]
        return having[0] if len(having) == 1 else record.meant(wanted)


def _answers(
    words: Sequence[str],
    still: Sequence[str],
    option: str,
    read: Callable[[Sequence[str], str], dict[str, str]],
) -> dict[str, str]:
    """`ID=VALUE` words, and `none` for what is still open. Raises `UsageError`."""
    single = split_words(words)
    given = read([word for word in single if word != NONE], option)
    return dict.fromkeys(still, "no") | given if NONE in single else given


def _refuse_wrong(given: Iterable[str], names: Sequence[str], option: str) -> None:
    """Raises `UsageError` for answers to what nobody asks, and where there are none."""
    refuse_unknown(given, names, option)
    if not given:
        raise UsageError(_("{option}: nothing is open any more", option=option), _("write ID=yes or ID=no"))


def _yes_or_no(words: Sequence[str], option: str) -> dict[str, str]:
    return read_pairs(words, option, ("yes", "no"))


# Screening --------------------------------------------------------------------------------------


@command(
    "screen",
    argument("words", "[ID=yes|no|agreed]...", nargs=-1),
    PROFESSIONAL,
    ON,
    EPISODE,
    JSON,
)
def screen_command(
    words: tuple[str, ...], by: str, on: date | None, episode: str | None, as_json: bool
) -> int:
    """Answer screening questions, or see how they were answered. A yes leaves out what it forbids.

    Where a professional said that it may be all the same, the answer is agreed, with their name.

    \b
    recovery screen
    recovery screen raynaud=no wound=yes
    recovery screen none
    recovery screen diabetes=agreed --by "Dr. Meyer" --on 2026-12-01
    """
    if not words:
        return show_listed(episode, as_json, "screen", screening_rows, screening_page)

    def questions(meant: Episode) -> list[str]:
        return [question.id for question in meant.pinned.screen]

    def act(meant: Episode, _now: datetime) -> AnswerScreening:
        still = [name for name in questions(meant) if name not in meant.screened]
        return AnswerScreening(_answers(words, still, "recovery screen", read_screening), by, on)

    def check(act: AnswerScreening, meant: Episode) -> None:
        _refuse_wrong(act.answers, questions(meant), "recovery screen")

    return enter(episode, as_json, act, check)


# Setbacks ---------------------------------------------------------------------------------------


@command(
    "setback",
    option("--onset", metavar="TIME", help="When it happened, if not now."),
    option("--grade", metavar="GRADE", help="The grade now, if it is another one."),
    BECAUSE,
    EPISODE,
    JSON,
)
def setback(onset: str | None, grade: str | None, because: str, episode: str | None, as_json: bool) -> int:
    """Tell of a new injury of the same place: the protocol begins anew with it, ice and healing times too.

    What was is kept, and the limits go on counting.

    \b
    recovery setback --onset "1h ago" --because "slipped again"
    recovery setback --grade 2
    """
    injury = TypedTime("--onset", onset)

    def act(meant: Episode, now: datetime) -> Setback:
        read = None if grade is None else _grade(grade)
        return Setback(injury.given(now, meant.place), read, because)

    return enter(episode, as_json, act)


@command("correct", argument("words", "[NAME=VALUE]...", nargs=-1), BECAUSE, EPISODE, JSON)
def correct_command(words: tuple[str, ...], because: str, episode: str | None, as_json: bool) -> int:
    """Put right what was said at the start: the grade, the time of the injury, the side, an option.

    It is no new injury: what was done stays, and counts. The limits, the phase and the healing time follow from the
    corrected words. `recovery undo` takes a correction back; straight after a start it takes back the start.

    \b
    recovery correct grade=1
    recovery correct onset="yesterday 18:00" side=right
    """
    given: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name or not value:
            raise UsageError(
                _("{word!r} is not a correction", word=word),
                _('write NAME=VALUE, such as grade=1, side=left or onset="2h ago"'),
            )
        if given.setdefault(name, value) != value:
            raise UsageError(_("{option}: {name} is answered twice", option="recovery correct", name=name))
    injury = TypedTime("onset", given.pop("onset", None))

    def act(meant: Episode, now: datetime) -> Correct:
        refuse_unknown(given, [*meant.pinned.inputs, *meant.pinned.options], "recovery correct")
        values = {name: canonical(value) for name, value in given.items()}
        if "grade" in values:
            values["grade"] = _grade(given["grade"])
        return Correct(injury.given(now, meant.place), values, because)

    return enter(episode, as_json, act)


def _grade(text: str) -> str:
    from recovery.words.typed import read_grade

    try:
        return read_grade(text)
    except ValueError as error:
        raise UsageError(f"--grade: {error}") from None


# Checklists -------------------------------------------------------------------------------------


@command(
    "checklist",
    argument("words", "[ID=yes|no]...", nargs=-1),
    option("--start", help="Start the episodes at once."),
    EPISODE,
    JSON,
)
def checklist(words: tuple[str, ...], start: bool, episode: str | None, as_json: bool) -> int:
    """Say what was found of the things on a checklist, or see them. What was found can start an episode of its own.

    \b
    recovery checklist
    recovery checklist piriformis=yes gluteus-minimus=no
    recovery checklist piriformis=yes --start
    """
    if not words:
        return show_listed(episode, as_json, "checklists", checklist_rows, checklists_page)
    before = _having(episode, checklist_rows)

    def items(meant: Episode) -> list[Item]:
        return [item for each in meant.checklists for item in each.items]

    def act(meant: Episode, _now: datetime) -> TickItems:
        every = [item.id for item in items(meant)]
        return TickItems(_answers(words, every, "recovery checklist", _yes_or_no))

    def check(act: TickItems, meant: Episode) -> None:
        _refuse_wrong(act.answers, [item.id for item in items(meant)], "recovery checklist")

    status = enter(before.id, as_json, act, check)
    is_yes = {word.partition("=")[0] for word in split_words(words) if word.lower().endswith("=yes")}
    started = [item for item in items(before) if item.id in is_yes and item.start]
    for item in started if status == 0 else ():
        arguments = _start_arguments(before, item)
        if start:
            from recovery.cli.commands import run_with_click

            signs = _signs_told(before, item)
            status = run_with_click(["start", *arguments, *signs, *(["--json"] if as_json else [])]) or status
        elif not as_json:
            command = " ".join(arguments)
            print(_("Reminders of its own: recovery start {command}", command=command))
    return status


def _start_arguments(episode: Episode, item: Item) -> list[str]:
    """List the arguments that start an episode for an item: its options, and the side and answers given already."""
    arguments = [item.start]
    options = episode.options if item.start == episode.pinned.id else {}
    for name, word in {**options, **item.options}.items():
        arguments += ["--set", f"{name}={word}"]
    if episode.side is not None:
        arguments += ["--side", episode.side]
    if item.start == episode.pinned.id and episode.screened:
        answers = (f"{name}={'yes' if is_yes else 'no'}" for name, is_yes in episode.screened.items())
        arguments += ["--screen", ",".join(answers)]
    return arguments


def _signs_told(episode: Episode, item: Item) -> list[str]:
    """The option with the signs that the same person was asked for already: those that stand, or none."""
    if item.start != episode.pinned.id:
        return []
    asked = {f"flag/{each.id}" for each in episode.pinned.red_flags if each.ask}
    standing = [name.rpartition("/")[2] for name in episode.alerts if name in asked]
    return ["--signs", ",".join(standing) or NONE]
