"""Reason codes of packages: what changed, and why it can't be known. Code → meaning, what to do. Pure."""

from __future__ import annotations

_LATER = "try again later: the mirror may be changing"

PACKAGES: dict[str, tuple[str, str]] = {
    "apt-host-architecture": (
        "freshlayer does not choose what is needed to build for another architecture",
        "build for the architecture of the stage, or name the packages",
    ),
    "apt-index-not-read": ("a package source of apt can't be read", "try again later, or correct the source"),
    "apt-local-package": (
        "a package file is installed, and what it depends on is not known",
        "install from the file in a RUN of its own",
    ),
    "apt-no-candidate": (
        "no version of the package can be installed",
        "name a package that provides it, or correct the pins of apt",
    ),
    "apt-no-sources": ("apt has no package sources that freshlayer can see", "add a package source"),
    "apt-package-unknown": ("no package source has the package", "correct the name, or add its source"),
    "apt-pattern": ("freshlayer does not read search patterns of apt", "name the packages"),
    "apt-release-expired": (
        "a Release file is older than it may be (Valid-Until): its mirror is not kept up to date",
        "name another mirror, or for an archive that stays as it is set [check-valid-until=no] in its source",
    ),
    "apt-source-not-read": ("freshlayer can't read a package source of apt", "use a source with HTTP"),
    "apt-unmet-dependencies": (
        "the packages do not fit together",
        "build the image, and correct what apt reports",
    ),
    "apt-version-absent": (
        "the package sources do not have the version that the command names",
        "name a version that they have, remove the pin, or install from a snapshot of the archive",
    ),
    "index-mismatch": ("an index of packages is not the file that its repository names", _LATER),
    "index-not-kept": (
        "an index of packages can't be written to the cache",
        "free space in the cache directory",
    ),
    "installed-packages-unknown": (
        "the base image has no database of packages of this manager that can be read",
        "name the input in a '# freshlayer: watch URL' comment",
    ),
    "no-security-marks": (
        "the repositories do not state which versions are security updates, so all packages are watched",
        "nothing",
    ),
    "package-not-found": (
        "no repository has the package",
        "correct the name or the version in the Dockerfile, or add the repository that has it",
    ),
    "package-word-unclear": (
        "a word of the command is no requirement that freshlayer can read",
        "write the requirement as the package manager's manual does",
    ),
    "package-source-unknown": (
        "a package source can't be read",
        "name an http or https repository, or watch the package in a '# freshlayer: watch URL' comment",
    ),
    "package-source-undated": (
        "no archive is known that has the package source as it was",
        "name its archive in [snapshots] of freshlayer.toml, or lock the packages as they are now",
    ),
    "packages-unsolvable": (
        "the packages can't be installed together, as far as freshlayer computes it",
        "build without freshlayer to see what the package manager reports",
    ),
    "index-too-large": ("an index of packages is larger than is read", "remove the package source"),
    "index-unreadable": ("an index of packages can't be read", "request the file by hand"),
    "packages-changed": ("packages that the instruction installs changed", "nothing"),
    "packages-watched": ("the packages of the instruction are watched now, and were not before", "nothing"),
    "pins-by-builder": (
        "the builder can't give the package manager the locked versions, so that they are only compared",
        "build with docker build on BuildKit, docker compose, bake, buildah or podman",
    ),
    "pins-by-manager": (
        "locked builds only compare the packages of this manager: no file makes it install a version",
        "name the versions in the Dockerfile, or leave it",
    ),
    "pins-need-plugin": (
        "dnf reads no list of versions without its plugin versionlock, so that they are only compared",
        "install python3-dnf-plugin-versionlock in the base image, or in an instruction before (of dnf 4)",
    ),
    "pins-not-unique": (
        "the locked versions can't be given to the package manager, so that they are only compared",
        "lock again, and build one platform at a time; a RUN that changes or hides the file has none",
    ),
    "resolution-too-long": (
        "the package manager's choice needs more rounds of index files than freshlayer reads",
        "report it, with the Dockerfile",
    ),
    "closure-unknown": (
        "what the packages of the command require is not known, so that only those that it names are watched",
        "install from a lock file, or set packages to named",
    ),
    "unlocked-install": (
        "an install takes the newest versions that fit, and no lock file binds it",
        "write the lock file that the package manager offers, copy it before the RUN, and install from it",
    ),
    "dependencies-float": (
        "a command names one version of each package, and what these depend on is chosen again in each build",
        'install from a lock file, or watch the dependencies with packages = "closure"',
    ),
    "group-not-found": ("no repository has a group that the command names", "check its name"),
    "package-file": (
        "a package that is no part of a repository; what it requires is not known",
        "install it from a repository, or name its URL in a '# freshlayer: watch URL' comment",
    ),
    "file-named": (
        "the command names a package file, and the instructions before it decide its bytes",
        "nothing: what brings the file is an input by itself, or keyed on the build context",
    ),
    "dependencies-not-followed": (
        "the package is no part of an index, and the closure leaves out what it requires",
        "install from a lock file, or set packages to named",
    ),
    "packages-of-source": (
        "what a source package requires to be built is not known",
        "name the packages in an install command",
    ),
    "solver-missing": (
        "libsolv, which chooses rpm packages, can't be loaded",
        "install it: pip install solv",
    ),
}
