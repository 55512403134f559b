"""Command lines of a language's package manager, and the files of the project that they read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from posixpath import dirname, join, normpath

from msgspec import Struct, field

from freshlayer.discover.syntaxes.found import Word
from freshlayer.discover.syntaxes.options import Operand, OptionTable, read, switches_and_words
from freshlayer.discover.syntaxes.settings_files import (
    configuration_of,
    expanded,
    home_of,
    named_by_variables,
    places,
    text_of,
)
from freshlayer.model.packages import PackageAction
from freshlayer.model.reasons import Reason
from freshlayer.shell import worst, written
from freshlayer.shell.files import NOT_KNOWN, FilesSeen, NoText, absolute


class Listed(Struct, frozen=True):
    """A part of a command line that is not probed, with the reason. ``locked_by``: the file that names it."""

    text: str
    reason: Reason
    locked_by: str = ""


def names_nothing(command: str, manifest: str) -> Listed:
    """A command that installs what a manifest of the build context names, which is nothing."""
    file = normpath(manifest)
    return Listed(command, Reason("locked-by-file", detail=f"{file} names no package"), file)


def not_followed(word: str) -> Listed:
    """A package that is named, but is no part of an index. See ``under_policy``: for a closure alone."""
    return Listed(word, Reason("dependencies-not-followed"))


class LanguageLine(Struct, frozen=True):
    """What one command line installs. ``unknown``: why a part of it is not known.

    ``manager``: where it is another one than that of the program. ``listed``: what needs no probe, or has
    none. ``also``: the same command's packages of other managers. ``files``: path → text of what configures
    it, besides the files that ``configuration`` has. ``action``: ``CONFIGURE`` for a command that only
    decides what later ones do. ``remotes``: URLs and repositories that files name, each as a package;
    ``program``: in whose spelling, where it is not that of the command.
    """

    words: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    unknown: Reason | None = None
    manager: str = ""
    listed: tuple[Listed, ...] = ()
    also: tuple[LanguageLine, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    action: PackageAction = PackageAction.INSTALL
    remotes: tuple[str, ...] = ()
    program: str = ""


class DividedLine(Struct, frozen=True):
    """``verb``: the subcommand; ``words``: what follows it. The value of a switch is empty."""

    verb: str
    words: tuple[str, ...]
    options: tuple[tuple[str, str], ...]


def divided(arguments: Sequence[str], table: OptionTable, names: Mapping[str, str]) -> DividedLine:
    """Subcommand, words and options of a line that is known. ``names``: spelling of an option → its name."""
    given = list[Word](arguments)
    plain = switches_and_words(given, table)
    if plain is not None:
        first, *others = plain[1] or [""]
        return DividedLine(first, tuple(others), tuple([(names.get(name, name), "") for name in plain[0]]))
    operands: list[str] = []
    options: list[tuple[str, str]] = []
    for item in read(given, table):
        if isinstance(item, Operand):
            operands += [item.value] if isinstance(item.value, str) else []
        else:
            value = item.value if isinstance(item.value, str) else ""
            options.append((names.get(item.name, item.name), value))
    return DividedLine(operands[0] if operands else "", tuple(operands[1:]), tuple(options))


def _unset(_name: str) -> str:
    return ""


class ProjectFiles(Struct, frozen=True):
    """The files that a command sees in its directory, and its surroundings.

    ``variable``: name → its value where the command runs; empty where it is unset or not known. ``platform``:
    of the stage, ``os/arch[/variant]``.
    """

    directory: str
    files: FilesSeen
    variable: Callable[[str], str] = _unset
    platform: str = "linux/amd64"

    @property
    def home(self) -> str:
        """The directory of the user that the command runs as."""
        return home_of(self.variable)

    @property
    def user_settings(self) -> str:
        """The directory in which programs keep the settings of that user."""
        return configuration_of(self.variable)

    def path(self, name: str) -> str:
        """Absolute."""
        return absolute(name, self.directory)

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

    def configuration(
        self, manager: str, program: str, *, is_global: bool = False
    ) -> Iterator[tuple[str, str]]:
        """Path and text of the files that configure a manager, the strongest last: as ``texts``.

        One that a variable names is there, whatever is known of it. ``is_global``: npm is in no project.
        """
        named = named_by_variables(manager, self.variable)
        projects = [] if is_global and program == "npm" else self._projects(program)
        paths = dict.fromkeys(places(manager, program, self.variable, projects))
        texts = dict(self.texts(paths, manager))
        yield from ((it, texts.get(it, NOT_KNOWN)) for it in paths if it in texts or it in named)

    def _projects(self, program: str) -> list[str]:
        """The directories of the project of JavaScript that a command is in, the nearest last."""
        if program not in {"npm", "bun"}:
            return self.above()
        for directory in reversed(self.above()):
            found = self.read(join(directory, "package.json"))
            if not isinstance(found, Reason) or found.code != "no-manifest":
                return [directory]
        return [self.path(".")]

    def texts(self, paths: Iterable[str], manager: str = "") -> Iterator[tuple[str, str]]:
        """Path and text of those of these files that are there, with ``NOT_KNOWN`` for what is not known.

        ``manager``: whose variables are expanded in them.
        """
        for path in paths:
            found = self.files.find(self.path(path))
            if found is not None:
                yield path, expanded(manager, text_of(found), self.variable)

    def above(self) -> list[str]:
        """The directory of the command and those above it, the root first."""
        return self.upwards(".")[::-1]

    def upwards(self, directory: str) -> list[str]:
        """A directory and those above it, the nearest first; absolute."""
        found = [self.path(directory)]
        # The root is its own parent. So are two slashes and the empty path.
        while (parent := dirname(found[-1])) != found[-1]:
            found.append(parent)
        return found
