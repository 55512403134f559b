from __future__ import annotations

import pytest

from freshlayer.dockerfile.model import Instruction
from freshlayer.dockerfile.parse import parse
from freshlayer.errors import DockerfileError


def last(text: str) -> Instruction:
    return parse(text).stages[-1].instructions[-1]


def test_stages_know_their_number_name_and_base() -> None:
    dockerfile = parse(
        "FROM golang:1 AS Build\nRUN a\nFROM --platform=linux/arm64 build as final\nFROM scratch\n"
    )
    assert [(s.number, s.name, s.base, s.label) for s in dockerfile.stages] == [
        (0, "build", "golang:1", "build"),
        (1, "final", "build", "final"),
        (2, "", "scratch", "2"),
    ]
    assert dockerfile.stages[1].start.flags == ("--platform=linux/arm64",)


def test_args_before_the_first_from_are_kept_apart() -> None:
    dockerfile = parse("ARG A=1\nARG B\nFROM scratch\nARG C\n")
    assert [item.words for item in dockerfile.arguments] == [("A=1",), ("B",)]
    assert [item.words for item in dockerfile.stages[0].instructions] == [("C",)]


def test_instructions_are_numbered_through_the_whole_file() -> None:
    dockerfile = parse("ARG A\nFROM a\nRUN b\nFROM c\nRUN d\n")
    numbers = [item.number for item in dockerfile.arguments]
    numbers += [i.number for s in dockerfile.stages for i in (s.start, *s.instructions)]
    assert numbers == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "rest", "line", "end"),
    [
        ("FROM a\nRUN curl x", "curl x", 2, 2),
        ("FROM a\nrun curl x\n", "curl x", 2, 2),
        ("FROM a\n   RUN   curl x   \n", "curl x", 2, 2),
        ("FROM a\r\nRUN curl \\\r\n  x\r\n", "curl   x", 2, 3),
        ("\ufeffFROM a\nRUN curl x\n", "curl x", 2, 2),
        ("FROM a\nRUN \\\n# between\n  curl x\n", "curl x", 2, 4),
        ("FROM a\nRUN\\\n  curl x\n", "curl x", 2, 3),
        ("FROM a\nRUN a \\\n\n\n  b\n", "a   b", 2, 5),
        ("# escape=`\nFROM a\nRUN curl `\n  x\n", "curl   x", 3, 4),
        ("FROM a\nRUN --network=host curl x\n", "curl x", 2, 2),
        ("FROM a\nRUN caf\udce9\n", "caf\udce9", 2, 2),
    ],
    ids=[
        "plain",
        "lower",
        "blanks",
        "crlf",
        "bom",
        "comment",
        "joined",
        "empty",
        "escape",
        "flag",
        "latin-1",
    ],
)
def test_a_run_keeps_its_script_and_its_lines(text: str, rest: str, line: int, end: int) -> None:
    found = last(text)
    assert (found.name, found.rest, found.line, found.end_line) == ("RUN", rest, line, end)
    assert not found.exec_form


def test_exec_form_gives_words_and_no_script() -> None:
    found = last('FROM a\nRUN --network=none ["curl", "-o", "a b"]\n')
    assert (found.exec_form, found.words, found.rest) == (True, ("curl", "-o", "a b"), "")


def test_flags_are_read_by_name() -> None:
    found = last("FROM a\nADD --checksum=sha256:ab --chown=1 https://h/a /a\n")
    assert found.flag("checksum") == "sha256:ab"
    assert found.flag("chmod") == ""


def test_here_documents_keep_their_content_and_their_lines() -> None:
    found = last("FROM a\nRUN <<-ONE cat && <<'TWO' cat\n\ta\nONE\nb $x\nTWO\n")
    assert [(doc.name, doc.content, doc.strip_tabs) for doc in found.heredocs] == [
        ("ONE", "\ta\n", True),
        ("TWO", "b $x\n", False),
    ]
    assert (found.line, found.end_line) == (2, 6)


def test_a_here_document_of_an_onbuild_is_no_instruction() -> None:
    """facts/parsing.md §2.3, gap 1: BuildKit reads the document as part of the trigger."""
    dockerfile = parse("FROM a\nONBUILD RUN <<EOF\ncurl -o f https://example.org/a\nEOF\nRUN b\n")
    assert [item.name for item in dockerfile.stages[0].instructions] == ["ONBUILD", "RUN"]


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("FROM a\n\nRNU curl x\n", 3, "unknown instruction 'RNU' (did you mean RUN?)"),
        ("FORM a\n", 1, "unknown instruction 'FORM' (did you mean FROM?)"),
        ("FROM a\nentrypont x\n", 2, "(did you mean ENTRYPOINT?)"),
        ("FROM a\n# x\nxyzzy\n", 3, "unknown instruction 'xyzzy'"),
        ("FROM a\nRU\x1b[31mN x\n", 2, "unknown instruction"),
        ("FROM a\nENV PATH\n", 2, "ENV must have two arguments"),
        ("FROM a\nENV a=1 b\n", 2, "can't find = in"),
        ("FROM a\nRUN <<EOF\nx\n", 2, "unterminated heredoc"),
        ("# escape=x\nFROM a\n", 1, "escape"),
        ("RUN a\nFROM b\n", 1, "RUN is before the first FROM"),
        ("ARG A\nENV B=1\nFROM b\n", 2, "ENV is before the first FROM"),
        ("ARG A\n", 0, "no FROM"),
        ("FROM\n", 1, "FROM names no image"),
        ("", 0, "no instruction"),
        ("\n# only a comment\n", 0, "no instruction"),
    ],
)
def test_an_error_names_the_line_and_the_cure(text: str, line: int, part: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        parse(text)
    assert part in str(caught.value)
    assert caught.value.line == line
    assert str(caught.value).isprintable()


def test_a_word_that_resembles_no_instruction_gets_no_suggestion() -> None:
    with pytest.raises(DockerfileError) as caught:
        parse("FROM a\nxyzzy\n")
    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "number"),
    [("build", 0), ("BUILD", 0), ("0", 0), ("1", 1), ("2", None), ("none", None), ("", None), ("-1", None)],
)
def test_a_stage_is_found_by_name_or_number(name: str, number: int | None) -> None:
    stage = parse("FROM a AS build\nFROM b\n").stage_named(name)
    assert (stage.number if stage else None) == number


def test_ten_megabytes_are_read_in_a_moment() -> None:
    line = "#" + "x" * 1023 + "\n"
    dockerfile = parse("FROM a\n" + line * 10_000 + "RUN b\n")
    assert dockerfile.stages[0].instructions[0].line == 10_002


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_a_file_of_wide_characters_is_named_as_such(encoding: str) -> None:
    text = "FROM a\r\nRUN curl x\r\n".encode(encoding).decode("utf-8", "surrogateescape")
    with pytest.raises(DockerfileError) as error:
        parse(text)
    assert str(error.value) == "the file is UTF-16 or UTF-32, and builders read UTF-8 (save it as UTF-8)"
    assert error.value.line == 1


def test_a_mark_in_utf_16_is_named_where_it_is_the_big_endian_one() -> None:
    with pytest.raises(DockerfileError, match="UTF-16"):
        parse((b"\xfe\xff" + "FROM a\n".encode("utf-16-be")).decode("utf-8", "surrogateescape"))
