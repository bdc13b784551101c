"""One turn of an episode: what it decides is collected as facts, and applied at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from recovery.engine.episode import Episode, which
from recovery.engine.facts import Fact, to_ms
from recovery.engine.fold import apply
from recovery.engine.occurrences import CueKey
from recovery.engine.reasons import Text
from recovery.words.reasons import sentence
from recovery.words.times import spell_when

LATE_WORDS = timedelta(minutes=2)
"""Cues that come later than this say so."""


class Turn:
    """One turn of an episode: collects facts and applies each at once, so that the next step sees it."""

    def __init__(self, episode: Episode, now: datetime, others: Sequence[Episode] = ()) -> None:
        self.episode = episode
        self.now = now
        self.others = others
        self.facts: list[Fact] = []

    def add(self, kind: str, data: dict[str, Any], by: str = "engine", at: datetime | None = None) -> None:
        self.keep(Fact(self.episode.id, at or self.now, kind, data, by))

    def keep(self, fact: Fact) -> None:
        self.facts.append(fact)
        self.episode = apply(self.episode, fact)

    def say(self, message: str, /, **values: object) -> str:
        """A message in the language of the episode."""
        return self.episode.say(message, **values)

    def words(self, text: Text) -> str:
        """A text in the language of the episode."""
        return sentence(text, self.episode.place, self.now)

    def take_off(self, modalities: Iterable[str]) -> str:
        """Say that the session under way has to end, if it is of these modalities; empty otherwise."""
        on = self.episode.under_way
        if on is None or on.modality not in modalities:
            return ""
        command = f"recovery end{which(self.episode, self.others)}"
        title = self.episode.title_of(on)
        return self.say("{title} is on: end it now, {command}.", title=title, command=command)

    def cue(
        self,
        key: CueKey,
        kind: str,
        title: str,
        body: str,
        due: datetime,
        *,
        critical: bool = False,
        expires: datetime | None = None,
    ) -> dict[str, Any]:
        """A cue as it stands in a fact. It says how late it comes, where that is worth telling."""
        late = self.now - due
        if late >= LATE_WORDS and kind != "end":
            when = spell_when(self.episode.place, due, self.now)
            body = self.say("{text} (Due {when}.)", text=body, when=when).strip()
        cue: dict[str, Any] = {"key": key, "kind": kind, "title": title, "body": body, "due": to_ms(due)}
        if critical:
            cue["critical"] = True
        if expires is not None:
            cue["expires"] = to_ms(expires)
        return cue
