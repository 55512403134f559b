"""Which settings count: the user's own, over them those of the project, over them the command line.

``[hosts]`` can name programs and variables. It counts in the user's own file, in one that the command line or
FRESHLAYER_SETTINGS names, and in a project's once the user has approved it (``freshlayer trust``).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.context import read_settings, read_settings_file
from freshlayer.errors import ContextError, OptionError, StateError, UnknownInputError
from freshlayer.reference import shown

if TYPE_CHECKING:
    from freshlayer.cli.options import Options
    from freshlayer.context import Source
    from freshlayer.model.package_policy import PackagePolicy
    from freshlayer.settings import Policy

SETTINGS = "FRESHLAYER_SETTINGS"
"""The variable that names a settings file, as ``--settings`` does."""


_LONGEST = 1000


class Chosen(Struct, frozen=True):
    """``warning``: why ``[hosts]`` of the project does not count, if so."""

    policy: Policy
    warning: str = ""


def policy_of(options: Options, source: Source | None) -> Policy:
    """The settings for a Dockerfile; a warning is written once. Raises OptionError, ContextError."""
    chosen = chosen_for(options, source)
    if chosen.warning:
        warn_once(chosen.warning)
    return chosen.policy


def packages_of(options: Options, source: Source) -> Mapping[str, PackagePolicy]:
    """Manager → policy; none where there are no settings. Raises OptionError, ContextError."""
    return policy_of(options, source).packages if _may_be_there(options, source) else {}


def _may_be_there(options: Options, source: Source) -> bool:
    """Whether there is a settings file, or one that can't be read."""
    own = users_file(os.environ)
    if options.settings or os.environ.get(SETTINGS) or (own is not None and os.path.lexists(own)):
        return True
    try:
        return read_settings(source.directory) is not None
    except ContextError:
        return True


def chosen_for(options: Options, source: Source | None) -> Chosen:
    """The settings beside a Dockerfile (without one: in this directory). Raises OptionError, ContextError.

    With ``on_unknown = "fail"`` no build goes on unwatched: a fault in the settings is an UnknownInputError.
    """
    try:
        chosen = _of_files(options, source)
    except (ContextError, OptionError) as error:
        if options.on_unknown == "fail" or (options.on_unknown is None and _is_set_to_fail(options, source)):
            raise UnknownInputError(f"{error} (on_unknown is fail)") from None
        raise
    policy = chosen.policy.but(
        on_unknown=options.on_unknown,
        connections=options.connections,
        timeout=options.timeout,
        deadline=options.deadline,
        offline=bool(options.offline),
        locked=bool(options.locked),
    )
    return replace(chosen, policy=policy)


def _is_set_to_fail(options: Options, source: Source | None) -> bool:
    """Whether any of the files does, whatever else is wrong in it or in another."""
    from freshlayer.settings import is_set_to_fail

    own, named = users_file(os.environ), options.settings or os.environ.get(SETTINGS, "")
    files = [Path(named)] if named else []
    files += [own] if own is not None and os.path.lexists(own) else []
    texts: list[str] = []
    for file in files:
        with contextlib.suppress(ContextError):
            texts.append(read_settings_file(file)[0])
    with contextlib.suppress(ContextError):
        found = None if named else read_settings(source.directory if source is not None else Path())
        texts += [found[0]] if found else []
    return any(is_set_to_fail(text) for text in texts)


def users_file(environ: Mapping[str, str]) -> Path | None:
    """``$XDG_CONFIG_HOME/freshlayer/config.toml``; None where the environment names no home.

    A relative directory would be one of the checkout (XDG Base Directory Specification: to be ignored).
    """
    base, home = environ.get("XDG_CONFIG_HOME", ""), environ.get("HOME", "")
    if os.path.isabs(base):
        return Path(base, "freshlayer", "config.toml")
    return Path(home, ".config", "freshlayer", "config.toml") if os.path.isabs(home) else None


def _of_files(options: Options, source: Source | None) -> Chosen:
    from freshlayer.settings import SETTINGS as SETTINGS_THERE_ARE
    from freshlayer.settings import read

    own = _users_own(users_file(os.environ))
    named = options.settings or os.environ.get(SETTINGS, "")
    if named:
        text, where, table = read_settings_file(Path(named))
        return Chosen(read(text, where, *table, below=own))
    found = read_settings(source.directory if source is not None else Path())
    if found is None:
        return Chosen(own)
    text, where, table = found
    # The history and the token are the user's: a checkout must not remove the one or have the other sent.
    kept = {name: getattr(own, name) for name, setting in SETTINGS_THERE_ARE.items() if setting.own}
    policy = replace(read(text, where, *table, below=own), **kept)
    why = _why_not_trusted(where, text) if policy.hosts != own.hosts else ""
    return Chosen(replace(policy, hosts=own.hosts), why) if why else Chosen(policy)


def _users_own(path: Path | None) -> Policy:
    from freshlayer.settings import Policy, read

    if path is None or not os.path.lexists(path):
        return Policy()
    text, where, _ = read_settings_file(path)
    return read(text, where)


def _why_not_trusted(where: str, text: str) -> str:
    """Why [hosts] of a project's file does not count; empty where the user has approved it."""
    import shlex

    from freshlayer.state.trusted import is_trusted

    try:
        if is_trusted(where, text, os.environ):
            return ""
        reason = ""
    except StateError as error:
        reason = f" ({error})"
    command = f"freshlayer trust {shown(shlex.quote(os.path.dirname(where) or '.'), _LONGEST)}"
    return (
        f"{shown(where, _LONGEST)}: [hosts] can name programs and variables, and does not count until "
        f"you approve the file as it is now{reason} (read it, then run: {command})"
    )


@lru_cache(maxsize=256)
def warn_once(warning: str) -> None:
    """The same settings may count for many Dockerfiles."""
    from freshlayer.report.terminal import warn

    warn(warning)
