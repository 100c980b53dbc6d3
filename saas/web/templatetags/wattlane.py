"""The words of templates: icons, money, energy, times, fields. Loaded everywhere (settings: builtins)."""

from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BoundField
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from saas.kit import money as amounts
from saas.web import words

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """An icon of the sprite: hidden from screen readers unless it has a label."""
    spoken = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" {}><use href="{}#{}"></use></svg>',
        css, spoken, static("vendor/icons.svg"), name,
    )  # fmt: skip


@register.simple_tag
def money(amount_minor: int | None, currency: str) -> str:
    if amount_minor is None:
        return "–"
    return amounts.show(amount_minor, currency, (translation.get_language() or "en").split("-")[0])


@register.simple_tag
def unit_price(price: str, currency: str) -> str:
    return amounts.show_price(price, currency, (translation.get_language() or "en").split("-")[0])


@register.simple_tag
def prices(card: Any, first: bool = False, exact: bool = False) -> SafeString:
    """The prices of a charger's card, tax included, each kept on one line. `first`: only the leading one."""
    parts = card.price_parts[:1] if first else card.price_parts
    texts = [words.price_part(kind, text, card.currency, exact=exact) for kind, text in parts]
    return format_html_join(" + ", '<bdi class="nowrap">{}</bdi>', ((text,) for text in texts))


@register.simple_tag
def pin_price(card: Any) -> str:
    """The leading price as plain text, for the marker on the map."""
    kind, text = card.price_parts[0]
    return words.price_part(kind, text, card.currency)


@register.simple_tag
def energy(energy_wh: int | None, places: int = 2) -> str:
    return words.energy(energy_wh or 0, places)


@register.simple_tag
def power(power_w: int | None) -> str:
    return words.power(power_w or 0)


@register.simple_tag
def number(value: float | None, places: int = 0) -> str:
    return words.number(value or 0, places)


@register.filter
def digits(text: object) -> str:
    """The digits of a finished sentence as the page's language writes them."""
    return words.digits(str(text))


@register.simple_tag
def chargers(count: int) -> str:
    return words.chargers(count)


@register.simple_tag
def percent_bp(basis_points: int) -> str:
    return words.percent(basis_points / 10_000)


@register.simple_tag
def distance(metres: float) -> str:
    return words.distance(metres)


@register.simple_tag
def duration(minutes: int) -> str:
    return words.duration(minutes)


@register.simple_tag
def minutes_between(start: datetime, end: datetime) -> str:
    return words.between((end - start).total_seconds())


@register.simple_tag
def day(moment: datetime | date, zone: str = "UTC") -> str:
    return words.day(moment, zone)


@register.simple_tag
def long_day(moment: datetime | date, zone: str = "UTC") -> str:
    return words.long_day(moment, zone)


@register.simple_tag
def weekday(moment: datetime | date, zone: str = "UTC") -> str:
    return words.weekday(moment, zone)


@register.simple_tag
def day_of_month(moment: datetime | date, zone: str = "UTC") -> str:
    return words.day_of_month(moment, zone)


@register.simple_tag
def clock(moment: datetime, zone: str) -> str:
    return words.clock(moment, zone)


@register.simple_tag
def when(moment: datetime, zone: str) -> str:
    return words.when(moment, zone)


@register.simple_tag
def span(start: datetime, end: datetime, zone: str) -> str:
    return words.span(start, end, zone)


@register.simple_tag
def connector(standard: str) -> str:
    return words.connector(standard)


@register.inclusion_tag("web/c/badge.html")
def state(name: str) -> dict[str, str]:
    """A badge with the word of a state."""
    word, tone = words.state(name)
    return {"word": word, "tone": tone}


@register.inclusion_tag("web/c/bill_line.html")
def bill_line(line: Any, currency: str) -> dict[str, object]:
    """One line of a quote or receipt; `line` is the engine's, or its JSON."""
    held = line if isinstance(line, dict) else vars(line)
    word, detail = words.bill_line(held["kind"], held["volume"], held["price"], currency)
    return {"word": word, "detail": detail, "amount_minor": held["amount_minor"], "currency": currency}


@register.inclusion_tag("web/c/amenity.html")
def amenity(key: str) -> dict[str, str]:
    symbol, word = words.amenity(key)
    return {"symbol": symbol, "word": word}


@register.inclusion_tag("web/c/field.html")
def field(bound: BoundField, help: str = "", css: str = "") -> dict[str, object]:
    """A labelled control with its help and errors tied to it for screen readers."""
    told = (("help", help or bound.help_text), ("error", bound.errors))
    described = " ".join(f"{bound.id_for_label}_{part}" for part, there in told if there)
    extra: dict[str, str | bool] = {"aria-describedby": described} if described else {}
    extra |= {"aria-invalid": "true"} if bound.errors else {}
    kind = getattr(bound.field.widget, "input_type", "")
    return {
        "field": bound,
        "control": bound.as_widget(attrs=extra),
        "help": help or bound.help_text,
        "css": css,
        "kind": kind,
    }


@register.filter
def unlocalise(value: float) -> str:
    """A number for machines, whatever the language of the page."""
    return repr(value)


@register.filter
def kilo(value: int) -> float:
    """Watts to kilowatts, watt-hours to kilowatt-hours."""
    return value / 1000


@register.simple_tag
def outcome(name: str) -> str:
    """How a session ended."""
    return words.outcome(name)


@register.filter
def initials(name: str) -> str:
    """`Aino Virtanen` → `AV`."""
    return "".join(part[0] for part in name.split()[:2]).upper()


@register.simple_tag(takes_context=True)
def here(context: RequestContext, prefix: str) -> SafeString:
    """`aria-current` where the page's address starts with the prefix (`/` only for the root itself)."""
    path = context["request"].path
    current = path == "/" if prefix == "/" else path.startswith(prefix)
    return SafeString(' aria-current="page"' if current else "")
