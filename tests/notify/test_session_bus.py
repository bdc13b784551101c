"""Where the session bus is."""

import socket
from pathlib import Path

from recovery.notify.session_bus import session_bus_address, why_no_bus


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
