"""Dockerfiles → remote inputs and what is not watched."""

from __future__ import annotations

import pytest

from freshlayer.discover.discovery import Conditions, Discovery
from freshlayer.discover.instructions import discover
from freshlayer.dockerfile.parse import parse
from freshlayer.dockerfile.scope import environments
from freshlayer.model.reasons import Reason

U, W = "https://example.org/a", "https://example.org/b"
BASE = "docker-image://docker.io/library/a:latest"


def found(text: str, build_args: dict[str, str] | None = None, platform: str = "linux/amd64") -> Discovery:
    dockerfile = parse(text)
    seen = environments(dockerfile, build_args or {}, platform)
    return discover(dockerfile, dockerfile.stages, seen, Conditions(platform))


def urls(text: str, build_args: dict[str, str] | None = None) -> list[str]:
    """What the instructions read, but for the base image ``a``."""
    return [item.reference.text for item in found(text, build_args).inputs if item.reference.text != BASE]


def missed(text: str) -> list[tuple[int, str, str, str]]:
    """What is not watched, but for the base images."""
    return [
        (item.line, item.instruction, item.text, str(item.reason))
        for item in found(text).not_watched
        if item.instruction != "FROM"
    ]


FORMS = [
    ("shell form", f"RUN curl -o f {U}"),
    ("exec form", f'RUN ["curl", "-o", "f", "{U}"]'),
    ("exec form of a shell", f'RUN ["sh", "-c", "curl -o f {U}"]'),
    ("exec form of bash with options", f'RUN ["/bin/bash", "-o", "pipefail", "-ec", "curl {U} | tar x"]'),
    ("exec form of a path", f'RUN ["/usr/bin/wget", "{U}"]'),
    ("continued", f"RUN apk_x && \\\n# note\n  curl \\\n  -o f \\\n  {U}"),
    ("flags", f"RUN --mount=type=cache,target=/c --network=host curl {U}"),
    ("heredoc", f"RUN <<EOF\nset -e\ncurl -o f {U}\nEOF"),
    ("heredoc that strips tabs", f"RUN <<-EOF\n\tset -e\n\tcurl -o f {U}\n\tEOF"),
    ("heredoc, quoted", f"RUN <<'EOF'\ncurl -o f {U}\nEOF"),
    ("heredoc, double quotes", f'RUN <<"EOF"\ncurl -o f {U}\nEOF'),
    ("heredoc of sh", f"RUN <<EOF\n#!/bin/sh\ncurl -o f {U}\nEOF"),
    ("heredoc of bash by env", f"RUN <<EOF\n#!/usr/bin/env bash\ncurl -o f {U}\nEOF"),
    ("heredoc for a shell", f"RUN <<EOF bash\ncurl -o f {U}\nEOF"),
    ("a shell with a heredoc", f"RUN bash -e <<EOF\ncurl -o f {U}\nEOF"),
    ("heredoc beside a command", f"RUN cat <<EOF > f && curl -o g {U}\nx\nEOF"),
    ("crlf", f"RUN curl -o f \\\r\n  {U}\r"),
    ("SHELL bash", f'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN curl {U}'),
    ("ADD", f"ADD {U} /f"),
    ("ADD with flags", f"ADD --chown=1 --chmod=644 {U} /f"),
    ("ADD in exec form", f'ADD ["{U}", "/f"]'),
    ("ADD of several", f"ADD x {U} y /d/"),
    ("ADD by ARG", f"ARG A={U}\nADD $A /f"),
    ("literal ENV", f"ENV A={U}\nRUN curl $A"),
    ("ENV in pieces", "ENV H=example.org P=a\nRUN curl https://${H}/$P"),
    ("ARG with a default", "ARG P=a\nRUN curl https://example.org/$P"),
    ("the word's own default", 'ARG P\nRUN curl "https://example.org/${P:-a}"'),
    ("an operator of a known value", "ENV P=xxa\nRUN curl https://example.org/${P#xx}"),
    ("an operator of a known value, from behind", "ENV P=a-1\nRUN curl https://example.org/${P%-*}"),
    ("in quotes", 'ENV P=a\nRUN curl "https://example.org/${P}"'),
    ("a path to the tool", f"ENV A={U}\nRUN /usr/bin/curl $A"),
    ("powershell", f'SHELL ["powershell", "-Command"]\nRUN iwr {U} -OutFile f'),
    ("powershell, quoted", f'SHELL ["pwsh", "-Command"]\nRUN Invoke-WebRequest -Uri "{U}" -OutFile f'),
    ("a client of .NET", f"SHELL [\"pwsh\"]\nRUN (New-Object Net.WebClient).DownloadFile('{U}', 'f')"),
    ("cmd", f'SHELL ["cmd", "/S", "/C"]\nRUN curl {U}'),
]


@pytest.mark.parametrize("text", [row[1] for row in FORMS], ids=[row[0] for row in FORMS])
def test_a_url_is_found_in_every_form(text: str) -> None:
    assert urls(f"FROM a\n{text}\n") == [U]
    assert missed(f"FROM a\n{text}\n") == []


def test_a_variable_in_an_exec_form_without_a_shell_is_no_variable() -> None:
    assert U not in urls('FROM a\nENV P=a\nRUN ["curl", "https://example.org/$P"]\n')


@pytest.mark.parametrize(
    ("text", "build_args", "wanted"),
    [
        ("ARG P=x\nFROM a\nARG P\nRUN curl https://example.org/$P", {}, "x"),
        ("ARG P=x\nFROM a\nARG P\nRUN curl https://example.org/$P", {"P": "y"}, "y"),
        ("FROM a\nARG P\nRUN curl https://example.org/$P", {"P": "y"}, "y"),
        ("FROM a\nARG P=x\nENV P=e\nRUN curl https://example.org/$P", {"P": "y"}, "e"),
        ("FROM a AS s\nENV P=x\nFROM s\nRUN curl https://example.org/$P", {}, "x"),
        ("FROM a\nARG TARGETARCH\nRUN curl https://example.org/$TARGETARCH", {}, "amd64"),
    ],
)
def test_the_scope_of_the_file_is_the_scope_of_the_script(
    text: str, build_args: dict[str, str], wanted: str
) -> None:
    assert urls(text, build_args) == [f"https://example.org/{wanted}"]


NOTHING = [
    ("ENV", f"ENV A={U}"),
    ("LABEL", f'LABEL url="{U}"'),
    ("CMD", f"CMD curl {U}"),
    ("ENTRYPOINT", f'ENTRYPOINT ["curl", "{U}"]'),
    ("HEALTHCHECK", f"HEALTHCHECK CMD curl -f {U}"),
    ("a comment", f"RUN x \\\n# curl {U}\n  y"),
    ("a local ADD", "ADD a b /c/"),
    ("a COPY", "COPY a /b"),
    ("a heredoc that is written", f"RUN cat <<EOF > f\ncurl {U}\nEOF"),
    ("a heredoc that is copied", f"COPY <<EOF /f\ncurl {U}\nEOF"),
    ("a heredoc that is added", f"ADD <<EOF /f\ncurl {U}\nEOF"),
    ("a stage as source", "COPY --from=0 /a /b"),
    ("powershell without URL", 'SHELL ["powershell", "-Command"]\nRUN Get-ChildItem'),
]


@pytest.mark.parametrize("text", [row[1] for row in NOTHING], ids=[row[0] for row in NOTHING])
def test_what_is_not_read_while_building_is_no_input(text: str) -> None:
    assert urls(f"FROM a\n{text}\n") == []
    assert missed(f"FROM a\n{text}\n") == []


NOT_WATCHED = [
    (
        "an unknown ARG",
        "ARG P\nRUN curl https://example.org/$P",
        "RUN",
        "https://example.org/${P}",
        "P: needs a build argument",
    ),
    (
        "the base image's ENV",
        "RUN curl https://example.org/$P",
        "RUN",
        "https://example.org/${P}",
        "base image",
    ),
    ("a pinned ADD", f"ADD --checksum=sha256:{'0' * 64} {U} /f", "ADD", U, "its checksum is pinned"),
    (
        "an ADD of an unknown",
        "ARG P\nADD https://example.org/$P /f",
        "ADD",
        "https://example.org/$P",
        "P: needs a build argument",
    ),
    ("a trigger", f"ONBUILD RUN curl {U}", "ONBUILD", "ONBUILD https://", "another image"),
    (
        "a variable of powershell",
        'SHELL ["powershell", "-Command"]\nRUN iwr https://example.org/$v -OutFile f',
        "RUN",
        "https://example.org/$v",
        "$v: is not set",
    ),
    ("another shell", f'SHELL ["/usr/bin/fish", "-c"]\nRUN curl {U}', "RUN", U, "its shell is /usr/bin/fish"),
    (
        "a script for python",
        f"RUN <<EOF\n#!/usr/bin/env python3\nurlopen('{U}')\nEOF",
        "RUN",
        U,
        "interpreter",
    ),
    ("a heredoc for python", f"RUN python3 <<EOF\nurllib.x('{U}')\nEOF", "RUN", U, ""),
    ("a scheme without a probe", "RUN curl sftp://example.org/a", "RUN", "sftp://example.org/a", "'sftp'"),
    ("a URL that is none", "RUN curl https://exa$$mple/", "RUN", "https://exa$$mple/", ""),
    ("another protocol", f"RUN svn checkout {U}", "RUN", f"svn checkout {U}", "svn"),
]


@pytest.mark.parametrize(
    ("text", "instruction", "what", "reason"),
    [row[1:] for row in NOT_WATCHED],
    ids=[row[0] for row in NOT_WATCHED],
)
def test_what_is_not_watched_is_listed(text: str, instruction: str, what: str, reason: str) -> None:
    dockerfile = f"FROM a\n{text}\n"
    line = next(n for n, written in enumerate(dockerfile.split("\n"), 1) if written.startswith(instruction))
    assert urls(dockerfile) == []
    (item,) = missed(dockerfile)
    assert item[:2] == (line, instruction)
    assert what in item[2]
    assert reason in item[3]
    assert item[3]


def test_the_shell_of_a_stage_goes_on_in_the_stage_that_continues_it() -> None:
    text = f'FROM a AS s\nSHELL ["fish", "-c"]\nFROM s\nRUN curl {U} -o f\n'
    assert urls(text) == []
    assert "its shell is fish" in missed(text)[0][3]


def test_the_shell_of_a_stage_is_not_that_of_another_one() -> None:
    assert urls(f'FROM a\nSHELL ["fish", "-c"]\nFROM a\nRUN curl {U}\n') == [U]


IMAGES = [
    ("FROM a:1", ["docker.io/library/a:1"]),
    ("FROM example.org/a/b", ["example.org/a/b:latest"]),
    (f"FROM a@sha256:{'0' * 64}", [f"docker.io/library/a@sha256:{'0' * 64}"]),
    ("FROM --platform=linux/arm64 a", ["docker.io/library/a:latest"]),
    ("FROM scratch", []),
    ("FROM a AS s\nFROM s", ["docker.io/library/a:latest"]),
    ("FROM a AS s\nFROM S", ["docker.io/library/a:latest"]),
    ("ARG B=a:2\nFROM $B", ["docker.io/library/a:2"]),
    ("ARG B=2\nFROM a:${B}-x", ["docker.io/library/a:2-x"]),
    ("FROM scratch\nCOPY --from=busybox:1 /a /b", ["docker.io/library/busybox:1"]),
    ("FROM scratch AS s\nFROM scratch\nCOPY --from=s /a /b", []),
    ("FROM scratch\nRUN --mount=type=bind,from=b,target=/m x", ["docker.io/library/b:latest"]),
]


@pytest.mark.parametrize(("text", "wanted"), IMAGES, ids=[row[0] for row in IMAGES])
def test_images_are_found_wherever_one_is_named(text: str, wanted: list[str]) -> None:
    discovery = found(text + "\n")
    assert [item.reference.text for item in discovery.inputs] == [f"docker-image://{name}" for name in wanted]
    assert discovery.not_watched == ()


def test_a_base_image_that_is_not_known_is_listed() -> None:
    (item,) = found("ARG B\nFROM $B\n").not_watched
    assert (item.text, item.reason) == ("$B", Reason("needs-build-arg", "B"))


REPOSITORIES = [
    ("ADD https://example.org/r.git#v1 /r", "git+https://example.org/r.git#v1"),
    ("ADD https://example.org/r.git /r", "git+https://example.org/r.git"),
    ("ADD https://example.org/r.git#v1:sub /r", "git+https://example.org/r.git#v1"),
    ("ADD git@example.org:r.git /r", "git+ssh://git@example.org/r.git"),
    ("RUN git clone https://example.org/r", "git+https://example.org/r"),
    ("RUN git clone -b v1 https://example.org/r", "git+https://example.org/r#v1"),
    ("RUN git clone --branch=v1 --depth 1 https://example.org/r d", "git+https://example.org/r#v1"),
    ("RUN git clone https://example.org/r d && cd d && git checkout v2", "git+https://example.org/r#v2"),
    ("RUN git clone https://example.org/r d && git -C d reset --hard abc", "git+https://example.org/r#abc"),
    ("RUN git clone https://example.org/r && git checkout -b x origin/dev", "git+https://example.org/r#dev"),
    ("ENV V=3\nRUN git clone -b v$V https://example.org/r", "git+https://example.org/r#v3"),
    ("RUN git fetch https://example.org/r refs/heads/x:y", "git+https://example.org/r#refs/heads/x"),
    ("RUN git remote add o https://example.org/r && git fetch o v1", "git+https://example.org/r#v1"),
    ("RUN git ls-remote https://example.org/r", "git+https://example.org/r"),
    ("RUN git ls-remote https://example.org/r HEAD", "git+https://example.org/r"),
    ("RUN git fetch https://example.org/r HEAD", "git+https://example.org/r"),
    ("RUN git fetch https://example.org/r +HEAD:refs/heads/x", "git+https://example.org/r"),
    ("RUN git clone https://example.org/r && git reset --hard origin/HEAD", "git+https://example.org/r"),
    (
        "RUN git clone -b dev https://example.org/r && git reset --hard HEAD~1",
        "git+https://example.org/r#dev",
    ),
    ("RUN git clone https://example.org/r && git checkout v1.2^{commit}", "git+https://example.org/r#v1.2"),
    ("RUN git clone https://example.org/r && git checkout dev~3", "git+https://example.org/r#dev"),
    ("RUN git submodule add https://example.org/r", "git+https://example.org/r"),
    ("RUN pip install git+https://example.org/r@v1#egg=r", "git+https://example.org/r#v1"),
    ("RUN pip install 'r @ git+https://example.org/r@v1'", "git+https://example.org/r#v1"),
    ("RUN npm install git+https://example.org/r.git#v1", "git+https://example.org/r.git#v1"),
    ("RUN npm install github:o/r#v1", "git+https://github.com/o/r.git#v1"),
    ("RUN cargo install --git https://example.org/r", "git+https://example.org/r"),
]


@pytest.mark.parametrize(("text", "wanted"), REPOSITORIES, ids=[row[0] for row in REPOSITORIES])
def test_a_repository_is_found_with_the_ref_that_is_used(text: str, wanted: str) -> None:
    assert urls(f"FROM a\n{text}\n") == [wanted]


def test_a_url_that_two_instructions_read_is_one_input_with_two_places() -> None:
    text = f"FROM scratch AS one\nRUN curl -L {U}\nFROM scratch\nADD {U} /f\nRUN wget {W} {U}\n"
    (item,) = found(text).inputs[:1]
    assert item.reference.text == U
    assert [(p.line, p.instruction, p.stage, p.via) for p in item.places] == [
        (2, "RUN", "one", "curl"),
        (4, "ADD", "1", "ADD"),
        (5, "RUN", "1", "wget"),
    ]


def test_a_url_that_one_instruction_reads_twice_has_one_place() -> None:
    discovery = found(f"FROM scratch\nRUN curl {U} || wget {U}\n")
    assert [len(item.places) for item in discovery.inputs] == [1]
    assert [
        [r.text for r in references] for references in discovery.by_instruction.values() if references
    ] == [[U]]


def test_a_url_that_is_read_with_and_without_its_redirects_is_two_inputs() -> None:
    discovery = found(
        f"FROM scratch\nRUN curl {U}\nRUN curl -L {U}\nRUN wget {W}\nRUN wget --max-redirect=0 {W}\n"
    )
    assert [(i.reference.text, i.reference.form.follow) for i in discovery.inputs] == [
        (f"{U}#redirects:no", False),
        (U, True),
        (W, True),
        (f"{W}#redirects:no", False),
    ]
    alone = found(f"FROM scratch\nRUN curl {U}\nRUN curl -o f {U}\n")
    assert [(i.reference.text, i.reference.form.follow, len(i.places)) for i in alone.inputs] == [
        (U, False, 2)
    ]


def test_an_instruction_reads_its_urls_in_order() -> None:
    discovery = found(f"FROM a\nRUN x\nRUN curl {W} {U}\n")
    assert [r.text for r in discovery.by_instruction[2]] == [W, U]


def test_only_the_stages_at_hand_are_read() -> None:
    dockerfile = parse(f"FROM a AS one\nRUN curl {U}\nFROM scratch\nRUN curl {W}\n")
    seen = environments(dockerfile, {}, "linux/amd64")
    discovery = discover(dockerfile, dockerfile.stages[1:], seen, Conditions("linux/amd64"))
    assert [item.reference.text for item in discovery.inputs] == [W]


SECRETS = [
    "RUN curl https://user:s3cr3t@example.org/a",
    "RUN curl -u user:s3cr3t https://example.org/a",
    "RUN curl 'https://example.org/a?token=s3cr3t&x=1'",
    "RUN curl 'https://example.org/{a,b}?token=s3cr3t'",
    "RUN curl https://user:s3cr3t@example.org/$(x)",
    "RUN wget https://s3cr3t@example.org/a?X-Amz-Signature=s3cr3t",
    "RUN git clone https://user:s3cr3t@example.org/r",
    "RUN git clone https://oauth2:$TOKEN@example.org/r",
    "RUN V=$(curl -u user:s3cr3t https://example.org/v); curl https://example.org/$V",
    "RUN V=$(curl -uuser:s3cr3t https://example.org/v); curl https://example.org/$V",
    'RUN V=$(curl -H "Authorization: Bearer $TOKEN" https://example.org/v | jq .x); curl $V',
    'RUN V=$(curl "https://example.org/v?token=$TOKEN"); curl https://example.org/$V',
    "RUN V=$(vault --token=$TOKEN x); curl https://example.org/$V",
    "RUN V=$(vault --token $TOKEN x); curl https://example.org/$V",
    "RUN V=$(NPM_TOKEN=$TOKEN get x); curl https://example.org/$V",
    'RUN eval "$(get --password $TOKEN)"; curl https://example.org/$V',
    "RUN curl https://$TOKEN@example.org/$(x)",
    "RUN rsync --password-file=$TOKEN https://user:$TOKEN@example.org/x .",
    "RUN wget --header 'X-Token: s3cr3t' https://example.org/$(x)",
    "RUN npm config set //example.org/:_authToken=$TOKEN && npm ci",
    "RUN pip install --index-url https://user:$TOKEN@example.org/simple x",
    "RUN NPM_TOKEN=s3cr3t; curl https://example.org/a ) (",
    "RUN --token=s3cr3t curl -o f $X ) (",
    "RUN pip install --extra-index-url https://__token__:s3cr3t@example.org/simple x",
    "RUN pip install 'x @ https://example.org/x?token=s3cr3t'",
    "RUN rpm -U https://user:s3cr3t@example.org/a.rpm",
    "RUN aws configure set aws_secret_access_key s3cr3t",
    "RUN npm install --token=$TOKEN x",
    "RUN npm install --token $TOKEN x",
    "RUN curl ftp://user:s3cr3t@example.org/a",
    "RUN python3 -c \"get('https://user:s3cr3t@example.org/a')\"",
    "RUN curl https://user:s3cr3t@example.org/a ) (",
    "ADD https://user:s3cr3t@example.org/a /f",
    "ADD --checksum=sha256:0 https://user:s3cr3t@example.org/a?sig=s3cr3t /f",
    "ADD https://user:s3cr3t@example.org/r.git /r",
    "ONBUILD RUN curl https://user:s3cr3t@example.org/a",
    'SHELL ["powershell"]\nRUN iwr https://user:s3cr3t@example.org/a',
    'SHELL ["powershell"]\nRUN $token = "s3cr3t"; iwr https://example.org/a -Headers $token',
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_secret_is_told(text: str) -> None:
    """Design rule 6. (``Reference.address`` may hold one; it is never shown.)"""
    discovery = found(f"FROM a\nARG TOKEN\n{text}\n", {"TOKEN": "s3cr3t"})
    assert "s3cr3t" not in repr(discovery)
    assert discovery.inputs or len(discovery.not_watched) > 1


@pytest.mark.parametrize(
    ("first", "second", "requested"),
    [
        (f"{U}?token=one", f"{U}?token=two", f"{U}?token=one"),
        (U, f"{U}?pat=two", f"{U}?pat=two"),
        (f"{U}?b=1&pw=one", f"{U}?pw=two&b=1", f"{U}?b=1&pw=one"),
        ("https://u:one@example.org/a", U, "https://u:one@example.org/a"),
        (f"{U};key=one", f"{U};key=two", f"{U};key=one"),
    ],
)
def test_urls_that_differ_in_a_secret_alone_are_one_input_asked_with_the_first(
    first: str, second: str, requested: str
) -> None:
    discovery = found(f"FROM a\nRUN curl '{first}'\nRUN curl '{second}'\n")
    item = next(item for item in discovery.inputs if item.reference.kind == "http")
    assert (item.reference.address, [place.line for place in item.places]) == (requested, [2, 3])
    assert {known.address for read in discovery.by_instruction.values() for known in read} - {BASE} == {
        requested
    }
    assert [item.instruction for item in discovery.not_watched] == []


def test_urls_that_differ_in_what_only_looks_like_a_secret_are_reported_too() -> None:
    """Where the guess is wrong, two files would be taken for one."""
    one, other = "x7K9mQ2pL4vN8rT1wZ5y", "a7K9mQ2pL4vN8rT1wZ5b"
    discovery = found(f"FROM a\nRUN curl {U}?x={one}\nRUN curl {U}?x={other}\n")
    assert [item.reference.text for item in discovery.inputs] == [BASE, U]
    assert [(item.line, item.text) for item in discovery.not_watched] == [(3, U)]
    assert discovery.not_watched[0].reason.code == "secret-decides"


def test_what_is_listed_is_printable_and_short() -> None:
    text = (
        "FROM a\nRUN curl https://example.org/\x1b[31m$(x)\nRUN rpm -U https://example.org/"
        + "x" * 5000
        + "\n"
    )
    for item in found(text).not_watched:
        assert item.text.isprintable()
        assert str(item.reason).isprintable()
        assert len(item.text) <= 120


ORDERS = [
    "<<EOF bash -ex\n{}\nEOF",
    "<<EOF bash\n{}\nEOF",
    "<<-EOF bash -ex\n\t{}\n\tEOF",
    "<<'EOF' bash -ex\n{}\nEOF",
    "bash -ex <<EOF\n{}\nEOF",
    "bash <<EOF -ex\n{}\nEOF",
    "<<EOF bash -ex && true\n{}\nEOF",
    "<<EOF\n{}\nEOF",
    "<<-EOF\n\t{}\n\tEOF",
    "<<EOF\n#!/usr/bin/env bash\n{}\nEOF",
    "cat <<EOF | bash -ex\n{}\nEOF",
    "<<EOF cat | bash -ex\n{}\nEOF",
    "--network=default <<EOF bash -s x\n{}\nEOF",
    "sh -s x <<EOF\n{}\nEOF",
]


@pytest.mark.parametrize("order", ORDERS)
def test_a_here_document_is_read_in_every_order_of_words(order: str) -> None:
    found = urls(f"FROM a\nRUN {order.format(f'curl {U}')}\n")
    assert found == [U]
