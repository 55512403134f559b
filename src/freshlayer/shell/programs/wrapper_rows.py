"""Programs that run another command: a row each.

names | operands before the command | options with a value | options whose value is a script. An operand is
written ``1``, or as the pattern of what is one where it may be missing. ``conda run``: the
subcommand that runs. ``script``: the last operand is one, where no ``--`` is before a command.
"""

from __future__ import annotations

import re
from functools import cache

from msgspec import Struct

_TABLE = """
sudo | | -C -D -g -h -p -R -r -T -t -U -u --user --group --chdir --host --prompt --role --type
    --close-from
doas | | -u -C -a
env | | -u -C --unset --chdir | -S --split-string
exec | | -a
command builtin nohup eatmydata busybox toybox linux32 linux64 i386 unbuffer catchsegv chronic
    with-contenv setsid dbus-run-session dbus-launch torsocks torify proxychains proxychains4 box64 box86
    noglob cross-env
time | | -f -o --format --output
nice | | -n --adjustment
ionice | | -c -n -p --class --classdata
timeout | 1 | -k -s --kill-after --signal
gosu su-exec setuidgid s6-setuidgid s6-envuidgid envdir taskset chrt faketime | 1
s6-applyuidgid | | -u -g -G
s6-softlimit softlimit cpulimit | | -a -c -d -f -l -m -o -p -r -s -t -e
chpst | | -u -U -b -e -d -n -l -m -p -o -f -c -r -t -/
retry with_retry with-retry retry_command backoff | \\d+ | -n -d -t -s -m --times --delay --tries --max
    --sleep
    --attempts --max-attempts --interval
setarch | (?:x86_64|i[3-6]86|aarch64|arm\\w*|ppc\\w*|s390x?|riscv64|linux(?:32|64)|\\$.*) | -p
stdbuf | | -i -o -e --input --output --error
setpriv | | --reuid --regid --groups --inh-caps --ambient-caps --bounding-set --securebits --pdeathsig
    --selinux-label --apparmor-profile
xvfb-run | | -e -f -n -p -s -w --error-file --auth-file --server-num --xauth-protocol --server-args --wait
fakeroot fakechroot | | -l -s -i -b --lib --faked --fd-base
flock | 1 | -w -E --timeout --wait --conflict-exit-code | -c --command
chroot | 1 | --userspec --groups
unshare nsenter | | -S -G -R -w -t --setuid --setgid --root --wd --propagation --map-user
    --map-group --target
runuser | | -u -g -G --user --group --supp-group -w
scl enable | script
tini dumb-init | | -p -e -r
ssh-agent | | -a -E -P -t -O
proot | | -S -r -R -b -w -q --rootfs --bind --cwd
strace ltrace | | -o -e -p -s -u -E -a -b -O -S -P -I -n
script | | | -c --command
watch | | -n --interval
systemd-run | | -p -u --property --unit --uid --gid -E --setenv
conda run, mamba run, micromamba run | | -n -p -r --name --prefix --cwd --root-prefix
poetry run, pipenv run, pdm run, rye run, hatch run, bundle exec, rbenv exec, pyenv exec, asdf exec,
    goenv exec, nodenv exec, opam exec, stack exec, corepack yarn, corepack pnpm
mise exec, mise x, rtx exec | (?!--).*@.*
rustup run, direnv exec, nvm exec, fnm exec | 1 | --using
"""


class Wrapper(Struct, frozen=True):
    """``operands``: a pattern of each operand before the command; ``ends_in_script``: see the table."""

    operands: re.Pattern[str] | None
    values: frozenset[str]
    scripts: frozenset[str]
    ends_in_script: bool = False

    def takes(self, option: str) -> bool:
        """Whether the value of an option is the next word."""
        return self._named(option, self.values | self.scripts)

    def is_script(self, option: str) -> bool:
        """Whether the value of an option is a script."""
        return self._named(option, self.scripts)

    def _named(self, option: str, names: frozenset[str]) -> bool:
        """``-u``, and ``-Eu`` where E takes no value."""
        if option in names or option.startswith("--"):
            return option in names
        return f"-{option[-1]}" in names and not any(f"-{letter}" in names for letter in option[1:-1])


@cache
def wrappers() -> dict[str, Wrapper]:
    """Name, or name and subcommand → how it runs another command."""
    found: dict[str, Wrapper] = {}
    for line in re.sub(r"\n\s+", " ", _TABLE).strip().splitlines():
        cells = [*re.split(r"\s\|(?=\s|$)", line), "", "", ""]
        names, operands, values, scripts = (cell.strip() for cell in cells[:4])
        alone = operands == "script"
        pattern = re.compile(".*" if operands == "1" else operands) if operands and not alone else None
        row = Wrapper(pattern, frozenset(values.split()), frozenset(scripts.split()), alone)
        each = names.split(",") if "," in names else [names] if names.endswith(" enable") else names.split()
        found.update({name.strip(): row for name in each})
    return found


@cache
def first_names() -> frozenset[str]:
    """What the first word of a command with a wrapper is."""
    return frozenset(name.partition(" ")[0] for name in wrappers())


def wrapper_of(name: str, subcommand: str) -> tuple[Wrapper | None, int]:
    """The wrapper that these first words name, and how many of them do."""
    both = wrappers().get(f"{name} {subcommand}")
    return (both, 2) if both else (wrappers().get(name), 1)
