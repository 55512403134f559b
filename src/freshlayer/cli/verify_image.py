"""``freshlayer verify --image``: an image against the lock file."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from freshlayer.cli.dockerfiles import Selection
from freshlayer.cli.echo import echo
from freshlayer.cli.exit_codes import DIFFERENT, DONE, TROUBLE
from freshlayer.cli.lock_run import locking
from freshlayer.cli.options import Options
from freshlayer.errors import OptionError
from freshlayer.model.image_proof import ImageProof, Proof


def verify_image(
    options: Options, image: str, contexts: Sequence[str], selection: Selection, *, recursive: bool
) -> int:
    """Print what the image proves; 0 where each instruction has the key of the locked inputs.

    Without a path on disk, the registry alone gets requests. Raises FreshlayerError.
    """
    from freshlayer.workflows.image_proof import compared, image_of, keyed

    if options.offline:
        raise OptionError("--image: does not act with --offline")
    with locking(options, contexts, selection, recursive=recursive, locked=True) as (files, session):
        instructions = list(keyed(files.targets, session))
        proof = compared(image, image_of(image, session), instructions, files.lock)
    _write(options, proof)
    return _exit_code(proof)


def _write(options: Options, proof: ImageProof) -> None:
    from freshlayer.report import image_proofs
    from freshlayer.report.terminal import show

    if options.format == "json":
        echo(json.dumps(image_proofs.document(proof), indent=1))
    elif options.format == "markdown":
        echo(image_proofs.markdown(proof), nl=False)
    elif not options.quiet:
        show(image_proofs.lines(proof), sys.stdout)


def _exit_code(proof: ImageProof) -> int:
    """1 where something else was built, or other bytes were received; 2 where it is not known."""
    found = {it.proof for it in proof.instructions}
    if Proof.DIFFERENT in found or proof.other_bytes:
        return DIFFERENT
    return TROUBLE if Proof.UNKNOWN in found else DONE
