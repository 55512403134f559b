"""``freshlayer install``."""

from __future__ import annotations

import os
import sys

from freshlayer.cli import declared
from freshlayer.cli.echo import echo
from freshlayer.cli.options import Options, ours


@declared.command(
    "install",
    short_help="docker fresh …, as a plugin of docker's",
    epilog="\b\nExamples:\n  freshlayer install\n  freshlayer install --alias",
)
@declared.option("--alias", is_flag=True, help="send a plain 'docker build' through freshlayer, too")
@ours("install")
def command(options: Options, alias: bool) -> int:
    """Put a plugin into docker's directory ($DOCKER_CONFIG, else ~/.docker): 'docker fresh' is freshlayer.

    With --alias, config.json sends a plain 'docker build' there, too. Every other key is preserved verbatim.
    If a conflicting entry exists, nothing is changed. 'freshlayer uninstall' reverts exactly those changes.
    """
    from freshlayer.docker_client.install import DockerDirectory, install

    for line in install(DockerDirectory.of(os.environ), sys.executable, alias=alias):
        if not options.quiet:
            echo(line)
    return 0
