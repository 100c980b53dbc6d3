"""Claiming an adapter, and the page of one device."""

from collections.abc import Callable
from datetime import UTC, datetime

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from saas.devices.models import Device
from saas.kit.errors import NotFound, Refused
from saas.tenancy.here import brand
from saas.web.refusals import sentence
from tenants.accounts.here import person
from tenants.accounts.models import User
from tenants.accounts.permissions import can

from . import actions, queries

OFFER = "offer"  # where the steps of an offer are kept, see tenants.marketplace.views.hosting
CODE = forms.TextInput(
    attrs={"dir": "ltr", "class": "mono", "autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
)


class ClaimForm(forms.Form):
    """What the sticker says."""

    code = forms.CharField(
        label=gettext_lazy("Code of the adapter"),
        min_length=8,
        max_length=200,
        widget=CODE,
        help_text=gettext_lazy("Eight letters and digits on the sticker, beside the QR code."),
    )


@login_required
@require_http_methods(["GET", "POST"])
def claim(request: HttpRequest) -> HttpResponse:
    """Scan or type the code. Back to the offer that waits for an adapter, where there is one."""
    form = ClaimForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            device = actions.claim(code=form.cleaned_data["code"], by=person(request), now=datetime.now(UTC))
        except Refused as refusal:
            form.add_error("code", sentence(refusal))
            status = refusal.status
        else:
            messages.success(request, _("The adapter is yours. It connects within seconds."))
            return _onwards(request, device)
    offering = OFFER in request.session
    return render(request, "adapters/claim.html", {"form": form, "offering": offering}, status=status)


def _onwards(request: HttpRequest, device: Device) -> HttpResponse:
    saved = request.session.get(OFFER, {})
    saved["adapter"] = {"device_id": device.device_id}
    request.session[OFFER] = saved
    return redirect("host_step", "place") if "charger" in saved else redirect("host_new")


@never_cache
@login_required
@require_GET
def device(request: HttpRequest, device_id: str) -> HttpResponse:
    """What is known of it, and what may be done with it."""
    return _page(request, device_id)


def _page(request: HttpRequest, device_id: str, secret: str | None = None) -> HttpResponse:
    viewer = person(request)
    found = queries.get(device_id=device_id, viewer=viewer)
    manages = can(viewer, "station.manage")
    context = {
        "device": found,
        "evse": queries.evse_of(found),
        "commands": queries.recent_commands(found),
        "since": found.secret_at or found.created_at,
        "adapter": found.kind == Device.Kind.ADAPTER,
        "manages": manages,
        "releases": found.kind == Device.Kind.ADAPTER and (manages or queries.owns(viewer, found)),
        "secret": secret,
        "zone": brand(request).timezone,
        "back": "/console/" if can(viewer, "station.view") else "/host/",
    }
    return render(request, "adapters/device.html", context)


def _rotate(device_id: str, by: User, now: datetime) -> str:
    actions.rotate(device_id=device_id, by=by, now=now)
    return _("The device is told its new password and changes over by itself, within a day.")


def _revoke(device_id: str, by: User, now: datetime) -> str:
    actions.revoke(device_id=device_id, by=by, now=now)
    return _("Shut out. It is disconnected within seconds.")


def _restore(device_id: str, by: User, now: datetime) -> str:
    actions.restore(device_id=device_id, by=by, now=now)
    return _("Let in again.")


def _release(device_id: str, by: User, now: datetime) -> str:
    actions.release(device_id=device_id, by=by, now=now)
    return _("Released. Whoever has it next may claim it.")


CHANGES: dict[str, Callable[[str, User, datetime], str]] = {
    "rotate": _rotate,
    "revoke": _revoke,
    "restore": _restore,
    "release": _release,
}


@never_cache
@login_required
@require_POST
def change(request: HttpRequest, device_id: str, act: str) -> HttpResponse:
    """One of the buttons. A password that is shown once is shown in the answer itself, and nowhere kept."""
    now, by = datetime.now(UTC), person(request)
    try:
        if act == "replace":
            return _page(request, device_id, actions.rotate(device_id=device_id, by=by, now=now, immediately=True))
        if act not in CHANGES:
            raise Http404
        messages.success(request, CHANGES[act](device_id, by, now))
    except NotFound:
        raise
    except Refused as refusal:
        messages.error(request, sentence(refusal))
    else:
        if act == "release":
            return redirect("/console/" if can(by, "station.view") else "/host/")
    return redirect("device", device_id)
