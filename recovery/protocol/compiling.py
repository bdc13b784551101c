"""From the entries of one file to the plain values of `model`, the protocols that it uses merged in.

What is declared is copied. Only what is merged, or made of several keys, has code of its own.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args, get_origin

from recovery.language import _, n_
from recovery.protocol import model as m
from recovery.protocol import terms
from recovery.protocol.declared import Declared, keys
from recovery.protocol.lint.rules import DUPLICATE_ID, UNKNOWN_TRANSLATION, UNTRANSLATED
from recovery.protocol.problems import KeyPath, Location, Places, Problem, did_you_mean, name_list, place_at
from recovery.protocol.schema import Entry, Group, UseEntry
from recovery.protocol.terms import (
    GRADES,
    All,
    AnyOf,
    Cites,
    Comparison,
    Condition,
    LocalMoment,
    Not,
    Text,
    placeholders,
)
from recovery.values import Value, replace

_NOT_CITED = ("id", "kind", "source")


class Compiler:
    """Compiles one file. What goes wrong between its parts is collected in `problems`."""

    def __init__(self, entry: Entry, used: Mapping[str, m.RecoveryProtocol], places: Places) -> None:
        self.entry = entry
        self.used = used
        self.places = places
        self.problems: list[Problem] = []
        self.texts = Texts(entry.translations)
        self.observations: Mapping[str, m.Observation] = {}
        self.of_phase: dict[str, Value] = {}
        """The activities of the phase so far, whose ids are taken."""

    def compile(self) -> m.RecoveryProtocol:
        """The whole protocol; fit for use only without `problems`, and if `used` has all that it uses."""
        uses = [each.use for each in self.entry.phases if isinstance(each, UseEntry)]
        parts = [self.used[use] for use in uses if use in self.used]
        self._inputs(parts)
        fields: dict[str, Any] = {}
        # Observations first: conditions may use the names of their numbers.
        for each in sorted(keys(m.RecoveryProtocol), key=lambda each: each.field != "observations"):
            if each.field == "phases":
                fields["phases"] = self._phases()
            elif each.item is not None:
                fields[each.field] = self._merged(each, parts)
            elif each.is_kept and each.field in self.entry.model_fields_set:
                fields[each.field] = self._part(each, self.entry, ())
            if each.field == "observations":
                self.observations = fields[each.field]
        fields["excludes"] = tuple(each for each in fields["excludes"] if each.id != self.entry.id)
        fields["uses"] = tuple(dict.fromkeys(name for part in parts for name in (part.id, *part.uses)))
        notes = [*(note for part in parts for note in part.notes), *fields.get("notes", ())]
        fields["notes"] = tuple(dict.fromkeys(notes))
        if "assessment" not in fields:
            fields["assessment"] = next((part.assessment for part in parts if part.assessment), None)
        self._check_translations()
        return m.RecoveryProtocol(**fields)

    def alone(self) -> Any:
        """The value of a document that is no protocol, and uses none."""
        value = self._value(self.entry, ())
        self._check_translations()
        return value

    def _check_translations(self) -> None:
        for language, name, message, expected in self.texts.wrong():
            self._report(("translations", language, name), message, expected, rule=UNKNOWN_TRANSLATION.id)
        for language, missing in self.texts.missing.items():
            place = place_at(self.places, "translations", language)
            message = n_(
                "{count} of the file's texts are not translated, the first: {first}",
                "{count} of the file's texts are not translated, the first: {first}",
                len(missing),
                first=missing[0],
            )
            self.problems.append(UNTRANSLATED.problem(place, message))

    # Merging -------------------------------------------------------------------------------------

    def _inputs(self, parts: Iterable[m.RecoveryProtocol]) -> None:
        wanted = dict.fromkeys(name for part in parts for name in part.inputs)
        missing = [name for name in wanted if name not in self.entry.inputs]
        if missing:
            message = _("inputs that the used protocols need are not listed")
            self._report(("inputs",), message, ", ".join(missing))
        if len(set(self.entry.inputs)) != len(self.entry.inputs):
            self._report(("inputs",), _("an input is listed twice"))

    def _merged(self, section: Declared, parts: Iterable[m.RecoveryProtocol]) -> Any:
        """The used protocols' items and then the file's own; one id may not mean two things."""
        merged: dict[str, Value] = {}
        owner: dict[str, str] = {}
        for part in parts:
            for key, item in _by_id(getattr(part, section.field)).items():
                if merged.setdefault(key, item) != item:
                    self._conflict(("phases", part.id), section, key, owner[key], f"{part.id}.yaml")
                owner.setdefault(key, f"{part.id}.yaml")
        for key, item in _by_id(self._part(section, self.entry, ())).items():
            if merged.setdefault(key, item) != item:
                self._conflict((section.key, key), section, key, owner[key], place_at(self.places).file)
        return tuple(merged.values()) if get_origin(section.kind) is tuple else merged

    def _conflict(self, path: KeyPath, section: Declared, key: str, file: str, other: str) -> None:
        message = _(
            "the {what} {key!r} is defined differently in {one} and in {other}",
            what=_(section.item.noun),
            key=key,
            one=file,
            other=other,
        )
        self._report(path, message, _("the same words, or another id"))

    def _phases(self) -> tuple[Value, ...]:
        phases: dict[str, Value] = {}
        for entry in self.entry.phases:
            self.of_phase = {}
            if isinstance(entry, UseEntry):
                brought = self.used[entry.use].phases if entry.use in self.used else ()
                place = entry.use
            else:
                brought = (self._following(self._value(entry, ("phases", entry.id))),)
                place = entry.id
            for phase in brought:
                if phase.id in phases:
                    self._twice(("phases", place), m.Phase.noun, phase.id)
                phases.setdefault(phase.id, phase)
        return tuple(phases.values())

    def _following(self, phase: m.Phase) -> m.Phase:
        """A phase in which what follows other sessions knows how people call these."""
        titles = {activity.id: activity.title for activity in phase.everything()}

        def named(activities: tuple[m.AnyActivity, ...]) -> tuple[m.AnyActivity, ...]:
            return tuple(
                replace(each, cadence=terms.After(tuple(map(by_title, each.cadence.activities))))
                if isinstance(each, m.Timed) and isinstance(each.cadence, terms.After)
                else each
                for each in activities
            )

        def by_title(name: str) -> str:
            return terms.Titled(name, titles[name]) if name in titles else name

        ladder = tuple(replace(step, activities=named(step.activities)) for step in phase.ladder)
        return replace(phase, activities=named(phase.activities), ladder=ladder)

    def _twice(self, path: KeyPath, what: str, name: str) -> None:
        message = _("two of the same kind have the id {name!r}", name=name)
        expected = _("every {what} with an id of its own", what=_(what))
        self._report(path, message, expected, rule=DUPLICATE_ID.id)

    def _report(
        self, path: KeyPath, message: str, expected: str = "", found: str = "", rule: str = ""
    ) -> None:
        place: Location = place_at(self.places, *path)
        self.problems.append(place.problem(message, expected=expected, found=found, rule=rule))

    # Parts ---------------------------------------------------------------------------------------

    def _value(self, entry: Entry, path: KeyPath, form: Any = None, **fields: Any) -> Any:
        """The value of an entry: what is declared is copied, and what is made of several keys is added."""
        form = form or entry.form
        for each in keys(form):
            if each.is_kept and each.field in entry.model_fields_set:
                fields[each.field] = self._part(each, entry, path)
            elif each.field == "title":
                title = fields["id"] if form is m.Observation else _title(entry.id)
                fields["title"] = self.texts.say(title, *path, "title")
        if issubclass(form, m.Timed):
            fields |= _timing(entry)
        if form is m.Observation:
            fields |= self._answers(entry, path)
        elif form is m.CheckIn:
            fields["asks"] = tuple(map(self._named, entry.asks))
        elif form is m.Option:
            self._check_default(entry, path)
        elif form is m.Table:
            fields["rows"] = {grade: getattr(entry, grade) for grade in GRADES}
        elif issubclass(form, m.Treatment):
            fields["steps"] = self._steps(entry, path)
            form = m.Treatment
        return form(**fields)

    def _part(self, each: Declared, entry: Entry, path: KeyPath) -> Any:
        """The value of one key, which leads on from `path`."""
        given, path_in = getattr(entry, each.field), (*path, each.key)
        if each.field == "cites":
            return self._cites(entry, path)
        if {*get_args(Condition)} <= {*get_args(each.kind)}:
            return self._stated(given)
        if each.item is not None:
            return self._items(given, each.item, path_in)
        if isinstance(given, Entry):
            return self._value(given, path_in)
        if not each.is_told:
            return given
        if isinstance(given, str):
            return self.texts.say(given, *path_in)
        return tuple(self.texts.say(text, *path_in, str(index)) for index, text in enumerate(given))

    def _items(self, given: Any, form: Any, path: KeyPath) -> Any:
        """Things with ids: a mapping, or a list in which no id may stand twice."""
        if isinstance(given, Mapping):
            return {name: self._value(entry, (*path, name), id=name) for name, entry in given.items()}
        taken = self.of_phase if issubclass(form, m.Activity) else {}
        items = []
        for entry in given:
            if entry.id in taken:
                self._twice((*path, entry.id), form.noun, entry.id)
            else:
                taken[entry.id] = self._value(entry, (*path, entry.id))
                items.append(taken[entry.id])
        return tuple(items)

    def _cites(self, entry: Entry, path: KeyPath) -> Cites:
        """The sources by field; `other` becomes the empty name."""
        source: tuple[str, ...] | Mapping[str, tuple[str, ...]] = entry.cites
        if not isinstance(source, Mapping):
            return {"": source}
        fields = type(entry).model_fields
        given = {fields[name].alias or name for name in entry.model_fields_set} - set(_NOT_CITED)
        given |= {*getattr(entry.form, "cited_parts", ()), "other"}
        for key in source:
            if key not in given:
                message = _("'source' names {key!r}, which is not a field of this item", key=key[:40])
                message += did_you_mean(key, given)
                expected = _("of {names}", names=name_list(sorted(given)))
                self._report((*path, "source", key), message, expected)
        return {"" if key == "other" else key: refs for key, refs in source.items()}

    def _answers(self, entry: Entry, path: KeyPath) -> dict[str, Any]:
        least, most = _PERCENT if entry.test is not None else entry.scale or (0, 0)
        words = entry.labels or entry.choices or ()
        if entry.labels and len(entry.labels) != most - least + 1:
            self._report(
                (*path, "labels"),
                _("there are not as many labels as numbers on the scale"),
                _("{count} labels, one for each number", count=most - least + 1),
                f"{len(entry.labels)}",
            )
        if len(set(words)) != len(words):
            self._report((*path, "labels" if entry.labels else "choices"), _("a word is given twice"))
        # Choices go from worst to best.
        better = {"better": "higher"} if entry.choices or entry.test is not None else {}
        key = "labels" if entry.labels else "choices"
        called = tuple(self.texts.say(word, *path, key, str(index)) for index, word in enumerate(words))
        return {"least": least, "most": most, "words": called, **better}

    def _check_default(self, entry: Entry, path: KeyPath) -> None:
        if entry.default is not None and entry.default not in entry.choices:
            expected = _("one of {names}", names=name_list(entry.choices))
            message = _("the default is not one of the choices")
            self._report((*path, "default"), message, expected, entry.default)

    def _steps(self, entry: Entry, path: KeyPath) -> tuple[m.Step, ...]:
        if entry.form is m.SingleTreatment:
            return (self._value(entry, path, m.Step),)
        steps: list[m.Step] = []
        for index, turn in enumerate(entry.turns):
            if turn.form is m.Step:
                steps.append(self._value(turn, (*path, "steps", str(index))))
            elif steps:
                steps[-1] = replace(steps[-1], wait=turn.wait)
        return tuple(steps)

    def _named(self, name: str) -> str:
        """The name of an observation, with how people call it."""
        asked = self.observations.get(name)
        return name if asked is None else asked.name

    # Conditions ----------------------------------------------------------------------------------

    def _stated(self, entry: Any) -> Condition:
        """A condition, with how people call what is compared; the names of a scale's numbers become the numbers."""
        match entry:
            case Comparison(subject, test, value, since) if asked := self.observations.get(subject):
                if isinstance(value, str) and value in asked.labels:
                    value = float(asked.least + asked.labels.index(value))
                elif isinstance(value, str) and value in asked.choices:
                    value = asked.answer(value)
                return Comparison(self._named(subject), test, value, since)
            case Comparison():
                return entry
            case tuple() | Group(all=tuple()):
                return All(tuple(map(self._stated, entry if isinstance(entry, tuple) else entry.all or ())))
            case Group(any=tuple(parts)):
                return AnyOf(tuple(map(self._stated, parts)))
            case Group(not_=part):
                return Not(self._stated(part))
        raise AssertionError(f"no such condition: {type(entry).__name__}")


_PERCENT = (0, 100)
"""What a test comes to, of the other side."""


class Texts:
    """The texts of a file with their translations. What is asked for is what there is to translate."""

    def __init__(self, translations: Mapping[str, Mapping[str, str]]) -> None:
        self._translations = translations
        self._texts: dict[str, str] = {}

    def say(self, text: str, *path: str) -> str:
        """A text with its translations, if it has any; `path` leads to it in the file."""
        if not text:
            return text
        name = ".".join(path)
        self._texts[name] = text
        others = {language: texts[name] for language, texts in self._translations.items() if name in texts}
        return Text(text, others) if others else text

    def wrong(self) -> Iterator[tuple[str, str, str, str]]:
        """List the mistakes in the translations: language, path, message, and what was expected."""
        for language, texts in self._translations.items():
            for path, text in texts.items():
                if path not in self._texts:
                    message = _("there is no text {path!r} in this file", path=path)
                    message += did_you_mean(path, self._texts)
                    yield language, path, message, _("the path of a text")
                    continue
                braces = [
                    {f"{{{name}}}" for name in placeholders(each)} for each in (self._texts[path], text)
                ]
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
            if (missing := [path for path in self._texts if path not in texts])
        }


def _by_id(items: Any) -> Mapping[str, Any]:
    return items if isinstance(items, Mapping) else {item.id: item for item in items}


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize()


def _timing(entry: Entry) -> dict[str, Any]:
    cadence = _cadence(entry)
    # A session's `every` counts from the end of the last one: with the body already, like all elapsed time.
    counts_elapsed = isinstance(cadence, terms.Every) and issubclass(entry.form, m.Treatment)
    is_grid = not counts_elapsed and not isinstance(cadence, terms.Once | terms.After)
    return {"cadence": cadence, "follows_body": is_grid and entry.follows_body is True}


def _cadence(entry: Entry) -> terms.Cadence:
    """The one cadence of an entry; that there is exactly one has been checked."""
    if entry.every is not None:
        return terms.Every(entry.every)
    if entry.per_day is not None:
        return terms.PerDay(*entry.per_day)
    times = entry.at or (LocalMoment(),)
    if entry.per_week is not None:
        return terms.PerWeek(entry.per_week, times[0])
    if entry.once is not None:
        return terms.Once(entry.once)
    if entry.after is not None:
        return terms.After(entry.after)
    return terms.At(times)
