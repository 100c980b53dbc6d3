"""Pages of prices: a host's answer to a suggestion, costs and wish; the tenant's policy."""

from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from saas.kit.errors import Forbidden, NotFound, Refused
from saas.tenancy.here import brand
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.permissions import can
from tenants.marketplace import access

from . import actions, queries
from .forms import PolicyForm, WishForm

ANSWERS = {
    "accept": (actions.accept, gettext_lazy("The new price holds from now on. What is booked keeps its price.")),
    "decline": (actions.decline, gettext_lazy("Your price stays as it is.")),
}
HISTORY = 50


@login_required
@require_POST
def answer(request: HttpRequest, uid: UUID, act: str) -> HttpResponse:
    """The host takes a suggestion, or does not."""
    if act not in ANSWERS:
        raise Http404
    suggestion = queries.find(uid=uid, viewer=person(request))
    carry_out, said = ANSWERS[act]
    try:
        carry_out(suggestion=suggestion, by=person(request), now=datetime.now(UTC))
        messages.success(request, said)
    except Refused as refusal:
        messages.error(request, sentence(refusal))
    return redirect("host_edit", suggestion.listing.uid)


@login_required
@require_http_methods(["GET", "POST"])
def wish(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What energy costs the host of a charger, and what should be left."""
    listing = access.managed(uid=uid, viewer=person(request))
    costs = queries.costs(listing=listing)
    form = WishForm(request.POST) if request.method == "POST" else WishForm.of(costs)
    if request.method == "POST" and form.is_valid():
        actions.set_wish(listing=listing, now=datetime.now(UTC), losses_bp=costs.losses_bp, **form.said())
        messages.success(request, _("Saved. The next suggestion reckons with it."))
        return redirect("host_edit", uid)
    context = {"listing": listing, "form": form, "currency": listing.tariff.currency}
    return render(request, "pricing/wish.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "POST"])
def policy(request: HttpRequest) -> HttpResponse:
    """What suggestions may be, and what became of the latest ones."""
    if not can(person(request), "price.manage"):
        raise NotFound()
    form = PolicyForm(request.POST) if request.method == "POST" else PolicyForm.of(queries.policy())
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_policy(by=person(request), **form.said())
            messages.success(request, _("Saved. It holds for all suggestions from now on."))
            return redirect("pricing_policy")
        except Forbidden:
            raise
        except Refused as refusal:
            form.add_error(None, sentence(refusal))
            status = refusal.status
    page = queries.page(viewer=person(request), after=request.GET.get("after"), limit=HISTORY)
    context = {"form": form, "currency": brand(request).currency, "rows": page.items, "next": page.next,
               "after": request.GET.get("after")}  # fmt: skip
    return render(request, "pricing/policy.html", context, status=status)
