"""Sites that share a limit: how they stand, and setting them up."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from saas.kit.errors import Forbidden, Refused
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.permissions import can
from tenants.sites.models import Location

from .. import actions
from ..forms import CircuitForm, MemberForm
from ..models import Circuit
from ..queries import circuits, sites, state

LIMIT = 50
MANAGE = "power.manage"


@login_required
@never_cache
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """All sites with devices: those that share a limit, with how they stand, and those that do not yet."""
    user, now = person(request), datetime.now(UTC)
    page = sites.page(viewer=user, after=request.GET.get("after") or None, limit=LIMIT)
    roots = circuits.roots_at(list(page.items))
    shared = [(root, state.site(root, now)[0], state.alarms(circuits=circuits.tree(root))) for root in roots]
    with_root = {root.location_id for root in roots}
    context = {
        "shared": shared,
        "others": [row for row in page.items if row.pk not in with_root],
        "next": page.next,
        "may_manage": can(user, MANAGE),
    }
    return render(request, "power/home.html", context)


@login_required
@never_cache
@require_GET
def site(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The tree of one site: what may flow, what flows, every charger with the reason of what it gets."""
    user, now = person(request), datetime.now(UTC)
    found = circuits.find(uid=uid, viewer=user)
    if found.parent is not None:
        return redirect("power_site", circuits.root_of(found).uid)
    loads = state.site(found, now)
    hung = {unit.member.evse_id for load in loads for unit in load.units}
    context = {
        "root": found,
        "loads": loads,
        "free": [evse for evse in sites.evses(found.location) if evse.pk not in hung],
        "alarms": state.alarms(circuits=[load.circuit for load in loads]),
        "names": sites.names(found.location),
        "zone": found.location.timezone,
        "may_manage": can(user, MANAGE, found),
    }
    return render(request, "power/site.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, location: UUID) -> HttpResponse:
    """The first circuit of a site, or one below another (`?below=`)."""
    place = sites.find(uid=location, viewer=person(request))
    return _edit(request, place, None, {"parent": request.GET.get("below", ""), "name": place.name})


@login_required
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = circuits.find(uid=uid, viewer=person(request), permission=MANAGE)
    return _edit(request, found.location, found, CircuitForm.initial_of(found))


def _edit(request: HttpRequest, place: Location, row: Circuit | None, initial: dict[str, Any]) -> HttpResponse:
    if not can(person(request), MANAGE, place):
        raise Forbidden()
    others = [other for other in circuits.at(place) if row is None or other.pk != row.pk]
    posted = request.POST if request.method == "POST" else None
    form = CircuitForm(posted, initial=initial, circuits=others)
    if form.is_bound and form.is_valid():
        try:
            found = actions.save_circuit(
                circuit=row, location=place, fields=form.wanted(), by=person(request), now=datetime.now(UTC)
            )
            messages.success(request, _("Saved. The limit holds from the next look on."))
            return redirect("power_site", circuits.root_of(found).uid)
        except Refused as refusal:
            form.add_error(None, sentence(refusal))
    context = {"form": form, "place": place, "row": row}
    return render(request, "power/circuit.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def remove(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = circuits.find(uid=uid, viewer=person(request), permission=MANAGE)
    above = found.parent
    try:
        actions.remove_circuit(circuit=found, by=person(request), now=datetime.now(UTC))
        messages.success(request, _("The circuit is gone. What its chargers were told ends by itself."))
    except Refused as refusal:
        messages.error(request, sentence(refusal))
        return redirect("power_site", circuits.root_of(found).uid)
    return redirect("power_site", circuits.root_of(above).uid) if above else redirect("power")


@login_required
@require_http_methods(["GET", "POST"])
def member(request: HttpRequest, uid: UUID, evse: UUID) -> HttpResponse:
    """How a charger hangs on a circuit of this site."""
    root = circuits.root_of(circuits.find(uid=uid, viewer=person(request), permission=MANAGE))
    outlet = sites.evse(uid=evse)
    if outlet.location_id != root.location_id:
        raise Http404
    row = circuits.hung(outlet)
    initial = MemberForm.initial_of(row) if row else {"circuit": str(uid)}
    form = MemberForm(request.POST if request.method == "POST" else None, initial=initial, root=root)
    if form.is_bound and form.is_valid():
        try:
            actions.put_member(
                circuit=form.circuit_row(), evse=outlet, fields=form.wanted(), by=person(request),
                now=datetime.now(UTC),
            )  # fmt: skip
            messages.success(request, _("Saved."))
            return redirect("power_site", root.uid)
        except Refused as refusal:
            form.add_error(None, sentence(refusal))
    context = {"form": form, "root": root, "evse": outlet, "row": row, "names": sites.names(root.location)}
    return render(request, "power/member.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def take(request: HttpRequest, uid: UUID, evse: UUID) -> HttpResponse:
    found = circuits.find(uid=uid, viewer=person(request), permission=MANAGE)
    row = circuits.member(circuit=found, evse=evse)
    actions.remove_member(member=row, by=person(request), now=datetime.now(UTC))
    messages.success(request, _("The charger shares no limit any more."))
    return redirect("power_site", circuits.root_of(found).uid)
