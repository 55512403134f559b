"""``freshlayer init``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from freshlayer.cli import declared
from freshlayer.cli.echo import echo
from freshlayer.cli.exit_codes import DONE
from freshlayer.errors import FreshlayerError

_LARGEST = 1024 * 1024
_IDENTITIES = "freshlayer-identities.toml"
_OURS = ".freshlayer/"
_NOT_FOR_GIT = (_OURS,)
_NOT_FOR_THE_BUILDER = (_OURS, "freshlayer.toml", _IDENTITIES)
_DOCKERFILES = ("Dockerfile", "dockerfile", "Containerfile")

_HEAD = f"""\
# At night: does a remote input of a Dockerfile differ from that of the last build? Builds nothing.
# Commit {_IDENTITIES}, which each build writes:
#   freshlayer --identities {_IDENTITIES} build -t app .
"""
_CHECK = f"freshlayer --identities {_IDENTITIES} --report .freshlayer/report.md check --recursive"
GITHUB = f"""\
{_HEAD}name: freshlayer
on:
  schedule:
    - cron: "17 4 * * *"
  workflow_dispatch:
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
      - run: pip install freshlayer
      - run: mkdir -p .freshlayer
      - run: {_CHECK} --format github .
      - if: always()
        run: cat .freshlayer/report.md >> "$GITHUB_STEP_SUMMARY"
"""
GITLAB = f"""\
{_HEAD}freshlayer:
  image: python:3.13
  rules:
    - if: $CI_PIPELINE_SOURCE == "schedule"
  script:
    - pip install --quiet freshlayer
    - mkdir -p .freshlayer
    - {_CHECK} .
  artifacts:
    when: always
    paths: [.freshlayer/report.md]
"""
_GITLAB_FILE = ".gitlab/freshlayer.yml"
_INCLUDE = f"""\
include:
  - local: {_GITLAB_FILE}
"""


@declared.command(
    "init",
    short_help="write a settings file, ignore lines and a CI file",
    epilog="\b\nExamples:\n  freshlayer init\n  freshlayer init --ci gitlab\n  freshlayer init --ci none web",
)
@declared.argument("directory", metavar="[DIR]", default=".", type=declared.DIRECTORY)
@declared.option(
    "--ci",
    type=declared.choice(["github", "gitlab", "none"]),
    help="which CI file; default: by what the repository has",
)
@declared.option("--force", is_flag=True, help="overwrite the settings file and the CI file")
def command(directory: str, ci: str | None, force: bool) -> int:
    """Write freshlayer.toml with every setting as a comment, ignore lines, and a CI file for a nightly check.

    What is there already is not changed: lines are appended to .gitignore and .dockerignore where they are
    missing, and --force overwrites the settings file and the CI file. Nothing is built or requested.
    """
    from freshlayer.reference import shown

    top = Path(directory)
    if not top.is_dir():
        raise FreshlayerError(f"{shown(directory)}: not a directory")
    for line in _written(top, ci, force=force):
        echo(shown(line, 1000))
    return DONE


def _written(top: Path, ci: str | None, *, force: bool) -> Iterator[str]:
    """What was done, a line for each file."""
    from freshlayer.settings import commented

    if _has_own_table(top):
        yield f"{top / 'pyproject.toml'}: has [tool.freshlayer], so that no freshlayer.toml is written"
    else:
        yield _create(top, "freshlayer.toml", commented(), force=force)
    for name, lines in _ignore_files(top):
        yield _append(top, name, lines)
    yield from _ci(top, ci or _found_ci(top), force=force)


def _has_own_table(top: Path) -> bool:
    from freshlayer.context import read_settings

    found = read_settings(top)
    return found is not None and bool(found[2])


def _ignore_files(top: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Those that are there, or that git and the builder would read."""
    if _repository(top) is not None or (top / ".gitignore").exists():
        yield ".gitignore", _NOT_FOR_GIT
    # podman and buildah read .containerignore, where it is there, in place of .dockerignore.
    if (top / ".containerignore").exists():
        yield ".containerignore", _NOT_FOR_THE_BUILDER
    if (top / ".dockerignore").exists() or any((top / name).exists() for name in _DOCKERFILES):
        yield ".dockerignore", _NOT_FOR_THE_BUILDER


def _repository(top: Path) -> Path | None:
    """The top of the git work tree that a directory is in."""
    here = top.resolve()
    return next((path for path in (here, *here.parents) if (path / ".git").exists()), None)


def _found_ci(top: Path) -> str:
    """By the files of the repository, else by the host of a remote; empty where neither names one."""
    above = _repository(top) or top.resolve()
    if (above / ".github").is_dir():
        return "github"
    if (above / ".gitlab-ci.yml").exists():
        return "gitlab"
    remotes = _text(above / ".git" / "config")
    return next((name for name in ("github", "gitlab") if name in remotes), "")


def _ci(top: Path, name: str, *, force: bool) -> Iterator[str]:
    """CI files are at the top of the repository, and check all of it."""
    above = _repository(top) or top.resolve()
    if name == "github":
        yield _create(above, ".github/workflows/freshlayer.yml", GITHUB, force=force)
    elif name == "gitlab":
        yield _create(above, _GITLAB_FILE, GITLAB, force=force)
        if not (above / ".gitlab-ci.yml").exists():
            yield _create(above, ".gitlab-ci.yml", _INCLUDE, force=False)
        elif _GITLAB_FILE not in _text(above / ".gitlab-ci.yml"):
            yield f"{above / '.gitlab-ci.yml'}: not changed (add to it: include: [{{local: {_GITLAB_FILE}}}])"
    elif not name:
        yield "no CI file: nothing shows which CI the repository has (name one with --ci)"


def _create(top: Path, name: str, content: str, *, force: bool) -> str:
    from freshlayer.files.atomic_write import replace

    path = top / name
    if os.path.lexists(path) and not force:
        return f"{path}: is there; not changed (--force overwrites it)"
    with _failing(path):
        _check_within(top, path)
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, content.encode())
    return f"{path}: written"


def _append(top: Path, name: str, lines: tuple[str, ...]) -> str:
    from freshlayer.files.atomic_write import replace

    path = top / name
    with _failing(path):
        _check_within(top, path)
        before = _content(path)
        known = {line.strip().strip("/") for line in before.decode("utf-8", "replace").splitlines()}
        missing = [line for line in lines if line.strip("/") not in known]
        if not missing:
            return f"{path}: has the lines; not changed"
        end = b"" if before.endswith(b"\n") or not before else b"\n"
        replace(path, before + end + "".join(f"{line}\n" for line in missing).encode())
    return f"{path}: added {', '.join(missing)}"


def _content(path: Path) -> bytes:
    from freshlayer.files.bounded_read import read_file

    try:
        return read_file(path, _LARGEST)
    except FileNotFoundError:
        return b""


def _text(path: Path) -> str:
    """Empty where it can't be read."""
    with suppress(OSError):
        return _content(path).decode("utf-8", "replace")
    return ""


def _check_within(top: Path, path: Path) -> None:
    """A link of the checkout may lead anywhere. Raises FreshlayerError."""
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(top)):
        raise FreshlayerError(f"{path}: leads out of {top}, so nothing is written to it")


@contextmanager
def _failing(path: Path) -> Iterator[None]:
    """Raises FreshlayerError for OSError."""
    try:
        yield
    except OSError as error:
        raise FreshlayerError(f"{path}: can't be written: {error.strerror or error}") from None
