"""sed, cut, tr, awk, head, tail, grep and their like: what is computed here against what the programs print.

One shell runs all rows: fixed texts that go through filters and nothing else.
"""

from __future__ import annotations

import pytest

from testing.scripts import as_a_shell_does, calls, surroundings

pytestmark = pytest.mark.slow  # two shells start some 700 programs

VALUES = {
    "V": "v1.22.3-rc.1",
    "URL": "https://example.org/a/b-1.2.tar.gz",
    "LINES": "b 2\na 1\nc  3\n",
    "LIST": "x,y,z",
}
AROUND = surroundings(VALUES)

COMPUTED = r"""
echo $V | sed s/v//
echo $V | sed 's/^v//;s/-.*//'
echo $V | sed -e 's/^v//' -e 's/\./_/g'
echo $V | sed -e s/rc/x/ -e s/x/y/
echo $V | sed 's|\.|/|g'
echo $V | sed 's#v#/#'
echo $V | sed 's,v,\,,'
echo $V | sed 's/v/\//'
echo $V | sed 's/[0-9]/n/2'
echo $V | sed 's/[0-9]/n/2g'
echo $V | sed 's/\([0-9]*\)\.\([0-9]*\)/\2.\1/'
echo $V | sed -E 's/([0-9]+)\.([0-9]+)/\2.\1/'
echo $V | sed -r 's/v(.*)/\1/'
echo $V | sed 's/v/[&]/'
echo $V | sed 's/v/[\&]/'
echo $V | sed 's/V/x/I'
echo $V | sed 's/V/x/i'
echo $V | sed 's/x/y/'
echo $V | sed 's/.*/z/'
echo $V | sed 's/^[^0-9]*//'
echo $V | sed 's/[.-]/ /g'
echo $V | sed 's/[^a-z]//g'
echo $V | sed 's/[[:digit:]]\+/n/g'
echo $V | sed -E 's/[[:alpha:]]+/a/g'
echo $V | sed 's/\.[0-9]*-/-/'
echo $V | sed 's/-rc.*$//'
echo $V | sed -E 's/^v?([0-9]+).*/\1/'
echo $V | sed -E 's/(rc|alpha|beta)/pre/'
echo $V | sed 's/\(rc\|alpha\)/pre/'
echo $V | sed 's/1\?/x/'
echo $V | sed -E 's/2{2}/x/'
echo $V | sed 's/2\{2\}/x/'
echo $V | sed 'y/v.-/V__/'
echo $V | sed 's/\./\n/g'
echo $V | sed 's/1/a;b/'
echo $V | sed 's/v//; s/1/x/ ;s/2/y/'
echo amd64 | sed s/amd64/x86_64/
echo amd64 | sed -e s/amd64/x86_64/ -e s/arm64/aarch_64/
echo $URL | sed 's|.*/||'
echo $URL | sed -e 's/https:/http:/' -e 's@/a/@/c/@'
echo $URL | sed 's/[/]/_/g'
echo $URL | sed 's/\//_/g'
printf "$LINES" | sed -n 2p
printf "$LINES" | sed -n '2,3p'
printf "$LINES" | sed -n '$p'
printf "$LINES" | sed '$d'
printf "$LINES" | sed 1d
printf "$LINES" | sed '/a/d'
printf "$LINES" | sed '/a/!d'
printf "$LINES" | sed -n '/^a/p'
printf "$LINES" | sed -n 's/^c *//p'
printf "$LINES" | sed 1q
printf "$LINES" | sed '2q'
printf "$LINES" | sed '2s/a/x/'
printf "$LINES" | sed '/b/,/a/d'
printf "$LINES" | sed 's/ .*//'
printf "$LINES" | sed -n -e '/^b/s/b/x/p'
printf "$LINES" | sed -ne 1p
echo $V | cut -d. -f1
echo $V | cut -d. -f2
echo $V | cut -d . -f 1,2
echo $V | cut -d. -f1-2
echo $V | cut -d. -f2-
echo $V | cut -d. -f-2
echo $V | cut -d- -f2
echo $V | cut -d/ -f1
echo $V | cut -dv -f2
echo $V | cut -c2-
echo $V | cut -c1-4
echo $V | cut -c 1
echo $V | cut -f1 -d.
echo $V | cut -d'.' -f3,1
printf 'a\tb\tc\n' | cut -f2
printf "$LINES" | cut -d' ' -f1
echo $V | tr . _
echo $V | tr -d v
echo $V | tr -d 'v.'
echo $V | tr '.-' '_'
echo $V | tr a-z A-Z
echo $V | tr '[a-z]' '[A-Z]'
echo $V | tr '[:lower:]' '[:upper:]'
echo $V | tr -d '[:alpha:]'
echo $V | tr -d '[:alpha:].-'
echo $V | tr -s 2
echo 'a  b   c' | tr -s ' '
echo 'a  b   c' | tr -s ' ' ,
echo $LIST | tr , ' '
echo $LIST | tr ',' '\n'
echo $LIST | tr -d '\n'
echo $V | tr -cd '0-9.'
echo $V | tr -dc 0-9
printf "$LINES" | tr '\n' ' '
printf "$LINES" | tr -d ' '
echo 'a b c' | awk '{print $1}'
echo 'a b c' | awk '{ print $2 }'
echo 'a b c' | awk '{print $NF}'
echo 'a b c' | awk '{print $1, $3}'
echo 'a b c' | awk '{print $1 $3}'
echo 'a b c' | awk '{print $1"-"$3}'
echo 'a b c' | awk '{print $0}'
echo 'a b c' | awk '{print}'
echo 'a b c' | awk '{print $9}'
echo '  a b' | awk '{print $1}'
echo $V | awk -F. '{print $1}'
echo $V | awk -F . '{print $2}'
echo $V | awk -F'.' '{print $1"."$2}'
echo $V | awk -F- '{print $2}'
echo $V | awk -F '[.-]' '{print $3}'
echo $V | awk -F'rc' '{print $2}'
echo 'a|b' | awk -F'|' '{print $2}'
echo $URL | awk -F/ '{print $NF}'
echo $URL | awk -F/ '{print $3}'
printf "$LINES" | awk '{print $2}'
printf "$LINES" | awk 'NR==2{print $1}'
printf "$LINES" | awk 'NR == 2 { print $1 }'
printf "$LINES" | awk '/a/ {print $2}'
printf "$LINES" | awk '/a/{print $2; exit}'
printf "$LINES" | head -1
printf "$LINES" | head -n 1
printf "$LINES" | head -n2
printf "$LINES" | head
printf "$LINES" | tail -1
printf "$LINES" | tail -n 1
printf "$LINES" | tail -n +2
printf "$LINES" | tail -n2
printf "$LINES" | grep a
printf "$LINES" | grep -v a
printf "$LINES" | grep -E '^(a|b)'
printf "$LINES" | grep -i A
printf "$LINES" | grep -F '2'
printf "$LINES" | grep -o '[0-9]'
printf "$LINES" | grep -m1 '[0-9]'
printf "$LINES" | grep -c a
printf "$LINES" | grep -e a
printf "$LINES" | egrep 'a|c'
echo $V | grep -o '[0-9]*\.[0-9]*'
echo $V | grep -oE '[0-9]+\.[0-9]+\.[0-9]+'
echo $V | grep -oE 'v[^-]+'
echo $V | grep -Eo '[0-9]+' | head -1
echo $V | grep -q x; echo done
printf "$LINES" | sort
printf "$LINES" | sort -r
printf 'b\na\nb\n' | sort -u
printf 'b\nb\na\n' | uniq
printf '10\n9\n' | sort -n
printf "$LINES" | wc -l | tr -d ' '
printf 'a\n' | cat
printf 'a\n' | cat -
echo x | tee /dev/null
echo $V | xargs
printf ' a  b\nc ' | xargs
printf 'a b\n' | xargs -n1
printf 'a b\n' | xargs echo x
printf 'a b\n' | xargs -n1 echo x
printf 'a b\nc\n' | xargs -I{} echo '<{}>'
echo a,b | xargs -d, echo
basename $URL .tar.gz
dirname $URL
echo -n a; echo b
echo a b  c
echo "a  b"
echo
printf '%s' a
printf '%s\n' a b
printf '%s-%s\n' a b c d
printf 'x%sy%sz' 1
printf '%d%%\n' 5
printf 'tectonic-%s-%s.tar.gz' 1.2 x86_64
printf "$V"
printf '%s' "$URL" | cut -d/ -f3
printf 'a\tb\n'
printf '%s %s' "a b" c
printf '%02d' 7
printf '%5s|' a
printf '%b' 'a\tb'
printf -- '-a'
echo $V | cut -d. -f1 | tr -d v
echo $V | sed 's/v//' | cut -d- -f1 | awk -F. '{print $1"."$2}'
echo $LIST | tr , '\n' | tail -1 | sed 's/$/!/'
seq 3
seq 2 4
echo $V | sed 's/v//' | { read x; echo "$x"; }
"""

ESCAPES = r"""
printf '\061\n'
printf 'a\\b\n'
echo 'a\b'
"""

NEVER_WRONG = r"""
echo $V | sed 's/a*/x/g'
echo $V | sed 's/.*/\U&/'
echo $V | sed -E 's/(2)+/x/'
echo $V | sed 's/2/x/w /dev/null'
echo $V | sed '/v/{s/v/x/}'
echo $V | sed 'N;s/v/x/'
echo $V | sed '1i x'
echo $V | sed -z 's/v/x/'
echo $V | sed 's/\bv/x/'
echo $V | sed 's/\<v/x/'
echo $V | sed -E 's/\s/x/'
echo $V | sed --posix s/v/x/
echo $V | sed -s s/v/x/
echo $V | sed 's/\(v\)\1*/x/'
echo $V | cut -d. -f1 --output-delimiter=_
echo $V | cut -s -d/ -f1
echo $V | cut -b1
echo $V | cut --delimiter=. --fields=1
echo $V | tr -c a-z '\n'
echo $V | tr '[:digit:]' x
echo $V | tr '[.*]' x
echo $V | tr -t ab c
echo $V | tr '\056' x
echo $V | tr --delete v
echo $V | awk '{gsub(/v/,""); print}'
echo $V | awk '{print toupper($1)}'
echo $V | awk '{print length($0)}'
echo $V | awk -v x=1 '{print x}'
echo $V | awk 'BEGIN{FS="."}{print $1}'
echo $V | awk '{printf "%s", $1}'
echo $V | awk '{print $1+1}'
echo $V | awk -F. '{print $1 ; print $2}'
echo $V | awk -F. '{print $(NF-1)}'
echo $V | awk -F. '{OFS="-"; print $1,$2}'
echo $V | awk -F '\\.' '{print $1}'
echo a.b+c | awk -F+ '{print $2}'
echo 'a\tb' | awk -F'\t' '{print $1}'
printf "$LINES" | awk 'END{print $1}'
printf "$LINES" | awk '$1 == "a" {print $2}'
printf "$LINES" | head -c 3
printf "$LINES" | head -n -1
printf "$LINES" | tail -c 3
printf "$LINES" | tail +2
printf "$LINES" | grep -n a
printf "$LINES" | grep -A1 a
printf "$LINES" | grep -w a
printf "$LINES" | grep -x 'a 1'
printf "$LINES" | grep -oP '\d'
printf "$LINES" | grep -P 'a\K.*' -o
printf "$LINES" | grep -E 'a{1,}'
printf "$LINES" | grep 'a\|b'
printf "$LINES" | sort -k2
printf "$LINES" | sort -t' ' -k2
printf 'v1.10\nv1.9\n' | sort -V
printf "$LINES" | uniq -c
printf "$LINES" | nl
printf "$LINES" | paste -sd,
printf "$LINES" | tac
printf '%x' 255
printf '%.2f' 1.5
printf '%s\n'
printf '%q' 'a b'
printf '%*d' 3 1
echo "a\tb"
echo 'a\nb'
echo -- a
echo -n
basename -s .gz a.gz
dirname a b
expr 1 + 2
"""


def rows(*tables: str) -> list[str]:
    """``a`` gets what a row prints."""
    lines = [line for table in tables for line in table.strip("\n").split("\n")]
    return [f'a "$({line})"' for line in lines]


@pytest.fixture(scope="module", params=["sh", "bash"])
def printed(request: pytest.FixtureRequest) -> dict[str, list[list[str]]]:
    every = rows(COMPUTED, ESCAPES, NEVER_WRONG)
    return dict(zip(every, as_a_shell_does(every, VALUES, request.param), strict=True))


def test_filters_print_what_the_programs_print(printed: dict[str, list[list[str]]]) -> None:
    wrong = {
        script: (given, printed[script])
        for script in rows(COMPUTED)
        if (given := [words[1:] for words in calls(script, AROUND) if words[0] == "a"]) != printed[script]
    }
    assert wrong == {}


def test_what_is_not_computed_is_unknown_and_never_wrong(printed: dict[str, list[list[str]]]) -> None:
    """Where sh and bash differ, or an option is not understood, a value is left open."""
    wrong = {
        script: (given, printed[script])
        for script in rows(ESCAPES, NEVER_WRONG)
        if (given := [words[1:] for words in calls(script, AROUND) if words[0] == "a"]) != printed[script]
        and not given[0][0].startswith("?")
    }
    assert wrong == {}
