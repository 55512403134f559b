"""``freshlayer watch``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshlayer.cli import declared
from freshlayer.cli.echo import echo
from freshlayer.cli.exit_codes import DONE, TROUBLE
from freshlayer.cli.options import Options, ours

if TYPE_CHECKING:
    from pathlib import Path

    from freshlayer.watch.settings import WatchSettings


@declared.command(
    "watch",
    short_help="probe on a schedule, and trigger rebuilds",
    epilog="\b\nExamples:"
    "\n  freshlayer watch --once ."
    "\n  freshlayer watch --config watch.toml /srv/projects"
    "\n  freshlayer watch https://git.example.org/team/app.git"
    "\n  freshlayer watch --config watch.toml --test-trigger rebuild",
)
@declared.argument("paths", nargs=-1, type=declared.ANY_FILE, metavar="[PATH|REPOSITORY]…")
@declared.option(
    "--config",
    metavar="FILE",
    type=declared.ANY_FILE,
    help="intervals, paths and triggers (watch.toml)",
)
@declared.option("--listen", metavar="ADDRESS", help="HOST:PORT of the API, or off (127.0.0.1:8765)")
@declared.option("--once", is_flag=True, help="one round: probe everything, fire triggers, print the report")
@declared.option("--test-trigger", metavar="NAME", help="deliver a test message of this trigger, and end")
@declared.option(
    "--worker", is_flag=True, help="one of several processes that share a state: no API, unless --listen"
)
@ours("watch")
def command(
    options: Options,
    paths: tuple[str, ...],
    config: str | None,
    listen: str | None,
    once: bool,
    test_trigger: str | None,
    worker: bool,
) -> int:
    """Probe the inputs of every Dockerfile below PATH on a schedule, each once for all of them.

    PATH is a directory; it is searched as by check --recursive, and for compose and bake files. REPOSITORY
    is the URL of a git repository, of which the default branch is cloned and fetched on a schedule. When an
    input of an image changes, the triggers of the configuration fire. SIGTERM ends the service within 10
    seconds.

    Any number of processes with --worker share the probes, where --state is the URL of a PostgreSQL server:
    each reference is probed by one of them. One of them judges, and another takes over when it ends.

    With --once the exit codes are those of check. A trigger that could not be delivered is exit code 2; the
    next run tries again.
    """
    settings, directory = _settings(config)
    if test_trigger is not None:
        return _test(settings, directory, test_trigger)
    if options.format and not once:
        from freshlayer.errors import OptionError

        raise OptionError(
            f"watch: --format {options.format}: only a single round prints a report (pass --once)"
        )
    from freshlayer.cli.watch_projects import given
    from freshlayer.cli.watch_service import run

    settings, searched = given(settings, directory, paths)
    if worker:
        listen = _of_worker(options, listen)
    return run(options, settings, directory, searched, listen, once=once)


def _of_worker(options: Options, listen: str | None) -> str:
    """Where it listens: nowhere, but where it is typed. Raises OptionError where nothing can be shared."""
    from pathlib import Path

    from freshlayer.cli.state_place import state_path
    from freshlayer.errors import OptionError

    if isinstance(state_path(options), Path):
        raise OptionError("--worker: the state is a file (pass --state postgresql://USER@HOST:PORT/DATABASE)")
    return listen or "off"


def _settings(config: str | None) -> tuple[WatchSettings, Path]:
    """The file of --config and its directory. Raises OptionError."""
    from pathlib import Path

    from freshlayer.errors import OptionError
    from freshlayer.files.bounded_read import read_text
    from freshlayer.reference import shown
    from freshlayer.watch.settings import WatchSettings, read

    if config is None:
        return WatchSettings(), Path.cwd()
    where = shown(config)
    try:
        text = read_text(config, 1024 * 1024)
    except UnicodeDecodeError:
        raise OptionError(f"{where}: is not UTF-8") from None
    except OSError as error:
        raise OptionError(f"{where}: can't be read: {error.strerror}") from None
    return read(text, where), Path(config).absolute().parent


def _test(settings: WatchSettings, directory: Path, name: str) -> int:
    from freshlayer.cli.watch_end import End, OverdueError
    from freshlayer.errors import OptionError
    from freshlayer.model.watched import Cause, CauseKind, Standing
    from freshlayer.report.terminal import warn
    from freshlayer.watch.delivery import deliver
    from freshlayer.watch.firing import test_message
    from freshlayer.watch.sending import DeliveryError, Means

    trigger = settings.triggers.get(name)
    if trigger is None:
        there = ", ".join(settings.triggers) or "none"
        raise OptionError(f"--test-trigger {name}: there is no such trigger (there are: {there})")
    cause = Cause("https://example.org/test", "sha256:" + "0" * 64, CauseKind.INPUT, 1)
    standing = Standing("test/Dockerfile", 1, 1, (cause,))
    end = End()
    try:
        with end.by_signals():
            means = Means(directory, settings.secret_variables)
            deliver(trigger.target, test_message(standing, trigger.rule), means, end.is_set)
    except DeliveryError as error:
        warn(f"trigger {name}: {error}")
        return TROUBLE
    except OverdueError:
        warn(f"trigger {name}: was ended by a signal")
        return TROUBLE
    echo(f"trigger {name}: delivered")
    return DONE
