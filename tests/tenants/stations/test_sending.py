"""A call to a station: checked, sent once, answered once; what a station tells is kept and answered."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from saas.contracts import rpc
from saas.devices import actions as devices
from saas.kit.errors import Forbidden
from saas.kit.time import to_ms
from saas.tenancy.models import Tenant
from tenants.charging.actions import claim_commands
from tenants.charging.models import DeviceCommand
from tenants.stations import actions, queries, signals
from tenants.stations.errors import BrokenPayload, StationOffline, UnexpectedMessage
from tenants.stations.models import Station, StationCommand
from tests import builders
from tests.builders import NOW


@pytest.fixture
def station(ampere: Tenant) -> Station:
    device = builders.device(kind="station", station_id="CP-1")
    return Station.objects.create(device_id=device.device_id, station_id="CP-1", protocol="ocpp1.6")


def done(command: StationCommand, **what: Any) -> StationCommand:
    from saas.devices import queries as registry

    device = registry.get(command.station.device_id)
    told = rpc.CallDone(device=device.device_id, id=str(command.uid), **{"took_ms": 12, **what})
    actions.call_done(device=device, done=told, now=NOW)
    return queries.wait(command=command, within_s=0)


def reset(station: Station, **more: Any) -> StationCommand:
    return actions.send(station=station, action="Reset", payload={"type": "Soft"}, now=NOW, **more)


@pytest.mark.req("CHG-02")
def test_a_station_that_has_just_connected_is_there_and_gets_the_call_once_it_can_be_heard(station: Station) -> None:
    """Word of its connection may still be on its way, and a call is sent but once."""
    devices.seen(device_id=station.device_id, now=NOW, online=False)
    with pytest.raises(StationOffline):
        reset(station)
    station.connected_at = NOW
    command = reset(station)
    assert claim_commands(now=NOW) == []
    assert [c.uid for c in claim_commands(now=NOW + timedelta(seconds=1))] == [command.uid]
    station.connected_at = NOW - timedelta(seconds=1)
    assert DeviceCommand.objects.get(uid=reset(station).uid).next_at == NOW
    station.connected_at = NOW - timedelta(seconds=2)
    with pytest.raises(StationOffline):
        reset(station)


@pytest.mark.req("CHG-02")
def test_a_call_is_queued_sent_and_answered_once(station: Station) -> None:
    heard: list[str] = []

    def listen(command: StationCommand, **_: object) -> None:
        heard.append(command.state)

    signals.answered.connect(listen)
    command = reset(station, timeout_s=5, origin="rollout:1")
    row = DeviceCommand.objects.get(uid=command.uid)
    assert row.payload["data"] == {"action": "Reset", "payload": {"type": "Soft"}, "timeout_s": 5}
    assert [c.uid for c in claim_commands(now=NOW)] == [command.uid] and claim_commands(now=NOW) == []
    assert queries.wait(command=command, within_s=0).state == "sent"
    answered = done(command, payload={"status": "Accepted"})
    assert (answered.state, answered.answer, answered.took_ms) == ("answered", {"status": "Accepted"}, 12)
    assert done(command, payload={"status": "Rejected"}).answer == {"status": "Accepted"}
    assert heard == ["answered"]


@pytest.mark.req("CHG-02")
@pytest.mark.parametrize(
    ("error", "state"),
    [
        ("NotSupported", "refused"),
        ("InternalError", "refused"),
        ("no_answer", "failed"),
        ("offline", "failed"),
        ("answer_breaks_schema", "failed"),
        ("command_expired", "expired"),
    ],
)
def test_what_went_wrong_is_named(station: Station, error: str, state: str) -> None:
    answered = done(reset(station), error=error, text="why")
    assert (answered.state, answered.error, answered.error_text) == (state, error, "why")


@pytest.mark.req("CHG-02")
def test_what_cannot_be_sent_is_refused_and_nothing_is_queued(station: Station) -> None:
    with pytest.raises(BrokenPayload):
        actions.send(station=station, action="Reset", payload={"type": 1}, now=NOW)
    with pytest.raises(Forbidden):
        reset(station, by=builders.person("support", "support"))
    devices.seen(device_id=station.device_id, now=NOW, online=False)
    with pytest.raises(StationOffline):
        reset(station)
    assert not DeviceCommand.objects.exists() and not StationCommand.objects.exists()


def test_a_call_that_nobody_answers_is_given_up_and_a_late_answer_still_counts(station: Station) -> None:
    command = reset(station)
    assert actions.expire_calls(now=NOW + timedelta(seconds=60)) == 0
    assert actions.expire_calls(now=NOW + timedelta(minutes=5)) == 1
    assert queries.wait(command=command, within_s=0).state == "expired"
    assert done(command, payload={"status": "Accepted"}).state == "answered"


@pytest.mark.req("CHG-01")
def test_secrets_are_sent_but_not_kept(station: Station) -> None:
    payload = {"key": "AuthorizationKey", "value": "6b6579206f6620746865207374617469"}
    command = actions.send(station=station, action="ChangeConfiguration", payload=payload, now=NOW)
    row = DeviceCommand.objects.get(uid=command.uid)
    assert row.payload["data"]["payload"] == payload and command.payload["value"] == "***"
    done(command, payload={"status": "Accepted"})
    row.refresh_from_db()
    assert row.payload["data"]["payload"]["value"] == "***"


@pytest.mark.req("CHG-02")
def test_waiting_ends_with_the_answer(committed: Tenant) -> None:
    device = builders.device(kind="station", station_id="CP-1")
    station = Station.objects.create(device_id=device.device_id, station_id="CP-1", protocol="ocpp1.6")
    command = reset(station)

    def answer() -> None:
        from django.db import connection

        from saas.kit.tenant_context import tenant_schema

        with tenant_schema(committed.schema_name):
            done(command, payload={"status": "Accepted"})
        connection.close()

    later = threading.Timer(0.1, answer)
    later.start()
    assert queries.wait(command=command, within_s=10).state == "answered"
    later.join()


def test_what_a_station_does_not_say_is_refused(station: Station) -> None:
    from saas.devices import queries as registry

    device = registry.get(station.device_id)
    question = rpc.Heard(device=device.device_id, protocol="ocpp1.6", action="Reset", payload={}, ts_ms=to_ms(NOW))
    with pytest.raises(UnexpectedMessage):
        actions.heard(device=device, heard=question, now=NOW)
