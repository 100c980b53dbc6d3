"""Words of stations in templates."""

from typing import Any

from django import template

from .. import words
from ..models import StationCommand

register = template.Library()


@register.inclusion_tag("web/c/badge.html")
def said(status: str) -> dict[str, str]:
    """One of OCPP's words, as it is, in its colour."""
    return {"word": status, "tone": words.tone(status)}


@register.inclusion_tag("web/c/badge.html")
def command_state(row: StationCommand) -> dict[str, str]:
    """How a command went: what the station said, else where it is."""
    word, tone = words.command(row.state)
    verdict = words.verdict(row)
    return {"word": verdict or word, "tone": words.tone(verdict) or tone if verdict else tone}


@register.filter
def pretty(content: Any) -> str:
    """Indented JSON."""
    return words.pretty(content)
