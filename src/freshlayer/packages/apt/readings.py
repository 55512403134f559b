"""What each ``apt-get update`` of a chain reads: sources, Release files, index files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.masking.urls import public_text
from freshlayer.model.packages import Index, IndexAnswer, IndexAnswers, IndexFile, PackageAction, PackageChain
from freshlayer.model.reasons import Reason
from freshlayer.packages.apt.configuration import Configuration, configuration_of
from freshlayer.packages.apt.releases import PackagesFile, packages_files, release_file, without_release
from freshlayer.packages.apt.snapshots import as_of, undated
from freshlayer.packages.apt.sources import MOST_SOURCES, Source, is_skipped, sources_of, why_not_read
from freshlayer.packages.apt.universe import File
from freshlayer.packages.apt.validity import is_expired
from freshlayer.packages.dates import written

ABSENT = frozenset({"http-not-found", "http-gone", "index-absent"})
"""Codes of answers that state that there is no such file."""


class Reading(Struct, frozen=True):
    """One update. ``place``: (number of the run, number of the command) in the chain.

    ``architectures``: the native one first. ``configuration``: of apt, as its command line has it.
    ``of_sources``: whether a later command reads source packages. ``undated``: a source of which it is not
    known what it was at the time that counts.
    """

    place: tuple[int, int]
    number: int
    sources: tuple[Source, ...]
    architectures: tuple[str, ...]
    configuration: Configuration
    of_sources: bool = False
    undated: str = ""

    @property
    def problem(self) -> Reason | None:
        """Why it can't be known what it reads."""
        if len(self.sources) > MOST_SOURCES:
            return Reason("apt-source-not-read", detail=f"there are more than {MOST_SOURCES} sources")
        if not any(source.kind == "deb" for source in self.sources):
            return Reason("apt-no-sources")
        if self.undated:
            return Reason("package-source-undated", public_text(self.undated))
        reasons = (why_not_read(source) for source in self.wanted())
        return next((reason for reason in reasons if reason is not None), None)

    def wanted(self) -> Iterator[Source]:
        """The sources that count."""
        for source in self.sources:
            if not is_skipped(source) and (source.kind == "deb" or self.of_sources):
                yield source


class Lists(Struct, frozen=True):
    """What an update read. ``problem``: why nothing is known; ``unreachable``: whether for now alone."""

    files: tuple[File, ...] = ()
    sources: tuple[Index, ...] = ()
    problem: Reason | None = None
    unreachable: bool = False


def readings_of(chain: PackageChain, architectures: Sequence[str]) -> list[Reading]:
    """The updates of a chain, in order. ``architectures``: those of the base, the native one first."""
    found: list[Reading] = []
    known = list(architectures)
    for run_number, run in enumerate(chain.runs):
        for number, command in enumerate(run.commands):
            if command.action is PackageAction.ADD_ARCHITECTURE:
                known += [word for word in command.words if word not in known]
            elif command.action is PackageAction.UPDATE and command.unknown is None:
                configuration = configuration_of(command.files, command.options)
                configured = configuration.list("APT::Architectures")
                before = found[-1].sources if found and _is_partial(configuration) else ()
                own = sources_of(command.files, known[0], configuration)
                reading = Reading(
                    (run_number, number),
                    run.number,
                    (*before, *own),
                    tuple(dict.fromkeys([known[0], *(configured or known)])),
                    configuration,
                    _reads_sources(chain, run_number, number),
                )
                found.append(_as_of(reading, chain) if chain.until else reading)
    return found


def _as_of(reading: Reading, chain: PackageChain) -> Reading:
    """The same, of the archives of that time."""
    time, archives = written(chain.until // 1000), chain.archives
    missing = undated(reading.wanted(), time, archives)
    return replace(reading, sources=tuple(as_of(reading.sources, time, archives)), undated=missing)


def _is_partial(configuration: Configuration) -> bool:
    """Whether an update leaves the lists of other sources in place."""
    return not configuration.flag("APT::Get::List-Cleanup", default=True)


def _reads_sources(chain: PackageChain, run_number: int, number: int) -> bool:
    """Whether ``build-dep`` comes behind an update."""
    behind = [command for run in chain.runs[run_number + 1 :] for command in run.commands]
    commands = [*chain.runs[run_number].commands[number + 1 :], *behind]
    return any(command.action is PackageAction.BUILD_DEP for command in commands)


def release_files(readings: Sequence[Reading]) -> tuple[IndexFile, ...]:
    """The Release files that the updates read."""
    wanted = (source for reading in readings if reading.problem is None for source in reading.wanted())
    return tuple(dict.fromkeys(release_file(source) for source in wanted))


def index_files(reading: Reading, releases: IndexAnswers) -> list[PackagesFile]:
    """The index files that an update reads, by its Release files, in apt's order."""
    found: dict[IndexFile, PackagesFile] = {}
    for source in reading.wanted():
        answer = releases.get(release_file(source))
        if isinstance(answer, Reason) or answer is None:
            files = without_release(source, reading.architectures) if source.trusted else iter(())
        else:
            files = packages_files(source, answer.get, reading.architectures)
        for file in files:
            found.setdefault(file.file, file)
    return list(found.values())


def lists_of(reading: Reading, files: Sequence[PackagesFile], answers: IndexAnswers, now: int) -> Lists:
    """What an update read, by the answers to all of its files. ``now``: in seconds since 1970, or 0."""
    problem = reading.problem
    if problem is not None:
        return Lists(problem=problem)
    for source in reading.wanted():
        answer = answers.get(release_file(source))
        if isinstance(answer, Reason) and not (source.trusted and answer.code in ABSENT):
            return _without(source.directory, answer)
        if _is_expired(reading, source, answer, now):
            return _without(source.directory, Reason("apt-release-expired"))
    packages: list[File] = []
    sources: list[Index] = []
    for file in files:
        answer = answers.get(file.file)
        if isinstance(answer, Reason):
            if file.file.optional and answer.code in ABSENT:
                continue
            return _without(file.file.urls[-1], answer)
        if answer is not None and file.file.kind == "packages":
            packages.append(File(answer, file.origin))
        elif answer is not None:
            sources.append(answer)
    return Lists(tuple(packages), tuple(sources))


def _is_expired(reading: Reading, source: Source, answer: IndexAnswer | None, now: int) -> bool:
    """Whether the update fails because the mirror is not kept up to date."""
    if answer is None or isinstance(answer, Reason):
        return False
    return is_expired(source, reading.configuration, answer.get, now)


def _without(url: str, answer: Reason) -> Lists:
    reason = Reason("apt-index-not-read", public_text(url), answer.what, answer.hint)
    return Lists(problem=reason, unreachable=answer.code not in ABSENT)
