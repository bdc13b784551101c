"""What the program costs, with the lines it may not cross. `pytest -m bench -s tests/bench` prints the figures."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recovery.daemon import presence
from tests.bench.measuring import COMMANDS, MOST_TIMES, PASS, STRAIN, cpu_ms, patient, round_robin
from tests.desktop import Desktop, display, until
from tests.profile import COMMAND, ICE, Profile, protocol

pytestmark = pytest.mark.bench


@pytest.mark.timeout(600)
@pytest.mark.parametrize("sessions", [0, 20_000], ids=["new", "100,000 facts"])
def test_short_commands_cost_little_more_than_starting_python(tmp_path: Path, sessions: int) -> None:
    with patient(tmp_path, sessions=sessions) as person:
        cases = {"python -c pass": PASS} | {name: [*COMMAND, *words] for name, words in COMMANDS.items()}
        costs = round_robin(cases, person.environ, rounds=15)
    floor = costs["python -c pass"]
    print(f"\nCPU of a command, median of 15, {5 * sessions:,} facts in the journal before")
    for name, cost in costs.items():
        print(f"  {name:16} {cost:6.1f} ms  {cost / floor:5.2f} x python")

    assert {name: cost / floor for name, cost in costs.items() if cost / floor > MOST_TIMES} == {}


def switches(pid: int) -> int:
    """How often any thread of a process went to sleep of its own will: each is a wake-up."""
    count = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        count += int(lines["voluntary_ctxt_switches"])
    return count


def memory_mib(pid: int) -> tuple[float, float]:
    """Resident, and private to the process."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    parts = {name: int(rest.split()[0]) / 1024 for name, rest in (line.split(":", 1) for line in rollup)}
    return parts["Rss"], parts["Private_Clean"] + parts["Private_Dirty"]


@pytest.mark.timeout(120)
def test_an_idle_daemon_is_small_and_never_wakes(tmp_path: Path) -> None:
    with display() as screen, Desktop(screen) as desktop:
        desktop.start()
        with Profile(tmp_path, desktop.environ) as person:
            person.run(*STRAIN)
            pid = person.pid()
            until(lambda: len(person.facts("delivered")) >= 5, "the first cues are shown")
            desktop.close_all()
            desktop.wait_for_displayed(0)
            resident, private = memory_mib(pid)
            before, cpu = switches(pid), Path(f"/proc/{pid}/stat").read_text().split()[13:15]
            time.sleep(60)
            woken, used = switches(pid) - before, Path(f"/proc/{pid}/stat").read_text().split()[13:15]
    print(f"\nidle daemon: {resident:.1f} MiB resident, {private:.1f} MiB private, {woken} wake-ups in 60 s")

    assert resident < 30
    assert woken == 0
    assert used == cpu, "no tick of CPU time"


@pytest.mark.timeout(120)
def test_a_daemon_is_ready_soon(tmp_path: Path) -> None:
    with display() as screen, Desktop(screen) as desktop:
        desktop.start()
        with Profile(tmp_path, desktop.environ) as person:
            person.start(protocol(ICE.format(length="20min")), "--no-daemon")
            person.run("status")
            ready, floor = [], []
            for _ in range(9):
                began = time.monotonic()
                subprocess.run(PASS, check=True, env=person.environ)
                floor.append(time.monotonic() - began)
                ready.append(_start_to_ready(person))
    times = statistics.median(ready) / statistics.median(floor)
    print(f"\nstart to ready: {statistics.median(ready) * 1000:.0f} ms, {times:.1f} x python -c pass (wall)")

    assert times < 15


def _start_to_ready(person: Profile) -> float:
    """Seconds until store, bus and control socket are there, as `recovery start` waits for them."""
    reader, writer = os.pipe()
    began = time.monotonic()
    daemon = subprocess.Popen(
        [sys.executable, "-m", "recovery.daemon", str(writer), ""],
        pass_fds=[writer],
        env=person.environ,
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    assert os.read(reader, 16) == b"ready\n"
    took = time.monotonic() - began
    os.close(reader)
    daemon.terminate()
    daemon.wait(5)
    assert not presence.is_running(person.home)
    return took


TURNS = (
    """\
      - id: turns
        kind: alternation
        title: Turns
        per_day: 1
        steps:
"""
    + """\
          - {of: rest, duration: 1s, start: On., end: Off.}
          - wait: 1s
"""
    * 10
    + """\
        source: own
"""
)


@pytest.mark.timeout(120)
def test_cues_are_on_time(tmp_path: Path) -> None:
    with display() as screen, Desktop(screen, timeout="300ms") as desktop:
        desktop.start()
        with Profile(tmp_path, desktop.environ) as person:
            person.start(protocol(TURNS))
            # The first is due before there is a daemon, and waits for its start.
            late = [fact.data["late"] for fact in person.wait_for("delivered", 20, limit=60)[1:]]
    print(
        f"\nlateness until the server has answered, {len(late)} cues:"
        f" median {statistics.median(late):.0f} ms, most {max(late)} ms"
    )

    assert statistics.median(late) < 100
    assert max(late) < 1000


@pytest.mark.timeout(600)
@pytest.mark.parametrize("per_day", [2, 100])
def test_years_of_answers_cost_nothing(tmp_path: Path, per_day: int) -> None:
    words = {"status": ["status"], "checkin": ["checkin", "pain=4"]}
    with (
        patient(tmp_path / "few", answers=100) as few,
        patient(tmp_path / "many", answers=100_000, per_day=per_day) as many,
    ):
        cases = {
            f"{name}, {count}": ["/usr/bin/env", f"RECOVERY_HOME={who.home}", *COMMAND, *line]
            for name, line in words.items()
            for count, who in (("few", few), ("many", many))
        }
        costs = round_robin(cases, few.environ, rounds=15)
    times = {name: costs[f"{name}, many"] / costs[f"{name}, few"] for name in words}
    print(f"\nCPU with 100,000 answers, {per_day} a day, against 100, median of 15: {times}")

    assert max(times.values()) <= 1.2


@pytest.mark.timeout(600)
def test_a_hundred_thousand_facts_are_exported_checked_and_imported_in_seconds(tmp_path: Path) -> None:
    document = tmp_path / "all.json"
    cost = {}
    for count in (2_000, 20_000):
        with patient(tmp_path / str(count), sessions=count) as person:
            cases = {
                "export": ["export", str(document)],
                "check": ["check"],
                "import": ["import", str(document)],
            }
            for name, words in cases.items():
                environ = person.environ
                if name == "import":
                    environ = {**environ, "RECOVERY_HOME": str(tmp_path / f"new-{count}")}
                cost[name, count] = cpu_ms([*COMMAND, "store", *words], environ) / 1000
            document.unlink()
    print(
        "\nCPU of 10,000 and 100,000 facts, seconds:",
        {f"{a} {b * 5}": f"{c:.1f}" for (a, b), c in cost.items()},
    )

    for name in ("export", "check", "import"):
        assert cost[name, 20_000] < 12 * cost[name, 2_000]
    assert cost["import", 20_000] < 60
