"""What happened: `log`, and `undo` for what a person entered by mistake."""

from recovery import clock, paths
from recovery.cli.person import nothing_active
from recovery.cli.render_json import VERSION, fact_json, print_json
from recovery.daemon import control
from recovery.engine import facts as f
from recovery.engine.facts import Fact
from recovery.engine.times import spell_when
from recovery.errors import NotThere, RecoveryError
from recovery.store.journal import Journal
from recovery.store.record import bring_up, load, load_one

MOST_TOGETHER = 20
"""More facts than any command writes."""


def log(count: int, everything: bool, episode: str | None, as_json: bool) -> int:
    """What happened, oldest first: cues and their fate, sessions, answers, phases, what was missed."""
    now = clock.now()
    journal = Journal.open_existing(paths.home(), now=now)
    if journal is None:
        raise nothing_active()
    with journal:
        if episode is not None and episode not in journal.episodes():
            raise NotThere(f"no episode {episode!r}", f"known: {', '.join(journal.episodes())}")
        facts = journal.all_facts(episode, None if everything else count)
        if as_json:
            for fact in facts:
                print_json(fact_json(fact))
            return 0
        from recovery.cli import render_log

        places = {id_: load_one(journal, id_, now).place for id_ in journal.episodes()}
        undone = {fact.data["seq"] for fact in journal.all_facts(episode) if fact.kind == f.UNDONE}
        render_log.log(facts, places, undone)
    return 0


def undo(episode: str | None, as_json: bool) -> int:
    """Take back the last thing you entered. It stays in the log, marked as taken back."""
    folder, now = paths.home(), clock.now()
    journal = Journal.open_existing(folder, now=now)
    if journal is None:
        raise nothing_active()
    with journal:
        with journal.transaction():
            last = journal.last_by_person(episode)
            if last is None:
                raise RecoveryError("there is nothing to take back")
            if last.kind == f.STARTED:
                raise RecoveryError(
                    f"only the start of {last.episode} is left, and that is not taken back",
                    f"recovery stop --episode {last.episode} ends it",
                )
            together = [*_with_it(journal, last), *_because_of_it(journal, last)]
            facts = [Fact(last.episode, now, f.UNDONE, {"seq": seq}, "person") for seq in together]
            journal.append(facts, now=now)
            known = bring_up(journal, load(journal, now), now).all
        undone = next((e for e in known if e.id == last.episode), None) or load_one(
            journal, last.episode, now
        )
        when = spell_when(undone.place, last.at, now)
    control.call(folder, control.WAKE)
    if as_json:
        print_json({"v": VERSION, "episode": last.episode, "undone": last.seq, "kind": last.kind})
    else:
        values = ", ".join(f"{name} {value}" for name, value in last.data.get("values", {}).items())
        what = values or last.data.get("activity", "")
        print(f"Taken back in {last.episode}: {last.kind}{f' {what}' if what else ''}, {when}.")
        print(f"You are in: {undone.phase.title}.")
    return 0


def _because_of_it(journal: Journal, last: Fact) -> list[int]:
    """What the engine concluded from an entry in the same breath: a change of phase, an alert, completion."""
    concluded = []
    for fact in journal.between(last.seq + 1, last.seq + MOST_TOGETHER):
        if fact.recorded_at != last.recorded_at:
            break
        if fact.episode == last.episode and fact.kind in (f.PHASE, f.ALERTED, f.COMPLETED):
            concluded.append(fact.seq)
    return concluded


def _with_it(journal: Journal, last: Fact) -> list[int]:
    """The facts of the same command: what a person entered with one word is taken back with one.

    They were written down together, one after the other. When they happened tells nothing: a person may tell
    of one moment twice.
    """
    together = [last.seq]
    for fact in reversed(journal.between(last.seq - MOST_TOGETHER, last.seq - 1)):
        is_with_it = fact.by == "person" and fact.kind != f.UNDONE and fact.recorded_at == last.recorded_at
        if not is_with_it or fact.episode != last.episode:
            break
        together.append(fact.seq)
    return together[::-1]
