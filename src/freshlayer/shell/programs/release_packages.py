"""Packages that bring a package source with them: the text of the file that each adds, where it is known.

Others by convention have a name like ``x-release``: what they add is not known before the build.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.shell.files import FilesSeen
from freshlayer.shell.programs.assignments_of_files import os_release

_CONVENTION = compiled(
    r"(?i)(?:^|[/_-])"
    r"(?:\w*-?release|repos?|packages-microsoft-prod|apt-config|archive-keyring|cuda-keyring)(?:[-_.]|$)"
)
_OTHERS = compiled(
    r"(?i)^(?:lsb[_-]release|redhat-lsb|ca-certificates|(?:debian|ubuntu)-(?:\w+-)?(?:archive-)?keyring"
    r"|.*-(?:dev|devel|doc))"
)
"""Names that look like it, of packages that add no source."""
_MAJOR = compiled(r"-(\d+)(?:\.noarch)?(?:\.rpm)?$|release-latest-(\d+)|\bel(\d+)\b")
_MACHINES = {"amd64": "x86_64", "arm64": "sbsa"}


class Source(Struct, frozen=True):
    """``path``: of the file, in the directory of the package manager's sources."""

    path: str
    text: str


def _rpm(*sections: tuple[str, str]) -> str:
    return "\n".join(f"[{name}]\nname={name}\nenabled=1\n{where}\n" for name, where in sections)


_SCL = "mirrorlist=http://mirrorlist.centos.org?arch=$basearch&release={major}&repo=sclo-"
_REMI = "mirrorlist=http://cdn.remirepo.net/enterprise/{major}/"
_FUSION = "https://mirrors.rpmfusion.org/metalink?repo={kind}-"
_MYSQL = "baseurl=http://repo.mysql.com/yum/mysql-{stated}-community/el/{major}/$basearch/"
_SOURCES: tuple[tuple[str, str, str, str], ...] = (
    (
        "epel-release",
        "",
        "epel.repo",
        _rpm(
            ("epel", "metalink=https://mirrors.fedoraproject.org/metalink?repo=epel-{major}&arch=$basearch")
        ),
    ),
    ("centos-release-scl-rh", "", "CentOS-SCLo-scl-rh.repo", _rpm(("centos-sclo-rh", f"{_SCL}rh"))),
    (
        "centos-release-scl",
        "",
        "CentOS-SCLo-scl.repo",
        _rpm(("centos-sclo-rh", f"{_SCL}rh"), ("centos-sclo-sclo", f"{_SCL}sclo")),
    ),
    ("ius-release", "", "ius.repo", _rpm(("ius", "baseurl=https://repo.ius.io/{major}/$basearch/"))),
    ("remi-release-7", "centos", "remi-safe.repo", _rpm(("remi-safe", f"{_REMI}safe/mirror"))),
    (
        r"remi-release-\d+",
        "centos",
        "remi-safe.repo",
        _rpm(("remi-safe", f"{_REMI}safe/$basearch/mirror")),
    ),
    (
        r"rpmfusion-(?P<kind>free|nonfree)-release",
        "fedora",
        "rpmfusion-{kind}.repo",
        _rpm(
            ("rpmfusion-{kind}", f"metalink={_FUSION}fedora-$releasever&arch=$basearch"),
            (
                "rpmfusion-{kind}-updates",
                f"metalink={_FUSION}fedora-updates-released-$releasever&arch=$basearch",
            ),
        ),
    ),
    (
        r"rpmfusion-(?P<kind>free|nonfree)-release",
        "centos",
        "rpmfusion-{kind}-updates.repo",
        _rpm(
            (
                "rpmfusion-{kind}-updates",
                f"metalink={_FUSION}el-updates-released-{{major}}&arch=$basearch",
            )
        ),
    ),
    (
        r"mysql(?P<digits>\d{2})-community-release",
        "centos",
        "mysql-community.repo",
        _rpm(("mysql{digits}-community", _MYSQL)),
    ),
    (
        "packages-microsoft-prod",
        "debian ubuntu",
        "microsoft-prod.list",
        "deb https://packages.microsoft.com/{id}/{version}/prod {codename} main\n",
    ),
    (
        "packages-microsoft-prod",
        "centos",
        "microsoft-prod.repo",
        _rpm(("packages-microsoft-com-prod", "baseurl=https://packages.microsoft.com/rhel/{major}/prod/")),
    ),
    (
        "cuda-keyring",
        "debian ubuntu",
        "cuda.list",
        "deb https://developer.download.nvidia.com/compute/cuda/repos/{id}{packed}/{machine}/ /\n",
    ),
)
"""Package | distributions, all where there is none | file | its text: only repositories that are enabled."""
_KINDS = {"rocky": "centos", "almalinux": "centos", "rhel": "centos", "ol": "centos", "centos": "centos"}


def brings_source(word: str) -> bool:
    """Whether a word of a command is a package that adds a package source, by its name."""
    short = short_name(word)
    return _CONVENTION.search(short) is not None and not _OTHERS.match(short)


def short_name(word: str) -> str:
    """Of a package, or of the file of one."""
    return re.sub(r"[?#].*", "", word).rpartition("/")[2]


def source_of(word: str, files: FilesSeen, platform: str) -> Source | None:
    """The source that a package adds; None where it is not one of those that are known."""
    short = short_name(word)
    facts = _facts(short, files, platform)
    kind = _KINDS.get(facts["id"], facts["id"])
    for name, distributions, path, text in _SOURCES:
        match = re.match(rf"(?:{name})(?:[-_.]|$)", short)
        if match and (not distributions or kind in distributions.split()):
            return _filled(path, text, {**facts, **match.groupdict()})
    return None


def _filled(path: str, text: str, facts: Mapping[str, str]) -> Source | None:
    """None where a fact is missing that the text needs."""
    digits = facts.get("digits", "")
    values = {**facts, "stated": ".".join(digits)}
    wanted = set(re.findall(r"\{(\w+)\}", path + text))
    if not all(values.get(name) for name in wanted):
        return None
    return Source(*(re.sub(r"\{(\w+)\}", lambda it: values[it[1]], one) for one in (path, text)))


def _facts(short: str, files: FilesSeen, platform: str) -> dict[str, str]:
    """Of the distribution, as far as its files are known; a version in the package's name counts first."""
    stated = os_release(files)
    version = stated.get("VERSION_ID", "")
    named = _MAJOR.search(short)
    major = next((it for it in named.groups() if it), "") if named else ""
    return {
        "id": stated.get("ID", ""),
        "version": version,
        "major": major or version.partition(".")[0] or "$releasever",
        "packed": version.replace(".", ""),
        "codename": stated.get("VERSION_CODENAME", ""),
        "machine": _MACHINES.get(platform.partition("/")[2].partition("/")[0], ""),
    }
