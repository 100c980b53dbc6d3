"""Pages of one's own account, and of who may become a driver."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from saas.kit.errors import Refused
from saas.tenancy.here import brand
from saas.web.refusals import sentence

from . import identity
from .here import person
from .models import User
from .permissions import can


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person may change of themselves."""

    class Meta:
        model = User
        fields = ("name", "phone", "language")
        labels: ClassVar = {
            "name": gettext_lazy("Name"),
            "phone": gettext_lazy("Phone"),
            "language": gettext_lazy("Language"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"] = forms.ChoiceField(
            label=gettext_lazy("Language"),
            required=False,
            choices=[("", gettext_lazy("As the site")), *settings.LANGUAGES],
        )
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["phone"].widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "dir": "ltr"})


class IdentityForm(forms.Form):
    """What the check asks of drivers."""

    name = forms.CharField(
        label=gettext_lazy("Name as in your driving licence"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    licence_plate = forms.CharField(
        label=gettext_lazy("Licence plate"),
        max_length=16,
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "dir": "ltr", "autocomplete": "off"}),
    )
    vehicle_type = forms.CharField(
        label=gettext_lazy("Vehicle"), max_length=60, help_text=gettext_lazy("Make and model, such as Kia e-Niro.")
    )


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=person(request))
    if request.method == "POST" and form.is_valid():
        user = form.save()
        messages.success(request, _("Saved."))
        answer = redirect("profile")
        if user.language:
            answer.set_cookie(
                settings.LANGUAGE_COOKIE_NAME, user.language, max_age=31_536_000, samesite="Lax", secure=settings.SECURE
            )
        return answer
    return render(request, "accounts/profile.html", {"form": form}, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """The identity check: form, or where it stands."""
    user = person(request)
    back = _safe(request, request.POST.get("next") or request.GET.get("next") or "")
    form = IdentityForm(request.POST or None, initial={name: getattr(user, name) for name in IdentityForm.base_fields})
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        try:
            identity.submit(user=user, now=datetime.now(UTC), **form.cleaned_data)
            messages.success(request, _("Thank you. We check it and tell you here."))
            return redirect(f"{request.path}?{urlencode({'next': back})}" if back else "identity")
        except Refused as refusal:
            form.add_error(None, sentence(refusal))
            status = refusal.status
    return render(
        request,
        "accounts/identity.html",
        {"form": form, "next": back, "open": user.identity in ("none", "refused")},
        status=status,
    )


def _safe(request: HttpRequest, address: str) -> str:
    return address if url_has_allowed_host_and_scheme(address, {request.get_host()}) else ""


@login_required
@require_GET
def reviews(request: HttpRequest) -> HttpResponse:
    """Open identity checks, for whom may decide them."""
    people = identity.waiting(viewer=person(request))
    return render(request, "accounts/reviews.html", {"people": people, "console": can(person(request), "station.view")})


@login_required
@require_POST
def decide(request: HttpRequest, uid: UUID) -> HttpResponse:
    accept = request.POST.get("decision") == "accept"
    try:
        decided = identity.decide(user_uid=uid, accept=accept, by=person(request), now=datetime.now(UTC))
        messages.success(
            request,
            _("%(name)s is verified.") % {"name": decided}
            if accept
            else _("%(name)s was not accepted.") % {"name": decided},
        )
    except identity.AlreadyDecided as refusal:
        messages.error(request, sentence(refusal))
    return redirect("reviews")


@require_GET
def terms(request: HttpRequest) -> HttpResponse:
    return _legal(request, _("Terms"), brand(request).terms)


@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    return _legal(request, _("Privacy"), brand(request).privacy)


def _legal(request: HttpRequest, title: str, text: str) -> HttpResponse:
    return render(request, "accounts/legal.html", {"title": title, "text": text})
