"""`/stations`: OCPP stations, for operators."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router

from saas.kit.errors import NotFound
from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf, Paging
from tenants.accounts.bearer import caller
from tenants.charging.actions import start_by_operator
from tenants.charging.schemas import Session, session_shown
from tenants.sites.actions import Place

from . import actions, queries
from .schemas import Acceptance, AcceptedStation, RemoteStart, Station, station_shown

router = Router(tags=["stations"])


@router.get("/stations", response=PageOf[Station], operation_id="stations")
def stations(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """The OCPP stations of this site, for staff."""
    page = queries.page(viewer=caller(request), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [station_shown(station) for station in page.items], "next": page.next}


@router.get("/stations/{uuid:uid}", response=Station, operation_id="station")
def station(request: HttpRequest, uid: UUID) -> object:
    """One station."""
    return station_shown(queries.find(uid=uid, viewer=caller(request)))


@router.post("/stations/{uuid:uid}/accept", response=AcceptedStation, operation_id="accept_station")
def accept(request: HttpRequest, uid: UUID, body: Acceptance) -> object:
    """Let a station in that came with the registration token. It is told so at its next BootNotification."""
    person = caller(request)
    place = Place(**body.place.model_dump(), name=body.name)
    outlets = [actions.Outlet(**outlet.model_dump()) for outlet in body.evses]
    found, password = actions.accept_station(
        station=queries.find(uid=uid, viewer=person), by=person, place=place, outlets=outlets, now=timezone.now()
    )
    return {**station_shown(found), "password": password}


@router.post("/stations/{uuid:uid}/refuse", response=Station, operation_id="refuse_station")
def refuse(request: HttpRequest, uid: UUID) -> object:
    """Shut a station out: its credential is worth nothing from now on."""
    person = caller(request)
    station = queries.find(uid=uid, viewer=person)
    return station_shown(actions.refuse_station(station=station, by=person, now=timezone.now()))


@router.post("/stations/{uuid:uid}/start", response=Session, operation_id="start_station")
def start(request: HttpRequest, uid: UUID, body: RemoteStart) -> object:
    """Start from afar, by an operator."""
    person, now = caller(request), timezone.now()
    evses = queries.evses_of(queries.find(uid=uid, viewer=person))
    evse = next((evse for evse in evses if evse.uid == body.evse), None)
    if evse is None:
        raise NotFound("This station has no such EVSE.")
    found = start_by_operator(evse=evse, by=person, now=now, session_uid=body.session)
    return session_shown(found, now=now)
