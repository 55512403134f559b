"""Scripts run in real shells, where ``curl`` and ``wget`` only note what they are given.

The scripts are our own; even so they see nothing but stubs and programs that work on text, an empty
environment, a temporary directory, and limits of time, of output and of processes.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

SHELLS: Mapping[str, tuple[str, ...]] = {
    "bash": ("bash", "--noprofile", "--norc"),
    "dash": ("dash",),
    "ash": ("busybox", "ash"),
}
"""Name → how it is started."""

_PROGRAMS = (
    "awk basename echo cat cut dirname env expr false grep head nice printf sed seq sort tail tee timeout tr"
    " true uniq wc xargs mkdir"
)
# One write for a call, so that two at once are not mixed up; -i takes its URLs from standard input.
_STUB = """\
#!{dash}
for word in "$@"; do
  if [ "$word" = -i ]; then
    while read -r line; do set -- "$@" "$line"; done
  fi
done
printf '%s\\037' {name} "$@" '{end}' >> notes
if [ "$FAILING" ]; then
  all=$*
  number=${{all##*h/[nm]}}
  number=${{number%%/*}}
  case $FAILING in all|*":$number:"*) exit 22 ;; esac
fi
[ "$1" = -s ] && echo answer
exit 0
"""
_END = "\036"
_NOT_BUSYBOX = "xget"
"""busybox's ash takes its own wget before any in PATH, and that one would connect."""

# Each in a process of its own; what one does to the next is nothing.
_DRIVER = """\
for number in "$@"; do
  ( cd "$number" && read -r FAILING < ../"$number".failing && export FAILING && set -- &&
    . ../"$number".sh ) \
    > "$number"/out 2> "$number"/errors < /dev/null
done
"""
_SECONDS = 60
"""Of processor time; a machine with other work may take several times as long for them."""
_TIMES_LONGER = 10
_MOST_BYTES = 1 << 20
_MOST_PROCESSES = 16_384
"""Of the user, whose other processes count as well: a busy machine has thousands."""


Calls = list[list[str]]


def run(
    scripts: Sequence[str], shell: str, values: Mapping[str, str], failing: Sequence[str] = ()
) -> list[Calls]:
    """The calls of the stubs, for each script.

    ``failing``: which downloads fail in each of them, ``all`` or that of a number, ``:7:``.
    """
    with tempfile.TemporaryDirectory(prefix="random-scripts-") as directory:
        here = Path(directory)
        programs = _programs(here, shell)
        names = [str(number) for number in range(len(scripts))]
        for name, script in zip(names, scripts, strict=True):
            text = script.replace("wget", _NOT_BUSYBOX) if shell == "ash" else script
            (here / f"{name}.sh").write_text(f"{text}\n", encoding="utf-8")
            fails = failing[int(name)] if failing else ""
            (here / f"{name}.failing").write_text(f"{fails}\n", encoding="utf-8")
            (here / name).mkdir()
        _run(
            [*_started(shell), "-c", _DRIVER, "driver", *names],
            here,
            {**values, "PATH": str(programs)},
        )
        return [_calls(here / name / "notes") for name in names]


def _started(shell: str) -> list[str]:
    program, *options = SHELLS[shell]
    return [shutil.which(program) or program, *options]


def _programs(here: Path, shell: str) -> Path:
    programs = here / "programs"
    programs.mkdir()
    for name in _PROGRAMS.split():
        found = shutil.which(name)
        if found:
            (programs / name).symlink_to(found)
    for name, called in (("curl", "curl"), ("wget", "wget"), ("wget", _NOT_BUSYBOX)):
        stub = programs / called
        stub.write_text(_STUB.format(dash=shutil.which("dash"), name=name, end=_END), encoding="utf-8")
        stub.chmod(0o700)
    shell_itself = programs / "sh"
    if shell == "ash":
        shell_itself.write_text(f'#!{shutil.which("dash")}\nexec {shutil.which("busybox")} ash "$@"\n')
        shell_itself.chmod(0o700)
    else:
        shell_itself.symlink_to(_started(shell)[0])
    return programs


def _run(argv: Sequence[str], here: Path, environment: Mapping[str, str]) -> None:
    process = subprocess.Popen(
        argv,
        cwd=here,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_limited,  # noqa: PLW1509 - no thread runs here
    )
    try:
        process.wait(_TIMES_LONGER * _SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_BYTES, _MOST_BYTES))
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    most = _MOST_PROCESSES if hard == resource.RLIM_INFINITY else min(hard, _MOST_PROCESSES)
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def _calls(notes: Path) -> Calls:
    if not notes.exists():
        return []
    text = notes.read_bytes().decode("utf-8", "surrogateescape")
    return [call.split("\037")[:-1] for call in text.split(f"{_END}\037")[:-1]]
