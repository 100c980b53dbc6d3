"""Schedules for vehicles that ask for one by ISO 15118, at EVSEs that share no circuit (OCPP 2.0.1, K15 to K17).

Nothing is to be shared there: the vehicle gets what it asks for, as far as its EVSE can give it. On a circuit the
balancer decides.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tenants.charging.models import DeviceCommand, Session
from tenants.stations import requests
from tenants.stations.actions import send
from tenants.stations.errors import StationOffline
from tenants.stations.models import Item, Station

from ..core.schedules import exceeds
from ..models import Member

ORIGIN = "power:offer"
AFTER = timedelta(milliseconds=500)  # the station hears our answer first
DIRECT = "DC"
TX = "TxProfile"


def offer(*, station: Station, session: Session, needs: Mapping[str, Any], now: datetime) -> bool:
    """Send what the vehicle may take in this session, unless the balancer will. False when nobody can be told."""
    if Member.objects.filter(evse=session.evse).exists():
        return True
    if not session.transaction_id:
        return False
    unit, most = _most(session, needs)
    profile = requests.charging_profile(
        station.protocol, id=session.pk % 2**31, purpose="tx", stack_level=0, unit=unit,
        periods=[requests.Period(0, most)], transaction_id=session.transaction_id,
    )  # fmt: skip
    return _sent(station, session.evse.device_evse, profile, now)


def vehicle_plans(*, station: Station, payload: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """NotifyEVChargingSchedule: a vehicle that wants more than it was given is refused, and told its limits again.

    None where its transaction was given none.
    """
    given = _given(station, payload["evseId"])
    if given is None or not exceeds(payload["chargingSchedule"], _schedule(given)):
        return None
    _sent(station, payload["evseId"], given, now)
    return {"status": "Rejected"}


def _most(session: Session, needs: Mapping[str, Any]) -> tuple[requests.Unit, float]:
    """Of the EVSE, or of the vehicle where that is less."""
    evse, direct = session.evse, str(needs.get("requestedEnergyTransfer", "")) == DIRECT
    if direct:
        power_w = evse.phases * evse.max_current_ma * evse.voltage_mv // 1_000_000
        wanted = (needs.get("dcChargingParameters") or {}).get("evMaxPower")
        return "W", float(min(power_w, wanted or power_w))
    wanted = (needs.get("acChargingParameters") or {}).get("evMaxCurrent")
    return "A", min(evse.max_current_ma / 1000, float(wanted or evse.max_current_ma))


def _given(station: Station, evse: int) -> dict[str, Any] | None:
    rows = Item.objects.filter(station=station, kind=Item.Kind.CHARGING_PROFILE, data__evse=evse)
    held = [row.data["profile"] for row in rows if row.data["profile"]["chargingProfilePurpose"] == TX]
    return max(held, key=lambda profile: profile["stackLevel"], default=None)


def _schedule(profile: Mapping[str, Any]) -> dict[str, Any]:
    schedules = profile["chargingSchedule"]
    found: dict[str, Any] = schedules[0] if isinstance(schedules, list) else schedules
    return found


def _sent(station: Station, evse: int, profile: Mapping[str, Any], now: datetime) -> bool:
    asked = requests.set_charging_profile(station.protocol, evse=evse, profile=profile)
    try:
        command = send(station=station, action=asked.action, payload=asked.payload, now=now, origin=ORIGIN)
    except StationOffline:
        return False
    DeviceCommand.objects.filter(uid=command.uid).update(next_at=now + AFTER)
    return True
