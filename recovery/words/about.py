"""A fact's subject in words: what `log` and `undo` say of it beside its kind."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import reduce

from recovery.engine import facts as f
from recovery.engine.episode import Episode
from recovery.engine.facts import LONGEST_ON, Fact
from recovery.engine.reasons import Text
from recovery.engine.times import Place
from recovery.language import N_, _, current
from recovery.protocol.model import RecoveryProtocol
from recovery.protocol.terms import called
from recovery.words.terms import FACTS, filled, level_words, side_words, spell, spell_when, under, word_words

_START = {
    "protocol": N_("protocol {value}"),
    "version": N_("version {value}"),
    "grade": N_("grade {value}"),
    "side": N_("side {value}"),
}


_AS_IN_THE_LOG = (
    f.Answered,
    f.Chosen,
    f.Corrected,
    f.Screened,
    f.SetBack,
    f.ZoneChanged,
    f.Stepped,
    f.Ticked,
    f.Paused,
)


def entry_words(entry: Fact, episode: Episode) -> str:
    """Say what a person entered: an activity or a sign by its name, all else as the log says it."""
    match entry.what:
        case f.Alerted() as alerted:
            subject = _sign(alerted.id, episode.pinned)
            if alerted.word is not None:
                return _joined(_("released"), subject)
            if alerted.cleared:
                return _joined(_("dealt with"), subject)
            return _joined(_(FACTS[f.Alerted]), subject)
        case f.OfOccurrence(activity=activity):
            subject = _title(activity, episode.pinned)
        case what:
            subject = (
                about_words(entry, episode.place, episode.pinned) if isinstance(what, _AS_IN_THE_LOG) else ""
            )
    return f"{_(FACTS.get(type(entry.what), entry.kind))} {subject}".rstrip()


def about_words(fact: Fact, place: Place, protocol: RecoveryProtocol | None) -> str:
    """Say what a fact is about; "" where its kind says all. Raises what a damaged fact raises.

    Things go by the names that the protocol gives them; without one by their ids.
    """
    match fact.what:
        case f.Answered(values=values):
            return ", ".join(_answer(name, value, protocol) for name, value in values.items())
        case f.PhaseChanged() as changed:
            return _joined(_phase(changed.phase, protocol), _listed(changed.reasons))
        case f.Completed(reasons=reasons):
            return _listed(reasons)
        case f.Alerted(cleared=True) as alerted:
            word = alerted.word and word_words(alerted.word.by, alerted.word.on, place.language)
            return _joined(_("dealt with"), _sign(alerted.id, protocol), word or alerted.because)
        case f.Alerted(level=level, reason=reason):
            return f"{level_words(level, place.language)}: {reason}"
        case f.Screened() as screened:
            return _screened(screened, protocol)
        case f.Ticked() as ticked:
            return _joined(_title(ticked.activity, protocol), _answers(ticked.items))
        case f.Stepped() as stepped:
            return _joined(_step(stepped, protocol), _listed(stepped.reasons))
        case f.SetBack() | f.Corrected() as corrected:
            return _corrected(corrected, place, fact.at)
        case f.TakenBack(seq=seq) | f.Delivered(seq=seq) | f.NotDelivered(seq=seq):
            return _("number {number}", number=seq)
        case f.ClockRead() as read:
            return _clock(read, place, fact.at)
        case f.ZoneChanged(zone=zone):
            return _("times are now those of {zone}", zone=zone)
        case f.Upgraded() as upgraded:
            return _(
                "{protocol} {before} becomes {after}",
                protocol=upgraded.protocol,
                before=upgraded.from_version,
                after=upgraded.version,
            )
        case f.Started() as started:
            return ", ".join(_given(started))
        case f.Ended() as ended:
            title = _title(ended.activity, protocol)
            if not timedelta(minutes=1) <= ended.overrun <= LONGEST_ON:
                return title
            return _("{activity}, {length} too late", activity=title, length=spell(ended.overrun))
        case f.Offered(cue=f.WrittenCue(title=title)):
            return str(title)
        case f.Missed() as missed:
            return _(
                "{activity}, due {when}: {reason}",
                activity=_title(missed.activity, protocol),
                when=spell_when(place, missed.due_at, fact.at),
                reason=missed.reason,
            )
        case f.Snoozed() | f.Paused() | f.StaysUp() | f.Withheld() as kept:
            return _with_end(_plain(kept, protocol).rstrip("."), kept.until, place, fact.at)
        case what:
            return _plain(what, protocol)


def _with_end(words: str, until: datetime | None, place: Place, at: datetime) -> str:
    """Words, with until when it is so; after a question that stands in brackets."""
    if until is None:
        return words
    when = _("until {when}", when=spell_when(place, until, at))
    if words.endswith("?"):
        return f"{words} ({when})"
    return f"{words}, {when}" if words else when


def _plain(what: f.What, protocol: RecoveryProtocol | None) -> str:
    """Join what is said of the activity, what was chosen of it, and the reason, as far as there is any."""
    activity, value, reason, because = (
        str(getattr(what, name, None) or "") for name in ("activity", "value", "reason", "because")
    )
    return _joined(_title(activity, protocol), value, reason, because)


def _title(activity: str, protocol: RecoveryProtocol | None) -> str:
    """The title of an activity; its id where no phase has it."""
    phases = protocol.phases if protocol is not None else ()
    return next(
        (each.title for phase in phases for each in phase.everything() if each.id == activity), activity
    )


def _phase(id_: str, protocol: RecoveryProtocol | None) -> str:
    """The title of a phase; its id where the protocol has none of it."""
    return next((each.title for each in (protocol.phases if protocol else ()) if each.id == id_), id_)


def _sign(id_: str, protocol: RecoveryProtocol | None) -> str:
    """Say what an alert is about: the question of its sign, or what it says, or its phase; else its id."""
    name = id_.rpartition("/")[2]
    flag = next((each for each in (protocol.red_flags if protocol else ()) if each.id == name), None)
    if flag is None:
        return _phase(name, protocol)
    if not flag.ask:
        return filled(flag.say, current(), None, {})
    return _("“{question}”", question=filled(flag.ask, current(), None, {}))


def _step(stepped: f.Stepped, protocol: RecoveryProtocol | None) -> str:
    """The title of a step of a phase; its id where the protocol has none of it."""
    phases = protocol.phases if protocol is not None else ()
    steps = (step for phase in phases if phase.id == stepped.phase for step in phase.ladder)
    return next((step.title for step in steps if step.id == stepped.step), stepped.step)


def _answer(name: str, value: int | str, protocol: RecoveryProtocol | None) -> str:
    """An answer, with what it answers."""
    asked = protocol.observations.get(name) if protocol is not None else None
    return f"{name} {value}" if asked is None else f"{asked.title} {called(asked.answer(value))}"


def _listed(reasons: Sequence[Text]) -> str:
    return "; ".join(map(str, reasons))  # what stands in the record is in words


def _joined(*parts: str) -> str:
    words = [part for part in parts if part]
    return reduce(under, words) if words else ""


def _given(start: f.Started | f.SetBack | f.Corrected) -> list[str]:
    """List the parts of a start that are given, in words."""
    given = {name: getattr(start, name, None) for name in _START}
    given["side"] = side_words(given["side"], current())
    return [_(words, value=given[name]) for name, words in _START.items() if given[name]]


def _corrected(said: f.SetBack | f.Corrected, place: Place, at: datetime) -> str:
    """Say what is new of the injury, and why."""
    injured = "" if said.onset is None else _("injured {when}", when=spell_when(place, said.onset, at))
    options = said.options.items() if isinstance(said, f.Corrected) else ()
    parts = (injured, *_given(said), *(f"{name} {word}" for name, word in options), said.because)
    return ", ".join(part for part in parts if part)


def _clock(read: f.ClockRead, place: Place, at: datetime) -> str:
    """Describe a change of the clock."""
    if read.says is not None:
        return _("doubted: it says {when}", when=spell_when(place, read.says, at))
    if read.since is not None:
        return _("right again")
    if read.behind is not None:
        return _("behind what was written {when}", when=spell_when(place, read.behind, at))
    length = spell(abs(read.set_by))
    if read.set_by < timedelta(0):
        return _("set back by {length}", length=length)
    return _("set forward by {length}", length=length)


def _screened(screened: f.Screened, protocol: RecoveryProtocol | None) -> str:
    agreed = screened.agreed or {}
    titles = {each.id: each.because for each in (protocol.screen if protocol else ())}
    return ", ".join(
        _("{name} agreed with {by}, {day}", name=titles.get(name, name), by=word.by, day=word.on)
        if (word := agreed.get(name))
        else _answers({titles.get(name, name): is_yes})
        for name, is_yes in screened.answers.items()
    )


def _answers(answers: Mapping[str, bool]) -> str:
    return ", ".join(f"{name}: {_('yes') if is_yes else _('no')}" for name, is_yes in answers.items())
