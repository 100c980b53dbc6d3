"""What the pages of maintenance share."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from saas.kit.errors import Forbidden, Refused
from saas.tenancy.here import brand
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.models import User
from tenants.accounts.permissions import can

LIMIT = 50
VIEW, MANAGE = "maintenance.view", "maintenance.manage"
TABS = (
    ("maintenance", _("Alerts"), "triangle-alert"),
    ("work_orders", _("Work orders"), "list"),
    ("outages", _("Outages"), "cloud-off"),
    ("risks", _("Predictions"), "activity"),
    ("silences", _("Silences"), "clock"),
    ("maintenance_rules", _("Rules"), "settings"),
    ("fault_codes", _("Fault codes"), "hash"),
)


def show(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    """A page with the tabs."""
    shared = {"tabs": TABS, "zone": brand(request).timezone, "may_manage": can(person(request), MANAGE)}
    return render(request, f"maintenance/{name}.html", shared | context, status=status)


def manager(request: HttpRequest) -> User:
    """Forbidden for who may only look."""
    user = person(request)
    if not can(user, MANAGE):
        raise Forbidden()
    return user


def tried(request: HttpRequest, act: Callable[[], object], done: object = "") -> bool:
    """Run an action; a refusal becomes a message on the next page."""
    try:
        act()
    except Refused as refusal:
        messages.error(request, sentence(refusal))
        return False
    if done:
        messages.success(request, str(done))
    return True


def after(request: HttpRequest) -> str | None:
    return request.GET.get("after") or None
