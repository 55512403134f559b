"""The distribution of ``distribution.py`` as files: repositories, and a root that dnf installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from freshlayer.indexes import IndexCache
from freshlayer.model.base_image import BaseContents
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import (
    PackageAction,
    PackageChain,
    PackageCommand,
    PackageRun,
    Resolution,
)
from freshlayer.packages.rpm import RPM
from testing.rpm import distribution
from testing.rpm.database import installed_lines
from testing.rpm.dnf_oracle import Dnf, install
from testing.rpm.driver import Driver
from testing.rpm.repositories import CONFIGURATION, make, stated

URL = "http://packages.test/"
_ACTIONS = {
    "install": PackageAction.INSTALL,
    "reinstall": PackageAction.INSTALL,
    "upgrade": PackageAction.UPGRADE,
    "distro-sync": PackageAction.DIST_UPGRADE,
    "remove": PackageAction.REMOVE,
    "groupinstall": PackageAction.GROUP_INSTALL,
    "module": PackageAction.MODULE,
    **dict.fromkeys(("makecache", "refresh"), PackageAction.UPDATE),
    **dict.fromkeys(("clean", "rm"), PackageAction.CLEAN),
    "versionlock": PackageAction.CONFIGURE,
}
OS_RELEASE = 'ID="test"\nVERSION_ID="9"\nPLATFORM_ID="platform:el9"\n'


@dataclass
class World:
    """Repositories by name in ``directory``. ``options``: more lines of a ``.repo`` file, by name."""

    directory: Path
    names: tuple[str, ...] = ("base1", "repo")
    options: Mapping[str, str] = field(default_factory=dict)
    main: str = CONFIGURATION
    installed: str = ""

    @property
    def root(self) -> Path:
        """The root that dnf installed."""
        return self.directory / "root"

    def dnf(self, state: str, plugins: str = "") -> Dnf:
        """The program itself, for that root. ``state``: a name for its own files."""
        home = self.directory / state
        home.mkdir()
        (home / "repos").mkdir()
        urls = {name: f"file://{self.directory / name}" for name in self.names}
        (home / "repos" / "all.repo").write_text(stated(urls, self.options))
        configuration = home / "dnf.conf"
        configuration.write_text(f"{self.main}reposdir={home}/repos\n")
        return Dnf(self.root, configuration, home, plugins)

    @property
    def contents(self) -> BaseContents:
        """What an image with that root contains."""
        repos = stated({name: f"{URL}{name}" for name in self.names}, self.options)
        files = {
            "/etc/os-release": OS_RELEASE,
            "/etc/dnf/dnf.conf": self.main,
            "/etc/yum.repos.d/all.repo": repos,
        }
        return BaseContents(files, {"rpm": self.installed})

    def driver(self) -> Driver:
        """Our side, with the indexes of these repositories."""
        return Driver(RPM, IndexCache(self.directory / "cache"), {URL: self.directory})

    def resolve(
        self,
        *lines: Sequence[str],
        policy: PackagePolicy = PackagePolicy.CLOSURE,
        contents: BaseContents | None = None,
        program: str = "dnf",
    ) -> dict[int, Resolution]:
        """What each command line, an instruction of its own that leaves no metadata, would install."""
        runs = tuple(
            PackageRun(number, number, (command(line, program), command(["rm", "/var/cache/*"])), policy)
            for number, line in enumerate(lines, 1)
        )
        found = self.driver().resolve(
            PackageChain(("test", "linux/amd64"), runs), self.contents if contents is None else contents
        )
        return dict(found)


def command(line: Sequence[str], program: str = "dnf") -> PackageCommand:
    """The command of a line: options, the subcommand, words."""
    options = [word for word in line if word.startswith("--")]
    verb, *words = [word for word in line if not word.startswith("--")]
    pairs = [(name, value) for name, _, value in (option[2:].partition("=") for option in options)]
    if verb == "reinstall":
        pairs.append((verb, ""))
    if verb in {"module", "versionlock"}:
        pairs.append((verb, words.pop(0)))
    program = verb if verb == "rm" else program
    return PackageCommand("rpm", program, _ACTIONS[verb], tuple(words), tuple(pairs))


def nevras(resolution: Resolution) -> tuple[str, ...]:
    """As dnf prints them."""
    return tuple(
        sorted(
            f"{one.name}-{one.version}.{one.purl.partition('arch=')[2].partition('&')[0]}"
            for one in resolution.packages
        )
    )


def make_world(directory: Path) -> World:
    """Make the packages, the repositories and the root."""
    make(distribution.base("1"), directory / "base1")
    make([*distribution.base("2"), *distribution.repository()], directory / "repo")
    first = World(directory, ("base1",))
    (directory / "base.conf").write_text(
        f"[main]\nreposdir={directory}/none\ninstall_weak_deps=0\n"
        + stated({"base1": f"file://{directory / 'base1'}"})
    )
    install(first.root, directory / "base.conf", directory / "state", distribution.BASE)
    (first.root / "etc" / "os-release").write_text(OS_RELEASE)
    return World(directory, installed=installed_lines(first.root))
