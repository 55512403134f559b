"""Programs that run another command: what of their words is the command. ``p x`` runs in each."""

from __future__ import annotations

import pytest

from testing.scripts import calls, surroundings

RUNS_IT = """
sudo p x
sudo -Eu root p x
sudo --user root p x
sudo -- p x
doas -u root p x
runuser -u root -- p x
runuser -u root p x
runuser -l root -c 'p x'
runuser root -c 'p x'
runuser - root -c 'p x'
su root -c 'p x'
su - root -c 'p x'
s6-setuidgid root p x
setpriv --reuid=1000 --clear-groups p x
setpriv --reuid 1000 --init-groups -- p x
setarch x86_64 p x
setarch -R p x
setarch x86_64 -R p x
setarch "$(uname -m)" -R p x
linux32 p x
xvfb-run p x
xvfb-run -a -s '-screen 0 1x1x8' p x
xvfb-run --auto-servernum --server-args='-screen 0' p x
fakeroot p x
fakeroot -- p x
flock /lock p x
flock -w 10 /lock p x
flock -x /lock -c 'p x'
flock /lock sh -c 'p x'
chroot /mnt p x
chroot --userspec=1:1 /mnt p x
chroot /mnt sh -c 'p x'
unshare -rm p x
unshare --map-root-user -- p x
scl enable devtoolset-9 'p x'
scl enable devtoolset-9 rh-git -- p x
ssh-agent sh -c 'p x'
ssh-agent bash -c 'set -e; p x'
tini -- p x
tini -g -- p x
dumb-init p x
catchsegv p x
nix-shell --run 'p x'
nix-shell -p curl --run 'p x'
parallel p ::: x
parallel p {} ::: x
parallel -j 4 'p {}' ::: x
parallel ::: 'p x'
echo x | parallel p
echo x | parallel -j2 p {}
nice -n 5 p x
nice -5 p x
ionice -c 3 p x
stdbuf -oL p x
timeout 60 p x
timeout -k 5 60s p x
timeout --signal KILL 60 p x
retry p x
retry 5 p x
retry -n 5 -d 10 p x
retry 5 10 p x
env -i A=b p x
env -u A p x
env -S 'p x'
gosu root p x
su-exec root:root p x
busybox p x
eatmydata p x
time -f %e p x
setsid -w p x
chpst -u root -e /env p x
taskset 0x1 p x
conda run -n base p x
conda run --no-capture-output -n base p x
micromamba run -n base p x
poetry run p x
bundle exec p x
mise exec node@20 -- p x
opam exec -- p x
rustup run nightly p x
direnv exec . p x
proxychains4 -q p x
torsocks p x
sudo env A=b timeout 60 nice p x
sudo -u root sh -c 'p x'
script -qec 'p x' /dev/null
$(which sudo) sudo p x || p x
"""


@pytest.mark.parametrize("script", RUNS_IT.strip().splitlines())
def test_the_wrapped_command_runs(script: str) -> None:
    assert ["p", "x"] in calls(script, surroundings())


def test_a_wrapper_without_a_command_runs_nothing() -> None:
    assert calls("flock -n 9; sudo; xvfb-run -a; setarch x86_64", surroundings()) == []


def test_each_word_of_parallel_is_a_command() -> None:
    found = calls("parallel -j2 p {} ::: a b", surroundings())
    assert [words for words in found if words[0] == "p"] == [["p", "a"], ["p", "b"]]


def test_the_packages_of_a_nix_shell_are_read_too() -> None:
    assert ["nix-shell", "-p", "curl"] in calls("nix-shell -p curl --run 'p x'", surroundings())
