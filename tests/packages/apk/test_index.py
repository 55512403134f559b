"""Index files and databases as bytes, good and bad."""

from __future__ import annotations

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as some

from freshlayer.packages.apk.manager import APK
from freshlayer.packages.apk.records import Record, names_of, packages_of, records
from testing.apk_worlds import apkindex, index_text, packages

TEXT = index_text(
    packages(
        """
curl 8.9.0-r0 D:so:libcurl.so.4 ca-certificates p:cmd:curl=8.9.0-r0 o:curl
curl 8.8.0-r1
curl-doc 8.9.0-r0 i:docs curl=8.9.0-r0
busybox 1.36.1-r29 p:cmd:wget=1.36.1-r29 /bin/sh k:100
"""
    )
)


def parsed(content: bytes) -> dict[str, bytes]:
    return dict(APK.entries("apkindex", io.BytesIO(content), io.BytesIO()))


def test_packages_are_found_by_name_by_what_they_provide_and_by_condition() -> None:
    found = parsed(gzip.decompress(apkindex(TEXT)))
    assert [one.version for one in packages_of(found["name:curl"])] == ["8.9.0-r0", "8.8.0-r1"]
    assert names_of(found["provides:cmd:wget"]) == ("busybox",)
    assert names_of(found["provides:/bin/sh"]) == ("busybox",)
    assert names_of(found["if:docs"]) == names_of(found["if:curl"]) == ("curl-doc",)
    assert packages_of(found["name:busybox"])[0].priority == 100
    assert packages_of(found["name:curl"])[0].depends == ("so:libcurl.so.4", "ca-certificates")
    assert packages_of(None) == ()
    assert names_of(None) == ()


def test_an_index_without_a_signature_is_read_too() -> None:
    whole = gzip.decompress(apkindex(TEXT))
    assert parsed(whole[1024:]) == parsed(whole)


@pytest.mark.parametrize(
    "content", [b"", b"not a tar", b"x" * 2048, bytes(4096), gzip.decompress(apkindex(TEXT))[:1700]]
)
def test_what_is_not_an_index_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parsed(content)


def test_a_size_that_no_index_has_is_refused() -> None:
    whole = bytearray(gzip.decompress(apkindex(TEXT)))
    whole[1024 + 124 : 1024 + 135] = b"77777777777"
    with pytest.raises(ValueError, match="512 MB"):
        parsed(bytes(whole))


def test_only_an_index_is_known() -> None:
    with pytest.raises(ValueError, match="primary"):
        list(APK.entries("primary", io.BytesIO(), io.BytesIO()))


def test_the_database_of_installed_packages_has_more_lines() -> None:
    text = "C:Q1abc=\nP:musl\nV:1.2.5-r0\nA:x86_64\np:so:libc.musl-x86_64.so.1=1\n"
    text += "F:lib\nR:ld.so\na:0:0:755\nZ:Q1x=\n\n"
    (found,) = records(line.encode() for line in text.splitlines())
    assert found == Record("musl", "1.2.5-r0", "Q1abc=", "x86_64", (), ("so:libc.musl-x86_64.so.1=1",))


@given(some.lists(some.binary(max_size=40), max_size=30))
def test_any_lines_are_read(lines: list[bytes]) -> None:
    assert all(one.name and one.version for one in records(lines))
