"""The acts that a person reports: `checkin`, `begin`, `end`, `done`, `skip`, `snooze`, `pause` and the rest."""

import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from recovery.cli.context import looking, zone_here
from recovery.cli.entering import enter, enter_clock_is_right
from recovery.cli.quick import (
    ACTIVITY,
    BECAUSE,
    EPISODE,
    JSON,
    ON,
    PROFESSIONAL,
    TypedTime,
    argument,
    command,
    option,
    read_clock,
    read_length,
)
from recovery.engine.acts import (
    SNOOZE,
    Act,
    Advance,
    AnswerCheckIn,
    Begin,
    End,
    MarkDone,
    Move,
    Pause,
    Resume,
    Skip,
    Snooze,
    StayUp,
    StepBack,
    Stop,
)
from recovery.engine.episode import Episode
from recovery.engine.questions import asked_about_session, asked_now
from recovery.errors import UsageError
from recovery.language import _
from recovery.protocol.terms import Duration
from recovery.words.reasons import file_text
from recovery.words.terms import spell
from recovery.words.typed import (
    expected_instead,
    observation_id,
    parse_zone,
    wrong_answer,
)


@command("begin", ACTIVITY, EPISODE, JSON)
def begin_command(activity: str | None, episode: str | None, as_json: bool) -> int:
    """Say that you begin a session now.

    ACTIVITY is an activity's id or a modality (cold, warm, tens, exercise).

    \b
    recovery begin
    recovery begin ice
    """
    return enter(episode, as_json, Begin(activity))


@command("done", ACTIVITY, EPISODE, JSON)
def done(activity: str | None, episode: str | None, as_json: bool) -> int:
    """Say that something is done; a session under way ends.

    \b
    recovery done
    recovery done elevate
    """
    status = enter(episode, as_json, MarkDone(activity))
    _ask_about_session(episode, as_json)
    return status


@command("skip", ACTIVITY, BECAUSE, EPISODE, JSON)
def skip(activity: str | None, because: str, episode: str | None, as_json: bool) -> int:
    """Leave one out: the one that is on offer, else the next one. A skipped session does not count.

    \b
    recovery skip ice --because "in a meeting"
    """
    return enter(episode, as_json, Skip(activity, because=because))


@command(
    "snooze",
    ACTIVITY,
    option(
        "--for",
        key="length",
        metavar="LENGTH",
        read=read_length,
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
    return enter(episode, as_json, Snooze(activity, length=length))


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
    return enter_clock_is_right(as_json) if is_clock_right else enter(episode, as_json, Resume())


@command(
    "advance",
    BECAUSE,
    PROFESSIONAL,
    ON,
    EPISODE,
    JSON,
)
def advance(because: str, by: str, on: date | None, episode: str | None, as_json: bool) -> int:
    """Go on to the next phase or step: confirms it when its conditions are met. The limits hold.

    A condition that is not met can be passed with a reason, or only on a professional's word, as the
    protocol says. No word passes a least time, a second step on a day or an urgent warning sign.

    \b
    recovery advance
    recovery advance --because "it only hurts when I press on it"
    recovery advance --by "Dr. Meyer" --on 2026-12-01
    """
    return enter(episode, as_json, Advance(because=because, by=by, on=on))


@command("step-back", BECAUSE, EPISODE, JSON)
def step_back(because: str, episode: str | None, as_json: bool) -> int:
    """Go back: to the phase that is offered, one step down a ladder, or to the phase before. The limits still hold.

    After a new injury use `recovery setback` instead.

    \b
    recovery step-back --because "swollen again after the stairs"
    """
    return enter(episode, as_json, StepBack(because))


@command("stop", BECAUSE, EPISODE, JSON)
def stop_command(because: str, episode: str | None, as_json: bool) -> int:
    """End an episode for good. Its record is kept.

    \b
    recovery stop --because "healed"
    """
    return enter(episode, as_json, Stop(because))


@command("end", ACTIVITY, option("--at", metavar="TIME", help="When it ended, if not now."), EPISODE, JSON)
def end_command(activity: str | None, at: str | None, episode: str | None, as_json: bool) -> int:
    """Say that a session ends now, or when it really ended: gaps count from there.

    \b
    recovery end
    recovery end ice --at 14:25
    """
    ended = TypedTime("--at", at)

    def act(meant: Episode, now: datetime) -> Act:
        return End(activity, at=ended.given(now, meant.place))

    status = enter(episode, as_json, act)
    _ask_about_session(episode, as_json)
    return status


@command(
    "pause",
    option("--for", key="length", metavar="LENGTH", read=read_length, help="For how long, such as 2h."),
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
    of a session under way is still told, and so is an urgent warning sign.

    \b
    recovery pause --for 2h
    recovery pause --until tomorrow
    recovery pause --until 2026-12-01
    """
    if length is not None and until is not None:
        raise UsageError(_("--for and --until do not go together"), _("give one of them"))
    end = TypedTime("--until", until)

    def act(meant: Episode, now: datetime) -> Act:
        return Pause(length, end.ahead(now, meant.place), because)

    return enter(episode, as_json, act)


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
            record = context.record
            several = record.episodes if episode is None else ()
            before = several or (record.meant(episode),)
        values = _ask(before)
    when = TypedTime("--at", at)

    def act(meant: Episode, now: datetime) -> Act:
        if not values:
            asks = " ".join(f"{name}=…" for name in asked_now(meant))
            if not asks:
                raise UsageError(_("phase {phase} asks nothing", phase=meant.phase.id), "")
            raise UsageError(
                _("no answers given"), _("write for instance: recovery checkin {answers}", answers=asks)
            )
        by_id = {observation_id(name, meant.tailored.observations): typed for name, typed in values.items()}
        return AnswerCheckIn(by_id, when.given(now, meant.place))

    return enter(episode, as_json, act, _refuse_wrong)


def _refuse_wrong(act: AnswerCheckIn, episode: Episode) -> None:
    """Raises `UsageError` for an answer that the protocol cannot take."""
    observations = episode.tailored.observations
    for name, typed in act.answers.items():
        if name not in observations:
            raise UsageError(
                _("{protocol} does not ask for {name!r}", protocol=episode.tailored.id, name=name),
                _meant(name, episode),
            )
        if wrong := wrong_answer(typed, observations[name]):
            raise UsageError(wrong)


def _meant(name: str, episode: Episode) -> str:
    """Suggest what to type for a name that is not asked for: a sign to report, a similar name, or all names."""
    from difflib import get_close_matches

    asked = [*episode.tailored.observations]
    signs = [flag.id for flag in episode.pinned.red_flags if flag.ask]
    near = [each for each in (*asked, *signs) if each.startswith(name)]
    near = near or get_close_matches(name, [*asked, *signs], 1)
    if not near:
        return _("{protocol} asks for {known}", protocol=episode.tailored.id, known=", ".join(asked))
    if near[0] in asked:
        return _("did you mean {name!r}?", name=near[0])
    return _("a sign is reported by {command}", command=f"recovery flag {near[0]}")


def _pair(answer: str) -> tuple[str, str]:
    name, equals, value = answer.partition("=")
    if not equals or not name or not value:
        raise UsageError(_("{word!r} is not an answer", word=answer), _("write NAME=VALUE, such as pain=4"))
    return name.strip().lower(), value


def _ask_about_session(wanted: str | None, as_json: bool) -> None:
    """Ask about the session that has just ended, on a terminal."""
    if as_json or not sys.stdin.isatty():
        return
    with looking() as context:
        record = context.record
        asking = [
            each
            for each in (record.episodes if wanted is None else (record.meant(wanted),))
            if asked_about_session(each)
        ]
    for each in asking:
        if values := _ask((each,), asked_about_session):
            enter(each.id, as_json, AnswerCheckIn(values))


def _ask(
    episodes: Sequence[Episode], asked: Callable[[Episode], Sequence[str]] = asked_now
) -> dict[str, str]:
    """The answers, asked for on the terminal, each question once."""
    import click

    values: dict[str, str] = {}
    asking: dict[str, Episode] = {}
    for each in episodes:
        asking = dict.fromkeys(asked(each), each) | asking
    for name, episode in asking.items():
        observation = episode.tailored.observations[name]
        while True:
            try:
                typed: str = click.prompt(file_text(observation.ask, episode), default="", show_default=False)
            except click.exceptions.Abort:
                raise KeyboardInterrupt from None  # this command is run without click
            if not typed.strip():
                break
            expected = expected_instead(typed, observation)
            if not expected:
                values[name] = typed
                break
            print(_("That takes {expected}; Enter alone leaves it out.", expected=expected))
    return values


@command("up-until", argument("until", "HH:MM"), EPISODE, JSON)
def up_until(until: str | None, episode: str | None, as_json: bool) -> int:
    """Put off this evening's bedtime, once: you are up, and will be until then.

    Nothing goes on after that, and tomorrow the bedtime is the usual one. `recovery undo` takes it back.

    \b
    recovery up-until 00:30
    """
    try:
        at = read_clock(until or "")
    except ValueError as error:
        raise UsageError(str(error), _("write a time of day, such as 00:30")) from None
    return enter(episode, as_json, StayUp(at))


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
        return enter(episode, as_json, Move(timezone))
    here, is_the_machine_s = zone_here()
    return enter(episode, as_json, Move(here, follows=is_the_machine_s))
