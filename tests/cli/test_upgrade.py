"""`upgrade`: another text of its protocol for a running episode."""

from pathlib import Path
from typing import Any

import pytest

from recovery.cli.main import status_of
from recovery.store.episodes import load_one
from recovery.store.journal import Journal
from tests.cli.conftest import NOW, Person
from tests.profile import LOOK

OLD = (
    """\
format: 1
id: hip
version: 1.0.0
title: Hip
summary: For tests.
region: hip
inputs: [onset]
observe:
  pain: {ask: "Pain?", scale: 0..10, fresh: 24h, source: own}
limits:
  - {id: long, of: exercise, longest: 12h, say: Not longer., source: own}
  - {id: gap, of: exercise, gap: 1s, to: exercise, say: Not at once., source: own}
red_flags:
  - {id: hurts, when: pain >= 8, level: routine, say: It hurts., source: own}
phases:
  - id: only
    title: Only phase
    min: 5d
    max: 9d
    leave_when: pain <= 3
    at_max: {level: routine, say: Long enough.}
    source: own
    do:
      - id: ice
        kind: session
        title: Ice
        of: exercise
        duration: 20min
        every: 2h..3h
        start: Cold pack on.
        end: Cold pack off.
        source: own
      - {id: walk, kind: reminder, title: Walk, of: posture, every: 3h, say: Walk a little., source: own}
"""
    + LOOK
)
NEW = OLD.replace("version: 1.0.0", "version: 1.1.0").replace("duration: 20min", "duration: 15min")
WITHOUT_ICE = NEW.replace("id: ice", "id: packs")
MORE = NEW + (
    "      - {id: stand, kind: reminder, title: Stand, of: posture, every: 1h, say: Stand up., source: own}\n"
)


def install(person: Person, text: str) -> Path:
    path = person.home / "protocols" / "hip.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def hip(person: Person) -> Person:
    """Somebody whose hip hurts since two hours ago, and whose ice is over."""
    install(person, OLD)
    person.starts("start", "hip", "--onset", "2h ago")
    person.waits(minutes=30)
    person.types("status")
    return person


def version(person: Person) -> Any:
    return person.json("status")["episodes"][0]["version"]


def facts(person: Person, kind: str) -> list[Any]:
    return [fact for fact in person.lines("log", "--all") if fact["kind"] == kind]


def test_the_same_text_is_up_to_date(hip: Person) -> None:
    assert hip.types("upgrade").out == "hip-1 is up to date: hip 1.0.0.\n"
    answer = hip.json("upgrade")
    assert (answer["up_to_date"], answer["upgraded"], answer["from"] == answer["to"]) == (True, False, True)
    assert not facts(hip, "upgraded")


def test_line_ends_make_no_other_text(hip: Person) -> None:
    install(hip, OLD.replace("\n", "\r\n"))
    assert "up to date" in hip.types("upgrade").out


def test_what_changes_is_shown_and_nothing_is_done_without_a_word(hip: Person) -> None:
    install(hip, NEW)
    assert hip.types("upgrade").out == (
        "hip-1 runs hip 1.0.0. Installed is 1.1.0. What changes:\n"
        "- version 1.0.0 becomes 1.1.0\n"
        "- phase only, activity ice: duration 20min becomes 15min\n"
        "Nothing is changed. recovery upgrade --yes applies it.\n"
    )
    assert version(hip) == "1.0.0"
    assert not facts(hip, "upgraded")


def test_from_then_on_the_episode_goes_by_the_new_text(hip: Person) -> None:
    install(hip, NEW)
    words = hip.types("upgrade", "--yes").out
    assert words.endswith("hip-1 goes on with hip 1.1.0, in: Only phase.\nrecovery undo takes it back.\n")

    assert version(hip) == "1.1.0"
    assert hip.types("upgrade").out == "hip-1 is up to date: hip 1.1.0.\n"
    hip.waits(hours=2)
    assert "15 min, until" in hip.types("begin", "ice").out
    (fact,) = facts(hip, "upgraded")
    assert fact["by"] == "person"
    assert set(fact["data"]) == {"protocol", "version", "hash", "from_version", "from_hash"}
    assert (fact["data"]["from_version"], fact["data"]["version"]) == ("1.0.0", "1.1.0")
    assert fact["data"]["from_hash"] == facts(hip, "started")[0]["data"]["hash"]


def test_as_json_everything_is_told(hip: Person) -> None:
    install(hip, NEW)
    answer = hip.json("upgrade")
    assert set(answer) == {
        "v", "episode", "protocol", "from", "to", "up_to_date", "upgraded", "refused", "moves", "differences",
    }  # fmt: skip
    assert (answer["upgraded"], answer["refused"]) == (False, None)
    assert [each["field"] for each in answer["differences"]] == ["version", "duration"]
    assert hip.json("upgrade", "--yes")["upgraded"] is True
    assert version(hip) == "1.1.0"


def test_an_upgrade_can_be_taken_back_and_made_again(hip: Person) -> None:
    install(hip, NEW)
    hip.types("upgrade", "--yes")
    hip.waits(minutes=1)
    assert "upgraded" in hip.types("undo").out
    assert version(hip) == "1.0.0"
    hip.waits(minutes=1)
    hip.types("upgrade", "--yes")
    assert version(hip) == "1.1.0"
    install(hip, NEW.replace("1.1.0", "1.2.0"))
    hip.waits(minutes=1)
    hip.types("upgrade", "--yes")
    assert version(hip) == "1.2.0"
    hip.waits(minutes=1)
    hip.types("undo")
    assert version(hip) == "1.1.0"


def test_the_facts_and_the_old_text_stay(hip: Person) -> None:
    before = hip.lines("log", "--all")
    install(hip, NEW)
    hip.types("upgrade", "--yes")
    assert hip.lines("log", "--all")[: len(before)] == before
    with Journal.open(hip.home, now=NOW) as journal:
        kept = journal._connection.execute("SELECT version FROM pinned ORDER BY number").fetchall()
    assert kept == [("1.0.0",), ("1.1.0",)]


def test_the_log_says_it_in_words(hip: Person) -> None:
    install(hip, NEW)
    hip.types("upgrade", "--yes")
    lines = hip.types("log").out.splitlines()
    assert any("upgraded" in line and "hip 1.0.0 becomes 1.1.0" in line for line in lines)
    hip.waits(minutes=1)
    hip.types("undo")
    assert "upgraded (taken back)" in hip.types("log").out


def test_while_a_session_is_on_it_waits(hip: Person) -> None:
    hip.waits(hours=2)
    hip.types("begin", "ice")
    install(hip, NEW)
    ran = hip.types("upgrade", "--yes", status=1)
    assert ran.err.startswith("Error: not now: Ice is on; an upgrade waits until it has ended\n")
    assert "- phase only, activity ice: duration 20min becomes 15min\n" in ran.out
    assert hip.json("upgrade", "--yes", status=1)["refused"].startswith("Ice is on")
    assert version(hip) == "1.0.0"
    hip.types("end")
    hip.types("upgrade", "--yes")
    assert version(hip) == "1.1.0"


def test_an_upgrade_is_not_taken_back_while_a_session_is_on(hip: Person) -> None:
    hip.waits(seconds=1)
    install(hip, WITHOUT_ICE)
    hip.types("upgrade", "--yes")
    assert hip.json("status")["episodes"][0]["now"]["activity"] == "packs"
    assert hip.types("undo", status=1).err.startswith("Error: Ice is on; the upgrade can be taken back")
    hip.waits(minutes=20)
    hip.types("undo")
    assert version(hip) == "1.0.0"


def test_without_the_phase_it_begins_with_the_first_and_can_be_taken_back(hip: Person) -> None:
    before = hip.lines("log", "--all")
    install(hip, NEW.replace("id: only", "id: other").replace("title: Only phase", "title: Other phase"))

    words = hip.types("upgrade", "--yes").out

    assert "The phase where you are, Only phase, is gone." in words
    assert "goes on with hip 1.1.0, in: Other phase.\n" in words
    assert hip.lines("log", "--all")[: len(before)] == before
    hip.waits(hours=1)
    for command in ("status", "next", "agenda", "explain", "log"):
        hip.types(command)
    hip.waits(minutes=30)
    hip.types("undo")
    assert hip.json("status")["episodes"][0]["phase"]["id"] == "only"
    assert version(hip) == "1.0.0"


@pytest.mark.parametrize("name", ["grade", "side"])
def test_what_the_episode_was_started_without_is_named(hip: Person, name: str) -> None:
    used = "grade == II" if name == "grade" else "side == left"
    text = NEW.replace("inputs: [onset]", f"inputs: [onset, {name}]")
    install(hip, text.replace("{id: hurts, when: pain >= 8,", f"{{id: hurts, when: [{used}, pain >= 8],"))
    words = hip.types("upgrade", "--yes", status=1).err
    assert f"it asks for {name}, which this episode was started without" in words


OPTION = """\
options:
  device: {ask: "Do you have one?", choices: ["no", "yes"], default: "no", source: own}
phases:
"""


def test_an_option_that_is_new_has_its_default(hip: Person) -> None:
    stand = (
        "{id: stand, kind: reminder, of: posture, every: 1h, only_if: device == yes, say: Up., source: own}"
    )
    install(
        hip,
        NEW.replace("phases:\n", OPTION).replace("      - id: ice\n", f"      - {stand}\n      - id: ice\n"),
    )
    hip.types("upgrade", "--yes")
    hip.waits(minutes=61)
    assert "Stand" not in hip.types("agenda").out

    hip.types("correct", "device=yes")

    assert "Stand" in hip.types("agenda").out


def test_an_option_without_a_default_is_named(hip: Person) -> None:
    used = NEW.replace("phases:\n", OPTION.replace(', default: "no"', ""))
    install(hip, used.replace("when: pain >= 8,", "when: [device == yes, pain >= 8],"))
    assert "it asks for device, which" in hip.types("upgrade", "--yes", status=1).err


def test_a_text_with_errors_is_never_applied(hip: Person) -> None:
    path = install(hip, NEW.replace("15min", "15 parsecs"))
    words = hip.types("upgrade", "--yes", status=1).err
    assert "parsecs" in words
    assert f"recovery validate {path}" in words
    assert version(hip) == "1.0.0"


def test_what_is_not_installed_is_status_3(hip: Person) -> None:
    install(hip, OLD).unlink()
    words = hip.types("upgrade", status=3).err
    assert words == (
        "Error: hip-1 runs hip, which is not installed\n  recovery protocols add FILE installs a text of it\n"
    )


def test_nobody_has_nothing_to_upgrade(person: Person) -> None:
    assert person.types("upgrade", status=3).err.startswith("Error: no episode is active")


def test_with_several_episodes_one_is_named(hip: Person) -> None:
    leg = OLD.replace("id: hip", "id: leg").replace("region: hip", "region: leg")
    hip.types("protocols", "add", hip.file(leg, "leg.yaml"))
    hip.starts("start", "leg", "--onset", "1h ago")
    assert "say which: --episode ID" in hip.types("upgrade", status=2).err
    install(hip, NEW)
    hip.types("upgrade", "--episode", "hip-1", "--yes")
    assert "up to date" in hip.types("upgrade", "-e", "leg-1").out


@pytest.mark.parametrize("says_yes", [True, False])
def test_on_a_terminal_it_asks(hip: Person, monkeypatch: pytest.MonkeyPatch, says_yes: bool) -> None:
    install(hip, NEW)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.confirm", lambda words: says_yes)
    hip.types("upgrade")
    assert version(hip) == ("1.1.0" if says_yes else "1.0.0")


def test_what_became_due_while_the_person_thought_is_respected(
    hip: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that begins before the answer makes the upgrade wait after all."""
    install(hip, NEW)

    def confirm(words: str) -> bool:
        hip.waits(hours=2)
        return True

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.confirm", confirm)
    assert status_of(["upgrade"]) == 1
    assert version(hip) == "1.0.0"


def test_sessions_of_an_activity_that_is_gone_still_count_for_the_limits(hip: Person) -> None:
    install(hip, WITHOUT_ICE.replace("gap: 1s", "gap: 3h").replace("every: 2h..3h", "every: 3h..4h"))
    hip.types("upgrade", "--yes")

    words = hip.types("begin", "packs", status=1).err  # the ice was over at 17:10
    assert "earliest 20:10" in words
    for command in ("status", "next", "agenda", "explain", "log"):
        hip.types(command)


def test_answers_that_the_new_text_cannot_get_are_unknown(hip: Person) -> None:
    hip.types("checkin", "pain=8")
    words = '{ask: "Pain?", choices: [bad, good], fresh: 24h, source: own}'
    text = NEW.replace('{ask: "Pain?", scale: 0..10, fresh: 24h, source: own}', words)
    install(hip, text.replace("pain <= 3", "pain == good").replace("pain >= 8", "pain == bad"))
    hip.waits(minutes=1)
    hip.types("upgrade", "--yes")

    needs = hip.json("status")["episodes"][0]["phase"]["gate"]["needs"]
    assert [need["state"] for need in needs if "pain" in need["condition"]] == ["unknown"]
    hip.waits(minutes=1)
    hip.types("undo")
    (need,) = (
        n for n in hip.json("status")["episodes"][0]["phase"]["gate"]["needs"] if "pain" in n["condition"]
    )
    assert need["state"] == "not met"


def test_what_is_new_was_not_missed_before_it_was_there(hip: Person) -> None:
    hip.waits(days=3, minutes=30)
    hip.types("status")
    before = len(facts(hip, "missed"))
    install(hip, MORE)
    hip.types("upgrade", "--yes")
    assert len([each for each in facts(hip, "missed")[before:] if each["data"]["activity"] == "stand"]) == 0
    coming = hip.json("next")["next"]
    assert "stand" in [each["activity"] for each in coming]


def test_an_upgrade_ends_no_pause(hip: Person) -> None:
    hip.types("pause", "--for", "5h")
    install(hip, NEW)
    hip.types("upgrade", "--yes")
    assert hip.json("status")["episodes"][0]["state"] == "paused"


def test_an_alert_of_a_red_flag_that_is_gone_is_over(hip: Person) -> None:
    hip.types("checkin", "pain=8")
    assert len(hip.json("status")["episodes"][0]["alerts"]) == 1
    lines = [line for line in NEW.splitlines() if "hurts" not in line and "red_flags" not in line]
    install(hip, "\n".join(lines) + "\n")
    hip.waits(minutes=1)
    hip.types("upgrade", "--yes")
    assert hip.json("status")["episodes"][0]["alerts"] == []


def test_folding_gives_what_the_commands_said(hip: Person) -> None:
    """Fresh from the journal it is the same episode, before and after undoing."""
    install(hip, MORE)
    hip.types("upgrade", "--yes")
    hip.waits(hours=1)
    hip.types("done", "walk")
    with Journal.open(hip.home, now=NOW) as journal:
        assert load_one(journal, "hip-1", NOW).tailored.version == "1.1.0"
    hip.types("undo")
    hip.types("undo")
    with Journal.open(hip.home, now=NOW) as journal:
        assert load_one(journal, "hip-1", NOW).tailored.version == "1.0.0"


def test_the_list_of_protocols_says_what_could_be_upgraded(hip: Person) -> None:
    line = "hip-1 runs another text of hip, 1.0.0: recovery upgrade"
    assert line not in hip.types("protocols").out
    install(hip, NEW)
    assert line in hip.types("protocols").out
    hip.types("upgrade", "--yes")
    assert line not in hip.types("protocols").out
