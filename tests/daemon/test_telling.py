"""One note an occurrence, told again while nobody answers, and held back where nobody wants to be disturbed."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from recovery.care.record import load
from recovery.engine.acts import Act, Advance, AnswerCheckIn, Begin, End, MarkDone, RaiseFlag, Skip, Snooze
from recovery.engine.facts import Delivered, Ended, NotDelivered, Offered, Withheld
from recovery.notify.do_not_disturb import HELD
from recovery.protocol.terms import Duration
from recovery.store.journal import Journal
from tests.daemon.conftest import MINUTE, NOON, Watch, start
from tests.desktop import Desktop, until
from tests.profile import ICE, LONG, Profile, protocol

Made = Callable[..., Watch]

SHORT = ICE.format(length="20min")
DRINK = """\
      - {id: drink, kind: reminder, of: rest, title: Drink, every: 4h, say: A glass of water., source: own}
"""
WALK = """\
      - {id: walk, kind: reminder, of: exercise, title: Walk, every: 4h, say: A short walk., source: own}
"""


def act(watch: Watch, wish: Act) -> None:
    """What a command does to the journal; the daemon is told."""
    watch.act(wish)
    watch.wake()


def on_screen(watch: Watch) -> list[str]:
    return [note.title for note in watch.notifier.on_screen.values()]


def settings(watch: Watch, text: str) -> None:
    (watch.folder / "settings.toml").write_text(text, "utf-8")


# One note an occurrence --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Begin, Snooze, Skip, MarkDone])
def test_a_start_leaves_the_screen_when_a_command_answers_it(
    watch: Made, kind: type[Begin | Snooze | Skip | MarkDone]
) -> None:
    daemon = watch(SHORT)
    daemon.wake(NOON)
    daemon.now += MINUTE
    act(daemon, kind("ice"))

    assert on_screen(daemon) == []


@pytest.mark.parametrize("kind", [MarkDone, Skip, Snooze])
def test_a_reminder_leaves_the_screen_when_a_command_answers_it(
    watch: Made, kind: type[Begin | Snooze | Skip | MarkDone]
) -> None:
    daemon = watch(DRINK)
    daemon.wake(NOON)
    assert on_screen(daemon) == ["Drink"]
    daemon.now += MINUTE
    act(daemon, kind("drink"))

    assert on_screen(daemon) == []


def test_questions_leave_the_screen_when_they_are_answered(watch: Made) -> None:
    daemon = watch(SHORT)
    daemon.wake()
    while "How is it going?" not in on_screen(daemon):
        daemon.wake_when_due()
    act(daemon, AnswerCheckIn({"pain": "5"}))

    assert "How is it going?" not in on_screen(daemon)


def test_a_snoozed_start_comes_again_in_the_same_place(watch: Made) -> None:
    daemon = watch(SHORT)
    daemon.wake()
    act(daemon, Snooze("ice"))
    daemon.wake(NOON + 10 * MINUTE)

    assert [note.key for note in daemon.notifier.shown] == ["quick-1/only/ice/2026-11-23.1"] * 2
    assert on_screen(daemon) == ["Ice: start, 20 min, until 12:30"]


def test_an_offered_change_of_phase_that_a_command_took_leaves_the_screen(tmp_path: Path) -> None:
    start(tmp_path, protocol(SHORT).replace("leave_when: pain <= 3", "confirm: true"))
    daemon = Watch(tmp_path)
    daemon.wake()
    while "You can finish" not in on_screen(daemon):
        daemon.wake_when_due()
    act(daemon, Advance())

    assert "You can finish" not in on_screen(daemon)
    assert "Seconds: completed" in on_screen(daemon)


def test_what_shares_a_note_with_what_is_answered_stays(watch: Made) -> None:
    daemon = watch(WALK, DRINK)
    daemon.wake()
    assert on_screen(daemon) == ["Walk · Drink"]
    act(daemon, MarkDone("drink"))
    assert [(note.title, note.body) for note in daemon.notifier.on_screen.values()] == [
        ("Walk", "A short walk.")
    ]
    act(daemon, MarkDone("walk"))
    assert on_screen(daemon) == []


def test_what_came_with_a_start_outlives_it(watch: Made) -> None:
    daemon = watch(SHORT, DRINK, WALK)
    daemon.wake()
    daemon.wake(NOON + 20 * MINUTE)

    assert sorted(on_screen(daemon)) == ["Drink · Walk", "Ice: stop"]
    assert len(daemon.facts(Delivered)) == 4, "what is shown again for another's sake is no new fact"


def test_a_press_on_a_start_loses_nothing_that_shares_its_note(watch: Made) -> None:
    daemon = watch(SHORT, DRINK)
    daemon.wake()
    (key,) = daemon.notifier.on_screen
    daemon.notifier.press(key, "skip")
    daemon.service.collect(0.0, daemon.now)
    daemon.wake()

    assert on_screen(daemon) == ["Drink"]
    assert [note.actions for note in daemon.notifier.on_screen.values()] == [
        (("done", "Done"), ("snooze", "Snooze 10 min"))
    ]


def test_what_a_person_has_dismissed_does_not_come_again(watch: Made) -> None:
    daemon = watch(WALK, DRINK)
    daemon.wake()
    (key,) = daemon.notifier.on_screen
    daemon.notifier.close_note(key, "dismissed")
    daemon.service.collect(0.0, daemon.now)
    act(daemon, MarkDone("drink"))

    assert on_screen(daemon) == []


def test_what_was_answered_while_the_desktop_was_silent_leaves_it_at_once(watch: Made) -> None:
    daemon = watch(SHORT)
    daemon.notifier.answers = False
    daemon.wake()
    act(daemon, Begin("ice"))
    daemon.notifier.answers = True
    daemon.notifier.answer()
    daemon.wake(NOON + MINUTE)

    assert on_screen(daemon) == []


def test_what_a_command_answers_leaves_a_real_screen(desktop: Desktop, tmp_path: Path) -> None:
    with Profile(tmp_path, desktop.environ) as person:
        person.start(protocol(ICE.format(length="5min"), DRINK))
        desktop.wait_for_displayed(1)
        person.wait_for("delivered", 2)
        person.run("begin", "ice")
        person.run("end", "ice")
        desktop.wait_for_displayed(1)
        person.run("done", "drink")
        desktop.wait_for_displayed(0)
        assert [note.title for note in desktop.received()][1:] == ["Drink"]


# Told again --------------------------------------------------------------------------------------


def ended(watch: Made, *activities: str) -> Watch:
    """At 12:20 the end of a session is shown."""
    daemon = watch(*(activities or (SHORT,)))
    daemon.wake()
    daemon.wake(NOON + 20 * MINUTE)
    assert on_screen(daemon) == ["Ice: stop"]
    return daemon


def until_nothing_soon(daemon: Watch) -> list[int]:
    """Minutes after 12:20 at which the end is told within the next two hours."""
    times = []
    while daemon.next is not None and daemon.next < NOON + timedelta(hours=2):
        before = len(daemon.notifier.shown)
        daemon.wake_when_due()
        if len(daemon.notifier.shown) > before:
            times.append((daemon.now - NOON) // MINUTE - 20)
    return times


def test_an_end_that_nobody_answers_is_told_again_three_times(watch: Made) -> None:
    daemon = ended(watch)

    assert until_nothing_soon(daemon) == [2, 5, 10]
    titles = ["Ice: stop", "Still on? Ice: stop", "Still on? Ice: stop", "Last reminder. Ice: stop!"]
    assert daemon.titles()[1:] == titles
    assert all(note.critical and note.actions for note in daemon.notifier.shown[1:])
    assert "Nobody has answered for 5 min." in daemon.notifier.shown[3].body
    assert len(daemon.notifier.on_screen) == 1, "one note, in the same place"
    cue = daemon.facts(Ended)[0].seq
    facts = [fact.data for fact in daemon.facts(Delivered) if fact.data["seq"] == cue]
    assert [data.get("repeat") for data in facts] == [None, 1, 2, 3]
    assert {data["late"] for data in facts} == {0}


@pytest.mark.parametrize(("setting", "times"), [(0, []), (1, [2]), (5, [2, 5, 10, 20, 30])])
def test_how_often_is_a_setting(watch: Made, setting: int, times: list[int]) -> None:
    daemon = watch(SHORT)
    settings(daemon, f"end_repeats = {setting}")
    daemon.wake()
    daemon.wake(NOON + 20 * MINUTE)

    assert until_nothing_soon(daemon) == times


def test_an_answer_by_command_ends_it(watch: Made) -> None:
    daemon = ended(watch)
    daemon.wake(NOON + 22 * MINUTE)
    act(daemon, End("ice"))

    assert on_screen(daemon) == []
    assert until_nothing_soon(daemon) == []


def test_an_answer_by_button_ends_it(watch: Made) -> None:
    daemon = ended(watch)
    daemon.wake(NOON + 22 * MINUTE)
    daemon.notifier.press(next(iter(daemon.notifier.on_screen)), "end")
    daemon.service.collect(0.0, daemon.now)
    daemon.wake()

    assert on_screen(daemon) == []
    assert until_nothing_soon(daemon) == []


def test_another_daemon_goes_on_where_the_one_before_was(watch: Made) -> None:
    daemon = ended(watch)
    daemon.wake(NOON + 22 * MINUTE)
    another = Watch(daemon.folder, NOON + 23 * MINUTE)
    another.wake()
    assert another.titles() == []
    assert until_nothing_soon(another) == [5, 10]


def test_after_an_outage_an_end_is_told_again_once(watch: Made) -> None:
    daemon = ended(watch)
    another = Watch(daemon.folder, NOON + 31 * MINUTE)
    another.wake()
    assert another.titles() == ["Last reminder. Ice: stop!"]
    assert until_nothing_soon(another) == []


def test_an_end_is_not_told_again_hours_later(watch: Made) -> None:
    daemon = ended(watch)
    another = Watch(daemon.folder, NOON + timedelta(hours=3))
    another.wake()
    assert another.titles() == []


def test_an_end_is_not_told_again_after_bedtime(tmp_path: Path) -> None:
    late = NOON.replace(hour=22, minute=30)
    start(tmp_path, protocol(LONG.format(length="27min")), late)
    daemon = Watch(tmp_path, late)
    daemon.wake()
    while daemon.next is not None and daemon.next < late + timedelta(hours=8):
        daemon.wake_when_due()
    repeats = [fact.at for fact in daemon.facts(Delivered) if "repeat" in fact.data]

    assert repeats == [late + 29 * MINUTE], "22:59; not at 23:02 and 23:07"


def test_an_end_whose_start_nobody_could_see_is_told_once(watch: Made) -> None:
    daemon = watch(SHORT)
    daemon.notifier.break_down("no screen")
    daemon.wake()
    daemon.notifier.mend()
    daemon.wake(NOON + 20 * MINUTE)

    assert until_nothing_soon(daemon) == []


def test_a_repeat_that_cannot_be_shown_is_tried_again(watch: Made) -> None:
    daemon = ended(watch)
    daemon.notifier.break_down("no screen")
    daemon.wake(NOON + 22 * MINUTE)
    assert daemon.next == daemon.now + timedelta(seconds=5)
    daemon.notifier.mend()
    daemon.wake_when_due()

    assert daemon.titles()[-1] == "Still on? Ice: stop"


def test_a_repeat_that_was_answered_on_its_way_leaves_the_screen_at_once(watch: Made) -> None:
    daemon = ended(watch)
    daemon.notifier.answers = False
    daemon.wake(NOON + 22 * MINUTE)
    act(daemon, End("ice"))
    daemon.notifier.answers = True
    daemon.notifier.answer()
    daemon.next = None
    while daemon.notifier.deadline() is not None:
        if daemon.service.collect(0.0, daemon.now):
            daemon.service.wake(daemon.now)

    assert on_screen(daemon) == []


def test_a_start_is_told_again_as_the_person_likes(watch: Made) -> None:
    daemon = watch(SHORT, DRINK)
    settings(daemon, "start_repeats = 2\nend_repeats = 0")
    daemon.wake()
    assert until_nothing_soon(daemon) == [-15, -10, 0]
    assert daemon.titles()[1] == "Ice: start, 20 min, until 12:20 (told again)"
    assert "Drink" in daemon.notifier.shown[1].body, "what shares the note is not lost"


def test_a_start_is_not_told_again_once_it_is_begun(watch: Made) -> None:
    daemon = watch(SHORT)
    settings(daemon, "start_repeats = 2\nend_repeats = 0")
    daemon.wake()
    act(daemon, Begin("ice"))

    assert until_nothing_soon(daemon) == [0]


def test_an_end_is_told_again_for_real(desktop: Desktop, tmp_path: Path) -> None:
    """On a clock of the test's, with a real server: the repeat takes the place of the note before."""
    from recovery.notify.dbus_adapter import DBusNotifier

    start(tmp_path, protocol(SHORT))
    daemon = Real(tmp_path, DBusNotifier(desktop.environ))
    daemon.drive(NOON, 1)
    daemon.drive(NOON + 20 * MINUTE, 2)
    daemon.drive(NOON + 22 * MINUTE, 3)
    until(lambda: desktop.displayed() == 1, "one note is on the screen")
    notes = desktop.received()
    daemon.close()

    assert [note.title for note in notes][-1] == "Still on? Ice: stop"
    assert notes[-1].urgency == "critical"


class Real(Watch):
    """The daemon's work on a clock of the test's, with a real desktop."""

    def __init__(self, folder: Path, notifier: object) -> None:
        super().__init__(folder)
        self.real = self.service.notifier = notifier  # type: ignore[assignment]

    def drive(self, now: datetime, delivered: int = 0, undelivered: int = 0) -> None:
        """Wake at `now`, and go on until so many facts tell what became of cues."""
        import select
        import time

        self.now = now
        self.next = self.service.wake(now)

        def is_enough() -> bool:
            sources = self.real.sources()  # type: ignore[attr-defined]
            select.select(sources, [], [], 0.01)
            self.hear(time.monotonic())
            return len(self.facts(Delivered)) >= delivered and len(self.facts(NotDelivered)) >= undelivered

        until(is_enough, f"{delivered} shown, {undelivered} not shown")

    def close(self) -> None:
        self.real.close()  # type: ignore[attr-defined]


# Do not disturb ----------------------------------------------------------------------------------

FLAG = """red_flags:
  - {id: numb, ask: "Numb?", level: urgent, say: Have it seen today., suspend: [cold], source: own}
phases:
"""


def test_a_start_is_held_and_shown_when_the_person_may_be_disturbed(watch: Made) -> None:
    daemon = watch(SHORT)
    daemon.notifier.may_disturb = False
    daemon.wake()
    assert daemon.titles() == []
    assert [fact.data["reason"] for fact in daemon.facts(NotDelivered)] == [HELD]

    daemon.now += 5 * MINUTE
    daemon.notifier.free()
    assert daemon.service.collect(0.0, daemon.now)
    daemon.wake()
    assert daemon.titles() == ["Ice: start, 20 min, until 12:20"]
    assert daemon.notifier.shown[0].body.endswith("(This comes 5 min late.)")
    assert len(daemon.facts(Delivered)) == 1


def test_where_the_desktop_does_not_say_when_it_is_asked_again(watch: Made) -> None:
    daemon = watch(LONG.format(length="10h"))
    daemon.notifier.may_disturb = False
    daemon.wake()
    waits = []
    for _ in range(7):
        assert daemon.next is not None
        waits.append(int((daemon.next - daemon.now).total_seconds()))
        daemon.wake_when_due()
    assert waits == [60] * 7
    assert len(daemon.facts(NotDelivered)) == 1, "the reason is written down once"
    daemon.notifier.may_disturb = True
    daemon.wake_when_due()
    assert len(daemon.titles()) == 1


def test_what_lost_its_note_meanwhile_comes_within_a_minute(watch: Made) -> None:
    daemon = watch(SHORT, DRINK)
    daemon.wake()
    (note,) = daemon.notifier.shown
    assert "Drink" in note.body
    daemon.notifier.may_disturb = False
    act(daemon, Skip("ice"))
    daemon.wake(NOON + MINUTE)
    assert daemon.next == NOON + 2 * MINUTE
    assert len(daemon.notifier.shown) == 1
    daemon.wake_when_due()
    assert daemon.next == NOON + 3 * MINUTE, "it is asked for again, not all the time"
    daemon.notifier.may_disturb = True
    daemon.wake_when_due()
    assert daemon.titles()[1:] == ["Drink"]


def test_what_is_no_longer_right_is_not_shown_afterwards(watch: Made) -> None:
    daemon = watch(SHORT, DRINK)
    daemon.notifier.may_disturb = False
    daemon.wake()
    act(daemon, MarkDone("drink"))
    act(daemon, Skip("ice"))
    daemon.notifier.free()
    daemon.service.collect(0.0, daemon.now)
    daemon.wake(NOON + 3 * MINUTE)

    assert daemon.titles() == []


def test_ends_and_urgent_alerts_are_never_held(tmp_path: Path) -> None:
    start(tmp_path, protocol(SHORT, DRINK).replace("phases:\n", FLAG))
    daemon = Watch(tmp_path)
    daemon.wake()
    daemon.notifier.may_disturb = False
    daemon.notifier.shown.clear()
    act(daemon, RaiseFlag("numb"))
    daemon.wake(NOON + 20 * MINUTE)
    daemon.wake(NOON + 22 * MINUTE)

    assert daemon.titles() == ["See somebody today", "Ice: stop", "Still on? Ice: stop"]


def test_what_loses_its_note_meanwhile_waits_too(watch: Made) -> None:
    daemon = watch(SHORT, DRINK)
    daemon.wake()
    daemon.notifier.may_disturb = False
    daemon.wake(NOON + 20 * MINUTE)
    assert on_screen(daemon) == ["Ice: stop"]
    daemon.notifier.free()
    daemon.now += MINUTE
    assert daemon.service.collect(0.0, daemon.now)
    daemon.wake()
    assert on_screen(daemon) == ["Ice: stop", "Drink"]


def test_who_does_not_want_it_is_disturbed(watch: Made) -> None:
    daemon = watch(SHORT)
    settings(daemon, "respect_dnd = false")
    daemon.notifier.may_disturb = False
    daemon.wake()

    assert len(daemon.titles()) == 1


def test_a_paused_dunst_holds_a_start_until_it_goes_on(desktop: Desktop, tmp_path: Path) -> None:
    from recovery.notify.dbus_adapter import DBusNotifier

    start(tmp_path, protocol(SHORT))
    daemon = Real(tmp_path, DBusNotifier(desktop.environ))
    desktop.pause(True)
    daemon.drive(NOON, undelivered=1)
    assert [fact.data["reason"] for fact in daemon.facts(NotDelivered)] == [HELD]
    desktop.pause(False)
    daemon.drive(NOON + timedelta(seconds=5), delivered=1)
    desktop.wait_for_displayed(1)
    desktop.pause(True)
    daemon.drive(NOON + 20 * MINUTE, delivered=2)  # dunst takes it, and shows it as its own rules say
    desktop.pause(False)
    notes = desktop.received()
    daemon.close()

    assert [note.title for note in notes] == ["Ice: start, 20 min, until 12:20", "Ice: stop"]


# Quiet times -------------------------------------------------------------------------------------


def quiet(folder: Path, text: str, *spans: tuple[str, str], now: datetime = NOON, **data: object) -> Watch:
    """The work on an episode with these quiet times."""
    start(folder, text, now, quiet=[list(span) for span in spans], **data)
    return Watch(folder, now)


def test_a_session_is_not_offered_into_a_quiet_time(tmp_path: Path) -> None:
    daemon = quiet(tmp_path, protocol(SHORT), ("12:15", "13:15"))
    daemon.wake()
    assert daemon.titles() == [], "it would run into it"
    assert [fact.data["reason"] for fact in daemon.facts(Withheld)] == ["it would be in a quiet time"]
    assert daemon.next == NOON + 75 * MINUTE
    daemon.wake_when_due()
    assert daemon.titles() == ["Ice: start, 20 min, until 13:35"]


def test_a_session_that_fits_before_it_is_offered(tmp_path: Path) -> None:
    daemon = quiet(tmp_path, protocol(SHORT), ("12:20", "13:15"))
    daemon.wake()
    assert daemon.titles() == ["Ice: start, 20 min, until 12:20"]
    daemon.wake_when_due()
    assert daemon.titles()[1:] == ["Ice: stop"], "and its end is told in it"


def test_what_is_too_long_for_the_time_between_only_begins_outside(tmp_path: Path) -> None:
    daemon = quiet(tmp_path, protocol(LONG.format(length="10h")), ("12:15", "13:15"))
    daemon.wake()
    assert daemon.titles() == ["Ice: start, 10 h, until 22:00"]


def test_reminders_of_a_quiet_time_come_once_at_its_end(tmp_path: Path) -> None:
    daemon = quiet(tmp_path, protocol(DRINK.replace("4h", "20min")), ("12:10", "13:15"))
    daemon.wake()
    times = [daemon.now]
    while daemon.now < NOON + timedelta(hours=2):
        before = len(daemon.titles())
        daemon.wake_when_due()
        if len(daemon.titles()) > before:
            times.append(daemon.now)
    assert [f"{at:%H:%M}" for at in times] == ["12:00", "13:15", "13:20", "13:40", "14:00"]


def test_questions_of_the_evening_come_before_a_long_quiet_time(tmp_path: Path) -> None:
    daemon = quiet(tmp_path, protocol(), ("20:00", "23:30"))
    daemon.wake()
    while not daemon.facts(Offered):
        daemon.wake_when_due()
    assert f"{daemon.now:%H:%M}" == "19:30"


def test_a_person_may_begin_in_their_quiet_time_and_hears_of_the_end(tmp_path: Path) -> None:
    daemon = quiet(tmp_path, protocol(SHORT), ("11:30", "13:15"))
    daemon.wake()
    assert daemon.titles() == []
    act(daemon, Begin("ice"))
    daemon.wake(NOON + 20 * MINUTE)
    assert daemon.titles() == ["Ice: stop"]


@pytest.mark.parametrize("activity", [SHORT, DRINK])
def test_what_is_put_off_into_a_quiet_time_comes_at_its_end(tmp_path: Path, activity: str) -> None:
    daemon = quiet(tmp_path, protocol(activity), ("12:25", "13:15"))
    daemon.wake()
    act(daemon, Snooze(length=Duration(seconds=1800)))
    while len(daemon.titles()) < 2:
        daemon.wake_when_due()
    assert f"{daemon.now:%H:%M}" == "13:15"


def test_a_new_phase_is_told_after_the_quiet_time(tmp_path: Path) -> None:
    text = protocol(SHORT).replace("min: 1d", "min: 40min").replace("leave_when: pain <= 3", "confirm: true")
    daemon = quiet(tmp_path, text, ("12:25", "13:15"))
    daemon.wake()
    while "You can finish" not in daemon.titles():
        daemon.wake_when_due()
    (offered,) = [fact for fact in daemon.facts("phase") if fact.data["state"] == "offered"]
    assert offered.at < daemon.now
    assert f"{daemon.now:%H:%M}" == "13:15"


def test_quiet_times_that_leave_nothing_of_the_day_do_not_count(tmp_path: Path) -> None:
    daemon = quiet(tmp_path, protocol(SHORT), ("00:00", "00:00"))
    daemon.wake()
    assert len(daemon.titles()) == 1


@pytest.mark.parametrize(
    "spans", [(("12:30", "13:15"),), (("06:00", "08:30"), ("16:10", "16:40"), ("21:00", "01:00"))]
)
def test_nothing_but_ends_is_told_in_quiet_times(tmp_path: Path, spans: tuple[tuple[str, str], ...]) -> None:
    work = DRINK.replace("4h", "25min").replace("drink", "sip")
    text = protocol(ICE.format(length="20min").replace("per_day: 1", "every: 2h..3h"), DRINK, WALK, work)
    daemon = quiet(tmp_path, text.replace("max: 5d", "max: 30h"), *spans)
    settings(daemon, "start_repeats = 3")
    shown = []
    daemon.wake()
    while daemon.now < NOON + timedelta(hours=34):
        before = len(daemon.notifier.shown)
        daemon.wake_when_due()
        shown += [(daemon.now, note) for note in daemon.notifier.shown[before:]]
        with Journal.open(daemon.folder, now=daemon.now) as journal:
            (episode,) = load(journal, daemon.now).episodes
        for note in daemon.notifier.shown[before:]:
            assert note.critical or not episode.place.is_quiet(daemon.now), (daemon.now, note.title)
    assert len(shown) > 40
    words = " ".join(f"{note.title} {note.body}" for _at, note in shown)
    assert all(word in words for word in ("Ice: start", "Ice: stop", "Drink", "Walk", "Worth a visit"))


def test_a_quiet_time_for_real(desktop: Desktop, tmp_path: Path) -> None:
    with Profile(tmp_path, desktop.environ) as person:  # about noon there
        person.start(protocol(ICE.format(length="1s"), DRINK), "--quiet", "11:00-14:00")
        person.run("begin", "ice")
        person.wait_for("delivered", 1)
        person.run("end", "ice", status=None)
        assert [note.title for note in desktop.received()] == ["Ice: stop"]


# What others may read ----------------------------------------------------------------------------

WORDS = ("Ice", "ice", "Cold", "cold", "Drink", "water", "quick", "numb", "Numb")


def discreet_day(daemon: Watch) -> None:
    daemon.wake()
    (key,) = daemon.notifier.on_screen
    daemon.notifier.press(key, "begin")
    daemon.service.collect(0.0, daemon.now)
    daemon.wake()
    daemon.notifier.on_screen[key] = daemon.notifier.shown[0]
    daemon.notifier.press(key, "begin")  # refused
    daemon.service.collect(0.0, daemon.now)
    daemon.wake()
    act(daemon, RaiseFlag("numb"))
    daemon.wake(NOON + 20 * MINUTE)
    daemon.notifier.break_down("no screen")
    daemon.wake(NOON + 22 * MINUTE)
    daemon.notifier.mend()
    daemon.wake(NOON + 25 * MINUTE)
    file = daemon.folder / "journal.db"
    file.write_bytes(b"rubbish" * 1000)
    daemon.wake(NOON + 26 * MINUTE)


@pytest.mark.parametrize("where", ["settings", "episode"])
def test_a_discreet_note_says_nothing_and_nor_does_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    caplog.set_level(logging.INFO)
    data = {"discreet": True} if where == "episode" else {}
    daemon = quiet(tmp_path, protocol(SHORT, DRINK).replace("phases:\n", FLAG), **data)
    if where == "settings":
        settings(daemon, "discreet = true")
    discreet_day(daemon)
    notes = daemon.notifier.shown

    assert {(note.title, note.body) for note in notes} == {
        ("Time for your next step", "Type: recovery next"),
        ("Not now", "Type: recovery status"),
        ("Please look: recovery status", ""),
    }
    assert {label for note in notes for _verb, label in note.actions} <= {
        "Start", "Snooze 10 min", "Skip", "Done", "Stop",
    }  # fmt: skip
    said = " ".join(line.message for line in caplog.records if "journal" not in line.message)
    assert not [word for word in WORDS if word in said], said
    assert "shown start #" in said


def test_a_discreet_note_for_real(desktop: Desktop, tmp_path: Path) -> None:
    with Profile(tmp_path, desktop.environ) as person:
        person.start(protocol(SHORT), "--discreet")
        desktop.wait_for_displayed(1)
        person.wait_for("delivered", 1)
        (note,) = desktop.received()
        assert (note.title, note.body) == ("Time for your next step", "Type: recovery next")
        assert "Ice" not in person.log()
        assert "/ice/" not in person.log()


# Sound -------------------------------------------------------------------------------------------


def test_a_sound_is_asked_for_only_where_the_person_wants_one(watch: Made) -> None:
    daemon = watch(SHORT)
    daemon.wake()
    settings(daemon, "sound = true")
    daemon.wake(NOON + 20 * MINUTE)

    assert [note.sound for note in daemon.notifier.shown] == ["", "alarm-clock-elapsed"]


def test_settings_are_read_anew_and_mistakes_in_them_told_once(
    watch: Made, caplog: pytest.LogCaptureFixture
) -> None:
    daemon = watch(SHORT)
    settings(daemon, "sound = maybe")
    daemon.wake()
    daemon.wake(NOON + MINUTE)
    assert [line.levelname for line in caplog.records] == ["ERROR"]
    settings(daemon, "sound = true")
    daemon.wake(NOON + 20 * MINUTE)
    assert daemon.notifier.shown[-1].sound == "alarm-clock-elapsed"
