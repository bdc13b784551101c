"""plyer in a child process: what arrives on dunst, and what becomes of it where it cannot."""

# ruff: noqa: RUF001  # the minus sign is the point

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from recovery.notify import plyer_child
from recovery.notify.plyer_adapter import CHILD_COMMAND, CHILDREN_AT_ONCE, PlyerNotifier
from recovery.notify.port import WITHDRAWN_UNSEEN, HandedOver, Note, Undelivered
from tests.desktop import LIMIT_SECONDS, Desktop, until
from tests.notify.conftest import drive, drive_deliveries

AT_ONCE_SECONDS = 1.5
SLEEPER = (
    sys.executable,
    "-c",
    """
import os, pathlib, subprocess
started = subprocess.Popen(["sleep", "75"])
pathlib.Path("~/pids").expanduser().write_text(f"{os.getpid()} {started.pid}")
started.wait()
""",
)
"""Hangs as plyer does: in a program that it has started."""


@pytest.fixture
def notifier(desktop: Desktop) -> Iterator[PlyerNotifier]:
    subject = PlyerNotifier(desktop.environ)
    yield subject
    subject.close()


@pytest.mark.parametrize(
    ("title", "body", "arrives"),
    [
        ("Cold pack on", "20 minutes", ("Cold pack on", "20 minutes")),
        ("<b> & \\", "<b> & \\", ("<b> & \\", "&lt;b&gt; &amp; \\")),
        ("C:\\new", "C:\\new\\table", ("C:\\new", "C:\\new\\table")),
        ("-20 min", "-5 on the scale", ("−20 min", "−5 on the scale")),
        ("--help", "--version", ("−-help", "−-version")),
        ("", "two\nlines 🧊", ("Recovery", "two\nlines 🧊")),
        ("a\0b", "a\ud83db", ("a\N{REPLACEMENT CHARACTER}b", "a\N{REPLACEMENT CHARACTER}b")),
        ("$(id) `id`", '\'; id; "%s"', ("$(id) `id`", '\'; id; "%s"')),
        ("long", "é" * 2_000, ("long", "é" * 2_000)),
    ],
)
def test_text_arrives(
    desktop: Desktop, notifier: PlyerNotifier, title: str, body: str, arrives: tuple[str, str]
) -> None:
    notifier.show(Note("ice", title, body, tag=1))
    assert drive_deliveries(notifier) == [HandedOver(1, "plyer")]

    [received] = desktop.received()
    assert (received.title, received.body, received.app) == (*arrives, "recovery")


def test_no_session_starts_no_child(tmp_path: Path) -> None:
    notifier = PlyerNotifier({"XDG_RUNTIME_DIR": str(tmp_path)}, command=("/nowhere",))
    notifier.show(Note("ice", "Cold pack on", "", tag=1))

    [outcome] = notifier.collect(time.monotonic())
    assert isinstance(outcome, Undelivered)
    assert (outcome.lack, notifier.problem()) == ("bus", outcome.reason)
    assert "DBUS_SESSION_BUS_ADDRESS is not set" in outcome.reason


def test_a_bus_that_is_gone_is_told_by_the_child(bare_desktop: Desktop) -> None:
    notifier = PlyerNotifier(bare_desktop.environ)
    notifier.show(Note("ice", "Cold pack on", "", tag=1))

    [outcome] = drive_deliveries(notifier)
    assert isinstance(outcome, Undelivered)
    assert "No such file or directory" in outcome.reason


def test_a_bus_without_a_server_is_told_by_the_child(bare_desktop: Desktop) -> None:
    bare_desktop.start_bus()
    notifier = PlyerNotifier(bare_desktop.environ)
    notifier.show(Note("ice", "Cold pack on", "", tag=1))

    [outcome] = drive_deliveries(notifier)
    assert isinstance(outcome, Undelivered)
    assert "org.freedesktop.Notifications" in outcome.reason


def test_without_notify_send_the_reason_names_it(desktop: Desktop, tmp_path: Path) -> None:
    notifier = PlyerNotifier(desktop.environ | {"PATH": str(tmp_path)})
    notifier.show(Note("ice", "Cold pack on", "", tag=1))

    [outcome] = drive_deliveries(notifier)
    assert isinstance(outcome, Undelivered)
    assert "is notify-send installed?" in outcome.reason


def test_the_runtime_folder_is_enough_to_find_the_bus(desktop: Desktop) -> None:
    environ = desktop.environ | {"XDG_RUNTIME_DIR": str(desktop.folder)}
    del environ["DBUS_SESSION_BUS_ADDRESS"]
    notifier = PlyerNotifier(environ)
    notifier.show(Note("ice", "Cold pack on", "", tag=1))

    assert drive_deliveries(notifier) == [HandedOver(1, "plyer")]
    assert len(desktop.received()) == 1


def test_a_hung_child_is_killed_with_what_it_started(desktop: Desktop) -> None:
    notifier = PlyerNotifier(desktop.environ, command=SLEEPER, time_limit_seconds=3.0)
    begun = time.monotonic()
    notifier.show(Note("ice", "Cold pack on", "", tag=1))
    assert time.monotonic() - begun < AT_ONCE_SECONDS

    [outcome] = drive_deliveries(notifier, limit=LIMIT_SECONDS)

    assert outcome == Undelivered(1, "plyer", "the notification program does not answer within 3 s")
    drive(notifier, lambda _: notifier.deadline() is None)
    child, started = map(int, (desktop.folder / "pids").read_text().split())
    assert not Path(f"/proc/{child}").exists()  # reaped, not only dead
    until(lambda: is_dead(started), "what the child has started is dead too")


def is_dead(pid: int) -> bool:
    """Gone, or a zombie left to whoever adopts orphans here."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_hung_server_is_given_up(bare_desktop: Desktop) -> None:
    """The real thing: notify-send would wait 75 s."""
    bare_desktop.start_bus()
    with bare_desktop.hang_server():
        notifier = PlyerNotifier(bare_desktop.environ, time_limit_seconds=1.0)
        notifier.show(Note("ice", "Cold pack on", "", tag=1))

        [outcome] = drive_deliveries(notifier, limit=LIMIT_SECONDS)
        notifier.close()

    assert isinstance(outcome, Undelivered)


def test_few_children_run_at_once_and_the_others_wait(desktop: Desktop) -> None:
    notifier = PlyerNotifier(desktop.environ, command=SLEEPER, time_limit_seconds=0.2)
    count = 2 * CHILDREN_AT_ONCE
    for tag in range(count):
        notifier.show(Note(f"note {tag}", "Cold pack on", "", tag=tag))
    assert len(notifier.sources()) == CHILDREN_AT_ONCE

    notifier.withdraw(f"note {count - 1}")

    outcomes = drive_deliveries(notifier, count)
    assert outcomes[0] == Undelivered(count - 1, "plyer", WITHDRAWN_UNSEEN)
    assert notifier.sources() == ()
    notifier.close()


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("print('a word')", "a word"),
        ("import sys; sys.exit(3)", "the notification program ended with status 3"),
        ("print('x' * 100_000)", "x" * 499 + "…"),
        (
            "import os; os.close(1); os.close(2); import time; time.sleep(0.1); os._exit(4)",
            "ended with status 4",
        ),
    ],
)
def test_whatever_a_child_says_is_the_reason(desktop: Desktop, program: str, reason: str) -> None:
    notifier = PlyerNotifier(desktop.environ, command=(sys.executable, "-c", program))
    notifier.show(Note("ice", "Cold pack on", "", tag=1))

    [outcome] = drive_deliveries(notifier)
    assert isinstance(outcome, Undelivered)
    assert outcome.reason.endswith(reason)


def test_a_command_that_is_not_there(desktop: Desktop) -> None:
    notifier = PlyerNotifier(desktop.environ, command=("/nowhere/python",))
    notifier.show(Note("ice", "Cold pack on", "", tag=1))

    [outcome] = drive_deliveries(notifier)
    assert outcome == Undelivered(
        1, "plyer", "the notification program cannot be started (No such file or directory)"
    )


def test_a_module_in_the_current_folder_takes_no_place(desktop: Desktop, tmp_path: Path) -> None:
    (tmp_path / "dbus.py").write_text("raise SystemExit('taken over')")
    (tmp_path / "json.py").write_text("raise SystemExit('taken over')")
    environ = desktop.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}

    given = json.dumps({"title": "Cold pack on", "body": ""})
    run = subprocess.run(
        CHILD_COMMAND,
        input=given,
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )

    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_the_child_answers_nonsense_with_one_line(desktop: Desktop) -> None:
    environ = desktop.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run(
        CHILD_COMMAND,
        input="{",
        env=environ,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )

    assert run.returncode == 1
    assert len(run.stderr.splitlines()) == 1


def test_a_folder_called_app_is_not_taken_for_flatpak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many containers have one; plyer's way there breaks on a quote."""
    is_folder = os.path.isdir
    monkeypatch.setattr(os.path, "isdir", lambda path: path == "/app" or is_folder(path))

    _, word = plyer_child.way_of_this_platform()
    assert word is plyer_child.for_notify_send

    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(NotImplementedError):
        plyer_child.way_of_this_platform()


def test_windows_limits_count_utf16_units() -> None:
    title, body = plyer_child.for_windows("🧊" * 64, "x" * 257)

    assert title == "🧊" * 31 + "…"
    assert body == "x" * 254 + "…"
    assert plyer_child.for_windows("x" * 63, "🧊" * 127) == ("x" * 63, "🧊" * 127)


def test_the_portal_text_stays_inside_its_quotes() -> None:
    assert plyer_child.for_portal("it's", "a\\b\nc'>, 'x': <'") == ("it\\'s", "a\\\\b\\nc\\'>, \\'x\\': <\\'")
