"""What changed between two protocols, in words."""

from collections.abc import Callable
from pathlib import Path

import pytest

from recovery.protocol.differences import Difference, differences
from recovery.protocol.library import Library
from recovery.protocol.model import Limit, RecoveryProtocol
from recovery.protocol.reading import read_protocol
from recovery.protocol.terms import Anchor, Duration, Text
from recovery.values import Value, replace
from tests.protocol.conftest import SECTIONS, whole

ICE = """- id: ice
  kind: session
  of: cold
  duration: 20min
  every: 2h..3h
  start: Cold pack on, with a towel
  end: Cold pack off
  source: nhs
"""

Read = Callable[[str], RecoveryProtocol]


@pytest.fixture
def read(tmp_path: Path, library: Library) -> Read:
    """The protocol of a text."""

    def of(text: str) -> RecoveryProtocol:
        path = tmp_path / "small.yaml"
        path.write_text(text)
        return read_protocol(path, library).protocol

    return of


@pytest.fixture
def changed(read: Read) -> Callable[..., tuple[Difference, ...]]:
    """The differences that changing words of the small protocol with ice makes."""

    def by(*changes: tuple[str, str]) -> tuple[Difference, ...]:
        text = other = whole(activities=ICE)
        for old, new in changes:
            assert old in other, old
            other = other.replace(old, new)
        return differences(read(text), read(other))

    return by


def test_the_same_has_no_differences(read: Read, library: Library) -> None:
    for name in library.ids():
        before = read_protocol(library.find(name), library).protocol
        assert differences(before, before) == ()
    text = whole(activities=ICE)
    assert differences(read(text), read(f"# a comment\n{text}")) == ()


AT_ICE = "phase first, activity ice"
CHANGES = [
    ("version: 1.0.0", "version: 1.1.0", "version 1.0.0 becomes 1.1.0"),
    ("every: 2h..3h", "every: 3h..4h", f"{AT_ICE}: every 2h..3h becomes 3h..4h"),
    ("every: 2h..3h", "per_day: 1..3", f"{AT_ICE}: every 2h..3h becomes per_day 1..3"),
    (
        "every: 2h..3h",
        'per_week: 3\n        at: "17:00"',
        f"{AT_ICE}: every 2h..3h becomes per_week 3 at 17:00",
    ),
    ("every: 2h..3h", 'at: ["08:00", wake+3h]', f"{AT_ICE}: every 2h..3h becomes at 08:00, wake+180min"),
    ("duration: 20min", "duration: 10min..15min", f"{AT_ICE}: duration 20min becomes 10min..15min"),
    (
        "of: cold\n        d",
        "of: cold\n        until: phase+2d\n        d",
        f"{AT_ICE}: until phase+2d is new",
    ),
    ("max: 72h", "max: 96h", "phase first: max 72h becomes 96h"),
    ("max: 72h", "max: heal.max", "phase first: max 72h becomes heal.max"),
    ("min: 24h", "min: 24h\n    confirm: true", "phase first: confirm is new"),
    ("min: 24h", "min: 24h\n    may_pass: nobody", "phase first: may_pass reason becomes nobody"),
    (
        "pain <= 3",
        "[pain <= 2, rom == full]",
        "phase first: leave_when pain <= 3 becomes pain <= 2 and rom == full",
    ),
    ("say: Too long", "say: Far too long", "phase first, at_max: say “Too long” becomes “Far too long”"),
    ("scale: 0..10", "scale: 0..20", "observation pain: scale 0..10 becomes 0..20"),
    ("longest: 20min", "longest: 25min", "limit cold-session: longest 20min becomes 25min"),
    ("II: 4w..8w", "II: 5w..8w", "table heal: II 4w..8w becomes 5w..8w"),
    ("late: {level: routine", "late: {level: urgent", "healing, late: level routine becomes urgent"),
    (
        "level: urgent, say: See",
        "level: emergency, say: See",
        "red flag grade-iii: level urgent becomes emergency",
    ),
    ("3mo..12mo, source: own", "3mo..12mo, source: nhs", "table heal: source own becomes nhs"),
]


@pytest.mark.parametrize(("old", "new", "words"), CHANGES)
def test_a_change_is_said_in_the_words_of_the_file(
    changed: Callable[..., tuple[Difference, ...]], old: str, new: str, words: str
) -> None:
    assert [str(each) for each in changed((old, new))] == [words]


def test_what_is_new_or_gone_is_told_whole(read: Read) -> None:
    with_ice, without = read(whole(activities=ICE)), read(whole())
    (gone,) = differences(with_ice, without)
    assert (gone.change, gone.section, gone.where) == ("removed", "phases", ("phase first", "activity ice"))
    assert str(gone) == (
        "phase first, activity ice is gone: session; title Ice; every 2h..3h; of cold; duration 20min; "
        "start “Cold pack on, with a towel”; end “Cold pack off”"
    )
    (new,) = differences(without, with_ice)
    assert new.change == "added"
    assert str(new).startswith("phase first, activity ice is new: session; ")


def test_a_limit_that_is_gone_is_less_strict(read: Read) -> None:
    same = "{id: cold-session, of: cold, longest: 20min, gap: 30min, to: [cold, warm], source: nhs}"
    more = f"limits:\n  - {same}\n"
    more += "  - {id: gap, of: cold, gap: 1h, to: [cold, warm], say: An hour between., source: nhs}"
    (gone,) = differences(read(whole(activities=ICE, limits=more)), read(whole(activities=ICE)))
    assert str(gone) == "limit gap is gone: of cold; gap 1h; to cold, warm; say “An hour between.”"
    assert gone.is_weaker


def test_another_order_of_phases_is_told(read: Read) -> None:
    before = read(whole())
    two = replace(before, phases=(before.phases[0], replace(before.phases[0], id="second")))
    turned = replace(two, phases=two.phases[::-1])
    assert [str(each) for each in differences(two, turned)] == [
        "order of phases first, second becomes second, first"
    ]


def test_steps_of_an_alternation_are_named_by_their_place(library: Library) -> None:
    before = read_protocol(library.find("contrast"), library).protocol
    (phase,) = before.phases
    packs = next(activity for activity in phase.activities if activity.id == "packs")
    first, *others = packs.steps  # type: ignore[union-attr]
    shorter = replace(
        packs, steps=(replace(first, duration=others[0].duration, wait=Duration(seconds=7200)), *others)
    )  # type: ignore[call-arg]
    other = replace(
        before,
        phases=(replace(phase, activities=tuple(shorter if a is packs else a for a in phase.activities)),),
    )
    assert [str(each) for each in differences(before, other)] == [
        "phase contrast, activity packs, step 1: wait 1h becomes 2h"
    ]


def limit(**fields: object) -> Limit:
    return Limit("x", ("cold", "warm"), **fields)  # type: ignore[arg-type]


def hours(count: int) -> Duration:
    return Duration(seconds=3600 * count)


def after(count: int, origin: str = "injury") -> Anchor:
    return Anchor(origin, hours(count))


LIMITS = [
    (limit(longest=hours(1)), limit(longest=hours(2)), True),
    (limit(longest=hours(2)), limit(longest=hours(1)), False),
    (limit(longest=hours(2), never=True), limit(never=True), True),
    (limit(never=True), limit(longest=hours(2), never=True), False),
    (limit(gap=hours(2)), limit(gap=hours(1)), True),
    (limit(gap=hours(1)), limit(gap=hours(2)), False),
    (limit(most_per_day=3), limit(most_per_day=4), True),
    (limit(most_per_day=4), limit(most_per_day=3), False),
    (limit(never=True), limit(longest=hours(1), never=False), True),
    (limit(not_before=after(48)), limit(not_before=after(24)), True),
    (limit(not_before=after(24)), limit(not_before=after(48)), False),
    (limit(not_before=after(24)), limit(not_before=after(2, "phase")), False),
    (limit(not_after=after(24)), limit(not_after=after(48)), True),
    (limit(not_after=after(24)), limit(), True),
    (limit(), replace(limit(), of=("cold",)), True),
    (limit(), limit(during=("rice",)), True),
    (limit(during=("rice",)), limit(), False),
]


@pytest.mark.parametrize(("old", "new", "is_weaker"), LIMITS)
def test_what_loosens_a_limit_is_marked(read: Read, old: Limit, new: Limit, is_weaker: bool) -> None:
    before = read(whole())
    changes = differences(replace(before, limits=(old,)), replace(before, limits=(new,)))
    assert any(each.is_weaker for each in changes) is is_weaker


LOOSER = [
    ("duration: 20min", "duration: 30min", True),
    ("duration: 20min", "duration: 10min", False),
    ("min: 24h", "min: 12h", True),
    ("min: 24h", "min: 36h", False),
    ("fresh: 24h", "fresh: 48h", True),
    ("I: 2w..4w, II", "I: 1w..4w, II", True),
    ("level: urgent, say: See", "level: routine, say: See", True),
    (SECTIONS["red_flags"], "red_flags: []", True),
    ("title: Small", "title: Smaller", False),
]


@pytest.mark.parametrize(("old", "new", "is_weaker"), LOOSER)
def test_what_is_less_strict_is_marked(
    changed: Callable[..., tuple[Difference, ...]], old: str, new: str, is_weaker: bool
) -> None:
    changes = [(old, new)]
    if "30min" in new:
        changes.append(("longest: 20min", "longest: 30min"))
    assert {each.is_weaker for each in changed(*changes)} == {is_weaker}


def test_texts_in_other_languages_are_compared(read: Read) -> None:
    before = read(whole())
    klein, winzig = (replace(before, title=Text("Small", {"de": word})) for word in ("Klein", "Winzig"))
    assert differences(klein, klein) == ()
    assert [str(each) for each in differences(before, klein)] == ["title in de Klein is new"]
    assert [str(each) for each in differences(klein, winzig)] == ["title in de Klein becomes Winzig"]


class Ration(Value):
    """A kind of value that the model may get one day."""

    noun = "ration"

    id: str
    amount: Duration
    words: str = ""


def test_fields_that_the_model_gets_later_are_covered(read: Read) -> None:
    class Later(RecoveryProtocol):
        rations: tuple[Ration, ...] = ()
        mood: str = ""

    def later(mood: str, *rations: Ration) -> Later:
        return Later(**{name: getattr(before, name) for name in before._fields}, rations=rations, mood=mood)

    before = read(whole())
    changes = differences(
        later("good", Ration("water", hours(1)), Ration("salt", hours(1))),
        later("better", Ration("water", hours(2), "More of it"), Ration("air", hours(3))),
    )
    assert [str(each) for each in changes] == [
        "ration water: amount 1h becomes 2h",
        "ration water: words “More of it” is new",
        "ration salt is gone: amount 1h",
        "ration air is new: amount 3h",
        "mood good becomes better",
    ]
