"""What the operations pages share."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from saas.kit.errors import Refused
from saas.tenancy.here import brand
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.permissions import can

LIMIT = 50


def show(request: HttpRequest, name: str, /, *, status: int = 200, **context: Any) -> HttpResponse:
    """A page with what every one of them needs."""
    user = person(request)
    rights = {"may_manage": can(user, "station.manage"), "may_command": can(user, "station.command")}
    zone = brand(request).timezone
    return render(request, f"operations/{name}.html", {**rights, "zone": zone, **context}, status=status)


def tried(request: HttpRequest, act: Callable[[], object], done: str, to: str, *where: Any) -> HttpResponse:
    """Do it, say so or why not, and go back to the page."""
    try:
        act()
        messages.success(request, done)
    except Refused as refusal:
        messages.error(request, sentence(refusal))
    return redirect(to, *where)


def after(request: HttpRequest) -> str | None:
    """The cursor of the page that is asked for."""
    return request.GET.get("after") or None
