"""Reads of stations."""

from .commands import command, commands, wait
from .details import (
    configuration,
    file_of,
    items,
    local_list,
    notices,
    reservations,
    running,
    transactions,
    upload,
    uploads,
)
from .stations import (
    all_of_tenant,
    connectors_by_status,
    connectors_of,
    evses_of,
    find,
    location,
    locations,
    page,
    policy,
    policy_for,
)

__all__ = [
    "all_of_tenant",
    "command",
    "commands",
    "configuration",
    "connectors_by_status",
    "connectors_of",
    "evses_of",
    "file_of",
    "find",
    "items",
    "local_list",
    "location",
    "locations",
    "notices",
    "page",
    "policy",
    "policy_for",
    "reservations",
    "running",
    "transactions",
    "upload",
    "uploads",
    "wait",
]
