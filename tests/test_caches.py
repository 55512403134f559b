"""What a process keeps holds no credential, no content of a file and no time: a service runs for days."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "freshlayer"

ALLOWED = {
    "analyses/code.py:stamp_at_start": "a digest of our own code, as it was when it was loaded",
    "cli/chosen_settings.py:warn_once": "warnings that were printed: of the command line alone",
    "context/classic.py:_group": "the name of a group by its number",
    "context/classic.py:_user": "the name of a user by its number",
    "discover/commands.py:_never_reading": "names in our own tables",
    "discover/commands.py:known_names": "names in our own tables",
    "discover/programs/names.py:is_plain_program": "the name of a program; bounded",
    "discover/programs/names.py:plain_name": "the name of a program by its path; bounded",
    "discover/programs/rows.py:rows": "our own tables",
    "discover/programs/table.py:names": "names in our own tables",
    "discover/programs/table.py:program": "rows of our own tables",
    "discover/syntaxes/found.py:found": "what a download reads, by its words, as a script's tree; bounded",
    "discover/windows_shells.py:interpreter_of": "the name of a program by its path; bounded",
    "dockerfile/scope.py:_automatic": "what a builder sets for a platform, by its name; bounded",
    "dockerfile/scope.py:_tokens": "a regular expression for each escape character",
    "evidence/http_date.py:seconds": "the number that a date of a header means; not the time of now; bounded",
    "lean_libraries.py:_lean": "which libraries were loaded, and which modules had a stand-in",
    "masking/commands.py:_has_secret_name": "names of long options, not their values; bounded",
    "masking/names.py:is_certain_name": "names of parameters, not their values; bounded",
    "masking/names.py:is_secret_name": "names of parameters, not their values; bounded",
    "masking/names.py:names_content": "names of parameters, not their values; bounded",
    "packages/apk/versions.py:key": "the order of a version; bounded",
    "packages/apt/expressions.py:_test": "a regular expression for a pattern of a pin; bounded",
    "packages/apt/choices.py:_around": "the parts of package URLs, by distribution and architecture; bounded",
    "packages/apt/relations.py:clauses_of": "the clauses of a relation, by its text; bounded",
    "packages/apt/relations.py:provided_of": "the names in a relation, by its text; bounded",
    "packages/apt/universe.py:_bucket": "a number for the name of a package; bounded",
    "packages/apt/versions.py:version_key": "the order of a version; bounded",
    "packages/conda/specs.py:_matches": "whether a build fits a pattern; bounded",
    "packages/conda/specs.py:constraint_of": "a requirement of an index, by its text; bounded",
    "packages/conda/specs.py:spec_of": "a requirement of an index, by its text; bounded",
    "packages/conda/versions.py:_holds": "whether a version is in a range; bounded",
    "packages/conda/versions.py:requirement_of": "a range of versions, by its text; bounded",
    "packages/conda/versions.py:version_of": "the order of a version; bounded",
    "packages/pypi/choose.py:_version": "the order of a version; bounded",
    "packages/pypi/choose.py:_ranks": "the tags of an interpreter on a platform; bounded",
    "packages/rpm/worlds.py:_WORLDS": "a pool, for as long as a run has its first index open; at most four",
    "watch/pages/rendering.py:assets": "our own style sheet and script",
    "shell/patterns.py:_inner_glob": "a regular expression for a pattern of a script; bounded",
    "shell/patterns.py:glob": "a regular expression for a pattern of a script; bounded",
    "shell/patterns.py:regex": "a regular expression for a pattern of a script; bounded",
    "shell/powershell/parse.py:_parser": "the grammar",
    "shell/powershell/parse.py:parse": "the tree of a script by its text, with all that is in it; bounded",
    "shell/programs/script_files.py:_is_other": "the name of a program; bounded",
    "shell/programs/wrapper_rows.py:first_names": "our own table",
    "shell/programs/wrapper_rows.py:wrappers": "our own table",
    "shell/syntax/parse.py:parse": "the tree of a script by its text, with all that is in it; bounded",
    "shell/syntax/plain.py:_is_plain_script": "whether a part of a script is plain, by its text; bounded",
    "shell/syntax/plain_commands.py:_is_program": "the name of a program; bounded",
    "shell/syntax/plain_commands.py:plain_statement": "the tree of a part of a script by its text; bounded",
    "shell/syntax/plain_words.py:plain_word": "the tree of a part of a script by its text; bounded",
    "shell/syntax/respelling.py:_parser": "the grammar",
    "shell/values.py:separator": "a regular expression for each value of IFS; bounded",
}
"""Place → why it may live as long as the process. What is read from files is kept by the session."""

_CACHES = {"cache", "lru_cache"}
_CONTAINERS = {"dict", "list", "set", "deque", "defaultdict", "OrderedDict", "Counter", "WeakKeyDictionary"}


def kept(module: str, source: str) -> Iterator[str]:
    """Functions that are cached, containers of a module that start empty, names set by ``global``."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if any(_name(decorator) in _CACHES for decorator in node.decorator_list):
                yield f"{module}:{node.name}"
        elif isinstance(node, ast.Global):
            yield from (f"{module}:{name}" for name in node.names)
        elif isinstance(node, ast.Call) and node.args and _name(node.func) in _CACHES:
            yield f"{module}:{ast.unparse(node)}"
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and _starts_empty(node.value):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            yield f"{module}:{ast.unparse(target)}"


def _name(node: ast.expr) -> str:
    """``cache`` for ``cache``, ``functools.cache`` and ``cache(…)``."""
    if isinstance(node, ast.Call):
        return _name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _starts_empty(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Dict):
        return not value.keys
    if isinstance(value, ast.List):
        return not value.elts
    return isinstance(value, ast.Call) and _name(value) in _CONTAINERS and not value.args


def found() -> set[str]:
    return {
        place
        for path in SOURCE.rglob("*.py")
        for place in kept(path.relative_to(SOURCE).as_posix(), path.read_text("utf-8"))
    }


def test_what_lives_as_long_as_the_process_is_in_the_table() -> None:
    assert found() == set(ALLOWED)


@pytest.mark.parametrize(
    "source",
    [
        "@cache\ndef f(path): ...",
        "@functools.lru_cache(maxsize=4)\ndef f(path): ...",
        "class A:\n    @cache\n    def f(self): ...",
        "f = cache(read)",
        "f = lru_cache(maxsize=4)(read)",
        "_KNOWN = {}",
        "_KNOWN: dict[str, str] = {}",
        "_KNOWN = collections.OrderedDict()",
        "_KNOWN = set()",
        "def f():\n    global now\n    now = 1",
    ],
)
def test_a_new_cache_is_found(source: str) -> None:
    assert list(kept("a.py", source)) != []


@pytest.mark.parametrize("source", ["_TABLE = {1: 2}", "def f():\n    seen = set()", "x = dict(a)"])
def test_what_is_constant_or_ends_with_its_function_is_no_cache(source: str) -> None:
    assert list(kept("a.py", source)) == []
