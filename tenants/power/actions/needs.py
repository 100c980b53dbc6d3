"""What a vehicle needs, said by its driver, by an operator, or by the vehicle itself."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.dateparse import parse_datetime

from saas.kit.errors import NotFound
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.charging.models import Session
from tenants.stations.models import Station

from ..errors import NeedOver
from ..models import ChargingNeed
from .hurry import hurry
from .offers import offer

State = Session.State
Source = ChargingNeed.Source
OVER = (State.ENDED, State.CLOSED, State.CANCELLED)
LONGEST = timedelta(days=7)
PHASES = {"AC_single_phase": 1, "AC_two_phase": 2, "AC_three_phase": 3}


@transaction.atomic
def set_need(
    *, session_uid: UUID, by: User, departure_at: datetime | None, energy_wh: int | None, now: datetime
) -> ChargingNeed:
    """When the vehicle leaves, and how much it is to have got by then, from the start of the session.

    Both None: as soon as possible, like everybody else. By the driver, or who may stop the session. NotFound, NeedOver.
    """
    session = Session.objects.select_for_update(of=("self",)).filter(uid=session_uid).first()
    if session is None or not can(by, "session.stop", session):
        raise NotFound("There is no such session.")
    if session.state in OVER or (departure_at is not None and not now < departure_at <= now + LONGEST):
        raise NeedOver()
    source = Source.DRIVER if session.driver_id == by.pk else Source.OPERATOR
    values = {"departure_at": departure_at, "energy_wh": energy_wh, "source": source, "by": by, "updated_at": now}
    need, _ = ChargingNeed.objects.update_or_create(session=session, defaults=values)
    hurry()
    return need


@transaction.atomic
def vehicle_needs(*, station: Station, payload: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """NotifyEVChargingNeeds. What a person said of departure and energy stays."""
    rows = Session.objects.select_related("evse").filter(
        evse__device_id=station.device_id, evse__device_evse=payload["evseId"]
    )
    session = rows.filter(state__in=(State.STARTING, State.CHARGING)).order_by("-pk").first()
    if session is None:
        return {"status": "Rejected"}
    said = payload["chargingNeeds"]
    need = ChargingNeed.objects.filter(session=session).first() or ChargingNeed(session=session, source=Source.VEHICLE)
    if need.source == Source.VEHICLE:
        need.departure_at, need.energy_wh = _departure(said, now), _energy(said, session)
    alternating = said.get("acChargingParameters") or {}
    need.max_ma = _positive(alternating.get("evMaxCurrent"), 1_000)
    need.phases = PHASES.get(said.get("requestedEnergyTransfer", ""))
    need.updated_at = now
    need.save()
    hurry()
    return {"status": "Accepted" if offer(station=station, session=session, needs=said, now=now) else "Rejected"}


def _departure(said: Mapping[str, Any], now: datetime) -> datetime | None:
    moment = parse_datetime(str(said.get("departureTime", "")))
    if moment is None:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if now < moment <= now + LONGEST else None


def _energy(said: Mapping[str, Any], session: Session) -> int | None:
    """From now on, as the vehicle counts; kept from the start of the session, as we count."""
    figures = said.get("acChargingParameters") or said.get("dcChargingParameters") or {}
    wanted = _positive(figures.get("energyAmount"), 1)
    return None if wanted is None else wanted + session.energy_wh


def _positive(value: object, factor: int) -> int | None:
    return min(int(value) * factor, 2**31 - 1) if isinstance(value, int | float) and value > 0 else None
