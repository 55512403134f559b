"""Every RUN of the gold and conformance files: our parser against shfmt, which reads what shells read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from freshlayer.dockerfile.parse import parse as parse_dockerfile
from freshlayer.errors import DockerfileError
from freshlayer.shell.syntax.parse import parse
from testing.scripts import command_names, run_scripts

SHARED = Path(__file__).parents[2].parent / "shared"
SHFMT = shutil.which("shfmt", path=str(Path(sys.executable).parent))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SHARED.is_dir(), reason=f"there is no {SHARED}"),
    pytest.mark.skipif(SHFMT is None, reason="there is no shfmt (scripts/setup python)"),
]

FALSE_ERRORS: frozenset[str] = frozenset()
"""Scripts (file:line) that a shell reads and our grammar does not. At most 0.3 % are accepted."""

KEYWORDS = {"[", "export", "declare", "local", "readonly", "typeset"}
"""What one side takes for a command, and the other for syntax."""


def scripts() -> dict[str, str]:
    """file:line → the script. A file of the conformance tests may lack its FROM."""
    found: dict[str, str] = {}
    for path in sorted(
        (*(SHARED / "gold" / "files").rglob("*"), *(SHARED / "conformance").rglob("Dockerfile"))
    ):
        if not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        for variant in (text, f"FROM scratch\n{text}"):
            try:
                dockerfile = parse_dockerfile(variant)
            except DockerfileError:
                continue
            name = path.relative_to(SHARED)
            found |= {f"{name}:{line}": script for line, script in run_scripts(dockerfile)}
            break
    return found


def as_shfmt_reads(script: str) -> list[str] | None:
    """The names of its simple commands; None where it does not parse."""
    source = script.encode("utf-8", "surrogateescape")
    ran = subprocess.run(
        [str(SHFMT), "--to-json", "-ln", "bash"], input=source, capture_output=True, timeout=20, check=False
    )
    return sorted(_names(json.loads(ran.stdout), source)) if ran.returncode == 0 else None


def _names(node: object, source: bytes) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("Type") == "CallExpr" and node.get("Args"):
            word = node["Args"][0]
            yield plain(source[word["Pos"]["Offset"] : word["End"]["Offset"]].decode("utf-8", "replace"))
        for value in node.values():
            yield from _names(value, source)
    elif isinstance(node, list):
        for value in node:
            yield from _names(value, source)


def plain(name: str) -> str:
    return re.sub(r"[\"'\\\n]", "", name)


def commands_only(names: list[str]) -> list[str]:
    return sorted(name for name in names if name not in KEYWORDS)


def test_what_shfmt_reads_is_read_here_with_the_same_commands() -> None:
    every = scripts()
    with ThreadPoolExecutor(4) as pool:
        oracle = dict(zip(every, pool.map(as_shfmt_reads, every.values()), strict=True))
    broken: set[str] = set()
    different: dict[str, tuple[list[str], list[str]]] = {}
    for place, names in oracle.items():
        if names is None:
            continue
        script = parse(every[place])
        if not script.whole:
            broken.add(place)
            continue
        ours = [plain(name) for name in command_names(script)]
        if commands_only(ours) != commands_only(names):
            different[place] = (commands_only(ours), commands_only(names))
    assert len(every) > 300
    assert broken == FALSE_ERRORS
    assert len(FALSE_ERRORS) <= 0.003 * len(every)
    assert different == {}
