"""What docker and podman were logged in with, shown to real registries and to nobody else."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from freshlayer.credentials import Credential, Keyring, Scheme
from freshlayer.credentials.docker import Helper, logins
from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.probe import Limits, probe
from freshlayer.reference import parse
from freshlayer.settings import HostSettings
from testing.command import Freshlayer
from testing.elsewhere import Elsewhere
from testing.misbehaving import MisbehavingOrigin, redirect, status
from testing.servers.needs import require
from testing.servers.nginx import Nginx, playback, quoted
from testing.stores.registry import BASIC, PASSWORD, USER, Auth, Registry
from testing.stores.tokens import IDENTITY_TOKEN
from testing.tls import self_signed

NOTHING: Mapping[str, str] = {}
NO_HOSTS: Mapping[str, HostSettings] = {}
PLATFORMS = ("linux/amd64",)
AUTH = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
NO_SUCH = "a registry returns that for an image that does not exist too"
WANTED = "401 Unauthorized"

HELPER = f"""#!{sys.executable}
import json, os, sys
with open(os.environ["HELPER_LOG"], "a") as log:
    log.write(json.dumps([sys.argv[1:], sys.stdin.read()]) + "\\n")
with open(os.environ["HELPER_SAYS"]) as answer:
    print(answer.read())
sys.exit(int(os.environ["HELPER_EXIT"]))
"""


class Home:
    """A user's home folder, and the credential helpers in the PATH."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.directory = folder / "user"
        self._log, self._says = folder / "helper.log", folder / "helper.json"
        self._programs = folder / "programs"
        self._programs.mkdir()
        self._patch = patch
        patch.setenv("PATH", str(self._programs), prepend=os.pathsep)

    def keyring(
        self, environ: Mapping[str, str] = NOTHING, hosts: Mapping[str, HostSettings] = NO_HOSTS
    ) -> Keyring:
        return Keyring({"HOME": str(self.directory), **environ}, hosts)

    def docker(self, config: object) -> Keyring:
        return self.write(".docker/config.json", config)

    def write(self, path: str, config: object) -> Keyring:
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(config))
        return self.keyring()

    def helper(self, name: str, answer: str, *, code: int = 0) -> None:
        """Install `docker-credential-NAME`; the last one's answer holds for all."""
        program = self._programs / f"docker-credential-{name}"
        program.write_text(HELPER)
        program.chmod(0o755)
        self._says.write_text(answer)
        self._patch.setenv("HELPER_LOG", str(self._log))
        self._patch.setenv("HELPER_SAYS", str(self._says))
        self._patch.setenv("HELPER_EXIT", str(code))

    def helped(self) -> list[tuple[list[str], str]]:
        """Arguments and standard input of every helper that ran."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [(argv, given) for argv, given in map(json.loads, lines)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    return Home(tmp_path, monkeypatch)


def started(auth: Auth) -> Iterator[Registry]:
    require("nginx", "docker-registry")
    with Registry(auth=auth) as registry:
        registry.push("some/app", "1", "first")
        yield registry


@pytest.fixture
def guarded() -> Iterator[Registry]:
    yield from started(Auth.BASIC)


@pytest.fixture
def with_tokens() -> Iterator[Registry]:
    yield from started(Auth.TOKEN)


def ask(registry: Registry, keyring: Keyring, repository: str = "some/app") -> Observation:
    reference = parse(f"docker-image://{registry.host}/{repository}:1")
    return probe([reference], {}, Limits(), keyring=keyring, platforms=PLATFORMS)[reference]


def shown(registry: Registry) -> list[str]:
    return [request.headers["authorization"] for request in registry.requests()]


def granted(registry: Registry) -> list[tuple[str, int, str | None]]:
    """What the token service was asked: method, status, credential."""
    assert registry.tokens is not None
    return [(r.method, r.status, r.headers.get("authorization")) for r in registry.tokens.requests()]


# --- files ----------------------------------------------------------------------------------------


def test_a_password_of_docker_is_shown_to_who_asks_for_it(guarded: Registry, home: Home) -> None:
    observation = ask(guarded, home.docker({"auths": {guarded.host: {"auth": AUTH}}}))
    assert observation.outcome is ProbeOutcome.SEEN
    assert shown(guarded) == ["", BASIC]
    assert PASSWORD not in repr(observation)


def test_without_a_password_the_registry_says_what_it_wants(guarded: Registry, home: Home) -> None:
    useless: list[dict[str, dict[str, str]]] = [{}, {"elsewhere.example": {"auth": AUTH}}, {guarded.host: {}}]
    for auths in useless:
        observation = ask(guarded, home.docker({"auths": auths}))
        assert (observation.outcome, observation.reason.text) == (
            ProbeOutcome.UNKNOWN,
            f"{WANTED}; {NO_SUCH}",
        )
    assert shown(guarded) == [""] * 3


def test_nobody_is_shown_a_password_unobserved(home: Home) -> None:
    for registry in started(Auth.NONE):
        observation = ask(registry, home.docker({"auths": {registry.host: {"auth": AUTH}}}))
        assert observation.outcome is ProbeOutcome.SEEN
        assert shown(registry) == [""]


@pytest.mark.parametrize(
    ("path", "variable", "value"),
    [
        ("podman.json", "REGISTRY_AUTH_FILE", "podman.json"),
        ("other/config.json", "DOCKER_CONFIG", "other"),
        ("run/containers/auth.json", "XDG_RUNTIME_DIR", "run"),
        (".config/containers/auth.json", "", ""),
        ("settings/containers/auth.json", "XDG_CONFIG_HOME", "settings"),
    ],
)
def test_each_place_of_docker_and_podman_is_looked_into(
    path: str, variable: str, value: str, home: Home
) -> None:
    home.write(path, {"auths": {"host:5000": {"auth": AUTH}}})
    environ = {variable: str(home.directory / value)} if variable else NOTHING
    expected = (Credential(Scheme.BASIC, PASSWORD, USER),)
    assert logins(home.keyring(environ), "host:5000", "some/app") == expected


def test_podman_keeps_credentials_by_namespace_and_the_longest_name_counts(
    guarded: Registry, home: Home
) -> None:
    other = base64.b64encode(b"nobody:wrong").decode()
    auths = {guarded.host: {"auth": other}, f"{guarded.host}/some": {"auth": AUTH}}
    keyring = home.write(".config/containers/auth.json", {"auths": auths})
    assert ask(guarded, keyring).outcome is ProbeOutcome.SEEN
    assert ask(guarded, keyring, "an/other").outcome is ProbeOutcome.UNKNOWN


@pytest.mark.parametrize(
    "key", ["https://index.docker.io/v1/", "docker.io", "index.docker.io", "https://registry-1.docker.io/v2/"]
)
def test_docker_hub_goes_by_many_names(key: str, home: Home) -> None:
    keyring = home.docker({"auths": {key: {"auth": AUTH}}, "credHelpers": {key: "hub"}})
    helper, credential = logins(keyring, "docker.io", "library/alpine")
    assert helper == Helper(("docker-credential-hub", "get"), "https://index.docker.io/v1/")
    assert isinstance(credential, Credential)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[1, 2]",
        b"[" * 100_000,
        b'{"auths": 3, "credHelpers": [], "credsStore": {}}',
        b'{"auths": {"host": null}}',
        b'{"auths": {"host": {"auth": "?"}}}',
        b'{"auths": {"host": {"auth": "/////w=="}}}',
        b'{"auths": {"host": {"auth": "bm8gY29sb24="}}}',
        b'{"auths": {"host": {"auth": 5, "identitytoken": 6}}}',
        b'{"credsStore": "../../../bin/sh", "credHelpers": {"host": ""}}',
    ],
)
def test_a_file_that_means_nothing_is_as_good_as_none(content: bytes, home: Home) -> None:
    home.docker({})
    (home.directory / ".docker" / "config.json").write_bytes(content)
    assert logins(home.keyring(), "host", "some/app") == ()


def test_a_file_that_was_written_anew_is_read_anew(home: Home) -> None:
    assert logins(home.docker({"auths": {}}), "host", "some/app") == ()
    assert logins(home.docker({"auths": {"host": {"auth": AUTH}}}), "host", "some/app") != ()


def test_the_settings_go_before_what_docker_knows(guarded: Registry, home: Home) -> None:
    home.docker({"auths": {guarded.host: {"auth": base64.b64encode(b"nobody:wrong").decode()}}})
    hosts = {guarded.host: HostSettings(user=USER, password_env="SECRET")}
    assert ask(guarded, home.keyring({"SECRET": PASSWORD}, hosts)).outcome is ProbeOutcome.SEEN


def test_a_netrc_for_every_host_does_not_spoil_what_strangers_get(home: Home) -> None:
    home.write(".netrc", {})
    (home.directory / ".netrc").write_text("default login nobody password wrong\n")
    for registry in started(Auth.ANONYMOUS_TOKEN):
        assert ask(registry, home.keyring()).outcome is ProbeOutcome.SEEN
        assert granted(registry) == [("GET", 200, None)]


# --- tokens ---------------------------------------------------------------------------------------


def test_twenty_references_of_a_repository_take_one_token(with_tokens: Registry, home: Home) -> None:
    keyring = home.docker({"auths": {with_tokens.host: {"auth": AUTH}}})
    for number in range(20):
        with_tokens.push("some/app", f"v{number}", f"content {number}")
    references = [parse(f"docker-image://{with_tokens.host}/some/app:v{number}") for number in range(20)]
    seen = probe(references, {}, Limits(), keyring=keyring, platforms=PLATFORMS)
    assert {observation.outcome for observation in seen.values()} == {ProbeOutcome.SEEN}
    assert len({observation.evidence for observation in seen.values()}) == 20
    assert granted(with_tokens) == [("GET", 200, BASIC)]
    assert {text.partition(" ")[0] for text in shown(with_tokens)} == {"", "Bearer"}


def test_a_token_for_anybody_is_asked_for_without_a_credential(home: Home) -> None:
    for registry in started(Auth.ANONYMOUS_TOKEN):
        assert ask(registry, home.keyring()).outcome is ProbeOutcome.SEEN
        assert granted(registry) == [("GET", 200, None)]


def test_an_identity_token_is_posted_to_the_token_service_alone(with_tokens: Registry, home: Home) -> None:
    keyring = home.docker({"auths": {with_tokens.host: {"identitytoken": IDENTITY_TOKEN}}})
    observation = ask(with_tokens, keyring)
    assert observation.outcome is ProbeOutcome.SEEN
    assert granted(with_tokens) == [("POST", 200, None)]
    assert not any(IDENTITY_TOKEN in text for text in shown(with_tokens))


def test_a_token_service_that_refuses_is_a_reason_without_a_secret(with_tokens: Registry, home: Home) -> None:
    wrong = base64.b64encode(f"{USER}:not-{PASSWORD}".encode()).decode()
    observation = ask(with_tokens, home.docker({"auths": {with_tokens.host: {"auth": wrong}}}))
    assert observation.outcome is ProbeOutcome.UNKNOWN
    assert observation.reason.text == f"its token service: {WANTED}"
    assert PASSWORD not in repr(observation)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"token": 5}', b'{"token": "a\\r\\nb"}', b'{"access_token": ""}']
)
def test_a_token_service_that_gives_no_token_is_a_reason(body: bytes, home: Home) -> None:
    with MisbehavingOrigin(status(200, {}, body)) as tokens:
        challenge = {"WWW-Authenticate": f'Bearer realm="{tokens.url}token",service="s"'}
        with MisbehavingOrigin(status(401, challenge)) as origin:
            reference = parse(f"docker-image://127.0.0.1:{origin.port}/some/app:1")
            observation = probe([reference], {}, Limits(), keyring=home.keyring())[reference]
        asked = [request.path for request in tokens.requests()]
    assert observation.reason.text == "its token service: no token"
    assert asked == ["/token?service=s&scope=repository%3Asome%2Fapp%3Apull"]


@pytest.mark.parametrize(
    "realm", ["http://tokens.example/", "https://user@h/", "ftp://127.0.0.1/", "http://[", "", "/token"]
)
def test_a_token_service_without_tls_is_not_asked(realm: str, home: Home) -> None:
    challenge = {"WWW-Authenticate": f'Bearer realm="{realm}",service="s"'}
    with MisbehavingOrigin(status(401, challenge)) as origin:
        keyring = home.docker({"auths": {f"127.0.0.1:{origin.port}": {"auth": AUTH}}})
        reference = parse(f"docker-image://127.0.0.1:{origin.port}/some/app:1")
        observation = probe([reference], {}, Limits(), keyring=keyring)[reference]
        assert [request.headers.get("authorization") for request in origin.requests()] == [None]
    assert observation.outcome is ProbeOutcome.UNKNOWN
    assert observation.reason.code == "registry-token-insecure"


def test_a_challenge_of_whom_a_registry_redirects_to_is_met_by_nobody(home: Home) -> None:
    with MisbehavingOrigin(status(200, {}, b"{}")) as tokens:
        challenge = {"WWW-Authenticate": f'Bearer realm="{tokens.url}token",service="s"'}
        with (
            MisbehavingOrigin(status(401, challenge)) as other,
            MisbehavingOrigin(redirect(other.url)) as origin,
        ):
            keyring = home.docker({"auths": {f"127.0.0.1:{origin.port}": {"auth": AUTH}}})
            reference = parse(f"docker-image://127.0.0.1:{origin.port}/some/app:1")
            observation = probe([reference], {}, Limits(), keyring=keyring)[reference]
            assert len(other.requests()) == 1
        assert tokens.requests() == []
    assert observation.reason.text == f"{WANTED}; {NO_SUCH}"


def test_a_registry_without_tls_is_shown_no_credential(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reached through a proxy, for it is not on loopback."""
    home.docker({"auths": {"registry.example": {"auth": AUTH}}})
    keyring = home.keyring(hosts={"registry.example": HostSettings(insecure=True)})
    reference = parse("docker-image://registry.example/some/app:1")
    with MisbehavingOrigin("401") as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        observation = probe([reference], {}, Limits(), keyring=keyring)[reference]
        seen = [(request.path, request.headers.get("authorization")) for request in proxy.requests()]
    assert seen == [("http://registry.example/v2/some/app/manifests/1", None)]
    assert observation.reason.text == f"{WANTED}; {NO_SUCH}; no credential is sent without TLS"


def test_playback_docker_hubs_password_goes_to_its_token_service_alone(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require("nginx")
    made = self_signed(tmp_path, "registry-1.docker.io", "auth.docker.io")
    realm = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"'
    challenge = f"add_header WWW-Authenticate {quoted(realm)} always;"
    manifest = playback(
        "/v2/library/alpine/manifests/latest", {"Docker-Content-Digest": f"sha256:{'ab' * 32}"}
    )
    doors = f'{challenge} if ($http_authorization != "Bearer a-token") {{ return 401; }}\n'
    tokens = playback("/token", {"Content-Type": "application/json"}, body='{"token": "a-token"}')
    keyring = home.docker({"auths": {"https://index.docker.io/v1/": {"auth": AUTH}}})
    with Nginx(server=doors + manifest, tls=made) as hub, Nginx(server=tokens, tls=made) as service:
        hosts = {"registry-1.docker.io": hub.port, "auth.docker.io": service.port}
        monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
        with Elsewhere(hosts) as world:
            monkeypatch.setenv("HTTPS_PROXY", world.proxy)
            reference = parse("docker-image://alpine")
            observation = probe([reference], {}, Limits(), keyring=keyring)[reference]
        assert [r.headers["authorization"] for r in hub.requests()] == ["", "Bearer a-token"]
        (asked,) = service.requests()
    assert observation.outcome is ProbeOutcome.SEEN
    assert asked.headers["authorization"] == BASIC
    assert asked.path == "/token?service=registry.docker.io&scope=repository%3Alibrary%2Falpine%3Apull"


# --- helpers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", ["credsStore", "credHelpers"])
def test_a_helper_is_asked_once_for_all_with_the_host_on_standard_input(
    setting: str, guarded: Registry, home: Home
) -> None:
    home.helper("vault", json.dumps({"ServerURL": "", "Username": USER, "Secret": PASSWORD}))
    keyring = home.docker({setting: "vault" if setting == "credsStore" else {guarded.host: "vault"}})
    guarded.push("some/app", "2", "second")
    references = [parse(f"docker-image://{guarded.host}/some/app:{tag}") for tag in (1, 2)]
    seen = probe(references, {}, Limits(), keyring=keyring, platforms=PLATFORMS)
    assert {observation.outcome for observation in seen.values()} == {ProbeOutcome.SEEN}
    assert home.helped() == [(["get"], guarded.host)]
    assert PASSWORD not in repr(seen)


def test_a_helper_may_give_an_identity_token(with_tokens: Registry, home: Home) -> None:
    home.helper("vault", json.dumps({"Username": "<token>", "Secret": IDENTITY_TOKEN}))
    assert ask(with_tokens, home.docker({"credsStore": "vault"})).outcome is ProbeOutcome.SEEN
    assert granted(with_tokens) == [("POST", 200, None)]


@pytest.mark.parametrize(("answer", "code"), [("a fault", 1), ("{}", 0), ("[" * 20_000, 0), ("", 0)])
def test_a_helper_that_fails_is_told_where_the_registry_then_refuses(
    answer: str, code: int, guarded: Registry, home: Home
) -> None:
    home.helper("vault", answer, code=code)
    observation = ask(guarded, home.docker({"credsStore": "vault"}))
    assert observation.reason.text == f"{WANTED}; {NO_SUCH}; docker-credential-vault failed"


def test_a_helper_that_is_not_installed_is_told_and_one_that_knows_nothing_is_not(
    guarded: Registry, home: Home
) -> None:
    observation = ask(guarded, home.docker({"credsStore": "not-installed"}))
    assert observation.reason.text.endswith("; docker-credential-not-installed failed")
    home.helper("vault", "credentials not found in native keychain", code=1)
    observation = ask(guarded, home.docker({"credsStore": "vault"}))
    assert observation.reason.text == f"{WANTED}; {NO_SUCH}"


def test_where_a_helper_has_nothing_a_file_that_has_something_counts(guarded: Registry, home: Home) -> None:
    home.helper("vault", "credentials not found in native keychain", code=1)
    home.write(".config/containers/auth.json", {"auths": {guarded.host: {"auth": AUTH}}})
    assert ask(guarded, home.docker({"credsStore": "vault"})).outcome is ProbeOutcome.SEEN


# --- as a user does -------------------------------------------------------------------------------


def test_no_secret_reaches_a_report_or_the_state(
    with_tokens: Registry, home: Home, tmp_path: Path, project: Path
) -> None:
    home.helper("vault", json.dumps({"Username": USER, "Secret": PASSWORD}))
    home.docker({"credsStore": "vault"})
    text = f"FROM scratch\n# freshlayer: watch docker-image://{with_tokens.host}/some/app:1\nRUN ./copy\n"
    (project / "Dockerfile").write_text(text)
    state = tmp_path / "state.sqlite3"
    freshlayer = Freshlayer({**os.environ, "HOME": str(home.directory)}, state, project)
    told = freshlayer("check", "--json", ".")
    assert [item["verdict"] for item in told.document["inputs"]] == ["first-seen"]
    proved = freshlayer("probe", "--json", f"docker-image://{with_tokens.host}/some/app:1")
    assert proved.document["references"][0]["verdict"] == "unchanged"
    written = b"".join(file.read_bytes() for file in tmp_path.glob("state.sqlite3*"))
    everything = (told.out + told.err + proved.out + proved.err).encode() + written
    assert b"manifest" in everything
    bearer = next(text for text in shown(with_tokens) if text).removeprefix("Bearer ")
    for secret in (PASSWORD, AUTH, bearer):
        assert secret.encode() not in everything
    assert all(argv == ["get"] for argv, _ in home.helped())
