"""At a terminal: questions, and styles where they are wanted."""

import os
import select
import subprocess
import time
from typing import Any

import pytest

from tests.desktop import LIMIT_SECONDS
from tests.profile import COMMAND, ICE, Profile, protocol

pty = pytest.importorskip("pty")

ESCAPE = "\x1b["


def at_terminal(profile: Profile, *arguments: str, types: str = "", status: int = 0, **environ: str) -> str:
    """All that appears on a terminal on which a command runs and `types` is typed."""
    here, there = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=there,
        stdout=there,
        stderr=there,
        cwd=profile.folder,
        env={**profile.environ, "TERM": "xterm-256color", "COLUMNS": "100", **environ},
        start_new_session=True,
    )
    os.close(there)
    os.write(here, types.encode())
    seen, limit = b"", time.monotonic() + LIMIT_SECONDS
    try:
        while select.select([here], [], [], max(0.0, limit - time.monotonic()))[0]:
            data = os.read(here, 4096)
            if not data:
                break
            seen += data
    except OSError:  # how Linux says that nobody holds the other end any more
        pass
    finally:
        os.close(here)
    assert process.wait(LIMIT_SECONDS) == status, seen.decode()
    return seen.decode().replace("\r\n", "\n")


GRADING = "no\nno\nno\nno\nno\nyes\n"
"""Answers to the questions for a grade: little loss, so I."""
KNOWN = ("--onset", "2h ago", "--grade", "1", "--side", "left")


def kept(profile: Profile) -> Any:
    (episode,) = profile.json("status")["episodes"]
    return episode


def started(profile: Profile) -> Any:
    (fact,) = profile.facts("started")
    return fact.data


def test_what_a_start_needs_is_asked_for(profile: Profile) -> None:
    seen = at_terminal(
        profile, "start", "strain", "--no-daemon", types=f"none\n2h ago\nleft\n\n{GRADING}none\nnone\n"
    )

    assert 'When did it happen ("2 hours ago", "yesterday 18:00"):' in seen
    assert "Which side is injured (left, right, both):" in seen
    assert "Has the left hip lost all its movement, or all its strength? (yes, no, unsure):" in seen
    assert "Grade I, by your answers:\n  yes: Is there pain, but little or no loss" in seen
    assert "Does any of these apply to you? It decides what is left out." in seen
    assert "   1  Fingers or toes that turn white in the cold" in seen
    assert "Is any of these so? Then somebody has to look at it." in seen
    assert "This one needs a doctor today." not in seen
    assert (kept(profile)["grade"], kept(profile)["side"], kept(profile)["alerts"]) == ("I", "left", [])
    assert set(kept(profile)["screen"].values()) == {"no"}
    assert started(profile)["assessment"]["answers"]["little-loss"] == "yes"


def test_only_what_is_missing_is_asked_for(profile: Profile) -> None:
    seen = at_terminal(
        profile,
        "start",
        "strain",
        "--no-daemon",
        *("--onset", "2h ago", "--grade", "1", "--screen", "none", "--signs", "limping"),
        types="none\nright\n\n",
    )
    assert "(yes, no, unsure)" not in seen
    assert "apply to you" not in seen
    assert "somebody has to look at it" not in seen
    assert "Which side" in seen


def test_a_wrong_answer_is_asked_for_again(profile: Profile) -> None:
    seen = at_terminal(
        profile,
        "start",
        "strain",
        "--no-daemon",
        types="none\nlately\nin 2h\n2h ago\nup\nleft\n\nperhaps\nYES\nno\nno\nno\nno\nno\n"
        "40\n0\n-1\n1,x\nyes\n²\n\nnone\n99\nlater\nnone\n",
    )
    assert "Error: 'lately' is not a time that I know" in seen
    assert "Error: the injury cannot be in the future" in seen
    assert "'up' is not one of" in seen
    assert "'perhaps' is no answer" in seen
    for word in ("40", "0", "-1", "x", "yes", "²", "99", "later"):
        assert f"Error: '{word}' is not one of the numbers" in seen
    assert kept(profile)["grade"] == "III"
    assert set(kept(profile)["screen"].values()) == {"no"}


def test_screening_questions_are_answered_by_their_numbers(profile: Profile) -> None:
    seen = at_terminal(profile, "start", "strain", "--no-daemon", *KNOWN, types="none\n\n1, 4 1\nnone\n")
    yes = [name for name, answer in kept(profile)["screen"].items() if answer == "yes"]

    assert yes == ["raynaud", "diabetes"]
    assert "Left out, because of a bad reaction to cold: Ice" in seen


def test_screening_questions_can_be_put_off(profile: Profile) -> None:
    at_terminal(profile, "start", "strain", "--no-daemon", *KNOWN, types="none\n\nLater\nnone\n")
    assert set(kept(profile)["screen"].values()) == {None}
    assert "until then wait: Ice, Compression" in profile.run("status").out


def test_only_open_screening_questions_are_asked(profile: Profile) -> None:
    seen = at_terminal(
        profile, "start", "strain", "--no-daemon", *KNOWN, "--screen", "raynaud=no", types="none\n\n1\nnone\n"
    )
    assert "Raynaud" not in seen
    assert [name for name, answer in kept(profile)["screen"].items() if answer == "yes"] == ["skin"]


def test_a_question_that_refuses_ends_the_start(profile: Profile) -> None:
    seen = at_terminal(
        profile, "start", "trigger-point", "--no-daemon", types="none\nleft\n\n\n\n1\n", status=1
    )
    assert "Which muscle is the point in?" in seen
    assert "Error: trigger-point is not for you now: No massage on a fresh injury" in seen
    assert "Is any of these so?" not in seen
    assert not (profile.home / "journal.db").exists()


def test_red_flags_are_reported_by_their_numbers_and_told_before_the_plan(profile: Profile) -> None:
    seen = at_terminal(profile, "start", "strain", "--no-daemon", *KNOWN, types="none\n\nnone\n1\n")

    assert [alert["id"] for alert in kept(profile)["alerts"]] == ["flag/no-weight"]
    assert seen.index("Have it looked at today") < seen.index(
        "The plan below does not take the place of that."
    )
    assert seen.index("The plan below") < seen.index("Recovery from a muscle strain")


def test_a_limp_found_by_the_questions_is_reported_and_not_asked_again(profile: Profile) -> None:
    types = "\nno\nunsure\nyes\nno\nno\nno\nnone\nnone\n"
    seen = at_terminal(
        profile,
        "start",
        "strain",
        "--no-daemon",
        "--onset",
        "2h ago",
        "--side",
        "left",
        types="none\n" + types,
    )
    assert "Grade II, by your answers:" in seen
    assert seen.index("Worth a visit: A limp") < seen.index("Recovery from a muscle strain")
    assert next(alert["id"] for alert in kept(profile)["alerts"]) == "flag/limping"
    assert seen.count("Do you limp?") == 2, "the question, and the reason for the grade"
    assert started(profile)["assessment"]["answers"]["weight"] == "unsure"


def test_a_grade_may_be_given_as_unsure(profile: Profile) -> None:
    seen = at_terminal(
        profile, "start", "strain", "--no-daemon", "--onset", "2h ago", "--side", "left", "--grade", "unsure",
        types="none\n\nnone\nnone\n",
    )  # fmt: skip
    assert "(yes, no, unsure)" not in seen
    assert kept(profile)["grade"] == "II"


def test_the_grade_can_be_found_alone(profile: Profile) -> None:
    seen = at_terminal(profile, "assess", "--protocol", "strain", types="unsure\nno\nno\nno\nno\nno\n")
    assert "Grade II, by your answers:\n  unsure: Has the injured hip lost all its movement" in seen
    assert seen.endswith("recovery start strain --grade II\n")
    seen = at_terminal(profile, "assess", "complete-loss=yes", types="no\nno\nno\nno\nno\n")
    assert seen.endswith("recovery start strain --grade III\n")
    assert not profile.home.exists()


def test_the_front_door_asks_for_emergencies_at_once_then_at_most_eight_questions_then_for_the_grade(
    profile: Profile,
) -> None:
    eight = "yes\nyes\nno\nyes\nunsure\nno\nno\nno\n"
    seen = at_terminal(profile, "assess", types=f"none\n{eight}no\nno\nno\nyes\nno\nno\nn\n")
    assert seen.count("Numbers of those that apply, or none: ") == 1
    assert seen.count("(yes, no, unsure): ") == 8 + 6
    assert "recovery start strain --grade II\nStart it now? [Y/n]: " in seen

    seen = at_terminal(profile, "assess", types="3\n", status=1)
    assert "EMERGENCY: Call the emergency number now" in seen
    assert "(yes, no, unsure)" not in seen
    seen = at_terminal(profile, "assess", types="none\n" + "no\n" * 8)
    assert seen.count("(yes, no, unsure): ") == 8
    assert "looks like none of these" in seen
    assert not profile.home.exists()


def test_the_front_door_leads_into_a_start_that_asks_nothing_twice(profile: Profile) -> None:
    door, grade = "none\nyes\nyes\nno\nyes\nunsure\nno\nno\nno\n", "no\nno\nyes\nyes\nno\nno\n"
    start = "y\n2h ago\nleft\n\nnone\nnone\n"
    seen = at_terminal(profile, "assess", types=door + grade + start)
    assert seen.count("call for help at once") == 1
    assert seen.count("Do you limp? (yes, no, unsure): ") == 1
    assert seen.count("(yes, no, unsure): ") == 8 + 6
    assert kept(profile)["grade"] == "II"
    assert "limping" in str(kept(profile))


def test_options_are_asked_for_with_their_choices(profile: Profile) -> None:
    at_terminal(
        profile,
        "start",
        "trigger-point",
        "--no-daemon",
        types="none\nright\nbiceps\npiriformis\nyes\nno\nnone\nnone\n\n",
    )
    assert kept(profile)["options"] == {"muscle": "piriformis", "balance": "yes", "tens": "no"}


def test_how_often_a_day_is_asked_once_and_enter_takes_the_fewest(profile: Profile) -> None:
    seen = at_terminal(
        profile, "start", "trigger-point", "--no-daemon", "--side", "left", "--screen", "none", "--signs", "none",
        "--set", "muscle=piriformis", "--set", "balance=no", "--set", "tens=no", types="7\nmany\n5\n",
    )  # fmt: skip
    asked = "how many times a day suit you, up to 6 (recovery choose changes it later) [3]:"
    assert seen.count(asked) == 3
    assert seen.count("Error: 3 to 6 times a day, or as many times of day") == 2
    assert "recovery choose shows what is up to you: how often, how long, at what time." in seen
    assert [(each["activity"], each["key"], each["value"]) for each in started(profile)["choices"]] == [
        ("press", "per_day", "5")
    ]


def test_how_often_is_not_asked_once_it_was_typed(profile: Profile) -> None:
    seen = at_terminal(
        profile, "start", "trigger-point", "--no-daemon", "--side", "left", "--screen", "none", "--signs", "none",
        "--set", "muscle=piriformis", "--set", "balance=no", "--set", "tens=no", "--choose", "press=4",
    )  # fmt: skip
    assert "suit you" not in seen


@pytest.mark.parametrize(
    "types", ["2h ago\nleft\n\nno\n", f"2h ago\nleft\n\n{GRADING}", f"2h ago\nleft\n\n{GRADING}none\n"]
)
def test_leaving_at_any_question_keeps_nothing(profile: Profile, types: str) -> None:
    at_terminal(profile, "start", "strain", "--no-daemon", types="none\n" + types + "\x04", status=130)
    assert not (profile.home / "journal.db").exists()


def test_an_answer_can_be_refused_by_leaving(profile: Profile) -> None:
    at_terminal(profile, "start", "strain", "--no-daemon", types="none\n2h ago\n\x04", status=130)
    assert not (profile.home / "journal.db").exists()


def test_a_check_in_asks_what_the_phase_asks(profile: Profile) -> None:
    profile.start(protocol(ICE.format(length="20min")), "--no-daemon")
    seen = at_terminal(profile, "checkin", types="12\n3\n")

    assert seen.count("Pain?:") == 2
    assert "That takes a whole number from 0 to 10; Enter alone leaves it out." in seen
    assert "Noted: pain 3." in seen


@pytest.mark.parametrize("types", ["\x04", "3\n\x04"])
def test_leaving_a_check_in_notes_nothing_and_is_no_bug(profile: Profile, types: str) -> None:
    profile.run("start", "strain", *KNOWN, "--screen", "none", "--signs", "none", "--no-daemon")
    seen = at_terminal(profile, "checkin", types=types, status=130)
    assert "bug" not in seen
    assert profile.facts("answered") == []


def test_a_check_in_without_any_answer_notes_nothing(profile: Profile) -> None:
    profile.start(protocol(ICE.format(length="20min")), "--no-daemon")
    assert "Error: no answers given" in at_terminal(profile, "checkin", types="\n", status=2)
    assert profile.facts("answered") == []


def test_the_end_of_a_session_asks_how_it_was(profile: Profile) -> None:
    how = "      - {id: how, kind: check-in, ask: [pain], after: ice, source: own}\n"
    profile.start(protocol(ICE.format(length="20min"), how), "--no-daemon")
    profile.run("begin")
    seen = at_terminal(profile, "done", types="3\n")

    assert seen.index("Ice") < seen.index("Pain?:") < seen.index("Noted: pain 3.")
    assert "Pain?" not in at_terminal(profile, "checkin", "pain=2"), "it is answered"
    assert [fact.data["values"] for fact in profile.facts("answered")] == [{"pain": 3}, {"pain": 2}]


STANCE = """\
  stance:
    {ask: On one leg?, fresh: 8d, source: own, test: {how: Lift one foot., held: 30s, source: own}}
  lifts:
    {ask: Lifts?, fresh: 8d, source: own, test: {how: Lift the leg., repetitions: 20, source: own}}
"""


def tested(profile: Profile) -> None:
    tests = (
        "      - {id: tests, kind: check-in, ask: [stance, lifts], per_week: 1, at: wake+1min, source: own}\n"
    )
    text = protocol(tests).replace("observe:\n", f"observe:\n{STANCE}")
    profile.start(text, "--no-daemon")


def test_a_test_is_guided_through_one_side_after_the_other(profile: Profile) -> None:
    tested(profile)
    seen = at_terminal(profile, "test", "lifts", types="15\n18\n")
    assert "Lifts. Lift the leg." in seen
    assert seen.index("Left side: how many, 20 at the most?") < seen.index("Right side: how many")
    assert "Noted: lifts 75 %." in seen, "no side is injured alone: in percent of the end"
    seen = at_terminal(profile, "test", "stance", types="\n\n\n\n")
    assert "Left side: Enter begins" in seen
    assert "Right side: 0 s" in seen


def test_results_of_a_test_are_given_for_both_sides(profile: Profile) -> None:
    tested(profile)
    assert "Noted: stance 50 %." in profile.run("test", "stance", "--left", "15s", "--right", "30s").out
    assert "a test has a result for each side" in profile.run("test", "stance", "--left", "15", status=2).err
    assert "there is no test 'leap'" in profile.run("test", "leap", status=2).err
    profile.run("undo")
    assert profile.facts("answered")[-1].data["measured"] == {"stance": [15, 30]}


def test_styles_are_shown_on_a_terminal_that_has_them(profile: Profile) -> None:
    profile.start(protocol(ICE.format(length="20min")), "--no-daemon")
    for command in ("status", "agenda"):
        assert f"{ESCAPE}1;36m" in at_terminal(profile, command), "bold and cyan"
        assert "36m" not in at_terminal(profile, command, NO_COLOR="1")
    assert ESCAPE not in at_terminal(profile, "status", NO_COLOR="1")
    assert ESCAPE not in at_terminal(profile, "status", TERM="dumb")


def test_a_narrow_terminal_cuts_nothing_short(profile: Profile) -> None:
    seen = at_terminal(profile, "protocols", "show", "strain", COLUMNS="60", NO_COLOR="1")
    assert "Phase rice: Rest, ice, compression, elevation" in seen
    assert "Not medical advice." in seen


@pytest.mark.parametrize(
    "environ",
    [
        {"TERM": "dumb"},
        {"NO_COLOR": "1"},
        pytest.param({"TERM": ""}, marks=pytest.mark.slow),
        pytest.param({"TERM": "unknown"}, marks=pytest.mark.slow),
    ],
)
def test_no_command_sends_styles_where_none_are_shown(profile: Profile, environ: dict[str, str]) -> None:
    profile.start(protocol(ICE.format(length="20min")), "--no-daemon")
    for line in (
        "status", "agenda", "log", "explain", "flag", "protocols", "protocols show strain", "next",
        "protocols show strain --numbers", "--help",
    ):  # fmt: skip
        assert ESCAPE not in at_terminal(profile, *line.split(), **environ), line
    again = ("start", "rice", "--onset", "1h ago", "--side", "left", "--screen", "none", "--signs", "none")
    assert ESCAPE not in at_terminal(profile, *again, "--no-daemon", **environ)


@pytest.mark.parametrize("columns", ["0", "1", "-5", "many", "70000", "99999999999999999999"])
def test_a_page_has_a_width_that_can_be_read(profile: Profile, columns: str) -> None:
    profile.start(protocol(ICE.format(length="20min")), "--no-daemon")
    for line in (
        "protocols",
        "protocols show rice",
        "agenda",
        "log",
        "status",
        "protocols show rice --numbers",
    ):
        shown = at_terminal(profile, *line.split(), COLUMNS=columns, NO_COLOR="1").splitlines()
        assert 15 <= max(map(len, shown)) <= 220, (line, max(map(len, shown)))


def test_a_terminal_without_a_width_has_a_usual_one(profile: Profile) -> None:
    """As some consoles, and `stty cols 0`, have it."""
    shown = at_terminal(profile, "protocols", "show", "rice", COLUMNS="", NO_COLOR="1").splitlines()
    assert 60 <= max(map(len, shown)) <= 220


def test_an_import_shows_how_far_it_is_on_a_terminal_only(profile: Profile) -> None:
    profile.run(
        "start", profile.file(protocol(ICE.format(length="20min"))), "--onset", "1h ago", "--no-daemon"
    )
    document = profile.folder / "all.json"
    profile.run("store", "export", str(document))
    shown = at_terminal(profile, "store", "import", str(document), RECOVERY_HOME=str(profile.folder / "a"))
    assert "Reading" in shown
    assert "100%" in shown
    assert "Imported: one episode" in shown

    plain = at_terminal(
        profile, "store", "import", str(document), RECOVERY_HOME=str(profile.folder / "d"), TERM="dumb"
    )
    assert ESCAPE not in plain
    ran = profile.run("store", "import", str(document), RECOVERY_HOME=str(profile.folder / "b"))
    assert "100%" not in ran.out + ran.err
    out = at_terminal(
        profile, "store", "import", str(document), "--json", RECOVERY_HOME=str(profile.folder / "c")
    )
    assert out.startswith("{")


def test_a_start_asks_for_emergencies_first_and_ends_there(profile: Profile) -> None:
    seen = at_terminal(profile, "start", "strain", "--no-daemon", types="1\n", status=1)
    assert "First: is any of these so? Then call for help at once." in seen
    assert "EMERGENCY: Call the emergency number now" in seen
    assert "When did it happen" not in seen
    assert profile.json("status", status=None)["episodes"] == []


def test_who_starts_late_is_asked_how_it_was_at_its_worst_and_is(profile: Profile) -> None:
    seen = at_terminal(
        profile, "start", "strain", "--no-daemon", "--onset", "5d ago", "--side", "left", "--grade", "1",
        "--screen", "none", "--signs", "none", types="\nmuch\n7\n3\n2\n0\n\n",
    )  # fmt: skip
    assert "How has it been since then? At its worst so far, and now." in seen
    assert "pain is a whole number from 0 to 10, not 'much'" in seen
    assert "Pain, at its worst so far (a whole number from 0 to 10):" in seen
    assert "Pain now (a whole number from 0 to 10):" in seen
