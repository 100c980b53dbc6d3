"""The operations API: groups, actions, images, roll-outs, templates; staff with the right, nobody else."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.stations.models import Station
from tests import builders
from tests.tenants.apiclient import Api, code, person, said

from .story import Clock, Peer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moment")]
VALUES = {"ocpp1.6": {"HeartbeatInterval": "60"}}


@pytest.fixture
def operator(ampere: Tenant) -> Api:
    return Api("ampere", person("ampere", "", "operator"))


@pytest.fixture
def peer(ampere: Tenant) -> Peer:
    return Peer(Clock(), "CP-7")


def upload(api: Api, **facts: str) -> Any:
    """An image through the multipart form."""
    client = Client(headers={"host": "ampere.localhost", **api.headers})
    file = SimpleUploadedFile("fw.bin", b"firmware", "application/octet-stream")
    return client.post("/api/v1/firmware", {"kind": "ocpp", "version": "2.0", **facts, "file": file})


@pytest.mark.req("CHG-03", "API-01")
def test_a_group_from_making_to_the_end_of_an_action(operator: Api, peer: Peer) -> None:
    made = said(operator.post("/groups", {"name": "Quay", "devices": ["CP-7"]}))
    path = f"/groups/{made['uid']}"
    assert (made["devices"], made["online"], made["named"]) == (1, 1, [peer.device.device_id])
    assert code(operator.post("/groups", {"name": "Quay"})) == (409, "name_taken")
    assert code(operator.post("/groups", {"name": "East", "devices": ["nobody"]})) == (404, "not_found")
    assert [row["name"] for row in said(operator.get(f"{path}/devices"))["items"]] == ["CP-7"]
    verbs = {row["key"]: row for row in said(operator.get("/group-verbs"))["items"]}
    assert verbs["restart"]["dangerous"] and [f["name"] for f in verbs["restart"]["parameters"]] == ["kind"]
    started = said(operator.post(f"{path}/actions", {"verb": "restart", "parameters": {"kind": "hard"}}))
    assert (started["state"], started["counts"]) == ("running", {"sent": 1})
    with tenant_schema("ampere"):
        peer.answer()
    action = f"/group-actions/{started['uid']}"
    assert said(operator.get(action))["finished_pct"] == 100
    (task,) = said(operator.get(f"{action}/devices?state=done"))["items"]
    assert (task["name"], task["took_ms"], task["answer"]) == ("CP-7", 40, {"status": "Accepted"})
    assert code(operator.post(f"{action}/cancel")) == (409, "action_over")
    assert code(operator.post(f"{action}/retry", {})) == (409, "action_over")
    assert operator("DELETE", f"{path}/devices/CP-7").status_code == 204
    assert code(operator.post(f"{path}/actions", {"verb": "restart"})) == (409, "no_devices")
    assert code(operator.post(f"{path}/actions", {"verb": "explode"})) == (422, "invalid")
    assert operator("DELETE", path).status_code == 204 and code(operator.get(path)) == (404, "not_found")
    assert said(operator.get(action))["group_name"] == "Quay"


@pytest.mark.req("CHG-03", "API-01")
def test_a_site_keeps_itself_up_to_date_and_a_zone_holds_its_sites(operator: Api, peer: Peer) -> None:
    with tenant_schema("ampere"):
        place = builders.evse().location
        Station.objects.filter(pk=peer.station.pk).update(location=place)
    zone = said(operator.post("/groups", {"name": "North", "kind": "zone"}))
    site = said(
        operator.post("/groups", {"name": "Yard", "kind": "site", "location": str(place.uid), "parent": zone["uid"]})
    )
    assert (site["devices"], said(operator.get(f"/groups/{zone['uid']}"))["devices"]) == (2, 2)
    with tenant_schema("ampere"):
        Station.objects.filter(pk=peer.station.pk).update(location=None)
    assert said(operator.get(f"/groups/{zone['uid']}"))["devices"] == 1
    inside = {"name": "North", "kind": "zone", "parent": site["uid"]}
    assert code(operator("PATCH", f"/groups/{zone['uid']}", inside)) == (422, "invalid")
    assert code(operator("DELETE", f"/groups/{zone['uid']}")) == (409, "group_in_use")
    assert code(operator.post("/groups", {"name": "X", "kind": "site"})) == (422, "invalid")
    volta = said(operator.post("/groups", {"name": "All Voltas", "vendor": "volt*"}))
    assert [row["name"] for row in said(operator.get(f"/groups/{volta['uid']}/devices"))["items"]] == ["CP-7"]


@pytest.mark.req("CHG-04", "API-01")
def test_an_image_is_uploaded_and_rolled_out(operator: Api, peer: Peer) -> None:
    answer = upload(operator, vendor="Volta")
    image = json.loads(answer.content)
    assert answer.status_code == 201 and image["url"].endswith(f"/{image['sha256']}.bin") and image["size"] == 8
    assert upload(operator, vendor="Volta").status_code == 409
    assert upload(operator, kind="adapter", signature="00").status_code == 422
    body = {"image": image["uid"], "plan": {"stages": [50, 100], "soak_s": 0, "failure_limit_pct": 0}}
    rollout = said(operator.post("/rollouts", body))
    path = f"/rollouts/{rollout['uid']}"
    assert (rollout["state"], rollout["stage"], [s["devices"] for s in rollout["stages"]]) == ("running", 1, [1, 0])
    assert said(operator.post(f"{path}/pause"))["state"] == "paused"
    assert said(operator.post(f"{path}/resume", {}))["state"] == "running"
    with tenant_schema("ampere"):
        peer.answers["UpdateFirmware"] = "NotSupported"
        peer.answer()
    (device,) = said(operator.get(f"{path}/devices"))["items"]
    assert (device["state"], device["error"]) == ("failed", "NotSupported")
    assert said(operator.get(path))["reason"] == "1 of 1 devices of stage 1 failed"
    assert code(operator.post(f"{path}/resume", {})) == (409, "above_failure_limit")
    assert code(operator.post(f"{path}/revert")) == (409, "nothing_to_revert")
    assert said(operator.post(f"{path}/abort"))["state"] == "aborted"
    assert code(operator.post(f"{path}/retry")) == (409, "rollout_state")
    assert said(operator.post(f"/firmware/{image['uid']}/withdraw"))["withdrawn_at"]
    assert code(operator.post("/rollouts", body)) == (422, "invalid")
    assert code(operator.post("/rollouts", {})) == (422, "invalid")
    assert code(operator.post("/rollouts", body | {"plan": {"stages": [50]}})) == (422, "invalid")


@pytest.mark.req("CHG-04", "API-01")
def test_a_template_its_drift_and_the_fix(operator: Api, peer: Peer) -> None:
    group = said(operator.post("/groups", {"name": "Quay", "devices": ["CP-7"]}))["uid"]
    made = said(operator.post("/configuration-templates", {"name": "Rules", "values": VALUES, "groups": [group]}))
    path = f"/configuration-templates/{made['uid']}"
    assert made["drift"] == {"stations": 1, "drifting": 0, "open": 1, "failed": 0}
    held = {"key": "HeartbeatInterval", "value": "30", "readonly": False}
    peer.answers["GetConfiguration"] = {"configurationKey": [held]}
    with tenant_schema("ampere"):
        peer.clock.pass_(5)
        peer.answer()
    (check,) = said(operator.get(f"{path}/stations?drifting=true"))["items"]
    finding = check["findings"]["HeartbeatInterval"]
    assert (finding["kind"], finding["expected"], finding["actual"]) == ("differs", "60", "30")
    assert said(operator.post(f"{path}/check"))["stations"] == 1
    assert said(operator.post(f"{path}/fix", {"devices": ["CP-7"]}))["kind"] == "configuration"
    body = {"name": "Rules", "values": {"ocpp1.6": {"A": "1"}}, "groups": []}
    assert said(operator("PATCH", path, body))["drift"]["stations"] == 0
    assert code(operator.post(f"{path}/fix", {})) == (409, "no_devices")
    assert operator("DELETE", path).status_code == 204


@pytest.mark.req("TEN-04", "CHG-03", "CHG-04")
@pytest.mark.parametrize(
    ("role", "sees", "changes"),
    [
        ("owner", True, True), ("admin", True, True), ("operator", True, True), ("support", True, False),
        ("auditor", True, False), ("technician", True, False), ("finance", True, False), ("integrator", True, False),
        ("esg_analyst", False, False), ("", False, False),
    ],
)  # fmt: skip
def test_who_may_see_and_who_may_do(operator: Api, peer: Peer, role: str, sees: bool, changes: bool) -> None:
    group = f"/groups/{said(operator.post('/groups', {'name': 'Quay', 'devices': ['CP-7']}))['uid']}"
    image = json.loads(upload(operator).content)["uid"]
    api = Api("ampere", person("ampere", "", *([role] if role else [])))
    for path in ("/groups", "/rollouts", "/firmware", "/configuration-templates"):
        assert api.get(path).status_code == (200 if sees else 403), path
    assert api.get(group).status_code == (200 if sees else 404)
    refused = 403 if sees else 404
    tries = {
        "/rollouts": ({"image": image}, 201), f"{group}/actions": ({"verb": "clear_cache"}, 202),
        f"{group}/devices": ({"devices": ["CP-7"]}, 200), f"/firmware/{image}/withdraw": (None, 200),
    }  # fmt: skip
    for path, (body, good) in tries.items():
        assert api.post(path, body).status_code == (good if changes else refused), path
    new = {"name": "Other", "values": VALUES}
    assert api.post("/configuration-templates", new).status_code == (201 if changes else 403)
    assert api.post("/groups", {"name": "Other"}).status_code == (201 if changes else 403)
