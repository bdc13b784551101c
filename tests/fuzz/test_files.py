"""Files: protocols, answers, settings, exports, and what a daemon says of itself."""

import copy
import json
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import strategies as st

from recovery import settings
from recovery.daemon import presence
from recovery.engine.rehearsal import Rehearsal
from recovery.engine.times import Place
from recovery.errors import RecoveryError, SettingsError, UsageError
from recovery.protocol import compiled
from recovery.protocol.library import Library, installed_folder
from recovery.protocol.reading import check_file
from recovery.simulation.events import simulate
from recovery.simulation.people import imagined
from recovery.simulation.script import parse_answers
from recovery.store import exchange
from recovery.store.journal import Journal
from tests.fuzz.trying import ODD, TEXTS, VALUES, changed, for_a_while, typed, words
from tests.store.real import first_day

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(300)]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLACE = Place(ZoneInfo("Europe/Berlin"), time(7), time(23))
LIBRARY = Library((installed_folder(),))
SHIPPED = sorted(installed_folder().glob("*.yaml"))
TREES = [yaml.load(path.read_text("utf-8"), yaml.BaseLoader) for path in SHIPPED]
PLAUSIBLE = st.sampled_from(
    words(
        "1s 1min 59min 72h 73h 30d 999999d 3mo 0s 1s..1s 2h..1h wake bedtime-1h 00:00 23:59 injury start "
        "phase injury+48h 1 99 100 1..99 0..10 cold warm tens massage exercise rest posture pain "
        "swelling pain<=3 pain falling strain rice I II III left own routine urgent emergency true false "
        "session reminder check-in hold advice alternation checklist"
    )
)


@st.composite
def protocols(draw: st.DrawFn) -> bytes:
    tree = copy.deepcopy(draw(st.sampled_from(TREES)))
    for _ in range(draw(st.integers(1, 4))):
        tree = changed(draw, tree, PLAUSIBLE | PLAUSIBLE | VALUES)
    try:
        return yaml.safe_dump(tree, allow_unicode=draw(st.booleans()), sort_keys=False).encode(
            "utf-8", "surrogatepass"
        )
    except (yaml.YAMLError, ValueError):
        return repr(tree).encode("utf-8", "surrogatepass")


def read_and_played(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    protocol, problems = check_file(path, LIBRARY)
    assert (protocol is None) == any(problem.is_error for problem in problems)
    assert all(str(problem).isprintable() and len(str(problem)) < 2000 for problem in problems)
    if protocol is None:
        return
    again = compiled.from_json(compiled.to_json(protocol))
    assert again == protocol
    episode = imagined(
        compiled.in_language(again, "en"), NOON, NOON - timedelta(hours=2), PLACE, None, None, confirms=False
    )
    for event in simulate(Rehearsal(episode, NOON, end=NOON + timedelta(days=2))):
        assert json.dumps(event).isprintable()


def test_protocols_with_things_changed(tmp_path: Path) -> None:
    for_a_while(protocols(), lambda data: read_and_played(data, tmp_path / "x.yaml"))


def test_protocols_of_any_bytes(tmp_path: Path) -> None:
    marks = st.sampled_from(
        [
            b"{",
            b"[",
            b"- ",
            b": ",
            b"&a ",
            b"*a ",
            b"!!python/object:os.system ",
            b"|",
            b"\xff",
            b"\n",
            b"%",
            b"? ",
        ]
    )
    rubbish = st.binary(max_size=300) | st.lists(marks | st.binary(max_size=4), max_size=60).map(b"".join)
    many = st.builds(
        lambda mark, count: mark * count, marks | st.binary(min_size=1, max_size=3), st.integers(1, 50_000)
    )
    for_a_while(rubbish | many, lambda data: read_and_played(data, tmp_path / "x.yaml"))


def test_pages_of_protocols(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"

    def tried(data: bytes) -> None:
        path.write_bytes(data)
        typed("protocols", "show", str(path))
        typed("protocols", "preview", str(path))

    for_a_while(protocols(), tried)


VERBS = st.sampled_from(
    words(
        "checkin begin end done skip snooze pause resume advance step-back setback flag clear stop "
        "screen tick nothing"
    )
)
ANSWERS = st.dictionaries(
    st.sampled_from(words("activity because for onset grade flag pain swelling raynaud no-weight")) | TEXTS,
    st.sampled_from(["ice", "cold", "20min", "2h ago", "II", "4", 4, -1, "yes", "no-weight", "now"]) | VALUES,
    max_size=4,
)
LINES = st.builds(
    lambda verb, at, rest: {"do": verb, "at": at, **rest},
    VERBS | VALUES,
    st.sampled_from(["2026-11-23T13:00Z", "2026-11-24T08:00", "2h ago", "in 3d", "23:00", "2199-01-01 10:00"])
    | VALUES,
    ANSWERS,
)


def test_answers_files(tmp_path: Path, own_home: Path) -> None:
    path = tmp_path / "answers"

    def tried(lines: list[Any]) -> None:
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        try:
            acts = parse_answers(text, "answers", NOON, PLACE)
        except UsageError:
            return
        assert len(acts) <= len(lines)
        path.write_text(text, "utf-8", "surrogatepass")
        typed(
            "simulate",
            "rice",
            "--onset",
            "2026-11-23T12:00Z",
            "--for",
            "3d",
            "--timezone",
            "UTC",
            "--answers",
            str(path),
        )

    for_a_while(st.lists(LINES | TEXTS.filter(lambda t: "\n" not in t) | VALUES, max_size=6), tried)


def test_exports_with_things_changed(tmp_path: Path) -> None:
    home = tmp_path / "exported"
    first_day(home)
    with Journal.open(home, now=NOON) as journal:
        whole = json.loads("".join(exchange.exported(journal, NOON)))

    @st.composite
    def documents(draw: st.DrawFn) -> str:
        tree = copy.deepcopy(whole)
        for _ in range(draw(st.integers(1, 3))):
            tree = changed(draw, tree, VALUES)
        return json.dumps(tree)

    def tried(text: str) -> None:
        try:
            exchange.read_export(text, "x.json", now=NOON)
        except RecoveryError:
            return

    for_a_while(documents() | TEXTS | VALUES.map(json.dumps), tried)


def test_settings(tmp_path: Path) -> None:
    keys = (
        st.sampled_from(
            [
                *[
                    "wake",
                    "bedtime",
                    "timezone",
                    "notifier",
                    "auto_advance",
                    "language",
                    "work",
                    "workdays",
                    "[a]",
                    "a.b",
                ]
            ]
        )
        | TEXTS
    )
    keyed = st.sampled_from(
        [
            '"07:00"',
            '"24:00"',
            "true",
            "07:00:00",
            '"de"',
            '"mon-fri"',
            '"../../etc/passwd"',
            '"Europe"',
            "[1]",
            "{}",
        ]
    )
    line = st.builds(lambda key, value: f"{key} = {value}", keys, keyed | VALUES.map(json.dumps))
    texts = st.lists(line | TEXTS, max_size=5).map("\n".join) | st.builds(
        lambda m, n: m * n, ODD, st.integers(0, 40_000)
    )

    def tried(text: str) -> None:
        (tmp_path / "settings.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
        settings.wanted_language(tmp_path)
        try:
            settings.read_settings(tmp_path)
        except SettingsError:
            return

    for_a_while(texts, tried)


def test_what_a_daemon_says_of_itself(own_home: Path) -> None:
    own_home.mkdir()
    lock = presence.Lock(own_home)
    assert lock.take()
    sign = {
        "pid": 12,
        "since": 1,
        "notifier": "dbus",
        "problem": "",
        "next_wakeup": 1,
        "version": "1",
        "since_boot": 1,
    }

    @st.composite
    def signs(draw: st.DrawFn) -> str:
        return json.dumps(changed(draw, {**sign, "lock": lock.inode()}, VALUES))

    def tried(text: str) -> None:
        (own_home / presence.SIGN).write_bytes(text.encode("utf-8", "surrogatepass"))
        presence.read(own_home)
        presence.left_behind(own_home)
        for command in (("daemon", "status"), ("daemon", "status", "--json"), ("status", "--json")):
            typed(*command)

    try:
        for_a_while(signs() | TEXTS | VALUES.map(json.dumps), tried)
    finally:
        lock.release()
