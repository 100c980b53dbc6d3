"""Reads of stations."""

from .commands import command, commands, wait
from .details import configuration, items, local_list, notices, reservations, running, transactions, uploads
from .stations import all_of_tenant, connectors_of, evses_of, find, page, policy

__all__ = [
    "all_of_tenant",
    "command",
    "commands",
    "configuration",
    "connectors_of",
    "evses_of",
    "find",
    "items",
    "local_list",
    "notices",
    "page",
    "policy",
    "reservations",
    "running",
    "transactions",
    "uploads",
    "wait",
]
