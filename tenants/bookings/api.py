"""`/bookings`: what one would cost, holding a slot, looking at them. Paying and cancelling: tenants/charging/api.py."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from saas.kit.errors import Invalid
from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf, money
from tenants.accounts.api import Anyone, Bearer
from tenants.accounts.bearer import caller, viewer
from tenants.marketplace import access

from . import actions, pages, queries
from .schemas import Booking, BookingFilter, NewBooking, Quote, Wish, shown

router = Router(tags=["bookings"])


@router.post("/bookings/quote", auth=[Bearer(), Anyone()], response=Quote, operation_id="quote_booking")
def quote(request: HttpRequest, body: Wish) -> object:
    """What a booking would hold on the card, line by line. Holds nothing."""
    if body.end <= body.start:
        raise Invalid("A booking starts before it ends.", end="before the start")
    listing = access.shown(uid=body.charger, viewer=viewer(request))
    offer = queries.quote(listing=listing, start=body.start, end=body.end, energy_wh=body.energy_wh, now=timezone.now())
    return {
        "amount": money(offer.amount_minor, offer.currency),
        "net": money(offer.net_minor, offer.currency),
        "tax": money(offer.tax_minor, offer.currency),
        "energy_wh": offer.energy_wh,
        "lines": offer.snapshot["lines"],
    }


@router.post("/bookings", response={201: Booking}, operation_id="hold_booking")
def hold(request: HttpRequest, body: NewBooking) -> Status[object]:
    """Keep a slot while one pays. Confirm it before `hold_expires_at`."""
    driver = caller(request)
    booking = actions.hold(
        listing_uid=body.charger,
        driver=driver,
        start=body.start,
        end=body.end,
        energy_wh=body.energy_wh,
        vehicle_uid=body.vehicle,
        now=timezone.now(),
    )
    return Status(201, shown(booking, viewer=driver))


@router.get("/bookings", response=PageOf[Booking], operation_id="bookings")
def bookings(request: HttpRequest, response: HttpResponse, asked: Query[BookingFilter]) -> object:
    """Bookings, newest first."""
    person = caller(request)
    page = pages.page(viewer=person, side=asked.side, state=asked.state, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [shown(booking, viewer=person) for booking in page.items], "next": page.next}


@router.get("/bookings/{uuid:uid}", response=Booking, operation_id="booking")
def booking(request: HttpRequest, uid: UUID) -> object:
    """One booking, for its driver, its host, and staff."""
    person = caller(request)
    return shown(queries.get(uid=uid, viewer=person), viewer=person)
