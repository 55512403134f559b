"""Which names and values are secrets. The values that are none are from real Dockerfiles and indexes."""

from __future__ import annotations

import time

import pytest

from freshlayer.masking import is_secret, is_secret_header, is_secret_name, looks_random

SECRET = """
key pass passphrase pat pw pwd sas bearer hmac code sessionid subscription-key token1 token[] token[0] %74oken
%2574oken accessToken access_token PRIVATE-TOKEN X-Api-Key Authorization Cookie Set-Cookie Proxy-Authorization
X-Auth-Token X-JFrog-Art-Api Ocp-Apim-Subscription-Key X-Functions-Key AWS_SECRET_ACCESS_KEY AWS_ACCESS_KEY_ID
db_pw dbpass userPwd _authToken //registry.example/:_authToken _auth license_key licenseKey GITHUB_TOKEN2
PGPASSWORD MYSQL_PWD MYSQL_ROOT_PASSWORD api_key apikey apiKey sig signature X-Amz-Signature jsessionid
password1 secret_2 clientSecret client_secret storepass rlkey auth credential credentials x-vault-token
JOB-TOKEN DEPLOY-TOKEN auth_code accessKey secretKey API-KEY X-Access-Token passwd resourcekey session_id
""".split()
PLAIN = """
author tokenizer signature_kind id file version v sha256 digest checksum name h product os lang op search
publicKey public_key gpg_key GPG_KEY country_code countrycode keyserver compass bypass exit_code Accept
User-Agent Referer path url monkey turkey keyword token_file password-file --no-auth allow-unauthenticated
username user login client_id plugin design ref hash uuid Accept-Encoding Content-Type If-None-Match
X-Requested-With expires passthrough codename encode unicode barcode vscode xpath
""".split()
RANDOM = """
x7K9mQ2pL4vN8rT1wZ5y aB3dE6gH9jK2mN5pQ8sT ZXlKaGJHY2lPaUpJVXpJMU5pSjk5 k3j4h5g6f7d8s9a0p1o2i3u4
mJ8vQ2tR5w-Yb1Nc4Xz7_Lk0Pd3 wJalrX7UtnF3EMI/K7MDq8NG/bPx2RfiCY4wq9Lk
""".split()
NOT_RANDOM = """
OpenJDK11U-jdk_x64_linux_hotspot_11.0.20_8.tar.gz ApacheMavenWrapper3Distribution2020
da39a3ee5e6b4b0d3255bfef95601890afd80709 550e8400-e29b-41d4-a716-446655440000 1.2.3-rc1+build.20200101
ubuntu2004cuda118cudnn8devel Miniconda3-py39_4.12.0-Linux-x86_64 firefox-115.0.2esr-ssl-linux64-en-US
20231115T123456Z com.google.android.apps.photos apache-tomcat-9.0.65-windows-x64 12345678901234567890123
0xe1dd270288b4e6030699e45fa1715d88e1df1f24 python3.10-py310h5eee18b_0 thequickbrownfoxjumpsoverthelazydog
sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 v1.0.0-20230102150405-abcdef123456
""".split()


@pytest.mark.parametrize("name", SECRET)
def test_a_name_is_that_of_a_secret(name: str) -> None:
    assert is_secret_name(name)
    assert is_secret_name(name.upper())


@pytest.mark.parametrize("name", PLAIN)
def test_a_name_is_not_that_of_a_secret(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize("value", RANDOM)
def test_a_long_random_value_is_a_secret_unless_its_name_names_content(value: str) -> None:
    assert looks_random(value)
    assert is_secret("x", value)
    for name in ("sha256", "digest", "v", "version", "id", "checksum", "file", "versionId", "etag"):
        assert not is_secret(name, value)


@pytest.mark.parametrize("value", NOT_RANDOM)
def test_what_names_bytes_or_holds_words_is_not_random(value: str) -> None:
    assert not looks_random(value)
    assert not is_secret("x", value)


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        ("Accept: application/vnd.github.v3+json;q=0.9, */*", False),
        ("User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", False),
        ("X-GitHub-Api-Version: 2022-11-28", False),
        ("X-Channel: beta", False),
        ("X-Variant: a", False),
        ("X-Variant: v2", False),
        ("Metadata-Flavor: Google", False),
        ("X-Release: 1.2.3", False),
        ("X-Acme: k3-Zq81", True),
        ("X-Foo: Pl4nted-s3cr3t", True),
        ("Authorization: Basic dTpw", True),
        ("X-Foo: Bearer abc", True),
        ("Cookie: a=b", True),
        ("X-Api-Key: abc", True),
    ],
)
def test_a_header_is_a_secret_or_not(header: str, secret: bool) -> None:  # noqa: FBT001
    name, _, value = header.partition(": ")
    assert is_secret_header(name, value) is secret


@pytest.mark.parametrize(
    "value",
    [
        "ghp_" + "aB3dE6gH9j" * 3 + "123456",
        "glpat-aB3dE6gH9jK2mN5pQ8sT",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "xoxb-1234567890-abcdef",
        "Bearer abc",
        "basic dTpw",
    ],
)
def test_a_token_of_a_known_form_is_a_secret_under_any_name(value: str) -> None:
    assert is_secret("id", value)


@pytest.mark.parametrize(
    "part", ["[", "[]", "[[]", "]", "a-", "key_", "token[", "%25", "pass", "_", "-1", "a_1"]
)
def test_a_long_name_is_judged_at_once(part: str) -> None:
    """A pattern that tries each way to divide a run of brackets would take longer than anybody waits."""
    names = [f"{before}{part * 120}{after}" for before in ("", "x") for after in ("", "x", "[", "=")]
    started = time.process_time()
    for name in names:
        is_secret_name(name)
    assert time.process_time() - started < 1
