"""A session as it runs, presence by QR code, and the receipt."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from saas.kit.errors import Refused
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.bookings.actions import one_time_code
from tenants.marketplace.models import Listing
from tenants.payments import actions as payments

from .. import actions, queries
from ..models import Session
from .booking import answer_bank, ask_bank
from .keypad import token_to_try

State = Session.State
OVER = (State.CLOSED, State.CANCELLED)
EXTEND_MINUTES = (15, 30, 60)


@login_required
@require_GET
def live(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One big number, and what belongs to it."""
    session = queries.get(uid=uid, viewer=person(request))
    if session.state in OVER:
        return redirect("receipt", uid)
    return render(request, "charging/session.html", _facts(session, request))


def _facts(session: Session, request: HttpRequest) -> dict[str, Any]:
    now = datetime.now(UTC)
    driving = session.driver_id == request.user.pk
    listing = Listing.objects.filter(evse=session.evse_id).first()
    code = one_time_code(session.booking) if driving and session.booking and session.state == State.PERMITTED else ""
    shown = queries.live_state(session, now)
    left = shown["seconds_left"]
    return {
        "session": session,
        "now": dict(shown) | {"minutes_left": None if left is None else -(-left // 60)},
        "zone": session.evse.location.timezone,
        "title": listing.title if listing else session.evse.location.name,
        "driving": driving,
        "code": code,
        "booking": session.booking,
        "token": token_to_try(session.booking) if code else "",
        "open_now": session.permit_start_at is None or session.permit_start_at <= now,
        "extend_minutes": EXTEND_MINUTES,
        "seconds": int((session.permit_end_at - session.permit_start_at).total_seconds())
        if session.permit_end_at and session.permit_start_at
        else 0,
    }


@login_required
@require_GET
def state(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The numbers alone: what the page falls back to when the live feed is away."""
    session = queries.get(uid=uid, viewer=person(request))
    return JsonResponse(dict(queries.live_state(session, datetime.now(UTC))))


@login_required
@require_POST
def stop(request: HttpRequest, uid: UUID) -> HttpResponse:
    try:
        actions.stop(session_uid=uid, by=person(request), now=datetime.now(UTC))
        messages.info(request, _("Stopping. The charger opens its relay in a moment."))
    except Refused as refusal:
        messages.error(request, sentence(refusal))
    return redirect("session", uid)


@login_required
@require_http_methods(["GET", "POST"])
def extend(request: HttpRequest, uid: UUID) -> HttpResponse:
    """More time on the same card; where the bank asks the payer, its answer comes back here. Reloaded: the session."""
    if request.method == "GET":
        return redirect("session", uid)
    try:
        minutes = int(request.POST.get("minutes", "0") or 0)
        if "answer" in request.POST:
            answer_bank(request, accept=request.POST["answer"] == "yes")
        actions.extend(session_uid=uid, driver=person(request), minutes=minutes, now=datetime.now(UTC))
        messages.success(request, _("You have more time now."))
    except payments.ConfirmationNeeded as needed:
        hidden = {"payment": str(needed.details["payment"]), "minutes": str(minutes)}
        booking = queries.get(uid=uid, viewer=person(request)).booking
        assert booking is not None  # extend refuses what is not booked
        return ask_bank(request, booking, request.path, hidden)
    except (Refused, ValueError) as refusal:
        messages.error(
            request, sentence(refusal) if isinstance(refusal, Refused) else _("Choose how many minutes to add.")
        )
    return redirect("session", uid)


@login_required
@require_GET
def receipt(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What the driver paid; for the host, what they earned. Each sees only their own side."""
    session = queries.get(uid=uid, viewer=person(request))
    hosting = (
        session.driver_id != request.user.pk
        and session.booking is not None
        and session.booking.listing.host_id == request.user.pk
    )
    read = queries.host_receipt if hosting else queries.receipt
    listing = Listing.objects.filter(evse=session.evse_id).first()
    context = {
        "session": session,
        "receipt": read(session),
        "hosting": hosting,
        "zone": session.evse.location.timezone,
        "title": listing.title if listing else session.evse.location.name,
        "number": str(session.uid)[:8].upper(),
    }
    return render(request, "charging/receipt.html", context)


@require_GET
def scanned(request: HttpRequest, token: str) -> HttpResponse:
    """Where the QR code on a charger leads: to the start button for who has it booked now, else to an explanation."""
    evse = queries.evse_of_token(token)
    listing = Listing.objects.filter(evse=evse).exclude(state=Listing.State.DELETED).first()
    session = _bookers(request, evse.pk)
    context = {"token": token, "evse": evse, "listing": listing, "session": session, "zone": evse.location.timezone}
    context |= {"soon": bool(session and session.permit_start_at and session.permit_start_at > datetime.now(UTC))}
    return render(request, "charging/scanned.html", context)


def _bookers(request: HttpRequest, evse: int) -> Session | None:
    """The visitor's own session here that waits or runs: the one whose time is now, else the next."""
    if not request.user.is_authenticated:
        return None
    rows = Session.objects.filter(driver=person(request), evse=evse, permit_end_at__gt=datetime.now(UTC))
    return rows.exclude(state__in=(*OVER, State.ENDED)).order_by("permit_start_at").first()


@login_required
@require_POST
def start(request: HttpRequest, token: str) -> HttpResponse:
    """Presence is shown: power on."""
    session = _bookers(request, queries.evse_of_token(token).pk)
    if session is None:
        return redirect("scanned", token)
    try:
        actions.activate(session_uid=session.uid, driver=person(request), qr_token=token, now=datetime.now(UTC))
    except Refused as refusal:
        messages.error(request, sentence(refusal))
        return redirect("scanned", token)
    return redirect("session", session.uid)


@login_required
@require_GET
def scan(request: HttpRequest) -> HttpResponse:
    """The camera; and the booking's code for when there is none."""
    now = datetime.now(UTC)
    rows = Session.objects.select_related("booking__listing", "evse__location").filter(
        driver=person(request), permit_end_at__gt=now
    )
    session = rows.exclude(state__in=(*OVER, State.ENDED)).order_by("permit_start_at").first()
    return render(
        request,
        "charging/scan.html",
        {"session": session, "code": one_time_code(session.booking) if session and session.booking else ""},
    )
