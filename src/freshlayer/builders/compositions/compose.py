"""``docker compose``: its model with derived Dockerfiles, by an override file outside the user's tree."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from freshlayer.builders import progress
from freshlayer.builders.base import DerivedFile, Ended, Meanwhile
from freshlayer.builders.command_line.compose import ComposeCommand
from freshlayer.builders.command_line.pflag import FALSE
from freshlayer.builders.compositions import base as composed
from freshlayer.builders.compositions.base import (
    Composition,
    Table,
    document,
    output_of,
    table,
    target_of,
    text,
    values,
)
from freshlayer.builders.invocation import BuildTarget, Model
from freshlayer.builders.run.process import run
from freshlayer.docker_client.build_args import build_args
from freshlayer.errors import BuilderError
from freshlayer.files.temporary import temporary_directory
from freshlayer.model.composition_names import COMPOSE, COMPOSE_OVERRIDES
from freshlayer.model.reasons import Reason

_ESCAPES = {"$$": "$"}
_SERVICE = "service:"
_STDOUT = 1


class Compose(Composition, frozen=True):
    """A command of ``docker compose``."""

    command: ComposeCommand

    @property
    def unclear(self) -> Reason | None:
        if self.builds and self.environment.get("DOCKER_BUILDKIT") in FALSE:
            detail = "compose builds without BuildKit (DOCKER_BUILDKIT), which freshlayer does not follow"
            return Reason("no-buildkit", detail=detail)
        return self.command.unclear

    def model(self) -> Model:
        printed = self._printed_by(self.command.globals)
        self._refuse_what_builds_later(printed)
        given = build_args(self.command.build_args, self.environment)
        targets = {target.name: target for target in targets_of(printed, self.environment)}
        chosen = composed.with_needed(self._chosen(printed, targets), targets)
        found = (replace(it, args={**it.args, **given}) for it in chosen)
        return Model(tuple(found), printed)

    def build(
        self, model: Model, files: Mapping[str, DerivedFile], meanwhile: Meanwhile | None = None
    ) -> Ended:
        if not files:
            return self._run(self.command.globals, meanwhile)
        with temporary_directory() as directory:
            changes = _changes(files, Path(directory))
            override = Path(directory) / "override.json"
            secrets = composed.written_secrets(files, Path(directory))
            override.write_text(json.dumps(_escaped(_override(changes, files, secrets))), encoding="utf-8")
            before = self._globals(str(override))
            if _without(self._printed_by(before), secrets) != _changed(model.document, changes):
                raise BuilderError("compose reads other files than freshlayer found (name them with --file)")
            return self._run(before, meanwhile)

    def go_on(self) -> Ended:
        if not self.command.then:
            return Ended(0)
        return run([*self.argv, *self.command.globals, *self.command.then], self.environment)

    def _run(self, before: Sequence[str], meanwhile: Meanwhile | None) -> Ended:
        reader = progress.composed(self.command.progress, _STDOUT)
        argv = [*self.argv, *before, *self.command.build_words]
        return run(argv, self.environment, None, reader, meanwhile)

    def _printed_by(self, before: Sequence[str]) -> Table:
        """The model, with the services that only their names bring in, since a profile hides them."""
        config = [*self.argv, *before, "config", "--format", "json"]
        printed = document(output_of(config, self.environment), _ESCAPES)
        services = table(printed.get("services"), "services")
        if all(name in services for name in self.command.services):
            return printed
        named = document(output_of([*config, *self.command.services], self.environment), _ESCAPES)
        return {**printed, "services": {**services, **table(named.get("services"), "services")}}

    def _chosen(self, printed: Table, targets: Mapping[str, BuildTarget]) -> list[str]:
        """Services that the command names, else all; with their dependencies where it includes them."""
        if not self.command.services:
            return list(targets)
        if not self.command.dependencies:
            return list(self.command.services)
        services = table(printed.get("services"), "services")
        found: dict[str, None] = {}
        waiting = list(self.command.services)
        while waiting:
            name = waiting.pop()
            if name not in found and name in services:
                found[name] = None
                service = table(services[name], f"services.{name}")
                waiting += table(service.get("depends_on"), f"services.{name}.depends_on")
        return list(found)

    def _refuse_what_builds_later(self, printed: Table) -> None:
        """``up`` would build such a service once more, by its own Dockerfile."""
        for name, service in table(printed.get("services"), "services").items():
            if self.command.then and table(service, f"services.{name}").get("pull_policy") == "build":
                raise BuilderError(f"the service {name} has pull_policy: build, which up builds by itself")

    def _globals(self, override: str) -> list[str]:
        """Naming any file switches the usual ones off, so that they are named too."""
        named = () if self.command.files else self._usual_files()
        files = [word for path in named for word in ("--file", path)]
        return [*files, *self.command.globals, "--file", override]

    def _usual_files(self) -> list[str]:
        """As compose looks for them (compose-go, ``cli/options.go``); ``build`` finds what is wrong here."""
        environment = self.environment if "COMPOSE_FILE" in self.environment else self._read_environment()
        listed = environment.get("COMPOSE_FILE")
        if listed:
            return listed.split(environment.get("COMPOSE_PATH_SEPARATOR") or os.pathsep)
        start = Path(self.command.project_directory or ".").resolve()
        for directory in (start, *start.parents):
            found = [*_first(directory, COMPOSE), *_first(directory, COMPOSE_OVERRIDES)]
            if _first(directory, COMPOSE):
                return found
        return []

    def _read_environment(self) -> dict[str, str]:
        """What compose read from its ``.env``; nothing where it is too old to say so (2.26)."""
        try:
            text = output_of([*self.argv, *self.command.globals, "config", "--environment"], self.environment)
        except BuilderError:
            return {}
        pairs = (line.partition("=") for line in text.splitlines() if line.startswith("COMPOSE_"))
        return {name: value for name, _, value in pairs}


def _first(directory: Path, names: Sequence[str]) -> list[str]:
    """The first of the names that is there, or nothing."""
    return [str(directory / name) for name in names if (directory / name).is_file()][:1]


def targets_of(printed: Table, environ: Mapping[str, str]) -> Iterator[BuildTarget]:
    """Every service that is built. Raises BuilderError for what differs from the Compose Specification."""
    for name, service in table(printed.get("services"), "services").items():
        where = f"services.{name}"
        definition = table(service, where).get("build")
        if definition is not None:
            platform = text(service.get("platform"), f"{where}.platform")
            target = _target(name, table(definition, f"{where}.build"), platform, environ)
            # https://docs.docker.com/reference/compose-file/build/: without ``image`` compose makes the name.
            image = text(service.get("image"), f"{where}.image") or f"{printed.get('name', '')}-{name}"
            yield replace(target, tags=(image, *target.tags))


def _target(name: str, build: Table, platform: str, environ: Mapping[str, str]) -> BuildTarget:
    where = f"services.{name}.build"
    contexts = values(build.get("additional_contexts"), f"{where}.additional_contexts")
    target = target_of(name, build, where, "dockerfile_inline")
    wanted = environ.get("DOCKER_DEFAULT_PLATFORM")
    return replace(
        target,
        platforms=(wanted,) if wanted else target.platforms or ((platform,) if platform else ()),
        contexts=contexts,
        needs=tuple(it.removeprefix(_SERVICE) for it in contexts.values() if it.startswith(_SERVICE)),
    )


def _changes(files: Mapping[str, DerivedFile], directory: Path) -> Table:
    """The services of the override: nothing of the user's model but the names. Inline text stays inline."""
    paths = composed.write({name: file for name, file in files.items() if not file.inline}, directory)
    changed = {name: {"dockerfile": str(path)} for name, path in paths.items()}
    inlined = {name: {"dockerfile_inline": file.text} for name, file in files.items() if file.inline}
    return {name: {"build": build} for name, build in {**changed, **inlined}.items()}


def _changed(printed: Table, changes: Table) -> Table:
    """The model that compose should see."""
    expected = copy.deepcopy(printed)
    for name, change in changes.items():
        expected["services"][name]["build"].update(change["build"])
    return expected


def _override(changes: Table, files: Mapping[str, DerivedFile], secrets: Mapping[str, Path]) -> Table:
    """The changed services, with the secrets that their builds are given."""
    services = copy.deepcopy(changes)
    for name, file in files.items():
        if file.secrets:
            services[name]["build"]["secrets"] = [{"source": it} for it in sorted(file.secrets)]
    given = {"secrets": {name: {"file": str(path)} for name, path in secrets.items()}} if secrets else {}
    return {"services": services, **given}


def _without(printed: Table, secrets: Collection[str]) -> Table:
    """A model without these secrets."""
    if not secrets:
        return printed
    found = copy.deepcopy(printed)
    _set(found, "secrets", {it: one for it, one in found.get("secrets", {}).items() if it not in secrets})
    for service in found["services"].values():
        build = service.get("build") or {}
        _set(build, "secrets", [it for it in build.get("secrets", []) if it.get("source") not in secrets])
    return found


def _set(model: Table, name: str, value: Table | list[Table]) -> None:
    """As compose prints it: nothing where there is none."""
    if value:
        model[name] = value
    else:
        model.pop(name, None)


def _escaped(value: Table) -> Table:
    escaped: Table = json.loads(json.dumps(value).replace("$", "$$"))
    return escaped
