"""``freshlayer attest``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from freshlayer.cli import declared
from freshlayer.cli.dockerfiles import Selection
from freshlayer.cli.echo import echo
from freshlayer.cli.exit_codes import DONE
from freshlayer.cli.options import Options, ours
from freshlayer.errors import FreshlayerError, OptionError

if TYPE_CHECKING:
    from freshlayer.lock.image_provenance import ImageProofs
    from freshlayer.workflows.session import Session


@declared.command(
    "attest",
    short_help="state in a signable file which locked inputs an image was built with",
    epilog="\b\nExamples:"
    "\n  freshlayer attest registry.example.org/app:1 -o app.intoto.json"
    "\n  freshlayer attest registry.example.org/app:1 --push",
)
@declared.argument("image", metavar="IMAGE")
@declared.option(
    "-o", "--output", metavar="FILE", type=declared.FILE, help="the statement; - for standard output"
)
@declared.option("--push", "pushed", is_flag=True, help="push it to the registry, as a referrer of the image")
@ours("attest")
def command(options: Options, image: str, output: str | None, pushed: bool) -> int:
    """Write an in-toto statement about IMAGE: the inputs of the lock file, and the keys of its instructions.

    Each key states whether the builder's provenance of the image has it. The bytes depend on the image and
    the lock file alone; signing them is yours (cosign attest --predicate). IMAGE is a name in a registry, a
    directory in the OCI image layout, or an archive of docker save. --push adds a referrer and leaves the
    image as it is.

    Exit code 0: written; 2: trouble.
    """
    from freshlayer.cli.lock_run import locking
    from freshlayer.workflows.image_proof import OF_ENGINE, image_of
    from freshlayer.workflows.statements import statement_about

    if image.startswith(OF_ENGINE):
        raise OptionError(f"{image}: an image that only this engine has is no subject (push it, or save it)")
    if pushed and Path(image).exists():
        raise OptionError(f"{image}: a file has no registry to push to (leave --push out)")
    every = Selection(None, "", (), "", None)
    with locking(options, (), every, recursive=False, locked=True) as (files, session):
        found = image_of(image, session)
        body = statement_about(image, found, files.lock, files.targets, session)
        if output is not None or not pushed:
            _write(output or "-", body)
        if pushed:
            _push(options, image, found, body, session)
    return DONE


def _write(output: str, body: bytes) -> None:
    from freshlayer.files.atomic_write import replace

    if output == "-":
        sys.stdout.buffer.write(body)
        return
    try:
        replace(Path(output), body)
    except OSError as error:
        raise FreshlayerError(f"{output}: can't be written: {error.strerror}") from None


def _push(options: Options, image: str, found: ImageProofs, body: bytes, session: Session) -> None:
    from freshlayer.workflows.statements import push_statement

    pushed = push_statement(image, found, body, session)
    if not options.quiet:
        where = f", listed under the tag {pushed.tag}" if pushed.tag else ""
        echo(f"{image}: pushed {pushed.digest}{where}", err=True)
