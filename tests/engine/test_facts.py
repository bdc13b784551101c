"""The names of occurrences, of offers, and of what a cue is about."""

from datetime import UTC, date, datetime

import pytest

from recovery.engine.facts import CueKey, Occurrence, Offer

ICE = Occurrence("strain-1/rice/ice/2026-11-23.3")


def test_an_occurrence_has_parts() -> None:
    assert Occurrence.of("strain-1", "rice", "ice", date(2026, 11, 23), 3) == ICE
    assert (ICE.episode, ICE.activity, ICE.day, ICE.ordinal) == ("strain-1", "ice", date(2026, 11, 23), 3)
    assert (ICE.owner, ICE.series) == ("strain-1/rice/ice", "strain-1/rice/ice/2026-11-23")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ice",
        "strain-1/rice/ice",
        "strain-1/rice//2026-11-23.1",
        "strain-1/rice/ice/2026-11-23",
        "strain-1/rice/ice/2026-11-23.",
        "strain-1/rice/ice/2026-11-23.x",
        "strain-1/rice/ice/2026-11-23.01",
        "strain-1/rice/ice/2026-11-23.٣",
        "strain-1/rice/ice/2026-11-23.1000000",
        "strain-1/rice/ice/2026-02-30.1",
        "strain-1/rice/ice/20261123.1",
        "strain-1/rice/ice/2026-11-23.1/end",
    ],
)
def test_another_text_is_no_occurrence(text: str) -> None:
    with pytest.raises(ValueError, match=r"occurrence|isoformat|range"):
        Occurrence.parse(text)


def test_a_damaged_name_has_no_number() -> None:
    assert Occurrence.parse(ICE) == ICE
    assert Occurrence("strain-1/rice/ice/2026-11-23.x").ordinal == 0


def test_an_offer_is_named_by_its_moment() -> None:
    offer = Offer.of("strain-1", "rice", datetime(2026, 11, 23, 12, 0, 0, 7000, tzinfo=UTC))
    assert offer == "strain-1/rice/2026-11-23T12:00:00.007Z"
    assert offer.episode == "strain-1"


def test_a_cue_key_tells_what_it_is_about() -> None:
    end = CueKey.end_of(ICE)
    assert (end, end.occurrence, CueKey(ICE).occurrence) == ("strain-1/rice/ice/2026-11-23.3/end", ICE, ICE)
    assert CueKey.about("strain-1", "flag/numb").subject == "flag/numb"
