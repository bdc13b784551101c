"""The acts that a person reports: `checkin`, `begin`, `end`, `done`, `skip`, `snooze`, `pause` and the rest."""

import sys
from collections.abc import Callable
from datetime import date, datetime

from recovery import clock, paths
from recovery.care.record import believe, do
from recovery.cli.notices import restart_if_died, tell_doubt, tell_lost
from recovery.cli.output import did, failure_to_the_end, tell
from recovery.cli.person import (
    Person,
    loaded,
    note_as_told,
    open_journal,
    opened,
    recorded,
    show_untold,
    steady_clock,
    tell_unreadable,
)
from recovery.cli.render_json import print_json, verdict_json
from recovery.cli.render_text import alert_line
from recovery.daemon import handing
from recovery.engine.acts import Act
from recovery.engine.acts_course import Advance, Move, Pause, Resume, StepBack, Stop
from recovery.engine.acts_reports import AnswerCheckIn
from recovery.engine.acts_sessions import Begin, End, MarkDone, Skip, Snooze
from recovery.engine.episode import COMPLETED, Episode
from recovery.engine.questions import expected_answer, read_answer
from recovery.engine.verdict import Accepted, Refused, Verdict
from recovery.errors import RecoveryError, UsageError
from recovery.language import _, current
from recovery.protocol.terms import Duration
from recovery.values import replace
from recovery.words.times import spell_when
from recovery.words.typed import parse_moment

Wanted = Act | Callable[[Episode, datetime], Act]
"""An act of the person; where it depends on the episode (its place, its questions), a function of that."""


def carry_out(id_: str | None, as_json: bool, wanted: Wanted) -> int:
    """One act, from the words to the daemon's ear; the exit status."""
    with open_journal() as (journal, now):
        with journal.transaction():
            kept = recorded(journal, now)
            person = Person(paths.home(), kept.moment(now), journal, kept, kept)
            before = person.one(id_)
            act = wanted if isinstance(wanted, Act) else wanted(before, person.now)
            record, verdict = do(journal, kept, before.id, act, now)
        if isinstance(verdict, Accepted):
            did(_("{verb} is recorded. {message}", verb=act.verb, message=verdict.message))
        tell_lost(record.all)
        # Only now: the daemon must find the facts when it looks.
        is_running = handing.wake(person.folder) is not None
        if not is_running and any(not episode.is_over for episode in record.episodes):
            is_running = restart_if_died(person.folder)
        if as_json:
            print_json(verdict_json(verdict, before), before.place)
            return 0 if isinstance(verdict, Accepted) else 1
        return _tell(replace(person, kept=record, record=record), before, act, verdict, is_running)


def _tell(person: Person, before: Episode, act: Act, verdict: Verdict, is_running: bool) -> int:
    """Print the verdict of an act, and the untold cues where nothing reminds. Return the exit status."""
    match verdict:
        case Refused(reason, earliest):
            if reason == person.record.doubt:
                # That is told already, and how to end it.
                raise RecoveryError(_("nothing is begun or moved on by this clock"))
            if earliest is None:
                raise RecoveryError(reason)
            when = spell_when(before.place, earliest, person.now)
            raise RecoveryError(_("not now: {reason}", reason=reason), _("earliest {when}", when=when))
        case Accepted(message=message, needed=needed):
            print(message)
    tell_unreadable(person.record)
    after = next(episode for episode in person.record.all if episode.id == before.id)
    for alert in after.alerts.values():
        if alert.id not in before.alerts:
            print(alert_line(alert))
    if isinstance(act, AnswerCheckIn) and after.stay.index > before.stay.index and not after.is_over:
        print(_("You are now in: {phase}.", phase=after.phase.title))
    for words in needed:
        print(words)
    if after.state == COMPLETED:
        _tell_completion(person, after, act, is_running=is_running)
    if not is_running and not after.is_over:
        show_untold(person, is_daemon_running=False)
        tell(_("No daemon is running, so no reminders come: recovery daemon start"))
    return 0


def _tell_completion(person: Person, after: Episode, act: Act, *, is_running: bool) -> None:
    """Say that this act completed the episode, and what usually follows.

    Where a daemon runs, its note comes as well.
    """
    cue = next((cue for cue in reversed([*after.pending.values()]) if cue.kind == "phase"), None)
    if cue is None:
        return
    print(
        cue.body if isinstance(act, Advance) else f"{cue.title}. {cue.body}"
    )  # `advance` has said that it is
    if not is_running:
        if not failure_to_the_end(sys.stdout):
            note_as_told(person, [(after, cue)])
        show_untold(person, is_daemon_running=False)


def begin(activity: str | None, episode: str | None, as_json: bool) -> int:
    return carry_out(episode, as_json, Begin(activity))


def done(activity: str | None, episode: str | None, as_json: bool) -> int:
    return carry_out(episode, as_json, MarkDone(activity))


def skip(activity: str | None, because: str, episode: str | None, as_json: bool) -> int:
    return carry_out(episode, as_json, Skip(activity, because=because))


def snooze(activity: str | None, length: Duration | None, episode: str | None, as_json: bool) -> int:
    return carry_out(episode, as_json, Snooze(activity, length=length))


def resume(is_clock_right: bool, episode: str | None, as_json: bool) -> int:
    return _believe_the_clock(as_json) if is_clock_right else carry_out(episode, as_json, Resume())


def _believe_the_clock(as_json: bool) -> int:
    """The person's word that the clock is right, for all of the record. Raises `RecoveryError` where that is known."""
    with open_journal() as (journal, now), journal.transaction():
        kept = loaded(journal, now)
        if not kept.is_clock_doubted:
            raise RecoveryError(_("the clock is not doubted"))
        believe(journal, kept, now, steady_clock())
    handing.wake(paths.home())
    message = _("The clock is taken to be right. Reminders go on.")
    if as_json:
        print_json({"accepted": True, "message": message})
    else:
        print(message)
    return 0


def advance(because: str, by: str, on: date | None, episode: str | None, as_json: bool) -> int:
    return carry_out(episode, as_json, Advance(because=because, by=by, on=on))


def step_back(because: str, episode: str | None, as_json: bool) -> int:
    return carry_out(episode, as_json, StepBack(because))


def stop(because: str, episode: str | None, as_json: bool) -> int:
    return carry_out(episode, as_json, Stop(because))


def end(activity: str | None, told: str | None, episode: str | None, as_json: bool) -> int:
    def act(current: Episode, now: datetime) -> Act:
        return End(activity, at=moment("--at", told, current, now))

    return carry_out(episode, as_json, act)


def pause(length: Duration | None, told: str | None, because: str, episode: str | None, as_json: bool) -> int:
    if length is not None and told is not None:
        raise UsageError(_("--for and --until do not go together"), _("give one of them"))

    def act(current: Episode, now: datetime) -> Act:
        until = moment("--until", told, current, now, is_day_enough=True)
        return Pause(length, until, because)

    return carry_out(episode, as_json, act)


def moment(
    option: str, told: str | None, episode: Episode, now: datetime, *, is_day_enough: bool = False
) -> datetime | None:
    """The instant that an option tells, in the episode's place; None: it tells none. Raises `UsageError`."""
    try:
        return None if told is None else parse_moment(told, now, episode.place, is_day_enough=is_day_enough)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def checkin(answers: tuple[str, ...], told: str | None, episode: str | None, as_json: bool) -> int:
    pairs = [_pair(answer) for answer in answers]
    values = dict(pairs)
    if len(values) < len(pairs):
        raise UsageError(_("one thing is answered twice"), _("give each answer once"))
    if not values and sys.stdin.isatty() and not as_json:
        # Before the journal is locked: a person may take their time.
        with opened() as person:
            known = person.one(episode)
        values = _ask(known)

    def act(current: Episode, now: datetime) -> Act:
        if not values:
            asks = " ".join(f"{name}=…" for name in _asked(current))
            if not asks:
                raise UsageError(_("phase {phase} asks nothing", phase=current.phase.id), "")
            raise UsageError(
                _("no answers given"), _("write for instance: recovery checkin {answers}", answers=asks)
            )
        _refuse_wrong(values, current)
        return AnswerCheckIn(values, moment("--at", told, current, now))

    return carry_out(episode, as_json, act)


def _refuse_wrong(values: dict[str, str], episode: Episode) -> None:
    """Raises `UsageError` for an answer that the protocol cannot take."""
    known = episode.protocol.observations
    for name, typed in values.items():
        if name not in known:
            raise UsageError(
                _("{protocol} does not ask for {name!r}", protocol=episode.protocol.id, name=name),
                _meant(name, episode),
            )
        if read_answer(typed, known[name]) is None:
            expected = expected_answer(known[name], current())
            raise UsageError(
                _("{name} is {expected}, not {typed!r}", name=name, expected=expected, typed=typed)
            )


def _meant(name: str, episode: Episode) -> str:
    """Suggest what to type for a name that is not asked for: a sign to report, a similar name, or all names."""
    from difflib import get_close_matches

    asked = [*episode.protocol.observations]
    signs = [flag.id for flag in episode.whole.red_flags if flag.ask]
    near = [each for each in (*asked, *signs) if each.startswith(name)]
    near = near or get_close_matches(name, [*asked, *signs], 1)
    if not near:
        return _("{protocol} asks for {known}", protocol=episode.protocol.id, known=", ".join(asked))
    if near[0] in asked:
        return _("did you mean {name!r}?", name=near[0])
    return _("a sign is reported by {command}", command=f"recovery flag {near[0]}")


def _pair(answer: str) -> tuple[str, str]:
    name, equals, value = answer.partition("=")
    if not equals or not name or not value:
        raise UsageError(_("{word!r} is not an answer", word=answer), _("write NAME=VALUE, such as pain=4"))
    return name.strip().lower(), value


def _asked(episode: Episode) -> list[str]:
    """List what the check-ins of the current phase ask for, each once."""
    asked = [name for activity in episode.phase.activities for name in getattr(activity, "asks", ())]
    return list(dict.fromkeys(asked))


def _ask(episode: Episode) -> dict[str, str]:
    """The answers, asked for on the terminal."""
    import click

    values: dict[str, str] = {}
    for name in _asked(episode):
        observation = episode.protocol.observations[name]
        while True:
            try:
                typed: str = click.prompt(episode.text(observation.ask), default="", show_default=False)
            except click.exceptions.Abort:
                raise KeyboardInterrupt from None  # this command is run without click
            if not typed.strip():
                break
            if read_answer(typed, observation) is not None:
                values[name] = typed
                break
            expected = expected_answer(observation, current())
            print(_("That takes {expected}; Enter alone leaves it out.", expected=expected))
    return values


def move(timezone: str | None, episode: str | None, as_json: bool) -> int:
    """Go by another zone's times of day; without a name by the machine's, which is followed from then on."""
    if timezone is not None:
        return carry_out(episode, as_json, Move(timezone))
    here = clock.local_zone()
    tell_doubt(here)
    return carry_out(episode, as_json, Move(here.name, follows=here.name == clock.machine_zone()))
