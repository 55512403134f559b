"""Golden table: what a command reads from a registry."""

from __future__ import annotations

import pytest

from freshlayer.discover.commands import of_script
from freshlayer.discover.syntaxes.found import Found, Missed
from freshlayer.model.reasons import Reason
from testing.scripts import surroundings

OTHERS = Reason("other-platforms")
TAGS = Reason("every-tag")

READS = [
    "skopeo copy docker://ghcr.io/o/app:1 dir:/app",
    "skopeo --insecure-policy copy --src-tls-verify=false docker://ghcr.io/o/app:1 oci:/app",
    "skopeo copy --src-creds user:password --format oci docker://ghcr.io/o/app:1 dir:/app",
    "skopeo copy -f v2s2 -q docker://ghcr.io/o/app:$V docker://elsewhere.example/o/app:1",
    "skopeo inspect --no-tags docker://ghcr.io/o/app:1 | jq -r .Digest",
]


@pytest.mark.parametrize("script", READS)
def test_skopeo_reads_its_first_operand_where_a_registry_has_it(script: str) -> None:
    findings = list(of_script(script, surroundings({"V": "1"})))
    assert findings == [("skopeo", Found("docker-image://ghcr.io/o/app:1"))]


@pytest.mark.parametrize(
    "script",
    [
        "skopeo copy oci:/app docker://ghcr.io/o/app:1",
        "skopeo login -u user -p password ghcr.io",
        "skopeo copy",
        "skopeo --version",
        "apt-get install -y skopeo",
    ],
)
def test_what_skopeo_writes_or_keeps_is_no_input(script: str) -> None:
    findings = [finding for _, finding in of_script(script, surroundings({}))]
    assert not any("docker://" in finding.text or "image://" in finding.text for finding in findings)


@pytest.mark.parametrize(
    ("script", "text", "reason"),
    [
        ("skopeo copy --all docker://o/app dir:/app", "docker://o/app", OTHERS),
        ("skopeo --override-arch arm64 copy docker://o/app dir:/app", "docker://o/app", OTHERS),
        ("skopeo inspect --raw docker://o/app", "docker://o/app", OTHERS),
        ("skopeo list-tags docker://o/app", "skopeo list-tags docker://o/app", TAGS),
        ("crane export o/app - | tar x", "crane export o/app -", Reason("program-not-probed", "crane")),
        ("oras pull ghcr.io/o/app:1", "oras pull ghcr.io/o/app:1", Reason("program-not-probed", "oras")),
    ],
)
def test_what_is_read_otherwise_is_listed(script: str, text: str, reason: Reason) -> None:
    assert [finding for _, finding in of_script(script, surroundings({}))] == [Missed(text, reason)]
