"""pip, uv, poetry, pipenv, pdm, conda."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from posixpath import dirname, join, normpath

from freshlayer.discover.locks.project import (
    Lock,
    Locked,
    Project,
    Table,
    canonical,
    covered,
    floating,
    from_json,
    from_toml,
    inside,
    missing,
    not_there,
    table,
    tables,
    texts,
    unreadable,
)
from freshlayer.lazy_regex import compiled

_REQUIREMENT = compiled(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?")
_FILE = compiled(r"(?:-r|--requirement)[\s=]*(\S+)")
_EXPLICIT = compiled(r"(?m)^@EXPLICIT\s*$")
_MOST_FILES = 20


def pip(project: Project) -> Lock:
    """``pip install -r`` of requirements that all have a hash, which makes pip require them of everything."""
    files = list(_requirement_files(project))
    if not files:
        return floating("pip install takes the newest versions that fit")
    words = project.words("-r", "--requirement", "-c", "--constraint", "-t", "--target", "-i", "--index-url")
    if [word for word in words if word not in {"pip", "install", *files}]:
        return floating("packages on the command line have no hash")
    waiting, seen = [project.path(name) for name in files], set[str]()
    while waiting and len(seen) < _MOST_FILES:
        path = waiting.pop()
        text = project.read(path)
        if text is None:
            return missing(path)
        seen.add(path)
        for line in _lines(text):
            nested = _FILE.match(line)
            if nested:
                waiting += {normpath(join(dirname(path), nested[1]))} - seen
            elif "--hash=" not in line and not line.startswith(("-", "#")):
                return floating(f"{line.split()[0]} has no --hash in {files[0]}")
            elif line.startswith(("-e", "--editable")):
                return floating(f"{files[0]} has an editable requirement")
    return Locked(files[0])


def uv_sync(project: Project) -> Lock:
    """``uv sync`` that takes the lock file as it is."""
    if not project.has("--frozen", "--locked") and not _set(project, "UV_FROZEN", "UV_LOCKED"):
        return floating("uv sync updates its lock file unless it is given --locked or --frozen")
    # A uv that does not know the variables yet resolves without a lock file.
    return _of_pyproject(project, "uv.lock", fails=project.has("--frozen", "--locked"))


def poetry(project: Project) -> Lock:
    """``poetry install`` installs what its lock file has, and refuses one that is behind."""
    return _of_pyproject(project, "poetry.lock", fails=False)


def pdm(project: Project) -> Lock:
    """``pdm sync``, and ``pdm install`` that refuses to change its lock file."""
    if "install" in project.arguments[:1] and not project.has("--frozen-lockfile", "--no-lock", "--check"):
        return floating("pdm install updates its lock file unless it is given --frozen-lockfile")
    return _of_pyproject(project, "pdm.lock", fails="sync" in project.arguments[:1])


def pipenv(project: Project) -> Lock:
    """``pipenv sync``, and ``pipenv install`` with ``--deploy`` or ``--ignore-pipfile``."""
    if "install" in project.arguments[:1] and not project.has("--deploy", "--ignore-pipfile"):
        return floating("pipenv install updates its lock file unless it is given --deploy")
    text, manifest = project.text("Pipfile.lock"), project.text("Pipfile")
    if text is None or manifest is None:
        return not_there(project, "Pipfile.lock", "Pipfile", fails="sync" in project.arguments[:1])
    try:
        lock, wanted = from_json(text), from_toml(manifest)
    except ValueError:
        return unreadable("Pipfile.lock")
    names = [name for key in ("packages", "dev-packages") for name in table(wanted.get(key))]
    locked = [name for key in ("default", "develop") for name in table(lock.get(key))]
    return covered("Pipfile.lock", map(canonical, names), map(canonical, locked))


def conda(project: Project) -> Lock:
    """``conda create --file`` of a list that ``conda list --explicit`` wrote, or of conda-lock's file."""
    name = project.value("--file", "-f")
    text = project.text(name) if name else None
    if text is None or not (_EXPLICIT.search(text) or _is_conda_lock(name, text)):
        return floating("conda takes the newest builds that fit unless it is given an explicit list")
    return Locked(name)


def conda_lock(project: Project) -> Lock:
    """``conda-lock install``, whose file has the URL and the hash of each package."""
    named = [word for word in project.words("-n", "--name", "-p", "--prefix", "--conda") if word != "install"]
    name = named[-1] if named else "conda-lock.yml"
    text = project.text(name)
    if text is None:
        return missing(name)
    return Locked(name) if _is_conda_lock(name, text) or _EXPLICIT.search(text) else unreadable(name)


def _is_conda_lock(name: str, text: str) -> bool:
    """Whether micromamba takes a file for one: by its name."""
    hashed = re.search(r"(?m)^\s+sha256: [0-9a-f]{64}$", text)
    return (
        re.search(r"-lock\.ya?ml$", name) is not None and text.count("\npackage:") == 1 and hashed is not None
    )


def _of_pyproject(project: Project, file: str, *, fails: bool) -> Lock:
    text, manifest = project.text(file), project.text("pyproject.toml")
    if text is None or manifest is None:
        return not_there(project, file, "pyproject.toml", fails=fails)
    try:
        lock, wanted = from_toml(text), from_toml(manifest)
    except ValueError:
        return unreadable(file)
    locked = (str(item.get("name", "")) for item in tables(lock.get("package")))
    return covered(file, map(canonical, _names(wanted)), map(canonical, locked))


def _names(pyproject: Table) -> Iterator[str]:
    """What a pyproject.toml requires, as far as a lock file of any tool has to name it."""
    project = inside(pyproject, "project")
    own = str(project.get("name") or inside(pyproject, "tool", "poetry").get("name") or "")
    for requirement in (*texts(project.get("dependencies")), *_optional(project)):
        match = _REQUIREMENT.match(requirement)
        if match and canonical(match[1]) != canonical(own):
            yield match[1]
    poetry = inside(pyproject, "tool", "poetry")
    groups = [inside(poetry, "group", name, "dependencies") for name in inside(poetry, "group")]
    for section in (inside(poetry, "dependencies"), inside(poetry, "dev-dependencies"), *groups):
        yield from (name for name, spec in section.items() if name != "python" and not _is_local(spec))


def _optional(project: Table) -> Iterable[str]:
    for group in table(project.get("optional-dependencies")).values():
        yield from texts(group)


def _is_local(spec: object) -> bool:
    return isinstance(spec, dict) and "path" in spec


def _requirement_files(project: Project) -> Iterator[str]:
    for place, word in enumerate(project.arguments):
        name, equals, value = word.partition("=")
        if word in {"-r", "--requirement"}:
            yield from project.arguments[place + 1 : place + 2]
        elif name == "--requirement" and equals:
            yield value
        elif word.startswith("-r") and len(word) > 2 and not word.startswith("--"):
            yield word[2:]


def _lines(text: str) -> Iterator[str]:
    """The logical lines of a requirements file, without comments."""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        known = re.sub(r"(?:^|\s)#.*", "", line).strip()
        if known:
            yield known


def _set(project: Project, *names: str) -> bool:
    return any(project.environment(name).lower() in {"1", "true"} for name in names)
