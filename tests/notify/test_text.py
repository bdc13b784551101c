"""The last resort."""

import io
import os
import time
from datetime import UTC, datetime

from recovery.notify.port import Note, Shown, Undelivered
from recovery.notify.text import NO_DESKTOP_HERE, TextNotifier

NOON = datetime(2026, 6, 1, 12, 5, tzinfo=UTC)


def shown_as(note: Note, encoding: str = "utf-8") -> str:
    memory = io.BytesIO()
    stream = io.TextIOWrapper(memory, encoding=encoding, newline="")
    notifier = TextNotifier(stream, now=lambda: NOON)
    notifier.show(note)
    assert notifier.collect(time.monotonic()) == [Shown(note.tag, "text")]
    return memory.getvalue().decode(encoding)


def test_without_a_stream_nothing_is_shown() -> None:
    notifier = TextNotifier()
    notifier.show(Note("ice", "Cold pack on", "", tag=3))

    assert notifier.collect(time.monotonic()) == [Undelivered(3, "text", NO_DESKTOP_HERE)]
    assert notifier.problem() == NO_DESKTOP_HERE


def test_a_note_is_one_line_with_the_local_time() -> None:
    local = NOON.astimezone()

    assert shown_as(Note("ice", "Cold pack on", "20 minutes.\nA cloth between.")) == (
        f"{local:%H:%M} Cold pack on - 20 minutes. A cloth between.\n"
    )
    assert shown_as(Note("ice", "Cold pack on", "")) == f"{local:%H:%M} Cold pack on\n"


def test_nothing_in_a_note_commands_the_terminal() -> None:
    assert shown_as(Note("ice", "a\x1b]0;title\x07b\x9bc\0", "d\re\x08\ud83d"))[6:] == "a]0;titlebc - d e\n"


def test_a_terminal_without_unicode_shows_what_it_can() -> None:
    assert shown_as(Note("ice", "Eis 🧊", "für"), encoding="ascii")[6:] == "Eis ? - f?r\n"


def test_a_stream_that_takes_nothing_does_not_hold_the_daemon() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writer, True)
    with os.fdopen(writer, "w") as stream, os.fdopen(reader):
        notifier = TextNotifier(stream)
        notifier.show(Note("ice", "Cold pack on", "", tag=1))

        assert notifier.collect(time.monotonic()) == [
            Undelivered(1, "text", "the terminal takes no text at the moment")
        ]


def test_a_closed_stream_is_a_stated_failure() -> None:
    stream = io.StringIO()
    stream.close()
    notifier = TextNotifier(stream)
    notifier.show(Note("ice", "Cold pack on", "", tag=1))

    [outcome] = notifier.collect(time.monotonic())
    assert isinstance(outcome, Undelivered)
    assert "cannot be written to" in outcome.reason
