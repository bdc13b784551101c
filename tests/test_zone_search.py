"""The zone that a process goes by, where its machine does not plainly say it. The C library is right about the hour."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.desktop import LIMIT_SECONDS, until
from tests.profile import COMMAND, ICE, Profile, protocol

ZONES = Path("/usr/share/zoneinfo")
FILE = protocol(ICE.format(length="20min"))

pytestmark = pytest.mark.skipif(
    not (ZONES / "Asia/Tokyo").exists() or sys.platform == "win32",
    reason="there is no /usr/share/zoneinfo. Type: apt-get install -y tzdata",
)

SAYS = """\
import json, time
from recovery import clock
here = clock.local_zone()
print(json.dumps([here.name, here.doubt, here.advice, time.localtime().tm_gmtoff]))
"""


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Profile]:
    with Profile(tmp_path) as someone:
        yield someone


def zone_of(person: Profile) -> str:
    (started,) = person.facts("started")
    return str(started.data["zone"])


def doctor(person: Profile, **environ: str) -> Any:
    checks = json.loads(person.run("doctor", "--json", status=None, **environ).out)["checks"]
    return next(check for check in checks if check["name"] == "zone")


def berlin(folder: Path) -> Path:
    """A copy of its file, with nothing beside it that names it."""
    copy = folder / "some-zone"
    copy.write_bytes((ZONES / "Europe/Berlin").read_bytes())
    return copy


@pytest.mark.parametrize(
    ("tz", "name"),
    [
        ("CET-1", "UTC+01:00"),
        ("<-0330>3:30", "UTC-03:30"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "Europe/Berlin"),
        ("GMT0BST,M3.5.0/1,M10.5.0", "Europe/London"),
        (":Europe/Lisbon", "Europe/Lisbon"),
        ("posix/Europe/Lisbon", "Europe/Lisbon"),
        ("UTC0", "UTC"),
        ("", "UTC"),
        ("US/Eastern", "US/Eastern"),
    ],
)
def test_a_zone_told_by_its_rule(person: Profile, tz: str, name: str) -> None:
    person.run("start", person.file(FILE), "--onset", "1h ago", "--no-daemon", TZ=tz)
    assert zone_of(person) == name
    check = doctor(person, TZ=tz)
    assert check["state"] == "ok"
    assert check["found"] == name


@pytest.mark.parametrize("tz", ["Foo/Bar", ":/no/such/file", "rubbish", ":/etc", "/dev/null", "../x"])
def test_what_names_no_zone_is_said(person: Profile, tz: str) -> None:
    ran = person.run("start", person.file(FILE), "--onset", "1h ago", "--no-daemon", TZ=tz)
    assert zone_of(person) == "UTC"
    assert "names no time zone that I know: times are those of UTC" in ran.err
    assert "--timezone Europe/Berlin" in ran.err
    check = doctor(person, TZ=tz)
    assert check["state"] == "warn"
    assert tz.removeprefix(":") in check["found"]
    assert "Warning" not in ran.err


def test_a_rule_that_no_zone_has_is_its_hour_of_now_and_is_said(person: Profile) -> None:
    tz = "AAA-1BBB-3,J100,J200"
    ran = person.run("start", person.file(FILE), "--onset", "1h ago", "--no-daemon", TZ=tz)
    assert zone_of(person) in ("UTC+01:00", "UTC+03:00")
    assert "by a rule that no zone has" in ran.err
    assert doctor(person, TZ=tz)["state"] == "warn"


@pytest.mark.parametrize(
    "tz",
    [
        *("CET-24", "Factory", "<-00>0"),
        *(pytest.param(tz, marks=pytest.mark.slow) for tz in ("CET-25", "CET24", "<+99>-99", ":Factory")),
    ],
)
def test_what_is_no_zone_at_all_is_said_and_all_goes_on(person: Profile, tz: str) -> None:
    """A day or more from UTC, which POSIX allows, and what says that nobody has set a zone."""
    person.environ["TZ"] = tz
    ran = person.run("start", person.file(FILE), "--onset", "1h ago")
    assert zone_of(person) == "UTC"
    assert f"TZ={tz} names no time zone that I know: times are those of UTC" in ran.err
    check = doctor(person)
    assert (check["state"], "--timezone" in check["advice"]) == ("warn", True)
    person.run("store", "backup")
    person.run("store", "check")
    until(lambda: [*(person.home / "backups").glob("*daily*")], "the daily copy")
    person.run("daemon", "status")


def test_a_name_with_a_line_end_is_told_on_one_line(person: Profile) -> None:
    ran = person.run("start", person.file(FILE), "--onset", "1h ago", "--no-daemon", TZ="Europe/Berlin\n")
    assert r"Note: TZ='Europe/Berlin\n' names no time zone that I know: times are those of UTC" in ran.err


def test_a_name_that_this_machine_lacks_is_told_with_where_it_comes_from(person: Profile) -> None:
    person.run("start", person.file(FILE), "--onset", "1h ago", "--no-daemon")
    for line in ("start strain --onset now --timezone US/Nowhere", "move --timezone US/Nowhere"):
        assert "tzdata-legacy" in person.run(*line.split(), status=2).err


def test_a_file_without_a_name_is_known_by_its_bytes(person: Profile, tmp_path: Path) -> None:
    tz = f":{berlin(tmp_path)}"
    ran = person.run("start", person.file(FILE), "--onset", "1h ago", "--no-daemon", TZ=tz)
    assert ran.err == ""
    assert zone_of(person) == "Europe/Berlin"
    assert doctor(person, TZ=tz)["found"] == "Europe/Berlin"


def test_a_file_of_another_database_is_known_by_its_hours(person: Profile, tmp_path: Path) -> None:
    copy = berlin(tmp_path)
    copy.write_bytes(copy.read_bytes().replace(b"LMT", b"XXX"))
    person.run("start", person.file(FILE), "--onset", "1h ago", "--no-daemon", TZ=f":{copy}")
    assert zone_of(person) == "Europe/Berlin"


def test_a_zone_that_the_system_does_not_have_keeps_its_name_and_is_said(
    person: Profile, tmp_path: Path
) -> None:
    """As in a small container: TZ names a zone, the C library has no database, Python has one."""
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    ran = person.run(
        "start", person.file(FILE), "--onset", "1h ago", "--no-daemon", TZ="Asia/Tokyo", TZDIR=str(nothing)
    )
    assert zone_of(person) == "Asia/Tokyo"
    assert "its clock goes by UTC: times are those of Asia/Tokyo" in ran.err


def test_the_name_is_right_through_the_year(person: Profile) -> None:
    tz = "CET-1CEST,M3.5.0,M10.5.0/3"
    person.run("start", person.file(FILE), "--onset", "1h ago", "--no-daemon", TZ=tz)
    now = datetime.fromisoformat(person.json("status")["now"])
    assert f"{now:%z}" in ("+0100", "+0200")


# The machine's own files ------------------------------------------------------------------------


def with_etc(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A program that finds the folder in the place of /etc. Skips where nobody may do that."""
    unshare = shutil.which("unshare")
    words = ["--map-root-user", "--mount", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', str(folder)]
    if (
        unshare is None
        or subprocess.run([unshare, *words, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("needs a mount namespace, to have another /etc/localtime")
    return subprocess.run(
        [unshare, *words, *command],
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "RECOVERY_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )


def located(etc: Path) -> tuple[str, str, str, int]:
    ran = with_etc(etc, sys.executable, "-c", SAYS)
    assert ran.returncode == 0, ran
    assert ran.stderr == ""
    name, doubt, advice, ahead = json.loads(ran.stdout)
    return name, doubt, advice, ahead


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    folder = tmp_path / "etc"
    folder.mkdir()
    return folder


def test_a_copy_in_the_place_of_localtime(etc: Path) -> None:
    shutil.copy(ZONES / "Asia/Tokyo", etc / "localtime")
    assert located(etc) == ("Asia/Tokyo", "", "", 9 * 3600)


def test_the_name_beside_a_copy_is_its_name(etc: Path) -> None:
    shutil.copy(ZONES / "Europe/Berlin", etc / "localtime")
    (etc / "timezone").write_text("Europe/Oslo\n")
    assert located(etc)[:2] in (("Europe/Oslo", ""), ("Europe/Berlin", ""))


def test_a_name_beside_a_copy_that_is_another_zone_s_does_not_count(etc: Path) -> None:
    shutil.copy(ZONES / "Asia/Tokyo", etc / "localtime")
    (etc / "timezone").write_text("Europe/Oslo\n")
    assert located(etc)[0] == "Asia/Tokyo"


def test_a_name_without_a_file_is_said(etc: Path) -> None:
    (etc / "timezone").write_text("Europe/Oslo\n")
    name, doubt, advice, ahead = located(etc)
    assert (name, ahead) == ("UTC", 0)
    assert "Europe/Oslo" in doubt
    assert advice


def test_no_file_at_all_is_utc(etc: Path) -> None:
    assert located(etc) == ("UTC", "", "", 0)


def test_a_file_that_is_no_zone_is_said(etc: Path) -> None:
    (etc / "localtime").write_text("rubbish\n")
    name, doubt, _, _ = located(etc)
    assert name == "UTC"
    assert "/etc/localtime names no time zone that I know" in doubt


@pytest.mark.parametrize("kept", [4, 100, 1000, -1, -5])
def test_a_part_of_a_zone_is_said(etc: Path, kept: int) -> None:
    whole = (ZONES / "Europe/Berlin").read_bytes()
    (etc / "localtime").write_bytes(
        whole[:kept] if isinstance(kept, int) else whole.replace(b"TZif2", b"TZif9")
    )
    name, doubt, _, ahead = located(etc)
    if ahead == 0:
        assert name == "UTC"
        assert "/etc/localtime names no time zone that I know" in doubt
    else:  # the C library makes something of it
        assert name


def test_a_zone_that_was_never_set_is_said(etc: Path) -> None:
    for link in (True, False):
        (etc / "localtime").unlink(missing_ok=True)
        if link:
            (etc / "localtime").symlink_to(ZONES / "Factory")
        else:
            shutil.copy(ZONES / "Factory", etc / "localtime")
        name, doubt, _, _ = located(etc)
        assert (name, bool(doubt)) == ("UTC", True)


def test_a_link_to_a_zone_that_the_system_lost(etc: Path) -> None:
    (etc / "localtime").symlink_to("/usr/share/zoneinfo/US/Nowhere")
    name, doubt, _, _ = located(etc)
    assert name == "UTC"
    assert doubt


def test_no_warning_of_a_library_is_shown(etc: Path) -> None:
    shutil.copy(ZONES / "Asia/Tokyo", etc / "localtime")
    (etc / "timezone").write_text("Foo/Bar\n")
    ran = with_etc(etc, *COMMAND, "doctor")
    assert "Warning" not in ran.stderr
    assert "Time zone: Asia/Tokyo" in ran.stdout
