"""A certificate that no client trusts, and an HTTPS origin that shows it."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from testing.misbehaving import Behaviour, MisbehavingOrigin


@dataclass(frozen=True, slots=True)
class SelfSigned:
    """A self-signed certificate for 127.0.0.1, localhost and further names.

    A client that is given `certificate` may trust it.
    """

    certificate: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        """What a server needs to speak TLS with this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def self_signed(directory: Path, *names: str) -> SelfSigned:
    """A new certificate in `directory`, made by openssl; `names` are hosts that it is for as well."""
    made = SelfSigned(directory / "certificate.pem", directory / "key.pem")
    hosts = ",".join(["IP:127.0.0.1", "DNS:localhost", *(f"DNS:{name}" for name in names)])
    subject = ["-subj", "/CN=127.0.0.1", "-addext", f"subjectAltName={hosts}"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(made.key)]
    argv = ["openssl", "req", "-x509", "-days", "2", *subject, *key, "-out", str(made.certificate)]
    subprocess.run(argv, check=True, capture_output=True)
    return made


def hashed(directory: Path, *certificates: Path) -> Path:
    """`directory`, with the certificates as OpenSSL looks for them, beside the CAs of this system."""
    directory.mkdir()
    system = Path("/etc/ssl/certs")
    for link in system.glob("*.0"):
        (directory / link.name).symlink_to(link)
    for certificate in certificates:
        found = subprocess.run(
            ["openssl", "x509", "-noout", "-subject_hash", "-in", str(certificate)],
            check=True,
            capture_output=True,
            text=True,
        )
        (directory / f"{found.stdout.strip()}.0").symlink_to(certificate)
    return directory


def https_origin(directory: Path, behaviour: str | Behaviour = "steady") -> MisbehavingOrigin:
    """An origin at `https://127.0.0.1:…/` with a certificate of its own, `directory / "certificate.pem"`."""
    return MisbehavingOrigin(behaviour, tls=self_signed(directory).server_context())
