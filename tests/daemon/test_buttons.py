"""Buttons say what the commands of their names say."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from recovery.daemon.notes import pressed_act
from recovery.engine.acts import Advance, Begin
from tests.daemon.conftest import MINUTE, NOON, Watch, start
from tests.desktop import Desktop, until
from tests.profile import ICE, Profile, protocol

Made = Callable[..., Watch]

WALK = (
    "      - {id: walk, kind: reminder, of: rest, title: Walk, every: 2h, say: A short walk., source: own}\n"
)
ONE = "t/rest/ice/2026-11-23.1"


def key_of(daemon: Watch, title: str) -> str:
    return next(key for key, note in daemon.notifier.on_screen.items() if note.title.startswith(title))


def test_a_press_names_the_occurrence_of_its_note() -> None:
    ice, offer = "strain-1/rice/ice/2026-11-23.1", "strain-1/rice/2026-11-23T12:00:00.000Z"
    assert pressed_act(ice, "begin") == Begin("ice", ice)
    assert pressed_act(offer, "advance") == Advance(about=offer)


@pytest.mark.parametrize("verb", ["stop", "setback", "undo", "pause", "flag", "default", "", "Begin"])
def test_what_no_button_says_is_no_act(verb: str) -> None:
    assert pressed_act("strain-1/rice/ice/2026-11-23.1", verb) is None


def test_each_kind_of_note_has_its_buttons(watch: Made) -> None:
    daemon = watch(ICE.format(length="20min"))
    daemon.wake()
    assert [note.actions for note in daemon.notifier.shown] == [
        (("begin", "Start"), ("snooze", "Snooze 10 min"), ("skip", "Skip"))
    ]
    daemon.wake(NOON + 20 * MINUTE)
    assert daemon.notifier.shown[-1].actions == (("end", "Done"),)


def test_start_begins_the_session_when_it_is_pressed(watch: Made) -> None:
    daemon = watch(ICE.format(length="20min"))
    daemon.wake()
    daemon.now += 5 * MINUTE
    daemon.press(key_of(daemon, "Ice"), "begin")
    (begun,) = daemon.facts("begun")
    assert (begun.at, begun.by) == (NOON + 5 * MINUTE, "person")
    assert daemon.next == NOON + 25 * MINUTE, "the end counts from the press"


def test_snooze_brings_it_again_and_skip_leaves_it_out(watch: Made) -> None:
    daemon = watch(ICE.format(length="20min"))
    daemon.wake()
    daemon.press(key_of(daemon, "Ice"), "snooze")
    daemon.wake(NOON + 10 * MINUTE)
    assert daemon.titles()[-1].startswith("Ice: start")
    daemon.press(key_of(daemon, "Ice"), "skip")
    assert len(daemon.facts("skipped")) == 1
    daemon.wake(NOON + 40 * MINUTE)
    assert not any("stop" in title for title in daemon.titles())


def test_done_on_an_end_cue_says_when_it_really_ended(watch: Made) -> None:
    daemon = watch(ICE.format(length="20min"))
    daemon.wake()
    daemon.wake(NOON + 20 * MINUTE)
    daemon.now += 3 * MINUTE
    daemon.press(key_of(daemon, "Ice: stop"), "end")
    last = daemon.facts("ended")[-1]
    assert (last.by, last.at, last.data["overrun"]) == ("person", NOON + 23 * MINUTE, 180)


def test_what_is_refused_says_why_on_the_screen(watch: Made) -> None:
    daemon = watch(ICE.format(length="20min"))
    daemon.wake()
    daemon.press(key_of(daemon, "Ice"), "begin")
    # A second server's note of the same session, pressed late: it is on already.
    daemon.notifier.on_screen[daemon.notifier.shown[0].key] = daemon.notifier.shown[0]
    daemon.press(daemon.notifier.shown[0].key, "begin")
    note = daemon.notifier.shown[-1]
    assert note.title == "Not now"
    assert "is on already" in note.body
    assert len(daemon.facts("begun")) == 1


def test_what_several_cues_share_has_no_buttons(watch: Made) -> None:
    daemon = watch(WALK, WALK.replace("walk", "drink").replace("Walk", "Drink"))
    daemon.wake()
    (note,) = daemon.notifier.shown
    assert note.title == "Walk · Drink"
    assert note.actions == ()


def test_an_offered_change_of_phase_can_be_taken_by_its_button(tmp_path: Path) -> None:
    text = protocol(WALK).replace("leave_when: pain <= 3", "confirm: true")
    assert "confirm" in text
    start(tmp_path, text)
    daemon = Watch(tmp_path)
    daemon.wake()
    while not daemon.titles()[-1].startswith("You can finish"):
        daemon.wake_when_due()
    daemon.press(key_of(daemon, "You can finish"), "advance")
    assert len(daemon.facts("completed")) == 1


@pytest.mark.parametrize("verb", ["begin", "skip", "snooze"])
def test_an_old_note_never_acts_on_the_session_that_came_after(watch: Made, verb: str) -> None:
    daemon = watch(ICE.format(length="20min"))
    daemon.wake()
    (old,) = daemon.notifier.shown
    while len([title for title in daemon.titles() if title.startswith("Ice: start")]) < 2:
        daemon.wake_when_due()
    before = [len(daemon.facts(kind)) for kind in ("begun", "skipped", "snoozed")]
    daemon.notifier.on_screen["an old list"] = old
    daemon.press("an old list", verb)
    assert daemon.notifier.shown[-1].body.startswith("That one is over")
    assert [len(daemon.facts(kind)) for kind in ("begun", "skipped", "snoozed")] == before


@pytest.mark.parametrize("how", ["nothing", "skip", "end"])
def test_an_old_start_begins_no_session_of_its_own(watch: Made, how: str) -> None:
    daemon = watch(ICE.format(length="20min"))
    daemon.wake()
    (old,) = daemon.notifier.shown
    if how == "skip":
        daemon.press(old.key, "skip")
    else:
        daemon.wake(NOON + 20 * MINUTE)
        if how == "end":
            daemon.press(key_of(daemon, "Ice: stop"), "end")
    daemon.now += 3 * 60 * MINUTE
    daemon.notifier.on_screen["an old list"] = old
    daemon.press("an old list", "begin")
    assert daemon.facts("begun") == []


def test_an_old_offer_does_not_end_a_later_phase(tmp_path: Path) -> None:
    text = protocol(WALK).replace("leave_when: pain <= 3", "confirm: true")
    start(tmp_path, text)
    daemon = Watch(tmp_path)
    daemon.wake()
    while not daemon.titles()[-1].startswith("You can finish"):
        daemon.wake_when_due()
    old = daemon.notifier.shown[-1]
    daemon.notifier.on_screen["an old list"] = replace(old, about=old.about.replace("T", "T0", 1))
    daemon.press("an old list", "advance")
    assert daemon.notifier.shown[-1].body.startswith("That one is over")
    assert daemon.facts("completed") == []
    assert old.key in daemon.notifier.on_screen, "the offer that stands is not covered by the answer"


def test_a_press_in_a_list_of_notes_counts_while_its_session_is_on(watch: Made) -> None:
    daemon = watch(ICE.format(length="20min"))
    daemon.wake()
    (note,) = daemon.notifier.shown
    daemon.notifier.close_note(note.key, "expired")
    daemon.service.collect(0.0, daemon.now)
    daemon.notifier.on_screen[note.key] = note
    daemon.press(note.key, "begin")
    assert len(daemon.facts("begun")) == 1


def test_what_stood_is_shown_once_more_by_the_next_server(watch: Made) -> None:
    daemon = watch(ICE.format(length="20min"))
    daemon.wake()
    (note,) = daemon.notifier.shown
    daemon.notifier.break_down("no server", "server")
    daemon.notifier.close_note(note.key, "lost")
    daemon.service.collect(0.0, daemon.now)
    daemon.wake()
    assert len(daemon.notifier.shown) == 1
    daemon.notifier.mend()
    daemon.notifier.free()
    daemon.service.collect(0.0, daemon.now)
    daemon.wake()
    daemon.wake(NOON + MINUTE)
    assert [each.title for each in daemon.notifier.shown] == [note.title] * 2
    assert daemon.notifier.shown[1].actions == note.actions


def test_a_server_that_dies_of_every_note_is_given_rest(watch: Made) -> None:
    daemon = watch(ICE.format(length="20min"))
    daemon.wake()
    for _time in range(50):
        for key in [*daemon.notifier.on_screen]:
            daemon.notifier.close_note(key, "lost")
        daemon.notifier.free()
        daemon.service.collect(0.0, daemon.now)
        daemon.wake()
    assert len(daemon.notifier.shown) < 8


def test_a_button_is_pressed_for_real(desktop: Desktop, bare_desktop: Desktop, tmp_path: Path) -> None:
    with Profile(tmp_path, bare_desktop.environ) as person:
        person.start(protocol(ICE.format(length="20min")))
        desktop.wait_for_displayed(1)
        desktop.press("Start")
        person.wait_for("begun", 1)
        (begun,) = person.facts("begun")
        assert begun.by == "person"
        assert "Ice is on" in person.run("skip", "ice", status=1).err
        until(lambda: desktop.displayed() == 0, "the pressed note is gone")
        assert begun.at - person.facts("offered")[0].at < timedelta(seconds=30)


SKIN = (
    "red_flags:\n  - {id: skin, ask: 'White?', level: urgent, say: Do not rub., "
    "harm: [cold, compression], suspend: [cold, compression], source: own}\n"
)
WRAP = "      - {id: wrap, kind: hold, title: Wrap, of: compression, on: Wrap it., off: Take it off., source: own}\n"


def asking_for_harm(*activities: str) -> str:
    return protocol(*activities).replace("phases:\n", f"{SKIN}phases:\n", 1)


def test_harm_is_told_by_a_button_where_the_protocol_asks_for_it(tmp_path: Path) -> None:
    start(tmp_path, asking_for_harm(ICE.format(length="20min")))
    daemon = Watch(tmp_path)
    daemon.wake()
    (note,) = daemon.notifier.shown
    assert note.actions == (("begin", "Start"), ("harm", "Stop: skin"), ("snooze", "Snooze 10 min"))
    daemon.now += 5 * MINUTE
    daemon.press(note.key, "harm")
    assert [(fact.by, fact.at) for fact in daemon.facts("ended")] == [("person", NOON + 5 * MINUTE)]
    assert daemon.notifier.shown[-1].body.startswith("Do not rub.")


def test_every_note_of_what_may_do_harm_has_the_button(tmp_path: Path) -> None:
    start(tmp_path, asking_for_harm(ICE.format(length="20min")))
    daemon = Watch(tmp_path)
    for minutes in (0, 20, 23, 26, 33):
        daemon.wake(NOON + minutes * MINUTE)
    notes = [note for note in daemon.notifier.shown if "Ice" in note.title]
    assert len(notes) > 3, "the end is told again"
    assert all(("harm", "Stop: skin") in note.actions and len(note.actions) <= 3 for note in notes)


@pytest.mark.parametrize("others", [(), (WALK,)])
def test_what_is_worn_has_the_button_alone_and_among_others(tmp_path: Path, others: tuple[str, ...]) -> None:
    start(tmp_path, asking_for_harm(WRAP, *others))
    daemon = Watch(tmp_path)
    daemon.wake()
    (note,) = daemon.notifier.shown
    assert note.actions == (("harm", "Stop: too tight"),)
    daemon.press(note.key, "harm")
    assert [fact.data["on"] for fact in daemon.facts("offered") if fact.data["activity"] == "wrap"] == [
        True,
        False,
    ]
