"""The modules of freshlayer, found by one look at a file each.

Python's own finders list each directory, one after the other, which takes longer than to run most of our
modules. What is not as usual (no compiled file, or one of another source) is left to Python's own loader.
"""

from __future__ import annotations

import os
import sys
from importlib._bootstrap_external import MAGIC_NUMBER  # importlib.util would load contextlib
from importlib.machinery import ModuleSpec, SourceFileLoader
from marshal import loads
from types import ModuleType

import freshlayer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType

_OURS = "freshlayer."
_INITIAL = "__init__"
_HEAD = 16
"""Bytes before the code (PEP 552): a magic number, flags, time and size of the source."""
_BITS = 0xFFFFFFFF
_AT_ONCE = 32 * 1024
"""More than nearly all compiled files have, and less than what is allocated apart."""


class _Loader(SourceFileLoader):
    """Takes compiled code that is of this very source."""

    def __init__(self, name: str, path: str, compiled: str, head: bytes) -> None:
        self.name, self.path = name, path
        self._compiled, self._head = compiled, head

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """With what Python would look for before it sets it: each look in vain makes two errors."""
        module = ModuleType(spec.name)
        vars(module).update(__file__=spec.origin, __cached__=spec.cached)
        return module

    def get_code(self, fullname: str) -> CodeType | None:
        """The code of the module."""
        try:
            data = _content(self._compiled)
            if data[:_HEAD] == self._head and fullname == self.name:
                code: CodeType = loads(memoryview(data)[_HEAD:])  # noqa: S302 - as Python's own does
                return code
        except (OSError, EOFError, ValueError, TypeError):
            pass
        return super().get_code(fullname)


class _Finder:
    """``ending``: of the names of compiled files. ``magic``: how they start."""

    def __init__(self, ending: str, magic: bytes) -> None:
        self._ending = ending
        self._start = magic + bytes(4)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Of a module of ours that is a file; None for all others."""
        if path is None or not name.startswith(_OURS):
            return None
        directory, last = path[0], name.rpartition(".")[2]
        return self._spec(name, directory, last) or self._spec(name, f"{directory}/{last}", _INITIAL)

    def _spec(self, name: str, directory: str, stem: str) -> ModuleSpec | None:
        file = f"{directory}/{stem}.py"
        try:
            status = os.stat(file)
        except (OSError, ValueError):
            return None
        compiled = f"{directory}/__pycache__/{stem}{self._ending}"
        head = self._start + _number(int(status.st_mtime)) + _number(status.st_size)
        spec = ModuleSpec(name, _Loader(name, file, compiled, head), origin=file)
        spec.has_location = True
        spec.cached = compiled
        if stem is _INITIAL:
            spec.submodule_search_locations = [directory]
        return spec


def _content(path: str) -> bytes:
    """Of a file, with as few calls of the system as there can be. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = os.read(descriptor, _AT_ONCE)
        while len(data) % _AT_ONCE == 0 and (more := os.read(descriptor, _AT_ONCE)):
            data += more
    finally:
        os.close(descriptor)
    return data


def _number(number: int) -> bytes:
    return (number & _BITS).to_bytes(4, "little")


def find_quickly() -> None:
    """From now on. Not where compiled files are somewhere else, or are compared by their content."""
    if any(isinstance(it, _Finder) for it in sys.meta_path) or sys.pycache_prefix is not None:
        return
    spec = freshlayer.__spec__
    directory, _, name = (spec.cached or "").rpartition("/")
    if type(spec.loader) is SourceFileLoader and name.startswith(_INITIAL) and directory:
        sys.meta_path.insert(0, _Finder(name.removeprefix(_INITIAL), MAGIC_NUMBER))
