"""The whole journal as a document, and back: to the byte. Rubbish is refused with its place."""

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.engine.facts import ZoneChanged
from recovery.engine.written import LAST_PLACE
from recovery.errors import StoreError
from recovery.protocol.outcome import content_hash
from recovery.store.checking import check
from recovery.store.exchange import MOST_FAULTS, STEPS, NotImported, exported, import_, read_export
from recovery.store.journal import Journal
from recovery.store.pinned import protocol_of
from recovery.values import replace
from tests.daemon.conftest import MINUTE, NOON
from tests.store.real import first_day


def document(home: Path, now: Any = NOON) -> str:
    with Journal.open(home, now=NOON) as journal:
        return "".join(exported(journal, now))


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    home = tmp_path_factory.mktemp("exported")
    first_day(home)
    return document(home)


def wrong(text: str) -> list[str]:
    with pytest.raises(NotImported) as caught:
        read_export(text, "x.json", now=NOON)
    assert caught.value.message.startswith("x.json: is not imported: ")
    return [str(fault) for fault in caught.value.faults]


def changed(text: str, change: Callable[[Any], None]) -> str:
    whole = json.loads(text)
    change(whole)
    return json.dumps(whole, ensure_ascii=False)


def test_all_of_it_is_there(text: str, tmp_path: Path) -> None:
    first_day(tmp_path)
    with Journal.open(tmp_path, now=NOON) as journal:
        facts = journal.all_facts()
    whole = json.loads(text)

    assert list(whole) == ["format", "exported_at", "recovery", "protocols", "episodes", "facts"]
    assert (whole["format"], whole["exported_at"]) == (1, "2026-11-23T12:00:00.000+00:00")
    assert [each["id"] for each in whole["episodes"]] == ["quick-1", "walks-1"]
    assert [each["texts"].keys() for each in whole["protocols"]] == [{"quick"}, {"walks"}]
    assert "Walk ❄" in whole["protocols"][1]["texts"]["walks"]
    assert [each["seq"] for each in whole["facts"]] == [fact.seq for fact in facts]
    assert [each["data"] for each in whole["facts"]] == [dict(fact.data) for fact in facts]
    assert {"undone", "answered", "stopped", "undelivered"} <= {each["kind"] for each in whole["facts"]}


def test_it_comes_back_to_the_byte(text: str, tmp_path: Path) -> None:
    export, report = read_export(text, "x.json", now=NOON)
    import_(tmp_path / "new", export, NOON)

    again = document(tmp_path / "new", NOON + MINUTE)
    header, rest = again.split("\n", 1)
    assert rest == text.split("\n", 1)[1]
    assert header == text.split("\n", 1)[0].replace("12:00:00", "12:01:00")
    looked = check(tmp_path / "new" / "journal.db", now=NOON)
    assert looked.faults == ()
    assert (looked.facts, looked.episodes) == (report.facts, report.episodes)


def test_the_rows_are_the_same_too(text: str, tmp_path: Path) -> None:
    first_day(tmp_path / "old")
    export, _report = read_export(text, "x.json", now=NOON)
    import_(tmp_path / "new", export, NOON)
    rows = []
    for home in ("old", "new"):
        with closing(sqlite3.connect(tmp_path / home / "journal.db")) as database:
            rows.append(
                [database.execute(f"SELECT * FROM {t}").fetchall() for t in ("pinned", "episode", "fact")]
            )
    assert rows[0] == rows[1]


def test_an_empty_journal_comes_back_too(tmp_path: Path) -> None:
    text = document(tmp_path / "empty")
    assert json.loads(text)["facts"] == []
    export, _report = read_export(text, "x.json", now=NOON)
    import_(tmp_path / "new", export, NOON)
    assert document(tmp_path / "new") == text


def test_it_goes_into_an_empty_journal_only(text: str, tmp_path: Path) -> None:
    export, _report = read_export(text, "x.json", now=NOON)
    import_(tmp_path, export, NOON)
    with pytest.raises(StoreError, match="holds episodes already") as caught:
        import_(tmp_path, export, NOON)
    assert "RECOVERY_HOME" in caught.value.hint
    assert document(tmp_path) == text


def test_it_is_of_one_moment(tmp_path: Path) -> None:
    first_day(tmp_path)
    with Journal.open(tmp_path, now=NOON) as journal, Journal.open(tmp_path, now=NOON) as other:
        pieces = exported(journal, NOON)
        before = [next(pieces)]
        with other.transaction():
            other.append(other.all_facts(limit=1), now=NOON)
        text = "".join([*before, *pieces])
        assert len(json.loads(text)["facts"]) == len(other.all_facts()) - 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 1, column 1: is no JSON: Expecting value"),
        ("{", "line 1, column 2: is no JSON"),
        ('{"format": 1,\n oops}', "line 2, column 2: is no JSON"),
        ("[]", 'is no export of recovery: it has no "format"'),
        ("7", 'is no export of recovery: it has no "format"'),
        ('{"format": 2}', "has the format 2; this program reads 1"),
        ('{"format": 1}', "protocols: is missing"),
        ('{"format": 1, "format": 1}', "is no JSON: the key 'format' stands twice in an object"),
        ('{"format": NaN}', "is no JSON: NaN is no number in JSON"),
        ("[" * 100_000, "is no JSON: its brackets are nested too deeply"),
        ("1" * 10_000, "is no JSON: 11111111111111111111… is too large for a number"),
        ('{"format": true}', "has the format True; this program reads 1"),
        ('{"format": 1.0}', "has the format 1.0; this program reads 1"),
        ('{"format": 1e999}', "format: 1e999 is too large for a number"),
        ('{"format": 1, "exported_at": 5}', "exported_at: is not a text"),
        ('{"format": 1, "exported_at": "today"}', "exported_at: is no instant such as"),
        ('{"format": 1, "recovery": []}', "recovery: is not a text"),
    ],
)
def test_rubbish_is_refused(text: str, expected: str) -> None:
    assert wrong(text)[0].startswith(expected)


def put(*path: Any, value: Any) -> Callable[[Any], None]:
    def change(whole: Any) -> None:
        *way, last = path
        for step in way:
            whole = whole[step]
        if value is None:
            del whole[last]
        else:
            whole[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (put("facts", value={}), "facts: is not a list"),
        (put("more", value=1), "more: does not belong there"),
        (put("facts", 2, value=7), "facts[2]: is not an object"),
        (put("facts", 2, "seq", value=None), "facts[2].seq: is missing"),
        (put("facts", 2, "seq", value="3"), "facts[2].seq: is not a whole number"),
        (put("facts", 2, "seq", value=True), "facts[2].seq: is not a whole number"),
        (put("facts", 2, "seq", value=2**63), "facts[2].seq: is no place in a journal"),
        (put("facts", 2, "seq", value=1), "facts[2].seq: 1 comes after 2"),
        (put("facts", 2, "more", value=1), "facts[2].more: does not belong there"),
        (put("facts", 2, "at", value="noon"), "facts[2].at: is no instant such as"),
        (put("facts", 2, "at", value="2026-02-30T12:00:00Z"), "facts[2].at: is no instant such as"),
        (put("facts", 2, "at", value="2026-11-23T12:00:00"), "facts[2].at: is no instant such as"),
        (put("facts", 2, "at", value="2026-11-23T12:00:00.0001Z"), "facts[2].at: is no instant such as"),
        (put("facts", 2, "at", value="0001-01-01T00:00:00+14:00"), "facts[2].at: is no instant such as"),
        (
            put("facts", 2, "kind", value="offred"),
            "facts[2].kind: is a kind of fact that this program does not know",
        ),
        (put("facts", 2, "by", value="me"), "facts[2].by: nobody called 'me' writes facts"),
        (put("facts", 2, "data", value=[]), "facts[2].data: is not an object"),
        (put("facts", 2, "data", value={"a": "\ud800"}), "facts[2].data: holds half a character"),
        (put("facts", 2, "episode", value="quick-9"), "facts[2].episode: there is no episode quick-9"),
        (put("facts", 0, "data", value={}), "fact 1: onset: is missing"),
        (put("facts", 0, value={"seq": 1}), "facts[0].episode: is missing"),
        (put("facts", value=[]), "episode quick-1: quick-1 cannot be told from its facts"),
        (put("episodes", 1, "id", value="walks-2"), "episodes[1].id: is not walks-1"),
        (put("episodes", 1, "id", value="quick-1"), "episodes: one stands there twice"),
        (put("episodes", 1, "hash", value="x"), "episodes[1].hash: is not that of a protocol walks there"),
        (put("protocols", 1, "hash", value="x"), "episodes[1].hash: is not that"),
        (put("protocols", 1, "version", value="7"), "protocol walks 7: its text is that of walks 1.0.0"),
        (put("protocols", 1, "texts", value={}), "protocols[1]: its text cannot be read"),
        (put("protocols", 1, "texts", "walks", value=7), "protocols[1].texts.walks: is not a text"),
        (put("protocols", 1, "texts", "walks", value="format: 1\n"), "protocols[1]: its text cannot be read"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(
    text: str, change: Callable[[Any], None], expected: str
) -> None:
    faults = wrong(changed(text, change))
    assert any(fault.startswith(expected) for fault in faults), faults


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 5000])
def test_a_number_that_nothing_can_hold_is_refused_with_its_field(text: str, number: str) -> None:
    index, fact = next(
        (index, fact) for index, fact in enumerate(json.loads(text)["facts"]) if fact["kind"] == "answered"
    )
    assert fact["data"] == {"values": {"pain": 4}}
    (fault,) = wrong(text.replace('"values":{"pain":4}', f'"values":{{"pain":{number}}}'))
    assert fault.startswith(f"facts[{index}].data.values.pain: {number[:20]}"), fault
    assert "is too large for a number" in fault
    assert "sys." not in fault


@pytest.mark.parametrize("depth", [10, 400, 900, 950, 970, 980, 985, 990, 1000, 1100, 50_000])
def test_brackets_at_any_depth_are_refused_in_plain_words(text: str, depth: int) -> None:
    deep = text.replace('"values":{"pain":4}', f'"values":{{"pain":{"[" * depth}{"]" * depth}}}')
    (fault,) = wrong(deep)
    assert "is not a whole number from 0 to 10" in fault or fault == TOO_DEEP_SAID
    assert "recursion" not in fault


TOO_DEEP_SAID = "is no JSON: its brackets are nested too deeply"


def test_after_the_last_place_that_is_taken_over_there_is_room(text: str, tmp_path: Path) -> None:
    whole = json.loads(text)
    faults, way = {*wrong(changed(text, put("facts", -1, "seq", value=LAST_PLACE)))}, tmp_path / "new"
    assert len(faults) == 1
    whole["facts"][-1]["seq"] = LAST_PLACE // 2
    export, _report = read_export(json.dumps(whole), "x.json", now=NOON)
    import_(way, export, NOON)
    with Journal.open(way, now=NOON) as journal:
        (last,) = journal.all_facts(limit=1)
        with journal.transaction():
            journal.append([replace(last, what=ZoneChanged(zone="UTC", before="UTC"))], now=NOON)
    assert check(way / "journal.db", now=NOON).faults == ()


def test_a_text_that_is_not_the_pinned_one_is_refused(text: str) -> None:
    assert wrong(text.replace("A glass", "A jug").replace("Cold pack off", "Cold pack of")) == [
        "protocol quick 1.0.0: its text is not the one that was pinned: the hash differs"
    ]


def test_all_faults_come_at_once(text: str) -> None:
    def change(whole: Any) -> None:
        for fact in whole["facts"]:
            fact["by"] = "me"

    assert len(wrong(changed(text, change))) == len(json.loads(text)["facts"])


def test_a_key_that_stands_twice_among_many_is_noticed_at_once() -> None:
    keys = ",".join(f'"k{number}":0' for number in range(100_000))
    begun = time.process_time()

    assert wrong(f'{{{keys},"k99999":1}}') == ["is no JSON: the key 'k99999' stands twice in an object"]
    assert time.process_time() - begun < 10


def test_reading_ends_after_many_faults() -> None:
    rubbish = json.dumps({"format": 1, "protocols": [], "episodes": [], "facts": [1] * (2 * MOST_FAULTS)})

    with pytest.raises(NotImported) as error:
        read_export(rubbish, "file", now=NOON)

    assert len(error.value.faults) == MOST_FAULTS
    assert error.value.hint.startswith(f"reading ended after {MOST_FAULTS} faults")


@given(st.data())
def test_a_document_with_any_part_replaced_is_read_or_refused(text: str, data: st.DataObject) -> None:
    """Never another error than that; and what is read makes a whole journal."""
    whole = json.loads(text)
    holder: Any = whole
    while True:
        key = data.draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        inner = holder[key]
        if not (isinstance(inner, dict | list) and inner) or data.draw(st.booleans()):
            break
        holder = inner
    scalars = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text()
    )
    holder[key] = data.draw(
        scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.text(), scalars, max_size=2)
    )
    with suppress(NotImported):
        _known, report = read_export(json.dumps(whole), "x.json", now=NOON)
        assert report.faults == ()


def test_each_step_of_each_fact_is_told(text: str) -> None:
    lots: list[int] = []
    export, _report = read_export(text, "x.json", now=NOON, tick=lots.append)
    assert sum(lots) == STEPS * len(export.facts)


def test_what_was_looked_over_is_what_is_written(text: str, tmp_path: Path) -> None:
    """By way of the journal in memory, and without it."""
    export, _report = read_export(text, "x.json", now=NOON)
    import_(tmp_path / "a", export, NOON)
    import_(tmp_path / "b", replace(export, checked=None), NOON)
    assert document(tmp_path / "a") == document(tmp_path / "b") == text
    assert check(tmp_path / "a" / "journal.db", now=NOON).faults == ()


def test_a_protocol_below_the_floor_does_not_come_in_with_an_import(text: str) -> None:
    """The text of an export changed, and all of its hashes with it."""
    whole = json.loads(text)
    before = whole["protocols"][0]["hash"]
    texts = whole["protocols"][0]["texts"]
    texts["quick"] = texts["quick"].replace("longest: 20min", "longest: 24h")
    signed = "responsible: {name: Dr. Jana Meyer, role: Physiotherapist, on: 2026-11-20, because: Seen.}\n"

    (fault,) = wrong(json.dumps(whole).replace(before, content_hash(texts)))
    assert fault.startswith("protocols[0]: its text is refused: quick.yaml:")
    assert (
        "limit 'long' > longest: less strict than the floor of the language: cold, longest session" in fault
    )

    texts["quick"] += signed
    read_export(json.dumps(whole).replace(before, content_hash(texts)), "x.json", now=NOON)


def test_a_journal_with_a_protocol_from_before_the_floor_is_whole(text: str, tmp_path: Path) -> None:
    """It was legal when it was pinned: the floor binds it, and nothing is reported as damage."""
    read_, _report = read_export(text, "x.json", now=NOON)
    quick, *others = read_.protocols
    texts = {"quick": quick.texts["quick"].replace("longest: 20min", "longest: 24h")}
    old = replace(quick, hash=content_hash(texts), texts=texts, compiled="", compiled_format=1)
    episodes = [
        (name, id_, old.hash if pinned == quick.hash else pinned) for name, id_, pinned in read_.episodes
    ]
    with Journal.open(tmp_path, now=NOON) as journal:
        with journal.transaction():
            journal.put_back((old, *others), episodes, read_.facts)
        assert "floor-cold-longest" in [limit.id for limit in protocol_of(journal, "quick-1").floor]
    assert check(tmp_path / "journal.db", now=NOON).faults == ()
