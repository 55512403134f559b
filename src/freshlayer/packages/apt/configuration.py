"""The configuration of apt: ``apt.conf``, ``apt.conf.d``, and what a command line sets (apt.conf(5))."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

_TOKEN = re.compile(
    r"//[^\n]*|/\*(?:.*?\*/|.*)|#clear\b|#include\b|#x-apt-configure-index\b|#[^\n]*|[{};]|\"(?:[^\"\n])*\"|[^\s{};\"]+",
    re.DOTALL,
)
_DEEPEST = 50
_FILE_NAME = re.compile(r"[A-Za-z0-9_.-]+")

TRUE = frozenset({"1", "yes", "true", "with", "on", "enable"})
FALSE = frozenset({"0", "no", "false", "without", "off", "disable"})


class Configuration(Struct, frozen=True):
    """``values``: name in lower case → its last value; ``lists``: name in lower case → values in order."""

    values: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]

    def text(self, name: str, default: str = "") -> str:
        """A value."""
        return self.values.get(name.lower(), default)

    def flag(self, name: str, *, default: bool) -> bool:
        """A value that is yes or no."""
        value = self.values.get(name.lower(), "").lower()
        return value in TRUE if value in TRUE | FALSE else default

    def list(self, name: str) -> tuple[str, ...]:
        """The values of a list: ``A::B { "x"; "y"; }``, or a single value with commas."""
        found = self.lists.get(name.lower(), ())
        return found or tuple(part.strip() for part in self.text(name).split(",") if part.strip())


class _Reader:
    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.lists: dict[str, list[str]] = {}

    def set(self, name: str, value: str) -> None:
        name = name.lower()
        if name.endswith("::"):
            self.lists.setdefault(name[:-2], []).append(value)
        else:
            self.values[name] = value

    def clear(self, name: str) -> None:
        name = name.lower().removesuffix("::")
        for table in (self.values, self.lists):
            for known in [key for key in table if key == name or key.startswith(f"{name}::")]:
                del table[known]

    def read(self, text: str) -> None:
        """A file: ``NAME VALUE;``, ``NAME { … };``, ``VALUE;`` in a block, ``#clear NAME;``."""
        scope: list[str] = []
        words: list[str] = []
        for token in (match[0] for match in _TOKEN.finditer(text)):
            if token.startswith(("//", "/*")) or (token.startswith("#") and token != "#clear"):
                continue
            if token == "{" and len(scope) < _DEEPEST:
                scope.append(words[-1] if words else "")
                words = []
            elif token in {";", "}"}:
                self._statement(scope, words)
                words = []
                if token == "}" and scope:
                    scope.pop()
            elif token != "{":
                words.append(token)

    def _statement(self, scope: list[str], words: list[str]) -> None:
        if not words:
            return
        if words[0] == "#clear":
            for name in words[1:]:
                self.clear("::".join([*scope, name.strip('"')]))
            return
        if len(words) == 1:
            quoted = words[0].startswith('"')
            name, value = ("", words[0]) if quoted and scope else (words[0], '""')
        else:
            name, value = words[0], words[-1]
        self.set("::".join([*scope, name]) if name or scope else name, value.strip('"'))


def parts_of(files: Mapping[str, str], directory: str, endings: tuple[str, ...]) -> Iterator[str]:
    """The names of the files of a directory of parts that apt reads, in its order.

    ``endings``: with their dots; the empty one is a name without a dot.
    """
    for path in sorted(files):
        parent, name = posixpath.split(path)
        ending = posixpath.splitext(name)[1]
        if parent == directory and _FILE_NAME.fullmatch(name) and ending in endings:
            yield path


def configuration_of(files: Mapping[str, str], options: Iterable[tuple[str, str]] = ()) -> Configuration:
    """What apt is configured to do, by its files and by a command line."""
    reader = _Reader()
    for path in (*parts_of(files, "/etc/apt/apt.conf.d", ("", ".conf")), "/etc/apt/apt.conf"):
        reader.read(files.get(path, ""))
    for name, value in options:
        if "::" in name:
            reader.set(name, value)
        else:
            _set_option(reader, name, value)
    return Configuration(reader.values, {name: tuple(values) for name, values in reader.lists.items()})


_OPTIONS: Mapping[str, tuple[str, str]] = {
    "no-install-recommends": ("APT::Install-Recommends", "0"),
    "without-recommends": ("APT::Install-Recommends", "0"),
    "install-recommends": ("APT::Install-Recommends", "1"),
    "with-recommends": ("APT::Install-Recommends", "1"),
    "no-install-suggests": ("APT::Install-Suggests", "0"),
    "install-suggests": ("APT::Install-Suggests", "1"),
    "no-upgrade": ("APT::Get::Upgrade", "0"),
    "only-upgrade": ("APT::Get::Only-Upgrade", "1"),
    "reinstall": ("APT::Get::ReInstall", "1"),
    "no-reinstall": ("APT::Get::ReInstall", "0"),
    "with-new-pkgs": ("APT::Get::Upgrade-Allow-New", "1"),
    "without-new-pkgs": ("APT::Get::Upgrade-Allow-New", "0"),
    "auto-remove": ("APT::Get::AutomaticRemove", "1"),
    "autoremove": ("APT::Get::AutomaticRemove", "1"),
    "ignore-hold": ("APT::Ignore-Hold", "1"),
    "arch-only": ("APT::Get::Arch-Only", "1"),
    "indep-only": ("APT::Get::Indep-Only", "1"),
}
"""Option of the command line without a value → what it sets."""

_WITH_VALUE: Mapping[str, str] = {
    "target-release": "APT::Default-Release",
    "default-release": "APT::Default-Release",
    "host-architecture": "APT::Get::Host-Architecture",
    "build-profiles": "APT::Build-Profiles",
}


def _set_option(reader: _Reader, name: str, value: str) -> None:
    if name in _WITH_VALUE:
        reader.set(_WITH_VALUE[name], value)
    elif name in _OPTIONS:
        target, default = _OPTIONS[name]
        no = value.lower() in FALSE
        reader.set(target, {"0": "1", "1": "0"}[default] if no else default)
