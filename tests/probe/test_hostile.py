"""What servers, and files of anybody, can do to a probe: never more than spoil their own answer."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from freshlayer import evidence
from freshlayer.credentials import Keyring
from freshlayer.decisions.verdict import judge
from freshlayer.errors import ReferenceInvalidError
from freshlayer.evidence import Hop, documents
from freshlayer.model.observation import Change, ProbeOutcome
from freshlayer.probe import Limits, probe
from freshlayer.reference import parse
from freshlayer.settings import HostSettings
from testing.asking import ask
from testing.misbehaving import BODY, Exchange, MisbehavingOrigin, redirect, status
from testing.servers.needs import needs
from testing.servers.nginx import Nginx, rate_limited, rate_zone

SECRET = "hunter2"
MANY = 200


def bearer(host: str = "127.0.0.1", token: str = SECRET) -> Keyring:
    return Keyring({"TOKEN": token}, {host: HostSettings(token_env="TOKEN")})


def test_a_tag_of_any_octets_goes_back_as_it_came() -> None:
    sent: list[str] = []

    def answer(exchange: Exchange) -> None:
        sent.append(exchange.request.headers.get("if-none-match", ""))
        exchange.respond(200, {"ETag": '"naïve"'}, BODY)

    with MisbehavingOrigin(answer) as origin:
        kept = judge(None, ask(origin.url)).keep
        assert judge(kept, ask(origin.url, kept)).change is Change.UNCHANGED
    assert sent[-1] == '"naïve"'


@pytest.mark.parametrize("word", [b"\xb2", b"9" * 5_000, b"-1", b"", b"2000"])
def test_a_status_that_is_no_number_spoils_its_own_answer_alone(word: bytes) -> None:
    def answer(exchange: Exchange) -> None:
        exchange.send(
            b"HTTP/1.1 200 OK\r\nHTTP/x: " + word + b" y\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )

    with MisbehavingOrigin(answer) as origin, MisbehavingOrigin(status(200, {"ETag": '"1"'})) as good:
        seen = probe([parse(origin.url), parse(good.url)], {}, Limits())
    assert seen[parse(origin.url)].outcome is ProbeOutcome.UNKNOWN
    assert seen[parse(good.url)].outcome is ProbeOutcome.SEEN


def test_a_quota_without_an_end_names_no_time() -> None:
    behaviour = status(429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"})
    with MisbehavingOrigin(behaviour) as origin:
        observation = ask(origin.url)
    assert "0 s" not in str(observation.reason)


@pytest.mark.parametrize(
    ("location", "outcome"),
    [
        ("/ü", ProbeOutcome.SEEN),
        ("/a b", ProbeOutcome.SEEN),
        ("http://[::1", ProbeOutcome.UNKNOWN),
        ("//", ProbeOutcome.UNKNOWN),
    ],
)
def test_a_redirect_to_anything_is_followed_or_a_reason(location: str, outcome: ProbeOutcome) -> None:
    def answer(exchange: Exchange) -> None:
        if exchange.request.path == "/file":
            exchange.respond(302, {"Location": location.encode().decode("iso-8859-1")}, b"")
        else:
            exchange.respond(200, {"ETag": '"1"'}, BODY)

    with MisbehavingOrigin(answer) as origin:
        assert ask(origin.url + "file", keyring=bearer()).outcome is outcome


@pytest.mark.parametrize("secret", ["pässword", "пароль", "\N{PILE OF POO}"])
@pytest.mark.parametrize("user", ["", "ädä"])
def test_a_credential_may_be_of_any_letters(secret: str, user: str) -> None:
    hosts = {"127.0.0.1": HostSettings(user=user, password_env="WORD")}
    with MisbehavingOrigin("steady") as origin:
        assert ask(origin.url, keyring=Keyring({"WORD": secret}, hosts)).outcome is ProbeOutcome.SEEN


def test_a_certificate_that_is_none_is_a_reason_and_costs_the_others_nothing(tmp_path: Path) -> None:
    hosts = {"127.0.0.1": HostSettings(ca=str(tmp_path / "none.pem"), certificate=str(tmp_path / "none.pem"))}
    with MisbehavingOrigin("steady") as origin:
        bad, good = parse("https://127.0.0.1:1/"), parse(origin.url.replace("127.0.0.1", "localhost"))
        seen = probe([bad, good], {}, Limits().within(5), keyring=Keyring({}, hosts))
    assert (seen[bad].outcome, seen[good].outcome) == (ProbeOutcome.UNKNOWN, ProbeOutcome.SEEN)


def test_no_image_is_named_in_other_letters() -> None:
    with pytest.raises(ReferenceInvalidError):
        parse("docker-image://example.com/app:ü")


@pytest.mark.parametrize("name", ["Digest", "Repr-Digest", "X-Goog-Hash", "Content-Digest"])
@pytest.mark.parametrize("text", ["a" * 60_000, "a=" * 30_000, "a," * 30_000, "sha-256=:" * 6_000])
def test_no_header_is_so_long_that_it_takes_long_to_read(name: str, text: str) -> None:
    started = time.process_time()
    evidence.of_hops((Hop(200, ((name.lower(), text),)),))
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PGP SIGNED MESSAGE-----\n" + "\n" * 200_000,
        "-----BEGIN PGP SIGNED MESSAGE-----\n" * 20_000,
        "<a " * 200_000,
        "<a href=" * 100_000,
        '<a href="' + "x" * 500_000,
        "{" * 200_000,
        "[" * 200_000,
    ],
    ids=lambda text: text[:12],
)
def test_no_document_takes_long_to_read(text: str) -> None:
    started = time.process_time()
    for read in (documents.release, documents.simple_index, documents.npm_version):
        read(text)
    assert time.process_time() - started < 2


JSON_FILE = '{{"files": [{{"filename": "a.whl", "hashes": {{"sha256": "1"}}{more}}}]}}'
HTML_FILE = '<a href="a.whl#sha256=1"{more}>a.whl</a>'


@pytest.mark.parametrize(
    ("page", "more"),
    [
        (JSON_FILE, ', "yanked": "broken"'),
        (JSON_FILE, ', "yanked": true'),
        (JSON_FILE, ', "requires-python": ">=3.12"'),
        (HTML_FILE, ' data-yanked=""'),
        (HTML_FILE, ' data-requires-python="&gt;=3.12"'),
    ],
)
def test_a_file_that_pip_no_longer_chooses_is_a_change_of_the_index(page: str, more: str) -> None:
    before, after = (documents.simple_index(page.format(more=text)) for text in ("", more))
    assert before != ""
    assert before != after


def test_a_json_page_says_the_same_of_a_file_that_was_never_yanked() -> None:
    pages = [JSON_FILE.format(more=more) for more in ("", ', "yanked": false', ', "requires-python": null')]
    assert len({documents.simple_index(page) for page in pages}) == 1


@needs("nginx")
@pytest.mark.parametrize(("seconds", "most"), [(60, 8), (1, 40)])
def test_one_refusal_for_coming_too_often_is_for_all_who_wait(seconds: int, most: int) -> None:
    lines = rate_limited("/", retry_after=seconds)
    with Nginx(server=lines, http=rate_zone(1)) as busy:
        references = [parse(f"{busy.url}{number}") for number in range(MANY)]
        started = time.monotonic()
        seen = probe(references, {}, Limits().within(5))
        asked = [r for r in busy.requests() if r.method == "HEAD"]
    assert sum(o.outcome is ProbeOutcome.UNKNOWN for o in seen.values()) >= MANY - 1
    assert len(asked) <= most
    assert time.monotonic() - started < 8


def test_the_default_of_netrc_is_shown_to_nobody(tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text(f"default login ada password {SECRET}\n")
    with MisbehavingOrigin("steady") as origin:
        ask(origin.url, keyring=Keyring({"NETRC": str(tmp_path / "netrc")}))
        assert not any("authorization" in r.headers for r in origin.requests())


def test_a_host_is_the_same_in_capitals() -> None:
    with MisbehavingOrigin("steady") as origin:
        port = origin.url.rstrip("/").rpartition(":")[2]
        ask(f"http://localhost:{port}/", keyring=bearer(f"localhost:{port}"))
        assert {r.headers.get("authorization") for r in origin.requests()} == {f"Bearer {SECRET}"}


@needs("nginx")
def test_a_checksum_is_looked_for_on_the_very_host_of_the_file() -> None:
    with MisbehavingOrigin("steady") as other, Nginx(server="merge_slashes off;\n") as server:
        host = other.url.split("/")[2]
        (server.directory / host).mkdir()
        with (server.directory / host / "big.bin").open("wb") as file:
            file.truncate(6 * 1024 * 1024)
        ask(f"{server.url.rstrip('/')}//{host}/big.bin")
        assert [r.path for r in server.requests() if r.path.endswith(".sha256")] != []
        assert other.requests() == []


def test_metadata_of_a_snapshot_that_can_not_be_had_are_no_change() -> None:
    with MisbehavingOrigin(status(500, {})) as origin:
        observation = ask(f"{origin.url}g/a/1.0-SNAPSHOT/a-1.0-SNAPSHOT.jar")
    assert observation.outcome is ProbeOutcome.UNKNOWN
    assert observation.reason.text == "maven-metadata.xml: 500 Internal Server Error"


@pytest.mark.parametrize(
    "name",
    [
        "accessToken", "clientSecret", "sessionToken", "pwd", "jwt", "auth", "hdnea", "q-signature",
        "%74oken", "X-Amz-Credential", "api_key", "apiKey", "private-token", "my_auth", "sig%6eature",
    ],
)  # fmt: skip
def test_a_secret_in_a_query_is_no_part_of_the_reference(name: str) -> None:
    reference = parse(f"https://example.com/x?{name}={SECRET}&v=1")
    assert reference.text == "https://example.com/x?v=1"
    assert SECRET not in repr(reference)


@pytest.mark.parametrize("name", ["author", "version", "tokens", "keyword", "authors", "secretary", "page"])
def test_what_only_looks_like_a_secret_is_a_part_of_it(name: str) -> None:
    assert parse(f"https://example.com/x?{name}=1").text == f"https://example.com/x?{name}=1"


def test_a_redirect_to_another_protocol_is_refused_with_a_credential_too() -> None:
    for target in ("file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/"):
        with MisbehavingOrigin(redirect(target)) as origin:
            observation = ask(origin.url, keyring=bearer())
        assert observation.outcome is ProbeOutcome.UNKNOWN
        assert "refused" in observation.reason.text
