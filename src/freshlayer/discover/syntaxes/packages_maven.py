"""Maven: what a POM of the build context or ``-Dartifact=`` names by a version that is no release.

A word is ``GROUP:ARTIFACT:VERSION``: a SNAPSHOT, a range, LATEST or RELEASE. Options: ``repository``, the URL
of each repository where the mirrors of settings.xml are in place. Modules of the build are not requested.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from posixpath import dirname, join, normpath

from msgspec import Struct

from freshlayer.discover.syntaxes.language_lines import LanguageLine, Listed, ProjectFiles
from freshlayer.discover.syntaxes.xml_elements import Element, element_of
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason

_CENTRAL = "https://repo.maven.apache.org/maven2"
_FLOATING = compiled(r".*-SNAPSHOT|LATEST|RELEASE|[\[(].*")
_PROPERTY = compiled(r"\$\{([\w.-]{1,200})\}")
_ARTIFACT = compiled(r"([\w.-]{1,150}):([\w.-]{1,150}):([^:\s]{1,200})(?::[\w.:-]{1,100})?")
_SETTINGS = ("/root/.m2/settings.xml", "/usr/share/maven/conf/settings.xml", "/etc/maven/settings.xml")
_PLUGINS = "org.apache.maven.plugins"
_MOST_POMS = 60
_DEEPEST = 10


class Pom(Struct, frozen=True):
    """A POM of the build context. ``properties``: with those of the parents that are there too."""

    root: Element
    properties: Mapping[str, str]
    external: bool

    def text(self, stated: str) -> str:
        """A text with its properties."""
        for _ in range(_DEEPEST):
            found = _PROPERTY.sub(lambda match: self.properties.get(match[1], match[0]), stated)
            if found == stated or len(found) > 1000:
                break
            stated = found
        return stated.strip()

    def coordinates(self, element: Element, group: str = "") -> tuple[str, str, str]:
        """Group, artifact and version of a dependency."""
        return (
            self.text(element.value("groupId")) or group,
            self.text(element.value("artifactId")),
            self.text(element.value("version")),
        )


def mvn(_name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """One command line, behind the words of ``MAVEN_ARGS``; None where its POM is not known."""
    arguments = [*files.variable("MAVEN_ARGS").split(), *arguments]
    defined = dict(_definitions(arguments))
    goals = [word for word in arguments if not word.startswith("-")]
    if any(goal.endswith(":get") for goal in goals) and "artifact" in defined:
        return _of_artifact(defined, arguments, files)
    file = _value(arguments, "-f", "--file") or "pom.xml"
    poms = _poms(file, files, defined)
    if not poms:
        return None
    words = list(dict.fromkeys(_words(poms)))
    unclear = next((word for word in words if "${" in word), "")
    if unclear:
        return LanguageLine(unknown=Reason("package-word-unclear", detail=unclear[:80]))
    if not words:
        reason = Reason("locked-by-file", detail=f"{file} names all that it installs")
        return LanguageLine(listed=(Listed(" ".join(["mvn", *goals])[:80], reason, file),))
    repositories = _repositories([pom.root for pom in poms.values()], arguments, files)
    return LanguageLine(tuple(words), tuple(("repository", url) for url in repositories))


def _of_artifact(defined: Mapping[str, str], arguments: Sequence[str], files: ProjectFiles) -> LanguageLine:
    """``mvn dependency:get -Dartifact=g:a:v -DremoteRepositories=…``."""
    match = _ARTIFACT.fullmatch(defined["artifact"])
    if match is None:
        return LanguageLine(unknown=Reason("package-word-unclear", detail=defined["artifact"][:80]))
    word = ":".join(match.groups()[:3])
    if not _FLOATING.fullmatch(match[3]):
        return LanguageLine(listed=(Listed(word, Reason("exact-version")),))
    stated = [it.rpartition("::")[2] for it in defined.get("remoteRepositories", "").split(",") if it]
    repositories = _repositories([], arguments, files, stated)
    return LanguageLine((word,), tuple(("repository", url) for url in repositories))


def _definitions(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    for word in arguments:
        match = re.fullmatch(r"-D([\w.-]{1,200})(?:=(.*))?", word)
        if match:
            yield match[1], match[2] or "true"


def _value(arguments: Sequence[str], *options: str) -> str:
    found = ""
    for place, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name in options:
            found = value if equals else "".join(arguments[place + 1 : place + 2])
    return found


def _poms(file: str, files: ProjectFiles, defined: Mapping[str, str]) -> dict[str, Pom]:
    """Path → POM of a build and of its modules; empty where one of them is not known."""
    found: dict[str, Pom] = {}
    waiting = [normpath(file)]
    while waiting and len(found) < _MOST_POMS:
        path = waiting.pop()
        root = element_of(files.text(path) or "")
        if root is None:
            return {}
        found[path] = _pom(root, path, files, defined)
        for module in (it.text.strip() for listed in root.below("modules") for it in listed.all("module")):
            below = normpath(join(dirname(path), module))
            below = below if below.endswith(".xml") else join(below, "pom.xml")
            waiting += [below] if below not in found else []
    return found


def _pom(root: Element, path: str, files: ProjectFiles, defined: Mapping[str, str]) -> Pom:
    properties: dict[str, str] = {}
    one: Element | None = root
    external = False
    for _ in range(_DEEPEST):
        if one is None:
            break
        properties = {**_own(one), **properties}
        parent = next(one.all("parent"), None)
        above = _parent(parent, path, files) if parent else None
        external = parent is not None and above is None
        path, one = above or (path, None)
    return Pom(root, {**properties, **defined}, external)


def _own(root: Element) -> dict[str, str]:
    found = {it.name: it.text.strip() for section in root.all("properties") for it in section.children}
    for name in ("groupId", "artifactId", "version"):
        value = root.value(name) or ("" if name == "artifactId" else root.value("parent", name))
        if value:
            found |= {f"project.{name}": value, f"pom.{name}": value}
    parent = root.value("parent", "version")
    return {**found, "project.parent.version": parent} if parent else found


def _parent(parent: Element, path: str, files: ProjectFiles) -> tuple[str, Element] | None:
    """The POM that a ``relativePath`` names, if it is that parent."""
    relative = parent.value("relativePath") or "../pom.xml"
    place = normpath(join(dirname(path), relative))
    place = place if place.endswith(".xml") else join(place, "pom.xml")
    root = element_of(files.text(place) or "")
    fits = root is not None and root.value("artifactId") == parent.value("artifactId")
    return (place, root) if fits and root is not None else None


def _words(poms: Mapping[str, Pom]) -> Iterator[str]:
    """What is no release, and no module of the build."""
    own = {f"{group}:{artifact}" for pom in poms.values() for group, artifact in [_identity(pom)]}
    for pom in poms.values():
        for group, artifact, version in _named(pom):
            unknown = "${" in version and not pom.external
            if (_FLOATING.fullmatch(version) or unknown) and f"{group}:{artifact}" not in own:
                yield f"{group}:{artifact}:{version}"


def _identity(pom: Pom) -> tuple[str, str]:
    group, artifact, _ = pom.coordinates(pom.root)
    return group or pom.text(pom.root.value("parent", "groupId")), artifact


def _named(pom: Pom) -> Iterator[tuple[str, str, str]]:
    for name, group in (("dependency", ""), ("plugin", _PLUGINS), ("extension", "")):
        yield from (pom.coordinates(it, group) for it in pom.root.below(name))
    if pom.external:
        yield from (pom.coordinates(it) for it in pom.root.all("parent"))


def _repositories(
    roots: Sequence[Element], arguments: Sequence[str], files: ProjectFiles, stated: Sequence[str] = ()
) -> list[str]:
    """The repositories of a build, each by its mirror where it has one."""
    paths = [
        it
        for it in (_value(arguments, "-s", "--settings"), _value(arguments, "-gs", "--global-settings"))
        if it
    ]
    settings = [it for path in (*paths, *_SETTINGS) if (it := element_of(files.text(path) or "")) is not None]
    named = {"central": _CENTRAL}
    for root in (*settings, *roots):
        for kind in ("repository", "pluginRepository"):
            for it in root.below(kind):
                if it.value("url"):
                    named[it.value("id")] = it.value("url")
    every = [*named.items(), *(("temp", url) for url in stated)]
    mirrors = [it for one in settings for it in one.below("mirror")]
    return list(dict.fromkeys(_mirrored(name, url, mirrors) for name, url in every))


def _mirrored(name: str, url: str, mirrors: Sequence[Element]) -> str:
    for mirror in mirrors:
        patterns = [it.strip() for it in mirror.value("mirrorOf").split(",")]
        external = re.match(r"https?://(?!localhost[:/]|127\.0\.0\.1[:/])", url) is not None
        if f"!{name}" not in patterns and (
            name in patterns or "*" in patterns or ("external:*" in patterns and external)
        ):
            return mirror.value("url")
    return url
