"""Compose files of clones: what compose gets of them."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from freshlayer.context.composition_copy import copy_of
from freshlayer.errors import ContextError

# PyYAML has no types of its own.
yaml: Any = importlib.import_module("yaml")

SERVICE = "services:\n  a:\n    build: .\n"


def copied(path: Path, text: str | bytes) -> Any:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return yaml.safe_load(copy_of(path))


@pytest.mark.parametrize(
    "lines",
    [
        "include: [{path: part.yaml, env_file: ../outside/secret.env}]\n",
        "x-k: &k include\n*k : [{path: part.yaml, env_file: ../outside/secret.env}]\n",
        "!!binary aW5jbHVkZQ== : [part.yaml]\n",
        "! include : [part.yaml]\n",
        '"\\x69nclude": [part.yaml]\n',
        "? include\n: [part.yaml]\n",
        "<<: {include: [part.yaml]}\n",
        "  b: {extends: {file: ../outside.yaml, service: x}}\n",
        "  b: {extends: {<<: {file: ../outside.yaml}, service: x}}\n",
        "  b: {extends: {! file : ../outside.yaml, service: x}}\n",
        "  b: [x]\n",
        "---\ninclude: [part.yaml]\n",
        "x: " + "[" * 5_000 + "]" * 5_000 + "\n",
        "x: " + "[" * 150 + "]" * 150 + "\n",
        "x: &a [*b]\n",
        "# " + "x" * 1024 * 1024 + "\n",
    ],
)
def test_what_may_lead_to_another_file_is_refused(tmp_path: Path, lines: str) -> None:
    with pytest.raises(ContextError):
        copied(tmp_path / "compose.yaml", SERVICE + lines)


@pytest.mark.parametrize("text", [SERVICE.encode("utf-16"), b"\xff\xfe", b"", b"a: \xff", b"[]", b"a"])
def test_what_is_no_text_or_no_mapping_is_refused(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(ContextError):
        copied(tmp_path / "compose.yaml", text)


def test_nothing_but_a_file_is_read(tmp_path: Path) -> None:
    with pytest.raises(ContextError, match="is a character device"):
        copy_of(Path("/dev/zero"))
    with pytest.raises(ContextError):
        copy_of(tmp_path)


@pytest.mark.parametrize(
    "lines",
    [
        "    env_file: /dev/zero\n",
        "    env_file:\n      - a.env\n        /../../b.env\n",
        "    x-f: &f ../b.env\n    label_file: *f\n",
        "configs: {a: {file: /etc/passwd}}\n",
        "x-k: &k env_file\n",
        "    <<: {env_file: ../b.env}\n",
    ],
)
def test_what_no_build_needs_is_not_in_the_copy(tmp_path: Path, lines: str) -> None:
    assert copied(tmp_path / "compose.yaml", SERVICE + lines) == {"services": {"a": {"build": "."}}}


def test_a_copy_builds_the_same(tmp_path: Path) -> None:
    text = (
        "name: p\nx-build: &build\n  context: web\n"
        "  args: &args {A: 1.10, B: '1.10', C: yes, D: , E: '${X:-1}'}\n"
        "x-service: &service\n  build: *build\n  restart: always\n"
        "services:\n  a:\n    <<: *service\n    image: x\n    ports: ['80:80']\n"
        "  b: {extends: {service: a}, profiles: [p], build: {context: ., args: {<<: *args, F: 010}}}\n"
        "secrets: {s: {environment: S}}\n"
    )
    found, given = copied(tmp_path / "compose.yaml", text), yaml.safe_load(text)
    assert found["services"]["a"] == {"build": given["x-build"], "image": "x"}
    assert found["services"]["b"] == given["services"]["b"]
    assert list(found) == ["name", "services", "secrets"]
    assert "A: 1.10" in copy_of(tmp_path / "compose.yaml")
