"""What the virtual machine boots from: Debian's kernel, and a root file system that lies in memory.

It is made of two archives which the kernel unpacks one over the other: the system, which is built once and kept in a
cache, and what belongs to this run, the program from this folder and the scenario.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

SUITE, PYTHON = "bookworm", "3.11"
"""The Debian that is the guest, and its Python."""

PACKAGES = (
    "dbus",
    "dbus-user-session",
    "dunst",
    "fonts-dejavu-core",
    "libpam-systemd",
    "linux-image-amd64",
    "polkitd",  # without it logind gives a delay lock to root alone
    "python3",
    "systemd-sysv",
    "tzdata",
    "util-linux-extra",
    "xvfb",
)

NEEDLESS = (
    "boot",
    "usr/lib/modules",  # all that the guest needs is in the kernel itself
    "usr/lib/udev/hwdb.*",
    "usr/lib/x86_64-linux-gnu/dri",  # Xvfb goes without GLX, and so without its drivers
    "usr/lib/x86_64-linux-gnu/libLLVM*",
    "usr/lib/x86_64-linux-gnu/libz3*",
    "usr/share/doc",
    "usr/share/locale",
    "usr/share/man",
    "var/cache/apt",
    "var/lib/apt/lists",
)

PERSON, NUMBER = "person", 1000

PROGRAMS = {"qemu-system-x86_64": "qemu-system-x86", "debootstrap": "debootstrap", "cpio": "cpio"}


@dataclass(frozen=True)
class Image:
    """What QEMU is given."""

    kernel: Path
    memory_disk: Path


def why_not() -> str:
    """What keeps a machine from being built and run here; "" if nothing."""
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    if missing:
        return f"a virtual machine needs more: apt-get install -y --no-install-recommends {' '.join(missing)}"
    if platform.machine() != "x86_64":
        return "debootstrap builds for the processor it runs on, and the machine is an x86_64"
    if os.geteuid() != 0:
        return "debootstrap needs root"
    return ""


def mirror(apt: Path = Path("/etc/apt")) -> str:
    """Where this machine has its Debian packages from; "" where it has none, which leaves it to debootstrap."""
    for file in (apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))):
        if not file.is_file():
            continue
        for address, suites in _sources(file.read_text("utf-8"), is_deb822=file.suffix == ".sources"):
            if SUITE in suites:
                return address
    return ""


def _sources(text: str, *, is_deb822: bool) -> Iterator[tuple[str, list[str]]]:
    """The addresses in a file of apt's, each with its suites."""
    if not is_deb822:
        for line in re.finditer(r"^deb\s+(?:\[.*?\]\s+)?(\S+)\s+(\S+)\s.*\bmain\b", text, re.MULTILINE):
            yield line[1], [line[2]]
        return
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([\w-]+):[ \t]*(.*)$", stanza, re.MULTILINE))
        if "main" in fields.get("Components", "").split():
            for address in fields.get("URIs", "").split():
                yield address, fields.get("Suites", "").split()


def cache() -> Path:
    """Where the system is kept from one run to the next."""
    named = os.environ.get("RECOVERY_VM_CACHE")
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "recovery-vm"
    return Path(named) if named else usual


def built(own: Path, folder: Path) -> Image:
    """The image for one run, in `folder`; `own` is what lies over the system, its files with their owners."""
    system = _system()
    memory_disk = folder / "memory-disk"
    with tempfile.TemporaryDirectory() as drafts, memory_disk.open("wb") as target:
        program = Path(drafts) / "program"
        _install(program / "usr/local/lib" / f"python{PYTHON}" / "dist-packages")
        with (system / "system.cpio").open("rb") as source:
            shutil.copyfileobj(source, target)
        target.flush()
        for layer in (program, own):
            _pack(layer, target.fileno())
    return Image(system / "kernel", memory_disk)


def _system() -> Path:
    """The folder with the kernel and the system's archive, built if they are not there yet."""
    recipe = repr((SUITE, PACKAGES, NEEDLESS, PERSON, NUMBER))
    place = cache() / f"{SUITE}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    if place.exists():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with _draft(place) as draft:
        root = draft / "root"
        words = ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(root)]
        _run([*words, *filter(None, [mirror()])])
        _run(["chroot", str(root), "useradd", "--create-home", f"--uid={NUMBER}", PERSON])
        (kernel,) = (root / "boot").glob("vmlinuz-*")
        shutil.copy(kernel, draft / "kernel")
        for pattern in NEEDLESS:
            for path in root.glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        with (draft / "system.cpio").open("wb") as target:
            _pack(root, target.fileno())
        shutil.rmtree(root)
    return place


@contextmanager
def _draft(place: Path) -> Iterator[Path]:
    """A folder that gets its name once it is whole."""
    draft = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        yield draft
        draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _install(target: Path) -> None:
    """The program and all that it depends on, for the guest's Python, whatever ours is."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    with tempfile.TemporaryDirectory() as wheels:
        _run([*pip, "wheel", "--no-deps", f"--wheel-dir={wheels}", str(REPOSITORY)])
        (wheel,) = Path(wheels).glob("*.whl")
        guest = [f"--python-version={PYTHON}", "--implementation=cp", "--only-binary=:all:"]
        guest += [f"--platform=manylinux_2_{minor}_x86_64" for minor in (17, 28, 34)]
        _run([*pip, "install", f"--target={target}", *guest, str(wheel)])


def _pack(folder: Path, target: int) -> None:
    """A folder as an archive of the kernel's kind."""
    pack = "find . -print0 | cpio --quiet --null --create --format=newc"
    _run(["sh", "-c", pack], folder=folder, out=target)


def _run(words: Sequence[str], *, folder: Path | None = None, out: int = subprocess.PIPE) -> None:
    """Run a program; whatever it said is in the error if it fails."""
    clean = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        words, cwd=folder, env=clean, stdout=out, stderr=subprocess.PIPE, check=False, umask=0o022
    )
    if done.returncode:
        said = (done.stdout or b"") + done.stderr
        raise RuntimeError(f"{' '.join(words)}\n{said.decode(errors='replace')[-4000:]}")
