"""Reads of stations."""

from .stations import all_of_tenant, evses_of, find, page

__all__ = ["all_of_tenant", "evses_of", "find", "page"]
