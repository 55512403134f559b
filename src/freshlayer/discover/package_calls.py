"""The package commands of an instruction. Grammars are loaded for the first call of a package manager."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from freshlayer.discover.programs.readers import ByName, as_listed
from freshlayer.discover.syntaxes.found import Finding, Words
from freshlayer.model.packages import PackageAction, PackageCommand
from freshlayer.shell import Call

if TYPE_CHECKING:
    from freshlayer.discover.lock_advice import Unlocked
    from freshlayer.discover.package_commands import PackageCommands

PROGRAMS = frozenset(
    """
    R Rscript add-apt-repository apk apt apt-add-repository apt-fast apt-get apt-mark aptitude bun bundle
    bundler cargo cargo-binstall composer conda conda-lock corepack dart dnf dnf-3 dnf-builddep dnf4 dnf5
    docker-php-ext-install dotnet dpkg flutter fnm gem go goenv gradle gradlew install2.r install_packages
    mamba microdnf micromamba mix mvn mvnd mvnw n nala nodenv npm nuget nvm patchright pdm phpenv pip pip3
    pipenv pipx playwright plenv pnpm poetry pyenv r rbenv rustup rustup-init sdk tdnf uv volta yarn yarnpkg
    yum yum-builddep yum-config-manager zypper
    """.split()
)
"""Programs that install packages, or that a lock file may bind."""

OF_SYSTEM = frozenset(
    """
    add-apt-repository apk apt apt-add-repository apt-fast apt-get apt-mark aptitude dnf dnf-3 dnf-builddep
    dnf4 dnf5 dpkg install_packages microdnf nala tdnf yum yum-builddep yum-config-manager zypper
    """.split()
)
"""Those of distributions: a grammar reads all that they do, but for the URLs among their words."""

_REMOVES = "rm"
"""The program of which counts what it removes behind one of these."""

MAY_TAKE = PROGRAMS | {_REMOVES}
"""Programs of which ``PackageCalls`` may read a call."""


class PackageCalls:
    """``make``: what reads the calls of package managers, when there is one."""

    def __init__(self, make: Callable[[], PackageCommands]) -> None:
        self._make = make
        self._made: PackageCommands | None = None

    @property
    def any(self) -> bool:
        """Whether a package manager was called."""
        return self._made is not None

    @property
    def commands(self) -> tuple[PackageCommand, ...]:
        """In the order in which they run; none where indexes alone are removed."""
        found = tuple(self._made.commands) if self._made else ()
        return found if any(it.action is not PackageAction.CLEAN for it in found) else ()

    @property
    def unlocked(self) -> tuple[Unlocked, ...]:
        """Installs that no lock file binds."""
        return tuple(self._made.unlocked) if self._made else ()

    def of(self, name: str, arguments: Words, call: Call, by_name: Sequence[ByName]) -> Iterable[Finding]:
        """What a call does. ``by_name``: what is listed of its packages as long as it is not understood."""
        if name not in PROGRAMS and not (self._made and name == _REMOVES):
            return as_listed(by_name) if by_name else ()
        self._made = self._made or self._make()
        return self._made.of(name, arguments, call, by_name)

    def unknown(self) -> Iterable[Finding]:
        """Why packages can't be known."""
        return self._made.unknown() if self._made else ()
