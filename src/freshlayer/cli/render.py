"""``freshlayer render``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from freshlayer.cli.dockerfiles import asked, question_of, source_of
from freshlayer.cli.options import Options, ours, rooms_of
from freshlayer.errors import FreshlayerError, OptionError

if TYPE_CHECKING:
    from freshlayer.context import Source
    from freshlayer.model import Report

_FORMS = ["dockerfile", "args", "template"]


@click.command("render", short_help="the derived Dockerfile, for a builder that you run yourself")
@click.argument("context")
@asked
@click.option(
    "-o", "--output", metavar="FILE", help="write it there; without it, or with -, to standard output"
)
@click.option("--mechanism", type=click.Choice(["mount", "arg"]), help="else what '# syntax=' knows")
@click.option("--format", "form", type=click.Choice(_FORMS), default="dockerfile", show_default=True)
@ours
def command(
    options: Options,
    context: str,
    file: str | None,
    target: str,
    build_args: tuple[str, ...],
    platform: str,
    network: str | None,
    output: str | None,
    mechanism: str | None,
    form: str,
) -> int:
    """Write the Dockerfile with its keys, for a builder that freshlayer doesn't run: kaniko, a CI's action.

    Each key is a mount of a secret that nobody supplies, or with --mechanism arg an ARG. Origins are asked as
    by 'check'; --identities is read, and written. FILE is written only where its content changes.

    --format template declares an ARG without a value above each RUN with a remote input, asks nobody, and is
    done once. --format args then writes NAME=VALUE for each of them, for --build-arg.
    """
    from freshlayer import pipeline
    from freshlayer.cli.located import located
    from freshlayer.cli.written import write_report
    from freshlayer.recording import as_built
    from freshlayer.report import of_check

    output = _named(output, options)
    source = source_of(context, file)
    _spare(source, output)
    question = question_of(target, build_args, platform, network)
    if form == "template":
        options = replace(options, offline=True, on_unknown="keep", identities=None)
    with rooms_of(options, source) as rooms, located(source):
        work = pipeline.check if form == "template" else pipeline.render
        report = work(source, as_built(source, question, rooms), rooms)
        content = _content(source, report, form, mechanism)
    write_report(options.report, of_check(report))
    _deliver(options, source, output, content, form)
    return 0


def _named(output: str | None, options: Options) -> str | None:
    """The file to write; None for standard output, which takes one document."""
    if output not in {None, "-"}:
        return output
    if options.report == "-":
        raise OptionError("--report -: the Dockerfile goes to standard output (name a file with -o)")
    return None


def _deliver(options: Options, source: Source, output: str | None, content: bytes, form: str) -> None:
    changed = _write(output, content)
    if form != "args":
        _keep_ignore_file(source, output)
    if output and form != "template":
        _warn_of_copies(source, Path(output))
    if output and not options.quiet:
        click.echo(f"{output}: {'changed' if changed else 'unchanged'}", err=True)


def _content(source: Source, report: Report, form: str, mechanism: str | None) -> bytes:
    from freshlayer import arguments, dockerfile, pipeline
    from freshlayer.inject import Mechanism, mechanism_under

    if form == "dockerfile":
        known = mechanism_under(dockerfile.syntax_image(source.text))
        return pipeline.derived(source, report, Mechanism(mechanism) if mechanism else known)
    parsed = dockerfile.parse(source.text)
    if form == "args":
        return _args(arguments.declared(parsed), report)
    lines = [item.line for item in report.instructions if item.key]
    return arguments.declare(source.text, parsed, lines).encode("utf-8", "surrogateescape")


def _args(names: dict[int, str], report: Report) -> bytes:
    from freshlayer import arguments
    from freshlayer.report.terminal import warn

    without = [item.line for item in report.instructions if item.key and item.line not in names]
    for line in without:
        warn(
            f"{report.dockerfile}:{line}: no ARG FRESHLAYER… stands above this RUN, so no builder hears of "
            "its key (freshlayer render --format template writes one)"
        )
    found = arguments.values(names, report.instructions)
    return "".join(f"{name}={key}\n" for name, key in found.items()).encode()


def _spare(source: Source, output: str | None) -> None:
    """The user's own Dockerfile is never written."""
    if output and source.path and Path(output).exists() and Path(output).samefile(source.path):
        raise OptionError(f"-o {output}: that is the Dockerfile itself, which freshlayer never changes")


def _write(output: str | None, content: bytes) -> bool:
    """Whether anything changed there."""
    from freshlayer.bounded_read import holds
    from freshlayer.files import replace as write

    if output is None:
        sys.stdout.buffer.write(content)
        return True
    path = Path(output)
    try:
        if holds(path, content):
            return False
        write(path, content)
    except OSError as error:
        raise FreshlayerError(f"{output}: can't be written: {error.strerror}") from None
    return True


def _keep_ignore_file(source: Source, output: str | None) -> None:
    """``Dockerfile.dockerignore`` goes by the Dockerfile's name, so another name needs another file."""
    from freshlayer.context import ignore_file, read_rules
    from freshlayer.report.terminal import warn

    beside = ignore_file(source.path) if source.path else None
    rules = read_rules(beside) if beside else None
    if rules is None:
        return
    if output is None:
        warn(f"{beside}: builders look for it by the Dockerfile's name: put a copy beside the new one")
        return
    _write(f"{output}.dockerignore", rules.encode("utf-8", "surrogateescape"))


def _warn_of_copies(source: Source, output: Path) -> None:
    """A file that changes with the world, in a context that is copied whole, has the copy run again."""
    from freshlayer import dockerfile
    from freshlayer.context import is_sent
    from freshlayer.report.terminal import warn

    stages = dockerfile.parse(source.text).stages
    copies = [i for stage in stages for i in stage.instructions if i.name in {"ADD", "COPY"}]
    if any(not i.flag("from") for i in copies) and is_sent(source.context, source.path, output):
        warn(
            f"{output}: lies in the build context, where a COPY may take it in and run with each change; "
            "name it in .dockerignore, or write it elsewhere"
        )
