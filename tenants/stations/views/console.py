"""The operator's console."""

from datetime import UTC, datetime, timedelta

from django.contrib.auth.decorators import login_required
from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from saas.devices import queries as devices
from saas.devices.models import Device
from saas.kit.errors import Forbidden
from saas.tenancy.here import brand
from tenants.accounts.here import person
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.charging.models import DeviceCommand, Session
from tenants.charging.queries import live_state
from tenants.sites.models import Evse

from .. import queries
from ..models import Station

RECENT = 20


@login_required
@require_GET
def console(request: HttpRequest) -> HttpResponse:
    """What an operator looks at first."""
    if not can(person(request), "station.view"):
        raise Forbidden()
    now = datetime.now(UTC)
    fleet = devices.of_tenant(brand(request))
    sessions = Session.objects.select_related("evse__location", "evse__listing", "driver", "booking").order_by("-id")
    station = Station.objects.filter(device_id=OuterRef("evse__device_id")).values("station_id")[:1]
    sessions = sessions.annotate(station_id=Subquery(station))
    day = Session.objects.filter(started_at__gte=now - timedelta(days=1)).aggregate(
        count=Count("id"), energy=Sum("energy_wh")
    )
    context = {
        "running": [
            (row, live_state(row, now)) for row in sessions.filter(state__in=("starting", "charging", "ended"))[:RECENT]
        ],
        "recent": sessions.filter(Q(state="closed") | Q(state="cancelled"))[:RECENT],
        "devices": _devices(fleet),
        "online": sum(devices.is_online(device) for device in fleet),
        "day": day,
        "waiting": User.objects.filter(identity=User.Identity.PENDING).count(),
        "stuck": DeviceCommand.objects.filter(
            state__in=("refused", "expired"), next_at__gte=now - timedelta(days=1)
        ).count(),
        "zone": brand(request).timezone,
        "reviews": can(person(request), "identity.review"),
        "may_stop": can(person(request), "session.stop"),
        "may_start": can(person(request), "station.start"),
        "may_decide": can(person(request), "station.manage"),
        "may_credit": can(person(request), "credit.view"),
    }
    return render(request, "stations/console.html", context)


def _devices(fleet: list[Device]) -> list[tuple[Device, Evse | None, Station | None, list[tuple[str, int]]]]:
    """Each device with its charger (the first that is free); of a station, how many of its connectors say what."""
    evses, stations = _evses(), {station.device_id: station for station in queries.all_of_tenant()}
    said = queries.connectors_by_status()
    return [
        (device, evses.get(device.device_id), station, said.get(station.pk, []) if station else [])
        for device in fleet
        for station in [stations.get(device.device_id)]
    ]


def _evses() -> dict[str, Evse]:
    rows = Evse.objects.select_related("location", "listing").exclude(device_id=None).order_by("-device_evse", "-id")
    free = Evse.Status.AVAILABLE
    return {str(row.device_id): row for row in sorted(rows, key=lambda row: row.status == free)}
