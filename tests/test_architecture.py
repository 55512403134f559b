"""The import rules and the budgets of the design, held over the text of every module."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "freshlayer"

OPEN_TO_ALL = frozenset({"model", "reference", "request_form", "masking", "errors", "lazy_regex"})

PURE = {
    "errors": "",
    "reference": "",
    "request_form": "",
    "lazy_regex": "",
    "masking": "",
    "model": "",
    "evidence": "",
    "decisions": "dockerfile evidence",
    "dockerfile": "",
    "shell": "",
    "discover": "dockerfile shell",
    "settings": "",
}
"""Pure package or module to what it may import besides itself and what is open to all."""

IMPURE_MODULES = frozenset(
    {"os", "subprocess", "socket", "time", "sqlite3", "threading", "pycurl", "pathlib", "importlib"}
)

PURE_MODULES = {"docker_client.config_edit": ""}
"""The same for a single module of a package that is not pure."""

APART = frozenset({"probe", "state", "context", "builders"})
"""Packages that do not import each other."""

ABOVE = {
    "cli": frozenset({"cli", "__main__"}),
    "workflows": frozenset({"cli", "workflows"}),
}
"""Package to who may import it: the order of things is known at the top alone."""

MOST_LOOSE = 10
"""Modules beside the packages; ``__init__`` and ``__main__`` are not counted."""

LIBRARIES = {
    "click": "cli",
    "rich": "report.terminal",
    "tree_sitter": "shell",
    "tree_sitter_bash": "shell",
    "e2b_dockerfile_utils": "dockerfile context",
    "botocore": "credentials",
    "pathspec": "context",
    "pycurl": "probe",
    "sqlite3": "state",
}
"""Library → who may import it."""

NOT_FOR_HELP = ("botocore", "pathspec", "pycurl", "rich", "sqlite3", "tree_sitter", "e2b_dockerfile_utils")

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
MEDIAN_FUNCTION = 8

FILES = sorted(PACKAGE.rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(module: str, source: str, *, package: bool = False) -> Iterator[str]:
    """Every module that a text imports, at its top or inside a function, by its full name."""
    home = module.split(".") if package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = home[: len(home) - node.level + 1] if node.level else []
            name = ".".join([*above, *([node.module] if node.module else [])])
            if name == "freshlayer":
                yield from (f"freshlayer.{alias.name}" for alias in node.names)
            else:
                yield name


def room_of(name: str) -> str:
    """The room of a module of freshlayer; empty for any other module and for the package itself."""
    parts = name.split(".")
    return parts[1] if parts[0] == "freshlayer" and len(parts) > 1 else ""


def breaches(module: str, source: str, *, package: bool = False) -> list[str]:
    """What a module imports against the rules."""
    names = list(imported(module, source, package=package))
    return [f"{module} imports {name}" for name in names if _breach(module, name)]


def _breach(module: str, name: str) -> bool:
    room, other, top = room_of(module), room_of(name), name.partition(".")[0]
    if top == "testing" or other == "__main__" or room not in ABOVE.get(other, {room}):
        return True
    if top in LIBRARIES and not any(_within(module, place) for place in LIBRARIES[top].split()):
        return True
    inside = module.removeprefix("freshlayer.")
    pure = PURE_MODULES.get(inside, PURE.get(room))
    if pure is not None:
        seen = {room, *OPEN_TO_ALL, *pure.split()}
        return top in IMPURE_MODULES or (bool(other) and other not in seen)
    return {room, other} <= APART and room != other


def _within(module: str, place: str) -> bool:
    return f"{module}.".startswith(f"freshlayer.{place}.")


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_module_imports_only_what_its_room_may_see(path: Path) -> None:
    source = path.read_text("utf-8")
    assert breaches(module_of(path), source, package=path.name == "__init__.py") == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("freshlayer.cli.docker_plugin", "from freshlayer.__main__ import run"),
        ("freshlayer.decisions.plan", "import os"),
        ("freshlayer.decisions.plan", "import os.path"),
        ("freshlayer.decisions.plan", "from os import environ"),
        ("freshlayer.decisions.plan", "def f():\n    import subprocess"),
        ("freshlayer.decisions.plan", "if TYPE_CHECKING:\n    from pathlib import Path"),
        ("freshlayer.decisions.plan", "from importlib import import_module"),
        ("freshlayer.decisions.plan", "from freshlayer import probe"),
        ("freshlayer.decisions.plan", "from freshlayer.state.sqlite import Store"),
        ("freshlayer.decisions.plan", "from .. import probe"),
        ("freshlayer.decisions.plan", "from ..state import Store"),
        ("freshlayer.evidence.headers", "from ..probe.network import messages"),
        ("freshlayer.dockerfile.parse", "from freshlayer.discover import discover"),
        ("freshlayer.shell.syntax.parse", "from freshlayer.dockerfile import parse"),
        ("freshlayer.decisions.verdict", "import time"),
        ("freshlayer.probe.http.ladder", "from freshlayer.state import Store"),
        ("freshlayer.builders.docker", "from freshlayer.context import Source"),
        ("freshlayer.workflows.build", "from freshlayer.cli import main"),
        ("freshlayer.probe.git", "from freshlayer.workflows.session import Session"),
        ("freshlayer.docker_client.config_edit", "import os"),
        ("freshlayer.workflows.build", "import testing.engine"),
        ("freshlayer.workflows.build", "import click"),
        ("freshlayer.report.text", "from rich.console import Console"),
        ("freshlayer.discover.syntaxes.curl", "import tree_sitter_bash"),
        ("freshlayer.decisions.plan", "import e2b_dockerfile_utils"),
        ("freshlayer.workflows.flag_file", "import sqlite3"),
        ("freshlayer.state.sqlite", "import pycurl"),
    ],
)
def test_the_import_test_can_fail(module: str, source: str) -> None:
    assert len(breaches(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("freshlayer.decisions.plan", "import hashlib\nfrom freshlayer.model.build import Built"),
        ("freshlayer.decisions.plan", "from freshlayer.dockerfile.reach import sources_of"),
        ("freshlayer.discover.syntaxes.curl", "from freshlayer import shell, reference"),
        ("freshlayer.report.terminal", "from rich.console import Console"),
        ("freshlayer.context.source", "from e2b_dockerfile_utils import PatternMatcher"),
        ("freshlayer.workflows.build", "from freshlayer import probe, state, context, builders"),
        (
            "freshlayer.probe.network.curl",
            "import pycurl\nfrom freshlayer.probe.network.messages import Limits",
        ),
    ],
)
def test_the_import_test_lets_pass_what_the_design_allows(module: str, source: str) -> None:
    assert breaches(module, source) == []


def test_every_room_of_the_table_that_exists_is_a_module_of_the_package() -> None:
    rooms = {room_of(module_of(path)) for path in FILES}
    assert rooms >= PURE.keys() | APART | ABOVE.keys()
    assert {f"freshlayer.{name}" for name in PURE_MODULES} <= {module_of(path) for path in FILES}


def test_few_modules_are_loose() -> None:
    loose = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert len(loose) <= MOST_LOOSE


def circles(imports: dict[str, set[str]]) -> list[set[str]]:
    """Modules that import each other, directly or by way of others."""
    reached: dict[str, set[str]] = {}
    for module in imports:
        seen, open_ = set[str](), [module]
        while open_:
            for name in imports.get(open_.pop(), set()) - seen:
                seen.add(name)
                open_.append(name)
        reached[module] = seen
    return [
        {module, *(name for name in seen if module in reached.get(name, set()))}
        for module, seen in reached.items()
        if module in seen
    ]


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Not for the sake of types, either."""
    modules = {module_of(path): path for path in FILES}
    imports = {
        module: set(_modules_imported(path, modules.keys())) - {module} for module, path in modules.items()
    }
    assert circles(imports) == []


def _modules_imported(path: Path, known: Iterable[str]) -> Iterator[str]:
    """Of a name that is a module itself the module, else the module that the name is taken from."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if (name := whole if whole in known else node.module) in known:
                    yield name


def test_the_test_of_circles_can_fail() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


STARTERS = frozenset({"builders.run.process", "builders.local_images", "probe.network.subprocesses"})
"""Who may start programs: by ``freshlayer.children``, which says of each kind what it may read."""

STARTS = re.compile(
    r"\bsubprocess\.(?:run|Popen|call|check_call|check_output|getoutput|getstatusoutput)\("
    r"|\bos\.(?:system|popen|exec\w+|spawn\w+|posix_spawnp?|fork|forkpty)\("
    r"|\bpty\.(?:spawn|fork)\(|\bcreate_subprocess_\w+\("
)


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_programs_are_started_in_few_places(path: Path) -> None:
    if module_of(path).removeprefix("freshlayer.") not in STARTERS:
        assert STARTS.findall(path.read_text("utf-8")) == []


def test_every_place_that_starts_programs_knows_their_kind() -> None:
    for name in ("builders/run/process.py", "probe/network/subprocesses.py"):
        text = (PACKAGE / name).read_text("utf-8")
        assert STARTS.search(text)
        assert "freshlayer.children" in text or "import children" in text


def test_help_loads_no_library_that_only_some_commands_need() -> None:
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "freshlayer", "--help"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    loaded = {name.split(".")[0] for name in re.findall(r"\|\s*([\w.]+)$", ran.stderr, re.MULTILINE)}
    assert "click" in loaded
    assert loaded.isdisjoint(NOT_FOR_HELP)
    assert "build" in ran.stdout


def functions(source: str) -> Iterator[tuple[str, int]]:
    """Name and length in lines, from ``def`` to the last line, of every function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_module_stays_within_its_budget(path: Path) -> None:
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= LONGEST_FILE
    assert [(name, lines) for name, lines in functions(source) if lines > LONGEST_FUNCTION] == []


def test_the_median_function_has_at_most_eight_lines() -> None:
    lengths = [lines for path in FILES for _, lines in functions(path.read_text("utf-8"))]
    assert statistics.median(lengths) <= MEDIAN_FUNCTION


def test_no_module_is_called_utils() -> None:
    names = {path.stem for path in FILES}
    assert names.isdisjoint({"util", "utils", "helpers", "common", "misc"})


def test_every_file_that_a_recipe_names_exists() -> None:
    recipes = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## How to add")[2]
    named = set(re.findall(r"`((?:src|tests)/[\w/.]+)`", recipes))
    assert len(named) > 20
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_every_package_and_loose_module_is_in_the_overview() -> None:
    overview = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## How to add")[0]
    packages = {f"`{path.parent.name}/`" for path in PACKAGE.glob("*/__init__.py")}
    loose = {f"`{path.name}`" for path in PACKAGE.glob("*.py")} - {"`__init__.py`", "`__main__.py`"}
    assert {name for name in packages | loose if name not in overview} == set()
