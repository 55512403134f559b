"""The unit, the compose file, the manifest and the dashboard: parsed, and checked against the code."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from freshlayer.model.watched import Message
from freshlayer.watch.metrics import Figures, text_of
from freshlayer.watch.settings import read
from freshlayer.watch.triggers.base import Given
from freshlayer.watch.triggers.kubernetes import KubernetesTarget
from testing.builders.compose import compose_program
from testing.command import freshlayer
from testing.servers.base import find
from testing.servers.needs import require

yaml: Any = importlib.import_module("yaml")

DEPLOY = Path(__file__).parents[1] / "docs" / "deploy"
UNIT = (DEPLOY / "freshlayer-watch.service").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
MANIFEST = {it["kind"]: it for it in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8"))}


def words_of_unit() -> list[str]:
    (line,) = re.findall(r"(?m)^ExecStart=(.*)$", UNIT)
    return shlex.split(line)[1:]


def container() -> dict[str, Any]:
    (found,) = MANIFEST["Deployment"]["spec"]["template"]["spec"]["containers"]
    return dict(found)


@pytest.mark.parametrize("where", ["unit", "compose", "kubernetes"])
def test_the_command_line_is_one_that_there_is(where: str, tmp_path: Path) -> None:
    words = {
        "unit": words_of_unit(),
        "compose": COMPOSE["services"]["watch"]["command"],
        "kubernetes": container()["args"],
    }[where]
    config = tmp_path / "watch.toml"
    config.write_text("")
    assert words[words.index("--config") + 1] == "/etc/freshlayer/watch.toml"
    known = [str(config) if it == "/etc/freshlayer/watch.toml" else it for it in words]
    environment = {**os.environ, "HOME": str(tmp_path)}
    found = freshlayer([*known, "--test-trigger", "none"], environment, tmp_path)
    assert "--test-trigger none: there is no such trigger" in found.err
    found = freshlayer([*known, "--not-an-option", "--test-trigger", "none"], environment, tmp_path)
    assert "No such option" in found.err


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    require("systemd-analyze")
    program = find("systemd-analyze")
    unit = tmp_path / "freshlayer-watch.service"
    unit.write_text(UNIT.replace("/usr/local/bin/freshlayer", sys.executable))
    done = subprocess.run([program, "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (done.returncode, ours) == (0, []), done.stderr


def test_the_unit_has_no_rights_that_it_does_not_need() -> None:
    """The score of systemd: 10 is a service without any limit, below 2 is what it calls OK."""
    require("systemd-analyze")
    argv = [find("systemd-analyze"), "security", "--offline=true", "--threshold=17"]
    done = subprocess.run(
        [*argv, DEPLOY / "freshlayer-watch.service"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-300:]


def test_compose_reads_its_file(tmp_path: Path) -> None:
    """With the schema of its own, which knows no other key."""
    program = compose_program()
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    wrong = "services.watch Additional property readonly is not allowed"
    for name, content, problem in (("a", text, ""), ("b", text.replace("read_only:", "readonly:"), wrong)):
        (tmp_path / f"{name}.yaml").write_text(content)
        done = subprocess.run(
            [program, "-f", tmp_path / f"{name}.yaml", "config", "--quiet"],
            env={"PATH": os.defpath, "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert bool(done.returncode) == bool(problem), done.stderr
        assert problem in done.stderr


def test_compose_keeps_its_state_and_names_only_what_it_declares() -> None:
    watch = COMPOSE["services"]["watch"]
    volumes = [it.split(":")[0] for it in watch["volumes"] if not it.startswith(("/", "."))]
    assert (volumes, watch["secrets"]) == (list(COMPOSE["volumes"]), list(COMPOSE["secrets"]))
    assert watch["read_only"]
    assert all(port.startswith("127.0.0.1:") for port in watch["ports"])


SCHEMAS = "kubernetes_validate"
VERSIONS = ("1.25", "1.37")
"""Of Kubernetes: the oldest and the newest whose schemas there are."""


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_has_every_field_of_the_manifest(version: str) -> None:
    if importlib.util.find_spec(SCHEMAS) is None:
        missing = f"{SCHEMAS} is missing (scripts/setup python)"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    schemas = importlib.import_module(SCHEMAS)
    job = json.loads(MANIFEST["ConfigMap"]["data"]["job.json"])
    for document in (*MANIFEST.values(), job):
        schemas.validate(document, version, strict=True)
    with pytest.raises(schemas.ValidationError):
        schemas.validate({**MANIFEST["Service"], "specs": {}}, version, strict=True)


def test_the_configuration_of_the_manifest_is_one_that_the_service_reads() -> None:
    data = MANIFEST["ConfigMap"]["data"]
    settings = read(data["watch.toml"], "watch.toml")
    target = settings.triggers["rebuild"].target
    assert isinstance(target, KubernetesTarget)
    body = '{"causes": [], "event": "stale", "stale_since": 1}'
    given = Given(
        b"token", data[target.file].encode(), {"KUBERNETES_SERVICE_HOST": "k", "KUBERNETES_SERVICE_PORT": "1"}
    )
    request = target.request(Message("rebuild", "0" * 32, "/p/Dockerfile", body), given)
    assert request.url == "https://k:1/apis/batch/v1/namespaces/default/jobs"
    assert (MANIFEST["Role"]["rules"][0]["resources"], MANIFEST["Role"]["rules"][0]["verbs"]) == (
        ["jobs"],
        ["create"],
    )


def test_the_parts_of_the_manifest_name_each_other() -> None:
    pod = MANIFEST["Deployment"]["spec"]["template"]
    mounted = {it["name"] for it in container()["volumeMounts"]}
    assert mounted == {it["name"] for it in pod["spec"]["volumes"]}
    assert MANIFEST["Service"]["spec"]["selector"] == pod["metadata"]["labels"]
    assert MANIFEST["Deployment"]["spec"]["selector"]["matchLabels"] == pod["metadata"]["labels"]
    (port,) = MANIFEST["Service"]["spec"]["ports"]
    assert port["targetPort"] == container()["ports"][0]["name"]
    assert pod["spec"]["serviceAccountName"] == MANIFEST["ServiceAccount"]["metadata"]["name"]
    probes = [container()[it]["httpGet"]["path"] for it in ("livenessProbe", "readinessProbe")]
    assert probes == ["/healthz", "/readyz"]


def test_the_dashboard_has_the_metrics_that_there_are() -> None:
    dashboard = json.loads((DEPLOY / "grafana.json").read_text("utf-8"))
    targets = [target for panel in dashboard["panels"] for target in panel["targets"]]
    used = {name for target in targets for name in re.findall(r"freshlayer_\w+", target["expr"])}
    assert used == set(re.findall(r"(?m)^# TYPE (freshlayer_\w+)", text_of(Figures())))
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
