"""Modules of freshlayer that are found by one look at a file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.machinery import PathFinder
from pathlib import Path

import freshlayer

_PACKAGE = Path(freshlayer.__file__).parent
_USED = "from freshlayer.cli.own_modules import find_quickly; find_quickly(); import freshlayer.one as it"


def _small(tmp_path: Path) -> Path:
    """A package with what finds modules, and one module more."""
    package = tmp_path / "freshlayer"
    (package / "cli").mkdir(parents=True)
    for name in ("__init__.py", "interrupts.py", "cli/__init__.py", "cli/own_modules.py"):
        shutil.copy(_PACKAGE / name, package / name)
    (package / "one.py").write_text("VALUE = 1\n")
    return package


def _printed(package: Path, what: str, *flags: str) -> str:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    command = [sys.executable, *flags, "-c", f"{_USED}; print({what})"]
    return subprocess.run(
        command, cwd=package.parent, env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_an_edited_module_is_not_taken_from_what_was_compiled_before(tmp_path: Path) -> None:
    package = _small(tmp_path)
    module = package / "one.py"
    assert _printed(package, "it.VALUE") == "1"
    (compiled,) = (package / "__pycache__").glob("one.*.pyc")
    module.write_text("VALUE = 22\n")
    assert _printed(package, "it.VALUE") == "22"
    module.write_text("VALUE = 33\n")
    os.utime(module, (1, 1))
    assert _printed(package, "it.VALUE") == "33"
    for damaged in (b"", compiled.read_bytes()[:8]):
        compiled.write_bytes(damaged)
        assert _printed(package, "it.VALUE") == "33"


def test_a_module_without_a_compiled_file_is_found(tmp_path: Path) -> None:
    package = _small(tmp_path)
    assert _printed(package, "it.VALUE", "-B") == "1"
    assert not (package / "__pycache__").exists()


def test_modules_have_what_pythons_own_finder_gives_them() -> None:
    script = (
        "from freshlayer.cli.own_modules import find_quickly; find_quickly(); import sys; "
        "from importlib import import_module; from importlib.machinery import PathFinder\n"
        "for name in ('freshlayer.files', 'freshlayer.files.bounded_read', 'freshlayer.report'):\n"
        "    it = import_module(name); path = sys.modules[name.rpartition('.')[0]].__path__\n"
        "    usual = PathFinder.find_spec(name, path)\n"
        "    assert 'own_modules' in type(it.__loader__).__module__\n"
        "    for of in ('name', 'origin', 'cached', 'parent', 'submodule_search_locations'):\n"
        "        assert getattr(it.__spec__, of) == getattr(usual, of), of\n"
        "    assert it.__file__ == usual.origin and it.__cached__ == usual.cached\n"
        "    assert it.__loader__.get_source(name) == usual.loader.get_source(name)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    assert PathFinder.find_spec("freshlayer.no_such_module", freshlayer.__path__) is None


def test_a_module_that_is_not_there_is_missing(tmp_path: Path) -> None:
    package = _small(tmp_path)
    found = "__import__('importlib.util').util.find_spec('freshlayer.no_such')"
    assert _printed(package, found) == "None"
