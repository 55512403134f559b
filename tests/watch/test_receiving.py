"""Webhooks and reports over the wire: who is believed, and what follows."""

from __future__ import annotations

import base64
import contextlib
import hmac
import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from freshlayer.watch.arrivals import Arrivals
from freshlayer.watch.board import Board
from freshlayer.watch.connections import MOST_OF_ADDRESS
from freshlayer.watch.moved import Moved, MovedKind
from freshlayer.watch.rate import Rate
from freshlayer.watch.receivers import Answer, ReportReceiver, WebhookReceiver
from freshlayer.watch.receiving import MOST_BYTES
from freshlayer.watch.server import Server
from freshlayer.watch.webhooks import WEBHOOKS
from freshlayer.watch.webhooks.base import Arrived
from testing.process import wait_until

SECRET = "the secret of the webhook"
DOCKERHUB = {"push_data": {"tag": "1"}, "repository": {"repo_name": "acme/web"}}
DISTRIBUTION = {
    "events": [
        {"action": "push", "target": {"repository": "web", "tag": "1"}, "request": {"host": "Reg:5000"}},
        {"action": "pull", "target": {"repository": "other"}},
    ]
}
HARBOR = {
    "type": "PUSH_ARTIFACT",
    "event_data": {
        "resources": [{"tag": "1", "resource_url": "harbor.x/lib/web:1"}],
        "repository": {"repo_full_name": "lib/web"},
    },
}
PUSH = {"repository": {"full_name": "acme/tool", "html_url": "https://github.com/acme/tool"}}
PACKAGE = {
    "registry_package": {
        "package_type": "CONTAINER",
        "namespace": "Acme",
        "name": "web",
        "package_version": {
            "container_metadata": {"tag": {"name": "1"}},
            "package_url": "ghcr.io/acme/web:1",
        },
    }
}
GITLAB = {
    "object_kind": "push",
    "project": {"web_url": "https://gitlab.x/a/b", "path_with_namespace": "a/b"},
}
S3 = {"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": "a+b%2Fc"}}}]}
SNS = {"Type": "Notification", "Message": json.dumps(S3)}
OBJECT = Moved(MovedKind.OBJECT, "", "b/a b/c")
PUSHED = Moved(MovedKind.REPOSITORY, "github.com", "acme/tool")


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def basic(secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'sns:{secret}'.encode()).decode()}"}


class Service:
    """The API of the service, with one webhook of each type and reports."""

    def __init__(self) -> None:
        self.warned: list[str] = []
        self.arrivals = Arrivals(lambda: None)
        self.reports: list[bytes] = []
        found: dict[str, Any] = {
            f"/webhooks/{name}": WebhookReceiver(
                name, module, SECRET.encode(), "", self.arrivals, self.warned.append
            )
            for name, module in WEBHOOKS.items()
        }
        found["/webhooks/inner"] = WebhookReceiver(
            "inner", WEBHOOKS["distribution"], SECRET.encode(), "public.x", self.arrivals, self.warned.append
        )
        found["/api/builds"] = ReportReceiver(b"report token", self.record, self.arrivals)
        bound = socket.create_server(("127.0.0.1", 0))
        self.port = bound.getsockname()[1]
        self.server = Server(Board(), bound, b"api token", lambda: 0, receivers=found)

    def record(self, body: bytes) -> tuple[Answer, tuple[str, ...]]:
        self.reports.append(body)
        return Answer(201, "1 recorded"), ("/p/Dockerfile",)

    def post(self, path: str, body: bytes, headers: Mapping[str, str], method: str = "POST") -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            # Behind a proxy the Host is the public one.
            connection.request(method, path, body, {"Host": "watch.example.org", **headers})
            response = connection.getresponse()
            response.read()
            return response.status
        finally:
            connection.close()


@pytest.fixture
def service() -> Iterator[Service]:
    found = Service()
    found.server.start()
    try:
        wait_until(lambda: ready(found), seconds=90, what="the API")
        yield found
    finally:
        found.server.close()


def ready(service: Service) -> bool:
    try:
        return service.post("/healthz", b"", {}, "GET") == 200
    except OSError:
        return False


def sent(kind: str, secret: str, document: object, event: str = "") -> tuple[str, bytes, dict[str, str]]:
    """Path, body and headers, as the sender of this type has them."""
    body = json.dumps(document).encode()
    path = f"/webhooks/{kind}"
    if kind == "github":
        signed = hmac.new(secret.encode(), body, "sha256").hexdigest()
        return path, body, {"X-Hub-Signature-256": f"sha256={signed}", "X-GitHub-Event": event}
    if kind == "gitlab":
        return path, body, {"X-Gitlab-Token": secret}
    if kind == "dockerhub":
        return f"{path}?token={secret.replace(' ', '%20')}", body, {}
    return path, body, {"Authorization": secret} if kind == "harbor" else bearer(secret)


@pytest.mark.parametrize(
    ("kind", "event", "document", "moved"),
    [
        ("dockerhub", "", DOCKERHUB, Moved(MovedKind.IMAGE, "docker.io", "acme/web", "1")),
        ("distribution", "", DISTRIBUTION, Moved(MovedKind.IMAGE, "reg:5000", "web", "1")),
        ("harbor", "", HARBOR, Moved(MovedKind.IMAGE, "harbor.x", "lib/web", "1")),
        ("github", "push", PUSH, PUSHED),
        ("github", "registry_package", PACKAGE, Moved(MovedKind.IMAGE, "ghcr.io", "acme/web", "1")),
        ("github", "ping", {"zen": "x"}, None),
        ("gitlab", "", GITLAB, Moved(MovedKind.REPOSITORY, "gitlab.x", "a/b")),
        ("s3", "", S3, OBJECT),
        ("s3", "", SNS, OBJECT),
        ("s3", "", {"Type": "UnsubscribeConfirmation", "Message": "x"}, None),
    ],
)
def test_a_webhook_is_believed_with_its_secret_alone(
    service: Service, kind: str, event: str, document: object, moved: Moved | None
) -> None:
    path, body, headers = sent(kind, "another secret", document, event)
    assert service.post(path, body, headers) == 401
    assert service.post(f"/webhooks/{kind}", body, {}) == 401
    assert service.post(f"/webhooks/{kind}", body, bearer("api token")) == 401
    assert service.arrivals.take() == (set(), set())
    assert len(service.warned) == 1
    assert service.post(*sent(kind, SECRET, document, event)) == 202
    assert service.arrivals.take() == ({moved} if moved else set(), set())
    assert SECRET not in "".join(service.warned)


def test_a_signature_is_of_the_body(service: Service) -> None:
    path, body, headers = sent("github", SECRET, PUSH, "push")
    assert service.post(path, body + b" ", headers) == 401
    assert service.post(path, body, {**headers, "X-Hub-Signature-256": "sha256="}) == 401
    assert service.post(path, body, {**headers, "X-Hub-Signature-256": "sha256=\xff"}) == 401
    assert service.post(path, body, headers) == 202
    assert service.post(path, body, headers) == 202
    assert service.arrivals.take() == ({PUSHED}, set())


def test_the_password_of_a_url_counts_for_sns(service: Service) -> None:
    body = json.dumps(SNS).encode()
    assert service.post("/webhooks/s3", body, basic("x")) == 401
    assert service.post("/webhooks/s3", body, basic(SECRET)) == 202


def test_a_subscription_of_sns_is_confirmed_by_a_person_and_no_url_is_requested() -> None:
    printed: list[str] = []
    arrivals = Arrivals(lambda: None)
    receiver = WebhookReceiver("bucket", WEBHOOKS["s3"], SECRET.encode(), "", arrivals, printed.append)
    wanted = {
        "Type": "SubscriptionConfirmation",
        "TopicArn": "arn:aws:sns:eu-central-1:123456789012:objects",
        "Token": "2336412f37",
        "SubscribeURL": "http://127.0.0.1:1/",
        "Message": "You have chosen to subscribe",
    }
    headers = {name.lower(): value for name, value in basic(SECRET).items()}

    def status(document: object) -> int:
        return receiver(Arrived(headers, {}, json.dumps(document).encode())).status

    assert status(wanted) == 202
    (line,) = printed
    assert line == (
        "webhook bucket: SNS waits for the confirmation of a subscription (run aws sns confirm-subscription"
        " --topic-arn arn:aws:sns:eu-central-1:123456789012:objects --token 2336412f37)"
    )
    for name, value in (("Token", "$(x)"), ("TopicArn", "arn:aws:sns:x:1:a b"), ("Token", 7)):
        assert status({**wanted, name: value}) == 400
    assert (printed, arrivals.take()) == ([line], (set(), set()))


def test_the_host_of_a_registry_can_be_named(service: Service) -> None:
    path, body, headers = sent("inner", SECRET, DISTRIBUTION)
    assert service.post(path, body, headers) == 202
    assert service.arrivals.take()[0] == {Moved(MovedKind.IMAGE, "public.x", "web", "1")}


@pytest.mark.parametrize("kind", WEBHOOKS)
@pytest.mark.parametrize("body", ["", "{", "[]", "null", "7", '{"events": 7}', "[" * 100_000, '"\\ud800"'])
def test_a_document_of_another_form_changes_nothing(service: Service, kind: str, body: str) -> None:
    path, _, headers = sent(kind, SECRET, None, "push")
    signed = hmac.new(SECRET.encode(), body.encode(), "sha256").hexdigest()
    if kind == "github":
        headers["X-Hub-Signature-256"] = f"sha256={signed}"
    assert service.post(path, body.encode(), headers) == 400
    assert service.arrivals.take() == (set(), set())


def test_a_body_is_bounded_and_nothing_but_post_is_answered(service: Service) -> None:
    path, _, headers = sent("gitlab", SECRET, GITLAB)
    assert service.post(path, b"", headers, "GET") == 405
    assert service.post("/webhooks/other", b"", headers) in {401, 404, 405}
    try:
        assert service.post(path, b" " * (MOST_BYTES + 1), headers) == 413
    except OSError:
        # It was answered before all of it was sent.
        assert service.post(path, b"{}", headers) == 400


def test_a_report_wants_its_own_token(service: Service) -> None:
    for headers in ({}, bearer("api token"), bearer(SECRET), basic("report token")):
        assert service.post("/api/builds", b"{}", headers) == 401
    assert service.reports == []
    assert service.post("/api/builds", b"{}", bearer("report token")) == 201
    assert service.arrivals.take() == (set(), {"/p/Dockerfile"})
    assert service.post("/api/dockerfiles", b"", bearer("report token"), "GET") == 401


def opened(service: Service, head: bytes = b"") -> socket.socket:
    found = socket.create_connection(("127.0.0.1", service.port), timeout=60)
    found.sendall(head)
    return found


def is_ended(connection: socket.socket) -> bool:
    """Waits for it."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_silent_connections_keep_nobody_out(service: Service) -> None:
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(opened(service, b"GET / HT" * (it % 2))) for it in range(300)]
        assert service.post("/healthz", b"", {}, "GET") == 200
        assert all(is_ended(it) for it in silent[: 300 - MOST_OF_ADDRESS])
        # The others are ended by the time that they take.
        assert is_ended(silent[-1])


@pytest.mark.parametrize("path", ["/webhooks/gitlab", "/webhooks/s3", "/webhooks/dockerhub", "/api/builds"])
def test_nothing_is_read_of_a_sender_without_the_secret(service: Service, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n".encode()
    with opened(service, head) as connection:
        assert connection.recv(12) == b"HTTP/1.1 401"


def test_all_bodies_together_are_bounded(service: Service) -> None:
    size = MOST_BYTES - 1
    head = f"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Length: {MOST_BYTES}\r\n\r\n".encode()
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(opened(service, head + b" " * size)) for _ in range(9)]
        answers = {it.recv(12) for it in found}
    assert answers == {b"HTTP/1.1 408", b"HTTP/1.1 503"}
    assert service.post(*sent("github", SECRET, PUSH, "push")) == 202


@pytest.mark.parametrize("form", ["&".join("a=b" for _ in range(9)), "token=" + "x" * 9000])
def test_a_form_of_another_size_is_no_login(service: Service, form: str) -> None:
    assert service.post("/login", form.encode(), {}) == 401


def test_a_form_has_a_deadline(service: Service) -> None:
    with opened(service, b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n") as connection:
        assert connection.recv(12) == b"HTTP/1.1 408"


def test_a_flood_is_held_back() -> None:
    rate = Rate(10)
    assert [rate.allows() for _ in range(11)] == [True] * 10 + [False]


def test_wrong_secrets_are_limited_by_address(service: Service) -> None:
    wrong = [service.post("/api/builds", b"{}", bearer("wrong")) for _ in range(60)]
    assert wrong == [401] * 60
    answers = {service.post("/webhooks/gitlab", b"{}", {"X-Gitlab-Token": "wrong"}) for _ in range(60)}
    assert 429 in answers
    assert service.post("/healthz", b"", {}, "GET") == 200


def test_what_many_threads_bring_is_taken_once() -> None:
    arrivals = Arrivals(lambda: None)
    found = [Moved(MovedKind.OBJECT, "", f"b/{number}") for number in range(1000)]
    threads = [threading.Thread(target=arrivals.move, args=(found[first::4],)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (arrivals.take()[0], arrivals.take()[0]) == (set(found), set())
    assert not arrivals.move(Moved(MovedKind.OBJECT, "", f"b/{number}") for number in range(10_001))
