"""The short commands, which people type in passing: what they take, and a reader of it that loads nothing.

click costs three times what starting Python costs. So the arguments of these commands are told here, once,
as values: `parse` reads a well-formed command line by itself, and for everything else (help, mistakes,
completion) `recovery.cli.commands` makes click commands of the same values.
"""

from collections.abc import Callable, Sequence
from typing import Any

from recovery.language import _
from recovery.values import Value

COMPLETION = "_RECOVERY_COMPLETE"
"""The variable in which a shell asks for completions."""


class Option(Value):
    """An option of a command, given to its function by the name `key`."""

    flags: tuple[str, ...]
    key: str
    help: str
    metavar: str = ""
    """The word that stands for its value in the help; empty for an option without a value."""
    read: Callable[[str], Any] | None = None
    """From its text to its value. Raises `ValueError`."""
    default: Any = None


class Command(Value):
    """A short command: the function that it calls, and what it takes."""

    name: str
    call: str
    """`module.function` below `recovery.cli`; gets every key by name and returns the exit status."""
    help: str
    options: tuple[Option, ...] = ()
    word: str = ""
    """The key of the words that are not options; none are taken where it is empty."""
    takes_many: bool = False
    """True if there may be several words; then they come as a tuple, else as one or None."""
    metavar: str = ""

    def run(self, given: dict[str, Any]) -> int:
        """Call its function."""
        module, _dot, name = self.call.partition(".")
        function: Callable[..., int] = getattr(__import__(f"recovery.cli.{module}", fromlist=[name]), name)
        return function(**given)


def parse(command: Command, arguments: Sequence[str]) -> dict[str, Any] | None:
    """Read the arguments; None where they are not plainly right, so that click has to look at them."""
    given: dict[str, Any] = {option.key: option.default for option in command.options}
    known = {flag: option for option in command.options for flag in option.flags}
    words: list[str] = []
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        if not argument.startswith("-"):
            words.append(argument)
            continue
        flag, equals, value = argument.partition("=")
        option = known.get(flag)
        if option is None or (equals and not (option.metavar and flag.startswith("--"))):
            return None  # click takes the "=" of `-n=5` for a part of the value
        if not option.metavar:
            given[option.key] = True
            continue
        if not equals:
            if not rest:
                return None
            value = rest.pop(0)
        try:
            given[option.key] = option.read(value) if option.read else value
        except ValueError:
            return None
    if len(words) > (1 if command.word else 0) and not command.takes_many:
        return None
    if command.word:
        given[command.word] = tuple(words) if command.takes_many else (words[0] if words else None)
    return given


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:7]) <= 100_000):
        raise ValueError(_("{text!r} is not a whole number from 1 to 100000", text=text))
    return int(text)


def _written_down(text: str) -> str:
    from recovery.cli.output import harmless

    return harmless(text)


def _day(text: str) -> Any:
    from recovery.words.typed import parse_day

    return parse_day(text)


def _length(text: str) -> Any:
    from recovery.protocol.durations import parse_duration

    return parse_duration(text)


def _place(text: str) -> str:
    from recovery.engine.acts_course import UNKNOWN
    from recovery.zones import is_known

    if not is_known(text):
        raise ValueError(_(UNKNOWN, name=text))
    return text


_EPISODE = Option(
    ("--episode", "-e"), "episode", "Which episode, such as strain-1; needed when there are several.", "ID"
)
_JSON = Option(("--json",), "as_json", "One JSON object instead of text.", default=False)
_BOTH = (_EPISODE, _JSON)
_BECAUSE = Option(("--because",), "because", "Why; it is written down.", "TEXT", _written_down, "")

_ALL = (
    Command(
        "status",
        "look.status",
        """Where you are: the phase and why, what is under way, what comes next, how far healing has come.

        \b
        recovery status
        recovery status --json
        """,
        _BOTH,
    ),
    Command(
        "next",
        "look.next_",
        """The next cues, if nothing is answered meanwhile.

        \b
        recovery next
        recovery next -n 10
        """,
        (Option(("-n",), "count", "How many.", "COUNT", _count, 3), *_BOTH),
    ),
    Command(
        "agenda",
        "look.agenda",
        """Today and tomorrow on one page, if nothing is answered meanwhile.

        \b
        recovery agenda
        """,
        _BOTH,
    ),
    Command(
        "explain",
        "look.explain",
        """Why each next cue comes when it comes, and why something is withheld.

        \b
        recovery explain
        recovery explain ice
        """,
        _BOTH,
        word="activity",
    ),
    Command(
        "checkin",
        "acts.checkin",
        """Say how it is: pain (0 to 10), swelling (0 none to 3 marked), and what else the phase asks.

        On a terminal it asks; otherwise give the answers.

        \b
        recovery checkin pain=4 swelling=1
        recovery checkin pain=5 --at "yesterday 20:00"
        """,
        (Option(("--at",), "told", 'When it was so, such as "yesterday 20:00".', "TIME"), *_BOTH),
        word="answers",
        takes_many=True,
        metavar="[NAME=VALUE]...",
    ),
    Command(
        "begin",
        "acts.begin",
        """Say that you begin a session now.

        ACTIVITY is an activity's id or a modality (cold, warm, tens, exercise).

        \b
        recovery begin
        recovery begin ice
        """,
        _BOTH,
        word="activity",
    ),
    Command(
        "end",
        "acts.end",
        """Say that a session ends now, or when it really ended: gaps count from there.

        \b
        recovery end
        recovery end ice --at 14:25
        """,
        (Option(("--at",), "told", "When it ended, if not now.", "TIME"), *_BOTH),
        word="activity",
    ),
    Command(
        "done",
        "acts.done",
        """Say that something is done; a session under way ends.

        \b
        recovery done
        recovery done elevate
        """,
        _BOTH,
        word="activity",
    ),
    Command(
        "skip",
        "acts.skip",
        """Leave one out: the one that is on offer, else the next one. A skipped session does not count.

        \b
        recovery skip ice --because "in a meeting"
        """,
        (_BECAUSE, *_BOTH),
        word="activity",
    ),
    Command(
        "snooze",
        "acts.snooze",
        """Put a cue off. A session must still fit: the limits hold.

        \b
        recovery snooze
        recovery snooze ice --for 20min
        """,
        (Option(("--for",), "length", "For how long; 10 min if not given.", "LENGTH", _length), *_BOTH),
        word="activity",
    ),
    Command(
        "pause",
        "acts.pause",
        """Stop the reminders for a while, or until `recovery resume`.

        Healing, gaps and limits go on counting meanwhile; no phase ends, and nothing is caught up afterwards. The end
        of a session under way is still told, and so is an urgent red flag.

        \b
        recovery pause --for 2h
        recovery pause --until tomorrow
        recovery pause --until 2026-12-01
        """,
        (
            Option(("--for",), "length", "For how long, such as 2h.", "LENGTH", _length),
            Option(("--until",), "told", 'Until when, such as tomorrow or "tomorrow 08:00".', "TIME"),
            _BECAUSE,
            *_BOTH,
        ),
    ),
    Command(
        "resume",
        "acts.resume",
        """End a pause; or say that the clock is right, where that is doubted.

        \b
        recovery resume
        recovery resume --clock-is-right
        """,
        (
            Option(
                ("--clock-is-right",),
                "is_clock_right",
                "What lies ahead of it was written by one that was wrong.",
                default=False,
            ),
            *_BOTH,
        ),
    ),
    Command(
        "advance",
        "acts.advance",
        """Go on to the next phase or step: confirms an open gate. The limits hold.

        A condition that is not met can be passed with a reason, or only on a professional's word, as the
        protocol says. No word passes a least time, a second step on a day or an urgent red flag.

        \b
        recovery advance
        recovery advance --because "it only hurts when I press on it"
        recovery advance --by "Dr. Meyer" --on 2026-12-01
        """,
        (
            _BECAUSE,
            Option(("--by",), "by", "The professional who said so.", "NAME", _written_down, ""),
            Option(("--on",), "on", "The day of that word, if not today.", "DATE", _day),
            *_BOTH,
        ),
    ),
    Command(
        "step-back",
        "acts.step_back",
        """Go back: to the phase that is offered, one step down a ladder, or to the phase before. The limits still hold.

        After a new injury use `recovery setback` instead.

        \b
        recovery step-back --because "swollen again after the stairs"
        """,
        (_BECAUSE, *_BOTH),
    ),
    Command(
        "setback",
        "report.setback",
        """Tell of a new injury of the same place: the protocol begins anew with it, ice and healing times too.

        What was is kept, and the limits go on counting.

        \b
        recovery setback --onset "1h ago" --because "slipped again"
        recovery setback --grade 2
        """,
        (
            Option(("--onset",), "told", "When it happened, if not now.", "TIME"),
            Option(("--grade",), "grade", "The grade now, if it is another one.", "GRADE"),
            _BECAUSE,
            *_BOTH,
        ),
    ),
    Command(
        "correct",
        "report.correct",
        """Put right what was said at the start: the grade, the time of the injury, the side, an option.

        It is no new injury: what was done stays, and counts. The limits, the phase and the healing time follow from the
        corrected words. `recovery undo` takes a correction back; straight after a start it takes back the start.

        \b
        recovery correct grade=1
        recovery correct onset="yesterday 18:00" side=right
        """,
        (_BECAUSE, *_BOTH),
        word="words",
        takes_many=True,
        metavar="[NAME=VALUE]...",
    ),
    Command(
        "move",
        "acts.move",
        """Go by the times of day of another time zone; without a name by the machine's, which is followed from then on.

        Gaps and limits are elapsed time, and stay. `recovery undo` takes it back.

        \b
        recovery move --timezone Europe/Berlin
        recovery move
        """,
        (
            Option(("--timezone",), "timezone", "Where you are, such as Europe/Berlin.", "NAME", _place),
            *_BOTH,
        ),
    ),
    Command(
        "flag",
        "report.flag",
        """Report a red flag, or see which there are; `clear` says that one is dealt with, and how.

        \b
        recovery flag
        recovery flag no-weight
        recovery flag clear no-weight --because "a doctor has looked at it"
        """,
        (_BECAUSE, *_BOTH),
        word="words",
        takes_many=True,
        metavar="[clear] [ID]",
    ),
    Command(
        "screen",
        "report.screen",
        """Answer screening questions, or see how they were answered. A yes leaves out what it forbids.

        \b
        recovery screen
        recovery screen raynaud=no wound=yes
        recovery screen none
        """,
        _BOTH,
        word="words",
        takes_many=True,
        metavar="[ID=yes|no]...",
    ),
    Command(
        "checklist",
        "report.checklist",
        """Say what was found of the things on a checklist, or see them. What was found can start an episode of its own.

        \b
        recovery checklist
        recovery checklist piriformis=yes gluteus-minimus=no
        recovery checklist piriformis=yes --start
        """,
        (Option(("--start",), "start", "Start the episodes at once.", default=False), *_BOTH),
        word="words",
        takes_many=True,
        metavar="[ID=yes|no]...",
    ),
    Command(
        "stop",
        "acts.stop",
        """End an episode for good. Its record is kept.

        \b
        recovery stop --because "healed"
        """,
        (_BECAUSE, *_BOTH),
    ),
    Command(
        "undo",
        "history.undo",
        """Take back the last thing you entered; straight after a start, the start itself.

        It stays in the log, marked as taken back.

        \b
        recovery undo
        """,
        _BOTH,
    ),
    Command(
        "log",
        "history.log",
        """What happened, oldest first: cues and their fate, sessions, answers, phases, what was missed.

        \b
        recovery log
        recovery log --all --json
        """,
        (
            Option(("-n",), "count", "How many of the newest.", "COUNT", _count, 40),
            Option(("--all",), "everything", "All of it.", default=False),
            *_BOTH,
        ),
    ),
)

SHORT = {command.name: command for command in _ALL}
"""The short commands by name."""
