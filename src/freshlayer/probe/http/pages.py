"""A web page in place of the file: a sign-in form, a bot check, an error with status 200."""

from __future__ import annotations

from collections.abc import Generator

from msgspec.structs import replace

from freshlayer import evidence
from freshlayer.lazy_regex import DOTALL, IGNORECASE, compiled
from freshlayer.masking.lazy_urls import urlsplit
from freshlayer.model.evidence import Evidence
from freshlayer.model.observation import Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe.network.exchange import EVIDENT, exchange
from freshlayer.probe.network.messages import Answer, Means, Request, Step
from freshlayer.reference import Reference, shown

_PEEK = 4096
_RANGE = f"Range: bytes=0-{_PEEK - 1}"
_HTML = {"text/html", "application/xhtml+xml"}
_PAGES = compiled(r"(?:index|.*\.(?:x?html?|shtml|php\d?|aspx?|jspx?|cgi|cfm|do))?")
_BINARIES = frozenset(
    """
    7z apk appimage bin br bz2 crate deb dll dmg egg exe gem gguf gif gz h5 ico img iso jar jpeg jpg
    lz4 lzma mmdb msi npz nupkg onnx otf parquet pdf pkg png rar rpm safetensors so sqlite tar tbz2
    tgz ttf txz war wasm webp whl woff woff2 xz zip zst
    """.split()
)
_TEXTS = frozenset(
    """
    asc bash bat c cfg cmd conf cpp crt css csv diff env fish go gpg h ini java js json key list
    lock lua map md5 mjs patch pem pl proto ps1 pub py rb repo rs service sh sha1 sha256 sha512 sig
    sql sum tf toml ts tsv txt yaml yml zsh
    """.split()
)
_MARKUP = compiled(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|title|body|meta|script)\b",
    IGNORECASE | DOTALL,
)
_TITLE = compiled(r"<title[^>]*>\s*([^<]{0,200}?)\s*</title", IGNORECASE)
_FORM = compiled(r"<input[^>]{0,300}type\s*=\s*[\"']?password", IGNORECASE)
_REFUSAL = compiled(
    r"\b(?:sign[ -]?in|log[ -]?in|single sign[ -]?on|sso|authentication required|access denied|captcha"
    r"|just a moment|attention required|are you (?:a )?(?:human|robot)|security check)\b",
    IGNORECASE,
)


def in_place_of_file(
    reference: Reference,
    recorded: Recorded | None,
    answer: Answer,
    found: tuple[Evidence, ...],
    request: Request,
    means: Means,
) -> Generator[Step, Answer, Reason | None]:
    """Why the answer is not the file; None if it is the file, or if a page is meant.

    Some servers label every file ``text/html``, so the first bytes decide. Bytes with the recorded evidence
    are not read.
    """
    name = urlsplit(reference.text).path.rpartition("/")[2].lower()
    if _PAGES.fullmatch(name) or not _is_suspect(name, answer):
        return None
    if recorded is not None and evidence.compare(recorded.evidence, found).same is True:
        return None
    wanted = replace(request, headers=(*request.headers, _RANGE), read=_PEEK, keep=True, part=True)
    got = yield from exchange(wanted, means)
    if got.error or got.status not in EVIDENT or not _is_suspect(name, got):
        return None
    text = _text(got)
    if not _MARKUP.match(text):
        return None
    title = _TITLE.search(text)
    refused = bool(_FORM.search(text) or (title and _REFUSAL.search(title[1])))
    if not (_is_file(name) or refused or _was_file(recorded)):
        return None
    how = "a redirect to" if len(got.hops) > 1 else "the answer is"
    media = evidence.content_type(got.hops[-1]) or "no type"
    called = f", {shown(' '.join(title[1].split()), 60)!r}" if title and title[1] else ""
    detail = f"{how} a web page in place of the file ({media}{called})"
    return Reason("login-page" if refused else "page-in-place-of-file", detail=detail)


def _is_suspect(name: str, answer: Answer) -> bool:
    media = evidence.content_type(answer.hops[-1])
    binary = name.rpartition(".")[2] in _BINARIES
    return media in _HTML or (binary and (not media or media.startswith("text/")))


def _is_file(name: str) -> bool:
    """Whether the name is that of something which is never a page."""
    _, dot, ending = name.rpartition(".")
    return bool(dot) and (ending in _BINARIES or ending in _TEXTS)


def _was_file(recorded: Recorded | None) -> bool:
    """Whether what was recorded was labelled as something else than a page."""
    return recorded is not None and bool(recorded.content_type) and recorded.content_type not in _HTML


def _text(answer: Answer) -> str:
    """The first bytes as text; of a page that came compressed, what they are compressed of."""
    data = answer.body
    if evidence.coding(answer.hops[-1]) in {"gzip", "deflate"}:
        import zlib  # noqa: PLC0415 - few answers are compressed

        try:
            data = zlib.decompressobj(wbits=47).decompress(data, _PEEK)
        except zlib.error:
            return ""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
