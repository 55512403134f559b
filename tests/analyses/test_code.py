"""The stamp of the code: an analysis is used by the code alone that made it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import freshlayer
from freshlayer.analyses.code import LIBRARIES, PACKAGES

SOURCE = Path(freshlayer.__file__).parent
_STAMP = "from freshlayer.analyses import stamp_of_code; print(stamp_of_code().hex())"
_LOADED = """
import json, sys
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.shell.powershell import parse
text = '''FROM scratch
RUN apt-get install -y a && pip install b && npm ci && curl "https://example.org/$(uname -m)" | sh
RUN case "$(uname -m)" in (x86_64|amd64) curl https://example.org/$(cat <(echo d));; esac
RUN pwsh -c "iwr https://example.org/b" && git clone https://example.org/c
'''
analyse(text, BuildRequest(("linux/amd64", "windows/amd64")))
print(json.dumps([[name, getattr(it, "__file__", "")] for name, it in sys.modules.items()]))
"""


def _printed(code: str, **environment: str) -> str:
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A copy of the package, which can be edited."""
    shutil.copytree(SOURCE, tmp_path / "freshlayer", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "freshlayer"


def _stamp(installed: Path) -> str:
    return _printed(_STAMP, PYTHONPATH=str(installed.parent), PYTHONDONTWRITEBYTECODE="1")


def test_the_same_code_has_the_same_stamp(installed: Path) -> None:
    stamp = _stamp(installed)
    assert len(stamp) == 128
    assert _stamp(installed) == stamp
    assert _printed(_STAMP) != stamp


@pytest.mark.parametrize(
    "edited", ["discover/syntaxes/curl.py", "shell/evaluate.py", "dockerfile/parse.py", "reference.py"]
)
def test_an_edit_of_the_same_size_and_time_has_another_stamp(installed: Path, edited: str) -> None:
    before, path = _stamp(installed), installed / edited
    status, text = path.stat(), path.read_text()
    path.write_text(text.replace("e", "E", 1))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert _stamp(installed) != before


def test_a_new_module_and_a_new_version_have_another_stamp(installed: Path) -> None:
    before = _stamp(installed)
    (installed / "discover" / "syntaxes" / "new.py").touch()
    with_module = _stamp(installed)
    init = installed / "__init__.py"
    init.write_text(init.read_text().replace("__version__ = ", "__version__ = '0' + "))
    assert len({before, with_module, _stamp(installed)}) == 3


def test_an_archive_has_no_stamp(installed: Path) -> None:
    """Nothing is kept where the code can't be looked at."""
    archive = shutil.make_archive(str(installed.parent / "whole"), "zip", installed.parent, "freshlayer")
    assert _printed(_STAMP, PYTHONPATH=archive) == ""


def test_all_that_analyses_is_a_part_of_the_stamp() -> None:
    loaded = json.loads(_printed(_LOADED))
    own = {name.split(".")[1] for name, _ in loaded if name.startswith("freshlayer.") and name.count(".") > 1}
    assert own <= set(PACKAGES)
    sites = tuple(path for path in sys.path if path.endswith("-packages"))
    of_others = {name.partition(".")[0] for name, origin in loaded if str(origin).startswith(sites)}
    assert {"tree_sitter_bash", "tree_sitter_powershell"} <= of_others
    # msgspec loads typing_extensions for the types of others; the rest is of the installation itself.
    assert {name for name in of_others if not name.startswith("_")} <= {*LIBRARIES, "typing_extensions"}
