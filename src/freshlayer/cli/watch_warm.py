"""Where a service answers ``check`` and ``build`` of its user, and whether it may."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from freshlayer.cli.chosen_settings import policy_of
from freshlayer.cli.options import Options
from freshlayer.credentials import Keyring
from freshlayer.files.user_directories import service_socket
from freshlayer.report.terminal import warn
from freshlayer.watch.warm import WarmAnswers, WarmServer
from freshlayer.workflows.session import limits_of


@contextmanager
def warm_served(options: Options, answers: WarmAnswers, stopping: Callable[[], bool]) -> Iterator[None]:
    """Serve meanwhile. Without it commands probe by themselves: what prevents it is a warning."""
    path = service_socket(os.environ)
    if not path:
        yield
        return
    policy = policy_of(options, None)
    server = WarmServer(
        Path(path), answers, limits_of(policy), lambda: Keyring(os.environ, policy.hosts), stopping
    )
    try:
        if not server.start():
            warn(f"{path}: another service answers there already (nothing to do: it serves the commands)")
    except OSError as error:
        warn(f"{path}: check and build get no answers of this service: {error.strerror}")
    try:
        yield
    finally:
        server.close()
