"""In-memory ends of the gateway's ports: a broker with an ingester behind it, and one who knows the business."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from saas.contracts import rpc
from saas.contracts.telemetry import messages, wire
from saas.edge.mqtt.rpc import NoAnswer
from saas.edge.ocpp.gateway import Gateway
from saas.edge.ocpp.ports import BrokerAway, Handler
from saas.edge.ocpp.rawlog import RawLog
from saas.edge.ocpp.services import Services


class Broker:
    """Takes what is sent; `ingesting` answers with the cumulative acknowledgement as the ingester does."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}
        self.hooks: list[Callable[[], None]] = []
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.away = False
        self.ingesting = True
        self.stored: dict[tuple[str, int, int], dict[str, Any]] = {}

    def on(self, topic_filter: str, handler: Handler) -> None:
        self.handlers[topic_filter] = handler

    def off(self, topic_filter: str) -> None:
        self.handlers.pop(topic_filter, None)

    def on_connected(self, hook: Callable[[], None]) -> None:
        self.hooks.append(hook)

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> asyncio.Future[None]:
        if self.away:
            raise BrokerAway("The broker is away.")
        _, _, device, kind = topic.split("/")
        messages.DECODERS[kind].decode(payload)  # whatever the gateway publishes obeys the contract
        body = msgspec.json.decode(payload)
        self.sent.append((topic, body))
        if self.ingesting and kind != "status":
            self._store(device, body)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def come_back(self) -> None:
        self.away = False
        for hook in self.hooks:
            hook()

    def command(self, device: str, **fields: Any) -> None:
        body = {"v": 1, "ts_ms": 0, "expires_ms": 2**50, **fields}
        self.handlers[wire.TOPIC_CMD % device](wire.TOPIC_CMD % device, msgspec.json.encode(body))

    def of(self, kind: str, device: str = "st_1") -> list[dict[str, Any]]:
        return [body for topic, body in self.sent if topic == f"ev/v1/{device}/{kind}"]

    def events(self, device: str = "st_1") -> list[str]:
        return [body["type"] for body in self.of("event", device)]

    def _store(self, device: str, body: dict[str, Any]) -> None:
        boot = body["boot"]
        self.stored.setdefault((device, boot, body["seq"]), body)
        seq = 0
        while (device, boot, seq + 1) in self.stored:
            seq += 1
        handler = self.handlers.get(wire.TOPIC_ACK % device)
        if seq and handler:
            ack = messages.encode(messages.Ack(v=1, boot=boot, seq=seq, now_ms=0))
            asyncio.get_running_loop().call_soon(handler, wire.TOPIC_ACK % device, ack)


class Answers:
    """Two tenants: stations by (tenant, station id) with their password; tokens by name."""

    def __init__(self) -> None:
        self.stations = {
            ("ampere", "CP1"): ("st_1", "secret-of-cp1"),
            ("ampere", "CP2"): ("st_2", "secret-of-cp2"),
            ("barq", "CP1"): ("st_3", "secret-of-barq"),
        }
        self.pending: set[str] = set()
        self.certified = False  # a certificate is shown, and found good
        self.booting = "Accepted"
        self.away = False
        self.asked: list[Any] = []
        self.costs = False  # stations show what a session costs
        self.responses: dict[str, dict[str, Any]] = {}  # of the domain to what else stations say

    async def ask(self, question: Any) -> Any:
        self.asked.append(question)
        if self.away:
            raise NoAnswer("No answer within 0 s.")
        return getattr(self, f"_{rpc.METHOD_OF[type(question)]}")(question)

    def of(self, kind: type) -> list[Any]:
        return [question for question in self.asked if isinstance(question, kind)]

    def _connect(self, question: rpc.Connect) -> rpc.Connected:
        places = [key for key in self.stations if key[1] == question.station_id and question.tenant in (None, key[0])]
        if len(places) != 1:
            return rpc.Connected(status=404)
        device, password = self.stations[places[0]]
        if password != question.password and not self.certified:
            return rpc.Connected(status=401, device=device)
        return rpc.Connected(status=101, device=device, pending=device in self.pending, costs=self.costs)

    def _boot(self, _question: rpc.Boot) -> rpc.Booted:
        return rpc.Booted(status=self.booting, interval_s=300, now_ms=1_767_225_600_000)

    def _authorise(self, question: rpc.Authorise) -> rpc.Authorised:
        if question.id_tag == "STRANGER":
            return rpc.Authorised(status="Invalid")
        return rpc.Authorised(status="Accepted", expires_ms=1_798_761_600_000, parent="GROUP1")

    def _cost(self, _question: rpc.Cost) -> rpc.Costed:
        return rpc.Costed(total="1.23")

    def _heard(self, question: rpc.Heard) -> rpc.Response:
        return rpc.Response(payload=self.responses.get(question.action, {}))

    def _status(self, _question: rpc.StatusReport) -> rpc.Noted:
        return rpc.Noted(now_ms=0)

    _presence = _call_done = _status


class House:
    """A running gateway on a free port."""

    def __init__(self, folder: Path, *, log: str = "log", **times: float) -> None:
        self.broker, self.answers = Broker(), Answers()
        self.rawlog = RawLog(folder / log)
        times = {"puback_s": 1.0, "commit_s": 1.0, "call_s": 1.0, **times}
        self.gateway = Gateway(Services(self.broker, self.answers, self.rawlog, **times), marks=folder / "marks")
        self.port = 0

    def url(self, path: str = "ampere/CP1") -> str:
        return f"ws://127.0.0.1:{self.port}/ocpp/{path}"


@asynccontextmanager
async def opened(folder: Path, *, log: str = "log", **times: float) -> AsyncIterator[House]:
    house = House(folder, log=log, **times)
    house.port = await house.gateway.open("127.0.0.1", 0)
    try:
        yield house
    finally:
        await house.gateway.close()


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


def play(scene: Callable[[], Awaitable[None]]) -> None:
    """Run one scene in an event loop of its own."""

    async def whole() -> None:
        async with asyncio.timeout(60):
            await scene()

    asyncio.run(whole())
