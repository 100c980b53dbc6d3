"""Pages of carbon: instruments, fuel, factors. A change replaces, a mistake is withdrawn, nothing is lost."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from saas.kit.errors import Forbidden, Refused
from saas.tenancy.here import brand
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.models import Organisation
from tenants.accounts.permissions import can

from . import actions, importing, quality, queries
from .forms import (
    BOUNDARY_WORDS,
    CRITERIA,
    FACTOR_KINDS,
    FUEL_WORDS,
    KINDS,
    SOURCES,
    FactorForm,
    FuelForm,
    InstrumentForm,
    of_factor,
    of_instrument,
)
from .models import Entered, Factor, FuelEntry, Instrument

E = TypeVar("E", bound=Entered)
ROWS: dict[str, type[Entered]] = {"instruments": Instrument, "fuel": FuelEntry, "factors": Factor}
_ONE = timedelta(days=1)


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Instruments, and whether each counts."""
    rows = [
        {"row": row, "kind": KINDS[row.kind], "energy": SOURCES[row.energy_source], "last": row.valid_to - _ONE,
         "grams": row.mg_per_kwh / 1000, "missing": [_lacking(name) for name in quality.missing(row)]}
        for row in _page(request, Instrument)
    ]  # fmt: skip
    return _shown(request, "carbon/instruments.html", rows=rows, here="instruments")


@login_required
@require_http_methods(["GET", "POST"])
def new_instrument(request: HttpRequest) -> HttpResponse:
    form = InstrumentForm(request.POST or None, whose=_whose(request))

    def save() -> Instrument:
        return actions.enter_instrument(wanted=form.wanted(), organisation=_organisation(request, form), **_by(request))

    return _entry(request, form, save, "carbon", title=_("New instrument"))


@login_required
@require_http_methods(["GET", "POST"])
def replace_instrument(request: HttpRequest, uid: UUID) -> HttpResponse:
    old = _managed(request, Instrument, uid)
    name = old.organisation.name if old.organisation else brand(request).name
    whose = [(str(old.organisation.uid) if old.organisation else "", name)]
    form = InstrumentForm(request.POST or None, whose=whose, initial=of_instrument(old))

    def save() -> Instrument:
        return actions.enter_instrument(
            wanted=form.wanted(), organisation=old.organisation, replaces=old, **_by(request)
        )

    return _entry(request, form, save, "carbon", title=old.name)


@login_required
@require_http_methods(["GET", "POST"])
def fuel(request: HttpRequest) -> HttpResponse:
    """Fuel entries, one by one or as a sheet."""
    form = _fuel_form(request)
    if request.method == "POST" and form.is_valid():
        try:
            actions.enter_fuel(wanted=form.wanted(), organisation=_organisation(request, form), **_by(request))
            messages.success(request, _("Entered."))
            return redirect("carbon_fuel")
        except Refused as refusal:
            _tell(form, refusal)
    return _fuel(request, form=form, status=422 if form.is_bound else 200)


@login_required
@require_POST
def import_fuel(request: HttpRequest) -> HttpResponse:
    """A CSV file; every row that does not fit is named, all others are in."""
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return _fuel(request, upload_error=_("Choose a file first."), status=422)
    if (file.size or 0) > importing.MOST_BYTES:
        return _fuel(request, upload_error=_("The file is larger than 2 MB."), status=413)
    whose = request.POST.get("organisation") or None
    try:
        organisation = queries.organisation(uid=_uid(whose), viewer=person(request))
        outcome = importing.import_fuel(
            data=file.read(), organisation=organisation, country=brand(request).country, **_by(request)
        )
    except Refused as refusal:
        return _fuel(request, upload_error=sentence(refusal), status=refusal.status)
    return _fuel(request, outcome=outcome, status=422 if outcome.errors else 200)


@login_required
@require_GET
def fuel_template(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        importing.template(), content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="fuel.csv"'},
    )  # fmt: skip


@login_required
@require_GET
def factors(request: HttpRequest) -> HttpResponse:
    """Factors of one's own, and which counts where."""
    rows = [
        {"row": row, "kind": FACTOR_KINDS[row.kind], "boundary": BOUNDARY_WORDS[row.boundary_kind],
         "of": FUEL_WORDS.get(row.activity, _("Electricity")), "last": row.valid_to - _ONE}
        for row in _page(request, Factor)
    ]  # fmt: skip
    return _shown(
        request, "carbon/factors.html", rows=rows, here="factors", may_add=can(person(request), queries.MANAGE)
    )


@login_required
@require_http_methods(["GET", "POST"])
def new_factor(request: HttpRequest) -> HttpResponse:
    if not can(person(request), queries.MANAGE):
        raise Forbidden()
    form = FactorForm(request.POST or None)
    title = _("New factor")
    return _entry(request, form, lambda: actions.enter_factor(wanted=form.wanted(), **_by(request)), "carbon_factors",
                  title=title)  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def replace_factor(request: HttpRequest, uid: UUID) -> HttpResponse:
    old = _managed(request, Factor, uid)
    form = FactorForm(request.POST or None, initial=of_factor(old))
    title = _("New version of a factor")
    return _entry(
        request, form, lambda: actions.enter_factor(wanted=form.wanted(), replaces=old, **_by(request)),
        "carbon_factors", title=title,
    )  # fmt: skip


@login_required
@require_POST
def withdraw(request: HttpRequest, kind: str, uid: UUID) -> HttpResponse:
    if kind not in ROWS:
        raise Http404
    row = _managed(request, ROWS[kind], uid)
    try:
        actions.withdraw(row=row, **_by(request))
        messages.success(request, _("Withdrawn. Reports that were made with it stay as they are."))
    except Refused as refusal:
        messages.error(request, sentence(refusal))
    return redirect({"instruments": "carbon", "fuel": "carbon_fuel", "factors": "carbon_factors"}[kind])


def _entry(request: HttpRequest, form: Any, save: Callable[[], Entered], back: str, *, title: str) -> HttpResponse:
    """A form on a page of its own; saved, back to the list."""
    if request.method == "POST" and form.is_valid():
        try:
            save()
            messages.success(request, _("Saved. The dashboards count it from the next reckoning on."))
            return redirect(back)
        except Refused as refusal:
            _tell(form, refusal)
    status = 422 if form.is_bound else 200
    return render(request, "carbon/entry.html", {"form": form, "title": title, "back": back}, status=status)


def _tell(form: forms.Form, refusal: Refused) -> None:
    """A refusal beside the fields that it names."""
    renamed = {"valid_to": "last_day", "produced_to": "produced_last", "volume_wh": "volume_kwh",
               "mg_per_kwh": "g_per_kwh", "volume_ml": "litres", "end_day": "last_day"}  # fmt: skip
    told = False
    for name, message in refusal.details.items():
        field = renamed.get(name, name)
        if field in form.fields:
            form.add_error(field, str(message))
            told = True
    if not told:
        form.add_error(None, sentence(refusal))


def _fuel(request: HttpRequest, *, form: FuelForm | None = None, status: int = 200, **more: Any) -> HttpResponse:
    rows = [
        {"row": row, "fuel": FUEL_WORDS[row.fuel], "litres": row.volume_ml / 1000, "last": row.end_day - _ONE}
        for row in _page(request, FuelEntry)
    ]
    context = {"form": form or _fuel_form(request, bound=False), "whose": _whose(request), "columns": importing.COLUMNS,
               "here": "fuel"}  # fmt: skip
    return _shown(request, "carbon/fuel.html", rows=rows, status=status, **context, **more)


def _fuel_form(request: HttpRequest, *, bound: bool = True) -> FuelForm:
    initial = {"country": brand(request).country}
    return FuelForm((request.POST or None) if bound else None, whose=_whose(request), initial=initial)


def _shown(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    if not queries.may_look(person(request)):
        raise Forbidden()
    held = {"may_manage": queries.may_enter(person(request)), "next": getattr(request, "next_page", None)}
    return render(request, template, held | context, status=status)


def _page(request: HttpRequest, kind: type[E]) -> list[E]:
    page = queries.page_of(kind, viewer=person(request), after=request.GET.get("after"))
    request.next_page = page.next  # type: ignore[attr-defined]
    return list(page.items)


def _managed(request: HttpRequest, kind: type[E], uid: UUID) -> E:
    """404 unless the person may change it."""
    return queries.get(kind, uid=uid, viewer=person(request), permission=queries.MANAGE)


def _whose(request: HttpRequest) -> list[tuple[str, str]]:
    """Whom the person may enter for: the tenant itself first, where allowed."""
    rows: list[Organisation] = queries.organisations(viewer=person(request))
    whole = [("", brand(request).name)] if can(person(request), queries.MANAGE) else []
    return whole + [(str(row.uid), row.name) for row in rows]


def _organisation(request: HttpRequest, form: forms.Form) -> Organisation | None:
    return queries.organisation(uid=_uid(form.cleaned_data["organisation"]), viewer=person(request))


def _uid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Http404 from None


def _by(request: HttpRequest) -> dict[str, Any]:
    return {"by": person(request), "now": datetime.now(UTC)}


def _lacking(name: str) -> str:
    """What keeps an instrument from counting, in words."""
    if name == "vintage":
        return _("Its production does not lie in the year before, or in, the period that it covers.")
    return str(CRITERIA[name])
