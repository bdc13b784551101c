"""The grade: found by questions, unsure, or given; and what is said before the plan."""

import pytest

from tests.cli.conftest import ZONE, Person

QUESTIONS = ("complete-loss", "weight", "limp", "some-loss", "daily", "little-loss")
BARE = ("start", "strain", "--onset", "2h ago", "--side", "left", "--screen", "none")


def answers(*yes: str, unsure: tuple[str, ...] = ()) -> list[str]:
    words = {name: "unsure" if name in unsure else "yes" if name in yes else "no" for name in QUESTIONS}
    return [f"{name}={word}" for name, word in words.items()]


@pytest.mark.parametrize(
    ("yes", "unsure", "grade", "flags"),
    [
        ((), (), None, []),
        (("little-loss",), (), "I", []),
        (("some-loss", "little-loss"), (), "II", []),
        (("daily",), (), "II", []),
        (("limp",), (), "II", ["limping"]),
        (("weight",), (), "II", ["no-weight"]),
        (("complete-loss", "limp"), (), "III", ["limping"]),
        ((), ("complete-loss",), "II", []),
        ((), QUESTIONS, "II", []),
        (("little-loss",), ("limp",), "II", []),
    ],
)
def test_the_answers_give_a_grade(
    person: Person, yes: tuple[str, ...], unsure: tuple[str, ...], grade: str | None, flags: list[str]
) -> None:
    answer = person.json("assess", *answers(*yes, unsure=unsure))

    assert (answer["v"], answer["protocol"], answer["grade"], answer["flags"]) == (1, "strain", grade, flags)
    assert answer["reasons"]
    assert set(answer["answers"]) == set(QUESTIONS)
    assert not person.home.exists(), "nothing is kept"


def test_as_text_it_gives_reasons_and_the_next_command(person: Person) -> None:
    out = person.types("assess", *answers("limp", unsure=("weight",))).out

    assert out.splitlines()[:3] == [
        "Grade II, by your answers:",
        "  unsure: Unable to put weight on the injured leg, or to take a few steps?",
        "  yes: Do you limp?",
    ]
    assert "\nWorth a visit: A limp is usual with a grade II tear" in out
    command = out.splitlines()[-1].split()
    assert command == ["recovery", "start", "strain", "--grade", "II"], "start asks for the signs itself"
    person.starts(*command[1:], *BARE[2:], "--signs", "limping")
    assert person.json("status")["episodes"][0]["grade"] == "II"


def test_answers_may_stand_together(person: Person) -> None:
    assert person.json("assess", ",".join(answers("limp")))["grade"] == "II"


def test_open_questions_are_listed(person: Person) -> None:
    err = person.types("assess", "limp=yes", "daily=no", status=2).err
    first, *listed, hint = err.splitlines()

    assert first == "Error: questions are open:"
    assert [line.split(":")[0].strip() for line in listed] == [
        "complete-loss",
        "weight",
        "some-loss",
        "little-loss",
    ]
    assert hint == "  give each as ID=yes, ID=no or ID=unsure"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["limpp=yes"], "assess: nothing is called 'limpp'\n  did you mean 'limp'?"),
        (["limp"], "assess: 'limp' is not an answer\n  write limp=yes or limp=no or limp=unsure"),
        (["limp=perhaps"], "assess: 'limp=perhaps' is not an answer"),
        (["limp=yes", "limp=unsure"], "assess: limp is answered twice"),
        (["none"], "assess: 'none' is not an answer"),
    ],
)
def test_wrong_answers_are_told(person: Person, words: list[str], says: str) -> None:
    assert person.types("assess", *words, status=2).err.startswith(f"Error: {says}")


def test_a_protocol_without_questions_for_a_grade_says_so(person: Person) -> None:
    assert person.types("assess", "--protocol", "rice", status=1).err == (
        "Error: rice has no questions for a grade\n"
    )
    assert "did you mean 'strain'?" in person.types("assess", "--protocol", "strian", status=3).err


# The front door ------------------------------------------------------------------------------------

DOOR = ("place", "sudden", "crept-up", "moving", "loss", "swollen", "point", "staying")
SIGNS = ("broken", "dislocated", "deformed", "saddle", "breathless", "tense")


def at_the_door(*yes: str) -> list[str]:
    return ["--signs", "none", *(f"{name}={'yes' if name in yes else 'no'}" for name in DOOR)]


def test_emergencies_come_first_and_end_it(person: Person) -> None:
    listed = person.types("assess", status=2).err.splitlines()
    assert [line.split(":")[0].strip() for line in listed[1:-1]] == [*SIGNS, *DOOR]
    assert "--signs none" in listed[-1]
    assert person.types("assess", "--json", status=2).out == ""

    for words in (
        ["tense=yes"],
        ["--signs", "tense"],
        ["tense=yes", *at_the_door("place", "point")[2:]],
        ["--signs", "tense", *answers()],
    ):
        out = person.types("assess", *words, status=1).out
        assert out.startswith(
            "EMERGENCY: Call the emergency number now (999, 112 or 911): pressure inside the muscle"
        )
        assert out.splitlines()[-1] == "Nothing else begins here until this has been looked at."
        assert "recovery start" not in out
    told = person.json("assess", "--signs", "tense,saddle", status=1)
    assert told["emergency"] == ["saddle", "tense"]
    assert len(told["say"]) == 2


def test_each_outcome_names_what_to_start(person: Person) -> None:
    for yes, start in (
        (("place", "sudden", "moving"), "strain"),
        (("place", "crept-up", "moving"), "overuse"),
        (("place", "point", "staying"), "trigger-point"),
    ):
        told = person.json("assess", *at_the_door(*yes))
        assert (told["start"], told["command"], told["grade"]) == (start, f"recovery start {start}", None)
        assert len(told["reasons"]) == len(yes)
        assert person.types("assess", *at_the_door(*yes)).out.splitlines()[-1] == f"recovery start {start}"
    assert not person.home.exists(), "nothing is kept"


def test_a_strain_has_its_grade_asked_too(person: Person) -> None:
    words = [*at_the_door("place", "sudden", "moving"), *answers("some-loss", "limp")]
    told = person.json("assess", *words)
    assert (told["outcome"], told["grade"], told["flags"]) == ("strain", "II", ["limping"])
    assert told["command"] == "recovery start strain --grade II"
    out = person.types("assess", *words).out
    assert "Grade II, by your answers:" in out
    assert out.splitlines()[-1] == "recovery start strain --grade II"


def test_where_the_questions_for_the_grade_are_all_no_it_is_no_strain(person: Person) -> None:
    told = person.json("assess", *at_the_door("place", "sudden", "moving"), *answers())
    assert (told["outcome"], told["grade"], told["command"], told["level"]) == (None, None, None, "routine")


def test_unsure_about_an_emergency_is_one(person: Person) -> None:
    assert person.json("assess", "tense=unsure", status=1)["emergency"] == ["tense"]
    assert person.json("assess", "tense=unsure", "--signs", "none", status=1)["emergency"] == ["tense"]


def test_the_questions_for_a_grade_alone_know_no_signs(person: Person) -> None:
    err = person.types("assess", "--protocol", "strain", "--signs", "tense", *answers(), status=2).err
    assert "--protocol asks for the grade alone" in err


def test_no_to_everything_is_no_grade_and_nothing_to_start(person: Person) -> None:
    told = person.json("assess", *at_the_door())
    assert (told["outcome"], told["start"], told["command"], told["level"]) == (None, None, None, "routine")
    out = person.types("assess", *at_the_door()).out
    assert "this looks like none of these. Let a doctor or a physiotherapist look at it" in out
    assert "recovery start" not in out
    assert "recovery start" not in person.types("assess", "--protocol", "strain", *answers()).out


def test_a_start_without_a_protocol_points_to_the_questions(person: Person) -> None:
    err = person.types("start", status=2).err
    assert err.startswith("Error: which protocol?\n  recovery assess asks a few questions")


def test_there_are_questions_for_some_parts_of_the_body(person: Person) -> None:
    assert person.types("assess", "--region", "knee", status=3).err == (
        "Error: there are no questions for 'knee'\n  there are: hip\n"
    )


def test_the_questions_are_checked_like_a_protocol(person: Person) -> None:
    from recovery.protocol.library import installed_folder

    path = str(installed_folder() / "assess" / "hip.yaml")
    assert person.types("validate", path).out.endswith("What is it, at the hip?, version 1.0.0: no errors\n")
    bad = person.file("format: 1\ndoor: hip\n")
    assert "'version' is missing" in person.types("validate", bad, status=1).out


# At the start ------------------------------------------------------------------------------------


def test_unsure_is_kept_as_ii_with_the_reasoning(person: Person) -> None:
    out = person.starts(*BARE, "--grade", "unsure", "--signs", "none").out
    words = "Grade II: that is what unsure counts as. recovery assess asks a few questions."
    assert out.splitlines()[0] == words

    (started,) = (fact for fact in person.lines("log", "--all") if fact["kind"] == "started")
    assert started["data"]["grade"] == "II"
    assert started["data"]["assessment"] == {"answers": {}, "grade": "II", "reasons": ["unsure"]}


def test_a_given_grade_needs_no_reasoning(person: Person) -> None:
    person.starts(*BARE, "--grade", "1", "--signs", "none")
    (started,) = (fact for fact in person.lines("log", "--all") if fact["kind"] == "started")
    assert "assessment" not in started["data"]


def test_a_grade_is_still_needed_without_a_terminal(person: Person) -> None:
    err = person.types(*BARE, "--no-daemon", status=2).err
    assert err.startswith("Error: strain needs --grade\n")
    assert "--grade 2 (or unsure)" in err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--grade", "3", "--signs", "none"], "See somebody today: A grade III tear needs a doctor's care"),
        (["--grade", "1", "--signs", "gap"], "See somebody today: The muscle may be torn through."),
    ],
)
def test_what_needs_a_doctor_is_said_before_the_plan(person: Person, options: list[str], says: str) -> None:
    out = person.starts(*BARE, *options).out

    assert out.startswith(says)
    before, _, plan = out.partition("The plan below does not take the place of that.")
    assert "Recovery from a muscle strain" not in before
    assert "Recovery from a muscle strain  (strain-1, " in plan


def test_reported_red_flags_stand_from_the_start(person: Person) -> None:
    person.starts(*BARE, "--grade", "1", "--signs", "limping,gap", "--flag", "limping")
    alerts = person.json("status")["episodes"][0]["alerts"]

    assert {(alert["id"], alert["level"]) for alert in alerts} == {
        ("flag/gap", "urgent"),
        ("flag/limping", "routine"),
    }


@pytest.mark.parametrize("words", [["--grade", "1", "--signs", "saddle"], ["--signs", "limping,saddle"]])
def test_an_emergency_starts_nothing_and_asks_nothing_more(person: Person, words: list[str]) -> None:
    said = person.types(*BARE, *words, "--no-daemon", status=1)
    assert said.err.startswith("Error: EMERGENCY: Call the emergency number now (999, 112 or 911), or go")
    assert "nothing is started" in said.err
    assert not (person.home / "journal.db").exists()


def test_nothing_is_started_beside_an_emergency(person: Person) -> None:
    person.starts(*BARE, "--grade", "1", "--signs", "none")
    person.types("flag", "saddle")
    said = person.types(
        "start", "sitting", "--side", "left", "--screen", "none", "--signs", "none", "--no-daemon", status=1
    )
    assert said.err.startswith("Error: nothing is started while an emergency stands, in strain-1")


@pytest.mark.parametrize(
    ("word", "hint"), [("limpin", "did you mean 'limping'?"), ("grade-iii", ""), ("x", "there are: saddle")]
)
def test_unknown_red_flags_are_told(person: Person, word: str, hint: str) -> None:
    err = person.types(*BARE, "--grade", "1", "--signs", word, "--no-daemon", status=2).err
    assert err.startswith(f"Error: --signs: nothing is called '{word}'\n")
    assert hint in err
    assert not (person.home / "journal.db").exists()


def test_undo_right_after_a_start_takes_back_the_signs_with_it(person: Person) -> None:
    person.starts(*BARE, "--grade", "1", "--signs", "gap")
    assert person.types("undo").out.startswith("Taken back: the start of strain-1, 16:40.")

    assert person.types("status", status=3).err.startswith("Error: no episode is active")
    undone = {fact["data"]["seq"] for fact in person.lines("log", "--all") if fact["kind"] == "undone"}
    kinds = [fact["kind"] for fact in person.lines("log", "--all") if fact["seq"] in undone]
    assert kinds == ["started", "alerted"]
    assert person.types("undo", status=1).err == "Error: there is nothing to take back\n"


# Options and hours -------------------------------------------------------------------------------

POINT = ("start", "trigger-point", "--side", "left", "--screen", "none", "--signs", "none")


def test_options_have_defaults_and_choices(person: Person) -> None:
    person.starts(*POINT)
    person.starts(*POINT, "--set", "muscle=piriformis", "--set", "balance=yes")
    first, second = person.json("status")["episodes"]

    assert first["options"] == {"muscle": "gluteus-medius", "balance": "no", "tens": "no"}
    assert second["options"] == {"muscle": "piriformis", "balance": "yes", "tens": "no"}
    assert "(trigger-point-2, left, piriformis)" in person.types("status").out


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("muscle=biceps", "'muscle=biceps' is not one of the choices\n  muscle is one of gluteus-medius, "),
        ("muscle", "'muscle' is not one of the choices"),
        ("muscle=", "'muscle=' is not one of the choices"),
        ("=piriformis", "nothing is called ''"),
        ("muscel=piriformis", "nothing is called 'muscel'\n  did you mean 'muscle'?"),
    ],
)
def test_wrong_options_are_told(person: Person, word: str, says: str) -> None:
    err = person.types(*POINT, "--set", word, "--no-daemon", status=2).err
    assert err.startswith(f"Error: --set: {says}")
    assert not (person.home / "journal.db").exists()


SITTING = ("start", "sitting", "--side", "left", "--screen", "none", "--signs", "none")


def test_an_option_has_one_word(person: Person) -> None:
    words = ("--set", "muscle=piriformis", "--set", "muscle=gluteus-minimus")
    err = person.types(*POINT, *words, "--no-daemon", status=2).err
    assert err.startswith("Error: --set: muscle is answered twice")


def cues_of(person: Person, activity: str) -> list[str]:
    answer = person.json("next", "-n", "60")["next"]
    return [cue["at"] for cue in answer if cue["activity"] == activity]


def test_working_hours_bound_what_is_for_work(person: Person) -> None:
    person.starts(*SITTING, "--work", "10:00-14:00", "--workdays", "tue,thu")
    times = cues_of(person, "stand")
    (episode,) = person.json("status")["episodes"]

    assert episode["state"] == "active"
    assert times, "something comes"
    assert all("10:00" <= at[11:16] < "14:00" for at in times), times
    assert {at[:10] for at in times} <= {"2026-11-24", "2026-11-26", "2026-12-01", "2026-12-03"}


def test_the_settings_give_the_working_hours(person: Person) -> None:
    person.home.mkdir()
    (person.home / "settings.toml").write_text('work = "08:00-12:00"\nworkdays = "sat, sun"\n')
    person.starts(*SITTING)
    times = cues_of(person, "stand")

    assert times
    assert all("08:00" <= at[11:16] < "12:00" for at in times)
    assert {at[:10] for at in times} <= {"2026-11-28", "2026-11-29", "2026-12-05", "2026-12-06"}


def test_the_command_line_goes_before_the_settings(person: Person) -> None:
    person.home.mkdir()
    (person.home / "settings.toml").write_text('work = "08:00-12:00"\n')
    person.starts(*SITTING, "--work", "13:00-15:00")
    assert all("13:00" <= at[11:16] < "15:00" for at in cues_of(person, "stand"))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--work", "9"], "Invalid value for '--work': expected working hours such as \"09:00-17:00\""),
        (["--work", "25:00-26:00"], "Invalid value for '--work': expected working hours"),
        (["--work", "09:00-09:00"], "Invalid value for '--work': expected working hours"),
        (["--workdays", "mon-someday"], "Invalid value for '--workdays': expected days such as \"mon-fri\""),
        (["--workdays", ""], "Invalid value for '--workdays': expected days"),
    ],
)
def test_wrong_hours_are_told(person: Person, options: list[str], says: str) -> None:
    err = person.types(*SITTING, *options, "--timezone", ZONE, "--no-daemon", status=2).err
    assert err.startswith(f"Error: {says}")
    assert not (person.home / "journal.db").exists()


# What may run side by side -----------------------------------------------------------------------


def start_of(protocol: str, side: str = "left", *more: str) -> list[str]:
    grade = ["--grade", "1"] if protocol == "strain" else []
    onset = ["--onset", "2h ago"] if protocol not in ("trigger-point", "sitting") else []
    return ["start", protocol, "--side", side, "--screen", "none", "--signs", "none", *grade, *onset, *more]


@pytest.mark.parametrize(
    ("runs", "wanted", "says"),
    [
        ("rice", "peace-and-love", "rice-1 is active: Rest and ice cools the injury"),
        ("peace-and-love", "rice", "peace-and-love-1 is active: PEACE and LOVE leaves ice out"),
        ("rice", "strain", "rice-1 is active: Rest and ice are the first phase of this protocol already."),
        ("strain", "rice", "strain-1 is active: "),
        ("strain", "strain", "strain-1 is active already"),
    ],
)
def test_one_acute_protocol_an_injury(person: Person, runs: str, wanted: str, says: str) -> None:
    person.starts(*start_of(runs))
    err = person.types(*start_of(wanted), "--no-daemon", status=1).err

    assert err.startswith(f"Error: {says}")
    assert f"recovery stop --episode {runs}-1 ends it" in err
    assert len(person.json("status")["episodes"]) == 1
    person.starts(*start_of(wanted, "right"))
    person.types("stop", "-e", f"{runs}-1")
    person.starts(*start_of(wanted))


def test_another_muscle_is_another_place_and_the_same_is_not(person: Person) -> None:
    person.starts(*start_of("trigger-point"))
    person.starts(*start_of("trigger-point", "left", "--set", "muscle=piriformis"))
    for more in (["--set", "muscle=piriformis"], ["--set", "balance=yes"], []):
        err = person.types(*start_of("trigger-point", "left", *more), "--no-daemon", status=1).err
        assert "is active already" in err
    person.starts(*start_of("trigger-point", "right"))
    assert len(person.json("status")["episodes"]) == 3
