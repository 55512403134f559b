"""What an analysis is made from, and what it is: values. ``reading`` makes it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.discover.directives import NO_DIRECTIVES, Directives
from freshlayer.discover.discovery import Discovery
from freshlayer.discover.image_platforms import platforms_of_images
from freshlayer.dockerfile.model import Dockerfile, Stage
from freshlayer.model.inputs import Advice, NotWatched, RemoteInput
from freshlayer.model.reasons import Reason
from freshlayer.reference import Reference, preferred

if TYPE_CHECKING:
    from freshlayer.model.base_image import Bases, BaseWanted, ImageUse
    from freshlayer.model.downloaded_scripts import ScriptTexts
    from freshlayer.model.packages import PackageChain


class BuildRequest(Struct, frozen=True):
    """The options of a build that decide what a Dockerfile reads.

    ``platforms``: one or more of ``os/arch[/variant]``; ``host``: the builder's own, where it is known.
    ``every_earlier``: as the classic builder does, in scope and in stages. ``inherits``: whether a stage sees
    the ARGs of the one that it continues. ``network``: as in ``--network``; None where it is not known.
    ``all_stages``: those that the target does not reach as well. ``engine``: where the builder's cache is.
    ``contexts``: name → source, as of ``--build-context``.
    """

    platforms: tuple[str, ...]
    target: str = ""
    build_args: Mapping[str, str] = field(default_factory=dict)
    network: str | None = None
    builder: str = ""
    engine: str = ""
    every_earlier: bool = False
    inherits: bool = True
    host: str = ""
    all_stages: bool = False
    proxies: Mapping[str, str] = field(default_factory=dict)
    contexts: Mapping[str, str] = field(default_factory=dict)

    @property
    def platform(self) -> str:
        """For records and reports."""
        return ",".join(self.platforms)


class Ttls:
    """Seconds for which an answer is valid: the least of all Dockerfiles.

    Where Dockerfiles name one reference with different secrets, it is requested with the preferred one.
    """

    def __init__(self) -> None:
        self._known: dict[Reference, tuple[Reference, int]] = {}

    def add(self, reference: Reference, ttl: int) -> None:
        """Add one place that names a reference."""
        named, least = self._known.get(reference, (reference, ttl))
        self._known[reference] = preferred(named, reference), min(least, ttl)

    def all(self) -> dict[Reference, int]:
        """By the reference as it is requested, in the order of ``add``."""
        return dict(self._known.values())


class Analysis(Struct, frozen=True):
    """A Dockerfile, read. ``parents``: stage number → the stage that its FROM continues.

    ``package_chains``: the package commands of each stage, for each platform. ``image_uses``: where it names
    images that the builder resolves. ``names_of_base``: variables that it uses, and that a base image which
    is not known may set.
    """

    dockerfile: Dockerfile
    stages: tuple[Stage, ...]
    parents: Mapping[int, Stage | None]
    discovery: Discovery
    directives: Mapping[int, Directives]
    package_chains: tuple[PackageChain, ...] = ()
    image_uses: tuple[ImageUse, ...] = ()
    names_of_base: frozenset[str] = frozenset()

    @property
    def bases_wanted(self) -> tuple[BaseWanted, ...]:
        """The images that stages start from, and what of them could change the analysis."""
        return self.discovery.bases

    @property
    def advice(self) -> tuple[Advice, ...]:
        """Better orders of instructions, except where a comment turns the advice off."""
        from freshlayer.discover.advice import advise  # noqa: PLC0415 - of reports alone

        silent = frozenset(line for line, item in self.directives.items() if item.no_advice)
        return (*advise(self.stages, silent), *self._advice_on_packages(silent))

    def _advice_on_packages(self, silent: frozenset[int]) -> tuple[Advice, ...]:
        if not (self.package_chains or self.discovery.unlocked):
            return ()
        from freshlayer.discover.lock_advice import advise_on_locks  # noqa: PLC0415 - of what installs packages
        from freshlayer.discover.package_advice import advise_on_packages  # noqa: PLC0415 - the same

        settled = {n for n, it in self.directives.items() if it.ignore or it.immutable}
        locks = advise_on_locks(self.discovery.unlocked, self.package_chains, silent | settled)
        return (*advise_on_packages(self.package_chains, silent), *locks)

    @property
    def resolved(self) -> dict[int, frozenset[Reference]]:
        """Instruction number → the images that it reads through the builder, which keys its cache on them."""
        images = [it for it in self.discovery.inputs if it.reference.kind == "image"]
        read = {(it.reference, p.line) for it in images for p in it.places}
        keyed = {
            (item.reference, place.line)
            for item in images
            for place in item.places
            if not place.resolved_by_builder
        }
        found: dict[int, set[Reference]] = {}
        for use in self.image_uses:
            place = (use.reference, use.line)
            if place in read and place not in keyed:
                found.setdefault(use.number, set()).add(use.reference)
        return {number: frozenset(references) for number, references in found.items()}

    def platforms_of_images(self, platforms: tuple[str, ...]) -> dict[Reference, tuple[str, ...]]:
        """Image → the platforms for which it is read. ``platforms``: those of the build."""
        return platforms_of_images(self.discovery.inputs, self.image_uses, platforms)

    def restricted_to(self, kinds: frozenset[str], local: Collection[Reference] = ()) -> Analysis:
        """With only the kinds watched that have a probe; the rest is listed with its reason.

        ``local``: images that exist on this machine alone. The builder keys its cache on them, and no
        registry is probed for them.
        """
        if not local and not [it for it in self.discovery.inputs if it.reference.kind not in kinds]:
            return self
        inputs: list[RemoteInput] = []
        missed: list[NotWatched] = []
        for item in self.discovery.inputs:
            here = item.reference in local
            places = tuple(place for place in item.places if not (here and place.resolved_by_builder))
            if item.reference.kind in kinds:
                inputs += [RemoteInput(item.reference, places)] if places else []
                continue
            reason = Reason("kind-not-probed", item.reference.kind)
            text = str(item.reference)
            missed += [NotWatched(p.line, p.instruction, text, reason, script=p.script) for p in places]
        missing = (*self.discovery.not_watched, *missed)
        kept = replace(
            self.discovery,
            by_instruction=self._kept(inputs),
            inputs=tuple(inputs),
            not_watched=missing,
        )
        return replace(self, discovery=kept)

    def _kept(self, inputs: list[RemoteInput]) -> dict[int, tuple[Reference, ...]]:
        """Instruction number → what it reads of these inputs."""
        every = [i for stage in self.dockerfile.stages for i in (stage.start, *stage.instructions)]
        lines = {instruction.number: instruction.line for instruction in every}
        read_at = {(item.reference, place.line) for item in inputs for place in item.places}
        return {
            number: kept
            for number, found in self.discovery.by_instruction.items()
            if (kept := tuple(reference for reference in found if (reference, lines[number]) in read_at))
        }

    @property
    def ttls(self) -> dict[Reference, int]:
        """What it reads → seconds for which an answer is valid."""
        if not self.directives:
            return dict.fromkeys([it.reference for it in self.discovery.inputs], NO_DIRECTIVES.ttl)
        return {it.reference: self.ttl(it) for it in self.discovery.inputs}

    def ttl(self, item: RemoteInput) -> int:
        """Seconds for which an answer is valid: the least of its places."""
        if not self.directives:
            return NO_DIRECTIVES.ttl
        if len(item.places) == 1:
            return self.directives.get(item.places[0].line, NO_DIRECTIVES).ttl
        return min(self.directives.get(place.line, NO_DIRECTIVES).ttl for place in item.places)


class Learned(Struct, frozen=True):
    """What an analysis could not know from the Dockerfile and its context, as far as it has been read.

    ``scripts``: those that instructions download. ``bases``: the images that stages start from.
    """

    scripts: ScriptTexts = field(default_factory=dict)
    bases: Bases = field(default_factory=dict)


NOTHING_LEARNED = Learned()
