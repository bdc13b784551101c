"""From the entries of one file to the plain values of `model`, the protocols that it uses merged in."""

from collections.abc import Iterable, Mapping
from typing import Any

from recovery.protocol import activities as acts
from recovery.protocol import model as m
from recovery.protocol import schema
from recovery.protocol.durations import Duration
from recovery.protocol.entries import ConditionEntry, Entry, Group
from recovery.protocol.problems import Place, Places, Problem, did_you_mean, place_at

_NOT_CITED = ("id", "kind", "source")


class Compiler:
    """Compiles one file. What goes wrong between its parts is collected in `problems`."""

    def __init__(
        self, entry: schema.ProtocolFile, used: Mapping[str, m.RecoveryProtocol], places: Places
    ) -> None:
        self.entry = entry
        self.used = used
        self.places = places
        self.problems: list[Problem] = []
        self.observations: dict[str, m.Observation] = {}

    def compile(self) -> m.RecoveryProtocol:
        """The whole protocol; fit for use only without `problems`, and if `used` has all that it uses."""
        entry = self.entry
        parts = [
            self.used[item.use]
            for item in entry.phases
            if isinstance(item, schema.UseEntry) and item.use in self.used
        ]
        self._inputs(parts)
        own_sources = {
            key: m.Source(key, value.title, value.where or "") for key, value in entry.sources.items()
        }
        self.observations = self._merge(
            "observe",
            ((p, p.observations) for p in parts),
            {k: self._observation(k, v) for k, v in entry.observe.items()},
        )
        limits = self._unique("limits", entry.limits, self._limit)
        red_flags = self._unique("red_flags", entry.red_flags, self._red_flag)
        tables = {key: self._table(key, value) for key, value in entry.tables.items()}
        phases = self._phases()
        return m.RecoveryProtocol(
            id=entry.id,
            version=entry.version,
            title=entry.title,
            summary=entry.summary,
            region=entry.region,
            inputs=entry.inputs,
            sources=self._merge("sources", ((p, p.sources) for p in parts), own_sources),
            observations=self.observations,
            limits=tuple(
                self._merge("limits", ((p, {x.id: x for x in p.limits}) for p in parts), limits).values()
            ),
            tables=self._merge("tables", ((p, p.tables) for p in parts), tables),
            healing=self._healing(entry.healing),
            red_flags=tuple(
                self._merge(
                    "red_flags", ((p, {x.id: x for x in p.red_flags}) for p in parts), red_flags
                ).values()
            ),
            phases=phases,
            then=entry.then or "",
            notes=tuple(dict.fromkeys([note for part in parts for note in part.notes] + list(entry.notes))),
        )

    # Merging -------------------------------------------------------------------------------------

    def _inputs(self, parts: Iterable[m.RecoveryProtocol]) -> None:
        wanted = dict.fromkeys(name for part in parts for name in part.inputs)
        missing = [name for name in wanted if name not in self.entry.inputs]
        if missing:
            self._report(
                ("inputs",), "inputs that the used protocols need are not listed", ", ".join(missing)
            )
        if len(set(self.entry.inputs)) != len(self.entry.inputs):
            self._report(("inputs",), "an input is listed twice")

    def _merge(
        self,
        section: str,
        parts: Iterable[tuple[m.RecoveryProtocol, Mapping[str, Any]]],
        own: Mapping[str, Any],
    ) -> dict[str, Any]:
        """The used protocols' items and then the file's own; one id may not mean two things."""
        merged: dict[str, Any] = {}
        owner: dict[str, str] = {}
        for part, items in parts:
            for key, value in items.items():
                if merged.setdefault(key, value) != value:
                    self._conflict(("phases", part.id), section, key, owner[key], f"{part.id}.yaml")
                owner.setdefault(key, f"{part.id}.yaml")
        for key, value in own.items():
            if merged.setdefault(key, value) != value:
                self._conflict((section, key), section, key, owner[key], place_at(self.places).file)
        return merged

    def _conflict(self, path: tuple[str, ...], section: str, key: str, one: str, other: str) -> None:
        what = schema.SINGULAR[section]
        self._report(
            path,
            f"the {what} {key!r} is defined differently in {one} and in {other}",
            "the same words, or another id",
        )

    def _unique(self, section: str, entries: Iterable[Any], compile_one: Any) -> dict[str, Any]:
        compiled: dict[str, Any] = {}
        for entry in entries:
            if entry.id in compiled:
                self._twice((section, entry.id), schema.SINGULAR[section], entry.id)
            else:
                compiled[entry.id] = compile_one(entry)
        return compiled

    def _twice(self, path: tuple[str, ...], what: str, name: str) -> None:
        self._report(
            path,
            f"two of the same kind have the id {name!r}",
            f"every {what} with an id of its own",
            rule="duplicate-id",
        )

    def _report(
        self, path: tuple[str, ...], message: str, expected: str = "", found: str = "", rule: str = ""
    ) -> None:
        place: Place = place_at(self.places, *path)
        self.problems.append(place.problem(message, expected=expected, found=found, rule=rule))

    # Parts ---------------------------------------------------------------------------------------

    def _cites(self, entry: Entry, path: tuple[str, ...]) -> m.Cites:
        """The sources by field; `other` becomes the empty name."""
        source: tuple[str, ...] | Mapping[str, tuple[str, ...]] | None = getattr(entry, "source", None)
        if source is None:
            return {}
        if not isinstance(source, Mapping):
            return {"": source}
        fields = type(entry).model_fields
        given = {fields[name].alias or name for name in entry.model_fields_set} - set(_NOT_CITED)
        given |= {*type(entry).fields_of_parts, "other"}
        for key in source:
            if key not in given:
                near = did_you_mean(key, given)
                message = f"'source' names {key[:40]!r}, which is not a field of this item{near}"
                self._report((*path, "source", key), message, f"of {', '.join(sorted(given))}")
        return {"" if key == "other" else key: refs for key, refs in source.items()}

    def _observation(self, name: str, entry: schema.ObservationEntry) -> m.Observation:
        least, most = entry.scale or (0, 0)
        words = entry.labels or entry.choices or ()
        if entry.labels and len(entry.labels) != most - least + 1:
            self._report(
                ("observe", name, "labels"),
                "there are not as many labels as numbers on the scale",
                f"{most - least + 1} labels, one for each number",
                f"{len(entry.labels)}",
            )
        if len(set(words)) != len(words):
            self._report(("observe", name, "labels" if entry.labels else "choices"), "a word is given twice")
        return m.Observation(
            id=name,
            ask=entry.ask,
            least=least,
            most=most,
            labels=entry.labels or (),
            choices=entry.choices or (),
            better="higher" if entry.choices else entry.better or "lower",
            fresh=entry.fresh or Duration(seconds=86400),
            cites=self._cites(entry, ("observe", name)),
        )

    def _limit(self, entry: schema.LimitEntry) -> m.Limit:
        return m.Limit(
            id=entry.id,
            of=_tuple(entry.of),
            during=_tuple(entry.in_),
            longest=entry.longest,
            gap=entry.gap,
            to=_tuple(entry.to),
            not_before=entry.not_before,
            not_after=entry.not_after,
            most_per_day=entry.most_per_day,
            never=entry.never or False,
            needs=self._condition(entry.needs),
            say=entry.say or "",
            cites=self._cites(entry, ("limits", entry.id)),
        )

    def _red_flag(self, entry: schema.RedFlagEntry) -> m.RedFlag:
        cites = self._cites(entry, ("red_flags", entry.id))
        return m.RedFlag(entry.id, self._stated(entry.when), entry.level, entry.say, cites)

    def _table(self, name: str, entry: schema.TableEntry) -> m.Table:
        return m.Table(
            name, {grade: getattr(entry, grade) for grade in m.GRADES}, self._cites(entry, ("tables", name))
        )

    def _healing(self, entry: schema.HealingEntry | None) -> m.Healing | None:
        if entry is None:
            return None
        late = m.Escalation(entry.late.level, entry.late.say)
        return m.Healing(entry.from_, entry.table, late, self._cites(entry, ("healing",)))

    def _phases(self) -> tuple[m.Phase, ...]:
        phases: dict[str, m.Phase] = {}
        for entry in self.entry.phases:
            if isinstance(entry, schema.UseEntry):
                brought = self.used[entry.use].phases if entry.use in self.used else ()
            else:
                brought = (self._phase(entry),)
            for phase in brought:
                if phase.id in phases:
                    key = entry.use if isinstance(entry, schema.UseEntry) else entry.id
                    self._twice(("phases", key), "phase", phase.id)
                phases.setdefault(phase.id, phase)
        return tuple(phases.values())

    def _phase(self, entry: schema.PhaseEntry) -> m.Phase:
        path = ("phases", entry.id)
        activities: dict[str, m.AnyActivity] = {}
        for activity in entry.do:
            if activity.id in activities:
                self._twice((*path, "do", activity.id), "activity", activity.id)
            activities.setdefault(activity.id, self._activity(activity, (*path, "do", activity.id)))
        return m.Phase(
            id=entry.id,
            title=entry.title or _title(entry.id),
            goal=entry.goal or "",
            zero=entry.zero,
            least=entry.min or Duration(),
            most=entry.max,
            enter_when=self._condition(entry.enter_when),
            leave_when=self._condition(entry.leave_when),
            at_most=m.Escalation(entry.at_max.level, entry.at_max.say) if entry.at_max else None,
            confirm=entry.confirm,
            activities=tuple(activities.values()),
            cites=self._cites(entry, path),
        )

    def _activity(self, entry: acts.ActivityBase, path: tuple[str, ...]) -> m.AnyActivity:
        base: dict[str, Any] = {
            "id": entry.id,
            "title": entry.title or _title(entry.id),
            "begins": entry.begins,
            "until": entry.until,
            "only_if": self._condition(entry.only_if),
            "cites": self._cites(entry, path),
        }
        match entry:
            case acts.SessionEntry():
                step = m.Step(entry.of, entry.duration, entry.start, entry.end, entry.stop_if or "")
                return m.Session(**base, steps=(step,), cadence=_cadence(entry))
            case acts.AlternationEntry():
                return m.Session(**base, steps=_steps(entry), cadence=_cadence(entry))
            case acts.ReminderEntry():
                return m.Reminder(**base, modality=entry.of, say=entry.say, cadence=_cadence(entry))
            case acts.CheckInEntry():
                return m.CheckIn(**base, asks=entry.ask, cadence=_cadence(entry))
            case acts.HoldEntry():
                return m.Hold(**base, modality=entry.of, on=entry.on, off=entry.off)
            case acts.AdviceEntry():
                return m.Advice(**base, say=entry.say)
        raise AssertionError(f"no such entry: {type(entry).__name__}")

    # Conditions ----------------------------------------------------------------------------------

    def _condition(self, entry: ConditionEntry | None) -> m.Condition | None:
        return None if entry is None else self._stated(entry)

    def _stated(self, entry: Any) -> m.Condition:
        """A condition; the names of a scale's numbers are replaced by the numbers."""
        match entry:
            case m.Comparison(subject, test, str(value)):
                asked = self.observations.get(subject)
                if asked is not None and value in asked.labels:
                    return m.Comparison(subject, test, float(asked.least + asked.labels.index(value)))
                return entry
            case m.Comparison():
                return entry
            case tuple() | Group(all=tuple()):
                return m.All(tuple(map(self._stated, entry if isinstance(entry, tuple) else entry.all or ())))
            case Group(any=tuple(parts)):
                return m.AnyOf(tuple(map(self._stated, parts)))
            case Group(not_=part):
                return m.Not(self._stated(part))
        raise AssertionError(f"no such condition: {type(entry).__name__}")


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize()


def _tuple(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value or ()


def _steps(entry: acts.AlternationEntry) -> tuple[m.Step, ...]:
    steps: list[m.Step] = []
    for step in entry.steps:
        if isinstance(step, acts.StepEntry):
            steps.append(m.Step(step.of, step.duration, step.start, step.end, step.stop_if or ""))
        elif steps:
            last = steps[-1]
            steps[-1] = m.Step(last.modality, last.duration, last.start, last.end, last.stop_if, step.wait)
    return tuple(steps)


def _cadence(entry: acts.Timed) -> m.Cadence:
    """The one cadence of an entry; that there is exactly one has been checked."""
    if entry.every is not None:
        return m.Every(entry.every)
    if entry.per_day is not None:
        return m.PerDay(*entry.per_day)
    times = (entry.at,) if isinstance(entry.at, m.LocalMoment) else entry.at or (m.LocalMoment(),)
    if entry.per_week is not None:
        return m.PerWeek(entry.per_week, times[0])
    if entry.once is not None:
        return m.Once(entry.once)
    return m.At(times)
