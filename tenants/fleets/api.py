"""`/vehicles`: one's own, and the rosters of fleets that one may see."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from saas.kit.errors import NotFound
from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf
from tenants.accounts.bearer import caller

from . import actions, queries
from .schemas import Imported, NewVehicle, Roster, Vehicle, WhichVehicles

router = Router(tags=["vehicles"])


@router.get("/vehicles", response=PageOf[Vehicle], operation_id="vehicles")
def vehicles(request: HttpRequest, response: HttpResponse, asked: Query[WhichVehicles]) -> object:
    """The roster of a fleet that one may see; without one, one's own vehicles and all of the fleets one manages.

    Newest first.
    """
    person = caller(request)
    if asked.organisation is None:
        page = queries.visible_to(viewer=person, after=asked.after, limit=asked.limit)
    else:
        fleet = queries.fleet(uid=asked.organisation, viewer=person)
        page = queries.roster(organisation=fleet, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    managed = queries.managed_by(viewer=person, vehicles=page.items)
    return {"items": [_shown(vehicle, managed=vehicle.pk in managed) for vehicle in page.items], "next": page.next}


@router.post("/vehicles", response={201: Vehicle}, operation_id="add_vehicle")
def add(request: HttpRequest, body: NewVehicle) -> Status[object]:
    """Add a vehicle, or change the one with this plate."""
    person = caller(request)
    fleet = (
        queries.fleet(uid=body.organisation, viewer=person, permission="fleet.manage") if body.organisation else None
    )
    cells = {name: value or "" for name, value in body.model_dump(exclude={"organisation"}).items()}
    vehicle = actions.save_vehicle(
        cells=cells, organisation=fleet, driver=None if fleet else person, now=timezone.now()
    )
    return Status(201, _shown(vehicle, managed=True))


@router.delete("/vehicles/{uuid:uid}", response={204: None}, operation_id="retire_vehicle")
def retire(request: HttpRequest, uid: UUID) -> Status[None]:
    """Take a vehicle of one's own off the list."""
    mine = {vehicle.uid: vehicle for vehicle in queries.of_driver(driver=caller(request))}
    if uid not in mine or mine[uid].organisation_id is not None:
        raise NotFound("You have no such vehicle.")
    actions.retire(vehicle=mine[uid], now=timezone.now())
    return Status(204, None)


@router.post("/vehicles/import/{uuid:organisation}", response=Imported, operation_id="import_roster")
def import_roster(request: HttpRequest, organisation: UUID, body: Roster) -> object:
    """A whole roster of a fleet, from CSV text. Importing it again changes nothing."""
    fleet = queries.fleet(uid=organisation, viewer=caller(request), permission="fleet.manage")
    return actions.import_roster(organisation=fleet, data=body.csv.encode(), now=timezone.now())


def _shown(vehicle: Any, *, managed: bool) -> dict[str, object]:
    names = ("uid", "plate", "make", "model", "battery_wh", "connector")
    return {
        **{name: getattr(vehicle, name) for name in names},
        "organisation": vehicle.organisation.uid if vehicle.organisation else None,
        "driver": vehicle.driver.uid if vehicle.driver else None,
        "rfid": vehicle.rfid if managed else None,
    }
