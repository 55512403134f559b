"""The lines of a Dockerfile without its secrets."""

from __future__ import annotations

import time

import pytest

from freshlayer.dockerfile.masked_text import MOST_LINES, masked_lines
from freshlayer.dockerfile.parse import parse
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


KEY = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{PLAIN}\nabc/{PLAIN}+=\n-----END OPENSSH PRIVATE KEY-----"
FIELDS = (
    f"user: a\npassword: {PLAIN}\nport: 1",
    f'{{"api_key": "{PLAIN}",\n "port": 1}}',
    f'{{\n  "tokens": [\n    "{PLAIN}"\n  ],\n  "port": 1\n}}',
    f"password: |\n  {PLAIN}\nport: 1",
    f"tokens:\n- {PLAIN}\n- {PLAIN}\nport: 1",
    f"<password>{PLAIN}</password>",
    f"requirepass {PLAIN}\ndb_password {PLAIN}",
    f"machine h login u password {PLAIN}",
    f"ALTER USER a IDENTIFIED BY '{PLAIN}';",
    f"api.token = {PLAIN}",
    f"password:{PLAIN}",
    f"dbPassword => '{PLAIN}'",
    f'TOKEN="a\n{PLAIN}\nb"\nport=1',
    f"curl -u \\\n  user:{PLAIN} https://h",
    f"echo {PLAIN} |\n  docker login --password-stdin -u a h",
    KEY,
)
"""Bodies of here-documents."""
GIVEN = (
    f"echo {PLAIN} | docker login -u a --password-stdin h",
    f"printf '%s' '{PLAIN}' | sudo docker login -u a --password-stdin",
    f"echo '{PLAIN}' | gh auth login --with-token",
    f"echo {PLAIN} | sudo -S true",
    f"echo 'root:{PLAIN}' | chpasswd",
    f"docker login -u a --password-stdin h <<< {PLAIN}",
    f"docker login -u a --password-stdin h <<<{PLAIN}",
    f"sh -c 'echo {PLAIN} | docker login -u a --password-stdin h'",
    f"vault login {PLAIN}",
    f"sudo vault login -no-print {PLAIN}",
    f"cargo login {PLAIN}",
    f"htpasswd -b /etc/f user {PLAIN}",
    f"htpasswd -bc /etc/f user {PLAIN}",
    f"htpasswd -nbB user {PLAIN} > /etc/f",
    f"composer config --global http-basic.h.example user {PLAIN}",
    f"composer config github-oauth.github.com {PLAIN}",
    f"poetry config pypi-token.pypi {PLAIN}",
    f"bundle config gems.example.org user:{PLAIN}",
    f"bundle config set --global gems.example.org {PLAIN}",
    f"yarn config set npmAuthToken {PLAIN}",
    f"""yarn config set 'npmScopes["a"].npmAuthIdent' {PLAIN}""",
)


@pytest.mark.parametrize("body", FIELDS)
def test_no_here_document_shows_a_secret(body: str) -> None:
    for start in ("COPY <<EOF /etc/a", "RUN cat <<EOF > /etc/a", "RUN --mount=type=tmpfs,target=/t <<EOF"):
        text = f"{FROM}{start}\n{body}\nEOF\nUSER me\n"
        shown = masked(text)
        assert PLAIN not in "\n".join(shown)
        assert len(shown) == len(text.splitlines())
        assert shown[-2:] == ("EOF", "USER me")


@pytest.mark.parametrize("command", GIVEN)
def test_no_command_shows_what_it_is_given(command: str) -> None:
    for written in (
        f"RUN {command}",
        f"RUN a && \\\n  {command}",
        f"ONBUILD RUN {command}",
        f"RUN <<E\n{command}\nE",
    ):
        assert PLAIN not in "\n".join(masked(f"{FROM}{written}\n"))


@pytest.mark.parametrize(
    "text",
    [
        f"RUN curl -u \\\n# c\n  me:{PLAIN} https://h",
        f"RUN curl -u \\\n\n  # c\n  # d \\\n\n  me:{PLAIN} https://h",
        f"RUN curl -u me:a\\\n# c\n{PLAIN} https://h",
        f"RUN echo a \\\n  # password: {PLAIN}\n  b",
        f"ONBUILD ENV API_TOKEN {PLAIN}",
        f"ONBUILD ENV API_TOKEN a \\\n  {PLAIN}",
        f"onbuild arg API_TOKEN={PLAIN}\n# {PLAIN}",
        f"# password: {PLAIN}",
        f"# the password is {PLAIN}",
        f"# token {PLAIN}",
        "RUN echo '" + KEY.replace("\n", "\\n\\\n") + "' > /k",
        "# " + KEY.replace("\n", "\n# "),
    ],
)
def test_no_comment_and_no_trigger_shows_a_secret(text: str) -> None:
    shown = masked(f"{FROM}{text}\nUSER me\n")
    assert PLAIN not in "\n".join(shown)
    assert len(shown) == len(text.splitlines()) + 2
    assert shown[-1] == "USER me"


@pytest.mark.parametrize("inner", ["FOO bar", "ENV A", "RUN <<EOF", "LABEL a", "ENV", "ONBUILD RUN a"])
def test_a_trigger_that_is_no_instruction_is_shown(inner: str) -> None:
    assert masked(f"{FROM}ONBUILD {inner}\nUSER me\n") == ("FROM scratch", f"ONBUILD {inner}", "USER me")


def test_a_here_document_without_secrets_is_as_it_was_written() -> None:
    body = "server:\n  port: 80 # the token is a mount\n  key_file: /etc/a\nfor a in b; do\n  c\ndone"
    run = "RUN cat a | docker login --password-stdin \\\n # the token is a mount\n  h"
    text = f"{FROM}COPY <<EOF /a\n{body}\nEOF\n{run}\n"
    assert list(masked(text)) == text.splitlines()


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
    heredoc = "<<EOF\n" + '"password": [\n  a |\n' * 10_000 + "EOF"
    for text in (
        heredoc,
        "-----BEGIN PRIVATE KEY" * 9000,
        "$(" * 50_000,
        "${" * 50_000,
        "'" * 50_000,
        "a\\\n" * 20_000,
    ):
        masked(f"{FROM}RUN {text}\n")
    assert time.process_time() - started < 20
