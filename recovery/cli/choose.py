"""`choose`: what the protocol leaves to the person: how often something comes, how far apart, how long, when."""

from recovery.cli.context import looking
from recovery.cli.entering import enter
from recovery.cli.quick import EPISODE, JSON, argument, command
from recovery.cli.render_json import print_json
from recovery.engine.acts import Choose
from recovery.engine.acts_course import range_of
from recovery.engine.choices import Choosable, choosables_of, chosen_now, written
from recovery.engine.episode import Episode
from recovery.errors import RecoveryError
from recovery.language import _
from recovery.words.reasons import timeless


@command("choose", argument("words", "[ACTIVITY] [VALUE]", nargs=-1), EPISODE, JSON)
def choose_command(words: tuple[str, ...], episode: str | None, as_json: bool) -> int:
    """Choose how often something comes, how far apart, how long or when, within the protocol's range.

    Without a value it shows what there is to choose. The limits hold whatever is chosen; `recovery undo` takes
    it back.

    \b
    recovery choose
    recovery choose packs 2
    recovery choose packs 08:00 18:00
    """
    if len(words) > 1:
        return enter(episode, as_json, Choose(words[0], " ".join(words[1:])))
    with looking() as context:
        episodes = context.record.episodes if episode is None else (context.record.meant(episode),)
        rows = [(each, choosable) for each in episodes for choosable in choosables_of(each)]
    if words:
        rows = [(each, choosable) for each, choosable in rows if choosable.activity.id == words[0]]
        if not rows:
            raise RecoveryError(
                _("{name}: there is nothing to choose", name=words[0]),
                _("recovery choose lists what there is"),
            )
    if as_json:
        for each, choosable in rows:
            print_json(_row(each, choosable))
        return 0
    for each, choosable in rows:
        print(_line(each, choosable, is_of_several=len(episodes) > 1))
    if not rows:
        print(_("There is nothing to choose."))
    return 0


def _now(episode: Episode, choosable: Choosable) -> str:
    chosen = episode.choices.get(choosable.activity.id, {}).get(choosable.of, "")
    return written(chosen_now(choosable, chosen))


def _row(episode: Episode, choosable: Choosable) -> dict[str, str]:
    return {
        "episode": episode.id,
        "activity": choosable.activity.id,
        "of": choosable.of,
        "range": choosable.range,
        "now": _now(episode, choosable),
    }


def _line(episode: Episode, choosable: Choosable, *, is_of_several: bool) -> str:
    activity, now = choosable.activity, _now(episode, choosable)
    which = f" -e {episode.id}" if is_of_several else ""
    return _(
        "{title}: {range}; now {now}. Type: {command}",
        title=activity.title,
        range=timeless(range_of(choosable), episode.place.language),
        now=now,
        command=f"recovery choose {activity.id} …{which}",
    )
