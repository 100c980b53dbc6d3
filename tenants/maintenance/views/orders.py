"""Work orders as those see them who send people."""

from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from saas.kit.errors import Refused
from saas.tenancy.here import brand
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.sites.models import Evse

from ..actions import orders as actions
from ..fault_words import alert_title
from ..forms import AssignForm, OrderForm
from ..models import Alert, Risk, WorkOrder
from ..queries import alerts, orders, outages, photos, units
from ..stages import OVER, verbs_for
from .common import LIMIT, MANAGE, after, manager, show, tried

STATES = ("live", "open", "assigned", "accepted", "travelling", "started", "done", "verified", "cancelled")
Source = Alert | Risk | Evse


@login_required
@never_cache
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """All work orders; how many stand where."""
    user, state = person(request), request.GET.get("state", "live")
    alerts.may_see(user)
    chosen = state if state in STATES else "live"
    page = orders.page(viewer=user, after=after(request), limit=LIMIT, state=chosen)
    return show(request, "orders", page=page, chosen=chosen, states=STATES, counts=orders.counts(user))


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A job for an alert (`?alert=`), a prediction (`?risk=`) or a charger (`?evse=`)."""
    user = manager(request)
    source = _source(request, user)
    people, zone = orders.technicians(), brand(request).timezone
    posted = request.POST if request.method == "POST" else None
    form = OrderForm(posted, initial=_initial(source), people=people, zone=zone)
    if form.is_bound and form.is_valid():
        try:
            made = _open(source, form, user)
            return redirect("work_order", made.uid)
        except Refused as refusal:
            form.add_error(None, sentence(refusal))
    return show(request, "order_new", status=422 if form.is_bound else 200, form=form, source=source)


@login_required
@never_cache
@require_GET
def order(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One work order: what is to be done, what was found, every step."""
    user = person(request)
    found = orders.find(uid=uid, viewer=user)
    if not can(user, "maintenance.view"):
        return redirect("job", uid)
    form = AssignForm(people=orders.technicians(), zone=brand(request).timezone)
    verbs = verbs_for(found, manages=can(user, MANAGE), assignee=False)
    return show(request, "order", order=found, steps=orders.steps(found), form=form, verbs=verbs,
                mine=orders.is_assignee(found, user), photos=photos.of_order(found),
                may_add=can(user, MANAGE) and found.state not in OVER)  # fmt: skip


@login_required
@require_POST
def step(request: HttpRequest, uid: UUID, verb: str) -> HttpResponse:
    """Give it to somebody, verify it, give it back, cancel it."""
    user = manager(request)
    found = orders.find(uid=uid, viewer=user)
    more: dict[str, Any] = {"text": request.POST.get("text", "")}
    if verb == "assign":
        form = AssignForm(request.POST, people=orders.technicians(), zone=brand(request).timezone)
        if form.is_valid():
            more |= {"assignee": form.cleaned_data["assignee"], "due_at": form.moment("due_at")}
    act = partial(actions.step, order=found, verb=verb, by=user, now=datetime.now(UTC), **more)
    tried(request, act, _("Saved."))
    return redirect("work_order", uid)


@login_required
@require_POST
def note(request: HttpRequest, uid: UUID) -> HttpResponse:
    user = manager(request)
    found, text = orders.find(uid=uid, viewer=user), request.POST.get("text", "")
    tried(request, partial(actions.note, order=found, text=text, by=user, now=datetime.now(UTC)))
    return redirect("work_order", uid)


def _source(request: HttpRequest, user: User) -> Source:
    given = request.GET
    finders: dict[str, Any] = {"alert": alerts.find, "risk": outages.risk, "evse": units.find}
    for name, find in finders.items():
        if name in given:
            try:
                found: Source = find(uid=UUID(given[name]), viewer=user)
                return found
            except ValueError as error:
                raise Http404 from error
    raise Http404


def _initial(source: Source) -> dict[str, Any]:
    if isinstance(source, Alert):
        place = units.title(source.evse) if source.evse else source.location.name if source.location else ""
        return {"title": f"{alert_title(source)} · {place}"[:120], "severity": source.severity}
    evse = source.evse if isinstance(source, Risk) else source
    return {"title": units.title(evse)[:120] if isinstance(source, Risk) else "", "severity": "minor"}


def _open(source: Source, form: OrderForm, user: User) -> WorkOrder:
    """Made, and given to the technician that was named."""
    now = datetime.now(UTC)
    job, assignee = form.job(), form.cleaned_data["assignee"]
    if isinstance(source, Alert):
        made = actions.order_for_alert(alert=source, job=job, by=user, now=now)
    elif isinstance(source, Risk):
        made = actions.order_for_risk(risk=source, job=job, by=user, now=now)
    else:
        made = actions.order_by_hand(evse=source, job=job, by=user, now=now)
    if assignee is not None:
        made = actions.step(order=made, verb="assign", by=user, now=now, assignee=assignee)
    return made
