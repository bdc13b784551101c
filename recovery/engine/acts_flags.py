"""The rules of the acts on red flags: a sign or a harm is reported, cleared by the person, or released."""

from datetime import datetime

from recovery.engine.acts import ClearFlag, End, RaiseFlag, Release, ReportHarm
from recovery.engine.acts_sessions import end_session
from recovery.engine.alerts import answer_alert, is_asked, raise_flag
from recovery.engine.reasons import Remark, Text
from recovery.engine.turn import Accepted, Refused, Turn, Verdict, accepted, or_none, word_of


def report_flag(turn: Turn, act: RaiseFlag) -> Verdict:
    flags = {flag.id: flag for flag in turn.episode.pinned.red_flags if flag.ask}
    flag = flags.get(act.flag)
    if flag is None:
        return Refused(Remark("no-such-flag", name=act.flag, known=or_none(flags)))
    if refused := _stands_already(turn, flag.id):
        return refused
    return accepted(turn, Remark("flag-noted"), *raise_flag(turn, flag, "person"))


def report_harm(turn: Turn, act: ReportHarm) -> Verdict:
    """End what is on, if that did it, and raise the flag: the treatment stops, and the person is told first aid."""
    flags = [flag for flag in turn.episode.pinned.red_flags if flag.harm]
    on = turn.episode.under_way
    is_named = bool(act.what or act.about)
    if flags and not is_named and on is None and any(other.under_way for other in turn.others):
        # What is on there may have done it, not what was on here last.
        return Refused(Remark("which-one", names=or_none(flag.id for flag in flags)))
    doing = turn.episode.modalities_of(act.about)
    suited = [flag for flag in flags if (flag.id == act.what if act.what else doing.intersection(flag.harm))]
    if not suited:
        return Refused(Remark("no-such-harm", known=or_none(flag.id for flag in flags)))
    flag = suited[0]
    if refused := _stands_already(turn, flag.id):
        return refused
    message: list[Text] = [Remark("flag-noted")]
    if on is not None and on.modality in flag.harm:
        ended = end_session(turn, End(on.activity, on.occurrence))
        message += [ended.message] if isinstance(ended, Accepted) else []
    return accepted(turn, *message, *raise_flag(turn, flag, "person"))


def _stands_already(turn: Turn, name: str) -> Refused | None:
    standing = turn.episode.alerts.get(f"flag/{name}")
    if standing is None:
        return None
    return Refused(Remark("flag-stands-already", name=name, command=turn.clearing(standing)))


def clear_flag(turn: Turn, act: ClearFlag) -> Verdict:
    """End what stands, on the person's word; or answer no to a sign that is asked by now."""
    ids = [f"flag/{act.flag}"] if is_asked(turn, act.flag) else _standing(turn, act.flag)
    if isinstance(ids, Refused):
        return ids
    for alert in (turn.episode.alerts[id_] for id_ in ids if id_ in turn.episode.alerts):
        if alert.waits_for_release:
            return Refused(Remark("release-alone", name=act.flag, command=turn.clearing(alert)))
    if not act.because:
        return Refused(Remark("no-reason"))
    for id_ in ids:
        answer_alert(turn, id_, because=act.because)
    return accepted(turn, Remark("flag-cleared", name=act.flag))


def release(turn: Turn, act: Release) -> Verdict:
    """On a professional's word whatever they have looked at is over, also what the person may clear."""
    ids = _standing(turn, act.what)
    if isinstance(ids, Refused):
        return ids
    word = word_of(turn, act.by, act.on, max(_since(turn, id_) for id_ in ids))
    if word is None or isinstance(word, Refused):
        return word or Refused(Remark("word-without-name"))
    for id_ in ids:
        answer_alert(turn, id_, word=word)
    said = Remark("released", name=act.what, by=word.by, day=word.on)
    return accepted(turn, said, Remark("undo-helps"))


def _standing(turn: Turn, name: str) -> list[str] | Refused:
    """The ids of the alerts of a name that stand; refuse a name that none has."""
    names = {id_: alert.name for id_, alert in turn.episode.alerts.items()}
    ids = [id_ for id_, each in names.items() if each == name]
    return ids or Refused(Remark("no-such-flag-stands", name=name, known=or_none(names.values())))


def _since(turn: Turn, id_: str) -> datetime:
    """Since when there is something to release: the alert, or the injury where it was so from the start."""
    episode = turn.episode
    raised_at = episode.alerts[id_].at
    flag = next((each for each in episode.pinned.red_flags if id_ == f"flag/{each.id}"), None)
    is_of_the_start = raised_at <= episode.started_at or (flag is not None and flag.is_of_the_start)
    return episode.onset if is_of_the_start else raised_at
