"""What origins of the benches serve, and who trusts them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from freshlayer.probe.network.libcurl import authorities
from testing.latency import Latency
from testing.servers.nginx import Nginx
from testing.tls import SelfSigned, hashed, self_signed

LONG_AGO = 1_700_000_000


def old_file(path: Path, text: str) -> None:
    """A file that is too old to be taken for one still being written."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, (LONG_AGO, LONG_AGO))


@dataclass(frozen=True, slots=True)
class Distant:
    """Origins with HTTPS, each with a file ``f``; ``here``: a directory. ``authority``: a file."""

    here: Path
    ports: list[int]
    authority: str


@contextmanager
def distant(origins: int, round_trip: float) -> Iterator[Distant]:
    """So many, ``round_trip`` seconds away."""
    with tempfile.TemporaryDirectory(prefix="freshlayer-bench-") as directory:
        here = Path(directory)
        tls = self_signed(here)
        with Nginx(tls=tls) as nginx:
            old_file(nginx.directory / "f", "x")
            with Latency(nginx.port, round_trip, also=[nginx.port] * (origins - 1)) as wire:
                yield Distant(here, wire.ports, str(tls.certificate))


def trusting(here: Path, tls: SelfSigned) -> dict[str, str]:
    """An environment for programs that trust a certificate beside the system's authorities, as a user would.

    Those are many. They are in a bundle and in a directory, as the system's are, and each program loads what
    it would load of these.
    """
    bundle = here / "trusted.pem"
    bundle.write_bytes(Path(authorities()).read_bytes() + tls.certificate.read_bytes())
    known = hashed(here / "certificates", tls.certificate)
    kept = {name: value for name, value in os.environ.items() if name != "CURL_CA_BUNDLE"}
    return {**kept, "HOME": str(here), "SSL_CERT_FILE": str(bundle), "SSL_CERT_DIR": str(known)}
