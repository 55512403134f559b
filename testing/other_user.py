"""What a user who is not root may do: where the tests run as root, in a child that has given that up."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_NOBODY = 65534
_FALSE, _RAISED = 1, 2


@contextmanager
def public_directory() -> Iterator[Path]:
    """One that every user can look into; those of pytest are for one user alone."""
    with tempfile.TemporaryDirectory(prefix="freshlayer-test-") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


def holds_without_root(claim: Callable[[], bool]) -> bool:
    """Whether it is true for another user. Raises RuntimeError where it raises."""
    child = os.fork()
    if not child:
        code = _RAISED
        try:
            if not os.geteuid():
                os.setresuid(_NOBODY, _NOBODY, _NOBODY)
            code = 0 if claim() else _FALSE
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in {0, _FALSE}:
        raise RuntimeError(f"the claim ended with {code}")
    return code == 0
