"""Which modules a run of freshlayer loads, by the interpreter's own list (``-X importtime``)."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence

from testing.command import FRESHLAYER

_LINE = re.compile(r"^import time: +\d+ \| +\d+ \| +(\S+)$", re.MULTILINE)


def loaded(*words: str, environment: Mapping[str, str]) -> frozenset[str]:
    """The names of the modules, without those that every interpreter here loads."""
    return _listed([*FRESHLAYER[1:], *words], environment) - _listed(["-c", "pass"], environment)


def _listed(arguments: Sequence[str], environment: Mapping[str, str]) -> frozenset[str]:
    argv = [sys.executable, "-X", "importtime", *arguments]
    done = subprocess.run(argv, env=dict(environment), capture_output=True, text=True, check=False)
    return frozenset(_LINE.findall(done.stderr))
