"""Servers of the OCPP comparison, one process each: `python -m infra.bench.ocpp_servers ours|echo|library`.

Each prints `{"port": …}`. Ours is the whole gateway (handshake, validation, translation to facts, raw log, answers)
over a broker and a domain that cost nothing: what is sent is acknowledged, what is asked is answered, at once.
"""

import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
import uvloop

from saas.contracts import rpc
from saas.contracts.telemetry import messages, wire
from saas.edge.ocpp.gateway import Gateway
from saas.edge.ocpp.rawlog import RawLog
from saas.edge.ocpp.services import Services


class NoBroker:
    """Every fact is committed as soon as it is sent, for as little CPU as can be: it is not what is measured."""

    def __init__(self) -> None:
        self.handlers: dict[str, Callable[[str, bytes], None]] = {}
        self._stored: dict[str, Callable[[str, bytes], None]] = {}  # by the topic of facts: who hears of their commit
        self._acked = asyncio.get_running_loop().create_future()
        self._acked.set_result(None)

    def on(self, topic_filter: str, handler: Callable[[str, bytes], None]) -> None:
        self.handlers[topic_filter] = handler
        device, _, kind = topic_filter.rpartition("/")
        if kind == "ack":
            self._stored[f"{device}/telemetry"] = self._stored[f"{device}/event"] = handler

    def off(self, topic_filter: str) -> None:
        self.handlers.pop(topic_filter, None)

    def on_connected(self, hook: Callable[[], None]) -> None:
        """Never away."""

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> "asyncio.Future[None]":
        if handler := self._stored.get(topic):  # the fact begins with its name: {"v":1,"boot":…,"seq":…,"ts_ms":…
            handler(topic, payload.partition(b',"ts_ms"')[0] + b',"now_ms":0}')
        return self._acked


class NoDomain:
    """Yes to everything; told what commands became of, it wakes who waits."""

    def __init__(self) -> None:
        self.done: dict[str, asyncio.Future[None]] = {}

    async def ask(self, question: Any) -> Any:
        if isinstance(question, rpc.CallDone):
            self.done[question.id].set_result(None)
        if isinstance(question, rpc.Connect):
            return rpc.Connected(status=101, device=f"st_{question.station_id}")
        if isinstance(question, rpc.Boot):
            return rpc.Booted(status="Accepted", interval_s=300, now_ms=time.time_ns() // 1_000_000)
        if isinstance(question, rpc.Cost):
            return rpc.Costed(total="0.00")
        return rpc.Authorised(status="Accepted") if isinstance(question, rpc.Authorise) else rpc.Noted(now_ms=0)


async def ours() -> None:
    """Until killed. A line `commands N` on the input sends N calls to every station, one after the other."""
    folder = Path(tempfile.mkdtemp(prefix="wattlane-bench-"))
    broker, domain, rawlog = NoBroker(), NoDomain(), RawLog(folder / "frames")
    gateway = Gateway(Services(broker, domain, rawlog), marks=folder / "marks")
    writing = asyncio.create_task(rawlog.run())
    _say(port=await gateway.open("127.0.0.1", 0))
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        _say(took_us=await _commands(broker, domain, int(line.split()[1])))
    writing.cancel()


async def _commands(broker: NoBroker, domain: NoDomain, count: int) -> list[int]:
    """Microseconds from the command's arrival to the moment in which the domain knows the station's answer."""
    topics = [topic for topic in broker.handlers if topic.endswith("/cmd")]

    async def one_after_the_other(topic: str) -> list[int]:
        took = []
        for number in range(count):
            name = f"{topic}-{number}"[-64:]
            data = {"action": "TriggerMessage", "payload": {"requestedMessage": "Heartbeat"}}
            command = messages.Command(v=1, id=name, type=wire.CMD_OCPP, ts_ms=0, expires_ms=2**50, data=data)
            told = domain.done[name] = asyncio.get_running_loop().create_future()
            began = time.perf_counter_ns()
            broker.handlers[topic](topic, messages.encode(command))
            await told
            took.append((time.perf_counter_ns() - began) // 1000)
        return took

    return [us for took in await asyncio.gather(*map(one_after_the_other, topics)) for us in took]


async def echo() -> None:
    """`websockets` that sends back `[]` and does nothing else: the least that its asyncio server costs."""
    from websockets.asyncio.server import ServerConnection, serve

    async def converse(socket: ServerConnection) -> None:
        async for _ in socket:
            await socket.send("[]")

    protocols: Any = ["ocpp1.6", "ocpp2.0.1"]
    async with serve(converse, "127.0.0.1", 0, subprotocols=protocols, compression=None) as server:
        _say(port=next(iter(server.sockets)).getsockname()[1])
        await asyncio.Event().wait()


async def library() -> None:
    """The `ocpp` package's own central system, as its examples have it."""
    from ocpp.routing import on
    from ocpp.v16 import ChargePoint as ChargePoint16
    from ocpp.v16 import call_result as result16
    from ocpp.v201 import ChargePoint as ChargePoint201
    from ocpp.v201 import call_result as result201
    from websockets.asyncio.server import ServerConnection, serve

    class Station16(ChargePoint16):  # type: ignore[misc]
        @on("MeterValues")
        def on_meter_values(self, **_: Any) -> Any:
            return result16.MeterValues()

    class Station201(ChargePoint201):  # type: ignore[misc]
        @on("TransactionEvent")
        def on_transaction_event(self, **_: Any) -> Any:
            return result201.TransactionEvent()

    async def converse(socket: ServerConnection) -> None:
        kind = Station16 if socket.subprotocol == "ocpp1.6" else Station201
        await kind(socket.request.path if socket.request else "", socket).start()

    protocols: Any = ["ocpp1.6", "ocpp2.0.1"]
    async with serve(converse, "127.0.0.1", 0, subprotocols=protocols, compression=None) as server:
        _say(port=next(iter(server.sockets)).getsockname()[1])
        await asyncio.Event().wait()


def _say(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


def main() -> None:
    """Ours runs on uvloop, as the gateway's process does; the others as their documentation starts them."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    name = sys.argv[1]
    if name == "ours":
        uvloop.run(ours())
    else:
        asyncio.run({"echo": echo, "library": library}[name]())


if __name__ == "__main__":
    main()
