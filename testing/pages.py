"""Reports for the page of an image: one with each kind of band, and hostile texts in each of its places."""

from __future__ import annotations

from freshlayer.model.build import Built, InstructionState, InstructionVerdict, LastBuild
from freshlayer.model.evidence import Evidence, Identity, Strength
from freshlayer.model.inputs import Advice, NotWatched, Place, RemoteInput
from freshlayer.model.observation import Certainty, Change, Recorded, Verdict
from freshlayer.model.packages import PackageChange, PackageVerdict
from freshlayer.model.reasons import Reason
from freshlayer.model.report import Past, Report
from freshlayer.reference import Reference

LINES = (
    "# syntax=docker/dockerfile:1",
    "FROM debian:bookworm-slim AS runtime",
    "RUN apt-get update && apt-get install -y --no-install-recommends \\",
    "      curl",
    "RUN curl -fsSL https://example.org/tool.tar.gz | tar -xz",
    "RUN curl -fsSL https://example.org/model -o /opt/model",
    "RUN npm ci",
    "",
    "RUN bash /opt/fonts.sh",
    "ENV PORT=8080",
)
_HOST = "https://example.org"
_NONE: tuple[PackageVerdict, ...] = ()


def _input(text: str, line: int, kind: str = "http") -> RemoteInput:
    instruction = "FROM" if kind == "image" else "RUN"
    via = "FROM" if kind == "image" else "curl"
    return RemoteInput(Reference(kind, text, text), (Place(line, instruction, "runtime", via),))


def _step(
    line: int,
    state: InstructionState,
    reason: Reason,
    pairs: tuple[tuple[str, str], ...] = (),
    packages: tuple[PackageVerdict, ...] = _NONE,
    name: str = "RUN",
) -> InstructionVerdict:
    end = line + 1 if line == 3 else line
    changed = state is InstructionState.STALE and reason.code != "follows"
    return InstructionVerdict(
        *(line, end, "runtime", name, state, reason),
        pairs=pairs,
        digest=f"d{line}",
        changed=changed,
        packages=packages,
    )


def page_report(text: str = "x", dockerfile: str = "payments/api/Dockerfile") -> Report:
    """With each kind of band. ``text``: a part of each text that comes from elsewhere."""
    image = _input(f"docker-image://docker.io/library/debian:{text}", 2, "image")
    tool = _input(f"{_HOST}/tool{text}", 5)
    model = _input(f"{_HOST}/model{text}", 6)
    old, new = (Identity("etag", f"{text}{mark}", Strength.STRONG) for mark in ("old", "new"))
    seen = tuple(Evidence("etag", f"{text}{mark}", Strength.STRONG) for mark in ("old", "new"))
    ignored = Evidence(text, text, Strength.NONE, 1, Reason("tag-unstable", detail=text))
    base = Identity("manifest", f"sha256:{'0' * 64}", Strength.CONTENT)
    follows = Reason("follows", detail=f"follows line 3, which is stale {text}")
    refused = Reason("http-forbidden", detail=text, hint=text)
    changes = (
        PackageChange(
            "pkg:deb/debian/openssl", f"openssl{text}", f"3.0.16{text}", f"3.0.17{text}", True, (text,)
        ),
        PackageChange("pkg:deb/debian/tzdata", "tzdata", "", f"2026a{text}"),
    )
    verdicts = {
        image.reference: Verdict(
            image.reference, Change.UNCHANGED, Certainty.CERTAIN, Reason("unchanged", detail=text), base
        ),
        tool.reference: Verdict(
            *(tool.reference, Change.CHANGED, Certainty.PROBABLE, Reason("input-changed", detail=text)),
            new,
            Recorded(new, (seen[1], ignored)),
        ),
        model.reference: Verdict(model.reference, Change.UNKNOWN, Certainty.CERTAIN, refused, old),
    }
    stale, fresh = InstructionState.STALE, InstructionState.FRESH
    pair = {item: ((item.reference.text, "etag:1"),) for item in (tool, model)}
    from_image = ((image.reference.text, str(base)),)
    return Report(
        dockerfile,
        text,
        "linux/amd64",
        (image, tool, model),
        (
            _step(2, fresh, Reason("unchanged", detail=text), from_image, name="FROM"),
            _step(
                *(3, stale, Reason("packages-changed", detail=text), (("pkg:deb/debian/openssl", "a:b"),)),
                (PackageVerdict(f"apt{text}", 87, changes),),
            ),
            _step(5, stale, Reason("input-changed", tool.reference.text, text), pair[tool]),
            _step(6, stale, follows, pair[model]),
            _step(7, stale, follows),
            _step(9, stale, follows),
            _step(10, stale, follows, name="ENV"),
        ),
        (NotWatched(9, "RUN", f"bash {text}", Reason("needs-command-output", detail=text, hint=text)),),
        (Advice(7, text),),
        verdicts,
        past=Past(
            recorded={tool.reference: Recorded(old, (seen[0], ignored))},
            built={
                ("runtime", "d2"): Built(from_image, ""),
                ("runtime", "d5"): Built(((tool.reference.text, str(old)),), "0123456789abcdef"),
                ("runtime", "d6"): Built(pair[model], "0123456789abcdef"),
            },
            history={("runtime", f"d{line}"): LastBuild("", seconds=float(line)) for line in (3, 5, 6)},
        ),
        covered=(NotWatched(7, "RUN", text, Reason("locked-by-file"), locked_by=f"package-lock.json{text}"),),
        lines=lambda: tuple(f"{line} {text}" if line.startswith("RUN") else line for line in LINES),
    )


_SINKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<style>*{display:none}</style>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<link rel=stylesheet href=//evil.example/a.css>",
    "<form action=//evil.example><button>x",
    "<details open ontoggle=alert(1)>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}",
    "{% include '/etc/passwd' %}",
    "{{ self.__init__.__globals__ }}",
    "${alert(1)}",
    "&lt;script&gt;&#60;b&#62;&#x3c;i&#x3e;",
    "onmouseover=alert(1) x",
    "style=color:red x",
    "javascript:alert(1)",
    "\x1b[31m\x07\x08",
    "\u202egnp.exe\u2066\u2069",
    "\u200b\u200d\ufeff\u00ad",
    "\udcff\udc80 raw bytes",
    "a\r\nb\u2028c\u2029d\x85e\x0bf\x0cg",
    "\x00\x01\x7f",
)
_BREAKS = (
    *(
        "",
        '"',
        "'",
        "`",
        "'>",
        '">',
        "-->",
        "]]>",
        "</textarea>",
        "</title></style></script>",
        "</code></pre>",
    ),
    *("</li></ol></details>", "<!--", "<![CDATA[", "</p>", "</td></tr></table>", '"/>', "/>"),
)
PAYLOADS = tuple(f"{start}{sink}" for sink in _SINKS for start in _BREAKS)
"""What breaks out of text, attributes, comments and elements, followed by what would do harm there."""
