"""Texts of commands: the value of a secret is in no message, whatever way a command takes it."""

from __future__ import annotations

import time

import pytest

from freshlayer.discover import Conditions, discover
from freshlayer.dockerfile import environments, parse
from freshlayer.errors import DockerfileError
from freshlayer.masking import masked_script, masked_words, public_text, takes_secret

S = "Pl4nted-s3cr3t"
GITHUB = "ghp_" + "aB3dE6gH9j" * 3 + "123456"
COMMANDS = {
    "a cookie": f"curl -b 'sid={S}'",
    "a cookie, long": f"curl --cookie {S}",
    "a cookie behind its letter": f"curl -b{S}",
    "a Cookie header": f"curl -H 'Cookie: a={S}'",
    "any header": f"curl -H 'X-Foo: {S}'",
    "a header, long": f"curl --header=X-Foo:{S}",
    "data": f"curl -d 'a={S}'",
    "data behind its letter": f"curl -da={S}",
    "data, long": f"curl --data-urlencode p={S}",
    "raw data": f"curl --data-raw '{{\"a\":\"{S}\"}}'",
    "json": f"curl --json '{{\"a\":\"{S}\"}}'",
    "a form": f"curl -F 'a={S}'",
    "post data": f"wget --post-data='a={S}' -O-",
    "body data": f"wget --body-data 'a={S}'",
    "wget's header": f"wget --header 'X-Foo: {S}'",
    "wget's password": f"wget --http-password={S}",
    "a user with a password": f"curl -u user:{S}",
    "a user behind its letter": f"curl -uuser:{S}",
    "a proxy's user": f"curl -U user:{S}",
    "a proxy with userinfo": f"curl -x http://u:{S}@p:3128",
    "a proxy without a scheme": f"curl -x u:{S}@p.example:3128",
    "a client certificate's password": f"curl -E cert.pem:{S}",
    "oauth2": f"curl --oauth2-bearer {S}",
    "--pw": f"fetch --pw {S}",
    "--pw=": f"fetch --pw={S}",
    "-pX": f"fetch -p{S}",
    "-field=X": f"vault kv get -field={S} secret/x",
    "-name=X": f"fetch -anything={S}",
    "--password": f"fetch --password {S}",
    "--pass": f"fetch --pass {S}",
    "--api-key": f"fetch --api-key={S}",
    "--apikey": f"fetch --apikey {S}",
    "--key": f"fetch --key {S}",
    "--pat": f"fetch --pat {S}",
    "--sas": f"fetch --sas {S}",
    "--code": f"fetch --code {S}",
    "--creds": f"skopeo inspect --creds u:{S} docker://x",
    "-Dtoken=X": f"mvn -Dtoken={S} -q x",
    "-Pname=X": f"gradle -PrepoPassword={S} x",
    "mysql -p": f"mysql -p{S} -e 'select 1'",
    "mysqldump -p": f"mysqldump -u root -p{S} db",
    "sshpass -p": f"sshpass -p {S} ssh h cat v",
    "sshpass -pX": f"sshpass -p{S} ssh h cat v",
    "docker login": f"docker login -u u -p {S} r.example",
    "podman login": f"podman login --username u --password={S} r.example",
    "az login": f"az login --service-principal -u u -p {S}",
    "redis": f"redis-cli -a {S} get v",
    "unzip -P": f"unzip -P {S} -p f.zip",
    "7z": f"7z x -p{S} f.7z -so",
    "ldap": f"ldapsearch -w {S} -x",
    "lftp": f"lftp -u user,{S} -e ls h",
    "openssl": f"openssl enc -d -passin pass:{S}",
    "openssl -k": f"openssl enc -d -k {S}",
    "gpg": f"gpg --passphrase {S} -d f",
    "keytool": f"keytool -storepass {S} -list",
    "httpie": f"http -a u:{S} GET x",
    "httpie's field": f"http POST x password={S}",
    "httpie's header": f"http GET x X-Api-Key:{S}",
    "an assignment before": f"NPM_TOKEN={S} fetch v",
    "an assignment of env": f"env PGPASSWORD={S} psql -c x",
    "an assignment of export": f"sh -c 'export MYSQL_PWD={S}; mysql -e x'",
    "a shell in a shell": f"sh -c 'mysql -p{S} -e x'",
    "two shells": f"bash -c \"sh -c 'fetch --pw {S}'\"",
    "ssh's command": f"ssh h 'fetch --token {S}'",
    "npm's configuration": f"npm config set //r.example/:_authToken {S}",
    "npm's configuration with =": f"npm config set //r.example/:_authToken={S}",
    "aws's configuration": f"aws configure set aws_secret_access_key {S}",
    "git's header": f"git -c http.extraHeader='Authorization: Basic {S}' show x",
    "git's instead-of": f"git config --get url.https://u:{S}@h.example/.insteadOf",
    "JSON": f"fetch '{{\"password\": \"{S}\"}}'",
    "JSON, escaped": f'fetch "{{\\"token\\":\\"{S}\\"}}"',
    "YAML": f"fetch 'apiKey: {S}'",
    "python": f"python3 -c \"f(password='{S}')\"",
    "ruby": f"ruby -e 'f(:password => \"{S}\")'",
    "netrc": f"fetch 'machine h login u password {S}'",
    "SQL": f"psql -c \"ALTER USER u IDENTIFIED BY '{S}'\"",
    "a bearer": f"fetch 'Authorization: Bearer {S}'",
    "a bearer alone": f"fetch 'bearer {S}'",
    "a connection string": f"fetch 'Server=h;User=u;Password={S}'",
    "an Azure connection string": f"fetch 'AccountName=a;AccountKey={S}'",
    "a query": f"fetch 'https://h.example/a?b=1&pat={S}'",
    "a matrix": f"fetch 'https://h.example/a;pw={S}/b'",
    "a nested query": f"fetch 'https://h.example/?u=https%3A%2F%2Fx%2F%3Ftoken%3D{S}'",
    "a fragment": f"fetch 'https://h.example/#access_token={S}'",
    "userinfo": f"fetch https://u:{S}@h.example/a",
    "userinfo of a database": f"psql postgresql://u:{S}@h.example/db -c x",
    "userinfo of redis": f"redis-cli -u redis://:{S}@h.example:6379 get v",
    "scp with a password": f"fetch user:{S}@h.example:a/b",
    "a webhook": f"fetch https://hooks.slack.com/services/T0/B0/{S}",
    "a token of a known form": f"fetch {GITHUB}",
    "a random word": "fetch x7K9mQ2pL4vN8rT1wZ5y",
    "a random value": "fetch -o=x7K9mQ2pL4vN8rT1wZ5y",
}  # fmt: skip
SECRETS = (S, "l4nted", GITHUB, "x7K9mQ2pL4vN8rT1wZ5y")


def told(text: str) -> str:
    """Everything that is said of a Dockerfile's inputs; what is asked is said to nobody."""
    dockerfile = parse(text)
    seen = environments(dockerfile, {}, "linux/amd64")
    return repr(discover(dockerfile, dockerfile.stages, seen, Conditions("linux/amd64")))


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_script_is_shown_without_a_secret(command: str) -> None:
    for text in (
        command,
        f"set -e; {command}",
        f"x | {command}",
        f"V=$({command} | jq -r .v)",
        f"`{command}`",
    ):
        assert not any(value in masked_script(text) for value in SECRETS), masked_script(text)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_what_is_told_of_an_instruction_holds_no_secret(command: str) -> None:
    for run in (
        f"V=$({command}); curl https://h.example/$V",
        f"V=`{command}` && wget https://h.example/$V/a",
        f"curl https://h.example/$({command})",
        f"curl -fsSL https://h.example/$({command} | sed -n s/a/b/p)/x",
        f"git clone -b $({command}) https://h.example/r.git",
        f"{command} https://h.example/x",
        f"{command} $(date) && curl https://h.example/a ) (",
        f'eval "$({command})"; curl https://h.example/$W',
        f"for v in $({command}); do curl https://h.example/$v; done",
        f"curl https://h.example/${{V:-$({command})}}",
        f"curl https://h.example/$(({S}))${{V@Q$({command})}}",
    ):
        said = told(f"FROM a\nRUN {run}\n").replace(S + "))", "")
        assert not any(value in said for value in SECRETS), said


@pytest.mark.parametrize(
    "text",
    [
        "curl -s https://api.github.com/repos/a/b/releases/latest | jq -r .tag_name",
        "apt-get install -y libssl1.1 python3 --no-install-recommends",
        "apt-get install --allow-unauthenticated foo",
        "mkdir -p /a/b && cp -pr x y && find . -print0 | xargs -0 rm",
        "docker run -p8080:80 -p 8080:80 x",
        "git clone --branch v1.2 https://h/r.git",
        "grep -oP '\"tag_name\": \"\\K[^\"]+' f",
        "jq -r '.assets[] | select(.key==\"x\").browser_download_url'",
        "awk -F= '/^VERSION_ID/ {print $2}' /etc/os-release",
        "gpg --keyserver hkps://keys.openpgp.org --recv-keys 0xABC",
        "date -u +%s; sort -u f; uname -m; tar -xpf f; apk add -U curl; pip install --user flask",
        "rclone copy r:b/k /d; uv pip install flask==2.0; npm install -g npm@10.2.0",
        "https://h/a/${V}/b-$(uname -m).tar.gz",
        "sha256sum -c - < da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "cargo install --features=tls --target=x86_64-unknown-linux-gnu ripgrep",
        "go build -tags=netgo -o=/bin/a ./cmd/a",
    ],
)  # fmt: skip
def test_a_command_without_a_secret_is_shown_as_it_is_written(text: str) -> None:
    assert masked_script(text) == text


@pytest.mark.parametrize(
    ("option", "program", "takes"),
    [
        ("--token", "", True),
        ("--password", "x", True),
        ("--pw", "x", True),
        ("-u", "curl", True),
        ("-u", "sort", False),
        ("-p", "mysql", True),
        ("-p", "mkdir", False),
        ("-b", "curl", True),
        ("--cookie", "curl", True),
        ("--allow-unauthenticated", "apt-get", False),
        ("--no-auth", "x", False),
        ("--password-stdin", "docker", False),
        ("--user", "pip", False),
        ("--user", "curl", True),
        ("--keyserver", "gpg", False),
        ("token", "x", False),
        ("--token=x", "x", False),
    ],
)
def test_an_option_takes_a_secret_or_not(option: str, program: str, takes: bool) -> None:  # noqa: FBT001
    assert takes_secret(option, program) is takes


def test_words_are_masked_one_for_one() -> None:
    words = ["curl", "-u", "a:b", "--pw", "c", "-o", "f"]
    assert masked_words(words) == ["curl", "-u", "…", "--pw", "…", "-o", "f"]


@pytest.mark.parametrize(
    "text",
    [
        f"FROM a\nRUN x && \\\n\nPASSWORD={S} fetch\n",
        f"FROM a\nENV A=1 TOKEN={S} https://u:{S}@h/a\n",
        f"FROM a\nTOKEN={S}\n",
    ],
)
def test_an_error_in_a_dockerfile_holds_no_secret(text: str) -> None:
    try:
        said = told(text)
    except DockerfileError as error:
        said = str(error)
    assert S.lower() not in said.lower()


@pytest.mark.parametrize(
    "text", ["aA1-" * 100_000, "a=" * 100_000, "$(" * 100_000, '"' * 99_999, "://@:" * 50_000, ":_" * 100_000]
)
def test_a_long_text_takes_no_time(text: str) -> None:
    started = time.monotonic()
    masked_script(text)
    masked_words([text, text])
    public_text(text[:5000])
    assert time.monotonic() - started < 2
