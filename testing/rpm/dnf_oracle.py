"""What dnf itself would install, in a root of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_UNPACKED = Path(__file__).parents[2] / ".builders" / "dnf-plugins/usr/lib/python3/dist-packages"
PLUGINS = _UNPACKED / "dnf-plugins"
"""Of dnf-plugins-core, which scripts/setup unpacks."""
DNF_PYTHON = "/usr/bin/python3"


@dataclass(frozen=True)
class Answer:
    """``chosen``: name-[epoch:]version-release.arch of what would be installed. ``failed``: dnf refused."""

    chosen: tuple[str, ...]
    failed: bool
    printed: str = ""


class Dnf:
    """One process of dnf for a root; each call is one command line. ``plugins``: the one that is loaded."""

    def __init__(self, root: Path, configuration: Path, state: Path, plugins: str = "") -> None:
        (state / "log").mkdir(parents=True, exist_ok=True)
        self._options = [
            *(f"--installroot={root}", f"--config={configuration}", "--forcearch=x86_64", "--releasever=9"),
            *(f"--setopt=cachedir={state}/cache", f"--setopt=logdir={state}/log", "--assumeno"),
            *(f"--setopt=persistdir={state}/lib", "--setopt=gpgcheck=0"),
        ]
        if plugins:
            self._options += [f"--setopt=pluginpath={PLUGINS}", f"--setopt=pluginconfpath={state}/plugins"]
            self._options += ["--disableplugin=*", f"--enableplugin={plugins}"]
        else:
            self._options.append("--setopt=plugins=0")
        self._log = (state / "output").open("w+")
        self._process = subprocess.Popen(
            [DNF_PYTHON, str(Path(__file__).with_name("dnf_process.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, "PYTHONPATH": str(_UNPACKED)},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()
        self._log.close()

    def choose(self, arguments: Sequence[str]) -> Answer:
        """What a command line would install."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        start = self._log.tell()
        self._process.stdin.write(json.dumps([*self._options, *arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        self._log.seek(start)
        printed = self._log.read()
        if not line:
            raise RuntimeError(f"dnf ended: {printed[-2000:]}")
        found = json.loads(line)
        chosen = tuple(sorted(map(_nevra, found["chosen"])))
        failed = not found["resolved"]
        return Answer(chosen, failed, printed)


def _nevra(parts: list[str]) -> str:
    name, epoch, version, release, arch, _ = parts
    return f"{name}-{'' if epoch == '0' else epoch + ':'}{version}-{release}.{arch}"


def install(root: Path, configuration: Path, state: Path, names: Sequence[str]) -> None:
    """Install packages into a root, by dnf: its rpm database is a real one."""
    (state / "log").mkdir(parents=True, exist_ok=True)
    dnf = f"--installroot={root} --config={configuration} --forcearch=x86_64 --releasever=9 -y -q"
    options = f"--setopt=cachedir={state}/cache --setopt=logdir={state}/log --setopt=gpgcheck=0"
    done = subprocess.run(
        [
            "dnf",
            *dnf.split(),
            *options.split(),
            "--setopt=plugins=0",
            "--setopt=tsflags=noscripts",
            "install",
            *names,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        done.check_returncode()
