"""``composer require``, ``create-project``, ``install``, ``update``: a line → the packages that it names.

Options: ``stability``, ``prefer-stable``, ``ignore-platform-reqs``, ``repository``. A word is
``vendor/name`` or ``vendor/name:constraint``. The composer.json of the project is one of the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from posixpath import join

import msgspec

from freshlayer.discover.locks.project import table
from freshlayer.discover.syntaxes.language_lines import (
    LanguageLine,
    Listed,
    ProjectFiles,
    divided,
    names_nothing,
)
from freshlayer.discover.syntaxes.package_lines import table_of
from freshlayer.masking.logins import without_login
from freshlayer.model.reasons import Reason

_TABLE, _NAMES = table_of(
    """
    working-dir,d= stability,s= repository,repository-url= ignore-platform-req= prefer-install= fixed=
    root-reqs= apcu-autoloader-prefix= dev no-dev no-interaction,n no-ansi ansi quiet,q verbose,v
    prefer-stable prefer-lowest prefer-dist prefer-source optimize-autoloader,o classmap-authoritative,a
    ignore-platform-reqs no-scripts no-plugins no-progress no-cache no-update no-install no-audit audit
    dry-run sort-packages update-no-dev update-with-dependencies,w,with-dependencies
    update-with-all-dependencies,W,with-all-dependencies keep-vcs remove-vcs no-secure-http
    add-repository profile no-suggest apcu-autoloader minimal-changes,m patch-only lock with=
    """
)
_REQUIRE = frozenset({"require", "r", "req"})
_PROJECT = frozenset({"install", "i", "update", "u", "upgrade"})
_KEPT = frozenset({"stability", "prefer-stable", "ignore-platform-reqs", "repository"})
_NOT_NOW = frozenset({"no-update", "dry-run", "lock"})
_OF_USER = (".composer/config.json", ".config/composer/config.json")
_MORE = Reason("package-source-unknown", detail="composer config adds a repository")
_NAMED = re.compile(r"[\w.-]+/[\w.-]+")


def composer(_name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """One command line; None for a command that installs nothing."""
    line = divided(list(arguments), _TABLE, _NAMES)
    verb, words = line.verb, line.words
    directory = dict(line.options).get("working-dir", ".")
    if verb == "global":
        verb, words = (*words, "")[0], words[1:]
        directory = files.variable("COMPOSER_HOME") or join(files.home, ".composer")
    names = {name for name, _ in line.options}
    if names & _NOT_NOW or verb not in {*_REQUIRE, *_PROJECT, "create-project"}:
        return None
    if "prefer-lowest" in names:
        return LanguageLine(
            unknown=Reason("package-word-unclear", detail="--prefer-lowest takes the oldest versions")
        )
    options = [item for item in line.options if item[0] in _KEPT]
    if any(name == "ignore-platform-req" and value.startswith("php") for name, value in line.options):
        options.append(("ignore-platform-reqs", ""))
    if verb == "create-project":
        return _created(words, options)
    known = dict(files.texts([join(directory, "composer.json")]))
    if _has_more_repositories(files):
        return LanguageLine(unknown=_MORE)
    if verb in _REQUIRE:
        found = tuple(_words(words))
        return LanguageLine(found, tuple(options), files=known) if found else None
    return _of_manifest(files, directory, options, known, words, production="no-dev" in names)


def _has_more_repositories(files: ProjectFiles) -> bool:
    """Whether a file of the user, or a command before, states repositories."""
    home, user = files.variable("COMPOSER_HOME"), files.home
    places = [join(home, "config.json")] if home else []
    found = [files.read(path) for path in (*places, *(join(user, name) for name in _OF_USER))]
    return any(it.code != "no-manifest" if isinstance(it, Reason) else '"repositories"' in it for it in found)


def _created(words: Sequence[str], options: Sequence[tuple[str, str]]) -> LanguageLine | None:
    """``vendor/name [directory] [version]``."""
    if not words:
        return None
    found = [words[0].replace("=", ":", 1), *([words[2]] if len(words) > 2 else [])]
    return LanguageLine((":".join(found),), tuple(options))


def _words(words: Sequence[str]) -> Iterator[str]:
    """``a/b:^1``, ``a/b=^1``, ``a/b ^1``: in one word or in two."""
    waiting = ""
    for word in words:
        match = _NAMED.match(word)
        if match is None:
            if waiting:
                yield f"{waiting}:{word}"
            waiting = ""
            continue
        if waiting:
            yield waiting
        rest = word[match.end() :].lstrip(":= ")
        waiting = "" if rest else word
        if rest:
            yield f"{match[0]}:{rest}"
    if waiting:
        yield waiting


def _of_manifest(
    files: ProjectFiles,
    directory: str,
    options: Sequence[tuple[str, str]],
    known: dict[str, str],
    words: Sequence[str],
    *,
    production: bool,
) -> LanguageLine:
    text = files.read(join(directory, "composer.json"))
    if isinstance(text, Reason):
        return LanguageLine(unknown=text)
    try:
        manifest = table(msgspec.json.decode(text.encode("utf-8", "replace")))
    except (msgspec.DecodeError, RecursionError):
        return LanguageLine(unknown=Reason("lock-not-read", detail="composer.json is not JSON"))
    sections = ("require",) if production else ("require", "require-dev")
    local = set(_local(manifest.get("repositories"), directory, files))
    found = [
        f"{name}:{constraint}"
        for section in sections
        for name, constraint in table(manifest.get(section)).items()
        if "/" in name and isinstance(constraint, str) and name.lower() not in local
    ]
    chosen = [it for it in found if not words or it.partition(":")[0] in words]
    listed = tuple(_repositories(manifest.get("repositories")))
    if not found and not listed:
        listed = (names_nothing("composer install", join(directory, "composer.json")),)
    return LanguageLine(tuple(dict.fromkeys(chosen)), tuple(options), listed=listed, files=known)


def _repositories(value: object) -> Iterator[Listed]:
    """Repositories of version control programs, and packages that composer.json itself states."""
    for item in map(table, value if isinstance(value, list) else list(table(value).values())):
        kind, url = item.get("type", "composer"), item.get("url", "")
        if kind not in {"composer", "path", None} and isinstance(url, str):
            text = f"repository {without_login(url)}".rstrip()
            detail = f"freshlayer does not read repositories of the type {str(kind)[:40]}"
            yield Listed(text, Reason("package-source-unknown", detail=detail))


def _local(value: object, directory: str, files: ProjectFiles) -> Iterator[str]:
    """The packages of repositories of the type ``path``, which the context has."""
    listed = value if isinstance(value, list) else list(table(value).values())
    for item in map(table, listed):
        url = item.get("url")
        if item.get("type") == "path" and isinstance(url, str) and "*" not in url:
            text = files.text(join(directory, url, "composer.json"))
            try:
                name = table(msgspec.json.decode((text or "{}").encode())).get("name")
            except (msgspec.DecodeError, RecursionError):
                continue
            if isinstance(name, str):
                yield name.lower()
