"""The shape of the code, counted: no figure here may get worse. And the page of the rooms is true."""

import ast
import pkgutil
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

import recovery
from recovery import errors

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "recovery"
PAGE = (PACKAGE / "README.md").read_text(encoding="utf-8")

LINES_OF_A_FILE = 600
LINES_OF_A_FUNCTION = 60
MEAN_OF_IMPORTED_MODULES = 6.65
IMPORTS_IN_ALL = 1_223
IMPORTED_MODULES = 23
IMPORTED_BY_A_COMMAND = 12
NAMES_DEFINED_TWICE = 5
CIRCLES: set[frozenset[str]] = set()
TRANSLATED_PROSE = re.compile(r"(What|Whether|That|How|Who|Which|Why|Where|When)\b")


@cache
def modules() -> dict[str, tuple[ast.Module, int]]:
    """Each module by its name: its tree, and how many lines it has."""
    by_name = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        by_name[name] = (ast.parse(text), len(text.splitlines()))
    return by_name


@cache
def imported() -> dict[str, set[str]]:
    """The modules of this program that each module imports, wherever in it."""
    return {name: set(_imports(tree)) - {name} for name, (tree, _lines) in modules().items()}


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name in modules())
        elif isinstance(node, ast.ImportFrom) and node.module in modules():
            for each in node.names:
                inner = f"{node.module}.{each.name}"
                yield inner if inner in modules() else node.module or ""


def circles() -> set[frozenset[str]]:
    """The sets of modules that import each other."""
    reach = {}
    for name in imported():
        seen: set[str] = set()
        ahead = [name]
        while ahead:
            for each in imported()[ahead.pop()] - seen:
                seen.add(each)
                ahead.append(each)
        reach[name] = seen
    return {
        frozenset(each for each in seen if name in reach[each])
        for name, seen in reach.items()
        if name in seen
    }


def test_no_file_grows_too_long() -> None:
    assert {name: lines for name, (_tree, lines) in modules().items() if lines > LINES_OF_A_FILE} == {}


def test_no_function_grows_too_long() -> None:
    lengths = {
        f"{name}.{node.name}": node.end_lineno - node.lineno + 1
        for name, (tree, _lines) in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None
    }
    assert {name: lines for name, lines in lengths.items() if lines > LINES_OF_A_FUNCTION} == {}


def test_no_module_needs_too_many_others() -> None:
    counts = {name: len(each) for name, each in imported().items()}
    assert {name: count for name, count in counts.items() if count > IMPORTED_MODULES} == {}
    assert sum(counts.values()) <= IMPORTS_IN_ALL
    assert sum(counts.values()) / len(counts) <= MEAN_OF_IMPORTED_MODULES


def defines_a_command(tree: ast.Module) -> bool:
    """True for a function that click runs, or that prints one JSON object where that is wanted."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    decorators = [ast.unparse(each) for function in functions for each in function.decorator_list]
    arguments = [each.arg for function in functions for each in function.args.args]
    return "as_json" in arguments or any(".command(" in each for each in decorators)


def test_no_command_needs_too_many_others() -> None:
    commands = {name for name, (tree, _lines) in modules().items() if defines_a_command(tree)}
    assert "recovery.cli.start" in commands
    commands -= {"recovery.cli.doctor"}  # it looks at all rooms
    counts = {name: len(imported()[name]) for name in commands}
    assert {name: count for name, count in counts.items() if count > IMPORTED_BY_A_COMMAND} == {}


def test_modules_do_not_import_each_other() -> None:
    assert circles() == CIRCLES


def test_few_public_names_stand_for_two_things() -> None:
    names = Counter(
        node.name
        for tree, _lines in modules().values()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ) + Counter(
        target.id
        for tree, _lines in modules().values()
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and not target.id.startswith("_")
    )
    twice = sorted(name for name, count in names.items() if count > 1)
    assert len(twice) <= NAMES_DEFINED_TWICE, twice


def test_docstrings_begin_with_a_verb() -> None:
    prose = [
        f"{name}: {text.splitlines()[0]}"
        for name, (tree, _lines) in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and TRANSLATED_PROSE.match(text := ast.get_docstring(node) or "")
    ]
    assert prose == []


# The tree of errors -------------------------------------------------------------------------------


def below(error: type[Exception]) -> Iterator[type[Exception]]:
    for each in error.__subclasses__():
        yield each
        yield from below(each)


def test_the_tree_of_errors_is_drawn_whole() -> None:
    for module in pkgutil.walk_packages(recovery.__path__, "recovery."):
        if not module.name.endswith(("__main__", "plyer_child")):
            import_module(module.name)
    drawn = re.findall(r"^[│ ]*[├└]── (?:\w+\.)?(\w+)", errors.__doc__ or "", re.MULTILINE)
    ours = [each.__name__ for each in below(errors.RecoveryError) if each.__module__.startswith("recovery.")]
    assert sorted(drawn) == sorted(ours)


# The page ------------------------------------------------------------------------------------------


def test_the_page_lists_the_rooms_in_the_order_of_the_contracts() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(each["layers"] for each in contracts if each["type"] == "layers")
    rooms = [room.strip() for layer in layers for room in layer.split("|")]
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == rooms
    there = {
        path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert there - {"__init__", "__main__"} == set(rooms)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:\w+/)+[\w*.]+)`", PAGE))))
def test_what_the_page_names_is_there(path: str) -> None:
    assert [*PACKAGE.glob(path), *ROOT.glob(path)]
