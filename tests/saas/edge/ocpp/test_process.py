"""The gateway as a process, with the real broker and the real ingester: kills in between lose and double nothing."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from saas.contracts import rpc
from saas.devices import actions as devices
from saas.edge.mqtt.link import Link
from saas.edge.mqtt.rpc import Server
from saas.kit import framelog
from saas.tenancy.models import Tenant
from tests.saas.edge.processes import House, free_port, listens, test_database_url, until
from tests.saas.edge.rig import NOW, rows

pytestmark = [pytest.mark.req("CHG-01", "CHG-09"), pytest.mark.slow]
BROKER, INGESTER, GATEWAY = "saas.edge.broker", "tests.saas.edge.quiet_ingester", "saas.edge.ocpp"
AT = "2026-01-01T00:00:00Z"
START = {"connectorId": 1, "idTag": "TAG1", "meterStart": 100, "timestamp": AT}


@dataclass
class Yard:
    """One station of ampere before a whole edge."""

    house: House
    device: str
    port: int

    def dial(self) -> ClientConnection:
        credential = base64.b64encode(b"CP1:secret").decode()
        return connect(
            f"ws://127.0.0.1:{self.port}/ocpp/ampere/CP1",
            subprotocols=["ocpp1.6"],  # type: ignore[list-item]
            additional_headers={"Authorization": f"Basic {credential}"},
        )

    def stored(self) -> list[tuple[str, int]]:
        """(kind of event or telemetry, Wh) of everything in the store."""
        found = rows(
            "SELECT coalesce(type, kind), energy_wh FROM telemetry.message WHERE device = %s ORDER BY energy_wh, type",
            self.device,
        )
        return [(kind, wh) for kind, wh in found]


def ask(socket: ClientConnection, action: str, payload: dict[str, Any], *, within_s: float = 8) -> list[Any] | None:
    """The answer; None when there is none in time."""
    socket.send(json.dumps([2, "m1", action, payload]))
    try:
        return list(json.loads(socket.recv(timeout=within_s)))
    except TimeoutError:
        return None


def insist(socket: ClientConnection, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    """As stations do: again until it is answered."""
    for _ in range(15):
        answer = ask(socket, action, payload, within_s=2)
        if answer and answer[0] == 3:
            return dict(answer[2])
    raise AssertionError(f"{action} was never answered")


class Knows:
    """The business side: one station, every token."""

    def __init__(self, device: str) -> None:
        self.device = device

    def __call__(self, method: str, question: Any) -> Any:
        return {
            "connect": rpc.Connected(status=101, device=self.device),
            "boot": rpc.Booted(status="Accepted", interval_s=60, now_ms=0),
            "authorise": rpc.Authorised(status="Accepted"),
        }.get(method, rpc.Noted(now_ms=0))


@pytest.fixture
def yard(committed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Yard]:
    port = free_port()
    ports = {"WATTLANE_HOME": str(tmp_path), "WATTLANE_OCPP_PORT": str(port)}
    house = House(tmp_path, DATABASE_URL=test_database_url(), **ports)
    ampere = Tenant.objects.get(schema_name="ampere")
    device, _ = devices.register(tenant=ampere, kind="station", station_id="CP1", now=NOW)
    for name in ("WATTLANE_HOME", "WATTLANE_MQTT_PORT"):
        monkeypatch.setenv(name, house.env[name])
    house.start(GATEWAY)
    house.start_broker()
    house.start(INGESTER)
    link = Link("_answers")
    server = Server(link, Knows(device.device_id))
    link.start()
    until(lambda: "broker_connected" in house.log(INGESTER), seconds=20, what="the ingester is connected")
    until(lambda: listens(port) and "broker_connected" in house.log(GATEWAY), seconds=20, what="the gateway listens")
    assert link.connected.wait(10)
    yield Yard(house, device.device_id, port)
    server.close()
    link.stop()
    house.close()


def test_a_session_in_which_everybody_dies_once(yard: Yard) -> None:
    house = yard.house
    with yard.dial() as socket:
        assert ask(socket, "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
        started = insist(socket, "StartTransaction", START)
        values = [{"timestamp": AT, "sampledValue": [{"value": "0.2", "unit": "kWh"}]}]
        meter = {"connectorId": 1, "transactionId": started["transactionId"], "meterValue": values}
        assert insist(socket, "MeterValues", meter) == {}
        until(lambda: ("telemetry", 200) in yard.stored(), seconds=5, what="plain samples are stored in their time")

        house.kill(INGESTER)
        stop = {"transactionId": started["transactionId"], "meterStop": 300, "timestamp": AT}
        assert ask(socket, "StopTransaction", stop, within_s=1.5) is None
        house.start(INGESTER)
        assert json.loads(socket.recv(timeout=20))[:2] == [3, "m1"]
        assert insist(socket, "StopTransaction", stop) == {}

        house.kill(BROKER)
        assert ask(socket, "Heartbeat", {}) is not None
        house.start_broker()
        later = START | {"meterStart": 300}
        assert insist(socket, "StartTransaction", later) == insist(socket, "StartTransaction", later)

        house.kill(GATEWAY)
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=5)
    house.start(GATEWAY)
    until(lambda: listens(yard.port), seconds=15, what="the gateway listens again")
    until(lambda: house.log(GATEWAY).count("broker_connected") >= 3, seconds=15, what="the gateway is connected")
    with yard.dial() as socket:
        insist(socket, "StartTransaction", later)
        assert house.end(GATEWAY) == 0
    wanted = [("boot", None), ("started", 100), ("telemetry", 200), ("started", 300), ("stopped", 300)]
    assert sorted(yard.stored(), key=str) == sorted(wanted, key=str)
    assert {entry.way for entry in framelog.last(yard.device, 500)} == {"in", "out", "opened", "closed"}
