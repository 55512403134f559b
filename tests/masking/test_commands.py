"""Texts of commands: the value of a secret is in no message, whatever way a command takes it."""

from __future__ import annotations

import random
import time

import pytest

from freshlayer.discover.discovery import Conditions
from freshlayer.discover.instructions import discover
from freshlayer.dockerfile.parse import parse
from freshlayer.dockerfile.scope import environments
from freshlayer.errors import DockerfileError
from freshlayer.masking import (
    masked_script,
    masked_words,
    public_text,
    shown,
    shown_script,
    shown_words,
    takes_secret,
)
from testing.planted import commands

S = "Pl4nted-s3cr3t"
NAME = "Pl4nted"
RANDOM = "x7K9mQ2pL4vN8rT1wZ5y"
GITHUB = "ghp_" + "aB3dE6gH9j" * 3 + "123456"
COMMANDS = commands(S, GITHUB, RANDOM)
SECRETS = (S, "l4nted", GITHUB, RANDOM)


def told(text: str) -> str:
    """Everything that is said of a Dockerfile's inputs; what is asked is said to nobody."""
    dockerfile = parse(text)
    seen = environments(dockerfile, {}, "linux/amd64")
    return repr(discover(dockerfile, dockerfile.stages, seen, Conditions("linux/amd64")))


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_script_is_shown_without_a_secret(command: str) -> None:
    for text in (
        command,
        f"set -e; {command}",
        f"x | {command}",
        f"V=$({command} | jq -r .v)",
        f"`{command}`",
    ):
        assert not any(value in masked_script(text) for value in SECRETS), masked_script(text)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_what_is_told_of_an_instruction_holds_no_secret(command: str) -> None:
    for run in (
        f"V=$({command}); curl https://h.example/$V",
        f"V=`{command}` && wget https://h.example/$V/a",
        f"curl https://h.example/$({command})",
        f"curl -fsSL https://h.example/$({command} | sed -n s/a/b/p)/x",
        f"git clone -b $({command}) https://h.example/r.git",
        f"{command} https://h.example/x",
        f"{command} $(date) && curl https://h.example/a ) (",
        f'eval "$({command})"; curl https://h.example/$W',
        f"for v in $({command}); do curl https://h.example/$v; done",
        f"curl https://h.example/${{V:-$({command})}}",
        f"curl https://h.example/$(({S}))${{V@Q$({command})}}",
    ):
        # In arithmetic the planted word is the name of a variable, which is printed.
        shown = told(f"FROM a\nRUN {run}\n").replace(S + "))", "").replace(f"${{{NAME}}}", "")
        assert not any(value in shown for value in SECRETS), shown


@pytest.mark.parametrize(
    "text",
    [
        "curl -s https://api.github.com/repos/a/b/releases/latest | jq -r .tag_name",
        "apt-get install -y libssl1.1 python3 --no-install-recommends",
        "apt-get install --allow-unauthenticated foo",
        "mkdir -p /a/b && cp -pr x y && find . -print0 | xargs -0 rm",
        "docker run -p8080:80 -p 8080:80 x",
        "git clone --branch v1.2 https://h/r.git",
        "grep -oP '\"tag_name\": \"\\K[^\"]+' f",
        "jq -r '.assets[] | select(.key==\"x\").browser_download_url'",
        "awk -F= '/^VERSION_ID/ {print $2}' /etc/os-release",
        "gpg --keyserver hkps://keys.openpgp.org --recv-keys 0xABC",
        "date -u +%s; sort -u f; uname -m; tar -xpf f; apk add -U curl; pip install --user flask",
        "rclone copy r:b/k /d; uv pip install flask==2.0; npm install -g npm@10.2.0",
        "https://h/a/${V}/b-$(uname -m).tar.gz",
        "sha256sum -c - < da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "cargo install --features=tls --target=x86_64-unknown-linux-gnu ripgrep",
        "go build -tags=netgo -o=/bin/a ./cmd/a",
    ],
)  # fmt: skip
def test_a_command_without_a_secret_is_shown_as_it_is_written(text: str) -> None:
    assert masked_script(text) == text


@pytest.mark.parametrize(
    ("option", "program", "takes"),
    [
        ("--token", "", True),
        ("--password", "x", True),
        ("--pw", "x", True),
        ("-u", "curl", True),
        ("-u", "sort", False),
        ("-p", "mysql", True),
        ("-p", "mkdir", False),
        ("-b", "curl", True),
        ("--cookie", "curl", True),
        ("--allow-unauthenticated", "apt-get", False),
        ("--no-auth", "x", False),
        ("--password-stdin", "docker", False),
        ("--user", "pip", False),
        ("--user", "curl", True),
        ("--keyserver", "gpg", False),
        ("--basic", "curl", False),
        ("--junk-session-cookies", "curl", False),
        ("-p", "oras", True),
        ("token", "x", False),
        ("--token=x", "x", False),
    ],
)
def test_an_option_takes_a_secret_or_not(option: str, program: str, takes: bool) -> None:  # noqa: FBT001
    assert takes_secret(option, program) is takes


@pytest.mark.parametrize("program", ["conda", "mamba", "micromamba", "/opt/conda/bin/conda", "pixi"])
@pytest.mark.parametrize("end", ["/main", "", "/", "::numpy"])
def test_a_token_in_a_channel_is_not_shown(program: str, end: str) -> None:
    for channel in (f"https://h.example/t/tk-4/me{end}", f"h.example/t/tk-4{end}"):
        shown = masked_script(f"{program} install -c {channel} 'a' --channel={channel}")
        assert "tk-4" not in shown
        assert shown.count("/t/***") == 2


def test_words_are_masked_one_for_one() -> None:
    words = ["curl", "-u", "a:b", "--pw", "c", "-o", "f"]
    assert masked_words(words) == ["curl", "-u", "…", "--pw", "…", "-o", "f"]


@pytest.mark.parametrize(
    "text",
    [
        f"FROM a\nRUN x && \\\n\nPASSWORD={S} fetch\n",
        f"FROM a\nENV A=1 TOKEN={S} https://u:{S}@h/a\n",
        f"FROM a\nTOKEN={S}\n",
    ],
)
def test_an_error_in_a_dockerfile_holds_no_secret(text: str) -> None:
    try:
        said = told(text)
    except DockerfileError as error:
        said = str(error)
    assert S.lower() not in said.lower()


@pytest.mark.parametrize(
    "text", ["aA1-" * 100_000, "a=" * 100_000, "$(" * 100_000, '"' * 99_999, "://@:" * 50_000, ":_" * 100_000]
)
def test_a_long_text_takes_no_time(text: str) -> None:
    started = time.process_time()
    masked_script(text)
    masked_words([text, text])
    public_text(text[:5000])
    assert time.process_time() - started < 2


@pytest.mark.parametrize("word", ["htpasswd", "config", "vault"])
def test_many_names_of_programs_take_no_long_time(word: str) -> None:
    started = time.process_time()
    masked_words([word, "login"] * 20_000)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("command", "masked"),
    [
        ("a/ curl -b SESSIONID1", "a/ curl -b …"),
        ("a/ redis-cli -a hunter2", "a/ redis-cli -a …"),
        ("/ conda install /t/tk-123/linux-64/x", "/ conda install /t/***/linux-64/x"),
    ],
)
def test_a_path_that_ends_in_a_slash_is_no_program(command: str, masked: str) -> None:
    assert " ".join(masked_words(command.split())) == masked
    assert masked_script(command) == masked


PLAIN = """
a/ / redis-cli -a -b hunter2
docker curl apt-get install ca-certificates software-properties-common x86_64-unknown-linux-musl -y -u -p
login --no-install-recommends --token my_token API_KEY conda /t/a vault auth sudo -S config set *.whl $A ${A}
./a-b_c a,b [x] ~ … C… -- - xoxb-abcdefghij ghp_aaaaaaaaaaaaaaaaaaaa F7529FAE24811A5C0DF3 aB3dE6gH9jK2mN5pQ8rS
""".split()


def test_a_plain_command_is_read_as_any_other() -> None:
    """With a word that assigns, and in a script with a quote, each word is looked at."""
    choice = random.Random(8)
    for _ in range(3000):
        words = choice.choices(PLAIN, k=choice.randint(1, 6))
        assert masked_words(words) == masked_words([*words, "a=b"])[:-1], words
        assert shown_words(words, 40) == shown(" ".join(masked_words(words)), 40), words
        text = choice.choice((" ", "  ", ";", " && ", " $(", ") ")).join(words)
        assert masked_script(f"'';{text}") == f"'';{masked_script(text)}", text


def test_a_script_in_a_message_is_masked_and_shown() -> None:
    """One command that holds no secret is told without it."""
    choice = random.Random(9)
    words = [
        *PLAIN,
        "https://h.example/a?b=c",
        "https://u:p@h.example/a",
        "u@h",
        "?x",
        "--a=b",
        "\x1b",
        "x" * 90,
    ]
    for _ in range(3000):
        text = choice.choice((" ", " ", "\n", ";")).join(choice.choices(words, k=choice.randint(0, 4)))
        assert shown_script(text) == shown(masked_script(text)), text
