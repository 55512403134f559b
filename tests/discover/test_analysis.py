"""What a build brings to a Dockerfile: target, platform, build args, network, comments."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest

from freshlayer.discover.analysis import Analysis, BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.dockerfile.platforms import normalised
from freshlayer.errors import DockerfileError
from freshlayer.model.inputs import NotWatched
from freshlayer.model.reasons import Reason
from freshlayer.reference import Reference
from freshlayer.reference import parse as parse_reference


def found(text: str, **options: object) -> list[str]:
    return [str(item.reference) for item in analysed(text, **options).discovery.inputs]


def analysed(text: str, **options: object) -> Analysis:
    platforms = options.pop("platforms", ("linux/amd64",))
    return analyse(text, BuildRequest(platforms, **options))  # type: ignore[arg-type]


def missed(text: str, **options: object) -> list[NotWatched]:
    return list(analysed(text, **options).discovery.not_watched)


STAGES = """\
FROM scratch AS one
RUN curl http://h/one
FROM scratch AS two
RUN curl http://h/two
FROM one
RUN curl http://h/three
"""


def test_only_stages_that_the_target_reaches_count() -> None:
    assert found(STAGES) == ["http://h/one", "http://h/three"]
    assert found(STAGES, target="two") == ["http://h/two"]
    assert found(STAGES, target="two", every_earlier=True) == ["http://h/one", "http://h/two"]
    assert found(STAGES, all_stages=True) == ["http://h/one", "http://h/two", "http://h/three"]


def test_build_args_and_platform_change_what_is_found() -> None:
    text = "FROM scratch\nARG V=1\nARG TARGETARCH\nRUN curl http://h/$V-$TARGETARCH-$(uname -m)\n"
    assert found(text) == ["http://h/1-amd64-x86_64"]
    assert found(text, build_args={"V": "2"}, platforms=("linux/arm64",)) == ["http://h/2-arm64-aarch64"]
    both = found(text, platforms=("linux/amd64", "linux/arm64"))
    assert both == ["http://h/1-amd64-x86_64", "http://h/1-arm64-aarch64"]


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:80", "127.1.2.3:1"])
def test_a_loopback_url_is_the_containers_own_but_on_the_hosts_network(host: str) -> None:
    text = f"FROM scratch\nRUN curl http://{host}/a\n"
    assert len(found(text)) == 1
    assert len(found(text, network="host")) == 1
    assert found(text, network="default") == []
    assert missed(text, network="default")[0].reason.code == "container-loopback"
    assert len(found(text.replace("RUN", "RUN --network=host"), network="default")) == 1
    assert len(found(f"FROM scratch\nADD http://{host}/a /\n", network="default")) == 1
    assert len(found("FROM scratch\nRUN curl http://localhost.example.org/\n", network="default")) == 1


_SPELLINGS = (
    *("0", "0.0.0.0", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7F.1", "0177.0.0.1", "017700000001"),
    *("[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"),
    *("localhost.", "LOCALHOST", "x.localhost", "a.b.localhost.", "ip6-localhost", "ip6-loopback"),
    *("localhost.localdomain", "localhost6", "\N{FULLWIDTH DIGIT ONE}27.0.0.1"),
)
_METADATA = (
    *("169.254.169.254", "169.254.170.2", "2852039166", "0xa9fea9fe", "[fd00:ec2::254]", "[fe80::1]"),
    *(
        "[fe80::1%25eth0]",
        "[::ffff:169.254.169.254]",
        "metadata.google.internal",
        "metadata.google.internal.",
    ),
    "100.100.100.200",
)
_ELSEWHERE = (
    *(
        "10.0.0.1",
        "1270.0.0.1",
        "128.0.0.1",
        "127.0.0.1.example.org",
        "localhost.example.org",
        "notlocalhost",
    ),
    *("[2001:db8::1]", "[fd12::1]", "169.253.1.1", "metadata.example.org", "0x7f000001.example.org"),
)


@pytest.mark.parametrize("host", [*_SPELLINGS, *_METADATA])
def test_no_spelling_of_loopback_or_of_a_metadata_service_is_probed_for_a_container(host: str) -> None:
    text = f"FROM scratch\nRUN curl -g http://{host}/a\n"
    assert found(text, network="default") == []
    what = "metadata-address" if host in _METADATA else "container-loopback"
    assert missed(text, network="default")[0].reason.code == what
    assert len(found(text, network="host")) == 1


@pytest.mark.parametrize("host", _ELSEWHERE)
def test_hosts_that_only_resemble_loopback_are_probed(host: str) -> None:
    assert len(found(f"FROM scratch\nRUN curl http://{host}/a\n", network="default")) == 1


@pytest.mark.parametrize(
    "command",
    [
        "wget http://{}/a",
        "aria2c http://{}:8080/a",
        "git clone http://user@{}/r.git",
        "git clone ssh://git@{}/r.git",
        "skopeo copy docker://{}:5000/o/app:1 dir:/app",
        "apt-key add http://{}/key",
        "aws --endpoint-url=http://{}:9000 s3 cp s3://bucket/key /x",
        "aws s3 --endpoint-url http://{}:9000 cp s3://bucket/key /x",
        "s3cmd --host {}:9000 get s3://bucket/key /x",
    ],
)
@pytest.mark.parametrize("host", ["0.0.0.0", "2130706433", "localhost.", "169.254.169.254"])
def test_every_syntax_knows_the_other_spellings_of_loopback(command: str, host: str) -> None:
    text = f"FROM scratch\nRUN {command.format(host)}\n"
    assert found(text, network="default") == []


def test_a_registry_on_loopback_is_the_containers_own_too() -> None:
    text = "FROM scratch\nRUN skopeo copy docker://localhost:5000/o/app:1 dir:/app\n"
    assert found(text, network="default") == []
    assert missed(text, network="default")[0].reason.code == "container-loopback"
    assert found(text, network="host") == ["docker-image://localhost:5000/o/app:1"]


def test_ignore_and_immutable_leave_an_instruction_out_and_say_so() -> None:
    for word, code in (("ignore", "ignored-by-comment"), ("immutable", "immutable-by-comment")):
        text = f"FROM scratch\n# freshlayer: {word}\n# another comment\nRUN curl http://h/a\nRUN curl http://h/b\n"
        assert found(text) == ["http://h/b"]
        assert missed(text) == [NotWatched(4, "RUN", "http://h/a", Reason(code), accepted=True)]


@pytest.mark.parametrize("command", ["apk add curl", "apt-get install -y curl", "npm install left-pad"])
def test_what_triggers_install_is_left_out_with_their_from(command: str) -> None:
    text = f"FROM alpine AS a\nONBUILD RUN {command}\nFROM a\n# freshlayer: ignore\nRUN true\n"
    assert [number < 0 for number in analysed(text).discovery.packages] == [True]
    above = f"FROM alpine AS a\nONBUILD RUN {command}\n# freshlayer: ignore\nFROM a\nRUN true\n"
    assert not analysed(above).discovery.packages


def test_a_reference_that_another_instruction_reads_stays_watched_there() -> None:
    text = "FROM scratch\n# freshlayer: ignore\nRUN curl http://h/a\nRUN curl -O http://h/a\n"
    (item,) = analysed(text).discovery.inputs
    assert [place.line for place in item.places] == [4]


def test_watch_adds_what_the_script_hides_with_args_expanded() -> None:
    text = "FROM scratch\nARG V=1\n# freshlayer: watch https://h/$V.tgz\nRUN ./install.sh\n"
    assert found(text) == ["https://h/1.tgz"]
    (item,) = analysed(text).discovery.inputs
    assert item.places[0].via == "watch"
    assert missed(text.replace("V=1", "V"))[0].reason == Reason("needs-build-arg", "V")


def test_ttl_holds_where_every_place_says_so() -> None:
    one = analysed("FROM scratch\n# freshlayer: ttl=1d\nRUN curl http://h/a\n")
    assert one.ttl(one.discovery.inputs[0]) == 86400
    two = analysed("FROM scratch\n# freshlayer: ttl=2h\nRUN curl http://h/a\nRUN curl -O http://h/a\n")
    assert two.ttl(two.discovery.inputs[0]) == 0


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("FROM a\n# freshlayer: ignroe\nRUN x\n", 2, "'# freshlayer: ignroe' is not a directive"),
        ("FROM a\n# freshlayer:\nRUN x\n", 2, "is not a directive"),
        ("FROM a\n# freshlayer: packages=all\nRUN x\n", 2, "packages=closure|security|named|off, no-advice"),
        ("FROM a\n# freshlayer: ttl=soon\nRUN x\n", 2, "is not a directive"),
        ("FROM a\n# freshlayer: watch\nRUN x\n", 2, "is not a directive"),
        ("FROM a\n# freshlayer: watch http://h/\nCOPY . .\n", 2, "is for a RUN, and is above COPY"),
        ("FROM a\n# freshlayer: ignore\n\nRUN x\n", 2, "is not directly above an instruction"),
        ("FROM a\nRUN x\n# freshlayer: ignore\n", 3, "is not directly above an instruction"),
    ],
)
def test_a_comment_that_means_nothing_is_an_error_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        analysed(text)
    assert caught.value.line == line
    assert message in caught.value.message


def test_a_comment_inside_a_here_document_is_the_scripts_own() -> None:
    assert found("FROM a\nRUN <<EOF\n# freshlayer: nonsense\ncurl http://h/\nEOF\n")[1:] == ["http://h/"]


def test_what_cannot_be_asked_is_told_with_its_place() -> None:
    text = "FROM scratch\nRUN git clone https://h/r.git && curl http://h/a\n"
    kept = analysed(text).restricted_to(frozenset({"http"})).discovery
    assert [str(item.reference) for item in kept.inputs] == ["http://h/a"]
    assert [(item.line, item.text) for item in kept.not_watched] == [(2, "git+https://h/r.git")]


IMAGES = """\
# syntax=docker/dockerfile:1
FROM alpine
COPY --from=busybox /bin/sh /
RUN --mount=from=debian,target=/d true
# freshlayer: watch docker-image://ghcr.io/o/tool:1
RUN ./copy-image
# freshlayer: watch docker-image://busybox
RUN ./copy-another
"""


def named(references: Iterable[Reference]) -> set[str]:
    return {it.text.rpartition("/")[2] for it in references}


def test_an_image_is_an_input_wherever_it_is_named() -> None:
    kept = analysed(IMAGES).restricted_to(frozenset({"http", "image"}))
    read_at = {(*named([i.reference]), p.line) for i in kept.discovery.inputs for p in i.places}
    wanted = {"dockerfile:1": 1, "alpine:latest": 2, "debian:latest": 4, "tool:1": 6}
    assert read_at == {*wanted.items(), ("busybox:latest", 3), ("busybox:latest", 8)}
    assert kept.discovery.not_watched == ()


def test_what_the_builder_resolves_is_no_part_of_a_key() -> None:
    kept = analysed(IMAGES)
    resolved = {number: named(references) for number, references in kept.resolved.items()}
    assert resolved == {
        0: {"alpine:latest"},
        1: {"busybox:latest"},
        2: {"debian:latest"},
        -1: {"dockerfile:1"},
    }


def test_an_image_of_this_machine_alone_is_probed_only_where_an_instruction_reads_it_itself() -> None:
    busybox, alpine = (parse_reference(f"docker-image://{name}") for name in ("busybox", "alpine"))
    kept = analysed(IMAGES).restricted_to(frozenset({"image"}), {busybox, alpine}).discovery
    places = {it.reference: [place.line for place in it.places] for it in kept.inputs}
    assert places[busybox] == [8]
    assert alpine not in places
    assert 0 not in kept.by_instruction


def test_a_builder_that_ignores_the_frontend_does_not_have_it_as_an_input() -> None:
    for builder, wanted in (("buildah", False), ("classic", False), ("buildx", True), ("", True)):
        found = analyse(IMAGES, BuildRequest(("linux/amd64",), builder=builder))
        assert ("dockerfile:1" in named(it.reference for it in found.discovery.inputs)) is wanted
    other = BuildRequest(("linux/amd64",), build_args={"BUILDKIT_SYNTAX": "other/frontend"})
    assert "dockerfile:1" not in named(it.reference for it in analyse(IMAGES, other).discovery.inputs)


@pytest.mark.parametrize(
    ("written", "context"), [("alpine", "alpine:latest"), ("docker.io/library/alpine:latest", "alpine")]
)
def test_a_name_that_is_a_build_context_is_no_image(written: str, context: str) -> None:
    request = BuildRequest(("linux/amd64",), contexts={context: "./directory"})
    found = analyse(f"FROM {written}\nCOPY --from={written} /a /a\n", request)
    assert found.discovery.inputs == ()
    assert found.image_uses == ()


def test_an_image_by_way_of_a_build_context_is_probed_and_not_pinned() -> None:
    request = BuildRequest(("linux/amd64",), contexts={"base": "docker-image://alpine:3"})
    (use,) = analyse("FROM base\n", request).image_uses
    assert (use.by_context, use.written, use.reference.text) == (
        True,
        "base",
        "docker-image://docker.io/library/alpine:3",
    )


def test_an_image_is_probed_for_the_platform_of_its_stage() -> None:
    text = "FROM --platform=$BUILDPLATFORM a AS x\nFROM b\nCOPY --from=x /f /\nCOPY --from=c /f /\n"
    platforms = ("linux/arm64", "linux/s390x")
    found = analyse(text, BuildRequest(platforms, host="linux/amd64"))
    read_for = found.platforms_of_images(platforms)
    needed = {next(iter(named([it]))): of_image for it, of_image in read_for.items()}
    assert needed == {"a:latest": ("linux/amd64",), "b:latest": platforms, "c:latest": platforms}


def test_the_platforms_of_many_images_take_time_by_their_number() -> None:
    copies = "".join(f"COPY --from=image{n} /x /x\n" for n in range(8_000))
    found = analyse(f"FROM scratch\n{copies}", BuildRequest(("linux/amd64",)))
    started = time.process_time()
    assert len(found.platforms_of_images(("linux/amd64",))) == 8_000
    assert time.process_time() - started < 5


def test_an_image_that_a_command_reads_is_told_where_images_cannot_be_asked() -> None:
    text = "FROM scratch\n# freshlayer: watch docker-image://busybox\nRUN ./copy-image\n"
    kept = analysed(text).restricted_to(frozenset({"http"})).discovery
    assert kept.inputs == ()
    assert kept.by_instruction == {}
    assert [item.reason for item in kept.not_watched] == [Reason("kind-not-probed", "image")]


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux/x86_64", "linux/amd64"),
        ("arm64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("aarch64", "linux/arm64"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/arm/v6", "linux/arm/v6"),
        ("linux", "linux/riscv64"),
        ("windows/amd64", "windows/amd64"),
    ],
)
def test_a_platform_has_one_spelling(text: str, platform: str) -> None:
    assert normalised(text, "linux/riscv64") == platform


def test_build_args_of_the_platform_are_the_builders_own() -> None:
    text = "FROM scratch\nARG BUILDARCH\nARG TARGETARCH\nRUN curl http://h/$BUILDARCH-$TARGETARCH\n"
    assert found(text, platforms=("linux/arm64",), host="linux/amd64") == ["http://h/amd64-arm64"]


def test_the_classic_builder_knows_no_platform_args_and_a_stage_inherits_no_arg() -> None:
    text = "FROM scratch AS a\nARG V=1\nENV E=2\nFROM a\nARG TARGETARCH=none\nRUN curl http://h/${V:-0}-$E-$TARGETARCH\n"
    assert found(text) == ["http://h/1-2-none"]
    assert found(text, every_earlier=True) == ["http://h/0-2-none"]
    assert found(text.replace("=none", "")) == ["http://h/1-2-amd64"]
    assert found(text.replace("=none", ""), every_earlier=True) == []


def test_a_stage_with_a_platform_of_its_own_answers_for_that_one() -> None:
    text = "FROM --platform=$BUILDPLATFORM scratch\nRUN curl http://h/$(uname -m)\n"
    assert found(text, platforms=("linux/arm64",), host="linux/amd64") == ["http://h/x86_64"]
    assert found(text.replace("=$BUILDPLATFORM", "=linux/386")) == ["http://h/i686"]
