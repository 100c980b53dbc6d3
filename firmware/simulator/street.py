"""Many devices in one process: one loop steps them all, one task each keeps them connected."""

import asyncio
import json
import random
import resource
import ssl
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmware.net import web
from firmware.net.enrol import Enrolment
from firmware.simulator.connection import Connection
from firmware.simulator.device import Identity, SimDevice
from firmware.simulator.plan import Planned
from firmware.simulator.world import SimTime

STEP_S = 0.1
CONNECTING = 40  # at the same moment
FETCHING = 8
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
    planned: tuple[Planned, ...] = ()
    seed: str = ""  # the same one chooses the same devices; empty: by chance
    modulus_hex: str = ""


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
            folder = self.state_dir / identity.device
            device = SimDevice(identity, folder, sim_time, ntp=options.ntp, modulus_hex=options.modulus_hex)
            self.devices[identity.device] = device
            connection = Connection(device, options.host, options.port, options.tls, self.crashed)
            self.connections[identity.device] = connection
        self._relays = dict.fromkeys(self.devices, False)
        self._random = random.Random(options.seed or None)
        self._fetching: dict[str, asyncio.Task[None]] = {}
        self._faults: Counter[str] = Counter()
        self._started = time.monotonic()

    async def run(self) -> None:
        """Until cancelled. On the way out every relay opens, as when the power goes; samples are written down."""
        gate = asyncio.Semaphore(CONNECTING)
        tasks = [asyncio.create_task(connection.run(gate)) for connection in self.connections.values()]
        tasks += [asyncio.create_task(self._carry_out(planned)) for planned in self.options.planned]
        if self.options.faults:
            tasks.append(asyncio.create_task(self._raise_faults()))
        try:
            await self._step_for_ever()
        finally:
            for task in [*tasks, *self._fetching.values()]:
                task.cancel()
            await asyncio.gather(*tasks, *self._fetching.values(), return_exceptions=True)
            for name in self.devices:
                self.connections[name].drop()
                self.devices[name].world.open_relay()
                self.devices[name].adapter.outbox.flush()

    async def _step_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            for name in list(self.devices):
                self.step(name)
                self._fetch(name)
                self._enrol(name)
            due = max(due + STEP_S, loop.time())
            await asyncio.sleep(due - loop.time())

    def step(self, name: str) -> None:
        device = self.devices[name]
        try:
            device.step()
            if device.adapter.updater.restart:
                log("device_restarts", device=name)
                self.restart(name)
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
        self.devices[name].world.lose_power()
        self.devices[name].boot()

    def state(self, name: str) -> dict[str, Any]:
        connection = self.connections[name]
        online = connection.online()
        return {**self.devices[name].state(), "online": online, "link_error": "" if online else connection.last_error}

    def fault(self, name: str, fault: str, on: bool) -> None:
        """Raises ValueError for a fault that does not exist."""
        self.devices[name].fault(fault, on)
        self._faults[fault] += on
        log("fault_on" if on else "fault_off", device=name, fault=fault)

    def summary(self) -> dict[str, Any]:
        """What happened, in figures."""
        devices = self.devices.values()
        used = resource.getrusage(resource.RUSAGE_SELF)
        said = sum((device.said for device in devices), Counter())
        return {
            "devices": len(devices),
            "ran_s": round(time.monotonic() - self._started, 1),
            "cpu_s": round(used.ru_utime + used.ru_stime, 1),
            "memory_mb": used.ru_maxrss // 1024,
            "faults": dict(self._faults),
            "said": dict(sorted(said.items())),
            "held": sum(len(device.adapter.outbox.items) for device in devices),
            "dropped": sum(device.adapter.outbox.dropped for device in devices),
            "flash_writes": sum(device.files.writes for device in devices),
            "latest_end_ms": max((device.latest_ms for device in devices), default=0),
            "crashes": sum(device.crashes for device in devices),
            "boots": sum(device.boots for device in devices),
            "firmware": dict(Counter(device.adapter.firmware for device in devices)),
        }

    def _log_relay(self, device: SimDevice) -> None:
        name, closed = device.identity.device, device.world.contacts.closed
        if closed != self._relays[name]:
            self._relays[name] = closed
            log("relay_closed" if closed else "relay_opened", device=name, energy_wh=device.adapter.register.total_wh)

    def _fetch(self, name: str) -> None:
        """A piece of a new firmware, in a thread: the real one has a thread for it, too."""
        device = self.devices.get(name)
        if device is None or name in self._fetching or len(self._fetching) >= FETCHING or not device.reachable():
            return
        wanted = device.adapter.updater.want(device.adapter.calm())
        if wanted is not None:
            task = asyncio.get_running_loop().create_task(self._fetch_piece(device, *wanted))
            self._fetching[name] = task
            task.add_done_callback(lambda _: self._fetching.pop(name, None))

    async def _fetch_piece(self, device: SimDevice, url: str, start: int, length: int) -> None:
        updater = device.adapter.updater
        try:
            data = await asyncio.to_thread(web.fetch, url, start, length, ssl.create_default_context())
        except web.NoAnswer as error:
            updater.trouble(str(error.args[0]))
        else:
            updater.give(start, data)

    def _enrol(self, name: str) -> None:
        device = self.devices.get(name)
        enrolment = device.enrolment if device else None
        now_ms = device.adapter.mono.ms() if device else 0
        if device is None or enrolment is None or name in self._fetching or not enrolment.due(now_ms):
            return
        task = asyncio.get_running_loop().create_task(self._post(device, enrolment))
        self._fetching[name] = task
        task.add_done_callback(lambda _: self._fetching.pop(name, None))

    async def _post(self, device: SimDevice, enrolment: Enrolment) -> None:
        url, body = enrolment.request(device.adapter.firmware, "simulator")
        status: int | None = None
        with suppress(web.NoAnswer):
            headers = {"Content-Type": "application/json"}
            answer = await asyncio.to_thread(web.request, "POST", url, body, headers, ssl.create_default_context())
            status = answer[0]
        log("device_enrolled", device=device.identity.device, status=status)
        enrolment.answered(status, device.adapter.mono.ms())

    async def _carry_out(self, planned: Planned) -> None:
        await asyncio.sleep(planned.start_s)
        names = sorted(self.devices)
        chosen = names if planned.count is None else self._random.sample(names, min(planned.count, len(names)))
        for name in chosen:
            self.fault(name, planned.name, True)
        await asyncio.sleep(planned.last_s)
        for name in chosen:
            if name in self.devices:
                self.fault(name, planned.name, False)

    async def _raise_faults(self) -> None:
        while True:
            await asyncio.sleep(self.options.fault_every_s)
            name, fault = self._random.choice(sorted(self.devices)), self._random.choice(self.options.faults)
            self.fault(name, fault, True)
            asyncio.get_running_loop().call_later(FAULT_S, self._end_fault, name, fault)

    def _end_fault(self, name: str, fault: str) -> None:
        if name in self.devices:
            self.fault(name, fault, False)
