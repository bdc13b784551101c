"""Settings: what is taken, and what every mistake is told."""

import os
import subprocess
import sys
from datetime import time
from pathlib import Path

import pytest

from recovery.errors import SettingsError
from recovery.notify import choose
from recovery.settings import MOST_BYTES, NOTIFIERS, Settings, read_settings, wanted_language

TOP = Path(__file__).parents[1]


def settings(folder: Path, text: str | bytes) -> Settings:
    (folder / "settings.toml").write_bytes(text.encode() if isinstance(text, str) else text)
    return read_settings(folder)


def refusal(folder: Path, text: str | bytes) -> str:
    with pytest.raises(SettingsError) as caught:
        settings(folder, text)
    assert caught.value.hint
    return caught.value.message.replace(f"{folder}{os.sep}", "")


def test_without_a_file_the_defaults_hold_and_none_is_made(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == Settings(time(7), time(23), "", "auto", True)
    assert read_settings(tmp_path / "nowhere") == Settings()
    assert list(tmp_path.iterdir()) == []


def test_without_a_file_no_reader_of_toml_or_zones_is_loaded(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from recovery.settings import read_settings;"
        "read_settings(Path(sys.argv[1]));"
        "print({'tomllib', 'zoneinfo', 'difflib'} & set(sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "set()\n"


def test_all_settings_are_taken(tmp_path: Path) -> None:
    text = 'wake = "06:30"\nbedtime = "01:00" # late\ntimezone = "Europe/Berlin"\n'
    text += 'notifier = "text"\nauto_advance = false\nlanguage = "de"\n'
    assert settings(tmp_path, text) == Settings(time(6, 30), time(1), "Europe/Berlin", "text", False, "de")


@pytest.mark.parametrize("text", ["", "# nothing\n", '\ufeffwake = "07:00"\r\n', 'timezone = ""'])
def test_what_is_not_said_keeps_its_default(tmp_path: Path, text: str) -> None:
    assert settings(tmp_path, text) == Settings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('\n\nwakeup = "07:00"', "settings.toml:3: unknown setting 'wakeup'; did you mean wake?"),
        ("x = 1", "'x'; there are wake, bedtime, timezone, notifier, auto_advance"),
        ('[auto]\nadvance = true', "settings.toml:1: unknown setting 'auto'"),
        ('wake = "7:00"', 'settings.toml:1: expected a time in quotes from "00:00" to "23:59", found "7:00"'),
        ('wake = "24:00"', '"23:59", found "24:00"'),
        ('wake = "07:60"', 'found "07:60"'),
        ('wake = "\u0660\u0667:00"', 'found "\u0660\u0667:00"'),
        ("wake = 07:00:00", "found 07:00:00"),
        ("bedtime = 23", "settings.toml:1: expected a time in quotes"),
        ("[bedtime]\nat = 1", '"23:59", found a table'),
        ('bedtime = "07:00"', "expected a bedtime other than the time of waking, found 07:00 for both"),
        ('wake = "23:00"', "settings.toml:1: expected a bedtime other than the time of waking"),
        ('timezone = "Europe/Belin"', 'found "Europe/Belin"; did you mean Europe/Berlin?'),
        ('timezone = "Europe"', 'found "Europe"'),
        ('timezone = "../../etc/passwd"', 'found "../../etc/passwd"'),
        ("timezone = 1", "expected the name of a time zone such as "),
        ('notifier = "dbsu"', 'expected one of "auto", "dbus", "plyer", "text", found "dbsu"'),
        ("notifier = []", "found a list"),
        ('auto_advance = "no"', 'settings.toml:1: expected true or false, without quotes, found "no"'),
        ("auto_advance = 1", "found 1"),
        ('quiet = "12:30-13:15"', 'expected quiet times such as ["12:30-13:15"], found "12:30-13:15"'),
        ('quiet = ["12:30"]', 'settings.toml:1: expected quiet times such as "12:30-13:15", found "12:30"'),
        ('quiet = ["12:30-12:30"]', 'found "12:30-12:30"'),
        ("quiet = [12]", "found a list"),
        ("end_repeats = 11", "expected a number from 0 to 10, found 11"),
        ("end_repeats = true", "found true"),
        ('start_repeats = "2"', 'found "2"'),
        ("respect_dnd = 0", "expected true or false, without quotes, found 0"),
        ("wake = 07:00", "settings.toml:1:"),
        ('wake = "07:00"\nwake = "08:00"', "settings.toml:2:"),
        ('wake = "07:00', "settings.toml:1:"),
        ("a = " + "[" * 5000, "settings.toml"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_what_was_expected(
    tmp_path: Path, text: str, message: str
) -> None:
    assert message in refusal(tmp_path, text)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    lines = refusal(tmp_path, 'wake = 7\nnotifer = "text"\nauto_advance = "yes"').splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        "settings.toml:1",
        "settings.toml:2",
        "settings.toml:3",
    ]


def test_a_long_value_is_not_repeated_in_full(tmp_path: Path) -> None:
    assert len(refusal(tmp_path, f'wake = "{"x" * 5000}"')) < 200


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    assert (
        refusal(tmp_path, b'wake = "07:00"\n\xff')
        == "settings.toml:2: expected UTF-8 text, found other bytes"
    )
    assert "larger than 64 KiB" in refusal(tmp_path, b"#" * (MOST_BYTES + 1))


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").mkdir()
    with pytest.raises(SettingsError, match=r"settings\.toml: cannot be read: Is a directory"):
        read_settings(tmp_path)


@pytest.mark.parametrize("name", NOTIFIERS)
def test_each_notifier_that_the_settings_name_can_be_had(name: str) -> None:
    notifier = choose.choose(name, environ={})
    assert name in ("auto", notifier.name)
    notifier.close()


def test_what_is_told_and_how_often_can_be_set(tmp_path: Path) -> None:
    text = 'quiet = ["12:30-13:15", "21:00-1:00"]\nend_repeats = 0\nstart_repeats = 2\n'
    chosen = settings(tmp_path, text + "respect_dnd = false\ndiscreet = true\nsound = true")
    assert chosen.quiet == ((time(12, 30), time(13, 15)), (time(21), time(1)))
    assert (chosen.end_repeats, chosen.start_repeats) == (0, 2)
    assert (chosen.respect_dnd, chosen.discreet, chosen.sound) == (False, True, True)
    assert settings(tmp_path, "quiet = []").quiet == ()


def test_a_language_is_one_that_is_spoken(tmp_path: Path) -> None:
    assert settings(tmp_path, 'language = ""').language == ""
    said = 'expected one of "", "en", "de", found "fr"'
    assert refusal(tmp_path, 'language = "fr"') == f"settings.toml:1: {said}"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('language = "de"', "de"),
        ("wake = 7\n  language='en' # so that all can read it\n", "en"),
        ('\ufefflanguage = "de"\r\n', "de"),
        ('# language = "de"', ""),
        ('language = ""', ""),
        ('language = "fr"', ""),
        ('languages = "de"', ""),
        ("language", ""),
        ("", ""),
    ],
)
def test_the_language_is_found_without_the_rest(tmp_path: Path, text: str, wanted: str) -> None:
    assert wanted_language(tmp_path) == ""
    (tmp_path / "settings.toml").write_text(text, "utf-8")
    assert wanted_language(tmp_path) == wanted


def test_settings_that_cannot_be_read_want_no_language(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_bytes(b"\xff\xfe")
    assert wanted_language(tmp_path) == ""
    assert wanted_language(tmp_path / "settings.toml") == ""
