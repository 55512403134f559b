"""``freshlayer check`` of several Dockerfiles: what is asked, told, and ended with."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from freshlayer.cli.check_many import Search, read_one, searched
from freshlayer.cli.dockerfiles import NAMES
from freshlayer.cli.options import Options
from freshlayer.discover.analysis import BuildRequest
from freshlayer.settings import Policy
from freshlayer.workflows.batch import Candidate, batches
from testing.command import FRESHLAYER, Freshlayer
from testing.origins import ServeOrigin
from testing.servers.needs import require
from testing.stores.registry import Registry


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    """Where no builder is found."""
    return Freshlayer({**os.environ, "PATH": "/nowhere"}, tmp_path / "state.sqlite3", project)


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[ServeOrigin]:
    with ServeOrigin(tmp_path, '"v1"') as started:
        yield started


def write(project: Path, name: str, *lines: str) -> None:
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text("".join(f"{line}\n" for line in ("FROM scratch", *lines)))


def heads(told: str) -> list[str]:
    """The Dockerfiles that are told of, in order."""
    return [line.partition(": ")[0] for line in told.splitlines() if not line.startswith(" ")]


def asked(origin: ServeOrigin) -> Counter[str]:
    """How often in all: a tag that was never seen before is asked for twice."""
    return Counter(request.path for request in origin.requests())


def test_what_they_share_is_asked_once(freshlayer: Freshlayer, origin: ServeOrigin, project: Path) -> None:
    for name in ("a/Dockerfile", "b/Dockerfile.dev", "c/Containerfile"):
        write(project, name, f"RUN curl {origin.url}shared {origin.url}{name}")
    told = freshlayer("check", "--recursive", ".")
    assert (told.code, told.err) == (1, "")
    assert heads(told.out) == ["a/Dockerfile", "b/Dockerfile.dev", "c/Containerfile"]
    before = asked(origin)
    assert freshlayer("check", "--recursive", ".").out == told.out
    again = asked(origin) - before
    assert again == dict.fromkeys(("/shared", "/a/Dockerfile", "/b/Dockerfile.dev", "/c/Containerfile"), 1)


def test_an_image_that_many_start_from_is_probed_once(freshlayer: Freshlayer, project: Path) -> None:
    require("nginx", Registry.PROGRAM)
    with Registry() as registry:
        registry.push("base", "1", "one")
        for number in range(50):
            folder = project / str(number)
            folder.mkdir()
            (folder / "Dockerfile").write_text(f"FROM {registry.host}/base:1\nRUN echo {number}\n")
        told = freshlayer("check", "--recursive", ".")
        assert told.code == 1, told.err
        asked = [r for r in registry.requests() if r.path.endswith("/manifests/1")]
    assert len(asked) == 1
    assert told.out.count("1 of 1 watched instruction is stale") == 50


def test_many_are_told_as_a_few_are(freshlayer: Freshlayer, origin: ServeOrigin, project: Path) -> None:
    """So many that several processes read them."""
    names = [f"s{number:03}/Dockerfile" for number in range(100)]
    for number, name in enumerate(names):
        write(project, name, f"RUN curl {origin.url}{number % 7}")
    told = freshlayer("check", "--recursive", ".")
    assert (told.code, heads(told.out)) == (1, names)
    assert asked(origin) == {f"/{number}": 2 for number in range(7)}
    one = freshlayer("check", "s042")
    assert one.out in told.out


def test_one_that_cannot_be_read_costs_the_others_nothing(freshlayer: Freshlayer, project: Path) -> None:
    write(project, "a/Dockerfile")
    write(project, "b/Dockerfile", "RUM x")
    write(project, "c/Dockerfile")
    told = freshlayer("check", "--recursive", ".")
    assert (told.code, heads(told.out)) == (2, ["a/Dockerfile", "c/Dockerfile"])
    assert told.err == "freshlayer: b/Dockerfile:2: unknown instruction 'RUM' (did you mean RUN?)\n"
    assert freshlayer("check", "a", "b", "c").out == told.out


def test_inputs_of_one_that_cannot_be_read_cost_the_others_nothing(
    freshlayer: Freshlayer, project: Path
) -> None:
    write(project, "a/Dockerfile", "RUN curl -O https://example.org/a")
    write(project, "b/Dockerfile", "RUM x")
    told = freshlayer("inputs", "b", "c", "a", "--json")
    assert told.code == 2
    assert [one["dockerfile"] for one in told.document["dockerfiles"]] == ["a/Dockerfile"]
    assert told.err.splitlines() == [
        "freshlayer: b/Dockerfile:2: unknown instruction 'RUM' (did you mean RUN?)",
        "freshlayer: c: the build context is not a directory",
    ]
    none = freshlayer("inputs", "b", "c", "--json")
    assert (none.code, none.document, none.err) == (2, {"version": 1, "dockerfiles": []}, told.err)
    text = freshlayer("inputs", "b", "c")
    assert (text.code, text.out, text.err) == (2, "", told.err)


def test_the_document_is_one(freshlayer: Freshlayer, project: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    for name in ("a", "b"):
        write(project, f"{name}/Dockerfile")
    told = freshlayer("check", "--json", "--report", str(report), "--recursive", ".")
    assert told.code == 0
    assert [one["dockerfile"] for one in told.document["dockerfiles"]] == ["a/Dockerfile", "b/Dockerfile"]
    assert told.out == report.read_text() == json.dumps(told.document, indent=1) + "\n"


def test_where_none_is_found_that_is_trouble(freshlayer: Freshlayer, project: Path) -> None:
    write(project, "old/Dockerfile")
    (project / ".gitignore").write_text("old\n")
    told = freshlayer("check", "--json", "--recursive", ".")
    assert (told.code, told.document) == (2, {"version": 1, "dockerfiles": []})
    assert told.err == "freshlayer: .: holds no Dockerfile, or none that git does not ignore\n"
    assert freshlayer("check", "--recursive", "-f", "x", ".").code == 2


def test_the_settings_beside_a_dockerfile_are_its_own(freshlayer: Freshlayer, project: Path) -> None:
    for name in ("a", "b"):
        write(project, f"{name}/Dockerfile", "RUN curl http://127.0.0.1:1/x")
    (project / "a" / "freshlayer.toml").write_text('on_unknown = "fail"\n')
    told = freshlayer("check", "--network=host", "--recursive", ".")
    assert (told.code, heads(told.out)) == (2, ["b/Dockerfile"])
    assert "a/Dockerfile:2: http://127.0.0.1:1/x: " in told.err
    assert "(--on-unknown is fail)" in told.err


def test_settings_of_this_folder_are_for_those_that_have_none(freshlayer: Freshlayer, project: Path) -> None:
    write(project, "a/Dockerfile", "RUN curl http://127.0.0.1:1/x")
    (project / "freshlayer.toml").write_text('on_unknown = "fail"\n')
    assert freshlayer("check", "--network=host", "--recursive", ".").code == 2
    (project / "a" / "freshlayer.toml").write_text('on_unknown = "keep"\n')
    assert freshlayer("check", "--network=host", "--recursive", ".").code == 1


@pytest.mark.parametrize("text", ['[project]\nname = "a"\n', "not TOML", "# [tool.freshlayer]\n"])
def test_a_project_file_without_settings_leaves_those_of_this_folder(
    freshlayer: Freshlayer, project: Path, text: str
) -> None:
    write(project, "a/Dockerfile", "RUN curl http://127.0.0.1:1/x")
    (project / "freshlayer.toml").write_text('on_unknown = "fail"\n')
    (project / "a" / "pyproject.toml").write_text(text)
    assert freshlayer("check", "--network=host", "--recursive", ".").code == 2


def test_an_answer_holds_for_the_least_time_that_any_of_them_says(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    write(project, "a/Dockerfile", "# freshlayer: ttl=1d", f"RUN curl {origin.url}x")
    write(project, "b/Dockerfile", "# freshlayer: ttl=1d", f"RUN curl {origin.url}x")
    for _ in range(2):
        freshlayer("check", "a", "b")
    assert asked(origin) == {"/x": 2}
    write(project, "b/Dockerfile", f"RUN curl {origin.url}x")
    freshlayer("check", "a", "b")
    assert asked(origin) == {"/x": 3}


def test_nobody_is_asked_offline(freshlayer: Freshlayer, origin: ServeOrigin, project: Path) -> None:
    write(project, "a/Dockerfile", f"RUN curl {origin.url}x")
    told = freshlayer("check", "--offline", "--recursive", ".")
    assert (told.code, asked(origin)) == (1, {})
    assert "not probed (--offline)" in told.out


def test_programs_that_settings_below_name_are_run_once_they_are_trusted(
    freshlayer: Freshlayer, project: Path, tmp_path: Path
) -> None:
    write(project, "vendor/Dockerfile", "RUN curl http://127.0.0.1:1/x")
    write(project, "vendor/Dockerfile.other", "RUN curl http://127.0.0.1:1/y")
    write(project, "Dockerfile")
    (project / "freshlayer.toml").write_text('[hosts."127.0.0.1:2"]\nuser = "x"\n')
    ran = tmp_path / "ran"
    settings = f'[hosts."127.0.0.1:1"]\ncommand = ["/usr/bin/touch", "{ran}"]\n'
    (project / "vendor" / "freshlayer.toml").write_text(settings)
    for words in (["--recursive", "."], ["vendor"]):
        told = freshlayer("check", "--network=host", *words)
        assert not ran.exists()
        assert told.err.count("freshlayer trust vendor)") == 1
        assert told.err.count("freshlayer trust .)") == int(words[-1] == ".")
    assert freshlayer("trust", "vendor").code == freshlayer("trust").code == 0
    for words in (["--recursive", "."], ["vendor"]):
        told = freshlayer("check", "--network=host", *words)
        assert "freshlayer trust" not in told.err
        ran.unlink()


def test_what_the_search_knows_of_a_path_is_what_the_system_says(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each form in which a directory may be named, through a link as well."""
    (project / "a" / "b").mkdir(parents=True)
    (project / "link").symlink_to(project / "a")
    write(project, "a/Dockerfile")
    write(project, "a/b/Dockerfile")
    monkeypatch.chdir(project)
    question = BuildRequest(platforms=("linux/amd64",))
    named = ("a", "link", "link/", "./link//.", f"{project}/link", "a/../link")
    search = Search(named, None, NAMES, question, below=True)
    found = list(searched(search, print))
    assert len(found) == 12
    assert [it.real for it in found] == [os.path.realpath(it.file or "") for it in found]


def test_what_is_laid_aside_holds_nothing_that_an_origin_is_sent(project: Path) -> None:
    signed = "https://b.s3.amazonaws.com/k?X-Amz-Signature=shh"
    write(project, "Dockerfile", "ARG T", f"RUN curl https://me:${{T}}@example.org/x {signed}")
    question = BuildRequest(platforms=("linux/amd64",), host="linux/amd64", build_args={"T": "hunter2"})
    search = Search((str(project),), None, NAMES, question, below=False)
    with batches([Candidate(str(project))], partial(read_one, Options(), search, {}), Policy(), print) as (
        batch,
    ):
        (leaf,) = batch.leaves()
        asked_for = {reference.address for reference in batch.ttls}
    assert any("hunter2" in ask for ask in asked_for)
    assert {item.reference.address for item in leaf.analysis.discovery.inputs} == {""}


@pytest.mark.parametrize(("ending", "code"), [(">&-", 0), ("2>&-", 0), ("| true; exit ${PIPESTATUS[0]}", 2)])
def test_no_stream_makes_an_exit_code_mean_stale(
    freshlayer: Freshlayer, project: Path, ending: str, code: int
) -> None:
    write(project, "Dockerfile", "RUN echo")
    argv = ["/bin/bash", "-c", f'"$@" inputs . {ending}', "bash", *FRESHLAYER]
    done = subprocess.run(argv, cwd=project, env=dict(freshlayer.environment), check=False)
    assert done.returncode == code
