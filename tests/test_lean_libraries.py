"""Libraries that are loaded without what they load in vain: they work, and nobody else sees a stand-in."""

from __future__ import annotations

import subprocess
import sys

import pytest

from freshlayer.lean_libraries import _WITHOUT as WITHOUT

LIBRARIES = [name for name in WITHOUT if name != "tree_sitter_powershell"]


def printed(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_loaded_without_them(library: str) -> None:
    program = f"""
import sys
from freshlayer.lean_libraries import load_lean
load_lean({library!r})
print([name for name in {list(WITHOUT[library])} if name in sys.modules], {library!r} in sys.modules)
"""
    assert printed(program) == "[] True"


@pytest.mark.parametrize("library", LIBRARIES)
def test_other_code_gets_the_module_itself(library: str) -> None:
    program = f"""
from importlib import import_module
from freshlayer.lean_libraries import load_lean
load_lean({library!r})
for name in {[name for name, names in WITHOUT[library].items() if names is not None]}:
    print(import_module(name).__spec__.name == name)
"""
    assert set(printed(program).split()) <= {"True"}


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
