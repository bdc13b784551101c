"""The D-Bus notifier where something is missing, hangs, dies or comes back."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from recovery.notify.dbus import BusLost, SessionBus, address
from recovery.notify.dbus_adapter import NO_SERVER, SERVER_GONE, SERVER_SILENT, DBusNotifier
from recovery.notify.port import Closed, Freed, Note, Outcome, Shown, Undelivered
from tests.desktop import LIMIT_SECONDS, Desktop
from tests.notify.conftest import drive, drive_deliveries

AT_ONCE_SECONDS = 1.5
OUTCOME_SECONDS = 3.5


@pytest.fixture
def notifier(bare_desktop: Desktop) -> Iterator[DBusNotifier]:
    subject = DBusNotifier(bare_desktop.environ)
    yield subject
    subject.close()


def show_at_once(notifier: DBusNotifier, count: int = 1, first: int = 0) -> None:
    for tag in range(first, first + count):
        begun = time.monotonic()
        notifier.show(Note(f"note {tag}", "Cold pack on", "", tag=tag))
        assert time.monotonic() - begun < AT_ONCE_SECONDS


def undelivered(notifier: DBusNotifier) -> Undelivered:
    """The one outcome of one note, which comes within the limit."""
    show_at_once(notifier)
    [outcome] = drive_deliveries(notifier, limit=OUTCOME_SECONDS)
    assert isinstance(outcome, Undelivered)
    assert notifier.problem() == outcome.reason
    return outcome


def test_without_a_session(tmp_path: Path) -> None:
    outcome = undelivered(DBusNotifier({"XDG_RUNTIME_DIR": str(tmp_path)}))

    assert outcome.lack == "bus"
    assert f"DBUS_SESSION_BUS_ADDRESS is not set and there is no {tmp_path}/bus" in outcome.reason


@pytest.mark.parametrize(
    ("given", "lack", "says"),
    [
        ("unix:path=/nowhere/bus", "bus", "No such file or directory"),
        ("unix:path=/tmp", "bus", "refused"),
        ("unix:path=" + "x" * 200, "bus", "too long"),
        ("nonsense", "bus", "is not a D-Bus address"),
        ("tcp:host=localhost,port=1", "transport", "over tcp"),
    ],
)
def test_an_unusable_address(given: str, lack: str, says: str) -> None:
    outcome = undelivered(DBusNotifier({"DBUS_SESSION_BUS_ADDRESS": given}))

    assert outcome.lack == lack
    assert says in outcome.reason


def test_a_bus_that_is_gone(bare_desktop: Desktop, notifier: DBusNotifier) -> None:
    assert undelivered(notifier).lack == "bus"


def test_the_second_address_of_a_list_is_tried(desktop: Desktop) -> None:
    notifier = DBusNotifier({"DBUS_SESSION_BUS_ADDRESS": f"unix:path=/nowhere;{desktop.address}"})
    show_at_once(notifier)

    assert drive_deliveries(notifier) == [Shown(0, "dbus")]
    notifier.close()


def test_a_bus_without_a_server(bare_desktop: Desktop, notifier: DBusNotifier) -> None:
    bare_desktop.start_bus()

    assert undelivered(notifier) == Undelivered(0, "dbus", NO_SERVER, "server")


def test_a_server_started_later_clears_the_problem(bare_desktop: Desktop, notifier: DBusNotifier) -> None:
    bare_desktop.start_bus()
    undelivered(notifier)

    bare_desktop.start_server()

    drive(notifier, lambda _: not notifier.problem())
    show_at_once(notifier)
    assert drive_deliveries(notifier) == [Shown(0, "dbus")]


def test_a_hung_server(bare_desktop: Desktop, notifier: DBusNotifier) -> None:
    bare_desktop.start_bus()
    with bare_desktop.hang_server():
        assert undelivered(notifier) == Undelivered(0, "dbus", SERVER_SILENT)


def test_a_hundred_notes_to_a_hung_server(bare_desktop: Desktop, notifier: DBusNotifier) -> None:
    bare_desktop.start_bus()
    with bare_desktop.hang_server():
        show_at_once(notifier, 100)

        outcomes = drive_deliveries(notifier, 100, limit=OUTCOME_SECONDS)

    assert outcomes == [Undelivered(tag, "dbus", SERVER_SILENT) for tag in range(100)]


def test_a_server_that_hangs_and_comes_back_is_given_no_stale_notes(
    desktop: Desktop, notifier: DBusNotifier
) -> None:
    """What was sent before the hang was noticed does appear; what came later was never sent."""
    show_at_once(notifier)
    drive_deliveries(notifier)
    desktop.freeze_server()
    show_at_once(notifier, 5, first=1)
    drive_deliveries(notifier, 5, limit=OUTCOME_SECONDS)
    show_at_once(notifier, 5, first=11)
    drive_deliveries(notifier, 5, limit=OUTCOME_SECONDS)

    desktop.thaw_server()

    show_at_once(notifier, 1, first=1)
    drive(notifier, lambda outcomes: Shown(1, "dbus") in outcomes)
    desktop.wait_for_displayed(6)  # the late ids are known: note 1 was replaced, not doubled


def test_a_server_that_dies_and_is_started_again(desktop: Desktop, notifier: DBusNotifier) -> None:
    show_at_once(notifier)
    drive_deliveries(notifier)

    desktop.stop_server()
    assert drive(notifier, len) == [Closed("note 0", "lost")]
    assert notifier.problem() == SERVER_GONE
    assert undelivered(notifier).reason == NO_SERVER

    desktop.start_server()
    assert drive(notifier, len) == [Freed()], "whatever waits may be tried now"
    show_at_once(notifier)
    assert drive_deliveries(notifier) == [Shown(0, "dbus")]
    assert [each.title for each in desktop.received()] == ["Cold pack on"]


def test_a_server_that_dies_with_a_note(desktop: Desktop, notifier: DBusNotifier) -> None:
    notifier.probe()
    drive(notifier, lambda _: notifier.capabilities())
    desktop.freeze_server()
    show_at_once(notifier)
    notifier.collect(time.monotonic())

    desktop.stop_server()

    assert drive_deliveries(notifier) == [Undelivered(0, "dbus", f"{SERVER_GONE} before it answered")]


def test_a_bus_that_is_started_again(desktop: Desktop, notifier: DBusNotifier) -> None:
    show_at_once(notifier)
    drive_deliveries(notifier)

    desktop.stop_bus()
    assert drive(notifier, len) == [Closed("note 0", "lost")]
    assert undelivered(notifier).lack == "bus"

    desktop.stop_server_of_a_dead_bus()
    desktop.start()
    show_at_once(notifier)
    assert drive_deliveries(notifier) == [Shown(0, "dbus")]


@contextmanager
def deaf_bus(path: Path, *, lets_in: bool) -> Iterator[str]:
    """A bus that accepts and then says nothing, or lets everybody in and then reads nothing."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.settimeout(LIMIT_SECONDS)
        listener.bind(str(path))
        listener.listen()
        accepted: list[socket.socket] = []

        def serve() -> None:
            connection, _ = listener.accept()
            accepted.append(connection)
            if lets_in:
                connection.settimeout(LIMIT_SECONDS)
                connection.recv(1024)
                connection.sendall(b"OK 1234\r\n")

        server = threading.Thread(target=serve)
        server.start()
        try:
            yield f"unix:path={path}"
        finally:
            server.join(LIMIT_SECONDS)
            for connection in accepted:
                connection.close()


@pytest.mark.parametrize("lets_in", [False, True])
def test_a_hung_bus(bare_desktop: Desktop, lets_in: bool) -> None:
    with deaf_bus(bare_desktop.folder / "deaf", lets_in=lets_in) as bus:
        notifier = DBusNotifier({"DBUS_SESSION_BUS_ADDRESS": bus})
        show_at_once(notifier, 100)

        outcomes = drive_deliveries(notifier, 100, limit=OUTCOME_SECONDS)

        assert outcomes == [Undelivered(tag, "dbus", "the session bus does not answer") for tag in range(100)]
        notifier.close()


def test_a_bus_whose_queue_is_full(bare_desktop: Desktop) -> None:
    path = bare_desktop.folder / "full"
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as other:
        listener.bind(str(path))
        listener.listen(0)
        other.connect(str(path))
        notifier = DBusNotifier({"DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}"})

        assert undelivered(notifier).reason == "the session bus does not answer"
        assert notifier.sources() == ()


def test_a_bus_that_reads_nothing_takes_no_time_and_not_all_memory(bare_desktop: Desktop) -> None:
    with deaf_bus(bare_desktop.folder / "deaf", lets_in=True) as bus_address:
        bus = SessionBus(bus_address, 0.0)
        bus.advance(0.0)
        select.select([bus.socket], [], [], LIMIT_SECONDS)  # until it has let us in
        somebody = address("/a", "a.b")
        lost = None
        for _ in range(1000):
            begun = time.monotonic()
            bus.call(somebody, "Talk", "s", ("x" * 10_000,))
            try:
                bus.advance(0.0)
            except BusLost as error:
                lost = error
                break
            assert time.monotonic() - begun < AT_ONCE_SECONDS
        bus.close()

    assert lost
    assert lost.reason == "the session bus takes no messages"


def test_outcomes_after_close_are_forgotten(desktop: Desktop, notifier: DBusNotifier) -> None:
    show_at_once(notifier)
    notifier.close()

    outcomes: list[Outcome] = notifier.collect(time.monotonic())

    assert outcomes == []
    assert notifier.sources() == ()
