"""``dpkg-architecture``: Debian's and GNU's names of an architecture (cputable, tupletable, abitable)."""

from __future__ import annotations

import re

from msgspec import Struct


class _Row(Struct, frozen=True):
    """One architecture of Debian on Linux. ``multiarch`` and ``gnu`` name the processor."""

    cpu: str
    gnu: str
    bits: int = 64
    endian: str = "little"
    abi: str = "base"
    system: str = "gnu"
    multiarch: str = ""


_ROWS: dict[str, _Row] = {
    "amd64": _Row("amd64", "x86_64"),
    "arm64": _Row("arm64", "aarch64"),
    "armel": _Row("arm", "arm", 32, abi="eabi", system="gnueabi"),
    "armhf": _Row("arm", "arm", 32, abi="eabihf", system="gnueabihf"),
    "i386": _Row("i386", "i686", 32, multiarch="i386"),
    "loong64": _Row("loong64", "loongarch64"),
    "mips": _Row("mips", "mips", 32, "big"),
    "mipsel": _Row("mipsel", "mipsel", 32),
    "mips64": _Row("mips64", "mips64", 64, "big", "abi64", "gnuabi64"),
    "mips64el": _Row("mips64el", "mips64el", abi="abi64", system="gnuabi64"),
    "ppc64": _Row("ppc64", "powerpc64", 64, "big"),
    "ppc64el": _Row("ppc64el", "powerpc64le"),
    "riscv64": _Row("riscv64", "riscv64"),
    "s390x": _Row("s390x", "s390x", 64, "big"),
}
_OPTION = re.compile(
    r"-(?P<short>[atATWBE])(?P<value>.*)|--(?P<long>host-arch|host-type|target-arch|target-type)(?:=(?P<given>.*))?"
)
_COMMAND = re.compile(r"-(?P<short>[qlsueLicf])(?P<value>.*)|--(?P<long>[a-z-]+)(?:=(?P<given>.*))?")
_LETTERS = {"query": "q", "list": "l", "print-set": "s", "print-unset": "u", "force": "f"}
_CHOOSING = {"host-arch": "a", "host-type": "t", "target-arch": "A", "target-type": "T"}


def dpkg_architecture(arguments: list[str], native: str) -> str | None:
    """What it prints on a machine of Debian's architecture ``native``; None where that is not computed."""
    chosen = {"a": "", "t": "", "A": "", "T": ""}
    command, operand = "l", ""
    waiting = list(reversed(arguments))
    while waiting:
        word = waiting.pop()
        option = _OPTION.fullmatch(word)
        if option:
            letter = option["short"] or _CHOOSING[option["long"]]
            if letter not in chosen:
                return None
            value = option["value"] or option["given"]
            chosen[letter] = value or (waiting.pop() if waiting else "")
            continue
        found = _COMMAND.fullmatch(word)
        letter = (found["short"] or _LETTERS.get(found["long"] or "", "")) if found else ""
        if not found or letter not in "qlsuf" or not letter:
            return None
        if letter == "q":
            operand = found["value"] or found["given"] or (waiting.pop() if waiting else "")
        command = command if letter == "f" else letter
    variables = _variables(native, chosen)
    return _printed(command, operand, variables) if variables else None


def is_host(arguments: list[str], native: str) -> bool | None:
    """``-e ARCH`` and ``-i WILDCARD``, on their own; None for anything else."""
    match = re.fullmatch(r"(?:-([ei])|--(equal|is))[ =]?(\S+)", " ".join(arguments))
    if not match or native not in _ROWS:
        return None
    if (match[1] or match[2][0]) == "e":
        return match[3] == native
    row = _ROWS[native]
    parts = match[3].split("-")
    system = ["any"] * (4 - len(parts)) + parts if "any" in parts else []
    own = [row.abi, "gnu", "linux", row.cpu]
    if not system:
        return match[3] == native
    return all(part in {"any", mine} for part, mine in zip(system, own, strict=False))


def _variables(native: str, chosen: dict[str, str]) -> dict[str, str] | None:
    """All variables. The target is the host where it is not chosen, the host is the build machine."""
    host = chosen["a"] or _of_type(chosen["t"]) or native
    target = chosen["A"] or _of_type(chosen["T"]) or host
    if {native, host, target} - _ROWS.keys():
        return None
    found: dict[str, str] = {}
    for prefix, name in (("BUILD", native), ("HOST", host), ("TARGET", target)):
        found |= {f"DEB_{prefix}_{key}": value for key, value in _row(name).items()}
    return found


def _of_type(gnu_type: str) -> str:
    return next((name for name in _ROWS if gnu_type == _row(name)["GNU_TYPE"]), gnu_type)


def _row(name: str) -> dict[str, str]:
    row = _ROWS[name]
    system = f"linux-{row.system}"
    return {
        "ARCH": name,
        "ARCH_ABI": row.abi,
        "ARCH_BITS": str(row.bits),
        "ARCH_CPU": row.cpu,
        "ARCH_ENDIAN": row.endian,
        "ARCH_LIBC": "gnu",
        "ARCH_OS": "linux",
        "GNU_CPU": row.gnu,
        "GNU_SYSTEM": system,
        "GNU_TYPE": f"{row.gnu}-{system}",
        "MULTIARCH": f"{row.multiarch or row.gnu}-{system}",
    }


def _printed(command: str, operand: str, variables: dict[str, str]) -> str | None:
    match command:
        case "q":
            return variables.get(operand)
        case "l":
            return "\n".join(f"{name}={value}" for name, value in variables.items())
        case "s":
            assigned = "; ".join(f"{name}={value}" for name, value in variables.items())
            return f"{assigned}; export {' '.join(variables)}"
        case _:
            return f"unset {' '.join(variables)}"
