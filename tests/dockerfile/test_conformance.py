"""BuildKit's own files (shared/conformance): the yardstick for reading a Dockerfile as the builder does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshlayer.dockerfile.model import Instruction
from freshlayer.dockerfile.parse import parse
from freshlayer.dockerfile.scope import Environment, Unknown
from freshlayer.dockerfile.variables import Names
from freshlayer.errors import DockerfileError

CONFORMANCE = Path(__file__).parents[2].parent / "shared" / "conformance"
PARSER, SHELL = CONFORMANCE / "parser", CONFORMANCE / "shell"

pytestmark = pytest.mark.skipif(not CONFORMANCE.is_dir(), reason=f"there is no {CONFORMANCE}")

Expected = tuple[str, tuple[str, ...], tuple[str, ...]]
"""Name, flags and arguments."""

QUOTE_AWARE = ("ADD", (), ('\\conf\\\\" /.znc',))
"""The one known deviation of the library (``escapes``): it splits the words of ADD and COPY quote-aware."""


def folders(name: str) -> list[Path]:
    return sorted(path.parent for path in (PARSER / name).glob("*/Dockerfile"))


def read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape")


def expected(result: str) -> Iterator[Expected]:
    """BuildKit's dump: ``(name ["flag" …] "argument" …)`` an instruction."""
    for line in result.splitlines():
        match = re.fullmatch(r'\((\S+?)(?: \[("[^\]]*")\])?((?: .*)?)\)', line)
        assert match, line
        yield match[1].upper(), quoted(match[2] or ""), quoted(match[3])


def quoted(text: str) -> tuple[str, ...]:
    return tuple(ast.literal_eval(item) for item in re.findall(r'"(?:\\.|[^"\\])*"', text))


def instructions(text: str) -> list[Instruction]:
    dockerfile = parse(text)
    found = list(dockerfile.arguments)
    for stage in dockerfile.stages:
        found += [stage.start, *stage.instructions]
    return found


def with_from(text: str) -> tuple[str, int]:
    """The text behind a FROM where it has none (directives stay first), and how many lines went in."""
    if re.search(r"(?im)^\s*from\s", text):
        return text, 0
    at = match.end() if (match := re.match(r"(?:#[^\n]*=[^\n]*\n)+", text)) else 0
    return f"{text[:at]}FROM scratch\n{text[at:]}", 1


@pytest.mark.parametrize("folder", folders("testfiles"), ids=lambda path: path.name)
def test_names_flags_and_arguments_are_buildkits(folder: Path) -> None:
    text, added = with_from(read(folder / "Dockerfile"))
    found = [(item.name, item.flags, item.words) for item in instructions(text)][added:]
    wanted = list(expected((folder / "result").read_text("utf-8")))
    if folder.name == "escapes":
        wanted[3] = QUOTE_AWARE
    simple = [(name, flags, words) for name, flags, words in wanted if name != "ONBUILD"]
    assert [item for item in found if item[0] != "ONBUILD"] == simple
    assert [item[0] for item in found] == [item[0] for item in wanted]


@pytest.mark.parametrize("folder", folders("testfiles"), ids=lambda path: path.name)
def test_every_line_belongs_to_the_instruction_that_begins_there(folder: Path) -> None:
    text, _ = with_from(read(folder / "Dockerfile"))
    lines = text.removeprefix("\ufeff").split("\n")
    at = 0
    for item in instructions(text):
        between = lines[at : item.line - 1]
        assert all(not line.strip() or line.lstrip().startswith("#") for line in between)
        assert lines[item.line - 1].strip().upper().startswith(item.name)
        assert item.line <= item.end_line
        at = item.end_line
    assert all(not line.strip() or line.lstrip().startswith("#") for line in lines[at:])


@pytest.mark.parametrize("folder", folders("testfiles-negative"), ids=lambda path: path.name)
def test_what_buildkit_refuses_is_refused(folder: Path) -> None:
    text = read(folder / "Dockerfile")
    if folder.name == "shykes-nested-json":  # refused for its JSON, not for the FROM that it lacks
        text = f"FROM scratch\n{text}"
    with pytest.raises(DockerfileError):
        parse(text)


def test_the_lines_of_the_line_number_file_are_buildkits() -> None:
    """The numbers of TestParseIncludesLineNumbers in BuildKit's ``parser_test.go``."""
    found = [
        (item.line, item.end_line) for item in instructions(read(PARSER / "testfile-line" / "Dockerfile"))
    ]
    assert found == [(5, 5), (11, 12), (17, 31)]


def environment_of(values: dict[str, str]) -> Environment:
    names: Names[str | Unknown] = Names()
    for name, value in values.items():
        names = names.put(name, value)
    return Environment(names, inherited=False)


WORDS = environment_of({"PWD": "/home", "SHELL": "bash", "KOREAN": "한국어", "NULL": ""})


def rows(name: str) -> list[tuple[str, str]]:
    """The Unix rows of ``platform|input|expected``."""
    found: list[tuple[str, str]] = []
    path = SHELL / name
    for line in path.read_text("utf-8").splitlines() if path.is_file() else []:
        if line.strip() and not line.startswith("#"):
            platform, source, wanted = line.split("|")
            if platform.strip() in {"A", "U"}:
                found.append((source.strip(), wanted.strip()))
    return found


def bare(source: str, environment: Environment) -> bool:
    """Whether the value of a name that is not set is needed without a default.

    BuildKit puts an empty string there; to us it is unknown before the build, on purpose.
    """
    unescaped = re.sub(r"'[^']*'|\\\\|\\.", "", source)
    names = re.findall(r"\$(\w+)|\$\{(\w+)(?=[}#%/])|\$([@*#?!-])", unescaped)
    return any(environment.lookup(a or b or c) is None for a, b, c in names)


def agrees(source: str, wanted: str, environment: Environment) -> bool:
    value = environment.expand(source)
    if wanted == "error":
        return isinstance(value, Unknown)
    unset = bare(source, environment) and isinstance(value, Unknown) and value.reason.code == "not-set"
    return value == wanted or unset


def test_a_word_is_expanded_as_buildkit_expands_it() -> None:
    disagreeing = [(s, w, WORDS.expand(s)) for s, w in rows("envVarTest") if not agrees(s, w, WORDS)]
    assert disagreeing == []


def test_there_are_as_many_rows_of_expansion_as_were_measured() -> None:
    assert len(rows("envVarTest")) == 228


def word_rows() -> list[tuple[dict[str, str], str, list[str]]]:
    known: dict[str, str] = {}
    found: list[tuple[dict[str, str], str, list[str]]] = []
    path = SHELL / "wordsTest"
    for line in path.read_text("utf-8").split("\n") if path.is_file() else []:
        if line.startswith("ENV "):
            name, _, value = line[4:].lstrip().partition("=")
            known = {**known, name: value}
        elif line.strip() and not line.startswith("#"):
            source, _, wanted = line.partition("|")
            found.append((known, source.strip(), wanted.lstrip(" ").split(",")))
    return found


def splits(known: dict[str, str], source: str, wanted: list[str]) -> bool:
    environment = environment_of(known)
    value = environment.expand(source)
    if wanted == ["error"] or bare(source, environment):
        return isinstance(value, Unknown)
    return isinstance(value, str) and value.split() == " ".join(wanted).split()


def test_quotes_and_escapes_are_removed_as_buildkit_removes_them() -> None:
    """Splitting into words is the parser's own business; so only what is between blanks is compared."""
    assert len(word_rows()) == 24
    assert [row for row in word_rows() if not splits(*row)] == []
