"""The console's pages of groups, roll-outs and configuration: what is asked first, what is shown, who may press."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tenants.charging.models import Session
from tenants.operations import actions
from tenants.operations.models import ConfigurationTemplate, FirmwareImage, Group, GroupAction, Rollout
from tests import builders
from tests.builders import NOW, Cast
from tests.saas.web.conftest import visitor

from .story import Clock, Peer, group_of

PLAN = {
    "stages": "50, 100", "failure_limit_pct": "5", "soak_minutes": "0", "timeout_minutes": "60", "patience_hours": "24"
}  # fmt: skip


@pytest.fixture
def operator(moment: None, people: Cast) -> Client:
    return visitor(user=people.operator)


def text(client: Client, path: str, status: int = 200) -> str:
    page = client.get(path)
    assert page.status_code == status, page.content[:500]
    return re.sub(r"\s+", " ", page.content.decode())


def sent(client: Client, path: str, data: dict[str, Any] | None = None, status: int = 302) -> str:
    page = client.post(path, data or {})
    assert page.status_code == status, (page.status_code, page.content.decode()[:2000])
    return page.headers.get("Location", "") if status == 302 else page.content.decode()


@pytest.mark.req("CHG-03")
def test_from_an_empty_page_to_the_result_of_an_action(operator: Client, people: Cast, clock: Clock) -> None:
    peer, no = Peer(clock, "CP-1"), Peer(clock, "CP-2")
    no.answers["Reset"] = {"status": "Rejected"}
    assert "No group yet" in text(operator, "/console/groups/")
    made = sent(operator, "/console/groups/", {"name": "Quay", "kind": "cluster"})
    assert "No device in it" in text(operator, made)
    sent(operator, f"{made}devices/", {"devices": "CP-1\nCP-2"})
    Session.objects.create(
        evse=builders.evse(of=peer.device), device_id=peer.device.device_id, state="charging", currency="EUR"
    )
    asked = text(operator, f"{made}do/restart/")
    assert "This reaches 2 devices." in asked and "1 of them charges now." in asked
    assert "does not fit" not in asked and not GroupAction.objects.exists()
    action = sent(operator, f"{made}do/restart/", {"kind": "soft", "wait_minutes": "10", "concurrency": "20"})
    for one in (peer, no):
        one.answer()
    page = text(operator, action)
    assert "1 of 2 done" in page and "Rejected" in page and "Once more for the 1 that failed" in page
    assert "CP-2" not in text(operator, f"{action}?state=done") and "data-working" not in page
    no.answers.clear()
    sent(operator, f"{action}retry/")
    no.answer()
    assert "2 of 2 done" in text(operator, action) and "2 of 2 done" in text(operator, made)
    sent(operator, f"{made}devices/{no.device.device_id}/take/")
    assert "CP-2" not in text(operator, made)
    assert sent(operator, f"{made}delete/") == "/console/groups/" and not Group.objects.exists()


@pytest.mark.req("CHG-03")
def test_a_group_is_changed_and_wrong_words_are_named(operator: Client, people: Cast, clock: Clock) -> None:
    group = group_of(Peer(clock, "CP-1"), by=people.operator)
    path = f"/console/groups/{group.uid}/"
    page = sent(operator, f"{path}change/", {"name": "Quay", "kind": "site"}, status=422)
    assert "A site is a group of one location" in page
    assert sent(operator, f"{path}change/", {"name": "East", "kind": "zone"}) == path
    assert "East" in text(operator, path)
    assert "already" in sent(operator, "/console/groups/", {"name": "East", "kind": "zone"}, status=409)
    wrong = {"key": "", "value": "1", "wait_minutes": "1", "concurrency": "1"}
    sent(operator, f"{path}do/set_configuration/", wrong, status=422)
    text(operator, f"{path}do/explode/", 404)


@pytest.mark.req("CHG-04")
def test_an_image_is_uploaded_and_rolled_out_in_stages(operator: Client, people: Cast, clock: Clock) -> None:
    peers = [Peer(clock, f"CP-{n}") for n in range(4)]
    assert "No roll-out yet" in text(operator, "/console/rollouts/")
    assert "No firmware to roll out" in text(operator, "/console/rollouts/new/")
    facts = {"kind": "ocpp", "version": "2.0", "vendor": "Volta"}
    sent(operator, "/console/firmware/", facts | {"file": SimpleUploadedFile("fw", b"")}, status=422)
    sent(operator, "/console/firmware/", facts | {"file": SimpleUploadedFile("fw", b"firmware")})
    image = FirmwareImage.objects.get()
    assert image.sha256[:12] in text(operator, "/console/firmware/")
    page = sent(operator, "/console/rollouts/new/", PLAN | {"image": str(image.uid), "stages": "50"}, status=422)
    assert "The plan does not fit" in page
    path = sent(operator, "/console/rollouts/new/", PLAN | {"image": str(image.uid)})
    for peer in peers:
        peer.answers["UpdateFirmware"] = "InternalError"
        peer.answer()
    page = text(operator, path)
    assert "Stopped: too many failed" in page and "2 of 2 devices of stage 1 failed. Nothing more is begun" in page
    assert "0 of 2 done · 2 failed" in page and "InternalError" in page
    sent(operator, f"{path}resume/", {"limit": "100"})
    sent(operator, f"{path}pause/")
    assert Rollout.objects.get().state == "paused" and "paused" in text(operator, "/console/rollouts/").lower()
    sent(operator, f"{path}abort/")
    assert "Aborted" in text(operator, path)
    sent(operator, f"/console/firmware/{image.uid}/withdraw/")
    assert "Withdrawn" in text(operator, "/console/firmware/")


@pytest.mark.req("CHG-04")
def test_rolling_back_is_asked_twice_and_is_a_roll_out_of_its_own(operator: Client, people: Cast, clock: Clock) -> None:
    peer = Peer(clock, "CP-1")
    described = actions.Described(kind="ocpp", version="2.0")
    image = actions.add_image(described=described, chunks=[b"2"], by=people.operator, now=NOW)
    rollout = actions.begin_firmware(image=image, by=people.operator, now=NOW)
    peer.answer()
    peer.boots("2.0")
    clock.pass_(5)
    path = f"/console/rollouts/{rollout.uid}/"
    assert "1 device took the new one and gets back what it had" in text(operator, path)
    back = sent(operator, f"{path}revert/")
    assert back != path and "There is no image of the version before" in text(operator, back)


@pytest.mark.req("CHG-04")
def test_a_template_shows_drift_and_sets_it_right(operator: Client, people: Cast, clock: Clock) -> None:
    peer = Peer(clock, "CP-1")
    group = group_of(peer, by=people.operator)
    held = {"key": "HeartbeatInterval", "value": "30", "readonly": False}
    peer.answers["GetConfiguration"] = {"configurationKey": [held]}
    assert "No template yet" in text(operator, "/console/configuration/")
    form = {"name": "Rules", "groups": [str(group.uid)], "v16": "HeartbeatInterval = 60", "v201": ""}
    new = "/console/configuration/new/"
    assert "has no =" in sent(operator, new, form | {"v16": "nonsense"}, status=422)
    assert "is there twice" in sent(operator, new, form | {"v16": "A=1\nA=2"}, status=422)
    path = sent(operator, new, form)
    assert "The stations are being asked" in text(operator, path)
    clock.pass_(5)
    peer.answer()
    page = text(operator, path)
    assert "HeartbeatInterval" in page and "Differs" in page and ">30<" in page
    assert "1 differs" in text(operator, "/console/configuration/")
    rollout = sent(operator, f"{path}fix/", PLAN | {"device": peer.device.device_id, "stages": "100"})
    assert "Rules" in text(operator, rollout)
    assert "Rules" in text(operator, f"{path}change/") and "HeartbeatInterval = 60" in text(operator, f"{path}change/")
    sent(operator, f"{path}check/")
    sent(operator, f"{path}delete/")
    assert not ConfigurationTemplate.objects.exists()


@pytest.mark.req("TEN-04", "CHG-03", "CHG-04")
def test_who_may_only_look_gets_no_buttons_and_strangers_get_nothing(
    operator: Client, people: Cast, clock: Clock, barq: object
) -> None:
    from saas.kit.tenant_context import tenant_schema

    with tenant_schema("ampere"):
        group = group_of(Peer(clock, "CP-1"), by=people.operator)
        support = visitor(user=builders.person("support", "support"))
        outsider = visitor(user=people.outsider)
    other = visitor("barq.localhost", builders.person("owner", "owner"))
    path = f"/console/groups/{group.uid}/"
    page = text(support, path)
    assert "/do/" not in page and "Dissolve" not in page
    for url in (f"{path}do/restart/", f"{path}change/", "/console/rollouts/new/", "/console/configuration/new/"):
        text(support, url, 403)
    for url in ("/console/groups/", "/console/rollouts/", "/console/firmware/", "/console/configuration/"):
        text(support, url)
        text(outsider, url, 403)
    for client in (outsider, other):
        text(client, path, 404)
        assert client.post(f"{path}delete/").status_code == 404
    assert Client(headers={"host": "ampere.localhost"}).get(path).status_code == 302
