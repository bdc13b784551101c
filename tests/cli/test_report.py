"""What a person tells of themselves: red flags, setbacks, checklists; and what `status` makes of it."""

import json

import pytest

from recovery.daemon import presence
from tests.cli.conftest import STRAIN, Person

POINT = ("start", "trigger-point", "--side", "left", "--screen", "none", "--signs", "none")


def alerts(person: Person) -> list[str]:
    return [alert["id"] for alert in person.json("status")["episodes"][0]["alerts"]]


# Red flags ---------------------------------------------------------------------------------------


def test_red_flags_are_listed_those_that_stand_first(patient: Person) -> None:
    lines = patient.types("flag").out.splitlines()

    assert lines[0].startswith("Worth a visit: A serious grade II tear")
    assert lines[1].strip() == 'dealt with? recovery flag clear grade-ii --because "…"'
    assert lines[2] == "Is one of these so? Then: recovery flag ID"
    assert lines[3] == "EMERGENCY:"
    assert [line.split()[0] for line in lines[4:7]] == ["saddle", "breathless", "broken"]
    assert lines.index("See somebody today:") < lines.index("Worth a visit:")
    assert "left leg" in patient.types("flag").out

    answer = patient.json("flag")
    assert (answer["v"], answer["episode"]) == (1, "strain-1")
    assert answer["flags"][0] == {
        "id": "grade-ii",
        "level": "routine",
        "text": answer["flags"][0]["text"],
        "stands": True,
    }
    assert {flag["stands"] for flag in answer["flags"][1:]} == {False}


def test_a_reported_red_flag_stands_and_stops_what_it_has_to(patient: Person) -> None:
    patient.types("end")
    out = patient.types("flag", "numb-below").out

    assert out.startswith("Noted.\nSee somebody today: Take off packs and bandages.")
    assert alerts(patient)[0] == "flag/numb-below"
    (alert, _) = patient.json("status")["episodes"][0]["alerts"]
    assert "cold" in alert["suspends"]
    assert "See somebody today: Take off packs and bandages." in patient.types("status").out
    assert "warning sign" in patient.types("advance", "--because", "I feel fine", status=1).err
    words = patient.types("begin", "ice", status=1).err
    assert "Take off packs and bandages" in words
    assert "ice" not in {cue["activity"] for cue in patient.json("next", "-n", "20")["next"]}


def test_a_red_flag_is_cleared_with_a_reason_and_not_without(patient: Person) -> None:
    patient.types("end")
    patient.types("flag", "numb-below")
    err = patient.types("flag", "clear", "numb-below", status=2).err
    assert err.startswith("Error: say which one is dealt with, and how\n")
    assert patient.types("flag", "clear", "numb-below", "--because=", status=2).err == err
    assert "flag/numb-below" in alerts(patient)

    answer = patient.json("flag", "clear", "numb-below", "--because", "a doctor has looked")
    assert (answer["v"], answer["accepted"]) == (1, True)
    assert alerts(patient) == ["flag/grade-ii"]
    assert "a doctor has looked" in " ".join(patient.types("log").out.split())
    assert "ice" in {cue["activity"] for cue in patient.json("next", "-n", "20")["next"]}


def test_an_urgent_flag_of_the_rules_stands_until_it_is_cleared(patient: Person) -> None:
    patient.types("checkin", "pain=9")
    patient.waits(hours=1)
    patient.types("checkin", "pain=2")
    assert "flag/severe-pain" in alerts(patient)
    patient.types("flag", "clear", "severe-pain", "--because", "seen by a doctor")
    assert "flag/severe-pain" not in alerts(patient)


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["numb"], 1, "no warning sign 'numb' to report; there are: saddle"),
        (["severe-pain"], 1, "no warning sign 'severe-pain' to report"),
        ([""], 1, "no warning sign '' to report"),
        (["saddle", "tense"], 2, "one warning sign at a time"),
        (["clear"], 2, "say which one is dealt with, and how"),
        (["clear", "--because", "x"], 2, "say which one is dealt with, and how"),
        (["clear", "saddle", "tense", "--because", "x"], 2, "say which one is dealt with, and how"),
        (["clear", "saddle", "--because", "x"], 1, "no warning sign 'saddle' stands; standing: grade-ii"),
    ],
)
def test_wrong_words_about_red_flags_are_told(
    patient: Person, words: list[str], status: int, says: str
) -> None:
    assert patient.types("flag", *words, status=status).err.startswith(f"Error: {says}")


def test_a_flag_that_stands_is_not_reported_again(patient: Person) -> None:
    patient.types("flag", "saddle")
    answer = patient.json("flag", "saddle", status=1)
    assert (answer["v"], answer["accepted"]) == (1, False)
    assert answer["reason"].startswith("saddle stands already")


def test_a_report_and_a_clearing_can_be_taken_back(patient: Person) -> None:
    patient.waits(seconds=1)
    patient.types("flag", "limping")
    patient.waits(seconds=1)
    patient.types("flag", "clear", "limping", "--because", "gone")
    patient.waits(seconds=1)
    patient.types("undo")
    assert "flag/limping" in alerts(patient)
    patient.waits(seconds=1)
    assert "alert: “Do you limp?”, " in patient.types("undo").out
    assert "flag/limping" not in alerts(patient)


# Setbacks ----------------------------------------------------------------------------------------


def onset(person: Person) -> str:
    answer: str = person.json("status")["episodes"][0]["onset"]
    return answer


def test_a_setback_begins_anew(patient: Person) -> None:
    patient.waits(days=1)
    out = patient.types("setback", "--onset", "1h ago", "--grade", "1", "--because", "slipped").out

    assert out.startswith("Noted as a new injury, 15:40. All clocks begin anew;")
    (episode,) = patient.json("status")["episodes"]
    assert (episode["grade"], episode["onset"]) == ("I", "2026-11-24T15:40:00+01:00")
    assert (episode["phase"]["id"], episode["phase"]["day"]) == ("rice", 1)
    assert episode["healing"]["day"] == 1
    assert "slipped" in " ".join(patient.types("log").out.split())
    assert "flag/grade-ii" not in alerts(patient)


def test_a_setback_is_now_unless_told(patient: Person) -> None:
    patient.waits(hours=3)
    answer = patient.json("setback")
    assert (answer["v"], answer["accepted"]) == (1, True)
    assert onset(patient) == "2026-11-23T19:40:00+01:00"
    assert patient.json("status")["episodes"][0]["grade"] == "II"


def test_a_setback_gets_round_no_limit(patient: Person) -> None:
    patient.types("end")
    patient.types("setback")
    assert "1 h after the last session" in patient.types("begin", "ice", status=1).err


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["--onset", "in 1h"], 1, "that is in the future"),
        (["--onset", "48h ago"], 1, "not now: that is before the injury that this episode is about"),
        (["--onset", "some day"], 2, "--onset: 'some day' is not a time that I know"),
        (["--grade", "7"], 2, "--grade: '7' is not a grade; write 1, 2 or 3"),
        (["--grade", ""], 2, "--grade: '' is not a grade"),
        (["--grade", "unsure"], 1, "a grade is one of I, II, III, not 'unsure'"),
        (["now"], 2, "Got unexpected extra argument (now)"),
    ],
)
def test_wrong_words_about_a_setback_are_told(
    patient: Person, words: list[str], status: int, says: str
) -> None:
    assert patient.types("setback", *words, status=status).err.startswith(f"Error: {says}")
    assert onset(patient) == "2026-11-22T18:00:00+01:00"


def test_a_setback_can_be_taken_back(patient: Person) -> None:
    patient.waits(hours=1)
    patient.types("setback", "--grade", "3")
    assert "flag/grade-iii" in alerts(patient)
    patient.waits(minutes=1)
    assert patient.types("undo").out.startswith("Taken back in strain-1: setback")

    (episode,) = patient.json("status")["episodes"]
    assert (episode["grade"], episode["onset"]) == ("II", "2026-11-22T18:00:00+01:00")
    assert alerts(patient) == ["flag/grade-ii"]


def test_without_an_injury_there_is_no_setback(person: Person) -> None:
    person.starts(*POINT)
    assert "does not count from an injury" in person.types("setback", status=1).err


# Checklists --------------------------------------------------------------------------------------


def test_a_checklist_is_listed(person: Person) -> None:
    person.starts(*POINT)
    lines = person.types("checklist").out.splitlines()
    assert lines[0].startswith("The neighbours: Where the gluteus medius has trigger points")
    assert [line.split()[:2] for line in lines[1:]] == [
        ["quadratus-lumborum", "open"],
        ["gluteus-minimus", "open"],
        ["piriformis", "open"],
        ["tensor-fasciae-latae", "open"],
    ]
    answer = person.json("checklist")
    assert (answer["v"], answer["episode"]) == (1, "trigger-point-1")
    assert {item["answer"] for item in answer["checklists"][0]["items"]} == {None}


def test_what_was_found_is_ticked_and_has_a_command_that_works(person: Person) -> None:
    person.starts(*POINT, "--set", "balance=yes", "--screen", "raynaud=yes")
    lines = person.types("checklist", "piriformis=yes,gluteus-minimus=no").out.splitlines()

    assert lines[0] == "Noted: piriformis yes, gluteus-minimus no."
    (printed,) = (line for line in lines if line.startswith("Reminders of its own: recovery start "))
    person.starts(*printed.partition("recovery ")[2].split(), "--signs", "none")
    first, second = person.json("status")["episodes"]
    assert second["options"] == {"muscle": "piriformis", "balance": "yes", "tens": "no"}, (
        "the same person's balance"
    )
    assert (second["side"], second["screen"]) == ("left", first["screen"])

    answer = person.json("checklist", "-e", "trigger-point-1")["checklists"][0]["items"]
    assert {item["id"]: item["answer"] for item in answer} == {
        "quadratus-lumborum": None,
        "gluteus-minimus": "no",
        "piriformis": "yes",
        "tensor-fasciae-latae": None,
    }


def test_none_ticks_the_rest(person: Person) -> None:
    person.starts(*POINT)
    assert "Reminders of its own" not in person.types("checklist", "none").out
    items = person.json("checklist")["checklists"][0]["items"]
    assert {item["answer"] for item in items} == {"no"}


def test_what_was_found_can_start_at_once(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    there = presence.Presence(0, 0, "text", "", None)
    monkeypatch.setattr("recovery.daemon.launch.ensure_running", lambda *_: there)
    person.starts(*POINT)
    lines = person.types(
        "checklist", "piriformis=yes", "gluteus-minimus=YES", "--start", "--json"
    ).out.splitlines()
    answer = [json.loads(line) for line in lines]

    assert [each["v"] for each in answer] == [1, 1, 1]
    assert answer[0]["accepted"] is True
    assert [each["episode"] for each in answer[1:]] == ["trigger-point-2", "trigger-point-3"]
    muscles = [episode["options"]["muscle"] for episode in person.json("status")["episodes"]]
    assert muscles == ["gluteus-medius", "gluteus-minimus", "piriformis"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["piriformis"], "recovery checklist: 'piriformis' is not an answer"),
        (
            ["pirifomis=yes"],
            "recovery checklist: nothing is called 'pirifomis'\n  did you mean 'piriformis'?",
        ),
        (["psoas=yes"], "recovery checklist: nothing is called 'psoas'\n  "),
        (["piriformis=yes", "piriformis=no"], "recovery checklist: piriformis is answered twice"),
    ],
)
def test_wrong_words_about_a_checklist_are_told(person: Person, words: list[str], says: str) -> None:
    person.starts(*POINT)
    assert person.types("checklist", *words, status=2).err.startswith(f"Error: {says}")
    assert "ticked" not in {fact["kind"] for fact in person.lines("log", "--all")}


def test_a_protocol_without_a_checklist_says_so(patient: Person) -> None:
    assert patient.types("checklist").out == "This protocol has no checklist.\n"
    assert patient.json("checklist")["checklists"] == []
    assert "there are: none" in patient.types("checklist", "psoas=yes", status=2).err


def test_a_tick_can_be_taken_back(person: Person) -> None:
    person.starts(*POINT)
    person.waits(minutes=2)
    person.types("checklist", "piriformis=yes")
    person.types("undo")
    items = person.json("checklist")["checklists"][0]["items"]
    assert {item["answer"] for item in items} == {None}


# Two side by side --------------------------------------------------------------------------------

SAYING = (
    ["flag"],
    ["screen"],
    ["setback"],
    ["checklist"],
    ["checklist", "piriformis=yes"],
)
SAYING_OF_ALL = (
    ["flag", "saddle"],
    ["flag", "clear", "grade-ii", "--because", "seen"],
    ["screen", "raynaud=yes"],
)


@pytest.mark.parametrize("arguments", SAYING, ids=" ".join)
def test_with_two_episodes_one_is_named(patient: Person, arguments: list[str]) -> None:
    patient.starts(*STRAIN[:-1], "right")
    before = patient.lines("log", "--all")
    err = patient.types(*arguments, status=2).err

    assert err == "Error: several episodes are active: strain-1, strain-2\n  say which: --episode ID\n"
    assert "'strain-9'" in patient.types(*arguments, "--episode", "strain-9", status=3).err
    assert [fact for fact in patient.lines("log", "--all") if fact["by"] == "person"] == [
        fact for fact in before if fact["by"] == "person"
    ]


@pytest.mark.parametrize(
    "arguments", [words for words in (*SAYING, *SAYING_OF_ALL) if words[0] != "checklist"], ids=" ".join
)
def test_what_is_told_of_one_is_told_of_that_one(patient: Person, arguments: list[str]) -> None:
    patient.starts(*STRAIN[:-1], "right")
    answer = patient.json(*arguments, "-e", "strain-2")
    assert (answer["v"], answer["episode"]) == (1, "strain-2")


@pytest.mark.parametrize("arguments", [*SAYING, *SAYING_OF_ALL], ids=" ".join)
def test_without_an_episode_it_is_told_how_to_begin_one(person: Person, arguments: list[str]) -> None:
    words = person.types(*arguments, status=3).err
    assert "Error: no episode is active\n" in words
    is_report = arguments[0] == "flag" and "clear" not in arguments
    assert words.startswith("Get help now for numbness between the legs") == is_report
    assert not person.home.exists()


@pytest.fixture
def both(patient: Person) -> Person:
    """Somebody with a strain of the left side, whose ice is on, and a trigger point of the right."""
    patient.starts(*POINT[:3], "right", *POINT[4:])
    patient.types("status")
    patient.waits(minutes=5)
    return patient


def standing(person: Person) -> dict[str, list[str]]:
    """The alerts that stand, by episode, those of the start apart."""
    return {
        each["id"]: [alert["id"] for alert in each["alerts"] if alert["id"] != "flag/grade-ii"]
        for each in person.json("status")["episodes"]
    }


@pytest.mark.parametrize("sign", ["broken", "breathless"])
def test_an_emergency_is_one_of_every_episode_and_taken_back_at_once(both: Person, sign: str) -> None:
    lines = both.types("flag", sign).out.splitlines()
    starts = [line.partition(": ")[0] for line in lines]
    assert starts[:2] == ["strain-1", "EMERGENCY"]
    assert starts.count("trigger-point-1") == 1
    assert standing(both) == {"strain-1": [f"flag/{sign}"], "trigger-point-1": [f"flag/{sign}"]}

    both.waits(minutes=1)
    out = both.types("undo").out
    assert out.startswith("Taken back in strain-1: ")
    assert "\nTaken back in trigger-point-1: " in out
    assert standing(both) == {"strain-1": [], "trigger-point-1": []}
    both.types("store", "check")


def test_what_was_for_several_is_taken_back_in_one_alone(both: Person) -> None:
    both.types("flag", "broken")
    both.waits(minutes=1)
    assert both.types("undo", "-e", "strain-1").out.count("Taken back") == 1
    assert standing(both) == {"strain-1": [], "trigger-point-1": ["flag/broken"]}
    assert both.types("undo").out.startswith("Taken back in trigger-point-1: ")
    assert standing(both) == {"strain-1": [], "trigger-point-1": []}


def test_what_two_were_told_one_by_one_is_taken_back_one_by_one(both: Person) -> None:
    both.types("flag", "broken", "-e", "strain-1")
    both.waits(minutes=1)
    both.types("flag", "broken")
    both.waits(minutes=1)
    both.types("undo")
    assert standing(both) == {"strain-1": ["flag/broken"], "trigger-point-1": []}


def test_an_emergency_is_released_in_every_episode(both: Person) -> None:
    both.types("flag", "broken")
    answers = both.lines("release", "broken", "--by", "Dr. Meyer")
    assert [(each["episode"], each["accepted"]) for each in answers] == [
        ("strain-1", True),
        ("trigger-point-1", True),
    ]
    assert standing(both) == {"strain-1": [], "trigger-point-1": []}


def test_harm_is_by_the_session_that_is_on(both: Person) -> None:
    out = both.types("harm").out
    assert out.startswith("strain-1: Noted. Ice ended after 5 min.")
    assert standing(both) == {"strain-1": ["flag/skin-cold"], "trigger-point-1": []}
    both.waits(minutes=1)
    both.types("undo")
    assert standing(both) == {"strain-1": [], "trigger-point-1": []}


def test_an_answer_goes_to_the_only_one_that_asks(both: Person) -> None:
    out = both.types("checkin", "pain=4").out
    assert out.startswith("strain-1: Noted: pain 4.\n")
    assert "trigger-point-1" not in out


def test_answers_go_to_all_that_ask_for_them(both: Person) -> None:
    answered = both.types("checkin", "pain=4", "tenderness=3").out.splitlines()
    assert answered[0] == "strain-1: Noted: pain 4."
    assert "trigger-point-1: Noted: tenderness 3." in answered
    both.waits(minutes=1)
    both.types("undo")
    noted = [fact["seq"] for fact in both.lines("log", "--all") if fact["kind"] == "answered"]
    undone = [fact["data"]["seq"] for fact in both.lines("log", "--all") if fact["kind"] == "undone"]
    assert len(noted) == 2
    assert {*noted} <= {*undone}


def test_an_answer_goes_to_two_that_ask_for_the_same(patient: Person) -> None:
    patient.starts(*STRAIN[:-1], "right")
    answers = patient.lines("checkin", "pain=4")
    assert [each["episode"] for each in answers] == ["strain-1", "strain-2"]
    assert patient.types("checkin", "pain=11", status=2).err == (
        "Error: pain is a whole number from 0 to 10, not '11'\n"
    )


def test_answers_that_nobody_asks_for_are_noted_by_none(both: Person) -> None:
    assert "does not ask for 'mood'" in both.types("checkin", "pain=4", "mood=1", status=2).err
    assert "answered" not in {fact["kind"] for fact in both.lines("log", "--all")}


def test_a_professional_s_word_goes_to_the_questions_that_they_agreed_to(both: Person) -> None:
    both.types("screen", "diabetes=agreed", "skin=no", "--by", "Dr. Meyer")
    told = {each["id"]: each for each in both.json("status")["episodes"]}
    assert {id_ for id_, each in told.items() if "diabetes" in each.get("agreed", {})} == {*told}
    both.types("screen", "none", "-e", "strain-1", status=2)


def test_a_checklist_is_of_the_only_one_that_has_one(both: Person) -> None:
    assert both.json("checklist")["episode"] == "trigger-point-1"
    assert both.types("checklist", "piriformis=yes").out.startswith("trigger-point-1: ")


def test_what_is_left_out_is_of_the_one_that_offers_it(both: Person) -> None:
    both.types("harm")
    out = both.types("skip", "press").out
    assert out.startswith("trigger-point-1: ")
    assert "say which: --episode ID" in both.types("pause", status=2).err


def test_an_evening_is_put_off_in_the_episodes_that_have_it_still(both: Person) -> None:
    both.types("up-until", "23:45", "-e", "strain-1")
    assert both.types("up-until", "00:15").out.startswith("trigger-point-1: ")
    err = both.types("up-until", "00:30", status=1).err
    assert err.startswith("Error: strain-1: ")


# A pause until a day -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "says", "at"),
    [
        ("tomorrow", "tomorrow 07:00", "2026-11-24T07:00:00+01:00"),
        ("2026-12-01", "Tue 1 Dec 07:00", "2026-12-01T07:00:00+01:00"),
        ("tomorrow 08:30", "tomorrow 08:30", "2026-11-24T08:30:00+01:00"),
    ],
)
def test_a_pause_may_last_until_a_day(patient: Person, until: str, says: str, at: str) -> None:
    assert patient.types("pause", "--until", until).out.startswith(f"Paused until {says}.")
    assert patient.json("status")["episodes"][0]["paused_until"] == at


@pytest.mark.parametrize(
    ("until", "status"), [("yesterday", 1), ("2026-11-23", 1), ("2026-02-31", 2), ("", 2), ("2020-01-01", 1)]
)
def test_a_pause_until_no_day_is_refused(patient: Person, until: str, status: int) -> None:
    assert patient.types("pause", "--until", until, status=status).err.startswith("Error: ")
    assert patient.json("status")["episodes"][0]["state"] == "active"


# A ladder ----------------------------------------------------------------------------------------


@pytest.fixture
def climber(person: Person) -> Person:
    """Somebody on the first step of a ladder: a strain of a week ago, whose gates were shown the way."""
    person.starts(*STRAIN, "--grade", "2", "--onset", "7d ago")
    for answers in (["pain=6", "swelling=2"], ["pain=1", "swelling=0"]):
        person.waits(minutes=1)
        person.types("checkin", *answers)
    while (phase := person.json("status")["episodes"][0]["phase"])["id"] != "loading":
        if phase["gate"]["offered"]:
            person.types("advance")
        person.waits(days=1)
        person.types("checkin", "pain=1", "swelling=0")
    return person


def test_status_tells_the_step(climber: Person) -> None:
    (episode,) = climber.json("status")["episodes"]
    assert episode["phase"]["id"] == "loading"
    step = episode["phase"]["step"]
    assert (step["id"], step["title"], step["number"], step["of"]) == ("motion", "Easy movement", 1, 4)
    assert step["since"].startswith("2026-11-24T")
    assert climber.types("status").out.startswith(
        "Gradual loading, day 1, step 1 of 4: Easy movement  (strain-1, "
    )


def test_a_step_is_taken_with_a_reason_and_one_goes_back(climber: Person) -> None:
    early = climber.types("advance", "--because", "it is easy", status=1)
    assert "not yet: 2 days on this step, and one step a day. No word passes that" in early.err
    climber.waits(days=3)
    climber.types("checkin", "pain=2", "swelling=0", "morning=5", "exercise-pain=2", "effort=5")
    assert "A professional may pass it" in climber.types("advance", "--because", "it is easy", status=1).err
    word = ("--by", "Dr. Meyer", "--because", "it is easy")
    assert climber.types("advance", *word).out == "Now on step 2: Isometric exercises.\n"
    climber.waits(minutes=1)
    climber.types("checkin", "morning=2")
    assert "isometric" in {cue["activity"] for cue in climber.json("next", "-n", "20")["next"]}
    climber.waits(minutes=1)
    assert climber.types("step-back", "--because", "too much").out == "Back on step 1: Easy movement.\n"
    climber.waits(minutes=1)
    climber.types("undo")
    assert climber.json("status")["episodes"][0]["phase"]["step"]["number"] == 2
    assert "it is easy" in " ".join(climber.types("log").out.split())


# Releases and harm --------------------------------------------------------------------------------


@pytest.fixture
def torn(person: Person) -> Person:
    """Somebody with a grade III tear."""
    person.starts(*STRAIN, "--grade", "3")
    return person


def test_a_grade_iii_tear_waits_for_a_professional_whose_word_is_kept(torn: Person) -> None:
    out = torn.types("status").out
    assert 'no exercise, massage, warm, tens: recovery release grade-iii --by "…" --on DATE' in out
    (episode,) = torn.json("status")["episodes"]
    (waits,) = episode["waits_for_release"]
    assert (waits["id"], waits["suspends"]) == ("grade-iii", ["exercise", "massage", "warm", "tens"])
    assert [alert["cleared_by"] for alert in episode["alerts"]] == ["professional"]

    refused = torn.types("flag", "clear", "grade-iii", "--because", "it feels fine", status=1).err
    assert "a professional's release alone: recovery release grade-iii" in refused
    assert "a word needs a name" in torn.types("release", "grade-iii", status=1).err
    said = torn.types("release", "grade-iii", "--by", "Dr. Meyer", "--on", "2026-11-23").out
    assert said.startswith("grade-iii: released by Dr. Meyer, ")
    (episode,) = torn.json("status")["episodes"]
    assert (episode["alerts"], episode["waits_for_release"]) == ([], [])
    assert episode["released"]["grade-iii"]["by"] == "Dr. Meyer"
    assert "on the word of Dr. Meyer" in " ".join(torn.types("log").out.split())

    torn.waits(minutes=1)
    assert "released: A grade III tear" in torn.types("undo").out
    (episode,) = torn.json("status")["episodes"]
    assert [alert["id"] for alert in episode["alerts"]] == ["flag/grade-iii"]


def test_harm_ends_the_session_and_both_are_taken_back_at_once(patient: Person) -> None:
    patient.types("begin", "ice")
    patient.waits(minutes=5)
    assert "white, burnt, blistered or numb: recovery harm" in patient.types("status").out
    out = patient.types("harm").out
    assert out.startswith("Noted. Ice ended after 5 min.")
    assert "Do not rub it" in out
    (episode,) = patient.json("status")["episodes"]
    assert episode["now"] is None
    assert "flag/skin-cold" in [alert["id"] for alert in episode["alerts"]]
    assert "Do not rub it" in patient.types("begin", "ice", status=1).err

    patient.types("undo")
    (episode,) = patient.json("status")["episodes"]
    assert episode["now"]["activity"] == "ice"
    assert "flag/skin-cold" not in [alert["id"] for alert in episode["alerts"]]


def test_a_bandage_that_is_too_tight_comes_off_and_stays_off(patient: Person) -> None:
    patient.types("begin", "ice")  # the bandage goes on with it
    assert "numb, tingling, blue or cold below it: recovery harm too-tight" in patient.types("status").out
    out = " ".join(patient.types("harm", "too-tight").out.split())
    assert "Take the bandage off and lie down" in out
    (episode,) = patient.json("status")["episodes"]
    assert episode["now"]["activity"] == "ice", "which goes on"
    patient.waits(hours=12)
    assert "recovery harm too-tight" not in patient.types("status").out
    patient.types("flag", "clear", "too-tight", "--because", "seen, put on again more loosely")
    patient.waits(hours=10)
    assert "recovery harm too-tight" in patient.types("status").out
