"""Write down all that the program says, to compare it before a change of its shape and after.

    python -m tests.golden /tmp/before        # then change the code
    python -m tests.golden /tmp/after
    diff -r /tmp/before /tmp/after

It plays people, runs every protocol with every persona, reads a thousand wrong files, and asks every command for its
help, as processes of their own. Needs `faketime`.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from recovery.cli.quick import HOMES
from recovery.simulation import people
from tests.profile import COMMAND
from tests.protocol.mutants import mixed_up, mutants, read

SHIPPED = sorted((Path(__file__).parents[1] / "protocols").glob("*.yaml"))
PERSONAS = ("", *people.PERSONAS)
ONSET = "2026-11-23T18:00+01:00"
ZONE = ("--timezone", "Europe/Berlin")
EVERY = 5
"""One of so many changed files is read."""

DAYS = """\
2026-11-23 18:30 start strain --onset "2026-11-23 18:00" --grade 2 --side left --screen none --signs none --no-daemon
2026-11-23 18:31 status
2026-11-23 18:32 begin ice
2026-11-23 18:40 status
2026-11-23 18:41 begin ice
2026-11-23 18:52 end ice
2026-11-23 18:55 begin ice
2026-11-23 19:00 undo
2026-11-23 19:10 start rice --onset "2026-11-23 18:00" --side left --screen none --signs none --no-daemon
2026-11-23 21:00 checkin pain=6 swelling=2 --episode strain-1
2026-11-23 21:01 checkin pain=11 --episode strain-1
2026-11-23 21:30 skip ice --episode strain-1
2026-11-23 21:40 snooze ice --episode strain-1
2026-11-24 08:00 checkin pain=5 swelling=2 limp=yes --episode strain-1
2026-11-24 09:00 advance --episode strain-1
2026-11-24 09:01 advance --episode strain-1 --because "it is fine"
2026-11-24 10:00 flag limping --episode strain-1
2026-11-24 10:10 flag
2026-11-24 10:20 flag clear limping --episode strain-1
2026-11-24 11:00 pause --until 15:00 --episode strain-1
2026-11-24 12:00 resume --episode strain-1
2026-11-25 09:00 correct grade=1 --episode strain-1
2026-11-25 10:00 stop --episode rice-1
2026-11-26 09:00 checkin pain=2 swelling=0 --episode strain-1
2026-11-26 09:10 advance --episode strain-1
2026-11-27 09:00 checkin pain=2 swelling=0
2026-11-27 20:00 move --timezone America/New_York
2026-11-29 09:00 setback
2026-11-30 09:00 undo
2026-11-30 09:30 checklist
2026-12-03 09:00 checkin pain=1
2026-12-10 09:00 advance
"""
"""What a person types, and when."""

AFTER = (
    "status",
    "status --json",
    "next --json",
    "explain --json",
    "explain",
    "agenda",
    "log --json --all",
    "log --all",
)


class Scribe:
    """Runs commands, and keeps what they say below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.scratch = Path(tempfile.mkdtemp())

    def environ(self, name: str) -> dict[str, str]:
        home = self.scratch / name
        home.mkdir(exist_ok=True)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "RECOVERY_HOME": str(home / "data"),
            "XDG_RUNTIME_DIR": str(home),
            "TZ": "Europe/Berlin",
            "COLUMNS": "80",
            "LANG": "C.UTF-8",
        }

    def said(self, environ: dict[str, str], *command: str) -> str:
        """Return what a command says, its errors and its status."""
        ran = subprocess.run(
            command, env=environ, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )
        text = f"{ran.stdout}\n-- {ran.returncode}\n{ran.stderr}"
        return text.replace(str(self.scratch), "SCRATCH").replace(str(Path(__file__).parents[1]), "HERE")

    def keep(self, name: str, *words: str, language: str = "C.UTF-8") -> None:
        environ = {**self.environ("nobody"), "LANG": language, "LANGUAGE": language[:2]}
        (self.folder / name.replace("/", "-")).write_text(
            self.said(environ, *COMMAND, *words), encoding="utf-8"
        )

    def play(self, name: str, lines: str, language: str) -> None:
        """Play somebody's days; the clock stands still during a command."""
        environ = {**self.environ(name), "LANG": language, "LANGUAGE": language[:2]}
        pieces = []
        for line in lines.splitlines():
            day, time, typed = line.split(maxsplit=2)
            for command in (typed, *AFTER):
                shell = f"faketime -f '{day} {time}:00' {' '.join(COMMAND)} {command}"
                pieces.append(f"## {day} {time} {command}\n{self.said(environ, 'sh', '-c', shell)}")
        (self.folder / name).write_text("\n".join(pieces), encoding="utf-8")


def simulations() -> Iterator[tuple[str, list[str]]]:
    """Name and words of every simulation."""
    for path in SHIPPED:
        for persona in PERSONAS:
            grades = ("1", "2", "3") if path.stem == "strain" else ("",)
            for grade in grades:
                words = ["simulate", path.stem, "--onset", ONSET, *ZONE, "--json", "--for", "45d"]
                words += ["--persona", persona] if persona else []
                words += ["--grade", grade] if grade else []
                yield f"simulate-{path.stem}-{persona}-{grade}.json", words


def wrong_files(folder: Path) -> None:
    """Write a thousand files with something wrong in them."""
    folder.mkdir()
    for path in SHIPPED:
        for number, mutant in enumerate(mutants(path.stem, read(path))):
            if number % EVERY == 0:
                text = mutant.applied(read(path))
                (folder / f"{path.stem}-{number:04}.yaml").write_text(text, encoding="utf-8")
        for seed in range(40):
            text = mixed_up(path.read_text(encoding="utf-8"), random.Random(seed))
            (folder / f"{path.stem}-mixed-{seed:02}.yaml").write_text(text, encoding="utf-8")


def main(folder: Path) -> None:
    """Write all of it below `folder`, which must not exist."""
    scribe = Scribe(folder)
    wrong = scribe.scratch / "wrong"
    wrong_files(wrong)
    with ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(scribe.play, f"days-{language[:2]}", DAYS, language)
            for language in ("C.UTF-8", "de_DE.UTF-8")
        ]
        for name, words in simulations():
            jobs.append(pool.submit(scribe.keep, name, *words))
        for path in SHIPPED:
            pages = (["show", path.stem], ["show", path.stem, "--json"], ["preview", path.stem])
            jobs.extend(pool.submit(scribe.keep, "-".join(words), "protocols", *words) for words in pages)
            files = sorted(map(str, wrong.glob(f"{path.stem}-*.yaml")))
            for start in range(0, len(files), 50):
                name = f"validate-{path.stem}-{start:04}"
                jobs.append(pool.submit(scribe.keep, name, "validate", *files[start : start + 50]))
        for command in HOMES:
            for language in ("C.UTF-8", "de_DE.UTF-8"):
                name = f"help-{' '.join(command.split())}-{language[:2]}"
                jobs.append(pool.submit(scribe.keep, name, *command.split(), "--help", language=language))
        jobs.append(pool.submit(scribe.keep, "schema", "schema"))
        jobs.append(pool.submit(scribe.keep, "diff", "protocols", "diff", str(SHIPPED[0]), str(SHIPPED[-1])))
        jobs.append(pool.submit(scribe.keep, "help", "--help"))
        for job in jobs:
            job.result()
    shutil.rmtree(scribe.scratch)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
