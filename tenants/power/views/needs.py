"""What a driver says of their departure, on the page of the session."""

from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from saas.kit.errors import Refused
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.charging import queries as sessions

from .. import actions
from ..forms import NeedForm


@login_required
@require_POST
def set_needs(request: HttpRequest, uid: UUID) -> HttpResponse:
    session = sessions.get(uid=uid, viewer=person(request))
    form = NeedForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give a time to come, and an amount of energy."))
        return redirect("session", uid)
    leaves, wanted = form.departure_at(session.evse.location.timezone), form.energy_wh()
    now = datetime.now(UTC)
    try:
        actions.set_need(session_uid=uid, by=person(request), departure_at=leaves, energy_wh=wanted, now=now)
        messages.success(request, _("Noted. The limit is shared with this in mind."))
    except Refused as refusal:
        messages.error(request, sentence(refusal))
    return redirect("session", uid)
