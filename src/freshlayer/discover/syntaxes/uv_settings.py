"""The settings of uv: ``uv.toml`` or ``[tool.uv]`` of the project, the files of the user and of the machine.

Options have the names of ``pip``: ``index-url``, ``extra-index-url``, the strongest first. What decides
versions in another way is not computed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from posixpath import join

from freshlayer.discover.locks.project import inside, table, tables, texts
from freshlayer.discover.syntaxes.language_lines import ProjectFiles
from freshlayer.discover.syntaxes.pip_environment import from_environment
from freshlayer.discover.syntaxes.python_projects import NotReadError
from freshlayer.discover.syntaxes.settings_files import why_not_known
from freshlayer.masking.logins import without_login

Options = list[tuple[str, str]]
_INDEXES = frozenset({"index", "index-url", "extra-index-url"})
_HARMLESS = frozenset(
    """
    allow-insecure-host build-backend cache-dir cache-keys check-url compile-bytecode concurrent-builds
    concurrent-downloads concurrent-installs default-groups dev-dependencies http-proxy https-proxy
    index-username keyring-provider link-mode managed native-tls no-cache no-progress no-proxy package pip
    preview publish-url pypy-install-mirror python-downloads python-downloads-json-url python-install-mirror
    python-preference reinstall reinstall-package required-version system-certs trusted-publishing
    break-system-packages python strict system verify-hashes require-hashes no-build-isolation
    """.split()
)
"""Keys that decide no version."""
_OF_PROJECTS = frozenset({"sources", "workspace", "conflicts", "environments", "required-environments"})
"""Keys that requirements on a command line do not follow."""


def settings(files: ProjectFiles, directory: str, *, pip: bool) -> Options:
    """What the files state. ``pip``: to ``uv pip``. Raises NotReadError."""
    found: Options = []
    main: Options = []
    for name, stated in _stated(files, directory):
        own = {**stated, **table(stated.get("pip"))} if pip else stated
        unread = own.keys() - _HARMLESS - _INDEXES - (_OF_PROJECTS if pip else frozenset())
        if unread:
            raise NotReadError(", ".join(sorted(f"{name}: {it}" for it in unread)))
        for option, url in _indexes(own):
            (found if option == "extra-index-url" else main).append((option, without_login(url)))
    return [*found, *main[:1]]


def in_order(files: ProjectFiles, named: Options, stated: Options) -> Options:
    """All that counts, the strongest index first. ``named``: on the command line; it hides a variable.

    Of several default ones the last counts, as for pip.
    """
    names = {name for name, _ in named}
    of_variables = [it for it in from_environment("uv", files.variable) if it[0] not in names]
    more = [it for it in (*named, *of_variables, *stated) if it[0] == "extra-index-url"]
    main = [it for it in (*stated, *of_variables, *named) if it[0] != "extra-index-url"]
    return [*more, *main]


def _indexes(stated: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """An index that is explicit has the packages alone that ``sources`` name. Raises NotReadError."""
    for index in tables(stated.get("index")):
        url = index.get("url")
        if not isinstance(url, str) or "://" not in url or index.get("format", "simple") != "simple":
            raise NotReadError("an index that is no address")
        if not index.get("explicit"):
            yield ("index-url" if index.get("default") else "extra-index-url"), url
    for url in texts(stated.get("extra-index-url")):
        yield "extra-index-url", url
    main = stated.get("index-url")
    yield from [("index-url", main)] if isinstance(main, str) else []


def _stated(files: ProjectFiles, directory: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    """(name of a file, what it states), the strongest first."""
    if files.variable("UV_NO_CONFIG").lower() in {"1", "true"}:
        return
    if stated := files.variable("UV_CONFIG_FILE"):
        yield stated, _read(files, stated, needed=True)
        return
    yield from _of_project(files, directory)
    for path in (join(files.user_settings, "uv/uv.toml"), "/etc/uv/uv.toml"):
        yield path, _read(files, path)


def _of_project(files: ProjectFiles, directory: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Of the nearest directory that has one; ``uv.toml`` hides the table beside it but for its sources."""
    for place in files.upwards(directory):
        own = join(place, "uv.toml")
        of_pyproject = inside(_read(files, join(place, "pyproject.toml")), "tool", "uv")
        if any(files.texts([own])):
            kept = {it: of_pyproject[it] for it in of_pyproject.keys() & _OF_PROJECTS}
            yield own, {**_read(files, own), **kept}
            return
        if of_pyproject:
            yield "tool.uv", of_pyproject
            return


def _read(files: ProjectFiles, path: str, *, needed: bool = False) -> Mapping[str, object]:
    """Nothing of a file that is not there. Raises NotReadError where it is not known."""
    found = dict(files.texts([path]))
    if why_not_known(found) is not None or (needed and not found):
        raise NotReadError(path)
    try:
        return tomllib.loads(found.get(path, ""))
    except (tomllib.TOMLDecodeError, RecursionError):
        raise NotReadError(path) from None
