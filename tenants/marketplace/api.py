"""`/chargers` for everybody, and what hosts do with theirs."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from saas.kit.errors import Invalid
from saas.kit.pagination import link_next
from saas.kit.schemas import Moment, PageOf, Paging
from tenants.accounts.api import Anyone, Bearer
from tenants.accounts.bearer import caller, viewer
from tenants.sites.actions import Place

from . import access, actions, offering, queries
from .schemas import (
    Charger,
    ChargerChange,
    ChargerDetail,
    NewCharger,
    Prices,
    Search,
    Slots,
    Week,
)

router = Router(tags=["chargers"])
anybody = [Bearer(), Anyone()]
LONGEST = timedelta(days=31)


@router.get("/chargers", auth=anybody, response=PageOf[Charger], operation_id="search_chargers")
def search(request: HttpRequest, response: HttpResponse, asked: Query[Search]) -> object:
    """Chargers that can be booked here, by distance, price or rating."""
    criteria = asked.model_dump(exclude={"bbox", "near"})
    page = queries.search(viewer=viewer(request), now=timezone.now(), bbox=asked.box(), near=asked.point(), **criteria)
    link_next(request, response, page.next)
    return page


@router.get("/chargers/{uuid:uid}", auth=anybody, response=ChargerDetail, operation_id="charger")
def charger(request: HttpRequest, uid: UUID) -> object:
    """One charger. The exact address only for those whom it may be shown to."""
    return queries.charger(uid=uid, viewer=viewer(request), now=timezone.now())


@router.get("/chargers/{uuid:uid}/slots", auth=anybody, response=Slots, operation_id="charger_slots")
def slots(request: HttpRequest, uid: UUID, start: Moment, end: Moment) -> object:
    """Free periods between two moments, at most 31 days apart."""
    if not timedelta() < end - start <= LONGEST:
        raise Invalid("The end comes after the start, at most 31 days later.", end="out of range")
    listing = access.shown(uid=uid, viewer=viewer(request))
    free = queries.free_slots(listing=listing, start=start, end=end, now=timezone.now())
    return {"items": [{"start": first, "end": last} for first, last in free]}


@router.get("/host/chargers", response=PageOf[ChargerDetail], operation_id="host_chargers")
def of_host(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """The caller's own chargers, newest first."""
    page = queries.page_of_host(host=caller(request), now=timezone.now(), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": page.items, "next": page.next}


@router.post("/chargers", response={201: ChargerDetail}, operation_id="create_charger")
def create(request: HttpRequest, body: NewCharger) -> Status[object]:
    """Offer a charger with an adapter of this site, or an EVSE of a station. It is live at once."""
    host, now = caller(request), timezone.now()
    weekly = [(w.weekday, w.start_minute, w.end_minute) for w in body.weekly] or actions.ALWAYS
    terms = body.model_dump(include={"title", "description", "per_hour", "per_kwh"})
    terms |= {"amenities": tuple(body.amenities), "weekly": weekly}
    if body.evse is not None:
        listing = offering.offer_evse(host=host, evse_uid=body.evse, terms=offering.Terms(**terms), now=now)
    else:
        listing = offering.offer(host=host, offer=_offer(body, terms), now=now)
    return Status(201, queries.charger(uid=listing.uid, viewer=host, now=now))


def _offer(body: NewCharger, terms: dict[str, Any]) -> offering.Offer:
    equipment = body.model_dump(include={"connector", "max_power_w", "device_id"})
    assert body.place is not None  # the shape says so where there is no EVSE
    return offering.Offer(**terms, **equipment, place=Place(**body.place.model_dump()))


@router.patch("/chargers/{uuid:uid}", response=ChargerDetail, operation_id="update_charger")
def update(request: HttpRequest, uid: UUID, body: ChargerChange) -> object:
    """Change what people read and the rules of booking."""
    listing = access.managed(uid=uid, viewer=caller(request))
    changes = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    actions.update_listing(listing=listing, now=timezone.now(), **changes)
    return queries.charger(uid=uid, viewer=caller(request), now=timezone.now())


@router.put("/chargers/{uuid:uid}/price", response=ChargerDetail, operation_id="set_price")
def set_price(request: HttpRequest, uid: UUID, body: Prices) -> object:
    """A new price from now on. What is booked keeps its price."""
    listing = access.managed(uid=uid, viewer=caller(request))
    actions.set_price(listing=listing, now=timezone.now(), per_hour=body.per_hour, per_kwh=body.per_kwh)
    return queries.charger(uid=uid, viewer=caller(request), now=timezone.now())


@router.put("/chargers/{uuid:uid}/availability", response=ChargerDetail, operation_id="set_availability")
def set_availability(request: HttpRequest, uid: UUID, body: Week) -> object:
    """Replace the week. Bookings stay."""
    listing = access.managed(uid=uid, viewer=caller(request))
    weekly = [(w.weekday, w.start_minute, w.end_minute) for w in body.weekly]
    actions.set_availability(listing=listing, weekly=weekly, now=timezone.now())
    return queries.charger(uid=uid, viewer=caller(request), now=timezone.now())


@router.post("/chargers/{uuid:uid}/pause", response=ChargerDetail, operation_id="pause_charger")
def pause(request: HttpRequest, uid: UUID) -> object:
    """Nobody can book it until it is resumed."""
    actions.pause(listing=access.managed(uid=uid, viewer=caller(request)), now=timezone.now())
    return queries.charger(uid=uid, viewer=caller(request), now=timezone.now())


@router.post("/chargers/{uuid:uid}/resume", response=ChargerDetail, operation_id="resume_charger")
def resume(request: HttpRequest, uid: UUID) -> object:
    """Offer it again."""
    actions.resume(listing=access.managed(uid=uid, viewer=caller(request)), now=timezone.now())
    return queries.charger(uid=uid, viewer=caller(request), now=timezone.now())


@router.delete("/chargers/{uuid:uid}", response={204: None}, operation_id="delete_charger")
def delete(request: HttpRequest, uid: UUID) -> Status[None]:
    """Withdraw it for good; refused while bookings are to come."""
    actions.delete(listing=access.managed(uid=uid, viewer=caller(request)), now=timezone.now())
    return Status(204, None)
