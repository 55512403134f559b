"""``freshlayer compose``: everything after the word belongs to compose, except ``check``."""

from __future__ import annotations

import os

import click

from freshlayer.cli import declared
from freshlayer.cli.by_click import Verbatim, as_click, before_of_click
from freshlayer.cli.check_targets import CheckRequest, check_targets, parse
from freshlayer.cli.docker_program import docker_program, missing
from freshlayer.cli.drop_in import of_build, run
from freshlayer.cli.fail_on import fail_on
from freshlayer.cli.options import Options, ours
from freshlayer.cli.passthrough import requests_help, show_help, show_own_help
from freshlayer.cli.standard_input import KeptInput, standard_input


@click.command(
    "compose",
    cls=Verbatim,
    add_help_option=False,
    short_help="docker compose build, fresh",
    epilog="\b\nExamples:"
    "\n  freshlayer compose build"
    "\n  freshlayer compose -f compose.yaml up --build -d"
    "\n  freshlayer --offline compose build web"
    "\n  freshlayer compose check"
    "\n  freshlayer compose -f compose.yaml check --json web",
)
@click.pass_context
def command(context: click.Context, words: list[str]) -> int:
    """Run ``docker compose``; of what it builds, only instructions whose remote inputs changed run again.

    This counts for 'build' and 'up --build'; every other command runs as typed. 'check' is a command of
    freshlayer: which instructions of all services are stale, and why ('compose check --help').
    """
    from freshlayer.builders.command_line.compose import behind, read
    from freshlayer.builders.compositions.compose import Compose

    if found := behind(words, "check"):
        first, rest = found
        request = parse(check, rest, context)
        words = [*first, *request.words]
        docker = (docker_program(), *(request.options.docker or ()))
        return check_targets(request, Compose(docker, ("compose",), os.environ, "buildx", read(words)))
    if requests_help(words) and (why := missing("compose")):
        return show_help(why)
    if words in ([], ["help"], ["--help"], ["-h"]):
        show_own_help("docker compose")
    before, stdin = before_of_click(), KeptInput(standard_input())
    with of_build():
        docker = (docker_program(), *(before.options.docker or ()))
    return run(before, Compose(docker, ("compose",), os.environ, "buildx", read(words)), stdin)


@declared.command(
    "check",
    short_help="which instructions of all services are stale, and why; builds nothing",
    epilog="\b\nExamples:"
    "\n  freshlayer compose check"
    "\n  freshlayer compose -f compose.yaml --profile dev check --fail-on stale,unknown web",
)
@declared.argument("services", nargs=-1, metavar="[SERVICE]…")
@declared.option(
    "--build-arg", "build_args", multiple=True, metavar="K=V", help="as for docker compose build"
)
@declared.option("--with-dependencies", is_flag=True, help="as for docker compose build")
@fail_on
@ours("check")
def check(
    options: Options,
    services: tuple[str, ...],
    build_args: tuple[str, ...],
    with_dependencies: bool,
    failing: frozenset[str],
) -> CheckRequest:
    """Probe the origins of all services, or of those named, as 'freshlayer check' does for a Dockerfile.

    Options of compose (-f, --profile, …) are before 'check'. The exit codes are those of 'freshlayer check'.
    """
    given = [f"--build-arg={item}" for item in build_args]
    deeper = ["--with-dependencies"] if with_dependencies else []
    return CheckRequest(options, ("build", *given, *deeper, "--", *services), failing)


command.below = (as_click(check),)
