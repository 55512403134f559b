"""An analysis as bytes is the same analysis."""

from __future__ import annotations

from pathlib import Path

import pytest

from freshlayer.analyses.form import read, written
from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import Analysis, BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.errors import FreshlayerError
from freshlayer.model.base_image import BaseContents, BaseImage, ImageConfig
from freshlayer.model.downloaded_scripts import ScriptText
from testing import gold
from testing.exact import exact
from testing.wild import WILD

PLATFORMS = ("linux/amd64", "linux/arm64")
DEBIAN = "docker-image://docker.io/library/debian:12"
SCRIPT = "https://example.org/install.sh"
RICH = f"""\
# syntax=docker/dockerfile:1
ARG TAG=12
FROM --platform=$BUILDPLATFORM debian:$TAG AS one
ARG TOKEN TARGETARCH
# freshlayer: ttl=1d
# freshlayer: packages=named
RUN apt-get update && apt-get install -y curl git
RUN pip install flask requests==2.0 && npm install left-pad
# freshlayer: watch https://example.org/watched
RUN make
RUN curl -H "Authorization: Bearer $TOKEN" https://user:word@example.org/$TARGETARCH/a?token=$TOKEN | sh
RUN curl {SCRIPT} | sh
RUN <<EOF
wget https://example.org/b
EOF
ONBUILD RUN curl https://example.org/c
FROM one
COPY --from=busybox:1 /bin/busybox /bin/
# freshlayer: ignore
RUN curl https://example.org/d $UNSET
ADD https://example.org/e git@github.com:a/b.git#main /x/
"""


def again(analysis: Analysis) -> Analysis:
    return read(written(analysis))


@pytest.mark.parametrize("platforms", [PLATFORMS[:1], PLATFORMS])
@pytest.mark.parametrize("known", [False, True])
def test_all_that_an_analysis_may_have_is_kept(*, platforms: tuple[str, ...], known: bool) -> None:
    contents = BaseContents({"/etc/os-release": "ID=debian\n", "/etc/apt/sources.list": "deb http://d b m\n"})
    config = ImageConfig((("UNSET", "set"),), architecture="amd64", triggers=("RUN curl https://e.org/t",))
    bases = {(DEBIAN, it): BaseImage(DEBIAN, it, "sha256:" + "0" * 64, config, contents) for it in PLATFORMS}
    scripts = {SCRIPT: ScriptText("curl https://example.org/from-script\n")}
    request = BuildRequest(platforms, build_args={"TOKEN": "abc"}, host=platforms[0])
    found = analyse(RICH, request, None, scripts if known else None, bases if known else None)
    assert exact(again(found)) == exact(found)
    assert found.discovery.packages
    assert found.discovery.unlocked
    assert found.image_uses
    assert found.advice == again(found).advice


def test_of_a_large_dockerfile_what_is_alike_is_in_memory_once() -> None:
    runs = "".join(
        f"RUN curl -O https://u:w{n}@example.org/{n} https://example.org/{n}\n" for n in range(300)
    )
    found = analyse(RICH + runs, BuildRequest(PLATFORMS[:1]), None, None, None)
    read_again = again(found)
    assert exact(read_again) == exact(found)
    inputs, last = read_again.discovery.inputs, read_again.stages[-1].instructions
    assert len({id(it.reference.form) for it in inputs}) < 5
    assert len({id(text) for it in inputs for place in it.places for text in (place.via, place.stage)}) < 20
    assert len({id(it.name) for it in last}) < 5


def test_stages_are_those_of_the_dockerfile() -> None:
    found = again(analyse(RICH, BuildRequest(PLATFORMS)))
    assert all(found.dockerfile.stages[it.number] is it for it in found.stages)


def test_what_is_sent_to_an_origin_is_kept() -> None:
    found = analyse("FROM scratch\nRUN curl https://u:one@example.org/a\n", BuildRequest(PLATFORMS[:1]))
    (references,) = again(found).discovery.by_instruction.values()
    assert [it.address for it in references] == ["https://u:one@example.org/a"]


def test_a_text_that_is_not_unicode_is_not_kept() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        written(analyse("FROM scratch\nRUN curl https://example.org/\udce9\n", BuildRequest(PLATFORMS[:1])))


@pytest.mark.parametrize("data", [b"", b"\x90", b"\xc0", b"\x9a" + b"\x90" * 10])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises((ValueError, LookupError)):
        read(data)


def _real() -> list[Path]:
    return [*gold.files().values(), *sorted(WILD.rglob("Dockerfile*"))[::3]]


def test_real_dockerfiles_are_kept_as_they_are() -> None:
    kept = 0
    for path in _real():
        try:
            text = path.read_bytes().decode("utf-8", "surrogateescape")
            found = analyse(text, BuildRequest(PLATFORMS[:1]), ContextFiles(path.parent, path).read)
        except FreshlayerError:
            continue
        assert exact(again(found)) == exact(found), path
        kept += 1
    if not kept:
        pytest.skip("there is no ../shared")
