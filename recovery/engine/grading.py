"""Self-grading: from answers to the questions of a protocol to a grade, with reasons."""

from collections.abc import Mapping

from recovery.engine.reasons import Answered, Text, Unsure
from recovery.protocol.model import Assessment
from recovery.protocol.terms import GRADES
from recovery.values import Value

ANSWERS = ("yes", "no", "unsure")
UNSURE = "unsure"
"""The grade of somebody who does not know; the protocol says what it counts as."""


class Graded(Value):
    """A grade that a person found, and why."""

    grade: str
    reasons: tuple[Text, ...]
    raises: tuple[str, ...] = ()
    """The red flags that the answers report."""
    is_unsure: bool = False
    """True if no question was answered: the grade is what *unsure* counts as."""


def graded(assessment: Assessment, answers: Mapping[str, str]) -> Graded:
    """The highest grade that an answer speaks for, with reasons.

    Every question has one of `ANSWERS`; raises `KeyError`.
    """
    spoken: list[tuple[str, Text]] = []
    for question in assessment.questions:
        answer = answers[question.id]
        grade = {"yes": question.grade, "unsure": assessment.unsure}.get(answer)
        if grade is not None:
            spoken.append((grade, Answered(answer, question.ask)))
    raises = tuple(q.raises for q in assessment.questions if q.raises and answers[q.id] == "yes")
    if not spoken:
        return Graded(
            assessment.otherwise, tuple(Answered("no", q.ask) for q in assessment.questions), raises
        )
    highest = max((grade for grade, _reason in spoken), key=GRADES.index)
    return Graded(highest, tuple(reason for grade, reason in spoken if grade == highest), raises)


def graded_unsure(assessment: Assessment) -> Graded:
    """The grade of somebody who does not know."""
    return Graded(assessment.unsure, (Unsure(),), is_unsure=True)
