"""Find out, before any protocol, what it may be by a person's answers, and what starts the protocol that fits."""

from typing import NamedTuple

from recovery.care.protocols import in_own_words, read_wanted
from recovery.engine.questions import Graded, Recognised
from recovery.protocol.model import DoorOutcome, FrontDoor, RecoveryProtocol


class Assessed(NamedTuple):
    """The outcome of a front door, and of the protocol that fits the grade."""

    door: FrontDoor
    came: Recognised
    graded: Graded | None = None
    """None: nobody answered the questions for it, or there are none."""

    @property
    def outcome(self) -> DoorOutcome | None:
        """The thing that the answers speak for; None where those for the grade say that it is not."""
        is_refuted = self.graded is not None and self.graded.grade is None
        return None if is_refuted else self.came.outcome

    @property
    def command(self) -> str | None:
        """The command that starts what fits."""
        if self.outcome is None:
            return None
        grade = f" --grade {self.graded.grade}" if self.graded is not None else ""
        return f"recovery start {self.outcome.start}{grade}"


def protocol_with_grades(door: FrontDoor) -> RecoveryProtocol | None:
    """Read the first protocol of a front door that has questions for a grade, in one's own language."""
    protocols = (in_own_words(read_wanted(outcome.start).protocol) for outcome in door.outcomes)
    return next((each for each in protocols if each.assessment is not None), None)
