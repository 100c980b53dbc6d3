"""Cards at chargers: may they charge, and what a card that is held to an adapter's reader starts or stops."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Upper

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Event
from saas.devices.models import Device
from saas.tenancy.queries import current
from tenants.bookings.models import Booking
from tenants.cards import queries as cards
from tenants.feed.actions import publish
from tenants.sites.models import Evse

from ..models import Session
from ..signals import refused
from .changes import change
from .commands import queue, queue_device, queue_permit, queue_stop
from .naming import RELATED, evses_of, is_station, note
from .stations import AuthResult, bind_card, booked_now, is_of_driver, session_of_tag, vehicles_of

State = Session.State
ALIVE = (State.STARTING, State.CHARGING)
LONGEST = timedelta(hours=12)
SHORTEST = timedelta(minutes=1)
ACTIVATE_WITHIN = timedelta(seconds=60)
SELF_STOP = timedelta(seconds=60)  # a station ends a session whose card is refused by itself; else it is told to
REFUSED = {"card": "refused"}  # an adapter shows it to whoever held the card
ACCEPTED = "Accepted"
UNKNOWN = "Unknown"


def authorise(
    *, device: Device, id_tag: str, now: datetime, purpose: str = "authorise", transaction: str = "", evse: int = 0
) -> AuthResult:
    """May this card charge here? `purpose`: authorise, start or stop; only a start may be one too many at a time.

    A session that waits to start here may, cards that are registered, and cards of vehicles on the roster; while an
    EVSE is booked, those of its booker alone.
    """
    if session_of_tag(device=device, id_tag=id_tag, over=purpose == "stop") is not None:
        return AuthResult(ACCEPTED, "booked session")
    result = _by_card(device, id_tag, now, purpose, transaction)
    booked = booked_now(device_id=device.device_id, evse=evse, now=now) if purpose == "start" else None
    if result.status == ACCEPTED and booked is not None and not is_of_driver(id_tag, booked):
        return AuthResult("NotAtThisTime", "reserved")
    return result


def _by_card(device: Device, id_tag: str, now: datetime, purpose: str, transaction: str) -> AuthResult:
    usage = cards.Usage(running=_running_but(device, purpose, transaction), month_wh=lambda tags: _month_wh(tags, now))
    verdict = cards.authorise(id_tag=id_tag, now=now, usage=usage)
    if verdict.card is not None:
        status = ACCEPTED if purpose == "stop" and verdict.status in ("NoCredit", "ConcurrentTx") else verdict.status
        return AuthResult(status, verdict.reason, expires_at=verdict.expires_at, parent=verdict.parent)
    return _of_roster(id_tag, usage)


def tell_refused(*, device: Device, evse: int, id_tag: str, result: AuthResult, now: datetime) -> None:
    """Operators see whom a charger turned away, and why."""
    data = {
        "device": device.device_id,
        "evse": evse,
        "id_tag": id_tag,
        "status": result.status,
        "reason": result.reason,
    }
    publish(audience="operations", kind="card_refused", data=data, now=now)
    refused.send(Device, device=device, evse=evse, reason=result.status, by_device=False, now=now)


def check(*, device: Device, session: Session, now: datetime) -> None:
    """A station that began with a card which may not charge is told to stop, unless it does so by itself."""
    if session.booking_id is not None or not session.id_tag or session.state != State.CHARGING:
        return
    if session_of_tag(device=device, id_tag=session.id_tag) is not None:
        return
    result = authorise(
        device=device,
        id_tag=session.id_tag,
        now=now,
        purpose="start",
        transaction=session.transaction_id,
        evse=session.evse.device_evse,
    )
    if result.status != ACCEPTED:
        note(session, f"card refused: {result.status}", now)
        queue_stop(session=session, now=now, at=now + SELF_STOP)


def shown(device: Device, event: Event, now: datetime) -> None:
    """A card at an adapter's reader: it ends its own session, else begins one where it may. UnknownEvse."""
    if is_station(device):  # stations ask before; see saas.contracts.rpc.Authorise
        return
    evse, tag = evses_of(device, event, now)[0], event.id_tag or ""
    running = _locked(evse).filter(state__in=ALIVE).first()
    if running is not None and event.session == str(running.uid):
        return  # the device ends it by itself: its own card
    if running is not None:
        _at_busy(device, evse, running, tag, now)
        return
    result = authorise(device=device, id_tag=tag, now=now, purpose="start", evse=evse.device_evse)
    if result.status == ACCEPTED:
        result = _begin(device, evse, tag, now)
    if result.status != ACCEPTED:
        _refuse(device, evse, tag, result, now)


def _at_busy(device: Device, evse: Evse, running: Session, tag: str, now: datetime) -> None:
    if not _same_holder(running, tag):
        _refuse(device, evse, tag, AuthResult("ConcurrentTx", wire.REFUSE_BUSY), now)
        return
    running.stop_by = running.stop_by or "driver"
    running.save(update_fields=["stop_by"])
    note(running, "stop asked by card", now)
    queue_stop(session=running, now=now)


def _same_holder(session: Session, tag: str) -> bool:
    """The card that started it, one of its group, or any card of its driver."""
    if session.id_tag and session.id_tag.casefold() == tag.casefold():
        return True
    mine, other = cards.find(tag), cards.find(session.id_tag)
    if mine is None or mine.state != mine.State.ACTIVE:
        return False
    if mine.driver_id is not None and mine.driver_id == session.driver_id:
        return True
    return other is not None and mine.group_id is not None and mine.group_id == other.group_id


def _begin(device: Device, evse: Evse, tag: str, now: datetime) -> AuthResult:
    """A booked session of the card's driver, else a walk-up until the next booking at most."""
    booked = booked_now(device_id=device.device_id, evse=evse.device_evse, now=now)
    if booked is not None:  # by this card's driver: authorise has seen to that
        _activate(_locked(evse).get(pk=booked.pk), tag, now)
        return AuthResult(ACCEPTED)
    end = min([now + LONGEST, *_booked_from(evse, now)])
    if end - now < SHORTEST:
        return AuthResult("NotAtThisTime", "reserved")
    _walk_up(evse, tag, end, now)
    return AuthResult(ACCEPTED)


def _walk_up(evse: Evse, tag: str, end: datetime, now: datetime) -> None:
    session = Session.objects.create(
        evse=evse, device_id=evse.device_id or "", permit_start_at=now, permit_end_at=end, currency=current().currency
    )
    bind_card(session, tag)
    session.save(update_fields=["id_tag", "driver", "vehicle"])
    queue_permit(session=session, now=now, energy_wh=_left_wh(tag, now))
    _activate(session, tag, now)


def _activate(session: Session, tag: str, now: datetime) -> None:
    change(session=session, state=State.STARTING, at=now, now=now, reason="card")
    session.id_tag = session.id_tag or tag[:36]
    session.save(update_fields=["state", "id_tag"])
    expires = min(now + ACTIVATE_WITHIN, session.permit_end_at or now + ACTIVATE_WITHIN)
    queue(session=session, kind=wire.CMD_ACTIVATE, now=now, expires_at=expires, data={"id_tag": tag})


def _left_wh(tag: str, now: datetime) -> int:
    """What the card may still take this month; 0: as much as it likes."""
    card = cards.find(tag)
    if card is None or card.month_limit_wh is None:
        return 0
    return max(1, card.month_limit_wh - _month_wh([card.id_tag], now))


def _booked_from(evse: Evse, now: datetime) -> list[datetime]:
    """When the next booking of the EVSE begins, paid or being paid."""
    states = (Booking.State.HELD, Booking.State.CONFIRMED)
    rows = Booking.objects.filter(listing__evse=evse, state__in=states, during__endswith__gt=now)
    return [row.during.lower for row in rows.order_by("during")[:1]]


def _refuse(device: Device, evse: Evse, tag: str, result: AuthResult, now: datetime) -> None:
    """By name: to whoever stands there, and to the operators."""
    expires = now + ACTIVATE_WITHIN
    queue_device(device_id=device.device_id, kind=wire.CMD_CONFIG, data=REFUSED, now=now, expires_at=expires, once=True)
    tell_refused(device=device, evse=evse.device_evse, id_tag=tag, result=result, now=now)


def _locked(evse: Evse) -> "QuerySet[Session]":
    return Session.objects.select_for_update(of=("self",)).select_related(*RELATED).filter(evse=evse).order_by("-id")


def _of_roster(id_tag: str, usage: cards.Usage) -> AuthResult:
    vehicles = vehicles_of(id_tag)
    if not vehicles:
        return AuthResult(UNKNOWN, "unknown card")
    if not any(vehicle.active for vehicle in vehicles):
        return AuthResult("Blocked", "card of a vehicle that left the roster")
    if usage.running([id_tag]):
        return AuthResult("ConcurrentTx", "card charges elsewhere")
    return AuthResult(ACCEPTED)


def _running_but(device: Device, purpose: str, transaction: str) -> Callable[[Sequence[str]], int]:
    """How many sessions of these tags run; where the transaction that is asked about does, before that one began."""

    def count(tags: Sequence[str]) -> int:
        if purpose != "start" or not tags:
            return 0
        rows = _of_tags(tags).filter(state=State.CHARGING, over_at__isnull=True)
        if transaction:
            named = Q(transaction_id=transaction) | Q(names__transaction_id=transaction)
            mine = Session.objects.filter(named, device_id=device.device_id).first()
            rows = rows.filter(pk__lt=mine.pk) if mine else rows
        return rows.count()

    return count


def _month_wh(tags: Sequence[str], now: datetime) -> int:
    """Energy of the calendar month of the tenant, running sessions included."""
    local = now.astimezone(ZoneInfo(current().timezone))
    begin = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    total = _of_tags(tags).filter(started_at__gte=begin).aggregate(wh=Sum("energy_wh"))["wh"]
    return int(total or 0)


def _of_tags(tags: Sequence[str]) -> "QuerySet[Session, Any]":
    return Session.objects.annotate(upper_tag=Upper("id_tag")).filter(upper_tag__in=[tag.upper() for tag in tags])
