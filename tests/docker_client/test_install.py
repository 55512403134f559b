"""docker's config.json with our alias and without; the plugin in a user's docker folder."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshlayer.docker_client.config_edit import ALONE, with_alias, without_alias
from freshlayer.docker_client.install import DockerDirectory, install, uninstall
from freshlayer.errors import InstallError

PYTHON = "/opt/some python's/bin/python"

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(["auths", "credsStore", "HttpHeaders", "plugins", 'é\n"{', "currentContext"])
without_aliases = st.dictionaries(keys, values, max_size=4)
other_aliases = st.dictionaries(st.sampled_from(["b", "build", "x y"]), values, max_size=2)
blanks = st.text(" \t\r\n", max_size=3)


@st.composite
def configurations(draw: st.DrawFn) -> str:
    """Any JSON object without an alias for the builder, set in any way."""
    document: dict[str, Any] = draw(without_aliases)
    if draw(st.booleans()):
        place = draw(st.integers(0, len(document)))
        items = list(document.items())
        document = dict([*items[:place], ("aliases", draw(other_aliases)), *items[place:]])
    return draw(blanks) + draw(st.deferred(lambda: written(document))) + draw(blanks)


@st.composite
def written(draw: st.DrawFn, value: Any) -> str:
    """A value as JSON, with other blanks between any two tokens."""
    if isinstance(value, dict):
        pairs = [
            f"{draw(blanks)}{json.dumps(key)}{draw(blanks)}:{draw(blanks)}{draw(written(inner))}{draw(blanks)}"
            for key, inner in value.items()
        ]
        return "{" + (",".join(pairs) or draw(blanks)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(draw(blanks) + draw(written(inner)) + draw(blanks) for inner in value) + "]"
    return json.dumps(value, ensure_ascii=draw(st.booleans()))


@given(configurations())
def test_any_configuration_comes_back_letter_for_letter(text: str) -> None:
    aliased = with_alias(text)
    before, after = json.loads(text), json.loads(aliased)
    assert after.pop("aliases") == {**before.pop("aliases", {}), "builder": "fresh"}
    assert list(after.items()) == list(before.items())
    assert with_alias(aliased) == aliased
    assert without_alias(aliased) == text
    assert without_alias(text) == text


@settings(max_examples=30)
@given(configurations(), st.sampled_from([None, 1, 4, "\t"]))
def test_what_docker_has_written_anew_loses_nothing_but_the_alias(
    text: str, indent: int | str | None
) -> None:
    before = json.loads(text)
    again = json.dumps(json.loads(with_alias(text)), indent=indent)
    after = json.loads(without_alias(again))
    if not before.get("aliases"):
        assert not after.pop("aliases", {})
        before.pop("aliases", {})
    assert after == before


def test_the_alias_is_set_as_docker_sets_its_configuration() -> None:
    assert with_alias('{\n\t"auths": {}\n}') == (
        '{\n\t"aliases": {\n\t\t"builder": "fresh"\n\t},\n\t"auths": {}\n}'
    )
    assert with_alias('{"auths": {}}') == '{"aliases": {"builder": "fresh"},"auths": {}}'
    assert with_alias("{}") == '{"aliases": {"builder": "fresh"}}'
    assert json.loads(ALONE) == {"aliases": {"builder": "fresh"}}


REFUSED = {
    '{"aliases": {"builder": "buildx"}}': 'aliases.builder is "buildx" already',
    '{"aliases": {"builder": ["fresh"]}}': 'aliases.builder is ["fresh"] already',
    '{"aliases": []}': "aliases is not a JSON object",
    '{"aliases": {}, "Aliases": {}}': "names aliases 2 times",
    '{"auths": {},}': "not valid JSON",
    "": "not valid JSON",
    "[" * 100_000: "not valid JSON",
    "\ufeff{}": "not valid JSON",
    "[]": "not a JSON object",
}


@pytest.mark.parametrize(("text", "why"), REFUSED.items(), ids=REFUSED.values())
def test_a_configuration_that_says_something_else_is_refused(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(text.encode())
    with pytest.raises(InstallError) as refused:
        install(DockerDirectory(tmp_path), PYTHON, alias=True)
    assert why in str(refused.value)
    assert str(tmp_path / "config.json") in str(refused.value)
    assert os.listdir(tmp_path) == ["config.json"]
    uninstall(DockerDirectory(tmp_path))
    assert (tmp_path / "config.json").read_bytes() == text.encode()


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) for path in files}


@pytest.mark.parametrize("alias", [False, True])
@pytest.mark.parametrize("config", [None, b'{"auths":{"r":{"auth":"\xff"}}}\r\n', b"{ }"])
def test_what_was_put_in_is_taken_out_again(config: bytes | None, tmp_path: Path, *, alias: bool) -> None:
    folder = DockerDirectory(tmp_path / "docker")
    if config is not None:
        folder.path.mkdir()
        folder.config.write_bytes(config)
        folder.config.chmod(0o640)
    before = snapshot(tmp_path)
    install(folder, PYTHON, alias=alias)
    first = snapshot(tmp_path)
    assert folder.plugin.stat().st_mode & 0o777 == 0o755
    text = folder.config.read_text("utf-8", "replace") if folder.config.exists() else "{}"
    assert json.loads(text).get("aliases") == ({"builder": "fresh"} if alias else None)
    told = install(folder, PYTHON, alias=alias)
    assert snapshot(tmp_path) == first
    assert "already" in told[0]
    uninstall(folder)
    assert snapshot(tmp_path) == before
    assert uninstall(folder) == [f"{folder.path}: nothing of freshlayer is installed here"]


def test_what_is_new_is_private_until_docker_says_otherwise(tmp_path: Path) -> None:
    folder = DockerDirectory(tmp_path / "home" / ".docker")
    install(folder, PYTHON, alias=True)
    assert stat.S_IMODE(folder.config.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_a_link_to_a_configuration_stays_one(tmp_path: Path) -> None:
    folder, kept = DockerDirectory(tmp_path / "docker"), tmp_path / "dotfiles.json"
    folder.path.mkdir()
    kept.write_text("{}")
    folder.config.symlink_to(kept)
    install(folder, PYTHON, alias=True)
    assert folder.config.is_symlink()
    assert "fresh" in kept.read_text()
    uninstall(folder)
    assert folder.config.is_symlink()
    assert kept.read_text() == "{}"


@pytest.mark.parametrize("kind", ["a file", "a folder", "a link", "a link to nowhere"])
def test_a_plugin_that_we_did_not_write_stays(kind: str, tmp_path: Path) -> None:
    folder = DockerDirectory(tmp_path)
    folder.plugin.parent.mkdir()
    other = tmp_path / "other"
    if kind == "a file":
        folder.plugin.write_text("#!/bin/sh\n")
    elif kind == "a folder":
        folder.plugin.mkdir()
    else:
        folder.plugin.symlink_to(other)
    if kind == "a link":
        install(DockerDirectory(tmp_path / "else"), PYTHON, alias=False)
        other.write_bytes(DockerDirectory(tmp_path / "else").plugin.read_bytes())
    with pytest.raises(InstallError, match="freshlayer did not write it"):
        install(folder, PYTHON, alias=True)
    uninstall(folder)
    assert os.path.lexists(folder.plugin)
    assert not folder.config.exists()


def test_uninstall_leaves_the_alias_of_another(tmp_path: Path) -> None:
    folder = DockerDirectory(tmp_path)
    install(folder, PYTHON, alias=False)
    folder.config.write_text('{"aliases":{"builder":"buildx"}}')
    assert uninstall(folder) == [f"{folder.plugin}: removed"]
    assert folder.config.read_text() == '{"aliases":{"builder":"buildx"}}'


def test_a_folder_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "docker").write_text("a file")
    with pytest.raises(InstallError, match="can't be written"):
        install(DockerDirectory(tmp_path / "docker"), PYTHON, alias=False)


def test_docker_says_where_its_folder_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert DockerDirectory.of({"DOCKER_CONFIG": "/named"}).path == Path("/named")
    assert DockerDirectory.of({"DOCKER_CONFIG": ""}).path == tmp_path / ".docker"
