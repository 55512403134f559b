"""``go install``, ``get``, ``run`` of a package at a version: a command line → the packages that it names.

Options: the variables that name proxies, and ``require:MODULE`` of go.mod. A word is ``package@query``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from posixpath import join

from freshlayer.discover.syntaxes.language_lines import LanguageLine, Listed, ProjectFiles
from freshlayer.lazy_regex import compiled
from freshlayer.masking.logins import without_login
from freshlayer.model.reasons import Reason

_VALUED = frozenset(
    """
    C asmflags buildmode compiler covermode coverpkg exec gccgoflags gcflags installsuffix ldflags mod modfile
    o overlay p pgo pkgdir tags toolexec vet reuse
    """.split()
)
_VARIABLES = ("GOPROXY", "GONOPROXY", "GOPRIVATE")
_EXACT = compiled(r"v[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?|[0-9a-f]{40}")
_BLOCK = compiled(r"(?m)^require[ \t]*\(")
_REQUIRED = compiled(r"(?m)^[ \t]*(?:require[ \t]+)?([\w.~/-]+)[ \t]+(v[\w.+-]+)")
_FIXED = Reason("exact-version")


def go(_name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """One command line; None for one that builds what go.mod and go.sum name."""
    operands = _operands(arguments)
    verb, words = operands[:1], operands[1:]
    if verb == ["mod"] and words[:1] == ["download"]:
        verb, words = ["mod download"], words[1:]
    if (
        files.variable("GO111MODULE") == "off"
        or not verb
        or verb[0] not in {"install", "get", "run", "mod download"}
    ):
        return None
    if verb == ["run"]:
        words = words[:1]
    if verb == ["get"]:
        words = [word if "@" in word else f"{word}@upgrade" for word in words]
    named = [
        word
        for word in words
        if "@" in word and not word.startswith((".", "/")) and not word.endswith("@none")
    ]
    if not named or len(named) < len(words):
        return None
    fixed = tuple(
        Listed(f"go {verb[0]} {word}", _FIXED) for word in named if _EXACT.fullmatch(word.partition("@")[2])
    )
    open_ = tuple(word for word in named if not _EXACT.fullmatch(word.partition("@")[2]))
    settings = [(name, value) for name in _VARIABLES if (value := files.variable(name))]
    required = _required(files, open_) if verb == ["get"] else ()
    kept = tuple((name, without_login(value)) for name, value in settings)
    return LanguageLine(open_, (*kept, *required), listed=fixed, files=dict(files.texts(_places(files))))


def _places(files: ProjectFiles) -> list[str]:
    """The file of ``go env -w``."""
    stated = files.variable("GOENV")
    return [] if stated == "off" else [stated or join(files.user_settings, "go/env")]


def _operands(arguments: Sequence[str]) -> list[str]:
    """Without options, which have one dash or two, and a value in the next word or behind ``=``."""
    operands: list[str] = []
    skip = False
    for word in arguments:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word.lstrip("-") in _VALUED
        else:
            operands.append(word)
    return operands


def _required(files: ProjectFiles, words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What go.mod requires of the modules that may have these packages."""
    text = files.text("go.mod") or ""
    listed = [piece.partition("\n)")[0] for piece in _BLOCK.split(text)[1:]]
    lines = "\n".join([*listed, *re.findall(r"(?m)^require\s+[^(\n]+$", text)])
    for module, version in _REQUIRED.findall(lines):
        if any(f"{word.partition('@')[0]}/".startswith(f"{module}/") for word in words):
            yield f"require:{module}", version
