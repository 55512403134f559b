"""Origins that have a better way to be asked than their headers; the forges' own are played back by nginx."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from freshlayer.credentials import Keyring
from freshlayer.decisions.verdict import judge
from freshlayer.model.observation import Certainty, Change, ProbeOutcome
from freshlayer.model.reasons import Reason
from testing.asking import ask, first, look
from testing.elsewhere import Elsewhere
from testing.git_daemon import GitDaemon
from testing.servers.git_http import GitHttp
from testing.servers.needs import require
from testing.servers.nginx import Nginx, playback, redirect
from testing.tls import self_signed

NAMES = (
    "api.github.com",
    "cdn.hf.co",
    "github.com",
    "gitlab.com",
    "huggingface.co",
    "objects.example.com",
    "packages.example.com",
    "raw.githubusercontent.com",
    "release-assets.githubusercontent.com",
)
DAY = 86400
LARGE = 5 * 1024 * 1024


@contextmanager
def played_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch, hosts: Mapping[str, str]
) -> Iterator[tuple[Elsewhere, dict[str, Nginx]]]:
    """Each host an nginx of its own, with these lines; the proxy that leads to them is in the environment."""
    require("nginx")
    made = self_signed(folder, *NAMES)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
    with ExitStack() as stack:
        servers = {name: stack.enter_context(Nginx(server=lines, tls=made)) for name, lines in hosts.items()}
        world = stack.enter_context(Elsewhere({name: server.port for name, server in servers.items()}))
        monkeypatch.setenv("HTTPS_PROXY", world.proxy)
        yield world, servers


SHA1, SHA256 = "23" * 20, "ab" * 32


@pytest.mark.parametrize(
    ("headers", "identity"),
    [
        ({"Server": "Nexus/3.70", "ETag": f'"{{SHA1{{{SHA1}}}}}"'}, f"sha1:{SHA1}"),
        (
            {
                "X-Artifactory-Id": "1",
                "ETag": SHA1,
                "X-Checksum-Sha1": SHA1,
                "X-Checksum-Sha256": SHA256.upper(),
            },
            f"sha256:{SHA256}",
        ),
        ({"Server": "cloudflare", "ETag": 'W/"1"', "X-Checksum-Sha1": SHA1}, f"sha1:{SHA1}"),
    ],
    ids=["Nexus", "Artifactory", "Maven Central"],
)
def test_playback_a_repository_that_states_a_hash_is_known_by_it_and_certain(
    headers: dict[str, str], identity: str
) -> None:
    require("nginx")
    with Nginx(server=playback("/a.jar", headers)) as server:
        recorded = first(server.url + "a.jar")
        again = judge(recorded, ask(server.url + "a.jar"))
        assert [(r.method, r.body_bytes) for r in server.requests()] == [("HEAD", 0)] * 2
    assert str(recorded.identity) == identity
    assert (again.change, again.certainty) == (Change.UNCHANGED, Certainty.CERTAIN)


def latest(tag: str) -> str:
    return redirect("/o/r/releases/latest", f"https://github.com/o/r/releases/tag/{tag}")


@pytest.mark.parametrize("host", ["github.com", "api.github.com/repos"])
def test_playback_the_latest_release_is_known_by_its_tag_and_the_api_is_left_alone(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"https://{host}/o/r/releases/latest"
    with played_back(tmp_path, monkeypatch, {"github.com": latest("v1.2.3")}) as (world, servers):
        recorded = first(url)
        assert str(recorded.identity) == "release:v1.2.3"
        assert look(url, recorded).change is Change.UNCHANGED
        servers["github.com"].change(server=latest("v1.3.0"))
        assert look(url, recorded).change is Change.CHANGED
        assert {r.method for r in servers["github.com"].requests()} == {"HEAD"}
        assert set(world.asked) == {"github.com"}


def test_playback_a_repository_without_a_release_is_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = redirect("/o/r/releases/latest", "https://github.com/o/r/releases")
    with played_back(tmp_path, monkeypatch, {"github.com": lines}):
        assert ask("https://github.com/o/r/releases/latest").outcome is ProbeOutcome.ABSENT


def asset(signature: str) -> str:
    target = f"https://release-assets.githubusercontent.com/blob?sig={signature}&se=2026"
    return redirect("/o/r/releases/download/v1/a.tar.gz", target)


def blob(tag: str, md5: str) -> str:
    """Azure's answer behind GitHub's CDN: HEAD is refused, for the URL is signed for GET."""
    headers = {"ETag": tag, "x-ms-request-id": "1", "x-ms-blob-content-md5": md5}
    return "if ($request_method = HEAD) { return 403; }\n" + playback("/blob", headers, status=206)


def test_playback_case_41_a_release_asset_is_known_by_its_hash_behind_another_signature_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "https://github.com/o/r/releases/download/v1/a.tar.gz"
    md5, other = "o37S/tj0oxpKnFo5bgKOOg==", "q37S/tj0oxpKnFo5bgKOOg=="
    store = "release-assets.githubusercontent.com"
    hosts = {"github.com": asset("one"), store: blob('"0x8DD945EA37EFD30"', md5)}
    with played_back(tmp_path, monkeypatch, hosts) as (_, servers):
        recorded = first(url)
        assert recorded.identity.scheme == "md5"
        servers["github.com"].change(server=asset("two"))
        servers[store].change(server=blob('"0x8DE000000000000"', md5))
        # Whoever uploads to Azure may state any MD5: never certain.
        verdict = look(url, recorded)
        assert (verdict.change, verdict.certainty) == (Change.UNCHANGED, Certainty.PROBABLE)
        servers[store].change(server=blob('"0x8DE000000000001"', other))
        assert look(url, recorded).change is Change.CHANGED


def test_playback_case_42_hugging_face_is_asked_on_the_first_hop_and_its_token_stays_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "https://huggingface.co/o/m/resolve/main/model.bin"
    digest = "ab" * 32
    headers = {"X-Linked-ETag": f'"{digest}"', "ETag": '"of the redirect"', "X-Repo-Commit": "c" * 40}
    lines = redirect("/o/m/resolve/main/model.bin", "https://cdn.hf.co/x?sig=1", headers)
    with played_back(tmp_path, monkeypatch, {"huggingface.co": lines, "cdn.hf.co": ""}) as (world, servers):
        recorded = first(url, keyring=Keyring({"HF_TOKEN": "hunter2"}))
        shown = [r.headers["authorization"] for r in servers["huggingface.co"].requests()]
    assert str(recorded.identity) == f"sha256:{digest}"
    assert [item.scheme for item in recorded.evidence] == ["sha256"]
    assert shown == ["Bearer hunter2"]
    assert set(world.asked) == {"huggingface.co"}


def raw(tag: str, body: str) -> str:
    headers = {"ETag": f'"{tag * 64}"', "X-GitHub-Request-Id": "1:2:3"}
    return playback("/o/r/main/install.sh", headers, body=body)


def test_playback_a_raw_file_is_known_by_its_bytes_whatever_becomes_of_its_tag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, name = "https://raw.githubusercontent.com/o/r/main/install.sh", "raw.githubusercontent.com"
    with played_back(tmp_path, monkeypatch, {name: raw("a", "one")}) as (_, servers):
        recorded = first(url)
        assert recorded.identity.scheme == "sha256"
        before = len(servers[name].requests())
        assert look(url, recorded).change is Change.UNCHANGED
        assert [(r.method, r.body_bytes) for r in servers[name].requests()[before:]] == [("HEAD", 0)]
        servers[name].change(server=raw("b", "one"))
        assert look(url, recorded).change is Change.UNCHANGED
        servers[name].change(server=raw("c", "other"))
        assert look(url, recorded).change is Change.CHANGED


def test_playback_a_forges_token_does_not_follow_a_redirect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = {
        "gitlab.com": redirect("/file", "https://objects.example.com/file"),
        "objects.example.com": playback("/file", {"ETag": '"1"'}),
    }
    with played_back(tmp_path, monkeypatch, hosts) as (_, servers):
        first("https://gitlab.com/file", keyring=Keyring({"GITLAB_TOKEN": "hunter2"}))
        near = servers["gitlab.com"].requests()
        far = servers["objects.example.com"].requests()
    assert {r.headers["private-token"] for r in near} == {"hunter2"}
    assert {(r.headers["private-token"], r.headers["authorization"]) for r in far} == {("", "")}


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/o/r/archive/refs/heads/main.tar.gz",
        "https://github.com/o/r/archive/main.zip",
        "https://codeload.github.com/o/r/tar.gz/refs/heads/main",
        "https://api.github.com/repos/o/r/tarball/main",
        "https://gitlab.com/o/r/-/archive/main/r-main.tar.gz",
    ],
)
def test_playback_a_source_archive_is_known_by_the_commit_of_its_ref(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require("nginx", "fcgiwrap")
    made = self_signed(tmp_path, *NAMES)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(made.certificate))
    rewrite = "rewrite ^/o/r[.]git(/.*)$ /git/repository$1 last;\n"
    with ExitStack() as stack:
        repository = stack.enter_context(GitDaemon(tmp_path / "git"))
        oid = repository.commit("first")
        forge = stack.enter_context(GitHttp(repository.path.parent, server=rewrite, tls=made))
        world = stack.enter_context(Elsewhere(dict.fromkeys(("github.com", "gitlab.com"), forge.nginx.port)))
        monkeypatch.setenv("HTTPS_PROXY", world.proxy)
        recorded = first(url)
        assert str(recorded.identity) == f"commit:{oid}"
        repository.git("branch", "other")
        assert look(url, recorded).change is Change.UNCHANGED
        repository.commit("second")
        assert look(url, recorded).change is Change.CHANGED


@pytest.mark.parametrize(
    ("url", "identity"),
    [
        (f"https://example.invalid/a.tgz#sha256={'a' * 64}", f"sha256:{'a' * 64}"),
        (f"https://example.invalid/a.whl#egg=a&sha256={'A' * 64}", f"sha256:{'a' * 64}"),
        (f"https://github.com/o/r/archive/{'b' * 40}.tar.gz", f"commit:{'b' * 40}"),
        (f"https://raw.githubusercontent.com/o/r/{'b' * 40}/x.sh", f"commit:{'b' * 40}"),
        (f"https://gitlab.com/g/p/-/archive/{'b' * 40}/p.tar.gz", f"commit:{'b' * 40}"),
        (f"https://files.example.com/packages/ab/cd/{'e' * 60}/a.whl", f"blake2b:abcd{'e' * 60}"),
        (f"git+https://example.invalid/r.git#{'b' * 40}", f"commit:{'b' * 40}"),
        (f"docker-image://example.invalid/a@sha256:{'c' * 64}", f"sha256:{'c' * 64}"),
    ],
)
def test_a_reference_that_names_its_bytes_is_never_asked(url: str, identity: str) -> None:
    """No such host exists: to ask would be unknown."""
    verdict = judge(None, ask(url))
    assert str(verdict.identity) == identity
    assert verdict.change is Change.FIRST_SEEN


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Nginx]:
    require("nginx")
    folder = tmp_path / "files"
    folder.mkdir()
    with Nginx(folder) as server:
        yield server


def put(path: Path, content: bytes, *, age: float = DAY) -> None:
    """Write a file whose modification time is `age` seconds ago."""
    path.write_bytes(content)
    at = path.stat().st_mtime - age
    os.utime(path, (at, at))


DIGEST = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("big.tar.sha256", f"{DIGEST}\n"),
        ("big.tar.sha256", f"{DIGEST.upper()}  big.tar\n"),
        ("big.tar.sha256", f"SHA256 (big.tar) = {DIGEST}\n"),
        ("SHA256SUMS", f"{'f' * 64}  other.tar\n{DIGEST} *big.tar\n"),
        ("SHASUMS256.txt", f"{DIGEST}  big.tar\n"),
    ],
)
def test_a_large_file_is_known_by_the_checksum_beside_it(files: Nginx, name: str, text: str) -> None:
    url = files.url + "big.tar"
    put(files.directory / "big.tar", bytes(LARGE), age=2 * DAY)
    put(files.directory / name, text.encode())
    recorded = first(url)
    assert str(recorded.identity) == f"sha256:{DIGEST}"
    assert sum(r.body_bytes for r in files.requests() if r.path == "/big.tar") == 1
    before = len(files.requests())
    assert look(url, recorded).change is Change.UNCHANGED
    assert [r.path for r in files.requests()[before:]] == ["/big.tar"]


def test_another_date_over_the_same_checksum_is_no_change_and_another_checksum_is_one(files: Nginx) -> None:
    url = files.url + "big.tar"
    put(files.directory / "big.tar", bytes(LARGE), age=3 * DAY)
    # Newer than either date of the file, also where a second ends between two writes.
    put(files.directory / "big.tar.sha256", DIGEST.encode(), age=1.5 * DAY)
    recorded = first(url)
    put(files.directory / "big.tar", bytes(LARGE), age=2 * DAY)
    verdict = look(url, recorded)
    # What somebody wrote beside the file is no proof.
    assert (verdict.change, verdict.certainty) == (Change.UNCHANGED, Certainty.PROBABLE)
    put(files.directory / "big.tar", b"1" * LARGE, age=DAY)
    put(files.directory / "big.tar.sha256", DIGEST[::-1].encode(), age=DAY / 2)
    assert look(url, recorded).change is Change.CHANGED


def test_case_57_a_checksum_older_than_its_file_does_not_count(files: Nginx) -> None:
    url = files.url + "big.tar"
    put(files.directory / "big.tar", bytes(LARGE), age=DAY)
    put(files.directory / "big.tar.sha256", DIGEST.encode(), age=2 * DAY)
    observation = ask(url)
    assert [item.ignored for item in observation.evidence if item.scheme == "sha256"] == [
        Reason("checksums-outdated")
    ]
    put(files.directory / "big.tar", bytes(LARGE), age=30)
    observation = ask(url)
    assert observation.outcome is ProbeOutcome.UNKNOWN
    assert observation.reason.text == "the file is newer than its big.tar.sha256: it is being published"


def test_case_56_a_page_in_place_of_a_checksum_states_nothing(files: Nginx) -> None:
    put(files.directory / "big.tar", bytes(LARGE), age=2 * DAY)
    put(files.directory / "big.tar.sha256", f"<html>{DIGEST}</html>".encode())
    assert {item.scheme for item in ask(files.url + "big.tar").evidence} == {
        "mtime-s",
        "last-modified",
        "length",
    }


RELEASE = """-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

Origin: here
Date: {date}
SHA256:
 {digest} 100 main/binary-amd64/Packages
-----BEGIN PGP SIGNATURE-----
{signature}
-----END PGP SIGNATURE-----
"""


def test_case_58_a_release_that_was_only_signed_again_is_unchanged(files: Nginx) -> None:
    path = files.directory / "dists" / "st" / "InRelease"
    path.parent.mkdir(parents=True)
    url = files.url + "dists/st/InRelease"
    put(path, RELEASE.format(date="Mon", digest="a" * 64, signature="one").encode(), age=3 * DAY)
    recorded = first(url)
    put(path, RELEASE.format(date="Tuesday", digest="a" * 64, signature="two").encode(), age=2 * DAY)
    assert look(url, recorded).change is Change.UNCHANGED
    put(path, RELEASE.format(date="Tuesday", digest="b" * 64, signature="three").encode(), age=DAY)
    assert look(url, recorded).change is Change.CHANGED
    before = len(files.requests())
    assert look(url, first(url)).change is Change.UNCHANGED
    assert [(r.method, r.status, r.body_bytes) for r in files.requests()[before + 1 :]] == [("GET", 304, 0)]


def page(*files: str) -> bytes:
    return "".join(f'<a href="../../{name}#sha256={name * 2}">{name}</a>\n' for name in files).encode()


def test_case_60_a_file_added_to_an_index_of_packages_is_a_change_and_another_order_is_none(
    files: Nginx,
) -> None:
    path = files.directory / "simple" / "p" / "index.html"
    path.parent.mkdir(parents=True)
    lines = "index index.html;"
    files.change(server=lines)
    url = files.url + "simple/p/"
    put(path, page("a.whl", "b.whl"), age=3 * DAY)
    recorded = first(url)
    assert recorded.identity.scheme == "python-index"
    put(path, b"<!-- serial 2 -->" + page("b.whl", "a.whl"), age=2 * DAY)
    assert look(url, recorded).change is Change.UNCHANGED
    put(path, page("a.whl", "b.whl", "c.whl"), age=DAY)
    assert look(url, recorded).change is Change.CHANGED


def version(integrity: str, downloads: int) -> str:
    body = f'{{"dist": {{"integrity": "{integrity}"}}, "downloads": {downloads}}}'
    headers = {"ETag": f'"{downloads}"', "Content-Type": "application/json; charset=utf-8"}
    return playback("/left-pad/1.3.0", headers, body=body)


def test_playback_case_59_a_version_of_a_package_is_known_by_its_integrity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "https://packages.example.com/left-pad/1.3.0"
    hosts = {"packages.example.com": version("sha512-a", 1)}
    with played_back(tmp_path, monkeypatch, hosts) as (_, servers):
        recorded = first(url)
        servers["packages.example.com"].change(server=version("sha512-a", 2))
        assert look(url, recorded).change is Change.UNCHANGED
        servers["packages.example.com"].change(server=version("sha512-b", 3))
        assert look(url, recorded).change is Change.CHANGED


def test_a_file_whose_url_ends_in_a_version_is_not_read_for_what_it_is_not(files: Nginx) -> None:
    (files.directory / "tool").mkdir()
    put(files.directory / "tool" / "1.2.3", bytes(LARGE))
    ask(files.url + "tool/1.2.3")
    assert sum(request.body_bytes for request in files.requests() if request.path == "/tool/1.2.3") == 1
