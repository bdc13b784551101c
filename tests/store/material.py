"""Facts as the engine makes them, and journals that hold them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recovery.engine.facts import Fact, read_fact
from recovery.engine.written import to_ms
from recovery.store.journal import Journal, Pinned

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
PINNED = Pinned(
    "sha256:1", "strain", "1.0", {"strain.yaml": "id: strain\n# für später\n"}, '{"id":"strain"}', 1
)


def begin(journal: Journal, at: datetime = NOW) -> str:
    """Start an episode the way `recovery start` does."""
    with journal.transaction():
        journal.pin(PINNED)
        episode = journal.create_episode("strain", PINNED.hash)
        journal.append([read_fact(episode, at, "started", {"onset": to_ms(at)}, by="person")], now=at)
    return episode


def add(journal: Journal, *facts: Fact) -> list[Fact]:
    with journal.transaction():
        return journal.append(facts, now=NOW)


def raw(journal: Journal, statement: str) -> list[tuple[object, ...]]:
    """Run SQL behind the journal's back, on its own connection."""
    return journal._connection.execute(statement).fetchall()


def sessions(episode: str, count: int) -> Iterator[Fact]:
    """Sessions of ice two hours apart, five facts each, as the engine and the daemon write them."""
    for number in range(count):
        at = NOW + timedelta(hours=2 * number)
        end = at + timedelta(minutes=20)
        day = at.date().isoformat()
        about = {
            "phase": "rice",
            "activity": "ice",
            "occurrence": f"{episode}/rice/ice/{day}.{number % 8 + 1}",
        }
        shape = {"modality": "cold", "seconds": 1200}
        start_cue = {
            "key": about["occurrence"], "kind": "start", "title": "Ice on for 20 minutes",
            "due": to_ms(at), "expires": to_ms(end), "body": "A cloth between the ice and skin. Until 09:20.",
        }  # fmt: skip
        end_cue = {
            "key": about["occurrence"], "kind": "end", "title": "Ice off",
            "body": "20 min are over.", "due": to_ms(end), "critical": True,
        }  # fmt: skip
        offered = about | {"due": to_ms(at), "day": day} | shape | {"step": 0, "cue": start_cue}
        yield read_fact(episode, at, "offered", offered)
        yield read_fact(episode, at, "delivered", {"seq": 5 * number + 2}, by="daemon")
        yield read_fact(episode, at, "begun", about, by="person")
        yield read_fact(episode, end, "ended", about | shape | {"overrun": 0, "cue": end_cue})
        yield read_fact(episode, end, "delivered", {"seq": 5 * number + 5}, by="daemon")


def file_of(folder: Path) -> Path:
    return folder / "journal.db"
