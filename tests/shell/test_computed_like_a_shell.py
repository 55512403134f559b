"""Arithmetic, input, arrays, failures and the operators of bash: as real shells compute them."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from freshlayer.shell.programs.dpkg_architecture import dpkg_architecture, is_host
from testing.scripts import as_a_shell_does, calls, surroundings

pytestmark = pytest.mark.slow  # real shells run here

VALUES = {"V": "1.2.3", "ARCH": "amd64", "TWO": "a b", "EMPTY": "", "P": "d/e.tar.gz"}
AROUND = surroundings(VALUES)

POSIX = r"""
a $((1+2*3)) $(( (2+3) % 4 )) $((0x10)) $((1<2?7:8)) $((010)) $((7/2)) $((-7/2)) $((-7%3))
x=5; a $((x+=2)) $x $((x==7&&1)) $((~1)) $((!x)) $((-x)) $((x<<2|1)) $((x>3)) $((x!=7))
x=2; y=x; a $((x*x)) $(($x+1)) $((${x}0+$(echo 1)))
unset n; a $((n+1)) ${n-none}
x=0; a $((0 && (x=1))) $x $((1 || (x=2))) $x $((1 ? 3 : (x=4))) $x
a $((9223372036854775807+1))
i=0; while [ $i -lt 3 ]; do a $i; i=$((i+1)); done
a $(expr 1 + 2) $(expr 3 \* 4) $(expr 7 / 2) $(expr 7 % 4) $(expr 1 - 5)
a $(expr "$V" : '\([0-9]*\)') $(expr "$V" : '[0-9.]*') $(expr "$V" : 'x') $(expr a = a) $(expr 5 \> 3)
expr 0 > /dev/null || a zero; expr 1 = 2 > /dev/null || a no; expr "$V" : '1' > /dev/null && a yes
a $(expr "" \| b) $(expr a \& 0) $(expr \( 1 + 2 \) \* 3)
printf '1\n2\n3\n' | { read p; read q; a $p $q; }
printf '1\n2\n3' | while read l; do a $l; done
printf '1\n2\n3' | while read l || [ -n "$l" ]; do a $l; done
printf '1\n2\n3\n' | while read l; do read m; a $l "$m"; done
printf '1 2\n' | { read p q; a $p $q; read r || a none "$r"; }
printf 'a\\\nb c\n' | { read p q; a $p "$q"; }
printf 'a\\tb\n' | { read p; a "$p"; }; printf 'a\\tb\n' | { read -r p; a "$p"; }
printf ' a:b::c: \n' | { IFS=: read p q r; a "$p" "$q" "$r"; }
printf 'a:b:\n' | { IFS=: read p q; a "$p" "$q"; }
printf '1\n2\n' | (read p; a $p; read p; a $p)
{ read p; (read q; a $q); read r || a end; } <<EOF
1
2
EOF
set -e; false; a no
set -e; x=$(false); a no
set -e; false || a yes; false && a no; a still
set -e; ! true; a yes
set -e; if false; then :; fi; a yes
set -e; f() { false; a in; false; }; f || a or; f; a no
set -e; (false; a no); a no
set -e; { false; a no; }; a no
set -e; false | true; a yes; true | false; a no
set -e; (exit 3) || a caught; set +e; false; a yes
set -e; for i in 1 2; do [ $i = 2 ] && a two; done; a end
set -u; unset x; a ${x-d}; a $x; a no
set -u; unset x; (a $x; a no); a after
(: "${EMPTY:?}"; a no); a after
unset V; a x${V-d} x${V:-d} x$V x${V+s} "${V=q}" $V
set -- p q; a ${1-d} ${3-d} ${3:-e} "${3}" ${2+s} ${3+s}
set -- a b c; shift 2; a $# $1
x=1 y=2
for i in 1 2; do for j in a b; do [ $j = b ] && continue 2; a $i$j; done; done
for i in 1 2; do for j in a b; do break 2; done; a no; done; a $i$j
f() { return 3; }; f || a failed; f() { a in; return; }; f && a ok
set -- -a 1 -bc rest; while getopts a:bc o; do a $o "$OPTARG"; done; a $OPTIND
x=$( (a=1; echo $a) | cat); a $x "$( (echo p); (echo q) )"
a v$V/x-$V-$V.tgz $V-$V-$V $V.$V.$V a$V$V$V $ARCH/$V-$ARCH-$V/x
! { a 1; false; } || a no; ! case x in x) false ;; esac && a yes; ! if true; then false; fi && a also
x=$(case $ARCH in amd64) echo 1 ;; esac)2; a $x "$(case $ARCH in amd64) echo 1 ;; esac)${x}"
case $ARCH in arm64|amd64) a 1 ;; esac; case $V in *.*.*) a 3 ;; *.*) a 2 ;; esac
"""

BASH = r"""
a ${V/#/P} ${V/%/S} ${V////_} ${V//*/x} ${P//\//_} ${P////_} ${P///_} "${EMPTY//*/x}" ${P/#//x}
x=(a b); a ${x[@]/#/P} ${x[@]/%/S} "${x[@]/a/[&]}"
a ${V/2/[&]} ${V/2/[\&]} ${V//[0-9]/<&>} "${V/2/"&"}" ${V/2/'&'} "${V/2/\\&}"
y='a&b'; a "${V/2/$y}" "${V/2/"$y"}"
x=V; a ${!x} ${x^^} ${ARCH^} ${ARCH^^[am]} ${!x%.*} ${ARCH,,}
a ${V: -1} ${V:(-2)} ${V:1+1} ${V:0:-1} ${V:$((1+1))} ${V: -3:2} "${V:9}" ${V:0:1}
i=1; a ${V:i} ${V:$i:1} ${V:i+1:2} ${V:${i}} ${V: -$i}
let x=1+2; a $x; let "y = x * 2" z=1; a $y $z; let 0 || a zero
a $((2**3)) $((16#ff)) $((1,2)) $((x=3, x+1))
x=5; a $((x++)) $x $((++x)) $((x--)) $x
((x=3)); a $x; ((x>2)) && a big; if ((x<2)); then a small; fi
for ((i=0;i<3;i++)); do a $i; done; a $i
for ((i=3, j=0; i>0; i--, j+=2)); do a $i $j; done
declare -A m=([a]=1 [b]=2 [c]=3 [linux]=x [z]=4 [x86_64]=5 [é]=6); for k in "${!m[@]}"; do a $k ${m[$k]}; done
declare -A m; m[foo]=1; m[bar]=2; m[$ARCH]=3; a "${m[@]}" "${#m[@]}" "${!m[@]}" ${m[none]-d} ${m[amd64]}
l=(a b c); l[7]=z; unset 'l[1]'; a "${!l[@]}" "${l[@]}" ${l[-1]} ${#l[@]} ${l[1]-unset}; l+=(n); a "${!l[@]}"
l=(1 2); l=x; a "${l[@]}"; l+=y; a "${l[@]}"; l+=(z); a "${l[@]}"
set -- p q r; a ${@:2} ${@:1:1} "${*:2}" ${#} ${!#} "${@: -1}" ${@:2:1}
declare -i n=5; n+=3; a $n; n=n*2; a $n
[[ $V =~ ^([0-9]+)\.([0-9]+) ]]; a ${BASH_REMATCH[1]} ${BASH_REMATCH[2]} ${BASH_REMATCH[0]}
a "${V@Q}" ${ARCH@U} ${ARCH@u}
set -o pipefail; false | true || a failed; set +o pipefail; false | true && a ok
x=$'a\nb'; mapfile -t l <<< "$x"; a "${l[1]}" ${#l[@]}; mapfile l <<< "$x"; a "${l[0]}"
printf '1\n2\n' | while read -r; do a "$REPLY"; done
while read -r a_ && read -r b_; do a $a_$b_; done < <(printf '1\n2\n3\n4\n')
read -ra l <<< " 1  2 3 "; a "${l[@]}" ${#l[@]}
f() { local -a l=("$@"); a ${#l[@]}; }; l=(o); f 1 2; a "${l[@]}"
x=$((echo p; echo q) | head -n 1); a $x
function f { a "$#"; }; f 1 2
"""


def rows(table: str) -> list[str]:
    """One script a line; one with a here-document goes on to its end."""
    return re.findall(r"^.*<<EOF\n(?:.*\n)*?EOF$|^.+$", table, re.MULTILINE)


def different(scripts: list[str], shell: str) -> dict[str, tuple[list[list[str]], list[list[str]]]]:
    wanted = dict(zip(scripts, as_a_shell_does(scripts, VALUES, shell), strict=True))
    found = {script: [words[1:] for words in calls(script, AROUND) if words[0] == "a"] for script in scripts}
    return {script: (found[script], wanted[script]) for script in scripts if found[script] != wanted[script]}


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_posix_shells_compute_the_same(shell: str) -> None:
    assert different(rows(POSIX), shell) == {}


def test_bash_computes_the_same() -> None:
    assert different(rows(BASH), "bash") == {}


@pytest.mark.skipif(not shutil.which("dpkg-architecture"), reason="there is no dpkg-architecture (dpkg-dev)")
@pytest.mark.parametrize(
    "host",
    "amd64 arm64 armel armhf i386 loong64 mips mipsel mips64 mips64el ppc64 ppc64el riscv64 s390x".split(),
)
def test_every_variable_of_dpkg_architecture(host: str) -> None:
    """Each Debian architecture as host, on the machine where the tests run."""

    def ran(*arguments: str) -> str:
        command = ["dpkg-architecture", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout

    native = ran("-qDEB_BUILD_ARCH").strip()
    for form in ("-l", "-s", "-u", "--list", "--print-set", "--print-unset"):
        assert f"{dpkg_architecture(['-a', host, form], native)}\n" == ran("-a", host, form)
    for line in ran(f"-a{host}").splitlines():
        name, _, value = line.partition("=")
        forms = ([f"-q{name}"], ["-q", name], ["--query", name], [f"--query={name}"])
        assert [dpkg_architecture([f"-a{host}", *form], native) for form in forms] == [value] * 4
    multiarch = ran(f"-a{host}", "-qDEB_HOST_GNU_TYPE").strip()
    assert dpkg_architecture(["-t", multiarch, "-qDEB_HOST_ARCH"], native) == host


@pytest.mark.skipif(not shutil.which("dpkg-architecture"), reason="there is no dpkg-architecture (dpkg-dev)")
@pytest.mark.parametrize(
    "test", ["-eamd64", "-earm64", "-iany", "-ilinux-any", "-iany-amd64", "-iany-arm", "-ikfreebsd-any"]
)
def test_what_dpkg_architecture_decides(test: str) -> None:
    native = subprocess.run(
        ["dpkg-architecture", "-qDEB_BUILD_ARCH"], capture_output=True, text=True, timeout=20, check=True
    )
    ended = subprocess.run(["dpkg-architecture", test], capture_output=True, timeout=20, check=False)
    assert is_host([test], native.stdout.strip()) is (ended.returncode == 0)
