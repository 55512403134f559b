"""The sources of NuGet: those that ``nuget.config`` files state, and which packages each one is for.

The rules: "Common NuGet configurations" and "Package Source Mapping" on learn.microsoft.com/nuget.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from posixpath import dirname, join, normpath

from msgspec import Struct, field

from freshlayer.discover.syntaxes.language_lines import ProjectFiles
from freshlayer.discover.syntaxes.settings_files import why_not_known
from freshlayer.discover.syntaxes.xml_elements import Element, element_of
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason

DEFAULT = "default"
"""In place of the address of nuget.org."""

_NAMES = ("nuget.config", "NuGet.config", "NuGet.Config", "Nuget.Config")
_OF_USER = (".nuget/NuGet/NuGet.Config", ".config/NuGet/NuGet.Config")
_OF_MACHINE = "/etc/opt/NuGet/Config"
_NUGET = "nuget.org"
_VARIABLE = compiled(r"%(\w{1,80})%")
_MOST_PARENTS = 40
_EXACT = 1 << 20


class Sources(Struct, frozen=True):
    """``urls``: name in small letters → address, the nearest file first.

    ``patterns``: name → the packages that the source is for; nothing is mapped where it is empty.
    ``unknown``: why they are not known.
    """

    urls: Mapping[str, str]
    patterns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unknown: Reason | None = None

    def of(self, package: str) -> tuple[str, ...]:
        """The addresses for a package: with a mapping, those whose pattern is the most specific one."""
        if not self.patterns:
            return tuple(self.urls.values())
        ranks = {
            name: max((_rank(it, package.lower()) for it in patterns), default=0)
            for name, patterns in self.patterns.items()
        }
        best = max(ranks.values())
        return tuple(url for name, url in self.urls.items() if best and ranks.get(name) == best)


def sources_of(options: Sequence[tuple[str, str]], files: ProjectFiles, directory: str) -> Sources:
    """Those of a command in a directory. ``--source`` names some of them or an address, in place of all."""
    stated = dict(options).get("configfile", "")
    known = _configured(stated, files, directory)
    named = [value for name, value in options if name == "source"]
    more = [value for name, value in options if name == "add-source"]
    if named:
        urls = {f"--source {it}": known.urls.get(it.lower(), it) for it in (*named, *more)}
        by_name = any("://" not in it for it in named)
        return Sources(urls, unknown=known.unknown if by_name else None)
    more_urls = {f"--add-source {it}": it for it in more}
    return Sources({**known.urls, **more_urls}, known.patterns, known.unknown)


def _rank(pattern: str, name: str) -> int:
    """The length of what a pattern states of a name; a whole name is above all."""
    pattern = pattern.strip().lower()
    if pattern.endswith("*"):
        return len(pattern) if name.startswith(pattern[:-1]) else 0
    return _EXACT if pattern == name else 0


def _configured(stated: str, files: ProjectFiles, directory: str) -> Sources:
    paths = [stated] if stated else list(_paths(files, directory))
    texts = dict(files.texts(dict.fromkeys(paths)))
    if (unknown := why_not_known(texts)) is not None:
        return Sources({}, unknown=unknown)
    roots = [root for text in texts.values() if (root := element_of(text)) is not None]
    urls: dict[str, str] = {}
    cleared = False
    for items, clears in _section(roots, "packageSources"):
        cleared |= clears
        for item in items:
            urls.setdefault(_key(item), _value(item, files))
    of_user = any(path.endswith(_OF_USER) for path in texts)
    if not cleared and not stated and not of_user:
        # The program writes the user's file, with this source, where there is none.
        urls.setdefault(_NUGET, DEFAULT)
    disabled: dict[str, bool] = {}
    for items, _ in _section(roots, "disabledPackageSources"):
        for item in items:
            disabled.setdefault(_key(item), item.attribute("value").lower() == "true")
    patterns: dict[str, Sequence[str]] = {}
    for items, _ in _section(roots, "packageSourceMapping"):
        for item in items:
            patterns.setdefault(_key(item), [it.attribute("pattern") for it in item.all("package")])
    enabled = {name: url for name, url in urls.items() if not disabled.get(name)}
    return Sources(enabled, patterns)


def _section(roots: Sequence[Element], name: str) -> Iterator[tuple[list[Element], bool]]:
    """(what each file adds, whether it clears what others add), the nearest file first."""
    for root in roots:
        children = [it for section in root.all(name) for it in section.children]
        clears = [place for place, it in enumerate(children) if it.name == "clear"]
        found = children[clears[-1] + 1 :] if clears else children
        yield [it for it in found if it.attribute("key")], bool(clears)
        if clears:
            return


def _key(item: Element) -> str:
    return item.attribute("key").lower()


def _value(item: Element, files: ProjectFiles) -> str:
    """An address, or a directory; ``%NAME%`` is a variable of the environment."""
    return _VARIABLE.sub(lambda it: files.variable(it[1]) or it[0], item.attribute("value"))


def _paths(files: ProjectFiles, directory: str) -> Iterator[str]:
    """The nearest first: of the directory and those above it, of the user, of the machine."""
    place = files.path(directory)
    for _ in range(_MOST_PARENTS):
        yield from (join(place, name) for name in _NAMES)
        if place == "/":
            break
        place = dirname(place)
    home = files.home
    yield from (normpath(join(home, name)) for name in _OF_USER)
    yield from (
        join(_OF_MACHINE, it) for it in sorted(files.names(_OF_MACHINE)) if it.lower().endswith(".config")
    )
