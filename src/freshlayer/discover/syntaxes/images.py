"""``skopeo``: images that a command reads from a registry (skopeo 1.9 … 1.18)."""

from __future__ import annotations

from collections.abc import Iterator

from freshlayer.discover.syntaxes.found import Finding, Found, Missed, Unknown, Words, written
from freshlayer.discover.syntaxes.options import Operand, OptionTable, read
from freshlayer.model.reasons import Reason

_LONG = """
additional-tag authfile cert-dir command-timeout compression-format compression-level creds daemon-host
decryption-key dest-authfile dest-cert-dir dest-compress-format dest-compress-level dest-creds
dest-daemon-host dest-password dest-registry-token dest-shared-blob-dir dest-username digestfile
encrypt-layer encryption-key format image-parallel-copies multi-arch override-arch override-os
override-variant password policy registries.d registry-token retry-delay retry-times sign-by
sign-by-sigstore sign-by-sigstore-private-key sign-identity sign-passphrase-file src-authfile src-cert-dir
src-creds src-daemon-host src-password src-registry-token src-shared-blob-dir src-username tmpdir user-agent
username
"""
_TABLE = OptionTable.of(_LONG, {"f": "format"}, {"a": "all", "n": "no-tags"})
_REGISTRY = "docker://"
_ELSEWHERE = {"all", "multi-arch", "override-arch", "override-os", "override-variant", "raw"}


def skopeo(arguments: Words) -> Iterator[Finding]:
    """The image that ``copy`` or ``inspect`` reads: its first operand, where a registry has it.

    By itself skopeo reads what is for its own platform, which is the build's.
    """
    items = list(read(arguments, _TABLE))
    operands = [item.value for item in items if isinstance(item, Operand)]
    names = {item.name for item in items if not isinstance(item, Operand)}
    if len(operands) < 2 or operands[0] not in {"copy", "inspect", "list-tags", "sync"}:
        return
    source = operands[1]
    if operands[0] in {"list-tags", "sync"}:
        yield Missed(f"skopeo {operands[0]} {written(source)}", Reason("every-tag"))
    elif isinstance(source, Unknown):
        yield Missed(source.text, source.reason)
    elif source.startswith(_REGISTRY) and names & _ELSEWHERE:
        yield Missed(source, Reason("other-platforms"))
    elif source.startswith(_REGISTRY):
        yield Found(f"docker-image://{source.removeprefix(_REGISTRY)}")
