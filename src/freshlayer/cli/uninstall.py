"""``freshlayer uninstall``."""

from __future__ import annotations

import os

import click

from freshlayer.cli.options import Options, ours


@click.command(
    "uninstall",
    short_help="revert what install did",
    epilog="\b\nExamples:\n  freshlayer uninstall",
)
@ours("uninstall")
def command(options: Options) -> int:
    """Remove from docker's directory what 'freshlayer install' put there, and nothing else."""
    from freshlayer.docker_client.install import DockerDirectory, uninstall

    for line in uninstall(DockerDirectory.of(os.environ)):
        if not options.quiet:
            click.echo(line)
    return 0
