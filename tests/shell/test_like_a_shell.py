"""The same scripts in a real shell and in the evaluator: both have to give ``a`` the same arguments.

The tables hold fixed texts that compute on text alone; the shell runs them all in one process.
"""

from __future__ import annotations

import pytest

from testing.scripts import as_a_shell_does, calls, surroundings

# Real shells run here: no part of the pure suite.
pytestmark = pytest.mark.slow

VALUES = {
    "V": "1.2.3",
    "URL": "https://example.org/a/b.tar.gz",
    "TWO": "a  b",
    "EMPTY": "",
    "PAD": " x ",
    "LIST": "x,y,z",
    "LINES": "one\ntwo\nthree",
    "ARCH": "amd64",
    "S": "a*b?c[d]e",
}
AROUND = surroundings(VALUES, unset=frozenset({"UNSET", "UNSET2"}))

PARAMETERS = r"""
a ${V} "${V}" $V
a ${UNSET-d} ${UNSET:-d} ${EMPTY-d} ${EMPTY:-d} ${V-d} ${V:-d}
a "${EMPTY-d}" "${UNSET-}" "${UNSET:-}"
a x${UNSET+d} x${UNSET:+d} x${EMPTY+d} x${EMPTY:+d} x${V+d} x${V:+d}
a ${UNSET:-$V} ${UNSET:-${UNSET2:-d}} ${UNSET:-"x  y"} "${UNSET:-x  y}" ${UNSET:-x  y}
a ${UNSET:=d} $UNSET
a ${EMPTY:=d} $EMPTY
a "${UNSET=}" x"$UNSET"
a ${V:?no} ${V?no}
a ${#V} ${#EMPTY} ${#URL}
a ${V#1.} ${V#*.} ${V##*.} ${V%.3} ${V%.*} ${V%%.*} ${V#x} ${V%x} ${V##*} "${V%%*}"
a ${URL##*/} ${URL%/*} ${URL#*://} ${URL%.tar.gz} ${URL%%.*} "${URL##*.}"
a ${V#?} ${V##?} ${V%?} ${V%%[0-9]} ${V#[0-9]} ${V#[!0-9]} ${V%[.]*}
a "${V#"1."}" "${V%'.3'}" ${V#"$V"} ${V%${V#*.}} ${V#${V%.*}.}
a "${S#a\*}" "${S#a*}" "${S%[d]e}" "${S%\[d]e}" "${S##*\?}" "${S#"a*"}" "${S##"a*"}"
a ${V%"${V#?}"}
a "${UNSET:-}" "${UNSET-}"
a ${TWO} "${TWO}" x${TWO}y "x${TWO}y" ${TWO#a}
a $PAD x${PAD}y "$PAD" $PAD$PAD
a $EMPTY "" $EMPTY$EMPTY
a "$EMPTY" "$EMPTY$V" $EMPTY$V
a '$V' "\$V" \$V "'$V'" '"$V"'
a $V$V $V/$V "$V"$V $V"x"$V'y'
a ${V}x ${V}_x "$V.x" $V-x $V,x
a $1 x$2y "$3"
a $# ${#}
a "$@"
a x"$@"y
a $1x "$1x"
a a\ b 'a b' "a b" a' 'b a""b ''
a a~b '~'
a "${V:-"x"}" "${UNSET:-"x y"}" "${UNSET:-'x'}" ${UNSET:-'x y'}
a ${UNSET:-a/b} ${UNSET:-https://example.org/${V}}
a "${UNSET:-$(echo x y)}" ${UNSET:-$(echo x y)} ${UNSET:-`echo x`}
a "${V%%.*}.${V##*.}"
a ${V%\.*} ${V%.[0-9]}
a "${LIST%,*}" "${LIST##*,}" ${LIST#*,}
a "$LINES" $LINES
"""

BASH = r"""
a ${V//./_} ${V/./_} ${V/#1/x} ${V/%3/x} ${V/.} ${V//.} ${V//[0-9]/n} ${V//./\/} "${V//./ }"
a ${URL/https:/http:} ${URL//\//_} ${URL/a/$V} ${URL/%.tar.gz/.zip} ${V/x/y} ${V/?/z} ${V/*/z}
a ${V:0:1} ${V:2} ${V:2:1} ${V: -1} ${V: -3:2} ${V:0:-2} ${V:1:100} "${V:100}" ${V:0:0}
a ${ARCH^^} ${ARCH^} ${ARCH,,} ${ARCH,} ${LIST^^}
x=ABC; a ${x,,} ${x,} ${x^}
x=(a 'b c' d); a "${x[@]}"
x=(a 'b c' d); a ${x[@]}
x=(a 'b c' d); a "${x[*]}" ${x[*]}
x=(a 'b c' d); a $x ${x[0]} "${x[1]}" ${x[2]} ${#x[@]} "x${x[5]}"
x=(a b); x+=(c d); a "${x[@]}"
x=(a b); x+=('c d'); a "${#x[@]}" "${x[@]}"
x=(); a "${x[@]}" ${#x[@]}
x=(a b); for i in "${x[@]}"; do a $i; done
x=(a-1 b-2); for i in ${x[@]}; do a ${i%-*} ${i#*-}; done
x=($LIST $V); a "${x[@]}"
x=($(echo a b c)); a "${x[1]}" ${#x[@]}
x=(a b c); a "${x[@]:1}"
x=("$V-a" "$V-b"); a "pre/${x[0]}"
x=(a b c); a "x${x[@]}y"
x[0]=a; x[1]=b; a "${x[@]}"
l=(1 2); read -r l <<< x; a "$l"
l=(1 2); for l in y z; do a "$l"; done
l=(1 2); printf -v l '%s' x; a "$l"
l=(a b); a "${l[@]/#/pre-}" "${l[@]/%/-post}"
a ${V/#/v} ${V/%/-x}
IFS=, read -r p q r <<< "$LIST"; a $p $q $r
IFS=, read -ra p <<< "$LIST"; a "${p[@]}"
read -r p q <<< "$TWO c"; a "$p" "$q"
read -r p <<< "  x  "; a "$p"
a $'a\tb' $'a\nb' $'\x41' $'\'' $'a\\b'
a {b,c}d x{1,2}
a {1..3}
a https://example.org/{a,b}.{c,d}
a "{b,c}" '{b,c}' {b} {} {b,} ${V}{,.sig}
for i in {a,b} c; do a $i; done
for i in {1..3}; do a $i; done
[[ $V == 1.* ]] && a yes
[[ $V == "1.*" ]] && a yes
[[ $V = 1.2.3 && -n $URL ]] && a yes
[[ $V =~ ^([0-9]+)\.([0-9]+) ]] && a yes
[[ $V =~ ^2 ]] || a no
[[ ! $V =~ x ]] && a yes
[[ -z "$EMPTY" || -n $EMPTY ]] && a yes
[[ -z $UNSET ]] && a yes
[[ $V ]] && a yes; [[ $EMPTY ]] || a no
[[ a < b ]] && a yes
[[ $V != 1* ]] || a no
[[ (-n $V && -z $V) || -n $URL ]] && a yes
[[ 3 -gt 2 && 10 -lt 9 ]] || a no
[[ "$ARCH" == @(amd64|arm64) ]] && a yes
case $ARCH in amd64|x86_64) a 1;;& arm64) a 2;; *64) a 3;; esac
case $ARCH in amd64) a 1;& arm64) a 2;; *) a 3;; esac
function f { a "$1"; }; f x
f() { local x=$1; a $x; }; x=o; f i; a $x
declare x=1; a $x
declare -a x=(1 2); a "${x[@]}"
printf -v x '%s-%s' a b; a $x
x=a; x+=b; x+=$V; a $x
for ((i=0; i<2; i++)); do :; done; a x
while read -r x y; do a "$y" "$x"; done <<< $'1 2\n3 4'
while IFS=, read -r x y; do a "$y" "$x"; done <<< $'1,2\n3,4 5'
while read -r x; do a "$x"; done < <(echo 1; echo 2)
while IFS= read -r x; do a "$x"; done <<< "  p  "
mapfile -t x <<< "$LINES"; a "${x[@]}"
readarray -t x < <(echo 1; echo 2); a "${x[@]}"
x=b; declare "y_$x=1"; a $y_b
source /dev/null; a x
echo a | { read x; a $x; }
"""

LISTS = r"""
a 1; a 2
true && a 1; false && a 2; true || a 3; false || a 4
false && a 1 || a 2
true && false || a 3
! true && a 1; ! false && a 2
(a 1; a 2)
{ a 1; a 2; }
(exit 1) || a 1
x=1; (x=2; a $x); a $x
x=1; { x=2; a $x; }; a $x
true; a 1; exit; a 2
a 1; exit 3; a 2
(exit 0); a 1
{ exit 0; }; a 1
if true; then a 1; else a 2; fi
if false; then a 1; elif true; then a 2; else a 3; fi
if false; then a 1; elif false; then a 2; else a 3; fi
if ! true; then a 1; else a 2; fi
if true && false; then a 1; else a 2; fi
if [ "$V" = 1.2.3 ]; then a 1; exit 0; fi; a 2
if [ "$V" = x ]; then a 1; exit 1; fi; a 2
[ -n "$V" ] && a 1; [ -z "$V" ] && a 2; [ -z "$EMPTY" ] && a 3
[ "$ARCH" = amd64 ] && x=1 || x=2; a $x
[ "$ARCH" = arm64 ] && x=1 || x=2; a $x
[ "$ARCH" != amd64 ] || a 1
x=1; [ $x -eq 1 ] && a 1; [ $x -gt 1 ] || a 2; [ $x -le 1 -a $x -ge 1 ] && a 3
test "$V" = 1.2.3 && a 1; test x || a 2; test "" || a 3
[ ! -n "$EMPTY" ] && a 1
[ -n "$V" -a -z "$V" ] || a 1; [ -n "$V" -o -z "$V" ] && a 2
[ \( a = b \) -o a = a ] && a 1
[ "$V" ] && a 1; [ "$EMPTY" ] || a 2; [ ] || a 3; [ "$UNSET" ] || a 4
[ -z "$UNSET" ] && a 1; [ -z $UNSET ] && a 2; [ -n $UNSET ] && a 3
[ "${UNSET+x}" ] || a 1; [ -z "${V+x}" ] || a 2; [ -z ${UNSET+x} ] && a 3
[ x"$UNSET" = x ] && a 1
case $ARCH in amd64) a 1;; arm64) a 2;; *) a 3;; esac
case $ARCH in x86) a 1;; arm*) a 2;; *) a 3;; esac
case "$ARCH" in amd64|x86_64) x=x64;; arm64|aarch64) x=arm;; esac; a $x
case $V in 1.*) a 1;; esac; case $V in 2.*) a 2;; esac; a 3
case $V in [0-9].*) a 1;; esac; case $V in "1."*) a 2;; esac; case $V in '1.*') a 3;; esac
case "$EMPTY" in "") a 1;; *) a 2;; esac
case $V in $V) a 1;; esac; case x in "$EMPTY"x) a 2;; esac
case $ARCH in (amd64) a 1;; (*) a 2;; esac
case $ARCH in amd64) x=1;; *) exit 1;; esac; a $x
case $ARCH in arm64) x=1;; *) exit 1;; esac; a $x
case x in x) ;; *) a 1;; esac; a 2
x=$(case $ARCH in amd64) echo x86_64;; *) echo no;; esac); a $x
x=$([ $ARCH = amd64 ] && echo yes); a $x
x=$([ $ARCH = arm64 ] && echo -suffix); a "f$x.zip"
x=$(if [ $ARCH = amd64 ]; then echo 1; else echo 2; fi); a $x
for i in a b c; do a $i; done
for i in $LIST $V "$TWO" $TWO; do a "$i"; done
for i in "$EMPTY"; do a "$i"; done; for i in $EMPTY; do a "$i"; done; a end
for i in a b; do for j in 1 2; do a $i$j; done; done
for i in a b c; do [ $i = b ] && continue; a $i; done
for i in a b c; do [ $i = b ] && break; a $i; done
for i in a b c; do if [ $i = b ]; then break; fi; a $i; done; a end
for i in a a; do a $i; done
x=; for i in 1 2; do x=$x$i; done; a $x
x=; for i in a b; do x="$x $i"; done; a $x
for i in a b; do a $i; done | cat
for i; do a $i; done; a end
set -- p q; for i; do a $i; done
set -- p q; for i in "$@"; do a $i; done
set -- 'p q' r; for i in "$@"; do a "$i"; done; for i in $@; do a "$i"; done
set -- p q r; a $# $1 "$*" "$@"; shift; a $# $1; shift 2; a $#
set -- x y; while [ $# -gt 0 ]; do a $1; shift; done
for i in a:1 b:2; do a ${i%:*} ${i#*:}; done
for i in $(echo a b); do a $i; done
for i in `echo a b` c; do a $i; done
for i in $(echo $LIST | tr , ' '); do a $i; done
for i in a; do :; done; a $i
IFS=,; for i in $LIST; do a $i; done
IFS=.; set -- $V; a $1 $2 $3
IFS=.; a $V "$V"
old=$IFS; IFS=,; set -- $LIST; IFS=$old; a "$@" $TWO
echo x,y | tr , '\n' | while read i; do a $i; done
echo "$LIST" | tr ',' '\n' | while read -r i; do a pre/$i; done
printf '%s\n' p q | while read i; do a $i; done
printf 'a b\nc d e\n' | while read x y; do a "$y" "$x"; done
echo "$LINES" | while read -r i; do a "$i"; done
x=1; echo y | while read i; do x=$i; done; a $x
f() { a 1; }; f; f
f() { a "$1" "$2" $#; }; f x 'y z'
f() { x=$1; }; f 2; a $x
f() { echo "r-$1"; }; x=$(f y); a $x
f() { return 1; a no; }; f || a yes
f() { [ "$1" = x ] || return 0; a $1; }; f x; f y; a end
f() { if [ "$1" = x ]; then return; fi; a $1; }; f x; f y
f() { g "$1"; }; g() { a "g$1"; }; f 1
f() { a $1; set -- n; a $1; }; set -- o; f i; a $1
f() { for i in "$@"; do a $i; done; }; f p q
f() ( x=2; a $x ); x=1; f; a $x
f() { case $1 in x) echo 1;; *) echo 2;; esac; }; a $(f x) $(f y)
f() { exit 1; }; f; a no
f() { exit 1; }; (f) || a yes
x=$(exit 1) || a 1; a 2
x=$(false) && a 1; a 2
x=$(echo y) && a $x
x=$(f() { echo z; }; f); a $x
V=2 a $V; a $V
x=1 y=2; a $x$y
x=1; x=$x$x; x=$x$x; a $x
x=$V y=$x; a $y
unset V; a ${V:-d} x$V
x=1; unset x; a ${x:-d}
export x=1; a $x; export x; a $x
export x="$TWO" y='b c'; a "$x" "$y"
readonly x=1; a $x
x='a b'; y=$x; a "$y" $y
x=$TWO; a "$x"
: ${x:=d}; a $x
: "${x:=d e}"; a "$x"
sh -c 'exit 0' && a 1
set -e; false || true; a 1
set -e; if false; then a 1; fi; a 2
set -e; ! true; a 1
set -eu; x=1; a $x
until true; do a 1; done; a 2
while false; do a 1; done; a 2
eval 'x=1'; a $x
eval "x_$ARCH=1"; a $x_amd64
x=y; eval "$x=2"; a $y
eval a '$V' "\$V"
x=V; eval a \$$x; eval "y=\"\${$x}\""; a $y
a x 2>&1
true & wait; a y
x=`echo a \`echo b\``; a $x
x=$(echo $(echo $(echo a))); a $x
x="$(echo "$(echo "a  b")")"; a "$x"
a "`echo \"a  b\"`" "`echo \$V`" "`echo '$V'`"
a p`echo 1``echo 2`$V "p`echo 1``echo 2`"; x=`echo "\`echo b\`-c"`; a $x
a `echo 1``echo "\`echo 2\`"`x; a "$(echo `echo 3``echo 4`)"
a x${V:+s}`echo x`y; a "$(case $ARCH in amd64) echo 1 ;; esac)`echo 2`"
a '``' "\`\`" `echo 1 # b``echo 2`; x=`# b`; a x`(echo 5) | cat``true`y # ``
a "`echo '"'`" `echo '\`'` `echo 6``echo 7`
x=1; a $((${x}0+$(echo 1))) $((1$x)) $((${x}${x}+`echo 2`)) "$(($(echo 1)0))"
if true; then a x/`echo 7`; fi; a `echo 1`$(echo 2)$V x`echo 3`
x=p/`echo q`$V; a "$x"
! echo b | grep -q a && a 1; ! echo a | grep -q a && a 2
sh -c 'a() { echo "$@"; }; x=$(a $0-$1); [ "$x" = n-o ]' n o && a 1
a $(echo a b) "$(echo a b)" x$(echo a b)y
a $(printf 'a\nb\n') "$(printf 'a\nb\n\n')"
a $(echo) "$(echo)" x"$(true)"
a $(:) "$(:)"
a $(echo '*x') '$(echo)'
a $(basename $URL) $(dirname $URL) $(basename $URL .gz) $(basename /) $(dirname x) $(dirname /x)
a $(basename a/b/) $(dirname a/b/) $(basename -- x)
# comment
a x # comment
a x#y
true; # a x
{ true; a 1; } && a 2
true | a 1
true | false || a 1
false | true && a 1
echo x | cat | a 1
"""

LONG = (
    'a \\a \\\\ "\\a" "\\\\" \'\\a\' "\\"" "a\\\nb"',
    'a "${LINES%%\n*}"',
    """while IFS='=' read -r k v; do a $k $v; done <<EOF
p=1
q=2
EOF""",
    """while read i; do a "$i"; done <<EOF
x
$V y
EOF""",
    """while read -r x y; do a "$x" "$y"; done <<'EOF'
1 $V
2 3 4
EOF""",
    'x="a\nb"; a $x; a "$x"',
    """cat <<EOF | while read i; do a "$i"; done
$V
EOF""",
    'x=$(cat <<EOF\n$V`echo c`-\\`d\nEOF\n); a "$x"',
    'x=$(cat <<EOF\n$V`echo c``echo d`\nEOF\n); a "$x" `echo 1``echo 2`',
    """a "p`echo 1``echo 2`"; a "$(case $ARCH in amd64) echo 1 ;; esac)`echo 2`\"""",
    "echo 1 | cat | xargs true\n<<EOF read x\n2\nEOF\na $x",
    "echo 1 | cat | cat - > /dev/null\n< /dev/null cat\na 1",
    "cat <<'EOF' >/dev/null\n``\nEOF\na `echo 1``echo 2`; x='y'; a $x",
    'cat <<"EOF" >/dev/null; a 1 `echo 2``echo 3`\n`\nEOF\na `echo 1``echo 2`; x="y"',
    "x=$(cat <<'EOF'\n``\nit's\nEOF\n); a \"$x\" `echo 1``echo 2`",
    'x=$(cat <<EOF\n$V "q" \\$V \\\\ $(echo c)\nEOF\n); a "$x"',
    'x=$(cat <<\'EOF\'\n$V "q" \\$V\nEOF\n); a "$x"',
    'x=$(cat <<-EOF\n\tx\n\t  y\n\tEOF\n); a "$x"',
    "true | cat | xargs true\na x 2> /dev/null\na y",
    "true | cat | cat -\n\nread x <<EOF\n1\nEOF\na $x",
    r"""a \
  x \
  y""",
    """if true
then
  a 1
fi""",
)


def rows(*tables: str) -> list[str]:
    """One script a line."""
    return [line for table in tables for line in table.strip("\n").split("\n")]


POSIX = [*rows(PARAMETERS, LISTS), *LONG]
ONLY_BASH = rows(BASH)


def given(script: str) -> list[list[str]]:
    """The arguments of every ``a``."""
    return [words[1:] for words in calls(script, AROUND) if words[0] == "a"]


def different(scripts: list[str], shell: str) -> dict[str, tuple[list[list[str]], list[list[str]]]]:
    """Where the evaluator and a shell do not agree: what each gives."""
    heard = zip(scripts, as_a_shell_does(scripts, VALUES, shell), strict=True)
    return {script: (given(script), wanted) for script, wanted in heard if given(script) != wanted}


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_posix_script_gives_what_a_shell_gives(shell: str) -> None:
    assert different(POSIX, shell) == {}


def test_a_bash_script_gives_what_bash_gives() -> None:
    assert different(ONLY_BASH, "bash") == {}
