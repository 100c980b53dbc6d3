"""`POST /stations/{id}/commands/{action}`: any OCPP call with its raw payload, and what became of it."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from saas.contracts import rpc
from saas.devices import actions as devices
from saas.devices import queries as registry
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Domain, Tenant
from tenants.accounts.models import AuditEntry
from tenants.stations import actions
from tenants.stations.models import Station, StationCommand
from tests import builders
from tests.builders import NOW
from tests.tenants.apiclient import Api, code, person, said, unknown_to_others


def made(protocol: str = "ocpp1.6", name: str = "CP 1+A") -> Station:
    device = builders.device(kind="station", station_id=name)
    return Station.objects.create(device_id=device.device_id, station_id=name, protocol=protocol)


@pytest.fixture
def station(ampere: Tenant) -> Station:
    return made()


@pytest.fixture
def operator(ampere: Tenant) -> Api:
    return Api("ampere", person("ampere", "", "operator"))


def answer(command: StationCommand, **what: Any) -> None:
    device = registry.get(command.station.device_id)
    told = rpc.CallDone(device=device.device_id, id=str(command.uid), **{"took_ms": 7, **what})
    actions.call_done(device=device, done=told, now=NOW)


@pytest.mark.req("CHG-02")
def test_a_call_goes_out_and_can_be_asked_for(station: Station, operator: Api) -> None:
    sent = operator.post("/stations/CP 1+A/commands/Reset?wait=0", {"type": "Soft"})
    body = said(sent)
    assert (sent.status_code, body["state"], body["payload"]) == (202, "queued", {"type": "Soft"})
    path = f"/stations/{station.uid}/commands/{body['uid']}"
    answer(StationCommand.objects.get(), payload={"status": "Accepted"})
    done = said(operator.get(path))
    assert (done["state"], done["answer"], done["took_ms"]) == ("answered", {"status": "Accepted"}, 7)
    assert said(operator.get(f"/stations/{station.uid}/commands"))["items"] == [done]
    entry = AuditEntry.objects.get(act="station.command")
    assert (entry.subject, entry.details) == ("CP 1+A", {"Reset": [None, {"type": "Soft"}]})
    unknown_to_others(path)
    unknown_to_others(f"/stations/{station.uid}/commands")


@pytest.mark.req("CHG-02")
@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
def test_an_empty_body_is_an_empty_payload(ampere: Tenant, operator: Api, protocol: str) -> None:
    made(protocol, "CP-9")
    assert said(operator("POST", "/stations/CP-9/commands/ClearCache?wait=0"))["payload"] == {}


@pytest.mark.req("CHG-02")
def test_what_does_not_fit_is_refused_by_name(station: Station, operator: Api) -> None:
    path = f"/stations/{station.uid}/commands"
    unknown = operator.post(f"{path}/SetVariables", {})
    assert code(unknown) == (404, "unknown_action") and "ChangeConfiguration" in said(unknown)["actions"]
    assert code(operator.post(f"{path}/reset", {"type": "Soft"})) == (404, "unknown_action")
    broken = operator.post(f"{path}/Reset", {"type": "Warm"})
    assert code(broken) == (422, "broken_payload")
    assert (said(broken)["path"], said(broken)["rule"]) == ("/type", "enum")
    assert code(operator.post(f"{path}/Reset", [1])) == (422, "broken_payload")
    assert code(operator.post("/stations/cp 1+a/commands/Reset", {"type": "Soft"})) == (404, "not_found")
    for raw, status in [("{", 400), ('{"type": NaN}', 422), ('{"type": "\\u0000"}', 422), ('"\\ud800"', 422)]:
        answer = operator.client.generic(
            "POST", f"/api/v1{path}/Reset", raw, content_type="application/json", headers=operator.headers
        )
        assert answer.status_code == status, raw
    devices.seen(device_id=station.device_id, now=NOW, online=False)
    assert code(operator.post(f"{path}/Reset", {"type": "Soft"})) == (409, "station_offline")
    assert not StationCommand.objects.exists()


@pytest.mark.req("CHG-02", "TEN-04")
@pytest.mark.parametrize(("role", "answer"), [("support", (403, "forbidden")), ("fleet_driver", (404, "not_found"))])
def test_only_who_may_command_does(station: Station, role: str, answer: tuple[int, str]) -> None:
    api = Api("ampere", person("ampere", "", role))
    assert code(api.post(f"/stations/{station.uid}/commands/Reset", {"type": "Soft"})) == answer
    assert not StationCommand.objects.exists()


@pytest.fixture
def bench(committed: Tenant) -> Iterator[tuple[Tenant, Api]]:
    """A tenant whose commits others see, with a host name, so that a call can be waited for."""
    schema = committed.schema_name
    host = f"{schema.replace('_', '-')}.localhost"
    domain = Domain.objects.create(domain=host, tenant=committed, is_primary=True)
    api = Api(schema, builders.person("operator", "operator"))
    api.client = Client(headers={"host": host})
    yield committed, api
    domain.delete()


ANSWERS: tuple[tuple[dict[str, Any], tuple[str, str]], ...] = (
    ({"payload": {"status": "Accepted"}}, ("answered", "")),
    ({"error": "NotSupported", "text": "never heard"}, ("refused", "NotSupported")),
    ({"error": "no_answer"}, ("failed", "no_answer")),
)
UNLAWFUL = {"error": "bad_format", "text": "/connectorId: -1 is less than the minimum of 0"}


def reply(schema: str, told: list[dict[str, Any]]) -> None:
    """Answer each command as it comes."""
    with tenant_schema(schema):
        for _ in range(500):
            if told and (command := StationCommand.objects.filter(done_at=None).first()):
                answer(command, **told.pop(0))
            time.sleep(0.02)
            if not told:
                break
    connection.close()


@pytest.mark.req("CHG-02")
def test_the_answer_is_waited_for(bench: tuple[Tenant, Api]) -> None:
    tenant, operator = bench
    station = made()
    later = threading.Thread(target=reply, args=[tenant.schema_name, [*(told for told, _ in ANSWERS), UNLAWFUL]])
    later.start()
    for number, (_, expected) in enumerate(ANSWERS):
        path = f"/stations/{station.uid}/commands/Reset"
        answered = operator.post(path, {"type": "Soft"}, idempotency_key=f"k{number}")
        body = said(answered)
        assert (answered.status_code, body["state"], body["error"], body["took_ms"]) == (200, *expected, 7)
        assert body["created_at"] and body["done_at"]
    unlawful = operator.post(f"/stations/{station.uid}/commands/UnlockConnector", {"connectorId": -1})
    later.join()
    assert code(unlawful) == (422, "broken_payload") and "minimum" in said(unlawful)["detail"]
