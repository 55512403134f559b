"""A tar as a stream, compared with Python's own reader of it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshlayer.bases.limits import LARGEST_PAX, ImageError
from freshlayer.bases.tar import Entry, Kind, Take, TarReader, cleaned
from testing.image_layers import Member, directory, file, hard_link, layer, link

Seen = list[tuple[str, Kind, str, bytes]]

_NAME = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=60).filter(
    lambda name: name not in {".", ".."}
)
_PATH = st.lists(_NAME, min_size=1, max_size=6).map("/".join)
_MEMBER = st.one_of(
    st.builds(file, _PATH, st.binary(max_size=1500)),
    st.builds(directory, _PATH),
    st.builds(link, _PATH, _PATH),
    st.builds(hard_link, _PATH, _PATH),
    st.builds(lambda path: Member(path, tarfile.FIFOTYPE), _PATH),
)
_KINDS = {
    tarfile.REGTYPE: Kind.FILE,
    tarfile.DIRTYPE: Kind.DIRECTORY,
    tarfile.SYMTYPE: Kind.LINK,
    tarfile.LNKTYPE: Kind.HARD_LINK,
}


def seen(content: bytes, piece: int = 4096) -> Seen:
    """What the reader makes of a tar that comes in pieces."""
    found: list[tuple[Entry, bytearray]] = []

    def open_(entry: Entry) -> Take:
        found.append((entry, bytearray()))
        return found[-1][1].extend

    reader = TarReader(open_)
    for start in range(0, len(content), piece):
        reader.feed(content[start : start + piece])
    reader.end()
    return [(entry.path, entry.kind, entry.target, bytes(content)) for entry, content in found]


def expected(content: bytes) -> Iterator[tuple[str, Kind, str, bytes]]:
    """What Python makes of it."""
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        for info in tar:
            stream = tar.extractfile(info) if info.isreg() else None
            body = stream.read() if stream else b""
            yield cleaned(info.name), _KINDS.get(info.type, Kind.OTHER), info.linkname, body


@given(
    st.lists(_MEMBER, max_size=12),
    st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
    st.integers(1, 3000),
)
@settings(max_examples=300)
def test_a_stream_in_any_pieces_is_what_python_reads(members: list[Member], form: int, piece: int) -> None:
    content = layer(members, form)
    assert seen(content, piece) == list(expected(content))


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        seen(content, 100)
    except ImageError as error:
        assert error.reason.code in {"base-layer-invalid", "base-limit-reached"}  # noqa: PT017


@given(st.lists(_MEMBER, min_size=1, max_size=4), st.data())
def test_a_byte_that_is_wrong_does_no_more_than_that(members: list[Member], data: st.DataObject) -> None:
    content = bytearray(layer(members))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        seen(bytes(content))
    except ImageError as error:
        assert error.reason.code in {"base-layer-invalid", "base-limit-reached"}  # noqa: PT017


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("./etc/apt/", "etc/apt"),
        ("/etc//apt/./sources.list", "etc/apt/sources.list"),
        ("usr/../etc/os-release", "etc/os-release"),
        ("../../etc/passwd", ""),
        ("etc/../../etc/passwd", ""),
        ("./", ""),
    ],
)
def test_no_name_leads_out_of_the_image(name: str, path: str) -> None:
    assert cleaned(name) == path


def test_what_leads_out_is_passed_by_with_its_content() -> None:
    content = layer([file("../../etc/passwd", "x" * 2000), file("etc/os-release", "ID=a\n")])
    assert [(path, body) for path, _, _, body in seen(content)] == [("etc/os-release", b"ID=a\n")]


def test_old_maps_of_sparse_files_are_passed_by() -> None:
    header = bytearray(layer([file("sparse", "a" * 512)])[:512])
    header[156:157], header[482] = b"S", 1
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    maps = bytes(504) + b"\1" + bytes(7) + bytes(512)
    content = bytes(header) + maps + b"a" * 512 + layer([file("etc/os-release", "ID=a\n")])
    assert [path for path, *_ in seen(content)] == ["etc/os-release"]


def test_a_size_beyond_octal_digits_is_read() -> None:
    header = bytearray(layer([file("big")])[:512])
    header[124:136] = b"\x80" + (9 << 33).to_bytes(11, "big")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    sizes: list[int] = []
    TarReader(lambda entry: sizes.append(entry.size)).feed(bytes(header))
    assert sizes == [9 << 33]


def test_headers_that_grow_are_refused() -> None:
    content = layer([Member("a", pax={"comment": "x" * (LARGEST_PAX + 1)})])
    with pytest.raises(ImageError) as raised:
        seen(content)
    assert raised.value.reason.code == "base-limit-reached"


def test_a_tar_that_is_cut_off_is_refused() -> None:
    content = layer([file("etc/os-release", "x" * 5000)])
    with pytest.raises(ImageError):
        seen(content[:2048])
    assert seen(content[: 512 + 5120])
