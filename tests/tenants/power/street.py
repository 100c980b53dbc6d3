"""A site in the small: stations that keep OCPP 1.6 charging profiles by the book, adapters, vehicles, and a clock.

Faults are switched on by name. The stations answer the product's own command rows, as the gateway would tell it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from saas.contracts import rpc
from saas.devices import actions as registry
from saas.devices.models import Device
from tenants.charging.actions import receive_reply
from tenants.charging.models import DeviceCommand, Session
from tenants.power import actions
from tenants.power.models import Circuit, Member
from tenants.sites.models import Evse
from tenants.stations.actions import call_done
from tenants.stations.models import Station, StationCommand
from tests import builders
from tests.builders import NOW

SECOND = timedelta(seconds=1)
CONFIGURATION = {
    "ChargeProfileMaxStackLevel": "5",
    "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
    "ChargingScheduleMaxPeriods": "24",
    "MaxChargingProfilesInstalled": "10",
    "SupportedFeatureProfiles": "Core,SmartCharging",
}
Refuses = Callable[[dict[str, Any]], str | None]  # a SetChargingProfile → the status that refuses it, or None


@dataclass
class Box:
    """A station with one EVSE. `obeys`: whether vehicles feel its limit; `answers_after`: seconds."""

    device: Device
    station: Station
    evse: Evse
    configuration: dict[str, str] = field(default_factory=lambda: dict(CONFIGURATION))
    refuses: Refuses = lambda profile: None
    obeys: bool = True
    online: bool = True
    mute: bool = False
    answers_after: int = 1
    reads: bool = True
    profiles: dict[int, dict[str, Any]] = field(default_factory=dict)
    session: Session | None = None
    wants_ma: int = 32_000
    drawn_ma: int = 0
    told: list[tuple[datetime, str, dict[str, Any]]] = field(default_factory=list)
    clock_off_s: int = 0
    felt: list[int] = field(default_factory=list)

    def limit_ma(self, now: datetime) -> int:
        """By the book: of each purpose the highest stack level that is valid; TxProfile over TxDefaultProfile."""
        valid = [row for row in self.profiles.values() if _valid(row, now)]
        by_purpose: dict[str, dict[str, Any]] = {}
        for row in sorted(valid, key=lambda row: row["stackLevel"]):
            by_purpose[row["chargingProfilePurpose"]] = row
        own = by_purpose.get("TxProfile") or by_purpose.get("TxDefaultProfile")
        whole = by_purpose.get("ChargePointMaxProfile")
        return min([_ma(row) for row in (own, whole) if row is not None], default=32_000)

    def step(self, now: datetime) -> None:
        """One second. The vehicle has five to follow a lower limit, and takes them; its clock may be off."""
        if self.session is None:
            self.drawn_ma, self.felt = 0, []
            return
        self.felt = [*self.felt[-4:], self.limit_ma(now + SECOND * self.clock_off_s) if self.obeys else 32_000]
        limit = max(self.felt)
        self.drawn_ma = min(limit, self.wants_ma) if limit >= 6_000 else 0

    def answer(self, action: str, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
        self.told.append((now, action, payload))
        if action == "GetConfiguration":
            rows = [{"key": k, "readonly": True, "value": v} for k, v in self.configuration.items()]
            return {"configurationKey": rows}
        if action == "GetCompositeSchedule":
            if not self.reads:
                return {"status": "Rejected"}
            period = {"startPeriod": 0, "limit": self.limit_ma(now) / 1000}
            schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
            if self.station.protocol == "ocpp2.0.1":
                more = {"evseId": 1, "duration": 60, "scheduleStart": now.isoformat()}
                return {"status": "Accepted", "schedule": schedule | more}
            return {"status": "Accepted", "connectorId": 1, "chargingSchedule": schedule}
        if action == "GetVariables":
            return {"getVariableResult": [_variable(asked) for asked in payload["getVariableData"]]}
        if action == "SetChargingProfile":
            profile = payload.get("csChargingProfiles") or _as_16(payload["chargingProfile"])
            if no := self.refuses(profile):
                return {"status": no}
            self._install(profile)
        return {"status": "Accepted"}

    def _install(self, profile: dict[str, Any]) -> None:
        same = (profile["stackLevel"], profile["chargingProfilePurpose"])
        for key, row in list(self.profiles.items()):
            if key == profile["chargingProfileId"] or (row["stackLevel"], row["chargingProfilePurpose"]) == same:
                del self.profiles[key]
        self.profiles[profile["chargingProfileId"]] = profile


@dataclass
class Plug:
    """An adapter with a vehicle."""

    device: Device
    evse: Evse
    session: Session | None = None
    permit_ma: int = 0
    asked_ma: int = 0
    online: bool = True
    drawn_ma: int = 0
    wants_ma: int = 32_000

    def step(self, now: datetime) -> None:
        limits = [limit for limit in (32_000, self.permit_ma, self.asked_ma) if limit]
        running = self.session is not None and self.session.state == Session.State.CHARGING
        self.drawn_ma = (min(*limits, self.wants_ma) if min(limits) >= 6_000 else 0) if running else 0


def _as_16(profile: dict[str, Any]) -> dict[str, Any]:
    """A profile of 2.0.1 in the words of 1.6."""
    return profile | {"chargingProfileId": profile["id"], "chargingSchedule": profile["chargingSchedule"][0]}


def _variable(asked: dict[str, Any]) -> dict[str, Any]:
    """A station of 2.0.1 that knows only power."""
    known = {"RateUnit": "W", "ProfileStackLevel": "3", "Enabled": "true"}
    value = known.get(asked["variable"]["name"])
    told = {"attributeStatus": "UnknownVariable"} if value is None else {"attributeStatus": "Accepted"}
    return {**asked, **told, **({} if value is None else {"attributeValue": value})}


def _valid(row: dict[str, Any], now: datetime) -> bool:
    if "validTo" in row and _moment(row["validTo"]) <= now:
        return False
    schedule = row["chargingSchedule"]
    start = _moment(schedule["startSchedule"]) if "startSchedule" in schedule else None
    if start is not None and "duration" in schedule:
        return start <= now < start + timedelta(seconds=schedule["duration"])
    return start is None or start <= now


def _ma(row: dict[str, Any]) -> int:
    schedule = row["chargingSchedule"]
    period = schedule["chargingSchedulePeriod"][0]
    if schedule["chargingRateUnit"] == "A":
        return round(period["limit"] * 1000)
    return int(period["limit"] * 1000 / (230 * period.get("numberPhases", 3)))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Street:
    """One site with one root circuit, and time."""

    def __init__(self, limit_ma: int = 32_000, fallback_ma: int = 6_000, **fields: Any) -> None:
        self.now = NOW
        self.owner = builders.person("owner", "owner")
        self.location = builders.evse(private=False).location
        fields = {"name": "Main", "limit_ma": limit_ma, "fallback_ma": fallback_ma} | fields
        self.root: Circuit = actions.save_circuit(
            circuit=None, location=self.location, fields=fields, by=self.owner, now=self.now
        )
        self.boxes: list[Box] = []
        self.plugs: list[Plug] = []
        self.cloud = True
        self.sample_every = 5
        self._pending: list[tuple[datetime, Box, StationCommand]] = []
        self._known: set[int] = set()
        self.ticks = 0

    def box(
        self,
        *,
        circuit: Circuit | None = None,
        protocol: str = "ocpp1.6",
        member: dict[str, Any] | None = None,
        **faults: Any,
    ) -> Box:
        """A station on the circuit, booted and online."""
        device = builders.device(kind=Device.Kind.STATION, station_id=f"CP{Device.objects.count()}")
        station = Station.objects.create(
            device_id=device.device_id, station_id=device.station_id or "", protocol=protocol, booted_at=self.now
        )
        evse = self._evse(device)
        self._hang(evse, circuit, member)
        made = Box(device, station, evse, **faults)
        self.boxes.append(made)
        return made

    def plug(self, *, circuit: Circuit | None = None, member: dict[str, Any] | None = None) -> Plug:
        """An adapter on the circuit."""
        device = builders.device()
        evse = self._evse(device)
        self._hang(evse, circuit, member)
        made = Plug(device, evse)
        self.plugs.append(made)
        return made

    def _evse(self, device: Device) -> Evse:
        return Evse.objects.create(
            location=self.location, device_id=device.device_id, device_evse=1, max_current_ma=32_000, phases=3
        )

    def _hang(self, evse: Evse, circuit: Circuit | None, member: dict[str, Any] | None) -> None:
        actions.put_member(circuit=circuit or self.root, evse=evse, fields=member or {}, by=self.owner, now=self.now)

    def start(self, unit: Box | Plug, **fields: Any) -> Session:
        """A vehicle starts to charge."""
        fields = {"driver": self.owner, "currency": "EUR"} | fields
        number = Session.objects.count() + 1
        unit.session = Session.objects.create(
            evse=unit.evse, device_id=unit.device.device_id, state=Session.State.CHARGING, started_at=self.now,
            transaction_id=str(number) if isinstance(unit, Box) else "", **fields,
        )  # fmt: skip
        return unit.session

    def end(self, unit: Box | Plug) -> None:
        """It leaves. Its TxProfile goes with it."""
        assert unit.session is not None
        Session.objects.filter(pk=unit.session.pk).update(state=Session.State.CLOSED)
        unit.session = None
        if isinstance(unit, Box):
            gone = [key for key, row in unit.profiles.items() if row["chargingProfilePurpose"] == "TxProfile"]
            for key in gone:
                del unit.profiles[key]

    def connect(self, unit: Box | Plug, online: bool) -> None:
        unit.online = online
        registry.seen(device_id=unit.device.device_id, now=self.now, online=online)

    def book(self, plug: Plug) -> Session:
        """A paid booking whose time is now: its permit is on the way."""
        of = builders.listing(host=self.owner, on=plug.evse)
        start = self.now.replace(second=0) + timedelta(minutes=1)
        _, session = builders.confirmed(of=of, by=builders.person("driver"), start=start, now=self.now)
        self.run((start - self.now) // SECOND)
        return session

    def present(self, plug: Plug) -> None:
        """The driver types the code: the relay closes."""
        plug.session = Session.objects.get(evse=plug.evse)
        plug.session.state, plug.session.started_at = Session.State.CHARGING, self.now
        plug.session.save()

    def run(self, seconds: int, *, every: int = 3, watch: "Callable[[Street], None] | None" = None) -> None:
        """Seconds go by; every third one somebody looks at the site."""
        for _ in range(seconds):
            self.now += SECOND
            self.ticks += 1
            self._answer()
            for unit in (*self.boxes, *self.plugs):
                unit.step(self.now)
            if self.ticks % max(self.sample_every, every) == 0:
                self._sample()
            if self.cloud and self.ticks % every == 0:
                actions.balance(now=self.now)
                self._collect()
            if watch is not None:
                watch(self)

    def total(self) -> int:
        """What flows through the root on the busiest line; all are wired alike here."""
        return sum(unit.drawn_ma for unit in (*self.boxes, *self.plugs))

    def _collect(self) -> None:
        """Commands that were just put in the outbox."""
        for command in StationCommand.objects.filter(done_at=None).exclude(pk__in=self._known).order_by("pk"):
            self._known.add(command.pk)
            box = next(box for box in self.boxes if box.station.pk == command.station_id)
            self._pending.append((self.now + SECOND * box.answers_after, box, command))
        for row in DeviceCommand.objects.filter(state=DeviceCommand.State.QUEUED).exclude(type="ocpp").order_by("pk"):
            plug = next((plug for plug in self.plugs if plug.device.device_id == row.device_id), None)
            if plug is not None and plug.online:
                self._carry_out(plug, row)

    def _carry_out(self, plug: Plug, row: DeviceCommand) -> None:
        if row.type == "limit":
            plug.asked_ma = row.payload["current_ma"]
        elif row.type == "permit":
            plug.permit_ma = row.payload["permit"]["current_ma"]
        reply = builders_reply(str(row.uid))
        receive_reply(device=plug.device, reply=reply, received_at=self.now)

    def _answer(self) -> None:
        due = [item for item in self._pending if item[0] <= self.now]
        self._pending = [item for item in self._pending if item[0] > self.now]
        for _, box, command in due:
            if not box.online:
                done = rpc.CallDone(device=box.device.device_id, id=str(command.uid), error="offline")
            elif box.mute:
                box.answer(command.action, command.payload, self.now)
                done = rpc.CallDone(device=box.device.device_id, id=str(command.uid), error="no_answer")
            else:
                payload = box.answer(command.action, command.payload, self.now)
                done = rpc.CallDone(device=box.device.device_id, id=str(command.uid), payload=payload)
            call_done(device=box.device, done=done, now=self.now)

    def _sample(self) -> None:
        for unit in (*self.boxes, *self.plugs):
            if unit.online and unit.session is not None:
                rows = Session.objects.filter(pk=unit.session.pk)
                rows.update(current_ma=unit.drawn_ma, power_w=unit.drawn_ma * 690 // 1000, last_sample_at=self.now)


def builders_reply(uid: str) -> Any:
    """An adapter's yes."""
    from saas.contracts.telemetry.messages import Reply

    return Reply(v=1, boot=7, seq=1, ts_ms=int(NOW.astimezone(UTC).timestamp() * 1000), id=uid, ok=True)


def member_of(unit: Box | Plug) -> Member:
    return Member.objects.select_related("allocation").get(evse=unit.evse)
