"""What one Dockerfile reads, as the part of a lock file that is about it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from freshlayer.context import Source
from freshlayer.decisions.locked_packages import is_known, managers_of, packed
from freshlayer.evidence.images import MANIFEST, index_in, manifest_for, spelled, value_of, with_algorithm
from freshlayer.lock.lock_file import user_name
from freshlayer.model.build import InstructionVerdict, Pairs
from freshlayer.model.evidence import Evidence, Identity, Strength
from freshlayer.model.lock import (
    Lock,
    LockedDockerfile,
    LockedInput,
    LockedPackages,
    LockUser,
    NotRead,
)
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.package_references import manager_of
from freshlayer.model.report import Report
from freshlayer.reference import Reference
from freshlayer.workflows.lock_reads import LockReader, Reads, reads_of
from freshlayer.workflows.pins import evidence_of
from freshlayer.workflows.target import Target

_SHA256 = "sha256"
_LENGTH = "length"
_LOCAL = "local-image"
_ELSEWHERE = "package-index"
"""Reason code of a command whose packages are those of the instruction that reads their index."""


def name_of(path: Path, source: Source) -> str:
    """The name of a Dockerfile in a lock file."""
    return user_name(path, source.path) if source.path else source.shown


def part_of(
    described: LockedDockerfile, target: Target, report: Report, policies: Mapping[str, PackagePolicy]
) -> Lock:
    """The part of a lock file about one Dockerfile, from its report for these platforms."""
    plain = replace(target, local=frozenset()).watched
    named = reads_of(described.path, plain, policies)
    reader = LockReader(described.path, plain)
    found = reader.reads(report.inputs, report.not_watched, report.package_chains)
    found = replace(found, inputs=_with_local(found, named, target.local))
    platforms = target.request.platforms
    read_for = target.analysis.platforms_of_images(platforms)
    inputs = [
        item
        for it, users in found.inputs.items()
        for item in _entries(it, users, named.inputs.get(it, ()), read_for.get(it, platforms), report)
    ]
    return Lock(
        dockerfiles=(described,),
        inputs=tuple(inputs),
        packages=tuple(_blocks(found, named, report, target.request.platform)),
        unwatched=tuple(
            dict.fromkeys(replace(it, learned=it not in named.unwatched) for it in found.unwatched)
        ),
        not_read=tuple(dict.fromkeys(_not_read(named, found))),
    )


def _with_local(
    found: Reads, named: Reads, local: Collection[Reference]
) -> dict[Reference, tuple[LockUser, ...]]:
    """With images of this machine alone, which another machine may have too: no lock covers them."""
    return {**{it: users for it, users in named.inputs.items() if it in local}, **found.inputs}


def _not_read(named: Reads, found: Reads) -> Iterator[NotRead]:
    """What the Dockerfile alone seems to read, and does not."""
    for reference, users in named.inputs.items():
        others = set(users) - set(found.inputs.get(reference, ()))
        yield from (NotRead(used_by=user, reference=reference.text) for user in sorted(others))
    for user, manager, commands in named.packages:
        if (user, manager, commands) not in found.packages:
            yield NotRead(used_by=user, text="; ".join(commands), reason=manager)
    for it in named.unwatched:
        if it not in found.unwatched:
            yield NotRead(used_by=it.used_by, text=it.text, reason=it.reason)


def _entries(
    reference: Reference,
    users: tuple[LockUser, ...],
    named: Collection[LockUser],
    platforms: tuple[str, ...],
    report: Report,
) -> Iterator[LockedInput]:
    """One; of an image by tag one for each platform that it is read for."""
    verdict = report.verdicts.get(reference)
    known = LockedInput(
        reference=reference.text,
        identity=verdict.identity if verdict else None,
        used_by=tuple(user for user in users if user in named),
        learned_by=tuple(user for user in users if user not in named),
    )
    by_platform = reference.kind == "image" and not reference.pinned
    if verdict is None or verdict.identity is None:
        known = replace(known, reason=verdict.reason.code if verdict else _LOCAL)
        several = (replace(known, platform=spelled(it)) for it in platforms)
        yield from several if by_platform else (known,)
    elif by_platform:
        yield from _of_image(known, verdict.identity, platforms, evidence_of(report, reference))
    else:
        yield _with_body(known, evidence_of(report, reference))


def _of_image(
    known: LockedInput, seen: Identity, platforms: tuple[str, ...], evidence: tuple[Evidence, ...]
) -> Iterator[LockedInput]:
    index, _ = index_in(evidence)
    for platform in platforms:
        manifest = manifest_for(evidence, platform) or (seen.value if len(platforms) == 1 else "")
        yield replace(
            known,
            platform=spelled(platform),
            identity=Identity(MANIFEST, manifest, Strength.CONTENT) if manifest else None,
            index=with_algorithm(index),
            reason="" if manifest else "platform-absent",
        )


def _with_body(item: LockedInput, evidence: tuple[Evidence, ...]) -> LockedInput:
    """With what the origin states about the bytes."""
    digest, length = value_of(evidence, _SHA256), value_of(evidence, _LENGTH)
    is_digest = len(digest) == 64 and set(digest) <= set("0123456789abcdef")
    is_length = length.isascii() and length.isdecimal() and len(length) < 15
    return replace(item, sha256=digest if is_digest else "", size=int(length) if is_length else None)


def _blocks(found: Reads, named: Reads, report: Report, platform: str) -> Iterator[LockedPackages]:
    verdicts = _by_place(report)
    for place, (user, manager, commands) in enumerate(found.packages):
        item = verdicts.get(place)
        block = LockedPackages(
            used_by=user,
            manager=manager,
            platform=",".join(sorted(map(spelled, platform.split(",")))),
            commands=commands,
            learned=(user, manager, commands) not in named.packages,
        )
        verdict = next((it for it in item.packages if it.manager == manager), None) if item else None
        pairs = _pairs(item, manager)
        if verdict is None:
            yield replace(block, reason=_ELSEWHERE)
        elif is_known(pairs):
            source, packages = packed(pairs)
            yield replace(block, source=source, packages=packages)
        else:
            yield replace(block, reason=verdict.problem.code if verdict.problem else _ELSEWHERE)


def _pairs(item: InstructionVerdict | None, manager: str) -> Pairs:
    return tuple(pair for pair in item.pairs if manager_of(pair[0]) == manager) if item else ()


def _by_place(report: Report) -> dict[int, InstructionVerdict]:
    """Place in ``found.packages`` → its instruction."""
    runs = {run.number: run for chain in report.package_chains for run in chain.runs}
    by_line = {item.line: item for item in report.instructions}
    places: dict[int, InstructionVerdict] = {}
    place = 0
    for _, run in sorted(runs.items()):
        for _manager in managers_of(run):
            if run.line in by_line:
                places[place] = by_line[run.line]
            place += 1
    return places
