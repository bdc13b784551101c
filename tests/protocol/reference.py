"""The tables of all keys and rules in `protocols/README.md`: `python -m tests.protocol.reference` writes them anew."""

from collections.abc import Iterator
from typing import Any

from recovery.protocol import model
from recovery.protocol.declared import Declared, keys
from recovery.protocol.library import installed_folder
from recovery.protocol.lint.linter import RULES

PAGE = installed_folder() / "README.md"
RULES_HEAD = "| rule | asks that |\n|---|---|\n"
HEAD, NEXT = "## Every key", "## What `recovery validate` checks besides"
INTRODUCTION = """\
A key in bold has to be there. Beside these, whatever may hold a number or needs a reason may have `source`.
"""
_FORMS: tuple[tuple[str, type[Any]], ...] = (
    ("The file", model.RecoveryProtocol),
    ("`responsible`", model.Responsible),
    ("`options`, by id", model.Option),
    ("`excludes`", model.Exclusion),
    ("`screen`", model.ScreenQuestion),
    ("`assess`", model.Assessment),
    ("`questions` of `assess`", model.GradeQuestion),
    ("`about`", model.Topic),
    ("`sources`, by id", model.Source),
    ("`observe`, by id", model.Observation),
    ("`test` of an observation", model.GuidedTest),
    ("`limits`", model.Limit),
    ("`tables`, by id", model.Table),
    ("`healing`", model.Healing),
    ("`red_flags`", model.RedFlag),
    ("`late`, `at_max`, `waits`", model.Escalation),
    ("`waits` besides", model.Waiting),
    ("`silence`", model.Silence),
    ("`phases`", model.Phase),
    ("`phases`, to take over those of another file", model.Use),
    ("`back_to`", model.BackTo),
    ("`steps` of a phase", model.Rung),
    ("`do`: any activity", model.Activity),
    ("A session, an alternation, a reminder, a check-in or a checklist besides", model.Timed),
    ("A session or an alternation besides", model.Treatment),
    *((f"`kind: {kind}` besides", form) for kind, form in model.KINDS.items()),
    ("`exercises` of a session", model.Exercise),
    ("`steps` of an alternation", model.Step),
    ("`steps` of an alternation, between treatments", model.Wait),
    ("`items` of a checklist", model.Item),
    ("The front door", model.FrontDoor),
    ("`questions` of the front door", model.DoorQuestion),
    ("`outcomes` of the front door", model.DoorOutcome),
)


def reference() -> str:
    """The section with all keys, each with its meaning."""
    parts = (_table(name, form) for name, form in _FORMS)
    return "\n".join([HEAD, "", INTRODUCTION, *(line for part in parts for line in part)])


def _table(name: str, form: type[Any]) -> Iterator[str]:
    above = {each.key for each in keys(form.__base__)}
    own = [each for each in keys(form) if each.key not in (*above, "kind", "source")]
    yield f"| {name} | |"
    yield "|---|---|"
    if form is model.Activity:
        yield f"| **`kind`** | One of {', '.join(model.KINDS)}. |"
    for each in own:
        yield f"| {_shown(each)} | {each.meaning} |"
    yield ""


def _shown(each: Declared) -> str:
    is_needed = each.default is ... and not each.may_be_unset
    return f"**`{each.key}`**" if is_needed else f"`{each.key}`"


def rules() -> str:
    """The table of the lint rules, by their ids."""
    return RULES_HEAD + "".join(f"| `{name}` | {RULES[name].meaning} |\n" for name in sorted(RULES))


def main() -> None:
    before, _head, rest = PAGE.read_text("utf-8").partition(HEAD if HEAD in PAGE.read_text("utf-8") else NEXT)
    after = rest.partition(NEXT)[2] if NEXT in rest else rest
    between, _head, after = after.partition(RULES_HEAD)
    after = rules() + "\n" + after.partition("\n\n")[2]
    PAGE.write_text(f"{before}{reference()}\n{NEXT}{between}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
