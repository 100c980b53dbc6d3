"""The whole way with real processes: a station comes with the registration token, is let in, gets its password, and
does what it is told through the API; what it answers is read back."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from saas.devices.queries import registration_token
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.queries import by_schema
from tests import builders
from tests.saas.edge.processes import House, free_port, listens, test_database_url, until
from tests.tenants.apiclient import Api, code, said
from tests.tenants.stations.test_accepting import ACCEPTANCE

pytestmark = [pytest.mark.req("CHG-01", "CHG-02", "CHG-05"), pytest.mark.slow]
GATEWAY, ANSWERS = "saas.edge.ocpp", "saas.edge.answers"
PARTS = (GATEWAY, "saas.edge.ingester", ANSWERS, "saas.edge.dispatcher")
Json = dict[str, Any]


class Peer:
    """A station on a socket: answers by its table, and remembers what it was asked."""

    def __init__(self, address: str, password: str, answers: dict[str, Callable[[Json], Any]]) -> None:
        login = base64.b64encode(f"CP1:{password}".encode()).decode()
        self.socket: ClientConnection = connect(
            address,
            subprotocols=["ocpp1.6"],  # type: ignore[list-item]
            additional_headers={"Authorization": f"Basic {login}"},
        )
        self.answers, self.seen = answers, list[tuple[str, Json]]()
        self._results: dict[str, Json] = {}
        self._ready = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def ask(self, action: str, payload: Json) -> Json:
        name = f"own-{len(self._results)}"
        self.socket.send(json.dumps([2, name, action, payload]))
        with self._ready:
            assert self._ready.wait_for(lambda: name in self._results, 20), f"{action} was not answered"
        return self._results[name]

    def _listen(self) -> None:
        try:
            for frame in self.socket:
                self._hear(json.loads(frame))
        except ConnectionClosed:
            return

    def _hear(self, frame: list[Any]) -> None:
        if frame[0] == 2:
            self.seen.append((frame[2], frame[3]))
            found = self.answers[frame[2]](frame[3]) if frame[2] in self.answers else None
            if found is None:
                self.socket.send(json.dumps([4, frame[1], "NotImplemented", "not here", {}]))
            elif found != "silence":
                self.socket.send(json.dumps([3, frame[1], found]))
            return
        with self._ready:
            self._results[frame[1]] = frame[2]
            self._ready.notify_all()


ANSWERED: dict[str, Callable[[Json], Any]] = {
    "ChangeConfiguration": lambda _: {"status": "Accepted"},
    "GetConfiguration": lambda _: {"configurationKey": [{"key": "Vendor", "readonly": True, "value": "1"}]},
    "ReserveNow": lambda _: {"status": "Accepted"},
    "ClearCache": lambda _: "silence",
}


@pytest.fixture
def town(spare: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str, Api]]:
    """Schema, address of the gateway, and the API as an operator, before all processes of the edge."""
    port = free_port()
    house = House(tmp_path, DATABASE_URL=test_database_url(), WATTLANE_OCPP_PORT=str(port))
    house.start_broker()
    for module in PARTS:
        house.start(module)
    until(lambda: listens(port) and "broker_connected" in house.log(GATEWAY), seconds=40, what="the gateway works")
    until(lambda: "broker_connected" in house.log(ANSWERS), seconds=40, what="answers are given")
    with tenant_schema(spare):
        api = Api(spare, builders.person("operator", "operator"))
        yield spare, f"ws://127.0.0.1:{port}/ocpp/{spare}/CP1", api
    house.close()


def test_from_the_first_connection_to_what_it_answered(town: tuple[str, str, Api]) -> None:
    schema, address, operator = town
    operator.client = Client(headers={"host": f"{schema}.localhost"})
    token = registration_token(by_schema(schema))  # type: ignore[arg-type]
    first = Peer(address, token, ANSWERED)
    boot = {"chargePointVendor": "V", "chargePointModel": "M"}
    assert first.ask("BootNotification", boot)["status"] == "Pending"
    until(lambda: said(operator.get("/stations/CP1"))["registration"] == "pending", seconds=10, what="it waits")

    accepted = said(operator.post("/stations/CP1/accept", ACCEPTANCE))
    assert accepted["sent"]
    until(lambda: first.seen, seconds=15, what="the password is sent")
    action, payload = first.seen[0]
    assert (action, payload["key"]) == ("ChangeConfiguration", "AuthorizationKey")
    password = bytes.fromhex(payload["value"]).decode()
    assert password == accepted["password"]
    with pytest.raises(InvalidStatus):
        Peer(address, token, ANSWERED)

    second = Peer(address, password, ANSWERED)
    assert second.ask("BootNotification", boot)["status"] == "Accepted"
    status = {"connectorId": 1, "status": "Available", "errorCode": "NoError", "timestamp": _now()}
    assert second.ask("StatusNotification", status) == {}
    until(lambda: said(operator.get("/stations/CP1"))["online"], seconds=15, what="it is online")

    answered = operator.post("/stations/CP1/commands/GetConfiguration")
    body = said(answered)
    assert (answered.status_code, body["state"]) == (200, "answered") and body["took_ms"] is not None
    until(lambda: said(operator.get("/stations/CP1"))["connectors"], seconds=10, what="its connector is known")
    seen = said(operator.get("/stations/CP1"))
    assert [v["key"] for v in seen["configuration"]] == ["Vendor"] and seen["evses"][0]["status"] == "AVAILABLE"
    until(lambda: _logged(operator, '"GetConfiguration"'), seconds=5, what="the raw log is written")
    seen = said(operator.get("/stations/CP1"))
    assert not any(payload["value"] in m["frame"] for m in seen["messages"]), "secrets are not in the log"

    refused = said(operator.post("/stations/CP1/commands/UnlockConnector", {"connectorId": 1}))
    assert (refused["state"], refused["error"]) == ("refused", "NotImplemented")
    silent = said(operator.post("/stations/CP1/commands/ClearCache?timeout=1"))
    assert (silent["state"], silent["error"]) == ("failed", "no_answer")
    second.socket.close()
    until(lambda: not said(operator.get("/stations/CP1"))["online"], seconds=15, what="it is gone")
    gone = operator.post("/stations/CP1/commands/ClearCache")
    assert code(gone) == (409, "station_offline")


def _logged(operator: Api, text: str) -> bool:
    return any(text in message["frame"] for message in said(operator.get("/stations/CP1"))["messages"])


def _now() -> str:
    return datetime.now(UTC).isoformat()
