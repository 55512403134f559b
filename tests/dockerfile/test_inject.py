from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshlayer.dockerfile.inject import ARGUMENT, MOUNT_ID, FileMount, Mechanism, NamedImage, inject
from freshlayer.dockerfile.model import Instruction
from freshlayer.dockerfile.parse import parse
from freshlayer.dockerfile.reach import sources_of
from freshlayer.dockerfile.syntax import syntax_image, syntax_line
from freshlayer.errors import DockerfileError

SHARED = Path(__file__).parents[2].parent / "shared"
FILES = sorted(
    path
    for path in [*(SHARED / "conformance").rglob("*"), *(SHARED / "gold" / "files").rglob("*")]
    if path.is_file() and (path.name.lower().startswith("dockerfile") or "gold" in path.parts)
)
KEY = "2cec7e0e0b327b6e"
MECHANISMS = list(Mechanism)
MODEST = settings(max_examples=60, deadline=None)

needs_shared = pytest.mark.skipif(not FILES, reason=f"there is no {SHARED}")


def instructions(text: str) -> list[Instruction]:
    dockerfile = parse(text)
    found = list(dockerfile.arguments)
    for stage in dockerfile.stages:
        found += [stage.start, *stage.instructions]
    return found


def keys_of(text: str) -> dict[int, str]:
    """A key for every RUN that the parser finds."""
    return {item.line: f"{item.line:032x}" for item in instructions(text) if item.name == "RUN"}


Meaning = tuple[str, tuple[str, ...], tuple[str, ...], bool, str, tuple[tuple[str, str, bool], ...]]


def meaning(item: Instruction, flags: tuple[str, ...]) -> Meaning:
    documents = tuple((doc.name, doc.content, doc.strip_tabs) for doc in item.heredocs)
    return item.name, flags, item.words, item.exec_form, item.rest, documents


def check_meaning(text: str, keys: dict[int, str], mechanism: Mechanism) -> None:
    """The derived text holds the same instructions, but for one flag or one ARG for each key."""
    derived = inject(text, keys, mechanism)
    assert derived.original() == text
    before, after = instructions(text), instructions(derived.text)
    wanted: list[Meaning] = []
    for item in before:
        key = keys.get(item.line)
        if key and mechanism is Mechanism.ARG:
            wanted.append(("ARG", (), (f"{ARGUMENT}={key}",), False, "", ()))
        flag = (f"--mount=type=secret,id={MOUNT_ID}{key}",) if key and mechanism is Mechanism.MOUNT else ()
        wanted.append(meaning(item, (*flag, *item.flags)))
    assert [meaning(item, item.flags) for item in after] == wanted
    assert parse(derived.text).escape == parse(text).escape


CASES = {
    "shell form": "FROM a\nRUN curl x\n",
    "no newline at the end": "FROM a\nRUN curl x",
    "exec form": 'FROM a\nRUN ["curl", "x"]\n',
    "exec form without a blank": 'FROM a\nRUN\t["curl", "x"]\n',
    "small letters": "FROM a\nrun curl x\n",
    "indented": "FROM a\n \tRUN   curl x\n",
    "a tab": "FROM a\nRUN\tcurl x\n",
    "heredoc": "FROM a\nRUN <<EOF\nRUN curl x\nEOF\nRUN curl y\n",
    "heredoc that strips tabs": "FROM a\nRUN <<-'EOF' sh\n\tcurl x\n\tEOF\n",
    "two heredocs": "FROM a\nRUN <<A cat && <<B cat\n1\nA\n2\nB\n",
    "heredoc of a COPY": "FROM a\nCOPY <<EOF /f\nRUN no instruction\nEOF\nRUN curl x\n",
    "own flags": "FROM a\nRUN --mount=type=cache,target=/c --network=host curl x\n",
    "own flags on the next line": "FROM a\nRUN \\\n  --mount=type=cache,target=/c \\\n  curl x\n",
    "own secret": "FROM a\nRUN --mount=type=secret,id=token curl x\n",
    "the end of the flags": "FROM a\nRUN -- --x\n",
    "continued": "FROM a\nRUN curl \\\n  x\nRUN b\n",
    "continued at once": "FROM a\nRUN \\\ncurl x\n",
    "continued without a blank": "FROM a\nRUN\\\n  curl x\n",
    "continued without a blank, twice": "FROM a\nRUN\\\n\\\n curl x\n",
    "comments between": "FROM a\nRUN \\\n# one\n  curl x \\\n  # two\n  y\n# three\nRUN b\n",
    "an empty line between": "FROM a\nRUN curl \\\n\n  x\n",
    "escape directive": "# escape=`\nFROM a\nRUN curl `\n  x\n",
    "escape directive, continued without a blank": "# escape=`\nFROM a\nRUN`\n  curl C:\\\n",
    "syntax directive": "# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nRUN curl x\n",
    "crlf": "FROM a\r\nRUN curl \\\r\n  x\r\nRUN y\r\n",
    "crlf with directive": "# escape=`\r\nFROM a\r\nRUN curl `\r\n  x\r\n",
    "bom": "\ufeffFROM a\nRUN curl x\n",
    "bom and directive": "\ufeff# escape=`\nFROM a\nRUN curl `\n x\n",
    "several stages": "ARG V=1\nFROM a AS x\nRUN b\nFROM x\nRUN c\nCOPY --from=x /a /a\n",
    "latin-1": "FROM a\nRUN echo caf\udce9\n",
    "odd separators": "FROM a\nRUN a\x0bb\x0c\x85c\u2028d\nRUN e\n",
    "a word that begins with RUN": "FROM a\nENV \\\nRUNNER=1\nRUN b\n",
    "a line in a continuation that looks like a RUN": "FROM a\nENV a=b \\\nRUN=c\nRUN d\n",
}


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
def test_a_derived_dockerfile_means_the_same(text: str, mechanism: Mechanism) -> None:
    keys = keys_of(text)
    assert keys
    check_meaning(text, keys, mechanism)


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
def test_one_key_alone_leaves_the_other_instructions_alone(text: str) -> None:
    for line, mechanism in itertools.product(keys_of(text), MECHANISMS):
        check_meaning(text, {line: KEY}, mechanism)


@needs_shared
@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_every_dockerfile_at_hand_comes_back_and_means_the_same(path: Path) -> None:
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    try:
        keys = keys_of(text)
    except DockerfileError:
        text = f"FROM scratch\n{text}"
        try:
            keys = keys_of(text)
        except DockerfileError:
            keys = {
                n: KEY for n, line in enumerate(text.split("\n"), 1) if re.match(r"(?i)[ \t]*RUN[ \t]", line)
            }
            for mechanism in MECHANISMS:
                assert inject(text, keys, mechanism).original() == text
            return
    for mechanism in MECHANISMS:
        check_meaning(text, keys, mechanism)


@needs_shared
def test_there_are_dozens_of_dockerfiles_at_hand() -> None:
    assert len(FILES) >= 33 + 4 + 1 + 48


WORDS = st.text(st.sampled_from("ab1 \t$'\"#=<\u00e9\ufffd-[]{}"), max_size=12)
SHELL = WORDS.map(lambda words: f"RUN curl {words}")
CONTINUED = st.builds(
    lambda head, tail, comment: f"RUN {head}x \\\n{'# note' + chr(10) if comment else ''}  {tail}y",
    st.sampled_from(["", "--mount=type=cache,target=/c ", "--network=host "]),
    st.text("abc ", max_size=6),
    st.booleans(),
)
EXEC = st.lists(st.text("ab c", max_size=4), min_size=1, max_size=3).map(
    lambda words: "RUN [" + ", ".join(f'"{word}"' for word in words) + "]"
)
HEREDOC = st.text("ab \n\tRUN", max_size=20).map(lambda body: f"RUN <<EOF\n{body}\nEOF")
OTHER = st.sampled_from(
    ["ENV A=1", "# a comment", "", "COPY a b", "ADD https://h/a /a", "WORKDIR /x", "FROM b AS c", "CMD x"]
)
DOCKERFILES = st.builds(
    lambda bom, lines, crlf, end: (
        bom + ("\r\n" if crlf else "\n").join(["FROM a", *lines]).replace("\r\r", "\r") + end
    ),
    st.sampled_from(["", "\ufeff"]),
    st.lists(st.one_of(SHELL, CONTINUED, EXEC, HEREDOC, OTHER), max_size=6),
    st.booleans(),
    st.sampled_from(["", "\n"]),
)


@MODEST
@given(DOCKERFILES, st.sampled_from(MECHANISMS))
def test_a_generated_dockerfile_comes_back_and_means_the_same(text: str, mechanism: Mechanism) -> None:
    try:
        keys = keys_of(text)
    except DockerfileError:
        return
    check_meaning(text, keys, mechanism)


RUN_LINE = re.compile(r"(?i)[ \t]*RUN[ \t]")
LINES = st.one_of(
    st.binary(max_size=20),
    st.sampled_from([b"RUN x", b"  run\ty", b"rUn \xff\xfe", b"RUN \\", b"\xef\xbb\xbf", b"RUN x\r", b""]),
)


@MODEST
@given(st.lists(LINES, max_size=8), st.sampled_from(MECHANISMS))
def test_arbitrary_bytes_come_back_byte_for_byte(lines: list[bytes], mechanism: Mechanism) -> None:
    octets = b"\n".join(lines)
    text = octets.decode("utf-8", "surrogateescape")
    keys = {n: KEY for n, line in enumerate(text.split("\n"), 1) if RUN_LINE.match(line)}
    derived = inject(text, keys, mechanism)
    assert derived.original().encode("utf-8", "surrogateescape") == octets
    assert len(derived.insertions) == len(keys)
    assert sum(len(insertion.text) for insertion in derived.insertions) == len(derived.text) - len(text)


def test_no_key_is_no_change() -> None:
    derived = inject("FROM a\nRUN b\n", {}, Mechanism.MOUNT)
    assert (derived.text, derived.insertions) == ("FROM a\nRUN b\n", ())


def test_a_mount_goes_right_behind_the_word() -> None:
    derived = inject("FROM a\n  run --network=host b\n", {2: KEY}, Mechanism.MOUNT)
    assert derived.text == f"FROM a\n  run --mount=type=secret,id=fl-{KEY} --network=host b\n"


def test_an_arg_goes_on_the_line_above() -> None:
    derived = inject("FROM a\n# note\nRUN b\n", {3: KEY}, Mechanism.ARG)
    assert derived.text == f"FROM a\n# note\nARG FRESHLAYER={KEY}\nRUN b\n"


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("line", [0, 1, 3, 4, 99])
def test_a_key_for_a_line_where_no_run_starts_is_an_error(line: int, mechanism: Mechanism) -> None:
    with pytest.raises(DockerfileError) as caught:
        inject("FROM a\nRUN b\nRUNNER c\n", {line: KEY}, mechanism)
    assert caught.value.line == line


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_thousands_of_keys_come_back_in_a_moment(mechanism: Mechanism) -> None:
    text = "FROM a\n" + "RUN b\n" * 2_000
    derived = inject(text, dict.fromkeys(range(2, 2_002), KEY), mechanism)
    assert derived.original() == text


DIGEST = f"sha256:{'0123456789abcdef' * 4}"
IMAGES = {
    "plain": "FROM python:3.12\nRUN a\n",
    "without a newline": "FROM python:3.12",
    "small letters and blanks": "  from \tpython  as  x\nRUN a\n",
    "platform": "FROM --platform=$BUILDPLATFORM python:3.12 AS x\n",
    "variables": "ARG BASE=python\nARG TAG=3\nFROM ${BASE}:${TAG:-3.12} AS x\n",
    "a variable alone": "ARG BASE=python:3\nFROM $BASE\n",
    "quotes": 'FROM "python:3.12" AS x\n',
    "a port": "FROM localhost:5000/a/b:1\n",
    "continued": "FROM \\\n  --platform=linux/arm64 \\\n# python:3.12\n\n  python:3.12 \\\n  AS x\nRUN a\n",
    "split in the name": "FROM pyth\\\non:3.12\n",
    "escape": "# escape=`\nFROM `\n  mcr/windows:1\nRUN a\n",
    "bom": "\ufeffFROM python:3.12\n",
    "crlf": "FROM python:3.12\r\nFROM \\\r\n  alpine \\\r\n AS y\r\nRUN a\r\n",
    "copy": "FROM a\nCOPY --chown=1 --from=python:3.12 --link /a /b\n",
    "copy, continued": "FROM a\nCOPY \\\n --from=python:3.12 \\\n /a /b\n",
    "copy of what looks like a flag": "FROM a\nCOPY --from=b:1 --from=b:1x /b\n",
    "mount": "FROM a\nRUN --mount=type=bind,from=python:3.12,target=/p --network=none p --from=python:3.12\n",
    "mount at the end": "FROM a\nRUN --mount=target=/p,from=python:3.12 p\n",
    "two mounts of one image": "FROM a\nRUN --mount=from=b,target=/p --mount=from=b,target=/q p\n",
    "one name begins with another": "FROM a\nRUN --mount=from=b:1,target=/p --mount=from=b:12,target=/q p\n",
    "the same in a script": "FROM a\nRUN <<EOF\nFROM b\nCOPY --from=c /a /b\nEOF\nCOPY --from=c /a /b\n",
}


def images_of(text: str) -> list[NamedImage]:
    """Every image that the parser finds, stages or not."""
    found: list[NamedImage] = []
    for item in instructions(text):
        if item.name == "FROM":
            found.append(NamedImage(item.line, "FROM", item.words[0], DIGEST))
        via = f"{item.name} --{'mount' if item.name == 'RUN' else 'from'}"
        names = dict.fromkeys(sources_of(item.name, item.flags))
        found += [NamedImage(item.line, via, name, DIGEST) for name in names]
    return found


def pinned(item: Instruction) -> Meaning:
    """What it means with a digest behind every image."""
    flags = list(item.flags)
    for place, flag in enumerate(flags):
        for name in dict.fromkeys(sources_of(item.name, (flag,))):
            flags[place] = re.sub(rf"from={re.escape(name)}(?=,|$)", rf"from={name}@{DIGEST}", flag)
    words = (f"{item.words[0]}@{DIGEST}", *item.words[1:]) if item.name == "FROM" else item.words
    return item.name, tuple(flags), words, *meaning(item, ())[3:]


def check_images(text: str, mechanism: Mechanism, keys: dict[int, str]) -> None:
    images = images_of(text)
    derived = inject(text, keys, mechanism, images)
    assert derived.original() == text
    without_keys = inject(text, {}, mechanism, images)
    assert without_keys.original() == text
    after = instructions(without_keys.text)
    assert [meaning(item, item.flags) for item in after] == [pinned(item) for item in instructions(text)]
    count = len(keys) + len(without_keys.insertions)
    assert len(derived.insertions) == count


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("text", IMAGES.values(), ids=IMAGES.keys())
def test_a_digest_is_behind_each_image_and_nothing_else_changes(text: str, mechanism: Mechanism) -> None:
    assert images_of(text)
    check_images(text, mechanism, keys_of(text))


@needs_shared
@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_the_images_of_every_dockerfile_at_hand_can_be_pinned(path: Path) -> None:
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    try:
        keys = keys_of(text)
    except DockerfileError:
        return
    for mechanism in MECHANISMS:
        check_images(text, mechanism, keys)


IMAGE_WORD = st.sampled_from(["a", "a:1", "h:5000/a/b:1", "${X}", "$X:${Y:-1}", "a-${X}", '"a:1"'])
PLATFORM = st.sampled_from(["", "--platform=linux/arm64 ", "--platform=$P  ", "--platform=$P \\\n# c\n  "])
FROM_LINE = st.builds(
    lambda head, platform, image, name: f"{head}{platform}{image}{name}",
    st.sampled_from(["FROM ", "from\t", "  FROM  ", "FROM \\\n  "]),
    PLATFORM,
    IMAGE_WORD,
    st.sampled_from(["", " AS x", " \\\n\n  as y", "  "]),
)
COPY_LINE = st.builds(
    lambda head, image, tail: f"{head}--from={image}{tail}",
    st.sampled_from(["COPY ", "copy --link  ", "COPY \\\n  --chown=1 \\\n"]),
    st.sampled_from(["a:1", "h/a", "b"]),
    st.sampled_from([" /a /b", " --chmod=1 /a /b", " \\\n /a /b"]),
)
MOUNT_LINE = st.builds(
    lambda options, rest: f"RUN --mount={','.join(options)} {rest}",
    st.permutations(["from=a:1", "target=/x", "type=bind"]),
    st.sampled_from(["cmd", "--mount=from=b,target=/y cmd from=b", "\\\n  --network=none \\\n  cmd"]),
)
WITH_IMAGES = st.builds(
    lambda bom, first, lines, crlf: (
        bom + "\n".join([first, *lines, ""]).replace("\n", "\r\n" if crlf else "\n")
    ),
    st.sampled_from(["", "\ufeff"]),
    FROM_LINE,
    st.lists(st.one_of(FROM_LINE, COPY_LINE, MOUNT_LINE, HEREDOC, OTHER), max_size=6),
    st.booleans(),
)


@MODEST
@given(WITH_IMAGES, st.sampled_from(MECHANISMS))
def test_generated_images_are_pinned_and_come_back(text: str, mechanism: Mechanism) -> None:
    try:
        keys = keys_of(text)
    except DockerfileError:
        return
    check_images(text, mechanism, keys)


@MODEST
@given(
    st.lists(LINES, max_size=8),
    st.lists(
        st.builds(
            NamedImage,
            st.integers(-1, 10),
            st.sampled_from(["FROM", "COPY --from", "RUN --mount", "# syntax"]),
            st.text("ab:x.*(", max_size=4),
            st.just(DIGEST),
        ),
        max_size=4,
    ),
)
def test_arbitrary_bytes_with_arbitrary_images_come_back(
    lines: list[bytes], images: list[NamedImage]
) -> None:
    text = b"\n".join(lines).decode("utf-8", "surrogateescape")
    assert inject(text, {}, Mechanism.MOUNT, images).original() == text


@pytest.mark.parametrize(
    "line",
    [
        "# syntax=docker/dockerfile:1",
        "#syntax = docker/dockerfile:1  ",
        "# SYNTAX=docker/dockerfile:1 option",
        "# escape=`\n# syntax=docker/dockerfile:1",
        "#!/x\n# syntax=docker/dockerfile:1\r",
    ],
)
def test_the_frontend_is_pinned(line: str) -> None:
    text = f"{line}\nFROM a\n"
    image = NamedImage(syntax_line(text), "# syntax", "docker/dockerfile:1", DIGEST)
    derived = inject(text, {}, Mechanism.MOUNT, [image])
    assert syntax_image(derived.text) == f"docker/dockerfile:1@{DIGEST}"
    assert derived.original() == text
    assert parse(derived.text).escape == parse(text).escape


def test_thousands_of_images_are_pinned_in_a_moment() -> None:
    text = "FROM a AS b\n" * 2_000 + "FROM c"
    derived = inject(text, {}, Mechanism.MOUNT, images_of(text))
    assert derived.original() == text
    assert derived.text.count(DIGEST) == 2_001


@pytest.mark.parametrize(
    ("line", "pinned"),
    [
        ("ADD https://x/a /a", "ADD --checksum=c https://x/a /a"),
        ("\tadd --chown=1 https://x/a /a", "\tadd --checksum=c --chown=1 https://x/a /a"),
        ('ADD ["https://x/a", "/a"]', 'ADD --checksum=c ["https://x/a", "/a"]'),
        ("ADD \\\n  https://x/a /a", "ADD --checksum=c \\\n  https://x/a /a"),
    ],
)
def test_a_checksum_is_behind_the_word_add(line: str, pinned: str) -> None:
    text = f"FROM a\n{line}\nRUN curl x\n"
    derived = inject(text, {}, Mechanism.MOUNT, checksums={2: "c"})
    assert derived.text == f"FROM a\n{pinned}\nRUN curl x\n"
    assert derived.original() == text
    (added,) = [it for it in instructions(derived.text) if it.name == "ADD"]
    assert (added.flag("checksum"), added.words) == ("c", ("https://x/a", "/a"))


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("RUN a", "RUN {key} {file} a"),
        ("run --network=host a", "run {key} {file} --network=host a"),
        ('RUN ["a"]', 'RUN {key} {file} ["a"]'),
    ],
)
def test_a_file_is_a_mount_of_its_run(line: str, changed: str) -> None:
    text = f"FROM a\n{line}\n"
    file = FileMount("fl-pins-0", "/etc/x")
    derived = inject(text, {2: KEY}, Mechanism.MOUNT, files={2: [file]})
    key = f"--mount=type=secret,id={MOUNT_ID}{KEY}"
    assert file.flag == "--mount=type=secret,id=fl-pins-0,target=/etc/x,mode=0444,required=true"
    assert derived.text == f"FROM a\n{changed.format(key=key, file=file.flag)}\n"
    assert derived.original() == text


def test_a_checksum_is_in_an_add_alone() -> None:
    with pytest.raises(DockerfileError, match="no ADD starts here"):
        inject("FROM a\nCOPY a /a\n", {}, Mechanism.MOUNT, checksums={2: "c"})
