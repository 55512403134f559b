"""Better orders of instructions: copy the manifest, install, then copy the rest. Pure; nothing is changed.

Where the whole context is copied before the dependencies are installed, a change of any file runs the install
again.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from freshlayer.dockerfile.model import Instruction, Stage
from freshlayer.lazy_regex import compiled
from freshlayer.model.inputs import Advice
from freshlayer.model.packages import PackageAction, PackageChain, PackageCommand, PackageRun

if TYPE_CHECKING:
    import re

_WHOLE = {".", "./", "*", "./*"}


class _Ecosystem(Struct, frozen=True):
    """``install``: the command that reads only the manifests."""

    install: re.Pattern[str]
    manifests: str


_ECOSYSTEMS = tuple(
    _Ecosystem(compiled(rf"(?:^|[\s;&|(])(?:{install})"), manifests)
    for install, manifests in (
        (
            r"(?:npm (?:ci|i|install)\b)(?![^;&|]* (?:-g\b|--global\b|[^\s-]))",
            "package.json package-lock.json",
        ),
        (r"yarn(?: install)?(?=\s*(?:$|[;&|]|--))", "package.json yarn.lock"),
        (r"pnpm (?:i|install)(?=\s*(?:$|[;&|]|--))", "package.json pnpm-lock.yaml"),
        (
            r"(?:pip3?|python3? -m pip|uv pip) install\b[^;&|]*(?:-r|--requirement)[ =]?\s*[\w./-]+",
            "requirements.txt",
        ),
        (r"uv sync\b", "pyproject.toml uv.lock"),
        (r"poetry install\b", "pyproject.toml poetry.lock"),
        (r"pdm (?:install|sync)\b", "pyproject.toml pdm.lock"),
        (r"pipenv (?:install|sync)\b", "Pipfile Pipfile.lock"),
        (r"bundle(?: install)?(?=\s*(?:$|[;&|]|--))", "Gemfile Gemfile.lock"),
        (r"go mod download\b", "go.mod go.sum"),
        (r"cargo (?:fetch|vendor)\b", "Cargo.toml Cargo.lock"),
        (r"composer (?:install|update)\b", "composer.json composer.lock"),
        (r"(?:mvn|\./mvnw)\b[^;&|]*dependency:(?:go-offline|resolve)", "pom.xml"),
        (r"(?:gradle|\./gradlew)\b[^;&|]*\bdependencies\b", "build.gradle settings.gradle"),
        (r"dotnet restore\b", "*.csproj"),
        (r"mix deps\.get\b", "mix.exs mix.lock"),
    )
)


def advise(stages: Iterable[Stage], silent: frozenset[int] = frozenset()) -> tuple[Advice, ...]:
    """Where a stage copies the whole context before it installs dependencies.

    ``silent``: first lines of instructions below a ``# freshlayer: no-advice`` comment.
    """
    return tuple(item for stage in stages for item in _of_stage(stage, silent))


def advise_on_packages(
    chains: Iterable[PackageChain], silent: frozenset[int] = frozenset()
) -> tuple[Advice, ...]:
    """Where lists of packages are read in an instruction of their own, and where the base is upgraded."""
    found = [item for chain in chains for item in (*_stale_lists(chain), *_upgrades(chain))]
    return tuple(dict.fromkeys(item for item in found if item.line not in silent))


def _stale_lists(chain: PackageChain) -> Iterator[Advice]:
    """``RUN apt-get update``, then ``RUN apt-get install``: the second reads what the first has cached."""
    updated: dict[str, tuple[PackageRun, PackageCommand]] = {}
    for run in chain.runs:
        here = {command.manager for command in run.commands if command.updates}
        for command in run.commands:
            update, read = updated.get(command.manager, (None, None))
            if command.action in _INSTALLS and command.manager not in here and update and read:
                yield Advice(
                    update.line,
                    f"{read.text} is in a RUN of its own, and line {run.line} installs from lists that can"
                    f" be as old as that layer; better: RUN {read.text} && {command.text} in one instruction",
                )
                updated.pop(command.manager)
        alone = all(command.action is PackageAction.UPDATE for command in run.commands)
        for command in run.commands if alone else ():
            updated[command.manager] = run, command
        if not alone:
            updated = {name: found for name, found in updated.items() if name not in here}


def needed_upgrades(chains: Iterable[PackageChain], upgrading: Container[int]) -> Iterator[Advice]:
    """The advice on upgrades that bring what the base image lacks.

    ``upgrading``: the numbers of the instructions that replace packages now.
    """
    for chain in chains:
        for advice in _upgrades(chain):
            if any(run.number in upgrading for run in chain.runs if run.line <= advice.line):
                yield advice


def _upgrades(chain: PackageChain) -> Iterator[Advice]:
    """An upgrade of what a base image has that is watched itself."""
    if chain.base[0] in {"", "scratch"}:
        return
    for run in chain.runs:
        for command in run.commands:
            if command.action in _UPGRADES and not command.words:
                yield Advice(
                    run.line,
                    f"{command.text} upgrades the packages of the base image, which is watched itself;"
                    " without it, the image has what a newer base image brings, and the layer is smaller",
                )
                return


_UPGRADES = frozenset({PackageAction.UPGRADE, PackageAction.DIST_UPGRADE})
_INSTALLS = frozenset({PackageAction.INSTALL, PackageAction.BUILD_DEP})


def _of_stage(stage: Stage, silent: frozenset[int]) -> Iterator[Advice]:
    whole: Instruction | None = None
    installed: set[str] = set()
    if not any(map(_copies_all, stage.instructions)):
        return
    for instruction in stage.instructions:
        if _copies_all(instruction):
            whole = whole or instruction
        for ecosystem in _installs(instruction):
            first = ecosystem.manifests not in installed
            installed.add(ecosystem.manifests)
            if whole and first and not {whole.line, instruction.line} & silent:
                yield _advice(whole, instruction, ecosystem)


def _copies_all(instruction: Instruction) -> bool:
    if instruction.name not in {"COPY", "ADD"} or instruction.flag("from"):
        return False
    return bool(_WHOLE & set(instruction.words[:-1]))


def _installs(instruction: Instruction) -> Iterator[_Ecosystem]:
    if instruction.name == "RUN":
        text = " ".join(instruction.words)
        yield from (ecosystem for ecosystem in _ECOSYSTEMS if ecosystem.install.search(text))


def _advice(whole: Instruction, install: Instruction, ecosystem: _Ecosystem) -> Advice:
    found = ecosystem.install.search(" ".join(install.words))
    command = found[0].strip(" ;&|(\t") if found else ""
    from freshlayer.masking import masked_script  # noqa: PLC0415 - few Dockerfiles are ordered so

    return Advice(
        whole.line,
        f"{whole.name} of the whole context is before the dependency install on line {install.line},"
        f" which therefore runs again when any file changes; better: COPY {ecosystem.manifests} ./,"
        f" then RUN {masked_script(command)}, then {masked_script(whole.text.strip())[:60]}",
    )
