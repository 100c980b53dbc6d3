"""What the gateway asks and is answered, first in process, then over the real broker."""

import asyncio
from typing import Any

import pytest

from saas.contracts import rpc
from saas.devices import actions as devices
from saas.devices import queries as registry
from saas.devices.models import Device
from saas.edge.answers import methods
from saas.edge.dispatcher.credentials import CredentialsFile
from saas.edge.mqtt.link import Link
from saas.edge.mqtt.rpc import Client, NoAnswer, Refusal
from saas.tenancy.models import Tenant
from tenants.stations.models import Station

from .processes import House, until
from .rig import NOW, NOW_MS


@pytest.fixture
def station(ampere: Tenant) -> tuple[Device, str]:
    return devices.register(tenant=ampere, kind="station", station_id="CP-1", now=NOW)


def connect(password: str | None, *, station_id: str = "CP-1", tenant: str | None = "ampere") -> rpc.Connected:
    return methods.connect(rpc.Connect(station_id=station_id, tenant=tenant, password=password), NOW)


def test_a_known_station_comes_in_with_its_own_password_only(station: tuple[Device, str], barq: Tenant) -> None:
    device, secret = station
    assert connect(secret) == rpc.Connected(status=101, device=device.device_id)
    assert connect("wrong").status == connect(None).status == connect("").status == 401
    assert connect(secret, tenant="barq").status == connect(secret, tenant="public").status == 404
    assert connect(secret, station_id="CP-2").status == connect(secret, tenant="nobody").status == 404


def test_the_registration_token_does_not_open_a_known_station(ampere: Tenant, station: tuple[Device, str]) -> None:
    assert connect(registry.registration_token(ampere)).status == 401


def test_an_unknown_station_with_the_tenants_token_is_taken_in_as_pending(ampere: Tenant, barq: Tenant) -> None:
    token = registry.registration_token(ampere)
    first = connect(token, station_id="NEW")
    assert first.status == 101 and first.pending
    assert connect(token, station_id="NEW") == first
    held = registry.get(first.device or "")
    assert (held.tenant.schema_name, held.state, held.station_id) == ("ampere", "pending", "NEW")
    assert connect(registry.registration_token(barq), station_id="NEW2").status == 404
    devices.approve(device_id=held.device_id, now=NOW)
    assert connect(token, station_id="NEW").status == 401


def test_the_short_path_needs_a_password_that_leaves_no_doubt(station: tuple[Device, str], barq: Tenant) -> None:
    device, secret = station
    devices.register(tenant=barq, kind="station", station_id="CP-1", now=NOW)
    assert connect(secret, tenant=None).device == device.device_id
    assert connect("wrong", tenant=None).status == connect(secret, tenant=None, station_id="x").status == 404


def test_a_revoked_station_is_refused(station: tuple[Device, str]) -> None:
    device, secret = station
    devices.revoke(device_id=device.device_id, now=NOW)
    assert connect(secret).status == connect(secret, tenant=None).status == 401


def test_boot_is_written_down_and_pending_stations_are_told_so(ampere: Tenant, station: tuple[Device, str]) -> None:
    device, _ = station
    question = rpc.Boot(device=device.device_id, protocol="ocpp1.6", vendor="Acme", model="M1", firmware="1.2")
    assert methods.answer("boot", question).status == "Accepted"
    assert Station.objects.get(device_id=device.device_id).vendor == "Acme"
    assert registry.get(device.device_id).online
    token = registry.registration_token(ampere)
    pending = connect(token, station_id="NEW").device
    assert methods.answer("boot", rpc.Boot(device=pending or "")).status == "Pending"
    assert methods.answer("authorise", rpc.Authorise(device=pending or "", id_tag="A")).status == "Blocked"


def test_an_unknown_card_is_invalid_and_status_is_noted(station: tuple[Device, str]) -> None:
    device, _ = station
    assert methods.answer("authorise", rpc.Authorise(device=device.device_id, id_tag="NOBODY")).status == "Unknown"
    report = rpc.StatusReport(device=device.device_id, evse=1, status="Available", ts_ms=NOW_MS)
    assert methods.answer("status", report).now_ms > 0
    methods.answer("presence", rpc.Presence(device=device.device_id, online=False))
    assert not registry.get(device.device_id).online


def test_questions_cross_the_broker_and_silence_is_named(house: House) -> None:
    ampere = Tenant.objects.get(schema_name="ampere")
    _, secret = devices.register(tenant=ampere, kind="station", station_id="CP-9", now=NOW)
    CredentialsFile(house.folder / "broker" / "credentials.json").refresh()
    house.start_broker()
    house.start("saas.edge.answers")
    until(lambda: "broker_connected" in house.log("saas.edge.answers"), seconds=15, what="answers connected")
    link = Link("_gateway")
    link.start()
    assert link.connected.wait(5)
    try:
        asyncio.run(_ask(link, secret, house))
    finally:
        link.stop()


async def _ask(link: Link, secret: str, house: House) -> None:
    client = Client(link, timeout_s=5)
    await asyncio.sleep(0.3)  # until the subscription for the answers stands
    welcome: Any = await client.ask(rpc.Connect(station_id="CP-9", tenant="ampere", password=secret))
    assert welcome.status == 101
    with pytest.raises(Refusal) as refused:
        await client.ask(rpc.Boot(device="st_nobody"))
    assert refused.value.code == "unknown_device"
    many = await asyncio.gather(*(client.ask(rpc.Authorise(device=welcome.device, id_tag=str(n))) for n in range(40)))
    assert {result.status for result in many} == {"Unknown"}
    assert house.end("saas.edge.answers") == 0
    with pytest.raises(NoAnswer):
        await Client(link, timeout_s=0.5).ask(rpc.Boot(device=welcome.device))
