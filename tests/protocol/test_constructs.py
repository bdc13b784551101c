"""Screening, options, self-grading, signs that are asked, ladders, checklists, translations: how they are read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from recovery.protocol.library import Library, installed_folder
from recovery.protocol.model import (
    BackTo,
    Checklist,
    Exclusion,
    Item,
    Option,
    RecoveryProtocol,
    Reminder,
    Timed,
    Topic,
    Treatment,
)
from recovery.protocol.problems import Problem
from recovery.protocol.reading import check_file, read_protocol
from recovery.protocol.terms import (
    MODALITIES,
    After,
    Comparison,
    TableRef,
    Text,
)
from tests.protocol.conftest import SECTIONS

Check = Callable[..., tuple[Problem, ...]]
Whole = Callable[..., str]
Read = Callable[[str], RecoveryProtocol]

FLAGS = SECTIONS["red_flags"]
LADDER = """
- id: loading
  min: 1w
  leave_when: pain <= 1
  climb_when: pain <= 3
  step_back_when: {any: [pain > 5, pain rise >= 2]}
  back_to:
    phase: first
    when: [injury < 5d, pain rising since phase]
    say: It hurts more again.
    source: own
  source: own
  do:
    - {id: look, kind: check-in, ask: [pain], every: 12h, source: own}
  steps:
    - id: stretching
      title: Stretching
      min: up.min
      source: own
      do:
        - {id: stretch, kind: session, of: exercise, duration: 5min, at: "17:00", start: On, end: Off, source: own}
    - id: dynamic
      only_if: grade != I
      source: own
      do:
        - {id: load, kind: session, of: exercise, duration: 9min, at: "17:00", start: On, end: Off, source: own}
"""
UP = """tables:
  heal: {I: 2w..4w, II: 4w..8w, III: 3mo..12mo, source: own}
  up: {I: 2d, II: 3d, III: 4d, source: own}"""


@pytest.fixture
def read(tmp_path: Path, library: Library) -> Read:
    """The protocol of a text that has no errors."""

    def reading(text: str) -> RecoveryProtocol:
        path = tmp_path / "small.yaml"
        path.write_text(text, encoding="utf-8")
        return read_protocol(path, library).protocol

    return reading


def more(text: str) -> dict[str, str]:
    """Sections of a file beside those of the small protocol."""
    return {"red_flags": f"{FLAGS}\n{text}"}


# What they become ---------------------------------------------------------------------------------


def test_a_screening_question_forbids_or_refuses(read: Read, whole: Whole) -> None:
    text = """screen:
  - {id: raynaud, ask: "Raynaud's?", forbid: [cold, warm], say: No packs., source: own}
  - {id: fresh, ask: "Fresh?", refuse: true, say: Use rice., source: nhs}"""
    first, other = read(whole(**more(text), limits=SECTIONS["limits"], activities=ICE)).screen
    assert (first.id, first.forbids, first.refuses) == ("raynaud", ("cold", "warm"), False)
    assert (other.id, other.forbids, other.refuses, other.cites) == ("fresh", (), True, {"": ("nhs",)})


ICE = "- {id: ice, kind: session, of: cold, duration: 20min, every: 2h, start: On, end: Off, source: own}"


def test_an_option_has_words_and_perhaps_a_default(read: Read, whole: Whole) -> None:
    text = """options:
  muscle: {ask: "Which?", choices: [one, two], default: two, source: own}
  kind: {ask: "What kind?", choices: [one, two]}"""
    options = read(whole(**more(text))).options
    assert options["muscle"] == Option("muscle", "Which?", ("one", "two"), "two", {"": ("own",)})
    assert options["kind"].default == ""


def test_options_and_screening_questions_are_subjects_of_conditions(read: Read, whole: Whole) -> None:
    text = """options:
  muscle: {ask: "Which?", choices: [one, two]}
screen:
  - {id: heart, ask: "Heart?", forbid: cold, say: No., source: own}"""
    first = read(
        whole(
            **more(text),
            activities=ICE.replace("every: 2h", "every: 2h, only_if: [muscle == one, heart == no]"),
        )
    ).phases[0]
    assert str(first.activities[-1].only_if) == "muscle == one and heart == no"


def test_there_is_something_to_know_about_an_injury(read: Read, whole: Whole) -> None:
    text = "about:\n  - {id: muscle, title: The muscle, say: It is at the side., source: own}"
    about = read(whole(**more(text))).about
    assert about == (Topic("muscle", "The muscle", "It is at the side.", {"": ("own",)}),)


def test_other_protocols_are_excluded(read: Read, whole: Whole) -> None:
    text = "excludes:\n  - {id: rice, say: One at a time., source: own}"
    assert read(whole(**more(text))).excludes == (Exclusion("rice", "One at a time.", {"": ("own",)}),)


def test_a_self_grading_has_questions_and_what_an_unsure_counts(read: Read, whole: Whole) -> None:
    text = """  - {id: limp, ask: "Do you limp?", level: urgent, say: Go., source: own}
assess:
  questions:
    - {id: loss, ask: "All lost?", grade: III, source: own}
    - {id: limps, ask: "Do you limp?", grade: II, raises: limp, source: own}
  otherwise: I
  unsure: II
  source: own"""
    grading = read(whole(**more(text))).assessment
    assert grading is not None
    assert [(each.id, each.grade, each.raises) for each in grading.questions] == [
        ("loss", "III", ""),
        ("limps", "II", "limp"),
    ]
    assert (grading.otherwise, grading.unsure) == ("I", "II")


def test_a_sign_is_asked_or_follows_from_answers_and_stops_what_it_says(read: Read, whole: Whole) -> None:
    text = """  - {id: saddle, ask: "Numb?", level: emergency, say: Call., suspend: all, source: own}
  - {id: severe, when: pain >= 8, level: urgent, say: Go., suspend: [massage, exercise], source: own}"""
    _, saddle, severe = read(whole(**more(text))).red_flags
    assert (saddle.ask, saddle.when, saddle.suspends) == ("Numb?", None, MODALITIES)
    assert (severe.ask, severe.when, severe.suspends) == (
        "",
        Comparison("pain", ">=", 8.0),
        ("massage", "exercise"),
    )


def test_texts_carry_their_translations(read: Read, whole: Whole) -> None:
    text = (
        "translations: {de: {title: Klein, observe.pain.ask: 'Schmerz?', phases.first.do.ask.title: Fragen}}"
    )
    protocol = read(whole(**more(text)))
    assert isinstance(protocol.title, Text)
    assert (protocol.title, protocol.title.others) == ("Small", {"de": "Klein"})
    asked = protocol.observations["pain"].ask
    assert isinstance(asked, Text)
    assert asked.others == {"de": "Schmerz?"}


def test_a_source_says_which_numbers_it_gives(read: Read, whole: Whole) -> None:
    says = '{"177": 24h..48h, all: [20min a session, 30min..1h between, 1..3 a day, 3 a week, 85..90, grade == III]}'
    source = read(whole(sources=f"sources:\n  nhs: {{title: A, says: {says}}}")).sources["nhs"]
    assert source.says["177"] == ("24h..48h",)
    assert source.says["all"][0] == "20min a session"


def test_a_ladder_has_steps_with_activities_of_their_own(read: Read, whole: Whole) -> None:
    loading = read(whole(tables=UP, phases=LADDER)).phase("loading")
    assert [(rung.id, rung.title, len(rung.activities)) for rung in loading.ladder] == [
        ("stretching", "Stretching", 1),
        ("dynamic", "Dynamic", 1),
    ]
    assert loading.ladder[0].least == TableRef("up", "min")
    assert str(loading.ladder[1].only_if) == "grade != I"
    assert (str(loading.climb_when), str(loading.step_back_when)) == (
        "pain <= 3",
        "pain > 5 or pain rise >= 2",
    )
    assert [activity.id for activity in loading.everything()] == ["look", "stretch", "load"]


def test_a_phase_offers_an_earlier_one(read: Read, whole: Whole) -> None:
    back = read(whole(tables=UP, phases=LADDER)).phase("loading").back_to
    assert isinstance(back, BackTo)
    assert (back.phase, str(back.when)) == ("first", "injury < 5d and pain rising since phase")


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("pain falling", "first"),
        ("pain rising", "last"),
        ("pain drop >= 2", "first"),
        ("pain rise >= 2", "last"),
        ("pain falling since worst", "worst"),
        ("pain rising since phase", "phase"),
        ("pain drop >= 2 since last", "last"),
        ("pain rise >= 2 since first", "first"),
    ],
)
def test_a_trend_is_measured_against_something(read: Read, whole: Whole, text: str, reference: str) -> None:
    flags = (
        f"{FLAGS}\n  - {{id: t, when: {{all: [{text}, pain >= 1]}}, level: routine, say: Look., source: own}}"
    )
    if "falling" in text or "drop" in text:
        flags = flags.replace(text, "{not: " + text + "}")
    when = read(whole(red_flags=flags)).red_flags[1].when
    assert when is not None
    trend = when.parts[0]  # type: ignore[union-attr]
    trend = getattr(trend, "part", trend)
    assert isinstance(trend, Comparison)
    assert (str(trend), trend.reference) == (text, reference)


def test_an_endless_phase_and_reminders_at_work(read: Read, whole: Whole) -> None:
    text = """- id: habit
  ends: never
  source: own
  do:
    - {id: stand, kind: reminder, of: posture, every: 30min, during: work, say: Up., source: own}
    - {id: lie, kind: reminder, of: posture, every: 30min, during: waking, say: Down., source: own}"""
    habit = read(whole(phases=text)).phase("habit")
    assert habit.is_endless
    stand, lie = habit.activities
    assert isinstance(stand, Reminder)
    assert isinstance(lie, Reminder)
    assert (stand.at_work, lie.at_work) == (True, False)


@pytest.mark.parametrize(
    ("keys", "follows_body"),
    [
        ("at: '08:00'", False),
        ("at: '08:00', follows: place", False),
        ("at: '08:00', follows: body", True),
        ("per_day: 3, follows: body", True),
        ("per_week: 2, at: '08:00', follows: body", True),
        ("every: 3h, follows: body", True),
        ("once: phase, follows: body", False),  # it does so anyway
    ],
)
def test_whose_hours_a_time_follows(read: Read, whole: Whole, keys: str, follows_body: bool) -> None:
    text = f"{{id: r, kind: reminder, of: rest, say: a, source: own, {keys}}}"
    activity = read(whole(activities=f"- {text}")).phases[0].activities[-1]
    assert isinstance(activity, Timed)
    assert activity.follows_body is follows_body


def test_what_follows_a_treatment_and_what_is_only_suggested(read: Read, whole: Whole) -> None:
    text = f"{ICE}\n{ICE.replace('ice', 'again').replace('every: 2h', 'after: ice, optional: true')}"
    again = read(whole(activities=text)).phases[0].activities[-1]
    assert isinstance(again, Treatment)
    assert (again.cadence, again.is_optional) == (After(("ice",)), True)


def test_a_checklist_has_items_that_start_something(read: Read, whole: Whole) -> None:
    text = """- id: others
  kind: checklist
  say: Press along each.
  once: phase+1d
  items:
    - {id: piriformis, title: Deep in the buttock, start: trigger-point, set: {muscle: piriformis}}
    - {id: nothing-else}
  source: own"""
    checklist = read(whole(activities=text)).phases[0].activities[-1]
    assert isinstance(checklist, Checklist)
    assert checklist.items == (
        Item("piriformis", "Deep in the buttock", "trigger-point", {"muscle": "piriformis"}),
        Item("nothing-else", "Nothing else"),
    )


# Mistakes -----------------------------------------------------------------------------------------

QUESTION = '{id: q, ask: "Q?", grade: II, source: own}'
SCREEN = "screen:\n  - {{id: raynaud, ask: Raynaud?, say: No., source: own, {}}}"
OPTION = 'options:\n  muscle: {{ask: "Which?", {}}}'
ASSESS = "assess: {questions: [" + QUESTION + "], otherwise: I, unsure: II, source: own}"
TOP = [
    (SCREEN.format("x: y"), "screening question 'raynaud'", "unknown key 'x'"),
    (SCREEN.format("forbid: could"), "screening question 'raynaud' > forbid", "did you mean 'cold'?"),
    (SCREEN.format("forbidd: cold"), "screening question 'raynaud' > forbidd", "did you mean 'forbid'?"),
    (SCREEN.format("refuse: false"), "screening question 'raynaud' > refuse", "'refuse: false' says nothing"),
    (SCREEN.format("refuse: yes"), "screening question 'raynaud' > refuse", "neither true nor false"),
    (SCREEN.format("forbid: cold, refuse: true"), "screening question 'raynaud' > refuse", "given twice"),
    (SCREEN.format("level: care, forbid: cold"), "screening question 'raynaud' > forbid", "needs care only"),
    (SCREEN.format("level: ask"), "screening question 'raynaud'", "what a yes means"),
    (SCREEN.format("level: maybe, forbid: cold"), "screening question 'raynaud' > level", "'maybe'"),
    ("screen:\n  - {id: heart, forbid: cold, say: No.}", "screening question 'heart'", "'ask' is missing"),
    ("screen: {raynaud: yes}", "screen", "not a list"),
    (OPTION.format("choices: [one]"), "option 'muscle' > choices", "too short"),
    (
        OPTION.format("choices: [one, two], default: three"),
        "option 'muscle' > default",
        "not one of the choices",
    ),
    (OPTION.format("choice: [one, two]"), "option 'muscle' > choice", "did you mean 'choices'?"),
    ("options: [muscle]", "options", "not a mapping"),
    ("excludes:\n  - {id: rice, source: own}", "exclusion 'rice'", "'say' is missing"),
    ("excludes: rice", "excludes", "not a list"),
    (ASSESS.replace("grade: II", "grade: 2"), "assess > question 'q' > grade", "unknown word"),
    (ASSESS.replace("unsure: II", "unsur: II"), "assess > unsur", "did you mean 'unsure'?"),
    (ASSESS.replace(QUESTION, ""), "assess > questions", "too short"),
    ("translations: {german: {title: a}}", "translation 'german'", "not a language"),
    ("translations: {de: {title: ''}}", "translation 'de' > title", "missing"),
    ("translations: {de: {Title: a}}", "translation 'de' > Title", "not the path of a text"),
    ("translations: {de: title}", "translation 'de'", "not a mapping"),
]


@pytest.mark.parametrize(("text", "path", "message"), TOP)
def test_a_mistake_is_told_in_its_place(
    check: Check, whole: Whole, text: str, path: str, message: str
) -> None:
    content = whole(**more(text))
    problems = [
        problem for problem in check(content) if problem.path.startswith(path) and message in str(problem)
    ]
    assert problems, [str(problem) for problem in check(content)]
    assert problems[0].line >= content.splitlines().index(text.splitlines()[0]) + 1
    assert problems[0].column > 0


@pytest.mark.parametrize(
    ("flag", "path", "message"),
    [
        ("id: a, level: urgent, say: Go.", "red flag 'a'", "how it is noticed is missing"),
        (
            'id: a, ask: "Numb?", when: pain >= 8, level: urgent, say: Go.',
            "red flag 'a' > ask",
            "given twice",
        ),
        (
            'id: a, ask: "Numb?", begins: phase+1w, level: urgent, say: Go.',
            "red flag 'a' > begins",
            "a sign is not asked from a phase on",
        ),
        (
            'id: a, ask: "Numb?", begins: injury+1w, level: emergency, say: Go.',
            "red flag 'a' > begins",
            "a sign of an emergency is asked from the start on",
        ),
        (
            "id: a, when: pain > 8, begins: injury+1w, level: urgent, say: Go.",
            "red flag 'a' > begins",
            "'begins' needs 'ask' beside it",
        ),
        (
            'id: a, ask: "Numb?", level: urgent, say: Go., suspend: [al]',
            "red flag 'a' > suspend 1",
            "unknown word",
        ),
        (
            'id: a, ask: "Numb?", level: urgent, say: Go., suspend: massages',
            "red flag 'a' > suspend",
            "'massage'?",
        ),
        (
            'id: a, ask: "Numb?", level: urgent, say: Go., suspend: [all]',
            "red flag 'a' > suspend 1",
            "unknown word",
        ),
        (
            'id: a, ask: "Numb?", level: urgent, say: Go., suspends: all',
            "red flag 'a' > suspends",
            "'suspend'?",
        ),
    ],
)
def test_a_mistake_of_a_sign_is_told_in_its_place(
    check: Check, whole: Whole, flag: str, path: str, message: str
) -> None:
    problems = check(whole(red_flags=f"red_flags:\n  - {{{flag}}}"))
    assert any(p.path == path and message in p.message for p in problems), [str(p) for p in problems]


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("  climb_when: pain <= 3\n", "", "phase 'loading' > steps", "'steps' needs 'climb_when' beside it"),
        (
            "min: 1w",
            "ends: never\n  min: 1w",
            "phase 'loading' > min",
            "a phase that never ends has no 'min'",
        ),
        ("min: 1w", "ends: nevr", "phase 'loading' > ends", "not a possible value"),
        ("min: up.min", "min: up.mim", "phase 'loading' > step 'stretching' > min", "not a length"),
        ("min: up.min", "mni: up.min", "phase 'loading' > step 'stretching' > mni", "did you mean 'min'?"),
        ("grade != I", "grade > I", "phase 'loading' > step 'dynamic' > only_if", "compared with == or !="),
        ("5min", "5", "phase 'loading' > step 'stretching' > activity 'stretch' > duration", "not a length"),
        (
            "id: load,",
            "id: stretch,",
            "phase 'loading' > step 'dynamic' > activity 'stretch'",
            "two of the same kind",
        ),
        (
            "id: load,",
            "id: look,",
            "phase 'loading' > step 'dynamic' > activity 'look'",
            "two of the same kind",
        ),
        ("id: dynamic", "id: stretching", "phase 'loading' > step 'stretching'", "two of the same kind"),
        ("since phase", "since monday", "phase 'loading' > back_to > when 2", "since is followed by one of"),
        ("    say: It hurts more again.\n", "", "phase 'loading' > back_to", "'say' is missing"),
        ("phase: first", "phase: frist", "phase 'loading' > back_to > phase", "there is no protocol 'frist'"),
        ("pain > 5", "pane > 5", "phase 'loading' > step_back_when > any 1", "did you mean 'pain'?"),
    ],
)
def test_a_mistake_of_a_ladder_is_told_in_its_place(
    check: Check, whole: Whole, old: str, new: str, path: str, message: str
) -> None:
    assert old in LADDER
    problems = check(whole(tables=UP, phases=LADDER.replace(old, new, 1)))
    assert any(p.path == path and message in p.message for p in problems), [str(p) for p in problems]


@pytest.mark.parametrize(
    ("activity", "path", "message"),
    [
        (
            "{id: r, kind: reminder, of: rest, say: a, every: 3h, during: office}",
            " > during",
            "neither waking nor work",
        ),
        ("{id: r, kind: reminder, of: rest, say: a, after: Ice}", " > after", "not a usable id"),
        ("{id: r, kind: reminder, of: rest, say: a, every: 3h, choose: say}", " > choose", ""),
        (
            "{id: r, kind: reminder, of: rest, say: a, every: 3h, choose: at}",
            " > choose",
            "'choose' needs 'at'",
        ),
        (
            "{id: r, kind: reminder, of: rest, say: a, every: 3h, choose: every}",
            " > every",
            "nothing to choose",
        ),
        (
            "{id: r, kind: check-in, ask: [pain], every: 3h..4h, choose: every}",
            " > choose",
            "when something is asked is not the person's choice",
        ),
        (
            "{id: r, kind: session, of: rest, duration: 5s..6s, every: 3h..4h, choose: [every, duration]}",
            " > choose",
            "a length that is chosen would be either of two",
        ),
        ("{id: r, kind: reminder, of: rest, say: a, after: ice, every: 3h}", " > after", "given twice"),
        (
            "{id: r, kind: reminder, of: rest, say: a, every: 3h, optional: true}",
            " > optional",
            "unknown key",
        ),
        (
            "{id: r, kind: session, of: cold, duration: 5min, once: phase, if_missed: offer, start: a, end: b}",
            " > if_missed",
            "with 'once' there is nothing to make up for",
        ),
        (
            "{id: r, kind: session, of: cold, duration: 5min, every: 3h, if_missed: often, start: a, end: b}",
            " > if_missed",
            "",
        ),
        (
            "{id: r, kind: reminder, of: rest, say: a, every: 3h, if_missed: offer}",
            " > if_missed",
            "unknown key",
        ),
        (
            "{id: r, kind: session, of: cold, duration: 5min, every: 3h, follows: place, start: a, end: b}",
            " > follows",
            "what counts elapsed time follows the body",
        ),
        (
            "{id: r, kind: reminder, of: rest, say: a, once: phase+1d, follows: place}",
            " > follows",
            "what counts elapsed time follows the body",
        ),
        (
            "{id: r, kind: reminder, of: rest, say: a, every: 3h, during: work, follows: body}",
            " > follows",
            "working hours are those of the place",
        ),
        ("{id: r, kind: reminder, of: rest, say: a, every: 3h, follows: home}", " > follows", ""),
        ("{id: r, kind: checklist, say: a, once: phase, items: []}", " > items", "too short"),
        ("{id: r, kind: checklist, say: a, items: [{id: i}]}", "", "how often it comes is missing"),
        (
            "{id: r, kind: checklist, say: a, once: phase, items: [{id: i, set: {a: b}}]}",
            " > item 'i' > set",
            "needs",
        ),
        (
            "{id: r, kind: checklist, say: a, once: phase, items: [{id: i}, {id: i}]}",
            " > item 'i'",
            "same kind",
        ),
        (
            "{id: r, kind: checklist, say: a, once: phase, items: [{id: i, begin: x}]}",
            " > item 'i' > begin",
            "unknown",
        ),
        (
            "{id: r, kind: cheklist, say: a, once: phase, items: [{id: i}]}",
            " > kind",
            "did you mean 'checklist'?",
        ),
    ],
)
def test_a_mistake_of_an_activity_is_told_in_its_place(
    check: Check, whole: Whole, activity: str, path: str, message: str
) -> None:
    problems = check(whole(activities=f"- {activity}"))
    place = f"phase 'first' > activity 'r'{path}"
    assert any(p.path == place and message in p.message for p in problems), [str(p) for p in problems]


@pytest.mark.parametrize("said", ["soon", "1..2..3", "20 minuts", "pain less", "a day", "3 a year"])
def test_what_a_source_says_is_a_number_or_a_comparison(check: Check, whole: Whole, said: str) -> None:
    (problem,) = [
        p for p in check(whole(sources=f"sources:\n  nhs: {{title: A, says: {{all: {said}}}}}")) if not p.rule
    ]
    assert problem.path == "source 'nhs' > says > all"


def test_mistakes_of_many_constructs_come_at_once(check: Check, whole: Whole) -> None:
    text = "\n".join(
        [
            SCREEN.format("forbid: could"),
            OPTION.format("choices: [one]"),
            "excludes: rice",
            ASSESS.replace("otherwise", "x: y, otherwise"),
        ]
    )
    paths = [p.path for p in check(whole(**more(text), tables=UP, phases=LADDER.replace("5min", "5")))]
    assert paths == [
        "screening question 'raynaud' > forbid",
        "option 'muscle' > choices",
        "excludes",
        "assess > x",
        "phase 'loading' > step 'stretching' > activity 'stretch' > duration",
    ]


def test_a_mistake_says_what_was_expected_and_found(check: Check, whole: Whole) -> None:
    (problem,) = [p for p in check(whole(**more(SCREEN.format("forbid: could")))) if not p.rule]
    assert (problem.expected[:12], problem.found) == ("one of cold,", "'could'")


def test_one_id_means_one_thing_across_the_files_that_are_used(tmp_path: Path, library: Library) -> None:
    """A question that another file asks as well has to be the same, word for word."""
    text = (installed_folder() / "contrast.yaml").read_text(encoding="utf-8")
    changed = text.replace('ask: "Diabetes, or damaged nerves?"', 'ask: "Are you diabetic?"')
    assert changed != text
    (library.folders[0] / "contrast.yaml").write_text(changed, encoding="utf-8")
    _, problems = check_file(library.find("strain"), library)
    assert any("the screening question 'diabetes' is defined differently" in p.message for p in problems)
