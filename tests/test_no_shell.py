"""No shell, nothing fetched, and nothing that is read is ever run or used as a template: the source says so."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import recovery

SOURCES = sorted(Path(recovery.__file__).parent.rglob("*.py"))

FORBIDDEN = {
    *("os.system", "os.popen", "os.spawnl", "os.spawnv", "os.startfile", "pty.spawn", "webbrowser.open"),
    *("subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell"),
    *("eval", "exec", "compile", "pickle.load", "pickle.loads", "marshal.loads", "string.Template"),
    *("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "urllib.request.urlopen"),
}
SHELLS = {"sh", "bash", "/bin/sh", "cmd", "cmd.exe", "powershell", "powershell.exe", "eval"}
NETWORK = {
    "urllib",
    "http",
    "requests",
    "httpx",
    "ftplib",
    "smtplib",
    "aiohttp",
    "xmlrpc",
    "telnetlib",
    "ssl",
}

MESSAGES = {"_": 0, "n_": 0, "tr": 1, "trn": 1}
MESSAGES |= {"_name": 0}  # of differences.py
"""The functions that fill in templates, and which argument the template is."""

PASSED_ON = {
    *(("language.py", name) for name in ("message", "one", "single")),
    *(
        ("differences.py", "message"),
        ("conditions.py", "message"),
        ("rules.py", "message"),
        ("scalars.py", "expected"),
        ("scalars.py", "wrong"),
    ),
    *(("params.py", "parameter"), ("reasons.py", "template"), ("reasons.py", "singular")),
    ("floor.py", "bound"),  # of the table of the floor, where each is N_-marked
}
"""Functions that pass a message on: their callers are looked at."""

CONSTANTS = {"words", "forms", "one", "many"}
"""Names for messages of this program that stand in a table of its own; each is N_-marked there."""

TEMPLATES = {"UNIT.format", "NAMESPACES.format", "_TEXT.format", "ANSWERS_SQL.format", "super().format"}
"""Constants of a module; and a line of the log, which logging has put together by then."""

each_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text("utf-8")))


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in nodes(path) if isinstance(node, ast.Call))


def test_there_is_something_to_look_at() -> None:
    assert len(SOURCES) > 100


@each_source
def test_nothing_is_run_by_a_shell_or_from_a_text(path: Path) -> None:
    assert "shell=True" not in path.read_text("utf-8")
    for call in calls(path):
        assert ast.unparse(call.func) not in FORBIDDEN, f"{path}:{call.lineno}"
        assert all(keyword.arg != "shell" for keyword in call.keywords), f"{path}:{call.lineno}"
    for node in nodes(path):
        if not isinstance(node, ast.List | ast.Tuple):
            continue
        words = [each.value if isinstance(each, ast.Constant) else None for each in node.elts]
        assert words[:1] != ["-c"]
        if "-c" in words:  # Python's, with a literal of this program; what varies comes after it
            assert not SHELLS & {*words}, f"{path}:{node.lineno}"
            assert ast.unparse(node.elts[words.index("-c") + 1]) == "code", f"{path}:{node.lineno}"
            given = [
                n.value
                for n in nodes(path)
                if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "code"
            ]
            assert all(isinstance(value, ast.Constant) for value in given), f"{path}:{node.lineno}"


@each_source
def test_only_literals_are_templates(path: Path) -> None:
    """`_(message, name=value)` fills in its message, so a text from outside may be a value and nothing else."""
    for call in calls(path):
        name = ast.unparse(call.func)
        where = f"{path}:{call.lineno}: {ast.unparse(call)}"
        if name in MESSAGES and call.keywords:
            template = call.args[MESSAGES[name]]
            if isinstance(template, ast.Call) and ast.unparse(template.func) == "N_":
                template = template.args[0]
            owner = ast.unparse(template).partition("[")[0].partition(".")[0].lstrip("_")
            is_passed_on = (path.name, owner) in PASSED_ON or owner in CONSTANTS
            assert isinstance(template, ast.Constant) or owner.isupper() or is_passed_on, where
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("format", "format_map"):
            is_literal = isinstance(call.func.value, ast.Constant)
            assert is_literal or path.name == "language.py" or name in TEMPLATES, where


@each_source
def test_nothing_is_fetched(path: Path) -> None:
    for node in nodes(path):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not NETWORK & {name.partition(".")[0] for name in names}, path
        if isinstance(node, ast.Attribute) and node.attr in ("AF_INET", "AF_INET6", "create_connection"):
            assert path.name == "control.py", f"{path}: only the loopback of the control socket"
