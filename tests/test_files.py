"""Reading what is named as a file, whatever stands there."""

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from recovery import files
from recovery.files import CannotRead, TooLarge, read_whole

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(files, "WRITER_WITHIN", 0.05)
    monkeypatch.setattr(files, "PIPE_SECONDS", 0.05)
    return


def writes(path: Path, data: bytes) -> threading.Thread:
    thread = threading.Thread(target=path.write_bytes, args=(data,))
    thread.start()
    return thread


def test_a_file_of_the_allowed_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 10)
    assert read_whole(path, 10) == b"x" * 10
    with pytest.raises(TooLarge):
        read_whole(path, 9)


def test_a_file_of_the_system_that_tells_no_size_is_read() -> None:
    path = Path("/proc/self/status")
    if path.exists():
        assert read_whole(path, 1 << 20).startswith(b"Name:")
        with pytest.raises(TooLarge):
            read_whole(path, 5)


def test_a_huge_file_is_not_read_at_all(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    path.touch()
    os.truncate(path, 1 << 40)
    with pytest.raises(TooLarge):
        read_whole(path, 1 << 30)


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_whole(tmp_path / "nothing", 10)
    with pytest.raises(IsADirectoryError):
        read_whole(tmp_path, 10, pipes=True)
    with pytest.raises(CannotRead, match="a pipe or a device"):
        read_whole(Path("/dev/zero"), 10, pipes=True)
    with pytest.raises(OSError, match="null byte"):
        read_whole(Path("a\0b"), 10)


def test_nothing_is_an_empty_file() -> None:
    assert read_whole(Path(os.devnull), 10) == b""


def test_a_pipe_is_read_to_its_end_where_one_is_taken(pipe: Path) -> None:
    with pytest.raises(CannotRead, match="a pipe or a device"):
        read_whole(pipe, 10)
    data = b"x" * 300_000  # more than a pipe holds
    thread = writes(pipe, data)
    assert read_whole(pipe, 300_000, pipes=True) == data
    thread.join()


def test_a_pipe_that_never_ends_is_left(pipe: Path) -> None:
    def pour() -> None:
        with suppress(BrokenPipeError), pipe.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 65_536)

    thread = threading.Thread(target=pour)
    thread.start()
    with pytest.raises(TooLarge):
        read_whole(pipe, 300_000, pipes=True)
    thread.join()


def test_a_pipe_that_nobody_writes_to_is_given_up(pipe: Path, impatient: None) -> None:
    with pytest.raises(CannotRead, match="nobody writes to it"):
        read_whole(pipe, 10, pipes=True)


@pytest.mark.parametrize("said", [b"", b"some"])
def test_a_pipe_whose_writer_is_silent_is_given_up(pipe: Path, impatient: None, said: bytes) -> None:
    holder = os.open(pipe, os.O_RDWR)
    os.write(holder, said)
    try:
        with pytest.raises(CannotRead, match="nothing comes from it"):
            read_whole(pipe, 10, pipes=True)
    finally:
        os.close(holder)


def test_a_writer_who_drips_is_given_up(pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PIPE_SECONDS", 0.5)
    is_over = threading.Event()

    def drip() -> None:
        with suppress(BrokenPipeError), pipe.open("wb", buffering=0) as file:
            while not is_over.wait(0.1):
                file.write(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        with pytest.raises(CannotRead, match=r"comes too slowly: waited for|nothing comes from it"):
            read_whole(pipe, 300, pipes=True)
    finally:
        is_over.set()
        thread.join()


def test_a_slow_line_is_no_silence(pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PIPE_SECONDS", 30.0)
    monkeypatch.setattr(files, "EARNS_A_SECOND", 1)
    data = b"x" * 300
    thread = writes(pipe, data)
    assert read_whole(pipe, 300, pipes=True) == data
    thread.join()


def test_a_silent_writer_is_waited_for_no_longer_in_two_steps(
    pipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait for somebody to open it is part of the whole."""
    waits: list[float] = []

    def select(_read: object, _write: object, _other: object, within: float) -> tuple[list[int], ...]:
        waits.append(within)
        seconds[0] += within
        return [], [], []

    seconds = [0.0]
    monkeypatch.setattr("select.select", select)
    monkeypatch.setattr("recovery.clock.monotonic", lambda: seconds[0])
    holder = os.open(pipe, os.O_RDWR)
    with pytest.raises(CannotRead, match="nothing comes from it, for 30 s now"):
        read_whole(pipe, 10, pipes=True)
    os.close(holder)
    assert sum(waits) == files.PIPE_SECONDS


def test_standard_input_that_is_silent_is_given_up(impatient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader) as stream, os.fdopen(writer, "w"):
        monkeypatch.setattr("sys.stdin", stream)
        with pytest.raises(CannotRead, match="nothing comes from it"):
            read_whole(files.STDIN, 10, pipes=True)


def test_a_terminal_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(theirs) as stream, os.fdopen(ours, "w"):
        monkeypatch.setattr("sys.stdin", stream)
        with pytest.raises(CannotRead, match="a terminal"):
            read_whole(files.STDIN, 10, pipes=True)
        with pytest.raises(CannotRead, match="a pipe or a device"):
            read_whole(Path(os.ttyname(theirs)), 10, pipes=True)
