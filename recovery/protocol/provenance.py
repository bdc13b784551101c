"""The numbers of a protocol, each with its place, its value and its sources."""

from collections.abc import Iterator

from recovery.language import N_, _
from recovery.protocol.lint.numbers import Number, numbered
from recovery.protocol.lint.walk import Path, activities
from recovery.protocol.model import At, PerWeek, RecoveryProtocol
from recovery.protocol.scalars import source_id
from recovery.protocol.terms import Cites, Duration
from recovery.values import Value

OWN = "own"
_SECTIONS = {
    "limits": N_("limit"),
    "tables": N_("table"),
    "red_flags": N_("red flag"),
    "observe": N_("question"),
}
_LEFT_OUT = ("phases", "do", "steps")


class CitedNumber(Value):
    """One number of a protocol, or a range of two."""

    where: str
    """`rice > ice`, `limit ice-48h`: in the language of the process."""
    field: str
    value: str
    sources: tuple[str, ...]

    @property
    def is_own(self) -> bool:
        """True if it is, at least in part, the project's own default."""
        return any(source_id(ref) == OWN for ref in self.sources)


def cited_numbers(protocol: RecoveryProtocol) -> Iterator[CitedNumber]:
    """Every number of a protocol that a person is held to, in the order of the file."""
    for asked in protocol.observations.values():
        path: Path = ("observe", asked.id)
        if not asked.choices:
            yield _cited(path, asked.cites, "scale", f"{asked.least}..{asked.most}")
        yield _cited(path, asked.cites, "fresh", str(asked.fresh))
    for path, cites, numbers in numbered(protocol):
        for field, values in numbers.items():
            if values and values != (Duration(),):
                yield _cited(path, cites, field, _shown(field, values))
    for path, _phase, activity in activities(protocol):
        match getattr(activity, "cadence", None):
            case At(times):
                yield _cited(path, activity.cites, "at", ", ".join(map(str, times)))
            case PerWeek(at=moment):
                yield _cited(path, activity.cites, "at", str(moment))


def _cited(path: Path, cites: Cites, field: str, value: str) -> CitedNumber:
    section, *rest = path
    names = [name for name in rest if name not in _LEFT_OUT]
    if section in _SECTIONS:
        names = [f"{_(_SECTIONS[section])} {names[0]}", *names[1:]]
    return CitedNumber(" > ".join(names), field, value, cites.get(field, cites.get("", ())))


def _shown(field: str, values: tuple[Number, ...]) -> str:
    """A range as it is written, several numbers of a condition with commas."""
    texts = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    is_range = (
        len(texts) == 2 and field not in ("wait",) and not field.endswith("_when") and field != "only_if"
    )
    if is_range and all(isinstance(value, Duration) for value in values):
        return texts[0] if texts[0] == texts[1] else "..".join(texts)
    return ", ".join(dict.fromkeys(texts))
