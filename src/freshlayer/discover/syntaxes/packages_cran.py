"""R: ``install.packages("a")``, ``install2.r a``, ``remotes::install_cran``, ``pak::pkg_install``.

Code is not evaluated: calls are found by their names, and their arguments are literals, ``c(…)`` of literals,
or a variable that the code sets to one of these. Options: ``repos``, one for each repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.discover.syntaxes.language_lines import (
    LanguageLine,
    Listed,
    ProjectFiles,
    divided,
    names_nothing,
)
from freshlayer.discover.syntaxes.package_lines import table_of
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason

_TABLE, _NAMES = table_of(
    """
    repos,r= libloc,l= deps,d= ncpus,n= type,t= method,m= error,e skipinstalled,s skipmissing,k help,h usage,x
    """
)
_QUOTED = r"\"[^\"\n]{0,500}\"|'[^'\n]{0,500}'"
_LITERAL = compiled(rf"(?:{_QUOTED})")
_CALL = compiled(
    r"\b(?:(install\.packages)|(?:remotes::|devtools::)?(install_cran)|(?:remotes::|devtools::)?(install_version)"
    r"|(?:pak::)?(pkg_install)|pak::(pak)|((?:BiocManager::install|biocLite|update\.packages"
    r"|pak::local_install(?:_dev)?_deps|install_(?:bioc|deps|dev_deps|local|dev)|tinytex::\w{1,40}|webshot::\w{1,40}|pacman::p_load)))\s*\("
)
_ASSIGNED = compiled(rf"\b([A-Za-z.][\w.]{{0,60}})\s{{0,9}}(?:<-|=)\s{{0,9}}(?:c\s{{0,9}}(\()|({_QUOTED}))")
_REPOS_OF_OPTIONS = compiled(r"\boptions\s*\(")
_NAMED = compiled(r"\s*(?:\"([\w.]{1,40})\"|([\w.]{1,40}))\s*=(?!=)\s*(.*)", re.DOTALL)
_PACKAGE = compiled(r"[A-Za-z][A-Za-z0-9.]{1,100}")
_PREFIX = compiled(r"^(?:cran|any)::")
_EXACT = compiled(r"\d{1,9}(?:[.-]\d{1,9}){1,5}")
_DEPENDENCIES = compiled(r"install_(?:dev_)?deps\s*\(")
_OF_R = frozenset(
    """
    base compiler datasets grDevices graphics grid methods parallel splines stats stats4 tcltk tools utils
    """.split()
)
"""Packages that R itself has."""
_WITH_PROFILES = frozenset({"R", "Rscript"})
_MOST_CODE = 50_000
_MOST_CALLS = 40
_LONGEST_CALL = 4000
_UNKNOWN = Reason("not-computed")
_BY_NAME = Reason("packages-by-name")

Variables = Mapping[str, list[str]]
"""Variable → the strings that code sets it to."""


class _Call(Struct, frozen=True):
    function: str
    arguments: tuple[str, ...]
    text: str

    def named(self, *names: str) -> str | None:
        """The code of a named argument."""
        for argument in self.arguments:
            match = _NAMED.fullmatch(argument)
            if match and (match[1] or match[2]) in names:
                return match[3]
        return None

    @property
    def positional(self) -> list[str]:
        """The arguments without a name."""
        return [it for it in self.arguments if not _NAMED.fullmatch(it)]

    def first(self, *names: str) -> str:
        """The code of the first argument, or of the one with one of these names."""
        named = self.named(*names)
        return named if named is not None else "".join(self.positional[:1])


def r(name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """Code on a command line or in a script of the build context, or the words of ``install2.r``."""
    if name == "install2.r":
        line = divided(["install", *arguments], _TABLE, _NAMES)
        repos = tuple(item for item in line.options if item[0] == "repos" and "://" in item[1])
        unclear = any(not _PACKAGE.fullmatch(word) for word in line.words)
        return None if unclear or not line.words else LanguageLine(line.words, repos)
    lines = list(_of_code("\n".join(_code(name, arguments, files))[:_MOST_CODE], files))
    profiles = _profiles(arguments, files) if name in _WITH_PROFILES else {}
    return LanguageLine(also=tuple(replace(it, files=profiles) for it in lines)) if lines else None


def _profiles(arguments: Sequence[str], files: ProjectFiles) -> dict[str, str]:
    """The profiles that R executes before the code, where they are not those of the image (``?Startup``)."""
    options = set(arguments)
    site, user = files.variable("R_PROFILE"), files.variable("R_PROFILE_USER")
    of_user = (user,) if user else (".Rprofile", f"{files.variable('HOME') or '/root'}/.Rprofile")
    found = {
        "Rprofile.site": next(files.texts((site,)), None) if site else None,
        ".Rprofile": next(files.texts(of_user), None),
    }
    off = {
        "Rprofile.site": options & {"--vanilla", "--no-site-file"},
        ".Rprofile": options & {"--vanilla", "--no-init-file"},
    }
    texts = {name: "" if off[name] else item[1] if item else None for name, item in found.items()}
    return {name: text for name, text in texts.items() if text is not None}


def _code(name: str, arguments: Sequence[str], files: ProjectFiles) -> Iterator[str]:
    waiting = iter(arguments)
    for word in waiting:
        if word in {"-e", "--eval", "--execute"}:
            yield next(waiting, "")
        elif word.startswith("-e") and "(" in word:
            yield word[2:]
        elif not word.startswith("-") and name == "Rscript":
            yield files.text(word) or ""
            return


def _of_code(code: str, files: ProjectFiles) -> Iterator[LanguageLine]:
    code = re.sub(r"(?m)^\s*#.*$", "", code)
    variables = _assigned(code)
    defaults = tuple(_repositories(code, variables))
    for call in _calls(code):
        project = _of_description(call, files, defaults)
        yield _of_call(call, variables, defaults) if project is None else project


def _of_description(
    call: _Call, files: ProjectFiles, defaults: tuple[tuple[str, str], ...]
) -> LanguageLine | None:
    """``install_deps()``: what the DESCRIPTION of a package states; None for another call, or without one."""
    if not _DEPENDENCIES.search(call.text):
        return None
    path = (_strings(call.first("pkgdir", "pkg", "root"), {}) or ["."])[0]
    text = files.text(f"{path}/DESCRIPTION")
    if text is None or re.search(r"(?m)^(?:Remotes|Additional_repositories):", text):
        return None
    every = (call.named("dependencies") or "").strip() == "TRUE"
    fields = ("Depends", "Imports", "LinkingTo", *(("Suggests",) if every else ()))
    stated = dict(re.findall(r"(?m)^([\w/]+):[ \t]*((?:.*)(?:\n[ \t]+.*)*)", text))
    names = re.findall(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9.]+)", ",".join(stated.get(it, "") for it in fields))
    words = dict.fromkeys(it for it in names if it != "R" and it not in _OF_R)
    repos = tuple(("repos", url) for url in _strings(call.named("repos") or "", {}) or () if "://" in url)
    if not words:
        return LanguageLine(listed=(names_nothing(call.text, f"{path}/DESCRIPTION"),))
    return LanguageLine(tuple(words), repos or defaults)


def _of_call(call: _Call, variables: Variables, defaults: tuple[tuple[str, str], ...]) -> LanguageLine:
    stated = call.named("repos", "repositories")
    if stated is None and call.function == "install.packages":
        stated = "".join(call.positional[2:3])
    if call.function == "" or (stated or "").strip() == "NULL":
        return LanguageLine(listed=(Listed(call.text, _BY_NAME),))
    names = _strings(call.first("pkgs", "packages", "package", "pkg"), variables)
    if not names:
        return LanguageLine(unknown=_UNKNOWN)
    repos = (
        tuple(("repos", url) for url in _strings(stated or "", variables) or () if "://" in url) or defaults
    )
    if call.function == "install_version":
        return _of_version(call, names, repos)
    words = [_PREFIX.sub("", word) for word in names]
    others = [word for word in words if re.search(r"[/:]", word) or word.endswith(".tar.gz")]
    found = [word for word in words if word not in others]
    exact = [word for word in found if _EXACT.fullmatch(word.partition("@")[2])]
    open_words = tuple(word.removesuffix("@latest") for word in found if word not in exact)
    if any(not _PACKAGE.fullmatch(word) for word in open_words):
        return LanguageLine(unknown=Reason("package-word-unclear", detail=f"{call.text[:80]}"))
    listed = tuple(Listed(f"R package {word}", Reason("exact-version")) for word in exact)
    return LanguageLine(open_words, repos if open_words else (), listed=listed)


def _of_version(call: _Call, names: Sequence[str], repos: tuple[tuple[str, str], ...]) -> LanguageLine:
    version = _strings(call.named("version") or "".join(call.positional[1:2]), {}) or [""]
    if _EXACT.fullmatch(version[0]):
        return LanguageLine(listed=(Listed(f"R package {names[0]} {version[0]}", Reason("exact-version")),))
    if version[0]:
        return LanguageLine(unknown=Reason("package-word-unclear", detail=f"{names[0]} {version[0]}"[:80]))
    return LanguageLine(tuple(names), repos)


def _repositories(code: str, variables: Variables) -> Iterator[tuple[str, str]]:
    """``options(repos = c(CRAN = "URL"))``: of the last call."""
    found: list[str] = []
    for match in islice(_REPOS_OF_OPTIONS.finditer(code), _MOST_CALLS):
        stated = _Call("options", tuple(_split(_inside(code, match.end()))), "").named("repos")
        found = [it for it in _strings(stated or "", variables) or () if "://" in it] or found
    yield from (("repos", url) for url in found)


def _calls(code: str) -> Iterator[_Call]:
    for match in islice(_CALL.finditer(code), _MOST_CALLS):
        inside = _inside(code, match.end())
        text = f"{match[0]}{inside})".replace("\n", " ")[:80]
        yield _Call(next((it for it in match.groups()[:5] if it), ""), tuple(_split(inside)), text)


def _inside(code: str, start: int) -> str:
    """What is between the parentheses of a call; strings may have parentheses."""
    depth, place = 1, start
    end = min(len(code), start + _LONGEST_CALL)
    while place < end:
        quoted = _LITERAL.match(code, place)
        if quoted:
            place = quoted.end()
            continue
        depth += {"(": 1, ")": -1}.get(code[place], 0)
        if depth == 0:
            return code[start:place]
        place += 1
    return code[start:end]


def _split(text: str) -> Iterator[str]:
    """The arguments of a call."""
    depth, begin, place = 0, 0, 0
    while place < len(text):
        quoted = _LITERAL.match(text, place)
        if quoted:
            place = quoted.end()
            continue
        depth += {"(": 1, ")": -1, "[": 1, "]": -1, "{": 1, "}": -1}.get(text[place], 0)
        if text[place] == "," and depth == 0:
            yield text[begin:place].strip()
            begin = place + 1
        place += 1
    if text[begin:].strip():
        yield text[begin:].strip()


def _assigned(code: str) -> Variables:
    """Variable → the strings that it is set to."""
    found: dict[str, list[str]] = {}
    for match in islice(_ASSIGNED.finditer(code), _MOST_CALLS):
        value = f"c({_inside(code, match.end())})" if match[2] else match[3]
        strings = _strings(value, {})
        if strings is not None:
            found[match[1]] = strings
    return found


def _strings(text: str, variables: Variables) -> list[str] | None:
    """The strings of a literal, of ``c(…)``, or of the variable that is set to one; None for other code."""
    text = text.strip()
    if re.fullmatch(r"[A-Za-z.][\w.]{0,60}", text) and text not in {"NULL", "TRUE", "FALSE"}:
        return variables.get(text)
    if _LITERAL.fullmatch(text):
        return [text[1:-1]]
    combined = re.fullmatch(r"c\s*\((.*)\)", text, re.DOTALL)
    if combined is None:
        return None
    parts = [match[3] if (match := _NAMED.fullmatch(part)) else part for part in _split(combined[1])]
    return [part[1:-1] for part in parts] if all(map(_LITERAL.fullmatch, parts)) else None
