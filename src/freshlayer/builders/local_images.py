"""The images that a builder has on this machine: what their tags led to when they were pulled."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from freshlayer.builders.base import Builder
from freshlayer.builders.process import captured
from freshlayer.errors import BuilderError, ReferenceInvalidError
from freshlayer.reference import Reference, parse, shown

_SCHEME = "docker-image://"
_SECONDS = 30.0


class LocalImage(Struct, frozen=True):
    """``digests``: under which it was pulled from its tag's repository, SHA-256 by its hexadecimal digits.

    ``platform``: ``os/arch[/variant]``.
    """

    digests: frozenset[str]
    platform: str


def name_of(reference: Reference) -> str:
    """An image's name as every builder understands it."""
    return reference.ask.removeprefix(_SCHEME)


def local_images(builder: Builder, references: Sequence[Reference]) -> dict[Reference, LocalImage]:
    """Those of the references that are here and came from their repository.

    What was only ever built or tagged here has no digest of that repository, and is left out.
    """
    by_tag: dict[str, Mapping[str, object]] = {}
    for document in _inspected(builder, [name_of(reference) for reference in references]):
        by_tag |= {tag.text: document for tag in _parsed(document.get("RepoTags"))}
    here = {reference: by_tag[reference.text] for reference in references if reference.text in by_tag}
    found = {it: LocalImage(_digests(document, it), _platform(document)) for it, document in here.items()}
    return {reference: image for reference, image in found.items() if image.digests}


def pull(builder: Builder, reference: Reference, platform: str) -> str:
    """Pull what a tag leads to now; why that failed, empty where it did not. ``platform`` may be empty."""
    wanted = ["--platform", platform] if platform else []
    done = _run(builder, ["pull", "--quiet", *wanted, name_of(reference)])
    if done is None:
        return "it can't be run"
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return shown(lines[-1] if lines else f"exit code {done.returncode}", 200) if done.returncode else ""


def _inspected(builder: Builder, names: Sequence[str]) -> list[Mapping[str, object]]:
    """One question for all. Where an image is not here, the exit code says so, and the others are told."""
    done = _run(builder, ["image", "inspect", *names], _SECONDS)
    try:
        documents = json.loads(done.stdout) if done else []
    except (ValueError, RecursionError):
        return []
    return [item for item in documents if isinstance(item, dict)] if isinstance(documents, list) else []


def _run(
    builder: Builder, words: list[str], seconds: float | None = None
) -> subprocess.CompletedProcess[bytes] | None:
    try:
        return captured([*builder.program, *words], builder.environment, seconds=seconds)
    except BuilderError:
        return None


def _digests(document: Mapping[str, object], reference: Reference) -> frozenset[str]:
    repository = _repository(reference)
    named = [item for item in _parsed(document.get("RepoDigests")) if _repository(item) == repository]
    return frozenset(item.pinned.removeprefix("sha256:") for item in named if item.pinned)


def _repository(reference: Reference) -> str:
    name = name_of(reference).partition("@")[0]
    return name if ":" not in name.rpartition("/")[2] else name.rpartition(":")[0]


def _parsed(names: object) -> Iterator[Reference]:
    for name in names if isinstance(names, Iterable) else ():
        try:
            yield parse(f"{_SCHEME}{name}")
        except ReferenceInvalidError:
            continue


def _platform(document: Mapping[str, object]) -> str:
    parts = (document.get(name) for name in ("Os", "Architecture", "Variant"))
    return "/".join(str(part) for part in parts if part)
