"""Readers of what people type: lengths, moments, grades. Wrong words become errors that show right ones."""

from collections.abc import Callable
from datetime import time
from typing import TYPE_CHECKING, Any

import click

from recovery.cli.context import zone_here
from recovery.cli.quick import EPISODE, JSON, Parameter, read_clock, read_day, read_length
from recovery.engine.times import Place
from recovery.errors import UsageError
from recovery.language import _, current
from recovery.protocol.terms import SIDES
from recovery.settings import NOTIFIERS, read_quiet, read_work, read_workdays
from recovery.words.typed import canonical, read_grade
from recovery.zones import named

if TYPE_CHECKING:
    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType  # older clicks, 8.3 among them, do not know what it converts to


class Typed(_ParamType):
    """A parameter read by a function that raises `ValueError`."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def settings_of(parameter: Parameter) -> dict[str, Any]:
    """The same option for click."""
    about = _(parameter.help, **parameter.words) if parameter.words else parameter.help
    if not parameter.metavar:
        return {"is_flag": True, "default": False, "help": about}
    return {
        "type": Typed(parameter.metavar, parameter.read) if parameter.read else click.STRING,
        "default": parameter.default,
        "metavar": parameter.metavar,
        "help": about,
        "show_default": isinstance(parameter.default, int),
    }


json_option = click.option(JSON.key, *JSON.flags, **settings_of(JSON))
episode_option = click.option(EPISODE.key, *EPISODE.flags, **settings_of(EPISODE))

notifier_option = click.option(
    "--notifier", type=click.Choice(NOTIFIERS), help="How to reach you; the setting says it otherwise."
)


if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:
    _Choice = click.Choice


class _Side(_Choice):
    """left, right or both, also in German."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(canonical(value) if isinstance(value, str) else value, param, ctx)


SIDE = _Side(SIDES)
DURATION = Typed("LENGTH", read_length)
TIME_OF_DAY = Typed("HH:MM", read_clock)
TIME_OR_NONE = Typed("HH:MM", lambda text: read_clock(text) if text.strip() else None)
CALENDAR_DAY = Typed("DATE", read_day)
GRADE = Typed("GRADE", read_grade)


WORK = Typed("HH:MM-HH:MM", read_work)
WORKDAYS = Typed("DAYS", read_workdays)
QUIET = Typed("HH:MM-HH:MM", read_quiet)


def place(
    timezone: str | None,
    wake: time,
    bedtime: time,
    work: tuple[time, time] = (time(9), time(17)),
    workdays: tuple[int, ...] = (0, 1, 2, 3, 4),
    quiet: tuple[tuple[time, time], ...] = (),
) -> Place:
    """Build the person's place. Without the name of a zone it has the machine's. Raises `UsageError`."""
    name = timezone
    if not name:
        name, _is_the_machine_s = zone_here()
    try:
        zone = named(name)
    except KeyError:
        raise UsageError(
            _("--timezone: {name!r} is not a time zone that I know", name=name),
            _(
                "write one such as Europe/Berlin"
                " (older names come with the package tzdata-legacy, or Python's: pip install tzdata)"
            ),
        ) from None
    if wake == bedtime:
        raise UsageError(_("--wake and --bedtime are the same"), _("there have to be some waking hours"))
    return Place(zone, wake, bedtime, work, workdays, current(), quiet)
