"""`recovery start`: what it asks for, refuses, shows and keeps."""

import io
import sys

import pytest

from tests.cli.conftest import STRAIN, ZONE, Person
from tests.profile import ICE, protocol


def test_it_shows_the_plan_with_dates_and_what_comes_first(person: Person) -> None:
    out = person.starts().out

    alert, nothing, title, *_ = out.splitlines()
    assert alert.startswith("Worth a visit: A serious grade II tear")
    assert nothing == ""
    assert (
        title == "Recovery from a muscle strain  (strain-1, injury yesterday 18:00, times of Europe/Berlin)"
    )
    assert "  1. Rest, ice, compression, elevation: from now; ends tomorrow 18:00 at the earliest" in out
    assert "until tomorrow 18:00" in out, "ice until when"
    assert "Usual healing, grade II: between Sun 20 Dec 2026 and Sun 17 Jan 2027" in out
    assert "Ice: 20 min left, until 17:00" in out
    assert "Not medical advice." in out


def test_without_a_daemon_it_says_that_nothing_reminds(person: Person) -> None:
    assert "No daemon: no reminders come until recovery daemon start." in person.starts().out
    assert not list(person.home.glob("daemon*"))


def test_the_episode_is_kept_with_what_was_given(person: Person) -> None:
    person.starts()
    (episode,) = person.json("status")["episodes"]

    assert (episode["id"], episode["protocol"], episode["grade"], episode["side"]) == (
        "strain-1",
        "strain",
        "II",
        "left",
    )
    assert episode["onset"] == "2026-11-22T18:00:00+01:00"


def test_json_says_which_episode_it_is(person: Person) -> None:
    assert person.json(*STRAIN, "--timezone", ZONE, "--no-daemon") == {
        "v": 1,
        "episode": "strain-1",
        "daemon": False,
    }


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ([], "--onset --grade --side"),
        (["--grade", "2"], "--onset --side"),
        (["--onset", "2h ago", "--grade", "2"], "--side"),
    ],
)
def test_what_is_missing_is_named_by_its_option(person: Person, given: list[str], missing: str) -> None:
    err = person.types("start", "strain", *given, status=2).err

    assert err.splitlines()[0] == f"Error: strain needs {missing}"
    assert all(f"{name} " in err.splitlines()[1] for name in missing.split())
    assert not (person.home / "journal.db").exists()


def test_a_protocol_that_asks_for_less_needs_less(person: Person) -> None:
    person.starts("start", person.file(protocol(ICE.format(length="20min"))), "--onset", "2h ago")


@pytest.mark.parametrize(
    ("options", "says", "status"),
    [
        (["--grade", "4"], "'4' is not a grade; write 1, 2 or 3", 2),
        (["--grade", "severe"], "'severe' is not a grade", 2),
        (["--onset", "in 2h"], "--onset: the injury cannot be in the future", 2),
        (["--onset", "tomorrow 08:00"], "--onset: the injury cannot be in the future", 2),
        (["--onset", "lately"], "--onset: 'lately' is not a time that I know; write", 2),
        (["--side", "up"], "'up' is not one of 'left', 'right'", 2),
        (["--wake", "7"], '\'7\': in the morning or in the evening? write "07:00" or "19:00"', 2),
        (["--wake", "23:00", "--bedtime", "23:00"], "--wake and --bedtime are the same", 2),
        (["--timezone", "Europe/Berlni"], "--timezone: 'Europe/Berlni' is not a time zone that I know", 2),
        (["--notifier", "growl"], "'growl' is not one of 'auto', 'dbus', 'plyer', 'text'", 2),
    ],
)
def test_wrong_words_are_told_with_right_ones(
    person: Person, options: list[str], says: str, status: int
) -> None:
    err = person.types(*STRAIN, "--no-daemon", *options, status=status).err

    assert err.startswith("Error: ")
    assert says in err
    assert not (person.home / "journal.db").exists(), "nothing is kept of what was refused"


@pytest.mark.parametrize("grade", ["1", "I", "i", " 1 "])
def test_a_grade_may_be_written_either_way(person: Person, grade: str) -> None:
    person.starts(*STRAIN, "--grade", grade)
    assert person.json("status")["episodes"][0]["grade"] == "I"


def test_an_unknown_protocol_is_told_its_neighbour(person: Person) -> None:
    err = person.types("start", "strian", status=3).err

    assert "there is no protocol 'strian'; did you mean 'strain'?" in err
    assert "contrast, overuse, peace-and-love, prevention, rice, sitting, strain, trigger-point" in err


def test_a_file_that_is_not_there_is_told_so(person: Person) -> None:
    assert "there is no such file" in person.types("start", "./mine.yaml", status=3).err


def test_a_file_with_errors_is_refused_with_its_place(person: Person) -> None:
    path = person.file("format: 1\nid: 7\n")
    err = person.types("start", path, "--onset", "2h ago", status=1).err

    assert err.startswith(f"Error: {path}:")
    assert f"recovery validate {path}" in err


def test_the_same_injury_is_not_started_twice(person: Person) -> None:
    person.starts()
    err = person.types(*STRAIN, "--no-daemon", status=1).err

    assert err == (
        "Error: strain-1 is active already\n"
        "  recovery status shows it; recovery stop --episode strain-1 ends it; "
        "recovery setback tells of a new injury\n"
    )
    person.starts(*STRAIN[:-1], "right")
    assert [e["id"] for e in person.json("status")["episodes"]] == ["strain-1", "strain-2"]


def test_a_protocol_of_ones_own_hides_the_installed_one(person: Person) -> None:
    own = person.home / "protocols"
    own.mkdir(parents=True)
    (own / "rice.yaml").write_text(protocol(ICE.format(length="20min"), name="rice"))
    out = person.starts("start", "rice", "--onset", "2h ago").out

    assert out.startswith("Seconds  (rice-1, ")


def test_settings_give_the_waking_hours_and_the_zone(person: Person) -> None:
    person.home.mkdir()
    (person.home / "settings.toml").write_text('wake = "06:15"\nbedtime = "21:30"\ntimezone = "Asia/Tokyo"\n')
    person.types(*STRAIN, "--no-daemon")

    assert "within your waking hours, 06:15 to 21:30" in person.types("explain").out
    assert person.json("status")["now"].endswith("+09:00")


def test_an_episode_keeps_its_protocol_when_the_file_changes(person: Person) -> None:
    path = person.file(protocol(ICE.format(length="20min")))
    person.starts("start", path, "--onset", "2h ago")
    person.file("no protocol any more")

    assert person.json("status")["episodes"][0]["version"] == "1.0.0"
    assert "Ice: 20 min left" in person.types("status").out


def test_quiet_times_and_discretion_are_kept_with_the_episode(person: Person) -> None:
    (person.home / "settings.toml").parent.mkdir(exist_ok=True)
    (person.home / "settings.toml").write_text('quiet = ["12:00-12:30"]\n')
    person.starts(*STRAIN, "--discreet")
    assert _opening(person)["quiet"] == [["12:00", "12:30"]]
    assert _opening(person)["discreet"] is True


def test_quiet_times_of_the_command_line_come_before_the_setting(person: Person) -> None:
    (person.home / "settings.toml").parent.mkdir(exist_ok=True)
    (person.home / "settings.toml").write_text('quiet = ["12:00-12:30"]\n')
    person.starts(*STRAIN, "--quiet", "12:30-13:15, 20:00-21:00")
    assert _opening(person)["quiet"] == [["12:30", "13:15"], ["20:00", "21:00"]]
    assert "discreet" not in _opening(person)


def test_a_wrong_quiet_time_is_told(person: Person) -> None:
    err = person.types("start", "strain", "--quiet", "lunch", status=2).err
    assert 'expected quiet times such as "12:30-13:15", found "lunch"' in err


def _opening(person: Person) -> dict[str, object]:
    (started,) = [fact for fact in person.lines("log", "--all") if fact["kind"] == "started"]
    data: dict[str, object] = started["data"]
    return data


# The signs that need a professional --------------------------------------------------------------


@pytest.fixture
def signless() -> tuple[str, ...]:
    """A start that says all but which signs there are."""
    words = [*STRAIN]
    at = words.index("--signs")
    return (*words[:at], *words[at + 2 :], "--timezone", ZONE, "--no-daemon")


def test_without_a_terminal_open_signs_are_an_error_that_lists_them(
    person: Person, signless: tuple[str, ...]
) -> None:
    first, *rest = person.types(*signless, status=2).err.splitlines()

    assert first == "Error: nothing is said of the signs that need a professional:"
    assert any(line.startswith("  saddle: Numbness or tingling between the legs") for line in rest)
    assert rest[-1] == "  --signs ID for each that is so, or --signs none"
    assert not (person.home / "journal.db").exists()
    assert person.types(*signless, "--json", status=2).err.startswith("Error: nothing is said of the signs")
    assert person.types(*signless, "--signs", "", status=2).err.startswith(
        "Error: nothing is said of the signs"
    )


def test_what_cannot_be_yet_is_asked_in_its_time(person: Person, signless: tuple[str, ...]) -> None:
    later = ("limping-two-weeks", "lump")
    assert not any(f"  {name}: " in person.types(*signless, status=2).err for name in later)
    of_old = [*signless]
    of_old[of_old.index("yesterday 18:00")] = "15d ago"
    assert all(f"  {name}: " in person.types(*of_old, status=2).err for name in later)

    person.types(*signless, "--signs", "none")
    assert not any(name in person.types("flag").out for name in later)
    assert "signs" not in person.json("status")["episodes"][0]
    person.waits(days=15)
    (episode,) = person.json("status")["episodes"]
    assert [(sign["id"], sign["level"]) for sign in episode["signs"]] == [
        ("limping-two-weeks", "urgent"),
        ("lump", "routine"),
    ]
    asked = "Are you still limping, 2 weeks after the injury? If so, type: recovery flag limping-two-weeks."
    assert asked in person.types("status").out.replace("\n", " ")
    assert {row["id"] for row in person.json("flag")["flags"]} >= {*later}
    person.types("flag", "clear", "limping-two-weeks", "--because", "no")
    person.types("flag", "lump")
    (episode,) = person.json("status")["episodes"]
    assert "signs" not in episode
    assert "flag/lump" in {alert["id"] for alert in episode["alerts"]}
    person.types("store", "check")


def test_signs_that_are_named_stand_as_if_they_had_been_flagged(
    person: Person, signless: tuple[str, ...]
) -> None:
    person.types(*signless, "--signs", "limping", "--signs", "gap")
    at_start = {alert["id"] for alert in person.json("status")["episodes"][0]["alerts"]}
    person.types("stop")
    person.types(*signless, "--signs", "none")
    for sign in ("limping", "gap"):
        person.types("flag", sign)
    (episode,) = person.json("status")["episodes"]
    assert at_start == {alert["id"] for alert in episode["alerts"]}
    assert {"flag/limping", "flag/gap"} <= at_start


@pytest.mark.parametrize("words", [["none", "limping"], ["limping,none"], ["limping", "Keine"]])
def test_a_sign_and_none_contradict_each_other(
    person: Person, signless: tuple[str, ...], words: list[str]
) -> None:
    given = [part for word in words for part in ("--signs", word)]
    err = person.types(*signless, *given, status=2).err
    assert err == "Error: --signs: limping and none contradict each other\n  leave one of them out\n"


# When it begins ----------------------------------------------------------------------------------


class Hesitant(io.StringIO):
    """The keyboard of somebody who takes 13 minutes for each line."""

    person: Person

    def isatty(self) -> bool:
        return True

    def readline(self, size: int = -1, /) -> str:
        self.person.waits(minutes=13)
        return super().readline(size)


def test_the_plan_counts_from_the_last_answer(
    person: Person, signless: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = signless.index("--screen")
    keyboard = Hesitant("none\n\n6\n6\n2\n2\nnone\nnone\n")
    keyboard.person = person
    monkeypatch.setattr(sys, "stdin", keyboard)
    out = person.types(*signless[:at], *signless[at + 2 :]).out

    assert "Ice: 20 min left, until 18:44" in out
    (episode,) = person.json("status")["episodes"]
    assert episode["phase"]["entered_at"] == "2026-11-23T18:24:00+01:00"
    assert episode["onset"] == "2026-11-22T18:00:00+01:00"


def test_a_time_counts_from_when_it_was_typed(
    person: Person, signless: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    keyboard = Hesitant("none\n1h ago\nnone\nnone\n")
    keyboard.person = person
    monkeypatch.setattr(sys, "stdin", keyboard)
    device = ("--set", "tens=no")
    at, screen = signless.index("--onset"), signless.index("--screen")
    person.types(*signless[:at], *signless[at + 2 : screen], *signless[screen + 2 :], *device)
    assert person.json("status")["episodes"][0]["onset"] == "2026-11-23T16:06:00+01:00"

    person.types("stop")
    keyboard = Hesitant("none\nnone\nnone\n")
    keyboard.person = person
    monkeypatch.setattr(sys, "stdin", keyboard)
    given = [*signless[: at + 1], "1h ago", *signless[at + 2 : screen], *signless[screen + 2 :], *device]
    person.types(*given)
    assert person.json("status")["episodes"][0]["onset"] == "2026-11-23T16:32:00+01:00"


def test_overuse_asks_for_no_moment_of_injury(person: Person) -> None:
    out = person.starts("start", "overuse", "--side", "left", "--screen", "none", "--signs", "none").out

    assert "Less of what brings it on" in out
    person.types("checkin", "pain=3", "morning=3")
    (episode,) = person.json("status")["episodes"]
    assert (episode["protocol"], episode["phase"]["id"]) == ("overuse", "ease")
    err = person.types(*STRAIN, status=1).err
    assert "overuse-1 is active: A fresh strain rests first" in err


def test_one_plan_for_both_hips(person: Person) -> None:
    started = person.starts(*STRAIN[:-2], "--side", "beide")
    status = person.types("status")
    assert "both sides" in status.out
    assert person.json("status")["episodes"][0]["side"] == "both"
    shown = " ".join((started.out + started.err + status.out + status.err).split())
    assert "Lie on your back, with a pillow under the knees." in shown
    again = person.types(*STRAIN, "--no-daemon", status=1)
    assert "strain-1 is active already" in again.err
    person.types("correct", "side=left")
    assert person.json("status")["episodes"][0]["side"] == "left"
    person.types("correct", "side=both")


def test_who_starts_late_in_the_evening_is_asked_until_when_they_are_up(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Keyboard(io.StringIO):
        def isatty(self) -> bool:
            return True

    plan = ("start", "rice", "--onset", "5min ago", "--side", "left", "--screen", "none", "--signs", "none")
    person.waits(hours=6, minutes=15)
    monkeypatch.setattr(sys, "stdin", Keyboard("00:30\n"))
    out = person.starts(*plan).out
    assert "Your bedtime is 23:00. Until when are you up tonight" in out
    assert "Ice: 20 min left, until 23:15" in out


def test_a_late_start_tells_its_course_so_far(person: Person) -> None:
    """The clock of these tests stands on 2026-11-23."""
    told = ("--worst", "pain=7,swelling=2", "--now", "pain=3,swelling=0")
    known = ("--grade", "1", "--side", "left", "--screen", "none", "--signs", "none")
    person.starts("start", "strain", "--onset", "3w ago", *known, *told)
    (episode,) = person.json("status")["episodes"]
    assert episode["phase"]["id"] == "contrast"
    answered = [each for each in person.lines("log", "--all") if each["kind"] == "answered"]
    assert [(each["at"], each["data"]["values"]) for each in answered] == [
        ("2026-11-02T15:40:00.000+00:00", {"pain": 7, "swelling": 2}),
        ("2026-11-23T15:40:00.000+00:00", {"pain": 3, "swelling": 0}),
    ]


def test_a_course_before_an_unknown_moment_is_refused(person: Person) -> None:
    overuse = ("start", "overuse", "--side", "left", "--screen", "none", "--signs", "none")
    err = person.types(*overuse, "--worst", "pain=9", status=2).err
    assert err == "Error: overuse knows no injury, so --worst has no time\n  tell how it is: --now\n"
    person.starts(*overuse, "--now", "Pain=3")
    assert person.json("status")["episodes"][0]["alerts"] == []


def test_rest_and_ice_are_not_begun_weeks_later(person: Person) -> None:
    err = person.types(
        "start",
        "rice",
        "--onset",
        "3w ago",
        "--side",
        "left",
        "--screen",
        "none",
        "--signs",
        "none",
        status=1,
    ).err
    assert "that is over" in err
    assert "recovery start contrast" in err


def test_an_answer_that_tells_nothing_is_refused(person: Person) -> None:
    err = person.types("start", "strain", "--onset", "3w ago", "--side", "left", "--grade", "1",
                       "--screen", "none", "--signs", "none", "--worst", "pain=much", status=2).err  # fmt: skip
    assert "--worst: pain is a whole number from 0 to 10, not 'much'" in err
