"""The options that ``check``, ``inputs`` and ``render`` share: which Dockerfile, and which build of it."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from freshlayer.cli.declared import FILE, Decorator, argument, option
from freshlayer.cli.standard_input import KeptInput, standard_input

if TYPE_CHECKING:
    from freshlayer.context import Source
    from freshlayer.discover.analysis import BuildRequest

NAMES = ("Dockerfile", "dockerfile", "Containerfile")
"""What is looked for where it is not known who builds."""


def _networks(_context: object, _parameter: object, incomplete: str) -> list[str]:
    return [name for name in ("default", "host", "none") if name.startswith(incomplete)]


_SELECTED = (
    option("-f", "--file", metavar="FILE", type=FILE, help="the Dockerfile (- for standard input)"),
    option("--target", default="", metavar="STAGE", help="the stage to build"),
    option("--build-arg", "build_args", multiple=True, metavar="K=V", help="as for docker build"),
    option("--platform", default="", metavar="OS/ARCH", help="as for docker build; several with commas"),
    option(
        "--network",
        default=None,
        metavar="MODE",
        shell_complete=_networks,
        help="host: loopback URLs mean this machine",
    ),
)
_CONTEXTS = argument("contexts", nargs=-1, type=FILE, metavar="[CONTEXT]…")


class Selection(Struct, frozen=True):
    """Which Dockerfile of a context, and which build of it, as typed."""

    file: str | None
    target: str
    build_args: tuple[str, ...]
    platform: str
    network: str | None


def selected(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a selection, as one value in the parameter ``selection``."""
    return _with(_SELECTED, _packed(function))


def shared(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these, and any number of contexts."""
    return shared_or_none(_here(function))


def shared_or_none(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same; without a context there is none."""
    return _CONTEXTS(_with(_SELECTED, _packed(function)))


def _here(function: Callable[..., Any]) -> Callable[..., Any]:
    """Without a context it is this directory."""

    @functools.wraps(function)
    def wrapped(*before: Any, contexts: tuple[str, ...], **values: Any) -> Any:
        return function(*before, contexts=contexts or (".",), **values)

    return wrapped


def _packed(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapped(*before: Any, **values: Any) -> Any:
        selection = Selection(**{name: values.pop(name) for name in Selection.__struct_fields__})
        return function(*before, selection=selection, **values)

    return wrapped


def _with(options: Iterable[Decorator], function: Callable[..., Any]) -> Callable[..., Any]:
    for made in reversed(list(options)):
        function = made(function)
    return function


def source_of(context: str, file: str | None, names: Sequence[str] = NAMES) -> Source:
    """The Dockerfile of a context, under the names that a builder looks for. Raises ContextError.

    A context that is a file is a Dockerfile in its context; with ``file`` only the directory counts.
    """
    from freshlayer.context import read_dockerfile, unwatched_context
    from freshlayer.errors import ContextError
    from freshlayer.reference import shown

    if context == "-" or not os.path.isdir(context):
        if os.path.isfile(context):
            context, file = os.path.dirname(context) or ".", file or context
        why = unwatched_context(context)
        if why:
            raise ContextError(f"{shown(context)}: {why} (name a directory)")
    return read_dockerfile(context, file, KeptInput(standard_input()), names)


def request_of(selection: Selection) -> BuildRequest:
    """``K=V``, or ``K`` with its value from the environment, as docker reads them."""
    from freshlayer.discover.analysis import BuildRequest
    from freshlayer.docker_client.build_args import build_args as read_build_args
    from freshlayer.docker_client.config import proxies as client_proxies
    from freshlayer.workflows.platforms import default_platform, platforms_of

    platforms = platforms_of([name for name in selection.platform.split(",") if name.strip()], os.environ)
    return BuildRequest(
        platforms,
        selection.target,
        read_build_args(selection.build_args, os.environ),
        selection.network,
        host=default_platform(),
        proxies=client_proxies(os.environ),
    )
