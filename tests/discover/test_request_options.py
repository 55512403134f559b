"""Options that decide what a server sends: they belong to the reference, as the real programs send them."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator

import pytest

from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.commands import of_script
from freshlayer.discover.discovery import Conditions
from freshlayer.discover.instructions import discover
from freshlayer.discover.reading import analyse
from freshlayer.discover.syntaxes.found import Finding, Found
from freshlayer.discover.windows import of_windows_shell
from freshlayer.dockerfile.parse import parse as parse_dockerfile
from freshlayer.dockerfile.scope import environments
from freshlayer.reference import Reference, parse, requested
from testing.logging_server import Logged, LoggingServer, Reply
from testing.scripts import surroundings

U = "https://example.org/a"
AROUND = surroundings({"ACCEPT": "text/plain"}, unset=frozenset({"ARG"}), secrets=frozenset({"TOKEN"}))


def references(script: str) -> list[Reference]:
    found = [finding for _, finding in of_script(script, AROUND)]
    assert all(isinstance(finding, Found) for finding in found), found
    return [requested(parse(one.text), one.form) for one in found if isinstance(one, Found)]


def texts(script: str) -> list[str]:
    return [reference.text for reference in references(script)]


def missed(script: str) -> list[str]:
    return [str(f.reason) for _, f in of_script(script, AROUND) if not isinstance(f, Found)]


PUBLIC = [
    ("curl -H 'Accept: application/octet-stream' U", "header:accept=application/octet-stream"),
    ("curl -H 'accept:application/octet-stream' U", "header:accept=application/octet-stream"),
    ('curl -H "Accept: $ACCEPT" U', "header:accept=text/plain"),
    ("curl -A 'Mozilla/5.0 (X11; Linux)' U", "header:user-agent=Mozilla/5.0%20(X11;%20Linux)"),
    ("curl --user-agent=x U", "header:user-agent=x"),
    ("curl -A '' U", "header:user-agent="),
    ("curl -e https://example.com/ U", "header:referer=https://example.com/"),
    ("curl -e 'https://example.com/;auto' U", "header:referer=https://example.com/"),
    ("curl -H 'X-B: 2' -H 'X-A: 1&2#3=4' U", "header:x-a=1%262%233%3D4&header:x-b=2"),
    ("wget --header 'Accept: application/octet-stream' U", "header:accept=application/octet-stream"),
    ("wget --header='X: 1' --header= --header='Y: 2' U", "header:y=2"),
    ("wget -U Mozilla/5.0 U", "header:user-agent=Mozilla/5.0"),
    ("wget --user-agent=Mozilla/5.0 --referer=R U", "header:referer=R&header:user-agent=Mozilla/5.0"),
    ("busybox wget --header 'X-A: 1' U", "header:x-a=1"),
    (
        "aria2c --header='X-A: 1' -U agent --referer=R U",
        "header:referer=R&header:user-agent=agent&header:x-a=1",
    ),
    ("aria2c --header 'X-A: 1' U", "header:x-a=1"),
    ("axel -H 'X-A: 1' -U agent U", "header:user-agent=agent&header:x-a=1"),
]


@pytest.mark.parametrize(("script", "written"), PUBLIC)
def test_headers_are_a_part_of_the_reference_and_are_read_back(script: str, written: str) -> None:
    (reference,) = references(script.replace(" U", f" {U}") if script.endswith(" U") else script)
    assert reference.text == f"{U}#{written}"
    again = parse(reference.text)
    assert (again.text, again.form.headers) == (reference.text, reference.form.headers)
    assert again.address == U


NEUTRAL = [
    *("-H 'Accept: */*'", "-H 'Accept-Encoding: gzip'", "--compressed", "-H 'Cache-Control: no-cache'"),
    *("-H 'Pragma: no-cache'", "-H 'Range: bytes=0-99'", "-r 0-99", "-I", "-H 'If-None-Match: \"x\"'"),
    *("-H 'Connection: close'", "-H 'nothing'", "-b jar.txt", "-c jar.txt", "-e ';auto'", "-H 'Expect:'"),
]


@pytest.mark.parametrize("options", NEUTRAL)
def test_what_changes_nothing_leaves_the_reference_as_it_is(options: str) -> None:
    assert texts(f"curl {options} {U}") == [U]


SECRET = [
    ("curl -H 'Authorization: token abc' U", "authorization", "token abc"),
    ("curl -H 'X-Api-Key: abc' U", "x-api-key", "abc"),
    ("curl -H 'PRIVATE-TOKEN: glpat-abc' U", "private-token", "glpat-abc"),
    ("curl -H 'Cookie: a=b' U", "cookie", "a=b"),
    ("curl -b a=b U", "cookie", "a=b"),
    ("curl -u user:pw U", "authorization", "Basic dXNlcjpwdw=="),
    ("curl --oauth2-bearer abc U", "authorization", "Bearer abc"),
    ("curl -e https://user:hunter2@example.com/ U", "referer", "https://user:hunter2@example.com/"),
    (
        "curl -H 'X-Thing: ghp_0123456789abcdefghijABCDEFGHIJ012345' U",
        "x-thing",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    ),
    ("wget --header='Authorization: Bearer abc' U", "authorization", "Bearer abc"),
    ("wget --user=user --password=pw U", "authorization", "Basic dXNlcjpwdw=="),
    ("wget --http-user user --http-password pw U", "authorization", "Basic dXNlcjpwdw=="),
    ("aria2c --http-user=user --http-passwd=pw U", "authorization", "Basic dXNlcjpwdw=="),
]


@pytest.mark.parametrize(("script", "name", "value"), SECRET)
def test_a_secret_header_is_sent_and_stands_nowhere(script: str, name: str, value: str) -> None:
    (reference,) = references(script.replace(" U", f" {U}"))
    assert reference.text == U
    assert reference.form.secret == ((name, value),)
    assert value not in repr(reference) + repr(reference.form) + str(reference)


def powershell(script: str) -> list[Finding]:
    return [finding for _, finding in of_windows_shell(("powershell", "-Command"), script, AROUND)]


POWERSHELL = [
    ("-UserAgent 'Mozilla/5.0'", "#header:user-agent=Mozilla/5.0", ()),
    ("-Headers @{ 'Accept' = 'a/b'; \"X-A\"=\"1\" } -OutFile f", "#header:accept=a/b&header:x-a=1", ()),
    ("-Headers @{Authorization='Bearer abc'}", "", (("authorization", "Bearer abc"),)),
    ("-MaximumRedirection 5", "", ()),
]


@pytest.mark.parametrize(("options", "written", "secret"), POWERSHELL)
def test_powershell_names_headers_too(
    options: str, written: str, secret: tuple[tuple[str, str], ...]
) -> None:
    (found,) = powershell(f"Invoke-WebRequest -Uri {U} {options}; Write-Host x")
    assert isinstance(found, Found)
    reference = requested(parse(found.text), found.form)
    assert (reference.text, reference.form.secret) == (U + written, secret)


def test_powershells_unknown_headers_are_listed() -> None:
    for options in ("-Headers $h", '-Headers @{ "X-A" = "$token" }'):
        assert [type(one).__name__ for one in powershell(f"iwr {U} {options}")] == ["Found", "Missed"]
    (found,) = powershell(f"irm {U} -MaximumRedirection 0")
    assert isinstance(found, Found)
    assert not found.form.follow


def test_a_secret_header_of_a_reference_is_not_kept() -> None:
    reference = parse(f"{U}#header:authorization=Bearer%20abc&header:accept=text/plain")
    assert reference.text == f"{U}#header:accept=text/plain"
    assert reference.form.secret == (("authorization", "Bearer abc"),)


def test_a_header_with_the_value_of_a_given_secret_is_a_secret() -> None:
    text = f'FROM a\nARG API_TOKEN=sw0rd-f1sh-99\nRUN curl -L -H "X-From: $API_TOKEN" -A x {U}\n'
    dockerfile = parse_dockerfile(text)
    known = environments(dockerfile, {}, "linux/amd64")
    (found,) = discover(dockerfile, dockerfile.stages, known, Conditions("linux/amd64")).inputs[1:]
    assert found.reference.text == f"{U}#header:user-agent=x"
    assert found.reference.form.secret == (("x-from", "sw0rd-f1sh-99"),)


def test_two_commands_with_different_headers_are_two_inputs() -> None:
    assert texts(f"curl -H 'Accept: a/b' {U}; curl -H 'Accept: c/d' {U}; curl {U}") == [
        f"{U}#header:accept=a/b",
        f"{U}#header:accept=c/d",
        U,
    ]
    assert texts(f"curl -A x {U} --next {U}") == [f"{U}#header:user-agent=x", U]


def test_a_watch_directive_takes_a_reference_with_headers() -> None:
    written = f"{U}#header:accept=a/b;%20q%3D0.5&header:x-price=%245%27"
    found = analyse(
        f"FROM scratch\n# freshlayer: watch {written}\nRUN make\n", BuildRequest(("linux/amd64",))
    )
    (item,) = found.discovery.inputs
    assert item.reference.text == written
    assert item.reference.form.headers == (("accept", "a/b; q=0.5"), ("x-price", "$5'"))


def test_a_digest_behind_the_url_stays_beside_headers() -> None:
    digest = "sha256=" + "0" * 64
    reference = parse(f"{U}#{digest}&header:accept=text/plain")
    assert reference.text == f"{U}#{digest}&header:accept=text/plain"
    assert reference.pinned == digest.replace("=", ":")
    assert parse(reference.text).text == reference.text


UNREADABLE = [
    ("curl -H @headers.txt U", "its headers are in a file (@headers.txt)"),
    ('curl -H "Accept: $ARG" U', "its header Accept: ARG: needs a build argument"),
    ('wget --header="X-Version: $(cat v)" U', "its header X-Version: "),
    ('curl -A "$ARG" U', "its user-agent: ARG: needs a build argument"),
]


@pytest.mark.parametrize(("script", "reason"), UNREADABLE)
def test_a_url_whose_headers_are_not_known_is_not_watched(script: str, reason: str) -> None:
    found = [finding for _, finding in of_script(script.replace(" U", f" {U}"), AROUND)]
    assert not any(isinstance(finding, Found) for finding in found)
    assert missed(script.replace(" U", f" {U}"))[0].startswith(reason)


def test_a_secret_that_only_the_build_knows_is_replaced_by_our_own_credential() -> None:
    assert texts(f'curl -H "Authorization: token $TOKEN" {U}') == [U]
    assert texts(f'curl -u "user:$TOKEN" {U}') == [U]
    found = [finding for _, finding in of_script(f'curl -H "$ARG" {U}', AROUND)]
    assert [type(finding).__name__ for finding in found] == ["Found", "Missed"]


FOLLOWS = [
    ("curl U", False),
    ("curl -L U", True),
    ("curl -fsSL U", True),
    ("curl --location U", True),
    ("curl --location-trusted U", True),
    ("curl -L --max-redirs 0 U", False),
    ("curl -L --max-redirs 3 U", True),
    ("curl -L --no-location U", False),
    ("curl -sI U", False),
    ("wget U", True),
    ("wget --max-redirect=0 U", False),
    ("wget --max-redirect 5 U", True),
    ("aria2c U", True),
]


@pytest.mark.parametrize(("script", "follows"), FOLLOWS)
def test_curl_follows_redirects_only_where_it_is_told_to(script: str, *, follows: bool) -> None:
    (reference,) = references(script.replace(" U", f" {U}"))
    assert (reference.text, reference.form.follow) == (U, follows)


# What the real programs send, for the same options.

SENT = [
    *(
        "curl -s -H 'Accept: a/b' -A x -e R",
        "curl -s -A '' -H 'X: 1' -H 'X-Y:2'",
        "curl -s -b a=b -u user:pw",
    ),
    *("curl -s --oauth2-bearer abc", "curl -s -H 'Accept:' -H 'User-Agent:'", "curl -s -e 'R;auto'"),
    *(
        "wget -q -O /dev/null --header 'Accept: a/b' -U x --referer=R",
        "wget -q -O /dev/null --header 'X: 1' --header= ",
    ),
    "wget -q -O /dev/null --auth-no-challenge --user=user --password=pw",
]
_TOLD = ("accept", "user-agent", "referer", "cookie", "authorization", "x", "x-y")
_DEFAULT = {
    "accept": "*/*",
    "user-agent": "",
    "referer": "",
    "cookie": "",
    "authorization": "",
    "x": "",
    "x-y": "",
}


@pytest.fixture
def server() -> Iterator[LoggingServer]:
    with LoggingServer() as started:
        yield started


@pytest.mark.parametrize("command", SENT)
def test_the_headers_are_those_that_the_real_program_sends(server: LoggingServer, command: str) -> None:
    subprocess.run([*shlex.split(command), server.url], check=True, capture_output=True, timeout=20)
    (sent,) = server.requests()
    (reference,) = references(f"{command} {server.url}")
    ours = dict((*reference.form.headers, *reference.form.secret))
    for name in _TOLD:
        real = sent.headers.get(name, "")
        if name == "user-agent" and real.startswith(("curl/", "Wget/")):
            real = ""
        if name == "accept" and not real:
            assert ours.get(name, "?") == "", command
            continue
        assert ours.get(name, _DEFAULT[name]) == real, (command, name)


@pytest.mark.parametrize(
    "command",
    [
        *(
            "curl -s",
            "curl -sL",
            "curl -s --location-trusted",
            "curl -sL --max-redirs 0",
            "curl -sL --max-redirs 1",
        ),
        *("wget -q -O /dev/null", "wget -q -O /dev/null --max-redirect=0"),
    ],
)
def test_redirects_are_followed_where_the_real_program_follows_them(
    server: LoggingServer, command: str
) -> None:
    def script(request: Logged) -> Reply:
        return Reply(302, {"Location": "/b"}) if request.target == "/a" else Reply()

    server.script = script
    subprocess.run([*shlex.split(command), f"{server.url}/a"], check=False, capture_output=True, timeout=20)
    (reference,) = references(f"{command} {server.url}/a")
    assert reference.form.follow is (len(server.requests()) == 2)
