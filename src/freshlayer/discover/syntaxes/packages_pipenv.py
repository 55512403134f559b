"""``pipenv install`` of a Pipfile without its lock file: pipenv resolves what it states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import dirname, join

from freshlayer.discover.locks.project import table, tables
from freshlayer.discover.syntaxes.language_lines import LanguageLine, ProjectFiles, divided
from freshlayer.discover.syntaxes.package_lines import table_of
from freshlayer.discover.syntaxes.poetry_requirements import requirements
from freshlayer.discover.syntaxes.python_projects import (
    NotReadError,
    refuse_unread,
    stated_by,
)
from freshlayer.discover.syntaxes.settings_files import why_not_known
from freshlayer.lazy_regex import compiled
from freshlayer.masking.logins import without_login
from freshlayer.model.packages import PYPI_INDEX

_TABLE, _NAMES = table_of(
    """
    python= pypi-mirror= index,i= requirements,r= editable,e= extra-pip-args= categories,category= dev,d
    system deploy ignore-pipfile skip-lock pre site-packages keep-outdated clear quiet,q verbose,v
    sequential,s three two selective-upgrade no-site-packages hide-progress bare help,h
    """
)
_NEED_LOCK = frozenset({"deploy", "ignore-pipfile", "requirements", "editable", "index"})

_NOT_READ = frozenset({"extra-pip-args"})
_PYPI = compiled(r"https?://pypi(?:\.python)?\.org/simple/?")
"""What pipenv takes for PyPI."""
_INDEX = compiled(r"(?m)^[ \t]*index[-_]url[ \t]*[=:][ \t]*(\S+)")


def pipenv(_name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """One command line; None where a lock file decides, or the command needs one."""
    line = divided(arguments, _TABLE, _NAMES)
    options = dict(line.options)
    manifest = files.variable("PIPENV_PIPFILE") or "Pipfile"
    text = files.text(manifest)
    lock = files.text(join(dirname(manifest), "Pipfile.lock"))
    if line.verb != "install" or text is None or _NEED_LOCK & options.keys():
        return None
    if lock is not None and "skip-lock" not in options:
        return None

    def read(document: Mapping[str, object]) -> tuple[Iterable[str], Iterable[tuple[str, str]]]:
        refuse_unread(line.options, _NAMES, [f"--{it}" for it in _NOT_READ & options.keys()])
        return [*line.words, *_wanted(document, options)], _decided(document, options, files)

    return stated_by(text, manifest, "pipenv install", read)


def _wanted(document: Mapping[str, object], options: Mapping[str, str]) -> Iterator[str]:
    categories = options.get("categories", "packages").replace(",", " ").split()
    more = ["dev-packages"] if "dev" in options else []
    names = {"default": "packages", "develop": "dev-packages"}
    for category in dict.fromkeys([*(names.get(it, it) for it in categories), *more]):
        for name, spec in table(document.get(category)).items():
            if "index" in table(spec) and len(tables(document.get("source"))) > 1:
                raise NotReadError(f"{name} of one index")
            yield from requirements(name, spec)


def _decided(
    document: Mapping[str, object], options: Mapping[str, str], files: ProjectFiles
) -> Iterator[tuple[str, str]]:
    """Options. The first source counts for a package that names none; a mirror replaces PyPI alone.

    Without a source, it is the mirror, or the index that pip has.
    """
    mirror = options.get("pypi-mirror") or files.variable("PIPENV_PYPI_MIRROR")
    url = next((it.get("url") for it in tables(document.get("source"))), None)
    if url is None:
        url = mirror or _of_pip(files)
    if not isinstance(url, str) or "$" in url:
        raise NotReadError("source")
    yield "index-url", without_login(mirror if mirror and _PYPI.fullmatch(url) else url)
    if "pre" in options or table(document.get("pipenv")).get("allow_prereleases"):
        yield "pre", ""


def _of_pip(files: ProjectFiles) -> str:
    """The index of pip's variables and files. Raises NotReadError."""
    texts = dict(files.configuration("pypi", "pip"))
    if why_not_known(texts) is not None:
        raise NotReadError("pip.conf")
    stated = [url for text in texts.values() for url in _INDEX.findall(text)]
    return files.variable("PIP_INDEX_URL") or next(reversed(stated), PYPI_INDEX)
