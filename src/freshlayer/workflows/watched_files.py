"""The Dockerfiles of a service: found, read, and read again once they changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.context.file_versions import FileVersion, versions_of
from freshlayer.discover.analysis import Ttls
from freshlayer.reference import Reference
from freshlayer.settings import Policy
from freshlayer.workflows.batch import Batch, Candidate, Packed, Reader, ReadFailure, packed
from freshlayer.workflows.observe import Due, ImageNeeds

_SETTINGS = ("freshlayer.toml", "pyproject.toml")


class _File(Struct, frozen=True):
    """``read_at``: by the monotonic clock. ``packed``: None where it can't be read."""

    versions: tuple[FileVersion, ...]
    read_at: float
    packed: Packed | None


class WatchedFiles:
    """By path. ``reread``: seconds after which a file is read again in any case.

    It may execute scripts of its context, whose changes are not looked for.
    """

    def __init__(self, reread: float) -> None:
        self._reread = reread
        self._files: dict[str, _File] = {}
        self.ttls = Ttls()
        self.mentions: dict[Reference, set[str]] = {}

    def __len__(self) -> int:
        return len(self._files)

    @property
    def names(self) -> list[str]:
        """The paths of those that could be read."""
        return [name for name, file in self._files.items() if file.packed is not None]

    def refresh(
        self, wanted: Iterable[Candidate], reader: Reader, now: float, unread: Callable[[str], None]
    ) -> set[str]:
        """Read what is new or changed; the paths of it. What is not wanted any more is forgotten.

        ``unread`` gets why one can't be read, once for each of its versions.
        """
        files: dict[str, _File] = {}
        changed: set[str] = set()
        for candidate in wanted:
            name = candidate.file or candidate.context
            before = self._files.get(name)
            files[name] = self._current(candidate, name, before, reader, now, unread)
            if before is None or files[name].packed is not before.packed:
                changed.add(name)
        gone = self._files.keys() - files.keys()
        self._files = files
        if changed or gone:
            self._count_mentions()
        return changed

    def _current(
        self,
        candidate: Candidate,
        name: str,
        before: _File | None,
        reader: Reader,
        now: float,
        unread: Callable[[str], None],
    ) -> _File:
        path = Path(name)
        places = [path, *(path.parent / settings for settings in _SETTINGS)]
        versions = versions_of(places, before.versions if before else ())
        same = before is not None and all(map(FileVersion.same_as, versions, before.versions))
        if before is not None and same and now - before.read_at < self._reread:
            return _File(versions, before.read_at, before.packed)
        read = packed(reader, candidate)
        if isinstance(read, ReadFailure):
            if not same:
                unread(str(read.reason))
            return _File(versions, now, None)
        return _File(versions, now, read)

    def _count_mentions(self) -> None:
        self.ttls, self.mentions = Ttls(), {}
        for name, file in self._files.items():
            for reference, ttl in file.packed.ttls.items() if file.packed else ():
                self.ttls.add(reference, ttl)
                self.mentions.setdefault(reference, set()).add(name)

    def due(
        self, references: Collection[Reference], usual: Policy, platforms: tuple[str, ...]
    ) -> Iterator[tuple[Policy, Due]]:
        """What to probe now: each reference once.

        What several Dockerfiles name is probed with the limits of the service and the approved ``hosts`` of
        one of them: no checkout decides how the references of others are probed.
        """
        left, images = set(references), ImageNeeds()
        names = {name for reference in references for name in self.mentions.get(reference, ())}
        groups: list[tuple[Policy, dict[Reference, int]]] = []
        read_ = sorted(self._read(sorted(names)), key=lambda it: (it.policy or usual).hosts == usual.hosts)
        for read in read_:
            images.add(read.images)
            own = read.policy or usual
            for reference in (it for it in read.ttls if it in left):
                shared = len(self.mentions[reference]) > 1
                policy = replace(usual, hosts=own.hosts) if shared else own
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
        for name in names:
            file = self._files.get(name)
            if file is not None and file.packed is not None:
                yield file.packed
