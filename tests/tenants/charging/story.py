"""Tells a device's side of a session in a line each."""

from datetime import datetime, timedelta

from saas.contracts.telemetry.messages import Event, Reply, Status, Telemetry
from saas.devices import actions as registry
from saas.devices.models import Device
from saas.kit.time import to_ms
from tenants.charging import actions
from tenants.charging.models import Session
from tests.builders import NOW

START = NOW + timedelta(hours=1)


def lapse(session: Session, minute: float, patience: float = 5) -> int:
    """The device is heard at that minute, says nothing of the session, and time passes. How many the sweep settled."""
    at = START + timedelta(minutes=minute)
    registry.seen(device_id=session.device_id, now=at, online=True)
    first = actions.sweep(now=at)
    assert (first["no_shows"], first["silent"]) == (0, 0)
    second = actions.sweep(now=at + timedelta(minutes=patience))
    return second["no_shows"] + second["silent"]


class Story:
    """Speaks for one device about one session; minutes count from the booked start."""

    def __init__(self, session: Session, name: str | None = None, evse: int = 1) -> None:
        self.device = Device.objects.get(device_id=session.device_id)
        self.session, self.name, self.evse, self.seq = session, name or str(session.uid), evse, 0

    def event(self, kind: str, minute: float = 0, **fields: object) -> Event:
        self.seq += 1
        fields.setdefault("session", self.name)
        return Event(v=1, boot=7, seq=self.seq, ts_ms=to_ms(self.at(minute)), evse=self.evse, type=kind, **fields)  # type: ignore[arg-type]

    def sample(self, minute: float, energy_wh: int, power_w: int = 7000) -> Telemetry:
        self.seq += 1
        return Telemetry(
            v=1, boot=7, seq=self.seq, ts_ms=to_ms(self.at(minute)), evse=self.evse, session=self.name,
            energy_wh=energy_wh, power_w=power_w, current_ma=30_000, voltage_mv=230_000, soc_pct=40,
        )  # fmt: skip

    def at(self, minute: float) -> datetime:
        return START + timedelta(minutes=minute)

    def tell(self, *messages: Event | Telemetry | Status | Reply, now: datetime | None = None) -> Session:
        """Hand the messages in, in this order; returns the session as it is then."""
        for message in messages:
            self._tell(message, now or START + timedelta(hours=2))
        self.session.refresh_from_db()
        return self.session

    def _tell(self, message: Event | Telemetry | Status | Reply, now: datetime) -> None:
        if isinstance(message, Event):
            actions.receive_event(device=self.device, event=message, received_at=now)
        elif isinstance(message, Telemetry):
            actions.receive_sample(device=self.device, sample=message, received_at=now)
        elif isinstance(message, Status):
            actions.receive_status(device=self.device, status=message, received_at=now)
        else:
            actions.receive_reply(device=self.device, reply=message, received_at=now)

    def whole(self, minutes: float = 60, energy_wh: int = 7000, reason: str = "time") -> list[Event | Telemetry]:
        """A session from start to stop with three samples."""
        steps = [self.sample(minutes * k / 4, 1000 + energy_wh * k // 4) for k in (1, 2, 3)]
        return [
            self.event("started", energy_wh=1000),
            *steps,
            self.event("stopped", minutes, energy_wh=1000 + energy_wh, reason=reason),
        ]
