"""The home directory of a user, and below it the directories of state, cache and configuration.

https://specifications.freedesktop.org/basedir-spec/: a relative path in a variable is ignored. An empty or
relative HOME would be relative to the working directory, which is the checkout that is built.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def home_of(environ: Mapping[str, str]) -> str:
    """``$HOME`` if it is an absolute path, else the home of the password database, else ``/``."""
    home = environ.get("HOME", "")
    if os.path.isabs(home):
        return home
    import pwd  # noqa: PLC0415 - only where HOME is not usable

    try:
        known = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return os.sep
    return known if os.path.isabs(known) else os.sep


def state_home(environ: Mapping[str, str]) -> Path:
    """For data that a program keeps between its runs."""
    return _below(environ, "XDG_STATE_HOME", ".local/state")


def cache_home(environ: Mapping[str, str]) -> Path:
    """For data that a program can compute again."""
    return _below(environ, "XDG_CACHE_HOME", ".cache")


def config_home(environ: Mapping[str, str]) -> Path:
    """For the user's settings."""
    return _below(environ, "XDG_CONFIG_HOME", ".config")


def service_socket(environ: Mapping[str, str]) -> str:
    """Where the user's ``freshlayer watch`` listens for other commands; empty without XDG_RUNTIME_DIR."""
    named = environ.get("XDG_RUNTIME_DIR", "")
    return os.path.join(named, "freshlayer", "watch.sock") if os.path.isabs(named) else ""


def docker_home(environ: Mapping[str, str], home: str = "") -> Path:
    """The configuration directory of docker's client: ``$DOCKER_CONFIG``, else ``.docker`` in the home.

    As the client, a relative DOCKER_CONFIG is relative to the working directory. ``home``: in place of the
    user's.
    """
    return Path(environ.get("DOCKER_CONFIG") or Path(home or home_of(environ)) / ".docker")


def _below(environ: Mapping[str, str], variable: str, usual: str) -> Path:
    named = environ.get(variable, "")
    return Path(named) if os.path.isabs(named) else Path(home_of(environ)) / usual
