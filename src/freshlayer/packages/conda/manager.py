"""The member of ``PackageManager`` for conda, mamba and micromamba.

An environment is solved as a whole, for the build of a package is decided by those beside it. Under the
policy ``named`` only what the command names is an input.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import BinaryIO

from msgspec.structs import replace

from freshlayer.lazy_regex import compiled
from freshlayer.model.base_image import BaseImage
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import (
    ChosenPackage,
    Entries,
    IndexAnswers,
    IndexFile,
    PackageChain,
    PackageCommand,
    Resolution,
    Resolutions,
)
from freshlayer.model.reasons import Reason
from freshlayer.packages.conda.builds import Build, Builds, TooManyComparisonsError
from freshlayer.packages.conda.channels import Channels, channels_of
from freshlayer.packages.conda.environments import Wish, wishes
from freshlayer.packages.conda.records import read_repodata, read_shard, read_shards
from freshlayer.packages.conda.repodata import MANAGER, Repodata, UnansweredError
from freshlayer.packages.conda.solver import UnsolvableError, solved
from freshlayer.packages.conda.specs import Spec, spec_of
from freshlayer.packages.in_step import Steps, in_step
from freshlayer.packages.named.member import resolution

_MOST_ROUNDS = 48
_MOST_FILES = 4000
_PLATFORMS = {
    "amd64": "linux-64",
    "386": "linux-32",
    "arm64": "linux-aarch64",
    "arm": "linux-armv7l",
    "ppc64le": "linux-ppc64le",
    "s390x": "linux-s390x",
    "riscv64": "linux-riscv64",
}
_MACHINES = {"linux-64": "x86_64", "linux-aarch64": "aarch64", "linux-ppc64le": "ppc64le"}
_SUBDIR = compiled(r"[a-z]+-\w{1,20}")


class Conda:
    """Channels with shards (CEP 16), or with ``repodata.json``."""

    name = MANAGER

    def resolve(
        self, chain: PackageChain, base: BaseImage
    ) -> Generator[tuple[IndexFile, ...], IndexAnswers, Resolutions]:
        """The indexes of all channels, then the shards of what is needed."""
        every = {
            (run.number, place): _of_wish(wish, run.architecture, base, run.policy, chain.until)
            for place, (run, wish) in enumerate(wishes(_own(chain)))
        }
        found = yield from in_step(every)
        by_run: dict[int, list[Resolution]] = {}
        for (number, _), item in found.items():
            by_run.setdefault(number, []).append(item)
        return {number: _of_environments(items) for number, items in by_run.items()}

    def entries(self, kind: str, content: BinaryIO, scratch: BinaryIO) -> Entries:
        """Those of an index of shards, of a shard, or of repodata."""
        if kind == "shards":
            return read_shards(content)
        return read_shard(content) if kind == "shard" else read_repodata(content, scratch)


def _of_environments(items: Sequence[Resolution]) -> Resolution:
    """Of all commands of a run; a package that two environments have differently has all its versions."""
    found = resolution(items)
    every: dict[str, dict[str, str]] = {}
    for one in (it for item in items for it in item.packages):
        every.setdefault(one.purl, {})[one.version] = one.digest
    return replace(
        found,
        packages=tuple(
            replace(it, version=", ".join(sorted(own)), digest="+".join(sorted(own.values())))
            if len(own := every[it.purl]) > 1
            else it
            for it in found.packages
        ),
    )


def _own(chain: PackageChain) -> PackageChain:
    runs = (
        replace(run, commands=tuple(it for it in run.commands if it.manager == MANAGER)) for run in chain.runs
    )
    return replace(chain, runs=tuple(runs))


def _of_wish(
    wish: Wish, architecture: str, base: BaseImage, policy: PackagePolicy, until: int
) -> Steps[Resolution]:
    command = wish.command
    if command.unknown is not None:
        return Resolution(problem=command.unknown)
    unclear = next((word for word in command.words if spec_of(word) is None), None)
    if unclear is not None:
        return Resolution(
            problem=Reason("package-word-unclear", detail=f"{unclear[:80]!r} is not a requirement")
        )
    channels = channels_of(command, wish.configuration, base.reference)
    if isinstance(channels, Reason):
        return Resolution(problem=channels)
    platform = _platform(command, architecture)
    repodata = Repodata(channels.urls, platform, until)
    problem = yield from repodata.indexes()
    if problem is not None:
        return Resolution(problem=problem, unreachable=problem.code != "package-source-unknown")
    builds = Builds(repodata.of, channels, _virtual(command, platform))
    try:
        found = yield from _environment(wish, repodata, builds)
    except TooManyComparisonsError:
        problem = Reason("closure-unknown", detail="the channels have too many builds")
        return Resolution(problem=problem)
    if isinstance(found, Resolution):
        return found
    every = _chosen(command, found, channels)
    return Resolution(tuple(it for it in every if it.named or policy is PackagePolicy.CLOSURE))


_Environment = Mapping[str, tuple[Build, str]]


def _environment(wish: Wish, repodata: Repodata, builds: Builds) -> Steps[_Environment | Resolution]:
    """The builds of an environment; what earlier commands name is left out where nothing fits with it."""
    named = [spec for word in wish.command.words if (spec := spec_of(word))]
    earlier = [spec for word in wish.before if (spec := spec_of(word))]
    found = yield from _solution([*named, *earlier], repodata, builds)
    if earlier and isinstance(found, Resolution) and not found.unreachable:
        return (yield from _solution(named, repodata, builds))
    return found


def _solution(wanted: Sequence[Spec], repodata: Repodata, builds: Builds) -> Steps[_Environment | Resolution]:
    for _ in range(_MOST_ROUNDS):
        _walk(wanted, builds)
        if not repodata.missing:
            try:
                return solved(builds, wanted)
            except UnsolvableError:
                return Resolution(problem=_none_fits(wanted, builds))
            except UnansweredError:
                pass
        if repodata.requested + len(repodata.missing) > _MOST_FILES:
            break
        problem = repodata.take((yield tuple(repodata.missing)))
        if problem is not None:
            return Resolution(problem=problem, unreachable=True)
    return Resolution(
        problem=Reason("closure-unknown", detail=f"it needs more than {_MOST_FILES} files of the channels")
    )


def _walk(wanted: Sequence[Spec], builds: Builds) -> None:
    """Note what is missing where the best builds of each package are taken."""
    waiting, seen, specs = deque(wanted), set[str](), dict[str, list[Spec]]()
    while waiting:
        spec = waiting.popleft()
        known = specs.setdefault(spec.name, [])
        known.append(spec)
        if spec.optional or spec.name in seen:
            continue
        seen.add(spec.name)
        try:
            best = next(builds.groups(builds.fitting(known) or builds.fitting([spec])), [])
        except UnansweredError:
            continue
        waiting.extend(dict.fromkeys(it for build in best for it in build.needs))


def _none_fits(wanted: Sequence[Spec], builds: Builds) -> Reason:
    absent = next((it.name for it in wanted if not builds.fitting([it])), "")
    if absent:
        return Reason("package-not-found", detail=f"no build of {absent} fits")
    return Reason("package-not-found", detail="no builds fit together")


def _chosen(command: PackageCommand, found: _Environment, channels: Channels) -> Iterator[ChosenPackage]:
    words = {spec.name: word for word in command.words if (spec := spec_of(word))}
    for name, (build, parent) in sorted(found.items()):
        record = build.record
        if record is not None:
            by = words.get(name, parent)
            version = f"{record.version}={record.build}"
            digest = record.digest or f"url:{channels.urls[build.place]}"
            yield ChosenPackage(f"pkg:conda/{name}", name, version, digest, by, named=name in words)


def _platform(command: PackageCommand, architecture: str) -> str:
    stated = dict(command.options).get("platform", "")
    if _SUBDIR.fullmatch(stated):
        return stated
    name, _, variant = architecture.partition("/")
    if name == "arm" and variant == "v6":
        return "linux-armv6l"
    return _PLATFORMS.get(name, f"linux-{name}")


def _virtual(command: PackageCommand, platform: str) -> dict[str, str]:
    """The virtual packages of a system: of its C library and kernel no version is known, so that any fits."""
    system = platform.partition("-")[0]
    machine = _MACHINES.get(platform, "")
    found = {"__archspec": f"1={machine}" if machine else "", f"__{system}": ""}
    found |= {} if system == "win" else {"__unix": ""}
    found |= {"__glibc": ""} if system == "linux" else {}
    return found | {name: value for name, value in command.options if name.startswith("__")}


CONDA = Conda()
