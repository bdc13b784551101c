"""Notes on the desktop, by the freedesktop notification protocol over the session bus."""

import html
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeGuard

from recovery import clock
from recovery.language import N_, _
from recovery.notify.desktop_session import bare, session_bus_address, why_no_bus
from recovery.notify.do_not_disturb import (
    MATCH_RULES,
    PATH,
    SERVER,
    Call,
    DoNotDisturbQuery,
    Server,
    is_freed,
)
from recovery.notify.given import Notes
from recovery.notify.port import (
    WITHDRAWN_UNSEEN,
    Capabilities,
    Closed,
    CloseReason,
    Freed,
    Ignored,
    Lack,
    Note,
    Outcome,
    Pressed,
    Readable,
    Shown,
    Undelivered,
)
from recovery.notify.wording import APP_NAME, BODY_LIMIT, TITLE_LIMIT, clean, one_line

if TYPE_CHECKING:
    from recovery.notify.dbus import BusEvent, SessionBus, Signal

REPLY_LIMIT_SECONDS = 3.0
MOST_EARLY = 50
"""Signals kept that may be about a note whose number is yet to come."""

MOST_SAID = 20
"""The most times that the log says of one server that something is ignored."""

SERVER_SILENT = N_("the notification server does not answer")
NO_SERVER = N_("no notification server is running on this desktop")
SERVER_GONE = N_("the notification server went away")
GONE_UNANSWERED = N_("the notification server went away before it answered")
NO_NUMBER = N_("the notification server did not say which note it made of it")

BUS_DAEMON = "org.freedesktop.DBus"
"""The bus itself, as the sender of its own signals."""

_RULES = (
    f"type='signal',sender='{SERVER}',path='{PATH}',interface='{SERVER}'",
    f"type='signal',sender='{BUS_DAEMON}',member='NameOwnerChanged',arg0='{SERVER}'",
    *MATCH_RULES,
)
_CLOSE_REASONS: Mapping[int, CloseReason] = {1: "expired", 2: "dismissed", 3: "withdrawn"}
_ABSENT = ("ServiceUnknown", "NameHasNoOwner", "Spawn.")
_EXPIRES_NEVER, _EXPIRES_AS_THE_SERVER_LIKES = 0, -1


@dataclass
class _Delivery:
    """A note from `show` to its outcome."""

    note: Note
    give_up_at: float
    is_withdrawn: bool = False
    unseen: str = ""
    """Why it stays unseen though the server takes it: a message to translate."""


class DBusNotifier:
    """Speaks to the notification server of the session, without ever waiting for it.

    The first note asks for the server's capabilities and is held until they are known, since they decide how
    text is written. A server that has let a note time out is asked again before it is given another: a hung
    server wakes up to no heap of stale notes.
    """

    name = "dbus"

    def __init__(
        self, environ: Mapping[str, str] = os.environ, monotonic: Callable[[], float] = clock.monotonic
    ) -> None:
        self._environ = environ
        self._monotonic = monotonic
        self._bus: SessionBus | None = None
        self._capabilities: Capabilities | None = None
        self._has_body = True
        self.server = ""
        """Name and version of the server, once known."""
        self._problem = ""
        self._ready: list[Outcome] = []
        self._waiting: list[_Delivery] = []
        self._under_way: dict[int, _Delivery] = {}
        self._too_late: dict[int, _Delivery] = {}
        """Calls without an answer in time: a late one still brings the id, for a repetition to replace."""
        self._probe: tuple[int, float] | None = None
        """Serial and time limit of the question for the capabilities."""
        self._information = 0
        self._who = Server()
        self._asking = DoNotDisturbQuery(environ, monotonic)
        self._holds = False
        """True if a note was held back since the desktop last said that it may disturb."""
        self._notes = Notes()
        self._early: list[Signal] = []
        """Signals that may be about a note under way, or about one to take over."""
        self._said = 0
        """The count of times that the log has said so."""
        self._closing: dict[int, int] = {}
        """Ids of notes that the server is asked to close, by serial."""
        self._bus_id, self._owner = "", ""
        """Of the bus, and the server's own name on it: with an id they name one note and no other."""
        self._naming: tuple[int, int] = (0, 0)
        """The serials of the questions for them."""
        self._is_named = False
        """True if they have been answered."""
        self._adopted: dict[str, tuple[Note, str]] = {}
        """Notes to take over and their tokens, by key, until it is known whose they are."""
        self._unwanted: set[str] = set()
        """Those of them that were withdrawn meanwhile."""
        try:
            from recovery.notify import dbus  # jeepney may be missing
        except ImportError as error:
            self._dbus = None
            self._problem = _("the Python package {name} is not installed", name=error.name)
        else:
            self._dbus = dbus

    def capabilities(self) -> Capabilities | None:
        return self._capabilities

    def problem(self) -> str:
        return self._problem

    def bus(self) -> str | None:
        return bare(self._bus.address) if self._bus else ""

    def probe(self) -> None:
        if self._capabilities is None and self._connect():
            self._ask_capabilities()

    def show(self, note: Note) -> None:
        delivery = _Delivery(note, self._monotonic() + REPLY_LIMIT_SECONDS)
        self._waiting.append(delivery)
        if self._connect():
            self._send_waiting()

    def withdraw(self, key: str) -> None:
        for delivery in [each for each in self._waiting if each.note.key == key]:
            self._waiting.remove(delivery)
            self._ready.append(Undelivered(delivery.note.tag, self.name, _(WITHDRAWN_UNSEEN)))
        for delivery in (*self._under_way.values(), *self._too_late.values()):
            if delivery.note.key == key:
                delivery.is_withdrawn = True
        if number := self._notes.number(key):
            self._close_note(number)
        if key in self._adopted:
            self._unwanted.add(key)

    def adopt(self, note: Note, token: str) -> None:
        self._adopted[note.key] = note, token
        if self._connect() and self._is_named:
            self._take_over()

    def sources(self) -> tuple[Readable, ...]:
        return (self._bus.socket, *self._asking.outputs()) if self._bus else ()

    def deadline(self) -> float | None:
        if self._ready:
            return 0.0
        limits = [delivery.give_up_at for delivery in (*self._waiting, *self._under_way.values())]
        if self._probe:
            limits.append(self._probe[1])
        if (ends_at := self._asking.deadline()) is not None:
            limits.append(ends_at)
        if self._bus and (due := self._bus.deadline()) is not None:
            limits.append(due)
        return min(limits, default=None)

    def collect(self, monotonic: float) -> list[Outcome]:
        if self._bus and self._dbus:
            try:
                for event in self._bus.advance(monotonic):
                    self._take(event)
            except self._dbus.BusLost as lost:
                self._lose_bus(lost.reason, lost.lack)
        self._give_up(monotonic)
        if self._is_named and not (self._under_way or self._too_late or self._adopted):
            self._early.clear()
        if self._bus:
            self._send_waiting()
        outcomes, self._ready = self._ready, []
        return outcomes

    def close(self) -> None:
        self._hang_up()
        self._forget_server()
        self._waiting.clear()
        self._under_way.clear()
        self._ready.clear()

    def _hang_up(self) -> None:
        if self._bus:
            self._bus.close()
            self._bus = None

    def _connect(self) -> bool:
        """Tell if there is a connection, or one being made."""
        if self._bus:
            return True
        if self._dbus is None:
            self._lose_bus(self._problem, "library")
            return False
        address = session_bus_address(self._environ)
        if not address:
            self._lose_bus(why_no_bus(self._environ), "bus")
            return False
        try:
            self._bus = self._dbus.SessionBus(address, self._monotonic())
        except self._dbus.BusLost as lost:
            self._lose_bus(lost.reason, lost.lack)
            return False
        for rule in _RULES:
            self._bus.match(rule)
        self._is_named = False
        bus = self._dbus.address("/org/freedesktop/DBus", BUS_DAEMON)
        self._naming = (
            self._bus.call(bus, "GetId"),
            self._bus.call(bus, "GetNameOwner", "s", (SERVER,)),
        )
        return True

    def _lose_bus(self, reason: str, lack: Lack) -> None:
        self._hang_up()
        self._forget_server()
        self._fail_waiting(reason, lack)
        for delivery in self._under_way.values():
            self._ready.append(Undelivered(delivery.note.tag, self.name, reason, lack))
        self._under_way.clear()

    def _forget_server(self) -> None:
        """The server's notes went with it, and its ids mean nothing to the next one."""
        self._capabilities = None
        self.server = ""
        self._probe = None
        self._who = Server()
        self._asking.forget()
        if self._holds:
            self._holds = False
            self._ready.append(Freed())
        self._too_late.clear()
        self._ready += [Closed(key, "lost") for key in self._notes]
        self._ready += [Closed(key, "unknown") for key in self._adopted]
        self._notes.forget()
        self._early.clear()
        self._said = 0
        self._closing.clear()
        self._adopted.clear()
        self._unwanted.clear()
        self._owner = ""

    def _take_over(self) -> None:
        """Make the notes of the process before us ours, as far as this server has shown them."""
        for key, (note, token) in self._adopted.items():
            place, _slash, number = token.rpartition("/")
            if place != self._place() or not _is_id(number):
                self._ready.append(Closed(key, "unknown"))
                continue
            if not self._notes.number(key):
                self._notes.put(int(number), note, _sent(note))
            if key in self._unwanted:
                self._close_note(int(number))
        self._adopted.clear()
        self._unwanted.clear()
        self._is_named = True
        self._take_early()

    def _place(self) -> str:
        return f"{self._bus_id}/{self._owner}"

    def _fail_waiting(self, reason: str, lack: Lack) -> None:
        self._problem = reason
        self._ready += [Undelivered(each.note.tag, self.name, reason, lack) for each in self._waiting]
        self._waiting.clear()

    def _call(self, member: str, signature: str = "", body: tuple[Any, ...] = (), interface: str = "") -> int:
        if self._bus is None or self._dbus is None:
            return 0
        return self._bus.call(self._dbus.address(PATH, SERVER, interface), member, signature, body)

    def _ask_capabilities(self) -> None:
        if self._probe is None:
            self._information = self._call("GetServerInformation")
            self._probe = self._call("GetCapabilities"), self._monotonic() + REPLY_LIMIT_SECONDS

    def _send_waiting(self) -> None:
        """Send what can be sent: one note a key at a time, since replacing needs the id of the one before."""
        if not self._waiting:
            self._asking.end()
            return
        if self._capabilities is None:
            self._ask_capabilities()
            return
        busy = {delivery.note.key for delivery in self._under_way.values()}
        kept = []
        for delivery in self._waiting:
            note = delivery.note
            concerned = self._asking.concerns(note, self._who)
            if note.key in busy or (concerned and self._asking.is_under_way(self._who, self._ask)):
                kept.append(delivery)
            elif concerned and (reason := self._asking.why_not(note)):
                self._holds = True
                self._ready.append(Undelivered(note.tag, self.name, _(reason), is_held=True))
            else:
                busy.add(note.key)
                delivery.unseen = self._asking.why_unseen(note) if concerned else ""
                self._under_way[self._notify(note, self._capabilities)] = delivery
        self._waiting = kept
        if not any(self._asking.concerns(delivery.note, self._who) for delivery in kept):
            self._asking.end()

    def _ask(self, call: Call) -> int:
        """The serial of a question. It starts no service: that of another desktop need not run."""
        if self._bus is None or self._dbus is None:
            return 0
        where = self._dbus.address(call.path, call.service, call.interface)
        return self._bus.call(where, call.member, call.signature, call.values, starts=False)

    def _notify(self, note: Note, can: Capabilities) -> int:
        title = clean(note.title, TITLE_LIMIT)
        body = clean(note.body, BODY_LIMIT)
        if not self._has_body:
            title, body = f"{title}: {one_line(body)}", ""
        if can.markup:
            body = html.escape(body, quote=False)
        actions = [clean(text, TITLE_LIMIT) for action in _buttons(note, can) for text in action]
        hints: dict[str, tuple[str, Any]] = {
            "urgency": ("y", 2 if note.critical else 1),
            "desktop-entry": ("s", APP_NAME),
        }
        if note.sound and can.sound:
            hints["sound-name"] = ("s", note.sound)
        timeout = _EXPIRES_NEVER if note.critical else _EXPIRES_AS_THE_SERVER_LIKES
        replaces = self._notes.number(note.key)
        return self._call(
            "Notify", "susssasa{sv}i", (APP_NAME, replaces, "", title, body, actions, hints, timeout)
        )

    def _close_note(self, number: int) -> None:
        self._closing[self._call("CloseNotification", "u", (number,))] = number

    def _closed(self, number: int, reason: CloseReason) -> None:
        if closed := self._notes.closed(number, reason, self._monotonic()):
            self._ready.append(closed)

    def _take(self, event: "BusEvent") -> None:
        if (dbus := self._dbus) is None:
            return
        match event:
            case dbus.Reply(serial, values):
                self._take_reply(serial, values)
            case dbus.Failure(serial, name, text):
                self._take_failure(serial, name, text)
            case dbus.Signal():
                self._take_signal(event)

    def _take_signal(self, signal: "Signal") -> None:
        """Take a signal from its proper sender only: anybody on the bus can send us any."""
        if signal.sender == BUS_DAEMON:
            match signal.member, signal.values:
                case "NameOwnerChanged", (str(name), str(before), str(owner)) if name == SERVER:
                    self._change_owner(before, owner)
        elif signal.interface == SERVER:
            if self._owner and signal.sender == self._owner and signal.path == PATH:
                self._take_word(signal)
            elif not self._is_named:
                self._keep_early(signal)
            else:
                self._ignore(f"{signal.member} from {signal.sender}, which shows no notes")
        elif self._holds and is_freed(signal.member, signal.values):
            self._holds = False
            self._ready.append(Freed())

    def _change_owner(self, before: str, owner: str) -> None:
        self._forget_server()
        self._owner = owner
        self._problem = "" if owner else _(SERVER_GONE)
        if before:
            # What was on its way to the one before may yet be answered by it, with a number that is not this one's.
            for delivery in self._under_way.values():
                self._ready.append(Undelivered(delivery.note.tag, self.name, _(GONE_UNANSWERED)))
            self._under_way.clear()
        if owner:
            self._ready.append(Freed())

    def _take_word(self, signal: "Signal") -> None:
        """Take the server's word on a note: one of ours, another program's, or one still under way."""
        match signal.member, signal.values:
            case ("ActionInvoked", (int(number), str(action))) if _is_number(number):
                if self._may_be_early(number):
                    self._keep_early(signal)
                    return
                pressed = self._notes.pressed(number, action, self._monotonic())
                if isinstance(pressed, Pressed):
                    self._ready.append(pressed)
                    self._close_note(number)  # an answered note goes, as most servers do by themselves
                elif pressed:
                    self._ignore(pressed)
            case ("NotificationClosed", (int(number), reason)) if _is_number(number):
                if self._may_be_early(number):
                    self._keep_early(signal)
                    return
                self._closed(number, _CLOSE_REASONS.get(reason if isinstance(reason, int) else 0, "unknown"))
            case ("ActionInvoked" | "NotificationClosed", _):
                self._ignore(f"{signal.member} without the number of a note")

    def _may_be_early(self, number: int) -> bool:
        is_awaited = bool(self._under_way or self._too_late or self._adopted)
        return is_awaited and self._notes.may_be_new(number)

    def _keep_early(self, signal: "Signal") -> None:
        if len(self._early) < MOST_EARLY:
            self._early.append(signal)

    def _take_early(self) -> None:
        """A note has its number: what has come of it before counts now."""
        early, self._early = self._early, []
        for signal in early:
            self._take_signal(signal)

    def _ignore(self, why: str) -> None:
        self._said += 1
        if self._said <= MOST_SAID:
            self._ready.append(Ignored(one_line(why)))

    def _take_reply(self, serial: int, values: tuple[Any, ...]) -> None:
        """A reply of another shape than the specification's is as good as none of what it should tell."""
        first = values[0] if values else None
        if self._probe and serial == self._probe[0]:
            self._learn(first if isinstance(first, list) else [])
        elif serial == self._information and len(values) >= 3:
            self.server = one_line(f"{first} {values[2]}")
            self._who = Server(str(first), str(values[1]))
        elif serial in self._naming:
            if serial == self._naming[0]:
                self._bus_id = one_line(str(first))
            else:
                self._owner = one_line(str(first))
                self._take_over()
        elif serial in self._closing:
            # Of a note of the process before us some servers tell nobody else that it is closed.
            self._closed(self._closing.pop(serial), "withdrawn")
        elif self._asking.answered(serial, values):
            return
        elif delivery := self._under_way.pop(serial, None):
            self._take_number(delivery, first)
        elif (delivery := self._too_late.pop(serial, None)) and _is_number(first):
            self._remember(delivery, first)
            self._take_early()

    def _take_number(self, delivery: _Delivery, number: object) -> None:
        """The answer to a note: shown, if it names the note that the server has made of it."""
        if not _is_number(number):
            self._problem = _(NO_NUMBER)
            self._ready.append(Undelivered(delivery.note.tag, self.name, self._problem))
            return
        self._problem = ""
        self._remember(delivery, number)
        if delivery.unseen:
            self._holds = True
            reason = _(delivery.unseen)
            self._ready.append(Undelivered(delivery.note.tag, self.name, reason, is_held=True))
        else:
            token = f"{self._place()}/{number}" if self._owner else ""
            self._ready.append(Shown(delivery.note.tag, self.name, token))
        self._take_early()

    def _learn(self, listed: list[Any]) -> None:
        self._probe = None
        self._problem = ""
        self._has_body = not listed or "body" in listed
        self._capabilities = Capabilities(
            buttons="actions" in listed,
            replace=True,
            close=True,
            urgency=True,
            markup="body-markup" in listed,
            persistence="persistence" in listed,
            sound="sound" in listed,
        )

    def _remember(self, delivery: _Delivery, number: int) -> None:
        note, can = delivery.note, self._capabilities or Capabilities()
        gone, not_replaced = self._notes.put(number, note, _sent(replace(note, actions=_buttons(note, can))))
        self._ready += gone
        # An older wish to close a note of that number was for the one before.
        self._closing = {serial: closed for serial, closed in self._closing.items() if closed != number}
        if not_replaced:
            self._close_note(not_replaced)
        if delivery.is_withdrawn:
            self._close_note(number)

    def _take_failure(self, serial: int, name: str, text: str) -> None:
        reason, lack = _in_plain_words(name, text)
        if self._probe and serial == self._probe[0]:
            if name.endswith(".UnknownMethod"):
                self._learn([])
                return
            self._probe = None
            self._fail_waiting(reason, lack)
        elif serial == self._naming[1]:
            self._take_over()  # no server runs that could have shown them
        elif serial in self._closing:
            self._closed(self._closing.pop(serial), "unknown")
        elif self._asking.answered(serial, None, name):
            return
        elif delivery := self._under_way.pop(serial, None):
            self._problem = reason
            self._ready.append(Undelivered(delivery.note.tag, self.name, reason, lack))
        else:
            self._too_late.pop(serial, None)

    def _give_up(self, monotonic: float) -> None:
        """Fail what has waited long enough; a server that does not say whether it may disturb is sent to."""
        self._asking.advance(monotonic)
        late = {serial: each for serial, each in self._under_way.items() if each.give_up_at <= monotonic}
        for serial, delivery in late.items():
            del self._under_way[serial]
            self._too_late[serial] = delivery
        overdue = [each for each in self._waiting if each.give_up_at <= monotonic]
        for delivery in overdue:
            self._waiting.remove(delivery)
        # Who does not answer and has no name on the bus is not there: the bus may try for long to start it.
        is_absent = bool(self._bus_id and not self._owner)
        reason, lack = _silence(is_absent)
        for delivery in (*late.values(), *overdue):
            self._ready.append(Undelivered(delivery.note.tag, self.name, reason, lack))
        has_silent_probe = self._probe is not None and self._probe[1] <= monotonic
        if not late and not overdue and not has_silent_probe:
            return
        self._problem = reason
        self._capabilities = None
        if has_silent_probe:
            self._probe = None
        if self._bus and self._bus.is_stuck():
            self._lose_bus(_("the session bus takes no messages"), "")


def _is_number(number: object) -> TypeGuard[int]:
    """True for a number that a server may give to a note: 32 bits, and not 0."""
    return isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**32


def _buttons(note: Note, can: Capabilities) -> tuple[tuple[str, str], ...]:
    return note.actions if can.buttons else ()


def _sent(note: Note) -> dict[str, str]:
    """The names of a note's buttons, by how a server is given them."""
    return {clean(name, TITLE_LIMIT): name for name, _label in note.actions}


def _is_id(text: str) -> bool:
    """True for such a number in figures."""
    return text.isascii() and text.isdecimal() and len(text) <= 10 and _is_number(int(text))


def _silence(is_absent: bool) -> tuple[str, Lack]:
    return (_(NO_SERVER), "server") if is_absent else (_(SERVER_SILENT), "")


def _in_plain_words(name: str, text: str) -> tuple[str, Lack]:
    """Put a D-Bus error into words for a person, and tell if the server is missing altogether."""
    error = name.removeprefix("org.freedesktop.DBus.Error.")
    if error.startswith(_ABSENT):
        return _(NO_SERVER), "server"
    if error == "NoReply":
        return _(GONE_UNANSWERED), ""
    if error in ("TimedOut", "Timeout"):
        return _(SERVER_SILENT), ""
    return _("the notification server refused it ({reason})", reason=one_line(text or name)), ""
