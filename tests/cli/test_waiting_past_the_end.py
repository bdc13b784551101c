"""A sign that waits for a professional's release does so past the end of its episode, and binds others on its place."""

from datetime import timedelta

import pytest

from recovery import clock
from recovery.store.journal import Journal
from tests.profile import Profile

RELEASE = ("release", "grade-iii", "--by", "Dr. Meyer")
QUIET = ("--screen", "none", "--signs", "none", "--no-daemon")


@pytest.fixture
def stopped(profile: Profile) -> Profile:
    """Somebody with a grade III tear who has stopped its plan before anybody has looked at it."""
    profile.run(
        "start", "strain", "--grade", "III", "--onset", "2h ago", "--side", "left", "--set", "tens=no", *QUIET
    )
    said = profile.run("stop").out
    assert "still waits for a professional" in said
    assert "recovery release grade-iii" in said
    return profile


def test_another_plan_for_the_place_is_bound_by_it(stopped: Profile) -> None:
    stopped.run("start", "trigger-point", "--side", "left", *QUIET)
    refused = stopped.run("begin", "press", status=1).err
    assert "waits for a professional" in refused
    assert "-e strain-1" in refused
    assert "released by Dr. Meyer" in stopped.run(*RELEASE).out
    assert "1 min" in stopped.run("begin", "press").out


def test_one_word_releases_every_plan_for_the_place(stopped: Profile) -> None:
    again = ("--grade", "III", "--onset", "2h ago", "--set", "tens=no", *QUIET)
    stopped.run("start", "strain", "--side", "left", *again)
    said = stopped.run(*RELEASE).out
    assert [said.count(f"{id_}: grade-iii: released by Dr. Meyer") for id_ in ("strain-2", "strain-1")] == [
        1,
        1,
    ]
    stopped.run("stop")
    stopped.run("start", "trigger-point", "--side", "left", *QUIET)
    assert "1 min" in stopped.run("begin", "press").out


def test_it_does_not_release_the_other_hip(stopped: Profile) -> None:
    again = ("--grade", "III", "--onset", "2h ago", "--set", "tens=no", *QUIET)
    stopped.run("start", "strain", "--side", "right", *again)
    assert "released by Dr. Meyer" in stopped.run(*RELEASE).out
    stopped.run("start", "trigger-point", "--side", "left", *QUIET)
    assert "-e strain-1" in stopped.run("begin", "press", "-e", "trigger-point-1", status=1).err


def test_of_two_stopped_plans_for_two_hips_it_is_asked_which(stopped: Profile) -> None:
    again = ("--grade", "III", "--onset", "2h ago", "--set", "tens=no", *QUIET)
    stopped.run("start", "strain", "--side", "right", *again)
    stopped.run("stop")
    assert "several plans wait for that: strain-1, strain-2" in stopped.run(*RELEASE, status=2).err
    stopped.run(*RELEASE, "-e", "strain-2")
    assert "strain-2" not in stopped.run("status", status=3).err.partition("Not shown")[0]


def test_the_other_hip_is_not(stopped: Profile) -> None:
    stopped.run("start", "trigger-point", "--side", "right", *QUIET)
    assert "1 min" in stopped.run("begin", "press").out


def test_status_says_so_where_nothing_is_active(stopped: Profile) -> None:
    assert "strain-1 is stopped, but waits for a professional" in stopped.run("status", status=3).err
    stopped.run(*RELEASE)
    assert "waits for a professional" not in stopped.run("status", status=3).err


def test_it_binds_for_as_long_as_such_a_tear_heals_at_the_longest(stopped: Profile) -> None:
    now = clock.now()
    with Journal.open(stopped.home, now=now) as journal:
        assert journal.open_episodes(now + timedelta(days=300)) == ("strain-1",)
        assert journal.open_episodes(now + timedelta(days=370)) == ()
        assert journal.open_episodes() == ()
