"""A small distribution: a base, a repository, updates, another repository with a priority."""

from __future__ import annotations

import random
from collections.abc import Iterator

from testing.rpm.packages import Package

BASE = (
    "test-release",
    "bash",
    "coreutils",
    "glibc",
    "glibc-minimal-langpack",
    "rpm",
    "curl-minimal",
    "shadow-utils",
)
"""What is installed in the base; the rest of it comes as dependencies."""

_LIBC = ("libc.so.6(GLIBC_2.34)(64bit)", "libc.so.6()(64bit)")
_NEEDS_LIBC = (_LIBC[0],)


def base(version: str = "1") -> list[Package]:
    """The packages of the base, at a version."""
    lib = "x86_64"
    return [
        Package("filesystem", "3.16", files=("/etc/profile.d/sh.local",)),
        Package("setup", "2.13", requires=("test-release",), files=("/etc/passwd", "/etc/group")),
        Package(
            "test-release",
            "9",
            "4",
            provides=("system-release = 9", "system-release(releasever) = 9", "redhat-release = 9"),
            files=("/etc/test-release",),
        ),
        Package("basesystem", "11", requires=("setup", "filesystem")),
        Package(
            "glibc",
            version,
            arch=lib,
            provides=(*_LIBC, "ld-linux-x86-64.so.2()(64bit)", "rtld(GNU_HASH)"),
            requires=(f"glibc-common = {version}", "basesystem", f"glibc-langpack = {version}-1"),
            recommends=(f"glibc-gconv-extra = {version}-1",),
            files=("/usr/sbin/ldconfig-real", "/etc/ld.so.conf"),
        ),
        Package("glibc-common", version, arch=lib, requires=(f"glibc = {version}",), files=("/usr/bin/ldd",)),
        Package(
            "glibc-minimal-langpack",
            version,
            arch=lib,
            provides=(f"glibc-langpack = {version}-1",),
            requires=(f"glibc = {version}", f"glibc-common = {version}"),
        ),
        Package(
            "glibc-all-langpacks",
            version,
            arch=lib,
            provides=(f"glibc-langpack = {version}-1",),
            requires=(f"glibc = {version}",),
        ),
        Package("glibc-gconv-extra", version, arch=lib, requires=(f"glibc = {version}",)),
        Package(
            "bash",
            f"5.{version}",
            arch=lib,
            provides=("/bin/sh", "/bin/bash"),
            requires=(*_NEEDS_LIBC, "filesystem", "libtinfo.so.6()(64bit)"),
            files=("/usr/bin/bash", "/usr/bin/sh"),
        ),
        Package("ncurses-libs", "6.2", arch=lib, provides=("libtinfo.so.6()(64bit)",), requires=_NEEDS_LIBC),
        Package(
            "coreutils",
            f"8.{version}",
            arch=lib,
            requires=(*_NEEDS_LIBC, "libcrypto.so.3()(64bit)"),
            conflicts=("coreutils-single",),
            files=("/usr/bin/cat", "/usr/bin/env"),
        ),
        Package(
            "coreutils-single", f"8.{version}", arch=lib, requires=_NEEDS_LIBC, provides=("coreutils = 9",)
        ),
        Package(
            "openssl-libs",
            f"3.{version}",
            arch=lib,
            epoch=1,
            provides=("libcrypto.so.3()(64bit)", "libssl.so.3()(64bit)"),
            requires=(*_NEEDS_LIBC, "crypto-policies", "ca-certificates"),
            recommends=("openssl-pkcs11",),
            files=("/etc/pki/tls/openssl.cnf",),
        ),
        Package("crypto-policies", f"2023{version}"),
        Package("ca-certificates", f"2024.{version}", requires=("/bin/sh", "/usr/bin/cat")),
        Package("zlib", "1.2", arch=lib, provides=("libz.so.1()(64bit)",), requires=_NEEDS_LIBC),
        Package(
            "rpm-libs", f"4.{version}", arch=lib, provides=("librpm.so.9()(64bit)",), requires=_NEEDS_LIBC
        ),
        Package(
            "rpm",
            f"4.{version}",
            arch=lib,
            requires=(f"rpm-libs = 4.{version}-1", "/usr/bin/bash", "libz.so.1()(64bit)"),
            recommends=("rpm-plugin-selinux",),
            files=("/usr/bin/rpm",),
        ),
        Package(
            "libcurl-minimal",
            f"7.{version}",
            arch=lib,
            provides=(f"libcurl = 7.{version}-1", "libcurl.so.4()(64bit)"),
            requires=(*_NEEDS_LIBC, "libssl.so.3()(64bit)"),
        ),
        Package(
            "curl-minimal",
            f"7.{version}",
            arch=lib,
            provides=(f"curl = 7.{version}-1",),
            requires=("libcurl.so.4()(64bit)", f"libcurl >= 7.{version}-1"),
            files=("/usr/bin/curl",),
        ),
        Package(
            "shadow-utils",
            "4.9",
            arch=lib,
            epoch=2,
            requires=_NEEDS_LIBC,
            files=("/usr/sbin/useradd", "/usr/sbin/groupadd"),
        ),
        Package("gpg-keys", "1"),
        Package("tzdata", "2024a"),
    ]


def repository() -> list[Package]:
    """What is in the repository beside the base."""
    return [*_tools(), *_network(), *_languages(), *_alternatives(), *_rich(), *_filler()]


def _tools() -> Iterator[Package]:
    lib = "x86_64"
    yield Package("make", "4.3", arch=lib, epoch=1, requires=_NEEDS_LIBC, files=("/usr/bin/make",))
    yield Package(
        "binutils", "2.35", arch=lib, requires=(*_NEEDS_LIBC, "binutils-gold", "/usr/sbin/alternatives")
    )
    yield Package("binutils-gold", "2.35", arch=lib, requires=("binutils >= 2.35",))
    yield Package("chkconfig", "1.24", arch=lib, requires=_NEEDS_LIBC, files=("/usr/sbin/alternatives",))
    yield Package("cpp", "11.4", arch=lib, requires=("libmpc.so.3()(64bit)",))
    yield Package(
        "libmpc", "1.2", arch=lib, provides=("libmpc.so.3()(64bit)",), requires=("libgmp.so.10()(64bit)",)
    )
    yield Package("gmp", "6.2", arch=lib, epoch=1, provides=("libgmp.so.10()(64bit)",), requires=_NEEDS_LIBC)
    yield Package(
        "gcc",
        "11.4",
        arch=lib,
        requires=("cpp = 11.4-1", "binutils >= 2.31", "glibc-devel >= 2.2", "libgcc >= 11"),
        recommends=("annobin",),
        files=("/usr/bin/gcc", "/usr/bin/cc"),
    )
    yield Package("libgcc", "11.4", arch=lib, requires=_NEEDS_LIBC)
    yield Package("annobin", "12", arch=lib, requires=("libgcc",), supplements=("gcc",))
    yield Package("gcc-c++", "11.4", arch=lib, requires=("gcc = 11.4-1", "libstdc++-devel = 11.4-1"))
    yield Package("libstdc++", "11.4", arch=lib, provides=("libstdc++.so.6()(64bit)",), requires=_NEEDS_LIBC)
    yield Package("libstdc++-devel", "11.4", arch=lib, requires=("libstdc++ = 11.4-1",))
    yield Package("glibc-devel", "2.34", arch=lib, epoch=0, requires=("kernel-headers", "libxcrypt-devel"))
    yield Package("libxcrypt-devel", "4.4", arch=lib, requires=_NEEDS_LIBC)
    yield Package("kernel-headers", "5.14", arch=lib)
    yield Package("kernel-headers", "5.15", arch=lib)
    for version in ("5.14", "5.15"):
        yield Package("kernel", version, arch=lib, requires=(f"kernel-core = {version}-1",))
        yield Package(
            "kernel-core",
            version,
            arch=lib,
            provides=("installonlypkg(kernel)",),
            requires=("/usr/bin/env",),
        )
    yield Package("unzip", "6.0", arch=lib, requires=_NEEDS_LIBC, files=("/usr/bin/unzip",))
    yield Package("which", "2.21", arch=lib, requires=_NEEDS_LIBC, files=("/usr/bin/which",))
    yield Package("rpm-build", "4.2", arch=lib, requires=("rpm = 4.2-1", "gcc", "make", "/usr/bin/which"))
    yield Package("rpm-plugin-selinux", "4.2", arch=lib, requires=("rpm-libs = 4.2-1",))
    yield Package("openssl-pkcs11", "0.4", arch=lib, requires=("libcrypto.so.3()(64bit)",))
    yield Package("fontconfig", "2.14", arch=lib, requires=("font(:lang=en)", "/usr/share/fonts/base.conf"))
    yield Package("fonts-filesystem", "2.0", epoch=1, files=("/usr/share/fonts/base.conf",))
    for name in ("dejavu-sans-fonts", "liberation-fonts", "noto-fonts"):
        yield Package(name, "2.37", provides=("font(:lang=en)",), requires=("fonts-filesystem",))


def _network() -> Iterator[Package]:
    lib = "x86_64"
    yield Package(
        "libcurl",
        "7.2",
        arch=lib,
        provides=("libcurl.so.4()(64bit)",),
        requires=("libssl.so.3()(64bit)", "libnghttp2.so.14()(64bit)"),
        conflicts=("libcurl-minimal",),
        obsoletes=("libcurl-tiny < 8",),
    )
    yield Package(
        "libnghttp2", "1.43", arch=lib, provides=("libnghttp2.so.14()(64bit)",), requires=_NEEDS_LIBC
    )
    yield Package(
        "curl",
        "7.2",
        arch=lib,
        requires=("libcurl >= 7.2-1",),
        conflicts=("curl-minimal",),
        files=("/usr/bin/curl",),
    )
    yield Package("wget", "1.21", arch=lib, requires=("libssl.so.3()(64bit)",), recommends=("wget-doc",))
    yield Package("wget-doc", "1.21", supplements=("(wget and man-db)",))
    yield Package("man-db", "2.9", arch=lib, requires=("groff-base", "less"))
    yield Package("groff-base", "1.22", arch=lib)
    yield Package("less", "590", arch=lib, requires=("libtinfo.so.6()(64bit)",))
    yield Package(
        "git",
        "2.43",
        arch=lib,
        requires=("git-core = 2.43-1", "git-core-doc = 2.43-1", "perl(Getopt::Long)", "perl-Git = 2.43-1"),
        files=("/usr/libexec/git-core/git-x",),
    )
    yield Package(
        "git-core",
        "2.43",
        arch=lib,
        requires=("less", "openssh-clients", "libcurl.so.4()(64bit)"),
        files=("/usr/bin/git",),
    )
    yield Package("git-core-doc", "2.43", requires=("git-core = 2.43-1",))
    yield Package("perl-Git", "2.43", requires=("git = 2.43-1", "perl(Error)"), provides=("perl(Git)",))
    yield Package("openssh", "8.7", arch=lib, requires=("libcrypto.so.3()(64bit)", "/usr/sbin/useradd"))
    yield Package("openssh-clients", "8.7", arch=lib, requires=("openssh = 8.7-1",), files=("/usr/bin/ssh",))
    yield Package(
        "httpd",
        "2.4",
        arch=lib,
        requires=("httpd-core = 2.4-1", "system-logos(httpd-logo-ng)"),
        recommends=("mod_http2", "mod_lua"),
        provides=("webserver",),
    )
    yield Package(
        "httpd-core", "2.4", arch=lib, requires=("httpd-filesystem", "libapr-1.so.0()(64bit)", "mailcap")
    )
    yield Package("httpd-filesystem", "2.4", requires=("/usr/sbin/useradd",))
    yield Package("apr", "1.7", arch=lib, provides=("libapr-1.so.0()(64bit)",), requires=_NEEDS_LIBC)
    yield Package("mod_http2", "1.15", arch=lib, requires=("httpd-core", "libnghttp2.so.14()(64bit)"))
    yield Package("mod_lua", "2.4", arch=lib, requires=("httpd = 2.4-1",))
    yield Package("mod_ssl", "2.4", arch=lib, epoch=1, requires=("httpd-core", "sscg"), provides=("mod_tls",))
    yield Package("sscg", "3.0", arch=lib, requires=("libssl.so.3()(64bit)",))
    yield Package("mailcap", "2.1")
    yield Package("test-logos-httpd", "90", provides=("system-logos(httpd-logo-ng)",))
    yield Package("other-logos-httpd", "1", provides=("system-logos(httpd-logo-ng)",))
    yield Package(
        "nginx", "1.20", arch=lib, epoch=1, requires=("nginx-core = 1:1.20-1",), provides=("webserver",)
    )
    yield Package(
        "nginx", "1.22", arch=lib, epoch=1, requires=("nginx-core = 1:1.22-1",), provides=("webserver",)
    )
    for version in ("1.20", "1.22"):
        yield Package(
            "nginx-core",
            version,
            arch=lib,
            epoch=1,
            requires=("nginx-filesystem", "libpcre2-8.so.0()(64bit)"),
        )
    yield Package("nginx-filesystem", "1.22", epoch=1, requires=("/usr/sbin/useradd",))
    yield Package(
        "pcre2",
        "10.40",
        arch=lib,
        provides=("libpcre2-8.so.0()(64bit)",),
        requires=("pcre2-syntax = 10.40-1",),
    )
    yield Package("pcre2-syntax", "10.40")


def _languages() -> Iterator[Package]:
    lib = "x86_64"
    yield Package(
        "python3",
        "3.9",
        arch=lib,
        requires=("python3-libs = 3.9-1",),
        recommends=("python3-pip",),
        provides=("python(abi) = 3.9", "python-unversioned"),
        files=("/usr/bin/python3",),
    )
    yield Package(
        "python3-libs",
        "3.9",
        arch=lib,
        requires=("libexpat.so.1()(64bit)", "python3-setuptools-wheel", "libz.so.1()(64bit)"),
    )
    yield Package("expat", "2.5", arch=lib, provides=("libexpat.so.1()(64bit)",), requires=_NEEDS_LIBC)
    yield Package("python3-setuptools-wheel", "53")
    yield Package("python3-setuptools", "53", requires=("python(abi) = 3.9",))
    yield Package(
        "python3-pip",
        "21",
        requires=("python(abi) = 3.9", "python3-setuptools"),
        recommends=("python3-wheel",),
    )
    yield Package("python3-wheel", "0.36", requires=("python(abi) = 3.9",))
    for number in range(40):
        needs = (f"python3-mod{number // 2}",) if number else ()
        yield Package(
            f"python3-mod{number}",
            f"{number}.0",
            requires=("python(abi) = 3.9", *needs),
            provides=(f"python3dist(mod{number}) = {number}",),
        )
    yield Package(
        "perl-interpreter",
        "5.32",
        arch=lib,
        epoch=4,
        requires=("perl-libs = 4:5.32-1",),
        files=("/usr/bin/perl",),
    )
    yield Package(
        "perl-libs",
        "5.32",
        arch=lib,
        epoch=4,
        requires=_NEEDS_LIBC,
        provides=("perl(:MODULE_COMPAT_5.32)", "perl(strict)"),
    )
    names = (
        "Getopt::Long",
        "Error",
        "Carp",
        "Exporter",
        "File::Temp",
        "Pod::Usage",
        "Text::ParseWords",
        "constant",
    )
    for place, name in enumerate(names):
        needs = (f"perl({names[place - 1]})",) if place > 2 else ()
        yield Package(
            f"perl-{name.replace('::', '-')}",
            "1.5",
            requires=("perl(:MODULE_COMPAT_5.32)", "/usr/bin/perl", *needs),
            provides=(f"perl({name}) = 1.5",),
        )
    yield Package(
        "java-11-openjdk-headless",
        "11.0",
        arch=lib,
        epoch=1,
        provides=("java-headless = 1:11", "jre-headless"),
        requires=("tzdata-java", "ca-certificates"),
    )
    yield Package(
        "java-17-openjdk-headless",
        "17.0",
        arch=lib,
        epoch=1,
        provides=("java-headless = 1:17", "jre-headless"),
        requires=("tzdata-java >= 2022",),
    )
    yield Package(
        "java-17-openjdk",
        "17.0",
        arch=lib,
        epoch=1,
        provides=("java = 1:17",),
        requires=("java-17-openjdk-headless = 1:17.0-1", "fontconfig"),
    )
    yield Package("tzdata-java", "2024a")
    yield Package("maven", "3.6", requires=("java-headless >= 1:11", "which"))
    yield Package(
        "nodejs", "16.0", arch=lib, epoch=1, requires=("libssl.so.3()(64bit)",), recommends=("npm >= 8",)
    )
    yield Package("npm", "8.19", arch=lib, epoch=1, requires=("nodejs = 1:16.0-1",))


def _alternatives() -> Iterator[Package]:
    lib = "x86_64"
    yield Package("postfix", "3.5", arch=lib, epoch=2, provides=("MTA", "smtpd"), requires=_NEEDS_LIBC)
    yield Package("exim", "4.96", arch=lib, provides=("MTA",), requires=("perl-interpreter",))
    yield Package("sendmail", "8.16", arch=lib, provides=("MTA",), requires=("procmail",))
    yield Package("procmail", "3.22", arch=lib, requires=("MTA",))
    yield Package("cronie", "1.5", arch=lib, requires=("MTA", "cronie-anacron"))
    yield Package("cronie-anacron", "1.5", arch=lib, requires=("crontabs", "cronie = 1.5-1"))
    yield Package("crontabs", "1.11", requires=("/usr/bin/env",))
    yield Package("old-tool", "1.0", arch=lib)
    yield Package("new-tool", "2.0", arch=lib, obsoletes=("old-tool < 2",), provides=("old-tool = 2.0",))
    yield Package("split-a", "2.0", obsoletes=("joined < 2",))
    yield Package("split-b", "2.0", obsoletes=("joined < 2",))
    yield Package("joined", "1.0")
    yield Package("enemy", "1.0", conflicts=("wget",))
    yield Package("needs-enemy", "1.0", requires=("enemy", "wget"))
    yield Package("broken", "1.0", requires=("no-such-thing",))
    yield Package("tool", "1.0", requires=("zlib",))
    yield Package("tool", "2.0", requires=("no-such-thing",))
    yield Package("user-of-tool", "1.0", requires=("tool",))
    yield Package("lib32", "1.0", arch="i686", provides=("lib32.so.1",))
    yield Package("lib32", "1.0", arch="x86_64", provides=("lib32.so.1()(64bit)",))
    yield Package("only32", "1.0", arch="i686", requires=("lib32.so.1",))
    yield Package("epoch-wins", "9.0")
    yield Package("epoch-wins", "1.0", epoch=1)
    yield Package("tilde", "1.0~rc1")
    yield Package("tilde", "1.0")
    yield Package("caret", "1.0^git1")
    yield Package("caret", "1.0")


def _rich() -> Iterator[Package]:
    yield Package("rich-or", requires=("(exim or postfix)",))
    yield Package("rich-if", requires=("(mailcap if httpd)", "crontabs"))
    yield Package("rich-with", requires=("(python3dist(mod3) >= 2 with python3dist(mod3) < 4)",))
    yield Package("rich-unless", conflicts=("(nginx unless httpd)",))
    yield Package("rich-else", requires=("(mod_ssl if httpd else wget)",))
    yield Package("weak-chain", recommends=("weak-two",))
    yield Package("weak-two", recommends=("weak-three",), suggests=("tool",))
    yield Package("weak-three", recommends=("broken",))
    yield Package("weak-conflict", recommends=("enemy",), requires=("wget",))
    yield Package("addon-for-bash", supplements=("bash",))
    yield Package("addon-for-nginx", supplements=("nginx",), enhances=("wget",))
    yield Package("langpacks-de", supplements=("(nginx and langpacks-core-de)",))
    yield Package("langpacks-core-de", requires=("(glibc-all-langpacks or glibc-minimal-langpack)",))


def _filler(count: int = 160, seed: int = 7) -> Iterator[Package]:
    """Packages as in any distribution: libraries, programs on them, and documentation."""
    chance = random.Random(seed)
    for number in range(count):
        below = [chance.randrange(number) for _ in range(chance.randrange(4))] if number else []
        yield Package(
            f"pkg{number:03}",
            f"{chance.randrange(1, 5)}.{chance.randrange(10)}",
            arch=chance.choice(("x86_64", "noarch")),
            provides=(f"libpkg{number}.so()(64bit)", f"group-{number % 12}"),
            requires=tuple(
                chance.choice((f"libpkg{one}.so()(64bit)", f"pkg{one:03}", f"group-{one % 12}"))
                for one in below
            ),
            recommends=tuple(f"pkg{chance.randrange(count):03}" for _ in range(chance.random() < 0.1)),
            conflicts=(f"pkg{chance.randrange(count):03} < 1",) if chance.random() < 0.1 else (),
            files=(f"/usr/bin/pkg{number:03}",) if chance.random() < 0.3 else (),
        )
