"""Better orders of instructions: copy the manifest, install, then copy the rest. Pure; nothing is changed.

Where the whole context is copied before the dependencies are installed, a change of any file runs the install
again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from freshlayer.dockerfile.model import Instruction, Stage
from freshlayer.lazy_regex import compiled
from freshlayer.model.inputs import Advice

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
