"""The protocols that come with the program, and the examples of the language's reference."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from recovery.protocol.library import Library, installed_folder
from recovery.protocol.lint.gates import is_contradictory
from recovery.protocol.model import Treatment, modalities
from recovery.protocol.problems import Problem
from recovery.protocol.reading import check_door, check_file, read_protocol
from recovery.protocol.terms import (
    GRADES,
    MODALITIES,
    ON_THE_SKIN,
    All,
    Comparison,
    Duration,
    may_apply,
)

Check = Callable[..., tuple[Problem, ...]]
Whole = Callable[..., str]

IDS = tuple(path.stem for path in sorted(installed_folder().glob("*.yaml")))
README = (installed_folder() / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"<!-- example: ([a-z]+) -->\n```yaml\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("name", IDS)
def test_a_shipped_file_has_no_problems_not_even_warnings(name: str, library: Library) -> None:
    assert check_file(installed_folder() / f"{name}.yaml", library)[1] == ()


@pytest.mark.parametrize("name", IDS)
def test_everything_in_a_shipped_file_names_a_source(name: str, library: Library) -> None:
    protocol = read_protocol(library.find(name), library).protocol
    items = [
        *protocol.observations.values(),
        *protocol.limits,
        *protocol.tables.values(),
        *protocol.red_flags,
    ]
    items += [*protocol.phases, *(activity for phase in protocol.phases for activity in phase.activities)]
    assert [item.id for item in items if not item.cites] == []


def test_no_cold_session_is_longer_than_twenty_minutes_in_any_phase(library: Library) -> None:
    for name in IDS:
        protocol = read_protocol(library.find(name), library).protocol
        for phase in protocol.phases:
            for activity in phase.everything():
                for step in activity.steps if isinstance(activity, Treatment) else ():
                    assert step.modality in MODALITIES
                    if step.modality in ("cold", "warm"):
                        assert step.duration.most.seconds <= 1200


def test_warmth_waits_for_48_hours_and_for_swelling_and_pain(library: Library) -> None:
    protocol = read_protocol(library.find("strain"), library).protocol
    warm = [limit for limit in protocol.limits if "warm" in limit.of and not limit.during]
    assert {str(limit.not_before) for limit in warm} == {"injury+48h", "None"}
    needs = next(limit.needs for limit in warm if limit.needs)
    enter = protocol.phase("contrast").enter_when
    assert enter is not None
    assert str(needs) in str(enter)
    assert not is_contradictory(enter, protocol.observations)


def test_nothing_holds_as_lessened_while_the_swelling_rises_again(library: Library) -> None:
    protocol = read_protocol(library.find("strain"), library).protocol
    needs = next(limit.needs for limit in protocol.limits if limit.id == "warm-when-lessened")
    gates = [protocol.phase("rice").leave_when, protocol.phase("contrast").enter_when, needs]
    lessened = "((swelling falling and not (swelling rising)) or swelling == 0)"
    assert all(str(gate).count(lessened) == 1 for gate in gates)
    rises_again = Comparison("swelling", "rising")
    assert all(
        is_contradictory(All((gate, rises_again, Comparison("swelling", "!=", 0.0))), protocol.observations)
        for gate in gates
        if gate is not None
    )


def test_severe_pain_is_told_whether_it_rises_or_not(library: Library) -> None:
    protocol = read_protocol(library.find("rice"), library).protocol
    flags = [flag for flag in protocol.red_flags if flag.level == "urgent" and flag.when]
    assert [str(flag.when) for flag in flags if flag.id == "severe-pain"] == ["pain >= 8"]


@pytest.mark.parametrize("name", IDS)
def test_whoever_asks_for_the_pain_sees_it_severe_or_worse_and_goes_on_telling(
    name: str, library: Library
) -> None:
    protocol = read_protocol(library.find(name), library).protocol
    if "pain" not in protocol.observations:
        assert name in ("trigger-point", "sitting", "prevention")
        return
    seen = [str(flag.when) for flag in protocol.red_flags if flag.level == "urgent" and flag.when]
    assert "pain >= 8" in seen
    assert any("pain rise >= 2 since second-last" in when for when in seen)
    most = [phase.at_most for phase in protocol.phases if phase.at_most is not None]
    assert len(most) == len(protocol.phases)
    assert all(each.again is not None and each.unanswered for each in most)
    for before, phase in pairwise(protocol.phases):
        if phase.id in ("loading", "return"):
            assert phase.back_to is not None
            assert phase.back_to.phase == before.id


@pytest.mark.parametrize("sign", ["severe-pain", "getting-worse", "worse-later", "bleeding-inside"])
def test_what_the_program_sees_by_itself_is_told_in_the_same_words_everywhere(
    sign: str, library: Library
) -> None:
    protocols = [read_protocol(library.find(name), library).protocol for name in IDS]
    flags = [flag for each in protocols for flag in each.red_flags if flag.id == sign]
    assert len(flags) > 2
    assert len({(flag.say, flag.level, flag.suspends) for flag in flags}) == 1


def test_swelling_that_rises_again_is_told_once_packs_are_possible(library: Library) -> None:
    protocol = read_protocol(library.find("contrast"), library).protocol
    (flag,) = (flag for flag in protocol.red_flags if flag.id == "worse-again")
    assert str(flag.when) == "injury >= 48h and swelling rising and swelling >= 2"
    assert (flag.level, flag.suspends, flag.cites) == (
        "routine",
        ("cold", "warm", "exercise", "massage"),
        {"": ("own",)},
    )


def test_tens_waits_for_an_hour_after_a_pack(library: Library) -> None:
    protocol = read_protocol(library.find("strain"), library).protocol
    (gap,) = (limit for limit in protocol.limits if "tens" in limit.to)
    assert (gap.of, gap.gap, gap.during) == (("cold", "warm"), Duration(seconds=3600), ())


@pytest.mark.parametrize("grade", GRADES)
def test_every_grade_can_climb_within_the_least_of_loading(library: Library, grade: str) -> None:
    protocol = read_protocol(library.find("strain"), library).protocol
    loading = protocol.phase("loading")
    rungs = [rung for rung in loading.ladder if may_apply(rung.only_if, {"grade": grade})]
    climbed = ["motion"] if grade == "I" else ["motion", "isometric", "dynamic", "heavy"]
    assert [rung.id for rung in rungs] == climbed, "the source: grade I needs no programme"
    needed = sum(protocol.length(rung.least, grade).about_seconds for rung in rungs[:-1])
    assert needed <= protocol.length(loading.least, grade).about_seconds


def test_each_exercise_session_of_a_strain_has_cards_with_a_dose(library: Library) -> None:
    protocol = read_protocol(library.find("strain"), library).protocol
    sessions = [
        each
        for phase in protocol.phases
        for each in phase.everything()
        if isinstance(each, Treatment) and modalities(each) == {"exercise"}
    ]
    assert [each.id for each in sessions if not each.exercises] == ["motion-mild"]
    of_ladder = [card for each in sessions if each.id != "activity" for card in each.exercises]
    assert all(card.repetitions and card.how and card.cites for card in of_ladder)
    assert not any("across" in card.how for card in of_ladder)


def test_protocols_that_must_not_run_together_say_so_on_both_sides(library: Library) -> None:
    """Parts in common exclude each other anyway: rice is a part of strain."""
    all_of = {name: read_protocol(library.find(name), library).protocol for name in IDS}
    pairs = {(name, each.id) for name, protocol in all_of.items() for each in protocol.excludes}
    one_sided = {(a, b) for a, b in pairs if (b, a) not in pairs and b not in all_of[a].uses}
    assert one_sided == set()


@pytest.mark.parametrize("name", IDS)
def test_the_signs_of_an_emergency_are_asked_everywhere_and_stop_all(library: Library, name: str) -> None:
    flags = {flag.id: flag for flag in read_protocol(library.find(name), library).protocol.red_flags}
    for sign in ("saddle", "breathless"):
        assert (flags[sign].level, flags[sign].suspends) == ("emergency", MODALITIES)
        assert flags[sign].ask


# The reference --------------------------------------------------------------------------------------


def test_every_yaml_block_of_the_reference_is_an_example() -> None:
    assert README.count("```yaml") == len(EXAMPLES) > 10


@pytest.mark.parametrize(("kind", "text"), EXAMPLES)
def test_an_example_of_the_reference_is_right(check: Check, whole: Whole, kind: str, text: str) -> None:
    tables = (
        "tables:\n  loading: {I: 1w..3w, II: 3w..7w, III: 10w..11mo, source: own}\n"
        "  heal: {I: 2w..4w, II: 4w..8w, III: 3mo..12mo, source: own}"
    )
    match kind:
        case "door":
            assert check_door(text, "calf.yaml", "calf", IDS)[1] == ()
            return
        case "file":
            content = text
        case "top":
            parts = re.split(r"^(?=[a-z_]+:)", text, flags=re.MULTILINE)
            content = whole(**{part.partition(":")[0]: part.rstrip() for part in parts if part})
        case "phase":
            content = whole(phases=text, tables=tables)
        case "activity":
            content = whole(activities=text)
        case "condition":
            content = whole(gate="leave_when:\n" + "".join(f"  {line}\n" for line in text.splitlines()))
        case _:
            pytest.fail(f"no such kind of example: {kind}")
    assert [str(problem) for problem in check(content) if problem.is_error] == []


def test_the_reference_names_every_modality() -> None:
    assert all(f"`{modality}`" in README for modality in MODALITIES)


def test_problems_come_in_the_same_order_each_time(tmp_path: Path) -> None:
    text = (installed_folder() / "contrast.yaml").read_text(encoding="utf-8")
    file = tmp_path / "contrast.yaml"
    several = text.replace(
        "only_if: raynaud == yes", "only_if: {any: [raynaud == yes, heart == yes, skin == yes]}"
    )
    file.write_text(several.replace("per_day: mpft, only_if: own", 'per_day: mpft, only_if: "seed:183"'))

    said = {
        subprocess.run(
            [sys.executable, "-m", "recovery", "validate", str(file)],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        for seed in range(4)
    }

    assert len(said) == 1
    assert said.pop().count("none of the sources of 'only_if'") == 3


@pytest.mark.parametrize("name", IDS)
def test_every_treatment_of_the_skin_has_a_sign_of_its_harm(name: str, library: Library) -> None:
    protocol = read_protocol(library.find(name), library).protocol
    done = {modality for phase in protocol.phases for modality in phase.modalities} & {*ON_THE_SKIN}
    assert done <= {modality for flag in protocol.red_flags for modality in flag.harm}


def test_signs_and_questions_of_several_files_are_word_for_word_the_same(library: Library) -> None:
    said: dict[tuple[str, str], set[object]] = {}
    for file in installed_folder().glob("*.yaml"):
        protocol = read_protocol(file, library).protocol
        for flag in protocol.red_flags:
            if flag.ask:
                about = (str(flag.ask), str(flag.say), flag.level, flag.suspends)
                said.setdefault(("sign", flag.id), set()).add(about)
        for question in protocol.screen:
            forbids = (str(question.ask), str(question.say), question.level, question.forbids)
            said.setdefault(("question", question.id), set()).add(forbids)
    assert [name for name, words in said.items() if len(words) > 1] == []


@pytest.mark.parametrize(
    "name", ["strain", "rice", "cold-10-10-10", "contrast", "peace-and-love", "trigger-point"]
)
def test_a_broken_or_dislocated_hip_is_an_emergency_and_a_clot_or_an_infection_stops_all(
    name: str, library: Library
) -> None:
    flags = {flag.id: flag for flag in read_protocol(library.find(name), library).protocol.red_flags}
    for sign in ("broken", "dislocated", "deformed"):
        assert flags[sign].level == "emergency"
    for sign in ("broken", "dislocated", "deformed", "swollen-leg", "redness"):
        assert {*flags[sign].suspends} == {*MODALITIES}
