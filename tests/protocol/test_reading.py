import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from recovery.errors import RecoveryError
from recovery.protocol import syntax
from recovery.protocol.library import Library, installed_folder
from recovery.protocol.model import CheckIn, Treatment
from recovery.protocol.outcome import ProtocolError, content_hash
from recovery.protocol.problems import Problem
from recovery.protocol.reading import check_file, compile_texts, read_protocol
from recovery.protocol.terms import (
    All,
    AnyOf,
    Comparison,
    Duration,
    LocalMoment,
    PerWeek,
)

Check = Callable[..., tuple[Problem, ...]]
Whole = Callable[..., str]

HEAD = "format: 1\nid: m\nversion: 1.0.0\ntitle: T\nsummary: S\nregion: hip\n"
TEN = """\
format: 1
id: ten
version: 1.0
title: Ten planted errors
summary: Something {grade} here
region: hip
inputs: [onset, sides]
observe:
  pain: {ask: "Pain?", scale: 0..10, fresh: 24, source: own}
limits:
  - {id: cold-session, of: cold, longst: 20min, source: own}
phases:
  - id: acute
    min: 24h
    max: 72h
    leave_when: pain less than 3
    at_max: {level: routine, say: Too long}
    source: own
    do:
      - id: ice
        kind: session
        of: cold
        duration: 20 minuts
        every: 2h..3h
        start: On
        source: own
      - id: look
        kind: chek-in
        ask: [pain]
        every: 12h
      - id: two
        kind: reminder
        of: elevation
        say: Lie down
        every: 3h
        per_day: 3
        source: own
"""


@pytest.fixture(params=["CBaseLoader", "BaseLoader"])
def _both_loaders(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "_LOADER", getattr(yaml, request.param))


def only(problems: tuple[Problem, ...]) -> Problem:
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


# Places ----------------------------------------------------------------------------------------------


def test_ten_planted_errors_come_at_once_each_in_its_place(check: Check) -> None:
    problems = check(TEN)
    assert [(p.line, p.column, p.path) for p in problems] == [
        (3, 10, "version"),
        (5, 10, "summary"),
        (7, 17, "inputs 2"),
        (9, 45, "observation 'pain' > fresh"),
        (11, 34, "limit 'cold-session' > longst"),
        (16, 17, "phase 'acute' > leave_when"),
        (20, 9, "phase 'acute' > activity 'ice'"),
        (23, 19, "phase 'acute' > activity 'ice' > duration"),
        (28, 15, "phase 'acute' > activity 'look' > kind"),
        (36, 9, "phase 'acute' > activity 'two' > per_day"),
    ]


def test_an_error_says_what_was_expected_and_found(check: Check) -> None:
    text = str(check(TEN)[0])
    assert text.endswith(
        "small.yaml:3:10: version: not a version (expected three numbers, such as 1.0.0, found '1.0')"
    )


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("longst", "longest"), ("sides", "side"), ("chek-in", "check-in")],
)
def test_the_right_word_is_suggested(check: Check, wrong: str, right: str) -> None:
    assert any(wrong in p.found and f"did you mean {right!r}?" in p.message for p in check(TEN))


def test_a_misspelt_key_is_one_error_not_two(check: Check, whole: Whole) -> None:
    problem = only(check(whole(title="titel: Small")))
    assert "unknown key 'titel'; did you mean 'title'?" in problem.message


def test_errors_of_meaning_come_together_with_errors_of_form(check: Check, whole: Whole) -> None:
    problems = check(
        whole(
            gate="leave_when: pian <= 3",
            version="version: one",
            activities="- {id: ice, kind: session, of: cold, duration: 30min, every: 2h,"
            " start: On, end: Off, source: nsh}",
        )
    )
    assert [p.path for p in problems if p.is_error] == [
        "version",
        "phase 'first' > leave_when",
        "phase 'first' > activity 'ice' > duration",
        "phase 'first' > activity 'ice' > source",
    ]


def test_what_is_left_out_for_an_error_is_not_missed_elsewhere(check: Check, whole: Whole) -> None:
    broken = 'observe:\n  pain: {ask: "Pain?", scale: ten, source: own}\n'
    broken += '  swelling: {ask: "S?", scale: 0..3, source: own}\n'
    broken += '  rom: {ask: "Movement?", choices: [limited, full], source: own}'
    problem = only(check(whole(observe=broken)))
    assert problem.path == "observation 'pain' > scale"


# What somebody most likely meant ---------------------------------------------------------------------


def test_a_comma_that_cuts_a_text_in_braces_is_told(check: Check, whole: Whole) -> None:
    flag = "red_flags:\n  - {id: a, when: grade == III, level: urgent, say: Still sore! Look at it, soon.}"
    problems = [p for p in check(whole(red_flags=flag)) if not p.rule]
    assert "the comma before 'soon.' ends the text" in only(tuple(problems)).message
    assert "needs quotes" in problems[0].message


def test_a_key_with_a_colon_is_no_rest_of_a_text(check: Check, whole: Whole) -> None:
    problem = only(check(whole(title="title: Small\nsoon:")))
    assert problem.message == "unknown key 'soon'"


@pytest.mark.parametrize(
    ("sections", "line"),
    [({"title": "title Rest and ice"}, 5), ({"sources": "sources\n  nhs: {title: Advice}"}, 9)],
)
def test_a_missing_colon_is_told(check: Check, whole: Whole, sections: dict[str, str], line: int) -> None:
    problem = only(check(whole(**sections)))
    assert "a colon is missing, here or on the line before" in problem.message
    assert problem.line in (line, line + 1)


def test_a_missing_colon_in_a_list_is_told(check: Check, whole: Whole) -> None:
    problem = only(check(whole(phases="- id second\n  min: 1d\n  source: own")))
    assert "whether a colon is missing, here or on the line before" in problem.message


def test_a_missing_row_of_a_table_is_shown(check: Check, whole: Whole) -> None:
    problem = only(check(whole(tables="tables:\n  heal: {I: 2w..4w, II: 4w..8w, source: own}")))
    assert problem.message == "'III' is missing"
    assert problem.expected.startswith("III: ")
    assert "such as III: 3mo..12mo" in problem.expected


def test_a_grade_as_a_number_is_one_error(check: Check, whole: Whole) -> None:
    problem = only(check(whole(tables="tables:\n  heal: {I: 2w, 2: 4w..8w, III: 3mo..12mo, source: own}")))
    assert problem.message == "unknown key '2'; did you mean 'II'?"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("15 minutes", "15min"),
        ("15 minuts", "15min"),
        ("2 hours", "2h"),
        ("2-3h", "2h..3h"),
        ("2h–3h", "2h..3h"),  # noqa: RUF001  # the dash of a word processor
        ("2h - 3h", "2h..3h"),
        ("2 to 3 hours", "2h..3h"),
        ("2h...3h", "2h..3h"),
    ],
)
def test_a_length_in_words_is_suggested_in_units(
    check: Check, whole: Whole, written: str, meant: str
) -> None:
    problem = only(
        check(
            whole(activities=f"- {{id: r, kind: reminder, of: rest, say: a, source: own, every: {written}}}")
        )
    )
    assert f"(did you mean {meant}?)" in problem.message


def test_days_in_words_are_suggested_too(check: Check, whole: Whole) -> None:
    text = whole(gate="leave_when: injury >= 2 days").replace("min: 24h", "min: 2 days")
    assert ["(did you mean 2d?)" in problem.message for problem in check(text)] == [True, True]


@pytest.mark.parametrize("written", ["soon", "2 parsecs", "3h-2h", "-5min", "5"])
def test_what_nobody_can_guess_is_not_guessed(check: Check, whole: Whole, written: str) -> None:
    text = whole().replace("min: 24h", f"min: {written}")
    assert "did you mean" not in only(check(text)).message


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("pain <= 4 and swelling falling", "for and, write a list: [pain <= 4, swelling falling]"),
        ("rom == full and swelling falling", "for and, write a list: [rom == full, swelling falling]"),
        (
            "pain <= 4 or swelling falling",
            "for or, write a list under any: {any: [pain <= 4, swelling falling]}",
        ),
        ("not pain rising", "for not, write it as a key: {not: pain rising}"),
    ],
)
def test_conditions_joined_by_a_word_are_told_how(
    check: Check, whole: Whole, written: str, hint: str
) -> None:
    assert hint in only(check(whole(gate=f"leave_when: {written}"))).message


# YAML traps -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_both_loaders")
class TestTraps:
    def test_clock_times_and_words_stay_what_they_are(
        self, tmp_path: Path, library: Library, whole: Whole
    ) -> None:
        path = tmp_path / "x.yaml"
        text = whole(
            activities="- {id: c, kind: reminder, of: rest, at: 22:00, say: no, source: own}",
            summary="summary: 2026-13-01",
        )
        path.write_text(text)
        protocol = read_protocol(path, library).protocol
        reminder = protocol.phases[0].activities[-1]
        assert reminder.say == "no"  # type: ignore[union-attr]
        assert [str(moment) for moment in reminder.cadence.times] == ["22:00"]  # type: ignore[union-attr]
        assert protocol.summary == "2026-13-01"

    @pytest.mark.parametrize(
        "line",
        [
            "title: {side} hip",
            "title: ? what",
            "title: Stand: 5 min",
            "title: @home",
            "title: `code",
            "title: %",
            "title: *not* now",
            'title: "so" it is',
            "title: - x",
            "red_flags: [{id: a, say: on {side} hip}]",
            "red_flags: [{id: a, say: ?what, level: urgent}]",
        ],
    )
    def test_a_text_that_needs_quotes_says_so(self, check: Check, whole: Whole, line: str) -> None:
        problem = only(check(whole(title=line)))
        assert "quotes" in problem.message
        assert problem.line == 4

    def test_braces_that_yaml_accepts_ask_for_quotes_too(self, check: Check, whole: Whole) -> None:
        problem = only(check(whole(activities="- {id: x, kind: advice, say: {other side}, source: own}")))
        assert "needs quotes" in problem.message
        assert problem.path == "phase 'first' > activity 'x' > say"

    def test_a_duplicate_key(self, check: Check, whole: Whole) -> None:
        problem = only(check(whole(title="title: One\ntitle: Two")))
        assert "the key 'title' is given twice; first on line 4" in problem.message
        assert (problem.line, problem.column) == (5, 1)

    @pytest.mark.parametrize(
        ("line", "column", "word"),
        [
            ("title: &a Small", 8, "an anchor"),
            ("title: *a", 8, "an alias"),
            ("title: !!str Small", 8, "a tag"),
            ("title: !!python/object/apply:os.system [ls]", 8, "a tag"),
            ("title: ! Small", 8, "a tag"),
        ],
    )
    def test_anchors_aliases_and_tags_are_refused(
        self, check: Check, whole: Whole, line: str, column: int, word: str
    ) -> None:
        text = whole(title=line)
        if word == "an alias":
            text = text.replace("id: small", "id: &a small")
        problems = [p for p in check(text) if word in p.message]
        assert [(p.line, p.column) for p in problems] == [(4, column)]

    def test_billion_laughs(self, check: Check) -> None:
        lines = ["a: &a [x, x]"] + [
            f"{n}: &{n} [*{c}, *{c}, *{c}, *{c}]" for c, n in zip("abcdefgh", "bcdefghi", strict=True)
        ]
        assert any("an alias" in problem.message for problem in check("\n".join(lines)))

    @pytest.mark.parametrize(
        "text", ["a: " + "[" * 100_000, "[" * 100_000, "a: " + "{b: " * 50_000, "- " * 100_000]
    )
    def test_deep_nesting_ends_quickly(self, check: Check, text: str) -> None:
        begun = time.process_time()
        problem = only(check(text))
        assert "nested too deep" in problem.message
        assert time.process_time() - begun < 2

    def test_twenty_levels_are_the_most(self, check: Check) -> None:
        assert "nested too deep" not in str(check("a: " + "[" * 19 + "]" * 19))
        assert "nested too deep" in str(check("a: " + "[" * 20 + "]" * 20))

    def test_a_huge_file(self, check: Check) -> None:
        problem = only(check("a: b\n" + "#" * 300_000))
        assert "too big" in problem.message
        assert problem.expected == "at most 256 KiB"

    def test_a_huge_text(self, check: Check, whole: Whole) -> None:
        problem = only(check(whole(title="title: " + "x" * 100_000)))
        assert "too long" in problem.message
        assert len(str(problem)) < 1000

    def test_not_utf_8(self, check: Check, whole: Whole) -> None:
        data = whole().encode().replace(b"title: Small", b"title: Sm\xe4ll")
        problem = only(check(data))
        assert (problem.line, problem.column) == (4, 10)
        assert problem.found == f"byte 0xe4 at offset {data.index(0xE4)}"

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
    def test_other_encodings(self, check: Check, whole: Whole, encoding: str) -> None:
        assert "not UTF-8" in only(check(whole().encode(encoding))).message

    def test_a_byte_order_mark_and_dos_line_ends_are_fine(self, check: Check, whole: Whole) -> None:
        assert check(b"\xef\xbb\xbf" + whole().replace("\n", "\r\n").encode()) == ()

    def test_places_count_without_the_byte_order_mark(self, check: Check, whole: Whole) -> None:
        problem = only(check(b"\xef\xbb\xbf" + whole(version="version: x").replace("\n", "\r\n").encode()))
        assert (problem.line, problem.column) == (3, 10)

    def test_a_nul_byte(self, check: Check, whole: Whole) -> None:
        problem = only(check(whole(title="title: Sm\0all")))
        assert "a control character" in problem.message
        assert (problem.line, problem.column) == (4, 10)

    @pytest.mark.parametrize("escape", [r"\x07", r"\e", r"\u202e", r"\0", r"\u2028"])
    def test_escaped_control_characters(self, check: Check, whole: Whole, escape: str) -> None:
        problem = only(check(whole(title=f'title: "Sm{escape}all"')))
        assert "character in a text" in problem.message

    def test_a_tab(self, check: Check, whole: Whole) -> None:
        problem = only(check(whole(sources="sources:\n\tnhs: {title: Advice}")))
        assert "a tab" in problem.message
        assert (problem.line, problem.column) == (9, 1)

    @pytest.mark.parametrize("text", ["", "  \n", "# only a comment\n", "---\n", "''"])
    def test_an_empty_file(self, check: Check, text: str) -> None:
        assert only(check(text)).message == "the file is empty"

    @pytest.mark.parametrize("text", ["- a\n- b\n", "just words", "5"])
    def test_no_mapping_at_the_top(self, check: Check, text: str) -> None:
        assert only(check(text)).message == "not a protocol file"

    def test_several_documents(self, check: Check, whole: Whole) -> None:
        text = whole()
        problem = only(check(text + "---\nformat: 1\n"))
        assert "second document" in problem.message
        assert problem.line == text.count("\n") + 1

    @pytest.mark.parametrize("text", ["? [a, b]\n: c", "{a: b}: c", "[[a]]: c"])
    def test_keys_that_are_no_words(self, check: Check, text: str) -> None:
        assert "a key has to be a plain word" in only(check(text)).message

    @pytest.mark.parametrize("title", ['title: "Small', "title: 'Small", "title: [Small", "title: {a: b"])
    def test_what_is_never_closed_is_told_where_it_opens(
        self, check: Check, whole: Whole, title: str
    ) -> None:
        problem = only(check(whole(title=title)))
        assert "closed" in problem.message
        assert (problem.line, problem.column) == (4, 8)


# Files ------------------------------------------------------------------------------------------------


def test_a_folder(tmp_path: Path, library: Library) -> None:
    _, problems = check_file(tmp_path, library)
    assert only(problems).message == "this is a folder, not a file"


def test_a_missing_file(tmp_path: Path, library: Library) -> None:
    for name in ("none.yaml", "x" * 300 + ".yaml", "a\0b.yaml", "none/none.yaml"):
        _, problems = check_file(tmp_path / name, library)
        assert only(problems).message.startswith(("there is no such file", "cannot be read"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused_without_waiting(tmp_path: Path, library: Library) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    _, problems = check_file(tmp_path / "pipe.yaml", library)
    assert "a pipe or a device" in only(problems).message


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
def test_a_device_is_refused(library: Library) -> None:
    _, problems = check_file(Path("/dev/zero"), library)
    assert "a pipe or a device" in only(problems).message


def test_no_permission(tmp_path: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shut.yaml").write_text("format: 1")

    def refuse(*_: Any) -> int:
        raise PermissionError(13, "Permission denied")  # root may read all, so it is said for it

    monkeypatch.setattr(os, "open", refuse)
    _, problems = check_file(tmp_path / "shut.yaml", library)
    assert only(problems).message == "no permission to read it"


def test_read_protocol_raises_all_problems_as_one_error(tmp_path: Path, library: Library) -> None:
    (tmp_path / "ten.yaml").write_text(TEN)
    with pytest.raises(ProtocolError) as raised:
        read_protocol(tmp_path / "ten.yaml", library)
    assert isinstance(raised.value, RecoveryError)
    assert len(raised.value.problems) == 10
    assert "(and 9 more)" in str(raised.value)
    assert "recovery validate" in raised.value.hint


# Format and form ----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2", "1.0", "[1]", "''"])
def test_another_format_is_one_error_and_nothing_else(check: Check, version: str) -> None:
    problem = only(check(TEN.replace("format: 1", f"format: {version}")))
    assert "another format" in problem.message
    assert problem.expected == "1"


def test_a_missing_format_is_told_with_the_rest(check: Check) -> None:
    problems = check(TEN.replace("format: 1\n", ""))
    assert len(problems) == 11
    assert problems[0].message == "'format' is missing"


@pytest.mark.parametrize(
    ("activity", "message"),
    [
        ("{id: x, kind: reminder, of: rest, say: a}", "how often it comes is missing"),
        ("{id: x, kind: reminder, of: rest, say: a, per_week: 3}", "'per_week' needs 'at' beside it"),
        ("{id: x, kind: reminder, of: rest, say: a, per_week: 8, at: wake}", "a week has seven days"),
        ("{id: x, kind: reminder, of: rest, say: a, per_week: 3, at: [wake, bedtime]}", "one time of day"),
        ("{id: x, kind: reminder, of: rest, say: a, every: 1d}", "not exact"),
        ("{id: x, kind: reminder, of: rest, say: a, every: 0min}", "a length of nothing"),
        ("{id: x, kind: reminder, of: rest, say: a, at: 24:00}", "not a time of day"),
        ("{id: x, kind: reminder, of: rest, say: a, at: wake-1h}", "only after waking"),
        ("{id: x, kind: reminder, of: rest, say: a, per_day: 3..1}", "from more to fewer"),
        ("{id: x, kind: reminder, of: rest, say: a, once: never}", "not an instant"),
        ("{id: x, kind: reminder, of: rest, say: a, once: phase+999mo}", "longer than ten years"),
        ("{id: x, kind: reminder, of: nothing, say: a, every: 3h}", "unknown word"),
        ("{id: x, kind: reminder, of: rest, say: '', every: 3h}", "a text is missing"),
        ("{id: x, kind: advice, say: [a, b]}", "needs quotes"),
        ("{id: x, kind: advice, say: 'a {grade}'}", "there is no option 'grade'"),
        ("{id: x, kind: advice, say: 'a {Grade}'}", "there is no option 'grade'"),
        ("{id: x, kind: advice, say: 'a {grade?}'}", "a brace in a text"),
        ("{id: x, kind: advice, say: " + "y" * 501 + "}", "the text is too long"),
        ("{id: X, kind: advice, say: a}", "not a usable id"),
        ("{id: x, say: a}", "'kind' is missing"),
        ("just words", "not a mapping"),
        ("{id: x, kind: check-in, ask: pain, every: 3h}", "not a list"),
        ("{id: x, kind: check-in, ask: [], every: 3h}", "too short"),
        ("{id: x, kind: alternation, steps: [], per_day: 1}", "at least two treatments"),
        ("{id: x, kind: alternation, steps: [{wait: 1h}], per_day: 1}", "a wait comes after a treatment"),
        ("{id: x, kind: advice, say: a, only_if: {all: [pain <= 3], any: [pain <= 2]}}", "given twice"),
        ("{id: x, kind: advice, say: a, only_if: {}}", "is missing"),
        ("{id: x, kind: advice, say: a, only_if: []}", "too short"),
        ("{id: x, kind: advice, say: a, source: 'a b, c'}", "does not name a source"),
        ("{id: x, kind: advice, say: a, source: {every: own}}", "not a field of this item"),
    ],
)
def test_what_an_activity_may_not_say(check: Check, whole: Whole, activity: str, message: str) -> None:
    problems = check(whole(activities=f"- {activity}"))
    assert message in problems[0].message, [str(p) for p in problems]
    assert problems[0].path.startswith("phase 'first' > activity")


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("limits:\n  - {id: x, of: cold, source: own}", "limits nothing"),
        ("limits:\n  - {id: x, of: cold, gap: 1h, source: own}", "'gap' needs 'to'"),
        ("limits:\n  - {id: x, of: cold, never: false, source: own}", "says nothing"),
        ("limits: {id: x}", "not a list"),
        ("limits: 5", "not a list"),
    ],
)
def test_what_a_limit_may_not_say(check: Check, whole: Whole, section: str, message: str) -> None:
    assert any(message in problem.message for problem in check(whole(limits=section)))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('{ask: "Q?", source: own}', "what can be answered is missing"),
        ('{ask: "Q?", scale: 0..3, choices: [a, b], source: own}', "given twice"),
        ('{ask: "Q?", scale: 0..3, labels: [a, b], source: own}', "not as many labels"),
        ('{ask: "Q?", choices: [a, a], source: own}', "a word is given twice"),
        ('{ask: "Q?", choices: [a], source: own}', "too short"),
        ('{ask: "Q?", choices: [a, b], better: lower, source: own}', "from worst to best"),
        ('{ask: "Q?", scale: 3..0, source: own}', "not a scale"),
    ],
)
def test_what_an_observation_may_not_say(check: Check, whole: Whole, entry: str, message: str) -> None:
    problems = check(whole(observe=f"observe:\n  pain: {entry}"))
    assert any(message in problem.message for problem in problems), [str(p) for p in problems]


# Compiling ----------------------------------------------------------------------------------------------


def test_labels_in_conditions_become_numbers(tmp_path: Path, library: Library, whole: Whole) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(whole(gate="leave_when: [swelling <= slight, rom == full]"))
    gate = read_protocol(path, library).protocol.phases[0].leave_when
    assert gate == All((Comparison("swelling", "<=", 1.0), Comparison("rom", "==", "full")))


def test_waits_belong_to_the_step_before_them(library: Library) -> None:
    protocol = read_protocol(library.find("contrast"), library).protocol
    packs = protocol.phases[0].activities[0]
    assert isinstance(packs, Treatment)
    assert [(step.modality, str(step.duration), str(step.wait)) for step in packs.steps] == [
        ("cold", "20min", "1h"),
        ("warm", "20min", "1h"),
    ]


def test_the_way_of_a_strain(library: Library) -> None:
    protocol = read_protocol(library.find("strain"), library).protocol
    assert [phase.id for phase in protocol.phases] == ["rice", "contrast", "loading", "return"]
    assert protocol.healing is not None
    assert [str(row) for row in protocol.tables["heal"].rows.values()] == ["2w..4w", "4w..8w", "3mo..12mo"]
    assert {
        "pain",
        "swelling",
        "morning",
        "exercise-pain",
        "effort",
        *("stance", "abduction", "squat", "step-down", "hop", "pressing", "confidence"),
        "rom",
    } == set(protocol.observations)
    assert len({limit.id for limit in protocol.limits}) == len(protocol.limits)
    assert protocol.then == ""
    rice = protocol.phase("rice")
    assert isinstance(rice.leave_when, All)
    assert all(isinstance(part, AnyOf) for part in rice.leave_when.parts)
    mornings, _later, _after, test = protocol.phase("loading").activities[:4]
    assert isinstance(mornings, CheckIn)
    assert isinstance(test, CheckIn)
    assert test.cadence == PerWeek(1, LocalMoment("wake", minutes=60))
    assert protocol.observations["stance"].fresh == Duration(days=8)
    assert protocol.observations["abduction"].test is not None


def test_one_id_for_two_things_names_both_files(tmp_path: Path, library: Library, whole: Whole) -> None:
    text = whole(observe="observe: {}").split("phases:")[0] + "phases:\n  - use: rice\n"
    text = text.replace("longest: 20min", "longest: 15min").replace("nhs", "my-own")
    path = tmp_path / "x.yaml"
    path.write_text(text)
    _, problems = check_file(path, library)
    conflict = [p for p in problems if "defined differently" in p.message]
    assert "'cold-session' is defined differently in rice.yaml and in " in only(tuple(conflict)).message
    assert str(path) in conflict[0].message


def test_two_used_files_that_disagree_are_both_named(tmp_path: Path, whole: Whole) -> None:
    base = whole(tables="", healing="", red_flags="", inputs="inputs: [onset]")
    (tmp_path / "one.yaml").write_text(base.replace("id: small", "id: one"))
    (tmp_path / "two.yaml").write_text(
        base.replace("id: small", "id: two").replace("id: first", "id: second").replace("20min", "10min")
    )
    main = tmp_path / "main.yaml"
    main.write_text(
        "format: 1\nid: main\nversion: 1.0.0\ntitle: T\nsummary: S\nregion: hip\ninputs: [onset]\n"
        "phases:\n  - use: one\n  - use: two\n"
    )
    _, problems = check_file(main, Library((tmp_path / "none",)))
    problem = next(p for p in problems if "differently" in p.message)
    assert "in one.yaml and in two.yaml" in problem.message
    assert problem.line == 10


def test_a_circle_of_protocols(tmp_path: Path) -> None:
    head = "format: 1\nversion: 1.0.0\ntitle: T\nsummary: S\nregion: hip\ninputs: [onset]\n"
    (tmp_path / "one.yaml").write_text(f"id: one\n{head}phases:\n  - use: two\n")
    (tmp_path / "two.yaml").write_text(f"id: two\n{head}phases:\n  - use: one\n")
    _, problems = check_file(tmp_path / "one.yaml", Library((tmp_path,)))
    assert any("in a circle: one uses two uses one" in problem.message for problem in problems)


def test_a_used_protocol_that_is_not_there(check: Check, whole: Whole) -> None:
    problem = only(check(whole(phases="- use: contrst")))
    assert "there is no protocol 'contrst'; did you mean 'contrast'?" in problem.message
    assert problem.path == "phase 'contrst' > use"


def test_errors_of_a_used_file_are_told_with_its_own_name(
    tmp_path: Path, library: Library, whole: Whole
) -> None:
    (tmp_path / "bad.yaml").write_text(whole(id="id: bad", version="version: x"))
    path = tmp_path / "x.yaml"
    path.write_text(whole(phases="- use: bad"))
    _, problems = check_file(path, library)
    assert [Path(problem.file).name for problem in problems] == ["x.yaml", "bad.yaml"]
    assert "'bad' that it uses has errors" in problems[0].message


def test_inputs_of_used_protocols_have_to_be_listed(check: Check) -> None:
    text = f"{HEAD}inputs: [onset]\nphases: [{{use: rice}}]\n"
    problems = check(text)
    assert any(p.found == "" and "not listed" in p.message and p.line == 7 for p in problems)


def test_a_file_beside_comes_before_the_library(tmp_path: Path, library: Library, whole: Whole) -> None:
    beside = whole(id="id: rice", tables="", healing="", red_flags="", inputs="inputs: [onset, side]")
    (tmp_path / "rice.yaml").write_text(beside)
    path = tmp_path / "main.yaml"
    path.write_text(f"{HEAD}inputs: [onset, side]\nphases: [{{use: rice}}]\n")
    reading = read_protocol(path, library)
    assert [phase.id for phase in reading.protocol.phases] == ["first"]
    assert reading.texts["rice"] == beside


# Texts ----------------------------------------------------------------------------------------------


def test_a_pinned_protocol_is_read_again_from_its_texts(library: Library) -> None:
    reading = read_protocol(library.find("strain"), library)
    assert set(reading.texts) == {"strain", "rice", "contrast"}
    assert compile_texts(reading.texts, "strain") == reading.protocol


def test_a_pinned_protocol_is_not_linted_again(whole: Whole, tmp_path: Path, library: Library) -> None:
    text = whole(gate="leave_when: [pain <= 1, pain >= 5]")
    (tmp_path / "small.yaml").write_text(text)
    with pytest.raises(ProtocolError):
        read_protocol(tmp_path / "small.yaml", library)
    assert compile_texts({"small": text}, "small").id == "small"


def test_texts_that_are_missing_or_bad_are_a_protocol_error(library: Library) -> None:
    texts = read_protocol(library.find("strain"), library).texts
    for kept in ({}, {"strain": texts["strain"]}, {**texts, "rice": "\ud800"}, {"strain": "\0"}):
        with pytest.raises(ProtocolError):
            compile_texts(kept, "strain")


def test_the_content_hash_is_of_the_texts_alone() -> None:
    digest = content_hash({"a": "x\n", "b": "y\n"})
    assert digest == content_hash({"b": "y\r\n", "a": "x\r\n"})
    assert digest != content_hash({"a": "y\n", "b": "x\n"})
    assert digest != content_hash({"a": "x\n"})
    assert len(digest) == 64


def test_the_shipped_files_are_read_within_a_moment(library: Library) -> None:
    begun = time.process_time()
    read_protocol(installed_folder() / "strain.yaml", library)
    assert time.process_time() - begun < 1


def test_a_gap_is_no_longer_than_the_ledger_looks_back(tmp_path: Path) -> None:
    text = (Path(__file__).parent.parent.parent / "protocols" / "rice.yaml").read_text("utf-8")
    path = tmp_path / "long.yaml"
    path.write_text(text.replace("gap: 1h", "gap: 73h").replace("id: rice\n", "id: long\n", 1), "utf-8")
    _, problems = check_file(path, Library((installed_folder(),)))
    assert any("at most 72h" in str(problem) and "gap" in problem.path for problem in problems)
