"""The page that people see when nothing else can be shown: no template, no database, no script, brand if known."""

from html import escape
from typing import Protocol

from django.http import HttpRequest, HttpResponse

from . import problems
from .money import RIGHT_TO_LEFT
from .outage_words import WORDS

NOBODY = ("Wattlane", "#3a6ea5", "en")
PROGRAM_PATHS = ("/api/", "/internal/", "/live/")
PAGE = """<!doctype html>
<html lang="{language}" dir="{direction}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title><style>
:root{{color-scheme:light dark}}
body{{font:1.0625rem/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center}}
main{{max-width:34rem;padding:2rem}}
main::before{{content:"";display:block;inline-size:3rem;block-size:.375rem;border-radius:1rem;background:{colour}}}
h1{{font-size:1.5rem;line-height:1.25;margin:1rem 0 .5rem}}p{{margin:.5rem 0}}small{{opacity:.75}}
</style></head><body><main><h1>{title}</h1><p>{detail}</p><small>{name}</small></main></body></html>
"""
# The style is inline, so that the page needs nothing else; nothing in it comes from outside unescaped.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"


class Brand(Protocol):
    """What the page shows of a tenant."""

    name: str
    colour_primary: str
    language: str


def html(status: int, code: str, detail: str = "", brand: Brand | None = None) -> str:
    """The page, complete, in the brand's language where we have words for this code."""
    name, colour, language = (brand.name, brand.colour_primary, brand.language) if brand else NOBODY
    known = WORDS.get(code, {})
    language = language if language in known else "en"
    title, text = known.get(language, (problems.TITLES.get(status, "Error"), detail))
    return PAGE.format(
        language=escape(language),
        direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
        title=escape(title),
        detail=escape(text),
        name=escape(name),
        colour=escape(colour),
    )


def answer(request: HttpRequest, status: int, code: str, detail: str, brand: Brand | None = None) -> HttpResponse:
    """The page for people, a problem for programs."""
    headers = {"Retry-After": "5"} if status == 503 else {}
    if request.path.startswith(PROGRAM_PATHS):
        return problems.response(status, code, detail, headers=headers)
    page = html(status, code, detail, brand)
    headers |= {"Cache-Control": "no-store", "Content-Security-Policy": POLICY}
    return HttpResponse(page, status=status, headers=headers)
