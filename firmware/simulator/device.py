"""One simulated adapter: the real logic on simulated hardware, its flash in a folder."""

import secrets
from collections import Counter as Tally
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmware import loader
from firmware.app.adapter import CAPACITY, Adapter
from firmware.app.files import Files
from firmware.app.uplink import Uplink
from firmware.app.version import FIRMWARE
from firmware.net.client import Client
from firmware.net.enrol import Enrolment
from firmware.simulator.plan import EVERYTHING
from firmware.simulator.world import FAULTS, Counter, SimTime, World

PLUG_MS = 400  # from presence to the plug
LEAVE_MS = 8_000  # from the end to the drive away
NTP_MS = 60_000
HOUR_MS = 3_600_000
THREE_PHASE_W = 7_400  # above this a vehicle charges on three phases
SLOW_WRITE_MS = 300
SMALL_RING = 20
NO_NETWORK = frozenset({"wifi_loss", "offline", "broker_kill", "ring_overflow"})


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


class Flash(Files):
    """Counts its writes, and may be slow."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.writes = 0

    def write(self, name: str, data: bytes) -> None:
        self.writes += 1
        super().write(name, data)

    def append(self, name: str, data: bytes) -> None:
        self.writes += 1
        super().append(name, data)


class SimDevice:
    """`boot` starts the firmware as after a power cut: what is in `folder` is all that it knows.

    An update is fetched, checked, installed, tried and rolled back as on the real one; but what runs after it is the
    code of this process with the version of the new slot: compiled for the chip, the image itself cannot run here.
    """

    def __init__(
        self, identity: Identity, folder: Path, sim_time: SimTime, *, ntp: bool = True, modulus_hex: str = ""
    ) -> None:
        """`modulus_hex`: of the key whose firmware the device takes; empty: none."""
        folder.mkdir(parents=True, exist_ok=True)
        self.identity = identity
        self.folder = folder
        self.faults: set[str] = set()  # of the device; those of the world are there
        self.said: Tally[str] = Tally()
        self.crashes = 0
        self.boots = 0
        self.latest_ms = 0  # how late a session ended, at the worst
        self.offline_until_ms = 0
        self.busy_until_ms = 0
        self.files = Flash(str(folder))
        self.enrolment: Enrolment | None = None  # of one that the platform may not know yet
        self._modulus_hex = modulus_hex
        self._commands: deque[bytes] = deque(maxlen=10)
        self._time = sim_time
        self._ntp = ntp
        self._ntp_ms = 0
        phases = 3 if identity.power_w > THREE_PHASE_W else 1
        counter = None if identity.forgets else Counter(folder / "meter.bin")
        self.world = World(sim_time, identity.power_w, phases, identity.device, counter)
        self._plug_at: int | None = None
        self._leave_at: int | None = None
        self._plugged_for = ""
        if self.files.read("a/version") is None and self.files.read("b/version") is None:
            self.files.write("a/version", FIRMWARE.encode())
        self.boot()

    def boot(self) -> None:
        """The boot loader chooses a slot, its firmware starts."""
        slot = loader.choose(str(self.folder))
        firmware = (self.files.read(f"{slot}/version") or FIRMWARE.encode()).decode()
        who, world = self.identity, self.world
        now_ms = self._told_ms() if self._ntp and self.reachable() else 0
        capacity = SMALL_RING if "ring_overflow" in self.faults else CAPACITY
        self.boots += 1
        self.adapter = Adapter(
            who.device, who.key, secrets.randbits(61) + 1, world, world, self._time, self.files, now_ms, capacity,
            firmware, who.secret, self._modulus_hex,
        )  # fmt: skip
        self._overhear()
        self.uplink = Uplink(self.adapter, follow_clock=self._time.speed == 1.0)
        session = self.adapter.memory.session
        if session and session.meter_start_wh is not None:  # the vehicle has been standing there all the time
            self.world.plugged_in = True
            self._plugged_for = session.permit.session

    def step(self) -> None:
        self.world.advance()
        if "power_cut" in self.faults or self._time.ms() < self.busy_until_ms:
            return
        if "ota_crash" in self.faults and self.adapter.updater.slots.on_trial:
            raise RuntimeError("the new firmware crashes")
        if self._time.ms() - self._ntp_ms >= NTP_MS:
            self._tell_time()
        self._drive_vehicle()
        writes = self.files.writes
        self.adapter.step()
        self.uplink.step()
        if "slow_flash" in self.faults:
            self.busy_until_ms = self._time.ms() + SLOW_WRITE_MS * (self.files.writes - writes)

    def client(self) -> Client:
        """A new connection's protocol."""
        will = (self.uplink.topic_status, self.adapter.voice.last_will())
        topics = [self.uplink.topic_cmd, self.uplink.topic_ack]
        uplink, secret = self.uplink, self.adapter.credentials.current()
        return Client(
            self.identity.device, secret, will, topics, lambda it: uplink.connected(it.publish), self._received,
            self._denied,
        )  # fmt: skip

    def _denied(self) -> None:
        if self.enrolment is not None:
            self.enrolment.refused()
        self.uplink.denied()

    def reachable(self) -> bool:
        if "ota_unhealthy" in self.faults and self.adapter.updater.slots.on_trial:
            return False
        return self._time.ms() >= self.offline_until_ms and not self.faults & (NO_NETWORK | {"power_cut"})

    # what a person or the world does to it

    def type_code(self, code: str) -> str | None:
        return self.adapter.type_code(code)

    def card(self, uid: bytes) -> None:
        """Held to the reader for a moment."""
        self.adapter.card(uid)

    def plug(self, plugged: bool) -> None:
        self.world.plugged_in = plugged
        self._plug_at = self._leave_at = None

    def fault(self, name: str, on: bool) -> None:
        """Raises ValueError for one that does not exist."""
        if name in FAULTS:
            self.world.break_it(name, on)
        elif name in EVERYTHING:
            (self.faults.add if on else self.faults.discard)(name)
            self._begin_or_end(name, on)
        else:
            raise ValueError(f"unknown fault {name!r}: one of {', '.join(EVERYTHING)}")

    def cut_network(self, seconds: float) -> None:
        self.offline_until_ms = self._time.ms() + int(seconds * 1000)

    def state(self) -> dict[str, Any]:
        """For the control port: what one would see standing before it, and inside."""
        adapter, contacts = self.adapter, self.world.contacts
        session = adapter.memory.session
        return {
            "device": self.identity.device,
            "state": adapter.state(),
            "firmware": adapter.firmware,
            "on_trial": adapter.updater.slots.on_trial,
            "closed": contacts.closed,
            "closed_at_ms": contacts.closed_at_ms,
            "opened_at_ms": contacts.opened_at_ms,
            "opened_at_mono_ms": contacts.opened_at_mono_ms,
            "opened_with_ma": contacts.broken_ma,
            "offered_ma": self.world.offered_ma(),
            "mono_ms": self._time.ms(),
            "clock_ms": adapter.clock.now_ms(),
            "clock_set": adapter.clock.trusted,
            "session": session.permit.session if session else None,
            "permits": [permit.session for permit in adapter.memory.permits],
            "energy_wh": adapter.register.total_wh,
            "power_w": self.world.power_w,
            "plugged": self.world.plugged_in,
            "sign": self.world.sign,
            "faults": sorted(adapter.faults.active),
            "broken": sorted(self.faults | self.world.faults),
            "boot": adapter.voice.boot,
            "seq": adapter.voice.seq,
            "held": len(adapter.outbox.items),
            "dropped": adapter.outbox.dropped,
            "crashes": self.crashes,
        }

    def _begin_or_end(self, name: str, on: bool) -> None:
        if name == "power_cut":
            self.world.lose_power()
            if not on:
                self.boot()
        elif name == "clock_jump":
            self._tell_time()
        elif name == "ring_overflow":
            self.adapter.outbox.capacity = SMALL_RING if on else CAPACITY

    def _received(self, topic: str, payload: bytes) -> None:
        again = "replayed_commands" in self.faults and topic == self.uplink.topic_cmd
        for copy in [*self._commands, payload, payload, payload] if again else [payload]:
            self.uplink.received(topic, copy)
        if topic == self.uplink.topic_cmd:
            self._commands.append(payload)

    def _overhear(self) -> None:
        """For the summary."""
        tell = self.adapter.voice.event

        def event(type_: str, fields: dict[str, object] | None = None) -> None:
            told = fields or {}
            self.said[" ".join(str(word) for word in (type_, told.get("code") or told.get("reason", ""))).strip()] += 1
            session = self.adapter.memory.session
            if type_ == "stopped" and told.get("reason") == "time" and session is None:
                self.latest_ms = max(self.latest_ms, -self.adapter.power.left_ms())
            tell(type_, fields)

        self.adapter.voice.event = event  # type: ignore[method-assign]

    def _told_ms(self) -> int:
        wrong_ms = HOUR_MS * (1 if sum(self.identity.device.encode()) % 2 else -1)
        return self._time.wall_ms() + (wrong_ms if "clock_jump" in self.faults else 0)

    def _tell_time(self) -> None:
        self._ntp_ms = self._time.ms()
        if self._ntp and self.reachable():
            self.adapter.clock.set(self._told_ms())

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
