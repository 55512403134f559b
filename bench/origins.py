"""What origins of the benches serve, and who trusts them."""

from __future__ import annotations

import os
from pathlib import Path

from freshlayer.probe.network.libcurl import authorities
from testing.tls import SelfSigned

LONG_AGO = 1_700_000_000


def old_file(path: Path, text: str) -> None:
    """A file that is too old to be taken for one still being written."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, (LONG_AGO, LONG_AGO))


def trusting(here: Path, tls: SelfSigned) -> dict[str, str]:
    """An environment for programs that trust a certificate beside the system's authorities, as a user would.

    Those are many, and each program loads them.
    """
    trusted = here / "trusted.pem"
    trusted.write_bytes(Path(authorities()).read_bytes() + tls.certificate.read_bytes())
    named = dict.fromkeys(("SSL_CERT_FILE", "CURL_CA_BUNDLE"), str(trusted))
    return {**os.environ, "HOME": str(here), **named}
