"""One simulated adapter: the real logic on simulated hardware, its flash in a folder."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmware.app.adapter import Adapter
from firmware.app.files import Files
from firmware.app.uplink import Uplink
from firmware.net.client import Client
from firmware.simulator.world import Counter, SimTime, World

PLUG_MS = 400  # from presence to the plug
LEAVE_MS = 8_000  # from the end to the drive away
NTP_MS = 60_000
THREE_PHASE_W = 7_400  # above this a vehicle charges on three phases


@dataclass(frozen=True)
class Identity:
    """What a device is made with. `secret` is its MQTT password, `key` signs its permits."""

    device: str
    secret: str
    key: bytes
    power_w: int = 7_360
    forgets: bool = False  # its meter begins again at 0 when the power goes

    @classmethod
    def read(cls, row: dict[str, Any]) -> "Identity":
        """One row of the devices file: device, secret, key_hex, power_w (other keys are not ours)."""
        key = bytes.fromhex(row["key_hex"])
        power_w, forgets = int(row.get("power_w", 7_360)), bool(row.get("forgets", False))
        return cls(device=row["device"], secret=row["secret"], key=key, power_w=power_w, forgets=forgets)


class SimDevice:
    """`boot` starts the firmware as after a power cut: what is in `folder` is all that it knows."""

    def __init__(self, identity: Identity, folder: Path, sim_time: SimTime, *, ntp: bool = True) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.identity = identity
        self.crashes = 0
        self.offline_until_ms = 0
        self._files = Files(str(folder))
        self._time = sim_time
        self._ntp = ntp
        self._ntp_ms = 0
        phases = 3 if identity.power_w > THREE_PHASE_W else 1
        counter = None if identity.forgets else Counter(folder / "meter.bin")
        self.world = World(sim_time, identity.power_w, phases, identity.device, counter)
        self._plug_at: int | None = None
        self._leave_at: int | None = None
        self._plugged_for = ""
        self.boot()

    def boot(self) -> None:
        number = secrets.randbits(61) + 1
        who, world = self.identity, self.world
        now_ms = self._time.wall_ms() if self._ntp and self.reachable() else 0
        self.adapter = Adapter(who.device, who.key, number, world, world, self._time, self._files, now_ms)
        self.uplink = Uplink(self.adapter, follow_clock=self._time.speed == 1.0)
        session = self.adapter.memory.session
        if session and session.meter_start_wh is not None:  # the vehicle has been standing there all the time
            self.world.plugged_in = True
            self._plugged_for = session.permit.session

    def step(self) -> None:
        self.world.advance()
        if self._time.ms() - self._ntp_ms >= NTP_MS:
            self._tell_time()
        self._drive_vehicle()
        self.adapter.step()
        self.uplink.step()

    def client(self) -> Client:
        """A new connection's protocol."""
        will = (self.uplink.topic_status, self.adapter.voice.last_will())
        topics = [self.uplink.topic_cmd, self.uplink.topic_ack]
        uplink = self.uplink
        secret = self.identity.secret
        return Client(
            self.identity.device, secret, will, topics, lambda it: uplink.connected(it.publish), uplink.received
        )

    def reachable(self) -> bool:
        return self._time.ms() >= self.offline_until_ms

    # what a person or the world does to it

    def type_code(self, code: str) -> str | None:
        return self.adapter.type_code(code)

    def plug(self, plugged: bool) -> None:
        self.world.plugged_in = plugged
        self._plug_at = self._leave_at = None

    def fault(self, name: str, on: bool) -> None:
        """Raises ValueError for a fault that this world does not know."""
        self.world.break_it(name, on)

    def cut_network(self, seconds: float) -> None:
        self.offline_until_ms = self._time.ms() + int(seconds * 1000)

    def state(self) -> dict[str, Any]:
        """For the control port: what one would see standing before it, and inside."""
        adapter, contacts = self.adapter, self.world.contacts
        session = adapter.memory.session
        return {
            "device": self.identity.device,
            "state": adapter.state(),
            "closed": contacts.closed,
            "closed_at_ms": contacts.closed_at_ms,
            "opened_at_ms": contacts.opened_at_ms,
            "opened_at_mono_ms": contacts.opened_at_mono_ms,
            "mono_ms": self._time.ms(),
            "clock_ms": adapter.clock.now_ms(),
            "clock_set": adapter.clock.trusted,
            "session": session.permit.session if session else None,
            "permits": [permit.session for permit in adapter.memory.permits],
            "energy_wh": adapter.register.total_wh,
            "power_w": self.world.power_w,
            "plugged": self.world.plugged_in,
            "faults": sorted(adapter.faults.active),
            "boot": adapter.voice.boot,
            "seq": adapter.voice.seq,
            "held": len(adapter.outbox.items),
            "dropped": adapter.outbox.dropped,
            "crashes": self.crashes,
        }

    def _tell_time(self) -> None:
        self._ntp_ms = self._time.ms()
        if self._ntp and self.reachable():
            self.adapter.clock.set(self._time.wall_ms())

    def _drive_vehicle(self) -> None:
        """Plugs in when somebody has proved to be present, drives away some time after the end."""
        now, session = self._time.ms(), self.adapter.memory.session
        if session and session.permit.session != self._plugged_for:
            self._plugged_for = session.permit.session
            self._plug_at, self._leave_at = now + PLUG_MS, None
        if self._plug_at is not None and now >= self._plug_at:
            self.world.plugged_in, self._plug_at = True, None
        if not session and self._plugged_for:
            self._plugged_for, self._leave_at = "", now + LEAVE_MS
        if self._leave_at is not None and now >= self._leave_at:
            self.world.plugged_in, self._leave_at = False, None
