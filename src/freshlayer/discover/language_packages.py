"""Calls of a language's package manager: bound to a lock file, or commands whose packages are watched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.discover import lock_advice
from freshlayer.discover.locks.offline import is_offline
from freshlayer.discover.locks.project import Lock, Locked, Project, Unlocked
from freshlayer.discover.locks.table import lock_of
from freshlayer.discover.programs.readers import ByName, as_listed, remote
from freshlayer.discover.syntaxes.found import Finding, Missed, Unknown, Words, written
from freshlayer.discover.syntaxes.language_lines import LanguageLine, Listed, ProjectFiles
from freshlayer.discover.syntaxes.packages_bundler import bundler
from freshlayer.discover.syntaxes.packages_cargo import cargo
from freshlayer.discover.syntaxes.packages_composer import composer
from freshlayer.discover.syntaxes.packages_conda import conda
from freshlayer.discover.syntaxes.packages_cran import r
from freshlayer.discover.syntaxes.packages_gem import gem
from freshlayer.discover.syntaxes.packages_go import go
from freshlayer.discover.syntaxes.packages_maven import mvn
from freshlayer.discover.syntaxes.packages_npm import node
from freshlayer.discover.syntaxes.packages_nuget import dotnet
from freshlayer.discover.syntaxes.packages_pdm import pdm
from freshlayer.discover.syntaxes.packages_pip import pip
from freshlayer.discover.syntaxes.packages_pipenv import pipenv
from freshlayer.discover.syntaxes.packages_poetry import poetry
from freshlayer.discover.syntaxes.packages_tools import (
    corepack,
    fnm,
    from_checkout,
    n,
    nvm,
    playwright,
    rustup,
    sdk,
    uv_python,
    volta,
)
from freshlayer.discover.syntaxes.packages_uv import uv_sync
from freshlayer.discover.syntaxes.settings_files import why_not_known, without_marks
from freshlayer.masking import masked_words, shown_words
from freshlayer.masking.channels import public_channel
from freshlayer.masking.logins import without_login
from freshlayer.model.packages import PackageAction, PackageCommand
from freshlayer.model.reasons import Reason, hint_of
from freshlayer.reference import shown
from freshlayer.shell import Call, Hole
from freshlayer.shell import known as shell_known

Value = Callable[[str], str | Hole]


def _uv(name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    if list(arguments[:2]) == ["python", "install"]:
        return uv_python(arguments)
    return uv_sync(arguments, files) if "sync" in arguments[:1] else pip(name, arguments, files)


Grammar = Callable[[str, Sequence[str], ProjectFiles], LanguageLine | None]
LANGUAGES: dict[str, tuple[str, Grammar]] = {
    **dict.fromkeys(("pip", "pipx"), ("pypi", pip)),
    **{"uv": ("pypi", _uv), "poetry": ("pypi", poetry), "pdm": ("pypi", pdm), "pipenv": ("pypi", pipenv)},
    **dict.fromkeys(("npm", "yarn", "yarnpkg", "pnpm", "bun"), ("npm", node)),
    "gem": ("gem", gem),
    **dict.fromkeys(("bundle", "bundler"), ("gem", bundler)),
    **dict.fromkeys(("mvn", "mvnw", "mvnd"), ("maven", mvn)),
    **dict.fromkeys(("dotnet", "nuget"), ("nuget", dotnet)),
    **dict.fromkeys(("R", "Rscript", "r", "install2.r"), ("cran", r)),
    **dict.fromkeys(("rustup", "rustup-init"), ("tools", rustup)),
    **{"nvm": ("tools", nvm), "n": ("tools", n), "fnm": ("tools", fnm), "volta": ("tools", volta)},
    **{"sdk": ("tools", sdk), "corepack": ("npm", corepack)},
    **dict.fromkeys(("pyenv", "rbenv", "nodenv", "goenv", "plenv", "phpenv"), ("tools", from_checkout)),
    **dict.fromkeys(("playwright", "patchright"), ("tools", playwright)),
    "go": ("go", go),
    "composer": ("composer", composer),
    **dict.fromkeys(("conda", "mamba", "micromamba"), ("conda", conda)),
    **dict.fromkeys(("cargo", "cargo-binstall"), ("cargo", cargo)),
}
"""Program → the manager, and the grammar of its command line."""

BY_NAME = "packages-by-name"
_INTERPRETERS = frozenset({"R", "Rscript", "r"})
"""Programs whose packages are named by code: of the command line, of a file, of standard input."""
_CONFIGURED = frozenset({"conda", "mamba", "micromamba"})
"""Programs with a command that configures later ones."""
_OF_PROGRAM = "decided-by-program"
_OFFLINE = Reason("without-network")
_EXACT = "exact-version"
_SETTLED = frozenset({_EXACT, _OF_PROGRAM, "file-named"})
"""Why something is listed that nothing has to be done about."""
_NEWEST = "the newest versions that fit are installed"
_MOST_SHOWN = 80


class Installed(Struct, frozen=True):
    """What became of a call. ``findings`` replace those of packages by name."""

    findings: tuple[Finding, ...] = ()
    commands: tuple[PackageCommand, ...] = ()
    unlocked: tuple[lock_advice.Unlocked, ...] = ()


class LanguageCalls:
    """The calls of one instruction. ``value``: of a variable at its start."""

    def __init__(self, platform: str, value: Value) -> None:
        self._platform = platform
        self._value = value

    def of(self, name: str, arguments: Words, call: Call, by_name: Sequence[ByName]) -> Installed | None:
        """What a call installs; None where that stays as it is. ``by_name``: what is listed so far."""
        own = dict(call.settings)
        own.setdefault("HOME", call.home)
        files = ProjectFiles(
            call.directory, call.files, lambda name: own.get(name) or self._variable(name), self._platform
        )
        words = tuple(map(written, arguments))
        lock = lock_of(name, self._project(words, files))
        if isinstance(lock, Locked):
            return Installed((self._locked(name, words, lock),))
        if not by_name and name not in _INTERPRETERS | _CONFIGURED:
            return None
        known = [it if isinstance(it, str) else None for it in arguments]
        if by_name and is_offline(name, known, files, lambda it: self._known(own, it)):
            return Installed((Missed(_shown(name, words), _OFFLINE, name, accepted=True),))
        installed = self._command(name, arguments, call, files) if name in LANGUAGES else None
        if installed is None and not by_name:
            return None
        found = installed or _explained(by_name, lock)
        missed = [it for it in found.findings if isinstance(it, Missed)]
        if any(it.locked_by for it in missed) or (missed and not found.commands and _all_fixed(missed)):
            return found
        return replace(found, unlocked=tuple(_unlocked(name, lock, found.commands)))

    def _project(self, words: tuple[str, ...], files: ProjectFiles) -> Project:
        return Project(words, files.directory, files.text, files.names, files.variable)

    def _variable(self, name: str) -> str:
        value = self._value(name)
        return value if isinstance(value, str) else ""

    def _known(self, own: Mapping[str, str], name: str) -> str | None:
        """The value of a variable; None where it is not known. The script's own is empty then."""
        if name in own:
            return own[name] or None
        value = self._value(name)
        if isinstance(value, Hole):
            return "" if value.reason.code == "not-set" else None
        return value

    def _locked(self, name: str, words: tuple[str, ...], lock: Locked) -> Missed:
        needs = "the command fails without it, and " if lock.required else ""
        reason = Reason("locked-by-file", detail=f"{needs}{lock.file} names all that it installs")
        return Missed(_shown(name, words), reason, name, accepted=True, locked_by=lock.file)

    def _command(self, name: str, arguments: Words, call: Call, files: ProjectFiles) -> Installed | None:
        manager, grammar = LANGUAGES[name]
        unknown = next((it.reason for it in arguments if isinstance(it, Unknown) and not _is_url(it)), None)
        masked = masked_words([name, *map(written, arguments)])
        text = shown(" ".join(masked), _MOST_SHOWN)
        known = [it for it in arguments if isinstance(it, str)]
        is_code = name in _INTERPRETERS
        if is_code:
            known += [word for text in map(shell_known, call.given) if text for word in ("-e", text)]
        safe = masked if len(known) == len(arguments) and not is_code else masked_words([name, *known])
        # Without a secret: the credential of an index is looked up as that of any other host.
        line = grammar(name, [without_login(word) for word in safe[1:]], files)
        if line is None:
            return None
        listed = [it for one in (line, *line.also) for it in one.listed]
        if unknown and not line.words and {it.reason.code for it in listed} == {_OF_PROGRAM}:
            unknown = None
        commands = [
            self._of_line(one, name, manager, unknown or one.unknown, call, text, files)
            for one in (line, *line.also)
            if one.words or one.unknown or unknown or one.action is not PackageAction.INSTALL
        ]
        stated = [remote(one.program or name, it) for one in (line, *line.also) for it in one.remotes]
        findings = (*(_listed(it, name) for it in listed), *stated)
        return Installed(findings, tuple(commands)) if findings or commands else None

    def _of_line(
        self,
        line: LanguageLine,
        name: str,
        manager: str,
        unknown: Reason | None,
        call: Call,
        text: str,
        files: ProjectFiles,
    ) -> PackageCommand:
        manager = line.manager or manager
        options = {option for option, _ in line.options}
        berry = "berry" in options
        configured = files.configuration(manager, "berry" if berry else name, is_global="global" in options)
        texts = {**dict(configured), **line.files}
        if line.action is PackageAction.INSTALL:
            unknown = unknown or why_not_known(texts)
        return PackageCommand(
            manager,
            name,
            line.action,
            line.words,
            (*(() if berry else _from_environment(manager, files)), *line.options),
            without_marks(texts),
            unknown,
            line.action is PackageAction.INSTALL,
            call.place,
            text,
            self._platform,
        )


_VARIABLES = {
    "npm": (("npm_config_registry", "registry"), ("NPM_CONFIG_REGISTRY", "registry")),
    "cran": (("CRAN", "CRAN"),),
    "conda": (
        ("CONDA_CHANNELS", "channels"),
        ("CONDA_CHANNEL_PRIORITY", "channel-priority"),
        ("CONDA_SUBDIR", "platform"),
        ("CONDA_DEFAULT_ENV", "active"),
        *((f"CONDA_OVERRIDE_{name}", f"__{name.lower()}") for name in ("CUDA", "GLIBC", "LINUX", "ARCHSPEC")),
    ),
    "tools": tuple(
        (name, name)
        for name in """
        RUSTUP_DIST_SERVER RUSTUP_UPDATE_ROOT NVM_NODEJS_ORG_MIRROR N_NODE_MIRROR FNM_NODE_DIST_MIRROR
        SDKMAN_CANDIDATES_API
        """.split()
    ),
}


def _from_environment(manager: str, files: ProjectFiles) -> Iterator[tuple[str, str]]:
    for variable, option in _VARIABLES.get(manager, ()):
        value = files.variable(variable)
        if value:
            yield option, public_channel(without_login(value))


def _listed(item: Listed, name: str) -> Missed:
    settled = item.reason.code in _SETTLED or bool(item.locked_by)
    return Missed(item.text, item.reason, name, accepted=settled, locked_by=item.locked_by)


def _all_fixed(missed: Sequence[Missed]) -> bool:
    """Whether the commands name single versions: there is nothing that a lock file would bind."""
    return all(it.reason.code == _EXACT for it in missed)


def _unlocked(
    name: str, lock: Lock | None, commands: Sequence[PackageCommand]
) -> Iterator[lock_advice.Unlocked]:
    """Why no lock file binds what a call installs. A program may have no lock file of its own."""
    if isinstance(lock, Unlocked) or (lock is None and commands):
        reason = lock.reason if lock else Reason("not-locked", detail=_NEWEST)
        pinned = [lock_advice.pinned(it.manager, it.words) for it in commands]
        yield lock_advice.Unlocked(name, reason, next(iter(pinned), "") if all(pinned) else "")


def _explained(by_name: Sequence[ByName], lock: Lock | None) -> Installed:
    """Packages by name, with why no lock file counts."""
    missed = as_listed(by_name)
    if not isinstance(lock, Unlocked):
        return Installed(tuple(missed))
    detail = f"packages by name are not watched; {lock.reason.what}"
    reason = Reason(BY_NAME, detail=detail, hint=hint_of(lock.reason.code))
    return Installed(tuple(Missed(it.text, reason, it.via, place=it.place) for it in missed))


def _is_url(word: Unknown) -> bool:
    return re.search(r"://", word.known) is not None


def _shown(name: str, words: Sequence[str]) -> str:
    """The command for a message."""
    return shown_words([name, *words], _MOST_SHOWN)
