"""Names that facts, cues and buttons go by: of an occurrence, of an offer, of a place on the screen.

Each is a text as it stands in the journal, so it is compared and kept as fast as one; its parts are read here alone,
and only when somebody asks for them.
"""

from datetime import UTC, date, datetime
from typing import Self


class Occurrence(str):
    """One time that an activity is due: `strain-1/rice/ice/2026-11-23.3`. Empty: none."""

    __slots__ = ()

    @classmethod
    def of(cls, episode: str, phase: str, activity: str, day: date, ordinal: int) -> Self:
        """Name the nth occurrence, from 1, of a waking day."""
        return cls(f"{episode}/{phase}/{activity}/{day.isoformat()}.{ordinal}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name that no program of ours may have written. Raises `ValueError` where it has not that form."""
        name = cls(text)
        match name.split("/"):
            case [episode, phase, activity, _] if episode and phase and activity and name.ordinal < 1_000_000:
                if name == cls.of(episode, phase, activity, name.day, name.ordinal):
                    return name
        raise ValueError(f"not an occurrence: {text!r}")

    @property
    def episode(self) -> str:
        return self.partition("/")[0]

    @property
    def activity(self) -> str:
        return self.split("/")[2]

    @property
    def owner(self) -> str:
        """Its episode, phase and activity, which it shares with those before and after it."""
        return self.rpartition("/")[0]

    @property
    def series(self) -> str:
        """Its owner and its day: those of one series are numbered."""
        return self.rpartition(".")[0]

    @property
    def day(self) -> date:
        """The waking day that it belongs to. Raises `ValueError` where the name is damaged."""
        return date.fromisoformat(day_of(self.series))

    @property
    def ordinal(self) -> int:
        """Its number in the series, from 1; 0 where the name is damaged."""
        ordinal = self.rpartition(".")[2]
        return int(ordinal) if ordinal.isdecimal() else 0


NONE = Occurrence()


class Offer(str):
    """The name of an offer to leave a phase: `strain-1/rice/2026-11-23T12:00:00.000Z`. Empty: none."""

    __slots__ = ()

    @classmethod
    def of(cls, episode: str, phase: str, at: datetime) -> Self:
        """Name the offer that was made at `at`."""
        moment = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
        return cls(f"{episode}/{phase}/{moment}")

    @property
    def episode(self) -> str:
        return self.partition("/")[0]


def day_of(series: str) -> str:
    """The day of a series, as it is written; days in this form sort as they follow one another."""
    return series[-10:]


class CueKey(str):
    """The subject of a cue: an occurrence, its end, or something of the episode.

    On the screen a cue takes the place of the one before it with the same key.
    """

    __slots__ = ()

    @classmethod
    def end_of(cls, occurrence: str) -> Self:
        """The key of the cue that a session is over, beside the one that it begins."""
        return cls(occurrence + _END)

    @classmethod
    def about(cls, episode: str, subject: str) -> Self:
        """The key of what concerns the whole episode: `phase`, `step`, `zone`, or an alert by its id."""
        return cls(f"{episode}/{subject}")

    @property
    def occurrence(self) -> Occurrence:
        """The occurrence that begins or ends, where it is about one."""
        return Occurrence(self.removesuffix(_END))

    @property
    def subject(self) -> str:
        """The rest of it, where it concerns the whole episode."""
        return self.partition("/")[2]


_END = "/end"
