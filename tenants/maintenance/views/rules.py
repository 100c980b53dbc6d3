"""Silences, escalation, thresholds, and what codes mean."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from saas.contracts import faults
from saas.kit.pagination import newest_first
from saas.tenancy.here import brand
from tenants.accounts.here import person

from ..actions import settings
from ..forms import RuleForm, SilenceForm, ThresholdsForm, VendorCodeForm
from ..models import Silence, VendorCode
from ..queries import rules as queries
from ..queries.alerts import may_see
from .common import LIMIT, after, manager, show, tried


@login_required
@require_http_methods(["GET", "POST"])
def silences(request: HttpRequest) -> HttpResponse:
    """Times in which nobody is told; a new one."""
    may_see(person(request))
    now, zone = datetime.now(UTC), brand(request).timezone
    form = SilenceForm(request.POST or None, zone=zone)
    if not form.is_bound:
        form.initial = {"starts_at": form.wall(now), "ends_at": form.wall(now + timedelta(hours=2))}
    if form.is_bound and form.is_valid():
        user, said = manager(request), form.cleaned_data
        starts_at, ends_at = form.moment("starts_at"), form.moment("ends_at")
        assert starts_at is not None and ends_at is not None
        act = partial(
            settings.add_silence, starts_at=starts_at, ends_at=ends_at, reason=said["reason"], code=said["code"],
            planned=said["planned"], evse=said["evse"], location=said["site"], group=said["group"], by=user, now=now,
        )  # fmt: skip
        if tried(request, act, _("Saved.")):
            return redirect("silences")
    rows = Silence.objects.select_related("location", "evse__listing", "evse__location", "group", "by")
    page = newest_first(rows, after=after(request), limit=LIMIT)
    status = 422 if form.is_bound else 200
    return show(request, "silences", status=status, page=page, form=form, now=now, adding=form.is_bound)


@login_required
@require_POST
def end_silence(request: HttpRequest, uid: UUID) -> HttpResponse:
    user = manager(request)
    row = queries.find_silence(uid=uid, viewer=user)
    tried(request, partial(settings.end_silence, silence=row, by=user, now=datetime.now(UTC)), _("It is over."))
    return redirect("silences")


@login_required
@require_http_methods(["GET", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """Who is written to, and from when on something is an alert."""
    may_see(person(request))
    posted = request.POST if request.method == "POST" else None
    which = request.POST.get("form", "")
    form = RuleForm(posted if which == "rule" else None)
    held = ThresholdsForm.initial_of(queries.policy())
    limits = ThresholdsForm(posted if which == "limits" else None, initial=held)
    now = datetime.now(UTC)
    act: Callable[[], object] | None = None
    if form.is_bound and form.is_valid():
        act = partial(settings.add_rule, **form.cleaned_data, by=manager(request), now=now)
    elif limits.is_bound and limits.is_valid():
        act = partial(settings.set_policy, wanted=limits.wanted(), by=manager(request), now=now)
    if act is not None and tried(request, act, _("Saved.")):
        return redirect("maintenance_rules")
    status = 422 if form.is_bound or limits.is_bound else 200
    return show(request, "rules", status=status, form=form, limits=limits, rules=queries.escalation()[:100])


@login_required
@require_POST
def remove_rule(request: HttpRequest, uid: UUID) -> HttpResponse:
    user = manager(request)
    row = queries.find_rule(uid=uid, viewer=user)
    tried(request, partial(settings.remove_rule, rule=row, by=user, now=datetime.now(UTC)), _("Removed."))
    return redirect("maintenance_rules")


@login_required
@require_http_methods(["GET", "POST"])
def fault_codes(request: HttpRequest) -> HttpResponse:
    """What every code means: ChargeX, OCPP, our adapters, and this brand's own list of vendors' codes."""
    may_see(person(request))
    form = VendorCodeForm(request.POST or None)
    if form.is_bound and form.is_valid():
        user = manager(request)
        act = partial(settings.add_vendor_code, **form.cleaned_data, by=user, now=datetime.now(UTC))
        if tried(request, act, _("Saved.")):
            return redirect("fault_codes")
    page = newest_first(VendorCode.objects.all(), after=after(request), limit=LIMIT)
    status = 422 if form.is_bound else 200
    return show(request, "codes", status=status, page=page, form=form, source=faults.MREC_SOURCE, **_vocabulary())


@login_required
@require_POST
def remove_vendor_code(request: HttpRequest, uid: UUID) -> HttpResponse:
    user = manager(request)
    row = queries.find_vendor_code(uid=uid, viewer=user)
    tried(request, partial(settings.remove_vendor_code, row=row, by=user, now=datetime.now(UTC)), _("Removed."))
    return redirect("fault_codes")


def _vocabulary() -> dict[str, object]:
    tables = (
        (_("Adapters"), faults.ADAPTER),
        ("OCPP 1.6", faults.OCPP16),
        (
            "OCPP 2.0.1",
            {f"{component or '*'}.{variable}": fault for (component, variable), fault in faults.EVENTS.items()},
        ),
        (_("Security events"), faults.SECURITY),
        (_("Ends of transactions"), faults.STOPS),
        (_("Noticed by the platform"), faults.PLATFORM),
    )
    shown = [(name, [(code, fault) for code, fault in table.items() if fault]) for name, table in tables]
    return {"mrecs": list(faults.MREC.items()), "tables": shown}
