"""Run by the system's own Python: dnf's command line, many times in one process.

Reads one JSON list of arguments a line; writes one JSON object a line: the exit code, and what would be
installed as name, epoch, version, release, architecture and repository; whether there was a
transaction, or nothing to do.
"""

import json
import os
import sys

import dnf.cli.cli
import dnf.cli.main
import dnf.exceptions

chosen: list[list[str]] = []
resolved: list[bool] = []
_resolve = dnf.cli.cli.BaseCli.do_transaction


def _noted(self: dnf.cli.cli.BaseCli, display: object = ()) -> object:
    """What is in the transaction, before dnf asks about it."""
    resolved.append(True)
    for item in self.transaction or ():
        if item.action in dnf.transaction.FORWARD_ACTIONS or item.action == dnf.transaction.PKG_REINSTALL:
            package = item.pkg
            chosen.append(
                [
                    package.name,
                    str(package.epoch),
                    package.version,
                    package.release,
                    package.arch,
                    package.reponame,
                ]
            )
    return _resolve(self, display)


dnf.cli.cli.BaseCli.do_transaction = _noted
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def answer(line: str) -> None:
    """Run one command line."""
    chosen.clear()
    resolved.clear()
    try:
        code = dnf.cli.main.main(json.loads(line))
    except SystemExit as error:
        code = error.code
    answers.write(json.dumps({"code": code, "chosen": chosen, "resolved": bool(resolved)}) + "\n")
    answers.flush()


for line in sys.stdin:
    # A process loads plugins once.
    child = os.fork() if "pluginpath" in line else None
    if child is None:
        answer(line)
    elif child:
        os.waitpid(child, 0)
    else:
        answer(line)
        os._exit(0)
