"""Commands as processes, as a shell runs them: pipes, encodings, closed descriptors, bugs."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import recovery
from recovery import __version__
from tests.desktop import LIMIT_SECONDS
from tests.profile import COMMAND, ICE, Profile, noonish, protocol

ESCAPE = "\x1b["


@pytest.fixture
def patient(profile: Profile) -> Profile:
    profile.start(protocol(ICE.format(length="20min")), "--no-daemon")
    profile.run("status")
    return profile


def shell(profile: Profile, line: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A line of bash in which `recovery` is the command."""
    words = " ".join(COMMAND)
    return subprocess.run(
        ["bash", "-c", f'recovery() {{ {words} "$@"; }}; {line}'],
        env={**profile.environ, **environ},
        cwd=profile.folder,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


def test_a_module_runs_as_the_command_does(patient: Profile) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "recovery", "status"],
        env=patient.environ,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=True,
    )
    assert ran.stdout.startswith("Only phase, day 1  (quick-1)\n")


def test_its_version(profile: Profile) -> None:
    assert profile.run("--version").out == f"recovery, version {__version__}\n"


def test_the_zone_of_the_machine_is_the_person_s(profile: Profile) -> None:
    assert f"times of {noonish()})" in profile.start(protocol(ICE.format(length="20min")), "--no-daemon").out


def test_output_in_a_pipe_is_plain(patient: Profile) -> None:
    for arguments in (
        ["status"],
        ["agenda"],
        ["log"],
        ["protocols", "show", "strain"],
        ["explain"],
        ["--help"],
    ):
        ran = patient.run(*arguments, TERM="xterm-256color", COLORTERM="truecolor")
        assert ESCAPE not in ran.out + ran.err, arguments


def test_a_reader_who_goes_away_is_no_error(patient: Profile) -> None:
    ran = shell(patient, "recovery log --all --json | head -1; echo ${PIPESTATUS[0]}")
    assert ran.stdout.endswith("\n0\n")
    assert ran.stderr == ""
    ran = shell(
        patient, "set -o pipefail; recovery simulate rice --onset 2h\\ ago --side left --json | head -1"
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["event"] == "phase"


@pytest.mark.parametrize("line", ["recovery status 2>&-", "recovery status <&-"])
def test_a_closed_descriptor_is_no_bug(patient: Profile, line: str) -> None:
    assert shell(patient, line).returncode == 0


def test_a_closed_output_is_told(patient: Profile) -> None:
    ran = shell(patient, "recovery status >&-")
    assert (ran.returncode, ran.stderr) == (1, "Error: standard output: Bad file descriptor\n")


def test_without_standard_input_missing_words_are_still_wrong_usage(profile: Profile) -> None:
    ran = shell(profile, "recovery start rice <&-")
    assert (ran.returncode, ran.stderr.splitlines()[0]) == (2, "Error: rice needs --onset --side")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("command", ["status", "log", "--help", "protocols"])
def test_output_that_goes_nowhere_is_told(patient: Profile, command: str) -> None:
    ran = shell(patient, f"recovery {command} > /dev/full")

    assert ran.returncode == 1
    assert ran.stderr == "Error: standard output: No space left on device\n"


@pytest.mark.parametrize("environ", [{"PYTHONIOENCODING": "ascii"}, {"PYTHONUTF8": "0", "LC_ALL": "C"}])
def test_a_terminal_of_another_time_gets_question_marks(patient: Profile, environ: dict[str, str]) -> None:
    """By whatever way a command writes: print, click or rich."""
    environ = {"PYTHONCOERCECLOCALE": "0", **environ}
    (patient.home / "settings.toml").write_text('language = "de"\n')
    for line in (
        "status", "agenda", "log", "checkin", "explain", "protocols", "protocols show strain", "doctor", "--help",
        "start --help", "protocols preview strain", "validate ü.yaml", "protocols new hüfte", "store check",
    ):  # fmt: skip
        ran = patient.run(*line.split(), status=None, **environ)
        assert (ran.out + ran.err).isascii(), line
    assert "?rztlichen Rat" in patient.run("--help", **environ).out


def test_a_program_reads_every_letter_whatever_the_output_speaks(patient: Profile) -> None:
    patient.run("skip", "ice", "--because", "in der Küche")
    plain = [json.loads(line) for line in patient.run("log", "--json").out.splitlines()]
    assert "in der Küche" in [fact["data"].get("reason") for fact in plain]
    for environ in ({"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}):
        ran = patient.run("log", "--json", **environ)
        assert [json.loads(line) for line in ran.out.splitlines()] == plain
        assert "in der Küche" in patient.run("store", "export", **environ).out
        schema = patient.run("schema", **environ).out
        assert json.loads(schema) == json.loads(patient.run("schema").out)


def test_no_terminal_is_commanded_whatever_the_output_speaks(profile: Profile) -> None:
    ran = profile.run("validate", "\x1b[31mred.yaml", status=1, PYTHONIOENCODING="ascii")
    assert ESCAPE not in ran.out + ran.err


def test_a_locale_of_another_country_changes_no_dates(patient: Profile) -> None:
    assert patient.run("next", LC_ALL="fr_FR.UTF-8").out == patient.run("next").out


def test_a_home_that_cannot_be_is_told(profile: Profile) -> None:
    for arguments in (
        ["status"],
        ["start", "rice", "--onset", "2h ago", "--side", "left"],
        ["daemon", "start"],
    ):
        ran = profile.run(*arguments, RECOVERY_HOME="/dev/null/home", status=1)
        assert ran.err.startswith("Error: /dev/null/home: ")
        assert "set RECOVERY_HOME to a folder that you can write to" in ran.err


def test_state_is_private(profile: Profile) -> None:
    profile.home.mkdir(mode=0o755)
    profile.start(protocol(ICE.format(length="20min")), "--no-daemon")

    assert profile.home.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in profile.home.iterdir()} == {0}


def with_a_bug(profile: Profile, module: str, name: str) -> dict[str, str]:
    """An environment in which a function of the program does what nobody has thought of."""
    lines = f"import {module} as m\ndef bug(*_, **__): return None + 1\nm.{name} = bug\n"
    (profile.folder / "sitecustomize.py").write_text(lines, "utf-8")
    return {"PYTHONPATH": os.pathsep.join([str(profile.folder), str(Path(recovery.__file__).parents[1])])}


def test_a_bug_is_one_line_and_a_file(patient: Profile) -> None:
    ran = patient.run("status", status=70, **with_a_bug(patient, "recovery.cli.look", "looking"))
    report = patient.home / "bug.log"

    assert ran.out == ""
    assert ran.err == (
        f"Error: this is a bug in recovery: TypeError\n  Please report it with this file: {report}\n"
    )
    words = report.read_text()
    assert words.startswith(f"recovery {__version__}, Python ")
    assert "Traceback" in words
    assert report.stat().st_mode & 0o777 == 0o600


def test_what_looks_like_a_bug_is_damage_where_the_journal_has_some(patient: Profile) -> None:
    """Nonsense in the journal, which no version of the program has written, may trip any rule."""
    with closing(sqlite3.connect(patient.home / "journal.db")) as journal, journal:
        journal.execute("UPDATE pinned SET compiled = replace(compiled, 'Cold pack off', 'Hot pack on')")
    ran = patient.run("status", status=1, **with_a_bug(patient, "recovery.cli.look", "looking"))

    assert ran.err.startswith(
        f"Error: {patient.home / 'journal.db'}: is not whole: protocol quick 1.0.0: its compiled"
    )
    assert not (patient.home / "bug.log").exists()


def test_the_daemon_logs_a_bug_and_its_starter_says_so(patient: Profile) -> None:
    broken = with_a_bug(patient, "recovery.daemon.service", "Service.wake")
    ran = patient.run("daemon", "start", status=1, **broken)

    assert ran.err.startswith("Error: the daemon could not start: TypeError: ")
    assert "a bug ended the daemon" in patient.log()


def test_an_interrupt_is_status_130(profile: Profile) -> None:
    # A shell that runs the tests in the background lets them ignore interrupts.
    begin = "import signal,os,sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    begin += "from recovery.cli import main; main.declared = lambda *_: os.kill(os.getpid(), 2); "
    ran = subprocess.run(
        [sys.executable, "-c", begin + "sys.argv = ['recovery', 'status']; main.run()"],
        env=profile.environ,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (130, "")


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_completion_script_of_a_shell(profile: Profile, name: str) -> None:
    script = profile.run("completion", name).out
    assert "_RECOVERY_COMPLETE" in script
    if shutil.which(name):
        subprocess.run([name, "-n"], input=script, text=True, check=True, timeout=LIMIT_SECONDS)


def test_completion_knows_commands_and_options(profile: Profile) -> None:
    def completes(words: str, count: int) -> list[str]:
        ran = profile.run(_RECOVERY_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(count))
        return [line.partition(",")[2] for line in ran.out.splitlines()]

    assert completes("recovery st", 1) == ["start", "status", "step-back", "stop", "store"]
    assert completes("recovery status --", 2) == ["--episode", "--json", "--help"]
    assert completes("recovery start --side ", 3) == ["left", "right", "both"]


def test_a_start_that_cannot_be_written_keeps_nothing(profile: Profile) -> None:
    """As on a full disk: no file may grow beyond some blocks."""
    path = profile.file(protocol(ICE.format(length="20min")))
    ran = shell(profile, f"ulimit -f 8; trap '' XFSZ; recovery start {path} --onset 1h\\ ago --no-daemon")

    assert ran.returncode == 1, ran
    assert ran.stderr.startswith(f"Error: {profile.home / 'journal.db'}: ")
    assert "nothing was recorded" in ran.stderr
    assert profile.facts() == []
    profile.start(protocol(ICE.format(length="20min")), "--no-daemon")


def test_nothing_is_written_outside_the_home(patient: Profile) -> None:
    patient.run("checkin", "pain=2")
    assert sorted(path.name for path in patient.folder.iterdir()) == ["home", "quick.yaml"]
