"""The whole way with real processes: two stations on one fuse, from the plug to the profile that they accept."""

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from saas.devices import actions as devices
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.queries import by_schema
from tenants.charging.actions import start_by_operator
from tenants.power import actions
from tenants.power.models import Allocation
from tenants.sites.models import Evse
from tests import builders
from tests.saas.edge.processes import House, free_port, listens, until
from tests.tenants.power.street import CONFIGURATION

pytestmark = [pytest.mark.req("CHG-07"), pytest.mark.slow]
PARTS = ("saas.edge.ocpp", "saas.edge.ingester", "saas.edge.answers", "saas.edge.dispatcher", "saas.edge.balancer")
LIMIT_MA = 32_000


@dataclass
class Post:
    """A scripted station: it takes every profile, and starts what it is told to start."""

    evse: Evse
    socket: ClientConnection
    limits: dict[str, float] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    transaction: int | None = None
    _number: int = 0
    _answers: dict[str, Any] = field(default_factory=dict)
    _ready: threading.Condition = field(default_factory=threading.Condition)

    def limit_a(self) -> float:
        """Of the transaction, else the lease, else the safe default."""
        order = ("TxProfile1", "TxProfile0", "TxDefaultProfile1", "TxDefaultProfile0")
        return next((self.limits[name] for name in order if name in self.limits), 32.0)

    def listen(self) -> None:
        """Until the connection closes."""
        try:
            for frame in self.socket:
                self._hear(json.loads(frame))
        except ConnectionClosed:
            return

    def ask(self, action: str, payload: dict[str, Any]) -> Any:
        """The answer to a call of ours."""
        self._number += 1
        name = f"own-{self._number}"
        self.socket.send(json.dumps([2, name, action, payload]))
        with self._ready:
            assert self._ready.wait_for(lambda: name in self._answers, 15), f"{action} was not answered"
        return self._answers[name]

    def _hear(self, frame: list[Any]) -> None:
        if frame[0] == 2:
            self.socket.send(json.dumps([3, frame[1], self._do(frame[2], frame[3])]))
            return
        with self._ready:
            self._answers[frame[1]] = frame[2]
            self._ready.notify_all()

    def _do(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        self.seen.append(action)
        if action == "GetConfiguration":
            return {"configurationKey": [{"key": k, "readonly": True, "value": v} for k, v in CONFIGURATION.items()]}
        if action == "SetChargingProfile":
            profile = payload["csChargingProfiles"]
            period = profile["chargingSchedule"]["chargingSchedulePeriod"][0]
            self.limits[f"{profile['chargingProfilePurpose']}{profile['stackLevel']}"] = period["limit"]
        if action == "RemoteStartTransaction":
            threading.Thread(target=self._start, args=(payload["idTag"],), daemon=True).start()
        return {"status": "Rejected" if action == "GetCompositeSchedule" else "Accepted"}

    def _start(self, tag: str) -> None:
        told = {"connectorId": 1, "idTag": tag, "meterStart": 0, "timestamp": datetime.now(UTC).isoformat()}
        self.transaction = self.ask("StartTransaction", told)["transactionId"]


@pytest.fixture
def town(house: House, spare: str) -> Iterator[tuple[str, list[Post]]]:
    """Two stations of a tenant of their own, on one circuit, before all processes of the edge."""
    port = free_port()
    house.env["WATTLANE_OCPP_PORT"] = str(port)
    house.start_broker()
    posts: list[Post] = []
    with tenant_schema(spare):
        owner = builders.person("owner", "owner")
        location = builders.evse(private=False).location
        fields = {"name": "Main", "limit_ma": LIMIT_MA, "fallback_ma": 6_000}
        now = datetime.now(UTC)
        root = actions.save_circuit(circuit=None, location=location, fields=fields, by=owner, now=now)
        for module in PARTS:
            house.start(module)
        until(lambda: listens(port), seconds=30, what="the gateway listens")
        for number in (1, 2):
            device, secret = devices.register(
                tenant=by_schema(spare),
                kind="station",
                station_id=f"CP{number}",
                now=now,  # type: ignore[arg-type]
            )
            evse = Evse.objects.create(location=location, device_id=device.device_id, phases=3)
            actions.put_member(circuit=root, evse=evse, fields={}, by=owner, now=now)
            login = base64.b64encode(f"CP{number}:{secret}".encode()).decode()
            until(lambda: "broker_connected" in house.log(PARTS[0]), seconds=20, what="the gateway has its broker")
            until(lambda: "broker_connected" in house.log(PARTS[2]), seconds=20, what="answers are given")
            socket = connect(
                f"ws://127.0.0.1:{port}/ocpp/{spare}/CP{number}",
                subprotocols=["ocpp1.6"],  # type: ignore[list-item]
                additional_headers={"Authorization": f"Basic {login}"},
            )
            posts.append(Post(evse, socket))
            threading.Thread(target=posts[-1].listen, daemon=True).start()
            assert posts[-1].ask("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
        yield spare, posts
    for post in posts:
        post.socket.close()


def test_two_stations_share_a_fuse_by_what_they_accept(town: tuple[str, list[Post]]) -> None:
    _, (first, second) = town
    owner = builders.person("operator", "operator")
    until(lambda: first.limits and second.limits, seconds=40, what="both hold a safe default")
    assert (first.limits["TxDefaultProfile0"], first.seen[0]) == (6.0, "GetConfiguration")
    start_by_operator(evse=first.evse, by=owner, now=datetime.now(UTC))
    until(lambda: first.limits.get("TxProfile0") == 32.0, seconds=40, what="the first has all of it")
    assert second.limit_a() == 0.0, "the empty place gave its room"
    start_by_operator(evse=second.evse, by=owner, now=datetime.now(UTC))

    def shared() -> bool:
        assert first.limit_a() + second.limit_a() <= 32.0
        return first.limit_a() == second.limit_a() == 16.0

    until(shared, seconds=40, what="both have half")
    rows = Allocation.objects.filter(reason="shared").values_list("agreed_ma", flat=True)
    until(lambda: list(rows.all()) == [16_000, 16_000], seconds=10, what="both have agreed")
