"""Many devices in one process: one loop steps them all, one task each keeps them connected."""

import asyncio
import json
import random
import ssl
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmware.simulator.connection import Connection
from firmware.simulator.device import Identity, SimDevice
from firmware.simulator.world import SimTime

STEP_S = 0.1
CONNECTING = 40  # at the same moment
FAULT_S = 10.0


@dataclass(frozen=True)
class Options:
    host: str
    port: int
    tls: ssl.SSLContext | None = None
    speed: float = 1.0
    ntp: bool = True
    faults: tuple[str, ...] = ()  # raised at random, one device at a time
    fault_every_s: float = 30.0


def log(event: str, **fields: Any) -> None:
    """One line of JSON to standard output. Nobody reading it any more is no reason to stop."""
    line = json.dumps({"event": event, "at_ms": time.time_ns() // 1_000_000, **fields})
    with suppress(OSError):
        print(line, flush=True, file=sys.stdout)


@dataclass
class Street:
    """`state_dir/<device>/` is the flash of each device; a street started again there goes on where it was killed."""

    identities: Iterable[Identity]
    state_dir: Path
    options: Options
    devices: dict[str, SimDevice] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)

    def __post_init__(self) -> None:
        options, sim_time = self.options, SimTime(self.options.speed)
        for identity in self.identities:
            device = SimDevice(identity, self.state_dir / identity.device, sim_time, ntp=options.ntp)
            self.devices[identity.device] = device
            connection = Connection(device, options.host, options.port, options.tls, self.crashed)
            self.connections[identity.device] = connection
        self._relays = dict.fromkeys(self.devices, False)

    async def run(self) -> None:
        """Until cancelled. On the way out every relay opens, as when the power goes."""
        gate = asyncio.Semaphore(CONNECTING)
        tasks = [asyncio.create_task(connection.run(gate)) for connection in self.connections.values()]
        if self.options.faults:
            tasks.append(asyncio.create_task(self._raise_faults()))
        try:
            await self._step_for_ever()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for name in self.devices:
                self.connections[name].drop()
                self.devices[name].world.open_relay()

    async def _step_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            for name in list(self.devices):
                self.step(name)
            due = max(due + STEP_S, loop.time())
            await asyncio.sleep(due - loop.time())

    def step(self, name: str) -> None:
        device = self.devices[name]
        try:
            device.step()
        except Exception as error:  # whatever one device does, the others go on
            self.crashed(device, error)
        if name in self.devices:
            self.connections[name].tick()
            self._log_relay(device)

    def crashed(self, device: SimDevice, error: Exception) -> None:
        """What the watchdog of the real one does: relay open, start again from the flash. One whose flash does not let
        it start is taken off the street."""
        name = device.identity.device
        device.world.open_relay()
        device.crashes += 1
        log("device_crashed", device=name, error=repr(error))
        try:
            self.restart(name)
        except Exception as fatal:  # the others go on
            log("device_dead", device=name, error=repr(fatal))
            self.devices.pop(name, None)

    def restart(self, name: str) -> None:
        """As when its power is cut for a moment."""
        self.connections[name].drop()
        self.devices[name].boot()

    def state(self, name: str) -> dict[str, Any]:
        connection = self.connections[name]
        online = connection.online()
        return {**self.devices[name].state(), "online": online, "link_error": "" if online else connection.last_error}

    def _log_relay(self, device: SimDevice) -> None:
        name, closed = device.identity.device, device.world.contacts.closed
        if closed != self._relays[name]:
            self._relays[name] = closed
            log("relay_closed" if closed else "relay_opened", device=name, energy_wh=device.adapter.register.total_wh)

    async def _raise_faults(self) -> None:
        while True:
            await asyncio.sleep(self.options.fault_every_s)
            device = self.devices[random.choice(sorted(self.devices))]
            name = random.choice(self.options.faults)
            log("fault_on", device=device.identity.device, fault=name)
            if name == "offline":
                device.cut_network(FAULT_S)
            else:
                device.fault(name, True)
                asyncio.get_running_loop().call_later(FAULT_S, device.fault, name, False)
