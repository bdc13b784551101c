"""Do not disturb and full screen: the desktop is asked, the bus and programs, without waiting for any.

Measured with the servers themselves (Debian 12). KDE Plasma has the property `Inhibited` of the specification, dunst
has `paused`; Xfce keeps a switch in Xfconf, GNOME and MATE in GSettings, which has no way over the bus but tells there
that something changed. Each holds back or drops what is normal and shows what is critical, but MATE, which drops both,
and dunst, which keeps both until it goes on.
Of a full screen only GNOME knows by itself: elsewhere, on X11, the active window is asked.
"""

import os
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from recovery.language import N_
from recovery.notify.port import Note

if TYPE_CHECKING:
    import subprocess


PROPERTIES = "org.freedesktop.DBus.Properties"
SERVER = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
DUNST = "org.dunstproject.cmd0"
XFCONF = "org.xfce.Xfconf"

HELD = N_("the desktop is not to disturb")
UNSEEN = N_("the desktop shows nothing now, not even what is urgent")
FULL_SCREEN = N_("a program has the full screen")


@dataclass(frozen=True)
class Server:
    """The program that shows notes."""

    name: str = ""
    vendor: str = ""

    @property
    def drops_what_is_urgent(self) -> bool:
        """True if it shows nothing at all while the person does not want to be disturbed, and nothing of it later."""
        return self.vendor == "MATE"

    @property
    def keeps_what_is_urgent(self) -> bool:
        """True if it shows what is urgent only when that is over, as all else."""
        return self.name == "dunst"


@dataclass(frozen=True)
class Call:
    """A question over the session's bus."""

    by: str
    """Who answers, for people."""
    service: str
    path: str
    interface: str
    member: str
    values: tuple[str, ...] = ()
    unset: str = ""
    """The name of the error that means no."""

    @property
    def signature(self) -> str:
        """Of the values: they are all text."""
        return "s" * len(self.values)


PROPERTY_CALLS = (
    Call("Inhibited", SERVER, PATH, PROPERTIES, "Get", (SERVER, "Inhibited")),
    Call("dunst", SERVER, PATH, PROPERTIES, "Get", (DUNST, "paused")),
)
"""True where notes are held back."""

_XFCE = ("xfce4-notifyd", "/do-not-disturb")
XFCE_CALL = Call(
    "Xfce", XFCONF, "/org/xfce/Xfconf", XFCONF, "GetProperty", _XFCE, f"{XFCONF}.Error.PropertyNotFound"
)

_GSETTINGS = {
    "GNOME": ("org.gnome.desktop.notifications", "show-banners", "false"),
    "MATE": ("org.mate.NotificationDaemon", "do-not-disturb", "true"),
}
"""(schema, key, the value that holds notes back)."""

_DCONF_KEYS = (
    "/org/gnome/desktop/notifications/show-banners",
    "/org/mate/notification-daemon/do-not-disturb",
)

MATCH_RULES = (
    f"type='signal',sender='{SERVER}',path='{PATH}',interface='{PROPERTIES}'",
    f"type='signal',sender='{XFCONF}',interface='{XFCONF}',arg0='{_XFCE[0]}',arg1='{_XFCE[1]}'",
    *(f"type='signal',interface='ca.desrt.dconf.Writer',member='Notify',arg0='{key}'" for key in _DCONF_KEYS),
)
"""Match rules for the signals that `is_freed` reads."""

Dialogue = Generator[tuple[str, ...], str, bool | None]
"""Commands to run, one after the other; each gets what the one before has written. True: held back; None: unknown."""


def calls(server: Server) -> Iterator[Call]:
    """List what may be asked of a server over the bus."""
    yield from PROPERTY_CALLS
    if server.name.startswith("Xfce"):
        yield XFCE_CALL


def switch(server: Server, environ: Mapping[str, str]) -> tuple[str, Dialogue] | None:
    """Name the program that knows if the person may be disturbed, and how to ask; None where none does."""
    by = "GNOME" if server.name == "gnome-shell" else server.vendor
    if by not in _GSETTINGS or not _which("gsettings", environ):
        return None
    return by, _setting(*_GSETTINGS[by])


def full_screen(server: Server, environ: Mapping[str, str]) -> Dialogue | None:
    """Say how to ask if the active window takes the full screen; None where the desktop sees to it, or cannot tell."""
    is_x11 = environ.get("DISPLAY") and not environ.get("WAYLAND_DISPLAY")
    if not is_x11 or server.name == "gnome-shell" or not _which("xprop", environ):
        return None
    return _active_window()


def _which(program: str, environ: Mapping[str, str]) -> bool:
    return shutil.which(program, path=environ.get("PATH")) is not None


def _setting(schema: str, key: str, holds: str) -> Dialogue:
    said = yield ("gsettings", "get", schema, key)
    return said.strip() == holds if said.strip() in ("true", "false") else None


def _active_window() -> Dialogue:
    said = yield ("xprop", "-root", "_NET_ACTIVE_WINDOW")
    number = said.partition("#")[2].partition(",")[0].strip()  # xfwm4 has a second one
    try:
        if int(number, 16) == 0:
            return False  # no window is active
    except ValueError:
        return None  # the window manager does not say
    said = yield ("xprop", "-id", number, "_NET_WM_STATE")
    return "_NET_WM_STATE_FULLSCREEN" in said


def run_dialogue(dialogue: Dialogue, ask: Callable[[tuple[str, ...]], str]) -> bool | None:
    """The end of a dialogue, for who may wait."""
    try:
        command = next(dialogue)
        while True:
            command = dialogue.send(ask(command))
    except StopIteration as ended:
        answer: bool | None = ended.value
        return answer


def yes_or_no(values: Any) -> bool | None:
    """The answer to a `Call`; None where there is no such property, or it is something else than yes or no."""
    match values:
        case ((_signature, bool(held)),):
            return held
    return None


def is_freed(member: str, values: Any) -> bool:
    """Tell if a signal may mean that notes are shown again: it is worth asking then."""
    match member, values:
        case "PropertiesChanged", (str(), dict(changed), list(invalidated)):
            names = [call.values[1] for call in PROPERTY_CALLS]
            return any(name in invalidated or yes_or_no((changed.get(name),)) is False for name in names)
        case "PropertyChanged", (_, _, value):
            return yes_or_no((value,)) is False
        case ("PropertyRemoved", _) | ("Notify", _):
            return True
    return False


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
            asked = switch(server, self._environ)
            self._switch = ProgramDialogue(asked[1], self._environ) if asked is not None else None
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
        held = False if error and error == call.unset else yes_or_no(values)
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
