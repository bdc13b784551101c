"""Start an episode: refuse what is in the way, look at its alerts, write it down.

Nothing is asked or printed: who calls has asked the person, and shows what comes back.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from recovery.care.protocols import in_own_words
from recovery.care.record import ClockReadings, Record, bring_up, keep, load, refusal
from recovery.care.upgrade import pinned_from
from recovery.engine import facts as f
from recovery.engine import fold
from recovery.engine.acts import AnswerCheckIn, RaiseFlag, StayUp
from recovery.engine.choices import Choosable, rounds_left
from recovery.engine.decide import turn
from recovery.engine.episode import Alert, Episode, emergency_among
from recovery.engine.facts import Fact
from recovery.engine.judging import judge
from recovery.engine.limits import excluded
from recovery.engine.outlook import Outlook, outlook
from recovery.engine.questions import Graded, screened
from recovery.engine.times import Place
from recovery.engine.turn import Accepted
from recovery.errors import RecoveryError
from recovery.language import _
from recovery.protocol.model import RecoveryProtocol, Treatment
from recovery.store.journal import Journal
from recovery.values import Value, field, replace

if TYPE_CHECKING:
    from recovery.protocol.outcome import Reading


class StartAnswers(Value):
    """A person's answers to all that a protocol asks before its start."""

    at: datetime
    """The instant of the last answer: the plan counts from then."""
    onset: datetime
    """The instant of the injury; the start where the protocol does not ask."""
    grade: str | None
    side: str | None
    options: Mapping[str, str]
    screened: Mapping[str, str]
    """One of `SCREENING_ANSWERS` by screening question; those that are put off are left out."""
    signs: tuple[str, ...]
    """The red flags that the person reports."""
    by: str = ""
    """The professional who agreed, where an answer says so."""
    on: date | None = None
    """The local day of that word; None: that of the start."""
    worst: Mapping[str, str] = field(default_factory=dict)
    """How it was at its worst since the injury, by observation, as typed; it counts for the time of the injury."""
    now: Mapping[str, str] = field(default_factory=dict)
    """The same for now."""
    graded: Graded | None = None
    """The grade that their answers to the questions of the protocol came to."""
    graded_by: Mapping[str, str] = field(default_factory=dict)
    """Those answers, by question."""
    choices: Sequence[f.Choice] = ()
    """What is chosen of what the protocol leaves to the person."""


class Terms(Value):
    """The terms of an episode that hold for the person, whatever the protocol."""

    place: Place
    travels: bool = False
    """True if its times follow the zone of the machine."""
    confirms: bool = False
    """True if the person confirms the end of each phase."""
    is_discreet: bool = False
    up_until: time | None = None
    """Until when they are up this evening, where that is past their bedtime."""


class Start(Value):
    """All that an episode begins with."""

    reading: "Reading"
    answers: StartAnswers
    terms: Terms


class NewEpisode(Value):
    """An episode in the journal, with what was due at once."""

    episode: Episode
    outlook: Outlook


_LATE = timedelta(hours=12)
"""Somebody who starts later than this after the injury has a course behind them (own)."""

# Refusing ---------------------------------------------------------------------------------------


def gaps_in_the_floor(reading: "Reading") -> int:
    """Count the parts of the floor that a protocol leaves out while nobody answers for it."""
    from recovery.protocol.lint.linter import OF_THE_FLOOR

    if reading.protocol.responsible is not None:
        return 0
    return sum(problem.rule in OF_THE_FLOOR for problem in reading.warnings)


def running(folder: Path, clocks: ClockReadings) -> Record:
    """Look at the person's record before anything is asked. Raises `StoreError`."""
    journal = Journal.open_existing(folder, now=clocks[0])
    if journal is None:
        return Record(())
    with journal:
        return load(journal, *clocks)


def refuse_by_clock(record: Record) -> None:
    """Raises `RecoveryError` while the clock is doubted."""
    if record.is_clock_doubted:
        raise RecoveryError(
            _("nothing is started by this clock"), _("set it right, then recovery start again")
        )


def refuse_beside(
    episodes: Sequence[Episode], protocol: RecoveryProtocol, side: str | None, options: Mapping[str, str]
) -> None:
    """Raises `RecoveryError` where an episode that runs is in the way, or an emergency stands in one."""
    if emergency := emergency_among(episodes):
        raise RecoveryError(
            _("nothing is started while an emergency stands, in {episode}", episode=emergency[0].id),
            _("recovery status says what to do"),
        )
    in_the_way = excluded(protocol, side, options, episodes)
    if in_the_way is None:
        return
    episode, theirs = in_the_way.by, in_the_way.by.pinned
    if theirs.id == protocol.id:
        message = _("{episode} is active already", episode=episode.id)
    elif in_the_way.reason:
        message = _("{episode} is active: {reason}", episode=episode.id, reason=in_the_way.reason)
    else:
        message = _(
            "{episode} is active, and {one} and {other} are about the same injury",
            episode=episode.id, one=theirs.id, other=protocol.id,
        )  # fmt: skip
    hint = _("recovery status shows it; recovery stop --episode {episode} ends it", episode=episode.id)
    if "onset" in theirs.inputs:
        hint += _("; recovery setback tells of a new injury")
    raise RecoveryError(message, hint)


def refuse_screened(
    protocol: RecoveryProtocol, screened: Mapping[str, str], fill: Callable[[str], str] = str
) -> None:
    """Raises `RecoveryError` where an answer says that the protocol is not for this person.

    `fill` puts what the person has said already into a text of the protocol.
    """
    for question in protocol.screen:
        if question.refuses and screened.get(question.id) == "yes":
            refs = ", ".join(dict.fromkeys(ref for cited in question.cites.values() for ref in cited))
            raise RecoveryError(
                _("{protocol} is not for you now: {reason}", protocol=protocol.id, reason=fill(question.say)),
                _("because of {name} [{source}]", name=question.because, source=refs or "own"),
            )


def begins_late(onset: datetime, at: datetime) -> bool:
    """Tell if a start is so long after the injury that its course so far is asked for."""
    return at - onset > _LATE


def refuse_late(
    protocol: RecoveryProtocol, onset: datetime, grade: str | None, now: datetime, place: Place
) -> None:
    """Raises `RecoveryError` where the time of all its phases after the injury is over."""
    ends = [
        place.after(onset, protocol.length(phase.most, grade))
        for phase in protocol.phases
        if phase.zero == "injury" and phase.most is not None
    ]
    if len(ends) < len(protocol.phases) or max(ends) > now:
        return
    then = protocol.then
    raise RecoveryError(
        _("{protocol} is for the first time after an injury, and that is over", protocol=protocol.id),
        _("recovery start {protocol} follows it", protocol=then)
        if then
        else _("recovery protocols lists the others"),
    )


# Beginning --------------------------------------------------------------------------------------


def alerts(start: Start) -> tuple[Alert, ...]:
    """Rehearse a start: the alerts that it would raise at once."""
    now = start.answers.at
    fact = Fact(start.reading.protocol.id, now, _started(start), "person")
    trial = fold.begin(in_own_words(start.reading.protocol), fact)
    for sign in start.answers.signs:
        verdict = judge(trial, now, RaiseFlag(sign))
        trial = verdict.episode if isinstance(verdict, Accepted) else trial
    trial = turn(trial, now).episode
    return outlook(trial, now).alerts


def is_late(start: Start) -> bool:
    """Tell if a treatment of the first phase would not end before bedtime now, of an evening that is not long over."""
    now, place = start.answers.at, start.terms.place
    if now >= place.latest_bedtime(place.evening(now)):
        return False
    phase = fold.begin(start.reading.protocol, Fact(start.reading.protocol.id, now, _started(start))).phase
    treatments = [each for each in phase.activities if isinstance(each, Treatment) and not each.is_optional]
    lengths = [timedelta(seconds=each.steps[0].duration.least.seconds) for each in treatments]
    return any(place.fit(now, length) > now for length in lengths)


def rounds_to_ask(start: Start) -> tuple[Choosable, ...]:
    """List what comes as often a day as the person likes from the start on, and they have not said: two at the most."""
    protocol = in_own_words(start.reading.protocol)
    return rounds_left(fold.begin(protocol, Fact(protocol.id, start.answers.at, _started(start))))[:2]


def start_episode(folder: Path, start: Start, clocks: ClockReadings) -> NewEpisode:
    """Write the episode into the journal of a folder, with what is due at once. Raises `RecoveryError`."""
    protocol, answers = start.reading.protocol, start.answers
    now = answers.at
    with Journal.open(folder, now=now) as journal, journal.transaction():
        record = load(journal, now, clocks[1])
        refuse_beside(record.episodes, protocol, answers.side, answers.options)
        journal.pin(pinned_from(start.reading))
        id_ = journal.create_episode(protocol.id, start.reading.content_hash)
        fact = journal.append([Fact(id_, now, _started(start), "person")], now=now)[0]
        episode = fold.begin(in_own_words(start.reading.protocol), fact)
        record = replace(record, episodes=(*record.episodes, episode))
        if start.terms.up_until is not None:
            stays = judge(episode, now, StayUp(start.terms.up_until))
            if not isinstance(stays, Accepted):
                raise refusal(stays, episode, now)
            record = keep(journal, record, stays, now)
        for sign in answers.signs:
            verdict = judge(record.of(id_), now, RaiseFlag(sign))
            if isinstance(verdict, Accepted):
                record = keep(journal, record, verdict, now)
        for course, at in ((answers.worst, episode.onset), (answers.now, None)):
            if not course:
                continue
            verdict = judge(record.of(id_), now, AnswerCheckIn(course, at))
            if not isinstance(verdict, Accepted):
                raise refusal(verdict, record.of(id_), now)
            record = keep(journal, record, verdict, now)
        record = bring_up(journal, record, now)
    episode = record.of(id_)
    return NewEpisode(episode, outlook(episode, now, record.others(episode)))


def _started(start: Start) -> f.Started:
    """Compose what the fact of a start tells."""
    protocol, answers, terms = start.reading.protocol, start.answers, start.terms
    assessment = None
    graded = answers.graded
    if graded is not None and graded.grade is not None:
        assessment = f.GradingAnswers(answers=answers.graded_by, grade=graded.grade, reasons=graded.reasons)
    today = terms.place.local(answers.at).date()
    said = screened(answers.screened, answers.by, answers.on or today)
    return f.Started(
        protocol=protocol.id,
        version=protocol.version,
        hash=start.reading.content_hash,
        onset=min(answers.onset, answers.at),
        grade=answers.grade if "grade" in protocol.inputs else None,
        side=answers.side,
        options=answers.options,
        screened=said.answers,
        agreed=said.agreed,
        **terms.place.as_fields(),
        assessment=assessment,
        confirms=terms.confirms,
        is_discreet=terms.is_discreet,
        travels=terms.travels,
        choices=answers.choices,
    )
