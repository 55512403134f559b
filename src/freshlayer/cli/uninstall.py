"""``freshlayer uninstall``."""

from __future__ import annotations

import os

import click

from freshlayer.cli.options import Options, ours_only


@click.command(
    "uninstall",
    short_help="take back what install did",
    epilog="\b\nExamples:\n  freshlayer uninstall",
)
@ours_only("quiet")
def command(options: Options) -> int:
    """Take out of your docker folder what 'freshlayer install' put there, and nothing else."""
    from freshlayer.docker_client.install import DockerFolder, uninstall

    for line in uninstall(DockerFolder.of(os.environ)):
        if not options.quiet:
            click.echo(line)
    return 0
