"""Calls of package managers → their commands: what would be installed follows from the indexes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import join, normpath

from msgspec.structs import replace

from freshlayer.discover.language_packages import LanguageCalls, Value
from freshlayer.discover.lock_advice import Unlocked
from freshlayer.discover.package_files import (
    ManagerFiles,
    control_of,
    is_local,
    manager_files,
    matching,
    without_recommends,
)
from freshlayer.discover.programs.readers import ByName, as_listed, is_remote
from freshlayer.discover.syntaxes.found import Finding, Missed, Unknown, Word, Words, plain, written
from freshlayer.discover.syntaxes.package_lines import CommandLine, Grammar
from freshlayer.discover.syntaxes.packages_apk import apk
from freshlayer.discover.syntaxes.packages_apk import removed as removed_apk
from freshlayer.discover.syntaxes.packages_apt import add_repository, apt, apt_mark, dpkg, install_packages
from freshlayer.discover.syntaxes.packages_rpm import dnf, yum_builddep
from freshlayer.discover.syntaxes.packages_rpm import removed as removed_rpm
from freshlayer.discover.syntaxes.packages_zypper import zypper
from freshlayer.lazy_regex import compiled
from freshlayer.masking import shown_words
from freshlayer.model.packages import READS_NOTHING, PackageAction, PackageCommand
from freshlayer.model.reasons import Reason
from freshlayer.shell import Call
from freshlayer.shell.downloads import Downloads
from freshlayer.shell.files import NO_FILES, FilesSeen

MANAGERS: Mapping[str, tuple[str, Grammar]] = {
    **dict.fromkeys(("apt-get", "apt", "aptitude", "nala", "apt-fast"), ("apt", apt)),
    "dpkg": ("apt", dpkg),
    "apt-mark": ("apt", apt_mark),
    "install_packages": ("apt", install_packages),
    **dict.fromkeys(("add-apt-repository", "apt-add-repository"), ("apt", add_repository)),
    "apk": ("apk", apk),
    "rm": ("apk", removed_apk),
    **dict.fromkeys(("dnf", "dnf5", "dnf4", "dnf-3", "microdnf", "yum", "tdnf"), ("rpm", dnf)),
    **dict.fromkeys(("yum-builddep", "dnf-builddep"), ("rpm", yum_builddep)),
    "zypper": ("rpm", zypper),
    "yum-config-manager": ("rpm", lambda _name, _arguments: ()),
}
"""Program → the manager, and the grammar of its command line."""

_REMOVALS: Mapping[str, Grammar] = {"apk": removed_apk, "rpm": removed_rpm}
"""Manager → the grammar of an ``rm`` that removes the indexes that it keeps."""
_ROOTS = frozenset({"root", "installroot"})
_ADDED = frozenset({"repository"})
"""Options that add a package source to those of the files."""
_EXTENSIONS = "docker-php-ext-install"
"""The program of the official images of PHP."""
_FILE = Reason("package-file")
_ABSENT = Reason("no-package-manager")
_ELSEWHERE = Reason("package-root")
_NEEDS_BASE = Reason("needs-base-image", detail="an image with apk installs what compiles the extensions")
_BLANKS = compiled(r"\s+")
_MOST_SHOWN = 80


class PackageCommands:
    """The package commands of one instruction. ``commands`` grows in the order in which they run.

    ``present``: the managers that the base image has, where that is known.
    """

    def __init__(
        self, platform: str, downloads: Downloads, value: Value, present: frozenset[str] | None = None
    ) -> None:
        self._present = present
        self._languages = LanguageCalls(platform, value)
        self._value = value
        self._platform = platform
        self._downloads = downloads
        self._manager, self._files, self._found = "", NO_FILES, ManagerFiles()
        self._unpacked: dict[str, str | Reason] = {}
        self._absent: list[Missed] = []
        self._left_out: list[Missed] = []
        self.commands: list[PackageCommand] = []
        self.unlocked: list[Unlocked] = []

    def of(self, name: str, arguments: Words, call: Call, by_name: Sequence[ByName]) -> Iterable[Finding]:
        """What a call does. ``by_name``: what is listed of its packages as long as it is not understood."""
        if name in MANAGERS:
            return self._of_system(name, arguments, call)
        if name == _EXTENSIONS:
            return self._of_extensions(call, by_name)
        installed = self._languages.of(name, arguments, call, by_name)
        if installed is None:
            return as_listed(by_name)
        self.commands += installed.commands
        self.unlocked += installed.unlocked
        return installed.findings

    def _of_system(self, name: str, arguments: Words, call: Call) -> Iterator[Finding]:
        if name == "rm":
            return self._of_removal(arguments, call)
        manager, grammar = MANAGERS[name]
        lines = grammar(name, arguments)
        if name == "dpkg":
            for line in lines:
                self._unpacked |= _unpacked(line, call)
            lines = tuple(line for line in lines if line.action in READS_NOTHING)
        return self._of_lines(name, manager, lines, call)

    def _of_removal(self, arguments: Words, call: Call) -> Iterator[Finding]:
        """What is removed of indexes, behind commands that keep them."""
        known = {command.manager for command in self.commands}
        for manager, grammar in _REMOVALS.items():
            if manager in known:
                yield from self._of_lines("rm", manager, grammar("rm", arguments), call)

    def _of_extensions(self, call: Call, by_name: Sequence[ByName]) -> Iterator[Finding]:
        """Its sources are in the image. Where that has apk, what compiles them is installed for the time."""
        if self._present is None:
            yield from (replace(it, reason=_NEEDS_BASE) for it in as_listed(by_name))
            return
        words = self._value("PHPIZE_DEPS")
        if "apk" in self._present and isinstance(words, str) and words.split():
            line: Words = ["add", "--no-cache", "--virtual", ".phpize-deps", *words.split()]
            yield from self._of_system("apk", line, call)

    def unknown(self) -> Iterator[Finding]:
        """Why packages can't be known; that of an update only where nothing is installed.

        A manager that the base does not have is listed where no command of another one runs.
        """
        reads = [command for command in self.commands if command.action not in READS_NOTHING]
        others = [command for command in reads if command.action is not PackageAction.UPDATE]
        for command in others or reads:
            reason = command.unknown or command.unlisted
            if reason is not None:
                yield Missed(command.text, reason, command.program, place=command.script)
        yield from self._left_out
        yield from () if self.commands else self._absent

    def _of_lines(
        self, name: str, manager: str, lines: Sequence[CommandLine], call: Call
    ) -> Iterator[Finding]:
        absent = self._present is not None and manager not in self._present
        for line in lines:
            text = _text(name, line)
            if absent:
                self._absent.append(Missed(text, _ABSENT, name, accepted=True, place=call.place))
            elif line.action is None:
                yield Missed(text, Reason("packages-by-name"), name)
            elif line.options and _is_elsewhere(line):
                yield Missed(text, _ELSEWHERE, name)
            else:
                yield from self._known(name, manager, line, text, call)

    def _known(self, name: str, manager: str, line: CommandLine, text: str, call: Call) -> Iterator[Finding]:
        """Its words that are known are watched; the others are listed."""
        files: dict[str, str | Reason] = {}
        reason = None
        if not _are_names(line.words):
            line = _with_files(line, call) if manager == "apt" else line
            files = _package_files(manager, line, call)
            reason = _unknown_word(name, line)
        known = {word: control for word, control in files.items() if isinstance(control, str)}
        command = self._command(name, manager, line, text, call, known)
        if reason is not None and command.unknown is None and line.action not in READS_NOTHING:
            if command.words:
                self._left_out.append(Missed(text, reason, name, place=call.place))
            else:
                command = replace(command, unknown=reason)
        if self._unpacked and manager == "apt" and _fixes(line):
            files |= self._unpacked
            command = _with_unpacked(command, self._unpacked)
            self._unpacked = {}
        self.commands.append(command)
        for word, why in files.items():
            if isinstance(why, Reason):
                yield Missed(word, why, name)

    def _configuration(self, manager: str, files: FilesSeen) -> ManagerFiles:
        """What the commands of one manager find, until another command changes a file."""
        if self._manager != manager or self._files is not files:
            self._found = manager_files(manager, files, self._downloads)
            self._manager, self._files = manager, files
        return self._found

    def _command(
        self, name: str, manager: str, line: CommandLine, text: str, call: Call, local: Mapping[str, str]
    ) -> PackageCommand:
        known = self._configuration(manager, call.files)
        reads = line.action not in READS_NOTHING
        options = tuple([(option, value) for option, value in line.options if isinstance(value, str)])
        is_whole = len(options) == len(line.options)
        unknown = None if is_whole else _unknown_option(line)
        added = None if is_whole else _unknown_option(line, _ADDED)
        return PackageCommand(
            manager,
            name,
            line.action or PackageAction.INSTALL,
            tuple(plain(list(line.words))),
            options,
            known.texts,
            (unknown or known.unknown) if reads else None,
            line.updates,
            call.place,
            text,
            self._platform,
            known.foreign,
            known.origins,
            (known.unlisted or added) if reads else None,
            local=local,
        )


def _are_names(words: tuple[Word, ...]) -> bool:
    """Whether all words are known, and none is a package file: so in most commands, in one look."""
    if Unknown in map(type, words):
        return False
    joined = "".join(map(str, words))
    return "/" not in joined and ".rpm" not in joined


def _is_elsewhere(line: CommandLine) -> bool:
    """Whether it installs below another root."""
    return any(option in _ROOTS and value not in {"", "/"} for option, value in line.options)


def _fixes(line: CommandLine) -> bool:
    """Whether it installs what unpacked packages need."""
    fixes = any(option == "fix-broken" for option, _ in line.options) or not line.words
    return fixes and line.action is PackageAction.INSTALL


def _with_files(line: CommandLine, call: Call) -> CommandLine:
    """With the package files that patterns mean."""
    if not [word for word in line.words if isinstance(word, str) and is_local(word)]:
        return line
    words: list[Word] = []
    for word in line.words:
        words += matching(word, call.directory, call.files) if isinstance(word, str) else [word]
    return replace(line, words=tuple(words))


def _unpacked(line: CommandLine, call: Call) -> dict[str, str | Reason]:
    """The package files that ``dpkg -i`` installs, by their absolute paths; what they need comes later."""
    if line.action is not PackageAction.INSTALL:
        return {}
    found: dict[str, str | Reason] = {}
    for word in line.words or (call.directory,):
        if not isinstance(word, str):
            found[written(word)] = _FILE
            continue
        for path in matching(normpath(join(call.directory, word)), "/", call.files):
            control = control_of(path, "/", call.files)
            found[path] = without_recommends(control) if isinstance(control, str) else control
    return found


def _with_unpacked(command: PackageCommand, files: Mapping[str, str | Reason]) -> PackageCommand:
    """``apt-get -f install`` installs what files that are unpacked need, as if it installed them."""
    known = {word: control for word, control in files.items() if isinstance(control, str)}
    return replace(command, words=(*command.words, *known), local={**command.local, **known})


def _package_files(manager: str, line: CommandLine, call: Call) -> dict[str, str | Reason]:
    """The words that name package files → their control stanza, or why what they depend on is not known."""
    if line.action is not PackageAction.INSTALL:
        return {}
    words = [word for word in line.words if isinstance(word, str) and is_local(word)]
    if not words:
        return {}
    if manager != "apt":
        return dict.fromkeys(words, _FILE)
    return {word: control_of(word, call.directory, call.files) for word in words}


def _unknown_word(name: str, line: CommandLine) -> Reason | None:
    """Why a word is not known. A URL is an input by itself."""
    holes = [word for word in line.words if isinstance(word, Unknown)]
    if not holes:
        return None
    return next((word.reason for word in holes if not is_remote(name, word)), None)


def _unknown_option(line: CommandLine, names: frozenset[str] = frozenset()) -> Reason | None:
    """Why the value of an option is not known: of one of these, else of another, which decides all words."""
    for name, value in line.options:
        if isinstance(value, Unknown) and (name in names if names else name not in _ADDED):
            return value.reason
    return None


def _text(name: str, line: CommandLine) -> str:
    """The command for a message, without its options."""
    words = [word if isinstance(word, str) else word.text for word in line.words]
    joined = "".join(words)
    if joined.split() != [joined]:
        words = [_BLANKS.sub(" ", word) for word in words]
    return shown_words([name, *line.verb.split(), *words], _MOST_SHOWN)
