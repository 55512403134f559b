"""``freshlayer render``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.cli import declared
from freshlayer.cli.dockerfiles import Selection, request_of, selected, source_of
from freshlayer.cli.echo import echo
from freshlayer.cli.options import Options, ours
from freshlayer.cli.session import session_of
from freshlayer.errors import OptionError
from freshlayer.workflows.render import (
    content_of,
    keep_ignore_file,
    render,
    warn_of_copies,
    write_output,
)

if TYPE_CHECKING:
    from freshlayer.context import Source

_FORMS = ["dockerfile", "args", "template"]


@declared.command(
    "render",
    short_help="the derived Dockerfile, for a builder that you run yourself",
    epilog="\b\nExamples:\n  freshlayer render -o /tmp/Dockerfile.fresh\n  freshlayer render --format args",
)
@declared.argument("context", default=".", type=declared.FILE)
@selected
@declared.option(
    "-o",
    "--output",
    metavar="FILE",
    type=declared.FILE,
    help="write it there; without it, or with -, to standard output",
)
@declared.option("--mechanism", type=declared.choice(["mount", "arg"]), help="else what '# syntax=' knows")
@declared.option("--format", "form", type=declared.choice(_FORMS), default="dockerfile", show_default=True)
@ours("render")
def command(
    options: Options,
    context: str,
    selection: Selection,
    output: str | None,
    mechanism: str | None,
    form: str,
) -> int:
    """Write the Dockerfile with its keys, for a builder that freshlayer doesn't run: kaniko, a CI's action.

    Each key is a mount of a secret that is never supplied, or with --mechanism arg an ARG. Origins are
    probed as by 'check'. --identities is read and written. FILE is written only where its content changes.

    --format template declares an ARG without a value above each RUN with a remote input. It contacts no
    origin and is done once. --format args then writes NAME=VALUE for each of them, for --build-arg.
    """
    from freshlayer.cli.errors import located
    from freshlayer.cli.output import write_file
    from freshlayer.workflows.check import check_one
    from freshlayer.workflows.record import as_built
    from freshlayer.workflows.target import Target

    output = _named(output, options)
    source = source_of(context, selection.file)
    _spare(source, output)
    request = request_of(selection)
    if form == "template":
        options = replace(options, offline=True, on_unknown="keep", identities=None)
    with session_of(options, source, for_build=form != "template") as session, located(source):
        target = Target.of(source, as_built(source, request, session))
        report = check_one(target, session) if form == "template" else render(target, session)
        content = content_of(target, report, form, mechanism, session)
    write_file(options, report)
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
    changed = write_output(output, content)
    if form != "args":
        keep_ignore_file(source, output)
    if output and form != "template":
        warn_of_copies(source, Path(output))
    if output and not options.quiet:
        echo(f"{output}: {'changed' if changed else 'unchanged'}", err=True)


def _spare(source: Source, output: str | None) -> None:
    """The user's own Dockerfile is never written."""
    if output and source.path and Path(output).exists() and Path(output).samefile(source.path):
        raise OptionError(f"-o {output}: that is the Dockerfile itself, which freshlayer never changes")
