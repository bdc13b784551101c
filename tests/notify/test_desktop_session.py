"""Where the session bus is."""

import os
import socket
from pathlib import Path

import pytest

from recovery.notify import desktop_session
from recovery.notify.desktop_session import session_bus_address, why_no_bus


def test_the_variable_comes_first(tmp_path: Path) -> None:
    environ = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/somewhere", "XDG_RUNTIME_DIR": str(tmp_path)}
    assert session_bus_address(environ) == "unix:path=/somewhere"


def test_a_socket_in_the_runtime_folder_will_do(tmp_path: Path) -> None:
    folder = tmp_path / "ü b"
    folder.mkdir()
    assert session_bus_address({"XDG_RUNTIME_DIR": str(folder)}) == ""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "bus"))
        assert session_bus_address({"XDG_RUNTIME_DIR": str(folder)}).endswith("/%c3%bc%20b/bus")


def test_a_file_is_no_bus(tmp_path: Path) -> None:
    (tmp_path / "bus").touch()
    assert session_bus_address({"XDG_RUNTIME_DIR": str(tmp_path)}) == ""
    assert session_bus_address({"XDG_RUNTIME_DIR": "a\0b"}) == ""


def test_the_reason_names_what_is_missing() -> None:
    assert "XDG_RUNTIME_DIR is not set" in why_no_bus({})
    assert "there is no /run/user/7/bus" in why_no_bus({"XDG_RUNTIME_DIR": "/run/user/7"})


def bus_in(folder: Path) -> socket.socket:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "bus"))
    return listener


@pytest.mark.parametrize("runtime", ["", "relative", "/nowhere"])
def test_without_a_runtime_folder_it_is_where_the_system_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: str
) -> None:
    monkeypatch.setattr(desktop_session, "OWN_PLACES", str(tmp_path))
    place = tmp_path / str(os.geteuid())
    with bus_in(place):
        assert session_bus_address({"XDG_RUNTIME_DIR": runtime}) == f"unix:path={place}/bus"


def test_the_persons_own_comes_after_the_one_that_is_named(tmp_path: Path) -> None:
    environ = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/somewhere", "XDG_RUNTIME_DIR": str(tmp_path)}
    with bus_in(tmp_path):
        assert session_bus_address(environ) == f"unix:path=/somewhere;unix:path={tmp_path}/bus"
        environ["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={tmp_path}/bus"
        assert session_bus_address(environ) == f"unix:path={tmp_path}/bus"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("what", [".", "bus"])
def test_what_belongs_to_another_user_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """After `su` the variables are still those of the other user."""
    monkeypatch.setattr(desktop_session, "OWN_PLACES", str(tmp_path))
    theirs, place = tmp_path / "theirs", tmp_path / "0"
    with bus_in(theirs), bus_in(place):
        for path in {theirs / what, theirs / "bus"}:
            os.chown(path, 65534, 65534)
        environ = {"XDG_RUNTIME_DIR": str(theirs)}
        expected = f"unix:path={place}/bus" if what == "." else ""
        assert session_bus_address(environ) == expected
