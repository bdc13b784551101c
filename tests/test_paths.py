"""Where state lives, for users and folders of every kind."""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from recovery import paths
from recovery.cli.main import status_of
from recovery.errors import RecoveryError
from tests.profile import Profile

START = "start rice --grade 2 --side left --screen none --signs none --no-daemon --onset now"


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECOVERY_HOME", raising=False)


def test_a_relative_place_for_data_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("data", "./data", "~/data"):
        monkeypatch.setenv("XDG_DATA_HOME", name)
        assert paths.home() == tmp_path / ".local/share/recovery"


@pytest.mark.parametrize("named", ["~nobody-at-all/x", "~nobody-at-all"])
def test_a_home_that_nobody_has_is_told(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOVERY_HOME", named)
    with pytest.raises(RecoveryError) as caught:
        paths.home()
    assert caught.value.message == f"{named}: this user has no home folder on this machine"
    assert "RECOVERY_HOME" in caught.value.hint


HOMELESS = ["rel", ".", "", "~"]
"""What says nothing of where a home folder is."""


@pytest.mark.skipif(os.name != "posix", reason="elsewhere HOME says nothing")
@pytest.mark.parametrize("named", HOMELESS)
def test_a_home_that_says_nothing_of_where_is_told(named: str, tmp_path: Path) -> None:
    with Profile(tmp_path, {"HOME": named, "RECOVERY_HOME": ""}) as person:
        for line in ("status", "daemon start", "daemon stop", "service install --way xdg", START):
            said = person.run(*line.split(), status=1).err
            assert "this user has no home folder on this machine" in said
            assert "set RECOVERY_HOME to a folder of your own" in said
        person.run("protocols")
        assert [*tmp_path.iterdir()] == []

        person.environ["RECOVERY_HOME"] = str(tmp_path / "named")
        person.run(*START.split())
        said = person.run("service", "install", "--way", "xdg", status=1).err
        assert "set HOME to a folder of your own" in said


@pytest.mark.skipif(os.name != "posix", reason="of the list of users")
def test_a_home_that_is_in_the_list_of_users_alone_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    without = [user.pw_name for user in pwd.getpwall() if not Path(user.pw_dir).exists()]
    if not without:
        pytest.skip("all users of this machine have their home folder")
    monkeypatch.setenv("RECOVERY_HOME", f"~{without[0]}/x")
    with pytest.raises(RecoveryError, match="this user has no home folder on this machine"):
        paths.make_home()


@pytest.mark.skipif(os.name != "posix", reason="of POSIX permissions")
def test_a_folder_that_others_can_rename_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    monkeypatch.setenv("RECOVERY_HOME", str(shared / "deep" / "mine"))
    with pytest.raises(RecoveryError) as caught:
        paths.make_home()
    assert str(shared) in caught.value.message
    assert "chmod go-w" in caught.value.hint

    (tmp_path / "own").mkdir(mode=0o700)
    (shared / "link").symlink_to(tmp_path / "own")
    monkeypatch.setenv("RECOVERY_HOME", str(shared / "link"))
    with pytest.raises(RecoveryError, match=str(shared)):
        paths.make_home()

    monkeypatch.setenv("RECOVERY_HOME", str(shared / "deep" / "mine"))
    shared.chmod(0o1777)  # as /tmp is: only the owner may rename
    assert paths.make_home() == shared / "deep" / "mine"


@pytest.fixture
def outside() -> Iterator[Path]:
    """A folder to which every user can get; those of the tests lie in one that is closed."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def another_user(user: int, group: int) -> Iterator[None]:
    os.setegid(group)
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


needs_root = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="only root can be other users"
)


@needs_root
@pytest.mark.parametrize(
    ("user", "first_group", "group", "is_private"),
    [
        (4321, 100, 100, False),  # `users`, the first group of many
        (4321, 4321, 4321, True),
        (4321, 4321, 5432, False),
        (4321, 4321, 0, True),
        (65534, 65534, 65534, False),  # nobody, and other services with the same group
        (0, 0, 0, True),
        (0, 100, 100, False),
    ],
)
def test_a_group_is_private_where_nobody_else_is_in_it(
    outside: Path, user: int, first_group: int, group: int, is_private: bool
) -> None:
    import grp  # noqa: F401  # what lies where the other user cannot read
    import pwd  # noqa: F401

    way = outside / "way"
    way.mkdir()
    os.chown(way, user, group)
    way.chmod(0o2775)
    with another_user(user, first_group):
        (way / "mine").mkdir()
        refused = nullcontext() if is_private else pytest.raises(RecoveryError, match=f"write to {way}")
        with refused:
            paths.keep_private(way / "mine")


@needs_root
def test_a_list_that_lets_another_user_write_is_seen(outside: Path) -> None:
    """What looks like the part of the group is then what the list allows at most."""
    way = outside / "way"
    (way / "mine").mkdir(parents=True)
    entries = [(0x01, 7, -1), (0x02, 7, 65534), (0x04, 5, -1), (0x10, 7, -1), (0x20, 5, -1)]
    try:
        os.setxattr(
            way,
            "system.posix_acl_access",
            struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries),
        )
    except (OSError, AttributeError):
        pytest.skip("this disk keeps no lists of who may do what")
    with pytest.raises(RecoveryError, match=f"they can write to {way}"):
        paths.keep_private(way / "mine")


@pytest.mark.skipif(os.name != "posix", reason="of POSIX permissions")
@pytest.mark.parametrize("last", ["l1", "l1/deep", "l1/../l1"])
@pytest.mark.parametrize("is_relative", [True, False])
def test_a_link_that_goes_through_an_open_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str, is_relative: bool
) -> None:
    for name in ("own", "open", "private"):
        (tmp_path / name).mkdir(mode=0o700)
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "open" / "l2").symlink_to(tmp_path / "private")
    (tmp_path / "own" / "l1").symlink_to("../open/l2" if is_relative else tmp_path / "open" / "l2")
    monkeypatch.setenv("RECOVERY_HOME", str(tmp_path / "own" / last))
    with pytest.raises(RecoveryError, match=str(tmp_path / "open")):
        paths.make_home()

    (tmp_path / "open").chmod(0o1777)
    if last != "l1/../l1":  # which leads nowhere
        paths.make_home()


@pytest.mark.skipif(os.name != "posix", reason="of POSIX permissions")
def test_links_in_a_ring_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    monkeypatch.setenv("RECOVERY_HOME", str(tmp_path / "a" / "home"))
    with pytest.raises(RecoveryError, match="cannot be used as the folder"):
        paths.make_home()


@needs_root
def test_a_link_of_another_user_on_the_way_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    (tmp_path / "mine").mkdir(mode=0o700)
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "theirs").symlink_to(tmp_path)
    os.chown(shared / "theirs", 65534, 65534, follow_symlinks=False)
    with pytest.raises(RecoveryError, match=str(shared / "theirs")):
        paths.keep_private(shared / "theirs" / "mine")


@pytest.mark.skipif(os.name != "posix", reason="of POSIX permissions")
def test_doctor_says_of_a_folder_what_a_start_says(tmp_path: Path) -> None:
    with Profile(tmp_path, {"RECOVERY_HOME": str(tmp_path / "way" / "home")}) as person:
        way = person.home.parent
        way.mkdir()
        for is_there in (False, True):
            way.chmod(0o777)
            refused = person.run("daemon", "start", status=1).err
            checks = person.json("doctor", status=1)["checks"]
            (disk,) = (check for check in checks if check["name"] == "disk")
            assert disk["state"] == "fail"
            assert refused == f"Error: {disk['found']}\n  {disk['advice']}\n", is_there
            way.chmod(0o755)
            person.home.mkdir(mode=0o700, exist_ok=True)
        checks = person.json("doctor", status=None)["checks"]
        assert next(check for check in checks if check["name"] == "disk")["state"] == "ok"


@pytest.mark.parametrize("line", ["protocols", "validate strain", "schema", "simulate rice --onset now"])
def test_what_keeps_nothing_needs_no_home(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECOVERY_HOME", "~nobody-at-all/x")
    assert status_of(line.split()) == 0, capsys.readouterr().err


@pytest.mark.parametrize("line", ["status", "next", "log", "checkin pain=1", "doctor", "store check"])
def test_what_keeps_something_names_the_way_out(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECOVERY_HOME", "~nobody-at-all/x")
    assert status_of(line.split()) == 1
    out, err = capsys.readouterr()
    assert "RECOVERY_HOME" in (out if line == "doctor" else err)  # doctor tells it among all the rest
