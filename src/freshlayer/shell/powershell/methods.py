"""Members and methods of strings, arrays, tables and a few classes of .NET. None: not computed."""

from __future__ import annotations

import re
from collections.abc import Callable
from posixpath import basename
from urllib.parse import quote, urlsplit

from freshlayer.lazy_regex import compiled
from freshlayer.shell.powershell.operators import formatted, gathered_array
from freshlayer.shell.powershell.values import (
    Code,
    Instance,
    Items,
    Mixed,
    Table,
    Value,
    hole,
    is_known,
    items,
    known_text,
    number,
    string,
    table,
    text,
    unknown,
)
from freshlayer.shell.values import LONGEST, Hole, text_of

_VERSION = compiled(r"(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?")
_BLANKS = " \t\r\n\f\v"


def member(target: Value, name: str) -> Value:
    """``target.name``."""
    match target:
        case Hole():
            return target
        case Table():
            return _of_table(target, name)
        case Instance():
            return _of_instance(target, name)
        case Items() if name in {"count", "length", "longlength"}:
            return len(target.items)
        case Items():
            found = [item for one in target.items for item in items(member(one, name))]
            return gathered_array(tuple(found))
        case str():
            return _of_string(target, name)
        case Mixed():
            return unknown(target)
        case _:
            return 1 if name == "count" and target is not None else None


def _of_table(target: Table, name: str) -> Value:
    if target.has(name):
        return target.get(name)
    if name == "keys":
        return Items(tuple(key for _, key, _ in target.rows))
    if name == "values":
        return Items(tuple(value for _, _, value in target.rows))
    return len(target.rows) if name in {"count", "length"} else None


def _of_instance(target: Instance, name: str) -> Value:
    if target.properties.has(name):
        return target.properties.get(name)
    return table([]) if name == "headers" else hole(f".{name}")


def _of_string(target: str, name: str) -> Value:
    if name == "length":
        return len(target)
    if name == "count":
        return 1
    if name in {"absoluteuri", "originalstring"}:
        return target
    if name in {"host", "scheme", "absolutepath", "segments", "localpath"} and "://" in target:
        return _of_url(target, name)
    return hole(f".{name}")


def _of_url(target: str, name: str) -> Value:
    try:
        parts = urlsplit(target)
    except ValueError:
        return hole(f".{name}")
    if name == "segments":
        steps = [f"{step}/" for step in parts.path.split("/")]
        return Items(tuple([*steps[:-1], steps[-1][:-1]] if steps[-1] != "/" else steps[:-1]))
    return {"host": parts.hostname or "", "scheme": parts.scheme}.get(name, parts.path)


def method(target: Value, name: str, arguments: tuple[Value, ...]) -> Value:
    """``target.name(arguments)``; a hole where it is not computed."""
    missing = unknown(target, *arguments)
    if name in {"tostring", "getenumerator"} and len(arguments) == 0:
        return _entries(target) if name == "getenumerator" else string(text(target))
    if isinstance(target, Table):
        return _of_rows(target, name, arguments)
    if isinstance(target, Items):
        return _of_items(target, name, arguments)
    if missing:
        return _part_known(target, name, arguments) or missing
    if isinstance(target, str) and name in _STRINGS:
        try:
            found = _STRINGS[name](target, [known_text(item) or "" for item in arguments], arguments)
        except (ValueError, IndexError, TypeError):
            return hole(f".{name}()")
        return hole(f".{name}()") if isinstance(found, str) and len(found) > LONGEST else found
    return hole(f".{name}()")


def _part_known(target: Value, name: str, arguments: tuple[Value, ...]) -> Value:
    """A change of letters leaves what is not known where it is."""
    if isinstance(target, Mixed) and name in {"trim", "trimstart", "trimend", "tostring"} and not arguments:
        return target
    return None


def _entries(target: Value) -> Value:
    if not isinstance(target, Table):
        return target
    rows = [table([("Key", key), ("Name", key), ("Value", value)]) for _, key, value in target.rows]
    return Items(tuple(rows))


def _of_rows(target: Table, name: str, arguments: tuple[Value, ...]) -> Value:
    key = known_text(arguments[0]) if arguments else None
    if key is None:
        return unknown(*arguments) or hole(f".{name}()")
    if name in {"containskey", "contains"}:
        return target.has(key)
    return target.get(key) if name in {"item", "get_item"} else hole(f".{name}()")


def _of_items(target: Items, name: str, arguments: tuple[Value, ...]) -> Value:
    if name == "contains" and arguments:
        return arguments[0] in target.items
    if name in {"toarray", "clone"}:
        return target
    return unknown(target, *arguments) or hole(f".{name}()")


def _characters(arguments: list[str]) -> str:
    return "".join(arguments) or _BLANKS


def _split(subject: str, arguments: list[str], given: tuple[Value, ...]) -> Value:
    """Each character of the first argument divides; a string with an option of .NET is not computed."""
    most = number(given[1]) if len(given) > 1 else None
    if len(given) > 1 and not (isinstance(most, int) and len(arguments[0]) <= 1):
        return hole(".Split()")
    marks = arguments[0] if arguments else ""
    limit = most - 1 if isinstance(most, int) and most else -1
    if len(marks) > 1:
        # Windows PowerShell divides at each of the characters, later versions at the whole string.
        at_each = re.split(f"[{re.escape(marks)}]", subject)
        return Items(tuple(at_each)) if at_each == subject.split(marks) else hole(".Split()")
    return gathered_array(tuple(subject.split(marks or None, limit)))


def _substring(subject: str, _arguments: list[str], given: tuple[Value, ...]) -> Value:
    start, length = number(given[0]), number(given[1]) if len(given) > 1 else None
    first = int(start or 0)
    last = len(subject) if length is None else first + int(length)
    return subject[first:last] if 0 <= first <= last <= len(subject) else hole(".Substring()")


def _padded(subject: str, _arguments: list[str], given: tuple[Value, ...], *, left: bool) -> Value:
    width, fill = int(number(given[0]) or 0), known_text(given[1]) if len(given) > 1 else " "
    if width > LONGEST:
        return hole(".Pad()")
    return subject.rjust(width, fill or " ") if left else subject.ljust(width, fill or " ")


_StringMethod = Callable[[str, list[str], tuple[Value, ...]], Value]
_STRINGS: dict[str, _StringMethod] = {
    "replace": lambda subject, a, _: subject.replace(a[0], a[1]) if a[0] else subject,
    "split": _split,
    "trim": lambda subject, a, _: subject.strip(_characters(a)),
    "trimstart": lambda subject, a, _: subject.lstrip(_characters(a)),
    "trimend": lambda subject, a, _: subject.rstrip(_characters(a)),
    "tolower": lambda subject, _, __: subject.lower(),
    "tolowerinvariant": lambda subject, _, __: subject.lower(),
    "toupper": lambda subject, _, __: subject.upper(),
    "toupperinvariant": lambda subject, _, __: subject.upper(),
    "substring": _substring,
    "startswith": lambda subject, a, _: subject.startswith(a[0]),
    "endswith": lambda subject, a, _: subject.endswith(a[0]),
    "contains": lambda subject, a, _: a[0] in subject,
    "equals": lambda subject, a, _: subject == a[0],
    "indexof": lambda subject, a, _: subject.find(a[0]),
    "lastindexof": lambda subject, a, _: subject.rfind(a[0]),
    "padleft": lambda subject, a, given: _padded(subject, a, given, left=True),
    "padright": lambda subject, a, given: _padded(subject, a, given, left=False),
    "insert": lambda subject, a, g: (
        subject[: int(number(g[0]) or 0)] + a[1] + subject[int(number(g[0]) or 0) :]
    ),
    "remove": lambda subject, _, g: subject[: int(number(g[0]) or 0)] if len(g) == 1 else hole(".Remove()"),
}


def static(type_name: str, name: str, arguments: tuple[Value, ...]) -> Value:
    """``[type]::name(arguments)``; a hole where it is not computed."""
    first = arguments[0] if arguments else None
    if type_name == "string" and name == "format":
        given = arguments[1:]
        return formatted(first, given[0] if len(given) == 1 else Items(given))
    if type_name == "string" and name == "join":
        rest = arguments[1] if len(arguments) == 2 else Items(arguments[1:])
        return string(text(rest, known_text(first) or ""))
    if type_name == "string" and name == "concat":
        return string(text_of(*(part for item in arguments for part in text(item))))
    if type_name == "string" and name.startswith("isnullor"):
        return _is_empty(first)
    if type_name == "io.path":
        return _path(name, arguments)
    if type_name == "uri" and name.startswith("escape") and isinstance(first, str):
        return quote(first, safe="" if "data" in name else "/:?#[]@!$&'()*+,;=")
    if type_name == "version" and name == "parse":
        return cast("version", first)
    return unknown(*arguments) or hole(f"[{type_name}]::{name}()")


def _is_empty(value: Value) -> Value:
    if isinstance(value, Mixed) and any(isinstance(part, str) for part in value.text):
        return False
    if unknown(value):
        return unknown(value)
    return not (known_text(value) or "").strip()


def _path(name: str, arguments: tuple[Value, ...]) -> Value:
    if name == "combine":
        return joined_path(arguments)
    first = known_text(arguments[0]) if arguments else None
    if name == "getfilename" and first is not None:
        return basename(first.replace("\\", "/"))
    return unknown(*arguments) or hole(f"[IO.Path]::{name}()")


def joined_path(arguments: tuple[Value, ...]) -> Value:
    """``Join-Path``: with the separator of the first, which is Windows' own where it has none."""
    parts = [text(item) for item in arguments]
    slash = (
        "/" if parts and any(isinstance(p, str) and "/" in p and "\\" not in p for p in parts[0]) else "\\"
    )
    result = parts[0] if parts else ()
    for part in parts[1:]:
        head = (*result[:-1], result[-1].rstrip("\\/")) if result and isinstance(result[-1], str) else result
        tail = (part[0].lstrip("\\/"), *part[1:]) if part and isinstance(part[0], str) else part
        result = text_of(*head, slash, *tail)
    return string(result)


def cast(type_name: str, value: Value) -> Value:
    """``[type]value``."""
    if type_name in {"string", "uri", "char", "io.fileinfo", "io.directoryinfo", "ipaddress"}:
        return string(text(value))
    if type_name in {"int", "int32", "int64", "long", "uint32"}:
        found = number(value)
        return (unknown(value) or hole(f"[{type_name}]")) if found is None else round(found)
    if type_name in {"array", "object[]", "string[]"}:
        return Items(items(value))
    if type_name == "bool" and is_known(value):
        return bool(value)
    if type_name in {"version", "semver", "management.automation.semanticversion"}:
        return _version(value)
    if type_name in {"void", "null"}:
        return None
    if type_name in {"pscustomobject", "ordered", "hashtable", "psobject"}:
        return value
    if type_name == "scriptblock" and isinstance(value, Code):
        return value
    return unknown(value) or hole(f"[{type_name}]")


def _version(value: Value) -> Value:
    written = known_text(value)
    match = _VERSION.fullmatch(written) if written is not None else None
    if not match or written is None:
        return unknown(value) or hole("[version]")
    names = ("Major", "Minor", "Build", "Revision")
    rows: list[tuple[str, Value]] = [
        (name, int(part) if part else -1) for name, part in zip(names, match.groups(), strict=True)
    ]
    return Instance("version", written, table(rows))


def indexed(target: Value, index: Value) -> Value:
    """``target[index]``."""
    if isinstance(target, Table):
        key = known_text(index)
        return (unknown(index) or hole("[…]")) if key is None else target.get(key)
    if isinstance(index, Items):
        return Items(tuple(indexed(target, one) for one in index.items))
    place = number(index)
    if isinstance(target, Hole) or not isinstance(place, int):
        return unknown(target, index) or hole("[…]")
    if isinstance(target, str):
        return target[place] if -len(target) <= place < len(target) else None
    if isinstance(target, Items):
        return target.items[place] if -len(target.items) <= place < len(target.items) else None
    return unknown(target) or (target if place in {0, -1} and target is not None else None)
