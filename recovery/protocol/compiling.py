"""From the entries of one file to the plain values of `model`, the protocols that it uses merged in."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from recovery.language import N_, _, n_
from recovery.protocol import activities as acts
from recovery.protocol import model as m
from recovery.protocol import schema, terms
from recovery.protocol.entries import ConditionEntry, Entry, Group
from recovery.protocol.problems import Location, Places, Problem, did_you_mean, name_list, place_at
from recovery.protocol.terms import Duration
from recovery.values import replace

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
        self.texts = Texts(entry.translations)

    def compile(self) -> m.RecoveryProtocol:
        """The whole protocol; fit for use only without `problems`, and if `used` has all that it uses."""
        entry = self.entry
        parts = [
            self.used[item.use]
            for item in entry.phases
            if isinstance(item, schema.UseEntry) and item.use in self.used
        ]
        self._inputs(parts)
        say = self.texts.say
        self.observations = self._merge(
            "observe",
            ((p, p.observations) for p in parts),
            {k: self._observation(k, v) for k, v in entry.observe.items()},
        )
        protocol = m.RecoveryProtocol(
            id=entry.id,
            version=entry.version,
            title=say(entry.title, "title"),
            summary=say(entry.summary, "summary"),
            region=entry.region,
            inputs=entry.inputs,
            options=self._merge(
                "options",
                ((p, p.options) for p in parts),
                {k: self._option(k, v) for k, v in entry.options.items()},
            ),
            screen=self._listed("screen", parts, lambda p: p.screen, self._screen),
            assessment=self._assessment(entry.assess)
            or next((part.assessment for part in parts if part.assessment), None),
            excludes=tuple(
                each
                for each in self._listed("excludes", parts, lambda p: p.excludes, self._exclusion)
                if each.id != entry.id
            ),
            uses=tuple(dict.fromkeys(name for part in parts for name in (part.id, *part.uses))),
            sources=self._merge(
                "sources",
                ((p, p.sources) for p in parts),
                {k: _source(k, v) for k, v in entry.sources.items()},
            ),
            observations=self.observations,
            limits=self._listed("limits", parts, lambda p: p.limits, self._limit),
            tables=self._merge(
                "tables",
                ((p, p.tables) for p in parts),
                {key: self._table(key, value) for key, value in entry.tables.items()},
            ),
            healing=self._healing(entry.healing),
            red_flags=self._listed("red_flags", parts, lambda p: p.red_flags, self._red_flag),
            phases=self._phases(),
            then=entry.then or "",
            responsible=self._responsible(entry.responsible),
            notes=tuple(
                dict.fromkeys(
                    [note for part in parts for note in part.notes]
                    + [say(note, "notes", str(n)) for n, note in enumerate(entry.notes)]
                )
            ),
        )
        for language, name, message, expected in self.texts.wrong():
            self._report(("translations", language, name), message, expected, rule="unknown-translation")
        for language, missing in self.texts.missing.items():
            place = place_at(self.places, "translations", language)
            message = n_(
                "{count} of the file's texts are not translated, the first: {first}",
                "{count} of the file's texts are not translated, the first: {first}",
                len(missing),
                first=missing[0],
            )
            self.problems.append(place.problem(message, severity="warning", rule="untranslated"))
        return protocol

    def _listed(
        self,
        section: str,
        parts: Iterable[m.RecoveryProtocol],
        of: Callable[[m.RecoveryProtocol], Iterable[Any]],
        compile_one: Callable[[Any], Any],
    ) -> tuple[Any, ...]:
        """A section that is a list of items with ids: those of the used protocols, then the file's own."""
        own = self._unique(section, getattr(self.entry, section), compile_one)
        return tuple(
            self._merge(section, ((p, {item.id: item for item in of(p)}) for p in parts), own).values()
        )

    # Merging -------------------------------------------------------------------------------------

    def _inputs(self, parts: Iterable[m.RecoveryProtocol]) -> None:
        wanted = dict.fromkeys(name for part in parts for name in part.inputs)
        missing = [name for name in wanted if name not in self.entry.inputs]
        if missing:
            message = _("inputs that the used protocols need are not listed")
            self._report(("inputs",), message, ", ".join(missing))
        if len(set(self.entry.inputs)) != len(self.entry.inputs):
            self._report(("inputs",), _("an input is listed twice"))

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
        message = _(
            "the {what} {key!r} is defined differently in {one} and in {other}",
            what=_(schema.SINGULAR[section]),
            key=key,
            one=one,
            other=other,
        )
        self._report(path, message, _("the same words, or another id"))

    def _unique(
        self, section: str, entries: Iterable[Any], compile_one: Callable[[Any], Any]
    ) -> dict[str, Any]:
        compiled: dict[str, Any] = {}
        for entry in entries:
            if entry.id in compiled:
                self._twice((section, entry.id), schema.SINGULAR[section], entry.id)
            else:
                compiled[entry.id] = compile_one(entry)
        return compiled

    def _twice(self, path: tuple[str, ...], what: str, name: str) -> None:
        message = _("two of the same kind have the id {name!r}", name=name)
        expected = _("every {what} with an id of its own", what=_(what))
        self._report(path, message, expected, rule="duplicate-id")

    def _report(
        self, path: tuple[str, ...], message: str, expected: str = "", found: str = "", rule: str = ""
    ) -> None:
        place: Location = place_at(self.places, *path)
        self.problems.append(place.problem(message, expected=expected, found=found, rule=rule))

    # Parts ---------------------------------------------------------------------------------------

    def _cites(self, entry: Entry, path: tuple[str, ...]) -> terms.Cites:
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
                message = _("'source' names {key!r}, which is not a field of this item", key=key[:40])
                message += did_you_mean(key, given)
                expected = _("of {names}", names=name_list(sorted(given)))
                self._report((*path, "source", key), message, expected)
        return {"" if key == "other" else key: refs for key, refs in source.items()}

    def _observation(self, name: str, entry: schema.ObservationEntry) -> m.Observation:
        least, most = entry.scale or (0, 0)
        words = entry.labels or entry.choices or ()
        if entry.labels and len(entry.labels) != most - least + 1:
            self._report(
                ("observe", name, "labels"),
                _("there are not as many labels as numbers on the scale"),
                _("{count} labels, one for each number", count=most - least + 1),
                f"{len(entry.labels)}",
            )
        if len(set(words)) != len(words):
            self._report(
                ("observe", name, "labels" if entry.labels else "choices"), _("a word is given twice")
            )
        return m.Observation(
            id=name,
            ask=self.texts.say(entry.ask, "observe", name, "ask"),
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
            say=self.texts.say(entry.say or "", "limits", entry.id, "say"),
            cites=self._cites(entry, ("limits", entry.id)),
        )

    def _red_flag(self, entry: schema.RedFlagEntry) -> m.RedFlag:
        path = ("red_flags", entry.id)
        return m.RedFlag(
            entry.id,
            entry.level,
            self.texts.say(entry.say, *path, "say"),
            when=self._condition(entry.when),
            ask=self.texts.say(entry.ask or "", *path, "ask"),
            suspends=terms.MODALITIES if entry.suspend == "all" else _tuple(entry.suspend),
            cites=self._cites(entry, path),
        )

    def _screen(self, entry: schema.ScreenEntry) -> m.ScreenQuestion:
        path = ("screen", entry.id)
        return m.ScreenQuestion(
            entry.id,
            self.texts.say(entry.ask, *path, "ask"),
            self.texts.say(entry.say, *path, "say"),
            forbids=_tuple(entry.forbid),
            refuses=entry.refuse or False,
            cites=self._cites(entry, path),
        )

    def _option(self, name: str, entry: schema.OptionEntry) -> m.Option:
        path = ("options", name)
        if entry.default is not None and entry.default not in entry.choices:
            expected = _("one of {names}", names=name_list(entry.choices))
            message = _("the default is not one of the choices")
            self._report((*path, "default"), message, expected, entry.default)
        ask = self.texts.say(entry.ask, *path, "ask")
        return m.Option(name, ask, entry.choices, entry.default or "", self._cites(entry, path))

    def _exclusion(self, entry: schema.ExclusionEntry) -> m.Exclusion:
        path = ("excludes", entry.id)
        return m.Exclusion(entry.id, self.texts.say(entry.say, *path, "say"), self._cites(entry, path))

    def _assessment(self, entry: schema.AssessEntry | None) -> m.Assessment | None:
        if entry is None:
            return None
        questions: dict[str, m.GradeQuestion] = {}
        for one in entry.questions:
            path = ("assess", "questions", one.id)
            if one.id in questions:
                self._twice(path, N_("question"), one.id)
            ask = self.texts.say(one.ask, *path, "ask")
            questions[one.id] = m.GradeQuestion(
                one.id, ask, one.grade, one.raises or "", self._cites(one, path)
            )
        cites = self._cites(entry, ("assess",))
        return m.Assessment(tuple(questions.values()), entry.otherwise, entry.unsure, cites)

    def _table(self, name: str, entry: schema.TableEntry) -> m.Table:
        return m.Table(
            name,
            {grade: getattr(entry, grade) for grade in terms.GRADES},
            self._cites(entry, ("tables", name)),
        )

    def _healing(self, entry: schema.HealingEntry | None) -> m.Healing | None:
        if entry is None:
            return None
        late = m.Escalation(entry.late.level, self.texts.say(entry.late.say, "healing", "late", "say"))
        return m.Healing(entry.from_, entry.table, late, self._cites(entry, ("healing",)))

    def _responsible(self, entry: schema.ResponsibleEntry | None) -> m.Responsible | None:
        """Of the file itself: nobody answers for what another file makes of theirs."""
        if entry is None:
            return None
        role, because = (
            self.texts.say(getattr(entry, key), "responsible", key) for key in ("role", "because")
        )
        return m.Responsible(entry.name, role, entry.on, because, entry.registration or "")

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
                    self._twice(("phases", key), N_("phase"), phase.id)
                phases.setdefault(phase.id, phase)
        return tuple(phases.values())

    def _phase(self, entry: schema.PhaseEntry) -> m.Phase:
        path = ("phases", entry.id)
        say = self.texts.say
        activities: dict[str, m.AnyActivity] = {}
        rungs: dict[str, m.Rung] = {}
        own = self._activities(entry.do, (*path, "do"), activities)
        for rung in entry.steps:
            place = (*path, "steps", rung.id)
            if rung.id in rungs:
                self._twice(place, N_("step"), rung.id)
            rungs[rung.id] = m.Rung(
                rung.id,
                say(rung.title or _title(rung.id), *place, "title"),
                rung.min or Duration(),
                self._condition(rung.only_if),
                self._activities(rung.do, (*place, "do"), activities),
                self._cites(rung, place),
            )
        at_most = None
        if entry.at_max is not None:
            at_most = m.Escalation(entry.at_max.level, say(entry.at_max.say, *path, "at_max", "say"))
        return m.Phase(
            id=entry.id,
            title=say(entry.title or _title(entry.id), *path, "title"),
            goal=say(entry.goal or "", *path, "goal"),
            zero=entry.zero,
            least=entry.min or Duration(),
            most=entry.max,
            enter_when=self._condition(entry.enter_when),
            leave_when=self._condition(entry.leave_when),
            at_most=at_most,
            confirm=entry.confirm,
            may_pass=entry.may_pass,
            is_endless=entry.ends is not None,
            back_to=self._back_to(entry.back_to, path),
            activities=own,
            climb_when=self._condition(entry.climb_when),
            step_back_when=self._condition(entry.step_back_when),
            ladder=tuple(rungs.values()),
            cites=self._cites(entry, path),
        )

    def _back_to(self, entry: schema.BackToEntry | None, path: tuple[str, ...]) -> m.BackTo | None:
        if entry is None:
            return None
        path = (*path, "back_to")
        say = self.texts.say(entry.say, *path, "say")
        return m.BackTo(entry.phase, self._stated(entry.when), say, self._cites(entry, path))

    def _activities(
        self, entries: Iterable[acts.ActivityBase], path: tuple[str, ...], known: dict[str, m.AnyActivity]
    ) -> tuple[m.AnyActivity, ...]:
        """Compiled activities; `known` are those of the phase so far, whose ids are taken."""
        compiled = []
        for entry in entries:
            if entry.id in known:
                self._twice((*path, entry.id), N_("activity"), entry.id)
                continue
            known[entry.id] = self._activity(entry, (*path, entry.id))
            compiled.append(known[entry.id])
        return tuple(compiled)

    def _activity(self, entry: acts.ActivityBase, path: tuple[str, ...]) -> m.AnyActivity:
        def say(text: str | None, *keys: str) -> str:
            return self.texts.say(text or "", *path, *keys)

        base: dict[str, Any] = {
            "id": entry.id,
            "title": say(entry.title or _title(entry.id), "title"),
            "begins": entry.begins,
            "until": entry.until,
            "only_if": self._condition(entry.only_if),
            "cites": self._cites(entry, path),
        }
        match entry:
            case acts.SessionEntry():
                step = self._step(entry, path)
                return m.Treatment(
                    **base,
                    steps=(step,),
                    **_timing(entry),
                    is_optional=entry.optional,
                    offers_missed=entry.if_missed == "offer",
                )
            case acts.AlternationEntry():
                return m.Treatment(
                    **base,
                    steps=self._steps(entry, path),
                    **_timing(entry),
                    offers_missed=entry.if_missed == "offer",
                )
            case acts.ReminderEntry():
                return m.Reminder(
                    **base,
                    modality=entry.of,
                    say=say(entry.say, "say"),
                    **_timing(entry),
                    at_work=entry.during,
                )
            case acts.CheckInEntry():
                return m.CheckIn(**base, asks=entry.ask, **_timing(entry))
            case acts.HoldEntry():
                return m.Hold(**base, modality=entry.of, on=say(entry.on, "on"), off=say(entry.off, "off"))
            case acts.AdviceEntry():
                return m.Advice(**base, say=say(entry.say, "say"))
            case acts.ChecklistEntry():
                items = self._items(entry, path)
                return m.Checklist(**base, say=say(entry.say, "say"), items=items, **_timing(entry))
        raise AssertionError(f"no such entry: {type(entry).__name__}")

    def _items(self, entry: acts.ChecklistEntry, path: tuple[str, ...]) -> tuple[m.Item, ...]:
        items: dict[str, m.Item] = {}
        for item in entry.items:
            place = (*path, "items", item.id)
            if item.id in items:
                self._twice(place, N_("item"), item.id)
            title = self.texts.say(item.title or _title(item.id), *place, "title")
            items[item.id] = m.Item(item.id, title, item.start or "", item.set)
        return tuple(items.values())

    def _step(self, entry: acts.SessionEntry | acts.StepEntry, path: tuple[str, ...]) -> m.Step:
        start, end, stop_if = (
            self.texts.say(getattr(entry, key) or "", *path, key) for key in ("start", "end", "stop_if")
        )
        return m.Step(entry.of, entry.duration, start, end, stop_if)

    def _steps(self, entry: acts.AlternationEntry, path: tuple[str, ...]) -> tuple[m.Step, ...]:
        steps: list[m.Step] = []
        for index, step in enumerate(entry.steps):
            if isinstance(step, acts.StepEntry):
                steps.append(self._step(step, (*path, "steps", str(index))))
            elif steps:
                steps[-1] = replace(steps[-1], wait=step.wait)
        return tuple(steps)

    # Conditions ----------------------------------------------------------------------------------

    def _condition(self, entry: ConditionEntry | None) -> terms.Condition | None:
        return None if entry is None else self._stated(entry)

    def _stated(self, entry: Any) -> terms.Condition:
        """A condition; the names of a scale's numbers are replaced by the numbers."""
        match entry:
            case terms.Comparison(subject, test, str(value)):
                asked = self.observations.get(subject)
                if asked is not None and value in asked.labels:
                    return terms.Comparison(subject, test, float(asked.least + asked.labels.index(value)))
                return entry
            case terms.Comparison():
                return entry
            case tuple() | Group(all=tuple()):
                return terms.All(
                    tuple(map(self._stated, entry if isinstance(entry, tuple) else entry.all or ()))
                )
            case Group(any=tuple(parts)):
                return terms.AnyOf(tuple(map(self._stated, parts)))
            case Group(not_=part):
                return terms.Not(self._stated(part))
        raise AssertionError(f"no such condition: {type(entry).__name__}")


class Texts:
    """The texts of a file with their translations. What is asked for is what there is to translate."""

    def __init__(self, translations: Mapping[str, Mapping[str, str]]) -> None:
        self._translations = translations
        self._known: dict[str, str] = {}

    def say(self, text: str, *path: str) -> str:
        """A text with its translations, if it has any; `path` leads to it in the file."""
        if not text:
            return text
        name = ".".join(path)
        self._known[name] = text
        others = {language: texts[name] for language, texts in self._translations.items() if name in texts}
        return terms.Text(text, others) if others else text

    def wrong(self) -> Iterator[tuple[str, str, str, str]]:
        """List the mistakes in the translations: language, path, message, and what was expected."""
        for language, texts in self._translations.items():
            for path, text in texts.items():
                if path not in self._known:
                    message = _("there is no text {path!r} in this file", path=path)
                    message += did_you_mean(path, self._known)
                    yield language, path, message, _("the path of a text")
                    continue
                braces = [set(re.findall(r"\{[^}]*\}", each)) for each in (self._known[path], text)]
                if braces[1] - braces[0]:
                    wrong = ", ".join(sorted(braces[1] - braces[0]))
                    expected = ", ".join(sorted(braces[0])) or _("no braces")
                    message = _("the text that it translates has no {wrong}", wrong=wrong)
                    yield language, path, message, expected

    @property
    def missing(self) -> dict[str, list[str]]:
        """The paths that a language lacks, by language."""
        return {
            language: missing
            for language, texts in self._translations.items()
            if (missing := [path for path in self._known if path not in texts])
        }


def _source(name: str, entry: schema.SourceEntry) -> m.Source:
    return m.Source(
        name, entry.title, entry.where or "", {key: _tuple(value) for key, value in entry.says.items()}
    )


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize()


def _tuple(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value or ()


def _timing(entry: acts.Timed) -> dict[str, Any]:
    cadence = _cadence(entry)
    # A session's `every` counts from the end of the last one: with the body already, like all elapsed time.
    counts_elapsed = isinstance(cadence, m.Every) and isinstance(entry, acts.Missable)
    is_grid = not counts_elapsed and not isinstance(cadence, m.Once | m.After)
    return {"cadence": cadence, "follows_body": is_grid and entry.follows == "body"}


def _cadence(entry: acts.Timed) -> m.Cadence:
    """The one cadence of an entry; that there is exactly one has been checked."""
    if entry.every is not None:
        return m.Every(entry.every)
    if entry.per_day is not None:
        return m.PerDay(*entry.per_day)
    times = (entry.at,) if isinstance(entry.at, terms.LocalMoment) else entry.at or (terms.LocalMoment(),)
    if entry.per_week is not None:
        return m.PerWeek(entry.per_week, times[0])
    if entry.once is not None:
        return m.Once(entry.once)
    if entry.after is not None:
        return m.After(entry.after)
    return m.At(times)
