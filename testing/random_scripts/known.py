"""What is known to be read otherwise than a shell reads it, by construct, until it is fixed."""

from __future__ import annotations

import re
from dataclasses import dataclass

NOT_READ = "the grammar does not read it, so its URLs are taken by their look"


@dataclass(frozen=True, slots=True)
class Known:
    """``pattern``: what a script, made as small as it gets, holds. ``misses``: it finds too little, too."""

    pattern: str
    reason: str
    misses: bool = False


KNOWN: tuple[Known, ...] = ()


def reason_of(script: str, *, invents_only: bool) -> str:
    """Why a script, made as small as it gets, goes wrong; empty where that is not known."""
    fitting = (it for it in KNOWN if (it.misses or invents_only) and re.search(it.pattern, script, re.DOTALL))
    return next((it.reason for it in fitting), "")
