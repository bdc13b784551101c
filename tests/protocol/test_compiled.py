import json
import subprocess
import sys
from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.protocol import terms
from recovery.protocol.compiled import FORMAT, from_json, in_language, to_json
from recovery.protocol.library import Library, installed_folder
from recovery.protocol.model import (
    Advice,
    Assessment,
    BackTo,
    CheckIn,
    Checklist,
    Escalation,
    Exclusion,
    GradeQuestion,
    Healing,
    Hold,
    Item,
    Limit,
    Observation,
    Option,
    Phase,
    RecoveryProtocol,
    RedFlag,
    Reminder,
    Rung,
    ScreenQuestion,
    Source,
    Step,
    Table,
    Topic,
    Treatment,
)
from recovery.protocol.reading import read_protocol
from recovery.protocol.terms import (
    After,
    All,
    Anchor,
    AnyOf,
    At,
    Comparison,
    Duration,
    Every,
    LocalMoment,
    Not,
    Once,
    PerDay,
    PerWeek,
    Range,
    TableRef,
    Text,
    Titled,
)
from recovery.values import replace

TEXTS = st.text(max_size=12)
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,6}", fullmatch=True)
DURATIONS = st.builds(Duration, *[st.integers(0, 1000)] * 3)
RANGES = st.builds(Range, DURATIONS, DURATIONS)
ANCHORS = st.builds(Anchor, st.sampled_from(terms.ORIGINS), DURATIONS)
CITES = st.dictionaries(st.one_of(st.just(""), NAMES), st.lists(TEXTS, max_size=2).map(tuple), max_size=2)
MOMENTS = st.builds(
    LocalMoment,
    st.sampled_from(("clock", "wake", "bedtime")),
    st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    st.integers(-600, 600),
)
COMPARISONS = st.builds(
    Comparison,
    NAMES | st.builds(Titled, NAMES, TEXTS),
    st.sampled_from(("<=", "drop", "falling")),
    st.one_of(st.none(), st.floats(0, 100), TEXTS, DURATIONS),
    st.sampled_from(("", *terms.REFERENCES)),
)
TOLD = TEXTS | st.builds(Text, TEXTS, st.dictionaries(st.sampled_from(("de", "fr")), TEXTS, max_size=2))
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
    st.builds(After, NAMES),
)
STEPS = st.builds(Step, NAMES, RANGES, TOLD, TOLD, TOLD, DURATIONS)
ITEMS = st.builds(Item, NAMES, TOLD, NAMES, st.dictionaries(NAMES, NAMES, max_size=2))
BOUNDS = {
    "id": NAMES,
    "title": TEXTS,
    "begins": st.none() | ANCHORS,
    "until": st.none() | ANCHORS,
    "only_if": st.none() | CONDITIONS,
    "cites": CITES,
}
ACTIVITIES = st.one_of(
    st.builds(
        Treatment,
        **BOUNDS,
        steps=st.lists(STEPS, max_size=3).map(tuple),
        cadence=CADENCES,
        follows_body=st.booleans(),
        is_optional=st.booleans(),
        offers_missed=st.booleans(),
    ),
    st.builds(
        Reminder,
        **BOUNDS,
        modality=NAMES,
        say=TOLD,
        cadence=CADENCES,
        follows_body=st.booleans(),
        at_work=st.booleans(),
    ),
    st.builds(
        Checklist,
        **BOUNDS,
        say=TOLD,
        items=st.lists(ITEMS, max_size=2).map(tuple),
        cadence=CADENCES,
        follows_body=st.booleans(),
    ),
    st.builds(Hold, **BOUNDS, modality=NAMES, on=TEXTS, off=TEXTS),
    st.builds(
        CheckIn,
        **BOUNDS,
        asks=st.lists(NAMES, max_size=3).map(tuple),
        cadence=CADENCES,
        follows_body=st.booleans(),
    ),
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
    may_pass=st.sampled_from(["nobody", "professional", "reason"]),
    is_endless=st.booleans(),
    back_to=st.none() | st.builds(BackTo, NAMES, CONDITIONS, TOLD, CITES),
    activities=st.lists(ACTIVITIES, max_size=2).map(tuple),
    climb_when=st.none() | CONDITIONS,
    step_back_when=st.none() | CONDITIONS,
    ladder=st.lists(
        st.builds(
            Rung,
            id=NAMES,
            title=TOLD,
            least=DURATIONS | st.builds(TableRef, NAMES, st.just("min")),
            only_if=st.none() | CONDITIONS,
            cites=CITES,
            activities=st.lists(ACTIVITIES, max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    cites=CITES,
)
SCREENS = st.builds(
    ScreenQuestion,
    id=NAMES,
    ask=TOLD,
    forbids=st.just(("cold",)),
    refuses=st.booleans(),
    say=TOLD,
    cites=CITES,
)
FLAGS = st.builds(
    RedFlag,
    id=NAMES,
    when=st.none() | CONDITIONS,
    ask=TOLD,
    level=NAMES,
    say=TOLD,
    suspends=st.just(("cold",)),
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
    sources=st.dictionaries(NAMES, st.builds(Source, NAMES, TEXTS, TEXTS, CITES), max_size=2),
    options=st.dictionaries(
        NAMES, st.builds(Option, NAMES, TOLD, st.just(("a", "b")), st.just("a"), CITES), max_size=2
    ),
    screen=st.lists(
        st.builds(
            ScreenQuestion,
            id=NAMES,
            ask=TOLD,
            forbids=st.just(("cold",)),
            refuses=st.booleans(),
            say=TOLD,
            cites=CITES,
        ),
        max_size=2,
    ).map(tuple),
    assessment=st.none()
    | st.builds(
        Assessment,
        st.lists(st.builds(GradeQuestion, NAMES, TOLD, NAMES, NAMES, CITES), max_size=2).map(tuple),
        NAMES,
        NAMES,
        CITES,
    ),
    about=st.lists(st.builds(Topic, NAMES, TOLD, TOLD, CITES), max_size=2).map(tuple),
    excludes=st.lists(st.builds(Exclusion, NAMES, TOLD, CITES), max_size=2).map(tuple),
    observations=st.dictionaries(
        NAMES,
        st.builds(Observation, NAMES, TOLD, TOLD, labels=st.just(("a", "b")), words=st.tuples(TOLD, TOLD)),
        max_size=2,
    ),
    limits=st.lists(LIMITS, max_size=2).map(tuple),
    tables=st.dictionaries(
        NAMES,
        st.builds(Table, NAMES, st.dictionaries(st.sampled_from(terms.GRADES), RANGES), CITES),
        max_size=2,
    ),
    healing=st.none() | st.builds(Healing, NAMES, NAMES, st.builds(Escalation, NAMES, TEXTS), CITES),
    red_flags=st.lists(
        st.builds(
            RedFlag,
            id=NAMES,
            when=st.none() | CONDITIONS,
            ask=TOLD,
            level=NAMES,
            say=TOLD,
            suspends=st.just(("cold",)),
            cites=CITES,
        ),
        max_size=2,
    ).map(tuple),
    phases=st.lists(PHASES, max_size=3).map(tuple),
    notes=st.lists(TEXTS, max_size=2).map(tuple),
)


@given(PROTOCOLS)
def test_any_protocol_comes_back_as_it_was(protocol: RecoveryProtocol) -> None:
    again = from_json(to_json(protocol))
    assert again == protocol
    assert to_json(again) == to_json(protocol)


@pytest.mark.parametrize("name", sorted(path.stem for path in installed_folder().glob("*.yaml")))
def test_the_shipped_protocols_come_back_as_they_were(name: str) -> None:
    protocol = read_protocol(installed_folder() / f"{name}.yaml", Library((installed_folder(),))).protocol
    assert from_json(to_json(protocol)) == protocol


def test_what_is_written_calls_a_treatment_a_session_as_the_file_does() -> None:
    written = to_json(SHIPPED)

    assert '"$":"Session"' in written
    assert '"$":"Treatment"' not in written


def test_numbers_keep_their_kind() -> None:
    flag = RedFlag(id="x", when=Comparison("pain", ">=", 8.0), level="urgent", say="a")
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
        json.dumps({"format": 1, "protocol": {}}),
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


# Texts in other languages -------------------------------------------------------------------------


def saying(**others: str) -> RecoveryProtocol:
    flag = RedFlag(
        id="x", when=Comparison("pain", ">=", 8.0), level="urgent", say=Text("See a doctor", others)
    )
    return replace(SHIPPED, red_flags=(flag,))


def test_a_text_keeps_its_translations() -> None:
    again = from_json(to_json(saying(de="Zum Arzt", fr="Chez le docteur")))
    said = again.red_flags[0].say
    assert said == "See a doctor"
    assert isinstance(said, Text)
    assert said.others == {"de": "Zum Arzt", "fr": "Chez le docteur"}


def test_a_protocol_is_read_in_a_language() -> None:
    written = to_json(saying(de="Zum Arzt"))
    assert from_json(written, "de").red_flags[0].say == "Zum Arzt"
    assert from_json(written, "fr").red_flags[0].say == "See a doctor"
    assert from_json(written).red_flags[0].say == "See a doctor"


def test_a_protocol_that_was_read_is_put_into_a_language() -> None:
    protocol = in_language(saying(de="Zum Arzt"), "de")
    assert protocol.red_flags[0].say == "Zum Arzt"
    assert protocol.limits == tuple(
        replace(limit, say=in_language(SHIPPED, "de").limits[number].say)
        for number, limit in enumerate(SHIPPED.limits)
    )


def test_a_text_without_that_language_stays_as_it_is() -> None:
    protocol = saying(de="Zum Arzt", fr="")
    assert in_language(protocol, "fr").red_flags[0].say == "See a doctor"
    assert in_language(protocol, "") == protocol


def test_the_format_is_the_same_in_every_process() -> None:
    code = "from recovery.protocol.compiled import FORMAT; print(FORMAT)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == FORMAT


def test_reading_compiled_protocols_needs_no_pydantic_and_no_yaml() -> None:
    code = (
        "import sys, recovery.protocol.compiled, recovery.protocol.library as l\n"
        "l.default_library().find('strain')\n"
        "heavy = ('pydantic', 'yaml', 'typing_extensions', 'difflib', 'dataclasses')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
