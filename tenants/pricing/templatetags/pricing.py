"""Suggestions and openings for templates."""

from datetime import UTC, datetime
from typing import Any

from django import template
from django.utils.translation import get_language

from saas.kit.money import show_price
from tenants.marketplace.models import Listing

from .. import queries, words
from ..amounts import text
from ..models import Opening, Suggestion

register = template.Library()


@register.inclusion_tag("pricing/suggestion.html", takes_context=True)
def price_suggestion(context: dict[str, Any], listing: Listing) -> dict[str, Any]:
    """What is suggested for a charger now, with reasons and one button each; and the way to one's costs."""
    rows = queries.offered(listing=listing, now=datetime.now(UTC))
    return {
        "csrf_token": context.get("csrf_token"), "listing": listing, "costs": queries.costs(listing=listing),
        "offers": [{"row": row, "reasons": words.reasons(row.decision["reasons"])} for row in rows],
    }  # fmt: skip


@register.inclusion_tag("pricing/openings.html")
def price_openings() -> dict[str, Any]:
    """Where drivers look in vain, for people who think of offering a charger."""
    return {"openings": queries.openings()}


@register.simple_tag
def suggested_price(row: Suggestion) -> str:
    return f"{show_price(text(row.price_micro), row.currency, get_language() or 'en')} {words.UNITS[row.kind]}"


@register.simple_tag
def price_before(row: Suggestion) -> str:
    return (
        f"{show_price(text(row.inputs['current_micro']), row.currency, get_language() or 'en')} {words.UNITS[row.kind]}"
    )


@register.simple_tag
def suggestion_state(row: Suggestion) -> str:
    return str(words.STATES[row.state])


@register.simple_tag
def month_of(opening: Opening) -> str:
    """What an opening would bring in a month, in whole units of the currency."""
    return show_price(str(round((opening.month_micro or 0) / 1_000_000)), opening.currency, get_language() or "en")
