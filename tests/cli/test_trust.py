"""``[hosts]`` of a project counts once the user has approved the very file; everything else counts always."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from testing.command import FRESHLAYER, Ended, Freshlayer
from testing.misbehaving import BODY, Exchange, MisbehavingOrigin

SECRET = "hunter2"
NETWORK = ("--network=host",)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path, home: Path) -> Freshlayer:
    """A user with a secret in the environment and a home of their own, and no builder."""
    unset = ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "FRESHLAYER_SETTINGS")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    environment = {**kept, "HOME": str(home), "THE_SECRET": SECRET, "PATH": "/usr/bin:/bin"}
    return Freshlayer(environment, tmp_path / "state.sqlite3", project)


@pytest.fixture
def origin() -> Iterator[MisbehavingOrigin]:
    """It takes what it is shown."""

    def answer(exchange: Exchange) -> None:
        exchange.respond(200, {"ETag": '"1"'}, BODY)

    with MisbehavingOrigin(answer) as started:
        yield started


def shown(origin: MisbehavingOrigin) -> set[str]:
    """The credentials that it was shown since it was last asked this."""
    found = {request.headers.get("authorization", "") for request in origin.requests()}
    return {value.removeprefix("Bearer ") for value in found} - {""}


def hosts(origin: MisbehavingOrigin, line: str = 'token_env = "THE_SECRET"') -> str:
    return f'[hosts."127.0.0.1:{port(origin)}"]\n{line}\n'


def port(origin: MisbehavingOrigin) -> str:
    return origin.url.rpartition(":")[2].strip("/")


def write(project: Path, origin: MisbehavingOrigin, settings: str, name: str = "freshlayer.toml") -> Path:
    project.mkdir(parents=True, exist_ok=True)
    (project / "Dockerfile").write_text(f"FROM scratch\nRUN curl {origin.url}file\n")
    (project / name).write_text(settings)
    return project / name


def within(freshlayer: Freshlayer, environment: Mapping[str, str]) -> Freshlayer:
    return replace(freshlayer, environment={**freshlayer.environment, **environment})


def check(freshlayer: Freshlayer, *words: str) -> Ended:
    return freshlayer("check", *NETWORK, *(words or (".",)))


@pytest.mark.parametrize("name", ["freshlayer.toml", "pyproject.toml"])
def test_a_project_is_shown_nothing_until_its_file_is_trusted(
    name: str, freshlayer: Freshlayer, origin: MisbehavingOrigin, project: Path, home: Path
) -> None:
    settings = (
        hosts(origin)
        if name == "freshlayer.toml"
        else hosts(origin).replace("[hosts", "[tool.freshlayer.hosts")
    )
    file = write(project, origin, settings, name)
    told = check(freshlayer)
    assert shown(origin) == set()
    assert told.err.count("freshlayer trust .") == told.err.count("\n") == 1
    assert told.err.startswith(f"freshlayer: {name}: [hosts] can name programs and variables")
    approved = freshlayer("trust")
    assert (approved.code, approved.err) == (0, "")
    assert f"127.0.0.1:{port(origin)}: is shown the variables THE_SECRET" in approved.out
    assert check(freshlayer).err == ""
    assert shown(origin) == {SECRET}
    recorded = home / ".local" / "state" / "freshlayer" / "trusted.json"
    assert list(json.loads(recorded.read_text())["trusted"]) == [str(file.resolve())]


def test_a_changed_file_is_no_longer_trusted(
    freshlayer: Freshlayer, origin: MisbehavingOrigin, project: Path
) -> None:
    file = write(project, origin, "")
    freshlayer("trust", ".")
    file.write_text(hosts(origin))
    assert "freshlayer trust ." in check(freshlayer).err
    assert shown(origin) == set()
    freshlayer("trust", ".")
    file.write_text(hosts(origin) + "# a word more\n")
    assert "freshlayer trust ." in check(freshlayer).err
    assert shown(origin) == set()
    file.write_text(hosts(origin))
    check(freshlayer)
    assert shown(origin) == {SECRET}


def test_trust_can_be_taken_back(freshlayer: Freshlayer, origin: MisbehavingOrigin, project: Path) -> None:
    write(project, origin, hosts(origin))
    freshlayer("trust")
    assert freshlayer("trust", "--remove").code == 0
    check(freshlayer)
    assert shown(origin) == set()


def test_everything_else_counts_without_trust(
    freshlayer: Freshlayer, origin: MisbehavingOrigin, project: Path
) -> None:
    write(project, origin, f'on_unknown = "fail"\n{hosts(origin)}')
    origin.close()
    assert check(freshlayer).code == 2


def test_a_copy_or_a_link_elsewhere_is_another_file(
    freshlayer: Freshlayer, origin: MisbehavingOrigin, project: Path, tmp_path: Path
) -> None:
    file = write(project, origin, hosts(origin))
    freshlayer("trust", ".")
    elsewhere = project / "elsewhere"
    write(elsewhere, origin, hosts(origin))
    assert "freshlayer trust elsewhere" in check(freshlayer, "elsewhere").err
    (elsewhere / "freshlayer.toml").unlink()
    (elsewhere / "freshlayer.toml").symlink_to(file)
    assert "freshlayer trust elsewhere" in check(freshlayer, "elsewhere").err
    assert shown(origin) == set()
    # The same directory by another name is the same.
    (tmp_path / "link").symlink_to(project)
    assert check(freshlayer, str(tmp_path / "link")).err == ""
    assert shown(origin) == {SECRET}


@pytest.mark.parametrize("how", ["option", "variable", "user", "xdg"])
def test_settings_that_the_user_names_or_owns_count_without_trust(
    how: str, freshlayer: Freshlayer, origin: MisbehavingOrigin, project: Path, home: Path, tmp_path: Path
) -> None:
    write(project, origin, "")
    places = {
        "user": home / ".config" / "freshlayer" / "config.toml",
        "xdg": tmp_path / "xdg" / "freshlayer" / "config.toml",
    }
    file = places.get(how, tmp_path / "named.toml")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(hosts(origin))
    environment = {
        "xdg": {"XDG_CONFIG_HOME": str(tmp_path / "xdg")},
        "variable": {"FRESHLAYER_SETTINGS": str(file)},
    }
    options = ("--settings", str(file)) if how == "option" else ()
    told = check(within(freshlayer.but(*options), environment.get(how, {})))
    assert (told.err, shown(origin)) == ("", {SECRET})


def test_the_project_goes_before_the_users_own_and_the_named_before_the_project(
    freshlayer: Freshlayer, origin: MisbehavingOrigin, project: Path, home: Path, tmp_path: Path
) -> None:
    write(project, origin, 'on_unknown = "keep"\n')
    own = home / ".config" / "freshlayer" / "config.toml"
    own.parent.mkdir(parents=True)
    own.write_text(f'on_unknown = "fail"\n{hosts(origin)}')
    named = tmp_path / "named.toml"
    named.write_text('on_unknown = "fail"\n')
    check(freshlayer)
    assert shown(origin) == {SECRET}
    origin.close()
    assert check(freshlayer).code == 1
    assert check(freshlayer.but("--settings", str(named))).code == 2
    (project / "freshlayer.toml").unlink()
    assert check(freshlayer).code == 2


def test_a_named_file_that_is_missing_is_an_error(freshlayer: Freshlayer, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    for command in (
        freshlayer.but("--settings", "none.toml"),
        freshlayer.but(FRESHLAYER_SETTINGS="none.toml"),
    ):
        told = command("check", ".")
        assert (told.code, told.err) == (2, "freshlayer: none.toml: no such settings file\n")


@pytest.mark.parametrize(
    "environment", [{"HOME": ""}, {"HOME": "."}, {"XDG_STATE_HOME": ".state", "HOME": ""}], ids=str
)
def test_a_checkout_can_not_trust_itself(
    environment: dict[str, str], freshlayer: Freshlayer, origin: MisbehavingOrigin, project: Path
) -> None:
    """A relative home would be a directory of the checkout."""
    write(project, origin, hosts(origin))
    freshlayer("trust")
    genuine = Path(freshlayer.environment["HOME"], ".local", "state", "freshlayer", "trusted.json")
    for place in (".local/state", ".state", "freshlayer"):
        planted = project / place / "freshlayer" / "trusted.json"
        planted.parent.mkdir(parents=True)
        planted.write_bytes(genuine.read_bytes())
        planted.chmod(0o600)
    for place in (".config", "."):
        config = project / place / "freshlayer" / "config.toml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(hosts(origin))
    away = within(freshlayer, environment)
    assert "freshlayer trust ." in check(away).err
    assert shown(origin) == set()
    told = away("trust")
    assert (told.code, "neither XDG_STATE_HOME nor HOME is an absolute path" in told.err) == (2, True)


def test_the_list_is_the_users_alone(
    freshlayer: Freshlayer, origin: MisbehavingOrigin, project: Path, home: Path
) -> None:
    write(project, origin, hosts(origin))
    freshlayer("trust")
    recorded = home / ".local" / "state" / "freshlayer" / "trusted.json"
    assert stat.S_IMODE(recorded.stat().st_mode) == 0o600
    for place, mode in ((recorded, 0o622), (recorded.parent, 0o777)):
        before = stat.S_IMODE(place.stat().st_mode)
        place.chmod(mode)
        assert "others can write to it, so nothing in it is trusted (chmod go-w)" in check(freshlayer).err
        assert freshlayer("trust").code == 2
        place.chmod(before)
    assert shown(origin) == set()
    check(freshlayer)
    assert shown(origin) == {SECRET}


@pytest.mark.parametrize("content", ["", "[]", "{", '{"version": 2, "trusted": {}}', "[" * 100_000, "\0"])
def test_a_damaged_list_trusts_nothing_and_is_named(
    content: str, freshlayer: Freshlayer, origin: MisbehavingOrigin, project: Path, home: Path
) -> None:
    write(project, origin, hosts(origin))
    recorded = home / ".local" / "state" / "freshlayer" / "trusted.json"
    recorded.parent.mkdir(parents=True)
    recorded.write_text(content)
    recorded.chmod(0o600)
    told = check(freshlayer)
    assert f"{recorded}: is not a list of trusted files" in told.err
    assert (told.code, shown(origin)) == (1, set())
    assert freshlayer("trust").code == 2


def test_nothing_is_there_to_be_trusted(freshlayer: Freshlayer, project: Path) -> None:
    told = freshlayer("trust")
    assert (told.code, "there is no freshlayer.toml" in told.err) == (2, True)
    (project / "freshlayer.toml").write_text("nonsense = 1\n")
    assert "there is no setting 'nonsense'" in freshlayer("trust").err


def test_what_is_approved_is_shown_without_escapes(freshlayer: Freshlayer, project: Path) -> None:
    (project / "freshlayer.toml").write_text(
        '[hosts."a\\u001b[2J"]\ncommand = ["pass", "show", "\\u001b]0;x"]\n[hosts.b]\nca = "/x.pem"\n'
    )
    told = freshlayer("trust")
    assert "\x1b" not in told.out
    assert "runs pass show" in told.out
    assert "b: uses the files /x.pem" in told.out


def test_many_at_once_lose_nothing(freshlayer: Freshlayer, project: Path, home: Path) -> None:
    for number in range(12):
        (project / str(number)).mkdir()
        (project / str(number) / "freshlayer.toml").write_text(f"connections = {number + 1}\n")

    def trust(number: int) -> int:
        argv = [*FRESHLAYER, "trust", str(number)]
        return subprocess.run(argv, cwd=project, env=freshlayer.environment, check=False).returncode

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(trust, range(12))) == {0}
    recorded = home / ".local" / "state" / "freshlayer" / "trusted.json"
    assert len(json.loads(recorded.read_text())["trusted"]) == 12
