"""What lies over the system in the virtual machine: the files of `files/`, and what a person has in their home."""

import os
import shutil
from pathlib import Path

from tests.desktop import DUNST_CONFIGURATION
from tests.profile import ICE, protocol
from tests.vm.image import NUMBER, PERSON

FILES = Path(__file__).with_name("files")

WALK = """\
      - {id: walk, kind: reminder, of: rest, title: Walk, every: 1h, say: A short walk., source: own}
"""

STATE = ".local/share/recovery"

IN_HOME = {
    ".config/dunst/dunstrc": DUNST_CONFIGURATION.format(menu="/bin/true", timeout="0"),
    # Nobody answers, and what is told again on purpose is not what "twice" is about here.
    f"{STATE}/settings.toml": "end_repeats = 0\n",
    "brief.yaml": protocol(ICE.format(length="30s"), name="brief"),
    "minute.yaml": protocol(ICE.format(length="1min"), name="minute"),
    "hours.yaml": protocol(ICE.format(length="20min"), WALK, name="hours"),
}


def lay(folder: Path) -> None:
    """Make that folder; its files have the owners and rights that they need, whatever ours are."""
    shutil.copytree(FILES, folder)
    home = folder / "home" / PERSON
    for name, text in IN_HOME.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, "utf-8")
    for path in (folder, *folder.rglob("*")):
        owner = NUMBER if path.is_relative_to(home) else 0
        os.chown(path, owner, owner)
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    (home / STATE).chmod(0o700)
