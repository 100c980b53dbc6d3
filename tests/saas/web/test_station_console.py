"""A station's own pages on the operator's console: what they show, what their buttons do, and for whom."""

import re
from typing import Any

import pytest
from django.test import Client

from saas.contracts import rpc
from saas.devices import actions as devices
from saas.kit.time import to_ms
from saas.tenancy.models import Tenant
from tenants.charging.models import DeviceCommand
from tenants.sites.actions import Place, create_location
from tenants.stations import actions
from tenants.stations.models import Item, StationCommand, StationPolicy, Variable
from tenants.stations.views import commands as views
from tests import builders
from tests.builders import NOW
from tests.tenants.stations.rig import Rig

from .conftest import visitor

TABS = ("", "commands/", "configuration/", "lists/", "certificates/", "logs/")
OK = {"status": "Accepted"}


@pytest.fixture
def rig(ampere: Tenant, monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.setattr(views, "WAIT_S", 0)
    rig = Rig()
    builders.evse(of=rig.device)
    told = rpc.StatusReport(
        device=rig.device.device_id, evse=1, status="Faulted", error_code="GroundFailure", ts_ms=to_ms(NOW)
    )
    actions.station_status(device=rig.device, status=told, now=NOW)
    key = {"key": "HeartbeatInterval", "readonly": False, "value": "<60>"}
    rig.call("GetConfiguration", {}, {"configurationKey": [key, {"key": "Fixed", "readonly": True, "value": "1"}]})
    return rig


@pytest.fixture
def operator(ampere: Tenant) -> Client:
    return visitor(user=builders.person("operator", "operator"))


def path(rig: Rig, tab: str = "") -> str:
    return f"/console/stations/{rig.station.uid}/{tab}"


@pytest.mark.req("CHG-02", "CHG-08", "MNT-04")
@pytest.mark.parametrize("tab", TABS)
def test_every_page_opens_with_what_is_known(rig: Rig, operator: Client, tab: str) -> None:
    rig.tell("SecurityEventNotification", {"type": "Tamper", "timestamp": "2026-11-20T08:00:00Z"})
    page = operator.get(path(rig, tab))
    text = page.content.decode()
    assert page.status_code == 200 and "CP-1" in text
    expected = {"": "GroundFailure", "configuration/": "&lt;60&gt;", "logs/": "Tamper", "commands/": "GetConfiguration"}
    assert expected.get(tab, "") in text


@pytest.mark.req("CHG-02", "TEN-04")
@pytest.mark.parametrize("tab", TABS)
def test_pages_are_for_who_sees_stations_and_buttons_for_who_commands_them(rig: Rig, tab: str) -> None:
    support, driver = (visitor(user=builders.person(role, role)) for role in ("support", "fleet_driver"))
    assert driver.get(path(rig, tab)).status_code == 404
    seen = support.get(path(rig, tab))
    assert seen.status_code == (403 if tab == "commands/" else 200)
    assert '<form method="post"' not in seen.content.decode().split("<main", 1)[1]
    for verb in ("do/restart/", "configuration/set/", "lists/sync/", "logs/fetch/", "commands/"):
        assert support.post(path(rig, verb), {"key": "A", "value": "1"}).status_code == 403, verb
        assert driver.post(path(rig, verb)).status_code == 404
    assert visitor().get(path(rig, tab)).status_code == 302


def test_the_other_tenant_sees_nothing(rig: Rig, barq: Tenant) -> None:
    owner = visitor("barq.localhost", builders.person("owner", "owner"))
    assert [owner.get(path(rig, tab)).status_code for tab in TABS] == [404] * len(TABS)


def sent() -> tuple[str, Any]:
    row = DeviceCommand.objects.latest("id").payload["data"]
    return row["action"], row["payload"]


@pytest.mark.req("CHG-02")
@pytest.mark.parametrize(
    ("verb", "body", "expected"),
    [
        ("restart", {}, ("Reset", {"type": "Soft"})),
        ("restart-now", {}, ("Reset", {"type": "Hard"})),
        ("unlock", {"evse": "2"}, ("UnlockConnector", {"connectorId": 2})),
        ("out-of-service", {}, ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})),
        ("evse-in-service", {"evse": "1"}, ("ChangeAvailability", {"connectorId": 1, "type": "Operative"})),
        ("status", {}, ("TriggerMessage", {"requestedMessage": "StatusNotification"})),
    ],
)
def test_a_button_sends_what_it_says(
    rig: Rig, operator: Client, verb: str, body: dict[str, str], expected: tuple[str, Any]
) -> None:
    answer = operator.post(path(rig, f"do/{verb}/"), body, follow=True)
    assert answer.status_code == 200 and sent() == expected
    assert StationCommand.objects.latest("id").origin == "operator"
    assert operator.post(path(rig, "do/nonsense/")).status_code == 404


@pytest.mark.req("CHG-02")
def test_any_call_is_written_sent_and_its_answer_shown(rig: Rig, operator: Client) -> None:
    form = operator.get(path(rig, "commands/?action=ReserveNow")).content.decode()
    assert "reservationId" in form and "expiryDate" in form
    answer = operator.post(path(rig, "commands/"), {"action": "ClearCache", "payload": ""})
    shown = operator.get(answer.headers["Location"]).content.decode()
    assert "data-working" in shown
    rig.done(StationCommand.objects.latest("id"), {"status": "Rejected"})
    shown = operator.get(answer.headers["Location"]).content.decode()
    assert "Rejected" in shown and "data-working" not in shown


@pytest.mark.req("CHG-02")
@pytest.mark.parametrize(
    ("payload", "status", "says"),
    [
        ('{"type": "Warm"}', 422, "/type (enum)"),
        ("{", 422, "This is not JSON"),
        ('{"type": "Soft"}', 409, "not connected"),
    ],
)
def test_what_is_wrong_with_a_call_is_said_beside_it(
    rig: Rig, operator: Client, payload: str, status: int, says: str
) -> None:
    devices.seen(device_id=rig.device.device_id, now=NOW, online=False)
    page = operator.post(path(rig, "commands/"), {"action": "Reset", "payload": payload})
    text = page.content.decode()
    assert page.status_code == status and says in text
    assert payload.replace('"', "&quot;") in text
    assert not StationCommand.objects.filter(action="Reset").exists()


@pytest.mark.req("CHG-02")
def test_a_value_is_set_and_the_list_brought_up_to_date(rig: Rig, operator: Client) -> None:
    operator.post(path(rig, "configuration/set/"), {"key": "HeartbeatInterval", "value": "30"})
    assert sent() == ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "30"})
    operator.post(path(rig, "lists/sync/"))
    assert sent() == ("GetLocalListVersion", {})
    operator.post(path(rig, "logs/fetch/"), {"kind": "security"})
    action, payload = sent()
    assert action == "GetLog" and re.match(
        r"http://ampere.localhost/api/v1/uploads/.{32}/$", payload["log"]["remoteLocation"]
    )
    found = operator.get(path(rig, "configuration/?q=heart")).content.decode()
    assert "HeartbeatInterval" in found and ">Fixed<" not in found
    Variable.objects.all().delete()
    Item.objects.create(station=rig.station, kind="certificate", key="1", data={"type": "X", "state": "sent"}, at=NOW)
    assert operator.get(path(rig, "certificates/")).status_code == 200


@pytest.mark.req("CHG-05", "TEN-04")
def test_the_rules_are_changed_by_who_manages_stations(rig: Rig, operator: Client) -> None:
    place = create_location(place=Place("Quay 1", "Helsinki", "FI", 60.17, 24.94), private=False, now=NOW)
    rules = {"least_profile": "2", "heartbeat_s": "300", "log_days": "7", "auto_accept": "on"}
    page = operator.get("/console/station-policy/").content.decode()
    assert "ws://localhost:9000/ocpp/ampere/" in page
    refused = operator.post("/console/station-policy/", rules)
    assert refused.status_code == 422 and not StationPolicy.objects.exists()
    assert operator.post("/console/station-policy/", rules | {"auto_location": str(place.uid)}).status_code == 302
    saved = StationPolicy.objects.get()
    assert (saved.least_profile, saved.auto_location, saved.local_lists) == (2, place, False)
    support = visitor(user=builders.person("support", "support"))
    assert support.get("/console/station-policy/").status_code == 403
    assert support.post("/console/station-policy/", rules).status_code == 403


@pytest.mark.req("CHG-08")
def test_the_console_shows_stations_with_what_their_connectors_say(rig: Rig, operator: Client) -> None:
    text = operator.get("/console/").content.decode()
    assert path(rig) in text and "Faulted" in text and "/console/station-policy/" in text
