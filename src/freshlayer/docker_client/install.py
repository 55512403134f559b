"""Put docker's CLI plugin into a user's docker folder, and take it out again."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from freshlayer import __version__
from freshlayer.docker_client.config_edit import ALONE, NAME, with_alias, without_alias
from freshlayer.errors import InstallError
from freshlayer.files.atomic_write import replace
from freshlayer.files.bounded_read import UnfitFileError, read_file
from freshlayer.files.file_lock import locked
from freshlayer.files.user_directories import home_of

METADATA = {
    "SchemaVersion": "0.1.0",
    "Vendor": "freshlayer",
    "Version": __version__,
    "ShortDescription": "Rebuild exactly the layers whose downloads changed",
}
"""What docker wants to know of a plugin (docker/cli ``cli-plugins/metadata``)."""

_LARGEST = 16 * 1024 * 1024
_OURS = "# freshlayer's plugin for docker: 'freshlayer install' wrote it, 'freshlayer uninstall' removes it."
# docker asks for the metadata before each call, so no Python starts for that. With -P nothing is imported
# from the folder in which a user happens to build.
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


class DockerFolder(Struct, frozen=True):
    """The folder of a user's docker client: ``$DOCKER_CONFIG``, else ``~/.docker``."""

    path: Path

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> DockerFolder:
        named = environ.get("DOCKER_CONFIG")
        return cls(Path(named) if named else Path(home_of({**os.environ, **environ})) / ".docker")

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


def install(folder: DockerFolder, python: str, *, alias: bool) -> list[str]:
    """Write the plugin, and with ``alias`` send ``docker build`` to it; what was done, a line each.

    Raises InstallError, before anything is written, where something that isn't ours stands there.
    """
    with _alone(folder):
        return _install(folder, python, alias=alias)


def _install(folder: DockerFolder, python: str, *, alias: bool) -> list[str]:
    before = _plugin(folder)
    config = _config(folder) if alias else None
    aliased = _aliased(folder, config) if alias else None
    return [
        *_put_plugin(folder, before, script(python)),
        *(_put_alias(folder, config, aliased) if aliased is not None else ()),
    ]


def uninstall(folder: DockerFolder) -> list[str]:
    """Take out what is ours and nothing else; what was done, a line each."""
    with _alone(folder):
        return _uninstall(folder)


@contextlib.contextmanager
def _alone(folder: DockerFolder) -> Iterator[None]:
    """One of us at a time reads config.json, edits its text and replaces it."""
    try:
        with locked(folder.config):
            yield
    except TimeoutError as error:
        raise InstallError(f"{folder.config}: {error.strerror}; nothing was changed") from None


def _uninstall(folder: DockerFolder) -> list[str]:
    before, config = _plugin(folder, strict=False), _config(folder)
    done = list(_take_alias(folder, config)) if config is not None else []
    if before is not None:
        _writing(folder.plugin, folder.plugin.unlink)
        done.append(f"{folder.plugin}: removed")
    return done or [f"{folder.path}: nothing of freshlayer's is installed here"]


def _plugin(folder: DockerFolder, *, strict: bool = True) -> str | None:
    """The plugin that we wrote; None where there is none."""
    path = folder.plugin
    if not os.path.lexists(path):
        return None
    text = _script_at(path)
    if _OURS in text.splitlines():
        return text
    if strict:
        raise InstallError(f"{path}: something that freshlayer didn't write stands there; move it away first")
    return None


def _script_at(path: Path) -> str:
    """A link is not ours, wherever it leads."""
    try:
        return "" if path.is_symlink() else read_file(path, _LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""


def _config(folder: DockerFolder) -> str | None:
    try:
        return read_file(folder.config, _LARGEST).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except UnfitFileError as error:
        raise InstallError(f"{folder.config}: {error.strerror}, not docker's configuration") from None
    except OSError as error:
        raise InstallError(f"{folder.config}: can't be read: {error.strerror}") from None


def _aliased(folder: DockerFolder, config: str | None) -> str:
    try:
        return ALONE if config is None else with_alias(config)
    except InstallError as error:
        raise InstallError(f"{folder.config}: {error}; nothing was changed") from None


def _put_plugin(folder: DockerFolder, before: str | None, text: str) -> Iterator[str]:
    path = folder.plugin
    if before == text:
        yield f"{path}: was there already"
        return

    def write() -> None:
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(exist_ok=True)
        replace(path, text.encode())
        path.chmod(0o755)

    _writing(path, write)
    yield f"{path}: written; 'docker {NAME} build' is freshlayer's"


def _put_alias(folder: DockerFolder, before: str | None, text: str) -> Iterator[str]:
    if before == text:
        yield f"{folder.config}: aliases.builder was {NAME} already"
        return
    _write_config(folder, text)
    yield f"{folder.config}: aliases.builder is {NAME} now, so 'docker build' comes to freshlayer too"
    yield "FRESHLAYER=0 docker build … leaves freshlayer out once; 'freshlayer uninstall' takes it all back"


def _take_alias(folder: DockerFolder, before: str) -> Iterator[str]:
    try:
        text = without_alias(before)
    except InstallError as error:
        yield f"{folder.config}: {error}; left as it is"
        return
    if before == ALONE:
        _writing(folder.config, folder.config.resolve().unlink)
        yield f"{folder.config}: removed; it held nothing but the alias"
    elif text != before:
        _write_config(folder, text)
        yield f"{folder.config}: aliases.builder is taken out"


def _write_config(folder: DockerFolder, text: str) -> None:
    """A new one is private: docker may put passwords into it, and keeps its mode."""
    before = os.umask(0o077)
    try:
        _writing(folder.config, lambda: replace(folder.config, text.encode("utf-8", "surrogateescape")))
    finally:
        os.umask(before)


def _writing(path: Path, write: Callable[[], object]) -> None:
    try:
        write()
    except OSError as error:
        raise InstallError(f"{path}: can't be written: {error.strerror}") from None
