"""A station that answers what it is asked and tells what it likes, without a network."""

from datetime import datetime
from typing import Any

from saas.contracts import rpc
from saas.devices import queries as registry
from saas.kit.time import to_ms
from tenants.stations import actions, queries
from tenants.stations.models import Station, StationCommand
from tests import builders
from tests.builders import NOW

Json = dict[str, Any]


class Rig:
    """A registered station, online, of the current tenant."""

    def __init__(self, protocol: str = "ocpp1.6", station_id: str = "CP-1", **fields: Any) -> None:
        device = builders.device(kind="station", station_id=station_id)
        self.device = registry.get(device.device_id)
        self.protocol = protocol
        self.station = Station.objects.create(
            device_id=device.device_id, station_id=station_id, protocol=protocol, **fields
        )

    def call(self, action: str, payload: Json, answer: Json | None = None, **done: Any) -> StationCommand:
        """We ask, it answers (or `error=`…)."""
        now = done.pop("now", NOW)
        command = actions.send(station=self.fresh, action=action, payload=payload, now=now)
        self.done(command, answer, now=now, **done)
        return queries.wait(command=command, within_s=0)

    def done(self, command: StationCommand, answer: Json | None = None, *, now: datetime = NOW, **done: Any) -> None:
        told = rpc.CallDone(
            device=self.device.device_id, id=str(command.uid), payload=answer, **{"took_ms": 12, **done}
        )
        actions.call_done(device=self.device, done=told, now=now)

    def tell(self, action: str, payload: Json, now: datetime = NOW) -> Json:
        """It tells, we answer."""
        question = rpc.Heard(
            device=self.device.device_id, protocol=self.protocol, action=action, payload=payload, ts_ms=to_ms(now)
        )
        return actions.heard(device=self.device, heard=question, now=now)

    @property
    def fresh(self) -> Station:
        return Station.objects.get(pk=self.station.pk)
