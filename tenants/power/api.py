"""`/circuits`, `/price-series`, and what vehicles need: smart charging."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from saas.kit.pagination import MOST, link_next
from saas.kit.schemas import PageOf, Paging
from tenants.accounts.bearer import caller
from tenants.stations import queries as stations

from . import actions
from .queries import circuits, needs, prices, sites, state
from .schemas import (
    Abilities,
    Alarm,
    Circuit,
    CircuitChanges,
    CircuitIn,
    CircuitState,
    LoadIn,
    MemberIn,
    Need,
    NeedOut,
    PointOut,
    PointsIn,
    Series,
    SeriesIn,
    Site,
    abilities_shown,
    alarm_shown,
    circuit_shown,
    need_shown,
    plain,
    series_shown,
    site_shown,
    state_shown,
)

router = Router(tags=["smart charging"])
MANAGE = "power.manage"


@router.get("/circuits", response=PageOf[Circuit], operation_id="circuits")
def all_circuits(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """The circuits of all sites, newest first; `parent` makes them trees."""
    page = circuits.page(viewer=caller(request), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [circuit_shown(row) for row in page.items], "next": page.next}


@router.post("/circuits", response={201: Circuit}, operation_id="add_circuit")
def add_circuit(request: HttpRequest, body: CircuitIn) -> Status[object]:
    """A fuse of a site: the limit that chargers and circuits below it share."""
    person = caller(request)
    location = sites.find(uid=body.location, viewer=person)
    fields = body.model_dump(exclude={"location"}) | _linked(request, body.parent, body.series)
    row = actions.save_circuit(circuit=None, location=location, fields=fields, by=person, now=timezone.now())
    return Status(201, circuit_shown(row))


@router.get("/circuits/{uuid:uid}", response=Circuit, operation_id="circuit")
def circuit(request: HttpRequest, uid: UUID) -> object:
    """One circuit as it is set up."""
    return circuit_shown(circuits.find(uid=uid, viewer=caller(request)))


@router.patch("/circuits/{uuid:uid}", response=Circuit, operation_id="change_circuit")
def change_circuit(request: HttpRequest, uid: UUID, body: CircuitChanges) -> object:
    """Change what is named; null takes a limit, a parent or a series away."""
    person = caller(request)
    row = circuits.find(uid=uid, viewer=person, permission=MANAGE)
    fields = body.model_dump(exclude_unset=True)
    linked = _linked(request, body.parent, body.series)
    fields |= {name: linked[name] for name in linked if name in fields}
    found = actions.save_circuit(circuit=row, location=row.location, fields=fields, by=person, now=timezone.now())
    return circuit_shown(found)


@router.delete("/circuits/{uuid:uid}", response={204: None}, operation_id="remove_circuit")
def remove_circuit(request: HttpRequest, uid: UUID) -> Status[None]:
    """Its chargers share no limit any more; what they were told ends by itself."""
    person = caller(request)
    row = circuits.find(uid=uid, viewer=person, permission=MANAGE)
    actions.remove_circuit(circuit=row, by=person, now=timezone.now())
    return Status(204, None)


@router.get("/circuits/{uuid:uid}/state", response=CircuitState, operation_id="circuit_state")
def circuit_state(request: HttpRequest, uid: UUID) -> object:
    """Limit, what was told, what may flow, what is measured, per line; every charger below with the reason."""
    row = circuits.find(uid=uid, viewer=caller(request))
    load, units = state.of_circuit(row, timezone.now())
    return state_shown(load, units, state.alarms(circuits=[row]))


@router.put("/circuits/{uuid:uid}/load", response=Circuit, operation_id="report_load")
def report_load(request: HttpRequest, uid: UUID, body: LoadIn) -> object:
    """What the building takes just now, as a meter says: chargers get what is left."""
    person = caller(request)
    row = circuits.find(uid=uid, viewer=person, permission=MANAGE)
    return circuit_shown(actions.report_load(circuit=row, load_ma=body.load_ma, by=person, now=timezone.now()))


@router.put("/circuits/{uuid:uid}/evses/{uuid:evse}", response=CircuitState, operation_id="put_on_circuit")
def put_member(request: HttpRequest, uid: UUID, evse: UUID, body: MemberIn) -> object:
    """Hang an EVSE on the circuit, or change how it hangs there."""
    person, now = caller(request), timezone.now()
    row = circuits.find(uid=uid, viewer=person, permission=MANAGE)
    actions.put_member(circuit=row, evse=sites.evse(uid=evse), fields=body.model_dump(), by=person, now=now)
    load, units = state.of_circuit(row, now)
    return state_shown(load, units, state.alarms(circuits=[row]))


@router.delete("/circuits/{uuid:uid}/evses/{uuid:evse}", response={204: None}, operation_id="take_off_circuit")
def remove_member(request: HttpRequest, uid: UUID, evse: UUID) -> Status[None]:
    """Take an EVSE off the circuit."""
    person = caller(request)
    row = circuits.find(uid=uid, viewer=person, permission=MANAGE)
    actions.remove_member(member=circuits.member(circuit=row, evse=evse), by=person, now=timezone.now())
    return Status(204, None)


@router.get("/power/sites", response=PageOf[Site], operation_id="power_sites")
def power_sites(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """Places with the EVSEs that may hang on a circuit."""
    page = sites.page(viewer=caller(request), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [site_shown(row, sites.evses(row)) for row in page.items], "next": page.next}


@router.get("/power/alarms", response=PageOf[Alarm], operation_id="power_alarms")
def power_alarms(request: HttpRequest, response: HttpResponse, asked: Query[Paging], open: bool = True) -> object:
    """Limits that were not kept, or cannot be: those that are open, or all. Newest first."""
    page = circuits.alarms(viewer=caller(request), still=open, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [alarm_shown(row) for row in page.items], "next": page.next}


@router.get("/sessions/{uuid:uid}/needs", response=NeedOut, operation_id="session_needs")
def session_needs(request: HttpRequest, uid: UUID) -> object:
    """What the session's vehicle needs, as its driver, an operator or the vehicle itself said."""
    return need_shown(needs.need(session_uid=uid, viewer=caller(request)))


@router.put("/sessions/{uuid:uid}/needs", response=NeedOut, operation_id="set_session_needs")
def set_session_needs(request: HttpRequest, uid: UUID, body: Need) -> object:
    """When the vehicle leaves, and how much it is to have got by then: it is then charged in the best hours."""
    person, now = caller(request), timezone.now()
    return need_shown(
        actions.set_need(session_uid=uid, by=person, departure_at=body.departure_at, energy_wh=body.energy_wh, now=now)
    )


@router.get("/price-series", response=PageOf[Series], operation_id="price_series_list")
def all_series(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """Series of prices and of carbon, newest first."""
    page = prices.page(viewer=caller(request), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [series_shown(row) for row in page.items], "next": page.next}


@router.post("/price-series", response={201: Series}, operation_id="add_price_series")
def add_series(request: HttpRequest, body: SeriesIn) -> Status[object]:
    """An empty series, which circuits may then follow."""
    row = actions.create_series(**body.model_dump(), by=caller(request), now=timezone.now())
    return Status(201, series_shown(row))


@router.get("/price-series/{uuid:uid}", response=Series, operation_id="price_series")
def one_series(request: HttpRequest, uid: UUID) -> object:
    """One series, without its values."""
    return series_shown(prices.find(uid=uid, viewer=caller(request)))


@router.delete("/price-series/{uuid:uid}", response={204: None}, operation_id="remove_price_series")
def remove_series(request: HttpRequest, uid: UUID) -> Status[None]:
    """Sites that followed it charge at once from now on."""
    person = caller(request)
    actions.remove_series(series=prices.find(uid=uid, viewer=person), by=person, now=timezone.now())
    return Status(204, None)


@router.get("/price-series/{uuid:uid}/points", response=PageOf[PointOut], operation_id="price_points")
def points(request: HttpRequest, response: HttpResponse, uid: UUID, asked: Query[Paging]) -> object:
    """The values from a day ago on, in order."""
    series = prices.find(uid=uid, viewer=caller(request))
    since = timezone.now() - timedelta(days=1)
    page = prices.points(series=series, start=since, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    shown = [{"start": row.start_at, "end": row.end_at, "value": plain(row.value)} for row in page.items]
    return {"items": shown, "next": page.next}


@router.put("/price-series/{uuid:uid}/points", response=PageOf[PointOut], operation_id="put_price_points")
def put_points(request: HttpRequest, response: HttpResponse, uid: UUID, body: PointsIn) -> object:
    """Values per 15, 30 or 60 minutes, or over any periods; they replace what the series said of their time.

    The answer is the first page of the series as it is now.
    """
    person, length = caller(request), timedelta(minutes=body.minutes)
    series = prices.find(uid=uid, viewer=person)
    given = [actions.Point(one.start, one.end or one.start + length, Decimal(one.value)) for one in body.points]
    actions.put_points(series=series, points=given, by=person, now=timezone.now())
    return points(request, response, uid, Paging(limit=MOST))


@router.get("/stations/{name}/smart-charging", response=Abilities, operation_id="smart_charging_abilities")
def abilities(request: HttpRequest, name: str) -> object:
    """What the station can do with charging profiles, and which ways of limiting it work."""
    station = stations.find(name=name, viewer=caller(request))
    return abilities_shown(state.capability(station.pk))


@router.post("/stations/{name}/smart-charging/probe", response=Abilities, operation_id="probe_smart_charging")
def probe(request: HttpRequest, name: str) -> object:
    """Forget what it refused, and ask it again at the next look."""
    person = caller(request)
    station = stations.find(name=name, viewer=person)
    return abilities_shown(actions.probe_again(station=station, by=person, now=timezone.now()))


def _linked(request: HttpRequest, parent: UUID | None, series: UUID | None) -> dict[str, object]:
    """The rows that a circuit points to."""
    person = caller(request)
    return {
        "parent": circuits.find(uid=parent, viewer=person) if parent else None,
        "series": prices.find(uid=series, viewer=person) if series else None,
    }
