"""The commands about red flags: `flag` reports or clears one, `harm` tells of a treatment, `release` of a word."""

from datetime import date

from recovery.cli.context import looking, tell_emergency
from recovery.cli.entering import enter
from recovery.cli.quick import BECAUSE, EPISODE, JSON, ON, PROFESSIONAL, argument, command
from recovery.cli.render_json import flag_rows, print_json
from recovery.cli.render_text import flags_page
from recovery.engine.acts import ClearFlag, RaiseFlag, Release, ReportHarm
from recovery.errors import NotThere, UsageError
from recovery.language import _

CLEAR = "clear"


@command("flag", argument("words", "[clear] [ID]", nargs=-1), BECAUSE, EPISODE, JSON)
def flag_command(words: tuple[str, ...], because: str, episode: str | None, as_json: bool) -> int:
    """Report a warning sign, or see which there are; `clear` says that one is dealt with, and how.

    \b
    recovery flag
    recovery flag numb-below
    recovery flag clear numb-below --because "gone without the bandage"
    """
    try:
        return _flag(words, because, episode, as_json)
    except NotThere:
        if words[:1] == (CLEAR,):
            raise
        # Somebody with a sign of an emergency is not sent away because nothing was started.
        tell_emergency()
        raise


def _flag(words: tuple[str, ...], because: str, episode: str | None, as_json: bool) -> int:
    if not words:
        with looking() as context:
            meant, now = context.record.meant(episode), context.now
            if as_json:
                print_json({"episode": meant.id, "flags": flag_rows(meant, now)})
            else:
                print(flags_page(meant, now))
        return 0
    if words[0] != CLEAR:
        if len(words) > 1:
            raise UsageError(
                _("one warning sign at a time"), _("write for instance: recovery flag {name}", name=words[0])
            )
        return enter(episode, as_json, RaiseFlag(words[0]))
    if len(words) != 2 or not because:
        raise UsageError(
            _("say which one is dealt with, and how"),
            _('write for instance: recovery flag clear numb-below --because "gone without the bandage"'),
        )
    return enter(episode, as_json, ClearFlag(words[1], because))


@command(
    "release",
    argument("what", "[ID]"),
    PROFESSIONAL,
    ON,
    EPISODE,
    JSON,
)
def release_command(what: str | None, by: str, on: date | None, episode: str | None, as_json: bool) -> int:
    """Record that a professional has released what a warning sign stops; `recovery status` shows what waits for that.

    \b
    recovery release grade-iii --by "Dr. Meyer" --on 2026-12-01
    """
    return enter(episode, as_json, Release(what or "", by=by, on=on))


@command("harm", argument("what", "[ID]"), EPISODE, JSON)
def harm_command(what: str | None, episode: str | None, as_json: bool) -> int:
    """Report harm by a treatment: white, blistered, burnt or numb skin. Its session ends, and it stops.

    Without an ID it is the first that the treatment can do. `recovery flag` lists them all.

    \b
    recovery harm
    recovery harm skin-cold
    """
    return enter(episode, as_json, ReportHarm(what or ""))
