"""The manifests of the data side are what Kubernetes takes, bounded, probed, and without a secret in clear."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from pipelines.defs.fanout.__main__ import _arguments, command
from pipelines.defs.start import MODULES

pytestmark = pytest.mark.req("OPS-04")
FOLDER = Path(__file__).parents[2] / "infra" / "k8s" / "pipelines"
WORKLOADS = ("Deployment", "StatefulSet")


def things() -> list[dict[str, Any]]:
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    assert sorted(listed) == sorted(f.name for f in FOLDER.glob("*.yaml") if f.name != "kustomization.yaml")
    return [thing for name in listed for thing in yaml.safe_load_all((FOLDER / name).read_text())]


def containers() -> list[dict[str, Any]]:
    pods = [thing["spec"]["template"]["spec"] for thing in things() if thing["kind"] in WORKLOADS]
    return [container for pod in pods for container in pod["containers"]]


def test_each_is_valid_for_kubernetes_and_names_no_namespace() -> None:
    for thing in things():
        kubernetes_validate.validate(thing, "1.31", strict=True)
        assert "namespace" not in thing["metadata"]


def test_each_container_is_bounded_probed_and_without_rights() -> None:
    assert {c["name"] for c in containers()} == {"scheduler", "worker", "daemon", "web"}
    for container in containers():
        assert {"requests", "limits"} <= container["resources"].keys()
        assert "livenessProbe" in container or "readinessProbe" in container
        assert container["securityContext"]["allowPrivilegeEscalation"] is False


def test_no_secret_is_written_down() -> None:
    assert not [thing for thing in things() if thing["kind"] == "Secret"]
    for container in containers():
        assert not [entry for entry in container.get("env", []) if "SECRET" in entry["name"] or "KEY" in entry["name"]]
    (settings,) = (thing["data"] for thing in things() if thing["kind"] == "ConfigMap")
    assert not [name for name in settings if "SECRET" in name or "PASSWORD" in name or "KEY" in name]


def test_their_commands_are_those_of_the_product() -> None:
    words = {c["name"]: c["command"] for c in containers()}
    for part in ("scheduler", "worker"):
        assert command(_arguments(words[part][3:]))[1:4] == ["-m", "dask", part]
    assert [words[name][3] for name in ("daemon", "web")] == ["daemon", "web"]
    assert {"daemon", "web"} <= MODULES.keys()


def test_the_bound_of_a_worker_lies_below_that_of_its_container() -> None:
    (worker,) = (c for c in containers() if c["name"] == "worker")
    limits = command(_arguments(worker["command"][3:]))
    assert (
        int(limits[limits.index("--memory-limit") + 1]) < 2560 * 2**20 == _mebi(worker["resources"]["limits"]["memory"])
    )


def _mebi(text: str) -> int:
    return int(text.removesuffix("Mi")) * 2**20
