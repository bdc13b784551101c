"""How much of a day is told: the table on the page of the language is true, and nobody is told too much."""

from tests.simulation.cue_load import BOUNDS, PAGE, cue_load, table


def test_the_page_says_how_much_of_a_day_is_told() -> None:
    """Run `python -m tests.simulation.cue_load` whenever this fails."""
    load = cue_load()
    assert table(load) in PAGE.read_text(encoding="utf-8")
    assert {each: load[each] for each in load if load[each] > BOUNDS[each]} == {}
