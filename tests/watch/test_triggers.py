"""Each kind of trigger over the wire: what a real receiver gets, and that no value is read as markup."""

from __future__ import annotations

import email
import json
import os
import re
from collections.abc import Callable, Iterator
from email.policy import default
from pathlib import Path
from urllib.parse import parse_qs, unquote

import pytest

from freshlayer.errors import OptionError
from freshlayer.model.watched import Cause, CauseKind, Message, Standing
from freshlayer.watch.delivery import deliver
from freshlayer.watch.firing import On, Rule, body_of
from freshlayer.watch.sending import DeliveryError, Means
from freshlayer.watch.settings import read
from freshlayer.watch.triggers import TYPES
from testing.logging_server import Logged, LoggingServer, Reply
from testing.mail_server import MailServer
from testing.tls import SelfSigned, self_signed

KEY = "0123456789abcdef0123456789abcdef"
HOSTILE = (
    "<!channel> @channel `a`` **b** {key} \r\nBcc: x@evil.example\n\u202e$(HOME) [x](https://evil.example)"
)
MANY = 3000

Send = Callable[..., None]


def message(
    name: str = "/srv/web/Dockerfile", *, causes: int = 1, reference: str = "https://x.example/t"
) -> Message:
    found = tuple(Cause(reference, f"etag:{it}", CauseKind.INPUT, 3) for it in range(causes))
    rule = Rule("t", On.ANY)
    body = body_of(Standing(name, 1_790_000_000, 0, found), rule, found, KEY)
    return Message("t", KEY, name, body)


@pytest.fixture
def receiver() -> Iterator[LoggingServer]:
    with LoggingServer() as started:
        yield started


@pytest.fixture
def send(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Send:
    monkeypatch.setenv("SECRET", "s3cret-token")

    def sending(table: str, sent: Message | None = None) -> None:
        (trigger,) = read(f"[triggers.t]\n{table}", "w").triggers.values()
        deliver(trigger.target, sent or message(), Means(tmp_path), lambda: False)

    return sending


def one(receiver: LoggingServer) -> Logged:
    (logged,) = receiver.requests()
    return logged


def test_github_gets_an_event_of_the_repository(send: Send, receiver: LoggingServer) -> None:
    table = f'type = "github"\nrepository = "acme/web"\ntoken_env = "SECRET"\napi = "{receiver.url}/api/v3"\n'
    send(table)
    logged = one(receiver)
    assert (logged.method, logged.target) == ("POST", "/api/v3/repos/acme/web/dispatches")
    assert logged.headers["authorization"] == "Bearer s3cret-token"
    assert logged.headers["accept"] == "application/vnd.github+json"
    assert logged.headers["x-github-api-version"] == "2022-11-28"
    body = json.loads(logged.body)
    assert body["event_type"] == "freshlayer"
    assert body["client_payload"]["idempotency_key"] == KEY
    assert len(body["client_payload"]) <= 10
    send(table, message(causes=MANY))
    body = json.loads(one(receiver).body)
    assert len(json.dumps(body["client_payload"])) < 65_535
    assert len(body["client_payload"]["causes"]) + body["client_payload"]["causes_omitted"] == MANY


def test_github_gets_the_start_of_a_workflow(send: Send, receiver: LoggingServer) -> None:
    send(
        f'type = "github"\nrepository = "acme/web"\ntoken_env = "SECRET"\napi = "{receiver.url}"\n'
        'workflow = "build.yml"\nref = "release"\ninputs = ["dockerfile", "idempotency_key"]\n'
    )
    logged = one(receiver)
    assert logged.target == "/repos/acme/web/actions/workflows/build.yml/dispatches"
    inputs = {"dockerfile": "/srv/web/Dockerfile", "idempotency_key": KEY}
    assert json.loads(logged.body) == {"ref": "release", "inputs": inputs}


def test_gitlab_gets_a_trigger_with_its_token(send: Send, receiver: LoggingServer) -> None:
    receiver.script = lambda _: Reply(201)
    send(
        f'type = "gitlab"\nproject = "acme/web"\ntoken_env = "SECRET"\nurl = "{receiver.url}"\nref = "main"\n'
    )
    logged = one(receiver)
    assert logged.target == "/api/v4/projects/acme%2Fweb/trigger/pipeline"
    form = {name: values[0] for name, values in parse_qs(logged.body.decode()).items()}
    assert (form["token"], form["ref"]) == ("s3cret-token", "main")
    assert form["variables[FRESHLAYER_IDEMPOTENCY_KEY]"] == KEY
    assert form["variables[FRESHLAYER_DOCKERFILE]"] == "/srv/web/Dockerfile"
    assert json.loads(form["variables[FRESHLAYER_MESSAGE]"])["event"] == "stale"


def test_gitlab_gets_a_pipeline_by_an_access_token(send: Send, receiver: LoggingServer) -> None:
    receiver.script = lambda _: Reply(201)
    send(
        'type = "gitlab"\nproject = "7"\ntoken_env = "SECRET"\ntoken_type = "access"\n'
        f'url = "{receiver.url}"\n'
    )
    logged = one(receiver)
    assert (logged.target, logged.headers["private-token"]) == ("/api/v4/projects/7/pipeline", "s3cret-token")
    variables = {it["key"]: it["value"] for it in json.loads(logged.body)["variables"]}
    assert variables["FRESHLAYER_IDEMPOTENCY_KEY"] == KEY


JOB = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"generateName": "Build.", "labels": {"a": "b"}},
    "spec": {
        "backoffLimit": 0,
        "template": {
            "spec": {
                "restartPolicy": "Never",
                "containers": [{"name": "c", "image": "i", "env": [{"name": "A"}]}],
            }
        },
    },
}


def test_kubernetes_gets_a_job_whose_name_is_the_key(
    send: Send, receiver: LoggingServer, tmp_path: Path
) -> None:
    (tmp_path / "job.json").write_text(json.dumps(JOB))
    table = f'type = "kubernetes"\njob = "job.json"\nserver = "{receiver.url}"\ntoken_env = "SECRET"\n'
    for status in (201, 409):
        receiver.script = lambda _, status=status: Reply(status)  # type: ignore[misc]
        send(f'{table}namespace = "ci"\n', message("/p/$(HOME)/Dockerfile"))
        logged = one(receiver)
        assert (logged.method, logged.target) == ("POST", "/apis/batch/v1/namespaces/ci/jobs")
        job = json.loads(logged.body)
        assert job["metadata"] == {"labels": {"a": "b"}, "name": f"build-{KEY}", "namespace": "ci"}
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", job["metadata"]["name"])
        (container,) = job["spec"]["template"]["spec"]["containers"]
        environment = {it["name"]: it.get("value") for it in container["env"]}
        assert environment["FRESHLAYER_DOCKERFILE"] == "/p/$$(HOME)/Dockerfile"
        assert environment["A"] is None
        assert job["spec"]["backoffLimit"] == 0
    receiver.script = lambda _: Reply(403)
    with pytest.raises(DeliveryError, match="answered with status 403"):
        send(table)


CLONE = "ssh://git@git.example.org/web.git#main:Dockerfile"


@pytest.mark.parametrize("name", [CLONE, f"/{'long/' * 79}Dockerfile"], ids=["a clone by ssh", "a long path"])
def test_a_dockerfile_has_the_name_by_which_its_build_is_reported(
    send: Send, receiver: LoggingServer, tmp_path: Path, name: str
) -> None:
    (tmp_path / "job.json").write_text(json.dumps(JOB))
    receiver.script = lambda _: Reply(201)
    github = f'type = "github"\nrepository = "a/b"\napi = "{receiver.url}"\ntoken_env = "SECRET"\n'
    send(f'{github}workflow = "b.yml"\ninputs = ["dockerfile"]\n', message(name))
    assert json.loads(one(receiver).body)["inputs"] == {"dockerfile": name}
    gitlab = f'type = "gitlab"\nproject = "7"\nurl = "{receiver.url}"\ntoken_env = "SECRET"\n'
    send(gitlab, message(name))
    form = parse_qs(one(receiver).body.decode())
    assert form["variables[FRESHLAYER_DOCKERFILE]"] == [name]
    send(f'{gitlab}token_type = "access"\n', message(name))
    sent = {"key": "FRESHLAYER_DOCKERFILE", "value": name}
    assert sent in json.loads(one(receiver).body)["variables"]
    kubernetes = f'type = "kubernetes"\njob = "job.json"\nserver = "{receiver.url}"\ntoken_env = "SECRET"\n'
    send(kubernetes, message(name))
    (container,) = json.loads(one(receiver).body)["spec"]["template"]["spec"]["containers"]
    sent = {"name": "FRESHLAYER_DOCKERFILE", "value": name}
    assert sent in container["env"]


def test_kubernetes_trusts_the_ca_that_is_named_and_no_other(send: Send, tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(json.dumps(JOB))
    made = self_signed(tmp_path)
    with LoggingServer(lambda _: Reply(201), tls=made.server_context()) as receiver:
        table = f'type = "kubernetes"\njob = "job.json"\nserver = "{receiver.url}"\ntoken_env = "SECRET"\n'
        with pytest.raises(DeliveryError, match="the certificate is not trusted"):
            send(table)
        assert receiver.requests() == []
        send(f'{table}ca_file = "certificate.pem"\n')
        assert one(receiver).headers["authorization"] == "Bearer s3cret-token"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{", "its file is not JSON"),
        ("[" * 100_000, "its file is not JSON"),
        ('{"kind": "Pod"}', "its file is no Job of batch/v1"),
        ('{"kind": "Job", "apiVersion": "batch/v1"}', "its file is a Job without a spec"),
        ('{"kind": "Job", "apiVersion": "batch/v1", "spec": {}}', "its file is a Job without containers"),
    ],
)
def test_a_file_that_is_no_job_is_not_sent(
    send: Send, receiver: LoggingServer, tmp_path: Path, content: str, fault: str
) -> None:
    (tmp_path / "job.json").write_text(content)
    with pytest.raises(DeliveryError, match=fault):
        send(f'type = "kubernetes"\njob = "job.json"\nserver = "{receiver.url}"\ntoken_env = "SECRET"\n')
    assert receiver.requests() == []


def test_slack_shows_values_as_plain_text(
    send: Send, receiver: LoggingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", f"{receiver.url}/services/T0/B0/xyz")
    send('type = "slack"\nurl_env = "SECRET"\n', message(HOSTILE, reference=HOSTILE))
    logged = one(receiver)
    body = json.loads(logged.body)
    assert logged.target == "/services/T0/B0/xyz"
    assert not set(body["text"]) & {"<", ">", "\r", "\u202e"}
    (block,) = body["blocks"]
    assert block["text"]["type"] == "plain_text"
    assert "{key}" in block["text"]["text"]
    send('type = "slack"\nurl_env = "SECRET"\n', message("n" * MANY, causes=MANY, reference="r" * MANY))
    assert len(json.loads(one(receiver).body)["blocks"][0]["text"]["text"]) <= 3000


def test_mattermost_shows_values_in_a_block_of_code(
    send: Send, receiver: LoggingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", f"{receiver.url}/hooks/xyz")
    send('type = "mattermost"\nurl_env = "SECRET"\n', message("a\n````\n@all", reference=HOSTILE))
    fence, *lines, last = json.loads(one(receiver).body)["text"].split("\n")
    assert (set(fence), fence) == ({"`"}, last)
    assert not any(fence in line for line in lines)


def test_matrix_gets_a_transaction_of_the_key(send: Send, receiver: LoggingServer) -> None:
    send(
        f'type = "matrix"\nhomeserver = "{receiver.url}"\nroom = "!a/b:x.example"\ntoken_env = "SECRET"\n',
        message(HOSTILE),
    )
    logged = one(receiver)
    assert (logged.method, unquote(logged.target)) == (
        "PUT",
        f"/_matrix/client/v3/rooms/!a/b:x.example/send/m.room.message/{KEY}",
    )
    assert "%2F" in logged.target
    body = json.loads(logged.body)
    assert body.keys() == {"msgtype", "body", "m.mentions"}


def test_teams_gets_a_card_without_markdown(
    send: Send, receiver: LoggingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.script = lambda _: Reply(202)
    monkeypatch.setenv("SECRET", f"{receiver.url}/workflows/a?sig=b")
    send('type = "teams"\nurl_env = "SECRET"\n', message(HOSTILE, causes=MANY))
    logged = one(receiver)
    (attachment,) = json.loads(logged.body)["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert {it["type"] for it in attachment["content"]["body"]} == {"RichTextBlock"}
    assert len(logged.body) < 28_000


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SelfSigned:
    """It is trusted."""
    found = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(found.certificate))
    return found


def mail_table(server: MailServer, *more: str, tls: str = "starttls") -> str:
    lines = ('type = "smtp"', 'host = "127.0.0.1"', f"port = {server.port}", f'tls = "{tls}"')
    addresses = ('from = "watch@x.example"', 'to = ["a@y.example", "b@y.example"]')
    return "\n".join([*lines, *addresses, *more, ""])


LOGIN = ('user = "watch"', 'password_env = "SECRET"')


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_mail_is_sent_by_tls_with_a_login(send: Send, made: SelfSigned, tls: str) -> None:
    context = made.server_context()
    with MailServer(context, at_once=tls == "tls", password="s3cret-token") as server:
        send(mail_table(server, *LOGIN, tls=tls), message(HOSTILE, reference=HOSTILE))
        (received,) = server.received
    assert (received.sender, received.recipients) == ("watch@x.example", ("a@y.example", "b@y.example"))
    assert (received.login, received.is_private) == ("watch", True)
    mail = email.message_from_bytes(received.content, policy=default)
    assert mail["Message-ID"] == f"<{KEY}@x.example>"
    assert mail.get_all("Bcc") is None
    assert {it.lower() for it in mail} == {
        *("from", "to", "subject", "message-id", "auto-submitted", "date"),
        *("content-type", "content-transfer-encoding", "mime-version"),
    }
    assert str(mail["Subject"]).startswith("stale: <!channel> @channel")
    assert "{key}" in mail.get_content()


def test_no_mail_and_no_password_is_sent_without_the_tls_that_is_wanted(send: Send, made: SelfSigned) -> None:
    with MailServer() as server:
        with pytest.raises(DeliveryError, match="not sent: the server has no TLS"):
            send(mail_table(server, *LOGIN))
        assert server.received == []
        send(mail_table(server, tls="none"))
        assert len(server.received) == 1
    assert made.certificate.exists()


def test_a_mail_server_that_is_not_trusted_gets_nothing(send: Send, tmp_path: Path) -> None:
    with MailServer(self_signed(tmp_path).server_context(), at_once=True) as server:
        with pytest.raises(DeliveryError, match="the certificate is not trusted"):
            send(mail_table(server, tls="tls"))
        assert server.received == []


def test_a_mail_that_is_refused_is_a_failure_of_the_receiver(send: Send, made: SelfSigned) -> None:
    with MailServer(made.server_context(), password="other") as server:
        with pytest.raises(DeliveryError, match="the login was refused") as raised:
            send(mail_table(server, *LOGIN))
        assert raised.value.of_receiver
    with MailServer() as server:
        server.answer = "452 full"
        with pytest.raises(DeliveryError, match="the server answered with 452"):
            send(mail_table(server, tls="none"))


@pytest.mark.parametrize("kind", ["slack", "mattermost", "teams"])
@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://hooks.example/x", "its URL is not an https URL, which a secret needs"),
        ("https://hooks.example/x y", "the secret is no token"),
        ("file:///etc/passwd", "its URL is not an http or https URL"),
    ],
)
def test_a_secret_url_is_checked_and_not_shown(
    send: Send, monkeypatch: pytest.MonkeyPatch, kind: str, url: str, fault: str
) -> None:
    monkeypatch.setenv("SECRET", url)
    with pytest.raises(DeliveryError, match=fault) as raised:
        send(f'type = "{kind}"\nurl_env = "SECRET"\n')
    assert url not in str(raised.value)


def test_no_redirect_is_followed(
    send: Send, receiver: LoggingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.script = lambda _: Reply(302, {"Location": "/other"})
    monkeypatch.setenv("SECRET", f"{receiver.url}/x")
    with pytest.raises(DeliveryError, match="answered with status 302"):
        send('type = "slack"\nurl_env = "SECRET"\n')
    assert len(receiver.requests()) == 1


def test_no_proxy_is_used(send: Send, receiver: LoggingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("SECRET", f"{receiver.url}/x")
    send('type = "slack"\nurl_env = "SECRET"\n')
    with MailServer() as server:
        send(mail_table(server, tls="none"))
        assert len(server.received) == 1


def test_a_name_that_is_not_utf8_is_sent_as_text(
    send: Send, receiver: LoggingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = os.fsdecode(b"/p/\xff/Dockerfile")
    (tmp_path / "job.json").write_text(json.dumps(JOB))
    receiver.script = lambda _: Reply(201)
    monkeypatch.setenv("URL", f"{receiver.url}/x")
    base = 'token_env = "SECRET"\n'
    tables = [
        *(f'type = "{kind}"\nurl_env = "URL"\n' for kind in ("slack", "mattermost", "teams")),
        f'type = "matrix"\nhomeserver = "{receiver.url}"\nroom = "!a"\n{base}',
        f'type = "github"\nrepository = "a/b"\napi = "{receiver.url}"\n{base}',
        f'type = "gitlab"\nproject = "1"\nurl = "{receiver.url}"\n{base}',
        f'type = "kubernetes"\njob = "job.json"\nserver = "{receiver.url}"\n{base}',
        f'type = "webhook"\nurl = "{receiver.url}"\n',
    ]
    for table in tables:
        send(table, message(name))
    assert len(receiver.requests()) == len(tables)
    with MailServer() as server:
        send(mail_table(server, tls="none"), message(name))
    assert len(tables) + 2 == len(TYPES)


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ('type = "github"', "repository is not set (write OWNER/NAME)"),
        ('type = "github"\nrepository = "a/.."', "repository is not OWNER/NAME"),
        ('type = "github"\nrepository = "a/b"', "token_env is not set"),
        (
            'type = "github"\nrepository = "a/b"\ntoken_env = "A"\napi = "http://x.example"',
            "api is not an https URL, which a secret needs",
        ),
        ('type = "github"\nrepository = "a/b"\ninputs = ["x"]', "inputs is not a list of dockerfile"),
        ('type = "gitlab"', "project is not set (write the number or the path"),
        ('type = "kubernetes"', "job is not set (write the name of a file"),
        ('type = "kubernetes"\njob = "j"\nca_file = "x"', "ca_file needs server"),
        ('type = "kubernetes"\njob = "j"\nnamespace = "a/b"', "namespace is not the name"),
        ('type = "slack"\nurl = "https://x"', "url_env is not set"),
        ('type = "slack"\nurl_env = "A"\ntext = "{other}"', "text is not a text with fields of {causes}"),
        ('type = "matrix"\nhomeserver = "https://x"\nroom = "#a"', "room is not the ID of a room"),
        ('type = "smtp"\nhost = "a b"', "host is not the name or address of a host"),
        ('type = "smtp"\nhost = "x"\nto = ["a@b\\nBcc: c@d"]', "to is not a list of addresses"),
        ('type = "smtp"\nhost = "x"\nto = ["a@b"]\nfrom = "a>@b"', "from is not an address"),
        ('type = "smtp"\nhost = "x"\nuser = "u"', "user is not a name with a password"),
        (
            'type = "smtp"\nhost = "x"\ntls = "none"\nuser = "u"\npassword_env = "A"',
            "tls is not starttls or tls, which a password needs",
        ),
    ],
)
def test_a_table_that_can_not_be_meant_is_a_fault(table: str, fault: str) -> None:
    with pytest.raises(OptionError) as raised:
        read(f"[triggers.t]\n{table}", "w")
    assert str(raised.value).startswith(f"w: [triggers.t]: {fault}")
