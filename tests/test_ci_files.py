"""The action, the component, the hook and the image are parsed, and their scripts run as CI runs them."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from testing.base_image import BASE
from testing.engine import PrivateEngine
from testing.origins import ServeOrigin

yaml: Any = importlib.import_module("yaml")

ROOT = Path(__file__).parents[1]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
SPEC, JOBS = yaml.safe_load_all((ROOT / "templates" / "freshlayer.yml").read_text("utf-8"))
HOOKS = {it["id"]: it for it in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
HOOK = HOOKS["freshlayer-inputs"]


def step(name: str) -> dict[str, Any]:
    (found,) = [one for one in ACTION["runs"]["steps"] if one["name"] == name]
    return dict(found)


def environment(home: Path, **more: str) -> dict[str, str]:
    """Of a job: freshlayer is in PATH, and HOME is empty."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    kept = {name: value for name, value in os.environ.items() if name != "XDG_STATE_HOME"}
    return {**kept, "PATH": path, "HOME": str(home), "NO_COLOR": "1", **more}


@dataclass(frozen=True, slots=True)
class Ran:
    """A step of the action: how it ended, what it printed, and the lines of GITHUB_OUTPUT."""

    code: int
    printed: str
    outputs: Mapping[str, str]
    summary: str


def run_action(
    project: Path, scratch: Path, inputs: Mapping[str, str], base: Mapping[str, str] | None = None
) -> Ran:
    """The step that runs freshlayer, with the action's defaults below these inputs."""
    found = step("Run freshlayer")
    values = {name: str(one["default"]) for name, one in ACTION["inputs"].items()} | dict(inputs)
    expressions = {f"${{{{ inputs.{name} }}}}": value for name, value in values.items()}
    expressions["${{ github.action_path }}"] = str(ROOT)
    scratch.mkdir(exist_ok=True)
    output, summary = scratch / "output", scratch / "summary"
    for file in (output, summary):
        file.write_text("")
    given = {**environment(scratch), **(base or {}), "HOME": str(scratch), "RUNNER_TEMP": str(scratch)}
    given |= {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
    given |= {name: expressions[text] for name, text in found["env"].items()}
    ended = subprocess.run(
        ["bash", "-e", "-c", found["run"]],
        cwd=project,
        env=given,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = dict(line.split("=", 1) for line in output.read_text().splitlines())
    return Ran(ended.returncode, ended.stdout + ended.stderr, lines, summary.read_text())


def test_check_reports_what_is_stale_as_annotation_summary_and_output(project: Path, tmp_path: Path) -> None:
    with ServeOrigin(tmp_path, '"v1"') as origin:
        (project / "Dockerfile").write_text(f"FROM scratch\nRUN curl -O {origin.url}\n")
        ran = run_action(project, tmp_path / "runner", {})
    assert (ran.code, ran.outputs["changed"], ran.outputs["exit-code"]) == (0, "true", "1"), ran.printed
    assert "::" in ran.printed
    assert f"{origin.url}" in ran.summary or "Dockerfile" in ran.summary
    assert Path(ran.outputs["report"]).read_text() == ran.summary


def test_check_fails_the_step_only_if_it_is_to(project: Path, tmp_path: Path) -> None:
    with ServeOrigin(tmp_path, '"v1"') as origin:
        (project / "Dockerfile").write_text(f"FROM scratch\nRUN curl -O {origin.url}\n")
        assert run_action(project, tmp_path / "runner", {"fail": "true"}).code == 1
    (project / "Dockerfile").write_text("FROM scratch\nCOPY . .\n")
    fresh = run_action(project, tmp_path / "runner", {"fail": "true"})
    assert (fresh.code, fresh.outputs["changed"]) == (0, "false")
    (project / "Dockerfile").write_text("FROM scratch\nWHAT . .\n")
    faulty = run_action(project, tmp_path / "runner", {})
    assert (faulty.code, faulty.outputs["changed"], faulty.outputs["exit-code"]) == (2, "false", "2")


def test_inputs_changes_nothing_and_requests_nothing(project: Path, tmp_path: Path) -> None:
    with ServeOrigin(tmp_path, '"v1"') as origin:
        (project / "Dockerfile").write_text(f"FROM scratch\nRUN curl -O {origin.url}\n")
        ran = run_action(project, tmp_path / "runner", {"command": "inputs"})
        assert origin.requests() == []
    assert (ran.code, ran.outputs["changed"]) == (0, "false")


def test_a_command_that_is_not_ours_is_refused(project: Path, tmp_path: Path) -> None:
    ran = run_action(project, tmp_path / "runner", {"command": "uninstall"})
    assert (ran.code, ran.outputs) == (2, {})


def test_words_are_never_read_as_shell(project: Path, tmp_path: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    for text in ("$(touch made)", ". ; touch made", "`touch made`", "* > made"):
        run_action(project, tmp_path / "runner", {"arguments": text, "options": text})
    assert not (project / "made").exists()


@pytest.mark.slow
def test_build_has_changed_if_other_identities_were_built(
    project: Path, tmp_path: Path, engine: PrivateEngine
) -> None:
    base = engine.environment(buildkit=True)
    base["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), base["PATH"]])
    given = {"command": "build", "arguments": "--network=host -t action ."}
    with ServeOrigin(tmp_path, '"v1"') as origin:
        (project / "Dockerfile").write_text(f"FROM {BASE}\nRUN wget -q -O /file {origin.url}\n")
        changed = [run_action(project, tmp_path / "runner", given, base).outputs["changed"] for _ in range(2)]
        origin.set_tag('"v2"')
        last = run_action(project, tmp_path / "runner", given, base)
    assert [*changed, last.outputs["changed"]] == ["true", "false", "true"], last.printed


def wheel(folder: Path) -> Path:
    """A package of nothing, which pip installs without network."""
    path = folder / "nothing-1-py3-none-any.whl"
    files = {
        "nothing-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: nothing\nVersion: 1\n",
        "nothing-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "nothing-1.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


@pytest.mark.slow
def test_the_action_installs_into_an_environment_of_its_own(tmp_path: Path) -> None:
    found = step("Install freshlayer")
    assert found["env"] == {"INSTALL": "${{ inputs.install }}", "ACTION": "${{ github.action_path }}"}
    given = environment(tmp_path, RUNNER_TEMP=str(tmp_path), GITHUB_PATH=str(tmp_path / "path"))
    given |= {"INSTALL": str(wheel(tmp_path)), "ACTION": str(ROOT), "PIP_NO_INDEX": "1"}
    subprocess.run(["bash", "-e", "-c", found["run"]], env=given, check=True, cwd=tmp_path)
    place = (tmp_path / "path").read_text().strip()
    listed = subprocess.run([f"{place}/pip", "list"], capture_output=True, text=True, check=True)
    assert "nothing" in listed.stdout


def test_the_action_restores_before_it_runs_and_saves_whatever_happens() -> None:
    names = [one["name"] for one in ACTION["runs"]["steps"]]
    assert names == [
        "Install freshlayer",
        "Restore state and identities",
        "Run freshlayer",
        "Save state and identities",
    ]
    restore, save = step("Restore state and identities")["with"], step("Save state and identities")
    assert save["if"] == "always()"
    assert restore["key"] == save["with"]["key"]
    assert restore["key"].startswith(restore["restore-keys"])
    assert restore["path"] == save["with"]["path"]


def test_no_expression_is_inside_a_script() -> None:
    """An input that is pasted into a script is code; one in the environment is a value."""
    assert [one["name"] for one in ACTION["runs"]["steps"] if "${{" in one.get("run", "")] == []


def test_the_guide_names_every_input_and_output_of_the_action() -> None:
    guide = (ROOT / "docs" / "guides" / "github.md").read_text("utf-8")
    assert [name for name in (*ACTION["inputs"], *ACTION["outputs"]) if f"| `{name}` |" not in guide] == []


def component_script(inputs: Mapping[str, str]) -> str:
    """The job's script without the line that needs a network."""
    values = {
        name: str(one.get("default", "")).replace("True", "true").replace("False", "false")
        for name, one in SPEC["spec"]["inputs"].items()
    } | dict(inputs)
    script = "\n".join(line for line in JOBS["freshlayer"]["script"] if not line.startswith("pip "))
    return re.sub(r"\$\[\[ inputs\.(\w+) \]\]", lambda found: values[found[1]], script)


@pytest.mark.parametrize(("fail", "code"), [("false", 1), ("true", 3)])
def test_the_component_warns_or_fails(project: Path, tmp_path: Path, fail: str, code: int) -> None:
    with ServeOrigin(tmp_path, '"v1"') as origin:
        (project / "Dockerfile").write_text(f"FROM scratch\nRUN curl -O {origin.url}\n")
        ended = subprocess.run(
            ["sh", "-e", "-c", component_script({})],
            cwd=project,
            env=environment(tmp_path, FRESHLAYER_FAIL=fail),
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == code, ended.stderr
    assert JOBS["freshlayer"]["allow_failure"] == {"exit_codes": [1]}
    assert '"state": "stale"' in (project / "freshlayer-report.json").read_text()


@pytest.mark.parametrize(
    ("command", "code"), [("curl -O https://example.org/a", 0), ("luarocks install x", 1)]
)
def test_the_hook_fails_where_something_is_not_watched(
    project: Path, tmp_path: Path, command: str, code: int
) -> None:
    (project / "Dockerfile").write_text(f"FROM scratch\nRUN {command}\n")
    ended = subprocess.run(
        [*shlex.split(HOOK["entry"]), *HOOK["args"]], cwd=project, env=environment(tmp_path), check=False
    )
    assert ended.returncode == code


@pytest.mark.parametrize(
    "name", ["Dockerfile", "a/Dockerfile", "Dockerfile.web", "web.Dockerfile", "Containerfile"]
)
def test_the_hook_runs_for_every_name_of_a_dockerfile(name: str) -> None:
    assert re.search(HOOK["files"], name)
    assert not re.search(HOOK["files"], "docs/Dockerfiles.md")


def test_the_hook_of_the_lock_file_requests_nothing(tmp_path: Path, project: Path) -> None:
    """The origin is not there: whatever were requested would be an error."""
    (project / "Dockerfile").write_text("FROM scratch\nRUN curl http://127.0.0.1:9/a\n")
    hook = HOOKS["freshlayer-verify"]
    for words, code in ((["freshlayer", "lock"], 0), (shlex.split(hook["entry"]), 0)):
        ended = subprocess.run(words, cwd=project, env=environment(tmp_path), check=False)
        assert ended.returncode == code
    (project / "Dockerfile").write_text("FROM scratch\nRUN curl http://127.0.0.1:9/b\n")
    ended = subprocess.run(shlex.split(hook["entry"]), cwd=project, env=environment(tmp_path), check=False)
    assert ended.returncode == 1
    assert re.search(hook["files"], "a/Dockerfile")
    assert re.search(hook["files"], "freshlayer.lock")


def test_the_image_of_the_tool_reads_nothing_that_is_not_listed(tmp_path: Path) -> None:
    listed = subprocess.run(
        ["freshlayer", "inputs", str(ROOT)],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    images = set(re.findall(r"docker-image://(\S+)", listed.stdout))
    assert images == {"docker.io/library/python:3.13-slim", "docker.io/library/docker:28-cli"}
    assert 'ENTRYPOINT ["freshlayer"]' in (ROOT / "Dockerfile").read_text("utf-8")


def test_the_image_gets_what_a_wheel_is_made_of() -> None:
    sent = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert {"!src", "!pyproject.toml", "!README.md", "!LICENSE"} <= set(sent)
