"""Reservations that the station took over: used, cancelled, expired or given up."""

from datetime import datetime

from django.db.models import Q

from tenants.cards.queries import find
from tenants.charging.models import Session

from ...models import Reservation, Station
from .base import Done, Json, Said, moment, note

State = Reservation.State
UPDATES = {"Expired": State.EXPIRED, "Removed": State.REMOVED}


def made(done: Done) -> None:
    """ReserveNow: a reservation with the number of an older one takes its place."""
    if done.status != "Accepted":
        return
    asked = done.payload
    number = asked["reservationId" if done.old else "id"]
    _active(done.station, number).update(state=State.CANCELLED, changed_at=done.now)
    Reservation.objects.create(
        station=done.station,
        reservation_id=number,
        evse=asked["connectorId"] if done.old else asked.get("evseId", 0),
        connector_type=asked.get("connectorType", ""),
        id_tag=asked["idTag"] if done.old else asked["idToken"]["idToken"],
        parent=asked.get("parentIdTag", "") if done.old else (asked.get("groupIdToken") or {}).get("idToken", ""),
        expires_at=moment(asked["expiryDate" if done.old else "expiryDateTime"], done.now),
        changed_at=done.now,
    )


def cancelled(done: Done) -> None:
    """CancelReservation: rejected means that the station knows none of that number."""
    state = State.CANCELLED if done.status == "Accepted" else State.REMOVED
    _active(done.station, done.payload["reservationId"]).update(state=state, changed_at=done.now)


def updated(said: Said) -> Json:
    """ReservationStatusUpdate."""
    number, word = said.payload["reservationId"], said.payload["reservationUpdateStatus"]
    _active(said.station, number).update(state=UPDATES[word], changed_at=said.now)
    note(said, f"{number}: {word}")
    return {}


def used(*, session: Session, reservation: int | None, now: datetime) -> None:
    """A session began: by the number that the station names, else by the place and the token that it was kept for, or
    another one of the same group."""
    active = Reservation.objects.filter(station__device_id=session.device_id, state=State.ACTIVE)
    if reservation is not None:
        active = active.filter(reservation_id=reservation)
    else:
        active = active.filter(_kept_for(session.id_tag), evse__in=(0, session.evse.device_evse), expires_at__gt=now)
    first = active.order_by("-evse", "id").first()
    if first is not None:
        first.state, first.transaction_id, first.changed_at = State.USED, session.transaction_id, now
        first.save(update_fields=["state", "transaction_id", "changed_at"])


def _kept_for(id_tag: str) -> Q:
    if not id_tag:
        return Q(pk=None)
    card = find(id_tag)
    group = Q(parent__iexact=card.group.parent_id) if card and card.group else Q(pk=None)
    return Q(id_tag__iexact=id_tag) | group


def expire(*, now: datetime) -> int:
    """Reservations whose time is over; the station gives them up by itself."""
    over = Reservation.objects.filter(state=State.ACTIVE, expires_at__lte=now)
    return over.update(state=State.EXPIRED, changed_at=now)


def _active(station: Station, number: int):  # type: ignore[no-untyped-def]  # django-stubs
    return Reservation.objects.filter(station=station, reservation_id=number, state=State.ACTIVE)
