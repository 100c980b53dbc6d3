"""The frame around every page: who is here, what they may open, in which language and direction."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from saas.kit.money import LOCALES, RIGHT_TO_LEFT
from saas.web.views import version
from tenants.accounts.models import User
from tenants.accounts.permissions import can, organisations_of
from tenants.accounts.queries import standing


@dataclass(frozen=True)
class Place:
    """An entry of the navigation. `permission`: None for everybody; `member`: only who is logged in."""

    url: str
    label: Promise
    icon: str
    permission: str | None = None
    member: bool = False
    tab: bool = False
    menu: bool = False  # in the menu of one's account, not in the bar
    unless: str | None = None  # not for who has this right: for them it is elsewhere


PLACES = (
    Place("/", _("Map"), "map", tab=True),
    Place("/bookings/", _("Bookings"), "calendar-check", member=True, tab=True),
    Place("/scan/", _("Scan"), "scan-line", member=True, tab=True),
    Place("/host/", _("Host"), "plug-zap", tab=True),
    Place("/fleet/", _("Fleet"), "truck", "fleet.view"),
    Place("/reports/", _("Reports"), "leaf", "report.view"),
    Place("/carbon/", _("Carbon"), "leaf", "carbon.view", menu=True),
    Place("/analytics/", _("Analytics"), "chart-column", "analytics.view"),
    Place("/console/", _("Console"), "layout-dashboard", "station.view"),
    Place("/maintenance/", _("Maintenance"), "wrench", "maintenance.view"),
    Place("/jobs/", _("My jobs"), "list", "workorder.do", tab=True, unless="maintenance.view"),
    Place("/console/credits/", _("Credits"), "leaf", "credit.view", menu=True),
    Place("/settings/", _("Settings"), "settings", "audit.view", menu=True),
    Place("/settings/", _("Settings"), "settings", "price.manage", menu=True, unless="audit.view"),
)


def places(user: object) -> list[Place]:
    """What this person may open, in order."""
    return [place for place in PLACES if _open(user, place)]


def _open(user: object, place: Place) -> bool:
    if not isinstance(user, User):
        return not place.member and place.permission is None
    if place.permission is None:
        return True
    if place.unless is not None and can(user, place.unless):
        return False
    if place.permission == "analytics.view":
        return standing(user).may_see_analytics
    return can(user, place.permission) or bool(organisations_of(user, place.permission))


def frame(request: HttpRequest) -> dict[str, object]:
    """For every template: brand, language, direction, theme, and the places of a tenant's site."""
    language = (translation.get_language() or "en").split("-")[0]
    tenant = request.tenant  # type: ignore[attr-defined]
    public = tenant.schema_name == settings.PUBLIC_SCHEMA_NAME
    return {
        "brand": tenant,
        "look": version(tenant),
        "platform": public,
        "language": language,
        "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "locale": LOCALES.get(language, "en").replace("_", "-"),
        "languages": settings.LANGUAGES,
        "theme": request.COOKIES.get("theme", ""),
        "places": SimpleLazyObject(lambda: [] if public else places(getattr(request, "user", None))),
    }
