"""Commands that people type in passing: declared beside their functions, and read without click.

click costs twice what starting Python costs. So `@command` keeps what a command takes as values: `Command.read` reads a
well-formed command line by itself, and for everything else (help, mistakes, completion) `recovery.cli.commands` makes
click commands of the same values.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from recovery.cli.output import harmless, tell
from recovery.errors import UsageError
from recovery.language import _
from recovery.values import Value

if TYPE_CHECKING:
    from datetime import datetime

    from recovery.engine.times import Place

COMPLETION = "_RECOVERY_COMPLETE"
"""The variable in which a shell asks for completions."""

HOMES = {
    "start": "start",
    "status": "look",
    "next": "look",
    "agenda": "look",
    "explain": "look",
    "checkin": "acts",
    "test": "guiding",
    "begin": "acts",
    "end": "acts",
    "done": "acts",
    "skip": "acts",
    "snooze": "acts",
    "pause": "acts",
    "resume": "acts",
    "advance": "acts",
    "step-back": "acts",
    "setback": "report",
    "correct": "report",
    "move": "acts",
    "up-until": "acts",
    "choose": "choose",
    "flag": "flags",
    "harm": "flags",
    "release": "flags",
    "screen": "report",
    "checklist": "report",
    "stop": "acts",
    "undo": "history",
    "log": "history",
    "assess": "assess",
    "simulate": "simulate",
    "protocols": "protocols",
    "upgrade": "upgrade",
    "validate": "protocols",
    "schema": "protocols",
    "daemon": "daemon",
    "service": "daemon",
    "doctor": "doctor",
    "store": "store",
    "completion": "commands",
}
"""Every command with its module, in the order of the help. A module is imported when its command is asked for."""


class Parameter(Value):
    """An option or an argument of a command. Its function gets it by the name `key`."""

    key: str
    flags: tuple[str, ...] = ()
    """Empty for an argument."""
    metavar: str = ""
    """The word that stands for its value in the help; empty for an option without a value."""
    help: str = ""
    words: Mapping[str, str] = {}
    """To fill into the help."""
    read: Callable[[str], Any] | None = None
    """From its text to its value. Raises `ValueError`."""
    default: Any = None
    nargs: int = 1
    """-1 for an argument that may come several times, as a tuple."""


def option(*flags: str, key: str = "", help: str, **more: Any) -> Parameter:  # noqa: A002  # as click calls it
    """An option; without a `metavar` it has no value, and is False or True."""
    default = None if "metavar" in more else False
    key = key or flags[0].lstrip("-").replace("-", "_")
    return Parameter(key, flags, help=help, **{"default": default, **more})


def argument(key: str, metavar: str = "", nargs: int = 1) -> Parameter:
    """A word that may be given, or several."""
    return Parameter(key, metavar=metavar or f"[{key.upper()}]", nargs=nargs)


class Command(Value):
    """A command: its function, which returns the exit status and has the help for docstring, and what it takes."""

    name: str
    function: Callable[..., int]
    parameters: tuple[Parameter, ...]

    def read(self, arguments: Sequence[str]) -> dict[str, Any] | None:
        """Read the arguments; None where they are not plainly right, so that click has to look at them."""
        given = {each.key: each.default for each in self.parameters}
        options = {flag: each for each in self.parameters for flag in each.flags}
        words: list[str] = []
        rest = list(arguments)
        while rest:
            typed = rest.pop(0)
            if not typed.startswith("-"):
                words.append(typed)
                continue
            flag, equals, value = typed.partition("=")
            meant = options.get(flag)
            if meant is None or (equals and not (meant.metavar and flag.startswith("--"))):
                return None  # click takes the "=" of `-n=5` for a part of the value
            if not meant.metavar:
                given[meant.key] = True
                continue
            if not equals:
                if not rest:
                    return None
                value = rest.pop(0)
            try:
                given[meant.key] = meant.read(value) if meant.read else value
            except ValueError:
                return None
        return self._with_words(given, words)

    def _with_words(self, given: dict[str, Any], words: Sequence[str]) -> dict[str, Any] | None:
        taking = next((each for each in self.parameters if not each.flags), None)
        if taking is None:
            return None if words else given
        if taking.nargs == 1 and len(words) > 1:
            return None
        return given | {taking.key: (words[0] if words else None) if taking.nargs == 1 else tuple(words)}


def command(name: str, *parameters: Parameter) -> Callable[[Callable[..., int]], Command]:
    """Make a function the command of that name. It gets each parameter by its key."""
    return lambda function: Command(name, function, parameters)


def declared(name: str, *kinds: type[Any]) -> Any:
    """The command of that name, if it is of one of these kinds; its module is imported."""
    if name not in HOMES:
        return None
    home = vars(import_module(f"recovery.cli.{HOMES[name]}"))
    commands: Iterator[Any] = (each for each in home.values() if isinstance(each, kinds))
    return next((each for each in commands if each.name == name), None)


def read_count(text: str) -> int:
    """A whole number from 1 to 100,000. Raises `ValueError`."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:7]) <= 100_000):
        raise ValueError(_("{text!r} is not a whole number from 1 to 100000", text=text))
    return int(text)


# `words.moments` is loaded only for those who type a time.


def read_length(text: str) -> Any:
    """A length as people say it. Raises `ValueError`."""
    from recovery.words import moments

    return moments.length_said(text)


def read_clock(text: str) -> Any:
    """A time of day as people say it. Raises `ValueError`."""
    from recovery.words import moments

    return moments.clock_said(text)


def read_day(text: str) -> Any:
    """A local date. Raises `ValueError`."""
    from recovery.words import moments

    return moments.parse_day(text)


class TypedTime:
    """The time of an option, as it was typed; None where it was not given.

    It is read where the clock and the place are at hand. What was assumed is told on standard error, once.
    """

    def __init__(self, flag: str, text: str | None) -> None:
        self.flag = flag
        self.text = text
        self._is_told = False

    def given(self, now: "datetime", place: "Place") -> "datetime | None":
        """The instant that is meant, of two the last one; None without one. Raises `UsageError`."""
        return None if self.text is None else self._read(self.text, now, place, is_ahead=False)

    def ahead(self, now: "datetime", place: "Place") -> "datetime | None":
        """The same of what lies ahead: of two the coming one, and a day alone is its waking time."""
        return None if self.text is None else self._read(self.text, now, place, is_ahead=True)

    def _read(self, text: str, now: "datetime", place: "Place", *, is_ahead: bool) -> "datetime":
        from recovery.words.moments import said

        try:
            moment = said(text, now, place, is_ahead=is_ahead)
        except ValueError as error:
            raise UsageError(f"{self.flag}: {error}") from None
        if moment.is_assumed and not self._is_told:
            from recovery.words.terms import spell_when

            self._is_told = True
            tell(_('"{text}" is taken as {when}.', text=text.strip(), when=spell_when(place, moment.at, now)))
        return moment.at


# What many of them take --------------------------------------------------------------------------

EPISODE = option(
    "--episode",
    "-e",
    metavar="ID",
    help="Which episode, such as strain-1; needed where several could be meant.",
)
JSON = option("--json", key="as_json", help="One JSON object instead of text.")
BECAUSE = option("--because", metavar="TEXT", read=harmless, default="", help="Why; it is written down.")
PROFESSIONAL = option("--by", metavar="NAME", read=harmless, default="", help="The professional who said so.")
ON = option("--on", metavar="DATE", read=read_day, help="The day of that word, if not today.")
ACTIVITY = argument("activity")
