"""The protocol that an episode is pinned to, and the facts of an upgraded one as far as its new text can read them.

The facts stay as they are; only their reading changes, so a text that is taken back reads all of them again.
"""

from collections.abc import Iterable
from datetime import timedelta

from recovery.engine import facts as f
from recovery.engine.effects import LEFT
from recovery.engine.facts import Fact
from recovery.engine.questions import read_answer
from recovery.protocol import compiled
from recovery.protocol.model import RecoveryProtocol, Treatment
from recovery.store.failures import nonsense
from recovery.store.journal import Journal, Pinned
from recovery.values import replace

NOWHERE = ""
"""The phase of a session that the protocol does not know any more: it counts for the limits, and for nothing else."""


def protocol_of(journal: Journal, id_: str, language: str = "en") -> RecoveryProtocol:
    """The protocol that an episode is pinned to, compiled anew where an older program compiled it.

    Its texts are in a language where it has them in that, else as its file has them.
    """
    pinned = journal.pinned(id_)
    if pinned.compiled_format == compiled.FORMAT:
        return compiled.from_json(pinned.compiled, language)
    return compiled.in_language(_recompiled(journal, pinned), language)


def _recompiled(journal: Journal, pinned: Pinned) -> RecoveryProtocol:
    from recovery.protocol.outcome import ProtocolError
    from recovery.protocol.reading import compile_texts  # heavy, and hardly ever needed

    try:
        protocol = compile_texts(pinned.texts, pinned.protocol_id)
    except ProtocolError as error:
        raise nonsense(journal.path, error) from error
    journal.recompile(pinned.hash, compiled.to_json(protocol), compiled.FORMAT)
    return protocol


def under_new_protocol(protocol: RecoveryProtocol, facts: list[Fact]) -> list[Fact]:
    """The facts of an episode for folding them under `protocol`; without an upgrade they are what they are.

    Sessions that the protocol does not know keep their place in the ledger, for the limits. Answers that it could
    not get are left out: what they told is unknown, and unknown opens nothing. Phases that it does not know are as
    if they had been left.
    """
    if not any(isinstance(fact.what, f.Upgraded) for fact in facts):
        return facts
    steps = {
        (phase.id, activity.id): len(activity.steps)
        for phase in protocol.phases
        for activity in phase.everything()
        if isinstance(activity, Treatment)
    }
    return [*_carried(protocol, steps, facts)]


def _carried(
    protocol: RecoveryProtocol, steps: dict[tuple[str, str], int], facts: Iterable[Fact]
) -> Iterable[Fact]:
    unknown, phases = set(), {phase.id for phase in protocol.phases}
    for fact in facts:
        match fact.what:
            case f.Offered(length=timedelta()) as offered:
                if (offered.step or 0) >= steps.get((offered.phase, offered.activity), 0):
                    unknown.add(offered.occurrence)
                    yield replace(fact, what=offered.changed(phase=NOWHERE))
                else:
                    yield fact
            case f.PhaseChanged() as changed if changed.phase not in phases:
                yield replace(fact, what=changed.changed(state=LEFT))  # its cue is still to be told
            case f.Ended(occurrence=occurrence) if occurrence in unknown:
                yield replace(fact, by="person")  # as if confirmed: nobody is asked any more how it went
            case f.Answered(values=values) as answered:
                possible = {
                    name: value for name, value in values.items() if is_possible(protocol, name, value)
                }
                yield replace(fact, what=answered.changed(values=possible))
            case _:
                yield fact


def is_possible(protocol: RecoveryProtocol, name: str, value: int | str) -> bool:
    """Tell if a protocol could have got an answer."""
    asked = protocol.observations.get(name)
    return asked is not None and read_answer(str(value), asked) is not None
