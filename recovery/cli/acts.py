"""The acts that a person reports: `checkin`, `begin`, `end`, `done`, `skip`, `snooze`, `pause` and the rest."""

import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta

from recovery import clock
from recovery.care.context import Context, changing
from recovery.care.record import believe, do
from recovery.cli.context import (
    looking,
    note_as_told,
    open_journal,
    show_untold,
    tell_doubted,
    tell_unreadable,
)
from recovery.cli.notices import restart_if_died, tell_doubt, tell_lost
from recovery.cli.output import did, failure_to_the_end, harmless, tell
from recovery.cli.quick import ACTIVITY, BECAUSE, EPISODE, JSON, argument, command, option
from recovery.cli.render_json import print_json, verdict_json
from recovery.cli.render_text import alert_line, needed_lines
from recovery.daemon import handing
from recovery.engine.acts import Act
from recovery.engine.acts_course import Advance, Move, Pause, Resume, StepBack, Stop
from recovery.engine.acts_reports import AnswerCheckIn
from recovery.engine.acts_sessions import SNOOZE, Begin, End, MarkDone, Skip, Snooze
from recovery.engine.episode import COMPLETED, Episode
from recovery.engine.questions import read_answer
from recovery.engine.verdict import Accepted, Refused, Verdict
from recovery.errors import RecoveryError, UsageError
from recovery.language import _, current
from recovery.protocol.durations import parse_duration
from recovery.protocol.terms import Duration
from recovery.values import replace
from recovery.words.reasons import sentence
from recovery.words.times import spell, spell_when
from recovery.words.typed import expected_answer, parse_day, parse_zone, read_moment

Wanted = Act | Callable[[Episode, datetime], Act]
"""An act of the person; where it depends on the episode (its place, its questions), a function of that."""


def carry_out(id_: str | None, as_json: bool, wanted: Wanted) -> int:
    """One act, from the words to the daemon's ear; the exit status."""
    with open_journal() as (journal, moment):
        with changing(journal, moment) as context:
            tell_doubted(context.record)
            before = context.record.meant(id_)
            act = wanted if isinstance(wanted, Act) else wanted(before, context.now)
            record, verdict = do(journal, context.record, before.id, act, context.says)
        if isinstance(verdict, Accepted):
            message = sentence(verdict.message, before.place, context.now)
            did(_("{verb} is recorded. {message}", verb=act.verb, message=message))
        tell_lost(record.all)
        # Only now: the daemon must find the facts when it looks.
        is_running = handing.wake(context.folder) is not None
        if not is_running and any(not episode.is_over for episode in record.episodes):
            is_running = restart_if_died(context.folder)
        if as_json:
            print_json(verdict_json(verdict, before, context.now), before.place)
            return 0 if isinstance(verdict, Accepted) else 1
        return _tell(replace(context, kept=record, record=record), before, act, verdict, is_running)


def _tell(context: Context, before: Episode, act: Act, verdict: Verdict, is_running: bool) -> int:
    """Print the verdict of an act, and the untold cues where nothing reminds. Return the exit status."""
    match verdict:
        case Refused(reason, earliest):
            if act.needs_right_clock and context.record.is_clock_doubted:
                # That is told already, and how to end it.
                raise RecoveryError(_("nothing is begun or moved on by this clock"))
            why = sentence(reason, before.place, context.now)
            if earliest is None:
                raise RecoveryError(why)
            when = spell_when(before.place, earliest, context.now)
            raise RecoveryError(_("not now: {reason}", reason=why), _("earliest {when}", when=when))
        case Accepted(message=message, needed=needed):
            print(sentence(message, before.place, context.now))
    tell_unreadable(context.record)
    after = next(episode for episode in context.record.all if episode.id == before.id)
    for alert in after.alerts.values():
        if alert.id not in before.alerts:
            print(alert_line(alert))
    if isinstance(act, AnswerCheckIn) and after.stay.index > before.stay.index and not after.is_over:
        print(_("You are now in: {phase}.", phase=after.phase.title))
    for line in needed_lines(needed, before.place):
        print(line)
    if after.state == COMPLETED:
        _tell_completion(context, after, act, is_running=is_running)
    if not is_running and not after.is_over:
        show_untold(context, is_daemon_running=False)
        tell(_("No daemon is running, so no reminders come: recovery daemon start"))
    return 0


def _tell_completion(context: Context, after: Episode, act: Act, *, is_running: bool) -> None:
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
            note_as_told(context, [(after, cue)])
        show_untold(context, is_daemon_running=False)


@command("begin", ACTIVITY, EPISODE, JSON)
def begin_command(activity: str | None, episode: str | None, as_json: bool) -> int:
    """Say that you begin a session now.

    ACTIVITY is an activity's id or a modality (cold, warm, tens, exercise).

    \b
    recovery begin
    recovery begin ice
    """
    return carry_out(episode, as_json, Begin(activity))


@command("done", ACTIVITY, EPISODE, JSON)
def done(activity: str | None, episode: str | None, as_json: bool) -> int:
    """Say that something is done; a session under way ends.

    \b
    recovery done
    recovery done elevate
    """
    return carry_out(episode, as_json, MarkDone(activity))


@command("skip", ACTIVITY, BECAUSE, EPISODE, JSON)
def skip(activity: str | None, because: str, episode: str | None, as_json: bool) -> int:
    """Leave one out: the one that is on offer, else the next one. A skipped session does not count.

    \b
    recovery skip ice --because "in a meeting"
    """
    return carry_out(episode, as_json, Skip(activity, because=because))


@command(
    "snooze",
    ACTIVITY,
    option(
        "--for",
        key="length",
        metavar="LENGTH",
        read=parse_duration,
        words={"length": spell(timedelta(seconds=SNOOZE.seconds))},
        help="For how long; {length} if not given.",
    ),
    EPISODE,
    JSON,
)
def snooze(activity: str | None, length: Duration | None, episode: str | None, as_json: bool) -> int:
    """Put a cue off. A session must still fit: the limits hold.

    \b
    recovery snooze
    recovery snooze ice --for 20min
    """
    return carry_out(episode, as_json, Snooze(activity, length=length))


@command(
    "resume",
    option(
        "--clock-is-right",
        key="is_clock_right",
        help="What lies ahead of it was written by one that was wrong.",
    ),
    EPISODE,
    JSON,
)
def resume(is_clock_right: bool, episode: str | None, as_json: bool) -> int:
    """End a pause; or say that the clock is right, where that is doubted.

    \b
    recovery resume
    recovery resume --clock-is-right
    """
    return _believe_the_clock(as_json) if is_clock_right else carry_out(episode, as_json, Resume())


def _believe_the_clock(as_json: bool) -> int:
    """The person's word that the clock is right, for all of the record. Raises `RecoveryError` where that is known."""
    with open_journal() as (journal, moment), changing(journal, moment) as context:
        if not context.record.is_clock_doubted:
            raise RecoveryError(_("the clock is not doubted"))
        believe(journal, context.record, *moment)
    handing.wake(context.folder)
    message = _("The clock is taken to be right. Reminders go on.")
    if as_json:
        print_json({"accepted": True, "message": message})
    else:
        print(message)
    return 0


@command(
    "advance",
    BECAUSE,
    option("--by", metavar="NAME", read=harmless, default="", help="The professional who said so."),
    option("--on", metavar="DATE", read=parse_day, help="The day of that word, if not today."),
    EPISODE,
    JSON,
)
def advance(because: str, by: str, on: date | None, episode: str | None, as_json: bool) -> int:
    """Go on to the next phase or step: confirms an open gate. The limits hold.

    A condition that is not met can be passed with a reason, or only on a professional's word, as the
    protocol says. No word passes a least time, a second step on a day or an urgent red flag.

    \b
    recovery advance
    recovery advance --because "it only hurts when I press on it"
    recovery advance --by "Dr. Meyer" --on 2026-12-01
    """
    return carry_out(episode, as_json, Advance(because=because, by=by, on=on))


@command("step-back", BECAUSE, EPISODE, JSON)
def step_back(because: str, episode: str | None, as_json: bool) -> int:
    """Go back: to the phase that is offered, one step down a ladder, or to the phase before. The limits still hold.

    After a new injury use `recovery setback` instead.

    \b
    recovery step-back --because "swollen again after the stairs"
    """
    return carry_out(episode, as_json, StepBack(because))


@command("stop", BECAUSE, EPISODE, JSON)
def stop_command(because: str, episode: str | None, as_json: bool) -> int:
    """End an episode for good. Its record is kept.

    \b
    recovery stop --because "healed"
    """
    return carry_out(episode, as_json, Stop(because))


@command("end", ACTIVITY, option("--at", metavar="TIME", help="When it ended, if not now."), EPISODE, JSON)
def end_command(activity: str | None, at: str | None, episode: str | None, as_json: bool) -> int:
    """Say that a session ends now, or when it really ended: gaps count from there.

    \b
    recovery end
    recovery end ice --at 14:25
    """

    def act(meant: Episode, now: datetime) -> Act:
        return End(activity, at=typed_moment("--at", at, meant, now))

    return carry_out(episode, as_json, act)


@command(
    "pause",
    option("--for", key="length", metavar="LENGTH", read=parse_duration, help="For how long, such as 2h."),
    option("--until", metavar="TIME", help='Until when, such as tomorrow or "tomorrow 08:00".'),
    BECAUSE,
    EPISODE,
    JSON,
)
def pause(
    length: Duration | None, until: str | None, because: str, episode: str | None, as_json: bool
) -> int:
    """Stop the reminders for a while, or until `recovery resume`.

    Healing, gaps and limits go on counting meanwhile; no phase ends, and nothing is caught up afterwards. The end
    of a session under way is still told, and so is an urgent red flag.

    \b
    recovery pause --for 2h
    recovery pause --until tomorrow
    recovery pause --until 2026-12-01
    """
    if length is not None and until is not None:
        raise UsageError(_("--for and --until do not go together"), _("give one of them"))

    def act(meant: Episode, now: datetime) -> Act:
        end = None if until is None else read_moment("--until", until, now, meant.place, is_day_enough=True)
        return Pause(length, end, because)

    return carry_out(episode, as_json, act)


def typed_moment(flag: str, text: str | None, episode: Episode, now: datetime) -> datetime | None:
    """The instant that an option means, in the episode's place; None where it is not given. Raises `UsageError`."""
    return None if text is None else read_moment(flag, text, now, episode.place)


@command(
    "checkin",
    argument("answers", "[NAME=VALUE]...", nargs=-1),
    option("--at", metavar="TIME", help='When it was so, such as "yesterday 20:00".'),
    EPISODE,
    JSON,
)
def checkin(answers: tuple[str, ...], at: str | None, episode: str | None, as_json: bool) -> int:
    """Say how it is: pain (0 to 10), swelling (0 none to 3 marked), and what else the phase asks.

    On a terminal it asks; otherwise give the answers.

    \b
    recovery checkin pain=4 swelling=1
    recovery checkin pain=5 --at "yesterday 20:00"
    """
    pairs = [_pair(answer) for answer in answers]
    values = dict(pairs)
    if len(values) < len(pairs):
        raise UsageError(_("one thing is answered twice"), _("give each answer once"))
    if not values and sys.stdin.isatty() and not as_json:
        # Before the journal is locked: a person may take their time.
        with looking() as context:
            before = context.record.meant(episode)
        values = _ask(before)

    def act(meant: Episode, now: datetime) -> Act:
        if not values:
            asks = " ".join(f"{name}=…" for name in _asked(meant))
            if not asks:
                raise UsageError(_("phase {phase} asks nothing", phase=meant.phase.id), "")
            raise UsageError(
                _("no answers given"), _("write for instance: recovery checkin {answers}", answers=asks)
            )
        _refuse_wrong(values, meant)
        return AnswerCheckIn(values, typed_moment("--at", at, meant, now))

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


@command(
    "move",
    option("--timezone", metavar="NAME", read=parse_zone, help="Where you are, such as Europe/Berlin."),
    EPISODE,
    JSON,
)
def move(timezone: str | None, episode: str | None, as_json: bool) -> int:
    """Go by the times of day of another time zone; without a name by the machine's, which is followed from then on.

    Gaps and limits are elapsed time, and stay. `recovery undo` takes it back.

    \b
    recovery move --timezone Europe/Berlin
    recovery move
    """
    if timezone is not None:
        return carry_out(episode, as_json, Move(timezone))
    here = clock.local_zone()
    tell_doubt(here)
    return carry_out(episode, as_json, Move(here.name, follows=here.name == clock.machine_zone()))
