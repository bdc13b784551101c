"""Which notifier is used, by name and by what there is."""

import io
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recovery.errors import UsageError
from recovery.notify import choose as choosing
from recovery.notify.choose import ANY_LACK, PLYER_ON_LINUX, FallbackNotifier, Substitute, choose
from recovery.notify.desktop_session import why_no_bus
from recovery.notify.port import Closed, Freed, Lack, Note, Pressed, Shown, Undelivered
from tests.desktop import LIMIT_SECONDS, Desktop
from tests.fakes import FakeNotifier
from tests.notify.conftest import drive_deliveries

ROOT = Path(__file__).parents[2]
NOTE = Note("ice", "Cold pack on", "20 minutes", tag=1)


@pytest.mark.parametrize("name", ["dbus", "plyer", "text"])
def test_each_has_its_name(name: str) -> None:
    assert choose(name, environ={}).name == name


def test_an_unknown_name_is_told_the_known() -> None:
    with pytest.raises(UsageError) as raised:
        choose("growl")

    assert "growl" in raised.value.message
    assert raised.value.hint == "choose one of: auto, dbus, plyer, text"


@pytest.mark.parametrize("name", [None, "auto"])
def test_by_itself_the_desktop_is_spoken_to(desktop: Desktop, name: str | None) -> None:
    notifier = choose(name, environ=desktop.environ)
    notifier.show(NOTE)

    assert drive_deliveries(notifier) == [Shown(1, "dbus")]
    assert (notifier.name, notifier.problem()) == ("dbus", "")
    assert notifier.capabilities()
    notifier.close()


def test_without_a_session_the_note_waits_for_the_next_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_plyer(environ: object) -> None:
        pytest.fail("plyer goes over the same bus")

    monkeypatch.setattr(choosing, "_plyer", no_plyer)
    notifier = choose("auto", environ={}, platform="linux")
    notifier.show(NOTE)

    [outcome] = drive_deliveries(notifier)

    why = why_no_bus({})
    assert outcome == Undelivered(
        1, "text", f"{why}; no desktop notifications here; shown by the next command"
    )
    assert (notifier.name, notifier.problem()) == ("text", why)


def test_without_a_session_a_terminal_shows_it() -> None:
    stream = io.StringIO()
    notifier = choose("auto", stream, environ={}, platform="linux")
    notifier.show(NOTE)

    assert drive_deliveries(notifier) == [Shown(1, "text")]
    assert "Cold pack on - 20 minutes" in stream.getvalue()
    assert notifier.problem() != ""


def test_a_desktop_that_comes_back_is_used_again(bare_desktop: Desktop) -> None:
    notifier = choose("auto", environ=bare_desktop.environ)
    notifier.show(NOTE)
    drive_deliveries(notifier)
    assert notifier.name == "text"

    bare_desktop.start()
    notifier.show(NOTE)

    assert drive_deliveries(notifier) == [Shown(1, "dbus")]
    assert (notifier.name, notifier.problem()) == ("dbus", "")
    notifier.close()


def test_a_probe_tells_the_problem_before_any_note() -> None:
    notifier = choose("auto", environ={}, platform="linux")
    notifier.probe()
    notifier.collect(time.monotonic())

    assert "DBUS_SESSION_BUS_ADDRESS is not set" in notifier.problem()


def fallback(first: FakeNotifier, second: FakeNotifier, third: FakeNotifier) -> FallbackNotifier:
    """Three fakes where D-Bus, plyer and text would be on Linux."""
    return FallbackNotifier(
        first,
        (
            Substitute(lambda: second, PLYER_ON_LINUX),
            Substitute(lambda: third, ANY_LACK),
        ),
    )


@pytest.mark.parametrize(
    ("lack", "via"), [("library", "second"), ("transport", "second"), ("bus", "third"), ("server", "third")]
)
def test_a_lack_goes_to_the_next_that_can_make_up_for_it(lack: Lack, via: str) -> None:
    first, second, third = FakeNotifier("first"), FakeNotifier("second"), FakeNotifier("third")
    first.break_down("not there", lack)
    notifier = fallback(first, second, third)

    notifier.show(NOTE)

    assert drive_deliveries(notifier) == [Shown(1, via)]
    assert notifier.name == via


def test_a_substitute_that_lacks_something_tells_the_first_reason() -> None:
    first, second, third = FakeNotifier("first"), FakeNotifier("second"), FakeNotifier("third")
    first.break_down("no library", "library")
    second.break_down("no server", "server")
    third.break_down("no terminal")
    notifier = fallback(first, second, third)

    notifier.show(NOTE)

    assert drive_deliveries(notifier) == [Undelivered(1, "third", "no library; no terminal")]


def test_silence_is_not_a_lack() -> None:
    """A server that does not answer may still show it: elsewhere it could appear twice."""
    first, second, third = FakeNotifier("first"), FakeNotifier("second"), FakeNotifier("third")
    first.answers = False
    notifier = fallback(first, second, third)
    notifier.show(NOTE)

    first.give_up("silent")

    assert drive_deliveries(notifier) == [Undelivered(1, "first", "silent")]
    assert second.shown == third.shown == []


def test_answers_pass_through_and_all_are_closed() -> None:
    first, second, third = FakeNotifier("first"), FakeNotifier("second"), FakeNotifier("third")
    notifier = fallback(first, second, third)
    notifier.show(NOTE)
    drive_deliveries(notifier)
    first.press("ice", "done")

    assert notifier.collect(time.monotonic()) == [Pressed("ice", "done"), Closed("ice", "withdrawn")]

    first.break_down("not there", "library")
    notifier.show(NOTE)
    drive_deliveries(notifier)
    notifier.withdraw("ice")
    assert notifier.collect(time.monotonic()) == [Closed("ice", "withdrawn")]
    notifier.close()
    assert (first.is_closed, second.is_closed, third.is_closed) == (True, True, False)


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("port", ("jeepney", "plyer", "subprocess", "tempfile", "socket", "asyncio", "json")),
        ("choose", ("jeepney", "plyer", "subprocess", "tempfile", "asyncio")),
        ("dbus_adapter", ("jeepney", "plyer", "subprocess", "asyncio")),
        ("dbus", ("plyer", "subprocess", "asyncio", "threading")),
        ("plyer_adapter", ("jeepney", "plyer", "asyncio")),
    ],
)
def test_imports_stay_light(module: str, forbidden: tuple[str, ...]) -> None:
    # What the interpreter itself loads (site, .pth files) is none of the module's doing.
    program = (
        "import sys; before = set(sys.modules); "
        f"import recovery.notify.{module}; print(*(set(sys.modules) - before))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT_SECONDS,
        env={"PYTHONPATH": str(ROOT)},
    )

    assert not set(forbidden) & set(run.stdout.split())


def test_that_notes_may_be_shown_again_is_said_after_what_failed() -> None:
    """A note that is on its way when a server comes would be waited with, otherwise."""
    first, third = FakeNotifier("first"), FakeNotifier("third")
    first.break_down("none runs", "server")
    third.break_down("nowhere")
    notifier = fallback(first, FakeNotifier("second"), third)
    notifier.show(NOTE)
    first.free()
    failed, freed = notifier.collect(0.0)

    assert isinstance(failed, Undelivered)
    assert failed.has_nowhere
    assert freed == Freed()
