"""``freshlayer bake``: everything after the word belongs to bake, except ``check`` as the first word."""

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

_TOOL = ("buildx", "bake")


@click.command(
    "bake",
    cls=Verbatim,
    add_help_option=False,
    short_help="docker buildx bake, fresh",
    epilog="\b\nExamples:"
    "\n  freshlayer bake"
    "\n  freshlayer bake --file docker-bake.hcl web worker"
    "\n  freshlayer --offline bake web"
    "\n  freshlayer bake check --json web",
)
@click.pass_context
def command(context: click.Context, words: list[str]) -> int:
    """Run ``docker buildx bake``; only instructions whose remote inputs changed run again.

    'check' as the first word is a command of freshlayer: which instructions of all targets are stale, and
    why ('bake check --help'). A target of that name is built where an option is before it.
    """
    from freshlayer.builders.command_line.bake import read
    from freshlayer.builders.compositions.bake import Bake

    if words[:1] == ["check"]:
        request = parse(check, words[1:], context)
        docker = (docker_program(), *(request.options.docker or ()))
        return check_targets(request, Bake(docker, _TOOL, os.environ, "buildx", read(request.words)))
    if requests_help(words) and (why := missing("buildx")):
        return show_help(why)
    if words in (["--help"], ["-h"]):
        show_own_help("docker buildx bake")
    before, stdin = before_of_click(), KeptInput(standard_input())
    with of_build():
        docker = (docker_program(), *(before.options.docker or ()))
    return run(before, Bake(docker, _TOOL, os.environ, "buildx", read(words)), stdin)


@declared.command(
    "check",
    short_help="which instructions of all targets are stale, and why; builds nothing",
    epilog="\b\nExamples:"
    "\n  freshlayer bake check"
    "\n  freshlayer bake check -f docker-bake.hcl --set '*.args.VERSION=2' --format markdown web",
)
@declared.argument("targets", nargs=-1, metavar="[TARGET]…")
@declared.option("-f", "--file", "files", multiple=True, metavar="FILE", help="as for docker buildx bake")
@declared.option("--set", "sets", multiple=True, metavar="TARGET.KEY=VALUE", help="as for docker buildx bake")
@declared.option("--allow", "allowed", multiple=True, metavar="ENTITLEMENT", help="as for docker buildx bake")
@fail_on
@ours("check")
def check(
    options: Options,
    targets: tuple[str, ...],
    files: tuple[str, ...],
    sets: tuple[str, ...],
    allowed: tuple[str, ...],
    failing: frozenset[str],
) -> CheckRequest:
    """Probe the origins of all targets, or of those named, as 'freshlayer check' does for a Dockerfile.

    The exit codes are those of 'freshlayer check'.
    """
    given = {"file": files, "set": sets, "allow": allowed}
    words = [f"--{name}={value}" for name, values in given.items() for value in values]
    return CheckRequest(options, (*words, *targets), failing)


command.below = (as_click(check),)
