"""Whose bus it is, before a word is said over it."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from recovery.notify.dbus import BusLost
from recovery.notify.other_bus import is_same, ours

ANOTHER = """\
import os, socket, sys
with socket.socket(socket.AF_UNIX) as listener:
    os.setuid(65534)
    listener.bind(sys.argv[1].replace("@", "\\0"))
    listener.listen()
    print("up", flush=True)
    sys.stdin.read()
"""

needs_abstract = pytest.mark.skipif(sys.platform != "linux", reason="Linux has abstract sockets")


def test_a_socket_of_ones_own_is_taken_whatever_else_is_listed(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "bus"))
        mine = f"unix:path={tmp_path}/bus"

        assert ours(mine) == mine
        assert (
            ours(f"unix:path={tmp_path}/gone;rubbish;tcp:host=x,port=1;{mine},guid=1a") == f"{mine},guid=1a"
        )


@needs_abstract
def test_an_abstract_socket_of_ones_own_is_taken() -> None:
    name = f"recovery-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0{name}")
        listener.listen()

        assert ours(f"unix:abstract={name}") == f"unix:abstract={name}"


@needs_abstract
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_an_abstract_socket_of_another_user_is_refused() -> None:
    name = f"recovery-test-{os.getpid()}"
    command = [sys.executable, "-c", ANOTHER, f"@{name}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"up\n"
        with pytest.raises(BusLost, match=r"it belongs to another user \(number 65534\)"):
            ours(f"unix:abstract={name}")
        other.kill()


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "is not a D-Bus address"),
        ("unix:", "is not a D-Bus address"),
        ("unix:tmpdir=/tmp", "not supported here"),
        ("unixexec:path=/bin/sh", "not supported here"),
        ("unix:path=/a%00b", "null"),
        ("unix:path=%zz", "No such file"),
    ],
)
def test_what_is_no_local_socket_is_refused_with_the_reason(address: str, reason: str) -> None:
    with pytest.raises(BusLost, match=reason):
        ours(address)


def test_a_bus_is_the_same_by_another_name(tmp_path: Path) -> None:
    assert is_same("unix:path=/a/b", "unix:path=/a/%62,guid=1")
    assert not is_same("unix:path=/a/b", "unix:abstract=/a/b")
    assert not is_same("", "unix:path=/a/b")
    assert not is_same(None, "unix:path=/a/b")
