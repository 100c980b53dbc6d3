"""Reports: asking for one, watching it being made, taking the files."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from saas.kit.errors import Forbidden, Refused
from saas.kit.money import currency, round_minor
from saas.tenancy.here import brand
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.models import Organisation
from tenants.accounts.permissions import can, organisations_of

from . import actions, queries

KINDS = (
    ("esg", gettext_lazy("Charging and its emissions, for investors")),
    ("ghg", gettext_lazy("Greenhouse gas inventory (GHG Protocol)")),
    ("esrs_e1", gettext_lazy("Climate data points (ESRS E1)")),
    ("vsme_b3", gettext_lazy("Energy and emissions of a small company (VSME B3)")),
    ("fleet", gettext_lazy("Fleet: vehicles, sites, months")),
)
WORKING = ("queued", "running")


class ReportForm(forms.Form):
    """Whose, which days, in which language."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind of report"), choices=KINDS)
    organisation = forms.ChoiceField(label=gettext_lazy("About"), required=False)
    period_start = forms.DateField(
        label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last_day = forms.DateField(
        label=gettext_lazy("To, included"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    source = forms.ChoiceField(
        label=gettext_lazy("Which sessions"),
        choices=[
            ("all", gettext_lazy("All")),
            ("live", gettext_lazy("Charged here")),
            ("imported", gettext_lazy("Imported files")),
        ],
    )
    net_revenue = forms.DecimalField(
        label=gettext_lazy("Net revenue of the period"),
        required=False,
        min_value=Decimal("0.01"),
        max_digits=15,
        help_text=gettext_lazy("Only for ESRS E1 and VSME B3: emissions and energy per revenue."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of the report"), choices=settings.LANGUAGES)

    def __init__(self, *args: Any, organisations: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = organisations


@login_required
@require_http_methods(["GET", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """Reports that the person may read, and the form for a new one."""
    choices = _organisations(request)
    if not choices and not can(person(request), "report.view") and not organisations_of(person(request), "report.view"):
        raise Forbidden()
    form = ReportForm(request.POST or None, organisations=choices, initial=_usual(request))
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        try:
            _ask(request, form)
            messages.success(request, _("Asked for. It is made in the background; this page shows when it is ready."))
            return redirect("reports")
        except Refused as refusal:
            form.add_error(None, sentence(refusal))
            status = refusal.status
    page = queries.of_viewer(viewer=person(request), after=request.GET.get("after"))
    working = any(report.state in WORKING for report in page.items)
    return render(
        request,
        "energy/reports.html",
        {
            "form": form,
            "may_ask": bool(choices),
            "page": page,
            "reports": [(r, r.period_end - timedelta(days=1), dict(KINDS).get(r.kind, r.kind)) for r in page.items],
            "working": working,
        },
        status=status,
    )


def _organisations(request: HttpRequest) -> list[tuple[str, str]]:
    """Whom the person may ask a report about: the whole site first, where allowed."""
    everywhere = can(person(request), "report.request")
    rows = Organisation.objects.filter(kind__in=("fleet", "enterprise")).order_by("name")
    if not everywhere:
        rows = rows.filter(pk__in=organisations_of(person(request), "report.request"))
    whole = [("", _("The whole of %(name)s") % {"name": brand(request).name})] if everywhere else []
    return whole + [(str(row.uid), row.name) for row in rows]


def _usual(request: HttpRequest) -> dict[str, Any]:
    """The month so far."""
    today = datetime.now(UTC).astimezone(ZoneInfo(brand(request).timezone)).date()
    return {
        "period_start": date(today.year, today.month, 1),
        "last_day": today,
        "language": (translation.get_language() or "en").split("-")[0],
    }


def _ask(request: HttpRequest, form: ReportForm) -> None:
    held = form.cleaned_data
    actions.request_report(
        user=person(request),
        kind=held["kind"],
        organisation_uid=UUID(held["organisation"]) if held["organisation"] else None,
        period_start=held["period_start"],
        period_end=held["last_day"] + timedelta(days=1),
        language=held["language"],
        source=held["source"],
        net_revenue_minor=_minor(held["net_revenue"], brand(request).currency),
        now=datetime.now(UTC),
    )


def _minor(amount: Decimal | None, code: str) -> int | None:
    return None if amount is None else round_minor(Fraction(amount) * 10 ** currency(code).exponent)


@login_required
@require_GET
def file(request: HttpRequest, uid: UUID, kind: str) -> FileResponse:
    path, name = queries.file_of(uid=uid, kind=kind, viewer=person(request))
    media = queries.TYPES.get(kind, "application/octet-stream")
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=media)
