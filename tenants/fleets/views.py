"""A fleet's roster: who drives what, its import, and what it charged."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Q, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from saas.kit.errors import Forbidden, Refused
from saas.web import words
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.models import Organisation
from tenants.accounts.permissions import can, organisations_of

from . import actions, queries
from .models import Vehicle


class VehicleForm(forms.Form):
    """One vehicle, in the words of the CSV template."""

    plate = forms.CharField(
        label=gettext_lazy("Licence plate"),
        max_length=16,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocapitalize": "characters", "autocomplete": "off"}),
    )
    make = forms.CharField(label=gettext_lazy("Make"), max_length=40, required=False)
    model = forms.CharField(label=gettext_lazy("Model"), max_length=40, required=False)
    battery_kwh = forms.DecimalField(label=gettext_lazy("Battery in kWh"), min_value=0, max_value=2000, required=False)
    connector = forms.ChoiceField(
        label=gettext_lazy("Plug"), required=False, choices=[("", "–"), *words.CONNECTORS.items()]
    )
    driver_email = forms.EmailField(
        label=gettext_lazy("Driver's e-mail"), required=False, help_text=gettext_lazy("Somebody with an account here.")
    )
    rfid = forms.CharField(
        label=gettext_lazy("RFID card"),
        max_length=36,
        required=False,
        widget=forms.TextInput(attrs={"dir": "ltr", "class": "mono"}),
    )


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    fleets = _fleets(request)
    if not fleets:
        raise Forbidden()
    return _show(request, _chosen(request, fleets), fleets)


def _fleets(request: HttpRequest) -> list[Organisation]:
    """Fleets and enterprises whose roster the person may see."""
    held = Organisation.objects.filter(kind__in=("fleet", "enterprise")).order_by("name")
    if can(person(request), "fleet.view"):
        return list(held)
    return list(held.filter(pk__in=organisations_of(person(request), "fleet.view")))


def _chosen(request: HttpRequest, fleets: list[Organisation]) -> Organisation:
    wanted = request.GET.get("fleet") or request.POST.get("fleet")
    return next((fleet for fleet in fleets if str(fleet.uid) == wanted), fleets[0])


def _show(
    request: HttpRequest, fleet: Organisation, fleets: list[Organisation], *, status: int = 200, **more: Any
) -> HttpResponse:
    page, search = _number(request.GET.get("page")), request.GET.get("search", "")[:80].replace("\x00", "")
    vehicles, pages = queries.charged(organisation=fleet, page=page, search=search)
    context = {
        "fleet": fleet,
        "fleets": fleets,
        "vehicles": vehicles,
        "page": min(page, pages),
        "pages": pages,
        "search": search,
        "total": _total(fleet),
        "form": more.pop("form", None) or VehicleForm(),
        "columns": actions.COLUMNS,
        "may_manage": can(person(request), "fleet.manage", Vehicle(organisation=fleet)),
    }
    return render(request, "fleets/fleet.html", context | more, status=status)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and text.isascii() and len(text) < 7 else 1


def _total(fleet: Organisation) -> dict[str, int]:
    """Through the reverse relation: sessions lie above fleets. Retired vehicles' sessions count too."""
    vehicles = Vehicle.objects.filter(organisation=fleet)
    sums: dict[str, int] = vehicles.aggregate(
        energy=Sum("session__energy_wh", default=0), count=Count("session", filter=Q(session__energy_wh__gt=0))
    )
    return sums | {"vehicles": vehicles.filter(active=True).count()}


def _managed(request: HttpRequest) -> tuple[Organisation, list[Organisation]]:
    fleets = _fleets(request)
    if not fleets:
        raise Forbidden()
    fleet = _chosen(request, fleets)
    return queries.fleet(uid=fleet.uid, viewer=person(request), permission="fleet.manage"), fleets


@login_required
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    fleet, fleets = _managed(request)
    form = VehicleForm(request.POST)
    if form.is_valid():
        cells = {name: "" if value is None else str(value) for name, value in form.cleaned_data.items()}
        try:
            vehicle = actions.save_vehicle(cells=cells, organisation=fleet, now=datetime.now(UTC))
            messages.success(request, _("%(plate)s is on the roster.") % {"plate": vehicle.plate})
            return redirect(f"/fleet/?fleet={fleet.uid}")
        except Refused as refusal:
            field = next((name for name in refusal.details if name in form.fields), None)
            form.add_error(field, sentence(refusal))
    return _show(request, fleet, fleets, form=form, adding=True, status=422)


@login_required
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """A CSV file; every row that does not fit is named, all others are in."""
    fleet, fleets = _managed(request)
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return _show(request, fleet, fleets, upload_error=_("Choose a file first."), status=422)
    if (file.size or 0) > actions.MOST_BYTES:
        return _show(request, fleet, fleets, upload_error=_("The file is larger than 2 MB."), status=413)
    try:
        outcome = actions.import_roster(organisation=fleet, data=file.read(), now=datetime.now(UTC))
    except Refused as refusal:
        return _show(request, fleet, fleets, upload_error=sentence(refusal), status=refusal.status)
    return _show(request, fleet, fleets, outcome=outcome, status=422 if outcome.errors else 200)


@login_required
@require_GET
def template(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        actions.template(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="roster.csv"'},
    )


@login_required
@require_POST
def retire(request: HttpRequest, uid: UUID) -> HttpResponse:
    fleet, _fleets_seen = _managed(request)
    vehicle = Vehicle.objects.filter(uid=uid, organisation=fleet).first()
    if vehicle is None:
        raise Http404
    actions.retire(vehicle=vehicle, now=datetime.now(UTC))
    messages.success(request, _("%(plate)s is off the roster. Its sessions stay.") % {"plate": vehicle.plate})
    return redirect(f"/fleet/?fleet={fleet.uid}")
