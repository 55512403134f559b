"""What a builder's images contain, and their removal: by the command of each program."""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess

from freshlayer.builders.run.captured import captured
from freshlayer.errors import BuilderError

_SECONDS = 30.0
_LONGEST = 4096
_IDENTIFY: Mapping[str, Sequence[str]] = {
    "buildah": ("inspect", "--type=image", "--format={{.FromImageID}}"),
    "docker": ("image", "inspect", "--format={{.Id}}"),
    "podman": ("image", "inspect", "--format={{.Id}}"),
}
_ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}")


class Images:
    """The images that one program keeps. ``directory``: for files of ours."""

    def __init__(self, program: Sequence[str], environment: Mapping[str, str], directory: Path) -> None:
        self._program = tuple(program)
        self._environment = environment
        self._directory = directory
        self._name = os.path.basename(program[0])

    def identify(self, name: str) -> str:
        """The id of an image; empty where there is none of this name."""
        words = _IDENTIFY.get(self._name, _IDENTIFY["docker"])
        found = self._run([*words, name]).stdout.decode("ascii", "replace").strip()
        return found if _ID.fullmatch(found) else ""

    def read(self, image: str, file: str) -> str:
        """The text of a file at the root of an image. Raises BuilderError where it can't be read."""
        archive = self._directory / "image.tar"
        archive.unlink(missing_ok=True)
        save = ["push", image, f"docker-archive:{archive}"] if self._name == "buildah" else [
            "save", "--output", str(archive), image,
        ]  # fmt: skip
        ended = self._run(save)
        try:
            with tarfile.open(archive) as tar:
                return _text_in(tar, file)
        except (OSError, tarfile.TarError, KeyError) as error:
            message = ended.stderr.decode("utf-8", "replace").strip() or str(error)
            raise BuilderError(f"{image}: /{file} can't be read from the image: {message}") from None
        finally:
            archive.unlink(missing_ok=True)

    def remove(self, name: str) -> bool:
        """Remove an image or a name of it, with the layers that no other image has; whether that worked."""
        return self._run(["rmi", name]).returncode == 0

    def _run(self, words: Sequence[str]) -> CompletedProcess[bytes]:
        argv = [*self._program, *words]
        try:
            return captured(argv, self._environment, seconds=_SECONDS)
        except BuilderError as error:
            return CompletedProcess(argv, 1, b"", str(error).encode())


def _text_in(archive: tarfile.TarFile, file: str) -> str:
    """A file of the topmost layer that has it: each layer is an archive in the archive of the image."""
    for member in archive.getmembers():
        layer = archive.extractfile(member) if member.isfile() else None
        if layer is None:
            continue
        try:
            with tarfile.open(fileobj=layer) as tar:
                found = tar.extractfile(file)
                if found is not None:
                    return found.read(_LONGEST).decode("utf-8", "replace").strip()
        except (tarfile.TarError, KeyError):
            continue
    raise KeyError(f"no layer has /{file}")
