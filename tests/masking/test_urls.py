"""URLs with secrets: the secret is asked with and is in nothing else; what names content stays."""

from __future__ import annotations

import re
import string
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshlayer.errors import ReferenceInvalidError
from freshlayer.masking import differ_by_guess, looks_random, shown
from freshlayer.reference import parse

S = "s3cr3t-Zq7"
RANDOM = "x7K9mQ2pL4vN8rT1wZ5y"
GITHUB = "ghp_" + "aB3dE6gH9j" * 3 + "123456"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
NAMES = """
key pass passphrase pat pw pwd sas bearer hmac code sessionid subscription-key token1 token[] token[a]
%74oken to%6Ben %2574oken token%5B%5D TOKEN accessToken license_key x-api-key auth jwt password2 client_secret
""".split()
GIT = ("https", "http", "ssh", "git", "ftp")

PARAMETERS = [
    *((f"the name {name}", f"https://h/a?b=1&{name}={S}&c=2", "https://h/a?b=1&c=2") for name in NAMES),
    *((f"{name} behind ;", f"https://h/a?b=1;{name}={S};c=2", "https://h/a?b=1;c=2") for name in NAMES),
    *((f"a matrix {name}", f"https://h/a;{name}={S};v=1/b", "https://h/a;v=1/b") for name in NAMES),
    ("a secret that holds ;", f"https://h/a?token=x;{S};b=1", "https://h/a?b=1"),
    ("a secret that holds an encoded &", f"https://h/a?token=x%26{S}", "https://h/a"),
    ("an encoded sign of equality", f"https://h/a?token%3D{S}", "https://h/a"),
    ("an encoded matrix", f"https://h/a%3Btoken%3D{S}/b", "https://h/a/b"),
    ("first behind ;", f"https://h/a?token={S};b=1", "https://h/a?b=1"),
    ("a random value", f"https://h/a?x={RANDOM}&b=1", "https://h/a?b=1"),
    ("a random value alone", f"https://h/a?{RANDOM}", "https://h/a"),
    ("a token of GitHub under id", f"https://h/a?id={GITHUB}", "https://h/a"),
    ("a JWT", f"https://h/a?v={JWT}", "https://h/a"),
    ("COS", f"https://h/a?q-ak={S}&q-sign-time={S}&q-signature={S}&b=1", "https://h/a?b=1"),
    ("OSS", f"https://h/a?OSSAccessKeyId={S}&Expires=1&Signature={S}", "https://h/a"),
    ("OSS, version 4", f"https://h/a?x-oss-credential={S}&x-oss-signature={S}&b=1", "https://h/a?b=1"),
    ("Azure, account", f"https://h/a?ss=b&srt=o&sip=1&si=p&sig={S}&b=1", "https://h/a?b=1"),
    ("MaxMind", f"https://h/g?edition_id=City&license_key={S}&suffix=tar.gz", "https://h/g?edition_id=City&suffix=tar.gz"),
    ("Dropbox", f"https://h/s/f.zip?rlkey={S}&dl=1", "https://h/s/f.zip?dl=1"),
    ("nested", f"https://h/?url=https%3A%2F%2Fx%2F%3Ftoken%3D{S}", "https://h/?url=https%3A%2F%2Fx%2F"),
    ("nested among others", f"https://h/?u=https%3A%2F%2Fx%2F%3Fa%3D1%26pw%3D{S}&b=1", "https://h/?u=https%3A%2F%2Fx%2F%3Fa%3D1&b=1"),
    ("nested as it is", f"https://h/?url=https://x/?token={S}&b=1", "https://h/?url=https://x/&b=1"),
    ("nested userinfo", f"https://h/?url=https%3A%2F%2Fu%3A{S}%40x%2Fa", "https://h/?url=https%3A%2F%2Fx%2Fa"),
    ("nested userinfo as it is", f"https://h/?url=https://u:{S}@x/a", "https://h/?url=https://x/a"),
    ("nested fragment", f"https://h/?url=https%3A%2F%2Fx%2F%23access_token%3D{S}", "https://h/?url=https%3A%2F%2Fx%2F"),
    ("nested without a scheme", f"https://h/?next=%2Fa%3Ftoken%3D{S}", "https://h/?next=%2Fa"),
    ("nested with an encoded &", f"https://h/?u=https%3A%2F%2Fx%2F%3Ftoken%3Da%2526{S}", "https://h/?u=https%3A%2F%2Fx%2F"),
    ("a URL in the path", f"https://h/https://u:{S}@x/a", "https://h/https://x/a"),
    ("a URL in the path, @ in the password", f"https://h/https://u:a@{S}@x/a", "https://h/https://x/a"),
    ("a fragment", f"https://h/a#access_token={S}", "https://h/a"),
    ("userinfo", f"https://u:{S}@h/a", "https://h/a"),
    ("userinfo alone", f"https://{S}@h/a", "https://h/a"),
    ("ftp userinfo", f"ftp://u:{S}@h/a", "ftp://h/a"),
    ("ftp matrix", f"ftp://h/a;token={S};type=i", "ftp://h/a;type=i"),
    *((f"git userinfo, {s}", f"git+{s}://u:{S}@h/r#v1", f"git+{s}://h/r#v1") for s in GIT),
    ("git matrix", f"git+https://h/r;token={S}/x.git", "git+https://h/r/x.git"),
]  # fmt: skip
PATHS = [
    ("Slack", f"https://hooks.slack.com/services/T0/B0/{S}", "https://hooks.slack.com/services/T0/B0/***"),
    ("Discord", f"https://discord.com/api/webhooks/12/{S}", "https://discord.com/api/webhooks/12/***"),
    ("Telegram", f"https://api.telegram.org/bot12:{S}/getMe", "https://api.telegram.org/bot***/getMe"),
    ("Telegram's files", f"https://api.telegram.org/file/bot12:{S}/a", "https://api.telegram.org/file/bot***/a"),
    ("a bot elsewhere", f"https://h/bot12:{S}/getMe", "https://h/bot***/getMe"),
    ("Teams", f"https://h/webhookb2/1@2/IncomingWebhook/{S}/3", "https://h/webhookb2/1@2/IncomingWebhook/***/3"),
    ("packagecloud", f"https://packagecloud.io/priv/{S}/o/r", "https://packagecloud.io/priv/***/o/r"),
    ("Anaconda", f"https://conda.anaconda.org/t/{S}/me/env.yml", "https://conda.anaconda.org/t/***/me/env.yml"),
    ("Anaconda, at the end", f"https://conda.anaconda.org/t/{S}", "https://conda.anaconda.org/t/***"),
    ("a channel of conda", f"https://h/get/t/{S}/me/linux-64/a.conda", "https://h/get/t/***/me/linux-64/a.conda"),
    ("Cloudsmith", f"https://dl.cloudsmith.io/{S}xxxx/o/r/a", "https://dl.cloudsmith.io/***/o/r/a"),
    ("Gemfury", f"https://pypi.fury.io/{RANDOM}/me/", "https://pypi.fury.io/***/me/"),
    ("behind a name", f"https://h/job_token/{S}/a", "https://h/job_token/***/a"),
    ("as a name", f"https://h/token={S}/a", "https://h/token=***/a"),
    ("of a known form", f"https://h/{GITHUB}/a", "https://h/***/a"),
    ("a JWT", f"https://h/dl/{JWT}/a", "https://h/dl/***/a"),
    ("in git", f"git+https://h/{GITHUB}/r.git", "git+https://h/***/r.git"),
]  # fmt: skip
ROWS = PARAMETERS + PATHS


@pytest.mark.parametrize(("text", "wanted"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_secret_is_asked_with_and_is_in_nothing_else(text: str, wanted: str) -> None:
    reference = parse(text)
    assert reference.text == wanted
    assert parse(reference.text) == reference
    if "#access_token" not in text:
        assert all(value in reference.address for value in (S, RANDOM, GITHUB, JWT) if value in text)


@pytest.mark.parametrize("text", [row[1] for row in PARAMETERS], ids=[row[0] for row in PARAMETERS])
def test_two_urls_that_differ_only_in_a_secret_are_one_reference(text: str) -> None:
    other = text.replace(S, "0th3r").replace(RANDOM, RANDOM[::-1]).replace(GITHUB, GITHUB.swapcase())
    assert parse(text) == parse(other.replace("GHP_", "ghp_").replace(JWT, JWT + "x"))


STAYS = """
https://h/a?sha256=da39a3ee5e6b4b0d3255bfef95601890afd80709&v=x7K9mQ2pL4vN8rT1wZ5y
https://h/a?versionId=3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY.MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo
https://h/uc?export=download&id=1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms
https://h/a?digest=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
https://h/a?commit=da39a3ee5e6b4b0d3255bfef95601890afd80709&x=da39a3ee5e6b4b0d3255bfef95601890afd80709
https://h/a?build=550e8400-e29b-41d4-a716-446655440000&x=550e8400-e29b-41d4-a716-446655440000
https://h/a?file=T3BlbkpESy0xNy4wLjJfbGludXgteDY0LnRhci5neg==
https://h/a?x=OpenJDK11U-jdk_x64_linux_hotspot_11.0.20_8.tar.gz
https://h/download?key=releases/v1.2/app-linux-amd64.tar.gz
https://h/?product=firefox-115.0.2esr-ssl&os=linux64&lang=en-US
https://h/fwlink/?linkid=2090316&clcid=0x409&culture=en-us&country=US
https://h/pks/lookup?op=get&search=0xe1dd270288b4e6030699e45fa1715d88e1df1f24
https://h/a?url=https%3a%2f%2fx%2f%3fa%3d1%26b%3d2
https://forum.example/t/an-ordinary-topic/12
https://h/a?url=https://x/?a=1;b=2&q=a%3Db
https://h/a;v=1;type=i/b?a;b;c
https://h/blobs/x7K9mQ2pL4vN8rT1wZ5y/OpenJDK11U-jdk_x64.tar.gz
https://h/table/code=US/key=a/date=2020-01-01/part.parquet
https://h/token/v1.2.3/token.tar.gz
https://h/keys/gpg.key?armor=1
https://h/packages/3e/1a/aB3dE6gH9jK2mN5pQ8sT/flask-1.0.whl
https://hooks.slack.com/docs
https://pypi.fury.io/me/
https://dl.cloudsmith.io/public/org/repo/setup.deb.sh
https://h/a?response-content-disposition=attachment%3B%20filename%3Da.tgz
https://h/@scope/pkg@1.2.3/a?@x=1
ftp://h/a;type=i
s3://bucket/table/key=abc/code=1/part-0
""".split()


@pytest.mark.parametrize("text", STAYS)
def test_what_names_content_stays_as_it_is_written(text: str) -> None:
    assert parse(text).text == text
    assert shown(text, 400) == text


@pytest.mark.parametrize(
    "text", [f"s3://b/k?token={S}", f"azblob://a/c/k?sv=1&sig={S}", f"gs://b/k?X-Goog-Signature={S}"]
)
def test_an_object_of_a_store_carries_no_secret(text: str) -> None:
    with pytest.raises(ReferenceInvalidError) as caught:
        parse(text)
    assert S not in str(caught.value)


@pytest.mark.parametrize("text", [row[1] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_message_about_a_url_holds_no_secret(text: str) -> None:
    for said in (shown(text), shown(f"fetch of {text} failed"), shown(f"'{text}', \"{text}\"", 400)):
        assert not any(value in said for value in (S, RANDOM, GITHUB, JWT))


@pytest.mark.parametrize(
    "text",
    [
        f"oauth2:{S}@h.example:group/repo.git",
        f"git+oauth2:{S}@h.example:group/repo.git",
        f"user:{S}@registry.example/app:1",
        f"gopher://h/a#token={S}",
        f"https://h/a b?x=1&pat={S}",
        f"cloned {GITHUB} from AKIAIOSFODNN7EXAMPLE",
    ],
)
def test_a_text_that_is_no_url_is_shown_without_its_secret(text: str) -> None:
    assert not any(value in shown(text) for value in (S, GITHUB, "AKIAIOSFODNN7EXAMPLE"))


@pytest.mark.parametrize(
    "text", ["alpine:3@sha256:" + "0" * 64, "git@github.com:a/b.git", "npm:x@1.2", "a:b@c"]
)
def test_a_text_without_a_secret_is_shown_whole(text: str) -> None:
    assert shown(text) == text


def test_urls_that_differ_in_what_only_looks_random_are_told_apart() -> None:
    one, other = f"https://h/a?x={RANDOM}", f"https://h/a?x={RANDOM[::-1]}"
    assert parse(one) == parse(other)
    assert differ_by_guess(one, other)
    assert not differ_by_guess(f"https://h/a?token={RANDOM}", f"https://u:p@h/a?token={RANDOM[::-1]}")


_NAME = st.sampled_from([*NAMES, "X-Amz-Signature", "sig", "api_key"])
_VALUE = st.text(string.ascii_letters + string.digits + "-._~!$'()*+,:@/", min_size=1, max_size=40).filter(
    # "key=a.tar" names an object.
    lambda value: re.search(r"\.\w+\Z", value) is None
)
_OTHERS = st.lists(st.sampled_from(["a=1", "b", "v=2.0", "c=%2F", "q=x+y", "d="]), max_size=3)
_NEST = st.integers(0, 3)


def _url(before: list[str], name: str, value: str | None, after: list[str], nested: int) -> str:
    items = [*before, *([] if value is None else [f"{name}={quote(value, safe='')}"]), *after]
    url = f"https://x.example/p{'?' + '&'.join(items) if items else ''}"
    for _ in range(nested):
        url = f"https://h.example/r?url={quote(url, safe='')}"
    return url


@settings(max_examples=300, deadline=None)
@given(_OTHERS, _NAME, _VALUE, _VALUE, _OTHERS, _NEST)
def test_the_secret_decides_nothing_but_what_is_asked(
    before: list[str], name: str, value: str, other: str, after: list[str], nested: int
) -> None:
    marked = f"Mk7{value}"
    with_secret = parse(_url(before, name, marked, after, nested))
    assert with_secret == parse(_url(before, name, other, after, nested))
    assert with_secret == parse(_url(before, name, None, after, nested))
    assert parse(with_secret.text) == with_secret
    for field in ("kind", "text", "pinned"):
        assert "Mk7" not in getattr(with_secret, field)
    assert "Mk7" in with_secret.address


@settings(max_examples=300, deadline=None)
@given(st.text("abz09AZ/?&;=#%25264:@.~-_+[]{}\"' ", max_size=60))
def test_any_text_behind_a_host_parses_to_a_spelling_that_is_its_own(rest: str) -> None:
    try:
        once = parse(f"https://h/{rest}")
    except ReferenceInvalidError:
        return
    assert parse(once.text) == once
    assert parse(once.address) == once


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=20, max_size=40))
def test_a_digest_in_hexadecimal_is_never_taken_for_a_secret(content: bytes) -> None:
    assert not looks_random(content.hex())
