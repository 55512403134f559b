"""The flag-file way: FILE's content changes if and only if an identity did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from freshlayer.decisions.verdict import judge
from freshlayer.errors import FreshlayerError
from freshlayer.evidence import compare
from freshlayer.files import bounded_read
from freshlayer.files.atomic_write import is_written_to, replace
from freshlayer.model.evidence import Evidence, Identity, Strength
from freshlayer.model.observation import Observation, Recorded, Verdict
from freshlayer.reference import Reference

_LARGEST = 16 * 1024 * 1024


class Flag(Struct, frozen=True):
    """``lines``: what the file should hold. ``kept``: verdicts of references that could not be probed."""

    lines: tuple[str, ...]
    kept: tuple[Verdict, ...]

    @property
    def content(self) -> bytes:
        return "".join(f"{line}\n" for line in self.lines).encode()


Probe = Callable[[Mapping[Reference, Recorded]], Mapping[Reference, Observation]]


def read(path: Path) -> str | None:
    """The file's content; None where there is none, or a pipe or device, which is written to.

    Raises FreshlayerError where it can't be read.
    """
    try:
        if is_written_to(path):
            return None
        return bounded_read.read_file(path, _LARGEST).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except bounded_read.UnfitFileError as error:
        raise FreshlayerError(f"{path}: {error.strerror}, not a flag file") from None
    except OSError as error:
        raise FreshlayerError(f"{path}: can't be read: {error.strerror}") from None


def of_identities(
    references: list[Reference], content: str | None, remembered: Mapping[Reference, Recorded], probe: Probe
) -> Flag:
    """One line ``identity reference`` each, sorted.

    The new identities are compared with the file itself; what is ``remembered`` only serves conditional
    requests, and only where it equals what the file states. Raises FreshlayerError where a reference can't be
    probed and the file has no line of it to keep.
    """
    recorded = _recorded(references, content or "", remembered)
    verdicts = {r: judge(recorded.get(r), seen) for r, seen in probe(recorded).items()}
    for reference in references:
        if verdicts[reference].identity is None:
            why = verdicts[reference].explanation
            raise FreshlayerError(f"{why}; the file has no line of it to keep")
    lines = sorted({f"{verdicts[r].identity} {r}" for r in references})
    return Flag(tuple(lines), tuple(v for v in verdicts.values() if not v.is_observed))


def _recorded(
    references: list[Reference], content: str, remembered: Mapping[Reference, Recorded]
) -> dict[Reference, Recorded]:
    found: dict[Reference, Recorded] = {}
    # A reference holds no blank, a tag may. What splits lines elsewhere does not split them here.
    pairs = (line.rpartition(" ") for line in content.replace("\r\n", "\n").split("\n"))
    lines = {reference: identity for identity, _, reference in pairs}
    for reference in references:
        try:
            identity = Identity.parse(lines[reference.text], Strength.STRONG)
        except (KeyError, ValueError):
            continue
        known = remembered.get(reference)
        same = known is not None and str(known.identity) == str(identity)
        found[reference] = known if known is not None and same else _alone(identity)
    return found


def _alone(identity: Identity) -> Recorded:
    """A line of the file knows no strength; a digest is content, a date is none of the strong."""
    strengths = {"etag": Strength.STRONG, "last-modified": Strength.HEURISTIC, "length": Strength.SIZE}
    digest = identity.scheme in {"sha512", "sha256", "sha1", "md5"}
    strength = Strength.CONTENT if digest else strengths.get(identity.scheme, Strength.WEAK)
    return Recorded.of(Identity(identity.scheme, identity.value, strength))


def of_entity_tag(reference: Reference, content: str | None, probe: Probe) -> Flag:
    """The bare entity tag as the origin writes it (``--format raw``).

    A tag that is the same by weak comparison leaves the file's own line. Raises FreshlayerError where the
    origin gives no tag, or can't be probed and the file holds none.
    """
    observation = probe({})[reference]
    line = (content or "").rstrip("\n")
    tag = observation.validators.entity_tag
    verdict = judge(None, observation)
    if tag:
        same = line and compare(_tag(line), _tag(tag)).same
        return Flag((line if same else tag,), ())
    if observation.evidence:
        raise FreshlayerError(
            f"{reference} gives no entity tag (leave out --format raw for another identity)"
        )
    if line:
        return Flag((line,), (verdict,))
    raise FreshlayerError(f"{verdict.explanation}; the file has no entity tag to keep")


def _tag(text: str) -> tuple[Evidence, ...]:
    """RFC 9110 §8.8.3.2: weak comparison looks at the opaque part only."""
    return (Evidence("etag", text.removeprefix("W/").removeprefix("w/").strip('"'), Strength.WEAK),)


def write(path: Path, flag: Flag, content: str | None) -> bool:
    """Replace the file where its content differs, and only then; whether it did. Raises OSError."""
    if content is not None and content.encode("utf-8", "surrogateescape") == flag.content:
        return False
    replace(path, flag.content)
    return True
