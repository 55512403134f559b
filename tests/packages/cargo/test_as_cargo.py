"""What cargo itself would install, command by command and manifest by manifest, is what we choose."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.packages import PackageCommand, Resolution
from freshlayer.model.reasons import Reason
from freshlayer.packages.cargo.manager import read_crate
from freshlayer.packages.cargo.registries import Registries
from freshlayer.packages.cargo.requirements import fits, order, requirement_of
from freshlayer.packages.named.semver import version_of
from testing.cargo_registry import CargoRegistry, Crate
from testing.named_packages import resolved, resolved_command

CRATES: dict[str, Sequence[Crate]] = {
    "plain": [Crate(it) for it in ("1.0.0", "1.2.0", "1.10.0", "2.0.0-rc.1", "1.9.9", "0.9.0")],
    "early": [Crate(it) for it in ("0.1.0-a.1", "0.1.0-a.10", "0.1.0-a.9")],
    "zero": [Crate(it) for it in ("0.0.1", "0.0.2", "0.1.0", "0.1.9", "0.2.0")],
    "yanked": [Crate("1.0.0"), Crate("1.1.0", yanked=True), Crate("1.0.5")],
    "built": [Crate("1.0.0+a"), Crate("1.0.0+b"), Crate("0.9.0+z")],
    "Mixed_Case": [Crate("1.0.0"), Crate("1.0.1")],
    "a": [Crate("1.0.0"), Crate("3.0.0")],
    "ab": [Crate("1.0.0"), Crate("1.1.0")],
    "abc": [Crate("1.0.0"), Crate("2.1.0")],
    "newer": [Crate("1.0.0", rust="1.50"), Crate("1.1.0", rust="1.70.0"), Crate("1.2.0", rust="1.999")],
    "large": [Crate("1.0.0", requires=(("plain", "^1"),)), Crate("2.0.0", requires=(("zero", "~0.1"),))],
}

INSTALLS = (
    "plain",
    "plain --locked",
    "plain@1.2.0",
    "plain --version 1.2.0",
    "plain --vers=^1.2",
    "plain --version '<1.10'",
    "plain --version '~1.2'",
    "plain --version '~1'",
    "plain --version '=1.2'",
    "plain --version '1.*'",
    "plain --version '>=1.2, <1.9.9'",
    "plain --version '>1.2'",
    "plain --version '<=1.9'",
    "plain@2.0.0-rc.1",
    "plain --version '>=2.0.0-a'",
    "plain@~1.9",
    "early --version '^0.1.0-a'",
    "zero",
    "zero --version '^0.0.1'",
    "zero --version '^0.1'",
    "zero --version '^0'",
    "zero --version '~0.1.0'",
    "yanked",
    "built",
    "Mixed_Case",
    "a",
    "ab --version '^1.0'",
    "abc",
    "large --features x",
)

PROBLEMS = (
    "early",
    "plain@1.2",
    "plain@9.0.0",
    "yanked@1.1.0",
    "absent",
    "newer",
    "plain --version '>1'",
    "plain --version '^7'",
)


def _for(target: str, crate: str) -> str:
    return f"[target.'{target}'.dependencies]\n{crate} = \"1\"\n"


MANIFESTS = {
    "caret": '[dependencies]\nplain = "1.2"\nzero = "0.1"\n',
    "exact": '[dependencies]\nplain = "=1.2.0"\nzero = { version = "~0.1.0" }\n',
    "any": '[dependencies]\nplain = "*"\nearly = "0.1.0-a"\n',
    "renamed": '[dependencies]\nother = { package = "plain", version = ">=1, <1.9" }\n',
    "two-of-one": '[dependencies]\nplain = "1"\nold = { package = "plain", version = "0.9" }\n',
    "build": '[build-dependencies]\nab = "1"\n[dependencies]\nabc = "1"\n',
    "dev": '[dev-dependencies]\nab = "1"\n[dependencies]\nabc = "1"\n',
    "yanked": '[dependencies]\nyanked = "1"\n',
    "deep": '[dependencies]\nlarge = "1"\n[dependencies.ab]\nversion = "1.0"\n',
    "optional": '[dependencies]\nplain = { version = "1", optional = true }\nab = "1"\n',
    "default": '[features]\ndefault = ["x"]\nx = ["dep:plain"]\n'
    '[dependencies]\nplain = { version = "1", optional = true }\nab = { version = "1", optional = true }\n',
    "unix": _for("cfg(unix)", "plain") + _for("cfg(windows)", "ab"),
    "linux": _for('cfg(all(target_os = "linux", not(target_arch = "wasm32")))', "plain")
    + _for('cfg(any(target_os = "macos", target_family = "wasm"))', "ab"),
    "triple": _for("x86_64-unknown-linux-gnu", "plain") + _for("i686-pc-windows-msvc", "ab"),
    "path": '[dependencies]\nlocal = { path = "local", default-features = false }\nabc = "2"\n',
    "path-with-default": '[dependencies]\nlocal = { path = "local" }\n',
    "workspace": '[dependencies]\nplain.workspace = true\nmember = { path = "member" }\n'
    '[workspace]\nmembers = ["member"]\n[workspace.dependencies]\nplain = "1.2"\nab = { version = "1" }\n',
    "weak": '[features]\ndefault = ["plain?/std", "ab/std"]\n'
    '[dependencies]\nplain = { version = "1", optional = true }\nab = { version = "1", optional = true }\n',
    "old-compiler": '[dependencies]\nnewer = "1"\n',
    "compiler": '[dependencies]\nnewer = "1"\n',
}
_PACKAGE = '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n'
_OTHERS = {
    "local/Cargo.toml": '[package]\nname = "local"\nversion = "0.1.0"\n'
    '[features]\ndefault = ["more"]\nmore = ["dep:zero"]\n'
    '[dependencies]\nab = "1"\nzero = { version = "0.2", optional = true }\n',
    "member/Cargo.toml": '[package]\nname = "member"\nversion = "0.1.0"\n'
    "[dependencies]\nab.workspace = true\n",
}
_HEADS = {
    "old-compiler": _PACKAGE + 'rust-version = "1.71"\nresolver = "3"\n',
    "compiler": _PACKAGE + 'rust-version = "1.71"\n',
}


@pytest.fixture(scope="module")
def registry() -> Iterator[CargoRegistry]:
    with CargoRegistry() as found:
        for name, crates in CRATES.items():
            found.publish(name, *crates)
        yield found


@pytest.fixture(scope="module")
def cargo() -> str:
    """One that reads sparse indexes and knows resolver 3: Debian's is in /usr/bin."""
    for program in (shutil.which("cargo", path="/usr/bin"), shutil.which("cargo")):
        if program is None:
            continue
        stated = subprocess.run([program, "--version"], check=False, capture_output=True, text=True).stdout
        version = re.match(r"cargo 1\.([0-9]+)", stated)
        if version and int(version[1]) >= 84:
            return program
    pytest.skip("no cargo of 1.84 or newer is installed, and scripts/setup can't install one here")


def run(
    cargo: str, home: Path, *arguments: str, directory: Path | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {
        **{"HOME": str(home), "CARGO_HOME": str(home / ".cargo"), "CARGO_NET_RETRY": "0"},
        **{"PATH": f"{Path(cargo).parent}:/usr/bin:/bin", "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", "")},
    }
    return subprocess.run(
        [cargo, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env={name: value for name, value in environment.items() if value},
        cwd=directory or home,
    )


def chosen(registry: CargoRegistry, case: str) -> Resolution:
    line = f"FROM base\nRUN cargo install --index {registry.index} {case}\n"
    (commands,) = analyse(line, BuildRequest(("linux/amd64",))).discovery.packages.values()
    return resolved_command(commands[0], environment=[("RUST_VERSION", "1.96.0")])


@pytest.mark.parametrize("case", INSTALLS)
def test_the_version_is_the_one_that_cargo_takes(
    case: str, registry: CargoRegistry, cargo: str, tmp_path: Path
) -> None:
    registry.downloads()
    # The crate has no program, so that cargo ends behind its download.
    run(cargo, tmp_path, "install", "--index", registry.index, "--root", str(tmp_path), *shlex.split(case))
    name, version = registry.downloads()[0]
    found = chosen(registry, case)
    (crate,) = (it for it in CRATES[name] if it.version == version)
    assert [(it.purl, it.version, it.digest) for it in found.packages] == [
        (f"pkg:cargo/{name}", version, f"sha256:{crate.digest(name)}")
    ]


@pytest.mark.parametrize("case", PROBLEMS)
def test_what_cargo_does_not_install_is_a_problem(
    case: str, registry: CargoRegistry, cargo: str, tmp_path: Path
) -> None:
    registry.downloads()
    run(cargo, tmp_path, "install", "--index", registry.index, "--root", str(tmp_path), *shlex.split(case))
    assert registry.downloads() == []
    found = chosen(registry, case)
    assert found.problem is not None
    assert not found.unreachable


def project(tmp_path: Path, registry: CargoRegistry, name: str) -> dict[str, str]:
    """A project whose crates.io is the registry."""
    replaced = f'[source.crates-io]\nreplace-with = "here"\n[source.here]\nregistry = "{registry.index}"\n'
    files = {
        "Cargo.toml": _HEADS.get(name, _PACKAGE) + MANIFESTS[name],
        ".cargo/config.toml": replaced,
        **{path: text for path, text in _OTHERS.items() if path.split("/")[0] in MANIFESTS[name]},
    }
    for path in list(files):
        if path.endswith("Cargo.toml"):
            files[path.replace("Cargo.toml", "src/lib.rs")] = ""
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return files


def command_of(directory: Path, run_line: str) -> PackageCommand | None:
    """None where the manifest names nothing."""
    text = f"FROM base\nWORKDIR /app\nCOPY . .\nRUN {run_line}\n"
    found = analyse(text, BuildRequest(("linux/amd64",)), ContextFiles(directory, None).read)
    commands = [it for every in found.discovery.packages.values() for it in every]
    assert commands or [it.locked_by for it in found.discovery.not_watched] == ["/app/Cargo.toml"]
    assert len(commands) <= 1
    return commands[0] if commands else None


def direct(text: str, locals_: frozenset[str]) -> set[tuple[str, str]]:
    """What ``cargo tree --prefix depth`` prints below local packages."""
    found, parents = set(), dict[int, str]()
    for line in text.splitlines():
        match = re.match(r"([0-9]+)([\w-]+) v(\S+)", line)
        if match:
            parents[int(match[1])] = match[2]
            if match[2] not in locals_ and parents.get(int(match[1]) - 1) in locals_:
                found.add((match[2], match[3]))
    return found


def pairs(resolution: Resolution) -> set[tuple[str, str]]:
    assert resolution.problem is None
    return {(it.name, version) for it in resolution.packages for version in it.version.split(", ")}


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        *((name, "") for name in MANIFESTS),
        ("optional", "--features plain"),
        ("optional", "--all-features"),
        ("default", "--no-default-features"),
        ("default", "-F ab"),
        ("linux", "--target wasm32-unknown-unknown"),
        ("unix", "--target x86_64-pc-windows-msvc"),
    ],
)
def test_the_crates_of_a_manifest_are_those_that_cargo_builds(
    name: str, flags: str, registry: CargoRegistry, cargo: str, tmp_path: Path
) -> None:
    project(tmp_path, registry, name)
    command = command_of(tmp_path, f"cargo build --release {flags}")
    words = ["tree", "-e", "normal,build", "--prefix", "depth", "--no-dedupe", *flags.split()]
    (tmp_path / "home").mkdir()
    done = run(cargo, tmp_path / "home", *words, directory=tmp_path)
    assert done.returncode == 0, done
    found = pairs(resolved_command(command)) if command else set()
    assert found == direct(done.stdout, frozenset({"app", "local", "member"}))


@pytest.mark.parametrize("name", ["dev", "optional", "unix", "triple", "caret"])
def test_cargo_fetch_brings_all_that_its_lock_file_names(
    name: str, registry: CargoRegistry, cargo: str, tmp_path: Path
) -> None:
    project(tmp_path, registry, name)
    command = command_of(tmp_path, "cargo fetch")
    assert command is not None
    found = resolved_command(command)
    (tmp_path / "home").mkdir()
    run(cargo, tmp_path / "home", "generate-lockfile", directory=tmp_path)
    lock = (tmp_path / "Cargo.lock").read_text()
    locked = set(re.findall(r'name = "([\w-]+)"\nversion = "([^"]+)"\nsource', lock))
    assert pairs(found) == locked


@pytest.mark.parametrize(
    ("texts", "overrides", "registry", "index", "wanted"),
    [
        ([], [], "", "", "https://index.crates.io"),
        ([], [], "", "sparse+https://c.example/i/", "https://c.example/i"),
        (['[registries.my]\nindex = "sparse+https://c.example/i/"'], [], "my", "", "https://c.example/i"),
        (
            ['registry.default = "my"'],
            ['registries.my.index = "sparse+https://e.example"'],
            "",
            "",
            "https://e.example",
        ),
        (
            ['[source.crates-io]\nreplace-with = "a"\n[source.a]\nregistry = "sparse+https://a.example/"'],
            [],
            *("", "", "https://a.example"),
        ),
        (
            [
                '[source.crates-io]\nreplace-with = "a"\n[source.a]\nreplace-with = "b"\nregistry = "sparse+https://a.example"',
                '[registries.b]\nindex = "sparse+https://b.example"',
            ],
            [],
            *("", "", "https://b.example"),
        ),
        ([], [], "", "https://github.com/rust-lang/crates.io-index", "https://index.crates.io"),
        (['registries.crates-io.protocol = "git"'], [], "", "", "https://index.crates.io"),
    ],
)
def test_the_index_is_that_of_options_environment_and_configuration(
    texts: list[str], overrides: list[str], registry: str, index: str, wanted: str
) -> None:
    assert Registries(texts, overrides).index(registry, index) == wanted


@pytest.mark.parametrize(
    ("texts", "registry", "index"),
    [
        ([], "unknown", ""),
        ([], "", "https://git.example/index"),
        ([], "", "sparse+file:///x"),
        (['[source.crates-io]\nreplace-with = "v"\n[source.v]\ndirectory = "vendor"'], "", ""),
        (
            ['[source.crates-io]\nreplace-with = "v"\n[source.v]\nregistry = "https://git.example/index"'],
            "",
            "",
        ),
        (
            ['[source.a]\nregistry="sparse+https://a.example"\nreplace-with = "a"'],
            "",
            "sparse+https://a.example",
        ),
    ],
)
def test_a_source_that_is_no_sparse_index_has_a_reason(texts: list[str], registry: str, index: str) -> None:
    assert isinstance(Registries(texts, []).index(registry, index), Reason)


def test_a_registry_that_is_down_is_unreachable() -> None:
    with CargoRegistry() as registry:
        pass
    found = resolved("cargo", ["plain"], [("index", registry.index)])
    assert found.problem is not None
    assert found.unreachable


_NUMBERS = st.integers(0, 12)
_BEFORE = st.sampled_from(["", "-a", "-a.1", "-a.10", "-1", "-rc.2"])
_VERSIONS = st.builds(lambda *it: f"{it[0]}.{it[1]}.{it[2]}{it[3]}", _NUMBERS, _NUMBERS, _NUMBERS, _BEFORE)


@given(_VERSIONS, _VERSIONS)
def test_a_caret_holds_for_what_is_compatible(one: str, two: str) -> None:
    version, wanted, requirement = version_of(one), version_of(two), requirement_of(f"^{two}")
    assert version
    assert wanted
    assert requirement is not None
    if fits(version, requirement):
        assert order(version) >= order(wanted)
        leading = [place for place, number in enumerate(wanted.numbers) if number][:1] or [2]
        assert version.numbers[: leading[0] + 1] == wanted.numbers[: leading[0] + 1]


@pytest.mark.parametrize(
    "text", ["", "1.2.3.4", "=*", "1.*.3", "~", "^1 2", ">=1 <2", "1.2.x-a", "9" * 300, "1,"]
)
def test_what_is_no_requirement(text: str) -> None:
    assert requirement_of(text) is None


@pytest.mark.parametrize("body", [b"<html>", b"[" * 100_000, b"\xff", b"{}\n{}", b"1"])
def test_a_document_of_another_form_is_no_index(body: bytes) -> None:
    with pytest.raises(ValueError, match="no index"):
        dict(read_crate(body))


def test_a_line_that_cargo_does_not_read_is_left_out() -> None:
    lines = [
        Crate("1.0.0").line("x"),
        '{"vers": 1}',
        Crate("2.0.0").line("x").replace('"vers"', '"v": 3, "vers"'),
    ]
    assert b"2.0.0" not in dict(read_crate("\n".join(lines).encode()))["releases"]
