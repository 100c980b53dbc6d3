"""Refusals of the domain as pages in the brand's design, with the status that the refusal names."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from saas.kit.errors import Refused

Next = Callable[[HttpRequest], HttpResponse]
WORDS = {  # what people read, by the refusal's code; the domain's own English sentence where the table is silent
    "slot_taken": _("Somebody else has just taken this time. Choose another one."),
    "outside_availability": _("The charger is not offered at this time. Choose a time that is shown as free."),
    "not_bookable": _("This charger cannot be booked at the moment because it is not connected. Try another one."),
    "identity_required": _("Before the first booking we check your name, licence plate and vehicle."),
    "hold_expired": _("The time to pay has passed, so the slot is free again. Choose a time once more."),
    "too_short": _("This is shorter than the charger's shortest booking."),
    "too_long": _("This is longer than the charger's longest booking."),
    "too_late": _("It is too late for this."),
    "time_over": _("The booked time is over."),
    "wrong_charger": _("This code belongs to another charger than the one that you booked."),
    "charger_offline": _("The charger has no connection. Type your one-time code on the charger instead."),
    "not_running": _("This session is not running."),
    "already_running": _("The session runs already."),
    "host_too_late": _("Hosts cannot cancel under 3 hours before the start. Ask support, who can for a good reason."),
    "wrong_state": _("This was confirmed, cancelled or finished already."),
    "still_booked": _("There are bookings to come. Cancel them, or pause the charger until they are over."),
    "deleted": _("This charger was deleted."),
    "suggestion_over": _("This suggestion was taken, declined or replaced already, or its time is over."),
    "price_moved": _("The price was changed since this was suggested. A new suggestion follows."),
    "card_taken": _("This card is registered already. If it is yours, ask support to free it."),
    "bad_id_tag": _("A card's number has 4 to 36 letters and digits, without spaces."),
    "card_group_taken": _("There is a group with this id already."),
    "adapter_unknown": _("There is no adapter with this id here. It stands on the sticker under the QR code."),
    "adapter_in_use": _("This adapter is in use at another charger already."),
    "device_taken": _("An adapter with this id is known here with other keys. Reset it, so that it makes new ones."),
    "wrong_claim_code": _("No adapter that waits has this code. Is the adapter on, and connected to your Wi-Fi?"),
    "ambiguous_claim_code": _("More than one adapter has this code. Scan the QR code instead."),
    "claimed_already": _("This adapter has an owner already. Its owner can release it."),
    "device_still_needed": _("It serves a charger that has bookings to come, or charges now. Cancel them first."),
    "device_shut_out": _("This device is shut out. Let it in again first."),
    "not_an_adapter": _("A station is accepted and refused on its own page."),
    "accepted_already": _("This station was accepted already."),
    "station_offline": _("The station is not connected. Try again when it is back."),
    "broken_payload": _("The payload does not fit OCPP's schema."),
    "unknown_action": _("OCPP knows no such call to a station."),
    "already_decided": _("Somebody has decided this already."),
    "payment_provider_down": _("The payment provider does not answer. Try again in a moment: nothing is paid twice."),
    "too_early": _("It is too early: power opens at the booked start."),
    "payment_declined": _("The card was declined. Nothing was charged; try another card."),
    "not_found": _("We cannot find this page, or it is not yours to see."),
    "forbidden": _("Your account does not allow this."),
    "email_taken": _("There is an account with this e-mail address already."),
    "circuit_without_limit": _("A circuit needs a limit in ampere per line, in kilowatt, or both."),
    "circuit_wrong_parent": _("The circuit above must be another one of the same site, and not below this one."),
    "fallbacks_too_high": _(
        "With the safe defaults alone the chargers could take more than this limit. Lower them, or raise the limit."
    ),
    "evse_at_other_site": _("This charger stands at another site than the circuit."),
    "circuit_still_used": _("Circuits hang below this one. Move or remove them first."),
    "alert_resolved": _("This alert is over already."),
    "work_order_wrong_step": _("Somebody has taken this step already. Look again."),
    "work_order_not_yours": _("This step belongs to the technician who has the job."),
    "work_order_exists": _("There is an open work order for this already."),
    "no_technician": _("Choose somebody who may do work orders."),
    "work_order_outcome_missing": _("Say how it ended, and what was wrong where you repaired something."),
    "no_photo": _("This is not a photo. Send JPEG, PNG or WebP."),
    "photo_too_large": _("This photo is too large: 20 MB and 50 megapixels at most."),
    "too_many_photos": _("This work order has as many photos as it may have. Remove one first."),
    "photo_of_another": _("Only who added a photo removes it."),
    "work_order_still_down": _("The charger still says that it is out of order. Give the job back, or wait."),
    "period_empty": _("The end must lie after the beginning, and in the future."),
    "reason_missing": _("Say why."),
    "outages_overlap": _("At this time there is another outage of the same charger."),
    "vendor_code_known": _("This code of the vendor is on the list already."),
    "prices_overlap": _("Two values of the series are for the same time."),
    "need_over": _("This session is over, or the departure lies in the past or more than a week ahead."),
    "no_devices": _("There is no device for this. Put some into the group, or choose another."),
    "action_over": _("This is over already."),
    "rollout_state": _("The roll-out is in a state in which this cannot be done."),
    "above_failure_limit": _("More devices failed than the limit allows. Retry them, or raise the limit."),
    "nothing_to_revert": _("No device has taken anything that could be given back."),
    "image_exists": _("There is an image of this version for this vendor and model already."),
    "group_in_use": _("Other groups lie in this one. Move them first."),
    "credit_batch_state": _("A batch goes from open to locked to verified; only an open one can be cancelled."),
    "credit_nothing_to_claim": _("No session of this period and country is free to be claimed."),
    "credit_nothing": _("By this methodology nothing was avoided, so there is nothing to credit."),
    "credit_block_state": _("This block was split or retired. A retirement cannot be undone."),
    "credit_parts": _("The parts are whole grams above zero, and together exactly the block."),
    "credit_whole_tonnes": _("Registries count whole tonnes. Split the block so that it is a multiple of 1,000,000 g."),
    "credit_registry_down": _("The registry does not answer. Nothing was filed twice; try again later."),
    "credit_above_balance": _("More than the balance cannot be paid out."),
    "green_rule_time": _("A new rule begins after the one before it, and not in the past."),
    "name_taken": _("There is one of this name already. Choose another name."),
    "entry_replaced": _("Somebody has replaced or withdrawn this meanwhile. Look at the newest entry."),
    "fuel_entered_twice": _("This fuel is entered already. A second filling of the day needs its receipt's number."),
    "slug_taken": _("This name is taken. Choose another."),
}


def sentence(refusal: Refused) -> str:
    """What to tell a person."""
    return str(WORDS.get(refusal.code) or refusal)


class RefusalMiddleware:
    """A view may let a refusal rise: the person gets a page that says what to do."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Refused) or request.path.startswith("/api/"):
            return None
        if error.status == 404:
            raise Http404(sentence(error))
        context = {"title": None, "sentence": sentence(error), "status": error.status, "retry": error.retry}
        return render(request, "web/refused.html", context, status=error.status)
