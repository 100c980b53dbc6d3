"""Reads of what hosts offer."""

from .address import may_see_exact
from .charger import charger, of_host, page_of_host
from .freeness import bookable, free_slots, rules_of
from .search import search
from .shapes import ChargerCard, ChargerView, Page

__all__ = [
    "ChargerCard",
    "ChargerView",
    "Page",
    "bookable",
    "charger",
    "free_slots",
    "may_see_exact",
    "of_host",
    "page_of_host",
    "rules_of",
    "search",
]
