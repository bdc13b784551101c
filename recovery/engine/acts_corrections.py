"""The correction of what a person said at the start: the grade, the injury's time, the side, an option.

A correction is no new injury: what was done, told and answered stays, and is looked at anew.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from recovery.engine import facts as f
from recovery.engine.acts import Act, Desk, Outcome, Refused
from recovery.engine.episode import Episode
from recovery.engine.exclusion import excluded
from recovery.engine.facts import from_ms, to_ms
from recovery.engine.gates import Truth, truth
from recovery.engine.limits import may_go_on
from recovery.engine.phases import go_back
from recovery.protocol.terms import GRADES, ORIGINS, All, Comparison, Condition, Duration, comparisons
from recovery.words.terms import SIDES


def furthest_phase(episode: Episode, now: datetime) -> int:
    """The furthest phase that the protocol's times allow at `now`: its place, never beyond the current one.

    Nobody has come further than the fastest course, on which each phase took its least time.
    """
    at = episode.started_at
    for index, phase in enumerate(episode.protocol.phases[: episode.stay.index + 1]):
        at = max([at, *_opens(episode, phase.enter_when)])
        if at > now:
            return max(0, index - 1)
        length = episode.protocol.length(phase.least, episode.grade)
        at = max(
            at,
            episode.place.after(at, length) if phase.zero == "phase" else episode.reached(phase.zero, length),
        )
        at = max([at, *_opens(episode, phase.leave_when)])
        if at > now:
            return index
    return episode.stay.index


def _opens(episode: Episode, condition: Condition | None) -> Iterator[datetime]:
    """List the times that a condition waits for by itself: `injury >= 48h`."""
    for part in condition.parts if isinstance(condition, All) else (condition,):
        if (
            isinstance(part, Comparison)
            and part.subject in ORIGINS
            and part.subject != "phase"
            and part.test in (">=", ">")
            and isinstance(part.value, Duration)
        ):
            yield episode.reached(part.subject, part.value)


class Corrections(Desk):
    """The verb that puts right what was said at the start."""

    def correct(self, wish: Act) -> Outcome:
        """The onset is `wish.at`; grade, side and options stand among the values."""
        changes = self._changes(wish)
        if isinstance(changes, Refused):
            return changes
        if not changes:
            return self.refuse("that is what it says already; nothing changes")
        before, told = self.episode, self._in_words(changes)
        self.tell(f.CORRECTED, {**changes, "because": wish.because})
        beside = excluded(before.whole, self.episode.side, self.episode.options, self.others)
        if beside is not None:
            return self.refuse(
                "{episode} is active, and would be about the same injury", episode=beside.by.id
            )
        self._clear_what_was_never_so(before)
        parts = [self.say("Corrected: {changes}. What was done stays.", changes=told)]
        parts += self._to_where_it_belongs()
        parts.append(self._take_off_what_is_forbidden())
        return self.accept(" ".join(part for part in parts if part))

    def _changes(self, wish: Act) -> dict[str, Any] | Refused:
        """Collect the values that differ from those before, in the form of the fact."""
        episode, protocol = self.episode, self.episode.whole
        asked = [*protocol.inputs, *protocol.options]
        given = {**wish.values, **({} if wish.at is None else {"onset": ""})}
        if not given:
            return self.refuse("say what is to be put right: {names}", names=self.listed(asked))
        for name in given:
            if name not in asked:
                return self.refuse(
                    "{protocol} did not ask for {name!r}; it asked for {names}",
                    protocol=protocol.id,
                    name=name,
                    names=self.listed(asked),
                )
        changes: dict[str, Any] = {}
        if wish.at is not None and wish.at != episode.onset:
            if wish.at > episode.started_at:
                reason = self.say("that is after the start; recovery setback tells of a new injury")
                return Refused(reason)
            changes["onset"] = to_ms(wish.at)
        plain = {"grade": (GRADES, episode.grade), "side": (SIDES, episode.side)}
        for name, word in wish.values.items():
            choices, current = plain.get(name) or (
                protocol.options[name].choices,
                episode.options.get(name),
            )
            if word not in choices:
                return self.refuse(
                    "{name} is one of {choices}, not {typed!r}",
                    name=name,
                    choices=", ".join(choices),
                    typed=word,
                )
            if word == current:
                continue
            if name in plain:
                changes[name] = word
            else:
                changes.setdefault("options", {})[name] = word
        return changes

    def _in_words(self, changes: dict[str, Any]) -> str:
        """Each change with the word that it takes the place of."""
        episode = self.episode
        words: list[str] = []
        for name, value in changes.items():
            if name == "onset":
                words.append(
                    self.say(
                        "injury {when} instead of {before}",
                        when=self.when(from_ms(value)),
                        before=self.when(episode.onset),
                    )
                )
                continue
            pairs = value if name == "options" else {name: value}
            before = {"grade": episode.grade, "side": episode.side, **episode.options}
            words += [
                self.say("{name} {value} instead of {before}", name=each, value=word, before=before.get(each))
                for each, word in pairs.items()
            ]
        return ", ".join(words)

    def _clear_what_was_never_so(self, before: Episode) -> None:
        """An alert that stood because of the grade or the side alone goes with the mistake."""
        for flag in self.episode.whole.red_flags:
            name = f"flag/{flag.id}"
            if flag.when is None or name not in self.episode.alerts:
                continue
            is_of_the_start = any(c.subject in ("grade", "side") for c in comparisons(flag.when))
            was_so = truth(flag.when, before, self.now) is Truth.YES
            if is_of_the_start and was_so and truth(flag.when, self.episode, self.now) is Truth.NO:
                self.add(f.ALERTED, {"id": name, "cleared": True})

    def _to_where_it_belongs(self) -> list[str]:
        """Back to the phase that the corrected times allow, where they are not so far yet."""
        if self.episode.stay.phase is None:
            return []
        index = furthest_phase(self.episode, self.now)
        if index >= self.episode.stay.index:
            return []
        reason = self.say(
            "by the corrected times it is too early for {phase}", phase=self.episode.phase.title
        )
        go_back(self, index, reason)
        return [self.say("Back in: {phase}. The limits still hold.", phase=self.episode.phase.title)]

    def _take_off_what_is_forbidden(self) -> str:
        """Say that the session under way must end, where a limit now forbids it."""
        on = self.episode.under_way
        if on is None:
            return ""
        is_allowed = may_go_on(self.episode, on, self.now, self.others)
        return "" if is_allowed else self.take_off((on.modality,))
