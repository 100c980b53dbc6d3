"""Who may charge at an OCPP station: cards, and sessions that a station was asked to start."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from django.apps import apps

from saas.contracts.stations import tag_of_session
from saas.devices.models import Device

from ..models import Session

if TYPE_CHECKING:
    from tenants.fleets.models import Vehicle

State = Session.State


@dataclass(frozen=True)
class AuthResult:
    """`status`: OCPP's Accepted, Invalid, Blocked, ConcurrentTx."""

    status: str
    reason: str = ""


def authorise(*, device: Device, id_tag: str, now: datetime) -> AuthResult:
    """May this card charge here? Cards of vehicles on the roster may; so may a session that waits to start here."""
    if session_of_tag(device=device, id_tag=id_tag) is not None:
        return AuthResult("Accepted", "booked session")
    cards = _vehicles_of(id_tag)
    if not cards:
        return AuthResult("Invalid", "unknown card")
    if not any(card.active for card in cards):
        return AuthResult("Blocked", "card of a vehicle that left the roster")
    running = Session.objects.filter(id_tag__iexact=id_tag, state=State.CHARGING)
    return AuthResult("ConcurrentTx", "card charges elsewhere") if running.exists() else AuthResult("Accepted")


def session_of_tag(*, device: Device, id_tag: str) -> Session | None:
    """The session that waits or runs at this station under the tag that a remote start carries."""
    alive = Session.objects.filter(device_id=device.device_id, state__in=(State.STARTING, State.CHARGING))
    tag = id_tag.casefold()
    return next((s for s in alive.order_by("-id") if tag_of_session(str(s.uid)).casefold() == tag), None)


def bind_card(session: Session, id_tag: str) -> None:
    """Note on the object who charges on a walk-up session: the vehicle of the card, and its driver."""
    session.id_tag = id_tag[:36]
    for vehicle in _vehicles_of(id_tag):
        if vehicle.active:
            session.vehicle, session.driver = vehicle, vehicle.driver


def _vehicles_of(id_tag: str) -> "list[Vehicle]":
    """Vehicles of this card. By name, not by import: fleets lie above charging."""
    if not id_tag.strip():
        return []
    rows = apps.get_model("fleets", "Vehicle")._default_manager.filter(rfid__iexact=id_tag)
    return cast("list[Vehicle]", list(rows.select_related("driver").order_by("id")))
