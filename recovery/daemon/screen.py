"""The notes that may stand on the screen. A file keeps them: the next daemon can clear up after a killed one."""

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from recovery.care.record import Record
from recovery.daemon.notes import CueDelivery
from recovery.engine.fold import read_cue
from recovery.notify.port import Note, Notifier
from recovery.store.failures import NONSENSE, Nonsense
from recovery.store.journal import Journal

NAME = "notes.json"


class Screen:
    """The cues of the notes that may still stand on the screen, by the key of the note, which the first cue gives.

    What another process could take over is kept in the folder; the note's words are not: they are in the journal.
    What is taken over is not shown anew: nobody can ask a server whether it still stands, or was dismissed meanwhile.
    """

    def __init__(self, folder: Path, log: logging.Logger) -> None:
        self._path = folder / NAME
        self._log = log
        self._groups: dict[str, tuple[CueDelivery, ...]] = {}
        self._tokens: dict[str, str] = {}
        self._expired: set[str] = set()
        """The notes that are off the screen, but perhaps in a list of notes, with buttons that work."""
        self._kept: Mapping[str, Any] | None = None
        """The content of the file; None: not known."""
        self._is_taken_over = False
        self._trouble = ""

    def __contains__(self, key: str) -> bool:
        return key in self._groups

    def __iter__(self) -> Iterator[tuple[str, tuple[CueDelivery, ...]]]:
        return iter([*self._groups.items()])

    def of(self, key: str) -> tuple[CueDelivery, ...]:
        """The cues of a note; none where it does not stand."""
        return self._groups.get(key, ())

    def put(self, key: str, group: tuple[CueDelivery, ...], token: str) -> None:
        """A note stands there now, in the place of the one with the same key."""
        self._groups[key], self._tokens[key] = group, token
        self._expired.discard(key)

    def expire(self, key: str) -> None:
        """A note is off the screen, and perhaps nowhere else."""
        if key in self._groups:
            self._expired.add(key)

    def is_up(self, key: str) -> bool:
        """True while a note stands on the screen, as far as its server has said."""
        return key in self._groups and key not in self._expired

    def pop(self, key: str) -> tuple[CueDelivery, ...]:
        """A note is gone; its cues."""
        self._tokens.pop(key, None)
        self._expired.discard(key)
        return self._groups.pop(key, ())

    def take_over(
        self,
        journal: Journal,
        record: Record,
        notifier: Notifier,
        worded: Callable[[tuple[CueDelivery, ...]], Note],
    ) -> None:
        """Once: the notes that another daemon left standing, as they are `worded`. Raises `StoreError`."""
        if self._is_taken_over:
            return
        for key, (token, listed) in _read(self._path).items():
            group = [_attempt(journal, record, *cue) for cue in listed]
            if group and all(group) and key not in self._groups:
                cues = tuple(one for one in group if one)
                self.put(key, cues, token)
                notifier.adopt(replace(worded(cues), key=key), token)
        self._is_taken_over = True

    def keep(self) -> None:
        """Write down what has changed. A trouble is told in the log, once: the notes of a dead daemon stay, then."""
        wanted = {
            key: [self._tokens[key], [[one.episode, one.cue.seq] for one in group]]
            for key, group in self._groups.items()
            if self._tokens[key] and all(one.cue.seq > 0 for one in group)
        }
        if not self._is_taken_over or wanted == self._kept:
            return
        draft = self._path.with_suffix(f".{os.getpid()}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(wanted, file)
            draft.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            if str(error) != self._trouble:
                self._log.warning("what stands on the screen is not written down: %s", error)
            self._trouble = str(error)
            return
        self._kept, self._trouble = wanted, ""


def _attempt(journal: Journal, record: Record, episode: str, seq: int) -> CueDelivery | None:
    """The cue that a fact carries; None where there is none, as after an older copy was put back, or it is damaged."""
    known = next((one for one in record.all if one.id == episode), None)
    if known is None:
        return None
    try:
        facts = journal.between(seq, seq)
        if not facts or facts[0].episode != episode or "cue" not in facts[0].data:
            return None
        return CueDelivery(episode, known.place.language, read_cue(facts[0]), known.is_discreet)
    except (*NONSENSE, Nonsense):
        return None


def _read(path: Path) -> dict[str, tuple[str, list[tuple[str, int]]]]:
    """The notes of the file; none where it is not there, or nothing that a daemon has written."""
    try:
        known: Any = json.loads(path.read_text("utf-8"))
        return {
            str(key): (str(token), [(str(episode), int(seq)) for episode, seq in cues])
            for key, (token, cues) in known.items()
            if all(0 < int(seq) < 2**63 for _episode, seq in cues)
        }
    except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return {}
