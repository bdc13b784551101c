"""Screening questions: answered at the start, put off, answered later; what a yes leaves out or refuses."""

import pytest

from tests.cli.conftest import ZONE, Person
from tests.engine.examples import shipped

BARE = ("start", "strain", "--grade", "1", "--onset", "2h ago", "--side", "left", "--signs", "none")
RICE = ("start", "rice", "--onset", "2h ago", "--side", "left", "--signs", "none")
POINT = ("start", "trigger-point", "--side", "left", "--signs", "none")
ASKED = (
    "raynaud", "skin", "circulation", "diabetes", "heart", "blood-pressure", "bleeding", "clot", "fever", "cancer",
)  # fmt: skip


def screened(person: Person) -> dict[str, str | None]:
    answer: dict[str, str | None] = person.json("status")["episodes"][0]["screen"]
    return answer


def activities(person: Person) -> set[str]:
    """What comes within the next days, and what is on."""
    (episode,) = person.json("status")["episodes"]
    on = {episode["now"]["activity"]} if episode["now"] else set()
    return on | {cue["activity"] for cue in person.json("next", "-n", "40")["next"] if cue["activity"]}


# On the command line of a start ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said_yes"),
    [
        (["--screen", "none"], set()),
        (["--screen", "NONE"], set()),
        (["--screen", "raynaud=yes", "--screen", "none"], {"raynaud"}),
        (["--screen", "none", "--screen", "raynaud=yes"], {"raynaud"}),
        (["--screen", "raynaud=YES,skin=no none"], {"raynaud"}),
        (["--screen", "raynaud=yes,heart=yes,none"], {"raynaud", "heart"}),
        (["--screen", "raynaud=yes raynaud=yes,none"], {"raynaud"}),
        (["--screen", ",".join(f"{name}=no" for name in ASKED)], set()),
    ],
)
def test_answers_may_be_written_in_many_ways(person: Person, words: list[str], said_yes: set[str]) -> None:
    person.starts(*RICE, *words)
    assert screened(person) == {name: "yes" if name in said_yes else "no" for name in ASKED}


@pytest.mark.parametrize(
    ("words", "says", "hint"),
    [
        (["raynud=yes"], "--screen: nothing is called 'raynud'", "did you mean 'raynaud'?"),
        (["xyz=no"], "--screen: nothing is called 'xyz'", "there are: raynaud, skin"),
        (["raynaud=yes", "raynaud=no"], "--screen: raynaud is answered twice", ""),
        (["raynaud=yes,raynaud=no"], "--screen: raynaud is answered twice", ""),
        (["raynaud"], "--screen: 'raynaud' is not an answer", "write raynaud=yes or raynaud=no"),
        (["raynaud=maybe"], "--screen: 'raynaud=maybe' is not an answer", "write raynaud=yes or raynaud=no"),
        (["=yes"], "--screen: '=yes' is not an answer", "write ID=yes or ID=no"),
        (["later"], "--screen: 'later' is not an answer", "write later=yes or later=no"),
        (["🦴=yes"], "--screen: nothing is called '🦴'", "there are: "),
        (["none=yes"], "--screen: nothing is called 'none'", ""),
    ],
)
def test_wrong_answers_are_told_and_nothing_is_kept(
    person: Person, words: list[str], says: str, hint: str
) -> None:
    options = [part for word in words for part in ("--screen", word)]
    first, *rest = person.types(*RICE, *options, "--screen", "none", "--no-daemon", status=2).err.splitlines()

    assert first == f"Error: {says}"
    assert hint in "\n".join(rest)
    assert not (person.home / "journal.db").exists()


def test_what_is_open_is_listed(person: Person) -> None:
    err = person.types(*RICE, "--screen", "raynaud=no,heart=yes", "--no-daemon", status=2).err

    first, *listed, hint = err.splitlines()
    assert first == "Error: screening questions are open:"
    assert [line.split(":")[0].strip() for line in listed] == [
        "skin",
        "circulation",
        "diabetes",
        "blood-pressure",
        "bleeding",
        "clot",
        "fever",
        "cancer",
    ]
    assert "--screen none for the rest" in hint
    assert "--screen-later" in hint
    assert not (person.home / "journal.db").exists()


def test_json_asks_nothing_either(person: Person) -> None:
    ran = person.types(*RICE, "--no-daemon", "--json", status=2)
    assert ran.out == ""
    assert ran.err.startswith("Error: screening questions are open:")


def test_a_yes_leaves_out_what_it_forbids_and_says_so_in_the_plan(person: Person) -> None:
    out = person.starts(*RICE, "--screen", "raynaud=yes,none").out

    assert (
        "Left out, because of a bad reaction to cold: Ice. No cold packs, unless a doctor agrees.  [sirona, mpft-cold]"
        in out
    )
    assert "ice" not in activities(person)
    assert {"elevate", "look", "compress"} <= activities(person)
    refused = person.types("begin", "ice", status=1).err
    assert "Ice is left out, because of a bad reaction to cold" in refused
    assert "Left out Ice, because of a bad reaction to cold: recovery screen" in person.types("status").out


def test_a_question_that_refuses_keeps_nothing_and_says_why(person: Person) -> None:
    err = person.types(*POINT, "--screen", "fresh=yes,none", "--no-daemon", status=1).err

    assert err == (
        "Error: trigger-point is not for you now: No massage on a fresh injury: recovery start rice fits better. "
        "Come back when the bruise has gone.\n  because of a fresh injury [nhs, nidirect, own]\n"
    )
    assert not (person.home / "journal.db").exists()


def test_a_question_that_refuses_is_enough(person: Person) -> None:
    """The others need no answer then."""
    for more in ([], ["--screen-later"], ["--json"]):
        err = person.types(*POINT, "--screen", "fresh=yes", "--no-daemon", *more, status=1).err
        assert err.startswith("Error: trigger-point is not for you now: ")


# Put off -----------------------------------------------------------------------------------------


def test_what_an_open_question_guards_waits(person: Person) -> None:
    out = person.starts(*RICE, "--screen-later").out
    names = ", ".join(each.title for each in shipped("rice").screen)
    waits = f"questions {names}: recovery screen; until then wait: Ice, Compression"

    assert f"Open     {waits}" in out
    assert f"Open     {waits}" in person.types("status").out
    assert screened(person) == dict.fromkeys(ASKED)
    assert not {"ice", "compress"} & activities(person)
    assert "a question is open: Fingers or toes" in person.types("begin", "ice", status=1).err
    assert "a question is open: Fingers or toes" in person.types("explain", "ice").out


def test_some_may_be_answered_and_the_rest_put_off(person: Person) -> None:
    person.starts(*RICE, "--screen", "raynaud=yes", "--screen-later")
    assert screened(person) == {**dict.fromkeys(ASKED), "raynaud": "yes"}
    assert "questions numb or damaged skin, poor circulation" in person.types("status").out


def test_what_waited_comes_once_all_is_answered(person: Person) -> None:
    person.starts(*RICE, "--screen-later")
    assert person.types("screen", "raynaud=no").out.startswith("Noted: raynaud no.\n")
    assert "ice" not in activities(person), "the others are open still"
    person.types("screen", "none")

    assert "ice" in activities(person)
    assert "recovery screen" not in person.types("status").out
    assert "nothing is open any more" in person.types("screen", "none", status=2).err


def test_an_open_question_that_refuses_holds_everything_up(person: Person) -> None:
    person.starts(*POINT, "--screen-later")
    assert person.json("status")["episodes"][0]["now"] is None
    out = person.types("screen", "fresh=yes").out

    assert out.startswith("trigger-point-1 is stopped: No massage on a fresh injury")
    assert person.types("status", status=3)
    person.types("undo")
    assert screened(person)["fresh"] is None


# Afterwards --------------------------------------------------------------------------------------


def test_the_answers_can_be_looked_at(person: Person) -> None:
    person.starts(*RICE, "--screen", "raynaud=yes", "--screen-later")
    lines = person.types("screen").out.splitlines()
    assert lines[0].split()[:2] == ["raynaud", "yes"]
    assert lines[1].strip() == "No cold packs, unless a doctor agrees."
    assert lines[2].split()[:2] == ["skin", "open"]

    answer = person.json("screen")
    assert (answer["v"], answer["episode"]) == (1, "rice-1")
    assert [(row["id"], row["answer"]) for row in answer["screen"][:2]] == [
        ("raynaud", "yes"),
        ("skin", None),
    ]
    assert answer["screen"][0]["forbids"] == ["cold"]
    assert answer["screen"][0]["refuses"] is False


def test_an_answer_can_change(person: Person) -> None:
    person.starts(*RICE, "--screen", "none")
    person.types("end")
    said = person.types("screen", "raynaud=yes").out
    assert said == "Noted: raynaud yes. No cold packs, unless a doctor agrees.\n"
    assert "ice" not in activities(person)
    person.types("screen", "raynaud=no")
    assert "ice" in activities(person)


def test_an_answer_can_be_taken_back(person: Person) -> None:
    person.starts(*RICE, "--screen", "none")
    person.types("end")
    person.waits(minutes=1)
    person.types("screen", "raynaud=yes", "skin=yes")
    assert person.types("undo").out.startswith("Taken back in rice-1: ")
    assert screened(person) == dict.fromkeys(ASKED, "no")
    assert "ice" in activities(person)


def test_compression_comes_off_when_it_is_forbidden(person: Person) -> None:
    person.starts(*RICE, "--screen", "none")
    person.types("status")
    assert "Compression off." in person.types("screen", "diabetes=yes").err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["raynud=yes"], "recovery screen: nothing is called 'raynud'\n  did you mean 'raynaud'?"),
        (["raynaud"], "recovery screen: 'raynaud' is not an answer\n  write raynaud=yes or raynaud=no"),
        (["raynaud=yes", "raynaud=no"], "recovery screen: raynaud is answered twice"),
        (["=no"], "recovery screen: '=no' is not an answer"),
        (["raynaud=unsure"], "recovery screen: 'raynaud=unsure' is not an answer"),
        (["none"], "recovery screen: nothing is open any more"),
    ],
)
def test_wrong_answers_are_told_later_too(person: Person, words: list[str], says: str) -> None:
    person.starts(*RICE, "--screen", "none")
    assert person.types("screen", *words, status=2).err.startswith(f"Error: {says}")
    assert "screened" not in {fact["kind"] for fact in person.lines("log", "--all")}


def test_later_answers_may_be_written_in_the_same_ways(person: Person) -> None:
    person.starts(*RICE, "--screen-later")
    person.types("screen", "raynaud=Yes,skin=no", "NONE")
    assert screened(person) == {**dict.fromkeys(ASKED, "no"), "raynaud": "yes"}


def test_the_answers_are_in_the_log(person: Person) -> None:
    person.starts(*RICE, "--screen", "none")
    person.types("screen", "raynaud=yes", "skin=no")
    assert "a bad reaction to cold: yes, numb or damaged skin: no" in person.types("log").out


def test_a_protocol_without_questions_asks_none(person: Person) -> None:
    person.starts("start", "sitting", "--side", "left", "--signs", "none")
    if not screened(person):
        assert person.types("screen").out == "This protocol asks no screening questions.\n"
        assert "there are: none" in person.types("screen", "raynaud=yes", status=2).err


# With a professional's word ------------------------------------------------------------------------

BY = ("--by", "Dr. Meyer", "--on", "2026-11-20")


def test_a_start_keeps_who_agreed_and_when(person: Person) -> None:
    out = person.starts(*RICE, "--screen", "raynaud=agreed,none", *BY).out

    assert "Agreed: a bad reaction to cold, on the word of Dr. Meyer, 2026-11-20." in out
    assert (
        "Agreed   a bad reaction to cold, on the word of Dr. Meyer, 2026-11-20" in person.types("status").out
    )
    (episode,) = person.json("status")["episodes"]
    assert episode["screen"]["raynaud"] == "agreed"
    assert episode["agreed"] == {"raynaud": {"by": "Dr. Meyer", "on": "2026-11-20"}}
    assert "ice" in activities(person)


def test_an_agreement_is_kept_later_and_taken_back(person: Person) -> None:
    person.starts(*RICE, "--screen", "raynaud=yes,none")
    assert "recovery screen raynaud=agreed --by NAME" in person.types("explain", "ice", status=3).err
    person.waits(minutes=1)
    said = person.types("screen", "raynaud=agreed", *BY).out
    assert said == "Noted: raynaud agreed. Agreed with Dr. Meyer, 2026-11-20.\n"
    assert "a bad reaction to cold agreed with Dr. Meyer, " in person.types("log").out
    row = person.json("screen")["screen"][0]
    assert (row["answer"], row["level"], row["by"], row["on"]) == ("agreed", "ask", "Dr. Meyer", "2026-11-20")
    assert "Agreed: a bad reaction to cold, on the word of Dr. Meyer" in person.types("screen").out

    person.types("undo")
    assert screened(person)["raynaud"] == "yes"
    assert "agreed" not in person.json("status")["episodes"][0]
    assert "Ice is left out, because of a bad reaction to cold" in person.types("begin", "ice", status=1).err


def test_an_agreement_has_a_name(person: Person) -> None:
    err = person.types(*RICE, "--screen", "raynaud=agreed,none", "--no-daemon", status=2).err
    assert err.startswith(
        "Error: agreed needs the name of the professional: --by\n  write for instance: --screen"
    )
    assert not (person.home / "journal.db").exists()
    person.starts(*RICE, "--screen", "raynaud=yes,none")
    assert "needs the name" in person.types("screen", "raynaud=agreed", status=1).err


def test_a_simulation_knows_agreements(person: Person) -> None:
    events = person.lines(*SIMULATED, "--screen", "raynaud=agreed")
    assert "cold" in {event.get("modality") for event in events}


# What the questions of the shipped protocols mean ---------------------------------------------------

STRAIN = (
    "simulate",
    "strain",
    "--onset",
    "2026-11-23T18:00",
    "--timezone",
    ZONE,
    "--persona",
    "steady",
    "--for",
    "10d",
)


def of_strain(person: Person, *screen: str) -> tuple[set[str], list[str]]:
    """The modalities that a strain uses in ten days, and the levels of its alerts in the first minute."""
    options = [part for word in screen for part in ("--screen", word)]
    events = person.lines(*STRAIN, *options, "--grade", "I")
    used = {event["modality"] for event in events if event["event"] in ("session_start", "reminder")}
    return used, [
        e["level"] for e in events if e["event"] == "alert" and e["at"].startswith("2026-11-23T18:00")
    ]


@pytest.mark.parametrize("name", ["diabetes", "skin", "circulation"])
def test_nobody_who_may_not_feel_it_gets_warmth(person: Person, name: str) -> None:
    used, _levels = of_strain(person, f"{name}=yes")
    assert not {"warm", "cold", "compression"} & used
    used, _levels = of_strain(person, f"{name}=agreed")
    assert {"warm", "cold"} <= used


def test_who_has_no_cold_gets_warm_packs_alone(person: Person) -> None:
    used, _levels = of_strain(person, "raynaud=yes")
    assert "warm" in used
    assert "cold" not in used


def test_high_blood_pressure_leaves_nothing_out(person: Person) -> None:
    used, _levels = of_strain(person, "blood-pressure=yes")
    assert {"cold", "warm"} <= used
    out = person.starts(*RICE, "--screen", "blood-pressure=yes,none").out
    assert "With care, because of high blood pressure: Cold packs with care: begin with ten minutes." in out
    assert "With care" in person.types("status").out


@pytest.mark.parametrize("protocol", ["rice", "strain", "cold-10-10-10", "contrast", "peace-and-love"])
@pytest.mark.parametrize("answer", ["yes", "agreed"])
def test_blood_thinners_and_a_fresh_injury_are_urgent(person: Person, protocol: str, answer: str) -> None:
    """Who agreed that something may be done has not made anybody bleed less."""
    grade = ("--grade", "1") if protocol == "strain" else ()
    arguments = ("start", protocol, *grade, "--onset", "2h ago", "--side", "left", "--signs", "none")
    by = BY if answer == "agreed" else ()
    person.starts(*arguments, "--screen", f"bleeding={answer},none", *by)
    (episode,) = person.json("status")["episodes"]
    assert "urgent" in [alert["level"] for alert in episode["alerts"]]


# Without a daemon, in a simulation ---------------------------------------------------------------

SIMULATED = ("simulate", "rice", "--onset", "2026-11-23T18:00", "--timezone", ZONE, "--for", "1d")


def test_a_simulation_answers_no_unless_told(person: Person) -> None:
    assert {event.get("modality") for event in person.lines(*SIMULATED)} >= {"cold"}
    events = person.lines(*SIMULATED, "--screen", "raynaud=yes")
    assert "cold" not in {event.get("modality") for event in events}
    assert {event["v"] for event in events} == {1}


def test_a_simulation_is_refused_as_a_start_is(person: Person) -> None:
    arguments = ("simulate", "trigger-point", "--onset", "2026-11-23T18:00", "--for", "1d")
    err = person.types(*arguments, "--screen", "fresh=yes", status=1).err
    assert err == (
        "Error: No massage on a fresh injury: recovery start rice fits better. Come back when the bruise has gone.\n"
        "  fresh refuses this protocol\n"
    )
    assert "did you mean 'fresh'" in person.types(*arguments, "--screen", "frsh=yes", status=2).err


def test_a_simulation_takes_options(person: Person) -> None:
    arguments = (
        "simulate",
        "trigger-point",
        "--onset",
        "2026-11-23T08:00",
        "--for",
        "2d",
        "--timezone",
        ZONE,
    )

    def texts(*more: str) -> str:
        return " ".join(str(event) for event in person.lines(*arguments, *more))

    assert "'others'" in texts()
    assert "'others'" not in texts("--set", "muscle=piriformis"), "the list is for the gluteus medius"
    assert "is not one of the choices" in person.types(*arguments, "--set", "muscle=biceps", status=2).err
    assert "is not one of the choices" in person.types(*arguments, "--set", "muscle", status=2).err
    assert "nothing is called 'muscel'" in person.types(*arguments, "--set", "muscel=x", status=2).err


def test_what_a_yes_forbids_is_not_begun_though_it_is_assumed_to_be_on(patient: Person) -> None:
    patient.types("skip", "ice")
    patient.waits(hours=3)
    assert patient.json("status")["episodes"][0]["now"]["activity"] == "ice"
    patient.types("screen", "raynaud=yes")
    assert "not to be: recovery end, or skip" in patient.types("status").out
    for words in (["begin"], ["begin", "ice"], ["begin", "cold"]):
        assert "Ice is left out, because of a bad reaction to cold" in patient.types(*words, status=1).err
