"""What the image is made from; nothing is built here."""

from pathlib import Path

import pytest

from tests.vm.image import mirror, why_not

NEW = """\
Types: deb
# A comment.
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://mirror.example/debian http://other.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""

OLD = """\
# deb http://commented.example/debian bookworm main
deb-src http://source.example/debian bookworm main
deb http://mirror.example/security bookworm-security main
deb [arch=amd64 signed-by=/a/key.gpg] http://mirror.example/debian bookworm main contrib
"""


@pytest.mark.parametrize(
    ("name", "text", "address"),
    [
        ("sources.list.d/debian.sources", NEW, "http://mirror.example/debian"),
        ("sources.list", OLD, "http://mirror.example/debian"),
        ("sources.list", "deb http://mirror.example/debian trixie main\n", ""),
        ("sources.list.d/other.list", "deb http://tool.example/apt bookworm stable\n", ""),
    ],
    ids=["deb822", "one line", "another suite", "not Debian's"],
)
def test_the_mirror_is_the_one_of_this_machine(tmp_path: Path, name: str, text: str, address: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text, "utf-8")

    assert mirror(tmp_path) == address


def test_without_sources_it_is_left_to_debootstrap(tmp_path: Path) -> None:
    assert mirror(tmp_path) == ""


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert why_not().endswith("apt-get install -y --no-install-recommends qemu-system-x86 debootstrap cpio")
