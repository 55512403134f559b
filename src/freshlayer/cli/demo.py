"""``freshlayer demo``."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING

from freshlayer.cli import declared
from freshlayer.cli.echo import echo
from freshlayer.cli.exit_codes import DONE, TROUBLE
from freshlayer.cli.options import Options, ours
from freshlayer.errors import BuilderError, FreshlayerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshlayer.builders.base import Builder
    from freshlayer.demo.origin import Request
    from freshlayer.demo.project import Project


@declared.command(
    "demo",
    short_help="docker build, check and build on a file that changes upstream",
    epilog="\b\nExamples:\n  freshlayer demo\n  freshlayer --builder podman demo",
)
@declared.option(
    "--base",
    metavar="IMAGE",
    help="start from IMAGE, which has sh and wget; else from this machine's busybox",
)
@declared.option("--no-builder", is_flag=True, help="run no builder; show the keys instead")
@ours("demo")
def command(options: Options, base: str | None, no_builder: bool) -> int:
    """Show in 20 seconds what freshlayer does: one file changes upstream, and one instruction runs again.

    Builds a small example with your builder, from an origin on this machine's loopback: first as it is, then
    after the change with the builder alone, then with freshlayer. Without a builder, or where it can't reach
    the origin, the same is shown by the keys. Images, state and origin are removed at the end; the build
    cache of the builder keeps some entries until it is pruned.

    What was downloaded is read from the origin's log of requests.
    """
    from freshlayer.demo.origin import Directory, running
    from freshlayer.demo.project import make, with_dockerfile
    from freshlayer.files.temporary import temporary_directory

    builder, why = (None, "--no-builder is given") if no_builder else _detected(options)
    with temporary_directory() as directory:
        project = make(directory)
        try:
            with running(Directory(project.served)) as (url, log):
                project = with_dockerfile(project, url, base)
                return DONE if _shown(project, options, builder, why, log) else TROUBLE
        except OSError as error:
            raise FreshlayerError(f"demo: {error.strerror or error}") from None


def _detected(options: Options) -> tuple[Builder | None, str]:
    """The builder, or why there is none."""
    from freshlayer.builders.detect import detect

    try:
        return detect(options.builder or "", os.environ, options.docker or ()), ""
    except BuilderError as error:
        if options.builder:
            raise
        return None, str(error)


def _shown(
    project: Project, options: Options, builder: Builder | None, why: str, log: Sequence[Request]
) -> bool:
    from freshlayer.demo import with_builder, without_builder
    from freshlayer.demo.project import OLD

    echo(
        f"An example, whose files come from this process:\n\n{textwrap.indent(project.dockerfile, '    ')}",
        nl=False,
    )
    if builder is not None:
        try:
            return with_builder.demonstrate(project, builder, options.builder, log, _write)
        except BuilderError as error:
            why = f"{builder.name} can't build the example ({error})"
        project.publish(OLD)
    echo(f"\nNo build is shown: {why}.")
    return without_builder.demonstrate(project, log, _write)


def _write(line: str) -> None:
    from freshlayer.report.terminal import plain

    for part in line.split("\n"):
        echo(plain(part))
