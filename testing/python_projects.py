"""Projects without a lock file, and what poetry and pipenv themselves choose for them.

``python -m testing.python_projects`` with these two on PATH asks them again, and writes the answers.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.markers import Marker

from testing.python_index import PythonIndex, Wheel

ANSWERS = Path(__file__).parent.parent / "tests/packages/pypi/answers_of_projects.json"
"""A list of ``program``, ``line``, ``manifest`` with ``{index}`` in it, ``answer``: name → version."""

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}.{sys.version_info[2]}"


def publish(index: PythonIndex) -> None:
    """The packages of the projects: some versions need a newer Python, or refuse one."""
    for name in ("flask", "extra", "tests", "lint", "docs", "zero"):
        versions = ("0.0.3", "0.0.9", "0.2.3", "0.9", "1.0", "1.2.3", "1.2.9", "1.4", "2.0", "3.0a1")
        index.publish(name, [Wheel(f"{name}-{it}-py3-none-any.whl") for it in versions])
    index.publish("young", [Wheel("young-1.0-py3-none-any.whl"), _wheel("young-2.0", ">=3.11")])
    index.publish("capped", [Wheel("capped-1.0-py3-none-any.whl"), _wheel("capped-2.0", ">=3.8,<3.13")])
    index.publish("taken", [Wheel("taken-1.0-py3-none-any.whl"), _wheel("taken-2.0", "", "broken")])


def _wheel(name: str, python: str, yanked: str | None = None) -> Wheel:
    return Wheel(f"{name}-py3-none-any.whl", python, yanked)


def asked(program: str, line: str, manifest: str, index: PythonIndex) -> dict[str, str]:
    """What the program itself would install."""
    with TemporaryDirectory() as scratch:
        name = "Pipfile" if program == "pipenv" else "pyproject.toml"
        (Path(scratch) / name).write_text(manifest.replace("{index}", index.url))
        words = line.split()[1:]
        if program == "pipenv":
            _run(["pipenv", "lock", "--python", sys.executable], scratch)
            lock = json.loads((Path(scratch) / "Pipfile.lock").read_text())
            parts = [lock["default"], lock["develop"] if "--dev" in words else {}]
            every = [(key, it) for part in parts for key, it in part.items()]
            kept = [(key, it) for key, it in every if Marker(it.get("markers", "'' == ''")).evaluate()]
            return {key: it["version"].strip("=") for key, it in kept}
        shown = _run([program, *words, "--dry-run"], scratch)
        return dict(re.findall(r"Installing ([\w-]+) \(([\w.]+)\)(?!: Skipped)", shown))


def _run(words: list[str], folder: str) -> str:
    kept = {"PATH": os.environ["PATH"], "HOME": folder, "NO_COLOR": "1", "PIPENV_VENV_IN_PROJECT": "1"}
    done = subprocess.run(
        words, cwd=folder, env=kept, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode:
        print(f"{words}: {done.stdout}{done.stderr}", file=sys.stderr)
    return done.stdout + done.stderr


def main() -> None:
    """Ask again."""
    known = json.loads(ANSWERS.read_text())
    with PythonIndex() as index:
        publish(index)
        with ThreadPoolExecutor(3) as pool:
            answers = pool.map(lambda it: asked(it["program"], it["line"], it["manifest"], index), known)
            for case, answer in zip(known, answers, strict=True):
                case["answer"] = answer
    ANSWERS.write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    main()
