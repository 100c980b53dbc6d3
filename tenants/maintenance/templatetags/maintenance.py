"""Words of maintenance for templates."""

from collections.abc import Mapping

from django import template
from django.utils.functional import Promise

from saas.contracts import faults
from saas.web.templatetags.wattlane import number
from tenants.accounts.roles import WORDS as ROLE_WORDS

from .. import fault_words, words
from ..models import Alert
from ..queries.units import title
from ..showing import unit_of

register = template.Library()
TABLES: dict[str, Mapping[str, Promise]] = {
    "severity": words.SEVERITIES,
    "cause": words.CAUSES,
    "exclusion": words.EXCLUSIONS,
    "alert": words.ALERT_STATES,
    "order": words.ORDER_STATES,
    "verdict": words.VERDICTS,
    "verb": words.VERBS,
    "origin": words.ORIGINS,
    "event": words.EVENTS,
    "reason": words.REASONS,
    "role": {role.value: said for role, said in ROLE_WORDS.items()},
}
register.filter("unit_title", title)
register.filter("alert_title", fault_words.alert_title)
register.filter("raw_word", fault_words.raw_word)
register.filter("todo", fault_words.alert_todo)
register.filter("mrec_name", faults.name_of)


@register.filter
def mrec_says(code: str) -> str:
    """The published sentence of a code; empty where there is none."""
    return faults.MREC[code].says if code in faults.MREC else ""


@register.filter
def word(value: str, table: str) -> str:
    """`{{ alert.severity|word:"severity" }}`"""
    return str(TABLES[table].get(value, value))


@register.filter
def tone(severity: str) -> str:
    """Of a badge."""
    return words.TONES.get(severity, "")


@register.filter
def order_tone(state: str) -> str:
    return words.ORDER_TONES.get(state, "brand")


@register.filter
def unit(alert: Alert, names: Mapping[str, str]) -> str:
    """What people call the unit of an alert."""
    return unit_of(alert, names)


@register.simple_tag
def chance(probability_ppm: int) -> str:
    """`7.3 %` in the digits of the page."""
    return f"{number(probability_ppm / 10_000, 1)} %"


@register.filter
def get(table: Mapping[str, object], key: str) -> object:
    return table.get(key, "")
