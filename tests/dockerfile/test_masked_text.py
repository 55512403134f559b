"""The lines of a Dockerfile without its secrets."""

from __future__ import annotations

import time

import pytest

from freshlayer.dockerfile import parse
from freshlayer.dockerfile.masked_text import MOST_LINES, masked_lines
from testing.planted import commands, instructions, requests, urls

FROM = "FROM scratch\n"
PLAIN, RANDOM, GITHUB = "Pl4nt123q", "x7K9mQ2pL4vN8rT1w123Z5y", f"ghp_123{'aB3dE6gH9j' * 3}123"
HOST = "origin.example"


def masked(text: str) -> tuple[str, ...]:
    return masked_lines(text, parse(text))


def kinds() -> list[tuple[str, str]]:
    tables = {
        "command": commands(PLAIN, GITHUB, RANDOM),
        "request": requests(PLAIN, RANDOM, HOST),
        "url": {name: f"curl '{url}'" for name, url in urls(PLAIN, GITHUB, RANDOM, HOST).items()},
    }
    return [(f"{table}: {name}", text) for table, found in tables.items() for name, text in found.items()]


@pytest.mark.parametrize(("kind", "text"), kinds(), ids=[kind for kind, _ in kinds()])
def test_no_kind_of_secret_is_in_the_lines(kind: str, text: str) -> None:
    for written in (f"RUN V=$({text}); curl $V", f"RUN set -e; \\\n  {text} && \\\n    true", f"RUN {text}"):
        shown = "\n".join(masked(f"{FROM}{written}\n"))
        assert not any(marker in shown for marker in (PLAIN, RANDOM, GITHUB)), kind


def test_no_instruction_shows_a_secret() -> None:
    for kind, text in instructions(PLAIN, RANDOM, HOST).items():
        shown = "\n".join(masked(f"{FROM}{text}\n"))
        assert not any(marker in shown for marker in (PLAIN, RANDOM)), kind


ORDINARY = """\
# syntax=docker/dockerfile:1
ARG VERSION=12

FROM debian:${VERSION} AS base
# a comment
RUN apt-get update && apt-get install -y --no-install-recommends \\
      curl git \\
  # within
 && rm -rf /var/lib/apt/lists/*
RUN <<EOF
for i in 1 2; do
\techo "$i"
done
EOF
RUN curl -fsSL "https://example.org/${VERSION}/a.tar.gz?b=1" | tar -xz \\
  -C /usr/local
COPY --chown=1:1 . /srv
ENV A=b C="d e"
CMD ["tini", "--", "python3"]
"""


def test_what_is_no_secret_is_as_it_was_written() -> None:
    assert list(masked(ORDINARY)) == ORDINARY.splitlines()
    assert list(masked(ORDINARY.replace("\n", "\r\n"))) == ORDINARY.splitlines()


def test_lines_keep_their_numbers() -> None:
    text = f"{FROM}RUN curl -u \\\n  user:{PLAIN} \\\n  https://example.org/a\nENV PASSWORD a b c\nUSER me\n"
    assert masked(text) == (
        "FROM scratch",
        "RUN curl -u \\",
        "  … \\",
        "  https://example.org/a",
        "ENV PASSWORD …",
        "USER me",
    )


def test_what_is_masked_over_several_lines_moves_no_line_behind_it() -> None:
    text = (
        f"{FROM}RUN sh -c \"set -e; \\\n    curl -H 'Authorization: Bearer {PLAIN}' $A; \\\n    echo\" \\\n"
        "  && echo a\\\nb \\\n  && echo done\nUSER me\n"
    )
    shown = masked(text)
    assert len(shown) == len(text.splitlines())
    assert PLAIN not in "".join(shown)
    assert shown[6:] == ("  && echo done", "USER me")


def test_characters_that_mark_the_ends_of_lines_are_no_ends() -> None:
    assert masked(f"{FROM}RUN a \v\x1c\x1d b\n")[1] == "RUN a \ufffd\ufffd\ufffd b"


def test_a_word_that_a_line_divides_is_one() -> None:
    assert PLAIN not in "".join(masked(f"{FROM}RUN curl -u user:a\\\n{PLAIN} https://example.org\n"))


def test_a_value_with_the_name_of_a_secret_is_hidden_everywhere() -> None:
    shown = masked(f"{FROM}ARG LICENSE_KEY={RANDOM}\n# {RANDOM}\nRUN curl https://example.org/{RANDOM}/a\n")
    assert not any(RANDOM in line for line in shown)


def test_a_backtick_continues_a_line_where_it_is_the_escape_character() -> None:
    text = f"# escape=`\n{FROM}RUN curl -u `\n  user:{PLAIN} https://example.org/a\n"
    assert masked(text)[2:] == ("RUN curl -u `", "  … https://example.org/a")


def test_a_long_file_is_cut_and_takes_no_long_time() -> None:
    long = FROM + "RUN curl https://example.org/a; echo $(date) '\n" * 20_000
    started = time.process_time()
    assert len(masked(long)) == MOST_LINES
    for text in ("$(" * 50_000, "${" * 50_000, "'" * 50_000, "a\\\n" * 20_000):
        masked(f"{FROM}RUN {text}\n")
    assert time.process_time() - started < 20
