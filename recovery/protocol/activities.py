"""The shape of activities in a protocol file."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from recovery.language import N_, _
from recovery.protocol import scalars as s
from recovery.protocol.entries import (
    SAY,
    SOURCE,
    TITLE,
    ConditionEntry,
    Entry,
    KeyConflict,
    OneOrMore,
    Sources,
    exactly_one,
    together,
)

CADENCES = ("every", "per_day", "at", "per_week", "once", "after")


class ActivityBase(Entry):
    id: s.Id = Field(description=N_("A short name, unique within the phase."))
    title: s.CueTitle | None = TITLE
    begins: s.Instant | None = Field(None, description="Not before this instant, such as phase+1w.")
    until: s.Instant | None = Field(None, description="Over by this instant, such as injury+48h.")
    only_if: ConditionEntry | None = Field(None, description="Only while this is known to be true.")
    source: Sources | None = SOURCE


class Timed(ActivityBase):
    """Something with a cadence: exactly one of `every`, `per_day`, `at`, `per_week`, `once`, `after`."""

    every: s.ExactRange | None = Field(
        None, description="Again after so long, within the waking hours: 2h..3h."
    )
    per_day: s.CountRange | None = Field(
        None, description="So many times, spread over the waking hours: 1..3."
    )
    at: OneOrMore[s.Moment] | None = Field(
        None, description='At these times of day: ["08:00", wake+30min]; with per_week: its time.'
    )
    per_week: s.Count | None = Field(None, description="On so many days a week, from 1 to 7; needs `at`.")
    once: s.Instant | None = Field(None, description="One time, from this instant on, such as phase+3d.")
    after: s.Id | None = Field(
        None, description="Once after each treatment of this activity that really took place."
    )
    follows: Literal["place", "body"] | None = Field(
        None,
        description="On a journey: the hours of the place (the usual), or those of where the phase began.",
    )

    @classmethod
    def slips(cls, data: Mapping[str, Any]) -> Iterator[KeyConflict]:
        keys = CADENCES if "per_week" not in data else tuple(key for key in CADENCES if key != "at")
        yield from exactly_one(data, keys, _("how often it comes"))
        yield from together(data, "per_week", "at")
        if "per_week" in data and isinstance(data.get("at"), list | tuple) and len(data["at"]) != 1:
            message = _("'per_week' takes one time of day")
            yield KeyConflict(message, _('one time, such as "10:00"'), _("a list"), "at")
        if data.get("per_week") in ("8", "9") or len(str(data.get("per_week", ""))) == 2:
            expected = _("a number from 1 to 7")
            yield KeyConflict(_("a week has seven days"), expected, repr(data["per_week"]), "per_week")
        is_chain = "every" in data and issubclass(cls, Missable)
        if data.get("follows") == "place" and (is_chain or "once" in data or "after" in data):
            message = _("what counts elapsed time follows the body, wherever that is")
            yield KeyConflict(message, _("body, or no 'follows'"), "place", "follows")


class Missable(Timed):
    """What may be made up for when the machine slept through its time."""

    if_missed: Literal["leave", "offer"] = Field(
        "leave",
        description="When the machine slept through it: leave it, or offer it once, later on its day.",
    )

    @classmethod
    def slips(cls, data: Mapping[str, Any]) -> Iterator[KeyConflict]:
        yield from super().slips(data)
        alone = next((key for key in ("once", "after") if key in data), None)
        if data.get("if_missed") == "offer" and alone is not None:
            message = _("with {alone!r} there is nothing to make up for", alone=alone)
            expected = _("'every', 'per_day', 'at' or 'per_week'")
            yield KeyConflict(message, expected, repr(alone), "if_missed")


class SessionEntry(Missable):
    """A timed treatment with a cue at its start and one at its end."""

    kind: Literal["session"]
    of: s.Modality = Field(description=N_("What is done: cold, warm, tens, massage, exercise, ..."))
    duration: s.ExactRange = Field(description=N_("How long; of a range the least is planned."))
    start: s.Cue = Field(description=N_("What the person is told at the start."))
    end: s.Cue = Field(description=N_("What the person is told at the end."))
    stop_if: s.Cue | None = Field(None, description="When to stop at once.")
    optional: s.YesNo = Field(False, description="true: only suggested; it counts if the person begins it.")


class StepEntry(Entry):
    """One treatment of an alternation."""

    of: s.Modality = Field(description=N_("What is done: cold, warm, ..."))
    duration: s.ExactRange = Field(description=N_("How long; of a range the least is planned."))
    start: s.Cue = Field(description=N_("What the person is told at the start."))
    end: s.Cue = Field(description=N_("What the person is told at the end."))
    stop_if: s.Cue | None = Field(None, description="When to stop at once.")


class WaitEntry(Entry):
    """A wait after the step before it."""

    wait: s.ExactDuration = Field(description=N_("At least so long, from the real end of the step before."))


def _step_or_wait(value: Any) -> str:
    return "<wait>" if isinstance(value, dict) and "wait" in value and "of" not in value else "<step>"


class AlternationEntry(Missable):
    """Several timed treatments, one after the other, with waits between."""

    fields_of_parts = ("duration", "wait")
    kind: Literal["alternation"]
    steps: tuple[
        Annotated[
            Annotated[StepEntry, Tag("<step>")] | Annotated[WaitEntry, Tag("<wait>")],
            Discriminator(_step_or_wait),
        ],
        ...,
    ] = Field(description=N_("The treatments and the waits after them, in order."))

    @classmethod
    def slips(cls, data: Mapping[str, Any]) -> Iterator[KeyConflict]:
        yield from super().slips(data)
        steps = data.get("steps")
        if not isinstance(steps, list | tuple):
            return
        kinds = [_step_or_wait(step) for step in steps]
        if kinds.count("<step>") < 2:
            yield KeyConflict(
                _("an alternation has at least two treatments"),
                _("two or more"),
                str(kinds.count("<step>")),
                "steps",
            )
        if any(a == b == "<wait>" for a, b in zip(["<wait>", *kinds], kinds, strict=False)):
            yield KeyConflict(
                _("a wait comes after a treatment"),
                _("a treatment, then its wait"),
                _("a wait before it"),
                "steps",
            )


class ReminderEntry(Timed):
    """A plain reminder."""

    kind: Literal["reminder"]
    of: s.Modality = Field(description=N_("What it is about: elevation, posture, ..."))
    say: s.Cue = SAY
    during: s.Hours = Field(False, description="work: in the person's working hours only; else waking.")

    @classmethod
    def slips(cls, data: Mapping[str, Any]) -> Iterator[KeyConflict]:
        yield from super().slips(data)
        if data.get("during") == "work" and data.get("follows") == "body":
            message = _("working hours are those of the place")
            yield KeyConflict(message, _("place, or no 'follows'"), "body", "follows")


class CheckInEntry(Timed):
    """Questions to the person."""

    kind: Literal["check-in"]
    ask: tuple[s.Id, ...] = Field(
        description=N_("The observations that it asks for: [pain, swelling]."), min_length=1
    )


class HoldEntry(ActivityBase):
    """Something kept on from waking to bedtime."""

    kind: Literal["hold"]
    of: s.Modality = Field(description=N_("What is kept on, such as compression."))
    on: s.Cue = Field(description=N_("What the person is told when it goes on."))
    off: s.Cue = Field(description=N_("What the person is told when it comes off."))


class AdviceEntry(ActivityBase):
    """Advice that is shown with the phase."""

    kind: Literal["advice"]
    say: s.Cue = SAY


class ItemEntry(Entry):
    """One thing of a checklist."""

    id: s.Id = Field(description=N_("A short name, unique in the checklist."))
    title: s.Title | None = TITLE
    start: s.Id | None = Field(None, description="The protocol that a yes may start.")
    set: dict[s.Id, s.Label] = Field({}, description="The options to start it with.")

    @classmethod
    def slips(cls, data: Mapping[str, Any]) -> Iterator[KeyConflict]:
        yield from together(data, "set", "start")


class ChecklistEntry(Timed):
    """Things to look at, each answered yes or no."""

    kind: Literal["checklist"]
    say: s.Cue = SAY
    items: tuple[ItemEntry, ...] = Field(description=N_("What to look at."), min_length=1)


KINDS = ("session", "alternation", "reminder", "hold", "check-in", "advice", "checklist")
AnyActivityEntry = Annotated[
    SessionEntry | AlternationEntry | ReminderEntry | HoldEntry | CheckInEntry | AdviceEntry | ChecklistEntry,
    Field(discriminator="kind"),
]
