"""Commands under a clock that was set: back, forward, right again, by a minute or ten years."""

import re
from datetime import UTC, datetime

import pytest

from tests.cli.conftest import Person
from tests.profile import ICE, protocol

SPANS = {"1min": 1 / 60, "1h": 1.0, "20h": 20.0, "2w": 336.0, "1y": 8760.0, "10y": 87600.0}
LOOKS = ("status", "next", "agenda", "explain", "log")
ACTS = ("begin", "end", "done", "skip", "snooze", "pause", "resume", "undo")
BOTH_WAYS = [
    # Every other span in every run, forward and back; all of them with the slow tests.
    pytest.param(sign * hours, marks=pytest.mark.slow if number % 2 else ())
    for number, hours in enumerate(SPANS.values())
    for sign in (-1, 1)
]
NONSENSE = re.compile(r"day -\d+|day 0\b|(?<![\w-])-\d+ (?:d|h|min|s)\b|\b\d{3,} d\b|\b\d{4,} h\b")


COLD = protocol(ICE.format(length="20min").replace("id: ice", "id: cold")).replace("gap: 1h", "gap: 2h")


@pytest.fixture
def watched(patient: Person) -> Person:
    """Somebody whose daemon runs."""
    patient.daemon_wakes()
    return patient


def sets(person: Person, hours: float) -> None:
    """The clock is set, and the daemon hears of it."""
    person.sets_the_clock(hours=hours)
    person.daemon_wakes()


def kinds(person: Person) -> list[str]:
    return [fact["kind"] for fact in person.lines("log", "--all")]


def shown_by(person: Person) -> str:
    """All notes that the daemon has shown."""
    return "\n".join(f"{note.title}\n{note.body}" for note in person.notifier.shown)


@pytest.mark.parametrize("is_watched", [True, False])
@pytest.mark.parametrize("hours", BOTH_WAYS)
def test_nothing_that_is_said_is_nonsense(patient: Person, hours: float, is_watched: bool) -> None:
    if is_watched:
        patient.daemon_wakes()
    patient.types("begin", "ice")
    patient.waits(minutes=5)
    said = []
    for by in (hours, -hours):
        patient.sets_the_clock(hours=by)
        if is_watched:
            patient.daemon_wakes()
        said += [patient.types(look).out for look in LOOKS]
        said += [patient.tries(act) for act in ACTS]
        said.append(patient.tries("log", "--all"))
    said.append(shown_by(patient))

    lines = [line for text in said for line in text.splitlines() if " set " not in line]
    assert [line for line in lines if NONSENSE.search(line)] == []
    patient.types("store", "check")


@pytest.mark.parametrize("is_watched", [True, False])
@pytest.mark.parametrize("hours", BOTH_WAYS)
def test_an_end_is_always_accepted(patient: Person, hours: float, is_watched: bool) -> None:
    if is_watched:
        patient.daemon_wakes()
    patient.types("begin", "ice")
    patient.waits(minutes=10)
    patient.sets_the_clock(hours=hours)
    assert "ended" in patient.types("end", "ice").out
    if is_watched:
        patient.daemon_wakes()
        patient.daemon_wakes()
    set_by = [fact["data"]["seconds"] for fact in patient.lines("log", "--all") if fact["kind"] == "clock"]
    assert len([seconds for seconds in set_by if seconds]) <= 1, "said once, by whoever saw it first"


@pytest.mark.parametrize("hours", BOTH_WAYS)
def test_a_session_lasts_no_longer_than_planned_by_the_steady_clock(watched: Person, hours: float) -> None:
    watched.types("begin", "ice")
    watched.waits(minutes=5)
    watched.daemon_wakes()
    sets(watched, hours)
    watched.waits(minutes=16)
    watched.daemon_wakes()

    (ended,) = [fact for fact in watched.lines("log", "--all") if fact["kind"] == "ended"]
    assert ended["data"]["overrun"] in (0, 60)
    assert [note.title for note in watched.notifier.shown].count("Ice: stop") == 1
    assert "too long" not in shown_by(watched).replace("1 min too long", "")


@pytest.mark.parametrize("hours", [-1, -20, -336, -87600])
def test_a_clock_set_back_leaves_a_session_on_until_its_time_is_over(watched: Person, hours: float) -> None:
    watched.types("begin", "ice")
    watched.waits(minutes=5)
    sets(watched, hours)
    watched.waits(minutes=14)
    watched.daemon_wakes()
    assert watched.json("status")["episodes"][0]["now"]["activity"] == "ice"
    assert "ended" not in kinds(watched)


@pytest.mark.parametrize("hours", BOTH_WAYS)
def test_set_and_right_again_it_ends_when_planned(watched: Person, hours: float) -> None:
    if hours > 1 / 4:
        return  # by that clock it was over
    watched.types("begin", "ice")
    watched.waits(minutes=5)
    sets(watched, hours)
    sets(watched, -hours)
    watched.waits(minutes=14)
    watched.daemon_wakes()
    assert watched.json("status")["episodes"][0]["now"]["ends_at"].startswith("2026-11-23T17:00")
    watched.waits(minutes=1)
    watched.daemon_wakes()
    assert "ended" in kinds(watched)


@pytest.mark.parametrize("hours", BOTH_WAYS)
def test_a_gap_is_as_long_by_the_steady_clock(watched: Person, hours: float) -> None:
    watched.types("begin", "ice")
    watched.waits(minutes=20)
    watched.daemon_wakes()
    watched.types("end", "ice")
    watched.waits(minutes=5)
    sets(watched, hours)
    watched.types("begin", "ice", status=1)
    watched.tries("checkin", "pain=4")
    sets(watched, -hours)
    watched.waits(minutes=1)
    assert "not now" in watched.types("begin", "ice", status=1).err


@pytest.mark.parametrize("is_watched", [True, False])
@pytest.mark.parametrize("hours", [-25, -336, -87600])
def test_a_clock_behind_the_record_is_doubted_and_said(
    patient: Person, hours: float, is_watched: bool
) -> None:
    if is_watched:
        patient.daemon_wakes()
    before = patient.json("status")["episodes"][0]
    patient.sets_the_clock(hours=hours)
    if is_watched:
        patient.daemon_wakes()
        assert "clock looks wrong" in shown_by(patient)
    for look in LOOKS:
        assert "clock looks wrong" in patient.types(look).err
    assert patient.json("status")["clock"]["doubted"] is True
    for act in (("begin", "ice"), ("advance", "--because", "x"), ("setback",), ("snooze",), ("resume",)):
        assert "clock looks wrong" in patient.types(*act, status=1).err
    assert "clock looks wrong" in patient.tries("start", "rice", "--no-daemon")
    patient.types("checkin", "pain=4")
    patient.sets_the_clock(hours=-hours)
    if is_watched:
        patient.daemon_wakes()

    after = patient.json("status")
    assert "clock" not in after
    assert after["episodes"][0]["phase"]["entered_at"] == before["phase"]["entered_at"]
    assert "righted" not in kinds(patient)
    patient.types("store", "check")


@pytest.mark.parametrize("is_watched", [True, False])
def test_a_clock_behind_after_a_restart_moves_no_true_past(patient: Person, is_watched: bool) -> None:
    """No battery: two weeks back until somebody sets it, and a check-in meanwhile."""
    patient.types("begin", "ice")
    patient.waits(minutes=20)
    patient.types("end", "ice")
    patient.starts_the_machine_anew()
    patient.sets_the_clock(hours=-336)
    if is_watched:
        patient.daemon_wakes()
    patient.waits(minutes=1)
    patient.types("checkin", "pain=4")
    patient.waits(seconds=1)
    patient.types("checkin", "pain=5")
    if is_watched:
        patient.daemon_wakes()
    patient.sets_the_clock(hours=336)
    patient.waits(minutes=10)
    if is_watched:
        patient.daemon_wakes()

    assert "not now" in patient.types("begin", "ice", status=1).err
    assert "righted" not in kinds(patient)
    answered = [fact for fact in patient.lines("log", "--all") if fact["kind"] == "answered"]
    assert [fact["at"][:10] for fact in answered] == ["2026-11-23"] * 2
    assert answered[0]["at"] < answered[1]["at"]
    (doubted,) = [fact["data"] for fact in patient.lines("log", "--all") if "says" in fact["data"]]
    assert doubted["says"] / 1000 < datetime(2026, 11, 10, tzinfo=UTC).timestamp()
    patient.waits(hours=2)
    assert "on" in patient.types("begin", "ice").out


def test_an_end_under_a_wrong_clock_counts_as_late_as_it_may_have_been(patient: Person) -> None:
    """A pack is on, the machine is restarted under a clock of long ago, and hours later the clock is right."""
    patient.types("begin", "ice")
    patient.waits(minutes=5)
    patient.starts_the_machine_anew()
    patient.sets_the_clock(hours=-336)
    patient.waits(hours=2)
    patient.types("end", "ice")
    patient.starts_the_machine_anew()
    patient.sets_the_clock(hours=336)
    patient.waits(minutes=1)
    assert "not now" in patient.types("begin", "ice", status=1).err


@pytest.mark.parametrize("days", [1.1, 3, 30, 3650, 20000])
def test_a_clock_seen_to_go_far_ahead_is_doubted_until_it_comes_back(watched: Person, days: float) -> None:
    """Three days after five steady minutes: nothing is decided by it, and nothing is left of it."""
    before = watched.json("status")["episodes"][0]
    watched.waits(minutes=5)
    sets(watched, 24 * days)
    assert "clock looks wrong" in shown_by(watched)
    for look in LOOKS:
        assert "clock looks wrong" in watched.types(look).err
    assert watched.json("status")["clock"]["doubted"] is True
    watched.types("checkin", "pain=1", "swelling=0")
    for act in (("begin", "ice"), ("advance", "--because", "x"), ("setback",), ("snooze",), ("resume",)):
        assert "clock looks wrong" in watched.types(*act, status=1).err
    while_ahead = watched.json("status")["episodes"][0]
    assert while_ahead["phase"]["id"] == before["phase"]["id"]
    assert while_ahead["healing"]["day"] == before["healing"]["day"]
    watched.waits(minutes=3)
    watched.daemon_wakes()
    sets(watched, -24 * days)

    after = watched.json("status")
    assert "clock" not in after
    assert after["episodes"][0]["alerts"] == before["alerts"]
    assert after["episodes"][0]["phase"] == before["phase"] | {"gate": after["episodes"][0]["phase"]["gate"]}
    assert not {"missed", "righted"} & {*kinds(watched)}
    assert "72 hours" not in shown_by(watched)
    answered = [fact["at"] for fact in watched.lines("log", "--all") if fact["kind"] == "answered"]
    assert [at[:16] for at in answered] == ["2026-11-23T15:45"]
    watched.types("store", "check")


def test_far_ahead_it_is_believed_when_the_person_says_so(watched: Person) -> None:
    """A virtual machine that was stopped: its steady clock stood still."""
    sets(watched, 72)
    assert watched.json("resume", "--clock-is-right")["accepted"] is True
    watched.daemon_wakes()
    status = watched.json("status")
    assert "clock" not in status
    assert status["now"].startswith("2026-11-26T16:40")
    assert "clock" not in watched.json("status")
    sets(watched, -72)
    assert watched.json("status")["clock"]["doubted"] is True


def test_far_ahead_it_stays_doubted_when_the_daemon_dies(watched: Person) -> None:
    sets(watched, 72)
    watched.daemon_dies()
    watched.waits(minutes=1)
    assert watched.json("status")["clock"]["doubted"] is True
    watched.daemon_wakes()
    assert watched.json("status")["clock"]["doubted"] is True


def test_a_machine_that_was_off_for_days_is_not_doubted(watched: Person) -> None:
    watched.starts_the_machine_anew()
    watched.waits(days=5)
    watched.daemon_wakes()
    assert "clock" not in watched.json("status")


def test_a_machine_that_slept_for_days_is_not_doubted(watched: Person) -> None:
    watched.waits(days=5)
    watched.daemon_wakes()
    assert "clock" not in watched.json("status")


@pytest.mark.parametrize("days", [800, 3650, 20000])
def test_a_clock_ahead_by_years_is_doubted_though_nobody_saw_it_being_set(patient: Person, days: int) -> None:
    patient.types("begin", "ice")
    patient.waits(minutes=5)
    patient.sets_the_clock(days=days)
    for look in LOOKS:
        ran = patient.types(look)
        assert "clock looks wrong" in ran.err
        assert not re.search(r"day \d{3,}", ran.out)
    assert "clock looks wrong" in patient.types("begin", "ice", status=1).err
    patient.types("end", "ice")
    patient.sets_the_clock(days=-days)
    patient.waits(minutes=1)
    status = patient.json("status")
    assert "clock" not in status
    assert status["episodes"][0]["healing"]["day"] == 2
    assert "righted" not in kinds(patient)


@pytest.mark.parametrize("hours", [5, 20, 24])
def test_a_clock_set_forward_opens_nothing_early_by_the_steady_one(person: Person, hours: float) -> None:
    """Injured an hour ago, and ahead by less than is doubted: a day is a day by both clocks."""
    person.starts(
        "start", "rice", "--onset", "1h ago", "--side", "left", "--screen", "none", "--signs", "none"
    )
    person.daemon_wakes()
    person.types("checkin", "pain=5", "swelling=2")
    sets(person, hours)
    person.types("checkin", "pain=1", "swelling=0")
    person.waits(hours=22, minutes=30)
    person.daemon_wakes()
    person.types("checkin", "pain=1", "swelling=0")
    assert person.json("status")["episodes"][0]["phase"]["id"] == "rice"
    person.waits(minutes=30)
    person.daemon_wakes()
    assert "completed" in kinds(person)


def test_ahead_by_less_and_right_again_leaves_the_times_as_they_were(watched: Person) -> None:
    before = watched.json("status")["episodes"][0]
    for hours in (20, -20, 5, -5, -3, 3):
        sets(watched, hours)
    after = watched.json("status")["episodes"][0]
    for key in ("onset", "phase", "alerts", "healing"):
        assert after[key] == before[key]


def test_what_the_clock_jumped_over_was_missed_for_that_and_not_asleep(watched: Person) -> None:
    sets(watched, 20)
    reasons = {fact["data"]["reason"] for fact in watched.lines("log", "--all") if fact["kind"] == "missed"}
    assert reasons
    assert not [reason for reason in reasons if "asleep" in reason]


def test_alerts_of_a_clock_that_was_ahead_are_taken_back_with_it(person: Person) -> None:
    person.starts("start", "strain", "--grade", "2", "--onset", "1h ago", "--side", "left", "--screen", "none",
                  "--signs", "none")  # fmt: skip
    before = person.json("status")["episodes"][0]["alerts"]
    person.sets_the_clock(days=5)
    person.types("flag", "no-weight")
    assert len(person.json("status")["episodes"][0]["alerts"]) == len(before) + 2
    person.sets_the_clock(days=-5)
    person.types("resume", "--clock-is-right")
    alerts = {alert["id"] for alert in person.json("status")["episodes"][0]["alerts"]}
    assert alerts == {alert["id"] for alert in before} | {"flag/no-weight"}, "what the person said stands"


def test_ahead_then_right_unseen_is_doubted_until_the_person_says_so(patient: Person) -> None:
    patient.sets_the_clock(hours=8760)
    patient.types("checkin", "pain=4")
    patient.sets_the_clock(hours=-8760)
    patient.waits(minutes=1)
    assert patient.json("status")["clock"]["doubted"] is True
    patient.types("resume", status=1)
    assert "taken to be right" in patient.types("resume", "--clock-is-right").out
    assert "clock" not in patient.json("status")
    patient.types("undo")
    assert patient.json("status")["clock"]["doubted"] is True


def test_a_clock_that_is_not_doubted_needs_no_word(patient: Person) -> None:
    assert "not doubted" in patient.types("resume", "--clock-is-right", status=1).err


def test_back_from_ahead_it_is_not_believed_further_back_than_it_was(watched: Person) -> None:
    sets(watched, 48)
    watched.types("checkin", "pain=4")
    sets(watched, -48 - 336)
    assert watched.json("status")["clock"]["doubted"] is True
    sets(watched, 336)
    assert "clock" not in watched.json("status")


def test_the_record_says_what_the_clock_did(watched: Person) -> None:
    watched.types("begin", "ice")
    sets(watched, -1)
    watched.types("end", "ice")
    set_by = [fact["data"]["seconds"] for fact in watched.lines("log", "--all") if fact["kind"] == "clock"]
    assert [seconds for seconds in set_by if seconds] == [-3600]
    assert "clock" in watched.types("log").out
    assert "back by 1 h" in watched.types("log").out


@pytest.mark.parametrize("hours", [1, 20, 336, 8760])
def test_a_session_before_a_far_jump_keeps_its_gap_whatever_is_read_again(
    person: Person, hours: float
) -> None:
    """The window of what is read moves with the clock; the session must not drop out of it."""
    person.starts("start", person.file(COLD), "--onset", "1h ago")
    person.daemon_wakes()
    person.tries("begin")
    person.waits(minutes=5)
    sets(person, hours)
    person.daemon_wakes()
    assert kinds(person).count("ended") == 1
    refused = person.types("begin", status=1).err
    assert ("after the last session" if hours <= 24 else "clock looks wrong") in refused
    sets(person, -hours)
    assert "after the last session" in person.types("begin", status=1).err
    person.waits(hours=2)
    person.types("begin")


def test_under_way_over_a_restart_under_a_clock_behind_it_ends_at_once(patient: Person) -> None:
    patient.types("begin", "ice")
    patient.waits(minutes=5)
    patient.starts_the_machine_anew()
    patient.sets_the_clock(hours=-6)
    assert patient.json("status")["episodes"][0]["now"] is None
    assert "not now" in patient.types("begin", "ice", status=1).err
    patient.sets_the_clock(hours=6)
    patient.waits(minutes=2)
    assert "not now" in patient.types("begin", "ice", status=1).err


def test_a_machine_that_was_off_is_no_clock_that_was_set(watched: Person) -> None:
    watched.types("begin", "ice")
    watched.starts_the_machine_anew()
    watched.waits(hours=3)
    watched.daemon_wakes()
    assert "should have been off since" in shown_by(watched)


def test_a_daemon_that_was_off_takes_the_clock_at_its_word(watched: Person) -> None:
    """A virtual machine that was stopped: its steady clock stood still, and the pack lay all the while."""
    watched.types("begin", "ice")
    watched.daemon_dies()
    watched.sets_the_clock(hours=3)
    watched.daemon_wakes()
    assert "should have been off since" in shown_by(watched)


def test_a_start_under_a_clock_that_was_ahead_is_of_now_once_that_is_said(person: Person) -> None:
    person.sets_the_clock(hours=8760)
    person.starts()
    person.sets_the_clock(hours=-8760)
    person.types("resume", "--clock-is-right")
    episode = person.json("status")["episodes"][0]
    assert episode["onset"].startswith("2026-11-23T16:40")
    assert episode["healing"]["day"] == 1


def test_the_word_needs_no_episode_that_runs(patient: Person) -> None:
    patient.sets_the_clock(hours=8760)
    patient.types("stop")
    patient.sets_the_clock(hours=-8760)
    assert "clock looks wrong" in patient.tries("start", "rice", "--no-daemon")
    assert patient.json("resume", "--clock-is-right")["accepted"] is True
    patient.starts()


def test_doctor_says_that_the_clock_looks_wrong(patient: Person) -> None:
    patient.sets_the_clock(hours=-336)
    assert "clock looks wrong" in patient.tries("doctor")


@pytest.mark.parametrize("hours", [1, 72, 336, 8760])
def test_the_end_of_a_session_of_a_stopped_episode_is_told_after_a_jump(
    watched: Person, hours: float
) -> None:
    watched.types("begin", "ice")
    watched.types("stop")
    watched.daemon_wakes()
    sets(watched, hours)
    assert [note.title for note in watched.notifier.shown].count("Ice: stop") == 1


@pytest.mark.parametrize("hours", [1, 336, 8760])
def test_an_end_is_told_after_a_jump_that_nobody_saw(patient: Person, hours: float) -> None:
    patient.types("begin", "ice")
    patient.sets_the_clock(hours=hours)
    assert "Ice: stop" in patient.types("status").err
    assert kinds(patient).count("ended") == 1


@pytest.fixture
def hurt(person: Person) -> Person:
    """Somebody whose injury is two days old: only what they tell keeps them from the next phase."""
    strain = ("start", "strain", "--grade", "1", "--side", "left", "--screen", "none", "--signs", "none")
    person.starts(*strain, "--onset", "50h ago")
    person.types("checkin", "pain=5", "swelling=2")
    return person


@pytest.mark.parametrize("is_new_boot", [True, False])
@pytest.mark.parametrize("is_watched", [True, False])
@pytest.mark.parametrize("hours", [-1 / 60, -1, -5, -20, -23.9])
def test_what_is_told_under_a_clock_that_is_behind_is_the_latest_word(
    hurt: Person, hours: float, is_watched: bool, is_new_boot: bool
) -> None:
    if is_watched:
        hurt.daemon_wakes()
    hurt.waits(minutes=10)
    if is_new_boot:
        hurt.starts_the_machine_anew()
    hurt.sets_the_clock(hours=hours)
    if is_watched:
        hurt.daemon_wakes()
    hurt.types("checkin", "pain=7", "swelling=3")
    gate = hurt.types("status").out
    assert "last told" not in gate
    assert "swelling not told" not in gate
    hurt.waits(minutes=1)
    hurt.sets_the_clock(hours=-hours)
    if is_watched:
        hurt.daemon_wakes()
    hurt.waits(minutes=5)

    gate = hurt.types("status").out
    assert "swelling 3, first 2" in gate
    assert "pain 7, first 5" in gate
    assert hurt.json("status")["episodes"][0]["phase"]["id"] == "rice"
    hurt.types("store", "check")


def test_words_under_a_clock_that_is_behind_keep_their_order(hurt: Person) -> None:
    hurt.sets_the_clock(hours=-5)
    for pain in (7, 6, 4):
        hurt.types("checkin", f"pain={pain}", "swelling=2")
    hurt.sets_the_clock(hours=-1)
    hurt.types("checkin", "pain=8")
    hurt.sets_the_clock(hours=6)
    hurt.waits(minutes=1)
    assert "pain 8, first 5" in hurt.types("status").out


def test_a_word_that_is_back_dated_on_purpose_stays_where_it_was_put(hurt: Person) -> None:
    hurt.types("checkin", "pain=7", "--at", "2h ago")
    assert "pain 5, first 7" in hurt.types("status").out
    hurt.waits(minutes=1)
    hurt.sets_the_clock(hours=-5)
    hurt.types("checkin", "pain=9", "--at", "1min ago")
    hurt.sets_the_clock(hours=5)
    hurt.waits(minutes=1)
    assert "pain 5, first 7" in hurt.types("status").out


@pytest.mark.parametrize("is_watched", [True, False])
def test_a_phase_entered_under_a_clock_that_is_behind_takes_its_whole_time(
    hurt: Person, is_watched: bool
) -> None:
    if is_watched:
        hurt.daemon_wakes()
    hurt.waits(hours=1)
    hurt.types("log")
    hurt.types("checkin", "pain=5", "swelling=2")
    hurt.sets_the_clock(hours=-1)
    if is_watched:
        hurt.daemon_wakes()
    hurt.waits(minutes=1)
    hurt.types("checkin", "pain=2", "swelling=0")
    assert hurt.json("status")["episodes"][0]["phase"]["id"] == "contrast"
    hurt.sets_the_clock(hours=1)
    if is_watched:
        hurt.daemon_wakes()
    hurt.waits(hours=23, minutes=30)
    hurt.types("checkin", "pain=2", "swelling=0")
    assert hurt.json("status")["episodes"][0]["phase"]["id"] == "contrast"
    hurt.waits(minutes=30)
    hurt.types("checkin", "pain=2", "swelling=0")
    assert hurt.json("status")["episodes"][0]["phase"]["id"] != "contrast"


@pytest.mark.parametrize("word", [("setback", "--onset", "1h ago"), ("correct", "onset=11h ago")])
def test_an_onset_told_under_a_clock_behind_is_no_earlier_than_it_was(
    person: Person, word: tuple[str, ...]
) -> None:
    person.starts()
    person.waits(hours=20)
    person.types("checkin", "pain=5", "swelling=2")
    person.sets_the_clock(hours=-10)
    person.types(*word)
    onset = datetime.fromisoformat(person.json("status")["episodes"][0]["onset"])
    if word[0] == "setback":
        assert onset >= datetime(2026, 11, 24, 10, 40, tzinfo=UTC)
    else:
        assert onset == datetime(2026, 11, 23, 15, 40, tzinfo=UTC), "not after the start"


def test_an_alert_under_a_clock_that_is_behind_is_raised_once(hurt: Person) -> None:
    hurt.daemon_wakes()
    hurt.sets_the_clock(hours=-5)
    hurt.types("checkin", "pain=6", "swelling=3")
    for _ in range(3):
        hurt.daemon_wakes()
        hurt.waits(minutes=1)
    raised = [fact["data"]["id"] for fact in hurt.lines("log", "--all") if fact["kind"] == "alerted"]
    assert len(raised) == len(set(raised))


def test_the_real_end_told_under_a_clock_that_is_behind_counts(person: Person) -> None:
    """A pack of 20 min, begun at 8:55, taken off at 9:40 as a clock says that stands five hours behind."""
    person.starts(
        "start", "rice", "--onset", "1h ago", "--side", "left", "--screen", "none", "--signs", "none"
    )
    person.daemon_wakes()
    person.waits(hours=16, minutes=15)
    person.tries("end", "ice")
    person.waits(hours=1)
    person.types("begin", "ice")
    person.daemon_wakes()
    person.waits(minutes=5)
    person.starts_the_machine_anew()
    person.sets_the_clock(hours=-5)
    person.daemon_wakes()
    person.waits(minutes=40)
    person.types("end", "ice")
    person.sets_the_clock(hours=5)
    person.daemon_wakes()
    person.waits(minutes=1)
    refused = person.types("begin", "ice", status=1).err
    assert "earliest 11:40" in refused, "an hour after 10:40, when it was taken off"
    assert "counted from 10:40" in person.types("explain", "ice").out
    assert "24 h since the injury (in 4 h 59 min, 15:40)" in person.types("status").out, (
        "it was only put right"
    )


@pytest.mark.parametrize("hours", [-23, -25, -336])
def test_a_length_is_not_known_after_a_clock_set_back_unseen(patient: Person, hours: float) -> None:
    patient.types("begin", "ice")
    patient.waits(minutes=19)
    patient.sets_the_clock(hours=hours)
    assert "How long it was on is not known" in patient.types("end", "ice").out


@pytest.mark.parametrize("act", [("begin", "ice"), ("advance", "--because", "x"), ("snooze",), ("resume",)])
def test_a_refusal_says_once_that_the_clock_looks_wrong(patient: Person, act: tuple[str, ...]) -> None:
    patient.sets_the_clock(hours=-336)
    refused = patient.types(*act, status=1)
    assert (refused.out + refused.err).lower().count("clock looks wrong") == 1
    assert "Error: " in refused.err
    told_as_json = patient.json(*act, status=1)
    assert "clock looks wrong" in told_as_json["reason"]


@pytest.mark.parametrize("command", [("check",), ("backup",), ("export",)])
def test_who_looks_after_the_journal_hears_of_the_clock(patient: Person, command: tuple[str, ...]) -> None:
    assert "clock looks wrong" not in patient.types("store", *command).err
    patient.sets_the_clock(hours=-336)
    ran = patient.types("store", *command)
    assert ran.err.count("clock looks wrong") == 1
    assert "clock looks wrong" not in ran.out


@pytest.mark.parametrize("is_watched", [True, False])
@pytest.mark.parametrize("starts", [0, 1, 2])
@pytest.mark.parametrize("hours", [-1, -5])
def test_a_pack_under_a_clock_behind_keeps_its_gap_when_that_is_right(
    person: Person, hours: float, starts: int, is_watched: bool
) -> None:
    """Behind by less than is doubted, before or after a start of the machine, and the next start puts it right."""
    person.starts(
        "start", "rice", "--onset", "1h ago", "--side", "left", "--screen", "none", "--signs", "none"
    )
    person.tries("end", "ice")
    person.waits(hours=21, minutes=20)
    person.tries("skip", "ice")
    person.types("checkin", "pain=5", "swelling=2")
    if starts > 0:
        person.starts_the_machine_anew()
    person.sets_the_clock(hours=hours)
    if is_watched:
        person.daemon_wakes()
    person.types("begin", "ice")
    person.waits(minutes=20)
    if is_watched:
        person.daemon_wakes()
    person.types("end", "ice")
    if starts > 1:
        person.starts_the_machine_anew()
    person.sets_the_clock(hours=-hours)
    if is_watched:
        person.daemon_wakes()
    person.waits(minutes=1)
    assert "not now" in person.types("begin", "ice", status=1).err
    assert person.json("status")["episodes"][0]["now"] is None
    person.waits(minutes=60)
    if is_watched:
        person.daemon_wakes()
    assert "24 h since the injury" in person.types("status").out
    assert "on" in person.types("begin", "ice").out
    person.types("log", "--all")
    person.types("store", "check")


def test_a_clock_an_hour_behind_moves_nothing_once_the_day_has_gone_on(person: Person) -> None:
    person.starts(
        "start", "rice", "--onset", "1h ago", "--side", "left", "--screen", "none", "--signs", "none"
    )
    person.tries("end", "ice")
    person.waits(hours=1, minutes=30)
    person.types("checkin", "pain=5", "swelling=2")
    person.sets_the_clock(hours=-1)
    person.types("checkin", "pain=5", "swelling=2")
    person.waits(hours=2)
    person.tries("begin", "ice")
    person.types("end", "ice")
    person.starts_the_machine_anew()
    person.waits(minutes=61)
    assert "on" in person.types("begin", "ice").out
