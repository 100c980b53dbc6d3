"""Chargers that break, and people who see to them."""

from datetime import datetime, timedelta
from typing import Any

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Event
from saas.devices import actions as devices
from saas.devices import queries as registry
from saas.devices.models import Device
from saas.kit.time import to_ms
from tenants.charging.actions import receive_event
from tenants.maintenance.models import Alert, Outage
from tenants.sites.models import Evse
from tests import builders
from tests.builders import NOW


class Unit:
    """An adapter at a charger of the current tenant, on one clock with the test."""

    def __init__(self, *, listed: bool = True, at: Evse | None = None, **place: Any) -> None:
        device = builders.device() if at is None else registry.get(at.device_id or "")
        self.evse = at or builders.evse(of=device, **place)
        self.device = registry.get(device.device_id)
        self.listing = builders.listing(host=builders.person("host"), on=self.evse) if listed else None
        self.seq = 0

    def says(self, kind: str, code: str = "", now: datetime = NOW, at: datetime | None = None, **more: Any) -> None:
        """An event of the adapter, that reaches us `now`; `at`: its own clock."""
        self.seq += 1
        event = Event(v=1, boot=7, seq=self.seq, ts_ms=to_ms(at or now), type=kind, code=code or None, **more)
        receive_event(device=self.device, event=event, received_at=now)

    def breaks(self, code: str = wire.FAULT_OVER_CURRENT, now: datetime = NOW, **more: Any) -> None:
        self.says(wire.EV_FAULT, code, now, **more)

    def recovers(self, code: str = wire.FAULT_OVER_CURRENT, now: datetime = NOW, **more: Any) -> None:
        self.says(wire.EV_CLEARED, code, now, **more)

    def goes(self, *, online: bool, now: datetime = NOW) -> None:
        devices.seen(device_id=self.device.device_id, now=now, online=online)

    def heard(self, now: datetime) -> None:
        devices.heard_of(device_ids=[self.device.device_id], now=now)

    @property
    def alerts(self) -> list[Alert]:
        return list(Alert.objects.filter(device_id=self.device.device_id).order_by("pk"))

    @property
    def alert(self) -> Alert:
        return Alert.objects.get(device_id=self.device.device_id)

    @property
    def outages(self) -> list[Outage]:
        return list(Outage.objects.filter(device_id=self.device.device_id).order_by("began_at"))


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def street(count: int) -> list[Unit]:
    """Units of one site."""
    first = Unit(listed=False)
    units = [first]
    for _ in range(count - 1):
        device = builders.device()
        evse = Evse.objects.create(location=first.evse.location, device_id=device.device_id, device_evse=1)
        units.append(Unit(listed=False, at=evse))
    return units


def kinds(alert: Alert) -> list[str]:
    """The log of an alert, in order."""
    return list(alert.events.order_by("pk").values_list("kind", flat=True))


__all__ = ["Device", "Unit", "kinds", "later", "street"]
