"""Things that tests tell their stories with, made by the product's own actions. Nothing here reads a clock."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from saas.devices import actions as devices
from saas.devices.models import Device
from saas.tenancy.queries import current
from tenants.accounts.models import Membership, User
from tenants.bookings import actions as bookings
from tenants.bookings.models import Booking
from tenants.charging.actions import confirm_booking
from tenants.charging.models import Session
from tenants.marketplace import actions as marketplace
from tenants.marketplace.models import Listing
from tenants.sites import actions as sites
from tenants.sites.models import Evse

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
HELSINKI = (60.16952, 24.93545)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@dataclass(frozen=True)
class Cast:
    """The people of one tenant."""

    owner: User
    operator: User
    driver: User
    outsider: User
    host: User


def person(name: str, *roles: str, verified: bool = True) -> User:
    """Somebody of the current tenant, with roles over all of it. `verified`: passed the identity check."""
    identity = User.Identity.VERIFIED if verified else User.Identity.NONE
    user = User(email=f"{name}-{uuid.uuid4().hex[:8]}@example.com", name=name.title(), identity=identity)
    user.set_unusable_password()
    user.save()
    for role in roles:
        Membership.objects.create(user=user, role=role)
    return user


def cast() -> Cast:
    """Owner, operator, driver (identity checked), outsider (not), host."""
    return Cast(
        owner=person("owner", "owner"),
        operator=person("operator", "operator"),
        driver=person("driver"),
        outsider=person("outsider", verified=False),
        host=person("host"),
    )


def device(*, kind: str = Device.Kind.ADAPTER, online: bool = True, station_id: str | None = None) -> Device:
    """A registered device of the current tenant."""
    made, _ = devices.register(tenant=current(), kind=kind, now=NOW, station_id=station_id)
    if online:
        devices.seen(device_id=made.device_id, now=NOW, online=True, state="idle")
    made.refresh_from_db()
    return made


def evse(
    *,
    private: bool = True,
    at: tuple[float, float] = HELSINKI,
    power_w: int = 11_000,
    of: Device | None = None,
    **place: Any,
) -> Evse:
    """An EVSE at a place of its own, on a device that is online."""
    timezone = place.pop("timezone", "Europe/Helsinki")
    where = sites.Place(
        address="Secret street 7", city="Helsinki", country="FI", latitude=at[0], longitude=at[1],
        postal_code="00100", timezone=timezone, **place,
    )  # fmt: skip
    location = sites.create_location(place=where, private=private, now=NOW)
    serves = of or device()
    return sites.create_evse(
        location=location, connector="IEC_62196_T2", max_power_w=power_w, now=NOW, device_id=serves.device_id
    )


def listing(*, host: User, on: Evse | None = None, **details: Any) -> Listing:
    """A live charger, always open, 6.00 an hour before tax unless a price is given."""
    if "per_hour" not in details and "per_kwh" not in details:
        details["per_hour"] = "6.00"
    details.setdefault("least_minutes", 1)
    return marketplace.create_listing(
        host=host, evse=on or evse(), title=details.pop("title", "Charger in the yard"), now=NOW, **details
    )


def held(
    *, of: Listing, by: User, start: datetime = NOW + timedelta(hours=1), length: int = 60, **more: Any
) -> Booking:
    """A booking that waits for payment. `length` in minutes."""
    end = start + minutes(length)
    return bookings.hold(listing_uid=of.uid, driver=by, start=start, end=end, now=more.pop("now", NOW), **more)


def confirmed(*, of: Listing, by: User, now: datetime = NOW, **more: Any) -> tuple[Booking, Session]:
    """A paid booking and its session."""
    booking = held(of=of, by=by, now=now, **more)
    booking = confirm_booking(booking_uid=booking.uid, driver=by, method="tok_approved", idempotency_key="k1", now=now)
    return booking, Session.objects.get(booking=booking)
