"""``freshlayer uninstall``."""

from __future__ import annotations

import os

from freshlayer.cli import declared
from freshlayer.cli.echo import echo
from freshlayer.cli.options import Options, ours


@declared.command(
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
            echo(line)
    return 0
