"""What an image of a build through us has that a plain build's has not: docs/traces.md says exactly that.

FRESHLAYER_WRITE_DOCS=1 writes the rows of the page anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder, build
from testing.builders.image import Image
from testing.builders.table import MEMBERS
from testing.command import Freshlayer
from testing.origins import ServeOrigin

PAGE = Path(__file__).parents[2] / "docs" / "traces.md"
LABELS = {
    "classic": "docker 20.10, classic builder",
    "buildkit": "docker 20.10, BuildKit",
    "buildah": "buildah 1.28",
    "podman": "podman 4.3",
    "trixie-classic": "docker 26, classic builder",
    "trixie-buildx": "docker 26, buildx 0.13",
    "trixie-buildah": "buildah 1.39",
    "trixie-podman": "podman 5.4",
    "sid-buildx": "docker 28, buildx 0.29",
    "sid-containerd": "docker 28, buildx 0.29, containerd's image store",
}
DOCKERFILE = """\
FROM BASE AS fetched
RUN wget -q -O /first URLfirst
FROM BASE
ENV NAME=value
LABEL name=value
WORKDIR /work
CMD ["sh"]
COPY --from=fetched /first /first
RUN wget -q -O /file URL
RUN echo content > /made
RUN ["wget", "-q", "-O", "/exec", "URLexec"]
"""
NOTHING = "nothing"
ROW = re.compile(r"^\| (?!builder |---)[^|]+ \|.*\|$", re.MULTILINE)


def written(text: str, origin: ServeOrigin) -> str:
    """A line as the page has it, whatever the key and the address."""
    masked = re.sub(r"\b[0-9a-f]{16}\b", "KEY", text.replace(origin.url, "URL"))
    return "`" + masked.replace("|", "\\|") + "`"


def history(plain: Image, ours: Image, origin: ServeOrigin) -> Iterator[str]:
    before = [line.created_by for line in plain.history]
    yield from (written(line.created_by, origin) for line in ours.history if line.created_by not in before)


def fields(plain: Mapping[str, object], ours: Mapping[str, object]) -> Iterator[str]:
    yield from (
        f"`{name}`" for name in sorted(plain.keys() | ours.keys()) if plain.get(name) != ours.get(name)
    )


def files(plain: Image, ours: Image) -> Iterator[str]:
    if len(plain.layers) != len(ours.layers):
        yield f"{len(ours.layers) - len(plain.layers):+} layers"
    before = {member for layer in plain.layers for member in layer}
    yield from sorted({f"`{m.name}`" for layer in ours.layers for m in layer if m not in before})


def row(name: str, plain: Image, ours: Image, origin: ServeOrigin) -> str:
    columns = (
        history(plain, ours, origin),
        fields(plain.configuration, ours.configuration),
        fields(plain.container, ours.container),
        files(plain, ours),
    )
    cells = [LABELS[name], *("<br>".join(column) or NOTHING for column in columns)]
    return f"| {' | '.join(cells)} |"


def write_row(text: str) -> None:
    page = PAGE.read_text("utf-8")
    start = text[: text.index(" |", 2) + 2]
    kept = [line for line in page.splitlines() if not line.startswith(start)]
    rows = [line for line in kept if ROW.match(line)]
    place = (
        kept.index(rows[-1]) if rows else next(n for n, x in enumerate(kept) if x.startswith("|---"))
    ) + 1
    PAGE.write_text("\n".join([*kept[:place], text, *kept[place:]]) + "\n", "utf-8")


def test_the_page_says_what_an_image_tells_and_a_cached_build_gives_the_same_image(
    every_builder: Builder, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    builder = every_builder
    text = DOCKERFILE.replace("BASE", BASE).replace("URL", origin.url)
    (project / "Dockerfile").write_text(text)
    build(builder, project, "--tag", "plain")
    freshlayer = Freshlayer.of(builder, tmp_path / "state.sqlite3", project)
    ids = []
    for _ in range(2):
        told = freshlayer.build("--tag", "ours", ".")
        assert told.code == 0, told.err
        ids.append(builder.image_id("ours"))
    assert ids[0] == ids[1]
    found = row(builder.name, builder.image("plain"), builder.image("ours"), origin)
    if os.environ.get("FRESHLAYER_WRITE_DOCS"):
        write_row(found)
    assert found in PAGE.read_text("utf-8").splitlines()


def test_the_page_has_a_row_for_each_builder_and_no_other() -> None:
    rows = ROW.findall(PAGE.read_text("utf-8"))
    assert sorted(line.split(" | ")[0].removeprefix("| ") for line in rows) == sorted(LABELS.values())
    assert LABELS.keys() == MEMBERS.keys()


@pytest.mark.parametrize(
    ("changed", "seen"), [({"configuration": {"Env": ["A=b"]}}, "`Env`"), ({"layers": ((),)}, "+1 layers")]
)
def test_a_difference_would_be_seen(changed: Mapping[str, object], seen: str, origin: ServeOrigin) -> None:
    nothing: dict[str, object] = {"configuration": {}, "container": {}, "history": (), "layers": ()}
    plain, ours = Image(**nothing), Image(**{**nothing, **changed})  # type: ignore[arg-type]
    assert row("classic", plain, plain, origin).count(NOTHING) == 4
    assert seen in row("classic", plain, ours, origin)
