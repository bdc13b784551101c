"""The numbers of a protocol, each with its place, its value and its sources."""

from collections.abc import Iterator

from recovery.language import N_, _
from recovery.protocol.lint.numbers import OWN, Number, by_key, numbers_in
from recovery.protocol.lint.walk import Walk
from recovery.protocol.model import Activity, RecoveryProtocol
from recovery.protocol.problems import KeyPath
from recovery.protocol.terms import At, Duration, LocalMoment
from recovery.values import Value

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
        return any(ref.partition(":")[0] == OWN for ref in self.sources)


def cited_numbers(protocol: RecoveryProtocol) -> Iterator[CitedNumber]:
    """Every number of a protocol that a person is held to: activities after all else, times of day last."""
    walk = Walk(protocol, {})
    for part, key, together in sorted(by_key(walk), key=lambda each: isinstance(each[0].value, Activity)):
        numbers = tuple(number for keyed in together for number in numbers_in(keyed))
        if numbers and numbers != (Duration(),):
            yield CitedNumber(_place(part.path), key, _shown(key, numbers), together[0].sources)
    for keyed in walk.values:
        if keyed.key == "at" and isinstance(keyed.value, At | LocalMoment):
            times = keyed.value.times if isinstance(keyed.value, At) else (keyed.value,)
            shown = ", ".join(map(str, times))
            yield CitedNumber(_place(keyed.part.path), "at", shown, keyed.sources)


def _place(path: KeyPath) -> str:
    section, *rest = path
    names = [name for name in rest if name not in _LEFT_OUT]
    if section in _SECTIONS:
        names = [f"{_(_SECTIONS[section])} {names[0]}", *names[1:]]
    return " > ".join(names)


def _shown(key: str, numbers: tuple[Number, ...]) -> str:
    """A range as it is written, several numbers of a condition with commas."""
    texts = [f"{number:g}" if isinstance(number, float) else str(number) for number in numbers]
    if key == "scale":
        return "..".join(texts)
    is_range = len(texts) == 2 and key not in ("wait", "only_if") and not key.endswith("_when")
    if is_range and all(isinstance(number, Duration) for number in numbers):
        return texts[0] if texts[0] == texts[1] else "..".join(texts)
    return ", ".join(dict.fromkeys(texts))
