"""`/carbon`: instruments of the market-based method, fuel, and factors of one's own."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from saas.kit.errors import Forbidden
from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf
from saas.tenancy.queries import current
from tenants.accounts.bearer import caller
from tenants.accounts.permissions import can

from . import actions, importing, queries
from .queries import E
from .schemas import (
    Fuel,
    FuelImported,
    FuelSheet,
    Instrument,
    InstrumentOf,
    Listing,
    NewFactor,
    NewFuel,
    NewInstrument,
    OwnFactor,
    shown_factor,
    shown_fuel,
    shown_instrument,
)

router = Router(tags=["carbon"])


@router.get("/carbon/instruments", response=PageOf[Instrument], operation_id="carbon_instruments")
def instruments(request: HttpRequest, response: HttpResponse, asked: Query[Listing]) -> object:
    """Certificates, contracts, supplier rates and residual mixes, newest first."""
    return _page(request, response, asked, queries.INSTRUMENT, shown_instrument)


@router.post("/carbon/instruments", response={201: Instrument}, operation_id="add_carbon_instrument")
def add_instrument(request: HttpRequest, body: InstrumentOf) -> Status[object]:
    """Add an instrument, of the tenant itself or of an organisation."""
    person = caller(request)
    whose = queries.organisation(uid=body.organisation, viewer=person)
    row = actions.enter_instrument(wanted=_instrument(body), organisation=whose, by=person, now=timezone.now())
    return Status(201, shown_instrument(row))


@router.get("/carbon/instruments/{uuid:uid}", response=Instrument, operation_id="carbon_instrument")
def instrument(request: HttpRequest, uid: UUID) -> object:
    return shown_instrument(queries.get(queries.INSTRUMENT, uid=uid, viewer=caller(request)))


@router.post(
    "/carbon/instruments/{uuid:uid}/replace", response={201: Instrument}, operation_id="replace_carbon_instrument"
)
def replace_instrument(request: HttpRequest, uid: UUID, body: NewInstrument) -> Status[object]:
    """Put a corrected one in its place. The old one stays on record and counts no more."""
    person = caller(request)
    old = queries.get(queries.INSTRUMENT, uid=uid, viewer=person, permission=queries.MANAGE)
    row = actions.enter_instrument(
        wanted=_instrument(body), organisation=old.organisation, by=person, now=timezone.now(), replaces=old
    )
    return Status(201, shown_instrument(row))


@router.delete("/carbon/instruments/{uuid:uid}", response={204: None}, operation_id="withdraw_carbon_instrument")
def withdraw_instrument(request: HttpRequest, uid: UUID) -> Status[None]:
    """It was wrong: it counts no more."""
    return _withdraw(request, queries.INSTRUMENT, uid)


@router.get("/carbon/fuel", response=PageOf[Fuel], operation_id="carbon_fuel")
def fuel(request: HttpRequest, response: HttpResponse, asked: Query[Listing]) -> object:
    """Fuel of vehicles, last entered first."""
    return _page(request, response, asked, queries.FUEL, shown_fuel)


@router.post("/carbon/fuel", response={201: Fuel}, operation_id="add_carbon_fuel")
def add_fuel(request: HttpRequest, body: NewFuel) -> Status[object]:
    """Add fuel that a vehicle took."""
    person = caller(request)
    whose = queries.organisation(uid=body.organisation, viewer=person)
    wanted = actions.WantedFuel(**body.model_dump(exclude={"organisation"}))
    row = actions.enter_fuel(wanted=wanted, organisation=whose, by=person, now=timezone.now())
    return Status(201, shown_fuel(row))


@router.post("/carbon/fuel/import", response=FuelImported, operation_id="import_carbon_fuel")
def import_fuel(request: HttpRequest, body: FuelSheet) -> object:
    """A sheet of fuel as CSV text. Importing it again adds nothing."""
    person = caller(request)
    whose = queries.organisation(uid=body.organisation, viewer=person)
    return importing.import_fuel(
        data=body.csv.encode(), organisation=whose, country=current().country, by=person, now=timezone.now()
    )


@router.delete("/carbon/fuel/{uuid:uid}", response={204: None}, operation_id="withdraw_carbon_fuel")
def withdraw_fuel(request: HttpRequest, uid: UUID) -> Status[None]:
    """It was wrong: it counts no more."""
    return _withdraw(request, queries.FUEL, uid)


@router.get("/carbon/factors", response=PageOf[OwnFactor], operation_id="carbon_factors")
def factors(request: HttpRequest, response: HttpResponse, asked: Query[Listing]) -> object:
    """Emission factors of the tenant's own, newest first."""
    return _page(request, response, asked, queries.FACTOR, shown_factor)


@router.post("/carbon/factors", response={201: OwnFactor}, operation_id="add_carbon_factor")
def add_factor(request: HttpRequest, body: NewFactor) -> Status[object]:
    """Add a factor. Where it holds, it comes before the platform's."""
    person = caller(request)
    if not can(person, queries.MANAGE):
        raise Forbidden()
    row = actions.enter_factor(wanted=actions.WantedFactor(**body.model_dump()), by=person, now=timezone.now())
    return Status(201, shown_factor(row))


@router.get("/carbon/factors/{uuid:uid}", response=OwnFactor, operation_id="carbon_factor")
def factor(request: HttpRequest, uid: UUID) -> object:
    return shown_factor(queries.get(queries.FACTOR, uid=uid, viewer=caller(request)))


@router.post("/carbon/factors/{uuid:uid}/replace", response={201: OwnFactor}, operation_id="replace_carbon_factor")
def replace_factor(request: HttpRequest, uid: UUID, body: NewFactor) -> Status[object]:
    """A new version of it. What was reported with the old one stays as it was."""
    person = caller(request)
    old = queries.get(queries.FACTOR, uid=uid, viewer=person, permission=queries.MANAGE)
    wanted = actions.WantedFactor(**body.model_dump())
    return Status(201, shown_factor(actions.enter_factor(wanted=wanted, by=person, now=timezone.now(), replaces=old)))


@router.delete("/carbon/factors/{uuid:uid}", response={204: None}, operation_id="withdraw_carbon_factor")
def withdraw_factor(request: HttpRequest, uid: UUID) -> Status[None]:
    """It was wrong: the platform's counts again, where there is one."""
    return _withdraw(request, queries.FACTOR, uid)


def _page(
    request: HttpRequest, response: HttpResponse, asked: Listing, kind: type[E], shown: Callable[[E], object]
) -> object:
    """What the caller may see of a kind, newest first, a page of it."""
    viewer = queries.reader(caller(request))
    page = queries.page_of(kind, viewer=viewer, after=asked.after, limit=asked.limit, all_=asked.all)
    link_next(request, response, page.next)
    return {"items": [shown(row) for row in page.items], "next": page.next}


def _withdraw(request: HttpRequest, kind: type[E], uid: UUID) -> Status[None]:
    person = caller(request)
    row = queries.get(kind, uid=uid, viewer=person, permission=queries.MANAGE)
    actions.withdraw(row=row, by=person, now=timezone.now())
    return Status(204, None)


def _instrument(body: NewInstrument) -> actions.WantedInstrument:
    fields = body.model_dump(exclude={"organisation"})
    return actions.WantedInstrument(**fields | {"regions": tuple(body.regions), "quality": tuple(body.quality)})
