"""Holding a slot, and what becomes of it. Two drivers can never hold overlapping time: the database decides."""

import hashlib
import hmac
import json
import uuid
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from saas.contracts.telemetry.wire import CODE_DIGITS
from saas.kit.errors import Invalid, NotFound, Refused
from saas.kit.tenant_context import current_schema
from saas.kit.time import ceil_minute, floor_minute
from saas.kit.transactions import atomic
from saas.tenancy.queries import current
from tenants.accounts.models import User
from tenants.feed.actions import publish
from tenants.marketplace.actions import tell
from tenants.marketplace.availability import open_periods
from tenants.marketplace.models import Listing
from tenants.marketplace.queries import bookable, rules_of

from .models import Booking
from .queries import Quote, quote

MOST_AHEAD = timedelta(days=366)


class SlotTaken(Refused):
    """Somebody else has this time. Choose another."""

    code = "slot_taken"


class OutsideAvailability(Refused):
    """The host does not offer the charger at this time."""

    code = "outside_availability"


class NotBookable(Refused):
    """This charger cannot be booked now: it is offline or not offered."""

    code = "not_bookable"
    retry = True


class IdentityRequired(Refused):
    """Chargers at private addresses are for drivers whose identity was checked."""

    code = "identity_required"
    status = 403


class TooShort(Refused):
    """Shorter than the host allows."""

    code = "too_short"


class TooLong(Refused):
    """Longer than the host allows."""

    code = "too_long"


class TooLate(Refused):
    """This time has begun already, or begins sooner than the host allows."""

    code = "too_late"


class HoldExpired(Refused):
    """The hold ran out before it was paid. Book again."""

    code = "hold_expired"


class WrongState(Refused):
    """The booking is past this."""

    code = "wrong_state"


def hold(
    *,
    listing_uid: UUID,
    driver: User,
    start: datetime,
    end: datetime,
    energy_wh: int = 0,
    vehicle_uid: UUID | None = None,
    now: datetime,
) -> Booking:
    """Keep [start, end) for the driver while they pay. `energy_wh` 0: no limit but time and power.

    Raises NotFound, NotBookable, IdentityRequired, TooShort, TooLong, TooLate, OutsideAvailability, SlotTaken, Invalid.
    """
    if floor_minute(start) != start or floor_minute(end) != end or start >= end:
        raise Invalid("A booking starts before it ends, both on whole minutes.", start=str(start), end=str(end))
    if energy_wh < 0:
        raise Invalid("Energy cannot be negative.", energy_wh=energy_wh)
    # Before anything that costs more: most attempts on a slot that everybody wants end here.
    if _is_taken(listing_uid, start, end, now):
        raise SlotTaken()
    chosen = {"requested_energy_wh": energy_wh, "vehicle_id": _vehicle(driver, vehicle_uid)}
    return _hold(listing_uid, driver, (start, end), chosen, now)


@atomic
def _hold(
    listing_uid: UUID, driver: User, during: tuple[datetime, datetime], chosen: dict[str, Any], now: datetime
) -> Booking:
    listing = Listing.objects.select_related("evse__location", "tariff").filter(uid=listing_uid).first()
    if listing is None or listing.state in (Listing.State.DELETED, Listing.State.DRAFT):
        raise NotFound("There is no such charger.")
    start, end = during
    _check_length(listing, start, end)
    _check_start(listing, start, now)
    _check_offer(listing, driver)
    if open_periods(rules_of([listing])[listing.pk], start, end) != [during]:
        raise OutsideAvailability()
    _make_room(listing, start, end, now)
    offer = quote(listing=listing, start=start, end=end, energy_wh=chosen["requested_energy_wh"], now=now)
    booking = _insert(_row(listing, driver, during, offer, now) | chosen)
    _tell(booking, now)
    return booking


def expire_holds(*, now: datetime) -> int:
    """Free the time of holds that ran out. Returns how many."""
    expired = 0
    for booking in Booking.objects.select_related("listing", "driver").filter(
        state=Booking.State.HELD, hold_expires_at__lte=now
    ):
        expired += move(booking=booking, before=(Booking.State.HELD,), state=Booking.State.EXPIRED, now=now)
    return expired


@atomic
def move(*, booking: Booking, before: tuple[str, ...], state: str, now: datetime, reason: str = "") -> bool:
    """Change the state if it still is one of `before`, and tell everybody concerned. False: somebody else was first."""
    moved = Booking.objects.filter(pk=booking.pk, state__in=before).update(
        state=state, changed_at=now, reason=reason or booking.reason
    )
    booking.refresh_from_db(fields=["state", "changed_at", "reason"])
    if moved:
        _tell(booking, now)
    return bool(moved)


@transaction.atomic
def lengthen(*, booking: Booking, end: datetime, offer: Quote, now: datetime) -> Booking:
    """Move the end of a running booking. SlotTaken when the added time is not free: the database decides."""
    if booking.listing.gap_minutes:
        Listing.objects.select_for_update(no_key=True).get(pk=booking.listing_id)
    added = DateTimeTZRange(booking.during.upper, end + timedelta(minutes=booking.listing.gap_minutes))
    _expire_over(booking.listing, added.lower, added.upper, now)
    others = Booking.objects.filter(listing=booking.listing, state__in=Booking.HOLDING, during__overlap=added)
    if others.exclude(pk=booking.pk).exists():
        raise SlotTaken("The next time is taken: the session cannot be made longer.")
    booking.during = DateTimeTZRange(booking.during.lower, end)
    booking.quote, booking.amount_minor, booking.energy_limit_wh = offer.snapshot, offer.amount_minor, offer.energy_wh
    booking.changed_at = now
    _save_or_taken(booking)
    _tell(booking, now)
    return booking


def one_time_code(booking: Booking) -> str:
    """Six digits for the device's keypad. Derived from the server's secret; stored nowhere in clear."""
    text = f"one-time-code|{current_schema()}|{booking.uid}"
    digest = hmac.digest(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256)
    return f"{int.from_bytes(digest[:8], 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def _check_offer(listing: Listing, driver: User) -> None:
    if not bookable(listing):
        raise NotBookable()
    if listing.evse.location.private and driver.identity != User.Identity.VERIFIED and driver.pk != listing.host_id:
        raise IdentityRequired()


def _check_length(listing: Listing, start: datetime, end: datetime) -> None:
    minutes = (end - start) // timedelta(minutes=1)
    if minutes < listing.least_minutes:
        raise TooShort(f"The shortest booking here is {listing.least_minutes} minutes.", least=listing.least_minutes)
    if minutes > listing.most_minutes:
        raise TooLong(f"The longest booking here is {listing.most_minutes} minutes.", most=listing.most_minutes)


def _check_start(listing: Listing, start: datetime, now: datetime) -> None:
    lead = timedelta(minutes=listing.lead_minutes)
    earliest = ceil_minute(now + lead) if lead else floor_minute(now)
    if start < earliest:
        raise TooLate(earliest=earliest.isoformat())
    if start > now + MOST_AHEAD:
        raise Invalid("Bookings are possible a year ahead.", start=str(start))


def _is_taken(listing_uid: UUID, start: datetime, end: datetime, now: datetime) -> bool:
    """A look without a lock or a transaction: who passes it still has to pass the constraint."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM bookings_booking b JOIN marketplace_listing l ON l.id = b.listing_id WHERE l.uid = %s "
            "AND b.during && tstzrange(%s, %s) "
            "AND (b.state IN ('confirmed', 'active') OR (b.state = 'held' AND b.hold_expires_at > %s)) LIMIT 1",
            [listing_uid, start, end, now],
        )
        return cursor.fetchone() is not None


def _make_room(listing: Listing, start: datetime, end: datetime, now: datetime) -> None:
    """Holds that ran out give way. With a gap, one booking at a time is made: the constraint knows no gaps."""
    gap = timedelta(minutes=listing.gap_minutes)
    if gap:
        Listing.objects.select_for_update(no_key=True).get(pk=listing.pk)
    _expire_over(listing, start - gap, end + gap, now)
    if not gap:
        return
    near = Booking.objects.filter(listing=listing, state__in=Booking.HOLDING, during__overlap=(start - gap, end + gap))
    if near.exists():
        raise SlotTaken(f"The host asks for {listing.gap_minutes} minutes between bookings.")


def _expire_over(listing: Listing, start: datetime, end: datetime, now: datetime) -> None:
    Booking.objects.filter(
        listing=listing, state=Booking.State.HELD, hold_expires_at__lte=now, during__overlap=(start, end)
    ).update(state=Booking.State.EXPIRED, changed_at=now)


def _row(
    listing: Listing, driver: User, during: tuple[datetime, datetime], offer: Quote, now: datetime
) -> dict[str, Any]:
    return {
        "uid": uuid.uuid4(),
        "created_at": now,
        "listing_id": listing.pk,
        "driver_id": driver.pk,
        "during": DateTimeTZRange(*during),
        "state": Booking.State.HELD.value,
        "hold_expires_at": now + timedelta(minutes=current().hold_minutes),
        "quote": json.dumps(offer.snapshot),
        "currency": offer.currency,
        "amount_minor": offer.amount_minor,
        "energy_limit_wh": offer.energy_wh,
        "code_hash": "",
        "reason": "",
        "changed_at": now,
    }


def _insert(row: dict[str, Any]) -> Booking:
    """A plain insert that caught the violation would deadlock under load; this one waits, then does nothing."""
    statement = (
        f"INSERT INTO bookings_booking ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))}) "  # noqa: S608
        "ON CONFLICT DO NOTHING RETURNING id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, list(row.values()))
        made = cursor.fetchone()
    if made is None:
        raise SlotTaken()
    return Booking.objects.select_related("listing__host", "driver").get(pk=made[0])


def _vehicle(driver: User, uid: UUID | None) -> int | None:
    if uid is None:
        return None
    vehicle = driver.vehicle_set.filter(uid=uid, active=True).first()
    if vehicle is None:
        raise NotFound("You have no such vehicle.")
    return int(vehicle.pk)


def _save_or_taken(booking: Booking) -> None:
    """An UPDATE knows no ON CONFLICT. It holds no lock that another could wait for, so it cannot deadlock."""
    try:
        with transaction.atomic():
            booking.save(update_fields=["during", "quote", "amount_minor", "energy_limit_wh", "changed_at"])
    except IntegrityError as error:
        raise SlotTaken("The next time is taken: the session cannot be made longer.") from error


def _tell(booking: Booking, now: datetime) -> None:
    data = {"booking": str(booking.uid), "charger": str(booking.listing.uid), "state": booking.state}
    tell(listing=booking.listing, now=now)
    publish(audience=f"user:{booking.driver.uid}", kind="booking", data=data, now=now)
    if booking.state != Booking.State.HELD:
        publish(audience=f"user:{booking.listing.host.uid}", kind="booking", data=data, now=now)
