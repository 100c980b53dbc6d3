"""The tenant's rules for stations."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from saas.devices.queries import registration_token
from saas.kit.errors import Forbidden, Refused
from saas.tenancy.here import brand
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.permissions import can

from .. import actions, queries
from .onboarding import address_of_any

PROFILES = (
    (0, gettext_lazy("0 · no password, no encryption")),
    (1, gettext_lazy("1 · password")),
    (2, gettext_lazy("2 · password over TLS")),
    (3, gettext_lazy("3 · client certificate")),
)


class PolicyForm(forms.Form):
    """See models.StationPolicy."""

    least_profile = forms.TypedChoiceField(
        label=gettext_lazy("Lowest security profile"),
        choices=PROFILES,
        coerce=int,
        help_text=gettext_lazy("Stations that come with less are refused."),
    )
    auto_accept = forms.BooleanField(
        label=gettext_lazy("Let stations in that bring the registration token"),
        required=False,
        help_text=gettext_lazy("Otherwise they wait in the console until somebody accepts them."),
    )
    auto_location = forms.ChoiceField(label=gettext_lazy("Where such stations stand"), required=False)
    heartbeat_s = forms.IntegerField(label=gettext_lazy("Seconds between heartbeats"), min_value=10, max_value=86_400)
    log_days = forms.IntegerField(label=gettext_lazy("Days that logs are kept"), min_value=1, max_value=365)
    local_lists = forms.BooleanField(
        label=gettext_lazy("Keep the cards on stations' local lists"),
        required=False,
        help_text=gettext_lazy("So that they are let in when a station has no connection."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [(str(place.uid), f"{place.name}, {place.address}") for place in queries.locations()]
        self.fields["auto_location"].choices = [("", "–"), *places]  # type: ignore[attr-defined]

    def wanted(self) -> actions.Policy:
        held = dict(self.cleaned_data)
        chosen = held.pop("auto_location")
        place = next((place for place in queries.locations() if str(place.uid) == chosen), None)
        return actions.Policy(**held, auto_location=place)


@login_required
@require_http_methods(["GET", "POST"])
def policy(request: HttpRequest) -> HttpResponse:
    """Read and change the rules; what to type into a new station."""
    if not can(person(request), "station.manage"):
        raise Forbidden()
    form = PolicyForm(request.POST) if request.method == "POST" else PolicyForm(initial=_initial())
    if form.is_bound and form.is_valid():
        try:
            actions.set_policy(wanted=form.wanted(), by=person(request), now=datetime.now(UTC))
            messages.success(request, _("The rules are saved."))
            return redirect("station_policy")
        except Refused as refusal:
            field = next((name for name in refusal.details if name in form.fields), None)
            form.add_error(field, str(refusal.details[field]) if field else sentence(refusal))
    context = {
        "form": form,
        "token": registration_token(brand(request)),
        "address": address_of_any(brand(request).schema_name),
    }
    return render(request, "stations/policy.html", context, status=422 if form.is_bound else 200)


def _initial() -> dict[str, Any]:
    row = queries.policy()
    names = ("least_profile", "auto_accept", "heartbeat_s", "log_days", "local_lists")
    place = str(row.auto_location.uid) if row.auto_location else ""
    return {**{name: getattr(row, name) for name in names}, "auto_location": place}
