"""The answers file of a simulation: each line, and every mistake with its line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.engine.acts import ACTS, Act, Advance, AnswerCheckIn, Begin, Pause, Snooze, StepBack, Stop
from recovery.errors import UsageError
from recovery.protocol.terms import Duration
from recovery.simulation.script import parse_answers
from tests.engine.examples import local, place

START = local("2026-11-23 08:00")
AT = "2026-11-23T09:00"


def acts(*lines: object) -> list[Act]:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return [scripted.act for scripted in parse_answers(text, "answers.jsonl", START, place())]


def refusal(*lines: object) -> str:
    with pytest.raises(UsageError) as caught:
        acts(*lines)
    assert caught.value.hint
    return caught.value.message


def test_a_check_in_carries_its_answers() -> None:
    (act,) = acts({"at": AT, "do": "checkin", "pain": 4, "swelling": "slight"})
    assert act == AnswerCheckIn({"pain": "4", "swelling": "slight"})


def test_the_other_verbs_carry_what_goes_with_them() -> None:
    assert acts(
        {"at": AT, "do": "begin", "activity": "ice"},
        {"at": AT, "do": "snooze", "activity": "ice", "for": "10min"},
        {"at": AT, "do": "pause", "for": "2d", "because": "away"},
        {"at": AT, "do": "advance", "because": "my physio says so"},
        {"at": AT, "do": "step-back"},
    ) == [
        Begin("ice"),
        Snooze("ice", length=Duration(seconds=600)),
        Pause(length=Duration(days=2), because="away"),
        Advance(because="my physio says so"),
        StepBack(),
    ]


@pytest.mark.parametrize("verb", ACTS)
def test_every_verb_is_known(verb: str) -> None:
    assert acts({"at": AT, "do": verb})[0].verb == verb


def test_lines_are_put_in_order_of_time_and_keep_their_order_within_one() -> None:
    text = "\n".join(
        json.dumps(line)
        for line in (
            {"at": "2026-11-23T10:00", "do": "resume"},
            {"at": "2026-11-23T08:00Z", "do": "pause"},
            {"at": "2026-11-23T10:00", "do": "stop"},
        )
    )
    planned = parse_answers(text, "a", START, place())
    assert [each.act.verb for each in planned] == ["pause", "resume", "stop"]
    assert planned[0].at == local("2026-11-23 09:00")


def test_empty_lines_are_nothing_and_line_ends_of_any_system_do() -> None:
    line = json.dumps({"at": AT, "do": "resume"})
    assert parse_answers("", "a", START, place()) == ()
    assert len(parse_answers(f"\n{line}\r\n  \r\n{line}", "a", START, place())) == 2


def test_a_text_may_hold_a_line_separator() -> None:
    line = f'{{"at": "{AT}", "do": "stop", "because": "one\u2028two"}}'
    assert acts(line) == [Stop(because="one\u2028two")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not a JSON object"),
        ("[]", "not a JSON object"),
        ('"begin"', "not a JSON object"),
        ("[" * 100_000, "not a JSON object"),
        ({"do": "begin"}, "'at' is missing"),
        ({"at": 5, "do": "begin"}, "'at' is missing"),
        ({"at": "soon", "do": "begin"}, "is not a time that I know"),
        ({"at": AT}, "'do' is None; it can be checkin, begin"),
        ({"at": AT, "do": "dance"}, "'do' is 'dance'"),
        ({"at": AT, "do": ["begin"]}, "'do' is ['begin']"),
        ({"at": AT, "do": "begin", "pain": 3}, "'pain' does not go with 'begin', which takes activity"),
        ({"at": AT, "do": "resume", "activity": "ice"}, "which takes nothing else"),
        ({"at": AT, "do": "begin", "activity": 3}, "'activity' has to be text"),
        ({"at": AT, "do": "snooze", "for": "a while"}, "is not a length of time"),
        ({"at": AT, "do": "checkin", "pain": 3.5}, "'pain' is 3.5; an answer is a whole number or a word"),
        ({"at": AT, "do": "checkin", "pain": True}, "'pain' is True"),
        ({"at": AT, "do": "checkin", "pain": None}, "'pain' is None"),
        (f'{{"at": "{AT}", "do": "checkin", "pain": {"9" * 5000}}}', "answers.jsonl:1: "),
    ],
)
def test_a_mistake_names_its_line(line: object, reason: str) -> None:
    message = refusal(line)
    assert message.startswith("answers.jsonl:1: ")
    assert reason in message


def test_all_mistakes_are_told_at_once_up_to_twenty() -> None:
    assert refusal("{", {"at": AT, "do": "resume"}, "x").splitlines() == [
        "answers.jsonl:1: not a JSON object",
        "answers.jsonl:3: not a JSON object",
    ]
    assert refusal(*["x"] * 30).splitlines()[-1] == "and 10 more"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=3
)
LINES = st.dictionaries(
    st.sampled_from(["at", "do", "activity", "for", "because", "pain"]),
    JSON | st.sampled_from([*ACTS, AT, "10min", "999999mo", "in 999999w"]),
)


@given(st.lists(LINES.map(json.dumps) | st.text(), max_size=3).map("\n".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_answers(text, "a", START, place())
    except UsageError as refused:
        assert refused.message.startswith("a:")  # noqa: PT017  # both outcomes are right
