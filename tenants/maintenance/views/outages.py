"""Outages and predictions."""

from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from saas.tenancy.here import brand
from tenants.accounts.here import person

from ..actions.outages import edit_outage
from ..forms import OutageForm
from ..queries import outages as queries
from ..queries import rules
from .common import LIMIT, MANAGE, after, manager, show, tried

SHOWN = 100


@login_required
@never_cache
@require_GET
def outages(request: HttpRequest) -> HttpResponse:
    """When chargers were down, newest first."""
    only = request.GET.get("open") == "1"
    page = queries.page(viewer=person(request), after=after(request), limit=LIMIT, open_only=only)
    return show(request, "outages", page=page, only=only)


@login_required
@require_http_methods(["GET", "POST"])
def outage(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One outage: what the machine guessed, what holds, who changed it and why."""
    row = queries.find(uid=uid, viewer=person(request))
    form = OutageForm(request.POST or None, zone=brand(request).timezone)
    form.start(row)
    if form.is_bound and form.is_valid():
        user, said = manager(request), form.cleaned_data
        found = queries.find(uid=uid, viewer=user, permission=MANAGE)
        act = partial(
            edit_outage, outage=found, wanted=form.wanted(row), reason=said["reason"], by=user, now=datetime.now(UTC)
        )
        if tried(request, act, _("Saved.")):
            return redirect("outage", uid)
    return show(
        request, "outage", status=422 if form.is_bound else 200, outage=row, form=form, edits=queries.edits(row)
    )


@login_required
@never_cache
@require_GET
def risks(request: HttpRequest) -> HttpResponse:
    """What the models expect to fail soon, highest first."""
    rows = queries.highest_risks(viewer=person(request), limit=SHOWN)
    return show(request, "risks", risks=rows, policy=rules.policy(), most=SHOWN)
