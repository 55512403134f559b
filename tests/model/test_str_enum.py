"""An enumeration of texts that is made quickly is one of Python's to whoever uses it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import freshlayer

PROGRAM = """
from freshlayer.model.str_enum import StrEnum
import copy, json, pickle, sys
import msgspec
from freshlayer.model.evidence import Strength
from freshlayer.model.observation import Change, Verdict

class Of(msgspec.Struct):
    change: Change
    others: dict[Change, int] = {}
    default: Change = Change.UNKNOWN

def refused(call, *given):
    try:
        return call(*given)
    except (ValueError, msgspec.ValidationError) as error:
        return type(error).__name__, str(error)

changed = Change("changed")
print(changed is Change.CHANGED, Change(Change.CHANGED) is changed, isinstance(changed, Change))
print(list(Change), len(Change), Change.CHANGED in Change, type(Change) is type(Strength))
print([(it.name, it.value, type(it.value)) for it in Change], [(it.rank, it) for it in Strength])
print(repr(changed), str(changed), type(str(changed)), f"{changed:>9}", "%s" % changed, ",".join(Change))
print(changed == "changed", {"changed": 1}[changed], hash(changed) == hash("changed"), sorted(Change))
print(refused(Change, "other"), refused(Change, ["other"]), refused(Change, None))
print([pickle.loads(pickle.dumps(changed, it)) is changed for it in range(6)])
print(copy.deepcopy([changed])[0] is changed, copy.copy(changed) is changed)
print(Change.__name__, Change.__qualname__, Change.__module__, Change.__doc__)
print(json.dumps({"a": changed, changed: 1}), msgspec.json.encode(Of(changed, {changed: 1})))
print(msgspec.msgpack.encode([changed]), msgspec.to_builtins({changed: changed}))
print(msgspec.json.decode(b'{"change":"absent","others":{"changed":2}}', type=Of))
print(msgspec.convert(["changed"], list[Change])[0] is changed, refused(msgspec.convert, 1, Change))
print(refused(lambda: msgspec.json.decode(b'{"change":"other"}', type=Of)))
match changed:
    case Change.ABSENT:
        print("absent")
    case Change.CHANGED:
        print("changed")
print(StrEnum.__module__, file=sys.stderr)
"""


def ran(before: str) -> tuple[str, str]:
    argv = [sys.executable, "-c", before + PROGRAM]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return done.stdout, done.stderr.strip()


def test_it_is_used_as_one_of_python() -> None:
    quick, whose = ran("")
    assert whose == "freshlayer.model.str_enum"
    assert ran("import enum\n") == (quick, "enum")


def test_where_msgspec_was_loaded_with_that_of_python_so_are_our_values() -> None:
    assert ran("import msgspec\n") == ran("import enum\n")


def test_all_of_ours_are_of_the_one_kind() -> None:
    """msgspec would take a member of another one for no value that it knows."""
    used = re.compile(r"^\s*from enum import .*StrEnum", re.MULTILINE)
    package = Path(freshlayer.__file__).parent
    found = [str(it.relative_to(package)) for it in package.rglob("*.py") if used.search(it.read_text())]
    assert found == ["model/str_enum.py"]
