"""A booking from hold to cancellation, for its driver."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from saas.kit.errors import NotFound, Refused
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.bookings import queries as bookings
from tenants.bookings.actions import one_time_code
from tenants.bookings.models import Booking
from tenants.marketplace.queries import may_see_exact
from tenants.payments import actions as payments
from tenants.payments.offline import APPROVED, CHALLENGE, DECLINED
from tenants.payments.providers import chosen as usual_provider
from tenants.payments.providers import provider

from .. import actions, outcomes
from ..calendar import event
from .keypad import token_to_try

State = Booking.State
CARDS = (
    (APPROVED, "4242", gettext_lazy("Approved at once")),
    (DECLINED, "0002", gettext_lazy("Declined by the bank")),
    (CHALLENGE, "3155", gettext_lazy("The bank asks you to confirm")),
)
COMING = (State.HELD, State.CONFIRMED, State.ACTIVE)
Decision = Callable[[Booking, datetime], Any]


@login_required
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """The driver's bookings: what comes, then what was."""
    rows = bookings.of_driver(driver=person(request))
    prefetch_related_objects(rows, "session")
    coming = sorted((row for row in rows if row.state in COMING), key=lambda row: row.during.lower)
    return render(
        request, "charging/bookings.html", {"coming": coming, "past": [row for row in rows if row.state not in COMING]}
    )


@login_required
@require_GET
def one(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A booking: where, how to start, what it costs, how to cancel."""
    booking = bookings.get(uid=uid, viewer=person(request))
    driving = booking.driver_id == request.user.pk
    if booking.state == State.HELD and driving:
        return redirect("pay", uid)
    return render(request, "charging/booking.html", _facts(booking, request, driving))


def _facts(booking: Booking, request: HttpRequest, driving: bool) -> dict[str, Any]:
    now = datetime.now(UTC)
    session = getattr(booking, "session", None)
    open_now = booking.state == State.CONFIRMED and booking.during.lower <= now < booking.during.upper
    return {
        "booking": booking,
        "place": booking.listing.evse.location,
        "zone": booking.listing.evse.location.timezone,
        "exact": may_see_exact(listing=booking.listing, viewer=person(request)),
        "session": session,
        "code": one_time_code(booking) if driving and booking.state == State.CONFIRMED else "",
        "open_now": open_now,
        "token": token_to_try(booking) if driving and booking.state == State.CONFIRMED else "",
        "driving": driving,
        "back_minor": _back_minor(booking, request, now),
        "refunded_minor": bookings.refunded_minor(booking),
        "payment": booking.payments.order_by("id").last(),
    }


def _back_minor(booking: Booking, request: HttpRequest, now: datetime) -> int | None:
    """What the driver would get back if this person cancelled now; None when it cannot be cancelled."""
    role = actions.cancel.role_of(booking, person(request))
    if booking.state != State.CONFIRMED or role is None:
        return None
    if role != "driver":
        return (
            booking.amount_minor if role == "operator" or booking.during.lower - now >= outcomes.HOST_NOTICE else None
        )
    if not outcomes.in_time(quote=booking.quote, start=booking.during.lower, now=now):
        return 0
    return (
        booking.amount_minor
        - outcomes.cancelled_in_time(quote=booking.quote, held_minor=booking.amount_minor).total_minor
    )


@login_required
@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Checkout while the slot is held. The key in the form makes a second press the same payment."""
    booking = bookings.get(uid=uid, viewer=person(request))
    if booking.state != State.HELD and request.method == "GET":
        return redirect("booking", uid)
    if request.method == "GET":
        return _checkout(request, booking)
    return _confirm(request, booking)


def _confirm(request: HttpRequest, booking: Booking) -> HttpResponse:
    method, key = request.POST.get("method", ""), request.POST.get("key", "")[:60]
    try:
        actions.confirm_booking(
            booking_uid=booking.uid, driver=person(request), method=method, idempotency_key=key, now=datetime.now(UTC)
        )
    except payments.ConfirmationNeeded as needed:
        hidden = {"payment": str(needed.details["payment"]), "method": method, "key": key}
        return ask_bank(request, booking, reverse("bank", args=[booking.uid]), hidden)
    except Refused as refusal:
        booking.refresh_from_db(fields=["state"])
        if booking.state in (State.CONFIRMED, State.ACTIVE):  # paid in another tab
            messages.info(request, _("This is booked and paid already."))
            return redirect("booking", booking.uid)
        return _checkout(request, booking, refusal=sentence(refusal), chosen=method, status=refusal.status)
    messages.success(request, _("Booked. Have a good charge!"))
    return redirect("booking", booking.uid)


def ask_bank(request: HttpRequest, booking: Booking, answer_to: str, hidden: dict[str, str]) -> HttpResponse:
    """The stand-in's bank page; its answer goes with the hidden fields to the given address."""
    payment = booking.payments.filter(uid=hidden["payment"]).first()
    amount_minor = payment.amount_minor if payment else booking.amount_minor
    context = {"booking": booking, "amount_minor": amount_minor, "answer_to": answer_to, "hidden": hidden}
    return render(request, "charging/bank.html", context)


def _checkout(
    request: HttpRequest, booking: Booking, *, refusal: str = "", chosen: str = APPROVED, status: int = 200
) -> HttpResponse:
    lost = booking.state != State.HELD or booking.hold_expires_at <= datetime.now(UTC)
    context = {
        "booking": booking,
        "zone": booking.listing.evse.location.timezone,
        "cards": CARDS,
        "chosen": chosen,
        "stand_in": provider(usual_provider()).is_stand_in,
        "key": secrets.token_urlsafe(12),
        "refusal": refusal,
        "lost": lost,
    }
    return render(request, "charging/pay.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def bank(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The stand-in's bank page was answered: then the same payment is asked for again. Reloaded: back to checkout."""
    booking = bookings.get(uid=uid, viewer=person(request))
    if request.method == "GET":
        return redirect("pay", uid)
    accept = request.POST.get("answer") == "yes"
    answer_bank(request, accept=accept)
    return _confirm(request, booking)


def answer_bank(request: HttpRequest, *, accept: bool) -> None:
    """Tell the stand-in. NotFound for a payment that is not this person's."""
    try:
        payment = UUID(request.POST.get("payment", ""))
    except ValueError as error:
        raise NotFound() from error
    payments.answer_challenge(payment_uid=payment, driver=person(request), accept=accept, now=datetime.now(UTC))


@login_required
@require_POST
def cancel(request: HttpRequest, uid: UUID) -> HttpResponse:
    try:
        booking = actions.cancel_booking(booking_uid=uid, by=person(request), now=datetime.now(UTC))
    except Refused as refusal:
        messages.error(request, sentence(refusal))
        return redirect("booking", uid)
    messages.success(request, _("Cancelled."))
    return (
        redirect("booking", uid)
        if booking.state != State.CANCELLED_BY_DRIVER or booking.payments.exists()
        else redirect("bookings")
    )


@login_required
@require_GET
def ics(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The booking for a calendar. The address is in it only for whom it is shown to."""
    booking = bookings.get(uid=uid, viewer=person(request))
    place = booking.listing.evse.location
    exact = may_see_exact(listing=booking.listing, viewer=person(request))
    text = event(
        uid=f"{booking.uid}@{request.get_host()}",
        start=booking.during.lower,
        end=booking.during.upper,
        title=_("Charging: %(name)s") % {"name": booking.listing.title},
        place=f"{place.address}, {place.city}" if exact else place.city,
        address=request.build_absolute_uri(f"/bookings/{booking.uid}/"),
        now=datetime.now(UTC),
    )
    return HttpResponse(
        text,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="booking.ics"'},
    )
