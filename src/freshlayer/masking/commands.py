"""Command lines and scripts made safe for a message: what is likely to be a secret is left out.

Every text of a command in a report, a reason, an advice or a warning goes through one of these.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from posixpath import basename

from freshlayer.lazy_regex import ASCII, DOTALL, IGNORECASE, compiled
from freshlayer.masking.channels import masked_channel
from freshlayer.masking.given import given, piped
from freshlayer.masking.names import MASK, SHORTEST_FORM, has_known_form, is_secret_name, looks_random
from freshlayer.masking.urls import shown

Show = Callable[[str], str]
"""What is done to a word besides: ``shown`` shortens it for a message, ``in_full`` does not."""

_CURL = frozenset("-u -U -H -b -d -F -E -x".split())
_LOGIN = frozenset({"-u", "-p", "-P"})
_SHORT: dict[str, frozenset[str]] = {
    "curl": _CURL,
    **dict.fromkeys(("http", "https", "xh", "hurl"), frozenset({"-a"})),
    **dict.fromkeys(("mysql", "mysqladmin", "mysqldump", "mysqlimport", "mysqlsh"), frozenset({"-p"})),
    **dict.fromkeys(("mariadb", "mariadb-admin", "mariadb-dump", "sshpass", "mongo"), frozenset({"-p"})),
    **dict.fromkeys(("mongosh", "mongodump", "mongorestore", "az", "useradd", "usermod"), frozenset({"-p"})),
    **dict.fromkeys(("7z", "7za", "7zz", "7zr", "rar", "unrar"), frozenset({"-p", "-hp"})),
    **dict.fromkeys(("zip", "unzip", "sqlcmd", "bcp", "osql", "isql"), frozenset({"-P", "-b"})),
    **dict.fromkeys(("redis-cli", "valkey-cli"), frozenset({"-a"})),
    **dict.fromkeys(("ldapsearch", "ldapmodify", "ldapadd"), frozenset({"-w"})),
    **dict.fromkeys(("lftp", "smbclient", "ncftpget", "ncftp", "cqlsh"), frozenset({"-u", "-U", "-p"})),
    **dict.fromkeys(("oras", "crane", "gcrane", "regctl", "helm"), _LOGIN),
    "openssl": frozenset({"-k", "-K", "-pass", "-passin", "-passout"}),
}
"""Program → its short options whose value is or holds a secret, behind a blank or without one."""
_ANYWHERE = frozenset({"-u", "-U", "-H"})
"""The same for any program: ``-u user:password``."""
_NO_VALUE = frozenset(
    "sort date uniq set uname ls cp mv rsync git find make tar grep sed sudo apt apt-get apk dnf yum pip pip3"
    " go npm yarn python python3 mkdir ssh install".split()
)
"""Programs whose ``-u``, ``-U`` and ``-H`` take no value, or a harmless one."""

_OF_CHANNELS = frozenset({"conda", "mamba", "micromamba", "pixi", "rattler-build", "conda-build"})
"""Programs whose channels have their token behind ``/t/``."""

_LONG = compiled(
    r"(?:proxy-|http-|ftp-)?(?:user|header|creds?|auth)|(?:src|dest|source|destination)-creds|cookies?|data(?:-\w+)*"
    r"|json|form(?:-string)?|(?:post|body)-data|pass(?:in|out)|field|cert",
    IGNORECASE,
)
"""Options whose name does not mention a secret, and whose value may be one."""
_SETS = compiled(r"\w+=")
_BLANK = compiled(r"\s")
_HOLDS = compiled(r"token|passw|passphrase|secret|auth|credential|[_-]key", IGNORECASE)
_HARMLESS = compiled(
    r"(?:no|allow|skip|disable|without|ignore|enable|check|use|with|import|recv|gpg|pgp|public|trusted)[_-].*"
    r"|(?:proxy-)?(?:basic|digest|ntlm(?:-wb)?|anyauth|negotiate)|.*session-cookies|auth-no-challenge"
    r"|.*-stdin|keyserver|auth(?:or|ority|ors)\b.*",
    IGNORECASE,
)
_PLAIN_VALUE = compiled(r"[a-z]{0,12}|v?\d[\d.:]*|(?:amd|arm|x86_|ppc|s390|riscv)\w*|.*[./].*|…|.*\$.*")
_ATTACHED = compiled(r"-p(?!rint0|rintf\b)(?=.*[^a-z])(?!\d+(?::\d+)*$)(?![/.$]).{3,}")
"""``-pSECRET`` of a program that is not known; ``-p8080:80``, ``-pv`` and ``-p/a/b`` are not secrets."""

_IN_PLAIN = r"a-z0-9._+/$*{}\[\],~^…"
"""Characters that neither assign, quote nor divide, and with which no word is a URL."""
_ONE = rf"(?:--?[a-z0-9]?|(?:--)?[{_IN_PLAIN}][{_IN_PLAIN}-]{{0,60}}+)"
"""A word of them; an option of one dash only as long as no value can be behind its letter."""
_PLAIN_WORD = compiled(_ONE, ASCII | IGNORECASE)
_PLAIN_COMMAND = compiled(rf"{_ONE}(?>(?: {_ONE})*)", ASCII | IGNORECASE)
_PLAIN_ADDRESS = compiled(r"https?://(?>(?:[\w.,+~/-]|\$(?:\{\w+\}|(?=\w)))+)", ASCII)
"""A URL without parameters, port and user, as most are; not a word of a shell that means something else."""
_LONGEST_PLAIN = 18
"""Of a word that needs no look at it: longer ones may look random, and all tokens but two are longer."""
_HINT = compiled(r"[=:]|\s")
_NAMED = r"(?<![\w.$])\.?[A-Za-z_][\w.\[\]-]*"
_IS = r"(?:\\?[\"']?\s*(?:=>|[:=](?![:/]))\s*)(?P<value>.+)"
_ASSIGNED = compiled(rf"(?P<name>{_NAMED}){_IS}", DOTALL)
# npm's //host/:_authToken=…; its pattern takes quadratic time, so it is tried where it can match alone.
_ASSIGNED_TO_HOST = compiled(rf"(?P<name>{_NAMED}|[\w./:-]*:_\w+){_IS}", DOTALL)
_PHRASE = compiled(
    r"(?P<name>\b(?:bearer|basic|password|passwd|passphrase|secret|token|identified\s+by)\s+)[^\s].*",
    IGNORECASE | DOTALL,
)
_TOKEN = compiled(
    r"\s+|(?P<end>\$?\(|[;|&){}`]+)|(?:'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.|\$\{[^}]*\}|\$(?!\()"
    r"|[^\s;|&(){}`'\"\\$]|['\"\\])+",
    DOTALL,
)
_UNQUOTED = r"(?:[^;|&(){}`'\"\\$]|\$(?:\{\w*+\}|(?![({])))"
_COMMAND = compiled(rf"(?>{_UNQUOTED}+)")
_WITHOUT_QUOTES = compiled(rf"(?>(?:(?>{_UNQUOTED}+)|\$?\(|[;&)}}{{])*)")
"""A script whose words are what its blanks and operators divide: no quote, no pipe, and no ``${A:-b}``."""
_NAME = compiled(r"(?://[\w.:/-]*/:)?_\w+|[A-Za-z]\w*[_-][\w-]*")
_MOST_NESTED = 3
_LONGEST_SHORT = 3
_LONGEST = 4000
_LONGEST_WORD = 1000
_MOST_SHOWN = 120
_PIPES = frozenset({"|", "|&"})
_LOGINS = frozenset({"login", "logon", "signin"})


def takes_secret(option: str, program: str = "") -> bool:
    """Whether the word behind an option is likely to be or to hold a secret."""
    if not option.startswith("-") or "=" in option:
        return False
    short = _SHORT.get(program)
    if _takes_no_value(option, program):
        return False
    if len(option) == len("-u") or (short is not None and option in short):
        return option in (short if short is not None else _ANYWHERE)
    return _is_secret_option(option)


def _takes_no_value(option: str, program: str) -> bool:
    """``sort -u`` and ``pip install --user``."""
    return program in _NO_VALUE and (len(option) == len("-u") or option == "--user")


def _is_secret_option(option: str) -> bool:
    # Behind the letter of a short option may be its value, which is not kept.
    has_secret_name = _has_secret_name if option.startswith("--") else _has_secret_name.__wrapped__
    return has_secret_name(option)


@lru_cache(maxsize=1024)
def _has_secret_name(option: str) -> bool:
    name = option.lstrip("-")
    if len(name) < 2 or _HARMLESS.fullmatch(name):
        return False
    return bool(_HOLDS.search(name) or _LONG.fullmatch(name) or is_secret_name(name))


def masked_words(words: list[str], depth: int = 0, show: Show = shown) -> list[str]:
    """The words of a command, with ``…`` for what an option such as ``--token`` or ``--header`` is given."""
    if _are_plain(words, " ".join(words)):
        return list(words)
    places = given(words)
    safe: list[str] = []
    program, hides, logs_in = "", False, False
    for place, word in enumerate(words):
        if hides or place in places:
            safe.append(MASK)
            hides = False
            continue
        if not program and not _SETS.match(word):
            program = basename(word)
        logs_in = logs_in or word in _LOGINS
        safe.append(_word(word[:_LONGEST_WORD], program, depth, show, logs_in=logs_in))
        if word.startswith("-"):
            hides = takes_secret(word, program) or (logs_in and word in _LOGIN)
        else:
            hides = _is_named(word, program)
    return safe


def shown_words(words: list[str], limit: int) -> str:
    """A command for a message: masked, without control characters, and not too long."""
    text = " ".join(words)
    if _are_plain(words, text):
        # ``shown`` changes nothing but its length.
        return text if len(text) <= limit else f"{text[: limit - 1]}…"
    return shown(" ".join(masked_words(words)), limit)


def _are_plain(words: list[str], text: str) -> bool:
    """Whether no word is a secret or makes the next one a secret, which is so in most commands.

    ``text``: the words with blanks between them. Faster than to mask each word, with the same result.
    """
    if text.count(" ") >= len(words) or not _PLAIN_COMMAND.fullmatch(text):
        return False
    program = words[0].rpartition("/")[2]
    if not program or program in _OF_CHANNELS or "xox" in text or "xapp-" in text:
        # The tokens that may be shorter than the words looked at below begin with one of these.
        return False
    for word in words:
        if len(word) > _LONGEST_PLAIN and (has_known_form(word) or looks_random(word)):
            return False
        if "-" not in word and "_" not in word:
            continue
        if _is_named(word, program) if word[0] != "-" else word in _LOGIN or takes_secret(word, program):
            return False
    return not given(words)


def _is_named(word: str, program: str) -> bool:
    """``set NAME VALUE``: a bare word that is the name of a secret, but not a program or a verb."""
    if word == program or ("_" not in word and "-" not in word) or not _NAME.fullmatch(word):
        return False
    return is_secret_name(word.rpartition(":")[2])


def masked_script(text: str, depth: int = 0, show: Show = shown) -> str:
    """A script, or a part of one, with ``…`` for what is likely to be a secret. A long one is cut."""
    if len(text) <= _LONGEST and _WITHOUT_QUOTES.fullmatch(text):
        commands = [command.split() for command in _COMMAND.findall(text)]
        for words in commands:
            if masked_words(words, depth, show) != words:
                break
        else:
            return text
    return _masked_script(text[:_LONGEST], depth, show)


def shown_script(text: str) -> str:
    """A script for a message: masked, without control characters, and not too long."""
    if len(text) <= _MOST_SHOWN and "{" not in text and "}" not in text and _are_plain(text.split(" "), text):
        # One command, as most are.
        return text
    if len(text) <= _MOST_SHOWN and _is_plain_address(text):
        return text
    masked = masked_script(text)
    is_one = masked == text and len(text) <= _MOST_SHOWN and _COMMAND.fullmatch(text)
    # Each word of one command is as it is shown, and only an address could begin in one and end in another.
    return text if is_one and "@" not in text and text.isprintable() else shown(masked)


def _is_plain_address(text: str) -> bool:
    """Whether a text is one URL in which nothing is a secret."""
    is_one = text.startswith("http") and _PLAIN_ADDRESS.fullmatch(text)
    return bool(is_one) and basename(text) not in _OF_CHANNELS and shown(text) == text


def _masked_script(text: str, depth: int, show: Show) -> str:
    """The same for any script, token by token."""
    commands: list[list[str]] = [[]]
    ends: list[str] = []
    for match in _TOKEN.finditer(text):
        if match.lastindex:
            commands.append([])
            ends.append(match[0])
        else:
            commands[-1].append(match[0])
    safe: list[str] = []
    for tokens, end, reader in zip(commands, [*ends, ""], [*commands[1:], []], strict=True):
        safe += _joined(tokens, depth, show, _plain(reader) if end in _PIPES else [])
        safe.append(end)
    return "".join(safe)


def _plain(tokens: list[str]) -> list[str]:
    return [_unquoted(token) for token in tokens if token.strip()]


def _joined(tokens: list[str], depth: int, show: Show, reader: list[str]) -> list[str]:
    """One command of a script: its words masked, its blanks as they were, without quotes where it changed.

    ``reader``: the words of the command that reads its output.
    """
    plain = _plain(tokens)
    hidden = piped(plain, reader)
    words = masked_words(plain, depth, show)
    masked = iter((before, MASK if at in hidden else words[at]) for at, before in enumerate(plain))
    safe: list[str] = []
    for token in tokens:
        if not token.strip():
            safe.append(token)
            continue
        before, after = next(masked)
        safe.append(token if before == after else after)
    return safe


def _unquoted(token: str) -> str:
    if len(token) > 1 and token[0] == token[-1] and token[0] in "'\"" and token.count(token[0]) == 2:
        return token[1:-1]
    return token


def _word(word: str, program: str, depth: int, show: Show, *, logs_in: bool) -> str:
    if program in _OF_CHANNELS:
        word = masked_channel(word)
    elif _PLAIN_WORD.fullmatch(word) and (
        len(word) < SHORTEST_FORM or not (has_known_form(word) or looks_random(word))
    ):
        # As most words are: what follows leaves them as they are.
        return word
    elif word.startswith("http") and _PLAIN_ADDRESS.fullmatch(word):
        # It assigns nothing, and looks random in its path alone.
        return show(word)
    option, equals, value = word.partition("=")
    if word.startswith("-"):
        masked = _option(word, program, show, logs_in=logs_in)
        if masked:
            return masked
    if looks_random(word) or (value and looks_random(value)):
        return f"{show(option)}={MASK}" if equals else MASK
    return _inside(word, depth, show)


def _option(word: str, program: str, show: Show, *, logs_in: bool) -> str:
    """An option whose value is in the same word, and a secret; empty: it has none."""
    option, equals, value = word.partition("=")
    known = _SHORT.get(program, _ANYWHERE)
    if equals:
        opaque = len(option) > 2 and option[1] != "-" and not _PLAIN_VALUE.fullmatch(value)
        if _is_secret_option(option) or option in known or opaque:
            return f"{show(option)}={MASK}"
    if program in _NO_VALUE:
        return ""
    for short in known | _LOGIN if logs_in else known:
        attached = word.startswith(short) and len(short) < len(word) and len(short) <= _LONGEST_SHORT
        if attached and word not in _SHORT.get(program, ()):
            return short + MASK
    return f"-p{MASK}" if _ATTACHED.fullmatch(word) else ""


def _inside(word: str, depth: int, show: Show) -> str:
    if not _HINT.search(word):
        return show(word)
    word = _assigned(word)
    if _BLANK.search(word):
        word = _PHRASE.sub(rf"\g<name>{MASK}", word)
        word = masked_script(word, depth + 1, show) if depth < _MOST_NESTED else word
    return show(word)


def _assigned(word: str) -> str:
    """``NAME=value``, ``"name": "value"``, ``Name: value``: from the first secret on, the word is hidden."""
    if "=" not in word and word.count(":") == word.count("://"):
        return word
    at = 0
    pattern = _ASSIGNED_TO_HOST if ":_" in word else _ASSIGNED
    while match := pattern.search(word, at):
        name = match["name"].rpartition("/")[2].rpartition(":")[2]
        if not name.startswith(".") and is_secret_name(name):
            return f"{word[: match.start('value')]}{MASK}"
        at = match.start("value")
    return word
