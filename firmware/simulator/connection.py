"""The firmware's MQTT client on asyncio, so that one loop carries hundreds of devices."""

import asyncio
import ssl
from collections.abc import Callable

from firmware.net.client import Client
from firmware.simulator.device import SimDevice

Crashed = Callable[[SimDevice, Exception], None]

RETRY_S, LONGEST_RETRY_S = 0.5, 5.0


class Wire(asyncio.Protocol):
    """One TCP connection of one device. `crashed` is told of any error of the firmware in what came in."""

    def __init__(self, device: SimDevice, crashed: "Crashed", closed: asyncio.Event) -> None:
        self.client: Client = device.client()
        self._device = device
        self._uplink = device.uplink
        self._crashed = crashed
        self._closed = closed
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self.client.opened(self._device.adapter.mono.ms())
        self.flush()

    def data_received(self, data: bytes) -> None:
        try:
            self.client.feed(data, self._device.adapter.mono.ms())
            self._uplink.step()
        except Exception as error:  # whatever the firmware does, the other devices go on
            self._crashed(self._device, error)
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._uplink.disconnected()
        self._closed.set()

    def tick(self, now_ms: int) -> None:
        self.client.tick(now_ms)
        self.flush()

    def flush(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        data = self.client.take_out()
        if data:
            self._transport.write(data)
        if self.client.dead:
            self.drop()

    def drop(self) -> None:
        """Without a good-bye, as when the power goes: the broker publishes the last will."""
        if self._transport is not None:
            self._transport.abort()


class Connection:
    """Keeps one device connected while the network is there."""

    def __init__(self, device: SimDevice, host: str, port: int, tls: ssl.SSLContext | None, crashed: Crashed) -> None:
        self.device = device
        self._crashed = crashed
        self.last_error = ""
        self._host, self._port, self._tls = host, port, tls
        self.wire: Wire | None = None

    def online(self) -> bool:
        return self.wire is not None and self.wire.client.online

    def tick(self) -> None:
        if self.wire is not None:
            self.wire.tick(self.device.adapter.mono.ms())
            if not self.device.reachable():
                self.wire.drop()
            elif self.wire.client.online and self.device.uplink.wants_new_connection():
                self.wire.drop()

    def drop(self) -> None:
        if self.wire is not None:
            self.wire.drop()

    async def run(self, gate: asyncio.Semaphore) -> None:
        """For ever. `gate` bounds how many connect at the same moment."""
        retry_s = RETRY_S
        while True:
            if self.device.reachable():
                retry_s = RETRY_S if await self._once(gate) else min(2 * retry_s, LONGEST_RETRY_S)
                await asyncio.sleep(retry_s)
            else:
                await asyncio.sleep(0.1)

    async def _once(self, gate: asyncio.Semaphore) -> bool:
        """One connection from its beginning to its end; True when the broker had let it in."""
        closed = asyncio.Event()
        loop = asyncio.get_running_loop()
        try:
            async with gate:
                make = lambda: Wire(self.device, self._crashed, closed)  # noqa: E731
                _, self.wire = await loop.create_connection(make, self._host, self._port, ssl=self._tls)
            wire = self.wire
            await closed.wait()
        except OSError as error:
            self.last_error = str(error)
            return False
        self.wire = None
        self.last_error = wire.client.dead or "closed by the broker"
        return wire.client.online
