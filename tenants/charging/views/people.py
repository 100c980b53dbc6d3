"""The host's earnings and codes, and starting a charger from afar."""

from datetime import UTC, datetime
from uuid import UUID

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from saas.kit.errors import NotFound, Refused
from saas.tenancy.here import brand
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.permissions import can
from tenants.bookings import queries as bookings
from tenants.ledger import queries as ledger
from tenants.ledger.models import Account
from tenants.marketplace import queries as marketplace
from tenants.marketplace.models import Listing
from tenants.sites.models import Evse

from .. import actions, queries
from ..models import Session

RECENT = 20
COMING = ("confirmed", "active")


@require_GET
def host(request: HttpRequest) -> HttpResponse:
    """A host's chargers, bookings and earnings; for others, what hosting is."""
    if not request.user.is_authenticated:
        return render(request, "charging/host_welcome.html")
    now, user = datetime.now(UTC), person(request)
    chargers = marketplace.of_host(host=user, now=now)
    if not chargers:
        return render(request, "charging/host_welcome.html")
    owner, currency = f"user:{user.uid}", brand(request).currency
    coming = [row for row in bookings.of_host(host=user) if row.state in COMING]
    context = {
        "chargers": chargers,
        "coming": sorted(coming, key=lambda row: row.during.lower),
        "balance_minor": ledger.balance(kind=Account.Kind.HOST_PAYABLE, owner=owner, currency=currency),
        "lines": _earnings(owner),
        "commission_bp": brand(request).commission_bp,
        "currency": currency,
    }
    return render(request, "charging/host.html", context)


def _earnings(owner: str) -> list[dict[str, object]]:
    """Movements of the host's account, each with the receipt that explains it where there is one."""
    lines = ledger.statement(kind=Account.Kind.HOST_PAYABLE, owner=owner, limit=RECENT).items
    uids = [line.reference.removeprefix("booking:") for line in lines if line.reference.startswith("booking:")]
    rows = Session.objects.select_related("booking__listing").filter(booking__uid__in=uids)
    by_booking = {str(row.booking.uid): row for row in rows if row.booking}
    return [{"line": line, "session": by_booking.get(line.reference.removeprefix("booking:"))} for line in lines]


@login_required
@require_GET
def code(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The QR code to print and stick on the charger: an address that any phone's camera opens."""
    listing = Listing.objects.select_related("evse").filter(uid=uid).exclude(state=Listing.State.DELETED).first()
    if listing is None or not can(person(request), "listing.manage", listing):
        raise NotFound()
    address = request.build_absolute_uri(f"/q/{queries.qr_token(listing.evse)}")
    drawn = segno.make(address, error="q").svg_inline(scale=1, border=2, omitsize=True, svgclass="qr", lineclass=None)
    return render(request, "charging/code.html", {"listing": listing, "drawn": mark_safe(drawn), "address": address})  # noqa: S308 - segno's own drawing


@login_required
@require_POST
def remote_start(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Start a charger for somebody who stands in front of it."""
    evse = Evse.objects.select_related("location").filter(uid=uid).first()
    if evse is None:
        return redirect("console")
    try:
        session = actions.start_by_operator(evse=evse, by=person(request), now=datetime.now(UTC))
    except Refused as refusal:
        messages.error(request, sentence(refusal))
        return redirect("console")
    messages.success(request, _("The charger was asked to start."))
    return redirect("session", session.uid)
