"""`/stations`: OCPP stations, for operators. `{uid}` is a station's uid, or its own OCPP id."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status
from ninja.errors import HttpError

from saas.contracts.telemetry import wire
from saas.kit.errors import NotFound
from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf, Paging
from tenants.accounts.bearer import caller
from tenants.charging.actions import start_by_operator
from tenants.charging.schemas import Session, session_shown
from tenants.sites.actions import Place

from .. import actions, bodies, queries, showing
from ..errors import BrokenPayload
from ..schemas import Acceptance, AcceptedStation, Command, RemoteStart, Station, StationDetail, Waiting

router = Router(tags=["stations"])
BAD_FORMAT = wire.REFUSE_FORMAT
GRACE_S = 2.0  # who waits as long as the station may take hears that it said nothing
RAW = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}, "description": "OCPP payload"}}


@router.get("/stations", response=PageOf[Station], operation_id="stations")
def stations(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """The OCPP stations of this site, for staff."""
    page = queries.page(viewer=caller(request), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [showing.station(station) for station in page.items], "next": page.next}


@router.get("/stations/{uid}", response=StationDetail, operation_id="station")
def station(request: HttpRequest, uid: str) -> object:
    """One station, and all that is known of it."""
    return showing.detail(queries.find(name=uid, viewer=caller(request)))


@router.post("/stations/{uid}/accept", response=AcceptedStation, operation_id="accept_station")
def accept(request: HttpRequest, uid: str, body: Acceptance) -> object:
    """Let a station in that came with the registration token. It is told so at its next BootNotification."""
    person = caller(request)
    place = Place(**body.place.model_dump(), name=body.name) if body.place else None
    outlets = [actions.Outlet(**outlet.model_dump()) for outlet in body.evses or ()]
    accepted = actions.accept_station(
        station=queries.find(name=uid, viewer=person), by=person, place=place, outlets=outlets, now=timezone.now()
    )
    return {**showing.station(accepted.station), "password": accepted.password, "sent": accepted.sent}


@router.post("/stations/{uid}/refuse", response=Station, operation_id="refuse_station")
def refuse(request: HttpRequest, uid: str) -> object:
    """Shut a station out: its credential is worth nothing from now on."""
    person = caller(request)
    station = queries.find(name=uid, viewer=person)
    return showing.station(actions.refuse_station(station=station, by=person, now=timezone.now()))


@router.post("/stations/{uid}/start", response=Session, operation_id="start_station")
def start(request: HttpRequest, uid: str, body: RemoteStart) -> object:
    """Start from afar, by an operator."""
    person, now = caller(request), timezone.now()
    evses = queries.evses_of(queries.find(name=uid, viewer=person))
    evse = next((evse for evse in evses if evse.uid == body.evse), None)
    if evse is None:
        raise NotFound("This station has no such EVSE.")
    found = start_by_operator(evse=evse, by=person, now=now, session_uid=body.session)
    return session_shown(found, now=now)


@router.get("/stations/{uid}/commands", response=PageOf[Command], operation_id="station_commands")
def commands(request: HttpRequest, response: HttpResponse, uid: str, asked: Query[Paging]) -> object:
    """Commands to a station, newest first."""
    found = queries.find(name=uid, viewer=caller(request))
    page = queries.commands(station=found, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [showing.command(one) for one in page.items], "next": page.next}


@router.get("/stations/{uid}/commands/{uuid:command}", response=Command, operation_id="station_command")
def one_command(request: HttpRequest, uid: str, command: UUID) -> object:
    """What became of a command."""
    found = queries.find(name=uid, viewer=caller(request))
    return showing.command(queries.command(station=found, uid=command))


@router.post(
    "/stations/{uid}/commands/{action}",
    response={200: Command, 202: Command},
    operation_id="command_station",
    openapi_extra=RAW,
)
def command(request: HttpRequest, uid: str, action: str, asked: Query[Waiting]) -> object:
    """Make any OCPP call of the station's own protocol: the body is its raw payload. 200 with what became of it, 202
    when it is still under way; 404 unknown_action, 422 broken_payload, 409 station_offline."""
    person, now = caller(request), timezone.now()
    found = queries.find(name=uid, viewer=person)
    sent = actions.send(
        station=found, action=action, payload=_payload(request), now=now, by=person, timeout_s=asked.timeout,
        origin="operator",
    )  # fmt: skip
    done = queries.wait(command=sent, within_s=_patience(asked))
    if done.error == BAD_FORMAT:  # the gateway's eyes are sharper: it knows rules that no schema says
        raise BrokenPayload(done.error_text, path="/", rule="standard", command=str(done.uid))
    return Status(200 if done.done_at else 202, showing.command(done))


def _payload(request: HttpRequest) -> dict[str, Any]:
    try:
        return bodies.read(request.body)
    except (json.JSONDecodeError, UnicodeDecodeError) as wrong:
        raise HttpError(400, "malformed") from wrong


def _patience(asked: Waiting) -> float:
    if asked.wait is None:
        return min(asked.timeout, 30) + GRACE_S
    return asked.wait + GRACE_S if asked.wait and asked.wait >= asked.timeout else asked.wait
