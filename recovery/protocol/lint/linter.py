"""Every rule of the linter, and the one way to run them."""

from collections.abc import Iterator, Sequence
from typing import Any

from recovery.language import N_, _
from recovery.protocol.lint import floor, gates, names, numbers, safety, sessions
from recovery.protocol.lint.rules import RULES, Finding, Gaps, Walk, is_unbound, rule
from recovery.protocol.model import Item
from recovery.protocol.problems import Problem

__all__ = ["RULES", "floor", "gates", "names", "numbers", "problems", "safety", "sessions"]


def problems(walk: Walk, gaps: Gaps | None = None) -> Iterator[Problem]:
    """All breaches of rules; of a protocol that is too large that alone. `gaps`: of a file with errors."""
    crowded = list(too_many.problems(walk, gaps))
    yield from crowded
    for each in RULES.values() if not crowded else ():
        if each is not too_many:
            yield from each.problems(walk, gaps)


@rule("too-many", "there is no more of each thing than can be followed, and checked at once")
def too_many(walk: Walk) -> Iterator[Finding]:
    """Report the first kind of item of which there are too many, with those of the used protocols.

    The rules compare limits with sessions, conditions with phases, and so on. These bounds, more than anybody can
    follow, keep them below a second, whatever a file of the allowed size holds.
    """
    protocol = walk.protocol
    things: tuple[tuple[str, int, Sequence[Any]], ...] = (
        (N_("phases"), 100, protocol.phases),
        (N_("limits"), 100, protocol.limits),
        (N_("activities"), 500, walk.activities),
        (
            N_("steps of sessions and items of checklists"),
            500,
            [
                *(step for _path, _phase, treatment in walk.treatments for step in treatment.steps),
                *(part for part in walk.parts if isinstance(part.value, Item)),
            ],
        ),
        (N_("comparisons in conditions"), 500, walk.compared),
        (
            N_("numbers of sources"),
            2000,
            [n for source in protocol.sources.values() for said in source.says.values() for n in said],
        ),
    )
    for what, most, several in things:
        count = len(several)
        if count > most:
            message = _("too many {what}, with those of the protocols that it uses", what=_(what))
            yield Finding((), message, _("at most {count}", count=most), str(count))
            return


OF_THE_FLOOR = frozenset(each.id for each in RULES.values() if each.warns_where is is_unbound)
"""The rules about what a file leaves out of the floor."""
