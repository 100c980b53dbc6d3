"""A closed session as an OCPI 2.2.1 CDR. Pure: rows in, dictionary out; decimals are exact."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from saas.kit.money import decimal_text, round_minor
from saas.kit.time import iso
from tenants.sites.models import Connector, Evse

from .models import Session

AUTH = {True: "AUTH_REQUEST", False: "WHITELIST"}


def cdr_of(session: Session, *, country: str, party_id: str, now: datetime) -> dict[str, Any]:
    """`session` must be priced, with evse, location and booking at hand. Times in UTC, energy in kWh, time in hours."""
    start, end = session.started_at or session.ended_at or now, session.ended_at or now
    hours = _decimal(Fraction(int((end - start).total_seconds()), 3600), 4)
    energy = Decimal(session.energy_wh).scaleb(-3)
    record: dict[str, Any] = {
        "country_code": country,
        "party_id": party_id,
        "id": str(session.uid),
        "start_date_time": iso(start),
        "end_date_time": iso(end),
        "session_id": str(session.uid),
        "cdr_token": _token(session, country, party_id),
        "auth_method": AUTH[session.booking_id is not None],
        "cdr_location": _location(session),
        "currency": session.currency or "EUR",
        "tariffs": _tariffs(session, country, party_id),
        "charging_periods": [
            {
                "start_date_time": iso(start),
                "dimensions": [{"type": "ENERGY", "volume": energy}, {"type": "TIME", "volume": hours}],
            }
        ],
        "total_cost": _cost(session),
        "total_energy": energy,
        "total_time": hours,
        "last_updated": iso(now),
    }
    return record


def _cost(session: Session) -> dict[str, Decimal]:
    bill, code = session.bill or {}, session.currency or "EUR"
    net = bill.get("net_minor", 0) + bill.get("fee_minor", 0)
    return {
        "excl_vat": Decimal(decimal_text(net, code)),
        "incl_vat": Decimal(decimal_text(bill.get("total_minor", 0), code)),
    }


def _token(session: Session, country: str, party_id: str) -> dict[str, str]:
    kind = "RFID" if session.id_tag else ("APP_USER" if session.driver_id else "OTHER")
    uid = session.id_tag or (str(session.driver.uid) if session.driver else str(session.uid))
    return {"country_code": country, "party_id": party_id, "uid": uid, "type": kind, "contract_id": uid}


def _location(session: Session) -> dict[str, Any]:
    place = session.evse.location
    connector = session.evse.connectors.order_by("id").first()
    return {
        "id": str(place.uid),
        "name": place.name,
        "address": place.address,
        "city": place.city,
        "postal_code": place.postal_code,
        "country": place.country,
        "coordinates": {"latitude": f"{place.latitude:.6f}", "longitude": f"{place.longitude:.6f}"},
        "evse_uid": str(session.evse.uid),
        "evse_id": str(session.evse.uid),
        "connector_id": str(connector.pk) if connector else "1",
        "connector_standard": connector.standard if connector else "IEC_62196_T2",
        "connector_format": "SOCKET",
        "connector_power_type": _power_type(session.evse, connector),
    }


def _power_type(evse: Evse, connector: Connector | None) -> str:
    if connector and connector.standard in Connector.DIRECT:
        return "DC"
    return "AC_3_PHASE" if evse.phases == 3 else "AC_1_PHASE"


def _tariffs(session: Session, country: str, party_id: str) -> list[dict[str, Any]]:
    if session.booking is None:
        return []
    quote = session.booking.quote
    return [
        {
            "country_code": country,
            "party_id": party_id,
            "id": quote["tariff"],
            "currency": quote["currency"],
            "elements": quote["elements"],
            "last_updated": iso(session.booking.created_at),
        }
    ]


def _decimal(value: Fraction, digits: int) -> Decimal:
    return Decimal(round_minor(value * 10**digits)).scaleb(-digits)
