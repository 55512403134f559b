"""Instructions are joined before the library reads them: what it finds, and on which lines, is the same."""

from __future__ import annotations

import sys
import time

import pytest
from e2b_dockerfile_utils import (
    DockerfileAst,
    DockerfileInstruction,
    DockerfileSyntaxError,
    is_space,
    parse_dockerfile_ast,
)
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from freshlayer.dockerfile.continuations import _NO_BLANKS, unfolded
from freshlayer.dockerfile.model import Heredoc
from freshlayer.dockerfile.parse import parse
from freshlayer.dockerfile.plain_instructions import plain_instruction
from freshlayer.errors import DockerfileError

_OF_ONE_LINE = st.builds(
    lambda name, blank, words: f"{name}{blank}{blank.join(words)}",
    st.sampled_from(
        (
            *("COPY", "ADD", "ARG", "ENV", "LABEL", "FROM", "EXPOSE", "RUN", "WORKDIR", "USER", "env"),
            *("CMD", "ENTRYPOINT", "SHELL", "VOLUME", "MAINTAINER", "STOPSIGNAL", "HEALTHCHECK", "ONBUILD"),
        )
    ),
    st.sampled_from((" ", "  ", "\t", "\xa0", "\x1c", "\x0b")),
    st.lists(
        st.sampled_from(
            (
                *("a", "b=c", "=", "--d=e", "--", "-f", "[g", '["h"]', "'i", '"j k"', "${l}", "\\m", "\xe9"),
                *('n="o p"', "q='r \"s'", 't"u v"w', '"x=y"=z', '["a', '","', 'b"]', '"b"]', ",", "[", "]"),
            )
        ),
        max_size=4,
    ),
)
_LINES = st.one_of(
    st.sampled_from(
        (
            *(
                "FROM a",
                "RUN b \\",
                "RUN b\\",
                "  c && \\  ",
                "\td\\\\",
                "\\",
                "  \\\t",
                "\\\\",
                "e",
                "",
                "  ",
                "\t",
            ),
            *(
                "# f",
                "  # g \\",
                "#",
                "# escape=`",
                "# escape=\\",
                "# syntax=h",
                "#!/bin/sh",
                "i \\\\\\",
                "i \\ \\",
            ),
            *(
                "RUN b \\ \\",
                "ENV J=k \\",
                ' L="m n" # o \\',
                "COPY --from=p q r \\",
                'CMD ["s", \\',
                '"t"]',
                "LABEL u",
            ),
            *(
                "RUN b \xa0\\",
                "\u2003# v",
                "\x1c# w",
                "\x85\\",
                "RUN x\x0b\\\x0c",
                "RUN y <<EOF",
                "RUN <<-'EOF' >\"${z}\"",
                'COPY --a=b <<EOF <<"c" /d',
                "ADD <<EOF\\",
                "RUN a<<EOF",
                "RUN a <\\",
                "<EOF",
                "RUN <<EOF; b",
                "RUN << EOF",
                "RUN $a <<EOF 3<<c",
                "RUN <<<EOF",
                "ENV a=<<EOF",
                'RUN ["<<EOF"]',
                "ONBUILD RUN <<EOF",
                "EOF",
                "\tEOF",
                "c",
                "RUN z\r",
                "\ufeffRUN z",
                "\ufeff# z",
                "\ufeff",
            ),
        )
    ),
    _OF_ONE_LINE,
    st.text(" \t\\#ab\xa0\x1c", max_size=6),
)
_ENDS = st.sampled_from(("\n", ""))


_HEADS = st.lists(
    st.sampled_from(("", "  ", "# f", "#!/bin/sh", "# escape=`", "# escape=\\", "# syntax=h")), max_size=3
)


@st.composite
def _texts(draw: st.DrawFn) -> str:
    return "\n".join([*draw(_HEADS), "FROM a", *draw(st.lists(_LINES, max_size=12))]) + draw(_ENDS)


@settings(max_examples=400, deadline=None)
@given(_texts())
@example("FROM a\nRUN cat <\\\n<EOF\nRUN b\nEOF\n")
@example("FROM a\nCOPY <\\\n# f\n<EOF /x\nUSER x\nEOF\nUSER y\n")
def test_what_the_library_reads_is_the_same_with_joined_lines(text: str) -> None:
    tree, refused_on = _of_library(text)
    if tree is None:
        # Where a here-document has no end, ours may be a comment.
        assert _error(text) in {refused_on, None if "<<" in text else refused_on}
        return
    assume(all(it.args for it in tree.instructions if it.name == "FROM"))
    found = parse(text)
    read = [
        *found.arguments,
        *(item for stage in found.stages for item in (stage.start, *stage.instructions)),
    ]
    assert found.escape == tree.escape_token
    assert [
        (it.name, it.text, it.flags, it.words, it.exec_form, it.heredocs, it.line, it.end_line) for it in read
    ] == [_of(it) for it in tree.instructions]


def _of_library(text: str) -> tuple[DockerfileAst | None, int | None]:
    """What it reads, or the line of its error."""
    try:
        return parse_dockerfile_ast(text), None
    except DockerfileSyntaxError as error:
        return None, error.line


def _error(text: str) -> int | None:
    """The line of the error; None where there is none."""
    try:
        parse(text)
    except DockerfileError as error:
        return error.line
    return None


def _of(it: DockerfileInstruction) -> tuple[object, ...]:
    flags, words = tuple(it.flags), tuple(it.args)
    documents = tuple(Heredoc(each.name, each.content, each.chomp) for each in it.heredocs)
    return it.name, it.original, flags, words, it.json, documents, it.start_line, it.end_line


def test_a_space_is_what_the_library_takes_for_one() -> None:
    spaces = {chr(code) for code in range(sys.maxunicode + 1) if is_space(chr(code))}
    assert {chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()} - set(
        _NO_BLANKS
    ) == spaces


@pytest.mark.parametrize(
    "line",
    [
        f'ENV {"a" * 60}{"b" * 60}="{"c " * 100_000}',
        "LABEL " + "a='b c' " * 50_000 + "d='",
        "COPY " + "\"a\"'b'" * 50_000 + '"',
        "CMD [" + '"a", ' * 50_000 + "b]",
        "RUN " + "--a=b " * 50_000 + "[",
        "ENV a" + " " * 200_000 + "\xa0b",
        "RUN " + "a<<" * 60_000,
        "RUN <<" + "a" * 200_000 + "'",
        "RUN " + '<<a "$b' * 30_000,
        "RUN " + "1" * 200_000 + "<<a",
        "HEALTHCHECK CMD [" + '"a", ' * 50_000 + "b]",
        "HEALTHCHECK " + "--a=b " * 50_000 + "[",
        "ARG " + '\\"' * 50_000 + "'",
        'ENV a="' + '\\"b' * 50_000,
        "VOLUME [" + "a " * 50_000 + "\xa0",
    ],
)
def test_a_long_line_that_is_not_plain_is_found_out_in_time(line: str) -> None:
    started = time.process_time()
    assert plain_instruction(line, 0, 1, 1, iter(())) is None
    assert time.process_time() - started < 0.5


def test_here_documents_of_plain_instructions_are_read_without_the_library() -> None:
    long = unfolded("FROM a\nRUN b \\\n <<-'c' 3<<d >\"${e}\"\n# f\n\tc\n\n\td\nd\nCMD g\n", "\\")
    assert (long.all_plain, [(it.line, it.end_line) for it in long.plain]) == (
        True,
        [(1, 1), (2, 8), (9, 9)],
    )
    assert long.plain[1].heredocs == (Heredoc("c", "# f\n", True), Heredoc("d", "\n\td\n", False))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("HEALTHCHECK --interval=3s \tCMD a  'b || exit 1 ", ("CMD", "a  'b || exit 1")),
        ('HEALTHCHECK CMD ["a", "b"]', ("CMD", "a", "b")),
        ("ENTRYPOINT [ ]", ()),
        ('FROM a:"${B}" AS c', ('a:"${B}"', "AS", "c")),
        ('VOLUME /a/"b c"', ('/a/"b', 'c"')),
        ('ARG a="b \\"c\\" \\n" d\\e=\'\\\'', ('a="b \\"c\\" \\n"', "d\\e='\\'")),
    ],
)
def test_words_of_plain_instructions_are_read_without_the_library(line: str, words: tuple[str, ...]) -> None:
    found = plain_instruction(line, 0, 1, 1, iter(()))
    assert found is not None
    assert found.words == words
    assert (found.flags, found.exec_form, found.original) == (
        _of(parse_dockerfile_ast(line).instructions[0])[2],
        parse_dockerfile_ast(line).instructions[0].json,
        line,
    )


@pytest.mark.parametrize(
    ("comments", "all_plain"),
    [
        ("# syntax=a\n# check=error=true\n\n# b=c\n", True),
        ("# a=b\n# c=d\n", True),
        ("# syntax=a\n# Syntax=b\n", False),
        ("# escape=a\n", False),
    ],
)
def test_comments_of_which_none_can_be_refused_need_no_library(comments: str, *, all_plain: bool) -> None:
    assert unfolded(f"{comments}FROM a\n", "\\").all_plain is all_plain


def test_what_is_not_plain_is_on_a_line_of_its_own() -> None:
    long = unfolded(
        "# syntax=x\n\nFROM a\n\n# b\nENV c='d \\\n# d\n\n  e\nRUN f \\\n  g\nONBUILD RUN h\n", "\\"
    )
    assert long.text == "# syntax=x\n\nENV c='d   e\nONBUILD RUN h"
    assert (long.starts, long.ends) == ({3: 6, 4: 12}, {3: 9, 4: 12})
    assert [(it.text, it.line, it.end_line) for it in long.plain] == [
        ("FROM a", 3, 3),
        ("RUN f   g", 10, 11),
    ]
