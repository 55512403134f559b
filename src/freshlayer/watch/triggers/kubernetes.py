"""A Job of Kubernetes, created by one request to its API.

kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/#create-create-a-job: 201, and 409 where
there is one of that name. The name is made of the idempotency key, so that 409 is "delivered".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from freshlayer.errors import OptionError
from freshlayer.model.watched import Message
from freshlayer.watch.settings_table import SecretPlace, Table
from freshlayer.watch.triggers.base import JSON, Given, Request, RequestError, bearer
from freshlayer.watch.triggers.text import variables_of
from freshlayer.watch.urls import fault_of

_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
"""What a pod has of its service account: ``token`` and ``ca.crt``."""

_NO_POD = "that of the service account of a pod; elsewhere set server, ca_file, token_env or token_file"

_DONE = frozenset({200, 201, 202, 409})
_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_LONGEST_PREFIX = 26
"""Of 63 characters; the key has 32."""

_LONGEST = 30_000


class KubernetesTarget(Struct, frozen=True):
    """``file``: the Job as JSON. ``server``: empty for the cluster that the service runs in."""

    file: str
    secret: SecretPlace = SecretPlace(file=f"{_ACCOUNT}/token", cure=_NO_POD)
    authorities: str = f"{_ACCOUNT}/ca.crt"
    server: str = ""
    namespace: str = ""
    timeout: int = 10

    def request(self, message: Message, given: Given) -> Request:
        """A Job of the template, with a name and variables of the message."""
        job = _template(given.file)
        metadata = dict(job["metadata"])
        namespace = self.namespace or metadata.get("namespace") or "default"
        if not isinstance(namespace, str) or not re.fullmatch(_LABEL, namespace):
            raise RequestError("the namespace of its file is no name")
        metadata |= {"name": _name(metadata, message), "namespace": namespace}
        metadata.pop("generateName", None)
        body = json.dumps({**job, "metadata": metadata, "spec": _spec(job["spec"], message)}).encode()
        url = f"{self.server or _in_cluster(given.environ)}/apis/batch/v1/namespaces/{namespace}/jobs"
        return Request(url, body, {**JSON, **bearer(given)}, done=_DONE)


def _in_cluster(environ: Mapping[str, str]) -> str:
    host, port = (environ.get(f"KUBERNETES_SERVICE_{it}", "") for it in ("HOST", "PORT"))
    url = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    if not host or not port or fault_of(url):
        raise RequestError("this is no pod of Kubernetes (set server, token_env and ca_file)")
    return url


def _template(content: bytes) -> dict[str, Any]:
    try:
        job = json.loads(content)
    except (ValueError, RecursionError):
        raise RequestError("its file is not JSON") from None
    if not isinstance(job, dict) or job.get("kind") != "Job" or job.get("apiVersion") != "batch/v1":
        raise RequestError("its file is no Job of batch/v1")
    if not isinstance(job.setdefault("metadata", {}), dict) or not isinstance(job.get("spec"), dict):
        raise RequestError("its file is a Job without a spec")
    return job


def _name(metadata: Mapping[str, Any], message: Message) -> str:
    """A label of DNS (RFC 1123), as the name of a Job has to be."""
    given = str(metadata.get("name") or metadata.get("generateName") or message.trigger).lower()
    prefix = re.sub(r"[^a-z0-9]+", "-", given)[:_LONGEST_PREFIX].strip("-") or "freshlayer"
    return f"{prefix}-{message.key}"


def _spec(spec: Mapping[str, Any], message: Message) -> dict[str, Any]:
    """With the variables of a message in each container."""
    try:
        pod = spec["template"]["spec"]
        containers = [_container(it, message) for it in pod["containers"]]
    except (TypeError, KeyError, AttributeError):
        raise RequestError("its file is a Job without containers") from None
    return {**spec, "template": {**spec["template"], "spec": {**pod, "containers": containers}}}


def _container(container: Mapping[str, Any], message: Message) -> dict[str, Any]:
    values = variables_of(message, _LONGEST)
    own = [it for it in container.get("env") or () if it["name"] not in values]
    # "$(NAME)" in a value names another variable, and "$$" is one dollar.
    added = [{"name": name, "value": value.replace("$", "$$")} for name, value in values.items()]
    return {**container, "env": [*own, *added]}


def read(table: Table) -> KubernetesTarget:
    """Raises OptionError."""
    file = table.text("job")
    if not file:
        raise table.fault("job", "the name of a file with a Job, as JSON")
    namespace = table.text("namespace")
    if namespace and not re.fullmatch(_LABEL, namespace):
        raise table.fault("namespace", "the name of a namespace")
    server, authorities = table.text("server").rstrip("/"), table.text("ca_file")
    usual = KubernetesTarget(file)
    secret = table.secret("token", needed=bool(server))
    if server and (fault := fault_of(server, private=True)):
        raise table.fault("server", fault)
    if not server and authorities:
        raise OptionError(f"{table.where}: ca_file needs server")
    return KubernetesTarget(
        file,
        secret if secret.is_named else usual.secret,
        authorities if server else usual.authorities,
        server,
        namespace,
        table.seconds("timeout", 10, least=1),
    )
