"""More than 150 kinds of secrets in one Dockerfile, of which freshlayer writes and shows none.

The Dockerfile itself holds them all, and so do the builder's display and the image's history: what counts is
what is there more often than the user wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from freshlayer.report.formats import FORMATS
from testing.base_image import BASE
from testing.builders import base
from testing.builders.base import Builder
from testing.builders.table import Builders
from testing.command import Ended, Freshlayer
from testing.planted import commands, instructions, requests, urls
from testing.servers.needs import require
from testing.servers.nginx import Nginx
from testing.watcher import Watcher

FROM = f"FROM {BASE}\n"
ANY = "location / { add_header ETag '\"v1\"' always; return 200 'content'; }"
LEAST_KINDS = 150
FORMS = [(row.name, row.ending or ".other") for row in FORMATS]
"""Each format of reports, and an ending of files that get it; those without one are printed alone."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A kind of secret, the value of it that is nowhere else, and the text that holds it."""

    kind: str
    marker: str
    text: str


def planted(host: str) -> dict[str, list[Planted]]:
    """Kinds of commands, of URLs and of instructions, each with markers of its own."""
    counter = iter(range(100, 1000))

    def each(make: Iterable[str], build: str) -> Iterator[Planted]:
        for kind in make:
            number = next(counter)
            plain, random = f"Pl4nt{number}q", f"x7K9mQ2pL4vN8rT1w{number}Z5y"
            github = f"ghp_{number}{'aB3dE6gH9j' * 3}123"
            tables: Mapping[str, Mapping[str, str]] = {
                "command": commands(plain, github, random),
                "request": requests(plain, random, host),
                "url": urls(plain, github, random, host),
                "instruction": instructions(plain, random, host),
            }
            text = tables[build][kind]
            yield Planted(f"{build}: {kind}", next(m for m in (plain, github, random) if m in text), text)

    return {
        "command": list(each(commands("", "", ""), "command")),
        "request": list(each(requests("", "", host), "request")),
        "url": list(each(urls("", "", "", host), "url")),
        "instruction": list(each(instructions("", "", host), "instruction")),
    }


def dockerfile(found: Mapping[str, list[Planted]], host: str) -> str:
    bodies = [f"curl '{item.text}'" for item in found["url"]]
    bodies += [item.text for item in found["request"]]
    bodies += [f"V=$({item.text}); curl http://{host}/v/$V" for item in found["command"]]
    lines = [item.text for item in found["instruction"]]
    lines += [f"RUN if [ -e /no ]; then {'; '.join(bodies[n : n + 6])}; fi" for n in range(0, len(bodies), 6)]
    return FROM + "\n".join(lines) + "\n"


def everything(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


class Written:
    """What the user wrote: a file that holds the Dockerfile may hold as much, once for each copy of it."""

    def __init__(self, text: str) -> None:
        self._text = text.encode()

    def is_beyond(self, marker: str, content: bytes) -> bool:
        copies = content.count(FROM.encode())
        return content.count(marker.encode()) > copies * self._text.count(marker.encode())


@pytest.fixture(params=["classic", "buildkit"])
def builder(request: pytest.FixtureRequest, builders: Builders) -> Builder:
    return builders[request.param]


def asked_for_everything(command: Freshlayer, written: Path, host: str, found: list[Planted]) -> list[Ended]:
    """Every command that reports, in every form."""
    urls_of = [item.text for item in found if item.kind.startswith("url")]
    return [
        command("check", "."),
        *(
            command(*words, "--format", form, "--report", str(written / f"{words[0]}{ending}"), ".")
            for words in (("check",), ("inputs",), ("check", "--recursive"))
            for form, ending in FORMS
        ),
        command("--verbose", "check", "."),
        *(command("check", "--explain", str(line), ".") for line in (2, 4, 12, 30)),
        command("--offline", "check", "."),
        command("inputs", "."),
        command("render", ".", "-o", str(written / "derived")),
        command("probe", *urls_of[:12]),
        *(command("probe", "--format", form, *urls_of) for form, _ in FORMS),
        command("probe", f"http://u:Pl4nt-wrong@{host}:port/", "gopher://u:Pl4nt-wrong@h/?pw=Pl4nt-wrong"),
        command("flag", *urls_of, "-o", str(written / "flag")),
    ]


def test_no_kind_of_secret_is_in_anything_that_freshlayer_writes(
    builder: Builder, project: Path, tmp_path: Path
) -> None:
    require("nginx")
    ours = tmp_path / "ours"
    written, temporary = ours / "written", ours / "temporary"
    written.mkdir(parents=True)
    temporary.mkdir()
    with Nginx(server=ANY) as origin:
        host = f"127.0.0.1:{origin.port}"
        tables = planted(host)
        found = [item for items in tables.values() for item in items]
        assert len({item.kind for item in found}) == len(found) >= LEAST_KINDS
        text = dockerfile(tables, host)
        (project / "Dockerfile").write_text(text)
        files = ("--report", str(written / "report.json"), "--identities", str(written / "identities.toml"))
        freshlayer = Freshlayer.of(builder, written / "state.sqlite3", project).but("--verbose", *files)
        command = replace(freshlayer, environment={**freshlayer.environment, "TMPDIR": str(temporary)})
        with Watcher(ours) as watcher:
            built = command.build("-t", "planted:1", ".")
        assert built.code == 0, built.err[-3000:]
        report = json.loads((written / "report.json").read_text())
        plain = base.build(builder, project, "--network=host", "-t", "plain:1")
        said = asked_for_everything(command, written, host, found)
        asked = "\n".join(request.path for request in origin.requests())
    listed = len(report["inputs"]) + len(report["not_watched"])
    assert listed >= len(found) - 12, "what is planted was not found, so that nothing would be searched"

    history = {tag: repr(builder.image(tag)).encode() for tag in ("planted:1", "plain:1")}
    limits = Written(text)
    leaks = []
    for item in found:
        marker = item.marker.encode()
        places = {
            "output": any(item.marker in end.out + end.err for end in said),
            "the build's own output": (built.out + built.err).count(item.marker)
            > 2 * str(plain.stdout).count(item.marker) + 2 * str(plain.stderr).count(item.marker),
            "state, identities, report, derived file": any(
                limits.is_beyond(item.marker, content) for content in everything(written)
            ),
            "temporary files and journals": any(
                limits.is_beyond(item.marker, content) for content in watcher.files
            ),
            "arguments": any(marker in words for words in watcher.arguments),
            "the image": history["planted:1"].count(marker) > history["plain:1"].count(marker),
        }
        leaks += [f"{item.kind}: {place}" for place, leaked in places.items() if leaked]
    assert leaks == []
    assert not any("Pl4nt-wrong" in end.out + end.err for end in said)
    unobserved = [
        item.kind for item in tables["url"] if item.marker not in asked and "fragment" not in item.kind
    ]
    assert unobserved == []
