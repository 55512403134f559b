"""Command lines of a language's package manager, and the files of the project that they read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from posixpath import join, normpath

from msgspec import Struct

from freshlayer.discover.syntaxes.options import Operand, OptionTable, read
from freshlayer.model.reasons import Reason
from freshlayer.shell import worst, written
from freshlayer.shell.files import FilesSeen, NoText

_CONFIGURATIONS = {
    "pypi": ("/etc/pip.conf", "/root/.pip/pip.conf", "/root/.config/pip/pip.conf"),
    "npm": ("/usr/etc/npmrc", "/usr/local/etc/npmrc", "/etc/npmrc", "/root/.npmrc"),
    "gem": ("/etc/gemrc", "/usr/local/etc/gemrc", "/root/.gemrc"),
}


class Listed(Struct, frozen=True):
    """A part of a command line that is not probed, with the reason."""

    text: str
    reason: Reason


class LanguageLine(Struct, frozen=True):
    """What one command line installs. ``unknown``: why a part of it is not known.

    ``manager``: where it is another one than that of the program. ``listed``: what needs no probe, or has
    none. ``also``: the same command's packages of other managers.
    """

    words: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    unknown: Reason | None = None
    manager: str = ""
    listed: tuple[Listed, ...] = ()
    also: tuple[LanguageLine, ...] = ()


class DividedLine(Struct, frozen=True):
    """``verb``: the subcommand; ``words``: what follows it. The value of a switch is empty."""

    verb: str
    words: tuple[str, ...]
    options: tuple[tuple[str, str], ...]


def divided(arguments: Sequence[str], table: OptionTable, names: Mapping[str, str]) -> DividedLine:
    """Subcommand, words and options of a line that is known. ``names``: spelling of an option → its name."""
    operands: list[str] = []
    options: list[tuple[str, str]] = []
    for item in read(list(arguments), table):
        if isinstance(item, Operand):
            operands += [item.value] if isinstance(item.value, str) else []
        else:
            value = item.value if isinstance(item.value, str) else ""
            options.append((names.get(item.name, item.name), value))
    return DividedLine(operands[0] if operands else "", tuple(operands[1:]), tuple(options))


class ProjectFiles(Struct, frozen=True):
    """The files that a command sees in its directory."""

    directory: str
    files: FilesSeen

    def path(self, name: str) -> str:
        """Absolute."""
        return normpath(join(self.directory, name))

    def read(self, name: str) -> str | Reason:
        """The text of a file, or why it is not known."""
        found = self.files.find(self.path(name))
        if found is None:
            return Reason("no-manifest", detail=f"{name} is not known before the build")
        if isinstance(found, NoText):
            return found.reason
        hole = worst(found.text[-1])
        return hole.reason if hole else written(found.text[-1])

    def text(self, name: str) -> str | None:
        """The text of a file; None where it is not known."""
        found = self.read(name)
        return found if isinstance(found, str) else None

    def names(self, directory: str) -> frozenset[str]:
        """What is in a directory, as far as it is known."""
        return self.files.names(self.path(directory))

    def configuration(self, manager: str) -> Iterator[tuple[str, str]]:
        """Path and text of the files that configure a manager; those of the project last."""
        own = (self.path(".npmrc"),) if manager == "npm" else ()
        for path in (*_CONFIGURATIONS.get(manager, ()), *own):
            text = self.text(path)
            if text is not None:
                yield path, text
