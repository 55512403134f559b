"""The images that stages start from: which are wanted, and what is known of them. For one platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from posixpath import join, normpath

from msgspec import Struct

from freshlayer.discover.files.base import BaseLayer, UnreadBase
from freshlayer.discover.files.layers import Layer
from freshlayer.discover.named_contexts import named_source
from freshlayer.discover.syntaxes.found import Finding, Found
from freshlayer.dockerfile.model import Instruction, Stage
from freshlayer.dockerfile.platforms import normalised
from freshlayer.dockerfile.scope import Environment, Value
from freshlayer.dockerfile.triggers import triggers
from freshlayer.errors import ReferenceInvalidError
from freshlayer.model.base_image import BaseContents, BaseImage, Bases, BaseWanted, ImageConfig, is_configured
from freshlayer.reference import Reference, parse

_SCRATCH = "scratch"
_SH = ("/bin/sh", "-c")
_CMD = ("cmd", "/S", "/C")
_WINDOWS = ("windows", "nanoserver", "servercore")
"""In the names of Windows images, which start with cmd."""


class StageStart(Struct, frozen=True):
    """What a stage starts with: SHELL, WORKDIR, files, and PATH and USER where they are known."""

    shell: tuple[str, ...]
    directory: str
    files: Layer
    search: str = ""
    user: str = ""


class StageBases:
    """Finds the base image of a stage, and collects which images are wanted.

    ``platform``: the target's. ``contexts``: name → source of a named build context. ``references``: text →
    what it refers to, of what the Dockerfile names: an image is looked at for several reasons.
    """

    def __init__(self, bases: Bases, platform: str, contexts: Mapping[str, str], escape: str = "\\") -> None:
        self._bases = bases
        self._target = platform
        self.contexts = contexts
        self._escape = escape
        self._named: dict[int, Value] = {}
        self._platforms: dict[int, str] = {}
        self._keys: dict[int, tuple[str, str]] = {}
        self._wanted: dict[tuple[str, str], BaseWanted] = {}
        self._looked_into: dict[tuple[str, str], None] = {}
        self.references: dict[str, Reference] = {}
        self._sources: dict[str, list[Finding]] = {}

    @property
    def wanted(self) -> tuple[BaseWanted, ...]:
        """In the order of the stages."""
        return tuple(self._wanted.values())

    def named(self, stage: Stage, outer: Environment) -> Value:
        """What its FROM names, expanded."""
        found = self._named.get(stage.number)
        if found is None:
            found = self._named[stage.number] = outer.expand(stage.base, self._escape)
        return found

    def name(self, stage: Stage, outer: Environment) -> str:
        """The same; empty where it is not known."""
        found = self.named(stage, outer)
        return found if isinstance(found, str) else ""

    def platform(self, stage: Stage, outer: Environment) -> str:
        """``FROM --platform=$BUILDPLATFORM``: the stage runs there, whatever the target is."""
        if stage.number not in self._platforms:
            # Most FROM have no flag.
            named = outer.expand(stage.start.flag("platform"), self._escape) if stage.start.flags else ""
            known = isinstance(named, str) and named
            self._platforms[stage.number] = normalised(known, self._target) if known else self._target
        return self._platforms[stage.number]

    def key(self, stage: Stage, outer: Environment) -> tuple[str, str]:
        """Reference and platform; the reference is empty for what is not an image of a registry."""
        found = self._keys.get(stage.number)
        if found is None:
            name = self._canonical(self.name(stage, outer))
            found = self._keys[stage.number] = name, self.platform(stage, outer)
        return found

    def find(self, stage: Stage, outer: Environment) -> BaseImage | None:
        """What is known of the image; None for nothing."""
        key = self.key(stage, outer)
        if key[0] == _SCRATCH:
            return _scratch(key[1])
        return self._bases.get(key) if self._bases else None

    def config(self, stage: Stage, outer: Environment) -> ImageConfig | None:
        """Its configuration."""
        return _config(self.find(stage, outer))

    def managers(self, stage: Stage, outer: Environment) -> frozenset[str] | None:
        """The package managers that have a database in the image; None where that is not known."""
        found = self.find(stage, outer)
        contents = found.contents if found else None
        return frozenset((*contents.installed, *contents.unreadable)) or None if contents else None

    def start(self, stage: Stage, outer: Environment) -> StageStart:
        """What the first instruction behind a FROM finds."""
        key, found = self.key(stage, outer), self.find(stage, outer)
        config, layer = _config(found), self._layer(key, found)
        if config is None:
            name = (key[0] or stage.base).lower()
            windows = key[1].startswith("windows/") or bool([it for it in _WINDOWS if it in name])
            return StageStart(_CMD if windows else _SH, "/", layer)
        shell = config.shell or (_CMD if config.os == "windows" else _SH)
        search = dict(config.environment).get("PATH", "")
        return StageStart(shell, normpath(join("/", config.directory)), layer, search, config.user)

    def triggers(self, stage: Stage, parent: Stage | None, outer: Environment) -> tuple[Instruction, ...]:
        """What runs right behind its FROM."""
        config = None if parent else self.config(stage, outer)
        if parent is None and config is None:
            return ()
        return triggers(stage, parent, config.triggers if config else ())

    def _layer(self, key: tuple[str, str], found: BaseImage | None) -> Layer:
        """Its files."""
        if found is not None and found.contents is not None:
            return BaseLayer(found.contents)
        return UnreadBase(partial(self._looked_into.setdefault, key, None))

    def settle(self, *, decides: bool) -> None:
        """An instruction was read; ``decides``: whether what it has looked up would decide something."""
        if self._looked_into:
            for key in self._looked_into if decides else ():
                self.want(key, contents=True)
            self._looked_into.clear()

    def want(self, key: tuple[str, str], *, contents: bool = False, packages: bool = False) -> None:
        """It is wanted; its contents too where they would decide something, or for ``packages``."""
        if key[0] not in {"", _SCRATCH}:
            before = self._wanted.get(key)
            wanted = BaseWanted(*key, contents, packages)
            self._wanted[key] = wanted if before is None else _both(before, wanted)

    def sources(self, name: str) -> list[Finding]:
        """What the name of an image means."""
        found = self._sources.get(name)
        if found is None:
            found = self._sources[name] = list(named_source(name, self.contexts))
        return found

    def reference(self, text: str) -> Reference:
        """What a text refers to. Raises ReferenceInvalidError."""
        found = self.references.get(text)
        if found is None:
            found = self.references[text] = parse(text)
        return found

    def _canonical(self, base: str) -> str:
        if base == _SCRATCH and base not in self.contexts:
            return base
        found = next(iter(self.sources(base)), None) if base else None
        try:
            return self.reference(found.text).text if isinstance(found, Found) else ""
        except ReferenceInvalidError:
            return ""


def all_wanted(found: Iterable[BaseWanted]) -> tuple[BaseWanted, ...]:
    """Each image once, with all that is wanted of it."""
    wanted: dict[tuple[str, str], BaseWanted] = {}
    for item in found:
        wanted[item.key] = _both(wanted.get(item.key) or item, item)
    return tuple(wanted.values())


def _config(found: BaseImage | None) -> ImageConfig | None:
    return found.config if found and is_configured(found) else None


def _both(one: BaseWanted, other: BaseWanted) -> BaseWanted:
    """All that is wanted of an image."""
    return BaseWanted(*one.key, one.contents or other.contents, one.packages or other.packages)


def _scratch(platform: str) -> BaseImage:
    """An image without files and variables."""
    system, _, architecture = platform.partition("/")
    config = ImageConfig(architecture=architecture.partition("/")[0], os=system)
    return BaseImage(_SCRATCH, platform, "", config, BaseContents())
