"""Reads of stations."""

from .commands import command, commands, wait
from .stations import all_of_tenant, evses_of, find, page

__all__ = ["all_of_tenant", "command", "commands", "evses_of", "find", "page", "wait"]
