from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshlayer.errors import ReferenceInvalidError
from freshlayer.reference import parse, shown

CANONICAL = [
    ("https://example.org/a", "https://example.org/a"),
    ("HTTPS://Example.ORG/A", "https://example.org/A"),
    ("https://example.org", "https://example.org/"),
    ("https://example.org?x=1", "https://example.org/?x=1"),
    ("https://example.org:443/a", "https://example.org/a"),
    ("http://example.org:80/a", "http://example.org/a"),
    ("http://example.org:443/a", "http://example.org:443/a"),
    ("http://example.org:8080/a", "http://example.org:8080/a"),
    ("https://example.org/a#part", "https://example.org/a"),
    ("https://user:pw@example.org/a", "https://example.org/a"),
    ("https://token@example.org/a", "https://example.org/a"),
    ("https://us%40er:p%3Aw@example.org/a", "https://example.org/a"),
    ("http://[::1]:8080/a", "http://[::1]:8080/a"),
    ("http://[2001:DB8::1]/a", "http://[2001:db8::1]/a"),
    ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
    ("https://example.org/é", "https://example.org/%C3%A9"),
    ("https://example.org/a%2Fb%20c", "https://example.org/a%2Fb%20c"),
    ("https://example.org/a?b=c&b=d&e", "https://example.org/a?b=c&b=d&e"),
    ("https://example.org/a?b=/c?d", "https://example.org/a?b=/c?d"),
    ("https://example.org/a/../b", "https://example.org/a/../b"),
    ("http://my_host.example/a", "http://my_host.example/a"),
    ("https://example.org/v1.0/f-1_2~3+4@5.tar.gz", "https://example.org/v1.0/f-1_2~3+4@5.tar.gz"),
]


@pytest.mark.parametrize(("text", "wanted"), CANONICAL)
def test_a_url_has_one_canonical_spelling(text: str, wanted: str) -> None:
    reference = parse(text)
    assert (reference.kind, reference.text, str(reference)) == ("http", wanted, wanted)


OTHER_KINDS = [
    ("ftp://Example.org:21/a", "ftp", "ftp://example.org/a"),
    ("ftps://user:pw@example.org/a", "ftp", "ftps://example.org/a"),
    ("s3://Bucket/Key/", "s3", "s3://Bucket/Key/"),
    ("S3://bucket", "s3", "s3://bucket/"),
    ("s3://bucket/a b?c#d%zz%41+é", "s3", "s3://bucket/a%20b%3Fc%23d%25zzA+%C3%A9"),
    ("gs://bucket/a%20b", "gs", "gs://bucket/a%20b"),
    ("azblob://Account/container/a", "azblob", "azblob://account/container/a"),
    ("azblob://account/container", "azblob", "azblob://account/container/"),
    ("git+https://user:pw@Example.org/r.git#v1", "git", "git+https://example.org/r.git#v1"),
    ("git+https://example.org/r/", "git", "git+https://example.org/r"),
    ("git+ssh://git@example.org/r.git", "git", "git+ssh://git@example.org/r.git"),
    ("git+ssh://git:pw@example.org/r.git", "git", "git+ssh://example.org/r.git"),
    ("docker-image://alpine", "image", "docker-image://docker.io/library/alpine:latest"),
    ("docker-image://a/b:1", "image", "docker-image://docker.io/a/b:1"),
    ("docker-image://index.docker.io/a/b", "image", "docker-image://docker.io/a/b:latest"),
    ("docker-image://localhost/a", "image", "docker-image://localhost/a:latest"),
    ("docker-image://h:5000/a:b", "image", "docker-image://h:5000/a:b"),
    ("pkg:deb/curl", "package", "pkg:deb/curl"),
    ("PKG:deb/Debian/LibSSL3", "package", "pkg:deb/debian/libssl3"),
    ("pkg://deb/g++?distro=bookworm&arch=amd64", "package", "pkg:deb/g%2B%2B?arch=amd64&distro=bookworm"),
    (
        "pkg:deb/debian/libssl3?arch=amd64&distro=bookworm",
        "package",
        "pkg:deb/debian/libssl3?arch=amd64&distro=bookworm",
    ),
    ("pkg:rpm/fedora/libX11?arch=x86_64", "package", "pkg:rpm/fedora/libX11?arch=x86_64"),
    ("pkg:rpm/Foo?distro=el9&arch=", "package", "pkg:rpm/Foo?distro=el9"),
    ("pkg:apk/cmd:bash", "package", "pkg:apk/cmd:bash"),
    ("pkg:deb/php8.2-*", "package", "pkg:deb/php8.2-%2A"),
    (
        f"docker-image://a:1@sha256:{'0' * 64}",
        "image",
        f"docker-image://docker.io/library/a:1@sha256:{'0' * 64}",
    ),
]


@pytest.mark.parametrize(("text", "kind", "wanted"), OTHER_KINDS, ids=[row[0] for row in OTHER_KINDS])
def test_other_kinds_have_one_canonical_spelling_too(text: str, kind: str, wanted: str) -> None:
    reference = parse(text)
    assert (reference.kind, reference.text) == (kind, wanted)


@pytest.mark.parametrize("text", [row[0] for row in [*CANONICAL, *OTHER_KINDS]])
def test_the_canonical_spelling_is_its_own(text: str) -> None:
    once = parse(text)
    assert parse(once.text) == once


SIGNED = [
    (
        "S3, version 4",
        "X-Amz-Algorithm=A&X-Amz-Credential=K&X-Amz-Date=D&X-Amz-Expires=6&X-Amz-Signature=s3cr3t",
        "",
    ),
    ("S3, small letters", "x-amz-signature=s3cr3t&versionId=7", "versionId=7"),
    ("S3, version 2", "AWSAccessKeyId=s3cr3t&Expires=1700000000&Signature=s3cr3t", ""),
    ("GCS, version 4", "X-Goog-Algorithm=A&X-Goog-Signature=s3cr3t&generation=1", "generation=1"),
    ("GCS, version 2", "GoogleAccessId=a%40b&Expires=1&Signature=s3cr3t", ""),
    ("CloudFront", "Expires=1&Signature=s3cr3t&Key-Pair-Id=K", ""),
    ("CloudFront with a policy", "Policy=s3cr3t&Signature=s3cr3t&Key-Pair-Id=K&v=2", "v=2"),
    ("Azure", "sv=2020&st=1&se=2&sr=b&sp=r&spr=https&sig=s3cr3t%3D&x=1", "x=1"),
    ("a token", "token=s3cr3t", ""),
    ("a token among others", "a=1&token=s3cr3t&b=2", "a=1&b=2"),
    ("an access token", "access_token=s3cr3t&ref=main", "ref=main"),
    ("GitLab", "private_token=s3cr3t&job_token=s3cr3t&ref=main", "ref=main"),
    ("an API key", "api_key=s3cr3t&apikey=s3cr3t&q=1", "q=1"),
    ("a password", "user=u&password=s3cr3t", "user=u"),
]


@pytest.mark.parametrize(("query", "known"), [row[1:] for row in SIGNED], ids=[row[0] for row in SIGNED])
def test_a_presigned_url_is_known_without_its_signature_and_asked_with_it(query: str, known: str) -> None:
    reference = parse(f"https://example.org/a?{query}")
    assert reference.text == f"https://example.org/a{'?' + known if known else ''}"
    assert reference.address == f"https://example.org/a?{query}"
    assert "s3cr3t" not in repr(reference)


@pytest.mark.parametrize(
    "query", ["Expires=1", "se=1&sp=2&sv=3", "sr=b", "tokenizer=1", "author=x", "signature_kind=x"]
)
def test_a_parameter_that_only_looks_like_a_signature_stays(query: str) -> None:
    assert parse(f"https://example.org/a?{query}").text == f"https://example.org/a?{query}"


def test_two_signatures_of_one_url_are_one_reference() -> None:
    one, two = (parse(f"https://u:{n}@example.org/a?X-Amz-Signature={n}") for n in "12")
    assert one == two
    assert len({one, two}) == 1
    assert one.address != two.address


def test_what_is_asked_holds_the_credential_and_no_fragment() -> None:
    reference = parse("https://user:s3cr3t@Example.org/a?b=c#d")
    assert reference.address == "https://user:s3cr3t@example.org/a?b=c"
    assert "s3cr3t" not in f"{reference!r} {reference}"


REFUSED = [
    ("example.org/a", "not a URL"),
    ("", "not a URL"),
    ("https:example.org", "not a URL"),
    ("gopher://example.org/a", "'gopher'"),
    ("file:///etc/passwd", "'file'"),
    ("s3:///key", "no host"),
    ("ftp://", "no host"),
    ("docker-image://Example", "not an image name"),
    ("docker-image://a:b:c", "not an image name"),
    ("docker-image://", "not an image name"),
    ("git+https://", "no host"),
    ("git+https://example.org/r#a b", "it names no git ref"),
    ("git+https://example.org/r#$(x)", "it names no git ref"),
    ("s3://user:pw@bucket/key", "it names no bucket"),
    ("s3://${BUCKET}/key", "it names no bucket"),
    ("s3:///key", "not a URL"),
    ("gs://bucket:80/key", "it names no bucket"),
    ("s3://bucket/a\nb", "not allowed in a URL"),
    ("azblob://account/", "it names no container"),
    ("azblob://account/container/a?se=1&sig=x", "carries a signature"),
    ("https://", "no host"),
    ("https:///a", "no host"),
    ("https://?a", "no host"),
    ("https://exa mple.org/", "blank"),
    ("https://example.org/a b", "blank"),
    ("https://example.org/\x1b[31m", "not allowed in a URL"),
    ("https://example.org/\n", "not allowed in a URL"),
    ("https://example.org/caf\udce9", "not allowed in a URL"),
    ("https://example.org:99999/", "not a URL"),
    ("https://example.org:port/", "not a URL"),
    ("https://[::1/", "not a URL"),
    ("https://exa$mple.org/", "no host"),
    ("https://${HOST}/a", "no host"),
    ("https://" + "é" * 80 + ".example/", "not a URL"),
    ("https://example.org/" + "a" * 9000, "characters long"),
    ("pkg:deb", "pkg:TYPE/NAME"),
    ("pkg:deb/curl@7.88", "without a version"),
    ("pkg:deb/curl#sub", "without a version"),
    ("pkg:deb/curl?repository_url=https://u:p@h/", "without a repository"),
    ("pkg:deb/" + "a" * 9000, "not a package URL"),
]


@pytest.mark.parametrize(("text", "part"), REFUSED, ids=[ascii(row[0])[:30] for row in REFUSED])
def test_what_can_not_be_asked_is_refused_with_the_reason(text: str, part: str) -> None:
    with pytest.raises(ReferenceInvalidError) as caught:
        parse(text)
    assert part in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "text",
    [
        "gopher://user:s3cr3t@example.org/a",
        "gopher://example.org/a?token=s3cr3t",
        "azblob://account/container/a?se=1&sig=s3cr3t",
        "s3://user:s3cr3t@bucket/key",
        "https://user:s3cr3t@example.org:port/",
        "https://user:s3cr3t@exa$mple.org/a",
        "https://user:s3cr3t@example.org/a b?token=s3cr3t",
        "https://user:s3cr3t@[::1/",
        "https://user:s3cr3t/x@example.org/a",
        "https://user:s3cr3t x@example.org/a",
        "https://user:s3cr3t@" + "a" * 9000,
        "https://example.org/" + "a" * 9000 + "?token=s3cr3t",
        "pkg:deb/curl?repository_url=https://user:s3cr3t@example.org",
    ],
    ids=lambda text: text[:50],
)
def test_a_refusal_holds_no_secret(text: str) -> None:
    with pytest.raises(ReferenceInvalidError) as caught:
        parse(text)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("https://u:p@h/a", "https://h/a"),
        ("git clone https://u:p@h/a https://t@h/b", "git clone https://h/a https://h/b"),
        ("https://h/a?token=x&b=1", "https://h/a?b=1"),
        ("a\x1bb\nc", "a\ufffdb\ufffdc"),
        ("a\u202eb", "a\ufffdb"),
        ("a\x9bb", "a\ufffdb"),
        ("caf\udce9", "caf\ufffd"),
        ("a" * 200, "a" * 119 + "…"),
        ("mail@example.org", "mail@example.org"),
        ("", ""),
    ],
    ids=ascii,
)
def test_a_text_is_shown_without_secrets_and_controls(text: str, wanted: str) -> None:
    assert shown(text) == wanted


@settings(max_examples=50, deadline=None)
@given(
    st.builds(
        lambda scheme, user, host, port, path, query: f"{scheme}://{user}{host}{port}/{path}{query}",
        st.sampled_from(["http", "HTTPS"]),
        st.sampled_from(["", "u@", "u:p@"]),
        st.from_regex(r"[a-zA-Z0-9]([a-z0-9.-]{0,8}[a-z0-9])?", fullmatch=True),
        st.sampled_from(["", ":80", ":443", ":8080"]),
        st.text("abc/%2F~é+@:", max_size=10),
        st.sampled_from(["", "?", "?a=1&token=x", "?sig=1&se=2&b", "?é=[1]|{2}"]),
    )
)
def test_the_canonical_spelling_of_any_url_is_stable(text: str) -> None:
    once = parse(text)
    again = parse(once.text)
    assert again == once
    assert once.text.isascii()
    assert parse(once.address) == once


def test_two_readings_of_one_text_do_not_differ() -> None:
    one, other = (parse("docker-image://docker.io/library/debian:12") for _ in range(2))
    assert one == other
    assert (one != other) is False
    assert one != parse("docker-image://docker.io/library/debian:13")


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(["deb", "apk", "rpm", "DEB"]),
    st.sampled_from(["", "debian/", "Fedora/"]),
    st.from_regex(r"[A-Za-z0-9@*^:(][A-Za-z0-9+._~:@*^()-]{0,12}", fullmatch=True).filter(
        lambda name: "@" not in name
    ),
    st.sampled_from(["", "?arch=amd64", "?distro=b&arch=a", "?arch=amd64&distro=bookworm", "?arch="]),
)
def test_the_canonical_spelling_of_a_package_is_stable(kind: str, space: str, name: str, rest: str) -> None:
    once = parse(f"pkg:{kind}/{space}{name}{rest}")
    assert parse(once.text) == once
    assert parse(once.text).text == once.text
    assert once.text.isascii()


IMAGE_NAMES = st.from_regex(r"\A[a-zA-Z0-9._:/@-]{1,20}\Z") | st.text("ab0.-_/:A@", min_size=1, max_size=12)


@given(IMAGE_NAMES)
def test_an_image_without_a_digest_is_read_as_one_with_a_digest(name: str) -> None:
    """A name of small letters is read without the pattern that reads all others."""
    digest = f"@sha256:{'0' * 64}"
    if "@" in name:
        return

    def read(text: str) -> str:
        try:
            return parse(f"docker-image://{text}").text
        except ReferenceInvalidError:
            return ""

    alone, pinned = read(name), read(name + digest)
    assert bool(alone) == bool(pinned)
    if alone:
        tagged = ":" in name.rpartition("/")[2]
        assert pinned == (alone if tagged else alone.removesuffix(":latest")) + digest
