"""Put docker's CLI plugin into the configuration directory of a user's docker client, and remove it again."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from freshlayer import __version__
from freshlayer.docker_client.config import NAME
from freshlayer.docker_client.config_edit import ALONE, with_alias, without_alias
from freshlayer.errors import InstallError
from freshlayer.files.atomic_write import replace
from freshlayer.files.bounded_read import UnfitFileError, read_file
from freshlayer.files.file_lock import locked
from freshlayer.files.user_directories import docker_home, home_of

METADATA = {
    "SchemaVersion": "0.1.0",
    "Vendor": "freshlayer",
    "Version": __version__,
    "ShortDescription": "Rebuild exactly the layers whose downloads changed",
}
"""What docker reads of a plugin (docker/cli ``cli-plugins/metadata``)."""

_LARGEST = 16 * 1024 * 1024
_OURS = "# freshlayer's plugin for docker: 'freshlayer install' wrote it, 'freshlayer uninstall' removes it."
# docker requests the metadata before each call, so that must start no Python. With -P nothing is imported
# from the working directory.
_SCRIPT = """\
#!/bin/sh
{ours}
if [ "$1" = docker-cli-plugin-metadata ]; then
    printf '%s\\n' {metadata}
    exit
fi
python={python}
if [ ! -x "$python" ]; then
    echo "docker fresh: $python is gone: install freshlayer and run 'freshlayer install' again, or" >&2
    echo "remove $0 and, where it is set, aliases.builder in docker's config.json" >&2
    exit 125
fi
exec "$python" -P -m freshlayer.cli.docker_plugin "$@"
"""


class DockerDirectory(Struct, frozen=True):
    """The directory of a user's docker client: ``$DOCKER_CONFIG``, else ``~/.docker``."""

    path: Path

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> DockerDirectory:
        return cls(docker_home(environ, home_of({**os.environ, **environ})))

    @property
    def plugin(self) -> Path:
        return self.path / "cli-plugins" / f"docker-{NAME}"

    @property
    def config(self) -> Path:
        return self.path / "config.json"


def script(python: str) -> str:
    """The plugin: a shell script that has this Python run us."""
    metadata = json.dumps(METADATA, separators=(",", ":"))
    return _SCRIPT.format(ours=_OURS, metadata=shlex.quote(metadata), python=shlex.quote(python))


def install(directory: DockerDirectory, python: str, *, alias: bool) -> list[str]:
    """Write the plugin, and with ``alias`` send ``docker build`` to it; what was done, a line each.

    Raises InstallError, before anything is written, where there is a plugin of another origin.
    """
    with _alone(directory):
        return _install(directory, python, alias=alias)


def _install(directory: DockerDirectory, python: str, *, alias: bool) -> list[str]:
    before = _plugin(directory)
    config = _config(directory) if alias else None
    aliased = _aliased(directory, config) if alias else None
    return [
        *_put_plugin(directory, before, script(python)),
        *(_put_alias(directory, config, aliased) if aliased is not None else ()),
    ]


def uninstall(directory: DockerDirectory) -> list[str]:
    """Remove what is ours and nothing else; what was done, a line each."""
    with _alone(directory):
        return _uninstall(directory)


@contextlib.contextmanager
def _alone(directory: DockerDirectory) -> Iterator[None]:
    """One process of ours at a time reads config.json, edits its text and replaces it."""
    try:
        with locked(directory.config):
            yield
    except TimeoutError as error:
        raise InstallError(f"{directory.config}: {error.strerror}; nothing was changed") from None


def _uninstall(directory: DockerDirectory) -> list[str]:
    before, config = _plugin(directory, strict=False), _config(directory)
    done = list(_take_alias(directory, config)) if config is not None else []
    if before is not None:
        _writing(directory.plugin, directory.plugin.unlink)
        done.append(f"{directory.plugin}: removed")
    return done or [f"{directory.path}: nothing of freshlayer is installed here"]


def _plugin(directory: DockerDirectory, *, strict: bool = True) -> str | None:
    """The plugin that we wrote; None where there is none."""
    path = directory.plugin
    if not os.path.lexists(path):
        return None
    text = _script_at(path)
    if _OURS in text.splitlines():
        return text
    if strict:
        raise InstallError(f"{path}: exists, and freshlayer did not write it (move it away)")
    return None


def _script_at(path: Path) -> str:
    """A link is not ours, wherever it leads."""
    try:
        return "" if path.is_symlink() else read_file(path, _LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""


def _config(directory: DockerDirectory) -> str | None:
    try:
        return read_file(directory.config, _LARGEST).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except UnfitFileError as error:
        raise InstallError(f"{directory.config}: {error.strerror}, not docker's configuration") from None
    except OSError as error:
        raise InstallError(f"{directory.config}: can't be read: {error.strerror}") from None


def _aliased(directory: DockerDirectory, config: str | None) -> str:
    try:
        return ALONE if config is None else with_alias(config)
    except InstallError as error:
        raise InstallError(f"{directory.config}: {error}; nothing was changed") from None


def _put_plugin(directory: DockerDirectory, before: str | None, text: str) -> Iterator[str]:
    path = directory.plugin
    if before == text:
        yield f"{path}: is already up to date"
        return

    def write() -> None:
        directory.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(exist_ok=True)
        replace(path, text.encode())
        path.chmod(0o755)

    _writing(path, write)
    yield f"{path}: written; 'docker {NAME} build' runs freshlayer"


def _put_alias(directory: DockerDirectory, before: str | None, text: str) -> Iterator[str]:
    if before == text:
        yield f"{directory.config}: aliases.builder was {NAME} already"
        return
    _write_config(directory, text)
    yield f"{directory.config}: aliases.builder is {NAME} now, so that 'docker build' runs freshlayer too"
    yield "FRESHLAYER=0 docker build … bypasses freshlayer once; 'freshlayer uninstall' reverts all of this"


def _take_alias(directory: DockerDirectory, before: str) -> Iterator[str]:
    try:
        text = without_alias(before)
    except InstallError as error:
        yield f"{directory.config}: {error}; unchanged"
        return
    if before == ALONE:
        _writing(directory.config, directory.config.resolve().unlink)
        yield f"{directory.config}: removed; it had nothing but the alias"
    elif text != before:
        _write_config(directory, text)
        yield f"{directory.config}: aliases.builder removed"


def _write_config(directory: DockerDirectory, text: str) -> None:
    """A new one is private: docker may put passwords into it, and keeps its mode."""
    before = os.umask(0o077)
    try:
        _writing(directory.config, lambda: replace(directory.config, text.encode("utf-8", "surrogateescape")))
    finally:
        os.umask(before)


def _writing(path: Path, write: Callable[[], object]) -> None:
    try:
        write()
    except OSError as error:
        raise InstallError(f"{path}: can't be written: {error.strerror}") from None
