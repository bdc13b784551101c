"""Check that the facts of an episode fit one another and their protocol: values, order, references.

`Course` takes the facts of one episode one after the other, as they stand in the journal, and says of each what is
wrong with it. Journals that the program has written have nothing wrong, whatever the clocks did meanwhile: that times
go back is no fault.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from recovery.engine import facts as f
from recovery.engine.facts import Fact
from recovery.engine.occurrences import CueKey, Occurrence
from recovery.language import _
from recovery.protocol.model import CheckIn, Checklist, Hold, RecoveryProtocol, Reminder, Treatment
from recovery.store.shapes import SHAPES, Surroundings, activities_of, alerts_of, wrong_instants
from recovery.store.steps import Steps

SLACK = timedelta(seconds=1)
"""By so much a fact may be later than the newest moment at which one was written down."""

_TOLD = (f.DELIVERED, f.UNDELIVERED)


class Course:
    """One episode, as far as its facts have been looked at. `texts` are the pinned protocols by hash."""

    def __init__(
        self,
        episode: str,
        pinned: str,
        texts: Mapping[str, RecoveryProtocol],
        names: Mapping[str, tuple[str, str]],
    ) -> None:
        self.episode = episode
        self._texts = texts
        self._names = names
        self._pins = [(0, pinned)]
        self._kinds: dict[int, str] = {}
        self._cues: set[int] = set()
        self._steps = Steps()
        self._ever = {pinned}
        self._latest: datetime | None = None
        self.is_spoilt = False
        """True if a fact was wrong: what later ones refer to is not asked any more, as it may be that one."""

    @property
    def _pinned(self) -> str:
        return self._pins[-1][1]

    def wrong(self, fact: Fact) -> str:
        """Say what is wrong with the next fact; "" where nothing is, or its protocol cannot be read."""
        protocol = self._texts.get(self._pinned)
        if protocol is None:
            return ""
        around = Surroundings(self.episode, protocol, self._names)
        shape = SHAPES.get(fact.kind)
        if shape is None:
            return _("is a kind of fact that this program does not know: {kind!r}", kind=fact.kind)
        wrong = wrong_instants(fact) or shape.wrong(fact.data, around)
        if not wrong and not self.is_spoilt:
            wrong = (
                self._out_of_order(fact)
                or self._misplaced(fact)
                or self._steps.wrong(fact, protocol)
                or self._unfit(fact, protocol)
            )
        if wrong:
            self.is_spoilt = True
        else:
            self._take(fact)
        return wrong

    def _take(self, fact: Fact) -> None:
        assert fact.recorded_at is not None
        data = fact.data
        self._kinds[fact.seq] = fact.kind
        self._latest = max(fact.recorded_at, self._latest or fact.recorded_at)
        if data.get("cue"):
            self._cues.add(fact.seq)
        if not self.is_spoilt:
            self._steps.take(fact)
        if fact.kind == f.UPGRADED and data.get("hash") in self._names:
            self._pins.append((fact.seq, data["hash"]))
            self._ever.add(data["hash"])
        elif fact.kind == f.UNDONE:
            self._pins = [(seq, hash_) for seq, hash_ in self._pins if seq == 0 or seq != data.get("seq")]

    def _out_of_order(self, fact: Fact) -> str:
        assert fact.recorded_at is not None
        newest = max(fact.recorded_at, self._latest or fact.recorded_at)
        if fact.at > newest + SLACK:
            return _("happened only after it was written down")
        is_first = not self._kinds
        if is_first and fact.kind != f.STARTED:
            return _("comes before the start of {episode}", episode=self.episode)
        if not is_first and fact.kind == f.STARTED:
            return _("starts {episode} a second time", episode=self.episode)
        return ""

    def _misplaced(self, fact: Fact) -> str:
        """Say what is wrong with the fact that this one is about."""
        if fact.kind == f.UNDONE or fact.kind in _TOLD:
            about = fact.data["seq"]
            kind = self._kinds.get(about)
            if kind is None:
                return _("is about fact {seq}, which is none before it in its episode", seq=about)
            if fact.kind in _TOLD and about not in self._cues:
                return _("is about fact {seq}, which tells the person nothing", seq=about)
            if fact.kind == f.UNDONE and (kind == f.UNDONE or kind in _TOLD):
                return _("takes back fact {seq}, which cannot be taken back", seq=about)
        if fact.kind == f.UPGRADED:
            return self._wrong_upgrade(fact.data)
        if fact.kind == f.STARTED and fact.data.get("hash", self._pinned) != self._pinned:
            return _("is not the start of what is pinned")
        return ""

    def _wrong_upgrade(self, data: Mapping[str, Any]) -> str:
        before, after = self._names[self._pinned], self._names[data["hash"]]
        if data["from_hash"] != self._pinned:
            return _("does not begin with the protocol that is pinned there")
        if (
            after[0] != before[0]
            or (data["protocol"], data["version"]) != after
            or data["from_version"] != before[1]
        ):
            return _("does not lead to a text of the same protocol")
        return ""

    def _unfit(self, fact: Fact, protocol: RecoveryProtocol) -> str:
        """Say what does not fit together in a fact whose single values are right."""
        data = fact.data
        owner = f"{self.episode}/{data.get('phase')}/{data.get('activity')}"
        if "occurrence" in data and Occurrence(data["occurrence"]).owner != owner:
            return _("occurrence: is not of {activity} in phase {phase}", **_where(data))
        if "activity" in data and (data["phase"], data["activity"]) not in activities_of(protocol):
            return _("there is no {activity} in phase {phase}", **_where(data))
        match fact.kind:
            case f.OFFERED:
                return _wrong_offer(data, protocol) or _wrong_cue(data, CueKey(data["occurrence"]))
            case f.BEGUN | f.ENDED:
                return _wrong_cue(data, CueKey.end_of(data["occurrence"]))
            case f.STEPPED:
                ladder = protocol.phase(data["phase"]).ladder
                if data["step"] not in [step.id for step in ladder]:
                    return _(
                        "there is no step {step} in phase {phase}", step=data["step"], phase=data["phase"]
                    )
            case f.PHASE if data["state"] == "held" and "unmet" not in data:
                return f"unmet: {_('is missing')}"
            case f.SETBACK | f.STARTED | f.CORRECTED if data.get("onset", 0) > f.to_ms(fact.at):
                return _("onset: is later than what it is told in")
            case f.ALERTED if not self._has_alert(data["id"]):
                return _("id: the protocol has no alert {name!r}", name=data["id"][:60])
            case f.ALERTED if not data.get("cleared"):
                for key in ("level", "reason", "source"):
                    if key not in data:
                        return f"{key}: {_('is missing')}"
        return ""

    def _has_alert(self, name: str) -> bool:
        """Tell if a protocol that it was ever pinned to can raise an alert: one may stand longer than its text."""
        texts = (self._texts.get(pinned) for pinned in self._ever)
        return any(name in alerts_of(text) for text in texts if text is not None)


def _where(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"activity": data["activity"], "phase": data["phase"]}


def _wrong_cue(data: Mapping[str, Any], key: CueKey) -> str:
    cue = data.get("cue")
    if cue is not None and cue["key"] != key:
        return _("cue: is not that of {occurrence}", occurrence=data["occurrence"])
    return ""


def _wrong_offer(data: Mapping[str, Any], protocol: RecoveryProtocol) -> str:
    """Name what an offer has that an activity of that kind has not, or the other way round."""
    activity = activities_of(protocol)[data["phase"], data["activity"]]
    keys = {key for key in ("seconds", "step", "on", "asks") if key in data}
    modality = data.get("modality", "")
    match activity:
        case Treatment():
            if not keys:  # a suggestion
                known = {step.modality for step in activity.steps}
                return "" if activity.is_optional and modality in known else f"seconds: {_('is missing')}"
            if keys != {"seconds", "step"} or data["step"] >= len(activity.steps):
                return _("is no session of {activity}", activity=activity.id)
            step = activity.steps[data["step"]]
            if modality != step.modality:
                return _("{key}: is not that of the protocol: {wanted}", key="modality", wanted=step.modality)
            if not 0 < data["seconds"] <= step.duration.most.seconds:
                return _("{key}: is not that of the protocol: {wanted}", key="seconds", wanted=step.duration)
        case Hold():
            if keys != {"on"} or modality != activity.modality:
                return _("{activity} is put on or taken off", activity=activity.id)
        case CheckIn():
            if keys != {"asks"}:
                return _("{activity} asks something", activity=activity.id)
        case Reminder() | Checklist():
            if keys or modality != getattr(activity, "modality", ""):
                return _("{activity} only reminds", activity=activity.id)
        case _:
            return _("{activity} is never offered", activity=activity.id)
    return ""
