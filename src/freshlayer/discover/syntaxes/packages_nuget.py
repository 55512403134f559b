"""NuGet: ``dotnet add package``, ``dotnet tool install``, ``nuget install``, and projects that are restored.

A word is ``NAME@VERSION``, where the version is empty, floating or a range. Options: ``source``, one for each
source; ``prerelease``. A project without floating versions and ranges is listed: NuGet takes the lowest
version that fits, and a version never changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from posixpath import dirname, join

from msgspec.structs import replace

from freshlayer.discover.syntaxes.language_lines import LanguageLine, Listed, ProjectFiles, divided
from freshlayer.discover.syntaxes.nuget_sources import DEFAULT, Sources, sources_of
from freshlayer.discover.syntaxes.package_lines import table_of
from freshlayer.discover.syntaxes.xml_elements import Element, element_of
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason

_TABLE, _NAMES = table_of(
    """
    version,v= source,s= add-source= configfile= framework,f= package-directory= project= tool-path=
    tool-manifest= verbosity= arch,a= configuration,c= output,o,outputdirectory= runtime,r= os= property,p=
    packagesavemode= dependencyversion= prerelease no-restore,n interactive global,g local no-cache nocache
    excludeversion noninteractive force allow-downgrade create-manifest-if-needed no-build no-dependencies
    self-contained nologo disable-parallel ignore-failed-sources no-http-cache
    """
)
_RESTORING = frozenset("restore build publish run test pack msbuild".split())
_EXACT = compiled(r"\[?\s*\d{1,9}(?:\.\d{1,9}){0,3}(?:-[0-9A-Za-z.-]{1,100})?(?:\+[\w.-]{1,100})?\s*\]?")
_PROJECT = compiled(r"\.(?:cs|fs|vb)proj$")
_SOLUTION_LINE = compiled(r"\"([^\"\n]{1,300}\.(?:cs|fs|vb)proj)\"")
_PROPERTY = compiled(r"\$\(([\w.]{1,80})\)")
_MOST_PROJECTS = 50
_MOST_PARENTS = 8
Options = tuple[tuple[str, str], ...]
_FIXED = Reason("exact-version")
_LOWEST = Reason(
    "exact-version", detail="the project names the lowest version of each package, which NuGet takes"
)


def dotnet(name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """One command line; None for a command that installs nothing."""
    given = [_as_long(word) for word in arguments] if name == "nuget" else list(arguments)
    line = divided(given, _TABLE, _NAMES)
    words = [line.verb, *line.words]
    pre = (("prerelease", ""),) if "prerelease" in dict(line.options) else ()
    version = dict(line.options).get("version", "")
    match words:
        case ["add", project, "package", package]:
            at = dirname(project) if _PROJECT.search(project) else project
            return _named(package, version, sources_of(line.options, files, at or "."), pre)
        case (
            ["add", "package", package]
            | ["package", "add", package]
            | ["tool", "install" | "update", package]
        ):
            return _named(package, version, sources_of(line.options, files, "."), pre)
        case ["install", package] if name == "nuget" and not package.endswith(".config"):
            return _named(package, version, sources_of(line.options, files, "."), pre)
        case [verb, *projects] if name == "dotnet" and verb in _RESTORING:
            return _restored(projects, files, line.options)
        case _:
            return None


def _as_long(word: str) -> str:
    """``-Version`` of nuget."""
    return f"--{word[1:].lower()}" if re.fullmatch(r"-[A-Za-z]{2,30}", word) else word


def _named(package: str, version: str, sources: Sources, options: Options) -> LanguageLine:
    name, _, stated = package.partition("@")
    wanted = version or stated
    if _EXACT.fullmatch(wanted):
        return LanguageLine(listed=(Listed(f"{name} {wanted}", _FIXED),))
    return _with_sources([f"{name}@{wanted}"], sources, options)


def _with_sources(words: Sequence[str], sources: Sources, options: Options) -> LanguageLine:
    """The packages of each group of sources are a line."""
    if sources.unknown is not None:
        return LanguageLine(unknown=sources.unknown)
    groups: dict[tuple[str, ...], list[str]] = {}
    for word in words:
        groups.setdefault(sources.of(word.partition("@")[0]), []).append(word)
    lines = [_of_group(urls, tuple(every), options) for urls, every in groups.items()]
    return replace(lines[0], also=tuple(lines[1:]))


def _of_group(urls: tuple[str, ...], words: tuple[str, ...], options: Options) -> LanguageLine:
    if not urls:
        detail = f"nuget.config has no source for {words[0].partition('@')[0]}"
        return LanguageLine(unknown=Reason("package-source-unknown", detail=detail[:120]))
    stated = () if urls == (DEFAULT,) else urls
    return LanguageLine(words, (*(("source", url) for url in dict.fromkeys(stated)), *options))


def _restored(
    projects: Sequence[str], files: ProjectFiles, options: Sequence[tuple[str, str]]
) -> LanguageLine | None:
    found = list(dict.fromkeys(_projects(projects[0] if projects else ".", files)))[:_MOST_PROJECTS]
    roots = [(path, root) for path in found if (root := element_of(files.text(path) or "")) is not None]
    if not roots or len(roots) < len(found):
        return None
    references = [it for path, root in roots for it in _references(path, root, files)]
    unclear = next((f"{name} {version}" for name, version in references if "$(" in version), "")
    if unclear:
        return LanguageLine(unknown=Reason("package-word-unclear", detail=unclear[:80]))
    words = [f"{name}@{version}" for name, version in references if version and not _EXACT.fullmatch(version)]
    if not words:
        return LanguageLine(listed=(Listed(f"NuGet packages of {found[0]}", _LOWEST),))
    sources = sources_of(options, files, dirname(found[0]) or ".")
    return _with_sources(list(dict.fromkeys(words)), sources, ())


def _projects(word: str, files: ProjectFiles) -> Iterator[str]:
    """The project that a command names, those of a solution, or those of the directory."""
    word = word.replace("\\", "/")
    if _PROJECT.search(word):
        yield word
    elif word.endswith(".sln"):
        for listed in _SOLUTION_LINE.findall(files.text(word) or ""):
            yield join(dirname(word), listed.replace("\\", "/"))
    else:
        names = sorted(files.names(word))
        solutions = [name for name in names if name.endswith(".sln")]
        for name in solutions or [it for it in names if _PROJECT.search(it)]:
            yield from _projects(join(word, name), files)


def _references(path: str, root: Element, files: ProjectFiles) -> Iterator[tuple[str, str]]:
    """(name, version) of each package that a project names; the version may be central."""
    shared = [
        it
        for name in ("Directory.Packages.props", "Directory.Build.props")
        for it in _above(path, name, files)
    ]
    roots = [root, *shared]
    properties = {
        it.name: it.text.strip()
        for one in roots[::-1]
        for group in one.below("PropertyGroup")
        for it in group.children
    }
    central = {
        it.attribute("Include").lower(): it.attribute("Version") or it.value("Version")
        for one in shared
        for it in one.below("PackageVersion")
    }
    for one in roots:
        for it in one.below("PackageReference"):
            name = it.attribute("Include") or it.attribute("Update")
            stated = it.attribute("VersionOverride") or it.attribute("Version") or it.value("Version")
            version = stated or central.get(name.lower(), "")
            yield name, _PROPERTY.sub(lambda match: properties.get(match[1], match[0]), version).strip()


def _above(path: str, name: str, files: ProjectFiles) -> Iterator[Element]:
    """The nearest file of that name above a project."""
    directory = files.path(dirname(path) or ".")
    for _ in range(_MOST_PARENTS):
        text = files.text(join(directory, name))
        root = element_of(text) if text is not None else None
        if root is not None:
            yield root
            return
        directory = dirname(directory)
