"""What the package commands of any number of Dockerfiles would install now.

Their managers' generators run in step, so that each index file is requested and parsed once for all; chains
that are alike are resolved once.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from freshlayer.credentials import netloc_of
from freshlayer.discover.analysis import Analysis
from freshlayer.discover.directives import NO_DIRECTIVES
from freshlayer.discover.package_advice import needed_upgrades
from freshlayer.errors import internal
from freshlayer.model.base_image import BaseContents, BaseImage, Bases, ImageConfig
from freshlayer.model.inputs import Advice, NotWatched
from freshlayer.model.package_policy import PackagePolicy, widest
from freshlayer.model.package_references import as_a_whole
from freshlayer.model.packages import (
    READS_NOTHING,
    ChosenPackage,
    IndexAnswers,
    IndexFile,
    PackageAction,
    PackageChain,
    PackageRun,
    PackagesRead,
    PackagesWanted,
    Resolution,
    Resolutions,
    with_wider,
)
from freshlayer.model.reasons import Reason, about, hint_of
from freshlayer.packages import MANAGERS, WITHOUT_CONTENTS
from freshlayer.reference import Reference

if TYPE_CHECKING:
    from freshlayer.workflows.index_files import IndexFiles

_MOST_ROUNDS = 64
_LONGEST = 200
_SCRATCH = "scratch"
_CHOOSING = frozenset(PackageAction) - READS_NOTHING - {PackageAction.UPDATE}
_FOR_GOOD = frozenset(
    {"base-format-unsupported", "base-layer-invalid", "base-limit-reached", "base-too-large"}
)
"""Why an image can't be read, now and later."""

_Resolving = Generator[tuple[IndexFile, ...], IndexAnswers, Resolutions]
Found = Mapping[int, tuple[PackagesRead, ...]]
"""Instruction number → its packages, by manager."""


class _Part(Struct, frozen=True):
    """The commands of one manager in a chain. ``key``: equal where the answer is."""

    manager: str
    chain: PackageChain
    base: BaseImage
    key: str

    @property
    def lacks_base(self) -> bool:
        """Whether the base image decides the answer, and is not known: its environment may name an index."""
        if self.manager in WITHOUT_CONTENTS:
            return self.base.why_not is not None and self.base.config == ImageConfig()
        return self.base.contents is None

    @property
    def named(self) -> str:
        """All texts of the user and of the base image that may name a host."""
        texts = [value for _, value in self.base.config.environment]
        for command in (command for run in self.chain.runs for command in run.commands):
            texts += [
                command.text,
                *command.origins,
                *command.words,
                *(value for _, value in command.options),
            ]
            texts += [text for path, text in command.files.items() if path not in command.foreign]
        return "\n".join(texts)


class PackagesOfRun:
    """Resolves chains; what was resolved in this run is known.

    ``until``, ``archives``: as in ``PackageChain``.
    """

    def __init__(self, files: IndexFiles, until: int = 0, archives: Mapping[str, str] | None = None) -> None:
        self._files = files
        self._as_of = until, archives or {}
        self._known: dict[str, Sequence[Resolution | None]] = {}

    def read(self, wanted: Sequence[PackagesWanted]) -> list[Found]:
        """The packages of each Dockerfile, in the order of ``wanted``."""
        parts = [list(_parts(item, self._files.now, *self._as_of)) for item in wanted]
        new: dict[str, tuple[_Part, int]] = {}
        for item, found in zip(wanted, parts, strict=True):
            for part in found:
                if part.key not in self._known:
                    ttl = min(_ttls(item, part.chain), default=item.ttl)
                    new[part.key] = part, min(ttl, new[part.key][1]) if part.key in new else ttl
        self._resolve(new)
        return [self._found(found) for found in parts]

    def _resolve(self, new: Mapping[str, tuple[_Part, int]]) -> None:
        """In step: each round requests what all of them need next."""
        talks = [_Talk(part, ttl) for part, ttl in new.values()]
        for talk in talks:
            talk.advance(None)
        while open_ := [talk for talk in talks if talk.wanted is not None]:
            due: dict[IndexFile, int] = {}
            for talk in open_:
                for file in talk.requested.values():
                    due[file] = min(due.get(file, talk.ttl), talk.ttl)
            answers = self._files.answers(due)
            for talk in open_:
                talk.advance(answers)
        for talk in talks:
            numbers = [run.number for run in talk.part.chain.runs]
            self._known[talk.part.key] = [talk.found.get(number) for number in numbers]

    def _found(self, parts: Iterable[_Part]) -> Found:
        """Of several chains with one instruction, the union of what they install there."""
        found: dict[tuple[int, str], PackagesRead] = {}
        for part in parts:
            for run, resolution in zip(part.chain.runs, self._known[part.key], strict=True):
                if resolution is None:
                    continue
                key = run.number, part.manager
                own = (it.text for it in run.commands if it.action is not PackageAction.CLEAN)
                text = "; ".join(filter(None, dict.fromkeys(own)))[:_LONGEST]
                policy = resolution.policy or run.policy
                read = PackagesRead(run.number, run.line, part.manager, policy, resolution, text)
                found[key] = _joined(found[key], read) if key in found else read
        by_number: dict[int, list[PackagesRead]] = {}
        for (number, _), read in found.items():
            by_number.setdefault(number, []).append(read)
        return {number: tuple(reads) for number, reads in by_number.items()}


class _Talk:
    """A manager's generator. ``wanted`` is None once it ended, with ``found``."""

    def __init__(self, part: _Part, ttl: int) -> None:
        self.part = part
        self.ttl = ttl
        self.wanted: tuple[IndexFile, ...] | None = None
        self.found: Resolutions = {}
        self.requested: dict[IndexFile, IndexFile] = {}
        self._rounds = 0
        self._generator: _Resolving | None = None
        self._named = part.named

    def advance(self, answers: IndexAnswers | None) -> None:
        """Start it, or send it what it wanted. ``requested``: its files, as they are to be requested."""
        if self.part.lacks_base:
            why = self.part.base.why_not
            later = why is not None and why.code not in _FOR_GOOD
            self._fail(why or Reason("base-not-read"), unreachable=later)
            return
        self._rounds += 1
        try:
            self.wanted = self._step(answers)
            self.requested = {file: self._as_named(file) for file in self.wanted}
        except StopIteration as end:
            self.wanted, self.found = None, end.value
            return
        except Exception as error:  # noqa: BLE001 - the oddity of one repository must not cost the others
            detail = internal(error)[:_LONGEST]
            self._fail(Reason("internal-error", detail=detail, hint=hint_of("internal-error")))
            return
        if self._rounds > _MOST_ROUNDS:
            self._fail(Reason("resolution-too-long"))

    def _step(self, answers: IndexAnswers | None) -> tuple[IndexFile, ...]:
        if self._generator is None or answers is None:
            manager = MANAGERS[self.part.manager]()
            self._generator = manager.resolve(self.part.chain, self.part.base)
            return next(self._generator)
        return self._generator.send({file: answers[requested] for file, requested in self.requested.items()})

    def _as_named(self, file: IndexFile) -> IndexFile:
        """A host that neither the Dockerfile nor the base image names is an origin's choice.

        No answer names the host of a package of a language, which may be the manager's own.
        """
        if self.part.manager in WITHOUT_CONTENTS:
            return file
        hosts = {netloc_of(url) for url in file.urls}
        return file if all(_is_named(host, self._named) for host in hosts) else replace(file, foreign=True)

    def _fail(self, reason: Reason, *, unreachable: bool = False) -> None:
        self.wanted = None
        problem = Resolution(problem=reason, unreachable=unreachable)
        self.found = {run.number: problem for run in self.part.chain.runs if _reads(run)}


def _reads(run: PackageRun) -> bool:
    """Whether an instruction has packages that are inputs."""
    reads = any(command.action not in READS_NOTHING for command in run.commands)
    return reads and run.policy is not PackagePolicy.OFF


def _is_named(host: str, texts: str) -> bool:
    """Whether a host is in a text as a whole, and not as a part of another host's name."""
    return re.search(rf"(?<![\w.-]){re.escape(host)}(?![\w.-])", texts) is not None


def _parts(item: PackagesWanted, now: int, until: int, archives: Mapping[str, str]) -> Iterator[_Part]:
    """The chains, each of one manager that has a member."""
    for chain in item.chains:
        base = _base(chain, item.bases)
        for name in dict.fromkeys(command.manager for run in chain.runs for command in run.commands):
            if name in MANAGERS:
                own = PackageChain(chain.base, tuple(_runs(chain, name)), now, until, archives)
                yield _Part(name, own, base, _key(name, own, base))


def _ttls(item: PackagesWanted, chain: PackageChain) -> Iterator[int]:
    """Of each instruction that installs: its own, else that of the one that reads the index for it."""
    of_index = 0
    for run in chain.runs:
        own = item.ttls.get(run.number, item.ttl)
        if any(command.action is PackageAction.UPDATE or command.updates for command in run.commands):
            of_index = own
        installs = any(command.action in _CHOOSING for command in run.commands)
        if installs and run.policy is not PackagePolicy.OFF:
            yield own or of_index


def _runs(chain: PackageChain, manager: str) -> Iterator[PackageRun]:
    for run in chain.runs:
        commands = [command for command in run.commands if command.manager == manager]
        # What is not known of one command is listed; the others of the instruction are watched.
        known = [it for it in commands if it.unknown is None or it.action is PackageAction.UPDATE]
        if any(it.action in _CHOOSING for it in known):
            commands = known
        if commands:
            yield replace(run, commands=tuple(commands))


def _base(chain: PackageChain, bases: Bases) -> BaseImage:
    """Without the contents of the base, what is installed can't be known. A reason names the image."""
    reference, platform = chain.base
    if reference == _SCRATCH:
        return BaseImage(reference, platform, "", contents=BaseContents())
    base = bases.get(chain.base) or BaseImage(reference, platform, "")
    return replace(base, why_not=about(reference, base.why_not)) if base.why_not else base


def _key(manager: str, chain: PackageChain, base: BaseImage) -> str:
    """Of all that decides the answer: neither lines nor texts do."""
    runs = [
        replace(
            run,
            number=place,
            line=0,
            commands=tuple(replace(command, script=None, text="") for command in run.commands),
        )
        for place, run in enumerate(chain.runs)
    ]
    known = base.digest or (msgspec.json.encode(base.contents) if base.contents else b"")
    content = msgspec.json.encode((manager, known, base.why_not, base.platform, runs), order="deterministic")
    return sha256(content).hexdigest()


def _joined(one: PackagesRead, other: PackagesRead) -> PackagesRead:
    """What both install; a problem of either is one of the instruction."""
    first, second = one.resolution, other.resolution
    policy = widest(one.policy, other.policy)
    packages: dict[str, ChosenPackage] = {}
    for read in (other, one):
        for item in read.resolution.packages:
            own = item.policy or read.policy
            packages[item.purl] = with_wider(item, own, packages.get(item.purl))
    resolution = Resolution(
        () if first.problem or second.problem else tuple(packages[purl] for purl in sorted(packages)),
        first.problem or second.problem,
        first.unreachable or second.unreachable,
        tuple(dict.fromkeys((*first.notes, *second.notes))),
        policy,
        _unwatched(first, second),
    )
    return replace(one, policy=policy, resolution=resolution)


def _unwatched(first: Resolution, second: Resolution) -> tuple[str, ...] | None:
    if first.unwatched is None or second.unwatched is None:
        return None
    return tuple(dict.fromkeys((*first.unwatched, *second.unwatched)))


def wanted_of(analysis: Analysis, bases: Bases) -> PackagesWanted:
    """The package chains of a Dockerfile, with the base images that they start from."""
    chains = analysis.package_chains
    lines = {run.number: run.line for chain in chains for run in chain.runs}
    ttls = {number: analysis.directives.get(line, NO_DIRECTIVES).ttl for number, line in lines.items()}
    own = {chain.base: bases[chain.base] for chain in chains if chain.base in bases}
    return PackagesWanted(chains, own, ttls=ttls)


def with_unresolved(analysis: Analysis, found: Found) -> Analysis:
    """The analysis, with the packages that can't be known among what is not watched."""
    missed = [
        NotWatched(read.line, "RUN", read.text or read.manager, read.resolution.problem)
        for reads in found.values()
        for read in reads
        if read.resolution.problem and not read.resolution.unreachable
    ]
    known = analysis.discovery.not_watched
    # What the analysis can't know is listed by command already.
    listed = {(item.line, item.reason) for item in known}
    missed = [item for item in missed if (item.line, item.reason) not in listed]
    return replace(analysis, discovery=replace(analysis.discovery, not_watched=(*known, *missed)))


def advice_of(analysis: Analysis, found: Found) -> Iterator[Advice]:
    """What the managers advise, except where a comment turns the advice off."""
    for read in (read for reads in found.values() for read in reads):
        if not analysis.directives.get(read.line, NO_DIRECTIVES).no_advice:
            yield from (Advice(read.line, str(about(read.manager, note))) for note in read.resolution.notes)


def without_needed(advice: Iterable[Advice], analysis: Analysis, found: Found) -> tuple[Advice, ...]:
    """The advice without that on upgrades which bring what the base image, as it is judged, still lacks."""
    upgrading = {
        read.number
        for reads in found.values()
        for read in reads
        if any(item.before for item in read.resolution.packages)
    }
    needed = set(needed_upgrades(analysis.package_chains, upgrading))
    return tuple(item for item in advice if item not in needed)


def package_references(found: Found) -> Iterator[Reference]:
    """Every package, as the state knows it."""
    for reads in found.values():
        for read in reads:
            whole = as_a_whole(read.manager)
            texts = (whole, *(it.purl for it in read.resolution.packages))
            yield from (Reference("package", text, text) for text in texts)
