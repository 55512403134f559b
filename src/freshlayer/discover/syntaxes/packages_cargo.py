"""``cargo install``, ``binstall``, ``build``, ``fetch``: a command line → the crates that it names.

Options: ``version``, ``registry``, ``index``, ``config`` (``key=value``); of a manifest ``manifest``,
``rust-version``, and ``registry:CRATE``, ``index:CRATE`` of a crate that names one. A word is ``crate`` or
``crate@version``; of a manifest ``crate@requirement``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import join

from msgspec.structs import replace

from freshlayer.discover.syntaxes.cargo_manifest import CargoOptions, CargoProject, Needed, every
from freshlayer.discover.syntaxes.language_lines import (
    DividedLine,
    LanguageLine,
    ProjectFiles,
    divided,
    names_nothing,
)
from freshlayer.discover.syntaxes.package_lines import table_of
from freshlayer.lazy_regex import compiled
from freshlayer.masking.logins import without_login
from freshlayer.model.reasons import Reason

_TABLE, _NAMES = table_of(
    """
    version,vers= registry= index= git= branch= tag= rev= path= root= features,F= target= target-dir= profile=
    jobs,j= config= manifest-path= package,p= bin= example= test= bench= color= message-format= Z= exclude=
    lockfile-path= artifact-dir,out-dir= rate-limit= strategies= disable-strategies= install-path= targets=
    pkg-url= pkg-fmt= bin-dir= log-level= min-tls-version= root-certificates= https= github-token= settings=
    maximum-resolution-timeout= locked frozen offline force,f no-track list debug bins examples all-features
    no-default-features all-targets tests lib benches release,r dry-run,n quiet,q verbose,v keep-going
    ignore-rust-version timings unit-graph workspace all no-confirm,y no-symlinks no-cleanup no-run
    no-fail-fast no-discover-github-token json-output only-signed skip-signatures help,h
    """
)
_NAMED = frozenset({"install", "binstall"})
_BUILDS = frozenset("build b fetch run r test t check c bench clippy rustc".split())
_TESTS = frozenset({"test", "t", "bench"})
_ELSEWHERE = frozenset({"git", "list"})
_KEPT = frozenset({"version", "registry", "index", "config"})
_REGISTRY = compiled(
    r"""\[\s*registries\s*\.\s*["']?([\w-]+)|(?m:^\s*(?:registry\.)?default\s*=\s*["']([\w-]+)["'])"""
)
_GROUPED = ("all-targets", "tests", "benches", "test", "bench", "examples", "example")


def cargo(name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """One command line; None for a command that installs nothing, or a repository alone."""
    words = [word for word in arguments if not word.startswith("+")]
    line = divided(words, _TABLE, _NAMES)
    if name == "cargo-binstall":
        named = (line.verb, *line.words) if line.verb not in {"", "binstall"} else line.words
        line = DividedLine("binstall", named, line.options)
    options = dict(line.options)
    if options.keys() & {"offline", "frozen", "help"}:
        return None
    path = options.get("path", "")
    if line.verb in _NAMED and not path:
        return None if options.keys() & _ELSEWHERE or not line.words else _of_words(line, files)
    if line.verb in _NAMED | _BUILDS:
        own = join(path, "Cargo.toml") if path else options.get("manifest-path") or _nearest(files)
        return _of_manifest(line, own, files)
    return None


def _of_words(line: DividedLine, files: ProjectFiles) -> LanguageLine:
    """The configuration of the project does not count."""
    kept = [item for item in line.options if item[0] in _KEPT]
    return _configured(line.words, kept, files, _homes(files))


def _of_manifest(line: DividedLine, manifest: str, files: ProjectFiles) -> LanguageLine:
    options = dict(line.options)
    tests = line.verb in _TESTS or any(it in options for it in _GROUPED)
    choices = CargoOptions(
        every([value for name, value in line.options if name == "features"]),
        "no-default-features" not in options,
        "all-features" in options,
        tests,
        line.verb == "fetch",
        options.get("target", ""),
        files.platform,
    )
    needed = CargoProject(files, choices).needs(manifest)
    if needed.problem is not None:
        return LanguageLine(unknown=needed.problem)
    if not needed.words and not needed.repositories:
        return LanguageLine(listed=(names_nothing(f"cargo {line.verb}", manifest),))
    kept = [item for item in line.options if item[0] == "config"] + list(_of_needed(needed, files))
    found = _configured(tuple(needed.words), kept, files, _places(files))
    return replace(found, listed=tuple(needed.repositories.values()))


def _of_needed(needed: Needed, files: ProjectFiles) -> Iterator[tuple[str, str]]:
    yield "manifest", ""
    yield from needed.sources.items()
    if needed.prefers_old:
        rust = needed.rust or files.variable("RUST_VERSION")
        yield from [("rust-version", rust)] if rust else []


def _configured(
    words: tuple[str, ...], options: Sequence[tuple[str, str]], files: ProjectFiles, places: Iterable[str]
) -> LanguageLine:
    paths = [join(place, name) for place in places for name in ("config", "config.toml")]
    texts = dict(files.texts(paths))
    named = [value for name, value in options if name.partition(":")[0] == "registry"]
    variables = tuple(_variables([*named, *_registries(texts)], files))
    return LanguageLine(words, (*options, *variables), files=texts)


def _registries(texts: Mapping[str, str]) -> Iterator[str]:
    for text in texts.values():
        yield from (match[1] or match[2] for match in _REGISTRY.finditer(text))


def _variables(registries: Sequence[str], files: ProjectFiles) -> Iterator[tuple[str, str]]:
    """Variables in the form of ``--config``, which is before them."""
    default = files.variable("CARGO_REGISTRY_DEFAULT")
    if re.fullmatch(r"[\w-]+", default):
        yield "config", f'registry.default="{default}"'
    for name in dict.fromkeys([*registries, default, "crates-io"]):
        url = files.variable(f"CARGO_REGISTRIES_{name.upper().replace('-', '_')}_INDEX") if name else ""
        if url and re.fullmatch(r"[\w-]+", name) and not re.search(r"[\"\\\\\n]", url):
            yield "config", f'registries.{name}.index="{without_login(url)}"'


def _homes(files: ProjectFiles) -> list[str]:
    """Of the user, or of the official images, where the environment does not say which."""
    stated = files.variable("CARGO_HOME")
    return [stated] if stated else ["/usr/local/cargo", join(files.home, ".cargo")]


def _places(files: ProjectFiles) -> list[str]:
    """Directories of configuration, the strongest last."""
    return [*_homes(files), *(join(place, ".cargo") for place in files.above())]


def _nearest(files: ProjectFiles) -> str:
    """The manifest of the directory, or of one above it."""
    for place in reversed(files.above()):
        path = join(place, "Cargo.toml")
        if not isinstance(files.read(path), Reason):
            return path
    return files.path("Cargo.toml")
