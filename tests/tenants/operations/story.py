"""Stations and adapters that answer what they are told to: through the product's own doors, no socket in between."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from saas.contracts import rpc
from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Event, Reply
from saas.devices import actions as registry
from saas.devices.models import Device
from saas.kit.time import to_ms
from tenants.accounts.models import User
from tenants.charging import actions as charging
from tenants.charging.models import DeviceCommand
from tenants.operations import actions
from tenants.operations.models import Group
from tenants.operations.tasks import drive
from tenants.stations import actions as stations
from tenants.stations.models import Station
from tests import builders
from tests.builders import NOW

DONE = (DeviceCommand.State.DONE, DeviceCommand.State.REFUSED, DeviceCommand.State.EXPIRED)


class Clock:
    """The one that all read."""

    def __init__(self) -> None:
        self.now = NOW

    def pass_(self, seconds: float) -> datetime:
        """Time passes, and the periodic job runs at its end."""
        self.now += timedelta(seconds=seconds)
        drive(self.now)
        return self.now


class Peer:
    """A station: answers its calls by `answers` (action → payload, a CALLERROR code, or what is made of the call's)."""

    def __init__(
        self, clock: Clock, name: str, protocol: str = "ocpp1.6", firmware: str = "1.0", **fields: Any
    ) -> None:
        self.clock, self.name = clock, name
        self.device = builders.device(kind=Device.Kind.STATION, station_id=name)
        self.station = Station.objects.create(
            device_id=self.device.device_id, station_id=name, protocol=protocol, firmware=firmware,
            **({"vendor": "Volta", "model": "V1"} | fields),
        )  # fmt: skip
        self.answers: dict[str, Any] = {}
        self.heard: list[tuple[str, dict[str, Any]]] = []

    def waiting(self) -> list[DeviceCommand]:
        """Calls that it has not answered."""
        rows = DeviceCommand.objects.filter(device_id=self.device.device_id, type=wire.CMD_OCPP)
        return list(rows.exclude(state__in=DONE).order_by("id"))

    def answer(self, most: int = 50) -> int:
        """Answer what is asked, and what is asked because of the answers. How many."""
        count = 0
        while count < most and (calls := self.waiting()):
            for call in calls:
                self._answer(call)
                count += 1
        return count

    def _answer(self, call: DeviceCommand) -> None:
        DeviceCommand.objects.filter(pk=call.pk).update(state="sent", sent_at=self.clock.now, attempts=1)
        action, payload = call.payload["data"]["action"], call.payload["data"]["payload"]
        self.heard.append((action, payload))
        said = self.answers.get(action, {"status": "Accepted"})
        said = said(payload) if callable(said) else said
        told = {"payload": said} if isinstance(said, Mapping) else {"error": said}
        done = rpc.CallDone(device=self.device.device_id, id=str(call.uid), took_ms=40, **told)
        stations.call_done(device=self.device, done=done, now=self.clock.now)

    def says(self, action: str, payload: dict[str, Any]) -> None:
        """Something of its own accord."""
        now = self.clock.now
        heard = rpc.Heard(
            device=self.device.device_id, protocol=self.station.protocol, action=action, payload=payload,
            ts_ms=to_ms(now),
        )  # fmt: skip
        stations.heard(device=self.device, heard=heard, now=now)

    def boots(self, firmware: str) -> None:
        """It is there again, with that firmware."""
        boot = rpc.Boot(device=self.device.device_id, protocol=self.station.protocol, firmware=firmware)
        stations.station_boot(device=self.device, boot=boot, now=self.clock.now)

    def goes(self, *, online: bool) -> None:
        """Connects, or is cut off."""
        registry.seen(device_id=self.device.device_id, now=self.clock.now, online=online)


class Adapter:
    """One of our own: replies to its commands and gives notice."""

    def __init__(self, clock: Clock, firmware: str = "1.0") -> None:
        self.clock, self.seq = clock, 0
        self.device = builders.device()
        self.reports(firmware)

    def waiting(self) -> list[DeviceCommand]:
        """Commands that it has not replied to."""
        rows = DeviceCommand.objects.filter(device_id=self.device.device_id)
        return list(rows.exclude(state__in=DONE).order_by("id"))

    def reply(self, error: str = "") -> list[dict[str, Any]]:
        """To everything that waits; returns the data of the commands."""
        rows = self.waiting()
        for row in rows:
            self.seq += 1
            reply = Reply(
                v=1, boot=7, seq=self.seq, ts_ms=to_ms(self.clock.now), id=str(row.uid), ok=not error,
                error=error or None,
            )  # fmt: skip
            charging.receive_reply(device=self.device, reply=reply, received_at=self.clock.now)
        return [row.payload.get("data") or {} for row in rows]

    def notices(self, reason: str) -> None:
        """How its update goes."""
        self.seq += 1
        event = Event(
            v=1, boot=7, seq=self.seq, ts_ms=to_ms(self.clock.now), type=wire.EV_NOTICE, code="ota", reason=reason
        )
        charging.receive_event(device=self.device, event=event, received_at=self.clock.now)

    def reports(self, firmware: str) -> None:
        """Its status names the firmware that runs."""
        registry.seen(device_id=self.device.device_id, now=self.clock.now, online=True, firmware=firmware)


def group_of(*peers: Peer | Adapter, by: User, name: str = "Quay") -> Group:
    """A cluster of these."""
    wanted = actions.Wanted(name=name)
    return actions.create_group(wanted=wanted, by=by, now=NOW, device_ids=[peer.device.device_id for peer in peers])
