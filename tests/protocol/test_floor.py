"""The floor of the language: shipped files, coherently rewritten, are refused unless somebody answers for them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from recovery.protocol import compiled, floor
from recovery.protocol.library import Library, installed_folder
from recovery.protocol.model import Responsible
from recovery.protocol.problems import Problem
from recovery.protocol.reading import check_file, read_protocol

Tree = dict[str, Any]
README = (installed_folder() / "README.md").read_text("utf-8")
SIGNED = {
    "name": "Dr. Jana Meyer",
    "role": "Physiotherapist",
    "registration": "HCPC PH12345",
    "on": "2026-11-20",
    "because": "Under my eyes.",
}


def tree(name: str) -> Tree:
    """A shipped file as texts, without its translations."""
    path = installed_folder() / f"{name}.yaml"
    loaded: Tree = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # makes texts only
    del loaded["translations"]
    return loaded


class _Plain(yaml.SafeDumper):
    """Writes what stands twice out twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def text_of(file: Tree) -> str:
    return yaml.dump(file, Dumper=_Plain, sort_keys=False, allow_unicode=True)


def of(items: list[Tree], name: str) -> Tree:
    return next(item for item in items if item["id"] == name)


def change(section: str, name: str, **fields: Any) -> Callable[[Tree], None]:
    """Other fields of one item, by the author's own word; None takes a field away."""

    def rewrite(file: Tree) -> None:
        item = of(file[section], name)
        item.update(fields | {"source": "own", "say": "So it is."})
        for field in [field for field, value in fields.items() if value is None]:
            del item[field]

    return rewrite


def without(section: str, *names: str) -> Callable[[Tree], None]:
    """Without some items of a section, or without the section."""

    def rewrite(file: Tree) -> None:
        file[section] = [item for item in file[section] if names and item["id"] not in names]

    return rewrite


def activity(name: str, **fields: Any) -> Callable[[Tree], None]:
    """Other fields of one activity, with nothing left to choose; None takes a field away."""

    def rewrite(file: Tree) -> None:
        item = of(file["phases"][0]["do"], name)
        item.pop("choose", None)
        item.update(fields | {"source": "own"})
        for field in [field for field, value in fields.items() if value is None]:
            del item[field]

    return rewrite


def unsaid(file: Tree) -> None:
    """No source says any more which numbers it gives."""
    for source in file["sources"].values():
        source.pop("says", None)


def later(file: Tree) -> None:
    """Ice in a second phase that looks at nothing, where the limit of the first does not hold."""
    first = file["phases"][0]
    ice = of(first["do"], "ice")
    first["do"].remove(ice)
    for activity in first["do"]:
        activity.pop("with", None)
    del ice["until"]
    ice["source"] = "own"
    del of(file["limits"], "no-warmth-yet")["in"]
    file["limits"].append({"id": "ice-later", "of": "cold", "not_before": "injury+48h", "source": "own"})
    look = of(first["do"], "look")
    look.pop("until", None)
    phase = {
        "id": "more",
        "min": "24h",
        "leave_when": "pain <= 3",
        "enter_when": "injury >= 48h",
        "source": "own",
    }
    file["phases"].append(phase | {"do": [ice, look]})


def endless(file: Tree) -> None:
    ice = of(file["phases"][0]["do"], "ice")
    del ice["until"]
    ice["source"] = "own"


def entered_early(file: Tree) -> None:
    enter = file["phases"][0]["enter_when"]
    enter["all"] = ["injury >= 1h", *enter["all"][1:]]
    file["phases"][0]["source"] = "own"


def swapped(file: Tree) -> None:
    """A question is no question any more: the sign comes when the person says that the pain is at its worst."""
    sign = of(file["red_flags"], "redness")
    del sign["ask"]
    sign["when"] = "pain >= 10"
    sign["source"] = "own"


def long_round(file: Tree) -> None:
    ice = of(file["phases"][0]["do"], "ice")
    ice["steps"] = [*ice["steps"], ice["steps"][1], *ice["steps"], ice["steps"][1], *ice["steps"]]


def resting(file: Tree) -> None:
    """Nothing but the bandage is left of what is done."""
    for phase in file["phases"]:
        phase["do"] = [each for each in phase["do"] if each["kind"] in ("hold", "check-in", "advice")]


IN_TENS = (
    change("limits", "cold-session", longest="10min"),
    change("limits", "thermal-gap", gap="10min", of="cold", to="cold"),
    lambda file: file["limits"].append(
        {"id": "packs", "of": ["cold", "warm"], "gap": "1h", "to": ["warm"], "source": "own"}
    ),
)


def sixteen(file: Tree) -> None:
    file["limits"].append({"id": "a-day", "of": "cold", "most_per_day": "16", "source": "own"})


REWRITES: dict[str, tuple[str, str, tuple[Callable[[Tree], None], ...]]] = {
    "ice for a day": ("rice", "below-floor", (change("limits", "cold-session", longest="24h"),)),
    "ice a minute longer": ("rice", "below-floor", (change("limits", "cold-session", longest="21min"),)),
    "ice for a day in that phase": (
        "rice",
        "session-without-limit",
        (change("limits", "cold-session", **{"in": "rice"}), later),
    ),
    "ice at once again": ("rice", "below-floor", (change("limits", "thermal-gap", gap="1s"),)),
    "ice to 96 h": (
        "rice",
        "below-floor",
        (change("limits", "ice-48h", not_after="injury+96h"), activity("ice", until="injury+96h")),
    ),
    "ice for ever": ("rice", "fresh-without-limit", (without("limits", "ice-48h"), endless)),
    "ice in a later phase": ("rice", "fresh-without-limit", (later,)),
    "ice all day": (
        "cold-10-10-10",
        "below-floor",
        (activity("ice", every="10min"), change("limits", "cold-ten-session", longest="10min")),
    ),
    "ice all day, by choice": (
        "cold-10-10-10",
        "below-floor",
        (
            activity("ice", every="10min..3h30min", choose="every"),
            change("limits", "cold-ten-session", longest="10min"),
        ),
    ),
    "ten on and ten off, for hours": (
        "rice",
        "below-floor",
        (*IN_TENS, activity("ice", short=None, duration="10min", every="10min")),
    ),
    "ten on and ten off, all day": (
        "rice",
        "below-floor",
        (*IN_TENS, activity("ice", short=None, duration="10min", every=None, per_day="30")),
    ),
    "sixteen packs that are no rounds": (
        "rice",
        "below-floor",
        (*IN_TENS, activity("ice", short=None, duration="10min"), sixteen),
    ),
    "one long round of ice": ("cold-10-10-10", "below-floor", (long_round,)),
    "no wait at all": ("rice", "session-without-gap", (without("limits", "thermal-gap"),)),
    "warmth at once": (
        "contrast",
        "below-floor",
        (change("limits", "warm-48h", not_before="injury+1h"), entered_early),
    ),
    "warmth for hours": ("contrast", "below-floor", (change("limits", "warm-session", longest="3h"),)),
    "warmth as often as you like": ("contrast", "below-floor", (change("limits", "warm-a-day", most_per_day="20"),)),
    "warmth uncounted": ("contrast", "warmth-without-limit", (without("limits", "warm-a-day"),)),
    "warmth on a swelling": ("contrast", "warmth-without-limit", (without("limits", "warm-when-lessened"),)),
    "warm and cold at once": ("contrast", "below-floor", (change("limits", "thermal-gap", gap="1s"),)),
    "TENS for ten hours": ("contrast", "below-floor", (change("limits", "tens-session", longest="10h"),)),
    "TENS on numb skin": ("contrast", "below-floor", (change("limits", "tens-after-pack", gap="1s"),)),
    "TENS all day": ("contrast", "below-floor", (activity("tens", per_day="12"),)),
    "TENS all day, by choice": ("contrast", "below-floor", (activity("tens", per_day="1..12", choose="per_day"),)),
    "massage for an hour": (
        "trigger-point",
        "below-floor",
        (change("limits", "massage-session", longest="1h"), activity("press", duration="1h")),
    ),
    "massage at once again": ("trigger-point", "below-floor", (change("limits", "massage-gap", gap="1s"),)),
    "massage twenty times": ("trigger-point", "below-floor", (activity("press", per_day="20"),)),
    "massage of a fresh strain": ("trigger-point", "missing-question", (without("screen", "fresh"),)),
    "a fresh strain goes on": (
        "trigger-point",
        "missing-question",
        (change("screen", "fresh", refuse=None, forbid="tens"),),
    ),
    "no questions": ("rice", "missing-question", (without("screen"), without("red_flags", "bleeding-inside"))),
    "a question forbids something else": ("rice", "missing-question", (change("screen", "skin", forbid="exercise"),)),
    "no signs, rice": ("rice", "missing-sign", (without("red_flags"),)),
    "no signs, contrast": ("contrast", "missing-sign", (without("red_flags"),)),
    "no signs, in tens": ("cold-10-10-10", "missing-sign", (without("red_flags"),)),
    "no signs, trigger point": ("trigger-point", "missing-sign", (without("red_flags"),)),
    "no signs, loading": ("peace-and-love", "missing-sign", (without("red_flags"),)),
    "one sign less": ("rice", "missing-sign", (without("red_flags", "numb-below"),)),
    "no signs and nothing said": ("rice", "missing-sign", (without("red_flags"), unsaid)),
    "a mild emergency": ("rice", "missing-sign", (change("red_flags", "saddle", level="routine"),)),
    "an emergency stops little": ("rice", "missing-sign", (change("red_flags", "tense", suspend=["exercise"]),)),
    "a sign that is asked too late": ("rice", "missing-sign", (change("red_flags", "redness", begins="injury+1w"),)),
    "no sign of a fracture": ("rice", "missing-sign", (without("red_flags", "broken"),)),
    "no sign of a dislocation": ("trigger-point", "missing-sign", (without("red_flags", "dislocated"),)),
    "no sign of a tear": ("contrast", "missing-sign", (without("red_flags", "gap"),)),
    "no sign of a clot": ("trigger-point", "missing-sign", (without("red_flags", "swollen-leg"),)),
    "a deformed leg can wait": ("rice", "missing-sign", (change("red_flags", "deformed", level="urgent"),)),
    "a bandage, and no signs": ("peace-and-love", "missing-sign", (resting, without("red_flags"))),
    "cold for diabetics": ("rice", "missing-question", (without("screen", "diabetes"),)),
    "a bandage for diabetics": ("peace-and-love", "missing-question", (change("screen", "diabetes", forbid="cold"),)),
    "a bandage on numb skin": ("peace-and-love", "missing-question", (without("screen", "skin"),)),
    "a bandage on poor circulation": ("peace-and-love", "missing-question", (without("screen", "circulation"),)),
    "a bandage on a clot": ("peace-and-love", "missing-question", (without("screen", "clot"),)),
    "massage on a clot": ("trigger-point", "missing-question", (change("screen", "clot", forbid="warm"),)),
    "massage under blood thinners": ("trigger-point", "missing-question", (without("screen", "bleeding"),)),
    "a fresh injury under blood thinners": (
        "rice",
        "missing-question",
        (without("screen", "bleeding"), without("red_flags", "bleeding-inside")),
    ),
    "massage in a fever": ("trigger-point", "missing-question", (change("screen", "fever", forbid=["cold", "warm"]),)),
    "cold in a fever": ("rice", "missing-question", (without("screen", "fever"),)),
    "massage on a tumour": ("trigger-point", "missing-question", (change("screen", "cancer", forbid="warm"),)),
    "warmth that burnt before": ("contrast", "missing-question", (without("screen", "heat-reaction"),)),
    "massage in pregnancy": ("trigger-point", "missing-question", (without("screen", "pregnant"),)),
    "massage of thin bones": ("trigger-point", "missing-question", (without("screen", "bones"),)),
    "massage after an injection": ("trigger-point", "missing-question", (without("screen", "injection"),)),
    "TENS on an artificial hip": ("contrast", "missing-question", (without("screen", "hip-replacement"),)),
    "a sign that nobody asks": ("rice", "missing-sign", (swapped,)),
}  # fmt: skip


@pytest.fixture
def tried(tmp_path: Path) -> Callable[[Tree], tuple[Problem, ...]]:
    def check(file: Tree) -> tuple[Problem, ...]:
        path = tmp_path / "mine.yaml"
        path.write_text(text_of(file), "utf-8")
        return check_file(path, Library((installed_folder(),)))[1]

    return check


Tried = Callable[[Tree], tuple[Problem, ...]]


def rewritten(name: str) -> tuple[Tree, str]:
    shipped, rule, rewrites = REWRITES[name]
    file = tree(shipped)
    for rewrite in rewrites:
        rewrite(file)
    used = text_of({key: value for key, value in file.items() if key != "sources"})
    file["sources"] = {key: value for key, value in file["sources"].items() if re.search(rf"\b{key}\b", used)}
    return file, rule


@pytest.mark.parametrize("name", REWRITES)
def test_a_rewrite_below_the_floor_is_refused(tried: Tried, name: str) -> None:
    file, rule = rewritten(name)
    refusals = [problem for problem in tried(file) if problem.rule == rule]
    assert refusals, name
    assert all(problem.is_error and problem.line > 0 and problem.expected for problem in refusals)


@pytest.mark.parametrize("name", REWRITES)
def test_the_same_with_somebody_who_answers_for_it_is_told_and_accepted(tried: Tried, name: str) -> None:
    file, rule = rewritten(name)
    problems = tried(file | {"responsible": SIGNED})
    assert rule in {problem.rule for problem in problems}
    assert [str(problem) for problem in problems if problem.is_error] == []


def test_the_message_says_where_which_floor_and_what_to_do(tried: Tried) -> None:
    file, _rule = rewritten("ice for a day")
    (problem,) = [problem for problem in tried(file) if problem.rule == "below-floor"]
    assert problem.path == "limit 'cold-session' > longest"
    assert problem.message == "less strict than the floor of the language: cold, longest session"
    assert problem.expected == (
        "20min or less (the page on the gluteus medius, line 183; NHS, sprains and strains), "
        "or a professional under 'responsible'"
    )
    assert problem.found == "24h"


@pytest.mark.parametrize("signed", [{}, {"responsible": SIGNED}])
def test_a_modality_cannot_be_renamed(tried: Tried, signed: Tree) -> None:
    file = tree("rice") | signed
    of(file["phases"][0]["do"], "ice")["of"] = "icepack"
    assert [problem.path for problem in tried(file) if problem.is_error] == [
        "phase 'rice' > activity 'ice' > of"
    ]


@pytest.mark.parametrize("signed", [{}, {"responsible": SIGNED}])
def test_no_least_time_is_not_what_a_source_with_a_range_says(tried: Tried, signed: Tree) -> None:
    """Nobody's word makes a source say something else."""
    file = tree("rice") | signed
    file["phases"][0]["min"] = "0s"
    (problem,) = [problem for problem in tried(file) if problem.is_error]
    assert (problem.rule, problem.path, problem.found) == ("number-not-in-source", "phase 'rice' > min", "0s")


def test_who_answers_for_a_file_answers_for_no_other(tmp_path: Path) -> None:
    file, _rule = rewritten("ice for a day")
    (tmp_path / "rice.yaml").write_text(text_of(file | {"responsible": SIGNED}), "utf-8")
    outer = {key: file[key] for key in ("format", "version", "title", "summary", "region", "inputs")}
    path = tmp_path / "outer.yaml"
    for signed in ({}, {"responsible": SIGNED}):
        path.write_text(text_of(outer | {"id": "outer", "phases": [{"use": "rice"}]} | signed), "utf-8")
        protocol, problems = check_file(path, Library((installed_folder(),)))
        assert (protocol is None) is not bool(signed)
        assert "below-floor" in {problem.rule for problem in problems}


DRAFT = """\
format: 1
id: draft
version: 1.0.0
title: Draft
summary: A draft.
region: hip
inputs: [side]
observe:
  pain: {ask: "Pain?", scale: 0..10, source: own}
LIMITS
phases:
  - id: only
    min: 1d
    leave_when: pain <= 3
    source: own
    do:
      - {id: ice, kind: session, of: cold, duration: LENGTH, per_day: COUNT, start: On, end: Off, source: own}
      - {id: look, kind: check-in, ask: [pain], every: 12h, source: own}
"""


@pytest.mark.parametrize(
    ("limits", "length", "count", "errors"),
    [
        ("", "20min", "3", []),
        ("", "24h", "1", ["below-floor"]),
        ("", "20min", "12", ["below-floor"]),
        ("limits: [{id: x, of: cold, longest: 24h, source: own}]", "20min", "3", ["below-floor"]),
        ("limits: [{id: x, of: cold, gap: 1s, to: cold, source: own}]", "20min", "3", ["below-floor"]),
        ("limits: [{id: x, of: cold, most_per_day: 50, source: own}]", "20min", "3", ["below-floor"]),
    ],
)
def test_a_first_draft_may_leave_out_what_it_has_not_come_to(
    tmp_path: Path, limits: str, length: str, count: str, errors: list[str]
) -> None:
    text = DRAFT.replace("LIMITS", limits).replace("LENGTH", length).replace("COUNT", count)
    (tmp_path / "draft.yaml").write_text(text, "utf-8")
    problems = check_file(tmp_path / "draft.yaml", Library((installed_folder(),)))[1]
    assert {"missing-sign", "missing-question"} <= {
        problem.rule for problem in problems if not problem.is_error
    }
    floored = [
        problem.rule for problem in problems if problem.is_error and problem.rule != "cadence-does-not-fit"
    ]
    assert floored == errors


NOBODY = (
    "me",
    "Me.",
    "nobody",
    "No one",
    "x",
    "xxx",
    "none",
    "n/a",
    "N.N.",
    "test",
    "Dr. x",
    "Dr.",
    "niemand",
)


# Who answers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("name", None, "responsible"),
        ("name", "-", "responsible > name"),
        ("name", "?!", "responsible > name"),
        *(("name", nobody, "responsible > name") for nobody in NOBODY),
        *(("role", nobody, "responsible > role") for nobody in ("none", "n/a", "x")),
        ("role", None, "responsible"),
        ("on", None, "responsible"),
        ("on", "yesterday", "responsible > on"),
        ("on", "2026-02-30", "responsible > on"),
        ("because", None, "responsible"),
        ("because", " ", "responsible > because"),
        ("licence", "all", "responsible > licence"),
    ],
)
def test_who_answers_is_a_person_with_a_profession_a_day_and_a_reason(
    tried: Tried, field: str, value: str | None, path: str
) -> None:
    signed = {key: each for key, each in (SIGNED | {field: value}).items() if each is not None}
    errors = [problem for problem in tried(tree("rice") | {"responsible": signed}) if problem.is_error]
    assert [problem.path for problem in errors] == [path]


def test_who_answers_is_kept_with_the_protocol(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    german = {"de": {"responsible.because": "Unter meinen Augen."}}
    path.write_text(text_of(tree("rice") | {"responsible": SIGNED, "translations": german}), "utf-8")
    protocol = read_protocol(path, Library((installed_folder(),))).protocol
    assert protocol.responsible == Responsible(**SIGNED)
    again = compiled.from_json(compiled.to_json(protocol))
    assert again == protocol
    in_german = compiled.in_language(protocol, "de").responsible
    assert in_german is not None
    assert in_german.because == "Unter meinen Augen."


# The reference --------------------------------------------------------------------------------------


def test_the_reference_shows_the_floor_as_it_is() -> None:
    for bound in floor.BOUNDS:
        what = bound.what.format(to=" or ".join(bound.to))
        number = f"{'at least' if bound.is_least else 'at most'} {bound.number}"
        assert f"| `{bound.of}` | {what} | {number} | {bound.source} |" in README
    for sign in floor.SIGNS:
        fresh = "with `onset`" if sign.is_for_fresh else "always"
        assert f"| `{sign.id}` | {sign.level} | {fresh} | {sign.source} |" in README
    for question in (*floor.QUESTIONS, floor.FRESH):
        guarded = ", ".join(f"`{each}`" for each in question.guards)
        assert f"| `{question.id}` | {guarded} | {question.source} |" in README
