"""The keypad of a simulated charger, for who tries the product without hardware. Real devices have their own."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from saas.contracts.telemetry import wire
from saas.devices import simulated
from saas.kit.errors import NotFound
from tenants.accounts.here import person
from tenants.bookings import queries as bookings
from tenants.bookings.models import Booking

from .. import queries

SAYS = {  # what the display of the device would show, by its word
    wire.REFUSE_CODE: gettext_lazy("Wrong code. Look at your booking and type it again."),
    wire.REFUSE_LOCKED: gettext_lazy("Too many wrong codes. The keypad is locked for a while."),
    wire.REFUSE_EARLY: gettext_lazy("It is too early: power opens at the booked start."),
    wire.REFUSE_EXPIRED: gettext_lazy("The booked time is over."),
    wire.REFUSE_REPLAYED: gettext_lazy("This code was used already."),
    wire.REFUSE_BUSY: gettext_lazy("The session runs already."),
}


def token_to_try(booking: Booking | None) -> str:
    """The QR token of the booking's charger when that is simulated, else empty: no keypad is shown."""
    if booking is None or not simulated.is_simulated(booking.listing.evse.device_id):
        return ""
    return queries.qr_token(booking.listing.evse)


@login_required
@require_POST
def type_code(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What was typed goes to the device itself, which alone decides. NotFound where the charger is real."""
    booking = bookings.get(uid=uid, viewer=person(request))
    if booking.driver_id != request.user.pk or not token_to_try(booking):
        raise NotFound()
    typed = "".join(str(int(sign)) for sign in request.POST.get("code", "")[:20] if sign.isdecimal())
    if refusal := simulated.type_code(device_id=str(booking.listing.evse.device_id), code=typed):
        messages.error(
            request, SAYS.get(refusal) or _("The charger does not take the code (%(word)s).") % {"word": refusal}
        )
        return redirect("booking", uid)
    messages.success(request, _("The charger took the code."))
    return redirect("session", booking.session.uid)
