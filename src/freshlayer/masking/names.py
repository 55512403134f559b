"""Whether a name is that of a secret, and whether a value looks like one: by list and by shape."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from freshlayer.lazy_regex import ASCII, IGNORECASE, compiled
from freshlayer.masking.lazy_urls import unquote

MASK = "…"
"""What a message shows in place of a secret."""

_DEPTH = 4
_LONGEST_NAME = 256

_CERTAIN = (
    r"token|secrets?|passwords?|passwort|passwd|passphrase|passcode|pass[_-]word|pass[_-]phrase|userpwd|jwt|hmac"
    r"|bearer|signature|credentials?|cookies?|authorization|o?auth2?[_-]?bearer|api[_-]?key|rlkey|tempauth"
)
"""Secret as the end of any name: ``access_token``, ``dbpassword``, ``X-Amz-Signature``."""
_ALL_CERTAIN = compiled(rf".*(?:{_CERTAIN})")
_IN_CERTAIN = compiled(
    r"%|token|secret|pass|userpwd|jwt|hmac|signature|credential|cookie|authorization|bearer|api|rlkey|tempauth"
)
"""Of which each of them has one, unless it is encoded."""
_WORD = (
    r"pass|pw|pwd|pat|sas|sig|sid|otp|totp|pin|psk|auth|oauth|xauth|session|sess|csrf|xsrf|nonce|ticket"
    r"|assertion|creds?"
)
"""Secret as a whole name, or behind a separator: ``pw``, ``db_pw``, ``basic-auth``."""
_WHOLE = (
    r"key|code|x-amz-.*|x-goog-.*|x-oss-(?:signature|credential|security-token|date|expires).*|awsaccesskeyid"
    r"|(?:aws[_-])?access[_-]?key(?:[_-]?id)?|ossaccesskeyid|googleaccessid|key-pair-id|hdnea|hdnts|q-signature|q-ak"
    r"|jsessionid|phpsessid|sessionid|session[_-]id|connect\.sid|asp\.?net_sessionid|aspsessionid\w*|secret[_-]id"
    r"|x-jfrog-art-api|art-api|samlresponse|samlrequest|auth[_-]?hash|basic|set-cookie|rootpw|adminpw|login[_-]?id"
    r"|(?:db|ftp|user|proxy|store|key|root|admin|my|ssh|http|ldap|smtp)(?:pass|pw|pwd)"
    r"|(?:auth|authorization|access|activation|verification|otp|invite|security|device|registration)[_-]?code"
)
_KEYS = (
    r"access|private|secret|auth|licen[sc]e|account|client|shared|sub|subscription|encryption|enc|signing|sign|master"
    r"|session|service|app|application|consumer|user|admin|deploy|functions|product|registration|activation|write"
    r"|read|login|webhook|hook|resource|rest|function|host|storage"
)
_NO_KEY = (
    r"public|pub|gpg|pgp|rpm|apt|apk|deb|sort|cache|object|partition|primary|foreign|file|path|s3|index|group|order"
    r"|repo|repository|release|import|recv|trusted|archive|keyring|signed|no|allow|with|without|skip|check|any"
)
"""A key of these opens nothing: it is public, or it names something."""
_SECRET = compiled(
    rf"(?:.*(?:{_CERTAIN})|(?:.*[_.:-])?(?:{_WORD})|{_WHOLE}|(?:.*[_.:-])?(?:{_KEYS})key"
    rf"|(?:.*[_.:-])?(?!(?:{_NO_KEY})[_.-])[a-z0-9]+[_.-]key)"
)
_HARMLESS = compiled(
    r"(?:no|allow|skip|disable|without|ignore|enable|check|use|with)[_-].*|.*[_-](?:file|path|url)"
)

_CONTENT = compiled(
    r"sha(?:-?\d+)?(?:sum)?|md5?(?:sum)?|blake2[bs]?|crc\w*|digest|checksum|sum|hash|integrity|etag|v|ver|version|\w*version"
    r"|versionid|generation|(?:.*[_-])?(?:id|uuid|guid|cid)|[a-z]+id|\w*file(?:name)?|name|path|dir|ref|rev|revision|commit|branch|tag"
    r"|build|object|package|pkg|artifact|release|platform|arch|os|lang|q|query|search|prefix|suffix|response-.*"
    r"|url|uri|href|link|format|type|image|model|dataset|edition"
)
"""Parameters that name content: a digest, a version, a file. Only a known form of token is a secret there."""

_FORMS = compiled(
    r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|gl(?:pat|dt|rt|cbt|ptt|soat|ft)-[\w-]{16,}"
    r"|xox[a-z]-[\w-]{10,}|xapp-[\w-]{10,}|(?:A[KS]IA|AROA|AIDA)[0-9A-Z]{16}|AIza[\w-]{35}|ya29\.[\w-]{20,}"
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{4,}(?:\.[\w-]*)?|(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{16,}|sk-[\w-]{32,}"
    r"|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{40,}|hf_[A-Za-z0-9]{24,}|dckr_(?:pat|oat)_[\w-]{20,}|hv[sbr]\.[\w-]{20,}"
    r"|dop_v1_[0-9a-f]{32,}|SG\.[\w-]{16,}\.[\w-]{16,}|shp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}|nvapi-[\w-]{32,}"
    r"|rubygems_[0-9a-f]{40,}|AKC[A-Za-z0-9]{40,}|cmVmdGtu[A-Za-z0-9]{40,}|pul-[0-9a-f]{40}|tfp_\w{40,}"
    r"|[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,}|glc_[\w=+/-]{32,})"
)
"""Forms that their issuers gave to tokens, so that they are recognised wherever they appear."""
SHORTEST_FORM = 15
"""No shorter text holds a known form or looks random."""
_IN_FORMS = tuple(
    "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- gldt- glrt- glcbt- glptt- glsoat- glft- xox xapp- AKIA ASIA"
    " AROA AIDA AIza ya29. eyJ _live_ _test_ sk- npm_ pypi- hf_ dckr_ hvs. hvb. hvr. dop_v1_ SG. shpat_"
    " shpss_ shpca_ shppa_ nvapi- rubygems_ AKC cmVmdGtu pul- tfp_ .atlasv1. glc_".split()
)
"""Of which each of these forms has one."""
_SHARED = ("gh", "gl", "shp", "hv")
"""What several of them begin with."""


def _by_beginning(marks: Iterable[str]) -> dict[str, list[str]]:
    """Beginning → the marks that have it: a text without the beginning holds none of them."""
    found: dict[str, list[str]] = {}
    for mark in marks:
        found.setdefault(next(filter(mark.startswith, _SHARED), mark), []).append(mark)
    return found


def _first_in(mark: str, characters: str) -> str:
    return next(filter(mark.__contains__, characters), "")


_BY_CHARACTER = tuple(
    (one, tuple(_by_beginning(m for m in _IN_FORMS if _first_in(m, "_-.A") == one).items()))
    for one in ("_", "-", ".", "A", "")
)
"""A character → the marks with it: a text without it has none of them."""
_SCHEME = compiled(r"\s*(?:basic|bearer|digest|negotiate|token|apikey)\s+\S", IGNORECASE)
"""How a value of ``Authorization`` begins, also behind another name."""
_PUBLIC_HEADER = compiled(
    r"accept(?:-.*)?|user-agent|referer|origin|host|from|via|forwarded|x-forwarded-.*|content-.*|x-requested-with|.*-version"
    r"|.*-(?:type|format|language|accept|platform|arch|os|channel|name|id)|git-protocol|prefer|dnt|sec-.*"
)
_ORDINARY = compiled(
    r"[A-Za-z]{0,24}(?:[ ,;/_+-]+[A-Za-z]{1,24})*"
    r"|[A-Za-z]{0,8}[ /-]?v?\d[\d.:/_-]*[A-Za-z]{0,4}|[^A-Za-z]{0,12}"
)
"""Words, a media type, a number, a version, a date."""
_RUN = compiled(r"[A-Za-z0-9]+")
_DIGIT = compiled(r"[0-9]")
_HUMP = compiled(r"(?<=[a-z0-9])(?=[A-Z][a-z])")
_INDEX = compiled(r"(?:\[[^\[\]]*\]?)+$|(?<=[a-z])[_-]?\d{1,3}$")
_ENCODED = compiled(r"[A-Za-z0-9_+/.~-]+={0,2}", ASCII)
_NAMES_BYTES = compiled(
    r"(?:sha\d+[-:])?(?:(?:0x)?[0-9a-f]+|[0-9A-F]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?:[-_.][\w.-]{0,12})?"
)
_LEAST = 20
_LEAST_RUN = 6
_LEAST_TURNS = 0.35
"""Of neighbouring characters, how many differ in class: 0.6 at random, under 0.25 in words and versions."""


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether what a parameter, header, option or variable of this name holds is most likely a secret.

    ``Authorization``, ``X-Api-Key``, ``token[]``, ``%74oken``, ``db_pw``, ``AWS_SECRET_ACCESS_KEY``.
    """
    forms = {_plain(name), _plain(name.lower())}
    return any(_SECRET.fullmatch(form) for form in forms) and not any(map(_HARMLESS.fullmatch, forms))


@lru_cache(maxsize=4096)
def is_certain_name(name: str) -> bool:
    """Whether a name contains ``token``, ``password`` or the like, and can't mean an index or a country."""
    return _ALL_CERTAIN.fullmatch(_plain(name)) is not None and is_secret_name(name)


def may_hold_certain_name(text: str) -> bool:
    """Whether a part of a text may be such a name: in one look, as most texts have none."""
    return _IN_CERTAIN.search(text.lower()) is not None


def is_secret(name: str, value: str) -> bool:
    """Whether a parameter or a header is a secret: by its name, or by its value.

    A value that only looks random is not a secret where the name identifies content.
    """
    if is_secret_name(name) or has_known_form(value) or _SCHEME.match(value):
        return True
    return not names_content(name) and looks_random(value)


def is_secret_header(name: str, value: str) -> bool:
    """Whether a request header is a secret: also one of a vendor's own, unless its value is an ordinary one.

    ``X-Channel: beta`` and ``X-GitHub-Api-Version: 2022-11-28`` are none; ``X-Acme: k3-Zq81`` may be one.
    """
    if is_secret(name, value):
        return True
    return not _PUBLIC_HEADER.fullmatch(name.lower()) and not _ORDINARY.fullmatch(value.strip())


@lru_cache(maxsize=4096)
def names_content(name: str) -> bool:
    """Whether a parameter of this name identifies the bytes."""
    return _CONTENT.fullmatch(_plain(name)) is not None


def has_known_form(text: str) -> bool:
    """Whether a text holds a token in a form that its issuer is known for: ``ghp_…``, ``AKIA…``, a JWT."""
    return may_have_form(text) and _FORMS.search(text) is not None


def without_known_forms(text: str, mask: str = MASK) -> str:
    """The text with ``mask`` in place of such tokens."""
    return _FORMS.sub(lambda _: mask, text) if may_have_form(text) else text


def may_have_form(text: str) -> bool:
    """Whether a text may hold such a token: without the expression, which takes long to compile."""
    if len(text) < SHORTEST_FORM or not _may_have_mark(text):
        return False
    for character, marks in _BY_CHARACTER:
        if character in text:
            for beginning, whole in marks:
                if beginning in text and any(mark in text for mark in whole):
                    return True
    return False


def _may_have_mark(text: str) -> bool:
    """Whether one of _IN_FORMS may be in a text: one look at each, without a loop; most texts have none."""
    if "eyJ" in text or "xox" in text or "cmVmdGtu" in text:
        return True
    if "." in text and ("ya29." in text or "hv" in text or "SG." in text or ".atlasv1." in text):
        return True
    if "A" in text and ("AK" in text or "ASIA" in text or "AROA" in text or "AI" in text):
        return True
    if "-" in text and ("gl" in text or "xapp-" in text or "sk-" in text or "pi-" in text or "pul-" in text):
        return True
    return "_" in text and _has_underlined(text)


def _has_underlined(text: str) -> bool:
    return (
        ("gh" in text or "_live_" in text or "_test_" in text or "npm_" in text or "hf_" in text)
        or ("dckr_" in text or "dop_v1_" in text or "shp" in text or "rubygems_" in text)
        or ("github_pat_" in text or "tfp_" in text or "glc_" in text)
    )


def looks_random(value: str) -> bool:
    """Whether a value is long and looks drawn at random, as keys and tokens are.

    Digests, commits and UUIDs are not secrets: they identify bytes. Words, versions and file names have long
    runs of one class of characters.
    """
    value = value.strip()
    if len(value) < _LEAST or not _ENCODED.fullmatch(value) or _NAMES_BYTES.fullmatch(value):
        return False
    runs = _RUN.findall(value)
    letters = sum(map(len, runs))
    if letters < _LEAST or letters < _LEAST_RUN * len(runs) or not _DIGIT.search(value):
        return False
    turns = sum(_class(a) != _class(b) for run in runs for a, b in pairwise(run))
    return turns >= _LEAST_TURNS * (letters - len(runs))


def _class(character: str) -> int:
    return 0 if character.isdigit() else 1 if character.isupper() else 2


def _plain(name: str) -> str:
    """Decoded, in small letters, without the index of an array or a number at its end."""
    name = decoded(name[:_LONGEST_NAME])
    words = _HUMP.sub("-", name.strip(" \t\r\n\"'"))
    return _INDEX.sub("", words.lower()).strip("_-:/.;$")


def decoded(text: str) -> str:
    """Percent-decoded, however often it was encoded."""
    for _ in range(_DEPTH):
        plain = unquote(text)
        if plain == text:
            break
        text = plain
    return text
