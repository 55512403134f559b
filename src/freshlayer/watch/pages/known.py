"""What the pages keep of the report of an image: small values, and its Dockerfile compressed. Pure."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping

import msgspec
from msgspec import Struct

from freshlayer.decisions.coverage import report_coverage
from freshlayer.model.key_identities import Nonce, Tainted, Unseen, read_key_identity
from freshlayer.model.packages import PackageChange
from freshlayer.model.reasons import familiar
from freshlayer.model.report import Report
from freshlayer.report.formats.base import ReportKind
from freshlayer.report.page.bands import built_with
from freshlayer.report.page.causes import UNKNOWN, causes
from freshlayer.report.page.images import image
from freshlayer.report.page.view import Cause, ImageView

ANCHOR = "i"
_MOST_CAUSES = 50
_JSON = b"{"
"""How no packed value of ours starts."""


class Use(Struct, frozen=True):
    """An input of an image. ``reference``: as in the state; ``shown``: as users type it.

    ``identity``: short, empty where it is not known. ``code``, ``why``: the reason of its verdict. ``base``:
    whether a stage starts from it.
    """

    reference: str
    shown: str
    kind: str
    lines: tuple[int, ...]
    identity: str
    is_observed: bool
    code: str
    why: str
    base: bool = False


class Package(Struct, frozen=True):
    """A package that a build would install now."""

    manager: str
    name: str
    version: str
    security: bool


class Known(Struct, frozen=True):
    """Of one image, by its last report.

    ``view``: an ImageView, packed. ``unknown``: why inputs of it can't be probed. ``built``: whether a build
    of it is recorded. ``built_at``: when, in seconds since 1970; 0 where that is not known. ``cost``: what
    all that is stale last took, in seconds; ``kept``: the same of the rest. ``installs``: lines that install
    packages which are watched. ``before``: reference → the written identity that it was built with.
    ``changes``: package URL → its change.
    """

    platform: str
    view: bytes
    unknown: tuple[Cause, ...]
    built: bool
    built_at: int
    watched: bool
    missed: int
    covered: int
    runs: int
    cost: float
    kept: float
    uses: tuple[Use, ...]
    packages: tuple[Package, ...]
    installs: frozenset[int]
    before: Mapping[str, str]
    changes: Mapping[str, PackageChange]

    def image_view(self) -> ImageView:
        """The page of the image, as its report has it."""
        text = zlib.decompress(self.view)
        if text.startswith(_JSON):
            return msgspec.convert(json.loads(text), ImageView)
        return msgspec.msgpack.decode(text, type=ImageView)


def known_of(report: Report) -> Known:
    """What the pages need of it."""
    name = report.dockerfile
    view = image(report, ReportKind.CHECK, name, ANCHOR)
    coverage = report_coverage(report)
    built = [item for item in report.instructions if (item.stage, item.digest) in report.past.built]
    last = [report.past.history.get((item.stage, item.digest)) for item in report.instructions]
    stale = [report.past.history.get((item.stage, item.digest)) for item in report.stale]
    cost = sum(it.seconds or 0 for it in stale if it)
    found = causes(report, name, ANCHOR)
    return Known(
        platform=", ".join([*([f"target {report.target}"] if report.target else []), report.platform]),
        view=zlib.compress(_packed(view), 1),
        unknown=tuple(it for it in found if it.state == UNKNOWN)[:_MOST_CAUSES],
        built=bool(built),
        built_at=max((it.at for it in last if it), default=0),
        watched=bool(report.inputs) or any(item.packages for item in report.instructions),
        missed=sum(not item.warns and not item.accepted for item in report.not_watched),
        covered=coverage.covered,
        runs=coverage.runs,
        cost=cost,
        kept=sum(it.seconds or 0 for it in last if it) - cost,
        uses=tuple(_uses(report)),
        packages=tuple(sorted(set(_packages(report)), key=lambda it: (it.manager, it.name))),
        installs=frozenset(item.line for item in report.instructions if item.packages),
        before={
            text: old for item in built if item.changed for text, old in built_with(report, item).items()
        },
        changes={
            change.purl: change
            for item in report.instructions
            for verdict in item.packages
            for change in verdict.changes
        },
    )


def _packed(view: ImageView) -> bytes:
    """Bytes of a path or a text that are not UTF-8 are lone surrogates, which JSON alone can write."""
    try:
        return msgspec.msgpack.encode(view)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(view)).encode()


def _uses(report: Report) -> Iterator[Use]:
    for item in report.inputs:
        verdict = report.verdicts.get(item.reference)
        yield Use(
            item.reference.text,
            familiar(str(item.reference)),
            item.reference.kind,
            tuple(dict.fromkeys(place.line for place in item.places)),
            verdict.identity.short if verdict and verdict.identity else "",
            verdict is not None and verdict.is_observed,
            verdict.reason.code if verdict else "",
            verdict.reason.text if verdict else "not probed yet",
            any(place.instruction == "FROM" for place in item.places),
        )


def _packages(report: Report) -> Iterator[Package]:
    for item in report.instructions:
        for verdict in item.packages:
            for it in verdict.packages:
                yield Package(verdict.manager, it.name, it.version, it.security)


def short_identity(written: str) -> str:
    """An identity of a key, for a line of text; of a package its version. Empty where it is a mark."""
    try:
        found = read_key_identity(written)
    except ValueError:
        return written
    if isinstance(found, Unseen | Nonce):
        return ""
    identity = found.identity if isinstance(found, Tainted) else found
    return identity.value.partition("@")[0] if identity.scheme == "version" else identity.short
