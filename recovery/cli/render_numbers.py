"""The numbers of a protocol with their sources, as a table."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from recovery.cli.render_rich import console
from recovery.language import _, n_
from recovery.protocol.model import RecoveryProtocol
from recovery.protocol.provenance import CitedNumber


def numbers(protocol: RecoveryProtocol, told: Sequence[CitedNumber]) -> None:
    """Every number with its source; those of the project's own are marked."""
    screen = console()
    screen.print(Text(f"{protocol.title}, {protocol.id} {protocol.version}", style="bold cyan"))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in (_("where"), _("what"), _("number"), _("source")):
        table.add_column(heading)
    before = ""
    for one in told:
        mark = " *" if one.is_own else ""
        where = one.where if one.where != before else ""
        before = one.where
        refs = Text(", ".join(one.sources) + mark, style="yellow" if mark else "dim")
        table.add_row(Text(where), Text(one.field), Text(one.value, style="bold"), refs)
    screen.print(table)
    screen.print()
    for source in protocol.sources.values():
        where = f", {source.where}" if source.where else ""
        screen.print(Text(f"{source.id}: {source.title}{where}", style="dim"))
    own = sum(one.is_own for one in told)
    words = n_(
        "* {count} number is the project's own default, in whole or in part.",
        "* {count} numbers are the project's own defaults, in whole or in part.",
        own,
    )
    screen.print(Text(words, style="yellow"))
