"""A journal that somebody else has written in, and calls to a daemon that runs."""

import copy
import json
import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import strategies as st

from recovery.daemon import presence
from tests.desktop import until
from tests.fuzz.trying import VALUES, changed, for_a_while, typed
from tests.profile import Profile, is_alive
from tests.store.real import first_day

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(300)]

COMMANDS = st.sampled_from(
    [
        *(
            "status",
            "status --json",
            "log --all",
            "log --all --json",
            "next",
            "agenda",
            "explain",
            "checkin pain=3",
        ),
        *(
            "begin",
            "end",
            "undo",
            "flag",
            "screen",
            "skip",
            "pause --for 1h",
            "upgrade",
            "store check",
            "store export",
        ),
    ]
)


def test_columns_of_the_journal(own_home: Path) -> None:
    kept = first_day(own_home.with_name("kept"))
    with closing(sqlite3.connect(kept)) as whole:
        whole.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        facts = dict(whole.execute("SELECT seq, data FROM fact"))
        pinned = dict(whole.execute("SELECT number, compiled FROM pinned"))
    own_home.mkdir()

    @st.composite
    def wrongs(draw: st.DrawFn) -> tuple[str, object]:
        which, rows = draw(st.sampled_from([("data", facts), ("data", facts), ("compiled", pinned)]))
        number = draw(st.sampled_from(sorted(rows)))
        if draw(st.integers(0, 9)):
            tree = changed(draw, copy.deepcopy(json.loads(rows[number])), VALUES)
            text: object = json.dumps(tree)
        else:
            text = draw(st.binary(max_size=20) | st.text(max_size=20) | st.integers(-(2**63), 2**63 - 1))
        if isinstance(text, str):
            text = text.encode("utf-8", "replace").decode()
        table = (
            "UPDATE fact SET data = ? WHERE seq = ?"
            if which == "data"
            else "UPDATE pinned SET compiled = ? WHERE number = ?"
        )
        return table, (text, number)

    def tried(given: tuple[tuple[str, tuple[object, int]], list[str]]) -> None:
        (statement, values), commands = given
        for end in ("", "-wal", "-shm"):
            (own_home / f"journal.db{end}").unlink(missing_ok=True)
        shutil.copyfile(kept, own_home / "journal.db")
        with closing(sqlite3.connect(own_home / "journal.db", isolation_level=None)) as journal:
            for (trigger,) in journal.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                journal.execute(f"DROP TRIGGER {trigger}")
            try:
                journal.execute(statement, values)
            except sqlite3.Error:
                return
        for command in commands:
            typed(*command.split())

    for_a_while(st.tuples(wrongs(), st.lists(COMMANDS, min_size=1, max_size=3)), tried)


def test_calls_to_a_daemon(tmp_path: Path) -> None:
    with Profile(tmp_path) as person:
        person.run("daemon", "start", "--notifier", "text")
        there = presence.read(person.home)
        assert there is not None
        calls = st.binary(max_size=600) | st.sampled_from(
            [b"wake", b"wake\0", b"wak", b"stop ", b"STOP", b"", b"x" * 100_000]
        )

        def tried(sent: list[bytes]) -> None:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.setblocking(True)
                line.settimeout(2)
                for data in sent:
                    line.sendto(data, str(person.home / "daemon.sock"))
            assert is_alive(there.pid)

        for_a_while(st.lists(calls.filter(lambda call: call != b"stop"), max_size=20), tried)
        assert int(Path(f"/proc/{there.pid}/statm").read_text().split()[1]) * 4096 < 64 * 1024 * 1024
        person.run("daemon", "stop")
        until(lambda: not is_alive(there.pid), "it hears stop after all that", 5)
        assert "Traceback" not in person.log()
