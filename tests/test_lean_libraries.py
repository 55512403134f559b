"""Libraries that are loaded without what they load in vain: they work, and nobody else sees a stand-in."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import freshlayer
from freshlayer.lean_libraries import _WITHOUT as WITHOUT

LIBRARIES = [name for name in WITHOUT if name != "tree_sitter_powershell"]


def printed(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_loaded_without_them(library: str) -> None:
    program = f"""
import sys
from pathlib import Path
from freshlayer.lean_libraries import load_lean
before = set(sys.modules)
load_lean({library!r})
loaded = set(sys.modules) - before
print([name for name in {list(WITHOUT[library])} if name in loaded], {library!r} in sys.modules)
"""
    assert printed(program) == "[] True"


@pytest.mark.parametrize("library", LIBRARIES)
def test_other_code_gets_the_module_itself(library: str) -> None:
    names = [name for name, names in WITHOUT[library].items() if names is not None]
    program = f"""
from importlib import import_module
from freshlayer.lean_libraries import load_lean
load_lean({library!r})
for name in {names}:
    print(import_module(name).__spec__.name)
"""
    assert printed(program).split() == names


def test_what_was_loaded_before_is_left_alone() -> None:
    program = """
import inspect, sys, click
from freshlayer.lean_libraries import load_lean
load_lean("click")
print(sys.modules["inspect"] is inspect, click.core.inspect is inspect)
"""
    assert printed(program) == "True True"


def test_a_name_that_has_no_stand_in_is_that_of_the_module() -> None:
    program = """
from freshlayer.lean_libraries import load_lean
load_lean("click")
import click, inspect
print(click.core.inspect.isfunction is inspect.isfunction)
print(click.core.inspect.cleandoc("  a\\n    b") == inspect.cleandoc("  a\\n    b"))
print(click.core.inspect.cleandoc(" \\ta b ") == inspect.cleandoc(" \\ta b "))
"""
    assert printed(program).split() == ["True"] * 3


def test_dataclasses_of_others_have_their_docstrings() -> None:
    program = """
from freshlayer.lean_libraries import load_lean
load_lean("e2b_dockerfile_utils")
import dataclasses
@dataclasses.dataclass
class A:
    b: int
print(A.__doc__)
"""
    assert printed(program) == "A(b: int)"


def test_dataclasses_of_others_have_the_fields_that_they_state_themselves() -> None:
    program = """
from freshlayer.lean_libraries import load_lean
load_lean("e2b_dockerfile_utils")
import dataclasses
class Plain:
    a: int
@dataclasses.dataclass
class B(Plain):
    b: "int" = 1
@dataclasses.dataclass
class C(B):
    c: int = 2
@dataclasses.dataclass
class D(C):
    pass
print([it.name for it in dataclasses.fields(D)], C.__annotations__ == {"c": int})
"""
    assert printed(program) == "['b', 'c'] True"


def test_msgspec_reads_types_as_with_everything_installed() -> None:
    program = """
from freshlayer.lean_libraries import load_lean
load_lean("msgspec")
import msgspec
from typing import Annotated, Literal, Optional
class A(msgspec.Struct):
    b: Annotated[int, msgspec.Meta(ge=1)]
    c: Optional[Literal["x"]] = None
print(msgspec.json.decode(b'{"b":1,"c":"x"}', type=A))
"""
    assert printed(program) == "A(b=1, c='x')"


def test_msgspec_knows_the_times_of_datetime() -> None:
    program = """
from freshlayer.lean_libraries import load_lean
load_lean("msgspec")
import datetime, msgspec
class A(msgspec.Struct):
    b: datetime.datetime
    c: datetime.timedelta
found = msgspec.json.decode(b'{"b":"2023-11-14T22:13:20Z","c":"PT5S"}', type=A)
print(found.b == datetime.datetime(2023, 11, 14, 22, 13, 20, tzinfo=datetime.UTC), found.c.seconds)
print(msgspec.json.encode(found).decode())
"""
    assert printed(program).split() == ["True", "5", '{"b":"2023-11-14T22:13:20Z","c":"PT5S"}']


@pytest.mark.parametrize("value", ["decimal.Decimal(1)", "uuid.UUID(int=1)"])
def test_msgspec_refuses_the_types_that_it_does_not_know_then(value: str) -> None:
    program = f"""
from freshlayer.lean_libraries import load_lean
load_lean("msgspec")
import decimal, msgspec, uuid
try:
    msgspec.json.encode({value})
except TypeError as error:
    print(error)
"""
    assert printed(program).endswith("is unsupported")


def test_no_value_of_ours_has_the_types_that_msgspec_does_not_know() -> None:
    used = re.compile(r"^\s*(?:import|from) (?:decimal|uuid)\b", re.MULTILINE)
    modules = [it for it in Path(freshlayer.__file__).parent.rglob("*.py") if used.search(it.read_text())]
    assert modules == []


def test_patterns_are_those_of_re_though_typing_is_loaded_without_it() -> None:
    program = """
from freshlayer.lean_libraries import load_lean
load_lean("typing")
import re, typing
print(typing.Pattern[str].__origin__ is re.Pattern, typing.Match[str].__origin__ is re.Match)
"""
    assert printed(program) == "True True"


def test_pathlib_matches_and_quotes_as_with_everything_loaded(tmp_path: Path) -> None:
    (tmp_path / "a b").touch()
    program = f"""
from freshlayer.lean_libraries import load_lean
load_lean("pathlib")
import pathlib
[found] = pathlib.Path({str(tmp_path)!r}).glob("A*"[1:] + " b")
print(found.as_uri().rpartition("/")[2], found.match("a*"), pathlib.PureWindowsPath("c:/a").drive)
"""
    assert printed(program) == "a%20b True c:"


def test_msgspec_checks_the_pattern_of_a_text() -> None:
    program = """
from freshlayer.lean_libraries import load_lean
load_lean("msgspec")
import msgspec
from typing import Annotated
Word = Annotated[str, msgspec.Meta(pattern="^a+$")]
print(msgspec.json.decode(b'"aa"', type=Word))
try:
    msgspec.json.decode(b'"b"', type=Word)
except msgspec.ValidationError as error:
    print("refused")
"""
    assert printed(program).split() == ["aa", "refused"]


def test_pycurl_has_its_names_without_its_package() -> None:
    program = """
import pycurl
print(sorted(it for it in vars(pycurl) if not it.startswith("_")), pycurl.__file__, pycurl.Curl.__module__)
"""
    lean = printed(f"from freshlayer.lean_libraries import load_lean\nload_lean('pycurl')\n{program}")
    whole = printed(program)
    for name in ("AsyncCurlMulti", "async_multi"):
        whole = whole.replace(f"'{name}', ", "")
    assert lean == whole


def test_the_tuples_of_pycurl_are_named() -> None:
    program = """
from freshlayer.lean_libraries import load_lean
load_lean("pycurl")
import pycurl
def opened(_purpose, address):
    print(type(address).__name__, address._fields, address.addr)
    return pycurl.SOCKET_BAD
handle = pycurl.Curl()
handle.setopt(pycurl.URL, "http://127.0.0.1:9/")
handle.setopt(pycurl.PROXY, "")
handle.setopt(pycurl.OPENSOCKETFUNCTION, opened)
for _ in range(2):
    try:
        handle.perform()
    except pycurl.error:
        pass
"""
    line = "CurlSockAddr ('family', 'socktype', 'protocol', 'addr') ('127.0.0.1', 9)"
    assert printed(program).splitlines() == [line] * 2
