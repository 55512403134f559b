"""Lock files that nobody wrote with freshlayer: an error with a place, and nothing of them is used."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from freshlayer.errors import StateError
from freshlayer.lock import find_lock, lock_text, place_of_lock, read_lock
from freshlayer.lock.blocks import _by_line
from freshlayer.lock.lock_file import is_gone, user_name
from freshlayer.model.lock import Lock
from tests.lock.test_format import an_input

HEAD = "version = 1\n"
BLOCK = """
[[input]]
reference = "https://example.org/a"
identity = "etag:v1"
strength = "strong"
used-by = []
"""
TWO = HEAD + BLOCK + BLOCK.replace("/a", "/b")


def but(old: str, new: str) -> str:
    """A good file with one thing that is not."""
    assert old in TWO
    return TWO.replace(old, new, 1)


HOSTILE = {
    "no version": ("", 1, "it has no version"),
    "a later version": (but("version = 1", "version = 2"), 1, "its version is 2"),
    "a version that is no number": (but("version = 1", "version = true"), 1, "it has no version"),
    "another key": (HEAD + "comment = 'x'\n", 1, "there is no 'comment' in a lock file"),
    "another table": (TWO + "\n[[output]]\n", 15, "there is no [[output]] in a lock file"),
    "no list": (HEAD + "input = 3\n", 1, "there is no 'input' in a lock file"),
    "not TOML": (TWO + "identity = [", 14, "not TOML: "),
    "deep": (HEAD + "a = " + "[" * 5000, 0, "nested too deeply"),
    "deep inside": (TWO + "served-by = " + "[" * 300 + "]" * 300, 9, "[[input]]: expected `str"),
    "a conflict": (but("\n[[input]]", "\n<<<<<<< HEAD\n[[input]]"), 3, "a merge conflict"),
    "a conflict, its end alone": (TWO + ">>>>>>> other\n", 14, "a merge conflict"),
    "twice the same": (but("/b", "/a"), 9, "it is there twice: also on line 3"),
    "an unknown field": (but("used-by", "used-for"), 3, "unknown field `used-for`"),
    "a field of another type": (but('"etag:v1"', "1"), 3, "expected `str`, got `int`"),
    "a missing field": (but('identity = "etag:v1"\n', ""), 3, "missing required field `identity`"),
    "no scheme": (but("etag:v1", "v1"), 3, "'identity' is not written as scheme:value"),
    "another strength": (but('"strong"', '"certain"'), 3, "invalid enum value 'certain'"),
    "unseen and strong": (
        but("etag:v1", "unseen"),
        3,
        "an identity is 'unseen' where the strength is 'none'",
    ),
    "a size below nothing": (but("used-by", "size = -1\nused-by"), 3, ">= 0"),
    "a digest that is none": (but("used-by", 'sha256 = "abc"\nused-by'), 3, "expected `str` matching regex"),
    "an escape sequence": (but("etag:v1", "etag:\\u001b[2J"), 3, "'identity' has a control character"),
    "two lines": (
        but('"https://example.org/a"', '"""https://example.org/a\nhttps://example.org/c"""'),
        3,
        "'reference' has a control character",
    ),
    "two lines of a text": (
        HEAD + '[[not-read]]\nused-by = "D 0 RUN"\ntext = """\napt\n::error::injected"""\n',
        2,
        "'text' has a control character",
    ),
    "text from right to left": (but("etag:v1", "etag:\u202ev1"), 3, "'identity' has a control character"),
    "a long text": (but("etag:v1", "etag:" + "v" * 9000), 3, "'identity' is longer than 8192 characters"),
    "a login": (but("example.org/a", "user:hunter2@example.org/a"), 3, "has a secret"),
    "a signature": (
        but("example.org/a", "example.org/a?X-Amz-Signature=hunter2hunter2"),
        3,
        "has a secret",
    ),
    "a token in the path": (but("example.org/a", f"example.org/ghp_{'hunter2' * 6}"), 3, "has a secret"),
    "a webhook": (but("example.org/a", "hooks.slack.com/services/T1/B2/hunter2hunter2"), 3, "has a secret"),
    "a login where it is served": (
        but("used-by", 'served-by = "https://u:hunter2@example.org/"\nused-by'),
        3,
        "has a secret",
    ),
    "another spelling": (but("https://example.org/a", "HTTPS://example.org/a"), 3, "its canonical spelling"),
    "no reference": (but("https://example.org/a", "file:///etc/passwd"), 3, "not a reference"),
    "an absolute path": (but("used-by = []", 'used-by = ["/etc/passwd 0 RUN"]'), 3, "is relative to it"),
    "a way out": (but("used-by = []", 'used-by = ["a/../../b 0 RUN"]'), 3, "is relative to it"),
    "a user without a stage": (but("used-by = []", 'used-by = ["Dockerfile"]'), 3, "'used-by' is not a"),
    "a path of a Dockerfile": (HEAD + '[[dockerfile]]\npath = "/etc/passwd"\n', 2, "is relative to it"),
    "a reason that is a text": (but("used-by", 'reason = "Rebuild it!"\nused-by'), 3, "matching regex"),
    "a line of packages": (
        HEAD
        + '[[packages]]\nmanager = "apt"\nplatform = "linux/amd64"\nused-by = "D 0 RUN"\ncommands = ["x"]\n'
        + 'packages = ["curl 1"]\n',
        2,
        "a line of 'packages' is not a name, a version and a digest",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_an_error_with_its_line(name: str, tmp_path: Path) -> None:
    text, line, what = HOSTILE[name]
    path = tmp_path / "freshlayer.lock"
    path.write_text(text)
    with pytest.raises(StateError) as caught:
        read_lock(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:{line}: " if line else f"{path}: ")
    assert what in message
    assert "hunter2" not in message
    assert message.isprintable()
    assert len(message) < 1000


def test_a_good_file_is_read() -> None:
    assert "etag:v1" in TWO


@pytest.mark.parametrize("content", [b"\xff\xfe", b"version = 1\n# \xff"])
def test_bytes_that_are_not_text(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "freshlayer.lock"
    path.write_bytes(content)
    with pytest.raises(StateError, match="it is not UTF-8"):
        read_lock(path)


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "[[input]]\n" * 200_000,
        HEAD + "[[input ]]\n" * 200_000,
        HEAD + "[" * 2_000_000,
        HEAD + 'a = "' + "\\" * 3_000_000,
        HEAD + "a = [" + "1," * 1_000_000,
        HEAD + "".join(f"[[t{it}]]\n" for it in range(100_000)),
        "#" * 5_000_000 + "\n",
    ],
    ids=["blocks", "blocks of TOML", "brackets", "escapes", "a list", "tables", "a comment"],
)
def test_a_large_one_ends_soon(text: str, tmp_path: Path) -> None:
    path = tmp_path / "freshlayer.lock"
    path.write_text(text)
    began = time.process_time()
    with pytest.raises(StateError):
        read_lock(path)
    assert time.process_time() - began < 20


def test_a_missing_file_is_an_empty_one(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "none") == Lock()


def test_it_is_found_up_to_the_root_of_the_repository(tmp_path: Path) -> None:
    place = tmp_path / "repo" / "a" / "b"
    place.mkdir(parents=True)
    (tmp_path / "freshlayer.lock").touch()
    assert find_lock(place) is None
    assert place_of_lock(place) == place / "freshlayer.lock"
    (tmp_path / "repo" / ".git").mkdir()
    assert find_lock(place) is None
    assert place_of_lock(place) == tmp_path / "repo" / "freshlayer.lock"
    (tmp_path / "repo" / "a" / "freshlayer.lock").touch()
    assert find_lock(place) == place_of_lock(place) == tmp_path / "repo" / "a" / "freshlayer.lock"
    (place / "freshlayer.lock").touch()
    assert find_lock(place) == place / "freshlayer.lock"


def test_without_a_repository_what_is_above_is_not_read(tmp_path: Path) -> None:
    """A directory that everybody may write to, as /tmp, has no say about what is below it."""
    (tmp_path / "a").mkdir()
    (tmp_path / "freshlayer.lock").touch()
    assert find_lock(tmp_path / "a") is None


@pytest.mark.parametrize(
    ("dockerfile", "name", "gone"),
    [
        ("repo/Dockerfile", "Dockerfile", True),
        ("repo/a/b/Dockerfile", "a/b/Dockerfile", True),
        ("Dockerfile", "../Dockerfile", True),
        ("elsewhere/Dockerfile", "../elsewhere/Dockerfile", True),
    ],
)
def test_a_dockerfile_is_named_as_seen_from_the_file(
    tmp_path: Path, dockerfile: str, name: str, *, gone: bool
) -> None:
    path = tmp_path / "repo" / "i"
    path.parent.mkdir()
    assert user_name(path, tmp_path / dockerfile) == name
    assert is_gone(path, name) is gone
    (tmp_path / dockerfile).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / dockerfile).touch()
    assert not is_gone(path, name)


@pytest.mark.parametrize("name", ["<stdin>", "app (inline)", ".../app/Dockerfile"])
def test_what_is_no_path_is_never_gone(tmp_path: Path, name: str) -> None:
    assert not is_gone(tmp_path / "i", name)


def test_a_path_of_this_machine_alone_is_not_written(tmp_path: Path) -> None:
    assert user_name(tmp_path / "i", Path("/nowhere/app/Dockerfile")) == ".../app/Dockerfile"


def test_ten_thousand_inputs_are_small_and_read_by_line() -> None:
    """Lines are counted, not seconds: what is read as TOML takes ten times as long."""
    lock = Lock(inputs=tuple(an_input(f"https://example.org/tools/{it}/tool.tar.gz") for it in range(10_000)))
    text = lock_text(lock)
    assert len(text) < 5_000_000
    assert _by_line(text) is not None
