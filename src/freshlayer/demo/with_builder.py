"""The demonstration with the user's own builder."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from freshlayer.builders.base import Builder
from freshlayer.builders.command_line.build import read
from freshlayer.demo.commands import Commands, Ran, freshlayer, shown
from freshlayer.demo.images import Images
from freshlayer.demo.origin import Request
from freshlayer.demo.project import DATA, NEW, OLD, TOOL, Project
from freshlayer.errors import BuilderError

Write = Callable[[str], None]
_NETWORK = "--network=host"
_RUNS = 2
_KEEPING = frozenset({"buildkit", "buildx"})
_LENGTH_OF_ID = 64
_LONGEST_REASON = 200


class UnusableBuilderError(BuilderError):
    """The builder can't build the example."""


class Built(Struct, frozen=True):
    """A build and the content of DATA in its image."""

    ran: Ran
    content: str


class Workplace(Struct, frozen=True):
    """What the steps need. ``chosen``: the value of ``--builder``; ``made``: see ``images_of``."""

    project: Project
    builder: Builder
    chosen: str | None
    commands: Commands
    images: Images
    made: set[str]
    write: Write

    def build(self, argv: list[str], tag: str) -> Built:
        """Run a build and print what it did. Raises UnusableBuilderError where it fails."""
        ran = self.commands.run([*argv, _NETWORK, "-t", tag, "."])
        image = self.images.identify(tag)
        self.made.update({image, tag} - {""})
        downloads = " and ".join(ran.downloads) or "nothing"
        self.write(f"   $ {shown([*argv, _NETWORK, '-t', tag, '.'])}")
        if ran.code:
            raise UnusableBuilderError(reason_of(ran))
        self.write(f"     downloaded {downloads} in {ran.seconds:.1f} s")
        return Built(ran, self.images.read(image, DATA))


def demonstrate(
    project: Project, builder: Builder, chosen: str | None, log: Sequence[Request], write: Write
) -> bool:
    """Print each step; whether all happened as the last lines state.

    ``chosen``: the value of ``--builder``, if it was given; ``log``: the origin's. Raises
    UnusableBuilderError where the builder can't build the example.
    """
    environment = builder.environment
    with images_of(builder, project.state.parent, project.base, write) as (images, made):
        commands = Commands(project.context, environment, log)
        return _steps(Workplace(project, builder, chosen, commands, images, made, write))


def _steps(place: Workplace) -> bool:
    name = f"freshlayer-demo-{secrets.token_hex(2)}"
    plain, ours = f"{name}:plain", f"{name}:fresh"
    own = freshlayer(place.project.state, place.chosen, "build")
    words = list(place.builder.argv)
    place.write("\n1. The first builds: by the builder alone, and by freshlayer.")
    first = [place.build(words, plain), place.build(own, ours)]
    place.project.publish(NEW)
    place.write(f"\n2. Upstream, {DATA} changes from {OLD!r} to {NEW!r}.")
    place.write("\n3. The builder alone, again:")
    second = place.build(words, plain)
    _print_cached(place, second.ran)
    place.write(f"     {DATA} in the image: {second.content}")
    place.write("\n4. What is stale, and why; nothing is built:")
    _check(place)
    place.write("\n5. freshlayer, again:")
    third = place.build(own, ours)
    _print_summary(place, third.ran)
    place.write(f"     {DATA} in the image: {third.content}")
    return _conclude(place.write, first, second, third)


def _check(place: Workplace) -> None:
    argv = freshlayer(place.project.state, place.chosen, "check", ".")
    ran = place.commands.run(argv)
    place.write(f"   $ {shown(argv)}")
    for line in ran.out.decode("utf-8", "replace").splitlines()[1:]:
        place.write(f"   {line}")


def _print_cached(place: Workplace, ran: Ran) -> None:
    """What the builder's own display reports of the two RUN instructions, which are the last ones."""
    command = read([_NETWORK, "."], place.builder.environment, place.builder.family)
    reader = place.builder.reader(command)
    if reader is None:
        return
    reader.feed(ran.out if reader.stream == 1 else ran.err, 0.0)
    last = [event for event in reader.ended(0.0) if event.number > event.total - _RUNS]
    place.write(f"     CACHED: {sum(event.cached for event in last)} of {_RUNS} RUN instructions")


def _print_summary(place: Workplace, ran: Ran) -> None:
    """The last line of freshlayer's own report."""
    lines = [line for line in ran.lines if line.startswith("freshlayer: ")]
    if lines:
        place.write(f"     {lines[-1].removeprefix('freshlayer:').strip()}")


def _conclude(write: Write, first: list[Built], second: Built, third: Built) -> bool:
    before = all(set(build.ran.downloads) == {TOOL, DATA} and build.content == OLD for build in first)
    alone = second.ran.downloads == () and second.content == OLD
    ours = third.ran.downloads == (DATA,) and third.content == NEW
    write("")
    if before and alone and ours:
        write(
            f"The builder alone kept the old file. With freshlayer, one instruction ran again: {DATA} is new."
        )
    else:
        write("This is not what was expected: the builder took another part of the build from its cache.")
    write("Downloads are read from the origin's log of requests, contents from the images.")
    return before and alone and ours


def reason_of(ran: Ran) -> str:
    """Why a build failed: the last line that it printed which reports an error."""
    lines = [line.strip() for line in ran.lines if line.strip() and not line.startswith("freshlayer:")]
    errors = [line for line in lines if "error" in line.lower() or "fail" in line.lower()]
    return next(reversed(errors or lines), f"exit code {ran.code}")[:_LONGEST_REASON]


@contextmanager
def images_of(
    builder: Builder, directory: Path, base: str, write: Write
) -> Iterator[tuple[Images, set[str]]]:
    """The builder's images, and a set of names and ids to remove at the end; ``base`` too if it is new."""
    images = Images(builder.program, builder.environment, directory)
    made = {base} if base and not images.identify(base) else set()
    try:
        yield images, made
    finally:
        # Names first: what has a name is not removed by its id where another name leads to it.
        for name in sorted(made, key=_is_id):
            images.remove(name)
        left = [name for name in sorted(made) if images.identify(name)]
        write(
            f"Left behind: {', '.join(left)}" if left else f"The images are removed again{_cache(builder)}."
        )


def _cache(builder: Builder) -> str:
    """BuildKit has no way to remove entries of its cache by what they are for."""
    return "; BuildKit's cache keeps 2 MB until it is pruned" if builder.name in _KEEPING else ""


def _is_id(name: str) -> bool:
    return len(name.removeprefix("sha256:")) == _LENGTH_OF_ID
