"""The programs that freshlayer starts: what each may read of the working directory, and its limits.

The working directory is an untrusted checkout. No file of it makes freshlayer run a program.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from freshlayer.lazy_regex import compiled

if TYPE_CHECKING:
    from freshlayer.files.temporary import LockedDirectory

_MIB = 1024 * 1024

MARK = "FRESHLAYER_INSIDE"
"""The variable that holds the process id of the freshlayer that started a program (``cli/reentry.py``)."""


class Child(Struct, frozen=True):
    """A kind of program. ``reads``: what of the working directory it may read; empty: nothing.

    A program that may read nothing runs in an empty directory (``EmptyDirectory``), any other in the user's
    working directory. ``memory``: bytes that each of its processes may allocate; 0: no limit.
    """

    name: str
    reads: str = ""
    memory: int = 0


VERSION_CONTROL = Child("git ls-remote, git fetch, hg identify", memory=512 * _MIB)
"""git, and what it starts (git-remote-http, ssh, credential helpers), with the user's and the system's
configuration. In a checkout it would read .git/config, or that of a bare repository inside a directory, and
both can name programs."""

CLONE = Child("git ls-remote, fetch, read-tree of watch", memory=2048 * _MIB)
"""It fetches repositories of projects into the service's own directory, without any configuration, hook,
filter or submodule (``watch/projects/git.py``). Its environment holds the credential for the host."""

DOCKER_CREDENTIAL = Child("docker-credential-NAME get", memory=512 * _MIB)
"""Named by docker's or podman's configuration, unless that is in the working directory."""

HOST_COMMAND = Child("command of [hosts]", memory=512 * _MIB)
"""Named by settings that the user wrote or approved. It is often git, pass or a cloud's tool, which read
configuration of the directory that they run in."""

CLOUD = Child("az, gcloud, botocore", memory=1024 * _MIB)
"""az reads .azure/config of the working directory and of those above it; Python imports from it."""

BUILDER = Child("docker, podman, buildah", reads="what the user's own command reads there")
"""The command that the user typed, with another Dockerfile. BuildKit's client may run git in the context, to
record where it comes from, as it does without us."""

MODEL = Child("docker compose config, docker buildx bake --print", "the files of the model", 2048 * _MIB)
"""They print what the user's own command would build, from untrusted files."""

DOCKER_QUERY = Child(
    "docker --version, version, image inspect, pull, buildx history", reads="nothing, but run there"
)
"""docker resolves a relative DOCKER_CONFIG there, as for the build."""

DOCKER_SAVE = Child("podman save, docker image save, buildah push to a pipe", reads="nothing, but run there")
"""They write an image to us. No container of it is made: buildah runs ONBUILD triggers where one is."""

WORKER = Child("processes of check --recursive", reads="Dockerfiles and settings, as this process does")
"""Forked; where they are not (macOS), Python must not import from the working directory (``many.py``)."""

TRIGGER = Child("command of [triggers] in watch.toml", reads="what the user's own command reads there")
"""Named by the file of ``watch --config``, which is the user's. It runs in the directory of that file,
without the mark of reentry: it may be freshlayer build."""

CHILDREN = (
    VERSION_CONTROL,
    CLONE,
    DOCKER_CREDENTIAL,
    HOST_COMMAND,
    CLOUD,
    BUILDER,
    MODEL,
    DOCKER_QUERY,
    DOCKER_SAVE,
    WORKER,
    TRIGGER,
)
"""Every kind."""

# POSIX does not require -d; in dash a failure does not end the shell.
_LIMITED = 'ulimit -c 0 2>/dev/null; ulimit -d "$0" 2>/dev/null; exec "$@"'


def limited(argv: Sequence[str], child: Child) -> list[str]:
    """The argument vector under the limit of its kind, which all that it starts inherits.

    RLIMIT_DATA, since RLIMIT_AS counts what runtimes (Go, .NET, Java) reserve and never use. A shell sets it:
    Python would have to run code between fork and exec, which isn't safe beside threads.
    """
    if not child.memory:
        return list(argv)
    return ["/bin/sh", "-c", _LIMITED, str(child.memory // 1024), *argv]


def search_path(path: str) -> str:
    """PATH without its relative and empty entries, which are in the working directory."""
    kept = [entry for entry in path.split(os.pathsep) if os.path.isabs(entry)]
    return os.pathsep.join(kept) or os.defpath


def program(name: str, path: str) -> str:
    """The absolute path of a program; empty if there is none, or if the name is a relative path."""
    if os.path.isabs(name):
        return name
    if os.path.dirname(name):
        return ""
    found = (os.path.join(directory, name) for directory in search_path(path).split(os.pathsep))
    return next((it for it in found if os.path.isfile(it) and os.access(it, os.X_OK)), "")


_GIT_SETTING = compiled(
    "GIT_(?:CONFIG_(?:COUNT|KEY_[0-9]+|VALUE_[0-9]+|PARAMETERS|NOSYSTEM)|SSH_VARIANT|SSL_(?:NO_VERIFY|VERSION|"
    "CIPHER_LIST|CERT_PASSWORD_PROTECTED)|HTTP_.*|PROXY_SSL_CERT_PASSWORD_PROTECTED|PROTOCOL|TRACE.*|"
    "CURL_VERBOSE|REDACT_COOKIES)"
)
_GIT_PATH = compiled("GIT_(?:CONFIG_(?:GLOBAL|SYSTEM)|EXEC_PATH|(?:PROXY_)?SSL_(?:CAINFO|CAPATH|CERT|KEY))")
_GIT_PROGRAM = compiled("GIT_(?:SSH|SSH_COMMAND|PROXY_COMMAND)")


def outside_of_repositories(environ: Mapping[str, str], checkout: str) -> dict[str, str]:
    """The environment for git without a repository, and without paths into the checkout.

    Of GIT_* only what is about the user's configuration and connections stays. GIT_DIR, GIT_WORK_TREE,
    GIT_INDEX_FILE and the like name a repository (git sets them for its hooks and aliases), and are dropped;
    so is a path or a program that is relative, or in the checkout.
    """
    return {name: value for name, value in environ.items() if _is_for_git(name, value, checkout)}


def _is_for_git(name: str, value: str, checkout: str) -> bool:
    if not name.startswith("GIT_") or _GIT_SETTING.fullmatch(name):
        return True
    if _GIT_PATH.fullmatch(name):
        return os.path.isabs(value) and not is_within(value, checkout)
    if not _GIT_PROGRAM.fullmatch(name):
        return False
    # Arguments may follow the program, and its name may be quoted.
    first = next(iter(value.split()), "").strip("\"'")
    return not os.path.dirname(first) or (os.path.isabs(first) and not is_within(first, checkout))


def is_within(path: str, checkout: str) -> bool:
    """Whether a path is in the checkout, by its name or by its links; False without a checkout."""
    if not checkout:
        return False
    places = (os.path.abspath(path), os.path.realpath(path))
    return any(place == checkout or place.startswith(os.path.join(checkout, "")) for place in places)


def checkout(environ: Mapping[str, str]) -> str:
    """The working tree around the working directory, else that; empty where the user's home is in it."""
    try:
        here = os.getcwd()
    except OSError:
        return ""
    top = here
    while not os.path.lexists(os.path.join(top, ".git")) and top != os.path.dirname(top):
        top = os.path.dirname(top)
    found = top if os.path.lexists(os.path.join(top, ".git")) else here
    home = environ.get("HOME", "")
    return "" if os.path.isabs(home) and is_within(home, found) else found


class EmptyDirectory:
    """An empty directory for children that may read nothing; created when it is needed."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._path = ""
        self._made: LockedDirectory | None = None

    @property
    def path(self) -> str:
        """Raises OSError where no directory can be made."""
        if not self._path:
            from freshlayer.files.temporary import LockedDirectory  # noqa: PLC0415 - most runs start no program

            self._made = LockedDirectory(self._private())
            self._path = os.path.realpath(self._made.path)
        return self._path

    def close(self) -> None:
        """Remove it, with the files that a child left."""
        if self._made is not None:
            self._made.close()
            self._made, self._path = None, ""

    def _private(self) -> str | None:
        """The user's runtime directory: some programs also read from parent directories."""
        named = self._environ.get("XDG_RUNTIME_DIR", "")
        try:
            status = os.lstat(named) if os.path.isabs(named) else None
        except OSError:
            return None
        if status is None or not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            return None
        return named if not status.st_mode & 0o022 else None
