"""The Dockerfiles of a service: found, read, and read again once they changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.context.file_versions import FileVersion, versions_of
from freshlayer.discover.analysis import Ttls
from freshlayer.reference import Reference
from freshlayer.settings import Policy
from freshlayer.workflows.batch import (
    AnalysedFile,
    Batch,
    Candidate,
    Packed,
    failure,
    packed_leaf,
)
from freshlayer.workflows.observe import Due, ImageNeeds

_SETTINGS = ("freshlayer.toml", "pyproject.toml")


class Composed(Struct, frozen=True):
    """A compose or bake file, read. ``targets``: by their names in reports.

    ``files``: those that it is made of. ``warnings``: of targets that can't be watched.
    """

    targets: Mapping[str, AnalysedFile]
    files: tuple[Path, ...]
    warnings: tuple[str, ...] = ()


Reader = Callable[[Candidate], AnalysedFile | Composed]
"""Raises FreshlayerError."""


class _File(Struct, frozen=True):
    """``paths``: what it was read from. ``read_at``: by the monotonic clock. ``packed``: by name."""

    paths: tuple[Path, ...]
    versions: tuple[FileVersion, ...] = ()
    read_at: float = 0.0
    packed: Mapping[str, Packed] = field(default_factory=dict)
    builds: frozenset[str] = frozenset()


class WatchedFiles:
    """By path. ``reread``: seconds after which a file is read again in any case.

    It may execute scripts of its context, whose changes are not looked for.
    """

    def __init__(self, reread: float) -> None:
        self._reread = reread
        self._files: dict[str, _File] = {}
        self._packed: dict[str, Packed] = {}
        self.ttls = Ttls()
        self.mentions: dict[Reference, set[str]] = {}

    def __len__(self) -> int:
        return len(self._packed)

    @property
    def names(self) -> list[str]:
        """The names of those that could be read: the path, or the path of a compose file and a service."""
        return list(self._packed)

    @property
    def known_as(self) -> dict[str, str]:
        """Name → name in the state."""
        return {name: packed.known_as for name, packed in self._packed.items()}

    def refresh(
        self, wanted: Iterable[Candidate], reader: Reader, now: float, unread: Callable[[str], None]
    ) -> set[str]:
        """Read what is new or changed; the names of it. What is not wanted any more is forgotten.

        A Dockerfile that is built by a compose or bake file is watched as a target of that alone.
        ``unread`` gets why one can't be read, once for each of its versions.
        """
        files: dict[str, _File] = {}
        built: set[str] = set()
        for candidate in sorted(wanted, key=lambda it: not it.tool):
            name = candidate.file or candidate.context
            if candidate.tool or name not in built:
                files[name] = self._current(candidate, name, reader, now, unread)
                built |= files[name].builds
        self._files = files
        found = {name: it for file in files.values() for name, it in file.packed.items()}
        changed = {name for name, it in found.items() if it is not self._packed.get(name)}
        gone = self._packed.keys() - found.keys()
        self._packed = found
        if changed or gone:
            self._count_mentions()
        return changed

    def _current(
        self,
        candidate: Candidate,
        name: str,
        reader: Reader,
        now: float,
        unread: Callable[[str], None],
    ) -> _File:
        before = self._files.get(name)
        path, composed = Path(name), bool(candidate.tool)
        paths = before.paths if before else (path, *(path.parent / settings for settings in _SETTINGS))
        versions = versions_of(paths, before.versions if before else ())
        same = before is not None and all(map(FileVersion.same_as, versions, before.versions))
        if before is not None and same and now - before.read_at < self._reread:
            return replace(before, versions=versions)
        try:
            read = reader(candidate)
        except Exception as error:  # noqa: BLE001 - one Dockerfile's oddity is not to cost the others theirs
            if not same:
                unread(str(failure(error, candidate).reason))
            # A tool that fails once costs no image its place.
            return _File(
                paths, versions, now, *((before.packed, before.builds) if before and composed else ())
            )
        if isinstance(read, AnalysedFile):
            return _File(paths, versions, now, {candidate.named or name: packed_leaf(read)})
        for warning in read.warnings if not same else ():
            unread(warning)
        return _composed(read, paths, versions, now)

    def _count_mentions(self) -> None:
        self.ttls, self.mentions = Ttls(), {}
        for name, packed in self._packed.items():
            for reference, ttl in packed.ttls.items():
                self.ttls.add(reference, ttl)
                self.mentions.setdefault(reference, set()).add(name)

    def due(
        self, references: Collection[Reference], usual: Policy, platforms: tuple[str, ...]
    ) -> Iterator[tuple[Policy, Due]]:
        """What to probe now: each reference once.

        What several Dockerfiles name is probed with the limits of the service and the approved ``hosts`` of
        one of them: no checkout decides how the references of others are probed. What only strangers name is
        probed as theirs.
        """
        left, images = set(references), ImageNeeds()
        names = {name for reference in references for name in self.mentions.get(reference, ())}
        groups: list[tuple[Policy, dict[Reference, int]]] = []
        read_ = sorted(self._read(sorted(names)), key=lambda it: _rank(it.policy or usual, usual))
        for read in read_:
            images.add(read.images)
            own = read.policy or usual
            for reference in (it for it in read.ttls if it in left):
                shared = len(self.mentions[reference]) > 1
                policy = replace(usual, hosts=own.hosts, strangers=own.strangers) if shared else own
                self._group(policy, groups)[reference] = 0
                left.discard(reference)
        for policy, ttls in groups:
            needs = {it: need for it, need in images.all.items() if it in ttls}
            yield policy, Due(ttls, platforms, images=needs)

    @staticmethod
    def _group(policy: Policy, known: list[tuple[Policy, dict[Reference, int]]]) -> dict[Reference, int]:
        """Policies have no hash: there are few of them."""
        found = next((group for it, group in known if it == policy), None)
        if found is None:
            found = {}
            known.append((policy, found))
        return found

    def batches(self, names: Collection[str], usual: Policy) -> list[tuple[Batch, list[str]]]:
        """The analyses of some, by their settings, with the paths in the order of the batch."""
        found: list[tuple[Batch, list[str]]] = []
        for name in sorted(names):
            for read in self._read([name]):
                policy = read.policy or usual
                place = next((it for it in found if it[0].policy == policy), None)
                if place is None:
                    place = (Batch(policy), [])
                    found.append(place)
                place[0].add(read)
                place[1].append(name)
        return found

    def _read(self, names: Iterable[str]) -> Iterator[Packed]:
        return (self._packed[name] for name in names if name in self._packed)


def _rank(own: Policy, usual: Policy) -> tuple[bool, bool]:
    return own.strangers is not None, own.hosts == usual.hosts


def _composed(
    read: Composed, paths: tuple[Path, ...], versions: tuple[FileVersion, ...], now: float
) -> _File:
    """With the versions of all that it is made of, and of its Dockerfiles."""
    of_targets = [
        Path(os.path.abspath(it.source.path)) for it in read.targets.values() if it.source.path is not None
    ]
    beside = [path.parent / name for path in of_targets for name in _SETTINGS]
    every = tuple(dict.fromkeys([*paths, *read.files, *of_targets, *beside]))
    known = dict(zip(paths, versions, strict=True))
    more = versions_of([path for path in every if path not in known])
    versions = (*versions, *more)
    every = (*paths, *(path for path in every if path not in known))
    packed = {name: packed_leaf(leaf) for name, leaf in read.targets.items()}
    return _File(every, versions, now, packed, frozenset(map(str, of_targets)))
