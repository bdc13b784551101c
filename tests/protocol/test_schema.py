"""The JSON Schema for editors says the same as the reading does."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from recovery.protocol.library import installed_folder
from recovery.protocol.schema import ProtocolFile, json_schema

SCHEMA = json_schema()
FILES = sorted(installed_folder().glob("*.yaml"))


def faults(value: Any, schema: dict[str, Any], at: str = "") -> list[str]:
    """As much of JSON Schema as ours uses; an unknown word of it fails the test."""
    if "$ref" in schema:
        return faults(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], at)
    wrong: list[str] = []
    for word, says in schema.items():
        match word:
            case "anyOf" | "oneOf":
                if not any(not faults(value, way, at) for way in says):
                    wrong.append(f"{at}: none of the alternatives")
            case "type":
                kind = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
                if says == "null":
                    wrong += [f"{at}: not null"] if value is not None else []
                elif not isinstance(value, kind[says]):
                    wrong.append(f"{at}: not {says}")
            case "enum":
                wrong += [] if value in says else [f"{at}: not in {says}"]
            case "const":
                wrong += [] if value == says else [f"{at}: not {says}"]
            case "pattern":
                if isinstance(value, str) and not re.search(says, value):
                    wrong.append(f"{at}: {value!r} is not {says}")
            case "properties" if isinstance(value, dict):
                for key in value.keys() & says.keys():
                    wrong += faults(value[key], says[key], f"{at}/{key}")
            case "required" if isinstance(value, dict):
                wrong += [f"{at}: no {key}" for key in says if key not in value]
            case "additionalProperties" if isinstance(value, dict):
                patterns = schema.get("patternProperties", {})
                for key in value.keys() - schema.get("properties", {}).keys():
                    if any(re.search(pattern, key) for pattern in patterns):
                        continue
                    wrong += (
                        [f"{at}: {key} too many"]
                        if says is False
                        else faults(value[key], says, f"{at}/{key}")
                    )
            case "patternProperties" if isinstance(value, dict):
                for key, inner in value.items():
                    for pattern, says_of in says.items():
                        wrong += faults(inner, says_of, f"{at}/{key}") if re.search(pattern, key) else []
            case "items" if isinstance(value, list):
                for index, item in enumerate(value):
                    wrong += faults(item, says, f"{at}/{index}")
            case "allOf":
                wrong += [fault for each in says for fault in faults(value, each, at)]
            case "minItems" if isinstance(value, list):
                wrong += [] if len(value) >= says else [f"{at}: too short"]
            case "minLength" | "maxLength" | "minimum" | "propertyNames":
                pass
            case "properties" | "required" | "additionalProperties" | "items" | "minItems":
                pass
            case "$schema" | "$defs" | "title" | "description" | "default" | "discriminator":
                pass
            case _:
                pytest.fail(f"{at}: unknown word of JSON Schema: {word}")
    return wrong


def _typed(value: Any) -> Any:
    """As an editor reads it (YAML 1.2): whole numbers as numbers, true and false as such."""
    match value:
        case dict():
            return {key: _typed(inner) for key, inner in value.items()}
        case list():
            return [_typed(inner) for inner in value]
        case "true" | "false":
            return value == "true"
        case str() if value.isdigit():
            return int(value)
    return value


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_shipped_files_keep_the_schema(path: Path) -> None:
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # makes texts only
    assert faults(document, SCHEMA) == []
    assert faults(_typed(document), SCHEMA) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"titel": "x"}, ": titel too many"),
        ({"version": "1.0"}, "/version: '1.0' is not"),
        ({"format": 2}, "/format: not in"),
        ({"phases": []}, "/phases: too short"),
        ({"inputs": ["sides"]}, "/inputs/0: not in"),
        ({"tables": {"t": {"I": "2w", "II": "4w"}}}, "/tables/t: no III"),
        ({"limits": [{"id": "x", "of": "cold", "longest": "20 minuts"}]}, "/limits/0/longest"),
        (
            {"red_flags": [{"id": "x", "when": {"al": []}, "level": "urgent", "say": "a"}]},
            "/red_flags/0/when",
        ),
    ],
)
def test_mistakes_break_the_schema(change: dict[str, Any], fault: str) -> None:
    document = yaml.load(FILES[0].read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    assert any(message.startswith(fault) for message in faults(document | change, SCHEMA))


def test_every_key_is_described() -> None:
    for name, entry in {**SCHEMA["$defs"], "": SCHEMA}.items():
        for key, says in entry.get("properties", {}).items():
            assert says.get("description") or key == "kind", f"{name}.{key}"


def test_the_schema_names_its_dialect() -> None:
    assert SCHEMA["$schema"].startswith("https://json-schema.org/draft/2020-12")
    assert set(SCHEMA["properties"]) == set(ProtocolFile.keys())
