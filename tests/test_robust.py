"""No Dockerfile makes discovery crash, hang or grow: scripts made to hurt, and mutations of real files."""

from __future__ import annotations

import functools
import resource
import shlex
import time
from pathlib import Path

import pytest

from freshlayer.context import Source
from freshlayer.discover.analysis import BuildRequest
from freshlayer.model.report import Report
from freshlayer.workflows import inputs as workflow
from testing.mutations import attempt, fuzz, fuzz_within_memory

SHARED = Path(__file__).parents[1].parent / "shared"
MUTATIONS, PART = 100_000, 5_000
"""Each part is a test, so that the workers share them."""

AMD64 = BuildRequest(platforms=("linux/amd64",))
QUOTE = '"'
U = "https://example.org/a"


def inputs(text: str) -> Report:
    return workflow.inputs(Source(text.encode("utf-8", "surrogateescape"), "d", "d", ".", None), AMD64)


def in_a_run(script: str) -> str:
    return f"FROM scratch\nRUN <<'END-OF-RUN'\n{script}\nEND-OF-RUN\n"


IFS_OF_TWO = "\n".join(f"if x; then v{n}=a; else v{n}=b; fi" for n in range(20))
ALL_OF_THEM = "".join(f"$v{n}" for n in range(20))

PATHOLOGICAL = {
    "nested $( )": "curl " + "$(echo " * 10_000 + U + ")" * 10_000,
    "nested backquotes": "curl " + "`echo " * 10_000 + U,
    "nested (": "( " * 10_000 + f"curl {U}" + " )" * 10_000,
    "open (": "(" * 10_000 + f"curl {U}",
    "nested {": "{ " * 10_000 + f"curl {U};" + " };" * 10_000,
    "nested if": "if x; then " * 10_000 + f"curl {U}; " + "fi; " * 10_000,
    "nested for": "for i in 1 2; do " * 1000 + f"curl {U}; " + "done; " * 1000,
    "nested case": "case $x in a) " * 5000 + f"curl {U} " + ";; esac " * 5000,
    "nested functions": "f() { " * 5000 + f"curl {U}; " + "}; " * 5000,
    "nested while": "while x; do " * 5000 + f"curl {U}; " + "done; " * 5000,
    "nested quotes": 'curl "' + '$(echo "' * 5000 + U + '")' * 5000 + '"',
    "nested ${:-}": "curl " + "${x:-" * 10_000 + U + "}" * 10_000,
    "nested ${:-} in quotes": 'curl "' + "${x:-" * 10_000 + U + "}" * 10_000 + '"',
    "nested braces": "curl " + "{a," * 10_000 + "b" + "}" * 10_000 + f" {U}",
    "nested [ (": "[ " + "\\( " * 5000 + "x" + " \\)" * 5000 + f" ] && curl {U}",
    "nested [[ (": "[[ " + "( " * 5000 + "x" + " )" * 5000 + f" ]] && curl {U}",
    "many !": "[ " + "! " * 10_000 + f"x ] && curl {U}",
    "many ! before": "! " * 10_000 + f"curl {U}",
    "nested sh -c": functools.reduce(lambda inner, _: f"sh -c {shlex.quote(inner)}", range(8), f"curl {U}"),
    "only quotes": "'" * 99_999 + f" curl {U}",
    "only double quotes": '"' * 99_999 + f" curl {U}",
    "only dollars": "$" * 100_000 + f" curl {U}",
    "only backslashes": "\\" * 100_001 + f" curl {U}",
    "only braces": "curl " + "{" * 100_000,
    "only commas": "curl {" + "," * 100_000 + "}" + f" {U}",
    "10^5 words": f"curl {U} " + "x " * 100_000,
    "10^5 quoted words": f"curl {U} " + "'x' " * 50_000,
    "10^5 variables": f"curl {U} " + "$x " * 50_000,
    "10^5 substitutions": f"curl {U} " + "$(x) " * 20_000,
    "10^5 assignments": "x=1 " * 50_000 + f"curl {U}",
    "10^5 commands": "x;" * 50_000 + f"curl {U}",
    "10^5 commands that fetch": f"curl {U};" * 5000,
    "10^5 &&": "x && " * 20_000 + f"curl {U}",
    "10^5 ||": "x || " * 20_000 + f"curl {U}",
    "10^5 |": "x | " * 20_000 + f"curl {U}",
    "32 KiB |": f"curl {U}; " + "a|" * 16_000 + "a",
    "32 KiB | over lines": f"curl {U}; " + "a|\n" * 11_000 + "a",
    "arrays in arrays": f"curl {U}; " + "x=(" * 11_000,
    "10^5 words in a loop": "for i in " + "x " * 100_000 + f"; do curl {U}/$i; done",
    "10^5 arms": "case $x in " + "".join(f"a{n}) y;; " for n in range(20_000)) + f"esac; curl {U}",
    "10^5 elifs": "if x; then y; " + "elif x; then y; " * 10_000 + f"fi; curl {U}",
    "10^5 heredocs": "cat <<E\nx\nE\n" * 10_000 + f"curl {U}",
    "10^5 heredoc beginnings": "cat <<E;\n" * 20_000 + f"curl {U}",
    "10^5 array items": "x=(" + "y " * 50_000 + f"); curl {U}/${{x[@]}}",
    "a long word": f"curl {U}" + "x" * 200_000,
    "a long value": f"x={'y' * 100_000}; curl {U}/$x$x$x",
    "a value that doubles": "x=y; " + "x=$x$x; " * 200 + f"curl {U}/$x",
    "an array that doubles": "x=(a b); " + 'x=("${x[@]}" "${x[@]}"); ' * 50 + f'curl {U}/"${{x[@]}}"',
    "arguments that double": "set -- a b; " + 'set -- "$@" "$@"; ' * 50 + f'curl {U}/"$@"',
    "20 ifs with two values": f"{IFS_OF_TWO}\ncurl {U}/{ALL_OF_THEM}",
    "20 ifs with two values in an array": f"{IFS_OF_TWO}\nx=({ALL_OF_THEM.replace('$', ' $')})\n"
    "curl ${x[@]}",
    "20 ifs with two values in a loop": f"{IFS_OF_TWO}\n"
    f"for i in {ALL_OF_THEM.replace('$', ' $')}; do curl {U}/$i; done",
    "20 ifs in one another": "".join(f"if x{n}; then v{n}=a; fi; " for n in range(20))
    + f"curl {U}/$v1$v2$v3",
    "ifs in functions": "".join(f"f{n}() {{ if x; then f{n + 1}; else f{n + 1}; fi; }}; " for n in range(30))
    + f"f30() {{ curl {U}; }}; f0",
    "functions that call twice": "".join(f"f{n}() {{ f{n + 1}; f{n + 1}; }}; " for n in range(30))
    + f"f30() {{ curl {U}; }}; f0",
    "while true": f"while true; do curl {U}; done",
    "while true that grows": f"while true; do x=$x/a; curl {U}$x; done",
    "until false": f"until false; do curl {U}; done",
    "a counter": f"i=0; while [ $i -lt 100000 ]; do i=$((i+1)); curl {U}/$i; done",
    "a for that counts": f"for ((i=0; i<100000; i++)); do curl {U}/$i; done",
    "a function that calls itself": f"f() {{ curl {U}; f; }}; f",
    "functions that call each other": f"f() {{ curl {U}; g; }}; g() {{ f; f; }}; f",
    "a bomb": ":(){ :|:& };: " + f"; curl {U}",
    "an eval of itself": f'x=\'curl {U}; eval "$x"\'; eval "$x"',
    "evals that double": "x=':'; " + 'x="$x; $x"; ' * 12 + f'eval "$x"; curl {U}',
    "evals that double, with a fetch": f"x='curl {U}'; " + 'x="$x; $x"; ' * 12 + 'eval "$x"',
    "a shell of itself": f'x=\'curl {U}; sh -c "$x"\'; export x; sh -c "$x"',
    "a loop of loops": "for a in 1 2 3 4 5 6 7 8 9; do " * 8 + f"curl {U}; " + "done; " * 8,
    "seq": f"for i in $(seq 1 1000000); do curl {U}/$i; done",
    "a range": f"for i in {{1..1000000}}; do curl {U}/$i; done",
    "ranges of ranges": f"curl {U}/" + "{1..50}" * 20,
    "lists of lists": f"curl {U}/" + "{a,b}" * 40,
    "curl's ranges": f"curl '{U}/" + "[1-50]" * 20 + "'",
    "curl's long range": f"curl '{U}/[1-999999999]'",
    "xargs over many": "printf '%s\\n' " + "x " * 20_000 + f"| xargs -n1 curl {U}",
    "read over many": "printf '%s\\n' " + "x " * 20_000 + f"| while read i; do curl {U}/$i; done",
    "a pattern of stars": f"x={'a' * 400}; curl {U}/${{x##{'*a' * 50}b}}",
    "a pattern of stars in a case": f"case {'a' * 400} in {'*a' * 50}b) x;; esac; curl {U}",
    "a replacement of stars": f"x={'a' * 400}; curl {U}/${{x//{'*a' * 50}b/y}}",
    "a pattern of brackets": f"x={'a' * 400}; curl {U}/${{x#{'[a-z]' * 100}}}",
    "a regex that repeats a group": f"[[ {'a' * 400} =~ ^(a+)+$b ]] && x; curl {U}",
    "a regex of stars": f"[[ {'a' * 400} =~ {'.*' * 50}b ]] && x; curl {U}",
    "a regex of choices": f"[[ {'a' * 400} =~ {'(a|a)?' * 40}b ]] && x; curl {U}",
    "a regex of question marks": f"[[ {'a' * 40} =~ {'a?' * 40}{'a' * 40}b ]] && x; curl {U}",
    "a regex of bounded repeats": f"[[ {'a' * 200} =~ {'a{0,50}' * 10}b ]] && x; curl {U}",
    "a regex that repeats far": f"[[ {'a' * 200} =~ a{{1,65535}}b ]] && x; curl {U}",
    "sed with a group that repeats": f"x=$(echo {'a' * 400} | sed -E 's/(a*)*b/x/'); curl {U}/$x",
    "sed with stars": f"x=$(echo {'a' * 400} | sed 's/{'.*' * 30}b/x/'); curl {U}/$x",
    "sed with optional letters": f"x=$(echo {'a' * 60} | sed -E 's/{'a?' * 60}{'a' * 60}b/x/'); curl {U}/$x",
    "sed on many lines": f"x=$(seq 1 500 | sed 's/.*[0-9].*[0-9].*x/y/'); curl {U}/$x",
    "sed in a loop": f"for i in {'a ' * 400}; do x=$(echo {'b' * 55} | sed 's/.*.*.*c/y/'); done; curl {U}",
    "sed with many commands": f"x=$(echo a | sed '{'s/a/a/;' * 5000}'); curl {U}/$x",
    "sed that does not end": f"x=$(echo a | sed 's/{'a' * 5000}'); curl {U}/$x",
    "grep with stars": f"echo {'a' * 400} | grep -E '{'.*' * 30}b'; curl {U}",
    "awk with stars": f"x=$(echo {'a' * 400} | awk -F '{'.*' * 20}b' '{{print $1}}'); curl {U}/$x",
    "awk with a long program": f"x=$(echo a | awk '{{print {'$1 ' * 5000}}}'); curl {U}/$x",
    "awk that does not end": f"x=$(echo a | awk '{{print {QUOTE * 4999}'); curl {U}/$x",
    "tr with long sets": f"x=$(echo a | tr '{'a-z' * 5000}' '{'A-Z' * 5000}'); curl {U}/$x",
    "tr of a wide range": f"x=$(echo a | tr '\\001-\U0010ffff' b); curl {U}/$x",
    "printf with a wide field": f"x=$(printf '%999999999s' a); curl {U}/$x",
    "printf with many arguments": f"x=$(printf '%s' {'a ' * 10_000}); curl {U}/$x",
    "cut with a wide range": f"x=$(echo a | cut -c1-99999999999); curl {U}/$x",
    "head of many": f"x=$(seq 1 100 | head -n 99999999999); curl {U}/$x",
    "a long offset": f"x=abc; curl {U}/${{x:99999999999999999999}}",
    "a long argument number": f"curl {U}/${{{'9' * 5000}}} $" + "9" * 5000,
    "a long exit code": f"curl {U}; exit " + "9" * 5000,
    "a long shift": f"shift {'9' * 5000}; curl {U}",
    "a long number": f"[ {'9' * 5000} -gt {'8' * 5000} ] || curl {U}",
    "git commands": "git clone https://example.org/r; " * 2000 + "git checkout x; " * 2000,
    "words for packages": "apt-get install " + "x " * 50_000,
    "control characters": "".join(map(chr, range(1, 32))) * 1000 + f"curl {U}",
    "bytes that are no text": "\udcff\udcfe" * 20_000 + f" curl {U}",
    "a zero byte": "\x00" * 1000 + f" curl {U}",
    "unicode": "é\u202e\U0001f600" * 10_000 + f" curl {U}",
}


@pytest.mark.slow
@pytest.mark.parametrize("script", PATHOLOGICAL.values(), ids=PATHOLOGICAL.keys())
def test_a_script_made_to_hurt_ends_in_time_with_its_url_or_a_reason(script: str) -> None:
    started = time.process_time()
    report = inputs(in_a_run(script))
    # A machine that others use is up to three times slower than it is alone.
    assert time.process_time() - started < 3
    assert report.inputs or report.not_watched
    assert len(report.inputs) + len(report.not_watched) < 10_000


DOCKERFILES = {
    "many stages": "".join(f"FROM scratch AS s{n}\n" for n in range(3000)) + f"RUN curl {U}",
    "many instructions": "FROM scratch\n" + f"RUN curl {U}\n" * 3000,
    "many variables": "FROM scratch\n" + "".join(f"ENV V{n}=x\n" for n in range(2000)) + f"RUN curl {U}/$V1",
    "a value that doubles": "FROM scratch\nENV X=x\n" + "ENV X=$X$X\n" * 60 + f"RUN curl {U}/$X",
    "a long line": "FROM scratch\nRUN curl " + U * 20_000,
    "many continuations": "FROM scratch\nRUN x \\\n" + " && x \\\n" * 20_000 + f" && curl {U}",
    "many heredocs": "FROM scratch\nRUN " + "<<E " * 500 + "\n" + f"curl {U}\nE\n" * 500,
    "an open heredoc": "FROM scratch\nRUN <<E\n" + f"curl {U}\n" * 5000,
    "many flags": "FROM scratch\nRUN " + "--mount=type=cache,target=/x " * 3000 + f"curl {U}",
    "many ADDs": "FROM scratch\nADD " + f"{U} " * 5000 + "/x/",
    "powershell": 'FROM scratch\nSHELL ["powershell"]\nRUN ' + f"iwr {U}; " * 3000,
    "powershell with one command": 'FROM scratch\nSHELL ["powershell"]\nRUN iwr ' + f"{U} " * 5000,
    "a long gap in a comment for us": f"FROM scratch\n# freshlayer: ignore{' ' * 60_000}x\nRUN curl {U}\n",
    "a long gap in a directive": f"# syntax = a{' ' * 60_000}x\nFROM scratch\nRUN curl {U}\n",
    "onbuild": "FROM scratch\n" + f"ONBUILD RUN curl {U}\n" * 3000,
    "exec form": 'FROM scratch\nRUN ["curl"' + f', "{U}"' * 3000 + "]",
}


@pytest.mark.slow
@pytest.mark.parametrize("text", DOCKERFILES.values(), ids=DOCKERFILES.keys())
def test_a_dockerfile_made_to_hurt_ends_in_time(text: str) -> None:
    started = time.process_time()
    attempt(text)
    assert time.process_time() - started < 2


@pytest.mark.timeout(20)
@pytest.mark.parametrize("directory", ["/", "//", "///", ".", "$X", '""', "//a"])
@pytest.mark.parametrize(
    "command",
    [
        *("npm install a", "npm ci", "yarn add a", "pnpm add a", "bun add a", "pip install a", "uv sync"),
        *(
            "cargo build",
            "cargo install a",
            "go build",
            "bundle install",
            "gem install a",
            "composer install",
        ),
        *("mvn package", "dotnet restore", "nuget install a", "conda install a", "poetry install"),
        *("pipenv install", "pdm install", "git fetch", "git pull"),
    ],
)
def test_a_search_upwards_ends_wherever_it_starts(command: str, directory: str) -> None:
    """POSIX leaves two leading slashes to the system; like the root, they are their own parent."""
    report = inputs(f"FROM scratch\nRUN cd {directory} && {command}\nWORKDIR {directory}\nRUN {command}\n")
    assert report.dockerfile == "d"


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not SHARED.is_dir(), reason=f"there is no {SHARED}")
@pytest.mark.parametrize("first", range(0, MUTATIONS, PART))
def test_no_mutation_of_a_real_file_makes_discovery_fail(first: int) -> None:
    assert fuzz_within_memory(range(first, first + PART), SHARED) == []


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"there is no {SHARED}")
def test_a_little_of_the_same_runs_always() -> None:
    assert fuzz(range(200), SHARED) == []


@pytest.mark.slow
def test_memory_stays_bounded() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for script in PATHOLOGICAL.values():
        inputs(in_a_run(script))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 300 * 1024
