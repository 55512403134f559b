"""cargo, go, Maven, Gradle, dotnet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import dirname, join, normpath

from freshlayer.discover.locks.project import (
    Lock,
    Locked,
    Project,
    Table,
    covered,
    floating,
    from_json,
    from_toml,
    inside,
    missing,
    not_there,
    table,
    tables,
    unreadable,
)
from freshlayer.lazy_regex import compiled
from freshlayer.reference import shown

_WORKSPACE = compiled(r"(?m)^[ \t]*\[workspace[\].]")
_GO_BLOCK = compiled(r"(?m)^require[ \t]*\(")
_GO_LINE = compiled(r"(?m)^[ \t]*(?:require[ \t]+)?([\w.~/-]+)[ \t]+(v[\w.+-]+)")
_GO_SUM = compiled(r"(?m)^(\S+) (v[^\s/]+)(?:/go\.mod)? h1:")
_GO_VERSION = compiled(r"1\.(\d{1,3})(?!\d)")
_READ_ONLY_SINCE = 16
_VERSION = compiled(r"<(version|[\w.-]{1,200}\.version)>([^<]*)</\1>")
_PROPERTY = compiled(r"<([\w.-]{1,200})>([^<]*)</\1>")
_MODULE = compiled(r"<module>\s*([^<\s]+)\s*</module>")
_FLOATING = compiled(r"SNAPSHOT|LATEST|RELEASE|^[\[(]")
_FLOATING_PROPERTY = compiled(r"-SNAPSHOT$|^(?:LATEST|RELEASE)$|^[\[(][\d.,]")
_FLOATING_WORD = compiled(r"(?:-SNAPSHOT|\b(?:LATEST|RELEASE))(?:[:,]|$)|[=:][\[(]")
_REFERENCE = compiled(r"<PackageReference\s[^<>]*?(?:Include|Update)=\"([^\"]+)\"")
_DEPENDENCY_SECTIONS = ("dependencies", "dev-dependencies", "build-dependencies")
_MOST_MODULES = 50


def cargo(project: Project) -> Lock:
    """``cargo build`` follows a lock file that has its manifest; ``install`` does with ``--locked`` alone."""
    if "install" in project.arguments[:1]:
        if not project.has("--locked", "--frozen"):
            return floating("cargo install ignores the lock file unless it is given --locked")
        if not project.value("--path"):
            return floating("cargo install --locked binds the dependencies of a crate, not its version")
    text, manifest = project.read(join(_root_of_crate(project), "Cargo.lock")), project.text("Cargo.toml")
    if text is None or manifest is None:
        # A crate that is published without a lock file is installed with a warning alone.
        fails = project.has("--locked", "--frozen") and "install" not in project.arguments[:1]
        return not_there(project, "Cargo.lock", "Cargo.toml", fails=fails)
    try:
        lock, wanted = from_toml(text), from_toml(manifest)
    except ValueError:
        return unreadable("Cargo.lock")
    locked = (str(item.get("name", "")) for item in tables(lock.get("package")))
    return covered("Cargo.lock", _crates(wanted), locked)


def _root_of_crate(project: Project) -> str:
    """Where the lock file is: with the manifest of the workspace, if the crate is a member of one."""
    directory = normpath(project.directory)
    # The root is its own parent, and so are two slashes.
    while dirname(directory) != directory:
        if project.read(join(directory, "Cargo.lock")) is not None:
            text = project.read(join(directory, "Cargo.toml"))
            if directory == normpath(project.directory) or (text and _WORKSPACE.search(text)):
                return directory
        directory = dirname(directory)
    return project.directory


def go(project: Project) -> Lock:
    """``go mod download``, ``go build``: go.mod names versions, go.sum their hashes."""
    if any("@" in word for word in project.arguments):
        return floating("a module with @version is not a requirement of go.mod")
    text, manifest = project.text("go.sum"), project.text("go.mod")
    if manifest is None:
        file = "go.mod" if project.has("download") else "go.sum"
        return not_there(project, file, "go.mod", fails=_only_reads_requirements(project))
    listed = [piece.partition("\n)")[0] for piece in _GO_BLOCK.split(manifest)[1:]]
    blocks = "\n".join([*listed, *re.findall(r"(?m)^require\s+[^(\n]+$", manifest)])
    wanted = {f"{it[1]}@{it[2]}" for it in _GO_LINE.finditer(blocks) if set(it[1]) & {".", "/"}}
    if text is None:
        return missing("go.sum") if wanted or _adds_requirements(project) else Locked("go.mod")
    return covered("go.sum", wanted, (f"{name}@{version}" for name, version in _GO_SUM.findall(text)))


def _adds_requirements(project: Project) -> bool:
    """Whether ``go build`` takes the newest module for an import that go.mod does not have: before 1.16."""
    named = project.has("-mod=mod", "--mod=mod") or "-mod=mod" in project.environment("GOFLAGS").split()
    version = _go_version(project)
    return named or (version is not None and version < _READ_ONLY_SINCE)


def _only_reads_requirements(project: Project) -> bool:
    """Whether ``go build`` is known to fail instead. A Go of unknown version may be an old one."""
    return not _adds_requirements(project) and _go_version(project) is not None


def _go_version(project: Project) -> int | None:
    """The minor version of Go 1, which the golang images state in a variable."""
    version = _GO_VERSION.match(project.environment("GOLANG_VERSION"))
    return int(version[1]) if version else None


def dotnet(project: Project) -> Lock:
    """``dotnet restore --locked-mode``."""
    if not project.has("--locked-mode", "-p:RestoreLockedMode=true", "/p:RestoreLockedMode=true"):
        return floating("dotnet restore updates its lock file unless it is given --locked-mode")
    directory = next((word for word in project.words()[1:] if "." not in word), "")
    place = project.path(directory) if directory else project.directory
    names = [name for name in sorted(project.names(place)) if name.endswith(("proj", ".sln"))]
    text = project.read(join(place, "packages.lock.json"))
    if text is None:
        return missing("packages.lock.json")
    try:
        frameworks = table(from_json(text).get("dependencies"))
    except ValueError:
        return unreadable("packages.lock.json")
    locked = {name.lower() for framework in frameworks.values() for name in table(framework)}
    wanted = {
        name.lower()
        for project_file in names
        for name in _REFERENCE.findall(project.read(join(place, project_file)) or "")
    }
    return covered("packages.lock.json", wanted, locked)


def maven(project: Project) -> Lock:
    """``mvn``: a POM with nothing but release versions, whose artifacts repositories never change."""
    file = project.value("-f", "--file") or "pom.xml"
    if any(_FLOATING_WORD.search(word) for word in project.arguments):
        return floating("a version on the command line is not a release")
    waiting, seen = [file], 0
    while waiting and seen < _MOST_MODULES:
        name = waiting.pop()
        text = project.text(name)
        if text is None:
            return missing(name)
        seen += 1
        text = _without_comments(text)
        version = next(_floating_versions(text), "")
        if version:
            return floating(f"{name} names the version {shown(version, 40)}, which is not a release")
        above = name.rpartition("/")[0]
        waiting += [join(above, module, "pom.xml") for module in _MODULE.findall(text)]
    return Locked(file)


def _without_comments(text: str) -> str:
    first, *others = text.split("<!--")
    return first + "".join(piece.partition("-->")[2] for piece in others)


def _floating_versions(pom: str) -> Iterator[str]:
    """Those that are no releases; a version may be a property of any name."""
    yield from (found for _, text in _VERSION.findall(pom) if _FLOATING.search(found := text.strip()))
    for piece in pom.split("<properties>")[1:]:
        for _, text in _PROPERTY.findall(piece.partition("</properties>")[0]):
            if _FLOATING_PROPERTY.search(found := text.strip()):
                yield found


def gradle(project: Project) -> Lock:
    """``gradle`` with dependency locking."""
    found = project.first("build.gradle.kts", "build.gradle")
    if found is None or "dependencyLocking" not in found[1]:
        return floating("the build does not use Gradle's dependency locking")
    if project.text("gradle.lockfile") is None:
        return missing("gradle.lockfile")
    if project.has("--write-locks", "--update-locks"):
        return floating("gradle writes its lock file")
    return Locked("gradle.lockfile")


def _crates(manifest: Table) -> Iterator[str]:
    """The crates that a Cargo.toml names, those of the workspace and of its targets too."""
    targets = [table(item) for item in table(manifest.get("target")).values()]
    for place in (manifest, *targets):
        for section in _DEPENDENCY_SECTIONS:
            for name, spec in inside(place, section).items():
                yield str(table(spec).get("package", name))
