"""The main job with nothing faked: a command, the daemon as a process of its own, and a real desktop."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.desktop import PROMPT_SECONDS, Desktop, until
from tests.profile import ICE, PACKS, Profile, is_alive, protocol

DRINK = """\
      - {id: drink, kind: reminder, of: rest, title: Drink, every: 4h, say: A glass of water., source: own}
"""
WALK = """\
      - {id: walk, kind: reminder, of: rest, title: Walk, every: 4h, say: A short walk., source: own}
"""
FLAG = """\
red_flags:
  - {id: numb, ask: "Numb?", level: urgent, say: Have it seen today., source: own}
phases:
"""

SECONDS = protocol(ICE.format(length="1s"))


@pytest.fixture
def person(bare_desktop: Desktop, tmp_path: Path) -> Iterator[Profile]:
    """Somebody at that desktop."""
    with Profile(tmp_path, bare_desktop.environ) as profile:
        yield profile


def until_at(person: Profile, step: int = 0) -> str:
    """`HH:MM` at which a session ends, from when it was offered."""
    offered = [fact for fact in person.facts("offered") if "seconds" in fact.data][step]
    ends = offered.at + timedelta(seconds=offered.data["seconds"])
    assert person.environ["TZ"] != "UTC"
    from zoneinfo import ZoneInfo

    return f"{ends.astimezone(ZoneInfo(person.environ['TZ'])):%H:%M}"


def test_a_session_is_reminded_of_at_its_start_and_at_its_end(desktop: Desktop, person: Profile) -> None:
    started = person.start(SECONDS)
    assert "Reminders come as desktop notifications, by dbus." in started.out
    assert started.err == ""

    said = person.json("status")["daemon"]
    assert (said["running"], said["notifier"], said["problem"]) == (True, "dbus", None)
    assert is_alive(said["pid"])

    person.wait_for("delivered", 2)
    notes = [(note.title, note.body, note.app, note.urgency) for note in desktop.received()]
    assert notes == [
        (
            f"Ice: start, 1 s, until {until_at(person)}",
            "Cold pack on, with a &lt;cloth&gt; &amp; care.",
            "recovery",
            "normal",
        ),
        ("Ice: stop", "Cold pack off.", "recovery", "critical"),
    ]

    began = time.monotonic()
    assert "Stopped." in person.run("daemon", "stop").out
    assert time.monotonic() - began < PROMPT_SECONDS
    until(lambda: not is_alive(said["pid"]), "the process is gone")
    assert sorted(path.name for path in person.home.glob("daemon.*")) == ["daemon.lock", "daemon.log"]
    assert person.json("status")["daemon"]["running"] is False


def test_the_start_cue_leaves_the_screen_when_the_end_cue_comes(desktop: Desktop, person: Profile) -> None:
    person.start(SECONDS)
    person.wait_for("delivered", 2)

    desktop.wait_for_displayed(1)


def test_an_alternation_tells_its_steps_in_turn(desktop: Desktop, person: Profile) -> None:
    packs = PACKS.replace("of: warm", "of: compression")  # warmth is an hour after cold at the earliest
    person.start(protocol(packs, inputs="side"), "--side", "left")
    facts = person.wait_for("delivered", 4)

    assert [note.title for note in desktop.received()] == [
        f"Packs, cold: start, 1 s, until {until_at(person)}",
        "Packs, cold: stop",
        f"Packs, compression: start, 1 s, until {until_at(person, 1)}",
        "Packs, compression: stop",
    ]
    assert all(0 <= fact.data["late"] < 1000 for fact in facts)
    ends = [fact.at for fact in person.facts("ended")]
    begins = [fact.at for fact in person.facts("offered")]
    assert begins[1] - ends[0] >= timedelta(seconds=1)


def test_plyer_by_name_reaches_the_same_desktop(desktop: Desktop, person: Profile) -> None:
    started = person.start(SECONDS, "--notifier", "plyer")
    assert "by plyer" in started.out
    person.wait_for("delivered", 2)

    until(lambda: desktop.displayed() == 2, "both are on the screen")
    assert [note.title for note in desktop.received()] == [
        f"Ice: start, 1 s, until {until_at(person)}",
        "Ice: stop",
    ]
    assert {fact.data["via"] for fact in person.facts("delivered")} == {"plyer"}


def test_without_a_desktop_cues_are_shown_as_text(profile: Profile) -> None:
    person = profile
    started = person.start(SECONDS)

    assert "Notifications do not reach a desktop: there is no desktop session" in started.out
    assert "Not shown on the desktop:" in started.err
    assert f"Ice: start, 1 s, until {until_at(person)}\n" in started.err
    assert "Cold pack on" in started.err
    until(lambda: len(person.facts("undelivered")) == 2, "the end cue had no luck either")

    shown = person.run("next").err
    assert "Ice: stop" in shown
    assert "Ice: start" not in shown
    assert person.run("status").err == ""
    said = person.json("daemon", "status")
    assert said["running"] is True
    assert "no desktop session" in said["problem"]


def test_a_server_started_later_gets_the_pending_cue(bare_desktop: Desktop, person: Profile) -> None:
    bare_desktop.start_bus()
    started = person.start(protocol(ICE.format(length="5min")))
    assert "no notification server is running on this desktop" in started.out
    # The command has shown the start cue as text. What comes after it waits for the desktop.
    person.run("pause", "--for", "1s")
    person.wait_for("undelivered", 2)

    bare_desktop.start_server()
    person.wait_for_sign(lambda there: there.next_wakeup, "the daemon plans another attempt")
    until(lambda: person.facts("delivered")[-1].data["via"] == "dbus", "shown at the next attempt")

    assert [note.title for note in bare_desktop.received()] == ["Reminders are on again"]
    assert "Reminders come" in person.run("daemon", "status").out


def test_a_hung_server_neither_stops_the_record_nor_the_daemon(
    bare_desktop: Desktop, person: Profile
) -> None:
    bare_desktop.start_bus()
    with bare_desktop.hang_server():
        started = person.start(SECONDS)
        assert "the notification server does not answer" in started.out
        assert len(person.facts("ended")) == 1, "the session went on and its end was written down in time"
        person.wait_for("undelivered", 2)

        pid = person.json("status")["daemon"]["pid"]
        began = time.monotonic()
        person.run("daemon", "stop")
        assert time.monotonic() - began < PROMPT_SECONDS
        until(lambda: not is_alive(pid), "the process is gone")

    shown = started.err + person.run("next").err
    assert shown.count("Ice: stop") == 1


def test_what_two_episodes_tell_at_once_is_one_notification(desktop: Desktop, person: Profile) -> None:
    for name, activity in (("walks", WALK), ("drinks", DRINK)):
        path = person.file(protocol(activity, name=name), f"{name}.yaml")
        person.run("start", path, "--onset", "1h ago", "--no-daemon")
    person.run("daemon", "start")
    facts = person.wait_for("delivered", 2)

    desktop.wait_for_displayed(1)
    (note,) = desktop.received()
    assert note.title == "Walk · Drink (Seconds)"
    assert "Walk: A short walk." in note.body
    assert "Drink (Seconds): A glass of water." in note.body
    assert {(fact.episode, fact.data["via"]) for fact in facts} == {("walks-1", "dbus"), ("drinks-1", "dbus")}
    assert person.run("status").err == "", "nothing is left to tell"


def test_the_end_of_a_session_stands_alone(desktop: Desktop, person: Profile) -> None:
    path = person.file(protocol(DRINK, name="drinks"), "drinks.yaml")
    person.run("start", path, "--onset", "1h ago", "--no-daemon")
    person.start(protocol(ICE.format(length="4s")))
    person.wait_for("delivered", 3)
    desktop.wait_for_displayed(2)

    start, end, rest = desktop.received()
    assert start.title.startswith("Ice: start, 4 s")
    assert "Drink: A glass of water." in start.body
    assert (end.title, end.body, end.urgency) == ("Ice: stop (Seconds)", "Cold pack off.", "critical")
    assert rest.title == "Drink", "what came with the start outlives its note"


def test_a_red_flag_told_by_a_command_is_on_the_screen_at_once(desktop: Desktop, person: Profile) -> None:
    person.start(protocol(ICE.format(length="5min")).replace("phases:\n", FLAG), "--signs", "none")
    person.wait_for("delivered")
    began = time.monotonic()
    assert "See somebody today: Have it seen today." in person.run("flag", "numb").out
    desktop.wait_for_displayed(2)
    assert time.monotonic() - began < PROMPT_SECONDS
    person.wait_for("delivered", 2)
    person.run("flag", "clear", "numb", "--because", "a doctor has looked at it")
    desktop.wait_for_displayed(1)

    note = desktop.received()[-1]
    assert (note.title, note.body) == ("See somebody today", "Have it seen today.")
    assert note.urgency == "critical"


def test_what_falls_together_waits_together_for_a_server(bare_desktop: Desktop, person: Profile) -> None:
    bare_desktop.start_bus()
    for name, activity in (("walks", WALK), ("drinks", DRINK)):
        path = person.file(protocol(activity, name=name), f"{name}.yaml")
        person.run("start", path, "--onset", "1h ago", "--no-daemon")
    person.run("daemon", "start")
    facts = person.wait_for("undelivered", 2)
    assert {fact.episode for fact in facts} == {"walks-1", "drinks-1"}

    bare_desktop.start_server()
    facts = person.wait_for("delivered", 2)
    assert [note.title for note in bare_desktop.received()] == ["Walk · Drink (Seconds)"]
    assert {(fact.episode, fact.data["via"]) for fact in facts} == {("walks-1", "dbus"), ("drinks-1", "dbus")}
