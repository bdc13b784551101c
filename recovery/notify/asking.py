"""One lot of questions whether the person may be disturbed, to the bus and to programs, without waiting for any."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from recovery.notify.do_not_disturb import (
    FULL_SCREEN,
    HELD,
    UNSEEN,
    Call,
    Dialogue,
    Server,
    calls,
    flag,
    full_screen,
    switch,
)
from recovery.notify.port import Note

if TYPE_CHECKING:
    import subprocess

LIMIT_SECONDS = 1.0
"""For all answers of a lot: who has not answered by then does not hold anything back."""

_PASSING = (".ServiceUnknown", ".NameHasNoOwner", ".NoReply", ".TimedOut", ".Timeout")
"""How the names of errors end that say nothing of the next time."""

_READ_BYTES = 4096
_TEXT_LIMIT = 65_536


class ProgramDialogue:
    """A dialogue with programs that are run one after the other."""

    def __init__(self, dialogue: Dialogue, environ: Mapping[str, str]) -> None:
        self._dialogue = dialogue
        self._environ = environ
        self._process: subprocess.Popen[bytes] | None = None
        self._said = b""
        self.answer: bool | None = None
        self.is_over = False
        self._go_on(None)

    def output(self) -> IO[bytes] | None:
        """The output of the present program, to be watched."""
        return self._process.stdout if self._process is not None else None

    def advance(self) -> None:
        """Read what there is to read, and run the next program when one has said all."""
        while (output := self.output()) is not None:
            try:
                data = os.read(output.fileno(), _READ_BYTES)
            except BlockingIOError:
                return
            self._said += data
            if not data or len(self._said) > _TEXT_LIMIT:
                self._put_away()
                self._go_on(self._said.decode("utf-8", "replace"))

    def give_up(self) -> None:
        """Ask no more; what is not known stays so."""
        self._put_away()
        self.is_over = True

    def _go_on(self, said: str | None) -> None:
        import subprocess

        try:
            command = next(self._dialogue) if said is None else self._dialogue.send(said)
            self._said = b""
            self._process = subprocess.Popen(  # noqa: S603  # our own words, no shell
                command,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            assert self._process.stdout is not None
            os.set_blocking(self._process.stdout.fileno(), False)
        except StopIteration as ended:
            self.answer, self.is_over = ended.value, True
        except OSError:
            self.is_over = True

    def _put_away(self) -> None:
        """A program that has closed its output has nothing more to say, whether it has ended or not."""
        process, self._process = self._process, None
        if process is not None and process.stdout is not None:
            process.stdout.close()
            with suppress(OSError):
                process.kill()
            process.wait()


class DoNotDisturbQuery:
    """The word of a desktop on disturbing the person. It is asked for each lot of notes, and forgotten after it."""

    def __init__(self, environ: Mapping[str, str], monotonic: Callable[[], float]) -> None:
        self._environ = environ
        self._monotonic = monotonic
        self._calls: dict[int, Call] = {}
        """By serial, those without an answer."""
        self._switch: ProgramDialogue | None = None
        self._full_screen: ProgramDialogue | None = None
        self._ends_at = 0.0
        self._is_asked = False
        self._is_held = False
        self._server = Server()
        self._unknown: set[Call] = set()
        """What this server does not have."""

    def concerns(self, note: Note, server: Server) -> bool:
        """Tell if the fate of a note depends on the answer."""
        return note.can_wait or server.drops_what_is_urgent

    def is_under_way(self, server: Server, send: Callable[[Call], int]) -> bool:
        """Tell if an answer is still to come; asks, where that has not been done for this lot."""
        if not self._is_asked:
            self._is_asked, self._is_held, self._server = True, False, server
            self._ends_at = self._monotonic() + LIMIT_SECONDS
            self._calls = {send(call): call for call in calls(server) if call not in self._unknown}
            known = switch(server, self._environ)
            self._switch = ProgramDialogue(known[1], self._environ) if known is not None else None
            window = full_screen(server, self._environ)
            self._full_screen = ProgramDialogue(window, self._environ) if window is not None else None
        return bool(self._calls) or any(self._talks())

    def why_not(self, note: Note) -> str:
        """Say why a note is not to be sent now, as a message to translate; "" where it is, as far as anybody says."""
        if not note.can_wait:
            return ""
        if self._holds_back():
            return HELD
        return FULL_SCREEN if self._full_screen is not None and self._full_screen.answer else ""

    def why_unseen(self, note: Note) -> str:
        """Say why a note that is sent now is not seen all the same."""
        return UNSEEN if self.concerns(note, self._server) and self._holds_back() else ""

    def _holds_back(self) -> bool:
        return self._is_held or (self._switch is not None and self._switch.answer is True)

    def answered(self, serial: int, values: object, error: str = "") -> bool:
        """Take the reply to one of the calls, or the name of its error; whether it was one."""
        call = self._calls.pop(serial, None)
        if call is None:
            return False
        held = False if error and error == call.unset else flag(values)
        if held is None and not error.endswith(_PASSING):
            self._unknown.add(call)
        self._is_held = self._is_held or bool(held)
        return True

    def outputs(self) -> Iterator[IO[bytes]]:
        """List the outputs to be watched."""
        for talk in self._talks():
            if (output := talk.output()) is not None:
                yield output

    def deadline(self) -> float | None:
        """Return when the lot is over, whoever has answered; None where no answer is awaited."""
        return self._ends_at if self._calls or any(self._talks()) else None

    def advance(self, monotonic: float) -> None:
        """Hear the programs; give up on who is too slow."""
        for talk in self._talks():
            talk.advance()
        if self._is_asked and monotonic >= self._ends_at:
            self._calls.clear()
            for talk in self._talks():
                talk.give_up()

    def end(self) -> None:
        """The lot is shown, held back or withdrawn: the next one is asked for anew."""
        for talk in self._talks():
            talk.give_up()
        self._calls.clear()
        self._is_asked = False

    def forget(self) -> None:
        """The server is another, or none."""
        self.end()
        self._unknown.clear()

    def _talks(self) -> list[ProgramDialogue]:
        return [talk for talk in (self._switch, self._full_screen) if talk is not None and not talk.is_over]
