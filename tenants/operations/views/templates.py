"""Configuration templates and drift."""

from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from saas.kit.errors import Forbidden, Refused
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.permissions import can

from .. import actions, configuring, queries
from ..models import ConfigurationTemplate
from .common import LIMIT, after, show, tried
from .forms import PlanForm, TemplateForm, lines_of


@login_required
@require_GET
def templates(request: HttpRequest) -> HttpResponse:
    """All templates with how many stations differ."""
    page = queries.template_page(viewer=person(request), after=after(request), limit=LIMIT)
    rows = [(row, queries.drift_counts(row)) for row in page.items]
    return show(request, "templates", rows=rows, page=page, working=any(drift["open"] for _row, drift in rows))


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    _may_manage(request)
    return _edited(request, None, TemplateForm(request.POST or None))


@login_required
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = queries.template(uid=uid, viewer=person(request))
    _may_manage(request)
    initial = {
        "name": found.name,
        "groups": [str(group.uid) for group in found.groups.all()],
        "v16": lines_of(found.values.get(configuring.V16, {})),
        "v201": lines_of(found.values.get(configuring.V201, {})),
    }
    return _edited(request, found, TemplateForm(request.POST or None, initial=initial))


@login_required
@require_GET
def template(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What it wants, and who differs since when."""
    found = queries.template(uid=uid, viewer=person(request))
    return _show(request, found, PlanForm(initial={"stages": "10, 100"}))


@login_required
@require_POST
def check(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = queries.template(uid=uid, viewer=person(request))
    act = partial(actions.check_now, template=found, by=person(request), now=datetime.now(UTC))
    return tried(request, act, _("The stations are asked now."), "configuration_template", uid)


@login_required
@require_POST
def fix(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A roll-out to the stations that differ, or to the one that is named."""
    found = queries.template(uid=uid, viewer=person(request))
    form = PlanForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, status=422)
    device = request.POST.get("device")
    try:
        made = actions.fix_drift(
            template=found, by=person(request), now=datetime.now(UTC), plan=form.plan(),
            device_ids=[device] if device else None,
        )  # fmt: skip
    except Refused as refusal:
        form.add_error(next((name for name in refusal.details if name in form.fields), None), sentence(refusal))
        return _show(request, found, form, status=refusal.status)
    return redirect("rollout", made.uid)


@login_required
@require_POST
def delete(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = queries.template(uid=uid, viewer=person(request))
    act = partial(actions.delete_template, template=found, by=person(request), now=datetime.now(UTC))
    return tried(request, act, _("The template is gone. Stations keep their values."), "configuration_templates")


def _show(request: HttpRequest, found: ConfigurationTemplate, form: PlanForm, status: int = 200) -> HttpResponse:
    drift = queries.drift_counts(found)
    drifting = request.GET.get("all") is None
    page = queries.check_page(template=found, drifting=drifting, after=after(request), limit=LIMIT)
    return show(
        request, "template", status=status, template=found, drift=drift, page=page, form=form, drifting=drifting,
        working=bool(drift["open"]),
    )  # fmt: skip


def _edited(request: HttpRequest, found: ConfigurationTemplate | None, form: TemplateForm) -> HttpResponse:
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        wanted = actions.WantedTemplate(name=form.cleaned_data["name"], values=form.values(), groups=form.chosen())
        act = actions.create_template if found is None else partial(actions.change_template, template=found)
        try:
            made = act(wanted=wanted, by=person(request), now=datetime.now(UTC))
            return redirect("configuration_template", made.uid)
        except Refused as refusal:
            form.add_error("name" if "name" in refusal.details else None, sentence(refusal))
            status = refusal.status
    return show(request, "template_form", status=status, template=found, form=form)


def _may_manage(request: HttpRequest) -> None:
    if not can(person(request), "station.manage"):
        raise Forbidden()
