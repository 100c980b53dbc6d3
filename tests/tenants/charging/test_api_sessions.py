"""Sessions and stations through the API, from the scanned code to the receipt."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Event, Telemetry
from saas.devices.models import Device
from saas.kit.tenant_context import tenant_schema
from saas.kit.time import floor_minute, iso, to_ms
from tenants.charging.actions import receive_event, receive_sample
from tenants.charging.models import DeviceCommand, Session
from tenants.charging.queries import qr_token
from tenants.fleets.models import Vehicle
from tenants.stations.models import Station
from tests import builders
from tests.saas.web.conftest import visitor
from tests.tenants.apiclient import Api, code, person, said, unknown_to_others
from tests.tenants.charging.story import START, Story

pytestmark = pytest.mark.django_db


class Charging:
    """A paid booking that has begun."""

    def __init__(self) -> None:
        self.host = person("ampere", "", identity="verified")
        self.driver = person("ampere", "", identity="verified")
        self.api = Api("ampere", self.driver)
        with tenant_schema("ampere"):
            self.listing = builders.listing(host=self.host)
        start = floor_minute(timezone.now())
        wish = {"charger": str(self.listing.uid), "start": iso(start), "end": iso(start + timedelta(minutes=60))}
        booking = said(self.api.post("/bookings", wish))
        confirmed = self.api.post(f"/bookings/{booking['uid']}/confirm", {"method": "tok_approved"})
        self.uid = said(confirmed)["session"]
        self.path = f"/sessions/{self.uid}"
        with tenant_schema("ampere"):
            self.token = qr_token(self.listing.evse)
            self.device = Device.objects.get(device_id=self.listing.evse.device_id)

    def hear(self, kind: str, energy_wh: int, **more: Any) -> None:
        """The device says so."""
        now = timezone.now()
        event = Event(
            v=1, boot=7, seq=energy_wh, ts_ms=to_ms(now), type=kind, session=self.uid, energy_wh=energy_wh, **more
        )
        with tenant_schema("ampere"):
            receive_event(device=self.device, event=event, received_at=now)

    def sample(self, energy_wh: int, power_w: int) -> None:
        now = timezone.now()
        sample = Telemetry(
            v=1, boot=7, seq=energy_wh, ts_ms=to_ms(now), session=self.uid, energy_wh=energy_wh, power_w=power_w
        )
        with tenant_schema("ampere"):
            receive_sample(device=self.device, sample=sample, received_at=now)


@pytest.fixture
def charging(db: None) -> Charging:
    return Charging()


@pytest.mark.req("MKT-11", "MKT-12", "MKT-13", "API-01")
def test_scan_charge_stop_and_receipt(charging: Charging) -> None:
    started = charging.api.post(f"{charging.path}/activate", {"qr_token": charging.token})
    assert said(started)["state"] == "starting"
    charging.hear(wire.EV_STARTED, 1000)
    charging.sample(1250, 7400)
    live = said(charging.api.get(charging.path))
    assert (live["state"], live["energy_wh"], live["power_w"]) == ("charging", 250, 7400)
    assert live["cost"]["currency"] == "EUR" and 0 < live["seconds_left"] <= 3600
    assert charging.api.post(f"{charging.path}/stop").status_code == 200
    charging.hear(wire.EV_STOPPED, 1300, reason=wire.STOP_REMOTE)
    receipt = said(charging.api.get(f"{charging.path}/receipt"))
    assert (receipt["closed"], receipt["energy_wh"], receipt["total"]["amount_minor"]) == (True, 300, 600)
    assert sum(line["amount_minor"] for line in receipt["lines"]) == 600


@pytest.mark.req("MKT-13", "BIL-05")
def test_the_host_sees_what_was_earned_and_no_card(charging: Charging) -> None:
    charging.hear(wire.EV_STARTED, 1000)
    charging.hear(wire.EV_STOPPED, 1300, reason=wire.STOP_REMOTE)
    host = Api("ampere", charging.host)
    receipt = said(host.get(f"{charging.path}/receipt"))
    assert (receipt["total"]["amount_minor"], receipt["method"], receipt["held"]["amount_minor"]) == (510, "", 0)
    earnings = said(host.get("/host/earnings"))
    assert earnings["balance"] == {"amount_minor": 510, "currency": "EUR"}
    assert sum(line["amount"]["amount_minor"] for line in earnings["items"]) == 510
    assert said(charging.api.get("/host/earnings"))["items"] == []
    assert said(Api("barq", person("barq", "", "owner")).get("/host/earnings"))["items"] == []


@pytest.mark.req("MKT-11")
def test_the_code_of_another_charger_starts_nothing(charging: Charging) -> None:
    with tenant_schema("ampere"):
        other = qr_token(builders.listing(host=charging.host).evse)
    assert code(charging.api.post(f"{charging.path}/activate", {"qr_token": other})) == (409, "wrong_charger")
    assert code(charging.api.post(f"{charging.path}/activate", {"qr_token": "nonsense"})) == (404, "not_found")
    with tenant_schema("ampere"):
        assert not DeviceCommand.objects.filter(type=wire.CMD_ACTIVATE).exists()


@pytest.mark.req("TEN-03", "TEN-04", "MKT-11")
@pytest.mark.parametrize(
    ("word", "body"), [("activate", {"qr_token": "x"}), ("stop", None), ("extend", {"minutes": 10})]
)
def test_nobody_else_steers_a_session(charging: Charging, word: str, body: dict[str, Any] | None) -> None:
    if body and "qr_token" in body:
        body = {"qr_token": charging.token}
    for api in (Api("ampere", person("ampere")), Api("barq", person("barq", "", "owner"))):
        assert code(api.post(f"{charging.path}/{word}", body)) == (404, "not_found")


@pytest.mark.req("MKT-13")
def test_a_session_is_made_longer_while_the_next_time_is_free(charging: Charging) -> None:
    before = said(charging.api.get(charging.path))
    longer = charging.api.post(f"{charging.path}/extend", {"minutes": 30})
    assert longer.status_code == 200
    assert said(longer)["ends_at"] > before["ends_at"]
    assert code(charging.api.post(f"{charging.path}/extend", {"minutes": 0})) == (422, "invalid")


@pytest.mark.req("TEN-03", "TEN-04")
def test_lists_show_each_side_its_own(charging: Charging) -> None:
    operator = Api("ampere", person("ampere", "", "operator"))
    outsider, other = Api("ampere", person("ampere")), Api("barq", person("barq", "", "owner"))
    assert [s["uid"] for s in said(charging.api.get("/sessions"))["items"]] == [charging.uid]
    assert [s["uid"] for s in said(Api("ampere", charging.host).get("/sessions?side=host"))["items"]] == [charging.uid]
    assert charging.uid in [s["uid"] for s in said(operator.get("/sessions?side=all"))["items"]]
    for side in ("driver", "host", "organisation"):
        assert said(outsider.get(f"/sessions?side={side}"))["items"] == []
    assert code(outsider.get("/sessions?side=all")) == (403, "forbidden")
    assert said(other.get("/sessions?side=all"))["items"] == []
    unknown_to_others(charging.path)


@pytest.fixture
def station(db: None) -> Station:
    with tenant_schema("ampere"):
        device = builders.device(kind=Device.Kind.STATION, station_id="CP-1")
        evse = builders.evse(of=device)
        made: Station = Station.objects.create(
            device_id=device.device_id, station_id="CP-1", protocol="ocpp1.6", vendor="ABB", location=evse.location
        )
    return made


@pytest.mark.req("CHG-08", "API-01")
def test_staff_see_stations_and_their_evses(station: Station) -> None:
    api = Api("ampere", person("ampere", "", "operator"))
    [seen] = said(api.get("/stations"))["items"]
    assert (seen["station_id"], seen["online"], seen["vendor"]) == ("CP-1", True, "ABB")
    assert seen["evses"][0]["connectors"] == [{"standard": "IEC_62196_T2", "max_power_w": 11000}]
    assert said(api.get(f"/stations/{station.uid}")).items() >= seen.items()
    unknown_to_others(f"/stations/{station.uid}")
    assert code(Api("ampere", person("ampere")).get("/stations")) == (403, "forbidden")


@pytest.mark.req("CHG-08", "TEN-04")
def test_an_operator_starts_a_station_from_afar_and_nobody_else(station: Station) -> None:
    operator = Api("ampere", person("ampere", "", "operator"))
    evse = said(operator.get(f"/stations/{station.uid}"))["evses"][0]["uid"]
    body = {"evse": evse}
    integrator = Api("ampere", person("ampere", "", "integrator"))
    assert code(integrator.post(f"/stations/{station.uid}/start", body)) == (403, "forbidden")
    assert said(operator.post(f"/stations/{station.uid}/start", body))["state"] == "starting"
    assert code(operator.post(f"/stations/{station.uid}/start", body)) == (409, "already_running")
    with tenant_schema("ampere"):
        assert DeviceCommand.objects.filter(type=wire.CMD_ACTIVATE, device_id=station.device_id).count() == 1
        assert Session.objects.count() == 1


@pytest.mark.req("CHG-09", "API-01")
@pytest.mark.parametrize(("offered", "total", "kinds"), [(True, 200, ["ENERGY"]), (False, 0, [])])
def test_the_receipt_of_a_walk_up(station: Station, offered: bool, total: int, kinds: list[str]) -> None:
    operator, walker = Api("ampere", person("ampere", "", "operator")), person("ampere")
    evse = said(operator.get(f"/stations/{station.uid}"))["evses"][0]["uid"]
    if offered:
        assert operator.post("/chargers", {"title": "At the quay", "evse": evse, "per_kwh": "0.40"}).status_code == 201
    with tenant_schema("ampere"):
        Vehicle.objects.create(plate="A", rfid="04AB", driver=walker)
        told = Story.__new__(Story)
        told.device, told.name, told.evse, told.seq = Device.objects.get(station_id="CP-1"), "4711", 1, 0
        told._tell(told.event("started", energy_wh=100, id_tag="04AB"), START)
    api = Api("ampere", walker)
    [running] = said(api.get("/sessions"))["items"]
    before = said(api.get(f"/sessions/{running['uid']}/receipt"))
    assert (before["closed"], before["total"]) == (False, {"amount_minor": 0, "currency": "EUR"})
    with tenant_schema("ampere"):
        told._tell(told.event("stopped", 30, energy_wh=5_100, reason="local"), START)
    receipt = said(api.get(f"/sessions/{running['uid']}/receipt"))
    assert (receipt["closed"], receipt["total"]) == (True, {"amount_minor": total, "currency": "EUR"})
    assert ([line["kind"] for line in receipt["lines"]], receipt["energy_wh"]) == (kinds, 5_000)
    with tenant_schema("ampere"):
        browser = visitor(user=walker)
    page = browser.get(f"/sessions/{running['uid']}/receipt/").content.decode()
    assert ("Nothing was charged." in page) is not offered and "You paid" in page
