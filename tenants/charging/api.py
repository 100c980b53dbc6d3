"""Paying and cancelling bookings; `/sessions`."""

import hashlib
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router

from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf
from tenants.accounts.bearer import caller
from tenants.bookings import queries as bookings
from tenants.bookings.schemas import Booking
from tenants.bookings.schemas import shown as booking_shown

from . import actions, pages, queries
from .schemas import (
    Cancellation,
    Confirmation,
    Extension,
    Receipt,
    Scan,
    Session,
    SessionFilter,
    receipt_shown,
    session_shown,
)

router = Router()


@router.post("/bookings/{uuid:uid}/confirm", response=Booking, tags=["bookings"], operation_id="confirm_booking")
def confirm(request: HttpRequest, uid: UUID, body: Confirmation) -> object:
    """Hold the price on the card. The booking is then certain, and its session waits for the driver."""
    driver = caller(request)
    said = request.headers.get("Idempotency-Key") or f"{uid}:{body.method}"
    key = hashlib.sha256(said.encode()).hexdigest()  # of one length, whatever the caller chose
    actions.confirm_booking(booking_uid=uid, driver=driver, method=body.method, idempotency_key=key, now=timezone.now())
    return booking_shown(bookings.get(uid=uid, viewer=driver), viewer=driver)


@router.post("/bookings/{uuid:uid}/cancel", response=Booking, tags=["bookings"], operation_id="cancel_booking")
def cancel(request: HttpRequest, uid: UUID, body: Cancellation) -> object:
    """Cancel before it charges, by driver, host or operator; what goes back depends on when and by whom."""
    person = caller(request)
    actions.cancel_booking(booking_uid=uid, by=person, now=timezone.now(), reason=body.reason)
    return booking_shown(bookings.get(uid=uid, viewer=person), viewer=person)


@router.get("/sessions", response=PageOf[Session], tags=["sessions"], operation_id="sessions")
def sessions(request: HttpRequest, response: HttpResponse, asked: Query[SessionFilter]) -> object:
    """Sessions, newest first."""
    now = timezone.now()
    page = pages.sessions(
        viewer=caller(request), side=asked.side, state=asked.state, after=asked.after, limit=asked.limit
    )
    link_next(request, response, page.next)
    return {"items": [session_shown(session, now=now) for session in page.items], "next": page.next}


@router.get("/sessions/{uuid:uid}", response=Session, tags=["sessions"], operation_id="session")
def session(request: HttpRequest, uid: UUID) -> object:
    """One session as it is now."""
    return session_shown(queries.get(uid=uid, viewer=caller(request)), now=timezone.now())


@router.post("/sessions/{uuid:uid}/activate", response=Session, tags=["sessions"], operation_id="activate_session")
def activate(request: HttpRequest, uid: UUID, body: Scan) -> object:
    """Power on: the booker stands at the charger and scanned its code, inside the booked time."""
    now = timezone.now()
    found = actions.activate(session_uid=uid, driver=caller(request), qr_token=body.qr_token, now=now)
    return session_shown(found, now=now)


@router.post("/sessions/{uuid:uid}/stop", response=Session, tags=["sessions"], operation_id="stop_session")
def stop(request: HttpRequest, uid: UUID) -> object:
    """Ask the charger to stop. The session ends when it says so."""
    now = timezone.now()
    return session_shown(actions.stop(session_uid=uid, by=caller(request), now=now), now=now)


@router.post("/sessions/{uuid:uid}/extend", response=Session, tags=["sessions"], operation_id="extend_session")
def extend(request: HttpRequest, uid: UUID, body: Extension) -> object:
    """Add minutes, if the next time is free."""
    now = timezone.now()
    found = actions.extend(session_uid=uid, driver=caller(request), minutes=body.minutes, now=now)
    return session_shown(found, now=now)


@router.get("/sessions/{uuid:uid}/receipt", response=Receipt, tags=["sessions"], operation_id="receipt")
def receipt(request: HttpRequest, uid: UUID) -> object:
    """What the driver paid; for the host, what was earned."""
    person = caller(request)
    found = queries.get(uid=uid, viewer=person)
    host = found.booking.listing.host_id if found.booking else None
    as_host = host == person.pk and found.driver_id != person.pk
    return receipt_shown(queries.host_receipt(found) if as_host else queries.receipt(found))
