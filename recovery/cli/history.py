"""The history: `log`, and `undo` for what a person entered by mistake."""

import sys
from collections.abc import Sequence
from datetime import datetime, time
from itertools import takewhile

from recovery import clock, paths
from recovery.care.record import bring_up
from recovery.care.upgrade import counting_anew
from recovery.cli.notices import tell_lost
from recovery.cli.output import did, failure_of, tell
from recovery.cli.person import loaded, nothing_active, recorded
from recovery.cli.quick import EPISODE, JSON, command, option, read_count
from recovery.cli.render_json import fact_json, print_json
from recovery.daemon import handing
from recovery.engine import facts as f
from recovery.engine.episode import PAUSED, RECENT
from recovery.engine.facts import Fact
from recovery.engine.times import Place
from recovery.errors import NotThere, RecoveryError
from recovery.language import _, current
from recovery.store.episodes import UnreadableEpisode, load_one
from recovery.store.failures import Nonsense
from recovery.store.journal import Journal
from recovery.words.terms import FACTS
from recovery.words.times import spell, spell_when
from recovery.zones import named

MOST_TOGETHER = 20
"""More facts than any command writes."""


@command(
    "log",
    option("-n", key="count", metavar="COUNT", read=read_count, default=40, help="How many of the newest."),
    option("--all", key="everything", help="All of it."),
    EPISODE,
    JSON,
)
def show_log(count: int, everything: bool, episode: str | None, as_json: bool) -> int:
    """What happened, oldest first: cues and their fate, sessions, answers, phases, what was missed.

    \b
    recovery log
    recovery log --all --json
    """
    now = clock.now()
    journal = Journal.open_to_look(paths.home(), now=now)
    if journal is None:
        raise nothing_active()
    with journal:
        if episode is not None and episode not in journal.episodes():
            known = ", ".join(journal.episodes())
            raise NotThere(_("no episode {episode!r}", episode=episode), _("known: {names}", names=known))
        facts = _facts(journal, episode, None if everything else count)
        recorded(journal, now)
        if as_json:
            for fact in facts:
                print_json(fact_json(fact))
                if failure_of(sys.stdout):
                    break
            return 0
        from recovery.cli import render_tables

        render_tables.print_log(facts, _places(journal, facts, now), journal.undone())
    return 0


def _facts(journal: Journal, episode: str | None, count: int | None) -> list[Fact]:
    """The last facts of one episode or of all. Those of an episode of which one cannot be read are told, and left out.

    Raises `Nonsense` where it is the episode asked for.
    """
    try:
        return journal.all_facts(episode, count)
    except Nonsense:
        if episode is not None:
            raise
    facts: list[Fact] = []
    for id_ in journal.episodes():
        try:
            facts += journal.all_facts(id_, count)
        except Nonsense as error:
            tell(f"{id_}: {error.message}\n  {error.hint}")
    facts.sort(key=lambda fact: fact.seq)
    return facts if count is None else facts[-count:]


def _places(journal: Journal, facts: Sequence[Fact], now: datetime) -> dict[str, Place]:
    """Find the place of each episode. An unreadable episode is reported, and gets the place of this machine."""
    episodes, places = [], {}
    for id_ in dict.fromkeys(fact.episode for fact in facts):
        try:
            episodes.append(load_one(journal, id_, now))
        except UnreadableEpisode as error:
            places[id_] = Place(named(clock.local_zone().name), time(7), time(23), language=current())
            tell(f"{error.message}\n  {error.hint}")
    tell_lost(episodes)
    return places | {episode.id: episode.place for episode in episodes}


@command("undo", EPISODE, JSON)
def undo(episode: str | None, as_json: bool) -> int:
    """Take back the last thing you entered; straight after a start, the start itself.

    It stays in the log, marked as taken back.

    \b
    recovery undo
    """
    folder, now = paths.home(), clock.now()
    journal = Journal.open_existing(folder, now=now)
    if journal is None:
        raise nothing_active()
    with journal:
        with journal.transaction():
            says, now = now, recorded(journal, now).moment(now)
            last = journal.last_by_person(episode)
            if last is None:
                raise RecoveryError(_("there is nothing to take back"))
            start = _start_that_wrote(journal, last)
            if start is not None:
                _refuse_standing_start(journal, start, now)
                last = start
            together = [*_with_it(journal, last), *_because_of_it(journal, last)]
            facts = [Fact(last.episode, now, f.UNDONE, {"seq": seq}, "person") for seq in together]
            if last.kind == f.UPGRADED:
                facts += _taking_back_an_upgrade(journal, last.episode, says)
            journal.append(facts, now=now)
            record = bring_up(journal, loaded(journal, says), says)
            if last.episode in record.unreadable:
                raise record.unreadable[last.episode]
            known = record.all
        undone = next((e for e in known if e.id == last.episode), None) or load_one(
            journal, last.episode, now
        )
        tell_lost([undone])
        when = spell_when(undone.place, last.at, now)
    message = _taken_back(last, when, undone.place)
    did(message)
    handing.wake(folder)
    if as_json:
        print_json({"episode": last.episode, "undone": last.seq, "kind": last.kind})
        return 0
    print(message)
    if last.kind != f.STARTED:
        if last.kind in _ON_THE_SKIN:
            print(
                _(
                    "The session still counts for the limits: the word is taken back, not what was on the skin."
                )
            )
        standing = undone.alerts.get(last.data.get("id", ""))
        if standing is not None:
            print(_("It stands again: {reason}", reason=standing.reason))
        if undone.state == PAUSED:
            until = undone.paused_until
            ends = spell_when(undone.place, until, now) if until else "recovery resume"
            print(_("Paused until {when}.", when=ends))
        if not undone.is_over:
            print(_("You are in: {phase}.", phase=undone.phase.title))
    return 0


def _taken_back(last: Fact, when: str, place: Place) -> str:
    """Say in a sentence what was taken back; `when` it was, in words."""
    if last.kind == f.STARTED:
        return _(
            "Taken back: the start of {episode}, {when}. Nothing reminds of it any more.",
            episode=last.episode,
            when=when,
        )
    what = f"{_(FACTS.get(last.kind, last.kind))} {_subject(last, place)}".rstrip()
    if last.kind == f.ALERTED and last.data.get("cleared"):
        what = _("{name} is dealt with", name=_subject(last, place))
    return _("Taken back in {episode}: {what}, {when}.", episode=last.episode, what=what, when=when)


def _subject(last: Fact, place: Place) -> str:
    """Name what an entry was about: an activity or a sign by its name, all else as the log says it."""
    if last.kind in (f.ANSWERED, f.CORRECTED, f.SCREENED, f.SETBACK, f.MOVED, f.STEPPED, f.TICKED, f.PAUSED):
        from recovery.words.about import about_words

        return about_words(last, place)
    return str(last.data.get("activity", "") or last.data.get("id", "").rpartition("/")[2])


def _taking_back_an_upgrade(journal: Journal, id_: str, says: datetime) -> list[Fact]:
    """Take back what goes with an upgrade; `says` is the time by the clock.

    Raises `RecoveryError` while a session is on: the old text may not know it.
    """
    record = bring_up(journal, loaded(journal, says), says)
    known, now = record.all, record.moment(says)
    episode = next((e for e in known if e.id == id_), None) or load_one(journal, id_, now)
    if episode.under_way is not None:
        title = episode.title_of(episode.under_way)
        raise RecoveryError(
            _("{title} is on; the upgrade can be taken back when it has ended", title=title),
            _("wait for its end, then recovery undo"),
        )
    return counting_anew(episode, now)


def _because_of_it(journal: Journal, last: Fact) -> list[int]:
    """List the facts that the engine concluded from an entry in the same breath: phase, step, alert, completion."""
    concluded: list[int] = []
    if last.kind == f.STARTED:
        return concluded  # nothing of it counts any more
    for fact in journal.between(last.seq + 1, last.seq + MOST_TOGETHER):
        if fact.recorded_at != last.recorded_at:
            break
        if fact.episode == last.episode and fact.kind in (f.PHASE, f.STEPPED, f.ALERTED, f.COMPLETED):
            concluded.append(fact.seq)
    return concluded


def _start_that_wrote(journal: Journal, last: Fact) -> Fact | None:
    """The start that wrote an entry down, itself or with the signs that were reported then; None: another command."""
    for fact in reversed(journal.between(last.seq - MOST_TOGETHER, last.seq)):
        if fact.episode != last.episode or fact.recorded_at != last.recorded_at:
            return None
        if fact.kind == f.STARTED:
            return fact
        if fact.kind != f.ALERTED or fact.by != "person":
            return None
    return None


_ON_THE_SKIN = (f.BEGUN, f.ENDED, f.DONE)
"""With these a person says that a session was on."""


def _refuse_standing_start(journal: Journal, start: Fact, now: datetime) -> None:
    """Raises `RecoveryError` for a start that cannot be taken back: its sessions would be forgotten with it.

    So it is with one whose sessions the person said to be on, also where that word was taken back, and with one
    of longer ago than `RECENT`.
    """
    said = (fact for fact in journal.facts(start.episode) if fact.by == "person")
    if any(fact.kind in _ON_THE_SKIN for fact in said):
        message = _(
            "only the start of {episode} is left, and what was on the skin counts for the limits",
            episode=start.episode,
        )
    elif now - start.at > RECENT:
        message = _(
            "only the start of {episode} is left, which can be taken back for {length} only",
            episode=start.episode,
            length=spell(RECENT),
        )
    else:
        return
    raise RecoveryError(
        message,
        _(
            "recovery correct puts right what was said then; recovery stop --episode {episode} ends it",
            episode=start.episode,
        ),
    )


def _with_it(journal: Journal, last: Fact) -> list[int]:
    """The facts of the same command: what a person entered with one word is taken back with one.

    They were written down together, one after the other. When they happened tells nothing: a person may tell
    of one moment twice. With a start go the signs that it reported.
    """
    if last.kind == f.STARTED:
        following = journal.between(last.seq + 1, last.seq + MOST_TOGETHER)
        signs = takewhile(
            lambda fact: fact.kind == f.ALERTED and _is_of_the_same_command(fact, last), following
        )
        return [last.seq, *(fact.seq for fact in signs)]
    together = [last.seq]
    for fact in reversed(journal.between(last.seq - MOST_TOGETHER, last.seq - 1)):
        if not _is_of_the_same_command(fact, last):
            break
        together.append(fact.seq)
    return together[::-1]


def _is_of_the_same_command(fact: Fact, last: Fact) -> bool:
    return (
        fact.by == "person"
        and fact.kind not in (f.UNDONE, f.STARTED)
        and fact.recorded_at == last.recorded_at
        and fact.episode == last.episode
    )
