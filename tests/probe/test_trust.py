"""Which certificates are trusted: those of a directory, and of a bundle where the directory has not all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from freshlayer.model.observation import ProbeOutcome
from freshlayer.probe import Limits, probe
from freshlayer.reference import parse
from testing.misbehaving import MisbehavingOrigin, redirect
from testing.tls import hashed, https_origin, self_signed


@pytest.fixture(autouse=True)
def no_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def reasons(*urls: str) -> list[str]:
    """The code of each; ok where it was observed."""
    seen = probe([parse(url) for url in urls], {}, Limits()).values()
    return [it.reason.code if it.outcome is ProbeOutcome.UNKNOWN else "ok" for it in seen]


def test_a_directory_of_the_environment_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with https_origin(tmp_path) as origin:
        assert reasons(origin.url) == ["tls-failed"]
        monkeypatch.setenv("SSL_CERT_DIR", str(hashed(tmp_path / "known", tmp_path / "certificate.pem")))
        assert reasons(origin.url) == ["ok"]


def test_what_no_directory_has_is_looked_for_in_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A CA that was appended to the bundle: nothing was sent before it was found."""
    with https_origin(tmp_path) as origin:
        monkeypatch.setenv("SSL_CERT_DIR", str(hashed(tmp_path / "known")))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        assert reasons(*(f"{origin.url}{number}" for number in range(20))) == ["ok"] * 20
        paths = [it.path for it in origin.requests() if it.method == "HEAD"]
        assert sorted(paths) == sorted(set(paths))


def test_a_redirect_to_a_host_whose_authority_is_in_the_bundle_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("there", "here"):
        (tmp_path / name).mkdir()
    with (
        https_origin(tmp_path / "there") as there,
        https_origin(tmp_path / "here", redirect(there.url)) as here,
    ):
        monkeypatch.setenv(
            "SSL_CERT_DIR", str(hashed(tmp_path / "known", tmp_path / "here" / "certificate.pem"))
        )
        bundle = tmp_path / "bundle.pem"
        bundle.write_text(
            "".join((tmp_path / name / "certificate.pem").read_text() for name in ("there", "here"))
        )
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
        assert reasons(here.url) == ["ok"]


def test_a_bundle_of_the_environment_is_trusted_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by curl, where CURL_CA_BUNDLE is named."""
    other = tmp_path / "other"
    other.mkdir()
    with https_origin(tmp_path) as origin:
        monkeypatch.setenv("SSL_CERT_DIR", str(hashed(tmp_path / "known", tmp_path / "certificate.pem")))
        monkeypatch.setenv("CURL_CA_BUNDLE", str(self_signed(other).certificate))
        assert reasons(origin.url) == ["tls-failed"]
        curl = subprocess.run(["curl", "-sSI", origin.url], capture_output=True, check=False)
        assert curl.returncode == 60


def test_a_directory_without_hashes_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with https_origin(tmp_path) as origin:
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        assert reasons(origin.url) == ["ok"]


def test_plain_http_is_not_concerned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(hashed(tmp_path / "known")))
    with MisbehavingOrigin("steady") as origin:
        assert reasons(origin.url) == ["ok"]
