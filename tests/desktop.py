"""A real desktop for tests: Xvfb, a private session bus and dunst, with nothing of the person's own.

    with display() as screen, Desktop(screen) as desktop:
        desktop.start()
        subprocess.run(..., env=desktop.environ)
        desktop.received()

The bus has its own configuration, without folders for service activation: no second server is started.
"""

import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jeepney import DBusAddress, MessageType, new_method_call  # type: ignore[import-untyped]  # it carries no types
from jeepney.io.blocking import DBusConnection, open_dbus_connection  # type: ignore[import-untyped]  # it carries no types

LIMIT_SECONDS = 60.0
"""The longest that a test waits for what has to come: only a failure takes so long, on a busy machine, too."""
PROMPT_SECONDS = 10.0
"""The longest that something may take that waits for nothing: every time limit of the program is longer."""

PACKAGES = {"Xvfb": "xvfb", "dbus-daemon": "dbus", "notify-send": "libnotify-bin", "xprop": "x11-utils"}
"""Of the programs that are not called as theirs is."""

NOTIFICATIONS = "org.freedesktop.Notifications"
_PATH = "/org/freedesktop/Notifications"
_DUNST = "org.dunstproject.cmd0"

BUS_CONFIGURATION = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""

DUNST_CONFIGURATION = """\
[global]
    monitor = 0
    follow = none
    width = (380, 460)
    height = 400
    origin = top-right
    offset = 24x24
    notification_limit = 0
    indicate_hidden = no
    idle_threshold = 0
    sticky_history = yes
    history_length = 1000
    stack_duplicates = false
    show_age_threshold = -1
    sort = no
    markup = full
    format = "<b>%s</b>\\n%b"
    ignore_newline = no
    word_wrap = yes
    font = DejaVu Sans 13
    line_height = 4
    padding = 16
    horizontal_padding = 20
    frame_width = 1
    frame_color = "#5b7083"
    corner_radius = 10
    show_indicators = no
    icon_position = off
    dmenu = {menu}
[urgency_low]
    background = "#22303c"
    foreground = "#f2f5f7"
    timeout = {timeout}
[urgency_normal]
    background = "#22303c"
    foreground = "#f2f5f7"
    timeout = {timeout}
[urgency_critical]
    background = "#7a1f1f"
    foreground = "#ffffff"
    frame_color = "#e08a8a"
    timeout = 0
# dunst 1.9 leaves the urgency out of its history, but not the category.
[low]
    msg_urgency = low
    set_category = low
[normal]
    msg_urgency = normal
    set_category = normal
[critical]
    msg_urgency = critical
    set_category = critical
"""

MENU = """\
#!/bin/sh
exec grep -F -m 1 -f "$0.choice"
"""


@dataclass(frozen=True)
class Received:
    """A note as the server kept it."""

    id: int
    title: str
    body: str
    """As it was sent, with markup escaped if it was."""
    app: str
    urgency: str
    timeout: int
    """Microseconds; 0 never."""


def need(*programs: str) -> None:
    """Fail, naming the packages, where a program is missing."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        packages = " ".join(sorted(PACKAGES.get(program, program) for program in missing))
        pytest.fail(f"missing: {', '.join(missing)}. Type: apt-get install -y {packages}", pytrace=False)


def until(is_so: Callable[[], object], what: str, limit: float = LIMIT_SECONDS) -> None:
    """Return as soon as `is_so`; fail after `limit` seconds."""
    give_up_at = time.monotonic() + limit
    while not is_so():
        if time.monotonic() > give_up_at:
            pytest.fail(f"not within {limit:g} s: {what}")
        time.sleep(0.005)


def end(process: subprocess.Popen[Any] | None, how: signal.Signals = signal.SIGTERM) -> None:
    """End one child and wait for it; a stopped one is killed."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(LIMIT_SECONDS)


@contextmanager
def display(size: str = "1280x720x24") -> Iterator[str]:
    """A virtual screen; its DISPLAY."""
    need("Xvfb")
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", size, "-nolisten", "tcp", "-noreset"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    try:
        number = b""
        give_up_at = time.monotonic() + LIMIT_SECONDS
        while not number.endswith(b"\n"):
            ready, _, _ = select.select([reader], [], [], max(0.0, give_up_at - time.monotonic()))
            data = os.read(reader, 16) if ready else b""
            if not data:
                pytest.fail(f"Xvfb did not start within {LIMIT_SECONDS:g} s")
            number += data
        yield f":{number.decode().strip()}"
    finally:
        os.close(reader)
        end(server)


class Desktop:
    """A session with a bus and a notification server, each of which can be killed and started again."""

    def __init__(self, screen: str, timeout: str = "0") -> None:
        """`screen`: the DISPLAY. `timeout`: how long dunst shows what is not critical (300ms; 0 for ever)."""
        need("dbus-daemon", "dunst", "notify-send")
        # Not below tmp_path: the path of a socket may have 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="recovery-desktop-"))
        self._timeout = timeout
        self._bus: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self.address = f"unix:path={self.folder / 'bus'}"
        self.environ = self._environ(screen)

    def _environ(self, screen: str) -> dict[str, str]:
        inherited = {
            name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "PYTHONPATH") if name in os.environ
        }
        own = {"HOME": "", "XDG_RUNTIME_DIR": "runtime", "XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data"}
        own |= {"XDG_CACHE_HOME": "cache", "XDG_STATE_HOME": "state", "RECOVERY_HOME": "recovery"}
        folders = {name: self.folder / part for name, part in own.items()}
        for folder in folders.values():
            folder.mkdir(mode=0o700, exist_ok=True)
        return {
            **inherited,
            **{name: str(folder) for name, folder in folders.items()},
            "DISPLAY": screen,
            "DBUS_SESSION_BUS_ADDRESS": self.address,
        }

    def __enter__(self) -> "Desktop":
        return self

    def __exit__(self, *_: object) -> None:
        end(self._server)
        end(self._bus)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        self.start_bus()
        self.start_server()

    def start_bus(self) -> None:
        configuration = self.folder / "bus.conf"
        configuration.write_text(BUS_CONFIGURATION.format(socket=self.folder / "bus"))
        self._bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={configuration}", "--nofork", "--nopidfile"],
            env=self.environ,
            stderr=subprocess.DEVNULL,
        )
        until(self._bus_answers, "the session bus answers")

    def stop_bus(self) -> None:
        end(self._bus, signal.SIGKILL)
        (self.folder / "bus").unlink(missing_ok=True)

    def start_server(self) -> None:
        menu = self.folder / "menu"
        menu.write_text(MENU)
        menu.chmod(0o755)
        configuration = self.folder / "dunstrc"
        configuration.write_text(DUNST_CONFIGURATION.format(menu=menu, timeout=self._timeout))
        with (self.folder / "dunst.log").open("ab") as log:
            self._server = subprocess.Popen(
                ["dunst", "-conf", str(configuration)], env=self.environ, stdout=log, stderr=log
            )
        self._wait_for_server()

    def stop_server(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Kill the server and wait until the bus knows."""
        end(self._server, how)
        until(lambda: not self._has_owner(), "the bus knows that the server is gone")

    def stop_server_of_a_dead_bus(self) -> None:
        """dunst outlives its bus, or it does not: either way it is of no use to the next one."""
        end(self._server, signal.SIGKILL)

    def freeze_server(self) -> None:
        assert self._server
        self._server.send_signal(signal.SIGSTOP)

    def thaw_server(self) -> None:
        assert self._server
        self._server.send_signal(signal.SIGCONT)

    def hang_server(self, *names: str) -> DBusConnection:
        """Own the server's name, and others, and never answer. Close the connection to give the names back."""
        connection = self.connect()
        bus = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
        for name in (NOTIFICATIONS, *names):
            request = new_method_call(bus, "RequestName", "su", (name, 4))
            reply = connection.send_and_get_reply(request, timeout=LIMIT_SECONDS)
            assert reply.body == (1,), "somebody else owns the name"
        return connection

    def connect(self) -> DBusConnection:
        return open_dbus_connection(self.address, auth_timeout=LIMIT_SECONDS)

    def ask(
        self, interface: str, member: str, signature: str = "", body: tuple[Any, ...] = ()
    ) -> tuple[Any, ...]:
        """Call a method of the server, as dunstctl does."""
        address = DBusAddress(_PATH, NOTIFICATIONS, interface)
        with self.connect() as connection:
            message = new_method_call(address, member, signature or None, body)
            reply = connection.send_and_get_reply(message, timeout=LIMIT_SECONDS)
        assert reply.header.message_type is MessageType.method_return, reply.body
        answer: tuple[Any, ...] = reply.body
        return answer

    def displayed(self) -> int:
        """How many notes are on the screen."""
        _, count = self.ask("org.freedesktop.DBus.Properties", "Get", "ss", (_DUNST, "displayedLength"))[0]
        return int(count)

    def wait_for_displayed(self, count: int) -> None:
        until(lambda: self.displayed() == count, f"{count} on the screen (now {self.displayed()})")

    def received(self) -> list[Received]:
        """Every note the server has had, oldest first. Takes those still on the screen off it."""
        self.close_all()
        self.wait_for_displayed(0)
        history = self.ask(_DUNST, "NotificationListHistory")[0]
        return sorted((_received(entry) for entry in history), key=lambda each: each.id)

    def close_all(self) -> None:
        """Dismiss as a person would."""
        self.ask(_DUNST, "NotificationCloseAll")

    def press(self, label: str) -> None:
        """Choose a button by its label, in dunst's menu."""
        (self.folder / "menu.choice").write_text(label + "\n")
        self.ask(_DUNST, "ContextMenuCall")

    def press_default(self) -> None:
        """Click the newest note itself."""
        self.ask(_DUNST, "NotificationAction", "u", (0,))

    def pause(self, is_on: bool) -> None:
        """Let dunst hold its notes back, or no more."""
        self.ask("org.freedesktop.DBus.Properties", "Set", "ssv", (_DUNST, "paused", ("b", is_on)))

    def picture(self, target: Path, crop: str) -> None:
        """A PNG of the screen, cut to `crop` (WIDTHxHEIGHT+X+Y). Needs ImageMagick."""
        subprocess.run(
            ["import", "-window", "root", "-crop", crop, "+repage", "-strip", str(target)],
            env=self.environ,
            check=True,
            timeout=LIMIT_SECONDS,
        )

    def _bus_answers(self) -> bool:
        with suppress(OSError, ValueError):
            self.connect().close()
            return True
        return False

    def _has_owner(self) -> bool:
        bus = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
        with self.connect() as connection:
            message = new_method_call(bus, "NameHasOwner", "s", (NOTIFICATIONS,))
            return bool(connection.send_and_get_reply(message, timeout=LIMIT_SECONDS).body[0])

    def _wait_for_server(self) -> None:
        def is_up() -> bool:
            assert self._server
            if self._server.poll() is not None:
                pytest.fail(f"dunst ended: {(self.folder / 'dunst.log').read_text()}")
            return self._has_owner()

        until(is_up, "dunst owns its name on the bus")


def _received(entry: Mapping[str, tuple[str, Any]]) -> Received:
    plain = {name: value for name, (_, value) in entry.items()}
    return Received(
        id=plain["id"],
        title=plain["summary"],
        body=plain["body"],
        app=plain["appname"],
        urgency=plain["category"],
        timeout=plain["timeout"],
    )
