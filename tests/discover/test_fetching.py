"""Which scripts are parsed: the quick answers are those of the patterns that define them."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.discover.commands import known_names
from freshlayer.discover.fetching import SUBCOMMANDS, fetches_by_variable, handles_files, names_one_of
from freshlayer.discover.programs.names import plain_name

BY_VARIABLE = re.compile(rf"\$\{{?\w+\S*\s+(?:-\S+\s+)*(?:{'|'.join(sorted(SUBCOMMANDS))})\b")
HANDLES_FILES = re.compile(
    r"(?:^|[\s;&|(\"'`])(?:\.|source|sh|bash|ash|dash|ksh|zsh|run-parts)\s|>\s*[\w/.~$\"']|\./|\.sh\b|\btee\s"
)
WORD = re.compile(r"[A-Za-z][\w.+-]*")
PARTS = [
    *(
        "$A",
        "${A}",
        "$",
        "${",
        "-",
        "-y",
        "--quiet",
        "install",
        "add",
        "installs",
        "pull-x",
        "sync$B",
        "é",
        "1",
    ),
    *(
        ".",
        "source",
        "sh",
        "bash",
        "run-parts",
        "> ",
        ">",
        "./",
        ".sh",
        "tee",
        "/",
        "~",
        '"',
        "'",
        "`",
        ";",
        "&",
    ),
    *(
        "pip3.11",
        "PIP",
        "xx-apt",
        "curl.EXE",
        "composer.phar",
        "git",
        "npm",
        "python3-",
        "node20.",
        "make",
        "٣",
    ),
    *(" ", "\n", "\t", "\x1c", "\u2003", "\xa0", "x", "(", "|"),
]
TEXTS = st.lists(st.sampled_from(PARTS) | st.text(max_size=2), max_size=14).map("".join)


@given(TEXTS)
def test_the_answers_are_those_of_the_patterns(text: str) -> None:
    assert fetches_by_variable(text) == (BY_VARIABLE.search(text) is not None)
    assert handles_files(text) == (HANDLES_FILES.search(text) is not None)
    words = WORD.findall(text)
    names = known_names()
    assert names_one_of(text, names) == any(word in names or plain_name(word) in names for word in words)


@pytest.mark.parametrize("part", ["$abc", "$a ", "$a -b ", "-a ", "install ", "> ", "a."])
def test_a_long_script_takes_time_by_its_length_alone(part: str) -> None:
    text = part * (200_000 // len(part))
    started = time.process_time()
    fetches_by_variable(text)
    handles_files(text)
    names_one_of(text, frozenset())
    assert time.process_time() - started < 1
