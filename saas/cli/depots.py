"""The OCPP stations of the demonstration's depots: let in through the same action as everybody uses."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saas.kit.home import Home

from . import files
from .brands import Brand
from .brands.shapes import Bay, Depot

if TYPE_CHECKING:
    from saas.tenancy.models import Tenant
    from tenants.accounts.models import User
    from tenants.sites.models import Location

Row = dict[str, Any]


def file_of(place: Home) -> Path:
    """What the simulated stations are told: addresses, passwords, the cards of their vehicles."""
    return place.path / "street" / "stations.json"


def rows(place: Home) -> list[Row]:
    """The simulated stations of this installation."""
    held: list[Row] = json.loads(file_of(place).read_text(encoding="utf-8")) if file_of(place).exists() else []
    return held


def prepare(place: Home, opened: Sequence[Brand], now: datetime) -> None:
    """Stations of the brands that were just opened; those of an earlier start stay as they are."""
    from saas.kit.tenant_context import tenant_schema
    from saas.tenancy.queries import by_schema

    made = rows(place)
    for brand in opened:
        tenant = by_schema(brand.slug)
        if tenant is not None:
            with tenant_schema(brand.slug):
                made += [row for depot in brand.depots for row in _depot(tenant, depot, brand.city, now)]
    file_of(place).parent.mkdir(parents=True, exist_ok=True)
    files.write_private(file_of(place), json.dumps(made, indent=1))


def _depot(tenant: "Tenant", depot: Depot, city: str, now: datetime) -> list[Row]:
    from tenants.accounts.queries import by_email
    from tenants.fleets.models import Vehicle
    from tenants.operations.actions.groups import Wanted, create_group
    from tenants.sites.actions import Place, create_location

    spot = Place(
        depot.address, city, tenant.country, depot.latitude, depot.longitude, timezone=tenant.timezone, name=depot.title
    )
    location = create_location(place=spot, private=False, now=now)
    tags = list(Vehicle.objects.exclude(rfid="").order_by("plate").values_list("rfid", flat=True))
    operator = by_email(f"operator@{tenant.schema_name}.example")
    if operator is None:
        raise RuntimeError(f"{tenant.schema_name} has no operator")
    let_in = partial(
        _station, tenant=tenant, depot=depot, location=location, tags=tags, spot=spot, by=operator, now=now
    )
    made = [let_in(bay) for bay in depot.bays]
    _share_power(depot, location, operator, now)
    create_group(wanted=Wanted(depot.title, kind="site", location=location), by=operator, now=now)
    return made


def _station(
    bay: Bay,
    *,
    tenant: "Tenant",
    depot: Depot,
    location: "Location",
    tags: list[str],
    spot: Any,
    by: "User",
    now: datetime,
) -> Row:
    from saas.devices.actions import register
    from tenants.stations.actions import Outlet, accept_station
    from tenants.stations.models import Station

    device, _ = register(tenant=tenant, kind="station", state="pending", station_id=bay.station_id, now=now)
    station = Station.objects.create(
        device_id=device.device_id, station_id=bay.station_id, location=location, protocol=bay.protocol,
        vendor=bay.vendor, model=bay.model, firmware=bay.firmware,
    )  # fmt: skip
    outlets = [Outlet(depot.connector, depot.power_w)] * bay.outlets
    accepted = accept_station(station=station, by=by, place=spot, outlets=outlets, now=now)
    return {
        "station": bay.station_id,
        "tenant": tenant.schema_name,
        "uid": str(station.uid),
        "device": device.device_id,
        "protocol": bay.protocol,
        "password": accepted.password,
        "vendor": bay.vendor,
        "model": bay.model,
        "firmware": bay.firmware,
        "outlets": bay.outlets,
        "tags": tags,
    }


def _share_power(depot: Depot, location: "Location", by: "User", now: datetime) -> None:
    """One circuit for the whole depot: its stations share less than they could draw."""
    from tenants.power.actions.circuits import put_member, save_circuit
    from tenants.sites.models import Evse

    fields = {"name": "Main supply", "limit_ma": depot.limit_ma}
    circuit = save_circuit(circuit=None, location=location, fields=fields, by=by, now=now)
    for evse in Evse.objects.filter(location=location).order_by("id"):
        put_member(circuit=circuit, evse=evse, fields={}, by=by, now=now)
