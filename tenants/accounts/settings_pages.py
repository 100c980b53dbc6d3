"""`/settings/`: where owners finish their brand, their team looks after itself, and auditors read what was changed."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from saas.kit.errors import Forbidden, Invalid, Refused
from saas.tenancy import actions as tenancy
from saas.tenancy.brand import COLOUR, clean_logo
from saas.tenancy.here import brand
from saas.tenancy.models import Tenant
from saas.web import icons
from saas.web.basemaps import CREDIT, base_map
from saas.web.contrast import looks
from saas.web.refusals import sentence

from . import audit, branding, roles, team
from .here import person
from .permissions import can
from .settings_forms import BrandForm, InviteForm, OrganisationForm, RoleForm

MANAGE, LOG = "brand.manage", "audit.view"
# Parts of the settings as their page names them, and the right that each needs.
PARTS = {"may_brand": MANAGE, "may_team": "member.manage", "may_prices": "price.manage", "may_log": LOG}


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """What of the settings this person may open."""
    user = person(request)
    may = {name: can(user, right) for name, right in PARTS.items()}
    if not any(may.values()):
        raise Forbidden()
    return render(request, "accounts/settings.html", may)


@login_required
@require_http_methods(["GET", "POST"])
def brand_page(request: HttpRequest) -> HttpResponse:
    """The brand in one form."""
    if not can(person(request), MANAGE):
        raise Forbidden()
    tenant = Tenant.objects.get(pk=brand(request).pk)
    form = BrandForm(request.POST or None, request.FILES or None, tenant=tenant, locked=tenancy.currency_locked())
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        refusal = _try(form, lambda: branding.change(by=person(request), now=datetime.now(UTC), **form.changes()))
        if refusal is None:
            messages.success(request, _("Saved. Your site has changed already."))
            return redirect("settings_brand")
        status = refusal.status
    context = {"form": form, "base": base_map(tenant.map_latitude, tenant.map_longitude), "credit": CREDIT}
    return render(request, "accounts/settings_brand.html", context | _look(tenant, form), status=status)


@login_required
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """The preview of colours and logo that are not saved yet, as a fragment."""
    if not can(person(request), MANAGE):
        raise Forbidden()
    form = BrandForm(request.POST, request.FILES, tenant=brand(request), locked=True)
    form.is_valid()
    return render(request, "accounts/look.html", _look(brand(request), form))


def _look(tenant: Tenant, form: BrandForm) -> dict[str, Any]:
    """What the preview shows: the form's values where they fit, else those that hold."""

    def value(name: str) -> str:
        return str(form.data.get(name, "") if form.is_bound else getattr(tenant, name))

    colours = {
        name: value(name) if COLOUR.fullmatch(value(name)) else getattr(tenant, name)
        for name in ("colour_primary", "colour_accent")
    }
    held = getattr(form, "cleaned_data", {})
    svg = held.get("logo_file") or held.get("logo_svg", "") if form.is_bound else clean_logo(tenant.logo_svg)
    drawn = base64.b64encode((svg or icons.svg(colours["colour_primary"])).encode()).decode()
    return {
        "looks": looks(colours["colour_primary"], colours["colour_accent"]),
        "colours": colours,
        "look_name": value("name") or tenant.name,
        "look_logo": f"data:image/svg+xml;base64,{drawn}",
        "logo_errors": [*form["logo_file"].errors, *form["logo_svg"].errors] if form.is_bound else [],
    }


@login_required
@require_http_methods(["GET", "POST"])
def team_page(request: HttpRequest) -> HttpResponse:
    """Members with their roles, and the invitation."""
    user = person(request)
    known = team.choices(viewer=user)
    form = InviteForm(request.POST or None, organisations=known, giver=user)
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        refusal = _try(form, lambda: team.invite(by=user, now=datetime.now(UTC), **form.cleaned_data))
        if refusal is None:
            messages.success(request, _("%(email)s has mail from you.") % {"email": form.cleaned_data["email"]})
            return redirect("settings_team")
        status = refusal.status
    page = team.members(viewer=user, after=request.GET.get("after"))
    people = [(one, [_held(user, m) for m in one.memberships.all()]) for one in page.items]
    more = RoleForm(organisations=known, giver=user, auto_id=False)
    context = {"form": form, "people": people, "next": page.next, "more": more, "after": request.GET.get("after")}
    return render(request, "accounts/settings_team.html", context, status=status)


def _held(viewer: Any, held: Any) -> dict[str, object]:
    return {
        "role": held.role,
        "organisation": held.organisation.uid if held.organisation else "",
        "word": roles.word(held.role, held.organisation),
        "mine": roles.may_give(viewer, held.role, held.organisation),
    }


@login_required
@require_POST
def give(request: HttpRequest, uid: UUID) -> HttpResponse:
    user = person(request)
    form = RoleForm(request.POST, organisations=team.choices(viewer=user), giver=user)
    if not form.is_valid():
        messages.error(request, _("Choose a role that is in the list."))
    elif refusal := _try(form, lambda: team.give(user_uid=uid, by=user, now=datetime.now(UTC), **form.cleaned_data)):
        messages.error(request, _told(refusal))
    else:
        messages.success(request, _("Saved."))
    return redirect("settings_team")


@login_required
@require_POST
def take(request: HttpRequest, uid: UUID) -> HttpResponse:
    user, of = person(request), request.POST.get("organisation", "")
    try:
        organisation = UUID(of) if of else None
        role = request.POST.get("role", "")
        team.take(user_uid=uid, role=role, organisation=organisation, by=user, now=datetime.now(UTC))
        messages.success(request, _("The role is taken away."))
    except ValueError:
        messages.error(request, _("Choose a role that is in the list."))
    except Refused as refusal:
        if refusal.status == 404 or refusal.code == "forbidden":
            raise
        messages.error(request, _told(refusal))
    return redirect("settings_team" if can(user, "member.manage") else "profile")


@login_required
@require_http_methods(["GET", "POST"])
def organisations_page(request: HttpRequest) -> HttpResponse:
    """Fleets, enterprises, business hosts and partners."""
    user = person(request)
    page = team.organisations(viewer=user, after=request.GET.get("after"))
    form = OrganisationForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        refusal = _try(form, lambda: team.add_organisation(by=user, now=datetime.now(UTC), **form.cleaned_data))
        if refusal is None:
            messages.success(request, _("Saved. Now give people roles in it."))
            return redirect("settings_organisations")
        status = refusal.status
    shown = [(one, roles.KINDS[one.kind]) for one in page.items]  # type: ignore[index]
    context = {"form": form, "shown": shown, "next": page.next, "after": request.GET.get("after")}
    return render(request, "accounts/settings_organisations.html", context, status=status)


@login_required
@require_GET
def audit_page(request: HttpRequest) -> HttpResponse:
    """Who changed what, newest first."""
    page = audit.entries(viewer=person(request), after=request.GET.get("after"))
    entries = [(one, audit.word(one.act), audit.details(one)) for one in page.items]
    context = {
        "entries": entries,
        "next": page.next,
        "after": request.GET.get("after"),
        "zone": brand(request).timezone,
    }
    return render(request, "accounts/settings_audit.html", context)


def _try(form: forms.Form, act: Callable[[], object]) -> Refused | None:
    """Do it. A refusal that the person can mend becomes an error of the form, by field where it names one."""
    try:
        act()
    except Refused as refusal:
        if refusal.status == 404 or refusal.code == "forbidden":
            raise
        named = {name: text for name, text in refusal.details.items() if name in form.fields}
        for name, text in named.items() if isinstance(refusal, Invalid) else ():
            form.add_error(name, " ".join(text) if isinstance(text, list) else _(str(text)))
        if not (named and isinstance(refusal, Invalid)):
            form.add_error(None, _told(refusal))
        return refusal
    return None


def _told(refusal: Refused) -> str:
    words = {
        "last_owner": _("A brand keeps at least one owner who can log in. Make somebody else an owner first."),
        "beyond_yourself": _("Nobody gives or takes a role that opens more than their own. Ask an owner."),
        "mail_down": _("The mail could not be sent, so nobody was invited. Try again in a minute."),
        "too_many_requests": _("These are too many invitations at once. Try again in an hour."),
        "currency_locked": _(
            "It stays: something was priced or booked in it, and amounts that people agreed to are never converted."
        ),
    }
    return words.get(refusal.code) or sentence(refusal)
