"""The import rules and the budgets of the design, held over the text of every module."""

from __future__ import annotations

import ast
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from freshlayer.cli.start import WIDTHS, place_of_help

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "freshlayer"

OPEN_TO_ALL = frozenset(
    {*"model reference request_form masking errors lazy_regex lean_libraries plain_yaml digests".split()}
)

PURE = {
    "errors": "",
    "reference": "",
    "request_form": "",
    "lazy_regex": "",
    "plain_yaml": "",
    "masking": "",
    "model": "",
    "evidence": "",
    "decisions": "dockerfile evidence",
    "dockerfile": "",
    "shell": "",
    "discover": "dockerfile shell",
    "settings": "",
    "packages": "",
}
"""Pure package or module to what it may import besides itself and what is open to all."""

IMPURE_MODULES = frozenset(
    {"os", "subprocess", "socket", "time", "sqlite3", "threading", "pycurl", "pathlib", "importlib"}
)

PURE_MODULES = {
    "docker_client.config_edit": "",
    "watch.schedule": "",
    "watch.standing": "",
    "watch.firing": "",
    "watch.settings": "",
    "watch.moved": "",
    "watch.webhooks.base": "",
    "watch.webhooks.dockerhub": "",
    "watch.webhooks.distribution": "",
    "watch.webhooks.harbor": "",
    "watch.webhooks.github": "",
    "watch.webhooks.gitlab": "",
    "watch.webhooks.s3": "",
    "watch.settings_table": "",
    "watch.urls": "",
    "watch.triggers.base": "",
    "watch.triggers.text": "",
    "watch.triggers.command": "",
    "watch.triggers.webhook": "",
    "watch.triggers.github": "",
    "watch.triggers.gitlab": "",
    "watch.triggers.kubernetes": "",
    "watch.triggers.slack": "",
    "watch.triggers.mattermost": "",
    "watch.triggers.matrix": "",
    "watch.triggers.teams": "",
    "watch.triggers.smtp": "",
    "watch.metrics": "",
    "watch.access": "",
    **dict.fromkeys(
        (
            "watch.pages.badge",
            "watch.pages.builds",
            "watch.pages.cause_rows",
            "watch.pages.chart",
            "watch.pages.image_page",
            "watch.pages.images",
            "watch.pages.inputs",
            "watch.pages.known",
            "watch.pages.overview",
            "watch.pages.packages",
            "watch.pages.paging",
            "watch.pages.times",
            "watch.pages.tracks",
            "watch.pages.values",
        ),
        "decisions report",
    ),
}
"""The same for a single module of a package that is not pure."""

APART = frozenset({"probe", "state", "context", "builders", "bases", "indexes", "analyses"})
"""Packages that do not import each other."""

ABOVE = {
    "__main__": frozenset({"__main__"}),
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
    "tree_sitter_powershell": "shell.powershell",
    "e2b_dockerfile_utils": "dockerfile context",
    "botocore": "credentials",
    "pathspec": "context",
    "yaml": "context",
    "pycurl": "probe",
    "sqlite3": "state indexes bases",
    "psycopg": "state.postgres",
    "solv": "packages.rpm",
    "zstandard": "bases indexes context",
    "packageurl": "packages reference lock.exports",
    "packaging": "packages",
    "nodesemver": "packages.npm",
    "jinja2": "report.page",
    "markupsafe": "report.page report.formats.html",
    "starlette": "watch",
    "uvicorn": "watch.server watch.connections",
}
"""Library → who may import it."""

NOT_FOR_HELP = (
    *("botocore", "pathspec", "pycurl", "rich", "sqlite3", "tree_sitter", "e2b_dockerfile_utils"),
    *("solv", "zstandard", "packageurl", "packaging", "nodesemver", "jinja2", "markupsafe", "psycopg"),
)

VAGUE = frozenset({"util", "utils", "helper", "helpers", "common", "misc"})

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
MEDIAN_FUNCTION = 8

FILES = sorted(PACKAGE.rglob("*.py"))


def module_of(path: Path, package: Path = PACKAGE) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
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


def package_of(name: str) -> str:
    """The package below ``freshlayer`` of a module; empty for any other module."""
    parts = name.split(".")
    return parts[1] if parts[0] == "freshlayer" and len(parts) > 1 else ""


def breaches(module: str, source: str, *, package: bool = False) -> list[str]:
    """What a module imports against the rules."""
    names = list(imported(module, source, package=package))
    return [f"{module} imports {name}" for name in names if _breach(module, name)]


def _breach(module: str, name: str) -> bool:
    own, other, top = package_of(module), package_of(name), name.partition(".")[0]
    if top == "testing" or own not in ABOVE.get(other, {own}):
        return True
    if top in LIBRARIES and not any(_within(module, place) for place in LIBRARIES[top].split()):
        return True
    inside = module.removeprefix("freshlayer.")
    pure = PURE_MODULES.get(inside, PURE.get(own))
    if pure is not None:
        seen = {own, *OPEN_TO_ALL, *pure.split()}
        return top in IMPURE_MODULES or (bool(other) and other not in seen)
    return {own, other} <= APART and own != other


def _within(module: str, place: str) -> bool:
    return f"{module}.".startswith(f"freshlayer.{place}.")


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_module_imports_only_what_its_package_may_see(path: Path) -> None:
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
        ("freshlayer.decisions.plan", "from freshlayer.state.store import DatabaseStore"),
        ("freshlayer.decisions.plan", "from .. import probe"),
        ("freshlayer.decisions.plan", "from ..state import Store"),
        ("freshlayer.evidence.headers", "from ..probe.network import messages"),
        ("freshlayer.dockerfile.parse", "from freshlayer.discover import discover"),
        ("freshlayer.shell.syntax.parse", "from freshlayer.dockerfile import parse"),
        ("freshlayer.decisions.verdict", "import time"),
        ("freshlayer.probe.http.ladder", "from freshlayer.state import Store"),
        ("freshlayer.builders.docker", "from freshlayer.context import Source"),
        ("freshlayer.workflows.build", "from freshlayer.cli import main"),
        ("freshlayer.cli.main", "from freshlayer.__main__ import main"),
        ("freshlayer.cli.docker_plugin", "from freshlayer import __main__"),
        ("freshlayer.bases.sources", "from freshlayer.probe import probe"),
        ("freshlayer.context.scripts", "from freshlayer.bases import sources"),
        ("freshlayer.packages.debian", "import os"),
        ("freshlayer.probe.git", "from freshlayer.workflows.session import Session"),
        ("freshlayer.docker_client.config_edit", "import os"),
        ("freshlayer.workflows.build", "import testing.engine"),
        ("freshlayer.workflows.build", "import click"),
        ("freshlayer.report.text", "from rich.console import Console"),
        ("freshlayer.report.formats.markdown", "import jinja2"),
        ("freshlayer.discover.syntaxes.curl", "import tree_sitter_bash"),
        ("freshlayer.decisions.plan", "import e2b_dockerfile_utils"),
        ("freshlayer.workflows.flag_file", "import sqlite3"),
        ("freshlayer.state.store", "import pycurl"),
        ("freshlayer.state.store", "import psycopg"),
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
        ("freshlayer.context.scripts", "import os\nfrom freshlayer.shell import evaluate"),
        ("freshlayer.__main__", "from freshlayer.cli.main import main"),
        (
            "freshlayer.probe.network.curl",
            "import pycurl\nfrom freshlayer.probe.network.messages import Limits",
        ),
    ],
)
def test_the_import_test_lets_pass_what_the_design_allows(module: str, source: str) -> None:
    assert breaches(module, source) == []


def test_every_package_of_the_rules_exists() -> None:
    packages = {package_of(module_of(path)) for path in FILES}
    assert packages >= PURE.keys() | APART | ABOVE.keys()
    assert {f"freshlayer.{name}" for name in PURE_MODULES} <= {module_of(path) for path in FILES}


def loose(package: Path) -> set[str]:
    """The modules beside the packages."""
    return {path.stem for path in package.glob("*.py")} - {"__init__", "__main__"}


def test_few_modules_are_loose() -> None:
    assert len(loose(PACKAGE)) <= MOST_LOOSE


def test_the_test_of_loose_modules_can_fail(tmp_path: Path) -> None:
    for number in range(MOST_LOOSE + 1):
        (tmp_path / f"m{number}.py").touch()
    (tmp_path / "__main__.py").touch()
    assert len(loose(tmp_path)) == MOST_LOOSE + 1


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


def imports_in(package: Path) -> dict[str, set[str]]:
    """Module → the modules of the package that it imports: at its top, in a function, for types."""
    modules = {module_of(path, package): path for path in package.rglob("*.py")}
    return {module: set(_imported_modules(module, path, modules)) for module, path in modules.items()}


def _imported_modules(module: str, path: Path, known: Iterable[str]) -> Iterator[str]:
    """Of a name that is a module itself the module, else the module that the name is taken from."""
    home = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            above = home[: len(home) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            names = {f"{origin}.{alias.name}" for alias in node.names}
            yield from (name if name in known else origin for name in names if {name, origin} & set(known))


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Not for the sake of types, either."""
    found = {module: names - {module} for module, names in imports_in(PACKAGE).items()}
    assert circles(found) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("from pkg.b import g", "from pkg.a import f"),
        ("import pkg.b", "def g():\n    from pkg import a"),
        ("from pkg.b import g", "if TYPE_CHECKING:\n    from pkg.a import F"),
        ("from .b import g", "from . import a"),
    ],
    ids=["at the top", "in a function", "for types", "relative"],
)
def test_the_test_of_circles_can_fail(tmp_path: Path, first: str, second: str) -> None:
    package = tmp_path / "pkg"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "a.py").write_text(first)
    (package / "b.py").write_text(second)
    assert {"pkg.a", "pkg.b"} in circles(imports_in(package))


def test_a_circle_of_three_is_found_and_a_diamond_is_not_one() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


STARTERS = frozenset(
    {
        "builders.run.captured",
        "builders.run.spawned",
        "builders.local_images",
        "probe.network.subprocesses",
        "watch.delivery",
        "watch.projects.git",
    }
)
"""Who may start programs: by ``freshlayer.children``, which states for each kind what it may read."""

STARTS = re.compile(
    r"\bsubprocess\.(?:run|Popen|call|check_call|check_output|getoutput|getstatusoutput)\("
    r"|\bos\.(?:system|popen|exec\w+|spawn\w+|posix_spawnp?|fork|forkpty)\("
    r"|\bpty\.(?:spawn|fork)\(|\bcreate_subprocess_\w+\("
)


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_programs_are_started_in_few_places(path: Path) -> None:
    if module_of(path).removeprefix("freshlayer.") not in STARTERS:
        assert STARTS.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "subprocess.run(['git'])",
        "subprocess.Popen(argv)",
        "os.system('git')",
        "os.execvp(name, argv)",
        "os.posix_spawn(path, argv, environ)",
        "pty.spawn(argv)",
        "asyncio.create_subprocess_exec('git')",
    ],
)
def test_the_test_of_started_programs_can_fail(source: str) -> None:
    assert STARTS.findall(source)


def test_every_place_that_starts_programs_knows_their_kind() -> None:
    for name in ("builders/run/captured.py", "probe/network/subprocesses.py", "watch/delivery.py"):
        text = (PACKAGE / name).read_text("utf-8")
        assert STARTS.search(text)
        assert "freshlayer.children" in text or "import children" in text


def heavy(*arguments: str) -> tuple[set[str], str]:
    """The libraries of NOT_FOR_HELP that Python loads with these arguments, and what it printed."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    loaded = {name.split(".")[0] for name in re.findall(r"\|\s*([\w.]+)$", ran.stderr, re.MULTILINE)}
    return loaded & set(NOT_FOR_HELP), ran.stdout


def test_help_loads_no_library_that_only_some_commands_need() -> None:
    found, printed = heavy("-m", "freshlayer", "--help")
    assert found == set()
    assert "build" in printed


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_kept_help_is_what_click_prints(columns: int) -> None:
    """``make reference`` writes it."""
    kept = Path(place_of_help(columns)).read_text("utf-8")
    made = "from freshlayer.cli.main import by_click; by_click(['--help'], ())"
    done = subprocess.run(
        [sys.executable, "-c", made],
        env={**os.environ, "COLUMNS": str(columns)},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert kept == done.stdout


def test_the_test_of_heavy_libraries_can_fail() -> None:
    assert "sqlite3" in heavy("-c", "import click, sqlite3")[0]


def functions(source: str) -> Iterator[tuple[str, int]]:
    """Name and length in lines, from ``def`` to the last line, of every function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def over_budget(source: str) -> list[str]:
    """What of a module is longer than its budget."""
    lines = len(source.splitlines())
    long = [f"{name} has {count} lines" for name, count in functions(source) if count > LONGEST_FUNCTION]
    return [*([f"{lines} lines"] if lines > LONGEST_FILE else []), *long]


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_module_stays_within_its_budget(path: Path) -> None:
    assert over_budget(path.read_text("utf-8")) == []


def function(lines: int) -> str:
    return "def f():\n" + "    pass\n" * (lines - 1)


def test_the_budget_test_can_fail() -> None:
    assert over_budget("x = 1\n" * LONGEST_FILE + function(LONGEST_FUNCTION)) == [
        f"{LONGEST_FILE + LONGEST_FUNCTION} lines"
    ]
    assert over_budget(function(LONGEST_FUNCTION + 1)) == [f"f has {LONGEST_FUNCTION + 1} lines"]
    assert over_budget(function(LONGEST_FUNCTION)) == []


def median_of(sources: Iterable[str]) -> float:
    """The median length of a function, in lines."""
    return statistics.median(lines for source in sources for _, lines in functions(source))


def test_the_median_function_has_at_most_eight_lines() -> None:
    assert median_of(path.read_text("utf-8") for path in FILES) <= MEDIAN_FUNCTION


def test_the_test_of_the_median_can_fail() -> None:
    longer = function(MEDIAN_FUNCTION + 1)
    assert median_of([longer, longer, function(2)]) > MEDIAN_FUNCTION


def without_a_question(paths: Iterable[Path]) -> list[str]:
    """Modules whose name answers no question."""
    return [path.stem for path in paths if path.stem in VAGUE]


def test_no_module_is_called_utils() -> None:
    assert without_a_question(FILES) == []


@pytest.mark.parametrize("name", sorted(VAGUE))
def test_the_test_of_names_can_fail(tmp_path: Path, name: str) -> None:
    assert without_a_question([tmp_path / "shell" / f"{name}.py"]) == [name]
