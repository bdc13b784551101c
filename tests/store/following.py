"""Look at a journal that the program has written as `recovery store check` does, without its texts compiled anew."""

from recovery.protocol import compiled
from recovery.store.course import Course
from recovery.store.journal import Journal


def misfits(journal: Journal) -> list[str]:
    """The facts that the program's own check would call damage."""
    pinned = [*journal.each_pinned()]
    texts = {each.hash: compiled.from_json(each.compiled) for each in pinned}
    names = {each.hash: (each.protocol_id, each.version) for each in pinned}
    courses = {id_: Course(id_, hash_, texts, names) for id_, _protocol, hash_ in journal.each_episode()}
    faults = ((fact, courses[fact.episode].wrong(fact)) for fact in journal.each_fact())
    return [f"fact {fact.seq}, {fact.kind} {dict(fact.data)}: {wrong}" for fact, wrong in faults if wrong]
