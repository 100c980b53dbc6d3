"""What pipelines may know of a tenant: closed sessions, the roster, reports that wait. People are pseudonyms."""

from datetime import UTC, datetime
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist

from saas.contracts import internal
from saas.contracts.signing import secret_of
from saas.devices.models import Device
from saas.kit.errors import Invalid
from saas.kit.money import decimal_text
from saas.kit.tenant_context import current_schema
from saas.kit.time import iso
from saas.tenancy.queries import current
from tenants.accounts.models import Membership, Organisation
from tenants.charging.models import Session
from tenants.fleets.models import Vehicle
from tenants.sites.models import Evse
from tenants.stations.models import Station

from . import queries

MOST = 1000
UNKNOWN = ("", "", "")
RELATED = (
    "evse__location__organisation", "evse__listing", "driver", "vehicle__organisation", "booking__listing__host",
)  # fmt: skip
DRIVING = (Membership.Role.FLEET_DRIVER, Membership.Role.FLEET_MANAGER)


def closed_sessions(*, since: datetime | None, after: str | None, limit: int) -> internal.SessionPage:
    """Sessions closed at or after `since`, in the order in which they closed (a CDR is written at that moment)."""
    rows = Session.objects.select_related(*RELATED).prefetch_related("names")
    rows = rows.filter(state=Session.State.CLOSED, cdr__isnull=False)
    if since is not None:
        rows = rows.filter(cdr__last_updated__gte=iso(since))
    if after:
        moment, key = _cursor(after)
        rows = rows.filter(cdr__last_updated__gte=moment).exclude(cdr__last_updated=moment, pk__lte=key)
    size = max(1, min(limit, MOST))
    found = list(rows.order_by("cdr__last_updated", "pk")[: size + 1])
    last = found[size - 1] if len(found) > size else None
    cursor = f"{last.cdr['last_updated']}|{last.pk}" if last and last.cdr else None
    return internal.SessionPage(items=[_session(row) for row in found[:size]], next=cursor)


def roster() -> internal.Roster:
    """Chargers, organisations, fleets' vehicles, and fleets' drivers by pseudonym."""
    organisations = Organisation.objects.order_by("pk")
    evses = Evse.objects.select_related("location__organisation", "listing").order_by("pk")
    vehicles = Vehicle.objects.select_related("organisation").exclude(organisation=None).order_by("pk")
    driving = Membership.objects.select_related("user", "organisation").filter(role__in=DRIVING).order_by("pk")
    makes = _makes()
    return internal.Roster(
        chargers=[_charger(evse, makes.get(evse.device_id or "", UNKNOWN)) for evse in evses],
        organisations=[internal.OrganisationCard(uid=str(o.uid), name=o.name, kind=o.kind) for o in organisations],
        vehicles=[_vehicle(vehicle) for vehicle in vehicles],
        drivers=[
            internal.DriverCard(driver=_pseudonym(m.user.uid), name=m.user.name, organisation=_uid(m.organisation))
            for m in driving
        ],
    )


def queued_reports() -> list[internal.QueuedReport]:
    """Reports that wait to be made, oldest first."""
    return [
        internal.QueuedReport(
            uid=str(report.uid),
            kind=report.kind,  # type: ignore[arg-type]
            organisation=_uid(report.organisation),
            organisation_name=report.organisation.name if report.organisation else None,
            period_start=report.period_start.isoformat(),
            period_end=report.period_end.isoformat(),
            language=report.language,
            source=report.source,  # type: ignore[arg-type]
            net_revenue=_revenue(report.net_revenue_minor),
        )
        for report in queries.queued()
    ]


def _revenue(minor: int | None) -> str:
    """Minor units as whole units of the brand's currency; empty when none was given."""
    return "" if minor is None else decimal_text(minor, current().currency)


def _session(row: Session) -> internal.ClosedSession:
    location = row.evse.location
    assert row.cdr is not None
    return internal.ClosedSession(
        session=str(row.uid),
        device_id=row.device_id,
        evse=str(row.evse.device_evse),
        charger=str(row.evse.uid),
        site=str(location.uid),
        city=location.city,
        country=location.country,
        host_organisation=_uid(location.organisation),
        fleet_organisation=_uid(row.vehicle.organisation) if row.vehicle else None,
        driver=_pseudonym(row.driver.uid) if row.driver else None,
        vehicle=str(row.vehicle.uid) if row.vehicle and row.vehicle.organisation else None,
        started_at=iso(row.started_at) if row.started_at else None,
        ended_at=iso(row.ended_at) if row.ended_at else None,
        closed_at=row.cdr["last_updated"],
        energy_wh=row.energy_wh,
        currency=row.currency,
        cost_minor=row.cost_minor,
        transactions=[name for name in (row.transaction_id, *(n.transaction_id for n in row.names.all())) if name],
    )


def _makes() -> dict[str, tuple[str, str, str]]:
    """Vendor, model and firmware by device: of stations as they said at their last boot, of adapters as registered."""
    stations = Station.objects.values_list("device_id", "vendor", "model", "firmware")
    evses = Evse.objects.exclude(device_id=None).values_list("device_id", flat=True)
    adapters = Device.objects.filter(device_id__in=list(evses), kind=Device.Kind.ADAPTER)
    found = {row.device_id: ("Wattlane", row.hardware, row.firmware) for row in adapters}
    return found | {device: (vendor, model, firmware) for device, vendor, model, firmware in stations}


def _charger(evse: Evse, make: tuple[str, str, str]) -> internal.ChargerCard:
    location = evse.location
    return internal.ChargerCard(
        device_id=evse.device_id or "",
        evse=evse.device_evse,
        charger=str(evse.uid),
        title=_title(evse),
        site=str(location.uid),
        site_name=location.name,
        city=location.city,
        country=location.country,
        timezone=location.timezone,
        organisation=_uid(location.organisation),
        vendor=make[0],
        model=make[1],
        firmware=make[2],
    )


def _vehicle(vehicle: Vehicle) -> internal.VehicleCard:
    return internal.VehicleCard(
        uid=str(vehicle.uid),
        plate=vehicle.plate,
        make=vehicle.make,
        model=vehicle.model,
        organisation=_uid(vehicle.organisation),
    )


def _title(evse: Evse) -> str:
    try:
        return str(evse.listing.title)
    except ObjectDoesNotExist:
        return evse.device_id or str(evse.uid)


def _uid(organisation: Organisation | None) -> str | None:
    return str(organisation.uid) if organisation else None


def _pseudonym(user_uid: UUID) -> str:
    return internal.pseudonym(secret_of(internal.USE), current_schema(), str(user_uid))


def _cursor(text: str) -> tuple[str, int]:
    moment, _, key = text.partition("|")
    try:
        return iso(datetime.fromisoformat(moment).astimezone(UTC)), int(key)
    except ValueError as error:
        raise Invalid("This is not the cursor of a page.", after=text) from error
