"""Code on a command line (``python -c``, ``R -e``, ``php -r``): the URLs and repositories that it reads.

It is not evaluated: the calls that fetch are found by their names, with literal arguments. Code that fetches
nothing, and only prints, is not an input.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from msgspec import Struct

from freshlayer.discover.programs.readers import github
from freshlayer.discover.programs.special import hub_files
from freshlayer.discover.syntaxes.found import Finding, Found, Missed, Unknown, Word, Words
from freshlayer.discover.syntaxes.git_sources import git_text
from freshlayer.lazy_regex import compiled
from freshlayer.masking import masked_script
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown

_QUOTED = r"""["']([^"'\n]{1,500})["']"""
_ANY_URL = compiled(r"""(?:https?|ftps?)://[^\s"'`)\]},;\\]+""")
_LITERAL = compiled(_QUOTED)
_MOST_SHOWN = 80
_MOST_CODE = 20_000

Call = Callable[[str, str], Iterator[Finding]]
"""(the text of a call's arguments, the program) → what it reads."""


class Language(Struct, frozen=True):
    """``option``: what is before code. ``fetches``: a call whose first argument is a URL that it reads.

    ``network``: words without which code reads nothing. ``packages``: a call that installs by name.
    ``index``: a named argument whose URL is an index. ``calls``: name of a call → what reads its arguments.
    """

    option: re.Pattern[str]
    fetches: re.Pattern[str]
    network: re.Pattern[str]
    packages: re.Pattern[str] | None = None
    index: re.Pattern[str] | None = None
    calls: tuple[tuple[re.Pattern[str], Call], ...] = ()


def _named(arguments: str, *names: str) -> str:
    found = re.search(rf"\b(?:{'|'.join(names)})\s*=\s*{_QUOTED}", arguments)
    return found[1] if found else ""


def _on_github(arguments: str, via: str) -> Iterator[Finding]:
    """``install_github(c("o/r", "o/r2@ref"), ref = "v1")``."""
    named = _named(arguments, "ref")
    for match in _LITERAL.finditer(re.sub(rf"\w+\s*=\s*{_QUOTED}", "", arguments)):
        found = re.fullmatch(
            r"(?:github::|https://github\.com/)?([\w.-]+/[\w.-]+?)(?:\.git)?(?:/[\w./-]+)?(?:@([\w./-]+)|#(\d+))?",
            match[1],
        )
        if found:
            ref = found[2] or (f"refs/pull/{found[3]}/head" if found[3] else named)
            yield Found(github(found[1], "refs/tags/" if ref == "*release" else ref), via)


def _on_gitlab(arguments: str, via: str) -> Iterator[Finding]:
    for match in _LITERAL.finditer(arguments):
        found = re.fullmatch(r"([\w.-]+(?:/[\w.-]+)+)(?:@([\w./-]+))?", match[1])
        if found:
            yield Found(git_text(f"https://gitlab.com/{found[1]}.git", found[2] or ""), via)


def _git(arguments: str, via: str) -> Iterator[Finding]:
    """``install_git("URL", ref = "v1")``, ``Pkg.add(url="URL", rev="v1")``."""
    ref = _named(arguments, "ref", "branch", "tag", "rev")
    yield from (Found(git_text(match[0], ref), via) for match in _ANY_URL.finditer(arguments))


def _urls(arguments: str, via: str) -> Iterator[Finding]:
    """``install.packages("URL", repos = NULL)``."""
    yield from (Found(match[0], via) for match in _ANY_URL.finditer(arguments))


def _hub(arguments: str, via: str) -> Iterator[Finding]:
    """``snapshot_download("o/r", revision="v1")``, ``hf_hub_download("o/r", "file")``."""
    revision, kind = _named(arguments, "revision"), _named(arguments, "repo_type")
    positional = [m[1] for m in _LITERAL.finditer(re.sub(rf"\w+\s*=\s*(?:{_QUOTED}|[^,]*)", "", arguments))]
    name = _named(arguments, "repo_id", "pretrained_model_name_or_path") or next(iter(positional), "")
    file = _named(arguments, "filename") or next(iter(positional[1:]), "")
    if "/" in name and not name.startswith(("/", ".")):
        yield from hub_files([name, file] if file else [name], revision, kind, via)


def _model(arguments: str, via: str) -> Iterator[Finding]:
    """``from_pretrained("o/r")``: its first argument alone."""
    yield from _hub(arguments.partition(",")[0] + _revision(arguments), via)


def _revision(arguments: str) -> str:
    named = _named(arguments, "revision")
    return f', revision="{named}"' if named else ""


def _torch(arguments: str, via: str) -> Iterator[Finding]:
    found = re.match(rf"\s*{_QUOTED}", arguments)
    owner, _, ref = (found[1] if found else "").partition(":")
    if re.fullmatch(r"[\w.-]+/[\w.-]+", owner):
        yield Found(github(owner, ref), via)


def _calls(*rows: tuple[str, Call]) -> tuple[tuple[re.Pattern[str], Call], ...]:
    return tuple((compiled(rf"\b(?:{names})\s*\("), call) for names, call in rows)


_PYTHON = Language(
    compiled(r"-[a-zA-Z]*c"),
    compiled(
        r"\b(?:urlopen|urlretrieve|wget\.download|(?:requests|httpx|session)\.get|Request|gdown\.download"
        rf"|download_url_to_file|load_state_dict_from_url|get_file|download_file)\s*\(\s*[rfb]?{_QUOTED}"
    ),
    compiled(
        r"urllib|requests|httpx|download|load_model|from_pretrained|torch\.hub|load_dataset|pip\.main|\bhub\b"
        r"|SentenceTransformer|pipeline\(|WhisperModel|tiktoken|TextEmbedding|EasyOCR|easyocr|PaddleOCR|get_model"
        r"|pretrained|webdriver_manager|fetch_|timm\.create_model|Reader\("
    ),
    compiled(r"pip\.main\([^)]*|pip\._internal[^)]*|nltk\.download\([^)]*|spacy\.cli\.download\([^)]*"),
    calls=_calls(
        ("snapshot_download|hf_hub_download|cached_download", _hub),
        ("from_pretrained|SentenceTransformer|CrossEncoder|load_dataset", _model),
        ("torch\\.hub\\.load", _torch),
    ),
)
_R = Language(
    compiled(r"-e|--eval|--execute"),
    compiled(
        rf"\b(?:download\.file|source|url|install_url|readLines|read\.csv|source_url|load_url)\s*\(\s*{_QUOTED}"
    ),
    compiled(
        r"install|download|\bsource\(|\burl\(|renv::|pak::|BiocManager|packrat|remotes::|devtools::|update\.packages"
    ),
    compiled(
        r"(?:install\.packages|BiocManager::install|biocLite|install_(?:version|cran|bioc|deps|local|github|git|gitlab)"
        r"|update\.packages|pak::\w+|renv::(?:restore|install|hydrate)|tinytex::\w+|update_packages|webshot::\w+"
        r"|install_phantomjs|torch::install_torch|reticulate::\w+|pacman::p_load)\s*\([^)]*\)?"
    ),
    compiled(
        rf"\b(?:repos|repositories|CRAN|BioC\w*|site_repository|type|lib)\s*=\s*(?:c\([^)]*\)|{_QUOTED})"
    ),
    _calls(
        ("install_github|pkg_install|pak::pak|pak|renv::install|BiocManager::install", _on_github),
        ("install_gitlab", _on_gitlab),
        ("install_git", _git),
        ("install\\.packages", _urls),
    ),
)
_JULIA = Language(
    compiled(r"-e|-E|--eval|--print"),
    compiled(rf"\b(?:download|Downloads\.download)\s*\(\s*{_QUOTED}"),
    compiled(r"Pkg|download"),
    compiled(
        r"(?:Pkg\.(?:add|instantiate|update|develop|build|resolve|precompile|Registry\.\w+)\s*\([^)]*\)?|pkg\"[^\"]*\")"
    ),
    calls=_calls(("Pkg\\.add|Pkg\\.develop|PackageSpec|RegistrySpec", _git)),
)
_NODE = Language(
    compiled(r"-e|-p|-pe|--eval|--print"),
    compiled(rf"\b(?:fetch|https?\.get|got|axios(?:\.get)?|download|importScripts)\s*\(\s*{_QUOTED}"),
    compiled(r"https?['\"]?\)?\.(?:get|request)|\bfetch\(|axios|\bgot\(|execSync|child_process"),
)
_RUBY = Language(
    compiled(r"-[a-z]*e"),
    compiled(rf"(?:\b(?:URI\.open|open|Net::HTTP\.get|URI\.parse|URI)\s*\(?\s*){_QUOTED}"),
    compiled(r"open-uri|Net::HTTP|URI\.open|Gem\.install|Bundler|system"),
)
_PHP = Language(
    compiled(r"-r|--run"),
    compiled(
        rf"\b(?:copy|file_get_contents|fopen|readfile|file|curl_init|simplexml_load_file)\s*\(\s*{_QUOTED}"
    ),
    compiled(r"copy|file_get_contents|fopen|readfile|curl_|file\(|simplexml_load_file"),
)
_PERL = Language(
    compiled(r"-[a-zA-Z0-9]*[eE]"),
    compiled(rf"\b(?:get|getstore|getprint|mirror)\s*\(?\s*{_QUOTED}"),
    compiled(r"LWP|HTTP::|-MCPAN|CPAN|App::cpanminus"),
    compiled(r"\b(?:CPAN::Shell->)?install\b[^;]*"),
)
LANGUAGES: dict[str, Language] = {
    **dict.fromkeys(("python", "pypy", "ipython"), _PYTHON),
    **dict.fromkeys(("R", "Rscript", "r", "littler"), _R),
    **{"julia": _JULIA, "ruby": _RUBY, "php": _PHP, "perl": _PERL},
    **dict.fromkeys(("node", "nodejs", "deno"), _NODE),
}
"""Interpreter → how code for it fetches."""


def codes(name: str, arguments: Words, given: list[str]) -> list[Word]:
    """The words that are code, or what is given on standard input where no file is named."""
    option = LANGUAGES[name].option
    found: list[Word] = []
    for before, word in pairwise(arguments):
        if isinstance(before, str) and option.fullmatch(before):
            found.append(word)
    joined = [word for word in arguments if isinstance(word, str) and re.match(r"-e.*\(", word)]
    if not found and not joined and all(isinstance(word, str) and word[:1] == "-" for word in arguments):
        return [text for text in given if text]
    return [*found, *(word[2:] for word in joined)]


def read_code(name: str, word: Word, command: str) -> Iterator[Finding]:
    """What the code reads from the network. ``command``: all arguments, as far as they are known."""
    language = LANGUAGES[name]
    text = (word.known if isinstance(word, Unknown) else word)[:_MOST_CODE]
    if not any(pattern.search(f"{command} {text}") for pattern in (language.network, language.fetches)):
        return
    rest = language.index.sub("", text) if language.index else text
    seen: set[str] = set()
    known = False
    for match in language.fetches.finditer(rest):
        if _ANY_URL.match(match[1]):
            seen.add(match[1])
            yield _finding(match[1], word, name)
    for pattern, call in language.calls:
        for match in pattern.finditer(rest):
            arguments = _arguments(rest, match.end())
            seen.update(_ANY_URL.findall(arguments))
            for found in call(arguments, name):
                known = True
                yield _known(found, word)
    installs = language.packages.search(text) if language.packages else None
    if installs:
        yield Missed(_short(f"{name}: {installs[0]}"), Reason("packages-by-name"), name)
    others = [url for url in _ANY_URL.findall(rest) if url not in seen]
    for url in others:
        yield Missed(
            url, Reason("unknown-program", detail=f"freshlayer does not evaluate code for {name}"), name
        )
    if not (installs or seen or others or known) and _downloads(text):
        yield Missed(_short(f"{name}: {text}"), Reason("program-not-probed", name), name)


def _downloads(text: str) -> bool:
    return bool(
        re.search(r"download|load_model|pipeline\(|pretrained|get_model|WhisperModel|Reader\(|fetch_", text)
    )


def _finding(url: str, word: Word, name: str) -> Finding:
    if isinstance(word, Unknown) and "…" in url:
        return Missed(url, word.reason, name)
    if re.search(r"[${}%]|#\{", url):
        return Missed(url, Reason("not-computed"), name)
    return Found(url, name)


def _known(found: Finding, word: Word) -> Finding:
    if isinstance(word, Unknown) and "…" in found.text:
        return Missed(found.text, word.reason, found.via)
    return found


def _arguments(text: str, start: int) -> str:
    """What is between the parentheses of a call."""
    depth = 1
    for place in range(start, min(len(text), start + 4000)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return text[start:place]
    return text[start : start + 4000]


def _short(code: str) -> str:
    return shown(masked_script(" ".join(code.split())), _MOST_SHOWN)
