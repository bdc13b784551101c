"""A journal as a person's first day leaves it: real protocols, real facts, things taken back, one told, one not."""

from datetime import timedelta
from pathlib import Path

from recovery.care.record import bring_up, do, load, write
from recovery.engine.acts import AnswerCheckIn, Stop
from recovery.engine.facts import Fact, TakenBack
from recovery.engine.telling import not_shown, pending_cues, shown
from recovery.store.journal import Journal
from tests.daemon.conftest import MINUTE, NOON, start
from tests.profile import ICE, protocol

WALK = """\
      - {id: walk, kind: reminder, of: exercise, title: Walk ❄, every: 2h, say: "Ein \\"Gang\\", langsam.", source: own}
"""


def first_day(folder: Path) -> Path:
    """Two episodes, one of them stopped; the journal's file."""
    folder.mkdir(parents=True, exist_ok=True)
    start(folder, protocol(ICE.format(length="20min")))
    start(folder, protocol(WALK, name="walks"))
    with Journal.open(folder, now=NOON) as journal:
        for number in range(12):
            now = NOON + number * 10 * MINUTE + timedelta(milliseconds=7)
            with journal.transaction():
                record = bring_up(journal, load(journal, now), now)
                for episode in record.all:
                    for cue in pending_cues(episode, now):
                        fact = shown(episode, cue, "dbus", now)
                        if number % 3 == 0:
                            fact = not_shown(episode, cue, "dbus", "no screen", now)
                        record = write(journal, record, [fact], now)
        with journal.transaction():
            do(journal, load(journal, now), "quick-1", AnswerCheckIn({"pain": "4"}), now)
            last = journal.last_by_person("quick-1")
            assert last is not None
            journal.append([Fact("quick-1", now, TakenBack.of({"seq": last.seq}), "person")], now=now)
            do(journal, load(journal, now), "walks-1", Stop(), now)
    return folder / "journal.db"
