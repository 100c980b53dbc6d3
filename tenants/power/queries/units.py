"""All that is known of the EVSEs of one site, gathered for one look."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db.models import Q

from saas.contracts.telemetry import wire
from saas.devices.models import Device
from tenants.charging.models import DeviceCommand, Session
from tenants.sites.models import Connector
from tenants.stations.models import Station

from ..core import Charger, Circuit, Promise
from ..core.abilities import Abilities, Shape, first, ladder
from ..core.profiles import Place, Running
from ..core.promise import SETTLE
from ..models import Allocation, Capability, ChargingNeed, Member
from ..models import Circuit as CircuitRow

State = Session.State
LEAST_MA = 6_000  # IEC 61851-1
PAUSE_MA = 1_000  # an adapter knows no zero; a vehicle that was told so little draws nothing but its own supply
FRESH = timedelta(seconds=120)
ARMED_BEFORE = timedelta(seconds=30)
PROMISED = ("agreed_ma", "agreed_at", "agreed_until", "before_ma", "asked_ma", "asked_at", "asked_until", "doubt_ma")
BASE_TRIES = 4


@dataclass
class Unit:
    """An EVSE on a circuit, with its device, its session and what it was told."""

    member: Member
    allocation: Allocation
    device: Device | None
    station: Station | None
    capability: Capability | None
    session: Session | None
    need: ChargingNeed | None
    permit_ma: int | None
    alone: bool
    direct: bool

    @property
    def key(self) -> int:
        return self.member.pk

    @property
    def online(self) -> bool:
        return self.device is not None and self.device.online and self.device.state == Device.State.ACTIVE

    @property
    def charging(self) -> bool:
        return self.session is not None and self.session.state == State.CHARGING

    @property
    def steerable(self) -> bool:
        """Whether it can be told something now."""
        if not self.online:
            return False
        if self.station is None:
            return self.charging
        known = self.capability is not None and self.capability.state in ("known", "silent")
        return known and self.capability is not None and not self.capability.hopeless

    @property
    def asking(self) -> bool:
        """Whether it is there and has not yet said what it can: that takes a moment."""
        hopeless = self.capability is not None and self.capability.hopeless
        return self.online and self.station is not None and not self.steerable and not hopeless

    @property
    def promise(self) -> Promise:
        return Promise(**{name: getattr(self.allocation, name) for name in PROMISED})

    @promise.setter
    def promise(self, promise: Promise) -> None:
        for name in PROMISED:
            setattr(self.allocation, name, getattr(promise, name))

    @property
    def hardware_ma(self) -> int:
        """What it may draw that nobody limits."""
        return self.member.evse.max_current_ma

    @property
    def max_ma(self) -> int:
        limits = [self.hardware_ma, self.member.max_ma, self.need.max_ma if self.need else None]
        limits += [self.permit_ma] if self.station is None else []
        return min(limit for limit in limits if limit)

    @property
    def keeps_ma(self) -> int:
        """The safe default that it should have."""
        own = self.member.fallback_ma
        return min(self.member.circuit.fallback_ma if own is None else own, self.hardware_ma)

    @property
    def ends_in_ma(self) -> int:
        """What a lease ends in: the safe default that is known to be there."""
        base = self.allocation.base_ma
        if base is None:
            return self.hardware_ma
        return max(base, self.keeps_ma) if self.allocation.pending == Allocation.Pending.BASE else base

    @property
    def phases(self) -> int:
        used = self.need.phases if self.need and self.need.phases else self.member.evse.phases
        return max(1, min(used, self.member.evse.phases, len(self.member.lines) or 3))

    @property
    def lines(self) -> tuple[int, ...]:
        """Those on which it may draw. Which line a single-phase vehicle takes is known only where the wiring is."""
        wired = tuple(int(line) for line in self.member.lines)
        return wired[: self.phases] if wired else (1, 2, 3)

    @property
    def place(self) -> Place:
        """As OCPP sees it. A power counts on the lines of the station."""
        evse = self.member.evse
        protocol = self.station.protocol if self.station else ""
        version = "2.0.1" if protocol == "ocpp2.0.1" else "1.6"
        return Place(version, evse.device_evse, evse.voltage_mv, max(1, min(evse.phases, 3)))

    @property
    def running(self) -> Running | None:
        """The transaction, where a limit can be set for it."""
        if self.station is None or self.session is None or not self.charging or self.session.started_at is None:
            return None
        name = self.session.transaction_id
        numeric = name.isdecimal() and len(name) < 12
        return Running(name, self.session.started_at) if name and (numeric or self.place.version != "1.6") else None

    @property
    def shape(self) -> Shape | None:
        """The way in which it is told next. None: an adapter, or no way is left."""
        if self.station is None or self.capability is None:
            return None
        held = self.capability
        units: list[Literal["A", "W"]] = [unit for unit in ("A", "W") if unit in held.units]
        shapes = ladder(
            self.place.version,
            Abilities(units=tuple(units), max_stack=held.max_stack),
            transaction=self.running is not None,
            base=self.allocation.base_ma is not None,
            alone=self.alone,
            prefer="W" if self.direct else "A",
        )
        return first(shapes, held.refused)

    @property
    def will_lease(self) -> bool:
        """Whether what it is told next will end by itself, and what it was told before does."""
        shape = self.shape
        lasting = self.promise.agreed_until is None and self.promise.agreed_ma > self.ends_in_ma
        return shape is not None and shape.timed and not lasting

    def may_ma(self, now: datetime) -> int:
        """What it may draw at most, as far as anybody knows."""
        if self.station is None and not self.charging:
            return (self.permit_ma or 0) if self.session is not None else 0
        may = self.promise.may_ma(now, self.ends_in_ma)
        if self.capability is not None and self.capability.hopeless:
            may = self.hardware_ma
        return max(may, self.excess_ma(now) or 0)

    def excess_ma(self, now: datetime) -> int | None:
        """What it draws, where that is more than it agreed to and it has had the time to follow.

        Once it did, it counts with that until a sample shows otherwise, however often it is told again.
        """
        row, held = self.allocation, self.session
        measured, allowed = self.measured_ma(now), self.promise.may_ma(now, self.ends_in_ma)
        if not self.charging or held is None or held.last_sample_at is None:
            return None
        if measured is None:
            return row.measured_ma if row.over_since is not None else None
        if measured <= allowed + tolerance(allowed):
            return None
        settled = row.agreed_at is None or held.last_sample_at >= row.agreed_at + SETTLE
        return measured if settled or row.over_since is not None else None

    def measured_ma(self, now: datetime) -> int | None:
        """What it draws on its busiest line; None when that is not known for the last two minutes."""
        held = self.session
        if held is None or not self.charging or held.last_sample_at is None or now - held.last_sample_at > FRESH:
            return None
        if held.current_ma is not None and not self.direct:
            return held.current_ma
        return held.power_w * 1_000_000_000 // (self.member.evse.voltage_mv * 1000 * self.phases)

    def charger(self, now: datetime) -> Charger | None:
        """As the sharing sees it; None where it cannot draw."""
        active = self.charging
        if self.station is None and self.session is None:
            return None
        row = self.allocation
        fixed = None if self.steerable else self.may_ma(now)
        if active and (row.corrections or row.over_since is not None):
            fixed = self.may_ma(now)
        least = 1 if self.direct else LEAST_MA
        left = seconds(self.need.departure_at - now) if self.need and self.need.departure_at else None
        return Charger(
            key=self.key,
            circuit=self.member.circuit_id,
            max_ma=min(self.max_ma, row.useful_ma or self.max_ma),
            lines=self.lines,
            phases=self.phases,
            voltage_mv=self.member.evse.voltage_mv,
            min_ma=least,
            floor_ma=PAUSE_MA if self.station is None else 0,
            fixed_ma=fixed,
            fallback_ma=self.ends_in_ma if self.will_lease else self.keeps_ma,
            leased=self.will_lease,
            idle=not active,
            priority=self.member.priority,
            laxity_s=self._laxity(left),
            needed_ma=self._needed(left),
            present_ma=row.agreed_ma,
            running_s=seconds(now - row.running_since) if row.running_since else 0,
            waiting_s=seconds(now - row.waiting_since) if row.waiting_since else 0,
        )

    def wanted_mas(self) -> int | None:
        """What is still to be charged, in mA seconds at its voltage and phases; None when nobody said."""
        if self.need is None or self.need.energy_wh is None or self.session is None:
            return None
        left_wh = max(0, self.need.energy_wh - self.session.energy_wh)
        return -(-left_wh * 3_600_000_000 // (self.member.evse.voltage_mv * 1000 * self.phases)) * 1000

    def _needed(self, left_s: int | None) -> int | None:
        wanted = self.wanted_mas()
        return None if wanted is None or left_s is None else -(-wanted // max(1, left_s))

    def _laxity(self, left_s: int | None) -> int | None:
        wanted = self.wanted_mas()
        return None if wanted is None or left_s is None else left_s - wanted // max(1, self.max_ma)


def seconds(span: timedelta) -> int:
    """Whole seconds."""
    return span // timedelta(seconds=1)


def tolerance(current_ma: int) -> int:
    """How much a meter and a pilot signal may be off."""
    return max(500, current_ma // 33)


def circuit(row: CircuitRow) -> Circuit:
    """A circuit as the sharing sees it. The building's last measurement counts where it is above the reserve."""
    load = [int(value) for value in row.load_ma] if len(row.load_ma) == 3 else [0, 0, 0]
    building = tuple(max(row.reserve_ma, value) for value in load)
    return Circuit(row.pk, row.parent_id, row.limit_ma, row.limit_w, building, row.voltage_mv)  # type: ignore[arg-type]


def units_of(circuits: Iterable[CircuitRow], now: datetime, *, lock: bool = False) -> list[Unit]:
    """The EVSEs of these circuits. `lock`: what they were told is going to be changed."""
    members = Member.objects.filter(circuit__in=list(circuits)).select_related("evse__location", "circuit")
    rows = list(members.prefetch_related("evse__connectors").order_by("pk"))
    names = [row.evse.device_id for row in rows if row.evse.device_id]
    devices = Device.objects.in_bulk(names)
    stations = {row.device_id: row for row in Station.objects.filter(device_id__in=names)}
    abilities = {row.station_id: row for row in Capability.objects.filter(station__in=stations.values())}
    sessions = _sessions(rows, now)
    told = Allocation.objects.select_for_update() if lock else Allocation.objects.all()
    held = {row.member_id: row for row in told.filter(member__in=rows)}
    needs = {row.session_id: row for row in ChargingNeed.objects.filter(session__in=sessions.values())}
    permits = _permits(sessions.values())
    counts = Counter(names)
    found = []
    for row in rows:
        name = row.evse.device_id or ""
        station, session = stations.get(name), sessions.get(row.evse_id)
        found.append(
            Unit(
                member=row,
                allocation=held.get(row.pk) or _first(row, station),
                device=devices.get(name),
                station=station,
                capability=abilities.get(station.pk) if station else None,
                session=session,
                need=needs.get(session.pk) if session else None,
                permit_ma=permits.get(session.pk, row.evse.max_current_ma) if session else None,
                alone=counts[name] == 1,
                direct=any(connector.standard in Connector.DIRECT for connector in row.evse.connectors.all()),
            )
        )
    return found


def _first(member: Member, station: Station | None) -> Allocation:
    """Nobody has told it anything: it may draw all that it can."""
    return Allocation(member=member, agreed_ma=member.evse.max_current_ma if station else 0)


def _sessions(rows: Iterable[Member], now: datetime) -> dict[int, Session]:
    """By EVSE: the one that charges, else the one that may start at any moment."""
    open_now = Q(state__in=(State.STARTING, State.PERMITTED), permit_end_at__gt=now)
    open_now &= Q(permit_start_at__lte=now + ARMED_BEFORE)
    walk_up = Q(state=State.STARTING, permit_end_at=None)
    found = Session.objects.filter(Q(state=State.CHARGING) | open_now | walk_up, evse__in=[row.evse_id for row in rows])
    rank = {State.CHARGING: 2, State.STARTING: 1, State.PERMITTED: 0}
    ordered = sorted(found, key=lambda session: (rank[State(session.state)], session.pk))
    return {session.evse_id: session for session in ordered}


def _permits(sessions: Iterable[Session]) -> dict[int, int]:
    """By session: the current of the last permit that was queued for it."""
    rows = DeviceCommand.objects.filter(session__in=list(sessions), type=wire.CMD_PERMIT).order_by("pk")
    found = {}
    for row in rows.values_list("session_id", "payload"):
        current = (row[1].get("permit") or {}).get("current_ma")
        if current and row[0] is not None:
            found[row[0]] = int(current)
    return found
