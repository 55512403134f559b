"""What ``uv pip compile`` chooses: uv of the virtual environment, without a user's settings or cache."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

UV = Path(sys.executable).with_name("uv")


def compiled(
    index_url: str, folder: Path, requirements: Sequence[str], options: Sequence[str]
) -> dict[str, str] | None:
    """Name → version; None where no versions fit together. ``folder``: gets a file of requirements."""
    (folder / "requirements.in").write_text("\n".join(requirements))
    quiet = ("--quiet", "--no-config", "--no-cache", "--no-header", "--no-annotate")
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "UV_PYTHON_DOWNLOADS": "never"}
    ended = subprocess.run(
        [
            *(str(UV), "pip", "compile", *quiet, "--index-url", index_url, "--python", sys.executable),
            *(*options, str(folder / "requirements.in")),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
        env=environment,
    )
    if ended.returncode:
        return None
    return dict(line.split("==") for line in ended.stdout.split() if "==" in line)
