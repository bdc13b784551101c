"""Looking at the session's bus and its notification server, once, for a person who asks: this waits for answers.

Nothing is assumed of a server: what it is, what it can do and whether it holds notes back is asked.
"""

import select
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from recovery import clock
from recovery.language import _
from recovery.notify.desktop_session import ANSWER_SECONDS, bare, session_bus_address, why_no_bus
from recovery.notify.do_not_disturb import PATH, SERVER, Call, Server, calls, yes_or_no
from recovery.notify.port import Closed, Note, Outcome, Pressed, Shown, Undelivered
from recovery.notify.wording import one_line
from recovery.values import Value, replace

if TYPE_CHECKING:
    from recovery.notify.dbus import SessionBus


_TEST_KEY = "recovery/test"


class DesktopState(Value):
    """The bus and the notification server that there are to show notes on."""

    address: str = ""
    """Of the session bus."""
    bus_problem: str = ""
    """Why the bus cannot be used; "" where it answers."""
    has_server: bool = False
    """True if a server runs, or would be started by the first note."""
    server_problem: str = ""
    server: str = ""
    """Name and version."""
    who: Server = Server()
    capabilities: tuple[str, ...] = ()
    quiet: bool | None = None
    """True if the server holds notes back (do not disturb); None: it does not say."""
    quiet_by: str = ""
    """Who says so."""

    @property
    def bare_address(self) -> str:
        """The address without the number of its bus."""
        return bare(self.address)


def look(environ: Mapping[str, str], monotonic: Callable[[], float] = clock.monotonic) -> DesktopState:
    """The desk of this session. Takes `ANSWER_SECONDS` seconds at most for each of its two questions."""
    try:
        from recovery.notify import dbus  # jeepney may be missing
    except ImportError as error:
        return DesktopState(bus_problem=_("the Python package {name} is not installed", name=error.name))
    address = session_bus_address(environ)
    if not address:
        return DesktopState(bus_problem=why_no_bus(environ))
    bus: SessionBus | None = None
    try:
        bus = dbus.SessionBus(address, monotonic())
        return _look_through(partial(_ask, bus, monotonic), bus.address)
    except dbus.BusLost as lost:
        return DesktopState(address=address, bus_problem=lost.reason)
    finally:
        if bus is not None:
            bus.close()


def _ask(bus: "SessionBus", monotonic: Callable[[], float], /, **calls: Call) -> dict[str, Any]:
    """The answers by name; of what is refused the reason under `name_error`. Only the server itself is started.

    Raises `BusLost`.
    """
    from recovery.notify.dbus import Failure, Reply, address

    names: dict[int, str] = {}
    for name, call in calls.items():
        where, starts = address(call.path, call.service, call.interface), call.interface == SERVER
        names[bus.call(where, call.member, call.signature, call.values, starts=starts)] = name
    answers: dict[str, Any] = {}
    give_up_at = monotonic() + ANSWER_SECONDS
    while names and (now := monotonic()) < give_up_at:
        for event in bus.advance(now):
            match event:
                case Reply(serial, values) if name := names.pop(serial, ""):
                    answers[name] = values
                case Failure(serial, error, text) if name := names.pop(serial, ""):
                    if error == calls[name].unset:
                        answers[name] = (("b", False),)
                    answers[f"{name}_error"] = one_line(text) or error
        if names:
            due = bus.deadline()
            until = give_up_at if due is None else min(due, give_up_at)
            select.select([bus.socket], [], [], max(0.0, until - monotonic()))
    return answers


def _look_through(ask: Callable[..., dict[str, Any]], address: str) -> DesktopState:
    there = ask(owned=_of_the_bus("NameHasOwner", SERVER), startable=_of_the_bus("ListActivatableNames"))
    if "owned" not in there:
        return DesktopState(
            address=address, bus_problem=there.get("owned_error") or _("the session bus does not answer")
        )
    if not there["owned"][0] and SERVER not in there.get("startable", [[]])[0]:
        return DesktopState(address=address)
    said = ask(
        information=Call("", SERVER, PATH, SERVER, "GetServerInformation"),
        capabilities=Call("", SERVER, PATH, SERVER, "GetCapabilities"),
    )
    information = said.get("information", ())
    listed = said.get("capabilities", ((),))[0]
    problem = said.get("capabilities_error", "")
    if "capabilities" not in said and not problem:
        problem = _("it does not answer within {seconds:g} s", seconds=ANSWER_SECONDS)
        if not there["owned"][0]:
            problem = _("none is running, and the one that the bus would start does not come")
    name, vendor = (str(each) for each in information[:2]) if len(information) >= 3 else ("", "")
    who = Server(name, vendor)
    quiet, quiet_by = None, ""
    # Only now: none of these questions starts anything.
    switches = ask(**{call.by: call for call in calls(who)}) if not problem else {}
    for call in calls(who):
        held = yes_or_no(switches.get(call.by))
        if held is not None and not quiet:
            quiet, quiet_by = held, call.by
    return DesktopState(
        address=address,
        has_server=True,
        server_problem=problem,
        server=one_line(f"{name} {information[2]}") if name else "",
        who=who,
        capabilities=tuple(one_line(str(each)) for each in listed)
        if isinstance(listed, list | tuple)
        else (),
        quiet=quiet,
        quiet_by=quiet_by,
    )


def _of_the_bus(member: str, *values: str) -> Call:
    return Call("", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", member, values)


class TestResult(Value):
    """The fate of a test note."""

    is_shown: bool = False
    is_pressed: bool = False
    is_closed: bool = False
    """Taken off the screen without the button."""
    has_buttons: bool = False
    reason: str = ""
    """Why it was not shown."""


def try_out(
    environ: Mapping[str, str],
    title: str,
    body: str,
    button: str,
    within: float,
    monotonic: Callable[[], float] = clock.monotonic,
) -> TestResult:
    """Show a note with a button by the very adapter of the daemon, and wait `within` seconds for its press."""
    from recovery.notify.dbus_adapter import DBusNotifier

    notifier = DBusNotifier(environ, monotonic)
    tried = TestResult()
    give_up_at = monotonic() + within
    try:
        notifier.show(Note(_TEST_KEY, title, body, critical=True, actions=(("seen", button),), tag=1))
        while not (tried.is_pressed or tried.is_closed or tried.reason) and (now := monotonic()) < give_up_at:
            sources = notifier.sources()
            due = notifier.deadline()
            until = give_up_at if due is None else min(due, give_up_at)
            if sources:
                select.select(sources, [], [], max(0.0, until - now))
            for outcome in notifier.collect(monotonic()):
                tried = _after(tried, outcome)
            capabilities = notifier.capabilities()
            if capabilities is not None and tried.is_shown and not tried.has_buttons:
                if not capabilities.buttons:
                    break  # nothing that could be pressed: it stays on the screen, to be looked at
                tried = replace(tried, has_buttons=True)
    finally:
        if (
            not tried.is_shown or tried.has_buttons
        ):  # interrupted as well; without a button it is to be looked at
            notifier.withdraw(_TEST_KEY)
            notifier.collect(monotonic())
        notifier.close()
    return tried


def _after(tried: TestResult, outcome: Outcome) -> TestResult:
    match outcome:
        case Shown():
            return TestResult(is_shown=True, has_buttons=tried.has_buttons)
        case Undelivered(reason=reason):
            return TestResult(reason=reason)
        case Pressed(key=key) if key == _TEST_KEY:
            return TestResult(is_shown=True, has_buttons=True, is_pressed=True)
        case Closed(key=key) if key == _TEST_KEY and not tried.is_pressed:
            return TestResult(is_shown=True, has_buttons=tried.has_buttons, is_closed=True)
    return tried
