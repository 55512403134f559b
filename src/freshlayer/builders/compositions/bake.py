"""``docker buildx bake``: derived Dockerfiles by ``--set``, and by one more file where they stand inline."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from freshlayer.builders import progress
from freshlayer.builders.base import DerivedFile, Ended, Meanwhile
from freshlayer.builders.command_line.bake import BakeCommand
from freshlayer.builders.command_line.pflag import FALSE
from freshlayer.builders.compositions import base as composed
from freshlayer.builders.compositions.base import (
    Composition,
    Table,
    document,
    output_of,
    table,
    target_of,
    values,
)
from freshlayer.builders.invocation import BuildTarget, Model
from freshlayer.builders.run.process import run
from freshlayer.errors import BuilderError
from freshlayer.files.temporary import temporary_directory
from freshlayer.model.composition_names import BAKE, BAKE_OVERRIDES, COMPOSE
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown

_STDERR = 2
_ESCAPES = {"$${": "${", "%%{": "%{"}


class Bake(Composition, frozen=True):
    """A command of ``docker buildx bake``."""

    command: BakeCommand

    def model(self) -> Model:
        printed = self._printed_by(self.command.words)
        targets = tuple(targets_of(printed))
        outside = [target.name for target in targets if not self._may_read(_file_of(target))]
        barred = outside if outside and self._is_guarded() else []
        found = (_barred(it) if it.name in barred else it for it in targets)
        return Model(tuple(found), printed)

    def _may_read(self, path: str) -> bool:
        """Whether bake, guarded, would: a Dockerfile that it refuses is not to reach it through ours."""
        roots = (".", *self.command.readable)
        free = self.environment.get("BUILDX_BAKE_ENTITLEMENTS_FS") in FALSE or "*" in roots
        return free or any(Path(path).is_relative_to(os.path.realpath(root)) for root in roots)

    def _is_guarded(self) -> bool:
        """Whether bake knows the option by which it is allowed to read outside the working directory."""
        try:
            self._printed_by([*self.command.words, "--allow=fs.read=."])
        except BuilderError:
            return False
        return True

    def build(
        self, model: Model, files: Mapping[str, DerivedFile], meanwhile: Meanwhile | None = None
    ) -> Ended:
        if not files:
            return self._run(self.command.words, meanwhile)
        with temporary_directory() as directory:
            paths = composed.write({name: it for name, it in files.items() if not it.inline}, Path(directory))
            inlined = {name: it.text for name, it in files.items() if it.inline}
            secrets = composed.written_secrets(files, Path(directory))
            given = [word for name, it in files.items() for word in _given(name, it, model.document, secrets)]
            words = [*self.command.words, *_settings(paths), *given, *self._file(inlined, Path(directory))]
            words = self._accepted(words, directory, _changed(model.document, paths, inlined), secrets)
            return self._run(words, meanwhile)

    def _run(self, words: Sequence[str], meanwhile: Meanwhile | None) -> Ended:
        form = self.command.progress or self.environment.get("BUILDKIT_PROGRESS", "")
        reader = progress.composed(form, _STDERR)
        return run([*self.argv, *words], self.environment, None, reader, meanwhile)

    def _printed_by(self, words: Sequence[str]) -> Table:
        return document(output_of([*self.argv, "--print", *words], self.environment), _ESCAPES)

    def _accepted(
        self, words: list[str], directory: str, expected: Table, secrets: Mapping[str, Path]
    ) -> list[str]:
        """The words, once bake would build with them just what was expected, and with these secrets.

        Since 0.19 bake reads outside the working directory only what is allowed; before, it knows no such
        option. Raises BuilderError.
        """
        allowed = [*words, f"--allow=fs.read={directory}"]
        try:
            words, found = allowed, self._printed_by(allowed)
        except BuilderError:
            found = self._printed_by(words)
        if _without(found, secrets) != expected:
            raise BuilderError("bake reads other files than freshlayer found (name them with --file)")
        return words

    def _file(self, inlined: Mapping[str, str], directory: Path) -> list[str]:
        """One more bake file; naming any switches the usual ones off, so that they are named too."""
        if not inlined:
            return []
        definition = {"target": {name: {"dockerfile-inline": text} for name, text in inlined.items()}}
        path = directory / "override.json"
        path.write_text(_escaped(json.dumps(definition)), encoding="utf-8")
        named = () if self.command.files else self._usual_files()
        return [word for file in (*named, str(path)) for word in ("--file", file)]

    def _usual_files(self) -> list[str]:
        listed = self.environment.get("BUILDX_BAKE_FILE")
        if listed:
            return listed.split(self.environment.get("BUILDX_BAKE_FILE_SEPARATOR") or os.pathsep)
        return [name for name in (*COMPOSE, *BAKE, *BAKE_OVERRIDES) if os.path.isfile(name)]


def _settings(paths: Mapping[str, Path]) -> Iterator[str]:
    """A Dockerfile for each target, a matrix's too, whose names no file can speak of."""
    for name, path in paths.items():
        yield from ("--set", f"{name}.dockerfile={path}")


def _given(name: str, file: DerivedFile, printed: Table, secrets: Mapping[str, Path]) -> Iterator[str]:
    """All secrets of a target: an option replaces those that its definition has. Raises BuilderError."""
    if not file.secrets:
        return
    own = printed["target"][name].get("secret") or []
    for text in (*map(_spelled, own), *(f"id={it},src={secrets[it]}" for it in sorted(file.secrets))):
        yield from ("--set", f"{name}.secrets={text}")


def _spelled(secret: object) -> str:
    """A secret as bake prints it, a text or (since 0.20) a table → as an option has it, a line of CSV."""
    if isinstance(secret, str):
        return secret
    found = values(secret, "secret")
    fields = [f"{key}={value}" for key, value in found.items()]
    return ",".join('"' + it.replace('"', '""') + '"' if set(it) & {",", '"'} else it for it in fields)


def _without(printed: Table, secrets: Mapping[str, Path]) -> Table:
    """A model without the secrets that are ours."""
    if not secrets:
        return printed
    found = copy.deepcopy(printed)
    ours = {f"id={name},src={path}" for name, path in secrets.items()}
    for target in found["target"].values():
        kept = [it for it in target.get("secret") or [] if _spelled(it) not in ours]
        target.pop("secret", None)
        if kept:
            target["secret"] = kept
    return found


def _escaped(text: str) -> str:
    for written, meant in _ESCAPES.items():
        text = text.replace(meant, written)
    return text


def _changed(printed: Table, paths: Mapping[str, Path], inlined: Mapping[str, str]) -> Table:
    """The model that bake should see."""
    expected = copy.deepcopy(printed)
    for name, path in paths.items():
        expected["target"][name]["dockerfile"] = str(path)
    for name, inline in inlined.items():
        expected["target"][name]["dockerfile-inline"] = inline
    return expected


def _file_of(target: BuildTarget) -> str:
    return os.path.realpath(os.path.join(target.context, target.dockerfile or "Dockerfile"))


def _barred(target: BuildTarget) -> BuildTarget:
    return replace(target, barred=_unreadable(_file_of(target)))


def _unreadable(file: str) -> Reason:
    detail = f"bake may not read {shown(file)}"
    return Reason("not-readable-for-bake", detail=detail, hint="pass --allow=fs.read=…")


def targets_of(printed: Table) -> Iterator[BuildTarget]:
    """Every target of a resolved bake file. Raises BuilderError for what no bake prints."""
    for name, definition in table(printed.get("target"), "target").items():
        where = f"target.{name}"
        found = table(definition, where)
        target = target_of(name, found, where, "dockerfile-inline")
        contexts = values(found.get("contexts"), f"{where}.contexts")
        yield replace(target, context=target.context or ".", contexts=contexts)
