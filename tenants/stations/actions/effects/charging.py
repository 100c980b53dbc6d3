"""Charging profiles, limits, needs and schedules."""

from typing import Any

from ...models import Item, Station
from .base import Done, Json, Said, drop, keep, note

Kind = Item.Kind
TX = "TxProfile"


def profile_set(done: Done) -> None:
    """SetChargingProfile: of the same EVSE, purpose and level, the newest counts."""
    if done.status != "Accepted":
        return
    evse = done.payload["connectorId" if done.old else "evseId"]
    keep_profile(done.station, evse, done.payload["csChargingProfiles" if done.old else "chargingProfile"], "CSO", done)


def started_with(done: Done) -> None:
    """A remote start that brought a profile for its transaction."""
    asked = done.payload
    evse, profile = asked.get("connectorId" if done.old else "evseId"), asked.get("chargingProfile")
    if done.status == "Accepted" and evse and profile:
        keep_profile(done.station, evse, profile, "CSO", done)


def keep_profile(station: Station, evse: int, profile: Json, source: str, at: Done | Said) -> None:
    """Key: EVSE (0: the station) and the profile's own number, which 1.6 allows several times."""
    key = profile.get("chargingProfileId", profile.get("id"))
    _matching(
        station, evse=evse, purpose=profile["chargingProfilePurpose"], level=profile["stackLevel"], source=source
    ).delete()
    data = {"evse": evse, "source": source, "profile": profile}
    keep(station, Kind.CHARGING_PROFILE, f"{evse}:{key}", data, at.now)


def profile_cleared(done: Done) -> None:
    """ClearChargingProfile: `Unknown` says that none of those is there either."""
    asked = done.payload
    fitting = asked if done.old else asked.get("chargingProfileCriteria") or {}
    number = asked.get("id" if done.old else "chargingProfileId")
    if number is not None:
        _of_number(done.station, number).delete()
        return
    _matching(
        done.station,
        evse=fitting.get("connectorId" if done.old else "evseId"),
        purpose=fitting.get("chargingProfilePurpose"),
        level=fitting.get("stackLevel"),
    ).delete()


def profiles_reported(said: Said) -> Json:
    """ReportChargingProfiles."""
    for profile in said.payload["chargingProfile"]:
        keep_profile(said.station, said.payload["evseId"], profile, said.payload["chargingLimitSource"], said)
    return {}


def composite(done: Done) -> None:
    """GetCompositeSchedule: what holds from now on."""
    if done.status == "Accepted":
        evse = done.payload["connectorId" if done.old else "evseId"]
        keep(done.station, Kind.CHARGING_SCHEDULE, f"composite:{evse}", done.answer, done.now)


def transaction_over(station: Station, evse: int) -> None:
    """A profile of a transaction ends with it."""
    _matching(station, evse=evse, purpose=TX).delete()


def limited(said: Said) -> Json:
    """NotifyChargingLimit: somebody else than we limits the station."""
    keep(said.station, Kind.CHARGING_LIMIT, _limit_key(said, said.payload["chargingLimit"]), said.payload, said.now)
    note(said, said.payload["chargingLimit"]["chargingLimitSource"])
    return {}


def unlimited(said: Said) -> Json:
    """ClearedChargingLimit."""
    drop(said.station, Kind.CHARGING_LIMIT, [_limit_key(said, said.payload)])
    note(said, said.payload["chargingLimitSource"])
    return {}


def needs(said: Said) -> Json:
    """NotifyEVChargingNeeds: rejected, unless an app above makes a schedule of them."""
    keep(said.station, Kind.CHARGING_NEEDS, said.payload["evseId"], said.payload, said.now)
    note(said)
    return {"status": "Rejected"}


def vehicle_schedule(said: Said) -> Json:
    """NotifyEVChargingSchedule: what the vehicle makes of its limits."""
    keep(said.station, Kind.CHARGING_SCHEDULE, f"vehicle:{said.payload['evseId']}", said.payload, said.now)
    return {"status": "Accepted"}


def _limit_key(said: Said, limit: Json) -> str:
    return f"{said.payload.get('evseId', 0)}:{limit['chargingLimitSource']}"


def _of_number(station: Station, number: int) -> Any:
    rows = Item.objects.filter(station=station, kind=Kind.CHARGING_PROFILE)
    return rows.filter(key__endswith=f":{number}")


def _matching(
    station: Station,
    *,
    evse: int | None = None,
    purpose: str | None = None,
    level: int | None = None,
    source: str | None = None,
) -> Any:
    wanted = {
        "data__evse": evse,
        "data__profile__chargingProfilePurpose": purpose,
        "data__profile__stackLevel": level,
        "data__source": source,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    return Item.objects.filter(station=station, kind=Kind.CHARGING_PROFILE, **given)
