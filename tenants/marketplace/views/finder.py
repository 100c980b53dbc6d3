"""The driver's home: map and list. The list is one fragment; the map's markers are read from it."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from saas.kit.errors import Invalid
from saas.kit.money import currency
from saas.tenancy.here import brand
from saas.tenancy.models import Tenant
from saas.web import words
from saas.web.basemaps import CREDIT, base_map

from .. import queries

LIST = 60


class Filters(forms.Form):
    """What a driver may ask for. Every field may be empty; what does not fit is left out and said."""

    bbox = forms.CharField(required=False, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)
    lng = forms.FloatField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)
    connector = forms.ChoiceField(
        required=False, label=_("Plug"), choices=[("", _("Any plug")), *words.CONNECTORS.items()]
    )
    power = forms.TypedChoiceField(required=False, label=_("Power"), coerce=int, empty_value=None)
    price = forms.DecimalField(
        required=False, min_value=0, max_digits=12, decimal_places=2, label=_("At most, for an hour")
    )
    day = forms.DateTimeField(
        required=False, label=_("Free from"), input_formats=["%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    minutes = forms.TypedChoiceField(required=False, label=_("For"), coerce=int, empty_value=None)
    radius = forms.TypedChoiceField(required=False, label=_("Within"), coerce=int, empty_value=None)
    amenities = forms.MultipleChoiceField(
        required=False, choices=[(key, word) for key, (_icon, word) in words.AMENITIES.items()]
    )
    order = forms.ChoiceField(
        required=False, label=_("Sort by"),
        choices=[("distance", _("Nearest first")), ("price", _("Cheapest first")), ("rating", _("Best rated first"))],
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "filter_%s"
        self._choices("power", _("Any power"), [(kw, f"≥ {words.power(kw * 1000)}") for kw in (7, 11, 22, 50, 150)])
        self._choices("minutes", _("Any length"), [(m, words.duration(m)) for m in (15, 30, 60, 120, 240, 480)])
        self._choices("radius", _("Any distance"), [(m, words.distance(m)) for m in (500, 1000, 3000, 10000, 30000)])

    def _choices(self, name: str, empty: Any, choices: list[tuple[int, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", empty), *choices]


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Map and list; without JavaScript or WebGL the list and its filters still work."""
    tenant = brand(request)
    base = base_map(tenant.map_latitude, tenant.map_longitude)
    context = found(request) | {"map": tenant, "credit": CREDIT, "base": base, "style": settings.TILES_URL}
    context |= {"region_url": static(f"web/map/{base.name}.json")}
    context |= {"streets_url": static(f"web/map/{base.streets}.json") if base.streets else ""}
    return render(request, "marketplace/home.html", context)


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The list alone, for the map's viewport."""
    return render(request, "marketplace/spots.html", found(request))


def found(request: HttpRequest) -> dict[str, Any]:
    """The search that the address asks for, and its form."""
    form = Filters(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    page = queries.search(viewer=request.user, now=datetime.now(UTC), limit=LIST, **_criteria(asked, brand(request)))
    active = sum(1 for name in ("connector", "power", "price", "day", "minutes", "radius") if asked.get(name))
    return {"filters": form, "page": page, "asked": asked, "active": active + len(asked.get("amenities") or ())}


def _criteria(asked: dict[str, Any], tenant: Tenant) -> dict[str, Any]:
    here = asked.get("lat") is not None and asked.get("lng") is not None
    near = (asked["lat"], asked["lng"]) if here else (tenant.map_latitude, tenant.map_longitude)
    price = asked.get("price")
    return {
        "bbox": _box(asked.get("bbox") or ""),
        "near": near,
        "radius_m": asked.get("radius"),
        "connector": asked.get("connector") or None,
        "power_w": asked["power"] * 1000 if asked.get("power") else None,
        "max_price_minor": int(price.scaleb(currency(tenant.currency).exponent)) if price is not None else None,
        "amenities": asked.get("amenities") or (),
        "free_from": _local(asked.get("day"), tenant.timezone),
        "free_minutes": asked.get("minutes"),
        "order": asked.get("order") or "distance",
        "counted": here or bool(asked.get("bbox")),
    }


def _local(moment: datetime | None, zone: str) -> datetime | None:
    """The form's wall clock is the tenant's, whatever zone the process runs in."""
    return moment.replace(tzinfo=ZoneInfo(zone)) if moment else None


def _box(text: str) -> tuple[float, float, float, float] | None:
    if not text:
        return None
    try:
        south, west, north, east = (float(part) for part in text.split(","))
    except ValueError as error:
        raise Invalid("bbox is south,west,north,east", bbox=text) from error
    return south, west, north, east
