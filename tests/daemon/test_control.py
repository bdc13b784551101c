"""Calls to the daemon: never waited for, and nothing but the two words is heard."""

import os
import select
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.daemon.control import STOP, WAKE, ControlSocket, call


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[ControlSocket]:
    ear = ControlSocket(tmp_path)
    yield ear
    ear.close()


def send(folder: Path, data: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.sendto(data, str(folder / "daemon.sock"))


def test_calls_are_heard_in_order(tmp_path: Path, ear: ControlSocket) -> None:
    assert call(tmp_path, WAKE)
    assert call(tmp_path, STOP)
    assert select.select([ear], [], [], 5)[0]

    assert ear.hear() == [WAKE, STOP]
    assert ear.hear() == []


def test_nobody_hears_where_nobody_listens(tmp_path: Path) -> None:
    assert not call(tmp_path, WAKE)
    assert not call(tmp_path / "nowhere", WAKE)


def test_a_socket_left_behind_hears_nothing_and_is_no_obstacle(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(tmp_path / "daemon.sock"))
    assert not call(tmp_path, WAKE)

    ear = ControlSocket(tmp_path)
    assert call(tmp_path, WAKE)
    assert ear.hear() == [WAKE]
    ear.close()
    assert not (tmp_path / "daemon.sock").exists()


@given(st.lists(st.binary(max_size=600), max_size=5))
def test_rubbish_is_passed_over(tmp_path_factory: pytest.TempPathFactory, sent: list[bytes]) -> None:
    folder = tmp_path_factory.mktemp("ear")
    ear = ControlSocket(folder)
    try:
        for data in [*sent, WAKE]:
            send(folder, data)
        assert ear.hear() == [data for data in sent if data in (WAKE, STOP)] + [WAKE]
    finally:
        ear.close()


def test_a_caller_does_not_wait_for_a_daemon_that_does_not_listen(tmp_path: Path, ear: ControlSocket) -> None:
    for _ in range(5000):
        assert call(tmp_path, WAKE)

    assert set(ear.hear()) == {WAKE}


def test_a_path_too_long_for_a_socket_works_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 30) / ("er" * 60)
    folder.mkdir(parents=True)
    assert len(os.fsencode(folder / "daemon.sock")) > 108

    ear = ControlSocket(folder)
    assert call(folder, WAKE)
    assert ear.hear() == [WAKE]
    ear.close()
    assert list(folder.iterdir()) == []
