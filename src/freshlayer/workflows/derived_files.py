"""Derived Dockerfiles: with the keys of a report and the digests of images, and nothing else changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from freshlayer.builders.base import DerivedFile
from freshlayer.builders.invocation import Invocation
from freshlayer.context import Source
from freshlayer.context.dockerignore import ignore_file, read_rules
from freshlayer.dockerfile.inject import FileMount, Mechanism, NamedImage, inject
from freshlayer.dockerfile.syntax import syntax_image
from freshlayer.model.base_image import ImagePin
from freshlayer.model.report import Report
from freshlayer.workflows.target import Target

if TYPE_CHECKING:
    from freshlayer.context.classic import ClassicContext


def derived(
    source: Source,
    report: Report,
    mechanism: Mechanism,
    pins: Iterable[ImagePin],
    checksums: Mapping[int, str] | None = None,
    files: Mapping[int, Sequence[FileMount]] | None = None,
) -> bytes:
    """The Dockerfile with the keys of a report and digests behind its images, and nothing else changed.

    ``checksums``: of ADDs, by line. ``files``: that RUNs see, by line.
    """
    keys = {item.line: item.key for item in report.instructions if item.key}
    images = [NamedImage(pin.line, pin.via, pin.written, pin.digest) for pin in pins]
    found = inject(source.text, keys, mechanism, images, checksums, files)
    return found.text.encode("utf-8", "surrogateescape")


def derived_files(
    targets: Mapping[str, Target],
    reports: Mapping[str, Report],
    pins: Mapping[str, tuple[ImagePin, ...]],
    checksums: Mapping[str, Mapping[int, str]],
    invocation: Invocation,
) -> dict[str, DerivedFile]:
    """Target → its Dockerfile with keys and pins, where there is one of them. Raises ContextError.

    What came from standard input is there once, so that the builder gets it in any case.
    """
    return {
        name: _derived_file(
            target.source,
            reports[name],
            invocation.mechanism(syntax_of(target.source)),
            pins[name],
            checksums[name],
        )
        for name, target in targets.items()
        if target.source.read_once
        or pins[name]
        or checksums[name]
        or any(item.key for item in reports[name].instructions)
    }


def _derived_file(
    source: Source,
    report: Report,
    mechanism: Mechanism,
    pins: Iterable[ImagePin],
    checksums: Mapping[int, str],
) -> DerivedFile:
    """Raises ContextError where the ignore file of this Dockerfile can't be used."""
    ignore = ignore_file(source.path) if source.path else None
    files, secrets = _pin_files(report)
    return DerivedFile(
        content=derived(source, report, mechanism, pins, checksums, files),
        name=source.path.name if source.path else "Dockerfile",
        ignore=ignore if ignore and read_rules(ignore) is not None else None,
        inline=source.path is None,
        open_context=partial(_classic_context, source),
        secrets=secrets,
    )


def _pin_files(report: Report) -> tuple[dict[int, list[FileMount]], dict[str, bytes]]:
    """What RUNs see of the pins of packages, as ``file_mounts`` has it."""
    if report.packages_wanted is None or not report.packages_wanted.pins:
        return {}, {}
    from freshlayer.workflows.package_pins import file_mounts  # noqa: PLC0415 - few builds have any

    return file_mounts(report)


def _classic_context(source: Source, *, as_before_23: bool) -> ClassicContext:
    """What the classic builder is sent; no other builder needs what makes it."""
    from freshlayer.context.classic import ClassicContext  # noqa: PLC0415 - see above

    return ClassicContext.of(source.context, dockerfile=source.path, as_before_23=as_before_23)


def syntax_of(source: Source) -> str:
    """The image that ``# syntax=`` names."""
    return syntax_image(source.text)
