"""What a keyring keeps of files: for itself alone, and for as long as they do not change."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import freshlayer
from freshlayer.credentials import Keyring
from freshlayer.credentials.http import find
from freshlayer.credentials.model import Credential

URL = "https://example.org/x"


def secret(keyring: Keyring) -> str:
    found = find(keyring, URL)
    assert isinstance(found, Credential)
    return found.secret


def write(path: Path, password: str) -> None:
    path.write_text(f"machine example.org login me password {password}\n")


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / ".netrc"
    write(path, "first")
    keyring = Keyring({"NETRC": str(path)})
    assert secret(keyring) == "first"
    write(path, "rotated")
    assert secret(keyring) == "rotated"
    path.unlink()
    assert find(keyring, URL) is None


def test_two_keyrings_keep_nothing_of_each_other(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, name)
    keyrings = [Keyring({"NETRC": str(tmp_path / name)}) for name in ("a", "b")]
    assert [secret(keyring) for keyring in (*keyrings, *keyrings)] == ["a", "b", "a", "b"]


def test_a_run_looks_a_host_up_once_and_the_next_run_again(tmp_path: Path) -> None:
    path = tmp_path / ".netrc"
    write(path, "first")
    keyring = Keyring({"NETRC": str(path)})
    run = keyring.for_run()
    assert secret(run) == "first"
    write(path, "rotated")
    assert secret(run) == "first"
    assert secret(keyring.for_run()) == "rotated"
    assert find(run.without_credentials(), URL) is None


def test_what_a_run_found_with_tls_is_not_sent_without(tmp_path: Path) -> None:
    run = Keyring({"GH_TOKEN": "token", "HOME": str(tmp_path)}).for_run()
    assert find(run, "https://github.com/a") is not None
    assert find(run, "http://github.com/a") is None


@pytest.mark.parametrize("package", ["credentials", "probe", "state", "workflows"])
def test_no_module_that_meets_secrets_or_the_time_has_a_cache(package: str) -> None:
    """A service has several sessions in one process, for days."""
    for path in (Path(freshlayer.__file__).parent / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()
            assert names.isdisjoint({"cache", "lru_cache"}), path
            assert not isinstance(node, ast.Global), path
