"""A connection to the session bus that never waits. The only module that names jeepney.

jeepney gives the bytes (authentication, messages); when to read and write is decided here, because its own
connections all block, poll from a thread or need asyncio.
"""

import os
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

# jeepney carries no types.
from jeepney.auth import BEGIN, AuthenticationError, Authenticator  # type: ignore[import-untyped]  # it carries no types
from jeepney.bus import parse_addresses  # type: ignore[import-untyped]  # it carries no types
from jeepney.low_level import (  # type: ignore[import-untyped]  # it carries no types
    HeaderFields,
    Message,
    MessageFlag,
    MessageType,
    Parser,
)
from jeepney.wrappers import DBusAddress, new_method_call  # type: ignore[import-untyped]  # it carries no types

from recovery.language import _
from recovery.notify.port import Lack

CONNECT_LIMIT_SECONDS = 1.0
RETRY_SECONDS = 0.05
"""How often a bus that takes no bytes is tried again: only reading can be watched for."""

OUTGOING_LIMIT_BYTES = 4 << 20
READ_BYTES = 1 << 16
MOST_DESCRIPTORS = 4
"""Descriptors that may come with one read."""

READS_AT_ONCE = 64
"""So that a bus that talks without end cannot hold the daemon; the rest is still readable afterwards."""

_BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")


@dataclass(frozen=True)
class Reply:
    serial: int
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Failure:
    """An error in answer to a call. `name` is the D-Bus error name, `text` its message, perhaps ""."""

    serial: int
    name: str
    text: str


@dataclass(frozen=True)
class Signal:
    member: str
    values: tuple[Any, ...]
    sender: str = ""
    """The unique name of the connection that sent it, as the bus says."""
    interface: str = ""
    path: str = ""


BusEvent = Reply | Failure | Signal


def address(path: str, name: str, interface: str = "") -> DBusAddress:
    """The object `path` of the service `name`, and its interface, by default of the same name."""
    return DBusAddress(path, name, interface or name)


class BusLost(Exception):
    """The connection could not be made or is gone; it cannot be used again. `lack` as in `Undelivered`."""

    def __init__(self, reason: str, lack: Lack = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.lack: Lack = lack


class SessionBus:
    """One connection, from its first byte. Calls may be made at once; they go out when the bus has let us in.

    With `takes_files` replies may bring open descriptors, as their numbers; whoever gets one has to close it.
    Raises `BusLost` from the constructor and from `advance`.
    """

    def __init__(self, address: str, monotonic: float, *, takes_files: bool = False) -> None:
        self._sockets = list(unix_sockets(address))
        self.address = self._sockets[0][0]
        """Of the bus in use: the first of those listed that answers."""
        self._give_up_at = monotonic + CONNECT_LIMIT_SECONDS
        self._serials = count(1)
        self._takes_files = takes_files
        self._files: list[int] = []
        """Descriptors that have come in, for messages not read yet."""
        self._authenticator: Authenticator | None = Authenticator(enable_fds=takes_files)
        self._hello = 0
        self._is_ready = False
        self._parser = Parser()
        self._before_entry = bytearray()
        """Messages that wait for the authentication."""
        self._outgoing = bytearray()
        self._is_connected = False
        self._next_try = 0.0
        self.socket = _unix_socket()
        try:
            self.socket.setblocking(False)
            self._connect()
        except BaseException:
            self.socket.close()
            raise
        self._hello = self.call(_BUS, "Hello")

    def match(self, rule: str) -> None:
        """Ask for the signals of a match rule."""
        self.call(_BUS, "AddMatch", "s", (rule,), reply=False)

    def call(
        self,
        address: DBusAddress,
        member: str,
        signature: str = "",
        body: tuple[Any, ...] = (),
        *,
        reply: bool = True,
        starts: bool = True,
    ) -> int:
        """Queue a method call; its answer is the `Reply` or `Failure` with the serial returned here.

        The text in `body` must be encodable as UTF-8. Without `starts` the bus starts no service for it.
        """
        message = new_method_call(address, member, signature or None, body)
        if not reply:
            message.header.flags |= MessageFlag.no_reply_expected
        if not starts:
            message.header.flags |= MessageFlag.no_auto_start
        serial = next(self._serials)
        data = message.serialise(serial=serial)
        (self._outgoing if self._authenticator is None else self._before_entry).extend(data)
        self._next_try = 0.0
        return serial

    def deadline(self) -> float | None:
        """Return when `advance` is due even if nothing can be read. In the past, where bytes want to be sent."""
        if not self._is_connected or self._outgoing:
            return self._next_try
        return None if self._is_ready else self._give_up_at

    def is_stuck(self) -> bool:
        """Tell if the bus has left bytes of ours unread."""
        return bool(self._outgoing)

    def advance(self, monotonic: float) -> list[BusEvent]:
        """Read and write what can be read and written now."""
        events: list[BusEvent] = []
        try:
            self._exchange(events)
        except BusLost:
            # What came before the end counts; the end shows itself again at the next call.
            if not events:
                raise
        if not self._is_ready and monotonic >= self._give_up_at:
            raise BusLost(_("the session bus does not answer"))
        if len(self._outgoing) + len(self._before_entry) > OUTGOING_LIMIT_BYTES:
            raise BusLost(_("the session bus takes no messages"))
        self._next_try = monotonic + RETRY_SECONDS
        return events

    def close(self) -> None:
        self.socket.close()
        while self._files:
            os.close(self._files.pop())

    def _connect(self) -> None:
        """Try the addresses in turn. A full queue of the bus (EAGAIN) leaves it for the next time."""
        reason = _("DBUS_SESSION_BUS_ADDRESS names no socket")
        for address, path in self._sockets:
            self.address = address
            try:
                self.socket.connect(path)
            except BlockingIOError:
                return
            except OSError as error:
                shown = path if isinstance(path, str) else os.fsdecode(path)
                reason = f"{shown}: {error.strerror or error}"
            else:
                self._is_connected = True
                self._feed_authenticator(b"")
                return
        raise BusLost(_("no session bus answers ({reason})", reason=reason), "bus")

    def _exchange(self, events: list[BusEvent]) -> None:
        try:
            if not self._is_connected:
                self._connect()
            if self._is_connected:
                self._write()
                self._read(events)
        except OSError as error:
            reason = _("the session bus closed the connection ({reason})", reason=error.strerror)
            raise BusLost(reason, "bus") from None
        except AuthenticationError:
            raise BusLost(_("the session bus does not let this user in"), "bus") from None
        except (ValueError, LookupError, AssertionError, struct.error) as error:
            reason = _("the session bus sent something that is not D-Bus ({reason!r})", reason=error)
            raise BusLost(reason) from None

    def _read(self, events: list[BusEvent]) -> None:
        for _turn in range(READS_AT_ONCE):
            try:
                data, files = self._receive()
            except BlockingIOError:
                return
            if not data:
                raise BusLost(_("the session bus went away"), "bus")
            if self._authenticator is not None:
                self._feed_authenticator(data)
                self._write()
            else:
                self._files += files
                self._parser.add_data(data, files)
                for message in iter(self._parser.get_next_message, None):
                    event = self._event(message)
                    self._close_unwanted(message, event)
                    if event is not None:
                        events.append(event)

    def _receive(self) -> tuple[bytes, list[int]]:
        """Read what has come in. Without `takes_files` the kernel closes descriptors that nobody asked for."""
        if not self._takes_files:
            return self.socket.recv(READ_BYTES), []
        data, files, _flags, _sender = socket.recv_fds(self.socket, READ_BYTES, MOST_DESCRIPTORS)
        for file in files:
            os.set_inheritable(file, False)
        return data, files

    def _close_unwanted(self, message: Message, event: BusEvent | None) -> None:
        """Close the descriptors of a message that nobody will: anybody on the bus may send some along."""
        count = message.header.fields.get(HeaderFields.unix_fds, 0)
        came, self._files = self._files[:count], self._files[count:]
        wanted = event.values if isinstance(event, Reply) else ()
        for file in came:
            if file not in wanted:
                os.close(file)

    def _feed_authenticator(self, data: bytes) -> None:
        authenticator = self._authenticator
        if authenticator is None:
            return
        if data:
            authenticator.feed(data)
        if authenticator.authenticated:
            self._outgoing += BEGIN + self._before_entry
            self._before_entry.clear()
            self._authenticator = None
        else:
            self._outgoing += authenticator.data_to_send() or b""

    def _write(self) -> None:
        while self._outgoing:
            try:
                sent = self.socket.send(self._outgoing)
            except BlockingIOError:
                return
            del self._outgoing[:sent]

    def _event(self, message: Message) -> BusEvent | None:
        """Read a message as an event; None for the bus's own housekeeping and for calls to us."""
        fields = message.header.fields
        values: tuple[Any, ...] = message.body
        serial = fields.get(HeaderFields.reply_serial, 0)
        kind = message.header.message_type
        if kind is MessageType.signal:
            sender, interface = fields.get(HeaderFields.sender, ""), fields.get(HeaderFields.interface, "")
            return Signal(
                fields[HeaderFields.member], values, sender, interface, fields.get(HeaderFields.path, "")
            )
        if serial == self._hello and kind in (MessageType.method_return, MessageType.error):
            if kind is MessageType.error:
                raise BusLost(_("the session bus refuses connections"), "bus")
            self._is_ready = True
            return None
        if kind is MessageType.method_return:
            return Reply(serial, values)
        if kind is MessageType.error:
            text = values[0] if values and isinstance(values[0], str) else ""
            return Failure(serial, fields.get(HeaderFields.error_name, ""), text)
        return None


def _unix_socket() -> socket.socket:
    if sys.platform == "win32":
        raise BusLost(_("Windows has no session bus"), "library")
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)


def unix_sockets(address: str) -> Iterator[tuple[str, str | bytes]]:
    """The Unix sockets that a D-Bus address lists, each with its part of it. Raises `BusLost` where there are none."""
    kinds: set[str] = set()
    is_any = is_well_formed = False
    for part in address.split(";"):
        try:
            listed = list(parse_addresses(part)) if part else []
        except ValueError:
            continue
        is_well_formed = is_well_formed or bool(listed)
        for transport, parts in listed:
            path = parts.get("path", "")
            if transport == "unix" and (path or "abstract" in parts):
                is_any = True
                yield part, _bytes_of(path) if path else b"\0" + _bytes_of(parts["abstract"])
            kinds.add(transport)
    if not is_well_formed:
        raise BusLost(_("DBUS_SESSION_BUS_ADDRESS is not a D-Bus address"), "bus")
    if not is_any:
        listing = ", ".join(sorted(kinds))
        reason = _("the session bus is reached over {kinds}, which is not supported here", kinds=listing)
        raise BusLost(reason, "transport")


def _bytes_of(value: str) -> bytes:
    """jeepney turns each %xx into one character; it stands for one byte."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return os.fsencode(value)
