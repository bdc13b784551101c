"""The page of the language names every key as it is declared, and every rule of the linter."""

from recovery.protocol.schema import json_schema
from tests.protocol.reference import PAGE, reference, rules


def test_the_page_says_what_every_key_means() -> None:
    """Run `python -m tests.protocol.reference` whenever this fails."""
    assert reference() in PAGE.read_text(encoding="utf-8")


def test_the_page_lists_the_rules_and_no_others() -> None:
    """Run `python -m tests.protocol.reference` whenever this fails."""
    assert f"{rules()}\n" in PAGE.read_text(encoding="utf-8")


def test_no_key_of_the_schema_is_missing() -> None:
    schema = json_schema()
    forms = [schema, *schema["$defs"].values()]
    keys = {key for form in forms for key in form.get("properties", ())} - {"kind", "all", "any", "not"}
    text = reference()
    assert [key for key in sorted(keys) if f"`{key}`" not in text] == []
