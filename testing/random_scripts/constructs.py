"""Statements as templates: the constructs of shells, one or two a line of the tables.

``<u>``: a URL with a number of its own; ``<m>``: one that only some runs of the script may request;
``<l>``: a literal; ``<n>``: a name that is set; ``<i>``: a list of words; ``<k>``: a new number.
"""

from __future__ import annotations

POSIX = r"""
x=<l> y=<l>
wget <u>$x$y
###
wget <u>v$V/x-$V-$V.tgz
###
curl -O <u>$V/$ARCH-$V-$V/$P-$V
###
unset <n>; wget <u>${<n>-d}${<n>:-e}${<n>+s}
###
unset V; sh -c 'wget <u>${V-d}'
###
unset x; x=${x-<l>}; wget <u>$x
###
curl -O <u>a && x=<l> || x=<l>2; wget <u>$x
###
curl -O <u>a || x=<l>3; wget <u>$x
###
if curl -O <u>; then x=1; else x=2; fi; wget <u>$x
###
if curl -O <u>; then x=1 y=2; else x=3 y=4; fi; wget <u>$x-$y
###
curl -O <u>a && { x=1; y=a; } || { x=2; y=b; }; z=$x/$y; wget <u>$z <u>$y$x
###
(r=$(curl -s <u>); case $r in answer) x=1; y=2 ;; *) x=3; y=4 ;; esac; wget <m>$x$(echo $y))
###
printf '1\n2\n3\n' | { read a<k>; read b<k>; wget <u>$a<k>-$b<k>; }
###
printf 'p\nq' | while read -r l; do wget <u>$l; done
###
printf 'p\nq' | while read -r l || [ -n "$l" ]; do wget <u>$l; done
###
printf '1\n2\n3\n4\n' | while read l; do read m; wget <u>$l$m; done
###
printf '%s\n' <i> | { while read l; do [ "$l" = b1 ] && break; done; read r; wget "<u>$r"; }
###
while read -r k v; do curl -O <u>$k-$v; done <<EOF
a 1
  b   2 3
EOF
###
read -r p q <<EOF
<l> <l>
EOF
wget <u>$p$q
###
IFS=: read p q r <<EOF
a:b:c:d
EOF
wget <u>$p$q$r
###
read p <<EOF
  a b\
c
EOF
wget "<u>$p"
###
wget <u>$((1+2*3))$(((7-2)%3))$((2<3))
###
i<k>=3; wget <u>$((i<k>*2+1)) <u>$((i<k> > 2 ? 10 : 20))
###
i<k>=0; while [ $i<k> -lt 3 ]; do wget <u>$i<k>; i<k>=$((i<k>+1)); done
###
i<k>=5; : $((i<k> += 2)); wget <u>$i<k>-$((010))-$((0x1f))-$((-7/2))-$((1<<4|3))
###
i<k>=2; until [ $i<k> -eq 0 ]; do i<k>=$(expr $i<k> - 1); wget <u>$i<k>; done
###
wget <u>$(expr 1 + 2) <u>$(expr "$V" : '\([0-9]*\)') <u>$(expr 2 \* 3 - 1)
###
wget <u>$(expr "$ARCH" : 'amd') <u>$(expr a = a) <u>$(expr 3 \> 12)
###
sh -c 'wget <u>$1-$0' <l> <l>
###
sh -c 'for i; do wget "<u>$i"; done' sh <i>
###
sh -c 'echo <u>$# | xargs wget' sh <i>
###
q<k>=<l>; sh -c 'wget <u>$q<k>'
###
x=<l>; env -i PATH="$PATH" sh -c 'wget "<u>x$x$V"'
###
env -i PATH="$PATH" x=<l> sh -c 'wget <u>$x'
###
env -u V sh -c 'wget <u>${V-none}'
###
x=<l>; (x=2; sh -c 'wget <u>$x'); wget <u>$x
###
sh -ec 'false; wget <u>no' || wget <u>yes
###
echo 'wget <u>$1' | sh -s -- <l>
###
sh <<'EOF'
wget <u>$V
EOF
###
sh -e <<EOF
wget <u>$V
false
wget <u>no
EOF
wget <u>b
###
set -e; [ "$<n>" = a ] || wget <u>or; set +e
###
(set -e; false; wget <u>no); wget <u>after
###
(set -e; x=$(false); wget <u>no); wget <u>after
###
(set -e; false || true; ! true; wget <u>yes)
###
(set -e; f<k>() { false; wget <u>in; }; f<k> || wget <u>or; f<k>; wget <u>no)
###
(set -e; if false; then :; fi; false && true; wget <u>yes)
###
(set -e; false | true; wget <u>yes; true | false; wget <u>no)
###
(set -u; unset x; wget <u>$x; wget <u>no); wget <u>after
###
(set -u; unset x; wget <u>${x:-d}; wget <u>yes)
###
(unset x; : ${x:?}; wget <u>no); wget <u>after
###
(: "${EMPTY:?}"; wget <u>no); wget <u>after
###
printf '%s\n' <u>a <u>b | wget -i -
###
wget -i - <<EOF
<u>$V
<u>b
EOF
###
<<EOF wget -i -
<u>$V
EOF
###
wget <<EOF -i -
<u>c
EOF
###
wget -i - <<EOF 2>/dev/null
<u>d
EOF
###
cat <<EOF | wget -i -
<u>e
EOF
###
wget -i - <<EOF && wget <u>next
<u>f
EOF
###
wget -i - <<EOF; wget <u>next
<u>f
EOF
###
if wget -i - <<EOF
<u>g
EOF
then wget <u>$V; fi
###
{ cat; echo <u>more; } <<EOF | wget -i -
<u>h
EOF
###
r=$(curl -s <u>); case "$r" in answer) wget <m>$r ;; *) wget <m>other ;; esac
###
r=$(curl -s <u>); if [ "$r" = answer ]; then wget <m>$r; else wget <m>no; fi
###
x=<l>; for i in $(curl -s <u>); do x=2; done; wget <u>$x
###
x=<l>; curl -s <u> | while read l; do wget <u>$l; done; wget <u>$x
###
for i in 1 2; do for j in a b; do [ $j = b ] && continue 2; wget <u>$i$j; done; done
###
for i in 1 2; do for j in a b; do [ $i$j = 1b ] && break 2; wget <u>$i$j; done; done; wget <u>$i$j
###
OPTIND=1; set -- -a 1 -bc rest; while getopts a:bc o; do wget <u>$o${OPTARG-}; done
###
set -- a b c; for i; do shift; wget <u>$i$#; done
###
set -- a 'b c'; wget "<u>$*" "<u>$2" <u>$#
###
set -- <i>; wget <u>${1#a}${2:-x}${9-none}
###
f<k>() { local a=$1; shift; wget <u>$a$1; return 3; wget no; }; f<k> <l> <l> || wget <u>failed
###
f<k>() { [ $# -gt 0 ] || return 1; wget <u>$1; shift; f<k> "$@"; }; f<k> <i>
###
f<k>() { echo "$1-$2"; }; wget <u>$(f<k> <l> <l>)
###
x=$(printf '%03d-%s' 7 <l>); wget <u>$x
###
for i in $(seq 1 3); do wget <u>$i; done
###
for i in $(seq 8 2 12); do wget <u>$i; done
###
wget <u>$(seq -s, 3)$(seq -w 8 10 | head -n 1)
###
x="<l> <l>"; for i in $x; do wget <u>$i; done; for i in "$x"; do wget "<u>$i"; done
###
x=a; eval "y_$x=<l>"; eval "wget <u>\$y_$x"
###
case $ARCH in amd64) x=x86_64 ;; arm64) x=aarch64 ;; *) exit 1 ;; esac; wget <u>$x
###
case "$<n>" in a|b1) x=1 ;; [v7]*) x=2 ;; ?*-*) x=3 ;; *) x=4 ;; esac; wget <u>$x
###
[ "$ARCH" = amd64 ] && x=64 || x=32; wget <u>$x
###
x=$([ "$ARCH" = amd64 ] && echo yes || echo no); wget <u>$x
###
true && false || wget <u>or; false && wget <u>no; true || wget <u>no
###
! { wget <u>a; false; } || wget <u>no
###
! case $ARCH in amd64) false ;; esac && wget <u>yes
###
if ! if false; then :; else false; fi; then wget <u>yes; fi
###
echo "curl -O <u>no"; : wget <u>no # wget <u>no
###
cat <<EOF > /dev/null
curl -O <u>no
EOF
###
x=`echo "\`echo <l>\`-b"`; wget <u>$x
###
wget "<u>`echo a``echo <l>`" <u>`echo 1``echo 2`$V
###
cat <<EOF | xargs -n1 wget
<u>$((1 + 16))${V-d}
<u>$(echo $((2*3)))`echo b`
EOF
###
wget <u>"$(echo "$(echo "a $V")" | cut -d' ' -f2)"
###
wget "<u>$(case $ARCH in amd64) echo 1 ;; esac)`echo 2`"
###
x='<l>'\''q'; wget "<u>$x"; y=a\ b; wget "<u>$y"
###
x=a.b.c; wget <u>${x%.*}${x##*.}${x%%.*}${x#*.}${#x}
###
x=a.tar.gz; wget <u>${x%".tar.gz"}${x%'.gz'}${x#"${x%gz}"}
###
{ wget <u>a; wget <u>b; } | cat; (wget <u>c) && wget <u>d
###
wget <u>a & wait; wget <u>b
"""

BASH = r"""
wget <u>${V/#/P}${V/%/S}${V//./_}${P////_}${V//*/x}
###
wget "<u>${V/2/[&]}" "<u>${V/2/[\&]}" "<u>${V//[0-9]/<&>}"
###
l=(<i>); wget "${l[@]/#/<u>}"; wget <u>${l[@]/%/S}
###
l=(a b c); wget <u>${l[-1]}${l[1]}${#l[@]}${#l[1]}${l[@]:1:1}
###
l=(a b c); l[5]=z; unset 'l[1]'; for i in "${!l[@]}"; do wget <u>$i${l[$i]}; done
###
l=(); for i in <i>; do l+=("<u>$i"); done; wget "${l[@]}"
###
declare -A m=([linux]=1 [darwin]=2 [amd64]=3 [x]=4)
for k in "${!m[@]}"; do wget <u>$k${m[$k]}; x=$k; done; wget <u>$x
###
declare -A m; m[a]=1; m[b.c]=2; m[$ARCH]=3; wget <u>${m[b.c]}${m[amd64]}${m[none]:-no}
###
declare -A m=([a]="p q" [b]=r); for v in "${m[@]}"; do wget "<u>$v"; done
###
v=V; wget <u>${!v} <u>${!v%.*}; w=w; wget <u>${!w:-d}
###
wget <u>${V:2} <u>${V:0:1} <u>${V: -3} <u>${V:1:-1} <u>${V:1+1:1}
###
i<k>=1; wget <u>${V:i<k>:2} <u>${V:$i<k>} <u>${V:$((i<k>+1))}
###
x=MixEd; wget <u>${x^^} <u>${x,,} <u>${x^} <u>${x,} <u>${x^^[a-m]}
###
set -- p q r; wget <u>${@:2} "<u>${*:1:2}" <u>${@: -1} <u>${!#}
###
for ((i=0; i<3; i++)); do wget <u>$i; done
###
for ((i=3, j=0; i>0; i--, j+=2)); do [ $i = 2 ] && continue; wget <u>$i$j; done
###
((x=3, x*=3)) ; wget <u>$x; ((x > 100)) || wget <u>small; if ((x == 9)); then wget <u>nine; fi
###
let i<k>=2+3 'j = i<k> * 2'; wget <u>$i<k>-$j
###
declare -i n=5; n+=3; n=n*2; wget <u>$n
###
i=1; wget <u>$((i++))$((++i))$((i--))$i
###
[[ $V =~ ^([0-9]+)\.([0-9]+) ]] && wget <u>${BASH_REMATCH[1]}-${BASH_REMATCH[2]}
###
[[ $ARCH == @(amd64|arm64) && -n $V ]] && wget <u>yes || wget <u>no
###
(set -o pipefail; false | true && wget <u>no || wget <u>yes)
###
(set -eo pipefail; true | true; wget <u>yes; false | true; wget <u>no)
###
for i in {1..65}; do wget <u>$i; done
###
wget <u>{a..c}{1..2} <u>x{,.sig} <u>{01..03}
###
IFS=, read -ra l <<< "$LIST"; wget <u>${l[2]}${#l[@]}
###
read -r a b <<< "<l> <l> <l>"; wget "<u>$b"
###
while read -r a b; do wget <u>$b$a; done < <(printf '%s\n' '1 2' '3 4')
###
mapfile -t l < <(printf 'a\nb\n'); wget <u>${l[1]}${#l[@]}
###
printf -v x '%s-%02d' <l> 3; wget <u>$x
###
f<k>() { local -a l=("$@"); wget <u>${#l[@]}${l[0]}; }; f<k> <i>
###
x=a; x+=b; l=(1); l+=(2 3); wget <u>$x${l[*]: -1}
###
wget <u>${UNSET<k>:-${V%.*}} <u>${V:+${ARCH^^}}
###
case $ARCH in amd64) wget <u>1 ;;& *64) wget <u>2 ;& x) wget <u>3 ;; *) wget <u>4 ;; esac
###
wget -i - <<< "<u>$V"
###
x=$'a\x41\tb'; wget "<u>${x//[[:space:]]/_}"
###
wget <u>$(<<< "$V" cut -d. -f2)
###
function f<k> { wget <u>$1; }; f<k> <l>
###
select_<k>=(a b); for i in "${select_<k>[@]}"; do case $i in a) continue ;; esac; wget <u>$i; done
"""


def rows(table: str) -> list[str]:
    """The templates of a table."""
    return [row.strip("\n") for row in table.strip("\n").split("\n###\n")]
