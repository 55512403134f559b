"""Layers as they are transferred: gzip, zstd, neither; in any pieces, of any number of members."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.bases.decompression import Detected
from freshlayer.bases.limits import LARGEST_WINDOW, MIB, ImageError, exceeded
from testing.image_layers import gzipped, zstd


def decompressed(data: bytes, piece: int) -> bytes:
    stream, found = Detected(), bytearray()
    for start in range(0, len(data), piece):
        stream.feed(data[start : start + piece], found.extend)
    stream.end()
    return bytes(found)


@given(
    st.lists(st.binary(max_size=3000), min_size=1, max_size=4),
    st.sampled_from([gzipped, zstd]),
    st.integers(1, 900),
)
def test_members_and_frames_follow_each_other(parts: list[bytes], form: object, piece: int) -> None:
    assert callable(form)
    assert decompressed(b"".join(map(form, parts)), piece) == b"".join(parts)


@given(st.binary(min_size=4, max_size=2000), st.integers(1, 900))
def test_what_is_not_compressed_stays_as_it_is(content: bytes, piece: int) -> None:
    plain = b"tar." + content
    assert decompressed(plain, piece) == plain


def test_frames_that_are_skipped_are() -> None:
    skipped = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"index"
    assert decompressed(skipped + zstd(b"a") + skipped + zstd(b"b") + skipped, 7) == b"ab"


def test_zeros_behind_gzip_are_padding() -> None:
    assert decompressed(gzipped(b"a") + bytes(600), 100) == b"a"


@pytest.mark.parametrize(
    "data", [gzipped(b"a" * 5000)[:-9], gzipped(b"abc" * 50)[:20] + b"\xff" * 40, b"\x1f\x8b"]
)
def test_damaged_gzip_is_refused(data: bytes) -> None:
    with pytest.raises(ImageError):
        decompressed(data, 64)


def test_damaged_zstd_is_refused() -> None:
    with pytest.raises(ImageError):
        decompressed(zstd(b"abc" * 50)[:12] + b"\xff" * 40, 64)


def test_a_window_that_would_take_the_memory_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(19, window_log=27)
    wide = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = wide.compress(b"a" * 1000) + wide.flush()
    assert LARGEST_WINDOW < 1 << 27
    with pytest.raises(ImageError):
        decompressed(data, 64)


@pytest.mark.parametrize("form", [gzip.compress, zstandard.compress])
def test_a_bomb_comes_in_pieces(form: Callable[[bytes], bytes]) -> None:
    """All of its input at once: what is held is a piece of it."""
    lengths: list[int] = []
    Detected().feed(form(bytes(64 * MIB)), lambda part: lengths.append(len(part)))
    assert (sum(lengths), max(lengths) <= MIB) == (64 * MIB, True)


@pytest.mark.parametrize("form", [bytes, gzipped, zstd])
def test_the_reader_can_end_it(form: Callable[[bytes], bytes]) -> None:
    def refuse(_: bytes) -> None:
        raise exceeded("enough")

    with pytest.raises(ImageError) as raised:
        Detected().feed(form(b"tar." * 100_000), refuse)
    assert raised.value.reason.detail == "enough"
