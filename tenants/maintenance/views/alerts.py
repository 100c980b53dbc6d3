"""Alerts: the list, one of them, the log of a unit."""

from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from saas.contracts.faults import SEVERITIES
from tenants.accounts.here import person
from tenants.stations.models import Station

from ..actions import deciding
from ..queries import alerts, outages, photos, units
from ..stages import OVER
from .common import LIMIT, MANAGE, after, manager, show, tried


@login_required
@never_cache
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What is wrong now, most urgent in sight; filters; one press for many."""
    user, wanted = person(request), _filter(request)
    page = alerts.page(viewer=user, wanted=wanted, after=after(request), limit=LIMIT)
    return show(
        request, "alerts", page=page, wanted=wanted, names=units.names(row.device_id for row in page.items),
        counts=alerts.counts(user), sites=alerts.sites(user), severities=SEVERITIES,
        states=("open", "waiting", "resolved", "all"),
    )  # fmt: skip


@login_required
@require_POST
def acknowledge(request: HttpRequest) -> HttpResponse:
    """Those that were ticked, or the one whose button was pressed."""
    user = manager(request)
    one = request.POST.get("one")
    uids = [UUID(uid) for uid in ([one] if one else request.POST.getlist("alert")) if _is_uid(uid)]
    rows = alerts.several(uids=uids, viewer=user)
    tried(request, partial(deciding.acknowledge, alerts=rows, by=user, now=datetime.now(UTC)), _("Acknowledged."))
    return redirect(_back(request, "/maintenance/"))


@login_required
@never_cache
@require_GET
def alert(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One alert: what the device says, who knows, what was done."""
    user = person(request)
    found = alerts.find(uid=uid, viewer=user)
    below, jobs = alerts.members(found).items, alerts.orders_of(found)
    charger = found.evse or (units.evse_at(found.device_id, 0) if found.at_charger else None)
    station = Station.objects.filter(device_id=found.device_id).first() if found.device_id else None
    return show(
        request, "alert", alert=found, log=alerts.log_of(found, after=after(request)), orders=jobs, members=below,
        names=units.names([found.device_id, *(row.device_id for row in below)]), station=station,
        detail=sorted(found.detail.items()), charger=charger, sent=any(job.state not in OVER for job in jobs),
        photos=photos.of_alert(found),
    )  # fmt: skip


@login_required
@require_POST
def resolve(request: HttpRequest, uid: UUID) -> HttpResponse:
    user = manager(request)
    found, reason = alerts.find(uid=uid, viewer=user, permission=MANAGE), request.POST.get("reason", "")
    tried(request, partial(deciding.resolve, alert=found, reason=reason, by=user, now=datetime.now(UTC)), _("Closed."))
    return redirect("alert", uid)


@login_required
@require_POST
def comment(request: HttpRequest, uid: UUID) -> HttpResponse:
    user = manager(request)
    found, text = alerts.find(uid=uid, viewer=user, permission=MANAGE), request.POST.get("text", "")
    tried(request, partial(deciding.comment, alert=found, text=text, by=user, now=datetime.now(UTC)))
    return redirect("alert", uid)


@login_required
@never_cache
@require_GET
def unit(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Everything that happened at a charger, in order."""
    evse = units.find(uid=uid, viewer=person(request))
    station = Station.objects.filter(device_id=evse.device_id).first()
    page = alerts.log_of_unit(evse, after=after(request))
    return show(request, "unit", evse=evse, page=page, station=station, predictions=outages.risks_of(evse))


def _filter(request: HttpRequest) -> alerts.Filter:
    given = request.GET
    state, severity, site = given.get("state", "open"), given.get("severity", ""), given.get("site", "")
    return alerts.Filter(
        state=state if state in ("open", "waiting", "resolved", "all") else "open",
        severity=severity if severity in SEVERITIES else "",
        site=UUID(site) if _is_uid(site) else None,
        mine=given.get("mine") == "1",
        silenced=given.get("silenced") == "1",
    )


def _is_uid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _back(request: HttpRequest, otherwise: str) -> str:
    """A page of ours that the form came from."""
    came = request.POST.get("back", "")
    return came if came.startswith("/maintenance/") else otherwise
