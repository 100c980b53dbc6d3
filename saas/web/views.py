"""What every brand's site serves of itself: colours, logo, icons, manifest, service worker, offline page."""

import json
from hashlib import sha256
from typing import Protocol, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from . import icons
from .colour import stylesheet

YEAR = 31_536_000
SIZES = (180, 192, 512)
SHELL = ("/offline/", "/brand.css", "/logo.svg")


class Brand(Protocol):
    """The columns of a tenant that its look is made of."""

    name: str
    language: str
    tagline: str
    colour_primary: str
    colour_accent: str
    logo_svg: str


def brand_of(request: HttpRequest) -> Brand:
    return cast(Brand, request.tenant)  # type: ignore[attr-defined]


def version(brand: Brand) -> str:
    """Changes with the look, so that what is cached under it never has to be asked for again."""
    text = json.dumps([brand.name, brand.colour_primary, brand.colour_accent, brand.logo_svg])
    return sha256(text.encode()).hexdigest()[:10]


@require_GET
@cache_control(public=True, max_age=YEAR, immutable=True)
def brand_css(request: HttpRequest) -> HttpResponse:
    brand = brand_of(request)
    return HttpResponse(stylesheet(brand.colour_primary, brand.colour_accent), content_type="text/css; charset=utf-8")


@require_GET
@cache_control(public=True, max_age=YEAR, immutable=True)
def logo(request: HttpRequest) -> HttpResponse:
    """The brand's logo, shown as an image only: its own policy forbids scripts even when it is opened alone."""
    brand = brand_of(request)
    answer = HttpResponse(brand.logo_svg or icons.svg(brand.colour_primary), content_type="image/svg+xml")
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return answer


@require_GET
@cache_control(public=True, max_age=YEAR, immutable=True)
def icon_png(request: HttpRequest, size: int, maskable: bool = False) -> HttpResponse:
    if size not in SIZES:
        raise Http404
    brand = brand_of(request)
    data = icons.png(brand.colour_primary, brand.colour_accent, size, maskable=maskable)
    return HttpResponse(data, content_type="image/png")


@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    brand = brand_of(request)
    look = version(brand)
    sizes = [{"src": f"/icons/{size}.png?v={look}", "sizes": f"{size}x{size}", "type": "image/png"} for size in SIZES]
    mask = {"src": f"/icons/maskable-512.png?v={look}", "sizes": "512x512", "type": "image/png", "purpose": "maskable"}
    content = {
        "id": "/",
        "name": brand.name,
        "short_name": brand.name,
        "description": brand.tagline or _("Charging nearby, booked in a minute."),
        "lang": brand.language,
        "dir": "rtl" if brand.language in ("ar", "fa") else "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f4f6f8",
        "theme_color": brand.colour_primary,
        "icons": [*sizes, mask],
    }
    return HttpResponse(json.dumps(content, ensure_ascii=False), content_type="application/manifest+json")


@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """Served from the root, because its scope is the whole site."""
    shell = [*SHELL, *(static(f"web/css/{name}.css") for name in ("tokens", "base", "layout", "components", "pages"))]
    context = {"version": version(brand_of(request)), "shell": json.dumps([*shell, static("vendor/icons.svg")])}
    answer = render(request, "web/sw.js", context, content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    return render(request, "web/offline.html")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the person's language in this browser, and go back to where they were."""
    chosen, back = request.POST.get("language", ""), request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = "/"
    answer = HttpResponseRedirect(back)
    if chosen in dict(settings.LANGUAGES):
        answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, max_age=YEAR, samesite="Lax", secure=settings.SECURE)
    return answer


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    said = str(exception.args[0]) if exception.args and isinstance(exception.args[0], str) else ""
    return render(request, "web/404.html", {"sentence": said}, status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "web/403.html", status=403)


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "web/csrf.html", status=403)


def broken(request: HttpRequest) -> HttpResponse:
    page = render_to_string("web/500.html")  # without context processors: they may be what broke
    return HttpResponse(page, status=500)
