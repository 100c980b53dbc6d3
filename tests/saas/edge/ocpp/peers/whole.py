"""The real gateway in front of the real domain, in one process: a WebSocket on one side, the test's database behind.

Broker and processes are left out; what they carry is handed over in place. Commands go through the outbox. The scene
and the gateway run in a thread of their own, as Django gives an event loop another connection; whatever needs the
database is done at the `desk`, by the test's own thread, in order.
"""

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from saas.contracts import rpc
from saas.contracts.telemetry import messages
from saas.devices import actions as registry
from saas.devices import queries as devices
from saas.devices.models import Device
from saas.edge.answers.methods import METHODS
from saas.edge.mqtt.rpc import Refusal
from saas.edge.ocpp.gateway import Gateway
from saas.edge.ocpp.rawlog import RawLog
from saas.edge.ocpp.services import Services
from saas.kit.errors import Refused
from saas.tenancy.queries import current
from tenants.cards.models import Card, CardGroup
from tenants.charging import actions
from tenants.charging.actions.commands import claim_commands
from tenants.sites.actions import create_evse
from tenants.stations import actions as stations
from tenants.stations.actions.sending import SETTLING
from tenants.stations.models import Station, StationCommand
from tests import builders

from .. import fakes
from .scripted import Scripted

RECEIVE = {
    "event": (actions.receive_event, "event"),
    "telemetry": (actions.receive_sample, "sample"),
    "reply": (actions.receive_reply, "reply"),
}


Job = tuple[Callable[[], Any], asyncio.Future[Any], asyncio.AbstractEventLoop]
desk: "queue.Queue[Job | None]" = queue.Queue()


def at_desk(work: Callable[[], Any]) -> asyncio.Future[Any]:
    """Have this done by the thread with the test's database."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()
    desk.put((work, done, loop))
    return done


def play(scene: Callable[[], Any]) -> None:
    """Run one scene, and serve the desk until it is over. Raises what the scene raises."""
    failed: list[BaseException] = []

    async def whole() -> None:
        async with asyncio.timeout(60):
            await scene()

    def run() -> None:
        try:
            asyncio.run(whole())
        except BaseException as wrong:
            failed.append(wrong)
        desk.put(None)

    while not desk.empty():  # what an earlier scene left undone
        desk.get()
    thread = threading.Thread(target=run)
    thread.start()
    while (job := desk.get()) is not None:
        _do(*job)
    thread.join()
    if failed:
        raise failed[0]


def _do(work: Callable[[], Any], done: asyncio.Future[Any], loop: asyncio.AbstractEventLoop) -> None:
    try:
        settle, value = done.set_result, work()
    except Exception as wrong:
        settle, value = done.set_exception, wrong
    if not loop.is_closed():
        loop.call_soon_threadsafe(_settle, settle, done, value)


def _settle(settle: Callable[[Any], None], done: asyncio.Future[Any], value: Any) -> None:
    if not done.done():
        settle(value)


class Answers:
    """The answers process, called in place."""

    async def ask(self, question: Any) -> Any:
        method = rpc.METHOD_OF[type(question)]
        try:
            result = await at_desk(lambda: METHODS[method](question, datetime.now(UTC)))
        except Refused as no:
            raise Refusal(no.code, str(no)) from None
        return rpc.RESULT_DECODERS[method].decode(rpc.encode(result))


class Broker(fakes.Broker):
    """Whatever is published reaches the domain once, then is acknowledged; `poison` is what the domain refused."""

    def __init__(self) -> None:
        super().__init__()
        self.poison: list[tuple[dict[str, Any], str]] = []

    def _store(self, device: str, body: dict[str, Any]) -> None:
        known = (device, body["boot"], body["seq"]) in self.stored
        told = at_desk(lambda: None if known else self._tell(device, body))
        told.add_done_callback(lambda _: super(Broker, self)._store(device, body))

    def _tell(self, device: str, body: dict[str, Any]) -> None:
        kind = "event" if "type" in body else "reply" if "ok" in body else "telemetry"
        receive, argument = RECEIVE[kind]
        fact = msgspec.convert(body, messages.BY_KIND[kind])
        try:
            receive(device=devices.get(device), received_at=datetime.now(UTC), **{argument: fact})  # type: ignore[operator]
        except Refused as no:
            self.poison.append((body, no.code))


class Whole:
    """One tenant's stations behind a running gateway."""

    def __init__(self, folder: Path) -> None:
        self.broker = Broker()
        services = Services(self.broker, Answers(), RawLog(folder / "log"), puback_s=2.0, commit_s=2.0, call_s=5.0)
        self.gateway = Gateway(services, marks=folder / "marks")
        self.port = 0

    async def order(
        self, device: Device, action: str, payload: dict[str, Any], *, timeout_s: int = 30
    ) -> StationCommand:
        """An operator's raw call, by way of the outbox."""
        command: StationCommand = await at_desk(lambda: self._order(device, action, payload, timeout_s))
        await self.dispatch()
        return command

    def _order(self, device: Device, action: str, payload: dict[str, Any], timeout_s: int) -> StationCommand:
        station, _ = Station.objects.get_or_create(
            device_id=device.device_id, defaults={"station_id": device.station_id or ""}
        )
        return stations.send(
            station=station, action=action, payload=payload, now=datetime.now(UTC), timeout_s=timeout_s
        )

    async def dispatch(self) -> None:
        """Everything in the outbox goes out, also what waits a moment for a station that has just connected."""
        for row in await at_desk(lambda: claim_commands(now=datetime.now(UTC) + SETTLING)):
            topic = f"ev/v1/{row.device_id}/cmd"
            if topic in self.broker.handlers:
                self.broker.handlers[topic](topic, messages.encode(msgspec.convert(row.payload, messages.Command)))


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Whole]:
    house = Whole(folder)
    house.port = await house.gateway.open("127.0.0.1", 0)
    try:
        yield house
    finally:
        await house.gateway.close()


@asynccontextmanager
async def connected(house: Whole, device: Device, secret: str, protocol: str) -> AsyncIterator[Scripted]:
    """A scripted station that is connected as this device."""
    url = f"ws://127.0.0.1:{house.port}/ocpp/ampere/{device.station_id}"
    station = Scripted(url, str(device.station_id), secret, protocol)
    async with station:
        yield station


async def answered(command: StationCommand) -> StationCommand:
    """The command once it is over."""
    async with asyncio.timeout(10):
        while not (now := await at_desk(lambda: StationCommand.objects.get(pk=command.pk))).done_at:
            await asyncio.sleep(0.01)
    found: StationCommand = now
    return found


def registered(station_id: str = "CP1", *, evses: int = 1) -> tuple[Device, str]:
    """An accepted station with priced EVSEs, its password, and the cards of a conformance kit."""
    device, secret = registry.register(
        tenant=current(), kind=Device.Kind.STATION, station_id=station_id, now=datetime.now(UTC)
    )
    first = builders.evse(of=device)
    for number in range(2, evses + 1):
        create_evse(
            location=first.location, connector="IEC_62196_T2", max_power_w=11_000, device_id=device.device_id,
            device_evse=number, now=datetime.now(UTC),
        )  # fmt: skip
    _cards()
    return device, secret


def _cards() -> None:
    group, _ = CardGroup.objects.get_or_create(parent_id="GROUP1", defaults={"name": "Kit"})
    for tag, fields in {
        "ACCEPTED1": {"group": group},
        "ACCEPTED2": {"group": group},
        "EXPIRED1": {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)},
        "BLOCKED1": {"state": Card.State.BLOCKED},
    }.items():
        Card.objects.get_or_create(id_tag=tag, defaults=fields)
