"""`recovery doctor`: whether cues arrive, and if not, why, and what to type."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import click

from recovery import __version__, clock, paths, settings
from recovery.care.record import Record, load
from recovery.cli.context import lost_zones, zone_remedy
from recovery.cli.output import styled
from recovery.cli.params import DURATION, json_option
from recovery.cli.render_json import print_json
from recovery.daemon import presence
from recovery.daemon.autostart.choose import installed
from recovery.daemon.autostart.way import Machine, gone
from recovery.daemon.handing import knows_screen
from recovery.daemon.presence import Presence
from recovery.errors import RecoveryError, UsageError
from recovery.language import N_, _, n_
from recovery.notify import desktop_probe, do_not_disturb
from recovery.notify.desktop_probe import DesktopState
from recovery.protocol.terms import Duration
from recovery.settings import Settings
from recovery.store import failures
from recovery.store.checking import Lateness, copied, figures
from recovery.store.journal import JOURNAL_FILE
from recovery.values import Value
from recovery.words.terms import spell

State = Literal["ok", "warn", "fail"]

LATE = timedelta(seconds=2)
"""What comes later than this is late: DESIGN.md promises cues to the second."""

LATENESS_OVER = timedelta(days=7)
CLOCK_SET = 2.0
"""Seconds between the wall clock and the one that nobody sets, from which on the former was set."""

OVERDUE = timedelta(seconds=60)
ROOM_ENOUGH, ROOM_NEEDED = 200 << 20, 5 << 20
"""Bytes free: fewer than the first are told, fewer than the second keep the journal from growing."""


class Check(Value):
    """One thing looked at."""

    name: str
    state: State
    found: str
    advice: str = ""
    """The command to type or the step to take; empty where nothing has to be done."""


TITLES = {
    "home": N_("Folder of all state"),
    "settings": N_("Settings"),
    "bus": N_("Session bus"),
    "server": N_("Notification server"),
    "quiet": N_("Do not disturb"),
    "notifier": N_("Way of notifying"),
    "desktop": N_("The daemon's desktop"),
    "test": N_("Test notification"),
    "daemon": N_("Daemon"),
    "autostart": N_("Start at log-in"),
    "clock": N_("Clock"),
    "zone": N_("Time zone"),
    "disk": N_("Disk and files"),
    "journal": N_("Journal"),
    "lateness": N_("Lateness"),
}

_WORDS = {"ok": (N_("ok"), "green"), "warn": (N_("note"), "yellow"), "fail": (N_("WRONG"), "red")}
_LONGEST_TEST = 3600


@click.command()
@click.option("--test", is_flag=True, help="Show a notification, and wait until you press its button.")
@click.option("--within", type=DURATION, default="30s", show_default=True, help="How long --test waits.")
@json_option
def doctor(test: bool, within: Duration, as_json: bool) -> int:
    """Look for what keeps reminders from coming: the desktop, the daemon, the clock, the disk, the journal.

    Exit status 1 if something is wrong. Nothing is changed.

    \b
    recovery doctor
    recovery doctor --test       # and press the button
    """
    if not within.is_exact or not 1 <= within.seconds <= _LONGEST_TEST:
        raise UsageError(_("--within takes from 1s to 1h"), _("write for instance --within 30s"))
    seconds = within.seconds if test else None
    checks = []
    for check in _all(seconds):
        checks.append(check)
        if not as_json:
            _tell(check)
    state = _worst(checks)
    if as_json:
        rows = [vars(check) | {"advice": check.advice or None} for check in checks]
        print_json({"now": clock.now(), "state": state, "checks": rows})
    else:
        _tell_sum(checks)
    return 1 if state == "fail" else 0


def _all(test_within: float | None) -> Iterator[Check]:
    try:
        return examine(Machine(paths.home(), os.environ), test_within=test_within)
    except RecoveryError as error:
        return examine(Machine(Path(os.devnull), os.environ), test_within=test_within, homeless=error)


def _worst(checks: list[Check]) -> State:
    states = {check.state for check in checks}
    return "fail" if "fail" in states else "warn" if "warn" in states else "ok"


def _tell(check: Check) -> None:
    word, style = _WORDS[check.state]
    click.echo(f"{styled(f'{_(word):<6}', style)} {_(TITLES[check.name])}: {check.found}")
    if check.advice:
        click.echo(f"         {check.advice}")


def _tell_sum(checks: list[Check]) -> None:
    wrong = sum(check.state == "fail" for check in checks)
    noted = sum(check.state == "warn" for check in checks)
    if wrong:
        click.echo(n_("{count} thing is wrong.", "{count} things are wrong.", wrong))
    elif noted:
        click.echo(
            n_("Nothing is wrong; {count} thing to note.", "Nothing is wrong; {count} things to note.", noted)
        )
    else:
        click.echo(_("Nothing is wrong."))


# What is looked at ------------------------------------------------------------------------------


class Examined(Value):
    """All that the checks look at, as it was found."""

    machine: Machine
    now: datetime
    since_boot: float
    """The same moment on the clock that nobody sets."""
    set: Settings
    desk: DesktopState | None
    """None where this system has no session bus."""
    there: Presence | None
    """The daemon's report on itself."""
    record: Record


def examine(
    machine: Machine, *, test_within: float | None = None, homeless: RecoveryError | None = None
) -> Iterator[Check]:
    """Every check, one after the other; `test_within` seconds for a person to press a button, None: no test.

    `homeless` is why there is no folder of state: it is told, and all is looked at that needs none.
    """
    folder, now, since_boot = machine.folder, clock.now(), clock.since_boot()
    chosen, there, record, kept = Settings(), None, Record(()), tuple[Check, ...]()
    if homeless is not None:
        yield Check("home", "fail", homeless.message, homeless.hint)
    else:
        chosen, wrong = _settings(folder)
        yield from wrong
        there = presence.read(folder)
        kept = _looked("journal", lambda: _journal(folder, now))
        if kept[0].state != "fail" or len(kept) > 1:
            record = _record(folder, now)
    desk = None if machine.platform in ("win32", "darwin") else desktop_probe.look(machine.environ)
    examined = Examined(machine, now, since_boot, chosen, desk, there, record)
    if desk is not None:
        yield from _looked("bus", lambda: _bus(desk, chosen))
        if not desk.bus_problem:
            yield from _looked("server", lambda: _server(desk))
        if desk.has_server and not desk.server_problem:
            yield from _looked("quiet", lambda: _quiet(desk, machine))
    yield from _looked("notifier", lambda: _notifier(examined))
    if test_within is not None:
        yield from _looked("test", lambda: _test(machine.environ, test_within))
    if homeless is None:
        yield from _looked("daemon", lambda: _daemon(examined))
        if desk is not None and there is not None and there.bus is not None:
            yield from _looked("desktop", lambda: _desktop(there, desk, machine.environ))
        yield from _looked("autostart", lambda: _autostart(machine))
    yield from _looked("clock", lambda: _clock(examined))
    yield from _looked("zone", lambda: _zone(examined))
    if homeless is None:
        yield from _looked("disk", lambda: _disk(folder))
    for error in record.unreadable.values():
        yield Check(
            "journal",
            "fail",
            error.message.removeprefix(f"{folder / JOURNAL_FILE}: "),
            "recovery store check",
        )
    yield from kept[1:] if record.unreadable else kept


def _looked(name: str, look: Callable[[], Check | Iterable[Check]]) -> tuple[Check, ...]:
    """The checks that a look gives. One that fails is told as wrong, and keeps no other from being made."""
    try:
        seen = look()
        return (seen,) if isinstance(seen, Check) else (*seen,)
    except RecoveryError as error:
        return (Check(name, "fail", error.message, error.hint),)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return (Check(name, "fail", f"{where}{error.strerror or error}", _("check the folder and its disk")),)


def _settings(folder: Path) -> tuple[Settings, tuple[Check, ...]]:
    try:
        return settings.read_settings(folder), ()
    except RecoveryError as error:
        return Settings(), (Check("settings", "fail", error.message, error.hint),)


def _record(folder: Path, now: datetime) -> Record:
    path = folder / JOURNAL_FILE
    if not path.exists():
        return Record(())
    try:
        with copied(path, now) as journal:
            return load(journal, now)
    except (RecoveryError, OSError):
        return Record(())  # the check of the journal tells it


# The desktop -------------------------------------------------------------------------------------


def _bus(desk: DesktopState, chosen: Settings) -> Check:
    if not desk.bus_problem:
        return Check("bus", "ok", desk.address)
    state: State = "warn" if chosen.notifier == "text" else "fail"
    advice = _("run this in a terminal of your desktop; on a machine without one: recovery daemon run")
    return Check("bus", state, desk.bus_problem, advice)


def _server(desk: DesktopState) -> Check:
    if not desk.has_server:
        detail = _("no notification server is running on this desktop, and none would be started")
        advice = _("start one with your session: dunst, mako or xfce4-notifyd for example")
        return Check("server", "fail", detail, advice)
    if desk.server_problem:
        advice = _("start it anew; until then cues are kept and tried again")
        return Check("server", "fail", f"{desk.server}: {desk.server_problem}".removeprefix(": "), advice)
    detail = _(
        "{server}; can do: {capabilities}", server=desk.server, capabilities=", ".join(desk.capabilities)
    )
    if "actions" not in desk.capabilities:
        advice = _("it has no buttons: answer by commands (recovery begin, recovery end)")
        return Check("server", "warn", detail, advice)
    return Check("server", "ok", detail)


_TURN_OFF = {
    "dunst": "dunstctl set-paused false",
    "GNOME": "gsettings set org.gnome.desktop.notifications show-banners true",
    "MATE": "gsettings set org.mate.NotificationDaemon do-not-disturb false",
    "Xfce": "xfconf-query -c xfce4-notifyd -p /do-not-disturb -s false",
}
"""What to type so that notes are shown again."""


def _quiet(desk: DesktopState, machine: Machine) -> Check:
    held, by = desk.quiet, desk.quiet_by
    if held is None and (switch := do_not_disturb.switch(desk.who, machine.environ)) is not None:
        by, dialogue = switch
        held = do_not_disturb.run_dialogue(dialogue, lambda command: machine.run(command).text)
    if held is None:
        return Check("quiet", "ok", _("the server does not say whether it holds notifications back"))
    if not held:
        return Check("quiet", "ok", _("off ({by})", by=by))
    detail = _("notifications are held back ({by}): cues that can wait come when that is over", by=by)
    if desk.who.keeps_what_is_urgent:
        detail = _(
            "notifications are held back ({by}), the ends of sessions as well, until that is over", by=by
        )
    if desk.who.drops_what_is_urgent:
        detail = _("nothing is shown ({by}), not even the end of a session", by=by)
    return Check("quiet", "warn", detail, _TURN_OFF.get(by, _("turn it off in the settings of your desktop")))


def _notifier(examined: Examined) -> Check:
    """Check which way of notifying is in use, or would be, and why."""
    setting = examined.set.notifier
    why = (
        _("by itself: the best way there is")
        if setting == "auto"
        else _("by the setting {name!r}", name=setting)
    )
    if examined.there is not None and examined.there.pid:
        way, problem = examined.there.notifier, examined.there.problem
    else:
        way, problem = _would_use(setting, examined.desk)
    detail = f"{way}, {why}"
    if problem:
        advice = _("see the lines above; until then cues are kept and shown as text by the next command")
        if examined.desk is not None and examined.there is not None and examined.there.bus is not None:
            advice = _(
                "see the daemon's desktop; until then cues are kept and shown as text by the next command"
            )
        return Check("notifier", "warn" if setting == "text" else "fail", f"{detail}; {problem}", advice)
    if way == "plyer":
        detail = _("{found}; it tells neither success nor failure, and has no buttons", found=detail)
        return Check("notifier", "warn", detail)
    return Check("notifier", "ok", detail)


def _would_use(setting: str, desk: DesktopState | None) -> tuple[str, str]:
    """The way that a daemon would take now, and why it would not reach the desktop."""
    if setting in ("plyer", "text"):
        return setting, _("cues come as text only") if setting == "text" else ""
    if desk is None:
        return "plyer", ""
    is_usable = desk.has_server and not desk.server_problem
    return "dbus", "" if is_usable else _("it would reach no desktop now")


def _test(environ: Mapping[str, str], within: float) -> Check:
    tried = desktop_probe.try_out(
        environ,
        _("Can you see this?"),
        _("recovery doctor waits for the button, {seconds:g} s at most.", seconds=within),
        _("I see it"),
        within,
    )
    if tried.is_pressed:
        return Check("test", "ok", _("shown, and its button was pressed"))
    if not tried.is_shown:
        reason = tried.reason or _("no answer within {seconds:g} s", seconds=within)
        return Check("test", "fail", _("not shown: {reason}", reason=reason), _("see the lines above"))
    if not tried.has_buttons:
        detail = _("shown, without a button: this server has none")
        return Check("test", "warn", detail, _("look whether it is on the screen"))
    if tried.is_closed:
        return Check("test", "warn", _("shown, and closed without the button"), "recovery doctor --test")
    return Check(
        "test",
        "fail",
        _("shown, says the server, but nobody pressed its button within {seconds:g} s", seconds=within),
        _(
            "if you saw nothing, look for do not disturb, another screen, or a full-screen program; "
            "then: recovery doctor --test"
        ),
    )


# The daemon --------------------------------------------------------------------------------------


def _daemon(examined: Examined) -> Check:
    there = examined.there
    if there is None:
        dead = presence.left_behind(examined.machine.folder)
        if dead is not None:
            detail = _("died, process {pid}, without being told to", pid=dead.pid)
            return Check("daemon", "fail", detail, "recovery daemon start")
        if not examined.record.episodes:
            return Check("daemon", "ok", _("not running, and no episode needs it"))
        return Check("daemon", "fail", _("not running, so no reminders come"), "recovery daemon start")
    if not there.pid:
        detail = _("starting, or it cannot say anything of itself")
        return Check("daemon", "warn", detail, "recovery daemon status")
    since = f"{clock.on_the_wall(there.since_at):%Y-%m-%d %H:%M}"
    detail = _("running, process {pid}, since {since}", pid=there.pid, since=since)
    anew = _("recovery daemon stop, then recovery daemon start")
    if there.version != __version__:
        detail = _(
            "{found}, of version {theirs}; this is {ours}",
            found=detail,
            theirs=there.version or "?",
            ours=__version__,
        )
        return Check("daemon", "warn", detail, anew)
    waking = there.wakes_at
    if waking is None:
        return Check("daemon", "ok", _("{found}; nothing is planned", found=detail))
    at = f"{clock.on_the_wall(waking):%Y-%m-%d %H:%M}"
    if examined.now - waking > OVERDUE:
        return Check("daemon", "fail", _("{found}; should have woken at {at}", found=detail, at=at), anew)
    return Check("daemon", "ok", _("{found}; wakes at {at}", found=detail, at=at))


def _desktop(there: Presence, desk: DesktopState, environ: Mapping[str, str]) -> Check:
    """The desktop that the daemon speaks to against the one of this session."""
    theirs = there.bus or _("none")
    hand_over = "recovery daemon start"
    if desk.bus_problem:
        if not there.problem:
            return Check("desktop", "ok", _("{theirs}; this session has none", theirs=theirs))
        detail = _("it reaches no desktop: {reason}", reason=there.problem)
        advice = _("type in a terminal of your desktop: {command}", command=hand_over)
        return Check("desktop", "fail", detail, advice)
    is_usable = desk.has_server and not desk.server_problem
    if there.bus != desk.bare_address:
        detail = _("{theirs}; this session has {ours}", theirs=theirs, ours=desk.address)
        if there.problem:
            return Check("desktop", "fail", f"{detail}; {there.problem}", hand_over)
        # Two log-ins at once, or one whose desktop is gone though its bus is not.
        return Check("desktop", "warn" if is_usable else "ok", detail, hand_over if is_usable else "")
    if there.problem:
        advice = hand_over if is_usable else _("see the lines above")
        return Check("desktop", "fail", _("this one; {reason}", reason=there.problem), advice)
    if not knows_screen(there, environ):
        detail = _(
            "this one, but the daemon does not know its screen: it does not see what has the full screen"
        )
        return Check("desktop", "warn", detail, hand_over)
    return Check("desktop", "ok", _("this one"))


def _autostart(machine: Machine) -> Check:
    ways = installed(machine)
    if not ways:
        missing = _("nothing starts the daemon at log-in")
        return Check("autostart", "warn", missing, "recovery service install")
    lines = [f"{way.name}: {way.place}" + (f" ({state})" if (state := way.state()) else "") for way in ways]
    words = "; ".join(lines)
    lost = next(filter(None, map(gone, ways)), "")
    if lost:
        said = _("{words}: starts nothing, because {python} is not there any more", words=words, python=lost)
        return Check("autostart", "fail", said, "recovery service install")
    if any(state in words for state in (", failed)", "(disabled,")):
        return Check("autostart", "warn", words, "recovery service install")
    return Check("autostart", "ok", words)


# Time --------------------------------------------------------------------------------------------


def _clock(examined: Examined) -> Check:
    parts, state, advice = [], "ok", ""
    there = examined.there
    if there is not None and there.since_boot:
        wall = (examined.now - there.since_at).total_seconds()
        drift = wall - (examined.since_boot - there.since_boot / 1000)
        parts.append(_("{seconds:+.1f} s against the steady clock since the daemon began", seconds=drift))
        if abs(drift) >= CLOCK_SET:
            state = "warn"
            advice = _(
                "the clock was set; the daemon has planned anew, but times in the log before that are off"
            )
    if shutil.which("timedatectl"):
        said = examined.machine.run(["timedatectl", "show", "--property=NTPSynchronized", "--value"]).text
        if said in ("yes", "no"):
            parts.append(_("synchronised") if said == "yes" else _("not synchronised"))
        if said == "no":
            state, advice = "warn", advice or "timedatectl set-ntp true"
    if examined.record.doubt:
        state = "warn"
        parts.insert(0, examined.record.doubt)
    detail = "; ".join(parts) or _("nobody says how right it is")
    return Check("clock", "warn" if state == "warn" else "ok", detail, advice)


def _zone(examined: Examined) -> Check:
    here = clock.local_zone()
    zone = here.name
    lost = lost_zones(examined.record.episodes)
    if lost:
        return Check("zone", "warn", "; ".join(lost), zone_remedy())
    if here.doubt:
        return Check("zone", "warn", here.doubt, here.advice)
    others = {e.id: e.place.zone.key for e in examined.record.episodes if e.place.zone.key != zone}
    if not others:
        return Check("zone", "ok", zone)
    listed = ", ".join(f"{id_}: {other}" for id_, other in others.items())
    detail = _("{zone} here; episodes go by another: {listed}", zone=zone, listed=listed)
    return Check("zone", "warn", detail, _("right while you travel; otherwise set the machine's zone"))


# Disk and journal --------------------------------------------------------------------------------


def _disk(folder: Path) -> Check:
    if os.name == "posix":
        paths.refuse_open_folder(folder)
    if not folder.exists():
        return Check("disk", "ok", _("{path}: not there yet, nothing was started", path=folder))
    free = shutil.disk_usage(folder).free
    wrong = [*_wrong_modes(folder)] if os.name == "posix" else []
    room = _("{path}: {free} MiB free", path=folder, free=free >> 20)
    if free < ROOM_NEEDED or not os.access(folder, os.W_OK):
        detail = room if free < ROOM_NEEDED else _("{path}: cannot be written", path=folder)
        advice = _("make room on that disk, or set RECOVERY_HOME to another folder")
        return Check("disk", "fail", detail, advice)
    if wrong:
        what, advice = wrong[0]
        more = n_(" (and {count} more)", " (and {count} more)", len(wrong) - 1) if len(wrong) > 1 else ""
        return Check("disk", "warn", f"{what}{more}", advice)
    if os.name == "posix":
        paths.refuse_open_entries(folder)
    if free < ROOM_ENOUGH:
        return Check("disk", "warn", room, _("make room on that disk"))
    return Check("disk", "ok", _("{room}; only you can read it", room=room))


def _wrong_modes(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield a sentence for each path that another user owns or others can read, and the command against it."""
    from shlex import quote

    for path in (folder, *sorted(path for path in folder.iterdir() if path.is_file())):
        owner, mode = path.stat().st_uid, path.stat().st_mode
        if owner != os.geteuid():
            command = f"sudo chown {os.geteuid()} {quote(str(path))}"
            yield _("{path} belongs to another user", path=path), command
        elif mode & 0o077 and (path == folder or folder.stat().st_mode & 0o077):
            # In a closed folder the mode of a file does not matter.
            detail = _("{path} can be read by others ({mode})", path=path, mode=f"{mode & 0o777:03o}")
            yield detail, f"chmod go= {quote(str(path))}"


def _journal(folder: Path, now: datetime) -> tuple[Check, ...]:
    path = folder / JOURNAL_FILE
    if not path.exists():
        return (Check("journal", "ok", _("none yet: nothing was started")),)
    numbers = figures(path, now - LATENESS_OVER, LATE)
    if numbers.fault:
        return (
            Check("journal", "fail", _("damaged: {reason}", reason=numbers.fault), "recovery store check"),
        )
    from recovery.store.checking import check  # heavy

    faults = check(path, now=now).faults
    if faults:
        return _not_whole(path, str(faults[0]), len(faults) - 1), _lateness(
            numbers.lateness, numbers.not_shown
        )
    detail = _("schema {schema}, whole, {size} KiB", schema=numbers.schema, size=-(-numbers.size // 1024))
    if numbers.schema < numbers.newest:
        detail += _("; the next command brings it to schema {newest}", newest=numbers.newest)
    return Check("journal", "ok", detail), _lateness(numbers.lateness, numbers.not_shown)


def _not_whole(path: Path, first: str, more: int) -> Check:
    detail = _("not whole: {fault}", fault=first)
    detail += n_(" (and {count} more)", " (and {count} more)", more) if more else ""
    advice = _(
        "recovery store check tells all; the daemon makes no copy of it any more; {remedy}",
        remedy=failures.remedy(path),
    )
    return Check("journal", "fail", detail, advice)


def _lateness(late: Lateness, not_shown: int) -> Check:
    lost = (
        n_("; {count} could not be shown at first", "; {count} could not be shown at first", not_shown)
        if not_shown
        else ""
    )
    if not late.count:
        return Check("lateness", "ok", _("no cue came to the desktop in the last 7 days") + lost)
    detail = n_(
        "{count} cue in 7 days, late by {median} (median), {most_of_them} (95 %), {most} (most); {later} over 2 s",
        "{count} cues in 7 days, late by {median} (median), {most_of_them} (95 %), {most} (most); {later} over 2 s",
        late.count,
        median=_short(late.median),
        most_of_them=_short(late.p95),
        most=_short(late.most),
        later=late.later,
    )
    if late.p95 <= LATE:
        return Check("lateness", "ok", detail + lost)
    advice = _("cues wait while the machine sleeps or no desktop is there: recovery log tells which")
    return Check("lateness", "warn", detail + lost, advice)


def _short(length: timedelta) -> str:
    if length < timedelta(seconds=1):
        return f"{length / timedelta(milliseconds=1):.0f} ms"
    return f"{length.total_seconds():.1f} s" if length < timedelta(minutes=2) else spell(length)
