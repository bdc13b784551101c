"""`choose`: what the protocol leaves to the person: how often something comes, how far apart, how long, when."""

from recovery.cli.context import looking
from recovery.cli.entering import enter
from recovery.cli.quick import EPISODE, JSON, argument, command
from recovery.cli.render_json import print_json
from recovery.engine.acts import Choose
from recovery.engine.choices import choosables_of, chosen_text
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
    for each, choosable in rows:
        name, now = choosable.activity.id, chosen_text(each, choosable)
        if as_json:
            about = {"activity": name, "of": choosable.of, "range": choosable.range, "now": now}
            print_json({"episode": each.id, **about})
            continue
        which = f" -e {each.id}" if len(episodes) > 1 else ""
        print(
            _(
                "{title}: {range}; now {now}. Type: {command}",
                title=choosable.activity.title,
                range=timeless(choosable.said_range, each.place.language),
                now=now,
                command=f"recovery choose {name} …{which}",
            )
        )
    if not rows and not as_json:
        print(_("There is nothing to choose."))
    return 0
