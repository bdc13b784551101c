import json
import subprocess
import sys
from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.protocol import compiled, model
from recovery.protocol.compiled import FORMAT, from_json, to_json
from recovery.protocol.durations import Duration, Range
from recovery.protocol.library import Library, installed_folder
from recovery.protocol.model import (
    Advice,
    All,
    Anchor,
    AnyOf,
    At,
    CheckIn,
    Comparison,
    Escalation,
    Every,
    Healing,
    Hold,
    Limit,
    LocalMoment,
    Not,
    Observation,
    Once,
    PerDay,
    PerWeek,
    Phase,
    RecoveryProtocol,
    RedFlag,
    Reminder,
    Session,
    Source,
    Step,
    Table,
    TableRef,
)
from recovery.protocol.reading import read_protocol
from recovery.values import Value, replace

TEXTS = st.text(max_size=12)
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,6}", fullmatch=True)
DURATIONS = st.builds(Duration, *[st.integers(0, 1000)] * 3)
RANGES = st.builds(Range, DURATIONS, DURATIONS)
ANCHORS = st.builds(Anchor, st.sampled_from(model.ORIGINS), DURATIONS)
CITES = st.dictionaries(st.one_of(st.just(""), NAMES), st.lists(TEXTS, max_size=2).map(tuple), max_size=2)
MOMENTS = st.builds(
    LocalMoment,
    st.sampled_from(("clock", "wake", "bedtime")),
    st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    st.integers(-600, 600),
)
COMPARISONS = st.builds(
    Comparison,
    NAMES,
    st.sampled_from(("<=", "drop", "falling")),
    st.one_of(st.none(), st.floats(0, 100), TEXTS, DURATIONS),
)
CONDITIONS: st.SearchStrategy[Any] = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.builds(All, st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=6,
)
CADENCES = st.one_of(
    st.builds(Every, RANGES),
    st.builds(PerDay, st.integers(1, 9), st.integers(1, 9)),
    st.builds(At, st.lists(MOMENTS, max_size=3).map(tuple)),
    st.builds(PerWeek, st.integers(1, 7), MOMENTS),
    st.builds(Once, ANCHORS),
)
STEPS = st.builds(Step, NAMES, RANGES, TEXTS, TEXTS, TEXTS, DURATIONS)
BOUNDS = {
    "id": NAMES,
    "title": TEXTS,
    "begins": st.none() | ANCHORS,
    "until": st.none() | ANCHORS,
    "only_if": st.none() | CONDITIONS,
    "cites": CITES,
}
ACTIVITIES = st.one_of(
    st.builds(Session, **BOUNDS, steps=st.lists(STEPS, max_size=3).map(tuple), cadence=CADENCES),
    st.builds(Reminder, **BOUNDS, modality=NAMES, say=TEXTS, cadence=CADENCES),
    st.builds(Hold, **BOUNDS, modality=NAMES, on=TEXTS, off=TEXTS),
    st.builds(CheckIn, **BOUNDS, asks=st.lists(NAMES, max_size=3).map(tuple), cadence=CADENCES),
    st.builds(Advice, **BOUNDS, say=TEXTS),
)
PHASES = st.builds(
    Phase,
    id=NAMES,
    title=TEXTS,
    least=DURATIONS | st.builds(TableRef, NAMES, st.just("min")),
    most=st.none() | DURATIONS | st.builds(TableRef, NAMES, st.just("max")),
    leave_when=st.none() | CONDITIONS,
    at_most=st.none() | st.builds(Escalation, NAMES, TEXTS),
    confirm=st.booleans(),
    activities=st.lists(ACTIVITIES, max_size=3).map(tuple),
    cites=CITES,
)
LIMITS = st.builds(
    Limit,
    id=NAMES,
    of=st.just(("cold",)),
    longest=st.none() | DURATIONS,
    not_before=st.none() | ANCHORS,
    most_per_day=st.none() | st.integers(1, 9),
    never=st.booleans(),
    needs=st.none() | CONDITIONS,
)
SHIPPED: RecoveryProtocol = read_protocol(
    installed_folder() / "strain.yaml", Library((installed_folder(),))
).protocol
PROTOCOLS = st.builds(
    lambda **changes: replace(SHIPPED, **changes),
    sources=st.dictionaries(NAMES, st.builds(Source, NAMES, TEXTS, TEXTS), max_size=2),
    observations=st.dictionaries(
        NAMES, st.builds(Observation, NAMES, TEXTS, labels=st.just(("a", "b"))), max_size=2
    ),
    limits=st.lists(LIMITS, max_size=2).map(tuple),
    tables=st.dictionaries(
        NAMES,
        st.builds(Table, NAMES, st.dictionaries(st.sampled_from(model.GRADES), RANGES), CITES),
        max_size=2,
    ),
    healing=st.none() | st.builds(Healing, NAMES, NAMES, st.builds(Escalation, NAMES, TEXTS), CITES),
    red_flags=st.lists(st.builds(RedFlag, NAMES, CONDITIONS, NAMES, TEXTS, CITES), max_size=2).map(tuple),
    phases=st.lists(PHASES, max_size=3).map(tuple),
    notes=st.lists(TEXTS, max_size=2).map(tuple),
)


@given(PROTOCOLS)
def test_any_protocol_comes_back_as_it_was(protocol: RecoveryProtocol) -> None:
    again = from_json(to_json(protocol))
    assert again == protocol
    assert to_json(again) == to_json(protocol)


@pytest.mark.parametrize("name", ["rice", "contrast", "strain"])
def test_the_shipped_protocols_come_back_as_they_were(name: str) -> None:
    protocol = read_protocol(installed_folder() / f"{name}.yaml", Library((installed_folder(),))).protocol
    assert from_json(to_json(protocol)) == protocol


def test_every_class_of_the_model_is_known() -> None:
    classes = {x for x in vars(model).values() if isinstance(x, type) and issubclass(x, Value)} - {
        Value,
        model.Activity,
    }
    assert {*classes, Duration, Range} == set(compiled._CLASSES)


def test_numbers_keep_their_kind() -> None:
    flag = RedFlag("x", Comparison("pain", ">=", 8.0), "urgent", "a")
    again = from_json(to_json(replace(SHIPPED, red_flags=(flag,))))
    value = again.red_flags[0].when.value  # type: ignore[union-attr]
    assert isinstance(value, float)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "5",
        '{"format": 1}',
        json.dumps({"format": FORMAT + 1, "protocol": {}}),
        json.dumps({"format": FORMAT, "protocol": {"$": "Path"}}),
        json.dumps({"format": FORMAT, "protocol": {"$": "Duration", "weeks": 1}}),
        json.dumps({"format": FORMAT, "protocol": {"$": ["a"]}}),
        json.dumps({"format": FORMAT, "protocol": {"$": "Duration"}}),
        json.dumps({"format": FORMAT, "protocol": {"$": "time", "at": 5}}),
        "[" * 100_000,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_json(text)


def test_a_change_of_the_model_is_noticed() -> None:
    """Change FORMAT whenever this fails: what older programs have stored would be read wrongly."""
    shape = {cls.__name__: cls._fields for cls in compiled._CLASSES}
    assert FORMAT == 1
    assert sum(len(names) for names in shape.values()) == 138


def test_reading_compiled_protocols_needs_no_pydantic_and_no_yaml() -> None:
    code = (
        "import sys, recovery.protocol.compiled, recovery.protocol.library as l\n"
        "l.default_library().find('strain')\n"
        "heavy = ('pydantic', 'yaml', 'typing_extensions', 'difflib', 'dataclasses')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
