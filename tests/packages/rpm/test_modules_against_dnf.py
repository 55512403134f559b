"""Modules, groups and updates: what dnf itself would install."""

from __future__ import annotations

import shlex

import pytest

from testing.rpm.dnf_oracle import Dnf
from testing.rpm.world import World, nevras

pytestmark = pytest.mark.slow

LINES = """\
install nodejs
install npm
install nodejs-plain
install nodejs-devel
install app-on-node
install app-on-any-node
install app-on-postgres
install postgresql-server
install perl-extra
install alone
install wget
install @nodejs
install @nodejs:18
install @nodejs:20
install @nodejs:18/minimal
install @nodejs:18/development
install @nodejs:99
install @postgresql:15
install @perl:5.30
install @perl:5.30 @postgresql:15
install @alone
install @alone:1/default
module install nodejs:18
module install nodejs:18/development
module install nodejs
module install nodejs:18/none
module install alone
module install no-such-module
module enable nodejs:20
module disable nodejs
--setopt=modular.module_hotfixes=1 install nodejs
--setopt=module_platform_id=platform:other install nodejs
install @web
install @tools
install @web git
install 'Web Server'
install '@Web Server'
install '@Development Tools'
install @no-such-group
install @server-environment
groupinstall web
groupinstall 'Development Tools'
groupinstall --with-optional web
groupinstall server-environment
--setopt=group_package_types=mandatory groupinstall web
--exclude=mod_ssl groupinstall web
--security upgrade
--bugfix upgrade
--security upgrade bash
--security upgrade coreutils
""".splitlines()


@pytest.mark.parametrize("line", LINES)
def test_the_closure_is_that_of_dnf(modular: World, modular_dnf: Dnf, line: str) -> None:
    words = shlex.split(line)
    theirs = modular_dnf.choose(_of_dnf(words))
    ours = modular.resolve(words)[1]
    assert nevras(ours) == theirs.chosen, (theirs.printed, ours.problem)
    assert (ours.problem is not None) == theirs.failed, theirs.printed


def _of_dnf(words: list[str]) -> list[str]:
    return [part for word in words for part in (("group", "install") if word == "groupinstall" else (word,))]
