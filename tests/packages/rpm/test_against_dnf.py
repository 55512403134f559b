"""What freshlayer states that a command would install is what dnf itself would install, to the version."""

from __future__ import annotations

import shlex

import pytest

from testing.rpm.dnf_oracle import Dnf
from testing.rpm.world import World, nevras

pytestmark = pytest.mark.slow

LINES = """\
install wget
install git
install gcc
install gcc-c++ make
install curl
--allowerasing install curl
install httpd
install nginx
install nginx-1.20-1
install nginx-1:1.20
install 'nginx >= 1:1.21'
install 'nginx < 1:1.21'
install python3
install python3-pip
install python3-mod39
install python3-mod1*
install java-17-openjdk
install maven
install nodejs
install cronie
install procmail
install MTA
install old-tool
install joined
install needs-enemy
install broken
install tool
install tool-1.0
--nobest install tool
install user-of-tool
--nobest install user-of-tool
install lib32
install lib32.i686
install only32
install epoch-wins
install tilde
install caret
install rich-or
install rich-if
install rich-with
install rich-else
install rich-if httpd
install rich-else httpd
install weak-chain
install weak-conflict
install wget man-db
install /usr/bin/git
install /usr/sbin/alternatives
install /usr/share/fonts/base.conf
install /no/such/file
install fontconfig
install kernel
install 'perl(Git)'
install 'python3dist(mod7)'
install bash
install openssl-libs
install glibc-all-langpacks
install addon-for-nginx
install nginx langpacks-core-de
install rpm-build
install *.i686
install git-*
install mod_*
install mod_tls
install webserver
install no-such-package
install wget no-such-package
--setopt=strict=0 install wget no-such-package
--setopt=install_weak_deps=0 install httpd
--setopt=install_weak_deps=False install wget man-db
--exclude=less install git-core
--exclude=mod_lua install httpd
--exclude=mod_lua,mod_http2 install httpd
--setopt=repo.exclude=mod_* install httpd
--disablerepo=repo install zlib
--repo=base1 install tzdata
--repo=base1 install curl
--setopt=base1.priority=1 upgrade
--setopt=base1.priority=1 install bash
--setopt=repo.includepkgs=bash,wget upgrade
--setopt=multilib_policy=all install lib32
upgrade
upgrade bash
upgrade openssl*
upgrade no-such-package bash
--exclude=glibc* upgrade
--nobest upgrade
distro-sync
distro-sync bash
reinstall zlib
reinstall ncurses-libs
remove curl-minimal
install pkg010 pkg020 pkg030
install pkg15*
install group-3
install /usr/bin/pkg*
install crontabs.noarch exim
install kernel-core-5.14
install coreutils-single
--allowerasing install coreutils-single
install wget.x86_64 git.*
install wget.aarch64
install git-core-2.43-1.x86_64
install git-2.43*
install glibc-2-1.x86_64
install [w]get
install python3-mod?
""".splitlines()


@pytest.mark.parametrize("line", LINES)
def test_the_closure_is_that_of_dnf(world: World, dnf: Dnf, line: str) -> None:
    words = shlex.split(line)
    theirs = dnf.choose(words)
    ours = world.resolve(words)[1]
    assert nevras(ours) == theirs.chosen, theirs.printed
    assert (ours.problem is not None) == theirs.failed, theirs.printed
