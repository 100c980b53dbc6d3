"""Becoming a host, and changing what one offers. An offer's steps are kept in the session until it is published."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from saas.kit.errors import Forbidden, NotFound, Refused
from saas.tenancy.here import brand
from saas.web.basemaps import CREDIT, base_map
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.permissions import can
from tenants.sites.actions import Place

from .. import actions
from ..models import Listing
from ..offering import Offer, offer
from .forms import AdapterForm, ChargerForm, PlaceForm, PriceForm, WeekForm, week_initial

STEPS: dict[str, tuple[Any, type[forms.Form]]] = {
    "charger": (gettext_lazy("Your charger"), ChargerForm),
    "adapter": (gettext_lazy("The adapter"), AdapterForm),
    "place": (gettext_lazy("Where it is"), PlaceForm),
    "price": (gettext_lazy("Your price"), PriceForm),
    "week": (gettext_lazy("When it is free"), WeekForm),
}
ORDER = tuple(STEPS)
SAVED = "offer"


@login_required
def begin(request: HttpRequest) -> HttpResponse:
    """To the first step that is not done."""
    saved = request.session.get(SAVED, {})
    return redirect("host_step", next((name for name in ORDER if name not in saved), "week"))


@login_required
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, step: str) -> HttpResponse:
    """One step. What is sent and fits is kept; the last one publishes."""
    if step not in STEPS:
        raise Http404
    saved: dict[str, Any] = request.session.get(SAVED, {})
    form = (
        STEPS[step][1](request.POST)
        if request.method == "POST"
        else STEPS[step][1](initial=saved.get(step) or _usual(request, step))
    )
    if request.method == "POST" and form.is_valid():
        saved[step] = _plain(form)
        request.session[SAVED] = saved
        if step != ORDER[-1]:
            return redirect("host_step", ORDER[ORDER.index(step) + 1])
        return _publish(request, saved, form)
    return _show(request, step, form, status=422 if form.is_bound else 200)


def _publish(request: HttpRequest, saved: dict[str, Any], form: forms.Form) -> HttpResponse:
    missing = next((name for name in ORDER if name not in saved), None)
    if missing:
        return redirect("host_step", missing)
    assert isinstance(form, WeekForm)
    try:
        listing = offer(host=person(request), offer=_offer(saved, form, request), now=datetime.now(UTC))
    except Refused as refusal:
        form.add_error(None, sentence(refusal))
        return _show(request, "week", form, status=refusal.status)
    del request.session[SAVED]
    messages.success(request, _("Your charger is live. Drivers can book it as soon as its adapter is online."))
    return redirect("host_edit", listing.uid)


def _offer(saved: dict[str, Any], week: WeekForm, request: HttpRequest) -> Offer:
    charger, place, price = saved["charger"], saved["place"], saved["price"]
    country = brand(request).country
    return Offer(
        title=charger["title"],
        description=charger["description"],
        connector=charger["connector"],
        max_power_w=round(float(charger["power_kw"]) * 1000),
        amenities=tuple(charger["amenities"]),
        device_id=saved["adapter"]["device_id"],
        place=Place(
            **{name: place[name] for name in ("address", "postal_code", "city", "latitude", "longitude")},
            country=country,
        ),
        per_hour=price["per_hour"] or None,
        per_kwh=price["per_kwh"] or None,
        weekly=week.weekly(),
    )


def _plain(form: forms.Form) -> dict[str, Any]:
    """What was typed, in shapes that the session can hold."""
    keep = (str, int, float, list, bool)
    return {
        name: value if isinstance(value, keep) else ("" if value is None else str(value))
        for name, value in form.cleaned_data.items()
    }


def _usual(request: HttpRequest, step: str) -> dict[str, Any] | None:
    tenant = brand(request)
    return {"latitude": tenant.map_latitude, "longitude": tenant.map_longitude} if step == "place" else None


def _show(request: HttpRequest, step: str, form: forms.Form, status: int) -> HttpResponse:
    at = ORDER.index(step)
    context = {
        "step": step,
        "title": STEPS[step][0],
        "steps": [(name, done <= at) for done, name in enumerate(ORDER)],
        "number": at + 1,
        "of": len(ORDER),
        "before": ORDER[at - 1] if at else None,
        "form": form,
        "last": step == ORDER[-1],
    } | (_pin(request) if step == "place" else {})
    return render(request, "marketplace/host_step.html", context, status=status)


def _pin(request: HttpRequest) -> dict[str, Any]:
    tenant = brand(request)
    return {"base": base_map(tenant.map_latitude, tenant.map_longitude), "credit": CREDIT}


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One of the host's chargers: words, price and week, each with its own button."""
    listing = _own(request, uid)
    part = request.POST.get("part", "")
    held = _forms(listing, request.POST if request.method == "POST" else None, part)
    status = 200
    if part in held:
        if held[part].is_valid():
            try:
                _save(listing, part, held[part])
                messages.success(request, _("Saved. What is booked already keeps its terms."))
                return redirect("host_edit", uid)
            except Refused as refusal:
                held[part].add_error(None, sentence(refusal))
                status = refusal.status
        else:
            status = 422
    return render(request, "marketplace/host_edit.html", {"listing": listing, "forms": held}, status=status)


def _forms(listing: Listing, data: Any, part: str) -> dict[str, forms.Form]:
    words = {"title": listing.title, "description": listing.description, "amenities": listing.amenities}
    price = {kind: _price(listing, component) for kind, component in (("per_hour", "TIME"), ("per_kwh", "ENERGY"))}
    weekly = list(listing.availability.values_list("weekday", "start_minute", "end_minute"))
    initial = {"words": (WordsForm, words), "price": (PriceForm, price), "week": (WeekForm, week_initial(weekly))}
    return {
        name: make(data if name == part else None, initial=values, prefix=None)
        for name, (make, values) in initial.items()
    }


class WordsForm(ChargerForm):
    """What may be changed of the description; the equipment stays."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["connector"], self.fields["power_kw"]


def _price(listing: Listing, kind: str) -> str:
    for element in listing.tariff.elements:
        for component in element["price_components"]:
            if component["type"] == kind:
                return str(component["price"])
    return ""


def _save(listing: Listing, part: str, form: forms.Form) -> None:
    now, held = datetime.now(UTC), form.cleaned_data
    if part == "words":
        actions.update_listing(
            listing=listing, now=now, **{name: held[name] for name in ("title", "description", "amenities")}
        )
    elif part == "price":
        per_hour, per_kwh = (str(held[name]) if held[name] else None for name in ("per_hour", "per_kwh"))
        actions.set_price(listing=listing, now=now, per_hour=per_hour, per_kwh=per_kwh)
    elif isinstance(form, WeekForm):
        actions.set_availability(listing=listing, weekly=form.weekly(), now=now)


CHANGES = {
    "pause": (actions.pause, gettext_lazy("Paused. What is booked stays booked.")),
    "resume": (actions.resume, gettext_lazy("Offered again.")),
    "delete": (actions.delete, gettext_lazy("Deleted. Receipts keep its name.")),
}


@login_required
@require_POST
def change(request: HttpRequest, uid: UUID, act: str) -> HttpResponse:
    """Pause, resume or delete."""
    if act not in CHANGES:
        raise Http404
    listing = _own(request, uid)
    try:
        CHANGES[act][0](listing=listing, now=datetime.now(UTC))
        messages.success(request, CHANGES[act][1])
    except Refused as refusal:
        messages.error(request, sentence(refusal))
    return redirect("/host/" if act == "delete" else f"/host/chargers/{uid}/")


def _own(request: HttpRequest, uid: UUID) -> Listing:
    """The listing, for whom it may be managed; NotFound for others."""
    listing = (
        Listing.objects.select_related("evse__location", "tariff")
        .filter(uid=uid)
        .exclude(state=Listing.State.DELETED)
        .first()
    )
    if listing is None or not can(person(request), "listing.view", listing):
        raise NotFound()
    if not can(person(request), "listing.manage", listing):
        raise Forbidden()
    return listing
