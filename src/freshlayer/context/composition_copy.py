"""What compose reads of a stranger's file: a copy with nothing in it but what a build needs.

The copy is written from what was parsed, so that compose finds no other structure in it. A key that names
another file (``include``, ``env_file``, ``label_file``, ``configs``) is not in the copy: none is needed for a
build.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from freshlayer.errors import ContextError
from freshlayer.files.bounded_read import read_file

_LARGEST = 256 * 1024
_DEEPEST = 100
_TOP = frozenset({"name", "secrets", "services", "version"})
_SERVICE = frozenset({"build", "extends", "image", "platform", "profiles"})
_STR, _MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"
_MERGED = frozenset({_STR, _MERGE})


def copy_of(file: Path) -> str:
    """As YAML. Raises ContextError where the file can't be read, or names other files."""
    try:
        text = read_file(file, _LARGEST).decode("utf-8")
        return _copy(text)
    except ContextError:
        raise
    except RecursionError:
        raise ContextError("it is nested too deeply") from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise ContextError(f"it can't be read: {getattr(error, 'strerror', '') or error}") from None


def _copy(text: str) -> str:
    try:
        # It has no types of its own, and only projects that are cloned need it.
        yaml: Any = import_module("yaml")
    except ImportError:
        raise ContextError("compose files of a clone need pip install 'freshlayer[watch]'") from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is None:
            raise ContextError("it is empty")
        _refuse_deep(root)
        return str(yaml.serialize(_of_file(root), Dumper=yaml.SafeDumper))
    except yaml.YAMLError as error:
        raise ContextError(f"it is not read as YAML: {str(error).splitlines()[0]}") from None


def _of_file(root: Any) -> Any:
    kept = []
    for key, value in _pairs(root):
        if key.value == "include":
            raise ContextError("include is not followed in a clone")
        if key.value == "services":
            value.value = [(name, _of_service(service)) for name, service in _pairs(value)]
        if key.value in _TOP:
            kept.append((key, value))
    root.value = kept
    return root


def _of_service(service: Any) -> Any:
    kept = [(key, value) for key, value in _pairs(service) if key.value in _SERVICE]
    for key, value in kept:
        if (
            key.value == "extends"
            and value.id != "scalar"
            and "file" in {it.value for it, _ in _pairs(value)}
        ):
            raise ContextError("a file that extends names is not followed in a clone")
    # Another service may be the same node, by an alias.
    return type(service)(service.tag, kept)


def _pairs(node: Any) -> list[tuple[Any, Any]]:
    """Those of a mapping, with what it merges; each key once. Raises ContextError."""
    found: dict[str, tuple[Any, Any]] = {}
    for key, value in _merged(node, 0):
        found.setdefault(key.value, (key, value))
    return list(found.values())


def _merged(node: Any, depth: int) -> Iterator[tuple[Any, Any]]:
    """Its own pairs first: they count for more."""
    if node.id != "mapping" or depth > _DEEPEST:
        raise ContextError("a part of it is not a mapping")
    if any(key.id != "scalar" or key.tag not in _MERGED for key, _ in node.value):
        raise ContextError("a key of it is not a text")
    yield from (pair for pair in node.value if pair[0].tag == _STR)
    for key, value in node.value:
        if key.tag == _MERGE:
            for part in value.value if value.id == "sequence" else [value]:
                yield from _merged(part, depth + 1)


def _refuse_deep(root: Any) -> None:
    """Each node once, so that aliases cost nothing. Raises ContextError."""
    waiting, seen = [(root, 1)], set[int]()
    while waiting:
        node, depth = waiting.pop()
        if depth > _DEEPEST:
            raise ContextError("it is nested too deeply")
        if id(node) in seen or node.id == "scalar":
            continue
        seen.add(id(node))
        parts = node.value if node.id == "sequence" else [it for pair in node.value for it in pair]
        waiting += [(part, depth + 1) for part in parts]
