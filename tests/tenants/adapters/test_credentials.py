"""Staff change, take away and give back what a device gets in with; the device's own word moves a change on."""

from datetime import UTC, datetime

import pytest

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Event, Reply
from saas.devices import queries
from saas.devices.models import Device
from saas.tenancy.models import Tenant
from tenants.accounts.models import AuditEntry
from tenants.charging.actions import receive_event
from tenants.charging.actions.commands import receive_reply
from tenants.charging.models import DeviceCommand
from tests import builders
from tests.tenants.apiclient import Api, code, person, said, unknown_to_others

pytestmark = [pytest.mark.django_db, pytest.mark.req("DEV-04")]
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ACTS = ("rotate", "revoke", "restore")


@pytest.fixture
def device(ampere: Tenant) -> Device:
    return builders.device()


@pytest.fixture
def operator(ampere: Tenant) -> Api:
    return Api("ampere", person("ampere", "", "operator"))


def path(device: Device, act: str = "") -> str:
    return f"/devices/{device.device_id}" + (f"/{act}" if act else "")


def hashes(device: Device) -> tuple[str, str | None, tuple[str, bool]]:
    """(present and next for a broker that knows both, the one and only for a broker that knows one)."""
    present, following = queries.credentials()
    return (
        present[device.device_id],
        following.get(device.device_id),
        queries.logins(now=datetime.now(UTC))[device.device_id][:2],
    )


def test_the_device_is_told_and_the_old_password_opens_until_it_is_in_with_the_new_one(
    device: Device, operator: Api
) -> None:
    old = device.secret_hash
    rotated = said(operator.post(path(device, "rotate"), {}))
    assert rotated["secret"] is None and rotated["device"]["credential_changes"] is True
    new = hashes(device)[1]
    assert new and hashes(device) == (old, new, (old, True))
    command = DeviceCommand.objects.get(device_id=device.device_id)
    assert (command.type, command.payload["data"]) == ("credential", {})
    reply = Reply(v=1, boot=1, seq=1, ts_ms=1, id=str(command.uid), ok=True)
    receive_reply(device=device, reply=reply, received_at=datetime.now(UTC))
    assert hashes(device) == (old, new, (new, True))
    notice = Event(v=1, boot=1, seq=2, ts_ms=1, type="notice", code=wire.NOTICE_CREDENTIAL, reason="accepted")
    for _ in range(2):
        receive_event(device=device, event=notice, received_at=datetime.now(UTC))
    assert hashes(device) == (new, None, (new, True))
    shown = said(operator.get(path(device)))
    assert shown["credential_changes"] is False and shown["credential_since"] > shown["created_at"]


def test_a_device_that_threw_it_away_keeps_its_password(device: Device, operator: Api) -> None:
    operator.post(path(device, "rotate"), {})
    command = DeviceCommand.objects.get(device_id=device.device_id)
    reply = Reply(v=1, boot=1, seq=1, ts_ms=1, id=str(command.uid), ok=True)
    receive_reply(device=device, reply=reply, received_at=datetime.now(UTC))
    notice = Event(v=1, boot=1, seq=2, ts_ms=1, type="notice", code=wire.NOTICE_CREDENTIAL, reason="refused")
    receive_event(device=device, event=notice, received_at=NOW)
    assert hashes(device) == (device.secret_hash, None, (device.secret_hash, True))


def test_a_device_that_refuses_keeps_its_password(device: Device, operator: Api) -> None:
    operator.post(path(device, "rotate"), {})
    command = DeviceCommand.objects.get(device_id=device.device_id)
    reply = Reply(v=1, boot=1, seq=1, ts_ms=1, id=str(command.uid), ok=False, error="bad_format")
    receive_reply(device=device, reply=reply, received_at=NOW)
    notice = Event(v=1, boot=1, seq=2, ts_ms=1, type="notice", code=wire.NOTICE_CREDENTIAL, reason="refused")
    receive_event(device=device, event=notice, received_at=NOW)
    assert hashes(device)[0] == device.secret_hash and hashes(device)[2] == (device.secret_hash, True)


def test_changing_twice_leaves_one_command(device: Device, operator: Api) -> None:
    for _ in range(2):
        operator.post(path(device, "rotate"), {})
    states = DeviceCommand.objects.filter(device_id=device.device_id).order_by("id").values_list("state", flat=True)
    assert list(states) == ["expired", "queued"]


def test_a_stolen_password_is_replaced_at_once_and_the_new_one_shown_once(device: Device, operator: Api) -> None:
    secret = said(operator.post(path(device, "rotate"), {"immediately": True}))["secret"]
    assert queries.passwords([device.device_id]) == {device.device_id: [secret]}
    assert not DeviceCommand.objects.exists() and secret not in operator.get(path(device)).content.decode()
    assert hashes(device)[0] != device.secret_hash


def test_a_station_is_told_by_hand(operator: Api, ampere: Tenant) -> None:
    station = builders.device(kind=Device.Kind.STATION, station_id="CP-1")
    secret = said(operator.post(path(station, "rotate"), {}))["secret"]
    assert queries.proves_itself(device=queries.get(station.device_id), secret=secret)
    assert code(operator.post(path(station, "release"))) == (409, "not_an_adapter")


def test_who_is_shut_out_is_out_until_let_in_again(device: Device, operator: Api) -> None:
    assert said(operator.post(path(device, "revoke")))["state"] == "revoked"
    assert hashes_of_everybody() == {} and code(operator.post(path(device, "rotate"), {})) == (409, "device_shut_out")
    assert said(operator.post(path(device, "restore")))["state"] == "active"
    assert hashes(device)[0] == device.secret_hash


def hashes_of_everybody() -> dict[str, str]:
    return queries.credentials()[0]


def test_a_station_that_waits_is_not_let_in_by_this_door(operator: Api, ampere: Tenant) -> None:
    station = builders.device(kind=Device.Kind.STATION, station_id="CP-2")
    Device.objects.filter(pk=station.pk).update(state=Device.State.PENDING)
    assert said(operator.post(path(station, "restore")))["state"] == "pending"


@pytest.mark.parametrize("act", ACTS)
def test_only_staff_who_manage_stations_may(device: Device, act: str) -> None:
    Device.objects.filter(pk=device.pk).update(owner=str((owner := person("ampere")).uid))
    body = {} if act == "rotate" else None
    for somebody in (owner, person("ampere", "", "auditor")):
        assert code(Api("ampere", somebody).post(path(device, act), body)) == (403, "forbidden")
    assert code(Api("ampere", person("ampere")).post(path(device, act), body)) == (404, "not_found")
    assert code(Api("barq", person("barq", "", "owner")).post(path(device, act), body)) == (404, "not_found")
    assert queries.get(device.device_id).state == "active"


def test_the_list_is_paged_and_the_tenants_own(operator: Api, ampere: Tenant, barq: Tenant) -> None:
    mine = sorted(builders.device().device_id for _ in range(3))
    found, after = [], ""
    while after is not None:
        page = said(operator.get(f"/devices?limit=2{f'&after={after}' if after else ''}"))
        found += [item["id"] for item in page["items"]]
        after = page["next"]
    assert mine == [] or set(found).isdisjoint(mine)  # these are of barq, whose fixture came last
    assert said(Api("barq", person("barq", "", "operator")).get("/devices"))["items"][0]["id"] == mine[0]
    assert said(Api("ampere", person("ampere")).get("/devices"))["items"] == []


def test_one_device_is_seen_by_staff_and_owner(device: Device, operator: Api) -> None:
    assert said(operator.get(path(device)))["id"] == device.device_id
    unknown_to_others(path(device))


def test_each_act_is_in_the_audit_log(device: Device, operator: Api) -> None:
    for act in ACTS:
        operator.post(path(device, act), {} if act == "rotate" else None)
    acts = AuditEntry.objects.filter(subject=device.device_id).order_by("id").values_list("act", flat=True)
    assert list(acts) == ["device.rotated", "device.revoked", "device.restored"]
