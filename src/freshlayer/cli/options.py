"""Our own options, and what they make of the world."""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct
from msgspec.structs import asdict

if TYPE_CHECKING:
    from freshlayer.asking import Rooms
    from freshlayer.context import Source


class Options(Struct, frozen=True):
    """As typed; None where an option was not given. ``docker``: flags of docker's own, for what we run."""

    builder: str | None = None
    state: str | None = None
    identities: str | None = None
    settings: str | None = None
    offline: bool | None = None
    on_unknown: str | None = None
    connections: int | None = None
    timeout: float | None = None
    deadline: float | None = None
    report: str | None = None
    quiet: bool | None = None
    verbose: bool | None = None
    docker: tuple[str, ...] | None = None

    def over(self, outer: Options) -> Options:
        """What stands after the command word wins over what stands before it."""
        return Options(**{n: getattr(outer, n) if v is None else v for n, v in asdict(self).items()})


_OURS = (
    click.option(
        "--builder", metavar="NAME", help="buildah, buildkit, buildx, classic or podman, if not the usual one"
    ),
    click.option("--state", metavar="PATH", type=click.Path(), help="the state file"),
    click.option(
        "--identities", metavar="FILE", type=click.Path(), help="identities to fall back on, and to write"
    ),
    click.option(
        "--settings", metavar="FILE", type=click.Path(), help="settings, in place of those of the project"
    ),
    click.option("--offline", is_flag=True, default=None, help="ask nobody; keep what is recorded"),
    click.option(
        "--on-unknown", type=click.Choice(["keep", "rebuild", "fail"]), help="for inputs that can't be asked"
    ),
    click.option("--connections", metavar="N", type=click.IntRange(1, 1000), help="at most so many at once"),
    click.option(
        "--timeout", metavar="S", type=click.FloatRange(0.1, 3600), help="seconds for one reference"
    ),
    click.option(
        "--deadline", metavar="S", type=click.FloatRange(0.1, 86400), help="seconds for all references"
    ),
    click.option("--report", metavar="FILE", type=click.Path(), help="write the report as JSON"),
    click.option("--quiet", is_flag=True, default=None, help="say nothing but warnings"),
    click.option("--verbose", is_flag=True, default=None, help="build: tell of every instruction"),
)


def ours(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command our options, as one value in the parameter ``options``."""

    @functools.wraps(function)
    def wrapped(**values: Any) -> Any:
        given = Options(**{name: values.pop(name, None) for name in Options.__struct_fields__})
        context = click.get_current_context()
        outer = context.parent.obj if context.parent is not None else None
        options = given.over(outer) if isinstance(outer, Options) else given
        return function(options=options, **values)

    for option in reversed(_OURS):
        wrapped = option(wrapped)
    return wrapped


@contextmanager
def rooms_of(
    options: Options, source: Source | None, image_of: Callable[[str], str] | None = None
) -> Iterator[Rooms]:
    """The state, the policy and the identities that a command works with; the state is closed at the end."""
    from freshlayer.asking import Rooms
    from freshlayer.cli.chosen_settings import policy_of
    from freshlayer.cli.state_place import state_in_use
    from freshlayer.credentials import Keyring
    from freshlayer.errors import StateError
    from freshlayer.report.terminal import Progress, warn
    from freshlayer.state import Store, read_identities
    from freshlayer.temporary import remove_leftovers

    remove_leftovers(os.environ)
    policy = policy_of(options, source)
    path = Path(options.identities) if options.identities else None
    try:
        identities = read_identities(path) if path else {}
    except StateError as error:
        warn(f"{error}; it is neither used nor written")
        path, identities = None, {}
    progress = Progress(sys.stderr, wanted=not options.quiet)
    keyring = Keyring(os.environ, policy.hosts)
    now, verbose = int(time.time()), bool(options.verbose)
    with state_in_use(options, source, warn) as place, closing(Store(place, warn)) as store:
        yield Rooms(store, policy, warn, now, progress, identities, path, keyring, verbose, image_of)
