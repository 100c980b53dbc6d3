"""Letting OCPP stations in that came by themselves, or shutting them out: the operator's two buttons."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from saas.kit.errors import Forbidden, Refused
from saas.kit.home import home
from saas.tenancy.here import brand
from saas.web import words
from saas.web.basemaps import CREDIT, base_map
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.permissions import can
from tenants.marketplace.views.forms import PlaceForm
from tenants.sites.actions import Place
from tenants.sites.models import Location

from .. import actions, queries
from ..errors import AcceptedAlready
from ..models import Station

PLACE = ("name", "address", "postal_code", "city", "latitude", "longitude")
NEEDED = ("address", "city", "latitude", "longitude")  # of a new site
MOST_OUTLETS = 32


class StationForm(PlaceForm):
    """Where a station stands and what it serves. Outlets of several kinds: through the API."""

    site = forms.ChoiceField(label=gettext_lazy("Site"), required=False)
    name = forms.CharField(
        label=gettext_lazy("Name of the site"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("Empty: the city."),
    )
    connector = forms.ChoiceField(
        label=gettext_lazy("Plug"), choices=list(words.CONNECTORS.items()), initial="IEC_62196_T2"
    )
    power_kw = forms.DecimalField(
        label=gettext_lazy("Power in kW"), min_value=1, max_value=1000, decimal_places=1, initial="22"
    )
    outlets = forms.IntegerField(
        label=gettext_lazy("Vehicles at a time"),
        min_value=1,
        max_value=MOST_OUTLETS,
        initial=1,
        help_text=gettext_lazy("How many outlets the station has. All of them get this plug and power."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sites = {str(place.uid): place for place in queries.locations()}
        known = [(key, f"{place.name}, {place.address}") for key, place in self.sites.items()]
        self.fields["site"].choices = [("", _("A new site")), *known]  # type: ignore[attr-defined]
        for name in NEEDED:
            self.fields[name].required = not self.data.get("site")

    def place(self, country: str) -> Place | Location:
        """The site that was chosen, else the new one."""
        if self.cleaned_data["site"]:
            return self.sites[self.cleaned_data["site"]]
        return Place(**{name: self.cleaned_data[name] for name in PLACE}, country=country)

    def served(self) -> list[actions.Outlet]:
        held = self.cleaned_data
        return [actions.Outlet(held["connector"], round(held["power_kw"] * 1000))] * int(held["outlets"])


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The place and the outlets of a station; then its own password, in this one answer and never again."""
    station = _station(request, uid)
    tenant = brand(request)
    initial = {"latitude": tenant.map_latitude, "longitude": tenant.map_longitude}
    form = StationForm(request.POST) if request.method == "POST" else StationForm(initial=initial)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            return _let_in(request, station, form)
        except AcceptedAlready as refusal:
            messages.error(request, sentence(refusal))
            return redirect("console")
        except Refused as refusal:
            form.add_error(None, sentence(refusal))
            status = refusal.status
    context = {"station": station, "form": form, "base": base_map(*initial.values()), "credit": CREDIT}
    return render(request, "stations/accept.html", context, status=status)


def _let_in(request: HttpRequest, station: Station, form: StationForm) -> HttpResponse:
    tenant = brand(request)
    accepted = actions.accept_station(
        station=station, by=person(request), place=form.place(tenant.country), outlets=form.served(),
        now=datetime.now(UTC),
    )  # fmt: skip
    return _shown(request, accepted)


def _shown(request: HttpRequest, accepted: actions.Accepted) -> HttpResponse:
    context: dict[str, Any] = {
        "station": accepted.station,
        "password": accepted.password,
        "sent": accepted.sent,
        "address": address_of(brand(request).schema_name, accepted.station),
    }
    return render(request, "stations/accepted.html", context)


@login_required
@never_cache
@require_POST
def accept_here(request: HttpRequest, uid: UUID) -> HttpResponse:
    """With one press: where the rules for stations put new ones, with the outlets that it named."""
    station = _station(request, uid)
    try:
        accepted = actions.accept_station(station=station, by=person(request), now=datetime.now(UTC))
    except Refused as refusal:
        messages.error(request, sentence(refusal))
        return redirect("station_page", station.uid)
    return _shown(request, accepted)


@login_required
@require_POST
def refuse(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Its credential is worth nothing from now on; accepting it later lets it in again."""
    actions.refuse_station(station=_station(request, uid), by=person(request), now=datetime.now(UTC))
    messages.success(request, _("The station is shut out."))
    return redirect("console")


def address_of(tenant: str, station: Station) -> str:
    """What to type into the station, without user and password."""
    return f"{address_of_any(tenant)}{station.station_id}"


def address_of_any(tenant: str) -> str:
    """The same without the station's own id at its end."""
    return f"ws://{settings.BASE_DOMAIN}:{home().ocpp_port}/ocpp/{tenant}/"


def _station(request: HttpRequest, uid: UUID) -> Station:
    """NotFound, or Forbidden for who may see it but not decide."""
    station = queries.find(name=uid, viewer=person(request))
    if not can(person(request), "station.manage", station):
        raise Forbidden()
    return station
