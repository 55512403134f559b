"""Instructions of very many lines keep their text and their lines."""

from __future__ import annotations

import pytest

from freshlayer.dockerfile.parse import parse
from freshlayer.errors import DockerfileError

MANY = 600


def long(first: str, each: str, last: str, escape: str = "\\") -> str:
    return "".join(
        [f"{first} {escape}\n", *(f"{each.format(n)} {escape}\n" for n in range(MANY)), f"{last}\n"]
    )


def test_a_long_instruction_is_its_lines_joined() -> None:
    dockerfile = parse(f"FROM scratch\n{long('RUN a', ' w{}', ' z')}RUN b\n")
    run, after = dockerfile.stages[0].instructions
    assert run.rest.split() == ["a", *(f"w{n}" for n in range(MANY)), "z"]
    assert (run.line, run.end_line) == (2, MANY + 3)
    assert (after.line, after.end_line) == (MANY + 4, MANY + 4)


@pytest.mark.parametrize("inside", ["# a comment", "", "  "])
def test_comments_and_empty_lines_in_it_count_for_nothing(inside: str) -> None:
    text = f"FROM scratch\n{long('RUN a', ' w', ' z')}".replace(" w \\\n", f" w \\\n{inside}\n")
    (run,) = parse(text).stages[0].instructions
    assert run.rest.split() == ["a", *["w"] * MANY, "z"]
    assert (run.line, run.end_line) == (2, 2 * MANY + 3)


def test_the_files_own_escape_character_counts() -> None:
    text = f"# escape=`\nFROM scratch\n{long('RUN a', ' w', ' z', '`')}".replace("\n", "\r\n")
    (run,) = parse(text).stages[0].instructions
    assert run.rest.split() == ["a", *["w"] * MANY, "z"]
    assert (run.line, run.end_line) == (3, MANY + 4)


def test_a_here_document_behind_a_long_line_is_read_and_what_follows_too() -> None:
    text = f"FROM scratch\n{long('RUN a', ' w', ' cat <<EOF')}x \\\ny\nEOF\nRUN b\n"
    run, after = parse(text).stages[0].instructions
    assert run.heredocs[0].content == "x \\\ny\n"
    assert (run.line, run.end_line, after.line) == (2, MANY + 6, MANY + 7)


def test_an_error_names_the_line_where_the_instruction_starts() -> None:
    with pytest.raises(DockerfileError) as caught:
        parse(f"FROM scratch\n{long('RUM a', ' w', ' z')}")
    assert caught.value.line == 2
