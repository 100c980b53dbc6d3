"""Whose a session at a station is: of a tag that a remote start carried, of a card, of a vehicle."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from django.apps import apps

from saas.contracts.stations import tag_of_session
from saas.devices.models import Device
from tenants.cards import queries as cards

from ..models import Session

if TYPE_CHECKING:
    from tenants.fleets.models import Vehicle

State = Session.State


RECENT = 50


@dataclass(frozen=True)
class AuthResult:
    """`status`: a word of OCPP 2.0.1's AuthorizationStatus; `parent`: the card's group."""

    status: str
    reason: str = ""
    expires_at: datetime | None = None
    parent: str | None = None


def session_of_tag(*, device: Device, id_tag: str, over: bool = False) -> Session | None:
    """The session that waits or runs at this station under the tag that a remote start carries. `over`: or ran."""
    rows = Session.objects.filter(device_id=device.device_id).order_by("-id")
    alive = rows[:RECENT] if over else rows.filter(state__in=(State.STARTING, State.CHARGING))
    tag = id_tag.casefold()
    return next((s for s in alive if tag_of_session(str(s.uid)).casefold() == tag), None)


def booked_now(*, device_id: str, evse: int, now: datetime) -> Session | None:
    """The session whose booked time it is at this EVSE, and that did not begin."""
    waiting = Session.objects.filter(device_id=device_id, evse__device_evse=evse, state=State.PERMITTED)
    return waiting.filter(booking__isnull=False, permit_start_at__lte=now, permit_end_at__gt=now).first()


def is_of_driver(id_tag: str, session: Session) -> bool:
    """Whether this is a card of the session's driver."""
    card = cards.find(id_tag)
    drivers = {vehicle.driver_id for vehicle in vehicles_of(id_tag) if vehicle.active}
    drivers |= {card.driver_id} if card is not None else set()
    return session.driver_id is not None and session.driver_id in drivers


def bind_card(session: Session, id_tag: str) -> None:
    """Note on the object who charges on a walk-up session: the driver of the card, the vehicle and its driver."""
    session.id_tag = id_tag[:36]
    card = cards.find(id_tag)
    if card is not None and card.driver is not None:
        session.driver = card.driver
    for vehicle in vehicles_of(id_tag):
        if vehicle.active:
            session.vehicle, session.driver = vehicle, vehicle.driver


def vehicles_of(id_tag: str) -> "list[Vehicle]":
    """Vehicles of this card. By name, not by import: fleets lie above charging."""
    if not id_tag.strip():
        return []
    rows = apps.get_model("fleets", "Vehicle")._default_manager.filter(rfid__iexact=id_tag)
    return cast("list[Vehicle]", list(rows.select_related("driver").order_by("id")))
