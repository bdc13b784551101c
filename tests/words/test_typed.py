"""Times as people say them: what is understood, and what the refusal of everything else shows."""

from datetime import UTC, datetime, time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recovery.words.typed import FORMS, parse_clock, parse_moment
from tests.engine.examples import local, place

NOW = local("2026-11-23 18:05")


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("now", "2026-11-23 18:05"),
        ("2h ago", "2026-11-23 16:05"),
        ("1h30m ago", "2026-11-23 16:35"),
        ("1d ago", "2026-11-22 18:05"),
        ("2w ago", "2026-11-09 18:05"),
        ("30d ago", "2026-10-24 18:05"),
        ("in 20min", "2026-11-23 18:25"),
        ("in 2w", "2026-12-07 18:05"),
        ("in 1mo", "2026-12-23 18:05"),
        ("14:30", "2026-11-23 14:30"),
        ("7:05", "2026-11-23 07:05"),
        ("today 23:00", "2026-11-23 23:00"),
        ("yesterday 18:00", "2026-11-22 18:00"),
        ("Yesterday  18:00", "2026-11-22 18:00"),
        (" tomorrow 08:00 ", "2026-11-24 08:00"),
        ("2026-11-20 18:00", "2026-11-20 18:00"),
        ("2026-11-20 7:00", "2026-11-20 07:00"),
        ("2026-11-20T18:00", "2026-11-20 18:00"),
        ("2026-11-20T18:00:30", "2026-11-20 18:00:30"),
        ("2026-11-20T18:00+01:00", "2026-11-20 18:00"),
        ("2026-11-20T17:00Z", "2026-11-20 18:00"),
        ("2026-11-20t17:00z", "2026-11-20 18:00"),
        ("2026-11-20 12:00-05:00", "2026-11-20 18:00"),
    ],
)
def test_each_form_means_an_instant(text: str, means: str) -> None:
    assert parse_moment(text, NOW, place()) == local(means)


def test_the_date_of_a_bare_time_is_that_of_the_place() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert parse_moment("08:00", late, place()) == local("2026-11-24 08:00")
    assert parse_moment("yesterday 08:00", late, place("America/New_York")) == local(
        "2026-11-22 08:00", "America/New_York"
    )


def test_a_time_in_the_gap_and_a_repeated_one_are_resolved_like_all_others() -> None:
    assert parse_moment("2027-03-28 02:30", NOW, place()) == local("2027-03-28 03:30")
    assert parse_moment("2026-10-25 02:30", NOW, place()) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_days_ago_keep_the_time_of_day_across_a_change_of_summer_time() -> None:
    assert parse_moment("1d ago", local("2026-10-25 18:00"), place()) == local("2026-10-24 18:00")
    assert parse_moment("24h ago", local("2026-10-25 18:00"), place()) == local("2026-10-24 19:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "yesterday",
        "ago",
        "yesterday evening",
        "18",
        "18h",
        "24:00",
        "18:60",
        "6pm",
        "20261120",
        "2026-11-20",
        "2026-13-01 10:00",
        "2026-02-30 10:00",
        "20.11.2026 18:00",
        "11/20/2026 18:00",
        "2026-11-20 18:00 Europe/Berlin",
        "2026-W47-5 18:00",
        "٢٠٢٦-11-20 18:00",
        "next monday",
        "1mo ago",
    ],
)
def test_what_is_not_known_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(ValueError, match="write") as caught:
        parse_moment(text, NOW, place())
    assert any(form in str(caught.value) for form in (FORMS, "07:30 or 22:00", "20min, 1h30m"))


@pytest.mark.parametrize(
    "text", ["2 hours ago", "five min ago", "in a while", "in 5", "in", "-2h ago", "1.5h ago"]
)
def test_a_wrong_length_is_refused_with_the_forms_of_lengths(text: str) -> None:
    with pytest.raises(ValueError, match=r"such as 20min|write"):
        parse_moment(text, NOW, place())


@pytest.mark.parametrize(
    "text",
    ["999999d ago", "999999w ago", "in 999999mo", "in 999999w", "0001-01-01 00:00", "9999-12-31 23:59"],
)
def test_what_no_calendar_reaches_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"far away|not a time"):
        parse_moment(text, NOW, place("Asia/Kathmandu" if "0001" in text else "America/New_York"))


@pytest.mark.parametrize(("text", "at"), [("7:05", time(7, 5)), ("23:00", time(23)), (" 0:00 ", time(0))])
def test_a_time_of_day_is_read(text: str, at: time) -> None:
    assert parse_clock(text) == at


@pytest.mark.parametrize("text", ["", "24:00", "7", "7:5", "07:00:00", "7.30", "\uff11\uff12:00"])
def test_anything_else_is_no_time_of_day(text: str) -> None:
    with pytest.raises(ValueError, match="07:30 or 22:00"):
        parse_clock(text)


WORDS = st.sampled_from(
    ["now", "ago", "in", "yesterday", "today", "tomorrow", "2h", "999999mo", "18:00", "2026-11-20", "9999-12-31",
     "0001-01-01", "T", "+14:00", "-24:00", "Z", ".5", "00:00:60", "24:00"]
)  # fmt: skip


@given(
    st.one_of(st.text(max_size=30), st.lists(WORDS, max_size=4).map(" ".join), st.lists(WORDS).map("".join))
)
@example("2026-11-20 18:00\x00")
@example("0001-01-01T00:00+23:59")
@example("9999-12-31T23:59-23:59")
def test_any_text_is_an_instant_or_a_refusal(text: str) -> None:
    for zone in ("Europe/Berlin", "Pacific/Apia"):
        try:
            moment = parse_moment(text, NOW, place(zone))
        except ValueError as refusal:
            assert str(refusal)  # noqa: PT017  # both outcomes are right
        else:
            assert moment.utcoffset() is not None
