"""Text that only looks like PowerShell or cmd: no reader raises, and each ends in time."""

from __future__ import annotations

import random
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshlayer.discover.syntaxes.found import Found
from freshlayer.discover.windows import of_windows_shell
from testing.scripts import surroundings
from tests.discover.windows.test_cases import CASES

AROUND = surroundings({"V": "1.2.3", "URL": "https://example.org/a"})
SHELLS = (("powershell", "-Command"), ("pwsh", "-c"), ("cmd", "/S", "/C"))
TOKENS = (
    *(
        "$(",
        "(",
        ")",
        "@(",
        "@{",
        "{",
        "}",
        "[",
        "]",
        '"',
        "'",
        "`",
        "$",
        "$env:V",
        "$x",
        "=",
        "+=",
        ";",
        "|",
        "&",
    ),
    *(
        "&&",
        "||",
        ",",
        "-f",
        "-replace",
        "-join",
        "iwr",
        "if",
        "else",
        "foreach",
        "in",
        "switch",
        "function",
        "param",
    ),
    *(
        "https://example.org/$x",
        "iex",
        "%",
        "%V%",
        "^",
        "\n",
        "#",
        "<#",
        "#>",
        '@"\n',
        '\n"@',
        "..",
        "1",
        "::",
        ".",
    ),
    *(
        "[Net.WebClient]::new()",
        ".DownloadFile(",
        "try",
        "catch",
        "while",
        "do",
        "return",
        "\\",
        " ",
        "é",
        "\ud800",
    ),
)
BODIES = [body for _, dockerfile, _ in CASES for body in dockerfile.split("RUN ")[1:]]
PATHOLOGICAL = {
    "nested (": "(" * 5000 + "iwr https://example.org/a" + ")" * 5000,
    "nested $(": 'iwr "' + '$("' * 3000 + "https://example.org/a" + '")' * 3000 + '"',
    "nested {": "& {" * 3000 + "iwr https://example.org/a" + "}" * 3000,
    "nested if": "if ($a) { " * 2000 + "iwr https://example.org/a" + " }" * 2000,
    "many ifs": "".join(f"if ($env:A{n}) {{ $x{n} = 1 }};" for n in range(60))
    + "iwr https://example.org/$x1",
    "many pluses": "$x = " + " + ".join(["'a'"] * 6000) + "; iwr https://example.org/$x",
    "doubling": "$x = 'aaaaaaaa';" + "$x = $x + $x;" * 60 + "iwr https://example.org/$x",
    "loops in loops": "1..1000 | % { 1..1000 | % { 1..1000 | % { iwr https://example.org/$_ } } }",
    "for ever": "while ($true) { $i++; iwr https://example.org/$i }",
    "calls itself": "function f($n) { iwr https://example.org/$n; f ($n + 1) }; f 1",
    "iex of itself": "$s = 'iex $s; iwr https://example.org/a'; iex $s",
    "a slow pattern": f"'{'a' * 300}' -match '(a+)+$'; iwr https://example.org/a",
    "a slow replacement": f"iwr ('https://example.org/{'a' * 300}' -replace '(a*)*b', '')",
    "many quotes": '"' * 60_001,
    "many here-strings": '@"\n' * 9000,
    "many comments": "<#" * 20_000,
    "many commas": "iwr " + ",".join(["https://example.org/a"] * 4000),
    "many parentheses of cmd": "(" * 30_000 + "curl https://example.org/a",
    "loops of cmd": "for %i in (a b) do " * 20 + "curl https://example.org/%i",
    "cmd in cmd": "cmd /c " * 3000 + "curl https://example.org/a",
    "carets": "^" * 60_000,
    "a backtick that ends a string and the script": 'iwr "https://example.org/a`',
}


def read(shell: tuple[str, ...], script: str) -> list[object]:
    return [finding for _, finding in of_windows_shell(shell, script, AROUND)]


def in_time(shell: tuple[str, ...], script: str, seconds: float) -> None:
    start = time.process_time()
    found = read(shell, script)
    assert time.process_time() - start < seconds, script[:200]
    assert all("\n" not in one.text for one in found if isinstance(one, Found))


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[0])
@given(pieces=st.lists(st.sampled_from(TOKENS), max_size=40))
@settings(max_examples=40, deadline=None)
def test_no_tokens_in_any_order_are_too_much(shell: tuple[str, ...], pieces: list[str]) -> None:
    in_time(shell, " ".join(pieces), 2)
    in_time(shell, "".join(pieces), 2)


@pytest.mark.parametrize("seed", range(60))
def test_a_real_script_with_a_fault_is_read(seed: int) -> None:
    chance = random.Random(seed)
    body = list(chance.choice(BODIES))
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(body) + 1)
        body[place : place + chance.choice((0, 0, 1, 5, 30))] = chance.choice(
            (list(chance.choice(TOKENS)), [])
        )
    for shell in SHELLS:
        in_time(shell, "".join(body), 2)


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[0])
@pytest.mark.parametrize("script", PATHOLOGICAL.values(), ids=PATHOLOGICAL)
def test_a_script_made_to_hurt_ends_in_time(shell: tuple[str, ...], script: str) -> None:
    in_time(shell, script, 3)


def test_the_grammar_is_loaded_for_powershell_alone() -> None:
    program = (
        "import sys\nfrom freshlayer.discover.analysis import BuildRequest\n"
        "from freshlayer.discover.reading import analyse\n"
        "analyse('FROM a\\nRUN curl https://example.org/a\\n', BuildRequest(('linux/amd64',)))\n"
        "assert 'tree_sitter_powershell' not in sys.modules\n"
        "analyse('FROM a\\nRUN pwsh -c \"iwr https://example.org/a\"\\n', BuildRequest(('linux/amd64',)))\n"
        "assert 'tree_sitter_powershell' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
