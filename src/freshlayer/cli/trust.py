"""``freshlayer trust``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from freshlayer.cli import declared
from freshlayer.cli.echo import echo
from freshlayer.cli.options import Options, ours
from freshlayer.errors import OptionError
from freshlayer.reference import shown
from freshlayer.settings import HostSettings, Policy

_NAMES_VARIABLE = ("user_env", "password_env", "token_env", "key_password_env")
_LONGEST = 1000
_NAMES_FILE = ("ca", "certificate", "key")


@declared.command(
    "trust",
    short_help="let a project's settings name programs and variables for hosts",
    epilog="\b\nExamples:\n  freshlayer trust\n  freshlayer trust --remove web",
)
@declared.argument("directory", metavar="[DIR]", default=".", type=declared.DIRECTORY)
@declared.option("--remove", is_flag=True, help="take it back")
@ours("trust")
def command(options: Options, directory: str, remove: bool) -> int:
    """Approve the settings file in DIR as it is now: freshlayer.toml, or [tool.freshlayer] of pyproject.toml.

    Its [hosts] then count: the programs, variables and files that they name are used for those hosts. Once
    the file is changed, or is in another directory, it has to be approved again. Everything else in the
    settings of a project counts without that.
    """
    from freshlayer.context import read_settings
    from freshlayer.settings import read
    from freshlayer.state.trusted import distrust, trust

    found = read_settings(Path(directory))
    if found is None:
        raise OptionError(
            f"{shown(directory)}: there is no freshlayer.toml, and no pyproject.toml with [tool.freshlayer]"
        )
    text, where, table = found
    if remove:
        kept, lines = distrust(where, os.environ), [f"{where}: no longer trusted"]
    else:
        policy = read(text, where, *table)
        kept, lines = trust(where, text, os.environ), [f"{where}: trusted as it is now", *_lines(policy)]
    for line in (*lines, f"{kept}: written") if not options.quiet else ():
        echo(shown(line, _LONGEST))
    return 0


def _lines(policy: Policy) -> Iterator[str]:
    """What the user approves."""
    for name, host in sorted(policy.hosts.items()):
        yield f"  {name}: {'; '.join(_approved(host)) or 'nothing but a user name or a header'}"
    if not policy.hosts:
        yield "  it has no [hosts], so that nothing of it needed to be trusted"


def _approved(host: HostSettings) -> Iterator[str]:
    if host.command:
        yield f"runs {' '.join(host.command)}"
    variables = [value for name in _NAMES_VARIABLE if (value := getattr(host, name))]
    if variables:
        yield f"is shown the variables {', '.join(variables)}"
    files = [value for name in _NAMES_FILE if (value := getattr(host, name))]
    if files:
        yield f"uses the files {', '.join(files)}"
    if host.insecure:
        yield "is probed over plain HTTP"
