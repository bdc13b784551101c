"""Which text an episode is pinned to after upgrades, and what of its record another text can read."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from recovery.engine.facts import Answered, Ended, Fact, Offered, Started, TakenBack, Upgraded
from recovery.protocol.library import Library, installed_folder
from recovery.protocol.model import RecoveryProtocol
from recovery.protocol.reading import read_protocol
from recovery.store import queries
from recovery.store.journal import Journal
from recovery.store.pinned import NOWHERE, under_new_protocol
from recovery.values import replace
from tests.store.material import NOW, PINNED, add, begin, file_of, raw
from tests.store.test_database import SAMPLES

NEWER = replace(PINNED, hash="sha256:2", version="2.0", texts={"strain.yaml": "id: strain\n"})
NEWEST = replace(PINNED, hash="sha256:3", version="3.0", texts={"strain.yaml": "id: strain\n\n"})


def upgraded(journal: Journal, episode: str, hash_: str) -> Fact:
    (fact,) = add(journal, Fact(episode, NOW, Upgraded.of({"hash": hash_}), "person"))
    return fact


def undone(journal: Journal, fact: Fact) -> Fact:
    (taken_back,) = add(journal, Fact(fact.episode, NOW, TakenBack.of({"seq": fact.seq}), "person"))
    return taken_back


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    journal = Journal.open(tmp_path, now=NOW)
    begin(journal)
    begin(journal)
    journal.pin(NEWER)
    journal.pin(NEWEST)
    return journal


def test_the_latest_upgrade_that_stands_decides(journal: Journal) -> None:
    with journal:
        assert journal.pinned("strain-1") == PINNED
        first = upgraded(journal, "strain-1", NEWER.hash)
        assert journal.pinned("strain-1") == NEWER
        second = upgraded(journal, "strain-1", NEWEST.hash)
        assert journal.pinned("strain-1") == NEWEST
        undone(journal, second)
        assert journal.pinned("strain-1") == NEWER
        undone(journal, first)
        assert journal.pinned("strain-1") == PINNED
        upgraded(journal, "strain-1", NEWEST.hash)
        assert journal.pinned("strain-1") == NEWEST
        assert journal.pinned("strain-2") == PINNED


def test_an_upgrade_to_what_is_not_pinned_changes_nothing(journal: Journal) -> None:
    with journal:
        upgraded(journal, "strain-1", "sha256:lost")
        assert journal.pinned("strain-1") == PINNED


def test_a_journal_of_before_there_were_upgrades_can_have_them(tmp_path: Path) -> None:
    shutil.copyfile(SAMPLES / "journal-1.db", file_of(tmp_path))
    with Journal.open(tmp_path, now=NOW) as journal:
        journal.pin(NEWER)
        upgraded(journal, "strain-2", NEWER.hash)
        assert (journal.pinned("strain-1"), journal.pinned("strain-2")) == (PINNED, NEWER)


def test_finding_the_text_reads_no_facts_but_upgrades(journal: Journal) -> None:
    with journal:
        plan = [
            str(row[-1]) for row in raw(journal, f"EXPLAIN QUERY PLAN {queries.UPGRADES.replace('?', '1')}")
        ]
    assert not any(step.startswith("SCAN") for step in plan)
    assert any("fact_upgraded" in step for step in plan)


# What is carried over ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rice() -> RecoveryProtocol:
    library = Library((installed_folder(),))
    return read_protocol(library.find_id("rice"), library).protocol


def ice(activity: str = "ice", step: int = 0) -> list[Fact]:
    about = {"phase": "rice", "activity": activity, "occurrence": f"rice-1/rice/{activity}/2026-11-23.1"}
    end = NOW + timedelta(minutes=20)
    return [
        Fact("rice-1", NOW, Offered.of({**about, "modality": "cold", "seconds": 1200, "step": step})),
        Fact("rice-1", end, Ended.of({**about, "overrun": 0})),
    ]


START = Fact("rice-1", NOW, Started.of({}), "person")
UPGRADE = Fact("rice-1", NOW, Upgraded.of({"hash": "sha256:2"}), "person")


def test_without_an_upgrade_the_facts_are_what_they_are(rice: RecoveryProtocol) -> None:
    facts = [START, *ice("gone")]
    assert under_new_protocol(rice, facts) is facts


def test_sessions_that_are_known_are_what_they_are(rice: RecoveryProtocol) -> None:
    facts = [START, *ice(), UPGRADE]
    assert under_new_protocol(rice, facts) == facts


@pytest.mark.parametrize(("activity", "step"), [("gone", 0), ("ice", 1), ("elevate", 0)])
def test_sessions_that_are_not_known_count_for_the_limits_alone(
    rice: RecoveryProtocol, activity: str, step: int
) -> None:
    _, offered, ended, _ = under_new_protocol(rice, [START, *ice(activity, step), UPGRADE])
    assert offered.data["phase"] == NOWHERE
    assert offered.data["seconds"] == 1200
    assert ended.by == "person"


def test_answers_that_are_not_possible_are_left_out(rice: RecoveryProtocol) -> None:
    values = {"pain": 4, "swelling": 9, "mood": "good"}
    answered = Fact("rice-1", NOW, Answered.of({"values": values}), "person")
    _, carried, _ = under_new_protocol(rice, [START, answered, UPGRADE])
    assert carried.data["values"] == {"pain": 4}
