"""Index files over a real driver: conditional requests, the first URL that answers, limits."""

from collections.abc import Iterator
from hashlib import sha256

import pytest
from msgspec.structs import replace

from freshlayer.credentials import NO_CREDENTIALS
from freshlayer.model.evidence import Validators
from freshlayer.model.packages import IndexFile
from freshlayer.probe import Limits
from freshlayer.probe.index_files import FileAnswer, FileWanted, fetch
from testing.logging_server import Logged, LoggingServer, Reply

_LIMITS = Limits(connect=1, answer=2, total=3, deadline=6)
_TAG = '"one"'
_DATE = "Mon, 02 Nov 2026 10:00:00 GMT"


def _script(logged: Logged) -> Reply:
    match logged.target:
        case "/InRelease":
            if logged.headers.get("if-none-match") == _TAG:
                return Reply(304)
            return Reply(headers={"ETag": _TAG, "Last-Modified": _DATE}, body=b"manifest")
        case "/dated":
            known = logged.headers.get("if-modified-since") == _DATE
            return Reply(304) if known else Reply(headers={"Last-Modified": _DATE}, body=b"dated")
        case "/moved":
            return Reply(302, {"Location": "/InRelease"}, b"moved elsewhere")
        case "/metadata":
            return Reply(302, {"Location": "http://169.254.169.254/latest"}, b"")
        case "/always-304":
            return Reply(304)
        case "/broken":
            return Reply(503, body=b"not now")
        case "/large":
            return Reply(body=b"x" * 5000)
        case _:
            return Reply(404, body=b"nothing here")


@pytest.fixture
def origin() -> Iterator[LoggingServer]:
    with LoggingServer(_script) as server:
        yield server


def _file(*urls: str, content: bytes = b"") -> IndexFile:
    return IndexFile("apt", "release", urls, sha256(content).hexdigest() if content else "")


def _one(file: IndexFile, **known: Validators) -> tuple[FileAnswer, bytes]:
    wanted = FileWanted(file, {file.urls[0]: known["known"]} if known else {})
    (answer,) = fetch([wanted], _LIMITS, NO_CREDENTIALS)
    if answer.content is None:
        return answer, b""
    with answer.content as content:
        return answer, content.read()


def test_a_file_comes_with_its_digest_and_validators(origin: LoggingServer) -> None:
    answer, content = _one(_file(f"{origin.url}/InRelease"))
    assert answer.problem is None
    assert content == b"manifest"
    assert answer.sha256 == sha256(b"manifest").hexdigest()
    assert answer.validators == Validators(_TAG, _DATE)
    assert [(it.method, it.target) for it in origin.requests()] == [("GET", "/InRelease")]


@pytest.mark.parametrize(
    ("path", "known"), [("/InRelease", Validators(_TAG)), ("/dated", Validators("", _DATE))]
)
def test_what_is_known_costs_no_body(origin: LoggingServer, path: str, known: Validators) -> None:
    answer, _ = _one(_file(f"{origin.url}{path}"), known=known)
    assert answer.problem is None
    assert answer.content is None
    assert answer.url == f"{origin.url}{path}"


def test_a_304_to_a_request_without_a_condition_is_no_answer(origin: LoggingServer) -> None:
    answer, _ = _one(_file(f"{origin.url}/always-304"))
    assert answer.problem is not None
    assert answer.problem.code == "http-status"


def test_the_first_url_that_answers_counts(origin: LoggingServer) -> None:
    wrong, absent, right = (f"{origin.url}/{name}" for name in ("large", "absent", "InRelease"))
    answer, content = _one(_file(wrong, absent, right, content=b"manifest"))
    assert (answer.url, content) == (right, b"manifest")


def test_a_file_that_is_nowhere_is_absent(origin: LoggingServer) -> None:
    answer, _ = _one(_file(f"{origin.url}/a", f"{origin.url}/b"))
    assert answer.problem is not None
    assert answer.problem.code == "http-not-found"
    assert answer.problem.subject == f"{origin.url}/a"


def test_a_mirror_that_fails_decides_over_one_that_has_no_such_file(origin: LoggingServer) -> None:
    answer, _ = _one(_file(f"{origin.url}/absent", f"{origin.url}/broken"))
    assert answer.problem is not None
    assert answer.problem.code == "http-server-error"


def test_another_file_than_the_named_one_is_a_mismatch(origin: LoggingServer) -> None:
    answer, _ = _one(_file(f"{origin.url}/InRelease", content=b"other"))
    assert answer.problem is not None
    assert answer.problem.code == "index-mismatch"


def test_a_redirect_is_followed_and_its_body_dropped(origin: LoggingServer) -> None:
    answer, content = _one(_file(f"{origin.url}/moved"))
    assert answer.problem is None
    assert content == b"manifest"


def test_no_redirect_leads_to_a_metadata_service(origin: LoggingServer) -> None:
    answer, _ = _one(_file(f"{origin.url}/metadata"))
    assert answer.problem is not None
    assert answer.problem.code == "address-refused"


def test_no_more_is_read_than_a_file_may_have(origin: LoggingServer) -> None:
    answer, _ = _one(replace(_file(f"{origin.url}/large"), largest=4999))
    assert answer.problem is not None
    assert answer.problem.code == "index-too-large"
    answer, content = _one(replace(_file(f"{origin.url}/large"), largest=5000))
    assert len(content) == 5000


@pytest.mark.parametrize("url", ["file:///etc/passwd", "cdrom:[Debian]/", "http://", "s3://bucket/key", ""])
def test_only_http_and_ftp_are_requested(url: str) -> None:
    answer, _ = _one(_file(url))
    assert answer.problem is not None
    assert answer.problem.code == "transport-unsupported"


def test_a_host_that_is_down_is_requested_once() -> None:
    with LoggingServer() as server:
        url = server.url
    answers = list(fetch([FileWanted(_file(f"{url}/{n}")) for n in range(20)], _LIMITS, NO_CREDENTIALS))
    assert {answer.problem.code for answer in answers if answer.problem} == {"connection-refused"}
    assert len(answers) == 20


def test_files_are_requested_at_once(origin: LoggingServer) -> None:
    files = [_file(f"{origin.url}/InRelease"), _file(f"{origin.url}/dated"), _file(f"{origin.url}/absent")]
    found = {it.file: it for it in fetch(map(FileWanted, files), _LIMITS, NO_CREDENTIALS)}
    assert [found[file].problem is None for file in files] == [True, True, False]
    for answer in found.values():
        if answer.content:
            answer.content.close()


def test_what_an_origin_names_is_not_requested_from_this_machine(origin: LoggingServer) -> None:
    answer, _ = _one(replace(_file(f"{origin.url}/InRelease"), foreign=True))
    assert answer.problem is not None
    assert answer.problem.code == "address-refused"
    assert origin.requests() == []


def test_a_media_type_is_requested_once(origin: LoggingServer) -> None:
    answer, _ = _one(replace(_file(f"{origin.url}/InRelease"), accept="application/json"))
    assert answer.problem is None
    (request,) = origin.requests()
    assert request.headers["accept"] == "application/json"
