"""Maven ``SNAPSHOT``: metadata → the file with a timestamp → the checksum beside it.

Deploying the same bytes again changes the metadata, but not the checksum.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer import evidence
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe.http import ladder as http
from freshlayer.probe.http.conditional import NOT_MODIFIED, conditionally
from freshlayer.probe.http.side_files import stated
from freshlayer.probe.network.exchange import ABSENT, WHOLE, reason_of, request_of
from freshlayer.probe.network.messages import MIB, Conversation, Means
from freshlayer.probe.network.xml import parse
from freshlayer.reference import Reference

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_METADATA = "maven-metadata.xml"
# Most frequent first: Maven itself writes SHA-1 and MD5, so the first request usually suffices.
_CHECKSUMS = ("sha1", "sha256", "sha512", "md5")


def snapshot(
    match: re.Match[str], reference: Reference, recorded: Recorded | None, means: Means
) -> Conversation:
    """The checksum of the file that a snapshot names now; without metadata, the evidence of the URL."""
    url = f"{match['directory']}/{_METADATA}"
    base = request_of(reference)
    wanted = replace(base, url=url, read=MIB, keep=True, follow=True)
    answer = yield from conditionally(wanted, recorded, means)
    if answer.status == NOT_MODIFIED and recorded is not None and recorded.validators.entity_tag:
        return Observation(reference, ProbeOutcome.NOT_MODIFIED, Reason("not-modified", _METADATA))
    if answer.status in ABSENT and not answer.error:
        return (yield from http.probe(reference, recorded, means))
    if answer.status not in WHOLE or answer.error:
        return Observation(reference, ProbeOutcome.UNKNOWN, replace(reason_of(answer), subject=_METADATA))
    name = _file(parse(answer.body), match)
    if not name:
        return Observation(reference, ProbeOutcome.ABSENT, Reason("snapshot-absent"))
    file = f"{match['directory']}/{name}"
    for scheme in _CHECKSUMS:
        digest, beside = yield from stated(base, f"{file}.{scheme}", name, scheme, means)
        if beside.error or beside.status not in WHOLE | ABSENT:
            reason = replace(reason_of(beside), subject=f"{name}.{scheme}")
            return Observation(reference, ProbeOutcome.UNKNOWN, reason)
        if digest:
            found = (Evidence(scheme, digest, Strength.CONTENT),)
            kept = evidence.validators(answer.hops[-1])
            reason = Reason("observed", detail=f"the checksum of {name}")
            return Observation(reference, ProbeOutcome.SEEN, reason, found, kept)
    return (yield from http.learn(replace(base, url=file), reference, recorded, means))


def _file(metadata: Element | None, match: re.Match[str]) -> str:
    """The name with a timestamp that a snapshot's file has now; empty where the metadata name none."""
    artifact, base, rest = match["artifact"], match["version"], match["rest"]
    if metadata is None:
        return ""
    files = list(metadata.iterfind("./versioning/snapshotVersions/snapshotVersion"))
    for item in files:
        classifier = item.findtext("classifier", "")
        suffix = f"{'-' if classifier else ''}{classifier}.{item.findtext('extension', '')}"
        if suffix == rest:
            return _safe(f"{artifact}-{item.findtext('value', '')}{rest}")
    latest = metadata.find("./versioning/snapshot")
    stamp = latest.findtext("timestamp", "") if latest is not None else ""
    # Maven 2 wrote no list of files.
    if files or latest is None or not stamp:
        return ""
    return _safe(f"{artifact}-{base}-{stamp}-{latest.findtext('buildNumber', '1')}{rest}")


def _safe(name: str) -> str:
    """The name, if it is one path segment of a URL; else empty."""
    return name if re.fullmatch(r"[\w.+~-]{1,300}", name, re.ASCII) else ""
