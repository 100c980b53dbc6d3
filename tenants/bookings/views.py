"""Pages: what a booking would cost, and holding it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from saas.kit.errors import Invalid, NotFound, Refused
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.marketplace.models import Listing
from tenants.marketplace.views.charger import page

from . import actions, queries


@require_GET
def quote(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A fragment with the price of the chosen time."""
    listing = Listing.objects.select_related("evse__location", "tariff").filter(uid=uid).first()
    if listing is None:
        raise NotFound()
    try:
        start, end, energy_wh = chosen(request.GET)
        offer = queries.quote(listing=listing, start=start, end=end, energy_wh=energy_wh, now=datetime.now(UTC))
    except Refused as refusal:
        return render(request, "bookings/quote.html", {"wrong": sentence(refusal)}, status=refusal.status)
    zone = listing.evse.location.timezone
    return render(request, "bookings/quote.html", {"quote": offer, "start": start, "end": end, "zone": zone})


@require_POST
def hold(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Reserve the chosen time; a refusal comes back on the charger's page with the choice kept."""
    if not request.user.is_authenticated:
        return redirect_to_login(_back(request, uid))
    try:
        start, end, energy_wh = chosen(request.POST)
        booking = actions.hold(
            listing_uid=uid, driver=person(request), start=start, end=end, energy_wh=energy_wh, now=datetime.now(UTC)
        )
    except actions.IdentityRequired:
        return HttpResponseRedirect("/account/identity/?" + urlencode({"next": _back(request, uid)}))
    except Refused as refusal:
        context = page(request, uid, request.POST) | {"refusal": sentence(refusal)}
        return render(request, "marketplace/charger.html", context, status=refusal.status)
    return redirect(f"/bookings/{booking.uid}/pay/")


def _back(request: HttpRequest, uid: UUID) -> str:
    """The charger's page with the choice kept."""
    choice = {name: request.POST.get(name, "") for name in ("day", "start", "minutes", "energy")}
    return f"/chargers/{uid}/?{urlencode(choice)}"


def chosen(given: Any) -> tuple[datetime, datetime, int]:
    """Start, end and energy limit in Wh from form data. Invalid, with what to choose."""
    try:
        start = datetime.fromisoformat(given.get("start", "").replace(" ", "+"))
        minutes = int(given.get("minutes", ""))
        energy_kwh = int(given.get("energy") or 0)
    except ValueError as error:
        raise Invalid(_("Choose when to start and for how long.")) from error
    if start.tzinfo is None or not 0 < minutes <= 43_200 or not 0 <= energy_kwh <= 1000:
        raise Invalid(_("Choose when to start and for how long."))
    return start, start + timedelta(minutes=minutes), energy_kwh * 1000
