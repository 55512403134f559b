"""Packages by name: the commands that install them, index files, and what would be installed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.model.base_image import Bases
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.inputs import ScriptPlace
from freshlayer.model.package_policy import PackagePolicy, widest
from freshlayer.model.reasons import Reason
from freshlayer.model.str_enum import StrEnum

NPM_REGISTRY = "https://registry.npmjs.org"
"""The registry of npm, pnpm and bun where nothing names another one."""

PYPI_INDEX = "https://pypi.org/simple"
"""The index of pip, uv, poetry, pdm and pipenv where nothing names another one."""


class PackageAction(StrEnum):
    """What a command does, in words that all managers share.

    ``UPDATE`` reads indexes; ``INSTALL``, ``UPGRADE``, ``DIST_UPGRADE``, ``BUILD_DEP``, ``GROUP_INSTALL`` and
    ``MODULE`` choose packages; ``REMOVE`` removes some, and with the program ``rm`` the indexes that apk
    keeps; ``CLEAN`` removes those that dnf, yum or zypper keep;
    ``ADD_ARCHITECTURE`` is ``dpkg --add-architecture``, ``CONFIGURE`` ``conda config``, ``apt-mark``
    and ``dnf versionlock``.
    """

    UPDATE = "update"
    INSTALL = "install"
    UPGRADE = "upgrade"
    DIST_UPGRADE = "dist-upgrade"
    BUILD_DEP = "build-dep"
    GROUP_INSTALL = "group-install"
    MODULE = "module"
    REMOVE = "remove"
    CLEAN = "clean"
    ADD_ARCHITECTURE = "add-architecture"
    CONFIGURE = "configure"


READS_NOTHING = frozenset(
    {
        *(PackageAction.REMOVE, PackageAction.CLEAN),
        *(PackageAction.ADD_ARCHITECTURE, PackageAction.CONFIGURE),
    }
)
"""Actions that read no index, and change what later commands do."""


class PackageCommand(Struct, frozen=True, array_like=True):
    """One command of a RUN that reads package indexes, or changes which packages are installed.

    ``manager``: ``apt``, ``apk`` or ``rpm``; ``program``: as typed (``apt-get``, ``microdnf``).
    ``words``: the package words, expanded, as typed (``jq=1.6*``, ``g++:i386``, ``curl-``, ``./x.deb``).
    ``options``: (name, value) in order, named as the long option of the program without dashes
    (``no-install-recommends``, ``target-release``, ``virtual``, ``repository``, ``enablerepo``, ``setopt``,
    ``no-cache``); ``-o A::B=c`` of apt is (``A::B``, ``c``). ``files``: absolute path → text of the manager's
    configuration when the command runs: that of the base, with what instructions before it and the RUN
    itself wrote. ``unknown``: why a part of it is not known (a source of an unknown text), if so.
    ``updates``: whether the command itself reads the indexes again (``apk add --no-cache``, dnf).
    ``platform``: of the stage, ``os/arch[/variant]``; a build for several platforms has commands of each.
    ``foreign``: paths of ``files`` whose text an origin decides, as that of a downloaded script or file: what
    they name gets no credential, and is never requested from this machine or a link-local address, unless it
    is the host of one of these ``origins``, which the Dockerfile names. ``unlisted``: why one of several
    package sources is not known: packages that none of the others has are left out. ``local``: word of a
    package file → its control stanza, of those that are files of the build context.
    """

    manager: str
    program: str
    action: PackageAction
    words: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    unknown: Reason | None = None
    updates: bool = False
    script: ScriptPlace | None = None
    text: str = ""
    platform: str = ""
    foreign: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    unlisted: Reason | None = None
    local: Mapping[str, str] = field(default_factory=dict)


class PackageRun(Struct, frozen=True, array_like=True):
    """The package commands of one instruction, in the order in which they run.

    ``number``: of the instruction. ``architecture``: of the platform, as Docker names it (``amd64``).
    """

    number: int
    line: int
    commands: tuple[PackageCommand, ...]
    policy: PackagePolicy = PackagePolicy.CLOSURE
    architecture: str = "amd64"


class PackageChain(Struct, frozen=True, array_like=True):
    """All package runs of a stage, those of the stages that it continues before them.

    ``base``: reference and platform of the image below; the reference is ``scratch`` where there is none,
    and empty where what is below is not an image of a registry. ``now``: of the judgement, in seconds since
    1970, for indexes that state until when they count; 0: they always count. ``until``: what was published
    later does not count, in milliseconds since 1970; 0: everything counts. Managers of ``DATED`` honour it.
    ``archives``: URL of a package repository without its scheme → what serves it as it was at a ``{time}``.
    """

    base: tuple[str, str]
    runs: tuple[PackageRun, ...]
    now: int = 0
    until: int = 0
    archives: Mapping[str, str] = field(default_factory=dict)


class IndexFile(Struct, frozen=True):
    """A file of a package repository.

    ``kind``: for the manager's ``entries`` (``release``, ``packages``, ``apkindex``, ``repomd``, …).
    ``urls``: the first that answers counts; with a ``sha256``, a file that is known is never requested
    again. ``compression``: ``""``, ``gz``, ``xz``, ``zst``, ``bz2``: of the file as transferred.
    ``optional``: absence is an answer. ``largest``: bytes, compressed. ``digest_of_content``: whether
    ``sha256`` is that of the decompressed file (dnf's open-checksum). ``accept``: the media types that are
    requested, where the server has several forms of the file. ``foreign``: an origin's answer names it: it is
    requested without a credential, and never from this machine.
    """

    manager: str
    kind: str
    urls: tuple[str, ...]
    sha256: str = ""
    compression: str = ""
    optional: bool = False
    largest: int = 128 << 20
    digest_of_content: bool = False
    accept: str = ""
    foreign: bool = False


class Index(Protocol):
    """A parsed index file, kept on disk: key → value as the manager's ``entries`` gave them."""

    @property
    def digest(self) -> str:
        """SHA-256 of the file that it was made from, in hexadecimal."""

    def get(self, key: str) -> bytes | None:
        """One value."""

    def open(self, key: str) -> BinaryIO:
        """One value as a real file with a descriptor, for libraries that read no bytes. Raises KeyError."""


IndexAnswer = Index | Reason
"""The index, or why there is none: unreachable, absent, not readable, older than the one known."""

IndexAnswers = Mapping[IndexFile, IndexAnswer]

Entries = Iterator[tuple[str, bytes]]
"""(key, value) of an index, in any order; a key at most once."""


class ChosenPackage(Struct, frozen=True):
    """A package that would be installed.

    ``purl``: without version (``pkg:deb/debian/libssl3?arch=amd64&distro=bookworm``). ``digest``:
    ``scheme:hexadecimal`` of the package's bytes or of its control part, as the index states it.
    ``wanted_by``: the word of the command, or the name of the package that requires it. ``named``: whether a
    word of the command names it. ``before``: the version that it replaces, if one is installed.
    ``security``: whether the version comes from a security suite, or updateinfo marks it. ``policy``: of the
    instruction that installs it; None: of the one that reads the index, which is the same.
    """

    purl: str
    name: str
    version: str
    digest: str
    wanted_by: str = ""
    named: bool = False
    before: str = ""
    security: bool = False
    policy: PackagePolicy | None = None

    @property
    def identity(self) -> Identity:
        """Version and digest: the bytes of a version may differ."""
        return Identity(_VERSION, f"{self.version}@{self.digest}", Strength.CONTENT)


def with_wider(item: ChosenPackage, policy: PackagePolicy, before: ChosenPackage | None) -> ChosenPackage:
    """A package that an instruction with a policy wants, and perhaps another with its own ``before``."""
    wider = widest(policy, before.policy) if before is not None and before.policy else policy
    return replace(item, policy=wider)


_VERSION = "version"


def version_of(identity: str) -> str:
    """The version in the written identity of a package; empty where it is none."""
    scheme, _, value = identity.partition(":")
    return value.rpartition("@")[0] if scheme == _VERSION else ""


class Resolution(Struct, frozen=True):
    """What one instruction would install.

    ``packages``: sorted by ``purl``; under the policy ``named`` those that words name. ``problem``: why it
    can't be known; then nothing of its packages is watched. ``unreachable``: whether the problem is an
    index that could not be had now, so that what is recorded is kept. ``notes``: advice, as reasons.
    ``policy``: the widest of the instructions that install them, where these may be others than the one that
    reads the index. ``unwatched``: package URLs of what is installed too, and is no input by its policy; None
    where the manager does not list them.
    """

    packages: tuple[ChosenPackage, ...] = ()
    problem: Reason | None = None
    unreachable: bool = False
    notes: tuple[Reason, ...] = ()
    policy: PackagePolicy | None = None
    unwatched: tuple[str, ...] | None = None


Resolutions = Mapping[int, Resolution]
"""Instruction number → what is read there. A key belongs to the instruction that reads the index."""


class PackageLine(Struct, frozen=True):
    """A command that installs packages, for reports. ``words``: the packages that it names."""

    line: int
    program: str
    words: tuple[str, ...] = ()


class PackagePins(Struct, frozen=True):
    """A file that the manager of one instruction reads to install locked versions, and its text.

    ``of_lists``: whether commands that read index files need it too.
    """

    manager: str
    place: str
    text: str
    of_lists: bool = False


class PackagesWanted(Struct, frozen=True):
    """The package chains of one Dockerfile.

    ``ttls``: instruction number → seconds for which an earlier manifest is valid there; ``ttl``: elsewhere.
    ``pins``: instruction number → what a locked build gives it; its commands have the file already.
    """

    chains: tuple[PackageChain, ...] = ()
    bases: Bases = field(default_factory=dict)
    ttl: int = 0
    ttls: Mapping[int, int] = field(default_factory=dict)
    pins: Mapping[int, tuple[PackagePins, ...]] = field(default_factory=dict)


class PackagesRead(Struct, frozen=True):
    """The packages of one manager that an instruction installs, as they are now.

    ``number``, ``line``: of the instruction. ``text``: of its commands, for what is not watched. ``policy``:
    of the packages that have none of their own, and of those that are no longer installed.
    """

    number: int
    line: int
    manager: str
    policy: PackagePolicy
    resolution: Resolution
    text: str = ""


class PackageChange(Struct, frozen=True):
    """A package that differs from the last build.

    ``before``, ``now``: versions; empty where it is not installed. ``wanted_by``: the words of the command
    that want it.
    """

    purl: str
    name: str
    before: str
    now: str
    security: bool = False
    wanted_by: tuple[str, ...] = ()


class PackageVerdict(Struct, frozen=True):
    """The packages of one manager of an instruction, against its last build.

    ``total``: how many there are. ``changes``: those that changed the key. ``held``: newer versions that the
    policy ``security`` does not take. ``packages``: what would be installed now; empty where ``problem`` has
    why that can't be known. ``unreachable``: as in ``Resolution``. ``kept``: what the last build installed
    counts instead. ``new``: no build of the instruction with its packages is recorded. ``left``: how many
    recorded packages are not watched any more, for the policy is ``named`` now. ``added``: how many that the
    named ones require are watched now, and are not recorded.
    """

    manager: str
    total: int
    changes: tuple[PackageChange, ...] = ()
    held: tuple[PackageChange, ...] = ()
    packages: tuple[ChosenPackage, ...] = ()
    problem: Reason | None = None
    unreachable: bool = False
    kept: bool = False
    new: bool = False
    left: int = 0
    added: int = 0
