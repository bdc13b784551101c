"""The differences between two protocols, as text and as JSON."""

import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from recovery.cli.output import styled
from recovery.cli.render_json import VERSION
from recovery.language import _
from recovery.protocol.differences import Difference

WIDTH = 100
_NO_BREAK = "\N{NO-BREAK SPACE}"


def lines(found: Iterable[Difference]) -> Iterator[str]:
    """A difference a line, wrapped under itself; what is less strict says so."""
    for difference in found:
        mark = f"  [{_('less strict')}]".replace(" ", _NO_BREAK) if difference.is_weaker else ""
        wrapped = textwrap.fill(
            f"- {difference}{mark}", WIDTH, subsequent_indent="  ", break_long_words=False
        )
        wrapped = wrapped.replace(_NO_BREAK, " ")
        yield styled(wrapped, "yellow") if mark else wrapped


def as_json(difference: Difference) -> dict[str, Any]:
    """A difference as an object. Its words are those of the files, whatever the language of the program."""
    return {
        "v": VERSION,
        "change": difference.change,
        "section": difference.section,
        "where": list(difference.where),
        "field": difference.field,
        "from": difference.old,
        "to": difference.new,
        "less_strict": difference.is_weaker,
    }
