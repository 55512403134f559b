"""What a base image is and contains. Values alone; nothing of an image is ever run."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from freshlayer.model.reasons import Reason
from freshlayer.reference import Reference


class BaseWanted(Struct, frozen=True, order=True, array_like=True):
    """A base image that an analysis could use: its canonical reference, and the platform of the stage.

    ``contents``: whether its files and packages are wanted too, and not its configuration alone.
    ``packages``: whether they are where packages are watched, since commands change what is installed.
    """

    reference: str
    platform: str
    contents: bool = False
    packages: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Under which an analysis finds the image."""
        return self.reference, self.platform


class ImageConfig(Struct, frozen=True):
    """The parts of an image configuration that decide what later instructions do (OCI image spec, config).

    ``environment``: (name, value) in order. ``shell``: empty where the image states none. ``triggers``: the
    ONBUILD instructions, as text without ``ONBUILD``. ``created``: the day on which the image states that it
    was made; empty where it states none.
    """

    environment: tuple[tuple[str, str], ...] = ()
    shell: tuple[str, ...] = ()
    user: str = ""
    directory: str = ""
    triggers: tuple[str, ...] = ()
    architecture: str = ""
    os: str = "linux"
    created: str = ""


_RELEASES = (
    *(
        "alpine",
        "almalinux",
        "amazon-linux",
        "centos",
        "fedora",
        "mariner",
        "mandriva",
        "oracle",
        "os",
        "photon",
    ),
    *("redhat", "rocky", "SuSE", "system"),
)
FILES = frozenset(
    {
        *(f"/etc/{name}-release" for name in _RELEASES),
        *(f"/usr/lib/{name}-release" for name in _RELEASES),
        *("/etc/lsb-release", "/etc/debian_version", "/etc/issue", "/etc/passwd"),
        *("/etc/pip.conf", "/root/.config/pip/pip.conf", "/root/.pip/pip.conf", "/etc/yum.conf"),
        *("/etc/xdg/pip/pip.conf", "/usr/pip.conf", "/usr/local/pip.conf"),
        *("/etc/uv/uv.toml", "/root/.config/uv/uv.toml", "/root/.yarnrc.yml", "/root/.bunfig.toml"),
        "/usr/etc/zypp/zypp.conf",
        *("/root/.npmrc", "/usr/local/etc/npmrc", "/usr/etc/npmrc", "/etc/npmrc"),
        *(
            f"{home}/{name}"
            for home in ("/root/.cargo", "/usr/local/cargo")
            for name in ("config", "config.toml")
        ),
        "/root/.config/go/env",
        *("/root/.gemrc", "/usr/local/etc/gemrc", "/etc/gemrc"),
        *("/usr/lib/R/etc/Rprofile.site", "/etc/R/Rprofile.site", "/usr/local/lib/R/etc/Rprofile.site"),
        *("/var/lib/dpkg/arch", "/var/lib/apt/extended_states", "/usr/lib/rpm/macros.d/macros.dist"),
    }
)
"""Single files."""

DIRECTORIES = (
    *(
        "/etc/apt",
        "/etc/apk",
        "/etc/yum.repos.d",
        "/etc/yum",
        "/etc/dnf",
        "/etc/tdnf",
        "/etc/zypp",
        "/etc/rpm",
    ),
    *("/usr/lib/os.release.d", "/usr/share/dnf5/libdnf.conf.d", "/usr/share/dnf5/repos.d"),
    *("/usr/share/dnf5/vars.d", "/lib/apk/repositories.d", "/usr/lib/apk/repositories.d"),
)
"""With all that is below them."""

_WANTED = FILES.union(DIRECTORIES)

_KEYS = ("/etc/apt/trusted.gpg", "/etc/apt/trusted.gpg~", "/etc/apt/trusted.gpg.d", "/etc/apt/keyrings")
_LEFT_OUT = (
    *(*_KEYS, "/etc/apk/keys", "/etc/apt/auth.conf", "/etc/apt/auth.conf.d"),
    *("/etc/zypp/credentials.d", "/etc/zypp/credentials.cat"),
)
_BELOW_LEFT_OUT = tuple(f"{one}/" for one in _LEFT_OUT)
_BELOW_DIRECTORIES = tuple(f"{directory}/" for directory in DIRECTORIES)
_KEY_FILES = (".gpg", ".gpg~", ".asc", ".pem", ".key", ".crt", ".kbx")


def is_kept(path: str) -> bool:
    """Whether the text of a file of an image is kept, by its absolute path. Keys and passwords are not."""
    return path in FILES or (path.startswith(_BELOW_DIRECTORIES) and not _is_secret(path))


def is_wanted(path: str) -> bool:
    """Whether a path is such a file, or a directory of which all files are kept."""
    return path in _WANTED or (path.startswith(_BELOW_DIRECTORIES) and not _is_secret(path))


def _is_secret(path: str) -> bool:
    return path.endswith(_KEY_FILES) or path in _LEFT_OUT or path.startswith(_BELOW_LEFT_OUT)


class BaseContents(Struct, frozen=True):
    """The files of an image that decide what package managers and scripts do.

    ``files``: absolute path → text, of those that ``is_kept`` names and the image has; of a link, of
    its target. Lines of settings that hold a password or a token are removed, and logins in URLs are.
    ``left_out``: those of them that are too long, or not text. ``installed``: manager → the text
    of its database of installed packages: ``apt``: dpkg's status (and status.d, joined), ``apk``:
    ``lib/apk/db/installed``, ``rpm``: one JSON object a line, as ``packages/rpm`` reads it
    (``InstalledRpm``). A manager that the image does not have is missing. ``unreadable``: manager → why its
    database can't be read, where the image has one.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    installed: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    unreadable: Mapping[str, Reason] = field(default_factory=dict)


class RpmRelation(Struct, frozen=True, array_like=True):
    """What a package provides or requires: ``["libc.so.6()(64bit)", "", ""]``, ``["bash", ">=", "5.1-2"]``.

    ``name``: a rich dependency is its text, ``(a or b)``. ``operator``: ``<``, ``<=``, ``=``, ``>=``, ``>``,
    or empty, and then without a version. ``version``: ``[epoch:]version[-release]``, as the header has it.
    """

    name: str
    operator: str = ""
    version: str = ""


RpmRelations = tuple[RpmRelation, ...]


class InstalledRpm(Struct, frozen=True, omit_defaults=True):
    """A package of an rpm database: one line of ``installed["rpm"]`` is its JSON, keys as the fields here.

    A field that is empty is missing. ``epoch`` is None where the header has none. ``requires`` is without
    ``rpmlib(…)``. ``files``: the paths that repository metadata has in ``primary`` as well: below ``/etc/``,
    in a directory ``bin/`` or ``sbin/``, and ``/usr/lib/sendmail``. ``module``: the modularity label,
    ``name:stream:version:context``. ``source``: the file name of its source package. Public keys
    (``gpg-pubkey``) are no packages, and are left out.
    """

    name: str
    version: str
    release: str
    arch: str
    epoch: int | None = None
    vendor: str = ""
    source: str = ""
    module: str = ""
    installed_at: int = 0
    provides: RpmRelations = ()
    requires: RpmRelations = ()
    conflicts: RpmRelations = ()
    obsoletes: RpmRelations = ()
    recommends: RpmRelations = ()
    suggests: RpmRelations = ()
    supplements: RpmRelations = ()
    enhances: RpmRelations = ()
    files: tuple[str, ...] = ()


class BaseImage(Struct, frozen=True):
    """A base image. ``digest``: ``sha256:…`` of the manifest for the platform; empty for ``scratch``.

    ``contents`` is None where they were not wanted or could not be read; ``why_not`` has the reason then.
    """

    reference: str
    platform: str
    digest: str
    config: ImageConfig = ImageConfig()
    contents: BaseContents | None = None
    why_not: Reason | None = None


def is_configured(base: BaseImage) -> bool:
    """Whether its configuration is known: every image has an architecture."""
    return bool(base.config.architecture)


Bases = Mapping[tuple[str, str], BaseImage]
"""(canonical reference, platform) → the image, where it is known."""


class ImageUse(Struct, frozen=True):
    """Where a Dockerfile names an image that the builder itself resolves.

    ``platform``: for which the image is read there. ``line``, ``number``: of the instruction; ``# syntax=``
    has no number. ``via``: as in ``Place``. ``written``: the name, not expanded. ``by_context``: whether a
    named build context decides what the name means.
    """

    reference: Reference
    platform: str
    line: int
    via: str
    written: str
    number: int = -1
    by_context: bool = False


class ImagePin(Struct, frozen=True):
    """To what an image reference of a Dockerfile is pinned: what was judged is what is built (rule 10).

    ``line``, ``via``, ``written``: as in ``ImageUse``. ``digest``: ``sha256:…``, of the index where the
    registry has one for the tag and the builder finds the manifest for its platform in it.
    """

    reference: Reference
    digest: str
    line: int
    via: str
    written: str
