"""Advice for installs that no lock file binds: which one their manager offers, and what writes it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.dockerfile.model import Instruction, is_trigger
from freshlayer.lazy_regex import compiled
from freshlayer.model.inputs import Advice
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import PackageChain
from freshlayer.model.reasons import Reason


class Unlocked(Struct, frozen=True, array_like=True):
    """An install that no lock file binds, and why. ``line``: of its instruction, once that is known.

    ``pinned``: the first of its words, where each names one version.
    """

    program: str
    reason: Reason
    pinned: str = ""
    line: int = 0


class _Offer(Struct, frozen=True):
    """``file``: the lock file; ``writes``: the command that writes it; ``install``: the one that is bound."""

    file: str
    writes: str
    install: str


def _offers(text: str) -> Iterator[tuple[str, _Offer]]:
    for line in text.strip().splitlines():
        programs, file, writes, install = (part.strip() for part in line.split("|"))
        yield from ((program, _Offer(file, writes, install)) for program in programs.split())


_OFFERS: Mapping[str, _Offer] = dict(
    _offers(
        """
pip pipx | requirements.txt | pip-compile --generate-hashes | pip install --require-hashes -r requirements.txt
uv | uv.lock | uv lock | uv sync --locked
poetry | poetry.lock | poetry lock | poetry install
pipenv | Pipfile.lock | pipenv lock | pipenv sync
pdm | pdm.lock | pdm lock | pdm sync
npm | package-lock.json | npm install --package-lock-only | npm ci
yarn yarnpkg | yarn.lock | yarn install | yarn install --immutable (classic: --frozen-lockfile)
pnpm | pnpm-lock.yaml | pnpm install --lockfile-only | pnpm install --frozen-lockfile
bun | bun.lock | bun install --lockfile-only | bun install --frozen-lockfile
gem bundle bundler | Gemfile.lock | bundle lock | BUNDLE_FROZEN=true bundle install
composer | composer.lock | composer update --no-install | composer install
mix | mix.lock | mix deps.get | mix deps.get --check-locked
dart flutter | pubspec.lock | dart pub get | dart pub get --enforce-lockfile
R Rscript | renv.lock | renv::snapshot() | renv::restore()
cargo | Cargo.lock | cargo generate-lockfile | cargo build --locked
go | go.sum | go mod tidy | go mod download
dotnet | packages.lock.json | dotnet restore --use-lock-file | dotnet restore --locked-mode
gradle gradlew | gradle.lockfile | gradle dependencies --write-locks | gradle with dependencyLocking
conda mamba micromamba | explicit.txt | conda list --explicit | conda create --file explicit.txt
"""
    )
)
"""Program → what its manager offers. Maven has no lock file."""

_PINNED = {
    "pypi": compiled(r"[\w.-]+(?:\[[^\]]*\])?\s*===?\s*[\w.!+-]+\s*(?:;.*)?"),
    "npm": compiled(r"@?[^@\s]+@(?:npm:@?[^@\s]+@)?v?\d+\.\d+\.\d+[\w.+-]*"),
    "gem": compiled(r"[\w.-]+:\d[\w.-]*"),
}
_WORST = ("lock-behind", "lock-not-read")
"""Codes of a lock file that is there, and does not count."""


class KnownUnlocked:
    """The installs of a Dockerfile, without those of which a file decides, where no file is read."""

    def __init__(self, *, context_is_read: bool) -> None:
        self._context_is_read = context_is_read
        self._found: dict[Unlocked, None] = {}

    @property
    def every(self) -> tuple[Unlocked, ...]:
        """Each once."""
        return tuple(self._found)

    def add(self, instruction: Instruction, found: Iterable[Unlocked]) -> None:
        """Those of an instruction; nothing can be done about a trigger here."""
        for item in found if not is_trigger(instruction) else ():
            if self._context_is_read or item.reason.code == "not-locked":
                self._found[replace(item, line=instruction.line)] = None


def pinned(manager: str, words: Iterable[str]) -> str:
    """The first word, where each of them names one version; else nothing."""
    every, pattern = tuple(words), _PINNED.get(manager)
    return every[0] if every and pattern and all(pattern.fullmatch(word) for word in every) else ""


def advise_on_locks(
    unlocked: Iterable[Unlocked], chains: Iterable[PackageChain], silent: frozenset[int]
) -> tuple[Advice, ...]:
    """One line for each manager. ``silent``: first lines of instructions about which nothing is advised."""
    policies = {
        (run.line, command.program): run.policy
        for chain in chains
        for run in chain.runs
        for command in run.commands
    }
    first: dict[_Offer, Unlocked] = {}
    for item in unlocked:
        offer = _OFFERS.get(item.program)
        off = policies.get((item.line, item.program)) is PackagePolicy.OFF
        if offer is None or off or item.line in silent:
            continue
        if offer not in first or _is_worse(item, first[offer]):
            first[offer] = item
    return tuple(
        _advice(item, offer, policies.get((item.line, item.program), PackagePolicy.NAMED))
        for offer, item in first.items()
    )


def _is_worse(one: Unlocked, other: Unlocked) -> bool:
    return one.reason.code in _WORST and other.reason.code not in _WORST


def _advice(item: Unlocked, offer: _Offer, policy: PackagePolicy) -> Advice:
    if item.reason.code in _WORST:
        text = f"{item.program}: {item.reason.what}; write it again with '{offer.writes}'"
        return Advice(item.line, text, item.reason.code)
    lock = f"{offer.file}, which '{offer.writes}' writes, names all packages"
    better = f"{lock}: copy it before the RUN, and install with '{offer.install}'"
    if not item.pinned:
        return Advice(item.line, f"{item.program}: {item.reason.what}; {better}", "unlocked-install")
    floats = f"{item.program}: {item.pinned} names one version, and what it depends on floats"
    watched = "watched" if policy is PackagePolicy.CLOSURE else f"not watched (packages = {policy})"
    return Advice(item.line, f"{floats} and is {watched}; {better}", "dependencies-float")
