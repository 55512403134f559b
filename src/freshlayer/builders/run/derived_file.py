"""A derived Dockerfile outside the user's tree, for as long as a build takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from freshlayer.builders.base import DerivedFile
from freshlayer.files.temporary import temporary_directory


@contextmanager
def derived(file: DerivedFile) -> Iterator[str]:
    """The path of a derived Dockerfile, in a directory of its own."""
    with temporary_directory() as directory:
        yield str(write(file, Path(directory)))


def write(file: DerivedFile, directory: Path) -> Path:
    """Write it under the name of the user's own, beside it a copy of the ignore file that counts for it."""
    path = directory / file.name
    path.write_bytes(file.content)
    for name, content in file.secrets.items():
        (directory / name).write_bytes(content)
    if file.ignore is not None:
        from shutil import copyfile  # noqa: PLC0415 - few have an ignore file of their own

        copyfile(file.ignore, path.with_name(f"{file.name}.dockerignore"))
    return path


def secret_options(file: DerivedFile, path: str) -> list[str]:
    """What has the builder supply the secrets. ``path``: of the derived Dockerfile, beside which they are."""
    directory = Path(path).parent
    options = (f"id={name},{_field(f'src={directory / name}')}" for name in file.secrets)
    return [word for option in options for word in ("--secret", option)]


def _field(text: str) -> str:
    """A field of CSV, as docker reads it. buildah and podman know no quotes, so that most have none."""
    return '"{}"'.format(text.replace('"', '""')) if "," in text or '"' in text else text
