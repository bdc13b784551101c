"""Languages: which one is spoken, that German is whole, and that English is what stands in the code."""

import ast
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from gettext import GNUTranslations
from pathlib import Path
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from recovery import language
from recovery.care.record import bring_up, load
from recovery.daemon.notes import CueDelivery, as_note
from recovery.engine.acts import (
    Advance,
    AnswerCheckIn,
    AnswerScreening,
    Begin,
    ClearFlag,
    End,
    MarkDone,
    Pause,
    RaiseFlag,
    Resume,
    Setback,
    Skip,
    Snooze,
    StepBack,
    Stop,
    TickItems,
)
from recovery.engine.decide import turn
from recovery.engine.episode import Cue
from recovery.engine.gates import Held, gate
from recovery.engine.judging import judge
from recovery.engine.outlook import explain_each, outlook
from recovery.engine.reasons import Text
from recovery.engine.times import DAY, Place
from recovery.engine.turn import Accepted, Refused
from recovery.language import LANGUAGES, N_, _, chosen, current, n_, tr, trn, use
from recovery.protocol.compiled import in_language
from recovery.protocol.library import Library, installed_folder
from recovery.protocol.problems import Problem
from recovery.protocol.reading import check_file
from recovery.store.journal import Journal
from recovery.words.reasons import file_text, sentence
from recovery.words.terms import spell_date, spell_when
from tests.daemon.conftest import MINUTE, Watch
from tests.engine.examples import ICE, ONSET, events, shipped, small, started
from tests.messages import (
    MO,
    PACKAGE,
    PLURAL,
    SINGULAR,
    catalogue,
    compiled,
    messages,
    untranslated,
)
from tests.profile import Profile
from tests.protocol.conftest import whole
from tests.protocol.test_lint import CASES


@pytest.fixture
def german() -> Iterator[None]:
    use("de")
    yield
    use("en")


# What is spoken ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de"}, "de"),
        ({"LANG": "de_AT.UTF-8@euro"}, "de"),
        ({"LANG": "de-CH"}, "de"),
        ({"LANG": "DE_DE"}, "de"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "deutsch"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LC_ALL": "de_DE.UTF-8", "LC_MESSAGES": "en_US", "LANG": "en_US"}, "de"),
        ({"LC_ALL": "", "LANG": "de_DE"}, "de"),
        ({"LANGUAGE": "de:en", "LANG": "en_US.UTF-8"}, "de"),
        ({"LANGUAGE": "de"}, "de"),
        ({"LANGUAGE": "fr:de:en", "LANG": "fr_FR.UTF-8"}, "de"),
        ({"LANGUAGE": "en_GB:de", "LANG": "de_DE.UTF-8"}, "en"),
        ({"LANGUAGE": "fr", "LANG": "de_DE.UTF-8"}, "en"),
        ({"LANGUAGE": "", "LANG": "de_DE.UTF-8"}, "de"),
        ({"LANGUAGE": "de", "LC_ALL": "C"}, "en"),
        ({"LANGUAGE": "de", "LANG": "C.UTF-8"}, "en"),
    ],
)
def test_the_locale_chooses(environ: dict[str, str], expected: str) -> None:
    assert chosen(environ) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"), [("de", "de"), ("en", "en"), ("", "de"), ("fr", "de"), ("DE", "de")]
)
def test_a_setting_comes_before_the_locale(wanted: str, expected: str) -> None:
    assert chosen({"LC_ALL": "de_DE.UTF-8"}, wanted) == expected


def test_english_is_spoken_until_something_else_is_said() -> None:
    assert current() == LANGUAGES[0] == "en"
    assert _("nothing") == "nothing"


def test_a_process_speaks_its_language(german: None) -> None:
    assert current() == "de"
    assert _("nothing") == "nichts"
    assert n_(" (and {count} more)", " (and {count} more)", 1) == " (und 1 weiterer)"
    use("tlh")
    assert current() == "en"


def test_a_language_can_be_given() -> None:
    assert tr("de", "not shown: {reason}", reason="{x}") == "nicht gezeigt: {x}"
    assert tr("en", "not shown: {reason}", reason="{x}") == "not shown: {x}"
    assert trn("de", " (and {count} more)", " (and {count} more)", 2) == " (und 2 weitere)"
    assert [trn("en", "{count} thing", "{count} things", count) for count in (0, 1, 2)] == [
        "0 things",
        "1 thing",
        "2 things",
    ]


def test_what_is_not_translated_is_english() -> None:
    assert tr("fr", "nothing") == "nothing"
    assert tr("../de", "nothing") == "nothing"
    assert trn("fr", "{count} thing", "{count} things", 1) == "1 thing"
    assert tr("de", N_("no such message {name}"), name="x") == "no such message x"
    assert tr("de", "") == ""


@pytest.mark.parametrize("data", [None, b"", b"damaged", MO.read_bytes()[:-400], MO.read_bytes()[:30]])
def test_without_its_catalogue_a_language_is_english(
    data: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "_catalogues", {})
    monkeypatch.setattr(language, "_data", lambda _: data)
    assert tr("de", "nothing") == "nothing"
    assert trn("de", "{count} thing", "{count} things", 2) == "2 things"


def test_only_the_message_is_a_template() -> None:
    assert tr("en", "not shown: {reason}", reason="{0.__class__}") == "not shown: {0.__class__}"
    assert tr("en", "a question inside {...} needs quotes") == "a question inside {...} needs quotes"


# The catalogue -----------------------------------------------------------------------------------


def _fields(message: str) -> set[tuple[str, str, str]]:
    """The fields of a message with how they are shown; braces that are not fields are left out."""
    try:
        parsed = [*Formatter().parse(message)]
    except ValueError:
        return set()
    named = ((name, spec or "", conversion or "") for _text, name, spec, conversion in parsed if name)
    return {field for field in named if field[0].isidentifier()}


def test_every_message_is_translated() -> None:
    catalog = catalogue()
    assert {each.id for each in catalog if each.id} == set(messages()), "run: python -m tests.messages"
    assert untranslated(catalog) == []
    assert not catalog.obsolete


def test_translations_have_the_fields_of_their_messages() -> None:
    for each in catalogue():
        if isinstance(each.id, tuple):
            if not all(each.string):
                continue
            for words in each.string:
                assert _fields(words) - {("count", "", "")} <= _fields(each.id[0]) | _fields(each.id[1]), (
                    each.id
                )
            assert _fields(each.string[-1]) == _fields(each.id[1]), each.id
        elif each.id and each.string:
            assert _fields(each.string) == _fields(each.id), each.id
            assert each.id[:1].isspace() == each.string[:1].isspace(), each.id
            assert each.id[-1:].isspace() == each.string[-1:].isspace(), each.id


def test_what_is_read_is_what_is_written() -> None:
    def read(data: bytes) -> dict[object, str]:
        words: dict[object, str] = vars(GNUTranslations(io.BytesIO(data)))["_catalog"]
        return {key: text for key, text in words.items() if key}

    assert read(MO.read_bytes()) == read(compiled(catalogue())), "run: python -m tests.messages"


# The code ----------------------------------------------------------------------------------------

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp)


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function that are not those of one inside it."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, (*SCOPES, ast.GeneratorExp)):
            yield from _own(child)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_messages_are_literals_with_their_values(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or path.name == "language.py":
            continue
        match node.func:
            case ast.Name(id=name) if name in SINGULAR or name in PLURAL:
                first = {**SINGULAR, **PLURAL}[name]
            case _:
                continue
        places = {"count"} if name in PLURAL else set()
        where = f"{path.name}:{node.lineno}"
        message = node.args[first + (name in PLURAL)]
        assert not isinstance(message, ast.JoinedStr | ast.BinOp), f"{where}: not a literal"
        given = {keyword.arg for keyword in node.keywords}
        if isinstance(message, ast.Constant) and None not in given and name not in ("N_", "NN_"):
            fields = {name for name, *_rest in _fields(str(message.value))}
            if given or places:
                assert fields == given | places, where
            else:
                assert not re.search(r"\{[a-z_]+[}!:]", str(message.value)), f"{where}: no values"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_no_function_hides_the_translation(path: Path) -> None:
    for scope in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(scope, SCOPES):
            named = [node for node in _own(scope) if isinstance(node, ast.Name) and node.id == "_"]
            is_bound = any(isinstance(node.ctx, ast.Store) for node in named)
            is_read = any(isinstance(node.ctx, ast.Load) for node in named)
            assert not (is_bound and is_read), f"{path.name}:{getattr(scope, 'lineno', 0)}"


# Episodes ----------------------------------------------------------------------------------------

TEXTS = ("reasons", "reason", "text")
"""What an event tells in words."""

ENGLISH = re.compile(
    r"\b(the|is|of|with|until|known|yet|ended|after|only|when|due|type|hours|waking|began|begins|person|told|ago|"
    r"nothing|tomorrow|yesterday|mon|tue|wed|thu|sat|oct|dec|left|right|grade|once|every|day|days|week|weeks|months?|"
    r"stop|too|long|late|here|there)\b",
    re.IGNORECASE,
)
CONDITION = re.compile(r"\(?\b[a-z-]+ (falling|rising|drop|[<>=!]=?)[^;:.,]*")
COMMAND = re.compile(r"recovery [a-z-]+( clear)?( [a-z-]+)?|\b[a-z]+(-[a-z]+)+\b")
"""Names that stay as the file writes them, and what a person types."""


def _english(words: str) -> list[str]:
    """The English words in a text, without conditions and commands."""
    return ENGLISH.findall(COMMAND.sub("", CONDITION.sub("", words)))


def _told_in(event: dict[str, Any]) -> list[str]:
    texts = [event.get(name) for name in TEXTS]
    return [text for each in texts if each for text in (each if isinstance(each, list) else [each])]


@pytest.mark.parametrize(
    ("id_", "persona"),
    [
        ("strain", "steady"),
        ("strain", "stuck"),
        ("contrast", "sloppy"),
        ("trigger-point", "sloppy"),
        ("peace-and-love", "slow"),
        ("cold-10-10-10", "sloppy"),
    ],
)
def test_a_simulation_in_german_has_the_events_of_the_english_one(id_: str, persona: str) -> None:
    def lived(language: str) -> list[dict[str, Any]]:
        spoken = in_language(shipped(id_), language)
        confirms = persona != "sloppy"
        return events(spoken, ONSET + 30 * DAY, persona=persona, language=language, confirms=confirms)

    def bare(event: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in event.items() if name not in TEXTS}

    assert current() == "en"
    english, german = lived("en"), lived("de")
    assert [bare(event) for event in german] == [bare(event) for event in english]
    said = {text for event in german for text in _told_in(event)}
    assert {text: foreign for text in said if (foreign := _english(text))} == {}
    assert any(_english(text) for event in english for text in _told_in(event))


ACTS = (
    *(
        AnswerCheckIn({"pain": "9", "swelling": "3"}),
        AnswerCheckIn({"pain": "77"}),
        AnswerCheckIn({"x": "1"}),
    ),
    *(Begin("ice"), Begin("ice"), Snooze("ice"), End("ice"), End("ice")),
    *(Begin("ice"), Begin("nothing"), MarkDone("elevate"), Skip("ice")),
    *(Advance(), StepBack(), RaiseFlag("no-weight"), RaiseFlag("no-weight")),
    *(Begin("ice"), Advance(), ClearFlag("no-weight"), ClearFlag("nobody")),
    *(Resume(), Pause(), Begin("ice"), Resume(), AnswerScreening()),
    *(AnswerScreening({"raynaud": "yes"}), AnswerScreening({"raynaud": "?"}), TickItems({"x": "yes"})),
    *(Setback(grade="IV"), Setback(grade="III"), Stop(), Stop()),
)


def test_everything_an_act_is_answered_with_is_german() -> None:
    def answers(language: str) -> list[str]:
        episode, _opened = started(in_language(shipped("strain"), language), language=language)
        answered = []
        for act in ACTS:
            now = ONSET + len(answered) * 7 * MINUTE
            episode = turn(episode, now).episode
            words: Text
            match judge(episode, now, act):
                case Accepted(after, _facts, message):
                    episode, words = after, message
                case Refused(reason):
                    words = reason
            answered.append(f"{act.verb}: {sentence(words, episode.place, now)}")
        return answered

    german, english = answers("de"), answers("en")
    # A command and what a person types in it stay as they are.
    plain = {text: re.sub(r"^[a-z-]+: |--because \"[^\"]*\"|'\w+'", "", text) for text in german}
    assert {text: foreign for text, rest in plain.items() if (foreign := _english(rest))} == {}
    assert not set(german) & set(english)


def test_why_and_when_are_told_in_german() -> None:
    for id_ in ("strain", "contrast", "trigger-point", "sitting", "peace-and-love", "overuse", "prevention"):
        episode, _opened = started(in_language(shipped(id_), "de"), language="de")
        for hours in (0, 1, 30, 60, 120):
            now = ONSET + timedelta(hours=hours)
            turned = turn(episode, now)
            episode = turned.episode
            cues = [fact.data["cue"] for fact in turned.facts if "cue" in fact.data]
            texts = [text for cue in cues for text in (cue["title"], cue["body"])]
            texts += [reason for each in explain_each(episode, now) for reason in each.reasons]
            look = outlook(episode, now)
            texts += [text for need in look.needs for text in (need.condition, need.value)]
            texts += [each.title for each in look.coming]
            said = [sentence(text, episode.place, now) for text in texts]
            assert {text: english for text in said if (english := _english(text))} == {}


def test_dates_are_german() -> None:
    here = Place(ZoneInfo("Europe/Berlin"), language="de")
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    ahead = [timedelta(hours=h) for h in (2, 24, -24, 24 * 8, 24 * 100)]
    assert [spell_when(here, now + length, now) for length in ahead] == [
        "15:00",
        "morgen 13:00",
        "gestern 13:00",
        "Mo 30. Nov 13:00",
        "Di 2. Mär 2027 13:00",
    ]
    months = [spell_date(datetime(2026, month, 1, tzinfo=UTC), "de") for month in range(1, 13)]
    assert len({name.split()[-1] for name in months}) == 12
    days = [spell_date(datetime(2026, 11, day, tzinfo=UTC), "de") for day in range(2, 9)]
    assert [name.split()[0] for name in days] == ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"]


def test_sides_are_german() -> None:
    def text(side: str | None, language: str) -> str:
        episode, _opened = started(small(ICE), side=side, language=language)
        return file_text("{side}, {other side}, {unknown}", episode)

    assert text("left", "de") == "links, rechts, {unknown}"
    assert text("right", "en") == "right, left, {unknown}"
    assert text(None, "de") == "der verletzten Seite, Gegenseite, {unknown}"
    assert text(None, "en") == "injured, other, {unknown}"


def test_a_text_says_something_else_where_both_sides_are_injured() -> None:
    def text(words: str, side: str | None) -> str:
        return file_text(words, started(small(ICE), side=side)[0])

    lying = "Lie {on your {other side}, hip raised|on your back}; keep off {the {side} leg|both legs}. a | b"
    assert text(lying, "left") == "Lie on your right, hip raised; keep off the left leg. a | b"
    assert text(lying, "both") == "Lie on your back; keep off both legs. a | b"
    assert text(lying, None) == "Lie on your other, hip raised; keep off the injured leg. a | b"
    assert text("the {side} hip", "both") == "the injured hip"


def test_an_episode_speaks_its_language_whatever_the_process_speaks(tmp_path: Path) -> None:
    with Profile(tmp_path) as profile:
        profile.run("start", "contrast", *_HURT, "--no-daemon", LANG="de_DE.UTF-8")
        facts = profile.facts()
        assert facts[0].data["language"] == "de"
        (held,) = (fact for fact in facts if fact.data.get("state") == "held")
        assert held.data["unmet"] == ["noch nicht: 48 h seit der Verletzung"]
        now = facts[-1].at
        with Journal.open(profile.home, now=now) as journal, journal.transaction():
            for language in ("en", "de", "en"):
                use(language)
                record = bring_up(journal, load(journal, now), now)
                assert journal.all_facts() == facts
            (episode,) = record.episodes
        assert current() == "en"
        assert episode.phase.title == "Kälte und Wärme im Wechsel"
        # What is due is told in German by an English command, too; its own words are English.
        ran = profile.run("status")
        assert "Then     It begins when all of this is so:" in ran.out
        assert "48 h seit der Verletzung (in 1 d 2" in ran.out
        ran = profile.run("checkin", "pain=4")
        assert ran.out.startswith("Notiert: Schmerz 4.")
        ran = profile.run("begin", "packs", status=1)
        assert ran.err.startswith("Error: die Phase contrast hat nicht begonnen")


def test_what_holds_is_a_matter_of_values() -> None:
    episodes = [started(in_language(shipped("contrast"), each), language=each)[0] for each in LANGUAGES]
    english, german = (gate(episode, ONSET) for episode in episodes)
    assert isinstance(german, Held)
    assert german == english
    assert not german.is_decided
    first = sentence(german.reasons[0], episodes[LANGUAGES.index("de")].place, ONSET)
    assert first == "noch nicht: 48 h seit der Verletzung"


ROWS = ("Then", "Now", "Next", "Paused", "Open", "Healing", "Daemon")


def test_status_and_start_have_no_english_row(tmp_path: Path) -> None:
    german = [tr("de", label) for label in ROWS]
    assert max(map(len, german)) < len("Healing  ")
    environ = {"LC_ALL": "de_DE.UTF-8"}
    with Profile(tmp_path, environ) as profile:
        ran = profile.run("start", "strain", *_HURT[:-2], "--screen-later", "--no-daemon")
        status = profile.run("status")
        assert "Auf dem Desktop nicht gezeigt:" in status.err
        pages = ran.out, status.out, profile.run("explain").out, profile.run("next").out
        profile.run("pause", "--for", "2h")
        pages += profile.run("status").out, profile.run("agenda").out, profile.run("log").out
        pages += profile.run("flag").out, profile.run("screen").out
        labels = {line[:9].strip() for page in pages for line in page.splitlines()}
        assert set(german) <= labels
        assert not labels & set(ROWS)
        for page in pages:
            lines = (
                re.sub(r"\[[^]]*\]|\(strain-1[^)]*\)|^ *Quellen: .*", "", line) for line in page.splitlines()
            )
            assert {line: english for line in lines if (english := _english(line))} == {}
        assert "Ruhe, Eis, Kompression, Hochlagern, Tag 1  (strain-1, Grad II, links)" in pages[1]


def test_english_rows_stand_as_they_stood(tmp_path: Path) -> None:
    with Profile(tmp_path) as profile:
        profile.run("start", "strain", *_HURT[:-2], "--screen-later", "--no-daemon")
        labels = {line[:9] for line in profile.run("status").out.splitlines()}
        assert {f"{label:<9}" for label in ROWS if label != "Paused"} <= labels


def test_the_desktop_is_told_in_german(tmp_path: Path) -> None:
    with Profile(tmp_path) as profile:
        profile.run("start", "rice", *_HURT, "--no-daemon", LANG="de_DE.UTF-8")
        (begun,) = (fact for fact in profile.facts("offered") if fact.data["activity"] == "ice")
        daemon = Watch(profile.home, begun.at)
        daemon.wake()
        (ice,) = (note for note in daemon.notifier.shown if note.title.startswith("Eis"))
        assert re.fullmatch(r"Eis: beginnen, 20 min, bis \d\d:\d\d", ice.title)
        assert [label for _verb, label in ice.actions] == [
            "Beginnen",
            "Stopp: Haut",
            "In 10 min",
        ]
        daemon.wake(begun.at + 25 * MINUTE)
        end = next(note for note in reversed(daemon.notifier.shown) if note.critical)
        assert end.title == "Eis: beenden"
        assert end.body.endswith("Falls noch angelegt: Das ist 5 min zu lang.")
        # One that is decided in time, and comes on the screen late.
        late = CueDelivery("rice-1", "de", Cue("key", "start", "Eis", "Auflegen.", begun.at, begun.at))
        note = as_note([late], begun.at + 5 * MINUTE, is_discreet=False, has_sound=False)
        assert note.body == "Auflegen. (Das kommt 5 min zu spät.)"
        assert not any(_english(f"{note.title} {note.body}") for note in daemon.notifier.shown)
    assert current() == "en"


_HURT = ("--onset", "1h ago", "--grade", "2", "--side", "left", "--signs", "none", "--screen", "none")


# Commands ----------------------------------------------------------------------------------------


def test_a_command_speaks_german(tmp_path: Path) -> None:
    with Profile(tmp_path) as profile:
        ran = profile.run("daemon", "status", status=3, LC_ALL="de_DE.UTF-8")
        assert ran.err == "Fehler: es läuft kein Hintergrunddienst\n  recovery daemon start\n"
        ran = profile.run("daemon", "status", status=3)
        assert ran.err == "Error: no daemon is running\n  recovery daemon start\n"
        profile.start(_PROTOCOL, "--no-daemon")
        ran = profile.run("next", LC_ALL="de_DE.UTF-8")
        assert "Es läuft kein Hintergrunddienst, also kommen keine Erinnerungen" in ran.err
        ran = profile.run("log", LANG="de_DE.UTF-8")
        assert "gestartet" in ran.out
        assert "Protokoll quick, Version 1.0.0" in ran.out


def test_help_speaks_german(tmp_path: Path) -> None:
    with Profile(tmp_path) as profile:
        ran = profile.run("--help", LANG="de_DE.UTF-8")
        assert "Aufruf: recovery" in ran.out
        assert "Erinnerungen und Phasen" in ran.out
        assert "Optionen:" in ran.out
        ran = profile.run("daemon", "--help", LANG="de_DE.UTF-8")
        assert "recovery daemon run          # im Vordergrund" in ran.out
        ran = profile.run("pause", "--help", LANG="de_DE.UTF-8")
        assert "Wie lange, zum Beispiel 2h." in ran.out
        assert "recovery pause --for 2h\n" in ran.out
        ran = profile.run("statsu", status=2, LANG="de_DE.UTF-8")
        assert ran.err.startswith("Fehler: Den Befehl 'statsu' gibt es nicht. Meinten Sie 'status'?\n")
        assert profile.run("--help").out.startswith("Usage: recovery")


def test_the_setting_is_spoken_whatever_the_locale(tmp_path: Path) -> None:
    with Profile(tmp_path) as profile:
        profile.home.mkdir()
        (profile.home / "settings.toml").write_text('language = "de"\n')
        assert "es läuft kein" in profile.run("daemon", "status", status=3).err
        (profile.home / "settings.toml").write_text('language = "en"\n')
        assert "no daemon" in profile.run("daemon", "status", status=3, LANG="de_DE.UTF-8").err
        (profile.home / "settings.toml").write_text('language = "tlh"\n')
        assert "kein Hintergrunddienst" in profile.run("daemon", "status", status=3, LANG="de_DE.UTF-8").err


def test_the_daemon_speaks_german(tmp_path: Path) -> None:
    with Profile(tmp_path, {"LANG": "de_DE.UTF-8"}) as profile:
        ran = profile.run("daemon", "start")
        assert ran.out.startswith("Gestartet: Prozess ")
        assert "es gibt keine Desktop-Sitzung" in ran.out
        again = profile.run("daemon", "run", status=1)
        assert again.err.startswith("Fehler: es läuft schon ein Hintergrunddienst, Prozess ")


def test_english_loads_no_gettext() -> None:
    code = (
        "import sys; from recovery.cli.main import status_of; sys.argv[:] = ['recovery', 'status'];"
        "from recovery.cli.main import run\n"
        "try: run()\n"
        "except SystemExit: print('gettext' in sys.modules, 'pkgutil' in sys.modules)"
    )
    environ = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False False\n"
    assert "Error: " in done.stderr


_PROTOCOL = """\
format: 1
id: quick
version: 1.0.0
title: Quick
summary: For tests.
region: hip
inputs: [onset]
observe:
  pain: {ask: "Pain?", scale: 0..10, fresh: 24h, source: own}
phases:
  - id: only
    title: Only phase
    min: 1d
    max: 5d
    leave_when: pain <= 3
    at_max: {level: routine, say: Long enough.}
    source: own
    do:
      - {id: look, kind: check-in, title: How is it?, ask: [pain], at: [bedtime-5min], source: own}
"""


# Protocol files ----------------------------------------------------------------------------------

_MISTAKES = """\
format: 1
id: Many_Mistakes
version: one
title: "A {side} title"
summary: {a}
region: ""
inputs: [onset, onset, age]
unknwon: 5
then: nobody-knows-it
notes: ["", "tab\\e"]
translations:
  german: {title: Klein}
  de: {Title!: Klein}
sources:
  nhs: {title: A, says: {all: [3 a year, pain less, 1..2..3], "a,b": 3}}
  bare: {where: Here}
options:
  muscle: {ask: "Which?", choices: [one]}
  kind: {choices: [one, "2nd!"]}
excludes:
  - {say: No}
screen:
  - {id: heart, ask: "Heart?", say: No.}
  - {id: raynaud, ask: "Raynaud?", forbid: cold, refuse: false, say: No.}
assess: {questions: [], unsure: IV}
observe:
  pain: {ask: "Pain {today}?", scale: 10..0, fresh: 24, source: own}
  pain: {ask: "Pain?", scale: 0..10}
  rom: {ask: "R?", choices: [limited, full], better: lower, source: "1"}
  both: {ask: "B?", choices: [a, b], scale: 0..3}
  named: {ask: "N?", labels: [a, b]}
  old: {ask: "O?", scale: 0..3, fresh: 20y}
  long: {ask: "O?", scale: 0..3, fresh: 200w 200mo}
  longer: {ask: "O?", scale: 0..3, fresh: 9000w}
  none: {ask: "O?", scale: 0..3, fresh: 0h}
limits:
  - {id: nothing, of: cold}
  - {id: lone-gap, of: cold, gap: 1h}
  - {id: lone-to, of: cold, to: warm, longest: 2d}
  - {id: never, of: [], never: false}
  - {id: long-gap, of: cold, gap: 100h, to: cold}
  - {id: instants, of: coldd, not_before: birth+2d, not_after: injury+2 days}
  - {id: counts, of: cold, most_per_day: 0, needs: {all: [pain <= 3], any: [pain <= 3]}}
  - {id: anchored, of: &a cold, longest: *a}
  - {id: tagged, of: !x cold, longest: 20min}
tables:
  heal: {I: 2w..1w, II: 4w to 8w, 3: 3mo..12mo, source: own}
healing: {from: phase, table: heal, late: {level: routin, say: ""}}
red_flags:
  - {id: a, level: urgent, say: Go}
  - {id: b, when: pain rising since monday, ask: "B?", level: urgent, say: Go, suspend: [everything]}
phases:
  - {use: [a]}
  - id: first
    min: heal.mid
    max: 24
    zero: birth
    enter_when: [grade >= II, side == up, grade == IV, injury == 2d, injury >= 2 days, injury >= soon]
    leave_when: pain <= 4 and rom == full
    climb_when: pain <= 4 or rom == full
    step_back_when: not pain rising
    at_max: Too long
    confirm: maybe
    ends: never
    source: {min: own, nothing-like-it: own}
    do:
      - {id: no-kind, say: Go}
      - {id: odd-kind, kind: sesion, say: Go}
      - {id: ice, kind: session, of: cold, duration: 20 minutes, every: 2h, per_day: 3, start: On, source: own}
      - {id: week, kind: reminder, of: rest, say: a, per_week: 8, at: ["10:00", "11:00"], source: own}
      - {id: alone, kind: reminder, of: rest, say: a, per_week: 3, source: own}
      - {id: times, kind: reminder, of: rest, say: a, at: [25:00, wake-1h, wake+25h, bedtime-90s], source: own}
      - {id: counts, kind: reminder, of: rest, say: a, per_day: 3..1, source: own}
      - {id: how-often, kind: reminder, of: rest, say: a, source: own}
      - {id: follows, kind: session, of: cold, duration: 20min, every: 2h, follows: place, start: a, end: b}
      - {id: offered, kind: session, of: cold, duration: 20min, once: phase, if_missed: offer, start: a, end: b}
      - {id: work, kind: reminder, of: rest, say: a, every: 1h, during: night, follows: body}
      - {id: place, kind: reminder, of: rest, say: a, every: 1h, during: work, follows: body}
      - {id: change, kind: alternation, every: 1d, steps: [{wait: 1h}, {of: cold, duration: 20min, start: a, end: b}]}
      - {id: hold, kind: hold, of: rest, on: a, until: phase+1year}
      - {id: list, kind: checklist, say: a, every: 1d, items: []}
      - {id: set, kind: checklist, say: a, every: 1d, items: [{id: x, set: {a: b}}]}
      - {id: comma, kind: advice, say: Sore, look at it}
"""

_NOT_YAML = (
    'id: "never closed',
    "id: [never closed",
    "id:\n\t- tab",
    "id: 'so' it is",
    "id: @home",
    "id: Stand: 5 min",
    "id: {side} hip",
    "id: ? what",
    "id: - x",
    "title Rest\nid: x",
    'id: "\\q"',
    "? [a, b]\n: c",
    "id: a\n---\nid: b",
    "id: " + "[" * 30,
    "- a",
    "",
    "format: 2",
    "id: \x01",
)

_OF_THE_FILE = {
    "grade",
    "when",
    "every",
    "once",
    "after",
    "left",
    "right",
    "waking",
    "day",
    "begins",
    "Person",
}
"""English words that are keys and values of a file, and what is a German word as well."""


def _english_of_problem(problem: dict[str, str]) -> list[str]:
    """The English words that a problem tells in, but for what it quotes from the file."""
    texts = (re.sub(r"'[^']*'|\"[^\"]*\"", "", problem[name]) for name in ("message", "expected", "found"))
    return [word for words in texts for word in _english(words) if word not in _OF_THE_FILE]


def test_the_mistakes_of_a_file_are_told_in_german(tmp_path: Path) -> None:
    with Profile(tmp_path, {"LANG": "de_DE.UTF-8"}) as profile:
        files = [profile.file(_MISTAKES, "mistakes.yaml")]
        for number, (rule, broken, _path, _kept) in enumerate(CASES):
            files.append(profile.file(whole(**broken), f"{number}-{rule}.yaml"))
        for number, text in enumerate(_NOT_YAML):
            files.append(profile.file(text, f"{number}-not.yaml"))
        files.append(profile.file(whole() + "# " + "x" * 300_000, "big.yaml"))
        ran = profile.run("validate", *files, "no-such-file.yaml", str(tmp_path), "--json", status=1)
        problems = [json.loads(line) for line in ran.out.splitlines()]
        assert {problem["rule"] for problem in problems} >= {case[0] for case in CASES}
        assert len([each for each in problems if each["file"].endswith("mistakes.yaml")]) > 80
        assert {each["message"]: english for each in problems if (english := _english_of_problem(each))} == {}
        ran = profile.run("validate", files[0], status=1)
        assert (
            "Phase 'first' > Maßnahme 'ice' > per_day: zweimal angegeben: wie oft es kommt (erwartet: "
            in ran.out
        )


class _Marking:
    """A translation that only shows that there was one."""

    def gettext(self, message: str) -> str:
        return f"«{message}»"

    def ngettext(self, single: str, many: str, count: int) -> str:
        return f"«{single if count == 1 else many}»"


_AS_WRITTEN = re.compile(
    r"[a-zI_]+:?|UTF-8|(max|do): \.\.\.|at_max: \{level: \.\.\., say: \.\.\.\}|[\d. ,]+"
    r"|\d+\.\.\d+[a-z]+(, [a-z]+)*|(\{[a-z ]+\})+"
)
"""What a problem may expect besides words: keys and values of the file."""


def _unmarked(words: str) -> str:
    """What of a text was never given to be translated; what is cut off may leave a mark open."""
    rest = words
    while (shorter := re.sub("«[^«»]*(»|$)", "", rest)) != rest:
        rest = shorter
    return rest.strip("; ")


def test_no_word_about_a_file_goes_untranslated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_catalogues", {"de": _Marking()})
    library = Library((installed_folder(),))
    path = tmp_path / "small.yaml"

    def problems(text: str) -> tuple[Problem, ...]:
        path.write_text(text, encoding="utf-8")
        return check_file(path, library)[1]

    texts = [_MISTAKES, *_NOT_YAML, *(whole(**broken) for _rule, broken, _path, _kept in CASES)]
    use("de")
    try:
        every = [problem for text in texts for problem in problems(text)]
    finally:
        use("en")
    assert {each for item in every if (each := _unmarked(item.message))} == set()
    left = {each for item in every if (each := _unmarked(item.expected))}
    assert {each for each in left if not _AS_WRITTEN.fullmatch(each)} == set()


def test_differences_are_told_in_german_and_kept_in_english(tmp_path: Path) -> None:
    with Profile(tmp_path, {"LANG": "de_DE.UTF-8"}) as profile:
        old = profile.file(_PROTOCOL, "old.yaml")
        changed = _PROTOCOL.replace("max: 5d", "max: 6d").replace("id: look", "id: ask")
        new = profile.file(changed, "new.yaml")
        ran = profile.run("protocols", "diff", old, new)
        assert "- Phase only: max 5d wird zu 6d" in ran.out
        assert "- Phase only, Maßnahme ask ist neu: check-in" in ran.out
        ran = profile.run("protocols", "diff", old, new, "--json")
        wheres = [json.loads(line)["where"] for line in ran.out.splitlines()]
        assert wheres == [["phase only"], ["phase only", "activity look"], ["phase only", "activity ask"]]
