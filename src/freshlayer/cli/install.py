"""``freshlayer install``."""

from __future__ import annotations

import os
import sys

import click

from freshlayer.cli.options import Options, ours_only


@click.command(
    "install",
    short_help="docker fresh …, as a plugin of docker's",
    epilog="\b\nExamples:\n  freshlayer install\n  freshlayer install --alias",
)
@click.option("--alias", is_flag=True, help="send a plain 'docker build' through freshlayer, too")
@ours_only("quiet")
def command(options: Options, alias: bool) -> int:
    """Put a plugin into your docker folder ($DOCKER_CONFIG, else ~/.docker), so that 'docker fresh' is us.

    With --alias docker's config.json is told to send 'docker build' there. Every other key of it stays as it
    is; nothing is changed where something else stands in the way. 'freshlayer uninstall' takes it back.
    """
    from freshlayer.docker_client.install import DockerFolder, install

    for line in install(DockerFolder.of(os.environ), sys.executable, alias=alias):
        if not options.quiet:
            click.echo(line)
    return 0
