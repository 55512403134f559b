"""What composer itself would install from a repository, requirement by requirement, is what we choose."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.packages import Resolution
from freshlayer.packages.composer.constraints import constraint_of
from freshlayer.packages.composer.documents import entries
from freshlayer.packages.composer.versions import normalized, order
from testing.composer_repository import ComposerPackage, ComposerRepository
from testing.named_packages import resolved_command

P = ComposerPackage
_ALIASED = {"extra": {"branch-alias": {"dev-main": "2.x-dev"}}, "default-branch": True}

PACKAGES: dict[str, Sequence[ComposerPackage]] = {
    "own/plain": [
        P(it) for it in ("1.0.0", "1.2.0", "1.10.0", "v1.9.9", "2.0.0-RC1", "2.0.0-beta2", "0.9.0")
    ],
    "own/early": [P(it) for it in ("0.1.0-alpha1", "0.1.0-alpha10", "0.1.0-beta1", "0.0.9-dev")],
    "own/branches": [P("1.0.0"), P("1.5.0"), P("dev-main", more=_ALIASED), P("1.x-dev"), P("dev-feature")],
    "own/default": [P("dev-master", more={"default-branch": True}), P("0.1.0")],
    "own/php": [P("1.0.0", ">=7.2"), P("2.0.0", "^8.0"), P("3.0.0", ">=99"), P("2.5.0", "^5.6 || ^9.0")],
    "own/four": [P(it) for it in ("1.2.3.4", "1.2.3.5", "1.2.4", "2010.1.1")],
    "own/patch": [P(it) for it in ("1.0.0", "1.0.0-p1", "1.0.0-RC3", "1.0.1-beta")],
    "own/zero": [P(it) for it in ("0.0.3", "0.0.4", "0.3.0", "0.3.9", "0.4.0")],
    "own/minified": [P("1.1.0", ">=7", {"abandoned": True}), P("1.0.0"), P("0.9.0", ">=99")],
    "own/plus": [P("1.0.0"), P("1.1.0+build.5")],
}

Case = tuple[str, Mapping[str, object]]
CASES: Sequence[Case] = (
    *(
        (text, {})
        for text in """
    own/plain:* own/plain:^1.2 own/plain:~1.2 own/plain:~1.9.0 own/plain:1.2.* own/plain:1.2.0
    own/plain:v1.9.9 own/plain:>=1.2,<1.10 own/plain:>1.2 own/plain:<=1.9.9 own/plain:!=1.10.0
    own/plain:1.0.0||0.9.0 own/plain:<1.0 own/plain:^2.0@RC own/plain:^2.0@beta own/plain:2.0.0-beta2
    own/plain:@beta own/plain:~2.0@dev own/plain:1.x own/plain:1.0.0|1.2.0 own/plain:^0.9
    own/plain:>=2.0.0-beta1 own/early:@alpha own/early:0.1.0-alpha1 own/early:@beta own/early:@dev
    own/early:~0.1@alpha own/early:<0.1.0-alpha10@alpha own/branches:* own/branches:@dev
    own/branches:dev-main own/branches:^2@dev own/branches:1.x-dev own/branches:dev-feature
    own/branches:^1.6@dev own/branches:2.x-dev own/default:* own/default:@dev own/default:dev-master
    own/php:* own/php:^2 own/php:^1 own/four:* own/four:1.2.3.* own/four:~1.2.3.4 own/four:~1.2.3
    own/four:2010.* own/patch:* own/patch:1.0.0 own/patch:^1.0@RC own/patch:>1.0.0 own/patch:1.0.0-p1
    own/zero:^0.0.3 own/zero:^0.3 own/zero:~0.3 own/zero:^0 own/zero:0.* own/minified:*
    own/minified:^1.0 own/plus:* own/plus:1.1.0
    """.split()
    ),
    ("own/plain:1.0 - 1.9", {}),
    ("own/plain:1.0.0 - 1.9.9", {}),
    ("own/plain:>=1.0 <1.10 || >=5", {}),
    ("own/plain:^1.2 !=1.10.0", {}),
    ("own/branches:dev-main as 1.0.x-dev", {}),
    ("own/plain:*", {"minimum-stability": "beta"}),
    ("own/plain:*", {"minimum-stability": "beta", "prefer-stable": True}),
    ("own/early:*", {"minimum-stability": "alpha"}),
    ("own/early:*", {"minimum-stability": "dev", "prefer-stable": True}),
    ("own/branches:*", {"minimum-stability": "dev"}),
    ("own/branches:*", {"minimum-stability": "dev", "prefer-stable": True}),
    ("own/php:*", {"config": {"platform": {"php": "7.4.3"}}}),
    ("own/php:*", {"config": {"platform": {"php": "9.1.0"}}}),
)
PROBLEMS = ("own/plain:^7", "own/early:*", "own/absent:*", "own/php:^3", "own/zero:^0.0.5")


@pytest.fixture(scope="module")
def repository() -> Iterator[ComposerRepository]:
    with ComposerRepository() as found:
        for name, packages in PACKAGES.items():
            found.publish(name, *packages)
        yield found


@pytest.fixture(scope="module")
def php() -> str:
    if shutil.which("composer") is None:
        pytest.skip("composer is not installed, and scripts/setup can't install it here")
    done = subprocess.run(["php", "-r", "echo PHP_VERSION;"], check=True, capture_output=True, text=True)
    return done.stdout.partition("-")[0]


def project(directory: Path, repository: ComposerRepository, case: Case) -> None:
    name, _, constraint = case[0].partition(":")
    manifest: dict[str, object] = {"require": {name: constraint}, **case[1]}
    manifest["repositories"] = [{"type": "composer", "url": repository.url}, {"packagist.org": False}]
    manifest["config"] = {"secure-http": False, **manifest.get("config", {})}  # type: ignore[dict-item]
    (directory / "composer.json").write_text(json.dumps(manifest))


def chosen(directory: Path, php: str, run_line: str = "composer update") -> Resolution:
    text = f"FROM base\nWORKDIR /app\nCOPY . .\nRUN {run_line}\n"
    found = analyse(text, BuildRequest(("linux/amd64",)), ContextFiles(directory, None).read)
    (commands,) = found.discovery.packages.values()
    return resolved_command(commands[0], environment=[("PHP_VERSION", php)])


def taken(directory: Path, home: Path) -> tuple[str, str] | None:
    """Version and commit that composer takes, in its lock file; None where it takes none."""
    argv = ["composer", "update", "--no-install", "--no-interaction", "--no-plugins", "--no-audit", "-q"]
    environment = {"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin", "COMPOSER_ALLOW_SUPERUSER": "1"}
    subprocess.run(argv, cwd=directory, check=False, capture_output=True, timeout=120, env=environment)
    lock = directory / "composer.lock"
    if not lock.exists():
        return None
    (found,) = json.loads(lock.read_text())["packages"]
    return found["version"], found["dist"]["reference"]


@pytest.mark.parametrize("case", CASES, ids=lambda it: f"{it[0]} {json.dumps(it[1])}")
def test_the_version_is_the_one_that_composer_takes(
    case: Case, repository: ComposerRepository, php: str, tmp_path: Path
) -> None:
    project(tmp_path, repository, case)
    found = chosen(tmp_path, php)
    wanted = taken(tmp_path, tmp_path)
    assert wanted is not None
    assert [(it.version, it.digest) for it in found.packages] == [(wanted[0], f"sha1:{wanted[1]}")]


@pytest.mark.parametrize("case", PROBLEMS)
def test_what_composer_does_not_install_is_a_problem(
    case: str, repository: ComposerRepository, php: str, tmp_path: Path
) -> None:
    project(tmp_path, repository, (case, {}))
    found = chosen(tmp_path, php)
    assert found.problem is not None
    assert not found.unreachable
    assert taken(tmp_path, tmp_path) is None


_WORDS = st.sampled_from(["", "-dev", "-alpha1", "-beta", "-RC2", "-p1"])
_VERSIONS = st.builds(lambda *it: f"{it[0]}.{it[1]}.{it[2]}{it[3]}", *[st.integers(0, 30)] * 3, _WORDS)


@given(_VERSIONS, _VERSIONS)
def test_one_constraint_holds_where_its_opposite_does_not(one: str, two: str) -> None:
    version, other = normalized(one), normalized(two)
    assert version
    assert other
    below, above = constraint_of(f"<={two}"), constraint_of(f">{two}")
    assert below
    assert above
    assert below.holds(version) is not above.holds(version)
    assert below.holds(version) is (order(version) <= order(other))


@pytest.mark.parametrize(
    "text", ["", "~", "^x", "1.2.3.4.5", "a b", ">", "1 -", "9" * 600, "\x1b[31m", "~>1.2"]
)
def test_what_is_no_constraint(text: str) -> None:
    assert constraint_of(text) is None


@pytest.mark.parametrize(
    "body", [b"<html>", b"[" * 100_000, b"[]", b"{}", b'{"packages": []}', b"\xff", b"1"]
)
def test_a_document_of_another_form_is_none(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        dict(entries("versions", body))


def test_a_version_of_another_form_is_left_out() -> None:
    versions = [{"version": 1}, {"version": "x"}, 7, {"version": "1" * 5000}, {"version": "1.0", "dist": []}]
    found = dict(entries("versions", json.dumps({"packages": {"a/b": versions}}).encode()))
    assert found["releases:a/b"].count(b"1.0") == 2


@pytest.mark.parametrize(
    "text",
    [
        "1.0.0-beta" + "1" * 180 + "x",
        "1" * 190 + ".",
        "^1.0-alpha" + ".1" * 90 + "!",
        "1 - " * 120,
        "a@" * 240,
    ],
)
def test_a_version_costs_no_more_than_its_length(text: str) -> None:
    started = process_time()
    normalized(text)
    constraint_of(text)
    assert process_time() - started < 1
