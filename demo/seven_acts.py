"""``make demo``: ``freshlayer demo``, seven acts in two ways on both builders, and an act of the service."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from testing.command import FRESHLAYER
from testing.engine import EngineError, PrivateEngine, available
from testing.origins import RESTIFY, Origin, RestifyOrigin, ServeOrigin
from testing.process import ChildError
from testing.seven_acts import FIRST_TAG, Act, Stage, flag_file_alone, play
from testing.users_engine import UsersEngine, unusable
from testing.watch_act import watch_act

TAG = "freshlayer-acts"
EXPLAINED = """\
Seven acts: one origin, one file, a Dockerfile that downloads it, on both builders. Two remedies:

  flag file   freshlayer flag URL -o docker.etag     before each plain docker build; the Dockerfile has
                                                     ADD docker.etag and reads it before the download
  drop-in     freshlayer build                       in place of docker build; the Dockerfile stays as it is

An eighth act is the service: freshlayer watch, with a trigger that runs the drop-in.

What ran is read from the origin's log of requests, not from the builder's display.
"""
VERBOSE = "--verbose"


def main(words: Sequence[str]) -> int:
    """Run ``freshlayer demo`` and all acts; 0 where each of them holds. ``--verbose`` prints each check."""
    started = time.monotonic()
    with ExitStack() as stack:
        engine = _engine(stack)
        environment = os.environ if engine is None else engine.environment(buildkit=True)
        shown = subprocess.run([*FRESHLAYER, "demo"], env=dict(environment), check=False).returncode
        print(f"\n{EXPLAINED}", flush=True)
        if engine is None:
            return _without_a_builder(stack) or shown
        acts = [act for acts in _combinations(engine, verbose=VERBOSE in words) for act in acts]
        acts.append(_watched(engine, verbose=VERBOSE in words))
    _sum_up(acts)
    held = sum(act.holds for act in acts)
    hint = "" if VERBOSE in words else f"; each check with {VERBOSE}"
    print(f"\n{held} of {len(acts)} checks hold ({time.monotonic() - started:.0f} s{hint})")
    return shown or int(held != len(acts))


def _sum_up(acts: Sequence[Act]) -> None:
    """A line for each act, over all combinations."""
    for number in sorted({act.number for act in acts}):
        same = [act for act in acts if act.number == number]
        held = sum(act.holds for act in same)
        titles = " / ".join(dict.fromkeys(act.title for act in same))
        print(f"  {'ok  ' if held == len(same) else 'FAIL'} {held} of {len(same)}  {number}. {titles}")


def _engine(stack: ExitStack) -> PrivateEngine | UsersEngine | None:
    reason = available()
    if reason is None:
        try:
            return stack.enter_context(PrivateEngine())
        except (EngineError, ChildError) as error:
            reason = str(error).splitlines()[0]
    print(f"No private engine can be started: {reason}.")
    why = unusable()
    if why is None:
        print("Your own engine is used: it gets one base image, which is removed at the end.\n")
        return stack.enter_context(UsersEngine())
    print(f"Your own engine can't be used: {why}.")
    return None


def _combinations(engine: PrivateEngine | UsersEngine, *, verbose: bool) -> Iterator[list[Act]]:
    kinds: list[tuple[str, type[Origin]]] = [("freshlayer serve", ServeOrigin)]
    if shutil.which("node") and (RESTIFY / "node_modules").is_dir():
        kinds.append(("restify", RestifyOrigin))
    else:
        print(
            "The acts with a restify origin are left out: there is no node, or no npm to install restify.\n"
        )
    for buildkit in (False, True):
        for by_flag in (True, False):
            for name, kind in kinds:
                builder, way = (
                    "BuildKit" if buildkit else "classic builder",
                    "flag file" if by_flag else "drop-in",
                )
                if verbose:
                    print(f"{builder}, {way}, origin: {name}")
                acts = []
                for act in _played(engine, kind, buildkit=buildkit, by_flag=by_flag):
                    _print(act, verbose=verbose)
                    acts.append(act)
                yield acts


def _played(
    engine: PrivateEngine | UsersEngine, kind: type[Origin], *, buildkit: bool, by_flag: bool
) -> Iterator[Act]:
    environment = engine.environment(buildkit=buildkit)
    with tempfile.TemporaryDirectory(prefix="freshlayer-demo-") as directory:
        here = Path(directory)
        with kind(here, FIRST_TAG) as origin, ServeOrigin(here, '"marker"') as markers:
            stage = Stage(here / "context", origin, markers, environment, TAG, by_flag, engine.image_id)
            yield from play(stage)


def _watched(engine: PrivateEngine | UsersEngine, *, verbose: bool) -> Act:
    """The last act: ``freshlayer watch`` finds a change and has the image built."""
    if verbose:
        print("freshlayer watch, BuildKit, drop-in")
    with tempfile.TemporaryDirectory(prefix="freshlayer-demo-") as directory:
        act = watch_act(Path(directory), {**os.environ, **engine.environment(buildkit=True)})
    _print(act, verbose=verbose)
    return act


def _without_a_builder(stack: ExitStack) -> int:
    """What the flag file alone shows."""
    print("So the acts that build can't be shown; this is what the flag file does in acts 1 to 7:\n")
    here = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freshlayer-demo-")))
    acts = []
    for act in flag_file_alone(here, stack.enter_context(ServeOrigin(here, FIRST_TAG))):
        _print(act, verbose=True)
        acts.append(act)
    return 0 if all(act.holds for act in acts) else 1


def _print(act: Act, *, verbose: bool) -> None:
    """One check: always where it fails."""
    if verbose or not act.holds:
        print(
            f"  {'ok  ' if act.holds else 'FAIL'} {act.number}. {act.title}\n         {act.seen}", flush=True
        )
    if not act.holds:
        print(f"         expected: {act.expected}\n{act.output}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
