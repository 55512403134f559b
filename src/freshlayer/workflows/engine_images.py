"""Which images exist on this machine alone: no registry is probed for them, and they are not pinned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.builders.image_store import name_of
from freshlayer.evidence import images
from freshlayer.model.evidence import Evidence, Identity, Strength
from freshlayer.model.observation import Change, ProbeOutcome, Recorded, Verdict
from freshlayer.reference import Reference
from freshlayer.settings import Pull
from freshlayer.workflows.observe import probe_now
from freshlayer.workflows.session import Session

if TYPE_CHECKING:
    from freshlayer.builders.image_store import Engine, LocalImage

_HUB = "docker-image://docker.io/"
_MOST_DIGESTS = 8


class EngineImages:
    """The images of the builder's engine, read once for one run."""

    def __init__(self, engine: Engine | None, session: Session) -> None:
        self._engine = engine
        self._session = session
        self._here: dict[Reference, LocalImage] = {}
        self._takes: bool | None = None
        self._held: dict[Reference, bool] = {}

    def made_here(self, references: Iterable[Reference]) -> frozenset[Reference]:
        """Those that certainly never came from a registry, without a request to one."""
        wanted = [it for it in references if it.kind == "image" and not it.pinned]
        if self._engine is None or not wanted:
            return frozenset()
        from freshlayer.builders.local_images import local_images  # noqa: PLC0415 - where there are images

        self._here = local_images(self._engine.store, wanted)
        found = frozenset(it for it, image in self._here.items() if not image.digests)
        return found if found and self._are_taken() else frozenset()

    def unknown_to_registry(
        self, verdicts: Mapping[Reference, Verdict], recorded: Mapping[Reference, Recorded]
    ) -> frozenset[Reference]:
        """Those of the engine that their registries do not know, with a warning of each.

        An image that was made here must not be replaced by another one under its name.
        """
        if self._session.policy.pull is Pull.NEVER:
            return frozenset()
        strange = {it for it in self._here if it in verdicts and self._is_strange(it, verdicts, recorded)}
        if not strange or not self._are_taken():
            return frozenset()
        missing = {it for it in strange if self._is_missing(it, verdicts[it])}
        unknown = self._unknown({it for it in strange if verdicts[it].is_observed})
        for reference in sorted(unknown):
            self._session.warn(
                f"{name_of(reference)}: the registry has another image under this tag, and does not know the"
                " one that is here, which is used (pull the tag to have the other)"
            )
        return frozenset(missing | unknown)

    def _unknown(self, references: set[Reference]) -> set[Reference]:
        """Those of which the registry knows no digest. Storages keep digests that an image once had."""
        probed = {
            named: it
            for it in references
            for named in _by_digest(it, sorted(self._here[it].digests)[:_MOST_DIGESTS])
        }
        answers = probe_now(list(probed), {}, self._session, ())
        known = {probed[it] for it, seen in answers.items() if seen.outcome is ProbeOutcome.SEEN}
        return references - known

    def _is_missing(self, reference: Reference, verdict: Verdict) -> bool:
        """Docker Hub does not state of a name without a registry whether it exists."""
        hidden = verdict.change is Change.UNKNOWN and reference.address.startswith(_HUB)
        return verdict.change is Change.ABSENT or (hidden and not self._session.policy.offline)

    def has(self, reference: Reference, evidence: tuple[Evidence, ...]) -> bool:
        """Whether a build can start from an image without its registry, by what is recorded of it."""
        if self._engine is None:
            return False
        if not self._are_taken():
            # What its cache has is not known, and without a registry an image by its tag is not there either.
            return True
        here = self._here.get(reference)
        return here is None or bool(here.digests & digests_of(evidence)) or self._holds(reference, evidence)

    def in_place_of(self, reference: Reference, evidence: tuple[Evidence, ...]) -> Identity | None:
        """The image that a tag means here, where it is not the recorded one, and that is not here.

        BuildKit does not name a layer that docker's own store had already, so that a recorded image which
        its cache has may count as one that is not here.
        """
        if not digests_of(evidence) or self.has(reference, evidence):
            return None
        digest = min(self._here[reference].digests, default="")
        return Identity(images.MANIFEST, digest, Strength.CONTENT) if digest else None

    def _holds(self, reference: Reference, evidence: tuple[Evidence, ...]) -> bool:
        """It takes a list of the whole cache to find out."""
        if self._engine is not None and reference not in self._held:
            from freshlayer.builders.local_images import holds  # noqa: PLC0415 - where there are images

            self._held[reference] = holds(self._engine.store, reference, digests_of(evidence))
        return self._held.get(reference, False)

    def _are_taken(self) -> bool:
        """It may take a program to find out."""
        if self._takes is None:
            engine = self._engine
            self._takes = engine is not None and engine.store.takes_local_images(engine.named)
        return self._takes

    def _is_strange(
        self,
        reference: Reference,
        verdicts: Mapping[Reference, Verdict],
        recorded: Mapping[Reference, Recorded],
    ) -> bool:
        """Whether nothing shows that what is here came from its registry."""
        verdict, before = verdicts[reference], recorded.get(reference)
        known = {item for kept in (verdict.keep, before) if kept for item in digests_of(kept.evidence)}
        image = self._here[reference]
        return bool(image.digests) and not image.from_registry and image.digests.isdisjoint(known)


def digests_of(evidence: tuple[Evidence, ...]) -> frozenset[str]:
    """By which an engine may know an image: of its index, of its manifests."""
    values = (it.value.partition("/")[0] for it in evidence if not it.ignored and it.scheme != images.CREATED)
    return frozenset(value for value in values if value)


def _by_digest(reference: Reference, digests: Iterable[str]) -> Iterator[Reference]:
    """Manifests by their digests, to be requested: unlike one that a Dockerfile pins."""
    repository = reference.address.partition("@")[0].rpartition(":")[0]
    for digest in digests:
        pinned = f"{repository}@sha256:{digest}"
        yield replace(reference, address=pinned, text=pinned)
