"""Times as people say them: what is understood, and what the refusal of everything else shows."""

from datetime import UTC, datetime, time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recovery.protocol.terms import parse_duration
from recovery.words.moments import FORMS, SaidMoment, clock_said, length_said, parse_clock, parse_moment, said
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
        ("an hour ago", "2026-11-23 17:05"),
        ("2 hours ago", "2026-11-23 16:05"),
        ("five min ago", "2026-11-23 18:00"),
        ("half an hour ago", "2026-11-23 17:35"),
        ("an hour and a half ago", "2026-11-23 16:35"),
        ("1.5h ago", "2026-11-23 16:35"),
        ("1 hour and 20 minutes ago", "2026-11-23 16:45"),
        ("vor einer Stunde", "2026-11-23 17:05"),
        ("vor zwei Stunden", "2026-11-23 16:05"),
        ("vor anderthalb Stunden", "2026-11-23 16:35"),
        ("vor einer halben Stunde", "2026-11-23 17:35"),
        ("vor einer Viertelstunde", "2026-11-23 17:50"),
        ("seit 2 Stunden", "2026-11-23 16:05"),
        ("just now", "2026-11-23 18:05"),
        ("gerade eben", "2026-11-23 18:05"),
        ("in zwei Stunden", "2026-11-23 20:05"),
        ("3pm", "2026-11-23 15:00"),
        ("3.30 p.m.", "2026-11-23 15:30"),
        ("8am", "2026-11-23 08:00"),
        ("8 in the morning", "2026-11-23 08:00"),
        ("half past 3 pm", "2026-11-23 15:30"),
        ("quarter to 3 yesterday afternoon", "2026-11-22 14:45"),
        ("noon", "2026-11-23 12:00"),
        ("midnight", "2026-11-23 00:00"),
        ("15 Uhr", "2026-11-23 15:00"),
        ("8 Uhr 30", "2026-11-23 08:30"),
        ("halb 9 morgens", "2026-11-23 08:30"),
        ("Samstag 8 Uhr abends", "2026-11-21 20:00"),
        ("gestern um 18 Uhr", "2026-11-22 18:00"),
        ("vorgestern 18 Uhr", "2026-11-21 18:00"),
        ("day before yesterday 6 pm", "2026-11-21 18:00"),
        ("18:00 yesterday", "2026-11-22 18:00"),
        ("fri 3pm", "2026-11-20 15:00"),
        ("mi. 18 Uhr", "2026-11-18 18:00"),
        ("20.11.2026 18:00", "2026-11-20 18:00"),
        ("20.11. 18:00", "2026-11-20 18:00"),
        ("20. November 18 Uhr", "2026-11-20 18:00"),
        ("Nov 20, 2026, 6pm", "2026-11-20 18:00"),
        ("11/20/2026 18:00", "2026-11-20 18:00"),
        ("20/11/2026 18:00", "2026-11-20 18:00"),
        ("3 days ago at 6pm", "2026-11-20 18:00"),
        ("vor 3 Tagen um 18 Uhr", "2026-11-20 18:00"),
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
        "ago",
        "24:00",
        "18:60",
        "20261120",
        "2026-13-01 10:00",
        "2026-02-30 10:00",
        "31.2. 18:00",
        "in 5",
        "in a while",
        "in",
        "-2h ago",
        "last week",
        "18:00 19:00",
        "monday friday 8am",
        "2026-11-20 18:00 Europe/Berlin",
        "2026-W47-5 18:00",
        "٢٠٢٦-11-20 18:00",
    ],
)
def test_what_is_not_known_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time that I know") as caught:
        parse_moment(text, NOW, place())
    assert FORMS in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("8", 'morning or in the evening? write "08:00" or "20:00"'),
        ("yesterday at 6", 'write "yesterday 06:00" or "yesterday 18:00"'),
        ("viertel vor 9", 'write "08:45" or "20:45"'),
        ("um 8 am Montag", 'write "Montag 08:00" or "Montag 20:00"'),
        ("18", 'write "18:00"'),
        ("yesterday", 'at what hour? write for instance "yesterday 18:00"'),
        ("last monday", 'at what hour? write for instance "last monday 18:00"'),
        ("2026-11-20", 'at what hour? write for instance "2026-11-20 18:00"'),
        ("this evening", 'at what hour? write for instance "20:00"'),
        ("heute Nacht", 'at what hour? write for instance "heute 23:00"'),
        ("last night", "before or after midnight?"),
        ("letzte Nacht", "before or after midnight?"),
        ("yesterday midnight", "the midnight before that day, or after it?"),
        ("11/12/2026 18:00", "which is the month? write 2026-11-12 or 2026-12-11"),
        ("1mo ago", "on which day?"),
        ("a few hours ago", "how many?"),
        ("vor ein paar Stunden", "how many?"),
        ("2 hours", 'write "2 hours ago" or "in 2 hours"'),
        ("18h", 'write "18h ago" or "in 18h"'),
        ("13pm", "13:00 takes no am or pm"),
        ("15 Uhr morgens", "15 is no hour of that part of the day"),
        ("yesteday 18:00", 'did you mean "yesterday 18:00"?'),
        ("vor 2 Stundn", 'did you mean "vor 2 stunden"?'),
    ],
)
def test_what_has_no_single_meaning_is_asked_for_the_one_thing_that_is_missing(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        parse_moment(text, NOW, place())
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("yesterday evening", "2026-11-22 20:00"),
        ("gestern Abend", "2026-11-22 20:00"),
        ("this morning", "2026-11-23 08:00"),
        ("heute früh", "2026-11-23 08:00"),
        ("heute morgen", "2026-11-23 08:00"),
        ("Montag frueh", "2026-11-23 08:00"),
        ("gestern Nachmittag", "2026-11-22 15:00"),
        ("2 weeks ago", "2026-11-09 18:05"),
        ("vor 3 Tagen", "2026-11-20 18:05"),
        ("monday 19:00", "2026-11-16 19:00"),
        ("last monday 18:00", "2026-11-16 18:00"),
        ("15.12. 18:00", "2025-12-15 18:00"),
        ("at 8:00 on 29.2.", "2024-02-29 08:00"),
    ],
)
def test_what_was_left_a_little_open_is_taken_and_known_to_be_assumed(text: str, means: str) -> None:
    assert said(text, NOW, place()) == SaidMoment(local(means), is_assumed=True)


def test_an_hour_is_the_one_that_was_already() -> None:
    assert said("at 8", local("2026-11-23 16:40"), place()) == SaidMoment(
        local("2026-11-23 08:00"), is_assumed=True
    )
    with pytest.raises(ValueError, match="morning or in the evening"):
        said("at 8", local("2026-11-23 21:00"), place())


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("tomorrow", "2026-11-24 07:00"),
        ("monday", "2026-11-30 07:00"),
        ("next monday", "2026-11-30 07:00"),
        ("Freitag", "2026-11-27 07:00"),
        ("2026-12-01", "2026-12-01 07:00"),
        ("1.12.", "2026-12-01 07:00"),
        ("1.2. 8:00", "2027-02-01 08:00"),
        ("monday 8am", "2026-11-30 08:00"),
        ("morgen früh", "2026-11-24 08:00"),
        ("this evening", "2026-11-23 20:00"),
        ("at 8", "2026-11-23 20:00"),
    ],
)
def test_of_what_lies_ahead_the_coming_one_is_meant(text: str, means: str) -> None:
    assert said(text, NOW, place(), is_ahead=True).at == local(means)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("20 minutes", "20min"),
        ("20 Minuten", "20min"),
        ("1 h", "1h"),
        ("1 Std. 30 Min.", "1h30m"),
        ("an hour and a half", "90min"),
        ("half an hour", "30min"),
        ("a quarter of an hour", "15min"),
        ("anderthalb Stunden", "90min"),
        ("eine halbe Stunde", "30min"),
        ("two weeks", "2w"),
        ("3 Monate", "3mo"),
    ],
)
def test_lengths_are_read_as_people_say_them(text: str, same: str) -> None:
    assert length_said(text) == parse_duration(same)


@pytest.mark.parametrize("text", ["", "20", "in 2h", "2h ago", "half a day", "monday", "999999 months"])
def test_other_words_are_no_length(text: str) -> None:
    with pytest.raises(ValueError, match="write a number and a unit"):
        length_said(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [("7am", time(7)), ("23 Uhr", time(23)), ("halb 8 morgens", time(7, 30)), ("22.30", time(22, 30))],
)
def test_a_time_of_day_is_read_as_people_say_it(text: str, at: time) -> None:
    assert clock_said(text) == at


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
